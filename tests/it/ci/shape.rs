//! What holds of the files as they stand: least rights, pinned actions, nothing of a stranger's in a command.

use std::collections::BTreeSet;

use serde_json::Value;

use super::expression::{filled, holds};
use super::runner::{Event, Service, text, tree};

fn github() -> Value {
    tree(Service::Github)
}

fn jobs(tree: &Value) -> Vec<(&String, &Value)> {
    tree["jobs"].as_object().unwrap().iter().collect()
}

fn steps(job: &Value) -> &Vec<Value> {
    job["steps"].as_array().unwrap()
}

#[test]
fn a_job_has_the_rights_that_it_needs_and_no_more() {
    let tree = github();
    assert_eq!(tree["permissions"], serde_json::json!({}));
    for (name, job) in jobs(&tree) {
        let rights = job["permissions"].as_object().unwrap();
        // What can write a comment runs nothing of the pull request's, and reads nothing of the repository's.
        let expected: &[(&str, &str)] = match name.as_str() {
            "check" => &[("contents", "read")],
            "comment" => &[("pull-requests", "write")],
            // It looks for the record that an earlier run has left.
            "push" => &[
                ("actions", "read"),
                ("contents", "read"),
                ("id-token", "write"),
            ],
            _ => &[("contents", "read"), ("id-token", "write")],
        };
        let given: BTreeSet<(&str, &str)> = rights
            .iter()
            .map(|(right, level)| (right.as_str(), level.as_str().unwrap()))
            .collect();
        assert_eq!(given, expected.iter().copied().collect(), "{name}");
        assert!(job["timeout-minutes"].is_number(), "{name}");
    }
}

#[test]
fn a_fork_s_pull_request_reaches_no_job_with_a_token() {
    let tree = github();
    let on: BTreeSet<&String> = tree["on"].as_object().unwrap().keys().collect();
    // `pull_request_target` would run a stranger's files with the repository's rights.
    assert_eq!(
        on.into_iter().map(String::as_str).collect::<Vec<_>>(),
        ["pull_request", "push", "schedule", "workflow_dispatch"]
    );
    assert_eq!(tree["on"]["push"]["branches"], serde_json::json!(["main"]));
    for (name, job) in jobs(&tree) {
        if job["permissions"].get("id-token").is_none() {
            continue;
        }
        let asked = job["if"].as_str().unwrap();
        for event in [Event::PullRequest, Event::Fork, Event::ByHandElsewhere] {
            let says = |name: &str| event.says(name).unwrap_or_default().to_owned();
            assert!(!holds(asked, &says), "{name} by {event:?}");
        }
    }
    assert!(!text(Service::Github).contains("secrets."));
    let comment = &tree["jobs"]["comment"];
    let asked = comment["if"].as_str().unwrap();
    let own = "head.repo.full_name == github.repository";
    assert!(asked.contains(own), "{asked}");
    for step in steps(comment) {
        let uses = step.get("uses").and_then(Value::as_str).unwrap_or_default();
        assert!(uses.is_empty() || uses.starts_with("actions/download-artifact@"));
        let run = step.get("run").and_then(Value::as_str).unwrap_or_default();
        let mut lines = run.lines().map(str::trim_start);
        assert!(!lines.any(|line| line.starts_with("liftgate")), "{run}");
    }
}

#[test]
fn actions_are_pinned_by_digest_and_keep_no_token() {
    let pinned = regex::Regex::new("^[a-z-]+/[a-z-]+@[0-9a-f]{40}$").unwrap();
    let mut count = 0;
    for (_, job) in jobs(&github()) {
        for step in steps(job) {
            let Some(uses) = step.get("uses").and_then(Value::as_str) else {
                continue;
            };
            count += 1;
            assert!(pinned.is_match(uses), "{uses}");
            if uses.starts_with("actions/checkout@") {
                assert_eq!(step["with"]["persist-credentials"], false);
            }
        }
    }
    assert!(count > 4, "{count}");
    // And each says which release it is.
    for line in text(Service::Github).lines() {
        assert!(!line.contains("uses:") || line.contains("# v"), "{line}");
    }
}

#[test]
fn nothing_is_written_into_a_command() {
    for (name, job) in jobs(&github()) {
        for step in steps(job) {
            if let Some(run) = step.get("run").and_then(Value::as_str) {
                assert!(!run.contains("${{"), "{name}: {run}");
            }
        }
    }
}

#[test]
fn one_run_at_a_time_speaks_to_the_account() {
    let tree = github();
    let group = |event: Event| {
        let says = |name: &str| event.says(name).unwrap_or_default().to_owned();
        filled(tree["concurrency"]["group"].as_str().unwrap(), &says)
    };
    assert_eq!(group(Event::Push), "access-account");
    assert_eq!(group(Event::ByHand), "access-account");
    // Of those that wait in one group the service keeps the newest alone, so nothing else may be in it.
    for event in [
        Event::Schedule,
        Event::PullRequest,
        Event::Fork,
        Event::ByHandElsewhere,
    ] {
        assert_ne!(group(event), "access-account", "{event:?}");
    }
    let cancel = tree["concurrency"]["cancel-in-progress"].as_str().unwrap();
    assert_eq!(cancel, "${{ github.event_name == 'pull_request' }}");
    // What is in a group of its own only looks.
    for step in steps(&tree["jobs"]["drift"]) {
        let run = step.get("run").and_then(Value::as_str).unwrap_or_default();
        assert!(!run.contains("liftgate push"), "{run}");
    }

    let tree = tree_of_gitlab();
    for job in ["plan", "push", "push-approved", "drift"] {
        assert_eq!(tree[job]["resource_group"], "access", "{job}");
        assert!(tree[job]["id_tokens"].is_object(), "{job}");
    }
    assert!(tree["check"].get("id_tokens").is_none());
}

#[test]
fn what_is_not_known_to_need_nobody_waits_for_approval() {
    let tree = github();
    let push = &tree["jobs"]["push"];
    for (verdict, starts, environment) in [
        ("push", true, "access"),
        ("approve", true, "access-approval"),
        ("nothing", false, "access-approval"),
        ("refused", false, "access-approval"),
        ("", false, "access-approval"),
        ("push\napprove", false, "access-approval"),
    ] {
        let of = |name: &str| match name {
            "needs.plan.outputs.verdict" => verdict.to_owned(),
            _ => String::new(),
        };
        let asked = push["if"].as_str().unwrap();
        assert_eq!(holds(asked, &of), starts, "{verdict}");
        let where_to = push["environment"].as_str().unwrap();
        assert_eq!(filled(where_to, &of), environment, "{verdict}");
    }

    // A variable can be set by whoever pushes, so no environment is made of one.
    let tree = tree_of_gitlab();
    assert_eq!(tree["push"]["environment"], "access");
    let approved = &tree["push-approved"];
    assert_eq!(approved["environment"], "access-approval");
    let rules = approved["rules"].as_array().unwrap();
    assert!(rules.iter().all(|rule| rule["when"] == "manual"));
}

fn tree_of_gitlab() -> Value {
    tree(Service::Gitlab)
}

#[test]
fn no_secret_is_stored() {
    for service in [Service::Github, Service::Gitlab] {
        let text = text(service);
        for line in text.lines() {
            let stored = line.contains("SPACELIFT_API_KEY_SECRET:") && !line.trim().ends_with(':');
            assert!(!stored, "{line}");
        }
    }
}

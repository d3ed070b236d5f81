//! What other tools run of this repository: the action and the hooks, each by running what it runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::cli::bench::{Bench, words};

fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The folder of the built program, before those of the system.
fn path() -> String {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_liftgate"));
    let folder = program.parent().unwrap().display().to_string();
    format!("{folder}:{}", std::env::var("PATH").unwrap_or_default())
}

/// Runs each step of the action that needs no pull request, with what it gives to its shell; answers how each ended.
fn act(bench: &Bench) -> Vec<(String, i32, String)> {
    let action = read("action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap();
    steps
        .iter()
        .filter(|step| step.get("if").is_none())
        .map(|step| {
            let script = step["run"].as_str().unwrap();
            assert!(
                !script.contains("${{"),
                "what a caller says would be a part of the script: {script}"
            );
            assert_eq!(step["shell"], "bash");
            let mut command = Command::new("bash");
            command
                .args(["-e", "-o", "pipefail", "-c", script])
                .env("PATH", path())
                .current_dir(bench.folder());
            for (name, value) in step["env"].as_object().unwrap() {
                let input = value
                    .as_str()
                    .unwrap()
                    .trim_start_matches("${{ inputs.")
                    .trim_end_matches(" }}");
                let usual = action["inputs"][input]["default"].as_str().unwrap();
                command.env(name, usual);
            }
            let output = command.output().unwrap();
            let told = String::from_utf8_lossy(&output.stdout).into_owned();
            (
                step["name"].as_str().unwrap().to_owned(),
                output.status.code().unwrap(),
                told,
            )
        })
        .collect()
}

/// What is about a pull request is the same in the action as in the workflow of `init`, whose steps are run elsewhere.
#[test]
fn the_action_tells_and_comments_as_the_workflow_does() {
    let (action, workflow) = (read("action.yml"), read("templates/ci/github.yml"));
    let named = |steps: &Value, name: &str| {
        let mut found = steps.as_array().unwrap().iter();
        found.find(|step| step["name"] == name).unwrap().clone()
    };
    let of_a_pull_request = "github.event_name == 'pull_request'";
    let no_fork = "github.event.pull_request.head.repo.full_name == github.repository";
    for (job, name, asks) in [
        ("check", "Who gains and loses what", vec![of_a_pull_request]),
        (
            "comment",
            "One comment, edited in place",
            vec![of_a_pull_request, no_fork],
        ),
    ] {
        let ours = named(&action["runs"]["steps"], name);
        let theirs = named(&workflow["jobs"][job]["steps"], name);
        assert_eq!(ours["run"], theirs["run"], "{name}");
        assert!(!ours["run"].as_str().unwrap().contains("${{"));
        assert_eq!(ours["if"], asks.join(" && "), "{name}");
        let variables = |step: &Value| {
            let all = step["env"].as_object().unwrap();
            all.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(variables(&ours), variables(&theirs), "{name}");
    }
    let mut steps = action["runs"]["steps"].as_array().unwrap().iter();
    assert_eq!(
        steps
            .by_ref()
            .filter(|step| step.get("if").is_some())
            .count(),
        2
    );
}

fn starter() -> Bench {
    let bench = Bench::with_starter();
    bench.fine("render");
    bench
}

fn exits(ran: &[(String, i32, String)]) -> Vec<i32> {
    ran.iter().map(|(_, exit, _)| *exit).collect()
}

#[test]
fn the_action_passes_what_is_right_and_leaves_its_reports() {
    let bench = starter();
    let ran = act(&bench);
    assert_eq!(exits(&ran), [0, 0, 0], "{ran:?}");
    let findings: Value =
        serde_json::from_str(&bench.read("liftgate-reports/findings.sarif")).unwrap();
    assert_eq!(findings["version"], "2.1.0");
    assert!(
        bench
            .read("liftgate-reports/tests.xml")
            .contains("<testsuite name=\"access.yaml\"")
    );
}

#[test]
fn the_action_fails_by_what_is_wrong_and_says_so_on_its_line() {
    let bench = starter();
    bench.edit("access.yaml", "version: 1", "version: 1\nconditions_: {}");
    let ran = act(&bench);
    assert_eq!(exits(&ran), [3, 3, 3]);
    assert!(
        ran[0].2.contains("::error file=access.yaml,line="),
        "{}",
        ran[0].2
    );
    let findings: Value =
        serde_json::from_str(&bench.read("liftgate-reports/findings.sarif")).unwrap();
    assert_eq!(findings["runs"][0]["results"][0]["ruleId"], "unknown-field");
}

#[test]
fn each_hook_passes_the_starter_and_stops_at_what_it_is_for() {
    let hooks = read(".pre-commit-hooks.yaml");
    for hook in hooks.as_array().unwrap() {
        let entry = hook["entry"]
            .as_str()
            .unwrap()
            .strip_prefix("liftgate ")
            .unwrap();
        assert_eq!(hook["pass_filenames"], false);
        assert!(
            regex::Regex::new(hook["files"].as_str().unwrap())
                .unwrap()
                .is_match("a/access.yaml")
        );
        let bench = starter();
        assert_eq!(bench.run_with(&words(entry), "").exit, 0, "{entry}");
        bench.edit("access.yaml", "version: 1", "version: 1\nconditions_: {}");
        assert_eq!(bench.run_with(&words(entry), "").exit, 3, "{entry}");
    }
}

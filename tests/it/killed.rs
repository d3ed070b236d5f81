//! The real command is killed at each of its requests, and two of it push at once.

pub mod gate;

use std::io::Read as _;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::cli::bench::Bench;
use gate::{Gate, Moment};

/// What the account holds of our policy and of the roles that are not Spacelift's own.
fn account(file: &std::path::Path) -> (Vec<String>, Vec<String>) {
    let account: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let all = |name: &str| account[name].as_object().unwrap().values().cloned();
    let policies = all("policies").map(|policy| policy["body"].as_str().unwrap().to_string());
    let roles = all("roles").filter(|role| role["isSystem"] == false);
    let roles = roles.map(|role| format!("{} {}", role["slug"], role["actions"]));
    (policies.collect(), roles.collect())
}

/// A mapping that is not pushed yet: with a role to make, and a policy.
fn repository(gate: &Gate) -> Bench {
    let mut bench = Bench::with_starter();
    gate.open(&mut bench);
    bench.edit(
        "access.yaml",
        "conditions:",
        "roles:\n  releaser: {name: Releaser, actions: [\"space:read\", \"run:trigger\"]}\n\nconditions:",
    );
    bench.edit(
        "access.yaml",
        "grants:\n",
        "grants:\n  - {who: platform, roles: [releaser], spaces: [app]}\n",
    );
    bench.edit(
        "fixtures.yaml",
        "roles: {root: [space-admin]}\n  - name: developers",
        "roles: {root: [space-admin], app: [releaser]}\n  - name: developers",
    );
    bench
}

fn start(bench: &Bench) -> Child {
    bench
        .std_command()
        .args(["push", "--yes"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn ended(mut child: Child) -> (Option<i32>, String) {
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    (child.wait().unwrap().code(), said)
}

/// Whether whoever started the tests has them go on at Ctrl-C, as shells have what they run in the background. Processes take
/// that over.
fn ignores_interrupts() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 2 != 0)
}

/// Sends Ctrl-C's signal, or that of `kill` where nobody would hear the other.
fn interrupt(child: &Child) {
    let signal = if ignores_interrupts() {
        "-TERM"
    } else {
        "-INT"
    };
    let status = std::process::Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// How many requests a push makes that nothing disturbs.
fn requests() -> usize {
    let gate = Gate::new();
    let bench = repository(&gate);
    let (exit, said) = ended(start(&bench));
    assert_eq!(exit, Some(0), "{said}");
    gate.asked()
}

/// A process that is killed when a request has had its effect knows as much as one that is killed before it sends the next, so
/// each moment is tried in one of the two ways.
fn killed_at_every_request(moment: Moment, kill: impl Fn(&mut Child)) {
    let all = requests();
    assert!(all > 10, "{all}");
    for request in 0..all {
        let gate = Gate::new();
        let bench = repository(&gate);
        gate.hold(request, moment);
        let mut child = start(&bench);
        gate.wait_for_held();
        kill(&mut child);
        let (exit, said) = ended(child);
        assert_eq!(exit, None, "it was to be killed:\n{said}");
        gate.let_go();

        let what = format!("request {request}, {moment:?}");
        let (policies, _) = account(gate.file());
        assert!(policies.len() < 2, "{what}");
        // The next run says where things stand, and finishes.
        let (exit, said) = ended(start(&bench));
        assert_eq!(exit, Some(0), "{what}\n{said}");
        let done = said.contains("read back as sent") || said.contains("Nothing to do");
        assert!(done, "{what}\n{said}");
        bench.fine("render");
        let (policies, roles) = account(gate.file());
        assert_eq!(policies, [bench.read("spacelift/login.rego")], "{what}");
        assert_eq!(
            roles,
            [r#""releaser" ["RUN_TRIGGER","SPACE_READ"]"#],
            "{what}"
        );
    }
}

#[test]
fn a_push_that_is_killed_at_any_request_is_finished_by_the_next() {
    killed_at_every_request(Moment::After, |child| child.kill().unwrap());
}

#[test]
fn a_push_that_is_interrupted_at_any_request_is_finished_by_the_next() {
    killed_at_every_request(Moment::Before, |child| interrupt(child));
}

/// An account that was pushed to, and a mapping that is another since: with another role, and another policy.
fn update(gate: &Gate) -> (Bench, String) {
    let bench = repository(gate);
    let (exit, said) = ended(start(&bench));
    assert_eq!(exit, Some(0), "{said}");
    bench.fine("render");
    let old = bench.read("spacelift/login.rego");
    bench.edit("access.yaml", "203.0.113.0/24", "203.0.113.0/25");
    bench.edit(
        "access.yaml",
        "[\"space:read\", \"run:trigger\"]",
        "[\"space:read\", \"run:review\"]",
    );
    (bench, old)
}

/// At no request the account is left without a policy, or with half of one.
#[test]
fn a_policy_that_is_live_stays_so_when_its_update_is_killed() {
    let gate = Gate::new();
    let (bench, _) = update(&gate);
    let before = gate.asked();
    let (exit, said) = ended(start(&bench));
    assert_eq!(exit, Some(0), "{said}");
    let all = gate.asked() - before;
    assert!(all > 10, "{all}");
    let (mut kept, mut replaced) = (0, 0);
    for request in 0..all {
        let gate = Gate::new();
        let (bench, old) = update(&gate);
        gate.hold(gate.asked() + request, Moment::After);
        let mut child = start(&bench);
        gate.wait_for_held();
        child.kill().unwrap();
        let (exit, said) = ended(child);
        assert_eq!(exit, None, "it was to be killed:\n{said}");
        gate.let_go();

        bench.fine("render");
        let new = bench.read("spacelift/login.rego");
        let (policies, _) = account(gate.file());
        match policies.as_slice() {
            [one] if *one == old => kept += 1,
            [one] if *one == new => replaced += 1,
            other => panic!("request {request}: {other:?}"),
        }
        let (exit, said) = ended(start(&bench));
        assert_eq!(exit, Some(0), "request {request}\n{said}");
        let (policies, roles) = account(gate.file());
        assert_eq!(policies, [new], "request {request}");
        assert_eq!(roles, [r#""releaser" ["RUN_REVIEW","SPACE_READ"]"#]);
    }
    assert!(kept > 5 && replaced > 1, "{kept} kept, {replaced} replaced");
}

/// One push is stopped at each of its requests while another runs from its start to its end.
#[test]
fn of_two_pushes_at_once_one_wins_and_nothing_is_mixed() {
    let all = requests();
    let (mut refused, mut both) = (0, 0);
    for request in 0..all {
        let gate = Gate::new();
        let (one, other) = (repository(&gate), repository(&gate));
        other.edit("access.yaml", "203.0.113.0/24", "203.0.113.0/25");
        other.edit(
            "access.yaml",
            "[\"space:read\", \"run:trigger\"]",
            "[\"space:read\", \"run:review\"]",
        );
        gate.hold(request, Moment::Before);
        let first = start(&one);
        gate.wait_for_held();
        let (second, said_second) = ended(start(&other));
        gate.let_go();
        let (first, said_first) = ended(first);

        let what = format!("request {request}:\n{said_first}\n{said_second}");
        for bench in [&one, &other] {
            bench.fine("render");
        }
        let texts = [&one, &other].map(|bench| bench.read("spacelift/login.rego"));
        let role = |last: &str| format!(r#""releaser" ["{last}","SPACE_READ"]"#);
        let wanted = [
            (vec![texts[0].clone()], vec![role("RUN_TRIGGER")]),
            (vec![texts[1].clone()], vec![role("RUN_REVIEW")]),
        ];
        let now = account(gate.file());
        let winner = wanted.iter().position(|one| *one == now);
        let exits = [first, second];
        match winner {
            Some(winner) => {
                assert_eq!(exits[winner], Some(0), "{what}");
                match exits[1 - winner] {
                    // Whoever loses is told what moved.
                    Some(6) => {
                        refused += 1;
                        let said = [&said_first, &said_second][1 - winner];
                        let told = [
                            "since the plan was made",
                            "somebody else",
                            "Nothing",
                            "no longer",
                        ];
                        assert!(told.iter().any(|words| said.contains(words)), "{what}");
                    }
                    // Both went through, one after the other.
                    Some(0) => both += 1,
                    exit => panic!("{exit:?}: {what}"),
                }
            }
            None => {
                // Something of each is there; then nobody was told that it worked who has not what they pushed.
                assert_eq!(
                    exits.iter().filter(|exit| **exit == Some(0)).count(),
                    0,
                    "{what}\n{now:?}"
                );
            }
        }
    }
    assert!(
        refused > 2 && both > 0,
        "{refused} refused, {both} after one another"
    );
}

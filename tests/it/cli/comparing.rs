//! `liftgate compare`: what it shows can be pasted, and holds of the old policy.

use std::time::Duration;

use liftgate::evaluate::foreign::{ChildProcess, Decide as _};
use liftgate::evaluate::{Evaluator, Login};
use liftgate::model::Dialect;
use serde_json::{Value, json};

use super::bench::Bench;

const OLD: &str = "package spacelift\n\nallow if \"Developers\" in input.session.teams\n\nadmin if \"Platform Engineering\" in input.session.teams\n\nroles[\"app-dev\"] contains \"space-writer\" if \"Developers\" in input.session.teams\n";

#[test]
fn what_is_shown_can_be_pasted_and_holds_of_the_old_policy() {
    let bench = Bench::with_starter();
    bench.write("old.rego", OLD);
    let said = bench.ends(5, "compare old.rego --all").stdout;
    let (_, tests) = said.split_once("\ntests:\n").unwrap();
    let shown = tests.lines().filter(|line| line.starts_with("  - {name:"));
    let count = shown.clone().count();
    assert!(count > 5, "{said}");

    // Each is a test, and the mapping fails each.
    bench.write("fixtures.yaml", &format!("tests:\n{tests}\n"));
    bench.fine("check");
    let failed = bench.ends(4, "test").stdout;
    assert!(
        failed.contains(&format!("0 tests passed, {count} failed")),
        "{failed}"
    );

    // The old policy passes each.
    let mut old = Evaluator::of(OLD, Dialect::V1).unwrap();
    for line in shown {
        let (_, rest) = line.split_once(", input: ").unwrap();
        let (input, expect) = rest.split_once(", expect: ").unwrap();
        let input: Value = serde_json::from_str(input).unwrap();
        let expect: Value = serde_json::from_str(expect.strip_suffix('}').unwrap()).unwrap();
        let decision = old.decide(&input).unwrap();
        assert_eq!(expect["login"], decision.login.word(), "{line}");
        assert_eq!(
            expect["roles"],
            serde_json::to_value(&decision.roles).unwrap(),
            "{line}"
        );
    }
}

#[test]
fn people_of_the_directory_are_asked() {
    let bench = Bench::with_starter();
    // Only somebody of the directory has this login.
    bench.write(
        "directory.json",
        r#"{"version": 1, "people": [{"login": "zoe@example.com", "active": true, "groups": ["Developers"]}]}"#,
    );
    let zoe = "\ndeny if regex.match(\"^z.e@example[.]com$\", input.session.login)\n";
    bench.write("old.rego", &format!("{OLD}{zoe}"));
    let said = bench.ends(5, "compare old.rego --all").stdout;
    assert!(said.contains("{name: \"zoe@example.com\""), "{said}");
}

/// A text that asks for more memory than there is ends its own process, and nothing else.
#[cfg(unix)]
#[test]
fn a_policy_that_wants_too_much_memory_is_no_answer() {
    let bench = Bench::with_starter();
    // Sixteen bytes, doubled until they are four gigabytes.
    let doubled: String = (1..29)
        .map(|at| format!("s{at} := concat(\"\", [s{0}, s{0}])\n", at - 1))
        .collect();
    let text = format!(
        "package spacelift\n\ns0 := \"aaaaaaaaaaaaaaaa\"\n{doubled}allow if count(s28) > 3\n"
    );
    bench.write("old.rego", &text);
    let said = bench.ends(1, "compare old.rego").stderr;
    assert!(
        said.contains("needs more than 2048 MiB of memory"),
        "{said}"
    );
}

/// One that does not come to an end is stopped by the time that it takes of the processor, whatever else the machine does.
#[cfg(unix)]
#[test]
fn a_policy_that_never_ends_is_no_answer() {
    let child = ChildProcess {
        program: env!("CARGO_BIN_EXE_liftgate").into(),
        limit: Duration::from_secs(1),
    };
    let text = "package spacelift

allow if {
	some i in numbers.range(1, 100000)
	some j in numbers.range(1, 100000)
	some k in numbers.range(1, 100000)
	i + j + k == 0
}
";
    let ended = child.decide(text, Dialect::V1, &[json!({"session": {}})]);
    let said = ended.unwrap_err().message;
    assert_eq!(said, "it took more than 1 second of the processor's time");
    // What comes to an end within the limit is an answer.
    let text = "package spacelift\nallow if input.session.member\n";
    let ended = child.decide(text, Dialect::V1, &[json!({"session": {"member": true}})]);
    let login = ended.unwrap()[0].as_ref().unwrap().login;
    assert_eq!(login, Login::Allow);
}

/// Of a policy that never decides, nothing is said to be equal.
#[test]
fn a_policy_that_recurses_is_equal_to_nothing() {
    let bench = Bench::with_starter();
    bench.write(
        "old.rego",
        "package spacelift\n\nallow if deny\n\ndeny if allow\n",
    );
    let said = bench.ends(1, "compare old.rego").stdout;
    assert!(
        said.starts_with("There is no input that both decide.\n"),
        "{said}"
    );
    assert!(said.contains("No decision for "), "{said}");
}

/// Variables of a policy may be called as outputs are.
#[test]
fn a_variable_of_an_outputs_name_is_understood() {
    let bench = Bench::with_starter();
    let of = |name: &str| {
        let text = format!(
            "package spacelift\n\nallow if {{\n\tsome {name} in input.session.teams\n\tstartswith({name}, \"Dev\")\n}}\n"
        );
        bench.write("old.rego", &text);
        bench.ends(5, "compare old.rego --all").stdout
    };
    let said = of("team");
    assert!(said.contains("are decided in two ways"), "{said}");
    // As long, so that places in messages are the same.
    assert_eq!(said, of("unit"));
}

/// What was recorded is asked as well, by its pseudonyms.
#[test]
fn recorded_inputs_are_asked() {
    let bench = Bench::with_starter();
    let input = r#"{"request":{},"session":{"login":"~abcdef","member":true,"teams":["~team"]},"spaces":[]}"#;
    let sample = format!(
        r#"{{"at":1767225600,"outcome":"deny","who":"abcdef","networks":"x","input":{input}}}"#
    );
    let archive = format!("{{\"liftgate\":\"samples\",\"version\":1,\"key\":\"k\"}}\n{sample}\n");
    bench.write("samples/login.jsonl", &archive);
    // Only what was recorded has this team.
    bench.write(
        "old.rego",
        &format!("{OLD}\nallow if startswith(input.session.teams[0], \"~te\")\n"),
    );
    let said = bench.ends(5, "compare old.rego --all").stdout;
    assert!(said.contains("recorded 2026-01-01T00:00:00Z"), "{said}");
    // An archive that is named and not there is a mistake.
    bench.ends(1, "compare old.rego --samples elsewhere");
}

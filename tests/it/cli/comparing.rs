//! `liftgate compare`: what it shows can be pasted, and holds of the old policy.

use liftgate::evaluate::Evaluator;
use liftgate::model::Dialect;
use serde_json::Value;

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

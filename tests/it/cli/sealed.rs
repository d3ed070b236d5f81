//! A plan in a file, from `plan --out` to `push FILE`.

use serde_json::Value;

use super::bench::{Bench, Ran};

const OUT: &str = "plan --sandbox account.json --out plan.json";
const PUSH: &str = "push plan.json --sandbox account.json";

fn planned() -> Bench {
    let bench = Bench::with_starter();
    let said = bench.ends(5, OUT).stdout;
    assert!(said.contains("The plan is in plan.json, sha256:"), "{said}");
    bench
}

fn account(bench: &Bench) -> Value {
    serde_json::from_str(&bench.read("account.json")).unwrap()
}

fn meddle(bench: &Bench, change: impl FnOnce(&mut Value)) {
    let mut account = account(bench);
    change(&mut account);
    bench.write("account.json", &account.to_string());
}

/// Refused, and nothing was written.
fn refused(bench: &Bench, line: &str, words: &[&str]) -> Ran {
    let before = account(bench)["policies"].clone();
    let ran = bench.ends(6, line);
    for word in words {
        assert!(ran.stderr.contains(word), "{word}\n{}", ran.stderr);
    }
    assert_eq!(account(bench)["policies"], before);
    ran
}

#[test]
fn the_reviewed_plan_is_applied_without_asking() {
    let bench = planned();
    let file = bench.read("plan.json");
    assert!(bench.fine(PUSH).contains("read back as sent"));
    bench.fine("render");
    assert_eq!(
        account(&bench)["policies"]["liftgate"]["body"],
        bench.read("spacelift/login.rego")
    );
    // Once more: the account is no longer what the plan was made for.
    refused(
        &bench,
        PUSH,
        &["moved: the live login policy moved", "there was none"],
    );
    assert_eq!(bench.read("plan.json"), file);
}

/// But for the sessions, of which every run opens one.
#[test]
fn two_plans_of_the_same_are_the_same_file() {
    let bench = planned();
    let without_sessions = || {
        let mut plan: Value = serde_json::from_str(&bench.read("plan.json")).unwrap();
        plan["plan"]["sessions"].take();
        plan["digest"].take();
        plan
    };
    let first = without_sessions();
    bench.ends(5, OUT);
    assert_eq!(without_sessions(), first);
}

#[test]
fn the_file_holds_no_secret() {
    let bench = planned();
    let secret = account(&bench)["credentials"]["secret"]
        .as_str()
        .unwrap()
        .to_string();
    assert!(secret.len() > 10);
    let file = bench.read("plan.json");
    // Neither the key's secret nor a token, nor the address at which this run's sandbox listened.
    for part in [secret.as_str(), "eyJ", "Bearer", "127.0.0.1"] {
        assert!(!file.contains(part), "{part}");
    }
}

#[test]
fn a_plan_with_nothing_to_do_can_be_pushed() {
    let bench = planned();
    bench.fine(PUSH);
    bench.fine(OUT);
    assert!(bench.fine(PUSH).contains("Nothing to do"));
}

#[test]
fn a_mapping_that_moved_is_named_by_its_files() {
    let bench = planned();
    bench.edit(
        "access.yaml",
        "reason: deploys from the office",
        "reason: moved",
    );
    // No decision changes, and the text that was reviewed is another all the same.
    refused(
        &bench,
        PUSH,
        &["the mapping moved since the plan was made: `access.yaml` was sha256:"],
    );
    bench.edit(
        "access.yaml",
        "reason: moved",
        "reason: deploys from the office",
    );
    assert!(bench.fine(PUSH).contains("read back as sent"));
}

#[test]
fn a_fixture_that_moved_is_seen_too() {
    let bench = planned();
    let fixtures = bench.read("fixtures.yaml");
    bench.write(
        "fixtures.yaml",
        &fixtures.replace("nobody gets in without", "no one gets in without"),
    );
    refused(
        &bench,
        PUSH,
        &[
            "`fixtures.yaml` was sha256:",
            "the logins to compare by moved",
        ],
    );
}

#[test]
fn an_account_that_moved_is_named_by_its_parts() {
    let bench = planned();
    meddle(&bench, |account| {
        account["spaces"]["app-dev"]["labels"] = vec!["new"].into()
    });
    let ran = refused(
        &bench,
        PUSH,
        &["the spaces moved since the plan was made: `app-dev` was"],
    );
    assert!(!ran.stderr.contains("the mapping moved"), "{}", ran.stderr);
}

#[test]
fn another_account_is_refused() {
    let bench = planned();
    refused(
        &bench,
        "push plan.json --sandbox other.json",
        &[
            "other-endpoint",
            "`sandbox account.json`",
            "`sandbox other.json`",
        ],
    );
}

#[test]
fn a_file_that_was_touched_or_cut_is_refused() {
    let bench = planned();
    let text = bench.read("plan.json");
    bench.write(
        "plan.json",
        &text.replace("\"sessions\": 0", "\"sessions\": 1"),
    );
    refused(
        &bench,
        PUSH,
        &["plan-damaged: the plan's file was changed since it was written"],
    );
    bench.write("plan.json", text.get(..text.len() / 2).unwrap());
    refused(
        &bench,
        PUSH,
        &["plan-damaged: the plan's file ends before its end"],
    );
    bench.write(
        "plan.json",
        &text.replace("\"format\": 1,", "\"format\": 2,"),
    );
    refused(&bench, PUSH, &["plan-format: the plan has format 2"]);
    bench.write("plan.json", "");
    refused(&bench, PUSH, &["plan-damaged"]);
    std::fs::remove_file(bench.path("plan.json")).unwrap();
    let ran = bench.ends(1, PUSH);
    assert!(
        ran.stderr.contains("plan.json cannot be read"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_plan_with_refusals_is_written_for_review_and_not_pushed() {
    let bench = Bench::with_starter();
    bench.ends(5, "plan --sandbox account.json");
    meddle(&bench, |account| {
        account["account"]["authorizationScheme"] = "MANAGED_USERS".into()
    });
    let ran = bench.ends(6, OUT);
    assert!(
        ran.stdout.contains("The plan is in plan.json"),
        "{}",
        ran.stdout
    );
    refused(&bench, PUSH, &["strategy: "]);
    // Not even when what it was refused for is gone.
    meddle(&bench, |account| {
        account["account"]["authorizationScheme"] = "LOGIN_POLICIES".into()
    });
    refused(
        &bench,
        PUSH,
        &["strategy: ", "the account's strategy moved"],
    );
}

#[test]
fn the_file_names_the_mapping_and_another_place_can_be_given() {
    let bench = Bench::new();
    bench.fine("init acme");
    bench.ends(5, "plan acme --sandbox account.json --out out/plan.json");
    std::fs::rename(bench.path("acme"), bench.path("moved")).unwrap();
    let ran = bench.ends(3, "push out/plan.json --sandbox account.json");
    assert!(ran.stderr.contains("acme"), "{}", ran.stderr);
    let said = bench.fine("push out/plan.json --mapping moved --sandbox account.json");
    assert!(said.contains("read back as sent"), "{said}");
}

#[test]
fn a_directory_that_moved_is_seen() {
    let bench = Bench::with_starter();
    let people = |name: &str| {
        let text = r#"{"version": 1, "people": [{"login": "NAME", "groups": []}]}"#;
        text.replace("NAME", name)
    };
    bench.write("directory.json", &people("a@x.example"));
    bench.ends(5, OUT);
    bench.write("directory.json", &people("b@x.example"));
    let ran = refused(
        &bench,
        PUSH,
        &["the directory snapshot moved since the plan was made: `snapshot` was"],
    );
    assert!(!ran.stderr.contains("the mapping moved"), "{}", ran.stderr);
    // The same under another name.
    bench.write("elsewhere.json", &people("a@x.example"));
    bench.fine(&format!("{PUSH} --directory elsewhere.json"));
}

#[test]
fn what_was_asked_for_is_in_the_file_and_cannot_be_asked_again() {
    let bench = planned();
    for more in ["--delete-role x", "--allow-admin-role x"] {
        let ran = bench.ends(2, &format!("{PUSH} {more}"));
        assert!(
            ran.stderr.contains("says itself what was asked for"),
            "{}",
            ran.stderr
        );
    }
    let ran = bench.ends(2, "push . --mapping elsewhere --sandbox account.json --yes");
    assert!(
        ran.stderr.contains("with a plan's file only"),
        "{}",
        ran.stderr
    );
    let ran = bench.ends(2, "plan --sandbox account.json --out plan.txt");
    assert!(ran.stderr.contains("must end in .json"), "{}", ran.stderr);
}

#[test]
fn a_file_that_cannot_be_written_is_an_error() {
    let bench = Bench::with_starter();
    bench.write("folder", "a file");
    let ran = bench.ends(1, "plan --sandbox account.json --out folder/plan.json");
    assert!(
        ran.stderr.contains("cannot be written to folder/plan.json"),
        "{}",
        ran.stderr
    );
}

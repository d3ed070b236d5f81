//! What somebody has to agree to, and what a workflow goes by.

use liftgate::plan::Sealed;
use serde_json::Value;

use super::bench::Bench;

const OUT: &str = "plan --sandbox account.json --out plan.json";
const PUSH: &str = "push plan.json --sandbox account.json";

const GRANT: &str = "  - {who: developers, roles: [space-reader], spaces: [app-prod]}\n";
const MORE: &str = "  - {who: developers, roles: [space-reader], spaces: [app]}\n";
const TOLD: &str = "roles: {app-dev: [space-writer], app-prod";
const TOLD_MORE: &str = "roles: {app: [space-reader], app-dev: [space-writer], app-prod";

/// An account that has the starter's policy, and whoever reads it.
fn pushed() -> Bench {
    let bench = Bench::with_starter();
    bench.fine("push --sandbox account.json --yes");
    bench
}

/// Gives somebody more.
fn give(bench: &Bench) {
    bench.edit("access.yaml", GRANT, &format!("{GRANT}{MORE}"));
    bench.edit("fixtures.yaml", TOLD, TOLD_MORE);
}

/// Takes it away again.
fn take(bench: &Bench) {
    bench.edit("access.yaml", MORE, "");
    bench.edit("fixtures.yaml", TOLD_MORE, TOLD);
}

/// That of the plan's file.
fn digest(bench: &Bench) -> String {
    let plan: Value = serde_json::from_str(&bench.read("plan.json")).unwrap();
    plan["digest"].as_str().unwrap().to_string()
}

fn body(bench: &Bench) -> Value {
    let account: Value = serde_json::from_str(&bench.read("account.json")).unwrap();
    account["policies"]["liftgate"]["body"].clone()
}

/// Refused for this alone, and nothing was written.
fn refused(bench: &Bench, line: &str, guard: &str, words: &str) {
    let before = body(bench);
    let ran = bench.ends(6, line);
    let head = format!("error: the push is refused: {guard}: ");
    assert!(ran.stderr.starts_with(&head), "{}", ran.stderr);
    assert!(ran.stderr.contains(words), "{words}\n{}", ran.stderr);
    assert_eq!(body(bench), before);
}

#[test]
fn only_the_plan_that_was_named_is_pushed() {
    let bench = Bench::with_starter();
    bench.ends(5, OUT);
    let ours = digest(&bench);
    let named = format!("{PUSH} --digest {ours}");
    // Another in its place, whole and with a digest of its own, that would be pushed if it were not named.
    let kept = bench.read("plan.json");
    bench.ends(5, &format!("{OUT} --override people-lose-access=mine"));
    assert_ne!(digest(&bench), ours);
    refused(&bench, &named, "other-plan", " was named");
    bench.write("plan.json", &kept);
    bench.fine(&named);
}

#[test]
fn a_digest_that_is_none_or_names_no_file_is_not_understood() {
    let bench = Bench::with_starter();
    bench.ends(5, OUT);
    for (line, words) in [
        (
            format!("{PUSH} --digest sha256:12"),
            "64 hexadecimal digits",
        ),
        (
            format!(
                "push --sandbox account.json --yes --digest {}",
                digest(&bench)
            ),
            "`--digest` goes with a plan's file only",
        ),
    ] {
        let ran = bench.ends(2, &line);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    assert_eq!(body(&bench), Value::Null);
}

#[test]
fn what_only_gives_is_pushed_unapproved_and_what_takes_away_is_not() {
    let bench = pushed();
    give(&bench);
    bench.ends(5, OUT);
    bench.fine(&format!("{PUSH} --unapproved"));
    take(&bench);
    let said = bench.ends(5, OUT).stdout;
    assert!(
        said.contains("Somebody has to agree to it: 1 losing roles"),
        "{said}"
    );
    let words = "somebody has to agree first: 1 losing roles";
    refused(&bench, &format!("{PUSH} --unapproved"), "unapproved", words);
    let mapping = "push --sandbox account.json --yes --unapproved";
    refused(&bench, mapping, "unapproved", words);
    bench.fine(PUSH);
}

#[test]
fn a_file_that_says_that_nobody_need_agree_is_not_believed() {
    let bench = pushed();
    give(&bench);
    bench.fine("push --sandbox account.json --yes");
    take(&bench);
    bench.ends(5, OUT);
    let mut forged = Sealed::read(&bench.read("plan.json")).unwrap();
    assert!(!forged.plan.approval.is_empty());
    forged.plan.approval.clear();
    bench.write("plan.json", &forged.text().unwrap());
    let line = format!("{PUSH} --unapproved");
    refused(&bench, &line, "unapproved", "1 losing roles");
}

#[test]
fn what_is_asked_for_beside_the_mapping_is_agreed_to() {
    let bench = pushed();
    give(&bench);
    let line = format!("{PUSH} --unapproved");
    for (option, reason) in [
        (
            "--override people-lose-access=HR-12",
            "`--override people-lose-access` was given: HR-12",
        ),
        ("--allow-admin-role x", "`--allow-admin-role x` was given"),
    ] {
        let said = bench.ends(5, &format!("{OUT} {option}")).stdout;
        let told = said.lines().last().unwrap();
        assert!(told.starts_with("Somebody has to agree to it: "), "{said}");
        assert!(told.contains(reason), "{said}");
        refused(&bench, &line, "unapproved", reason);
    }
    // What only forbids more needs nobody.
    bench.ends(5, &format!("{OUT} --add-only"));
    bench.fine(&line);
}

#[test]
fn later_jobs_are_told_what_is_to_become_of_a_plan() {
    let bench = pushed();
    let line = format!("{OUT} --outputs told/jobs.env");
    let verdict = |exit: i32| {
        std::fs::create_dir_all(bench.path("told")).unwrap();
        bench.write("told/jobs.env", "earlier=line\n");
        bench.ends(exit, &line);
        let told = bench.read("told/jobs.env");
        let lines: Vec<&str> = told.lines().collect();
        let [earlier, of, verdict] = lines.as_slice() else {
            panic!("{told}");
        };
        assert_eq!(*earlier, "earlier=line");
        let expected = format!("liftgate_digest={}", digest(&bench));
        assert_eq!(*of, expected);
        verdict.to_string()
    };
    assert_eq!(verdict(0), "liftgate_verdict=nothing");
    give(&bench);
    assert_eq!(verdict(5), "liftgate_verdict=push");
    bench.fine(PUSH);
    take(&bench);
    assert_eq!(verdict(5), "liftgate_verdict=approve");
    let text = bench.read("account.json");
    bench.write(
        "account.json",
        &text.replace("LOGIN_POLICIES", "MANAGED_USERS"),
    );
    assert_eq!(verdict(6), "liftgate_verdict=refused");

    // Of what is no plan nothing is told.
    bench.edit("access.yaml", "version: 1", "version: 7");
    bench.write("told/jobs.env", "");
    bench.ends(3, &line);
    assert_eq!(bench.read("told/jobs.env"), "");
    bench.ends(2, "plan --sandbox account.json --outputs told/jobs.env");
}

#[test]
fn what_later_jobs_cannot_be_told_is_an_error() {
    let bench = Bench::with_starter();
    let ran = bench.ends(1, &format!("{OUT} --outputs no/jobs.env"));
    assert!(
        ran.stderr.contains("cannot be written to no/jobs.env"),
        "{}",
        ran.stderr
    );
}

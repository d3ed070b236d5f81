//! What was pushed last, found in a real repository; and what is let go of by its digest.

use std::process::Command;

use liftgate::drift::Kind;
use liftgate::lock::digest_of;
use serde_json::Value;

use super::bench::Bench;

const PUSH: &str = "push access --sandbox account.json --yes";
const DRIFT: &str = "drift access --sandbox account.json --format json";

fn git(bench: &Bench, arguments: &[&str]) {
    let ran = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@acme.example"])
        .args(["-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(bench.folder())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env_remove("GIT_DIR")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{arguments:?}: {said}");
}

fn commit(bench: &Bench, message: &str) {
    git(bench, &["add", "access"]);
    git(bench, &["commit", "-q", "-m", message]);
}

/// A repository whose mapping was pushed, and then changed and committed.
fn changed_since() -> Bench {
    let bench = Bench::new();
    bench.fine("init access");
    git(&bench, &["init", "-q", "-b", "main", "."]);
    commit(&bench, "the office, and who deploys from it");
    bench.fine(PUSH);
    bench.edit(
        "access/access.yaml",
        "roles: [space-reader], spaces: [app-prod]}",
        "roles: [space-reader], spaces: [app-prod, legacy]}",
    );
    bench.edit(
        "access/fixtures.yaml",
        "roles: {app-dev: [space-writer],",
        "roles: {legacy: [space-reader], app-dev: [space-writer],",
    );
    commit(&bench, "more for developers");
    bench
}

fn live(bench: &Bench) -> String {
    let account: Value = serde_json::from_str(&bench.read("account.json")).unwrap();
    account["policies"]["liftgate"]["body"]
        .as_str()
        .unwrap()
        .to_string()
}

/// Opens the office to the world.
fn by_hand(bench: &Bench) {
    let mut account: Value = serde_json::from_str(&bench.read("account.json")).unwrap();
    let text = live(bench).replace("203.0.113.0/24", "0.0.0.0/0");
    assert_ne!(text, live(bench));
    account["policies"]["liftgate"]["body"] = text.into();
    bench.write("account.json", &account.to_string());
}

fn told(json: &str) -> (Value, Vec<(String, String)>) {
    let whole: Value = serde_json::from_str(json).unwrap();
    let drift = whole["drift"].clone();
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let findings = drift["findings"].as_array().unwrap().iter();
    let findings = findings
        .map(|one| (text(&one["code"]), text(&one["by"])))
        .collect();
    (drift, findings)
}

#[test]
fn an_edit_in_the_account_and_one_in_the_repository_are_told_apart() {
    let bench = changed_since();
    let (drift, findings) = told(&bench.ends(5, DRIFT).stdout);
    assert_eq!(
        drift["base"]["subject"],
        "the office, and who deploys from it"
    );
    let pair = |code: &str, by: &str| (code.to_string(), by.to_string());
    assert_eq!(findings, [pair("not-pushed", "mapping")]);

    by_hand(&bench);
    let before = live(&bench);
    let (drift, findings) = told(&bench.ends(5, DRIFT).stdout);
    assert_eq!(
        findings,
        [
            pair("decisions-edited", "account"),
            pair("not-pushed", "mapping")
        ]
    );
    let effects = drift["findings"][0]["effects"].as_array().unwrap();
    assert_eq!(effects.len(), 1, "{effects:?}");
    assert_eq!(effects[0]["identity"], "dana");
    assert_eq!(effects[0]["gains"][0]["space"], "app-prod");
    let lines = drift["findings"][0]["lines"].to_string();
    assert!(
        lines.contains("0.0.0.0/0") && !lines.contains("legacy"),
        "{lines}"
    );
    assert_eq!(live(&bench), before);

    // A plan shows the edit apart from what the mapping changes, too.
    let plan = bench.ends(6, "plan access --sandbox account.json").stdout;
    let (edit, change) = plan
        .split_once("\nWhich logins of the fixtures gain or lose what:")
        .unwrap();
    assert!(
        edit.contains("`the office, and who deploys from it`"),
        "{edit}"
    );
    assert!(
        edit.contains("0.0.0.0/0") && !edit.contains("legacy"),
        "{edit}"
    );
    assert!(change.contains("legacy"), "{change}");
}

#[test]
fn a_revision_is_compared_with_the_files() {
    let bench = changed_since();
    let said = bench.fine("diff access");
    assert!(said.starts_with("No difference of meaning"), "{said}");
    let said = bench.fine("diff access --since HEAD~1");
    assert!(
        said.contains("+ `space-reader` on `legacy`: `group developers`"),
        "{said}"
    );
    assert!(said.contains("By person:\n  dana"), "{said}");
    assert!(said.contains("access/access.yaml:"), "{said}");
    let ran = bench.ends(1, "diff access --since nowhere");
    assert!(
        ran.stderr.contains("there is no revision `nowhere`"),
        "{}",
        ran.stderr
    );
    bench.write("access/access.yaml", "version: 1\n");
    bench.ends(3, "diff access");
}

#[test]
fn the_page_lists_every_kind_of_drift() {
    let page = include_str!("../../../docs/drift.md");
    let told: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(told, known);
}

#[test]
fn a_clone_without_its_history_says_so() {
    let bench = changed_since();
    by_hand(&bench);
    git(&bench, &["checkout", "-q", "--orphan", "squashed"]);
    commit(&bench, "all of it");
    let (drift, findings) = told(&bench.ends(5, DRIFT).stdout);
    assert_eq!(drift["base"]["kind"], "unknown");
    let why = drift["base"]["why"].as_str().unwrap();
    assert!(why.contains("of the one commit"), "{why}");
    assert_eq!(findings[0].0, "policy-edited");
}

#[test]
fn a_text_is_overwritten_by_its_digest_and_by_no_other() {
    let bench = changed_since();
    by_hand(&bench);
    let before = live(&bench);
    let wrong = digest_of("another text");
    let raw = bench
        .std_command()
        .args(PUSH.split(' '))
        .args(["--overwrite-manual-edits", &wrong])
        .output()
        .unwrap();
    assert_eq!(raw.status.code(), Some(6));
    let right = digest_of(&live(&bench));
    let said = String::from_utf8(raw.stderr).unwrap() + &String::from_utf8(raw.stdout).unwrap();
    assert!(
        said.contains(&format!("--overwrite-manual-edits {right}")),
        "{said}"
    );
    assert_eq!(live(&bench), before);

    let said = bench.fine(&format!(
        "{PUSH} --overwrite-manual-edits {right} --override losses-uncounted=meant"
    ));
    assert!(said.contains("read back as sent"), "{said}");
    assert!(said.contains("0.0.0.0/0"), "{said}");
    assert!(live(&bench).contains("203.0.113.0/24"));
    // Once: nothing was left behind that would let it happen again.
    by_hand(&bench);
    bench.ends(6, PUSH);
}

#[test]
fn what_was_adopted_is_one_text() {
    let bench = changed_since();
    by_hand(&bench);
    let account = bench.read("account.json");
    bench.fine("adopt access --sandbox account.json");
    assert!(account.contains("0.0.0.0/0"));
    assert!(live(&bench).contains("[\"0.0.0.0/0\"]"));
    let lock = bench.read("access/liftgate.lock");
    assert!(lock.contains(&digest_of(&live(&bench))), "{lock}");
    // A second adoption of the same leaves the file as it is.
    bench.fine("adopt access --sandbox account.json");
    assert_eq!(bench.read("access/liftgate.lock"), lock);

    // Somebody edits it again: that is another text.
    let mut other: Value = serde_json::from_str(&account).unwrap();
    let text = live(&bench).replace("0.0.0.0/0", "0.0.0.0/1");
    other["policies"]["liftgate"]["body"] = text.into();
    bench.write("account.json", &other.to_string());
    let ran = bench.ends(6, PUSH);
    assert!(
        ran.stdout.contains("`liftgate.lock` has no effect"),
        "{}",
        ran.stdout
    );

    bench.write("account.json", &account);
    let said = bench.fine(&format!("{PUSH} --override losses-uncounted=meant"));
    assert!(said.contains("adopts this text"), "{said}");
    assert!(said.contains("read back as sent"), "{said}");
}

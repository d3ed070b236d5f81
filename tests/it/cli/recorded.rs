//! What the account has recorded, pulled into an archive.

use std::process::Stdio;

use serde_json::{Value, json};

use super::bench::Bench;
use super::help::with_acme;

const PULL: &str = "samples pull policies/acme --sandbox target/acme.json";
const ARCHIVE: &str = "policies/acme/samples/login.jsonl";
const KEY: &str = "policies/acme/samples/key";
/// The value that stands for acme's group of payments.
const PAYMENTS: &str = "1b9e5c3a-70d4-4f21-b6a8-4d2f0c9713e5";

/// The worked example, pushed, with two people who have signed in since.
fn recorded() -> Bench {
    let bench = with_acme();
    bench.fine("push policies/acme --sandbox target/acme.json --yes");
    let now = jiff::Timestamp::now();
    let sample = |key: &str, login: &str, name: &str, teams: &[&str]| {
        let input = json!({
            "request": {"remote_ip": "198.18.7.7", "timestamp_ns": i64::try_from(now.as_nanosecond()).unwrap()},
            "session": {"login": login, "name": name, "member": true, "admin": false, "machine": false, "teams": teams, "creator_ip": "198.18.7.7"},
            "spaces": [{"id": "payments", "name": "payments", "labels": []}],
        });
        json!({"key": key, "outcome": "allow", "timestamp": now.as_second() - 60, "input": input.to_string(), "body": "package spacelift\n"})
    };
    let mut account: Value = serde_json::from_str(&bench.read("target/acme.json")).unwrap();
    account["policies"]["liftgate"]["samples"] = json!([
        sample(
            "one",
            "alice@acme.example",
            "Alice Ang",
            &[PAYMENTS, "Secret Team"]
        ),
        sample("two", "zoe@private.example", "Zoe Quist", &[PAYMENTS]),
    ]);
    bench.write("target/acme.json", &account.to_string());
    bench
}

#[test]
fn a_pull_keeps_what_the_mapping_speaks_of_and_nobody_else() {
    let bench = recorded();
    let said = bench.fine(PULL);
    assert!(
        said.contains("2 inputs recorded by 1 login policy"),
        "{said}"
    );
    assert!(said.contains("2 new, 0 known already"), "{said}");
    let text = bench.read(ARCHIVE);
    assert_eq!(text.lines().count(), 3, "{text}");
    for there in ["alice@acme.example", PAYMENTS, "\"payments\""] {
        assert!(text.contains(there), "{there} is not in {text}");
    }
    for gone in ["zoe", "Zoe", "Quist", "Ang", "private", "Secret", "198.18"] {
        assert!(!text.contains(gone), "{gone} is in {text}");
    }
    // The same again: nothing is new, and not a byte changes.
    let again = bench.fine(PULL);
    assert!(again.contains("0 new, 2 known already"), "{again}");
    assert_eq!(bench.read(ARCHIVE), text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let about = std::fs::metadata(bench.path(KEY)).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(bench.read("policies/acme/samples/.gitignore"), "/key\n");
    // Old ones can be forgotten, and these are not old.
    let kept = bench.fine(&format!("{PULL} --keep 1 --format json"));
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(
        (&kept["samples"], &kept["forgotten"]),
        (&json!(2), &json!(0))
    );
}

#[test]
fn another_key_does_not_join_an_archive() {
    let bench = recorded();
    bench.fine(PULL);
    let text = bench.read(ARCHIVE);
    let ran = bench.ends(1, &format!("{PULL} --key other"));
    assert!(
        ran.stderr.contains("was made with another key"),
        "{}",
        ran.stderr
    );
    assert_eq!(bench.read(ARCHIVE), text);
    bench.write(ARCHIVE, "{\"liftgate\":\"samples\"\n");
    let ran = bench.ends(1, PULL);
    assert!(ran.stderr.contains("login.jsonl:1: "), "{}", ran.stderr);
}

#[test]
fn a_key_that_git_would_take_is_not_made() {
    let mut bench = recorded();
    if let Some(path) = std::env::var_os("PATH") {
        bench.set("PATH", &path.to_string_lossy());
    }
    let git = std::process::Command::new("git")
        .args(["init", "-q"])
        .current_dir(bench.folder())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(git.success());
    let ran = bench.ends(1, &format!("{PULL} --key here"));
    assert!(ran.stderr.contains("does not ignore it"), "{}", ran.stderr);
    assert!(!bench.path("here").exists());
    assert!(!bench.path(ARCHIVE).exists());
    // Where nothing else is said, it lies where git is told not to look.
    bench.fine(PULL);
}

/// The group that [`recorded`] puts its people in may write no more.
fn taken_away(bench: &Bench) {
    let mapping = bench.read("policies/acme/access.yaml");
    assert!(mapping.contains("\ngrants:"), "{mapping}");
    bench.write(
        "policies/acme/access.yaml",
        &mapping.replace(PAYMENTS, "another-group"),
    );
}

#[test]
fn a_plan_names_nobody_from_an_archive_unless_asked_with_the_key() {
    let bench = recorded();
    let said = bench.run(PULL);
    // Nothing but what there is to say, where nobody looks at a terminal.
    assert_eq!((said.stderr.as_str(), said.exit), ("", 0));
    taken_away(&bench);
    let plan = "plan policies/acme --sandbox target/acme.json --override losses-uncounted=nobody-signed-in";
    let ran = bench.ends(5, plan);
    assert!(
        ran.stdout
            .contains(" of 2 recorded inputs of 2 people would be decided otherwise:"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("recorded 20"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("zoe"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
    bench.ends(5, &format!("{plan} --out plan.json --markdown plan.md"));
    for file in ["plan.json", "plan.md"] {
        assert!(!bench.read(file).contains("zoe"), "{file}");
    }
    // The account knows her by her session, and whoever has the key asks.
    let mut account: Value = serde_json::from_str(&bench.read("target/acme.json")).unwrap();
    account["sessions"]["zoes"] = json!({"id": "zoes", "tokenHash": "0", "login": "zoe@private.example", "name": "Zoe Quist", "apiKey": null, "email": "zoe@private.example", "admin": false, "grants": {"root": ["space-reader"]}, "createdAt": 0, "expiresAt": 2_100_000_000});
    bench.write("target/acme.json", &account.to_string());
    let hidden = bench.ends(5, plan);
    assert!(
        !hidden.stdout.contains("  zoe@private.example ("),
        "{}",
        hidden.stdout
    );
    let shown = bench.ends(5, &format!("{plan} --reveal"));
    assert!(
        shown.stdout.contains("  zoe@private.example ("),
        "{}",
        shown.stdout
    );
    // Never into a file, and never without the key.
    bench.ends(2, &format!("{plan} --reveal --out plan.json"));
    std::fs::remove_file(bench.path(KEY)).unwrap();
    let ran = bench.ends(2, &format!("{plan} --reveal"));
    assert!(ran.stderr.contains("needs an archive"), "{}", ran.stderr);
}

#[test]
fn a_plan_in_a_file_is_made_of_the_archive() {
    let bench = recorded();
    bench.fine(PULL);
    bench.edit("policies/acme/access.yaml", "\ngrants:", "\napi_keys: {spare: {id: \"01SPARE\"}}\ngrants:\n  - {who: {api_key: spare}, roles: [space-reader], spaces: [payments], owner: \"@acme/payments-leads\"}");
    bench.ends(
        5,
        "plan policies/acme --sandbox target/acme.json --out plan.json",
    );
    let text = bench.read(ARCHIVE);
    bench.write(
        ARCHIVE,
        &text
            .lines()
            .take(2)
            .map(|line| format!("{line}\n"))
            .collect::<String>(),
    );
    let ran = bench.ends(6, "push plan.json --sandbox target/acme.json");
    assert!(
        ran.stderr.contains(
            "moved: the recorded inputs moved since the plan was made: `archive` was sha256:"
        ),
        "{}",
        ran.stderr
    );
    bench.write(ARCHIVE, &text);
    // Whether the key is there decides who is one with whom.
    let key = bench.read(KEY);
    std::fs::remove_file(bench.path(KEY)).unwrap();
    let ran = bench.ends(6, "push plan.json --sandbox target/acme.json");
    assert!(
        ran.stderr.contains("`key` was there, is not there"),
        "{}",
        ran.stderr
    );
    bench.write(KEY, &key);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(bench.path(KEY), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    bench.fine("push plan.json --sandbox target/acme.json");
}

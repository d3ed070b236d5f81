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

//! Somebody who leaves at once: their sessions, what they leave in the account, and whom no policy can stop.

use serde_json::{Value, json};

use super::bench::Bench;
use super::help::with_acme;

const SANDBOX: &str = "--mapping policies/acme --sandbox target/acme.json";
const PUSH: &str = "push policies/acme --sandbox target/acme.json --yes";
const RECORD: &str = "target/acme.record.jsonl";

/// The worked example, pushed, with open sessions of two people.
fn signed_in() -> Bench {
    let bench = with_acme();
    bench.fine(PUSH);
    change(&bench, |account| {
        for (id, login) in [
            ("zed-1", "zed@acme.example"),
            ("zed-2", "zed@acme.example"),
            ("dora-1", "dora@acme.example"),
        ] {
            account["sessions"][id] = json!({
                "id": id, "tokenHash": "0", "login": login, "name": login, "apiKey": null, "email": login,
                "admin": false, "grants": {"payments-dev": ["space-writer"]}, "createdAt": 1, "expiresAt": 2_100_000_000,
            });
        }
    });
    bench
}

fn account(bench: &Bench) -> Value {
    serde_json::from_str(&bench.read("target/acme.json")).unwrap()
}

fn change(bench: &Bench, change: impl FnOnce(&mut Value)) {
    let mut account = account(bench);
    change(&mut account);
    bench.write("target/acme.json", &account.to_string());
}

fn sessions(bench: &Bench) -> Vec<String> {
    let account = account(bench);
    let all = account["sessions"].as_object().unwrap().values();
    let people = all.filter(|one| one["apiKey"].is_null());
    people
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

fn recorded(bench: &Bench) -> Vec<Value> {
    let lines = bench.read(RECORD);
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["event"] == "sessions").collect()
}

#[test]
fn sessions_only_ends_theirs_alone_and_leaves_the_policy_for_its_window() {
    let bench = signed_in();
    let policy = account(&bench)["policies"]["liftgate"].clone();
    let end = format!("offboard zed@acme.example --sessions-only --yes {SANDBOX}");
    // Without a word of when the policy follows, nothing is ended.
    let ran = bench.ends(2, &end);
    assert!(ran.stderr.contains("`--window TIME`"), "{}", ran.stderr);
    bench.ends(2, &format!("{end} --window 2026-01-01T00:00Z"));
    assert_eq!(sessions(&bench).len(), 3);
    assert_eq!(recorded(&bench), Vec::<Value>::new());
    // Nor without a yes where nobody can be asked, nor without a record.
    let end = format!("{end} --window 2036-12-01T22:00Z");
    bench.ends(2, &end.replace(" --yes", ""));
    bench.ends(1, &format!("{end} --record policies"));
    assert_eq!(sessions(&bench).len(), 3);

    let ran = bench.ends(0, &end);
    assert!(
        ran.stdout
            .contains("zed@acme.example: 2 sessions are open\n"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("zed@acme.example: 2 ended"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stderr.contains("does not refuse zed@acme.example yet"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("push it at 2036-12-01T22:00:00Z"),
        "{}",
        ran.stderr
    );
    assert_eq!(sessions(&bench), ["dora-1"]);
    assert_eq!(account(&bench)["policies"]["liftgate"], policy);
    let lines = recorded(&bench);
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, done) in lines.iter().zip([false, true]) {
        assert_eq!(line["people"], json!({"zed@acme.example": 2}));
        assert_eq!(line["window"], "2036-12-01T22:00:00Z");
        assert_eq!(line["done"], done);
    }
    // A push after it is none that was cut off.
    assert!(!bench.run(PUSH).stdout.contains("cut off"));
}

#[test]
fn whether_somebody_is_out_is_seen_after_the_push() {
    let bench = signed_in();
    let verify = format!("offboard zed@acme.example --verify {SANDBOX}");
    let ran = bench.ends(5, &verify);
    assert!(
        ran.stdout
            .contains("does NOT refuse this login; 2 sessions are open"),
        "{}",
        ran.stdout
    );
    let ran = bench.fine("offboard zed@acme.example --mapping policies/acme");
    assert!(ran.contains("no login policy can stop"), "{ran}");
    // Still nothing has changed there.
    bench.ends(5, &verify);
    assert_eq!(sessions(&bench).len(), 3);
    let said = bench.fine(PUSH);
    assert!(
        said.contains("Offboarded: zed@acme.example; no session is open."),
        "{said}"
    );
    assert_eq!(sessions(&bench), Vec::<String>::new());
    let said = bench.fine(&verify);
    assert!(
        said.contains("the account's policy refuses this login; no session is open"),
        "{said}"
    );
    // One that opens again, as by another address of the policy's, is seen.
    change(&bench, |account| {
        account["sessions"]["again"] = json!({
            "id": "again", "tokenHash": "0", "login": "Zed@acme.example", "name": "", "apiKey": null, "email": "ZED@acme.example",
            "admin": false, "grants": {}, "createdAt": 1, "expiresAt": 2_100_000_000,
        });
    });
    bench.ends(5, &verify);
    // The policy refuses them, so no window needs to be named.
    bench.fine(&format!(
        "offboard zed@acme.example --sessions-only --yes {SANDBOX}"
    ));
    bench.fine(&verify);
}

#[test]
fn what_somebody_leaves_is_listed_and_whom_no_policy_stops_is_said() {
    let bench = signed_in();
    change(&bench, |account| {
        let key = account["apiKeys"]
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()
            .clone();
        for (id, name, admin) in [
            ("01ZED", "zed-deploys", false),
            ("01ROOT", "old-root", true),
        ] {
            let mut key = key.clone();
            key["id"] = json!(id);
            key["name"] = json!(name);
            key["admin"] = json!(admin);
            account["apiKeys"][id] = key;
        }
        let roles = account["roles"].as_object().unwrap();
        let writer = roles
            .values()
            .find(|role| role["slug"] == "space-writer")
            .unwrap();
        account["bindings"]["b1"] = json!({"id": "b1", "kind": "API_KEY", "holder": "01ZED", "role": writer["id"], "space": "data"});
        account["users"]["u1"] = json!({
            "id": "u1", "username": "zed@acme.example", "invitationEmail": "zed@acme.example", "loginMethod": null,
            "status": "PENDING", "lastLoginTime": null, "slackMemberID": null,
        });
        account["account"]["samlAdmin"] = json!("zed@acme.example");
    });
    let before = account(&bench);
    let ran = bench.ends(3, &format!("offboard zed@acme.example --check {SANDBOX}"));
    for said in [
        "2 sessions are open",
        "CANNOT BE REFUSED: zed@acme.example set single sign-on up",
        "the key zed-deploys (01ZED) has their name in its own; bound to it: space-writer on data",
        "an invitation of zed@acme.example is open (PENDING)",
        "keys that administer the account, which no policy stops: old-root, sandbox",
        "no login policy can stop, since Spacelift does not ask it: owners of the account",
    ] {
        assert!(ran.stdout.contains(said), "{said} in {}", ran.stdout);
    }
    // It was only looked at: but for the session that looked, all is as it was.
    for part in ["policies", "bindings"] {
        assert_eq!(account(&bench)[part], before[part], "{part}");
    }
    let json = bench
        .ends(
            3,
            &format!("offboard zed@acme.example --check {SANDBOX} --format json"),
        )
        .stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["account"][0]["keys"][0]["id"], "01ZED");
}

#[test]
fn sessions_that_hold_what_has_ended_are_shown_and_can_be_ended() {
    let bench = Bench::new();
    bench.write(
        "access.yaml",
        "version: 1\naccount: acme\nidentity_provider: okta\nspaces: {payments: {parent: root}}\ngroups: {payments: P}\nguards: {min_admins: 0}\ngrants:\n  - {who: payments, roles: space-reader, spaces: payments}\n  - {who: payments, roles: space-writer, spaces: payments, ends: \"2026-01-31\"}\n",
    );
    bench.write(
        "fixtures.yaml",
        "identities:\n  ann: {login: ann@acme.example, groups: [payments]}\n  ned: {login: ned@acme.example, groups: []}\n",
    );
    bench.fine("push . --sandbox account.json --yes");
    let mut account: Value = serde_json::from_str(&bench.read("account.json")).unwrap();
    for (id, login, began) in [
        ("ann-1", "ann@acme.example", 1_760_000_000),
        ("ann-2", "ann@acme.example", 1_780_000_000),
        ("ned-1", "ned@acme.example", 1_760_000_000),
        ("zoe-1", "zoe@acme.example", 1_760_000_000),
    ] {
        account["sessions"][id] = json!({
            "id": id, "tokenHash": "0", "login": login, "name": login, "apiKey": null, "email": login,
            "admin": false, "grants": {"payments": ["space-writer"]}, "createdAt": began, "expiresAt": 2_100_000_000,
        });
    }
    bench.write("account.json", &account.to_string());
    let mapping = bench.read("access.yaml");
    let ran = bench.ends(3, "expire . --check --sandbox account.json");
    for said in [
        "ann@acme.example: 1 session that began before may still hold space-writer on payments\n",
        "not known: 1 session began before and is of somebody whose groups are not known here",
    ] {
        assert!(ran.stdout.contains(said), "{said} in {}", ran.stdout);
    }
    let end = "expire . --sessions-only --sandbox account.json";
    bench.ends(2, end);
    let said = bench.fine(&format!("{end} --yes"));
    assert!(said.contains("ann@acme.example: 1 ended"), "{said}");
    assert_eq!(bench.read("access.yaml"), mapping);
    let account: Value = serde_json::from_str(&bench.read("account.json")).unwrap();
    let left = account["sessions"].as_object().unwrap();
    assert!(!left.contains_key("ann-1"));
    for stays in ["ann-2", "ned-1", "zoe-1"] {
        assert!(left.contains_key(stays), "{stays}");
    }
    let record = bench.read("account.record.jsonl");
    assert!(record.contains("\"command\":\"expire\""), "{record}");
    let said = bench.fine(&format!("{end} --yes"));
    assert!(
        said.contains("no open session is known to hold it"),
        "{said}"
    );
    // Taken out of the files and pushed, nobody is signed in any more.
    bench.fine("expire .");
    let said = bench.fine("push . --sandbox account.json --yes");
    assert!(
        said.contains("no session from before the push is open"),
        "{said}"
    );
    let account: Value = serde_json::from_str(&bench.read("account.json")).unwrap();
    let mut left = account["sessions"].as_object().unwrap().values();
    assert!(left.all(|one| !one["apiKey"].is_null()));
}

//! Somebody who leaves at once: their sessions, what they leave in the account, and whom no policy can stop.

use serde_json::{Value, json};

use super::bench::Bench;
use super::help::with_acme;
use super::serving::Serving;

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
            ("01BOUND", "bound-root", false),
            ("01OWN", "bound-by-own-role", false),
        ] {
            let mut key = key.clone();
            key["id"] = json!(id);
            key["name"] = json!(name);
            key["admin"] = json!(admin);
            account["apiKeys"][id] = key;
        }
        let roles = account["roles"].as_object().unwrap();
        let roles = roles.clone();
        let writer = roles
            .values()
            .find(|role| role["slug"] == "space-writer")
            .unwrap();
        account["bindings"]["b1"] = json!({"id": "b1", "kind": "API_KEY", "holder": "01ZED", "role": writer["id"], "space": "data"});
        let admin = roles
            .values()
            .find(|role| role["slug"] == "space-admin")
            .unwrap();
        let root = json!({"id": "b2", "kind": "API_KEY", "holder": "01BOUND", "role": admin["id"], "space": "root"});
        account["bindings"]["b2"] = root;
        let mut emperor = writer.clone();
        for (field, is) in [("id", "r-own"), ("slug", "emperor"), ("name", "Emperor")] {
            emperor[field] = json!(is);
        }
        emperor["isSystem"] = json!(false);
        emperor["actions"] = json!(["SPACE_ADMIN", "SPACE_READ"]);
        account["roles"]["r-own"] = emperor;
        account["bindings"]["b3"] = json!({"id": "b3", "kind": "API_KEY", "holder": "01OWN", "role": "r-own", "space": "root"});
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
        "keys that administer the account, which no policy stops: bound-by-own-role, bound-root, old-root, sandbox",
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
    // Zoe's could hold it too, and nobody here knows: that is no success.
    let ran = bench.ends(1, &format!("{end} --yes"));
    let said = ran.stdout;
    assert!(said.contains("ann@acme.example: 1 ended"), "{said}");
    let known = "1 session may still hold it, and whose groups those are is not known";
    assert!(ran.stderr.contains(known), "{}", ran.stderr);
    assert_eq!(bench.read("access.yaml"), mapping);
    let account: Value = serde_json::from_str(&bench.read("account.json")).unwrap();
    let left = account["sessions"].as_object().unwrap();
    assert!(!left.contains_key("ann-1"));
    for stays in ["ann-2", "ned-1", "zoe-1"] {
        assert!(left.contains_key(stays), "{stays}");
    }
    let record = bench.read("account.record.jsonl");
    assert!(record.contains("\"command\":\"expire\""), "{record}");
    // All that is left is not known.
    let ran = bench.ends(1, &format!("{end} --yes"));
    let said = "no open session is known to hold it";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    assert!(ran.stderr.contains(known), "{}", ran.stderr);
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

#[test]
fn whoever_gets_in_all_the_same_is_not_out() {
    let bench = signed_in();
    let verify = format!("offboard zed@acme.example --verify {SANDBOX}");
    bench.fine("offboard zed@acme.example --mapping policies/acme");
    bench.fine(PUSH);
    bench.fine(&verify);
    let end = format!("offboard zed@acme.example --sessions-only --yes {SANDBOX}");
    let before = account(&bench);
    type Otherwise = fn(&mut Value);
    let cases: [(&str, Otherwise); 3] = [
        ("the account decides access by `MANAGED_USERS`", |account| {
            account["account"]["authorizationScheme"] = json!("MANAGED_USERS");
        }),
        ("`Zed@acme.example` set single sign-on up", |account| {
            account["account"]["samlAdmin"] = json!("Zed@acme.example");
        }),
        ("the account evaluates the policy as `REGO_V0`", |account| {
            account["policies"]["liftgate"]["engineType"] = json!("REGO_V0");
        }),
    ];
    for (why, otherwise) in cases {
        bench.write("target/acme.json", &before.to_string());
        change(&bench, otherwise);
        let ran = bench.ends(5, &verify);
        let said = format!("GETS IN ALL THE SAME: {why}");
        assert!(ran.stdout.contains(&said), "{}", ran.stdout);
        assert!(
            ran.stderr.contains("not everybody is known to be out"),
            "{}",
            ran.stderr
        );
        let json = bench.ends(5, &format!("{verify} --format json")).stdout;
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["people"][0]["policy_refuses"], true);
        assert_eq!(
            json["people"][0]["ways"].as_array().unwrap().len(),
            1,
            "{json}"
        );
        // Such a policy is not to be trusted that nobody needs to say when it follows.
        let ran = bench.ends(2, &end);
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
        assert!(ran.stderr.contains("`--window TIME`"), "{}", ran.stderr);
        let ran = bench.run(&format!("{end} --window 2036-12-01T22:00Z"));
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
        // An account that manages users does not say whose sessions are whose.
        let is_known = !why.contains("MANAGED_USERS");
        assert_eq!(ran.exit == 0, is_known, "{}", ran.stderr);
    }
}

#[test]
fn a_window_that_has_passed_is_spoken_of_until_the_policy_has_followed() {
    let bench = signed_in();
    bench.fine(&format!(
        "offboard zed@acme.example --sessions-only --yes --window 2036-12-01T22:00Z {SANDBOX}"
    ));
    let plan = "plan policies/acme --sandbox target/acme.json";
    let drift = "drift policies/acme --sandbox target/acme.json";
    let note = "the window of `zed@acme.example` ended at 2026-01-02T22:00:00Z";
    assert!(!bench.run(plan).stdout.contains("the window of"));
    let lines = bench.read(RECORD);
    bench.write(RECORD, &lines.replace("2036-12-01", "2026-01-02"));
    for command in [plan, drift, PUSH] {
        let ran = bench.run(command);
        assert!(ran.stdout.contains(note), "{command}: {}", ran.stdout);
        let next = "with `liftgate offboard zed@acme.example`, and push it";
        assert!(ran.stdout.contains(next), "{command}: {}", ran.stdout);
    }
    let json = bench.run(&format!("{plan} --format json")).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["plan"]["notes"].to_string().contains(note), "{json}");
    bench.fine("offboard zed@acme.example --mapping policies/acme");
    let said = bench.run(plan).stdout;
    assert!(
        said.contains(note) && said.contains("push this mapping, which refuses them"),
        "{said}"
    );
    bench.fine(PUSH);
    for command in [plan, drift] {
        let ran = bench.ends(0, command);
        assert!(!ran.stdout.contains("the window of"), "{}", ran.stdout);
    }
}

/// The worked example, pushed and with open sessions, served with faults to whoever asks.
fn served(faults: &Value) -> (Bench, Serving) {
    let mut bench = signed_in();
    change(&bench, |account| {
        account["account"]["name"] = json!("acme");
    });
    bench.write("faults.json", &faults.to_string());
    let serving = Serving::new(&bench, &["target/acme.json", "--faults", "faults.json"]);
    for (name, value) in &serving.exports {
        bench.set(name, value);
    }
    (bench, serving)
}

fn refuse(operation: &str, call: usize) -> Value {
    json!({"operation": operation, "call": call, "what": {"refuse": {"message": "out of order"}}})
}

#[test]
fn one_look_that_fails_keeps_nobody_else_signed_in() {
    // Each is looked at once, and then ended and looked at again: the third look is the second at the first of them.
    let (bench, serving) = served(&json!([refuse("Sessions", 3)]));
    let record = "record.jsonl";
    let end = format!(
        "offboard zed@acme.example dora@acme.example --sessions-only --yes --window 2036-12-01T22:00Z --mapping policies/acme --record {record}"
    );
    let ran = bench.ends(1, &end);
    assert!(
        ran.stderr
            .contains("zed@acme.example: whether any is left could not be seen"),
        "{}",
        ran.stderr
    );
    for said in ["zed@acme.example: 2 ended", "dora@acme.example: 1 ended"] {
        assert!(ran.stdout.contains(said), "{said} in {}", ran.stdout);
    }
    let lines = bench.read(record);
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["done"], true, "{lines}");
    assert_eq!(
        last["people"],
        json!({"dora@acme.example": 1, "zed@acme.example": 2})
    );
    drop(serving);
    assert_eq!(sessions(&bench), Vec::<String>::new());
}

#[test]
fn a_first_look_that_fails_keeps_nobody_else_signed_in() {
    let (bench, serving) = served(&json!([refuse("Sessions", 1)]));
    let ran = bench.ends(
        1,
        "offboard zed@acme.example dora@acme.example --sessions-only --yes --window 2036-12-01T22:00Z --mapping policies/acme --record record.jsonl",
    );
    assert!(
        ran.stderr
            .contains("zed@acme.example: whether sessions are open could not be seen"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout.contains("dora@acme.example: 1 ended"),
        "{}",
        ran.stdout
    );
    drop(serving);
    assert_eq!(sessions(&bench), ["zed-1", "zed-2"]);
}

#[test]
fn after_a_push_sessions_that_cannot_be_seen_are_no_success() {
    // A plan counts the sessions first.
    let (bench, _serving) = served(&json!([refuse("Sessions", 2), refuse("Sessions", 3)]));
    bench.fine("offboard zed@acme.example --mapping policies/acme");
    let ran = bench.ends(1, "push policies/acme --yes --record record.jsonl");
    assert!(
        ran.stdout.contains("Pushed: policy updated"),
        "{}",
        ran.stdout
    );
    let said = "after the push, whether sessions of zed@acme.example are open could not be seen";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

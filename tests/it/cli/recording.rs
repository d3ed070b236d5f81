//! The record of pushes, by the real process.

use serde_json::Value;

use super::bench::Bench;

const PUSH: &str = "push --sandbox account.json --yes";
const RECORD: &str = "account.record.jsonl";

fn lines(bench: &Bench, name: &str) -> Vec<Value> {
    let text = bench.read(name);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_push_leaves_two_lines_and_nothing_else_leaves_any() {
    let bench = Bench::with_starter();
    bench.ends(5, "plan --sandbox account.json");
    // Nobody agreed.
    bench.ends(2, "push --sandbox account.json");
    assert!(!bench.path(RECORD).exists());
    bench.fine(PUSH);
    let all = lines(&bench, RECORD);
    let [begin, end] = all.as_slice() else {
        panic!("{all:?}");
    };
    assert_eq!(
        (&begin["event"], &end["event"]),
        (&"begin".into(), &"end".into())
    );
    assert_eq!(begin["push"], end["push"]);
    assert_eq!(begin["place"], "sandbox account.json");
    assert_eq!(begin["mapping"], "access.yaml");
    assert!(begin["plan"].as_str().unwrap().starts_with("sha256:"));
    bench.fine("render");
    let text = &begin["changes"][0]["after"]["text"];
    assert_eq!(*text, bench.read("spacelift/login.rego"));
    assert_eq!(end["outcome"], "done");
    assert_eq!(end["audit"][0]["action"], "policy.create");
    assert_eq!(
        end["audit"][0]["affectedResource"]["resourceId"],
        "liftgate"
    );
    // With nothing to do there is nothing to record.
    bench.fine(PUSH);
    assert_eq!(lines(&bench, RECORD).len(), 2);
}

#[test]
fn the_record_of_a_plans_file_names_it_and_its_digest() {
    let bench = Bench::with_starter();
    bench.ends(5, "plan --sandbox account.json --out plan.json");
    bench.fine("push plan.json --sandbox account.json --record kept/pushes.jsonl");
    let begin = &lines(&bench, "kept/pushes.jsonl")[0];
    let plan: Value = serde_json::from_str(&bench.read("plan.json")).unwrap();
    assert_eq!(begin["plan"], plan["digest"]);
    assert_eq!(begin["file"], "plan.json");
    assert!(!bench.path(RECORD).exists());
}

#[test]
fn without_a_record_nothing_is_pushed() {
    let bench = Bench::with_starter();
    bench.write("file", "");
    std::fs::create_dir(bench.path("folder")).unwrap();
    for place in ["file/record.jsonl", "folder"] {
        let ran = bench.ends(1, &format!("{PUSH} --record {place}"));
        assert!(
            ran.stderr
                .contains(&format!("the record {place} cannot be")),
            "{}",
            ran.stderr
        );
        let account: Value = serde_json::from_str(&bench.read("account.json")).unwrap();
        assert_eq!(account["policies"], serde_json::json!({}));
    }
}

#[test]
fn the_next_push_says_that_one_was_cut_off() {
    let bench = Bench::with_starter();
    bench.fine(PUSH);
    let text = bench.read(RECORD);
    let (begin, _) = text.split_once('\n').unwrap();
    // As if it had been killed.
    bench.write(RECORD, &format!("{begin}\n{{\"event\": \"en"));
    let said = bench.fine(PUSH);
    assert!(
        said.contains("has no end in the record: it still runs, or was cut off"),
        "{said}"
    );
    assert!(said.contains("Nothing to do"), "{said}");
}

fn git(bench: &Bench, line: &str) {
    let words = super::bench::words(line);
    let ran = std::process::Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
        .args(words)
        .current_dir(bench.folder())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

#[test]
fn the_commit_is_recorded_and_whether_a_file_differs_from_it() {
    let mut bench = Bench::with_starter();
    let path = std::env::var("PATH").unwrap();
    bench.set("PATH", &path);
    bench.fine(PUSH);
    assert_eq!(lines(&bench, RECORD)[0]["commit"], Value::Null);
    git(&bench, "init -q");
    git(&bench, "add access.yaml fixtures.yaml");
    git(&bench, "commit -q -m first");
    let drop_a_grant = |bench: &Bench, name: &str| {
        bench.edit(
            "access.yaml",
            "sent_as: Developers",
            &format!("sent_as: {name}"),
        );
    };
    drop_a_grant(&bench, "Builders");
    bench.fine(&format!("{PUSH} --override losses-uncounted=renamed"));
    let commit = &lines(&bench, RECORD)[2]["commit"];
    assert_eq!(commit["id"].as_str().unwrap().len(), 40);
    assert_eq!(commit["dirty"], true);
    git(&bench, "commit -q -a -m second");
    // The account is another's by now, as far as the mapping goes.
    bench.fine("push --sandbox other.json --yes");
    let clean = &lines(&bench, "other.record.jsonl")[0]["commit"];
    assert_eq!(clean["dirty"], false);
    assert_ne!(clean["id"], commit["id"]);
}

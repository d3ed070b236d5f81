//! How output looks: JSON for scripts, annotations for GitHub, colours where they were asked for.

use serde_json::Value;

use super::bench::{Bench, Ran};

const ESCAPE: char = '\u{1b}';

/// The one object on standard output.
fn object(bench: &Bench, command: &str, ran: &Ran) -> Value {
    let value: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{command}: {error}\n{}", ran.stdout));
    assert_eq!(value["liftgate"], command.split(' ').next().unwrap());
    assert_eq!(value["version"], 1, "{command}");
    assert_eq!(value["exit"], ran.exit, "{command}");
    assert_eq!(ran.stderr, "", "{command}");
    assert!(bench.folder().exists());
    value
}

#[test]
fn every_command_answers_one_json_object() {
    let bench = Bench::with_starter();
    bench.write("sample.json", "{}");
    bench.write("broken/access.yaml", "version: 1\naccount: x\n");
    bench.write("not-a-sandbox.json", "{}");
    let commands = [
        (0, "check"),
        (3, "check broken"),
        (3, "check nowhere"),
        (3, "render --check"),
        (0, "render"),
        (0, "render --check"),
        (0, "render --print"),
        (3, "render broken"),
        (0, "test"),
        (3, "test broken"),
        (0, "eval --as dana"),
        (0, "eval --login x@example.com"),
        (0, "eval --input sample.json"),
        (1, "eval --as nobody"),
        (1, "eval --input nowhere.json"),
        (3, "eval broken --as dana"),
        (1, "plan"),
        (3, "plan broken"),
        (5, "plan --sandbox a.json"),
        (1, "plan --sandbox not-a-sandbox.json"),
        (2, "push --sandbox a.json"),
        (1, "push --yes"),
        (0, "push --sandbox a.json --yes"),
        (0, "push --sandbox a.json --yes"),
        (0, "plan --sandbox a.json"),
        (3, "offboard dana@example.com --check"),
        (0, "offboard somebody@example.com"),
        (2, "offboard a b --alias c"),
        (3, "offboard dana --mapping broken"),
        (0, "expire"),
        (2, "expire --at 2098-01-01T00:00Z"),
        (1, "import"),
        (1, "import --sandbox a.json"),
        (0, "import --sandbox a.json --stdout"),
        (0, "import --sandbox a.json --out imported"),
        (0, "init"),
        (0, "init elsewhere"),
        (1, "sandbox not-a-sandbox.json"),
        (0, "completions bash"),
    ];
    for (exit, command) in commands {
        let ran = bench.ends(exit, &format!("{command} --format json"));
        let value = object(&bench, command, &ran);
        if exit == 1 {
            assert!(value["error"]["message"].is_string(), "{command}: {value}");
        }
    }
    bench.edit(
        "fixtures.yaml",
        "forbid:\n      roles: {app-prod: [space-writer]}",
        "forbid:\n      roles: {app-prod: [space-reader]}",
    );
    for command in ["test", "plan --sandbox a.json", "push --sandbox a.json"] {
        let ran = bench.ends(4, &format!("{command} --format json"));
        let value = object(&bench, command, &ran);
        assert_eq!(value["report"]["failed"], 1, "{command}");
    }
}

#[test]
fn the_json_of_a_plan_and_of_a_push_hold_no_secret() {
    let bench = Bench::with_starter();
    let plan = bench.ends(5, "plan --sandbox a.json --format json");
    let push = bench.ends(0, "push --sandbox a.json --yes --format json");
    let account: Value = serde_json::from_str(&bench.read("a.json")).unwrap();
    let secret = account["credentials"]["secret"].as_str().unwrap();
    assert!(secret.len() > 20);
    for ran in [plan, push] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret));
    }
}

#[test]
fn a_pipe_gets_no_escape_codes() {
    let bench = Bench::with_starter();
    bench.write("broken/access.yaml", "version: 1\naccount: x\nspcaes: {}\n");
    for line in ["check broken", "test", "eval --as dana", "--help", "bogus"] {
        let ran = bench.run(line);
        assert!(!ran.stdout.contains(ESCAPE), "{line}");
        assert!(!ran.stderr.contains(ESCAPE), "{line}");
    }
    let never = bench.ends(3, "check broken --color never").stderr;
    assert!(!never.contains(ESCAPE));
    let always = bench.ends(3, "check broken --color always").stderr;
    assert!(always.contains(ESCAPE));
    assert_eq!(anstream::adapter::strip_str(&always).to_string(), never);
}

#[test]
fn names_of_the_mapping_cannot_command_the_terminal() {
    let bench = Bench::with_starter();
    let login = "a\u{1b}[31m\u{202e}b@example.com";
    let told = [
        bench.run_with(&["eval".into(), "--login".into(), login.into()], ""),
        bench.run_with(&["eval".into(), "--as".into(), login.into()], ""),
        bench.run_with(&["check".into(), login.into()], ""),
    ];
    for ran in told {
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!all.contains(ESCAPE) && !all.contains('\u{202e}'), "{all}");
        assert!(all.contains("\\u{1b}"), "{all}");
    }
}

#[test]
fn github_gets_an_annotation_on_the_line() {
    let bench = Bench::with_starter();
    bench.edit("access.yaml", "spaces: [app-dev]}", "spaces: [app-dve]}");
    let ran = bench.ends(3, "check --format github");
    let line = 1 + bench
        .read("access.yaml")
        .lines()
        .position(|l| l.contains("app-dve"))
        .unwrap();
    let wanted = format!("::error file=access.yaml,line={line},col=");
    assert!(ran.stdout.starts_with(&wanted), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("did you mean `app-dev`?"),
        "{}",
        ran.stdout
    );
}

#[test]
fn github_gets_an_annotation_for_a_failed_test() {
    let bench = Bench::with_starter();
    bench.edit(
        "fixtures.yaml",
        "roles: {root: [space-admin]}\n  - name: developers",
        "roles: {}\n  - name: developers",
    );
    let ran = bench.ends(4, "test --format github");
    assert!(
        ran.stdout.contains("::error file=fixtures.yaml,line="),
        "{}",
        ran.stdout
    );
}

//! What others wrote, to do harm: names that would be YAML, Rego or a path, files that nest without end, policies that nobody can decide by.

use std::collections::BTreeSet;
use std::path::Path;

use liftgate::project::Project;
use serde_json::{Value, json};

use super::accounts;
use crate::cli::bench::{Bench, Ran};

/// Texts that would be more than a name, were they ever read as YAML, as Rego, as a pattern, as a path or by a terminal.
const TEXTS: [&str; 14] = [
    "x\n  admin: [everyone]\nlogin:\n  no_grants: admit",
    "\"]}\nadmin: [{everyone: true}]\n#",
    "x: {who: everyone}",
    "- {who: everyone, roles: space-admin, spaces: root}",
    "&a [*a, *a]",
    "!!binary |",
    "--- |\n...",
    "everyone",
    "*",
    "x\"\nallow := true\n#",
    "\u{1b}[2J\u{1b}]0;gone\u{7}",
    "\u{202e}nimda\u{2066}",
    "../../../escaped",
    "a\r\u{2028}\u{85}b: c",
];

fn name(at: usize) -> String {
    format!("text-{at}")
}

/// Everything that Terraform can say of an account, with one of these texts wherever a text may be.
fn state() -> Value {
    let mut resources = Vec::new();
    let mut put = |kind: &str, values: Value| {
        resources.push(json!({
            "address": format!("{kind}.{}[{}]", TEXTS[resources.len() % TEXTS.len()], resources.len()),
            "mode": "managed", "type": kind, "name": "this", "values": values, "sensitive_values": {},
        }));
    };
    put(
        "spacelift_role",
        json!({"id": "R", "slug": "space-reader", "name": "Space reader", "actions": []}),
    );
    for (at, text) in TEXTS.iter().enumerate() {
        let id = name(at);
        put(
            "spacelift_space",
            json!({"id": id, "name": text, "parent_space_id": "root", "inherit_entities": false, "labels": [text]}),
        );
        put("spacelift_space", json!({"id": text, "name": text}));
        put(
            "spacelift_role",
            json!({"id": id, "slug": id, "name": text, "actions": ["SPACE_READ", text]}),
        );
        put(
            "spacelift_role",
            json!({"id": text, "slug": text, "name": text, "actions": ["SPACE_READ"]}),
        );
        put(
            "spacelift_idp_group_mapping",
            json!({"id": id, "name": text, "policy": [{"role": text, "space_id": id}, {"role": "READ", "space_id": format!("{text}/nowhere")}]}),
        );
        put(
            "spacelift_user",
            json!({"id": id, "username": text, "policy": [{"role": "READ", "space_id": id}]}),
        );
        put(
            "spacelift_api_key",
            json!({"id": id, "name": text, "idp_groups": [text]}),
        );
        put(
            "spacelift_role_attachment",
            json!({"idp_group_mapping_id": id, "role_id": "R", "space_id": id}),
        );
        put(
            "spacelift_role_attachment",
            json!({"idp_group_mapping_id": text, "role_id": text, "space_id": text}),
        );
    }
    json!({"format_version": "1.0", "values": {"root_module": {"resources": resources}}})
}

/// Nothing that was said can do more to a terminal than be shown.
fn is_plain(ran: &Ran) {
    let hidden = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{2066}\u{2028}".contains(c);
    assert!(!ran.stdout.contains(hidden), "{:?}", ran.stdout);
    assert!(!ran.stderr.contains(hidden), "{:?}", ran.stderr);
}

/// What a mapping could say beside grants, and must not by anybody's name.
fn says_nothing_else(project: &Project) {
    let model = &project.compiled.as_ref().unwrap().model;
    let login = &model.login;
    assert!(login.admin.is_empty() && login.deny.is_empty() && login.deny_admin.is_empty());
    assert!(login.offboarded.is_empty() && login.slack.is_empty() && login.require_span.is_none());
    assert!(model.break_glass.is_empty() && model.accepted_policies.is_empty());
    assert!(model.teams.is_none() && model.stack_access.is_empty() && model.exclusive.is_empty());
    assert!(model.guardrails.is_empty() && model.lints.is_empty() && model.conditions.is_empty());
}

#[test]
fn a_name_that_terraform_shows_stays_a_name() {
    let bench = Bench::new();
    bench.write("state.json", &state().to_string());
    let ran = bench.ends(5, "import --terraform state.json --out new");
    is_plain(&ran);
    let text = bench.read("new/access.yaml");
    assert!(
        text.lines()
            .all(|line| !line.contains(|c: char| c.is_control() || c == '\u{202e}')),
        "{text:?}"
    );
    bench.fine("check new");
    let project = Project::load(&bench.path("new"));
    says_nothing_else(&project);
    let model = &project.compiled.as_ref().unwrap().model;
    // Every group is sent as it is called, and holds one role on one space; so does every login that can be one.
    let sent = model.groups.values().flat_map(|group| group.values.keys());
    assert_eq!(
        sent.map(String::as_str).collect::<BTreeSet<_>>(),
        TEXTS.iter().copied().collect()
    );
    let mut asked = 0;
    for (at, text) in TEXTS.iter().enumerate() {
        for (login, teams) in [("somebody@acme.example", vec![*text]), (*text, vec![])] {
            let input = json!({
                "session": {"login": login, "member": true, "teams": teams},
                "request": {}, "spaces": [{"id": name(at)}],
            });
            let roles = model.decide(&input).roles;
            if roles.is_empty() {
                // A login is not everything that a group is: no pattern, and nothing that is not seen.
                assert!(teams.is_empty(), "{text:?}");
                continue;
            }
            let wanted = [(name(at), BTreeSet::from(["space-reader".to_string()]))];
            assert_eq!(roles, wanted.into(), "{text:?}");
            asked += 1;
        }
    }
    assert!(asked > TEXTS.len() + 4, "{asked}");
    let nobody =
        json!({"session": {"login": "eve@acme.example", "member": true, "teams": ["Nobody's"]}});
    assert!(model.decide(&nobody).roles.is_empty());
}

#[test]
fn a_name_that_an_account_answers_stays_a_name() {
    let bench = Bench::new();
    accounts::of_names(&TEXTS).save(&bench.path("account.json"));
    let ran = bench.ends(0, "import --sandbox account.json --out new");
    is_plain(&ran);
    bench.fine("check new");
    let project = Project::load(&bench.path("new"));
    says_nothing_else(&project);
    let model = &project.compiled.as_ref().unwrap().model;
    for (at, text) in TEXTS.iter().enumerate() {
        let input = json!({
            "session": {"login": "somebody@acme.example", "member": true, "teams": [text]},
            "request": {}, "spaces": [],
        });
        let wanted = [(name(at), BTreeSet::from(["space-reader".to_string()]))];
        assert_eq!(model.decide(&input).roles, wanted.into(), "{text:?}");
    }
}

/// A policy's id becomes the name of a file, and nothing more than that.
#[test]
fn a_policy_is_written_beside_the_mapping_and_nowhere_else() {
    let ids = [
        "../../escaped",
        "/etc/escaped",
        "..",
        "",
        "a\\..\\..\\escaped",
        "NUL\0escaped",
        "\u{202e}x",
        "plain",
        "Plain",
    ];
    let resources: Vec<Value> = ids
        .iter()
        .map(|id| {
            json!({"address": format!("spacelift_policy.x[{id:?}]"), "mode": "managed", "type": "spacelift_policy", "name": "x",
                "values": {"id": id, "name": id, "type": "LOGIN", "body": format!("package spacelift\n# {id}\n")}})
        })
        .collect();
    let bench = Bench::new();
    let shown =
        json!({"format_version": "1.0", "values": {"root_module": {"resources": resources}}});
    bench.write("within/state.json", &shown.to_string());
    let ran = bench.ends(
        5,
        "import --terraform within/state.json --out within/a/new --format json",
    );
    let listed = |folder: &Path| -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    let within = |path: &str| listed(&bench.path(path));
    assert_eq!(listed(bench.folder()), ["within".to_string()].into());
    assert_eq!(within("within/a"), ["new".to_string()].into());
    let files = within("within/a/new");
    assert_eq!(files.len(), ids.len() + 1, "{files:?}");
    let plain = |name: &String| {
        let name = name.strip_suffix(".rego").unwrap_or(name);
        name.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
    };
    assert!(files.iter().all(plain), "{files:?}");
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["wrote"].as_array().unwrap().len(), files.len());
}

#[test]
fn a_file_that_nests_without_end_is_no_state() {
    let bench = Bench::new();
    let state = |module: String| {
        format!(r#"{{"format_version": "1.0", "values": {{"root_module": {module}}}}}"#)
    };
    let values = |open: &str, close: &str| {
        let (open, close) = (open.repeat(100_000), close.repeat(100_000));
        state(format!(
            r#"{{"resources": [{{"address": "x", "type": "spacelift_space", "values": {{"a": {open}1{close}}}}}]}}"#
        ))
    };
    let modules = |depth: usize| {
        let (open, close) = (r#"{"child_modules": ["#.repeat(depth), "]}".repeat(depth));
        state(format!("{open}{{}}{close}"))
    };
    for text in [
        values("[", "]"),
        values(r#"{"a":"#, "}"),
        modules(61),
        modules(100_000),
    ] {
        bench.write("state.json", &text);
        let ran = bench.ends(1, "import --terraform state.json --out new");
        assert!(ran.stderr.contains("cannot be read"), "{}", ran.stderr);
        assert!(!bench.path("new").exists());
    }
    bench.write("state.json", &modules(60));
    bench.fine("import --terraform state.json --stdout");
}

/// Brackets without end, and what is no Rego: each is said, and nothing is written.
#[test]
fn a_policy_that_cannot_be_read_is_no_mapping() {
    let bench = Bench::with_starter();
    let nested = format!("allow if {}1{}", "[".repeat(5_000), "]".repeat(5_000));
    for (text, said) in [
        (nested.as_str(), "its brackets nest 5000 deep"),
        ("allow if {", "expecting expression"),
        ("\u{1b}[2J\u{202e}", "invalid character"),
    ] {
        bench.write("old.rego", &format!("package spacelift\n\n{text}\n"));
        for line in ["compare old.rego", "import --rego old.rego --out new"] {
            let ran = bench.ends(1, line);
            assert!(ran.stderr.contains(said), "{line}: {}", ran.stderr);
            is_plain(&ran);
            assert!(!bench.path("new").exists(), "{line}");
        }
    }
}

/// Rules that use each other are decided by nobody, and nothing is made of them.
#[test]
fn a_policy_that_recurses_gives_nothing() {
    let bench = Bench::with_starter();
    let text = "package spacelift\n\nallow if admin\n\nadmin if allow\n";
    bench.write("old.rego", text);
    let compared = bench.ends(1, "compare old.rego").stdout;
    assert!(compared.contains("recursion detected"), "{compared}");
    let made = bench.ends(5, "import --rego old.rego --out new").stdout;
    assert!(
        made.contains("`admin`: rules use each other too deep"),
        "{made}"
    );
    says_nothing_else(&Project::load(&bench.path("new")));
}

//! A code that nothing gives is a mistake, and so is one at another level than told.

use std::fs;

use liftgate::project::Project;

use super::examples::{Block, blocks, run_examples, spliced};
use super::tables::{bare, table};
use super::*;

/// What the whole program says of files in a folder.
fn loaded(files: &[(&str, &[u8])]) -> Found {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    found_in(&Project::load(folder.path()))
}

fn found_in(project: &Project) -> Found {
    assert_eq!(project.compiled.is_none(), project.diagnostics.has_errors());
    let all = project.diagnostics.sorted();
    all.iter().map(|d| (d.code, d.severity)).collect()
}

/// A grant of which the row in the policy is longer than a line that can be evaluated.
fn too_long_a_row() -> String {
    let mut yaml = String::from("version: 1\naccount: acme\nidentity_provider: okta\nspaces:\n");
    for number in 0..2_200 {
        yaml.push_str(&format!(
            "  {}{number}: {{parent: root, labels: [a]}}\n",
            "s".repeat(500)
        ));
    }
    yaml.push_str("grants:\n  - {who: everyone, roles: space-reader, spaces: {label: a}}\n");
    yaml
}

/// Every finding that an example, a golden case or one of the files here gives.
fn witnesses() -> Found {
    let mut all = Found::new();
    for case in crate::reading::cases() {
        let (codes, _) = crate::reading::read(&case);
        // Reading knows no warnings; its own tests say so.
        all.extend(codes.into_iter().map(|code| (code, Severity::Error)));
    }
    for found in run_examples("docs/mapping.md") {
        all.extend(found);
    }

    let blocks = blocks("docs/mapping.md");
    let base = &blocks
        .iter()
        .find(|block| block.is_whole("mapping"))
        .unwrap()
        .yaml;
    let more = [
        // bad-name, duplicate-name, unused-name
        "space_sets:\n  a b: [root]\n  payments: [root]\n",
        "grants:\n  - {who: {all: [payments], none: [payments]}, roles: space-reader, spaces: payments}\n",
        "conditions:\n  nowhere: {ip: 192.0.2.1}\n",
    ];
    for part in more {
        let block = Block {
            place: part.to_owned(),
            words: vec![part.split_once(':').unwrap().0.to_owned()],
            yaml: part.to_owned(),
        };
        let base = Block {
            place: "the base".to_owned(),
            words: vec!["mapping".to_owned()],
            yaml: base.clone(),
        };
        let mut run = Run::default();
        run.mapping(&spliced(&base, &block));
        assert!(!run.found().is_empty(), "{part}");
        all.extend(run.found());
    }
    let logins: Vec<String> = (0..300).map(|number| format!("p{number}")).collect();
    let mut run = Run::default();
    run.mapping(&format!(
        "version: 1\naccount: acme\nidentity_provider: okta\ngrants: [{{who: {{login: [{}]}}, roles: space-reader, spaces: root}}]\n",
        logins.join(", ")
    ));
    all.extend(run.found());

    let (model, policy) = Run::default().mapping(base).unwrap();
    let mut run = Run::default();
    run.fixtures(
        "tests: [{name: a, input: {}, forbid: {roles: {root: [space-admin]}}}]\n",
        &model,
        &policy,
    );
    all.extend(run.found());

    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("access.yaml")).unwrap();
    all.extend(found_in(&Project::load(folder.path())));
    all.extend(loaded(&[]));
    all.extend(loaded(&[("access.yaml", too_long_a_row().as_bytes())]));
    // bad-include; guardrail-unchecked; guardrail-broken and exclusive-groups
    let guarded = "version: 1\naccount: acme\nidentity_provider: okta\ngroups: {a: A, b: B}\n\
        grants: [{who: a, roles: space-admin, spaces: root}]\nexclusive: [[a, b]]\n\
        guardrails: [{name: x, can: \"space:admin\", only: b, in: root}]\n";
    let identity =
        "identities: {one: {login: one, groups: [a]}, two: {login: two, groups: [a, b]}}\n";
    let included = format!("{guarded}include: [{{file: nobody.yaml}}]\n");
    all.extend(loaded(&[("access.yaml", included.as_bytes())]));
    all.extend(loaded(&[("access.yaml", guarded.as_bytes())]));
    all.extend(loaded(&[
        ("access.yaml", guarded.as_bytes()),
        ("fixtures.yaml", identity.as_bytes()),
    ]));
    // json-syntax
    all.extend(loaded(&[
        ("access.yaml", base.as_bytes()),
        ("directory.json", b"{"),
    ]));
    for lint in liftgate::lint::LINTS {
        all.extend(crate::lints::found(lint.code));
    }
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/acme");
    all.extend(found_in(&Project::load_within(&acme, 1 << 10)));
    all
}

#[test]
fn every_code_is_given_by_something_and_at_the_level_told() {
    let found = witnesses();
    let levels: BTreeMap<String, String> = table(reference(), "## Findings")
        .into_iter()
        .map(|row| (bare(&row[0]), row[1].clone()))
        .collect();
    let mut missing = Vec::new();
    for code in Code::ALL {
        let given: BTreeSet<&str> = found
            .iter()
            .filter(|(other, _)| other == code)
            .map(|(_, severity)| match severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            })
            .collect();
        if given.is_empty() {
            missing.push(code.name());
        } else {
            let told = BTreeSet::from([levels[code.name()].as_str()]);
            assert_eq!(given, told, "{}", code.name());
        }
    }
    assert!(missing.is_empty(), "nothing gives {missing:?}");
}

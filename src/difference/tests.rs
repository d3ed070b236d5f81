use super::*;
use crate::project::Project;

const MAPPING: &str = r#"version: 1
account: acme
identity_provider: okta
spaces:
  app: {parent: root}
  app-prod: {parent: app, labels: ["env:prod"]}
  tools: {parent: root}
groups: {dev: Developers, ops: Operators}
conditions:
  office: {ip: ["203.0.113.0/24"]}
login:
  admin: [ops]
grants:
  - {who: dev, roles: [space-reader], spaces: [tools]}
  - {who: ops, roles: [space-writer], spaces: [tools], reason: they run it}
"#;

fn loaded(text: &str) -> (tempfile::TempDir, Project) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("access.yaml"), text).unwrap();
    let project = Project::load(folder.path());
    let mut said = String::new();
    crate::report::diagnostics::human(
        &mut said,
        &project.sources,
        &project.diagnostics,
        Default::default(),
    )
    .unwrap();
    assert!(project.compiled.is_some(), "{said}");
    (folder, project)
}

/// What becomes of the mapping where a text in it is replaced.
fn edited(old: &str, new: &str) -> Difference {
    assert_eq!(MAPPING.matches(old).count(), 1, "{old}");
    let (_kept, was) = loaded(MAPPING);
    let (_kept, is) = loaded(&MAPPING.replace(old, new));
    let labels = BTreeSet::from([LABEL.to_string()]);
    difference(version(&was), version(&is), &labels)
}

fn version(project: &Project) -> Version<'_> {
    let compiled = project.compiled.as_ref().unwrap();
    Version {
        policy: &compiled.policy,
        mapping: Some((&compiled.model, &project.sources)),
    }
}

/// Of grants: what became of each, and whether anybody feels it.
fn grants(difference: &Difference) -> Vec<(Change, bool)> {
    difference
        .grants
        .iter()
        .map(|one| (one.change, one.no_effect))
        .collect()
}

#[test]
fn what_means_nothing_says_so() {
    for (old, new) in [
        ("groups: {dev", "# why\ngroups: {dev"),
        ("they run it", "they still run it"),
        ("login:\n  admin: [ops]\n", "login: {admin: [ops]}\n"),
    ] {
        let found = edited(old, new);
        assert!(found.same, "{new}");
        assert!(
            grants(&found)
                .iter()
                .all(|one| *one == (Change::Reworded, true)),
            "{found:?}"
        );
        assert!(!found.grants.is_empty());
        assert_eq!((found.rules, found.groups), (vec![], vec![]));
    }
    // The last line of a file moves nothing.
    let found = edited(
        "reason: they run it}\n",
        "reason: they run it}\n# The end.\n",
    );
    assert_eq!((found.same, found.grants), (true, vec![]));
}

#[test]
fn another_name_for_a_group_is_another_word_for_it() {
    let (_kept, was) = loaded(MAPPING);
    let (_kept, is) = loaded(&MAPPING.replace("dev", "builders"));
    let policy = |project: &Project| project.compiled.as_ref().unwrap().policy.clone();
    let (was, is) = (policy(&was), policy(&is));
    let version = |policy| Version {
        policy,
        mapping: None,
    };
    let found = difference(version(&was), version(&is), &BTreeSet::new());
    assert!(found.same);
    assert_eq!(grants(&found), [(Change::Reworded, true)]);
    assert_eq!(found.groups, vec![]);
}

#[test]
fn a_grant_is_added_widened_narrowed_changed_or_removed() {
    let dev = "  - {who: dev, roles: [space-reader], spaces: [tools]}\n";
    let line = |text: &str| format!("  - {{who: dev, {text}}}\n");
    for (new, wanted) in [
        (
            line("roles: [space-reader], spaces: [tools, app]"),
            Change::Widened,
        ),
        (
            line("roles: [space-reader], spaces: [tools], when: {all: [office]}"),
            Change::Narrowed,
        ),
        (
            line("roles: [space-reader], spaces: [tools], ends: \"2030-01-01\""),
            Change::Narrowed,
        ),
        (
            line("roles: [space-reader, space-writer], spaces: [app]")
                + &line("roles: [space-writer], spaces: [tools]"),
            Change::Removed,
        ),
    ] {
        let found = edited(dev, &new);
        assert!(!found.same);
        assert!(
            grants(&found).contains(&(wanted, false)),
            "{new}: {found:?}"
        );
    }
    // Given by another too, so that nobody feels its loss.
    let twice = "  - {who: {any: [dev, ops]}, roles: [space-reader], spaces: [tools]}\n";
    let found = edited(dev, twice);
    assert!(
        grants(&found).contains(&(Change::Widened, false)),
        "{found:?}"
    );
    let found = edited(
        dev,
        &format!("{dev}  - {{who: {{all: [dev, ops]}}, roles: [space-reader], spaces: [tools]}}\n"),
    );
    assert!(
        found
            .grants
            .iter()
            .any(|one| (one.change, one.no_effect) == (Change::Added, true)),
        "{found:?}"
    );
    assert_eq!(found.groups, vec![]);
}

#[test]
fn administration_and_production_come_first() {
    let dev = "  - {who: dev, roles: [space-reader], spaces: [tools]}\n";
    let more = format!(
        "  - {{who: dev, roles: [space-writer], spaces: [tools]}}\n{dev}  - {{who: dev, roles: [space-reader], spaces: [app]}}\n  - {{who: dev, roles: [space-admin], spaces: [tools]}}\n"
    );
    let found = edited(dev, &more);
    let marks: Vec<(bool, bool)> = found
        .grants
        .iter()
        .filter(|one| one.change == Change::Added)
        .map(|one| (one.admin, one.labelled))
        .collect();
    // A role on `app` is a role on all below it.
    assert_eq!(marks, [(true, false), (false, true), (false, false)]);
    let [group] = found.groups.as_slice() else {
        panic!("{:?}", found.groups)
    };
    assert_eq!(
        (group.group.as_str(), group.gains.len(), group.losses.len()),
        ("dev", 3, 0)
    );

    let found = edited("admin: [ops]", "admin: [dev]");
    let rules: Vec<(bool, bool, &str)> = found
        .rules
        .iter()
        .map(|rule| (rule.admin, rule.takes, rule.what.as_str()))
        .collect();
    assert_eq!(
        rules,
        [
            (true, true, "no longer an account admin: `group ops`"),
            (true, false, "newly an account admin: `group dev`")
        ]
    );
}

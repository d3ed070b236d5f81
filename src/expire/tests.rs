use super::*;
use crate::project::Project;

fn project(mapping: &str) -> (tempfile::TempDir, Project) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("access.yaml"), mapping).unwrap();
    let project = Project::load(folder.path());
    assert!(project.compiled.is_some(), "{:?}", project.diagnostics);
    (folder, project)
}

const MAPPING: &str = "version: 1\naccount: acme\nidentity_provider: okta\nspaces: {a: {parent: root}}\n\
    groups: {g: {sent_as: G, formerly: [{sent_as: old, ends: \"2026-01-31\"}]}}\n\
    grants:\n  - {who: g, roles: space-reader, spaces: a}\n  - {who: g, roles: space-writer, spaces: a, ends: \"2026-02-28\"}\n";

fn at(text: &str) -> i64 {
    instant(text, Edge::Starts).unwrap()
}

#[test]
fn the_last_moment_is_not_over() {
    let (_folder, project) = project(MAPPING);
    let count = |moment: i64| over(&project, moment).0.len();
    assert_eq!(count(at("2026-02-01T00:00Z") - 1), 0);
    assert_eq!(count(at("2026-02-01T00:00Z")), 1);
    assert_eq!(count(at("2026-03-01T00:00Z") - 1), 1);
    let (over, edits) = over(&project, at("2026-03-01"));
    let what: Vec<&str> = over.iter().map(|over| over.what).collect();
    assert_eq!(what, ["former value", "grant"]);
    assert!(!edits.is_empty());
}

#[test]
fn what_is_over_decides_nothing_and_what_is_not_does() {
    let (_folder, project) = project(MAPPING);
    let compiled = project.compiled.as_ref().unwrap();
    let moment = at("2026-03-01T00:00Z");
    let (compared, changed) = same_decisions(compiled, &wanted(&compiled.model, moment), moment);
    assert!(compared >= 3, "{compared}");
    assert_eq!(changed, None);
    // A second before, the grant is in force, and its loss is seen.
    let (_, changed) = same_decisions(compiled, &wanted(&compiled.model, moment), moment - 1);
    assert_eq!(
        changed,
        Some(Changed {
            login: "somebody".into(),
            at: moment - 1
        })
    );
    // And so is that of a former value.
    let moment = at("2026-02-01T00:00Z");
    let mut without = compiled.model.clone();
    without
        .groups
        .values_mut()
        .for_each(|group| group.values.retain(|_, ends| ends.is_none()));
    let (_, changed) = same_decisions(compiled, &without, moment - 1);
    assert!(changed.is_some());
}

fn session(id: &str, email: &str, began: &str) -> crate::spacelift::Session {
    crate::spacelift::Session {
        id: id.into(),
        admin: false,
        current: false,
        email: Some(email.into()),
        created_at: at(began) / 1_000_000_000,
        expires_at: None,
    }
}

#[test]
fn a_session_that_began_before_the_end_may_still_hold_it() {
    use std::collections::BTreeMap;

    use super::sessions::held;
    use crate::directory::{Directory, Person};

    let (_folder, mut project) = project(MAPPING);
    let compiled = project.compiled.as_mut().unwrap();
    let person = |login: &str, groups: Option<&[&str]>| Person {
        login: login.into(),
        name: None,
        active: true,
        groups: groups.map(|all| all.iter().map(|one| (*one).to_string()).collect()),
        attributes: BTreeMap::from([("email".to_string(), vec![format!("mail.{login}")])]),
        span: Span::default(),
    };
    let people = [
        person("old@x", Some(&["old"])),
        person("new@x", Some(&["G"])),
        person("none@x", Some(&["other"])),
        person("unknown@x", None),
    ];
    compiled.directory = Some(Directory {
        people: people.map(|one| (one.login.clone(), one)).into(),
        ..Directory::default()
    });
    let sessions = [
        // Before the former value and the grant were over.
        session("1", "mail.old@x", "2026-01-15T00:00Z"),
        session("2", "NEW@x", "2026-01-15T00:00Z"),
        // After the former value was over, and before the grant was.
        session("3", "old@x", "2026-02-15T00:00Z"),
        session("4", "new@x", "2026-02-15T00:00Z"),
        // After both.
        session("5", "new@x", "2026-03-15T00:00Z"),
        session("6", "none@x", "2026-01-15T00:00Z"),
        session("7", "unknown@x", "2026-01-15T00:00Z"),
        session("8", "stranger@x", "2026-01-15T00:00Z"),
        session("9", "stranger@x", "2026-03-15T00:00Z"),
    ];
    let found = held(compiled, &sessions, &[], at("2026-04-01T00:00Z"));
    let role = |role: &str| ("a".to_string(), role.to_string());
    let told: Vec<_> = found
        .holding
        .iter()
        .map(|one| {
            let ids: Vec<&str> = one.sessions.iter().map(|one| one.id.as_str()).collect();
            (one.login.as_str(), ids, one.roles.clone())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("new@x", vec!["2", "4"], [role("space-writer")].into()),
            (
                "old@x",
                vec!["1"],
                [role("space-reader"), role("space-writer")].into()
            ),
        ]
    );
    assert_eq!(found.unknown, 2);
    // At a time at which nothing was over yet, nobody holds anything that is.
    let found = held(compiled, &sessions, &[], at("2026-01-20T00:00Z"));
    assert_eq!(found, Default::default());
}

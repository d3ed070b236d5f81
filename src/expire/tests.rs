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

//! What a case of each lint does not show: where it begins to speak, and where it must not.

use std::collections::BTreeSet;

use crate::diagnostic::Code;
use crate::project::Project;

const NOW: i64 = 1_796_083_200_000_000_000;

/// The lints that speak of a mapping.
fn lints(yaml: &str) -> BTreeSet<&'static str> {
    at(yaml, Some(NOW))
}

const HEAD: &str =
    "version: 1\naccount: acme\nlints: {no-break-glass: allow, unused-name: allow}\n";

fn at(yaml: &str, now: Option<i64>) -> BTreeSet<&'static str> {
    let project = linted(&format!("{HEAD}{yaml}"), now);
    let all = project.diagnostics.sorted();
    all.iter().map(|found| found.code.name()).collect()
}

fn linted(text: &str, now: Option<i64>) -> Project {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("access.yaml"), text).unwrap();
    let mut project = Project::load(folder.path());
    assert!(project.compiled.is_some(), "{:?}", project.diagnostics);
    project.lint(now);
    project
}

#[test]
fn values_are_of_the_kind_that_the_provider_sends() {
    let value = |provider: &str, value: &str| {
        let found = lints(&format!(
            "identity_provider: {provider}\ngroups: {{g: {value}}}\n"
        ));
        found.contains("group-value")
    };
    let id = "55aa7e19-c86d-4023-97f1-de4b60a3c825";
    for (provider, right, wrong) in [
        ("entra", id, "Platform"),
        ("okta", "Platform", id),
        ("okta", "Platform", "00g1emaKYZTWRYYRRTSK"),
        ("google", "platform", "platform@acme.example"),
        ("github", "Platform Team", "acme/platform"),
        ("gitlab", "acme/platform", "/acme/platform"),
        ("gitlab", "acme/platform", "Acme Platform"),
        ("onelogin", "Platform", id),
    ] {
        assert!(!value(provider, right), "{provider} {right}");
        assert!(value(provider, wrong), "{provider} {wrong}");
    }
    for provider in ["saml", "oidc"] {
        assert!(
            !value(provider, id) && !value(provider, "Platform"),
            "{provider}"
        );
    }
}

#[test]
fn what_ends_is_spoken_of_in_time() {
    let grant = |ends: &str, now: i64| {
        let yaml = format!(
            "identity_provider: okta\ngroups: {{g: G}}\ngrants: [{{who: g, roles: space-reader, spaces: root, ends: \"{ends}\"}}]\n"
        );
        at(&yaml, Some(now))
    };
    let day = 86_400_000_000_000;
    // The last day is 1 December: it is over when the second begins.
    let soon = BTreeSet::from(["expiring-soon"]);
    let over = BTreeSet::from(["expired"]);
    assert_eq!(grant("2026-12-01", NOW), soon);
    assert_eq!(grant("2026-12-01", NOW + day - 1), soon);
    assert_eq!(grant("2026-12-01", NOW + day), over);
    assert_eq!(grant("2026-12-14", NOW), soon);
    assert_eq!(grant("2026-12-15", NOW), BTreeSet::new());
    let yaml = "identity_provider: okta\ngroups: {g: {sent_as: G, formerly: [{sent_as: H, ends: \"2026-11-01\"}]}}\n\
        api_keys: {k: {id: 01HZX0000000000000000000AB, rotate_by: \"2026-11-01\"}}\n\
        grants: [{who: g, roles: space-reader, spaces: root, ends: \"2026-11-01\"}]\n\
        defaults: {review_every: 30d}\n";
    assert_eq!(
        at(yaml, Some(NOW)),
        BTreeSet::from(["expired", "review-overdue"])
    );
    assert_eq!(
        at(yaml, None),
        BTreeSet::new(),
        "without a day nothing depends on one"
    );
}

#[test]
fn a_grant_is_covered_only_by_what_gives_all_of_it() {
    // Whether the first of two grants is covered by the second.
    let covered = |narrow: &str, wide: &str| {
        let head = format!(
            "{HEAD}identity_provider: okta\nspaces: {{a: {{parent: root, labels: [l]}}, b: {{parent: a}}}}\n\
             groups: {{g: G, h: H}}\nconditions: {{o: {{ip: 192.0.2.1}}}}\nlogin: {{deny_admin: [{{unless: o}}]}}\n\
             grants:\n  - {{{narrow}}}\n"
        );
        let project = linted(&format!("{head}  - {{{wide}}}\n"), Some(NOW));
        project.diagnostics.sorted().into_iter().any(|found| {
            let start = found.primary.as_ref().unwrap().span.start as usize;
            found.code == Code::CoveredGrant && start < head.len()
        })
    };
    let narrow = "who: g, roles: space-reader, spaces: b";
    for wide in [
        "who: g, roles: [space-reader, space-writer], spaces: b",
        "who: g, roles: space-reader, spaces: a",
        "who: g, roles: space-reader, spaces: root",
        "who: g, roles: space-reader, spaces: \"*\"",
        "who: [g, h], roles: space-reader, spaces: b",
        "who: everyone, roles: space-reader, spaces: b",
    ] {
        assert!(covered(narrow, wide), "{wide}");
    }
    for wide in [
        "who: g, roles: space-writer, spaces: b",
        "who: h, roles: space-reader, spaces: b",
        "who: {all: [g, h]}, roles: space-reader, spaces: b",
        "who: {group: g, none: [h]}, roles: space-reader, spaces: b",
        "who: g, roles: space-reader, spaces: b, when: o",
        "who: g, roles: space-reader, spaces: b, ends: \"2029-01-01\"",
        "who: g, roles: space-reader, spaces: legacy",
        "who: {machine: true}, roles: space-reader, spaces: b",
    ] {
        assert!(!covered(narrow, wide), "{wide}");
    }
    // Away from the office it is taken off root, and not off here.
    assert!(!covered(
        "who: g, roles: space-admin, spaces: b",
        "who: g, roles: space-admin, spaces: root"
    ));
    assert!(covered(
        "who: g, roles: space-admin, spaces: b",
        "who: g, roles: space-admin, spaces: a"
    ));
    // Labels at login could be on any space but two.
    let labels = "who: g, roles: space-reader, spaces: {label: l, at_login: true}";
    assert!(covered(
        labels,
        "who: g, roles: space-reader, spaces: \"*\""
    ));
    assert!(!covered(
        "who: g, roles: space-reader, spaces: \"*\"",
        labels
    ));
}

#[test]
fn a_grant_to_those_who_are_refused_or_cannot_exist_is_without_effect() {
    let without = |who: &str, rest: &str| {
        let yaml = format!(
            "identity_provider: okta\ngroups: {{g: G, h: H}}\nconditions: {{o: {{ip: 192.0.2.1}}}}\n{rest}\n\
             grants: [{{who: {who}, roles: space-reader, spaces: root}}]\n"
        );
        lints(&yaml).contains("grant-without-effect")
    };
    assert!(without("g", "login: {deny: [g]}"));
    assert!(without("{all: [g, h]}", "login: {deny: [g]}"));
    assert!(without("{all: [g, h]}", "exclusive: [[g, h]]"));
    assert!(without(
        "{login: A@x}",
        "login: {deny: [{who: {login: a@x}}]}"
    ));
    assert!(!without("g", "login: {deny: [{who: g, unless: o}]}"));
    assert!(!without("[g, h]", "login: {deny: [g]}"));
    assert!(!without("g", "login: {deny: [{who: {all: [g, h]}}]}"));
    assert!(!without("[g, h]", "exclusive: [[g, h]]"));
    assert!(!without(
        "g",
        "login: {deny: [{who: {group: g, none: [h]}}]}"
    ));
}

#[test]
fn people_by_name_are_no_individuals_where_a_machine_is_meant_or_there_is_an_end() {
    let individual = |who: &str, more: &str| {
        let yaml = format!(
            "identity_provider: okta\ngroups: {{g: G}}\ngrants: [{{who: {who}, roles: space-reader, spaces: root{more}}}]\n"
        );
        lints(&yaml).contains("individual-grant")
    };
    assert!(individual("{login: a@x}", ""));
    assert!(individual("[g, {login: a@x}]", ""));
    assert!(!individual("{login: a@x}", ", ends: \"2029-01-01\""));
    assert!(!individual("{login: \"api::1\", machine: true}", ""));
    assert!(!individual("{login: bot, machine: true}", ""));
    assert!(!individual("{login: \"*@x\"}", ""));
    assert!(!individual("{group: g, none: [{login: a@x}]}", ""));
}

#[test]
fn what_is_reviewed_is_quiet_until_it_is_due() {
    let overdue = |defaults: &str, grant: &str| {
        let yaml = format!(
            "identity_provider: okta\ngroups: {{g: G}}\ndefaults: {{{defaults}}}\n\
             grants: [{{who: g, roles: space-reader, spaces: root{grant}}}]\n"
        );
        lints(&yaml).contains("review-overdue")
    };
    assert!(overdue("review_every: 30d", ""));
    assert!(overdue("review_every: 30d", ", reviewed: \"2026-10-31\""));
    assert!(!overdue("review_every: 30d", ", reviewed: \"2026-11-01\""));
    assert!(!overdue("review_every: 30d, reviewed: \"2026-11-01\"", ""));
    assert!(!overdue(
        "review_every: 30d, reviewed: \"2026-01-01\"",
        ", reviewed: \"2026-11-15\""
    ));
    assert!(!overdue("review_every: 30d", ", starts: \"2026-11-15\""));
    assert!(
        overdue("review_every: 30d", ", starts: \"2027-11-15\""),
        "that day is not there yet"
    );
    assert!(!overdue("require: []", ""));
}

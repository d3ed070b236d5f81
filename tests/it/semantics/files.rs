//! Rows 32, 69 and 70, and what an `include` allows: mappings of several files, read from a folder.

use std::fs;
use std::path::Path;

use liftgate::diagnostic::{Code, Severity};
use liftgate::evaluate::Evaluator;
use liftgate::project::{Compiled, Project};
use serde_json::json;

use super::{mapping, told};

/// A mapping of a fragment, with other files beside it.
pub(super) fn load(fragment: &str, files: &[(&str, &str)]) -> (tempfile::TempDir, Project) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("access.yaml"), mapping(fragment)).unwrap();
    write(folder.path(), files);
    let project = Project::load(folder.path());
    (folder, project)
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn sound(fragment: &str, files: &[(&str, &str)]) -> Compiled {
    let (_folder, project) = load(fragment, files);
    assert!(
        !project.diagnostics.has_errors(),
        "{:#?}",
        project.diagnostics.sorted()
    );
    project.compiled.unwrap()
}

/// Errors as `file:line code`, by the file's name.
fn errors(fragment: &str, files: &[(&str, &str)]) -> Vec<String> {
    let (folder, project) = load(fragment, files);
    assert!(project.compiled.is_none());
    places(folder.path(), &project)
}

fn places(folder: &Path, project: &Project) -> Vec<String> {
    project
        .diagnostics
        .sorted()
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .map(|found| {
            let place = project.sources.place(found.primary.as_ref().unwrap().span);
            let path = place.path.strip_prefix(folder.to_str().unwrap()).unwrap();
            format!("{}:{} {}", &path[1..], place.line, found.code.name())
        })
        .collect()
}

/// The line of the mapping on which the fragment begins.
fn first_line(fragment: &str) -> usize {
    mapping(fragment).lines().count() - fragment.lines().count()
}

const TEAM: &str = "teams/payments.yaml";

#[test]
fn an_included_file_holds_groups_people_grants_identities_and_tests() {
    let team = r#"
groups: {on_call: On Call}
people: {seniors: {all: [senior, payments]}}
grants:
  - {who: on_call, roles: space-reader, spaces: payments-dev}
  - {who: seniors, roles: deployer, spaces: payments-dev, owner: somebody}
identities: {kim: {login: kim@acme.example, groups: [on_call]}}
tests:
  - {name: on call, as: kim, expect: {login: allow, roles: {payments-dev: [space-reader]}}}
  - {name: outside, as: ann, expect: {login: allow, roles: {old: [space-reader]}}}
"#;
    let main = "include: [{file: \"teams/*.yaml\", owner: \"@payments\"}]\n\
                grants: [{who: [on_call, platform], roles: space-reader, spaces: old}]";
    let fixtures = "identities: {ann: {login: ann@acme.example, groups: [platform]}}\n";
    let (_folder, project) = load(main, &[(TEAM, team), ("fixtures.yaml", fixtures)]);
    let found = project.diagnostics.sorted();
    assert!(!project.diagnostics.has_errors(), "{found:#?}");
    let compiled = project.compiled.unwrap();
    let mut evaluator = Evaluator::new(&compiled.text).unwrap();
    let session =
        |teams: &[&str]| json!({"session": {"login": "x", "member": true, "teams": teams}});
    let decision = evaluator.decide(&session(&["On Call"])).unwrap();
    assert_eq!(
        told(&decision),
        "allow old=space-reader payments-dev=space-reader"
    );
    let decision = evaluator.decide(&session(&["Senior", "Payments"])).unwrap();
    assert_eq!(told(&decision), "allow payments-dev=deployer");
    // The tests of the team's file speak of the whole mapping, and of everybody's identities.
    let names: Vec<&str> = compiled
        .fixtures
        .cases
        .iter()
        .map(|case| case.name.as_str())
        .collect();
    assert_eq!(names, ["on call", "outside"]);
    // Who answers for a grant: whom it says, else whom the entry says.
    let mut owners: Vec<(Option<&str>, &str)> = compiled
        .model
        .grants
        .values()
        .map(|grant| (grant.owner.as_deref(), grant.origin.word()))
        .collect();
    owners.sort_unstable();
    assert_eq!(
        owners,
        [
            (None, "grant"),
            (Some("@payments"), "include"),
            (Some("somebody"), "include")
        ]
    );
}

#[test]
fn row_32_and_70_everything_else_in_an_included_file_is_an_error_at_its_line() {
    let team = "version: 1\naccount: acme\nidentity_provider: okta\nlogin: {no_grants: admit}\nspaces: {x: {parent: root}}\n\
                roles: {x: {external: true}}\nelevations: []\nbreak_glass: []\nnaming: []\nconditions: {}\n\
                include: [{file: other.yaml}]\nguards: {}\nsurprise: 1\n";
    let found = errors("include: [{file: teams/payments.yaml}]", &[(TEAM, team)]);
    let expected: Vec<String> = (1..=13)
        .map(|line| format!("{TEAM}:{line} unknown-field"))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn row_69_what_names_no_file_or_the_wrong_one_is_an_error_at_the_include() {
    let team = [
        (TEAM, "grants: []\n"),
        ("a.yaml", "grants: []\n"),
        ("b.txt", "x"),
    ];
    for file in [
        "teams/nobody.yaml",
        "teams/*.yml",
        "*/*/*.yaml",
        "teams",
        "b.txt",
        "../access.yaml",
        "teams/../a.yaml",
        "/etc/passwd.yaml",
        "access.yaml",
        "./access.yaml",
        "*.yaml",
        "a.yaml/b.yaml",
        "**/payments.yaml",
        "",
    ] {
        let fragment = format!("include:\n  - {{file: a.yaml}}\n  - {{file: \"{file}\"}}");
        let line = first_line(&fragment) + 3;
        let found = errors(&fragment, &team);
        assert_eq!(found, [format!("access.yaml:{line} bad-include")], "{file}");
    }
    let twice = "include:\n  - {file: \"teams/*.yaml\"}\n  - {file: teams/payments.yaml}";
    let line = first_line(twice) + 3;
    assert_eq!(
        errors(twice, &team),
        [format!("access.yaml:{line} bad-include")]
    );
}

#[test]
#[cfg(unix)]
fn row_69_a_link_leads_nowhere_else() {
    use std::os::unix::fs::symlink;
    let elsewhere = tempfile::tempdir().unwrap();
    write(elsewhere.path(), &[("evil.yaml", "grants: []\n")]);
    let link = |name: &str, target: &Path, fragment: &str| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("access.yaml"), mapping(fragment)).unwrap();
        write(folder.path(), &[("teams/a.yaml", "grants: []\n")]);
        symlink(target, folder.path().join(name)).unwrap();
        let project = Project::load(folder.path());
        places(folder.path(), &project)
    };
    let evil = elsewhere.path().join("evil.yaml");
    let one = |found: Vec<String>| {
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with(" bad-include"), "{found:?}");
    };
    one(link(
        "teams/b.yaml",
        &evil,
        "include: [{file: \"teams/*.yaml\"}]",
    ));
    one(link(
        "more",
        elsewhere.path(),
        "include: [{file: \"*/evil.yaml\"}]",
    ));
    one(link(
        "more",
        elsewhere.path(),
        "include: [{file: more/evil.yaml}]",
    ));
    // A link to nothing, to the mapping, and to a file that is included.
    one(link(
        "teams/b.yaml",
        Path::new("nowhere"),
        "include: [{file: teams/b.yaml}]",
    ));
    one(link(
        "b.yaml",
        Path::new("access.yaml"),
        "include: [{file: b.yaml}]",
    ));
    one(link(
        "teams/b.yaml",
        Path::new("a.yaml"),
        "include: [{file: \"teams/*.yaml\"}]",
    ));
    // One that stays in the folder is a file like any other.
    let fine = link(
        "b.yaml",
        Path::new("teams/a.yaml"),
        "include: [{file: b.yaml}]",
    );
    assert_eq!(fine, Vec::<String>::new());
}

#[test]
fn names_are_one_set_across_files() {
    let main = "include: [{file: \"teams/*.yaml\"}]\npeople: {leads: senior}";
    let team = "groups:\n  payments: Other\n  same: Senior\npeople:\n  leads: payments\nidentities:\n  ann: {login: a}\n";
    let other = "groups:\n  payments: Third\nidentities:\n  ann: {login: b}\n";
    let (folder, project) = load(main, &[("teams/a.yaml", team), ("teams/b.yaml", other)]);
    assert_eq!(
        places(folder.path(), &project),
        [
            "teams/a.yaml:2 duplicate-name",
            "teams/a.yaml:3 duplicate-value",
            "teams/a.yaml:5 duplicate-name",
            "teams/b.yaml:2 duplicate-name",
        ]
    );
    for found in project.diagnostics.sorted() {
        if found.severity == Severity::Error {
            assert_eq!(found.related.len(), 1, "{found:?}");
        }
    }
    // Fixtures are looked at where the mapping is right.
    let team = "identities:\n  ann: {login: a}\n";
    let found = errors(
        "include: [{file: \"teams/*.yaml\"}]",
        &[("teams/a.yaml", team), ("teams/b.yaml", team)],
    );
    assert_eq!(found, ["teams/b.yaml:2 duplicate-name"]);
}

const GRANTS: &str = "grants:
  - {who: payments, roles: space-reader, spaces: payments-dev}
  - {who: payments, roles: [space-reader, space-admin], spaces: payments-dev}
  - {who: payments, roles: owner, spaces: payments-dev}
  - {who: payments, roles: auditor, spaces: payments-dev}
  - {who: payments, roles: space-reader, spaces: payments}
  - {who: payments, roles: space-reader, spaces: payments-prod-eu}
  - {who: payments, roles: space-reader, spaces: [payments-dev, platform-space]}
  - {who: payments, roles: space-reader, spaces: \"*\"}
  - {who: payments, roles: space-reader, spaces: root}
  - {who: payments, roles: space-reader, spaces: {label: \"env:dev\"}}
  - {who: payments, roles: space-reader, spaces: {under: payments, except: [payments-prod]}}
  - {who: payments, roles: space-reader, spaces: {label: \"env:dev\", at_login: true}}
";

#[test]
fn a_grant_outside_of_the_bounds_is_an_error_at_its_own_line() {
    let at = |lines: &[usize]| -> Vec<String> {
        let of = |line: &usize| format!("{TEAM}:{line} outside-bounds");
        lines.iter().map(of).collect()
    };
    let bounded = |bounds: &str| {
        errors(
            &format!("include: [{{file: {TEAM}, {bounds}}}]"),
            &[(TEAM, GRANTS)],
        )
    };
    assert_eq!(
        bounded("spaces: {under: payments, except: [payments-prod]}"),
        at(&[6, 7, 8, 9, 10, 11, 13])
    );
    assert_eq!(bounded("spaces: payments"), at(&[8, 9, 10, 11, 13]));
    assert_eq!(bounded("spaces: root"), at(&[9, 11, 13]));
    assert_eq!(
        bounded("spaces: [payments-dev, old]"),
        at(&[6, 7, 8, 9, 10, 13])
    );
    assert_eq!(
        bounded("spaces: {label: \"env:dev\"}"),
        at(&[6, 7, 8, 9, 10, 13])
    );
    // Every declared space but root and legacy.
    assert_eq!(bounded("owner: x"), at(&[9, 10, 13]));
    let all = "spaces: [root, legacy]";
    assert_eq!(
        bounded(&format!("{all}, never_can: [space:admin]")),
        at(&[3, 4, 5, 9, 13])
    );
    // What is not known of a role, it may do.
    assert_eq!(
        bounded(&format!("{all}, never_can: run:confirm")),
        at(&[3, 5, 9, 13])
    );
}

#[test]
fn how_long_a_grant_lasts_is_counted_from_its_start() {
    let grant = |dates: &str| {
        format!("grants: [{{who: payments, roles: space-reader, spaces: payments-dev{dates}}}]\n")
    };
    let main = "include: [{file: teams/payments.yaml, must_end_within: 30d}]";
    for dates in [
        ", starts: \"2026-12-01\", ends: \"2026-12-30\"",
        ", starts: \"1999-12-01\", ends: \"1999-12-02\"",
        ", starts: \"2026-12-01T10:00Z\", ends: \"2026-12-31T10:00Z\"",
    ] {
        sound(main, &[(TEAM, &grant(dates))]);
    }
    for dates in [
        "",
        ", starts: \"2026-12-01\"",
        ", ends: \"2026-12-01\"",
        ", starts: \"2026-12-01\", ends: \"2026-12-31\"",
        ", starts: \"2026-12-01T10:00Z\", ends: \"2026-12-31T10:00:00.000000001Z\"",
    ] {
        let found = errors(main, &[(TEAM, &grant(dates))]);
        assert_eq!(found, [format!("{TEAM}:1 outside-bounds")], "{dates}");
    }
}

#[test]
fn a_bound_that_cannot_be_read_is_an_error() {
    for (bounds, code) in [
        ("spaces: \"*\"", Code::BadValue),
        ("spaces: {label: \"env:nowhere\"}", Code::EmptyTarget),
        ("spaces: paymnets", Code::UnknownName),
        (
            "spaces: {label: \"env:dev\", at_login: true}",
            Code::BadValue,
        ),
        ("never_can: [space:admn]", Code::BadValue),
        ("never_can: []", Code::EmptyValue),
        ("must_end_within: 90", Code::UnquotedValue),
        ("must_end_within: \"90\"", Code::BadTime),
        ("must_end_within: soon", Code::BadTime),
        ("bounds: none", Code::UnknownField),
    ] {
        let fragment = format!("include: [{{file: {TEAM}, {bounds}}}]");
        let line = first_line(&fragment) + 1;
        let found = errors(&fragment, &[(TEAM, "grants: []\n")]);
        assert_eq!(
            found,
            [format!("access.yaml:{line} {}", code.name())],
            "{bounds}"
        );
    }
    let line = first_line("include: [{owner: x}]") + 1;
    assert_eq!(
        errors("include: [{owner: x}]", &[]),
        [format!("access.yaml:{line} missing-field")]
    );
}

#[test]
fn a_reader_of_one_file_says_what_is_wrong_in_the_others_too() {
    let fragment = "include: [{file: \"teams/*.yaml\"}]\ngrants: [{who: payments, roles: nobody, spaces: old}]";
    let line = first_line(fragment) + 2;
    let found = errors(
        fragment,
        &[
            ("teams/a.yaml", "grants: [\n"),
            (
                "teams/b.yaml",
                "grants: [{who: unknown, roles: nobody, spaces: old}]\n",
            ),
        ],
    );
    // Whoever `unknown` is may be declared in what could not be read.
    assert_eq!(
        found,
        [
            format!("access.yaml:{line} unknown-name"),
            "teams/a.yaml:1 yaml-syntax".to_owned(),
            "teams/b.yaml:1 unknown-name".to_owned(),
        ]
    );
}

#[test]
fn what_every_grant_must_say_is_asked_of_included_ones_too() {
    let main =
        |owner: &str| format!("defaults: {{require: [owner]}}\ninclude: [{{file: {TEAM}{owner}}}]");
    let team = "grants: [{who: payments, roles: space-reader, spaces: old}]\n";
    sound(&main(", owner: us"), &[(TEAM, team)]);
    for owner in ["", ", owner: \" \""] {
        let found = errors(&main(owner), &[(TEAM, team)]);
        assert_eq!(found, [format!("{TEAM}:1 missing-field")]);
    }
}

#[test]
fn a_convention_gives_nothing_to_whom_a_team_adds_to_a_group() {
    let main = "include: [{file: teams/payments.yaml}]\n\
                naming:\n  - {group: \"SL-{space}-{suffix}\", suffix: {rw: space-writer}, spaces: payments-prod}";
    let line = first_line(main) + 3;
    let team = "groups: {ours: {sent_as: [SL-payments-prod-rw, Our Friends]}}\n";
    assert_eq!(
        errors(main, &[(TEAM, team)]),
        [format!("access.yaml:{line} outside-bounds")]
    );
    sound(main, &[(TEAM, "groups: {ours: SL-payments-prod-rw}\n")]);
}

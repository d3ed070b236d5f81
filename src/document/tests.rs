use super::*;
use crate::diagnostic::{FileFindings, Severity};

fn mapping(text: &str) -> (Document, Vec<String>) {
    let mut sources = Sources::default();
    let file = sources.add("access.yaml", text);
    let mut diagnostics = Diagnostics::default();
    let document = read_mapping(&sources, file, &mut diagnostics);
    let found = diagnostics
        .sorted()
        .iter()
        .map(|d| {
            assert_eq!(d.severity, Severity::Error);
            let at = sources.place(d.primary.as_ref().unwrap().span);
            format!("{}:{} {}", at.line, at.column, d.code.name())
        })
        .collect();
    (document, found)
}

#[test]
fn a_small_mapping_is_read() {
    let (document, found) = mapping(
        "version: 1\naccount: acme\nspaces:\n  payments: {parent: root, labels: [team:payments]}\ngroups:\n  payments: \
         {sent_as: 1b9e-00}\n  senior: 55aa0000-0000\nlogin:\n  admin: [payments]\n  deny:\n    - {who: payments, unless: {all: \
         [office]}}\ngrants:\n  - {who: {any: [payments], none: [senior]}, roles: space-reader, spaces: \"*\"}\n",
    );
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(document.version.unwrap().value, 1);
    assert_eq!(document.spaces[0].0.value, "payments");
    assert_eq!(document.groups[1].1.sent_as[0].value, "55aa0000-0000");
    assert!(document.login.deny[0].unless.is_some());
    assert!(
        matches!(document.grants[0].spaces.as_ref().unwrap().kind, TargetKind::Name(ref name) if name == "*")
    );
    assert!(!document.incomplete);
}

#[test]
fn no_shape_lists_a_field_twice() {
    for shape in shape::ALL {
        let mut fields: Vec<_> = shape.fields.iter().collect();
        let before = fields.len();
        fields.sort_unstable();
        fields.dedup();
        assert_eq!(fields.len(), before, "{}", shape.what);
    }
}

fn fixtures(text: &str) -> (Fixtures, Vec<String>) {
    let mut sources = Sources::default();
    let file = sources.add("fixtures.yaml", text);
    let mut diagnostics = Diagnostics::default();
    let fixtures = read_fixtures(&sources, file, &mut diagnostics);
    let found = diagnostics
        .sorted()
        .iter()
        .map(|d| d.message.clone())
        .collect();
    (fixtures, found)
}

#[test]
fn every_part_of_a_mapping_arrives() {
    let (document, found) = mapping(
        r#"
account: {endpoint: https://spacelift.corp.example}
identity_provider: entra
rego: v0
spaces: {a: {parent: root, inherit: true, labels: [x, z]}}
space_sets: {s: [a, b]}
roles: {d: {name: D, actions: [run:trigger]}, e: {external: true}}
groups: {g: {sent_as: [x, w], name: Name, owner: "@o", external: true, formerly: [{sent_as: z, ends: "2027-01-31"}]}}
people: {p: {group: g, login: [a@x, b@x], api_key: k, member: true, machine: false, any: [g], all: [[g], {login: c}], none: [g]}}
conditions: {c: {ip: 203.0.113.9, days: [mon], hours: 09:00-17:00, timezone: Europe/Berlin}}
login:
  require: {member: true}
  no_grants: refuse
  no_groups: known
  admin: [g, {who: g, when: c}, {group: g}]
  deny: [{who: g, unless: {all: [c, {any: [c, d]}]}}]
  deny_admin: [{unless: [c]}]
  offboarded: [b@x, {login: d@x, aliases: [e@x]}, {login: f@x, aliases: []}]
break_glass: [{login: bg@x, owner: "@s", why: R, test_every: 90d}]
grants:
  - {who: g, roles: [r, s], spaces: [a, b], when: {all: [c], any: [d]}, starts: "2026-12-01", ends: "2026-12-31", reason: R, owner: o}
  - {who: [g, p], roles: r, spaces: {label: l, under: a, except: [b]}, unless: c}
defaults: {require: [reason], review_every: 180d, max_elevation: 12h}
"#,
    );
    assert_eq!(found, Vec::<String>::new());
    assert!(
        matches!(document.account, Some(Account::Endpoint(ref at)) if at.value == "https://spacelift.corp.example")
    );
    assert_eq!(document.identity_provider.unwrap().value, "entra");
    assert_eq!(document.rego.unwrap().value, "v0");
    let space = &document.spaces[0].1;
    assert_eq!(
        (
            space.parent.as_ref().unwrap().as_str(),
            space.inherit.as_ref().unwrap().value,
            space.labels.len()
        ),
        ("root", true, 2)
    );
    assert_eq!(document.space_sets[0].1.len(), 2);
    assert_eq!(document.roles[0].1.actions.as_ref().unwrap().len(), 1);
    assert!(document.roles[1].1.external.as_ref().unwrap().value);
    let group = &document.groups[0].1;
    assert_eq!(
        (group.sent_as.len(), group.formerly[0].sent_as[0].as_str()),
        (2, "z")
    );
    assert_eq!(
        group.formerly[0].ends.as_ref().unwrap().as_str(),
        "2027-01-31"
    );
    let SubjectKind::Every(person) = &document.people[0].1.kind else {
        panic!()
    };
    assert_eq!(person.login.as_ref().unwrap().len(), 2);
    assert_eq!(
        (
            person.member.as_ref().unwrap().value,
            person.machine.as_ref().unwrap().value
        ),
        (true, false)
    );
    assert!(
        matches!(person.all.as_ref().unwrap()[0].kind, SubjectKind::AnyOf(ref of) if of.len() == 1)
    );
    assert!(
        person.any.is_some()
            && person.none.is_some()
            && person.group.is_some()
            && person.api_key.is_some()
    );
    let condition = &document.conditions[0].1;
    assert_eq!(condition.ip.as_ref().unwrap()[0].value, "203.0.113.9");
    assert_eq!(condition.hours.as_ref().unwrap()[0].value, "09:00-17:00");
    let login = &document.login;
    assert!(matches!(
        login.require.as_ref().unwrap().kind,
        SubjectKind::Every(_)
    ));
    assert_eq!(login.admin.len(), 3);
    assert!(
        login.admin[0].when.is_none()
            && login.admin[1].when.is_some()
            && login.admin[2].who.is_some()
    );
    let TestKind::All(parts) = &login.deny[0].unless.as_ref().unwrap().kind else {
        panic!()
    };
    assert!(matches!(parts[1].kind, TestKind::Any(ref of) if of.len() == 2));
    assert!(login.deny_admin[0].who.is_none());
    assert!(
        matches!(login.deny_admin[0].unless.as_ref().unwrap().kind, TestKind::List(ref of) if of.len() == 1)
    );
    assert_eq!(login.offboarded[1].aliases[0].value, "e@x");
    assert!(login.offboarded[2].aliases.is_empty());
    assert_eq!(
        document.break_glass[0].test_every.as_ref().unwrap().value,
        "90d"
    );
    let TestKind::All(both) = &document.grants[0].when.as_ref().unwrap().kind else {
        panic!()
    };
    assert!(matches!(
        (&both[0].kind, &both[1].kind),
        (TestKind::All(_), TestKind::Any(_))
    ));
    assert!(
        matches!(document.grants[0].spaces.as_ref().unwrap().kind, TargetKind::List(ref of) if of.len() == 2)
    );
    assert!(
        matches!(document.grants[1].who.as_ref().unwrap().kind, SubjectKind::AnyOf(ref of) if of.len() == 2)
    );
    let TargetKind::Select {
        label,
        under,
        except,
        at_login,
    } = &document.grants[1].spaces.as_ref().unwrap().kind
    else {
        panic!()
    };
    assert!(label.is_some() && under.is_some() && except.is_some() && at_login.is_none());
    assert!(document.grants[1].unless.is_some());
    assert_eq!(document.defaults.review_every.unwrap().value, "180d");
}

#[test]
fn every_part_of_a_fixture_arrives() {
    let (fixtures, found) = fixtures(
        r#"
identities:
  alice: {login: a@x, groups: [g], teams: [raw], member: true, machine: false}
  ci: {api_key: k}
tests:
  - {name: one, as: alice, request: {ip: 203.0.113.9, at: "2026-12-03T10:00:00Z"}, expect: {login: allow, roles: {"*": [r], a: []}}}
  - {name: m, input: {teams: [1, -2.5, 0o17, no, true, null, ~, "3", 2026-01-01], "1": {}}, forbid: {roles: {a: [r]}}}
  - {name: o, input_file: sample.json, forbid: {login: admin}}
"#,
    );
    assert_eq!(found, Vec::<String>::new());
    let alice = &fixtures.identities[0].1;
    assert_eq!(alice.groups.as_ref().unwrap()[0].value, "g");
    assert_eq!(alice.teams.as_ref().unwrap()[0].value, "raw");
    assert_eq!(
        fixtures.identities[1].1.api_key.as_ref().unwrap().value,
        "k"
    );
    let case = &fixtures.tests[0];
    assert_eq!(
        (
            case.identity.as_ref().unwrap().as_str(),
            case.ip.as_ref().unwrap().as_str()
        ),
        ("alice", "203.0.113.9")
    );
    let roles = case.expect.as_ref().unwrap().roles.as_ref().unwrap();
    assert_eq!(
        (roles[0].0.as_str(), roles[0].1.len(), roles[1].1.len()),
        ("*", 1, 0)
    );
    assert_eq!(
        fixtures.tests[1].input.as_ref().unwrap().value,
        serde_json::json!({"teams": [1, -2.5, 15, "no", true, null, null, "3", "2026-01-01"], "1": {}})
    );
    assert_eq!(
        fixtures.tests[2].input_file.as_ref().unwrap().value,
        "sample.json"
    );
}

#[test]
fn a_name_that_stands_twice_is_kept_once() {
    let (document, found) = mapping("groups: {a: x, a: {sentas: y}}\n");
    assert_eq!(found, ["1:16 duplicate-key", "1:20 unknown-field"]);
    assert_eq!(document.groups.len(), 1);
    assert_eq!(document.groups[0].1.sent_as[0].value, "x");
}

#[test]
fn a_mistake_behind_an_alias_is_said_where_it_stands_and_once() {
    let aliases = vec!["*x"; 500].join(", ");
    let (_, found) = mapping(&format!("people:\n  a: &x {{grop: b}}\n  c: [{aliases}]\n"));
    assert_eq!(found, ["2:10 unknown-field"]);
}

#[test]
fn a_file_with_a_thousand_mistakes_is_cut_short() {
    let (_, found) = mapping(&format!("grants:\n{}", "  - {whom: x}\n".repeat(5000)));
    assert_eq!(found.len(), FileFindings::MOST + 1);
}

#[test]
fn after_a_syntax_error_the_document_says_so() {
    let (document, found) = mapping("version: 1\ngroups: {a: b\n");
    assert_eq!(found.len(), 1);
    assert!(document.incomplete);
    assert_eq!(document.version.unwrap().value, 1);
}

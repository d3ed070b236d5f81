use serde_json::json;

use super::cases::{Case, Side};
use super::*;
use crate::evaluate::{Evaluator, Login};
use crate::render::render;
use crate::render::tests::bare;

fn group(name: &str) -> Subject {
    Subject::Group(name.into())
}
fn not(subject: Subject) -> Subject {
    Subject::Not(Box::new(subject))
}
fn of(who: &Subject, side: Side) -> Vec<Case> {
    cases::of(who, None, side).unwrap()
}
fn case(under: &str, all: &[&str], none: &[&str]) -> Case {
    let owned = |facts: &[&str]| facts.iter().map(ToString::to_string).collect();
    Case {
        under: under.into(),
        all: owned(all),
        none: owned(none),
        anyone: false,
    }
}

#[test]
fn an_expression_falls_into_its_cases() {
    let who = Subject::All(vec![
        Subject::Any(vec![group("a"), group("b")]),
        not(Subject::Any(vec![
            group("x"),
            Subject::Login("Eve@x".into()),
        ])),
    ]);
    assert_eq!(
        of(&who, Side::Granted),
        [
            case("group a", &[], &["group x", "login eve@x"]),
            case("group b", &[], &["group x", "login eve@x"])
        ]
    );
}

#[test]
fn a_login_is_spelt_exactly_only_where_it_helps() {
    let eve = || Subject::Login("Eve@x".into());
    assert_eq!(of(&eve(), Side::Granted), [case("login Eve@x", &[], &[])]);
    assert_eq!(of(&eve(), Side::Perhaps), [case("login eve@x", &[], &[])]);
    assert_eq!(
        of(&not(eve()), Side::Perhaps),
        [case("everyone", &[], &["login Eve@x"])]
    );
    assert_eq!(
        of(&not(Subject::Like("Ops-*".into())), Side::Sure),
        [case("everyone", &[], &["like ops-**"])]
    );
}

#[test]
fn row_11_grants_are_for_people_unless_they_say_machine() {
    let machine = of(
        &Subject::All(vec![Subject::Machine, group("ci")]),
        Side::Granted,
    );
    assert_eq!(
        machine,
        [Case {
            anyone: true,
            ..case("group ci", &["machine", "member"], &[])
        }]
    );
    let person = of(
        &Subject::All(vec![not(Subject::Machine), group("ci")]),
        Side::Granted,
    );
    assert_eq!(person, [case("group ci", &[], &[])]);
    let outsider = of(
        &Subject::All(vec![not(Subject::Member), Subject::Login("x".into())]),
        Side::Granted,
    );
    assert_eq!(
        outsider,
        [Case {
            anyone: true,
            ..case("login x", &["person"], &["member"])
        }]
    );
}

#[test]
fn what_excludes_itself_has_no_case() {
    assert!(
        of(
            &Subject::All(vec![group("a"), not(group("a"))]),
            Side::Granted
        )
        .is_empty()
    );
    assert!(of(&not(Subject::Everyone), Side::Granted).is_empty());
}

#[test]
fn too_many_cases_are_refused() {
    let pair = |n: usize| Subject::Any(vec![group(&format!("a{n}")), group(&format!("b{n}"))]);
    assert!(cases::of(&Subject::All((0..8).map(pair).collect()), None, Side::Sure).is_ok());
    assert!(cases::of(&Subject::All((0..9).map(pair).collect()), None, Side::Sure).is_err());
    assert!(cases::of(&Subject::All((0..64).map(pair).collect()), None, Side::Sure).is_err());
}

#[test]
fn as_many_alternatives_as_cases_are_taken_and_no_more() {
    let any = |from: usize, to: usize| {
        Subject::Any((from..to).map(|n| group(&format!("g{n}"))).collect())
    };
    let most = cases::MAX_CASES;
    assert!(cases::of(&any(0, most), None, Side::Sure).is_ok());
    assert!(cases::of(&any(0, most + 1), None, Side::Sure).is_err());
    let two = Subject::Any(vec![any(0, most - 1), any(most, 2 * most - 1)]);
    assert!(cases::of(&two, None, Side::Sure).is_err());
}

#[test]
fn that_not_all_hold_is_that_one_does_not() {
    let neither = not(Subject::All(vec![group("a"), group("b")]));
    assert_eq!(
        of(&neither, Side::Sure),
        [
            case("everyone", &[], &["group a"]),
            case("everyone", &[], &["group b"])
        ]
    );
}

#[test]
fn a_pattern_means_only_what_it_says() {
    assert_eq!(cases::expression("a.b+*@x"), r"^a\.b\+[^@:]*@x$");
    let expression = regex::Regex::new(&cases::expression("ops-*@acme.example")).unwrap();
    assert!(
        expression.is_match("ops-@acme.example") && expression.is_match("ops-a.b@acme.example")
    );
    for other in [
        "ops-a@b@acme.example",
        "ops-a:b@acme.example",
        "ops-a@acmeXexample",
        "xops-a@acme.example",
        "ops-a@acme.example\n",
    ] {
        assert!(!expression.is_match(other), "{other}");
    }
}

#[test]
fn row_15_offboarded_is_without_ascii_case_and_with_any_letters() {
    let mut policy = bare();
    policy.offboarded = [
        ("Élodie@acme.example", "x"),
        ("bob@acme.example", "x"),
        ("ΣΊΣΥΦΟΣ@x", "x"),
        ("İ@x", "x"),
    ]
    .map(|(login, person)| (login.to_ascii_lowercase(), person.to_string()))
    .into();
    let mut evaluator = Evaluator::new(&render(&policy).unwrap()).unwrap();
    for login in [
        "Élodie@acme.example",
        "BOB@acme.EXAMPLE",
        "ΣΊΣΥΦΟΣ@x",
        "ΣΊΣΥΦΟΣ@X",
        "İ@x",
    ] {
        let decision = evaluator
            .decide(&json!({"session": {"login": login, "member": true, "teams": ["x"]}}))
            .unwrap();
        assert_eq!(decision.login, Login::Deny);
        assert!(decision.because.refusals.contains("offboarded"), "{login}");
    }
    let other = evaluator
        .decide(&json!({"session": {"login": "élodie@acme.example", "member": true}}))
        .unwrap();
    assert!(!other.because.refusals.contains("offboarded"));
}

/// Compiles a mapping of some sections.
fn compiled(sections: &str) -> (Option<Policy>, crate::source::Sources, Diagnostics) {
    let text = format!("version: 1\naccount: acme\nidentity_provider: okta\n{sections}");
    let mut sources = crate::source::Sources::default();
    let mut diagnostics = Diagnostics::default();
    let file = sources.add("access.yaml", text);
    let document = crate::document::read_mapping(&sources, file, &mut diagnostics);
    let model = crate::resolve::resolve(&document, &sources, &mut diagnostics).unwrap();
    let policy = compile(&model, &mut diagnostics);
    (policy, sources, diagnostics)
}

#[test]
fn a_window_to_midnight_has_no_morning() {
    let windows = |hours: &str| -> Vec<(u16, u16)> {
        let sections = format!(
            "groups: {{g: G}}\nconditions: {{c: {{hours: \"{hours}\", timezone: Etc/UTC}}}}\n\
             grants: [{{who: g, roles: space-reader, spaces: root, when: c}}]\n"
        );
        let policy = compiled(&sections).0.unwrap();
        let cases = policy.conditions["c"].iter();
        let window = |case: &crate::policy::ConditionCase| case.window.clone().unwrap();
        cases.map(window).map(|at| (at.from, at.until)).collect()
    };
    assert_eq!(windows("22:00-24:00"), [(1320, 1440)]);
    assert_eq!(windows("22:00-00:01"), [(1320, 1440), (0, 1)]);
}

#[test]
fn what_asks_for_a_key_among_people_is_warned_of() {
    let warned = |who: &str| -> Vec<(Code, usize)> {
        let sections = format!(
            "groups: {{g: G}}\ngrants:\n  - {{who: {who}, roles: space-reader, spaces: root}}\n\
             login:\n  admin:\n    - {{who: {who}}}\nteams:\n  keep: true\n  add:\n    T: {{who: {who}}}\n"
        );
        let (policy, sources, diagnostics) = compiled(&sections);
        assert!(policy.is_some());
        let found = diagnostics.sorted();
        let line = |d: &Diagnostic| sources.place(d.primary.as_ref().unwrap().span).line;
        let ours = found.iter().filter(|d| d.code == Code::GrantWithoutEffect);
        ours.map(|d| (d.code, line(d))).collect()
    };
    let everywhere = [6, 9, 13].map(|line| (Code::GrantWithoutEffect, line));
    assert_eq!(warned("{login: \"api::X\"}"), everywhere);
    assert_eq!(warned("{login: \"api::*\"}"), everywhere);
    assert_eq!(warned("{group: g, login: \"api::X\"}"), everywhere);
    // Somebody is meant, if not by this.
    assert_eq!(warned("{any: [g, {login: \"api::X\"}]}"), []);
    assert_eq!(warned("g"), []);
    assert_eq!(warned("{login: ada@acme.example}"), []);
    // An admin is never a machine.
    let machine = warned("{login: \"api::X\", machine: true}");
    assert_eq!(machine, [(Code::GrantWithoutEffect, 9)]);
}

#[test]
fn a_gate_that_nobody_could_pass_is_an_error() {
    let (policy, sources, diagnostics) =
        compiled("login: {require: {member: true, none: [{member: true}]}}\n");
    assert!(policy.is_none());
    let found = diagnostics.sorted();
    assert_eq!(
        found.iter().map(|d| d.code).collect::<Vec<_>>(),
        [Code::GateClosed]
    );
    let place = sources.place(found[0].primary.as_ref().unwrap().span);
    assert_eq!((place.line, place.column), (4, 18));
}

#[test]
fn a_star_against_whoever_signs_in_stands_for_anything() {
    let like = || Subject::Like("***@Evil.example".into());
    assert_eq!(of(&like(), Side::Granted)[0].under, "like *@Evil.example");
    assert_eq!(of(&like(), Side::Perhaps)[0].under, "like **@evil.example");
    let wide = regex::Regex::new(&cases::expression("**@evil.example")).unwrap();
    for login in [
        "x@y@evil.example",
        "x:y@evil.example",
        "x\ny@evil.example",
        "@evil.example",
    ] {
        assert!(wide.is_match(login), "{login}");
    }
    assert!(!wide.is_match("x@evil.example.org"));
}

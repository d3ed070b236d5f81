//! Who.

use super::*;
use crate::model::Subject::{self, All, Any, Everyone, Group, Like, Login, Machine, Member, Not};

/// The subject of the only grant.
fn who(text: &str) -> Subject {
    let grants =
        format!("grants: [{{who: {text}, roles: space-reader, spaces: root, ends: '2027-01-01'}}]");
    let people = "people: {p_senior: {all: [payments, senior]}, p_any: [platform, p_senior], p_alice: {login: alice@a}}";
    let model = model(&[GROUPS, people, &grants]);
    model.grants.values().next().unwrap().who.clone()
}

fn wrong(text: &str) -> Vec<String> {
    let grants =
        format!("grants: [{{who: {text}, roles: space-reader, spaces: root, ends: '2027-01-01'}}]");
    errors(&[GROUPS, SPACES, &grants])
}

fn group(name: &str) -> Subject {
    Group(name.into())
}

#[test]
fn row_06_all_keys_of_one_map_hold() {
    assert_eq!(
        who("{login: a@b, machine: true, member: false, group: [senior, payments]}"),
        All(vec![
            Login("a@b".into()),
            Machine,
            Any(vec![group("payments"), group("senior")]),
            Not(Box::new(Member)),
        ])
    );
    assert_eq!(who("{member: true}"), Member);
    assert_eq!(who("{machine: false}"), Not(Box::new(Machine)));
}

#[test]
fn row_07_a_list_of_subjects_is_any_of_it() {
    assert_eq!(
        who("[senior, payments]"),
        Any(vec![group("payments"), group("senior")])
    );
    assert_eq!(who("[senior]"), group("senior"));
    assert_eq!(
        who("{any: [[senior], {any: [payments, senior]}]}"),
        who("[payments, senior]")
    );
}

#[test]
fn row_09_empty_is_an_error() {
    for text in [
        "[]",
        "{}",
        "{any: []}",
        "{all: []}",
        "{none: []}",
        "{group: []}",
        "{login: []}",
        "''",
    ] {
        assert_eq!(wrong(text).len(), 1, "{text}");
    }
}

#[test]
fn row_10_a_bare_string_is_a_group_or_a_name_of_people() {
    assert_eq!(who("payments"), group("payments"));
    assert_eq!(who("everyone"), Everyone);
    assert_eq!(
        who("p_senior"),
        All(vec![group("payments"), group("senior")])
    );
    assert_eq!(who("p_alice"), Login("alice@a".into()));
    assert_eq!(wrong("alice@acme.example"), ["4 unknown-name"]);
    assert_eq!(wrong("any"), ["4 unknown-name"]);
    assert_eq!(wrong("{group: everyone}"), ["4 unknown-name"]);
    let grant = |who: &str| format!("grants: [{{who: {who}, roles: space-reader, spaces: root}}]");
    assert_eq!(
        help(&[GROUPS, &grant("paymnets")]),
        "did you mean `payments`?"
    );
    assert_eq!(
        help(&[GROUPS, &grant("p-2")]),
        "the identity provider sends it for the group `payments`: write that name"
    );
    assert_eq!(
        help(&[GROUPS, &grant("alice@a")]),
        "write a person as `{login: alice@a}`"
    );
    assert!(help(&[GROUPS, SPACES, &grant("dev")]).starts_with("`dev` is a space"));
}

#[test]
fn names_of_people_are_written_out() {
    assert_eq!(
        who("p_any"),
        Any(vec![
            group("platform"),
            All(vec![group("payments"), group("senior")])
        ])
    );
    assert_eq!(
        who("{all: [p_senior], none: [contractors]}"),
        All(vec![
            group("payments"),
            group("senior"),
            Not(Box::new(group("contractors")))
        ])
    );
}

#[test]
fn none_is_all_of_not() {
    assert_eq!(
        who("{none: [senior, [payments, platform]]}"),
        All(vec![
            Not(Box::new(group("senior"))),
            Not(Box::new(Any(vec![group("payments"), group("platform")]))),
        ])
    );
}

#[test]
fn equal_subjects_are_equal_however_written() {
    let one = who("{all: [payments, {login: 'a*@b'}], none: [platform, senior]}");
    let other = who("{none: [senior, platform, senior], login: 'a*@b', all: [{all: [payments]}]}");
    assert_eq!(one, other);
}

#[test]
fn a_name_of_people_that_uses_itself_is_an_error() {
    let people = "people: {a: {none: [b]}, b: [c], c: {all: [a, senior]}, d: [a, unknown], e: e}";
    assert_eq!(
        errors(&[GROUPS, people]),
        ["3 nested-name", "3 unknown-name", "3 nested-name"]
    );
}

#[test]
fn names_of_people_cannot_grow_without_bound() {
    let mut people = vec!["p0: [payments, senior]".to_owned()];
    for n in 1..40 {
        people.push(format!(
            "p{n}: {{any: [{{all: [p{0}, {{login: a{n}}}]}}, {{all: [p{0}, {{login: b{n}}}]}}]}}",
            n - 1
        ));
    }
    let text = format!("people: {{{}}}", people.join(", "));
    assert_eq!(errors(&[GROUPS, &text]), ["3 too-many-cases"]);

    let mut chain = vec!["q0: payments".to_owned()];
    for n in 1..5000 {
        chain.push(format!("q{n}: {{none: [q{}, {{login: x{n}}}]}}", n - 1));
    }
    let text = format!("people: {{{}}}", chain.join(", "));
    assert_eq!(errors(&[GROUPS, &text]), ["3 too-many-cases"]);
}

#[test]
fn row_14_only_a_star_is_special_and_not_alone() {
    assert_eq!(
        who("{login: '*@acme.example'}"),
        Like("*@acme.example".into())
    );
    assert_eq!(who("{login: '[a]?.b@c'}"), Login("[a]?.b@c".into()));
    assert_eq!(
        who("{login: [b@c, 'a*@c']}"),
        Any(vec![Login("b@c".into()), Like("a*@c".into())])
    );
    for text in ["{login: '*'}", "{login: '**'}", "{login: ''}"] {
        assert_eq!(wrong(text), ["4 bad-value"], "{text}");
    }
    assert_eq!(
        wrong(&format!("{{login: '{}'}}", "a".repeat(513))),
        ["4 bad-value"]
    );
}

#[test]
fn row_13_an_api_key_must_be_declared() {
    assert_eq!(wrong("{api_key: ci}"), ["4 unknown-name"]);
}

#[test]
fn row_19_an_undeclared_group_under_none_is_an_error() {
    assert_eq!(
        wrong("{all: [payments], none: [contractor]}"),
        ["4 unknown-name"]
    );
}

#[test]
fn every_error_of_a_subject_is_reported() {
    assert_eq!(
        wrong("{any: [x1, {login: '*'}, {group: x2}], none: [x3]}"),
        [
            "4 unknown-name",
            "4 bad-value",
            "4 unknown-name",
            "4 unknown-name"
        ]
    );
}

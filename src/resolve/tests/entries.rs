//! `login` and `break_glass`.

use super::*;
use crate::model::{NoGrants, NoGroups, Subject, Test};

const OFFICE: &str = "conditions: {office: {ip: 203.0.113.0/24}, vpn: {ip: 10.0.0.0/8}, night: {hours: '22:00-06:00', timezone: Etc/UTC}}";

fn login(text: &str) -> crate::model::Login {
    model(&[GROUPS, OFFICE, &format!("login: {text}")]).login
}

fn wrong(text: &str) -> Vec<String> {
    errors(&[GROUPS, OFFICE, &format!("login: {text}")])
}

#[test]
fn row_22_the_gate_and_its_defaults() {
    let plain = model(&[]).login;
    assert_eq!(plain.require, Subject::Member);
    assert_eq!(
        (plain.no_grants, plain.no_groups),
        (NoGrants::Refuse, NoGroups::Unknown)
    );
    let login =
        login("{require: {all: [{member: true}, platform]}, no_grants: admit, no_groups: known}");
    assert_eq!(
        (login.no_grants, login.no_groups),
        (NoGrants::Admit, NoGroups::Known)
    );
    assert_eq!(
        login.require,
        Subject::All(vec![Subject::Group("platform".into()), Subject::Member])
    );
    assert_eq!(
        wrong("{no_grants: refused, no_groups: maybe, require: nobody}"),
        ["4 bad-value", "4 bad-value", "4 unknown-name"]
    );
}

#[test]
fn row_07_a_list_of_two_conditions_must_say_which() {
    assert_eq!(
        wrong("{deny: [{who: contractors, unless: [office, vpn]}]}"),
        ["4 ambiguous-list"]
    );
    assert_eq!(
        wrong("{deny: [{who: contractors, unless: {all: [office, [vpn, night]]}}]}"),
        ["4 ambiguous-list"]
    );
    let login = login("{deny: [{who: contractors, unless: [office]}]}");
    assert_eq!(
        login.deny.values().next().unwrap().unless,
        Some(Test::Condition("office".into()))
    );
}

#[test]
fn row_08_nested_tests_are_flat_and_sorted() {
    let login = login(
        "{deny: [{unless: {all: [vpn, {all: [office]}, {any: [office, {any: [night, office]}]}]}}]}",
    );
    let condition = |name: &str| Test::Condition(name.into());
    assert_eq!(
        login.deny.values().next().unwrap().unless,
        Some(Test::All(vec![
            condition("office"),
            condition("vpn"),
            Test::Any(vec![condition("night"), condition("office")]),
        ]))
    );
}

#[test]
fn row_09_a_denial_of_nobody_in_particular_must_say_so() {
    assert_eq!(wrong("{deny: [{}]}"), ["4 empty-value"]);
    let login = login("{deny: [everyone], deny_admin: [{unless: office}]}");
    assert_eq!(login.deny.values().next().unwrap().who, Subject::Everyone);
    assert_eq!(
        login.deny_admin.values().next().unwrap().who,
        Subject::Everyone
    );
}

#[test]
fn row_24_each_entry_takes_its_own_kind_of_test() {
    assert_eq!(
        wrong("{deny: [{who: contractors, when: office}]}"),
        ["4 wrong-test"]
    );
    assert_eq!(wrong("{deny: [{when: office}]}"), ["4 wrong-test"]);
    assert_eq!(
        wrong("{deny_admin: [{when: offic}]}"),
        ["4 unknown-name", "4 wrong-test"]
    );
    assert_eq!(
        wrong("{admin: [{who: platform, unless: office}]}"),
        ["4 wrong-test"]
    );
    assert_eq!(wrong("{admin: [{when: office}]}"), ["4 missing-field"]);
    let login = login("{admin: [{who: platform, when: office}]}");
    assert_eq!(
        login.admin.values().next().unwrap().when,
        Some(Test::Condition("office".into()))
    );
    assert_eq!(
        errors(&[
            OFFICE,
            "grants: [{who: everyone, roles: space-reader, spaces: root, unless: office}]"
        ]),
        ["3 wrong-test"]
    );
}

#[test]
fn unknown_conditions_are_errors() {
    assert_eq!(
        help(&[OFFICE, "login: {deny: [{unless: ofice}]}"]),
        "did you mean `office`?"
    );
    assert!(
        help(&[OFFICE, GROUPS, "login: {deny: [{unless: senior}]}"])
            .starts_with("`senior` is a group")
    );
}

#[test]
fn entries_of_login_are_found_by_what_they_decide() {
    let one =
        login("{deny: [{who: [senior, payments], unless: {any: [vpn, office]}}, contractors]}");
    let other = login(
        "{deny: [{who: contractors}, {unless: {any: [office, vpn]}, who: {any: [payments, senior]}}]}",
    );
    assert_eq!(one, other);
    assert!(
        one.deny
            .keys()
            .all(|id| id.starts_with("deny-") && id.len() == 17)
    );
    let (model, found) = run(&with_head(&[
        "groups: {a: x}",
        "login: {deny: [a, {who: [a]}]}",
    ]));
    assert_eq!(found, ["3 duplicate-grant"]);
    assert_eq!(model.unwrap().login.deny.len(), 1);
}

#[test]
fn row_28_offboarded_logins_are_folded() {
    let gone = login("{offboarded: [Bob@A, {login: Eve@a, aliases: [EVE2@a]}]}").offboarded;
    let gone: Vec<_> = gone
        .iter()
        .map(|(login, person)| (login.as_str(), person.as_str()))
        .collect();
    assert_eq!(
        gone,
        [("bob@a", "bob@a"), ("eve2@a", "eve@a"), ("eve@a", "eve@a")]
    );
    assert_eq!(
        wrong("{offboarded: [bob@a, BOB@a, {login: eve@a, aliases: [eve@a]}, '*@a', '']}"),
        [
            "4 duplicate-value",
            "4 duplicate-value",
            "4 bad-value",
            "4 bad-value"
        ]
    );
}

#[test]
fn external_groups_hold_no_account_admin() {
    assert_eq!(wrong("{admin: [contractors]}"), ["4 missing-field"]);
    assert_eq!(
        wrong("{admin: [{all: [platform], none: [contractors]}]}"),
        Vec::<String>::new()
    );
}

fn break_glass(login: &str, grants: &str) -> Vec<String> {
    errors(&[
        GROUPS,
        OFFICE,
        "break_glass: [{login: bg@a, owner: sec, why: RUNBOOK-7, test_every: 90d}]",
        &format!("login: {login}"),
        &format!("grants: [{grants}]"),
    ])
}

#[test]
fn row_29_a_break_glass_identity_can_get_in() {
    let nothing: Vec<String> = Vec::new();
    let grant =
        |who: &str, more: &str| format!("{{who: {who}, roles: space-admin, spaces: root{more}}}");
    assert_eq!(break_glass("{}", &grant("{login: bg@a}", "")), nothing);
    assert_eq!(
        break_glass("{}", &grant("[senior, {login: bg@a}]", "")),
        nothing
    );
    assert_eq!(
        break_glass(
            "{}",
            &grant("{login: 'bg*@a', member: true, machine: false}", "")
        ),
        nothing
    );
    assert_eq!(break_glass("{admin: [{login: bg@a}]}", ""), nothing);
    assert_eq!(break_glass("{no_grants: admit}", ""), nothing);
    assert_eq!(
        break_glass(
            "{deny: [everyone], offboarded: [bg@a]}",
            &grant("{login: bg@a}", "")
        ),
        nothing
    );
    assert_eq!(
        break_glass("{require: {all: [platform]}}", &grant("{login: bg@a}", "")),
        nothing
    );
    assert_eq!(
        break_glass(
            "{no_groups: known}",
            &grant("{login: bg@a, none: [contractors]}", "")
        ),
        nothing
    );

    let locked = ["4 break-glass-locked"];
    assert_eq!(break_glass("{}", ""), locked);
    assert_eq!(break_glass("{}", &grant("platform", "")), locked);
    assert_eq!(
        break_glass("{}", &grant("{login: BG@a}", "")),
        locked,
        "exact where asked for"
    );
    assert_eq!(
        break_glass("{}", &grant("{member: true, none: [{login: BG@a}]}", "")),
        locked,
        "folded where excluded"
    );
    assert_eq!(
        break_glass("{}", &grant("{login: bg@a}", ", when: office")),
        locked
    );
    assert_eq!(
        break_glass("{}", &grant("{login: bg@a}", ", ends: '2027-01-01'")),
        locked
    );
    assert_eq!(
        break_glass("{}", &grant("{login: bg@a, none: [contractors]}", "")),
        locked,
        "its groups are not known"
    );
    assert_eq!(
        break_glass("{require: {login: '*@b'}}", &grant("{login: bg@a}", "")),
        locked
    );
    assert_eq!(
        break_glass("{require: {member: false}, no_grants: admit}", ""),
        locked
    );
    assert_eq!(
        break_glass("{admin: [{who: {login: bg@a}, when: office}]}", ""),
        locked
    );
}

#[test]
fn break_glass_identities_are_accounted_for() {
    let admit = "login: {no_grants: admit}";
    assert_eq!(
        errors(&[
            admit,
            "break_glass: [{login: a@b}, {owner: x, why: z}, {login: '*@b', owner: x, why: z}]"
        ]),
        [
            "3 missing-field",
            "3 missing-field",
            "3 missing-field",
            "3 bad-value"
        ]
    );
    assert_eq!(
        errors(&[
            admit,
            "break_glass: [{login: a@b, owner: x, why: ' ', test_every: often}, {login: a@b, owner: x, why: z}]"
        ]),
        ["3 missing-field", "3 bad-time", "3 duplicate-value"]
    );
    // A mistake elsewhere is not a locked door.
    assert_eq!(
        errors(&[
            "break_glass: [{login: a@b, owner: x, why: z}]",
            "grants: [{who: {login: a@b}, roles: space-amdin, spaces: root}]"
        ]),
        ["3 unknown-name"]
    );
}

#[test]
fn a_login_that_would_silently_match_nobody_is_an_error() {
    for login in [
        "'bob@a '",
        "' bob@a'",
        r#""bob@a\u200b""#,
        r#""bob\t@a""#,
        r#""bob\u00a0@a""#,
    ] {
        assert_eq!(
            wrong(&format!("{{offboarded: [{login}]}}")),
            ["4 bad-value"],
            "{login}"
        );
        assert_eq!(
            wrong(&format!("{{deny: [{{who: {{login: {login}}}}}]}}")),
            ["4 bad-value"],
            "{login}"
        );
    }
    assert_eq!(
        wrong("{offboarded: ['CORP\\Bob Smith']}"),
        Vec::<String>::new()
    );
}

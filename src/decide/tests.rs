use std::net::IpAddr;

use serde_json::{Value, json};

use super::address::Address;
use super::subject::fits;
use super::*;
use crate::evaluate::Evaluator;
use crate::fixture::tests::model as checked;
use crate::model::Network;
use crate::render::render;

const MAPPING: &str = r#"
version: 1
account: acme
identity_provider: okta
spaces:
  payments: {parent: root, labels: [env:prod]}
  sandbox: {parent: root}
roles:
  deployer: {actions: [run:trigger]}
groups:
  payments: {sent_as: Payments, formerly: [{sent_as: Old, ends: "2026-12-31"}]}
  contractors: Contractors
api_keys:
  ci: {id: 01HZ, owner: "@acme/platform"}
conditions:
  office: {ip: ["203.0.113.0/24", "2001:db8::/33"]}
  nights: {days: [fri], hours: "22:00-06:00", timezone: Europe/Berlin}
"#;

fn model(rest: &str) -> Model {
    checked(&format!("{MAPPING}{rest}")).0
}

fn grants(who: &str) -> Model {
    model(&format!(
        "grants: [{{who: {who}, roles: deployer, spaces: payments}}]"
    ))
}

fn alice() -> Value {
    json!({"session": {"login": "alice@acme.example", "member": true, "teams": ["Payments"]}})
}

fn with(changes: Value) -> Value {
    let mut input = alice();
    for (key, value) in changes.as_object().unwrap() {
        input["session"][key] = value.clone();
    }
    input
}

/// Whether somebody gets in by a grant to a subject.
fn gets_in(who: &str, changes: Value) -> bool {
    grants(who).decide(&with(changes)).login == Login::Allow
}

#[test]
fn an_address_is_one_address_alone() {
    let v4 = |a: u8, b, c, d| Some(Address::V4(u32::from_be_bytes([a, b, c, d])));
    for (text, read) in [
        ("203.0.113.9", v4(203, 0, 113, 9)),
        ("0.0.0.0", v4(0, 0, 0, 0)),
        ("255.255.255.255", v4(255, 255, 255, 255)),
        ("::ffff:203.0.113.9", v4(203, 0, 113, 9)),
        ("::FFFF:203.0.113.9", v4(203, 0, 113, 9)),
        ("2001:db8::9", Some(Address::V6(0x2001_0db8 << 96 | 9))),
        (
            "2001:DB8:0:0:0:0:0:0009",
            Some(Address::V6(0x2001_0db8 << 96 | 9)),
        ),
        (
            "1:2:3:4:5:6:7::",
            Some(Address::V6(0x0001_0002_0003_0004_0005_0006_0007_0000)),
        ),
        ("0:1::", Some(Address::V6(1 << 96))),
        ("0:0:0:0:1::", Some(Address::V6(1 << 48))),
    ] {
        assert_eq!(Address::read(text), read, "{text}");
    }
    for text in [
        "",
        "203.0.113",
        "203.0.113.9.1",
        "203.0.113.256",
        "203.0.113.009",
        "203.0.113.09",
        "0203.0.113.9",
        "203.0.113.9:443",
        "203.0.113.9/32",
        " 203.0.113.9",
        "203.0.113.9\n",
        "+1.2.3.4",
        "203..113.9",
        "::",
        "::1",
        "::cb00:7109",
        "::ffff:cb00:7109",
        "0:0:0:0:0:ffff:203.0.113.9",
        "::203.0.113.9",
        "2001:db8::203.0.113.9",
        "::ffff:::ffff:1.2.3.4",
        "2001:db8::9%eth0",
        "[2001:db8::9]",
        "2001:db8:::9",
        "2001:db8::1::2",
        "2001:db8::9/128",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "2001:db8::00009",
        "2001:db8::g",
        "2001:db8::+9",
        ":",
        ":1",
        "1:",
        "\u{ff12}03.0.113.9",
    ] {
        assert_eq!(Address::read(text), None, "{text}");
    }
}

#[test]
fn a_network_holds_its_first_and_last_address_and_no_neighbour() {
    let is_in = |text: &str, first: &str, prefix| {
        let address = first.parse::<IpAddr>().unwrap();
        Address::read(text)
            .unwrap()
            .is_in(&Network { address, prefix })
    };
    for (text, inside) in [
        ("203.0.112.255", false),
        ("203.0.113.0", true),
        ("203.0.113.255", true),
        ("203.0.114.0", false),
    ] {
        assert_eq!(is_in(text, "203.0.113.0", 24), inside, "{text}");
    }
    assert!(is_in("255.255.255.255", "0.0.0.0", 0));
    assert!(is_in("2001:db8::9", "::", 0));
    assert!(!is_in("203.0.113.9", "::", 0));
    assert!(!is_in("2001:db8::9", "0.0.0.0", 0));
    assert!(is_in(
        "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff",
        "2001:db8::",
        33
    ));
    assert!(!is_in("2001:db8:8000::", "2001:db8::", 33));
    assert!(is_in("192.0.2.5", "192.0.2.5", 32));
    assert!(!is_in("192.0.2.4", "192.0.2.5", 32));
}

#[test]
fn a_star_stands_for_some_characters_or_any() {
    let strict = |sign: char| sign != '@' && sign != ':';
    for (pattern, text, fitting) in [
        ("*@a", "x@a", true),
        ("*@a", "@a", true),
        ("*@a", "x@y@a", false),
        ("ops-*@a", "ops-1@a", true),
        ("ops-*@a", "ops@a", false),
        ("*o*a*", "xoyaz", true),
        ("*o*a*", "xayoz", false),
        ("**", "", true),
        ("a*", "ab\n", true),
        ("a.c", "abc", false),
        ("*", "a:b", false),
        ("", "", true),
        ("", "a", false),
    ] {
        assert_eq!(fits(pattern, text, strict), fitting, "{pattern} {text}");
    }
    assert!(fits("*@a", "x@y@a", |_| true));
    assert!(!fits("*@a", "x@a\n", |_| true));
}

#[test]
fn logic_has_three_values() {
    use Truth::{No, Unknown, Yes};
    for (a, b, both, either) in [
        (Yes, Unknown, Unknown, Yes),
        (No, Unknown, No, Unknown),
        (Unknown, Unknown, Unknown, Unknown),
        (Yes, No, No, Yes),
    ] {
        assert_eq!((a & b, b & a, a | b, b | a), (both, both, either, either));
    }
    assert_eq!([!Yes, !Unknown, !No], [No, Unknown, Yes]);
    assert_eq!((Truth::all([]), Truth::any([])), (Yes, No));
}

#[test]
fn a_grant_speaks_of_people_who_are_members_unless_it_says_otherwise() {
    let (machine, outsider) = (json!({"machine": true}), json!({"member": false}));
    let both = json!({"machine": true, "member": false});
    let gate = |who: &str| {
        model(&format!(
            "login: {{require: everyone}}\ngrants: [{{who: {who}, roles: deployer, spaces: payments}}]"
        ))
    };
    let lets_in = |who: &str| {
        let model = gate(who);
        [json!({}), machine.clone(), outsider.clone(), both.clone()]
            .map(|changes| model.decide(&with(changes)).login == Login::Allow)
    };
    for (who, whom) in [
        ("everyone", [true, false, false, false]),
        ("payments", [true, false, false, false]),
        ("{machine: true}", [false, true, false, false]),
        ("{member: false}", [false, false, true, false]),
        (
            "{member: false, machine: true}",
            [false, false, false, true],
        ),
        (
            "{member: false, machine: false}",
            [false, false, true, false],
        ),
        (
            "{any: [payments, {machine: true}]}",
            [true, true, false, false],
        ),
        (
            "{any: [{machine: true}, {member: false}]}",
            [false, true, true, false],
        ),
        (
            "{group: payments, any: [{machine: true}, {machine: false}]}",
            [true, true, false, false],
        ),
        ("{none: [{member: true}]}", [false, false, true, false]),
        ("{none: [{machine: false}]}", [false, true, false, false]),
        (
            "{none: [{all: [contractors, {member: true}]}]}",
            [true, false, true, false],
        ),
    ] {
        assert_eq!(lets_in(who), whom, "{who}");
    }
}

#[test]
fn what_differs_in_case_helps_nobody_and_evades_nothing() {
    assert!(gets_in("{login: alice@acme.example}", json!({})));
    assert!(!gets_in(
        "{login: alice@acme.example}",
        json!({"login": "ALICE@acme.example"})
    ));
    let denying = model("login: {deny: [{who: {login: alice@acme.example}}], no_grants: admit}\n");
    let refused = |login: &str| denying.decide(&with(json!({"login": login}))).login == Login::Deny;
    assert!(refused("alice@acme.example") && refused("ALICE@acme.example"));
    assert!(!refused("bob@acme.example"));
}

#[test]
fn a_key_is_its_login_or_its_name_where_a_machine_says_so() {
    for (login, machine, held) in [
        ("api::01HZ", json!(null), true),
        ("api::01HZ", json!(false), true),
        ("api::01hz", json!(true), false),
        ("ci", json!(true), true),
        ("ci", json!(false), false),
        ("CI", json!(true), false),
        ("api::ci", json!(true), false),
    ] {
        let got = gets_in("{api_key: ci}", json!({"login": login, "machine": machine}));
        assert_eq!(got, held, "{login} {machine}");
    }
}

#[test]
fn a_window_over_midnight_belongs_to_the_day_on_which_it_starts() {
    let model = grants("payments, when: nights");
    let at = |time: &str| {
        let mut input = alice();
        let time: jiff::Timestamp = time.parse().unwrap();
        input["request"]["timestamp_ns"] = json!(i64::try_from(time.as_nanosecond()).unwrap());
        model.decide(&input).login == Login::Allow
    };
    assert!(!at("2026-12-04T21:59:59.999999999+01:00"));
    assert!(at("2026-12-04T22:00:00+01:00"));
    assert!(at("2026-12-05T05:59:59.999999999+01:00"));
    assert!(!at("2026-12-05T06:00:00+01:00"));
    assert!(!at("2026-12-04T05:00:00+01:00"));
    assert!(!at("2026-12-05T22:00:00+01:00"));
}

#[test]
fn an_explanation_says_what_was_seen_and_what_cannot_be_known() {
    let model = model(
        r#"grants: [{who: {group: payments, none: [contractors]}, roles: deployer, spaces: payments, when: office, ends: "2026-12-31"}]"#,
    );
    let mut input = alice();
    input["request"] =
        json!({"remote_ip": "198.51.100.7", "timestamp_ns": 1_800_000_000_000_000_000_i64});
    let entries = model.explain(&input);
    let grant = entries.last().unwrap();
    assert_eq!(
        (grant.kind, grant.holds, grant.applies),
        (Kind::Grant, Truth::No, false)
    );
    let told = serde_json::to_string(&grant.reasons).unwrap();
    for part in [
        "group `payments`",
        "the session lists `Payments` (`payments`)",
        "an address in 203.0.113.0/24, 2001:db8::/33",
        "the address is `198.51.100.7`",
        "before 2027-01-01T00:00:00Z",
        "it is 2027-01-15T08:00:00Z",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let unknown = model.explain(&with(json!({"teams": null})));
    let grant = unknown.last().unwrap();
    assert_eq!(grant.holds, Truth::Unknown);
    let told = serde_json::to_string(&grant.reasons).unwrap();
    for part in [
        "the session does not list its groups",
        "the input has no address",
        "the input has no time",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
}

/// An explanation that says other than the decision would be worse than none.
#[test]
fn an_explanation_agrees_with_the_decision() {
    let model = model(
        "login: {admin: [payments], deny: [contractors], deny_admin: [{unless: office}], offboarded: [bob@acme.example]}\n\
         grants: [{who: payments, roles: deployer, spaces: payments}]",
    );
    for changes in [
        json!({}),
        json!({"teams": null}),
        json!({"teams": ["Contractors"]}),
        json!({"login": "BOB@acme.example"}),
        json!({"login": 5}),
        json!({"member": null}),
        json!({"machine": true}),
    ] {
        let input = with(changes);
        let decision = model.decide(&input);
        let because = &decision.because;
        for entry in model.explain(&input) {
            let ids = match entry.kind {
                Kind::Session | Kind::Gate | Kind::Offboarded | Kind::Denial => &because.refusals,
                Kind::AdminDenial => &because.admin_refusals,
                Kind::Admin => &because.admins,
                Kind::Grant => &because.grants,
                Kind::BreakGlass | Kind::Team | Kind::Slack => panic!("{entry:?}"),
            };
            assert_eq!(
                ids.contains(&entry.id),
                entry.applies,
                "{entry:?} of {input}"
            );
        }
    }
}

#[test]
fn a_text_that_decides_otherwise_is_told_from_one_that_does_not() {
    let (model, policy) = checked(&format!(
        "{MAPPING}grants: [{{who: payments, roles: deployer, spaces: payments}}]"
    ));
    let text = render(&policy).unwrap();
    let decided = |text: &str| Evaluator::new(text).unwrap().decide(&alice()).unwrap();
    assert_eq!(model.decide(&alice()).agrees_with(&decided(&text)), Ok(()));
    let other = text.replace("[\"deployer\"]", "[\"space-admin\"]");
    let found = model
        .decide(&alice())
        .agrees_with(&decided(&other))
        .unwrap_err();
    assert!(
        found.meant.contains("deployer") && found.decided.contains("space-admin"),
        "{found}"
    );
    assert_eq!(
        found.to_string(),
        format!(
            "the mapping means `{}`, but its policy decides `{}`",
            found.meant, found.decided
        )
    );
}

#[test]
fn machines_that_are_no_members_are_meant_in_any_order() {
    let asked = "{any: [contractors, {machine: true, member: false}]}";
    for who in [
        format!("{{all: [{asked}, {{member: false}}]}}"),
        format!("{{all: [{{member: false}}, {asked}]}}"),
        format!("{{all: [{asked}, {{machine: true}}]}}"),
        format!("{{all: [payments, {asked}]}}"),
    ] {
        let (model, policy) = checked(&format!(
            "{MAPPING}login: {{require: {{any: [{{member: true}}, {{machine: true}}]}}}}\n\
             grants: [{{who: {who}, roles: deployer, spaces: payments}}]"
        ));
        let mut evaluator = Evaluator::new(&render(&policy).unwrap()).unwrap();
        for (machine, member, meant) in [
            (true, false, true),
            (true, true, false),
            (false, false, false),
            (false, true, false),
        ] {
            let input = with(json!({"machine": machine, "member": member}));
            let decided = model.decide(&input);
            assert_eq!(decided.login == Login::Allow, meant, "{who}: {input}");
            let text = evaluator.decide(&input).unwrap();
            assert_eq!(decided.agrees_with(&text), Ok(()), "{who}: {input}");
        }
    }
}

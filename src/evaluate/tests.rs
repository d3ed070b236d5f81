use serde_json::json;

use super::*;
use crate::render;
use crate::render::tests::{bare, full};

fn decide(text: &str, input: &Value) -> Decision {
    Evaluator::new(text).unwrap().decide(input).unwrap()
}

#[test]
fn a_bare_policy_lets_nobody_in() {
    let text = render::render(&bare()).unwrap();
    for input in [
        json!({}),
        json!({"session": {}}),
        json!({"slack": {}}),
        json!({"session": {"login": "a@b", "member": true, "teams": ["x"]}}),
    ] {
        let decision = decide(&text, &input);
        assert_eq!(decision.login, Login::Deny, "{input}");
        assert!(decision.roles.is_empty());
    }
}

#[test]
fn the_timestamp_must_be_an_integer() {
    let mut policy = full();
    policy.denials.clear();
    for row in policy.guarded_grants.values_mut().flatten() {
        row.all.clear();
    }
    let text = render::render(&policy).unwrap();
    let at = |stamp: Value| {
        decide(
            &text,
            &json!({"session": {"login": "api::x", "member": true, "machine": true, "teams": []}, "request": {"timestamp_ns": stamp}}),
        )
    };
    assert_eq!(at(json!(1_764_000_000_000_000_000_i64)).login, Login::Allow);
    for stamp in [
        json!(1.764e18),
        json!(1.5),
        json!("1764000000000000000"),
        json!(null),
        json!(-1),
        json!(1e30),
        json!([1]),
    ] {
        assert_eq!(at(stamp.clone()).login, Login::Deny, "{stamp}");
    }
}

#[test]
fn a_window_of_hours_is_decided() {
    let mut policy = full();
    policy.denials.clear();
    policy.conditions.get_mut("office").unwrap()[0].networks = None;
    for row in policy.guarded_grants.values_mut().flatten() {
        row.all = vec!["condition office".into()];
        row.starts = None;
        row.ends = None;
    }
    let window = policy.conditions["office"][0].window.clone().unwrap();
    let text = render::render(&policy).unwrap();
    let logins: BTreeSet<Login> = (0..7 * 24)
        .map(|hour| {
            let at = 1_764_000_000_000_000_000_i64 + hour * 3_600_000_000_000;
            decide(&text, &json!({"session": {"login": "api::x", "member": true, "machine": true, "teams": []}, "request": {"timestamp_ns": at}})).login
        })
        .collect();
    assert_eq!(
        logins,
        BTreeSet::from([Login::Deny, Login::Allow]),
        "{window:?}"
    );
    // regorus takes a bracket at the start of a line for the arguments of a call that the line before begins.
    assert!(text.lines().all(|line| !line.trim_start().starts_with('(')));
}

#[test]
fn addresses_in_all_their_spellings() {
    let mut policy = full();
    policy.denials.clear();
    policy.conditions.get_mut("office").unwrap()[0].window = None;
    for row in policy.guarded_grants.values_mut().flatten() {
        row.all = vec!["condition office".into()];
        row.starts = None;
        row.ends = None;
    }
    let text = render::render(&policy).unwrap();
    let at = |ip: Value| {
        decide(&text, &json!({"session": {"login": "api::x", "member": true, "machine": true, "teams": []}, "request": {"remote_ip": ip}})).login
    };
    for ip in [
        "203.0.113.9",
        "::ffff:203.0.113.9",
        "::FFFF:203.0.113.9",
        "2001:db8::1",
        "2001:DB8::1",
    ] {
        assert_eq!(at(json!(ip)), Login::Allow, "{ip}");
    }
    for ip in [
        "203.0.114.9",
        "203.0.113.009",
        "203.0.113.9:443",
        "203.0.113.0/28",
        "2001:db8::1%eth0",
        "::ffff:cb00:7109",
        "0:0:0:0:0:ffff:cb00:7109",
        "::203.0.113.9",
        "",
        " 203.0.113.9",
        "[2001:db8::1]",
        "2001:db8::/64",
    ] {
        assert_eq!(at(json!(ip)), Login::Deny, "{ip}");
    }
    for ip in [json!(null), json!(1), json!(["203.0.113.9"])] {
        assert_eq!(at(ip.clone()), Login::Deny, "{ip}");
    }
}

#[test]
fn older_outputs_of_another_policy_are_read_as_roles() {
    let text = "package spacelift\nallow if true\nspace_write contains \"a\" if true\nteam contains \"t\" if true\nflag contains \"f\" if true";
    let decision = decide(text, &json!({}));
    assert_eq!(
        decision.roles,
        BTreeMap::from([(
            "a".to_string(),
            BTreeSet::from(["space-writer".to_string()])
        )])
    );
    assert_eq!(decision.teams, BTreeSet::from(["t".to_string()]));
    assert_eq!(decision.flags, BTreeSet::from(["f".to_string()]));
}

#[test]
fn an_output_of_another_type_is_an_error() {
    let mut evaluator = Evaluator::new("package spacelift\nflag contains 5 if true").unwrap();
    assert!(
        evaluator
            .decide(&json!({}))
            .unwrap_err()
            .message
            .contains("type")
    );
}

#[test]
fn a_long_row_is_decided_and_one_too_long_is_refused() {
    let with = |spaces: usize| {
        let mut policy = full();
        let long = |number: usize| format!("{}{number}", "s".repeat(500));
        for row in policy.guarded_grants.values_mut().flatten() {
            row.spaces = (0..spaces).map(long).collect();
        }
        render::render(&policy).unwrap()
    };
    let text = with(1_500);
    assert!(text.lines().any(|line| line.len() > 700_000));
    assert_eq!(decide(&text, &json!({})).login, Login::Deny);
    let Err(error) = Evaluator::new(&with(2_500)) else {
        panic!("it was taken");
    };
    assert!(error.message.contains("longer than"), "{error}");
}

#[test]
fn what_might_be_meant_for_a_key_is_no_person_and_a_clock_never_set_is_no_time() {
    let mut policy = full();
    policy.denials = [(
        "machine".to_string(),
        vec![crate::policy::Row {
            all: vec![],
            anyone: false,
            id: "deny-m".into(),
            none: vec![],
        }],
    )]
    .into();
    let text = render::render(&policy).unwrap();
    let login = |login: &str, stamp: i64| {
        decide(
            &text,
            &json!({"session": {"login": login, "member": true, "teams": ["0aaa"]}, "request": {"timestamp_ns": stamp}}),
        )
    };
    let now = 1_764_000_000_000_000_000;
    assert_eq!(login("ann@x", now).login, Login::Allow);
    assert_eq!(login("ann@x", 0).login, Login::Deny);
    for key in ["API::x", "Api::x", "api::x"] {
        let decision = login(key, now);
        assert!(
            decision.because.refusals.contains("deny-m") && decision.because.grants.is_empty(),
            "{key}"
        );
    }
}

/// The decision of a text in v0.
fn decided_v0(text: &str, input: &Value) -> Decision {
    let mut evaluator = Evaluator::of(text, Dialect::V0).unwrap();
    evaluator.decide(input).unwrap()
}

#[test]
fn the_older_dialect_is_read_as_what_it_is() {
    let alice = json!({"session": {"login": "a", "member": true, "teams": ["x"]}});
    let text = "package spacelift
allow { input.session.member }
roles[\"payments\"][\"deployer\"] { input.session.login == \"a\" }
roles[space][slug] { space := \"web\"; slug := input.session.teams[_] }
space_admin[\"root\"] { input.session.member }
team[\"x\"] { input.session.member }
deny { not input.session }
";
    let decision = decided_v0(text, &alice);
    assert_eq!(decision.login, Login::Allow);
    let held: Vec<(&str, Vec<&str>)> = decision
        .roles
        .iter()
        .map(|(space, slugs)| (space.as_str(), slugs.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        held,
        [
            ("payments", vec!["deployer"]),
            ("root", vec!["space-admin"]),
            ("web", vec!["x"])
        ]
    );
    assert_eq!(decision.teams, BTreeSet::from(["x".to_string()]));
    assert_eq!(decided_v0(text, &json!({})).login, Login::Deny);
    // It is no v1, and v1 is none of it.
    assert!(Evaluator::new(text).is_err());
}

#[test]
fn what_the_engine_would_misread_is_no_answer() {
    for text in [
        "package spacelift\nallow if { input.session.admin }\n",
        "package spacelift\nallow if input.session.admin\n",
    ] {
        let error = Evaluator::of(text, Dialect::V0).map(drop).unwrap_err();
        assert!(error.message.contains("`if` without"), "{error}");
        let with = text.replacen('\n', "\nimport future.keywords.if\n", 1);
        assert_eq!(decided_v0(&with, &json!({})).login, Login::Deny);
    }
}

/// A variable of an output's name is the variable, as in OPA, where the text has no rule of that name.
#[test]
fn variables_may_be_called_as_outputs_are() {
    let input = |team: &str| json!({"session": {"teams": [team]}});
    for name in super::OUTPUTS {
        let gives = if name == "admin" { "allow" } else { "admin" };
        let v1 = format!(
            "package spacelift\n\n{gives} if {{\n\tsome {name} in input.session.teams\n\tstartswith({name}, \"a\")\n}}\n"
        );
        let v0 = format!(
            "package spacelift\n\nimport future.keywords.in\n\n{gives} {{\n\tsome {name} in input.session.teams\n\tstartswith({name}, \"a\")\n}}\n"
        );
        let login = match gives {
            "admin" => Login::Admin,
            _ => Login::Allow,
        };
        for (text, dialect) in [(v1, Dialect::V1), (v0, Dialect::V0)] {
            let mut evaluator = Evaluator::foreign(&text, dialect).unwrap();
            let found = evaluator.decide(&input("abc")).unwrap();
            assert_eq!(found.login, login, "{text}");
            assert!(found.teams.is_empty() && found.roles.is_empty(), "{text}");
            assert_eq!(
                evaluator.decide(&input("x")).unwrap().login,
                Login::Deny,
                "{text}"
            );
        }
    }
    // Where the text has the rule, or means it elsewhere, engines differ.
    for more in ["team contains \"x\" if true", "deny if count(team) > 0"] {
        let text = format!(
            "package spacelift\nallow if {{ some team in input.session.teams; team != \"\" }}\n{more}\n"
        );
        assert!(Evaluator::foreign(&text, Dialect::V1).is_err(), "{more}");
    }
    let text = "package spacelift\n\nread if {\n\tsome write in input.session.teams\n\twrite == \"a\"\n}\n";
    let mut evaluator = super::access::AccessEvaluator::foreign(text, Dialect::V1).unwrap();
    let found = evaluator.decide(&input("a")).unwrap();
    assert!(found.read && !found.write, "{found:?}");
    assert!(!evaluator.decide(&input("b")).unwrap().read);
}

#[test]
fn a_module_without_a_rule_is_a_module() {
    for (preamble, outputs) in [
        (PREAMBLE, &super::OUTPUTS[..]),
        (
            super::access::PREAMBLE,
            &["deny", "deny_write", "read", "result", "sample", "write"][..],
        ),
    ] {
        for name in outputs {
            let left = super::without(preamble, &BTreeSet::from([*name]));
            assert!(!left.contains(&format!("default {name} ")), "{left}");
            assert!(
                !left.contains(&format!("\n{name} ")) && !left.contains(&format!("\n{name}[")),
                "{left}"
            );
            assert!(!left.contains(&format!("\"{name}\":")), "{left}");
            let others = preamble.matches("default ").count() - left.matches("default ").count();
            assert!(others <= 1, "{left}");
            let mut engine = regorus::Engine::new();
            engine
                .add_policy("preamble.rego".into(), left.to_string())
                .unwrap();
        }
        assert_eq!(super::without(preamble, &BTreeSet::new()), preamble);
    }
}

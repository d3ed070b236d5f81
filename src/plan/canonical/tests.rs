use serde_json::json;

use super::super::fake::{membership, policy};
use super::*;
use crate::evaluate::{Evaluator, Login};
use crate::policy::ConditionCase;
use crate::render::{self, tests::full};

/// Renames a fact wherever a row asks for it.
fn renamed(mut policy: Policy, from: &str, to: &str) -> Policy {
    fn facts(facts: &mut [Fact], from: &str, to: &str) {
        for fact in facts.iter_mut().filter(|fact| *fact == from) {
            *fact = to.to_string();
        }
    }
    for rows in [
        &mut policy.gate,
        &mut policy.admins,
        &mut policy.denials,
        &mut policy.admin_denials,
    ] {
        if let Some(moved) = rows.remove(from) {
            rows.insert(to.to_string(), moved);
        }
        for row in rows.values_mut().flatten() {
            facts(&mut row.all, from, to);
            facts(&mut row.none, from, to);
        }
    }
    for rows in [&mut policy.grants, &mut policy.guarded_grants] {
        if let Some(moved) = rows.remove(from) {
            rows.insert(to.to_string(), moved);
        }
        for row in rows.values_mut().flatten() {
            facts(&mut row.all, from, to);
            facts(&mut row.none, from, to);
        }
    }
    policy
}

fn assert_same(change: impl FnOnce(&mut Policy)) {
    let mut other = full();
    change(&mut other);
    assert_ne!(other, full(), "nothing was changed");
    assert!(same_decisions(&full(), &other), "{other:?}");
    assert_eq!(*decided_full(), decided(&other), "{other:?}");
}

type Decided = Vec<(Login, BTreeMap<String, BTreeSet<String>>, bool)>;

fn decided_full() -> &'static Decided {
    static DECIDED: std::sync::OnceLock<Decided> = std::sync::OnceLock::new();
    DECIDED.get_or_init(|| decided(&full()))
}

/// Logins, roles and denials of admin rights for sessions that the rows of [`full`] tell apart.
fn decided(policy: &Policy) -> Decided {
    let text = render::render(policy).unwrap();
    let mut evaluator = Evaluator::new(&text).unwrap();
    let mut decisions = Vec::new();
    for login in [
        "api::x",
        "eve@acme.example",
        "bob@acme.example",
        "bg-1@acme.example",
    ] {
        for teams in [json!(["0aaa"]), json!([])] {
            // In the office on a Monday morning in Los Angeles, and far from it.
            for ip in ["203.0.113.9", "198.51.100.1"] {
                let decision = evaluator
                    .decide(&json!({
                        "session": {"login": login, "member": true, "machine": login.starts_with("api::"), "teams": teams},
                        "request": {"remote_ip": ip, "timestamp_ns": 1_767_636_000_000_000_000_i64},
                        "spaces": [{"id": "a"}, {"id": "root"}],
                    }))
                    .unwrap();
                decisions.push((decision.login, decision.roles, decision.deny_admin));
            }
        }
    }
    decisions
}

#[test]
fn the_sessions_are_told_apart() {
    let kinds: BTreeSet<_> = decided_full().iter().collect();
    assert!(kinds.len() >= 3, "{kinds:?}");
}

fn assert_differs(change: impl FnOnce(&mut Policy)) {
    let mut other = full();
    change(&mut other);
    assert!(!same_decisions(&full(), &other), "{other:?}");
    assert!(!same_decisions(&other, &full()), "{other:?}");
}

#[test]
fn names_make_no_difference() {
    assert_same(|policy| {
        policy.groups.get_mut("0aaa").unwrap().group = "billing".into();
        *policy = renamed(policy.clone(), "group payments", "group billing");
    });
    assert_same(|policy| {
        let cases = policy.conditions.remove("office").unwrap();
        policy.conditions.insert("desk".into(), cases);
        *policy = renamed(policy.clone(), "condition office", "condition desk");
    });
    assert_same(|policy| policy.mapping = "other.yaml".into());
    assert_same(|policy| {
        policy.denials.values_mut().flatten().next().unwrap().id = "other".into();
        policy.grants.values_mut().flatten().next().unwrap().id = "other".into();
    });
    assert_same(|policy| {
        policy
            .offboarded
            .insert("bob@acme.example".into(), "robert@acme.example".into());
    });
}

#[test]
fn names_that_change_places_do() {
    let mut one = policy();
    one.groups.insert("0bbb".into(), membership("billing"));
    one.admins = BTreeMap::from([(
        "group billing".into(),
        one.admins.into_values().next().unwrap(),
    )]);
    let mut other = one.clone();
    other.groups.get_mut("0aaa").unwrap().group = "billing".into();
    other.groups.get_mut("0bbb").unwrap().group = "payments".into();
    assert!(!same_decisions(&one, &other));
}

#[test]
fn what_nothing_asks_for_makes_no_difference() {
    assert_same(|policy| {
        policy.groups.insert("unused".into(), membership("unused"));
        policy.patterns.insert("*@x.example".into(), "^x$".into());
        policy.conditions.insert("unused".into(), vec![]);
        policy.admin_roles.insert("unused".into());
    });
    // Nobody can be denied anything, so nobody is beyond denials.
    let mut one = policy();
    assert!(one.denials.is_empty() && one.admin_denials.is_empty() && one.offboarded.is_empty());
    one.break_glass = BTreeSet::new();
    let mut other = policy();
    other.break_glass = BTreeSet::from(["ada@acme.example".into()]);
    assert!(same_decisions(&one, &other));
    // One denial of any kind, and it matters.
    let kinds: [fn(&mut Policy); 3] = [
        |policy| policy.offboarded = BTreeMap::from([("a".into(), "a".into())]),
        |policy| policy.denials = full().denials,
        |policy| policy.admin_denials = full().admin_denials,
    ];
    for (at, deny) in kinds.into_iter().enumerate() {
        let (mut one, mut other) = (one.clone(), other.clone());
        deny(&mut one);
        deny(&mut other);
        assert!(!same_decisions(&one, &other), "{at}");
    }
}

#[test]
fn order_and_layout_make_no_difference() {
    assert_same(|policy| {
        let rows = policy.guarded_grants.values_mut().next().unwrap();
        rows[0].all.reverse();
        let again = rows[0].clone();
        rows.push(again);
    });
    // Which of its facts a row stands under.
    assert_same(|policy| {
        let mut rows = policy.guarded_grants.remove("machine").unwrap();
        rows[0].all[0] = "machine".into();
        policy
            .guarded_grants
            .insert("condition office".into(), rows);
    });
    // One grant of two spaces, or two grants of one.
    assert_same(|policy| {
        let rows = policy.grants.get_mut("group payments").unwrap();
        let mut second = rows[0].clone();
        second.spaces = vec![rows[0].spaces.remove(0)];
        rows.push(second);
    });
    // A plain row in the other table.
    assert_same(|policy| {
        let rows = policy.grants.remove("group payments").unwrap();
        policy.guarded_grants.insert("group payments".into(), rows);
    });
    assert_same(|policy| {
        let case = &mut policy.conditions.get_mut("office").unwrap()[0];
        case.networks.as_mut().unwrap().reverse();
    });
}

#[test]
fn what_decides_does() {
    assert_differs(|policy| policy.settings.no_grants = NoGrants::Admit);
    assert_differs(|policy| policy.settings.no_groups = NoGroups::Known);
    assert_differs(|policy| {
        policy.groups.insert("0bbb".into(), membership("payments"));
    });
    assert_differs(|policy| policy.groups.get_mut("0aaa").unwrap().ends = None);
    assert_differs(|policy| {
        policy
            .patterns
            .insert("*@acme.example".into(), "^.*$".into());
    });
    assert_differs(|policy| {
        let case = ConditionCase {
            networks: None,
            window: None,
        };
        policy.conditions.get_mut("office").unwrap().push(case);
    });
    assert_differs(|policy| {
        let window = policy.conditions.get_mut("office").unwrap()[0]
            .window
            .as_mut();
        window.unwrap().until += 1;
    });
    assert_differs(|policy| policy.break_glass.clear());
    assert_differs(|policy| policy.offboarded.clear());
    assert_differs(|policy| policy.gate.clear());
    assert_differs(|policy| policy.admins.clear());
    assert_differs(|policy| policy.denials.clear());
    assert_differs(|policy| policy.admin_denials.clear());
    assert_differs(|policy| policy.grants.clear());
    assert_differs(|policy| policy.guarded_grants.clear());
    assert_differs(|policy| {
        let row = policy.denials.values_mut().flatten().next().unwrap();
        row.all = std::mem::take(&mut row.none);
    });
    for change in [
        (|row| row.anyone = false) as fn(&mut crate::policy::GrantRow),
        |row| row.starts = None,
        |row| row.ends = Some(1),
        |row| row.roles = vec!["space-admin".into()],
        |row| row.spaces = vec!["legacy".into()],
        |row| row.none.push("group payments".into()),
    ] {
        assert_differs(|policy| {
            change(policy.guarded_grants.values_mut().flatten().next().unwrap())
        });
    }
}

#[test]
fn administrative_roles_matter_where_they_can_be_taken() {
    // `space-reader` is granted on root, and admin rights can be denied.
    assert_differs(|policy| {
        policy.admin_roles.insert("space-reader".into());
    });
    // What is granted on another space cannot be taken, and is not asked about.
    let elsewhere = |roles: &[&str]| {
        let mut policy = full();
        let rows = policy.grants.values_mut().flatten();
        rows.for_each(|row| row.spaces = vec!["a".into()]);
        let rows = policy.guarded_grants.values_mut().flatten();
        rows.for_each(|row| row.spaces = vec!["a".into()]);
        policy.admin_roles = roles.iter().map(|role| (*role).to_string()).collect();
        policy
    };
    assert!(same_decisions(
        &elsewhere(&[]),
        &elsewhere(&["space-reader"])
    ));
    let without = |roles: &[&str]| Policy {
        admin_denials: BTreeMap::new(),
        admin_roles: roles.iter().map(|role| (*role).to_string()).collect(),
        ..full()
    };
    assert!(same_decisions(&without(&[]), &without(&["space-reader"])));
}

#[test]
fn keys_teams_and_channels_decide_too() {
    let row = |id: &str| crate::policy::Row {
        all: vec![],
        anyone: false,
        id: id.into(),
        none: vec![],
    };
    let rich = || {
        let mut policy = full();
        policy.api_keys = BTreeMap::from([("ci".into(), "01HZX".into())]);
        policy.denials.insert("key ci".into(), vec![row("deny-2")]);
        policy.settings.teams = crate::policy::Rewriting::Keep;
        policy.own_teams = BTreeSet::from(["Night shift".into()]);
        policy.additions = BTreeMap::from([("everyone".into(), vec![row("Night shift")])]);
        let roles = BTreeMap::from([("a".into(), vec!["space-reader".into()])]);
        policy.slack = BTreeMap::from([("T01/C01".into(), roles)]);
        policy
    };
    assert!(same_decisions(&rich(), &rich()));
    let changes: [fn(&mut Policy); 8] = [
        |policy| policy.additions.clear(),
        |policy| policy.additions.values_mut().flatten().next().unwrap().id = "Day".into(),
        |policy| {
            policy
                .additions
                .values_mut()
                .flatten()
                .next()
                .unwrap()
                .anyone = true
        },
        |policy| policy.own_teams.clear(),
        |policy| policy.slack.clear(),
        |policy| policy.settings.teams = crate::policy::Rewriting::Replace,
        |policy| {
            policy.api_keys.insert("ci".into(), "01HZY".into());
        },
        |policy| {
            policy.denials.remove("key ci");
        },
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut other = rich();
        change(&mut other);
        assert!(!same_decisions(&rich(), &other), "{at}");
        assert!(!same_decisions(&other, &rich()), "{at}");
    }
    // A key's name is a login that counts, as its id is.
    let mut renamed = rich();
    let id = renamed.api_keys.remove("ci").unwrap();
    renamed.api_keys.insert("robot".into(), id);
    let denied = renamed.denials.remove("key ci").unwrap();
    renamed.denials.insert("key robot".into(), denied);
    assert!(!same_decisions(&rich(), &renamed));
}

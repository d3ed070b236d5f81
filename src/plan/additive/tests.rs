use super::super::fake::{Fake, Mapping, membership, policy, role};
use super::*;
use crate::evaluate::foreign::InProcess;
use crate::model::MostPeople;
use crate::plan::{Plan, plan};
use crate::policy::{ConditionCase, GrantRow, Membership, Window};
use crate::render;

type Edit = fn(&mut Policy);

fn row(all: &[&str], none: &[&str]) -> Row {
    let facts = |facts: &[&str]| facts.iter().map(|fact| (*fact).to_string()).collect();
    Row {
        all: facts(all),
        anyone: false,
        id: "row".into(),
        none: facts(none),
    }
}

fn first(policy: &mut Policy) -> &mut GrantRow {
    policy
        .grants
        .get_mut("group payments")
        .unwrap()
        .first_mut()
        .unwrap()
}

/// Moves the first grant to the table of those that ask for more, and changes it.
fn guarded(policy: &mut Policy, change: fn(&mut GrantRow)) {
    let mut row = policy.grants.get_mut("group payments").unwrap().remove(0);
    change(&mut row);
    policy
        .guarded_grants
        .insert("group payments".into(), vec![row]);
}

fn case(networks: Option<&[&str]>, window: Option<(u16, u16)>) -> ConditionCase {
    ConditionCase {
        networks: networks.map(|all| all.iter().map(|one| (*one).to_string()).collect()),
        window: window.map(|(from, until)| Window {
            days: vec!["Monday".into()],
            from,
            until,
            zone: "Europe/Vienna".into(),
        }),
    }
}

/// One and the other, by edits of one policy.
fn pair(old: Edit, new: Edit) -> (Policy, Policy) {
    let (mut was, mut is) = (policy(), policy());
    old(&mut was);
    new(&mut is);
    (was, is)
}

#[test]
fn what_only_adds_takes_nothing() {
    let same: Edit = |_| {};
    let pairs: Vec<(&str, Edit, Edit)> = vec![
        ("nothing", same, same),
        ("a role", |policy| first(policy).roles.clear(), same),
        ("a space", same, |policy| {
            first(policy).spaces.push("legacy".into())
        }),
        ("a value of a group", same, |policy| {
            policy.groups.insert("0bbb".into(), membership("payments"));
        }),
        (
            "a longer life of a value",
            |policy| {
                policy.groups.insert(
                    "0aaa".into(),
                    Membership {
                        ends: Some(5),
                        group: "payments".into(),
                    },
                );
            },
            |policy| {
                policy.groups.insert(
                    "0aaa".into(),
                    Membership {
                        ends: Some(6),
                        group: "payments".into(),
                    },
                );
            },
        ),
        (
            "a denial less",
            |policy| {
                policy
                    .denials
                    .insert("everyone".into(), vec![row(&[], &[])]);
            },
            same,
        ),
        (
            "a narrower denial",
            |policy| {
                policy
                    .denials
                    .insert("group payments".into(), vec![row(&[], &[])]);
            },
            |policy| {
                policy
                    .denials
                    .insert("group payments".into(), vec![row(&["member"], &["like a"])]);
            },
        ),
        (
            "an end that goes",
            |policy| guarded(policy, |row| row.ends = Some(5)),
            same,
        ),
        (
            "an earlier start",
            |policy| guarded(policy, |row| row.starts = Some(5)),
            |policy| guarded(policy, |row| row.starts = Some(4)),
        ),
        (
            "less asked",
            |policy| guarded(policy, |row| row.all.push("condition office".into())),
            same,
        ),
        (
            "less excluded",
            |policy| guarded(policy, |row| row.none.push("group payments".into())),
            same,
        ),
        (
            "a wider condition",
            |policy| {
                guarded(policy, |row| row.all.push("condition office".into()));
                policy.conditions.insert(
                    "office".into(),
                    vec![case(Some(&["10.0.0.0/8"]), Some((60, 120)))],
                );
            },
            |policy| {
                guarded(policy, |row| row.all.push("condition office".into()));
                policy.conditions.insert(
                    "office".into(),
                    vec![case(None, Some((0, 120))), case(Some(&["::/0"]), None)],
                );
            },
        ),
        ("everyone instead of a group", same, |policy| {
            let rows = policy.grants.remove("group payments").unwrap();
            policy.grants.insert("everyone".into(), rows);
        }),
        ("an admin", same, |policy| {
            policy
                .admins
                .insert("group payments".into(), vec![row(&[], &[])]);
        }),
        ("admittance", same, |policy| {
            policy.settings.no_grants = NoGrants::Admit
        }),
        (
            "somebody who comes back",
            |policy| {
                policy
                    .offboarded
                    .insert("bob@acme.example".into(), "bob@acme.example".into());
            },
            same,
        ),
        ("another name for a group", same, |policy| {
            let rows = policy.grants.remove("group payments").unwrap();
            policy.grants.insert("group billing".into(), rows);
            policy.groups.insert("0aaa".into(), membership("billing"));
        }),
    ];
    for (what, old, new) in pairs {
        let (was, is) = pair(old, new);
        assert_eq!(taken(&was, &is), Vec::<String>::new(), "{what}");
    }
}

#[test]
fn what_takes_is_told_of() {
    let same: Edit = |_| {};
    let pairs: Vec<(&str, Edit, Edit)> = vec![
        (
            "`deployer` on `payments`: `group payments`",
            same,
            |policy| first(policy).roles.clear(),
        ),
        ("`deployer` on `payments`", same, |policy| {
            first(policy).spaces = vec!["legacy".into()]
        }),
        ("`deployer` on `payments`", same, |policy| {
            first(policy).spaces = vec!["*".into()]
        }),
        ("`deployer` on `payments`", same, |policy| {
            guarded(policy, |row| row.ends = Some(5))
        }),
        ("`deployer` on `payments`", same, |policy| {
            guarded(policy, |row| row.starts = Some(5))
        }),
        ("`deployer` on `payments`", same, |policy| {
            guarded(policy, |row| row.all.push("condition office".into()))
        }),
        ("`deployer` on `payments`", same, |policy| {
            guarded(policy, |row| row.none.push("group payments".into()))
        }),
        ("`group payments`", same, |policy| {
            policy.groups.clear();
        }),
        ("`group payments`", same, |policy| {
            policy.groups.insert(
                "0aaa".into(),
                Membership {
                    ends: Some(5),
                    group: "payments".into(),
                },
            );
        }),
        (
            "no longer an account admin: `login ada@acme.example`",
            same,
            |policy| policy.admins.clear(),
        ),
        ("no longer passes the gate", same, |policy| {
            policy.gate = Rows::from([("member".into(), vec![row(&["group payments"], &[])])]);
        }),
        (
            "newly refused: `group payments` and not `condition office`",
            same,
            |policy| {
                policy.denials.insert(
                    "group payments".into(),
                    vec![row(&[], &["condition office"])],
                );
            },
        ),
        (
            // To exclude more values from an exemption is to deny more.
            "newly refused",
            |policy| {
                policy.groups.insert("0bbb".into(), membership("b"));
                policy
                    .denials
                    .insert("everyone".into(), vec![row(&[], &["group b"])]);
            },
            |policy| {
                policy
                    .denials
                    .insert("everyone".into(), vec![row(&[], &["group b"])]);
            },
        ),
        ("newly without administrative rights", same, |policy| {
            policy
                .admin_denials
                .insert("everyone".into(), vec![row(&[], &[])]);
        }),
        ("newly offboarded: `bob@acme.example`", same, |policy| {
            policy
                .offboarded
                .insert("bob@acme.example".into(), "bob@acme.example".into());
        }),
        (
            "no longer beyond denials: `ada@acme.example`",
            |policy| {
                policy.break_glass.insert("ada@acme.example".into());
            },
            same,
        ),
        (
            "without a role",
            |policy| policy.settings.no_grants = NoGrants::Admit,
            |policy| policy.settings.no_grants = NoGrants::Refuse,
        ),
        (
            "in no group",
            |policy| policy.settings.no_groups = NoGroups::Known,
            |policy| policy.settings.no_groups = NoGroups::Unknown,
        ),
        (
            "teams",
            |policy| policy.settings.teams = Rewriting::None,
            |policy| policy.settings.teams = Rewriting::Replace,
        ),
        ("teams", same, |policy| {
            policy.own_teams.insert("x".into());
        }),
        (
            "newly an administrative role",
            |policy| {
                first(policy).spaces = vec!["root".into()];
                policy
                    .admin_denials
                    .insert("everyone".into(), vec![row(&[], &[])]);
            },
            |policy| {
                first(policy).spaces = vec!["root".into()];
                policy
                    .admin_denials
                    .insert("everyone".into(), vec![row(&[], &[])]);
                policy.admin_roles.insert("deployer".into());
            },
        ),
    ];
    for (what, old, new) in pairs {
        let (was, is) = pair(old, new);
        let told = taken(&was, &is).join("\n");
        assert!(told.contains(what), "{what}: {told:?}");
    }
}

fn planned(mapping: &Mapping, fake: &Fake) -> Plan {
    plan(&mapping.desired(), fake, &InProcess).unwrap()
}

fn codes(plan: &Plan) -> Vec<&'static str> {
    plan.refusals.iter().map(|one| one.code.code()).collect()
}

#[test]
fn a_plan_that_is_to_add_only_is_refused_where_it_takes() {
    let mut less = policy();
    less.grants.get_mut("group payments").unwrap().pop();
    let less = render::render(&less).unwrap();
    let mut more = policy();
    more.grants
        .insert("everyone".into(), vec![first(&mut policy()).clone()]);
    let more = render::render(&more).unwrap();
    let mut mapping = Mapping::new();
    mapping.model.guards.max_people_losing_access = MostPeople::Share(100);
    for (add_only, body, wanted) in [
        (true, &less, vec![]),
        (true, &more, vec!["takes-away"]),
        (false, &more, vec![]),
    ] {
        mapping.add_only = add_only;
        let plan = planned(&mapping, &Fake::new().with_body(body));
        assert_eq!(codes(&plan), wanted);
        assert_eq!(plan.changes.len(), 1);
    }
    // Where it cannot be told, it may: by hand, another's, none and with another policy.
    mapping.add_only = true;
    let edited = more.replace("everyone", "nobody at all");
    for fake in [
        Fake::new().with_body(&edited),
        Fake::new().with_body("package spacelift\nallow if input.session.member\n"),
        Fake::new(),
    ] {
        let plan = planned(&mapping, &fake);
        assert!(codes(&plan).contains(&"takes-away"), "{:?}", plan.refusals);
    }
    // Without a policy members sign in: one that admits them takes nothing.
    let mut admits = policy();
    admits.settings.no_grants = NoGrants::Admit;
    let mut mapping = Mapping::of(admits);
    mapping.add_only = true;
    assert_eq!(codes(&planned(&mapping, &Fake::new())), Vec::<&str>::new());
}

#[test]
fn a_role_that_loses_an_action_or_goes_takes() {
    let mut mapping = Mapping::new();
    mapping.add_only = true;
    let fake = |actions: &[&str]| {
        Fake::new()
            .with_body(&Mapping::new().text)
            .without_role("deployer")
            .with_role(role("deployer", actions))
    };
    let plan = planned(&mapping, &fake(&["SPACE_READ"]));
    assert_eq!((codes(&plan), plan.changes.len()), (vec![], 1));
    let plan = planned(
        &mapping,
        &fake(&["RUN_CONFIRM", "RUN_TRIGGER", "SPACE_READ"]),
    );
    assert_eq!(codes(&plan), ["takes-away"]);
    assert!(
        plan.refusals[0]
            .message
            .contains("run:confirm from the role `deployer`")
    );

    mapping.delete_roles = vec!["old".into()];
    let fake = Fake::new()
        .with_body(&mapping.text)
        .with_role(role("old", &["SPACE_READ"]));
    let plan = planned(&mapping, &fake);
    assert_eq!(codes(&plan), ["takes-away"]);
}

//! Pushes of roles, alone and beside the policy.

use super::*;
use crate::evaluate::foreign::Decide as _;
use crate::model::{Dialect, MostPeople, RoleKind};
use crate::plan::fake::role;
use crate::spacelift::RoleUpdate;

/// The mapping with these actions for `deployer`.
fn with(actions: &[&str]) -> Mapping {
    let mut mapping = Mapping::new();
    let actions = actions.iter().map(|action| (*action).to_string());
    mapping.model.roles.get_mut("deployer").unwrap().kind = RoleKind::Declared(actions.collect());
    mapping
}

/// A mapping whose push narrows `deployer`, changes the policy, widens `deployer`, and deletes `releaser`.
fn everything() -> (Mapping, Fake) {
    let mut mapping = with(&["space:read", "run:confirm"]);
    mapping.delete_roles = vec!["releaser".into()];
    let fake = update().with_role(role("releaser", &["SPACE_READ"]));
    (mapping, fake)
}

fn planned(mapping: &Mapping, fake: &Fake) -> Plan {
    let plan = plan(&mapping.desired(), fake, &InProcess).unwrap();
    assert_eq!(plan.refusals, vec![]);
    plan
}

fn pushed(plan: &Plan, fake: &Fake) -> Result<Outcome, Stopped> {
    push(plan, fake, fake, &Clock::default())
}

fn words(applied: &[Applied]) -> Vec<String> {
    let said = |one: &Applied| format!("{} {}", one.what, one.name);
    applied.iter().map(said).collect()
}

#[test]
fn a_role_is_created_and_then_there_is_nothing_left_to_do() {
    let fake = Fake::new().without_role("deployer");
    let outcome = pushed(&planned(&Mapping::new(), &fake), &fake).unwrap();
    assert!(outcome.verified);
    assert_eq!(
        words(&outcome.applied),
        ["role created deployer", "policy created liftgate"]
    );
    assert_eq!(outcome.applied[0].id, "01deployer");
    let Sent::RoleCreate(draft) = &fake.writes.borrow()[0] else {
        panic!();
    };
    assert_eq!(draft.actions, ["RUN_TRIGGER", "SPACE_READ"]);
    assert!(draft.description.is_some());
    assert_eq!(planned(&Mapping::new(), &fake).changes, vec![]);
}

#[test]
fn a_change_of_a_role_leaves_the_policy_alone() {
    let fake = Fake::new().with_body(&Mapping::new().text);
    let mapping = with(&["space:read", "run:confirm"]);
    let outcome = pushed(&planned(&mapping, &fake), &fake).unwrap();
    assert_eq!(words(&outcome.applied), ["role updated deployer"]);
    let update = RoleUpdate {
        name: None,
        actions: Some(vec!["RUN_CONFIRM".into(), "SPACE_READ".into()]),
    };
    assert_eq!(
        *fake.writes.borrow(),
        [Sent::RoleUpdate("01deployer".into(), update)]
    );
    assert_eq!(planned(&mapping, &fake).changes, vec![]);
}

#[test]
fn everything_is_done_in_order_and_once() {
    let (mapping, fake) = everything();
    let outcome = pushed(&planned(&mapping, &fake), &fake).unwrap();
    assert_eq!(
        words(&outcome.applied),
        [
            "role updated deployer",
            "policy updated liftgate",
            "role updated deployer",
            "role deleted releaser"
        ]
    );
    assert_eq!(fake.writes.borrow().len(), 4);
    assert_eq!(
        fake.role("deployer").unwrap().actions,
        ["RUN_CONFIRM", "SPACE_READ"]
    );
    assert_eq!(fake.role("releaser"), None);
    let again = Mapping {
        delete_roles: vec![],
        ..mapping
    };
    assert_eq!(planned(&again, &fake).changes, vec![]);
}

/// A fault at each write in turn: what was done before it is told, nothing is done after it, and the next push finishes.
#[test]
fn a_fault_at_any_step_stops_there_and_the_next_push_finishes() {
    for fault in [Fault::Down, Fault::Refused, Fault::Overwritten] {
        for at in 0..4 {
            let (mapping, mut fake) = everything();
            (fake.fault, fake.fault_at) = (fault, at);
            let plan = planned(&mapping, &fake);
            let stopped = pushed(&plan, &fake).unwrap_err();
            assert_eq!(stopped.applied.len(), at);
            let sent = if fault == Fault::Down {
                PAUSES.len()
            } else {
                1
            };
            assert_eq!(fake.writes.borrow().len(), at + sent);
            match (&stopped.error, fault) {
                (PushError::Write(Error::Refused { .. }), Fault::Refused) => {}
                (PushError::NotLive { live, cause, .. }, Fault::Down) => {
                    assert_eq!(*live, Live::Before);
                    assert!(cause.as_ref().unwrap().may_have_written());
                }
                (PushError::NotLive { target, live, .. }, Fault::Overwritten) => {
                    let wanted = if target.goes {
                        Live::Before
                    } else {
                        Live::Other((at == 1).then_some(2_000))
                    };
                    assert_eq!(*live, wanted, "{at}");
                }
                other => panic!("{other:?}"),
            }
            if fault != Fault::Overwritten {
                fake.fault = Fault::None;
                *fake.before.borrow_mut() = None;
                pushed(&planned(&mapping, &fake), &fake).unwrap();
                assert_eq!(fake.role("releaser"), None);
            }
        }
    }
}

#[test]
fn a_write_without_an_answer_is_looked_for_at_each_step() {
    for at in 0..4 {
        let (mapping, mut fake) = everything();
        (fake.fault, fake.fault_at) = (Fault::Unanswered, at);
        let outcome = pushed(&planned(&mapping, &fake), &fake).unwrap();
        assert_eq!(outcome.applied.len(), 4);
    }
    let mut fake = Fake::new().without_role("deployer");
    fake.fault = Fault::Unanswered;
    let outcome = pushed(&planned(&Mapping::new(), &fake), &fake).unwrap();
    assert_eq!(outcome.applied[0].id, "01deployer");
}

#[test]
fn a_stale_reading_of_a_role_is_read_again() {
    let fake = Fake::new().with_body(&Mapping::new().text);
    let mapping = with(&["space:read"]);
    let plan = planned(&mapping, &fake);
    fake.lag.set(2);
    assert!(pushed(&plan, &fake).unwrap().verified);

    for (mapping, fake, live, words) in [
        (
            with(&["space:read"]),
            Fake::new().with_body(&Mapping::new().text),
            Live::Before,
            "the role `deployer` was sent, and what was there before is still live",
        ),
        (
            Mapping::new(),
            Fake::new().without_role("deployer"),
            Live::Nothing,
            "the role `deployer` was sent, and is not there",
        ),
        (
            Mapping {
                delete_roles: vec!["releaser".into()],
                ..Mapping::new()
            },
            Fake::new()
                .with_body(&Mapping::new().text)
                .with_role(role("releaser", &["SPACE_READ"])),
            Live::Before,
            "the deletion of the role `releaser` was sent, and it is still there",
        ),
    ] {
        let plan = planned(&mapping, &fake);
        fake.lag.set(PAUSES.len());
        let stopped = pushed(&plan, &fake).unwrap_err();
        assert_eq!(stopped.to_string(), words);
        assert!(!stopped.error.is_refusal());
        let PushError::NotLive { live: shows, .. } = stopped.error else {
            panic!("{stopped:?}");
        };
        assert_eq!(shows, live);
    }
}

#[test]
fn a_reading_of_roles_that_fails_leaves_it_unknown() {
    let (mapping, mut fake) = everything();
    fake.blind = true;
    let stopped = pushed(&planned(&mapping, &fake), &fake).unwrap_err();
    assert_eq!(stopped.applied, vec![]);
    assert!(
        matches!(
            &stopped.error,
            PushError::NotLive {
                live: Live::Unknown,
                cause: Some(_),
                ..
            }
        ),
        "{stopped:?}"
    );
}

#[test]
fn another_slug_stops_the_push_before_the_policy() {
    let mut fake = Fake::new().without_role("deployer");
    fake.fault = Fault::WrongSlug;
    let plan = planned(&Mapping::new(), &fake);
    let stopped = pushed(&plan, &fake).unwrap_err();
    assert!(stopped.error.is_refusal());
    assert_eq!(
        stopped.to_string(),
        "the role that is named `deployer` has the slug `deployer-2`, and the mapping declares `deployer`; nothing after it was changed"
    );
    let hint = stopped.error.hint();
    assert!(
        hint.contains("declare the role as `deployer-2`")
            && hint.contains("--delete-role deployer-2"),
        "{hint}"
    );
    assert_eq!((fake.ours(), fake.writes.borrow().len()), (None, 1));

    // A rename that takes the slug along.
    let mut fake = update();
    fake.fault = Fault::WrongSlug;
    let mut mapping = with(&["space:read"]);
    mapping.model.roles.get_mut("deployer").unwrap().name = Some("Deploys".into());
    let before = fake.roles.borrow().clone();
    let plan = planned(&mapping, &fake);
    let stopped = pushed(&plan, &fake).unwrap_err();
    assert_eq!(
        stopped.to_string(),
        "the role that is named `Deploys` has the slug `deployer-2`, and the mapping declares `deployer`; its old name was put back, and nothing after it was changed"
    );
    assert!(stopped.error.is_refusal());
    assert_eq!(*fake.roles.borrow(), before);
    assert_eq!(fake.ours().unwrap().body, older());

    // And where the way back fails, too.
    for (next, sent) in [(Fault::Refused, 2), (Fault::WrongSlug, 2)] {
        let mut fake = update();
        (fake.fault, fake.next_fault) = (Fault::WrongSlug, next);
        let stopped = pushed(&plan, &fake).unwrap_err();
        assert!(
            matches!(
                stopped.error,
                PushError::Slug {
                    back: Some(false),
                    ..
                }
            ),
            "{stopped:?}"
        );
        assert!(!stopped.error.is_refusal());
        assert!(stopped.to_string().ends_with("could not be put back"));
        assert!(stopped.error.hint().contains("by hand at once"));
        assert_eq!(fake.writes.borrow().len(), sent);
    }
}

#[test]
fn a_role_that_another_makes_first_is_a_refusal() {
    let mut fake = Fake::new().without_role("deployer");
    fake.fault = Fault::Taken;
    let (code, message) =
        refused(pushed(&planned(&Mapping::new(), &fake), &fake).map_err(|one| one.error));
    assert_eq!(code, Guard::Moved);
    assert!(
        message.contains("the role `deployer` was created"),
        "{message}"
    );
}

/// Found before the first change, also where a later step is concerned.
#[test]
fn what_moved_is_found_before_anything_is_written() {
    type Move = fn(&Fake);
    let moves: [(Move, &str); 8] = [
        (
            |fake| fake.edit_role("deployer", |role| role.actions.push("TASK_CREATE".into())),
            "the role `deployer` changed",
        ),
        (
            |fake| fake.edit_role("deployer", |role| role.name = "other".into()),
            "the role `deployer` changed",
        ),
        (
            |fake| fake.edit_role("deployer", |role| role.slug = "other".into()),
            "the role `deployer` changed",
        ),
        (
            |fake| fake.edit_role("releaser", |role| role.system = true),
            "the role `releaser` changed",
        ),
        (
            |fake| fake.edit_role("releaser", |role| role.bindings = Some(1)),
            "the role `releaser` was bound",
        ),
        (
            |fake| {
                fake.roles
                    .borrow_mut()
                    .as_mut()
                    .unwrap()
                    .retain(|role| role.slug != "releaser")
            },
            "the role `releaser` was deleted",
        ),
        (
            |fake| fake.edit(|policy| policy.body.push('\n')),
            "the policy `liftgate` changed",
        ),
        (
            |fake| *fake.roles.borrow_mut() = None,
            "the role `deployer` was deleted",
        ),
    ];
    for (change, words) in moves {
        let (mapping, fake) = everything();
        let plan = planned(&mapping, &fake);
        change(&fake);
        let (code, message) = refused(pushed(&plan, &fake).map_err(|one| one.error));
        assert_eq!(code, Guard::Moved);
        assert!(message.starts_with(words), "{message}");
        assert!(fake.writes.borrow().is_empty());
    }
    for change in [
        (|role| role.slug = "deployer".into()) as fn(&mut crate::spacelift::Role),
        |role| role.name = "deployer".into(),
    ] {
        let fake = Fake::new().without_role("deployer");
        let plan = planned(&Mapping::new(), &fake);
        let mut appeared = role("other", &[]);
        change(&mut appeared);
        let fake = fake.with_role(appeared);
        let (_, message) = refused(pushed(&plan, &fake).map_err(|one| one.error));
        assert!(message.contains("`deployer` was created"), "{message}");
        assert!(fake.writes.borrow().is_empty());
    }
}

#[test]
fn a_policy_that_comes_to_name_a_role_keeps_it() {
    let mut mapping = Mapping::new();
    mapping.delete_roles = vec!["releaser".into()];
    mapping.model.accepted_policies.insert("sso".into());
    let fake = Fake::new()
        .with_body(&Mapping::new().text)
        .with_role(role("releaser", &["SPACE_READ"]))
        .with_policy(live("sso", "package spacelift\n"));
    let plan = planned(&mapping, &fake);
    fake.policies.borrow_mut().last_mut().unwrap().body =
        "package spacelift\nroles[\"root\"] contains `releaser` if true\n".into();
    let (_, message) = refused(pushed(&plan, &fake).map_err(|one| one.error));
    assert!(
        message.contains("`sso` names the role `releaser`"),
        "{message}"
    );
}

#[test]
fn an_accepted_policy_must_be_as_the_plan_saw_it() {
    let mut mapping = Mapping::new();
    mapping.model.accepted_policies.insert("sso".into());
    let with_sso = || update().with_policy(live("sso", "package spacelift\n"));
    let fake = with_sso();
    let plan = planned(&mapping, &fake);
    pushed(&plan, &fake).unwrap();

    let fake = with_sso();
    fake.policies.borrow_mut().last_mut().unwrap().updated_at += 1;
    let (code, message) = refused(pushed(&plan, &fake).map_err(|one| one.error));
    assert_eq!(code, Guard::Moved);
    assert!(message.contains("`sso` appeared or changed"), "{message}");
}

/// What every probe may do where, by the account as it stands.
fn reach(fake: &Fake) -> BTreeSet<(String, String, String)> {
    let probes = crate::plan::fake::probes();
    let inputs: Vec<serde_json::Value> = probes.iter().map(|probe| probe.input.clone()).collect();
    let body = fake.ours().unwrap().body;
    let decisions = InProcess.decide(&body, Dialect::V1, &inputs).unwrap();
    let mut reach = BTreeSet::new();
    for (probe, decision) in probes.iter().zip(decisions) {
        for (space, slugs) in decision.unwrap().roles {
            let roles = slugs.iter().filter_map(|slug| fake.role(slug));
            for action in roles.flat_map(|role| role.actions) {
                reach.insert((probe.identity.clone(), space.clone(), action));
            }
        }
    }
    reach
}

/// Wherever a push ends, nobody may do more than before it or after all of it.
#[test]
fn no_state_on_the_way_gives_more_than_before_or_after() {
    let text = |who: &[&str]| {
        let mut policy = policy();
        let rows = policy.grants.remove("group payments").unwrap();
        for login in who {
            let fact = format!("login {login}@acme.example");
            policy.grants.insert(fact, vec![rows[0].clone()]);
        }
        policy
    };
    let roles: [&[&str]; 4] = [
        &["space:read"],
        &["space:read", "run:trigger"],
        &["space:read", "run:confirm"],
        &["space:read", "run:trigger", "run:confirm", "space:admin"],
    ];
    let people: [&[&str]; 4] = [&["alice"], &["bob"], &["alice", "bob"], &["ada"]];
    let mut stops = 0;
    for (old_people, new_people) in people
        .iter()
        .flat_map(|a| people.iter().map(move |b| (a, b)))
    {
        for new_actions in roles {
            for old in [
                None,
                Some(["SPACE_READ"].as_slice()),
                Some(&["RUN_TRIGGER", "SPACE_READ"]),
            ] {
                let start = || {
                    let fake = Fake::new().with_body(&render::render(&text(old_people)).unwrap());
                    match old {
                        None => fake.without_role("deployer"),
                        Some(actions) => {
                            let actions = actions.iter().map(|one| (*one).to_string());
                            fake.edit_role("deployer", |role| role.actions = actions.collect());
                            fake
                        }
                    }
                };
                let mut mapping = with(new_actions);
                let wanted = Mapping::of(text(new_people));
                (mapping.policy, mapping.text) = (wanted.policy, wanted.text);
                mapping.admin_roles = vec!["deployer".into()];
                // Whoever loses something is the guards' to count.
                mapping.model.guards.max_people_losing_access = MostPeople::Share(100);
                mapping.model.guards.max_admins_losing_access = 10;
                let fake = start();
                let plan = planned(&mapping, &fake);
                let before = reach(&fake);
                pushed(&plan, &fake).unwrap();
                let allowed: BTreeSet<_> = before.union(&reach(&fake)).cloned().collect();
                for at in 0..plan.changes.len() {
                    let mut fake = start();
                    (fake.fault, fake.fault_at) = (Fault::Refused, at);
                    pushed(&plan, &fake).unwrap_err();
                    let now = reach(&fake);
                    assert!(
                        now.is_subset(&allowed),
                        "{old_people:?} -> {new_people:?}, {old:?} -> {new_actions:?}, step {at}: {:?}",
                        now.difference(&allowed)
                    );
                    stops += 1;
                }
            }
        }
    }
    assert!(stops > 100, "{stops}");
}

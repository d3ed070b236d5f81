//! For every guard an account and a mapping that nothing else is wrong with.

use std::collections::BTreeMap;

use super::super::super::access::tests::{APPS, account, read};
use super::super::super::fake::{Fake, Mapping, live, role};
use super::super::super::people::tests::BASE;
use super::*;
use crate::model::{Guards, MostPeople};
use crate::push::{PushError, Wait, push};
use crate::spacelift::Role;

struct Still;

impl Wait for Still {
    fn wait(&self, _: std::time::Duration) {}
}

/// From one set of entries of `stack_access` to another.
fn on_stacks(before: &str, after: &str, spoil: impl FnOnce(&mut Mapping, &mut Fake)) -> Vec<Guard> {
    let (mut mapping, mut fake) = (read(after), account(&read(before)));
    spoil(&mut mapping, &mut fake);
    codes(&planned(&mapping, &fake).refusals)
}

/// A plan that was right, pushed to an account that is not what it was.
fn pushed(spoil: impl FnOnce(&mut Plan, &mut Fake)) -> Vec<Guard> {
    let (mapping, mut fake) = sound();
    let mut plan = planned(&mapping, &fake);
    assert_eq!(plan.refusals, vec![]);
    spoil(&mut plan, &mut fake);
    match push(&plan, &fake, &fake, &Still).map_err(|stopped| stopped.error) {
        Err(PushError::Refused(refusals)) => codes(&refusals),
        other => panic!("{other:?}"),
    }
}

/// With another set of actions for the role that is declared.
fn declared(actions: &str) -> String {
    BASE.replace("[space:read, run:trigger]", actions)
}

fn without_role(fake: &mut Fake, slug: &str) {
    let roles = fake.roles.get_mut().as_mut().unwrap();
    roles.retain(|role| role.slug != slug);
}

fn delete(slug: &str, add: Option<Role>) -> Vec<Guard> {
    spoilt(|mapping, fake| {
        mapping.delete_roles = vec![slug.into()];
        fake.roles.get_mut().as_mut().unwrap().extend(add);
    })
}

type Case = Box<dyn Fn() -> Vec<Guard>>;

#[allow(clippy::too_many_lines)]
fn cases() -> BTreeMap<Guard, Case> {
    let cases: Vec<(Guard, Case)> = vec![
        (
            Guard::OtherAccount,
            Box::new(|| spoilt(|_, fake| fake.account.name = "beta".into())),
        ),
        (
            Guard::OtherLoginPolicy,
            Box::new(|| {
                spoilt(|_, fake| {
                    let policies = fake.policies.get_mut();
                    policies.push(live("sso", "package spacelift\n"));
                })
            }),
        ),
        (
            Guard::EditedByHand,
            Box::new(|| {
                spoilt(|_, fake| fake.edit(|policy| policy.body.push_str("allow if false\n")))
            }),
        ),
        (
            Guard::AccessUnsupported,
            Box::new(|| {
                on_stacks("", APPS, |mapping, fake| {
                    let hosted = "https://eu.spacelift.io";
                    fake.endpoint = hosted.into();
                    mapping.model.account = crate::model::Account::Endpoint(hosted.into());
                })
            }),
        ),
        (
            Guard::AccessUnknown,
            Box::new(|| {
                on_stacks(APPS, "", |mapping, _| {
                    mapping.delete_access = vec!["apsp".into()];
                })
            }),
        ),
        (
            Guard::AccessNeeded,
            Box::new(|| {
                on_stacks(APPS, APPS, |mapping, _| {
                    mapping.delete_access = vec!["apps".into()];
                })
            }),
        ),
        (
            Guard::AccessOrder,
            Box::new(|| {
                let stacks = |one: &str, two: &str| {
                    format!(
                        "stack_access:\n  - {{name: one, attach: {{stacks: [{one}]}}, read: [payments], deny: [contractors]}}\n  - {{name: two, attach: {{stacks: [{two}]}}, read: [seniors], deny: [payments]}}\n"
                    )
                };
                on_stacks(&stacks("shop", "till"), &stacks("till", "shop"), |_, _| {})
            }),
        ),
        (
            Guard::StackMissing,
            Box::new(|| {
                let missing = APPS.replace("{label: app}", "{stacks: [shopp]}");
                on_stacks("", &missing, |_, _| {})
            }),
        ),
        (
            Guard::StackElsewhere,
            Box::new(|| {
                let elsewhere = APPS.replace("{label: app}", "{stacks: [vault]}");
                on_stacks("", &elsewhere, |_, _| {})
            }),
        ),
        (
            Guard::OtherText,
            Box::new(|| spoilt(|mapping, _| mapping.overwrite = vec!["sha256:".into()])),
        ),
        (
            Guard::TakesAway,
            Box::new(|| {
                let more = BASE.replace("[deployer, space-reader]", "[deployer, space-writer]");
                let few = format!("{BASE}guards: {{max_people_losing_access: 100%}}\n");
                from_to(&more, &few, |mapping, _| mapping.add_only = true)
            }),
        ),
        (
            Guard::ForeignPolicy,
            Box::new(|| {
                spoilt(|_, fake| fake.edit(|policy| policy.body = "package spacelift\n".into()))
            }),
        ),
        (
            Guard::NewerFormat,
            Box::new(|| {
                use sha2::Digest as _;
                let rest = "package spacelift\n";
                let digest = crate::policy::hex(&sha2::Sha256::digest(rest));
                let text =
                    format!("# seal: format=99 policy=sha256:aa text=sha256:{digest}\n{rest}");
                spoilt(|_, fake| fake.edit(|policy| policy.body = text))
            }),
        ),
        (
            Guard::NameTaken,
            Box::new(|| {
                spoilt(|_, fake| {
                    fake.edit(|policy| {
                        policy.kind = PolicyType::Plan;
                        policy.body = "package spacelift\n".into();
                    });
                })
            }),
        ),
        (
            Guard::EngineUnsupported,
            Box::new(|| {
                spoilt(|_, fake| {
                    for policy in fake.policies.get_mut() {
                        policy.engine = None;
                    }
                    // A text that its engine reads, so that nothing else is unknown.
                    let old = BASE.replace("[deployer, space-reader]", "[deployer]");
                    let old = Mapping::read(&format!("{old}rego: v0\n"));
                    fake.edit(|policy| policy.body = old.text);
                })
            }),
        ),
        (
            Guard::Strategy,
            Box::new(|| spoilt(|_, fake| fake.account.scheme = Some(Scheme::ManagedUsers))),
        ),
        (
            Guard::SpaceMissing,
            Box::new(|| spoilt(|_, fake| fake.spaces.retain(|space| space.id != "payments"))),
        ),
        (
            Guard::SpaceDiffers,
            Box::new(|| spoilt(|_, fake| fake.spaces[1].inherit = false)),
        ),
        (
            Guard::RoleMissing,
            Box::new(|| spoilt(|_, fake| without_role(fake, "space-reader"))),
        ),
        (
            Guard::RoleDiffers,
            Box::new(|| {
                spoilt(|_, fake| {
                    fake.edit_role("deployer", |role| {
                        role.system = true;
                        role.actions = vec!["SPACE_READ".into()];
                    });
                })
            }),
        ),
        (
            Guard::RoleSlug,
            Box::new(|| {
                let named = BASE.replace("deployer: {", "deployer: {name: Somebody Else, ");
                spoilt(|mapping, fake| {
                    mapping.model = Mapping::read(&named).model;
                    without_role(fake, "deployer");
                })
            }),
        ),
        (
            Guard::RoleBecomesAdmin,
            Box::new(|| {
                let admin = declared("[space:read, run:trigger, space:admin]");
                from_to(BASE, &admin, |_, _| ())
            }),
        ),
        (
            Guard::RoleReplaced,
            Box::new(|| {
                let other = declared("[run:confirm]");
                let fewer = other.replace("[deployer, space-reader]", "[deployer]");
                from_to(&fewer, &other, |mapping, fake| {
                    fake.edit_role("deployer", |role| role.actions = vec!["RUN_TRIGGER".into()]);
                    mapping.model.guards.max_people_losing_access = MostPeople::Share(100);
                })
            }),
        ),
        (
            Guard::RoleUnknown,
            Box::new(|| delete("relaeser", Some(role("releaser", &["SPACE_READ"])))),
        ),
        (
            Guard::RoleBuiltIn,
            Box::new(|| delete("space-writer", None)),
        ),
        (Guard::RoleNeeded, Box::new(|| delete("deployer", None))),
        (
            Guard::RoleBound,
            Box::new(|| {
                let mut bound = role("auditor", &["SPACE_READ"]);
                bound.bindings = Some(2);
                delete("auditor", Some(bound))
            }),
        ),
        (
            Guard::RolesUnsupported,
            Box::new(|| spoilt(|_, fake| *fake.roles.get_mut() = None)),
        ),
        (
            Guard::NotRootAdmin,
            Box::new(|| spoilt(|_, fake| fake.viewer.admin = false)),
        ),
        (
            Guard::Moved,
            Box::new(|| pushed(|_, fake| fake.edit(|policy| policy.updated_at += 1))),
        ),
        (
            Guard::PlanFormat,
            Box::new(|| pushed(|plan, _| plan.format = 99)),
        ),
        (
            Guard::OtherEndpoint,
            Box::new(|| pushed(|plan, _| plan.endpoint = "https://beta.example".into())),
        ),
        (
            Guard::PlanDamaged,
            Box::new(|| codes(&[crate::plan::Sealed::read("[]").unwrap_err()])),
        ),
        (
            Guard::OtherPlan,
            Box::new(|| codes(&[crate::plan::sealed::other_plan("sha256:00", "sha256:01")])),
        ),
        (
            Guard::Unapproved,
            Box::new(|| codes(&[crate::plan::sealed::unapproved(&["1 losing roles".into()])])),
        ),
        (
            Guard::ServerDisagrees,
            Box::new(|| {
                let mut fake = Fake::new();
                fake.simulator.twist = Some(|_, answer| answer["access_level"] = "admin".into());
                codes(&planned(&Mapping::new(), &fake).refusals)
            }),
        ),
        (
            Guard::NotSimulated,
            Box::new(|| {
                let mut fake = Fake::new();
                fake.simulator.always = Some(Ok(None));
                codes(&planned(&Mapping::new(), &fake).refusals)
            }),
        ),
        (
            Guard::SimulationRefused,
            Box::new(|| {
                let mut fake = Fake::new();
                fake.simulator.always = Some(Ok(Some("not an answer".into())));
                codes(&planned(&Mapping::new(), &fake).refusals)
            }),
        ),
        (
            Guard::PeopleLoseAccess,
            Box::new(|| {
                let fewer = BASE.replace("[deployer, space-reader]", "[deployer]");
                from_to(BASE, &fewer, |_, _| ())
            }),
        ),
        (
            Guard::AdminsLoseAccess,
            Box::new(|| {
                let left = BASE.replace("login: {", "login: {offboarded: [ADM-1@acme.example], ");
                from_to(BASE, &left, |_, _| ())
            }),
        ),
        (
            Guard::TooFewAdmins,
            Box::new(|| {
                spoilt(|mapping, _| {
                    let people = &mut mapping.directory.as_mut().unwrap().people;
                    people.retain(|login, _| {
                        !login.starts_with("adm-") || login.starts_with("adm-1@")
                    });
                })
            }),
        ),
        (
            Guard::LossesUncounted,
            Box::new(|| {
                let one = format!(
                    "{BASE}  - {{who: {{login: p-1@acme.example}}, roles: deployer, spaces: legacy}}\n"
                );
                from_to(&one, BASE, |_, fake| {
                    fake.known.user_sessions = Some(vec![signed_in("stranger@acme.example")]);
                })
            }),
        ),
        (
            Guard::LossesUnknown,
            Box::new(|| {
                spoilt(|mapping, fake| {
                    mapping
                        .model
                        .accepted_policies
                        .insert("liftgate-too".into());
                    fake.edit(|policy| policy.name = "liftgate-too".into());
                })
            }),
        ),
        (
            Guard::DirectoryOld,
            Box::new(|| {
                let one = format!(
                    "{BASE}  - {{who: {{login: p-1@acme.example}}, roles: deployer, spaces: legacy}}\n"
                );
                from_to(&one, BASE, |mapping, _| {
                    mapping.directory.as_mut().unwrap().taken_at = Some(0);
                    mapping.now = Some(Guards::MAX_DIRECTORY_AGE + 1);
                })
            }),
        ),
        (
            Guard::BreakGlassLosesAccess,
            Box::new(|| {
                let glass = format!(
                    "{BASE}  - {{who: {{login: bg@acme.example}}, roles: space-admin, spaces: root}}\n\
                     break_glass: [{{login: bg@acme.example, owner: o, why: w}}]\n"
                );
                let more = glass.replace("roles: space-admin", "roles: [space-admin, deployer]");
                from_to(&more, &glass, |_, _| ())
            }),
        ),
        (
            Guard::PusherLockedOut,
            Box::new(|| {
                let left = BASE.replace("login: {", "login: {offboarded: [ADM-1@acme.example], ");
                let left = format!("{left}guards: {{max_admins_losing_access: 1}}\n");
                from_to(BASE, &left, |_, fake| {
                    fake.viewer = viewer("adm-1@acme.example")
                })
            }),
        ),
    ];
    let count = cases.len();
    let cases: BTreeMap<Guard, Case> = cases.into_iter().collect();
    assert_eq!(cases.len(), count, "a guard has two cases");
    cases
}

#[test]
fn every_guard_has_a_case_in_which_only_it_refuses() {
    let (mapping, fake) = sound();
    let plan = planned(&mapping, &fake);
    assert_eq!(plan.refusals, vec![]);
    assert_eq!(plan.changes.len(), 1);
    let cases = cases();
    let without: Vec<&Guard> = Guard::ALL
        .iter()
        .filter(|guard| !cases.contains_key(guard))
        .collect();
    assert!(without.is_empty(), "guards without a case: {without:?}");
    let mut wrong = Vec::new();
    for (guard, case) in &cases {
        let found = case();
        if found != [*guard] {
            wrong.push(format!("{guard}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

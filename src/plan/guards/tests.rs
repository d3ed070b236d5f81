//! For every guard an account and a mapping that nothing else is wrong with.

use std::collections::BTreeMap;

use super::super::access::tests::{APPS, account, read};
use super::super::fake::{Fake, Mapping, key, live, role};
use super::super::people::tests::{BASE, directory, person, session};
use super::super::{Plan, plan};
use super::*;
use crate::evaluate::foreign::InProcess;
use crate::model::{Guards, MostPeople};
use crate::push::{PushError, Wait, push};
use crate::spacelift::{Role, Viewer};

struct Still;

impl Wait for Still {
    fn wait(&self, _: std::time::Duration) {}
}

/// A mapping and the account that it fits, which gives a little less than it says, so that there is something to push.
fn sound() -> (Mapping, Fake) {
    let before = BASE.replace("[deployer, space-reader]", "[deployer]");
    let mut mapping = Mapping::read(BASE);
    mapping.directory = Some(directory());
    (mapping, Fake::new().with_body(&Mapping::read(&before).text))
}

fn planned(mapping: &Mapping, fake: &Fake) -> Plan {
    plan(&mapping.desired(), fake, &InProcess).unwrap()
}

/// What is noted of guards and of the account; whether the server was asked is another's matter.
fn notes(plan: &Plan) -> Vec<String> {
    let asked = |note: &&String| !note.starts_with("the server was not asked");
    plan.notes.iter().filter(asked).cloned().collect()
}

fn codes(refusals: &[Refusal]) -> Vec<Guard> {
    refusals.iter().map(|one| one.code).collect()
}

/// With an account, or a mapping, that something is wrong with.
fn spoilt(spoil: impl FnOnce(&mut Mapping, &mut Fake)) -> Vec<Guard> {
    let (mut mapping, mut fake) = sound();
    spoil(&mut mapping, &mut fake);
    codes(&planned(&mapping, &fake).refusals)
}

/// From one mapping to another.
fn from_to(before: &str, after: &str, spoil: impl FnOnce(&mut Mapping, &mut Fake)) -> Vec<Guard> {
    spoilt(|mapping, fake| {
        let directory = mapping.directory.take();
        *mapping = Mapping {
            directory,
            ..Mapping::read(after)
        };
        fake.edit(|policy| policy.body = Mapping::read(before).text);
        spoil(mapping, fake);
    })
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
                    fake.known.user_sessions = Some(vec![session("stranger@acme.example")]);
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

fn viewer(login: &str) -> Viewer {
    Viewer {
        id: login.into(),
        login: Some(login.into()),
        name: None,
        admin: true,
    }
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

/// A tunnel to an account ends on this machine, too.
#[test]
fn what_answers_on_this_machine_is_the_sandbox_only_by_its_name() {
    use crate::model::Account;
    let name = Account::Name("acme".into());
    let address = Account::Endpoint("https://spacelift.acme.example".into());
    let other = |wanted: &Account, name: &str, endpoint: &str| {
        super::other_account(wanted, name, endpoint).is_some()
    };
    let here = "http://127.0.0.1:8080";
    assert!(!other(&name, "acme", here));
    assert!(other(&name, "production", here));
    assert!(!other(&address, "https://spacelift.acme.example", here));
    assert!(other(&address, "acme", here));
    assert!(!other(&address, "acme", "https://spacelift.acme.example/"));
}

#[test]
fn what_refuses_says_so_as_messages_do() {
    let fewer = BASE.replace("[deployer, space-reader]", "[deployer]");
    let (mut mapping, fake) = sound();
    fake.edit(|policy| policy.body = Mapping::read(BASE).text);
    mapping = Mapping {
        directory: mapping.directory,
        ..Mapping::read(&fewer)
    };
    let plan = planned(&mapping, &fake);
    let [refusal] = plan.refusals.as_slice() else {
        panic!("{:?}", plan.refusals);
    };
    assert!(
        refusal.message.starts_with("20 people of 24 known would lose access, and at most 2 may at once: `p-0@acme.example`, "),
        "{}",
        refusal.message
    );
    assert!(
        refusal
            .message
            .ends_with("`p-18@acme.example`, and 10 more"),
        "{}",
        refusal.message
    );
}

#[test]
fn the_pusher_keeps_what_no_policy_gives() {
    let refused = |spoil: &dyn Fn(&mut Fake)| spoilt(|_, fake| spoil(fake));
    // A key that administers by itself, one of which nobody says anything, and whoever set single sign-on up.
    assert_eq!(refused(&|fake| fake.known.api_keys = None), []);
    assert_eq!(refused(&|fake| fake.viewer = viewer("api::02")), []);
    assert_eq!(
        refused(&|fake| {
            fake.viewer = viewer("founder@acme.example");
            fake.known.sign_on = Some(crate::spacelift::SignOn {
                saml_admin: Some("founder@acme.example".into()),
                oidc_admin: None,
            });
        }),
        []
    );
    assert_eq!(
        refused(&|fake| fake.viewer = viewer("adm-2@acme.example")),
        []
    );
    // Somebody whose groups nobody knows may be an admin by them.
    let unknown = refused(&|fake| fake.viewer = viewer("who@acme.example"));
    assert_eq!(unknown, [Guard::PusherLockedOut]);
    // A key that the policy makes an admin, and then no longer.
    let by_key = format!(
        "{BASE}  - {{who: {{api_key: ci}}, roles: space-admin, spaces: root}}\napi_keys: {{ci: {{id: \"02\"}}}}\n"
    );
    let loosened = format!("{BASE}guards: {{max_admins_losing_access: 1}}\n");
    let found = from_to(&by_key, &loosened, |_, fake| {
        fake.viewer = viewer("api::02");
        fake.known.api_keys.as_mut().unwrap().push(key("02", false));
    });
    assert_eq!(found, [Guard::PusherLockedOut]);
}

#[test]
fn overrides_set_aside_what_they_name_and_nothing_else() {
    let fewer = BASE.replace("[deployer, space-reader]", "[deployer]");
    let plan_with = |overrides: &[&str]| {
        let (mapping, fake) = sound();
        fake.edit(|policy| policy.body = Mapping::read(BASE).text);
        let overrides = overrides.iter().map(|one| one.parse().unwrap()).collect();
        let mapping = Mapping {
            directory: mapping.directory,
            overrides,
            ..Mapping::read(&fewer)
        };
        planned(&mapping, &fake)
    };
    let plan = plan_with(&["people-lose-access=the team is dissolved"]);
    assert_eq!(plan.refusals, vec![]);
    let [one] = plan.overrides.as_slice() else {
        panic!("{:?}", plan.overrides);
    };
    assert_eq!(one.why, "the team is dissolved");
    assert_eq!(codes(&one.refusals), [Guard::PeopleLoseAccess]);
    assert_eq!(notes(&plan), Vec::<String>::new());

    let plan = plan_with(&["too-few-admins=why not"]);
    assert_eq!(codes(&plan.refusals), [Guard::PeopleLoseAccess]);
    assert!(
        notes(&plan)[0].contains("nothing needs `--override too-few-admins`"),
        "{:?}",
        plan.notes
    );
}

#[test]
fn guards_can_be_looser_and_tighter_and_looser_is_said() {
    let fewer = BASE.replace("[deployer, space-reader]", "[deployer]");
    let with = |guards: &str| {
        let (mapping, fake) = sound();
        fake.edit(|policy| policy.body = Mapping::read(BASE).text);
        let mapping = Mapping {
            directory: mapping.directory,
            ..Mapping::read(&format!("{fewer}guards: {{{guards}}}\n"))
        };
        let plan = planned(&mapping, &fake);
        (codes(&plan.refusals), notes(&plan))
    };
    let (refused, notes) = with("max_people_losing_access: 20");
    assert_eq!(refused, []);
    assert!(
        notes[0].ends_with("looser than usual: 20 people may lose access"),
        "{notes:?}"
    );
    assert_eq!(with("max_people_losing_access: 100%").0, []);
    assert_eq!(
        with("max_people_losing_access: 83%").0,
        [Guard::PeopleLoseAccess]
    );
    let (refused, notes) = with("max_people_losing_access: 20, min_admins: 5");
    assert_eq!((refused, notes.len()), (vec![Guard::TooFewAdmins], 1));
    let (refused, notes) = with("max_people_losing_access: 0, min_admins: 4, min_coverage: 100%");
    assert_eq!((refused, notes.len()), (vec![Guard::PeopleLoseAccess], 0));
}

#[test]
fn seats_and_versions_are_noted() {
    let (mapping, mut fake) = sound();
    let noted = |fake: &Fake| notes(&planned(&mapping, fake));
    for (version, told) in [
        ("0.57.0", 0),
        ("1.22.2", 0),
        ("v1.0.1", 0),
        ("0.57", 0),
        ("1.22", 0),
        ("0.56.9", 1),
        ("1.22.3", 1),
        ("2.0", 1),
        ("next", 1),
    ] {
        fake.account.opa = Some(version.into());
        assert_eq!(noted(&fake).len(), told, "{version}");
    }
    fake.account.opa = None;
    let usage = |limit, in_use| crate::spacelift::SeatUsage { limit, in_use };
    let seats = |limit| crate::spacelift::Seats {
        user: usage(limit, 10),
        api_key: usage(None, 0),
    };
    // Nobody but whoever is in no group could sign in before, so everybody else is let in.
    let shut = BASE.replace("login: {", "login: {require: {login: nobody}, ");
    fake.edit(|policy| policy.body = Mapping::read(&shut).text);
    for (limit, told) in [(None, 0), (Some(34), 0), (Some(33), 1), (Some(5), 1)] {
        fake.known.seats = Some(seats(limit));
        let notes = noted(&fake);
        assert_eq!(notes.len(), told, "{limit:?}: {notes:?}");
        assert!(
            notes
                .iter()
                .all(|note| note.starts_with("24 people would be let in")),
            "{notes:?}"
        );
    }
}

#[test]
fn the_tested_versions_are_those_that_the_tests_ask() {
    let asked = |folder: &str| {
        let path = format!("{}/tests/opa/{folder}/go.mod", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let (_, rest) = text.split_once("open-policy-agent/opa v").unwrap();
        rest.split_whitespace().next().unwrap().to_string()
    };
    assert_eq!(
        (asked("oldest").as_str(), asked("newest").as_str()),
        TESTED_OPA
    );
    assert!(person("x", &[]).active);
}

//! Who is counted, and as what: pushers, strangers, whoever leaves, whom a policy is never asked about.

use super::super::super::fake::{Fake, Mapping, Pushed, key, role, signed_in};
use super::super::super::people::tests::{BASE, directory};
use super::super::super::{Probe, Source};
use super::*;
use crate::project::Policies;

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

/// A mapping whose admins are named, and that gives something to whoever fits a pattern.
const PARTNERS: &str = "\
version: 1
account: acme
identity_provider: okta
spaces: {payments: {parent: root, inherit: true, labels: [prod]}}
roles: {deployer: {actions: [space:read, run:trigger]}, watcher: {actions: [space:read, run:comment]}}
groups: {payments: P, platform: ADM}
login: {admin: [{who: {login: ada@acme.example}}, {who: {login: bob@acme.example}}]}
grants:
  - {who: payments, roles: [deployer, space-reader], spaces: [payments]}
  - {who: {login: \"*@partner.example\"}, roles: [space-reader, watcher], spaces: [payments]}
";

/// From [`PARTNERS`] to something else, in an account in which so many partners are active whom nobody knows.
fn among_strangers(strangers: usize, after: &str) -> Plan {
    let mut fake = Fake::new().with_body(&Mapping::read(PARTNERS).text);
    fake = fake.with_role(role("watcher", &["RUN_COMMENT", "SPACE_READ"]));
    let strangers = (0..strangers).map(|n| signed_in(&format!("u{n}@partner.example")));
    fake.known.user_sessions = Some(strangers.collect());
    planned(&Mapping::read(after), &fake)
}

#[test]
fn what_strangers_lose_is_told_by_the_texts() {
    let line = "  - {who: {login: \"*@partner.example\"}, roles: [space-reader, watcher], spaces: [payments]}\n";
    let login = |more: &str| PARTNERS.replace("login: {admin", &format!("login: {{{more}, admin"));
    let action = PARTNERS.replace("[space:read, run:comment]", "[space:read]");
    for (after, told) in [
        (
            PARTNERS.replace(line, ""),
            "`space-reader` on `payments`: `like ",
        ),
        (
            login("deny: [{who: {login: \"*@partner.example\"}}]"),
            "newly refused: `like ",
        ),
        (action, "run:comment from the role `watcher`"),
    ] {
        let plan = among_strangers(5, &after);
        assert_eq!(codes(&plan.refusals), [Guard::LossesUncounted], "{told}");
        let message = &plan.refusals[0].message;
        assert!(message.contains(told), "{message}");
        assert!(
            message.starts_with(
                "0 of the account's 5 active logins are known here, which is 0 % and not 80 %; "
            ),
            "{message}"
        );
    }
    // What gives is not refused, and neither is the same.
    let more = PARTNERS.replace(
        "[space-reader, watcher]",
        "[space-reader, space-writer, watcher]",
    );
    assert_eq!(codes(&among_strangers(5, &more).refusals), []);
}

#[test]
fn whoever_is_offboarded_is_counted_by_name() {
    let offboarding = |list: &str| {
        let offboarded = format!("login: {{offboarded: [{list}], admin");
        PARTNERS.replace("login: {admin", &offboarded)
    };
    // One who leaves, by all of their logins, needs nobody's word, though nobody else is known.
    let one = offboarding("{login: u0@partner.example, aliases: [u0.admin@partner.example]}");
    let plan = among_strangers(5, &one);
    assert_eq!(codes(&plan.refusals), []);
    assert_eq!(
        plan.people.offboarded,
        ["u0@partner.example".to_string()].into()
    );
    let five = offboarding(
        "u0@partner.example, u1@partner.example, U2@partner.example, u3@partner.example, u4@partner.example",
    );
    let plan = among_strangers(5, &five);
    assert_eq!(codes(&plan.refusals), [Guard::PeopleLoseAccess]);
    assert_eq!(
        plan.refusals[0].message,
        "5 people, 5 of them newly offboarded and not known to hold anything, would lose access, and at most 1 may at once: `u0@partner.example`, `u1@partner.example`, `u2@partner.example`, `u3@partner.example`, `u4@partner.example`"
    );
    // Another loss beside hides behind nobody.
    let beside = one.replace("[deployer, space-reader]", "[deployer]");
    let plan = among_strangers(5, &beside);
    assert_eq!(codes(&plan.refusals), [Guard::LossesUncounted]);
    // Whoever is known to lose by it is one person, and whom the directory calls inactive none.
    let count = |list: &str, active: bool, sessions: &[&str]| {
        let mut mapping = Mapping::read(&offboarding(list));
        let mut known = directory();
        known.people.get_mut("p-1@acme.example").unwrap().active = active;
        mapping.directory = Some(known);
        let mut fake = Fake::new().with_body(&Mapping::read(PARTNERS).text);
        let sessions = sessions.iter().map(|login| signed_in(login));
        fake.known.user_sessions = Some(sessions.collect());
        let plan = planned(&mapping, &fake);
        let losing = plan.people.changes.iter().filter(|one| one.loses).count();
        (losing, plan.people.offboarded.len())
    };
    assert_eq!(count("P-1@acme.example", true, &[]), (1, 0));
    assert_eq!(count("P-1@acme.example", false, &[]), (0, 0));
    assert_eq!(
        count("P-1@acme.example", false, &["p-1@ACME.example"]),
        (0, 1)
    );
    assert_eq!(count("adm-1@acme.example", true, &[]), (0, 1));
}

#[test]
fn nobody_active_is_not_everybody_known() {
    let fewer = BASE.replace("[deployer, space-reader]", "[deployer]");
    let one = format!(
        "{BASE}  - {{who: {{login: p-1@acme.example}}, roles: deployer, spaces: legacy}}\n"
    );
    let nobody = |_: &mut Mapping, fake: &mut Fake| fake.known.user_sessions = Some(vec![]);
    assert_eq!(from_to(&one, BASE, nobody), [Guard::LossesUncounted]);
    // Where nothing is taken, nobody needs to be counted.
    assert_eq!(from_to(&fewer, BASE, nobody), []);
    let first = |spoil: fn(&mut Mapping, &mut Fake)| {
        spoilt(|mapping, fake| {
            fake.policies
                .get_mut()
                .retain(|policy| policy.name != "liftgate");
            spoil(mapping, fake);
        })
    };
    // An account without a policy gives nothing that could be taken, whoever is signed in.
    assert_eq!(first(nobody), []);
    assert_eq!(
        first(|_, fake| {
            fake.known.user_sessions = Some(vec![signed_in("stranger@acme.example")]);
        }),
        []
    );
    // Whoever sets the limit to nothing has said so.
    let any = format!("{BASE}guards: {{min_coverage: 0%}}\n");
    assert_eq!(from_to(&one, &any, nobody), []);
}

#[test]
fn a_snapshot_without_its_time_or_of_a_time_to_come_is_none_to_count_by() {
    let one = format!(
        "{BASE}  - {{who: {{login: p-1@acme.example}}, roles: deployer, spaces: legacy}}\n"
    );
    let day = 86_400_000_000_000;
    for (taken_at, old) in [
        (None, true),
        (Some(100 * day), false),
        (Some(101 * day), false),
        (Some(101 * day + 1), true),
        (Some(93 * day), false),
        (Some(93 * day - 1), true),
    ] {
        let with = |mapping: &mut Mapping, _: &mut Fake| {
            mapping.directory.as_mut().unwrap().taken_at = taken_at;
            mapping.now = Some(100 * day);
        };
        let found = from_to(&one, BASE, with);
        let wanted = if old {
            vec![Guard::DirectoryOld]
        } else {
            vec![]
        };
        assert_eq!(found, wanted, "{taken_at:?}");
        // Where nothing is taken, nobody is counted by it.
        let fewer = BASE.replace("[deployer, space-reader]", "[deployer]");
        assert_eq!(from_to(&fewer, BASE, with), [], "{taken_at:?}");
    }
}

/// What the mapping says of whom the policy is not asked about, in an account that confirms none of it.
#[test]
fn whom_the_account_does_not_confirm_counts_like_anybody() {
    let said = |of: &[String], because: &str| {
        let entries = of
            .iter()
            .map(|login| format!("{{login: {login}, because: {because}}}"));
        let entries: Vec<String> = entries.collect();
        format!("outside_policy: [{}]\n", entries.join(", "))
    };
    let plan_of = |before: &str, after: &str, spoil: &dyn Fn(&mut Fake)| {
        let mut mapping = Mapping::read(after);
        mapping.directory = Some(directory());
        let mut fake = Fake::new().with_body(&Mapping::read(before).text);
        fake.known.user_sessions = Some(vec![signed_in("p-0@acme.example")]);
        spoil(&mut fake);
        planned(&mapping, &fake)
    };
    let everybody: Vec<String> = (0..20).map(|n| format!("p-{n}@acme.example")).collect();
    let admins: Vec<String> = (0..4).map(|n| format!("adm-{n}@acme.example")).collect();
    let fewer = BASE.replace("[deployer, space-reader]", "[deployer]");
    for because in ["account_owner", "organization_admin", "sso_admin"] {
        let after = format!("{fewer}{}", said(&everybody, because));
        let plan = plan_of(BASE, &after, &|_| ());
        assert_eq!(
            codes(&plan.refusals),
            [Guard::PeopleLoseAccess],
            "{because}"
        );
        assert!(plan.notes.iter().any(|note| note.starts_with(
            "the account does not confirm what `outside_policy` says of `p-0@acme.example`, "
        )));
        let word = format!("said not to be asked about: `p-0@acme.example` ({because}); ");
        assert!(
            plan.approval.iter().any(|why| why.starts_with(&word)),
            "{:?}",
            plan.approval
        );
    }
    // All admins replaced by people whom the mapping calls administrators.
    let other = BASE.replace("admin: [platform]", "admin: [data]");
    let other = other.replace("platform: ADM", "platform: ADM, data: D");
    let after = format!("{other}{}", said(&admins, "sso_admin"));
    let plan = plan_of(BASE, &after, &|fake| {
        fake.viewer = viewer("adm-1@acme.example")
    });
    let found: BTreeSet<Guard> = codes(&plan.refusals).into_iter().collect();
    assert_eq!(
        found,
        BTreeSet::from([
            Guard::PeopleLoseAccess,
            Guard::AdminsLoseAccess,
            Guard::TooFewAdmins,
            Guard::PusherLockedOut,
        ])
    );
    assert_eq!(plan.people.admins, BTreeSet::new());
    // A break-glass identity.
    let glass = format!(
        "{BASE}  - {{who: {{login: bg@acme.example}}, roles: space-admin, spaces: root}}\n\
         break_glass: [{{login: bg@acme.example, owner: o, why: w}}]\n"
    );
    let more = glass.replace("roles: space-admin", "roles: [space-admin, deployer]");
    let after = format!(
        "{glass}{}",
        said(&["bg@acme.example".to_string()], "sso_admin")
    );
    let plan = plan_of(&more, &after, &|_| ());
    assert_eq!(codes(&plan.refusals), [Guard::BreakGlassLosesAccess]);
    // Confirmed, it is as it is said.
    let plan = plan_of(&more, &after, &|fake| {
        fake.known.sign_on = Some(crate::spacelift::SignOn {
            saml_admin: None,
            oidc_admin: Some("bg@acme.example".into()),
        });
    });
    assert_eq!(codes(&plan.refusals), []);
    assert!(
        !notes(&plan)
            .iter()
            .any(|note| note.starts_with("the account does not confirm"))
    );
}

#[test]
fn entries_of_whom_is_never_asked_are_a_reason_once() {
    let entry = "outside_policy: [{login: owner@acme.example, because: account_owner}]\n";
    let fewer = BASE.replace("[deployer, space-reader]", "[deployer]");
    let plan_of = |last: Option<&str>| {
        let mut mapping = Mapping::read(&format!("{BASE}{entry}"));
        mapping.directory = Some(directory());
        if let Some(last) = last {
            let last = Mapping::read(last);
            mapping.history = Pushed(vec![Policies {
                model: last.model,
                login: last.policy,
                access: Vec::new(),
            }]);
        }
        let (_, fake) = sound();
        fake.edit(|policy| policy.body = Mapping::read(&fewer).text);
        planned(&mapping, &fake)
    };
    let why = "said not to be asked about: `owner@acme.example` (account_owner)";
    let note = "`outside_policy` newly says that Spacelift never asks the policy about `owner@acme.example` (account_owner)";
    for (last, new) in [
        (None, true),
        (Some(fewer.clone()), true),
        (
            Some(format!(
                "{fewer}{}",
                entry.replace("account_owner", "sso_admin")
            )),
            true,
        ),
        (Some(format!("{fewer}{entry}")), false),
    ] {
        let plan = plan_of(last.as_deref());
        assert_eq!(plan.refusals, vec![]);
        assert_eq!(plan.approval.contains(&why.to_string()), new, "{last:?}");
        assert_eq!(plan.notes.contains(&note.to_string()), new, "{last:?}");
    }
}

#[test]
fn a_live_policy_that_fails_on_a_fixture_leaves_losses_unknown() {
    // Everybody who is known is a fixture, so nobody else is decided by the live text.
    let mut mapping = Mapping::read(PARTNERS);
    let probe = |login: &str| Probe {
        source: Source::Fixture,
        name: login.into(),
        identity: login.into(),
        person: None,
        input: serde_json::json!({"request": {}, "session": {"login": login, "member": true, "teams": []}, "spaces": []}),
    };
    mapping.probes = ["ada@acme.example", "bob@acme.example", "api::01"]
        .map(probe)
        .into();
    let fake = Fake::new().with_body("package spacelift\nallow if no_such_thing\n");
    mapping.overwrite = vec![crate::lock::digest_of(
        "package spacelift\nallow if no_such_thing\n",
    )];
    let plan = planned(&mapping, &fake);
    assert!(plan.unknown_effects.is_some());
    assert_eq!(plan.people.unknown, plan.unknown_effects);
    assert!(
        codes(&plan.refusals).contains(&Guard::LossesUnknown),
        "{:?}",
        plan.refusals
    );
}

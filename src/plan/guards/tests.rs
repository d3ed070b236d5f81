//! What refuses, what sets it aside, and what is noted.

mod cases;
mod people;

use super::super::fake::{Fake, Mapping, signed_in};
use super::super::people::tests::{BASE, directory, person};
use super::super::{Plan, plan};
use super::*;
use crate::evaluate::foreign::InProcess;
use crate::spacelift::Viewer;

/// A mapping and the account that it fits, which gives a little less than it says, so that there is something to push.
fn sound() -> (Mapping, Fake) {
    let before = BASE.replace("[deployer, space-reader]", "[deployer]");
    let mut mapping = Mapping::read(BASE);
    mapping.directory = Some(directory());
    let mut fake = Fake::new().with_body(&Mapping::read(&before).text);
    fake.known.user_sessions = Some(vec![signed_in("p-0@acme.example")]);
    (mapping, fake)
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

fn viewer(login: &str) -> Viewer {
    Viewer {
        id: login.into(),
        login: Some(login.into()),
        name: None,
        admin: true,
    }
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

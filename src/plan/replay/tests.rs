use super::super::fake::signed_in;
use super::super::fake::{Fake, Mapping};
use super::super::people::tests::{BASE, directory};
use super::super::{Guard, Plan, plan};
use super::*;
use crate::evaluate::foreign::InProcess;
use crate::samples::Mask;

/// Wednesday, 25 November 2026, 17:00 UTC.
const NOW: i64 = 1_795_626_000_000_000_000;
const DAY: i64 = 86_400_000_000_000;

fn key() -> Key {
    Key::of(b"a key of the tests")
}

fn input(login: &str, teams: &[&str], at: i64) -> Value {
    json!({
        "request": {"remote_ip": "203.0.113.9", "timestamp_ns": at},
        "session": {"login": login, "name": "Somebody Secret", "member": true, "machine": false, "teams": teams},
        "spaces": [],
    })
}

/// An archive that was pulled with a mapping.
fn archive(pulled_with: &str, inputs: &[Value]) -> Archive {
    let (mapping, key) = (Mapping::read(pulled_with), key());
    let mask = Mask::new(&mapping.model, &key);
    let mut archive = Archive::default();
    archive.key = Some(key.name());
    for (at, input) in (1_795_000_000..).zip(inputs) {
        archive.add(Recorded {
            at,
            outcome: "allow".into(),
            who: mask.who(input),
            networks: mask.networks(),
            input: mask.input(input),
        });
    }
    archive
}

/// A plan from one mapping to another over what was pulled with the first.
fn planned(before: &str, after: &str, inputs: &[Value], change: impl FnOnce(&mut Mapping)) -> Plan {
    let mut mapping = Mapping {
        samples: Some((archive(before, inputs), None, false)),
        now: Some(NOW),
        probes: Vec::new(),
        ..Mapping::read(after)
    };
    change(&mut mapping);
    let mut fake = Fake::new().with_body(&Mapping::read(before).text);
    fake.known.user_sessions = Some(vec![signed_in("zoe@private.example")]);
    plan(&mapping.desired(), &fake, &InProcess).unwrap()
}

fn fewer() -> String {
    BASE.replace("[deployer, space-reader]", "[deployer]")
}

fn codes(plan: &Plan) -> BTreeSet<Guard> {
    plan.refusals.iter().map(|one| one.code).collect()
}

fn two() -> Vec<Value> {
    vec![
        input("zoe@private.example", &["P", "secret team"], NOW - 3 * DAY),
        input("zoe@private.example", &["P"], NOW - 2 * DAY),
        input("yan@private.example", &["other"], NOW - DAY),
    ]
}

#[test]
fn every_flip_is_listed_and_nobody_is_named() {
    let plan = planned(BASE, &fewer(), &two(), |_| ());
    let replayed = plan.replayed.clone().unwrap();
    assert_eq!(
        (
            replayed.inputs,
            replayed.people,
            replayed.flips,
            replayed.with_key
        ),
        (3, 2, 2, false)
    );
    let names: Vec<&str> = plan.effects.iter().map(|one| one.probe.as_str()).collect();
    assert_eq!(
        names,
        [
            "recorded 2026-11-18T11:06:40Z",
            "recorded 2026-11-18T11:06:41Z"
        ]
    );
    assert!(plan.effects.iter().all(|one| one.source == Source::Sample));
    let text = serde_json::to_string(&plan).unwrap();
    for gone in ["zoe", "yan", "secret", "Secret", "203.0.113"] {
        let is_active = gone == "zoe";
        // The account's own list of who is active is no sample.
        let text = match is_active {
            true => text.replace("\"strangers\":[\"zoe@private.example\"]", ""),
            false => text.clone(),
        };
        assert!(!text.contains(gone), "{gone} in {text}");
    }
    // What stays the same flips nothing.
    let same = planned(
        BASE,
        &BASE.replace("run:trigger", "run:review"),
        &two()[2..],
        |_| (),
    );
    assert_eq!(same.replayed.unwrap().flips, 0);
    // And where nothing changes, nothing is replayed.
    assert_eq!(planned(BASE, BASE, &two(), |_| ()).replayed, None);
}

#[test]
fn only_whoever_has_the_key_and_asks_sees_names() {
    let seen = |with_key: bool, reveal: bool| {
        let plan = planned(BASE, &fewer(), &two(), |mapping| {
            let samples = mapping.samples.as_mut().unwrap();
            samples.1 = with_key.then(key);
            samples.2 = reveal;
        });
        let coverage = plan.people.coverage.clone().unwrap();
        let named = plan
            .effects
            .iter()
            .any(|one| one.identity == "zoe@private.example")
            && plan
                .people
                .changes
                .iter()
                .any(|one| one.login == "zoe@private.example");
        let text = serde_json::to_string(&(&plan.effects, &plan.people)).unwrap();
        assert!(
            named
                || !text
                    .replace("\"strangers\":[\"zoe@private.example\"]", "")
                    .contains("zoe")
        );
        (coverage.known, named)
    };
    assert_eq!(seen(false, false), (0, false));
    // With the key it is known that the active login is somebody who is in the samples.
    assert_eq!(seen(true, false), (1, false));
    assert_eq!(seen(true, true), (1, true));
}

#[test]
fn people_of_samples_count_for_guards() {
    let all: Vec<Value> = (0..3)
        .map(|n| input(&format!("s-{n}@private.example"), &["P"], NOW))
        .collect();
    let plan = planned(BASE, &fewer(), &all, |_| ());
    assert_eq!(plan.people.known, 3);
    assert_eq!(plan.people.sources.get(&Source::Sample), Some(&3));
    assert!(
        codes(&plan).contains(&Guard::PeopleLoseAccess),
        "{:?}",
        plan.refusals
    );
    let one = planned(BASE, &fewer(), &all[..1], |_| ());
    assert!(
        !codes(&one).contains(&Guard::PeopleLoseAccess),
        "{:?}",
        one.refusals
    );
}

/// Without the key somebody may be in the directory and in the samples: then they must not make the guards looser.
#[test]
fn whoever_is_not_told_apart_is_counted_so_that_guards_refuse_sooner() {
    let all: Vec<Value> = (0..20)
        .map(|n| input(&format!("P-{n}@acme.example"), &["P"], NOW))
        .collect();
    let known = |with_key: bool| {
        let plan = planned(BASE, &fewer(), &all, |mapping| {
            mapping.directory = Some(directory());
            mapping.samples.as_mut().unwrap().1 = with_key.then(key);
        });
        let losing = plan.people.changes.iter().filter(|one| one.loses).count();
        (plan.people.known, losing)
    };
    assert_eq!(known(true), (24, 20));
    assert_eq!(known(false), (24, 40));
}

#[test]
fn what_a_policy_names_since_it_was_pulled_takes_the_key() {
    let named = BASE.replace("groups: {", "groups: {later: LATER, ")
        + "  - {who: later, roles: [space-reader], spaces: [payments]}\n";
    let all = [input("zoe@private.example", &["LATER"], NOW)];
    for (pulled, before, after) in [(BASE, BASE, named.as_str()), (BASE, named.as_str(), BASE)] {
        for with_key in [true, false] {
            let mut mapping = Mapping {
                samples: Some((archive(pulled, &all), with_key.then(key), false)),
                now: Some(NOW),
                probes: Vec::new(),
                ..Mapping::read(after)
            };
            mapping.directory = Some(directory());
            let fake = Fake::new().with_body(&Mapping::read(before).text);
            let plan = plan(&mapping.desired(), &fake, &InProcess).unwrap();
            assert_eq!(plan.replayed.unwrap().flips, usize::from(with_key));
            let told = plan
                .notes
                .iter()
                .any(|note| note.contains("without their key"));
            assert_eq!(told, !with_key, "{:?}", plan.notes);
        }
    }
}

#[test]
fn an_input_is_decided_in_the_coming_week_at_its_hour() {
    let at = |then: i64| {
        let moved = moved(input("x", &[], then), Some(NOW));
        moved["request"]["timestamp_ns"].as_i64().unwrap()
    };
    assert_eq!(at(NOW), NOW);
    assert_eq!(at(NOW - DAY), NOW + 6 * DAY);
    assert_eq!(at(NOW - 700 * DAY), NOW);
    assert_eq!(at(NOW + 8 * DAY), NOW + DAY);
    assert_eq!(at(-1), NOW - NOW.rem_euclid(WEEK) + WEEK - 1);
    // What is no time stays what it is.
    let mut odd = input("x", &[], 0);
    odd["request"]["timestamp_ns"] = json!("soon");
    assert_eq!(moved(odd.clone(), Some(NOW)), odd);
    assert_eq!(moved(json!({}), Some(NOW)), json!({}));

    // A grant that has ended gives nothing to whoever signed in before; its hours are those of the sign-in.
    let grant = |rest: &str| {
        format!(
            "{BASE}  - {{who: payments, roles: [space-writer], spaces: [payments], {rest}}}\nconditions:\n  morning: {{days: [tue], hours: \"08:00-18:00\", timezone: Etc/UTC}}\n"
        )
    };
    let ended = grant("ends: \"2026-11-24\"");
    let tuesday = [input("zoe@private.example", &["P"], NOW - DAY)];
    let wednesday = [input("zoe@private.example", &["P"], NOW)];
    let flips = |before: &str, inputs: &[Value]| {
        planned(before, &fewer(), inputs, |_| ())
            .effects
            .iter()
            .map(|one| one.losses.len())
            .collect::<Vec<_>>()
    };
    assert_eq!(flips(&ended, &tuesday), [1]);
    assert_eq!(flips(&grant("when: morning"), &tuesday), [2]);
    assert_eq!(flips(&grant("when: morning"), &wednesday), [1]);
}

#[test]
fn a_place_that_means_nothing_any_more_is_every_place() {
    let office = |network: &str| {
        let grant = BASE.replace("spaces: [payments]}", "spaces: [payments], when: office}");
        format!("{grant}conditions: {{office: {{ip: {network}}}}}\n")
    };
    let (old, new) = (office("203.0.113.0/24"), office("198.51.100.0/24"));
    let all = [input("zoe@private.example", &["P"], NOW)];
    let plan = planned(&old, &new, &all, |_| ());
    let replayed = plan.replayed.clone().unwrap();
    assert_eq!((replayed.inputs, replayed.flips), (1, 1));
    let names: Vec<&str> = plan.effects.iter().map(|one| one.probe.as_str()).collect();
    assert_eq!(
        names,
        [
            "recorded 2026-11-18T11:06:40Z, if from 198.51.100.0/24",
            "recorded 2026-11-18T11:06:40Z, if from 203.0.113.0/24"
        ]
    );
    assert!(
        plan.notes
            .iter()
            .any(|note| note.starts_with("from where 1 recorded input came"))
    );
    // Where the networks stay, so does the place.
    let kept = old.replace("[deployer, space-reader]", "[deployer]");
    let plan = planned(&old, &kept, &all, |_| ());
    assert_eq!(plan.effects.len(), 1);
    assert_eq!(plan.effects[0].probe, "recorded 2026-11-18T11:06:40Z");
}

#[test]
fn a_policy_of_somebody_else_may_read_what_was_replaced() {
    let mut mapping = Mapping {
        samples: Some((archive(BASE, &two()), Some(key()), false)),
        now: Some(NOW),
        ..Mapping::read(BASE)
    };
    mapping.directory = Some(directory());
    let fake = Fake::new().with_body("package spacelift\n\nallow := true\n");
    let plan = plan(&mapping.desired(), &fake, &InProcess).unwrap();
    assert!(
        plan.notes
            .iter()
            .any(|note| note.contains("a policy that is not liftgate's"))
    );
}

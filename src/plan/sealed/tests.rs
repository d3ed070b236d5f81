use serde_json::json;

use super::super::fake::{Fake, Mapping, live, role};
use super::super::{Part, plan};
use super::*;
use crate::evaluate::foreign::InProcess;
use crate::spacelift::{Engine, Scheme};

const PLACE: &str = "https://acme.app.spacelift.io";

fn planned(mapping: &Mapping, fake: &Fake) -> Plan {
    let mut plan = plan(&mapping.desired(), fake, &InProcess).unwrap();
    plan.evidence
        .put(Part::Mapping, [("access.yaml", digest(b"one"))]);
    plan
}

fn account() -> Fake {
    Fake::new().with_body("package spacelift\n")
}

fn sealed(plan: &Plan) -> Sealed {
    Sealed::of(plan, PLACE, "policies/acme", json!({"delete_role": []}))
}

fn text() -> String {
    sealed(&planned(&Mapping::new(), &account()))
        .text()
        .unwrap()
}

fn refused(text: &str) -> (Guard, String) {
    let refusal = Sealed::read(text).unwrap_err();
    (refusal.code, refusal.message)
}

#[test]
fn a_file_is_read_as_it_was_written_and_two_are_the_same_bytes() {
    let plan = planned(&Mapping::new(), &account());
    let sealed = sealed(&plan);
    let text = sealed.text().unwrap();
    let again = Sealed::read(&text).unwrap();
    assert_eq!(again.text().unwrap(), text);
    assert_eq!(again.plan.changes, plan.changes);
    assert_eq!(again.evidence, sealed.evidence);
    assert_eq!(again.digest().unwrap(), sealed.digest().unwrap());
    assert_eq!(
        (again.mapping.as_str(), again.plan.endpoint.as_str()),
        ("policies/acme", PLACE)
    );
    assert_eq!(again.moved(&plan), vec![]);
    assert_eq!(super::tests::text(), text);
}

#[test]
fn spaces_and_the_order_of_fields_mean_nothing() {
    let value: Value = serde_json::from_str(&text()).unwrap();
    Sealed::read(&value.to_string()).unwrap();
    let fields = value.as_object().unwrap();
    let turned: Vec<String> = fields
        .iter()
        .rev()
        .map(|(name, value)| format!("{}: {value}", json!(name)))
        .collect();
    Sealed::read(&format!("{{{}}}", turned.join(","))).unwrap();
}

#[test]
fn every_value_of_the_file_is_under_its_digest() {
    let whole: Value = serde_json::from_str(&text()).unwrap();
    let mut places = Vec::new();
    leaves(&whole, &mut Vec::new(), &mut places);
    assert!(places.len() > 50, "{}", places.len());
    for place in places {
        let mut value = whole.clone();
        let leaf = place.iter().fold(&mut value, |value, step| match value {
            Value::Object(fields) => fields.get_mut(step).unwrap(),
            Value::Array(values) => values.get_mut(step.parse::<usize>().unwrap()).unwrap(),
            _ => panic!("{place:?}"),
        });
        *leaf = match &*leaf {
            Value::String(text) => json!(format!("{text} ")),
            Value::Number(number) => json!(number.as_i64().unwrap() + 1),
            Value::Bool(value) => json!(!value),
            _ => json!("x"),
        };
        let (code, message) = refused(&value.to_string());
        let wanted = match place.as_slice() {
            [only] if only == NUMBER => Guard::PlanFormat,
            _ => Guard::PlanDamaged,
        };
        assert_eq!(code, wanted, "{place:?}: {message}");
    }
}

fn leaves(value: &Value, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .map(|(n, v)| (n.to_string(), v))
            .collect(),
        _ => Vec::new(),
    };
    if inner.is_empty() {
        found.push(at.clone());
    }
    for (step, value) in inner {
        at.push(step);
        leaves(value, at, found);
        at.pop();
    }
}

#[test]
fn a_file_that_ends_early_is_damaged_wherever_it_ends() {
    let text = text();
    let whole = text.trim_end();
    for end in (0..whole.len()).step_by(97) {
        let Some(part) = whole.get(..end) else {
            continue;
        };
        let (code, message) = refused(part);
        assert_eq!(code, Guard::PlanDamaged, "{end}");
        assert!(message.contains("ends before its end"), "{end}: {message}");
    }
}

#[test]
fn what_is_no_plan_is_refused_in_words_of_its_own() {
    for (text, code, words) in [
        ("not: json", Guard::PlanDamaged, "not JSON"),
        ("[]", Guard::PlanDamaged, "no format"),
        ("{\"format\": 1}", Guard::PlanDamaged, "no digest"),
        ("{\"format\": 99}", Guard::PlanFormat, "format 99"),
    ] {
        let (found, message) = refused(text);
        assert_eq!(found, code, "{text}");
        assert!(message.contains(words), "{message}");
    }
    // A field more, with a digest that holds.
    let mut fields = fields(serde_json::from_str(&text()).unwrap());
    fields.remove(DIGEST);
    fields.insert("surprise".into(), json!(1));
    fields.insert(DIGEST.into(), of(&fields).unwrap().into());
    let (code, message) = refused(&Value::Object(fields).to_string());
    assert_eq!(code, Guard::PlanDamaged);
    assert!(message.contains("surprise"), "{message}");
}

/// One thing after another moves; each is told of under its part, and nothing else is.
#[test]
fn whatever_moves_is_named_by_its_part() {
    type Move = Box<dyn Fn(&mut Fake, &mut Mapping)>;
    let moves: Vec<(&[Part], &str, Move)> = vec![
        (
            &[Part::Rendered],
            "`text` was sha256:",
            Box::new(|_, mapping| mapping.text.push('\n')),
        ),
        (
            &[Part::Logins],
            "`count` was 4, is 3",
            Box::new(|_, mapping| drop(mapping.probes.pop())),
        ),
        (
            &[Part::Logins],
            "`all of them` was sha256:",
            Box::new(|_, mapping| mapping.probes[0].input["session"]["teams"] = json!(["x"])),
        ),
        (
            &[Part::Account],
            "`name` was acme, is beta",
            Box::new(|fake, _| fake.account.name = "beta".into()),
        ),
        (
            &[Part::Strategy],
            "`decides by` was LOGIN_POLICIES, is MANAGED_USERS",
            Box::new(|fake, _| fake.account.scheme = Some(Scheme::ManagedUsers)),
        ),
        (
            &[Part::Strategy],
            "`decides by` went",
            Box::new(|fake, _| fake.account.scheme = None),
        ),
        (
            &[Part::Live],
            "`text` was sha256:",
            Box::new(|fake, _| fake.edit(|policy| policy.body.push('\n'))),
        ),
        (
            &[Part::Live],
            "`engine` was REGO_V1, is REGO_V0",
            Box::new(|fake, _| fake.edit(|policy| policy.engine = Some(Engine::V0))),
        ),
        (
            &[Part::Live],
            "`labels` was nothing, is a, b",
            Box::new(|fake, _| fake.edit(|policy| policy.labels = vec!["a".into(), "b".into()])),
        ),
        (
            &[Part::Live],
            "`description` was nothing, is x",
            Box::new(|fake, _| fake.edit(|policy| policy.description = Some("x".into()))),
        ),
        (
            &[Part::Live],
            "`last changed` was 1970-01-01T00:16:40Z, is 1970-01-01T00:16:41Z",
            Box::new(|fake, _| fake.edit(|policy| policy.updated_at += 1)),
        ),
        (
            &[Part::Live],
            "it is gone",
            Box::new(|fake, _| fake.policies.get_mut().retain(|one| one.name != "liftgate")),
        ),
        (
            &[Part::Others],
            "`sso (sso)` came, id sso, text sha256:",
            Box::new(|fake, _| {
                fake.policies
                    .get_mut()
                    .push(live("sso", "package spacelift\n"))
            }),
        ),
        (
            &[Part::Spaces],
            "`payments` was under root, inheritance true, labels prod, is under legacy,",
            Box::new(|fake, _| fake.spaces[1].parent = Some("legacy".into())),
        ),
        (
            &[Part::Spaces],
            "inheritance false",
            Box::new(|fake, _| fake.spaces[1].inherit = false),
        ),
        (
            &[Part::Spaces],
            "labels prod, x",
            Box::new(|fake, _| fake.spaces[1].labels.push("x".into())),
        ),
        (
            &[Part::Spaces],
            "`payments` went",
            Box::new(|fake, _| drop(fake.spaces.remove(1))),
        ),
        (
            &[Part::Roles],
            "`deployer` was deployer (01deployer): RUN_TRIGGER, SPACE_READ, is",
            Box::new(|fake, _| fake.edit_role("deployer", |role| role.id = "02".into())),
        ),
        (
            &[Part::Roles],
            "`auditor` came",
            Box::new(|fake, _| {
                let roles = fake.roles.get_mut().as_mut().unwrap();
                roles.push(role("auditor", &["SPACE_READ"]));
            }),
        ),
        (
            &[Part::Changes],
            "`changes` was sha256:",
            Box::new(|_, mapping| mapping.policy.mapping = "other.yaml".into()),
        ),
    ];
    for (parts, words, change) in moves {
        let (mut fake, mut mapping) = (account(), Mapping::new());
        let before = sealed(&planned(&mapping, &fake));
        change(&mut fake, &mut mapping);
        let later = planned(&mapping, &fake);
        let moved = before.evidence.moved(&later.whole_evidence());
        let found: Vec<Part> = moved.iter().map(|moved| moved.part).collect();
        assert_eq!(found, parts, "{words}");
        let refusals = before.moved(&later);
        assert_eq!(refusals[0].code, Guard::Moved);
        let message = &refusals[0].message;
        assert!(message.contains(words), "{message}");
        assert!(message.starts_with(parts[0].about()), "{message}");
    }
}

#[test]
fn a_long_list_is_counted_and_a_hostile_name_is_escaped() {
    let (mut before, mut after) = (Evidence::default(), Evidence::default());
    before.put(Part::Mapping, [("a\u{202e}`\nb", "x".repeat(100))]);
    after.put(Part::Mapping, (0..9).map(|n| (n.to_string(), "new")));
    let [moved] = before.moved(&after).try_into().unwrap();
    let message = moved.refusal().message;
    assert!(message.contains("and 5 more"), "{message}");
    before.put(Part::Mapping, [("a\u{202e}`\nb", "x".repeat(100))]);
    let [moved] = before.moved(&Evidence::default()).try_into().unwrap();
    let message = moved.refusal().message;
    assert!(
        message.contains(&format!(
            "`a\\u{{202e}}' b` went, it was {}…",
            "x".repeat(60)
        )),
        "{message}"
    );
}

#[test]
fn what_is_only_counted_does_not_move_a_plan() {
    let mut fake = account();
    let before = sealed(&planned(&Mapping::new(), &fake));
    fake.sessions = Ok(Some(Vec::new()));
    assert_eq!(before.moved(&planned(&Mapping::new(), &fake)), vec![]);
}

/// An override that nobody needed, or that was looked at for something else, is none for what its guard finds later.
#[test]
fn an_override_is_for_what_was_in_the_plan() {
    let found = |message: &str| Refusal {
        code: Guard::PeopleLoseAccess,
        message: message.into(),
        help: "plan again".into(),
    };
    let set_aside = |guard: Guard, messages: &[&str]| Override {
        guard,
        why: "it is meant".into(),
        refusals: messages.iter().map(|one| found(one)).collect(),
    };
    let with = |guard: Guard, messages: &[&str]| Plan {
        overrides: vec![set_aside(guard, messages)],
        ..planned(&Mapping::new(), &account())
    };
    let moved = |guard: Guard, then: &[&str], now: &[&str]| {
        let refusals = sealed(&with(guard, then)).moved(&with(guard, now));
        assert!(refusals.iter().all(|one| one.code == Guard::Moved));
        let mut messages = refusals.into_iter().map(|one| one.message);
        messages.next()
    };
    let people = Guard::PeopleLoseAccess;
    assert_eq!(moved(people, &["two people"], &["two people"]), None);
    assert_eq!(moved(people, &["two people"], &[]), None);
    assert_eq!(
        moved(people, &["two people"], &["nine people"]).unwrap(),
        "`people-lose-access` was set aside for something else when the plan was made; now nine people"
    );
    assert!(moved(people, &[], &["two people"]).is_some());
    // Who is active changes by itself; that nobody was asked about it does not.
    let uncounted = Guard::LossesUncounted;
    assert_eq!(moved(uncounted, &["4 of 9"], &["5 of 9"]), None);
    assert!(moved(uncounted, &[], &["5 of 9"]).is_some());
}

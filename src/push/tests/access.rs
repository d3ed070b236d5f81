//! Access policies and what they are attached to.

use super::*;
use crate::plan::access::tests::{APPS, account, read};

/// A label gives way to ids, one entry is new, one goes, and what one says changes.
const BEFORE: &str = "\
stack_access:
  - name: apps
    attach: {stacks: [shop, data]}
    read: [payments]
    deny: [contractors]
  - name: old
    attach: {label: till}
    read: [payments]
";

const AFTER: &str = "\
stack_access:
  - name: apps
    attach: {stacks: [shop, till]}
    read: [payments]
    write: [seniors]
    deny: [contractors]
  - name: fresh
    attach: {stacks: [data], modules: [vpc]}
    deny_write: [payments]
";

fn goal() -> Mapping {
    let mut mapping = read(AFTER);
    mapping.delete_access = vec!["old".into()];
    mapping
}

fn plan_of(fake: &Fake) -> Plan {
    plan(&goal().desired(), fake, &InProcess).unwrap()
}

fn push_all(plan: &Plan, fake: &Fake) -> Result<Outcome, Stopped> {
    push(plan, fake, fake, &Clock::default())
}

fn attached(fake: &Fake, policy: &str) -> Vec<String> {
    let all = fake.attachments(policy).unwrap().unwrap();
    all.into_iter().map(|one| one.stack).collect()
}

#[test]
fn every_step_is_made_and_seen() {
    let fake = account(&read(BEFORE));
    let plan = plan_of(&fake);
    assert_eq!(plan.refusals, vec![]);
    let outcome = push_all(&plan, &fake).unwrap();
    let told: Vec<(&str, &str)> = outcome
        .applied
        .iter()
        .map(|one| (one.what.as_str(), one.name.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("access policy created", "liftgate-fresh"),
            (
                "access policy attached:",
                "liftgate-fresh to the stack data"
            ),
            (
                "access policy attached:",
                "liftgate-fresh to the module vpc"
            ),
            ("access policy deleted", "liftgate-old"),
            ("access policy detached:", "liftgate-apps to the stack data"),
            ("access policy updated", "liftgate-apps"),
            ("access policy attached:", "liftgate-apps to the stack till"),
        ]
    );
    assert_eq!(attached(&fake, "liftgate-apps"), ["shop", "till"]);
    assert_eq!(attached(&fake, "liftgate-fresh"), ["data", "vpc"]);
    assert!(fake.policy("liftgate-old").unwrap().is_none());
    assert_eq!(plan_of(&fake).changes, vec![]);
}

#[test]
fn a_fault_at_any_step_stops_there_and_the_next_push_finishes() {
    let steps = plan_of(&account(&read(BEFORE))).changes.len();
    assert_eq!(steps, 7);
    for fault in [Fault::Down, Fault::Refused] {
        for at in 0..steps {
            let mut fake = account(&read(BEFORE));
            fake.fault = fault;
            fake.fault_at = at;
            let plan = plan_of(&fake);
            let stopped = push_all(&plan, &fake).unwrap_err();
            assert_eq!(stopped.applied.len(), at, "{fault:?} at {at}");
            fake.fault = Fault::None;
            let rest = plan_of(&fake);
            assert_eq!(rest.refusals, vec![], "{fault:?} at {at}");
            push_all(&rest, &fake).unwrap();
            assert_eq!(attached(&fake, "liftgate-apps"), ["shop", "till"]);
            assert_eq!(plan_of(&fake).changes, vec![], "{fault:?} at {at}");
        }
    }
}

#[test]
fn a_write_without_an_answer_is_looked_for_at_each_step() {
    for at in 0..7 {
        for lag in [0, 2] {
            let mut fake = account(&read(BEFORE));
            fake.fault = Fault::Unanswered;
            fake.fault_at = at;
            fake.lag.set(lag);
            let plan = plan_of(&fake);
            push_all(&plan, &fake).unwrap();
            assert_eq!(plan_of(&fake).changes, vec![], "{at}");
        }
    }
}

#[test]
fn halves_are_two_steps_of_one_policy() {
    let two = "stack_access:\n  - {name: one, attach: {label: app}, read: [payments], deny: [contractors]}\n  - {name: two, attach: {label: app}, write: [seniors], deny: [payments]}\n";
    let mapping = read(two);
    for (fault, at) in [
        (Fault::None, 0),
        (Fault::Unanswered, 0),
        (Fault::Unanswered, 2),
    ] {
        let mut fake = account(&read(""));
        fake.fault = fault;
        fake.fault_at = at;
        let plan = plan(&mapping.desired(), &fake, &InProcess).unwrap();
        assert_eq!(plan.changes.len(), 4);
        let outcome = push_all(&plan, &fake).unwrap();
        assert_eq!(outcome.applied[0].id, outcome.applied[2].id);
        for compiled in &mapping.access {
            let live = fake.policy(&compiled.policy.name()).unwrap().unwrap();
            assert_eq!(live.body, compiled.text);
        }
    }
}

#[test]
fn a_text_that_is_stored_half_is_taken_back() {
    let mapping = read(&APPS.replace("write: [seniors]", "write: [payments]"));
    for fault in [Fault::Half, Fault::HalfUnanswered, Fault::LineEnds] {
        let mut fake = account(&read(APPS));
        let before = fake.policy("liftgate-apps").unwrap().unwrap();
        fake.fault = fault;
        let plan = plan(&mapping.desired(), &fake, &InProcess).unwrap();
        let stopped = push_all(&plan, &fake).unwrap_err();
        assert!(
            matches!(stopped.error, PushError::TakenBack { .. }),
            "{fault:?}: {stopped}"
        );
        let after = fake.policy("liftgate-apps").unwrap().unwrap();
        assert_eq!((&after.body, &after.labels), (&before.body, &before.labels));
    }
}

#[test]
fn what_somebody_does_in_between_is_not_built_upon() {
    let attach = "liftgate-apps to the stack till";
    let by_id =
        |stacks: &str| read(&APPS.replace("{label: app}", &format!("{{stacks: [{stacks}]}}")));
    let (before, after) = (by_id("shop"), by_id("shop, till"));
    let plan = |fake: &Fake| crate::plan::plan(&after.desired(), fake, &InProcess).unwrap();
    // Whatever is attached says what the plan saw.
    let fake = account(&before);
    let mut made = plan(&fake);
    // As after the first look.
    made.evidence = crate::plan::Evidence::default();
    let step = super::step(&made.changes[0], &made);
    assert_eq!(step.target().name, attach);
    step.unmoved(&fake).unwrap();
    for policy in fake.policies.borrow_mut().iter_mut() {
        if policy.kind == PolicyType::Access {
            policy.body.push_str("read if true\n");
        }
    }
    let error = step.unmoved(&fake).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("changed since the plan was made"),
        "{error}"
    );
    // Attached meanwhile.
    let fake = account(&before);
    fake.attach_policy("liftgate-apps", "till").unwrap();
    let step = super::step(&made.changes[0], &made);
    let error = step.unmoved(&fake).unwrap_err();
    assert!(
        error.to_string().contains("was attached to `till`"),
        "{error}"
    );
    // Taken off meanwhile.
    let fake = account(&after);
    let back = crate::plan::plan(&before.desired(), &fake, &InProcess).unwrap();
    let step = super::step(&back.changes[0], &back);
    step.unmoved(&fake).unwrap();
    fake.detach_policy("liftgate-apps@till").unwrap();
    let error = step.unmoved(&fake).unwrap_err();
    assert!(
        error.to_string().contains("was taken off `till`"),
        "{error}"
    );
    assert!(error.is_refusal());
}

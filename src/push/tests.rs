mod access;
mod restoring;
mod roles;

use std::cell::RefCell;

use super::*;
use crate::evaluate::foreign::InProcess;
use crate::plan::fake::{Fake, Fault, Mapping, Sent, live, policy, unavailable};
use crate::plan::plan;
use crate::render;
use crate::spacelift::{Engine, Policy, PolicyType, Scheme};

/// Remembers the pauses, and can act in one.
#[derive(Default)]
struct Clock(RefCell<Vec<Duration>>);

impl Wait for Clock {
    fn wait(&self, pause: Duration) {
        self.0.borrow_mut().push(pause);
    }
}

fn older() -> String {
    let mut policy = policy();
    policy.grants.get_mut("group payments").unwrap().pop();
    render::render(&policy).unwrap()
}

fn update() -> Fake {
    Fake::new().with_body(&older())
}

fn planned(fake: &Fake) -> Plan {
    plan(&Mapping::new().desired(), fake, &InProcess).unwrap()
}

fn pushed(plan: &Plan, fake: &Fake) -> Result<Outcome, PushError> {
    push(plan, fake, fake, &Clock::default()).map_err(|stopped| {
        assert_eq!(stopped.applied, vec![]);
        stopped.error
    })
}

fn refused(result: Result<Outcome, PushError>) -> (Guard, String) {
    let error = result.unwrap_err();
    assert!(error.is_refusal());
    match error {
        PushError::Refused(refusals) if refusals.len() == 1 => {
            (refusals[0].code, refusals[0].message.clone())
        }
        other => panic!("{other:?}"),
    }
}

fn not_live(result: Result<Outcome, PushError>) -> (Live, Option<Error>) {
    match result.unwrap_err() {
        PushError::NotLive {
            target,
            live,
            cause,
        } => {
            assert_eq!((target.kind, target.name.as_str()), ("policy", "liftgate"));
            (live, cause.map(|cause| *cause))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_policy_is_created() {
    let fake = Fake::new();
    let outcome = pushed(&planned(&fake), &fake).unwrap();
    assert_eq!(
        outcome,
        Outcome {
            applied: vec![Applied {
                what: "policy created".into(),
                id: "liftgate".into(),
                name: "liftgate".into()
            }],
            verified: true
        }
    );
    let policy = fake.ours().unwrap();
    assert_eq!(policy.body, Mapping::new().text);
    assert_eq!(policy.engine, Some(Engine::V1));
    assert_eq!(policy.space.as_deref(), Some("root"));
    assert_eq!(fake.writes.borrow().len(), 1);
    // And then there is nothing left to do.
    assert_eq!(planned(&fake).changes, vec![]);
}

#[test]
fn a_policy_is_updated() {
    let fake = update();
    let outcome = pushed(&planned(&fake), &fake).unwrap();
    assert_eq!(outcome.applied[0].what, "policy updated");
    assert_eq!(fake.ours().unwrap().body, Mapping::new().text);
    assert!(matches!(&fake.writes.borrow()[0], Sent::Policy(Some(id), _) if id == "liftgate"));
}

#[test]
fn nothing_to_do_writes_nothing() {
    let fake = Fake::new().with_body(&Mapping::new().text);
    let outcome = pushed(&planned(&fake), &fake).unwrap();
    assert_eq!(outcome.applied, vec![]);
    assert!(fake.writes.borrow().is_empty());
}

#[test]
fn a_plan_with_a_refusal_writes_nothing() {
    let mut fake = update();
    fake.viewer.admin = false;
    let plan = planned(&fake);
    assert_eq!(refused(pushed(&plan, &fake)).0, Guard::NotRootAdmin);
    assert!(fake.writes.borrow().is_empty());
}

#[test]
fn a_plan_of_another_format_or_endpoint_writes_nothing() {
    let fake = update();
    let mut plan = planned(&fake);
    plan.format = 2;
    assert_eq!(refused(pushed(&plan, &fake)).0, Guard::PlanFormat);
    plan.format = 1;
    plan.endpoint = "https://beta.app.spacelift.io".into();
    let (code, message) = refused(pushed(&plan, &fake));
    assert_eq!(code, Guard::OtherEndpoint);
    assert!(message.contains("`https://beta.app.spacelift.io`"));
    assert!(fake.writes.borrow().is_empty());
}

#[test]
fn what_moved_since_the_plan_is_not_written_over() {
    for change in [
        (|policy| policy.body.push('\n')) as fn(&mut Policy),
        |policy| policy.engine = Some(Engine::V0),
        |policy| policy.updated_at += 1,
        |policy| policy.description = Some("mine".into()),
        |policy| policy.kind = PolicyType::Plan,
    ] {
        let fake = update();
        let plan = planned(&fake);
        fake.edit(change);
        let (code, message) = refused(pushed(&plan, &fake));
        assert_eq!(code, Guard::Moved);
        assert_eq!(
            message,
            "the policy `liftgate` changed since the plan was made"
        );
        assert!(fake.writes.borrow().is_empty());
    }
}

#[test]
fn a_policy_that_went_or_came_is_noticed() {
    let fake = update();
    let plan = planned(&fake);
    fake.policies
        .borrow_mut()
        .retain(|policy| policy.name != "liftgate");
    assert!(refused(pushed(&plan, &fake)).1.contains("was deleted"));

    let fake = Fake::new();
    let plan = planned(&fake);
    let fake = fake.with_body(&older());
    let (code, message) = refused(pushed(&plan, &fake));
    assert_eq!(code, Guard::Moved);
    assert!(message.contains("`liftgate` was created"), "{message}");

    let fake = update();
    let plan = planned(&fake);
    let fake = fake.with_policy(live("sso", "package spacelift\n"));
    assert!(
        refused(pushed(&plan, &fake))
            .1
            .contains("`sso` appeared or changed")
    );

    let mut fake = update();
    let plan = planned(&fake);
    fake.account.scheme = Some(Scheme::ManagedUsers);
    assert!(
        refused(pushed(&plan, &fake))
            .1
            .contains("no longer decides")
    );
    assert!(fake.writes.borrow().is_empty());
}

#[test]
fn a_create_that_another_wins_is_a_refusal() {
    let mut fake = Fake::new();
    fake.fault = Fault::Taken;
    let (code, message) = refused(pushed(&planned(&fake), &fake));
    assert_eq!(code, Guard::Moved);
    assert!(message.contains("was created"));
    assert_eq!(fake.writes.borrow().len(), 1);
}

#[test]
fn a_stale_reading_is_read_again() {
    for lag in 0..PAUSES.len() {
        let fake = update();
        let plan = planned(&fake);
        fake.lag.set(lag);
        let clock = Clock::default();
        assert!(push(&plan, &fake, &fake, &clock).unwrap().verified, "{lag}");
        assert_eq!(*clock.0.borrow(), PAUSES[1..=lag]);
    }
    let fake = update();
    let plan = planned(&fake);
    fake.lag.set(PAUSES.len());
    let result = pushed(&plan, &fake);
    let error = result.clone().unwrap_err();
    assert!(error.to_string().contains("still live") && !error.is_refusal());
    assert_eq!(not_live(result), (Live::Before, None));

    let fake = Fake::new();
    let plan = planned(&fake);
    fake.lag.set(PAUSES.len());
    assert_eq!(not_live(pushed(&plan, &fake)), (Live::Nothing, None));
}

#[test]
fn what_is_gone_afterwards_was_deleted_by_somebody_else() {
    let fake = update();
    let plan = planned(&fake);
    fake.lag.set(1);
    let deleting = Deleting(&fake);
    let stopped = push(&plan, &fake, &fake, &deleting).unwrap_err();
    assert_eq!(
        stopped.to_string(),
        "the policy `liftgate` was sent, and was deleted since"
    );
    assert!(stopped.error.is_refusal());
    assert_eq!(not_live(Err(stopped.error)), (Live::Gone, None));
}

/// Somebody deletes the policy in a pause.
struct Deleting<'a>(&'a Fake);

impl Wait for Deleting<'_> {
    fn wait(&self, _: Duration) {
        let mut policies = self.0.policies.borrow_mut();
        policies.retain(|policy| policy.name != "liftgate");
    }
}

#[test]
fn a_write_without_an_answer_is_looked_for() {
    for fake in [update(), Fake::new()] {
        let mut fake = fake;
        fake.fault = Fault::Unanswered;
        let outcome = pushed(&planned(&fake), &fake).unwrap();
        assert_eq!(outcome.applied[0].id, "liftgate");
        assert_eq!(fake.writes.borrow().len(), 1);
    }
    // One that was not made is sent again, and no more than so often.
    for fake in [update(), Fake::new()] {
        let mut fake = fake;
        fake.fault = Fault::Lost;
        assert!(pushed(&planned(&fake), &fake).unwrap().verified);
        assert_eq!(fake.writes.borrow().len(), 2);
    }
    for (fake, shows) in [(update(), Live::Before), (Fake::new(), Live::Nothing)] {
        let mut fake = fake;
        fake.fault = Fault::Down;
        let (live, cause) = not_live(pushed(&planned(&fake), &fake));
        assert_eq!(live, shows);
        assert!(cause.unwrap().may_have_written());
        assert_eq!(fake.writes.borrow().len(), PAUSES.len());
    }
}

/// Somebody edits the policy in the first pause.
struct Meddling<'a>(&'a Fake, RefCell<Vec<Duration>>);

impl Wait for Meddling<'_> {
    fn wait(&self, pause: Duration) {
        if self.1.borrow().is_empty() {
            self.0.edit(|policy| policy.body.push_str("# mine\n"));
        }
        self.1.borrow_mut().push(pause);
    }
}

#[test]
fn before_another_attempt_what_changes_is_looked_at_again() {
    for fault in [Fault::Limited, Fault::Lost] {
        let mut fake = update();
        fake.fault = fault;
        let plan = planned(&fake);
        let meddling = Meddling(&fake, RefCell::default());
        let stopped = push(&plan, &fake, &fake, &meddling).unwrap_err();
        assert!(stopped.error.is_refusal(), "{stopped:?}");
        assert!(fake.ours().unwrap().body.ends_with("# mine\n"));
        assert_eq!(fake.writes.borrow().len(), 1);
        // As long as the server asks.
        let first = meddling.1.borrow()[0];
        let asked = crate::plan::fake::ASKED;
        assert_eq!(first == asked, fault == Fault::Limited, "{first:?}");
    }
    // A server that did it and says that it did not is looked into, and ours is nobody else's.
    for fake in [update(), Fake::new()] {
        let mut fake = fake;
        fake.fault = Fault::LimitedAfter;
        assert!(pushed(&planned(&fake), &fake).unwrap().verified);
        assert_eq!(fake.writes.borrow().len(), 1);
    }
    // Without anybody in between, it is sent again.
    let mut fake = update();
    fake.fault = Fault::Limited;
    assert!(pushed(&planned(&fake), &fake).unwrap().verified);
    assert_eq!(fake.writes.borrow().len(), 2);
}

#[test]
fn patience_ends() {
    let clock = Clock::default();
    let mut attempts = Attempts::default();
    for made in 1..PAUSES.len() {
        attempts.made += 1;
        assert!(attempts.pause(None, &clock), "{made}");
    }
    attempts.made += 1;
    assert!(!attempts.pause(None, &clock));
    assert_eq!(*clock.0.borrow(), PAUSES[1..]);
    let mut attempts = Attempts {
        made: 1,
        ..Attempts::default()
    };
    assert!(attempts.pause(Some(PATIENCE), &clock));
    attempts.made = 2;
    assert!(!attempts.pause(None, &clock));
    let mut attempts = Attempts {
        made: 1,
        ..Attempts::default()
    };
    assert!(!attempts.pause(Some(Duration::from_secs(3600)), &clock));
}

#[test]
fn a_line_end_that_the_account_does_not_keep_is_no_difference() {
    let mut fake = update();
    fake.fault = Fault::Trimmed;
    assert!(pushed(&planned(&fake), &fake).unwrap().verified);
}

#[test]
fn a_reading_that_fails_afterwards_leaves_it_unknown() {
    let mut fake = update();
    fake.blind = true;
    let result = pushed(&planned(&fake), &fake);
    assert!(!result.clone().unwrap_err().is_refusal());
    assert_eq!(not_live(result), (Live::Unknown, Some(unavailable())));
}

#[test]
fn a_refused_write_changes_nothing() {
    let mut fake = update();
    fake.fault = Fault::Refused;
    let result = pushed(&planned(&fake), &fake);
    assert!(matches!(
        result,
        Err(PushError::Write(Error::Refused { .. }))
    ));
    assert_eq!(fake.ours().unwrap().body, older());
}

#[test]
fn a_second_policy_of_our_name_is_another_login_policy() {
    let ours = Mapping::new();
    for second in ["aaa", "zzz"] {
        let fake = Fake::new().with_body(ours.desired().text);
        let mut other = live("liftgate", "package spacelift\nadmin if true\n");
        other.id = second.into();
        fake.policies.borrow_mut().push(other);
        fake.policies.borrow_mut().sort_by(|a, b| a.id.cmp(&b.id));
        let plan = planned(&fake);
        assert!(
            plan.refusals
                .iter()
                .any(|refusal| refusal.code == Guard::OtherLoginPolicy),
            "{second}: {:?}",
            plan.refusals
        );
        assert!(pushed(&plan, &fake).is_err());
        assert!(fake.writes.borrow().is_empty());
    }
}

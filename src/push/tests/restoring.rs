//! What is done about a text that is live and not what was sent: a broken one of ours is taken back, another's is left alone.

use super::*;

const BROKEN: [(Fault, Broken); 5] = [
    (Fault::WrongEngine, Broken::Engine),
    (Fault::Half, Broken::Half),
    (Fault::Empty, Broken::Half),
    (Fault::LineEnds, Broken::Spaces),
    (Fault::HalfUnanswered, Broken::Half),
];

#[test]
fn a_broken_update_of_ours_is_taken_back() {
    for (fault, wrong) in BROKEN
        .into_iter()
        .chain([(Fault::Renamed, Broken::Elsewhere)])
    {
        let mut fake = update();
        fake.fault = fault;
        let before = fake.ours().unwrap();
        let error = pushed(&planned(&fake), &fake).unwrap_err();
        let PushError::TakenBack { how, .. } = &error else {
            panic!("{fault:?}: {error:?}");
        };
        assert_eq!(*how, wrong);
        assert!(!error.is_refusal());
        assert!(
            error
                .to_string()
                .ends_with("what was there before is live again"),
            "{error}"
        );
        let now = fake.ours().unwrap();
        assert_eq!(
            crate::plan::PolicyState {
                updated_at: None,
                ..(&now).into()
            },
            crate::plan::PolicyState {
                updated_at: None,
                ..(&before).into()
            }
        );
        // Sent and taken back, by one write each.
        assert_eq!(fake.writes.borrow().len(), 2, "{fault:?}");
        // And the next push finishes.
        fake.fault = Fault::None;
        pushed(&planned(&fake), &fake).unwrap();
        assert_eq!(fake.ours().unwrap().body, Mapping::new().text);
    }
}

#[test]
fn a_broken_create_of_ours_is_deleted() {
    for (fault, wrong) in BROKEN {
        let mut fake = Fake::new();
        fake.fault = fault;
        let error = pushed(&planned(&fake), &fake).unwrap_err();
        assert!(
            matches!(&error, PushError::TakenBack { how, .. } if *how == wrong),
            "{fault:?}: {error:?}"
        );
        assert_eq!(fake.ours(), None);
        assert_eq!(
            fake.writes.borrow().last(),
            Some(&Sent::PolicyDelete("liftgate".into()))
        );
    }
}

/// What may be somebody else's is left as it is, with exit code 6.
#[test]
fn what_may_be_anothers_is_left_alone() {
    for fault in [
        Fault::Overwritten,
        // Touched after the account said that it had stored ours.
        Fault::HalfTouched,
        // Without an answer, an empty text or another name can be anybody's.
        Fault::EmptyUnanswered,
        Fault::RenamedUnanswered,
    ] {
        let mut fake = update();
        fake.fault = fault;
        let result = pushed(&planned(&fake), &fake);
        let error = result.clone().unwrap_err();
        assert!(error.is_refusal(), "{fault:?}");
        assert!(
            error.to_string().contains("something else is live"),
            "{error}"
        );
        assert!(matches!(not_live(result).0, Live::Other(Some(_))));
        assert_eq!(fake.writes.borrow().len(), 1, "{fault:?}");
    }
}

#[test]
fn a_way_back_that_fails_is_told_of() {
    for (next, cause) in [
        (Fault::Refused, true),
        (Fault::Lost, true),
        // Taken back, and broken again.
        (Fault::Half, false),
    ] {
        let mut fake = update();
        (fake.fault, fake.next_fault) = (Fault::Half, next);
        let error = pushed(&planned(&fake), &fake).unwrap_err();
        let PushError::NotTakenBack { cause: told, .. } = &error else {
            panic!("{next:?}: {error:?}");
        };
        assert_eq!(told.is_some(), cause, "{next:?}");
        assert!(!error.is_refusal());
        assert!(
            error.to_string().contains("could not be put back"),
            "{error}"
        );
        assert!(error.hint().starts_with("look at the account at once"));
        assert_eq!(fake.writes.borrow().len(), 2);
    }
    // An answer that is lost is no failure where the reading shows that it arrived.
    let mut fake = update();
    (fake.fault, fake.next_fault) = (Fault::Half, Fault::Unanswered);
    let error = pushed(&planned(&fake), &fake).unwrap_err();
    assert!(matches!(error, PushError::TakenBack { .. }), "{error:?}");
    assert_eq!(fake.ours().unwrap().body, older());
}

#[test]
fn what_is_taken_back_is_read_until_it_shows() {
    let mut fake = update();
    fake.fault = Fault::Half;
    let plan = planned(&fake);
    let clock = Clock::default();
    let stopped = push(&plan, &fake, &fake, &clock).unwrap_err();
    assert!(matches!(stopped.error, PushError::TakenBack { .. }));
    // Every pause for what might have been stale, and none for what was seen at once.
    assert_eq!(*clock.0.borrow(), PAUSES[1..]);
}

use super::super::fake::{Fake, Mapping, Pushed, policy};
use super::*;
use crate::evaluate::foreign::InProcess;
use crate::lock::Lock;
use crate::plan::{Change, Plan, plan};
use crate::policy::Policy;
use crate::source::Span;

/// What was pushed last: one role less than the mapping gives.
fn pushed() -> Policy {
    let mut policy = policy();
    policy.grants.get_mut("group payments").unwrap().pop();
    policy
}

/// What somebody made of it.
fn by_hand() -> String {
    let text = render::render(&pushed()).unwrap();
    let edited = text.replace("\"deployer\"", "\"releaser\"");
    assert_ne!(edited, text);
    edited
}

fn mapping() -> Mapping {
    let mut mapping = Mapping::new();
    mapping.history = Pushed::login(pushed());
    mapping
}

fn lock() -> Lock {
    lock_of(&by_hand())
}

fn lock_of(text: &str) -> Lock {
    Lock {
        account: "acme".into(),
        adopted: vec![Adopted {
            policy: "liftgate".into(),
            text: digest_of(text),
            at: "2026-12-03T18:00:00Z".parse().unwrap(),
            span: Span::default(),
        }],
    }
}

fn planned(mapping: &Mapping, fake: &Fake) -> Plan {
    plan(&mapping.desired(), fake, &InProcess).unwrap()
}

fn codes(plan: &Plan) -> Vec<&'static str> {
    plan.refusals.iter().map(|one| one.code.code()).collect()
}

#[test]
fn the_edit_is_told_from_what_the_mapping_changes() {
    let plan = planned(&mapping(), &Fake::new().with_body(&by_hand()));
    assert_eq!(codes(&plan), ["edited-by-hand"]);
    let edit = plan.edit.as_ref().unwrap();
    let Base::Commit(commit) = &edit.base else {
        panic!("{:?}", edit.base);
    };
    assert_eq!(
        (commit.short(), commit.author.as_str()),
        ("1234567890", "Ada")
    );
    assert!(
        edit.diff.starts_with("--- pushed\n+++ live\n"),
        "{}",
        edit.diff
    );
    assert!(!edit.diff.contains("space-reader"), "{}", edit.diff);
    let effects: Vec<_> = edit
        .effects
        .iter()
        .map(|effect| {
            (
                effect.identity.as_str(),
                effect.gains.len(),
                effect.losses.len(),
            )
        })
        .collect();
    assert_eq!(effects, [("alice", 1, 1)]);
    assert_eq!(edit.accepted, None);
    let help = &plan.refusals[0].help;
    assert!(help.contains(&edit.text), "{help}");
    let json = serde_json::to_value(&plan).unwrap();
    let read: Plan = serde_json::from_value(json).unwrap();
    // The evidence stands beside a plan.
    let evidence = plan.evidence.clone();
    assert_eq!(Plan { evidence, ..read }, plan);
}

#[test]
fn what_was_pushed_may_be_the_mapping_at_hand_or_nobody_knows() {
    let mut plain = Mapping::new();
    let edit = planned(
        &plain,
        &Fake::new().with_body(&(plain.text.clone() + "# mine\n")),
    );
    let edit = edit.edit.unwrap();
    assert_eq!((edit.base, edit.effects), (Base::Mapping, vec![]));
    assert!(edit.diff.contains("+# mine"), "{}", edit.diff);

    plain.history = Pushed(vec![]);
    let edit = planned(&plain, &Fake::new().with_body(&by_hand()))
        .edit
        .unwrap();
    assert_eq!(
        edit.base,
        Base::Unknown {
            why: "no commit has it".into()
        }
    );
    assert_eq!((edit.diff.as_str(), edit.effects), ("", vec![]));
    let foreign = Fake::new().with_body("package spacelift\nallow if input.session.member\n");
    let edit = planned(&plain, &foreign).edit.unwrap();
    assert!(matches!(edit.base, Base::Unknown { .. }), "{:?}", edit.base);

    for body in [plain.text.clone(), render::render(&pushed()).unwrap()] {
        assert_eq!(planned(&plain, &Fake::new().with_body(&body)).edit, None);
    }
    assert_eq!(planned(&plain, &Fake::new()).edit, None);
}

#[test]
fn a_lock_lets_one_text_be_replaced_and_the_edit_is_still_shown() {
    let mut mapping = mapping();
    mapping.lock = Some(lock());
    for body in [by_hand(), by_hand().trim_end().to_string()] {
        let plan = planned(&mapping, &Fake::new().with_body(&body));
        assert_eq!(codes(&plan), Vec::<&str>::new());
        assert_eq!(plan.notes, Vec::<String>::new());
        assert!(matches!(
            plan.changes.as_slice(),
            [Change::PolicyUpdate { .. }]
        ));
        let edit = plan.edit.unwrap();
        let at = "2026-12-03T18:00:00Z".to_string();
        assert_eq!(edit.accepted, Some(AcceptedBy::Lock { at }));
        assert!(!edit.diff.is_empty() && !edit.effects.is_empty());
    }
    let foreign = "package spacelift\nallow if input.session.member\n";
    mapping.lock = Some(lock_of(foreign));
    let plan = planned(&mapping, &Fake::new().with_body(foreign));
    assert_eq!(codes(&plan), Vec::<&str>::new());
}

#[test]
fn a_lock_lets_nothing_else_be_replaced_and_is_said_to_be_stale() {
    let fake = Fake::new().with_body(&by_hand());
    let others: [fn(&mut Lock); 3] = [
        |lock| lock.account = "globex".into(),
        |lock| lock.adopted[0].policy = "another".into(),
        |lock| lock.adopted[0].text = digest_of("another"),
    ];
    for change in others {
        let (mut mapping, mut lock) = (mapping(), lock());
        change(&mut lock);
        mapping.lock = Some(lock);
        let plan = planned(&mapping, &fake);
        assert_eq!(codes(&plan), ["edited-by-hand"]);
        assert_eq!(plan.notes.len(), 1, "{:?}", plan.notes);
        assert!(
            plan.notes[0].contains("`liftgate.lock` has no effect"),
            "{:?}",
            plan.notes
        );
    }
    let mut mapping = mapping();
    mapping.lock = Some(lock());
    for fake in [Fake::new(), Fake::new().with_body(&mapping.text)] {
        let plan = planned(&mapping, &fake);
        assert!(plan.notes[0].contains("no longer live"), "{:?}", plan.notes);
    }
}

#[test]
fn a_text_that_is_named_is_replaced_and_no_other() {
    let mut mapping = mapping();
    let fake = Fake::new().with_body(&by_hand());
    mapping.overwrite = vec![digest_of(&by_hand())];
    let plan = planned(&mapping, &fake);
    assert_eq!(codes(&plan), Vec::<&str>::new());
    assert_eq!(plan.edit.unwrap().accepted, Some(AcceptedBy::Named));

    mapping.overwrite = vec![digest_of("another")];
    let plan = planned(&mapping, &fake);
    assert_eq!(codes(&plan), ["edited-by-hand", "other-text"]);
    let right = digest_of(&by_hand());
    assert!(
        plan.refusals[1].message.contains(&right),
        "{:?}",
        plan.refusals
    );
    // Nor does a lock help whoever names another text.
    mapping.lock = Some(lock());
    assert_eq!(codes(&planned(&mapping, &fake)), ["other-text"]);

    mapping.lock = None;
    let ours = mapping.text.clone();
    for fake in [Fake::new(), Fake::new().with_body(&ours)] {
        mapping.overwrite = vec![digest_of(&ours)];
        assert_eq!(codes(&planned(&mapping, &fake)), ["other-text"]);
    }
}

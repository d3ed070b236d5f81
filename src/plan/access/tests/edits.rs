//! What was changed by hand.

use super::*;

#[test]
fn an_edit_by_hand_is_replaced_only_where_its_text_is_named() {
    let edited = || {
        let fake = account(&read(APPS));
        for policy in fake.policies.borrow_mut().iter_mut() {
            if policy.kind == PolicyType::Access {
                policy.body.push_str("read if true\n");
            }
        }
        fake
    };
    let mut mapping = read(APPS);
    let plan = planned(&mapping, &edited());
    assert_eq!(codes(&plan), [Guard::EditedByHand]);
    let text = format!("{}read if true\n", mapping.access[0].text);
    assert!(plan.refusals[0].help.contains(&digest_of(&text)));
    mapping.overwrite = vec![digest_of(&text)];
    let plan = planned(&mapping, &edited());
    // Whom an edit takes alike is not known, so neither is what people of the directory lose.
    assert_eq!(codes(&plan), [Guard::LossesUnknown]);
    assert_eq!(steps(&plan), ["update liftgate-apps ? -> 1r1w1d"]);
    // A fixture is asked about.
    mapping.probes = vec![probe("x@acme.example", &["other"])];
    let plan = planned(&mapping, &edited());
    assert_eq!(plan.effects[0].stacks.losses.read.some, ["shop", "till"]);
    mapping.overwrite = vec![digest_of("another")];
    let codes = codes(&planned(&mapping, &edited()));
    assert!(codes.contains(&Guard::OtherText) && codes.contains(&Guard::EditedByHand));
    // One that was never ours.
    let fake = edited();
    for policy in fake.policies.borrow_mut().iter_mut() {
        if policy.kind == PolicyType::Access {
            policy.body = "package spacelift\n".into();
        }
    }
    mapping.overwrite.clear();
    let plan = planned(&mapping, &fake);
    assert_eq!(plan.refusals[0].code, Guard::ForeignPolicy);
}

#[test]
fn an_edit_is_told_from_what_the_mapping_changes_and_may_be_adopted() {
    let edited = |rest: &str| {
        let fake = account(&read(rest));
        for policy in fake.policies.borrow_mut().iter_mut() {
            if policy.kind == PolicyType::Access {
                policy.body.push_str("read if true\n");
            }
        }
        fake
    };
    let mut mapping = read(APPS);
    let plan = planned(&mapping, &edited(APPS));
    assert_eq!(plan.edit, None);
    let [edit] = plan.access_edits.as_slice() else {
        panic!("{:?}", plan.access_edits);
    };
    assert_eq!(
        (edit.name.as_str(), &edit.base),
        ("liftgate-apps", &Base::Mapping)
    );
    assert!(edit.diff.contains("+read if true"), "{}", edit.diff);
    assert_eq!(edit.accepted, None);
    // The mapping went on since: what was pushed last is found in history.
    let older = APPS.replace("write: [seniors]", "write: [platform]");
    let pushed = read(&older);
    mapping.history = Pushed(vec![Policies {
        model: pushed.model.clone(),
        login: pushed.policy.clone(),
        access: pushed.access.iter().map(|one| one.policy.clone()).collect(),
    }]);
    let plan = planned(&mapping, &edited(&older));
    let edit = &plan.access_edits[0];
    assert!(matches!(edit.base, Base::Commit(_)), "{:?}", edit.base);
    assert!(edit.diff.contains("+read if true"), "{}", edit.diff);
    assert!(!edit.diff.contains("seniors"), "{}", edit.diff);
    let text = edit.text.clone();
    let lock = |policy: &str| Lock {
        account: "acme".into(),
        adopted: vec![Adopted {
            policy: policy.into(),
            text: text.clone(),
            at: "2026-12-03T18:00:00Z".parse().unwrap(),
            span: Span::default(),
        }],
    };
    mapping.lock = Some(lock(&edit.policy));
    let plan = planned(&mapping, &edited(&older));
    assert_eq!(codes(&plan), [Guard::LossesUnknown]);
    assert!(matches!(
        plan.access_edits[0].accepted,
        Some(AcceptedBy::Lock { .. })
    ));
    assert!(!plan.notes.iter().any(|note| note.contains("liftgate.lock")));
    // Neither another policy's text, nor another text of this one.
    mapping.lock = Some(lock("liftgate"));
    let plan = planned(&mapping, &edited(&older));
    assert_eq!(codes(&plan), [Guard::EditedByHand]);
    let stale =
        "`liftgate.lock` has no effect and can go: the text that it adopts is no longer live";
    assert!(plan.notes.contains(&stale.to_string()), "{:?}", plan.notes);
    // Of two, one that is no longer live is named.
    let mut both = lock(&edit.policy);
    both.adopted.extend(lock("liftgate").adopted);
    mapping.lock = Some(both);
    let plan = planned(&mapping, &edited(&older));
    assert_eq!(codes(&plan), [Guard::LossesUnknown]);
    let stale =
        "what `liftgate.lock` adopts of `liftgate` has no effect and can go: it is no longer live";
    assert!(plan.notes.contains(&stale.to_string()), "{:?}", plan.notes);
}

#[test]
fn two_edits_cannot_be_replaced_at_once_and_the_way_out_is_not_the_mapping() {
    let two = format!("{APPS}  - {{name: tills, attach: {{label: till}}, read: [payments]}}\n");
    let fake = account(&read(&two));
    for policy in fake.policies.borrow_mut().iter_mut() {
        if policy.kind == PolicyType::Access {
            policy.body.push_str("read if true\n");
        }
    }
    let mut mapping = read(&two);
    let texts = planned(&mapping, &fake).access_edits;
    mapping.overwrite = texts.iter().map(|edit| edit.text.clone()).collect();
    assert_eq!(mapping.overwrite.len(), 2);
    let plan = planned(&mapping, &fake);
    let order = plan
        .refusals
        .iter()
        .find(|one| one.code == Guard::AccessOrder);
    let help = &order.unwrap().help;
    assert!(
        help.contains("take all such texts back in Spacelift but one"),
        "{help}"
    );
}

#[test]
fn a_label_of_somebody_elses_that_attaches_is_drift_and_any_other_stays() {
    let fake = account(&read(APPS));
    let label = |label: &str| {
        for policy in fake.policies.borrow_mut().iter_mut() {
            if policy.kind == PolicyType::Access {
                policy.labels = vec!["autoattach:app".into(), label.into()];
            }
        }
    };
    label("team:apps");
    assert_eq!(steps(&planned(&read(APPS), &fake)), [""; 0]);
    label("autoattach:data");
    let plan = planned(&read(APPS), &fake);
    assert_eq!(steps(&plan), ["update liftgate-apps 1r1w1d -> 1r1w1d"]);
}

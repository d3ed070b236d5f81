use super::*;
use crate::evaluate::foreign::InProcess;
use crate::model::RoleKind;
use crate::plan::fake::{Fake, Mapping, Pushed, live, policy};
use crate::policy::Policy;
use crate::render;
use crate::spacelift::{Engine, Error, Scheme};

/// What was pushed last: one role less than the mapping gives.
fn pushed() -> Policy {
    let mut policy = policy();
    policy.grants.get_mut("group payments").unwrap().pop();
    policy
}

fn drifted(mapping: &Mapping, fake: &Fake) -> Drift {
    let drift = drift(&mapping.desired(), fake, &InProcess).unwrap();
    assert!(fake.writes.borrow().is_empty());
    let json = serde_json::to_value(&drift).unwrap();
    assert_eq!(serde_json::from_value::<Drift>(json).unwrap(), drift);
    drift
}

fn told(drift: &Drift) -> Vec<(&'static str, By)> {
    drift
        .findings
        .iter()
        .map(|one| (one.code.code(), one.by))
        .collect()
}

#[test]
fn an_account_that_is_as_it_was_left_has_not_drifted() {
    let mapping = Mapping::new();
    let mut fake = Fake::new().with_body(&mapping.text);
    // Rights to change anything are not needed, nor the right to see sessions.
    fake.viewer.admin = false;
    fake.sessions = Err(Error::NotAllowed {
        action: "read the sessions",
        viewer: "api::01".into(),
    });
    let drift = drifted(&mapping, &fake);
    assert_eq!((drift.findings, drift.base), (vec![], Some(Base::Mapping)));
    assert_eq!(drift.refusals, vec![]);
}

#[test]
fn an_edit_is_told_from_what_was_not_pushed() {
    let mut mapping = Mapping::new();
    mapping.history = Pushed::login(pushed());
    let text = render::render(&pushed()).unwrap();
    let drift = drifted(&mapping, &Fake::new().with_body(&text));
    assert_eq!(told(&drift), [("not-pushed", By::Mapping)]);
    assert!(
        matches!(drift.base, Some(Base::Commit(_))),
        "{:?}",
        drift.base
    );
    assert_eq!(drift.findings[0].effects.len(), 1);

    let edited = text.replace("\"deployer\"", "\"releaser\"");
    let drift = drifted(&mapping, &Fake::new().with_body(&edited));
    assert_eq!(
        told(&drift),
        [
            ("decisions-edited", By::Account),
            ("not-pushed", By::Mapping)
        ]
    );
    let [edit, _] = drift.findings.as_slice() else {
        panic!()
    };
    assert_eq!(edit.effects[0].identity, "alice");
    assert!(
        edit.lines
            .iter()
            .any(|line| line.starts_with('+') && line.contains("releaser"))
    );

    mapping.history = Pushed(vec![]);
    let drift = drifted(&mapping, &Fake::new().with_body(&edited));
    assert_eq!(told(&drift), [("policy-edited", By::Account)]);
    assert!(drift.findings[0].message.contains("no commit has it"));
    assert!(
        drift.findings[0]
            .lines
            .iter()
            .any(|line| line.starts_with("+++ mapping"))
    );
}

#[test]
fn what_happened_to_the_policy_has_a_name() {
    let mapping = Mapping::new();
    let ours = || Fake::new().with_body(&mapping.text);
    let account = |code: &'static str| vec![(code, By::Account)];
    for (fake, wanted) in [
        (Fake::new(), account("policy-gone")),
        (
            Fake::new().with_body(&(mapping.text.clone() + "# mine\n")),
            account("text-edited"),
        ),
        (
            Fake::new().with_body("package spacelift\nallow if input.session.member\n"),
            account("policy-foreign"),
        ),
        (
            ours().with_policy(live("sso", "package spacelift\n")),
            account("other-policy"),
        ),
    ] {
        assert_eq!(told(&drifted(&mapping, &fake)), wanted);
    }
    let fake = ours();
    fake.edit(|policy| policy.engine = Some(Engine::V0));
    assert_eq!(told(&drifted(&mapping, &fake)), account("policy-moved"));
    let mut fake = ours();
    fake.account.scheme = Some(Scheme::ManagedUsers);
    assert_eq!(
        told(&drifted(&mapping, &fake)),
        account("strategy-switched")
    );
}

#[test]
fn what_happened_to_spaces_and_roles_has_a_name() {
    let mapping = Mapping::new();
    let ours = || Fake::new().with_body(&mapping.text);
    let mut fake = ours();
    fake.spaces.retain(|space| space.id != "payments");
    assert_eq!(
        told(&drifted(&mapping, &fake)),
        [("space-gone", By::Account)]
    );
    let mut fake = ours();
    fake.spaces[1].labels = vec!["dev".into()];
    let drift = drifted(&mapping, &fake);
    assert_eq!(told(&drift), [("space-changed", By::Account)]);

    let fake = ours().without_role("deployer");
    assert_eq!(
        told(&drifted(&mapping, &fake)),
        [("role-gone", By::Account)]
    );
    let fake = ours();
    fake.edit_role("deployer", |role| {
        role.actions = vec!["RUN_CONFIRM".into(), "SPACE_READ".into()]
    });
    let drift = drifted(&mapping, &fake);
    assert_eq!(told(&drift), [("role-changed", By::Account)]);
    assert_eq!(drift.findings[0].lines, ["+ run:confirm", "- run:trigger"]);
}

#[test]
fn what_the_mapping_came_to_say_is_laid_to_the_mapping() {
    let mut mapping = Mapping::new();
    mapping.history = Pushed::login(pushed());
    let text = render::render(&pushed()).unwrap();
    mapping
        .model
        .spaces
        .get_mut("payments")
        .unwrap()
        .labels
        .clear();
    let actions = ["space:read".to_string(), "run:confirm".to_string()];
    mapping.model.roles.get_mut("deployer").unwrap().kind = RoleKind::Declared(actions.into());
    let drift = drifted(&mapping, &Fake::new().with_body(&text));
    assert_eq!(
        told(&drift),
        [
            ("not-pushed", By::Mapping),
            ("space-changed", By::Mapping),
            ("role-changed", By::Mapping)
        ]
    );
    // The same where nobody knows what was pushed.
    mapping.history = Pushed(vec![]);
    let drift = drifted(&mapping, &Fake::new().with_body(&text));
    assert_eq!(
        told(&drift),
        [
            ("not-pushed", By::Mapping),
            ("space-changed", By::Unknown),
            ("role-changed", By::Unknown)
        ]
    );
}

#[test]
fn another_account_is_no_comparison() {
    let mapping = Mapping::new();
    let mut fake = Fake::new().with_body(&mapping.text);
    fake.account.name = "globex".into();
    assert_eq!(drifted(&mapping, &fake).refusals.len(), 1);
}

#[test]
fn the_codes_are_unique() {
    let codes: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(codes.len(), Kind::ALL.len());
}

#[test]
fn what_happened_to_access_policies_has_a_name() {
    use crate::plan::access::tests::{APPS, account, read};
    let by_id = APPS.replace("{label: app}", "{stacks: [shop]}");
    let edit = |fake: &Fake, change: &dyn Fn(&mut crate::spacelift::Policy)| {
        let mut policies = fake.policies.borrow_mut();
        let access = policies
            .iter_mut()
            .filter(|policy| policy.kind == crate::spacelift::PolicyType::Access);
        access.for_each(change);
    };
    let of = |mapping: &str, pushed: &str, change: &dyn Fn(&Fake)| {
        let fake = account(&read(pushed));
        change(&fake);
        told(&drifted(&read(mapping), &fake))
    };
    assert_eq!(of(APPS, APPS, &|_| {}), []);
    assert_eq!(of(APPS, "", &|_| {}), [("access-gone", By::Account)]);
    assert_eq!(
        of(APPS, APPS, &|fake| edit(fake, &|policy| policy
            .body
            .push_str("# mine\n"))),
        [("access-edited", By::Account)]
    );
    assert_eq!(
        of(APPS, APPS, &|fake| edit(fake, &|policy| {
            policy.body = "package spacelift\n".into();
        })),
        [("access-edited", By::Account)]
    );
    assert_eq!(
        of(APPS, APPS, &|fake| edit(fake, &|policy| policy
            .labels
            .clear())),
        [("access-moved", By::Account)]
    );
    let detached = |fake: &Fake| {
        fake.attachments.borrow_mut().as_mut().unwrap().clear();
    };
    let fake = account(&read(&by_id));
    detached(&fake);
    let drift = drifted(&read(&by_id), &fake);
    assert_eq!(told(&drift), [("access-moved", By::Account)]);
    assert_eq!(drift.findings[0].lines, ["- attached to `shop`"]);
    // The text is as it was pushed, so it is the mapping that changed.
    let writers = APPS.replace("write: [seniors]", "write: [payments]");
    assert_eq!(of(&writers, APPS, &|_| {}), [("not-pushed", By::Mapping)]);
    // As far as is known: what was pushed last is the mapping at hand, and it has no such entry.
    assert_eq!(of("", APPS, &|_| {}), [("access-left", By::Account)]);
}

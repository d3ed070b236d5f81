use super::fake::{Fake, Mapping, live, policy};
use super::*;
use crate::evaluate::foreign::InProcess;
use crate::model::Dialect;
use crate::render;
use crate::spacelift::{Engine, Error, PolicyType, Scheme};

fn planned(mapping: &Mapping, fake: &Fake) -> Plan {
    plan(&mapping.desired(), fake, &InProcess).unwrap()
}

fn codes(plan: &Plan) -> Vec<&'static str> {
    plan.refusals.iter().map(|one| one.code.code()).collect()
}

/// Another text of ours: one role less.
fn older() -> String {
    let mut policy = policy();
    policy.grants.get_mut("group payments").unwrap().pop();
    render::render(&policy).unwrap()
}

#[test]
fn the_codes_are_unique_and_serialise_as_they_show() {
    let codes: BTreeSet<&str> = Guard::ALL.iter().map(|guard| guard.code()).collect();
    assert_eq!(codes.len(), Guard::ALL.len());
    for guard in Guard::ALL {
        assert_eq!(
            serde_json::to_value(guard).unwrap(),
            serde_json::json!(guard.code())
        );
    }
}

#[test]
fn an_account_without_a_login_policy_gets_one() {
    let mapping = Mapping::new();
    let plan = planned(&mapping, &Fake::new());
    assert_eq!(codes(&plan), Vec::<&str>::new());
    assert_eq!(plan.notes, Vec::<String>::new());
    assert_eq!(plan.sessions, Some(2));
    assert_eq!(
        (plan.endpoint.as_str(), plan.account.as_str(), plan.format),
        ("https://acme.app.spacelift.io", "acme", 1)
    );
    let [Change::PolicyCreate { policy }] = plan.changes.as_slice() else {
        panic!("{:?}", plan.changes);
    };
    assert_eq!(
        *policy,
        PolicyState {
            name: "liftgate".into(),
            body: mapping.text.clone(),
            engine: Some(Engine::V1),
            labels: vec![],
            description: Some(
                "Managed by liftgate from access.yaml: change the mapping, not this policy.".into()
            ),
            space: Some("root".into()),
            updated_at: None,
        }
    );
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["changes"][0]["kind"], "policy_create");
    let again: Plan = serde_json::from_value(json).unwrap();
    let evidence = plan.evidence.clone();
    assert_eq!(Plan { evidence, ..again }, plan);
}

#[test]
fn another_text_of_ours_is_updated() {
    let mapping = Mapping::new();
    let plan = planned(&mapping, &Fake::new().with_body(&older()));
    assert_eq!(codes(&plan), Vec::<&str>::new());
    let [Change::PolicyUpdate { id, before, after }] = plan.changes.as_slice() else {
        panic!("{:?}", plan.changes);
    };
    assert_eq!(id, "liftgate");
    assert_eq!(
        (before.body.as_str(), before.updated_at),
        (older().as_str(), Some(1_000))
    );
    assert_eq!(after.body, mapping.text);
}

#[test]
fn the_same_text_changes_nothing() {
    let mapping = Mapping::new();
    let plan = planned(&mapping, &Fake::new().with_body(&mapping.text));
    assert_eq!(plan.changes, vec![]);
    assert_eq!(plan.effects, vec![]);
    assert_eq!(plan.refusals, vec![]);
    assert_eq!(plan.notes, Vec::<String>::new());
    assert_eq!(plan.sessions, Some(0));
}

#[test]
fn a_difference_in_form_is_noted_and_not_pushed() {
    let mut renamed = policy();
    renamed.mapping = "other.yaml".into();
    renamed.groups.get_mut("0aaa").unwrap().group = "billing".into();
    let rows = renamed.grants.remove("group payments").unwrap();
    renamed.grants.insert("group billing".into(), rows);
    let text = render::render(&renamed).unwrap();
    let plan = planned(&Mapping::new(), &Fake::new().with_body(&text));
    assert_eq!(plan.changes, vec![]);
    assert_eq!(plan.notes.len(), 1);
    assert!(plan.notes[0].contains("in form only"), "{:?}", plan.notes);
}

#[test]
fn another_engine_or_space_is_a_change() {
    let mapping = Mapping::new();
    for change in [
        (|policy| policy.engine = Some(Engine::V0)) as fn(&mut crate::spacelift::Policy),
        |policy| policy.space = Some("legacy".into()),
    ] {
        let fake = Fake::new().with_body(&mapping.text);
        fake.edit(change);
        let plan = planned(&mapping, &fake);
        assert!(
            matches!(plan.changes.as_slice(), [Change::PolicyUpdate { .. }]),
            "{:?}",
            plan.changes
        );
        // Rego v1 under the engine of v0 decides nothing that anybody knows.
        let unread = plan.unknown_effects.is_some();
        let refused: &[&str] = if unread { &["losses-unknown"] } else { &[] };
        assert_eq!(codes(&plan), refused);
    }
}

#[test]
fn the_other_dialect_is_another_text_though_it_decides_alike() {
    let v1 = Mapping::new();
    let mut policy = policy();
    policy.dialect = Dialect::V0;
    let v0 = Mapping::of(policy);
    assert!(same_decisions(&v1.policy, &v0.policy));
    for (live, engine, wanted) in [
        (&v1, Engine::V1, &v0),
        (&v0, Engine::V0, &v1),
        // Set by hand: a text of one under the engine of the other.
        (&v1, Engine::V0, &v1),
        (&v1, Engine::V0, &v0),
        (&v0, Engine::V1, &v0),
        (&v0, Engine::V1, &v1),
    ] {
        let fake = Fake::new().with_body(&live.text);
        fake.edit(|policy| policy.engine = Some(engine.clone()));
        let plan = planned(wanted, &fake);
        let [Change::PolicyUpdate { after, .. }] = plan.changes.as_slice() else {
            panic!("{engine}: {:?}", plan.changes);
        };
        let dialect = match after.engine {
            Some(Engine::V0) => Dialect::V0,
            _ => Dialect::V1,
        };
        assert_eq!(
            (dialect, &after.body),
            (wanted.policy.dialect, &wanted.text)
        );
        // A text that its engine does not read decides nothing that could be compared.
        let misread = live.policy.dialect == Dialect::V1 && engine == Engine::V0;
        assert_eq!(plan.unknown_effects.is_some(), misread, "{engine}");
        let refused: &[&str] = if misread { &["losses-unknown"] } else { &[] };
        assert_eq!(codes(&plan), refused, "{engine}");
        assert_eq!(plan.effects.is_empty(), !misread, "{engine}");
    }
    for (mapping, engine) in [(&v1, Engine::V1), (&v0, Engine::V0)] {
        let fake = Fake::new().with_body(&mapping.text);
        fake.edit(|policy| policy.engine = Some(engine));
        assert_eq!(planned(mapping, &fake).changes, vec![]);
    }
}

#[test]
fn a_text_of_the_wrong_dialect_shows_where_nothing_says_the_engine() {
    let mut policy = policy();
    policy.dialect = Dialect::V0;
    let fake = Fake::new().with_body(&Mapping::new().text);
    for policy in fake.policies.borrow_mut().iter_mut() {
        policy.engine = None;
    }
    let plan = planned(&Mapping::of(policy), &fake);
    assert_eq!(codes(&plan), ["losses-unknown"]);
    assert!(
        matches!(plan.changes.as_slice(), [Change::PolicyUpdate { after, .. }] if after.engine.is_none())
    );
}

#[test]
fn an_accepted_policy_may_stay() {
    let other = || live("sso", "package spacelift\n");
    for by in ["sso", "the id"] {
        let mut mapping = Mapping::new();
        mapping.model.accepted_policies.insert(by.into());
        let mut policy = other();
        policy.id = "the id".into();
        let fake = Fake::new().with_body(&older()).with_policy(policy);
        let plan = planned(&mapping, &fake);
        assert_eq!(codes(&plan), Vec::<&str>::new(), "{by}");
        assert_eq!(plan.notes.len(), 1, "{:?}", plan.notes);
        assert!(
            plan.notes[0].contains("`sso` decides too"),
            "{:?}",
            plan.notes
        );
        assert_eq!(
            plan.accepted,
            [Accepted {
                id: "the id".into(),
                name: "sso".into(),
                updated_at: 1_000
            }]
        );
        // What changes is what the mapping's own policy changes.
        assert_eq!(plan.unknown_effects, None);
        assert_eq!(plan.effects.len(), 1);
    }
}

#[test]
fn what_is_accepted_is_that_and_no_more() {
    let mut mapping = Mapping::new();
    mapping.model.accepted_policies = ["sso", "gone", "liftgate"].map(String::from).into();
    let fake = Fake::new()
        .with_body(&older())
        .with_policy(live("sso", "package spacelift\n"))
        .with_policy(live("sso2", "package spacelift\n"));
    let mut twin = live(POLICY_NAME, "package spacelift\n");
    twin.id = "twin".into();
    let plan = planned(&mapping, &fake.with_policy(twin));
    assert_eq!(codes(&plan), ["other-login-policy", "other-login-policy"]);
    assert!(plan.refusals[0].message.contains("`sso2`"));
    assert!(plan.refusals[1].message.contains("`liftgate`"));
    let missing = |name: &str| {
        let said = format!("accepts the login policy `{name}`, and the account has no other");
        plan.notes.iter().any(|note| note.contains(&said))
    };
    assert!(missing("gone") && missing("liftgate"), "{:?}", plan.notes);
    assert!(!missing("sso"));
    // Two decide together, and nobody documents how.
    assert!(plan.unknown_effects.is_some());
}

#[test]
fn beside_an_accepted_policy_a_first_one_of_ours_does_what_nobody_knows() {
    let mut mapping = Mapping::new();
    mapping.model.accepted_policies.insert("sso".into());
    let fake = Fake::new().with_policy(live("sso", "package spacelift\nallow if true\n"));
    let plan = planned(&mapping, &fake);
    assert_eq!(codes(&plan), ["losses-unknown"]);
    assert!(plan.unknown_effects.clone().unwrap().contains("accepted"));
    assert!(plan.effects.iter().all(|effect| effect.before.is_none()));
}

#[test]
fn an_installation_without_engines_gets_v0_only() {
    let old = || {
        let fake = Fake::new();
        for policy in fake.policies.borrow_mut().iter_mut() {
            policy.engine = None;
        }
        fake
    };
    assert_eq!(
        codes(&planned(&Mapping::new(), &old())),
        ["engine-unsupported"]
    );

    let mut v0 = policy();
    v0.dialect = Dialect::V0;
    let mapping = Mapping::of(v0);
    let plan = planned(&mapping, &old());
    assert_eq!(codes(&plan), Vec::<&str>::new());
    assert!(
        matches!(plan.changes.as_slice(), [Change::PolicyCreate { policy }] if policy.engine.is_none())
    );

    // Where there are versions, v0 is said, because an update may keep what is there.
    let plan = planned(&mapping, &Fake::new());
    assert!(
        matches!(plan.changes.as_slice(), [Change::PolicyCreate { policy }] if policy.engine == Some(Engine::V0))
    );

    let fake = old().with_body(&mapping.text);
    fake.edit(|policy| policy.engine = None);
    assert_eq!(planned(&mapping, &fake).changes, vec![]);
}

/// Each guard alone: the account that everything else likes, with one thing wrong.
#[test]
fn each_guard_refuses_alone() {
    let mapping = Mapping::new();
    let clean = planned(&mapping, &Fake::new().with_body(&older()));
    assert_eq!(clean.refusals, vec![]);

    let sealed_by_newer = {
        let rest = "package spacelift\n";
        let digest = {
            use sha2::Digest as _;
            crate::policy::hex(&sha2::Sha256::digest(rest.as_bytes()))
        };
        format!("# seal: format=99 policy=sha256:aa text=sha256:{digest}\n{rest}")
    };
    type Spoil = Box<dyn Fn(&mut Fake)>;
    let body = |text: String| -> Spoil {
        Box::new(move |fake| fake.edit(|policy| policy.body.clone_from(&text)))
    };
    let cases: Vec<(&str, &str, Spoil)> = vec![
        (
            "other-login-policy",
            "`sso\\u{202e}'s`",
            Box::new(|fake| {
                let policy = live("sso\u{202e}`s", "package spacelift\n");
                fake.policies.borrow_mut().push(policy);
            }),
        ),
        (
            "edited-by-hand",
            "`liftgate` was edited by hand",
            body(older() + "allow if true\n"),
        ),
        (
            "foreign-policy",
            "`liftgate` was not made by liftgate",
            body("package spacelift\nallow if input.session.member\n".into()),
        ),
        ("newer-format", "has format 99", body(sealed_by_newer)),
        (
            "name-taken",
            "`Liftgate` of type `PLAN`",
            Box::new(|fake| {
                let mut policies = fake.policies.borrow_mut();
                policies.retain(|policy| policy.kind != PolicyType::Login);
                let mut policy = live("Liftgate", "package spacelift\n");
                policy.id = "liftgate".into();
                policy.kind = PolicyType::Plan;
                policies.push(policy);
            }),
        ),
        (
            "engine-unsupported",
            "Rego v0 only",
            Box::new(|fake| {
                for policy in fake.policies.borrow_mut().iter_mut() {
                    policy.engine = None;
                }
            }),
        ),
        (
            "strategy",
            "`MANAGED_USERS`",
            Box::new(|fake| fake.account.scheme = Some(Scheme::ManagedUsers)),
        ),
        (
            "other-account",
            "`acme`, and this is `beta` at `https://acme.app.spacelift.io`",
            Box::new(|fake| fake.account.name = "beta".into()),
        ),
        (
            "not-root-admin",
            "`api::01` does not administer",
            Box::new(|fake| fake.viewer.admin = false),
        ),
        (
            "space-missing",
            "no space `payments`",
            Box::new(|fake| fake.spaces.retain(|space| space.id != "payments")),
        ),
        (
            "space-differs",
            "parent `legacy` instead of `root`",
            Box::new(|fake| fake.spaces[1].parent = Some("legacy".into())),
        ),
        (
            "space-differs",
            "inheritance `false` instead of `true`",
            Box::new(|fake| fake.spaces[1].inherit = false),
        ),
        (
            "space-differs",
            "labels nothing instead of `prod`",
            Box::new(|fake| fake.spaces[1].labels.clear()),
        ),
        (
            "role-missing",
            "no role `space-reader`",
            Box::new(|fake| {
                let roles = fake.roles.get_mut().as_mut().unwrap();
                roles.retain(|role| role.slug != "space-reader");
            }),
        ),
        (
            "role-differs",
            "it has `SPACE_WRITE` too many, and lacks nothing",
            Box::new(|fake| {
                fake.edit_role("deployer", |role| {
                    role.system = true;
                    role.actions.push("SPACE_WRITE".into());
                });
            }),
        ),
    ];
    for (code, words, spoil) in cases {
        let mut fake = Fake::new().with_body(&older());
        spoil(&mut fake);
        let plan = planned(&mapping, &fake);
        assert_eq!(codes(&plan), [code], "{:?}", plan.refusals);
        let refusal = &plan.refusals[0];
        assert!(refusal.message.contains(words), "{}", refusal.message);
        for text in [&refusal.message, &refusal.help] {
            assert!(!text.ends_with('.'), "{text}");
            assert!(text.starts_with(|c: char| !c.is_uppercase()), "{text}");
        }
    }
}

#[test]
fn an_edit_by_hand_shows_in_the_diff() {
    let mapping = Mapping::new();
    let plan = planned(
        &mapping,
        &Fake::new().with_body(&(mapping.text.clone() + "allow if true\n")),
    );
    assert_eq!(codes(&plan), ["edited-by-hand"]);
    let text = diff(&plan.changes[0]);
    assert!(text.contains("\n-allow if true\n"), "{text}");
}

#[test]
fn what_cannot_be_known_is_noted_and_not_refused() {
    let mut mapping = Mapping::new();
    mapping.model.roles.get_mut("deployer").unwrap().kind = crate::model::RoleKind::External;
    let mut fake = Fake::new().with_body(&older());
    fake.account.scheme = None;
    *fake.roles.get_mut() = None;
    fake.sessions = Err(Error::NotAllowed {
        action: "read the sessions",
        viewer: "api::01".into(),
    });
    let plan = planned(&mapping, &fake);
    assert_eq!(plan.refusals, vec![]);
    assert_eq!(plan.sessions, None);
    assert_eq!(plan.notes.len(), 2);
    assert!(plan.notes[0].contains("does not list roles"));
    assert!(plan.notes[1].contains("sessions could not be counted"));

    fake.sessions = Ok(None);
    assert_eq!(planned(&mapping, &fake).sessions, None);
    fake.sessions = Err(super::fake::unavailable());
    assert_eq!(
        super::plan(&mapping.desired(), &fake, &InProcess),
        Err(PlanError::Account(super::fake::unavailable()))
    );
}

#[test]
fn a_space_that_is_only_granted_must_be_there_too() {
    let mut policy = policy();
    policy.grants.get_mut("group payments").unwrap()[0].spaces = vec!["legacy".into()];
    let mapping = Mapping::of(policy);
    let mut fake = Fake::new();
    assert_eq!(planned(&mapping, &fake).refusals, vec![]);
    fake.spaces.retain(|space| space.id != "legacy");
    let plan = planned(&mapping, &fake);
    assert_eq!(codes(&plan), ["space-missing"]);
    assert!(plan.refusals[0].message.contains("`legacy`"));
}

#[test]
fn an_endpoint_is_matched_and_a_sandbox_is_told_by_its_name() {
    let mut mapping = Mapping::new();
    let mut fake = Fake::new();
    mapping.model.account = crate::model::Account::Endpoint("https://lift.example.org/".into());
    assert_eq!(codes(&planned(&mapping, &fake)), ["other-account"]);
    fake.endpoint = "https://lift.example.org".into();
    assert_eq!(planned(&mapping, &fake).refusals, vec![]);
    fake.endpoint = "http://127.0.0.1:8080".into();
    assert_eq!(codes(&planned(&mapping, &fake)), ["other-account"]);
    fake.account.name = "https://lift.example.org/".into();
    assert_eq!(planned(&mapping, &fake).refusals, vec![]);
}

#[test]
fn two_plans_of_the_same_are_the_same_bytes() {
    let mapping = Mapping::new();
    let bytes = || serde_json::to_vec(&planned(&mapping, &Fake::new())).unwrap();
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_plan_that_cannot_be_made_says_why_and_what_to_do() {
    let broken = PlanError::Render("no such filter".into());
    assert_eq!(broken.to_string(), "no such filter");
    assert_eq!(
        broken.hint(),
        "the text is liftgate's own, so this is worth a bug report"
    );
    let probe = PlanError::Probe {
        probe: "Ada".into(),
        message: "no result".into(),
    };
    assert_eq!(
        probe.to_string(),
        "the mapping's policy cannot be evaluated for `Ada`: no result"
    );
}

#[test]
fn a_refusal_says_what_it_found() {
    let refusal = Refusal {
        code: Guard::Moved,
        message: "the mapping moved".into(),
        help: "plan again".into(),
    };
    assert_eq!(refusal.to_string(), "the mapping moved");
}

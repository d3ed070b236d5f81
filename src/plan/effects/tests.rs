use super::super::fake::{Fake, Mapping, live, policy};
use super::super::{Plan, Summary, plan, summary};
use super::*;
use crate::evaluate::EvaluateError;
use crate::render;

fn planned(fake: &Fake) -> Plan {
    plan(&Mapping::new().desired(), fake, &InProcess).unwrap()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_string()).collect()
}

fn on_payments(roles: &[&str]) -> Vec<Access> {
    roles
        .iter()
        .map(|role| Access {
            space: "payments".into(),
            role: (*role).into(),
        })
        .collect()
}

#[test]
fn without_a_login_policy_members_come_in_with_nothing() {
    let plan = planned(&Fake::new());
    assert_eq!(plan.unknown_effects, None);
    let of = |identity: &str| plan.effects.iter().find(|one| one.identity == identity);

    let alice = of("alice").unwrap();
    assert_eq!(alice.probe, "alice, no request");
    assert_eq!(alice.gains, on_payments(&["deployer", "space-reader"]));
    assert_eq!((alice.losses.len(), alice.login_change), (0, None));

    let bob = of("bob").unwrap();
    assert_eq!(bob.login_change, Some((Login::Allow, Login::Deny)));
    assert!(bob.gains.is_empty() && bob.losses.is_empty());

    let ada = of("ada").unwrap();
    assert_eq!(ada.login_change, Some((Login::Allow, Login::Admin)));

    // Refused before and after.
    assert_eq!(of("eve"), None);
    assert_eq!(
        summary(&plan),
        Summary {
            gaining: names(&["alice"]),
            newly_refused: names(&["bob"]),
            admins_gained: names(&["ada"]),
            ..Summary::default()
        }
    );
}

#[test]
fn a_role_taken_and_an_admin_lost_are_seen() {
    let mut older = policy();
    older.grants.get_mut("group payments").unwrap()[0].roles = vec!["space-writer".into()];
    older.admins = BTreeMap::from([(
        "login bob@acme.example".into(),
        older.admins.into_values().next().unwrap(),
    )]);
    let plan = planned(&Fake::new().with_body(&render::render(&older).unwrap()));
    let alice = &plan.effects[0];
    assert_eq!(alice.gains, on_payments(&["deployer"]));
    assert_eq!(alice.losses, on_payments(&["space-writer"]));
    assert_eq!(
        summary(&plan),
        Summary {
            gaining: names(&["alice"]),
            losing: names(&["alice"]),
            newly_refused: names(&["bob"]),
            newly_let_in: names(&["ada"]),
            admins_gained: names(&["ada"]),
            admins_lost: names(&["bob"]),
            ..Summary::default()
        }
    );
}

#[test]
fn space_admin_on_root_counts_as_an_admin() {
    let body = "package spacelift\nallow if true\nroles[\"root\"] contains \"space-admin\" if input.session.login == \"bob@acme.example\"\n";
    let summary = summary(&planned(&Fake::new().with_body(body)));
    assert_eq!(summary.admins_lost, names(&["bob"]));
    assert_eq!(summary.losing, names(&["bob"]));
}

#[test]
fn rewritten_teams_are_a_difference() {
    let text = Mapping::new().text + "team contains \"x\" if true\n";
    let plan = planned(&Fake::new().with_body(&text));
    assert_eq!(plan.effects.len(), 4);
    assert!(plan.effects[0].gains.is_empty() && plan.effects[0].login_change.is_none());
}

#[test]
fn a_live_policy_that_does_not_evaluate_leaves_before_unknown() {
    let plan = planned(&Fake::new().with_body("package spacelift\nallow if {\n"));
    let why = plan.unknown_effects.clone().unwrap();
    assert!(
        why.starts_with("the live policy `liftgate` could not be evaluated: "),
        "{why}"
    );
    assert_eq!(plan.effects.len(), 4);
    for effect in &plan.effects {
        assert!(effect.before.is_none() && effect.gains.is_empty() && effect.losses.is_empty());
    }
    assert_eq!(summary(&plan), Summary::default());
}

/// Fails on one input, and gives an answer too few for another text.
struct Patchy;

impl Decide for Patchy {
    fn decide(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<Decision, String>>, EvaluateError> {
        let mut answers = InProcess.decide("package spacelift\nallow if true", dialect, inputs)?;
        if text.contains("short") {
            answers.pop();
        } else {
            answers[1] = Err("no such\nluck".into());
        }
        Ok(answers)
    }

    fn decide_access(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<crate::evaluate::access::Access, String>>, EvaluateError> {
        InProcess.decide_access(text, dialect, inputs)
    }
}

#[test]
fn a_live_policy_is_read_as_what_it_is() {
    let text = "package spacelift\nallow { input.session.member }\n";
    let fake = Fake::new().with_body(text);
    fake.edit(|policy| policy.engine = Some(Engine::V0));
    let plan = planned(&fake);
    assert_eq!(plan.unknown_effects, None);
    assert_eq!(summary(&plan).newly_refused, names(&["bob"]));

    // Where the installation says nothing, it is the older one.
    fake.edit(|policy| policy.engine = None);
    assert_eq!(planned(&fake).unknown_effects, None);

    for (engine, text, why) in [
        (Engine::V1, text, "login.rego:2:"),
        (
            Engine::V0,
            "package spacelift\nallow if { input.session.nobody }\n",
            "line 2 uses the keyword `if` without importing it",
        ),
        (
            Engine::Other("REGO_V2".into()),
            text,
            "its engine `REGO_V2` is not known here",
        ),
    ] {
        fake.edit(|policy| {
            policy.engine = Some(engine);
            policy.body = text.into();
        });
        let plan = planned(&fake);
        let said = plan.unknown_effects.unwrap();
        assert!(said.contains(why), "{said}");
        assert!(plan.effects.iter().all(|effect| effect.before.is_none()));
    }
}

#[test]
fn one_probe_that_fails_is_named_and_the_others_are_compared() {
    let mapping = Mapping::new();
    let plan = plan(
        &mapping.desired(),
        &Fake::new().with_body("package spacelift\n"),
        &Patchy,
    )
    .unwrap();
    assert_eq!(
        plan.unknown_effects.as_deref(),
        Some("the live policy `liftgate` could not be evaluated: `bob, no request`, no such luck")
    );
    let bob = plan.effects.iter().find(|one| one.identity == "bob");
    assert!(bob.unwrap().before.is_none());
    let eve = plan.effects.iter().find(|one| one.identity == "eve");
    assert_eq!(eve.unwrap().login_change, Some((Login::Allow, Login::Deny)));
}

#[test]
fn answers_that_are_missing_are_not_taken_for_others() {
    let mapping = Mapping::new();
    let fake = Fake::new().with_body("package spacelift\n# short\n");
    let plan = plan(&mapping.desired(), &fake, &Patchy).unwrap();
    assert!(
        plan.unknown_effects
            .unwrap()
            .ends_with("answers are missing")
    );
    assert!(plan.effects.iter().all(|effect| effect.before.is_none()));
}

#[test]
fn another_login_policy_is_what_is_compared_with() {
    let other = || {
        live(
            "sso",
            "package spacelift\nallow if input.session.login == \"bob@acme.example\"\n",
        )
    };
    let plan = planned(&Fake::new().with_policy(other()));
    assert!(plan.notes[0].contains("`sso`"), "{:?}", plan.notes);
    assert_eq!(summary(&plan).newly_refused, names(&["bob"]));

    // Two decide together, and nobody documents how.
    let fake = Fake::new()
        .with_policy(other())
        .with_body("package spacelift\n");
    let plan = planned(&fake);
    assert!(plan.unknown_effects.unwrap().contains("several"));
    assert!(plan.effects.iter().all(|effect| effect.before.is_none()));
}

#[test]
fn a_policy_of_ours_that_fails_is_an_error() {
    let mut mapping = Mapping::new();
    mapping.text =
        "package spacelift\nflag contains 5 if input.session.login == \"bob@acme.example\"\n"
            .into();
    let error = plan(&mapping.desired(), &Fake::new(), &InProcess).unwrap_err();
    assert!(matches!(&error, PlanError::Probe { probe, .. } if probe == "bob, no request"));
    mapping.text = "package spacelift\nallow if {".into();
    let error = plan(&mapping.desired(), &Fake::new(), &InProcess).unwrap_err();
    assert!(matches!(error, PlanError::Policy(_)));
}

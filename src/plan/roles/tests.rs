use super::super::fake::{Fake, Mapping, live, policy, role};
use super::super::{Plan, RoleChange, diff, plan, summary};
use super::*;
use crate::evaluate::foreign::InProcess;
use crate::model;
use crate::render;

fn planned(mapping: &Mapping, fake: &Fake) -> Plan {
    plan(&mapping.desired(), fake, &InProcess).unwrap()
}

/// The account whose policy is the mapping's already.
fn settled() -> Fake {
    Fake::new().with_body(&Mapping::new().text)
}

/// The account whose policy is another.
fn unsettled() -> Fake {
    let mut older = policy();
    older.grants.get_mut("group payments").unwrap().pop();
    Fake::new().with_body(&render::render(&older).unwrap())
}

fn declared(mapping: &mut Mapping, slug: &str, actions: &[&str]) {
    let actions = actions.iter().map(|action| (*action).to_string());
    let role = model::Role {
        name: None,
        kind: RoleKind::Declared(actions.collect()),
        span: None,
    };
    mapping.model.roles.insert(slug.into(), role);
}

/// The mapping with these actions for `deployer`.
fn with(actions: &[&str]) -> Mapping {
    let mut mapping = Mapping::new();
    declared(&mut mapping, "deployer", actions);
    mapping
}

/// Each change as a word, a name, and what it says.
fn steps(plan: &Plan) -> Vec<(&'static str, String, String)> {
    let step = |change: &Change| {
        let (what, name) = match change {
            Change::PolicyCreate { policy } => ("create policy", &policy.name),
            Change::PolicyUpdate { after, .. } => ("update policy", &after.name),
            Change::RoleCreate { role, .. } => ("create", &role.slug),
            Change::RoleUpdate { after, .. } => ("update", &after.slug),
            Change::RoleDelete { role, .. } => ("delete", &role.slug),
            other => panic!("{other:?}"),
        };
        let text = match change {
            Change::PolicyCreate { .. } | Change::PolicyUpdate { .. } => String::new(),
            _ => diff(change).trim_end().replace('\n', ", "),
        };
        (what, name.clone(), text)
    };
    plan.changes.iter().map(step).collect()
}

fn said(steps: &[(&'static str, String, String)]) -> Vec<String> {
    let said = |(what, name, text): &(&str, String, String)| format!("{what} {name}: {text}");
    steps.iter().map(said).collect()
}

fn only(plan: &Plan) -> (Guard, String, String) {
    let [one] = plan.refusals.as_slice() else {
        panic!("{:?}", plan.refusals);
    };
    for text in [&one.message, &one.help] {
        assert!(!text.ends_with('.'), "{text}");
        assert!(text.starts_with(|c: char| !c.is_uppercase()), "{text}");
    }
    (one.code, one.message.clone(), one.help.clone())
}

#[test]
fn what_is_as_declared_is_left_alone() {
    // One that nobody declares is somebody else's.
    let fake = settled().with_role(role("releaser", &["SPACE_ADMIN"]));
    let plan = planned(&Mapping::new(), &fake);
    assert_eq!((plan.changes, plan.effects), (vec![], vec![]));
    assert_eq!((plan.refusals, plan.notes), (vec![], vec![]));
}

#[test]
fn a_missing_role_is_made_before_the_policy_names_it() {
    let plan = planned(&Mapping::new(), &Fake::new().without_role("deployer"));
    assert_eq!(plan.refusals, vec![]);
    assert_eq!(
        said(&steps(&plan)),
        [
            "create deployer: + run:trigger, + space:read",
            "create policy liftgate: "
        ]
    );
    let Change::RoleCreate { role, description } = &plan.changes[0] else {
        panic!("{:?}", plan.changes);
    };
    assert_eq!((role.name.as_str(), role.actions.len()), ("deployer", 2));
    assert!(description.contains("access.yaml"), "{description}");
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["changes"][0]["kind"], "role_create");
    let again: Plan = serde_json::from_value(json).unwrap();
    assert_eq!(again.changes, plan.changes);

    // It need not be granted: what is declared with actions is managed here.
    let mut mapping = Mapping::new();
    declared(&mut mapping, "releaser", &["space:read"]);
    let plan = planned(&mapping, &settled());
    assert_eq!(said(&steps(&plan)), ["create releaser: + space:read"]);
    assert_eq!((plan.effects, plan.sessions), (vec![], Some(0)));
}

/// Whoever the live policy gives it to would hold it the moment it is made.
#[test]
fn a_role_that_the_live_policy_names_is_made_after_it_changed() {
    let plan = planned(&Mapping::new(), &unsettled().without_role("deployer"));
    assert_eq!(
        said(&steps(&plan)),
        [
            "update policy liftgate: ",
            "create deployer: + run:trigger, + space:read"
        ]
    );
    // Alice holds it already, as a name without a meaning.
    let alice = &plan.effects[0];
    assert_eq!(alice.identity, "alice");
    assert_eq!(alice.role_changes[0].gains, ["RUN_TRIGGER", "SPACE_READ"]);
}

#[test]
fn a_change_of_a_role_alone_signs_nobody_out_and_says_who_holds_it() {
    let mapping = with(&["space:read", "run:confirm", "run:discard"]);
    let plan = planned(&mapping, &settled());
    assert_eq!(plan.refusals, vec![]);
    assert_eq!(
        said(&steps(&plan)),
        ["update deployer: + run:confirm, + run:discard, - run:trigger"]
    );
    assert_eq!(
        (plan.sessions, plan.unknown_effects.clone()),
        (Some(0), None)
    );
    let [alice] = plan.effects.as_slice() else {
        panic!("{:?}", plan.effects);
    };
    assert_eq!(alice.identity, "alice");
    assert_eq!(
        alice.role_changes,
        [RoleChange {
            space: "payments".into(),
            role: "deployer".into(),
            gains: vec!["RUN_CONFIRM".into(), "RUN_DISCARD".into()],
            losses: vec!["RUN_TRIGGER".into()],
        }]
    );
    assert!(alice.gains.is_empty() && alice.losses.is_empty());
    assert_eq!((alice.login_change, alice.admin_change), (None, None));
    let summary = summary(&plan);
    let alice = BTreeSet::from(["alice".to_string()]);
    assert_eq!(
        (&summary.gaining_actions, &summary.losing_actions),
        (&alice, &alice)
    );
    assert!(summary.gaining.is_empty() && summary.losing.is_empty());
}

#[test]
fn another_name_is_a_change_and_no_name_asks_for_none() {
    let fake = settled();
    fake.edit_role("deployer", |role| role.name = "Ships it".into());
    assert_eq!(planned(&Mapping::new(), &fake).changes, vec![]);

    let mut mapping = Mapping::new();
    let role = mapping.model.roles.get_mut("deployer").unwrap();
    role.name = Some("Deployer".into());
    let plan = planned(&mapping, &fake);
    assert_eq!(
        said(&steps(&plan)),
        ["update deployer: name: Ships it -> Deployer"]
    );
    assert_eq!((plan.effects, plan.notes), (vec![], vec![]));

    // Of which the slug, made anew, would be another.
    let role = mapping.model.roles.get_mut("deployer").unwrap();
    role.name = Some("Releases".into());
    let plan = planned(&mapping, &fake);
    assert!(plan.notes[0].contains("keeps its slug"), "{:?}", plan.notes);
}

/// Between any two steps nobody may have more than before all or after all of them: roles lose before the policy, and gain
/// after it.
#[test]
fn roles_lose_before_the_policy_and_gain_after_it() {
    let order = |actions: &[&str]| said(&steps(&planned(&with(actions), &unsettled())));
    let policy = "update policy liftgate: ";
    assert_eq!(
        order(&["space:read"]),
        ["update deployer: - run:trigger", policy]
    );
    assert_eq!(
        order(&["space:read", "run:trigger", "run:confirm"]),
        [policy, "update deployer: + run:confirm"]
    );
    assert_eq!(
        order(&["space:read", "run:confirm"]),
        [
            "update deployer: - run:trigger",
            policy,
            "update deployer: + run:confirm"
        ]
    );
    // Each step begins where the one before it ends.
    let plan = planned(&with(&["space:read", "run:confirm"]), &unsettled());
    let [
        Change::RoleUpdate { after: narrow, .. },
        _,
        Change::RoleUpdate { before, .. },
    ] = plan.changes.as_slice()
    else {
        panic!("{:?}", plan.changes);
    };
    assert_eq!(narrow, before);
}

#[test]
fn a_role_that_keeps_nothing_does_not_change_beside_the_policy() {
    let mapping = with(&["run:confirm"]);
    let plan = planned(&mapping, &unsettled());
    assert_eq!(only(&plan).0, Guard::RoleReplaced);
    assert_eq!(planned(&mapping, &settled()).refusals, vec![]);
}

#[test]
fn a_role_that_becomes_administrative_is_an_admin_change() {
    // The holder, on root.
    let mut text = policy();
    text.grants.get_mut("group payments").unwrap()[0].spaces = vec!["root".into()];
    let mut mapping = Mapping::of(text);
    declared(
        &mut mapping,
        "deployer",
        &["space:read", "run:trigger", "space:admin"],
    );
    let fake = Fake::new().with_body(&mapping.text);
    let plan = planned(&mapping, &fake);
    let (code, message, help) = only(&plan);
    assert_eq!(code, Guard::RoleBecomesAdmin);
    assert!(message.contains("at once"), "{message}");
    assert!(help.contains("--allow-admin-role deployer"), "{help}");
    assert_eq!(plan.effects[0].admin_change, Some((false, true)));
    let alice = BTreeSet::from(["alice".to_string()]);
    assert_eq!(summary(&plan).admins_gained, alice);

    mapping.admin_roles = vec!["deployer".into()];
    assert_eq!(planned(&mapping, &fake).refusals, vec![]);
    // And back again, of which a guard of losses speaks.
    mapping.admin_roles.clear();
    declared(&mut mapping, "deployer", &["space:read", "run:trigger"]);
    fake.edit_role("deployer", |role| role.actions.push("SPACE_ADMIN".into()));
    let plan = planned(&mapping, &fake);
    assert_eq!(only(&plan).0, Guard::AdminsLoseAccess);
    assert_eq!(summary(&plan).admins_lost, alice);
}

#[test]
fn a_role_of_spacelift_or_two_of_one_slug_cannot_be_made_as_declared() {
    let fake = settled();
    fake.edit_role("deployer", |role| role.system = true);
    assert_eq!(planned(&Mapping::new(), &fake).refusals, vec![]);
    let (code, message, _) = only(&planned(&with(&["space:read"]), &fake));
    assert_eq!(code, Guard::RoleDiffers);
    assert!(
        message.contains("it has `RUN_TRIGGER` too many, and lacks nothing"),
        "{message}"
    );

    let mut twin = role("deployer", &["SPACE_READ"]);
    twin.id = "02".into();
    let plan = planned(&Mapping::new(), &settled().with_role(twin));
    let (code, message, _) = only(&plan);
    assert_eq!(code, Guard::RoleDiffers);
    assert!(message.contains("2 roles `deployer`"), "{message}");
    assert_eq!(plan.changes, vec![]);
}

#[test]
fn an_external_role_that_is_missing_is_still_refused() {
    let mut mapping = Mapping::new();
    mapping.model.roles.get_mut("deployer").unwrap().kind = RoleKind::External;
    let plan = planned(&mapping, &settled().without_role("deployer"));
    assert_eq!(only(&plan).0, Guard::RoleMissing);
    assert_eq!(plan.changes, vec![]);

    // Also where a Slack channel holds it, and nobody else.
    let mut text = policy();
    let on_payments = BTreeMap::from([("payments".into(), vec!["releaser".into()])]);
    text.slack.insert("T0 C0".into(), on_payments);
    let (_, message, _) = only(&planned(&Mapping::of(text), &Fake::new()));
    assert!(message.contains("`releaser`"), "{message}");
}

#[test]
fn a_name_of_another_slug_is_refused_where_that_is_sure() {
    let named = |name: &str| {
        let mut mapping = Mapping::new();
        mapping.model.roles.get_mut("deployer").unwrap().name = Some(name.into());
        planned(&mapping, &Fake::new().without_role("deployer"))
    };
    assert_eq!(named("Deployer").refusals, vec![]);
    let (code, message, help) = only(&named("Release manager"));
    assert_eq!(code, Guard::RoleSlug);
    assert!(
        message.contains("gets the slug `release-manager`"),
        "{message}"
    );
    assert!(help.contains("`release-manager`"), "{help}");
    // What becomes of other characters is not known, and shows when it is made.
    let plan = named("Déployer");
    assert_eq!(plan.refusals, vec![]);
    assert!(
        plan.notes[0].contains("shows when it is made"),
        "{:?}",
        plan.notes
    );

    // Made before, under a slug that nobody declared: not made again.
    let mut made = role("deployer-2", &["SPACE_READ"]);
    made.name = "deployer".into();
    let fake = Fake::new().without_role("deployer").with_role(made);
    let (code, _, help) = only(&planned(&Mapping::new(), &fake));
    assert_eq!(code, Guard::RoleSlug);
    assert!(help.contains("--delete-role deployer-2"), "{help}");
}

#[test]
fn slugs_are_told_where_they_are_sure() {
    for (name, slug) in [
        ("Deployer", Some("deployer")),
        ("Space admin", Some("space-admin")),
        ("on-call 2", Some("on-call-2")),
        ("", None),
        ("a  b", None),
        ("a- b", None),
        (" a", None),
        ("R&D", None),
        ("a_b", None),
        ("Zoë", None),
    ] {
        assert_eq!(slug_of(name).as_deref(), slug, "{name}");
    }
}

#[test]
fn a_role_bound_elsewhere_is_said_to_be() {
    let fake = settled();
    fake.edit_role("deployer", |role| role.bindings = Some(3));
    let plan = planned(&with(&["space:read"]), &fake);
    assert!(plan.notes[0].contains("also bound"), "{:?}", plan.notes);
    assert_eq!(plan.refusals, vec![]);
}

#[test]
fn a_role_is_deleted_when_asked_and_last() {
    let with_releaser = |fake: Fake| fake.with_role(role("releaser", &["SPACE_READ"]));
    let mut mapping = with(&["space:read", "run:trigger", "run:confirm"]);
    mapping.delete_roles = vec!["releaser".into()];
    let plan = planned(&mapping, &with_releaser(unsettled()));
    assert_eq!(plan.refusals, vec![]);
    assert_eq!(
        said(&steps(&plan)),
        [
            "update policy liftgate: ",
            "update deployer: + run:confirm",
            "delete releaser: - space:read"
        ]
    );
    let mut mapping = Mapping::new();
    mapping.delete_roles = vec!["releaser".into()];
    let plan = planned(&mapping, &with_releaser(settled()));
    assert_eq!(said(&steps(&plan)), ["delete releaser: - space:read"]);
    assert_eq!((plan.sessions, plan.effects), (Some(0), vec![]));

    // Where bindings are not counted, it is for the account to refuse.
    let fake = with_releaser(settled());
    fake.edit_role("releaser", |role| role.bindings = None);
    let plan = planned(&mapping, &fake);
    assert_eq!((plan.refusals, plan.changes.len()), (vec![], 1));
    assert!(plan.notes[0].contains("still bound"), "{:?}", plan.notes);
}

#[test]
fn a_role_that_is_needed_is_not_deleted() {
    let refused = |slug: &str, mapping: Mapping, fake: Fake| {
        let mut mapping = mapping;
        mapping.delete_roles = vec![slug.into()];
        let plan = planned(&mapping, &fake);
        assert_eq!(plan.changes, vec![], "{slug}");
        only(&plan)
    };
    let releaser = || settled().with_role(role("releaser", &["SPACE_READ"]));
    let (code, _, help) = refused("relaeser", Mapping::new(), releaser());
    assert_eq!(
        (code, help.as_str()),
        (Guard::RoleUnknown, "did you mean `releaser`?")
    );
    // One that is gone is gone, whatever the mapping's own are called.
    for gone in ["old-timers", "deployers"] {
        let mut mapping = Mapping::new();
        mapping.delete_roles = vec![gone.into()];
        let plan = planned(&mapping, &releaser());
        assert_eq!((plan.refusals, plan.changes), (vec![], vec![]), "{gone}");
        assert!(plan.notes[0].contains("none to delete"), "{:?}", plan.notes);
    }
    let (code, ..) = refused("space-writer", Mapping::new(), releaser());
    assert_eq!(code, Guard::RoleBuiltIn);
    let fake = releaser();
    fake.edit_role("releaser", |role| role.system = true);
    assert_eq!(
        refused("releaser", Mapping::new(), fake).0,
        Guard::RoleBuiltIn
    );
    let (code, message, _) = refused("deployer", Mapping::new(), releaser());
    assert_eq!(code, Guard::RoleNeeded);
    assert!(message.contains("declares"), "{message}");
    let mut external = Mapping::new();
    declared(&mut external, "releaser", &[]);
    external.model.roles.get_mut("releaser").unwrap().kind = RoleKind::External;
    assert_eq!(
        refused("releaser", external, releaser()).0,
        Guard::RoleNeeded
    );

    // Named by the policy and not declared, which no checked mapping does.
    let mut bare = Mapping::new();
    bare.model.roles.remove("deployer");
    let (code, message, _) = refused("deployer", bare, settled());
    assert_eq!(code, Guard::RoleNeeded);
    assert!(message.contains("the policy gives it"), "{message}");

    let fake = releaser();
    fake.edit_role("releaser", |role| role.bindings = Some(2));
    let (code, message, _) = refused("releaser", Mapping::new(), fake);
    assert_eq!(code, Guard::RoleBound);
    assert!(message.contains("2 times"), "{message}");

    let mut accepting = Mapping::new();
    accepting.model.accepted_policies.insert("sso".into());
    let text = "package spacelift\nroles[\"root\"] contains \"releaser\" if true\n";
    let (code, message, _) = refused(
        "releaser",
        accepting,
        releaser().with_policy(live("sso", text)),
    );
    assert_eq!(code, Guard::RoleNeeded);
    assert!(message.contains("`sso` names"), "{message}");

    let mut twin = role("releaser", &[]);
    twin.id = "02".into();
    let (code, message, _) = refused("releaser", Mapping::new(), releaser().with_role(twin));
    assert_eq!(code, Guard::RoleUnknown);
    assert!(message.contains("several"), "{message}");
}

#[test]
fn an_installation_without_roles_manages_none() {
    let mut fake = settled();
    *fake.roles.get_mut() = None;
    assert_eq!(
        only(&planned(&Mapping::new(), &fake)).0,
        Guard::RolesUnsupported
    );
    let mut mapping = Mapping::new();
    mapping.model.roles.get_mut("deployer").unwrap().kind = RoleKind::External;
    assert_eq!(planned(&mapping, &fake).refusals, vec![]);
    mapping.delete_roles = vec!["releaser".into()];
    assert_eq!(only(&planned(&mapping, &fake)).0, Guard::RolesUnsupported);
}

#[test]
fn a_role_that_another_policy_gives_is_said_to_be() {
    let mut mapping = with(&["space:read"]);
    mapping.model.accepted_policies.insert("sso".into());
    let text = "package spacelift\nroles[\"root\"] contains \"deployer\" if true\n";
    let said = |mapping: &Mapping| {
        let plan = planned(mapping, &settled().with_policy(live("sso", text)));
        let words = "`sso` names the role `deployer` too";
        plan.notes.iter().any(|note| note.contains(words))
    };
    assert!(said(&mapping));
    declared(&mut mapping, "deployer", &["space:read", "run:trigger"]);
    assert!(!said(&mapping));
}

#[test]
fn only_a_policy_that_names_a_role_is_said_to_even_of_a_new_one() {
    let mut mapping = Mapping::new();
    mapping.model.accepted_policies.insert("sso".into());
    declared(&mut mapping, "releaser", &["run:trigger"]);
    let said = |text: &str| {
        let plan = planned(&mapping, &settled().with_policy(live("sso", text)));
        let made = steps(&plan);
        assert!(
            made.iter()
                .any(|(what, name, _)| *what == "create" && name == "releaser")
        );
        let words = "`sso` names the role `releaser` too";
        plan.notes.iter().any(|note| note.contains(words))
    };
    assert!(said(
        "package spacelift\nroles[\"root\"] contains \"releaser\" if true\n"
    ));
    assert!(said(
        "package spacelift\nroles[\"root\"] contains `releaser` if true\n"
    ));
    assert!(!said(
        "package spacelift\nroles[\"root\"] contains \"deployer\" if true\n"
    ));
    assert!(!said(
        "package spacelift\nroles[\"root\"] contains \"releasers\" if true\n"
    ));
}

#[test]
fn only_what_differs_is_sent() {
    let state = |name: &str, actions: &[&str]| RoleState {
        slug: "deployer".into(),
        name: name.into(),
        actions: actions.iter().map(|action| (*action).to_string()).collect(),
    };
    let before = state("Deployer", &["SPACE_READ"]);
    let sent = |after: RoleState| {
        let update = after.update(&before);
        (update.name, update.actions)
    };
    assert_eq!(sent(before.clone()), (None, None));
    assert_eq!(
        sent(state("Releaser", &["SPACE_READ"])),
        (Some("Releaser".into()), None)
    );
    assert_eq!(
        sent(state("Deployer", &["RUN_TRIGGER"])),
        (None, Some(vec!["RUN_TRIGGER".to_string()]))
    );
}

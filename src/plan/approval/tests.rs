use super::super::fake::{Fake, Mapping, Pushed, policy};
use super::super::people::tests::{BASE, directory, person};
use super::super::{Access, Plan, RoleChange, RoleState, plan};
use super::*;
use crate::directory::Directory;
use crate::evaluate::foreign::InProcess;
use crate::project::Policies;
use crate::render;

/// The plan from a live policy that was changed like this.
fn planned(change: impl FnOnce(&mut crate::policy::Policy)) -> Plan {
    let mut live = policy();
    change(&mut live);
    let fake = Fake::new().with_body(&render::render(&live).unwrap());
    plan(&Mapping::new().desired(), &fake, &InProcess).unwrap()
}

#[test]
fn what_only_gives_needs_nobody() {
    let plan = planned(|live| {
        live.grants.get_mut("group payments").unwrap().pop();
    });
    assert_eq!(plan.changes.len(), 1);
    assert!(plan.effects.iter().any(|effect| !effect.gains.is_empty()));
    assert_eq!(plan.approval, Vec::<String>::new());
}

#[test]
fn what_takes_away_needs_somebody() {
    let plan = planned(|live| {
        let more = live.grants["group payments"].clone();
        let rows = live.grants.get_mut("group payments").unwrap();
        for mut row in more {
            row.roles = ["space-admin".to_string()].into();
            rows.push(row);
        }
    });
    assert!(
        plan.approval.iter().any(|why| why.contains("losing roles")),
        "{:?}",
        plan.approval
    );
}

#[test]
fn each_reason_says_how_many_people_it_concerns() {
    let plan = planned(|live| {
        live.grants.get_mut("group payments").unwrap().pop();
    });
    let quiet = Effect {
        losses: vec![],
        login_change: None,
        role_changes: vec![],
        admin_change: None,
        stacks: Default::default(),
        ..plan.effects.first().unwrap().clone()
    };
    let of = |change: &dyn Fn(&mut Effect)| {
        let mut effect = quiet.clone();
        change(&mut effect);
        // Twice the same person, and somebody to whom nothing happens.
        let mut nobody = quiet.clone();
        nobody.identity = "nobody".into();
        of_people(
            &[effect.clone(), effect, nobody],
            &People::default(),
            &Taken::default(),
        )
    };
    let none: [&str; 0] = [];
    assert_eq!(of(&|_| {}), none);
    for (before, after, told) in [
        (Login::Admin, Login::Allow, true),
        (Login::Allow, Login::Deny, true),
        (Login::Allow, Login::Admin, false),
        (Login::Allow, Login::Allow, false),
    ] {
        let found = of(&|effect| effect.login_change = Some((before, after)));
        let why = "1 let in no longer, or no longer as an administrator";
        assert_eq!(found, if told { vec![why] } else { vec![] });
    }
    let access = Access {
        space: "root".into(),
        role: "deployer".into(),
    };
    let found = of(&|effect| effect.losses = vec![access.clone()]);
    assert_eq!(found, ["1 losing roles"]);
    let found = of(&|effect| effect.admin_change = Some((false, true)));
    assert_eq!(found, ["1 beginning or ceasing to administer the account"]);
    let role = |losses: &[&str]| RoleChange {
        space: "root".into(),
        role: "deployer".into(),
        gains: vec!["SPACE_READ".into()],
        losses: losses.iter().map(ToString::to_string).collect(),
    };
    let found = of(&|effect| effect.role_changes = vec![role(&[])]);
    assert_eq!(found, none);
    let found = of(&|effect| effect.role_changes = vec![role(&[]), role(&["RUN_TRIGGER"])]);
    assert_eq!(found, ["1 losing actions of a role"]);

    let state = |actions: &[&str]| RoleState {
        slug: "deployer".into(),
        name: "Deployer".into(),
        actions: actions.iter().map(ToString::to_string).collect(),
    };
    let update = |before: &[&str], after: &[&str]| Change::RoleUpdate {
        id: "01".into(),
        before: state(before),
        after: state(after),
    };
    let gains = update(&["SPACE_READ"], &["RUN_TRIGGER", "SPACE_READ"]);
    assert_eq!(of_changes(&[gains]), none);
    let loses = update(&["RUN_TRIGGER", "SPACE_READ"], &["SPACE_READ"]);
    assert_eq!(
        of_changes(&[loses]),
        ["the role `deployer` loses RUN_TRIGGER"]
    );
}

#[test]
fn a_policy_of_unknown_decisions_needs_somebody() {
    let fake = Fake::new().with_body("package spacelift\n\nallow { input.session }\n");
    let plan = plan(&Mapping::new().desired(), &fake, &InProcess).unwrap();
    assert!(!plan.changes.is_empty());
    assert!(!plan.approval.is_empty(), "{:?}", plan.unknown_effects);
}

/// Three more groups than [`BASE`] has, and a grant for whoever a pattern fits.
const MORE: &str = "\
version: 1
account: acme
identity_provider: okta
spaces: {payments: {parent: root, inherit: true, labels: [prod]}}
roles: {deployer: {actions: [space:read, run:trigger]}}
groups: {payments: P, platform: {sent_as: [ADM, ADM2]}, data: D}
login: {admin: [platform]}
grants:
  - {who: payments, roles: [deployer, space-reader], spaces: [payments]}
  - {who: {login: \"*@partner.example\"}, roles: [space-reader], spaces: [payments]}
";

/// The reasons for a plan from one mapping to another.
fn from_to(before: &str, after: &str, directory: Option<Directory>) -> Vec<String> {
    let mapping = Mapping {
        directory,
        ..Mapping::read(after)
    };
    let fake = Fake::new().with_body(&Mapping::read(before).text);
    let plan = plan(&mapping.desired(), &fake, &InProcess).unwrap();
    assert_eq!(plan.changes.len(), 1);
    plan.approval
}

fn has(reasons: &[String], wanted: &str) -> bool {
    reasons.iter().any(|why| why == wanted)
}

#[test]
fn people_whom_only_the_directory_knows_are_reasons() {
    let fewer = BASE.replace("[deployer, space-reader]", "[deployer]");
    let found = from_to(BASE, &fewer, Some(directory()));
    assert!(has(&found, "20 losing roles"), "{found:?}");

    let mut known = directory();
    let second = person("new@acme.example", &["ADM2"]);
    known.people.insert(second.login.clone(), second);
    let one = MORE.replace("[ADM, ADM2]", "[ADM]");
    let found = from_to(&one, MORE, Some(known));
    let admin = "1 beginning or ceasing to administer the account";
    assert!(has(&found, admin), "{found:?}");

    let left = BASE.replace(
        "login: {",
        "login: {offboarded: [p-1@acme.example, p-2@acme.example], ",
    );
    let found = from_to(BASE, &left, Some(directory()));
    assert!(has(&found, "2 newly offboarded"), "{found:?}");
    let refused = "2 let in no longer, or no longer as an administrator";
    assert!(has(&found, refused), "{found:?}");
}

#[test]
fn what_the_texts_say_is_a_reason_where_nobody_is_known() {
    let none: [&str; 0] = [];
    // What gives is none, as long as it gives nobody the account.
    let fewer = MORE.replace("[deployer, space-reader]", "[deployer]");
    assert_eq!(from_to(&fewer, MORE, None), none);
    let admins = MORE.replace("admin: [platform]", "admin: [platform, data]");
    let newly = "who administers the account changes: newly an account admin: `group data`";
    assert_eq!(from_to(MORE, &admins, None), [newly]);
    let found = from_to(&admins, MORE, None);
    let gone = "who administers the account changes: no longer an account admin: `group data`";
    assert!(has(&found, gone), "{found:?}");
    // A value more of a group is a rule for more people.
    let one = MORE.replace("[ADM, ADM2]", "[ADM]");
    let newly = "who administers the account changes: newly an account admin: `group platform`";
    assert_eq!(from_to(&one, MORE, None), [newly]);
    // By a role.
    let role = format!("{MORE}  - {{who: data, roles: space-admin, spaces: root}}\n");
    let newly = "who administers the account changes: newly `space-admin` on `root`: `group data`";
    assert_eq!(from_to(MORE, &role, None), [newly]);
    let found = from_to(&role, MORE, None);
    let gone =
        "who administers the account changes: no longer `space-admin` on `root`: `group data`";
    assert!(has(&found, gone), "{found:?}");
    // A pattern, of which no member of a group is made up.
    let line =
        "  - {who: {login: \"*@partner.example\"}, roles: [space-reader], spaces: [payments]}\n";
    let found = from_to(MORE, &MORE.replace(line, ""), None);
    let gone = "the change takes away: `space-reader` on `payments`: `like *@partner.example` and `member`";
    assert!(
        found
            .iter()
            .any(|why| why.starts_with("the change takes away: `space-reader` on `payments`")),
        "{found:?} {gone}"
    );
    let left = MORE.replace("login: {", "login: {offboarded: [u@partner.example], ");
    assert_eq!(from_to(MORE, &left, None), ["1 newly offboarded"]);
    let denied = MORE.replace(
        "login: {",
        "login: {deny: [{who: {login: \"*@partner.example\"}}], ",
    );
    let found = from_to(MORE, &denied, None);
    assert!(
        found
            .iter()
            .any(|why| why.starts_with("the change takes away: newly refused: ")),
        "{found:?}"
    );
}

#[test]
fn a_guard_that_is_set_aside_is_a_reason_and_one_that_nobody_needs_is_none() {
    let fewer = BASE.replace("[deployer, space-reader]", "[deployer]");
    let with = |before: &str, after: &str| {
        let mapping = Mapping {
            directory: Some(directory()),
            overrides: vec!["people-lose-access=the team is dissolved".parse().unwrap()],
            ..Mapping::read(after)
        };
        let fake = Fake::new().with_body(&Mapping::read(before).text);
        plan(&mapping.desired(), &fake, &InProcess)
            .unwrap()
            .approval
    };
    let found = with(BASE, &fewer);
    assert!(
        has(
            &found,
            "the guard people-lose-access is set aside: the team is dissolved"
        ),
        "{found:?}"
    );
    assert_eq!(with(&fewer, BASE), Vec::<String>::new());
}

#[test]
fn limits_that_are_loosened_are_a_reason_once_and_what_they_let_through_is_always() {
    let fewer = BASE.replace("[deployer, space-reader]", "[deployer]");
    let loose =
        |text: &str| format!("{text}guards: {{max_people_losing_access: 20, min_admins: 1}}\n");
    let reasons = |before: &str, after: &str, pushed: Option<&str>| {
        let mut mapping = Mapping {
            directory: Some(directory()),
            ..Mapping::read(after)
        };
        if let Some(pushed) = pushed {
            let pushed = Mapping::read(pushed);
            mapping.history = Pushed(vec![Policies {
                model: pushed.model,
                login: pushed.policy,
                access: Vec::new(),
            }]);
        }
        let fake = Fake::new().with_body(&Mapping::read(before).text);
        plan(&mapping.desired(), &fake, &InProcess)
            .unwrap()
            .approval
    };
    let loosened = "limits are loosened: 20 people may lose access, 1 admin must stay";
    // What only gives: only where it is new, or nobody knows.
    assert_eq!(reasons(&fewer, &loose(BASE), None), [loosened]);
    assert_eq!(reasons(&fewer, &loose(BASE), Some(&fewer)), [loosened]);
    let none: [&str; 0] = [];
    assert_eq!(reasons(&fewer, &loose(BASE), Some(&loose(&fewer))), none);
    assert_eq!(reasons(&fewer, BASE, Some(&loose(&fewer))), none);
    // What takes, by limits that were loosened long ago.
    let found = reasons(BASE, &loose(&fewer), Some(&loose(BASE)));
    let through = "people-lose-access would refuse it, but for the mapping's limits";
    assert!(has(&found, through), "{found:?}");
    assert!(!has(&found, loosened), "{found:?}");
}

#[test]
fn a_live_policy_that_nobody_can_read_is_a_reason() {
    let (mapping, fake) = (
        Mapping::new(),
        Fake::new().with_body("package spacelift\nallow := true\n"),
    );
    let plan = plan(&mapping.desired(), &fake, &InProcess).unwrap();
    let why = "what is taken away cannot be told: this release did not write what is live";
    assert!(has(&plan.approval, why), "{:?}", plan.approval);
}

#[test]
fn a_role_that_gains_administration_is_a_reason() {
    let state = |actions: &[&str]| RoleState {
        slug: "deployer".into(),
        name: "Deployer".into(),
        actions: actions.iter().map(ToString::to_string).collect(),
    };
    let update = Change::RoleUpdate {
        id: "01".into(),
        before: state(&["SPACE_READ"]),
        after: state(&["SPACE_ADMIN", "SPACE_READ"]),
    };
    assert_eq!(
        of_changes(&[update]),
        ["the role `deployer` gains SPACE_ADMIN"]
    );
}

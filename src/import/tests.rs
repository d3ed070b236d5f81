#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use super::*;
use crate::evaluate::foreign::InProcess;
use crate::plan::fake::{Fake, key, live, role};
use crate::project::{Choices, MAPPING, Project};
use crate::source::Alone;
use crate::spacelift::{
    AccessRule, ApiKey, BoundRole, KeyBinding, Scheme, Space as LiveSpace, User, UserGroup,
    UserStatus,
};

fn sound(found: &Found) -> Project {
    let alone = Alone {
        name: MAPPING,
        text: text(found),
    };
    let project = Project::load_from(&alone, Path::new(""), &Choices::default());
    assert!(
        project.compiled.is_some(),
        "{}\n{:?}",
        alone.text,
        project.diagnostics.sorted()
    );
    project
}

fn told(found: &Found, kind: Kind) -> String {
    let remarks: Vec<&str> = found.remarks(kind).map(|one| one.text.as_str()).collect();
    remarks.join("\n")
}

fn space(id: &str, parent: &str) -> LiveSpace {
    LiveSpace {
        id: id.into(),
        name: id.into(),
        parent: Some(parent.into()),
        inherit: false,
        labels: vec![String::new(), "a".into()],
    }
}

fn binding(role: &str, space: &str) -> KeyBinding {
    KeyBinding {
        id: "1".into(),
        role: BoundRole {
            id: "1".into(),
            slug: role.into(),
            actions: None,
        },
        space: space.into(),
    }
}

#[test]
fn what_an_installation_does_not_list_is_said() {
    let fake = Fake::new();
    fake.roles.replace(None);
    let fake = Fake {
        known: Default::default(),
        ..fake
    };
    let found = account::read(&fake, &InProcess).unwrap().found;
    sound(&found);
    let unseen = told(&found, Kind::Unseen);
    for what in [
        "roles",
        "API keys",
        "people",
        "mapped groups",
        "names of groups that logins brought",
        "who set single sign-on up",
    ] {
        let line = format!("{what}: the installation does not list them");
        assert!(unseen.contains(&line), "{what}\n{unseen}");
    }
    assert!(text(&found).contains("# - API keys: the installation does not list them"));
}

#[test]
fn what_no_mapping_can_say_is_left_and_told() {
    let mut fake = Fake::new();
    fake.viewer.admin = false;
    fake.account.scheme = Some(Scheme::ManagedUsers);
    fake.spaces.extend([
        space("orphan", "somewhere"),
        space("below", "orphan"),
        space("circle", "circle"),
        space("with space", "root"),
    ]);
    let mut future = role("future", &["SPACE_READ", "SPACE_FLY"]);
    future.bindings = Some(7);
    let mut own = role("worker-pool-controller", &["SPACE_READ"]);
    own.system = true;
    let double = role("deployer", &["SPACE_ADMIN"]);
    let hollow = role("hollow", &[]);
    let odd = role("od d", &["SPACE_READ"]);
    fake.roles
        .borrow_mut()
        .as_mut()
        .unwrap()
        .extend([future, own, double, hollow, odd]);
    let bound = |id: &str, bindings| ApiKey {
        bindings: Some(bindings),
        ..key(id, false)
    };
    fake.known.api_keys = Some(vec![
        bound("01ROOT", vec![binding("space-admin", "root")]),
        bound(
            "01",
            vec![binding("deployer", "orphan"), binding("future", "payments")],
        ),
        key("02", false),
        bound("b@d", vec![binding("deployer", "payments")]),
    ]);
    let rule = |space: &str, level: &str| AccessRule {
        space: space.into(),
        level: level.into(),
    };
    fake.known.user_groups = Some(vec![UserGroup {
        id: "1".into(),
        name: String::new(),
        status: "ACTIVE".into(),
        member_count: 0,
        identity_provider: None,
        rules: Some(vec![rule("payments", "READ")]),
        last_login_time: None,
    }]);
    let user = |login: &str, rules| User {
        id: login.into(),
        login: login.into(),
        invitation_email: None,
        login_method: None,
        status: UserStatus::Active,
        rules,
        last_login_time: None,
    };
    fake.known.users = Some(vec![
        user("a*@acme.example", Some(vec![rule("payments", "READ")])),
        user("ann@acme.example", Some(vec![rule("payments", "OWN")])),
        user("bo@acme.example", None),
    ]);
    let found = account::read(&fake, &InProcess).unwrap().found;
    let model = sound(&found).compiled.unwrap().model;
    let left = told(&found, Kind::Left);
    for part in [
        "the space `orphan`",
        "the space `below`",
        "the space `circle`",
        "the space `with space`",
        "`future` may do: it holds `SPACE_FLY`",
        "`worker-pool-controller` may do: it is Spacelift's own",
        "another role of the slug `deployer`",
        "`hollow` may do: it holds nothing",
        "the role `od d`",
        "1 binding of roles `deployer` on spaces `orphan`",
        "the API key `b@d`",
        "the mapped group ``",
        "what `a*@acme.example` may do",
        "the level `OWN` that `ann@acme.example` has on `payments`",
    ] {
        assert!(left.contains(part), "{part}\n{left}");
    }
    let unseen = told(&found, Kind::Unseen);
    for part in [
        "`api::01` does not administer the account",
        "7 bindings of the role `future`".replace('7', "6").as_str(),
        "the roles of the API key `02`",
        "what people may do by themselves",
    ] {
        assert!(unseen.contains(part), "{part}\n{unseen}");
    }
    // What is left gives nothing, and what can be said does.
    assert_eq!(model.grants.len(), 1, "{}", text(&found));
    assert!(model.outside_policy.contains_key("api::01ROOT"));
    assert!(!model.outside_policy.contains_key("api::01"));
}

#[test]
fn an_account_is_called_by_its_name_or_by_its_address() {
    let read = |endpoint: &str, name: &str| {
        let mut fake = Fake::new();
        fake.endpoint = endpoint.into();
        fake.account.name = name.into();
        let found = account::read(&fake, &InProcess).unwrap().found;
        sound(&found);
        found.account.unwrap()
    };
    let name = |name: &str| Account::Name(name.into());
    let endpoint = |endpoint: &str| Account::Endpoint(endpoint.into());
    assert_eq!(read("https://acme.app.spacelift.io", "acme"), name("acme"));
    assert_eq!(read("http://127.0.0.1:8088", "acme"), name("acme"));
    assert_eq!(
        read("https://spacelift.corp.example", "acme"),
        endpoint("https://spacelift.corp.example")
    );
    assert_eq!(
        read("https://acme.app.us.spacelift.io", "acme"),
        endpoint("https://acme.app.us.spacelift.io")
    );
}

#[test]
fn a_policy_that_was_edited_is_not_read_back() {
    let policy = Fake::new().with_policy(live("liftgate", "package spacelift\nallow := true\n"));
    let found = account::read(&policy, &InProcess).unwrap().found;
    assert!(told(&found, Kind::Left).contains("not a text that was pushed"));
    assert_eq!(found.grants(), 0);
    assert!(!found.login.admit);
}

#[test]
fn grants_are_merged_without_giving_more() {
    let grant = |role: &str, space: &str| Grant::new(Who::Group("g".into()), role, space);
    let given = [
        grant("a", "x"),
        grant("b", "x"),
        grant("a", "y"),
        grant("b", "y"),
        grant("a", "z"),
        grant("a", "*"),
        grant("b", "*"),
    ];
    let pairs = |grants: &[Grant]| -> BTreeSet<(String, String)> {
        let of = |one: &Grant| -> Vec<(String, String)> {
            let roles = one.roles.iter();
            roles
                .flat_map(|role| {
                    one.spaces
                        .iter()
                        .map(move |space| (role.clone(), space.clone()))
                })
                .collect()
        };
        grants.iter().flat_map(of).collect()
    };
    let found = merged(given.clone());
    assert_eq!(found.len(), 3);
    assert_eq!(pairs(&found), pairs(&given));
}

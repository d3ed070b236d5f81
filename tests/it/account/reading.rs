//! Everything that can be asked, asked.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use liftgate::sandbox::state::{Binding, Group, Holder};
use liftgate::spacelift::{
    Engine, Error, KeyType, PolicyDraft, PolicyType, ReadAccount, UserStatus, WriteAccount,
};

use super::served::{Served, person};

/// Lets the platform team in as admins, everybody else who is a member in; records those that it turns away.
const DOOR: &str = "package spacelift

admin if \"platform\" in input.session.teams
allow if \"developers\" in input.session.teams
roles[\"root\"] contains \"space-reader\" if allow
sample if not allow
";

fn door(served: &Served) -> String {
    let draft = PolicyDraft {
        kind: PolicyType::Login,
        name: "door".to_owned(),
        body: DOOR.to_owned(),
        description: None,
        labels: vec![],
        space: Some("root".to_owned()),
        engine: Some(Engine::V1),
    };
    served.writer.create_policy(&draft).unwrap().id
}

#[test]
fn people_come_in_by_the_policy_and_are_known_from_then_on() {
    let served = Served::with(vec![
        person("ann", &["platform"]),
        person("bob", &["developers", "night"]),
        person("eve", &[]),
    ]);
    door(&served);
    for login in ["ann", "bob", "bob"] {
        let who = served.as_person(login).viewer().unwrap();
        assert_eq!(
            (who.login.as_deref(), who.admin),
            (Some(login), login == "ann")
        );
    }
    let turned_away = served.as_person("eve").viewer().unwrap_err();
    assert!(
        matches!(&turned_away, Error::LoginRefused { message: Some(message), .. } if message == "denied"),
        "{turned_away}"
    );
    let nobody = served.as_person("mallory").viewer().unwrap_err();
    assert!(matches!(nobody, Error::LoginRefused { message: None, .. }));

    let users = served.reader.users().unwrap().unwrap();
    let known: Vec<(&str, &UserStatus)> = users
        .iter()
        .map(|user| (user.login.as_str(), &user.status))
        .collect();
    assert_eq!(
        known,
        [("ann", &UserStatus::Active), ("bob", &UserStatus::Active)]
    );
    assert_eq!(
        served.reader.group_names().unwrap().unwrap(),
        ["developers", "night", "platform"]
    );
    let sessions = served.reader.user_sessions("root").unwrap().unwrap();
    let open: Vec<(&str, i64)> = sessions
        .iter()
        .map(|one| (one.login.as_str(), one.session_count))
        .collect();
    assert_eq!(open, [("ann", 1), ("bob", 2)]);
    let seats = served.reader.seats().unwrap().unwrap();
    assert_eq!((seats.user.in_use, seats.user.left()), (2, None));
}

#[test]
fn what_the_policy_turns_away_is_recorded_and_can_be_looked_into() {
    let served = Served::with(vec![person("bob", &["developers"]), person("eve", &[])]);
    let id = door(&served);
    served.as_person("bob").viewer().unwrap();
    for _ in 0..60 {
        served.as_person("eve").viewer().unwrap_err();
    }
    let records = served.reader.evaluations(&id).unwrap().unwrap();
    // More than a page, and each once.
    let keys: BTreeSet<&str> = records.iter().map(|one| one.key.as_str()).collect();
    assert_eq!((records.len(), keys.len()), (60, 60));
    assert!(records.iter().all(|one| one.outcome == "deny"));
    let sample = served.reader.sample(&id, &records[0].key).unwrap().unwrap();
    assert_eq!(sample.body, DOOR);
    let input: Value = serde_json::from_str(&sample.input).unwrap();
    assert_eq!(
        input["session"],
        json!({ "admin": false, "creator_ip": "203.0.113.7", "login": "eve", "machine": false,
            "member": true, "name": "EVE", "teams": [] })
    );
    assert_eq!(served.reader.sample(&id, "gone").unwrap(), None);
    assert!(matches!(
        served.reader.evaluations("gone"),
        Err(Error::Missing { .. })
    ));
}

#[test]
fn the_audit_trail_tells_who_did_what_and_who_came() {
    let served = Served::with(vec![person("bob", &["developers"]), person("eve", &[])]);
    let id = door(&served);
    served.as_person("bob").viewer().unwrap();
    served.as_person("eve").viewer().unwrap_err();
    let trail = served.reader.audit_trail(0, None).unwrap().unwrap();
    let told: Vec<(&str, &str, &str)> = trail
        .iter()
        .map(|one| {
            (
                one.action.as_str(),
                one.event_type.as_str(),
                one.actor.username.as_str(),
            )
        })
        .collect();
    let key = format!("api::{}", served.server.credentials().0);
    let mut told = told;
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("policy.create", "mutation", key.as_str()),
            ("session.create", "login", key.as_str()),
            ("session.create", "login", "bob"),
            ("session.refuse", "login", "eve"),
        ]
        .into_iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
    let changes = served
        .reader
        .audit_trail(0, Some("policy"))
        .unwrap()
        .unwrap();
    let about: Vec<Option<&str>> = changes
        .iter()
        .map(|one| one.affected_resource.resource_id.as_deref())
        .collect();
    assert_eq!(about, [Some(id.as_str())]);
    let soon = trail[0].created_at + 1;
    assert_eq!(served.reader.audit_trail(soon, None).unwrap().unwrap(), []);
    assert!(matches!(
        served.as_person("bob").audit_trail(0, None),
        Err(Error::NotAllowed { .. })
    ));
}

#[test]
fn keys_groups_and_whoever_set_sign_on_up_are_listed() {
    let served = Served::with(vec![person("ann", &[])]);
    served.edit(|state| {
        let role = state
            .roles
            .values()
            .find(|role| role.slug == "space-writer");
        let role = role.unwrap().id.clone();
        let owner = state.api_keys.values().next().unwrap().clone();
        let mut ci = owner.clone();
        ci.id = "01CI".to_owned();
        ci.name = "ci".to_owned();
        ci.admin = false;
        ci.teams = vec!["z".to_owned(), "deployers".to_owned()];
        state.api_keys.insert(ci.id.clone(), ci);
        let binding = Binding {
            id: "01B".to_owned(),
            kind: Holder::ApiKey,
            holder: "01CI".to_owned(),
            role,
            space: "legacy".to_owned(),
        };
        state.bindings.insert(binding.id.clone(), binding);
        let group = Group {
            id: "01G".to_owned(),
            group_name: "Developers ".to_owned(),
            description: None,
            status: "INACTIVE".to_owned(),
            identity_provider: None,
            last_login_time: None,
            access_rules: vec![],
        };
        state.groups.insert(group.id.clone(), group);
        state.account.saml_admin = Some("ann".to_owned());
        state.account.api_key_seats = Some(1);
    });
    let keys = served.reader.api_keys().unwrap().unwrap();
    let ci = &keys[0];
    assert_eq!(
        (ci.name.as_str(), &ci.kind, ci.admin, &ci.teams[..]),
        (
            "ci",
            &KeyType::Secret,
            false,
            &["deployers".to_owned(), "z".to_owned()][..]
        )
    );
    let bound = &ci.bindings.as_ref().unwrap()[0];
    assert_eq!(
        (bound.role.slug.as_str(), bound.space.as_str()),
        ("space-writer", "legacy")
    );
    assert!(keys[1].admin);
    // The owner's key has been used, and takes the only seat.
    let seats = served.reader.seats().unwrap().unwrap();
    assert_eq!(seats.api_key.left(), Some(0));

    let groups = served.reader.user_groups().unwrap().unwrap();
    assert_eq!(groups[0].name, "Developers ");
    let known = served.reader.sign_on().unwrap().unwrap();
    assert_eq!(
        (known.saml_admin.as_deref(), known.oidc_admin),
        (Some("ann"), None)
    );
    // They come in whatever a policy says.
    door(&served);
    assert!(served.as_person("ann").viewer().unwrap().admin);
}

#[test]
fn actions_are_those_of_the_schema() {
    let served = Served::with(vec![]);
    let actions = served.reader.actions().unwrap().unwrap();
    assert!(actions.len() > 60);
    assert!(actions.contains(&"SPACE_READ".to_owned()));
}

#[test]
fn one_session_ends_and_the_others_do_not() {
    let served = Served::with(vec![person("ann", &[]), person("bob", &[])]);
    let (ann, bob) = (served.as_person("ann"), served.as_person("bob"));
    ann.viewer().unwrap();
    bob.viewer().unwrap();
    let sessions = served.reader.sessions().unwrap().unwrap();
    assert_eq!(sessions.len(), 3);
    let of_ann = sessions
        .iter()
        .find(|one| one.email.as_deref() == Some("ann@acme.example"))
        .unwrap();
    served.writer.delete_session(&of_ann.id).unwrap();
    served.writer.delete_session(&of_ann.id).unwrap();
    let left = served.reader.sessions().unwrap().unwrap();
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|one| one.id != of_ann.id));
    bob.spaces().unwrap();
    assert_eq!(served.sandbox.state().sessions.len(), 2);
}

//! What Terraform shows of an account: any account, told in its words.

use std::path::Path;

use liftgate::evaluate::foreign::InProcess;
use liftgate::import::{self, Kind};
use liftgate::project::{Choices, MAPPING, Project};
use liftgate::sandbox::state::{AccessRule, Holder, State};
use liftgate::source::Alone;
use serde_json::{Value, json};

use super::accounts::{Account, random};
use super::gives_what_there_was;

fn resource(kind: &str, number: usize, values: &Value) -> Value {
    json!({
        "address": format!("{kind}.this[{number}]"),
        "mode": "managed",
        "type": kind,
        "name": "this",
        "index": number,
        "values": values,
        "sensitive_values": {},
    })
}

/// The state that Terraform would have, were everything of the account made by it. Every other level is an attachment, as
/// the newer form has it.
fn state(state: &State) -> Value {
    let mut resources = Vec::new();
    let mut put = |kind: &str, values: Value| {
        let made = resource(kind, resources.len(), &values);
        resources.push(made);
    };
    for space in state
        .spaces
        .values()
        .filter(|one| one.id != "root" && one.id != "legacy")
    {
        put(
            "spacelift_space",
            json!({"id": space.id, "name": space.name, "parent_space_id": space.parent_space,
                   "inherit_entities": space.inherit_entities, "labels": space.labels}),
        );
    }
    for role in state.roles.values() {
        put(
            "spacelift_role",
            json!({"id": role.id, "slug": role.slug, "name": role.name, "actions": role.actions}),
        );
    }
    let role_id = |level: &str| {
        let slug = match level {
            "READ" => "space-reader",
            "WRITE" => "space-writer",
            _ => "space-admin",
        };
        let role = state.roles.values().find(|role| role.slug == slug);
        role.unwrap().id.clone()
    };
    let mut attached = Vec::new();
    let mut levels = |key: &str, id: &str, rules: &[AccessRule]| -> Vec<Value> {
        let mut blocks = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            let level = &rule.space_access_level;
            if number % 2 == 0 {
                blocks.push(json!({"role": level, "space_id": rule.space}));
            } else {
                attached.push(json!({key: id, "role_id": role_id(level), "space_id": rule.space}));
            }
        }
        blocks
    };
    for group in state.groups.values() {
        let policy = levels("idp_group_mapping_id", &group.id, &group.access_rules);
        put(
            "spacelift_idp_group_mapping",
            json!({"id": group.id, "name": group.group_name, "policy": policy}),
        );
    }
    for user in state.users.values() {
        let policy = levels("user_id", &user.id, &user.access_rules);
        put(
            "spacelift_user",
            json!({"id": user.id, "username": user.username, "policy": policy}),
        );
    }
    for key in state.api_keys.values() {
        put(
            "spacelift_api_key",
            json!({"id": key.id, "name": key.name, "idp_groups": key.teams, "secret": "never shown"}),
        );
    }
    for binding in state.bindings.values() {
        assert_eq!(binding.kind, Holder::ApiKey);
        put(
            "spacelift_role_attachment",
            json!({"api_key_id": binding.holder, "role_id": binding.role, "space_id": binding.space}),
        );
    }
    for values in attached {
        put("spacelift_role_attachment", values);
    }
    // Half of it in modules within modules.
    let rest = resources.split_off(resources.len() / 2);
    json!({"format_version": "1.0", "values": {"root_module": {"resources": resources, "child_modules": [
        {"address": "module.a", "resources": [], "child_modules": [
            {"address": "module.a.module.b[\"x\"]", "resources": rest},
        ]},
    ]}}})
}

/// An account without what Terraform has no words for.
fn account(seed: u64) -> Account {
    let mut account = random(seed);
    let state = &mut account.state;
    state.account.authorization_scheme = "MANAGED_USERS".to_string();
    state.account.saml_admin = None;
    state.api_keys.retain(|_, key| !key.admin);
    let on_root: Vec<String> = state
        .bindings
        .values()
        .filter(|one| one.space == "root")
        .map(|one| one.id.clone())
        .collect();
    state
        .bindings
        .retain(|id, one| !on_root.contains(id) && state.api_keys.contains_key(&one.holder));
    account
}

#[test]
fn what_terraform_shows_gives_what_there_was() {
    let mut asked = 0;
    for seed in 0..300 {
        let account = account(seed);
        let what = format!("seed {seed}");
        let shown = state(&account.state).to_string();
        let found = import::terraform::read(&shown, &InProcess).unwrap().found;
        let alone = Alone {
            name: MAPPING,
            text: import::text(&found),
        };
        let project = Project::load_from(&alone, Path::new(""), &Choices::default());
        assert!(project.compiled.is_some(), "{what}\n{}", alone.text);
        assert!(!alone.text.contains("never shown"));
        // Nothing is left but what the mapping has no words for.
        let left: Vec<&str> = found
            .remarks(Kind::Left)
            .map(|one| one.text.as_str())
            .collect();
        assert!(left.is_empty(), "{what}: {left:?}");
        asked += gives_what_there_was(&account, &project, &what);
    }
    assert!(asked > 500, "{asked}");
}

/// Whatever is missing is left and told, and nobody gets more by it.
#[test]
fn what_is_cut_out_gives_nothing_more() {
    for seed in 0..60 {
        let account = account(seed);
        let whole = state(&account.state);
        let found = import::terraform::read(&whole.to_string(), &InProcess)
            .unwrap()
            .found;
        let all = found.grants.iter().flat_map(|section| &section.grants);
        let all: Vec<_> = all.cloned().collect();
        for cut in 0..4 {
            let mut part = whole.clone();
            let resources = part["values"]["root_module"]["resources"]
                .as_array_mut()
                .unwrap();
            if resources.is_empty() {
                continue;
            }
            let at = (seed as usize * 7 + cut * 3) % resources.len();
            resources.remove(at);
            let found = import::terraform::read(&part.to_string(), &InProcess)
                .unwrap()
                .found;
            let alone = Alone {
                name: MAPPING,
                text: import::text(&found),
            };
            let project = Project::load_from(&alone, Path::new(""), &Choices::default());
            assert!(project.compiled.is_some(), "seed {seed}\n{}", alone.text);
            for grant in found.grants.iter().flat_map(|section| &section.grants) {
                for space in &grant.spaces {
                    let given = |role: &String| {
                        all.iter().any(|one| {
                            one.who == grant.who
                                && one.roles.contains(role)
                                && one.spaces.contains(space)
                        })
                    };
                    assert!(grant.roles.iter().all(given), "seed {seed}: {grant:?}");
                }
            }
        }
    }
}

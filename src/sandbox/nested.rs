//! Fields of objects that are worked out from the rest of the state.

use serde_json::{Map, Value, json};

use super::access::{Level, held, level};
use super::args::Args;
use super::desk::{Answer, Look, show};
use super::state::{AccessRule, Holder, State};
use super::{policies, roles, search};

/// The answer of such a field; none if the field is the object's own.
pub(crate) fn resolve(
    look: &Look<'_>,
    ty: &str,
    field: &str,
    own: &Map<String, Value>,
    args: &Args,
) -> Option<Answer> {
    let state = look.state;
    let text = |name: &str| own.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = text("id");
    Some(match (ty, field) {
        ("Policy" | "Stack", "spaceDetails") => show(state.spaces.get(text("space"))),
        ("Policy", "attachedStack") => {
            let stack = args.id();
            let attached = policies::attached(state, id);
            let is_it =
                |one: &Value| one.get("stackId").and_then(Value::as_str) == Some(stack.as_str());
            Ok(attached.into_iter().find(is_it).unwrap_or_default())
        }
        ("Policy", "attachedStacks") => Ok(policies::attached(state, id).into()),
        ("Policy", "attachedStacksCount") => {
            Ok(json!(count(&policies::attached(state, id), false)))
        }
        ("Policy", "attachedModulesCount") => {
            Ok(json!(count(&policies::attached(state, id), true)))
        }
        ("Policy", "evaluationRecords") => Ok(records(state, id).into()),
        ("Policy", "searchEvaluationRecords") => search::page(records(state, id), &args.input()),
        ("Policy", "evaluationSample") => {
            let key = args.text("key");
            let samples = state
                .policies
                .get(id)
                .map_or(&[][..], |policy| &policy.samples);
            show(samples.iter().find(|sample| sample.key == key))
        }
        ("Space", "accessLevel") => show(level(state, look.caller, id).map(Level::name)),
        ("Role", "roleBindingsCount") => Ok(json!(
            state
                .bindings
                .values()
                .filter(|binding| binding.role == id)
                .count()
        )),
        (_, "role") if ty.ends_with("RoleBinding") => show(state.roles.get(text("roleID"))),
        ("UserRoleBinding", "user") => show(state.users.get(text("userID"))),
        ("UserGroupRoleBinding", "userGroup") => show(state.groups.get(text("userGroupID"))),
        ("StackRoleBinding", "space") => show(state.spaces.get(text("spaceID"))),
        ("StackRoleBinding", "stackName") => {
            show(state.stacks.get(text("stackID")).map(|stack| &stack.name))
        }
        // Ignored and false since 2026-06-01 where access policies went, too. Source: documentation, stack settings.
        ("Stack", "administrative") => Ok(json!(
            state.account.takes_access_policies
                && own.get("administrative") == Some(&Value::Bool(true))
        )),
        ("Module", "administrative") => Ok(json!(false)),
        ("Stack", "canWrite") => Ok(json!(
            level(state, look.caller, text("space")) >= Some(Level::Write)
        )),
        ("Stack", "attachedPolicies") => Ok(policies::on_stack(state, id).into()),
        ("APIKey", "teamCount") => Ok(json!(
            own.get("teams")
                .and_then(Value::as_array)
                .map_or(0, Vec::len)
        )),
        ("APIKey", "apiKeyRoleBindings") => {
            let bindings = state.bindings.values();
            let own =
                bindings.filter(|binding| binding.kind == Holder::ApiKey && binding.holder == id);
            Ok(own.map(roles::shown).collect())
        }
        ("ManagedUser", "groupCount") => {
            let names = state
                .users
                .get(id)
                .map(|user| user.groups.as_slice())
                .unwrap_or_default();
            Ok(json!(
                state
                    .groups
                    .values()
                    .filter(|group| names.contains(&group.group_name))
                    .count()
            ))
        }
        ("ManagedUserGroup", "memberCount") => {
            let name = text("groupName");
            let has = |groups: &[String]| groups.iter().any(|group| group == name);
            Ok(json!(
                state
                    .users
                    .values()
                    .filter(|user| has(&user.groups))
                    .count()
            ))
        }
        (_, "spaceCount") => Ok(json!(held(state, holder(ty)?, id).len())),
        (_, "accessRules") => show(rules(state, holder(ty)?, id)),
        _ => return None,
    })
}

fn holder(ty: &str) -> Option<Holder> {
    match ty {
        "ManagedUser" => Some(Holder::User),
        "ManagedUserGroup" => Some(Holder::UserGroup),
        "APIKey" => Some(Holder::ApiKey),
        _ => None,
    }
}

/// Grants in the old form. Of users and groups only those that were given in it: a Terraform configuration that gives a group a role
/// by an attachment must find nothing to change in the group. Of keys, which have no others, what their bindings come to.
fn rules(state: &State, kind: Holder, id: &str) -> Vec<AccessRule> {
    match kind {
        Holder::User => (state.users.get(id)).map_or_else(Vec::new, |one| one.access_rules.clone()),
        Holder::UserGroup => {
            (state.groups.get(id)).map_or_else(Vec::new, |one| one.access_rules.clone())
        }
        Holder::ApiKey | Holder::Stack => held(state, kind, id)
            .into_iter()
            .map(|(space, level)| AccessRule {
                space,
                space_access_level: level.name().to_owned(),
            })
            .collect(),
    }
}

fn count(attached: &[Value], modules: bool) -> usize {
    attached
        .iter()
        .filter(|one| one.get("isModule").and_then(Value::as_bool) == Some(modules))
        .count()
}

fn records(state: &State, policy: &str) -> Vec<Value> {
    let samples = state
        .policies
        .get(policy)
        .map_or(&[][..], |policy| &policy.samples);
    (samples.iter())
        .map(|sample| json!({ "key": sample.key, "outcome": sample.outcome, "timestamp": sample.timestamp }))
        .collect()
}

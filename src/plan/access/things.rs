//! Stacks and modules as access policies are told of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::spacelift::{Module, Space, Stack};

use super::super::ACCESS_SPACE;
use super::LiveAccess;

/// The input of a question: a session and its request, and the stack or module that it is about.
pub(super) fn joined(session: &Value, thing: Option<&Value>) -> Value {
    let mut input = session.clone();
    if let (Some(input), Some(thing)) = (input.as_object_mut(), thing.and_then(Value::as_object)) {
        input.extend(
            thing
                .iter()
                .map(|(key, value)| (key.clone(), value.clone())),
        );
    }
    input
}

/// A space and all above it: roles hold downwards. Source: documentation, spaces.
pub(super) fn above(space: &str, spaces: &[Space]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next = Some(space.to_string());
    while let Some(id) = next {
        next = spaces
            .iter()
            .find(|space| space.id == id)
            .and_then(|space| space.parent.clone());
        if !found.insert(id) {
            break;
        }
    }
    found
}

/// Stacks and modules as an access policy is told of them, as far as the API shows that.
pub(super) fn things<'a>(
    known: &'a LiveAccess,
    spaces: &'a [Space],
) -> impl Iterator<Item = (&'a str, Value)> {
    let space = spaces.iter().find(|space| space.id == ACCESS_SPACE);
    let space =
        space.map(|space| json!({"id": space.id, "name": space.name, "labels": space.labels}));
    let stacks = known.stacks.iter().flatten();
    let stacks = stacks.filter(|one| one.space == ACCESS_SPACE);
    let modules = known.modules.values();
    let modules = modules.filter(|one| one.space == ACCESS_SPACE);
    stacks
        .map(move |one| {
            (
                one.id.as_str(),
                json!({"stack": stack(one, space.as_ref())}),
            )
        })
        .chain(modules.map(|one| (one.id.as_str(), json!({"module": module(one)}))))
}

fn stack(one: &Stack, space: Option<&Value>) -> Value {
    json!({
        "id": one.id, "name": one.name, "administrative": one.administrative, "autodeploy": one.autodeploy,
        "branch": one.branch, "labels": one.labels, "locked_by": one.locked_by, "namespace": one.namespace,
        "project_root": one.project_root, "repository": one.repository, "state": one.state, "space": space,
    })
}

fn module(one: &Module) -> Value {
    json!({
        "id": one.id, "administrative": one.administrative, "branch": one.branch, "labels": one.labels,
        "repository": one.repository,
    })
}

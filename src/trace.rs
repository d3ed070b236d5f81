//! From what a decision names to the line of the mapping that is behind it.

use serde_json::Value;

use crate::evaluate::{Because, Decision};
use crate::model::{FIXED_SPACES, Model, Outside, SlackChannel, SlackEntry};
use crate::source::Span;

/// What stands for the entry of a Slack channel, which has no id of its own.
const SLACK: &str = "slack";

/// An entry of the mapping that had a part in a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The entry's id, or one of `gate`, `offboarded`, `unidentified` and `slack`.
    pub id: String,
    /// Where it is written, where it is written in one place.
    pub span: Option<Span>,
}

/// A role that a decision binds, and the grants that give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The space's id.
    pub space: String,
    /// The role's slug.
    pub role: String,
    /// Ids of grants, sorted; empty where the decision is that of a policy not made from this model.
    pub grants: Vec<String>,
}

/// Where the entry with an id is written. `gate`, `offboarded` and `unidentified` are no entries of their own.
#[must_use]
pub fn trace(model: &Model, id: &str) -> Option<Span> {
    let login = &model.login;
    model
        .grants
        .get(id)
        .map(|grant| grant.span)
        .or_else(|| login.admin.get(id).map(|entry| entry.span))
        .or_else(|| login.deny.get(id).map(|entry| entry.span))
        .or_else(|| login.deny_admin.get(id).map(|entry| entry.span))
        .or_else(|| {
            model
                .stack_access
                .values()
                .find_map(|entry| entry.place_of(id))
        })
}

/// The entry for the channel that a Slack request comes from.
#[must_use]
pub fn slack_entry<'m>(model: &'m Model, input: &Value) -> Option<&'m SlackEntry> {
    if !input.get("session").is_none_or(Value::is_null) {
        return None;
    }
    let id = |pointer: &str| {
        let id = input.pointer(pointer)?.as_str()?;
        Some(id.to_owned())
    };
    model.login.slack.get(&SlackChannel {
        workspace: id("/slack/team/id")?,
        channel: id("/slack/channel/id")?,
    })
}

/// The entry for a login that Spacelift does not ask the policy about, if an input has one.
#[must_use]
pub fn outside<'m>(model: &'m Model, input: &Value) -> Option<&'m Outside> {
    let login = input.pointer("/session/login").and_then(Value::as_str)?;
    model.outside_policy.get(login)
}

/// The entry behind an id, in the decision on an input: `offboarded` is the entry for the login that the input has.
#[must_use]
pub fn cause(model: &Model, id: &str, input: &Value) -> Cause {
    let span = if id == "offboarded" {
        input
            .pointer("/session/login")
            .and_then(Value::as_str)
            .and_then(|login| model.login.offboarded.get(&login.to_ascii_lowercase()))
            .map(|person| person.span)
    } else if id == SLACK {
        slack_entry(model, input).map(|entry| entry.span)
    } else if id == "gate" {
        model.login.require_span
    } else {
        trace(model, id)
    };
    Cause {
        id: id.to_owned(),
        span,
    }
}

/// Every role that a decision binds, by space and slug, with the grants behind it.
#[must_use]
pub fn roles_because(model: &Model, input: &Value, decision: &Decision) -> Vec<Held> {
    decision
        .roles
        .iter()
        .flat_map(|(space, roles)| roles.iter().map(move |role| (space, role)))
        .map(|(space, role)| Held {
            space: space.clone(),
            role: role.clone(),
            grants: grants_of(model, input, &decision.because, space, role),
        })
        .collect()
}

/// The grants that give a role on a space in a decision, by id.
pub(crate) fn grants_of(
    model: &Model,
    input: &Value,
    because: &Because,
    space: &str,
    role: &str,
) -> Vec<String> {
    let by_channel = slack_entry(model, input)
        .and_then(|entry| entry.roles.get(space))
        .is_some_and(|slugs| slugs.contains(role));
    if by_channel {
        return vec![SLACK.to_owned()];
    }
    let fixed = FIXED_SPACES.contains(&space);
    because
        .grants
        .iter()
        .filter(|id| {
            model.grants.get(*id).is_some_and(|grant| {
                grant.roles.contains(role)
                    && (grant.spaces.contains(space)
                        || (!fixed && grant.spaces.contains("*"))
                        || (!fixed
                            && grant
                                .labels
                                .iter()
                                .any(|label| has_label(input, space, label))))
            })
        })
        .cloned()
        .collect()
}

/// Whether the account says at login that a space has a label.
fn has_label(input: &Value, space: &str, label: &str) -> bool {
    let spaces = input.get("spaces").and_then(Value::as_array);
    spaces.into_iter().flatten().any(|entry| {
        let labels = entry.get("labels").and_then(Value::as_array);
        entry.get("id").and_then(Value::as_str) == Some(space)
            && labels
                .into_iter()
                .flatten()
                .any(|one| one.as_str() == Some(label))
    })
}

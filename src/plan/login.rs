//! The step from the live policy to the mapping's.

use std::collections::BTreeSet;

use crate::model::Dialect;
use crate::policy::FORMAT;
use crate::render::Reading;
use crate::spacelift::{Engine, Policy, PolicyDraft, PolicyType};

use super::live::{Live, engine_of};
use super::{Change, Desired, POLICY_NAME, POLICY_SPACE, PolicyState, escaped, same_decisions};

pub(super) fn of(desired: &Desired, live: &Live, notes: &mut BTreeSet<String>) -> Option<Change> {
    let after = wanted(desired, live);
    let Some((policy, reading)) = &live.ours else {
        return Some(Change::PolicyCreate { policy: after });
    };
    if is_settled(desired, policy, reading, notes) {
        return None;
    }
    if let Reading::OtherFormat(seal) = reading
        && seal.format < FORMAT
    {
        notes.insert(
            "the live policy was written by an older release; whether it decides the same cannot be told from its text"
                .to_string(),
        );
    }
    Some(Change::PolicyUpdate {
        id: policy.id.clone(),
        before: PolicyState::from(policy),
        after,
    })
}

/// Whether pushing would change no decision. A push that changes none would end every session for nothing.
fn is_settled(
    desired: &Desired,
    policy: &Policy,
    reading: &Reading,
    notes: &mut BTreeSet<String>,
) -> bool {
    let Reading::Ours(live) = reading else {
        return false;
    };
    // A text of one dialect under the engine of the other is no policy at all.
    let in_place = engine_of(policy) == engine_for(desired.policy.dialect)
        && live.dialect == desired.policy.dialect
        && policy
            .space
            .as_deref()
            .is_none_or(|space| space == POLICY_SPACE);
    if !in_place || !same_decisions(live, desired.policy) {
        return false;
    }
    if policy.body != desired.text {
        notes.insert(
            "the live policy differs from the mapping's in form only and decides the same; it is left as it is, because a push ends every session"
                .to_string(),
        );
    }
    true
}

/// The version of Rego that a dialect is evaluated as.
pub(crate) fn engine_for(dialect: Dialect) -> Engine {
    match dialect {
        Dialect::V0 => Engine::V0,
        Dialect::V1 => Engine::V1,
    }
}

/// The policy as it is to be.
fn wanted(desired: &Desired, live: &Live) -> PolicyState {
    PolicyState {
        name: POLICY_NAME.to_string(),
        body: desired.text.to_string(),
        engine: engine_wanted(live, desired.policy.dialect),
        labels: Vec::new(),
        description: Some(description(&desired.policy.mapping)),
        space: Some(POLICY_SPACE.to_string()),
        updated_at: None,
    }
}

/// The version of Rego to ask for. Version 0 is all there is where the account has no versions; a guard refuses any other.
pub(super) fn engine_wanted(live: &Live, dialect: Dialect) -> Option<Engine> {
    let engine = engine_for(dialect);
    (live.has_engines || engine != Engine::V0).then_some(engine)
}

/// What the account is told about a policy.
pub(super) fn description(mapping: &str) -> String {
    format!(
        "Managed by liftgate from {}: change the mapping, not this policy.",
        escaped(mapping)
    )
}

impl From<&Policy> for PolicyState {
    fn from(policy: &Policy) -> Self {
        Self {
            name: policy.name.clone(),
            body: policy.body.clone(),
            engine: policy.engine.clone(),
            labels: policy.labels.clone(),
            description: policy.description.clone(),
            space: policy.space.clone(),
            updated_at: Some(policy.updated_at),
        }
    }
}

impl PolicyState {
    /// What to send for it as a policy of a type.
    #[must_use]
    pub fn draft(&self, kind: PolicyType) -> PolicyDraft {
        PolicyDraft {
            kind,
            name: self.name.clone(),
            body: self.body.clone(),
            description: self.description.clone(),
            labels: self.labels.clone(),
            space: self.space.clone(),
            engine: self.engine.clone(),
        }
    }
}

//! What a plan says that a login gains and loses.

use serde::{Deserialize, Serialize};

use crate::evaluate::{Decision, Login};
use crate::model::Because;

use super::{Source, StackChange};

/// A role on a space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Access {
    /// The space's id.
    pub space: String,
    /// The role's slug.
    pub role: String,
}

/// What a probe's login gains and loses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The probe's name.
    pub probe: String,
    /// Whose login it is.
    pub identity: String,
    /// Where the probe is from.
    pub source: Source,
    /// Why Spacelift does not ask the policy about this login, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside_policy: Option<Because>,
    /// What the account decides now; nothing where that is unknown.
    pub before: Option<Decision>,
    /// What it would decide.
    pub after: Decision,
    /// Roles that it does not have now.
    pub gains: Vec<Access>,
    /// Roles that it would no longer have.
    pub losses: Vec<Access>,
    /// Refused, let in or admin: now and then, where the two differ.
    pub login_change: Option<(Login, Login)>,
    /// Roles that it holds and that become others.
    pub role_changes: Vec<RoleChange>,
    /// Whether it administers the account: now and then, where the two differ.
    pub admin_change: Option<(bool, bool)>,
    /// What it gains and loses on stacks and modules, by access policies.
    #[serde(default, skip_serializing_if = "StackChange::is_none")]
    pub stacks: StackChange,
}

impl Effect {
    /// Whether the login loses anything. Teams count, whatever becomes of them: other policies may hang on them.
    #[must_use]
    pub fn takes_away(&self) -> bool {
        let lower = self
            .login_change
            .is_some_and(|(before, after)| after < before);
        let teams = self
            .before
            .as_ref()
            .is_none_or(|before| !before.teams.is_subset(&self.after.teams));
        !self.losses.is_empty()
            || !self.stacks.losses.is_empty()
            || lower
            || teams
            || self.admin_change == Some((true, false))
            || self
                .role_changes
                .iter()
                .any(|change| !change.losses.is_empty())
    }
}

/// What a role on a space gains and loses, for whoever holds it there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RoleChange {
    /// The space's id.
    pub space: String,
    /// The role's slug.
    pub role: String,
    /// Actions, as the API spells them.
    pub gains: Vec<String>,
    /// Actions, as the API spells them.
    pub losses: Vec<String>,
}

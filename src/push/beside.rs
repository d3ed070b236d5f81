//! What a push leaves alone and rests on, looked at once more when everything is made: the login policy, and the roles that it
//! gives.

use std::collections::BTreeSet;
use std::fmt;

use super::{PAUSES, PushError, Wait, role};
use crate::plan::{Change, Plan, RoleState, login_moved, quoted, says};
use crate::spacelift::{Error, ReadAccount, Role};

/// What a push leaves alone and rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// The login policy: it says whom access policies are asked about, and who holds the roles.
    Login,
    /// A role that the login policy gives, by its slug.
    Role(String),
    /// All of those roles.
    Roles,
}

impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login => f.write_str("the login policy"),
            Self::Role(slug) => write!(f, "the role {}, which the policy gives,", quoted(slug)),
            Self::Roles => f.write_str("each role that the policy gives"),
        }
    }
}

/// A login policy that no change of the plan is about must be at the end as the plan was made for: it says whom access policies are
/// asked about, and who holds the roles.
pub(super) fn login(
    plan: &Plan,
    reader: &dyn ReadAccount,
    wait: &dyn Wait,
) -> Result<(), PushError> {
    let is_changed = |change: &Change| {
        matches!(
            change,
            Change::PolicyCreate { .. } | Change::PolicyUpdate { .. }
        )
    };
    if plan.changes.is_empty() || plan.changes.iter().any(is_changed) {
        return Ok(());
    }
    match looked(wait, || login_moved(plan, reader)) {
        Ok(false) => Ok(()),
        Ok(true) => Err(PushError::Beside {
            what: Beside::Login,
            unknown: None,
        }),
        Err(cause) => Err(PushError::Beside {
            what: Beside::Login,
            unknown: Some(Box::new(cause)),
        }),
    }
}

/// Roles that the policy gives and no change of the plan is about must be there at the end as they were at the start: without them
/// the mapping gives less than it says.
pub(super) fn roles(
    plan: &Plan,
    before: &[Role],
    reader: &dyn ReadAccount,
    wait: &dyn Wait,
) -> Result<(), PushError> {
    let mut text = None;
    let mut ours = BTreeSet::new();
    for change in &plan.changes {
        match change {
            Change::PolicyCreate { policy } | Change::PolicyUpdate { after: policy, .. } => {
                text = Some(policy.body.as_str());
            }
            Change::RoleCreate { role, .. } | Change::RoleDelete { role, .. } => {
                ours.insert(role.slug.as_str());
            }
            Change::RoleUpdate { after, .. } => {
                ours.insert(after.slug.as_str());
            }
            Change::AccessCreate { .. }
            | Change::AccessUpdate { .. }
            | Change::AccessDelete { .. }
            | Change::AccessAttach { .. }
            | Change::AccessDetach { .. } => {}
        }
    }
    let given = |role: &&Role| text.is_none_or(|text| says(text, &role.slug));
    let left: Vec<&Role> = before
        .iter()
        .filter(|role| !role.system && !ours.contains(role.slug.as_str()))
        .filter(given)
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    let unknown = |cause: Error| PushError::Beside {
        what: Beside::Roles,
        unknown: Some(Box::new(cause)),
    };
    let now = looked(wait, || role::all(reader)).map_err(unknown)?;
    let lost = |was: &&&Role| {
        let is = now.iter().find(|role| role.id == was.id);
        is.is_none_or(|is| RoleState::from(is) != RoleState::from(**was))
    };
    match left.iter().find(lost) {
        None => Ok(()),
        Some(role) => Err(PushError::Beside {
            what: Beside::Role(role.slug.clone()),
            unknown: None,
        }),
    }
}

/// What a look shows; one that fails is made again.
fn looked<T>(wait: &dyn Wait, look: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    let mut found = look();
    for pause in PAUSES.into_iter().skip(1) {
        if found.is_ok() {
            break;
        }
        wait.wait(pause);
        found = look();
    }
    found
}

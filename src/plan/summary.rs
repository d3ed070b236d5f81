//! Whom a plan touches, counted by identity.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::evaluate::Login;

use super::{Plan, RoleChange};

/// Identities by what a plan does to them. Somebody who gains one thing and loses another is counted under both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Would hold a role that they do not hold now.
    pub gaining: BTreeSet<String>,
    /// Would no longer hold a role.
    pub losing: BTreeSet<String>,
    /// Could no longer sign in.
    pub newly_refused: BTreeSet<String>,
    /// Could sign in and cannot now.
    pub newly_let_in: BTreeSet<String>,
    /// Hold a role that gains an action.
    pub gaining_actions: BTreeSet<String>,
    /// Hold a role that loses one.
    pub losing_actions: BTreeSet<String>,
    /// Would read or write a stack that they do not now.
    pub gaining_stacks: BTreeSet<String>,
    /// Would no longer read or write a stack.
    pub losing_stacks: BTreeSet<String>,
    /// Would administer the account: as an account admin, or with a role on root that holds `space:admin`.
    pub admins_gained: BTreeSet<String>,
    /// Would no longer administer the account.
    pub admins_lost: BTreeSet<String>,
}

/// Counts a plan's effects.
#[must_use]
pub fn summary(plan: &Plan) -> Summary {
    let mut summary = Summary::default();
    for effect in &plan.effects {
        let mut put = |set: fn(&mut Summary) -> &mut BTreeSet<String>, applies: bool| {
            if applies {
                set(&mut summary).insert(effect.identity.clone());
            }
        };
        put(|s| &mut s.gaining, !effect.gains.is_empty());
        put(|s| &mut s.losing, !effect.losses.is_empty());
        let stacks = &effect.stacks;
        put(|s| &mut s.gaining_stacks, !stacks.gains.is_empty());
        put(|s| &mut s.losing_stacks, !stacks.losses.is_empty());
        let (refused, let_in) = match effect.login_change {
            Some((before, after)) => (after == Login::Deny, before == Login::Deny),
            None => (false, false),
        };
        put(|s| &mut s.newly_refused, refused);
        put(|s| &mut s.newly_let_in, let_in);
        put(
            |s| &mut s.admins_gained,
            effect.admin_change == Some((false, true)),
        );
        put(
            |s| &mut s.admins_lost,
            effect.admin_change == Some((true, false)),
        );
        let any = |of: fn(&RoleChange) -> &Vec<String>| {
            effect
                .role_changes
                .iter()
                .any(|change| !of(change).is_empty())
        };
        put(|s| &mut s.gaining_actions, any(|change| &change.gains));
        put(|s| &mut s.losing_actions, any(|change| &change.losses));
    }
    summary
}

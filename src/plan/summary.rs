//! Whom a plan touches, counted by identity.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::evaluate::{Decision, Login};

use super::{Effect, POLICY_SPACE, Plan};

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
    /// Would administer the account: as an account admin, or with `space-admin` on root.
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
        let (refused, let_in) = match effect.login_change {
            Some((before, after)) => (after == Login::Deny, before == Login::Deny),
            None => (false, false),
        };
        put(|s| &mut s.newly_refused, refused);
        put(|s| &mut s.newly_let_in, let_in);
        let (was, becomes) = administers(effect);
        put(|s| &mut s.admins_gained, becomes && !was);
        put(|s| &mut s.admins_lost, was && !becomes);
    }
    summary
}

/// Before and after. Where nothing is known of before, neither is a change.
fn administers(effect: &Effect) -> (bool, bool) {
    let of = |decision: &Decision| {
        decision.login == Login::Admin
            || decision
                .roles
                .get(POLICY_SPACE)
                .is_some_and(|slugs| slugs.contains("space-admin"))
    };
    effect
        .before
        .as_ref()
        .map_or((false, false), |before| (of(before), of(&effect.after)))
}

//! What a change takes away, and which administration it gives or takes, by what the texts say: whether or not anybody is known
//! whom it touches. Who is known is told by the mapping's own folder, so what only people tell can be kept from being told.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::{Membership, Policy};

use super::access::Access;
use super::additive::{
    Given, Place, Rule, RuleKind, actions_lost, grants_by_id, grants_taken, rules_taken,
    without_policy,
};
use super::live::Live;
use super::{Change, Desired, POLICY_SPACE, quoted};

/// What is taken, and what becomes of administration.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// What the login policy, roles and access policies no longer give, a line each; whom it offboards is apart.
    pub lines: Vec<String>,
    /// Who left and is refused for the first time: the login that their entry is headed by, and all of theirs, in ASCII lower
    /// case.
    pub offboarded: BTreeMap<String, BTreeSet<String>>,
    /// Rules and grants by which somebody administers the account that come or go, a line each.
    pub administration: Vec<String>,
    /// Why the login policy's part in this cannot be told, if it cannot.
    pub unknown: Option<String>,
}

impl Taken {
    /// Whether a login, in whatever case, is one of those who are newly offboarded.
    pub(super) fn offboards(&self, login: &str) -> bool {
        let login = login.to_ascii_lowercase();
        self.offboarded
            .values()
            .any(|logins| logins.contains(&login))
    }
}

/// What the changes take. What has ended by now is given to nobody, and so is not taken from anybody.
pub(super) fn of(desired: &Desired, live: &Live, changes: &[Change], access: &Access) -> Taken {
    let mut taken = Taken::default();
    let is_login = |change: &Change| {
        matches!(
            change,
            Change::PolicyCreate { .. } | Change::PolicyUpdate { .. }
        )
    };
    if changes.iter().any(is_login) {
        let new = standing(desired.policy, desired.now);
        match live.policy() {
            Ok(Some(old)) => between(&standing(old, desired.now), &new, &mut taken),
            // Nobody was given anything, and an account without a policy can be given its first.
            Ok(None) => taken.administration = administration(&without_policy(&new), &new),
            Err(why) => taken.unknown = Some(why.to_string()),
        }
    }
    taken.lines.extend(actions_lost(changes));
    // Where there is no access policy, nobody is given anything by one that a new one could take or deny.
    let known = live.access.as_ref();
    if known.is_some_and(|known| !known.policies.is_empty()) {
        let takes = access.takes.iter();
        let lines = takes.map(|name| format!("what the access policy {} gives", quoted(name)));
        taken.lines.extend(lines);
    }
    taken
}

/// What is left of a policy at a time.
fn standing(policy: &Policy, now: Option<i64>) -> Policy {
    let mut policy = policy.clone();
    let Some(now) = now else {
        return policy;
    };
    let stands = |ends: Option<i64>| ends.is_none_or(|ends| ends > now);
    let has_ended = |membership: &Membership| !stands(membership.ends);
    policy.groups.retain(|_, membership| !has_ended(membership));
    for rows in [&mut policy.grants, &mut policy.guarded_grants] {
        for rows in rows.values_mut() {
            rows.retain(|row| stands(row.ends));
        }
    }
    policy
}

fn between(old: &Policy, new: &Policy, taken: &mut Taken) {
    let rules = rules_taken(old, new).into_iter();
    let rules = rules.filter(|rule| rule.kind != RuleKind::Offboarded);
    taken.lines.extend(rules.map(|rule| rule.told(true)));
    taken.lines.extend(grants_taken(old, new));
    for (login, head) in &new.offboarded {
        if !old.offboarded.contains_key(login) {
            let logins = taken.offboarded.entry(head.clone()).or_default();
            logins.insert(login.clone());
        }
    }
    taken.administration = administration(old, new);
}

/// Rules and grants of administration that one policy has and the other has not, a line each.
fn administration(old: &Policy, new: &Policy) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (from, to, takes) in [(old, new, true), (new, old, false)] {
        let rules = rules_taken(from, to).into_iter();
        let rules = rules.filter(Rule::is_admin);
        found.extend(rules.map(|rule| rule.told(takes)));
        let kept = administering(to);
        let lost = administering(from).into_iter();
        let lost = lost.filter(|given| !kept.iter().any(|other| other.covers(given)));
        let word = if takes { "no longer" } else { "newly" };
        found.extend(lost.map(|given| format!("{word} {given}")));
    }
    found.into_iter().collect()
}

/// What a policy gives by which whoever has it administers the account.
fn administering(policy: &Policy) -> BTreeSet<Given<'_>> {
    let all = grants_by_id(policy).into_values().flatten();
    all.filter(|given| {
        let is_admin = given.role == "space-admin" || policy.admin_roles.contains(given.role);
        is_admin && given.place == Place::Space(POLICY_SPACE)
    })
    .collect()
}

#[cfg(test)]
mod tests;

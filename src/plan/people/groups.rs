//! What members of groups lose, where people cannot be counted: a member is made up for every way in which a policy gives
//! something, and decided by both.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::evaluate::foreign::Decide;
use crate::fixture::spaces;
use crate::policy::access::AccessPolicy;
use crate::policy::{Membership, Policy};

use super::super::effects::{Difference, Sides};
use super::super::live::Live;
use super::super::{ACCESS_SPACE, Desired, StackLists};
use super::named::ours;

/// What whoever is in some groups loses on a space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GroupLoss {
    /// The groups that they are in, by the mapping's names or the live policy's; empty for whoever is in none.
    pub groups: BTreeSet<String>,
    /// The space's id; empty where it is the sign-in, or administering the account.
    pub space: String,
    /// Slugs of the roles; empty where it is not about roles.
    pub roles: BTreeSet<String>,
    /// What they lose on stacks and modules, where it is about these.
    #[serde(default, skip_serializing_if = "StackLists::is_empty")]
    pub stacks: StackLists,
}

pub(super) fn of(
    desired: &Desired,
    live: &Live,
    requests: &[Value],
    access: &[AccessPolicy],
    sides: &Sides<'_>,
    decide: &dyn Decide,
) -> Vec<GroupLoss> {
    let policies: Vec<&Policy> = ours(live).into_iter().chain([desired.policy]).collect();
    let mut members: BTreeSet<BTreeSet<&str>> = BTreeSet::from([BTreeSet::new()]);
    for policy in &policies {
        members.extend(ways(policy));
    }
    members.extend(access.iter().flat_map(ways_of_access));
    let spaces = spaces(desired.model);
    let inputs: Vec<Value> = members
        .iter()
        .flat_map(|groups| {
            let teams: Vec<&str> = groups
                .iter()
                .filter_map(|group| {
                    let tables = policies.iter().map(|policy| &policy.groups);
                    let mut tables = tables.chain(access.iter().map(|policy| &policy.groups));
                    tables.find_map(|groups| sent(groups, group))
                })
                .collect();
            // A group that nobody names keeps the list from being empty, which would say that nothing is known.
            let teams: Vec<&str> = teams.into_iter().chain(["liftgate:other"]).collect();
            let session = json!({"login": "liftgate:member", "member": true, "teams": teams});
            let spaces = &spaces;
            requests.iter().map(
                move |request| json!({"request": request, "session": session, "spaces": spaces}),
            )
        })
        .collect();
    let (outcomes, _) = sides.outcomes(&inputs, decide);
    let mut outcomes = outcomes.into_iter();
    let mut found = Vec::new();
    for groups in members {
        let mut lost: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut all = Difference::default();
        for outcome in outcomes.by_ref().take(requests.len()) {
            let difference = outcome.difference;
            all.merge(&difference);
            for access in &difference.losses {
                let roles = lost.entry(access.space.clone()).or_default();
                roles.insert(access.role.clone());
            }
            for change in &difference.role_changes {
                if !change.losses.is_empty() {
                    let roles = lost.entry(change.space.clone()).or_default();
                    roles.insert(change.role.clone());
                }
            }
            // What nobody gave cannot be lost.
            let lowered = live.decides()
                && difference
                    .login_change
                    .is_some_and(|(before, after)| after < before);
            if lowered || difference.admin_change == Some((true, false)) {
                lost.entry(String::new()).or_default();
            }
        }
        let named = || groups.iter().map(|group| (*group).to_string()).collect();
        let stacks = sides.on_stacks(&all).losses;
        if !stacks.is_empty() {
            found.push(GroupLoss {
                groups: named(),
                space: ACCESS_SPACE.to_string(),
                roles: BTreeSet::new(),
                stacks,
            });
        }
        found.extend(lost.into_iter().map(|(space, roles)| GroupLoss {
            groups: named(),
            space,
            roles,
            stacks: StackLists::default(),
        }));
    }
    found
}

/// The sets of groups that a policy asks for, and each group alone.
fn ways(policy: &Policy) -> impl Iterator<Item = BTreeSet<&str>> {
    fn groups<'p>(facts: impl Iterator<Item = &'p String>) -> BTreeSet<&'p str> {
        facts
            .filter_map(|fact| fact.strip_prefix("group "))
            .collect()
    }
    let grants = policy.grants.iter().chain(&policy.guarded_grants);
    let grants = grants.flat_map(|(under, rows)| {
        rows.iter()
            .map(move |row| groups(std::iter::once(under).chain(&row.all)))
    });
    let admins = policy.admins.iter().flat_map(|(under, rows)| {
        rows.iter()
            .map(move |row| groups(std::iter::once(under).chain(&row.all)))
    });
    let alone = policy
        .groups
        .values()
        .map(|membership| BTreeSet::from([membership.group.as_str()]));
    grants.chain(admins).chain(alone)
}

/// The same of an access policy.
fn ways_of_access(policy: &AccessPolicy) -> impl Iterator<Item = BTreeSet<&str>> {
    let tables = [&policy.readers, &policy.writers];
    let rows = tables.into_iter().flatten();
    let asked = rows.flat_map(|(under, rows)| {
        rows.iter().map(move |row| {
            let facts = std::iter::once(under).chain(&row.all);
            facts
                .filter_map(|fact| fact.strip_prefix("group "))
                .collect()
        })
    });
    let alone = policy.groups.values();
    asked.chain(alone.map(|membership| BTreeSet::from([membership.group.as_str()])))
}

/// What is sent for a group: a value that stands for it without an end, or any.
fn sent<'p>(groups: &'p BTreeMap<String, Membership>, group: &str) -> Option<&'p str> {
    let values = groups.iter();
    let mut values = values.filter(|(_, membership)| membership.group == group);
    let lasting = values
        .clone()
        .find(|(_, membership)| membership.ends.is_none());
    let (value, _) = lasting.or_else(|| values.next())?;
    Some(value)
}

//! People whom a policy names, whoever else knows them: losing a grant by name is a loss, in whichever directory they are.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::Policy;
use crate::render::Reading;

use super::super::Desired;
use super::super::live::Live;
use super::coverage::Roll;
use super::{Person, Source, Waiting};

/// The live policy as data, where it is ours.
pub(super) fn ours(live: &Live) -> Option<&Policy> {
    match &live.ours.as_ref()?.1 {
        Reading::Ours(policy) => Some(policy),
        _ => None,
    }
}

/// Break-glass identities of the mapping, and of the live policy of ours: taking one out of the mapping takes it away.
pub(super) fn break_glass(desired: &Desired, live: &Live) -> BTreeSet<String> {
    let now = ours(live)
        .into_iter()
        .flat_map(|policy| &policy.break_glass);
    let then = desired.model.break_glass.keys();
    now.chain(then).cloned().collect()
}

/// Whoever a policy gives something by name and nobody else knows, and whoever asks. Nothing is known of their groups, but of
/// a key's.
pub(super) fn of(
    desired: &Desired,
    live: &Live,
    roll: &Roll,
    people: &BTreeMap<String, Person>,
    waiting: &[Waiting],
) -> Vec<Waiting> {
    let mut taken: BTreeSet<String> = people.keys().cloned().collect();
    taken.extend(waiting.iter().map(|one| one.login.to_ascii_lowercase()));
    let policies = std::iter::once(desired.policy).chain(ours(live));
    let named: BTreeSet<&str> = policies.flat_map(given).collect();
    let glass = break_glass(desired, live);
    let named = named.into_iter().chain(glass.iter().map(String::as_str));
    let inactive = |login: &str| {
        let person = desired.directory.and_then(|all| all.person(login));
        person.is_some_and(|person| !person.active)
    };
    let named = named
        .filter(|login| !inactive(login))
        .map(|login| (login, true));
    let viewer = roll.viewer.iter().map(|login| (login.as_str(), false));
    let mut found = Vec::new();
    for (login, counts) in named.chain(viewer) {
        if !taken.insert(login.to_ascii_lowercase()) {
            continue;
        }
        let key = login.to_ascii_lowercase().starts_with("api::");
        found.push(Waiting {
            login: login.to_string(),
            name: None,
            sources: if counts {
                BTreeSet::from([Source::Policy])
            } else {
                BTreeSet::new()
            },
            counts,
            machine: key.then_some(true),
            groups: roll.groups_of(login),
        });
    }
    found
}

/// Logins that a policy gives something, keys' among them.
fn given(policy: &Policy) -> impl Iterator<Item = &str> {
    let grants = policy.grants.iter().chain(&policy.guarded_grants);
    let grants = grants.flat_map(|(under, rows)| {
        std::iter::once(under).chain(rows.iter().flat_map(|row| &row.all))
    });
    let admins = policy.admins.iter().flat_map(|(under, rows)| {
        std::iter::once(under).chain(rows.iter().flat_map(|row| &row.all))
    });
    let logins = grants
        .chain(admins)
        .filter_map(|fact| fact.strip_prefix("login "));
    logins.chain(policy.api_keys.values().map(String::as_str))
}

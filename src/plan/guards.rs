//! What a push is refused for, as far as the account tells before one.

mod people;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Account, Dialect, Model};
use crate::spacelift::{Endpoint, Policy, PolicyType, Scheme, Space};

use super::edit;
use super::live::Live;
use super::{Desired, Guard, POLICY_NAME, Refusal, escaped};

/// The oldest and the newest version of Open Policy Agent that the tests ask.
pub const TESTED_OPA: (&str, &str) = ("0.57.0", "1.22.2");

pub(super) use people::{
    Losses, looser_than, newly_outside, of as of_people, under as under_limits,
};

/// Whether a policy is a login policy that is not ours.
pub(crate) fn is_other_login_policy(policy: &Policy) -> bool {
    policy.kind == PolicyType::Login && policy.name != POLICY_NAME
}

/// A name in backticks, on one line and escaped.
pub(crate) fn quoted(name: &str) -> String {
    let name = name.replace('`', "'").replace(['\n', '\t'], " ");
    format!("`{}`", escaped(&name))
}

pub(super) fn refusal(code: Guard, message: impl Into<String>, help: impl Into<String>) -> Refusal {
    Refusal {
        code,
        message: message.into(),
        help: help.into(),
    }
}

pub(super) fn refusals(
    desired: &Desired,
    live: &Live,
    endpoint: &str,
    notes: &mut BTreeSet<String>,
) -> Vec<Refusal> {
    let mut found = Vec::new();
    accepted(desired, live, notes);
    engine_version(live, notes);
    found.extend(other_account(
        &desired.model.account,
        &live.account.name,
        endpoint,
    ));
    found.extend(strategy(live));
    found.extend(viewer(live));
    found.extend(live.others.iter().map(|policy| {
        refusal(
            Guard::OtherLoginPolicy,
            format!("the account has another login policy, {}", quoted(&policy.name)),
            "all login policies of an account decide together, and a denial in one wins; bring what it says into the mapping, then delete it, or name it in `accepted_policies`",
        )
    }));
    found.extend(live.namesake.as_ref().map(|policy| {
        refusal(
            Guard::NameTaken,
            format!(
                "the policy {} of type {} has the name or the identifier that the login policy needs",
                quoted(&policy.name),
                quoted(policy.kind.as_str())
            ),
            format!("names and identifiers are unique in an account; delete it, or make it again under another name than `{POLICY_NAME}`"),
        )
    }));
    if let Some((policy, reading)) = &live.ours {
        found.extend(edit::ownership(desired, live, "login", policy, reading));
    }
    found.extend(edit::misnamed(desired, live));
    found.extend(engine(desired, live));
    found.extend(space_differences(
        desired.model,
        desired.policy,
        &live.spaces,
    ));
    found
}

/// What is known of the policies that the mapping lets decide beside its own.
fn accepted(desired: &Desired, live: &Live, notes: &mut BTreeSet<String>) {
    for policy in &live.accepted {
        notes.insert(format!(
            "the login policy {} decides too, as the mapping accepts; what is said here is about the mapping's own alone",
            quoted(&policy.name)
        ));
    }
    for name in &desired.model.accepted_policies {
        let is_there = |policy: &&Policy| policy.name == *name || policy.id == *name;
        if !live.accepted.iter().any(|policy| is_there(&policy)) {
            notes.insert(format!(
                "the mapping accepts the login policy {}, and the account has no other one of that name or id",
                quoted(name)
            ));
        }
    }
}

/// The engine decides, and its versions do not all decide alike; the tests ask the oldest and the newest.
fn engine_version(live: &Live, notes: &mut BTreeSet<String>) {
    let Some(version) = &live.account.opa else {
        return;
    };
    let (oldest, newest) = TESTED_OPA;
    if !is_tested(version) {
        notes.insert(format!(
            "the account evaluates policies with OPA {}, and this release was tested with {oldest} to {newest}",
            quoted(version)
        ));
    }
}

/// Whether a version of Open Policy Agent lies between those that the tests ask.
pub(crate) fn is_tested(version: &str) -> bool {
    let (oldest, newest) = TESTED_OPA;
    match (parts(version), parts(oldest), parts(newest)) {
        (Some(version), Some(oldest), Some(newest)) => oldest <= version && version <= newest,
        _ => false,
    }
}

/// Major, minor and patch of a version.
fn parts(version: &str) -> Option<[u32; 3]> {
    let numbers = version.trim_start_matches('v').split(['.', '-', '+']);
    let numbers: Vec<u32> = numbers.map_while(|part| part.parse().ok()).collect();
    match numbers.as_slice() {
        [major, minor] => Some([*major, *minor, 0]),
        [major, minor, patch, ..] => Some([*major, *minor, *patch]),
        _ => None,
    }
}

/// Whether an account is another than a mapping's. A sandbox holds it on this machine, under the name that the mapping gives it; what
/// else answers here may be any account, at the other end of a tunnel.
pub(crate) fn other_account(wanted: &Account, name: &str, endpoint: &str) -> Option<Refusal> {
    let parsed = Endpoint::parse(endpoint).ok();
    let here = parsed.as_ref().is_some_and(Endpoint::is_loopback) && wanted.to_string() == name;
    let same = match wanted {
        Account::Name(wanted) => wanted == name,
        Account::Endpoint(wanted) => {
            let wanted = Endpoint::parse(wanted).ok();
            wanted.is_some() && wanted == parsed
        }
    };
    (!here && !same).then(|| {
        refusal(
            Guard::OtherAccount,
            format!(
                "the mapping is for the account {}, and this is {} at {}",
                quoted(&wanted.to_string()),
                quoted(name),
                quoted(endpoint)
            ),
            "check the credentials, and `account` in the mapping",
        )
    })
}

fn strategy(live: &Live) -> Option<Refusal> {
    let scheme = live.account.scheme.as_ref()?;
    (*scheme != Scheme::LoginPolicies).then(|| {
        refusal(
            Guard::Strategy,
            format!(
                "the account decides access by {}, where login policies have no effect",
                quoted(scheme.as_str())
            ),
            "an administrator of `root` switches it in Spacelift's settings; that ends every other session at once, and the roles that user management gave to people and groups have no effect from then on, so have the first plan reviewed before",
        )
    })
}

fn viewer(live: &Live) -> Option<Refusal> {
    (!live.viewer.admin).then(|| {
        refusal(
            Guard::NotRootAdmin,
            format!(
                "{} does not administer the account",
                quoted(live.viewer.label())
            ),
            "use a key that has admin rights on the space `root`",
        )
    })
}

fn engine(desired: &Desired, live: &Live) -> Option<Refusal> {
    (desired.policy.dialect != Dialect::V0 && !live.has_engines).then(|| {
        refusal(
            Guard::EngineUnsupported,
            "the installation knows Rego v0 only, and the policy is Rego v1",
            "write `rego: v0` in the mapping, or update the installation to 4.1.0 or later",
        )
    })
}

/// Grants by label are resolved by the mapping's spaces, so these must be the account's.
pub(crate) fn space_differences(
    model: &Model,
    policy: &crate::policy::Policy,
    live: &[Space],
) -> Vec<Refusal> {
    let live: BTreeMap<&str, &Space> = live
        .iter()
        .map(|space| (space.id.as_str(), space))
        .collect();
    let granted: BTreeSet<&str> = policy
        .grants
        .values()
        .chain(policy.guarded_grants.values())
        .flatten()
        .flat_map(|row| &row.spaces)
        .chain(policy.slack.values().flat_map(BTreeMap::keys))
        .map(String::as_str)
        .collect();
    let mut found = Vec::new();
    for (id, declared) in &model.spaces {
        // Every account has root and legacy, and nothing about them can be declared.
        let fixed = declared.span.is_none();
        if fixed && !granted.contains(id.as_str()) {
            continue;
        }
        let Some(space) = live.get(id.as_str()) else {
            found.push(refusal(
                Guard::SpaceMissing,
                format!("the account has no space {}", quoted(id)),
                "create it in Spacelift or correct the mapping, which names spaces by identifier; a token that may not see it has the same effect",
            ));
            continue;
        };
        if fixed {
            continue;
        }
        let labels: BTreeSet<String> = space.labels.iter().cloned().collect();
        let mut differences = Vec::new();
        if space.parent != declared.parent {
            differences.push(differs(
                "parent",
                space.parent.as_deref(),
                declared.parent.as_deref(),
            ));
        }
        if space.inherit != declared.inherit {
            let (live, wanted) = (space.inherit.to_string(), declared.inherit.to_string());
            differences.push(differs("inheritance", Some(&live), Some(&wanted)));
        }
        if labels != declared.labels {
            let text = |set: &BTreeSet<String>| {
                let text = set
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(", ");
                (!text.is_empty()).then_some(text)
            };
            differences.push(differs(
                "labels",
                text(&labels).as_deref(),
                text(&declared.labels).as_deref(),
            ));
        }
        if !differences.is_empty() {
            found.push(refusal(
                Guard::SpaceDiffers,
                format!("the space {} is not as declared: {}", quoted(id), differences.join("; ")),
                "change the space in Spacelift, or its declaration; grants follow parents and labels",
            ));
        }
    }
    found
}

fn differs(what: &str, live: Option<&str>, wanted: Option<&str>) -> String {
    let text = |value: Option<&str>| value.map_or_else(|| "nothing".to_string(), quoted);
    format!("{what} {} instead of {}", text(live), text(wanted))
}

#[cfg(test)]
mod tests;

//! What somebody changed by hand in the live policy: what was pushed last beside what is live.
//!
//! Nothing but the policy itself says what was pushed: its seal names the digest of what it was made from, and history has the
//! mapping that compiles to it.

use serde::{Deserialize, Serialize};

use crate::evaluate::foreign::Decide;
use crate::history::Commit;
use crate::lock::{Lock, digest_of};
use crate::policy::Policy;
use crate::render::{self, Reading};
use crate::spacelift;

use super::diff::between;
use super::effects::{self, Effects};
use super::guards::{quoted, refusal};
use super::live::Live;
use super::{Desired, Effect, Guard, Refusal};

/// A live policy of our name with a text that liftgate did not write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The policy's id.
    pub policy: String,
    /// The digest of the live text.
    pub text: String,
    /// What was pushed last.
    pub base: Base,
    /// The unified diff from what was pushed to what is live; empty where the former is unknown.
    pub diff: String,
    /// The probes of which the edit decides otherwise than what was pushed.
    pub effects: Vec<Effect>,
    /// Why that is unknown, if it is.
    pub unknown_effects: Option<String>,
    /// Why the text may be replaced all the same, if it may.
    pub accepted: Option<AcceptedBy>,
}

/// What was pushed last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Base {
    /// What the mapping says as it is now.
    Mapping,
    /// What it said in this commit, the newest that says it.
    Commit(Commit),
    /// Nobody can tell.
    Unknown {
        /// Why not, in a sentence.
        why: String,
    },
}

/// Why a text that liftgate did not write may be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AcceptedBy {
    /// `liftgate.lock` adopts it.
    Lock {
        /// Since when, RFC 3339.
        at: String,
    },
    /// It was named for this once.
    Named,
}

/// What was changed by hand; nothing where the live policy is ours, or none.
pub(super) fn of(desired: &Desired, live: &Live, decide: &dyn Decide) -> Option<Edit> {
    let (policy, reading) = live.ours.as_ref()?;
    let (base, last) = match reading {
        Reading::Ours(_) | Reading::OtherFormat(_) => return None,
        Reading::Foreign => {
            let why = "liftgate did not make it".to_string();
            (Base::Unknown { why }, None)
        }
        Reading::Edited(seal) => last_pushed(desired, &seal.policy),
    };
    let found = last
        .as_ref()
        .and_then(|last| Some((last, render::render(last).ok()?)));
    let (diff, effects) = match found {
        Some((last, text)) => (
            between(&text, &policy.body, "pushed", "live"),
            effects::of_edit(desired, live, last.dialect, &text, policy, decide),
        ),
        None => (String::new(), Effects::default()),
    };
    Some(Edit {
        policy: policy.id.clone(),
        text: digest_of(&policy.body),
        base,
        diff,
        effects: effects.effects,
        unknown_effects: effects.unknown,
        accepted: accepted(desired, live, policy),
    })
}

fn last_pushed(desired: &Desired, digest: &str) -> (Base, Option<Policy>) {
    if desired.policy.digest() == *digest {
        return (Base::Mapping, Some(desired.policy.clone()));
    }
    match desired.history.last_pushed(digest) {
        Ok(found) => (Base::Commit(found.commit), Some(found.policy)),
        Err(missing) => (Base::Unknown { why: missing.why }, None),
    }
}

fn accepted(desired: &Desired, live: &Live, policy: &spacelift::Policy) -> Option<AcceptedBy> {
    let digest = digest_of(&policy.body);
    if desired.overwrite.contains(&digest) {
        return Some(AcceptedBy::Named);
    }
    let lock = desired.lock?;
    is_of(lock, &live.account.name, policy).then(|| AcceptedBy::Lock {
        at: lock.at.to_string(),
    })
}

impl Desired<'_> {
    /// Whether a live text may be replaced though liftgate did not write it, or somebody edited it.
    pub(super) fn may_overwrite(&self, account: &str, policy: &spacelift::Policy) -> bool {
        let named = self.overwrite.contains(&digest_of(&policy.body));
        named || self.lock.is_some_and(|lock| is_of(lock, account, policy))
    }
}

fn is_of(lock: &Lock, account: &str, policy: &spacelift::Policy) -> bool {
    lock.account == account && lock.policy == policy.id && lock.text == digest_of(&policy.body)
}

/// What a lock that accepts nothing has to say.
pub(super) fn stale(desired: &Desired, live: &Live) -> Option<String> {
    let lock = desired.lock?;
    let is_live = live.ours.as_ref().is_some_and(|(policy, reading)| {
        is_of(lock, &live.account.name, policy)
            && matches!(reading, Reading::Edited(_) | Reading::Foreign)
    });
    let access = live.access.iter().flat_map(|known| &known.policies);
    let is_live = is_live
        || access.into_iter().any(|one| {
            is_of(lock, &live.account.name, &one.policy)
                && matches!(one.reading, Reading::Edited(_) | Reading::Foreign)
        });
    let why = if is_live {
        return None;
    } else if lock.account != live.account.name {
        format!("it is for the account {}", quoted(&lock.account))
    } else {
        "the text that it adopts is no longer live".to_string()
    };
    Some(format!(
        "`{}` has no effect and can go: {why}",
        crate::lock::FILE
    ))
}

/// Texts that were named, and are not what is live.
pub(super) fn misnamed(desired: &Desired, live: &Live) -> Vec<Refusal> {
    let access = live.access.iter().flat_map(|known| &known.policies);
    let access: Vec<_> = access
        .map(|one| {
            let is_as_made = matches!(one.reading, Reading::Ours(_) | Reading::OtherFormat(_));
            (&one.policy, is_as_made)
        })
        .collect();
    let ours = live.ours.iter().map(|(policy, reading)| {
        let is_as_made = matches!(reading, Reading::Ours(_) | Reading::OtherFormat(_));
        (policy, is_as_made)
    });
    let all: Vec<(&spacelift::Policy, bool)> = ours.chain(access).collect();
    let wrong = desired.overwrite.iter().filter_map(|named| {
        let found = all
            .iter()
            .find(|(policy, _)| digest_of(&policy.body) == *named);
        match found {
            Some((_, false)) => None,
            Some((policy, true)) => Some(untouched(policy)),
            None => Some(otherwise(live, named)),
        }
    });
    wrong.collect()
}

fn untouched(policy: &spacelift::Policy) -> Refusal {
    refusal(
        Guard::OtherText,
        format!(
            "the live policy {} has no edit that could be overwritten",
            quoted(&policy.name)
        ),
        "look at the plan, and leave out `--overwrite-manual-edits`",
    )
}

/// Of a text that is nowhere live, as far as the login policy tells why.
fn otherwise(live: &Live, named: &str) -> Refusal {
    let Some((policy, reading)) = &live.ours else {
        return refusal(
            Guard::OtherText,
            "there is no live policy that could be overwritten",
            "look at the plan, and leave out `--overwrite-manual-edits`",
        );
    };
    if matches!(reading, Reading::Ours(_) | Reading::OtherFormat(_)) {
        return untouched(policy);
    }
    let digest = digest_of(&policy.body);
    debug_assert_ne!(digest, named);
    refusal(
        Guard::OtherText,
        format!(
            "the live policy {} is not the text that was named: its digest is {digest}",
            quoted(&policy.name)
        ),
        format!("look at the edit as it is now; if it may go, `--overwrite-manual-edits {digest}`"),
    )
}

#[cfg(test)]
mod tests;

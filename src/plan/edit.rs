//! What somebody changed by hand in live policies: what was pushed last beside what is live.
//!
//! Nothing but a policy itself says what was pushed: its seal names the digest of what it was made from, and history has the
//! mapping that compiles to it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::evaluate::foreign::Decide;
use crate::history::{Commit, Found};
use crate::lock::{Adopted, digest_of};
use crate::render::{self, Reading, Rendered};
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
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The digest of the live text.
    pub text: String,
    /// What was pushed last.
    pub base: Base,
    /// The unified diff from what was pushed to what is live; empty where the former is unknown.
    pub diff: String,
    /// The probes of which the edit decides otherwise than what was pushed; not counted for access policies, where
    /// [`Plan::effects`](super::Plan::effects) say what their replacement gives and takes.
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

/// What was changed by hand in the login policy; nothing where that is ours, or there is none.
pub(super) fn of(desired: &Desired, live: &Live, decide: &dyn Decide) -> Option<Edit> {
    let (policy, reading) = live.ours.as_ref()?;
    let login = |found: &Found| Some(found.policies.login.clone());
    let (base, last) = base(reading, [desired.policy], desired, login)?;
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
        name: policy.name.clone(),
        text: digest_of(&policy.body),
        base,
        diff,
        effects: effects.effects,
        unknown_effects: effects.unknown,
        accepted: accepted(desired, live, policy),
    })
}

/// What was changed by hand in access policies of the mapping's names, or in others that liftgate made once.
pub(super) fn of_access(desired: &Desired, live: &Live) -> Vec<Edit> {
    let entries: BTreeSet<String> = desired
        .access
        .iter()
        .map(|compiled| compiled.policy.name())
        .collect();
    let known = live.access.iter().flat_map(|known| &known.policies);
    let ours = known.filter(|one| one.is_ours() || entries.contains(&one.policy.name));
    let edits = ours.filter_map(|one| {
        let mapped = desired.access.iter().map(|compiled| &compiled.policy);
        let (base, last) = base(&one.reading, mapped, desired, |found| match &one.reading {
            Reading::Edited(seal) => found.access(&seal.policy).cloned(),
            _ => None,
        })?;
        let pushed = last.and_then(|last| render::render(&last).ok());
        let policy = &one.policy;
        Some(Edit {
            policy: policy.id.clone(),
            name: policy.name.clone(),
            text: digest_of(&policy.body),
            base,
            diff: pushed.map_or_else(String::new, |text| {
                between(&text, &policy.body, "pushed", "live")
            }),
            effects: Vec::new(),
            unknown_effects: None,
            accepted: accepted(desired, live, policy),
        })
    });
    edits.collect()
}

/// What was pushed last where a live text is not as liftgate wrote it, and that policy where it is known. `mapped` are those
/// that the mapping compiles to now.
fn base<'p, P: Rendered + Clone + 'p>(
    reading: &Reading<P>,
    mapped: impl IntoIterator<Item = &'p P>,
    desired: &Desired,
    of: impl Fn(&Found) -> Option<P>,
) -> Option<(Base, Option<P>)> {
    let digest = match reading {
        Reading::Ours(_) | Reading::OtherFormat(_) => return None,
        Reading::Foreign => {
            let why = "liftgate did not make it".to_string();
            return Some((Base::Unknown { why }, None));
        }
        Reading::Edited(seal) => &seal.policy,
    };
    let mut mapped = mapped.into_iter();
    if let Some(policy) = mapped.find(|policy| policy.digest() == *digest) {
        return Some((Base::Mapping, Some(policy.clone())));
    }
    Some(match desired.history.last_pushed(digest) {
        Ok(found) => {
            let policy = of(&found);
            (Base::Commit(found.commit), policy)
        }
        Err(missing) => (Base::Unknown { why: missing.why }, None),
    })
}

/// Why a live text may be replaced though liftgate did not write it, or somebody edited it; nothing where it may not.
fn accepted(desired: &Desired, live: &Live, policy: &spacelift::Policy) -> Option<AcceptedBy> {
    if desired.overwrite.contains(&digest_of(&policy.body)) {
        return Some(AcceptedBy::Named);
    }
    let adopted = desired
        .lock?
        .adopts(&live.account.name, &policy.id, &policy.body)?;
    Some(AcceptedBy::Lock {
        at: adopted.at.to_string(),
    })
}

/// Whether a live policy of a name of ours may be replaced or deleted; `kind` is said of it, such as `login`.
pub(super) fn ownership<P: Rendered>(
    desired: &Desired,
    live: &Live,
    kind: &str,
    policy: &spacelift::Policy,
    reading: &Reading<P>,
) -> Option<Refusal> {
    let name = quoted(&policy.name);
    let replace = format!(
        "if nothing of it is to stay, `liftgate adopt` or `--overwrite-manual-edits {}` lets it be replaced",
        digest_of(&policy.body)
    );
    match reading {
        Reading::Ours(_) => None,
        // Whoever named the text, or adopted it, has seen it.
        Reading::Edited(_) | Reading::Foreign if accepted(desired, live, policy).is_some() => None,
        Reading::OtherFormat(seal) if seal.format < P::FORMAT => None,
        Reading::OtherFormat(seal) => Some(refusal(
            Guard::NewerFormat,
            format!(
                "the {kind} policy {name} has format {}, and this release writes format {}",
                seal.format,
                P::FORMAT
            ),
            "update liftgate; an older release would take back what a newer one wrote",
        )),
        Reading::Edited(_) => Some(refusal(
            Guard::EditedByHand,
            format!("the {kind} policy {name} was edited by hand since it was pushed"),
            format!(
                "the plan shows the edit; bring it into the mapping, or take it back in Spacelift; {replace}"
            ),
        )),
        Reading::Foreign => Some(refusal(
            Guard::ForeignPolicy,
            format!("the {kind} policy {name} was not made by liftgate"),
            format!("bring what it says into the mapping, then rename it or delete it; {replace}"),
        )),
    }
}

/// What a lock has to say of which nothing, or not everything, is live.
pub(super) fn stale(desired: &Desired, live: &Live) -> Option<String> {
    let lock = desired.lock?;
    let file = crate::lock::FILE;
    if lock.account != live.account.name {
        return Some(format!(
            "`{file}` has no effect and can go: it is for the account {}",
            quoted(&lock.account)
        ));
    }
    let all = touched(live);
    let is_live = |one: &Adopted| {
        let mut all = all.iter();
        all.any(|policy| policy.id == one.policy && digest_of(&policy.body) == one.text)
    };
    let gone: Vec<String> = lock
        .adopted
        .iter()
        .filter(|one| !is_live(one))
        .map(|one| quoted(&one.policy))
        .collect();
    if gone.is_empty() {
        None
    } else if gone.len() == lock.adopted.len() {
        let adopts = match gone.len() {
            1 => "the text that it adopts is",
            _ => "the texts that it adopts are",
        };
        Some(format!(
            "`{file}` has no effect and can go: {adopts} no longer live"
        ))
    } else {
        Some(format!(
            "what `{file}` adopts of {} has no effect and can go: it is no longer live",
            gone.join(", ")
        ))
    }
}

/// Policies that are not as liftgate made them, of those that a push may come to replace.
fn touched(live: &Live) -> Vec<&spacelift::Policy> {
    let login = live.ours.iter();
    let login = login.filter(|(_, reading)| is_touched(reading));
    let access = live.access.iter().flat_map(|known| &known.policies);
    let access = access.filter(|one| is_touched(&one.reading));
    login
        .map(|(policy, _)| policy)
        .chain(access.map(|one| &one.policy))
        .collect()
}

fn is_touched<P>(reading: &Reading<P>) -> bool {
    matches!(reading, Reading::Edited(_) | Reading::Foreign)
}

/// Texts that were named, and are not what is live.
pub(super) fn misnamed(desired: &Desired, live: &Live) -> Vec<Refusal> {
    let edited = touched(live);
    let login = live.ours.iter().map(|(policy, _)| policy);
    let access = live.access.iter().flat_map(|known| &known.policies);
    let all: Vec<&spacelift::Policy> = login.chain(access.map(|one| &one.policy)).collect();
    let is = |policy: &&spacelift::Policy, named: &String| digest_of(&policy.body) == *named;
    let wrong = desired.overwrite.iter().filter_map(|named| {
        if edited.iter().any(|policy| is(policy, named)) {
            return None;
        }
        match all.iter().find(|policy| is(policy, named)) {
            Some(policy) => Some(untouched(policy)),
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

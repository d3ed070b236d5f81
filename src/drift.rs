//! What became of an account since it was last pushed to, and by whom: what was pushed, what is live and what the mapping says
//! now, compared. Nothing is changed, and no right to change anything is needed.

mod access;
mod policy;
mod roles;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::evaluate::foreign::Decide;
use crate::history::Found;
use crate::model::Model;
use crate::plan::{
    self, Base, Desired, Edit, Effect, Guard, Live, Plan, PlanError, Refusal, quoted,
    space_differences,
};
use crate::render::{Reading, Seal};
use crate::spacelift::ReadAccount;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)+) => {
        /// A way in which an account is not as it was left, or not as the mapping says. The codes are part of the interface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)+
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }
    };
}

kinds! {
    /// The account decides by something else than login policies.
    StrategySwitched = "strategy-switched",
    /// The login policy is not there.
    PolicyGone = "policy-gone",
    /// A policy of our name that liftgate did not make.
    PolicyForeign = "policy-foreign",
    /// The policy was edited, and decides a fixture's login otherwise.
    DecisionsEdited = "decisions-edited",
    /// The policy was edited, and decides every fixture's login as before.
    TextEdited = "text-edited",
    /// The policy was edited, and what that changed is not known.
    PolicyEdited = "policy-edited",
    /// The policy is evaluated otherwise than it was pushed, or lies elsewhere.
    PolicyMoved = "policy-moved",
    /// The policy was written by another release, and cannot be compared.
    PolicyFormat = "policy-format",
    /// Another login policy decides too.
    OtherPolicy = "other-policy",
    /// A space is gone.
    SpaceGone = "space-gone",
    /// A space has another parent, inheritance or labels.
    SpaceChanged = "space-changed",
    /// A role is gone.
    RoleGone = "role-gone",
    /// A role has another name or other actions.
    RoleChanged = "role-changed",
    /// An access policy of the mapping is not there.
    AccessGone = "access-gone",
    /// The text of an access policy was edited, or is not liftgate's.
    AccessEdited = "access-edited",
    /// An access policy is attached to other stacks than it was pushed to, is evaluated otherwise, or lies elsewhere.
    AccessMoved = "access-moved",
    /// An access policy of liftgate's is there, and the mapping has no such entry.
    AccessLeft = "access-left",
    /// The mapping says otherwise than what was pushed.
    NotPushed = "not-pushed",
}

/// Where something was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// In the account.
    Account,
    /// In the mapping, which was not pushed since.
    Mapping,
    /// In one of the two, or in both; what was pushed last would tell.
    Unknown,
}

/// Something that is not as it was left, or not as the mapping says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub code: Kind,
    /// Where it was changed.
    pub by: By,
    /// It in a sentence.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// The logins that are decided otherwise for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// What changed, a line each: a diff of the policy's text, or the actions of a role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
}

/// A comparison of three.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The account's address.
    pub endpoint: String,
    /// The account's name.
    pub account: String,
    /// What was pushed last; nothing where there is no policy.
    pub base: Option<Base>,
    /// What is not as it was left, or not as the mapping says.
    pub findings: Vec<Finding>,
    /// What to know beside.
    pub notes: Vec<String>,
    /// Why this is no comparison at all: the mapping is for another account.
    pub refusals: Vec<Refusal>,
}

/// Compares what was pushed last with what is live and with the mapping.
///
/// # Errors
/// As [`plan::plan`].
pub fn drift(
    desired: &Desired,
    account: &dyn ReadAccount,
    decide: &dyn Decide,
) -> Result<Drift, PlanError> {
    let live = plan::read(desired, account)?;
    let made = plan::compare(desired, &live, account, decide)?;
    let (base, pushed) = base(desired, &live);
    let three = Three {
        desired,
        live: &live,
        plan: &made,
        pushed: pushed.as_deref(),
        is_mapping: base == Some(Base::Mapping),
    };
    let mut findings = Vec::new();
    findings.extend(three.refused(Guard::Strategy, Kind::StrategySwitched));
    findings.extend(three.policy());
    findings.extend(three.refused(Guard::NameTaken, Kind::PolicyGone));
    findings.extend(three.others());
    findings.extend(three.spaces());
    findings.extend(three.roles());
    findings.extend(three.access());
    Ok(Drift {
        endpoint: made.endpoint.clone(),
        account: made.account.clone(),
        base,
        findings,
        notes: made.notes.clone(),
        refusals: made
            .refusals
            .iter()
            .filter(|one| one.code == Guard::OtherAccount)
            .cloned()
            .collect(),
    })
}

/// What to do about a text that liftgate did not write.
fn to_replace(edit: &Edit) -> String {
    match &edit.accepted {
        Some(_) => "its text is adopted: the next push replaces it".to_string(),
        None => format!(
            "bring it into the mapping, or take it back; if nothing of it is to stay, `liftgate adopt` lets text {} be replaced",
            edit.text
        ),
    }
}

/// What was pushed last, as the seal of the live policy says.
fn base(desired: &Desired, live: &Live) -> (Option<Base>, Option<Box<Found>>) {
    let digest = match &live.ours {
        None => return (None, None),
        Some((_, Reading::Ours(policy))) => policy.digest(),
        Some((_, Reading::Edited(seal) | Reading::OtherFormat(seal))) => seal.policy.clone(),
        Some((_, Reading::Foreign)) => {
            let why = "liftgate did not make the live policy".to_string();
            return (Some(Base::Unknown { why }), None);
        }
    };
    if digest == desired.policy.digest() {
        return (Some(Base::Mapping), None);
    }
    match desired.history.last_pushed(&digest) {
        Ok(found) => (Some(Base::Commit(found.commit.clone())), Some(found)),
        Err(missing) => (Some(Base::Unknown { why: missing.why }), None),
    }
}

struct Three<'a> {
    desired: &'a Desired<'a>,
    live: &'a Live,
    plan: &'a Plan,
    /// The mapping that was pushed last, where it is another one and known.
    pushed: Option<&'a Found>,
    /// Whether it is the mapping at hand.
    is_mapping: bool,
}

impl Three<'_> {
    fn pushed_model(&self) -> Option<&Model> {
        if self.is_mapping {
            Some(self.desired.model)
        } else {
            self.pushed.map(|found| &found.policies.model)
        }
    }

    /// A guard's refusal, as what somebody did in the account.
    fn refused(&self, guard: Guard, code: Kind) -> Option<Finding> {
        let refusal = self.plan.refusals.iter().find(|one| one.code == guard)?;
        Some(finding(code, By::Account, &refusal.message, &refusal.help))
    }

    fn others(&self) -> Vec<Finding> {
        let accepted = self.pushed_model().map(|model| &model.accepted_policies);
        let others = self.live.others.iter();
        others
            .map(|policy| {
                let was_accepted = accepted.is_some_and(|names| {
                    names.contains(&policy.name) || names.contains(&policy.id)
                });
                finding(
                    Kind::OtherPolicy,
                    if was_accepted { By::Mapping } else { By::Account },
                    format!("another login policy decides too, {}", quoted(&policy.name)),
                    "bring what it says into the mapping, then delete it, or name it in `accepted_policies`",
                )
            })
            .collect()
    }

    fn spaces(&self) -> Vec<Finding> {
        let now = space_differences(self.desired.model, self.desired.policy, &self.live.spaces);
        let then: Option<BTreeSet<String>> = if self.is_mapping {
            Some(now.iter().map(|one| one.message.clone()).collect())
        } else {
            self.pushed.map(|found| {
                let pushed = &found.policies;
                space_differences(&pushed.model, &pushed.login, &self.live.spaces)
                    .into_iter()
                    .map(|one| one.message)
                    .collect()
            })
        };
        now.into_iter()
            .map(|one| {
                let code = if one.code == Guard::SpaceMissing {
                    Kind::SpaceGone
                } else {
                    Kind::SpaceChanged
                };
                let by = match &then {
                    None => By::Unknown,
                    // It was declared so then, and was so if the push went through.
                    Some(then) if then.contains(&one.message) => By::Account,
                    Some(_) => By::Mapping,
                };
                finding(code, by, one.message, one.help)
            })
            .collect()
    }
}

fn finding(code: Kind, by: By, message: impl Into<String>, help: impl Into<String>) -> Finding {
    Finding {
        code,
        by,
        message: message.into(),
        help: help.into(),
        effects: Vec::new(),
        lines: Vec::new(),
    }
}

/// A policy that another release wrote.
fn of_another_format(policy: &str, seal: &Seal) -> Finding {
    finding(
        Kind::PolicyFormat,
        By::Unknown,
        format!(
            "the {policy} has format {}, which this release cannot compare",
            seal.format
        ),
        "compare with the release that wrote it, or plan",
    )
}

/// The lines of a text that shows a difference.
fn lines(shown: &str) -> Vec<String> {
    shown.lines().map(str::to_string).collect()
}

#[cfg(test)]
mod tests;

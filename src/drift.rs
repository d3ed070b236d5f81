//! What became of an account since it was last pushed to, and by whom: what was pushed, what is live and what the mapping says
//! now, compared. Nothing is changed, and no right to change anything is needed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::evaluate::foreign::Decide;
use crate::history::Found;
use crate::model::{Model, RoleKind};
use crate::plan::access::LivePolicy;
use crate::plan::{
    self, ACCESS_SPACE, Base, Change, Desired, Edit, Effect, Guard, Live, POLICY_NAME,
    POLICY_SPACE, Plan, PlanError, PolicyState, Refusal, RoleState, quoted, same_decisions,
    space_differences, spelt,
};
use crate::policy::access::NAME_PREFIX;
use crate::project::CompiledAccess;
use crate::render::Reading;
use crate::resolve::actions::to_api;
use crate::spacelift::{Engine, ReadAccount};

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

    fn policy(&self) -> Vec<Finding> {
        let name = quoted(POLICY_NAME);
        let Some((policy, reading)) = &self.live.ours else {
            return vec![finding(
                Kind::PolicyGone,
                By::Account,
                format!(
                    "the account has no login policy {name}: it was deleted, or nothing was pushed yet"
                ),
                "push the mapping; until then members sign in without any role, unless another login policy decides",
            )];
        };
        let mut found = Vec::new();
        match reading {
            Reading::Foreign => {
                found.extend(self.refused(Guard::ForeignPolicy, Kind::PolicyForeign))
            }
            Reading::OtherFormat(seal) => found.push(finding(
                Kind::PolicyFormat,
                By::Unknown,
                format!(
                    "the login policy {name} has format {}, which this release cannot compare",
                    seal.format
                ),
                "compare with the release that wrote it, or plan",
            )),
            Reading::Edited(_) => {
                found.extend(self.edited());
                if let Some(pushed) = self.pushed
                    && !same_decisions(&pushed.policies.login, self.desired.policy)
                {
                    found.push(self.not_pushed(Vec::new()));
                }
            }
            Reading::Ours(ours) => {
                found.extend(moved(&PolicyState::from(policy), ours.dialect));
                if ours.dialect != self.desired.policy.dialect
                    || !same_decisions(ours, self.desired.policy)
                {
                    found.push(self.not_pushed(self.plan.effects.clone()));
                }
            }
        }
        found
    }

    fn edited(&self) -> Option<Finding> {
        let edit = self.plan.edit.as_ref()?;
        let (code, message) = match (&edit.base, &edit.unknown_effects) {
            (Base::Unknown { why }, _) | (_, Some(why)) => (
                Kind::PolicyEdited,
                format!(
                    "the login policy `{POLICY_NAME}` was edited by hand, and what that changed is not known: {why}"
                ),
            ),
            _ if edit.effects.is_empty() => (
                Kind::TextEdited,
                format!(
                    "the text of the login policy `{POLICY_NAME}` was edited by hand, and every fixture's login is decided as before"
                ),
            ),
            _ => (
                Kind::DecisionsEdited,
                format!(
                    "the login policy `{POLICY_NAME}` was edited by hand, and decides otherwise"
                ),
            ),
        };
        // Without a base, what the mapping would change is all there is to show.
        let lines = if edit.diff.is_empty() {
            let change = self.plan.changes.iter();
            let update = change.filter(|one| matches!(one, Change::PolicyUpdate { .. }));
            update.map(plan::diff).collect::<String>()
        } else {
            edit.diff.clone()
        };
        Some(Finding {
            effects: edit.effects.clone(),
            lines: lines.lines().map(str::to_string).collect(),
            ..finding(code, By::Account, message, to_replace(edit))
        })
    }

    fn not_pushed(&self, effects: Vec<Effect>) -> Finding {
        Finding {
            effects,
            ..finding(
                Kind::NotPushed,
                By::Mapping,
                "the mapping says otherwise than what was pushed last",
                "push it; `liftgate plan` shows what that changes",
            )
        }
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

    fn roles(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let missing = self
            .plan
            .refusals
            .iter()
            .filter(|one| one.code == Guard::RoleMissing || one.code == Guard::RoleDiffers);
        for refusal in missing {
            let code = if refusal.code == Guard::RoleMissing {
                Kind::RoleGone
            } else {
                Kind::RoleChanged
            };
            found.push(finding(code, By::Unknown, &refusal.message, &refusal.help));
        }
        for (slug, was, is) in self.changed_roles() {
            let declared = self.declared(slug);
            let live = is_live(was);
            let by = match declared {
                None => By::Unknown,
                Some(None) => By::Mapping,
                // As it was pushed, it is no longer; or it still is, and the mapping changed.
                Some(Some(pushed)) if Some(&pushed) == live.as_ref() => By::Mapping,
                Some(Some(_)) => By::Account,
            };
            let help = "push the mapping to make it as declared, or change the declaration; a role holds at once for whoever holds it";
            let (code, message) = match was {
                None => (
                    Kind::RoleGone,
                    format!("the account has no role {}", quoted(slug)),
                ),
                Some(_) => (
                    Kind::RoleChanged,
                    format!("the role {} is not as declared", quoted(slug)),
                ),
            };
            found.push(Finding {
                lines: differences(was, is),
                ..finding(code, by, message, help)
            });
        }
        found
    }

    /// Access policies, each by itself: its own seal tells whether somebody edited it, and what was pushed last, where that is
    /// known, whether an entry changed.
    fn access(&self) -> Vec<Finding> {
        let known = self.live.access.iter().flat_map(|known| &known.policies);
        let live: BTreeMap<&str, &LivePolicy> =
            known.map(|one| (one.policy.name.as_str(), one)).collect();
        let mut found = Vec::new();
        let mut entries = BTreeSet::new();
        for compiled in self.desired.access {
            let name = compiled.policy.name();
            let entry = compiled.policy.entry.as_str();
            entries.insert(name.clone());
            found.extend(match live.get(name.as_str()) {
                None => vec![self.access_gone(&name, entry)],
                Some(one) => self.access_differs(one, compiled),
            });
        }
        let left = live
            .values()
            .filter(|one| one.is_ours() && !entries.contains(&one.policy.name));
        found.extend(left.map(|one| {
            let name = &one.policy.name;
            let entry = name.strip_prefix(NAME_PREFIX).unwrap_or(name);
            finding(
                Kind::AccessLeft,
                match self.was_entry(entry) {
                    Some(true) => By::Mapping,
                    Some(false) => By::Account,
                    None => By::Unknown,
                },
                format!(
                    "the access policy {} is liftgate's, and the mapping has no such entry",
                    quoted(name)
                ),
                format!("it still decides; `--delete-access {entry}` of a push deletes it"),
            )
        }));
        found
    }

    /// Whether what was pushed last had an entry, where that is known.
    fn was_entry(&self, entry: &str) -> Option<bool> {
        let model = self.pushed_model()?;
        Some(model.stack_access.contains_key(entry))
    }

    fn access_gone(&self, name: &str, entry: &str) -> Finding {
        finding(
            Kind::AccessGone,
            match self.was_entry(entry) {
                Some(true) => By::Account,
                Some(false) => By::Mapping,
                None => By::Unknown,
            },
            format!(
                "the account has no access policy {}: it was deleted, or was not pushed yet",
                quoted(name)
            ),
            "push the mapping",
        )
    }

    fn access_differs(&self, one: &LivePolicy, compiled: &CompiledAccess) -> Vec<Finding> {
        let name = quoted(&one.policy.name);
        let change = self.plan.changes.iter().find_map(|change| match change {
            Change::AccessUpdate { before, after, .. } if after.name == one.policy.name => {
                Some((before, after, change))
            }
            _ => None,
        });
        let ours = match &one.reading {
            Reading::Ours(ours) => ours,
            Reading::OtherFormat(seal) => {
                return vec![finding(
                    Kind::PolicyFormat,
                    By::Unknown,
                    format!(
                        "the access policy {name} has format {}, which this release cannot compare",
                        seal.format
                    ),
                    "compare with the release that wrote it, or plan",
                )];
            }
            Reading::Edited(_) | Reading::Foreign => {
                let edits = &self.plan.access_edits;
                let edit = edits.iter().find(|edit| edit.policy == one.policy.id);
                // Without a base, what the mapping would change is all there is to show.
                let lines = match edit.filter(|edit| !edit.diff.is_empty()) {
                    Some(edit) => Some(edit.diff.clone()),
                    None => change.map(|(_, _, change)| plan::diff(change)),
                };
                let what = if one.is_ours() {
                    "was edited by hand"
                } else {
                    "was not made by liftgate"
                };
                return vec![Finding {
                    lines: lines
                        .iter()
                        .flat_map(|text| text.lines())
                        .map(str::to_string)
                        .collect(),
                    ..finding(
                        Kind::AccessEdited,
                        By::Account,
                        format!("the access policy {name} {what}"),
                        edit.map(to_replace).unwrap_or_default(),
                    )
                }];
            }
        };
        let mut found = Vec::new();
        if !plan::same_access_decisions(ours, &compiled.policy) {
            let lines = change.map(|(_, _, change)| plan::diff(change));
            found.push(Finding {
                lines: lines
                    .iter()
                    .flat_map(|text| text.lines())
                    .map(str::to_string)
                    .collect(),
                ..finding(
                    Kind::NotPushed,
                    By::Mapping,
                    format!("the mapping says otherwise than the access policy {name}, which is as it was pushed"),
                    "push it; `liftgate plan` shows what that changes",
                )
            });
        }
        let lines = self.moved_access(one, change.map(|(before, after, _)| (before, after)));
        if !lines.is_empty() {
            let attach = |model: &Model| {
                let entry = model.stack_access.get(&compiled.policy.entry);
                entry.map(|entry| entry.attach.clone())
            };
            let now = attach(self.desired.model);
            let by = match self.pushed_model().map(attach) {
                None => By::Unknown,
                Some(then) if then == now => By::Account,
                Some(_) => By::Mapping,
            };
            found.push(Finding {
                lines,
                ..finding(
                    Kind::AccessMoved,
                    by,
                    format!("the access policy {name} is not attached, or not evaluated, as the mapping says"),
                    "push the mapping to set it right",
                )
            });
        }
        found
    }

    /// What the account has beside the text, seen from what the mapping says.
    fn moved_access(
        &self,
        one: &LivePolicy,
        change: Option<(&PolicyState, &PolicyState)>,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some((before, after)) = change {
            for (sign, one, other) in [("+", before, after), ("-", after, before)] {
                let only = one.labels.iter().filter(|one| !other.labels.contains(one));
                lines.extend(only.map(|label| format!("{sign} label {}", quoted(label))));
            }
            if before.engine != after.engine {
                let engine = |state: &PolicyState| state.engine.clone().unwrap_or(Engine::V0);
                lines.push(format!(
                    "engine: {} instead of {}",
                    engine(before),
                    engine(after)
                ));
            }
            if let Some(space) = before
                .space
                .as_deref()
                .filter(|space| *space != ACCESS_SPACE)
            {
                lines.push(format!(
                    "space: {} instead of `{ACCESS_SPACE}`",
                    quoted(space)
                ));
            }
        }
        for change in &self.plan.changes {
            match change {
                Change::AccessDetach { policy, stack, .. } if *policy == one.policy.name => {
                    lines.push(format!("+ attached to {}", quoted(stack)));
                }
                Change::AccessAttach { policy, stack, .. } if *policy == one.policy.name => {
                    lines.push(format!("- attached to {}", quoted(stack)));
                }
                _ => {}
            }
        }
        lines
    }

    /// Every role that a push would change: its slug, as it is, and as the mapping has it. One that is changed in two steps is
    /// there once.
    fn changed_roles(&self) -> Vec<(&str, Option<&RoleState>, &RoleState)> {
        let mut found: Vec<(&str, Option<&RoleState>, &RoleState)> = Vec::new();
        for change in &self.plan.changes {
            let (before, after) = match change {
                Change::RoleCreate { role, .. } => (None, role),
                Change::RoleUpdate { before, after, .. } => (Some(before), after),
                _ => continue,
            };
            match found.iter_mut().find(|(slug, ..)| *slug == after.slug) {
                Some(known) => known.2 = after,
                None => found.push((&after.slug, before, after)),
            }
        }
        found
    }

    /// The actions of a role as it was pushed last: whether that is known, and whether it was declared then.
    fn declared(&self, slug: &str) -> Option<Option<BTreeSet<String>>> {
        let model = self.pushed_model()?;
        Some(match model.roles.get(slug).map(|role| &role.kind) {
            Some(RoleKind::Declared(actions)) => {
                Some(actions.iter().map(|action| to_api(action)).collect())
            }
            _ => None,
        })
    }
}

fn is_live(role: Option<&RoleState>) -> Option<BTreeSet<String>> {
    role.map(|role| role.actions.iter().cloned().collect())
}

/// What the account has, seen from what the mapping says.
fn differences(live: Option<&RoleState>, wanted: &RoleState) -> Vec<String> {
    let Some(live) = live else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if live.name != wanted.name {
        lines.push(format!(
            "name: {} instead of {}",
            quoted(&live.name),
            quoted(&wanted.name)
        ));
    }
    for (sign, one, other) in [("+", live, wanted), ("-", wanted, live)] {
        let only = one
            .actions
            .iter()
            .filter(|one| !other.actions.contains(one));
        lines.extend(only.map(|action| format!("{sign} {}", spelt(action))));
    }
    lines
}

/// Whether a policy of ours is evaluated as what it is not, or lies elsewhere than where login policies live.
fn moved(live: &PolicyState, dialect: crate::model::Dialect) -> Option<Finding> {
    let engine = live.engine.clone().unwrap_or(Engine::V0);
    let right = plan::engine_for(dialect);
    let mut lines = Vec::new();
    if engine != right {
        lines.push(format!("engine: {engine} instead of {right}"));
    }
    if let Some(space) = live.space.as_deref().filter(|space| *space != POLICY_SPACE) {
        lines.push(format!(
            "space: {} instead of `{POLICY_SPACE}`",
            quoted(space)
        ));
    }
    (!lines.is_empty()).then(|| Finding {
        lines,
        ..finding(
            Kind::PolicyMoved,
            By::Account,
            format!("the login policy `{POLICY_NAME}` was changed beside its text"),
            "push the mapping to set it right",
        )
    })
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

#[cfg(test)]
mod tests;

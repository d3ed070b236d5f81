//! Access policies: those that liftgate pushed are entries of `stack_access` again, the others lie beside the mapping.

use std::collections::BTreeSet;

use crate::import::ours::access::{Pushed, with};
use crate::import::{Found, Policy, Type};
use crate::model::stacks::Attach;
use crate::policy::access::{AccessPolicy, NAME_PREFIX};
use crate::render::{self, Reading};
use crate::report::visible::visible;
use crate::spacelift::{self, Error, PolicyType, ReadAccount};

use super::beside;

/// What the account has of them.
#[derive(Default)]
pub(super) struct Access {
    pushed: Vec<Pushed>,
    /// The same, as they lie beside a mapping that does not say what they say.
    beside: Vec<Policy>,
}

/// Reads them with what they are attached to; what cannot be an entry is left.
pub(super) fn read(
    account: &dyn ReadAccount,
    policies: &[spacelift::Policy],
    found: &mut Found,
) -> Result<Access, Error> {
    let mut access = Access::default();
    let is_hosted = found.account.as_ref().is_some_and(|one| one.is_hosted());
    for policy in policies
        .iter()
        .filter(|one| one.kind.is(&PolicyType::Access))
    {
        let reading = render::read_as::<AccessPolicy>(&policy.body);
        let has_our_name = policy.name.starts_with(NAME_PREFIX);
        let why = match reading {
            _ if is_hosted => {
                "Spacelift evaluates none on its own servers since 2026-05-30, so that it has no effect; `liftgate check` says how to give the same by grants"
            }
            Reading::Ours(pushed) if has_our_name && pushed.name() == policy.name => {
                match attach(account, policy, found)? {
                    Some(attach) => {
                        access.pushed.push(Pushed {
                            policy: *pushed,
                            attach,
                        });
                        access.beside.push(beside(Type::Access, policy));
                        continue;
                    }
                    None => "it is attached to nothing, or by a label that a mapping cannot say",
                }
            }
            Reading::OtherFormat(_) if has_our_name => {
                "another release of liftgate pushed it: its mapping says what it decides, and this one does not"
            }
            Reading::Edited(_) if has_our_name => "its text is not what liftgate pushed",
            _ => {
                "no shape of access policies is understood; write an entry of `stack_access` that decides the same"
            }
        };
        left(policy.name.as_str(), why, found);
        found.policies.push(beside(Type::Access, policy));
    }
    Ok(access)
}

impl Access {
    /// Makes entries of them, once all else is there that they stand beside.
    pub(super) fn add(&self, found: &mut Found) {
        if self.pushed.is_empty() {
            return;
        }
        let (made, lost) = with(std::mem::take(found), &self.pushed);
        *found = made;
        for (pushed, policy) in self.pushed.iter().zip(&self.beside) {
            if lost.contains(&pushed.policy.entry) {
                left(
                    &policy.name,
                    "no entry of `stack_access` could be made of it that decides the same, so take the one that it was pushed from",
                    found,
                );
                found.policies.push(policy.clone());
            }
        }
    }
}

fn left(name: &str, why: &str, found: &mut Found) {
    found.left(format!(
        "the access policy `{}`, of which nothing is part of this mapping: {why}",
        visible(name)
    ));
}

/// What a policy is attached to: by its own labels, and one by one.
fn attach(
    account: &dyn ReadAccount,
    policy: &spacelift::Policy,
    found: &mut Found,
) -> Result<Option<Attach>, Error> {
    let mut attach = Attach::default();
    for label in &policy.labels {
        match label.strip_prefix("autoattach:") {
            Some("*") => attach.all = true,
            Some(label) => drop(attach.labels.insert(label.to_string())),
            None => {}
        }
    }
    let one_by_one = match account.attachments(&policy.id) {
        // It went since the list was read.
        Err(Error::Missing { .. }) => Some(Vec::new()),
        other => other?,
    };
    match one_by_one {
        None => found.unseen(format!(
            "which stacks and modules the access policy `{}` is attached to one by one: the installation does not list them",
            visible(&policy.name)
        )),
        Some(all) => {
            for one in all.into_iter().filter(|one| !one.automatic) {
                let ids: &mut BTreeSet<String> = if one.module {
                    &mut attach.modules
                } else {
                    &mut attach.stacks
                };
                ids.insert(one.stack);
            }
        }
    }
    Ok((attach != Attach::default()).then_some(attach))
}

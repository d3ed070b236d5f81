//! The account's access policies as they are, with what they are attached to.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::stacks::Attach;
use crate::policy::access::{AccessPolicy, NAME_PREFIX};
use crate::render::{self, Reading};
use crate::spacelift::{Attachment, Error, Module, Policy, PolicyType, ReadAccount, Stack};

use super::super::ACCESS_SPACE;

/// What was read.
pub(crate) struct LiveAccess {
    /// Every access policy, by name.
    pub policies: Vec<LivePolicy>,
    /// Nothing where the installation does not list them.
    pub stacks: Option<Vec<Stack>>,
    /// Modules that something is attached to or that the mapping names; a list of all is not to be had.
    pub modules: BTreeMap<String, Module>,
}

/// An access policy of the account.
pub(crate) struct LivePolicy {
    pub policy: Policy,
    /// What its text is to us.
    pub reading: Reading<AccessPolicy>,
    /// Nothing where the installation does not list them.
    pub attachments: Option<Vec<Attachment>>,
}

impl LivePolicy {
    /// Whether we made it, whatever became of it since: it has a name of ours and a seal.
    pub(crate) fn is_ours(&self) -> bool {
        has_our_name(&self.policy) && self.reading != Reading::Foreign
    }

    /// The policy as data, where it is ours to the last byte.
    pub(super) fn data(&self) -> Option<&AccessPolicy> {
        match &self.reading {
            Reading::Ours(policy) => Some(policy),
            _ => None,
        }
    }
}

fn has_our_name(policy: &Policy) -> bool {
    policy.name.starts_with(NAME_PREFIX)
}

fn is_access(policy: &Policy) -> bool {
    policy.kind.is(&PolicyType::Access)
}

/// What a mapping wants to know.
pub(crate) struct Asked<'a> {
    /// Whether it has entries.
    pub has_entries: bool,
    /// Modules that it names.
    pub modules: BTreeSet<&'a str>,
}

/// Reads access policies where the mapping has any or the account has one of ours; nothing otherwise, so that an account
/// without them is asked no more than before.
pub(crate) fn read(
    reader: &dyn ReadAccount,
    policies: &[Policy],
    asked: &Asked<'_>,
) -> Result<Option<LiveAccess>, Error> {
    let access = policies.iter().filter(|policy| is_access(policy));
    let mut found: Vec<LivePolicy> = access
        .map(|policy| LivePolicy {
            reading: render::read_as(&policy.body),
            policy: policy.clone(),
            attachments: None,
        })
        .collect();
    if !asked.has_entries && !found.iter().any(LivePolicy::is_ours) {
        return Ok(None);
    }
    let mut modules = asked.modules.clone();
    let mut attached = Vec::new();
    for one in &mut found {
        one.attachments = match reader.attachments(&one.policy.id) {
            // It went since the list was read.
            Err(Error::Missing { .. }) => Some(Vec::new()),
            other => other?,
        };
        let all = one.attachments.iter().flatten();
        attached.extend(
            all.filter(|one| one.module)
                .map(|attached| attached.stack.clone()),
        );
    }
    modules.extend(attached.iter().map(String::as_str));
    let mut known = BTreeMap::new();
    for id in modules {
        if let Some(module) = reader.module(id)? {
            known.insert(id.to_string(), module);
        }
    }
    found.sort_by(|a, b| a.policy.name.cmp(&b.policy.name));
    Ok(Some(LiveAccess {
        policies: found,
        stacks: reader.stacks()?,
        modules: known,
    }))
}

impl LiveAccess {
    pub(super) fn named(&self, name: &str) -> Option<&LivePolicy> {
        self.policies.iter().find(|one| one.policy.name == name)
    }

    /// Ids of the stacks and modules on which access policies work, with their labels. Source: documentation, access policies.
    fn things(&self) -> impl Iterator<Item = (&str, &[String])> {
        let stacks = self.stacks.iter().flatten();
        let stacks = stacks
            .filter(|one| one.space == ACCESS_SPACE)
            .map(|one| (one.id.as_str(), one.labels.as_slice()));
        let modules = self.modules.values();
        let modules = modules
            .filter(|one| one.space == ACCESS_SPACE)
            .map(|one| (one.id.as_str(), one.labels.as_slice()));
        stacks.chain(modules)
    }

    /// What labels of a policy attach it to.
    pub(super) fn by_labels(&self, labels: &[String]) -> BTreeSet<&str> {
        let wanted: Vec<&str> = labels
            .iter()
            .filter_map(|label| label.strip_prefix("autoattach:"))
            .collect();
        let reached = self.things().filter(|(_, own)| {
            wanted
                .iter()
                .any(|label| *label == "*" || own.iter().any(|own| own == label))
        });
        reached.map(|(id, _)| id).collect()
    }

    /// What a live policy is asked about.
    pub(super) fn reach<'a>(&'a self, one: &'a LivePolicy) -> BTreeSet<&'a str> {
        let here: BTreeSet<&str> = self.things().map(|(id, _)| id).collect();
        match &one.attachments {
            Some(all) => all
                .iter()
                .map(|attached| attached.stack.as_str())
                .filter(|id| here.contains(id))
                .collect(),
            None => self.by_labels(&one.policy.labels),
        }
    }

    /// What labels attach a live policy to, as the account says where it does.
    pub(super) fn automatic<'a>(&'a self, one: &'a LivePolicy) -> BTreeSet<&'a str> {
        let mut found = self.by_labels(&one.policy.labels);
        let said = one.attachments.iter().flatten();
        found.extend(
            said.filter(|attached| attached.automatic)
                .map(|attached| attached.stack.as_str()),
        );
        found
    }

    /// What a policy will be asked about.
    pub(super) fn will_reach<'a>(
        &'a self,
        labels: &[String],
        attach: &'a Attach,
    ) -> BTreeSet<&'a str> {
        let here: BTreeSet<&str> = self.things().map(|(id, _)| id).collect();
        let mut found = self.by_labels(labels);
        found.extend(attach.ids().filter(|id| here.contains(id)));
        found
    }
}

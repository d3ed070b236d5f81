//! The steps from the account's access policies to the mapping's, and what stands in their way.
//!
//! They are asked about at every request, so each step holds at once, and all policies of a stack decide together: a denial of
//! one beats what another grants. Their order therefore matters, and so does that of the login policy, which decides whom they
//! are asked about. No state on the way may give anybody more than the account gave before or the mapping gives: what only
//! takes comes first, what only gives comes last, and between them stands at most one step that does both. Where several would,
//! each is made in two steps: first what takes, last what gives.

mod change;
mod decide;
mod item;
mod live;
mod notes;
mod order;
mod part;
mod simulation;
mod things;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::nearest;
use crate::model::Account;
use crate::model::stacks::Attach;
use crate::policy::access::NAME_PREFIX;
use crate::project::CompiledAccess;
use crate::render::Reading;
use crate::spacelift::Policy;

use super::edit;
use super::guards::{quoted, refusal};
use super::live::{Live, engine_of};
use super::login::engine_for;
use super::{
    ACCESS_SPACE, Change, Desired, Guard, PolicyState, Refusal, escaped, same_access_decisions,
};

use item::{Item, Side};

pub(super) use decide::Stacks;
pub(super) use item::Way;
pub(crate) use live::{Asked, LiveAccess, LivePolicy, read};
pub(super) use simulation::of as simulated;

pub use change::{StackChange, StackList, StackLists};

/// What becomes of the access policies.
#[derive(Default)]
pub(super) struct Access {
    /// Steps that only take.
    pub narrow: Vec<Change>,
    /// The one policy whose steps do both, if there is one.
    pub mixed: Vec<Change>,
    /// Steps that only give.
    pub widen: Vec<Change>,
    /// The names of policies whose change may take something from somebody.
    pub takes: Vec<String>,
    pub refusals: Vec<Refusal>,
}

impl Access {
    pub(super) fn has_changes(&self) -> bool {
        !(self.narrow.is_empty() && self.mixed.is_empty() && self.widen.is_empty())
    }
}

/// Compares the access policies. `login` is what becomes of the login policy, if it changes.
pub(super) fn of(
    desired: &Desired,
    live: &Live,
    endpoint: &str,
    login: Option<Way>,
    notes: &mut BTreeSet<String>,
) -> Access {
    let Some(known) = &live.access else {
        return missing_deletes(desired, notes);
    };
    let mut steps = Steps {
        desired,
        live,
        known,
        refusals: Vec::new(),
        items: Vec::new(),
    };
    steps.unsupported(endpoint);
    for compiled in desired.access {
        steps.entry(compiled, notes);
    }
    steps.gone(notes);
    steps.others(notes);
    steps.list(notes);
    let items: Vec<Item<'_>> = std::mem::take(&mut steps.items);
    let mut found = Access {
        refusals: steps.refusals,
        ..Access::default()
    };
    order::of(items, login, &mut found);
    if found.has_changes() {
        notes.insert(
            "access policies are asked about at every request: their changes end no session, and hold at once"
                .to_string(),
        );
    }
    found
}

/// Where nothing of the account was read, there is nothing to delete.
fn missing_deletes(desired: &Desired, notes: &mut BTreeSet<String>) -> Access {
    for name in &desired.delete_access {
        notes.insert(format!(
            "the account has no access policy {} of liftgate's, so there is none to delete",
            quoted(&full(name))
        ));
    }
    Access::default()
}

/// The name of a policy, which may be said by its entry.
fn full(name: &str) -> String {
    if name.starts_with(NAME_PREFIX) {
        return name.to_string();
    }
    format!("{NAME_PREFIX}{name}")
}

struct Steps<'a> {
    desired: &'a Desired<'a>,
    live: &'a Live,
    known: &'a LiveAccess,
    refusals: Vec<Refusal>,
    items: Vec<Item<'a>>,
}

impl<'a> Steps<'a> {
    fn refuse(&mut self, code: Guard, message: impl Into<String>, help: impl Into<String>) {
        self.refusals.push(refusal(code, message, help));
    }

    fn unsupported(&mut self, endpoint: &str) {
        if !self.desired.access.is_empty() && Account::Endpoint(endpoint.to_string()).is_hosted() {
            self.refuse(
                Guard::AccessUnsupported,
                "Spacelift's own service takes no access policies since 2026-05-30",
                "give the same access as grants of roles on spaces; `liftgate check` says how where the mapping names the account",
            );
        }
    }

    /// The names of the mapping's policies.
    fn entries(&self) -> BTreeSet<String> {
        let compiled = self.desired.access.iter();
        compiled.map(|one| one.policy.name()).collect()
    }

    /// The names of those that are to go.
    fn deletes(&self) -> BTreeSet<String> {
        let deletes = self.desired.delete_access.iter();
        deletes.map(|one| full(one)).collect()
    }

    fn attach_of(&self, entry: &str) -> Option<&'a Attach> {
        let model = self.desired.model;
        model.stack_access.get(entry).map(|entry| &entry.attach)
    }

    fn entry(&mut self, compiled: &'a CompiledAccess, notes: &mut BTreeSet<String>) {
        let name = compiled.policy.name();
        let Some(attach) = self.attach_of(&compiled.policy.entry) else {
            return;
        };
        self.ids(attach, notes);
        let taken = self
            .live
            .others_named
            .iter()
            .find(|policy| policy.name == name || policy.id == name);
        if let Some(policy) = taken {
            return self.refuse(
                Guard::NameTaken,
                format!(
                    "the policy {} of type {} has the name or the identifier that the access policy {} needs",
                    quoted(&policy.name),
                    quoted(policy.kind.as_str()),
                    quoted(&name)
                ),
                "names and identifiers are unique in an account; delete it, or give the entry another name",
            );
        }
        let live = self.known.named(&name);
        let wanted = self.wanted(compiled, attach, live.map(|one| &one.policy));
        let after = Side {
            policy: Some(&compiled.policy),
            reach: self.known.will_reach(&wanted.labels, attach),
            automatic: self.known.by_labels(&wanted.labels),
            state: wanted,
        };
        let is_module = |id: &str| attach.modules.contains(id);
        let Some(live) = live else {
            self.items.push(Item {
                id: None,
                before: None,
                after: Some(after),
                changes: true,
                attach: attach.ids().map(|id| (id, is_module(id))).collect(),
                detach: Vec::new(),
            });
            return;
        };
        if let Some(refusal) = self.ownership(live) {
            self.refusals.push(refusal);
        }
        let before = self.before(live);
        let changes = !self.is_settled(live, compiled, &after.state, notes);
        let by_hand = live
            .attachments
            .iter()
            .flatten()
            .filter(|one| !one.automatic);
        let by_hand: BTreeMap<&str, &str> = by_hand
            .map(|one| (one.stack.as_str(), one.id.as_str()))
            .collect();
        if live.attachments.is_none() && attach.ids().next().is_some() {
            self.refuse(
                Guard::AccessUnsupported,
                format!(
                    "the installation does not list what the policy {} is attached to, so it cannot be attached by id",
                    quoted(&name)
                ),
                "attach it by a label of the stacks",
            );
        }
        let wanted: BTreeSet<&str> = attach.ids().collect();
        let to_attach = wanted.iter().filter(|id| !by_hand.contains_key(*id));
        let modules = live.attachments.iter().flatten();
        let modules: BTreeSet<&str> = modules
            .filter(|one| one.module)
            .map(|one| one.stack.as_str())
            .collect();
        let item = Item {
            id: Some(live.policy.id.clone()),
            attach: to_attach.map(|id| (*id, is_module(id))).collect(),
            detach: by_hand
                .iter()
                .filter(|(stack, _)| !wanted.contains(*stack))
                .map(|(stack, id)| (*id, *stack, modules.contains(stack)))
                .collect(),
            before: Some(before),
            after: Some(after),
            changes,
        };
        if item.changes || !item.attach.is_empty() || !item.detach.is_empty() {
            self.items.push(item);
        }
    }

    fn before(&self, live: &'a LivePolicy) -> Side<'a> {
        Side {
            policy: live
                .data()
                .filter(|policy| engine_of(&live.policy) == engine_for(policy.dialect)),
            state: PolicyState::from(&live.policy),
            reach: self.known.reach(live),
            automatic: self.known.automatic(live),
        }
    }

    /// The policy as it is to be. Labels of others that attach nothing stay.
    fn wanted(
        &self,
        compiled: &CompiledAccess,
        attach: &Attach,
        live: Option<&Policy>,
    ) -> PolicyState {
        let mut labels = attach.policy_labels();
        let kept = live.iter().flat_map(|policy| &policy.labels);
        labels.extend(
            kept.filter(|label| !label.starts_with("autoattach:"))
                .cloned(),
        );
        PolicyState {
            name: compiled.policy.name(),
            body: compiled.text.clone(),
            engine: super::login::engine_wanted(self.live, compiled.policy.dialect),
            labels: labels.into_iter().collect(),
            description: Some(super::login::description(&compiled.policy.mapping)),
            space: Some(ACCESS_SPACE.to_string()),
            updated_at: None,
        }
    }

    /// Whether the text and the labels may stay as they are.
    fn is_settled(
        &self,
        live: &LivePolicy,
        compiled: &CompiledAccess,
        wanted: &PolicyState,
        notes: &mut BTreeSet<String>,
    ) -> bool {
        let Reading::Ours(ours) = &live.reading else {
            return false;
        };
        let policy = &live.policy;
        let in_place = engine_of(policy) == engine_for(ours.dialect)
            && ours.dialect == compiled.policy.dialect
            && policy.labels == wanted.labels
            && policy
                .space
                .as_deref()
                .is_none_or(|space| space == ACCESS_SPACE);
        if !in_place || !same_access_decisions(ours, &compiled.policy) {
            return false;
        }
        if policy.body != compiled.text {
            notes.insert(format!(
                "the live policy {} differs from the mapping's in form only and decides the same; it is left as it is",
                quoted(&policy.name)
            ));
        }
        true
    }

    /// Whether a live policy of a name of ours may be replaced or deleted.
    fn ownership(&self, live: &LivePolicy) -> Option<Refusal> {
        edit::ownership(
            self.desired,
            self.live,
            "access",
            &live.policy,
            &live.reading,
        )
    }

    /// What an entry names by id must be there, and where access policies work.
    fn ids(&mut self, attach: &'a Attach, notes: &mut BTreeSet<String>) {
        let elsewhere = |what: &str, id: &str, space: &str| {
            refusal(
                Guard::StackElsewhere,
                format!(
                    "the {what} {} is in the space {}, and access policies work in `{ACCESS_SPACE}` only",
                    quoted(id),
                    quoted(space)
                ),
                "grant roles on its space instead, or move it",
            )
        };
        match &self.known.stacks {
            None if !attach.stacks.is_empty() => {
                notes.insert(
                    "the installation does not list stacks, so the ids that the mapping names could not be checked"
                        .to_string(),
                );
            }
            None => {}
            Some(stacks) => {
                for id in &attach.stacks {
                    match stacks.iter().find(|stack| stack.id == *id) {
                        Some(stack) if stack.space == ACCESS_SPACE => {}
                        Some(stack) => {
                            self.refusals.push(elsewhere("stack", id, &stack.space));
                        }
                        None => {
                            let all = stacks.iter();
                            let near = nearest(id, all.clone().map(|stack| stack.id.as_str()));
                            // Ids are slugs of names, and people write names.
                            let by_name = all.clone().find(|stack| stack.name == *id);
                            let near = by_name.map(|stack| stack.id.as_str()).or(near);
                            self.refuse(
                                Guard::StackMissing,
                                format!("the account has no stack {}", quoted(id)),
                                near.map_or_else(
                                    || "name stacks by id, as in their address; a token that may not see one has the same effect".to_string(),
                                    |near| format!("did you mean {}?", quoted(near)),
                                ),
                            );
                        }
                    }
                }
            }
        }
        for id in &attach.modules {
            match self.known.modules.get(id) {
                Some(module) if module.space == ACCESS_SPACE => {}
                Some(module) => self.refusals.push(elsewhere("module", id, &module.space)),
                None => {
                    let known = self.known.modules.keys().map(String::as_str);
                    let help = nearest(id, known).map_or_else(
                        || "name modules by id, as in their address; a token that may not see one has the same effect".to_string(),
                        |near| format!("did you mean {}?", quoted(near)),
                    );
                    self.refuse(
                        Guard::StackMissing,
                        format!("the account has no module {}", quoted(id)),
                        help,
                    );
                }
            }
        }
    }

    /// Policies of ours that no entry stands for any more, and those that are asked to go.
    fn gone(&mut self, notes: &mut BTreeSet<String>) {
        let entries = self.entries();
        let known = self.known;
        let ours = known.policies.iter().filter(|one| one.is_ours());
        let orphans: BTreeMap<&str, &'a LivePolicy> = ours
            .filter(|one| !entries.contains(&one.policy.name))
            .map(|one| (one.policy.name.as_str(), one))
            .collect();
        let asked = self.deletes();
        for (name, one) in &orphans {
            if !asked.contains(*name) {
                notes.insert(format!(
                    "the access policy {} is liftgate's, and the mapping has no such entry any more; it still decides about {}, and goes with `--delete-access {}`",
                    quoted(name),
                    match known.reach(one).len() {
                        1 => "1 stack or module".to_string(),
                        count => format!("{count} stacks or modules"),
                    },
                    escaped(name.strip_prefix(NAME_PREFIX).unwrap_or(name))
                ));
            }
        }
        for name in &asked {
            if entries.contains(name) {
                self.refuse(
                    Guard::AccessNeeded,
                    format!("the access policy {} is to be deleted, and the mapping has the entry", quoted(name)),
                    "take the entry out of the mapping first, or leave `--delete-access` out for it",
                );
                continue;
            }
            let Some(one) = orphans.get(name.as_str()) else {
                self.unknown(name, &orphans, notes);
                continue;
            };
            if let Some(refusal) = self.ownership(one) {
                self.refusals.push(refusal);
            }
            self.items.push(Item {
                id: Some(one.policy.id.clone()),
                before: Some(self.before(one)),
                after: None,
                changes: true,
                attach: Vec::new(),
                detach: Vec::new(),
            });
        }
    }

    fn unknown(
        &mut self,
        name: &str,
        orphans: &BTreeMap<&str, &LivePolicy>,
        notes: &mut BTreeSet<String>,
    ) {
        if self.known.named(name).is_some() {
            return self.refuse(
                Guard::AccessUnknown,
                format!(
                    "the access policy {} was not made by liftgate",
                    quoted(name)
                ),
                "delete it in Spacelift",
            );
        }
        // A push that was cut short after it, or the same one again, finds it gone: that is what was wanted.
        match nearest(name, orphans.keys().copied()) {
            Some(near) => self.refuse(
                Guard::AccessUnknown,
                format!(
                    "the account has no access policy {} to delete",
                    quoted(name)
                ),
                format!("did you mean {}?", quoted(near)),
            ),
            None => {
                notes.insert(format!(
                    "the account has no access policy {}, so there is none to delete",
                    quoted(name)
                ));
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;

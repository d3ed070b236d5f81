//! What to know beside the steps.

use std::collections::BTreeSet;

use super::super::guards::quoted;
use super::Steps;

/// How many names a note says; the rest are counted.
const NAMED: usize = 5;

/// A list of stacks asks each access policy about each stack that it is attached to, and fails unless all of it is answered within
/// half a second (documentation: access policies). A policy of ours takes one to three milliseconds (`cargo bench --bench opa`).
const ASKED: usize = 200;

impl Steps<'_> {
    /// Whether a list of all stacks may take longer than the server waits.
    pub(super) fn list(&self, notes: &mut BTreeSet<String>) {
        let known = self.known;
        let stacks = known.stacks.iter().flatten();
        let stacks: BTreeSet<&str> = stacks.map(|stack| stack.id.as_str()).collect();
        let count = |reach: BTreeSet<&str>| reach.intersection(&stacks).count();
        let mut asked = 0;
        for compiled in self.desired.access {
            let name = compiled.policy.name();
            if let Some(attach) = self.attach_of(&compiled.policy.entry) {
                let live = known.named(&name).map(|one| &one.policy);
                let labels = self.wanted(compiled, attach, live).labels;
                asked += count(known.will_reach(&labels, attach));
            }
        }
        let (entries, deleted) = (self.entries(), self.deletes());
        let others = known.policies.iter().filter(|one| {
            let name = &one.policy.name;
            !(entries.contains(name) || (one.is_ours() && deleted.contains(name)))
        });
        asked += others.map(|one| count(known.reach(one))).sum::<usize>();
        if asked > ASKED && !self.desired.access.is_empty() {
            notes.insert(format!(
                "a list of all stacks asks access policies {asked} times, and fails if that takes Spacelift longer than half a second; attach them to fewer stacks, or grant roles on spaces instead"
            ));
        }
    }

    /// Policies of somebody else's stay, and decide beside ours.
    pub(super) fn others(&self, notes: &mut BTreeSet<String>) {
        let entries = self.entries();
        let others = self.known.policies.iter();
        let others: Vec<&str> = others
            .filter(|one| !one.is_ours() && !entries.contains(&one.policy.name))
            .map(|one| one.policy.name.as_str())
            .collect();
        if others.is_empty() {
            return;
        }
        let mut told: Vec<String> = others.iter().take(NAMED).map(|name| quoted(name)).collect();
        if others.len() > NAMED {
            told.push(format!("and {} more", others.len() - NAMED));
        }
        notes.insert(format!(
            "access policies of others are left alone, and decide beside the mapping's where they are attached: {}",
            told.join(", ")
        ));
    }
}

//! Access policies, each by itself, with what they are attached to.

use std::collections::{BTreeMap, BTreeSet};

use super::{By, Finding, Kind, Three, finding, lines, of_another_format, to_replace};
use crate::model::Model;
use crate::plan::access::LivePolicy;
use crate::plan::{self, ACCESS_SPACE, Change, PolicyState, quoted};
use crate::policy::access::NAME_PREFIX;
use crate::project::CompiledAccess;
use crate::render::Reading;
use crate::spacelift::Engine;

impl Three<'_> {
    /// Access policies, each by itself: its own seal tells whether somebody edited it, and what was pushed last, where that is
    /// known, whether an entry changed.
    pub(super) fn access(&self) -> Vec<Finding> {
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
        let to_come = change.map_or(Vec::new(), |(_, _, change)| lines(&plan::diff(change)));
        let ours = match &one.reading {
            Reading::Ours(ours) => ours,
            Reading::OtherFormat(seal) => {
                return vec![of_another_format(&format!("access policy {name}"), seal)];
            }
            Reading::Edited(_) | Reading::Foreign => {
                let edits = &self.plan.access_edits;
                let edit = edits.iter().find(|edit| edit.policy == one.policy.id);
                // Without a base, what the mapping would change is all there is to show.
                let by_hand = edit.filter(|edit| !edit.diff.is_empty());
                let shown = by_hand.map_or_else(|| to_come.clone(), |edit| lines(&edit.diff));
                let what = if one.is_ours() {
                    "was edited by hand"
                } else {
                    "was not made by liftgate"
                };
                return vec![Finding {
                    lines: shown,
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
            found.push(Finding {
                lines: to_come,
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
}

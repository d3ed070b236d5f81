//! One access policy on its way: its steps, and whether they give or take.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::Rows;
use crate::policy::access::AccessPolicy;
use crate::render;

use super::super::{Change, PolicyState};
use crate::lock::digest_of;

/// Whether something gives anybody more or less than before, as far as its rows tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Way {
    /// Somebody may get more.
    pub wider: bool,
    /// Somebody may get less.
    pub narrower: bool,
}

impl Way {
    pub(in super::super) const MIXED: Self = Self {
        wider: true,
        narrower: true,
    };

    pub(super) fn is_mixed(self) -> bool {
        self == Self::MIXED
    }
}

/// A policy before or after, with what it is asked about.
#[derive(Debug, Clone)]
pub(super) struct Side<'a> {
    /// Nothing where the text is not ours.
    pub policy: Option<&'a AccessPolicy>,
    pub state: PolicyState,
    pub reach: BTreeSet<&'a str>,
    /// What its labels alone attach it to.
    pub automatic: BTreeSet<&'a str>,
}

/// A policy that is to change, or what it is attached to.
#[derive(Debug)]
pub(super) struct Item<'a> {
    /// The id of the live policy.
    pub id: Option<String>,
    pub before: Option<Side<'a>>,
    pub after: Option<Side<'a>>,
    /// Whether the text or the labels change.
    pub changes: bool,
    /// Stacks and modules to attach it to, and whether each is a module.
    pub attach: Vec<(&'a str, bool)>,
    /// Attachments to take off: their ids, their stacks, and whether each is a module.
    pub detach: Vec<(&'a str, &'a str, bool)>,
}

impl Item<'_> {
    pub(super) fn name(&self) -> &str {
        let side = self.after.as_ref().or(self.before.as_ref());
        side.map_or("", |side| side.state.name.as_str())
    }

    pub(super) fn way(&self) -> Way {
        match (&self.before, &self.after) {
            (None, Some(one)) | (Some(one), None) => {
                let Some(policy) = one.policy else {
                    return Way::MIXED;
                };
                let (grants, denials) = (has_grants(policy), has_denials(policy));
                let comes = self.after.is_some();
                Way {
                    wider: if comes { grants } else { denials },
                    narrower: if comes { denials } else { grants },
                }
            }
            (Some(before), Some(after)) => between(before, after),
            (None, None) => Way::default(),
        }
    }

    /// All steps in a row, so that each stack goes from what the policy said about it straight to what it is to say.
    ///
    /// A stack is taken off before the text changes and put on after it: the other way round it would hear the new text in
    /// passing, or the old one. Where a label takes the place of an attachment, or an attachment that of a label, the two
    /// overlap instead: between them a policy that denies would deny nothing.
    pub(super) fn direct(&self) -> Vec<Change> {
        match (&self.before, &self.after) {
            (None, Some(after)) => self.create(&after.state),
            (Some(before), Some(after)) => self.update(before, &after.state, after),
            (Some(before), None) => vec![self.delete(&before.state)],
            (None, None) => Vec::new(),
        }
    }

    /// The steps in two parts, of which the first gives nobody more and the second takes from nobody; nothing where there are
    /// no such parts. Between them the policy gives only what it gave and will give, and denies what it denied or will deny.
    pub(super) fn halves(&self) -> Option<(Vec<Change>, Vec<Change>)> {
        match (&self.before, &self.after) {
            (None, Some(after)) => {
                let between = after.state.with(&without_grants(after.policy?))?;
                let late = self.step(between.clone(), after.state.clone(), None);
                Some((self.create(&between), vec![late]))
            }
            (Some(before), Some(after)) if before.reach == after.reach => {
                let between = after.state.with(&meet(before.policy?, after.policy?)?)?;
                let late = self.step(between.clone(), after.state.clone(), None);
                Some((self.update(before, &between, after), vec![late]))
            }
            (Some(before), None) => {
                let between = before.state.with(&without_grants(before.policy?))?;
                let early = self.step(before.state.clone(), between.clone(), self.id.clone());
                Some((vec![early], vec![self.delete(&between)]))
            }
            _ => None,
        }
    }

    fn create(&self, state: &PolicyState) -> Vec<Change> {
        let create = Change::AccessCreate {
            policy: state.clone(),
        };
        let attach = self.attach.iter().map(|one| attach(state, *one));
        std::iter::once(create).chain(attach).collect()
    }

    fn update(&self, before: &Side<'_>, state: &PolicyState, after: &Side<'_>) -> Vec<Change> {
        let mut steps = Vec::new();
        let (known, new): (Vec<_>, Vec<_>) = self
            .attach
            .iter()
            .partition(|(stack, _)| before.automatic.contains(stack));
        let (kept, gone): (Vec<_>, Vec<_>) = self
            .detach
            .iter()
            .partition(|(_, stack, _)| after.automatic.contains(stack));
        steps.extend(known.into_iter().map(|one| attach(&before.state, one)));
        let off = |(id, stack, module): (&str, &str, bool)| Change::AccessDetach {
            policy: state.name.clone(),
            id: id.to_string(),
            stack: stack.to_string(),
            module,
        };
        steps.extend(gone.into_iter().map(off));
        if self.changes {
            steps.push(self.step(before.state.clone(), state.clone(), self.id.clone()));
        }
        steps.extend(new.into_iter().map(|one| attach(state, one)));
        steps.extend(kept.into_iter().map(off));
        steps
    }

    fn step(&self, before: PolicyState, after: PolicyState, id: Option<String>) -> Change {
        Change::AccessUpdate { id, before, after }
    }

    fn delete(&self, state: &PolicyState) -> Change {
        Change::AccessDelete {
            id: self.id.clone().unwrap_or_default(),
            policy: state.clone(),
        }
    }
}

fn attach(state: &PolicyState, (stack, module): (&str, bool)) -> Change {
    Change::AccessAttach {
        policy: state.name.clone(),
        text: digest_of(&state.body),
        stack: stack.to_string(),
        module,
    }
}

impl PolicyState {
    /// The same with another text, which nothing has shown yet.
    fn with(&self, policy: &AccessPolicy) -> Option<Self> {
        Some(Self {
            body: render::render(policy).ok()?,
            updated_at: None,
            ..self.clone()
        })
    }
}

fn has_grants(policy: &AccessPolicy) -> bool {
    !policy.readers.is_empty() || !policy.writers.is_empty()
}

fn has_denials(policy: &AccessPolicy) -> bool {
    !policy.denials.is_empty() || !policy.write_denials.is_empty()
}

fn between(before: &Side<'_>, after: &Side<'_>) -> Way {
    let (Some(was), Some(is)) = (before.policy, after.policy) else {
        return Way::MIXED;
    };
    if !mean_alike(was, is) {
        return Way::MIXED;
    }
    let (more, less) = (
        !after.reach.is_subset(&before.reach),
        !before.reach.is_subset(&after.reach),
    );
    let within = |one: &AccessPolicy, other: &AccessPolicy| {
        (
            is_within(&one.readers, &other.readers) && is_within(&one.writers, &other.writers),
            is_within(&one.denials, &other.denials)
                && is_within(&one.write_denials, &other.write_denials),
        )
    };
    let (keeps_grants, keeps_denials) = within(was, is);
    let (no_new_grants, no_new_denials) = within(is, was);
    Way {
        wider: !no_new_grants
            || !keeps_denials
            || (more && has_grants(is))
            || (less && has_denials(was)),
        narrower: !keeps_grants
            || !no_new_denials
            || (less && has_grants(was))
            || (more && has_denials(is)),
    }
}

/// Whether each row of one stands in the other.
fn is_within(one: &Rows, other: &Rows) -> bool {
    one.iter().all(|(fact, rows)| {
        let found = other.get(fact);
        rows.iter()
            .all(|row| found.is_some_and(|found| found.contains(row)))
    })
}

/// Whether what both name means the same in both, so that rows can be compared.
fn mean_alike(one: &AccessPolicy, other: &AccessPolicy) -> bool {
    fn agree<T: PartialEq>(one: &BTreeMap<String, T>, other: &BTreeMap<String, T>) -> bool {
        one.iter()
            .all(|(name, value)| other.get(name).is_none_or(|other| other == value))
    }
    let values = |policy: &AccessPolicy| {
        let mut by_group: BTreeMap<String, BTreeSet<(String, Option<i64>)>> = BTreeMap::new();
        for (value, membership) in &policy.groups {
            let sent = by_group.entry(membership.group.clone()).or_default();
            sent.insert((value.clone(), membership.ends));
        }
        by_group
    };
    one.dialect == other.dialect
        && one.settings.no_groups == other.settings.no_groups
        && agree(&values(one), &values(other))
        && agree(&one.groups, &other.groups)
        && agree(&one.api_keys, &other.api_keys)
        && agree(&one.patterns, &other.patterns)
        && agree(&one.conditions, &other.conditions)
}

fn without_grants(policy: &AccessPolicy) -> AccessPolicy {
    AccessPolicy {
        readers: Rows::new(),
        writers: Rows::new(),
        ..policy.clone()
    }
}

/// What grants only what both grant, and denies whatever one denies; nothing where they speak of different things by the same
/// names.
fn meet(one: &AccessPolicy, other: &AccessPolicy) -> Option<AccessPolicy> {
    if !mean_alike(one, other) {
        return None;
    }
    let mut met = AccessPolicy {
        readers: both(&one.readers, &other.readers),
        writers: both(&one.writers, &other.writers),
        denials: either(&one.denials, &other.denials),
        write_denials: either(&one.write_denials, &other.write_denials),
        ..other.clone()
    };
    let extend = |into: &mut BTreeMap<String, String>, from: &BTreeMap<String, String>| {
        into.extend(
            from.iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
    };
    met.groups.extend(one.groups.clone());
    met.logins.extend(one.logins.iter().cloned());
    extend(&mut met.api_keys, &one.api_keys);
    extend(&mut met.patterns, &one.patterns);
    met.conditions.extend(one.conditions.clone());
    for (name, asked) in &one.attributes {
        match met.attributes.get_mut(name) {
            None => {
                met.attributes.insert(name.clone(), asked.clone());
            }
            Some(known) => {
                known.facts.extend(asked.facts.iter().cloned());
                known.like.extend(asked.like.clone());
                known.times.extend(&asked.times);
            }
        }
    }
    Some(met)
}

fn both(one: &Rows, other: &Rows) -> Rows {
    let mut rows = Rows::new();
    for (fact, mine) in one {
        let theirs = other.get(fact);
        let shared = mine
            .iter()
            .filter(|row| theirs.is_some_and(|theirs| theirs.contains(row)));
        let shared: Vec<_> = shared.cloned().collect();
        if !shared.is_empty() {
            rows.insert(fact.clone(), shared);
        }
    }
    rows
}

fn either(one: &Rows, other: &Rows) -> Rows {
    let mut rows = one.clone();
    for (fact, theirs) in other {
        let mine = rows.entry(fact.clone()).or_default();
        for row in theirs {
            if !mine.contains(row) {
                mine.push(row.clone());
            }
        }
        mine.sort();
    }
    rows
}

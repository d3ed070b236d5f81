//! Whom a change of a policy can touch. Two policies that differ in some rows decide alike for whoever none of these rows can be
//! about, so of a hundred thousand people only some need to be decided by both.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::policy::{Fact, Policy};

/// Who may be decided otherwise.
pub(super) enum Touched<'p> {
    /// Anybody, as far as can be told from the policies.
    Everybody,
    /// Whoever has one of these groups or logins, and whoever's groups are not known.
    Some {
        /// What the provider sends for a group.
        values: HashSet<&'p str>,
        /// In ASCII lower case.
        logins: HashSet<String>,
    },
}

impl<'p> Touched<'p> {
    /// Between two policies of ours.
    pub(super) fn of(before: &'p Policy, after: &'p Policy) -> Self {
        if bare(before) != bare(after) {
            return Self::Everybody;
        }
        let mut facts = BTreeSet::new();
        differing(&before.grants, &after.grants, &mut facts);
        differing(&before.guarded_grants, &after.guarded_grants, &mut facts);
        differing(&before.admins, &after.admins, &mut facts);
        differing(&before.denials, &after.denials, &mut facts);
        differing(&before.admin_denials, &after.admin_denials, &mut facts);
        let (mut groups, mut logins) = (HashSet::new(), HashSet::new());
        for fact in facts {
            if let Some(group) = fact.strip_prefix("group ") {
                groups.insert(group);
            } else if let Some(login) = fact.strip_prefix("login ") {
                logins.insert(login.to_ascii_lowercase());
            } else {
                return Self::Everybody;
            }
        }
        let lists = [(before, after), (after, before)];
        logins.extend(lists.iter().flat_map(|(one, other)| {
            let left = one.offboarded.iter();
            left.filter(|(login, of)| other.offboarded.get(*login) != Some(of))
                .map(|(login, _)| login.to_ascii_lowercase())
        }));
        let values = lists.iter().flat_map(|(one, other)| {
            let groups = &groups;
            one.groups.iter().filter_map(move |(value, membership)| {
                let moved = other.groups.get(value) != Some(membership);
                (moved || groups.contains(membership.group.as_str())).then_some(value.as_str())
            })
        });
        Self::Some {
            values: values.collect(),
            logins,
        }
    }

    /// Whether somebody may be decided otherwise. `groups` is nothing where they are not known.
    pub(super) fn has(&self, login: &str, groups: Option<&[String]>) -> bool {
        match self {
            Self::Everybody => true,
            Self::Some { values, logins } => {
                let login = login.to_ascii_lowercase();
                login.contains("::")
                    || logins.contains(&login)
                    || groups.is_none_or(|all| all.iter().any(|one| values.contains(one.as_str())))
            }
        }
    }
}

/// What is left of a policy without the parts of which each row is about somebody.
fn bare(policy: &Policy) -> Policy {
    Policy {
        groups: BTreeMap::new(),
        offboarded: BTreeMap::new(),
        grants: BTreeMap::new(),
        guarded_grants: BTreeMap::new(),
        admins: BTreeMap::new(),
        denials: BTreeMap::new(),
        admin_denials: BTreeMap::new(),
        ..policy.clone()
    }
}

/// The facts under which rows are found that are not the same in both.
fn differing<'p, R: PartialEq>(
    before: &'p BTreeMap<Fact, Vec<R>>,
    after: &'p BTreeMap<Fact, Vec<R>>,
    facts: &mut BTreeSet<&'p str>,
) {
    for (one, other) in [(before, after), (after, before)] {
        let differ = one.iter().filter(|(fact, rows)| other.get(*fact) != Some(rows));
        facts.extend(differ.map(|(fact, _)| fact.as_str()));
    }
}

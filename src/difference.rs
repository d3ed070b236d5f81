//! What two versions of a mapping say differently: by grant, by rule of the login, by group and by person. What makes no
//! difference says so.
//!
//! Grants and groups are compared by what the policies say, so that whoever is in no fixture counts too; people by deciding
//! their logins by both mappings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::{Grant, Model};
use crate::plan::additive::{Given, Place as Where, grants_by_id, rules_taken};
use crate::plan::{Effect, POLICY_SPACE, Probe, between_mappings, same_decisions};
use crate::policy::Policy;
use crate::source::Sources;

/// The label of spaces to which new access is shown first, unless told otherwise.
pub const LABEL: &str = "env:prod";

/// A mapping at one time.
#[derive(Clone, Copy)]
pub struct Version<'a> {
    /// The policy that it compiles to.
    pub policy: &'a Policy,
    /// The mapping; nothing where all that is known is a live policy.
    pub mapping: Option<(&'a Model, &'a Sources)>,
}

/// What became of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It is new.
    Added,
    /// It gives more, or to more.
    Widened,
    /// It gives more here and less there.
    Changed,
    /// It gives less, or to fewer.
    Narrowed,
    /// It is gone.
    Removed,
    /// It is written elsewhere or in other words.
    Reworded,
}

/// A grant that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantChange {
    /// What became of it.
    pub change: Change,
    /// Its id; nothing where it is new.
    pub before: Option<String>,
    /// Its id; nothing where it is gone.
    pub after: Option<String>,
    /// Where it is written, or was.
    pub place: Option<String>,
    /// What it gives that it did not.
    pub gives: Vec<String>,
    /// What it no longer gives.
    pub takes: Vec<String>,
    /// Whether others give the same, so that nobody gains or loses anything by it.
    pub no_effect: bool,
    /// Whether it gives or takes an administrative role.
    pub admin: bool,
    /// Whether it gives access to a space with the label, that nobody was given.
    pub labelled: bool,
}

/// What a group's members gain and lose by the grants that ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupChange {
    /// The mapping's name for it.
    pub group: String,
    /// Roles on spaces, and what is asked beside.
    pub gains: Vec<String>,
    /// Likewise.
    pub losses: Vec<String>,
}

/// A rule of the login that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleChange {
    /// Whether it is against whoever signs in.
    pub takes: bool,
    /// What becomes of whom.
    pub what: String,
    /// Whether it is about the administration of the account.
    pub admin: bool,
}

/// What two versions say differently.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Whether both decide every login alike, by what they say.
    pub same: bool,
    /// Grants, those of administration and of labelled spaces first.
    pub grants: Vec<GrantChange>,
    /// Rules of the login.
    pub rules: Vec<RuleChange>,
    /// Groups by name.
    pub groups: Vec<GroupChange>,
    /// People, and whatever else the fixtures know to ask.
    pub people: Vec<Effect>,
}

/// Compares two versions. `labels` are those of spaces to which new access is shown first.
#[must_use]
pub fn difference(old: Version<'_>, new: Version<'_>, labels: &BTreeSet<String>) -> Difference {
    let (was, is) = (grants_by_id(old.policy), grants_by_id(new.policy));
    let compared = Compared {
        all_old: was.values().flatten().collect(),
        all_new: is.values().flatten().collect(),
        old,
        new,
        labels,
    };
    let mut grants = compared.grants(&was, &is);
    grants.sort_by_key(|one| {
        let first = (one.admin && !one.no_effect, one.labelled);
        (std::cmp::Reverse(first), one.change)
    });
    Difference {
        same: same_decisions(old.policy, new.policy),
        grants,
        rules: rules(old.policy, new.policy),
        groups: compared.groups(),
        people: Vec::new(),
    }
}

/// The logins that two mappings decide otherwise.
#[must_use]
pub fn people(old: &Model, new: &Model, probes: &[Probe]) -> Vec<Effect> {
    between_mappings(old, new, probes)
}

fn rules(old: &Policy, new: &Policy) -> Vec<RuleChange> {
    let all = |from: &Policy, to: &Policy, takes| {
        let rules = rules_taken(from, to).into_iter();
        rules.map(move |rule| RuleChange {
            admin: rule.is_admin(),
            what: rule.told(takes),
            takes,
        })
    };
    // What the way back would take, the way there gives.
    let mut found: Vec<RuleChange> = all(old, new, true).chain(all(new, old, false)).collect();
    found.sort_by_key(|rule| !rule.admin);
    found
}

struct Compared<'a> {
    all_old: BTreeSet<&'a Given<'a>>,
    all_new: BTreeSet<&'a Given<'a>>,
    old: Version<'a>,
    new: Version<'a>,
    labels: &'a BTreeSet<String>,
}

/// What is given of a set that nothing in another gives.
fn beyond<'s, 'p>(
    given: impl IntoIterator<Item = &'s Given<'p>>,
    others: &BTreeSet<&Given<'p>>,
) -> Vec<&'s Given<'p>>
where
    'p: 's,
{
    given
        .into_iter()
        .filter(|one| !others.contains(one) && !others.iter().any(|other| other.covers(one)))
        .collect()
}

impl<'a> Compared<'a> {
    fn grants(
        &self,
        was: &'a BTreeMap<&'a str, BTreeSet<Given<'a>>>,
        is: &'a BTreeMap<&'a str, BTreeSet<Given<'a>>>,
    ) -> Vec<GrantChange> {
        let mut found = Vec::new();
        let mut gone: BTreeSet<&str> = was
            .keys()
            .copied()
            .filter(|id| !is.contains_key(id))
            .collect();
        for (id, given) in is {
            if let Some(before) = was.get(id) {
                found.extend(self.grant(Some((id, before)), Some((id, given))));
                continue;
            }
            // The one that says the same in other words, else one that it widens or narrows, else one of the same people.
            let partner = gone
                .iter()
                .filter_map(|old| Some((kinship(was.get(old)?, given)?, *old)))
                .min();
            let before = partner.and_then(|(_, old)| {
                gone.remove(old);
                Some((old, was.get(old)?))
            });
            found.extend(self.grant(before, Some((id, given))));
        }
        for id in gone {
            found.extend(
                was.get(id)
                    .and_then(|given| self.grant(Some((id, given)), None)),
            );
        }
        found
    }

    fn grant(
        &self,
        before: Option<(&str, &'a BTreeSet<Given<'a>>)>,
        after: Option<(&str, &'a BTreeSet<Given<'a>>)>,
    ) -> Option<GrantChange> {
        let none = BTreeSet::new();
        let old: BTreeSet<&Given<'a>> = before.map_or(&none, |(_, given)| given).iter().collect();
        let new: BTreeSet<&Given<'a>> = after.map_or(&none, |(_, given)| given).iter().collect();
        let gives = beyond(new.iter().copied(), &old);
        let takes = beyond(old.iter().copied(), &new);
        let change = match (before, after, gives.is_empty(), takes.is_empty()) {
            (None, ..) => Change::Added,
            (_, None, ..) => Change::Removed,
            (_, _, true, true) => Change::Reworded,
            (_, _, false, true) => Change::Widened,
            (_, _, true, false) => Change::Narrowed,
            (_, _, false, false) => Change::Changed,
        };
        let (before, after) = (before.map(|(id, _)| id), after.map(|(id, _)| id));
        if change == Change::Reworded && before == after && !self.is_reworded(after?) {
            return None;
        }
        let really_given = beyond(gives.iter().copied(), &self.all_old);
        let really_taken = beyond(takes.iter().copied(), &self.all_new);
        let told = |all: &[&Given<'_>]| all.iter().map(ToString::to_string).collect();
        Some(GrantChange {
            change,
            place: after
                .and_then(|id| place(self.new, id))
                .or_else(|| before.and_then(|id| place(self.old, id))),
            before: before.map(str::to_string),
            after: after.map(str::to_string),
            no_effect: really_given.is_empty() && really_taken.is_empty(),
            admin: really_given
                .iter()
                .any(|one| is_admin(self.new.policy, one))
                || really_taken
                    .iter()
                    .any(|one| is_admin(self.old.policy, one)),
            labelled: really_given.iter().any(|one| self.is_labelled(one)),
            gives: told(&gives),
            takes: told(&takes),
        })
    }

    /// Whether a grant that gives the same is written elsewhere, or with another reason or owner.
    fn is_reworded(&self, id: &str) -> bool {
        let (Some((old, was)), Some((new, is))) = (self.old.mapping, self.new.mapping) else {
            return false;
        };
        let (Some(before), Some(after)) = (old.grants.get(id), new.grants.get(id)) else {
            return false;
        };
        // Two mappings need not lie in one folder.
        let at = |sources: &Sources, grant: &Grant| {
            let place = sources.place(grant.span);
            let file = Path::new(&place.path).file_name().map(ToOwned::to_owned);
            (file, place.line, place.column)
        };
        (&before.reason, &before.owner) != (&after.reason, &after.owner)
            || at(was, before) != at(is, after)
    }

    /// Whether it is access to a space with one of the labels: on it, or above it.
    fn is_labelled(&self, given: &Given<'_>) -> bool {
        let Some((model, _)) = self.new.mapping else {
            return false;
        };
        let labelled = model
            .spaces
            .iter()
            .filter(|(_, space)| !space.labels.is_disjoint(self.labels));
        match given.place {
            Where::Label(label) => self.labels.contains(label),
            Where::Space("*") => labelled.count() > 0,
            Where::Space(POLICY_SPACE) => labelled.count() > 0,
            Where::Space(id) => labelled
                .into_iter()
                .any(|(space, _)| space == id || model.is_within(space, id)),
        }
    }

    fn groups(&self) -> Vec<GroupChange> {
        let mut found: BTreeMap<&str, GroupChange> = BTreeMap::new();
        let mut put = |given: &Given<'a>, gains: bool| {
            for group in &given.asked.groups {
                let change = found.entry(group).or_insert_with(|| GroupChange {
                    group: (*group).to_string(),
                    gains: Vec::new(),
                    losses: Vec::new(),
                });
                let lines = if gains {
                    &mut change.gains
                } else {
                    &mut change.losses
                };
                lines.push(given.to_string());
            }
        };
        for given in beyond(self.all_new.iter().copied(), &self.all_old) {
            put(given, true);
        }
        for given in beyond(self.all_old.iter().copied(), &self.all_new) {
            put(given, false);
        }
        found.into_values().collect()
    }
}

/// How near two grants of different ids are; nothing where one is not taken for the other.
fn kinship(old: &BTreeSet<Given<'_>>, new: &BTreeSet<Given<'_>>) -> Option<u8> {
    let covered = |some: &BTreeSet<Given<'_>>, by: &BTreeSet<Given<'_>>| {
        some.iter()
            .all(|one| by.iter().any(|other| other.covers(one)))
    };
    let pairs = |given: &BTreeSet<Given<'_>>| -> BTreeSet<String> {
        given.iter().map(|one| one.asked.to_string()).collect()
    };
    let targets = |given: &BTreeSet<Given<'_>>| -> BTreeSet<(String, String)> {
        given
            .iter()
            .map(|one| (one.role.to_string(), format!("{:?}", one.place)))
            .collect()
    };
    if old == new {
        Some(0)
    } else if covered(old, new) || covered(new, old) {
        Some(1)
    } else if pairs(old) == pairs(new) && !targets(old).is_disjoint(&targets(new)) {
        Some(2)
    } else {
        None
    }
}

fn is_admin(policy: &Policy, given: &Given<'_>) -> bool {
    given.role == "space-admin" || policy.admin_roles.contains(given.role)
}

/// Where a grant is written.
fn place(version: Version<'_>, id: &str) -> Option<String> {
    let (model, sources) = version.mapping?;
    Some(sources.place(model.grants.get(id)?.span).to_string())
}

#[cfg(test)]
mod tests;

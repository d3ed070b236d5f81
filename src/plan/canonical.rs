//! When two policies decide the same.
//!
//! Both are brought to a form that names nothing: what a fact stands for takes the place of its name, rows become sets, and
//! what no row asks for is left out. Equal forms decide every login alike; the converse is not claimed, and a policy that
//! merely happens to decide alike is pushed.

mod access;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{FIXED_SPACES, NoGrants, NoGroups, Sample};
use crate::policy::{
    ConditionCase, Fact, GrantRow, Membership, Policy, Rewriting, Row, Rows, Settings,
};

pub use access::same_access_decisions;

/// Whether two policies decide every login alike, by what they say rather than by how they name it.
#[must_use]
pub fn same_decisions(one: &Policy, other: &Policy) -> bool {
    Canonical::of(one) == Canonical::of(other)
}

#[derive(Debug, PartialEq, Eq)]
struct Canonical {
    no_grants: NoGrants,
    no_groups: NoGroups,
    sample: Sample,
    teams: Rewriting,
    own_teams: BTreeSet<String>,
    additions: BTreeSet<Added>,
    slack: BTreeSet<(String, String, String)>,
    gate: BTreeSet<Asked>,
    admins: BTreeSet<Asked>,
    denials: BTreeSet<Asked>,
    admin_denials: BTreeSet<Asked>,
    grants: BTreeSet<Given>,
    break_glass: BTreeSet<String>,
    offboarded: BTreeSet<String>,
    admin_roles: BTreeSet<String>,
}

/// What a row asks. Which of its facts it is found under makes no difference: they must all hold.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    all: BTreeSet<Fact>,
    none: BTreeSet<Fact>,
}

/// One role on one space, for whoever fits.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Given {
    asked: Asked,
    anyone: bool,
    starts: Option<i64>,
    ends: Option<i64>,
    space: Place,
    role: String,
}

/// A space, or a label that spaces have at login.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Space(String),
    Label(String),
}

/// One team, for whoever fits.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Added {
    asked: Asked,
    anyone: bool,
    team: String,
}

impl Canonical {
    fn of(policy: &Policy) -> Self {
        let facts = Facts::of(policy);
        let grants = facts.grants(policy);
        // Every field is named, so that one that joins is not forgotten here.
        let Policy {
            // Labels.
            account: _,
            mapping: _,
            // How it is written; whoever compares the engines compares this.
            dialect: _,
            settings,
            admin_roles,
            // In the facts.
            groups: _,
            api_keys: _,
            patterns: _,
            conditions: _,
            break_glass,
            offboarded,
            gate,
            admins,
            denials,
            admin_denials,
            // In the grants.
            grants: _,
            guarded_grants: _,
            slack,
            own_teams,
            additions,
        } = policy;
        let Settings {
            no_grants,
            no_groups,
            sample,
            teams,
        } = settings;
        let denials = facts.rows(denials);
        let admin_denials = facts.rows(admin_denials);
        // Whose a login was is not looked at.
        let offboarded: BTreeSet<String> = offboarded.keys().cloned().collect();
        // Who is beyond denials matters where there are denials.
        let deniable = !(denials.is_empty() && admin_denials.is_empty() && offboarded.is_empty());
        // Which roles are administrative matters where a denial can take them: on root and legacy.
        let admin_roles = grants
            .iter()
            .filter(|given| {
                !admin_denials.is_empty()
                    && matches!(&given.space, Place::Space(id) if FIXED_SPACES.contains(&id.as_str()))
            })
            .filter(|given| admin_roles.contains(&given.role))
            .map(|given| given.role.clone())
            .collect();
        Self {
            no_grants: *no_grants,
            no_groups: *no_groups,
            sample: *sample,
            teams: *teams,
            own_teams: own_teams.clone(),
            additions: facts.additions(additions),
            slack: slack
                .iter()
                .flat_map(|(channel, roles)| {
                    roles
                        .iter()
                        .map(move |(space, slugs)| (channel, space, slugs))
                })
                .flat_map(|(channel, space, slugs)| {
                    slugs
                        .iter()
                        .map(move |slug| (channel.clone(), space.clone(), slug.clone()))
                })
                .collect(),
            gate: facts.rows(gate),
            admins: facts.rows(admins),
            denials,
            admin_denials,
            grants,
            break_glass: if deniable {
                break_glass.clone()
            } else {
                BTreeSet::new()
            },
            offboarded,
            admin_roles,
        }
    }
}

/// What the facts of a policy stand for.
struct Facts {
    groups: BTreeMap<String, String>,
    api_keys: BTreeMap<String, String>,
    patterns: BTreeMap<String, String>,
    conditions: BTreeMap<String, String>,
}

impl Facts {
    fn of(policy: &Policy) -> Self {
        Self::named(
            &policy.groups,
            &policy.api_keys,
            &policy.patterns,
            &policy.conditions,
        )
    }

    fn named(
        groups: &BTreeMap<String, Membership>,
        api_keys: &BTreeMap<String, String>,
        patterns: &BTreeMap<String, String>,
        conditions: &BTreeMap<String, Vec<ConditionCase>>,
    ) -> Self {
        let mut values: BTreeMap<String, BTreeMap<&str, Option<i64>>> = BTreeMap::new();
        for (value, Membership { ends, group }) in groups {
            values
                .entry(group.clone())
                .or_default()
                .insert(value, *ends);
        }
        Self {
            groups: values
                .into_iter()
                .map(|(name, values)| (name, spelt(&values)))
                .collect(),
            // A key's name is a login that counts, as its id is.
            api_keys: api_keys
                .iter()
                .map(|(name, login)| (name.clone(), spelt(&(name, login))))
                .collect(),
            patterns: patterns
                .iter()
                .map(|(name, expression)| (name.clone(), spelt(expression)))
                .collect(),
            conditions: conditions
                .iter()
                .map(|(name, cases)| {
                    let mut cases = cases.clone();
                    for case in &mut cases {
                        if let Some(networks) = &mut case.networks {
                            networks.sort();
                            networks.dedup();
                        }
                        if let Some(window) = &mut case.window {
                            window.days.sort();
                            window.days.dedup();
                        }
                    }
                    cases.sort();
                    cases.dedup();
                    (name.clone(), spelt(&cases))
                })
                .collect(),
        }
    }

    /// A fact without names of the mapping. A group, pattern or condition that the policy does not have never holds; it
    /// becomes the empty one.
    fn fact(&self, fact: &str) -> Fact {
        let Some((kind, name)) = fact.split_once(' ') else {
            return fact.to_string();
        };
        let table = match kind {
            "group" => &self.groups,
            "key" => &self.api_keys,
            "like" => &self.patterns,
            "condition" => &self.conditions,
            _ => return fact.to_string(),
        };
        let meaning = table.get(name).map_or("", String::as_str);
        format!("{kind} {meaning}")
    }

    fn asked(&self, under: &str, all: &[Fact], none: &[Fact]) -> Asked {
        let set = |facts: &[Fact]| facts.iter().map(|fact| self.fact(fact)).collect();
        let mut all: BTreeSet<Fact> = set(all);
        all.insert(self.fact(under));
        Asked {
            all,
            none: set(none),
        }
    }

    fn rows(&self, rows: &Rows) -> BTreeSet<Asked> {
        rows.iter()
            .flat_map(|(under, rows)| rows.iter().map(move |row| (under, row)))
            // `anyone` is what additions say; admins and denials speak of whom their tables speak of.
            .map(
                |(
                    under,
                    Row {
                        all,
                        none,
                        anyone: _,
                        id: _,
                    },
                )| self.asked(under, all, none),
            )
            .collect()
    }

    fn additions(&self, rows: &Rows) -> BTreeSet<Added> {
        rows.iter()
            .flat_map(|(under, rows)| rows.iter().map(move |row| (under, row)))
            .map(
                |(
                    under,
                    Row {
                        all,
                        none,
                        anyone,
                        id,
                    },
                )| Added {
                    asked: self.asked(under, all, none),
                    anyone: *anyone,
                    team: id.clone(),
                },
            )
            .collect()
    }

    /// The two tables of grants differ in what a row may ask, not in what it means. A row without roles or spaces gives
    /// nothing.
    fn grants(&self, policy: &Policy) -> BTreeSet<Given> {
        let mut given = BTreeSet::new();
        for (under, rows) in policy.grants.iter().chain(&policy.guarded_grants) {
            for GrantRow {
                all,
                anyone,
                ends,
                id: _,
                labels,
                none,
                roles,
                spaces,
                starts,
            } in rows
            {
                let places = || {
                    let spaces = spaces.iter().cloned().map(Place::Space);
                    spaces.chain(labels.iter().cloned().map(Place::Label))
                };
                for role in roles {
                    given.extend(places().map(|space| Given {
                        asked: self.asked(under, all, none),
                        anyone: *anyone,
                        starts: *starts,
                        ends: *ends,
                        space,
                        role: role.clone(),
                    }));
                }
            }
        }
        given
    }
}

/// A value's JSON: tells any two values apart.
fn spelt(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;

//! The same of access policies.

use std::collections::{BTreeMap, BTreeSet};

use super::{Asked, Facts};
use crate::model::{NoGroups, Sample};
use crate::policy::access::{AccessPolicy, Asked as AskedOf, Settings};
use crate::policy::{Fact, Row, Rows};

/// Whether two access policies decide everything alike, by what they say rather than by how they name it. Which stacks they are
/// attached to is said beside them.
#[must_use]
pub fn same_access_decisions(one: &AccessPolicy, other: &AccessPolicy) -> bool {
    Canonical::of(one) == Canonical::of(other)
}

#[derive(Debug, PartialEq, Eq)]
struct Canonical<'p> {
    no_groups: NoGroups,
    sample: Sample,
    logins: BTreeSet<Fact>,
    attributes: &'p BTreeMap<String, AskedOf>,
    readers: BTreeSet<(Asked, bool)>,
    writers: BTreeSet<(Asked, bool)>,
    denials: BTreeSet<(Asked, bool)>,
    write_denials: BTreeSet<(Asked, bool)>,
}

impl<'p> Canonical<'p> {
    fn of(policy: &'p AccessPolicy) -> Self {
        // Every field is named, so that one that joins is not forgotten here.
        let AccessPolicy {
            // Labels.
            account: _,
            mapping: _,
            entry: _,
            // How it is written; whoever compares the engines compares this.
            dialect: _,
            settings: Settings { no_groups, sample },
            groups,
            api_keys,
            patterns,
            logins,
            conditions,
            attributes,
            readers,
            writers,
            denials,
            write_denials,
        } = policy;
        let facts = Facts::named(groups, api_keys, patterns, conditions);
        let rows = |rows: &Rows| -> BTreeSet<(Asked, bool)> {
            let rows = rows
                .iter()
                .flat_map(|(under, rows)| rows.iter().map(move |row| (under, row)));
            rows.map(
                |(
                    under,
                    Row {
                        all,
                        none,
                        anyone,
                        id: _,
                    },
                )| (facts.asked(under, all, none), *anyone),
            )
            .collect()
        };
        Self {
            no_groups: *no_groups,
            sample: *sample,
            logins: logins.iter().map(|fact| facts.fact(fact)).collect(),
            attributes,
            readers: rows(readers),
            writers: rows(writers),
            denials: rows(denials),
            write_denials: rows(write_denials),
        }
    }
}

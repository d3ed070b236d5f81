//! What a policy says of whom, row by row, with what its names stand for in their place: so that the rows of two policies can be
//! laid beside each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::policy::{ConditionCase, Fact, GrantRow, Policy, Row, Rows, Window};

use super::super::guards::quoted;

/// What a policy says, with what its names stand for in their place.
pub(super) struct Said<'p> {
    pub(super) gate: BTreeSet<Asked<'p>>,
    pub(super) admins: BTreeSet<Asked<'p>>,
    pub(super) denials: BTreeSet<Asked<'p>>,
    pub(super) admin_denials: BTreeSet<Asked<'p>>,
    pub(super) grants: BTreeSet<Given<'p>>,
    pub(super) additions: BTreeSet<Added<'p>>,
    pub(super) slack: BTreeSet<(&'p str, &'p str, &'p str)>,
}

/// What a fact stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Meaning<'p> {
    /// One of these values is sent, each of them until its end.
    Group(BTreeMap<&'p str, Option<i64>>),
    /// One of these cases holds.
    Condition(BTreeSet<&'p ConditionCase>),
    /// A login that is a key's, by its name or by its id.
    Key(&'p str, &'p str),
    /// A login that fits an expression.
    Like(&'p str),
    /// Nothing fits.
    Never,
    /// As it is written.
    Plain(&'p str),
}

impl Meaning<'_> {
    /// Whether whatever fits this fits the other.
    fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Never, _) => true,
            (Self::Group(one), Self::Group(other)) => one.iter().all(|(value, ends)| {
                other.get(value).is_some_and(|later| {
                    later.is_none_or(|later| ends.is_some_and(|ends| ends <= later))
                })
            }),
            (Self::Condition(one), Self::Condition(other)) => one
                .iter()
                .all(|case| other.iter().any(|wider| fits_within(case, wider))),
            _ => self == other,
        }
    }
}

/// Whether a condition's case holds only where another does.
fn fits_within(case: &ConditionCase, wider: &ConditionCase) -> bool {
    let networks = match (&case.networks, &wider.networks) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(one), Some(other)) => one.iter().all(|network| other.contains(network)),
    };
    let window = |one: &Window, other: &Window| {
        one.zone == other.zone
            && other.from <= one.from
            && one.until <= other.until
            && one.days.iter().all(|day| other.days.contains(day))
    };
    networks
        && match (&case.window, &wider.window) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(one), Some(other)) => window(one, other),
        }
}

/// What a row asks.
#[derive(Debug, Clone)]
pub(crate) struct Asked<'p> {
    all: BTreeSet<Meaning<'p>>,
    none: BTreeSet<Meaning<'p>>,
    /// Names of groups that it asks for.
    pub(crate) groups: BTreeSet<&'p str>,
    /// As the policy spells it, for people.
    told: String,
}

impl PartialEq for Asked<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Asked<'_> {}
impl PartialOrd for Asked<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Asked<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (&self.all, &self.none).cmp(&(&other.all, &other.none))
    }
}

impl std::fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.told)
    }
}

impl Asked<'_> {
    /// Whether this fits wherever the other does. A row that is not for anyone is for people who are members, beside what it
    /// asks.
    pub(super) fn is_implied_by(&self, other: &Self, anyone: bool, other_anyone: bool) -> bool {
        let has = |fact: &str| other.all.contains(&Meaning::Plain(fact));
        let ordinary = !other_anyone || (has("person") && has("member"));
        // Whatever is not about the request is about a session, and everyone has one.
        let about_session =
            |fact: &Meaning<'_>| !matches!(fact, Meaning::Condition(_) | Meaning::Never);
        let implied = |fact: &Meaning<'_>| match fact {
            Meaning::Plain("person" | "member") if !other_anyone => true,
            Meaning::Plain("everyone") if other.all.iter().any(about_session) => true,
            _ => other.all.iter().any(|one| one.is_within(fact)),
        };
        (anyone || ordinary)
            && self.all.iter().all(implied)
            && self
                .none
                .iter()
                .all(|fact| other.none.iter().any(|wider| fact.is_within(wider)))
    }
}

/// A role on a space, for whoever fits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Given<'p> {
    pub(crate) role: &'p str,
    pub(crate) place: Place<'p>,
    anyone: bool,
    starts: Option<i64>,
    ends: Option<i64>,
    pub(crate) asked: Asked<'p>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place<'p> {
    Space(&'p str),
    Label(&'p str),
}

impl Place<'_> {
    fn told(self) -> String {
        match self {
            Self::Space(id) => quoted(id),
            Self::Label(label) => format!("every space labelled {}", quoted(label)),
        }
    }
}

impl Given<'_> {
    /// Whether whoever is given the other is given this.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        // `*` is the spaces that the account lists at login, which a space that is named need not be among.
        let there = self.place == other.place
            || (self.place == Place::Space("*") && matches!(other.place, Place::Label(_)));
        let starts = self
            .starts
            .is_none_or(|mine| other.starts.is_some_and(|theirs| mine <= theirs));
        let ends = self
            .ends
            .is_none_or(|mine| other.ends.is_some_and(|theirs| theirs <= mine));
        self.role == other.role
            && there
            && starts
            && ends
            && self
                .asked
                .is_implied_by(&other.asked, self.anyone, other.anyone)
    }
}

/// A team, for whoever fits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Added<'p> {
    pub(super) team: &'p str,
    pub(super) anyone: bool,
    pub(super) asked: Asked<'p>,
}

impl<'p> Said<'p> {
    pub(super) fn of(policy: &'p Policy) -> Self {
        let names = Names::of(policy);
        let rows = |rows: &'p Rows| -> BTreeSet<Asked<'p>> {
            each(rows)
                .map(|(under, row)| names.asked(under, &row.all, &row.none))
                .collect()
        };
        let slack = policy.slack.iter().flat_map(|(channel, spaces)| {
            spaces.iter().flat_map(move |(space, slugs)| {
                slugs
                    .iter()
                    .map(move |slug| (channel.as_str(), space.as_str(), slug.as_str()))
            })
        });
        Self {
            gate: rows(&policy.gate),
            admins: rows(&policy.admins),
            denials: rows(&policy.denials),
            admin_denials: rows(&policy.admin_denials),
            grants: names.grants(policy).into_values().flatten().collect(),
            additions: each(&policy.additions)
                .map(|(under, row)| Added {
                    team: &row.id,
                    anyone: row.anyone,
                    asked: names.asked(under, &row.all, &row.none),
                })
                .collect(),
            slack: slack.collect(),
        }
    }
}

fn each(rows: &Rows) -> impl Iterator<Item = (&Fact, &Row)> {
    rows.iter()
        .flat_map(|(under, rows)| rows.iter().map(move |row| (under, row)))
}

/// What the names of a policy stand for.
struct Names<'p> {
    groups: BTreeMap<&'p str, BTreeMap<&'p str, Option<i64>>>,
    policy: &'p Policy,
}

impl<'p> Names<'p> {
    fn of(policy: &'p Policy) -> Self {
        let mut groups: BTreeMap<&str, BTreeMap<&str, Option<i64>>> = BTreeMap::new();
        for (value, membership) in &policy.groups {
            groups
                .entry(&membership.group)
                .or_default()
                .insert(value, membership.ends);
        }
        Self { groups, policy }
    }

    fn meaning(&self, fact: &'p str) -> Meaning<'p> {
        let Some((kind, name)) = fact.split_once(' ') else {
            return Meaning::Plain(fact);
        };
        let policy = self.policy;
        match kind {
            "group" => match self.groups.get(name) {
                Some(values) => Meaning::Group(values.clone()),
                None => Meaning::Never,
            },
            "condition" => match policy.conditions.get(name) {
                Some(cases) => Meaning::Condition(cases.iter().collect()),
                None => Meaning::Never,
            },
            "key" => match policy.api_keys.get_key_value(name) {
                Some((name, login)) => Meaning::Key(name, login),
                None => Meaning::Never,
            },
            "like" => match policy.patterns.get(name) {
                Some(expression) => Meaning::Like(expression),
                None => Meaning::Never,
            },
            _ => Meaning::Plain(fact),
        }
    }

    fn asked(&self, under: &'p str, all: &'p [Fact], none: &'p [Fact]) -> Asked<'p> {
        let meanings = |facts: &'p [Fact]| facts.iter().map(|fact| self.meaning(fact)).collect();
        let mut told = quoted(under);
        for fact in all.iter().filter(|fact| fact.as_str() != under) {
            let _ = write!(told, " and {}", quoted(fact));
        }
        for fact in none {
            let _ = write!(told, " and not {}", quoted(fact));
        }
        let facts = all.iter().map(String::as_str).chain([under]);
        let groups = facts
            .filter_map(|fact| fact.strip_prefix("group "))
            .collect();
        let mut all: BTreeSet<Meaning<'p>> = meanings(all);
        all.insert(self.meaning(under));
        Asked {
            all,
            none: meanings(none),
            groups,
            told,
        }
    }

    /// What every grant gives, by its id.
    fn grants(&self, policy: &'p Policy) -> BTreeMap<&'p str, BTreeSet<Given<'p>>> {
        let mut by_id: BTreeMap<&str, BTreeSet<Given<'p>>> = BTreeMap::new();
        let tables = policy.grants.iter().chain(&policy.guarded_grants);
        for (under, row) in
            tables.flat_map(|(under, rows)| rows.iter().map(move |row| (under, row)))
        {
            let GrantRow {
                all,
                anyone,
                ends,
                id,
                labels,
                none,
                roles,
                spaces,
                starts,
            } = row;
            let places: Vec<Place<'p>> = spaces
                .iter()
                .map(|id| Place::Space(id))
                .chain(labels.iter().map(|label| Place::Label(label)))
                .collect();
            let asked = self.asked(under, all, none);
            let given = by_id.entry(id).or_default();
            for role in roles {
                given.extend(places.iter().map(|place| Given {
                    role,
                    place: *place,
                    anyone: *anyone,
                    starts: *starts,
                    ends: *ends,
                    asked: asked.clone(),
                }));
            }
        }
        by_id
    }
}

/// What every grant of a policy gives, by its id.
pub(crate) fn grants_by_id(policy: &Policy) -> BTreeMap<&str, BTreeSet<Given<'_>>> {
    Names::of(policy).grants(policy)
}

impl std::fmt::Display for Given<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} on {}: {}",
            quoted(self.role),
            self.place.told(),
            self.asked
        )?;
        for (word, at) in [("from", self.starts), ("until", self.ends)] {
            if let Some(at) = at {
                match jiff::Timestamp::from_nanosecond(i128::from(at)) {
                    Ok(at) => write!(f, ", {word} {at}")?,
                    Err(_) => write!(f, ", {word} {at} ns")?,
                }
            }
        }
        Ok(())
    }
}

//! A first mapping, for a team that has something already.
//!
//! ```text
//! account, Terraform, Rego -> Found -> text
//! ```
//!
//! A source says what it found in the words of [`Found`], and beside it everything that it could not see or that the language
//! cannot say: nothing is left out in silence, and nothing is guessed. [`text`] lays it out as a person would write it.

pub mod account;
pub mod layout;
pub mod names;
mod ours;
pub mod policy;
pub mod proof;
pub mod rego;
pub mod terraform;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::stacks::{Attach, StackTest};
use crate::model::{Account, BUILT_IN_ROLES, Because, Day, Dialect, FIXED_SPACES};

pub use write::text;

/// What was found, as far as the language can say it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Where it is from, for the first line of the mapping.
    pub source: String,
    /// Which account it is.
    pub account: Option<Account>,
    /// The word for the identity provider, where that is known.
    pub provider: Option<&'static str>,
    /// The version of Rego that the account takes; nothing is the newer one.
    pub dialect: Option<Dialect>,
    /// Spaces by id, without `root` and `legacy`.
    pub spaces: BTreeMap<String, Space>,
    /// Roles by slug, without those that are built in.
    pub roles: BTreeMap<String, Role>,
    /// Names of groups that were seen, as the provider sends them, beside those that something asks for.
    pub groups: BTreeSet<String>,
    /// API keys by id, with their names.
    pub keys: BTreeMap<String, Key>,
    /// Groups that have a name already.
    pub named: BTreeMap<String, Named>,
    /// Conditions by name.
    pub conditions: BTreeMap<String, Condition>,
    /// Who may sign in.
    pub login: Login,
    /// Identities that no denial touches.
    pub break_glass: BTreeSet<String>,
    /// How the teams of a session are rewritten.
    pub teams: Option<Teams>,
    /// Which decisions are recorded.
    pub sample: Option<&'static str>,
    /// Who is never asked about.
    pub outside: BTreeMap<String, Because>,
    /// Who holds what, in sections.
    pub grants: Vec<Section>,
    /// Who may read and write which stacks, by the name of the entry.
    pub stacks: BTreeMap<String, StackAccess>,
    /// Policies that somebody else wrote.
    pub policies: Vec<Policy>,
    /// What could not be seen, and what the language cannot say.
    pub remarks: Vec<Remark>,
}

/// A space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Space {
    /// What people call it; not unique.
    pub name: String,
    /// The id of the space above.
    pub parent: String,
    /// Whether it inherits from there.
    pub inherit: bool,
    /// Labels.
    pub labels: BTreeSet<String>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// What people call it.
    pub name: String,
    /// What it may do, as the mapping spells it; nothing where that is not known here.
    pub actions: Option<BTreeSet<String>>,
}

/// An API key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Key {
    /// What people call it; not unique.
    pub name: String,
    /// What to say of it.
    pub remark: Option<String>,
}

/// A group that has a name: what is sent for it, each until an instant, in nanoseconds since 1970 UTC, or without an end.
pub type Named = BTreeMap<String, Option<i64>>;

/// Where and when a request is made; what is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// Networks, any of them.
    pub networks: Vec<String>,
    /// Days, as the mapping spells them, on which a window starts.
    pub days: BTreeSet<Day>,
    /// Ranges of minutes of a day.
    pub hours: Vec<(u16, u16)>,
    /// IANA name.
    pub zone: Option<String>,
}

/// A test of conditions, by their names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Test {
    /// This one holds.
    Is(String),
    /// All of these hold.
    All(Vec<Test>),
    /// One of these holds.
    Any(Vec<Test>),
}

impl Test {
    /// All of them; one alone is itself, and of none there is no test.
    #[must_use]
    pub fn all(mut tests: Vec<Test>) -> Option<Test> {
        match (tests.pop(), tests.is_empty()) {
            (Some(only), true) => Some(only),
            (Some(last), false) => {
                tests.push(last);
                Some(Self::All(tests))
            }
            (None, _) => None,
        }
    }

    /// Any of them, likewise.
    #[must_use]
    pub fn any(tests: Vec<Test>) -> Option<Test> {
        match Self::all(tests) {
            Some(Self::All(tests)) => Some(Self::Any(tests)),
            other => other,
        }
    }
}

/// How the teams of a session are rewritten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Teams {
    /// Whether the provider's teams stay.
    pub keep: bool,
    /// Team -> who is given it, and when.
    pub add: BTreeMap<String, (Who, Option<Test>)>,
}

/// Which policies lie beside a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Who may sign in, and with which roles.
    Login,
    /// Who may read and write which stacks.
    Access,
}

/// A policy that somebody else wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What it decides.
    pub kind: Type,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The Rego text.
    pub text: String,
    /// The version of Rego, if it is said.
    pub dialect: Option<Dialect>,
    /// Whether the mapping says what it says.
    pub is_part: bool,
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Everybody.
    Everyone,
    /// Whoever is in the group that is sent as this.
    Group(String),
    /// Whoever is in the group of this name.
    Named(String),
    /// This login; `*` is a pattern.
    Login(String),
    /// The API key of this id.
    Key(String),
    /// Members of the account, or whoever is none.
    Member(bool),
    /// Machines, or whoever is none.
    Machine(bool),
    /// All of these.
    All(Vec<Who>),
    /// Any of these.
    Any(Vec<Who>),
    /// None of these.
    None(Vec<Who>),
}

impl Who {
    /// All of several; none at all is everyone.
    fn all(mut parts: Vec<Self>) -> Self {
        match (parts.pop(), parts.is_empty()) {
            (Some(only), true) => only,
            (Some(last), false) => {
                parts.push(last);
                Self::All(parts)
            }
            (None, _) => Self::Everyone,
        }
    }
}

/// Grants that belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// What to say above them.
    pub remark: String,
    /// Whether they are offered only: written as comments.
    pub is_offer: bool,
    /// The grants.
    pub grants: Vec<Grant>,
}

/// Roles on spaces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// Who holds them.
    pub who: Who,
    /// Slugs.
    pub roles: BTreeSet<String>,
    /// Space ids, or `*` alone.
    pub spaces: BTreeSet<String>,
    /// Labels that spaces have at sign-in, instead of ids.
    pub labels: BTreeSet<String>,
    /// Under which conditions.
    pub when: Option<Test>,
    /// The first instant, in nanoseconds since 1970 UTC.
    pub starts: Option<i64>,
    /// The end, likewise.
    pub ends: Option<i64>,
}

impl Grant {
    /// One role on one space, always.
    #[must_use]
    pub fn new(who: Who, role: &str, space: &str) -> Self {
        Self {
            who,
            roles: BTreeSet::from([role.to_string()]),
            spaces: BTreeSet::from([space.to_string()]),
            labels: BTreeSet::new(),
            when: None,
            starts: None,
            ends: None,
        }
    }
}

/// Who may sign in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// What to say above it.
    pub remark: Option<String>,
    /// The gate; nothing is membership.
    pub require: Option<Who>,
    /// Whether whoever holds no role may sign in.
    pub admit: bool,
    /// Whether no groups are known to be none.
    pub no_groups_known: bool,
    /// Account admins.
    pub admin: Vec<Entry>,
    /// Who is refused.
    pub deny: Vec<Entry>,
    /// Who may not administer.
    pub deny_admin: Vec<Entry>,
    /// Who has left: the login, and others of the same person.
    pub offboarded: BTreeMap<String, BTreeSet<String>>,
    /// Workspace and channel of Slack -> space -> roles.
    pub slack: BTreeMap<(String, String), BTreeMap<String, BTreeSet<String>>>,
}

/// Whom something is about, and under which test: `when` of an admin, `unless` of a denial.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Whom.
    pub who: Who,
    /// The test.
    pub test: Option<Test>,
}

/// Who may read and write the stacks that it is attached to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackAccess {
    /// Which stacks and modules.
    pub attach: Attach,
    /// Who may see them.
    pub read: Vec<StackEntry>,
    /// Who may change them.
    pub write: Vec<StackEntry>,
    /// Who may do nothing.
    pub deny: Vec<StackEntry>,
    /// Who may not change them.
    pub deny_write: Vec<StackEntry>,
    /// Labels of stacks that say who may do what.
    pub by_label: Option<String>,
}

/// Whom something is about, under which test, and on which stacks: `when` of what is given, `unless` of a denial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackEntry {
    /// Whom.
    pub who: StackWho,
    /// The test.
    pub test: Option<Test>,
    /// Which stacks.
    pub stack: Option<StackTest>,
}

/// Who asks about a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StackWho {
    /// A session.
    Session(Who),
    /// A request from a channel of Slack.
    Slack {
        /// The workspace's id.
        workspace: String,
        /// The channel's.
        channel: String,
    },
}

/// What a reader should know of a mapping that was made from something else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Remark {
    /// Which kind it is of.
    pub kind: Kind,
    /// What there is to say, without a full stop.
    pub text: String,
    /// The lines of a policy that it is about, with their numbers.
    pub lines: Vec<(usize, String)>,
}

/// The kinds of remarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It is there, or may be, and could not be seen.
    Unseen,
    /// It was seen, and the mapping does not say it.
    Left,
}

impl Found {
    /// Says that something could not be seen.
    pub fn unseen(&mut self, text: impl Into<String>) {
        self.remark(Kind::Unseen, text.into(), Vec::new());
    }

    /// Says that something is left.
    pub fn left(&mut self, text: impl Into<String>) {
        self.remark(Kind::Left, text.into(), Vec::new());
    }

    /// Says that lines of a policy are left.
    pub fn left_lines(&mut self, text: impl Into<String>, lines: Vec<(usize, String)>) {
        self.remark(Kind::Left, text.into(), lines);
    }

    fn remark(&mut self, kind: Kind, text: String, lines: Vec<(usize, String)>) {
        let remark = Remark { kind, text, lines };
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    /// The remarks of a kind.
    pub fn remarks(&self, kind: Kind) -> impl Iterator<Item = &Remark> {
        self.remarks.iter().filter(move |one| one.kind == kind)
    }

    /// Whether everything that a grant speaks of is declared, or in every account.
    #[must_use]
    pub fn declares(&self, grant: &Grant) -> bool {
        let role = |slug: &String| {
            BUILT_IN_ROLES.contains(&slug.as_str()) || self.roles.contains_key(slug)
        };
        let space =
            |id: &String| FIXED_SPACES.contains(&id.as_str()) || self.spaces.contains_key(id);
        grant.roles.iter().all(role) && grant.spaces.iter().all(space)
    }

    /// How many grants it has, without those that are offered only.
    #[must_use]
    pub fn grants(&self) -> usize {
        let held = self.grants.iter().filter(|section| !section.is_offer);
        held.map(|section| section.grants.len()).sum()
    }
}

/// The policies, as files to lie beside the mapping: name and text.
#[must_use]
pub fn files(found: &Found) -> Vec<(String, &str)> {
    let mut taken = BTreeSet::new();
    let ids = names::aliases(
        found.policies.iter().map(|one| one.id.as_str()),
        "policy",
        [],
    );
    let mut all = Vec::new();
    for policy in &found.policies {
        let alias = ids.get(policy.id.as_str()).cloned().unwrap_or_default();
        let plain: String = alias.chars().filter(|c| c.is_ascii()).collect();
        let name = names::unique(format!("old-{plain}"), &mut taken);
        all.push((format!("{name}.rego"), policy.text.as_str()));
    }
    all
}

/// Grants that differ in nothing but roles and spaces become as few as say the same.
#[must_use]
pub fn merged(grants: impl IntoIterator<Item = Grant>) -> Vec<Grant> {
    // Without roles and places: what is the same of several grants.
    let rest = |grant: &Grant| Grant {
        roles: BTreeSet::new(),
        spaces: BTreeSet::new(),
        labels: BTreeSet::new(),
        ..grant.clone()
    };
    let mut by_place: BTreeMap<(Grant, bool, String), BTreeSet<String>> = BTreeMap::new();
    for grant in grants {
        let spaces = grant.spaces.iter().map(|space| (false, space));
        for (is_label, place) in spaces.chain(grant.labels.iter().map(|label| (true, label))) {
            let roles = by_place
                .entry((rest(&grant), is_label, place.clone()))
                .or_default();
            roles.extend(grant.roles.iter().cloned());
        }
    }
    let mut by_roles: BTreeMap<(Grant, bool, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
    for ((grant, is_label, place), roles) in by_place {
        // Every other space is no part of a list.
        let is_alone = place == "*" && !is_label;
        let key = Grant {
            spaces: is_alone.then(|| place.clone()).into_iter().collect(),
            ..grant
        };
        let places = by_roles.entry((key, is_label, roles)).or_default();
        if !is_alone {
            places.insert(place);
        }
    }
    by_roles
        .into_iter()
        .map(|((grant, is_label, roles), places)| {
            let mut grant = Grant { roles, ..grant };
            if is_label {
                grant.labels = places;
            } else {
                grant.spaces.extend(places);
            }
            grant
        })
        .collect()
}

#[cfg(test)]
mod tests;

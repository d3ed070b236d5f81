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
mod write;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::{Account, Because, Dialect};

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
    /// Who may sign in.
    pub login: Login,
    /// Who is never asked about.
    pub outside: BTreeMap<String, Because>,
    /// Who holds what, in sections.
    pub grants: Vec<Section>,
    /// Other login policies, by name.
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

/// A login policy that somebody else wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The Rego text.
    pub text: String,
    /// The version of Rego, if it is said.
    pub dialect: Option<Dialect>,
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Everybody.
    Everyone,
    /// Whoever is in the group that is sent as this.
    Group(String),
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
}

/// Who may sign in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// What to say above it.
    pub remark: Option<String>,
    /// Whether whoever holds no role may sign in.
    pub admit: bool,
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

    /// How many grants it has, without those that are offered only.
    #[must_use]
    pub fn grants(&self) -> usize {
        let held = self.grants.iter().filter(|section| !section.is_offer);
        held.map(|section| section.grants.len()).sum()
    }
}

/// The login policies, as files to lie beside the mapping: name and text.
#[must_use]
pub fn files(found: &Found) -> Vec<(String, &str)> {
    let mut taken = BTreeSet::new();
    let ids = names::aliases(found.policies.iter().map(|one| one.id.as_str()), "policy");
    let mut all = Vec::new();
    for policy in &found.policies {
        let alias = ids.get(policy.id.as_str()).cloned().unwrap_or_default();
        let plain: String = alias.chars().filter(|c| c.is_ascii()).collect();
        let name = names::unique(format!("old-{plain}"), &mut taken);
        all.push((format!("{name}.rego"), policy.text.as_str()));
    }
    all
}

/// Grants with the same of who and roles become one.
#[must_use]
pub fn merged(grants: impl IntoIterator<Item = Grant>) -> Vec<Grant> {
    let mut by_space: BTreeMap<(Who, String), BTreeSet<String>> = BTreeMap::new();
    for grant in grants {
        for space in &grant.spaces {
            let roles = by_space
                .entry((grant.who.clone(), space.clone()))
                .or_default();
            roles.extend(grant.roles.iter().cloned());
        }
    }
    let mut by_roles: BTreeMap<(Who, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
    for ((who, space), roles) in by_space {
        by_roles.entry((who, roles)).or_default().insert(space);
    }
    by_roles
        .into_iter()
        .map(|((who, roles), spaces)| Grant { who, roles, spaces })
        .collect()
}

#[cfg(test)]
mod tests;

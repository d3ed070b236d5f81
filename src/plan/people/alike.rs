//! Who is decided alike: a policy tells people apart by the groups and the logins that it names, and by nothing else.

use std::collections::{BTreeSet, HashSet};

use regex::Regex;

use crate::policy::Policy;
use crate::render::Reading;

use super::super::live::Live;

/// What policies tell people apart by.
pub(super) struct Alike {
    values: HashSet<String>,
    /// ASCII-lowered.
    logins: HashSet<String>,
    patterns: Vec<Regex>,
    /// Whether the live policy may be anybody's, and so may tell anybody from anybody.
    foreign: bool,
}

/// Equal for people whom no policy tells apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    login: Option<String>,
    patterns: Vec<bool>,
    machine: Option<bool>,
    groups: Option<BTreeSet<String>>,
    /// Whether there are groups that no policy names, which is not the same as none at all.
    others: bool,
}

impl Alike {
    /// By the mapping's policy and the live one.
    pub(super) fn of(desired: &Policy, live: &Live) -> Self {
        let mut alike = Self {
            values: HashSet::new(),
            logins: HashSet::new(),
            patterns: Vec::new(),
            foreign: !live.others.is_empty(),
        };
        alike.learn(desired);
        match live.ours.as_ref().map(|(_, reading)| reading) {
            None => {}
            Some(Reading::Ours(policy)) => alike.learn(policy),
            Some(_) => alike.foreign = true,
        }
        alike
    }

    fn learn(&mut self, policy: &Policy) {
        self.values.extend(policy.groups.keys().cloned());
        self.values.extend(policy.own_teams.iter().cloned());
        let named = policy
            .facts()
            .filter_map(|fact| fact.strip_prefix("login "));
        let listed = policy
            .break_glass
            .iter()
            .chain(policy.offboarded.keys())
            .chain(policy.api_keys.keys())
            .chain(policy.api_keys.values())
            .map(String::as_str);
        let logins = named.chain(listed).map(str::to_ascii_lowercase);
        self.logins.extend(logins);
        for expression in policy.patterns.values() {
            match Regex::new(expression) {
                Ok(pattern) => self.patterns.push(pattern),
                // Then anybody might be told from anybody.
                Err(_) => self.foreign = true,
            }
        }
    }

    /// Whether a policy might tell anybody from anybody.
    pub(super) fn foreign(&self) -> bool {
        self.foreign
    }

    pub(super) fn key(&self, login: &str, machine: Option<bool>, groups: Option<&[String]>) -> Key {
        let folded = login.to_ascii_lowercase();
        let apart = self.foreign || self.logins.contains(&folded) || folded.contains("::");
        let is_named = |group: &&String| self.foreign || self.values.contains(*group);
        Key {
            patterns: self
                .patterns
                .iter()
                .flat_map(|pattern| [pattern.is_match(login), pattern.is_match(&folded)])
                .collect(),
            login: apart.then(|| login.to_string()),
            machine,
            groups: groups.map(|groups| groups.iter().filter(is_named).cloned().collect()),
            others: groups.is_some_and(|groups| groups.iter().any(|group| !is_named(&group))),
        }
    }
}

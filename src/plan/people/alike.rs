//! Who is decided alike: a policy tells people apart by the groups and the logins that it names, and by nothing else.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use regex::Regex;

use crate::model::stacks::Kind;
use crate::policy::Policy;
use crate::policy::access::AccessPolicy;
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
    /// By the mapping's policy and the live one, and by access policies of ours.
    pub(super) fn of(desired: &Policy, live: &Live, access: &[AccessPolicy]) -> Self {
        let mut alike = Self {
            values: HashSet::new(),
            logins: HashSet::new(),
            patterns: Vec::new(),
            foreign: !live.others.is_empty(),
        };
        alike.learn(desired);
        for policy in access {
            alike.learn_access(policy);
        }
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
        self.learn_patterns(&policy.patterns);
    }

    fn learn_access(&mut self, policy: &AccessPolicy) {
        self.values.extend(policy.groups.keys().cloned());
        let named = policy
            .facts()
            .filter_map(|fact| fact.strip_prefix("login "));
        let keys = policy.api_keys.iter().flat_map(|(key, login)| [key, login]);
        let logins = named.chain(keys.map(String::as_str));
        self.logins.extend(logins.map(str::to_ascii_lowercase));
        // Who holds a stack's lock is told by the login.
        self.foreign |= policy
            .attributes
            .values()
            .any(|asked| asked.kind == Kind::Lock);
        self.learn_patterns(&policy.patterns);
    }

    fn learn_patterns(&mut self, patterns: &BTreeMap<String, String>) {
        for expression in patterns.values() {
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

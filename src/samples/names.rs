//! What a mapping speaks of by name, and so must still be told apart afterwards.

use std::collections::{BTreeMap, BTreeSet};

use crate::decide::{Truth, fit_of};
use crate::model::{Model, NO_TEAM, Network, Subject};

/// What a mapping speaks of.
pub(super) struct Names<'m> {
    /// Logins of people and keys, and names of keys, as they are written, by themselves in ASCII lower case.
    logins: BTreeMap<String, String>,
    /// Patterns of logins.
    pub(super) patterns: BTreeSet<&'m str>,
    /// What follows the last `@` in a login or pattern, where no star is in it; in ASCII lower case.
    domains: BTreeSet<String>,
    /// Values of groups, and teams that the policy makes.
    teams: BTreeSet<&'m str>,
    /// Ids of Slack.
    slack: BTreeSet<&'m str>,
    pub(super) networks: BTreeSet<Network>,
}

impl<'m> Names<'m> {
    pub(super) fn of(model: &'m Model) -> Self {
        let mut names = Self {
            logins: BTreeMap::new(),
            patterns: BTreeSet::new(),
            domains: BTreeSet::new(),
            teams: BTreeSet::from([NO_TEAM]),
            slack: BTreeSet::new(),
            networks: BTreeSet::new(),
        };
        let login = &model.login;
        names.subject(&login.require);
        let teams = model.teams.iter().flat_map(|teams| &teams.add);
        let subjects = model
            .grants
            .values()
            .map(|grant| &grant.who)
            .chain(login.admin.values().map(|entry| &entry.who))
            .chain(login.deny.values().map(|entry| &entry.who))
            .chain(login.deny_admin.values().map(|entry| &entry.who))
            .chain(teams.clone().map(|(_, entry)| &entry.who));
        for subject in subjects {
            names.subject(subject);
        }
        let known = login
            .offboarded
            .keys()
            .chain(model.break_glass.keys())
            .chain(model.outside_policy.keys())
            .chain(model.api_keys.keys());
        for login in known {
            names.login(login);
        }
        for key in model.api_keys.values() {
            names.login(&format!("api::{}", key.id));
        }
        let values = model.groups.values().flat_map(|group| group.values.keys());
        names.teams.extend(values.map(String::as_str));
        names.teams.extend(teams.map(|(team, _)| team.as_str()));
        for channel in login.slack.keys() {
            names.slack.insert(&channel.workspace);
            names.slack.insert(&channel.channel);
        }
        let networks = model
            .conditions
            .values()
            .filter_map(|condition| condition.networks.as_ref());
        names.networks = networks.flatten().copied().collect();
        names
    }

    /// The depth is bounded by that of a checked model.
    fn subject(&mut self, subject: &'m Subject) {
        match subject {
            Subject::Login(login) => self.login(login),
            Subject::Like(pattern) => {
                self.patterns.insert(pattern);
                self.domain(pattern);
            }
            Subject::All(parts) | Subject::Any(parts) => {
                for part in parts {
                    self.subject(part);
                }
            }
            Subject::Not(part) => self.subject(part),
            Subject::Everyone
            | Subject::Group(_)
            | Subject::ApiKey(_)
            | Subject::Member
            | Subject::Machine => {}
        }
    }

    fn login(&mut self, login: &str) {
        self.domain(login);
        self.logins
            .entry(login.to_ascii_lowercase())
            .or_insert_with(|| login.to_owned());
    }

    fn domain(&mut self, login: &str) {
        if let Some((_, domain)) = login.rsplit_once('@')
            && !domain.contains('*')
        {
            self.domains.insert(domain.to_ascii_lowercase());
        }
    }

    /// Whether the mapping speaks of a login, in whatever case.
    pub(super) fn has_login(&self, login: &str) -> bool {
        self.logins.contains_key(&login.to_ascii_lowercase())
    }

    pub(super) fn has_domain(&self, domain: &str) -> bool {
        self.domains.contains(&domain.to_ascii_lowercase())
    }

    pub(super) fn logins(&self) -> impl Iterator<Item = &str> {
        self.logins.values().map(String::as_str)
    }

    pub(super) fn has_team(&self, team: &str) -> bool {
        self.teams.contains(team)
    }

    pub(super) fn teams(&self) -> impl Iterator<Item = &'m str> {
        self.teams.iter().copied()
    }

    pub(super) fn has_slack(&self, id: &str) -> bool {
        self.slack.contains(id)
    }

    /// Everything that a mapping can tell about a login that it does not name.
    pub(super) fn reading(&self, login: &str) -> Reading {
        Reading {
            named: self.has_login(login),
            key: (
                login.starts_with("api::"),
                login.to_ascii_lowercase().starts_with("api::"),
            ),
            fits: self
                .patterns
                .iter()
                .map(|pattern| fit_of(pattern, login))
                .collect(),
        }
    }
}

/// What a mapping sees in a login.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    named: bool,
    key: (bool, bool),
    fits: Vec<Truth>,
}

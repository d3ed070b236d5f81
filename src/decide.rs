//! Model and input -> decision, by reading the model.
//!
//! A second implementation of the language, to hold the first against. It shares nothing with what compiles, renders and
//! evaluates a policy: subjects and conditions are read as the trees that they are, in a logic of three values, with
//! addresses, networks, windows and time zones read here. The text that is pushed is what decides; where this reading comes
//! to something else, one of the two is wrong, and nobody may rely on either.
//!
//! It is also what an explanation is made of, since a text only says what applies and not what is missing.

mod access;
mod address;
mod agreement;
mod condition;
mod explain;
mod facts;
mod seen;
mod session;
mod subject;
mod truth;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

pub use self::agreement::Disagreement;
pub use self::explain::{Entry, Fate, Given, Kind, Reason};
use self::facts::Facts;
pub use self::session::Session;
use self::subject::Asked;
pub use self::truth::Truth;
use crate::evaluate::{Because, Login};
use crate::model::{
    Denial, FIXED_SPACES, Grant, Model, NO_TEAM, NoGrants, Sample, SlackEntry, TeamEntry,
};

/// Whether a login fits a pattern: surely, but for case or for what `*` stands for, or not.
pub(crate) fn fit_of(pattern: &str, login: &str) -> Truth {
    subject::fit_of(pattern, login)
}

/// An address as a mapping reads it; nothing where it reads none.
pub(crate) fn read_address(text: &str) -> Option<std::net::IpAddr> {
    Some(match address::Address::read(text)? {
        address::Address::V4(bits) => std::net::Ipv4Addr::from_bits(bits).into(),
        address::Address::V6(bits) => std::net::Ipv6Addr::from_bits(bits).into(),
    })
}

/// What a mapping means for one input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// What becomes of the login.
    pub login: Login,
    /// Space id -> slugs of the roles bound there; empty where the login is refused.
    pub roles: BTreeMap<String, BTreeSet<String>>,
    /// Teams that replace the session's; empty means unchanged.
    pub teams: BTreeSet<String>,
    /// Whether administrative rights are taken away.
    pub deny_admin: bool,
    /// Whether the input is recorded as a sample.
    pub sample: bool,
    /// The entries that led there.
    pub because: Because,
}

impl Model {
    /// Decides an input as the language's pages say.
    #[must_use]
    pub fn decide(&self, input: &Value) -> Decision {
        Asked {
            model: self,
            facts: Facts::read(input, self.login.no_groups),
        }
        .decide()
    }
}

impl Asked<'_> {
    fn decide(&self) -> Decision {
        if !self.facts.has_session {
            return self.decide_without_a_session();
        }
        let refusals = self.refusals();
        let admin_refusals = self.applying(&self.model.login.deny_admin);
        let deny_admin = !admin_refusals.is_empty();

        let mut grants = BTreeSet::new();
        let mut roles: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (id, grant) in &self.model.grants {
            if !self.gives(grant).is_sure() {
                continue;
            }
            grants.insert(id.clone());
            for (space, role) in self.given(grant) {
                if !(deny_admin && self.may_administer(space, role)) {
                    let bound = roles.entry(space.to_string()).or_default();
                    bound.insert(role.to_string());
                }
            }
        }

        let admins: BTreeSet<String> = self
            .model
            .login
            .admin
            .iter()
            .filter(|(_, entry)| self.administers(entry).is_sure())
            .map(|(id, _)| id.clone())
            .collect();
        let login = if !refusals.is_empty() {
            Login::Deny
        } else if !admins.is_empty() && !deny_admin {
            Login::Admin
        } else if !roles.is_empty() || self.model.login.no_grants == NoGrants::Admit {
            Login::Allow
        } else {
            Login::Deny
        };
        if login == Login::Deny {
            roles.clear();
        }
        Decision {
            login,
            roles,
            teams: self.teams(login),
            deny_admin,
            sample: self.is_recorded(login),
            because: Because {
                grants,
                admins,
                refusals,
                admin_refusals,
            },
        }
    }

    /// A request from Slack, or nothing that could be let in: no entry speaks of either but those of Slack's channels.
    fn decide_without_a_session(&self) -> Decision {
        let entry = self.slack_entry();
        let login = match entry {
            Some(_) => Login::Allow,
            None => Login::Deny,
        };
        Decision {
            login,
            roles: entry.map(|entry| entry.roles.clone()).unwrap_or_default(),
            teams: BTreeSet::new(),
            deny_admin: false,
            sample: self.is_recorded(login),
            because: Because::default(),
        }
    }

    fn slack_entry(&self) -> Option<&SlackEntry> {
        let channel = self.facts.channel.as_ref()?;
        self.model.login.slack.get(channel)
    }

    fn is_recorded(&self, login: Login) -> bool {
        match self.model.sample {
            Sample::None => false,
            Sample::Denied => login == Login::Deny,
            Sample::All => true,
        }
    }

    /// The teams that replace the session's; none where they are left alone. Spacelift leaves them alone where there are none,
    /// so a team that means nothing stands where nothing is meant to be left.
    fn teams(&self, login: Login) -> BTreeSet<String> {
        let Some(rule) = self.model.teams.as_ref().filter(|_| login != Login::Deny) else {
            return BTreeSet::new();
        };
        let added = rule
            .add
            .iter()
            .filter(|(_, entry)| self.adds(entry).is_sure())
            .map(|(team, _)| team.clone());
        let sent = self.facts.teams.listed.iter().copied();
        let kept = sent
            .clone()
            .filter(|team| rule.keep && !rule.add.contains_key(*team) && *team != NO_TEAM);
        let teams: BTreeSet<String> = added.chain(kept.map(str::to_string)).collect();
        if teams.is_empty() && (!rule.keep || sent.len() > 0) {
            return BTreeSet::from([NO_TEAM.to_string()]);
        }
        teams
    }

    fn adds(&self, entry: &TeamEntry) -> Truth {
        let met = entry.when.as_ref().map(|test| self.passes(test));
        self.holds_for_a_grant(&entry.who) & met.unwrap_or(Truth::Yes)
    }

    /// What refuses the login.
    fn refusals(&self) -> BTreeSet<String> {
        let mut refusals = self.applying(&self.model.login.deny);
        if self.facts.login.is_none() {
            refusals.insert("unidentified".to_string());
        }
        if !self.holds(&self.model.login.require).is_sure() {
            refusals.insert("gate".to_string());
        }
        if self.is_offboarded() && !self.is_break_glass() {
            refusals.insert("offboarded".to_string());
        }
        refusals
    }

    /// The denials that apply; none to a break-glass identity.
    fn applying(&self, denials: &BTreeMap<String, Denial>) -> BTreeSet<String> {
        if self.is_break_glass() {
            return BTreeSet::new();
        }
        denials
            .iter()
            .filter(|(_, denial)| self.denies(denial).is_possible())
            .map(|(id, _)| id.clone())
            .collect()
    }

    fn denies(&self, denial: &Denial) -> Truth {
        let lifted = match &denial.unless {
            Some(test) => self.passes(test),
            None => Truth::No,
        };
        self.holds(&denial.who) & !lifted
    }

    fn administers(&self, entry: &crate::model::Admin) -> Truth {
        let met = entry.when.as_ref().map(|test| self.passes(test));
        self.holds_for_an_admin(&entry.who) & met.unwrap_or(Truth::Yes)
    }

    /// Whether a grant is in force for this input.
    fn gives(&self, grant: &Grant) -> Truth {
        let met = grant.when.as_ref().map(|test| self.passes(test));
        self.holds_for_a_grant(&grant.who)
            & met.unwrap_or(Truth::Yes)
            & self.has_started(grant)
            & self.has_not_ended(grant)
    }

    fn has_started(&self, grant: &Grant) -> Truth {
        self.at_time(grant.starts, |now, starts| starts <= now)
    }

    fn has_not_ended(&self, grant: &Grant) -> Truth {
        self.at_time(grant.ends, |now, ends| now < ends)
    }

    fn at_time(&self, limit: Option<i64>, holds: impl Fn(i64, i64) -> bool) -> Truth {
        match (limit, self.facts.now) {
            (None, _) => Truth::Yes,
            (Some(limit), Some(now)) => holds(now, limit).into(),
            (Some(_), None) => Truth::Unknown,
        }
    }

    /// Each space on which a grant gives a role, with the role. `*` and labels choose among the spaces that the account has
    /// now, but for the two that are meant only where they are named.
    fn given<'s>(&'s self, grant: &'s Grant) -> impl Iterator<Item = (&'s str, &'s str)> {
        let every = grant.spaces.contains("*");
        let named = grant.spaces.iter().map(String::as_str);
        let listed = self.facts.spaces.iter().filter(move |space| {
            let chosen = every || grant.labels.iter().any(|label| space.has_label(label));
            chosen && !FIXED_SPACES.contains(&space.id)
        });
        named
            .filter(|space| *space != "*")
            .chain(listed.map(|space| space.id))
            .flat_map(|space| grant.roles.iter().map(move |role| (space, role.as_str())))
    }

    /// Whether a role on a space may rewrite the policy.
    fn may_administer(&self, space: &str, role: &str) -> bool {
        FIXED_SPACES.contains(&space) && self.model.is_administrative(role)
    }

    fn is_offboarded(&self) -> bool {
        self.facts.login.is_some_and(|login| {
            let left = &self.model.login.offboarded;
            left.contains_key(&login.to_ascii_lowercase())
        })
    }

    fn is_break_glass(&self) -> bool {
        let login = self.facts.login;
        login.is_some_and(|login| self.model.break_glass.contains_key(login))
    }
}

#[cfg(test)]
mod tests;

//! A decision in the words that every engine has.

use std::collections::{BTreeMap, BTreeSet};

use liftgate::decide;
use liftgate::evaluate::access::Access;
use liftgate::evaluate::{self, Login};
use serde::{Deserialize, Serialize};

use super::verdict::Outcome;

/// What Spacelift would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Told {
    /// Of somebody who signs in.
    Login(ToldLogin),
    /// Of somebody who asks for a stack or a module.
    Access(ToldAccess),
}

/// What a login policy comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldLogin {
    pub login: Login,
    pub roles: BTreeMap<String, BTreeSet<String>>,
    pub teams: BTreeSet<String>,
    pub deny_admin: bool,
    pub sample: bool,
}

/// What an access policy comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldAccess {
    pub read: bool,
    pub write: bool,
    pub deny: bool,
    pub deny_write: bool,
    pub sample: bool,
}

impl From<&evaluate::Decision> for Told {
    fn from(decision: &evaluate::Decision) -> Self {
        Self::Login(ToldLogin {
            login: decision.login,
            roles: decision.roles.clone(),
            teams: decision.teams.clone(),
            deny_admin: decision.deny_admin,
            sample: decision.sample,
        })
    }
}

impl From<&decide::Decision> for Told {
    fn from(decision: &decide::Decision) -> Self {
        Self::Login(ToldLogin {
            login: decision.login,
            roles: decision.roles.clone(),
            teams: decision.teams.clone(),
            deny_admin: decision.deny_admin,
            sample: decision.sample,
        })
    }
}

impl From<&Access> for Told {
    fn from(access: &Access) -> Self {
        Self::Access(ToldAccess {
            read: access.read,
            write: access.write,
            deny: access.deny,
            deny_write: access.deny_write,
            sample: access.sample,
        })
    }
}

impl Told {
    /// What the outputs of a login policy come to, or those of an access policy.
    pub fn of(outcome: &Outcome, is_access: bool) -> Self {
        if is_access {
            return Self::Access(ToldAccess {
                read: outcome.read,
                write: outcome.write,
                deny: outcome.deny,
                deny_write: outcome.deny_write,
                sample: outcome.sample,
            });
        }
        let login = outcome.login();
        let mut roles = outcome.roles.clone();
        // What is bound to somebody who is refused is bound to nobody.
        roles.retain(|_, slugs| login != Login::Deny && !slugs.is_empty());
        Self::Login(ToldLogin {
            login,
            roles,
            teams: outcome.team.clone(),
            deny_admin: outcome.deny_admin,
            sample: outcome.sample,
        })
    }
}

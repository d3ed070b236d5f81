//! A decision in the words that every engine has.

use std::collections::{BTreeMap, BTreeSet};

use liftgate::decide;
use liftgate::evaluate::{self, Login};
use serde::{Deserialize, Serialize};

use super::verdict::Outcome;

/// What Spacelift would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    pub login: Login,
    pub roles: BTreeMap<String, BTreeSet<String>>,
    pub teams: BTreeSet<String>,
    pub deny_admin: bool,
    pub sample: bool,
}

impl From<&evaluate::Decision> for Told {
    fn from(decision: &evaluate::Decision) -> Self {
        Self {
            login: decision.login,
            roles: decision.roles.clone(),
            teams: decision.teams.clone(),
            deny_admin: decision.deny_admin,
            sample: decision.sample,
        }
    }
}

impl From<&decide::Decision> for Told {
    fn from(decision: &decide::Decision) -> Self {
        Self {
            login: decision.login,
            roles: decision.roles.clone(),
            teams: decision.teams.clone(),
            deny_admin: decision.deny_admin,
            sample: decision.sample,
        }
    }
}

impl From<&Outcome> for Told {
    fn from(outcome: &Outcome) -> Self {
        let login = outcome.login();
        let mut roles = outcome.roles.clone();
        // What is bound to somebody who is refused is bound to nobody.
        roles.retain(|_, slugs| login != Login::Deny && !slugs.is_empty());
        Self {
            login,
            roles,
            teams: outcome.team.clone(),
            deny_admin: outcome.deny_admin,
            sample: outcome.sample,
        }
    }
}

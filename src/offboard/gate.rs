//! Whether an account turns somebody away: by its login policy, where that is asked and decides.
//!
//! The text of a policy says whom it refuses. Whether it decides is the account's to say: it may go by another strategy, read the
//! text as another version of Rego, or let somebody in without asking. What is not known of this is no proof of anything.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::account::is_handle;
use super::{Leaver, is_refused_by};
use crate::model::{Because, Model};
use crate::plan::{POLICY_NAME, POLICY_SPACE, engine_for, engine_of};
use crate::render::{self, Reading};
use crate::spacelift::{ApiKey, Error, Policy, PolicyType, ReadAccount, Scheme, SignOn};

/// What an account says of who gets in.
pub struct Gate {
    /// Why its login policy decides about nobody, if it does not.
    idle: Vec<Way>,
    /// Its login policy of ours.
    policy: Option<Reading>,
    /// Who set single sign-on up, or why that is not known.
    sign_on: Result<SignOn, String>,
    /// Its keys, or why they are not known.
    keys: Result<Vec<ApiKey>, String>,
}

/// How somebody stands at the gate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Whether the account's policy, as far as it can be read, refuses every one of their logins.
    pub policy_refuses: bool,
    /// How they get in all the same.
    pub ways: Vec<Way>,
    /// What could not be found out of that.
    pub unknown: Vec<String>,
}

impl Standing {
    /// Whether the account turns them away, for all that can be known.
    #[must_use]
    pub fn is_out(&self) -> bool {
        self.policy_refuses && self.ways.is_empty() && self.unknown.is_empty()
    }

    /// Why they are not known to be turned away; nothing where they are.
    #[must_use]
    pub fn why(&self) -> Option<String> {
        if let Some(way) = self.ways.first() {
            return Some(way.words());
        }
        if !self.policy_refuses {
            return Some("the account's policy does not refuse them yet".to_owned());
        }
        self.unknown
            .first()
            .map(|what| format!("not known: {what}"))
    }
}

/// How somebody gets in whom the policy's text refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum Way {
    /// The account does not decide by login policies.
    Strategy {
        /// As the API spells it.
        strategy: String,
    },
    /// The account reads the policy as another version of Rego than it is written in.
    Dialect {
        /// As the API spells it.
        engine: String,
    },
    /// The policy lies where it decides nothing.
    Space {
        /// The space's id.
        space: String,
    },
    /// They set single sign-on up, as the account says.
    SignOn {
        /// The login that did.
        login: String,
    },
    /// The mapping says that Spacelift does not ask.
    Outside {
        /// The login.
        login: String,
        /// Why.
        because: Because,
    },
    /// They have a key that administers the account.
    Key {
        /// The key's id.
        id: String,
        /// Its name.
        name: String,
    },
}

impl Way {
    /// In words, with names as they are.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Strategy { strategy } => format!(
                "the account decides access by `{strategy}`, where login policies have no effect"
            ),
            Self::Dialect { engine } => format!(
                "the account evaluates the policy as `{engine}`, and it is written in another version of Rego"
            ),
            Self::Space { space } => format!(
                "the policy lies in the space `{space}`, and login policies decide in `{POLICY_SPACE}`"
            ),
            Self::SignOn { login } => format!(
                "`{login}` set single sign-on up, and Spacelift does not ask the policy about them"
            ),
            Self::Outside { login, because } => format!("`{login}`: {}", because.sentence()),
            Self::Key { id, name } => format!(
                "the key `{name}` ({id}) is theirs and administers the account, and no policy stops it"
            ),
        }
    }
}

impl Gate {
    /// Reads what the account says. What the token may not see is not known.
    ///
    /// # Errors
    /// When the account cannot be read.
    pub fn read(account: &dyn ReadAccount) -> Result<Self, Error> {
        let mut idle = Vec::new();
        // An installation that does not say knows no other strategy.
        if let Some(scheme) = account.account()?.scheme
            && scheme != Scheme::LoginPolicies
        {
            idle.push(Way::Strategy {
                strategy: scheme.as_str().to_owned(),
            });
        }
        let policies = account.policies()?;
        let ours = policies
            .iter()
            .find(|policy| policy.kind == PolicyType::Login && policy.name == POLICY_NAME);
        let policy = ours.map(|policy| render::read(&policy.body));
        if let (Some(policy), Some(Reading::Ours(read))) = (ours, &policy) {
            idle.extend(moved(policy, read));
        }
        Ok(Self {
            idle,
            policy,
            sign_on: known(account.sign_on(), "who set single sign-on up")?,
            keys: known(account.api_keys(), "which API keys there are")?,
        })
    }

    /// How somebody stands.
    #[must_use]
    pub fn standing(&self, leaver: &Leaver, model: &Model) -> Standing {
        let lower = leaver.lower();
        let (mut ways, mut unknown) = (self.idle.clone(), Vec::new());
        let outside = leaver.outside.iter();
        ways.extend(outside.map(|(login, outside)| Way::Outside {
            login: login.clone(),
            because: outside.because,
        }));
        match &self.sign_on {
            Err(why) => unknown.push(why.clone()),
            Ok(sign_on) => {
                let admins = [&sign_on.saml_admin, &sign_on.oidc_admin];
                let admins = admins.into_iter().flatten();
                let theirs: BTreeSet<&String> = admins
                    .filter(|login| lower.contains(&login.to_ascii_lowercase()))
                    .collect();
                ways.extend(theirs.into_iter().map(|login| Way::SignOn {
                    login: login.clone(),
                }));
            }
        }
        let owned: BTreeMap<&str, &str> = model
            .api_keys
            .values()
            .filter_map(|key| Some((key.id.as_str(), key.owner.as_deref()?)))
            .filter(|(_, owner)| is_handle(owner, &lower))
            .collect();
        match &self.keys {
            // Whoever has none, as far as anybody knows, does not hang on them.
            Err(why) if !owned.is_empty() || lower.iter().any(|login| is_key(login)) => {
                unknown.push(why.clone());
            }
            Err(_) => {}
            Ok(keys) => {
                let theirs = keys.iter().filter(|key| {
                    key.may_administer()
                        && (owned.contains_key(key.id.as_str())
                            || lower.contains(&key.login().to_ascii_lowercase()))
                });
                ways.extend(theirs.map(|key| Way::Key {
                    id: key.id.clone(),
                    name: key.name.clone(),
                }));
            }
        }
        let refuses = |policy: &Reading| is_refused_by(policy, &lower);
        Standing {
            policy_refuses: self.policy.as_ref().is_some_and(refuses),
            ways,
            unknown,
        }
    }
}

/// Why a policy decides otherwise than its text says.
fn moved(policy: &Policy, read: &crate::policy::Policy) -> Option<Way> {
    let engine = engine_of(policy);
    if engine != engine_for(read.dialect) {
        return Some(Way::Dialect {
            engine: engine.as_str().to_owned(),
        });
    }
    let space = policy.space.as_deref();
    space
        .filter(|space| *space != POLICY_SPACE)
        .map(|space| Way::Space {
            space: space.to_owned(),
        })
}

/// Whether a login is a key's.
fn is_key(login: &str) -> bool {
    login.starts_with("api::")
}

/// What an account says, or in words that it does not.
fn known<T>(answer: Result<Option<T>, Error>, what: &str) -> Result<Result<T, String>, Error> {
    match answer {
        Ok(Some(found)) => Ok(Ok(found)),
        Ok(None) => Ok(Err(format!("the installation does not say {what}"))),
        Err(Error::NotAllowed { .. }) => Ok(Err(format!("the token may not see {what}"))),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;

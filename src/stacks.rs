//! A stack or module, somebody's session as the login policy leaves it, and the access policies -> what may be done.
//!
//! Spacelift asks no access policy about an account's admins, evaluates them for what lies in the space `legacy` alone, and not
//! for somebody whom the login policy gives a role there. Source: documentation, access policies and spaces.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::decide::Disagreement;
use crate::evaluate::access::{Access, AccessEvaluator, Level};
use crate::evaluate::{Decision, EvaluateError, Login};
use crate::model::{Attach, Model};
use crate::project::CompiledAccess;

/// The space in which access policies have an effect.
pub const SPACE: &str = "legacy";

/// A stack or a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// Its id.
    pub id: String,
    /// Whether it is a module.
    pub is_module: bool,
    /// What Spacelift says of it to an access policy, under `stack` or `module`.
    pub says: Map<String, Value>,
}

impl Thing {
    /// The space that it lies in; `legacy` where it says none.
    #[must_use]
    pub fn space(&self) -> &str {
        let space = self.says.get("space").and_then(|space| space.get("id"));
        space.and_then(Value::as_str).unwrap_or(SPACE)
    }

    /// Whether a policy is asked about it.
    #[must_use]
    pub fn is_attached(&self, attach: &Attach) -> bool {
        let ids = if self.is_module {
            &attach.modules
        } else {
            &attach.stacks
        };
        let labels = self.says.get("labels").and_then(Value::as_array);
        let mut labels = labels.into_iter().flatten().filter_map(Value::as_str);
        attach.all || ids.contains(&self.id) || labels.any(|label| attach.labels.contains(label))
    }

    /// The word that an input has it under.
    #[must_use]
    pub fn key(&self) -> &'static str {
        if self.is_module { "module" } else { "stack" }
    }
}

/// What decides about a stack or module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The login is refused.
    Refused,
    /// An admin of the account may do everything.
    Admin,
    /// Roles on its space.
    Roles,
    /// Access policies.
    Policies,
}

/// What somebody may do with a stack or module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// What.
    pub level: Level,
    /// What decides it.
    pub by: By,
    /// What each access policy that is asked says, by its entry; none are asked where something else decides.
    pub policies: BTreeMap<String, Access>,
}

/// Why there is no answer. Neither is the mapping's fault, since the texts are our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StackError {
    /// A text fails on an input.
    Evaluate(EvaluateError),
    /// A text decides other than the model says.
    Disagreement(Disagreement),
}

impl From<EvaluateError> for StackError {
    fn from(error: EvaluateError) -> Self {
        Self::Evaluate(error)
    }
}

impl From<Disagreement> for StackError {
    fn from(error: Disagreement) -> Self {
        Self::Disagreement(error)
    }
}

/// The access policies of a mapping, ready to be asked.
pub struct Policies<'a> {
    model: &'a Model,
    evaluators: Vec<(&'a CompiledAccess, AccessEvaluator)>,
}

impl<'a> Policies<'a> {
    /// Parses and prepares every policy.
    ///
    /// # Errors
    /// When a text does not parse.
    pub fn of(model: &'a Model, access: &'a [CompiledAccess]) -> Result<Self, EvaluateError> {
        let prepared = access.iter().map(|one| {
            AccessEvaluator::of(&one.text, one.policy.dialect).map(|evaluator| (one, evaluator))
        });
        Ok(Self {
            model,
            evaluators: prepared.collect::<Result<_, _>>()?,
        })
    }

    /// What somebody may do with a stack or module. `input` is the login policy's and `login` what became of it.
    ///
    /// # Errors
    /// When a policy fails on the input, or decides other than the model reads.
    pub fn standing(
        &mut self,
        input: &Value,
        login: &Decision,
        thing: &Thing,
    ) -> Result<Standing, StackError> {
        let fixed = |level, by| {
            Ok(Standing {
                level,
                by,
                policies: BTreeMap::new(),
            })
        };
        let has_session = input.get("session").is_some_and(Value::is_object);
        match login.login {
            // A request from Slack signs nobody in.
            Login::Deny if has_session => return fixed(Level::None, By::Refused),
            Login::Admin => return fixed(Level::Write, By::Admin),
            _ => {}
        }
        let by_roles = self.by_roles(login, thing.space());
        if thing.space() != SPACE || by_roles > Level::None {
            return fixed(by_roles, By::Roles);
        }
        let policies = self.asked(&access_input(input, login, thing), thing)?;
        Ok(Standing {
            level: Level::of(policies.values()),
            by: By::Policies,
            policies,
        })
    }

    /// What every policy that is attached to a stack or module says of an input of its own.
    ///
    /// # Errors
    /// As [`Policies::standing`].
    pub fn asked(
        &mut self,
        input: &Value,
        thing: &Thing,
    ) -> Result<BTreeMap<String, Access>, StackError> {
        let mut policies = BTreeMap::new();
        for (one, evaluator) in &mut self.evaluators {
            let name = &one.policy.entry;
            let Some(entry) = self.model.stack_access.get(name) else {
                continue;
            };
            if !thing.is_attached(&entry.attach) {
                continue;
            }
            let access = evaluator.decide(input)?;
            self.model.access(entry, input).agrees_with(&access)?;
            policies.insert(name.clone(), access);
        }
        Ok(policies)
    }

    /// What the roles that are held on a space come to: a reader sees, a writer starts runs. Source: documentation, roles.
    fn by_roles(&self, login: &Decision, space: &str) -> Level {
        let held = login
            .roles
            .iter()
            .filter(|(bound_on, _)| self.model.role_reaches(bound_on, space));
        let levels = held.flat_map(|(_, slugs)| slugs).map(|slug| {
            if self.model.may(slug, "run:trigger") {
                Level::Write
            } else if self.model.may(slug, "space:read") {
                Level::Read
            } else {
                Level::None
            }
        });
        levels.max().unwrap_or(Level::None)
    }
}

/// The input that Spacelift makes for an access policy: the session, whose teams the login policy may have replaced, and the
/// stack or module. Source: documentation, access policies and login policies.
#[must_use]
pub fn access_input(input: &Value, login: &Decision, thing: &Thing) -> Value {
    let mut asked = Map::new();
    for key in ["request", "session", "slack"] {
        if let Some(value) = input.get(key) {
            asked.insert(key.to_owned(), value.clone());
        }
    }
    if !login.teams.is_empty()
        && let Some(Value::Object(session)) = asked.get_mut("session")
    {
        session.insert("teams".to_owned(), json!(login.teams));
    }
    asked.insert(thing.key().to_owned(), Value::Object(thing.says.clone()));
    Value::Object(asked)
}

#[cfg(test)]
mod tests;

//! Policies, decided by the engine that liftgate's own tests use.

use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::{Engine, Evaluate};
use crate::evaluate::Evaluator;
use crate::model::Dialect;

/// Checks and decides login policies as liftgate does. Policies of other types are saved unread.
#[derive(Default)]
pub struct Rego {
    /// The last policy that was decided by, since a simulation of many logins asks about one policy.
    last: Mutex<Option<(String, Dialect, Evaluator)>>,
}

impl Evaluate for Rego {
    fn login(&self, body: &str, engine: Engine, input: &str) -> Result<String, String> {
        let input = serde_json::from_str(input).map_err(|error| error.to_string())?;
        let dialect = dialect(engine);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, _, evaluator) = match last.take() {
            Some(known) if known.0 == body && known.1 == dialect => last.insert(known),
            _ => {
                let new = Evaluator::of(body, dialect).map_err(|error| error.message)?;
                last.insert((body.to_string(), dialect, new))
            }
        };
        let (decision, deny) = evaluator
            .decide(&input)
            .and_then(|decision| Ok((decision, evaluator.denies(&input)?)))
            .map_err(|error| error.message)?;
        let none: [&str; 0] = [];
        Ok(json!({
            "access_level": decision.login.word(),
            "deny": deny,
            "deny_admin": decision.deny_admin,
            "flag": decision.flags,
            "roles": decision.roles,
            "sample": decision.sample,
            "space_admin": none,
            "space_read": none,
            "space_write": none,
            "teams": decision.teams,
        })
        .to_string())
    }

    fn check(&self, body: &str, policy_type: &str, engine: Engine) -> Result<(), String> {
        if policy_type != "LOGIN" {
            return Ok(());
        }
        Evaluator::of(body, dialect(engine))
            .map(drop)
            .map_err(|error| error.message)
    }
}

fn dialect(engine: Engine) -> Dialect {
    match engine {
        Engine::V0 => Dialect::V0,
        Engine::V1 => Dialect::V1,
    }
}

//! Policies, decided by the engine that liftgate's own tests use.

use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::{Engine, Evaluate};
use crate::evaluate::Evaluator;
use crate::evaluate::access::{self, AccessEvaluator};
use crate::model::Dialect;

/// Checks and decides login and access policies as liftgate does. Policies of other types are saved unread.
#[derive(Default)]
pub struct Rego {
    /// The last policy that was decided by, since a simulation of many logins asks about one policy.
    last: Mutex<Option<(String, Dialect, Evaluator)>>,
}

impl Evaluate for Rego {
    fn login(&self, body: &str, engine: Engine, input: &str) -> Result<String, String> {
        known(body, &LOGIN_DEFAULTS)?;
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

    fn access(&self, body: &str, engine: Engine, input: &str) -> Result<String, String> {
        known(body, &ACCESS_DEFAULTS)?;
        let input = serde_json::from_str(input).map_err(|error| error.to_string())?;
        let access = AccessEvaluator::of(body, dialect(engine))
            .and_then(|mut evaluator| evaluator.decide(&input))
            .map_err(|error| error.message)?;
        let level = match access::Level::of([&access]) {
            access::Level::None => "deny",
            level => level.word(),
        };
        Ok(json!({
            "level": level,
            "read": access.read,
            "write": access.write,
            "deny": access.deny,
            "deny_write": access.deny_write,
        })
        .to_string())
    }

    fn check(&self, body: &str, policy_type: &str, engine: Engine) -> Result<(), String> {
        let readable = match policy_type {
            "LOGIN" => {
                known(body, &LOGIN_DEFAULTS)?;
                Evaluator::of(body, dialect(engine)).map(drop)
            }
            "ACCESS" => {
                known(body, &ACCESS_DEFAULTS)?;
                AccessEvaluator::of(body, dialect(engine)).map(drop)
            }
            _ => Ok(()),
        };
        readable.map_err(|error| error.message)
    }
}

/// Outputs of a login policy that the preamble gives a default. Source: documentation, policies.
const LOGIN_DEFAULTS: [&str; 5] = ["admin", "allow", "deny", "deny_admin", "sample"];

/// The same of an access policy. Source: documentation, access policies.
const ACCESS_DEFAULTS: [&str; 5] = ["read", "write", "deny", "deny_write", "sample"];

/// Refuses what the service refuses and the engine here does not: a second default, and built-in functions that are
/// switched off. Source: documentation, policies.
fn known(body: &str, defaults: &[&str]) -> Result<(), String> {
    const SWITCHED_OFF: [&str; 5] = [
        "http.send",
        "opa.runtime",
        "rego.parse_module",
        "time.now_ns",
        "trace",
    ];
    let code = body
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    for (at, line) in code.enumerate() {
        // The preamble has these, and OPA refuses a second one where the engine here does not.
        let mut words = line.split_whitespace();
        if let (Some("default"), Some(name)) = (words.next(), words.next())
            && defaults.contains(&name)
        {
            return Err(format!(
                "1 error occurred: rego_type_error: multiple default rules data.spacelift.{name} found"
            ));
        }
        let called = SWITCHED_OFF.iter().find(|name| {
            let before = line
                .split_once(&format!("{name}("))
                .map(|(before, _)| before);
            before.is_some_and(|before| {
                !before.ends_with(|letter: char| {
                    letter.is_alphanumeric() || matches!(letter, '_' | '.')
                })
            })
        });
        if let Some(name) = called {
            let line = at + 1;
            return Err(format!(
                "1 error occurred: policy.rego:{line}: rego_type_error: undefined function {name}"
            ));
        }
    }
    Ok(())
}

fn dialect(engine: Engine) -> Dialect {
    match engine {
        Engine::V0 => Dialect::V0,
        Engine::V1 => Dialect::V1,
    }
}

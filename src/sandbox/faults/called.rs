//! What was asked, as far as a script of faults tells calls apart.

use serde::Serialize;

use super::What;
use crate::sandbox::Request;

/// A call that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Called {
    /// Its place among all calls, from 1.
    pub call: usize,
    /// The name of its operation, or of its first field if it has none.
    pub operation: String,
    /// What it can do.
    pub kind: Kind,
    /// What went wrong, as a script spells it; and why a change of the account could not be made.
    pub fault: Vec<String>,
}

/// What a call can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Looks.
    Read,
    /// Exchanges a key for a token.
    Login,
    /// Tries a policy out.
    Simulation,
    /// Changes the account.
    Write,
}

/// The operation of a request, without reading it as GraphQL: clients may send what is none.
pub(super) fn look(request: &Request) -> (String, Kind) {
    let text = request.query.trim_start();
    let first = fields(text).next().unwrap_or_default();
    let kind = if !text.starts_with("mutation") {
        Kind::Read
    } else if matches!(first, "apiKeyUser" | "oauthUser") {
        Kind::Login
    } else if first.starts_with("policySimulate") {
        Kind::Simulation
    } else {
        Kind::Write
    };
    let name = request.operation_name.clone();
    (name.unwrap_or_else(|| first.to_owned()), kind)
}

/// The words after the first opening brace that stands outside parentheses.
fn fields(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    let start = text.char_indices().find_map(|(at, letter)| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '{' if depth == 0 => return Some(at + 1),
            _ => {}
        }
        None
    });
    let rest = start.and_then(|at| text.get(at..)).unwrap_or_default();
    rest.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .filter(|word| !word.is_empty())
}

/// A fault as a script spells it.
pub(super) fn name(what: &What) -> String {
    if let What::Change(_) = what {
        return "change".to_owned();
    }
    match serde_json::to_value(what) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(serde_json::Value::Object(fields)) => fields.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

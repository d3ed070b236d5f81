//! Policy text and input -> decision, by regorus; its only user.
//!
//! What is evaluated is the text itself, beside the module that Spacelift puts before every policy. regorus is not OPA; the
//! texts that liftgate renders keep to the part of the language on which the two agree, and the test-suite holds them to it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU32, NonZeroUsize};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::Dialect;

pub mod access;
pub mod foreign;
mod keywords;
pub mod limit;
pub(crate) mod scan;

/// The module that Spacelift puts before a policy, as its documentation shows it: every output has a default or an empty
/// definition. Source: documentation, policies.
pub const PREAMBLE: &str = include_str!("../templates/preamble.rego");

/// What that module defines.
const OUTPUTS: [&str; 12] = [
    "admin",
    "allow",
    "deny",
    "deny_admin",
    "flag",
    "result",
    "roles",
    "sample",
    "space_admin",
    "space_read",
    "space_write",
    "team",
];

/// What Spacelift would do with a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Login {
    /// Refused, by a denial or because nothing lets it in.
    Deny,
    /// Let in.
    Allow,
    /// Let in as an administrator of the account.
    Admin,
}

impl Login {
    /// The word for it in a mapping's fixtures and in Spacelift's samples.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Allow => "allow",
            Self::Admin => "admin",
        }
    }
}

/// A policy's answer to one input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What becomes of the login.
    pub login: Login,
    /// Space id -> slugs of the roles bound there; empty where the login is refused.
    pub roles: BTreeMap<String, BTreeSet<String>>,
    /// Teams that replace the session's; empty means unchanged.
    pub teams: BTreeSet<String>,
    /// Tags on the recorded sample.
    pub flags: BTreeSet<String>,
    /// Whether administrative rights were taken away.
    pub deny_admin: bool,
    /// Whether Spacelift records this decision as a sample.
    pub sample: bool,
    /// What led there, by the ids of a policy of ours; empty for another's policy.
    pub because: Because,
}

/// The entries of the mapping that led to a decision, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// Grants that give something now, whether or not the login is refused.
    pub grants: BTreeSet<String>,
    /// Entries that make an account admin.
    pub admins: BTreeSet<String>,
    /// What refuses the login: `gate`, `offboarded`, `unidentified`, or the id of a denial.
    pub refusals: BTreeSet<String>,
    /// Denials of administrative rights.
    pub admin_refusals: BTreeSet<String>,
}

/// A policy that does not parse, or fails while it is evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluateError {
    /// The engine's words.
    pub message: String,
}

impl std::fmt::Display for EvaluateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EvaluateError {}

/// The longest line that is given to the engine, in bytes: fewer than its columns by more than a line's tabs add.
const LONGEST_LINE: usize = 1_000_000;

/// A policy, ready to decide.
pub struct Evaluator {
    engine: regorus::Engine,
}

/// One question for all outputs: each in a list, which is empty where the output is undefined. The helper rules of our own
/// texts are asked for in the same way, so that another's policy answers too.
const QUESTION: &str = r#"package liftgate
answer := {
    "allow": [x | x := data.spacelift.allow],
    "admin": [x | x := data.spacelift.admin],
    "deny": [x | x := data.spacelift.deny],
    "deny_admin": [x | x := data.spacelift.deny_admin],
    "roles": [x | x := data.spacelift.roles],
    "team": [x | x := data.spacelift.team],
    "flag": [x | x := data.spacelift.flag],
    "sample": [x | x := data.spacelift.sample],
    "space_admin": [x | x := data.spacelift.space_admin],
    "space_write": [x | x := data.spacelift.space_write],
    "space_read": [x | x := data.spacelift.space_read],
    "grants": [row.id | row := data.spacelift.live[_]],
    "admins": [x | x := data.spacelift.admin_reasons],
    "refusals": [x | x := data.spacelift.refusals],
    "admin_refusals": [x | x := data.spacelift.admin_refusals]
}"#;

impl Evaluator {
    /// Parses and prepares a policy in Rego v1.
    ///
    /// # Errors
    /// As [`Evaluator::of`].
    pub fn new(text: &str) -> Result<Self, EvaluateError> {
        Self::of(text, Dialect::V1)
    }

    /// Parses and prepares a policy, read as the dialect says.
    ///
    /// # Errors
    /// When the text is not Rego as regorus reads it, is over 16 MiB, or has a line over 1 MB; for v0, also when it uses a
    /// keyword that it does not import.
    pub fn of(text: &str, dialect: Dialect) -> Result<Self, EvaluateError> {
        engine(text, dialect, "login.rego", PREAMBLE, QUESTION).map(|engine| Self { engine })
    }

    /// The same of a text that somebody else wrote, who may call variables as outputs are called.
    ///
    /// # Errors
    /// As [`Evaluator::of`]; and where regorus would not mean what OPA does by a name.
    pub(crate) fn foreign(text: &str, dialect: Dialect) -> Result<Self, EvaluateError> {
        let preamble = without(PREAMBLE, &keywords::hidden(text, &OUTPUTS)?);
        engine(text, dialect, "login.rego", &preamble, QUESTION).map(|engine| Self { engine })
    }

    /// Decides one input.
    ///
    /// # Errors
    /// When the policy fails on it, or an output has another type than Spacelift lets it have.
    pub fn decide(&mut self, input: &Value) -> Result<Decision, EvaluateError> {
        let answer: Answer = ask(&mut self.engine, input)?;
        Ok(answer.decision())
    }

    /// Whether the policy denies an input outright. Where an account has several login policies, that counts whatever the
    /// others say, while one that merely does not allow does not. Source: documentation, policies.
    ///
    /// # Errors
    /// When the policy fails on it.
    pub fn denies(&mut self, input: &Value) -> Result<bool, EvaluateError> {
        let input = regorus::Value::from_json_str(&as_opa_reads(input).to_string())
            .map_err(|error| failure(&error))?;
        self.engine.set_input(input);
        self.engine
            .eval_rule("data.spacelift.deny".to_string())
            .map(|answer| answer == regorus::Value::Bool(true))
            .map_err(|error| failure(&error))
    }
}

/// What the policy of an engine answers to the question about an input.
fn ask<T: DeserializeOwned>(
    engine: &mut regorus::Engine,
    input: &Value,
) -> Result<T, EvaluateError> {
    let input = regorus::Value::from_json_str(&as_opa_reads(input).to_string())
        .map_err(|error| failure(&error))?;
    engine.set_input(input);
    // A rule is parsed once, where a query is parsed every time.
    let answer = engine
        .eval_rule("data.liftgate.answer".to_string())
        .map_err(|error| failure(&error))?;
    if answer == regorus::Value::Undefined {
        return Err(EvaluateError {
            message: "the policy gives no answer".to_string(),
        });
    }
    let json = answer.to_json_str().map_err(|error| failure(&error))?;
    serde_json::from_str(&json).map_err(|error| EvaluateError {
        message: format!("an output has a type that Spacelift does not take: {error}"),
    })
}

/// A module before a policy, without some of the rules that it has.
fn without<'p>(preamble: &'p str, rules: &BTreeSet<&str>) -> Cow<'p, str> {
    if rules.is_empty() {
        return Cow::Borrowed(preamble);
    }
    let is_of = |line: &str| {
        let line = line.trim_start().trim_start_matches("default ");
        let name = line.trim_start_matches('"');
        let end = name.find(|c: char| c != '_' && !c.is_alphanumeric());
        rules.contains(name.get(..end.unwrap_or(name.len())).unwrap_or_default())
    };
    let mut kept: Vec<String> = Vec::new();
    for rule in preamble.split("\n\n").filter(|rule| !is_of(rule)) {
        // Of the one that has them all, what is gone goes too.
        let lines: Vec<&str> = rule.lines().filter(|line| !is_of(line)).collect();
        kept.push(lines.join("\n"));
    }
    Cow::Owned(format!("{}\n", kept.join("\n\n")))
}

/// An engine with Spacelift's module, a policy, and the question that is asked of it.
fn engine(
    text: &str,
    dialect: Dialect,
    name: &str,
    preamble: &str,
    question: &str,
) -> Result<regorus::Engine, EvaluateError> {
    if dialect == Dialect::V0 {
        keywords::imported(text)?;
    }
    // The engine refuses such a line in words that it cannot lay out, and panics.
    if let Some(at) = text.lines().position(|line| line.len() > LONGEST_LINE) {
        return Err(EvaluateError {
            message: format!("line {} is longer than {LONGEST_LINE} bytes", at + 1),
        });
    }
    let mut engine = regorus::Engine::new();
    engine.set_policy_length_config(regorus::PolicyLengthConfig {
        max_col: NonZeroU32::new(1 << 20).unwrap_or(NonZeroU32::MIN),
        max_file_bytes: NonZeroUsize::new(16 << 20).unwrap_or(NonZeroUsize::MIN),
        max_lines: NonZeroUsize::new(1_000_000).unwrap_or(NonZeroUsize::MIN),
    });
    // As in Spacelift: a built-in that fails is undefined.
    engine.set_strict_builtin_errors(false);
    engine
        .add_policy("preamble.rego".to_string(), preamble.to_string())
        .map_err(|error| failure(&error))?;
    engine
        .add_policy("question.rego".to_string(), question.to_string())
        .map_err(|error| failure(&error))?;
    // For what is added from here on.
    engine.set_rego_v0(dialect == Dialect::V0);
    engine
        .add_policy(name.to_string(), text.to_string())
        .map_err(|error| failure(&error))?;
    Ok(engine)
}

/// Numbers of an input that a policy compares.
const NUMBERS: [&str; 3] = [
    "/request/timestamp_ns",
    "/stack/tracked_commit/created_at",
    "/stack/tracked_commit/pull_request_id",
];

/// OPA keeps a number's spelling, and its time functions take no `1.7e18`; regorus makes an integer of it. A number spelt so is
/// handed over as text, which no engine takes for a time.
fn as_opa_reads(input: &Value) -> Cow<'_, Value> {
    let spelt = |input: &Value, place: &str| match input.pointer(place) {
        Some(Value::Number(number)) if number.is_f64() => Some(number.to_string()),
        _ => None,
    };
    let mut read = Cow::Borrowed(input);
    for place in NUMBERS {
        if let Some(text) = spelt(input, place)
            && let Some(number) = read.to_mut().pointer_mut(place)
        {
            *number = Value::String(text);
        }
    }
    read
}

#[derive(Deserialize)]
struct Answer {
    allow: Vec<bool>,
    admin: Vec<bool>,
    deny: Vec<bool>,
    deny_admin: Vec<bool>,
    roles: Vec<BTreeMap<String, Slugs>>,
    team: Vec<BTreeSet<String>>,
    flag: Vec<BTreeSet<String>>,
    sample: Vec<bool>,
    space_admin: Vec<BTreeSet<String>>,
    space_write: Vec<BTreeSet<String>>,
    space_read: Vec<BTreeSet<String>>,
    grants: Vec<String>,
    admins: Vec<BTreeSet<String>>,
    refusals: Vec<BTreeSet<String>>,
    admin_refusals: Vec<BTreeSet<String>>,
}

/// Roles of a space: a set in v1, an object of true values in v0.
#[derive(Deserialize)]
#[serde(untagged)]
enum Slugs {
    Set(BTreeSet<String>),
    Object(BTreeMap<String, bool>),
}

impl Answer {
    fn decision(self) -> Decision {
        let is = |values: &[bool]| values.first().copied().unwrap_or(false);
        let set = |values: Vec<BTreeSet<String>>| values.into_iter().next().unwrap_or_default();
        let deny_admin = is(&self.deny_admin);
        let login = if is(&self.deny) {
            Login::Deny
        } else if is(&self.admin) && !deny_admin {
            Login::Admin
        } else if is(&self.allow) || is(&self.admin) {
            Login::Allow
        } else {
            Login::Deny
        };
        let mut roles: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        if login != Login::Deny {
            for (space, slugs) in self.roles.into_iter().next().unwrap_or_default() {
                let slugs: BTreeSet<String> = match slugs {
                    Slugs::Set(slugs) => slugs,
                    Slugs::Object(slugs) => slugs
                        .into_iter()
                        .filter_map(|(slug, held)| held.then_some(slug))
                        .collect(),
                };
                if !slugs.is_empty() {
                    roles.entry(space).or_default().extend(slugs);
                }
            }
            // The older grants by level became the built-in roles. Source: documentation, spaces and roles.
            for (spaces, slug) in [
                (self.space_admin, "space-admin"),
                (self.space_write, "space-writer"),
                (self.space_read, "space-reader"),
            ] {
                for space in set(spaces) {
                    roles.entry(space).or_default().insert(slug.to_string());
                }
            }
        }
        Decision {
            login,
            roles,
            teams: set(self.team),
            flags: set(self.flag),
            deny_admin,
            sample: is(&self.sample),
            because: Because {
                grants: self.grants.into_iter().collect(),
                admins: set(self.admins),
                refusals: set(self.refusals),
                admin_refusals: set(self.admin_refusals),
            },
        }
    }
}

/// regorus quotes the source in its errors; the first line that says `error:` says what is wrong.
fn failure(error: &impl std::fmt::Display) -> EvaluateError {
    let text = error.to_string();
    let place = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("--> "))
        .unwrap_or_default();
    let what = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("error: "))
        .unwrap_or_else(|| text.trim());
    EvaluateError {
        message: if place.is_empty() {
            what.to_string()
        } else {
            format!("{place}: {what}")
        },
    }
}

#[cfg(test)]
mod tests;

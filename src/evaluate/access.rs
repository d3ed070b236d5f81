//! The text of an access policy and an input -> what somebody may do with one stack.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EvaluateError, ask, engine, keywords, without};
use crate::model::Dialect;

/// The module that stands before an access policy: every output has a default. Source: documentation, access policies.
pub const PREAMBLE: &str = include_str!("../../templates/access-preamble.rego");

/// What that module defines.
const OUTPUTS: [&str; 6] = ["deny", "deny_write", "read", "result", "sample", "write"];

/// An access policy's answer about one stack or module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Whether it may be seen.
    pub read: bool,
    /// Whether it may be changed, and so seen.
    pub write: bool,
    /// Whether nothing may be done, whatever this or another policy says.
    pub deny: bool,
    /// Whether it may not be changed, whatever this or another policy says.
    pub deny_write: bool,
    /// Whether Spacelift records this decision as a sample.
    pub sample: bool,
    /// What led there, by the ids of a policy of ours; empty for another's policy.
    pub because: Because,
}

/// The entries that led to a decision, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// Entries that let somebody read.
    pub read: BTreeSet<String>,
    /// Entries that let somebody write.
    pub write: BTreeSet<String>,
    /// Denials of everything.
    pub deny: BTreeSet<String>,
    /// Denials of writing.
    pub deny_write: BTreeSet<String>,
}

/// What somebody may do with a stack or a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing.
    None,
    /// See it.
    Read,
    /// See and change it.
    Write,
}

impl Level {
    /// Every level, by the word for it.
    pub const WORDS: [(&'static str, Self); 3] = [
        ("none", Self::None),
        ("read", Self::Read),
        ("write", Self::Write),
    ];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// What all policies of a stack come to: a denial of one is a denial, and each adds to the others.
    #[must_use]
    pub fn of<'a>(all: impl IntoIterator<Item = &'a Access>) -> Self {
        let (mut read, mut write, mut deny, mut deny_write) = (false, false, false, false);
        for one in all {
            read |= one.read;
            write |= one.write;
            deny |= one.deny;
            deny_write |= one.deny_write;
        }
        match (deny, write && !deny_write, read) {
            (true, _, _) => Self::None,
            (false, true, _) => Self::Write,
            (false, false, true) => Self::Read,
            (false, false, false) => Self::None,
        }
    }
}

/// An access policy, ready to decide.
pub struct AccessEvaluator {
    engine: regorus::Engine,
}

const QUESTION: &str = r#"package liftgate
answer := {
    "read": [x | x := data.spacelift.read],
    "write": [x | x := data.spacelift.write],
    "deny": [x | x := data.spacelift.deny],
    "deny_write": [x | x := data.spacelift.deny_write],
    "sample": [x | x := data.spacelift.sample],
    "readings": [x | x := data.spacelift.readings],
    "writings": [x | x := data.spacelift.writings],
    "refusals": [x | x := data.spacelift.refusals],
    "write_refusals": [x | x := data.spacelift.write_refusals]
}"#;

impl AccessEvaluator {
    /// Parses and prepares an access policy, read as the dialect says.
    ///
    /// # Errors
    /// As [`super::Evaluator::of`].
    pub fn of(text: &str, dialect: Dialect) -> Result<Self, EvaluateError> {
        engine(text, dialect, "access.rego", PREAMBLE, QUESTION).map(|engine| Self { engine })
    }

    /// The same of a text that somebody else wrote, who may call variables as outputs are called.
    ///
    /// # Errors
    /// As [`super::Evaluator::foreign`].
    pub(crate) fn foreign(text: &str, dialect: Dialect) -> Result<Self, EvaluateError> {
        let preamble = without(PREAMBLE, &keywords::hidden(text, &OUTPUTS)?);
        engine(text, dialect, "access.rego", &preamble, QUESTION).map(|engine| Self { engine })
    }

    /// Decides one input: a session or a request from Slack, and a stack or a module.
    ///
    /// # Errors
    /// When the policy fails on it, or an output has another type than Spacelift lets it have.
    pub fn decide(&mut self, input: &Value) -> Result<Access, EvaluateError> {
        let answer: Answer = ask(&mut self.engine, input)?;
        Ok(answer.access())
    }
}

#[derive(Deserialize)]
struct Answer {
    read: Vec<bool>,
    write: Vec<bool>,
    deny: Vec<bool>,
    deny_write: Vec<bool>,
    sample: Vec<bool>,
    readings: Vec<BTreeSet<String>>,
    writings: Vec<BTreeSet<String>>,
    refusals: Vec<BTreeSet<String>>,
    write_refusals: Vec<BTreeSet<String>>,
}

impl Answer {
    fn access(self) -> Access {
        let is = |values: &[bool]| values.first().copied().unwrap_or(false);
        let set = |values: Vec<BTreeSet<String>>| values.into_iter().next().unwrap_or_default();
        Access {
            read: is(&self.read),
            write: is(&self.write),
            deny: is(&self.deny),
            deny_write: is(&self.deny_write),
            sample: is(&self.sample),
            because: Because {
                read: set(self.readings),
                write: set(self.writings),
                deny: set(self.refusals),
                deny_write: set(self.write_refusals),
            },
        }
    }
}

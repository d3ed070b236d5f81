//! The model's reading beside what a text decides.

use std::fmt;

use serde::Serialize;

use super::Decision;
use crate::evaluate;

/// The mapping means one thing and its policy's text decides another: a mistake of this program, and no decision to rely on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// What the mapping means, as JSON.
    pub meant: String,
    /// What the text decides, as JSON.
    pub decided: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the mapping means `{}`, but its policy decides `{}`",
            self.meant, self.decided
        )
    }
}

impl std::error::Error for Disagreement {}

impl Decision {
    /// Holds a decision of the policy's text against this one: what is decided, and which entries led there.
    ///
    /// # Errors
    /// When they differ in anything.
    pub fn agrees_with(&self, text: &evaluate::Decision) -> Result<(), Disagreement> {
        let told = Self {
            login: text.login,
            roles: text.roles.clone(),
            teams: text.teams.clone(),
            deny_admin: text.deny_admin,
            sample: text.sample,
            because: text.because.clone(),
        };
        // Our texts say on the sample why they refuse, and nothing else.
        if *self == told && text.flags == text.because.refusals {
            return Ok(());
        }
        Err(Disagreement {
            meant: json(self),
            decided: json(text),
        })
    }
}

pub(super) fn json(decision: &impl Serialize) -> String {
    serde_json::to_string(decision).unwrap_or_else(|error| error.to_string())
}

//! Of whom entries speak, asked of a session without its place and time: what remains is for conditions and dates to say.

use serde_json::Value;

use super::facts::Facts;
use super::subject::Asked;
use super::truth::Truth;
use crate::model::{Model, Subject};

/// A session, read once, to be asked about many subjects.
pub struct Session<'a> {
    asked: Asked<'a>,
}

impl<'a> Session<'a> {
    /// The session of an input.
    #[must_use]
    pub fn of(model: &'a Model, input: &'a Value) -> Self {
        Self {
            asked: Asked {
                model,
                facts: Facts::read(input, model.login.no_groups),
            },
        }
    }

    /// The login, where it has one.
    #[must_use]
    pub fn login(&self) -> Option<&'a str> {
        self.asked.facts.login
    }

    /// Whether the subject of a grant means it: people who are members, unless it says otherwise.
    #[must_use]
    pub fn is_granted(&self, who: &Subject) -> Truth {
        self.asked.holds_for_a_grant(who)
    }

    /// Whether the subject of an entry of `login.admin` means it.
    #[must_use]
    pub fn is_admin(&self, who: &Subject) -> Truth {
        self.asked.holds_for_an_admin(who)
    }

    /// Whether a subject means it, be it a person's or not: the gate and denials ask so.
    #[must_use]
    pub fn is_meant(&self, who: &Subject) -> Truth {
        self.asked.holds(who)
    }

    /// Whether no denial touches it.
    #[must_use]
    pub fn is_break_glass(&self) -> bool {
        self.asked.is_break_glass()
    }
}

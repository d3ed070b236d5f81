//! What a resolver is given, and what it may say.

use serde::Serialize;
use serde_json::Value;

use super::Evaluate;
use super::args::Args;
use super::source::{Source, ulid};
use super::state::{Session, State};

/// Why a field has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fail(pub(crate) String);

impl Fail {
    /// No token, a bad one, or no right to this: the API does not tell these apart.
    pub(crate) fn unauthorized() -> Fail {
        Fail("unauthorized".to_owned())
    }

    /// There is no such thing.
    pub(crate) fn missing(what: &str) -> Fail {
        Fail(format!("{what} not found"))
    }
}

impl From<&str> for Fail {
    fn from(text: &str) -> Fail {
        Fail(text.to_owned())
    }
}

/// The answer of a field: JSON whose objects still get their computed fields when they are read out.
pub(crate) type Answer = Result<Value, Fail>;

/// Any part of the state as an answer.
pub(crate) fn show<T: Serialize>(part: T) -> Answer {
    serde_json::to_value(part).map_err(|error| Fail(error.to_string()))
}

/// What a query works on.
pub(crate) struct Look<'a> {
    pub(crate) state: &'a State,
    pub(crate) caller: &'a Session,
    pub(crate) now: i64,
}

/// What a mutation works on.
pub(crate) struct Act<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) caller: Session,
    pub(crate) source: &'a dyn Source,
    pub(crate) evaluator: Option<&'a dyn Evaluate>,
    pub(crate) endpoint: &'a str,
    /// What to answer although something was done that stays done.
    pub(crate) refusal: Option<Fail>,
}

impl Act<'_> {
    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.source.millis() / 1000
    }

    /// A new id.
    pub(crate) fn id(&self) -> String {
        ulid(self.source)
    }

    /// Ends all sessions but the caller's, as the service does after a change of who may come in.
    pub(crate) fn end_other_sessions(&mut self) {
        let own = &self.caller.id;
        self.state.sessions.retain(|id, _| id == own);
    }
}

/// A field of the root query.
pub(crate) type Reader = fn(&Look<'_>, &Args) -> Answer;

/// A field of the root mutation.
pub(crate) type Writer = fn(&mut Act<'_>, &Args) -> Answer;

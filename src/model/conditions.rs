//! Conditions of place and time, and tests of them.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Network;
use crate::source::Span;

/// `when` or `unless`, over conditions' names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// A condition holds.
    Condition(String),
    /// All hold.
    All(Vec<Test>),
    /// One holds.
    Any(Vec<Test>),
}

/// A condition; what is given must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The address lies in one of these.
    pub networks: Option<Vec<Network>>,
    /// The time lies in this.
    pub hours: Option<Hours>,
    /// Its declaration.
    pub span: Span,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    /// Monday first.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The day after.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Monday => Self::Tuesday,
            Self::Tuesday => Self::Wednesday,
            Self::Wednesday => Self::Thursday,
            Self::Thursday => Self::Friday,
            Self::Friday => Self::Saturday,
            Self::Saturday => Self::Sunday,
            Self::Sunday => Self::Monday,
        }
    }

    /// The English name, as Rego's `time.weekday` says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Monday => "Monday",
            Self::Tuesday => "Tuesday",
            Self::Wednesday => "Wednesday",
            Self::Thursday => "Thursday",
            Self::Friday => "Friday",
            Self::Saturday => "Saturday",
            Self::Sunday => "Sunday",
        }
    }
}

/// Wall-clock time on days of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// The days on which a window starts.
    pub days: BTreeSet<Day>,
    /// Half-open ranges of minutes of a day, `(from, until)`: 0..=1439 and 1..=1440; one that ends before it starts goes over
    /// midnight.
    pub ranges: Vec<(u16, u16)>,
    /// IANA name.
    pub zone: String,
}

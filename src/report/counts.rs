//! How much a mapping says.

use std::fmt;

use serde::Serialize;

use crate::model::FIXED_SPACES;
use crate::project::Compiled;

/// Numbers of what a mapping declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Spaces, without root and legacy.
    pub spaces: usize,
    /// Groups.
    pub groups: usize,
    /// Grants.
    pub grants: usize,
    /// Fixture identities.
    pub identities: usize,
    /// Tests.
    pub tests: usize,
    /// People of the directory snapshot, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<usize>,
}

/// Counts a compiled mapping.
#[must_use]
pub fn of(compiled: &Compiled) -> Counts {
    let model = &compiled.model;
    Counts {
        spaces: model.spaces.len().saturating_sub(FIXED_SPACES.len()),
        groups: model.groups.len(),
        grants: model.grants.len(),
        identities: compiled.fixtures.identities.len(),
        tests: compiled.fixtures.cases.len(),
        people: compiled
            .directory
            .as_ref()
            .map(|directory| directory.people.len()),
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {}, {}, {}, {}",
            number(self.spaces, "space"),
            number(self.groups, "group"),
            number(self.grants, "grant"),
            identities(self.identities),
            number(self.tests, "test"),
        )?;
        match self.people {
            Some(count) => write!(f, ", {} of the directory", people(count)),
            None => Ok(()),
        }
    }
}

/// A number of people.
#[must_use]
pub fn people(count: usize) -> String {
    if count == 1 {
        "1 person".to_string()
    } else {
        format!("{count} people")
    }
}

/// A number of identities.
#[must_use]
pub fn identities(count: usize) -> String {
    if count == 1 {
        "1 identity".to_string()
    } else {
        format!("{count} identities")
    }
}

/// A number with its noun.
#[must_use]
pub fn number(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

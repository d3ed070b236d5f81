//! Guards that somebody sets aside by name, with a reason that stays in the plan.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::diagnostic::nearest;

use super::guards::quoted;
use super::{Guard, Refusal};

/// How long a reason may be, in bytes.
const LONGEST: usize = 500;

/// A guard that is set aside, and by what right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Which guard.
    pub guard: Guard,
    /// Why.
    pub why: String,
    /// What it would have refused the push for; nothing where nobody needs it.
    #[serde(default)]
    pub refusals: Vec<Refusal>,
}

/// Why a text is no override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverrideError {
    /// Not of the form `GUARD=WHY`.
    Form,
    /// Says no reason.
    NoReason,
    /// The reason has line breaks, or is too long.
    BadReason,
    /// Names no guard; with the nearest one.
    Unknown(String, Option<&'static str>),
    /// Names a guard that cannot be set aside.
    Fixed(Guard),
    /// Names a guard twice.
    Twice(Guard),
}

impl fmt::Display for OverrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("write the guard and the reason, as in `people-lose-access=the team is dissolved, HR-12`"),
            Self::NoReason => f.write_str("say why, as in `people-lose-access=the team is dissolved, HR-12`"),
            Self::BadReason => write!(f, "the reason must be one line of at most {LONGEST} bytes"),
            Self::Unknown(name, near) => {
                write!(f, "no guard is called {}", quoted(name))?;
                if let Some(near) = near {
                    return write!(f, "; did you mean `{near}`?");
                }
                let all = Guard::ALL.iter().filter(|guard| guard.is_overridable());
                let all: Vec<String> = all.map(|guard| format!("`{guard}`")).collect();
                write!(f, "; those that can be set aside are {}", all.join(", "))
            }
            Self::Fixed(guard) => write!(f, "`{guard}` cannot be set aside: {}", guard.remedy()),
            Self::Twice(guard) => write!(f, "`{guard}` is set aside twice; give one reason"),
        }
    }
}

impl std::error::Error for OverrideError {}

impl FromStr for Override {
    type Err = OverrideError;

    fn from_str(text: &str) -> Result<Self, OverrideError> {
        let (name, why) = match text.split_once('=') {
            Some(parts) => parts,
            // A guard without a reason is told apart from something that is no guard.
            None => (text, ""),
        };
        let name = name.trim();
        let Some(guard) = Guard::ALL
            .iter()
            .find(|guard| guard.code() == name)
            .copied()
        else {
            if !text.contains('=') {
                return Err(OverrideError::Form);
            }
            let codes = Guard::ALL.iter().filter(|guard| guard.is_overridable());
            let near = nearest(name, codes.map(|guard| guard.code()));
            return Err(OverrideError::Unknown(name.to_string(), near));
        };
        if !guard.is_overridable() {
            return Err(OverrideError::Fixed(guard));
        }
        let why = why.trim();
        if why.is_empty() {
            return Err(OverrideError::NoReason);
        }
        if why.len() > LONGEST || why.contains(char::is_control) {
            return Err(OverrideError::BadReason);
        }
        Ok(Self {
            guard,
            why: why.to_string(),
            refusals: Vec::new(),
        })
    }
}

impl Override {
    /// In the order of guards, each once.
    ///
    /// # Errors
    /// When a guard is there twice.
    pub fn all(given: &[Self]) -> Result<Vec<Self>, OverrideError> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = given.iter().find(|one| !seen.insert(one.guard)) {
            return Err(OverrideError::Twice(twice.guard));
        }
        let mut all = given.to_vec();
        all.sort_by_key(|one| one.guard);
        Ok(all)
    }

    /// What was asked for, without what it set aside.
    #[must_use]
    pub fn asked(&self) -> Self {
        Self {
            guard: self.guard,
            why: self.why.clone(),
            refusals: Vec::new(),
        }
    }
}

/// The refusals that are left, and each override with what it set aside.
pub(super) fn apply(
    refusals: Vec<Refusal>,
    given: &[Override],
    notes: &mut BTreeSet<String>,
) -> (Vec<Refusal>, Vec<Override>) {
    let mut overrides: Vec<Override> = given.to_vec();
    let mut left = Vec::new();
    for refusal in refusals {
        let by = overrides
            .iter_mut()
            .find(|one| one.guard == refusal.code && one.guard.is_overridable());
        match by {
            Some(by) => by.refusals.push(refusal),
            None => left.push(refusal),
        }
    }
    for one in overrides.iter().filter(|one| one.refusals.is_empty()) {
        notes.insert(format!(
            "nothing needs `--override {}`: the guard refuses nothing",
            one.guard
        ));
    }
    (left, overrides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_names_a_guard_and_a_reason() {
        let read = |text: &str| text.parse::<Override>();
        let one = read("people-lose-access= the team is dissolved = HR-12 ").unwrap();
        assert_eq!(one.guard, Guard::PeopleLoseAccess);
        assert_eq!(one.why, "the team is dissolved = HR-12");
        let told = |text: &str| read(text).unwrap_err().to_string();
        assert!(told("people-lose-acces=x").ends_with("did you mean `people-lose-access`?"));
        assert!(
            told("nonsense=x")
                .contains("those that can be set aside are `not-simulated`, `people-lose-access`")
        );
        assert!(told("nonsense").starts_with("write the guard and the reason"));
        for empty in [
            "people-lose-access",
            "people-lose-access=",
            "people-lose-access=  ",
        ] {
            assert_eq!(read(empty), Err(OverrideError::NoReason), "{empty}");
        }
        assert_eq!(
            read("people-lose-access=a\nb"),
            Err(OverrideError::BadReason)
        );
        let long = format!("people-lose-access={}", "x".repeat(501));
        assert_eq!(read(&long), Err(OverrideError::BadReason));
        let long = format!("people-lose-access={}", "x".repeat(500));
        assert!(read(&long).is_ok());
    }

    #[test]
    fn a_guard_of_facts_cannot_be_set_aside_and_says_what_to_do() {
        for guard in Guard::ALL.iter().filter(|guard| !guard.is_overridable()) {
            let error = format!("{guard}=x").parse::<Override>().unwrap_err();
            assert_eq!(error, OverrideError::Fixed(*guard));
            assert!(
                error.to_string().contains("cannot be set aside: "),
                "{error}"
            );
        }
    }

    #[test]
    fn each_guard_is_set_aside_once() {
        let one: Override = "too-few-admins=a".parse().unwrap();
        let other: Override = "people-lose-access=b".parse().unwrap();
        let all = Override::all(&[one.clone(), other.clone()]).unwrap();
        assert_eq!(all, Override::all(&[other, one.clone()]).unwrap());
        assert_eq!(
            Override::all(&[one.clone(), one]),
            Err(OverrideError::Twice(Guard::TooFewAdmins))
        );
    }
}

//! Why there is no plan.

use std::fmt;

use crate::evaluate::EvaluateError;
use crate::spacelift::Error;

use super::quoted;

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanError {
    /// The account could not be read.
    Account(Error),
    /// The mapping's own policy does not evaluate.
    Policy(EvaluateError),
    /// The mapping's own policy fails on a probe.
    Probe {
        /// The probe's name.
        probe: String,
        /// The engine's words.
        message: String,
    },
    /// The mapping's own policy does not render in the other dialect.
    Render(String),
}

impl PlanError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Account(error) => error.hint(),
            Self::Policy(_) | Self::Probe { .. } | Self::Render(_) => {
                "the text is liftgate's own, so this is worth a bug report".to_string()
            }
        }
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(error) => error.fmt(f),
            Self::Render(message) => f.write_str(message),
            Self::Policy(error) => write!(f, "the mapping's policy cannot be evaluated: {error}"),
            Self::Probe { probe, message } => {
                write!(
                    f,
                    "the mapping's policy cannot be evaluated for {}: {message}",
                    quoted(probe)
                )
            }
        }
    }
}

impl std::error::Error for PlanError {}

impl From<Error> for PlanError {
    fn from(error: Error) -> Self {
        Self::Account(error)
    }
}

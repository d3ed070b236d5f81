//! Logic with a third value: what the input does not say is neither true nor false.

use std::ops::{BitAnd, BitOr, Not};

use serde::Serialize;

/// Whether something holds, as far as the input says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// Surely not.
    No,
    /// It cannot be known.
    Unknown,
    /// Surely.
    Yes,
}

impl Truth {
    /// Whether it is certain. What helps whoever signs in needs this.
    #[must_use]
    pub fn is_sure(self) -> bool {
        self == Self::Yes
    }

    /// Whether it cannot be ruled out. What is against whoever signs in needs no more than this.
    #[must_use]
    pub fn is_possible(self) -> bool {
        self != Self::No
    }

    /// Whether all hold; so it is where there are none.
    pub fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        truths.into_iter().fold(Self::Yes, BitAnd::bitand)
    }

    /// Whether one holds; so it is not where there are none.
    pub fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        truths.into_iter().fold(Self::No, BitOr::bitor)
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl BitAnd for Truth {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.min(other)
    }
}

impl BitOr for Truth {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.max(other)
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }
}

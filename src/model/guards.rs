//! How much one push may take away.

/// The limits of a mapping, each with a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guards {
    /// How many people may lose anything at once.
    pub max_people_losing_access: MostPeople,
    /// How many people may stop administering the account at once.
    pub max_admins_losing_access: usize,
    /// How many people must administer the account afterwards.
    pub min_admins: usize,
    /// Of how many of the account's active logins, in percent, it must be known what they lose.
    pub min_coverage: u8,
    /// How old a snapshot of the directory may be, in nanoseconds.
    pub max_directory_age: i64,
}

/// How many people may lose something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MostPeople {
    /// A tenth of those known, but at least one and at most five.
    Usual,
    /// This many.
    Count(usize),
    /// This many in a hundred of those known.
    Share(u8),
}

impl MostPeople {
    /// How many that is, where so many are known.
    #[must_use]
    pub fn of(self, known: usize) -> usize {
        match self {
            Self::Usual => (known / 10).clamp(1, 5),
            Self::Count(count) => count,
            Self::Share(percent) => known.saturating_mul(usize::from(percent)) / 100,
        }
    }
}

impl Guards {
    /// A week.
    pub const MAX_DIRECTORY_AGE: i64 = 7 * 86_400_000_000_000;
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            max_people_losing_access: MostPeople::Usual,
            max_admins_losing_access: 0,
            min_admins: 2,
            min_coverage: 80,
            max_directory_age: Self::MAX_DIRECTORY_AGE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_limit_is_a_tenth_but_neither_none_nor_many() {
        for (known, most) in [
            (0, 1),
            (3, 1),
            (19, 1),
            (20, 2),
            (49, 4),
            (50, 5),
            (100_000, 5),
        ] {
            assert_eq!(MostPeople::Usual.of(known), most, "{known}");
        }
        assert_eq!(MostPeople::Count(0).of(100), 0);
        assert_eq!(MostPeople::Share(25).of(10), 2);
        assert_eq!(MostPeople::Share(0).of(10), 0);
        assert_eq!(MostPeople::Share(100).of(10), 10);
    }
}

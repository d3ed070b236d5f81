//! What is good to know about the account before a push, beside what refuses one.

use std::collections::BTreeSet;

use crate::evaluate::Login;
use crate::spacelift::{Account, Error, ReadAccount};

use super::{Effect, quoted};

/// The versions of OPA that the test-suite compares every policy with, from the oldest to the newest.
pub const TESTED_OPA: [&str; 2] = ["0.57.0", "1.22.2"];

/// Says that the account evaluates policies by a version that nothing was tried with.
pub(super) fn engine(account: &Account, notes: &mut BTreeSet<String>) {
    let Some(version) = &account.opa else {
        return;
    };
    let [oldest, newest] = TESTED_OPA;
    let is_tested = match (numbers(version), numbers(oldest), numbers(newest)) {
        (Some(is), Some(oldest), Some(newest)) => (oldest..=newest).contains(&is),
        _ => false,
    };
    if !is_tested {
        notes.insert(format!(
            "the account evaluates policies with OPA {}, and this release was tested with {oldest} to {newest}; what the simulation says counts",
            quoted(version)
        ));
    }
}

/// Major, minor and patch. What comes after them, such as a release candidate, is no part of it.
fn numbers(version: &str) -> Option<(u32, u32, u32)> {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
    let mut next = || parts.next()?.parse().ok();
    Some((next()?, next()?, next()?))
}

/// Says how many seats are left, where the plan lets in people who could not sign in. A seat is taken at the first sign-in of a
/// month (documentation: user management), so those who are let in need not take one now.
pub(super) fn seats(
    effects: &[Effect],
    account: &dyn ReadAccount,
    notes: &mut BTreeSet<String>,
) -> Result<(), Error> {
    let let_in: BTreeSet<&str> = effects
        .iter()
        .filter(|effect| matches!(effect.login_change, Some((Login::Deny, _))))
        .map(|effect| effect.identity.as_str())
        .collect();
    if let_in.is_empty() {
        return Ok(());
    }
    let seats = match account.seats() {
        Ok(Some(seats)) => seats,
        Ok(None) => return Ok(()),
        Err(Error::NotAllowed { .. } | Error::Refused { .. }) => {
            notes.insert(
                "the seats that are left could not be counted: the token may not read them"
                    .to_string(),
            );
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if let Some(left) = seats.user.left() {
        notes.insert(format!(
            "{} of the account's seats for people {} left, and {} newly let in; without a seat nobody signs in",
            left,
            if left == 1 { "is" } else { "are" },
            match let_in.len() {
                1 => "1 identity is".to_string(),
                count => format!("{count} identities are"),
            }
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::fake::{Fake, Mapping};
    use super::super::plan;
    use super::*;
    use crate::evaluate::foreign::InProcess;
    use crate::spacelift::{SeatUsage, Seats};

    fn notes(fake: &Fake) -> Vec<String> {
        let plan = plan(&Mapping::new().desired(), fake, &InProcess).unwrap();
        assert_eq!(plan.refusals, vec![]);
        plan.notes
    }

    #[test]
    fn a_version_that_was_not_tested_is_told_of() {
        for (version, told) in [
            ("0.57.0", false),
            ("v1.4.2", false),
            ("1.22.2", false),
            ("1.22.3", true),
            ("0.56.9", true),
            ("2.0.0", true),
            ("next", true),
            ("1.4", true),
        ] {
            let mut fake = Fake::new();
            fake.account.opa = Some(version.into());
            let notes = notes(&fake);
            let found = notes.iter().any(|note| note.contains("OPA `"));
            assert_eq!(found, told, "{version}: {notes:?}");
        }
    }

    /// The versions that are told are those that the programs with real OPA are built with.
    #[test]
    fn the_versions_are_those_of_the_verdicts() {
        for (folder, version) in ["oldest", "newest"].into_iter().zip(TESTED_OPA) {
            let path = format!("{}/tests/opa/{folder}/go.mod", env!("CARGO_MANIFEST_DIR"));
            let module = std::fs::read_to_string(path).unwrap();
            let wanted = format!("github.com/open-policy-agent/opa v{version}");
            assert!(module.contains(&wanted), "{folder}");
        }
    }

    #[test]
    fn seats_are_told_of_where_somebody_is_let_in() {
        // Everybody is refused now.
        let refusing = || Fake::new().with_body("package spacelift\ndeny if true\n");
        let with = |limit| {
            let mut fake = refusing();
            let usage = SeatUsage { limit, in_use: 9 };
            fake.known.seats = Some(Seats {
                user: usage,
                api_key: usage,
            });
            fake
        };
        let of = |fake: &Fake| {
            let plan = plan(&Mapping::new().desired(), fake, &InProcess).unwrap();
            plan.notes
                .into_iter()
                .filter(|note| note.contains("seat"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of(&with(Some(10))),
            [
                "1 of the account's seats for people is left, and 2 identities are newly let in; without a seat nobody signs in"
            ]
        );
        assert_eq!(of(&with(Some(9))).len(), 1);
        assert_eq!(of(&with(None)), Vec::<String>::new());
        let mut without = refusing();
        without.known.seats = None;
        assert_eq!(of(&without), Vec::<String>::new());
        // Nobody is newly let in.
        let mut fake = with(Some(9));
        fake.policies.get_mut().clear();
        assert_eq!(of(&fake), Vec::<String>::new());
    }
}

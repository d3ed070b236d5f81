//! Grants to single people where a group would do: nobody takes a login out when its owner changes jobs.

use super::Asked;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::model::{Origin, Subject};

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let model = asked.model;
    let grants = model.grants.values();
    // Temporary access is for people by name, and what ends by itself needs no care.
    let grants = grants
        .filter(|grant| !matches!(grant.origin, Origin::Elevation { .. }) && grant.ends.is_none());
    let grants = grants.map(|grant| (&grant.who, grant.span));
    let admins = model
        .login
        .admin
        .values()
        .map(|entry| (&entry.who, entry.span));
    for (who, span) in grants.chain(admins) {
        let person = |login: &&str| {
            let key = login.to_ascii_lowercase().starts_with("api::");
            !key && !model.break_glass.contains_key(*login)
        };
        if let Some(login) = logins(who, true).into_iter().find(person) {
            found.push(
                Diagnostic::warning(
                    Code::IndividualGrant,
                    span,
                    format!("this is for `{}` by name, and never ends", shown(login)),
                )
                .help("let the identity provider keep a group for it, or give it an end"),
            );
        }
    }
}

/// The logins by which somebody is meant, and no pattern.
fn logins(who: &Subject, meant: bool) -> Vec<&str> {
    match who {
        Subject::Login(login) if meant => vec![login],
        Subject::Not(part) => logins(part, !meant),
        // Who is a machine is no individual.
        Subject::All(parts) if parts.contains(&Subject::Machine) => Vec::new(),
        Subject::All(parts) | Subject::Any(parts) => {
            parts.iter().flat_map(|part| logins(part, meant)).collect()
        }
        _ => Vec::new(),
    }
}

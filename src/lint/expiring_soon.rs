//! What is over soon, so that somebody decides before it is whether it should be.

use super::{Asked, day};
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::model::Origin;

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let Some(at) = asked.at else { return };
    let until = at.saturating_add(asked.within(Code::ExpiringSoon));
    let soon = |time: &i64| (at..=until).contains(&(*time - 1)) && *time > at;
    for grant in asked.model.grants.values() {
        // Temporary access is meant to be over soon.
        if matches!(grant.origin, Origin::Elevation { .. }) {
            continue;
        }
        if let Some(ends) = grant.ends.filter(soon) {
            let message = format!("this {} ends at {}", grant.origin.word(), day(ends));
            found.push(
                Diagnostic::warning(Code::ExpiringSoon, grant.span, message)
                    .help("give it another end if it is still needed"),
            );
        }
    }
    for (name, key) in &asked.model.api_keys {
        if let Some(due) = key.rotate_by.filter(soon) {
            let message = format!(
                "the API key `{}` is to be replaced by {}",
                shown(name),
                day(due)
            );
            found.push(Diagnostic::warning(Code::ExpiringSoon, key.span, message));
        }
    }
}

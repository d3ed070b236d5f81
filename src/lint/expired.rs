//! What a mapping still says although its time is over.

use super::{Asked, day};
use crate::diagnostic::{Code, Diagnostic, shown};

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let Some(at) = asked.at else { return };
    let model = asked.model;
    for grant in model.grants.values() {
        if let Some(ends) = grant.ends.filter(|ends| *ends <= at) {
            let message = format!("this {} is over since {}", grant.origin.word(), day(ends));
            found.push(
                Diagnostic::warning(Code::Expired, grant.span, message)
                    .help("take it out, or give it another end"),
            );
        }
    }
    for (name, group) in &model.groups {
        for (value, ends) in &group.values {
            if let Some(ends) = ends.filter(|ends| *ends <= at) {
                let message = format!(
                    "`{}` no longer stands for the group `{}` since {}",
                    shown(value),
                    shown(name),
                    day(ends)
                );
                found.push(
                    Diagnostic::warning(Code::Expired, group.span, message)
                        .help("take it out of `formerly`"),
                );
            }
        }
    }
    for (name, key) in &model.api_keys {
        if let Some(due) = key.rotate_by.filter(|due| *due <= at) {
            let message = format!(
                "the API key `{}` was to be replaced by {}",
                shown(name),
                day(due)
            );
            found.push(
                Diagnostic::warning(Code::Expired, key.span, message)
                    .help("make another key, write its id here, and give it a new `rotate_by`"),
            );
        }
    }
}

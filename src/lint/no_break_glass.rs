//! Nobody to turn to when the mapping, the groups or the network are what is broken.

use super::Asked;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    if asked.model.break_glass.is_empty() {
        found.push(
            Diagnostic::warning(
                Code::NoBreakGlass,
                Span::default(),
                "there is no break-glass identity, so a mistake in groups or denials can lock everybody out",
            )
            .help("declare one under `break_glass`, and grant its login `space-admin` on root"),
        );
    }
}

//! Access policies where they may still be evaluated.

use super::Asked;
use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::way_out;
use crate::source::Span;

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let entries = &asked.model.stack_access;
    let first: Option<Span> = entries.values().map(|entry| entry.span).min();
    let Some(first) = first else {
        return;
    };
    found.push(
        Diagnostic::warning(
            Code::AccessPolicies,
            first,
            "access policies are deprecated: Spacelift's own servers evaluate none any more, and a release of this installation may not either",
        )
        .help(way_out::of(entries)),
    );
}

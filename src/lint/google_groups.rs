//! Google sends no groups over OIDC, and over SAML only those that were chosen.

use super::Asked;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Provider;

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let model = asked.model;
    let Some(first) = model
        .groups
        .values()
        .map(|group| group.span)
        .min_by_key(|span| (span.file, span.start))
    else {
        return;
    };
    if model.provider == Provider::Google {
        found.push(
            Diagnostic::warning(
                Code::GoogleGroups,
                first,
                "Google sends no groups over OIDC, and over SAML only those that are chosen in its console, at most 75",
            )
            .help("choose every group of this mapping there, again after one is renamed, and then write `lints: {google-groups: allow}`"),
        );
    }
}

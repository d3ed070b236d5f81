//! `no_grants: admit` where everybody of the identity provider is a member.

use super::Asked;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{NoGrants, Provider, Subject};

/// With single sign-on `session.member` is always true; with GitHub it says something. Source: Spacelift's documentation,
/// login policy.
pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let login = &asked.model.login;
    let open = matches!(login.require, Subject::Member | Subject::Everyone);
    if login.no_grants == NoGrants::Admit && open && asked.model.provider != Provider::Github {
        found.push(
            Diagnostic::warning(
                Code::AdmitWithoutGrants,
                login.no_grants_span.unwrap_or_default(),
                "everybody whom the identity provider lets in may sign in, with a role or without: \
                 under single sign-on everybody is a member",
            )
            .help("write `no_grants: refuse`, or let `require` ask for a group"),
        );
    }
}

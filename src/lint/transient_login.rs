//! Logins that are made anew at every sign-in, so that no entry can mean anybody by them.

use super::Asked;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::model::Subject;
use crate::source::Span;

/// A transient NameID of SAML is an opaque text that means nothing the next time. Source: SAML 2.0 core, 8.3.8; Spacelift's
/// documentation asks for persistent ones or addresses.
pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let model = asked.model;
    let mut logins: Vec<(&str, Span)> = Vec::new();
    for grant in model.grants.values() {
        named(&grant.who, grant.span, &mut logins);
    }
    for entry in model.login.admin.values() {
        named(&entry.who, entry.span, &mut logins);
    }
    for denial in model
        .login
        .deny
        .values()
        .chain(model.login.deny_admin.values())
    {
        named(&denial.who, denial.span, &mut logins);
    }
    for (login, person) in &model.login.offboarded {
        logins.push((login, person.span));
    }
    for (login, entry) in &model.break_glass {
        logins.push((login, entry.span));
    }
    for identity in asked.fixtures.identities.values() {
        logins.push((&identity.login, identity.span));
    }
    let people = asked
        .directory
        .iter()
        .flat_map(|directory| directory.people.values());
    logins.extend(people.map(|person| (person.login.as_str(), person.span)));
    for (login, span) in logins {
        if is_transient(login) {
            found.push(
                Diagnostic::warning(
                    Code::TransientLogin,
                    span,
                    format!(
                        "`{}` looks like a transient NameID, which is another at every sign-in",
                        shown(login)
                    ),
                )
                .help(
                    "let the identity provider send an address or a persistent id as NameID; \
                       every transient one takes a seat of the account, too",
                ),
            );
        }
    }
}

/// `_` and many hexadecimal digits, or what says so itself.
fn is_transient(login: &str) -> bool {
    let hexadecimal = login.strip_prefix('_').is_some_and(|rest| {
        rest.len() >= 16
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    });
    hexadecimal || login.contains("nameid-format:transient")
}

fn named<'s>(who: &'s Subject, span: Span, logins: &mut Vec<(&'s str, Span)>) {
    match who {
        Subject::Login(login) => logins.push((login, span)),
        Subject::Not(part) => named(part, span, logins),
        Subject::All(parts) | Subject::Any(parts) => {
            parts.iter().for_each(|part| named(part, span, logins));
        }
        _ => {}
    }
}

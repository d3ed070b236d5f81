//! People in more groups than the identity provider sends: all of their groups go missing, or some do.

use super::Asked;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::model::Provider;
use crate::source::Span;

/// Over how many groups something goes missing, and what. Source: Microsoft's documentation, group claims, of 150 groups in a
/// SAML token and 200 in a JWT; Google's, group membership in SAML; Okta's list of a claim as others tell of it.
fn limit(provider: Provider) -> Option<(usize, &'static str)> {
    match provider {
        Provider::Entra => Some((
            200,
            "over 200 groups (150 over SAML), with nested ones, Entra sends none at all",
        )),
        Provider::Saml => Some((150, "over 150 groups, Entra sends none at all over SAML")),
        Provider::Okta => Some((100, "over 100 groups, Okta's list is not complete")),
        Provider::Google => Some((75, "Google sends 75 groups at most")),
        Provider::Onelogin | Provider::Github | Provider::Gitlab | Provider::Oidc => None,
    }
}

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let Some((most, why)) = limit(asked.model.provider) else {
        return;
    };
    let mut tell = |span: Span, who: &str, count: usize| {
        if count > most {
            found.push(
                Diagnostic::warning(
                    Code::TooManyGroups,
                    span,
                    format!("`{}` is in {count} groups, and {why}", shown(who)),
                )
                .help("let the provider send only the groups that are assigned to the application; \
                       to the policy somebody whose groups are missing is in an unknown set of them"),
            );
        }
    };
    for (name, identity) in &asked.fixtures.identities {
        let groups = identity.groups.as_ref().map_or(0, Vec::len);
        let teams = identity.teams.as_ref().map_or(0, Vec::len);
        tell(identity.span, name, groups + teams);
    }
    let people = asked
        .directory
        .iter()
        .flat_map(|directory| directory.people.values());
    for person in people.filter(|person| person.active) {
        tell(
            person.span,
            &person.login,
            person.groups.as_ref().map_or(0, Vec::len),
        );
    }
}

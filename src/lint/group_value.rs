//! Values of groups that are not of the kind that the identity provider sends.

use super::Asked;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::model::Provider;

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let model = asked.model;
    for (name, group) in model.groups.iter().filter(|(_, group)| !group.made) {
        for value in group.values.keys() {
            if let Some((is, sends)) = misfit(model.provider, value) {
                found.push(
                    Diagnostic::warning(
                        Code::GroupValue,
                        group.span,
                        format!(
                            "`{}` of the group `{}` {is}, and {sends}",
                            shown(value),
                            shown(name)
                        ),
                    )
                    .help("write what arrives in `session.teams`, byte for byte; a recorded decision of Spacelift's shows it"),
                );
            }
        }
    }
}

/// What is odd about a value, and what the provider sends instead. Source: Spacelift's documentation, single sign-on, and
/// those of the providers.
fn misfit(provider: Provider, value: &str) -> Option<(&'static str, &'static str)> {
    let id = is_uuid(value);
    match provider {
        Provider::Entra if !id => Some(("is a name", "Entra sends the object ids of groups")),
        Provider::Okta if id => Some(("is an id", "Okta sends the names of groups")),
        Provider::Okta if is_okta_id(value) => Some(("is an id", "Okta sends the names of groups")),
        Provider::Onelogin if id => Some(("is an id", "OneLogin sends names")),
        Provider::Google if id => Some(("is an id", "Google sends the names of groups")),
        Provider::Google if value.contains('@') => {
            Some(("is an address", "Google sends the names of groups"))
        }
        Provider::Github if value.starts_with('@') || value.contains('/') => Some((
            "has the organization in it",
            "Spacelift has the display names of GitHub's teams alone",
        )),
        Provider::Github if id => Some(("is an id", "Spacelift has the names of GitHub's teams")),
        Provider::Gitlab if value.starts_with('/') || value.ends_with('/') => Some((
            "begins or ends with a slash",
            "GitLab sends full paths without",
        )),
        Provider::Gitlab if value.contains(' ') => Some((
            "has spaces",
            "GitLab sends the paths of groups, which have none",
        )),
        _ => None,
    }
}

fn is_uuid(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts
            .iter()
            .all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Such as `00g1emaKYZTWRYYRRTSK`.
fn is_okta_id(value: &str) -> bool {
    value.len() == 20
        && value.starts_with("00g")
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

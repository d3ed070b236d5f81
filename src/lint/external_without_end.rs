//! External groups where nothing can end: a grant that names one must have an end, and these entries cannot have any.

use super::Asked;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::model::{Model, Subject};

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let model = asked.model;
    let admins = model.login.admin.values();
    let admins = admins.map(|entry| (&entry.who, entry.span, "account admins"));
    let teams = model.teams.iter().flat_map(|teams| teams.add.values());
    let teams = teams.map(|entry| (&entry.who, entry.span, "whom a team is added to"));
    for (who, span, what) in admins.chain(teams) {
        if let Some(group) = external(model, who, true) {
            found.push(
                Diagnostic::warning(
                    Code::ExternalWithoutEnd,
                    span,
                    format!("the external group `{}` is among {what}, and that never ends", shown(group)),
                )
                .help("leave it out here, and give its people what they need by a grant that `ends`"),
            );
        }
    }
}

/// The first external group by which somebody could be meant.
fn external<'s>(model: &Model, who: &'s Subject, meant: bool) -> Option<&'s str> {
    match who {
        Subject::Group(name) => {
            let is_external = model.groups.get(name).is_some_and(|group| group.external);
            (meant && is_external).then_some(name.as_str())
        }
        Subject::Not(part) => external(model, part, !meant),
        Subject::All(parts) | Subject::Any(parts) => {
            parts.iter().find_map(|part| external(model, part, meant))
        }
        Subject::Everyone
        | Subject::Login(_)
        | Subject::Like(_)
        | Subject::ApiKey(_)
        | Subject::Member
        | Subject::Machine => None,
    }
}

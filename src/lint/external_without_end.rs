//! External groups that are given a team: a grant that names one must have an end, and a team cannot have any. That grants have
//! one, and that account admins are not external, is no matter of taste, and an error.

use super::Asked;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::model::{Model, Subject};

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let model = asked.model;
    for entry in model.teams.iter().flat_map(|teams| teams.add.values()) {
        if let Some(group) = external(model, &entry.who, true) {
            found.push(
                Diagnostic::warning(
                    Code::ExternalWithoutEnd,
                    entry.span,
                    format!(
                        "the external group `{}` is given a team, and that never ends",
                        shown(group)
                    ),
                )
                .help(
                    "leave it out here, and give its people what they need by a grant that `ends`",
                ),
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

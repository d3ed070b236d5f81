//! Groups that no login ever brought: a mistyped value, or a group that the identity provider does not send.

use super::group_spelling::alike;
use super::{Asked, Brought};
use crate::diagnostic::{Code, Diagnostic, nearest, shown};

/// Of what a convention makes of the spaces, much is for groups that nobody has made yet.
pub(super) fn check(asked: &Asked<'_>, brought: &Brought, found: &mut Vec<Diagnostic>) {
    let groups = asked.model.groups.iter().filter(|(_, group)| !group.made);
    for (name, group) in groups {
        // Any value stands for the group; one that is only spelt otherwise is spoken of as that.
        let known = |value: &String| {
            brought.names.contains(value) || alike(value, &brought.names).is_some()
        };
        if group.values.keys().any(known) {
            continue;
        }
        let values: Vec<String> = group
            .values
            .iter()
            .filter(|(_, ends)| ends.is_none())
            .map(|(value, _)| format!("`{}`", shown(value)))
            .collect();
        let near = group
            .values
            .keys()
            .find_map(|value| nearest(value, brought.names.iter().map(String::as_str)));
        let help = match near {
            Some(near) => format!("did you mean `{}`?", shown(near)),
            None => "see that the identity provider sends it to Spacelift at all; of a new group nobody has signed in yet"
                .to_owned(),
        };
        found.push(
            Diagnostic::warning(
                Code::GroupNeverSent,
                group.span,
                format!(
                    "no login ever brought the group `{}`, which is sent as {}",
                    shown(name),
                    values.join(" or ")
                ),
            )
            .help(help),
        );
    }
}

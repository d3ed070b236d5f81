//! What is over, for people and for scripts.

use serde::Serialize;

use super::counts::number;
use super::visible::visible;
use crate::expire::Over;
use crate::expire::sessions::Held;
use crate::source::{Place, Sources};

/// Something that is over, as it is shown.
#[derive(Debug, Serialize)]
pub struct Listed {
    place: Place,
    what: &'static str,
    /// RFC 3339, UTC.
    ended: String,
    about: Option<String>,
    owner: Option<String>,
}

/// Everything that is over, as it is shown.
#[must_use]
pub fn listed(over: &[Over], sources: &Sources) -> Vec<Listed> {
    over.iter()
        .map(|over| Listed {
            place: sources.place(over.span),
            what: over.what,
            ended: jiff::Timestamp::from_nanosecond(over.ended.into())
                .map_or_else(|_| over.ended.to_string(), |time| time.to_string()),
            about: over.about.clone(),
            owner: over.owner.clone(),
        })
        .collect()
}

/// For people: a line each.
#[must_use]
pub fn human(listed: &[Listed]) -> String {
    let lines: Vec<String> = listed
        .iter()
        .map(|over| {
            let mut line = format!("{}: {} ended {}", over.place, over.what, over.ended);
            for (word, text) in [(", for", &over.about), (", of", &over.owner)] {
                if let Some(text) = text {
                    line.push_str(&format!("{word} {}", visible(text)));
                }
            }
            line
        })
        .collect();
    lines.join("\n")
}

/// Whose sessions may still hold it: a line each.
#[must_use]
pub fn held(held: &Held) -> String {
    let mut lines: Vec<String> = held
        .holding
        .iter()
        .map(|one| {
            let roles = one.roles.iter();
            let roles: Vec<String> = roles
                .map(|(space, role)| format!("{} on {}", visible(role), visible(space)))
                .collect();
            format!(
                "{}: {} that began before may still hold {}",
                visible(&one.login),
                number(one.sessions.len(), "session"),
                roles.join(", ")
            )
        })
        .collect();
    if lines.is_empty() {
        lines.push("no open session is known to hold it".to_owned());
    } else {
        lines.push(
            "they hold it until they end, or until a push of the policy ends them; `--sessions-only` ends just these".to_owned(),
        );
    }
    if held.unknown > 0 {
        lines.push(format!(
            "not known: {} began before and {} of somebody whose groups are not known here",
            number(held.unknown, "session"),
            if held.unknown == 1 { "is" } else { "are" }
        ));
    }
    lines.join("\n")
}

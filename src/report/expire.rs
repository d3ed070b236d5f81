//! What is over, for people and for scripts.

use serde::Serialize;

use super::visible::visible;
use crate::expire::Over;
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

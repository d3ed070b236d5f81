//! Every entry of a mapping beside one input, for people and for scripts.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::visible::visible;
use crate::decide::{Entry, Fate, Kind, Reason, Truth};
use crate::model::Model;
use crate::source::{Place, Sources};

/// As many entries that are for others are written out for people.
const SHOWN: usize = 50;

/// An explanation with its places.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Explanation(Vec<Placed>);

#[derive(Debug, Serialize)]
struct Placed {
    #[serde(flatten)]
    entry: Entry,
    place: Option<Place>,
}

impl Explanation {
    /// Explains an input from a model.
    #[must_use]
    pub fn of(model: &Model, sources: &Sources, input: &Value) -> Self {
        let entries = model.explain(input).into_iter();
        Self(
            entries
                .map(|entry| Placed {
                    place: entry.span.map(|span| sources.place(span)),
                    entry,
                })
                .collect(),
        )
    }

    /// For people: what concerns the session in full, and of what is for others the first, where there is much of it.
    #[must_use]
    pub fn human(&self) -> String {
        let mut out = "entry by entry: + holds, - does not, ? cannot be known\n".to_string();
        let (mut for_others, mut left_out) = (0_usize, 0_usize);
        for placed in &self.0 {
            if !placed.entry.concerns {
                for_others += 1;
                if for_others > SHOWN {
                    left_out += 1;
                    continue;
                }
            }
            self.tell(placed, &mut out);
        }
        if left_out > 0 {
            let _ = writeln!(
                out,
                "  and {left_out} entries more that are for others; --format json has them all"
            );
        }
        out.trim_end().to_string()
    }

    fn tell(&self, Placed { entry, place }: &Placed, out: &mut String) {
        let _ = write!(out, "  {} {}", sign(entry.holds), words(entry));
        if let Some(place) = place {
            let _ = write!(out, " {place}");
        }
        if !entry.id.is_empty() && place.is_some() && is_numbered(entry.kind) {
            let _ = write!(out, " ({})", visible(&entry.id));
        }
        out.push('\n');
        for reason in &entry.reasons {
            tell(out, reason, 2);
        }
        for given in &entry.gives {
            let role = format!("{} on {}", given.role, given.space);
            let by: Vec<String> = given.by.iter().map(|id| self.named(id)).collect();
            let fate = match given.fate {
                Fate::Held => "=> held".to_string(),
                Fate::Refused => {
                    format!("=> not held, as the login is refused by {}", by.join(", "))
                }
                Fate::TakenAway => format!("=> taken away by {}", by.join(", ")),
            };
            let _ = writeln!(out, "    {} {}", visible(&role), visible(&fate));
        }
    }

    /// An entry by its id and its place.
    fn named(&self, id: &str) -> String {
        let entry = self.0.iter().find(|placed| placed.entry.id == id);
        match entry.and_then(|placed| placed.place.as_ref()) {
            Some(place) => format!("{id} at {place}"),
            None => id.to_string(),
        }
    }
}

fn is_numbered(kind: Kind) -> bool {
    match kind {
        Kind::Denial | Kind::AdminDenial | Kind::Admin | Kind::Grant => true,
        Kind::Team => true,
        Kind::Session | Kind::Gate | Kind::Offboarded | Kind::BreakGlass | Kind::Slack => false,
    }
}

/// What an entry is, and what it does to this login.
fn words(entry: &Entry) -> &'static str {
    match (entry.kind, entry.applies) {
        (Kind::Session, true) => "the session, refused:",
        (Kind::Session, false) => "the session:",
        (Kind::Gate, true) => "the gate is shut:",
        (Kind::Gate, false) => "the gate is open:",
        (Kind::Offboarded, true) => "offboarded, refused:",
        (Kind::Offboarded, false) => "offboarded, without effect:",
        (Kind::BreakGlass, _) => "break-glass:",
        (Kind::Denial, true) => "a denial, refused:",
        (Kind::Denial, false) => "a denial, without effect:",
        (Kind::AdminDenial, true) => "a denial of administrative rights, applies:",
        (Kind::AdminDenial, false) => "a denial of administrative rights, without effect:",
        (Kind::Admin, true) => "an entry of admins, applies:",
        (Kind::Admin, false) => "an entry of admins, without effect:",
        (Kind::Grant, true) => "a grant, in force:",
        (Kind::Grant, false) => "a grant, not in force:",
        (Kind::Team, true) => "a team, added:",
        (Kind::Team, false) => "a team, not added:",
        (Kind::Slack, true) => "a request from Slack, let in:",
        (Kind::Slack, false) => "a request from Slack, refused:",
    }
}

fn sign(truth: Truth) -> char {
    match truth {
        Truth::Yes => '+',
        Truth::No => '-',
        Truth::Unknown => '?',
    }
}

fn tell(out: &mut String, reason: &Reason, depth: usize) {
    let _ = write!(
        out,
        "{}{} {}",
        "  ".repeat(depth),
        sign(reason.holds),
        visible(&reason.asked)
    );
    if !reason.seen.is_empty() {
        let _ = write!(out, ": {}", visible(&reason.seen));
    }
    out.push('\n');
    for part in &reason.parts {
        tell(out, part, depth + 1);
    }
}

//! Lists and maps in brackets.

use std::collections::BTreeSet;

use super::block::own_comments;
use super::lines::{Lines, Part};
use super::{CannotEdit, Patch, refuse};

/// A part between brackets.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// Where it begins, with what belongs to it.
    start: usize,
    end: usize,
    /// The comma behind it.
    comma: Option<usize>,
}

impl Slot {
    /// Past the comma.
    fn past(self) -> usize {
        self.comma.map_or(self.end, |comma| comma + 1)
    }
}

fn slots(lines: Lines<'_>, open: usize, parts: &[Part]) -> Result<Vec<Slot>, CannotEdit> {
    let mut at = open + 1;
    let mut slots = Vec::with_capacity(parts.len());
    for part in parts {
        let start = lines.skip(at);
        let next = lines.skip(part.end);
        let comma = match lines.byte(next) {
            Some(b',') => Some(next),
            Some(b']' | b'}') => None,
            _ => {
                return Err(refuse(
                    part.end,
                    "what stands behind this was not understood",
                ));
            }
        };
        slots.push(Slot {
            start,
            end: part.end,
            comma,
        });
        at = comma.map_or(next, |comma| comma + 1);
    }
    Ok(slots)
}

/// Whether a part begins a line, and nothing but a comment follows on its last line.
fn has_own_lines(lines: Lines<'_>, slot: Slot) -> bool {
    lines.before(slot.start).trim().is_empty() && lines.ends_line(slot.past())
}

/// Adds parts, each of them spelt, at the end.
pub(super) fn append(
    lines: Lines<'_>,
    open: usize,
    parts: &[Part],
    new: &[String],
) -> Result<Vec<Patch>, CannotEdit> {
    let slots = slots(lines, open, parts)?;
    let Some(last) = slots.last().copied() else {
        let at = lines.skip(open + 1);
        let inside = lines.slice(open + 1, at);
        let text = new.join(", ");
        return Ok(vec![if inside.trim_matches([' ', '\t']).is_empty() {
            Patch {
                start: open + 1,
                end: at,
                with: text,
            }
        } else {
            Patch::insert(open + 1, text)
        }]);
    };
    if !has_own_lines(lines, last) {
        let text = new.join(", ");
        return Ok(vec![match last.comma {
            Some(comma) => Patch::insert(comma + 1, format!(" {text},")),
            None => Patch::insert(last.end, format!(", {text}")),
        }]);
    }
    let indent = lines.before(last.start);
    let end = lines.line_end(last.past());
    let mut text = String::new();
    for (at, item) in new.iter().enumerate() {
        let comma = if at + 1 < new.len() || last.comma.is_some() {
            ","
        } else {
            ""
        };
        text.push_str(&format!("{indent}{item}{comma}{end}"));
    }
    let mut patches = vec![Patch::insert(lines.after(last.past()), text)];
    if last.comma.is_none() {
        patches.push(Patch::insert(last.end, ","));
    }
    Ok(patches)
}

/// Removes parts by their numbers.
pub(super) fn remove(
    lines: Lines<'_>,
    open: usize,
    parts: &[Part],
    gone: &BTreeSet<usize>,
) -> Result<Vec<Patch>, CannotEdit> {
    let slots = slots(lines, open, parts)?;
    let mut patches = Vec::new();
    let mut kept_before: Option<Slot> = None;
    for (at, slot) in slots.iter().copied().enumerate() {
        if !gone.contains(&at) {
            kept_before = Some(slot);
            continue;
        }
        if has_own_lines(lines, slot) {
            let column = lines.before(slot.start).len();
            let from = own_comments(lines, slot.start, column).max(lines.after(open));
            patches.push(Patch::remove(from, lines.after(slot.past())));
            continue;
        }
        let blanks = |text: &str| text.len() - text.trim_end_matches([' ', '\t']).len();
        let mut from = slot.start;
        let mut to = slot.past();
        if !lines.before(slot.start).trim().is_empty() && kept_before.is_some() {
            from -= blanks(lines.before(slot.start));
        } else if slot.comma.is_some() {
            let rest = lines.slice(to, lines.0.len());
            to += rest.len() - rest.trim_start_matches([' ', '\t']).len();
        }
        patches.push(Patch::remove(from, to));
    }
    // The last one that stays needs no comma where none stood behind the last.
    let had_none = slots.last().is_some_and(|last| last.comma.is_none());
    let last_goes = slots
        .len()
        .checked_sub(1)
        .is_some_and(|last| gone.contains(&last));
    if let (true, true, Some(comma)) = (had_none, last_goes, kept_before.and_then(|k| k.comma)) {
        patches.push(Patch::remove(comma, comma + 1));
    }
    Ok(patches)
}

//! Lists and maps that are laid out by indentation.

use super::lines::{Lines, Part};
use super::{CannotEdit, Patch, refuse};

/// Where the dash of each item of a list stands. `start` is where the list begins, at its first dash.
pub(super) fn dashes(
    lines: Lines<'_>,
    start: usize,
    parts: &[Part],
) -> Result<Vec<usize>, CannotEdit> {
    let mut at = start;
    let mut dashes = Vec::with_capacity(parts.len());
    for part in parts {
        let dash = lines.skip(at);
        // Nothing can stand before a dash but what belongs to the list as a whole, and then it is not this simple.
        if lines.byte(dash) != Some(b'-') || dash > part.start {
            return Err(refuse(part.start, "the dash of this item was not found"));
        }
        dashes.push(dash);
        at = part.end.max(dash + 1);
    }
    Ok(dashes)
}

/// The lines of what begins at `start`, with its comments.
pub(super) fn own_lines(
    lines: Lines<'_>,
    start: usize,
    end: usize,
) -> Result<(usize, usize), CannotEdit> {
    let indent = lines.before(start);
    if !indent.trim().is_empty() {
        return Err(refuse(
            start,
            "something else stands before this on its line",
        ));
    }
    if !lines.ends_line(end) {
        return Err(refuse(end, "something else stands behind this on its line"));
    }
    let column = indent.len();
    let from = own_comments(lines, start, column);
    Ok((from, lines.below(Part { start, end }, column)))
}

/// Removes stretches of whole lines, in order. Where blank lines stood on both sides, those on one side go, too.
pub(super) fn remove(lines: Lines<'_>, stretches: &[(usize, usize)]) -> Vec<Patch> {
    let mut joined: Vec<(usize, usize)> = Vec::with_capacity(stretches.len());
    for (from, to) in stretches.iter().copied() {
        match joined.last_mut() {
            Some(last) if past_blank(lines, last.1) >= from => last.1 = to,
            _ => joined.push((from, to)),
        }
    }
    joined
        .into_iter()
        .map(|(mut from, mut to)| {
            if past_blank(lines, to) >= lines.0.len() {
                // No blank lines are left at the end of the file.
                to = lines.0.len();
                while from > 0 && lines.is_blank(lines.start(from - 1)) {
                    from = lines.start(from - 1);
                }
            } else if from == 0 || lines.is_blank(lines.start(from - 1)) {
                to = past_blank(lines, to);
            }
            Patch::remove(from, to)
        })
        .collect()
}

fn past_blank(lines: Lines<'_>, mut at: usize) -> usize {
    while at < lines.0.len() && lines.is_blank(at) {
        at = lines.after(at);
    }
    at
}

/// Where the lines of comment begin that stand right above a line and are as far indented.
pub(super) fn own_comments(lines: Lines<'_>, start: usize, column: usize) -> usize {
    let mut from = lines.start(start);
    while from > 0 && lines.comment(lines.start(from - 1)) == Some(column) {
        from = lines.start(from - 1);
    }
    from
}

/// Puts lines after a part that stands on lines of its own.
pub(super) fn put_below(lines: Lines<'_>, part: Part, column: usize, new: &[String]) -> Patch {
    let at = lines.below(part, column);
    let end = lines.line_end(part.end);
    let text = new.join(end);
    let is_ended = at == 0 || lines.byte(at - 1) == Some(b'\n');
    if is_ended {
        Patch::insert(at, format!("{text}{end}"))
    } else {
        Patch::insert(at, format!("{end}{text}"))
    }
}

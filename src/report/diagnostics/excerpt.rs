//! The lines that a finding quotes, as the renderer takes them.
//!
//! The renderer panics on a place outside the text and shows some characters as they are. It never sees the file: it gets a
//! few lines in which everything is visible and no line is long, with the places moved to where they are in those.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Origin, Snippet};

use crate::diagnostic::{Diagnostic, Label};
use crate::report::visible::{push, visible};
use crate::source::{SourceId, Sources};

/// Places closer than this many lines are shown in one piece.
const NEAR: usize = 4;

/// Lines of one file with the marks on them.
pub(super) struct Excerpt {
    path: String,
    line: usize,
    column: usize,
    first_line: usize,
    text: String,
    marks: Vec<Mark>,
}

struct Mark {
    range: Range<usize>,
    primary: bool,
    label: String,
}

/// A label, put on its line.
struct Placed<'d> {
    file: SourceId,
    line: usize,
    /// In bytes of the file; within the line.
    range: Range<usize>,
    primary: bool,
    label: &'d Label,
}

/// What to quote for a finding, its own place first.
pub(super) fn of(sources: &Sources, diagnostic: &Diagnostic, width: usize) -> Vec<Excerpt> {
    let labels = diagnostic
        .primary
        .iter()
        .map(|label| (true, label))
        .chain(diagnostic.related.iter().map(|label| (false, label)));
    let mut placed: Vec<Placed<'_>> = labels
        .filter_map(|(primary, label)| place(sources, primary, label))
        .collect();
    placed.sort_by_key(|one| (one.file, one.line, one.range.start));
    let mut pieces: Vec<Vec<Placed<'_>>> = Vec::new();
    for one in placed {
        match pieces.last_mut() {
            Some(piece)
                if piece
                    .last()
                    .is_some_and(|last| last.file == one.file && one.line - last.line <= NEAR) =>
            {
                piece.push(one)
            }
            _ => pieces.push(vec![one]),
        }
    }
    pieces.sort_by_key(|piece| !piece.iter().any(|one| one.primary));
    pieces
        .iter()
        .filter_map(|piece| excerpt(sources, piece, width))
        .collect()
}

fn place<'d>(sources: &Sources, primary: bool, label: &'d Label) -> Option<Placed<'d>> {
    let file = label.span.file;
    let text = &sources.get(file)?.text;
    let boundary = |at: u32| {
        let at = (at as usize).min(text.len());
        (0..=at)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0)
    };
    let start = boundary(label.span.start);
    let line = sources.line_of(file, start);
    let (_, end_of_line) = bounds(sources, file, line);
    // Of a part of many lines, the first says where it is.
    let end = boundary(label.span.end).clamp(start, end_of_line.max(start));
    Some(Placed {
        file,
        line,
        range: start..end,
        primary,
        label,
    })
}

/// Where a line begins and ends, its line end left out.
fn bounds(sources: &Sources, file: SourceId, line: usize) -> (usize, usize) {
    let start = sources.line_start(file, line);
    let end = sources.line_start(file, line + 1);
    let text = sources
        .get(file)
        .and_then(|source| source.text.get(start..end))
        .unwrap_or_default();
    (start, start + text.trim_end_matches(['\n', '\r']).len())
}

fn excerpt(sources: &Sources, piece: &[Placed<'_>], width: usize) -> Option<Excerpt> {
    let (first, last) = (piece.first()?, piece.last()?);
    let head = piece.iter().find(|one| one.primary).unwrap_or(first);
    let source = sources.get(first.file)?;
    let mut found = Excerpt {
        path: visible(&sources.shown_path(source)).into_owned(),
        line: head.line,
        column: sources.place(head.label.span).column,
        first_line: first.line,
        text: String::new(),
        marks: Vec::new(),
    };
    for line in first.line..=last.line {
        let here: Vec<&Placed<'_>> = piece.iter().filter(|one| one.line == line).collect();
        let (start, end) = bounds(sources, first.file, line);
        let shown = window(&source.text, start..end, &here, width);
        copy(
            &source.text,
            &shown,
            shown.end < end,
            shown.start > start,
            &here,
            &mut found,
        );
        found.text.push('\n');
    }
    Some(found)
}

/// The part of a line that is shown: all of it, unless it is long; then what is around the marks, as far as it fits.
fn window(text: &str, line: Range<usize>, here: &[&Placed<'_>], width: usize) -> Range<usize> {
    let most = width.max(40) * 2;
    if line.len() <= most {
        return line;
    }
    let anchor = here
        .iter()
        .find(|one| one.primary)
        .or(here.first())
        .map_or(line.start, |one| one.range.start);
    let boundary = |at: usize| {
        (line.start..=at)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(line.start)
    };
    let start = boundary(anchor.saturating_sub(most / 4).max(line.start));
    start..boundary((start + most).min(line.end))
}

/// Copies a part of a line with everything in it visible, and the marks with it.
fn copy(
    text: &str,
    shown: &Range<usize>,
    cut_after: bool,
    cut_before: bool,
    here: &[&Placed<'_>],
    found: &mut Excerpt,
) {
    if cut_before {
        found.text.push_str("… ");
    }
    let mut marks: Vec<(Range<usize>, &Placed<'_>)> = here
        .iter()
        .map(|one| {
            (
                one.range.start.clamp(shown.start, shown.end)
                    ..one.range.end.clamp(shown.start, shown.end),
                *one,
            )
        })
        .collect();
    let base = found.text.len();
    // From places in the file to places in the copy; both only grow.
    let mut moved: Vec<(usize, usize)> = Vec::new();
    for (offset, c) in text.get(shown.clone()).unwrap_or_default().char_indices() {
        moved.push((shown.start + offset, found.text.len()));
        match c {
            '\t' => found.text.push_str("    "),
            _ => push(c, &mut found.text),
        }
    }
    let line_end = found.text.len();
    let to_copy = |at: usize| match moved.binary_search_by_key(&at, |(from, _)| *from) {
        Ok(index) => moved.get(index).map_or(base, |(_, to)| *to),
        Err(_) => line_end,
    };
    for (range, one) in &mut marks {
        let start = to_copy(range.start);
        found.marks.push(Mark {
            range: start..to_copy(range.end).max(start),
            primary: one.primary,
            label: visible(&one.label.text).into_owned(),
        });
    }
    if cut_after {
        found.text.push_str(" …");
    }
}

impl Excerpt {
    /// The place alone, for a file of which there is no text.
    pub(super) fn origin(&self) -> Origin<'_> {
        Origin::path(STAND_IN)
    }

    /// The quoted lines; nothing for a file of which there is no text.
    pub(super) fn snippet(&self) -> Option<Snippet<'_, annotate_snippets::Annotation<'_>>> {
        if self.text.trim().is_empty() {
            return None;
        }
        let marks = self.marks.iter().map(|mark| {
            let kind = if mark.primary {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            let annotation = kind.span(mark.range.clone());
            if mark.label.is_empty() {
                annotation
            } else {
                annotation.label(mark.label.as_str())
            }
        });
        Some(
            Snippet::source(self.text.as_str())
                .path(STAND_IN)
                .line_start(self.first_line)
                .fold(true)
                .annotations(marks),
        )
    }
}

/// Stands for a path until the text is rendered. It is a character that everything else has been rid of.
const STAND_IN: &str = "\u{e000}";

/// Puts the places where the renderer put its own: it counts columns in the lines that it was given, which are not always
/// those of the file.
pub(super) fn name_places(rendered: &str, parts: &[Excerpt]) -> String {
    let mut pieces = rendered.split(STAND_IN);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for (piece, part) in pieces.zip(parts) {
        out.push_str(&part.path);
        if !part.text.trim().is_empty() {
            out.push_str(&format!(":{}:{}", part.line, part.column));
        }
        out.push_str(piece.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()));
    }
    out
}

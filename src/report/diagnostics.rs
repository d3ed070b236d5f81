//! Findings, written for people, for scripts and for annotations on a pull request.

mod excerpt;
#[cfg(test)]
mod tests;

use std::fmt::{self, Write};

use annotate_snippets::{Group, Level, Renderer};
use serde::Serialize;

use super::visible::visible;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::source::{Sources, Span};

/// How findings look to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether to colour them for a terminal.
    pub colour: bool,
    /// How wide the quoted source may be, in columns.
    pub width: usize,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            colour: false,
            width: 120,
        }
    }
}

/// Writes every finding with its source quoted, then how many there are. Writes nothing if there are none.
///
/// # Errors
/// If the writer fails.
pub fn human(
    out: &mut impl Write,
    sources: &Sources,
    diagnostics: &Diagnostics,
    look: Look,
) -> fmt::Result {
    let renderer = if look.colour {
        Renderer::styled().hyperlink(false)
    } else {
        Renderer::plain()
    };
    let renderer = renderer.term_width(look.width.max(40));
    let all = diagnostics.sorted();
    for diagnostic in &all {
        writeln!(out, "{}\n", one(&renderer, sources, diagnostic, look.width))?;
    }
    match summary(&all) {
        Some(summary) => writeln!(out, "{summary}"),
        None => Ok(()),
    }
}

fn one(renderer: &Renderer, sources: &Sources, diagnostic: &Diagnostic, width: usize) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level
        .primary_title(visible(&diagnostic.message))
        .id(diagnostic.code.name());
    let parts = excerpt::of(sources, diagnostic, width);
    let mut group = Group::with_title(title);
    for part in &parts {
        group = match part.snippet() {
            Some(snippet) => group.element(snippet),
            None => group.element(part.origin()),
        };
    }
    if let Some(help) = &diagnostic.help {
        // What is to be pasted stands on lines of its own. Names within a help are escaped where it is made.
        let lines: Vec<String> = help.split('\n').map(visible).map(Into::into).collect();
        group = group.element(Level::HELP.message(lines.join("\n")));
    }
    excerpt::name_places(&renderer.render(&[group]), &parts)
}

/// `3 errors, 1 warning`; `None` if there is nothing to count.
#[must_use]
pub fn summary(all: &[&Diagnostic]) -> Option<String> {
    let kinds = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Note, "note"),
    ];
    let parts: Vec<String> = kinds
        .iter()
        .filter_map(|(severity, word)| {
            let count = all.iter().filter(|d| d.severity == *severity).count();
            (count > 0).then(|| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A finding for scripts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable name of its kind.
    pub code: &'static str,
    /// `error`, `warning` or `note`.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where; `null` if no file can be named.
    pub place: Option<Stretch>,
    /// Other places that explain it.
    pub related: Vec<Related>,
    /// What to do about it.
    pub help: Option<String>,
}

/// Another place of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// What is there.
    pub message: String,
    /// Where.
    pub place: Stretch,
}

/// A stretch of a file: lines and columns from 1, columns in characters, the end one past the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// The file, as shown.
    pub path: String,
    /// First line.
    pub line: usize,
    /// Column in the first line.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// Column in the last line.
    pub end_column: usize,
}

impl Stretch {
    /// Where a span lies.
    #[must_use]
    pub fn new(sources: &Sources, span: Span) -> Self {
        let start = sources.place(span);
        let end = sources.end(span);
        Self {
            path: start.path,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

/// Every finding, by file and place.
#[must_use]
pub fn findings(sources: &Sources, diagnostics: &Diagnostics) -> Vec<Finding> {
    let finding = |diagnostic: &&Diagnostic| Finding {
        code: diagnostic.code.name(),
        severity: diagnostic.severity,
        message: diagnostic.message.clone(),
        place: diagnostic
            .primary
            .as_ref()
            .map(|label| Stretch::new(sources, label.span)),
        related: diagnostic
            .related
            .iter()
            .map(|label| Related {
                message: label.text.clone(),
                place: Stretch::new(sources, label.span),
            })
            .collect(),
        help: diagnostic.help.clone(),
    };
    diagnostics.sorted().iter().map(finding).collect()
}

/// Writes every finding as a workflow command that GitHub turns into an annotation on the line.
///
/// # Errors
/// If the writer fails.
pub fn github(out: &mut impl Write, sources: &Sources, diagnostics: &Diagnostics) -> fmt::Result {
    for finding in findings(sources, diagnostics) {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        write!(out, "::{command} ")?;
        if let Some(place) = &finding.place {
            write!(out, "file={},line={}", property(&place.path), place.line)?;
            if place.end_line == place.line {
                write!(out, ",col={},endColumn={}", place.column, place.end_column)?;
            } else {
                // Columns mean something to GitHub only within one line.
                write!(out, ",endLine={}", place.end_line)?;
            }
            out.write_char(',')?;
        }
        write!(
            out,
            "title={}::{}",
            property(finding.code),
            data(&finding.message)
        )?;
        if let Some(help) = &finding.help {
            write!(out, "%0A{}", data(help))?;
        }
        out.write_char('\n')?;
    }
    Ok(())
}

/// Text of a workflow command: a line end in it would begin another command.
pub(super) fn data(text: &str) -> String {
    visible(text).replace('%', "%25")
}

/// A property of a workflow command, which ends at a comma and whose name ends at a colon.
pub(super) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

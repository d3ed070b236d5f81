//! Errors and warnings of the resolver: each error once, and none that only repeats what the reader has said.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileFindings, Severity, nearest, shown};
use crate::source::Span;

/// Collects what the resolver finds.
pub(crate) struct Findings<'r> {
    errors: FileFindings<'r>,
    warnings: Vec<Diagnostic>,
    /// Where the reader found errors: what is missing there has been reported as what it is.
    earlier: Vec<Span>,
    failed: bool,
    suggestions: usize,
}

/// A search for the nearest name compares it with every other; a file of nothing but mistakes should not take minutes.
const MOST_SUGGESTIONS: usize = 200;

impl<'r> Findings<'r> {
    pub(crate) fn new(diagnostics: &'r mut Diagnostics) -> Self {
        let earlier = diagnostics
            .sorted()
            .into_iter()
            .filter(|found| found.severity == Severity::Error)
            .map(|found| {
                found
                    .primary
                    .as_ref()
                    .map(|label| label.span)
                    .unwrap_or_default()
            })
            .collect();
        Self {
            errors: FileFindings::new(diagnostics),
            warnings: Vec::new(),
            earlier,
            failed: false,
            suggestions: 0,
        }
    }

    pub(crate) fn error(&mut self, diagnostic: Diagnostic) {
        self.failed = true;
        self.errors.push(diagnostic);
    }

    pub(super) fn warning(&mut self, diagnostic: Diagnostic) {
        self.warnings.push(diagnostic);
    }

    /// Reports that something is missing within a place, unless the reader found an error there.
    pub(crate) fn missing(&mut self, within: Span, diagnostic: Diagnostic) {
        self.failed = true;
        let known = self.earlier.iter().any(|place| {
            place.file == within.file && place.start >= within.start && place.end <= within.end
        });
        if !known {
            self.errors.push(diagnostic);
        }
    }

    /// Reports an empty list that the reader has let pass. It reports those itself, so this speaks only where nothing did.
    pub(super) fn empty(&mut self, span: Span, what: &str) {
        self.failed = true;
        if !self.has_earlier() {
            self.errors.push(
                Diagnostic::error(
                    Code::EmptyValue,
                    span,
                    format!("{what} is empty, which could mean everyone or no one"),
                )
                .help("say what is meant, or leave it out"),
            );
        }
    }

    /// Whether the reader found errors.
    pub(super) fn has_earlier(&self) -> bool {
        !self.earlier.is_empty()
    }

    /// Whether any of the errors of the reader stands in a place.
    pub(super) fn places(&self) -> &[Span] {
        &self.earlier
    }

    /// Whether anything is wrong so far.
    pub(super) fn failed(&self) -> bool {
        self.failed || self.has_earlier()
    }

    /// `did you mean `x`?`, if something is near enough.
    pub(crate) fn suggestion<'a>(
        &mut self,
        wrong: &str,
        right: impl IntoIterator<Item = &'a str>,
    ) -> Option<String> {
        self.suggestions += 1;
        if self.suggestions > MOST_SUGGESTIONS {
            return None;
        }
        nearest(wrong, right).map(|name| format!("did you mean `{}`?", shown(name)))
    }

    pub(super) fn into_warnings(self) -> Vec<Diagnostic> {
        self.warnings
    }
}

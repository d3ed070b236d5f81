//! Errors and warnings of the resolver: each error once, and none that only repeats what the reader has said.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileFindings, Severity, nearest, shown};
use crate::source::Span;

/// Collects what the resolver finds.
pub(crate) struct Findings<'r> {
    errors: FileFindings<'r>,
    warnings: Vec<Diagnostic>,
    /// Where the reader found errors: what is missing there has been reported as what it is.
    earlier: Vec<Earlier>,
    failed: bool,
    suggestions: usize,
}

/// A search for the nearest name compares it with every other; a file of nothing but mistakes should not take minutes.
const MOST_SUGGESTIONS: usize = 200;

/// An error of the reader.
struct Earlier {
    span: Span,
    code: Code,
    words: String,
}

impl Earlier {
    fn new(found: &Diagnostic) -> Self {
        let help = found.help.as_deref().unwrap_or_default();
        // A list of all fields speaks of none.
        let hint = help.split("the fields of").next().unwrap_or_default();
        Self {
            span: found
                .primary
                .as_ref()
                .map(|label| label.span)
                .unwrap_or_default(),
            code: found.code,
            words: format!("{} {hint}", found.message),
        }
    }

    fn is_in(&self, within: Span) -> bool {
        self.span.file == within.file
            && self.span.start >= within.start
            && self.span.end <= within.end
    }

    fn fills(&self, within: Span) -> bool {
        (self.span.start, self.span.end) == (within.start, within.end)
    }

    /// Whether it is about one field, so that nothing follows for the others.
    fn is_about_a_field(&self) -> bool {
        matches!(
            self.code,
            Code::UnknownField
                | Code::WrongType
                | Code::UnquotedValue
                | Code::EmptyValue
                | Code::DuplicateKey
        )
    }

    fn speaks_of(&self, field: &str) -> bool {
        self.words.contains(&format!("`{field}`"))
    }
}

impl<'r> Findings<'r> {
    pub(crate) fn new(diagnostics: &'r mut Diagnostics) -> Self {
        let earlier = diagnostics
            .sorted()
            .into_iter()
            .filter(|found| found.severity == Severity::Error)
            .map(Earlier::new)
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

    /// Reports what a place says or lacks, unless the reader found an error there.
    pub(crate) fn missing(&mut self, within: Span, diagnostic: Diagnostic) {
        self.failed = true;
        if !self.earlier.iter().any(|earlier| earlier.is_in(within)) {
            self.errors.push(diagnostic);
        }
    }

    /// Reports that a map lacks a field, unless the reader could not read the map, or found one that was meant to be it.
    pub(super) fn lacks(&mut self, map: Span, field: &str, diagnostic: Diagnostic) {
        self.failed = true;
        let known = self.earlier.iter().any(|earlier| {
            earlier.is_in(map)
                && (!earlier.is_about_a_field() || earlier.fills(map) || earlier.speaks_of(field))
        });
        if !known {
            self.errors.push(diagnostic);
        }
    }

    /// Whether the reader found something that was meant to be a field of the mapping itself.
    pub(super) fn was_tried(&self, field: &str) -> bool {
        self.earlier.iter().any(|earlier| earlier.speaks_of(field))
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

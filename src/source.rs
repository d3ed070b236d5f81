//! Files as they were read, and places in them.
//!
//! A [`Span`] is where something was written. It never takes part in equality or ordering: two mappings that say the same
//! thing on different lines are the same mapping.

mod files;
mod read;
#[cfg(test)]
mod tests;

pub use files::{Alone, Disk, Entry, Files, Kind};
pub use read::{MAX_FILE, Refusal};

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// One of the files of a run, by its place in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SourceId(pub u32);

/// A file of a run: its path as a person would write it, and its text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The path as given or as joined to the folder given; `/` between parts, so that output is the same everywhere.
    pub path: String,
    /// The whole text, valid UTF-8, without a byte order mark.
    pub text: String,
}

/// Every file that a run has read.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    /// Where the lines of each file begin, so that a place costs no more than a look at its line.
    lines: Vec<Vec<u32>>,
    label: Option<String>,
    /// Texts that are read instead of files, by the files' paths as shown.
    instead: BTreeMap<String, String>,
}

impl Sources {
    /// Nothing read yet. Where a file with one of these paths is to be read, the text is taken instead of it.
    #[must_use]
    pub fn with(texts: BTreeMap<String, String>) -> Self {
        Self {
            instead: texts,
            ..Self::default()
        }
    }

    /// Files that are not those of the disk: every path that is shown stands behind this.
    #[must_use]
    pub fn labelled(self, label: Option<String>) -> Self {
        Self { label, ..self }
    }

    /// A file's path as it is shown.
    #[must_use]
    pub fn shown_path(&self, file: &SourceFile) -> String {
        match &self.label {
            Some(label) => format!("{label}{}", file.path),
            None => file.path.clone(),
        }
    }

    /// Adds a file and answers its id.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> SourceId {
        let id = SourceId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let text = text.into();
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        self.lines.push(
            std::iter::once(0)
                .chain(breaks.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX)))
                .collect(),
        );
        self.files.push(SourceFile {
            path: path.into(),
            text,
        });
        id
    }

    /// Every file, in the order in which they were read.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &SourceFile)> {
        (0_u32..).map(SourceId).zip(&self.files)
    }

    /// The file with this id, if the id came from this collection.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// Every file, in the order in which they were read.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Where a span begins, for people: path, line and column, both from 1, the column in characters.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        self.place_at(span.file, span.start)
    }

    /// Where a span ends: one column past its last character.
    #[must_use]
    pub fn end(&self, span: Span) -> Place {
        self.place_at(span.file, span.end.max(span.start))
    }

    fn place_at(&self, file: SourceId, byte: u32) -> Place {
        let Some(found) = self.get(file) else {
            return Place {
                path: String::new(),
                line: 1,
                column: 1,
            };
        };
        let mut at = (byte as usize).min(found.text.len());
        while !found.text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.line_of(file, at);
        let start = self.line_start(file, line);
        Place {
            path: self.shown_path(found),
            line,
            column: found
                .text
                .get(start..at)
                .unwrap_or_default()
                .chars()
                .count()
                + 1,
        }
    }

    /// The line, from 1, on which a byte of a file stands.
    #[must_use]
    pub fn line_of(&self, file: SourceId, byte: usize) -> usize {
        let starts = self
            .lines
            .get(file.0 as usize)
            .map(Vec::as_slice)
            .unwrap_or_default();
        starts
            .partition_point(|start| *start as usize <= byte)
            .max(1)
    }

    /// The byte at which a line, from 1, begins; the end of the file for a line that it does not have.
    #[must_use]
    pub fn line_start(&self, file: SourceId, line: usize) -> usize {
        let starts = self
            .lines
            .get(file.0 as usize)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let end = || self.get(file).map_or(0, |found| found.text.len());
        starts
            .get(line.saturating_sub(1))
            .map_or_else(end, |start| *start as usize)
    }
}

/// A place for people and for scripts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Place {
    /// Path as shown.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// A stretch of one file, in bytes; the end is exclusive. Equal to every other span, so that it never makes a difference.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    /// The file.
    pub file: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The stretch from the start of this span to the end of another in the same file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            end: other.end.max(self.start),
            ..self
        }
    }
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Span {}
impl PartialOrd for Span {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Span {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}
impl Hash for Span {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value at a place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

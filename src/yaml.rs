//! YAML text as a tree in which every part knows its place. The only user of the YAML parser.
//!
//! A tree holds what was written and no more: which scalar is a string, a number or nothing is for the reader of the tree
//! to say ([`plain`] knows what others may take it for). Anchors are expanded, within limits that are charged at the
//! expanded size, so that no file costs more than it could by being long.

mod build;
mod error;
pub mod plain;
#[cfg(test)]
mod tests;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileFindings};
use crate::source::{SourceId, Span};

/// How large a file may be, in bytes.
pub const MAX_BYTES: usize = crate::source::MAX_FILE;
/// How deep lists and maps may stand in each other.
pub const MAX_DEPTH: usize = 64;
/// How many values a file may hold, aliases counted as what they stand for.
pub const MAX_NODES: usize = 1_000_000;
/// How much text a file may hold, aliases counted as what they stand for.
pub const MAX_TEXT: usize = 4 * MAX_BYTES;

/// A value and where it was written. What an alias stands for has the place of the alias, its parts have their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it was written.
    pub span: Span,
    /// What was written.
    pub kind: Kind,
}

/// The forms of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// A map in the order written. A key that stands twice, which is an error by then, is here twice.
    Map(Vec<(Key, Node)>),
    /// Something that an error has been reported for already.
    Broken,
}

/// A single value as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// Its text, quotes and escapes undone.
    pub text: String,
    /// Whether it is plain, so that YAML may read it as something other than a string. A plain value tagged `!!str` is not.
    pub style: Style,
}

/// How a single value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes; what it means depends on its text.
    Plain,
    /// In quotes, or tagged as a string.
    Quoted,
    /// As a block after `|` or `>`.
    Block,
}

/// A key of a map: always a single value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Where it was written.
    pub span: Span,
    /// What was written.
    pub scalar: Scalar,
}

/// A file's tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// The value of the file; `None` if the file is empty, or if nothing of it could be read.
    pub root: Option<Node>,
    /// Whether the file could be read to its end. If not, an error says why, and the tree holds what was complete by then.
    pub complete: bool,
}

/// Reads a file's text, reporting everything that is wrong with it as YAML.
pub fn read(file: SourceId, text: &str, diagnostics: &mut Diagnostics) -> Tree {
    if text.len() > MAX_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_BYTES / (1024 * 1024));
        let diagnostic = Diagnostic::error(Code::YamlLimit, error::span(file, 0, 0), message);
        diagnostics.push(diagnostic.help("split it"));
        return Tree::default();
    }
    // The parser takes a NUL for the end of the file and lets other control characters pass: they are found first.
    let Some((at, diagnostic)) = error::unprintable(file, text) else {
        return build::tree(file, text, false, FileFindings::new(diagnostics));
    };
    let before = text.get(..at).unwrap_or_default();
    let tree = build::tree(file, before, true, FileFindings::new(diagnostics));
    diagnostics.push(diagnostic);
    Tree {
        complete: false,
        ..tree
    }
}

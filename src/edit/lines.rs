//! Lines of a text, by its bytes.

use crate::yaml::{Kind, Node};

/// A text, looked at by its lines.
#[derive(Clone, Copy)]
pub(super) struct Lines<'t>(pub(super) &'t str);

/// An item of a list, or an entry of a map from its key to its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl<'t> Lines<'t> {
    pub(super) fn slice(self, from: usize, to: usize) -> &'t str {
        self.0.get(from..to).unwrap_or_default()
    }

    pub(super) fn byte(self, at: usize) -> Option<u8> {
        self.0.as_bytes().get(at).copied()
    }

    /// Where the line of a byte begins.
    pub(super) fn start(self, at: usize) -> usize {
        self.slice(0, at).rfind('\n').map_or(0, |found| found + 1)
    }

    /// Where the next line begins.
    pub(super) fn after(self, at: usize) -> usize {
        let rest = self.slice(at, self.0.len());
        rest.find('\n').map_or(self.0.len(), |found| at + found + 1)
    }

    /// The line that begins at a byte, without its end.
    pub(super) fn line(self, start: usize) -> &'t str {
        self.slice(start, self.after(start))
            .trim_end_matches(['\n', '\r'])
    }

    /// How many bytes stand before a byte on its line.
    pub(super) fn column(self, at: usize) -> usize {
        self.before(at).len()
    }

    /// What stands before a byte on its line.
    pub(super) fn before(self, at: usize) -> &'t str {
        self.slice(self.start(at), at)
    }

    pub(super) fn is_blank(self, start: usize) -> bool {
        self.line(start).trim().is_empty()
    }

    /// How far a line that holds nothing but a comment is indented.
    pub(super) fn comment(self, start: usize) -> Option<usize> {
        let line = self.line(start);
        let text = line.trim_start_matches([' ', '\t']);
        text.starts_with('#').then(|| line.len() - text.len())
    }

    /// Whether nothing but a comment follows on the line.
    pub(super) fn ends_line(self, at: usize) -> bool {
        let rest = self.slice(at, self.after(at));
        let text = rest.trim_start_matches([' ', '\t']);
        let text = text.trim_end_matches(['\n', '\r']);
        text.is_empty()
            || (text.starts_with('#') && text.len() < rest.trim_end_matches(['\n', '\r']).len())
    }

    /// Past blanks, line ends and comments.
    pub(super) fn skip(self, from: usize) -> usize {
        let mut at = from;
        loop {
            match self.byte(at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
                Some(b'#') => at = self.after(at),
                _ => return at,
            }
        }
    }

    /// How the line of a byte ends, or the one before where it is the last.
    pub(super) fn line_end(self, at: usize) -> &'static str {
        let ends = |start: usize| {
            let whole = self.slice(start, self.after(start));
            if whole.ends_with("\r\n") {
                Some("\r\n")
            } else if whole.ends_with('\n') {
                Some("\n")
            } else {
                None
            }
        };
        let start = self.start(at);
        ends(start)
            .or_else(|| ends(self.start(start.checked_sub(1)?)))
            .unwrap_or("\n")
    }

    /// The parts of a list or map.
    pub(super) fn parts(self, node: &Node) -> Vec<Part> {
        // The end of a block of text may be where the next thing begins.
        let part = |start: u32, end: u32| {
            let (start, end) = (start as usize, end as usize);
            Part {
                start,
                end: start + self.slice(start, end).trim_end().len(),
            }
        };
        match &node.kind {
            Kind::Sequence(items) => items
                .iter()
                .map(|item| part(item.span.start, item.span.end))
                .collect(),
            Kind::Map(entries) => entries
                .iter()
                .map(|(key, value)| {
                    let end = if value.span.start < key.span.start {
                        key.span.end
                    } else {
                        value.span.end.max(key.span.end)
                    };
                    part(key.span.start, end)
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Where a line could be put in after a part that stands on lines of its own: after its comments, too, which are further
    /// indented than what it stands among.
    pub(super) fn below(self, part: Part, column: usize) -> usize {
        let mut at = self.after(part.end);
        while at < self.0.len() && self.comment(at).is_some_and(|indent| indent > column) {
            at = self.after(at);
        }
        at
    }
}

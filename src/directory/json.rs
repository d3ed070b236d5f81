//! JSON in which every value knows its place.
//!
//! The parser hands out stretches of the text, and where such a stretch lies is its place. So a file of a hundred thousand
//! people is never a tree: each value is looked into when its turn comes.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::source::{SourceId, Sources, Span};

/// A file's text, to find places in.
pub(super) struct Text<'a> {
    pub file: SourceId,
    pub text: &'a str,
}

/// A value that has not been looked into.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    raw: &'a RawValue,
    pub span: Span,
}

/// What a value is.
pub(super) enum Kind<'a> {
    Null,
    Flag(bool),
    /// As it is written.
    Number(&'a str),
    String(String),
    List(Vec<Node<'a>>),
    /// In the order written; a key that stands twice is here twice.
    Map(Vec<(Key, Node<'a>)>),
}

/// A key and its place.
pub(super) struct Key {
    pub name: String,
    pub span: Span,
}

impl Kind<'_> {
    /// What it is, for a message.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Null => "`null`",
            Self::Flag(_) => "`true` or `false`",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }
}

impl<'a> Text<'a> {
    /// The value of the whole text, or where and why it is not JSON.
    pub(super) fn root(&self, sources: &Sources) -> Result<Node<'a>, (Span, String)> {
        serde_json::from_str::<&'a RawValue>(self.text)
            .map(|raw| self.node(raw))
            .map_err(|error| self.broken(&error, sources))
    }

    fn broken(&self, error: &serde_json::Error, sources: &Sources) -> (Span, String) {
        let suffix = format!(" at line {} column {}", error.line(), error.column());
        let message = error.to_string();
        let message = message.strip_suffix(&suffix).unwrap_or(&message);
        let line = sources.line_start(self.file, error.line());
        let at = (line + error.column().saturating_sub(1)).min(self.text.len());
        (self.span(at, at + 1), message.to_owned())
    }

    fn node(&self, raw: &'a RawValue) -> Node<'a> {
        // The stretch is borrowed from the text, so their distance is where it begins.
        let start = raw
            .get()
            .as_ptr()
            .addr()
            .saturating_sub(self.text.as_ptr().addr());
        Node {
            raw,
            span: self.span(start, start + raw.get().len()),
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span {
            file: self.file,
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: u32::try_from(end.min(self.text.len())).unwrap_or(u32::MAX),
        }
    }

    /// What a value is. The text has been read as JSON before, so this fails only for what JSON can write and a string
    /// cannot hold, such as half of a surrogate pair; the message says so.
    pub(super) fn look(&self, node: Node<'a>) -> Result<Kind<'a>, String> {
        let text = node.raw.get();
        let said = |error: serde_json::Error| {
            let message = error.to_string();
            let end = message.find(" at line").unwrap_or(message.len());
            message.get(..end).unwrap_or_default().to_owned()
        };
        match text.bytes().next() {
            Some(b'{') => {
                let entries: Entries<'a> = serde_json::from_str(text).map_err(said)?;
                let mut before = node.span.start as usize;
                let entries = entries.0.into_iter().map(|(name, raw)| {
                    let value = self.node(raw);
                    let span = self.key(before, value.span.start as usize);
                    before = value.span.end as usize;
                    (Key { name, span }, value)
                });
                Ok(Kind::Map(entries.collect()))
            }
            Some(b'[') => {
                let items: Vec<&'a RawValue> = serde_json::from_str(text).map_err(said)?;
                let items = items.into_iter().map(|raw| self.node(raw));
                Ok(Kind::List(items.collect()))
            }
            Some(b'"') => serde_json::from_str(text).map(Kind::String).map_err(said),
            Some(b't') => Ok(Kind::Flag(true)),
            Some(b'f') => Ok(Kind::Flag(false)),
            Some(b'n') => Ok(Kind::Null),
            _ => Ok(Kind::Number(text)),
        }
    }

    /// The place of a key, which stands alone between the value before it and its own.
    fn key(&self, from: usize, until: usize) -> Span {
        let between = self.text.get(from..until).unwrap_or_default();
        let start = between.find('"').unwrap_or(0);
        let end = between.rfind('"').map_or(between.len(), |at| at + 1);
        self.span(from + start, from + end.max(start))
    }
}

/// The entries of an object as they are written.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Entries<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        from.deserialize_map(All)
    }
}

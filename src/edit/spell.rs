//! How a value is written.

use super::Value;
use crate::report::visible::is_hidden;
use crate::source::Span;
use crate::yaml::plain::other_reading;
use crate::yaml::{Key, Kind, Node, Scalar, Style};

/// How strings are quoted where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// Only where they must be.
    Needed,
    /// `'`.
    Single,
    /// `"`.
    Double,
}

/// A value on one line.
pub(super) fn spelt(value: &Value, quotes: Quotes) -> String {
    match value {
        Value::Text(text) => scalar(text, quotes),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| spelt(item, quotes)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{key}: {}", spelt(value, quotes)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// A string as a person would write it: in quotes only where it must have them.
pub(crate) fn written(text: &str) -> String {
    scalar(text, Quotes::Needed)
}

fn scalar(text: &str, quotes: Quotes) -> String {
    let hidden = text.chars().any(|c| is_hidden(c) || c == '\u{feff}');
    match quotes {
        Quotes::Needed if is_plain(text) => text.to_owned(),
        Quotes::Single if !hidden => format!("'{}'", text.replace('\'', "''")),
        _ => double(text),
    }
}

/// Whether every reader takes it for a string, wherever it stands.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "@._-+/".contains(c))
        && other_reading(text).is_none()
}

fn double(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            _ if is_hidden(c) || c == '\u{feff}' => {
                let number = u32::from(c);
                out.push_str(&if number > 0xffff {
                    format!("\\U{number:08x}")
                } else {
                    format!("\\u{number:04x}")
                });
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// How the strings of a list are quoted: as the last one of them that is a single value.
pub(super) fn quotes(text: &str, list: &Node) -> Quotes {
    let Kind::Sequence(items) = &list.kind else {
        return Quotes::Needed;
    };
    let strings = items.iter().rev().flat_map(strings);
    for string in strings {
        match text.as_bytes().get(string.start as usize) {
            Some(b'"') => return Quotes::Double,
            Some(b'\'') => return Quotes::Single,
            Some(b'*' | b'&' | b'!') => {}
            _ => return Quotes::Needed,
        }
    }
    Quotes::Needed
}

/// The places of an item's strings: its own, or those of its map's values.
fn strings(item: &Node) -> Vec<Span> {
    match &item.kind {
        Kind::Scalar(_) => vec![item.span],
        Kind::Map(entries) => entries
            .iter()
            .filter(|(_, value)| matches!(value.kind, Kind::Scalar(_)))
            .map(|(_, value)| value.span)
            .collect(),
        _ => Vec::new(),
    }
}

/// A value as it is read. That a string needs quotes is what tells it from anything else.
pub(super) fn node(value: &Value) -> Node {
    let span = Span::default();
    let kind = match value {
        Value::Text(text) => Kind::Scalar(Scalar {
            text: text.clone(),
            style: if is_plain(text) {
                Style::Plain
            } else {
                Style::Quoted
            },
        }),
        Value::List(items) => Kind::Sequence(items.iter().map(node).collect()),
        Value::Map(entries) => Kind::Map(
            entries
                .iter()
                .map(|(key, value)| {
                    let scalar = Scalar {
                        text: (*key).to_owned(),
                        style: Style::Plain,
                    };
                    (Key { span, scalar }, node(value))
                })
                .collect(),
        ),
    };
    Node { span, kind }
}

//! From a tree to values, reporting everything that does not fit and going on.
//!
//! What cannot be read is left out of the result: whoever uses it must look at the findings first.

use std::collections::HashSet;

use super::shape::{Shape, elsewhere};
use super::{Entries, Text};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileFindings, nearest, shown};
use crate::source::{Span, Spanned};
use crate::yaml::plain::{Core, core, other_reading};
use crate::yaml::{Key, Kind, Node, Scalar, Style};

/// Whether a list or map that holds nothing may stand somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Empty {
    /// It says something definite.
    Fine,
    /// It could be taken for everyone or for no one.
    Unclear,
}

/// Reads one file's tree.
pub(super) struct Decoder<'d> {
    findings: FileFindings<'d>,
}

impl<'d> Decoder<'d> {
    pub(super) fn new(diagnostics: &'d mut Diagnostics) -> Self {
        Self {
            findings: FileFindings::new(diagnostics),
        }
    }

    /// Reports a finding.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.findings.push(diagnostic);
    }

    pub(super) fn wrong(&mut self, node: &Node, name: &str, expected: &str) {
        if let Kind::Scalar(scalar) = &node.kind
            && is_nothing(scalar)
        {
            self.report(
                Diagnostic::error(Code::EmptyValue, node.span, format!("{name} has no value"))
                    .help(format!("give it {expected}, or leave it out")),
            );
            return;
        }
        let found = match &node.kind {
            Kind::Scalar(_) => "a single value",
            Kind::Sequence(_) => "a list",
            Kind::Map(_) => "a map",
            Kind::Broken => return,
        };
        self.report(Diagnostic::error(
            Code::WrongType,
            node.span,
            format!("{name} must be {expected}, not {found}"),
        ));
    }

    /// The entries of a map, or nothing.
    pub(super) fn map<'n>(
        &mut self,
        node: &'n Node,
        name: &str,
        empty: Empty,
    ) -> Option<&'n [(Key, Node)]> {
        let Kind::Map(entries) = &node.kind else {
            self.wrong(node, name, "a map");
            return None;
        };
        if entries.is_empty() && empty == Empty::Unclear {
            self.nothing_in(node.span, name, "map");
        }
        Some(entries)
    }

    /// The items of a list, or nothing.
    pub(super) fn list<'n>(&mut self, node: &'n Node, name: &str, empty: Empty) -> &'n [Node] {
        let Kind::Sequence(items) = &node.kind else {
            if let Kind::Scalar(scalar) = &node.kind
                && !is_nothing(scalar)
            {
                self.report(
                    Diagnostic::error(
                        Code::WrongType,
                        node.span,
                        format!("{name} must be a list, not a single value"),
                    )
                    .help(format!("write `[{}]`", shown(&scalar.text))),
                );
            } else {
                self.wrong(node, name, "a list");
            }
            return &[];
        };
        if items.is_empty() && empty == Empty::Unclear {
            self.nothing_in(node.span, name, "list");
        }
        items
    }

    fn nothing_in(&mut self, span: Span, name: &str, what: &str) {
        self.report(
            Diagnostic::error(
                Code::EmptyValue,
                span,
                format!("{name} is an empty {what}, which could mean all or none"),
            )
            .help("say what is meant, or leave it out"),
        );
    }

    /// The known fields of a map, with the others reported.
    pub(super) fn fields<'n>(
        &mut self,
        node: &'n Node,
        shape: &Shape,
        empty: Empty,
    ) -> Vec<(&'n str, &'n Node)> {
        let entries = self.map(node, shape.what, empty).unwrap_or_default();
        let mut known = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let name = key.scalar.text.as_str();
            if shape.fields.contains(&name) {
                known.push((name, value));
            } else {
                self.unknown(key, shape, &[]);
            }
        }
        known
    }

    /// Reports a field that a map does not have. `beside` are fields that would make it a map of another kind.
    pub(super) fn unknown(&mut self, key: &Key, shape: &Shape, beside: &[&str]) {
        if self.findings.is_full() {
            return;
        }
        let name = key.scalar.text.as_str();
        let all = || shape.fields.iter().chain(beside).copied();
        let mut help = match (elsewhere(shape, name), nearest(name, all())) {
            (Some(hint), _) => format!("{hint}; "),
            (None, Some(near)) => format!("did you mean `{near}`? "),
            (None, None) => String::new(),
        };
        let list: Vec<String> = shape
            .fields
            .iter()
            .chain(beside)
            .map(|field| format!("`{field}`"))
            .collect();
        help.push_str(&format!(
            "the fields of {} are {}",
            shape.what,
            list.join(", ")
        ));
        self.report(
            Diagnostic::error(
                Code::UnknownField,
                key.span,
                format!("{} has no field `{}`", shape.what, shown(name)),
            )
            .help(help),
        );
    }

    /// A string, in quotes if it could be anything else.
    pub(super) fn text(&mut self, node: &Node, name: &str) -> Option<Text> {
        let Kind::Scalar(scalar) = &node.kind else {
            self.wrong(node, name, "a string");
            return None;
        };
        self.unquoted(scalar, node.span, name);
        // Even if it should have been quoted: its text is the best guess, and a hole would be reported as well.
        Some(Spanned::new(scalar.text.clone(), node.span))
    }

    fn unquoted(&mut self, scalar: &Scalar, span: Span, name: &str) {
        if scalar.style != Style::Plain {
            return;
        }
        let Some(reading) = other_reading(&scalar.text) else {
            return;
        };
        let diagnostic = if scalar.text.is_empty() {
            Diagnostic::error(
                Code::UnquotedValue,
                span,
                format!("{name} has no value, and a string is expected"),
            )
            .help("write a value, or leave it out")
        } else {
            let text = shown(&scalar.text);
            Diagnostic::error(
                Code::UnquotedValue,
                span,
                format!("`{text}` is not quoted, and YAML may read it as {reading} where {name} must be a string"),
            )
            .help(if is_nothing(scalar) {
                format!("write a value, or leave it out; quote it if these are its letters: `\"{text}\"`")
            } else {
                format!("quote it: `\"{text}\"`")
            })
        };
        self.report(diagnostic);
    }

    /// A name as the key of a map.
    fn name(&mut self, key: &Key) -> Text {
        self.unquoted(&key.scalar, key.span, "a name");
        Spanned::new(key.scalar.text.clone(), key.span)
    }

    /// A list of strings.
    pub(super) fn texts(&mut self, node: &Node, name: &str, empty: Empty) -> Vec<Text> {
        let each = format!("each entry of {name}");
        let items = self.list(node, name, empty);
        items
            .iter()
            .filter_map(|item| self.text(item, &each))
            .collect()
    }

    /// A string, or a list of strings that is not empty.
    pub(super) fn text_or_texts(&mut self, node: &Node, name: &str) -> Vec<Text> {
        match &node.kind {
            Kind::Scalar(_) => self.text(node, name).into_iter().collect(),
            Kind::Sequence(_) => self.texts(node, name, Empty::Unclear),
            _ => {
                self.wrong(node, name, "a string or a list of strings");
                Vec::new()
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, node: &Node, name: &str) -> Option<Spanned<bool>> {
        let Kind::Scalar(scalar) = &node.kind else {
            self.wrong(node, name, "`true` or `false`");
            return None;
        };
        match (scalar.style, scalar.text.as_str()) {
            (Style::Plain, "true") => return Some(Spanned::new(true, node.span)),
            (Style::Plain, "false") => return Some(Spanned::new(false, node.span)),
            _ if is_nothing(scalar) => {
                self.wrong(node, name, "`true` or `false`");
                return None;
            }
            _ => {}
        }
        let meant = match scalar.text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "on" => Some("write `true`, without quotes"),
            "false" | "no" | "n" | "off" => Some("write `false`, without quotes"),
            _ => None,
        };
        let diagnostic = Diagnostic::error(
            Code::WrongType,
            node.span,
            format!(
                "{name} must be `true` or `false`, not `{}`",
                shown(&scalar.text)
            ),
        );
        self.report(match meant {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
        None
    }

    /// A whole number.
    pub(super) fn integer(&mut self, node: &Node, name: &str) -> Option<Spanned<i64>> {
        let Kind::Scalar(scalar) = &node.kind else {
            self.wrong(node, name, "a whole number");
            return None;
        };
        if is_nothing(scalar) {
            self.wrong(node, name, "a whole number");
            return None;
        }
        let digits = scalar.text.bytes().all(|b| b.is_ascii_digit());
        // `010` is ten to some readers and eight to others.
        let definite = scalar.text == "0" || !scalar.text.starts_with('0');
        match scalar.text.parse::<i64>() {
            Ok(number) if digits && definite && scalar.style == Style::Plain => {
                Some(Spanned::new(number, node.span))
            }
            parsed => {
                let diagnostic = Diagnostic::error(
                    Code::WrongType,
                    node.span,
                    format!(
                        "{name} must be a whole number, not `{}`",
                        shown(&scalar.text)
                    ),
                );
                self.report(match parsed {
                    Ok(number) if definite => {
                        diagnostic.help(format!("write `{number}`, without quotes"))
                    }
                    _ => diagnostic,
                });
                None
            }
        }
    }

    /// A map from names to something, each name once.
    pub(super) fn named<T>(
        &mut self,
        node: &Node,
        name: &str,
        mut each: impl FnMut(&mut Self, &Text, &Node) -> Option<T>,
    ) -> Entries<T> {
        let entries = self.map(node, name, Empty::Fine).unwrap_or_default();
        let mut taken = HashSet::with_capacity(entries.len());
        let mut all = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key_text = self.name(key);
            let value = each(self, &key_text, value);
            if taken.insert(key.scalar.text.as_str())
                && let Some(value) = value
            {
                all.push((key_text, value));
            }
        }
        all
    }

    /// Any value as JSON would have it.
    pub(super) fn json(&mut self, node: &Node) -> serde_json::Value {
        use serde_json::Value;
        match &node.kind {
            Kind::Broken => Value::Null,
            Kind::Sequence(items) => {
                Value::Array(items.iter().map(|item| self.json(item)).collect())
            }
            Kind::Map(entries) => {
                let mut object = serde_json::Map::new();
                for (key, value) in entries {
                    let value = self.json(value);
                    object.entry(key.scalar.text.clone()).or_insert(value);
                }
                Value::Object(object)
            }
            Kind::Scalar(scalar) if scalar.style != Style::Plain => {
                Value::String(scalar.text.clone())
            }
            Kind::Scalar(scalar) => match core(&scalar.text) {
                Core::Null => Value::Null,
                Core::Bool(value) => Value::Bool(value),
                Core::Number(number) => Value::Number(number),
                Core::Text => Value::String(scalar.text.clone()),
                Core::NoNumber => {
                    self.report(
                        Diagnostic::error(
                            Code::WrongType,
                            node.span,
                            format!(
                                "`{}` is a number that JSON cannot hold",
                                shown(&scalar.text)
                            ),
                        )
                        .help(format!(
                            "quote it if a string is meant: `\"{}\"`",
                            shown(&scalar.text)
                        )),
                    );
                    Value::Null
                }
            },
        }
    }
}

fn is_nothing(scalar: &Scalar) -> bool {
    scalar.style == Style::Plain
        && matches!(scalar.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
}

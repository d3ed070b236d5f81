//! `stack_access`, decoded.

use super::decode::{Decoder, Empty};
use super::shape::{self, Shape};
use super::{Entry, Slack, Text};
use crate::model::stacks::{Attribute, Kind as Holds};
use crate::source::{Span, Spanned};
use crate::yaml::{Kind, Node, Style};

/// An entry of `stack_access` as written.
#[derive(Debug, Clone, Default)]
pub struct StackAccess {
    /// Where it is written.
    pub span: Span,
    /// `name`.
    pub name: Option<Text>,
    /// `attach`.
    pub attach: Option<Attach>,
    /// `read`.
    pub read: Vec<StackEntry>,
    /// `write`.
    pub write: Vec<StackEntry>,
    /// `deny`.
    pub deny: Vec<StackEntry>,
    /// `deny_write`.
    pub deny_write: Vec<StackEntry>,
    /// `by_label`, with `{level}` and `{group}` in it.
    pub by_label: Option<Text>,
}

/// `attach`: the word `all`, or a map.
#[derive(Debug, Clone, Default)]
pub struct Attach {
    /// Where it is written.
    pub span: Span,
    /// A word alone.
    pub word: Option<Text>,
    /// `label`: a string or a list, any of them.
    pub label: Option<Spanned<Vec<Text>>>,
    /// `stacks`: their ids.
    pub stacks: Option<Spanned<Vec<Text>>>,
    /// `modules`: their ids.
    pub modules: Option<Spanned<Vec<Text>>>,
}

/// An entry of `read`, `write`, `deny` or `deny_write`: a bare subject, or a map.
#[derive(Debug, Clone)]
pub struct StackEntry {
    /// `who`, `when` and `unless`.
    pub entry: Entry,
    /// `slack`: a channel instead of a session.
    pub slack: Option<Slack>,
    /// `stack`: which stacks.
    pub stack: Option<StackTest>,
}

/// A test of stacks and modules.
#[derive(Debug, Clone)]
pub struct StackTest {
    /// Where it is written.
    pub span: Span,
    /// What it says.
    pub kind: StackTestKind,
}

/// The forms of a test of stacks.
#[derive(Debug, Clone)]
pub enum StackTestKind {
    /// Every part holds.
    All(Vec<StackTest>),
    /// One part holds.
    Any(Vec<StackTest>),
    /// No part holds.
    None(Vec<StackTest>),
    /// An attribute says something.
    Is(Attribute, StackValue),
}

/// What an attribute is to say.
#[derive(Debug, Clone)]
pub enum StackValue {
    /// One of these texts.
    Texts(Vec<Text>),
    /// This flag.
    Flag(bool),
    /// One of these numbers.
    Numbers(Vec<i64>),
    /// Whether it says anything at all.
    Given(bool),
    /// A time between these.
    Times {
        /// `from`.
        from: Option<Text>,
        /// `until`.
        until: Option<Text>,
    },
}

impl Decoder<'_> {
    pub(super) fn stack_access(&mut self, node: &Node) -> StackAccess {
        let mut access = StackAccess {
            span: node.span,
            ..StackAccess::default()
        };
        for (field, node) in self.fields(node, &shape::STACK_ACCESS, Empty::Fine) {
            match field {
                "name" => access.name = self.text(node, "`name`"),
                "attach" => access.attach = self.attach(node),
                "read" => access.read = self.stack_entries(node, "`read`"),
                "write" => access.write = self.stack_entries(node, "`write`"),
                "deny" => access.deny = self.stack_entries(node, "`deny`"),
                "deny_write" => access.deny_write = self.stack_entries(node, "`deny_write`"),
                "by_label" => access.by_label = self.text(node, "`by_label`"),
                _ => {}
            }
        }
        access
    }

    fn attach(&mut self, node: &Node) -> Option<Attach> {
        let mut attach = Attach {
            span: node.span,
            ..Attach::default()
        };
        if matches!(node.kind, Kind::Scalar(_)) {
            attach.word = Some(self.text(node, "`attach`")?);
            return Some(attach);
        }
        for (field, node) in self.fields(node, &shape::ATTACH, Empty::Unclear) {
            match field {
                "label" => {
                    let labels = self.text_or_texts(node, "`label`");
                    attach.label = Some(Spanned::new(labels, node.span));
                }
                "stacks" => {
                    let ids = self.texts(node, "`stacks`", Empty::Unclear);
                    attach.stacks = Some(Spanned::new(ids, node.span));
                }
                "modules" => {
                    let ids = self.texts(node, "`modules`", Empty::Unclear);
                    attach.modules = Some(Spanned::new(ids, node.span));
                }
                _ => {}
            }
        }
        Some(attach)
    }

    fn stack_entries(&mut self, node: &Node, name: &str) -> Vec<StackEntry> {
        let each = format!("each entry of {name}");
        let items = self.list(node, name, Empty::Unclear);
        items
            .iter()
            .filter_map(|item| self.stack_entry(item, &each))
            .collect()
    }

    fn stack_entry(&mut self, node: &Node, name: &str) -> Option<StackEntry> {
        let is_entry = |name: &str| shape::STACK_ENTRY.fields.contains(&name);
        let entries = match &node.kind {
            Kind::Map(keys) if keys.iter().any(|(key, _)| is_entry(&key.scalar.text)) => {
                self.fields(node, &shape::STACK_ENTRY, Empty::Unclear)
            }
            _ => {
                let entry = self.entry(node, name)?;
                return Some(StackEntry {
                    entry,
                    slack: None,
                    stack: None,
                });
            }
        };
        let mut found = StackEntry {
            entry: Entry {
                span: node.span,
                who: None,
                when: None,
                unless: None,
            },
            slack: None,
            stack: None,
        };
        for (field, node) in entries {
            match field {
                "who" => found.entry.who = self.subject(node, "`who`"),
                "when" => found.entry.when = self.test(node, "`when`"),
                "unless" => found.entry.unless = self.test(node, "`unless`"),
                "slack" => found.slack = Some(self.slack_channel(node)),
                "stack" => found.stack = Some(self.stack_test(node, &shape::STACK, "")),
                _ => {}
            }
        }
        Some(found)
    }

    fn slack_channel(&mut self, node: &Node) -> Slack {
        let mut slack = Slack {
            span: node.span,
            ..Slack::default()
        };
        for (field, node) in self.fields(node, &shape::SLACK_REQUEST, Empty::Unclear) {
            match field {
                "workspace" => slack.workspace = self.text(node, "`workspace`"),
                "channel" => slack.channel = self.text(node, "`channel`"),
                _ => {}
            }
        }
        slack
    }

    /// A map of attributes, every one of which must hold. `within` is the start of their names, with a dot at its end.
    fn stack_test(&mut self, node: &Node, shape: &Shape, within: &str) -> StackTest {
        let mut parts = Vec::new();
        for (field, node) in self.fields(node, shape, Empty::Unclear) {
            let kind = match (within, field) {
                ("", "all") => StackTestKind::All(self.stack_tests(node, "`all`")),
                ("", "any") => StackTestKind::Any(self.stack_tests(node, "`any`")),
                ("", "none") => StackTestKind::None(self.stack_tests(node, "`none`")),
                ("", "space") => {
                    parts.push(self.stack_test(node, &shape::STACK_SPACE, "space."));
                    continue;
                }
                ("", "tracked_commit") => {
                    parts.push(self.stack_test(node, &shape::TRACKED_COMMIT, "tracked_commit."));
                    continue;
                }
                ("", "worker_pool") => {
                    parts.push(self.stack_test(node, &shape::WORKER_POOL, "worker_pool."));
                    continue;
                }
                _ => {
                    let Some(attribute) = Attribute::named(&format!("{within}{field}")) else {
                        continue;
                    };
                    let Some(value) = self.stack_value(node, attribute) else {
                        continue;
                    };
                    StackTestKind::Is(attribute, value)
                }
            };
            parts.push(StackTest {
                span: node.span,
                kind,
            });
        }
        StackTest {
            span: node.span,
            kind: StackTestKind::All(parts),
        }
    }

    fn stack_tests(&mut self, node: &Node, name: &str) -> Vec<StackTest> {
        let items = self.list(node, name, Empty::Unclear);
        items
            .iter()
            .map(|item| self.stack_test(item, &shape::STACK, ""))
            .collect()
    }

    fn stack_value(&mut self, node: &Node, attribute: Attribute) -> Option<StackValue> {
        let name = format!("`{}`", attribute.path());
        let is_word = |node: &Node, word: &str| matches!(&node.kind, Kind::Scalar(scalar) if scalar.style == Style::Plain && scalar.text == word);
        let may_lack = attribute.is_optional()
            && matches!(attribute.kind(), Holds::Text | Holds::Number)
            && (is_word(node, "true") || is_word(node, "false"));
        if may_lack {
            return self
                .flag(node, &name)
                .map(|flag| StackValue::Given(flag.value));
        }
        match attribute.kind() {
            Holds::Flag => self
                .flag(node, &name)
                .map(|flag| StackValue::Flag(flag.value)),
            Holds::Number => {
                let nodes = match &node.kind {
                    Kind::Sequence(_) => self.list(node, &name, Empty::Unclear),
                    _ => std::slice::from_ref(node),
                };
                let numbers = nodes.iter().map(|node| self.integer(node, &name));
                let numbers: Vec<i64> = numbers.flatten().map(|number| number.value).collect();
                (!numbers.is_empty()).then_some(StackValue::Numbers(numbers))
            }
            Holds::Time => {
                let (mut from, mut until) = (None, None);
                for (field, node) in self.fields(node, &shape::BETWEEN, Empty::Unclear) {
                    match field {
                        "from" => from = self.text(node, "`from`"),
                        "until" => until = self.text(node, "`until`"),
                        _ => {}
                    }
                }
                (from.is_some() || until.is_some()).then_some(StackValue::Times { from, until })
            }
            Holds::Text | Holds::Texts | Holds::Thing | Holds::Lock => {
                let texts = self.text_or_texts(node, &name);
                (!texts.is_empty()).then_some(StackValue::Texts(texts))
            }
        }
    }
}

//! The parts of a mapping that nest: who, under which conditions, on which spaces.

use super::decode::{Decoder, Empty};
use super::shape;
use super::{Entry, Text};
use crate::source::{Span, Spanned};
use crate::yaml::{Kind, Node, Style};

/// Who: a boolean expression over what a session says.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Where it is written.
    pub span: Span,
    /// What it says.
    pub kind: SubjectKind,
}

/// The forms of a subject.
#[derive(Debug, Clone)]
pub enum SubjectKind {
    /// A bare string: a name of `groups` or `people`, or the word `everyone`.
    Name(String),
    /// A bare list: any of them.
    AnyOf(Vec<Subject>),
    /// A map: every key must hold.
    Every(Box<SubjectMap>),
}

/// The keys of a subject's map.
#[derive(Debug, Clone, Default)]
pub struct SubjectMap {
    /// `group`: a name of `groups`, or a list, any of them.
    pub group: Option<Vec<Text>>,
    /// `login`: exact, or with `*`; a string or a list, any of them.
    pub login: Option<Vec<Text>>,
    /// `api_key`: a declared key, or a list.
    pub api_key: Option<Vec<Text>>,
    /// `member`.
    pub member: Option<Spanned<bool>>,
    /// `machine`.
    pub machine: Option<Spanned<bool>>,
    /// `any`.
    pub any: Option<Spanned<Vec<Subject>>>,
    /// `all`.
    pub all: Option<Spanned<Vec<Subject>>>,
    /// `none`.
    pub none: Option<Spanned<Vec<Subject>>>,
}

/// `when` or `unless`: names of conditions under `all` and `any`.
#[derive(Debug, Clone)]
pub struct Test {
    /// Where it is written.
    pub span: Span,
    /// What it says.
    pub kind: TestKind,
}

/// The forms of a test.
#[derive(Debug, Clone)]
pub enum TestKind {
    /// One condition's name.
    Name(String),
    /// `all`: every one holds.
    All(Vec<Test>),
    /// `any`: one holds.
    Any(Vec<Test>),
    /// A bare list, which says neither; of one element it is that element.
    List(Vec<Test>),
}

/// Which spaces a grant is about.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it is written.
    pub span: Span,
    /// What it says.
    pub kind: TargetKind,
}

/// The forms of a target.
#[derive(Debug, Clone)]
pub enum TargetKind {
    /// A bare string: `"*"`, a space id or a set's name.
    Name(String),
    /// A list of space ids and sets' names.
    List(Vec<Text>),
    /// A map: every key must hold.
    Select {
        /// `label`: a string or a list, any of them.
        label: Option<Vec<Text>>,
        /// `under`: a space id.
        under: Option<Text>,
        /// `except`: space ids and sets' names.
        except: Option<Vec<Text>>,
        /// `at_login: true`.
        at_login: Option<Spanned<bool>>,
    },
}

impl Decoder<'_> {
    /// Who. The depth is bounded by that of the tree.
    pub(super) fn subject(&mut self, node: &Node, name: &str) -> Option<Subject> {
        let kind = match &node.kind {
            Kind::Scalar(_) => SubjectKind::Name(self.text(node, name)?.value),
            Kind::Sequence(_) => SubjectKind::AnyOf(self.subjects(node, name)),
            Kind::Map(_) => SubjectKind::Every(Box::new(self.subject_map(node))),
            Kind::Broken => return None,
        };
        Some(Subject {
            span: node.span,
            kind,
        })
    }

    fn subjects(&mut self, node: &Node, name: &str) -> Vec<Subject> {
        let each = format!("each entry of {name}");
        // The name of a list within a list grows with every one, and says no more.
        let each = if name.starts_with("each entry") {
            name
        } else {
            &each
        };
        let items = self.list(node, name, Empty::Unclear);
        items
            .iter()
            .filter_map(|item| self.subject(item, each))
            .collect()
    }

    fn subject_map(&mut self, node: &Node) -> SubjectMap {
        let mut map = SubjectMap::default();
        for (field, node) in self.fields(node, &shape::SUBJECT, Empty::Unclear) {
            match field {
                "group" => map.group = Some(self.text_or_texts(node, "`group`")),
                "login" => map.login = Some(self.text_or_texts(node, "`login`")),
                "api_key" => map.api_key = Some(self.text_or_texts(node, "`api_key`")),
                "member" => map.member = self.flag(node, "`member`"),
                "machine" => map.machine = self.flag(node, "`machine`"),
                "any" => map.any = Some(Spanned::new(self.subjects(node, "`any`"), node.span)),
                "all" => map.all = Some(Spanned::new(self.subjects(node, "`all`"), node.span)),
                "none" => map.none = Some(Spanned::new(self.subjects(node, "`none`"), node.span)),
                _ => {}
            }
        }
        map
    }

    pub(super) fn test(&mut self, node: &Node, name: &str) -> Option<Test> {
        let kind = match &node.kind {
            Kind::Scalar(_) => TestKind::Name(self.text(node, name)?.value),
            Kind::Sequence(_) => TestKind::List(self.tests_of(node, name)),
            Kind::Map(_) => {
                let mut parts = Vec::new();
                for (field, node) in self.fields(node, &shape::TEST, Empty::Unclear) {
                    let kind = match field {
                        "all" => TestKind::All(self.tests_of(node, "`all`")),
                        _ => TestKind::Any(self.tests_of(node, "`any`")),
                    };
                    parts.push(Test {
                        span: node.span,
                        kind,
                    });
                }
                // Every key of a map must hold.
                match (parts.pop(), parts.is_empty()) {
                    (Some(only), true) => only.kind,
                    (Some(last), false) => {
                        parts.push(last);
                        TestKind::All(parts)
                    }
                    (None, _) => return None,
                }
            }
            Kind::Broken => return None,
        };
        Some(Test {
            span: node.span,
            kind,
        })
    }

    fn tests_of(&mut self, node: &Node, name: &str) -> Vec<Test> {
        let items = self.list(node, name, Empty::Unclear);
        items
            .iter()
            .filter_map(|item| self.test(item, "the name of a condition"))
            .collect()
    }

    pub(super) fn entries(&mut self, node: &Node, name: &str) -> Vec<Entry> {
        let each = format!("each entry of {name}");
        let items = self.list(node, name, Empty::Unclear);
        items
            .iter()
            .filter_map(|item| self.entry(item, &each))
            .collect()
    }

    pub(super) fn entry(&mut self, node: &Node, name: &str) -> Option<Entry> {
        let mut entry = Entry {
            span: node.span,
            who: None,
            when: None,
            unless: None,
        };
        let Kind::Map(keys) = &node.kind else {
            entry.who = Some(self.subject(node, name)?);
            return Some(entry);
        };
        let has = |names: &[&str]| {
            keys.iter()
                .any(|(key, _)| names.contains(&key.scalar.text.as_str()))
        };
        if !has(shape::ENTRY.fields) {
            if keys.is_empty() || has(shape::SUBJECT.fields) {
                entry.who = Some(self.subject(node, name)?);
                return Some(entry);
            }
            // It could have been meant as either.
            for (key, _) in keys {
                self.unknown(key, &shape::ENTRY, shape::SUBJECT.fields);
            }
            return None;
        }
        for (field, node) in self.fields(node, &shape::ENTRY, Empty::Unclear) {
            match field {
                "who" => entry.who = self.subject(node, "`who`"),
                "when" => entry.when = self.test(node, "`when`"),
                "unless" => entry.unless = self.test(node, "`unless`"),
                _ => {}
            }
        }
        Some(entry)
    }

    pub(super) fn target(&mut self, node: &Node, name: &str) -> Option<Target> {
        let kind = match &node.kind {
            Kind::Scalar(scalar) if scalar.style == Style::Plain && scalar.text.is_empty() => {
                self.text(node, name)?;
                return None;
            }
            Kind::Scalar(_) => TargetKind::Name(self.text(node, name)?.value),
            Kind::Sequence(_) => TargetKind::List(self.texts(node, name, Empty::Unclear)),
            Kind::Map(_) => {
                let (mut label, mut under, mut except, mut at_login) = (None, None, None, None);
                for (field, node) in self.fields(node, &shape::TARGET, Empty::Unclear) {
                    match field {
                        "label" => label = Some(self.text_or_texts(node, "`label`")),
                        "under" => under = self.text(node, "`under`"),
                        "except" => except = Some(self.texts(node, "`except`", Empty::Unclear)),
                        "at_login" => at_login = self.flag(node, "`at_login`"),
                        _ => {}
                    }
                }
                TargetKind::Select {
                    label,
                    under,
                    except,
                    at_login,
                }
            }
            Kind::Broken => return None,
        };
        Some(Target {
            span: node.span,
            kind,
        })
    }
}

//! A small change of a YAML file that leaves every other byte as it is: comments, layout, quotes and line ends.
//!
//! ```text
//! text -> tree with positions -> patches -> text -> tree, held against the old tree with the change made to it
//! ```
//!
//! A text whose layout does not let itself be changed in this way, or that would come to mean anything else, is not changed
//! at all. [`Edits`] does it to a project's files: what they mean together is compared, too.

mod block;
mod files;
mod flow;
mod insert;
mod lines;
mod remove;
mod spell;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use crate::diagnostic::Diagnostics;
use crate::source::SourceId;
use crate::yaml::plain::other_reading;
use crate::yaml::{self, Key, Kind, Node, Scalar, Style};

pub use files::{Edited, Edits, NotEdited};
pub(crate) use spell::written;

/// A key on the way to a list, and the order in which the keys of its map are usually written.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// The key.
    pub key: &'static str,
    /// Every key of its map in order; a key that has to be made is put after those that stand before it here.
    pub order: &'static [&'static str],
}

/// A step from a value to one in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The value of a key.
    Key(String),
    /// The item of this number, from 0.
    Item(usize),
}

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A map.
    Map(Vec<(&'static str, Value)>),
}

/// What to change.
#[derive(Debug, Clone)]
pub enum Change {
    /// Adds items at the end of a list. What is missing of the way to it is made.
    Append {
        /// The keys from the top of the file to the list.
        list: Vec<Way>,
        /// The items.
        items: Vec<Value>,
    },
    /// Removes items of a list with their own comments: those beside them and in them, and the lines of comment right above
    /// and as far indented. A list that is left without items is left empty, or goes with its key where that is not at the
    /// top of the file.
    Remove {
        /// The way from the top of the file to the list.
        list: Vec<Step>,
        /// The numbers of the items.
        items: BTreeSet<usize>,
    },
}

/// Why a text cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotEdit {
    /// Where, as a byte of the text.
    pub at: usize,
    /// Why.
    pub message: &'static str,
}

impl fmt::Display for CannotEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for CannotEdit {}

/// Bytes to be replaced, the end exclusive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Patch {
    start: usize,
    end: usize,
    with: String,
}

impl Patch {
    fn remove(start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            with: String::new(),
        }
    }

    fn insert(at: usize, with: impl Into<String>) -> Self {
        Self {
            start: at,
            end: at,
            with: with.into(),
        }
    }
}

/// Changes a text.
///
/// # Errors
/// When the text is not one that can be changed without changing anything else.
pub fn edit(text: &str, changes: &[Change]) -> Result<String, CannotEdit> {
    let before = root(text).ok_or_else(|| refuse(0, "the file cannot be read"))?;
    let mut patches = Vec::new();
    let mut wanted = before.clone();
    for change in changes {
        match change {
            Change::Append { list, items } => {
                patches.extend(insert::append(text, &before, list, items)?);
                add(&mut wanted, list, items);
            }
            Change::Remove { list, items } => {
                patches.extend(remove::remove(text, &before, list, items)?);
                take(&mut wanted, list, items);
            }
        }
    }
    let first = patches.iter().map(|patch| patch.start).min().unwrap_or(0);
    let after = patched(text, patches)?;
    match root(&after) {
        Some(read) if same(&read, &wanted) => Ok(after),
        _ => Err(refuse(
            first,
            "the file is laid out so that a change here would change more than is meant",
        )),
    }
}

fn refuse(at: usize, message: &'static str) -> CannotEdit {
    CannotEdit { at, message }
}

/// The tree of a text without any error in it.
fn root(text: &str) -> Option<Node> {
    let mut found = Diagnostics::default();
    let tree = yaml::read(SourceId::default(), text, &mut found);
    if tree.complete && !found.has_errors() {
        tree.root
    } else {
        None
    }
}

/// Removals may overlap; nothing else may.
fn patched(text: &str, mut patches: Vec<Patch>) -> Result<String, CannotEdit> {
    patches.sort();
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for patch in patches {
        if patch.start < at && !patch.with.is_empty() {
            return Err(refuse(patch.start, "two changes are in each other's way"));
        }
        out.push_str(text.get(at..patch.start).unwrap_or_default());
        out.push_str(&patch.with);
        at = at.max(patch.end);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Ok(out)
}

/// What stands at the end of a way.
fn find<'n>(root: &'n Node, way: &[Step]) -> Option<&'n Node> {
    way.iter()
        .try_fold(root, |node, step| match (&node.kind, step) {
            (Kind::Map(entries), Step::Key(key)) => entries
                .iter()
                .find(|(name, _)| name.scalar.text == *key)
                .map(|(_, value)| value),
            (Kind::Sequence(items), Step::Item(at)) => items.get(*at),
            _ => None,
        })
}

fn find_mut<'n>(root: &'n mut Node, way: &[Step]) -> Option<&'n mut Node> {
    way.iter()
        .try_fold(root, |node, step| match (&mut node.kind, step) {
            (Kind::Map(entries), Step::Key(key)) => entries
                .iter_mut()
                .find(|(name, _)| name.scalar.text == *key)
                .map(|(_, value)| value),
            (Kind::Sequence(items), Step::Item(at)) => items.get_mut(*at),
            _ => None,
        })
}

/// The tree with items added.
fn add(root: &mut Node, list: &[Way], items: &[Value]) {
    let Some((first, rest)) = list.split_first() else {
        if let Kind::Sequence(all) = &mut root.kind {
            all.extend(items.iter().map(spell::node));
        }
        return;
    };
    if let Kind::Map(entries) = &mut root.kind {
        let there = entries
            .iter()
            .position(|(key, _)| key.scalar.text == first.key);
        let at = there.unwrap_or(entries.len());
        if there.is_none() {
            let kind = if rest.is_empty() {
                Kind::Sequence(Vec::new())
            } else {
                Kind::Map(Vec::new())
            };
            let span = root.span;
            let scalar = Scalar {
                text: first.key.to_owned(),
                style: Style::Plain,
            };
            entries.push((Key { span, scalar }, Node { span, kind }));
        }
        if let Some((_, value)) = entries.get_mut(at) {
            add(value, rest, items);
        }
    }
}

/// The tree with items taken away.
fn take(root: &mut Node, list: &[Step], items: &BTreeSet<usize>) {
    if let Some(Node {
        kind: Kind::Sequence(all),
        ..
    }) = find_mut(root, list)
    {
        let mut at = 0;
        all.retain(|_| {
            at += 1;
            !items.contains(&(at - 1))
        });
    }
}

/// Whether two trees say the same: the order of a map's entries says nothing, and neither does a list without items.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.kind, &other.kind) {
        (Kind::Scalar(one), Kind::Scalar(other)) => {
            // Quotes say something only where the value would be read as something else without them.
            let other_than_text = |scalar: &Scalar| {
                scalar.style == Style::Plain && other_reading(&scalar.text).is_some()
            };
            one.text == other.text && other_than_text(one) == other_than_text(other)
        }
        (Kind::Sequence(one), Kind::Sequence(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Kind::Map(one), Kind::Map(other)) => {
            let said = |entries: &'_ [(Key, Node)]| {
                let mut said: Vec<usize> = (0..entries.len())
                    .filter(|at| entries.get(*at).is_some_and(|(_, value)| !is_empty(value)))
                    .collect();
                said.sort_by_key(|at| entries.get(*at).map(|(key, _)| &key.scalar.text));
                said
            };
            let (first, second) = (said(one), said(other));
            first.len() == second.len()
                && first
                    .iter()
                    .zip(&second)
                    .all(|(a, b)| match (one.get(*a), other.get(*b)) {
                        (Some((key, value)), Some((other_key, other_value))) => {
                            key.scalar.text == other_key.scalar.text && same(value, other_value)
                        }
                        _ => false,
                    })
        }
        _ => false,
    }
}

fn is_empty(node: &Node) -> bool {
    matches!(&node.kind, Kind::Sequence(items) if items.is_empty())
}

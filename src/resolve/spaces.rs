//! `spaces` and `space_sets`.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolver;
use super::cycles::{cycles, in_words};
use super::names::Kind;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::model::{FIXED_SPACES, Space};

/// The spaces as a tree, and the sets of them.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) spaces: BTreeMap<String, Space>,
    pub(super) children: BTreeMap<String, BTreeSet<String>>,
    pub(super) sets: BTreeMap<String, BTreeSet<String>>,
    /// Whether every space hangs below root or legacy. Nothing is said of what lies where in a tree that is not one.
    pub(super) sound: bool,
}

impl Tree {
    /// A space and everything above it, the space first.
    pub(super) fn upward<'t>(&'t self, space: &'t str) -> impl Iterator<Item = &'t str> {
        // The bound is for a tree that is not one.
        std::iter::successors(Some(space), |at| self.spaces.get(*at)?.parent.as_deref())
            .take(self.spaces.len() + 1)
    }

    /// Whether a space is another or lies below it.
    pub(super) fn is_within(&self, space: &str, ancestor: &str) -> bool {
        self.upward(space).any(|at| at == ancestor)
    }
}

impl Resolver<'_, '_> {
    pub(super) fn all_spaces(&mut self) -> BTreeMap<String, Space> {
        let document = self.document;
        self.spaces.sound = true;
        for id in FIXED_SPACES {
            self.spaces.spaces.insert(
                id.to_owned(),
                Space {
                    parent: None,
                    inherit: false,
                    labels: BTreeSet::new(),
                    span: None,
                },
            );
        }
        for (id, written) in &document.spaces {
            let parent = match &written.parent {
                // It should not be here at all, and that has been said.
                None if FIXED_SPACES.contains(&id.as_str()) => None,
                None => {
                    self.spaces.sound = false;
                    self.found.lacks(
                        written.span,
                        "parent",
                        Diagnostic::error(
                            Code::MissingField,
                            id.span,
                            format!("the space `{}` needs a `parent`", shown(id)),
                        )
                        .help("write `parent: root` for a space that lies below no other"),
                    );
                    None
                }
                Some(parent) => {
                    let known = self.name(&[Kind::Space], &parent.value, parent.span);
                    self.spaces.sound &= known.is_some();
                    known.map(|_| parent.value.clone())
                }
            };
            for label in written.labels.iter().filter(|label| label.is_empty()) {
                self.error(
                    Diagnostic::error(Code::BadValue, label.span, "a label is empty")
                        .help("write a label such as `env:dev`, or leave it out"),
                );
            }
            // A second declaration, or one of root or legacy, has been reported; the first one counts.
            if self.spaces.spaces.contains_key(&id.value) {
                continue;
            }
            if let Some(parent) = &parent {
                self.spaces
                    .children
                    .entry(parent.clone())
                    .or_default()
                    .insert(id.value.clone());
            }
            let space = Space {
                parent,
                inherit: written.inherit.as_ref().is_some_and(|flag| flag.value),
                labels: written.labels.iter().map(|l| l.value.clone()).collect(),
                span: Some(id.span.to(written.span)),
            };
            self.spaces.spaces.insert(id.value.clone(), space);
        }
        self.space_cycles();
        self.space_sets();
        self.spaces.spaces.clone()
    }

    fn space_cycles(&mut self) {
        let document = self.document;
        let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, space) in &document.spaces {
            if !FIXED_SPACES.contains(&id.as_str()) {
                let parent = space.parent.iter().map(|parent| parent.as_str()).collect();
                edges.entry(id).or_insert(parent);
            }
        }
        for circle in cycles(&edges) {
            self.spaces.sound = false;
            let place = |name: &str| {
                document
                    .spaces
                    .iter()
                    .find(|(id, _)| id.as_str() == name)
                    .map(|(id, space)| space.parent.as_ref().map_or(id.span, |p| p.span))
                    .unwrap_or_default()
            };
            let mut names = circle.iter();
            let Some(first) = names.next() else { continue };
            let mut diagnostic = Diagnostic::error(
                Code::SpaceCycle,
                place(first),
                match circle.len() {
                    1 => format!("the space `{}` is its own parent", shown(first)),
                    _ => format!(
                        "spaces lie below each other: {}",
                        in_words(&circle, " below ")
                    ),
                },
            )
            .help("give one of them a parent outside of the circle, such as `root`");
            for name in names {
                diagnostic = diagnostic.related(place(name), "and this");
            }
            self.error(diagnostic);
        }
    }

    fn space_sets(&mut self) {
        let document = self.document;
        for (name, members) in &document.space_sets {
            if members.is_empty() {
                self.found
                    .empty(name.span, &format!("the space set `{}`", shown(name)));
            }
            let mut ids = BTreeSet::new();
            for member in members {
                if self.names.is(Kind::SpaceSet, &member.value)
                    && !self.names.is(Kind::Space, &member.value)
                {
                    self.error(
                        Diagnostic::error(
                            Code::BadValue,
                            member.span,
                            format!("`{}` is a space set, and sets do not nest", shown(member)),
                        )
                        .help("write the spaces of it"),
                    );
                    self.names.find(&[Kind::SpaceSet], &member.value);
                } else if self
                    .name(&[Kind::Space], &member.value, member.span)
                    .is_some()
                {
                    ids.insert(member.value.clone());
                }
            }
            self.spaces.sets.entry(name.value.clone()).or_insert(ids);
        }
    }
}

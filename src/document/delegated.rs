//! What makes grants beside `grants` itself: files of other owners, conventions of names, and temporary access.

use std::collections::BTreeSet;

use super::decode::{Decoder, Empty};
use super::mapping::unread;
use super::shape;
use super::{Entries, Fixtures, Grant, Group, Subject, Target, Text};
use crate::source::{Span, Spanned};
use crate::yaml::Node;

/// An entry of `include`: files, and the bounds that their grants keep to.
#[derive(Debug, Clone, Default)]
pub struct Include {
    /// Where it is written.
    pub span: Span,
    /// `file`: a path, or a pattern, below the folder of the mapping.
    pub file: Option<Text>,
    /// `owner`: who answers for grants that do not say.
    pub owner: Option<Text>,
    /// `spaces`: where its grants may give roles.
    pub spaces: Option<Target>,
    /// `never_can`: actions that no role of its grants may hold.
    pub never_can: Option<Spanned<Vec<Text>>>,
    /// `must_end_within`, such as `90d`.
    pub must_end_within: Option<Text>,
}

/// An included file.
#[derive(Debug, Clone, Default)]
pub struct Included {
    /// `groups`.
    pub groups: Entries<Group>,
    /// `people`.
    pub people: Entries<Subject>,
    /// `grants`.
    pub grants: Vec<Grant>,
    /// `identities` and `tests`.
    pub fixtures: Fixtures,
    /// Sections that are there and whose entries could not be read.
    pub unread: BTreeSet<String>,
    /// Whether the file could not be read to its end.
    pub incomplete: bool,
}

/// An entry of `naming`: a convention for the names of groups.
#[derive(Debug, Clone, Default)]
pub struct Naming {
    /// Where it is written.
    pub span: Span,
    /// `group`: a name with `{space}` and `{suffix}` in it.
    pub group: Option<Text>,
    /// `suffix`: suffix -> slugs.
    pub suffix: Option<Spanned<Entries<Spanned<Vec<Text>>>>>,
    /// `spaces`.
    pub spaces: Option<Target>,
    /// `reason`.
    pub reason: Option<Text>,
    /// `owner`.
    pub owner: Option<Text>,
}

/// An entry of `elevations`: a grant that somebody approved for a short time.
#[derive(Debug, Clone, Default)]
pub struct Elevation {
    /// What it says as a grant.
    pub grant: Grant,
    /// `approved_by`.
    pub approved_by: Option<Spanned<Vec<Text>>>,
}

impl Decoder<'_> {
    pub(super) fn include(&mut self, node: &Node) -> Include {
        let mut include = Include {
            span: node.span,
            ..Include::default()
        };
        for (field, node) in self.fields(node, &shape::INCLUDE, Empty::Fine) {
            match field {
                "file" => include.file = self.text(node, "`file`"),
                "owner" => include.owner = self.text(node, "`owner`"),
                "spaces" => include.spaces = self.target(node, "`spaces`"),
                "never_can" => {
                    let actions = self.text_or_texts(node, "`never_can`");
                    include.never_can = Some(Spanned::new(actions, node.span));
                }
                "must_end_within" => include.must_end_within = self.text(node, "`must_end_within`"),
                _ => {}
            }
        }
        include
    }

    pub(super) fn included(&mut self, root: &Node) -> Included {
        let mut included = Included {
            unread: unread(root, shape::INCLUDED.fields),
            ..Included::default()
        };
        for (field, node) in self.fields(root, &shape::INCLUDED, Empty::Fine) {
            match field {
                "groups" => {
                    included.groups =
                        self.named(node, "`groups`", |this, _, node| Some(this.group(node)))
                }
                "people" => {
                    included.people = self.named(node, "`people`", |this, _, node| {
                        this.subject(node, "each of `people`")
                    })
                }
                "grants" => {
                    let items = self.list(node, "`grants`", Empty::Fine);
                    included.grants = items.iter().map(|item| self.grant(item)).collect();
                }
                _ => self.fixtures_field(&mut included.fixtures, field, node),
            }
        }
        included
    }

    pub(super) fn naming(&mut self, node: &Node) -> Naming {
        let mut naming = Naming {
            span: node.span,
            ..Naming::default()
        };
        for (field, node) in self.fields(node, &shape::NAMING, Empty::Fine) {
            match field {
                "group" => naming.group = self.text(node, "`group`"),
                "suffix" => {
                    let _ = self.map(node, "`suffix`", Empty::Unclear);
                    let suffixes = self.named(node, "`suffix`", |this, _, node| {
                        let roles = this.text_or_texts(node, "what a suffix gives");
                        Some(Spanned::new(roles, node.span))
                    });
                    naming.suffix = Some(Spanned::new(suffixes, node.span));
                }
                "spaces" => naming.spaces = self.target(node, "`spaces`"),
                "reason" => naming.reason = self.text(node, "`reason`"),
                "owner" => naming.owner = self.text(node, "`owner`"),
                _ => {}
            }
        }
        naming
    }

    pub(super) fn elevation(&mut self, node: &Node) -> Elevation {
        let mut elevation = Elevation::default();
        elevation.grant.span = node.span;
        for (field, node) in self.fields(node, &shape::ELEVATION, Empty::Fine) {
            if field == "approved_by" {
                let people = self.text_or_texts(node, "`approved_by`");
                elevation.approved_by = Some(Spanned::new(people, node.span));
            } else {
                self.grant_field(&mut elevation.grant, field, node);
            }
        }
        elevation
    }
}

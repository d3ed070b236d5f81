//! The file in which texts of the account's are adopted.

use super::Text;
use super::decode::{Decoder, Empty};
use super::shape::{self, Shape};
use crate::source::{Span, Spanned};
use crate::yaml::{Kind, Node};

/// `liftgate.lock`.
#[derive(Debug, Clone, Default)]
pub struct Lock {
    /// `version`, 1 so far.
    pub version: Option<Spanned<i64>>,
    /// The account's name.
    pub account: Option<Text>,
    /// `adopted`: texts of the account's.
    pub adopted: Vec<Adopted>,
    /// The whole of it.
    pub span: Span,
}

/// An entry of `adopted`.
#[derive(Debug, Clone, Default)]
pub struct Adopted {
    /// The policy's id.
    pub policy: Option<Text>,
    /// The digest of its text.
    pub text: Option<Text>,
    /// When it was adopted.
    pub at: Option<Text>,
    /// The whole of it.
    pub span: Span,
}

impl Decoder<'_> {
    pub(super) fn lock(&mut self, root: &Node) -> Lock {
        let mut lock = Lock {
            span: root.span,
            ..Lock::default()
        };
        for (field, node) in self.whole(root, &shape::LOCK) {
            match field {
                "version" => lock.version = self.integer(node, "`version`"),
                "account" => lock.account = self.text(node, "`account`"),
                "adopted" => {
                    let all = self.list(node, "`adopted`", Empty::Unclear);
                    lock.adopted = all.iter().map(|node| self.adopted(node)).collect();
                }
                _ => {}
            }
        }
        lock
    }

    fn adopted(&mut self, node: &Node) -> Adopted {
        let mut adopted = Adopted {
            span: node.span,
            ..Adopted::default()
        };
        for (field, node) in self.whole(node, &shape::ADOPTED) {
            match field {
                "policy" => adopted.policy = self.text(node, "`policy`"),
                "text" => adopted.text = self.text(node, "`text`"),
                "at" => adopted.at = self.text(node, "`at`"),
                _ => {}
            }
        }
        adopted
    }

    /// The fields of a map that must have them all.
    fn whole<'n>(&mut self, node: &'n Node, shape: &Shape) -> Vec<(&'n str, &'n Node)> {
        let found = self.fields(node, shape, Empty::Fine);
        if matches!(node.kind, Kind::Map(_)) {
            for field in shape.fields {
                if !found.iter().any(|(name, _)| name == field) {
                    self.missing(node, shape.what, &format!("`{field}`"));
                }
            }
        }
        found
    }
}

//! `guards`, decoded.

use super::Text;
use super::decode::{Decoder, Empty};
use super::shape;
use crate::source::Spanned;
use crate::yaml::{Kind, Node};

/// `guards`: how much one push may take away.
#[derive(Debug, Clone, Default)]
pub struct Guards {
    /// `max_people_losing_access`: a number, or a share of those known.
    pub max_people_losing_access: Option<Amount>,
    /// `max_admins_losing_access`.
    pub max_admins_losing_access: Option<Spanned<i64>>,
    /// `min_admins`.
    pub min_admins: Option<Spanned<i64>>,
    /// `min_coverage`: a share.
    pub min_coverage: Option<Text>,
    /// `max_directory_age`, such as `7d`.
    pub max_directory_age: Option<Text>,
}

/// A number, or a share such as `10%`.
#[derive(Debug, Clone)]
pub enum Amount {
    /// `5`.
    Number(Spanned<i64>),
    /// `10%`, as written.
    Share(Text),
}

impl Decoder<'_> {
    pub(super) fn guards(&mut self, node: &Node) -> Guards {
        let mut guards = Guards::default();
        for (field, node) in self.fields(node, &shape::GUARDS, Empty::Fine) {
            match field {
                "max_people_losing_access" => {
                    guards.max_people_losing_access =
                        self.amount(node, "`max_people_losing_access`");
                }
                "max_admins_losing_access" => {
                    guards.max_admins_losing_access =
                        self.integer(node, "`max_admins_losing_access`");
                }
                "min_admins" => guards.min_admins = self.integer(node, "`min_admins`"),
                "min_coverage" => guards.min_coverage = self.text(node, "`min_coverage`"),
                "max_directory_age" => {
                    guards.max_directory_age = self.text(node, "`max_directory_age`");
                }
                _ => {}
            }
        }
        guards
    }

    /// Whatever ends in a sign of percent was meant as a share, quoted or not; everything else as a number.
    fn amount(&mut self, node: &Node, name: &str) -> Option<Amount> {
        match &node.kind {
            Kind::Scalar(scalar) if scalar.text.ends_with('%') => {
                self.text(node, name).map(Amount::Share)
            }
            _ => self.integer(node, name).map(Amount::Number),
        }
    }
}

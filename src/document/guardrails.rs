//! What must hold of everybody, and who is never asked about.

use super::decode::{Decoder, Empty};
use super::shape;
use super::{Subject, Target, Text};
use crate::source::{Span, Spanned};
use crate::yaml::Node;

/// A guardrail as written. Which of its two forms it has is [`crate::resolve`]'s to say.
#[derive(Debug, Clone, Default)]
pub struct Guardrail {
    /// Where it is written.
    pub span: Span,
    /// `name`.
    pub name: Option<Text>,
    /// `can`: actions that only some may do; a string or a list, any of them.
    pub can: Option<Spanned<Vec<Text>>>,
    /// `only`: who may.
    pub only: Option<Subject>,
    /// `who`: whom the other form is about.
    pub who: Option<Subject>,
    /// `never_can`: actions that they may not do.
    pub never_can: Option<Spanned<Vec<Text>>>,
    /// `in`: on which spaces.
    pub spaces: Option<Target>,
}

/// Somebody whom Spacelift never asks the policy about.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// Where it is written.
    pub span: Span,
    /// `login`.
    pub login: Option<Text>,
    /// `because`.
    pub because: Option<Text>,
}

impl Decoder<'_> {
    pub(super) fn guardrail(&mut self, node: &Node) -> Guardrail {
        let mut guardrail = Guardrail {
            span: node.span,
            ..Guardrail::default()
        };
        for (field, node) in self.fields(node, &shape::GUARDRAIL, Empty::Fine) {
            match field {
                "name" => guardrail.name = self.text(node, "`name`"),
                "can" => {
                    let actions = self.text_or_texts(node, "`can`");
                    guardrail.can = Some(Spanned::new(actions, node.span));
                }
                "only" => guardrail.only = self.subject(node, "`only`"),
                "who" => guardrail.who = self.subject(node, "`who`"),
                "never_can" => {
                    let actions = self.text_or_texts(node, "`never_can`");
                    guardrail.never_can = Some(Spanned::new(actions, node.span));
                }
                "in" => guardrail.spaces = self.target(node, "`in`"),
                _ => {}
            }
        }
        guardrail
    }

    pub(super) fn exclusive(&mut self, node: &Node) -> Vec<Spanned<Vec<Text>>> {
        let items = self.list(node, "`exclusive`", Empty::Fine);
        items
            .iter()
            .map(|item| {
                let names = self.texts(item, "a set of `exclusive`", Empty::Unclear);
                Spanned::new(names, item.span)
            })
            .collect()
    }

    pub(super) fn outside(&mut self, node: &Node) -> Outside {
        let mut outside = Outside {
            span: node.span,
            ..Outside::default()
        };
        for (field, node) in self.fields(node, &shape::OUTSIDE, Empty::Fine) {
            match field {
                "login" => outside.login = self.text(node, "`login`"),
                "because" => outside.because = self.text(node, "`because`"),
                _ => {}
            }
        }
        outside
    }
}

//! `attach`: on which stacks and modules an entry works.

use super::super::Resolver;
use super::super::names::LONGEST;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{self, Text};
use crate::model::stacks::Attach;
use crate::report::visible::is_hidden;

impl<'d> Resolver<'d, '_> {
    /// What an entry is attached to.
    pub(super) fn attach(&mut self, written: &'d document::StackAccess) -> Option<Attach> {
        let Some(attach) = &written.attach else {
            self.found.lacks(
                written.span,
                "attach",
                Diagnostic::error(
                    Code::MissingField,
                    written.span,
                    "an entry of `stack_access` needs `attach`",
                )
                .help("an access policy that is attached to nothing does nothing: write `{label: …}`, `{stacks: […]}`, `{modules: […]}` or `all`"),
            );
            return None;
        };
        if let Some(word) = &attach.word {
            if word.as_str() == "all" {
                return Some(Attach {
                    all: true,
                    ..Attach::default()
                });
            }
            self.error(
                Diagnostic::error(
                    Code::BadValue,
                    word.span,
                    format!("`{}` says nothing of what it is attached to", shown(word)),
                )
                .help(format!(
                    "write `{{label: {}}}` for a label, or `all` for every stack and module",
                    shown(word)
                )),
            );
            return None;
        }
        let mut found = Attach::default();
        let mut sound = true;
        for label in attach.label.iter().flat_map(|labels| &labels.value) {
            if label.as_str() == "*" {
                found.all = true;
            } else if self.is_stack_label(label) {
                found.labels.insert(label.value.clone());
            } else {
                sound = false;
            }
        }
        for (ids, set) in [
            (&attach.stacks, &mut found.stacks),
            (&attach.modules, &mut found.modules),
        ] {
            for id in ids.iter().flat_map(|ids| &ids.value) {
                if self.is_thing_id(id) {
                    set.insert(id.value.clone());
                } else {
                    sound = false;
                }
            }
        }
        if found == Attach::default() && sound {
            self.found.empty(attach.span, "`attach`");
            return None;
        }
        sound.then_some(found)
    }

    /// A label that a policy is attached by. Spacelift reads a star in it as any label.
    fn is_stack_label(&mut self, label: &Text) -> bool {
        let wrong = if label.trim().is_empty() || label.len() > LONGEST {
            "a label has 1 to 512 bytes".to_owned()
        } else if label.contains('*') {
            "no star stands for a part of a label here".to_owned()
        } else if label.trim() != label.as_str() || label.contains(is_hidden) {
            format!(
                "the label `{}` has a space at an end, or a character in it that cannot be seen",
                shown(label)
            )
        } else if label.starts_with("autoattach:") {
            "`autoattach:` is written before it where it is pushed".to_owned()
        } else {
            return true;
        };
        self.found.missing(
            label.span,
            Diagnostic::error(Code::BadValue, label.span, wrong).help(
                "write the label as the stack carries it; `\"*\"` alone is every stack and module",
            ),
        );
        false
    }

    fn is_thing_id(&mut self, id: &Text) -> bool {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if (1..=LONGEST).contains(&id.len()) && id.chars().all(fits) {
            return true;
        }
        self.found.missing(
            id.span,
            Diagnostic::error(
                Code::BadValue,
                id.span,
                format!("`{}` is not the id of a stack or a module", shown(id)),
            )
            .help("write the id, as it stands in the address of its page: letters, digits, `-` and `_`"),
        );
        false
    }
}

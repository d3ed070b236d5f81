//! `roles`.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolver;
use super::actions::{ACTIONS, from_api, is_known};
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document;
use crate::model::{BUILT_IN_ROLES, Role, RoleKind};
use crate::source::Spanned;

impl Resolver<'_, '_> {
    pub(super) fn roles(&mut self) -> BTreeMap<String, Role> {
        let document = self.document;
        let mut roles = BTreeMap::new();
        for slug in BUILT_IN_ROLES {
            roles.insert(
                slug.to_owned(),
                Role {
                    name: None,
                    kind: RoleKind::BuiltIn,
                    span: None,
                },
            );
        }
        for (slug, written) in &document.roles {
            let span = slug.span.to(written.span);
            let kind = self.role_kind(slug, written);
            if let Some(kind) = kind {
                roles.entry(slug.value.clone()).or_insert(Role {
                    name: written.name.as_ref().map(|name| name.value.clone()),
                    kind,
                    span: Some(span),
                });
            }
        }
        roles
    }

    fn role_kind(&mut self, slug: &document::Text, written: &document::Role) -> Option<RoleKind> {
        let external = written.external.as_ref().filter(|flag| flag.value);
        let actions = written
            .actions
            .as_ref()
            .map(|actions| self.known_actions(actions, "`actions`"));
        match (external, actions) {
            (None, Some(actions)) => Some(RoleKind::Declared(actions)),
            (Some(_), None) => Some(RoleKind::External),
            (Some(external), Some(_)) => {
                let mut diagnostic = Diagnostic::error(
                    Code::BadValue,
                    external.span,
                    format!(
                        "the role `{}` is external and has actions, and can only be one of the two",
                        shown(slug)
                    ),
                )
                .help("leave `external` out to manage the role here, or leave `actions` out to manage it elsewhere");
                if let Some(actions) = &written.actions {
                    diagnostic = diagnostic.related(actions.span, "its actions");
                }
                self.error(diagnostic);
                None
            }
            (None, None) => {
                self.found.lacks(
                    written.span,
                    "actions",
                    Diagnostic::error(
                        Code::MissingField,
                        slug.span,
                        format!("the role `{}` needs `actions`", shown(slug)),
                    )
                    .help(
                        "list what it may do, or write `external: true` if it is managed elsewhere",
                    ),
                );
                None
            }
        }
    }

    /// The actions of a list that are known; the others are reported.
    pub(super) fn known_actions(
        &mut self,
        actions: &Spanned<Vec<document::Text>>,
        what: &str,
    ) -> BTreeSet<String> {
        if actions.is_empty() {
            self.found.empty(actions.span, what);
        }
        let mut known = BTreeSet::new();
        for action in &actions.value {
            if is_known(action) {
                known.insert(action.value.clone());
            } else {
                self.unknown_action(action);
            }
        }
        known
    }

    fn unknown_action(&mut self, action: &document::Text) {
        // The API's spelling, or underscores for dashes, is one that people bring from elsewhere.
        let respelt = from_api(&action.to_ascii_uppercase().replace([':', '-'], "_"));
        let help = match respelt {
            Some(known) => Some(format!("write `{known}`")),
            None => self.found.suggestion(action, ACTIONS.iter().copied()),
        };
        self.error(
            Diagnostic::error(
                Code::BadValue,
                action.span,
                format!("no action is called `{}`", shown(action)),
            )
            .help(help.unwrap_or_else(|| {
                "actions are spelt as in Spacelift's documentation, such as `space:read` or `run:trigger`"
                    .to_owned()
            })),
        );
    }
}

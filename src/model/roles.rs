//! Roles: where they come from, and what they may do.

use std::collections::{BTreeMap, BTreeSet};

use crate::resolve::actions::built_in_may;
use crate::source::Span;

/// Slugs of the roles that every account has. Source: Spacelift's documentation, authorization and RBAC.
pub const BUILT_IN_ROLES: [&str; 3] = ["space-admin", "space-reader", "space-writer"];

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// What Spacelift calls it, where the mapping says so.
    pub name: Option<String>,
    /// What it may do.
    pub kind: RoleKind,
    /// Its declaration; none for a built-in.
    pub span: Option<Span>,
}

/// Where a role comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleKind {
    /// Every account has it.
    BuiltIn,
    /// Declared with its actions, spelt `space:read`.
    Declared(BTreeSet<String>),
    /// Exists in the account; may do anything as far as this mapping knows.
    External,
}

impl RoleKind {
    /// Whether a role of this kind may do something: in doubt it may.
    #[must_use]
    pub fn may(&self, slug: &str, action: &str) -> bool {
        match self {
            Self::BuiltIn => built_in_may(slug, action),
            Self::Declared(actions) => actions.contains(action),
            Self::External => true,
        }
    }
}

/// Whether a role of these holds `space:admin`, or may: of an external or unknown role nothing is known.
#[must_use]
pub fn is_administrative(roles: &BTreeMap<String, Role>, slug: &str) -> bool {
    roles
        .get(slug)
        .is_none_or(|role| role.kind.may(slug, "space:admin"))
}

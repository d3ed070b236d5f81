//! Custom roles that let nobody see what they are about.

use super::Asked;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::effective::READ;
use crate::model::RoleKind;

/// Without `space:read` nothing is visible. Source: Spacelift's documentation, authorization and RBAC.
pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    for (slug, role) in &asked.model.roles {
        if let (RoleKind::Declared(actions), Some(span)) = (&role.kind, role.span)
            && !actions.contains(READ)
        {
            found.push(
                Diagnostic::warning(
                    Code::RoleWithoutRead,
                    span,
                    format!("the role `{}` does not hold `{READ}`, without which nothing is to be seen", shown(slug)),
                )
                .help("add `space:read` to its actions, unless everybody who holds it holds another role there"),
            );
        }
    }
}

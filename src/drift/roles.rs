//! Roles: which are gone, and which are not as declared.

use std::collections::BTreeSet;

use super::{By, Finding, Kind, Three, finding};
use crate::model::RoleKind;
use crate::plan::{Change, Guard, RoleState, quoted, spelt};
use crate::resolve::actions::to_api;

impl Three<'_> {
    pub(super) fn roles(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let missing = self
            .plan
            .refusals
            .iter()
            .filter(|one| one.code == Guard::RoleMissing || one.code == Guard::RoleDiffers);
        for refusal in missing {
            let code = if refusal.code == Guard::RoleMissing {
                Kind::RoleGone
            } else {
                Kind::RoleChanged
            };
            found.push(finding(code, By::Unknown, &refusal.message, &refusal.help));
        }
        for (slug, was, is) in self.changed_roles() {
            let declared = self.declared(slug);
            let live = is_live(was);
            let by = match declared {
                None => By::Unknown,
                Some(None) => By::Mapping,
                // As it was pushed, it is no longer; or it still is, and the mapping changed.
                Some(Some(pushed)) if Some(&pushed) == live.as_ref() => By::Mapping,
                Some(Some(_)) => By::Account,
            };
            let help = "push the mapping to make it as declared, or change the declaration; a role holds at once for whoever holds it";
            let (code, message) = match was {
                None => (
                    Kind::RoleGone,
                    format!("the account has no role {}", quoted(slug)),
                ),
                Some(_) => (
                    Kind::RoleChanged,
                    format!("the role {} is not as declared", quoted(slug)),
                ),
            };
            found.push(Finding {
                lines: differences(was, is),
                ..finding(code, by, message, help)
            });
        }
        found
    }

    /// Every role that a push would change: its slug, as it is, and as the mapping has it. One that is changed in two steps is
    /// there once.
    fn changed_roles(&self) -> Vec<(&str, Option<&RoleState>, &RoleState)> {
        let mut found: Vec<(&str, Option<&RoleState>, &RoleState)> = Vec::new();
        for change in &self.plan.changes {
            let (before, after) = match change {
                Change::RoleCreate { role, .. } => (None, role),
                Change::RoleUpdate { before, after, .. } => (Some(before), after),
                _ => continue,
            };
            match found.iter_mut().find(|(slug, ..)| *slug == after.slug) {
                Some(known) => known.2 = after,
                None => found.push((&after.slug, before, after)),
            }
        }
        found
    }

    /// The actions of a role as it was pushed last: whether that is known, and whether it was declared then.
    fn declared(&self, slug: &str) -> Option<Option<BTreeSet<String>>> {
        let model = self.pushed_model()?;
        Some(match model.roles.get(slug).map(|role| &role.kind) {
            Some(RoleKind::Declared(actions)) => {
                Some(actions.iter().map(|action| to_api(action)).collect())
            }
            _ => None,
        })
    }
}

fn is_live(role: Option<&RoleState>) -> Option<BTreeSet<String>> {
    role.map(|role| role.actions.iter().cloned().collect())
}

/// What the account has, seen from what the mapping says.
fn differences(live: Option<&RoleState>, wanted: &RoleState) -> Vec<String> {
    let Some(live) = live else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if live.name != wanted.name {
        lines.push(format!(
            "name: {} instead of {}",
            quoted(&live.name),
            quoted(&wanted.name)
        ));
    }
    for (sign, one, other) in [("+", live, wanted), ("-", wanted, live)] {
        let only = one
            .actions
            .iter()
            .filter(|one| !other.actions.contains(one));
        lines.extend(only.map(|action| format!("{sign} {}", spelt(action))));
    }
    lines
}

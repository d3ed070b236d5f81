//! The login policy: whether it is there, who edited it, and whether it is what the mapping says.

use super::{By, Finding, Kind, Three, finding, lines, of_another_format, to_replace};
use crate::model::Dialect;
use crate::plan::{
    self, Base, Change, Effect, Guard, POLICY_NAME, POLICY_SPACE, PolicyState, quoted,
    same_decisions,
};
use crate::render::Reading;
use crate::spacelift::Engine;

impl Three<'_> {
    pub(super) fn policy(&self) -> Vec<Finding> {
        let name = quoted(POLICY_NAME);
        let Some((policy, reading)) = &self.live.ours else {
            return vec![finding(
                Kind::PolicyGone,
                By::Account,
                format!(
                    "the account has no login policy {name}: it was deleted, or nothing was pushed yet"
                ),
                "push the mapping; until then members sign in without any role, unless another login policy decides",
            )];
        };
        let mut found = Vec::new();
        match reading {
            Reading::Foreign => {
                found.extend(self.refused(Guard::ForeignPolicy, Kind::PolicyForeign))
            }
            Reading::OtherFormat(seal) => {
                found.push(of_another_format(&format!("login policy {name}"), seal));
            }
            Reading::Edited(_) => {
                found.extend(self.edited());
                if let Some(pushed) = self.pushed
                    && !same_decisions(&pushed.policies.login, self.desired.policy)
                {
                    found.push(self.not_pushed(Vec::new()));
                }
            }
            Reading::Ours(ours) => {
                found.extend(moved(&PolicyState::from(policy), ours.dialect));
                if ours.dialect != self.desired.policy.dialect
                    || !same_decisions(ours, self.desired.policy)
                {
                    found.push(self.not_pushed(self.plan.effects.clone()));
                }
            }
        }
        found
    }

    fn edited(&self) -> Option<Finding> {
        let edit = self.plan.edit.as_ref()?;
        let (code, message) = match (&edit.base, &edit.unknown_effects) {
            (Base::Unknown { why }, _) | (_, Some(why)) => (
                Kind::PolicyEdited,
                format!(
                    "the login policy `{POLICY_NAME}` was edited by hand, and what that changed is not known: {why}"
                ),
            ),
            _ if edit.effects.is_empty() => (
                Kind::TextEdited,
                format!(
                    "the text of the login policy `{POLICY_NAME}` was edited by hand, and every fixture's login is decided as before"
                ),
            ),
            _ => (
                Kind::DecisionsEdited,
                format!(
                    "the login policy `{POLICY_NAME}` was edited by hand, and decides otherwise"
                ),
            ),
        };
        // Without a base, what the mapping would change is all there is to show.
        let lines = if edit.diff.is_empty() {
            let change = self.plan.changes.iter();
            let update = change.filter(|one| matches!(one, Change::PolicyUpdate { .. }));
            update.map(plan::diff).collect::<String>()
        } else {
            edit.diff.clone()
        };
        Some(Finding {
            effects: edit.effects.clone(),
            lines: self::lines(&lines),
            ..finding(code, By::Account, message, to_replace(edit))
        })
    }

    fn not_pushed(&self, effects: Vec<Effect>) -> Finding {
        Finding {
            effects,
            ..finding(
                Kind::NotPushed,
                By::Mapping,
                "the mapping says otherwise than what was pushed last",
                "push it; `liftgate plan` shows what that changes",
            )
        }
    }
}

/// Whether a policy of ours is evaluated as what it is not, or lies elsewhere than where login policies live.
fn moved(live: &PolicyState, dialect: Dialect) -> Option<Finding> {
    let engine = live.engine.clone().unwrap_or(Engine::V0);
    let right = plan::engine_for(dialect);
    let mut lines = Vec::new();
    if engine != right {
        lines.push(format!("engine: {engine} instead of {right}"));
    }
    if let Some(space) = live.space.as_deref().filter(|space| *space != POLICY_SPACE) {
        lines.push(format!(
            "space: {} instead of `{POLICY_SPACE}`",
            quoted(space)
        ));
    }
    (!lines.is_empty()).then(|| Finding {
        lines,
        ..finding(
            Kind::PolicyMoved,
            By::Account,
            format!("the login policy `{POLICY_NAME}` was changed beside its text"),
            "push the mapping to set it right",
        )
    })
}

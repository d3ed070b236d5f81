//! Whom the policy was to refuse by now, as the record says, and does not.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::account::{self, Connected};
use crate::model::Model;
use crate::offboard::is_refused_by;
use crate::plan::POLICY_NAME;
use crate::record;
use crate::render;
use crate::report::visible;
use crate::spacelift::{PolicyType, ReadAccount as _};

/// A note for each, as plans and drift have them.
pub fn notes(path: &Path, connected: &Connected, model: &Model) -> anyhow::Result<Vec<String>> {
    let refuses = |text: &str, login: &str| {
        is_refused_by(
            &render::read(text),
            &BTreeSet::from([login.to_ascii_lowercase()]),
        )
    };
    let now = jiff::Timestamp::now();
    let overdue = match record::overdue(path, &connected.place, now, refuses) {
        Ok(overdue) => overdue,
        Err(error) => {
            return Ok(vec![format!(
                "the record {} cannot be read ({error}), so whether windows of `offboard --sessions-only` have passed is not known",
                visible::path(path)
            )]);
        }
    };
    if overdue.is_empty() {
        return Ok(Vec::new());
    }
    let policies = connected.reader.policies();
    let policies = policies.map_err(|error| account::explained(&error))?;
    let live = policies
        .iter()
        .find(|policy| policy.kind == PolicyType::Login && policy.name == POLICY_NAME);
    let live = live.map(|policy| policy.body.as_str()).unwrap_or_default();
    let waiting = overdue.iter().filter(|one| !refuses(live, &one.login));
    Ok(waiting
        .map(|one| {
            let login = &one.login;
            let is_written = model.login.offboarded.contains_key(&login.to_ascii_lowercase());
            let next = match is_written {
                true => "push this mapping, which refuses them".to_owned(),
                false => format!("write them into the mapping with `liftgate offboard {login}`, and push it"),
            };
            format!(
                "the window of `{login}` ended at {}, as {} declared it when their sessions were ended, and the account's policy does not refuse them yet: {next}",
                one.window, one.who
            )
        })
        .collect())
}

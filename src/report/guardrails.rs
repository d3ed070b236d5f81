//! What guardrails were checked for.

use super::counts::{identities, number};
use super::visible::visible;
use crate::guardrail::Checked;

/// How far the guardrails of a mapping were checked; nothing where it has none.
#[must_use]
pub fn human(checked: &Checked) -> Option<String> {
    if checked.guardrails == 0 {
        return None;
    }
    let mut told = format!(
        "{} checked for {} of the fixtures only, with conditions and dates taken as met",
        number(checked.guardrails, "guardrail"),
        identities(checked.identities)
    );
    if !checked.excepted.is_empty() {
        let names: Vec<String> = checked
            .excepted
            .iter()
            .map(|one| format!("{} ({})", visible(&one.identity), one.because))
            .collect();
        told.push_str("; not for ");
        told.push_str(&names.join(", "));
    }
    Some(told)
}

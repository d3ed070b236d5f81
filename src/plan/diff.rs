//! A change of a policy, for people to read.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use similar::TextDiff;

use super::{Change, PolicyState, RoleState};
use crate::resolve::actions::from_api;

/// Lines around a change.
const CONTEXT: usize = 3;

/// What a change changes. Characters that move the cursor, change the direction of reading or are not seen are escaped.
#[must_use]
pub fn diff(change: &Change) -> String {
    match change {
        Change::PolicyCreate { policy } => texts(None, policy),
        Change::PolicyUpdate { before, after, .. } => texts(Some(before), after),
        Change::RoleCreate { role, .. } => actions(None, Some(role)),
        Change::RoleUpdate { before, after, .. } => actions(Some(before), Some(after)),
        Change::RoleDelete { role, .. } => actions(Some(role), None),
        Change::AccessCreate { policy } => format!("{}{}", labels(policy), texts(None, policy)),
        Change::AccessUpdate { before, after, .. } => texts(Some(before), after),
        Change::AccessDelete { policy, .. } => {
            let text = between(&policy.body, "", "live", "nothing");
            format!("{}{text}", labels(policy))
        }
        Change::AccessAttach { .. } | Change::AccessDetach { .. } => String::new(),
    }
}

/// What attaches an access policy by itself, on a line.
fn labels(policy: &PolicyState) -> String {
    if policy.labels.is_empty() {
        return String::new();
    }
    let line = format!("labels: {}", policy.labels.join(", ")).replace('\n', "\\n");
    format!("{}\n", escaped(&line))
}

/// The name where there are two, and every action gained or lost, as a mapping spells it.
fn actions(before: Option<&RoleState>, after: Option<&RoleState>) -> String {
    let mut out = String::new();
    if let (Some(before), Some(after)) = (before, after)
        && before.name != after.name
    {
        let line = format!("name: {} -> {}", before.name, after.name).replace('\n', "\\n");
        let _ = writeln!(out, "{}", escaped(&line));
    }
    let of = |role: Option<&RoleState>| -> BTreeSet<String> {
        let actions = role.map(|role| role.actions.as_slice()).unwrap_or_default();
        actions.iter().map(|action| spelt(action)).collect()
    };
    let (old, new) = (of(before), of(after));
    for (sign, one, other) in [('+', &new, &old), ('-', &old, &new)] {
        for action in one.difference(other) {
            let _ = writeln!(out, "{sign} {action}");
        }
    }
    out
}

/// An action of the API as a mapping spells it, or as it is where that is not known.
pub(crate) fn spelt(action: &str) -> String {
    match from_api(action) {
        Some(known) => known.to_string(),
        None => escaped(&action.replace(['\n', '\t'], " ")),
    }
}

/// The unified diff from the live policy to the mapping's. What changes beside the text stands before it, a line each.
fn texts(before: Option<&PolicyState>, after: &PolicyState) -> String {
    let mut out = String::new();
    if let Some(before) = before {
        fields(&mut out, before, after);
    }
    let old = before.map_or("", |before| before.body.as_str());
    out.push_str(&between(old, &after.body, "live", "mapping"));
    out
}

/// The unified diff between two texts, under these names.
pub(super) fn between(old: &str, new: &str, was: &str, is: &str) -> String {
    let mut out = String::new();
    // By `\n` alone: a lone `\r` or another line separator is a character of its line, and must show as one.
    let (old_lines, new_lines) = (lines(old), lines(new));
    let text = TextDiff::from_slices(&old_lines, &new_lines)
        .unified_diff()
        .context_radius(CONTEXT)
        .header(was, is)
        .to_string();
    out.push_str(&escaped(&text));
    for (side, name) in [(old, was), (new, is)] {
        let differ = old.ends_with('\n') != new.ends_with('\n');
        if differ && !side.is_empty() && !side.ends_with('\n') {
            let _ = writeln!(out, "\\ no newline at the end of {name}");
        }
    }
    out
}

fn lines(text: &str) -> Vec<&str> {
    if text.is_empty() {
        return Vec::new();
    }
    text.strip_suffix('\n')
        .unwrap_or(text)
        .split('\n')
        .collect()
}

fn fields(out: &mut String, before: &PolicyState, after: &PolicyState) {
    let text = |value: Option<&str>| value.unwrap_or("nothing").to_string();
    let engine = |state: &PolicyState| {
        state
            .engine
            .as_ref()
            .map_or_else(|| "REGO_V0".to_string(), ToString::to_string)
    };
    for (field, old, new) in [
        ("name", before.name.clone(), after.name.clone()),
        ("engine", engine(before), engine(after)),
        (
            "space",
            text(before.space.as_deref()),
            text(after.space.as_deref()),
        ),
        ("labels", before.labels.join(", "), after.labels.join(", ")),
        (
            "description",
            text(before.description.as_deref()),
            text(after.description.as_deref()),
        ),
    ] {
        if old != new {
            // On one line each, whatever is in it.
            let line = format!("{field}: {old} -> {new}").replace('\n', "\\n");
            let _ = writeln!(out, "{}", escaped(&line));
        }
    }
}

/// `text` with every character escaped that a terminal or a reader would not show as itself, but line breaks and tabs.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hazard(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

fn is_hazard(character: char) -> bool {
    use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
    !matches!(character, '\n' | '\t')
        && matches!(
            character.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
                | GeneralCategory::PrivateUse
                | GeneralCategory::Unassigned
        )
}

#[cfg(test)]
mod tests;

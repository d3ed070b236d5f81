//! What two versions of a mapping say differently, for people: what matters most first.

use std::fmt::Write as _;

use super::counts::number;
use super::plan::alike;
use super::visible::visible;
use crate::difference::{Change, Difference, GrantChange, RuleChange};

/// How many lines of one grant or group are shown.
const MOST_LINES: usize = 12;

/// The whole difference. `labels` are those that new access to spaces was marked by.
#[must_use]
pub fn human(difference: &Difference, labels: &[String]) -> String {
    let mut out = of_rules(difference, labels);
    if difference.people.is_empty() {
        if !difference.same {
            out.push_str("\n\nNobody of the fixtures and the directory gains or loses anything.");
        }
    } else {
        out.push_str("\n\nBy person:\n");
        alike(&mut out, &difference.people, "  ");
    }
    out.trim_end().to_string()
}

/// The difference by grant, by rule and by group.
#[must_use]
pub fn of_rules(difference: &Difference, labels: &[String]) -> String {
    let mut out = String::new();
    let is_reworded = |one: &&GrantChange| one.change == Change::Reworded;
    let reworded = difference.grants.iter().filter(is_reworded).count();
    if difference.same {
        let _ = writeln!(
            out,
            "No difference of meaning: both policies decide every login alike."
        );
        said_reworded(&mut out, reworded);
        return out.trim_end().to_string();
    }
    let changed = difference.grants.iter().filter(|one| !is_reworded(one));
    let (first, other): (Vec<_>, Vec<_>) = changed.partition(|one| is_first(one));
    let (first_rules, rules): (Vec<_>, Vec<_>) = difference.rules.iter().partition(|one| one.admin);
    let labels: Vec<String> = labels
        .iter()
        .map(|label| format!("`{}`", visible(label)))
        .collect();
    let head = format!(
        "Administration, and new access to spaces labelled {}:",
        labels.join(", ")
    );
    for (head, rules, grants) in [
        (head.as_str(), first_rules, first),
        ("Other grants:", Vec::new(), other),
        ("Rules of the login:", rules, Vec::new()),
    ] {
        if !rules.is_empty() || !grants.is_empty() {
            let _ = writeln!(out, "{head}");
            rules.iter().for_each(|one| rule(&mut out, one));
            grants.iter().for_each(|one| grant(&mut out, one));
            out.push('\n');
        }
    }
    if !difference.groups.is_empty() {
        let _ = writeln!(out, "By group:");
        for group in &difference.groups {
            let _ = writeln!(out, "  {}", visible(&group.group));
            lines(&mut out, '+', &group.gains);
            lines(&mut out, '-', &group.losses);
        }
        out.push('\n');
    }
    said_reworded(&mut out, reworded);
    out.trim_end().to_string()
}

fn said_reworded(out: &mut String, count: usize) {
    if count > 0 {
        let were = if count == 1 { "is" } else { "are" };
        let _ = writeln!(
            out,
            "{} {were} only moved or reworded.",
            number(count, "grant")
        );
    }
}

fn grant(out: &mut String, change: &GrantChange) {
    entry(out, &grant_line(change));
    lines(out, '+', &change.gives);
    lines(out, '-', &change.takes);
}

/// What became of a grant, after a sign.
pub(super) fn grant_line(change: &GrantChange) -> (Option<char>, String) {
    let (sign, word) = match change.change {
        Change::Added => ('+', "added"),
        Change::Removed => ('-', "removed"),
        Change::Widened => ('+', "widened"),
        Change::Narrowed => ('-', "narrowed"),
        Change::Changed => ('~', "changed"),
        Change::Reworded => ('=', "reworded"),
    };
    let id = change.after.as_ref().or(change.before.as_ref());
    let id = id.map_or("", String::as_str);
    let place = match &change.place {
        Some(place) => format!("{} ({})", visible(place), visible(id)),
        None => visible(id).into_owned(),
    };
    let nothing = if change.no_effect {
        ", which changes nothing: other grants give the same"
    } else {
        ""
    };
    (Some(sign), format!("{word} {place}{nothing}"))
}

/// What became of a rule, after a sign.
pub(super) fn rule_line(change: &RuleChange) -> (Option<char>, String) {
    let sign = if change.takes { '-' } else { '+' };
    (Some(sign), visible(&change.what).into_owned())
}

/// Whether a change of a grant is shown before others.
pub(super) fn is_first(change: &GrantChange) -> bool {
    change.change != Change::Reworded && !change.no_effect && (change.admin || change.labelled)
}

fn entry(out: &mut String, (sign, what): &(Option<char>, String)) {
    let _ = writeln!(out, "  {} {what}", sign.unwrap_or(' '));
}

fn lines(out: &mut String, sign: char, all: &[String]) {
    for line in all.iter().take(MOST_LINES) {
        let _ = writeln!(out, "      {sign} {}", visible(line));
    }
    if all.len() > MOST_LINES {
        let _ = writeln!(out, "      {sign} and {} more", all.len() - MOST_LINES);
    }
}

fn rule(out: &mut String, change: &RuleChange) {
    entry(out, &rule_line(change));
}

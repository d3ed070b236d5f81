//! The people of a plan, for people: counts, admins one by one, then who gains and loses what.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::counts::{number, people};
use super::super::visible::visible;
use super::{Changed, lines_of};
use crate::plan::{PersonChange, Plan, Source};

/// As many people are named of those to whom the same happens.
const NAMES: usize = 5;

/// As many different changes are listed.
const KINDS: usize = 20;

/// What happens to how many, in one line; empty where nothing does.
pub(in crate::report) fn counts(plan: &Plan) -> String {
    let changes = &plan.people.changes;
    let count =
        |holds: &dyn Fn(&PersonChange) -> bool| changes.iter().filter(|one| holds(one)).count();
    let admins = |before: bool| {
        count(&|one| one.outside_policy.is_none() && one.admin_change == Some((before, !before)))
    };
    let mut parts = Vec::new();
    for (count, what) in [
        (count(&PersonChange::gains), "gaining access"),
        (
            count(&|one| one.loses) + plan.people.offboarded.len(),
            "losing access",
        ),
    ] {
        if count > 0 {
            parts.push(format!("{} {what}", people(count)));
        }
    }
    for (count, what) in [(admins(false), "more"), (admins(true), "fewer")] {
        if count > 0 {
            parts.push(format!("{} {what}", number(count, "admin")));
        }
    }
    parts.join(", ")
}

/// Each of those who become admins or are admins no more: a sign, and who.
pub(in crate::report) fn admins(plan: &Plan) -> Vec<(char, String)> {
    let mut all = Vec::new();
    for change in &plan.people.changes {
        let (sign, what) = match change.admin_change {
            _ if change.outside_policy.is_some() => continue,
            Some((true, false)) => ('-', "would no longer administer the account"),
            Some((false, true)) => ('+', "would administer the account"),
            _ => continue,
        };
        all.push((sign, format!("{} {what}", named(change))));
    }
    all
}

/// How much of the account is known.
pub(in crate::report) fn known(plan: &Plan) -> String {
    let all = &plan.people;
    let sources = all
        .sources
        .iter()
        .map(|(source, count)| format!("{count} {}", source.words()));
    let sources: Vec<String> = sources.collect();
    let of = if sources.is_empty() {
        String::new()
    } else {
        format!(" ({})", sources.join(", "))
    };
    let known = match all.known {
        1 => "1 person is known".to_string(),
        count => format!("{} are known", people(count)),
    };
    let coverage = match &all.coverage {
        Some(coverage) if coverage.active == 0 => {
            "; nobody has been active in the account lately".to_string()
        }
        Some(coverage) => format!(
            "; they are {} of the account's {}, {} %",
            coverage.known,
            number(coverage.active, "active login"),
            coverage.percent()
        ),
        None => "; the account does not say who is active".to_string(),
    };
    let strangers: &[String] = all.coverage.as_ref().map_or(&[], |all| &all.strangers);
    let missing = all
        .coverage
        .as_ref()
        .map_or(0, |all| all.active - all.known);
    let unknown = match list(
        strangers.iter().map(|login| visible(login).into_owned()),
        missing,
    ) {
        text if text.is_empty() => text,
        text => format!("\n  not known: {text}"),
    };
    let offboarded = all.offboarded.iter();
    let offboarded = match list(
        offboarded
            .take(NAMES)
            .map(|login| visible(login).into_owned()),
        all.offboarded.len(),
    ) {
        text if text.is_empty() => text,
        text => format!("\n  newly offboarded, whatever they held: {text}"),
    };
    format!("{known}{of}{coverage}{unknown}{offboarded}")
}

/// Those to whom the same happens.
pub(in crate::report) struct Alike {
    /// Some of them, and how many there are.
    pub names: String,
    /// How many.
    pub count: usize,
    /// What happens to each.
    pub lines: Vec<String>,
}

/// Who gains or loses what, losses before gains, and within each most people first. Whoever only fixtures know is told of with
/// those.
pub(in crate::report) fn alike(plan: &Plan) -> Vec<Alike> {
    let elsewhere = |one: &&PersonChange| !one.sources.iter().all(|one| *one == Source::Fixture);
    let mut alike: BTreeMap<Vec<String>, Vec<&PersonChange>> = BTreeMap::new();
    for change in plan.people.changes.iter().filter(elsewhere) {
        alike
            .entry(lines_of(&Changed::of(change)))
            .or_default()
            .push(change);
    }
    let mut groups: Vec<(Vec<String>, Vec<&PersonChange>)> = alike.into_iter().collect();
    groups.sort_by_key(|(_, who)| {
        let loses = who.iter().any(|one| one.loses);
        (!loses, std::cmp::Reverse(who.len()))
    });
    let groups = groups.into_iter().map(|(lines, who)| Alike {
        names: list(who.iter().take(NAMES).map(|one| named(one)), who.len()),
        count: who.len(),
        lines,
    });
    groups.collect()
}

pub(super) fn changes(out: &mut String, plan: &Plan) {
    let groups = alike(plan);
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nPeople who gain or lose something:");
    for Alike { names, lines, .. } in groups.iter().take(KINDS) {
        let _ = writeln!(out, "  {names}");
        for line in lines {
            let _ = writeln!(out, "    {line}");
        }
    }
    let more: usize = groups.iter().skip(KINDS).map(|one| one.count).sum();
    if more > 0 {
        let _ = writeln!(
            out,
            "  and {} in other ways; `--format json` has all",
            people(more)
        );
    }
}

fn named(change: &PersonChange) -> String {
    match &change.name {
        Some(name) if !name.is_empty() => format!("{} ({})", visible(&change.login), visible(name)),
        _ => visible(&change.login).into_owned(),
    }
}

fn list(names: impl Iterator<Item = String>, of: usize) -> String {
    let names: Vec<String> = names.collect();
    match of.saturating_sub(names.len()) {
        0 => names.join(", "),
        more => format!("{}, and {more} more", names.join(", ")),
    }
}

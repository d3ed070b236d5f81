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
pub(super) fn counts(plan: &Plan) -> String {
    let changes = &plan.people.changes;
    let count =
        |holds: &dyn Fn(&PersonChange) -> bool| changes.iter().filter(|one| holds(one)).count();
    let admins = |before: bool| {
        count(&|one| one.outside_policy.is_none() && one.admin_change == Some((before, !before)))
    };
    let mut parts = Vec::new();
    for (count, what) in [
        (count(&PersonChange::gains), "gaining access"),
        (count(&|one| one.loses), "losing access"),
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

/// Each of those who become admins or are admins no more.
pub(super) fn admins(out: &mut String, plan: &Plan) {
    for change in &plan.people.changes {
        let (sign, what) = match change.admin_change {
            _ if change.outside_policy.is_some() => continue,
            Some((true, false)) => ('-', "would no longer administer the account"),
            Some((false, true)) => ('+', "would administer the account"),
            _ => continue,
        };
        let _ = writeln!(out, "  {sign} {} {what}", named(change));
    }
}

/// How much of the account is known.
pub(super) fn known(plan: &Plan) -> String {
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
    format!("{known}{of}{coverage}{unknown}")
}

/// Who gains or loses what, those together to whom the same happens. Whoever only fixtures know is told of with those.
pub(super) fn changes(out: &mut String, plan: &Plan) {
    let elsewhere = |one: &&PersonChange| !one.sources.iter().all(|one| *one == Source::Fixture);
    let mut alike: BTreeMap<Vec<String>, Vec<&PersonChange>> = BTreeMap::new();
    for change in plan.people.changes.iter().filter(elsewhere) {
        alike
            .entry(lines_of(&Changed::of(change)))
            .or_default()
            .push(change);
    }
    if alike.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nPeople who gain or lose something:");
    let mut groups: Vec<(Vec<String>, Vec<&PersonChange>)> = alike.into_iter().collect();
    // Losses before gains, and within each most people first.
    groups.sort_by_key(|(_, who)| {
        let loses = who.iter().any(|one| one.loses);
        (!loses, std::cmp::Reverse(who.len()))
    });
    let more: usize = groups.iter().skip(KINDS).map(|(_, who)| who.len()).sum();
    for (lines, who) in groups.into_iter().take(KINDS) {
        let count = who.len();
        let names = list(who.iter().take(NAMES).map(|one| named(one)), count);
        let _ = writeln!(out, "  {names}");
        for line in lines {
            let _ = writeln!(out, "    {line}");
        }
    }
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

//! The mapping of a policy that liftgate pushed, made again from the policy.
//!
//! A policy carries its mapping as tables, without what decides nothing: comments, reasons, owners. What is made of them is
//! compiled and held against the policy; where the two would not decide the same, nothing of it is used.

pub(super) mod access;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Condition, Entry, Found, Grant, Section, Teams, Test, Who, merged, text};
use crate::model::{Day, Dialect, NO_TEAM, NoGrants, NoGroups, Sample};
use crate::plan::same_decisions;
use crate::policy::{ConditionCase, GrantRow, Policy, Rewriting, Row, Rows, Window};
use crate::project::{Choices, Compiled, MAPPING, Project};
use crate::source::Alone;

/// What was found, and what the policy says.
#[must_use]
pub(super) fn with(found: Found, policy: &Policy) -> Found {
    let made = made(found.clone(), policy).filter(|made| decides_as(made, policy));
    made.unwrap_or_else(|| {
        let mut found = found;
        found.left("what liftgate's own login policy decides: no mapping could be made of it that decides the same, so take the one that it was pushed from");
        found
    })
}

fn decides_as(made: &Found, policy: &Policy) -> bool {
    compiled(made).is_some_and(|compiled| same_decisions(&compiled.policy, policy))
}

/// The mapping that is made of it, unless that is none.
fn compiled(made: &Found) -> Option<Compiled> {
    let alone = Alone {
        name: MAPPING,
        text: text(made),
    };
    Project::load_from(&alone, Path::new(""), &Choices::default()).compiled
}

/// The mapping, or nothing where the tables hold what no mapping makes.
fn made(mut found: Found, policy: &Policy) -> Option<Found> {
    for (value, member) in &policy.groups {
        let values = found.named.entry(member.group.clone()).or_default();
        values.insert(value.clone(), member.ends);
        found.groups.remove(value);
    }
    found.keys = keys(&found, &policy.api_keys);
    for (name, cases) in &policy.conditions {
        found.conditions.insert(name.clone(), condition(cases)?);
    }
    // A role that was taken for one that may administer was made elsewhere, or has changed since.
    for slug in &policy.admin_roles {
        if let Some(role) = found.roles.get_mut(slug) {
            let administers = |actions: &BTreeSet<String>| actions.contains("space:admin");
            role.actions = role.actions.take().filter(administers);
        }
    }
    found.dialect = (policy.dialect == Dialect::V0).then_some(Dialect::V0);
    let reader = Reader {
        keys: &policy.api_keys,
    };
    let login = &mut found.login;
    login.remark = None;
    login.admit = policy.settings.no_grants == NoGrants::Admit;
    login.no_groups_known = policy.settings.no_groups == NoGroups::Known;
    let gate: Vec<Who> = reader
        .entries(&policy.gate)?
        .into_iter()
        .map(|entry| entry.who)
        .collect();
    login.require = match any(gate)? {
        Who::Member(true) => None,
        other => Some(other),
    };
    login.admin = reader.people(&policy.admins)?;
    login.deny = reader.entries(&policy.denials)?;
    login.deny_admin = reader.entries(&policy.admin_denials)?;
    for (login_, person) in &policy.offboarded {
        let aliases = login.offboarded.entry(person.clone()).or_default();
        if login_ != person {
            aliases.insert(login_.clone());
        }
    }
    for (at, spaces) in &policy.slack {
        let (workspace, channel) = at.split_once('/')?;
        let roles = spaces
            .iter()
            .map(|(space, slugs)| (space.clone(), slugs.iter().cloned().collect()));
        login.slack.insert(
            (workspace.to_string(), channel.to_string()),
            roles.collect(),
        );
    }
    found.break_glass = policy.break_glass.clone();
    found.sample = match policy.settings.sample {
        Sample::None => None,
        Sample::Denied => Some("denied"),
        Sample::All => Some("all"),
    };
    found.teams = teams(policy, &reader)?;
    let mut grants = Vec::new();
    for (under, rows) in policy.grants.iter().chain(&policy.guarded_grants) {
        for row in rows {
            grants.push(reader.grant(under, row)?);
        }
    }
    let section = Section {
        remark: "As the live policy has it; reasons, owners and comments are in no policy."
            .to_string(),
        is_offer: false,
        grants: merged(grants),
    };
    found.grants.insert(0, section);
    Some(found)
}

/// Keys by the names that the policy gives them, since a name is a login that counts.
fn keys(found: &Found, named: &BTreeMap<String, String>) -> BTreeMap<String, super::Key> {
    let mut keys = found.keys.clone();
    for (name, login) in named {
        if let Some(id) = login.strip_prefix("api::") {
            keys.entry(id.to_string())
                .or_default()
                .name
                .clone_from(name);
        }
    }
    keys
}

fn teams(policy: &Policy, reader: &Reader) -> Option<Option<Teams>> {
    let keep = match policy.settings.teams {
        Rewriting::None => return Some(None),
        Rewriting::Keep => true,
        Rewriting::Replace => false,
    };
    let mut rows: BTreeMap<&str, Vec<Entry>> = BTreeMap::new();
    for (under, all) in &policy.additions {
        for row in all {
            let entry = reader.person(under, row)?;
            rows.entry(&row.id).or_default().push(entry);
        }
    }
    let mut add = BTreeMap::new();
    for (team, entries) in rows {
        let when: BTreeSet<Option<Test>> = entries.iter().map(|entry| entry.test.clone()).collect();
        // Parts of one entry that are given under different conditions have no words of their own.
        let (Some(when), 1) = (when.first().cloned(), when.len()) else {
            return None;
        };
        let who = any(entries.into_iter().map(|entry| entry.who).collect())?;
        add.insert(team.to_string(), (who, when));
    }
    let missing = policy
        .own_teams
        .iter()
        .any(|team| team != NO_TEAM && !add.contains_key(team));
    (!missing).then_some(Some(Teams { keep, add }))
}

/// Any of several; one alone is itself.
fn any(mut parts: Vec<Who>) -> Option<Who> {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => Some(only),
        (Some(last), false) => {
            parts.push(last);
            Some(Who::Any(parts))
        }
        (None, _) => None,
    }
}

/// Rows, read back.
struct Reader<'p> {
    keys: &'p BTreeMap<String, String>,
}

impl Reader<'_> {
    fn entries(&self, rows: &Rows) -> Option<Vec<Entry>> {
        let rows = rows
            .iter()
            .flat_map(|(under, rows)| rows.iter().map(move |row| (under, row)));
        rows.map(|(under, row)| {
            let facts = std::iter::once(under).chain(&row.all);
            let (parts, when) = self.parts(facts)?;
            let (none, unless) = self.parts(row.none.iter())?;
            // What lifts a denial holds of none of its rows; a condition that it asks for is in no language.
            when.is_empty().then(|| Entry {
                who: subject(parts, none),
                test: Test::any(unless),
            })
        })
        .collect()
    }

    fn people(&self, rows: &Rows) -> Option<Vec<Entry>> {
        let rows = rows
            .iter()
            .flat_map(|(under, rows)| rows.iter().map(move |row| (under, row)));
        rows.map(|(under, row)| self.person(under, row)).collect()
    }

    fn person(&self, under: &String, row: &Row) -> Option<Entry> {
        let (who, when) = self.granted(under, &row.all, &row.none, row.anyone)?;
        Some(Entry { who, test: when })
    }

    fn grant(&self, under: &String, row: &GrantRow) -> Option<Grant> {
        let (who, when) = self.granted(under, &row.all, &row.none, row.anyone)?;
        Some(Grant {
            who,
            roles: row.roles.iter().cloned().collect(),
            spaces: row.spaces.iter().cloned().collect(),
            labels: row.labels.iter().cloned().collect(),
            when,
            starts: row.starts,
            ends: row.ends,
        })
    }

    /// Of people who are members, unless the row says that it says all.
    fn granted(
        &self,
        under: &String,
        asked: &[String],
        none: &[String],
        anyone: bool,
    ) -> Option<(Who, Option<Test>)> {
        let facts = std::iter::once(under).chain(asked);
        let (mut parts, when) = self.parts(facts)?;
        let (excluded, never) = self.parts(none.iter())?;
        if !never.is_empty() {
            return None;
        }
        // What the language adds by itself.
        let own = [Who::Member(true), Who::Machine(false)];
        parts.retain(|part| !own.contains(part));
        let outsiders = outsiders(excluded);
        let machines = parts
            .iter()
            .any(|part| matches!(part, Who::Machine(true) | Who::Key(_)));
        if (machines || outsiders.contains(&Who::Member(false))) != anyone {
            return None;
        }
        parts.extend(outsiders);
        Some((Who::all(parts), Test::all(when)))
    }

    /// Facts as subjects, and the conditions among them.
    fn parts<'f>(&self, facts: impl Iterator<Item = &'f String>) -> Option<(Vec<Who>, Vec<Test>)> {
        let (mut parts, mut tests) = (Vec::new(), Vec::new());
        for fact in facts {
            let (kind, name) = fact.split_once(' ').unwrap_or((fact, ""));
            parts.push(match kind {
                "everyone" => continue,
                "condition" => {
                    tests.push(Test::Is(name.to_string()));
                    continue;
                }
                "person" => Who::Machine(false),
                "machine" => Who::Machine(true),
                "member" => Who::Member(true),
                "group" => Who::Named(name.to_string()),
                "login" => Who::Login(name.to_string()),
                // Against whoever signs in, a star is written twice.
                "like" => Who::Login(name.replace("**", "*")),
                "key" => Who::Key(self.keys.get(name)?.strip_prefix("api::")?.to_string()),
                _ => return None,
            });
        }
        Some((parts, tests))
    }
}

/// Whoever is all of these, and none of those.
fn subject(mut parts: Vec<Who>, none: Vec<Who>) -> Who {
    parts.extend(outsiders(none));
    Who::all(parts)
}

/// What is excluded, but for members, of whom the language speaks in its own way.
fn outsiders(excluded: Vec<Who>) -> Vec<Who> {
    let (members, others): (Vec<Who>, Vec<Who>) = excluded
        .into_iter()
        .partition(|part| matches!(part, Who::Member(_) | Who::Machine(_)));
    let mut parts: Vec<Who> = members
        .into_iter()
        .map(|part| match part {
            Who::Member(flag) => Who::Member(!flag),
            Who::Machine(flag) => Who::Machine(!flag),
            other => other,
        })
        .collect();
    if !others.is_empty() {
        parts.push(Who::None(others));
    }
    parts
}

/// The condition that has these cases.
fn condition(cases: &[ConditionCase]) -> Option<Condition> {
    let first = cases.first()?;
    let networks = first.networks.clone().unwrap_or_default();
    let windows: Option<Vec<&Window>> = cases.iter().map(|case| case.window.as_ref()).collect();
    let Some(windows) = windows else {
        return (cases.len() == 1).then_some(Condition {
            networks,
            ..Condition::default()
        });
    };
    let sound = cases.iter().all(|case| case.networks == first.networks)
        && windows
            .iter()
            .all(|one| one.zone == windows.first().map_or("", |first| &first.zone));
    if !sound {
        return None;
    }
    // The days are those of all windows, or of those that are no morning after.
    let sets: BTreeSet<BTreeSet<Day>> =
        windows.iter().map(|one| days(one)).collect::<Option<_>>()?;
    let (days, hours) = sets
        .into_iter()
        .find_map(|days| hours(&days, &windows).map(|hours| (days, hours)))?;
    Some(Condition {
        networks,
        days,
        hours,
        zone: windows.first().map(|first| first.zone.clone()),
    })
}

/// Ranges of hours on these days whose windows are the given ones.
fn hours(on: &BTreeSet<Day>, windows: &[&Window]) -> Option<Vec<(u16, u16)>> {
    let next: BTreeSet<Day> = on.iter().map(|day| day.next()).collect();
    let mut evenings: Vec<u16> = Vec::new();
    let mut ranges = Vec::new();
    let mut mornings = Vec::new();
    for window in windows {
        if days(window)? == *on {
            match window.until {
                1440 => evenings.push(window.from),
                until => ranges.push((window.from, until)),
            }
        } else if days(window)? == next && window.from == 0 {
            mornings.push(window.until);
        } else {
            return None;
        }
    }
    for until in mornings {
        let from = evenings.iter().position(|from| *from >= until)?;
        ranges.push((evenings.remove(from), until));
    }
    ranges.extend(evenings.into_iter().map(|from| (from, 1440)));
    ranges.sort_unstable();
    Some(ranges)
}

fn days(window: &Window) -> Option<BTreeSet<Day>> {
    let day = |name: &String| Day::ALL.into_iter().find(|day| day.name() == name);
    window.days.iter().map(day).collect()
}

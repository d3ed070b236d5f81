//! Entries of `stack_access`, made again from the access policies that liftgate pushed.
//!
//! As with the login policy: what is made is compiled and held against what is live, and nothing is used that would not decide
//! the same, or that would change what the login policy decides.

use std::collections::{BTreeMap, BTreeSet};

use super::{Reader, compiled, condition, keys};
use crate::import::{Found, StackAccess, StackEntry, StackWho, Test};
use crate::model::stacks::{Attach, Attribute, Kind, Rule, StackTest, Value};
use crate::plan::{same_access_decisions, same_decisions};
use crate::policy::access::AccessPolicy;
use crate::policy::{Membership, Row, Rows};

/// An access policy of the account that liftgate pushed.
pub(in crate::import) struct Pushed {
    pub policy: AccessPolicy,
    pub attach: Attach,
}

/// Adds an entry for each policy; answers what was found then, and the names of the entries that no entry could be made for.
pub(in crate::import) fn with(found: Found, pushed: &[Pushed]) -> (Found, Vec<String>) {
    // All at once where they all can be: a mapping is only compiled as often as it has to be.
    let all = pushed.iter().try_fold(found.clone(), made);
    if let Some(all) = all.filter(|all| says(all, pushed.iter(), &found)) {
        return (all, Vec::new());
    }
    let (mut sound, mut lost) = (found, Vec::new());
    for one in pushed {
        let next = made(sound.clone(), one);
        match next.filter(|next| says(next, std::iter::once(one), &sound)) {
            Some(next) => sound = next,
            None => lost.push(one.policy.entry.clone()),
        }
    }
    (sound, lost)
}

/// Whether a mapping says these policies, and of logins what it said before.
fn says<'p>(found: &Found, pushed: impl Iterator<Item = &'p Pushed>, before: &Found) -> bool {
    let (Some(now), Some(before)) = (compiled(found), compiled(before)) else {
        return false;
    };
    same_decisions(&now.policy, &before.policy)
        && pushed.into_iter().all(|one| {
            now.access.iter().any(|made| {
                made.policy.entry == one.policy.entry
                    && made.policy.dialect == one.policy.dialect
                    && same_access_decisions(&made.policy, &one.policy)
            })
        })
}

/// With an entry for one of them, or nothing where its tables hold what no mapping makes.
fn made(mut found: Found, pushed: &Pushed) -> Option<Found> {
    let Pushed { policy, attach } = pushed;
    groups(policy, &mut found)?;
    found.keys = keys(&found, &policy.api_keys);
    for (name, cases) in &policy.conditions {
        let condition = condition(cases)?;
        let known = found.conditions.entry(name.clone());
        if *known.or_insert_with(|| condition.clone()) != condition {
            return None;
        }
    }
    let reading = Entries {
        reader: Reader {
            keys: &policy.api_keys,
        },
        template: template(policy),
    };
    let entry = StackAccess {
        attach: attach.clone(),
        read: reading.granted(&policy.readers)?,
        write: reading.granted(&policy.writers)?,
        deny: reading.denied(&policy.denials)?,
        deny_write: reading.denied(&policy.write_denials)?,
        by_label: reading.template.map(|template| template.text),
    };
    let known = found.stacks.insert(policy.entry.clone(), entry);
    known.is_none().then_some(found)
}

/// Groups by the names that the policy gives them, unless the login policy calls them otherwise.
fn groups(policy: &AccessPolicy, found: &mut Found) -> Option<()> {
    let mut groups: BTreeMap<&str, BTreeMap<String, Option<i64>>> = BTreeMap::new();
    for (value, Membership { ends, group }) in &policy.groups {
        let values = groups.entry(group).or_default();
        values.insert(value.clone(), *ends);
    }
    for (name, values) in groups {
        let is_added = found
            .teams
            .as_ref()
            .is_some_and(|teams| teams.add.contains_key(name));
        // A team that the login policy gives is a group by its own name.
        if is_added && values.len() == 1 && values.contains_key(name) {
            continue;
        }
        found.groups.retain(|seen| !values.contains_key(seen));
        let known = found.named.entry(name.to_string());
        if *known.or_insert_with(|| values.clone()) != values {
            return None;
        }
    }
    Some(())
}

struct Entries<'p> {
    reader: Reader<'p>,
    template: Option<Template>,
}

/// The text of `by_label`, and the rows that it stands for.
struct Template {
    text: String,
}

impl Entries<'_> {
    /// Rows, without those that the template stands for.
    fn rows<'r>(&self, rows: &'r Rows) -> impl Iterator<Item = (&'r String, &'r Row)> {
        let by_label = self.template.is_some();
        let all = rows
            .iter()
            .flat_map(|(under, rows)| rows.iter().map(move |row| (under, row)));
        all.filter(move |(_, row)| !(by_label && label_of(row).is_some()))
    }

    fn granted(&self, rows: &Rows) -> Option<Vec<StackEntry>> {
        self.rows(rows)
            .map(|(under, row)| {
                let facts = Parted::of(under, row)?;
                let stack = facts.stack();
                if let Some((workspace, channel)) = facts.slack {
                    // A request from Slack is nobody's.
                    let (who, when) = self.reader.parts(facts.all.into_iter())?;
                    let is_plain = who.is_empty() && facts.none.is_empty() && row.anyone;
                    return is_plain.then(|| StackEntry {
                        who: StackWho::Slack { workspace, channel },
                        test: Test::all(when),
                        stack,
                    });
                }
                let everyone = "everyone".to_string();
                let all: Vec<String> = facts.all.into_iter().cloned().collect();
                let none: Vec<String> = facts.none.into_iter().cloned().collect();
                let (who, test) = self.reader.granted(&everyone, &all, &none, row.anyone)?;
                let who = StackWho::Session(who);
                Some(StackEntry { who, test, stack })
            })
            .collect()
    }

    fn denied(&self, rows: &Rows) -> Option<Vec<StackEntry>> {
        self.rows(rows)
            .map(|(under, row)| {
                let facts = Parted::of(under, row)?;
                let stack = facts.stack();
                let (who, when) = self.reader.parts(facts.all.iter().copied())?;
                let (none, unless) = self.reader.parts(facts.none.iter().copied())?;
                // What lifts a denial holds of none of its rows; a condition that it asks for is in no language.
                if !when.is_empty() {
                    return None;
                }
                let test = Test::any(unless);
                let who = match facts.slack {
                    Some((workspace, channel)) => (who.is_empty() && none.is_empty())
                        .then_some(StackWho::Slack { workspace, channel })?,
                    None => StackWho::Session(super::subject(who, none)),
                };
                Some(StackEntry { who, test, stack })
            })
            .collect()
    }
}

/// The facts of a row, those of a stack apart.
struct Parted<'r> {
    all: Vec<&'r String>,
    none: Vec<&'r String>,
    tests: Vec<StackTest>,
    slack: Option<(String, String)>,
}

impl<'r> Parted<'r> {
    fn of(under: &'r String, row: &'r Row) -> Option<Self> {
        let mut parted = Self {
            all: Vec::new(),
            none: Vec::new(),
            tests: Vec::new(),
            slack: None,
        };
        for fact in std::iter::once(under).chain(&row.all) {
            if let Some(channel) = fact.strip_prefix("slack ") {
                let (workspace, channel) = channel.split_once('/')?;
                let known = parted.slack.replace((workspace.into(), channel.into()));
                // Nobody asks from two channels at once.
                if known.is_some() {
                    return None;
                }
            } else if fact.starts_with("stack") {
                parted.tests.push(of_stack(fact)?);
            } else {
                parted.all.push(fact);
            }
        }
        for fact in &row.none {
            if fact.starts_with("stack") {
                let test = Box::new(of_stack(fact)?);
                parted.tests.push(StackTest::Not(test));
            } else if fact.starts_with("slack ") {
                return None;
            } else {
                parted.none.push(fact);
            }
        }
        Some(parted)
    }

    fn stack(&self) -> Option<StackTest> {
        match self.tests.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(StackTest::All(several.to_vec())),
        }
    }
}

/// What a fact asks of a stack.
fn of_stack(fact: &str) -> Option<StackTest> {
    let (kind, rest) = fact.split_once(' ')?;
    if kind == "stack-given" {
        return Some(StackTest::Is(Attribute::named(rest)?, Value::Given));
    }
    let (path, value) = rest.split_once(' ')?;
    let attribute = Attribute::named(path)?;
    let value = match (kind, attribute.kind()) {
        ("stack", Kind::Flag) => Value::Flag(value.parse().ok()?),
        ("stack", Kind::Number) => Value::Number(value.parse().ok()?),
        // A star would be a pattern in the mapping.
        ("stack", _) if attribute.takes_patterns() && value.contains('*') => return None,
        ("stack", _) => Value::Text(value.to_string()),
        ("stack-like", _) => Value::Like(value.to_string()),
        ("stack-from", _) => Value::From(value.parse().ok()?),
        ("stack-until", _) => Value::Until(value.parse().ok()?),
        _ => return None,
    };
    Some(StackTest::Is(attribute, value))
}

/// The label by which a row came to be.
fn label_of(row: &Row) -> Option<&str> {
    row.id.strip_prefix("label ")
}

/// The one text of which every label of the policy is made, if there is one.
fn template(policy: &AccessPolicy) -> Option<Template> {
    let tables = [
        (Rule::Read, &policy.readers),
        (Rule::Write, &policy.writers),
        (Rule::Deny, &policy.denials),
        (Rule::DenyWrite, &policy.write_denials),
    ];
    let mut fitting: Option<BTreeSet<String>> = None;
    for (rule, rows) in tables {
        for (under, row) in rows
            .iter()
            .flat_map(|(under, rows)| rows.iter().map(move |row| (under, row)))
        {
            let Some(label) = label_of(row) else { continue };
            let group = std::iter::once(under)
                .chain(&row.all)
                .find_map(|fact| fact.strip_prefix("group "))?;
            let texts = templates(label, rule.word(), group);
            fitting = Some(match fitting {
                Some(known) => known.intersection(&texts).cloned().collect(),
                None => texts,
            });
        }
    }
    let text = fitting?.into_iter().next()?;
    Some(Template { text })
}

/// Every text that gives a label of a word and a group.
fn templates(label: &str, word: &str, group: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in label.match_indices(word) {
        let (before, rest) = label.split_at(at);
        let after = rest.get(word.len()..).unwrap_or_default();
        for (at, _) in before.match_indices(group) {
            let (first, rest) = before.split_at(at);
            let second = rest.get(group.len()..).unwrap_or_default();
            found.insert(format!("{first}{{group}}{second}{{level}}{after}"));
        }
        for (at, _) in after.match_indices(group) {
            let (second, rest) = after.split_at(at);
            let third = rest.get(group.len()..).unwrap_or_default();
            found.insert(format!("{before}{{level}}{second}{{group}}{third}"));
        }
    }
    found
}

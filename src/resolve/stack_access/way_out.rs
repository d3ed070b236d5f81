//! What an entry of `stack_access` comes to without access policies: grants on a space of its own, and what no grant can say.
//! Source: Spacelift's documentation, migrating from access policies to spaces.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::model::stacks::{StackAccess, StackDenial, StackGrant, StackSubject};
use crate::model::{Subject, Test};
use crate::report::words;

/// More grants than this are counted, not written.
const MOST: usize = 40;

/// Who is given a role, and when.
type Given = (Subject, Option<Test>);

/// What to write instead, ready to paste, and what it leaves out.
pub(crate) fn of(entries: &BTreeMap<String, StackAccess>) -> String {
    let mut spaces = String::new();
    let mut grants = Vec::new();
    let mut left = BTreeSet::new();
    for (name, entry) in entries {
        let _ = writeln!(spaces, "  {name}: {{parent: root}}");
        for (role, given) in carried(name, entry, &mut left) {
            grants.push(grant(name, role, &given));
        }
    }
    let mut out = String::from(
        "move these stacks to a space of their own, and grant roles there:\nspaces:\n",
    );
    out.push_str(&spaces);
    if !grants.is_empty() {
        out.push_str("grants:\n");
    }
    for grant in grants.iter().take(MOST) {
        let _ = writeln!(out, "  {grant}");
    }
    if grants.len() > MOST {
        let _ = writeln!(out, "  # and {} more", grants.len() - MOST);
    }
    if !left.is_empty() {
        out.push_str("what grants cannot say:\n");
    }
    for line in &left {
        let _ = writeln!(out, "- {line}");
    }
    out.trim_end().to_owned()
}

fn carried(
    name: &str,
    entry: &StackAccess,
    left: &mut BTreeSet<String>,
) -> Vec<(&'static str, Given)> {
    let mut readers = granted(name, "read", &entry.read, left);
    let writers = granted(name, "write", &entry.write, left);
    // Who may not write may still read.
    if !entry.deny_write.is_empty() {
        readers.extend(writers.iter().cloned());
    }
    let readers = without(name, "deny", readers, &entry.deny, left);
    let writers = without(name, "deny", writers, &entry.deny, left);
    let writers = without(name, "deny_write", writers, &entry.deny_write, left);
    if !entry.by_label.is_empty() {
        left.insert(format!(
            "`{name}`, `by_label`: a space has one access for all of its stacks; put those that carry one label in one space, and grant roles there"
        ));
    }
    let roles = [("space-reader", readers), ("space-writer", writers)];
    let mut all = Vec::new();
    for (role, given) in roles {
        all.extend(given.into_iter().map(|one| (role, one)));
    }
    all
}

fn granted(
    name: &str,
    rule: &str,
    entries: &BTreeMap<String, StackGrant>,
    left: &mut BTreeSet<String>,
) -> Vec<Given> {
    let mut given = Vec::new();
    for entry in entries.values() {
        if entry.stack.is_some() {
            left.insert(of_stacks(name, rule));
            continue;
        }
        match &entry.who {
            StackSubject::Slack(channel) => {
                left.insert(format!(
                    "`{name}`, `{rule}`: the channel `{}` of Slack is given roles under `login.slack`",
                    channel.channel
                ));
            }
            StackSubject::Session(who) => {
                if entry.when.is_some() {
                    left.insert(of_conditions(name));
                }
                given.push((who.clone(), entry.when.clone()));
            }
        }
    }
    given
}

fn without(
    name: &str,
    rule: &str,
    given: Vec<Given>,
    denials: &BTreeMap<String, StackDenial>,
    left: &mut BTreeSet<String>,
) -> Vec<Given> {
    let mut given = given;
    for denial in denials.values() {
        let StackSubject::Session(who) = &denial.who else {
            continue;
        };
        if denial.stack.is_some() {
            left.insert(of_stacks(name, rule));
            continue;
        }
        if denial.unless.is_some() {
            left.insert(of_conditions(name));
        }
        let spare = |(whose, when): Given| -> Vec<Given> {
            match (who, &denial.unless) {
                (Subject::Everyone, None) => Vec::new(),
                (Subject::Everyone, Some(test)) => vec![(whose, also(when, test))],
                (_, None) => vec![(all([whose, not(who)]), when)],
                (_, Some(test)) => vec![
                    (all([whose.clone(), not(who)]), when.clone()),
                    (all([whose, who.clone()]), also(when, test)),
                ],
            }
        };
        given = given.into_iter().flat_map(spare).collect();
    }
    given
}

fn not(who: &Subject) -> Subject {
    Subject::Not(Box::new(who.clone()))
}

fn all(parts: [Subject; 2]) -> Subject {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Subject::All(inner) => flat.extend(inner),
            part => flat.push(part),
        }
    }
    Subject::All(flat)
}

fn also(when: Option<Test>, test: &Test) -> Option<Test> {
    Some(match when {
        None => test.clone(),
        Some(first) if first == *test => first,
        Some(first) => Test::All(vec![first, test.clone()]),
    })
}

fn of_stacks(name: &str, rule: &str) -> String {
    format!(
        "`{name}`, `{rule}` with `stack`: a space has one access for all of its stacks; put those that it is about in a space of their own, or ask for an approval there"
    )
}

fn of_conditions(name: &str) -> String {
    format!(
        "`{name}`: conditions hold when somebody signs in, and not at each request; what is to hold at each run belongs in an approval policy"
    )
}

fn grant(space: &str, role: &str, (who, when): &Given) -> String {
    let when = when
        .as_ref()
        .map_or_else(String::new, |test| format!(", when: {}", words::test(test)));
    format!(
        "- {{who: {}, roles: [{role}], spaces: [{space}]{when}}}",
        words::subject(who)
    )
}

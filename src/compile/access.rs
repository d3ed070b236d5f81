//! An entry of `stack_access` -> an access policy.

use std::collections::{BTreeMap, BTreeSet};

use super::cases::{self, Case, Expression, Leaf, Side};
use super::{Compiler, Declared, add_rows};
use crate::diagnostic::Diagnostics;
use crate::model::stacks::{
    Attribute, Of, Rule, StackDenial, StackGrant, StackSubject, StackTest, Value,
};
use crate::model::{Model, SlackChannel, StackAccess, Subject};
use crate::policy::access::{AccessPolicy, Asked, Settings};
use crate::policy::{Fact, Membership, Rows};
use crate::source::Span;

/// Compiles an entry. Whatever of it cannot be compiled is reported; then there is no policy.
pub fn compile(
    model: &Model,
    name: &str,
    entry: &StackAccess,
    diagnostics: &mut Diagnostics,
) -> Option<AccessPolicy> {
    let mut compiler = Compiler {
        diagnostics,
        failed: false,
    };
    let mut readers = compiler.readers(&entry.read);
    let mut writers = compiler.readers(&entry.write);
    let mut denials = compiler.refused(&entry.deny);
    let mut write_denials = compiler.refused(&entry.deny_write);
    for (label, said) in &entry.by_label {
        let (rows, side) = match said.rule {
            Rule::Read => (&mut readers, Side::Granted),
            Rule::Write => (&mut writers, Side::Granted),
            Rule::Deny => (&mut denials, Side::Perhaps),
            Rule::DenyWrite => (&mut write_denials, Side::Perhaps),
        };
        let who = Subject::Group(said.group.clone());
        let labelled = test(
            &StackTest::Is(Attribute::Labels, Value::Text(label.clone())),
            true,
        );
        let cases = compiler.taken(cases::of(&who, Some(&labelled), side), Some(entry.span));
        add_rows(rows, &format!("label {label}"), cases);
    }
    if compiler.failed {
        return None;
    }
    let mut policy = AccessPolicy {
        account: model.account.to_string(),
        mapping: model.file_name.clone(),
        entry: name.to_string(),
        dialect: model.dialect,
        settings: Settings {
            no_groups: model.login.no_groups,
            sample: model.sample,
        },
        groups: BTreeMap::new(),
        api_keys: BTreeMap::new(),
        patterns: BTreeMap::new(),
        logins: BTreeSet::new(),
        conditions: BTreeMap::new(),
        attributes: BTreeMap::new(),
        readers,
        writers,
        denials,
        write_denials,
    };
    let facts: BTreeSet<Fact> = policy.facts().map(str::to_owned).collect();
    let declared = Declared::of(&facts, model);
    policy.groups = declared.groups;
    policy.groups.extend(added_teams(model, &facts));
    policy.api_keys = declared.api_keys;
    policy.patterns = declared.patterns;
    policy.conditions = declared.conditions;
    let of_logins = ["login ", "like ", "key "];
    let is_of_login = |fact: &Fact| of_logins.iter().any(|kind| fact.starts_with(kind));
    policy.logins = facts.into_iter().filter(is_of_login).collect();
    policy.attributes = attributes(entry);
    Some(policy)
}

/// Teams that the login policy gives are groups by their own names here. Source: documentation, login policies.
fn added_teams(model: &Model, facts: &BTreeSet<Fact>) -> BTreeMap<String, Membership> {
    let teams = model.teams.iter().flat_map(|teams| teams.add.keys());
    let named = teams.filter(|team| facts.contains(&format!("group {team}")));
    named
        .map(|team| {
            let group = team.clone();
            (team.clone(), Membership { ends: None, group })
        })
        .collect()
}

impl Compiler<'_> {
    fn readers(&mut self, entries: &BTreeMap<String, StackGrant>) -> Rows {
        let mut rows = Rows::new();
        for (id, entry) in entries {
            let when = entry.when.as_ref().map(cases::plain);
            let on = entry.stack.as_ref().map(|on| test(on, true));
            let cases = self.cases(&entry.who, when, on, Side::Granted, entry.span);
            if cases.iter().all(Case::is_machine_among_people) {
                self.without_effect(
                    entry.span,
                    "this can never give anything: what it asks for excludes itself, or is a machine where people are meant",
                );
            }
            add_rows(&mut rows, id, cases);
        }
        rows
    }

    fn refused(&mut self, entries: &BTreeMap<String, StackDenial>) -> Rows {
        let mut rows = Rows::new();
        for (id, entry) in entries {
            let unless = entry.unless.as_ref().map(cases::negated);
            let on = entry.stack.as_ref().map(|on| test(on, true));
            let cases = self.cases(&entry.who, unless, on, Side::Perhaps, entry.span);
            add_rows(&mut rows, id, cases);
        }
        rows
    }

    fn cases(
        &mut self,
        who: &StackSubject,
        condition: Option<Expression>,
        on: Option<Expression>,
        side: Side,
        span: Span,
    ) -> Vec<Case> {
        let mut asked: Vec<Expression> = condition.into_iter().chain(on).collect();
        let who = match who {
            StackSubject::Session(subject) => subject.clone(),
            StackSubject::Slack(channel) => {
                asked.push(Expression::Is(true, Leaf::Slack(slack_fact(channel))));
                Subject::Everyone
            }
        };
        let asked = (!asked.is_empty()).then_some(Expression::All(asked));
        self.taken(cases::of(&who, asked.as_ref(), side), Some(span))
    }
}

fn slack_fact(channel: &SlackChannel) -> Fact {
    format!("slack {}/{}", channel.workspace, channel.channel)
}

fn test(on: &StackTest, holds: bool) -> Expression {
    let inner = |parts: &[StackTest]| parts.iter().map(|part| test(part, holds)).collect();
    match (on, holds) {
        (StackTest::Is(attribute, value), _) => {
            Expression::Is(holds, Leaf::Stack(fact(*attribute, value)))
        }
        (StackTest::Not(part), _) => test(part, !holds),
        (StackTest::All(parts), true) | (StackTest::Any(parts), false) => {
            Expression::All(inner(parts))
        }
        (StackTest::Any(parts), true) | (StackTest::All(parts), false) => {
            Expression::Any(inner(parts))
        }
    }
}

fn fact(attribute: Attribute, value: &Value) -> Fact {
    let path = attribute.path();
    match value {
        Value::Text(text) => format!("stack {path} {text}"),
        Value::Like(pattern) => format!("stack-like {path} {pattern}"),
        Value::Flag(flag) => format!("stack {path} {flag}"),
        Value::Number(number) => format!("stack {path} {number}"),
        Value::Given => format!("stack-given {path}"),
        Value::From(moment) => format!("stack-from {path} {moment}"),
        Value::Until(moment) => format!("stack-until {path} {moment}"),
    }
}

/// What is asked of each attribute that an entry names.
fn attributes(entry: &StackAccess) -> BTreeMap<String, Asked> {
    let grants = entry.read.values().chain(entry.write.values());
    let denials = entry.deny.values().chain(entry.deny_write.values());
    let tests = grants
        .map(|one| &one.stack)
        .chain(denials.map(|one| &one.stack));
    let mut found = BTreeMap::new();
    for test in tests.flatten() {
        collect(test, &mut found);
    }
    for label in entry.by_label.keys() {
        ask(Attribute::Labels, &Value::Text(label.clone()), &mut found);
    }
    found
}

fn collect(test: &StackTest, found: &mut BTreeMap<String, Asked>) {
    match test {
        StackTest::Is(attribute, value) => ask(*attribute, value, found),
        StackTest::All(parts) | StackTest::Any(parts) => {
            for part in parts {
                collect(part, found);
            }
        }
        StackTest::Not(part) => collect(part, found),
    }
}

fn ask(attribute: Attribute, value: &Value, found: &mut BTreeMap<String, Asked>) {
    let (within, name) = attribute.place();
    let of: &[&str] = match attribute.of() {
        Of::Stacks => &["stack"],
        Of::Modules => &["module"],
        Of::Both => &["module", "stack"],
    };
    let asked = found
        .entry(attribute.path().to_string())
        .or_insert_with(|| Asked {
            kind: attribute.kind(),
            like: BTreeMap::new(),
            name: name.to_string(),
            of: of.iter().map(ToString::to_string).collect(),
            optional: attribute.is_optional(),
            times: BTreeSet::new(),
            facts: BTreeSet::new(),
            within: within.map(str::to_string),
            within_optional: attribute.is_within_optional(),
        });
    asked.facts.insert(fact(attribute, value));
    match value {
        Value::Like(pattern) => {
            let expression = cases::anything(pattern);
            asked.like.insert(pattern.clone(), expression);
        }
        Value::From(moment) | Value::Until(moment) => {
            asked.times.insert(*moment);
        }
        _ => {}
    }
}

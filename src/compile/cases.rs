//! Boolean expressions -> cases.

use std::collections::BTreeSet;

use crate::model::{Subject, Test};
use crate::policy::Fact;

/// More cases than this of one entry are refused: nobody could read them.
pub(super) const MAX_CASES: usize = 256;

/// An expression falls into more than [`MAX_CASES`].
#[derive(Debug)]
pub(crate) struct TooMany;

/// Whom an expression serves. It decides how a fact is spelt: a login must be exact where a match helps whoever signs in,
/// and is compared without case where a match is against them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The gate: holds where it surely does.
    Sure,
    /// Grants and admins: as the gate, and of people who are members unless it says otherwise.
    Granted,
    /// Denials: hold unless they surely do not.
    Perhaps,
}

/// One case: the fact it is found under, and what it asks beside that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Case {
    /// The fact to look it up by.
    pub under: Fact,
    /// Facts that must hold too.
    pub all: Vec<Fact>,
    /// Facts that must not.
    pub none: Vec<Fact>,
    /// It speaks of machines, of people outside the account, or of a channel of Slack.
    pub anyone: bool,
}

impl Case {
    /// Whether a case of a grant asks for the login of a machine and speaks of people only, so that nobody is meant.
    pub(super) fn is_machine_among_people(&self) -> bool {
        let mut asked = std::iter::once(&self.under).chain(&self.all);
        !self.anyone
            && asked.any(|fact| fact.starts_with("login api::") || fact.starts_with("like api::"))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Atom {
    Login(String),
    Key(String),
    Group(String),
    Like(String),
    Machine,
    Member,
    Person,
    /// Of a request from Slack: the whole fact.
    Slack(Fact),
    /// Of a stack or module: the whole fact.
    Stack(Fact),
    Condition(String),
}

/// A literal: an atom, and whether it must hold or must not.
type Literal = (bool, Atom);
type Conjunction = BTreeSet<Literal>;

/// An expression in which only atoms are negated.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Is(bool, Leaf),
}

/// What is asked beside who somebody is.
#[derive(Debug, Clone)]
pub(crate) enum Leaf {
    /// A condition, by name.
    Condition(String),
    /// A fact of a request from Slack.
    Slack(Fact),
    /// A fact of a stack or module.
    Stack(Fact),
}

/// `when`: the test itself.
pub(super) fn plain(test: &Test) -> Expression {
    test_expression(test, true)
}

/// `unless`: its negation.
pub(super) fn negated(test: &Test) -> Expression {
    test_expression(test, false)
}

fn test_expression(test: &Test, holds: bool) -> Expression {
    let inner = |tests: &[Test]| {
        tests
            .iter()
            .map(|test| test_expression(test, holds))
            .collect()
    };
    match (test, holds) {
        (Test::Condition(name), _) => Expression::Is(holds, Leaf::Condition(name.clone())),
        (Test::All(tests), true) | (Test::Any(tests), false) => Expression::All(inner(tests)),
        (Test::Any(tests), true) | (Test::All(tests), false) => Expression::Any(inner(tests)),
    }
}

/// The cases in which a subject and a test hold.
pub(crate) fn of(
    who: &Subject,
    test: Option<&Expression>,
    side: Side,
) -> Result<Vec<Case>, TooMany> {
    let mut conjunctions = subject(who, true)?;
    if let Some(test) = test {
        conjunctions = product(conjunctions, &expression_cases(test)?)?;
    }
    let cases: BTreeSet<Case> = conjunctions
        .into_iter()
        // What asks for a fact and its absence surely never holds. To a denial that is no way out: both may be unknown.
        .filter(|conjunction| side == Side::Perhaps || !excludes_itself(conjunction))
        .map(|conjunction| case(conjunction, side))
        .collect();
    Ok(cases.into_iter().collect())
}

fn excludes_itself(conjunction: &Conjunction) -> bool {
    conjunction.iter().any(|(holds, atom)| {
        let machine = matches!(atom, Atom::Key(_)).then_some(Atom::Machine);
        *holds
            && (conjunction.contains(&(false, atom.clone()))
                || machine.is_some_and(|machine| conjunction.contains(&(false, machine))))
    })
}

fn subject(subject_: &Subject, holds: bool) -> Result<Vec<Conjunction>, TooMany> {
    let one = |atom: Atom| Ok(vec![Conjunction::from([(holds, atom)])]);
    match subject_ {
        Subject::Everyone if holds => Ok(vec![Conjunction::new()]),
        Subject::Everyone => Ok(Vec::new()),
        Subject::Group(name) => one(Atom::Group(name.clone())),
        Subject::Login(login) => one(Atom::Login(login.clone())),
        Subject::Like(pattern) => one(Atom::Like(pattern.clone())),
        Subject::ApiKey(name) => one(Atom::Key(name.clone())),
        Subject::Member => one(Atom::Member),
        Subject::Machine => one(Atom::Machine),
        Subject::Not(inner) => subject(inner, !holds),
        Subject::All(parts) if holds => every(parts.iter().map(|part| subject(part, holds))),
        Subject::Any(parts) if !holds => every(parts.iter().map(|part| subject(part, holds))),
        Subject::All(parts) | Subject::Any(parts) => {
            some(parts.iter().map(|part| subject(part, holds)))
        }
    }
}

fn expression_cases(expression: &Expression) -> Result<Vec<Conjunction>, TooMany> {
    match expression {
        Expression::Is(holds, leaf) => {
            let atom = match leaf {
                Leaf::Condition(name) => Atom::Condition(name.clone()),
                Leaf::Slack(fact) => Atom::Slack(fact.clone()),
                Leaf::Stack(fact) => Atom::Stack(fact.clone()),
            };
            Ok(vec![Conjunction::from([(*holds, atom)])])
        }
        Expression::All(parts) => every(parts.iter().map(expression_cases)),
        Expression::Any(parts) => some(parts.iter().map(expression_cases)),
    }
}

fn every(
    parts: impl Iterator<Item = Result<Vec<Conjunction>, TooMany>>,
) -> Result<Vec<Conjunction>, TooMany> {
    let mut result = vec![Conjunction::new()];
    for part in parts {
        result = product(result, &part?)?;
    }
    Ok(result)
}

fn some(
    parts: impl Iterator<Item = Result<Vec<Conjunction>, TooMany>>,
) -> Result<Vec<Conjunction>, TooMany> {
    let mut result = Vec::new();
    for part in parts {
        result.extend(part?);
        if result.len() > MAX_CASES {
            return Err(TooMany);
        }
    }
    Ok(result)
}

fn product(left: Vec<Conjunction>, right: &[Conjunction]) -> Result<Vec<Conjunction>, TooMany> {
    if left.len().saturating_mul(right.len()) > MAX_CASES {
        return Err(TooMany);
    }
    Ok(left
        .iter()
        .flat_map(|a| right.iter().map(move |b| a.union(b).cloned().collect()))
        .collect())
}

fn case(mut conjunction: Conjunction, side: Side) -> Case {
    let mut anyone = false;
    if side == Side::Granted {
        let key = conjunction
            .iter()
            .any(|(holds, atom)| *holds && matches!(atom, Atom::Key(_)));
        let machines = key || conjunction.contains(&(true, Atom::Machine));
        let outsiders = conjunction.contains(&(false, Atom::Member));
        let channels = conjunction
            .iter()
            .any(|(holds, atom)| *holds && matches!(atom, Atom::Slack(_)));
        anyone = machines || outsiders || channels;
        // Of people who are members every row of this side speaks already, and every key is a machine.
        conjunction.remove(&(false, Atom::Machine));
        if key {
            conjunction.remove(&(true, Atom::Machine));
        }
        conjunction.remove(&(true, Atom::Member));
        if machines && !outsiders {
            conjunction.insert((true, Atom::Member));
        }
        if outsiders && !machines {
            conjunction.insert((true, Atom::Person));
        }
    }
    // The facts that few sessions hold come first, so that rows spread over the table.
    let under = conjunction
        .iter()
        .filter(|(holds, atom)| *holds && !matches!(atom, Atom::Condition(_)))
        .min_by_key(|(_, atom)| atom)
        .cloned();
    if let Some(literal) = &under {
        conjunction.remove(literal);
    }
    let facts = |wanted: bool| {
        conjunction
            .iter()
            .filter(|(holds, _)| *holds == wanted)
            .map(|(holds, atom)| fact(*holds, atom, side))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    };
    Case {
        all: facts(true),
        none: facts(false),
        under: under.map_or_else(
            || "everyone".to_string(),
            |(holds, atom)| fact(holds, &atom, side),
        ),
        anyone,
    }
}

fn fact(holds: bool, atom: &Atom, side: Side) -> Fact {
    // Against whoever signs in: what a denial asks for, and what a grant excludes.
    let against = (side == Side::Perhaps) == holds;
    let spelt = |login: &str| {
        if against {
            login.to_ascii_lowercase()
        } else {
            login.to_string()
        }
    };
    match atom {
        Atom::Login(login) => format!("login {}", spelt(login)),
        // Against whoever signs in, a star stands for anything, `@` and `:` too: a denial must not be evaded by a second `@`.
        Atom::Like(pattern) if against => {
            format!("like {}", spelt(&single_stars(pattern)).replace('*', "**"))
        }
        Atom::Like(pattern) => format!("like {}", single_stars(pattern)),
        Atom::Key(name) => format!("key {name}"),
        Atom::Group(name) => format!("group {name}"),
        Atom::Condition(name) => format!("condition {name}"),
        Atom::Slack(fact) | Atom::Stack(fact) => fact.clone(),
        Atom::Machine => "machine".to_string(),
        Atom::Member => "member".to_string(),
        Atom::Person => "person".to_string(),
    }
}

/// The pattern with each run of stars as one.
fn single_stars(pattern: &str) -> String {
    let mut single = String::new();
    for character in pattern.chars() {
        if character != '*' || !single.ends_with('*') {
            single.push(character);
        }
    }
    single
}

/// The anchored regular expression of a login pattern, in the part of the syntax that RE2 and Rust's regex share: `*` is any
/// characters but `@` and `:`, `**` any at all.
pub(crate) fn expression(pattern: &str) -> String {
    let mut expression = String::from("^");
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' if characters.next_if_eq(&'*').is_some() => expression.push_str(ANYTHING),
            '*' => expression.push_str("[^@:]*"),
            other => push_literal(&mut expression, other),
        }
    }
    expression.push('$');
    expression
}

/// Likewise of a pattern of what a stack says, where each `*` is any characters at all.
pub(super) fn anything(pattern: &str) -> String {
    let mut expression = String::from("^");
    for character in pattern.chars() {
        match character {
            '*' => expression.push_str(ANYTHING),
            other => push_literal(&mut expression, other),
        }
    }
    expression.push('$');
    expression
}

const ANYTHING: &str = "(?s:.*)";

fn push_literal(expression: &mut String, character: char) {
    if r"\.+?()|[]{}^$".contains(character) {
        expression.push('\\');
    }
    expression.push(character);
}

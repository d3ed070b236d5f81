//! Which ways are open to whom: to sessions that are described, and to whoever holds some groups.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::barrier::{Barrier, BarrierKind, asked};
use super::ways::{By, Way, Whom};
use crate::compile::cases::{self, Case, Side};
use crate::decide::Session;
use crate::model::{Model, Outside, Subject};
use crate::source::Span;

/// Somebody who might sign in.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// What to call them.
    pub name: String,
    /// What Spacelift would ask of them; the place and the time of the request count for nothing.
    pub input: Value,
}

/// What somebody can do.
#[derive(Debug, Clone, PartialEq)]
pub struct Asking<'m> {
    /// The ways that are open to them, by their places in the list that was asked.
    pub open: Vec<usize>,
    /// What stands in their way: first what keeps them out wherever and whenever they sign in.
    pub barriers: Vec<Barrier<'m>>,
    /// Where they are said to have left.
    pub offboarded: Option<Span>,
    /// Whether no denial touches them.
    pub break_glass: bool,
    /// Spacelift does not ask the policy about them.
    pub outside: Option<&'m Outside>,
}

impl Asking<'_> {
    /// Whether nothing of what the mapping gives them can ever be used.
    #[must_use]
    pub fn is_kept_out(&self) -> bool {
        let certain = |barrier: &Barrier<'_>| {
            barrier.kind == BarrierKind::Gate
                || (barrier.kind == BarrierKind::Denial && barrier.unless.is_none())
        };
        self.outside.is_none() && (self.offboarded.is_some() || self.barriers.iter().any(certain))
    }
}

/// A mapping, asked about people. A value that stands for a group until a date counts as standing for it.
pub struct People<'m> {
    model: &'m Model,
    /// The mapping in which no value of a group ends.
    lasting: Model,
}

impl<'m> People<'m> {
    /// To ask a mapping.
    #[must_use]
    pub fn of(model: &'m Model) -> Self {
        let mut lasting = model.clone();
        for group in lasting.groups.values_mut() {
            group.values.values_mut().for_each(|ends| *ends = None);
        }
        Self { model, lasting }
    }

    /// For each person which of some ways are open to them.
    #[must_use]
    pub fn ask<'p>(
        &self,
        ways: &[Way<'m>],
        people: impl IntoIterator<Item = &'p Person>,
    ) -> Vec<Asking<'m>> {
        let index = Index::of(&self.lasting, ways);
        people
            .into_iter()
            .map(|person| index.asking(self, ways, person))
            .collect()
    }

    /// What of a subject somebody meets, in facts: of the first of its cases that they do.
    #[must_use]
    pub fn met(&self, who: &Subject, person: &Person) -> Vec<String> {
        let session = Session::of(&self.lasting, &person.input);
        let meets = |fact: &str| session.is_meant(&subject_of(fact));
        let met = |case: &&Case| {
            asked(case).all(|fact| meets(fact).is_sure())
                && case.none.iter().all(|fact| !meets(fact).is_possible())
        };
        let cases = cases_of(who);
        let found = cases.iter().find(met);
        found
            .map(|case| asked(case).map(str::to_owned).collect())
            .unwrap_or_default()
    }
}

/// What a fact of a session says.
fn subject_of(fact: &str) -> Subject {
    let (kind, name) = fact.split_once(' ').unwrap_or((fact, ""));
    let name = name.to_owned();
    match kind {
        "group" => Subject::Group(name),
        "login" => Subject::Login(name),
        "like" => Subject::Like(name),
        "key" => Subject::ApiKey(name),
        "member" => Subject::Member,
        "machine" => Subject::Machine,
        "person" => Subject::Not(Box::new(Subject::Machine)),
        _ => Subject::Everyone,
    }
}

/// Ways by a fact that each asks for, so that of ten thousand somebody meets only those that could be theirs.
struct Index<'m> {
    by_fact: BTreeMap<String, Vec<usize>>,
    /// Those that are found under no fact of a session alone.
    always: Vec<usize>,
    /// What a provider sends -> the groups it stands for.
    groups: BTreeMap<&'m str, Vec<&'m str>>,
}

impl<'m> Index<'m> {
    fn of(lasting: &'m Model, ways: &[Way<'_>]) -> Self {
        let mut index = Self {
            by_fact: BTreeMap::new(),
            always: Vec::new(),
            groups: BTreeMap::new(),
        };
        for (at, way) in ways.iter().enumerate() {
            match way.who {
                Whom::Subject(who) => match cases::of(who, None, Side::Granted) {
                    Ok(cases) => cases.iter().for_each(|case| index.add(case, at)),
                    Err(_) => index.always.push(at),
                },
                Whom::Login(login) => {
                    let under = index.by_fact.entry(format!("login {login}")).or_default();
                    under.push(at);
                }
                Whom::Channel(_) => {}
            }
        }
        for (name, group) in &lasting.groups {
            for value in group.values.keys() {
                index.groups.entry(value).or_default().push(name);
            }
        }
        index
    }

    fn add(&mut self, case: &Case, at: usize) {
        let exact = case.under.starts_with("group ") || case.under.starts_with("login ");
        if exact {
            self.by_fact.entry(case.under.clone()).or_default().push(at);
        } else {
            self.always.push(at);
        }
    }

    fn asking<'w>(&self, people: &People<'w>, ways: &[Way<'w>], person: &Person) -> Asking<'w> {
        let model = people.model;
        let session = Session::of(&people.lasting, &person.input);
        let login = session.login().unwrap_or_default();
        let teams = person
            .input
            .pointer("/session/teams")
            .and_then(Value::as_array);
        let teams = teams.into_iter().flatten().filter_map(Value::as_str);
        let facts = teams
            .filter_map(|team| self.groups.get(team))
            .flatten()
            .map(|group| format!("group {group}"))
            .chain([format!("login {login}")]);
        let mut could: BTreeSet<usize> = self.always.iter().copied().collect();
        for fact in facts {
            could.extend(self.by_fact.get(&fact).into_iter().flatten());
        }
        let is_open = |at: &usize| {
            ways.get(*at).is_some_and(|way| match (way.by, way.who) {
                (By::Admin(_), Whom::Subject(who)) => session.is_admin(who).is_sure(),
                (_, Whom::Subject(who)) => session.is_granted(who).is_sure(),
                (_, Whom::Login(known)) => known == login,
                (_, Whom::Channel(_)) => false,
            })
        };
        let open: Vec<usize> = could.into_iter().filter(is_open).collect();
        let administers = open.iter().filter_map(|at| ways.get(*at));
        let administers = administers
            .into_iter()
            .any(|way| !matches!(way.by, By::Outside(_)) && way.is_administrative(model));
        let break_glass = session.is_break_glass();
        let outside = model.outside_policy.get(login);
        Asking {
            barriers: match outside {
                Some(_) => Vec::new(),
                None => barriers(model, &session, administers, break_glass),
            },
            offboarded: model
                .login
                .offboarded
                .get(&login.to_ascii_lowercase())
                .filter(|_| !break_glass)
                .map(|person| person.span),
            break_glass,
            outside,
            open,
        }
    }
}

fn barriers<'m>(
    model: &'m Model,
    session: &Session<'_>,
    administers: bool,
    break_glass: bool,
) -> Vec<Barrier<'m>> {
    let login = &model.login;
    let mut barriers = Vec::new();
    if !session.is_meant(&login.require).is_sure() {
        barriers.push(Barrier {
            kind: BarrierKind::Gate,
            id: "gate",
            span: login.require_span,
            who: &login.require,
            unless: None,
        });
    }
    let denials = [
        (BarrierKind::Denial, &login.deny, true),
        (BarrierKind::AdminDenial, &login.deny_admin, administers),
    ];
    for (kind, all, counts) in denials {
        for (id, denial) in all {
            if counts && !break_glass && session.is_meant(&denial.who).is_possible() {
                barriers.push(Barrier {
                    kind,
                    id,
                    span: Some(denial.span),
                    who: &denial.who,
                    unless: denial.unless.as_ref(),
                });
            }
        }
    }
    barriers.sort_by_key(|barrier| (barrier.unless.is_some(), barrier.kind, barrier.id));
    barriers
}

/// A way that is open to whoever holds some groups, and what it asks beside them, in [`crate::policy::Fact`]s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Further {
    /// Its place in the list that was asked.
    pub way: usize,
    /// What must hold too.
    pub all: Vec<String>,
    /// What must not.
    pub none: Vec<String>,
}

/// The ways that are open to whoever holds all of some groups, and of which nothing else is known: first those that ask for
/// nothing else.
#[must_use]
pub fn access_of_groups(ways: &[Way<'_>], groups: &BTreeSet<String>) -> Vec<Further> {
    let held: BTreeSet<String> = groups.iter().map(|name| format!("group {name}")).collect();
    let mut found: Vec<Further> = ways
        .iter()
        .enumerate()
        .filter_map(|(at, way)| {
            let Whom::Subject(who) = way.who else {
                return None;
            };
            let cases = cases_of(who);
            let asks = |case: &Case| {
                let all: Vec<String> = asked(case)
                    .filter(|fact| !held.contains(*fact))
                    .map(str::to_owned)
                    .collect();
                let concerned = all.len() < asked(case).count() || all.is_empty();
                let excluded = case.none.iter().any(|fact| held.contains(fact));
                (concerned && !excluded).then(|| Further {
                    way: at,
                    all,
                    none: case.none.clone(),
                })
            };
            let least = |further: &Further| (further.all.len(), further.none.len());
            cases.iter().filter_map(asks).min_by_key(least)
        })
        .collect();
    found.sort_by_key(|further| (!further.all.is_empty(), further.way));
    found
}

fn cases_of(who: &Subject) -> Vec<Case> {
    cases::of(who, None, Side::Granted).unwrap_or_default()
}

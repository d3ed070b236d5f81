//! Sessions that may still hold what is over: what a session may do is settled when it begins, and lives on with it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::{set_time, wanted};
use crate::model::{Model, Subject};
use crate::project::Compiled;
use crate::spacelift::{Session, UserSessions};

/// Somebody with open sessions that began before something was over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holding {
    /// The login, as the account or the directory writes it.
    pub login: String,
    /// The sessions.
    pub sessions: Vec<Session>,
    /// Space and slug of each role that they may still hold, under some condition.
    pub roles: BTreeSet<(String, String)>,
}

/// Who may still hold what is over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Each by their login.
    pub holding: Vec<Holding>,
    /// How many sessions began before and are of somebody whose groups nobody here knows, or that two people could have.
    pub unknown: usize,
}

/// Looks at the open sessions of an account. `at` is in nanoseconds since 1970 UTC.
#[must_use]
pub fn held(compiled: &Compiled, sessions: &[Session], people: &[UserSessions], at: i64) -> Held {
    let model = &compiled.model;
    let ends = ends(model, at);
    let now = bare(wanted(model, at));
    let logins = Logins::of(compiled, people);
    // What was in force when a session began depends on how much was over by then.
    let mut then: BTreeMap<usize, Model> = BTreeMap::new();
    let mut found: BTreeMap<String, Holding> = BTreeMap::new();
    let mut unknown = 0;
    for session in sessions {
        let began = session.created_at.saturating_mul(1_000_000_000);
        let over = ends.partition_point(|end| *end <= began);
        if session.current || over == ends.len() {
            continue;
        }
        let Some((login, mut input)) = logins.of_session(session, model) else {
            unknown += 1;
            continue;
        };
        set_time(&mut input, at);
        let then = then
            .entry(over)
            .or_insert_with(|| revived(model, began, at));
        let (had, has) = (roles(then, &input), roles(&now, &input));
        let more: BTreeSet<(String, String)> = had.difference(&has).cloned().collect();
        if more.is_empty() {
            continue;
        }
        let holding = found
            .entry(login.to_ascii_lowercase())
            .or_insert_with(|| Holding {
                login: login.clone(),
                sessions: Vec::new(),
                roles: BTreeSet::new(),
            });
        holding.sessions.push(session.clone());
        holding.roles.extend(more);
    }
    Held {
        holding: found.into_values().collect(),
        unknown,
    }
}

/// When what is over ended; sorted, each once.
fn ends(model: &Model, at: i64) -> Vec<i64> {
    let grants = model.grants.values().filter_map(|grant| grant.ends);
    let values = model
        .groups
        .values()
        .flat_map(|group| group.values.values().flatten().copied());
    let all: BTreeSet<i64> = grants.chain(values).filter(|end| *end <= at).collect();
    all.into_iter().collect()
}

/// The model with what ended after a session began as if it had not.
fn revived(model: &Model, began: i64, at: i64) -> Model {
    let revive = |ends: &mut Option<i64>| {
        if ends.is_some_and(|end| began < end && end <= at) {
            *ends = None;
        }
    };
    let mut model = model.clone();
    for grant in model.grants.values_mut() {
        revive(&mut grant.ends);
    }
    for group in model.groups.values_mut() {
        group.values.values_mut().for_each(revive);
    }
    bare(model)
}

/// A model that gives whatever it may give under some condition.
fn bare(mut model: Model) -> Model {
    for grant in model.grants.values_mut() {
        grant.when = None;
    }
    model.login.require = Subject::Everyone;
    model.login.deny.clear();
    model.login.deny_admin.clear();
    model.login.offboarded.clear();
    model
}

fn roles(model: &Model, input: &Value) -> BTreeSet<(String, String)> {
    let decision = model.decide(input);
    let each = decision.roles.into_iter();
    each.flat_map(|(space, roles)| roles.into_iter().map(move |role| (space.clone(), role)))
        .collect()
}

/// Whose a session is, by its address.
struct Logins<'c> {
    compiled: &'c Compiled,
    /// Address, in ASCII lower case -> logins.
    by_address: BTreeMap<String, BTreeSet<String>>,
    /// Login, in ASCII lower case -> an input of the fixtures that says their groups.
    fixtures: BTreeMap<String, Value>,
}

impl<'c> Logins<'c> {
    fn of(compiled: &'c Compiled, people: &[UserSessions]) -> Self {
        let mut by_address: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut put = |address: &str, login: &str| {
            let logins = by_address.entry(address.to_ascii_lowercase()).or_default();
            // One that differs in case only is the same person's.
            if !logins.iter().any(|other| other.eq_ignore_ascii_case(login)) {
                logins.insert(login.to_owned());
            }
        };
        for one in people {
            put(one.email.as_deref().unwrap_or(&one.login), &one.login);
        }
        for person in compiled
            .directory
            .iter()
            .flat_map(|all| all.people.values())
        {
            put(&person.login, &person.login);
            for address in person.attributes.get("email").into_iter().flatten() {
                put(address, &person.login);
            }
        }
        let mut fixtures = BTreeMap::new();
        for probe in compiled.fixtures.probes(&compiled.model) {
            let has_groups = probe
                .input
                .pointer("/session/teams")
                .is_some_and(Value::is_array);
            let login = probe
                .input
                .pointer("/session/login")
                .and_then(Value::as_str);
            if let (true, Some(login)) = (has_groups, login) {
                fixtures.insert(login.to_ascii_lowercase(), probe.input);
            }
        }
        Self {
            compiled,
            by_address,
            fixtures,
        }
    }

    /// The login and what it is decided by; nothing where either is not known.
    fn of_session(&self, session: &Session, model: &Model) -> Option<(String, Value)> {
        let address = session
            .email
            .as_deref()
            .filter(|address| !address.is_empty())?;
        let login = match self.by_address.get(&address.to_ascii_lowercase()) {
            Some(logins) if logins.len() > 1 => return None,
            Some(logins) => logins.first()?,
            None => address,
        };
        if let Some(person) = self
            .compiled
            .directory
            .as_ref()
            .and_then(|all| all.person(login))
        {
            person.groups.as_ref()?;
            return Some((person.login.clone(), person.input(model, json!({}))));
        }
        let input = self.fixtures.get(&login.to_ascii_lowercase())?;
        Some((login.to_owned(), input.clone()))
    }
}

//! What somebody holds: the most that the policy gives them, at any time and place that the mapping speaks of.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span as Length, Timestamp};
use serde_json::{Value, json};

use crate::decide::{Decision, Disagreement};
use crate::evaluate::foreign::{Decide as _, InProcess};
use crate::evaluate::{EvaluateError, Login};
use crate::fixture::spaces;
use crate::model::{Hours, Model};
use crate::project::Compiled;
use crate::trace;

/// As many moments are looked at, the nearest first: a window opens and a grant starts at each.
const MOST_MOMENTS: usize = 96;
/// As many addresses.
const MOST_PLACES: usize = 12;
/// As far ahead, in days: the hours of conditions come around every week.
const DAYS: i64 = 8;

/// What somebody signs in with, as far as it is known.
#[derive(Debug, Clone)]
pub struct Sights {
    /// The `session` of each input that is known of them.
    sessions: Vec<Value>,
    /// Whether their groups are known from anywhere.
    pub has_groups: bool,
}

/// A role that is held, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The entries that give it, by id.
    pub because: BTreeSet<String>,
    /// Whether it is held at every time and place.
    pub always: bool,
}

/// What somebody holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Losses {
    /// Whether the login is let in anywhere and at any time.
    pub is_let_in: bool,
    /// The entries that make them an account admin.
    pub admin: Option<Held>,
    /// Space and slug -> why.
    pub roles: BTreeMap<(String, String), Held>,
}

impl Losses {
    /// Whether there is anything at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.is_let_in
    }
}

impl Sights {
    /// What fixtures and the directory say of somebody with these logins, in ASCII lower case; `written` are the same logins
    /// as they were asked for.
    #[must_use]
    pub fn of(compiled: &Compiled, lower: &BTreeSet<String>, written: &[&str]) -> Self {
        let is_theirs = |login: &str| lower.contains(&login.to_ascii_lowercase());
        let mut sessions = Vec::new();
        let fixtures = &compiled.fixtures;
        let inputs = fixtures
            .probes(&compiled.model)
            .into_iter()
            .map(|probe| probe.input);
        let people = compiled
            .directory
            .iter()
            .flat_map(|directory| directory.people.values())
            .filter(|person| is_theirs(&person.login))
            .map(|person| person.input(&compiled.model, json!({})));
        for input in inputs.chain(people) {
            let login = input.pointer("/session/login").and_then(Value::as_str);
            if login.is_some_and(is_theirs)
                && let Some(session) = input.get("session")
                && !sessions.contains(session)
            {
                sessions.push(session.clone());
            }
        }
        let has_groups = sessions
            .iter()
            .any(|session| session.get("teams").is_some());
        // Of whom nothing is known, the login is.
        for login in written {
            let is_known = sessions.iter().any(|session| {
                let known = session.get("login").and_then(Value::as_str);
                known.is_some_and(|known| known.eq_ignore_ascii_case(login))
            });
            if !is_known {
                sessions.push(json!({"login": login, "member": true}));
            }
        }
        Self {
            sessions,
            has_groups,
        }
    }

    /// The most that a mapping gives them from a time on.
    ///
    /// # Errors
    /// When the policy's text decides otherwise than the mapping means.
    pub fn losses(&self, compiled: &Compiled, now: Timestamp) -> Result<Losses, LossError> {
        let model = &compiled.model;
        let requests = requests(model, now);
        let spaces = spaces(model);
        let mut inputs = Vec::with_capacity(self.sessions.len() * requests.len());
        for session in &self.sessions {
            for request in &requests {
                inputs.push(json!({"session": session, "request": request, "spaces": spaces}));
            }
        }
        let decisions: Vec<Decision> = inputs.iter().map(|input| model.decide(input)).collect();
        self.check(compiled, &inputs, &decisions, requests.len())?;
        let mut losses = Losses::default();
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut admins = 0;
        for (input, decision) in inputs.iter().zip(&decisions) {
            if decision.login == Login::Deny {
                continue;
            }
            losses.is_let_in = true;
            if decision.login == Login::Admin {
                admins += 1;
                let admin = losses.admin.get_or_insert_with(Held::never);
                admin
                    .because
                    .extend(decision.because.admins.iter().cloned());
            }
            for (space, slugs) in &decision.roles {
                for slug in slugs {
                    let grants = trace::grants_of(model, input, &decision.because, space, slug);
                    let key = (space.clone(), slug.clone());
                    *counts.entry(key.clone()).or_default() += 1;
                    let held = losses.roles.entry(key).or_insert_with(Held::never);
                    held.because.extend(grants);
                }
            }
        }
        let all = inputs.len();
        for (key, held) in &mut losses.roles {
            held.always = counts.get(key) == Some(&all);
        }
        if let Some(admin) = &mut losses.admin {
            admin.always = admins == all;
        }
        Ok(losses)
    }

    /// The text is what decides: it is asked about each session where nothing is known of time and place, and where all is.
    fn check(
        &self,
        compiled: &Compiled,
        inputs: &[Value],
        meant: &[Decision],
        each: usize,
    ) -> Result<(), LossError> {
        let chosen =
            (0..inputs.len()).filter(|at| each < 4 || at % each == 0 || at % each == each - 1);
        let (asked, meant): (Vec<Value>, Vec<&Decision>) = chosen
            .filter_map(|at| Some((inputs.get(at)?.clone(), meant.get(at)?)))
            .unzip();
        let answers = InProcess.decide(&compiled.text, compiled.model.dialect, &asked)?;
        for (meant, answer) in meant.into_iter().zip(answers) {
            let answer = answer.map_err(|message| EvaluateError { message })?;
            meant.agrees_with(&answer)?;
        }
        Ok(())
    }
}

impl Held {
    fn never() -> Self {
        Self {
            because: BTreeSet::new(),
            always: false,
        }
    }
}

/// Why it cannot be said what somebody holds.
#[derive(Debug)]
pub enum LossError {
    /// The text decides otherwise than the mapping means.
    Disagrees(Disagreement),
    /// The text could not be evaluated.
    Evaluate(EvaluateError),
}

impl From<Disagreement> for LossError {
    fn from(error: Disagreement) -> Self {
        Self::Disagrees(error)
    }
}

impl From<EvaluateError> for LossError {
    fn from(error: EvaluateError) -> Self {
        Self::Evaluate(error)
    }
}

/// Every time and place that matters, the plainest first: now, from nowhere.
fn requests(model: &Model, now: Timestamp) -> Vec<Value> {
    let networks: BTreeSet<_> = model
        .conditions
        .values()
        .filter_map(|condition| condition.networks.as_ref()?.first())
        .collect();
    let places: Vec<Option<String>> = std::iter::once(None)
        .chain(
            networks
                .iter()
                .map(|network| Some(network.address.to_string())),
        )
        .take(MOST_PLACES)
        .collect();
    let mut requests = Vec::new();
    for moment in moments(model, now) {
        for place in &places {
            requests.push(match place {
                None => json!({"timestamp_ns": moment}),
                Some(place) => json!({"timestamp_ns": moment, "remote_ip": place}),
            });
        }
    }
    requests
}

/// Now, and whenever in the next days a window opens, and whenever a grant starts.
fn moments(model: &Model, now: Timestamp) -> Vec<i64> {
    let nanoseconds = |at: Timestamp| i64::try_from(at.as_nanosecond()).ok();
    let now_ns = nanoseconds(now).unwrap_or_default();
    let windows = model
        .conditions
        .values()
        .filter_map(|condition| condition.hours.as_ref())
        .flat_map(|hours| openings(hours, now))
        .filter_map(nanoseconds);
    let starts = model.grants.values().filter_map(|grant| grant.starts);
    let later: BTreeSet<i64> = windows
        .chain(starts)
        .filter(|moment| *moment > now_ns)
        .collect();
    std::iter::once(now_ns)
        .chain(later)
        .take(MOST_MOMENTS)
        .collect()
}

/// When the windows of a condition open in the next days.
fn openings(hours: &Hours, now: Timestamp) -> Vec<Timestamp> {
    let Ok(zone) = TimeZoneDatabase::bundled().get(&hours.zone) else {
        return Vec::new();
    };
    let today = zone.to_datetime(now).date();
    let mut found = Vec::new();
    for day in 0..DAYS {
        let Ok(date) = today.checked_add(Length::new().days(day)) else {
            continue;
        };
        for (from, _) in &hours.ranges {
            let (hour, minute) = (i8::try_from(from / 60), i8::try_from(from % 60));
            let (Ok(hour), Ok(minute)) = (hour, minute) else {
                continue;
            };
            if let Ok(at) = in_zone(&zone, date.at(hour, minute, 0, 0)) {
                found.push(at);
            }
        }
    }
    found
}

fn in_zone(zone: &TimeZone, at: jiff::civil::DateTime) -> Result<Timestamp, jiff::Error> {
    zone.to_timestamp(at)
}

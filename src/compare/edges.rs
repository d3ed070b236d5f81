//! Inputs at the edges of what two policies name: each value that they hold, what is next to it, and what is absent.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::{Map, Value, json};

use super::unlike::strings;
use crate::model::Network;
use crate::plan::{Probe, Source};
use crate::policy::Policy;

/// No more sessions than this are combined with all addresses and moments.
const COMBINED: usize = 60;
/// No more pairs of teams than this.
const PAIRS: usize = 1_500;
/// No more spaces in an input than this; an account may have thousands.
const SPACES: usize = 60;
/// Nor more that nothing tells apart.
const ALIKE: usize = 8;
/// Noon of a Wednesday, 2026-12-02, in nanoseconds since 1970 UTC.
const NOON: i64 = 1_796_212_800_000_000_000;
const HOUR: i64 = 3_600_000_000_000;
const DAY: i64 = 24 * HOUR;

/// What a policy may ask for by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// Teams, and whatever may be one.
    pub teams: BTreeSet<String>,
    /// Logins.
    pub logins: BTreeSet<String>,
    /// Addresses.
    pub addresses: BTreeSet<IpAddr>,
    /// Moments, in nanoseconds since 1970 UTC.
    pub moments: BTreeSet<i64>,
}

impl Values {
    /// What the strings of a text may stand for: each is a network, a moment, or a team and a login, or a piece of one.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let mut values = Self::default();
        for text in strings(text) {
            if text.is_empty() || text.len() > 200 {
                continue;
            }
            if let Some(addresses) = around(&text) {
                values.addresses.extend(addresses);
            } else if let Some(moment) = moment(&text) {
                values.around_moment(moment);
            } else {
                for login in [text.clone(), format!("x{text}"), format!("{text}x")] {
                    values.logins.insert(login);
                }
                values.teams.insert(text);
            }
        }
        values
    }

    /// What a compiled policy asks for.
    #[must_use]
    pub fn of_policy(policy: &Policy) -> Self {
        let mut values = Self::default();
        values.teams.extend(policy.groups.keys().cloned());
        values.logins.extend(policy.logins().map(str::to_string));
        for case in policy.conditions.values().flatten() {
            let networks = case.networks.iter().flatten();
            values
                .addresses
                .extend(networks.filter_map(|network| around(network)).flatten());
            if let Some(window) = &case.window {
                for minute in [window.from, window.until] {
                    values.window(&window.zone, minute);
                }
            }
        }
        for moment in policy.moments() {
            values.around_moment(moment);
        }
        values
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.teams.extend(other.teams);
        self.logins.extend(other.logins);
        self.addresses.extend(other.addresses);
        self.moments.extend(other.moments);
        self
    }

    fn around_moment(&mut self, moment: i64) {
        let next = [moment.saturating_sub(1), moment, moment.saturating_add(1)];
        self.moments.extend(next);
    }

    /// A minute of a day's clock, on a Wednesday and on a Saturday.
    fn window(&mut self, zone: &str, minute: u16) {
        for day in [2, 5] {
            let clock = jiff::civil::date(2026, 12, day)
                .at(0, 0, 0, 0)
                .in_tz(zone)
                .ok()
                .and_then(|start| {
                    let later = jiff::SignedDuration::from_mins(i64::from(minute));
                    start.checked_add(later).ok()
                });
            let moment = clock.and_then(|at| i64::try_from(at.timestamp().as_nanosecond()).ok());
            if let Some(moment) = moment {
                self.around_moment(moment);
            }
        }
    }
}

/// The edges of what a text says, if that is a network or an address. Bits after its prefix do not count.
fn around(text: &str) -> Option<Vec<IpAddr>> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address.parse().ok()?, Some(prefix.parse::<u8>().ok()?)),
        None => (text.parse::<IpAddr>().ok()?, None),
    };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.unwrap_or(longest);
    (prefix <= longest).then(|| Network::holding(address, prefix).edges())
}

fn moment(text: &str) -> Option<i64> {
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let day: jiff::civil::Date = text.parse().ok()?;
        let start = day.in_tz("UTC").ok()?;
        Some(start.timestamp())
    })?;
    i64::try_from(instant.as_nanosecond()).ok()
}

/// Of the spaces of an account, as an input lists them, those that the text or the policy tells apart by id, by name or by labels,
/// and a few of those that nothing tells apart: thousands of them in every input would decide nothing more.
#[must_use]
pub fn spaces(text: &str, policy: &Policy, all: impl IntoIterator<Item = Value>) -> Value {
    let mut named: BTreeSet<String> = strings(text).collect();
    let rows = policy.grants.values().chain(policy.guarded_grants.values());
    named.extend(rows.flatten().flat_map(|row| row.labels.iter().cloned()));
    let mut alike: BTreeMap<BTreeSet<String>, usize> = BTreeMap::new();
    let (mut by_more, mut by_id) = (Vec::new(), Vec::new());
    for space in all {
        let id = space.get("id").and_then(Value::as_str);
        let name = space.get("name").and_then(Value::as_str);
        let labels = space.get("labels").and_then(Value::as_array);
        let labels = labels.into_iter().flatten().filter_map(Value::as_str);
        let said = [id, name].into_iter().flatten().chain(labels);
        let told: BTreeSet<String> = said
            .filter(|one| named.contains(*one))
            .map(str::to_string)
            .collect();
        let is_by_id = told.iter().all(|one| Some(one.as_str()) == id);
        let count = alike.entry(told).or_default();
        *count += 1;
        if *count <= ALIKE {
            let kept = if is_by_id { &mut by_id } else { &mut by_more };
            kept.push(space);
        }
    }
    by_more.append(&mut by_id);
    by_more.truncate(SPACES);
    Value::Array(by_more)
}

/// Inputs around the values: each session at noon from an address that no network names, and the first of them from and at every edge.
#[must_use]
pub fn inputs(values: &Values, spaces: &Value) -> Vec<Probe> {
    let sessions = sessions(values);
    let elsewhere = json!("192.0.2.77");
    let request = |address: Option<&Value>, moment: Option<i64>| {
        let mut request = Map::new();
        if let Some(address) = address {
            request.insert("remote_ip".to_string(), address.clone());
        }
        if let Some(moment) = moment {
            request.insert("timestamp_ns".to_string(), json!(moment));
        }
        Value::Object(request)
    };
    let mut asked = Vec::new();
    let mut put = |session: &Value, request: Value| {
        asked.push(Probe {
            source: Source::Policy,
            name: format!("made up, {}", asked.len() + 1),
            identity: "(made up)".to_string(),
            person: None,
            input: json!({"request": request, "session": session, "spaces": spaces}),
        });
    };
    for session in &sessions {
        put(session, request(Some(&elsewhere), Some(NOON)));
    }
    let addresses: Vec<Value> = values
        .addresses
        .iter()
        .map(|one| json!(one.to_string()))
        .collect();
    let mut moments = values.moments.clone();
    // Office hours are written as numbers, which may be anything: every full hour of a working day and of another.
    for day in [0, 3] {
        for hour in -12..12 {
            let full = NOON + day * DAY + hour * HOUR;
            moments.extend([full - 1, full]);
        }
    }
    for session in sessions.iter().take(COMBINED) {
        put(session, request(None, Some(NOON)));
        put(session, request(Some(&elsewhere), None));
        for address in &addresses {
            put(session, request(Some(address), Some(NOON)));
        }
        for moment in &moments {
            put(
                session,
                request(addresses.first().or(Some(&elsewhere)), Some(*moment)),
            );
        }
    }
    asked
}

/// Everybody who may sign in: in each team, in two, in none, with each login, members and others, people and machines.
fn sessions(values: &Values) -> Vec<Value> {
    let login = "somebody@example.com";
    let person = |login: &str, teams: &[&String], member: bool| json!({"login": login, "machine": false, "member": member, "teams": teams});
    let mut sessions = Vec::new();
    for team in &values.teams {
        sessions.push(person(login, &[team], true));
    }
    sessions.push(person(login, &[], true));
    for team in &values.teams {
        sessions.push(person(login, &[team], false));
    }
    for name in &values.logins {
        sessions.push(person(name, &[], true));
        sessions.push(person(name, &[], false));
    }
    sessions.push(json!({"login": login, "machine": false, "member": true}));
    sessions.push(json!({"login": login, "machine": false, "member": true, "teams": null}));
    for team in &values.teams {
        sessions.push(json!({"login": login, "machine": false, "member": null, "teams": [team]}));
        sessions.push(
            json!({"login": "api::01EDGE", "machine": true, "member": true, "teams": [team]}),
        );
        let other = match team.to_lowercase() {
            lower if lower == *team => team.to_uppercase(),
            lower => lower,
        };
        sessions.push(person(login, &[&other], true));
    }
    for name in values
        .logins
        .iter()
        .filter(|name| name.starts_with("api::"))
    {
        sessions.push(json!({"login": name, "machine": true, "member": true, "teams": []}));
    }
    let teams: Vec<&String> = values.teams.iter().collect();
    let pairs = teams.iter().enumerate().flat_map(|(at, one)| {
        let others = teams.iter().skip(at + 1);
        others.map(move |other| person(login, &[one, other], true))
    });
    sessions.extend(pairs.take(PAIRS));
    sessions
}

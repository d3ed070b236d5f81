//! What an input says, in words.

use std::fmt::Display;

use serde_json::Value;

use super::condition::Wall;
use super::facts::Facts;
use super::subject::Asked;
use crate::model::Hours;

/// As many values of a list are written out.
const SHOWN: usize = 20;

impl Asked<'_> {
    pub(super) fn login_seen(&self) -> String {
        match (self.facts.login, self.said("login")) {
            (Some(login), _) => format!("the login is {}", code(login)),
            (None, None) if !self.facts.has_session => "there is no session".to_string(),
            (None, None) => "the session has no login".to_string(),
            (None, Some(said)) => format!("the session's login is {}", code(said)),
        }
    }

    pub(super) fn member_seen(&self) -> String {
        match self.said("member") {
            Some(said) => format!("the session says {}", code(format!("member: {said}"))),
            None => "the session does not say whether it is a member's".to_string(),
        }
    }

    pub(super) fn machine_seen(&self) -> String {
        let said = match self.said("machine") {
            Some(said) => format!("the session says {}", code(format!("machine: {said}"))),
            None => "the session does not say that it is a machine's".to_string(),
        };
        match self.facts.login {
            Some(login) if login.to_ascii_lowercase().starts_with("api::") => {
                format!("{said}, and the login {} is like a key's", code(login))
            }
            _ => said,
        }
    }

    pub(super) fn groups_seen(&self) -> String {
        let (teams, groups) = (&self.facts.teams, &self.model.groups);
        let listed: Vec<String> = teams
            .listed
            .iter()
            .map(|team| {
                let known = groups
                    .iter()
                    .find_map(|(name, group)| Some((name, group.values.get(*team)?)));
                match known {
                    Some((name, Some(ends))) => {
                        format!("{} ({}, before {})", code(team), code(name), time(*ends))
                    }
                    Some((name, None)) => format!("{} ({})", code(team), code(name)),
                    None => code(team),
                }
            })
            .collect();
        let listed = match listed.as_slice() {
            [] => "the session lists no groups".to_string(),
            listed => format!("the session lists {}", list(listed)),
        };
        match (teams.complete, self.said("teams")) {
            (true, _) => listed,
            (false, None | Some(Value::Null)) => "the session does not list its groups".to_string(),
            (false, Some(Value::Array(teams))) if teams.is_empty() => {
                format!("{listed}, which may mean that there are too many")
            }
            (false, Some(Value::Array(_))) => format!("{listed}, and what is no text"),
            (false, Some(_)) => "the session's groups are no list".to_string(),
        }
    }

    pub(super) fn key_seen(&self, name: &str) -> String {
        match self.model.api_keys.get(name) {
            Some(key) => format!(
                "its login is {}; {}; {}",
                code(format!("api::{}", key.id)),
                self.login_seen(),
                self.machine_seen()
            ),
            None => self.login_seen(),
        }
    }

    pub(super) fn address_seen(&self) -> String {
        let said = self.facts.input.pointer("/request/remote_ip");
        match (self.facts.address, said) {
            (_, None | Some(Value::Null)) => "the input has no address".to_string(),
            (Some(_), Some(said)) => format!("the address is {}", code(text(said))),
            (None, Some(said)) => format!("{} is not one address alone", code(text(said))),
        }
    }

    fn said(&self, key: &str) -> Option<&Value> {
        self.facts.input.get("session")?.get(key)
    }
}

/// The time of a request.
pub(super) fn now(facts: &Facts) -> String {
    let said = facts.input.pointer("/request/timestamp_ns");
    match (facts.now, said) {
        (Some(now), _) => format!("it is {}", time(now)),
        (None, None | Some(Value::Null)) => "the input has no time".to_string(),
        (None, Some(said)) => format!("{} is no time that can be relied on", code(said)),
    }
}

/// An instant in UTC.
pub(super) fn time(nanoseconds: i64) -> String {
    jiff::Timestamp::from_nanosecond(nanoseconds.into())
        .map_or_else(|_| nanoseconds.to_string(), |time| time.to_string())
}

/// What a clock on the wall shows.
pub(super) fn wall(wall: Wall) -> String {
    format!("{} {}", wall.day.name(), clock(wall.minute))
}

/// A window.
pub(super) fn hours(hours: &Hours) -> String {
    let days: Vec<&str> = hours.days.iter().map(|day| day.name()).collect();
    let ranges = hours
        .ranges
        .iter()
        .map(|(from, until)| format!("{}-{}", clock(*from), clock(*until)));
    let ranges: Vec<String> = ranges.collect();
    format!("{} {} in {}", list(&days), list(&ranges), hours.zone)
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Text as text, everything else as JSON.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_string)
}

/// Text of somebody else's.
pub(super) fn code(text: impl Display) -> String {
    format!("`{text}`")
}

/// Several values; of very many, the first.
pub(super) fn list<T: Display>(values: &[T]) -> String {
    let shown: Vec<String> = values.iter().take(SHOWN).map(T::to_string).collect();
    match values.len().checked_sub(SHOWN) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

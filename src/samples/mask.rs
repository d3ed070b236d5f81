//! An input without the people in it, decided as the input is.
//!
//! | part | becomes |
//! |---|---|
//! | a login that the mapping speaks of | itself |
//! | another login | one that fits the same patterns of the mapping |
//! | a value that stands for a group, a team that the policy makes | itself |
//! | any other group | `group-` and a pseudonym |
//! | an address | one in the same networks of the mapping |
//! | names of people, of channels and of whatever else is text | a pseudonym |
//! | the account's spaces and roles, the time, what is yes or no | itself |
//! | a field that is not documented | nothing |
//!
//! Equal parts become equal parts. What is of another shape than documented keeps that shape, since a mapping tells it from what
//! is missing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::key::Key;
use super::names::Names;
use super::{address, login};
use crate::model::{Model, Network};
use crate::policy::hex;

/// Replaces what says who somebody is, for the policies of one mapping.
pub struct Mask<'m> {
    names: Names<'m>,
    key: &'m Key,
}

/// A part of an input and what becomes of it.
type Part = fn(&Mask<'_>, &Value) -> Value;

/// The documented fields of a session.
const SESSION: [(&str, Part); 10] = [
    ("account_name", |mask, value| mask.anything(value)),
    ("admin", |mask, value| mask.anything(value)),
    ("creator_ip", |mask, value| mask.address(value)),
    ("idp_subject", |mask, value| mask.anything(value)),
    ("login", |mask, value| mask.login_of(value)),
    ("machine", |mask, value| mask.anything(value)),
    ("member", |mask, value| mask.anything(value)),
    ("name", |mask, value| mask.anything(value)),
    ("stack_id", |mask, value| mask.anything(value)),
    ("teams", |mask, value| mask.teams(value)),
];

const REQUEST: [(&str, Part); 2] = [
    ("remote_ip", |mask, value| mask.address(value)),
    ("timestamp_ns", |mask, value| mask.anything(value)),
];

const SPACE: [(&str, Part); 3] = [
    ("id", |mask, value| mask.itself(value)),
    ("labels", |mask, value| mask.itself(value)),
    ("name", |mask, value| mask.itself(value)),
];

const ROLE: [(&str, Part); 4] = [
    ("id", |mask, value| mask.itself(value)),
    ("name", |mask, value| mask.itself(value)),
    ("slug", |mask, value| mask.itself(value)),
    ("ulid", |mask, value| mask.itself(value)),
];

const SLACK: [(&str, Part); 4] = [
    ("channel", |mask, value| mask.of_slack(value)),
    ("command", |mask, value| mask.anything(value)),
    ("team", |mask, value| mask.of_slack(value)),
    ("user", |mask, value| mask.slack_user(value)),
];

const OF_SLACK: [(&str, Part); 2] = [
    ("id", |mask, value| mask.slack_id(value)),
    ("name", |mask, value| mask.anything(value)),
];

const SLACK_USER: [(&str, Part); 6] = [
    ("deleted", |mask, value| mask.anything(value)),
    ("id", |mask, value| mask.anything(value)),
    ("is_admin", |mask, value| mask.anything(value)),
    ("is_owner", |mask, value| mask.anything(value)),
    ("name", |mask, value| mask.anything(value)),
    ("real_name", |mask, value| mask.anything(value)),
];

const INPUT: [(&str, Part); 5] = [
    ("request", |mask, value| mask.fields(value, &REQUEST)),
    ("roles", |mask, value| mask.list(value, &ROLE)),
    ("session", |mask, value| mask.fields(value, &SESSION)),
    ("slack", |mask, value| mask.fields(value, &SLACK)),
    ("spaces", |mask, value| mask.list(value, &SPACE)),
];

impl<'m> Mask<'m> {
    /// For the policies of a mapping.
    #[must_use]
    pub fn new(model: &'m Model, key: &'m Key) -> Self {
        Self {
            names: Names::of(model),
            key,
        }
    }

    /// An input without the people in it.
    #[must_use]
    pub fn input(&self, input: &Value) -> Value {
        // What is no object says nothing to a policy, as an empty one does.
        match input {
            Value::Object(_) => self.fields(input, &INPUT),
            _ => json!({}),
        }
    }

    /// A login's pseudonym, or itself.
    #[must_use]
    pub fn login(&self, login: &str) -> String {
        login::pseudonym(&self.names, self.key, login).unwrap_or_else(|| login.to_owned())
    }

    /// A group's pseudonym, or itself.
    #[must_use]
    pub fn team(&self, team: &str) -> String {
        if self.names.has_team(team) {
            return team.to_owned();
        }
        // The mapping could speak of the pseudonym by chance, or because somebody put it there.
        (0_u32..)
            .map(|attempt| {
                let kind = if attempt == 0 {
                    "group".to_owned()
                } else {
                    format!("group {attempt}")
                };
                format!("group-{}", self.key.token(&kind, team))
            })
            .find(|new| !self.names.has_team(new))
            .unwrap_or_default()
    }

    /// Whether a login was left as it is though the mapping does not speak of it, since nothing else is decided alike.
    #[must_use]
    pub fn is_kept(&self, login: &str) -> bool {
        !login.is_empty() && !self.names.has_login(login) && self.login(login) == login
    }

    /// What tells somebody from others, whatever mapping their samples were taken with.
    #[must_use]
    pub fn who(&self, input: &Value) -> Option<String> {
        let login = input.pointer("/session/login")?.as_str()?;
        (!login.is_empty()).then(|| who(self.key, login))
    }

    /// What tells the networks of the mapping from others.
    #[must_use]
    pub fn networks(&self) -> String {
        networks(&self.names.networks).1
    }

    fn fields(&self, value: &Value, known: &[(&str, Part)]) -> Value {
        let Value::Object(fields) = value else {
            return self.anything(value);
        };
        let mut out = Map::new();
        for (name, part) in known {
            if let Some(value) = fields.get(*name) {
                out.insert((*name).to_owned(), part(self, value));
            }
        }
        Value::Object(out)
    }

    fn list(&self, value: &Value, known: &[(&str, Part)]) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.fields(item, known)).collect(),
            other => self.anything(other),
        }
    }

    fn itself(&self, value: &Value) -> Value {
        value.clone()
    }

    /// A value of its shape that says nothing about anybody.
    fn anything(&self, value: &Value) -> Value {
        match value {
            Value::String(text) if text.is_empty() => json!(""),
            Value::String(text) => json!(format!("x-{}", self.key.token("text", text))),
            Value::Array(_) => json!([]),
            Value::Object(_) => json!({}),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn login_of(&self, value: &Value) -> Value {
        match value {
            Value::String(login) => json!(self.login(login)),
            other => self.anything(other),
        }
    }

    fn address(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                json!(address::pseudonym(&self.names.networks, self.key, text))
            }
            other => self.anything(other),
        }
    }

    fn teams(&self, value: &Value) -> Value {
        match value {
            Value::Array(teams) => teams
                .iter()
                .map(|team| match team {
                    Value::String(team) => json!(self.team(team)),
                    other => self.anything(other),
                })
                .collect(),
            other => self.anything(other),
        }
    }

    fn of_slack(&self, value: &Value) -> Value {
        self.fields(value, &OF_SLACK)
    }

    fn slack_user(&self, value: &Value) -> Value {
        self.fields(value, &SLACK_USER)
    }

    fn slack_id(&self, value: &Value) -> Value {
        match value {
            Value::String(id) if self.names.has_slack(id) => value.clone(),
            other => self.anything(other),
        }
    }
}

/// What tells somebody from others in an archive of this key.
pub(crate) fn who(key: &Key, login: &str) -> String {
    key.token("who", &login.to_ascii_lowercase())
}

/// The networks of a mapping, and what an archive calls them. They are no secret: the mapping lies beside it.
#[must_use]
pub fn places(model: &Model) -> (BTreeSet<String>, String) {
    networks(&Names::of(model).networks)
}

fn networks(all: &BTreeSet<Network>) -> (BTreeSet<String>, String) {
    let all: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
    let joined: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut name = hex(&Sha256::digest(joined.join(" ")));
    name.truncate(16);
    (all, name)
}

/// Puts names back where a mapping, or whoever asks, speaks of them by now. Whoever has the key knows them anyway.
pub struct Unmask {
    /// Pseudonym of somebody -> login.
    logins: BTreeMap<String, String>,
    /// Pseudonym of a group -> value.
    teams: BTreeMap<String, String>,
}

impl Unmask {
    /// For a mapping and further logins and groups, such as those of a directory and of another policy.
    #[must_use]
    pub fn new<'a>(
        model: &'a Model,
        key: &Key,
        logins: impl Iterator<Item = &'a str>,
        teams: impl Iterator<Item = &'a str>,
    ) -> Self {
        let names = Names::of(model);
        let named = |login: &str| (who(key, login), login.to_owned());
        let mut known: BTreeMap<String, String> = logins.map(named).collect();
        // The mapping's spelling goes before that of others.
        known.extend(names.logins().map(named));
        let teams = names
            .teams()
            .chain(teams)
            .map(|team| {
                let token = key.token("group", team);
                (format!("group-{token}"), team.to_owned())
            })
            .collect();
        Self {
            logins: known,
            teams,
        }
    }

    /// An input with the names put back that are known.
    #[must_use]
    pub fn input(&self, input: &Value, who: Option<&str>) -> Value {
        let mut input = input.clone();
        if let Some(login) = who.and_then(|who| self.logins.get(who))
            && let Some(written) = input.pointer_mut("/session/login")
            && written
                .as_str()
                .is_some_and(|written| !written.eq_ignore_ascii_case(login))
        {
            *written = json!(login);
        }
        if let Some(Value::Array(teams)) = input.pointer_mut("/session/teams") {
            for team in teams {
                if let Some(known) = team.as_str().and_then(|team| self.teams.get(team)) {
                    *team = json!(known);
                }
            }
        }
        input
    }
}

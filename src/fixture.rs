//! Fixtures, checked: identities, tests of them, and the inputs that Spacelift would make for them.
//!
//! What a fixture leaves out is absent from the input, and so unknown to the policy. Two things are there unless stated
//! otherwise: an identity is a member, and the account has the spaces that the mapping declares, with root and legacy.

mod resolve;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::evaluate::Login;
use crate::evaluate::access::Level;
use crate::model::{Model, SlackChannel};
use crate::source::{Span, Spanned};
use crate::stacks::Thing;

pub use resolve::resolve;

/// Every other space but root and legacy, as an expectation writes it.
pub const EVERY: &str = "*";

/// Checked fixtures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FixtureSet {
    /// Identities by name.
    pub identities: BTreeMap<String, Identity>,
    /// Tests, in the order of the files and of the lines in them. Each name is there once.
    pub cases: Vec<Case>,
    /// Stacks and modules by id.
    pub things: BTreeMap<String, Thing>,
}

/// Somebody who might sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The login, as the session would say it.
    pub login: String,
    /// Groups, by the mapping's names for them; none where the fixture does not say.
    pub groups: Option<Vec<String>>,
    /// Values exactly as the provider would send them, beside those of the groups.
    pub teams: Option<Vec<String>>,
    /// Whether it is a member of the account.
    pub member: bool,
    /// Whether the session says that it is a machine; none where it says nothing.
    pub machine: Option<bool>,
    /// Its declaration.
    pub span: Span,
}

/// Where and when somebody signs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The address.
    pub ip: Option<String>,
    /// The time, in nanoseconds since 1970 UTC.
    pub at: Option<i64>,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// Who signs in.
    pub who: Who,
    /// What must come out, and nothing else.
    pub expect: Option<Expect>,
    /// What must not come out.
    pub forbid: Option<Forbid>,
    /// Its declaration.
    pub span: Span,
}

/// Who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// An identity of these fixtures, by name.
    Identity(String, Request),
    /// A Slack request, from a channel; there is a time, and no address.
    Slack(SlackChannel, Option<i64>),
    /// A whole input, as it is.
    Input(Value),
}

/// Space id or `*` -> slugs, and where they are written.
pub type Roles = BTreeMap<String, Spanned<BTreeSet<String>>>;

/// Id of a stack or module -> a level, and where it is written.
pub type Levels = BTreeMap<String, Spanned<Level>>;

/// An exhaustive expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// What becomes of the login.
    pub login: Spanned<Login>,
    /// The roles bound on each space; `*` is every space of the input that is not named, but root and legacy.
    pub roles: Roles,
    /// The teams that replace those of the session, if that is stated; none where they are left alone.
    pub teams: Option<Spanned<BTreeSet<String>>>,
    /// What may be done with stacks and modules, if that is stated: nothing with those of the fixtures that are not named.
    pub stacks: Option<Spanned<Levels>>,
    /// Where it is written.
    pub span: Span,
}

/// A partial expectation: none of this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbid {
    /// What must not become of the login.
    pub login: Option<Spanned<Login>>,
    /// Roles that must not be effective on a space; `*` is any space but root and legacy.
    pub roles: Roles,
    /// Teams that the session must not be given.
    pub teams: Option<Spanned<BTreeSet<String>>>,
    /// What must not be possible with stacks and modules, nor more than it.
    pub stacks: Levels,
    /// Where it is written.
    pub span: Span,
}

/// An input worth asking a policy about, to see what a change means to whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The test's name, or the identity's where it stands alone.
    pub name: String,
    /// The identity, unless the input is a raw one.
    pub identity: Option<String>,
    /// What Spacelift would ask.
    pub input: Value,
}

impl Identity {
    /// The input that Spacelift would make for a login policy.
    #[must_use]
    pub fn input(&self, model: &Model, request: &Request) -> Value {
        let mut asked = Map::new();
        if let Some(ip) = &request.ip {
            asked.insert("remote_ip".to_owned(), json!(ip));
        }
        if let Some(at) = request.at {
            asked.insert("timestamp_ns".to_owned(), json!(at));
        }
        let mut session = Map::new();
        session.insert("login".to_owned(), json!(self.login));
        session.insert("member".to_owned(), json!(self.member));
        if let Some(machine) = self.machine {
            session.insert("machine".to_owned(), json!(machine));
        }
        if let Some(sent) = self.sent(model) {
            session.insert("teams".to_owned(), json!(sent));
        }
        json!({"request": asked, "session": session, "spaces": spaces(model)})
    }

    /// What the provider would send: for each group the first value that stands for it without an end, else the one that
    /// stands for it longest; then the raw values. Each once, in the order written; none where nothing is stated.
    fn sent(&self, model: &Model) -> Option<Vec<String>> {
        if self.groups.is_none() && self.teams.is_none() {
            return None;
        }
        let groups = self.groups.iter().flatten();
        let current = groups.filter_map(|name| {
            let values = &model.groups.get(name)?.values;
            let lasting = values.iter().find(|(_, ends)| ends.is_none());
            let (value, _) = lasting.or_else(|| values.iter().max_by_key(|(_, ends)| **ends))?;
            Some(value)
        });
        let mut said = BTreeSet::new();
        Some(
            current
                .chain(self.teams.iter().flatten())
                .filter(|value| said.insert(value.as_str()))
                .cloned()
                .collect(),
        )
    }
}

impl Case {
    /// The name of the identity, unless the test has a raw input.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        match &self.who {
            Who::Identity(name, _) => Some(name),
            Who::Slack(..) | Who::Input(_) => None,
        }
    }
}

/// The spaces of an account, as an input lists them.
pub(crate) fn spaces(model: &Model) -> Vec<Value> {
    let spaces = model.spaces.iter();
    spaces
        .map(|(id, space)| json!({"id": id, "name": id, "labels": space.labels}))
        .collect()
}

/// The input that Spacelift makes for a Slack request: without a session and without an address. Source: documentation, Slack.
fn slack_input(model: &Model, channel: &SlackChannel, at: Option<i64>) -> Value {
    let mut asked = Map::new();
    if let Some(at) = at {
        asked.insert("timestamp_ns".to_owned(), json!(at));
    }
    json!({
        "request": asked,
        "slack": {"team": {"id": channel.workspace}, "channel": {"id": channel.channel}},
        "spaces": spaces(model),
    })
}

impl FixtureSet {
    /// The input of a test. Every identity that a test names is declared; were one not, the input would be empty.
    #[must_use]
    pub fn input(&self, case: &Case, model: &Model) -> Value {
        match &case.who {
            Who::Identity(name, request) => self
                .identities
                .get(name)
                .map_or_else(|| json!({}), |identity| identity.input(model, request)),
            Who::Slack(channel, at) => slack_input(model, channel, *at),
            Who::Input(input) => input.clone(),
        }
    }

    /// The input of every test, then of each identity without a request.
    #[must_use]
    pub fn probes(&self, model: &Model) -> Vec<Probe> {
        let tests = self.cases.iter().map(|case| Probe {
            name: case.name.clone(),
            identity: case.identity().map(str::to_owned),
            input: self.input(case, model),
        });
        let alone = self.identities.iter().map(|(name, identity)| Probe {
            name: name.clone(),
            identity: Some(name.clone()),
            input: identity.input(model, &Request::default()),
        });
        tests.chain(alone).collect()
    }
}

/// The ids of the spaces that an input lists.
pub(crate) fn space_ids(input: &Value) -> impl Iterator<Item = &str> {
    let spaces = input.get("spaces").and_then(Value::as_array);
    spaces
        .into_iter()
        .flatten()
        .filter_map(|space| space.get("id")?.as_str())
}

#[cfg(test)]
pub(crate) mod tests;

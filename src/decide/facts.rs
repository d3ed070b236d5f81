//! What an input says, and of what it says nothing that could be relied on.

use serde_json::Value;

use super::address::Address;
use super::truth::Truth;
use crate::model::{NoGroups, SlackChannel};

/// 1 January 2020, UTC: a clock that says less was never set.
const FIRST_TIME: i64 = 1_577_836_800_000_000_000;
/// 1 January 2100, UTC.
const LAST_TIME: i64 = 4_102_444_800_000_000_000;

/// An input, read.
pub(super) struct Facts<'a> {
    /// The login; none where it is absent, empty or no text.
    pub(super) login: Option<&'a str>,
    /// Whether a login that is not said may be anybody's. Nobody signs in without one.
    pub(super) is_nameless: bool,
    /// Whether the session is one of a member.
    pub(super) member: Truth,
    /// Whether the session is one of a machine.
    pub(super) machine: Truth,
    /// The session's groups.
    pub(super) teams: Teams<'a>,
    /// Where the request comes from.
    pub(super) address: Option<Address>,
    /// When it is made, in nanoseconds since 1970 UTC.
    pub(super) now: Option<i64>,
    /// The account's spaces.
    pub(super) spaces: Vec<Space<'a>>,
    /// Whether there is a session at all.
    pub(super) has_session: bool,
    /// The channel that a request from Slack comes from. Such a request has no session.
    pub(super) channel: Option<SlackChannel>,
    /// The input itself, to show what was seen.
    pub(super) input: &'a Value,
}

/// A space of the account, as it is when somebody signs in.
#[derive(Clone, Copy)]
pub(super) struct Space<'a> {
    pub(super) id: &'a str,
    labels: Option<&'a Value>,
}

impl Space<'_> {
    pub(super) fn has_label(self, label: &str) -> bool {
        let labels = self.labels.and_then(Value::as_array);
        labels.into_iter().flatten().any(|one| one == label)
    }
}

/// The groups that a session lists.
pub(super) struct Teams<'a> {
    /// Those that can be read.
    pub(super) listed: Vec<&'a str>,
    /// Whether these are all.
    pub(super) complete: bool,
}

impl<'a> Facts<'a> {
    /// Reads an input. What an input of another shape would say is simply not there.
    pub(super) fn read(input: &'a Value, no_groups: NoGroups) -> Self {
        let session = input.get("session");
        let request = input.get("request");
        let login = session
            .and_then(|session| session.get("login")?.as_str())
            .filter(|login| !login.is_empty());
        let machine = machine(session.and_then(|session| session.get("machine")), login);
        let teams = session.and_then(|session| session.get("teams"));
        Self {
            login,
            is_nameless: false,
            member: match session.and_then(|session| session.get("member")) {
                Some(Value::Bool(member)) => (*member).into(),
                _ => Truth::Unknown,
            },
            machine,
            teams: Teams::read(teams, machine, no_groups),
            address: request
                .and_then(|request| request.get("remote_ip")?.as_str())
                .and_then(Address::read),
            now: request
                .and_then(|request| request.get("timestamp_ns")?.as_i64())
                .filter(|now| (FIRST_TIME..LAST_TIME).contains(now)),
            spaces: input
                .get("spaces")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|space| {
                    Some(Space {
                        id: space.get("id")?.as_str()?,
                        labels: space.get("labels"),
                    })
                })
                .collect(),
            has_session: session.is_some_and(Value::is_object),
            channel: channel(input).filter(|_| session.is_none_or(Value::is_null)),
            input,
        }
    }
}

impl Facts<'_> {
    /// Takes a login that is not said for one that may be anybody's, where it is asked of more than of who signs in: but for a
    /// stack's own session, which is a machine's and has none. Source: Spacelift's documentation, access policies.
    pub(super) fn or_anybody(mut self) -> Self {
        let said = |name: &str| self.input.get("session").and_then(|of| of.get(name));
        let is_machine = said("machine") == Some(&Value::Bool(true));
        let is_of_stack = is_machine && said("login").is_none_or(Value::is_null);
        self.is_nameless = self.has_session && self.login.is_none() && !is_of_stack;
        if self.is_nameless {
            self.machine = self.machine | Truth::Unknown;
        }
        self
    }
}

fn channel(input: &Value) -> Option<SlackChannel> {
    let id = |of: &str| {
        let id = input.get("slack")?.get(of)?.get("id")?.as_str()?;
        Some(id.to_string())
    };
    Some(SlackChannel {
        workspace: id("team")?,
        channel: id("channel")?,
    })
}

/// A machine says so, or has a key's login. A login that is a key's but for its case may be either's.
fn machine(said: Option<&Value>, login: Option<&str>) -> Truth {
    let said = match said {
        Some(Value::Bool(machine)) => (*machine).into(),
        None | Some(Value::Null) => Truth::No,
        Some(_) => Truth::Unknown,
    };
    let key = match login {
        Some(login) if login.starts_with("api::") => Truth::Yes,
        Some(login) if login.to_ascii_lowercase().starts_with("api::") => Truth::Unknown,
        Some(_) | None => Truth::No,
    };
    said | key
}

impl<'a> Teams<'a> {
    fn read(teams: Option<&'a Value>, machine: Truth, no_groups: NoGroups) -> Self {
        let known = no_groups == NoGroups::Known;
        match teams {
            Some(Value::Array(teams)) if teams.is_empty() => Self {
                listed: Vec::new(),
                complete: known || machine.is_sure(),
            },
            Some(Value::Array(teams)) => {
                let listed: Vec<&str> = teams.iter().filter_map(Value::as_str).collect();
                let complete = listed.len() == teams.len();
                Self { listed, complete }
            }
            None | Some(Value::Null) => Self {
                listed: Vec::new(),
                complete: known,
            },
            Some(_) => Self {
                listed: Vec::new(),
                complete: false,
            },
        }
    }
}

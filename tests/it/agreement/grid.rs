//! A grid of inputs around one mapping: every combination of who, from where and when that turns its decisions, and of what
//! may be missing.

mod stacks;

use liftgate::model::Model;
use serde_json::{Map, Value, json};

use super::pools::Pools;

pub use stacks::of_entry;

/// A place of the grid.
pub struct Place {
    pub input: Value,
    /// What it is on each axis, in words.
    pub axes: Vec<(&'static str, String)>,
}

impl Place {
    /// Whom the input is about.
    pub fn whom(&self) -> &'static str {
        let session = &self.input["session"];
        if session.is_null() {
            "Slack"
        } else if session["login"].is_null() {
            "nobody"
        } else if session["machine"] == true
            || session["login"]
                .as_str()
                .is_some_and(|login| login.starts_with("api::"))
        {
            "machines"
        } else if session["member"] == true {
            "members"
        } else {
            "outsiders"
        }
    }
}

type Axis = (&'static str, Vec<(String, Value)>);

/// Absent, as distinct from null.
const LEFT_OUT: &str = "left out";

fn left_out() -> (String, Value) {
    (LEFT_OUT.to_string(), json!({ LEFT_OUT: true }))
}

fn plain(value: Value) -> (String, Value) {
    (value.to_string(), value)
}

/// Every combination of what a mapping turns on.
pub fn of(model: &Model) -> Vec<Place> {
    let pools = Pools::of(model);
    let mut axes = who(&pools, teams(&pools));
    axes.push(("spaces", spaces(model)));
    combined(&axes)
        .iter()
        .map(|place| session(place))
        .chain(slack(&pools))
        .collect()
}

/// Who may ask, from where and when.
fn who(pools: &Pools, teams: Vec<(String, Value)>) -> Vec<Axis> {
    vec![
        ("teams", teams),
        ("login", logins(pools)),
        (
            "member",
            vec![plain(json!(true)), plain(json!(false)), left_out()],
        ),
        ("machine", vec![left_out(), plain(json!(true))]),
        ("address", addresses(pools)),
        ("time", times(pools)),
    ]
}

/// One value of each axis.
type Combination = Vec<(&'static str, String, Value)>;

fn combined(axes: &[Axis]) -> Vec<Combination> {
    let mut places = vec![Vec::new()];
    for (axis, values) in axes {
        places = places
            .into_iter()
            .flat_map(|place: Combination| {
                values.iter().map(move |(name, value)| {
                    let mut place = place.clone();
                    place.push((*axis, name.clone(), value.clone()));
                    place
                })
            })
            .collect();
    }
    places
}

fn session(place: &[(&'static str, String, Value)]) -> Place {
    let (mut session, mut request, mut input) = (Map::new(), Map::new(), Map::new());
    for (axis, name, value) in place {
        if name == LEFT_OUT {
            continue;
        }
        let (into, key) = match *axis {
            "address" => (&mut request, "remote_ip"),
            "time" => (&mut request, "timestamp_ns"),
            "spaces" => (&mut input, "spaces"),
            other => (&mut session, other),
        };
        into.insert(key.to_string(), value.clone());
    }
    // Where the session was made; no mapping can speak of it.
    session.insert("creator_ip".to_string(), json!("203.0.113.9"));
    input.insert("session".to_string(), session.into());
    input.insert("request".to_string(), request.into());
    Place {
        input: input.into(),
        axes: place
            .iter()
            .map(|(axis, name, _)| (*axis, name.clone()))
            .collect(),
    }
}

/// No groups in every way, one that nobody knows, each of the mapping's, two of them, all of them, and one beside what is none.
fn teams(pools: &Pools) -> Vec<(String, Value)> {
    let values = &pools.values;
    let mut teams = vec![
        left_out(),
        plain(json!(null)),
        plain(json!([])),
        plain(json!(["Unheard of"])),
    ];
    if pools.teams.is_empty() {
        // A policy that copies teams would answer with it, and what Spacelift makes of that is not known.
        teams.push(plain(json!([values[0], 5])));
    }
    for (at, one) in values.iter().chain(&pools.teams).enumerate() {
        teams.push(plain(json!([one])));
        for other in values.iter().chain(&pools.teams).skip(at + 1) {
            teams.push(plain(json!([one, other])));
        }
    }
    teams
}

fn logins(pools: &Pools) -> Vec<(String, Value)> {
    let mut logins = vec![left_out(), plain(json!("somebody@acme.example"))];
    logins.extend(pools.logins.iter().map(|login| plain(json!(login))));
    for pattern in &pools.patterns {
        for filling in ["somebody", "eve@evil.example"] {
            logins.push(plain(json!(pattern.replace('*', filling))));
        }
    }
    for (name, id) in &pools.keys {
        logins.push(plain(json!(name)));
        logins.push(plain(json!(format!("api::{id}"))));
    }
    logins
}

fn addresses(pools: &Pools) -> Vec<(String, Value)> {
    let Some(network) = pools.v4.first() else {
        return vec![plain(json!("192.0.2.1"))];
    };
    vec![
        plain(json!(network.last)),
        plain(json!(network.after)),
        plain(json!(format!("{}/32", network.first))),
        left_out(),
        plain(json!(5)),
    ]
}

/// Around the edges of working hours in Los Angeles and of a night in UTC, and where the two disagree on the day.
fn times(pools: &Pools) -> Vec<(String, Value)> {
    const TIMES: [&str; 14] = [
        "2027-04-14T08:59:59-07:00",
        "2027-04-14T09:00:00-07:00",
        "2027-04-14T16:59:59-07:00",
        "2027-04-14T17:00:00-07:00",
        "2027-04-14T17:59:59-07:00",
        "2027-04-14T18:00:00-07:00",
        "2027-04-17T12:00:00-07:00",
        "2027-04-18T16:30:00-07:00",
        "2027-04-18T17:30:00-07:00",
        "2027-01-15T16:30:00-08:00",
        "2027-04-13T01:59:59Z",
        "2027-04-13T02:00:00Z",
        "2027-04-13T04:00:00Z",
        "2027-04-13T05:00:00Z",
    ];
    let at = |time: &str| {
        let at: jiff::Timestamp = time.parse().unwrap();
        let at = i64::try_from(at.as_nanosecond()).unwrap();
        (time.to_string(), json!(at))
    };
    if pools.hours.is_empty() {
        return vec![at(TIMES[1])];
    }
    let mut times: Vec<(String, Value)> = TIMES.iter().map(|time| at(time)).collect();
    times.push(left_out());
    times.push(plain(json!("1807722000000000000")));
    times
}

/// The account as declared; and with every label on root too, and a second space that is called as the first.
fn spaces(model: &Model) -> Vec<(String, Value)> {
    let labels = |id: &str| -> Vec<String> {
        let space = model.spaces.get(id);
        space.map_or(Vec::new(), |space| space.labels.iter().cloned().collect())
    };
    let declared: Vec<Value> = model
        .spaces
        .keys()
        .map(|id| json!({"id": id, "name": id, "labels": labels(id)}))
        .collect();
    let mut odd = declared.clone();
    let all: Vec<String> = model.spaces.keys().flat_map(|id| labels(id)).collect();
    for space in &mut odd {
        if space["id"] == "root" {
            space["labels"] = json!(all);
        }
    }
    let first = model
        .spaces
        .keys()
        .find(|id| *id != "root" && *id != "legacy");
    odd.push(json!({"id": "01-second", "name": first, "labels": []}));
    vec![
        ("as declared".to_string(), declared.into()),
        (
            "with labels on root, and a second of a name".to_string(),
            odd.into(),
        ),
    ]
}

fn slack(pools: &Pools) -> Vec<Place> {
    let Some(known) = pools.channels.first() else {
        return Vec::new();
    };
    let workspaces = [known.workspace.as_str(), "T0OTHER"];
    let channels = pools.channels.iter().map(|entry| entry.channel.as_str());
    let channels: Vec<&str> = channels.chain(["C0OTHER"]).collect();
    workspaces
        .iter()
        .flat_map(|workspace| channels.iter().map(move |channel| (workspace, channel)))
        .map(|(workspace, channel)| Place {
            input: json!({"slack": {"team": {"id": workspace}, "channel": {"id": channel}, "user": {"id": "U1"}}}),
            axes: vec![
                ("workspace", (*workspace).to_string()),
                ("channel", (*channel).to_string()),
            ],
        })
        .collect()
}

//! Random inputs: mostly what a session of the mapping's people looks like, often with something missing, malformed or on an
//! edge.

use serde_json::{Map, Value, json};

use super::chance::Chance;
use super::pipeline::Seen;
use super::pools::Pools;
use super::random::Random;

/// One input in which something is wished for, and what is special about it.
pub fn input(random: Random, wish: Option<&'static str>, pools: &Pools) -> (Value, Seen) {
    let mut writer = Writer::new(random, wish, pools);
    let input = writer.input(true);
    (input, writer.chance.seen)
}

pub struct Writer<'a> {
    pub chance: Chance,
    pub pools: &'a Pools,
    /// How much what is missing or malformed weighs.
    pub odd: usize,
}

/// What is there of a field: a value, or not even the field.
pub type Field = Option<Value>;

const WITHOUT_SESSION: [(&str, usize); 12] = [
    ("input: empty", 1),
    ("input: session null", 1),
    ("input: session not an object", 2),
    ("input: session empty", 1),
    ("input: not an object", 1),
    ("input: request not an object", 1),
    ("slack: of an entry", 5),
    ("slack: of an entry, session null", 2),
    ("slack: other channel", 2),
    ("slack: other case", 1),
    ("slack: malformed", 2),
    ("slack: not an object", 1),
];

impl<'a> Writer<'a> {
    pub fn new(random: Random, wish: Option<&'static str>, pools: &'a Pools) -> Self {
        Self {
            // Half are ordinary in all but the edges, so that decisions do not only refuse.
            odd: usize::from(random.clone().percent(50)),
            chance: Chance::new(random, wish),
            pools,
        }
    }
}

impl Writer<'_> {
    /// An input, with the account's spaces where somebody signs in.
    pub fn input(&mut self, signs_in: bool) -> Value {
        let is_wished = WITHOUT_SESSION
            .iter()
            .any(|(name, _)| self.chance.wishes(name));
        if is_wished || self.chance.random.percent(7) {
            return self.without_session();
        }
        let mut input = Map::new();
        let mut session = Map::new();
        for (key, value) in [
            ("login", self.login()),
            ("member", self.member()),
            ("machine", self.machine()),
            ("teams", self.teams()),
        ] {
            if let Some(value) = value {
                session.insert(key.into(), value);
            }
        }
        session.insert("name".into(), "Somebody".into());
        if self.chance.flip("session: says that it may administer", 5) {
            // Nothing that a policy of ours may listen to.
            session.insert("roles".into(), json!(["space-admin"]));
            session.insert("admin".into(), true.into());
        }
        input.insert("session".into(), session.into());
        if let Some(request) = self.request() {
            input.insert("request".into(), request);
        }
        if signs_in && let Some(spaces) = self.spaces() {
            input.insert("spaces".into(), spaces);
        }
        if !self.pools.channels.is_empty() && self.chance.flip("slack: beside a session", 4) {
            let slack = self.channel();
            input.insert("slack".into(), slack);
        }
        input.into()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        self.chance.random.pick(from).clone()
    }

    fn channel(&mut self) -> Value {
        let (workspace, channel) = match self.pools.channels.as_slice() {
            [] => ("T012AB3CD".to_string(), "C0FFEE".to_string()),
            channels => {
                let channel = self.chance.random.pick(channels);
                (channel.workspace.clone(), channel.channel.clone())
            }
        };
        json!({"channel": {"id": channel, "name": "ops"}, "command": "/x", "team": {"id": workspace},
            "user": {"id": "U1", "deleted": false}})
    }

    fn without_session(&mut self) -> Value {
        let request = json!({"timestamp_ns": super::timestamps::THURSDAY});
        let slack = self.channel();
        let with = |slack: Value| json!({"slack": slack, "request": request, "spaces": [{"id": "root", "labels": []}]});
        let changed = |pointer: &str, value: Value| {
            let mut slack = slack.clone();
            *slack.pointer_mut(pointer).unwrap() = value;
            with(slack)
        };
        match self.chance.one(&WITHOUT_SESSION) {
            "input: empty" => json!({}),
            "input: session null" => json!({"session": null}),
            "input: session not an object" => {
                let session = self.pick(&[
                    json!("alice@acme.example"),
                    json!([{"login": "x", "member": true}]),
                    json!(true),
                ]);
                json!({"session": session, "slack": slack})
            }
            "input: session empty" => json!({"session": {}}),
            "input: not an object" => self.pick(&[json!(null), json!([1, "x"]), json!("x")]),
            "input: request not an object" => {
                json!({"session": {"login": "x", "member": true}, "request": "x"})
            }
            "slack: of an entry" => with(slack),
            "slack: of an entry, session null" => {
                let mut input = with(slack);
                input["session"] = Value::Null;
                input
            }
            "slack: other channel" => {
                let part = self.pick(&["/channel/id", "/team/id"]);
                changed(part, "C1".into())
            }
            "slack: other case" => {
                let part = self.pick(&["/channel/id", "/team/id"]);
                let other = slack
                    .pointer(part)
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .to_lowercase();
                changed(part, other.into())
            }
            "slack: malformed" => {
                let part = self.pick(&["/channel/id", "/team/id", "/channel", "/team"]);
                let odd = self.pick(&[
                    json!(null),
                    json!(5),
                    json!([]),
                    json!(["C0FFEE"]),
                    json!("T012AB3CD/C0FFEE"),
                ]);
                changed(part, odd)
            }
            _ => {
                let odd = self.pick(&[json!(null), json!("C0FFEE"), json!([]), json!(true)]);
                with(odd)
            }
        }
    }

    fn member(&mut self) -> Field {
        let odd = self.odd;
        Some(
            match self.chance.one(&[
                ("member: true", 9),
                ("member: false", odd),
                ("member: missing", odd),
                ("member: null", odd),
                ("member: text", odd),
                ("member: number", odd),
            ]) {
                "member: true" => true.into(),
                "member: false" => false.into(),
                "member: missing" => return None,
                "member: null" => Value::Null,
                "member: text" => "true".into(),
                _ => 1.into(),
            },
        )
    }

    fn machine(&mut self) -> Field {
        let odd = self.odd;
        Some(
            match self.chance.one(&[
                ("machine: missing", 10),
                ("machine: false", 6),
                ("machine: true", 3),
                ("machine: null", odd),
                ("machine: text", odd),
                ("machine: number", odd),
                ("machine: list", odd),
            ]) {
                "machine: missing" => return None,
                "machine: false" => false.into(),
                "machine: true" => true.into(),
                "machine: null" => Value::Null,
                "machine: text" => "true".into(),
                "machine: number" => 1.into(),
                _ => json!([]),
            },
        )
    }

    fn request(&mut self) -> Field {
        if self.chance.flip("request: missing", self.odd * 5) {
            return None;
        }
        let mut request = Map::new();
        if let Some(address) = self.address() {
            request.insert("remote_ip".into(), address);
        }
        if let Some(stamp) = self.timestamp() {
            request.insert("timestamp_ns".into(), stamp);
        }
        Some(request.into())
    }

    fn spaces(&mut self) -> Field {
        let odd = self.odd;
        let kind = self.chance.one(&[
            ("spaces: listed", 8),
            ("spaces: with labels", 8),
            ("spaces: labels malformed", odd),
            ("spaces: one twice", 1),
            ("spaces: missing", odd),
            ("spaces: null", odd),
            ("spaces: empty", odd),
            ("spaces: text", odd),
            ("spaces: list of text", odd),
            ("spaces: odd elements", odd),
            ("spaces: object", odd),
        ]);
        let labelled = match kind {
            "spaces: missing" => return None,
            "spaces: null" => return Some(Value::Null),
            "spaces: empty" => return Some(json!([])),
            "spaces: text" => return Some("payments".into()),
            "spaces: list of text" => return Some(json!(["payments", "root"])),
            "spaces: odd elements" => {
                return Some(
                    json!([null, 5, {"id": 5, "labels": ["env:dev"]}, {"id": null}, {"name": "x"},
                    {"id": "odd", "labels": "env:dev"}, {"id": "odd"}, {"id": ""}]),
                );
            }
            "spaces: object" => return Some(json!({"payments": {"id": "payments"}})),
            kind => kind,
        };
        let ids: Vec<String> = self
            .pools
            .spaces
            .iter()
            .map(String::clone)
            .chain(["undeclared-01".to_string()])
            .collect();
        let mut list: Vec<Value> = Vec::new();
        for id in ids {
            if self.chance.random.percent(85) {
                let labels = self.labels(labelled);
                list.push(json!({"id": id, "name": id, "labels": labels}));
            }
        }
        if kind == "spaces: one twice" {
            let again: Vec<Value> = self
                .pools
                .spaces
                .iter()
                .take(2)
                .map(|id| json!({"id": id, "labels": ["env:dev"]}))
                .collect();
            list.extend(again);
        }
        Some(list.into())
    }

    fn labels(&mut self, kind: &str) -> Value {
        let label = self.pick(&super::mapping::LABELS);
        match kind {
            "spaces: with labels" | "spaces: one twice" => {
                let odd = self.pick(&[
                    vec![],
                    vec![label],
                    vec!["other", label],
                    vec!["ENV:DEV"],
                    vec!["env:dev "],
                ]);
                json!(odd)
            }
            "spaces: labels malformed" => self.pick(&[
                json!(null),
                json!(label),
                json!([null, label]),
                json!({"0": label}),
                json!([[label]]),
            ]),
            _ => json!([]),
        }
    }
}

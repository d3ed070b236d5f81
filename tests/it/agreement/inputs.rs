//! Random inputs: mostly what a session of the mapping's people looks like, often with something missing, malformed or on an
//! edge.

use serde_json::{Map, Value, json};

use super::pipeline::Seen;
use super::pools::{Pools, edge_of};
use super::random::Random;
use super::words::VALUES;

/// Thursday, 3 December 2026, 10:00 UTC.
const THURSDAY: i64 = 1_796_292_000_000_000_000;
const HOUR: i64 = 3_600_000_000_000;

/// What looks like an address, and what some parser takes for one.
const MALFORMED: [&str; 13] = [
    "",
    "203.0.113",
    "203.0.113.9.1",
    "203.0.113.256",
    "203.0.113.009",
    "3405803785",
    "0xcb.0.0x71.9",
    "\u{ff12}03.0.113.9",
    "2001:db8:::1",
    "::ffff:203.0.113.9%eth0",
    "::ffff:::ffff:203.0.113.9",
    "203.0.113.9, 10.0.0.1",
    "203.0.113.0/24",
];

/// One input, and what is special about it.
pub fn input(random: &mut Random, pools: &Pools, seen: &mut Seen) -> Value {
    let mut writer = Writer {
        random,
        pools,
        seen,
    };
    if writer.random.percent(8) {
        return writer.no_session();
    }
    // Half are ordinary in all but the edges, so that decisions do not only refuse.
    let odd = if writer.random.percent(50) { 0 } else { 27 };
    let mut input = Map::new();
    input.insert("session".into(), writer.session(odd));
    let request = writer.request(odd);
    if let Some(request) = request {
        input.insert("request".into(), request);
    }
    if let Some(spaces) = writer.spaces(odd) {
        input.insert("spaces".into(), spaces);
    }
    input.into()
}

struct Writer<'a> {
    random: &'a mut Random,
    pools: &'a Pools,
    seen: &'a mut Seen,
}

impl Writer<'_> {
    fn note(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    /// One of several, each with what is special about it.
    fn special(&mut self, of: &[(&'static str, Option<Value>)]) -> Option<Value> {
        let (note, value) = self.random.pick(of).clone();
        self.note(note);
        value
    }

    fn no_session(&mut self) -> Value {
        let slack = json!({"slack": {"channel": {"id": "C0FFEE", "name": "ops"}, "command": "/x", "team": {"id": "T012AB3CD"},
            "user": {"id": "U1", "deleted": false}}});
        self.special(&[
            ("input: empty", Some(json!({}))),
            ("input: slack", Some(slack)),
            ("input: session null", Some(json!({"session": null}))),
            (
                "input: session not an object",
                Some(json!({"session": "alice@acme.example"})),
            ),
            (
                "input: session not an object",
                Some(json!({"session": [{"login": "x", "member": true}]})),
            ),
            ("input: session empty", Some(json!({"session": {}}))),
            ("input: not an object", Some(json!(null))),
            ("input: not an object", Some(json!([1, "x"]))),
            (
                "input: request not an object",
                Some(json!({"session": {"login": "x", "member": true}, "request": "x"})),
            ),
        ])
        .unwrap_or_default()
    }

    fn session(&mut self, odd: usize) -> Value {
        let mut session = Map::new();
        for (key, value) in [
            ("login", self.login(odd)),
            ("member", self.member(odd)),
            ("machine", self.machine(odd)),
            ("teams", self.teams(odd)),
        ] {
            if let Some(value) = value {
                session.insert(key.into(), value);
            }
        }
        session.insert("name".into(), "Somebody".into());
        session.into()
    }

    fn login(&mut self, odd: usize) -> Option<Value> {
        if self.random.percent(odd / 3) {
            return self.special(&[
                ("login: missing", None),
                ("login: null", Some(Value::Null)),
                ("login: empty", Some("".into())),
                ("login: number", Some(5.into())),
            ]);
        }
        if self.pools.logins.is_empty() || self.random.percent(35) {
            self.note("login: nobody of the mapping");
            return Some(format!("person-{}@acme.example", self.random.below(100)).into());
        }
        let login = self.random.pick(&self.pools.logins).clone();
        Some(match self.random.below(15) {
            0 => {
                self.note("login: upper case");
                login.to_ascii_uppercase().into()
            }
            1 => {
                self.note("login: lower case of all letters");
                login.to_lowercase().into()
            }
            2 => {
                self.note("login: with a space");
                format!("{login} ").into()
            }
            3 => {
                self.note("login: of a key");
                format!("api::{login}").into()
            }
            4 => {
                self.note("login: like that of a key");
                format!("Api::{login}").into()
            }
            5 => {
                self.note("login: with what cannot be seen");
                let odd = *self.random.pick(&["\t", "\u{2028}", "\u{200b}", "\u{0}"]);
                format!("{odd}{login}").into()
            }
            _ => {
                self.note("login: of the mapping");
                login.into()
            }
        })
    }

    fn member(&mut self, odd: usize) -> Option<Value> {
        if self.random.percent(odd) {
            return self.special(&[
                ("member: missing", None),
                ("member: null", Some(Value::Null)),
                ("member: text", Some("true".into())),
                ("member: false", Some(false.into())),
                ("member: number", Some(1.into())),
            ]);
        }
        self.note("member: true");
        Some(true.into())
    }

    fn machine(&mut self, odd: usize) -> Option<Value> {
        if self.random.percent(odd) {
            return self.special(&[
                ("machine: null", Some(Value::Null)),
                ("machine: text", Some("yes".into())),
                ("machine: true", Some(true.into())),
                ("machine: list", Some(json!([]))),
            ]);
        }
        let share = self.random.below(100);
        self.special(match share {
            0..10 => &[("machine: true", Some(Value::Bool(true)))],
            10..50 => &[("machine: false", Some(Value::Bool(false)))],
            _ => &[("machine: missing", None)],
        })
    }

    fn teams(&mut self, odd: usize) -> Option<Value> {
        let mut teams: Vec<Value> = Vec::new();
        for _ in 0..self.random.between(1, 3) {
            let value = self.random.pick(&self.pools.values).clone();
            teams.push(match self.random.below(14) {
                0 => {
                    self.note("teams: other case");
                    value.to_uppercase().into()
                }
                1 => {
                    self.note("teams: with a space");
                    format!("{value} ").into()
                }
                2 => {
                    self.note("teams: unheard of");
                    (*self.random.pick(VALUES)).into()
                }
                3 => {
                    self.note("teams: cut short");
                    let mut letters: Vec<char> = value.chars().collect();
                    letters.pop();
                    letters.into_iter().collect::<String>().into()
                }
                _ => {
                    self.note("teams: of the mapping");
                    value.into()
                }
            });
        }
        if !self.random.percent(odd) {
            return Some(teams.into());
        }
        let with = |odd: Value| {
            let mut list = teams.clone();
            list.push(odd);
            Some(Value::Array(list))
        };
        let first = teams[0].clone();
        let (null, number, nested) = (with(Value::Null), with(5.into()), with(json!([first])));
        self.special(&[
            ("teams: missing", None),
            ("teams: null", Some(Value::Null)),
            ("teams: empty", Some(json!([]))),
            ("teams: text", Some(first.clone())),
            ("teams: object", Some(json!({"a": first}))),
            ("teams: number", Some(5.into())),
            ("teams: holds null", null),
            ("teams: holds a number", number),
            ("teams: holds a list", nested),
            ("teams: only odd ones", Some(json!([null]))),
        ])
    }

    fn request(&mut self, odd: usize) -> Option<Value> {
        if self.random.percent(odd / 4) {
            self.note("request: missing");
            return None;
        }
        let mut request = Map::new();
        if let Some(address) = self.address(odd) {
            request.insert("remote_ip".into(), address);
        }
        if let Some(stamp) = self.timestamp(odd) {
            request.insert("timestamp_ns".into(), stamp);
        }
        Some(request.into())
    }

    fn address(&mut self, odd: usize) -> Option<Value> {
        if self.random.percent(odd) {
            let malformed = Some((*self.random.pick(&MALFORMED)).into());
            return self.special(&[
                ("address: malformed", malformed.clone()),
                ("address: malformed", malformed),
                ("address: missing", None),
                ("address: null", Some(Value::Null)),
                ("address: number", Some(5.into())),
                ("address: list", Some(json!(["203.0.113.9"]))),
                ("address: mapped", Some("::ffff:cb00:7109".into())),
                ("address: mapped", Some("0:0:0:0:0:ffff:203.0.113.9".into())),
                ("address: mapped", Some("64:ff9b::203.0.113.9".into())),
                ("address: none", Some("::".into())),
                ("address: none", Some("0.0.0.0".into())),
            ]);
        }
        if self.pools.addresses.is_empty() || self.random.percent(25) {
            self.note("address: of nowhere special");
            let address =
                *self
                    .random
                    .pick(&["203.0.113.9", "198.51.100.7", "2001:db8::1", "2a00::1"]);
            return Some(address.into());
        }
        self.note("address: on an edge");
        Some(self.random.pick(&self.pools.addresses).clone().into())
    }

    fn timestamp(&mut self, odd: usize) -> Option<Value> {
        if self.random.percent(odd) {
            return self.special(&[
                ("time: missing", None),
                ("time: null", Some(Value::Null)),
                ("time: text", Some(THURSDAY.to_string().into())),
                ("time: float", Some(json!(1.796_292e18))),
                ("time: float", Some(json!(1.5))),
                ("time: float", Some(json!(-0.0))),
                ("time: negative", Some((-1).into())),
                ("time: zero", Some(0.into())),
                ("time: first", Some(1_577_836_800_000_000_000_i64.into())),
                ("time: first", Some(1_577_836_799_999_999_999_i64.into())),
                ("time: huge", Some(i64::MAX.into())),
                ("time: huge", Some(4_102_444_800_000_000_000_i64.into())),
                ("time: last", Some(4_102_444_799_999_999_999_i64.into())),
                ("time: huge", Some((i64::MAX.unsigned_abs() + 1).into())),
                ("time: huge", Some(u64::MAX.into())),
                ("time: huge", Some(json!(1e30))),
                ("time: flag", Some(true.into())),
                ("time: list", Some(json!([THURSDAY]))),
            ]);
        }
        let share = self.random.below(100);
        let (note, stamp) = if share < 45 && !self.pools.hours.is_empty() {
            let hours = self.random.pick(&self.pools.hours);
            ("time: on the edge of a window", edge_of(hours, self.random))
        } else if share < 70 && !self.pools.instants.is_empty() {
            let by = [-1, 0, 1][self.random.below(3)];
            (
                "time: on the edge of a stretch",
                self.random.pick(&self.pools.instants).saturating_add(by),
            )
        } else {
            let hours = i64::try_from(self.random.below(240)).unwrap();
            ("time: some day", THURSDAY + hours * HOUR)
        };
        self.note(note);
        Some(stamp.into())
    }

    fn spaces(&mut self, odd: usize) -> Option<Value> {
        if self.random.percent(odd) {
            return self.special(&[
                ("spaces: missing", None),
                ("spaces: null", Some(Value::Null)),
                ("spaces: empty", Some(json!([]))),
                ("spaces: text", Some("payments".into())),
                ("spaces: list of text", Some(json!(["payments", "root"]))),
                ("spaces: odd elements", Some(json!([null, 5, {"id": 5}, {"id": null}, {"name": "x"}, {"id": "odd"}, {"id": "odd"}]))),
                ("spaces: object", Some(json!({"payments": {"id": "payments"}}))),
            ]);
        }
        self.note("spaces: listed");
        let mut list: Vec<Value> = Vec::new();
        for id in &self.pools.spaces {
            if self.random.percent(85) {
                list.push(json!({"id": id, "name": id, "labels": []}));
            }
        }
        if self.random.percent(30) {
            list.push(json!({"id": "undeclared-01", "name": "Undeclared", "labels": null}));
        }
        Some(list.into())
    }
}

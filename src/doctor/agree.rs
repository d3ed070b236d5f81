//! A mapping's policy, simulated by the account on many inputs, beside what the mapping means for each.
//!
//! The inputs are those of the fixtures first, then such as lie on the edges of what the mapping speaks of: its logins in
//! other spellings, its groups in any company, addresses at the ends of its networks, times at the ends of its grants. The
//! same number of inputs is the same inputs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::decide::Decision;
use crate::evaluate::Login;
use crate::model::{Dialect, Model};
use crate::policy::Policy;
use crate::render;
use crate::spacelift::{Error, ReadAccount};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// How many inputs were simulated.
    pub asked: usize,
    /// How many came out as the mapping means.
    pub agreed: usize,
    /// The others.
    pub differences: Vec<Difference>,
    /// In which dialect the policy was sent.
    pub dialect: Dialect,
}

/// An input on which the account decides otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Its place among the inputs, from 1.
    pub number: usize,
    /// What differs, without names.
    pub what: Vec<String>,
    /// The input; it names people of the mapping, and is not part of a report.
    #[serde(skip)]
    pub input: Value,
    /// What the account said to it; not part of a report either.
    #[serde(skip)]
    pub said: Value,
}

/// Simulates a policy on so many inputs.
///
/// # Errors
/// When a simulation fails, or the policy cannot be written in the dialect.
pub fn compare(
    account: &dyn ReadAccount,
    model: &Model,
    policy: &Policy,
    dialect: Dialect,
    inputs: &[Value],
    say: &mut dyn FnMut(usize),
) -> Result<Agreement, Failed> {
    let policy = Policy {
        dialect,
        ..policy.clone()
    };
    let text = render::render(&policy).map_err(|error| Failed::Render(error.to_string()))?;
    let mut differences = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        say(at + 1);
        let said = account
            .simulate_login(&text, &input.to_string())
            .map_err(Failed::Account)?
            .ok_or(Failed::NoSimulation)?;
        let what = differ(&model.decide(input), &said);
        if !what.is_empty() {
            differences.push(Difference {
                number: at + 1,
                what,
                input: input.clone(),
                said,
            });
        }
    }
    Ok(Agreement {
        asked: inputs.len(),
        agreed: inputs.len() - differences.len(),
        differences,
        dialect,
    })
}

/// Why nothing came of it.
#[derive(Debug)]
pub enum Failed {
    /// The policy cannot be written.
    Render(String),
    /// The account did not simulate it.
    Account(Error),
    /// The installation has no simulation.
    NoSimulation,
}

/// What differs, in words that name nobody.
fn differ(meant: &Decision, said: &Value) -> Vec<String> {
    let mut what = Vec::new();
    let level = said.get("access_level").and_then(Value::as_str);
    if level != Some(meant.login.word()) {
        what.push(format!(
            "login: meant {}, said {}",
            meant.login.word(),
            level.unwrap_or("nothing")
        ));
    }
    // Roles of a login that is refused are nobody's.
    if meant.login != Login::Deny {
        let roles: BTreeMap<String, BTreeSet<String>> =
            (said.get("roles").and_then(Value::as_object))
                .into_iter()
                .flatten()
                .map(|(space, slugs)| (space.clone(), texts(slugs)))
                .filter(|(_, slugs)| !slugs.is_empty())
                .collect();
        if roles != meant.roles {
            let count = |roles: &BTreeMap<String, BTreeSet<String>>| -> usize {
                roles.values().map(BTreeSet::len).sum()
            };
            what.push(format!(
                "roles: meant {}, said {}",
                count(&meant.roles),
                count(&roles)
            ));
        }
        let teams = said.get("teams").map(texts).unwrap_or_default();
        if teams != meant.teams {
            what.push(format!(
                "teams: meant {}, said {}",
                meant.teams.len(),
                teams.len()
            ));
        }
    }
    if let Some(sample) = said.get("sample").and_then(Value::as_bool)
        && sample != meant.sample
    {
        what.push(format!("sample: meant {}, said {sample}", meant.sample));
    }
    what
}

/// Texts of a list, or names of fields that are true.
fn texts(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, held)| **held == Value::Bool(true))
            .map(|(name, _)| name.clone())
            .collect(),
        _ => BTreeSet::new(),
    }
}

/// So many inputs: these first, then such as lie on the edges of the mapping.
#[must_use]
pub fn inputs(model: &Model, policy: &Policy, first: &[Value], count: usize) -> Vec<Value> {
    let edges = Edges::of(model, policy);
    let mut chance = Chance(0x11f7_6a7e);
    let mut inputs: Vec<Value> = first.iter().take(count).cloned().collect();
    while inputs.len() < count {
        inputs.push(edges.input(&mut chance));
    }
    inputs
}

/// What a mapping speaks of.
struct Edges {
    logins: Vec<String>,
    teams: Vec<String>,
    addresses: Vec<String>,
    times: Vec<i64>,
    spaces: Vec<Value>,
}

impl Edges {
    fn of(model: &Model, policy: &Policy) -> Edges {
        let mut logins: BTreeSet<String> = policy.logins().map(str::to_owned).collect();
        logins.extend(policy.api_keys.keys().cloned());
        let patterns = policy.patterns.keys();
        logins.extend(patterns.map(|pattern| pattern.replace('*', "somebody")));
        let mut addresses = BTreeSet::from(["203.0.113.9".to_owned(), "2001:db8::9".to_owned()]);
        for network in (model.conditions.values()).flat_map(|one| one.networks.iter().flatten()) {
            addresses.extend(network.edges().iter().map(ToString::to_string));
        }
        // Monday noon, and every hour of a week from there.
        let noon = 1_790_596_800_000_000_000_i64;
        let hours = (0..168).map(|hour| noon + hour * 3_600_000_000_000);
        let mut times: BTreeSet<i64> = hours.collect();
        for edge in policy.moments() {
            times.extend([edge - 1, edge, edge.saturating_add(1)]);
        }
        Edges {
            logins: logins.into_iter().collect(),
            teams: policy.groups.keys().cloned().collect(),
            addresses: addresses.into_iter().collect(),
            times: times.into_iter().collect(),
            spaces: (model.spaces.iter())
                .map(|(id, space)| json!({ "id": id, "name": id, "labels": space.labels }))
                .collect(),
        }
    }

    fn input(&self, chance: &mut Chance) -> Value {
        let mut session = Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                session.insert(name.to_owned(), value);
            }
        };
        set("login", self.login(chance));
        set("teams", self.sent_teams(chance));
        set(
            "member",
            match chance.below(10) {
                0 => Some(json!(false)),
                1 => None,
                _ => Some(json!(true)),
            },
        );
        set(
            "machine",
            match chance.below(8) {
                0 => Some(json!(true)),
                1 => None,
                _ => Some(json!(false)),
            },
        );
        set("name", Some(json!("Somebody")));
        set("admin", Some(json!(false)));
        let mut request = Map::new();
        if chance.below(12) > 0 {
            request.insert("remote_ip".to_owned(), json!(chance.of(&self.addresses)));
        }
        if chance.below(12) > 0 {
            request.insert("timestamp_ns".to_owned(), json!(chance.of(&self.times)));
        }
        let mut spaces = self.spaces.clone();
        if chance.below(3) == 0 {
            spaces.push(json!({ "id": "unheard-of", "name": "Unheard of", "labels": ["prod"] }));
        }
        json!({ "request": request, "session": session, "spaces": spaces })
    }

    fn login(&self, chance: &mut Chance) -> Option<Value> {
        let of_mapping = chance.of(&self.logins).cloned();
        let login = of_mapping.unwrap_or_else(|| "nobody@example.invalid".to_owned());
        Some(match chance.below(14) {
            0 => return None,
            1 => Value::Null,
            2 => json!(login.to_uppercase()),
            3 => json!(format!("{login} ")),
            4 => json!(format!("api::{login}")),
            5..=7 => json!(format!("person-{}@example.invalid", chance.below(100))),
            _ => json!(login),
        })
    }

    fn sent_teams(&self, chance: &mut Chance) -> Option<Value> {
        match chance.below(16) {
            0 => return None,
            1 => return Some(Value::Null),
            2 => return Some(json!([])),
            _ => {}
        }
        let mut teams: Vec<Value> = (0..chance.below(4))
            .filter_map(|_| chance.of(&self.teams))
            .map(|team| json!(team))
            .collect();
        match chance.below(10) {
            0 => teams.push(json!("a group that nobody declared")),
            1 => teams.push(json!(7)),
            2 => teams.extend(
                chance
                    .of(&self.teams)
                    .map(|team| json!(team.to_uppercase())),
            ),
            _ => {}
        }
        Some(json!(teams))
    }
}

/// Numbers without a pattern, the same every time (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let at = self.below(u64::try_from(all.len()).unwrap_or(0));
        all.get(usize::try_from(at).unwrap_or(0))
    }
}

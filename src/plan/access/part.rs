//! One access policy as it is asked: the sessions and the stacks that it tells apart, and what it answered.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::evaluate::access::{Access, AccessEvaluator};
use crate::model::Dialect;
use crate::model::stacks::{Attribute, Kind};
use crate::policy::access::AccessPolicy;
use crate::spacelift::Engine;

use super::super::live::engine_of;
use super::LivePolicy;

/// What the API shows of a stack. Source: Spacelift's command-line client and its Terraform provider.
const SHOWN: [&str; 11] = [
    "id",
    "name",
    "administrative",
    "autodeploy",
    "branch",
    "labels",
    "locked_by",
    "namespace",
    "project_root",
    "repository",
    "state",
];

/// A text that decides about some stacks.
pub(super) struct Part {
    pub name: String,
    pub text: String,
    pub dialect: Option<Dialect>,
    /// Nothing where the text is not ours, and so may tell anybody from anybody.
    pub apart: Option<Apart>,
    pub evaluator: Option<AccessEvaluator>,
    /// The stacks and modules that it tells apart.
    pub things: Vec<Value>,
    pub numbers: HashMap<String, usize>,
    /// By what the policy takes of a session, the answers about each of them that was asked about.
    pub answers: HashMap<String, HashMap<usize, Option<Access>>>,
}

/// What a policy of ours tells sessions apart by.
pub(super) struct Apart {
    pub policy: AccessPolicy,
    /// ASCII-lowered.
    pub logins: BTreeSet<String>,
    pub patterns: Vec<regex::Regex>,
    /// Whether it asks when and from where.
    pub requests: bool,
    /// Whether it asks whose lock a stack has.
    pub locks: bool,
}

impl Part {
    pub(super) fn live(one: &LivePolicy) -> Self {
        let dialect = match engine_of(&one.policy) {
            Engine::V0 => Some(Dialect::V0),
            Engine::V1 => Some(Dialect::V1),
            Engine::Other(_) => None,
        };
        let data = one.data().filter(|data| dialect == Some(data.dialect));
        match data {
            Some(policy) => Self {
                name: one.policy.name.clone(),
                ..Self::ours(policy, &one.policy.body)
            },
            None => Self {
                name: one.policy.name.clone(),
                text: one.policy.body.clone(),
                dialect,
                apart: None,
                evaluator: None,
                things: Vec::new(),
                numbers: HashMap::new(),
                answers: HashMap::new(),
            },
        }
    }

    pub(super) fn ours(policy: &AccessPolicy, text: &str) -> Self {
        Self {
            name: policy.name(),
            text: text.to_string(),
            dialect: Some(policy.dialect),
            apart: Some(Apart::of(policy)),
            evaluator: AccessEvaluator::of(text, policy.dialect).ok(),
            things: Vec::new(),
            numbers: HashMap::new(),
            answers: HashMap::new(),
        }
    }

    pub(super) fn hidden(&self) -> BTreeSet<String> {
        let asked = self.apart.iter().flat_map(|apart| &apart.policy.attributes);
        let hidden = asked.filter(|(_, asked)| match asked.within.as_deref() {
            _ if asked.kind == Kind::Thing => false,
            None => !SHOWN.contains(&asked.name.as_str()),
            Some(within) => within != "space",
        });
        hidden.map(|(name, _)| name.clone()).collect()
    }

    /// The number of a stack or module among those that the policy tells apart.
    pub(super) fn thing(&mut self, thing: &Value) -> usize {
        let seen = match &self.apart {
            Some(apart) => apart.seen(thing).to_string(),
            None => thing.to_string(),
        };
        let things = &mut self.things;
        *self.numbers.entry(seen).or_insert_with(|| {
            things.push(thing.clone());
            things.len() - 1
        })
    }
}

impl Apart {
    fn of(policy: &AccessPolicy) -> Self {
        let named = policy
            .facts()
            .filter_map(|fact| fact.strip_prefix("login "));
        let keys = policy.api_keys.iter().flat_map(|(key, login)| [key, login]);
        let logins = named.chain(keys.map(String::as_str));
        let ends = policy.groups.values().any(|one| one.ends.is_some());
        let attribute = Attribute::Lock.path();
        Self {
            logins: logins.map(str::to_ascii_lowercase).collect(),
            patterns: policy
                .patterns
                .values()
                .filter_map(|pattern| regex::Regex::new(pattern).ok())
                .collect(),
            requests: ends || !policy.conditions.is_empty(),
            locks: policy.attributes.contains_key(attribute)
                || policy.attributes.values().any(|one| one.kind == Kind::Lock),
            policy: policy.clone(),
        }
    }

    pub(super) fn key(&self, session: &Value) -> String {
        let of = |name: &str| session.pointer(&format!("/session/{name}"));
        let login = of("login").and_then(Value::as_str).unwrap_or_default();
        let folded = login.to_ascii_lowercase();
        let apart = self.locks
            || self.logins.contains(&folded)
            || folded.contains("::")
            // Then anybody might be told from anybody.
            || self.patterns.len() != self.policy.patterns.len();
        let patterns = self.patterns.iter();
        let patterns: Vec<bool> = patterns
            .flat_map(|one| [one.is_match(login), one.is_match(&folded)])
            .collect();
        let teams = of("teams").and_then(Value::as_array);
        let named: Option<BTreeSet<&str>> = teams.map(|teams| {
            let texts = teams.iter().filter_map(Value::as_str);
            texts
                .filter(|text| self.policy.groups.contains_key(*text))
                .collect()
        });
        let others = teams.map(|teams| {
            named
                .as_ref()
                .is_some_and(|named| teams.len() > named.len())
        });
        let request = self.requests.then(|| session.get("request"));
        json!([
            apart.then_some(login),
            patterns,
            named,
            others,
            of("machine"),
            of("member"),
            of("teams").is_some_and(Value::is_null),
            request,
        ])
        .to_string()
    }

    /// What of a stack or module the policy looks at.
    fn seen(&self, thing: &Value) -> Value {
        let mut seen = Map::new();
        for kind in ["stack", "module"] {
            let Some(all) = thing.get(kind) else { continue };
            seen.insert("kind".into(), json!(kind));
            for (name, asked) in &self.policy.attributes {
                let holder = match &asked.within {
                    Some(within) => all.get(within),
                    None => Some(all),
                };
                let said = holder.and_then(|holder| holder.get(&asked.name));
                seen.insert(format!("say {name}"), said.cloned().unwrap_or_default());
            }
        }
        Value::Object(seen)
    }
}

//! What was made of a policy, held against the policy: both are asked the same.

use serde::Serialize;
use serde_json::Value;

use crate::compare::{Comparison, Text, compare, edges};
use crate::evaluate::access::Access;
use crate::evaluate::foreign::Decide;
use crate::evaluate::{Decision, EvaluateError, Login};
use crate::import::Found;
use crate::model::Dialect;
use crate::plan::{Probe, Source};
use crate::project::Compiled;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proof {
    /// Of inputs in which everything is known.
    pub known: Counted,
    /// Of inputs in which something is absent or malformed, and which the language decides in its own way.
    pub unknown: Counted,
}

/// A comparison, with the direction of what differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counted {
    /// Each way in which the two differ.
    pub comparison: Comparison,
    /// On how many inputs the mapping gives less than the policy, and nothing else.
    pub less: usize,
    /// On how many it gives anything that the policy does not give.
    pub more: usize,
}

impl Proof {
    /// Whether nothing differs, and everything could be compared.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.known.comparison.is_clean() && self.unknown.comparison.is_clean()
    }
}

/// Asks both. What is refused holds nothing, whatever rules of roles say of it.
///
/// # Errors
/// When one of the two cannot be evaluated.
pub fn prove(
    old: Text<'_>,
    compiled: &Compiled,
    asked: Vec<Probe>,
    decide: &dyn Decide,
) -> Result<Proof, EvaluateError> {
    let new = Text {
        text: &compiled.text,
        dialect: compiled.model.dialect,
    };
    let (known, unknown) = asked.into_iter().partition(|probe| is_known(&probe.input));
    let count = |probes: Vec<Probe>| -> Result<Counted, EvaluateError> {
        let comparison = compare(old, new, probes, &InForce(decide))?;
        let (mut less, mut more) = (0, 0);
        for one in &comparison.differing {
            if is_within(&one.new, &one.old) {
                less += one.alike;
            } else {
                more += one.alike;
            }
        }
        Ok(Counted {
            comparison,
            less,
            more,
        })
    };
    Ok(Proof {
        known: count(known)?,
        unknown: count(unknown)?,
    })
}

/// Whether an input says everything that a session and a request have.
fn is_known(input: &Value) -> bool {
    let at = |path: &str| input.pointer(path);
    let teams = at("/session/teams").and_then(Value::as_array);
    at("/session/login")
        .and_then(Value::as_str)
        .is_some_and(|login| !login.is_empty())
        && at("/session/member").is_some_and(Value::is_boolean)
        && at("/session/machine").is_some_and(Value::is_boolean)
        && teams.is_some_and(|teams| teams.iter().all(Value::is_string))
        && at("/request/remote_ip").is_some_and(Value::is_string)
        && at("/request/timestamp_ns").is_some_and(Value::is_number)
}

/// Inputs at the edges of what both name, with the names that the spaces are known to have.
#[must_use]
pub fn edges(text: &str, compiled: &Compiled, found: &Found) -> Vec<Probe> {
    let values = edges::Values::of_text(text).and(edges::Values::of_policy(&compiled.policy));
    let named = |mut space: Value| {
        let id = space.get("id").and_then(Value::as_str);
        let known = id.and_then(|id| found.spaces.get(id));
        let name = known.filter(|known| !known.name.is_empty());
        if let (Some(known), Some(space)) = (name, space.as_object_mut()) {
            space.insert("name".to_string(), Value::from(known.name.as_str()));
        }
        space
    };
    let all = crate::fixture::spaces(&compiled.model).into_iter();
    let spaces = edges::spaces(text, &compiled.policy, all.map(named));
    let mut probes = edges::inputs(&values, &spaces);
    probes.push(Probe {
        source: Source::Policy,
        name: "made up, nothing at all".to_string(),
        identity: "(made up)".to_string(),
        person: None,
        input: serde_json::json!({"spaces": spaces}),
    });
    probes
}

/// Whether a decision gives nothing that another does not. Teams count, whichever: other policies may hang on them.
fn is_within(one: &Decision, other: &Decision) -> bool {
    one.login <= other.login
        && one.teams == other.teams
        && one.roles.iter().all(|(space, slugs)| {
            let held = other.roles.get(space);
            held.is_some_and(|held| slugs.is_subset(held))
        })
}

/// Decisions as they take effect.
struct InForce<'d>(&'d dyn Decide);

impl Decide for InForce<'_> {
    fn decide(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<Decision, String>>, EvaluateError> {
        let decisions = self.0.decide(text, dialect, inputs)?;
        let in_force = decisions.into_iter().zip(inputs).map(|(decision, input)| {
            decision.map(|mut decision| {
                if decision.login == Login::Deny {
                    decision.roles.clear();
                    decision.teams.clear();
                }
                // A set of the provider's own teams leaves them as they are, and so does an empty one.
                let sent = input.pointer("/session/teams").and_then(Value::as_array);
                let is_sent = sent.is_some_and(|sent| {
                    sent.len() == decision.teams.len()
                        && sent.iter().all(|team| {
                            team.as_str()
                                .is_some_and(|team| decision.teams.contains(team))
                        })
                });
                if is_sent {
                    decision.teams.clear();
                }
                decision
            })
        });
        Ok(in_force.collect())
    }

    fn decide_access(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<Access, String>>, EvaluateError> {
        self.0.decide_access(text, dialect, inputs)
    }
}

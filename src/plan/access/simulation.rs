//! Whether the account's own engine decides by access policies as ours does, and whether it still decides by them at all.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::evaluate::access::{AccessEvaluator, Level};
use crate::model::Dialect;
use crate::policy::access::AccessPolicy;
use crate::project::CompiledAccess;
use crate::render;
use crate::spacelift::{Error, PolicyType, ReadAccount};

use super::super::effects::Outcome;
use super::super::guards::{quoted, refusal};
use super::super::simulation::{Simulated, not_simulated};
use super::super::{Change, Desired, Guard, PlanError, Refusal, escaped};
use super::Stacks;

/// As many questions are asked about one policy, each a request.
const MOST: usize = 30;

/// How many differences are told of; the rest are counted.
const TOLD: usize = 5;

/// What came of it.
#[derive(Default)]
pub(in super::super) struct Simulation {
    pub simulated: Option<Simulated>,
    pub refusals: Vec<Refusal>,
}

/// Tries every new text out on logins and stacks that it tells apart; at least on a login and a stack that nobody has.
pub(in super::super) fn of(
    desired: &Desired,
    account: &dyn ReadAccount,
    stacks: &Stacks,
    changes: &[Change],
    outcomes: &[Outcome],
    notes: &mut BTreeSet<String>,
) -> Result<Simulation, PlanError> {
    let new: BTreeSet<&str> = changes
        .iter()
        .filter_map(|change| match change {
            Change::AccessCreate { policy } => Some(policy.name.as_str()),
            Change::AccessUpdate { after, .. } => Some(after.name.as_str()),
            _ => None,
        })
        .collect();
    let mut found = Simulation::default();
    let (mut asked, mut left_out) = (0, 0);
    let mut dialects = BTreeSet::new();
    let mut differences = Vec::new();
    for compiled in desired.access {
        let name = compiled.policy.name();
        if !new.contains(name.as_str()) {
            continue;
        }
        let inputs = desired.probes.iter().map(|probe| &probe.input);
        let after = outcomes.iter().map(|outcome| &outcome.after);
        let mut questions = stacks.questions(&compiled.text, inputs.zip(after));
        left_out += questions.len().saturating_sub(MOST);
        questions.truncate(MOST);
        questions.push(nobody());
        let seen = match seen(account, compiled, &questions)? {
            Seen::Is(dialect, seen) => {
                dialects.insert(dialect.word());
                seen
            }
            Seen::Impossible(why) => {
                found.refusals = not_simulated(&why);
                return Ok(found);
            }
            Seen::Refused(why) => {
                found.refusals.push(refusal(
                    Guard::SimulationRefused,
                    format!(
                        "the server does not evaluate the access policy {}: {why}",
                        quoted(&name)
                    ),
                    "an account that no longer takes access policies refuses them; give the same access as grants of roles on spaces",
                ));
                continue;
            }
        };
        asked += questions.len();
        let mut ours = AccessEvaluator::of(&compiled.text, compiled.policy.dialect)
            .map_err(PlanError::Policy)?;
        for (question, theirs) in questions.iter().zip(seen) {
            let here = ours.decide(question).map_err(PlanError::Policy)?;
            let here = Level::of([&here]);
            if here != theirs {
                let of = |path: &str| {
                    let value = question.pointer(path).and_then(Value::as_str);
                    quoted(value.unwrap_or_default())
                };
                let thing = if question.get("module").is_some() {
                    "/module/id"
                } else {
                    "/stack/id"
                };
                differences.push(format!(
                    "{} on {} by {}: {} there, {} here",
                    of("/session/login"),
                    of(thing),
                    quoted(&name),
                    theirs.word(),
                    here.word()
                ));
            }
        }
    }
    if !differences.is_empty() {
        let mut told: Vec<String> = differences.iter().take(TOLD).cloned().collect();
        if differences.len() > TOLD {
            told.push(format!("and {} more", differences.len() - TOLD));
        }
        found.refusals.push(refusal(
            Guard::ServerDisagrees,
            format!(
                "the server decides {} of {asked} requests for stacks otherwise than liftgate: {}",
                differences.len(),
                told.join("; ")
            ),
            "one of the two reads the policy wrongly; push nothing, and report this with the mapping and the input",
        ));
    }
    let own = desired.policy.dialect;
    let dialect = if dialects.contains(own.word()) || dialects.is_empty() {
        own
    } else {
        other(own)
    };
    if dialect != own {
        notes.insert(format!(
            "the server does not read Rego {} in a simulation; the same access policies were simulated as Rego {}",
            own.word(),
            dialect.word()
        ));
    }
    found.simulated = (asked > 0).then_some(Simulated {
        logins: asked,
        left_out,
        dialect,
    });
    Ok(found)
}

/// A login and a stack that no account has.
fn nobody() -> Value {
    json!({
        "request": {"remote_ip": "203.0.113.9", "timestamp_ns": 1_790_000_000_000_000_000_i64},
        "session": {"login": "liftgate:nobody", "name": "nobody", "member": true, "admin": false, "machine": false,
            "teams": ["liftgate:other"], "creator_ip": "203.0.113.9"},
        "stack": {"id": "liftgate-nothing", "name": "nothing", "labels": [], "administrative": false, "autodeploy": false,
            "branch": "main", "repository": "nothing", "state": "NONE"},
    })
}

enum Seen {
    Is(Dialect, Vec<Level>),
    Refused(String),
    Impossible(String),
}

/// The server's levels, by the text that is pushed or by the same policy in the other dialect.
fn seen(
    account: &dyn ReadAccount,
    compiled: &CompiledAccess,
    questions: &[Value],
) -> Result<Seen, PlanError> {
    let own = compiled.policy.dialect;
    let other_way = AccessPolicy {
        dialect: other(own),
        ..compiled.policy.clone()
    };
    let other_text =
        render::render(&other_way).map_err(|error| PlanError::Render(error.to_string()))?;
    let mut refused = Vec::new();
    for (text, dialect) in [(&compiled.text, own), (&other_text, other(own))] {
        match levels(account, text, questions) {
            Ok(Some(levels)) => return Ok(Seen::Is(dialect, levels)),
            Ok(None) => {
                return Ok(Seen::Impossible(
                    "the installation has no simulation".to_string(),
                ));
            }
            Err(error @ (Error::NotAllowed { .. } | Error::Refused { .. })) => {
                let why = escaped(&error.to_string().replace(['\n', '\t'], " "));
                refused.push(format!("as Rego {}, {why}", dialect.word()));
            }
            Err(Error::Shape { reason, .. }) => {
                return Ok(Seen::Refused(format!(
                    "its answer has another shape: {reason}"
                )));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Seen::Refused(refused.join("; ")))
}

fn levels(
    account: &dyn ReadAccount,
    text: &str,
    questions: &[Value],
) -> Result<Option<Vec<Level>>, Error> {
    let mut levels = Vec::with_capacity(questions.len());
    for question in questions {
        let Some(answer) = account.simulate(&PolicyType::Access, text, &question.to_string())?
        else {
            return Ok(None);
        };
        let level = match answer.get("level").and_then(Value::as_str) {
            Some("deny" | "none") => Level::None,
            Some("read") => Level::Read,
            Some("write") => Level::Write,
            _ => {
                return Err(Error::Shape {
                    action: "simulate the policy",
                    reason: "it says no `level`".to_string(),
                });
            }
        };
        levels.push(level);
    }
    Ok(Some(levels))
}

fn other(dialect: Dialect) -> Dialect {
    match dialect {
        Dialect::V0 => Dialect::V1,
        Dialect::V1 => Dialect::V0,
    }
}

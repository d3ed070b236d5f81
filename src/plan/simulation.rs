//! Whether the account's own engine decides as ours does: the new text, tried out there before anything is written.
//!
//! A simulation stores nothing. The request names no version of Rego, and which one the server reads is not documented; where
//! it cannot read the text, the same policy is tried in the other dialect, and the plan says which was checked.

mod made_up;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evaluate::foreign::{Decide as _, InProcess};
use crate::evaluate::{Decision, Login};
use crate::model::Dialect;
use crate::policy::Policy;
use crate::render;
use crate::spacelift::{Error, ReadAccount};

use super::guards::refusal;
use super::{Desired, Guard, PlanError, Probe, Refusal, Source, escaped, quoted};

/// How many differences are told of; the rest are counted.
const TOLD: usize = 5;

/// As many recorded inputs are asked about in one plan. The server is somebody else's, and each is a request.
const MOST_SAMPLES: usize = 200;

/// What the account's own engine was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Simulated {
    /// How many logins it decided; those that ask the same are asked once.
    pub logins: usize,
    /// How many recorded inputs it was not asked about, since there are too many.
    #[serde(default)]
    pub left_out: usize,
    /// The dialect that it read.
    pub dialect: Dialect,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Simulation {
    pub simulated: Option<Simulated>,
    pub refusals: Vec<Refusal>,
}

/// Tries the policy out on every login that is compared by, of recorded inputs on some, and on logins that are made up: none of
/// the fixtures needs to be about a group. `differs` says of each probe whether it is decided otherwise than now, and `admins` who
/// would administer the account.
pub(super) fn of(
    desired: &Desired,
    account: &dyn ReadAccount,
    differs: &[bool],
    admins: &BTreeSet<String>,
    notes: &mut BTreeSet<String>,
) -> Result<Simulation, PlanError> {
    let made_up = made_up::of(desired, admins, notes);
    let (mut probes, left_out) = distinct(&desired.probes, differs);
    probes.extend(&made_up);
    let Some(first) = probes.first() else {
        return Ok(impossible("there is no login to ask about"));
    };
    let mut refused = Vec::new();
    for policy in renderings(desired) {
        let (text, dialect) = policy?;
        match answer(account, &text, first) {
            Answer::Is(seen) => {
                let asked = Asked {
                    probes: &probes,
                    left_out,
                    text: &text,
                    dialect,
                };
                return compare(desired, account, &asked, *seen, notes);
            }
            Answer::Refused(why) => refused.push((dialect, why)),
            Answer::Impossible(why) => return Ok(impossible(&why)),
            Answer::Failed(error) => return Err(error.into()),
        }
    }
    let told: Vec<String> = refused
        .iter()
        .map(|(dialect, why)| format!("as Rego {}, {why}", dialect.word()))
        .collect();
    Ok(Simulation {
        simulated: None,
        refusals: vec![refusal(
            Guard::SimulationRefused,
            format!(
                "the server does not evaluate the policy: {}",
                told.join("; ")
            ),
            "a policy that the server cannot read would lock everybody out, and one that a key may not try out is not tried out; nothing of it was stored",
        )],
    })
}

/// Each input once, under the name that it comes with first; of those recorded, the ones that are decided otherwise than now
/// before others, and the latest first. Also how many of them are left out.
fn distinct<'p>(probes: &'p [Probe], differs: &[bool]) -> (Vec<&'p Probe>, usize) {
    let mut seen = BTreeSet::new();
    let (mut kept, mut recorded) = (Vec::new(), Vec::new());
    let differs = differs.iter().copied().chain(std::iter::repeat(false));
    for (at, (probe, differs)) in probes.iter().zip(differs).enumerate() {
        if !seen.insert(probe.input.to_string()) {
            continue;
        }
        match probe.source {
            Source::Sample => recorded.push((!differs, std::cmp::Reverse(at), probe)),
            _ => kept.push(probe),
        }
    }
    recorded.sort_by_key(|(same, latest, _)| (*same, *latest));
    let left_out = recorded.len().saturating_sub(MOST_SAMPLES);
    let some = recorded.into_iter().take(MOST_SAMPLES);
    kept.extend(some.map(|(_, _, probe)| probe));
    (kept, left_out)
}

/// The text that is pushed, then the same policy in the other dialect.
fn renderings<'a>(
    desired: &'a Desired,
) -> impl Iterator<Item = Result<(String, Dialect), PlanError>> + 'a {
    let own = desired.policy.dialect;
    let other = match own {
        Dialect::V0 => Dialect::V1,
        Dialect::V1 => Dialect::V0,
    };
    let rendered = move || {
        let policy = Policy {
            dialect: other,
            ..desired.policy.clone()
        };
        render::render(&policy)
            .map(|text| (text, other))
            .map_err(|error| PlanError::Render(error.to_string()))
    };
    std::iter::once_with(move || Ok((desired.text.to_string(), own)))
        .chain(std::iter::once_with(rendered))
}

/// What the server is asked, and in which dialect.
struct Asked<'a> {
    probes: &'a [&'a Probe],
    left_out: usize,
    text: &'a str,
    dialect: Dialect,
}

fn compare(
    desired: &Desired,
    account: &dyn ReadAccount,
    asked: &Asked<'_>,
    first: Seen,
    notes: &mut BTreeSet<String>,
) -> Result<Simulation, PlanError> {
    let (probes, dialect) = (asked.probes, asked.dialect);
    let inputs: Vec<Value> = probes.iter().map(|probe| probe.input.clone()).collect();
    let ours = InProcess
        .decide(desired.text, desired.policy.dialect, &inputs)
        .map_err(PlanError::Policy)?;
    let mut first = Some(first);
    let mut differences = Vec::new();
    for (at, (probe, ours)) in probes.iter().zip(ours).enumerate() {
        desired.progress.at("simulated", at, probes.len());
        let ours = ours.map_err(|message| PlanError::Probe {
            probe: probe.name.clone(),
            message,
        })?;
        let theirs = match first.take() {
            Some(seen) => Answer::Is(Box::new(seen)),
            None => answer(account, asked.text, probe),
        };
        let found = match theirs {
            Answer::Is(seen) => difference(&ours, &seen, &probe.input),
            Answer::Refused(why) => Some(format!("the server does not evaluate it: {why}")),
            Answer::Impossible(why) => return Ok(impossible(&why)),
            Answer::Failed(error) => return Err(error.into()),
        };
        if let Some(found) = found {
            differences.push(format!("{}: {found}", quoted(&probe.name)));
        }
    }
    if dialect != desired.policy.dialect {
        notes.insert(format!(
            "the server does not read Rego {} in a simulation; the same policy was simulated as Rego {}",
            desired.policy.dialect.word(),
            dialect.word()
        ));
    }
    let refusals = if differences.is_empty() {
        Vec::new()
    } else {
        vec![disagreement(&differences, probes.len())]
    };
    Ok(Simulation {
        simulated: Some(Simulated {
            logins: probes.len(),
            left_out: asked.left_out,
            dialect,
        }),
        refusals,
    })
}

fn disagreement(differences: &[String], all: usize) -> Refusal {
    let mut told: Vec<String> = differences.iter().take(TOLD).cloned().collect();
    if differences.len() > TOLD {
        told.push(format!("and {} more", differences.len() - TOLD));
    }
    refusal(
        Guard::ServerDisagrees,
        format!(
            "the server decides {} of {all} logins otherwise than liftgate: {}",
            differences.len(),
            told.join("; ")
        ),
        "one of the two reads the policy wrongly; push nothing, and report this with the mapping and the input",
    )
}

fn impossible(why: &str) -> Simulation {
    Simulation {
        simulated: None,
        refusals: not_simulated(why),
    }
}

/// Why a push is refused where the server cannot be asked.
pub(super) fn not_simulated(why: &str) -> Vec<Refusal> {
    vec![refusal(
        Guard::NotSimulated,
        format!("the server cannot be asked what it makes of the policy: {why}"),
        "without its answer nobody knows that it decides as liftgate does; if the installation has no simulation, and that risk is taken, push with `--override not-simulated=WHY`",
    )]
}

/// What became of one question.
enum Answer {
    Is(Box<Seen>),
    /// In the server's words; the text or the input is not to its liking.
    Refused(String),
    /// It cannot be asked at all.
    Impossible(String),
    Failed(Error),
}

fn answer(account: &dyn ReadAccount, text: &str, probe: &Probe) -> Answer {
    match account.simulate_login(text, &probe.input.to_string()) {
        Ok(Some(value)) => match serde_json::from_value(value) {
            Ok(seen) => Answer::Is(Box::new(seen)),
            Err(error) => Answer::Refused(format!("its answer has another shape: {error}")),
        },
        Ok(None) => Answer::Impossible("the installation has no simulation".to_string()),
        Err(error @ (Error::NotAllowed { .. } | Error::Refused { .. })) => {
            Answer::Refused(escaped(&error.to_string().replace(['\n', '\t'], " ")))
        }
        Err(error) => Answer::Failed(error),
    }
}

/// What a server answers; fields that nothing here gives are left out.
#[derive(Debug, Deserialize)]
struct Seen {
    access_level: Login,
    #[serde(default)]
    roles: Option<BTreeMap<String, BTreeSet<String>>>,
    #[serde(default)]
    teams: Option<BTreeSet<String>>,
    // What policies of ours never give.
    #[serde(default)]
    space_admin: Option<BTreeSet<String>>,
    #[serde(default)]
    space_write: Option<BTreeSet<String>>,
    #[serde(default)]
    space_read: Option<BTreeSet<String>>,
}

/// What the server decides otherwise. Of a login that is refused, nothing but that is compared: no session comes of it.
fn difference(ours: &Decision, theirs: &Seen, input: &Value) -> Option<String> {
    if ours.login != theirs.access_level {
        return Some(format!(
            "{} there, {} here",
            theirs.access_level.word(),
            ours.login.word()
        ));
    }
    if ours.login == Login::Deny {
        return None;
    }
    let none = BTreeMap::new();
    let pairs = |roles: &BTreeMap<String, BTreeSet<String>>| -> BTreeSet<(String, String)> {
        let each = roles.iter();
        each.flat_map(|(space, slugs)| slugs.iter().map(|slug| (space.clone(), slug.clone())))
            .collect()
    };
    let here = pairs(&ours.roles);
    let mut there = pairs(theirs.roles.as_ref().unwrap_or(&none));
    for (spaces, level) in [
        (&theirs.space_admin, "space-admin"),
        (&theirs.space_write, "space-writer"),
        (&theirs.space_read, "space-reader"),
    ] {
        let spaces = spaces.iter().flatten();
        there.extend(spaces.map(|space| (space.clone(), level.to_string())));
    }
    if let Some((space, role)) = there.difference(&here).next() {
        return Some(format!(
            "{} on {} there and not here",
            quoted(role),
            quoted(space)
        ));
    }
    if let Some((space, role)) = here.difference(&there).next() {
        return Some(format!(
            "{} on {} here and not there",
            quoted(role),
            quoted(space)
        ));
    }
    teams(ours, theirs, input)
}

/// Where a policy leaves the teams alone, a server may show none, or those that the session came with.
fn teams(ours: &Decision, theirs: &Seen, input: &Value) -> Option<String> {
    let none = BTreeSet::new();
    let there = theirs.teams.as_ref().unwrap_or(&none);
    if *there == ours.teams {
        return None;
    }
    let sent = input.pointer("/session/teams").and_then(Value::as_array);
    let sent: BTreeSet<&str> = sent
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let same = there.iter().map(String::as_str).collect::<BTreeSet<_>>() == sent;
    if ours.teams.is_empty() && same {
        return None;
    }
    let team = there.symmetric_difference(&ours.teams).next()?;
    let (is, not) = if there.contains(team) {
        ("there", "here")
    } else {
        ("here", "there")
    };
    Some(format!("the team {} {is} and not {not}", quoted(team)))
}

#[cfg(test)]
mod tests;

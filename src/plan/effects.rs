//! What changes for whom: every probe decided by the account as it is and by the mapping's policy.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::evaluate::foreign::{Decide, InProcess};
use crate::evaluate::{Because, Decision, Login};
use crate::spacelift::{Engine, Policy};
use crate::trace::outside;

use super::live::{Live, engine_of};
use super::{Access, Desired, Effect, PlanError, Probe, escaped, quoted};

/// The differences, and why some decisions are unknown.
#[derive(Default)]
pub(super) struct Effects {
    pub effects: Vec<Effect>,
    pub unknown: Option<String>,
}

/// Decisions of the account as it is; nothing where one is unknown, and then why.
type Before = (Vec<Option<Decision>>, Option<String>);

pub(super) fn of(
    desired: &Desired,
    live: &Live,
    decide: &dyn Decide,
    notes: &mut BTreeSet<String>,
) -> Result<Effects, PlanError> {
    let inputs: Vec<Value> = desired
        .probes
        .iter()
        .map(|probe| probe.input.clone())
        .collect();
    let after = InProcess
        .decide(desired.text, &inputs)
        .map_err(PlanError::Policy)?;
    let (before, unknown) = before(desired, live, &inputs, decide, notes);
    let mut effects = Vec::new();
    for ((probe, after), before) in desired.probes.iter().zip(after).zip(before) {
        let after = after.map_err(|message| PlanError::Probe {
            probe: probe.name.clone(),
            message,
        })?;
        let outside = outside(desired.model, &probe.input).map(|outside| outside.because);
        effects.extend(effect(probe, before, after).map(|effect| Effect {
            outside_policy: outside,
            ..effect
        }));
    }
    Ok(Effects { effects, unknown })
}

fn before(
    desired: &Desired,
    live: &Live,
    inputs: &[Value],
    decide: &dyn Decide,
    notes: &mut BTreeSet<String>,
) -> Before {
    let policy = match (&live.ours, live.others.as_slice()) {
        (None, []) => {
            let decisions = inputs.iter().map(|input| Some(without_policy(input)));
            return (decisions.collect(), None);
        }
        (Some((policy, _)), []) => policy,
        (None, [other]) => {
            notes.insert(format!(
                "what changes is counted from the login policy {} to the mapping's alone; side by side, the two would decide together",
                quoted(&other.name)
            ));
            other
        }
        _ => {
            let reason = "several login policies decide together, and how is not documented";
            return (vec![None; inputs.len()], Some(reason.to_string()));
        }
    };
    evaluated(desired, policy, inputs, decide)
}

fn evaluated(desired: &Desired, policy: &Policy, inputs: &[Value], decide: &dyn Decide) -> Before {
    // Texts are read as v1 here. Most that were written for v0 do not parse so.
    let dialect = match engine_of(policy) {
        Engine::V0 => " (it is Rego v0, and is read as v1 here)",
        _ => "",
    };
    let unknown = |why: &str| {
        format!(
            "the live policy {} could not be evaluated{dialect}: {}",
            quoted(&policy.name),
            escaped(&why.replace(['\n', '\t'], " "))
        )
    };
    let answers = match decide.decide(&policy.body, inputs) {
        Ok(answers) if answers.len() == inputs.len() => answers,
        Ok(_) => {
            return (
                vec![None; inputs.len()],
                Some(unknown("answers are missing")),
            );
        }
        Err(error) => return (vec![None; inputs.len()], Some(unknown(&error.message))),
    };
    let failed = desired
        .probes
        .iter()
        .zip(&answers)
        .find_map(|(probe, answer)| {
            let why = answer.as_ref().err()?;
            Some(unknown(&format!("{}, {why}", quoted(&probe.name))))
        });
    (answers.into_iter().map(Result::ok).collect(), failed)
}

/// Without a login policy members sign in, with no role, and nobody else does. Source: documentation, login policy.
fn without_policy(input: &Value) -> Decision {
    let member = input.pointer("/session/member") == Some(&Value::Bool(true));
    Decision {
        login: if member { Login::Allow } else { Login::Deny },
        roles: BTreeMap::new(),
        teams: BTreeSet::new(),
        flags: BTreeSet::new(),
        deny_admin: false,
        sample: false,
        because: Because::default(),
    }
}

/// Nothing where both decide alike. What is recorded of a login, and why it was decided so, is no part of that.
fn effect(probe: &Probe, before: Option<Decision>, after: Decision) -> Option<Effect> {
    let (mut gains, mut losses, mut login_change) = (Vec::new(), Vec::new(), None);
    if let Some(before) = &before {
        let (old, new) = (access(before), access(&after));
        gains = new.difference(&old).cloned().collect();
        losses = old.difference(&new).cloned().collect();
        login_change = (before.login != after.login).then_some((before.login, after.login));
        if gains.is_empty()
            && losses.is_empty()
            && login_change.is_none()
            && before.teams == after.teams
        {
            return None;
        }
    }
    Some(Effect {
        probe: probe.name.clone(),
        identity: probe.identity.clone(),
        outside_policy: None,
        before,
        after,
        gains,
        losses,
        login_change,
    })
}

fn access(decision: &Decision) -> BTreeSet<Access> {
    decision
        .roles
        .iter()
        .flat_map(|(space, slugs)| {
            slugs.iter().map(|role| Access {
                space: space.clone(),
                role: role.clone(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;

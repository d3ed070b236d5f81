//! What changes for whom: every probe decided by the account as it is and by the mapping's policy.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::evaluate::foreign::{Decide, InProcess};
use crate::evaluate::{Because, Decision, Login};
use crate::model::{Dialect, Model};
use crate::spacelift::{Engine, Policy};
use crate::trace::outside;

use super::live::{Live, engine_of};
use super::roles::{ADMIN, Actions, Roles};
use super::{Access, Desired, Effect, POLICY_SPACE, PlanError, Probe, RoleChange, escaped, quoted};

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
    policy_changes: bool,
    roles: &Roles,
    decide: &dyn Decide,
    notes: &mut BTreeSet<String>,
) -> Result<Effects, PlanError> {
    let inputs: Vec<Value> = desired
        .probes
        .iter()
        .map(|probe| probe.input.clone())
        .collect();
    let answers = InProcess
        .decide(desired.text, desired.policy.dialect, &inputs)
        .map_err(PlanError::Policy)?;
    let mut after = Vec::with_capacity(answers.len());
    for (probe, answer) in desired.probes.iter().zip(answers) {
        after.push(answer.map_err(|message| PlanError::Probe {
            probe: probe.name.clone(),
            message,
        })?);
    }
    let (before, unknown) = if policy_changes {
        before(desired, live, &inputs, decide, notes)
    } else {
        // A policy that stays decides as the mapping's does.
        (after.iter().cloned().map(Some).collect(), None)
    };
    let effects = desired
        .probes
        .iter()
        .zip(after)
        .zip(before)
        .filter_map(|((probe, after), before)| {
            let outside = outside(desired.model, &probe.input).map(|outside| outside.because);
            effect(probe, before, after, roles).map(|effect| Effect {
                outside_policy: outside,
                ..effect
            })
        })
        .collect();
    Ok(Effects { effects, unknown })
}

/// What one mapping decides otherwise than another, of the same inputs, as the mappings mean it.
pub(crate) fn between_mappings(old: &Model, new: &Model, probes: &[Probe]) -> Vec<Effect> {
    let roles = Roles::declared(old, new);
    let decided = |model: &Model, input: &Value| {
        let meant = model.decide(input);
        Decision {
            login: meant.login,
            roles: meant.roles,
            teams: meant.teams,
            flags: meant.because.refusals.clone(),
            deny_admin: meant.deny_admin,
            sample: meant.sample,
            because: meant.because,
        }
    };
    probes
        .iter()
        .filter_map(|probe| {
            let (before, after) = (decided(old, &probe.input), decided(new, &probe.input));
            effect(probe, Some(before), after, &roles).map(|effect| Effect {
                outside_policy: outside(new, &probe.input).map(|outside| outside.because),
                ..effect
            })
        })
        .collect()
}

/// What a live policy decides otherwise than a text of ours that it was before somebody edited it.
pub(super) fn of_edit(
    desired: &Desired,
    live: &Live,
    dialect: Dialect,
    pushed: &str,
    policy: &Policy,
    decide: &dyn Decide,
) -> Effects {
    let inputs: Vec<Value> = desired
        .probes
        .iter()
        .map(|probe| probe.input.clone())
        .collect();
    let was = match InProcess.decide(pushed, dialect, &inputs) {
        Ok(was) => was,
        Err(error) => {
            return Effects {
                effects: Vec::new(),
                unknown: Some(error.message),
            };
        }
    };
    let (is, unknown) = evaluated(desired, policy, &inputs, decide);
    let roles = Roles::as_they_are(live);
    let effects = desired
        .probes
        .iter()
        .zip(was)
        .zip(is)
        .filter_map(|((probe, was), is)| effect(probe, Some(was.ok()?), is?, &roles))
        .collect();
    Effects { effects, unknown }
}

fn before(
    desired: &Desired,
    live: &Live,
    inputs: &[Value],
    decide: &dyn Decide,
    notes: &mut BTreeSet<String>,
) -> Before {
    let policy = match (&live.ours, live.others.as_slice()) {
        (None, []) if !live.accepted.is_empty() => {
            let reason = "accepted login policies decide now, and how the mapping's changes that is not documented";
            return (vec![None; inputs.len()], Some(reason.to_string()));
        }
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
    let unknown = |why: &str| {
        format!(
            "the live policy {} could not be evaluated: {}",
            quoted(&policy.name),
            escaped(&why.replace(['\n', '\t'], " "))
        )
    };
    let dialect = match engine_of(policy) {
        Engine::V0 => Dialect::V0,
        Engine::V1 => Dialect::V1,
        Engine::Other(engine) => {
            let why = format!("its engine {} is not known here", quoted(&engine));
            return (vec![None; inputs.len()], Some(unknown(&why)));
        }
    };
    let answers = match decide.decide(&policy.body, dialect, inputs) {
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

/// Nothing where both give the same. What is recorded of a login, and why it was decided so, is no part of that.
fn effect(
    probe: &Probe,
    before: Option<Decision>,
    after: Decision,
    roles: &Roles,
) -> Option<Effect> {
    let (mut gains, mut losses, mut login_change) = (Vec::new(), Vec::new(), None);
    let mut admin_change = None;
    let mut kept = access(&after);
    let mut same_teams = false;
    if let Some(before) = &before {
        let (old, new) = (access(before), kept);
        gains = new.difference(&old).cloned().collect();
        losses = old.difference(&new).cloned().collect();
        kept = old.intersection(&new).cloned().collect();
        login_change = (before.login != after.login).then_some((before.login, after.login));
        let administers = (
            administers(before, &roles.before),
            administers(&after, &roles.after),
        );
        admin_change = (administers.0 != administers.1).then_some(administers);
        same_teams = before.teams == after.teams;
    }
    let role_changes: Vec<RoleChange> = kept
        .into_iter()
        .filter_map(|access| role_change(access, roles))
        .collect();
    let nothing = gains.is_empty()
        && losses.is_empty()
        && role_changes.is_empty()
        && login_change.is_none()
        && admin_change.is_none()
        && same_teams;
    (!nothing).then_some(Effect {
        probe: probe.name.clone(),
        identity: probe.identity.clone(),
        outside_policy: None,
        before,
        after,
        gains,
        losses,
        login_change,
        role_changes,
        admin_change,
    })
}

/// What becomes of a role that is held now and then. One that is yet to be made has no actions now.
fn role_change(access: Access, roles: &Roles) -> Option<RoleChange> {
    let none = BTreeSet::new();
    let before = roles.before.get(&access.role).unwrap_or(&none);
    let after = roles.after.get(&access.role).unwrap_or(&none);
    (before != after).then(|| RoleChange {
        gains: after.difference(before).cloned().collect(),
        losses: before.difference(after).cloned().collect(),
        space: access.space,
        role: access.role,
    })
}

/// As an account admin, or by a role on root that administers it.
fn administers(decision: &Decision, roles: &Actions) -> bool {
    let by_role = |slug: &String| {
        slug == "space-admin"
            || roles
                .get(slug)
                .is_some_and(|actions| actions.contains(ADMIN))
    };
    decision.login == Login::Admin
        || decision
            .roles
            .get(POLICY_SPACE)
            .is_some_and(|slugs| slugs.iter().any(by_role))
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

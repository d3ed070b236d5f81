//! What changes for whom: every probe decided by the account as it is and by the mapping's policy.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::evaluate::access::Level;
use crate::evaluate::foreign::{Decide, InProcess};
use crate::evaluate::{Because, Decision, Evaluator, Login};
use crate::model::{self, Dialect, Model};
use crate::render::Reading;
use crate::spacelift::{Engine, Policy};
use crate::trace::outside;

use super::access::Stacks;
use super::live::{Live, engine_of};
use super::roles::{ADMIN, Actions, Roles};
use super::{
    Access, Desired, Effect, POLICY_SPACE, PlanError, Probe, RoleChange, Source, StackChange,
    escaped, quoted,
};

/// The differences, and why some decisions are unknown.
#[derive(Default)]
pub(super) struct Effects {
    pub effects: Vec<Effect>,
    pub unknown: Option<String>,
    /// What comes of each probe, whether or not anything differs.
    pub outcomes: Vec<Outcome>,
}

/// Decisions of the account as it is; nothing where one is unknown, and then why.
type Before = (Vec<Option<Decision>>, Option<String>);

/// A login now and then.
pub(super) struct Outcome {
    /// Nothing where it is unknown.
    pub before: Option<Decision>,
    pub after: Decision,
    pub difference: Difference,
}

/// What is gained and lost between two decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Difference {
    pub gains: BTreeSet<Access>,
    pub losses: BTreeSet<Access>,
    pub login_change: Option<(Login, Login)>,
    pub role_changes: BTreeSet<RoleChange>,
    pub admin_change: Option<(bool, bool)>,
    /// Other teams of the session, which no access goes by.
    pub teams_change: bool,
    /// What is gained and lost on stacks, by number; see [`Stacks`].
    pub stacks: BTreeSet<usize>,
}

/// Everything that a login is decided by, now and then.
pub(super) struct Sides<'a> {
    pub desired: &'a Desired<'a>,
    pub live: &'a Live,
    pub policy_changes: bool,
    pub roles: &'a Roles,
    /// The live policy, ready to decide, if it is ours: reading it again for every few people would take hours.
    pub ready: RefCell<Option<Evaluator>>,
    /// Access policies, where there are any to look at.
    pub stacks: Option<Stacks>,
}

/// As many inputs are decided at a time: the time limit of a decision by a foreign policy is for these.
pub(super) const AT_A_TIME: usize = 500;

impl Effects {
    /// Of each probe, whether what it decides is known to differ.
    pub(super) fn differs(&self) -> Vec<bool> {
        let known = |outcome: &Outcome| outcome.before.is_some() && outcome.difference.is_any();
        self.outcomes.iter().map(known).collect()
    }
}

impl Sides<'_> {
    /// What comes of the probes, by the texts themselves.
    pub(super) fn effects(
        &self,
        decide: &dyn Decide,
        notes: &mut BTreeSet<String>,
    ) -> Result<Effects, PlanError> {
        let probes = &self.desired.probes;
        let inputs: Vec<Value> = probes.iter().map(|probe| probe.input.clone()).collect();
        let answers = InProcess
            .decide(self.desired.text, self.desired.policy.dialect, &inputs)
            .map_err(PlanError::Policy)?;
        let mut after = Vec::with_capacity(answers.len());
        for (probe, answer) in probes.iter().zip(answers) {
            after.push(answer.map_err(|message| PlanError::Probe {
                probe: probe.name.clone(),
                message,
            })?);
        }
        let name = |at: usize| probes.get(at).map_or("", |probe| probe.name.as_str());
        let (before, unknown) = self.before(&after, &inputs, &name, decide, notes);
        let outcomes = self.compared(&inputs, before, after, Some(decide));
        let effects = probes
            .iter()
            .zip(&outcomes)
            .filter(|(probe, outcome)| match outcome.before {
                // What each would hold is for a reviewer to read, and nobody reads that of a thousand recorded inputs.
                None => probe.source != Source::Sample,
                Some(_) => outcome.difference.is_any(),
            })
            .map(|(probe, outcome)| {
                let outside = outside(self.desired.model, &probe.input);
                let mut effect = effect(probe, outcome, outside.map(|outside| outside.because));
                effect.stacks = self.on_stacks(&outcome.difference);
                effect
            })
            .collect();
        Ok(Effects {
            effects,
            unknown,
            outcomes,
        })
    }

    /// What comes of inputs of people, who may be many: then by the mapping itself, and now by the live text. Why some
    /// are unknown now, if they are.
    pub(super) fn outcomes(
        &self,
        inputs: &[Value],
        decide: &dyn Decide,
    ) -> (Vec<Outcome>, Option<String>) {
        let after: Vec<Decision> = inputs
            .iter()
            .map(|input| self.desired.model.decide(input).into())
            .collect();
        let name = |at: usize| {
            let login = inputs
                .get(at)
                .and_then(|input| input.pointer("/session/login"));
            login.and_then(Value::as_str).unwrap_or_default()
        };
        // What there is to say of the policies is said of the probes.
        let (before, unknown) = self.before(&after, inputs, &name, decide, &mut BTreeSet::new());
        (self.compared(inputs, before, after, None), unknown)
    }

    /// What comes of inputs that both policies decide alike.
    pub(super) fn same(&self, inputs: &[Value]) -> Vec<Outcome> {
        let after = inputs.iter().map(|input| self.desired.model.decide(input));
        let after: Vec<Decision> = after.map(Decision::from).collect();
        let before = after.iter().cloned().map(Some).collect();
        self.compared(inputs, before, after, None)
    }

    /// What comes of inputs where nobody asks what is now.
    pub(super) fn unknown(&self, inputs: &[Value]) -> Vec<Outcome> {
        let after = inputs.iter().map(|input| self.desired.model.decide(input));
        let after = after.map(Decision::from).collect();
        self.compared(inputs, vec![None; inputs.len()], after, None)
    }

    /// Access policies of others are asked only with `decide`.
    fn compared(
        &self,
        inputs: &[Value],
        before: Vec<Option<Decision>>,
        after: Vec<Decision>,
        decide: Option<&dyn Decide>,
    ) -> Vec<Outcome> {
        let mut outcomes = compared(self.roles, before, after);
        let Some(stacks) = &self.stacks else {
            return outcomes;
        };
        for (input, outcome) in inputs.iter().zip(&mut outcomes) {
            let found = stacks.difference(input, outcome.before.as_ref(), &outcome.after, decide);
            outcome.difference.stacks.extend(found);
        }
        outcomes
    }

    /// What somebody gains and loses on stacks.
    pub(super) fn on_stacks(&self, difference: &Difference) -> StackChange {
        match &self.stacks {
            Some(stacks) => stacks.change(&difference.stacks),
            None => StackChange::default(),
        }
    }

    fn before<'n>(
        &self,
        after: &[Decision],
        inputs: &[Value],
        name: &dyn Fn(usize) -> &'n str,
        decide: &dyn Decide,
        notes: &mut BTreeSet<String>,
    ) -> Before {
        if !self.policy_changes {
            // A policy that stays decides as the mapping's does.
            return (after.iter().cloned().map(Some).collect(), None);
        }
        let live = self.live;
        let policy = match (&live.ours, live.others.as_slice()) {
            (None, []) if !live.accepted.is_empty() => {
                let reason = "accepted login policies decide now, and how the mapping's changes that is not documented";
                return (vec![None; inputs.len()], Some(reason.to_string()));
            }
            (None, []) => {
                let decisions = inputs.iter().map(|input| Some(without_policy(input)));
                return (decisions.collect(), None);
            }
            (Some((policy, Reading::Ours(ours))), []) if is_read_as(policy, ours.dialect) => {
                return self.ours(policy, ours.dialect, inputs, name);
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
        evaluated(policy, inputs, name, decide)
    }
}

/// What one mapping decides otherwise than another, of the same inputs, as the mappings mean it.
pub(crate) fn between_mappings(old: &Model, new: &Model, probes: &[Probe]) -> Vec<Effect> {
    let roles = Roles::declared(old, new);
    let decided = |model: &Model, probe: &Probe| Decision::from(model.decide(&probe.input));
    let was = probes.iter().map(|probe| Some(decided(old, probe)));
    let is = probes.iter().map(|probe| decided(new, probe)).collect();
    differing(new, probes, compared(&roles, was.collect(), is))
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
    let probes = &desired.probes;
    let inputs: Vec<Value> = probes.iter().map(|probe| probe.input.clone()).collect();
    let was = match InProcess.decide(pushed, dialect, &inputs) {
        Ok(was) => was,
        Err(error) => {
            return Effects {
                unknown: Some(error.message),
                ..Effects::default()
            };
        }
    };
    let name = |at: usize| probes.get(at).map_or("", |probe| probe.name.as_str());
    let (is, unknown) = evaluated(policy, &inputs, &name, decide);
    let known: Vec<(&Probe, Decision, Decision)> = probes
        .iter()
        .zip(was)
        .zip(is)
        .filter_map(|((probe, was), is)| Some((probe, was.ok()?, is?)))
        .collect();
    let roles = Roles::as_they_are(live);
    let effects = known
        .into_iter()
        .filter_map(|(probe, was, is)| {
            let outcomes = compared(&roles, vec![Some(was)], vec![is]);
            differing(desired.model, std::slice::from_ref(probe), outcomes).pop()
        })
        .collect();
    Effects {
        effects,
        unknown,
        outcomes: Vec::new(),
    }
}

fn compared(roles: &Roles, before: Vec<Option<Decision>>, after: Vec<Decision>) -> Vec<Outcome> {
    let pairs = before.into_iter().zip(after);
    pairs
        .map(|(before, after)| Outcome {
            difference: difference(before.as_ref(), &after, roles),
            before,
            after,
        })
        .collect()
}

/// The probes of which anything differs, or of which it is not known.
fn differing(model: &Model, probes: &[Probe], outcomes: Vec<Outcome>) -> Vec<Effect> {
    probes
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| outcome.before.is_none() || outcome.difference.is_any())
        .map(|(probe, outcome)| {
            let outside = outside(model, &probe.input);
            effect(probe, outcome, outside.map(|outside| outside.because))
        })
        .collect()
}

impl Sides<'_> {
    /// Decisions of a live policy that is a text of ours to the last byte, and so needs no process of its own.
    fn ours<'n>(
        &self,
        policy: &Policy,
        dialect: Dialect,
        inputs: &[Value],
        name: &dyn Fn(usize) -> &'n str,
    ) -> Before {
        let mut ready = self.ready.borrow_mut();
        if ready.is_none() {
            match Evaluator::of(&policy.body, dialect) {
                Ok(evaluator) => *ready = Some(evaluator),
                Err(error) => {
                    let why = unknown(policy, &error.message);
                    return (vec![None; inputs.len()], Some(why));
                }
            }
        }
        let (mut decisions, mut failed) = (Vec::with_capacity(inputs.len()), None);
        for (at, input) in inputs.iter().enumerate() {
            let answer = ready.as_mut().map(|evaluator| evaluator.decide(input));
            if let (None, Some(Err(error))) = (&failed, &answer) {
                let whose = quoted(name(at));
                failed = Some(unknown(policy, &format!("{whose}, {}", error.message)));
            }
            decisions.push(answer.and_then(Result::ok));
        }
        (decisions, failed)
    }
}

/// Whether the account reads a policy as the version of Rego that it is written for.
fn is_read_as(policy: &Policy, dialect: Dialect) -> bool {
    match engine_of(policy) {
        Engine::V0 => dialect == Dialect::V0,
        Engine::V1 => dialect == Dialect::V1,
        Engine::Other(_) => false,
    }
}

fn unknown(policy: &Policy, why: &str) -> String {
    format!(
        "the live policy {} could not be evaluated: {}",
        quoted(&policy.name),
        escaped(&why.replace(['\n', '\t'], " "))
    )
}

fn evaluated<'n>(
    policy: &Policy,
    inputs: &[Value],
    name: &dyn Fn(usize) -> &'n str,
    decide: &dyn Decide,
) -> Before {
    let unknown = |why: &str| unknown(policy, why);
    let dialect = match engine_of(policy) {
        Engine::V0 => Dialect::V0,
        Engine::V1 => Dialect::V1,
        Engine::Other(engine) => {
            let why = format!("its engine {} is not known here", quoted(&engine));
            return (vec![None; inputs.len()], Some(unknown(&why)));
        }
    };
    let (mut decisions, mut failed) = (Vec::with_capacity(inputs.len()), None);
    for some in inputs.chunks(AT_A_TIME) {
        let answers = match decide.decide(&policy.body, dialect, some) {
            Ok(answers) if answers.len() == some.len() => answers,
            Ok(_) => {
                let why = unknown("answers are missing");
                return (vec![None; inputs.len()], Some(why));
            }
            Err(error) => return (vec![None; inputs.len()], Some(unknown(&error.message))),
        };
        for answer in answers {
            if let (None, Err(why)) = (&failed, &answer) {
                let whose = quoted(name(decisions.len()));
                failed = Some(unknown(&format!("{whose}, {why}")));
            }
            decisions.push(answer.ok());
        }
    }
    (decisions, failed)
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

/// What of a login differs. What is recorded of it, and why it was decided so, is no part of that.
fn difference(before: Option<&Decision>, after: &Decision, roles: &Roles) -> Difference {
    let mut found = Difference::default();
    let mut kept = access(after);
    if let Some(before) = before {
        let (old, new) = (access(before), kept);
        found.gains = new.difference(&old).cloned().collect();
        found.losses = old.difference(&new).cloned().collect();
        kept = old.intersection(&new).cloned().collect();
        found.login_change = (before.login != after.login).then_some((before.login, after.login));
        let administers = (
            administers(before, &roles.before),
            administers(after, &roles.after),
        );
        found.admin_change = (administers.0 != administers.1).then_some(administers);
        found.teams_change = before.teams != after.teams;
    }
    found.role_changes = kept
        .into_iter()
        .filter_map(|access| role_change(access, roles))
        .collect();
    found
}

impl Difference {
    /// Whether anything differs.
    pub(super) fn is_any(&self) -> bool {
        self.teams_change || self.is_access()
    }

    /// Whether anything differs that somebody may do.
    pub(super) fn is_access(&self) -> bool {
        !self.gains.is_empty()
            || !self.losses.is_empty()
            || !self.role_changes.is_empty()
            || self.login_change.is_some()
            || self.admin_change.is_some()
            || !self.stacks.is_empty()
    }

    /// Takes in what another login of the same person gains and loses. Of two changes the worse one stays.
    pub(super) fn merge(&mut self, other: &Self) {
        self.gains.extend(other.gains.iter().cloned());
        self.losses.extend(other.losses.iter().cloned());
        self.role_changes.extend(other.role_changes.iter().cloned());
        self.login_change = worse(self.login_change, other.login_change);
        self.admin_change = worse(self.admin_change, other.admin_change);
        self.teams_change |= other.teams_change;
        self.stacks.extend(&other.stacks);
    }
}

/// A fall rather than a rise, and of two falls the deeper one.
fn worse<T: Ord + Copy>(one: Option<(T, T)>, other: Option<(T, T)>) -> Option<(T, T)> {
    let (Some(one), Some(other)) = (one, other) else {
        return one.or(other);
    };
    let falls = |(before, after): (T, T)| after < before;
    Some(match (falls(one), falls(other)) {
        (true, false) => one,
        (false, true) => other,
        (true, true) => (one.0.max(other.0), one.1.min(other.1)),
        (false, false) => (one.0.min(other.0), one.1.max(other.1)),
    })
}

fn effect(probe: &Probe, outcome: &Outcome, outside: Option<model::Because>) -> Effect {
    let difference = &outcome.difference;
    Effect {
        probe: probe.name.clone(),
        identity: probe.identity.clone(),
        source: probe.source,
        outside_policy: outside,
        before: outcome.before.clone(),
        after: outcome.after.clone(),
        gains: difference.gains.iter().cloned().collect(),
        losses: difference.losses.iter().cloned().collect(),
        login_change: difference.login_change,
        role_changes: difference.role_changes.iter().cloned().collect(),
        admin_change: difference.admin_change,
        stacks: StackChange::default(),
    }
}

impl From<crate::decide::Decision> for Decision {
    fn from(decided: crate::decide::Decision) -> Self {
        Self {
            login: decided.login,
            roles: decided.roles,
            teams: decided.teams,
            flags: BTreeSet::new(),
            deny_admin: decided.deny_admin,
            sample: decided.sample,
            because: decided.because,
        }
    }
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
pub(super) fn administers(decision: &Decision, roles: &Actions) -> bool {
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

/// What a role lets somebody do with the stacks of a space: the least that it can be taken for, where it is made of actions.
pub(super) fn reads_by_role(slug: &str, roles: &Actions) -> Level {
    let allows = |actions: &[&str]| {
        let known = roles.get(slug);
        known.is_some_and(|known| actions.iter().any(|action| known.contains(*action)))
    };
    if ["space-admin", "space-writer"].contains(&slug) || allows(&[ADMIN, "SPACE_WRITE"]) {
        Level::Write
    } else if slug == "space-reader" || allows(&["SPACE_READ"]) {
        Level::Read
    } else {
        Level::None
    }
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

//! What must hold of every state on the way, of what is reported, and of the next run.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Attempt;
use super::account::{Asked, BY_HAND, By, Log, ours};
use super::scenario::{Next, Scenario};
use super::schedule::{Fault, Kind};
use serde_json::Value;

use crate::evaluate::Login;
use crate::evaluate::access::Level;
use crate::model::Dialect;
use crate::push::{Live, PushError};
use crate::sandbox::state::State;

/// Who can do what where: a login, a space, an action.
pub type Access = BTreeSet<(String, String, String)>;

/// What decides about access, of a state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decides {
    /// Whether login policies decide at all.
    strategy: String,
    /// Name, engine and text of every login policy.
    pub policies: BTreeSet<(String, String, String)>,
    /// Name and actions of every role, by its slug.
    pub roles: BTreeMap<String, (String, Vec<String>)>,
    /// Engine, text and labels of every access policy, by its name, with the stacks that it is attached to one by one.
    pub access: BTreeMap<String, OnStacks>,
}

/// An access policy and where it decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OnStacks {
    engine: String,
    body: String,
    labels: Vec<String>,
    stacks: BTreeSet<String>,
}

impl Decides {
    pub fn of(state: &State) -> Self {
        let policies = state.policies.values().filter(|one| one.r#type == "LOGIN");
        Self {
            strategy: state.account.authorization_scheme.clone(),
            policies: policies
                .map(|one| (one.name.clone(), one.engine_type.clone(), one.body.clone()))
                .collect(),
            access: state
                .policies
                .values()
                .filter(|one| one.r#type == "ACCESS")
                .map(|one| {
                    let attached = state.attachments.values();
                    let attached = attached.filter(|attached| attached.policy == one.id);
                    let on = OnStacks {
                        engine: one.engine_type.clone(),
                        body: one.body.clone(),
                        labels: one.labels.clone(),
                        stacks: attached.map(|attached| attached.stack.clone()).collect(),
                    };
                    (one.name.clone(), on)
                })
                .collect(),
            roles: state
                .roles
                .values()
                .map(|role| {
                    let mut actions = role.actions.clone();
                    actions.sort();
                    (role.slug.clone(), (role.name.clone(), actions))
                })
                .collect(),
        }
    }

    fn access(&self, scenario: &Scenario) -> Rc<Access> {
        if let Some(known) = scenario.access.borrow().get(self) {
            return known.clone();
        }
        let found = Rc::new(self.access_of(scenario));
        let mut known = scenario.access.borrow_mut();
        known.insert(self.clone(), found.clone());
        found
    }

    fn access_of(&self, scenario: &Scenario) -> Access {
        let mut found = Access::new();
        for (name, input) in &scenario.logins {
            for (_, engine, body) in &self.policies {
                let dialect = match engine.as_str() {
                    "REGO_V1" => Dialect::V1,
                    _ => Dialect::V0,
                };
                // A policy that cannot be evaluated gives nothing.
                let Ok(decision) = scenario.memory.of(body, dialect, input) else {
                    continue;
                };
                match decision.login {
                    Login::Deny => continue,
                    Login::Admin => {
                        found.insert((name.clone(), "*".into(), "ADMIN".into()));
                    }
                    Login::Allow => {}
                }
                found.insert((name.clone(), "*".into(), "LOGIN".into()));
                for (stack, level) in self.on_stacks(scenario, input) {
                    for word in ["read", "write"].into_iter().take(level) {
                        found.insert((name.clone(), format!("stack {stack}"), word.into()));
                    }
                }
                for (space, roles) in &decision.roles {
                    let actions = roles
                        .iter()
                        .filter_map(|slug| self.roles.get(slug))
                        .flat_map(|(_, actions)| actions);
                    for action in actions {
                        found.insert((name.clone(), space.clone(), action.clone()));
                    }
                }
            }
        }
        found
    }
}

impl Decides {
    /// How much somebody may do on each stack: nothing, read, or read and write. Nobody here has a role where stacks are, and
    /// teams are as they came.
    fn on_stacks(&self, scenario: &Scenario, input: &Value) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        if self.access.is_empty() {
            return found;
        }
        for (stack, thing) in scenario.stacks() {
            let labels = thing["labels"].as_array().unwrap();
            let mut asked = input.clone();
            asked["stack"] = thing.clone();
            let mut answers = Vec::new();
            for on in self.access.values() {
                let by_label = labels.iter().any(|label| {
                    let label = format!("autoattach:{}", label.as_str().unwrap());
                    on.labels.contains(&label)
                });
                if !by_label && !on.stacks.contains(stack) {
                    continue;
                }
                let dialect = match on.engine.as_str() {
                    "REGO_V1" => Dialect::V1,
                    _ => Dialect::V0,
                };
                // A policy that cannot be evaluated gives nothing, and takes nothing.
                answers.extend(scenario.memory.on_stack(&on.body, dialect, &asked));
            }
            let level = match Level::of(&answers) {
                Level::None => 0,
                Level::Read => 1,
                Level::Write => 2,
            };
            found.push((stack.to_string(), level));
        }
        found
    }
}

/// Everything that is wrong with how a schedule went.
pub fn faults(scenario: &Scenario, log: &Log, ended: &Attempt) -> Vec<String> {
    let mut wrong = Vec::new();
    access(scenario, log, &mut wrong);
    one_policy(log, &mut wrong);
    others_work(log, &mut wrong);
    others_roles(log, &mut wrong);
    looked_before(log, &mut wrong);
    success(scenario, log, ended, &mut wrong);
    told(log, ended, &mut wrong);
    wrong
}

/// No state of ours gives anybody more than the old one, the new one, and what others made.
fn access(scenario: &Scenario, log: &Log, wrong: &mut Vec<String>) {
    let old = Decides::of(&scenario.start);
    let new = Decides::of(&scenario.end);
    let mut allowed = (*old.access(scenario)).clone();
    allowed.extend(new.access(scenario).iter().cloned());
    let mut seen = BTreeSet::from([old.clone(), new.clone()]);
    for (at, snapshot) in log.snapshots.iter().enumerate().skip(2) {
        let now = Decides::of(&snapshot.state);
        if !seen.insert(now.clone()) {
            continue;
        }
        match snapshot.by {
            By::Other => {
                allowed.extend(now.access(scenario).iter().cloned());
                // A role that somebody changes is theirs to answer for, under either of the two policies.
                for policies in [&old.policies, &new.policies] {
                    let mixed = Decides {
                        strategy: now.strategy.clone(),
                        policies: policies.clone(),
                        roles: now.roles.clone(),
                        access: now.access.clone(),
                    };
                    allowed.extend(mixed.access(scenario).iter().cloned());
                }
            }
            By::Us => {
                let now = now.access(scenario);
                let more: Vec<_> = now.difference(&allowed).collect();
                if !more.is_empty() {
                    wrong.push(format!(
                        "state {at} gives more than before or after: {more:?}"
                    ));
                }
            }
            By::Server | By::Nobody => {}
        }
    }
}

/// There is never no policy, or two of ours, where there was one.
fn one_policy(log: &Log, wrong: &mut Vec<String>) {
    let count = |state: &State| {
        let named = |one: &&crate::sandbox::state::Policy| {
            one.r#type == "LOGIN" && one.name == crate::plan::POLICY_NAME
        };
        state.policies.values().filter(named).count()
    };
    let first = log.snapshots.get(1).map_or(0, |first| count(&first.state));
    let mut deleted = false;
    for (at, snapshot) in log.snapshots.iter().enumerate().skip(2) {
        let now = count(&snapshot.state);
        if now > 1 {
            wrong.push(format!("state {at} has {now} policies of ours"));
        }
        // One that was not there before may go again, as a broken one does.
        deleted |= snapshot.by == By::Other && now == 0;
        if now < first && !deleted {
            wrong.push(format!("state {at} has no policy any more"));
        }
    }
}

fn by_hand(state: &State) -> bool {
    let ours = ours(state);
    let mut policies = state.policies.values();
    policies.any(|policy| {
        let is_ours = ours.as_ref() == Some(&policy.id) || policy.r#type == "ACCESS";
        is_ours && policy.body.contains(BY_HAND)
    })
}

fn has_access(state: &State) -> bool {
    let mut policies = state.policies.values();
    policies.any(|policy| policy.r#type == "ACCESS")
}

/// What somebody else wrote is not overwritten by whoever has seen it.
fn others_work(log: &Log, wrong: &mut Vec<String>) {
    let mut seen = false;
    for (number, asked) in log.asked.iter().enumerate() {
        // What a policy is attached to says nothing of its text, and one policy nothing of another's.
        let shows = |showed: usize| match asked.operation.as_str() {
            "Policies" => true,
            "Policy" => !has_access(&log.snapshots[showed].state),
            _ => false,
        };
        if let Some(showed) = asked.showed.filter(|showed| shows(*showed)) {
            seen |= by_hand(&log.snapshots[showed].state);
        }
        if let Some(wrote) = asked.wrote
            && seen
            && by_hand(&log.snapshots[wrote - 1].state)
            && !by_hand(&log.snapshots[wrote].state)
        {
            wrong.push(format!("request {number} overwrites an edit that was seen"));
        }
    }
}

/// Nor is a role that somebody else changed since the plan was made, by whoever has seen that: the plan looks at roles once.
fn others_roles(log: &Log, wrong: &mut Vec<String>) {
    let role = |at: usize, id: &str| log.snapshots[at].state.roles.get(id);
    let looks = log.asked.iter().filter(|asked| asked.operation == "Roles");
    let planned = looks.filter_map(|asked| asked.showed).next().unwrap_or(0);
    for (number, asked) in log.asked.iter().enumerate() {
        let Some(wrote) = asked.wrote else {
            continue;
        };
        for (id, was) in &log.snapshots[wrote - 1].state.roles {
            if role(wrote, id) == Some(was) {
                continue;
            }
            // The state in which it became what we wrote over.
            let since = (1..wrote).rev().find(|at| role(at - 1, id) != Some(was));
            let theirs = since.filter(|at| *at > planned && log.snapshots[*at].by == By::Other);
            let seen = |since: &usize| {
                log.asked[..number].iter().any(|before| {
                    before.operation == "Roles" && before.showed.is_some_and(|at| at >= *since)
                })
            };
            if theirs.as_ref().is_some_and(seen) {
                wrong.push(format!(
                    "request {number} writes over the role {id}, which was seen to be changed"
                ));
            }
        }
    }
}

/// Between a look at what is to be replaced and its replacement there is nothing, not even a login or another attempt.
fn looked_before(log: &Log, wrong: &mut Vec<String>) {
    for (number, asked) in log.asked.iter().enumerate() {
        if asked.kind != Kind::Write {
            continue;
        }
        let look = |before: &Asked| {
            let policy = asked.operation.starts_with("Policy");
            before.kind == Kind::Read
                && (before.operation.starts_with("Polic") && policy
                    || before.operation == "Roles" && !policy)
        };
        let before = number.checked_sub(1).and_then(|at| log.asked.get(at));
        if !before.is_some_and(look) {
            wrong.push(format!(
                "request {number}, {}, comes without a look right before it",
                asked.operation
            ));
        }
    }
}

/// Success is reported only if our text is live.
fn success(scenario: &Scenario, log: &Log, ended: &Attempt, wrong: &mut Vec<String>) {
    let end = Decides::of(&scenario.end);
    let is_end = |state: &State| {
        let now = Decides::of(state);
        end.policies.is_subset(&now.policies) && now.roles == end.roles && now.access == end.access
    };
    match ended {
        Attempt::Pushed(_) | Attempt::Nothing => {}
        _ => return,
    }
    let last = &log.snapshots[log.snapshots.len() - 1].state;
    let now = Decides::of(last);
    // Nobody can tell what happens after the last look, and one that shows what is past is no look.
    let start = Decides::of(&scenario.start);
    // A reading of what was there before the push is no look either: whoever takes ours away again, and a copy that lags, show the
    // same.
    let no_policy = start.policies == end.policies;
    let tells = |showed: &usize| {
        let shown = log.snapshots.get(*showed);
        shown.is_none_or(|one| Decides::of(&one.state).policies != start.policies)
    };
    let meddled_since = |look: &str| {
        let looked = log
            .asked
            .iter()
            .filter(|asked| asked.operation.starts_with(look) && !is_stale(asked))
            .filter_map(|asked| asked.showed)
            .filter(|showed| look != "Polic" || tells(showed))
            .max()
            .unwrap_or(0);
        let after = log.snapshots.iter().skip(looked + 1);
        after.into_iter().any(|snapshot| snapshot.by == By::Other)
    };
    // Each role is looked at by itself, so what is changed between two of the last looks may be missed.
    let last_write = log.snapshots.iter().rposition(|one| one.by == By::Us);
    let after = log.snapshots.iter().skip(last_write.map_or(0, |at| at + 1));
    let meddled_at_the_end = after.into_iter().any(|one| one.by == By::Other);
    // What a push leaves alone it looks at before its first change, and not again.
    let no_role = start.roles == end.roles;
    // A login policy that stays is looked at among all of them; other looks are at access policies.
    let look = if no_policy { "Policies" } else { "Polic" };
    let policies = end.policies.is_subset(&now.policies) || meddled_since(look);
    let no_access = start.access == end.access;
    // Each access policy and each attachment is looked at by itself, too; a look that shows what is past is none.
    let blind = log.asked.iter().any(is_stale);
    let access = now.access == end.access
        || meddled_at_the_end
        || (no_access || blind) && meddled_since("Polic");
    let roles = now.roles == end.roles || meddled_at_the_end || no_role && meddled_since("Roles");
    let reached = log.snapshots.iter().any(|one| {
        let now = Decides::of(&one.state);
        (no_policy || end.policies.is_subset(&now.policies))
            && (no_role || now.roles == end.roles)
            && (no_access || now.access == end.access)
    });
    if !(is_end(last) || reached && policies && roles && access) {
        wrong.push("success is reported, and something else is live".to_string());
    }
}

fn is_stale(asked: &Asked) -> bool {
    asked.showed.is_some_and(|showed| showed + 1 < asked.states)
}

/// Exit code and message fit what happened.
fn told(log: &Log, ended: &Attempt, wrong: &mut Vec<String>) {
    let struck: Vec<Fault> = log.asked.iter().filter_map(|asked| asked.struck).collect();
    let any = |wanted: &dyn Fn(Fault) -> bool| struck.iter().any(|fault| wanted(*fault));
    match ended {
        Attempt::Killed => {
            if !any(&|fault| matches!(fault, Fault::Killed | Fault::KilledAfter)) {
                wrong.push("it ended without a word".to_string());
            }
        }
        Attempt::Failed { message, help } => {
            if struck.is_empty() {
                wrong.push(format!("it failed for nothing: {message}"));
            }
            if message.is_empty() || help.is_empty() || message.contains('\n') {
                wrong.push(format!("no good message: {message:?}, {help:?}"));
            }
        }
        Attempt::Refused { codes, .. } => {
            let may = |fault: Fault| {
                fault.meddles() || matches!(fault, Fault::Stale | Fault::Frozen | Fault::Garbled)
            };
            // Without the server's own decisions nothing is pushed.
            let unsimulated = log
                .asked
                .iter()
                .any(|asked| asked.operation.starts_with("Simulate") && asked.struck.is_some());
            if !any(&may) && !resent(log) && !unsimulated {
                wrong.push(format!("refused for {codes:?}, and nothing moved"));
            }
        }
        Attempt::Stopped(stopped) => {
            if struck.is_empty() {
                wrong.push(format!("it stopped for nothing: {stopped}"));
            }
            if let PushError::NotLive { live, .. } = &stopped.error {
                live_is(log, live, wrong);
            }
            // Exit code 6 is for what somebody else did, or seems to have done.
            let others = |fault: Fault| {
                fault.meddles() || matches!(fault, Fault::Stale | Fault::Frozen | Fault::Garbled)
            };
            if stopped.error.is_refusal() && !any(&others) && !resent(log) {
                wrong.push(format!("it stopped as if for somebody else: {stopped}"));
            }
            // And where somebody else's is seen to be live, it is that.
            let theirs = match &stopped.error {
                PushError::NotLive { live, .. } => matches!(live, Live::Other(_) | Live::Gone),
                PushError::Beside { unknown, .. } => unknown.is_none(),
                _ => false,
            };
            if theirs && !stopped.error.is_refusal() {
                wrong.push(format!("somebody else's is live, and it failed: {stopped}"));
            }
            let last = log.asked.iter().rev().find_map(|asked| asked.showed);
            if let PushError::NotLive {
                target,
                live: Live::Nothing,
                ..
            } = &stopped.error
                && target.kind == "policy"
                && last.is_some_and(|at| deleted_by_others(log, at))
            {
                wrong.push(format!(
                    "somebody else deleted it, and it failed: {stopped}"
                ));
            }
        }
        Attempt::Pushed(outcome) => {
            if !outcome.verified || outcome.applied.is_empty() {
                wrong.push(format!("success without anything seen: {outcome:?}"));
            }
        }
        Attempt::Nothing => {}
    }
}

/// Whether our policy was there when the plan was made, and somebody else has deleted it by then.
fn deleted_by_others(log: &Log, at: usize) -> bool {
    let there = |at: usize| ours(&log.snapshots[at].state).is_some();
    let went = (1..=at).rev().find(|at| there(at - 1) && !there(*at));
    // One that the plan makes may only not have been shown yet.
    let looks = log
        .asked
        .iter()
        .filter(|asked| asked.operation == "Policies");
    let planned = looks.filter_map(|asked| asked.showed).next();
    planned.is_some_and(there)
        && !there(at)
        && went.is_some_and(|at| log.snapshots[at].by == By::Other)
}

/// Whether a change was sent twice, the first of them with an effect that got no answer.
fn resent(log: &Log) -> bool {
    let writes = log.asked.iter().filter(|asked| asked.kind == Kind::Write);
    let unanswered = |asked: &&Asked| asked.wrote.is_some() && asked.struck.is_some();
    writes.filter(unanswered).count() > 0
}

/// What is said to be live is what the last reading showed.
fn live_is(log: &Log, live: &Live, wrong: &mut Vec<String>) {
    let last = log.asked.last();
    let shown = last.and_then(|asked| asked.showed);
    let wrong_claim = match live {
        // It was read, so the last reading arrived.
        Live::Unknown => shown.is_some(),
        Live::Sent => true,
        _ => shown.is_none(),
    };
    if wrong_claim {
        wrong.push(format!(
            "it says that what is live is {live:?}, and the last request was {last:?}"
        ));
    }
}

/// The next run, in which nothing goes wrong.
pub fn next_run(scenario: &Scenario, log: &Log, before: &State, next: &Next) -> Vec<String> {
    let (after, ended) = (&next.state, &next.ended);
    let mut wrong = Vec::new();
    let meddled = log
        .snapshots
        .iter()
        .any(|snapshot| matches!(snapshot.by, By::Other | By::Server));
    let is_end = Decides::of(after) == Decides::of(&scenario.end);
    match ended {
        Attempt::Pushed(_) | Attempt::Nothing if is_end => {}
        Attempt::Pushed(_) | Attempt::Nothing => {
            wrong.push(format!("the next run ends, and not at the goal: {ended:?}"));
        }
        Attempt::Refused { .. } | Attempt::Stopped(_) if meddled => {
            if by_hand(before) && !by_hand(after) {
                wrong.push("the next run overwrites an edit".to_string());
            }
            if Decides::of(before) != Decides::of(after) {
                wrong.push("the next run is refused, and changes something".to_string());
            }
        }
        other => wrong.push(format!("the next run does not finish: {other:?}")),
    }
    wrong
}

//! After a push that offboards somebody or takes out what has ended: whether their sessions are gone.

use std::collections::BTreeSet;

use super::super::account::Connected;
use super::super::output::Output;
use crate::offboard::sessions::{self, Open};
use crate::plan::{Change, Plan};
use crate::render::{self, Reading};
use crate::report::counts::number;
use crate::report::offboard_account as report;
use crate::report::visible::visible;
use crate::spacelift::{ReadAccount as _, Session};

/// As often a list of sessions is looked at that may lag behind, a second apart.
const LOOKS: usize = 5;

/// After a push that has ended every session: whether those are gone of whom it refuses for the first time. Nothing where there
/// is nobody; else what is open, if that can be seen. What cannot be seen is not gone.
pub fn after_push(
    plan: &Plan,
    connected: &Connected,
    output: &Output,
) -> Option<(Vec<String>, Option<Open>)> {
    let (before, after) = plan.changes.iter().find_map(policies)?;
    let known = before.map(offboarded).unwrap_or_default();
    let new: BTreeSet<String> = offboarded(after).difference(&known).cloned().collect();
    if new.is_empty() {
        return None;
    }
    let mut names: Vec<String> = new
        .iter()
        .take(NAMED)
        .map(|login| visible(login).into_owned())
        .collect();
    if new.len() > NAMED {
        names.push(format!("{} more", new.len() - NAMED));
    }
    let names = names.join(", ");
    let mut open = None;
    for look in 0..LOOKS {
        if look > 0 {
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        open = match sessions::open(&connected.reader, &new) {
            Ok(open) => open,
            Err(error) => {
                output.tell(&format!(
                    "error: after the push, whether sessions of {names} are open could not be seen: {}\n  help: `liftgate offboard --verify` looks again",
                    visible(&error.to_string())
                ));
                return Some((new.into_iter().collect(), None));
            }
        };
        if open.as_ref().is_none_or(Open::is_none) {
            break;
        }
    }
    let said = report::sessions(open.as_ref());
    if open.as_ref().is_some_and(Open::is_none) {
        output.say(&format!("Offboarded: {names}; {said}."));
    } else {
        output.tell(&format!(
            "error: after the push, {names}: {said}\n  help: `liftgate offboard --verify` looks again; end what is left with `liftgate offboard --sessions-only`"
        ));
    }
    Some((new.into_iter().collect(), open))
}

/// Sessions from before a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Older {
    /// So many are open.
    Open(usize),
    /// Whether any is open could not be seen.
    Unseen,
}

/// After a push that takes out what has ended: how many sessions from before it are open, which could still hold it. Nothing
/// where nothing ended goes.
pub fn held_after_push(plan: &Plan, connected: &Connected, output: &Output) -> Option<Older> {
    let (before, after) = plan.changes.iter().find_map(policies)?;
    let now = jiff::Timestamp::now();
    let at = i64::try_from(now.as_nanosecond()).ok()?;
    let gone: BTreeSet<String> = ended(before?, at)
        .difference(&ended(after, at))
        .cloned()
        .collect();
    if gone.is_empty() {
        return None;
    }
    let mut open = 0;
    for look in 0..LOOKS {
        if look > 0 {
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        let Ok(Some(sessions)) = connected.reader.sessions() else {
            output.tell("error: after the push, whether sessions hold what has ended could not be seen\n  help: `liftgate expire --account` looks again");
            return Some(Older::Unseen);
        };
        // Whoever signs in now gets what the new policy gives.
        let older = |one: &&Session| !one.current && one.created_at < now.as_second();
        open = sessions.iter().filter(older).count();
        if open == 0 {
            output.say("What has ended is gone; no session from before the push is open.");
            return Some(Older::Open(0));
        }
    }
    output.tell(&format!(
        "error: after the push, {} from before it could still hold what has ended\n  help: end them in Spacelift",
        number(open, "open session")
    ));
    Some(Older::Open(open))
}

/// Everything in a policy of ours that is over at a time, as text that tells one from another.
fn ended(body: &str, at: i64) -> BTreeSet<String> {
    let Reading::Ours(policy) = render::read(body) else {
        return BTreeSet::new();
    };
    let is_over = |ends: Option<i64>| ends.is_some_and(|ends| ends <= at);
    let grants = policy.grants.iter().chain(&policy.guarded_grants);
    let grants = grants.flat_map(|(fact, rows)| {
        let over = rows.iter().filter(|row| is_over(row.ends));
        over.map(move |row| format!("{fact} {:?} {:?} {:?}", row.ends, row.roles, row.spaces))
    });
    let values = policy.groups.iter();
    let values = values.filter(|(_, membership)| is_over(membership.ends));
    grants
        .chain(values.map(|(value, membership)| format!("{value} {}", membership.group)))
        .collect()
}

/// As many logins are named of those who are offboarded at once.
const NAMED: usize = 10;

/// The text of the login policy before a change, if there was one, and after it.
fn policies(change: &Change) -> Option<(Option<&str>, &str)> {
    match change {
        Change::PolicyCreate { policy } => Some((None, &policy.body)),
        Change::PolicyUpdate { before, after, .. } => Some((Some(&before.body), &after.body)),
        _ => None,
    }
}

/// Whom a policy of ours refuses as offboarded, in ASCII lower case.
pub fn offboarded(body: &str) -> BTreeSet<String> {
    match render::read(body) {
        Reading::Ours(policy) => policy.offboarded.into_keys().collect(),
        _ => BTreeSet::new(),
    }
}

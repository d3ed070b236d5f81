//! `liftgate offboard`, in the account: what is left there, ending sessions, and seeing that nothing is open.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::account::{self, Connected};
use super::super::output::Output;
use super::super::{Exit, push};
use super::OffboardArgs;
use crate::offboard::account::{Left, look};
use crate::offboard::sessions::{self, Ended, Open};
use crate::offboard::{Leaver, is_refused_by};
use crate::plan::{Change, POLICY_NAME, Plan, other_account};
use crate::project::{Compiled, Project};
use crate::record::{self, Line, Record};
use crate::render::{self, Reading};
use crate::report::counts::number;
use crate::report::offboard_account as report;
use crate::report::visible::visible;
use crate::spacelift::{PolicyType, ReadAccount, Session};

/// Shows what everybody leaves in the account.
pub fn left(
    args: &OffboardArgs,
    leavers: &[Leaver],
    compiled: &Compiled,
    output: &Output,
) -> anyhow::Result<Vec<Left>> {
    let connected = args.account.connect(&compiled.model)?;
    let now = jiff::Timestamp::now().as_second();
    let mut all = Vec::with_capacity(leavers.len());
    for leaver in leavers {
        let left = look(&connected.reader, &leaver.lower(), &compiled.model, now)
            .map_err(|error| account::explained(&error))?;
        output.say(&format!(
            "{} leaves in {}:\n{}\n",
            visible(&leaver.login),
            connected.label,
            report::human(&left)
        ));
        all.push(left);
    }
    Ok(all)
}

/// Ends the sessions of everybody, and nobody else's; the policy is left as it is until its window.
pub fn end_sessions(
    args: &OffboardArgs,
    leavers: &[Leaver],
    project: &Project,
    compiled: &Compiled,
    output: &Output,
) -> anyhow::Result<Exit> {
    if args
        .window
        .is_some_and(|window| window <= jiff::Timestamp::now())
    {
        return Ok(output.usage(
            "`--window` lies in the past",
            "say when everybody may be signed out next; if that is now, push the policy instead",
        ));
    }
    let connected = args.account.connect(&compiled.model)?;
    if let Some(exit) = refused(&connected, compiled, output)? {
        return Ok(exit);
    }
    let mut found = Vec::new();
    let mut waiting = Vec::new();
    for leaver in leavers {
        let lower = leaver.lower();
        let open = open(&connected, &lower)?;
        output.say(&format!(
            "{}: {}",
            visible(&leaver.login),
            report::sessions(open.as_ref())
        ));
        if !is_live_refusing(&connected, &lower)? {
            waiting.push(visible(&leaver.login).into_owned());
        }
        found.push((leaver, open));
    }
    if let (Some(first), None) = (waiting.first(), args.window) {
        return Ok(output.usage(
            &format!("the account's policy does not refuse {first} yet, and nobody says when it will"),
            "say with `--window TIME` when the policy is to follow; or push it now, which signs everybody out",
        ));
    }
    let people: BTreeMap<String, usize> = found
        .iter()
        .map(|(leaver, open)| {
            let open = open.as_ref().map_or(0, |open| open.theirs.len());
            (leaver.login.clone(), open)
        })
        .collect();
    let count: usize = people.values().sum();
    if count > 0 && !args.yes && !agreed(count, output)? {
        return Ok(Exit::Usage);
    }
    let window = args.window.filter(|_| !waiting.is_empty());
    let mut kept = Kept::open(
        "offboard",
        (args.record.as_deref(), args.account.sandbox.as_deref()),
        (&connected, project),
        people,
        window,
    )?;
    let (mut exit, mut results) = (Exit::Fine, Vec::<Value>::new());
    for (leaver, open) in found {
        let lower = leaver.lower();
        let Some(open) = open else {
            exit = Exit::Failed;
            results.push(json!({"login": leaver.login, "ended": null}));
            continue;
        };
        let ended = sessions::end(&connected.reader, &connected.writer, &open, &lower)
            .map_err(|error| account::explained(&error))?;
        kept.ended.insert(leaver.login.clone(), ended.ended);
        if !tell(&leaver.login, &ended, output) {
            exit = Exit::Failed;
        }
        results.push(json!({"login": leaver.login, "ended": ended}));
    }
    kept.close()?;
    if let Some(window) = window {
        output.tell(&format!(
            "warning: the account's policy does not refuse {} yet: unless they are disabled at the identity provider, they can sign in again\n  help: write them into the mapping with `liftgate offboard`, and push it at {window}, as you said; `--verify` sees whether that was done",
            waiting.join(", ")
        ));
    }
    let window = window.map(|window| window.to_string());
    output.json(exit, json!({ "sessions": results, "window": window }));
    Ok(exit)
}

/// Ending a session changes an account as a push does, and so it must be the mapping's.
pub fn refused(
    connected: &Connected,
    compiled: &Compiled,
    output: &Output,
) -> anyhow::Result<Option<Exit>> {
    let account = connected.reader.account();
    let account = account.map_err(|error| account::explained(&error))?;
    let endpoint = connected.reader.endpoint();
    let Some(refusal) = other_account(&compiled.model.account, &account.name, endpoint) else {
        return Ok(None);
    };
    output.tell(&format!(
        "error: {}\n  help: {}",
        visible(&refusal.message),
        visible(&refusal.help)
    ));
    output.json(Exit::Refused, json!({"refusals": [refusal]}));
    Ok(Some(Exit::Refused))
}

/// Says what became of somebody's sessions, and answers whether none is left.
pub fn tell(login: &str, ended: &Ended, output: &Output) -> bool {
    let login = visible(login);
    output.say(&format!("{login}: {} ended", ended.ended));
    for failed in &ended.failed {
        output.tell(&format!("error: {login}: {}", visible(failed)));
    }
    if ended.left.is_none() {
        return true;
    }
    output.tell(&format!(
        "error: {login}: {}\n  help: a push of the policy ends every session",
        report::sessions(Some(&ended.left))
    ));
    false
}

/// What is recorded of sessions that are ended one by one.
pub struct Kept {
    file: Record,
    path: PathBuf,
    line: record::Sessions,
    /// Login -> how many were ended.
    pub ended: BTreeMap<String, usize>,
}

impl Kept {
    /// Writes down what is about to be done. What is not recorded is not done.
    pub fn open(
        command: &str,
        (record, sandbox): (Option<&Path>, Option<&Path>),
        (connected, project): (&Connected, &Project),
        people: BTreeMap<String, usize>,
        window: Option<jiff::Timestamp>,
    ) -> anyhow::Result<Self> {
        let path = push::record_path(record, sandbox, project);
        let viewer = connected.reader.viewer();
        let viewer = viewer.map_err(|error| account::explained(&error))?;
        let place = &connected.place;
        let mut line = record::Sessions::of(command, place, &viewer, &project.mapping, people);
        line.window = window.map(|window| window.to_string());
        let mut file = push::opened(&path)?;
        file.append(&Line::Sessions(Box::new(line.clone())))
            .map_err(|error| push::unrecorded(&path, &error))?;
        Ok(Self {
            file,
            path,
            line,
            ended: BTreeMap::new(),
        })
    }

    /// Writes down what was done.
    pub fn close(mut self) -> anyhow::Result<()> {
        let line = Line::Sessions(Box::new(self.line.over(self.ended)));
        self.file
            .append(&line)
            .map_err(|error| push::unrecorded(&self.path, &error))
    }
}

/// As often a list of sessions is looked at that may lag behind, a second apart.
const LOOKS: usize = 5;

/// After a push that has ended every session: whether those are gone of whom it refuses for the first time. Nothing where there
/// is nobody; else what is open, if that can be seen.
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
                    "warning: whether sessions of {names} are open could not be seen: {}\n  help: `liftgate offboard --verify` looks again",
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
    if open.as_ref().is_some_and(|open| !open.is_none()) {
        output.tell(&format!(
            "error: after the push, {names}: {said}\n  help: end them with `liftgate offboard --sessions-only`"
        ));
    } else {
        output.say(&format!("Offboarded: {names}; {said}."));
    }
    Some((new.into_iter().collect(), open))
}

/// After a push that takes out what has ended: how many sessions from before it are open, which could still hold it. Nothing
/// where nothing ended goes, or where that cannot be seen.
pub fn held_after_push(plan: &Plan, connected: &Connected, output: &Output) -> Option<usize> {
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
            output.tell("warning: whether sessions hold what has ended could not be seen\n  help: `liftgate expire --account` looks again");
            return None;
        };
        // Whoever signs in now gets what the new policy gives.
        let older = |one: &&Session| !one.current && one.created_at < now.as_second();
        open = sessions.iter().filter(older).count();
        if open == 0 {
            output.say("What has ended is gone; no session from before the push is open.");
            return Some(0);
        }
    }
    output.tell(&format!(
        "error: after the push, {} from before it could still hold what has ended\n  help: end them in Spacelift",
        number(open, "open session")
    ));
    Some(open)
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
fn offboarded(body: &str) -> BTreeSet<String> {
    match render::read(body) {
        Reading::Ours(policy) => policy.offboarded.into_keys().collect(),
        _ => BTreeSet::new(),
    }
}

/// Sees whether the account refuses everybody, and nothing of theirs is open.
pub fn verify(
    args: &OffboardArgs,
    leavers: &[Leaver],
    compiled: &Compiled,
    output: &Output,
) -> anyhow::Result<Exit> {
    let connected = args.account.connect(&compiled.model)?;
    let (mut exit, mut results) = (Exit::Fine, Vec::<Value>::new());
    for leaver in leavers {
        let lower = leaver.lower();
        let open = open(&connected, &lower)?;
        let refused = is_live_refusing(&connected, &lower)?;
        let is_over = refused && open.as_ref().is_some_and(Open::is_none);
        output.say(&format!(
            "{}: {}; {}",
            visible(&leaver.login),
            if refused {
                "the account's policy refuses this login"
            } else {
                "the account's policy does NOT refuse this login"
            },
            report::sessions(open.as_ref())
        ));
        if !is_over {
            exit = Exit::Pending;
        }
        results.push(json!({"login": leaver.login, "policy_refuses": refused, "sessions": open}));
    }
    if exit == Exit::Pending {
        output.tell("error: not everybody is out\n  help: push the mapping; end what is left with `--sessions-only`");
    }
    output.json(exit, json!({ "people": results }));
    Ok(exit)
}

fn open(connected: &Connected, lower: &BTreeSet<String>) -> anyhow::Result<Option<Open>> {
    sessions::open(&connected.reader, lower).map_err(|error| account::explained(&error))
}

/// Whether the account's policy, which must be ours to be read, refuses every one of these logins.
fn is_live_refusing(connected: &Connected, lower: &BTreeSet<String>) -> anyhow::Result<bool> {
    let policies = connected
        .reader
        .policies()
        .map_err(|error| account::explained(&error))?;
    let ours = policies
        .iter()
        .find(|policy| policy.kind == PolicyType::Login && policy.name == POLICY_NAME);
    Ok(ours.is_some_and(|policy| is_refused_by(&render::read(&policy.body), lower)))
}

/// Whether whoever sits there agrees that sessions are ended.
pub fn agreed(count: usize, output: &Output) -> anyhow::Result<bool> {
    if !output.is_interactive() {
        let (message, help) = (
            "nobody can be asked whether to end sessions",
            "look at what is open, then run it with `--yes`",
        );
        output.usage(message, help);
        return Ok(false);
    }
    let mut terminal = std::io::stderr();
    write!(terminal, "\nEnd {count} of theirs? Type `yes`: ")?;
    terminal.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == "yes" {
        return Ok(true);
    }
    output.tell("nothing was ended");
    Ok(false)
}

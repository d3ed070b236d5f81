//! `liftgate offboard`, in the account: what is left there, ending sessions, and seeing that nothing is open.

use std::collections::BTreeSet;
use std::io::{BufRead as _, Write as _};

use serde_json::{Value, json};

use super::super::Exit;
use super::super::account::{self, Connected};
use super::super::output::Output;
use super::OffboardArgs;
use crate::offboard::account::{Left, look};
use crate::offboard::sessions::{self, Open};
use crate::offboard::{Leaver, is_refused_by};
use crate::plan::{POLICY_NAME, is_sandbox_only_guard};
use crate::project::Compiled;
use crate::render;
use crate::report::offboard_account as report;
use crate::report::visible::visible;
use crate::spacelift::{PolicyType, ReadAccount};

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
    output.say(report::NEVER_ASKED);
    Ok(all)
}

/// Ends the sessions of everybody, and nobody else's; the policy is left as it is.
pub fn end_sessions(
    args: &OffboardArgs,
    leavers: &[Leaver],
    compiled: &Compiled,
    output: &Output,
) -> anyhow::Result<Exit> {
    // Ending a session changes an account as a push does.
    let is_sandbox = args.account.sandbox.is_some();
    let endpoint = compiled.model.account.endpoint();
    if let Some(refusal) = is_sandbox_only_guard(&endpoint).filter(|_| !is_sandbox) {
        output.tell(&format!(
            "error: {}\n  help: {}",
            visible(&refusal.message),
            visible(&refusal.help)
        ));
        output.json(Exit::Refused, json!({"refusals": [refusal]}));
        return Ok(Exit::Refused);
    }
    let connected = args.account.connect(&compiled.model)?;
    let mut found = Vec::new();
    for leaver in leavers {
        let open = open(&connected, &leaver.lower())?;
        output.say(&format!(
            "{}: {}",
            visible(&leaver.login),
            report::sessions(open.as_ref())
        ));
        found.push((leaver, open));
    }
    let count: usize = found
        .iter()
        .flat_map(|(_, open)| open)
        .map(|open| open.theirs.len())
        .sum();
    if count > 0 && !args.yes && !agreed(count, output)? {
        return Ok(Exit::Usage);
    }
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
        let login = visible(&leaver.login).into_owned();
        output.say(&format!("{login}: {} ended", ended.ended));
        for failed in &ended.failed {
            output.tell(&format!("error: {login}: {}", visible(failed)));
        }
        if !ended.left.is_none() {
            exit = Exit::Failed;
            output.tell(&format!(
                "error: {login}: {}\n  help: a push of the policy ends every session",
                report::sessions(Some(&ended.left))
            ));
        }
        let refused = is_live_refusing(&connected, &lower)?;
        if !refused {
            output.tell(&format!(
                "warning: the account's policy does not refuse {login} yet: unless they are disabled at the identity provider, they can sign in again\n  help: write them into the mapping with `liftgate offboard`, and push it when the next window for a log-out of everybody comes"
            ));
        }
        results.push(json!({"login": leaver.login, "ended": ended, "policy_refuses": refused}));
    }
    output.json(exit, json!({ "sessions": results }));
    Ok(exit)
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

fn agreed(count: usize, output: &Output) -> anyhow::Result<bool> {
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

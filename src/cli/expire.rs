//! `liftgate expire`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde_json::json;

use super::account::{self, AccountArgs, Connected};
use super::offboard::ending as theirs;
use super::output::{Failure, Output};
use super::{Exit, MappingArg, check, edit};
use crate::expire::{
    self,
    sessions::{Held, Holding},
};
use crate::offboard::sessions::{Ended, Open};
use crate::project::{Compiled, Project};
use crate::report;
use crate::spacelift::{ReadAccount as _, WriteAccount as _, people_signed_in};

const AFTER_HELP: &str = "\
Grants, elevations and former values of groups whose `ends` has passed decide nothing any more. They are removed from the \
mapping and the files that it includes, with their own comments; everything else in the files stays as it is. Nobody's access \
changes, and that is checked before anything is written.

What a session may do is settled when it begins. With --account, whoever has a session that began before something was over, and \
may still hold it, is listed. --sessions-only ends just these sessions, and changes neither the files nor the policy. A push of the \
files ends every session but the pusher's.

Examples:
  liftgate expire policies/acme           remove what is over
  liftgate expire policies/acme --check   write nothing; exit 3 if something is over
  liftgate expire --check --sandbox acme.json                 and who still holds it
  liftgate expire --sessions-only --yes --sandbox acme.json   end their sessions";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ExpireArgs {
    #[command(flatten)]
    mapping: MappingArg,
    /// Write nothing; say what is over.
    #[arg(long)]
    check: bool,
    /// Show what changes in the files.
    #[arg(long)]
    diff: bool,
    /// Remove only what was over at this time, RFC 3339, which lies in the past.
    #[arg(long, value_name = "TIME", value_parser = super::eval::time)]
    at: Option<jiff::Timestamp>,
    /// Also show who has a session that may still hold it; the account is only looked at.
    #[arg(long = "account", conflicts_with = "sessions_only")]
    ask_account: bool,
    /// End the sessions that may still hold what is over, and nobody else's; change no file and no policy.
    #[arg(long, conflicts_with_all = ["check", "diff"])]
    sessions_only: bool,
    /// Do not ask before sessions are ended.
    #[arg(long, requires = "sessions_only")]
    yes: bool,
    /// Append whose sessions were ended to this file; without this, where pushes are recorded.
    #[arg(long, value_name = "FILE", requires = "sessions_only")]
    record: Option<PathBuf>,
    #[command(flatten)]
    account: AccountArgs,
}

pub fn run(args: &ExpireArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    let now = jiff::Timestamp::now();
    if args.at.is_some_and(|at| at > now) {
        // What is not over yet still decides.
        return Ok(output.usage(
            "`--at` lies in the future, and what ends by then is still in force",
            "leave it out for now, or give a time that has passed",
        ));
    }
    let at = i64::try_from(args.at.unwrap_or(now).as_nanosecond())
        .context("the time is too far away for Spacelift's clock")?;
    let (over, edits) = expire::over(&project, at);
    let listed = report::expire::listed(&over, &project.sources);
    if over.is_empty() {
        output.say("nothing is over");
        output.json(Exit::Fine, json!({"over": listed, "state": "current"}));
        return Ok(Exit::Fine);
    }
    if args.sessions_only {
        output.say(&report::expire::human(&listed));
        return end_sessions(args, &project, &compiled, at, output);
    }
    let held = if args.ask_account || args.account.sandbox.is_some() {
        let connected = args.account.connect(&compiled.model)?;
        Some(held(&connected, &compiled, at)?)
    } else {
        None
    };
    let wanted = expire::wanted(&compiled.model, at);
    let choices = args.mapping.choices();
    let Some(edited) = edit::apply(&edits, &project, &wanted, &choices, output)? else {
        return Ok(Exit::Findings);
    };
    let (compared, changed) = expire::same_decisions(&compiled, &edited.compiled.model, at);
    if let Some(changed) = changed {
        return Err(anyhow!(Failure {
            message: format!("without it, `{}` would be decided otherwise", changed.login),
            help: "nothing was changed; please report this with the mapping".to_string(),
        }));
    }
    let failing = edit::failing_tests(&edited)?;
    output.say(&report::expire::human(&listed));
    if let Some(held) = &held {
        output.say(&format!("\n{}", report::expire::held(held)));
    }
    if args.diff {
        output.say(&format!("\n{}", edited.diff().trim_end()));
    }
    let numbers = report::counts::number(compared, "decision");
    output.say(&format!(
        "\n{numbers} compared, now and later: none changes"
    ));
    let (exit, state) = if args.check {
        output.tell("error: the mapping holds what is over\n  help: run `liftgate expire`, and commit the files");
        (Exit::Findings, "stale")
    } else {
        edit::write(&edited, output)?;
        (Exit::Fine, "written")
    };
    edit::tell_failing(&failing, output);
    output.json(
        exit,
        json!({
            "over": listed,
            "held": held,
            "state": state,
            "files": edited.paths().collect::<Vec<_>>(),
            "decisions_compared": compared,
            "failing_tests": failing,
            "diff": edited.diff(),
        }),
    );
    Ok(exit)
}

/// Whose sessions may still hold what is over.
fn held(connected: &Connected, compiled: &Compiled, at: i64) -> anyhow::Result<Held> {
    let reader = &connected.reader;
    let lacking = || {
        anyhow!(Failure {
            message: "the installation does not list its sessions".to_string(),
            help: "a push of the policy ends every session but the pusher's".to_string(),
        })
    };
    let explained = |error| account::explained(&error);
    let sessions = reader.sessions().map_err(explained)?.ok_or_else(lacking)?;
    let spaces = reader.spaces().map_err(explained)?;
    let people = people_signed_in(reader, &spaces, &mut |_, _| ()).map_err(explained)?;
    let people = people.unwrap_or_default();
    Ok(expire::sessions::held(compiled, &sessions, &people, at))
}

/// Ends the sessions that may still hold what is over.
fn end_sessions(
    args: &ExpireArgs,
    project: &Project,
    compiled: &Compiled,
    at: i64,
    output: &Output,
) -> anyhow::Result<Exit> {
    let connected = args.account.connect(&compiled.model)?;
    if let Some(exit) = theirs::refused(&connected, compiled, output)? {
        return Ok(exit);
    }
    let found = held(&connected, compiled, at)?;
    output.say(&format!("\n{}", report::expire::held(&found)));
    let people: BTreeMap<String, usize> = found
        .holding
        .iter()
        .map(|one| (one.login.clone(), one.sessions.len()))
        .collect();
    let count: usize = people.values().sum();
    if count == 0 {
        let exit = unknown(&found, output);
        output.json(exit, json!({"held": found, "sessions": []}));
        return Ok(exit);
    }
    if !args.yes && !theirs::agreed(count, output)? {
        return Ok(Exit::Usage);
    }
    let places = (args.record.as_deref(), args.account.sandbox.as_deref());
    let mut kept = theirs::Kept::open("expire", places, (&connected, project), people, None)?;
    let mut all = Vec::new();
    for one in &found.holding {
        let mut ended = Ended::default();
        for session in &one.sessions {
            match connected.writer.delete_session(&session.id) {
                Ok(()) => ended.ended += 1,
                Err(error) => ended.failed.push(error.to_string()),
            }
        }
        kept.ended.insert(one.login.clone(), ended.ended);
        all.push((one, ended));
    }
    kept.close()?;
    let left = match connected.reader.sessions() {
        Ok(Some(left)) => Ok(left.into_iter().map(|one| one.id).collect()),
        Ok(None) => Err("the installation does not list its sessions".to_string()),
        Err(error) => Err(error.to_string()),
    };
    let mut exit = unknown(&found, output);
    let mut results = Vec::new();
    for (one, mut ended) in all {
        match &left {
            Ok(left) => ended.left = Some(still_open(one, left)),
            Err(why) => ended.unseen = Some(why.clone()),
        }
        if !theirs::tell(&one.login, &ended, output) {
            exit = Exit::Failed;
        }
        results.push(json!({"login": one.login, "ended": ended}));
    }
    output.json(exit, json!({"held": found, "sessions": results}));
    Ok(exit)
}

/// Of the sessions that somebody had, those that are open.
fn still_open(one: &Holding, left: &BTreeSet<String>) -> Open {
    let theirs = one.sessions.iter();
    let theirs = theirs.filter(|session| left.contains(&session.id));
    Open {
        theirs: theirs.cloned().collect(),
        ..Open::default()
    }
}

/// Sessions of which nobody knows whether they hold it are left alone, and are no success.
fn unknown(found: &Held, output: &Output) -> Exit {
    if found.unknown == 0 {
        return Exit::Fine;
    }
    output.tell(&format!(
        "error: {} may still hold it, and whose groups those are is not known\n  help: a snapshot of the directory says them; a push of the policy ends every session",
        report::counts::number(found.unknown, "session")
    ));
    Exit::Failed
}

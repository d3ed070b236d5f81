//! Ending somebody's sessions one by one, and what is recorded of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::account::{self, Connected};
use super::super::output::{Output, Question};
use super::super::{Exit, push};
use super::OffboardArgs;
use super::account::{gate, open};
use crate::offboard::Leaver;
use crate::offboard::gate::Standing;
use crate::offboard::sessions::{self, Ended, Open};
use crate::plan::other_account;
use crate::project::{Compiled, Project};
use crate::record::{self, Line, Record};
use crate::report::offboard_account as report;
use crate::report::visible::visible;
use crate::spacelift::{Error, ReadAccount as _};

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
    let gate = gate(&connected)?;
    let mut found: Vec<(&Leaver, Result<Option<Open>, Error>)> = Vec::new();
    let mut waiting: Vec<(String, Standing)> = Vec::new();
    for leaver in leavers {
        let open = open(&connected, &leaver.lower());
        let login = visible(&leaver.login).into_owned();
        if let Ok(open) = &open {
            output.say(&format!("{login}: {}", report::sessions(open.as_ref())));
        }
        found.push((leaver, open));
        let standing = gate.standing(leaver, &compiled.model);
        if !standing.is_out() {
            waiting.push((login, standing));
        }
    }
    if let (Some((login, standing)), None) = (waiting.first(), args.window) {
        let why = standing.why().unwrap_or_default();
        return Ok(output.usage(
            &format!("the account is not known to turn {login} away ({}), and nobody says when it will", visible(&why)),
            "say with `--window TIME` when that is to follow; or push the policy now, which signs everybody out, and take from them what no policy can",
        ));
    }
    let people: BTreeMap<String, usize> = found
        .iter()
        .map(|(leaver, open)| (leaver.login.clone(), count(open)))
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
    // Whatever goes wrong with one, the others have their turn, and what was done is recorded.
    for (leaver, open) in found {
        let open = match open {
            Ok(Some(open)) => open,
            other => {
                exit = Exit::Failed;
                let why = other.err().map(|error| error.to_string());
                if let Some(why) = &why {
                    output.tell(&format!(
                        "error: {}: whether sessions are open could not be seen: {}",
                        visible(&leaver.login),
                        visible(why)
                    ));
                }
                results.push(json!({"login": leaver.login, "ended": null, "unseen": why}));
                continue;
            }
        };
        let lower = leaver.lower();
        let ended = sessions::end(&connected.reader, &connected.writer, &open, &lower);
        kept.ended.insert(leaver.login.clone(), ended.ended);
        if !tell(&leaver.login, &ended, output) {
            exit = Exit::Failed;
        }
        results.push(json!({"login": leaver.login, "ended": ended}));
    }
    kept.close()?;
    if let Some(window) = window {
        warn(&waiting, window, output);
    }
    let window = window.map(|window| window.to_string());
    output.json(exit, json!({ "sessions": results, "window": window }));
    Ok(exit)
}

/// How many sessions are surely somebody's.
fn count(open: &Result<Option<Open>, Error>) -> usize {
    let open = open.as_ref().ok().and_then(Option::as_ref);
    open.map_or(0, |open| open.theirs.len())
}

/// Says who can sign in again, and until when, or how.
fn warn(waiting: &[(String, Standing)], window: jiff::Timestamp, output: &Output) {
    let later = waiting.iter().filter(|(_, one)| !one.policy_refuses);
    let later: Vec<&str> = later.map(|(login, _)| login.as_str()).collect();
    if !later.is_empty() {
        output.tell(&format!(
            "warning: the account's policy does not refuse {} yet: unless they are disabled at the identity provider, they can sign in again\n  help: write them into the mapping with `liftgate offboard`, and push it at {window}, as you said; `--verify` sees whether that was done",
            later.join(", ")
        ));
    }
    for (login, standing) in waiting {
        let (_, against) = report::standing(standing);
        for line in against {
            output.tell(&format!(
                "warning: {login}: {}\n  help: unless they are disabled at the identity provider, they can sign in again; `--verify` sees whether that is settled",
                line.trim_start()
            ));
        }
    }
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
    if ended.is_over() {
        return true;
    }
    let said = match &ended.unseen {
        Some(why) => format!("whether any is left could not be seen: {}", visible(why)),
        None => report::sessions(ended.left.as_ref()),
    };
    output.tell(&format!(
        "error: {login}: {said}\n  help: `offboard --verify` looks again; a push of the policy ends every session"
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

/// Whether whoever sits there agrees that sessions are ended.
pub fn agreed(count: usize, output: &Output) -> anyhow::Result<bool> {
    output.agrees(&Question {
        text: &format!("End {count} of theirs?"),
        nobody: "nobody can be asked whether to end sessions",
        help: "look at what is open, then run it with `--yes`",
        left: "nothing was ended",
    })
}

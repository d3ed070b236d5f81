//! `liftgate offboard`, looking into the account: what is left there, and whether somebody is out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::Exit;
use super::super::account::{self, Connected};
use super::super::output::Output;
use super::OffboardArgs;
use crate::offboard::Leaver;
use crate::offboard::account::{Left, look};
use crate::offboard::gate::Gate;
use crate::offboard::sessions::{self, Open};
use crate::project::Compiled;
use crate::report::offboard_account as report;
use crate::report::visible::visible;
use crate::spacelift::Error;

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

/// Sees whether the account turns everybody away, and nothing of theirs is open.
pub fn verify(
    args: &OffboardArgs,
    leavers: &[Leaver],
    compiled: &Compiled,
    output: &Output,
) -> anyhow::Result<Exit> {
    let connected = args.account.connect(&compiled.model)?;
    let gate = gate(&connected)?;
    let (mut exit, mut results) = (Exit::Fine, Vec::<Value>::new());
    let mut ways = false;
    for leaver in leavers {
        let standing = gate.standing(leaver, &compiled.model);
        let (refused, against) = report::standing(&standing);
        let (open, said, unseen) = match open(&connected, &leaver.lower()) {
            Ok(open) => {
                let said = report::sessions(open.as_ref());
                (open, said, None)
            }
            Err(error) => (
                None,
                format!("not known: {}", visible(&error.to_string())),
                Some(error.to_string()),
            ),
        };
        output.say(&format!("{}: {refused}; {said}", visible(&leaver.login)));
        for line in against {
            output.say(&line);
        }
        ways |= !standing.ways.is_empty();
        if !standing.is_out() || !open.as_ref().is_some_and(Open::is_none) {
            exit = Exit::Pending;
        }
        let mut result = json!({
            "login": leaver.login,
            "policy_refuses": standing.policy_refuses,
            "ways": standing.ways,
            "unknown": standing.unknown,
            "sessions": open,
        });
        if let (Some(why), Some(fields)) = (unseen, result.as_object_mut()) {
            fields.insert("sessions_unseen".to_owned(), why.into());
        }
        results.push(result);
    }
    if exit == Exit::Pending {
        let help = if ways {
            "push the mapping; take what lets somebody in all the same away where it was given; end what is left with `--sessions-only`"
        } else {
            "push the mapping; end what is left with `--sessions-only`"
        };
        output.tell(&format!(
            "error: not everybody is known to be out\n  help: {help}"
        ));
    }
    output.json(exit, json!({ "people": results }));
    Ok(exit)
}

/// What the account says of who gets in.
pub fn gate(connected: &Connected) -> anyhow::Result<Gate> {
    Gate::read(&connected.reader).map_err(|error| account::explained(&error))
}

/// What somebody has open.
pub fn open(connected: &Connected, lower: &BTreeSet<String>) -> Result<Option<Open>, Error> {
    sessions::open(&connected.reader, lower)
}

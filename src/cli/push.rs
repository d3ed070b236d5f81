//! `liftgate push`.

use std::io::{BufRead as _, Write as _};

use clap::Args;
use serde_json::json;

use super::account::AccountArgs;
use super::output::Output;
use super::plan::RoleArgs;
use super::{Exit, MappingArg, check, plan, test};
use crate::plan::{Refusal, is_sandbox_only_guard};
use crate::push::{self, Applied, PushError, Sleep, Stopped};
use crate::report;
use crate::report::visible::visible;
use crate::spacelift::ReadAccount as _;

const AFTER_HELP: &str = "\
Checks the mapping, runs its tests, plans, shows the plan, asks, applies it, and reads back what is live. A change of a login
policy signs everybody out but whoever pushed; so nothing is pushed where the account decides as the mapping says already.
A change of a role signs nobody out, and holds at once for whoever holds the role.
This version pushes to a sandbox only.

Examples:
  liftgate push policies/acme --sandbox target/acme.json          asks before it changes anything
  liftgate push policies/acme --sandbox target/acme.json --yes    does not ask";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct PushArgs {
    #[command(flatten)]
    mapping: MappingArg,
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    roles: RoleArgs,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Show the whole text of a new policy.
    #[arg(long)]
    full: bool,
}

pub fn run(args: &PushArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    if let Some(failed) = test::passes(&compiled, &project.sources, output)? {
        return Ok(failed);
    }
    let tests = compiled.fixtures.cases.len();
    output.say(&format!(
        "{}: {}\n{} passed\n",
        crate::report::visible::path(&project.mapping),
        report::counts::of(&compiled),
        report::counts::number(tests, "test")
    ));
    // Before a word is sent: what would be refused in the end needs no network and no secret.
    let is_sandbox = args.account.sandbox.is_some();
    let endpoint = compiled.model.account.endpoint();
    let real = is_sandbox_only_guard(&endpoint, false).filter(|_| !is_sandbox);
    if let Some(refusal) = real {
        output.tell(&refused(std::slice::from_ref(&refusal)));
        output.json(Exit::Refused, json!({"plan": null, "refusals": [refusal]}));
        return Ok(Exit::Refused);
    }
    let connected = args.account.connect(&compiled.model)?;
    let mut made = plan::make(&project, &compiled, &connected, &args.roles, output)?;
    // And again for the place that was really reached.
    made.refusals.extend(is_sandbox_only_guard(
        connected.reader.endpoint(),
        is_sandbox,
    ));
    output.say(&report::plan::human(&made, &connected.label, args.full));
    if !made.refusals.is_empty() {
        output.tell(&refused(&made.refusals));
        output.json(Exit::Refused, json!({"plan": made, "outcome": null}));
        return Ok(Exit::Refused);
    }
    if made.changes.is_empty() {
        output.json(Exit::Fine, json!({"plan": made, "outcome": null}));
        return Ok(Exit::Fine);
    }
    if !args.yes && !agreed(output)? {
        return Ok(Exit::Usage);
    }
    match push::push(&made, &connected.reader, &connected.writer, &Sleep) {
        Ok(outcome) => {
            said(&outcome.applied, output);
            output.json(Exit::Fine, json!({"plan": made, "outcome": outcome}));
            Ok(Exit::Fine)
        }
        Err(Stopped { applied, error }) => {
            said(&applied, output);
            let exit = if error.is_refusal() {
                Exit::Refused
            } else {
                Exit::Failed
            };
            match &error {
                PushError::Refused(refusals) => output.tell(&refused(refusals)),
                _ => output.tell(&format!("error: {error}\n  help: {}", error.hint())),
            }
            output.json(
                exit,
                json!({"plan": made, "applied": applied, "error": {"message": error.to_string(), "help": error.hint()}}),
            );
            Ok(exit)
        }
    }
}

fn said(applied: &[Applied], output: &Output) {
    if !applied.is_empty() {
        output.say("");
    }
    for one in applied {
        output.say(&format!(
            "Pushed: {} `{}`, and read back as sent.",
            one.what,
            visible(&one.name)
        ));
    }
}

fn refused(refusals: &[Refusal]) -> String {
    let codes: Vec<&str> = refusals.iter().map(|refusal| refusal.code.code()).collect();
    let (message, help) = match refusals {
        [one] => (format!(": {}", one.message), one.help.as_str()),
        _ => (String::new(), "the plan says what to do about each"),
    };
    format!(
        "error: the push is refused: {}{}\n  help: {}",
        codes.join(", "),
        visible(&message),
        visible(help)
    )
}

fn agreed(output: &Output) -> anyhow::Result<bool> {
    if !output.is_interactive() {
        output.tell("error: nobody can be asked whether to push\n  help: look at the plan, then push with `--yes`");
        output.json(
            Exit::Usage,
            json!({"error": {"message": "nobody can be asked whether to push", "help": "look at the plan, then push with --yes"}}),
        );
        return Ok(false);
    }
    let mut terminal = std::io::stderr();
    write!(terminal, "\nPush this? Type `yes`: ")?;
    terminal.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == "yes" {
        return Ok(true);
    }
    output.tell("nothing was pushed");
    Ok(false)
}

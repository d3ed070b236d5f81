//! `liftgate drift`.

use anyhow::anyhow;
use clap::Args;
use serde_json::json;

use super::account::{self, AccountArgs};
use super::offboard::overdue;
use super::output::{Failure, Output};
use super::plan::{self, RoleArgs};
use super::{Exit, MappingArg, check, push};
use crate::report;

const AFTER_HELP: &str = "\
For scheduled jobs. What was pushed last is looked up in the history of the repository, by the digest in the seal of the live \
policy; so a clone needs its history, as with `fetch-depth: 0`. It is compared with what is live and with the mapping, and each \
difference is laid to whoever made it: the account or the mapping. Nothing is changed, and the credentials need no right to \
change anything. Exit 0 says that there is no difference, exit 5 that there is one.

Examples:
  liftgate drift policies/acme                              the credentials' account
  liftgate drift policies/acme --format json                for scripts
  liftgate drift policies/acme --sandbox target/acme.json   an account in a file";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct DriftArgs {
    #[command(flatten)]
    mapping: MappingArg,
    #[command(flatten)]
    account: AccountArgs,
    /// Show every line of a long difference.
    #[arg(long)]
    full: bool,
}

pub fn run(args: &DriftArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    let connected = args.account.connect(&compiled.model)?;
    let walk = plan::walk(&project, output);
    let desired = plan::desired(&project, &compiled, &RoleArgs::default(), &walk);
    let mut drift = crate::drift::drift(&desired, &connected.reader, &account::foreign()?)
        .map_err(|error| {
            anyhow!(Failure {
                message: error.to_string(),
                help: error.hint()
            })
        })?;
    if let [refusal, ..] = drift.refusals.as_slice() {
        output.tell(&plan::refused("this is no comparison", refusal));
        output.json(Exit::Refused, json!({ "drift": drift }));
        return Ok(Exit::Refused);
    }
    let record = push::record_path(None, args.account.sandbox.as_deref(), &project);
    let overdue = overdue::notes(&record, &connected, &compiled.model)?;
    drift.notes.extend(overdue);
    output.say(&report::drift::human(&drift, &connected.label, args.full));
    let exit = if drift.findings.is_empty() {
        Exit::Fine
    } else {
        Exit::Pending
    };
    output.json(exit, json!({ "drift": drift }));
    Ok(exit)
}

//! `liftgate plan`.

use anyhow::anyhow;
use clap::Args;
use serde_json::json;

use super::account::{self, AccountArgs, Connected};
use super::output::{Failure, Output};
use super::{Exit, MappingArg, check, test};
use crate::plan::{Desired, Plan, Probe};
use crate::project::Compiled;
use crate::report;

const AFTER_HELP: &str = "\
Credentials come from the environment as Spacelift's own command-line client takes them: SPACELIFT_API_TOKEN, or
SPACELIFT_API_KEY_ENDPOINT with SPACELIFT_API_KEY_ID and SPACELIFT_API_KEY_SECRET. A plan changes nothing.

Examples:
  liftgate plan policies/acme                              against the credentials' account
  liftgate plan policies/acme --sandbox target/acme.json   against an account in a file
  liftgate plan policies/acme --format json                for scripts; exit 5 if it is to change";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct PlanArgs {
    #[command(flatten)]
    mapping: MappingArg,
    #[command(flatten)]
    account: AccountArgs,
    /// Show the whole text of a new policy.
    #[arg(long)]
    full: bool,
}

pub fn run(args: &PlanArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    if let Some(failed) = test::passes(&compiled, &project.sources, output)? {
        return Ok(failed);
    }
    let connected = args.account.connect(&compiled.model)?;
    let plan = make(&compiled, &connected)?;
    output.say(&report::plan::human(&plan, &connected.label, args.full));
    let exit = verdict(&plan);
    output.json(exit, json!({ "plan": plan }));
    Ok(exit)
}

/// Compares a compiled mapping with an account.
pub fn make(compiled: &Compiled, connected: &Connected) -> anyhow::Result<Plan> {
    let probes = compiled
        .fixtures
        .probes(&compiled.model)
        .into_iter()
        .map(|probe| Probe {
            identity: probe
                .identity
                .unwrap_or_else(|| "(a raw input)".to_string()),
            name: probe.name,
            input: probe.input,
        })
        .collect();
    let desired = Desired {
        model: &compiled.model,
        policy: &compiled.policy,
        text: &compiled.text,
        probes,
    };
    crate::plan::plan(&desired, &connected.reader, &account::foreign()?).map_err(|error| {
        anyhow!(Failure {
            message: error.to_string(),
            help: error.hint()
        })
    })
}

fn verdict(plan: &Plan) -> Exit {
    if !plan.refusals.is_empty() {
        Exit::Refused
    } else if plan.changes.is_empty() {
        Exit::Fine
    } else {
        Exit::Pending
    }
}

//! `liftgate plan`.

use std::collections::BTreeSet;

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
  liftgate plan policies/acme --sandbox target/acme.json --markdown comment.md
  liftgate plan policies/acme --format json                for scripts; exit 5 if it is to change";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct PlanArgs {
    #[command(flatten)]
    mapping: MappingArg,
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    roles: RoleArgs,
    /// Write the plan to this file, too, in Markdown: one comment for a pull request.
    #[arg(long, value_name = "FILE")]
    markdown: Option<std::path::PathBuf>,
    /// Show the whole text of a new policy.
    #[arg(long)]
    full: bool,
}

/// What is to be done about roles that the mapping alone does not say.
#[derive(Debug, Clone, Args)]
pub struct RoleArgs {
    /// Delete this role, which the mapping no longer declares; may be given several times.
    #[arg(long, value_name = "SLUG")]
    delete_role: Vec<String>,
    /// Let this role gain `space:admin`; may be given several times.
    #[arg(long, value_name = "SLUG")]
    allow_admin_role: Vec<String>,
}

pub fn run(args: &PlanArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    if let Some(failed) = test::passes(&compiled, &project.sources, output)? {
        return Ok(failed);
    }
    let connected = args.account.connect(&compiled.model)?;
    let plan = make(&compiled, &connected, &args.roles)?;
    if let Some(path) = &args.markdown {
        let whole = "in the artifacts of this run";
        output.file(path, &report::markdown::plan(&plan, whole))?;
    }
    output.say(&report::plan::human(&plan, &connected.label, args.full));
    let exit = verdict(&plan);
    output.json(exit, json!({ "plan": plan }));
    Ok(exit)
}

/// Compares a compiled mapping with an account.
pub fn make(compiled: &Compiled, connected: &Connected, roles: &RoleArgs) -> anyhow::Result<Plan> {
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
        delete_roles: distinct(&roles.delete_role),
        admin_roles: distinct(&roles.allow_admin_role),
    };
    crate::plan::plan(&desired, &connected.reader, &account::foreign()?).map_err(|error| {
        anyhow!(Failure {
            message: error.to_string(),
            help: error.hint()
        })
    })
}

/// Each once, and in one order however they were given.
fn distinct(slugs: &[String]) -> Vec<String> {
    slugs
        .iter()
        .cloned()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
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

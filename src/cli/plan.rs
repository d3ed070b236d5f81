//! `liftgate plan`.

use std::collections::BTreeSet;

use anyhow::anyhow;
use clap::Args;
use serde_json::json;

use super::account::{self, AccountArgs, Connected};
use super::history::Walk;
use super::output::{Failure, Output};
use super::{Exit, MappingArg, check, test};
use crate::difference::{self, Difference, Version};
use crate::lock;
use crate::plan::{Change, Desired, Plan, Probe, Refusal};
use crate::project::{Compiled, Project};
use crate::render::{self, Reading};
use crate::report;
use crate::report::visible::visible;

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
    #[command(flatten)]
    roles: RoleArgs,
    /// Show the whole text of a new policy.
    #[arg(long)]
    full: bool,
}

/// What is to be done that the mapping alone does not say.
#[derive(Debug, Clone, Default, Args)]
pub struct RoleArgs {
    /// Delete this role, which the mapping no longer declares; may be given several times.
    #[arg(long, value_name = "SLUG")]
    delete_role: Vec<String>,
    /// Let this role gain `space:admin`; may be given several times.
    #[arg(long, value_name = "SLUG")]
    allow_admin_role: Vec<String>,
    /// Replace a live policy that was edited by hand, if its text has this digest; the refusal names it.
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    overwrite_manual_edits: Option<String>,
    /// Refuse whatever would take anything from anybody, told by what the live policy and the new one say.
    #[arg(long)]
    add_only: bool,
}

fn digest(text: &str) -> Result<String, String> {
    if lock::is_digest(text) {
        return Ok(text.to_string());
    }
    Err("write `sha256:` and 64 hexadecimal digits, as a plan says them".to_string())
}

pub fn run(args: &PlanArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    if let Some(failed) = test::passes(&compiled, &project.sources, output)? {
        return Ok(failed);
    }
    let connected = args.account.connect(&compiled.model)?;
    let plan = make(&project, &compiled, &connected, &args.roles, output)?;
    output.say(&report::plan::human(&plan, &connected.label, args.full));
    let meaning = meaning(&plan, &project, &compiled);
    if let Some(meaning) = &meaning {
        let first = [difference::LABEL.to_string()];
        output.say(&format!(
            "\nWhat the change of the policy means:\n\n{}",
            report::difference::of_rules(meaning, &first)
        ));
    }
    let exit = verdict(&plan);
    output.json(exit, json!({ "plan": plan, "meaning": meaning }));
    Ok(exit)
}

/// Compares a compiled mapping with an account.
pub fn make(
    project: &Project,
    compiled: &Compiled,
    connected: &Connected,
    roles: &RoleArgs,
    output: &Output,
) -> anyhow::Result<Plan> {
    let walk = walk(project, output);
    let desired = desired(project, compiled, roles, &walk);
    crate::plan::plan(&desired, &connected.reader, &account::foreign()?).map_err(|error| {
        anyhow!(Failure {
            message: error.to_string(),
            help: error.hint()
        })
    })
}

/// What the mapping and the arguments ask for.
pub fn desired<'a>(
    project: &'a Project,
    compiled: &'a Compiled,
    asked: &RoleArgs,
    history: &'a Walk<'a>,
) -> Desired<'a> {
    Desired {
        model: &compiled.model,
        policy: &compiled.policy,
        text: &compiled.text,
        probes: probes(compiled),
        delete_roles: distinct(&asked.delete_role),
        admin_roles: distinct(&asked.allow_admin_role),
        history,
        lock: project.lock.as_ref(),
        overwrite: asked.overwrite_manual_edits.clone(),
        add_only: asked.add_only,
    }
}

/// What the mapping says otherwise than the live policy, where that is one of ours. For whom is in the plan.
fn meaning(plan: &Plan, project: &Project, compiled: &Compiled) -> Option<Difference> {
    let live = plan.changes.iter().find_map(|change| match change {
        Change::PolicyUpdate { before, .. } => Some(&before.body),
        _ => None,
    })?;
    let Reading::Ours(live) = render::read(live) else {
        return None;
    };
    let labels = [difference::LABEL.to_string()].into();
    let old = Version {
        policy: &live,
        mapping: None,
    };
    let new = Version {
        policy: &compiled.policy,
        mapping: Some((&compiled.model, &project.sources)),
    };
    Some(difference::difference(old, new, &labels))
}

/// The logins to compare by.
pub fn probes(compiled: &Compiled) -> Vec<Probe> {
    compiled
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
        .collect()
}

/// Where to look for what was pushed last.
pub fn walk<'a>(project: &'a Project, output: &'a Output) -> Walk<'a> {
    Walk {
        folder: &project.folder,
        mapping: &project.mapping,
        output,
        known: Default::default(),
    }
}

/// A refusal, as an error.
pub fn refused(what: &str, refusal: &Refusal) -> String {
    format!(
        "error: {what}: {}: {}\n  help: {}",
        refusal.code,
        visible(&refusal.message),
        visible(&refusal.help)
    )
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

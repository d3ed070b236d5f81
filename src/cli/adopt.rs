//! `liftgate adopt`.

use clap::Args;
use serde_json::json;

use super::account::AccountArgs;
use super::output::{Failure, Output};
use super::plan::{self, RoleArgs};
use super::{Exit, MappingArg, check};
use crate::lock::{FILE, Lock};
use crate::plan::{Guard, Plan};
use crate::report;
use crate::source::Span;

const AFTER_HELP: &str = "\
Plan and push refuse to replace a login policy that was edited by hand, or that liftgate never made. This writes the digest of
the live text to liftgate.lock, beside the mapping: review it, commit it, and that text, and no other, may be replaced. What it
says is not brought into the mapping; the diff shows what would be lost. The account is not changed.

Examples:
  liftgate adopt policies/acme                              what is live in the credentials' account
  liftgate adopt policies/acme --sandbox target/acme.json   in an account in a file";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct AdoptArgs {
    #[command(flatten)]
    mapping: MappingArg,
    #[command(flatten)]
    account: AccountArgs,
}

pub fn run(args: &AdoptArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    let connected = args.account.connect(&compiled.model)?;
    let asked = plan::Asked {
        roles: &RoleArgs::default(),
        overrides: Vec::new(),
        samples: None,
    };
    let plan = plan::make(&project, &compiled, &connected, asked, output)?;
    let elsewhere = plan
        .refusals
        .iter()
        .find(|one| one.code == Guard::OtherAccount);
    if let Some(refusal) = elsewhere {
        output.tell(&plan::refused("nothing is adopted", refusal));
        output.json(Exit::Refused, json!({"lock": null, "refusals": [refusal]}));
        return Ok(Exit::Refused);
    }
    let Some(edit) = &plan.edit else {
        output.say(nothing(&plan));
        output.json(Exit::Fine, json!({"lock": null, "edit": null}));
        return Ok(Exit::Fine);
    };
    let path = project.folder.join(FILE);
    let found = Lock {
        account: plan.account.clone(),
        policy: edit.policy.clone(),
        text: edit.text.clone(),
        at: jiff::Timestamp::from_second(jiff::Timestamp::now().as_second())?,
        span: Span::default(),
    };
    let shown = report::visible::path(&path);
    output.say(&report::plan::edited(edit));
    // The time of the first adoption stays.
    let same = project.lock.filter(|lock| {
        (&lock.account, &lock.policy, &lock.text) == (&found.account, &found.policy, &found.text)
    });
    if let Some(lock) = same {
        output.say(&format!("\n{shown} adopts this text already."));
        output.json(
            Exit::Fine,
            json!({"lock": lock, "file": path, "edit": edit}),
        );
        return Ok(Exit::Fine);
    }
    crate::file::write(&path, &found.rendered()).map_err(|error| {
        anyhow::anyhow!(Failure {
            message: format!("`{shown}` could not be written: {error}"),
            help: "nothing was changed".to_string(),
        })
    })?;
    output.say(&format!(
        "\nwrote {shown}: plan and push accept this text as what they replace, and no other\nnext: bring what is to stay into the mapping, and commit both"
    ));
    output.json(
        Exit::Fine,
        json!({"lock": found, "file": path, "edit": edit}),
    );
    Ok(Exit::Fine)
}

/// Why there is nothing to adopt.
fn nothing(plan: &Plan) -> &'static str {
    let is_created = plan
        .changes
        .iter()
        .any(|change| matches!(change, crate::plan::Change::PolicyCreate { .. }));
    if is_created {
        "Nothing to adopt: the account has no login policy `liftgate`. Another one is named in `accepted_policies`, or goes."
    } else {
        "Nothing to adopt: the live policy is as liftgate made it."
    }
}

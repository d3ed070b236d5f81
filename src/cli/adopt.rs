//! `liftgate adopt`.

use clap::Args;
use serde_json::json;

use super::account::AccountArgs;
use super::output::{Failure, Output};
use super::plan::{self, RoleArgs};
use super::{Exit, MappingArg, check, push};
use crate::lock::{Adopted, FILE, Lock};
use crate::plan::{Change, Edit, Guard, Plan};
use crate::report;
use crate::source::Span;

const AFTER_HELP: &str = "\
Plan and push refuse to replace a policy that was edited by hand, or that has a name of liftgate's and was never made by it. This \
writes the digests of such live texts to liftgate.lock, beside the mapping: review it, commit it, and those texts, and no others, \
may be replaced. It takes the login policy and the access policies; delete the entries of those that are to stay. What they say is \
not brought into the mapping; the diff shows what would be lost. The account is not changed.

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
        record: push::record_path(None, args.account.sandbox.as_deref(), &project),
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
    let edits: Vec<&Edit> = plan.edit.iter().chain(&plan.access_edits).collect();
    if edits.is_empty() {
        output.say(nothing(&plan));
        output.json(Exit::Fine, json!({"lock": null, "edits": []}));
        return Ok(Exit::Fine);
    }
    let path = project.folder.join(FILE);
    let shown = report::visible::path(&path);
    let told = plan.edit.iter().map(report::plan::edited);
    let told = told.chain(plan.access_edits.iter().map(report::plan::access_edited));
    output.say(&told.collect::<Vec<_>>().join("\n\n"));
    let found = Lock {
        account: plan.account.clone(),
        adopted: adopted(&edits, project.lock.as_ref(), &plan.account)?,
    };
    if project.lock.as_ref() == Some(&found) {
        let these = if edits.len() == 1 {
            "this text"
        } else {
            "these texts"
        };
        output.say(&format!("\n{shown} adopts {these} already."));
        output.json(
            Exit::Fine,
            json!({"lock": found, "file": path, "edits": edits}),
        );
        return Ok(Exit::Fine);
    }
    crate::file::write(&path, &found.rendered()).map_err(|error| {
        anyhow::anyhow!(Failure {
            message: format!("`{shown}` could not be written: {error}"),
            help: "nothing was changed".to_string(),
        })
    })?;
    let these = match edits.len() {
        1 => "this text as what they replace, and no other".to_string(),
        count => format!("these {count} texts as what they replace, and no others"),
    };
    output.say(&format!(
        "\nwrote {shown}: plan and push accept {these}\nnext: bring what is to stay into the mapping, and commit both"
    ));
    output.json(
        Exit::Fine,
        json!({"lock": found, "file": path, "edits": edits}),
    );
    Ok(Exit::Fine)
}

/// An entry for each text. The time of its first adoption stays; what is no longer live goes.
fn adopted(
    edits: &[&Edit],
    lock: Option<&Lock>,
    account: &str,
) -> Result<Vec<Adopted>, jiff::Error> {
    let now = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second())?;
    let known = lock.filter(|lock| lock.account == account);
    let known = known.map_or(&[][..], |lock| &lock.adopted);
    let entry = |edit: &&Edit| {
        let before = known
            .iter()
            .find(|one| (&one.policy, &one.text) == (&edit.policy, &edit.text));
        before.cloned().unwrap_or_else(|| Adopted {
            policy: edit.policy.clone(),
            text: edit.text.clone(),
            at: now,
            span: Span::default(),
        })
    };
    Ok(edits.iter().map(entry).collect())
}

/// Why there is nothing to adopt.
fn nothing(plan: &Plan) -> &'static str {
    let is_created = plan
        .changes
        .iter()
        .any(|change| matches!(change, Change::PolicyCreate { .. }));
    if is_created {
        "Nothing to adopt: the account has no login policy `liftgate`. Another one is named in `accepted_policies`, or goes."
    } else {
        "Nothing to adopt: the live policies are as liftgate made them."
    }
}

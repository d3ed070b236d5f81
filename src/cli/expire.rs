//! `liftgate expire`.

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde_json::json;

use super::output::{Failure, Output};
use super::{Exit, MappingArg, check, edit};
use crate::expire;
use crate::report;

const AFTER_HELP: &str = "\
Grants, elevations and former values of groups whose `ends` has passed decide nothing any more. They are removed from the
mapping and the files that it includes, with their own comments; everything else in the files stays as it is. Nobody's access
changes, and that is checked before anything is written.

Examples:
  liftgate expire policies/acme           remove what is over
  liftgate expire policies/acme --check   write nothing; exit 3 if something is over";

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
            "state": state,
            "files": edited.paths().collect::<Vec<_>>(),
            "decisions_compared": compared,
            "failing_tests": failing,
            "diff": edited.diff(),
        }),
    );
    Ok(exit)
}

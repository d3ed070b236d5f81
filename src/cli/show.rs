//! `liftgate show`.

use clap::Args;
use serde_json::json;

use super::output::Output;
use super::{Exit, MappingArg, check};
use crate::report;

const AFTER_HELP: &str = "\
Names of people are replaced by what they stand for, spaces are chosen, conventions are written out, and included files are in \
their places. This is what is compiled.

Examples:
  liftgate show policies/acme                  groups, conditions and grants, each with its line
  liftgate show policies/acme --format json    for scripts";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ShowArgs {
    #[command(flatten)]
    mapping: MappingArg,
}

pub fn run(args: &ShowArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    let shown = report::show::show(&compiled.model, &project.sources);
    output.say(&shown.human());
    output.json(Exit::Fine, json!({ "mapping": shown }));
    Ok(Exit::Fine)
}

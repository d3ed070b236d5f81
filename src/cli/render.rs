//! `liftgate render`.

use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::output::Output;
use super::{Exit, MappingArg, check, test};
use crate::file;

const AFTER_HELP: &str = "\
Examples:
  liftgate render policies/acme           write policies/acme/spacelift/login.rego
  liftgate render policies/acme --print   to standard output instead
  liftgate render policies/acme --check   exit 3 unless the written file is current";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct RenderArgs {
    #[command(flatten)]
    mapping: MappingArg,
    /// Write to standard output instead of the file.
    #[arg(long, conflicts_with = "check")]
    print: bool,
    /// Write nothing; say whether the file is current.
    #[arg(long)]
    check: bool,
}

pub fn run(args: &RenderArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    test::cross_check(&compiled)?;
    let path = project.rendered_path();
    if args.print {
        if output.is_json() {
            output.json(Exit::Fine, json!({ "text": compiled.text }));
        } else {
            output.raw(&compiled.text);
        }
        return Ok(Exit::Fine);
    }
    let current = is_current(&path, &compiled.text)?;
    let shown = crate::report::visible::path(&path);
    let (exit, what) = match (args.check, current) {
        (_, true) => (Exit::Fine, "current"),
        (true, false) => (Exit::Findings, "stale"),
        (false, false) => {
            file::write(&path, &compiled.text)
                .with_context(|| format!("`{shown}` could not be written"))?;
            (Exit::Fine, "written")
        }
    };
    match what {
        "stale" => output.tell(&format!("error: {shown} is not what the mapping renders to\n  help: run `liftgate render {}` and commit the file", crate::report::visible::path(&args.mapping.path))),
        "written" => output.say(&format!("wrote {shown}")),
        _ => output.say(&format!("{shown} is current")),
    }
    output.json(exit, json!({ "path": path, "state": what }));
    Ok(exit)
}

fn is_current(path: &Path, text: &str) -> anyhow::Result<bool> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes == text.as_bytes()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error)
            .with_context(|| format!("`{}` could not be read", crate::report::visible::path(path))),
    }
}

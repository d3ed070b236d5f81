//! `liftgate render`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Map, Value, json};

use super::output::Output;
use super::{Exit, MappingArg, check, test};
use crate::file;
use crate::project::{Compiled, Project, RENDERED_ACCESS};
use crate::report::visible;

const AFTER_HELP: &str = "\
Each entry of stack_access is a policy of its own, written to access/NAME/spacelift/access.rego beside it.

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
    let texts = std::iter::once((project.rendered_path(), compiled.text.as_str()));
    let access = compiled.access.iter();
    let access = access.map(|one| {
        let path = project.rendered_access_path(&one.policy.entry);
        (path, one.text.as_str())
    });
    let texts: Vec<(PathBuf, &str)> = texts.chain(access).collect();
    if args.print {
        if output.is_json() {
            let access: Map<String, Value> = compiled
                .access
                .iter()
                .map(|one| (one.policy.entry.clone(), json!(one.text)))
                .collect();
            output.json(
                Exit::Fine,
                json!({ "text": compiled.text, "access": access }),
            );
        } else {
            let all: Vec<&str> = texts.iter().map(|(_, text)| *text).collect();
            output.raw(&all.join("\n"));
        }
        return Ok(Exit::Fine);
    }
    let gone = leftovers(&project, &compiled)?;
    let mut files = Vec::new();
    for (path, text) in &texts {
        let what = match (args.check, is_current(path, text)?) {
            (_, true) => "current",
            (true, false) => "stale",
            (false, false) => "written",
        };
        files.push((path, *text, what));
    }
    // Nothing is written where something could not even be read.
    for (path, text, what) in &files {
        let shown = visible::path(path);
        match *what {
            "stale" => output.tell(&format!(
                "error: {shown} is not what the mapping renders to\n  help: run `liftgate render {}` and commit the file",
                visible::path(&args.mapping.path)
            )),
            "written" => {
                file::write(path, text)
                    .with_context(|| format!("`{shown}` could not be written"))?;
                output.say(&format!("wrote {shown}"));
            }
            _ => output.say(&format!("{shown} is current")),
        }
    }
    for path in &gone {
        output.tell(&format!(
            "{}: {} is of no entry of `stack_access`\n  help: remove it",
            if args.check { "error" } else { "warning" },
            visible::path(path)
        ));
    }
    let stale = files.iter().any(|(_, _, what)| *what == "stale") || !gone.is_empty();
    let exit = if args.check && stale {
        Exit::Findings
    } else {
        Exit::Fine
    };
    let (path, _, what) = files.first().context("there is always a login policy")?;
    let access: Vec<Value> = files
        .iter()
        .skip(1)
        .map(|(path, _, what)| json!({ "path": path, "state": what }))
        .collect();
    output.json(
        exit,
        json!({ "path": path, "state": what, "access": access, "leftover": gone }),
    );
    Ok(exit)
}

/// Access policies that were rendered for an entry which the mapping no longer has.
fn leftovers(project: &Project, compiled: &Compiled) -> anyhow::Result<Vec<PathBuf>> {
    let folder = project.folder.join(RENDERED_ACCESS);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(error)
                .with_context(|| format!("`{}` could not be read", visible::path(&folder)));
        }
    };
    let mut gone = Vec::new();
    for entry in entries {
        let entry =
            entry.with_context(|| format!("`{}` could not be read", visible::path(&folder)))?;
        let name = entry.file_name();
        let is_known = compiled
            .access
            .iter()
            .any(|one| name == one.policy.entry.as_str());
        let path = entry.path().join("spacelift/access.rego");
        if !is_known && path.is_file() {
            gone.push(path);
        }
    }
    gone.sort();
    Ok(gone)
}

fn is_current(path: &Path, text: &str) -> anyhow::Result<bool> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes == text.as_bytes()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => {
            Err(error).with_context(|| format!("`{}` could not be read", visible::path(path)))
        }
    }
}

//! `liftgate import`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde_json::json;

use super::Exit;
use super::account::{self, AccountArgs};
use super::output::{Failure, Output};
use crate::file;
use crate::import::{self, Found, Kind};
use crate::project::{Choices, MAPPING, Project};
use crate::report::{self, visible};
use crate::source::{Alone, Disk, Files as _};

const AFTER_HELP: &str = "\
Reads an account, or what Terraform made of one, and writes the mapping that says what it says: spaces, roles, groups, API keys, and who holds what. Nothing is
changed in the account, and no file is overwritten. What could not be seen, and what is left, is listed and stands at the end of
the mapping. Its login policies are written beside it, for `compare`.
Exit 0 says that nothing is left, exit 5 that something is.

Examples:
  liftgate import --out policies/new                              from the credentials' account
  liftgate import --out policies/new --sandbox target/acme.json   from an account in a file
  liftgate import --stdout --sandbox target/acme.json             to look at
  liftgate import --out policies/new --terraform state.json       from what Terraform made";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ImportArgs {
    /// The folder to write into; it is made if it does not exist.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    out: PathBuf,
    /// Write the mapping to standard output and no file at all.
    #[arg(long, conflicts_with = "out")]
    stdout: bool,
    /// Read Terraform's state or plan instead of an account: what `terraform show -json` prints.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sandbox", "ca_bundle"])]
    terraform: Option<PathBuf>,
    #[command(flatten)]
    account: AccountArgs,
}

pub fn run(args: &ImportArgs, output: &Output) -> anyhow::Result<Exit> {
    // Before anything is asked: somebody may have to choose another folder.
    let path = args
        .out
        .strip_prefix(".")
        .unwrap_or(&args.out)
        .join(MAPPING);
    if !args.stdout && path.symlink_metadata().is_ok() {
        return Err(taken(&path));
    }
    let found = found(args)?;
    let text = import::text(&found);
    if !is_sound(&text, output) {
        return Ok(Exit::Disagrees);
    }
    let wrote = if args.stdout {
        if !output.is_json() {
            output.raw(&text);
        }
        Vec::new()
    } else {
        write(&args.out, &text, &found)?
    };
    let said = report::import::human(&found, &wrote);
    if args.stdout {
        output.tell(&said);
    } else {
        output.say(&said);
    }
    let exit = if found.remarks(Kind::Left).next().is_some() {
        Exit::Pending
    } else {
        Exit::Fine
    };
    output.json(
        exit,
        json!({"wrote": wrote, "mapping": text, "unseen": found.remarks(Kind::Unseen).collect::<Vec<_>>(), "left": found.remarks(Kind::Left).collect::<Vec<_>>()}),
    );
    Ok(exit)
}

fn found(args: &ImportArgs) -> anyhow::Result<Found> {
    let Some(file) = &args.terraform else {
        let connected = args.account.connect_to_existing()?;
        return import::account::read(&connected.reader)
            .map_err(|error| account::explained(&error));
    };
    let text = text_of(file, import::terraform::MAX_BYTES)?;
    import::terraform::read(&text).map_err(|error| {
        anyhow!(Failure {
            message: format!("{} cannot be read: {}", visible::path(file), error.message),
            help: error.help,
        })
    })
}

/// The text of a file that is no part of a mapping.
fn text_of(file: &Path, limit: usize) -> anyhow::Result<String> {
    let name = visible::path(file);
    let bytes = Disk
        .bytes(file, limit)
        .map_err(|refusal| anyhow!("{name} cannot be read: {}", refusal.message))?;
    String::from_utf8(bytes).map_err(|_| anyhow!("{name} cannot be read: it is not UTF-8"))
}

/// Whether the text is a mapping without errors. It always is; if not, nothing may be written.
fn is_sound(text: &str, output: &Output) -> bool {
    let alone = Alone {
        name: MAPPING,
        text: text.to_string(),
    };
    let project = Project::load_from(&alone, Path::new(""), &Choices::default());
    if project.compiled.is_some() {
        return true;
    }
    output.findings(&project.sources, &project.diagnostics);
    output.tell("error: what was made is no sound mapping, and nothing was written\n  help: this is worth a bug report");
    let findings = report::diagnostics::findings(&project.sources, &project.diagnostics);
    output.json(
        Exit::Disagrees,
        json!({"diagnostics": findings, "mapping": text}),
    );
    false
}

/// The mapping, and login policies beside it. What is there already is not touched.
fn write(folder: &Path, text: &str, found: &Found) -> anyhow::Result<Vec<PathBuf>> {
    // `.` adds nothing to a path that is shown.
    let folder = folder.strip_prefix(".").unwrap_or(folder);
    let policies = import::files(found);
    let all: Vec<(PathBuf, &str)> = policies
        .iter()
        .map(|(name, text)| (folder.join(name), *text))
        .chain([(folder.join(MAPPING), text)])
        .collect();
    if let Some((path, _)) = all.iter().find(|(path, _)| path.symlink_metadata().is_ok()) {
        return Err(taken(path));
    }
    // The mapping comes last: a folder with one is whole.
    for (path, text) in &all {
        write_new(path, text)?;
    }
    Ok(all.into_iter().rev().map(|(path, _)| path).collect())
}

fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    match file::write_new(path, text) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(taken(path)),
        written => {
            written.with_context(|| format!("`{}` could not be written", visible::path(path)))
        }
    }
}

fn taken(path: &Path) -> anyhow::Error {
    anyhow!(Failure {
        message: format!("`{}` is there already", visible::path(path)),
        help: "name another folder with `--out`, or look at the mapping with `--stdout`"
            .to_string(),
    })
}

//! `liftgate import`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde_json::json;

use super::account::{self, AccountArgs};
use super::output::{Failure, Output};
use super::{Exit, compare};
use crate::compare::{Text, dialect_of};
use crate::evaluate::EvaluateError;
use crate::file;
use crate::import::policy::{Imported, Part};
use crate::import::proof::Proof;
use crate::import::rego::Known;
use crate::import::{self, Found, Kind};
use crate::model::Dialect;
use crate::project::{Choices, Compiled, MAPPING, Project};
use crate::report::{self, visible};
use crate::source::{Alone, Disk, Files as _, MAX_FILE};

const AFTER_HELP: &str = "\
Reads an account, what Terraform made of one, or a login policy, and writes the mapping that says what it says: spaces, roles, groups, API keys, and who holds what. Nothing is \
changed in the account, and no file is overwritten. What could not be seen, and what is left, is listed and stands at the end of \
the mapping. The one login policy of an account, or of Terraform, is made part of it and asked the same as the mapping; policies that \
somebody else wrote are written beside it, for `compare`. \
Exit 0 says that nothing is left, exit 5 that something is, or that a policy decides otherwise than the mapping made of it.

Examples:
  liftgate import --out policies/new                              from the credentials' account
  liftgate import --out policies/new --sandbox target/acme.json   from an account in a file
  liftgate import --stdout --sandbox target/acme.json             to look at
  liftgate import --out policies/new --terraform state.json       from what Terraform made
  liftgate import --out policies/new --rego old.rego              from a login policy, with proof";

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
    /// Read a login policy instead, and prove what is made of it: both are asked the same.
    #[arg(long, value_name = "OLD.rego", conflicts_with_all = ["sandbox", "ca_bundle", "terraform"])]
    rego: Option<PathBuf>,
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
    let (found, old) = found(args)?;
    let text = import::text(&found);
    if text.len() > MAX_FILE {
        return too_large(args, &found, &text, output);
    }
    let Some(made) = made(found, output) else {
        return Ok(Exit::Disagrees);
    };
    // Before anything is written: a policy that cannot be asked is said to be one, and nothing is left behind.
    let Some((made, proof)) = proved(made, old, output)? else {
        return Ok(Exit::Disagrees);
    };
    let Made { found, text, .. } = made;
    let wrote = if args.stdout {
        if !output.is_json() {
            output.raw(&text);
        }
        Vec::new()
    } else {
        write(&args.out, &text, &found)?
    };
    let shown = proof.as_ref().map(|(name, proof)| (name.as_str(), proof));
    let said = report::import::human(&found, &wrote, shown);
    let proof = proof.map(|(_, proof)| proof);
    if args.stdout {
        output.tell(&said);
    } else {
        output.say(&said);
    }
    let is_whole = found.remarks(Kind::Left).next().is_none();
    let exit = if is_whole && proof.as_ref().is_none_or(Proof::holds) {
        Exit::Fine
    } else {
        Exit::Pending
    };
    output.json(
        exit,
        json!({"wrote": wrote, "mapping": text, "proof": proof, "unseen": found.remarks(Kind::Unseen).collect::<Vec<_>>(), "left": found.remarks(Kind::Left).collect::<Vec<_>>()}),
    );
    Ok(exit)
}

/// A mapping that no file holds is printed for whoever asks for that, and written for nobody: it cannot be read again, and so not
/// be checked.
fn too_large(
    args: &ImportArgs,
    found: &Found,
    text: &str,
    output: &Output,
) -> anyhow::Result<Exit> {
    let message = format!(
        "the mapping has {} bytes, and a file of a mapping {MAX_FILE} at most",
        text.len()
    );
    let split = "move groups and grants into files of their own, and name those under `include`";
    if !args.stdout {
        return Err(anyhow!(Failure {
            message: format!("{message}: nothing was written"),
            help: format!("`--stdout` prints it, unchecked; {split}"),
        }));
    }
    if !output.is_json() {
        output.raw(text);
    }
    output.tell(&report::import::human(found, &[], None));
    output.tell(&format!(
        "warning: {message}: it was not checked\n  help: {split}"
    ));
    output.json(
        Exit::Pending,
        json!({"wrote": [], "mapping": text, "too_large": message, "proof": null, "unseen": found.remarks(Kind::Unseen).collect::<Vec<_>>(), "left": found.remarks(Kind::Left).collect::<Vec<_>>()}),
    );
    Ok(Exit::Pending)
}

/// A policy that the mapping was made of.
enum Old {
    /// In a file, which is all that there is.
    File {
        name: String,
        text: String,
        dialect: Dialect,
    },
    /// Found beside other things.
    Part(Box<Part>),
}

impl From<Imported> for (Found, Option<Old>) {
    fn from(Imported { found, policy }: Imported) -> Self {
        (found, policy.map(|part| Old::Part(Box::new(part))))
    }
}

fn found(args: &ImportArgs) -> anyhow::Result<(Found, Option<Old>)> {
    let decide = account::foreign()?;
    if let Some(file) = &args.terraform {
        let text = text_of(file, import::terraform::MAX_BYTES)?;
        let imported = import::terraform::read(&text, &decide).map_err(|error| {
            anyhow!(Failure {
                message: format!("{} cannot be read: {}", visible::path(file), error.message),
                help: error.help,
            })
        })?;
        return Ok(imported.into());
    }
    if let Some(file) = &args.rego {
        let name = visible::path(file);
        let text = text_of(file, MAX_FILE)?;
        // Another process reads it first, under a limit of time: what that cannot read is not read here.
        let dialect = dialect_of(&text, &decide).map_err(|error| compare::broken(&name, &error))?;
        if import::rego::is_access(&text, dialect) {
            return Err(anyhow!(Failure {
                message: format!("{name} is an access policy, and no login policy"),
                help: "whom it lets read and write a stack is said by `stack_access` where an installation still evaluates access policies, and by grants on spaces elsewhere: `policies/stacks-…` and `policies/migrate-…` have each published one in both forms".to_string(),
            }));
        }
        let mut found = Found {
            source: format!("the login policy in {name}"),
            ..Found::default()
        };
        import::rego::read(&text, dialect, &Known::default(), &mut found)
            .map_err(|error| anyhow!("{name} cannot be read: {error}"))?;
        let old = Old::File {
            name,
            text,
            dialect,
        };
        return Ok((found, Some(old)));
    }
    let connected = args.account.connect_to_existing()?;
    let imported = import::account::read(&connected.reader, &decide)
        .map_err(|error| account::explained(&error))?;
    Ok(imported.into())
}

/// A mapping, and what it was made of.
struct Made {
    found: Found,
    text: String,
    compiled: Compiled,
}

fn made(found: Found, output: &Output) -> Option<Made> {
    let text = import::text(&found);
    let compiled = compiled(&text, output)?;
    Some(Made {
        found,
        text,
        compiled,
    })
}

/// The mapping, with its proof and what it was held against. Where a policy that was found beside other things cannot be asked,
/// the mapping of the other things; nothing where that is none.
#[allow(clippy::type_complexity)] // said above
fn proved(
    made: Made,
    old: Option<Old>,
    output: &Output,
) -> anyhow::Result<Option<(Made, Option<(String, Proof)>)>> {
    match old {
        None => Ok(Some((made, None))),
        Some(Old::File {
            name,
            text,
            dialect,
        }) => {
            let proof = prove(&text, dialect, &made)?;
            let proof = proof.map_err(|error| compare::broken(&name, &error))?;
            Ok(Some((made, Some((name, proof)))))
        }
        Some(Old::Part(part)) => match prove(&part.text, part.dialect, &made)? {
            Ok(proof) => {
                let name = format!("the login policy `{}`", visible::visible(&part.name));
                Ok(Some((made, Some((name, proof)))))
            }
            Err(error) => Ok(self::made(part.without(&error), output).map(|made| (made, None))),
        },
    }
}

fn prove(
    text: &str,
    dialect: Dialect,
    made: &Made,
) -> anyhow::Result<Result<Proof, EvaluateError>> {
    let asked = import::proof::edges(text, &made.compiled, &made.found);
    let old = Text { text, dialect };
    let decide = account::foreign()?;
    Ok(import::proof::prove(old, &made.compiled, asked, &decide))
}

/// The text of a file that is no part of a mapping.
fn text_of(file: &Path, limit: usize) -> anyhow::Result<String> {
    let name = visible::path(file);
    let bytes = Disk
        .bytes(file, limit)
        .map_err(|refusal| anyhow!("{name} cannot be read: {}", refusal.message))?;
    String::from_utf8(bytes).map_err(|_| anyhow!("{name} cannot be read: it is not UTF-8"))
}

/// The mapping, checked. It always is one without errors; if not, nothing may be written.
fn compiled(text: &str, output: &Output) -> Option<Compiled> {
    let alone = Alone {
        name: MAPPING,
        text: text.to_string(),
    };
    let project = Project::load_from(&alone, Path::new(""), &Choices::default());
    if project.compiled.is_some() {
        return project.compiled;
    }
    output.findings(&project.sources, &project.diagnostics);
    output.tell("error: what was made is no sound mapping, and nothing was written\n  help: this is worth a bug report");
    let findings = report::diagnostics::findings(&project.sources, &project.diagnostics);
    output.json(
        Exit::Disagrees,
        json!({"diagnostics": findings, "mapping": text}),
    );
    None
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

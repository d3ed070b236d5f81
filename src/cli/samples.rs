//! `liftgate samples`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use serde_json::json;

use super::account::{self, AccountArgs};
use super::output::{Failure, Output};
use super::progress::Line;
use super::{Exit, MappingArg, check};
use crate::file;
use crate::plan::{Progress as _, Samples, digest};
use crate::project::Project;
use crate::report::counts::number;
use crate::report::visible;
use crate::samples::{Archive, FILE, FOLDER, KEY, Key, KeyError, MAX_BYTES, Mask, pull};

const AFTER_HELP: &str = "\
Spacelift keeps the last hundred inputs of a login policy, for a week. What is pulled is kept for as long as you like, in \
samples/login.jsonl beside the mapping. A plan runs it through the live policy and the new one, and counts the people in it. With \
`sample: all` in the mapping, the policy records every sign-in.

Examples:
  liftgate samples pull policies/acme                              from the credentials' account
  liftgate samples pull policies/acme --sandbox target/acme.json   from an account in a file";

const PULL_HELP: &str = "\
Logins, names, addresses and groups that the mapping does not speak of are replaced, with a key that stays on this machine; every \
policy of the mapping decides what is left as it decided the original. The key is made with the first pull, readable by its owner \
alone, and refused where git would take it. Whoever else pulls into the same archive needs the same key.

Examples:
  liftgate samples pull policies/acme                      from the credentials' account
  liftgate samples pull --sandbox acme.json                from an account in a file
  liftgate samples pull --sandbox acme.json --keep 90      forget what is older than 90 days";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, arg_required_else_help = true)]
pub struct SamplesArgs {
    #[command(subcommand)]
    command: SamplesCommand,
}

#[derive(Debug, Subcommand)]
enum SamplesCommand {
    /// Add what the account has recorded of its login policies to the archive, without the people in it.
    Pull(PullArgs),
}

#[derive(Debug, Args)]
#[command(after_help = PULL_HELP)]
struct PullArgs {
    #[command(flatten)]
    mapping: MappingArg,
    #[command(flatten)]
    account: AccountArgs,
    /// The archive's folder; without this, samples beside the mapping.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// The key's file; without this, key in the archive's folder.
    #[arg(long, value_name = "FILE", env = "LIFTGATE_SAMPLES_KEY_FILE")]
    key: Option<PathBuf>,
    /// Forget samples that are older than so many days.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
}

/// Which archive a plan replays.
#[derive(Debug, Clone, Default, Args)]
pub struct ReplayArgs {
    /// The archive of recorded inputs, a folder; without this, samples beside the mapping, if there is one.
    #[arg(long, value_name = "FOLDER")]
    pub samples: Option<PathBuf>,
    /// The key of its pseudonyms; without this, key in the archive's folder, if it is there.
    #[arg(long, value_name = "FILE", env = "LIFTGATE_SAMPLES_KEY_FILE")]
    pub key: Option<PathBuf>,
}

/// An archive, to be replayed.
pub struct Loaded {
    archive: Archive,
    key: Option<Key>,
    /// The digest of the file.
    digest: String,
    /// Whether names are shown that the key can tell.
    pub reveal: bool,
}

impl Loaded {
    /// For a plan.
    pub fn samples(&self) -> Samples<'_> {
        Samples {
            archive: &self.archive,
            key: self.key.as_ref(),
            reveal: self.reveal,
        }
    }

    /// Whether the key is there.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// What a plan with it was made of.
    pub fn evidence(&self) -> [(&'static str, String); 2] {
        let key = if self.key.is_some() {
            "there"
        } else {
            "not there"
        };
        [("archive", self.digest.clone()), ("key", key.to_string())]
    }
}

/// Reads the archive, if there is one, and its key, if that is there.
pub fn load(args: &ReplayArgs, project: &Project) -> anyhow::Result<Option<Loaded>> {
    let folder = match &args.samples {
        Some(folder) => folder.clone(),
        None => project.folder.join(FOLDER),
    };
    let path = folder.join(FILE);
    let Some((archive, digest)) = read(&path)? else {
        if args.samples.is_some() {
            return Err(anyhow!(Failure {
                message: format!("there is no archive `{}`", visible::path(&path)),
                help: "`liftgate samples pull --out FOLDER` makes one".to_string(),
            }));
        }
        return Ok(None);
    };
    let key = match &args.key {
        Some(path) => Some(path.clone()),
        None => Some(folder.join(KEY)).filter(|path| path.exists()),
    };
    let key = key.map(|path| Key::open(&path)).transpose();
    let key = key.map_err(|error| unusable(&error))?;
    if key
        .as_ref()
        .is_some_and(|key| Some(key.name()) != archive.key)
        && !archive.is_empty()
    {
        return Err(other_key(
            &path,
            "name the right one with `--key`, or plan without a key",
        ));
    }
    Ok(Some(Loaded {
        archive,
        key,
        digest,
        reveal: false,
    }))
}

fn other_key(path: &Path, help: &str) -> anyhow::Error {
    anyhow!(Failure {
        message: format!(
            "the archive `{}` was made with another key",
            visible::path(path)
        ),
        help: help.to_string(),
    })
}

pub fn run(args: &SamplesArgs, output: &Output) -> anyhow::Result<Exit> {
    let SamplesCommand::Pull(args) = &args.command;
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    let folder = match &args.out {
        Some(folder) => folder.clone(),
        None => project.folder.join(FOLDER),
    };
    let path = folder.join(FILE);
    let mut archive = read(&path)?.unwrap_or_default().0;
    let key = key(args, &folder)?;
    let mine = key.name();
    if archive.key.as_ref().is_some_and(|other| *other != mine) {
        return Err(other_key(
            &path,
            "use the key that it was made with (`--key`), or write to another folder (`--out`)",
        ));
    }
    archive.key = Some(mine);
    let connected = args.account.connect(&compiled.model)?;
    let mask = Mask::new(&compiled.model, &key);
    let line = Line::on_terminal();
    let mut progress = |at: usize, of: usize| line.at("asked for input", at, of);
    let pulled = pull::pull(&connected.reader, &mask, &mut archive, &mut progress)
        .map_err(|error| account::explained(&error))?;
    line.clear();
    let forgotten = args.keep.map_or(0, |days| {
        let oldest = jiff::Timestamp::now().as_second() - i64::from(days) * 24 * 3600;
        archive.forget_before(oldest)
    });
    let shown = visible::path(&path);
    let text = archive.text();
    let is_new = std::fs::read(&path).map_or(true, |bytes| bytes != text.as_bytes());
    if is_new {
        file::write(&path, &text).with_context(|| format!("`{shown}` could not be written"))?;
    }
    output.say(&format!(
        "{} recorded by {} login {} in {}: {} new, {} known already",
        number(pulled.recorded, "input"),
        pulled.policies.len(),
        if pulled.policies.len() == 1 {
            "policy"
        } else {
            "policies"
        },
        connected.label,
        pulled.added,
        pulled.known,
    ));
    for (count, words) in [
        (pulled.gone, "no longer kept by the account"),
        (pulled.unreadable, "not JSON, and left out"),
        (forgotten, "too old, and forgotten"),
        (
            pulled.kept_logins,
            "kept their logins, since the mapping decides no pseudonym alike",
        ),
    ] {
        if count > 0 {
            output.say(&format!("{count} {words}"));
        }
    }
    if pulled.unsupported {
        output.tell("warning: the installation does not list what it records");
    } else if pulled.recorded == 0 {
        output.tell("warning: nothing is recorded\n  help: write `sample: all` in the mapping and push, so that the policy records every sign-in");
    }
    let state = if is_new { "written" } else { "current" };
    output.say(&format!(
        "{shown} {} {}",
        if is_new { "holds" } else { "is current with" },
        number(archive.len(), "sample")
    ));
    output.json(
        Exit::Fine,
        json!({"path": path, "state": state, "samples": archive.len(), "pulled": pulled, "forgotten": forgotten}),
    );
    Ok(Exit::Fine)
}

/// Reads an archive, if there is one, and the digest of its text.
fn read(path: &Path) -> anyhow::Result<Option<(Archive, String)>> {
    let shown = visible::path(path);
    let mut text = String::new();
    let opened = std::fs::File::open(path);
    match opened.and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text)) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("`{shown}` could not be read"));
        }
    };
    if text.len() as u64 > MAX_BYTES {
        return Err(anyhow!(Failure {
            message: format!("the archive `{shown}` is larger than {} MiB", MAX_BYTES >> 20),
            help: "forget what is old with `liftgate samples pull --keep DAYS`, into another folder (`--out`)".to_string(),
        }));
    }
    let archive = Archive::read(&text).map_err(|error| {
        anyhow!(Failure {
            message: format!("{shown}:{}: {}", error.line, error.message),
            help: "restore the file, or remove it and pull anew".to_string(),
        })
    })?;
    Ok(Some((archive, digest(text.as_bytes()))))
}

fn key(args: &PullArgs, folder: &Path) -> anyhow::Result<Key> {
    let path = args.key.clone().unwrap_or_else(|| folder.join(KEY));
    if args.key.is_none() {
        // So that git does not take the key that is about to lie there.
        let ignore = folder.join(".gitignore");
        if !ignore.exists() {
            file::write_new(&ignore, &format!("/{KEY}\n"))
                .with_context(|| format!("`{}` could not be written", visible::path(&ignore)))?;
        }
    }
    Key::open_or_make(&path).map_err(|error| unusable(&error))
}

/// Why a key cannot be used, with its help apart.
fn unusable(error: &KeyError) -> anyhow::Error {
    anyhow!(Failure {
        message: error.to_string(),
        help: error.hint().to_string(),
    })
}

//! `liftgate init`.

use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::Exit;
use super::output::Output;
use crate::file;

const AFTER_HELP: &str = "\
Examples:
  liftgate init                  in this folder
  liftgate init --ci gitlab      with a pipeline for GitLab instead of a workflow for GitHub
  liftgate init policies/acme    in another";

/// The starter's files, by their path in the folder.
const FILES: [(&str, &str); 2] = [
    (
        "access.yaml",
        include_str!("../../templates/init/access.yaml"),
    ),
    (
        "fixtures.yaml",
        include_str!("../../templates/init/fixtures.yaml"),
    ),
];

/// The services that there is a path from a pull request to a push for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ci {
    Github,
    Gitlab,
    None,
}

impl Ci {
    /// The file to write, which installs the release that wrote it.
    fn file(self) -> Option<(&'static str, String)> {
        let (name, text) = match self {
            Self::Github => (
                ".github/workflows/liftgate.yml",
                include_str!("../../templates/ci/github.yml"),
            ),
            Self::Gitlab => (
                ".gitlab-ci.yml",
                include_str!("../../templates/ci/gitlab.yml"),
            ),
            Self::None => return None,
        };
        let release = concat!("liftgate@", env!("CARGO_PKG_VERSION"));
        Some((name, text.replace("liftgate@VERSION", release)))
    }
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct InitArgs {
    /// The folder.
    #[arg(default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,
    /// What takes a change from a pull request to the account.
    #[arg(long, value_enum, default_value_t = Ci::Github)]
    ci: Ci,
}

pub fn run(args: &InitArgs, output: &Output) -> anyhow::Result<Exit> {
    let (mut wrote, mut kept) = (Vec::new(), Vec::new());
    let files = FILES.map(|(name, text)| (name, text.to_string()));
    for (name, text) in files.into_iter().chain(args.ci.file()) {
        let path = args.folder.join(name);
        match file::write_new(&path, &text) {
            Ok(()) => {
                output.say(&format!("wrote {}", crate::report::visible::path(&path)));
                wrote.push(path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                output.say(&format!(
                    "kept  {}, which is there already",
                    crate::report::visible::path(&path)
                ));
                kept.push(path);
            }
            Err(error) => {
                return Err(error).with_context(|| {
                    format!(
                        "`{}` could not be written",
                        crate::report::visible::path(&path)
                    )
                });
            }
        }
    }
    if !wrote.is_empty() {
        let folder = crate::report::visible::path(&args.folder);
        output.say(&format!("\nnext: put your spaces and groups into access.yaml, then\n  liftgate test {folder}\n  liftgate render {folder}\n  liftgate push {folder} --sandbox account.json"));
    }
    output.json(Exit::Fine, json!({"wrote": wrote, "kept": kept}));
    Ok(Exit::Fine)
}

//! `liftgate init`.

use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::Exit;
use super::output::Output;
use crate::file;

const AFTER_HELP: &str = "\
Examples:
  liftgate init                  in this folder
  liftgate init policies/acme    in another";

/// The starter's files, by their path in the folder.
const FILES: [(&str, &str); 3] = [
    (
        "access.yaml",
        include_str!("../../templates/init/access.yaml"),
    ),
    (
        "fixtures.yaml",
        include_str!("../../templates/init/fixtures.yaml"),
    ),
    (
        ".github/workflows/liftgate.yml",
        include_str!("../../templates/init/workflow.yml"),
    ),
];

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct InitArgs {
    /// The folder.
    #[arg(default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,
}

pub fn run(args: &InitArgs, output: &Output) -> anyhow::Result<Exit> {
    let (mut wrote, mut kept) = (Vec::new(), Vec::new());
    for (name, text) in FILES {
        let path = args.folder.join(name);
        match file::write_new(&path, text) {
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
        output.say(&format!("\nnext: put your spaces and groups into access.yaml, then\n  liftgate test {folder}\n  liftgate push {folder} --sandbox account.json"));
    }
    output.json(Exit::Fine, json!({"wrote": wrote, "kept": kept}));
    Ok(Exit::Fine)
}

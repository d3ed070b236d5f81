//! `liftgate man`.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};
use clap_mangen::Man;

use super::output::Output;
use super::{Cli, Exit};

const AFTER_HELP: &str = "\
Examples:
  liftgate man > liftgate.1
  liftgate man --folder man/man1   a page for each command, too";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ManArgs {
    /// Write the page of each command into this folder.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub fn run(args: &ManArgs, output: &Output) -> anyhow::Result<Exit> {
    let mut command = Cli::command();
    command.build();
    let mut pages = vec![("liftgate.1".to_owned(), page(command.clone())?)];
    if let Some(folder) = &args.folder {
        for command in command.get_subcommands().filter(|one| !one.is_hide_set()) {
            let name = format!("liftgate-{}", command.get_name());
            let text = page(command.clone().name(name.clone()))?;
            pages.push((format!("{name}.1"), text));
        }
        for (name, text) in &pages {
            output.file(&folder.join(name), text)?;
        }
        let names: Vec<&String> = pages.iter().map(|(name, _)| name).collect();
        output.say(&format!(
            "{} pages in {}",
            names.len(),
            crate::report::visible::path(folder)
        ));
        output.json(Exit::Fine, serde_json::json!({ "pages": names }));
    } else if let Some((_, text)) = pages.first() {
        if output.is_json() {
            output.json(Exit::Fine, serde_json::json!({ "page": text }));
        } else {
            output.raw(text);
        }
    }
    Ok(Exit::Fine)
}

/// A page of the manual, in roff.
fn page(command: clap::Command) -> anyhow::Result<String> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

//! `liftgate man`.

use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{Args, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

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
        below(&command, "liftgate", &mut pages)?;
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

/// The pages of the commands below a command, and of those below them.
fn below(
    command: &clap::Command,
    name: &str,
    pages: &mut Vec<(String, String)>,
) -> anyhow::Result<()> {
    for command in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        // Its help is the page above it.
        if name != "liftgate" && command.get_name() == "help" {
            continue;
        }
        let name = format!("{name}-{}", command.get_name());
        let text = page(command.clone().name(name.clone()))?;
        pages.push((format!("{name}.1"), text));
        below(command, &name, pages)?;
    }
    Ok(())
}

/// A page of the manual, in roff. What a help says after its options has sections of its own here.
fn page(command: clap::Command) -> anyhow::Result<String> {
    let after = command.get_after_help().map(ToString::to_string);
    let mut page = Vec::new();
    Man::new(command.after_help(Resettable::Reset)).render(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    let notes = after.map(|text| notes(&text)).unwrap_or_default();
    // The version comes last.
    let at = page.rfind(".SH VERSION").unwrap_or(page.len());
    page.insert_str(at, &notes);
    Ok(page)
}

/// Paragraphs, examples with what each is for, and what else stands in columns.
fn notes(text: &str) -> String {
    let mut roff = Roff::new();
    let mut under = None;
    for line in text.lines() {
        if let Some(title) = line.strip_suffix(':').filter(|_| !line.starts_with(' ')) {
            let title = title.to_uppercase();
            roff.control("SH", [title.as_str()]);
            under = Some(title);
        } else if line.trim().is_empty() {
            roff.control("PP", []);
        } else if let Some(entry) = line.strip_prefix("  ") {
            if under.as_deref() == Some("EXAMPLES") {
                let (command, what) = entry.split_once("  ").unwrap_or((entry, ""));
                roff.control("TP", []);
                roff.text([bold(command)]);
                roff.text([roman(what.trim())]);
            } else {
                roff.control("nf", [])
                    .text([roman(entry)])
                    .control("fi", []);
            }
        } else {
            if under.is_none() {
                roff.control("SH", ["NOTES"]);
                under = Some(String::new());
            }
            roff.text([roman(line)]);
        }
    }
    roff.to_roff()
}

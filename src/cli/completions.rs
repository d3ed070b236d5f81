//! `liftgate completions`.

use clap::Args;
use clap_complete::Shell;
use clap_complete::env::Shells;

use super::Exit;
use super::complete::VARIABLE;
use super::output::Output;

const AFTER_HELP: &str = "\
The script asks this program what to offer, so groups, spaces, roles and identities of the mapping at hand are among it. It \
belongs to this version: write it anew after an update, or when the shell starts.

Examples:
  liftgate completions bash > /etc/bash_completion.d/liftgate
  liftgate completions zsh > ~/.zfunc/_liftgate
  liftgate completions fish > ~/.config/fish/completions/liftgate.fish";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

pub fn run(args: &CompletionsArgs, output: &Output) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    if let Some(shell) = shells.completer(&args.shell.to_string()) {
        shell.write_registration(VARIABLE, "liftgate", "liftgate", "liftgate", &mut script)?;
    }
    let script = String::from_utf8_lossy(&script);
    if output.is_json() {
        output.json(Exit::Fine, serde_json::json!({ "script": script }));
    } else {
        output.raw(&script);
    }
    Ok(Exit::Fine)
}

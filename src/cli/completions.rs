//! `liftgate completions`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::output::Output;
use super::{Cli, Exit};

const AFTER_HELP: &str = "\
Examples:
  liftgate completions bash > /etc/bash_completion.d/liftgate
  liftgate completions zsh > ~/.zfunc/_liftgate";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

pub fn run(args: &CompletionsArgs, output: &Output) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "liftgate", &mut script);
    let script = String::from_utf8_lossy(&script);
    if output.is_json() {
        output.json(Exit::Fine, serde_json::json!({ "script": script }));
    } else {
        output.raw(&script);
    }
    Exit::Fine
}

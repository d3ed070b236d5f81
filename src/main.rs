//! The command line: parse, call, print the fatal error, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    liftgate::cli::main()
}

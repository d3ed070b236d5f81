//! The command line: arguments -> core -> report. Each command has a file of its own and decides nothing itself.

mod access;
mod account;
mod adopt;
mod approval;
mod bug;
mod check;
mod compare;
mod complete;
mod completions;
mod diff;
mod doctor;
mod drift;
mod edit;
mod eval;
mod expire;
#[cfg(test)]
mod faults;
mod history;
mod import;
mod init;
mod man;
mod names;
mod offboard;
mod output;
mod plan;
mod progress;
mod push;
mod render;
mod samples;
mod sandbox;
mod schema;
mod show;
mod test;
mod tree;
mod who;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use output::Output;

pub use bug::guarded;

macro_rules! exits {
    ($($variant:ident $code:literal $about:literal;)*) => {
        /// How a command ended; part of the interface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Exit {
            $(#[doc = $about] $variant = $code,)*
        }

        impl Exit {
            /// Every way there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// What it means, in a few words.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }
        }
    };
}

exits! {
    Fine 0 "all is well: nothing is to do, or it was done";
    Failed 1 "something outside the mapping failed: a file, the network, the account";
    Usage 2 "the command was not understood, or nobody agreed to a push";
    Findings 3 "findings in the mapping, or a rendered policy that is not current";
    TestFailed 4 "a fixture's test failed";
    Pending 5 "changes pending (`plan`), drift (`drift`), another decision (`compare`), something left (`import`), or somebody not known to be out (`offboard --verify`)";
    Refused 6 "refused by a guard, or somebody else changed the account meanwhile";
    Disagrees 7 "a decision came out in two ways: a mistake of liftgate's, and nothing was done";
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

const AFTER_HELP: &str = "\
Exit codes:
  0  fine               3  findings in the mapping   5  changes pending, drift
  1  something failed   4  a fixture's test failed   6  refused by a guard
  2  usage              7  a decision came out in two ways

Examples:
  liftgate init                                    write a first mapping, fixtures and a CI workflow
  liftgate check policies/acme                     read and check, no network, no secret
  liftgate test policies/acme                      run the fixtures against the rendered policy
  liftgate push policies/acme --sandbox acme.json  the whole job against an account in a file";

/// Spacelift access as code: who may do what, from a YAML mapping to a tested login policy.
#[derive(Debug, Parser)]
#[command(name = "liftgate", version, about, after_help = AFTER_HELP, arg_required_else_help = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    look: LookArgs,
}

#[derive(Debug, Clone, Args)]
struct LookArgs {
    /// How to report: for people, as one JSON object, or as annotations for GitHub.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// When to colour.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    color: Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read a mapping and its fixtures and report every error, without network or secrets.
    Check(check::CheckArgs),
    /// Write the login policy as Rego, or see whether the written one is current.
    Render(render::RenderArgs),
    /// Run the fixtures' tests against the rendered policy.
    Test(test::TestArgs),
    /// Decide one login, and say which lines of the mapping are behind it.
    Eval(eval::EvalArgs),
    /// Ask who can do something somewhere, and by which way.
    Who(who::WhoArgs),
    /// Ask what somebody can do, where, and by which way.
    Access(access::AccessArgs),
    /// Show the mapping in full, as it is compiled.
    Show(show::ShowArgs),
    /// Compare the mapping with an account: what would change, and who gains or loses what.
    Plan(plan::PlanArgs),
    /// Check, test, plan, show and apply.
    Push(push::PushArgs),
    /// Say what a change of a mapping means: two mappings, or one and how it was.
    Diff(diff::DiffArgs),
    /// Ask a login policy that is in use, and the mapping, the same: where do they decide differently?
    Compare(compare::CompareArgs),
    /// Compare what was pushed last with the account and the mapping: who changed what. For scheduled jobs.
    Drift(drift::DriftArgs),
    /// Let a live policy that was edited by hand be replaced: write its digest beside the mapping, for review.
    Adopt(adopt::AdoptArgs),
    /// See whether an account is what liftgate takes Spacelift to be; nothing is changed.
    Doctor(doctor::DoctorArgs),
    /// Refuse somebody who leaves: edit the mapping, and show what they lose and what they leave.
    Offboard(offboard::OffboardArgs),
    /// Remove grants, elevations and former values of groups that have ended from the mapping's files.
    Expire(expire::ExpireArgs),
    /// Keep what the account has recorded of its login policies, without the people in it.
    Samples(samples::SamplesArgs),
    /// Write a first mapping from what there is: an account, Terraform, or a login policy; nothing is overwritten.
    Import(import::ImportArgs),
    /// Write a first mapping, fixtures and a CI workflow; nothing is overwritten.
    Init(init::InitArgs),
    /// Serve a Spacelift-shaped account from a file, on this machine only.
    Sandbox(sandbox::SandboxArgs),
    /// Write the JSON Schema of mappings and fixtures, for editors.
    Schema(schema::SchemaArgs),
    /// Write a completion script for a shell.
    Completions(completions::CompletionsArgs),
    /// Write pages of the manual.
    Man(man::ManArgs),
    #[command(name = "evaluate-foreign", hide = true)]
    EvaluateForeign,
}

/// The mapping that a command is about.
#[derive(Debug, Clone, Args)]
struct MappingArg {
    /// A folder that holds access.yaml, or a mapping's file.
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
    #[command(flatten)]
    directory: DirectoryArg,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Who there is.
#[derive(Debug, Clone, Default, Args)]
struct DirectoryArg {
    /// The directory snapshot; without this, directory.json beside the mapping, if it is there.
    #[arg(long, value_name = "FILE")]
    directory: Option<PathBuf>,
}

impl MappingArg {
    fn choices(&self) -> crate::project::Choices {
        crate::project::Choices {
            max_policy_bytes: self.limits.max_policy_size,
            directory: self.directory.directory.clone(),
            ..crate::project::Choices::default()
        }
    }
}

/// What a mapping may cost.
#[derive(Debug, Clone, Args)]
struct LimitArgs {
    /// The largest policy to render: bytes, or a number with KiB or MiB.
    #[arg(long, value_name = "SIZE", default_value = "4MiB", value_parser = size, env = "LIFTGATE_MAX_POLICY_SIZE")]
    max_policy_size: usize,
}

impl Default for LimitArgs {
    fn default() -> Self {
        Self {
            max_policy_size: crate::project::MAX_POLICY_BYTES,
        }
    }
}

fn size(text: &str) -> Result<usize, String> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let factor = match unit {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        _ => return Err("write bytes, or a number with KiB or MiB, as in 4MiB".to_string()),
    };
    let number: usize = number
        .parse()
        .map_err(|_| "write a whole number first, as in 4MiB".to_string())?;
    number
        .checked_mul(factor)
        .ok_or_else(|| "that is more than any policy has".to_string())
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    guarded(run).into()
}

fn run() -> Exit {
    complete::answer();
    let cli = Cli::parse();
    let name = cli.command.name();
    let output = Output::new(name, cli.look.format, cli.look.color);
    let ended = match cli.command {
        Command::Check(args) => check::run(&args, &output),
        Command::Render(args) => render::run(&args, &output),
        Command::Test(args) => test::run(&args, &output),
        Command::Eval(args) => eval::run(&args, &output),
        Command::Who(args) => who::run(&args, &output),
        Command::Access(args) => access::run(&args, &output),
        Command::Show(args) => show::run(&args, &output),
        Command::Plan(args) => plan::run(&args, &output),
        Command::Push(args) => push::run(&args, &output),
        Command::Diff(args) => diff::run(&args, &output),
        Command::Compare(args) => compare::run(&args, &output),
        Command::Drift(args) => drift::run(&args, &output),
        Command::Adopt(args) => adopt::run(&args, &output),
        Command::Doctor(args) => doctor::run(&args, &output),
        Command::Offboard(args) => offboard::run(&args, &output),
        Command::Expire(args) => expire::run(&args, &output),
        Command::Samples(args) => samples::run(&args, &output),
        Command::Import(args) => import::run(&args, &output),
        Command::Init(args) => init::run(&args, &output),
        Command::Sandbox(args) => sandbox::run(&args, &output),
        Command::Schema(args) => schema::run(&args, &output),
        Command::Completions(args) => completions::run(&args, &output),
        Command::Man(args) => man::run(&args, &output),
        Command::EvaluateForeign => {
            crate::evaluate::limit::memory();
            crate::evaluate::foreign::serve(std::io::stdin(), std::io::stdout())
                .map(|()| Exit::Fine)
                .map_err(anyhow::Error::from)
        }
    };
    ended.unwrap_or_else(|error| output.failure(&error))
}

impl Command {
    fn name(&self) -> &'static str {
        match self {
            Self::Check(_) => "check",
            Self::Render(_) => "render",
            Self::Test(_) => "test",
            Self::Eval(_) => "eval",
            Self::Who(_) => "who",
            Self::Access(_) => "access",
            Self::Show(_) => "show",
            Self::Plan(_) => "plan",
            Self::Push(_) => "push",
            Self::Diff(_) => "diff",
            Self::Compare(_) => "compare",
            Self::Drift(_) => "drift",
            Self::Adopt(_) => "adopt",
            Self::Doctor(_) => "doctor",
            Self::Offboard(_) => "offboard",
            Self::Expire(_) => "expire",
            Self::Samples(_) => "samples",
            Self::Import(_) => "import",
            Self::Init(_) => "init",
            Self::Sandbox(_) => "sandbox",
            Self::Schema(_) => "schema",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
            Self::EvaluateForeign => "evaluate-foreign",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Cli::command().get_subcommands() {
            if command.is_hide_set() {
                continue;
            }
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                help.contains(&format!("liftgate {}", command.get_name())),
                "{} has no example",
                command.get_name()
            );
        }
    }
}

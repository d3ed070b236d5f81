//! `liftgate compare`.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::output::{Failure, Output};
use super::samples::{self, Loaded, ReplayArgs};
use super::{Exit, MappingArg, account, check, diff};
use crate::compare::{self, Text, dialect_of, edges};
use crate::evaluate::EvaluateError;
use crate::model::Dialect;
use crate::plan::{self, Probe};
use crate::project::Compiled;
use crate::report;
use crate::report::visible;
use crate::source::{Disk, Files as _};

const AFTER_HELP: &str = "\
Asks a login policy that is in use, and the mapping, the same inputs: those of the fixtures, everybody active in the directory \
snapshot, recorded ones where `liftgate samples pull` has kept some, and inputs made up around every value that either of them \
names. What they decide differently is shown as tests, the smallest input first, each with what the old policy decides: paste what is \
to stay so into the fixtures, and mend the mapping until it holds. The old policy runs in a process of its own, under limits of time \
and memory. What Spacelift's engine is known to answer otherwise than the one here is listed, and is never said to be equal. \
Exit 0 says that nothing differs, exit 5 that something does, exit 1 that it cannot be told.

Examples:
  liftgate compare old.rego policies/acme
  liftgate compare old.rego policies/acme --all        every way in which they differ
  liftgate compare old.rego policies/acme --rego v0    read so; else as v1 if it parses as that";

/// How many ways of differing are shown unless all are asked for.
const SHOWN: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Version {
    V0,
    V1,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CompareArgs {
    /// The text of the policy that is in use.
    #[arg(value_name = "OLD.rego")]
    old: PathBuf,
    #[command(flatten)]
    mapping: MappingArg,
    /// The version of Rego that it is in.
    #[arg(long, value_name = "VERSION")]
    rego: Option<Version>,
    #[command(flatten)]
    samples: ReplayArgs,
    /// Show every way in which decisions differ.
    #[arg(long)]
    all: bool,
}

pub fn run(args: &CompareArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    let name = visible::path(&args.old);
    let text = Disk
        .text(&args.old)
        .map_err(|error| anyhow!("{name} cannot be read: {error}"))?;
    let decide = account::foreign()?;
    let dialect = match args.rego {
        Some(Version::V0) => Dialect::V0,
        Some(Version::V1) => Dialect::V1,
        None => dialect_of(&text, &decide).map_err(|error| broken(&name, &error))?,
    };
    let samples = samples::load(&args.samples, &project)?;
    let asked = asked(&text, &compiled, samples.as_ref());
    let old = Text {
        text: &text,
        dialect,
    };
    let new = Text {
        text: &compiled.text,
        dialect: compiled.model.dialect,
    };
    let found =
        compare::compare(old, new, asked, &decide).map_err(|error| broken(&name, &error))?;
    let shown = if args.all { usize::MAX } else { SHOWN };
    output.say(&report::comparison::human(&found, &name, shown));
    let exit = if !found.differing.is_empty() {
        Exit::Pending
    } else if found.is_clean() {
        Exit::Fine
    } else {
        Exit::Failed
    };
    output.json(exit, json!({ "comparison": found, "rego": dialect }));
    Ok(exit)
}

/// A text that cannot be evaluated.
pub(super) fn broken(name: &str, error: &EvaluateError) -> anyhow::Error {
    anyhow!(Failure {
        message: format!("{name} cannot be evaluated here: {}", visible::visible(&error.message)),
        help: "a text that Spacelift takes and this does not can be tried in Spacelift's policy workbench".to_string(),
    })
}

/// Everything that both are asked.
fn asked(text: &str, compiled: &Compiled, samples: Option<&Loaded>) -> Vec<Probe> {
    let values = edges::Values::of_text(text).and(edges::Values::of_policy(&compiled.policy));
    let all = crate::fixture::spaces(&compiled.model);
    let spaces = edges::spaces(text, &compiled.policy, all);
    let mut probes = diff::everybody(compiled);
    if let Some(samples) = samples {
        let samples = samples.samples();
        probes.extend(plan::recorded(samples, &compiled.model, &compiled.policy));
    }
    probes.extend(edges::inputs(&values, &spaces));
    probes
}

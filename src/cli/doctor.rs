//! `liftgate doctor`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde_json::{Value, json};

use super::account::{self, AccountArgs};
use super::output::{Failure, Output};
use super::progress::Line;
use super::{Exit, MappingArg, check};
use crate::doctor::agree::{self, Agreement, Failed};
use crate::doctor::{self, Address, Verdict};
use crate::model::Dialect;
use crate::plan::Progress as _;
use crate::project::Compiled;
use crate::report;

const AFTER_HELP: &str = "\
Nothing is changed: the account is read, and tiny policies go through its own simulation, which stores \
nothing. The report names nobody and can be pasted into an issue. Credentials are those of a plan.

It ends within a minute. Exit 1: something that liftgate relies on is not so, or the account answers too slowly for all to be \
looked at in that time; the report says which. --agree takes as long as it takes.

Examples:
  liftgate doctor policies/acme                              the credentials' account
  liftgate doctor policies/acme --agree 200                  and its decisions
  liftgate doctor policies/acme --format json                for scripts
  liftgate doctor policies/acme --sandbox target/acme.json   an account in a file";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct DoctorArgs {
    #[command(flatten)]
    mapping: MappingArg,
    #[command(flatten)]
    account: AccountArgs,
    /// Simulate the mapping's policy on so many inputs, and compare with what the mapping means.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    agree: Option<u32>,
    /// Write every input that is decided otherwise into this folder; they name people of the mapping.
    #[arg(long, value_name = "FOLDER", requires = "agree")]
    keep: Option<PathBuf>,
    /// Show the account's address in the report.
    #[arg(long)]
    show_endpoint: bool,
}

/// An examination ends well within a minute, whatever the account does: no question lasts longer than what is left of this.
const LIMIT: Duration = Duration::from_secs(50);

pub fn run(args: &DoctorArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((_, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    let connected = args.account.connect(&compiled.model)?;
    let address = if args.show_endpoint {
        Address::Whole
    } else {
        Address::Shortened
    };
    let progress = Line::on_terminal();
    let report = doctor::examine(&connected.reader, address, LIMIT, &mut |step| {
        progress.say(&format!("looking at {step}"));
    })
    .map_err(|error| account::explained(&error))?;
    drop(progress);
    let agreement = match (args.agree, report.simulates) {
        (None, _) => None,
        (Some(_), None) => {
            return Err(anyhow!(Failure {
                message: "the account simulates no policy, so there is nothing to compare".to_string(),
                help: "the rows `simulate.v1` and `simulate.v0` of the report without `--agree` say why"
                    .to_string()
            }));
        }
        (Some(count), Some(dialect)) => {
            Some(compare(&connected.reader, &compiled, dialect, count)?)
        }
    };
    if let (Some(folder), Some(agreement)) = (&args.keep, &agreement) {
        keep(folder, agreement)?;
    }
    output.say(&report::doctor::human(&report, agreement.as_ref()));
    let exit = if agreement
        .as_ref()
        .is_some_and(|one| !one.differences.is_empty())
    {
        Exit::Disagrees
    } else if report.alarming().next().is_some() || report.count(Verdict::NotReached) > 0 {
        Exit::Failed
    } else {
        Exit::Fine
    };
    output.json(exit, json!({ "report": report, "agreement": agreement }));
    Ok(exit)
}

fn compare(
    reader: &crate::spacelift::Reader,
    compiled: &Compiled,
    simulates: Dialect,
    count: u32,
) -> anyhow::Result<Agreement> {
    let probes = compiled.fixtures.probes(&compiled.model);
    let first: Vec<Value> = probes.into_iter().map(|probe| probe.input).collect();
    let count = usize::try_from(count)?;
    let inputs = agree::inputs(&compiled.model, &compiled.policy, &first, count);
    let progress = Line::on_terminal();
    let mut say = |number: usize| progress.at("compared", number, count);
    agree::compare(
        reader,
        &compiled.model,
        &compiled.policy,
        simulates,
        &inputs,
        &mut say,
    )
    .map_err(|failed| match failed {
        Failed::Render(message) => anyhow!(message),
        Failed::Account(error) => account::explained(&error),
        Failed::NoSimulation => anyhow!("the account simulates no policy"),
    })
}

/// One file an input, with what came out.
fn keep(folder: &Path, agreement: &Agreement) -> anyhow::Result<()> {
    for difference in &agreement.differences {
        let path = folder.join(format!("input-{}.json", difference.number));
        let text = serde_json::to_string_pretty(&difference.input)?;
        crate::file::write(&path, &format!("{text}\n"))
            .with_context(|| format!("cannot write {}", report::visible::path(&path)))?;
    }
    Ok(())
}

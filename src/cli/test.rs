//! `liftgate test`.

use anyhow::anyhow;
use clap::Args;
use serde_json::json;

use super::output::{Failure, Output};
use super::{Exit, MappingArg, check};
use crate::diagnostic::Diagnostics;
use crate::project::Compiled;
use crate::report;
use crate::source::Sources;
use crate::suite::{self, Report, SuiteError};

const AFTER_HELP: &str = "\
Fixtures are fixtures.yaml, and every .yaml file in fixtures/, beside the mapping.

Examples:
  liftgate test policies/acme                  exit 4 if a test fails
  liftgate test policies/acme --format json    every test, for scripts
  liftgate test policies/acme --junit junit.xml";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct TestArgs {
    #[command(flatten)]
    mapping: MappingArg,
    /// Write the tests to this file, too, as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<std::path::PathBuf>,
}

pub fn run(args: &TestArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    let report = run_suite(&compiled)?;
    let findings = findings(&report);
    output.findings(&project.sources, &findings);
    output.annotate(&report::suite::github(&report, &project.sources));
    if let Some(path) = &args.junit {
        let name = report::visible::path(&project.mapping);
        output.file(
            path,
            &report::junit::junit(&report, &project.sources, &name),
        )?;
    }
    output.say(&report::suite::human(&report, &project.sources));
    if let Some(told) = report::guardrails::human(&compiled.guardrails) {
        output.say(&told);
    }
    let exit = verdict(&report);
    output.json(
        exit,
        json!({
            "report": report::suite::json(&report, &project.sources),
            "guardrails": compiled.guardrails,
            "findings": Output::finding_values(&project.sources, &findings),
        }),
    );
    Ok(exit)
}

/// Runs the tests of a compiled mapping.
pub fn run_suite(compiled: &Compiled) -> anyhow::Result<Report> {
    suite::run(
        &compiled.model,
        &compiled.policy,
        &compiled.text,
        &compiled.access,
        &compiled.fixtures,
    )
    .map_err(failure)
}

/// Fails unless the text decides every test and every identity as the model says.
pub fn cross_check(compiled: &Compiled) -> anyhow::Result<()> {
    suite::cross_check(
        &compiled.model,
        &compiled.text,
        &compiled.access,
        &compiled.fixtures,
    )
    .map_err(failure)
}

fn failure(error: SuiteError) -> anyhow::Error {
    match error {
        SuiteError::Disagreement(error) => error.into(),
        SuiteError::Evaluate(error) => anyhow!(Failure {
            message: format!("a test could not be evaluated: {error}"),
            help: "the text is liftgate's own, so this is worth a bug report".to_string(),
        }),
    }
}

/// Runs the tests for a command that goes on only if they pass; says what failed.
pub fn passes(
    compiled: &Compiled,
    sources: &Sources,
    output: &Output,
) -> anyhow::Result<Option<Exit>> {
    let report = run_suite(compiled)?;
    match verdict(&report) {
        Exit::Fine => {
            if compiled.fixtures.cases.is_empty() {
                output.tell("warning: there are no tests, so nobody's gains and losses can be shown\n  help: describe people and what they must get in fixtures.yaml");
            }
            Ok(None)
        }
        failed => {
            output.annotate(&report::suite::github(&report, sources));
            output.tell(&report::suite::human(&report, sources));
            output.tell(
                "error: tests fail, so nothing is planned or pushed\n  help: mend the mapping or the fixtures; `liftgate test` runs them alone",
            );
            output.json(
                failed,
                json!({ "report": report::suite::json(&report, sources) }),
            );
            Ok(Some(failed))
        }
    }
}

fn verdict(report: &Report) -> Exit {
    if report.summary().failed == 0 {
        Exit::Fine
    } else {
        Exit::TestFailed
    }
}

fn findings(report: &Report) -> Diagnostics {
    let mut findings = Diagnostics::default();
    for finding in &report.findings {
        findings.push(finding.clone());
    }
    findings
}

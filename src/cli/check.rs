//! `liftgate check`.

use clap::Args;
use serde_json::json;

use super::output::Output;
use super::{Exit, MappingArg};
use crate::diagnostic::{Diagnostics, Severity};
use crate::lint::{self, Brought};
use crate::project::{Choices, Compiled, Project};
use crate::report;
use crate::spacelift::{Error, ReadAccount};

const AFTER_HELP: &str = "\
Examples:
  liftgate check                          the mapping in this folder
  liftgate check policies/acme            another one
  liftgate check policies/*/ --strict     several, warnings count
  liftgate check --at 2027-01-01T00:00Z   what will be over, or to be reviewed, by then
  liftgate check --format github          annotations on the lines of a pull request
  liftgate check --sarif findings.sarif   for code scanning";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CheckArgs {
    /// Folders that hold access.yaml, or mappings' files.
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<std::path::PathBuf>,
    #[command(flatten)]
    strict: StrictArg,
    /// The day for what is over, ends soon or is to be reviewed, RFC 3339; without it, now.
    #[arg(long, value_name = "TIME", value_parser = super::eval::time, env = "LIFTGATE_AT")]
    at: Option<jiff::Timestamp>,
    /// Write the findings to this file, too, in SARIF 2.1.0 for code scanning.
    #[arg(long, value_name = "FILE")]
    sarif: Option<std::path::PathBuf>,
    #[command(flatten)]
    directory: super::DirectoryArg,
    #[command(flatten)]
    limits: super::LimitArgs,
}

/// How much warnings count.
#[derive(Debug, Clone, Copy, Args)]
pub struct StrictArg {
    /// Let warnings count as findings; `--deny-warnings` is the same.
    #[arg(long, alias = "deny-warnings")]
    pub strict: bool,
}

impl StrictArg {
    /// Whether findings stop a command that would go on.
    fn stops(self, diagnostics: &Diagnostics) -> bool {
        diagnostics.has_errors() || self.strict && diagnostics.count(Severity::Warning) > 0
    }
}

pub fn run(args: &CheckArgs, output: &Output) -> anyhow::Result<Exit> {
    let now = args.at.unwrap_or_else(jiff::Timestamp::now);
    let now = super::who::instant(Some(now))?.unwrap_or_default();
    let mut exit = Exit::Fine;
    let mut mappings = Vec::new();
    let mut findings = Vec::new();
    for path in &args.paths {
        let choices = Choices {
            max_policy_bytes: args.limits.max_policy_size,
            directory: args.directory.directory.clone(),
            ..Choices::default()
        };
        let mut project = Project::load_with(path, &choices);
        project.lint(Some(now));
        output.findings(&project.sources, &project.diagnostics);
        if project.compiled.is_none() || args.strict.stops(&project.diagnostics) {
            exit = Exit::Findings;
        }
        let counts = project.compiled.as_ref().map(report::counts::of);
        if let Some(counts) = &counts {
            output.say(&format!(
                "{}: {counts}",
                crate::report::visible::path(&project.mapping)
            ));
        }
        let guardrails = project.compiled.as_ref().map(|all| &all.guardrails);
        if let Some(told) = guardrails.and_then(report::guardrails::human) {
            output.say(&format!("  {told}"));
        }
        findings.extend(report::diagnostics::findings(
            &project.sources,
            &project.diagnostics,
        ));
        mappings.push(json!({
            "mapping": project.mapping,
            "ok": project.compiled.is_some(),
            "counts": counts,
            "guardrails": guardrails,
            "findings": Output::finding_values(&project.sources, &project.diagnostics),
        }));
    }
    if let Some(path) = &args.sarif {
        let log = serde_json::to_string_pretty(&report::sarif::sarif(&findings))?;
        output.file(path, &format!("{log}\n"))?;
    }
    output.json(exit, json!({ "mappings": mappings }));
    Ok(exit)
}

/// Loads a project for a command that needs it whole: reports the findings, and answers nothing where there are errors.
pub fn load(mapping: &MappingArg, output: &Output) -> Option<(Project, Compiled)> {
    load_as(mapping, StrictArg { strict: false }, output)
}

/// The same, where warnings may count: then what depends on the day does, too.
pub fn load_as(
    mapping: &MappingArg,
    strict: StrictArg,
    output: &Output,
) -> Option<(Project, Compiled)> {
    let mut project = Project::load_with(&mapping.path, &mapping.choices());
    // What lints warn of is for `check` to say; what the mapping denies stops every command.
    let before = project.diagnostics.clone();
    project.lint(strict.strict.then(now));
    if !strict.stops(&project.diagnostics) {
        project.diagnostics = before;
    }
    output.findings(&project.sources, &project.diagnostics);
    let compiled = project.compiled.take();
    if compiled.is_none() || strict.stops(&project.diagnostics) {
        stopped(&project, output);
        return None;
    }
    Some((project, compiled?))
}

/// Looks for what lints know of a mapping beside an account, and reports it; answers how the command ends, if this ends it.
pub fn beside(
    project: &mut Project,
    compiled: &Compiled,
    account: &dyn ReadAccount,
    strict: StrictArg,
    output: &Output,
) -> anyhow::Result<Option<Exit>> {
    let names = match account.group_names() {
        Ok(names) => names.unwrap_or_default(),
        // A plan says itself what else the token may not do.
        Err(Error::NotAllowed { .. }) => Vec::new(),
        Err(error) => return Err(super::account::explained(&error)),
    };
    let brought = Brought {
        names: names.into_iter().collect(),
    };
    let mut found = Diagnostics::default();
    lint::run_beside(&compiled.asked(None), &brought, &mut found);
    output.findings(&project.sources, &found);
    let stops = strict.stops(&found);
    for finding in found.sorted() {
        project.diagnostics.push(finding.clone());
    }
    Ok(stops.then(|| stopped(project, output)))
}

fn stopped(project: &Project, output: &Output) -> Exit {
    let findings = Output::finding_values(&project.sources, &project.diagnostics);
    output.json(Exit::Findings, json!({ "findings": findings }));
    Exit::Findings
}

/// Nanoseconds since 1970 UTC.
fn now() -> i64 {
    i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or_default()
}

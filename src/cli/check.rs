//! `liftgate check`.

use clap::Args;
use serde_json::json;

use super::output::Output;
use super::{Exit, MappingArg};
use crate::diagnostic::Severity;
use crate::project::{Choices, Project};
use crate::report;

const AFTER_HELP: &str = "\
Examples:
  liftgate check                          the mapping in this folder
  liftgate check policies/acme            another one
  liftgate check policies/*/ --strict     several, warnings count
  liftgate check --format github          annotations on the lines of a pull request";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CheckArgs {
    /// Folders that hold access.yaml, or mappings' files.
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<std::path::PathBuf>,
    /// Let warnings count as findings.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    directory: super::DirectoryArg,
    #[command(flatten)]
    limits: super::LimitArgs,
}

pub fn run(args: &CheckArgs, output: &Output) -> anyhow::Result<Exit> {
    let mut exit = Exit::Fine;
    let mut mappings = Vec::new();
    for path in &args.paths {
        let choices = Choices {
            max_policy_bytes: args.limits.max_policy_size,
            directory: args.directory.directory.clone(),
            ..Choices::default()
        };
        let project = Project::load_with(path, &choices);
        output.findings(&project.sources, &project.diagnostics);
        let warned = args.strict && project.diagnostics.count(Severity::Warning) > 0;
        if project.compiled.is_none() || warned {
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
        mappings.push(json!({
            "mapping": project.mapping,
            "ok": project.compiled.is_some(),
            "counts": counts,
            "guardrails": guardrails,
            "findings": Output::finding_values(&project.sources, &project.diagnostics),
        }));
    }
    output.json(exit, json!({ "mappings": mappings }));
    Ok(exit)
}

/// Loads a project for a command that needs it whole: reports the findings, and answers nothing where there are errors.
pub fn load(mapping: &MappingArg, output: &Output) -> Option<(Project, crate::project::Compiled)> {
    let mut project = Project::load_with(&mapping.path, &mapping.choices());
    output.findings(&project.sources, &project.diagnostics);
    let compiled = project.compiled.take();
    if compiled.is_none() {
        let findings = Output::finding_values(&project.sources, &project.diagnostics);
        output.json(Exit::Findings, json!({ "findings": findings }));
    }
    Some((project, compiled?))
}

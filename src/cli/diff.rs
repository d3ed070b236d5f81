//! `liftgate diff`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use serde_json::json;

use super::output::{Failure, Output};
use super::{Exit, LimitArgs};
use crate::difference::{self, LABEL, Version};
use crate::directory::Directory;
use crate::history::{HistoryError, Repository};
use crate::plan::{Probe, Source};
use crate::project::{Choices, Compiled, Project};
use crate::report;

const AFTER_HELP: &str = "\
Says what a change of a mapping means: by grant, by rule of the login, by group, and by person as far as fixtures and the \
directory snapshot know them. Administration and new access to spaces with a label come first; what makes no difference says so. \
No network and no secret is needed; a revision is read from the clone at hand, with what it includes.

Examples:
  liftgate diff policies/acme                         what is not committed: HEAD against the files
  liftgate diff policies/acme --since main            a branch against the files
  liftgate diff policies/acme policies/acme           two mappings
  liftgate diff --since HEAD^1 --markdown comment.md  for the comment of a pull request
  liftgate diff policies/acme --first env:prod --first pci   labels whose spaces come first";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct DiffArgs {
    /// One mapping, to compare with how it was; or two, the older first.
    #[arg(default_value = ".", value_name = "PATH", num_args = 1..=2)]
    paths: Vec<PathBuf>,
    /// The revision of git's to compare with.
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    since: String,
    /// New access to spaces with this label comes first; may be given several times.
    #[arg(long, value_name = "LABEL", default_value = LABEL, add = super::complete::labels())]
    first: Vec<String>,
    /// Write it to this file, too, in Markdown: one comment for a pull request.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    #[command(flatten)]
    limits: LimitArgs,
}

pub fn run(args: &DiffArgs, output: &Output) -> anyhow::Result<Exit> {
    let choices = Choices {
        max_policy_bytes: args.limits.max_policy_size,
        ..Choices::default()
    };
    let (old, new) = match args.paths.as_slice() {
        [old, new] => (
            Project::load_with(old, &choices),
            Project::load_with(new, &choices),
        ),
        paths => {
            let path = paths.first().cloned().unwrap_or_else(|| PathBuf::from("."));
            let new = Project::load_with(&path, &choices);
            if new.compiled.is_none() {
                return Ok(broken(&new, output));
            }
            (as_of(&new, &args.since, &choices)?, new)
        }
    };
    let (Some(was), Some(is)) = (&old.compiled, &new.compiled) else {
        return Ok(broken(
            if old.compiled.is_none() { &old } else { &new },
            output,
        ));
    };
    let labels: BTreeSet<String> = args.first.iter().cloned().collect();
    let mut found = difference::difference(version(was, &old), version(is, &new), &labels);
    found.people = difference::people(&was.model, &is.model, &everybody(is));
    if let Some(path) = &args.markdown {
        let text = report::markdown::difference(&found, &args.first, super::plan::WHOLE);
        output.file(path, &text)?;
    }
    output.say(&report::difference::human(&found, &args.first));
    output.json(Exit::Fine, json!({ "difference": found }));
    Ok(Exit::Fine)
}

fn version<'a>(compiled: &'a Compiled, project: &'a Project) -> Version<'a> {
    Version {
        policy: &compiled.policy,
        mapping: Some((&compiled.model, &project.sources)),
    }
}

/// The mapping as of a revision.
fn as_of(now: &Project, revision: &str, choices: &Choices) -> anyhow::Result<Project> {
    let explained = |error: HistoryError| {
        anyhow!(Failure {
            message: error.to_string(),
            help: error.hint().to_string()
        })
    };
    let repository = Repository::holding(&now.folder).map_err(explained)?;
    let commit = repository.commit(revision).map_err(explained)?;
    let files = repository.files(&commit, revision).map_err(explained)?;
    Ok(Project::load_from(&files, &now.mapping, choices))
}

fn broken(project: &Project, output: &Output) -> Exit {
    output.findings(&project.sources, &project.diagnostics);
    let findings = Output::finding_values(&project.sources, &project.diagnostics);
    output.json(Exit::Findings, json!({ "findings": findings }));
    Exit::Findings
}

/// Whom to decide about: the fixtures, and everybody active in the directory.
pub fn everybody(compiled: &Compiled) -> Vec<Probe> {
    let mut probes = super::plan::probes(compiled);
    let known: BTreeSet<String> = probes
        .iter()
        .filter_map(|probe| probe.input.pointer("/session/login")?.as_str())
        .map(str::to_ascii_lowercase)
        .collect();
    let people = compiled.directory.iter().flat_map(Directory::active);
    probes.extend(
        people
            .filter(|person| !known.contains(&person.login.to_ascii_lowercase()))
            .map(|person| Probe {
                source: Source::Directory,
                name: "directory".to_string(),
                identity: person.login.clone(),
                person: None,
                input: person.input(&compiled.model, json!({})),
            }),
    );
    probes
}

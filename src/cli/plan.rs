//! `liftgate plan`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, CommandFactory as _};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::account::{self, AccountArgs, Connected};
use super::approval::{self, Verdict};
use super::check::{self, StrictArg};
use super::history::Walk;
use super::offboard::overdue;
use super::output::{Failure, Output};
use super::progress::Line;
use super::samples::{self, Loaded, ReplayArgs};
use super::{Exit, MappingArg, complete, push, test};
use crate::difference::{self, Difference, Version};
use crate::lock;
use crate::plan::{
    self, Change, Desired, Override, Part, Plan, Probe, Refusal, Sealed, Silent, Source,
};
use crate::project::{Compiled, Project};
use crate::render::{self, Reading};
use crate::report;
use crate::report::visible::visible;

const AFTER_HELP: &str = "\
Credentials come from the environment as Spacelift's own command-line client takes them: SPACELIFT_API_TOKEN, or \
SPACELIFT_API_KEY_ENDPOINT with SPACELIFT_API_KEY_ID and SPACELIFT_API_KEY_SECRET. SPACELIFT_API_KEY_SECRET_FILE takes the path of \
a file with the secret in it instead. A plan changes nothing.

Examples:
  liftgate plan policies/acme                              against the credentials' account
  liftgate plan policies/acme --sandbox target/acme.json   against an account in a file
  liftgate plan policies/acme --sandbox target/acme.json --out plan.json  to review
  liftgate plan policies/acme --sandbox target/acme.json --out plan.json --outputs jobs.env
  liftgate plan policies/acme --sandbox target/acme.json --markdown comment.md
  liftgate plan policies/acme --format json                for scripts; exit 5 if it is to change";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct PlanArgs {
    #[command(flatten)]
    mapping: MappingArg,
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    roles: RoleArgs,
    #[command(flatten)]
    overrides: OverrideArgs,
    #[command(flatten)]
    replay: ReplayArgs,
    /// Show the names of recorded people that the key can tell; what is written to files never holds them.
    #[arg(long, conflicts_with_all = ["out", "markdown"])]
    reveal: bool,
    #[command(flatten)]
    strict: StrictArg,
    /// Write the plan to this file, too, in Markdown: one comment for a pull request.
    #[arg(long, value_name = "FILE")]
    markdown: Option<std::path::PathBuf>,
    /// Show the whole text of a new policy.
    #[arg(long)]
    full: bool,
    /// Write the plan to this file, whose name ends in .json; `liftgate push FILE` applies it, and refuses if anything moved.
    #[arg(long, value_name = "FILE", value_parser = plan_file)]
    out: Option<PathBuf>,
    /// Append to this file what later jobs of a workflow go by, as lines of NAME=value: liftgate_digest, and liftgate_verdict, which
    /// is nothing, push, approve or refused.
    #[arg(long, value_name = "FILE", requires = "out")]
    outputs: Option<PathBuf>,
}

/// Where everything is, of which a comment has a part.
pub const WHOLE: &str = "in the artifacts of this run";

/// How a file with a plan is told from a mapping: by the end of its name.
pub fn is_plan_file(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "json")
}

fn plan_file(path: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(path);
    if is_plan_file(&path) {
        return Ok(path);
    }
    Err("a plan's file is known by its name, which must end in .json".to_string())
}

/// What is to be done that the mapping alone does not say.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleArgs {
    /// Delete this role, which the mapping no longer declares; may be given several times.
    #[arg(long, value_name = "SLUG", add = complete::roles())]
    delete_role: Vec<String>,
    /// Delete this access policy of liftgate's, whose entry the mapping no longer has; may be given several times.
    #[arg(long, value_name = "NAME")]
    #[serde(default)]
    delete_access: Vec<String>,
    /// Let this role gain `space:admin`; may be given several times.
    #[arg(long, value_name = "SLUG", add = complete::roles())]
    allow_admin_role: Vec<String>,
    /// Replace a live policy that was edited by hand, if its text has this digest; the refusal names it. May be given several
    /// times.
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    overwrite_manual_edits: Vec<String>,
    /// Refuse whatever would take anything from anybody, told by what the live policy and the new one say.
    #[arg(long)]
    add_only: bool,
}

impl RoleArgs {
    /// What was asked for that lets a push do more than without it, each as it is given.
    pub fn more(&self) -> Vec<String> {
        [
            ("--delete-role", &self.delete_role),
            ("--delete-access", &self.delete_access),
            ("--allow-admin-role", &self.allow_admin_role),
            ("--overwrite-manual-edits", &self.overwrite_manual_edits),
        ]
        .iter()
        .flat_map(|(option, values)| values.iter().map(move |value| format!("{option} {value}")))
        .collect()
    }
}

/// A digest as it is shown.
pub fn digest(text: &str) -> Result<String, String> {
    if lock::is_digest(text) {
        return Ok(text.to_string());
    }
    Err("write `sha256:` and 64 hexadecimal digits, as a plan says them".to_string())
}

/// Guards that are set aside.
#[derive(Debug, Clone, Args)]
pub struct OverrideArgs {
    /// Set this guard aside, for a reason that stays in the plan; may be given several times.
    #[arg(long = "override", value_name = "GUARD=WHY", add = complete::guards())]
    overrides: Vec<Override>,
}

impl OverrideArgs {
    /// Whether none is set aside.
    pub fn is_empty(&self) -> bool {
        self.overrides.is_empty()
    }

    /// In the order of guards, each once; ends the program with its usage otherwise.
    pub fn all(&self) -> Vec<Override> {
        Override::all(&self.overrides).unwrap_or_else(|error| {
            let kind = clap::error::ErrorKind::ValueValidation;
            super::Cli::command().error(kind, error).exit()
        })
    }
}

/// What was asked for beside the mapping, as a plan's file says it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// What is to be done about roles.
    pub roles: RoleArgs,
    /// The directory snapshot, if it was named.
    pub directory: Option<PathBuf>,
    /// Guards that are set aside.
    pub overrides: Vec<Override>,
    /// The archive of recorded inputs, if it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<PathBuf>,
}

pub fn run(args: &PlanArgs, output: &Output) -> anyhow::Result<Exit> {
    let overrides = args.overrides.all();
    let Some((mut project, compiled)) = check::load_as(&args.mapping, args.strict, output) else {
        return Ok(Exit::Findings);
    };
    if let Some(failed) = test::passes(&compiled, &project.sources, output)? {
        return Ok(failed);
    }
    let mut samples = samples::load(&args.replay, &project)?;
    if let Some(samples) = &mut samples {
        samples.reveal = args.reveal;
    }
    let has_key = samples.as_ref().is_some_and(Loaded::has_key);
    if args.reveal && !has_key {
        return Ok(output.usage(
            "`--reveal` needs an archive of recorded inputs and its key",
            "name them with `--samples` and `--key`; only whoever pulled the samples has the key",
        ));
    }
    let connected = args.account.connect(&compiled.model)?;
    let reader = &connected.reader;
    if let Some(stopped) = check::beside(&mut project, &compiled, reader, args.strict, output)? {
        return Ok(stopped);
    }
    let asked = Asked {
        roles: &args.roles,
        overrides,
        samples: samples.as_ref(),
        record: push::record_path(None, args.account.sandbox.as_deref(), &project),
    };
    let plan = make(&project, &compiled, &connected, asked, output)?;
    let written = match &args.out {
        Some(file) => Some(write(file, &plan, &connected, args)?),
        None => None,
    };
    let reasons = approval::reasons(&plan, &args.roles);
    if let (Some(file), Some(digest)) = (&args.outputs, &written) {
        approval::tell_jobs(file, digest, Verdict::of(&plan, &reasons))?;
    }
    let meaning = meaning(&plan, &project, &compiled);
    if let Some(path) = &args.markdown {
        let findings = report::diagnostics::findings(&project.sources, &project.diagnostics);
        output.file(
            path,
            &report::markdown::plan(&plan, meaning.as_ref(), &findings, WHOLE),
        )?;
    }
    output.say(&report::plan::human(&plan, &connected.label, args.full));
    if let Some(meaning) = &meaning {
        let first = [difference::LABEL.to_string()];
        output.say(&format!(
            "\nWhat the change of the policy means:\n\n{}",
            report::difference::of_rules(meaning, &first)
        ));
    }
    if let (Some(file), Some(digest)) = (&args.out, &written) {
        output.say(&format!(
            "\nThe plan is in {}, {digest}.",
            report::visible::path(file)
        ));
        if Verdict::of(&plan, &reasons) == Verdict::Approve {
            output.say(&format!(
                "Somebody has to agree to it: {}.",
                visible(&reasons.join("; "))
            ));
        }
    }
    let exit = verdict(&plan);
    output.json(
        exit,
        json!({
            "plan": plan,
            "meaning": meaning,
            "findings": Output::finding_values(&project.sources, &project.diagnostics),
            "file": args.out,
            "digest": written,
        }),
    );
    Ok(exit)
}

/// The plan with a digest over all of it.
pub fn sealed(
    plan: &Plan,
    connected: &Connected,
    mapping: &MappingArg,
    options: &Options,
) -> anyhow::Result<Sealed> {
    Ok(Sealed::of(
        plan,
        &connected.place,
        &mapping.path.to_string_lossy(),
        serde_json::to_value(options)?,
    ))
}

/// Seals the plan into a file; answers its digest.
fn write(
    file: &Path,
    plan: &Plan,
    connected: &Connected,
    args: &PlanArgs,
) -> anyhow::Result<String> {
    let options = Options {
        roles: args.roles.clone(),
        directory: args.mapping.directory.directory.clone(),
        overrides: plan.overrides.iter().map(Override::asked).collect(),
        samples: args.replay.samples.clone(),
    };
    let sealed = sealed(plan, connected, &args.mapping, &options)?;
    crate::file::write(file, &sealed.text()?).map_err(|error| {
        anyhow!(Failure {
            message: format!(
                "the plan cannot be written to {}: {error}",
                report::visible::path(file)
            ),
            help: "nothing was changed; name another file".to_string(),
        })
    })?;
    Ok(sealed.digest()?)
}

/// What a plan is asked for beside the mapping.
pub struct Asked<'a> {
    /// What is to be done that the mapping alone does not say.
    pub roles: &'a RoleArgs,
    /// Guards that are set aside.
    pub overrides: Vec<Override>,
    /// Recorded inputs.
    pub samples: Option<&'a Loaded>,
    /// Where pushes are recorded.
    pub record: PathBuf,
}

/// Compares a compiled mapping with an account.
pub fn make(
    project: &Project,
    compiled: &Compiled,
    connected: &Connected,
    asked: Asked<'_>,
    output: &Output,
) -> anyhow::Result<Plan> {
    let (walk, progress) = (walk(project, output), Line::on_terminal());
    let desired = Desired {
        overrides: asked.overrides,
        samples: asked.samples.map(Loaded::samples),
        progress: &progress,
        ..desired(project, compiled, asked.roles, &walk)
    };
    let mut plan =
        crate::plan::plan(&desired, &connected.reader, &account::foreign()?).map_err(|error| {
            anyhow!(Failure {
                message: error.to_string(),
                help: error.hint()
            })
        })?;
    let overdue = overdue::notes(&asked.record, connected, &compiled.model)?;
    plan.notes.extend(overdue);
    plan.evidence.put(Part::Mapping, files(project, compiled));
    let directory = compiled.directory.as_ref();
    plan.evidence.put(
        Part::Directory,
        directory.map(|directory| ("snapshot", directory.digest.as_str())),
    );
    let archive = asked.samples.into_iter().flat_map(Loaded::evidence);
    plan.evidence.put(Part::Samples, archive);
    Ok(plan)
}

/// What the mapping and the arguments ask for.
pub fn desired<'a>(
    project: &'a Project,
    compiled: &'a Compiled,
    asked: &RoleArgs,
    history: &'a Walk<'a>,
) -> Desired<'a> {
    Desired {
        model: &compiled.model,
        policy: &compiled.policy,
        text: &compiled.text,
        access: &compiled.access,
        delete_access: distinct(&asked.delete_access),
        probes: probes(compiled),
        delete_roles: distinct(&asked.delete_role),
        admin_roles: distinct(&asked.allow_admin_role),
        history,
        lock: project.lock.as_ref(),
        overwrite: distinct(&asked.overwrite_manual_edits),
        add_only: asked.add_only,
        directory: compiled.directory.as_ref(),
        samples: None,
        progress: &Silent,
        now: now(),
        overrides: Vec::new(),
    }
}

/// What the mapping says otherwise than the live policy, where that is one of ours. For whom is in the plan.
fn meaning(plan: &Plan, project: &Project, compiled: &Compiled) -> Option<Difference> {
    let live = plan.changes.iter().find_map(|change| match change {
        Change::PolicyUpdate { before, .. } => Some(&before.body),
        _ => None,
    })?;
    let Reading::Ours(live) = render::read(live) else {
        return None;
    };
    let labels = [difference::LABEL.to_string()].into();
    let old = Version {
        policy: &live,
        mapping: None,
    };
    let new = Version {
        policy: &compiled.policy,
        mapping: Some((&compiled.model, &project.sources)),
    };
    Some(difference::difference(old, new, &labels))
}

/// The logins to compare by.
pub fn probes(compiled: &Compiled) -> Vec<Probe> {
    compiled
        .fixtures
        .probes(&compiled.model)
        .into_iter()
        .map(|probe| Probe {
            source: Source::Fixture,
            identity: probe
                .identity
                .unwrap_or_else(|| "(a raw input)".to_string()),
            person: None,
            name: probe.name,
            input: probe.input,
        })
        .collect()
}

/// Where to look for what was pushed last.
pub fn walk<'a>(project: &'a Project, output: &'a Output) -> Walk<'a> {
    Walk {
        folder: &project.folder,
        mapping: &project.mapping,
        output,
        known: Default::default(),
    }
}

/// A refusal, as an error.
pub fn refused(what: &str, refusal: &Refusal) -> String {
    format!(
        "error: {what}: {}: {}\n  help: {}",
        refusal.code,
        visible(&refusal.message),
        visible(&refusal.help)
    )
}

/// The files that were read, within the mapping's folder, with a digest each; but for the directory snapshot.
fn files(project: &Project, compiled: &Compiled) -> Vec<(String, String)> {
    let folder = project.folder.to_string_lossy();
    let files = project.sources.files().iter();
    let snapshot = compiled.directory.as_ref().map(|one| one.digest.as_str());
    files
        .map(|file| (file, plan::digest(file.text.as_bytes())))
        .filter(|(_, digest)| snapshot != Some(digest.as_str()))
        .map(|(file, digest)| {
            let within = Path::new(&file.path).strip_prefix(&*folder);
            let name = within.map_or_else(
                |_| file.path.clone(),
                |path| path.to_string_lossy().into_owned(),
            );
            (name, digest)
        })
        .collect()
}

/// Nanoseconds since 1970 UTC.
fn now() -> Option<i64> {
    i64::try_from(jiff::Timestamp::now().as_nanosecond()).ok()
}

/// Each once, and in one order however they were given.
fn distinct(slugs: &[String]) -> Vec<String> {
    slugs
        .iter()
        .cloned()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

fn verdict(plan: &Plan) -> Exit {
    if !plan.refusals.is_empty() {
        Exit::Refused
    } else if plan.changes.is_empty() {
        Exit::Fine
    } else {
        Exit::Pending
    }
}

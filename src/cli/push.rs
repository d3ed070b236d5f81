//! `liftgate push`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;
use serde_json::json;

use super::account::AccountArgs;
use super::approval;
use super::check::{self, StrictArg};
use super::offboard::pushed::Older;
use super::output::{Failure, Output, Question};
use super::plan::{Options, OverrideArgs, RoleArgs, is_plan_file};
use super::samples::{self, ReplayArgs};
use super::{DirectoryArg, Exit, LimitArgs, MappingArg, offboard, plan, test};
use crate::history::Repository;
use crate::offboard::sessions::Open;
use crate::plan::{Guard, Override, Plan, Refusal, Sealed, sealed};
use crate::project::Project;
use crate::push::{self, Applied, PushError, Sleep, Stopped};
use crate::record::{self, Begin, Commit, End, Line, Record};
use crate::report;
use crate::report::visible::visible;
use crate::source::{Files as _, MAX_FILE, SourceFile};
use crate::spacelift::ReadAccount as _;

const AFTER_HELP: &str = "\
Checks the mapping, runs its tests, plans, shows the plan, asks, applies it, and reads back what is live. A change of a login \
policy signs everybody out but whoever pushed; so nothing is pushed where the account decides as the mapping says already. \
A change of a role signs nobody out, and holds at once for whoever holds the role. \
With a file that `liftgate plan --out` wrote, known by its name in .json, the plan is made again from the mapping that the file \
names, and applied without asking if nothing moved since; exit 6 and what moved otherwise. \
Credentials are taken as `liftgate plan` takes them; `liftgate doctor` tells whether they may do what a push needs.

Examples:
  liftgate push policies/acme --sandbox target/acme.json          asks before it changes anything
  liftgate push policies/acme --sandbox target/acme.json --yes    does not ask
  liftgate push plan.json --sandbox target/acme.json              only what was reviewed
  liftgate push policies/acme                                     to the account that it names";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct PushArgs {
    /// A folder that holds access.yaml, a mapping's file, or a plan's file, whose name ends in .json.
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
    #[command(flatten)]
    directory: DirectoryArg,
    #[command(flatten)]
    limits: LimitArgs,
    /// Where the mapping of a plan's file lies, if that is not where it lay when the plan was made.
    #[arg(long, value_name = "PATH")]
    mapping: Option<PathBuf>,
    /// Push a plan's file only if it holds the plan with this digest, which whoever made the plan has kept beside the file.
    #[arg(long, value_name = "DIGEST", value_parser = plan::digest)]
    digest: Option<String>,
    /// Nobody was asked: refuse what somebody has to agree to, by the plan that is made now.
    #[arg(long)]
    unapproved: bool,
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    roles: RoleArgs,
    #[command(flatten)]
    overrides: OverrideArgs,
    #[command(flatten)]
    replay: ReplayArgs,
    #[command(flatten)]
    strict: StrictArg,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Append who changed what to this file; without this, record.jsonl beside the mapping, or a file beside that of a sandbox.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Show the whole text of a new policy.
    #[arg(long)]
    full: bool,
}

/// What to push: a plan that was made and reviewed before, or whatever the mapping comes to now.
struct Asked {
    mapping: MappingArg,
    roles: RoleArgs,
    overrides: Vec<Override>,
    replay: ReplayArgs,
    sealed: Option<Sealed>,
}

/// Why there is nothing to push.
enum Not {
    /// The arguments do not go together.
    Usage(&'static str, &'static str),
    /// The plan's file is not to be relied on.
    Refused(Box<Refusal>),
}

fn asked(args: &PushArgs) -> anyhow::Result<Result<Asked, Not>> {
    let mapping = |path: PathBuf, directory: Option<PathBuf>| MappingArg {
        path,
        directory: DirectoryArg {
            directory: args.directory.directory.clone().or(directory),
        },
        limits: args.limits.clone(),
    };
    if !is_plan_file(&args.path) {
        let usage = match (&args.mapping, &args.digest) {
            (Some(_), _) => "`--mapping` goes with a plan's file only",
            (None, Some(_)) => "`--digest` goes with a plan's file only",
            (None, None) => "",
        };
        if !usage.is_empty() {
            return Ok(Err(Not::Usage(
                usage,
                "name the mapping alone, or a plan's file first",
            )));
        }
        return Ok(Ok(Asked {
            mapping: mapping(args.path.clone(), None),
            roles: args.roles.clone(),
            overrides: args.overrides.all(),
            replay: args.replay.clone(),
            sealed: None,
        }));
    }
    if args.roles != RoleArgs::default() || !args.overrides.is_empty() {
        return Ok(Err(Not::Usage(
            "a plan's file says itself what was asked for",
            "give these options to `liftgate plan --out`",
        )));
    }
    let sealed = match Sealed::read(&text(&args.path)?) {
        Ok(sealed) => sealed,
        Err(refusal) => return Ok(Err(Not::Refused(Box::new(refusal)))),
    };
    if let Some(named) = &args.digest {
        let is = sealed.digest()?;
        if is != *named {
            let refusal = sealed::other_plan(named, &is);
            return Ok(Err(Not::Refused(Box::new(refusal))));
        }
    }
    let Ok(options) = serde_json::from_value::<Options>(sealed.asked.clone()) else {
        return Ok(Err(Not::Refused(Box::new(Refusal {
            code: Guard::PlanFormat,
            message: format!(
                "the plan was made by liftgate {}, with options that this release does not know",
                sealed.liftgate
            ),
            help: "plan again with the release that pushes".to_string(),
        }))));
    };
    let path = args.mapping.clone();
    let path = path.unwrap_or_else(|| PathBuf::from(&sealed.mapping));
    Ok(Ok(Asked {
        mapping: mapping(path, options.directory),
        roles: options.roles,
        overrides: options.overrides,
        replay: ReplayArgs {
            samples: args.replay.samples.clone().or(options.samples),
            key: args.replay.key.clone(),
        },
        sealed: Some(sealed),
    }))
}

fn text(path: &Path) -> anyhow::Result<String> {
    use std::io::Read as _;
    let unreadable = |why: &dyn std::fmt::Display| {
        anyhow!(Failure {
            message: format!(
                "the plan {} cannot be read: {why}",
                report::visible::path(path)
            ),
            help: "`liftgate plan --out FILE` writes one".to_string(),
        })
    };
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(sealed::MAX_BYTES).read_to_string(&mut text))
        .map_err(|error| unreadable(&error))?;
    Ok(text)
}

pub fn run(args: &PushArgs, output: &Output) -> anyhow::Result<Exit> {
    let asked = match asked(args)? {
        Ok(asked) => asked,
        Err(Not::Usage(message, help)) => {
            output.tell(&format!("error: {message}\n  help: {help}"));
            output.json(
                Exit::Usage,
                json!({"error": {"message": message, "help": help}}),
            );
            return Ok(Exit::Usage);
        }
        Err(Not::Refused(refusal)) => return Ok(refuse(None, &[*refusal], output)),
    };
    let Some((mut project, compiled)) = check::load_as(&asked.mapping, args.strict, output) else {
        return Ok(Exit::Findings);
    };
    if let Some(failed) = test::passes(&compiled, &project.sources, output)? {
        return Ok(failed);
    }
    let tests = compiled.fixtures.cases.len();
    output.say(&format!(
        "{}: {}\n{} passed\n",
        crate::report::visible::path(&project.mapping),
        report::counts::of(&compiled),
        report::counts::number(tests, "test")
    ));
    let connected = args.account.connect(&compiled.model)?;
    let reader = &connected.reader;
    if let Some(stopped) = check::beside(&mut project, &compiled, reader, args.strict, output)? {
        return Ok(stopped);
    }
    let samples = samples::load(&asked.replay, &project)?;
    let sandbox = args.account.sandbox.as_deref();
    let record_path = record_path(args.record.as_deref(), sandbox, &project);
    let wanted = plan::Asked {
        roles: &asked.roles,
        overrides: asked.overrides.clone(),
        samples: samples.as_ref(),
        record: record_path.clone(),
    };
    let made = plan::make(&project, &compiled, &connected, wanted, output)?;
    if let Some(unfinished) = record::unfinished(&record_path, &connected.place)
        .map_err(|error| unrecorded(&record_path, &error))?
    {
        output.say(&format!(
            "note: {}; the plan says what is left to do\n",
            visible(&unfinished.to_string())
        ));
    }
    output.say(&report::plan::human(&made, &connected.label, args.full));
    let found = match &asked.sealed {
        Some(sealed) => unlike(sealed, &made, &connected.place),
        None => Vec::new(),
    };
    if !found.is_empty() {
        return Ok(refuse(Some(&made), &found, output));
    }
    if !made.refusals.is_empty() {
        output.tell(&refused(&made.refusals));
        output.json(Exit::Refused, json!({"plan": made, "outcome": null}));
        return Ok(Exit::Refused);
    }
    if made.changes.is_empty() {
        output.json(Exit::Fine, json!({"plan": made, "outcome": null}));
        return Ok(Exit::Fine);
    }
    let reasons = approval::reasons(&made, &asked.roles);
    if args.unapproved && !reasons.is_empty() {
        return Ok(refuse(Some(&made), &[sealed::unapproved(&reasons)], output));
    }
    // A plan in a file has been agreed to.
    if asked.sealed.is_none() && !args.yes && !agreed(output)? {
        return Ok(Exit::Usage);
    }
    let options = Options {
        roles: asked.roles.clone(),
        directory: asked.mapping.directory.directory.clone(),
        overrides: asked.overrides.clone(),
        samples: asked.replay.samples.clone(),
    };
    let digest = match &asked.sealed {
        Some(sealed) => sealed.digest()?,
        None => plan::sealed(&made, &connected, &asked.mapping, &options)?.digest()?,
    };
    let viewer = connected
        .reader
        .viewer()
        .map_err(|error| super::account::explained(&error))?;
    let mut begin = Begin::of(&made, &connected.place, &viewer, &digest);
    begin.mapping = project.mapping.to_string_lossy().into_owned();
    begin.commit = commit(&project);
    begin.file = is_plan_file(&args.path).then(|| args.path.to_string_lossy().into_owned());
    let mut kept = opened(&record_path)?;
    kept.append(&Line::Begin(Box::new(begin.clone())))
        .map_err(|error| unrecorded(&record_path, &error))?;
    let result = push::push(&made, &connected.reader, &connected.writer, &Sleep);
    let end = End::of(&begin, &result, &connected.reader);
    // The push is over; what is looked at after it is no part of it.
    let recorded = kept.append(&Line::End(Box::new(end)));
    let exit = match result {
        Ok(outcome) => {
            said(&outcome.applied, output);
            let mut told = json!({"plan": made, "outcome": outcome, "record": record_path});
            let mut exit = Exit::Fine;
            if let Some((logins, open)) = offboard::pushed::after_push(&made, &connected, output) {
                if !open.as_ref().is_some_and(Open::is_none) {
                    exit = Exit::Failed;
                }
                if let Some(told) = told.as_object_mut() {
                    let offboarded = json!({"logins": logins, "open": open});
                    told.insert("offboarded".to_string(), offboarded);
                }
            }
            if let Some(held) = offboard::pushed::held_after_push(&made, &connected, output) {
                let count = match held {
                    Older::Open(count) => Some(count),
                    Older::Unseen => None,
                };
                if count != Some(0) {
                    exit = Exit::Failed;
                }
                if let Some(told) = told.as_object_mut() {
                    told.insert("older_sessions".to_string(), json!(count));
                }
            }
            output.json(exit, told);
            exit
        }
        Err(Stopped { applied, error }) => {
            said(&applied, output);
            let exit = if error.is_refusal() {
                Exit::Refused
            } else {
                Exit::Failed
            };
            match &error {
                // The plan did not have them.
                PushError::Refused(refusals) => output.tell(&refused_at_length(refusals)),
                _ => output.tell(&format!("error: {error}\n  help: {}", error.hint())),
            }
            output.json(
                exit,
                json!({"plan": made, "applied": applied, "error": {"message": error.to_string(), "help": error.hint()}, "record": record_path}),
            );
            exit
        }
    };
    match recorded {
        Ok(()) => Ok(exit),
        Err(error) => {
            output.tell(&format!(
                "error: how the push ended could not be recorded: {}\n  help: the push itself ended as said above; the record says that it began",
                unrecorded(&record_path, &error)
            ));
            Ok(exit.max(Exit::Failed))
        }
    }
}

/// The commit that the mapping is in. Outside of a repository, or without git, there is none, which keeps nobody from pushing.
fn commit(project: &Project) -> Option<Commit> {
    let folder = match project.folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => &project.folder,
    };
    let repository = Repository::holding(folder).ok()?;
    let commit = repository.commit("HEAD").ok()?;
    let tree = repository.files(&commit, "HEAD").ok();
    let is_there = |file: &SourceFile| {
        let bytes = tree
            .as_ref()
            .and_then(|tree| tree.bytes(Path::new(&file.path), MAX_FILE).ok())
            .unwrap_or_default();
        bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) == file.text.as_bytes()
    };
    // A snapshot of the directory may lie anywhere, and has a digest of its own in the plan.
    let mut files = project.sources.files().iter();
    let dirty = files.any(|file| !file.path.ends_with(".json") && !is_there(file));
    Some(Commit {
        id: commit.id,
        dirty,
    })
}

/// Where a push is recorded unless it is said.
pub fn record_path(record: Option<&Path>, sandbox: Option<&Path>, project: &Project) -> PathBuf {
    if let Some(path) = record {
        return path.to_owned();
    }
    match sandbox {
        Some(file) => file.with_extension("record.jsonl"),
        None => project.folder.join("record.jsonl"),
    }
}

/// Opens a record.
pub fn opened(path: &Path) -> anyhow::Result<Record> {
    Record::open(path).map_err(|error| unrecorded(path, &error))
}

/// Why something was not done that could not be recorded.
pub fn unrecorded(path: &Path, error: &std::io::Error) -> anyhow::Error {
    anyhow!(Failure {
        message: format!(
            "the record {} cannot be written: {error}",
            report::visible::path(path)
        ),
        help: "a push that is not recorded is not made; name another file with `--record`"
            .to_string(),
    })
}

/// Why the plan of a file is not to be applied beside the one that was just made.
fn unlike(sealed: &Sealed, made: &Plan, place: &str) -> Vec<Refusal> {
    // A plan for another account differs in everything, which would only bury why.
    if sealed.plan.endpoint != place {
        return vec![sealed::other_endpoint(&sealed.plan.endpoint, place)];
    }
    let mut found = sealed.plan.refusals.clone();
    found.extend(sealed.moved(made));
    found
}

fn refuse(made: Option<&Plan>, refusals: &[Refusal], output: &Output) -> Exit {
    output.tell(&refused_at_length(refusals));
    output.json(
        Exit::Refused,
        json!({"plan": made, "refusals": refusals, "outcome": null}),
    );
    Exit::Refused
}

fn said(applied: &[Applied], output: &Output) {
    if !applied.is_empty() {
        output.say("");
    }
    for one in applied {
        output.say(&format!(
            "Pushed: {} `{}`, and read back as sent.",
            one.what,
            visible(&one.name)
        ));
    }
}

/// Refusals in short, for what the plan has said at length.
fn refused(refusals: &[Refusal]) -> String {
    let codes: Vec<&str> = refusals.iter().map(|refusal| refusal.code.code()).collect();
    let (message, help) = match refusals {
        [one] => (format!(": {}", one.message), one.help.as_str()),
        _ => (String::new(), "the plan says what to do about each"),
    };
    format!(
        "error: the push is refused: {}{}\n  help: {}",
        codes.join(", "),
        visible(&message),
        visible(help)
    )
}

/// Refusals that nothing has shown yet.
fn refused_at_length(refusals: &[Refusal]) -> String {
    if let [_] = refusals {
        return refused(refusals);
    }
    let mut told = "error: the push is refused".to_string();
    for (at, one) in refusals.iter().enumerate() {
        let _ = write!(told, "\n  {}: {}", one.code, visible(&one.message));
        // What several have in common is said after the last of them.
        if refusals
            .get(at + 1)
            .is_none_or(|next| next.help != one.help)
        {
            let _ = write!(told, "\n    help: {}", visible(&one.help));
        }
    }
    told
}

fn agreed(output: &Output) -> anyhow::Result<bool> {
    output.agrees(&Question {
        text: "Push this?",
        nobody: "nobody can be asked whether to push",
        help: "look at the plan, then push with `--yes`",
        left: "nothing was pushed",
    })
}

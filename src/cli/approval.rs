//! Whether somebody has to agree to a plan before it is pushed: told to the jobs of a workflow, and kept to by a push.

use std::io::Write as _;
use std::path::Path;

use anyhow::anyhow;

use super::output::Failure;
use super::plan::RoleArgs;
use crate::plan::Plan;
use crate::report;

/// Why somebody has to agree: what the plan says of itself, and whatever was asked for beside the mapping, which nobody has
/// reviewed with it.
pub fn reasons(plan: &Plan, asked: &RoleArgs) -> Vec<String> {
    let mut reasons = plan.approval.clone();
    // One that sets something aside is among the plan's own.
    let overrides = plan.overrides.iter();
    let overrides = overrides.filter(|one| one.refusals.is_empty());
    reasons
        .extend(overrides.map(|one| format!("`--override {}` was given: {}", one.guard, one.why)));
    let more = asked.more().into_iter();
    reasons.extend(more.map(|option| format!("`{option}` was given")));
    reasons
}

/// What is to become of a plan, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is nothing to do.
    Nothing,
    /// It is to be pushed, and nobody has to be asked.
    Push,
    /// It is to be pushed when somebody has agreed.
    Approve,
    /// It cannot be pushed.
    Refused,
}

impl Verdict {
    /// Of a plan to which somebody has to agree for these reasons.
    pub fn of(plan: &Plan, reasons: &[String]) -> Self {
        if !plan.refusals.is_empty() {
            Self::Refused
        } else if plan.changes.is_empty() {
            Self::Nothing
        } else if reasons.is_empty() {
            Self::Push
        } else {
            Self::Approve
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Push => "push",
            Self::Approve => "approve",
            Self::Refused => "refused",
        }
    }
}

/// Appends the digest and the verdict to a file, in the form in which CI services take what a job gives to later ones. No value
/// comes from outside, so none can hold a line of its own.
pub fn tell_jobs(file: &Path, digest: &str, verdict: Verdict) -> anyhow::Result<()> {
    let lines = format!(
        "liftgate_digest={digest}\nliftgate_verdict={}\n",
        verdict.word()
    );
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)
        .and_then(|mut file| file.write_all(lines.as_bytes()))
        .map_err(|error| {
            anyhow!(Failure {
                message: format!(
                    "what later jobs go by cannot be written to {}: {error}",
                    report::visible::path(file)
                ),
                help: "nothing was changed; name another file with `--outputs`".to_string(),
            })
        })
}

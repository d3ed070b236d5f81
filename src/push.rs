//! Changing an account as a plan says, and making sure that it arrived.
//!
//! The API compares nothing, so this does: what the plan saw is read again right before it is replaced, and what was written is
//! read again before anybody is told that it worked. Nothing is ever written back: what is live by then may be another's.

mod error;
mod policy;
mod role;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::{Change, FORMAT, Guard, Plan, Refusal, quoted, sealed};
use crate::spacelift::{Error, ReadAccount, WriteAccount};

pub use error::{Live, PushError, Stopped, Target};

/// Pauses before each reading of what was written; the first has none.
const PAUSES: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Waiting, so that a test need not.
pub trait Wait {
    /// Waits that long.
    fn wait(&self, pause: Duration);
}

/// Waits in earnest.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sleep;

impl Wait for Sleep {
    fn wait(&self, pause: Duration) {
        std::thread::sleep(pause);
    }
}

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Each change that was made, in order.
    pub applied: Vec<Applied>,
    /// Whether every change was seen in the account afterwards; with none, there is nothing to see.
    pub verified: bool,
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Such as `policy created` or `role updated`.
    pub what: String,
    /// The id of what changed.
    pub id: String,
    /// The policy's name, or the role's slug.
    pub name: String,
}

/// Makes a plan's changes, in order. Succeeds only if a reading afterwards shows each of them.
///
/// # Errors
/// See [`PushError`]; of several changes, those before the one that failed were made and seen.
pub fn push(
    plan: &Plan,
    reader: &dyn ReadAccount,
    writer: &dyn WriteAccount,
    wait: &dyn Wait,
) -> Result<Outcome, Stopped> {
    let mut applied = Vec::new();
    match make(plan, reader, writer, wait, &mut applied) {
        Ok(()) => Ok(Outcome {
            applied,
            verified: true,
        }),
        Err(error) => Err(Stopped { applied, error }),
    }
}

fn make(
    plan: &Plan,
    reader: &dyn ReadAccount,
    writer: &dyn WriteAccount,
    wait: &dyn Wait,
    applied: &mut Vec<Applied>,
) -> Result<(), PushError> {
    let refusals = unfit(plan, reader.endpoint());
    if !refusals.is_empty() {
        return Err(PushError::Refused(refusals));
    }
    let steps: Vec<Box<dyn Step + '_>> = plan
        .changes
        .iter()
        .map(|change| step(change, plan))
        .collect();
    // What moved is better found before the first change than between two. What a step leaves for a later one is not there
    // to be seen yet.
    if steps.len() > 1 {
        let mut seen = BTreeSet::new();
        for step in &steps {
            if step.id().is_none_or(|id| seen.insert(id)) {
                step.unmoved(reader)?;
            }
        }
    }
    for step in &steps {
        step.unmoved(reader)?;
        let id = carry_out(&**step, reader, writer, wait)?;
        applied.push(Applied {
            what: step.what().to_string(),
            id,
            name: step.target().name,
        });
    }
    Ok(())
}

fn unfit(plan: &Plan, endpoint: &str) -> Vec<Refusal> {
    let mut found = plan.refusals.clone();
    if plan.format != FORMAT {
        found.push(sealed::other_format(u64::from(plan.format)));
    }
    if plan.endpoint != endpoint {
        found.push(sealed::other_endpoint(&plan.endpoint, endpoint));
    }
    found
}

/// A change, as it is carried out.
trait Step {
    /// Such as `policy created`.
    fn what(&self) -> &'static str;

    /// What it is about.
    fn target(&self) -> Target;

    /// The id of what changes, where it has one.
    fn id(&self) -> Option<&str>;

    /// Refuses if what the plan was made for is no longer so. What is to be replaced is read last, right before it is.
    fn unmoved(&self, reader: &dyn ReadAccount) -> Result<(), PushError>;

    /// Sends it. Answers the id of what was written.
    fn send(&self, writer: &dyn WriteAccount) -> Result<String, Error>;

    /// What is live now, and its id.
    fn seen(&self, id: Option<&str>, reader: &dyn ReadAccount) -> Result<(Live, String), Error>;

    /// What became of it, where that is more than being live or not.
    fn misnamed(&self, _slug: &str) -> Option<PushError> {
        None
    }
}

fn step<'a>(change: &'a Change, plan: &'a Plan) -> Box<dyn Step + 'a> {
    match change {
        Change::PolicyCreate { policy } => Box::new(policy::Step::create(policy, &plan.accepted)),
        Change::PolicyUpdate { id, before, after } => {
            Box::new(policy::Step::update(id, before, after, &plan.accepted))
        }
        Change::RoleCreate { role, description } => Box::new(role::Create { role, description }),
        Change::RoleUpdate { id, before, after } => Box::new(role::Update { id, before, after }),
        Change::RoleDelete { id, role } => Box::new(role::Delete { id, role }),
    }
}

/// Sends a change and sees to it that it is live.
fn carry_out(
    step: &dyn Step,
    reader: &dyn ReadAccount,
    writer: &dyn WriteAccount,
    wait: &dyn Wait,
) -> Result<String, PushError> {
    let (id, cause) = match step.send(writer) {
        Ok(id) => (Some(id), None),
        // Whether it was made is for a reading to tell.
        Err(error) if error.may_have_written() => (step.id().map(str::to_string), Some(error)),
        Err(Error::Taken { what, name }) => {
            return Err(moved(format!(
                "the {what} {} was created since the plan was made",
                quoted(&name)
            )));
        }
        Err(error) => return Err(PushError::Write(error)),
    };
    look(step, id.as_deref(), cause, reader, wait)
}

/// Reads until what was sent shows; a server may answer from a copy that lags.
fn look(
    step: &dyn Step,
    id: Option<&str>,
    cause: Option<Error>,
    reader: &dyn ReadAccount,
    wait: &dyn Wait,
) -> Result<String, PushError> {
    let mut live = Live::Unknown;
    let mut failure = None;
    for pause in PAUSES {
        if !pause.is_zero() {
            wait.wait(pause);
        }
        match step.seen(id, reader) {
            Ok((Live::Sent, id)) => return Ok(id),
            Ok((other, _)) => (live, failure) = (other, None),
            Err(error) => (live, failure) = (Live::Unknown, Some(error)),
        }
    }
    if let Live::OtherSlug(slug) = &live
        && let Some(error) = step.misnamed(slug)
    {
        return Err(error);
    }
    Err(PushError::NotLive {
        target: step.target(),
        live,
        cause: cause.or(failure).map(Box::new),
    })
}

fn moved(message: impl Into<String>) -> PushError {
    PushError::Refused(vec![Refusal {
        code: Guard::Moved,
        message: message.into(),
        help: "plan again, and look at what changed".to_string(),
    }])
}

#[cfg(test)]
mod tests;

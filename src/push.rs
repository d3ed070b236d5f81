//! Changing an account as a plan says, and making sure that it arrived.
//!
//! The API compares nothing, so this does: what the plan saw is read again right before it is replaced, and what was written is
//! read again before anybody is told that it worked. A policy of ours that was stored otherwise than it was sent is taken back,
//! and what was there before is put in its place; what is live and somebody else's is left alone.

mod access;
mod beside;
mod error;
mod policy;
mod role;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::lock::digest_of;
use crate::plan::{Change, FORMAT, Guard, Plan, Refusal, quoted, sealed};
use crate::spacelift::{Error, Policy, PolicyType, ReadAccount, WriteAccount};

pub use beside::Beside;
pub use error::{Broken, Live, PushError, Stopped, Target};

/// What a target of the policy's steps is called.
const POLICY: &str = "policy";

/// And one of a step of an access policy.
const ACCESS: &str = "access policy";

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
    let mut seen = BTreeSet::new();
    for step in &steps {
        if seen.insert(step.thing()) {
            step.unmoved(reader)?;
        }
    }
    // Counting people and asking the server take their time, and what is granted rests on much that no step changes.
    let mut roles = Vec::new();
    if !steps.is_empty() {
        roles = reader.roles().map_err(PushError::Read)?.unwrap_or_default();
        let mut moved = crate::plan::roles_moved(plan, &roles);
        if moved.is_empty() {
            moved = crate::plan::moved(plan, reader).map_err(PushError::Read)?;
        }
        if !moved.is_empty() {
            return Err(PushError::Refused(moved));
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
    still_there(&steps, applied, reader, wait)?;
    beside::login(plan, reader, wait)?;
    beside::roles(plan, &roles, reader, wait)
}

/// What came first may have been undone while the rest was made, so all of it is looked at once more at the end, the policy
/// last. Of several changes of one thing, the last one counts.
fn still_there(
    steps: &[Box<dyn Step + '_>],
    applied: &[Applied],
    reader: &dyn ReadAccount,
    wait: &dyn Wait,
) -> Result<(), PushError> {
    if steps.len() < 2 {
        return Ok(());
    }
    let mut counted = BTreeSet::new();
    let mut last: Vec<_> = steps
        .iter()
        .zip(applied)
        .rev()
        .filter(|(_, made)| counted.insert(&made.id))
        .collect();
    last.sort_by_key(|(step, _)| step.target().kind == POLICY);
    for (step, made) in last {
        let written = Written::of(&made.id);
        let (live, _, failure) = look(&**step, Some(&written), reader, wait);
        if live != Live::Sent {
            return Err(PushError::NotLive {
                target: step.target(),
                live,
                cause: failure.map(Box::new),
            });
        }
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

    /// Equal for steps of one thing, of which each begins where the one before it ends.
    fn thing(&self) -> String {
        let target = self.target();
        format!("{} {}", target.kind, target.name)
    }

    /// The id of what changes, where it has one.
    fn id(&self) -> Option<&str>;

    /// Refuses if what the plan was made for is no longer so. What is to be replaced is read last, right before it is.
    fn unmoved(&self, reader: &dyn ReadAccount) -> Result<(), PushError>;

    /// Sends it.
    fn send(&self, writer: &dyn WriteAccount) -> Result<Written, Error>;

    /// What is live now, and its id. `written` is what the account answered, if it did.
    fn seen(
        &self,
        written: Option<&Written>,
        reader: &dyn ReadAccount,
    ) -> Result<(Live, String), Error>;

    /// How to put back what was there before, where what is live is ours and broken.
    fn undo(&self) -> Option<&dyn Undo> {
        None
    }

    /// What became of it, where that is more than being live or not.
    fn misnamed(&self, _slug: &str) -> Option<PushError> {
        None
    }
}

/// What an account answered to a change.
struct Written {
    /// The id of what was written.
    id: String,
    /// When it was last changed, in Unix seconds, where that is known of such things.
    at: Option<i64>,
}

impl Written {
    fn of(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            at: None,
        }
    }
}

/// The way back from a change that was stored otherwise than it was sent.
trait Undo {
    /// Sends what was there before; with nothing before, what is there goes.
    fn send(&self, id: &str, writer: &dyn WriteAccount) -> Result<(), Error>;

    /// Whether what was there before is live again.
    fn is_back(&self, id: &str, reader: &dyn ReadAccount) -> Result<bool, Error>;
}

fn step<'a>(change: &'a Change, plan: &'a Plan) -> Box<dyn Step + 'a> {
    match change {
        Change::PolicyCreate { policy } => {
            Box::new(policy::Step::create(PolicyType::Login, policy, plan))
        }
        Change::PolicyUpdate { id, before, after } => Box::new(policy::Step::update(
            PolicyType::Login,
            Some(id),
            before,
            after,
            plan,
        )),
        Change::RoleCreate { role, description } => Box::new(role::Create { role, description }),
        Change::RoleUpdate { id, before, after } => Box::new(role::Update { id, before, after }),
        Change::RoleDelete { id, role } => Box::new(role::Delete { plan, id, role }),
        Change::AccessCreate { policy } => {
            Box::new(policy::Step::create(PolicyType::Access, policy, plan))
        }
        Change::AccessUpdate { id, before, after } => Box::new(policy::Step::update(
            PolicyType::Access,
            id.as_deref(),
            before,
            after,
            plan,
        )),
        Change::AccessDelete { id, policy } => Box::new(access::Delete { id, policy }),
        Change::AccessAttach {
            policy,
            text,
            stack,
            module,
        } => Box::new(access::Attach {
            on: attached(plan, policy, stack, *module),
            text,
        }),
        Change::AccessDetach {
            policy,
            id,
            stack,
            module,
        } => Box::new(access::Detach {
            on: attached(plan, policy, stack, *module),
            attachment: id,
        }),
    }
}

fn attached<'a>(
    plan: &'a Plan,
    policy: &'a str,
    stack: &'a str,
    module: bool,
) -> access::Attached<'a> {
    access::Attached {
        plan,
        policy,
        stack,
        module,
        id: OnceCell::new(),
    }
}

/// Every policy, if of those that the plan changes none says what the plan knows nothing of: who has seen somebody's edit does not
/// write over it, though a later reading may come from a copy that lags.
fn listed(plan: &Plan, reader: &dyn ReadAccount) -> Result<Vec<Policy>, PushError> {
    let policies = reader.policies().map_err(PushError::Read)?;
    // One that is made by this push is found by its name, and not to be there before.
    let (mut made, mut known) = (BTreeSet::new(), BTreeMap::<&str, BTreeSet<String>>::new());
    for change in &plan.changes {
        let states = match change {
            Change::PolicyCreate { policy } | Change::AccessCreate { policy } => {
                made.insert(policy.name.as_str());
                continue;
            }
            Change::PolicyUpdate { before, after, .. }
            | Change::AccessUpdate { before, after, .. } => [before, after],
            Change::AccessDelete { policy, .. } => [policy, policy],
            _ => continue,
        };
        for state in states {
            let texts = known.entry(state.name.as_str()).or_default();
            texts.insert(digest_of(&state.body));
        }
    }
    let edited = policies.iter().find(|policy| {
        let texts = known.get(policy.name.as_str());
        let texts = texts.filter(|_| !made.contains(policy.name.as_str()));
        texts.is_some_and(|texts| !texts.contains(&digest_of(&policy.body)))
    });
    match edited {
        None => Ok(policies),
        Some(policy) => Err(moved(format!(
            "the policy {} changed since the plan was made",
            quoted(&policy.name)
        ))),
    }
}

/// Sends a change and sees to it that it is live.
fn carry_out(
    step: &dyn Step,
    reader: &dyn ReadAccount,
    writer: &dyn WriteAccount,
    wait: &dyn Wait,
) -> Result<String, PushError> {
    let (written, cause) = match step.send(writer) {
        Ok(written) => (Some(written), None),
        // Whether it was made is for a reading to tell.
        Err(error) if error.may_have_written() => (step.id().map(Written::of), Some(error)),
        Err(Error::Taken { what, name }) => {
            return Err(moved(format!(
                "the {what} {} was created since the plan was made",
                quoted(&name)
            )));
        }
        Err(error) => {
            // A server that refuses may do so because another push came first.
            if matches!(error, Error::Refused { .. }) {
                step.unmoved(reader)?;
            }
            return Err(PushError::Write(error));
        }
    };
    let (live, id, failure) = look(step, written.as_ref(), reader, wait);
    if live == Live::Sent {
        return Ok(id);
    }
    if let Live::OtherSlug(slug) = &live
        && let Some(error) = step.misnamed(slug)
    {
        return Err(error);
    }
    if let (Live::Broken(how), Some(undo)) = (&live, step.undo()) {
        let how = *how;
        return Err(
            match take_back(step, undo, &id, written.as_ref(), reader, writer, wait) {
                Ok(()) => PushError::TakenBack {
                    target: step.target(),
                    how,
                },
                Err(cause) => PushError::NotTakenBack {
                    target: step.target(),
                    how,
                    cause: cause.map(Box::new),
                },
            },
        );
    }
    Err(PushError::NotLive {
        target: step.target(),
        live,
        cause: cause.or(failure).map(Box::new),
    })
}

/// Reads until what was sent shows; a server may answer from a copy that lags. Where somebody else's is seen that is later than
/// ours, or nothing where there was something before, ours is over, and a copy that still shows it lags.
fn look(
    step: &dyn Step,
    written: Option<&Written>,
    reader: &dyn ReadAccount,
    wait: &dyn Wait,
) -> (Live, String, Option<Error>) {
    let is_later = |time: i64| written.and_then(|one| one.at).is_none_or(|at| time >= at);
    let mut last = (Live::Unknown, String::new(), None);
    for pause in PAUSES {
        if !pause.is_zero() {
            wait.wait(pause);
        }
        last = match step.seen(written, reader) {
            Ok((live, id)) => (live, id, None),
            Err(error) => (Live::Unknown, String::new(), Some(error)),
        };
        match last.0 {
            Live::Sent => break,
            Live::Other(Some(time)) if is_later(time) => break,
            Live::Nothing if step.id().is_some() => break,
            _ => {}
        }
    }
    last
}

/// Puts back what was there before, if what is live is still what a broken write of ours left. The error says what went wrong on
/// the way, if anything was said.
fn take_back(
    step: &dyn Step,
    undo: &dyn Undo,
    id: &str,
    written: Option<&Written>,
    reader: &dyn ReadAccount,
    writer: &dyn WriteAccount,
    wait: &dyn Wait,
) -> Result<(), Option<Error>> {
    // Right before writing: somebody may have mended it by hand, or it may have arrived late.
    match step.seen(written, reader) {
        Ok((Live::Broken(_), _)) => {}
        Ok(_) => return Err(None),
        Err(error) => return Err(Some(error)),
    }
    let mut cause = match undo.send(id, writer) {
        Ok(()) => None,
        Err(error) if error.may_have_written() => Some(error),
        Err(error) => return Err(Some(error)),
    };
    for pause in PAUSES {
        if !pause.is_zero() {
            wait.wait(pause);
        }
        match undo.is_back(id, reader) {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(error) => cause = Some(error),
        }
    }
    Err(cause)
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

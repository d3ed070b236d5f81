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

/// No further attempt is waited for when this much was waited for in between.
const PATIENCE: Duration = Duration::from_secs(120);

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
                // It was there.
                live: match live {
                    Live::Nothing => Live::Gone,
                    live => live,
                },
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

    /// Why a role with another slug is not what was meant; `back` says whether what was there before is live again, where something
    /// was.
    fn misnamed(&self, slug: &str, _back: Option<bool>) -> PushError {
        PushError::NotLive {
            target: self.target(),
            live: Live::OtherSlug(slug.to_string()),
            cause: None,
        }
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

/// How often something was sent, and how long it was waited for in between.
#[derive(Default)]
struct Attempts {
    made: u32,
    waited: Duration,
}

impl Attempts {
    /// Waits before another one, for as long as the server asked. False, without waiting, if there is to be none.
    fn pause(&mut self, asked: Option<Duration>, wait: &dyn Wait) -> bool {
        let own = usize::try_from(self.made)
            .ok()
            .and_then(|at| PAUSES.get(at));
        let Some(own) = own else {
            return false;
        };
        let pause = asked.map_or(*own, |asked| asked.max(*own));
        self.waited = self.waited.saturating_add(pause);
        if self.waited > PATIENCE {
            return false;
        }
        wait.wait(pause);
        true
    }
}

/// Sends a change and sees to it that it is live. Right before each attempt what it changes is looked at: the pause between two is
/// time enough for somebody else.
fn carry_out(
    step: &dyn Step,
    reader: &dyn ReadAccount,
    writer: &dyn WriteAccount,
    wait: &dyn Wait,
) -> Result<String, PushError> {
    let mut attempts = Attempts::default();
    // An attempt that may have been made, though no reading has shown it.
    let mut doubt: Option<Error> = None;
    loop {
        match step.unmoved(reader) {
            Ok(()) => {}
            // What moved may be that attempt, late.
            Err(_) if doubt.is_some() => break,
            // Or one of which the server said that it was not made.
            Err(stopped) if attempts.made > 0 => {
                let written = step.id().map(Written::of);
                return match look(step, written.as_ref(), reader, wait) {
                    (Live::Sent, id, _) => Ok(id),
                    _ => Err(stopped),
                };
            }
            Err(stopped) => return Err(stopped),
        }
        attempts.made += 1;
        let error = match step.send(writer) {
            Ok(written) => {
                let seen = look(step, Some(&written), reader, wait);
                return settle(step, seen, Some(&written), doubt, reader, writer, wait);
            }
            Err(error) => error,
        };
        if error.may_have_written() {
            // Whether it was made is for a reading to tell.
            let written = step.id().map(Written::of);
            let seen = look(step, written.as_ref(), reader, wait);
            let is_as_before = match seen.0 {
                Live::Before => true,
                Live::Nothing => step.id().is_none(),
                _ => false,
            };
            let is_last = usize::try_from(attempts.made).is_ok_and(|made| made >= PAUSES.len());
            if is_as_before && error.is_passing() && !is_last {
                doubt = Some(error);
                continue;
            }
            return settle(
                step,
                seen,
                written.as_ref(),
                Some(error),
                reader,
                writer,
                wait,
            );
        }
        if let Error::Unsent { wait: asked, .. } = &error
            && attempts.pause(*asked, wait)
        {
            continue;
        }
        if doubt.is_some() {
            break;
        }
        // A server that refuses may do so because another push came first.
        if matches!(error, Error::Refused { .. }) {
            step.unmoved(reader)?;
        }
        return Err(PushError::Write(error.after(attempts.made)));
    }
    let written = step.id().map(Written::of);
    let seen = look(step, written.as_ref(), reader, wait);
    let doubt = doubt.map(|error| error.after(attempts.made));
    settle(step, seen, written.as_ref(), doubt, reader, writer, wait)
}

/// What a look shows: what is live, its id, and why it is unknown.
type Seen = (Live, String, Option<Error>);

/// What follows from what is live: it arrived, or it is put back, or left alone and told.
fn settle(
    step: &dyn Step,
    (live, id, failure): Seen,
    written: Option<&Written>,
    cause: Option<Error>,
    reader: &dyn ReadAccount,
    writer: &dyn WriteAccount,
    wait: &dyn Wait,
) -> Result<String, PushError> {
    let undo = step.undo().filter(|_| is_gone_wrong(&live));
    let back = undo.map(|undo| take_back(step, undo, &id, written, reader, writer, wait));
    match (live, back) {
        (Live::Sent, _) => Ok(id),
        (Live::OtherSlug(slug), back) => Err(step.misnamed(&slug, back.map(|back| back.is_ok()))),
        (Live::Broken(how), Some(Ok(()))) => Err(PushError::TakenBack {
            target: step.target(),
            how,
        }),
        (Live::Broken(how), Some(Err(cause))) => Err(PushError::NotTakenBack {
            target: step.target(),
            how,
            cause: cause.map(Box::new),
        }),
        (live, _) => Err(PushError::NotLive {
            target: step.target(),
            // What was there before the push, or was made by it, was deleted by somebody else.
            live: match live {
                Live::Nothing if step.id().is_some() => Live::Gone,
                live => live,
            },
            cause: cause.or(failure).map(Box::new),
        }),
    }
}

/// Whether what is live is ours, and not as it was sent.
fn is_gone_wrong(live: &Live) -> bool {
    matches!(live, Live::Broken(_) | Live::OtherSlug(_))
}

/// Reads until what was sent shows; a server may answer from a copy that lags. Where somebody else's is seen that is later than
/// ours, or nothing where there was something before, ours is over, and a copy that still shows it lags.
fn look(
    step: &dyn Step,
    written: Option<&Written>,
    reader: &dyn ReadAccount,
    wait: &dyn Wait,
) -> Seen {
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
    let mut attempts = Attempts::default();
    let mut cause = loop {
        // Right before writing: somebody may have mended it by hand, or it may have arrived late.
        match step.seen(written, reader) {
            Ok((live, _)) if is_gone_wrong(&live) => {}
            Ok(_) => return Err(None),
            Err(error) => return Err(Some(error)),
        }
        attempts.made += 1;
        match undo.send(id, writer) {
            Ok(()) => break None,
            Err(error) if error.may_have_written() => break Some(error),
            Err(Error::Unsent { wait: asked, .. }) if attempts.pause(asked, wait) => {}
            Err(error) => return Err(Some(error.after(attempts.made))),
        }
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

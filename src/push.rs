//! Changing an account as a plan says, and making sure that it arrived.
//!
//! The API compares nothing, so this does: what the plan saw is read again right before it is replaced, and what was written is
//! read again before anybody is told that it worked. Nothing is ever written back: what is live by then may be another's.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::{
    Change, FORMAT, Guard, Plan, PolicyState, Refusal, is_other_login_policy, quoted,
};
use crate::spacelift::{Engine, Error, Policy, PolicyType, ReadAccount, Scheme, WriteAccount};

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
    /// `policy created` or `policy updated`.
    pub what: String,
    /// The policy's id.
    pub id: String,
    /// The policy's name.
    pub name: String,
}

/// Why a push did not do all that it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushError {
    /// A guard refused; nothing was written.
    Refused(Vec<Refusal>),
    /// The account could not be read; nothing was written.
    Read(Error),
    /// The account refused the change; nothing was written.
    Write(Error),
    /// The change was sent, and what is live is not what was sent.
    NotLive {
        /// The policy's name.
        name: String,
        /// What is live instead.
        live: Live,
        /// What went wrong while it was sent or looked for, if anything did.
        cause: Option<Error>,
    },
}

/// What a reading after a change shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Live {
    /// What was sent.
    Sent,
    /// No policy of that name.
    Nothing,
    /// What was there before.
    Before,
    /// Something else, last changed at this time in Unix seconds.
    Other(i64),
    /// It could not be read.
    Unknown,
}

impl PushError {
    /// Whether a guard stopped it, or another's policy is live: exit code 6.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::NotLive {
                    live: Live::Other(_),
                    ..
                }
        )
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Refused(refusals) => refusals
                .first()
                .map(|refusal| refusal.help.clone())
                .unwrap_or_default(),
            Self::Read(error) | Self::Write(error) => error.hint(),
            Self::NotLive {
                live: Live::Other(_),
                ..
            } => "somebody else changed it at the same time, or the server stores something else than it is sent; nothing was put back, so look at it, then plan again".to_string(),
            Self::NotLive { .. } => {
                "the change may still arrive; look at the policy, then plan again".to_string()
            }
        }
    }
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusals) => match refusals.as_slice() {
                [] => f.write_str("the push was refused"),
                [one] => write!(f, "{one}"),
                [first, rest @ ..] => write!(f, "{first}, and {} more", rest.len()),
            },
            Self::Read(error) | Self::Write(error) => error.fmt(f),
            Self::NotLive { name, live, cause } => {
                let name = quoted(name);
                match live {
                    Live::Nothing => write!(f, "the policy {name} was sent, and is not there")?,
                    Live::Before => write!(
                        f,
                        "the policy {name} was sent, and what was there before is still live"
                    )?,
                    Live::Other(_) => {
                        write!(f, "the policy {name} was sent, and something else is live")?
                    }
                    Live::Sent | Live::Unknown => {
                        write!(f, "the policy {name} was sent, and what is live is unknown")?;
                    }
                }
                match cause {
                    Some(cause) => write!(f, ": {cause}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for PushError {}

/// Makes a plan's changes, in order. Succeeds only if a reading afterwards shows each of them.
///
/// # Errors
/// See [`PushError`]; of several changes, those before the one that failed were made and seen.
pub fn push(
    plan: &Plan,
    reader: &dyn ReadAccount,
    writer: &dyn WriteAccount,
    wait: &dyn Wait,
) -> Result<Outcome, PushError> {
    let refusals = unfit(plan, reader.endpoint());
    if !refusals.is_empty() {
        return Err(PushError::Refused(refusals));
    }
    let mut applied = Vec::new();
    for change in &plan.changes {
        let step = Step::of(change);
        step.unmoved(reader)?;
        let id = step.write(writer, reader, wait)?;
        applied.push(Applied {
            what: step.what.to_string(),
            id,
            name: step.after.name.clone(),
        });
    }
    Ok(Outcome {
        applied,
        verified: true,
    })
}

fn unfit(plan: &Plan, endpoint: &str) -> Vec<Refusal> {
    let mut found = plan.refusals.clone();
    if plan.format != FORMAT {
        found.push(Refusal {
            code: Guard::PlanFormat,
            message: format!(
                "the plan has format {}, and this release reads format {FORMAT}",
                plan.format
            ),
            help: "plan again with the release that pushes".to_string(),
        });
    }
    if plan.endpoint != endpoint {
        found.push(Refusal {
            code: Guard::OtherEndpoint,
            message: format!(
                "the plan was made for {}, and this is {}",
                quoted(&plan.endpoint),
                quoted(endpoint)
            ),
            help: "check the credentials, or plan again".to_string(),
        });
    }
    found
}

/// A change, taken apart.
struct Step<'a> {
    what: &'static str,
    id: Option<&'a str>,
    before: Option<&'a PolicyState>,
    after: &'a PolicyState,
}

impl<'a> Step<'a> {
    fn of(change: &'a Change) -> Self {
        match change {
            Change::PolicyCreate { policy } => Self {
                what: "policy created",
                id: None,
                before: None,
                after: policy,
            },
            Change::PolicyUpdate { id, before, after } => Self {
                what: "policy updated",
                id: Some(id),
                before: Some(before),
                after,
            },
        }
    }

    /// Refuses if what the plan was made for is no longer so. The policy to be replaced is read last, right before it is.
    fn unmoved(&self, reader: &dyn ReadAccount) -> Result<(), PushError> {
        let scheme = reader.account().map_err(PushError::Read)?.scheme;
        if scheme.is_some_and(|scheme| scheme != Scheme::LoginPolicies) {
            return Err(moved("the account no longer decides by login policies"));
        }
        let policies = reader.policies().map_err(PushError::Read)?;
        if let Some(other) = policies.iter().find(|policy| is_other_login_policy(policy)) {
            return Err(moved(format!(
                "the login policy {} appeared since the plan was made",
                quoted(&other.name)
            )));
        }
        let (Some(id), Some(before)) = (self.id, self.before) else {
            return match policies
                .iter()
                .find(|policy| policy.name == self.after.name)
            {
                None => Ok(()),
                Some(_) => Err(moved(format!(
                    "the policy {} was created since the plan was made",
                    quoted(&self.after.name)
                ))),
            };
        };
        let Some(policy) = reader.policy(id).map_err(PushError::Read)? else {
            return Err(moved(format!(
                "the policy {} was deleted since the plan was made",
                quoted(&before.name)
            )));
        };
        if policy.kind != PolicyType::Login || PolicyState::from(&policy) != *before {
            return Err(moved(format!(
                "the policy {} changed since the plan was made",
                quoted(&before.name)
            )));
        }
        Ok(())
    }

    /// Sends the change and sees to it that it is live. Answers the policy's id.
    fn write(
        &self,
        writer: &dyn WriteAccount,
        reader: &dyn ReadAccount,
        wait: &dyn Wait,
    ) -> Result<String, PushError> {
        let draft = self.after.draft();
        let sent = match self.id {
            Some(id) => writer.update_policy(id, &draft),
            None => writer.create_policy(&draft),
        };
        let (id, cause) = match sent {
            Ok(policy) => (Some(policy.id), None),
            // Whether it was made is for a reading to tell.
            Err(error) if error.may_have_written() => (self.id.map(str::to_string), Some(error)),
            Err(Error::Taken { name, .. }) => {
                return Err(moved(format!(
                    "the policy {} was created since the plan was made",
                    quoted(&name)
                )));
            }
            Err(error) => return Err(PushError::Write(error)),
        };
        self.look(id.as_deref(), cause, reader, wait)
    }

    /// Reads until what was sent shows; a server may answer from a copy that lags.
    fn look(
        &self,
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
            match self.seen(id, reader) {
                Ok((Live::Sent, id)) => return Ok(id),
                Ok((other, _)) => (live, failure) = (other, None),
                Err(error) => (live, failure) = (Live::Unknown, Some(error)),
            }
        }
        Err(PushError::NotLive {
            name: self.after.name.clone(),
            live,
            cause: cause.or(failure),
        })
    }

    fn seen(&self, id: Option<&str>, reader: &dyn ReadAccount) -> Result<(Live, String), Error> {
        let policy = match id {
            Some(id) => reader.policy(id)?,
            None => reader
                .policies()?
                .into_iter()
                .find(|policy| policy.name == self.after.name),
        };
        let Some(policy) = policy else {
            return Ok((Live::Nothing, String::new()));
        };
        let live = if is_live(&policy, self.after) {
            Live::Sent
        } else if self
            .before
            .is_some_and(|before| PolicyState::from(&policy) == *before)
        {
            Live::Before
        } else {
            Live::Other(policy.updated_at)
        };
        Ok((live, policy.id))
    }
}

/// Whether the account shows exactly what was sent, in all that decides.
fn is_live(policy: &Policy, sent: &PolicyState) -> bool {
    let engine = |engine: &Option<Engine>| engine.clone().unwrap_or(Engine::V0);
    policy.kind == PolicyType::Login
        && policy.name == sent.name
        && policy.body.trim_end_matches('\n') == sent.body.trim_end_matches('\n')
        && engine(&policy.engine) == engine(&sent.engine)
        && (policy.space.is_none() || policy.space == sent.space)
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

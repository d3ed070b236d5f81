//! Faults by script: what a network, a server, or other people do to a client at the worst moment.
//!
//! ```
//! # use liftgate::sandbox::faults::{Fault, Faults, What, When};
//! let faults = Faults::new(vec![
//!     // The third call of all is carried out, and its connection breaks before the answer.
//!     Fault::at(3, What::Drop { when: When::After }),
//!     // The first update of a policy is turned away for half a minute.
//!     Fault::of("PolicyUpdate", 1, What::Status { status: 429, retry_after: Some(30), when: When::Before }),
//! ]);
//! ```
//!
//! A script is used in two ways, with the same effects:
//!
//! - over the network: [`Sandbox::serve_with`](super::Sandbox::serve_with), or `liftgate sandbox FILE --faults SCRIPT`
//!   for another process, where `SCRIPT` holds [`Fault`]s as JSON
//! - in the same process, without sockets and in no time: [`Faulty`] is an [`Exchange`](crate::spacelift::Exchange), to
//!   be given to [`Options::over`](crate::spacelift::Options::over), and delays pass on its [`Timing`](crate::spacelift::Timing)
//!
//! Calls are counted from 1, retries and logins included, in the order in which they come: a client that asks one thing
//! at a time has the same calls every time. [`Faults::calls`] tells which calls there were, so that a run without faults
//! says where faults can be put. With `--faults`, `GET /faults` answers the same as JSON, and `POST /faults` puts another
//! script in place and counts from 1 again.
//!
//! Several faults can meet in one call: all changes of the account are made, the first of the faults that spoil the answer decides
//! what comes back, and all delays pass before it does.
//!
//! | fault | the call is carried out | what the client sees |
//! |---|---|---|
//! | [`What::Refuse`] | no | an error of the API's |
//! | [`What::Status`] | as [`When`] says | a status, perhaps with `Retry-After` |
//! | [`What::Page`] | as [`When`] says | a web page |
//! | [`What::Garbage`] | as [`When`] says | status 200, and no JSON |
//! | [`What::Cut`] | yes | the first bytes of the answer, then the end of the connection |
//! | [`What::Drop`] | as [`When`] says | the end of the connection |
//! | [`What::Hold`] | as [`When`] says | nothing, until the client gives up or is killed |
//! | [`What::Delay`] | yes | its answer, late |
//! | [`What::Stale`] | yes, if it writes | from here on, the next reads as they were before the last write |
//! | [`What::Expire`] | as far as that goes | its token has ended |
//! | [`What::Patch`], [`What::Change`] | yes | the account as somebody else has changed it just before |

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::source::hash;
use super::state::State;
use super::{Inner, Request};

mod called;
mod faulty;

pub use called::{Called, Kind};
pub use faulty::Faulty;

/// Something that goes wrong, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// At which call, counted from 1: of those of the operation, or of all. Every one, if it is not said.
    #[serde(default)]
    pub call: Option<usize>,
    /// Only calls of the operation of this name, such as `PolicyUpdate`; where the request names none, of its first field.
    #[serde(default)]
    pub operation: Option<String>,
    /// What goes wrong.
    pub what: What,
}

impl Fault {
    /// At the n-th call of all.
    #[must_use]
    pub fn at(call: usize, what: What) -> Fault {
        Fault {
            call: Some(call),
            operation: None,
            what,
        }
    }

    /// At the n-th call of an operation.
    #[must_use]
    pub fn of(operation: &str, call: usize, what: What) -> Fault {
        Fault {
            call: Some(call),
            operation: Some(operation.to_owned()),
            what,
        }
    }

    /// At every call of an operation.
    #[must_use]
    pub fn always(operation: &str, what: What) -> Fault {
        Fault {
            call: None,
            operation: Some(operation.to_owned()),
            what,
        }
    }
}

/// Whether a fault comes before the call has its effect or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The call is not carried out.
    Before,
    /// The call is carried out.
    After,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// The API says no, in these words.
    Refuse {
        /// Such as `unauthorized`.
        message: String,
    },
    /// The answer has a status of this kind and no data.
    Status {
        /// Such as 429 or 503.
        status: u16,
        /// Seconds in `Retry-After`; no such header if it is not said.
        #[serde(default)]
        retry_after: Option<u64>,
        /// Whether it was done all the same.
        when: When,
    },
    /// The answer is a web page, as a proxy or a sign-in page in between would send.
    Page {
        /// Its status, such as 200 or 502.
        status: u16,
        /// Whether it was done all the same.
        when: When,
    },
    /// The answer has status 200 and is not JSON.
    Garbage {
        /// Whether it was done all the same.
        when: When,
    },
    /// The answer ends after this many bytes of its body.
    Cut {
        /// How many come through.
        bytes: usize,
    },
    /// The connection ends without an answer.
    Drop {
        /// Whether it was done all the same.
        when: When,
    },
    /// No answer comes, and the connection stays open. A client in the same process runs out of time instead.
    Hold {
        /// Whether it was done all the same.
        when: When,
    },
    /// The answer is late. A client in the same process runs out of time if that is longer than it waits.
    Delay {
        /// How late.
        millis: u64,
    },
    /// From this call on, this many reads are answered from the account as it was before the last write, or as it is if
    /// nothing was written. Logins and simulations are no reads.
    Stale {
        /// How many.
        reads: usize,
    },
    /// The token that comes with the call ends before it.
    Expire,
    /// The account is changed before the call: a merge patch (RFC 7396) of its file's JSON. One that leaves an account that
    /// does not hold together changes nothing, and shows in [`Called::fault`].
    Patch(Value),
    /// The same, by code; not part of a script's JSON.
    #[serde(skip)]
    Change(Change),
}

/// A change of the account that somebody else makes.
#[derive(Clone)]
pub struct Change(Arc<dyn Fn(&mut State) + Send + Sync>);

impl Change {
    /// By this function.
    pub fn new(change: impl Fn(&mut State) + Send + Sync + 'static) -> Change {
        Change(Arc::new(change))
    }
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Change")
    }
}

impl PartialEq for Change {
    /// Whether it is the same function; nobody can see into one.
    fn eq(&self, other: &Change) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A script, and what came of it so far. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    script: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    faults: Vec<Fault>,
    calls: Vec<Called>,
    /// How many reads are still to be stale.
    stale: usize,
    /// The account before the last write.
    before: Option<State>,
}

/// What is to come back.
pub(crate) enum Outcome {
    /// An answer, whole.
    Answer(Answer),
    /// The answer's first bytes.
    Cut(Answer, usize),
    /// The end of the connection.
    Drop,
    /// Nothing.
    Hold,
}

/// An answer as HTTP has it.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) html: bool,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Answer {
        Answer {
            status,
            html: false,
            retry_after: None,
            body: body.to_string().into_bytes(),
        }
    }
}

impl Faults {
    /// A script; an empty one only counts.
    #[must_use]
    pub fn new(faults: Vec<Fault>) -> Faults {
        let fresh = Faults::default();
        fresh.reset(faults);
        fresh
    }

    /// A script that is written as JSON: a list of [`Fault`]s.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Faults, String> {
        serde_json::from_str(text)
            .map(Faults::new)
            .map_err(|error| error.to_string())
    }

    /// Puts another script in place, and counts from 1 again.
    pub fn reset(&self, faults: Vec<Fault>) {
        *self.script() = Script {
            faults,
            ..Script::default()
        };
    }

    /// The calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Called> {
        self.script().calls.clone()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call; answers what is to go wrong with it.
    fn count(&self, request: &Request) -> (usize, Kind, Vec<What>) {
        let (operation, kind) = called::look(request);
        let mut script = self.script();
        let call = script.calls.len() + 1;
        let earlier = script.calls.iter();
        let of_operation = earlier.filter(|call| call.operation == operation).count() + 1;
        let due: Vec<What> = (script.faults.iter())
            .filter(|fault| match (&fault.operation, fault.call) {
                (None, None) => true,
                (None, Some(at)) => at == call,
                (Some(name), at) => *name == operation && at.is_none_or(|at| at == of_operation),
            })
            .map(|fault| fault.what.clone())
            .collect();
        script.calls.push(Called {
            call,
            operation,
            kind,
            fault: due.iter().map(called::name).collect(),
        });
        (call, kind, due)
    }

    fn note(&self, call: usize, problem: String) {
        if let Some(called) = self.script().calls.get_mut(call - 1) {
            called.fault.push(problem);
        }
    }

    /// Carries a request out, as far as the script lets it.
    pub(super) fn carry_out(
        &self,
        inner: &Inner,
        request: &Request,
        sleep: &dyn Fn(Duration),
    ) -> Outcome {
        let (call, kind, due) = self.count(request);
        for what in &due {
            if let Err(problem) = self.change(inner, request, what) {
                self.note(call, problem);
            }
        }
        let late: u64 = (due.iter())
            .map(|what| match what {
                What::Delay { millis } => *millis,
                _ => 0,
            })
            .sum();
        let spoils = due.into_iter().find(|what| !is_aside(what));
        let carried_out = match &spoils {
            Some(What::Refuse { .. }) => None,
            Some(
                What::Status { when, .. }
                | What::Page { when, .. }
                | What::Garbage { when }
                | What::Drop { when }
                | What::Hold { when },
            ) if *when == When::Before => None,
            _ => Some(self.answer(inner, request, kind)),
        };
        if late > 0 {
            sleep(Duration::from_millis(late));
        }
        let whole = Answer::json(200, &carried_out.unwrap_or_default());
        match spoils {
            Some(What::Refuse { message }) => Outcome::Answer(Answer::json(
                200,
                &json!({ "data": null, "errors": [{ "message": message }] }),
            )),
            Some(What::Status {
                status,
                retry_after,
                ..
            }) => Outcome::Answer(Answer {
                retry_after,
                ..Answer::json(status, &json!({ "error": "out of order" }))
            }),
            Some(What::Page { status, .. }) => Outcome::Answer(Answer {
                status,
                html: true,
                retry_after: None,
                body: b"<!doctype html><title>Sign in</title><p>Sign in to continue".to_vec(),
            }),
            Some(What::Garbage { .. }) => Outcome::Answer(Answer {
                body: b"%PDF-1.7 \xff\xfe\x00".to_vec(),
                ..whole
            }),
            Some(What::Cut { bytes }) => Outcome::Cut(whole, bytes),
            Some(What::Drop { .. }) => Outcome::Drop,
            Some(What::Hold { .. }) => Outcome::Hold,
            _ => Outcome::Answer(whole),
        }
    }

    /// What somebody else does before the call.
    fn change(&self, inner: &Inner, request: &Request, what: &What) -> Result<(), String> {
        match what {
            What::Stale { reads } => {
                self.script().stale = *reads;
                Ok(())
            }
            What::Expire => {
                let token = request.bearer.as_deref().map(hash);
                inner.edit(|state| {
                    state
                        .sessions
                        .retain(|_, session| Some(&session.token_hash) != token.as_ref());
                })
            }
            What::Change(Change(change)) => inner.edit(|state| change(state)),
            What::Patch(patch) => {
                let mut whole = serde_json::to_value(inner.state().clone())
                    .map_err(|error| error.to_string())?;
                merge(&mut whole, patch);
                let patched: State =
                    serde_json::from_value(whole).map_err(|error| error.to_string())?;
                inner.edit(|state| *state = patched)
            }
            _ => return Ok(()),
        }
        .map_err(|error| error.to_string())
    }

    fn answer(&self, inner: &Inner, request: &Request, kind: Kind) -> Value {
        match kind {
            Kind::Write => {
                let before = inner.state().clone();
                let answer = inner.execute(request);
                if *inner.state() != before {
                    self.script().before = Some(before);
                }
                answer
            }
            Kind::Read => match self.stale() {
                Some(mut past) => {
                    // Whoever asks is who they are now.
                    past.sessions.clone_from(&inner.state().sessions);
                    inner.execute_on(&mut past, None, request)
                }
                None => inner.execute(request),
            },
            Kind::Login | Kind::Simulation => inner.execute(request),
        }
    }

    /// The account of the past, if this read is to see it.
    fn stale(&self) -> Option<State> {
        let mut script = self.script();
        script.stale = script.stale.checked_sub(1)?;
        script.before.clone()
    }
}

/// Whether a fault leaves the answer as it is.
fn is_aside(what: &What) -> bool {
    matches!(
        what,
        What::Delay { .. } | What::Stale { .. } | What::Expire | What::Patch(_) | What::Change(_)
    )
}

/// A merge patch, as RFC 7396 has it.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(target) = target.as_object_mut() else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

//! Changing an account: creating and replacing login policies, nothing else.

use serde_json::{Map, Value, json};

use super::account::{Engine, Policy, PolicyDraft, PolicyType};
use super::channel::WriteChannel;
use super::connection::{Failure, Repeat};
use super::error::Error;
use super::operations::{Operation, WriteOperation};
use super::reader::Reader;
use super::wire::{PolicyCreateData, PolicyUpdateData};
use super::{ReadAccount, WriteAccount};

const ENGINE_FIELD: &str = "engineType";

/// Writes to an account over the network.
pub struct Writer {
    channel: WriteChannel,
    /// For looking whether a change that got no answer was made.
    reader: Reader,
}

/// What a look at the account says about a create that got no answer.
enum Found {
    AsSent(Box<Policy>),
    Different,
    Absent,
}

impl Writer {
    pub(super) fn new(channel: WriteChannel, reader: Reader) -> Self {
        Writer { channel, reader }
    }

    /// Everything but the type: an update replaces the whole policy, so every
    /// field is sent, with `null` for what is not set (as Spacelift's Terraform
    /// provider does).
    fn input(&self, draft: &PolicyDraft) -> Result<Map<String, Value>, Error> {
        let mut labels = draft.labels.clone();
        labels.sort();
        let mut input = Map::new();
        input.insert("name".into(), json!(draft.name));
        input.insert("body".into(), json!(draft.body));
        input.insert("description".into(), json!(draft.description));
        input.insert("labels".into(), json!(labels));
        input.insert("space".into(), json!(draft.space));
        match (&draft.engine, self.channel.lacks(ENGINE_FIELD)) {
            (Some(engine), false) => {
                input.insert(ENGINE_FIELD.into(), json!(engine));
            }
            // Version 0 is all there is without the field.
            (None, _) | (Some(Engine::V0), true) => {}
            (Some(_), true) => {
                return Err(Error::Unsupported {
                    what: "versions of Rego other than 0",
                    since: "4.1.0",
                });
            }
        }
        Ok(input)
    }

    /// Looks for the policy of a draft, by name among the login policies.
    fn look_up(&self, draft: &PolicyDraft) -> Result<Found, Error> {
        let namesake = self
            .reader
            .policies()?
            .into_iter()
            .find(|policy| policy.name == draft.name);
        Ok(match namesake {
            None => Found::Absent,
            Some(policy) if is_as_sent(&policy, draft) => Found::AsSent(Box::new(policy)),
            Some(_) => Found::Different,
        })
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Writer({})", self.reader.endpoint())
    }
}

impl WriteAccount for Writer {
    fn create_policy(&self, draft: &PolicyDraft) -> Result<Policy, Error> {
        let mut budget = self.channel.budget();
        loop {
            let mut input = self.input(draft)?;
            input.insert("type".into(), json!(PolicyType::Login));
            let failure = match self.channel.call::<PolicyCreateData>(
                WriteOperation::PolicyCreate,
                &json!({ "input": input }),
                Repeat::IfUndelivered,
                &mut budget,
            ) {
                Ok(data) => return Ok(data.policy),
                Err(failure) => failure,
            };
            if failure.learned {
                continue;
            }
            let late = budget.in_doubt && is_name_conflict(&failure.error);
            if !failure.delivered && !late {
                return Err(doubtful(
                    WriteOperation::PolicyCreate,
                    failure.error,
                    budget.in_doubt,
                ));
            }
            // It may have been made. A pause first, for a server that is slow
            // rather than gone.
            let again = failure.transient && budget.pause(failure.wait);
            match self.look_up(draft) {
                Ok(Found::AsSent(policy)) => return Ok(*policy),
                Ok(Found::Different) => {
                    return Err(Error::Taken {
                        name: draft.name.clone(),
                    });
                }
                Ok(Found::Absent) if again => {}
                // Not there now, but nothing says that it never will be.
                Ok(Found::Absent) | Err(_) => {
                    return Err(doubtful(WriteOperation::PolicyCreate, failure.error, true));
                }
            }
        }
    }

    fn update_policy(&self, id: &str, draft: &PolicyDraft) -> Result<Policy, Error> {
        let mut budget = self.channel.budget();
        loop {
            let input = self.input(draft)?;
            let failure: Failure = match self.channel.call::<PolicyUpdateData>(
                WriteOperation::PolicyUpdate,
                &json!({ "id": id, "input": input }),
                Repeat::Freely,
                &mut budget,
            ) {
                Ok(data) => return Ok(data.policy),
                Err(failure) => failure,
            };
            if !failure.learned {
                let in_doubt = budget.in_doubt || failure.delivered;
                return Err(doubtful(
                    WriteOperation::PolicyUpdate,
                    failure.error,
                    in_doubt,
                ));
            }
        }
    }
}

fn doubtful(operation: WriteOperation, error: Error, in_doubt: bool) -> Error {
    if !in_doubt {
        return error;
    }
    Error::MaybeWritten {
        action: Operation::from(operation).action(),
        cause: Box::new(error),
    }
}

/// "policy name must be unique within one account" and "policy with this slug
/// already exists for this account" are the API's words.
fn is_name_conflict(error: &Error) -> bool {
    let Error::Refused { messages, .. } = error else {
        return false;
    };
    messages.iter().any(|message| {
        let message = message.to_lowercase();
        message.contains("must be unique") || message.contains("already exists")
    })
}

/// Whether a policy is what a draft asked for. Whether the server keeps blank
/// lines at the end of a body is not known, and they mean nothing.
fn is_as_sent(policy: &Policy, draft: &PolicyDraft) -> bool {
    let mut labels = draft.labels.clone();
    labels.sort();
    let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    policy.kind == PolicyType::Login
        && policy.body.trim_end() == draft.body.trim_end()
        && policy.labels == labels
        && said(&policy.description) == said(&draft.description)
        && (draft.space.is_none() || policy.space == draft.space)
        && match (&policy.engine, &draft.engine) {
            (Some(is), Some(asked)) => is == asked,
            _ => true,
        }
}

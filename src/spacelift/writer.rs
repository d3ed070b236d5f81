//! Changing an account: creating and replacing login and access policies, and attaching the latter; creating, changing and deleting roles; ending sessions;
//! nothing else.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::WriteAccount;
use super::account::{Engine, Policy, PolicyDraft, Role, RoleDraft, RoleUpdate};
use super::channel::WriteChannel;
use super::connection::{Failure, Repeat};
use super::error::Error;
use super::operations::{Operation, WriteOperation};
use super::stacks::Attachment;
use super::wire::{
    PolicyAttachData, PolicyCreateData, PolicyDeleteData, PolicyDetachData, PolicyUpdateData,
    RoleCreateData, RoleDeleteData, RoleUpdateData, SessionDeleteData,
};

const ENGINE_FIELD: &str = "engineType";

/// Writes to an account over the network.
pub struct Writer {
    channel: WriteChannel,
    endpoint: String,
}

impl Writer {
    pub(super) fn new(channel: WriteChannel, endpoint: String) -> Self {
        Writer { channel, endpoint }
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

    /// Sends a change once: whoever compares looks again before another attempt, and after one that got no answer.
    fn once<D: DeserializeOwned>(
        &self,
        operation: WriteOperation,
        variables: &Value,
    ) -> Result<D, Error> {
        let mut budget = self.channel.budget();
        self.channel
            .call(operation, variables, Repeat::AfterALook, &mut budget)
            .map_err(|failure| {
                let passing = failure.transient || failure.learned;
                match failure {
                    Failure {
                        delivered: true, ..
                    } => doubtful(operation, failure.error),
                    _ if passing => Error::Unsent {
                        cause: Box::new(failure.error),
                        wait: failure.wait,
                    },
                    _ => failure.error,
                }
            })
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Writer({})", self.endpoint)
    }
}

impl WriteAccount for Writer {
    fn create_policy(&self, draft: &PolicyDraft) -> Result<Policy, Error> {
        let mut input = self.input(draft)?;
        input.insert("type".into(), json!(draft.kind));
        self.once(WriteOperation::PolicyCreate, &json!({ "input": input }))
            .map(|data: PolicyCreateData| data.policy)
    }

    fn update_policy(&self, id: &str, draft: &PolicyDraft) -> Result<Policy, Error> {
        let variables = json!({ "id": id, "input": self.input(draft)? });
        self.once(WriteOperation::PolicyUpdate, &variables)
            .map(|data: PolicyUpdateData| data.policy)
    }

    fn create_role(&self, draft: &RoleDraft) -> Result<Role, Error> {
        let input = json!({
            "name": draft.name,
            "description": draft.description,
            "actions": sorted(&draft.actions),
        });
        self.once(WriteOperation::RoleCreate, &json!({ "input": input }))
            .map(|data: RoleCreateData| data.role)
    }

    fn update_role(&self, id: &str, update: &RoleUpdate) -> Result<Role, Error> {
        let mut input = Map::new();
        if let Some(name) = &update.name {
            input.insert("name".into(), json!(name));
        }
        if let Some(actions) = &update.actions {
            // The capital letter is how the API spells it.
            input.insert("Actions".into(), json!(sorted(actions)));
        }
        let variables = json!({ "id": id, "input": input });
        self.once(WriteOperation::RoleUpdate, &variables)
            .map(|data: RoleUpdateData| data.role)
    }

    fn delete_policy(&self, id: &str) -> Result<(), Error> {
        self.once(WriteOperation::PolicyDelete, &json!({ "id": id }))
            .map(|_: PolicyDeleteData| ())
    }

    fn attach_policy(&self, policy: &str, stack: &str) -> Result<Attachment, Error> {
        let variables = json!({ "policy": policy, "stack": stack });
        self.once(WriteOperation::PolicyAttach, &variables)
            .map(|data: PolicyAttachData| data.attachment)
    }

    fn detach_policy(&self, attachment: &str) -> Result<(), Error> {
        self.once(WriteOperation::PolicyDetach, &json!({ "id": attachment }))
            .map(|_: PolicyDetachData| ())
    }

    fn delete_role(&self, id: &str) -> Result<(), Error> {
        self.once(WriteOperation::RoleDelete, &json!({ "id": id }))
            .map(|_: RoleDeleteData| ())
    }

    /// A session that has ended has ended, whoever ended it, and none comes back under its id: this is sent as often as it takes.
    fn delete_session(&self, id: &str) -> Result<(), Error> {
        let operation = WriteOperation::SessionDelete;
        let mut budget = self.channel.budget();
        let sent = self.channel.call::<SessionDeleteData>(
            operation,
            &json!({ "id": id }),
            Repeat::Freely,
            &mut budget,
        );
        match sent {
            Ok(_) => Ok(()),
            // Sessions end by themselves, and by changes of policies.
            Err(failure) if failure.error.says_not_found() => Ok(()),
            Err(failure) if budget.in_doubt || failure.delivered => {
                Err(doubtful(operation, failure.error))
            }
            Err(failure) => Err(failure.error),
        }
    }
}

fn sorted(actions: &[String]) -> Vec<String> {
    let mut actions = actions.to_vec();
    actions.sort();
    actions
}

fn doubtful(operation: WriteOperation, error: Error) -> Error {
    Error::MaybeWritten {
        action: Operation::from(operation).action(),
        cause: Box::new(error),
    }
}

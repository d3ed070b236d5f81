//! Changing an account: creating and replacing login and access policies, and attaching the latter; creating, changing and deleting roles; ending sessions;
//! nothing else.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::account::{Engine, Policy, PolicyDraft, Role, RoleDraft, RoleUpdate};
use super::channel::WriteChannel;
use super::connection::{Failure, Repeat};
use super::error::Error;
use super::operations::{Operation, WriteOperation};
use super::reader::Reader;
use super::stacks::Attachment;
use super::wire::{
    PolicyAttachData, PolicyCreateData, PolicyDeleteData, PolicyDetachData, PolicyUpdateData,
    RoleCreateData, RoleDeleteData, RoleUpdateData, SessionDeleteData,
};
use super::{ReadAccount, WriteAccount};

const ENGINE_FIELD: &str = "engineType";

/// Writes to an account over the network.
pub struct Writer {
    channel: WriteChannel,
    /// For looking whether a change that got no answer was made.
    reader: Reader,
}

/// What a look at the account says about a create that got no answer.
enum Found<T> {
    AsSent(Box<T>),
    Different,
    Absent,
}

/// A create: what it is of, and how to look for it when no answer came.
struct Create<'a, T> {
    operation: WriteOperation,
    what: &'static str,
    name: &'a str,
    look_up: &'a dyn Fn() -> Result<Found<T>, Error>,
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

    /// Looks for the policy of a draft, by name.
    fn look_up(&self, draft: &PolicyDraft) -> Result<Found<Policy>, Error> {
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

    /// Looks for the role of a draft, by name.
    fn look_up_role(&self, draft: &RoleDraft) -> Result<Found<Role>, Error> {
        let namesake = self
            .reader
            .roles()?
            .unwrap_or_default()
            .into_iter()
            .find(|role| role.name == draft.name);
        Ok(match namesake {
            None => Found::Absent,
            Some(role) if !role.system && role.actions == sorted(&draft.actions) => {
                Found::AsSent(Box::new(role))
            }
            Some(_) => Found::Different,
        })
    }

    /// Looks for the attachment of a policy to a stack that is not a label's doing.
    fn look_up_attachment(&self, policy: &str, stack: &str) -> Result<Found<Attachment>, Error> {
        let attached = self.reader.attachments(policy)?.unwrap_or_default();
        let found = attached
            .into_iter()
            .find(|one| one.stack == stack && !one.automatic);
        Ok(found.map_or(Found::Absent, |one| Found::AsSent(Box::new(one))))
    }

    /// Sends a create until it is known what became of it. One that may have been made is looked for first.
    fn create<D: DeserializeOwned, T>(
        &self,
        create: &Create<'_, T>,
        variables: &dyn Fn() -> Result<Value, Error>,
        made: impl Fn(D) -> T,
    ) -> Result<T, Error> {
        let mut budget = self.channel.budget();
        loop {
            let failure = match self.channel.call::<D>(
                create.operation,
                &variables()?,
                Repeat::IfUndelivered,
                &mut budget,
            ) {
                Ok(data) => return Ok(made(data)),
                Err(failure) => failure,
            };
            if failure.learned {
                continue;
            }
            let late = budget.in_doubt && is_name_conflict(&failure.error);
            if !failure.delivered && !late {
                return Err(doubtful(create.operation, failure.error, budget.in_doubt));
            }
            // It may have been made. A pause first, for a server that is slow
            // rather than gone.
            let again = failure.transient && budget.pause(failure.wait);
            match (create.look_up)() {
                Ok(Found::AsSent(found)) => return Ok(*found),
                Ok(Found::Different) => {
                    return Err(Error::Taken {
                        what: create.what,
                        name: create.name.to_string(),
                    });
                }
                Ok(Found::Absent) if again => {}
                // Not there now, but nothing says that it never will be.
                Ok(Found::Absent) | Err(_) => {
                    return Err(doubtful(create.operation, failure.error, true));
                }
            }
        }
    }

    /// Deletes something. What is gone after an attempt without an answer was deleted.
    fn delete<D: DeserializeOwned>(
        &self,
        operation: WriteOperation,
        id: &str,
    ) -> Result<(), Error> {
        let variables = || Ok(json!({ "id": id }));
        match self.repeat::<D>(operation, &variables) {
            Ok(_) => Ok(()),
            Err(Error::MaybeWritten { cause, .. }) if cause.says_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Sends a change that does the same however often it arrives.
    fn repeat<D: DeserializeOwned>(
        &self,
        operation: WriteOperation,
        variables: &dyn Fn() -> Result<Value, Error>,
    ) -> Result<D, Error> {
        self.send(operation, variables, Repeat::Freely)
    }

    /// Sends a change that is not looked for by whoever sends it.
    fn send<D: DeserializeOwned>(
        &self,
        operation: WriteOperation,
        variables: &dyn Fn() -> Result<Value, Error>,
        repeat: Repeat,
    ) -> Result<D, Error> {
        let mut budget = self.channel.budget();
        loop {
            let failure: Failure =
                match self
                    .channel
                    .call::<D>(operation, &variables()?, repeat, &mut budget)
                {
                    Ok(data) => return Ok(data),
                    Err(failure) => failure,
                };
            if !failure.learned {
                let in_doubt = budget.in_doubt || failure.delivered;
                return Err(doubtful(operation, failure.error, in_doubt));
            }
        }
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Writer({})", self.reader.endpoint())
    }
}

impl WriteAccount for Writer {
    fn create_policy(&self, draft: &PolicyDraft) -> Result<Policy, Error> {
        let create = Create {
            operation: WriteOperation::PolicyCreate,
            what: "policy",
            name: &draft.name,
            look_up: &|| self.look_up(draft),
        };
        let variables = || {
            let mut input = self.input(draft)?;
            input.insert("type".into(), json!(draft.kind));
            Ok(json!({ "input": input }))
        };
        self.create(&create, &variables, |data: PolicyCreateData| data.policy)
    }

    fn update_policy(&self, id: &str, draft: &PolicyDraft) -> Result<Policy, Error> {
        let variables = || Ok(json!({ "id": id, "input": self.input(draft)? }));
        // Somebody else may write between two attempts, and only whoever compares may write over that.
        self.send(
            WriteOperation::PolicyUpdate,
            &variables,
            Repeat::IfUndelivered,
        )
        .map(|data: PolicyUpdateData| data.policy)
    }

    fn create_role(&self, draft: &RoleDraft) -> Result<Role, Error> {
        let create = Create {
            operation: WriteOperation::RoleCreate,
            what: "role",
            name: &draft.name,
            look_up: &|| self.look_up_role(draft),
        };
        let input = json!({
            "name": draft.name,
            "description": draft.description,
            "actions": sorted(&draft.actions),
        });
        let variables = || Ok(json!({ "input": input }));
        self.create(&create, &variables, |data: RoleCreateData| data.role)
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
        let variables = || Ok(json!({ "id": id, "input": input }));
        self.repeat(WriteOperation::RoleUpdate, &variables)
            .map(|data: RoleUpdateData| data.role)
    }

    fn delete_policy(&self, id: &str) -> Result<(), Error> {
        self.delete::<PolicyDeleteData>(WriteOperation::PolicyDelete, id)
    }

    fn attach_policy(&self, policy: &str, stack: &str) -> Result<Attachment, Error> {
        let create = Create {
            operation: WriteOperation::PolicyAttach,
            what: "attachment",
            name: stack,
            look_up: &|| self.look_up_attachment(policy, stack),
        };
        let variables = || Ok(json!({ "policy": policy, "stack": stack }));
        self.create(&create, &variables, |data: PolicyAttachData| {
            data.attachment
        })
    }

    fn detach_policy(&self, attachment: &str) -> Result<(), Error> {
        self.delete::<PolicyDetachData>(WriteOperation::PolicyDetach, attachment)
    }

    fn delete_role(&self, id: &str) -> Result<(), Error> {
        self.delete::<RoleDeleteData>(WriteOperation::RoleDelete, id)
    }

    fn delete_session(&self, id: &str) -> Result<(), Error> {
        let variables = || Ok(json!({ "id": id }));
        match self.repeat::<SessionDeleteData>(WriteOperation::SessionDelete, &variables) {
            Ok(_) => Ok(()),
            Err(Error::MaybeWritten { cause, .. }) if cause.says_not_found() => Ok(()),
            // Sessions end by themselves, and by changes of policies.
            Err(error) if error.says_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn sorted(actions: &[String]) -> Vec<String> {
    let mut actions = actions.to_vec();
    actions.sort();
    actions
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
/// already exists for this account" are the API's words; those about an attachment
/// are not known.
fn is_name_conflict(error: &Error) -> bool {
    let Error::Refused { messages, .. } = error else {
        return false;
    };
    messages.iter().any(|message| {
        let message = message.to_lowercase();
        ["must be unique", "already exists", "already attached"]
            .iter()
            .any(|words| message.contains(words))
    })
}

/// Whether a policy is what a draft asked for. Whether the server keeps blank
/// lines at the end of a body is not known, and they mean nothing.
fn is_as_sent(policy: &Policy, draft: &PolicyDraft) -> bool {
    let mut labels = draft.labels.clone();
    labels.sort();
    let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    policy.kind.is(&draft.kind)
        && policy.body.trim_end() == draft.body.trim_end()
        && policy.labels == labels
        && said(&policy.description) == said(&draft.description)
        && (draft.space.is_none() || policy.space == draft.space)
        && match (&policy.engine, &draft.engine) {
            (Some(is), Some(asked)) => is == asked,
            _ => true,
        }
}

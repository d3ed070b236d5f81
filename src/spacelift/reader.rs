//! Looking at an account.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::ReadAccount;
use super::account::{Account, Policy, PolicyType, Role, Session, Space, Viewer};
use super::channel::ReadChannel;
use super::error::Error;
use super::operations::{Operation, ReadOperation};
use super::wire::{
    AccountData, PoliciesData, PolicyData, RolesData, SessionsData, SimulateData, SimulateFlatData,
    SpacesData, ViewerData,
};

/// Reads an account over the network. It has no way to change one: its channel
/// takes no other operations than those that only look.
#[derive(Clone)]
pub struct Reader {
    channel: ReadChannel,
}

impl Reader {
    pub(super) fn new(channel: ReadChannel) -> Self {
        Reader { channel }
    }

    /// Asks for something that every installation has.
    fn ask<T: DeserializeOwned>(
        &self,
        operation: ReadOperation,
        variables: &Value,
    ) -> Result<T, Error> {
        self.channel
            .call(operation, variables)
            .map_err(|failure| failure.error)?
            .ok_or_else(|| Error::NoData {
                action: Operation::from(operation).action(),
            })
    }

    /// Asks for something that older installations lack.
    fn try_ask<T: DeserializeOwned>(
        &self,
        operation: ReadOperation,
        variables: &Value,
    ) -> Result<Option<T>, Error> {
        self.channel
            .call(operation, variables)
            .map_err(|failure| failure.error)
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Reader({})", self.channel.endpoint())
    }
}

impl ReadAccount for Reader {
    fn endpoint(&self) -> &str {
        self.channel.endpoint()
    }

    fn viewer(&self) -> Result<Viewer, Error> {
        let data: ViewerData = self.ask(ReadOperation::Viewer, &json!({}))?;
        data.viewer.ok_or(Error::TokenRefused { expired: false })
    }

    fn account(&self) -> Result<Account, Error> {
        self.ask::<AccountData>(ReadOperation::Account, &json!({}))
            .map(Account::from)
    }

    fn policies(&self) -> Result<Vec<Policy>, Error> {
        let data: PoliciesData = self.ask(ReadOperation::Policies, &json!({}))?;
        let mut policies = data.policies;
        policies.sort_by(|a, b| (&a.id, &a.name).cmp(&(&b.id, &b.name)));
        Ok(policies)
    }

    fn policy(&self, id: &str) -> Result<Option<Policy>, Error> {
        match self.ask::<PolicyData>(ReadOperation::Policy, &json!({ "id": id })) {
            Ok(data) => Ok(data.policy),
            // Spacelift's Terraform provider is prepared for both answers.
            Err(Error::Refused { messages, .. })
                if messages
                    .iter()
                    .any(|message| message.to_lowercase().contains("not found")) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn spaces(&self) -> Result<Vec<Space>, Error> {
        let data: SpacesData = self.ask(ReadOperation::Spaces, &json!({}))?;
        let mut spaces = data.spaces;
        spaces.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(spaces)
    }

    fn roles(&self) -> Result<Option<Vec<Role>>, Error> {
        let data: Option<RolesData> = self.try_ask(ReadOperation::Roles, &json!({}))?;
        Ok(data.map(|data| {
            let mut roles = data.roles;
            roles.sort_by(|a, b| (&a.slug, &a.id).cmp(&(&b.slug, &b.id)));
            roles
        }))
    }

    fn sessions(&self) -> Result<Option<Vec<Session>>, Error> {
        let data: Option<SessionsData> = self.try_ask(ReadOperation::Sessions, &json!({}))?;
        Ok(data.map(|data| {
            let mut sessions = data.sessions;
            sessions.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
            sessions
        }))
    }

    fn simulate_login(&self, body: &str, input: &str) -> Result<Option<Value>, Error> {
        let kind = PolicyType::Login.as_str();
        let variables = json!({ "body": body, "input": input, "type": kind });
        let nested = json!({ "input": variables });
        let result = match self.try_ask::<SimulateData>(ReadOperation::Simulate, &nested)? {
            Some(data) => data.result,
            None => {
                let older = ReadOperation::SimulateFlat;
                match self.try_ask::<SimulateFlatData>(older, &variables)? {
                    Some(data) => data.result,
                    None => return Ok(None),
                }
            }
        };
        let value = serde_json::from_str(&result).map_err(|error| Error::Shape {
            action: Operation::from(ReadOperation::Simulate).action(),
            reason: self
                .channel
                .shown(&format!("the result is not JSON: {error}")),
        })?;
        Ok(Some(value))
    }
}

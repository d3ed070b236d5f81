//! The wall between reading and writing: a channel accepts the operations of
//! its own kind and no others.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::connection::{Connection, Failure, Repeat};
use super::error::Error;
use super::operations::{Operation, ReadOperation, WriteOperation};
use super::retry::Budget;

/// Sends what leaves the account as it is.
#[derive(Clone)]
pub(super) struct ReadChannel(Arc<Connection>);

/// Sends what changes the account.
pub(super) struct WriteChannel(Arc<Connection>);

impl ReadChannel {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        ReadChannel(connection)
    }

    pub(super) fn endpoint(&self) -> &str {
        self.0.endpoint()
    }

    pub(super) fn shown(&self, text: &str) -> String {
        self.0.shown(text)
    }

    /// Whether the installation is known to lack a field.
    pub(super) fn lacks(&self, field: &str) -> bool {
        self.0.lacks(field)
    }

    pub(super) fn token_ends(&self) -> Option<i64> {
        self.0.token_ends()
    }

    /// Nothing, if the installation is too old for the operation.
    pub(super) fn call<T: DeserializeOwned>(
        &self,
        operation: ReadOperation,
        variables: &Value,
    ) -> Result<Option<T>, Failure> {
        let mut budget = self.0.budget();
        self.0
            .call(operation.into(), variables, Repeat::Freely, &mut budget)
    }
}

impl WriteChannel {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        WriteChannel(connection)
    }

    pub(super) fn budget(&self) -> Budget<'_> {
        self.0.budget()
    }

    /// Whether the installation is known to lack a field.
    pub(super) fn lacks(&self, field: &str) -> bool {
        self.0.lacks(field)
    }

    pub(super) fn call<T: DeserializeOwned>(
        &self,
        operation: WriteOperation,
        variables: &Value,
        repeat: Repeat,
        budget: &mut Budget<'_>,
    ) -> Result<T, Failure> {
        let operation = Operation::from(operation);
        self.0
            .call(operation, variables, repeat, budget)?
            // No write hangs on a field that older installations lack.
            .ok_or_else(|| {
                Failure::refusal(Error::NoData {
                    action: operation.action(),
                })
            })
    }
}

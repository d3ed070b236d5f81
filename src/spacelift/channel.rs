//! The wall between reading and writing: a channel accepts the operations of
//! its own kind and no others.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::connection::{Connection, Failure, Repeat};
use super::error::Error;
use super::operations::{Operation, ReadOperation, WriteOperation};
use super::retry::{Budget, left};

/// Sends what leaves the account as it is.
#[derive(Clone)]
pub(super) struct ReadChannel {
    connection: Arc<Connection>,
    /// When every question must have its answer.
    deadline: Option<SystemTime>,
}

/// Sends what changes the account.
pub(super) struct WriteChannel(Arc<Connection>);

impl ReadChannel {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        ReadChannel {
            connection,
            deadline: None,
        }
    }

    /// The same, on which no question lasts longer than this from now.
    pub(super) fn within(&self, limit: Duration) -> Self {
        ReadChannel {
            deadline: self.connection.now().checked_add(limit),
            ..self.clone()
        }
    }

    /// Whether there is time for another question.
    pub(super) fn has_time(&self) -> bool {
        let is_left = |deadline| left(deadline, self.connection.now()).is_some();
        self.deadline.is_none_or(is_left)
    }

    pub(super) fn endpoint(&self) -> &str {
        self.connection.endpoint()
    }

    pub(super) fn shown(&self, text: &str) -> String {
        self.connection.shown(text)
    }

    /// Whether the installation is known to lack a field.
    pub(super) fn lacks(&self, field: &str) -> bool {
        self.connection.lacks(field)
    }

    pub(super) fn token_ends(&self) -> Option<i64> {
        self.connection.token_ends()
    }

    /// Nothing, if the installation is too old for the operation.
    pub(super) fn call<T: DeserializeOwned>(
        &self,
        operation: ReadOperation,
        variables: &Value,
    ) -> Result<Option<T>, Failure> {
        let mut budget = self.connection.budget(self.deadline);
        self.connection
            .call(operation.into(), variables, Repeat::Freely, &mut budget)
    }
}

impl WriteChannel {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        WriteChannel(connection)
    }

    pub(super) fn budget(&self) -> Budget<'_> {
        self.0.budget(None)
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

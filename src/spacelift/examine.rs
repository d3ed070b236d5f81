//! Questions that no work on access asks: how an installation behaves. They change nothing.

use serde_json::{Value, json};

use super::account::{Engine, PolicyType};
use super::description::Schema;
use super::error::Error;
use super::operations::ReadOperation;
use super::reader::Reader;
use super::wire::{AuditTrailData, IntrospectionData};

impl Reader {
    /// The installation's schema, by introspection.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where introspection is switched off.
    pub fn schema(&self) -> Result<Schema, Error> {
        self.ask::<IntrospectionData>(ReadOperation::Introspection, &json!({}))
            .map(Schema::from)
    }

    /// In which words the installation says that there is no such field as `thereIsNoSuchField` on a `User`. No words if it
    /// answers all the same.
    ///
    /// # Errors
    ///
    /// As any question, but for the one that is asked for.
    pub fn words_for_a_misfit(&self) -> Result<Vec<String>, Error> {
        match self.ask::<Value>(ReadOperation::Misfit, &json!({})) {
            Ok(_) => Ok(Vec::new()),
            Err(Error::Refused { messages, .. }) => Ok(messages),
            Err(error) => Err(error),
        }
    }

    /// As [`simulate_login`](super::ReadAccount::simulate_login), with a field for the engine, which nobody outside has seen
    /// an installation take.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where there is no such field.
    pub fn simulate_login_as(
        &self,
        body: &str,
        input: &str,
        engine: Engine,
    ) -> Result<Value, Error> {
        let kind = PolicyType::Login.as_str();
        self.simulated(&json!({ "input": {
            "body": body, "input": input, "type": kind, "engineType": engine,
        } }))
    }

    /// How many entries of the audit trail are found, of the first page, by as many predicates as there are actions. Nothing
    /// where the installation has none.
    ///
    /// # Errors
    ///
    /// As any question.
    pub fn entries_found(&self, actions: &[&str]) -> Result<Option<usize>, Error> {
        let predicate = |action: &&str| json!({ "field": "action", "constraint": { "stringMatches": [action] } });
        let predicates: Vec<Value> = actions.iter().map(predicate).collect();
        let input = json!({ "input": { "first": 10, "predicates": predicates } });
        let found: Option<AuditTrailData> = self.try_ask(ReadOperation::AuditTrail, &input)?;
        Ok(found.map(|found| found.entries.len()))
    }

    /// When the current token ends, in Unix seconds; nothing if there is none yet, or if nobody said.
    pub fn token_ends(&self) -> Option<i64> {
        self.channel.token_ends()
    }
}

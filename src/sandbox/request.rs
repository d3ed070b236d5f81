//! One request: read, checked against the schema, carried out, put into words.

use std::cell::RefCell;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::introspection::check_max_depth;
use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::DiagnosticList;
use serde_json::{Map, Value, json};

use super::desk::{Act, Fail, Look};
use super::object::Root;
use super::schema::schema;
use super::source::{Source, hash};
use super::state::{Session, State};
use super::store::Store;
use super::{Evaluate, wording};

/// A GraphQL request, and the token that came with it.
#[derive(Clone, Default, PartialEq)]
pub struct Request {
    /// The document.
    pub query: String,
    /// Values of its variables.
    pub variables: Map<String, Value>,
    /// Which of its operations to carry out, if it has several.
    pub operation_name: Option<String>,
    /// The token, without the word before it.
    pub bearer: Option<String>,
}

impl std::fmt::Debug for Request {
    /// Leaves out the token and the variables, which may hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Request");
        shown
            .field("query", &self.query)
            .field("operation_name", &self.operation_name);
        shown.finish_non_exhaustive()
    }
}

/// What a request works with while it is carried out.
pub(crate) struct Call<'c> {
    pub(crate) state: &'c mut State,
    pub(crate) caller: Option<Session>,
    pub(crate) store: Option<&'c Store>,
    pub(crate) source: &'c dyn Source,
    pub(crate) evaluator: Option<&'c dyn Evaluate>,
    pub(crate) endpoint: &'c str,
    nobody: Session,
}

impl<'c> Call<'c> {
    pub(crate) fn new(
        state: &'c mut State,
        store: Option<&'c Store>,
        source: &'c dyn Source,
        evaluator: Option<&'c dyn Evaluate>,
        endpoint: &'c str,
        bearer: Option<&str>,
    ) -> Call<'c> {
        let now = source.millis() / 1000;
        let token = bearer.map(hash);
        let caller = (state.sessions.values())
            .find(|session| Some(&session.token_hash) == token.as_ref() && session.expires_at > now)
            .cloned();
        let nobody = nobody();
        Call {
            state,
            caller,
            store,
            source,
            evaluator,
            endpoint,
            nobody,
        }
    }

    /// For reading; whoever has no token sees only what is shown to nobody.
    pub(crate) fn look(&self) -> Look<'_> {
        let caller = self.caller.as_ref().unwrap_or(&self.nobody);
        Look {
            state: self.state,
            caller,
            now: self.source.millis() / 1000,
        }
    }

    /// For writing; what it does is undone if it fails, also if it cannot be kept.
    pub(crate) fn act<T>(
        &mut self,
        run: impl FnOnce(&mut Act<'_>) -> Result<T, Fail>,
    ) -> Result<T, Fail> {
        let before = self.state.clone();
        let mut act = Act {
            state: self.state,
            caller: self.caller.clone().unwrap_or_else(nobody),
            source: self.source,
            evaluator: self.evaluator,
            endpoint: self.endpoint,
            refusal: None,
        };
        let answer =
            run(&mut act).and_then(
                |answer| match self.store.filter(|_| *self.state != before) {
                    Some(store) => store
                        .save(self.state)
                        .map(|()| answer)
                        .map_err(|error| Fail(error.to_string())),
                    None => Ok(answer),
                },
            );
        if answer.is_err() {
            *self.state = before;
        }
        // Whoever ended their own session is nobody for the rest of the request.
        self.caller = self
            .caller
            .take()
            .filter(|caller| self.state.sessions.contains_key(&caller.id));
        answer
    }
}

fn nobody() -> Session {
    Session {
        id: String::new(),
        token_hash: String::new(),
        login: String::new(),
        name: String::new(),
        api_key: None,
        email: None,
        admin: false,
        grants: Default::default(),
        created_at: 0,
        expires_at: 0,
    }
}

/// Carries a request out.
pub(crate) fn carry_out(call: Call<'_>, request: &Request) -> Value {
    match attempt(call, request) {
        Ok(response) => response,
        Err(errors) => json!({ "data": null, "errors": errors }),
    }
}

fn attempt(call: Call<'_>, request: &Request) -> Result<Value, Vec<Value>> {
    let plain = |message: String| vec![json!({ "message": message })];
    let schema = schema().map_err(plain)?;
    let document =
        ExecutableDocument::parse_and_validate(schema, &request.query, "request.graphql")
            .map_err(|faulty| refusals(&faulty.errors))?;
    let operation = document
        .operations
        .get(request.operation_name.as_deref())
        .map_err(|error| plain(error.message().to_string()))?;
    let faults = wording::variables(schema, operation, &request.variables);
    if !faults.is_empty() {
        return Err(faults
            .into_iter()
            .map(|message| json!({ "message": message }))
            .collect());
    }
    check_max_depth(&document, operation).map_err(|error| plain(error.message().to_string()))?;

    let variables: JsonMap = serde_json::from_value(Value::Object(request.variables.clone()))
        .map_err(|error| plain(error.to_string()))?;
    let root_is_mutation = operation.is_mutation();
    let call = RefCell::new(call);
    let root = Root {
        call: &call,
        mutation: root_is_mutation,
    };
    let response = Execution::new(schema, &document)
        .operation(operation)
        .raw_variable_values(&variables)
        .enable_schema_introspection(true)
        .execute_sync(&root)
        .map_err(|error| plain(error.message().to_string()))?;
    let data = serde_json::to_value(&response.data).map_err(|error| plain(error.to_string()))?;
    let errors: Vec<Value> = response.errors.iter().map(reworded).collect();
    Ok(if errors.is_empty() {
        json!({ "data": data })
    } else {
        json!({ "data": data, "errors": errors })
    })
}

/// What the validator found, without what follows only from its passing over a field that it does not know.
fn refusals(errors: &DiagnosticList) -> Vec<Value> {
    let errors: Vec<_> = errors.iter().map(|error| error.to_json()).collect();
    let unknown = errors
        .iter()
        .any(|error| error.message.contains("does not have a field"));
    let follows =
        |message: &str| message.contains("subselection set") || message.starts_with("unused ");
    (errors.iter())
        .filter(|error| !unknown || !follows(&error.message))
        .map(reworded)
        .collect()
}

fn reworded(error: &apollo_compiler::response::GraphQLError) -> Value {
    let mut error = error.clone();
    // The executor marks what a resolver says; the service does not.
    let own = error
        .message
        .strip_prefix("resolver error: ")
        .map(str::to_owned);
    error.message = own.unwrap_or_else(|| wording::refusal(&error.message));
    serde_json::to_value(&error).unwrap_or_else(|_| json!({ "message": error.message }))
}

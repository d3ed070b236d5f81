//! A conversation: token, retries, and what the installation is too old for.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::account::Viewer;
use super::credentials::Login;
use super::endpoint::Endpoint;
use super::error::Error;
use super::operations::{Kind, Operation, ReadOperation};
use super::reply::{self, Reply};
use super::retry::{Budget, Limits, Timing, asked_to_wait};
use super::transport::{Answer, Fault, Transport};
use super::untrusted::{Veil, shown};
use super::wire::{LoginApiKeyData, LoginGithubData, TokenData, ViewerData};

/// A token this close to its end is renewed first.
const MARGIN: Duration = Duration::from_secs(60);

/// Whether a request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Doing it twice is the same as doing it once.
    Freely,
    /// The caller has to look first, even if it was never heard: in the time that passes, somebody else may change what the
    /// caller has compared.
    AfterALook,
}

/// Why a call failed, and what that means for what it was to change.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    /// Whether another attempt may fare better.
    pub(super) transient: bool,
    /// Whether the request may have had its effect.
    pub(super) delivered: bool,
    /// How long the server asked to wait.
    pub(super) wait: Option<Duration>,
    /// Whether the failure was a field that the installation does not have, and
    /// that the next call leaves out.
    pub(super) learned: bool,
}

impl Failure {
    /// A no that is final, and before anything was done.
    pub(super) fn refusal(error: Error) -> Self {
        Failure {
            error,
            transient: false,
            delivered: false,
            wait: None,
            learned: false,
        }
    }
}

/// A token and its end.
#[derive(Clone)]
struct Token {
    text: SecretString,
    /// Unix seconds.
    ends: Option<i64>,
}

/// One endpoint, one identity.
pub(super) struct Connection {
    transport: Transport,
    endpoint: Endpoint,
    login: Login,
    limits: Limits,
    timing: Arc<dyn Timing>,
    token: Mutex<Option<Token>>,
    absent: Mutex<BTreeSet<&'static str>>,
    veil: Mutex<Veil>,
}

impl Connection {
    pub(super) fn new(
        transport: Transport,
        endpoint: Endpoint,
        login: Login,
        limits: Limits,
        timing: Arc<dyn Timing>,
    ) -> Self {
        let mut veil = Veil::default();
        veil.hide(login.secret());
        Connection {
            transport,
            endpoint,
            login,
            limits,
            timing,
            token: Mutex::new(None),
            absent: Mutex::new(BTreeSet::new()),
            veil: Mutex::new(veil),
        }
    }

    pub(super) fn endpoint(&self) -> &str {
        self.endpoint.as_str()
    }

    /// What a request may take; with a deadline, no longer than until then, and whoever has to be asked on the way neither.
    pub(super) fn budget(&self, deadline: Option<SystemTime>) -> Budget<'_> {
        Budget::new(self.timing.as_ref(), &self.limits, deadline)
    }

    /// The time of day, by the clock that deadlines are held against.
    pub(super) fn now(&self) -> SystemTime {
        self.timing.now()
    }

    /// Whether the installation is known to lack a field.
    pub(super) fn lacks(&self, field: &str) -> bool {
        lock(&self.absent).contains(field)
    }

    /// When the current token ends, in Unix seconds, if there is one and it says so.
    pub(super) fn token_ends(&self) -> Option<i64> {
        match &self.login {
            Login::Token { expires, .. } => *expires,
            _ => lock(&self.token).as_ref()?.ends,
        }
    }

    /// Sends an operation and decodes the answer. Nothing, if the installation
    /// is too old to have it at all.
    ///
    /// A read whose answer lacks only optional fields is sent again without
    /// them. A write is not: its variables may have to change, too.
    pub(super) fn call<T: DeserializeOwned>(
        &self,
        operation: Operation,
        variables: &Value,
        repeat: Repeat,
        budget: &mut Budget<'_>,
    ) -> Result<Option<T>, Failure> {
        loop {
            if operation.root().is_some_and(|root| self.lacks(root)) {
                return Ok(None);
            }
            let document = operation.document(&lock(&self.absent));
            let body = encode(operation, &document, variables);
            match self.authorised(operation, &body, repeat, budget)? {
                Reply::Data(data) => return self.decode(operation, data).map(Some),
                Reply::Errors(messages) => {
                    let learned = self.learn(operation, &messages);
                    if learned && operation.kind() != Kind::Write {
                        continue;
                    }
                    let error = Error::Refused {
                        action: operation.action(),
                        messages: self.shown_all(&messages),
                    };
                    return Err(Failure {
                        learned,
                        ..Failure::refusal(error)
                    });
                }
                Reply::Unauthorized(_) => {
                    let deadline = budget.deadline();
                    let token = self.token(None, deadline)?;
                    return Err(self.unauthorised(operation, &token, deadline));
                }
            }
        }
    }

    /// Sends with a token, and once more with a new one if it is refused.
    fn authorised(
        &self,
        operation: Operation,
        body: &[u8],
        repeat: Repeat,
        budget: &mut Budget<'_>,
    ) -> Result<Reply, Failure> {
        // A new token takes time, so after a look the one that the look was made with does: if it has ended, the server says so.
        let used = match repeat {
            Repeat::Freely => None,
            Repeat::AfterALook => lock(&self.token).as_ref().map(|token| token.text.clone()),
        };
        let token = match used {
            Some(token) => token,
            None => self.token(None, budget.deadline())?,
        };
        let reply = self.persist(operation, body, Some(&token), repeat, budget)?;
        if !matches!(reply, Reply::Unauthorized(_)) || !self.login.is_exchangeable() {
            return Ok(reply);
        }
        if repeat == Repeat::AfterALook {
            return Err(self.unauthorised_after_a_look(operation, &token, budget.deadline()));
        }
        let token = self.token(Some(&token), budget.deadline())?;
        self.persist(operation, body, Some(&token), repeat, budget)
    }

    /// A right that is missing, or a token that was not good any more: there is a new one then.
    fn unauthorised_after_a_look(
        &self,
        operation: Operation,
        token: &SecretString,
        deadline: Option<SystemTime>,
    ) -> Failure {
        let failure = self.unauthorised(operation, token, deadline);
        if !matches!(failure.error, Error::TokenRefused { .. }) {
            return failure;
        }
        match self.token(Some(token), deadline) {
            Err(failure) => failure,
            Ok(_) => Failure {
                transient: true,
                ..failure
            },
        }
    }

    /// Sends until there is an answer or no budget left.
    fn persist(
        &self,
        operation: Operation,
        body: &[u8],
        bearer: Option<&SecretString>,
        repeat: Repeat,
        budget: &mut Budget<'_>,
    ) -> Result<Reply, Failure> {
        loop {
            let Some(within) = budget.exchange() else {
                return Err(Failure::refusal(Error::Timeout {
                    endpoint: self.endpoint().to_owned(),
                    step: "answer",
                }));
            };
            budget.spend();
            let (fault, wait) = match self.transport.post(body, bearer, within) {
                Err(fault) => (fault, None),
                Ok(answer) => {
                    let wait = asked_to_wait(
                        answer.retry_after.as_deref(),
                        answer.rate_limit_reset.as_deref(),
                        self.timing.now(),
                    );
                    match self.read(operation, answer, wait) {
                        Ok(reply) => return Ok(reply),
                        Err(fault) => (fault, wait),
                    }
                }
            };
            budget.in_doubt |= fault.delivered;
            let again = fault.transient && repeat == Repeat::Freely;
            if !again || !budget.pause(wait) {
                return Err(Failure {
                    error: tried(fault.error, budget.attempts()),
                    transient: fault.transient,
                    delivered: fault.delivered,
                    wait,
                    learned: false,
                });
            }
        }
    }

    fn read(
        &self,
        operation: Operation,
        answer: Answer,
        wait: Option<Duration>,
    ) -> Result<Reply, Fault> {
        let location = answer.location.as_deref().map(|to| self.shown(to));
        reply::read(operation, self.endpoint(), answer, wait, location).map_err(|fault| {
            // The one error that repeats the body of an answer.
            match fault.error {
                Error::NotJson { action, reason } => Fault {
                    error: Error::NotJson {
                        action,
                        reason: self.shown(&reason),
                    },
                    ..fault
                },
                _ => fault,
            }
        })
    }

    /// The current token. A new one if there is none, if it is about to end, or
    /// if it is the one that was `refused`.
    fn token(
        &self,
        refused: Option<&SecretString>,
        deadline: Option<SystemTime>,
    ) -> Result<SecretString, Failure> {
        if let Login::Token { token, .. } = &self.login {
            return Ok(token.clone());
        }
        // Held during the exchange, so that two threads log in once.
        let mut current = lock(&self.token);
        if let Some(token) = current.as_ref() {
            let refused = refused
                .is_some_and(|refused| refused.expose_secret() == token.text.expose_secret());
            if !refused && !self.is_ending(token) {
                return Ok(token.text.clone());
            }
        }
        let token = self.exchange(deadline)?;
        lock(&self.veil).hide(&token.text);
        *current = Some(token.clone());
        Ok(token.text)
    }

    fn is_ending(&self, token: &Token) -> bool {
        let Some(ends) = token.ends.and_then(|ends| u64::try_from(ends).ok()) else {
            // Not said: good until refused.
            return false;
        };
        self.since_epoch() + MARGIN >= Duration::from_secs(ends)
    }

    fn since_epoch(&self) -> Duration {
        let now: SystemTime = self.timing.now();
        now.duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn exchange(&self, deadline: Option<SystemTime>) -> Result<Token, Failure> {
        let refused = |message: Option<String>| {
            Failure::refusal(Error::LoginRefused {
                what: self.login.describe(),
                message,
            })
        };
        let (operation, variables) = match &self.login {
            Login::ApiKey { id, secret } => (
                ReadOperation::LoginApiKey,
                json!({ "id": id, "secret": secret.expose_secret() }),
            ),
            Login::GitHub { token } | Login::Token { token, .. } => (
                ReadOperation::LoginGithub,
                json!({ "token": token.expose_secret() }),
            ),
        };
        let operation = Operation::from(operation);
        let document = operation.document(&BTreeSet::new());
        let body = encode(operation, &document, &variables);
        let mut budget = self.budget(deadline);
        let reply = self
            .persist(operation, &body, None, Repeat::Freely, &mut budget)
            // Logging in changes nothing, whatever became of it.
            .map_err(|failure| Failure {
                delivered: false,
                ..failure
            })?;
        let data = match reply {
            Reply::Data(data) => data,
            Reply::Errors(messages) | Reply::Unauthorized(messages) => {
                let message = self.shown_all(&messages).into_iter().next();
                return Err(refused(message));
            }
        };
        // Without the decoder's own words: they may repeat the token.
        let shape = |_| {
            Failure::refusal(Error::Shape {
                action: operation.action(),
                reason: "no token where one was expected".into(),
            })
        };
        let user: Option<TokenData> = match self.login {
            Login::ApiKey { .. } => {
                serde_json::from_value::<LoginApiKeyData>(data)
                    .map_err(shape)?
                    .user
            }
            _ => {
                serde_json::from_value::<LoginGithubData>(data)
                    .map_err(shape)?
                    .user
            }
        };
        // Nobody: the key is unknown (Spacelift's Terraform provider).
        let user = user.ok_or_else(|| refused(None))?;
        match user.jwt {
            Some(jwt) if !jwt.0.expose_secret().is_empty() => Ok(Token {
                text: jwt.0,
                ends: user.valid_until.filter(|ends| *ends > 0),
            }),
            _ => Err(refused(None)),
        }
    }

    /// Tells a bad token from a missing right by asking who we are.
    fn unauthorised(
        &self,
        operation: Operation,
        token: &SecretString,
        deadline: Option<SystemTime>,
    ) -> Failure {
        if operation == ReadOperation::Viewer.into() {
            return Failure::refusal(self.token_refused());
        }
        match self.known(token, deadline) {
            Err(failure) => failure,
            Ok(Some(viewer)) => Failure::refusal(Error::NotAllowed {
                action: operation.action(),
                viewer: self.shown(viewer.label()),
            }),
            Ok(None) => Failure::refusal(self.token_refused()),
        }
    }

    /// Whose token it is; nothing where it is nobody's any more.
    fn known(
        &self,
        token: &SecretString,
        deadline: Option<SystemTime>,
    ) -> Result<Option<Viewer>, Failure> {
        let viewer = Operation::from(ReadOperation::Viewer);
        let body = encode(viewer, &viewer.document(&BTreeSet::new()), &json!({}));
        let mut budget = self.budget(deadline);
        let reply = self
            .persist(viewer, &body, Some(token), Repeat::Freely, &mut budget)
            // Asking changes nothing.
            .map_err(|failure| Failure {
                delivered: false,
                ..failure
            })?;
        Ok(match reply {
            Reply::Data(data) => serde_json::from_value::<ViewerData>(data)
                .ok()
                .and_then(|data| data.viewer),
            _ => None,
        })
    }

    fn token_refused(&self) -> Error {
        let expired = match &self.login {
            Login::Token {
                expires: Some(end), ..
            } => {
                u64::try_from(*end).is_ok_and(|end| self.since_epoch() >= Duration::from_secs(end))
            }
            _ => false,
        };
        Error::TokenRefused { expired }
    }

    /// Notes the optional fields that the installation says it does not have.
    /// False unless that explains every message and is news.
    fn learn(&self, operation: Operation, messages: &[String]) -> bool {
        let mut dispensable = operation.optional();
        dispensable.extend(operation.root());
        let found: Option<Vec<&'static str>> = messages
            .iter()
            .map(|message| {
                dispensable
                    .iter()
                    .copied()
                    .find(|field| reply::lacks(message, field))
            })
            .collect();
        let mut absent = lock(&self.absent);
        let mut news = false;
        for field in found.unwrap_or_default() {
            news |= absent.insert(field);
        }
        news
    }

    fn decode<T: DeserializeOwned>(
        &self,
        operation: Operation,
        mut data: Value,
    ) -> Result<T, Failure> {
        lock(&self.veil).cover(&mut data);
        serde_json::from_value(data).map_err(|error| Failure {
            // It was done, whatever the answer looks like.
            delivered: operation.kind() == Kind::Write,
            ..Failure::refusal(Error::Shape {
                action: operation.action(),
                reason: self.shown(&error.to_string()),
            })
        })
    }

    /// Text from the other side, without secrets and fit for a terminal.
    pub(super) fn shown(&self, text: &str) -> String {
        lock(&self.veil).shown(text)
    }

    fn shown_all(&self, messages: &[String]) -> Vec<String> {
        /// More than this many say nothing new.
        const MOST: usize = 5;
        messages
            .iter()
            .take(MOST)
            .map(|message| self.shown(message))
            .collect()
    }
}

fn encode(operation: Operation, document: &str, variables: &Value) -> Vec<u8> {
    json!({
        "operationName": operation.name(),
        "query": document,
        "variables": variables,
    })
    .to_string()
    .into_bytes()
}

fn tried(error: Error, attempts: u32) -> Error {
    match error {
        Error::Connection { endpoint, reason } => Error::Connection {
            endpoint,
            reason: shown(&reason),
        },
        other => other.after(attempts),
    }
}

/// A panic elsewhere leaves these values whole: each is replaced at once.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

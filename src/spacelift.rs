//! Spacelift's API: the only network code that talks to it.
//!
//! ```text
//! Environment -> Credentials -> Options -> connect -> Reader, Writer
//! ```
//!
//! | module | what it knows |
//! |---|---|
//! | `credentials` | which variables and which profile, as Spacelift's CLI client takes them |
//! | `endpoint`, `network` | where, and how to get there: addresses, certificates, proxies |
//! | `account`, `people`, `records`, `stacks` | what an account is made of |
//! | `description`, `examine` | what an installation says of itself |
//! | `operations`, `wire`, `pages` | every request that can be sent, and the shape of its answer |
//! | `transport` | one exchange over HTTP |
//! | `reply` | what an answer means |
//! | `connection`, `retry` | the token, trying again, fields that older installations lack |
//! | `channel` | the wall between [`Reader`] and [`Writer`] |
//!
//! Nothing here reads the process's environment, except that the system's
//! certificate store is the system's: pass an [`Environment`].

mod account;
mod channel;
mod connection;
mod credentials;
mod description;
mod endpoint;
mod environment;
mod error;
mod examine;
mod jwt;
mod network;
mod operations;
mod pages;
mod people;
mod reader;
mod records;
mod reply;
mod retry;
mod stacks;
mod transport;
mod untrusted;
mod wire;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;

pub use account::{
    Account, Engine, Policy, PolicyDraft, PolicyType, Role, RoleDraft, RoleUpdate, Scheme, Session,
    Space, Viewer,
};
pub use credentials::Credentials;
pub use description::{Field, Schema, Type};
pub use endpoint::Endpoint;
pub use environment::Environment;
pub use error::Error;
pub use people::{
    AccessRule, ApiKey, BoundRole, KeyBinding, KeyType, SeatUsage, Seats, SignOn, User, UserGroup,
    UserSessions, UserStatus, people_signed_in,
};
pub use reader::Reader;
pub use records::{AuditActor, AuditEntry, AuditResource, Evaluation, Sample};
pub use retry::{Limits, SystemTiming, Timing};
pub use stacks::{Attachment, Module, Stack};
pub use transport::{Answer, Broken, Exchange};
pub use writer::Writer;

use channel::{ReadChannel, WriteChannel};
use connection::Connection;
use network::Trust;
use transport::Transport;

/// Looking at an account. Nothing behind this trait can change one.
///
/// Every method may fail with any [`Error`] that concerns the way to the
/// server, the token, or the answer; what is special to a method is said there.
/// Lists are complete and sorted.
pub trait ReadAccount {
    /// The account's address.
    fn endpoint(&self) -> &str;

    /// Whom the token belongs to.
    ///
    /// # Errors
    ///
    /// [`Error::TokenRefused`] if it belongs to nobody.
    fn viewer(&self) -> Result<Viewer, Error>;

    /// Name, strategy and versions.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn account(&self) -> Result<Account, Error>;

    /// All policies that the token may see, of every type, by id.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn policies(&self) -> Result<Vec<Policy>, Error>;

    /// One policy, or nothing if there is none with this id.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn policy(&self, id: &str) -> Result<Option<Policy>, Error>;

    /// All spaces that the token may see, by id.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn spaces(&self) -> Result<Vec<Space>, Error>;

    /// All roles, by slug. Nothing where the installation has none in its API
    /// (self-hosted before 3.5).
    ///
    /// # Errors
    ///
    /// See the trait.
    fn roles(&self) -> Result<Option<Vec<Role>>, Error>;

    /// All open sessions, the oldest first. Nothing where the installation
    /// does not list them.
    ///
    /// # Errors
    ///
    /// [`Error::NotAllowed`] unless the token administers the account.
    fn sessions(&self) -> Result<Option<Vec<Session>>, Error>;

    /// All API keys but deleted ones, by name. Nothing where the installation
    /// does not list them.
    ///
    /// # Errors
    ///
    /// [`Error::NotAllowed`] unless the token administers a space.
    fn api_keys(&self) -> Result<Option<Vec<ApiKey>>, Error>;

    /// All people that were invited or have signed in, by login. Nothing where
    /// the installation does not list them.
    ///
    /// # Errors
    ///
    /// [`Error::NotAllowed`] unless the token administers a space.
    fn users(&self) -> Result<Option<Vec<User>>, Error>;

    /// All groups of the identity provider that have a mapping in the account,
    /// by name. Nothing where the installation does not list them.
    ///
    /// # Errors
    ///
    /// [`Error::NotAllowed`] unless the token administers a space.
    fn user_groups(&self) -> Result<Option<Vec<UserGroup>>, Error>;

    /// All names of groups that logins ever brought, sorted. Nothing where the
    /// installation does not list them.
    ///
    /// # Errors
    ///
    /// [`Error::NotAllowed`] unless the token administers a space.
    fn group_names(&self) -> Result<Option<Vec<String>>, Error>;

    /// Seats and how many are taken. Nothing where the installation does not
    /// count them.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn seats(&self) -> Result<Option<Seats>, Error>;

    /// Who set single sign-on up. Nothing where the installation does not say.
    ///
    /// # Errors
    ///
    /// [`Error::NotAllowed`] unless the token administers the account.
    fn sign_on(&self) -> Result<Option<SignOn>, Error>;

    /// Who has sessions open that reach a space, by login; of people only.
    /// Nobody is listed while the account manages users. Nothing where the
    /// installation does not list them. Everybody: [`people_signed_in`].
    ///
    /// # Errors
    ///
    /// [`Error::NotAllowed`] unless the token administers the account.
    fn user_sessions(&self, space: &str) -> Result<Option<Vec<UserSessions>>, Error>;

    /// The recorded decisions of a policy, the newest first. Nothing where the
    /// installation does not list them.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if there is no such policy.
    fn evaluations(&self, policy: &str) -> Result<Option<Vec<Evaluation>>, Error>;

    /// What a recorded decision was made from. Nothing if it is no longer
    /// kept, and where the installation does not show it.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if there is no such policy.
    fn sample(&self, policy: &str, key: &str) -> Result<Option<Sample>, Error>;

    /// The audit trail back to a time in Unix seconds, the newest first; with
    /// `about`, such as `policy`, only of this kind of thing. Nothing where the
    /// installation has none.
    ///
    /// # Errors
    ///
    /// [`Error::NotAllowed`] unless the token administers the account.
    fn audit_trail(
        &self,
        since: i64,
        about: Option<&str>,
    ) -> Result<Option<Vec<AuditEntry>>, Error>;

    /// All stacks that the token may see, by id. Nothing where the installation
    /// does not list them.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn stacks(&self) -> Result<Option<Vec<Stack>>, Error>;

    /// One module, or nothing if there is none with this id. A list of them is
    /// in no public client's requests.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn module(&self, id: &str) -> Result<Option<Module>, Error>;

    /// What a policy is attached to, by stack. Nothing where the installation
    /// does not list it.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if there is no such policy.
    fn attachments(&self, policy: &str) -> Result<Option<Vec<Attachment>>, Error>;

    /// Everything that a role may allow, such as `SPACE_READ`, sorted. Nothing
    /// where the installation has no roles, or does not describe itself.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn actions(&self) -> Result<Option<Vec<String>>, Error>;

    /// What the server makes of a policy and an input. `input` is JSON text;
    /// for a login policy the result has `access_level`, `teams`, `roles` and
    /// more, for an access policy `level` (Spacelift's flows app). Nothing
    /// where the installation has no simulation.
    ///
    /// The request has no field for the version of Rego, and whether the
    /// server takes version 1 here is not documented.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the server's words for a policy that does not
    /// compile.
    fn simulate(
        &self,
        kind: &PolicyType,
        body: &str,
        input: &str,
    ) -> Result<Option<serde_json::Value>, Error>;

    /// [`simulate`](Self::simulate) of a login policy.
    ///
    /// # Errors
    ///
    /// As there.
    fn simulate_login(&self, body: &str, input: &str) -> Result<Option<serde_json::Value>, Error> {
        self.simulate(&PolicyType::Login, body, input)
    }
}

/// Changing an account.
///
/// Each successful change of a login policy ends every session of the account
/// except this one (documentation: login policy); a change of a role or of an
/// access policy ends none, and sessions can be ended one by one.
///
/// The API has no version to compare, so whoever calls this compares right
/// before, and each change is sent once: before another attempt, and after one
/// that got no answer, the caller looks again. Only what ends a session is sent
/// as often as it takes.
///
/// # Errors
///
/// Of each change: [`Error::Unsent`] if it was not made and may be tried again,
/// [`Error::MaybeWritten`] if it is not known whether it was made.
pub trait WriteAccount {
    /// Creates a policy. Its name is nobody else's, or the server refuses.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for Rego version 1 on an installation without it.
    fn create_policy(&self, draft: &PolicyDraft) -> Result<Policy, Error>;

    /// Replaces a policy as a whole; its type stays.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] as above.
    fn update_policy(&self, id: &str, draft: &PolicyDraft) -> Result<Policy, Error>;

    /// Deletes a policy.
    ///
    /// # Errors
    ///
    /// As of each change.
    fn delete_policy(&self, id: &str) -> Result<(), Error>;

    /// Attaches a policy to a stack or a module.
    ///
    /// # Errors
    ///
    /// As of each change.
    fn attach_policy(&self, policy: &str, stack: &str) -> Result<Attachment, Error>;

    /// Takes a policy off what it is attached to, by the attachment's own id.
    ///
    /// # Errors
    ///
    /// As of each change.
    fn detach_policy(&self, attachment: &str) -> Result<(), Error>;

    /// Creates a role. Its name is nobody else's, or the server refuses.
    ///
    /// # Errors
    ///
    /// As of each change.
    fn create_role(&self, draft: &RoleDraft) -> Result<Role, Error>;

    /// Changes a role. Whoever holds it holds the new actions at once.
    ///
    /// # Errors
    ///
    /// [`Error::MaybeWritten`] if it is not known whether it was done.
    fn update_role(&self, id: &str, update: &RoleUpdate) -> Result<Role, Error>;

    /// Deletes a role. One that is gone after an attempt without an answer
    /// was deleted.
    ///
    /// # Errors
    ///
    /// [`Error::MaybeWritten`] if it is not known whether it was done.
    fn delete_role(&self, id: &str) -> Result<(), Error>;

    /// Ends a session. One that is gone is one that ended.
    ///
    /// # Errors
    ///
    /// [`Error::NotAllowed`] unless the token administers the account,
    /// [`Error::MaybeWritten`] if it is not known whether it was done.
    fn delete_session(&self, id: &str) -> Result<(), Error>;
}

/// How to reach an account.
pub struct Options {
    credentials: Credentials,
    trust: Trust,
    proxy: Option<ureq::Proxy>,
    limits: Limits,
    timing: Arc<dyn Timing>,
    /// The way, if it is not HTTP.
    exchange: Option<Arc<dyn Exchange>>,
}

impl Options {
    /// Credentials, certificates and proxy as the environment gives them.
    /// `ca_bundle` (a PEM file) goes before `SPACELIFT_API_TLS_CA`; either
    /// replaces the authorities of the system.
    ///
    /// # Errors
    ///
    /// [`Error::Credentials`], [`Error::Setting`] and [`Error::File`], each
    /// with the variable or the file.
    pub fn from_environment(
        environment: &dyn Environment,
        ca_bundle: Option<&Path>,
    ) -> Result<Self, Error> {
        let credentials = Credentials::from_environment(environment)?;
        let proxy = network::proxy(credentials.endpoint(), environment)?;
        Ok(Options {
            trust: Trust::from_environment(environment, ca_bundle)?,
            proxy,
            limits: Limits::default(),
            timing: Arc::new(SystemTiming),
            exchange: None,
            credentials,
        })
    }

    /// An API key for a sandbox on this machine. Nothing of the environment
    /// takes part: no credentials, no certificates, no proxy.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if the endpoint is not on this machine.
    pub fn sandbox(endpoint: &str, id: &str, secret: SecretString) -> Result<Self, Error> {
        let credentials = Credentials::api_key(endpoint, id, secret)?;
        if !credentials.endpoint().is_loopback() {
            return Err(Error::Setting {
                problem: format!("`{}` is not on this machine", credentials.endpoint()),
                hint: "a sandbox listens on `127.0.0.1`".into(),
            });
        }
        Ok(Options {
            credentials,
            trust: Trust::default(),
            proxy: None,
            limits: Limits::default(),
            timing: Arc::new(SystemTiming),
            exchange: None,
        })
    }

    /// With other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// With another clock, sleep and chance.
    #[must_use]
    pub fn with_timing(mut self, timing: Arc<dyn Timing>) -> Self {
        self.timing = timing;
        self
    }

    /// Over another way than HTTP; the endpoint is then no more than a name.
    #[must_use]
    pub fn over(mut self, exchange: Arc<dyn Exchange>) -> Self {
        self.exchange = Some(exchange);
        self
    }

    /// Who will be asking, and where.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Options")
            .field("credentials", &self.credentials)
            .field("trust", &self.trust)
            .field("proxy", &self.proxy.is_some())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Prepares a connection; nothing is sent before the first question.
///
/// # Errors
///
/// [`Error::File`] for a certificate file that cannot be used.
pub fn connect(options: Options) -> Result<(Reader, Writer), Error> {
    let connection = Arc::new(open(options)?);
    let reader = Reader::new(ReadChannel::new(Arc::clone(&connection)));
    let endpoint = reader.endpoint().to_string();
    let writer = Writer::new(WriteChannel::new(connection), endpoint);
    Ok((reader, writer))
}

/// As [`connect`], for code that is to have no writer at all.
///
/// # Errors
///
/// As [`connect`].
pub fn connect_read_only(options: Options) -> Result<Reader, Error> {
    Ok(Reader::new(ReadChannel::new(Arc::new(open(options)?))))
}

fn open(options: Options) -> Result<Connection, Error> {
    let Options {
        credentials,
        trust,
        proxy,
        limits,
        timing,
        exchange,
    } = options;
    let endpoint = credentials.endpoint();
    let transport = match exchange {
        Some(exchange) => Transport::here(endpoint, exchange, &limits),
        None => Transport::new(endpoint, trust.tls()?, proxy, &limits),
    };
    Ok(Connection::new(
        transport,
        credentials.endpoint,
        credentials.login,
        limits,
        timing,
    ))
}

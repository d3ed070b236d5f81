//! An embedded server in the shape of Spacelift's API, for trying things out and for tests.
//!
//! Requests are read, checked and carried out against [`SCHEMA`], over an account that is one JSON file. What the
//! service was seen to do, the sandbox does; where nobody outside knows, it takes the reading that shows a client's
//! mistakes, and says so here:
//!
//! - an update of a policy replaces it; only a space or engine left out stays as it was
//! - a policy without a space goes to `legacy`, a login policy to `root`
//! - a simulation, which names no engine, reads a policy in the newer dialect
//! - binding the same role twice is refused; a batch of bindings is done whole or not at all
//! - a role that is still bound cannot be deleted
//! - a page has 50 entries unless asked otherwise, and 100 at the most; the cursor of an empty page is empty
//! - constraints of a search compare whole texts, upper and lower case apart
//! - the texts of refusals that nobody outside has seen are the sandbox's own
//! - an OIDC key cannot be exchanged; the token of a person is their login, and no other token of another site is known
//! - a login is written down as `session.create`, and one that is turned away as `session.refuse`
//! - saving the audit webhook calls nobody
//! - without an [`Evaluate`], policies are saved unread, simulating one is an error, and every key may log in
//!
//! These fields are answered with `… is not part of the sandbox`: `usage`, `usageAspect`, `policyTemplate`,
//! `searchPolicyTemplates`, the `attachable…` lists but that of policies, `integrationsCount`, `metrics`,
//! `metricsRange`, everything about integrations of user groups, intent projects and SCIM clients, `oauthToken`,
//! `personalApiKeyCreate`, `managedUserRequestInvite`, `managedUserRequestRoleChange` and `identityFederationUnlink`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

mod access;
mod account;
mod args;
mod desk;
pub mod faults;
mod gate;
mod http;
mod keys;
mod login;
mod mutation;
mod nested;
mod object;
mod people;
mod policies;
mod query;
mod rego;
mod request;
mod roles;
mod schema;
mod search;
mod seed;
mod session;
mod source;
mod spaces;
mod stacks;
pub mod state;
mod store;
#[cfg(test)]
mod tests;
mod whole;
mod wording;

pub use http::Server;
pub use rego::Rego;
pub use request::Request;
pub use schema::SCHEMA;
pub use seed::{Seed, SeedRole, SeedSpace};
pub use source::{Source, System};
pub use state::State;

use store::Store;

/// Why a sandbox cannot be opened, kept or served.
#[derive(Debug)]
pub enum Error {
    /// The file or its lock cannot be used.
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another process has the file.
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The file is not the state of a sandbox. It is left as it is.
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where in it, from 1.
        line: usize,
        /// Where in the line, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// The seed does not hold together.
    Seed(String),
    /// The address cannot be listened on.
    Listen {
        /// The address.
        address: String,
        /// What is wrong with it.
        message: String,
    },
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Io { what, path, source } => {
                write!(f, "{what} sandbox `{}`: {source}", path.display())
            }
            Error::Locked { path } => write!(
                f,
                "sandbox `{}` is in use by another process",
                path.display()
            ),
            Error::Corrupt {
                path,
                line,
                column,
                message,
            } => {
                write!(
                    f,
                    "{}:{line}:{column}: not the state of a sandbox: {message}",
                    path.display()
                )
            }
            Error::Seed(message) => write!(f, "sandbox cannot be set up: {message}"),
            Error::Listen { address, message } => {
                write!(f, "cannot serve the sandbox on `{address}`: {message}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The dialect in which a policy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The older dialect.
    V0,
    /// The newer dialect.
    V1,
}

impl Engine {
    /// The dialect of an `engineType`.
    fn of(engine_type: &str) -> Self {
        if engine_type == "REGO_V1" {
            Self::V1
        } else {
            Self::V0
        }
    }
}

/// What reads and decides policies for the sandbox: [`Rego`], or a test's own.
pub trait Evaluate: Send + Sync {
    /// What a login policy decides about an input, both as JSON text.
    ///
    /// The sandbox reads `access_level`, `deny`, `deny_admin`, `sample`, `roles`, `space_admin`, `space_write` and
    /// `space_read` from it when a key logs in; a simulation answers the text as it is.
    ///
    /// # Errors
    ///
    /// If the body cannot be evaluated.
    fn login(&self, body: &str, engine: Engine, input: &str) -> Result<String, String>;

    /// What an access policy decides about an input, both as JSON text: `level` is `deny`, `read` or `write`.
    ///
    /// # Errors
    ///
    /// If the body cannot be evaluated.
    fn access(&self, body: &str, engine: Engine, input: &str) -> Result<String, String> {
        let _ = (body, engine, input);
        Err("this sandbox has no evaluator for access policies".to_owned())
    }

    /// Whether a policy of this type (such as `LOGIN`) may be saved.
    ///
    /// # Errors
    ///
    /// If it may not, with the reason.
    fn check(&self, body: &str, policy_type: &str, engine: Engine) -> Result<(), String>;
}

/// An account of the sandbox, open for work. Clones share it; the file stays locked until the last one is gone.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    store: Option<Store>,
    source: Box<dyn Source>,
    evaluator: RwLock<Option<Arc<dyn Evaluate>>>,
    endpoint: RwLock<String>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("store", &self.inner.store)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Opens the file as it is, or makes it from the seed if there is none.
    ///
    /// Beside it lies a lock, under the same name with `.lock` added, which stays there when the sandbox is closed.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or made, is in use, or is not the state of a sandbox; or if the seed is needed and
    /// does not hold together.
    pub fn open(path: &Path, seed: &Seed) -> Result<Sandbox, Error> {
        Sandbox::open_with(path, seed, System::default())
    }

    /// The same, with time and chance from elsewhere.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::open`].
    pub fn open_with(
        path: &Path,
        seed: &Seed,
        source: impl Source + 'static,
    ) -> Result<Sandbox, Error> {
        let store = Store::open(path)?;
        let state = match store.load()? {
            Some(state) => state,
            None => {
                let state = seed::plant(seed, &source)?;
                store.save(&state)?;
                state
            }
        };
        Ok(Sandbox::over(state, Some(store), Box::new(source)))
    }

    /// An account that is kept nowhere.
    ///
    /// # Errors
    ///
    /// If the seed does not hold together.
    pub fn in_memory(seed: &Seed, source: impl Source + 'static) -> Result<Sandbox, Error> {
        let state = seed::plant(seed, &source)?;
        Ok(Sandbox::over(state, None, Box::new(source)))
    }

    fn over(state: State, store: Option<Store>, source: Box<dyn Source>) -> Sandbox {
        let endpoint = RwLock::new("http://127.0.0.1".to_owned());
        let inner = Inner {
            state: Mutex::new(state),
            store,
            source,
            evaluator: RwLock::new(None),
            endpoint,
        };
        Sandbox {
            inner: Arc::new(inner),
        }
    }

    /// An account that is like this, kept nowhere.
    #[cfg(test)]
    pub(crate) fn holding(state: State, source: impl Source + 'static) -> Sandbox {
        Sandbox::over(state, None, Box::new(source))
    }

    /// Has policies checked and decided by this from now on.
    #[must_use]
    pub fn with_evaluator(self, evaluator: Arc<dyn Evaluate>) -> Sandbox {
        *self
            .inner
            .evaluator
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(evaluator);
        self
    }

    /// Carries out a request as the server does, without the network.
    #[must_use]
    pub fn execute(&self, request: &Request) -> serde_json::Value {
        self.inner.execute(request)
    }

    /// The id and the secret of the key that the sandbox made for its owner.
    #[must_use]
    pub fn credentials(&self) -> (String, String) {
        let state = self.inner.state();
        (
            state.credentials.id.clone(),
            state.credentials.secret.clone(),
        )
    }

    /// The account as it stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.inner.state().clone()
    }

    /// Changes the account behind the API's back, as other people would, and keeps the change.
    ///
    /// # Errors
    ///
    /// If the result does not hold together or cannot be written; the account is then as before.
    pub fn edit(&self, change: impl FnOnce(&mut State)) -> Result<(), Error> {
        self.inner.edit(change)
    }

    /// Serves the API on an address of this machine; port 0 is any free one.
    ///
    /// # Errors
    ///
    /// If the address is not a loopback address or cannot be listened on.
    pub fn serve(&self, address: &str) -> Result<Server, Error> {
        Server::start(self.clone(), address, None)
    }

    /// The same, with things going wrong by a script.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::serve`].
    pub fn serve_with(&self, address: &str, faults: faults::Faults) -> Result<Server, Error> {
        Server::start(self.clone(), address, Some(faults))
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing here leaves the state half changed, so a panic elsewhere does not make it unusable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn edit(&self, change: impl FnOnce(&mut State)) -> Result<(), Error> {
        let mut state = self.state();
        let mut changed = state.clone();
        change(&mut changed);
        if let Some(fault) = changed.fault() {
            return Err(Error::Seed(fault));
        }
        if let Some(store) = &self.store {
            store.save(&changed)?;
        }
        *state = changed;
        Ok(())
    }

    fn execute(&self, request: &Request) -> serde_json::Value {
        self.execute_on(&mut self.state(), self.store.as_ref(), request)
    }

    /// On this state, which is kept in the store if there is one.
    fn execute_on(
        &self,
        state: &mut State,
        store: Option<&Store>,
        request: &Request,
    ) -> serde_json::Value {
        let evaluator = self
            .evaluator
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let endpoint = self
            .endpoint
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let call = request::Call::new(
            state,
            store,
            &*self.source,
            evaluator.as_deref(),
            &endpoint,
            request.bearer.as_deref(),
        );
        request::carry_out(call, request)
    }
}

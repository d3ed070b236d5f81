//! Which account a command speaks to: the one of the environment's credentials, or a sandbox in a file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::anyhow;
use clap::Args;

use super::output::Failure;
use crate::evaluate::foreign::ChildProcess;
use crate::model::Model;
use crate::spacelift::{self, Options, Reader, Writer};

/// Where the account is.
#[derive(Debug, Clone, Args)]
pub struct AccountArgs {
    /// Use an account in this file instead of a real one; it is made if it does not exist. No network, no credentials.
    #[arg(long, value_name = "FILE")]
    pub sandbox: Option<PathBuf>,
    /// Trust the certificates in this PEM file instead of the system's.
    #[arg(long, value_name = "FILE", conflicts_with = "sandbox")]
    pub ca_bundle: Option<PathBuf>,
}

/// An open way to an account.
pub struct Connected {
    /// Asks.
    pub reader: Reader,
    /// Changes.
    pub writer: Writer,
    /// What to call it.
    pub label: String,
    /// What it is known by from one run to the next: its address, or the file of a sandbox, whose address is never the same.
    pub place: String,
    // Serves until it is dropped.
    #[cfg(feature = "sandbox")]
    _server: Option<crate::sandbox::Server>,
}

impl AccountArgs {
    /// Opens the way. A new sandbox has the spaces and the external roles that the mapping speaks of.
    pub fn connect(&self, model: &Model) -> anyhow::Result<Connected> {
        self.connect_for(Some(model))
    }

    /// Opens the way to an account that is there already.
    pub fn connect_to_existing(&self) -> anyhow::Result<Connected> {
        self.connect_for(None)
    }

    fn connect_for(&self, model: Option<&Model>) -> anyhow::Result<Connected> {
        match &self.sandbox {
            Some(file) => in_sandbox(file, model),
            None => {
                let environment = |name: &str| std::env::var(name).ok();
                let options = Options::from_environment(&environment, self.ca_bundle.as_deref())
                    .map_err(|error| explained(&error))?;
                let (reader, writer) =
                    spacelift::connect(options).map_err(|error| explained(&error))?;
                let label = spacelift::ReadAccount::endpoint(&reader).to_string();
                Ok(Connected {
                    reader,
                    writer,
                    place: label.clone(),
                    label,
                    #[cfg(feature = "sandbox")]
                    _server: None,
                })
            }
        }
    }
}

/// An error of the account with its help apart.
pub fn explained(error: &spacelift::Error) -> anyhow::Error {
    anyhow!(Failure {
        message: error.to_string(),
        help: error.hint()
    })
}

/// Decides by a policy that may be anybody's, in a process of its own.
pub fn foreign() -> anyhow::Result<ChildProcess> {
    Ok(ChildProcess {
        program: std::env::current_exe()?,
        limit: Duration::from_secs(60),
    })
}

#[cfg(feature = "sandbox")]
fn in_sandbox(file: &Path, model: Option<&Model>) -> anyhow::Result<Connected> {
    let seed = match model {
        Some(model) => super::sandbox::seed(model),
        None if file.exists() => crate::sandbox::Seed::default(),
        None => {
            return Err(anyhow!(Failure {
                message: format!(
                    "there is no account in {}",
                    crate::report::visible::path(file)
                ),
                help: "`liftgate sandbox FILE` makes one".to_string()
            }));
        }
    };
    let server = super::sandbox::open(file, &seed)?.serve("127.0.0.1:0")?;
    let (id, secret) = server.credentials();
    let options = Options::sandbox(&server.endpoint(), &id, secret.into())
        .map_err(|error| explained(&error))?;
    let (reader, writer) = spacelift::connect(options).map_err(|error| explained(&error))?;
    Ok(Connected {
        reader,
        writer,
        label: format!("the sandbox in {}", crate::report::visible::path(file)),
        place: format!("sandbox {}", file.display()),
        _server: Some(server),
    })
}

#[cfg(not(feature = "sandbox"))]
fn in_sandbox(_: &Path, _: Option<&Model>) -> anyhow::Result<Connected> {
    Err(anyhow!(Failure {
        message: "this build has no sandbox".to_string(),
        help: "build with the feature `sandbox`, which is on by default".to_string()
    }))
}

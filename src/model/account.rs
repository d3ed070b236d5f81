//! The account that a mapping is about: where it is, whose groups its sessions carry, and which Rego it takes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which Spacelift account a mapping is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// The name in `https://<name>.app.spacelift.io`.
    Name(String),
    /// A self-hosted installation's address, without a path.
    Endpoint(String),
}

impl Account {
    /// The address of the account's API server, without `/graphql`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        match self {
            Self::Name(name) => format!("https://{name}.app.spacelift.io"),
            Self::Endpoint(endpoint) => endpoint.clone(),
        }
    }

    /// Whether it is on Spacelift's own servers.
    #[must_use]
    pub fn is_hosted(&self) -> bool {
        match self {
            Self::Name(_) => true,
            Self::Endpoint(endpoint) => {
                let host = endpoint.trim_start_matches("https://");
                let host = host.split([':', '/']).next().unwrap_or(host);
                host.to_ascii_lowercase().ends_with(".spacelift.io")
            }
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) | Self::Endpoint(name) => f.write_str(name),
        }
    }
}

/// Whose groups the account's sessions carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Okta: sends group names.
    Okta,
    /// Microsoft Entra ID: sends object ids unless set otherwise.
    Entra,
    /// Google Workspace.
    Google,
    /// OneLogin.
    Onelogin,
    /// GitHub: sends team names.
    Github,
    /// GitLab: sends full group paths.
    Gitlab,
    /// Any other over SAML.
    Saml,
    /// Any other over OIDC.
    Oidc,
}

/// The dialect of Rego that is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Rego v0 with future keywords, for installations without v1.
    V0,
    /// Rego v1.
    V1,
}

impl Dialect {
    /// As people call it: `v0` or `v1`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::V0 => "v0",
            Self::V1 => "v1",
        }
    }
}

//! What can go wrong between this program and Spacelift: one enum, a sentence
//! and a way out for each case.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Why a conversation with Spacelift failed.
///
/// `Display` is one sentence (lower case, no full stop); [`Error::hint`] says
/// what to do about it. Text that came from the other side is escaped and
/// shortened before it gets here, and no variant ever holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Credentials are missing, half given, or malformed.
    Credentials {
        /// What is wrong, naming variables but never their values.
        problem: String,
        /// Which variables to set.
        hint: String,
    },
    /// A setting other than a credential cannot be used.
    Setting {
        /// What is wrong.
        problem: String,
        /// What would be right.
        hint: String,
    },
    /// A file named by a setting cannot be used.
    File {
        /// What the file is for.
        role: &'static str,
        /// Where it is.
        path: PathBuf,
        /// Why it cannot be used.
        reason: String,
    },
    /// The name of the host does not resolve.
    HostNotFound {
        /// The address asked for.
        endpoint: String,
    },
    /// No connection, or one that broke before the answer was complete.
    Connection {
        /// The address asked for.
        endpoint: String,
        /// What the operating system says.
        reason: String,
    },
    /// The other side did not answer in time.
    Timeout {
        /// The address asked for.
        endpoint: String,
        /// Which step took too long.
        step: &'static str,
    },
    /// The certificate or the handshake was not acceptable.
    Tls {
        /// The address asked for.
        endpoint: String,
        /// What the TLS library says.
        reason: String,
    },
    /// The proxy of the environment stands in the way.
    Proxy {
        /// What it did.
        reason: String,
    },
    /// A web page came back where the API should be.
    WebPage {
        /// The address asked for.
        endpoint: String,
        /// The HTTP status it came with.
        status: u16,
    },
    /// The API answered with a status that it does not use.
    Status {
        /// The address asked for.
        endpoint: String,
        /// The HTTP status.
        status: u16,
    },
    /// The API sends its callers elsewhere; redirects are never followed,
    /// because the token would travel along.
    Moved {
        /// The address asked for.
        endpoint: String,
        /// Where it points, if it said so.
        to: Option<String>,
    },
    /// The exchange of the credentials for a token was refused.
    LoginRefused {
        /// What was offered: "API key `…`", "GitHub token".
        what: String,
        /// What the server said, if anything.
        message: Option<String>,
    },
    /// The token is not, or no longer, accepted.
    TokenRefused {
        /// Whether its own expiry time has passed by the local clock.
        expired: bool,
    },
    /// The token is fine, the right or the object is missing. Spacelift does
    /// not say which of the two (Spacelift's CLI client draws the same
    /// conclusion from the same second query).
    NotAllowed {
        /// What was being done: "read the sessions".
        action: &'static str,
        /// Who the token belongs to.
        viewer: String,
    },
    /// Too many requests, and waiting did not help or would take too long.
    RateLimited {
        /// How often it was tried.
        attempts: u32,
        /// How long the server asked to wait.
        wait: Option<Duration>,
    },
    /// The server failed, and trying again did not help.
    Unavailable {
        /// The last HTTP status.
        status: u16,
        /// How often it was tried.
        attempts: u32,
    },
    /// The API understood and said no.
    Refused {
        /// What was being done: "create the policy".
        action: &'static str,
        /// What it said, escaped and shortened.
        messages: Vec<String>,
    },
    /// The answer is not JSON.
    NotJson {
        /// What was being done.
        action: &'static str,
        /// Where it stops being JSON.
        reason: String,
    },
    /// The answer has neither data nor errors.
    NoData {
        /// What was being done.
        action: &'static str,
    },
    /// The answer is JSON, but not of the shape asked for.
    Shape {
        /// What was being done.
        action: &'static str,
        /// What is missing or of another type.
        reason: String,
    },
    /// The answer is larger than this program accepts.
    TooLarge {
        /// The limit, in bytes after decompression.
        limit: u64,
    },
    /// The installation is too old for what is asked of it.
    Unsupported {
        /// What it lacks.
        what: &'static str,
        /// The first self-hosted release that has it (documentation: Rego
        /// versions, self-hosted changelog).
        since: &'static str,
    },
    /// What was asked about is not there, or not for this token to see.
    Missing {
        /// What it is: "policy".
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// A change was not made, and another attempt may fare better. Whoever compares looks again before it: a pause is time enough
    /// for somebody else's change.
    Unsent {
        /// Why it was not.
        cause: Box<Error>,
        /// How long the server asked to wait.
        wait: Option<Duration>,
    },
    /// A change was sent, and nobody knows whether it was made.
    MaybeWritten {
        /// What was being done.
        action: &'static str,
        /// Why the outcome is unknown.
        cause: Box<Error>,
    },
}

impl Error {
    /// Whether the server said that something is not there.
    pub(crate) fn says_not_found(&self) -> bool {
        matches!(self, Self::Refused { messages, .. }
            if messages.iter().any(|message| message.to_lowercase().contains("not found")))
    }

    /// Whether a change may have reached the account although an error came
    /// back. The caller has to read before it does anything else.
    pub fn may_have_written(&self) -> bool {
        matches!(self, Error::MaybeWritten { .. })
    }

    /// Whether it may be over soon: what comes of a server or of the way to it, and not of what is asked.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Connection { .. }
            | Self::Timeout { .. }
            | Self::HostNotFound { .. }
            | Self::RateLimited { .. }
            | Self::Unsent { .. } => true,
            Self::Unavailable { status, .. } => *status != 501,
            Self::MaybeWritten { cause, .. } => cause.is_passing(),
            _ => false,
        }
    }

    /// The same, after so many attempts.
    pub(crate) fn after(self, attempts: u32) -> Self {
        match self {
            Self::RateLimited { wait, .. } => Self::RateLimited { attempts, wait },
            Self::Unavailable { status, .. } => Self::Unavailable { status, attempts },
            Self::Unsent { cause, wait } => Self::Unsent {
                cause: Box::new(cause.after(attempts)),
                wait,
            },
            Self::MaybeWritten { action, cause } => Self::MaybeWritten {
                action,
                cause: Box::new(cause.after(attempts)),
            },
            other => other,
        }
    }

    /// What to do about it: one or two sentences, no full stop at the end.
    pub fn hint(&self) -> String {
        match self {
            Error::Credentials { hint, .. } | Error::Setting { hint, .. } => hint.clone(),
            Error::File { .. } => "check the path, its permissions and its content".into(),
            Error::HostNotFound { .. } => {
                "check the spelling of the endpoint (`https://<account>.app.spacelift.io`), and that this machine can resolve names".into()
            }
            Error::Connection { .. } => {
                "check the endpoint, the firewall, and `HTTPS_PROXY` if this network needs a proxy".into()
            }
            Error::Timeout { .. } => {
                "try again; if it stays, check the firewall, and `HTTPS_PROXY` if this network needs a proxy".into()
            }
            Error::Tls { .. } => {
                "if a corporate proxy re-signs traffic, or the installation has its own authority, name its certificates with `--ca-bundle` or `SPACELIFT_API_TLS_CA`".into()
            }
            Error::Proxy { .. } => {
                "check `HTTPS_PROXY`, or list the host in `NO_PROXY`".into()
            }
            Error::WebPage { .. } => {
                "check the endpoint; if it is right, a proxy or a sign-in page stands in between".into()
            }
            Error::Status { status: 404, .. } => {
                "check the endpoint: it is the account's own address, `https://<account>.app.spacelift.io`, without a path".into()
            }
            Error::Status { .. } => {
                "check the endpoint, and whether an IP allow-list or a proxy refuses this machine".into()
            }
            Error::Moved { to: Some(to), .. } => {
                format!("if `{to}` is yours, use it as the endpoint")
            }
            Error::Moved { to: None, .. } => "ask whoever runs the installation for its address".into(),
            Error::LoginRefused { .. } => {
                "check the identifier and the secret, that the key was not deleted, and that the endpoint is its account's".into()
            }
            Error::TokenRefused { expired: true } => {
                "get a new token; a token of a Spacelift run ends with the run".into()
            }
            Error::TokenRefused { expired: false } => {
                "check that the token belongs to this endpoint; a token of a Spacelift run ends with the run".into()
            }
            Error::NotAllowed { .. } => {
                "login policies and roles need admin rights on the space `root`; a missing object is answered the same way".into()
            }
            Error::RateLimited { wait: Some(wait), .. } => {
                format!("try again in {} seconds", wait.as_secs().max(1))
            }
            Error::RateLimited { wait: None, .. } => "try again in a few minutes".into(),
            Error::Unavailable { .. } => {
                "try again later; Spacelift's status page, or the logs of the installation, say more".into()
            }
            Error::Refused { messages, .. } => refusal_hint(messages).into(),
            Error::NotJson { .. } | Error::NoData { .. } | Error::Shape { .. } => {
                "check that the endpoint is Spacelift's; if it is, this is worth a bug report".into()
            }
            Error::TooLarge { .. } => {
                "no account should answer with this much; check the endpoint".into()
            }
            Error::Unsupported { since, .. } => {
                format!("update the installation to {since} or later, or generate Rego v0")
            }
            Error::Missing { .. } => {
                "it may have been deleted in the meantime, or the token may not see it".into()
            }
            Error::Unsent { cause, .. } => cause.hint(),
            Error::MaybeWritten { cause, .. } => {
                format!("look at what is live before anything else; {}", cause.hint())
            }
        }
    }
}

/// The texts are those that Spacelift's API is known to use; what is not
/// recognised gets a general answer.
fn refusal_hint(messages: &[String]) -> &'static str {
    let any = |needle: &str| {
        messages
            .iter()
            .any(|message| message.to_lowercase().contains(needle))
    };
    if any("must be unique") || any("already exists") {
        "another one of the account has this name, or one that becomes the same identifier"
    } else if any("out of root space") {
        "login policies live in the space `root` only"
    } else if any("incompatible issuer") {
        "the account manages users with the other strategy; see its `authorizationScheme`"
    } else if any("not found") {
        "it may have been deleted in the meantime; plan again"
    } else {
        "the message is Spacelift's own; nothing was changed"
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Credentials { problem, .. } | Error::Setting { problem, .. } => {
                out.write_str(problem)
            }
            Error::File { role, path, reason } => {
                write!(out, "cannot use the {role} `{}`: {reason}", path.display())
            }
            Error::HostNotFound { endpoint } => {
                write!(out, "the host of `{endpoint}` cannot be found")
            }
            Error::Connection { endpoint, reason } => {
                write!(out, "no usable connection to `{endpoint}`: {reason}")
            }
            Error::Timeout { endpoint, step } => {
                write!(out, "`{endpoint}` took too long to {step}")
            }
            Error::Tls { endpoint, reason } => {
                write!(out, "cannot trust `{endpoint}`: {reason}")
            }
            Error::Proxy { reason } => {
                write!(out, "the proxy of the environment does not work: {reason}")
            }
            Error::WebPage { endpoint, status } => write!(
                out,
                "`{endpoint}` answered with a web page instead of the API's JSON (status {status})"
            ),
            Error::Status { endpoint, status } => write!(
                out,
                "`{endpoint}` answered with status {status}, which the API does not use"
            ),
            Error::Moved { endpoint, to } => {
                write!(out, "`{endpoint}` redirects elsewhere")?;
                match to {
                    Some(to) => write!(out, ": the endpoint moved to `{to}`"),
                    None => Ok(()),
                }
            }
            Error::LoginRefused { what, message } => {
                write!(out, "the {what} was not accepted")?;
                match message {
                    Some(message) => write!(out, ": `{message}`"),
                    None => Ok(()),
                }
            }
            Error::TokenRefused { expired: true } => out.write_str("the token has expired"),
            Error::TokenRefused { expired: false } => out.write_str("the token was not accepted"),
            Error::NotAllowed { action, viewer } => write!(
                out,
                "`{viewer}` is logged in, but not allowed to {action}, or there is no such object"
            ),
            Error::RateLimited { attempts, .. } => write!(
                out,
                "too many requests: still refused after {}",
                times(*attempts)
            ),
            Error::Unavailable { status, attempts } => write!(
                out,
                "the server failed with status {status}, {} in a row",
                times(*attempts)
            ),
            Error::Refused { action, messages } => {
                write!(out, "refused to {action}: ")?;
                for (index, message) in messages.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(out, "{comma}`{message}`")?;
                }
                Ok(())
            }
            Error::NotJson { action, reason } => {
                write!(out, "cannot {action}: the answer is not JSON ({reason})")
            }
            Error::NoData { action } => {
                write!(
                    out,
                    "cannot {action}: the answer has neither data nor errors"
                )
            }
            Error::Shape { action, reason } => {
                write!(
                    out,
                    "cannot {action}: the answer has another shape ({reason})"
                )
            }
            Error::TooLarge { limit } => {
                write!(out, "the answer is larger than {limit} bytes")
            }
            Error::Unsupported { what, .. } => {
                write!(out, "this installation does not know {what}")
            }
            Error::Missing { what, id } => write!(out, "there is no {what} `{id}` to be seen"),
            Error::Unsent { cause, .. } => cause.fmt(out),
            Error::MaybeWritten { action, cause } => {
                write!(
                    out,
                    "unknown whether it was possible to {action}: the request was sent, but {cause}"
                )
            }
        }
    }
}

impl std::error::Error for Error {}

fn times(count: u32) -> String {
    if count == 1 {
        "1 attempt".into()
    } else {
        format!("{count} attempts")
    }
}

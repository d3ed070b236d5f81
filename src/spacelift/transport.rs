//! One exchange over HTTP: bytes out, bytes in. The only user of the HTTP
//! library.

use std::io::{ErrorKind, Read};
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use ureq::http::{HeaderMap, HeaderName, HeaderValue};
use ureq::tls::TlsConfig;
use ureq::{Agent, Proxy, Timeout};

use super::endpoint::Endpoint;
use super::error::Error;
use super::retry::Limits;
use super::untrusted::shown;

const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-rate-limit-reset");

/// The way to one endpoint.
pub(super) struct Transport {
    way: Way,
    endpoint: String,
    limit: u64,
}

enum Way {
    Http { agent: Agent, url: String },
    Here(Arc<dyn Exchange>),
}

/// A way to a server in the same process, in place of HTTP.
pub trait Exchange: Send + Sync {
    /// Sends a request's body and token, and brings what comes back within this time.
    ///
    /// # Errors
    ///
    /// If nothing whole comes back.
    fn post(&self, body: &[u8], bearer: Option<&str>, within: Duration) -> Result<Answer, Broken>;
}

/// How an exchange fails. In no case is it known whether the request had its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The connection ended without an answer.
    Unanswered,
    /// The connection ended in the middle of the answer.
    Cut,
    /// The answer did not come in time.
    Late,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Whether it says that it is a web page.
    pub html: bool,
    /// Where it sends the caller instead.
    pub location: Option<String>,
    /// When to try again, in the header's words.
    pub retry_after: Option<String>,
    /// The same, in another header's words.
    pub rate_limit_reset: Option<String>,
    /// The rest.
    pub body: Vec<u8>,
}

#[cfg(test)]
impl Answer {
    /// With no header that matters.
    pub fn plain(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Answer {
            status,
            html: false,
            location: None,
            retry_after: None,
            rate_limit_reset: None,
            body: body.into(),
        }
    }
}

/// Why nothing usable came back.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) error: Error,
    /// Whether another attempt may fare better.
    pub(super) transient: bool,
    /// Whether the request may have had its effect.
    pub(super) delivered: bool,
}

impl Transport {
    pub(super) fn new(
        endpoint: &Endpoint,
        tls: TlsConfig,
        proxy: Option<Proxy>,
        limits: &Limits,
    ) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(endpoint.is_secure())
            // Said even when there is none: the library would read the
            // process's environment otherwise.
            .proxy(proxy)
            .max_redirects(0)
            .tls_config(tls)
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect))
            .user_agent(concat!("liftgate/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Transport {
            way: Way::Http {
                agent,
                url: endpoint.graphql(),
            },
            endpoint: endpoint.as_str().to_owned(),
            limit: limits.answer,
        }
    }

    /// Within this process.
    pub(super) fn here(endpoint: &Endpoint, exchange: Arc<dyn Exchange>, limits: &Limits) -> Self {
        Transport {
            way: Way::Here(exchange),
            endpoint: endpoint.as_str().to_owned(),
            limit: limits.answer,
        }
    }

    /// Sends a body of JSON and reads the answer, whatever its status, in no more than this time.
    pub(super) fn post(
        &self,
        body: &[u8],
        bearer: Option<&SecretString>,
        within: Duration,
    ) -> Result<Answer, Fault> {
        match &self.way {
            Way::Http { agent, url } => self.over_http((agent, url), body, bearer, within),
            Way::Here(exchange) => exchange
                .post(body, bearer.map(ExposeSecret::expose_secret), within)
                .map_err(|broken| match broken {
                    Broken::Unanswered => self.fault(io(ErrorKind::ConnectionReset), false),
                    Broken::Cut => self.fault(io(ErrorKind::UnexpectedEof), true),
                    Broken::Late => self.fault(ureq::Error::Timeout(Timeout::Global), false),
                }),
        }
    }

    fn over_http(
        &self,
        (agent, url): (&Agent, &str),
        body: &[u8],
        bearer: Option<&SecretString>,
        within: Duration,
    ) -> Result<Answer, Fault> {
        let mut request = agent
            .post(url)
            .config()
            .timeout_global(Some(within))
            .build()
            .header(CONTENT_TYPE, "application/json")
            .header("Accept", "application/json")
            .header("Spacelift-Client-Type", "liftgate")
            .header("Spacelift-Client-Version", env!("CARGO_PKG_VERSION"))
            .header("Spacelift-Client-OS", system());
        if let Some(token) = bearer {
            let text = SecretString::from(format!("Bearer {}", token.expose_secret()));
            let mut value = HeaderValue::from_str(text.expose_secret()).map_err(|_| Fault {
                error: Error::Credentials {
                    problem: "the token contains characters that no token has".into(),
                    hint: "copy it again, without line breaks".into(),
                },
                transient: false,
                delivered: false,
            })?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let response = request
            .send(body)
            .map_err(|error| self.fault(error, false))?;
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let mut content = Vec::new();
        let read = body
            .into_reader()
            .take(self.limit.saturating_add(1))
            .read_to_end(&mut content);
        if content.len() as u64 > self.limit {
            return Err(Fault {
                error: Error::TooLarge { limit: self.limit },
                transient: false,
                delivered: true,
            });
        }
        match read {
            Ok(_) => {}
            // The status alone says enough.
            Err(_) if status >= 300 => content.clear(),
            Err(error) => return Err(self.fault(ureq::Error::from(error), true)),
        }
        Ok(Answer {
            status,
            html: text(&head.headers, CONTENT_TYPE)
                .is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
                || looks_like_markup(&content),
            location: text(&head.headers, LOCATION),
            retry_after: text(&head.headers, RETRY_AFTER),
            rate_limit_reset: text(&head.headers, RATE_LIMIT_RESET),
            body: content,
        })
    }

    /// `answering` says that the head of an answer had arrived already.
    fn fault(&self, error: ureq::Error, answering: bool) -> Fault {
        let endpoint = self.endpoint.clone();
        let broken = |reason: String, delivered: bool| Fault {
            error: Error::Connection {
                endpoint: endpoint.clone(),
                reason,
            },
            transient: true,
            delivered: delivered || answering,
        };
        let hopeless = |error: Error| Fault {
            error,
            transient: false,
            delivered: answering,
        };
        match error {
            ureq::Error::HostNotFound => Fault {
                // Resolvers fail for a moment, too.
                transient: true,
                ..hopeless(Error::HostNotFound { endpoint })
            },
            ureq::Error::Timeout(timeout) => {
                let (step, delivered) = match timeout {
                    Timeout::Resolve => ("find", false),
                    Timeout::Connect => ("connect to", false),
                    _ => ("answer", true),
                };
                Fault {
                    error: Error::Timeout { endpoint, step },
                    transient: true,
                    delivered: delivered || answering,
                }
            }
            ureq::Error::Io(error) => match tls_reason(&error) {
                Some(reason) => hopeless(Error::Tls { endpoint, reason }),
                None if is_lookup(&error) => self.fault(ureq::Error::HostNotFound, answering),
                None => broken(io_reason(&error), !never_connected(error.kind())),
            },
            ureq::Error::Rustls(error) => hopeless(Error::Tls {
                endpoint,
                reason: tls_text(&error),
            }),
            ureq::Error::Tls(reason) => hopeless(Error::Tls {
                endpoint,
                reason: shown(reason),
            }),
            ureq::Error::ConnectProxyFailed(reason) => hopeless(Error::Proxy {
                reason: shown(&reason),
            }),
            ureq::Error::ConnectionFailed => broken("connection failed".into(), false),
            ureq::Error::Decompress(..) => broken("the compressed answer is damaged".into(), true),
            other => broken(shown(&other.to_string()), true),
        }
    }
}

fn io(kind: ErrorKind) -> ureq::Error {
    ureq::Error::Io(kind.into())
}

/// Failures that come before the first byte of a request.
fn never_connected(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::AddrNotAvailable
    )
}

/// Whether it is the search for the host that failed. The standard library has
/// no kind for it; this is its text on Unix, and the codes of Windows for "no
/// such host" and "try again".
fn is_lookup(error: &std::io::Error) -> bool {
    matches!(error.raw_os_error(), Some(11001 | 11002)) && cfg!(windows)
        || error
            .to_string()
            .starts_with("failed to lookup address information")
}

fn io_reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused".into(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => {
            "the connection was cut".into()
        }
        ErrorKind::UnexpectedEof => "the answer ends too early".into(),
        _ => shown(&error.to_string()),
    }
}

/// The reason, if it is TLS that failed: the library wraps it as an I/O error.
fn tls_reason(error: &std::io::Error) -> Option<String> {
    error
        .get_ref()?
        .downcast_ref::<rustls::Error>()
        .map(tls_text)
}

fn tls_text(error: &rustls::Error) -> String {
    use rustls::CertificateError as Bad;
    match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            Bad::UnknownIssuer => "its certificate is from an authority that is not trusted".into(),
            Bad::Expired | Bad::ExpiredContext { .. } => "its certificate has expired".into(),
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
                "its certificate is not valid yet, or this machine's clock is wrong".into()
            }
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                "its certificate is for another name".into()
            }
            Bad::Revoked => "its certificate was revoked".into(),
            other => shown(&format!("its certificate is not valid ({other})")),
        },
        rustls::Error::AlertReceived(alert) => {
            shown(&format!("it refused the handshake ({alert:?})"))
        }
        other => shown(&other.to_string()),
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn looks_like_markup(content: &[u8]) -> bool {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    content.trim_ascii_start().first() == Some(&b'<')
}

/// The operating system, spelt as Spacelift's own clients spell it.
fn system() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

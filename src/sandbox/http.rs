//! The thin layer of HTTP around the sandbox.

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, Weak};
use std::thread::JoinHandle;

use serde_json::{Map, Value, json};
use tiny_http::Header;

use super::faults::{Answer, Faults};
use super::{Error, Inner, Request, Sandbox, gate};

/// The largest request that is read.
pub(crate) const BODY: usize = 4 * 1024 * 1024;

/// A running server. It ends when this is dropped.
pub struct Server {
    sandbox: Sandbox,
    address: SocketAddr,
    /// Nothing where the [gate](super::gate) listens.
    listener: Option<Arc<tiny_http::Server>>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Server {
    pub(crate) fn start(
        sandbox: Sandbox,
        address: &str,
        faults: Option<Faults>,
    ) -> Result<Server, Error> {
        let fail = |message: String| Error::Listen {
            address: address.to_owned(),
            message,
        };
        let asked: Vec<SocketAddr> = address
            .to_socket_addrs()
            .map_err(|error| fail(error.to_string()))?
            .collect();
        if asked.iter().any(|address| !address.ip().is_loopback()) {
            // Everybody who reaches it may change everything, with a key that is written in a file.
            return Err(fail(
                "only a loopback address such as 127.0.0.1 can be used".to_owned(),
            ));
        }
        let ending = Arc::new(AtomicBool::new(false));
        let (inner, ended) = (Arc::downgrade(&sandbox.inner), Arc::clone(&ending));
        let run: Box<dyn FnOnce() + Send>;
        let (address, listener) = match faults {
            None => {
                let listener = tiny_http::Server::http(asked.as_slice())
                    .map_err(|error| fail(error.to_string()))?;
                let address = listener
                    .server_addr()
                    .to_ip()
                    .ok_or_else(|| fail("not an address of a network".to_owned()))?;
                let listener = Arc::new(listener);
                let shared = Arc::clone(&listener);
                run = Box::new(move || listen(&shared, &ended, &inner));
                (address, Some(listener))
            }
            Some(faults) => {
                let listener =
                    TcpListener::bind(asked.as_slice()).map_err(|error| fail(error.to_string()))?;
                let address = listener
                    .local_addr()
                    .map_err(|error| fail(error.to_string()))?;
                run = Box::new(move || gate::listen(&listener, &ended, &inner, &faults));
                (address, None)
            }
        };
        *sandbox
            .inner
            .endpoint
            .write()
            .unwrap_or_else(PoisonError::into_inner) = format!("http://{address}");
        let thread = std::thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(run)
            .map_err(|error| fail(error.to_string()))?;
        Ok(Server {
            sandbox,
            address,
            listener,
            ending,
            thread: Some(thread),
        })
    }

    /// Where it listens, without the path to which clients add `/graphql`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The id and the secret of a key that may do everything.
    #[must_use]
    pub fn credentials(&self) -> (String, String) {
        self.sandbox.credentials()
    }

    /// Serves until the process ends.
    pub fn join(mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Release);
        match &self.listener {
            Some(listener) => listener.unblock(),
            None => gate::wake(self.address),
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn listen(listener: &tiny_http::Server, ending: &AtomicBool, inner: &Weak<Inner>) {
    while !ending.load(Ordering::Acquire) {
        let Ok(request) = listener.recv() else {
            continue;
        };
        let inner = inner.clone();
        // A client that stops in the middle of its request holds up only its own thread, and not the sandbox: that
        // is taken only once the request is there.
        std::thread::Builder::new()
            .name("sandbox request".to_owned())
            .spawn(move || serve(request, &inner))
            .ok();
    }
}

/// A status, a body, and further headers.
pub(crate) struct Reply {
    status: u16,
    body: String,
    headers: &'static [(&'static str, &'static str)],
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Answer {
        Answer {
            status: reply.status,
            html: false,
            retry_after: None,
            body: reply.body.into_bytes(),
        }
    }
}

impl Reply {
    pub(crate) fn refusal(status: u16, message: &str) -> Reply {
        Reply {
            status,
            body: json!({ "error": message }).to_string(),
            headers: &[],
        }
    }
}

fn serve(mut request: tiny_http::Request, inner: &Weak<Inner>) {
    let reply = match read(&mut request) {
        Ok(asked) => match inner.upgrade() {
            Some(inner) => Reply {
                status: 200,
                body: inner.execute(&asked).to_string(),
                headers: &[],
            },
            None => Reply::refusal(503, "the sandbox is closed"),
        },
        Err(reply) => reply,
    };
    let mut response = tiny_http::Response::from_string(reply.body).with_status_code(reply.status);
    for (name, value) in [
        ("Content-Type", "application/json"),
        ("Cache-Control", "no-store"),
    ]
    .iter()
    .chain(reply.headers)
    {
        if let Ok(header) = Header::from_bytes(*name, *value) {
            response.add_header(header);
        }
    }
    // A client that has gone needs no answer.
    request.respond(response).ok();
}

fn read(request: &mut tiny_http::Request) -> Result<Request, Reply> {
    let header = |name: &str| {
        let found = (request.headers().iter())
            .find(|header| header.field.as_str().as_str().eq_ignore_ascii_case(name));
        found.map(|header| header.value.as_str().to_owned())
    };
    let bearer = admit(request.method().as_str(), request.url(), &header)?;
    let too_large = || Reply::refusal(413, "the request is too large");
    if request.body_length().is_some_and(|length| length > BODY) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    let most = u64::try_from(BODY).unwrap_or(u64::MAX).saturating_add(1);
    let whole = request.as_reader().take(most).read_to_end(&mut body);
    whole.map_err(|_| Reply::refusal(400, "the request does not end"))?;
    if body.len() > BODY {
        return Err(too_large());
    }
    parse(&body, bearer)
}

/// Refuses whoever does not come from this machine.
pub(crate) fn local(header: &dyn Fn(&str) -> Option<String>) -> Result<(), Reply> {
    // A page in a browser may know this port, and have a name that leads to this machine.
    if !header("Host").is_some_and(|host| is_loopback(&host)) {
        return Err(Reply::refusal(
            403,
            "only requests to a loopback host are answered",
        ));
    }
    let local = |origin: &str| {
        origin
            .split_once("://")
            .is_some_and(|(_, host)| is_loopback(host))
    };
    if header("Origin").is_some_and(|origin| !local(&origin)) {
        return Err(Reply::refusal(
            403,
            "only pages of a loopback host are answered",
        ));
    }
    Ok(())
}

/// Looks at the head of a request; answers the token that came with it.
pub(crate) fn admit(
    method: &str,
    url: &str,
    header: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<String>, Reply> {
    local(header)?;
    if url.split('?').next() != Some("/graphql") {
        return Err(Reply::refusal(404, "only /graphql is here"));
    }
    if method != "POST" {
        return Err(Reply {
            headers: &[("Allow", "POST")],
            ..Reply::refusal(405, "only POST is answered")
        });
    }
    if header("Content-Type").is_some_and(|kind| !kind.trim_start().starts_with("application/json"))
    {
        return Err(Reply::refusal(415, "only application/json is read"));
    }
    Ok(header("Authorization").and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    }))
}

pub(crate) fn parse(body: &[u8], bearer: Option<String>) -> Result<Request, Reply> {
    let bad = |message: &str| Reply::refusal(400, message);
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| bad(&format!("the request is not JSON: {error}")))?;
    let Some(query) = body.get("query").and_then(Value::as_str) else {
        return Err(bad("the request has no query"));
    };
    let variables = match body.get("variables") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(variables)) => variables.clone(),
        Some(_) => return Err(bad("the variables are not an object")),
    };
    let operation_name = match body.get("operationName") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name.clone()).filter(|name| !name.is_empty()),
        Some(_) => return Err(bad("the operation name is not a text")),
    };
    Ok(Request {
        query: query.to_owned(),
        variables,
        operation_name,
        bearer,
    })
}

/// Whether a host, with or without a port, is this machine by its own name for itself.
fn is_loopback(host: &str) -> bool {
    let host = host.trim();
    let name = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, "")) => address,
            Some((address, port)) if port.starts_with(':') => address,
            _ => return false,
        },
        None => host.split(':').next().unwrap_or(host),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

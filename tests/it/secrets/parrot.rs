//! A server between the command and a sandbox that repeats what it is told, in every place it can.

use std::io::{Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};

/// How an answer repeats what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// As the message of an error of the API.
    Errors,
    /// The same, with a word that the API uses for a bad token.
    Unauthorized,
    /// With a status, as text that is no JSON.
    Status(u16),
    /// As a web page.
    Page,
    /// As the address of a redirect.
    Elsewhere,
    /// In place of JSON.
    Garbage,
    /// In place of every text of the answer, so that its shape is another.
    Shapeless,
    /// Beside every text of an answer that is right otherwise.
    Named,
}

impl Echo {
    /// All that end a command at once; what is tried again takes time that is real here.
    pub const FATAL: [Self; 9] = [
        Self::Errors,
        Self::Unauthorized,
        Self::Status(401),
        Self::Status(404),
        Self::Status(501),
        Self::Page,
        Self::Elsewhere,
        Self::Garbage,
        Self::Shapeless,
    ];
}

#[derive(Default)]
struct State {
    /// How many requests there were since the last reset.
    asked: usize,
    /// Which request is answered how; the rest is passed through. Nothing stands for every request.
    fault: Option<(Option<usize>, Echo)>,
    /// Everything that must not be seen: the key's secret, and every token that the sandbox gave out since the last reset.
    /// Another session's token is not known to this one.
    secrets: Vec<String>,
    /// The same, from the first request on.
    all: Vec<String>,
}

/// Listens until it is dropped.
pub struct Parrot {
    pub url: String,
    port: u16,
    state: Arc<Mutex<State>>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Parrot {
    /// In front of the sandbox at this address, whose key has this secret.
    pub fn new(sandbox: &str, secret: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            secrets: vec![secret.to_string()],
            all: vec![secret.to_string()],
            ..State::default()
        }));
        let ending = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (state, ending, behind) = (state.clone(), ending.clone(), sandbox.to_string());
            move || {
                for stream in listener.incoming() {
                    if ending.load(Ordering::SeqCst) {
                        return;
                    }
                    if let Ok(stream) = stream {
                        answer(stream, &state, &behind);
                    }
                }
            }
        });
        Self {
            url: format!("http://127.0.0.1:{port}"),
            port,
            state,
            ending,
            thread: Some(thread),
        }
    }

    /// From now on answers like this, and counts from nothing.
    pub fn answer(&self, fault: Option<(Option<usize>, Echo)>) {
        let mut state = self.state.lock().unwrap();
        state.asked = 0;
        state.fault = fault;
        state.secrets.truncate(1);
    }

    /// How many requests there were since then.
    pub fn asked(&self) -> usize {
        self.state.lock().unwrap().asked
    }

    /// Every secret that was ever sent or given out.
    pub fn secrets(&self) -> Vec<String> {
        self.state.lock().unwrap().all.clone()
    }
}

impl Drop for Parrot {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        TcpStream::connect(("127.0.0.1", self.port)).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// The head of a request, and its body.
pub fn request(stream: &mut impl Read) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let mut one = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut one).ok()? == 0 {
            return None;
        }
        bytes.push(one[0]);
    }
    let head = String::from_utf8(bytes).ok()?;
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}

/// Writes an answer and hangs up.
pub fn respond(stream: &mut TcpStream, status: u16, headers: &str, body: &str) {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Said\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    // Whoever asked may be gone.
    stream.write_all(head.as_bytes()).ok();
    stream.write_all(body.as_bytes()).ok();
}

const JSON: &str = "Content-Type: application/json\r\n";

fn answer(mut stream: TcpStream, state: &Mutex<State>, behind: &str) {
    let Some((head, body)) = request(&mut stream) else {
        return;
    };
    let (fault, known) = {
        let mut state = state.lock().unwrap();
        let index = state.asked;
        state.asked += 1;
        let fault = state
            .fault
            .filter(|(which, _)| which.is_none_or(|which| which == index))
            .map(|(_, echo)| echo);
        (fault, state.secrets.join(" "))
    };
    // What was sent last first: a message is cut short.
    let bearer = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .map_or("", |(_, value)| value);
    let echo = format!("{bearer} {known} {body}");
    let one_line = echo.replace(['\r', '\n'], " ");
    match fault {
        None => {
            let (status, real) = pass(behind, bearer, &body);
            keep_tokens(&real, state);
            respond(&mut stream, status, JSON, &real.to_string());
        }
        Some(Echo::Named) => {
            let (status, mut real) = pass(behind, bearer, &body);
            keep_tokens(&real, state);
            if real.pointer("/data/apiKeyUser").is_none() {
                name(&mut real, &format!(" {bearer} {known}"));
            }
            respond(&mut stream, status, JSON, &real.to_string());
        }
        Some(Echo::Shapeless) => {
            let (status, mut real) = pass(behind, bearer, &body);
            keep_tokens(&real, state);
            if let Some(data) = real.get_mut("data").and_then(Value::as_object_mut) {
                data.values_mut().for_each(|value| *value = json!(echo));
            }
            respond(&mut stream, status, JSON, &real.to_string());
        }
        Some(Echo::Errors) => {
            let text = json!({"data": null, "errors": [{"message": echo}, {"message": one_line}]});
            respond(&mut stream, 200, JSON, &text.to_string());
        }
        Some(Echo::Unauthorized) => {
            let message = format!("unauthorized {echo}");
            let text = json!({"data": null, "errors": [{"message": message}]});
            respond(&mut stream, 200, JSON, &text.to_string());
        }
        Some(Echo::Status(status)) => {
            respond(&mut stream, status, "Content-Type: text/plain\r\n", &echo);
        }
        Some(Echo::Page) => {
            let page = format!("<html><title>{echo}</title></html>");
            respond(&mut stream, 200, "Content-Type: text/html\r\n", &page);
        }
        Some(Echo::Elsewhere) => {
            let location = format!("Location: https://elsewhere.example.org/?{one_line}\r\n");
            respond(&mut stream, 302, &location, "");
        }
        Some(Echo::Garbage) => respond(&mut stream, 200, JSON, &echo),
    }
}

/// The sandbox's own answer.
fn pass(behind: &str, bearer: &str, body: &str) -> (u16, Value) {
    let mut request = ureq::post(format!("{behind}/graphql"))
        .config()
        .http_status_as_error(false)
        .build()
        .header("Content-Type", "application/json");
    if !bearer.is_empty() {
        request = request.header("Authorization", bearer);
    }
    let mut answer = request.send(body).unwrap();
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string().unwrap();
    (status, serde_json::from_str(&text).unwrap())
}

fn keep_tokens(answer: &Value, state: &Mutex<State>) {
    if let Some(token) = answer
        .pointer("/data/apiKeyUser/jwt")
        .and_then(Value::as_str)
    {
        let mut state = state.lock().unwrap();
        if !state.secrets.iter().any(|known| known == token) {
            state.secrets.push(token.to_string());
            state.all.push(token.to_string());
        }
    }
}

/// Adds a text to every text that a person gave, and leaves what the API gives alone.
fn name(value: &mut Value, echo: &str) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| name(value, echo)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    (
                        "name" | "login" | "description" | "body" | "title" | "fullName" | "email"
                        | "note" | "action" | "actor",
                        Value::String(text),
                    ) => text.push_str(echo),
                    ("labels" | "teams", Value::Array(list)) => list.push(json!(echo)),
                    (_, value) => name(value, echo),
                }
            }
        }
        _ => {}
    }
}

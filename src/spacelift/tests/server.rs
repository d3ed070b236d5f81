//! A server that answers from a script, one connection per line of it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

/// What to do with one connection.
#[derive(Clone)]
pub(super) enum Step {
    /// Answer. The length is announced unless `cut` is set.
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
        cut: Cut,
    },
    /// Hang up without reading.
    DropUnread,
    /// Read, then hang up.
    DropRead,
    /// Read, wait, then hang up.
    Stall(Duration),
}

/// How an answer ends too early.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    No,
    /// More bytes are announced than sent.
    Announced,
    /// Nothing is announced.
    Silent,
}

impl Step {
    pub(super) fn status(status: u16, kind: &str, body: &str) -> Step {
        Step::Answer {
            status,
            headers: vec![("Content-Type", kind.to_owned())],
            body: body.as_bytes().to_vec(),
            cut: Cut::No,
        }
    }

    pub(super) fn json(status: u16, body: &Value) -> Step {
        Step::status(status, "application/json", &body.to_string())
    }

    pub(super) fn data(data: Value) -> Step {
        Step::json(200, &json!({ "data": data }))
    }

    pub(super) fn errors(messages: &[&str]) -> Step {
        let list: Vec<Value> = messages
            .iter()
            .map(|message| json!({ "message": message }))
            .collect();
        Step::json(200, &json!({ "data": null, "errors": list }))
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Step {
        if let Step::Answer { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }

    pub(super) fn cut_off(mut self, how: Cut) -> Step {
        if let Step::Answer { body, cut, .. } = &mut self {
            body.truncate(body.len() / 2);
            *cut = how;
        }
        self
    }
}

/// What was asked.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) line: String,
    /// Names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Value,
}

impl Request {
    pub(super) fn operation(&self) -> &str {
        self.body["operationName"].as_str().unwrap()
    }

    pub(super) fn query(&self) -> &str {
        self.body["query"].as_str().unwrap()
    }

    pub(super) fn variables(&self) -> &Value {
        &self.body["variables"]
    }

    pub(super) fn bearer(&self) -> Option<&str> {
        self.headers.get("authorization").map(String::as_str)
    }
}

pub(super) struct Server {
    url: String,
    address: std::net::SocketAddr,
    stop: Arc<AtomicBool>,
    requests: Arc<Mutex<Vec<Request>>>,
    left: Arc<Mutex<usize>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(steps: Vec<Step>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let left = Arc::new(Mutex::new(steps.len()));
        let thread = std::thread::spawn({
            let (stop, requests, left) = (stop.clone(), requests.clone(), left.clone());
            move || {
                let mut steps = steps.into_iter();
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let step = steps
                        .next()
                        .unwrap_or_else(|| Step::status(418, "text/plain", "not in the script"));
                    *left.lock().unwrap() = steps.len();
                    if let Ok(stream) = stream {
                        play(&step, stream, &requests);
                    }
                }
            }
        });
        Server {
            url: format!("http://{address}"),
            address,
            stop,
            requests,
            left,
            thread: Some(thread),
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Everything asked so far. The script has to be used up, and every request
    /// has to fit the schema.
    pub(super) fn finish(&self) -> Vec<Request> {
        assert_eq!(*self.left.lock().unwrap(), 0, "steps left in the script");
        let requests = self.requests.lock().unwrap().clone();
        for request in &requests {
            super::operations::assert_valid(request);
        }
        requests
    }

    /// The names of the operations asked so far.
    pub(super) fn operations(&self) -> Vec<String> {
        let requests = self.finish();
        requests
            .iter()
            .map(|request| request.operation().to_owned())
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn play(step: &Step, mut stream: TcpStream, requests: &Mutex<Vec<Request>>) {
    if matches!(step, Step::DropUnread) {
        return;
    }
    let Some(request) = read(&mut stream) else {
        return;
    };
    requests.lock().unwrap().push(request);
    match step {
        Step::Answer { .. } => write(step, &mut stream),
        Step::Stall(pause) => std::thread::sleep(*pause),
        Step::DropUnread | Step::DropRead => {}
    }
}

/// Reads one request from anything, encrypted or not.
pub(super) fn read(stream: &mut impl Read) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length: usize = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        line: line.trim_end().to_owned(),
        headers,
        body: serde_json::from_slice(&body).ok()?,
    })
}

pub(super) fn write(step: &Step, stream: &mut impl Write) {
    let Step::Answer {
        status,
        headers,
        body,
        cut,
    } = step
    else {
        return;
    };
    let mut head = format!("HTTP/1.1 {status} Scripted\r\nConnection: close\r\n");
    match cut {
        Cut::No => head += &format!("Content-Length: {}\r\n", body.len()),
        Cut::Announced => head += &format!("Content-Length: {}\r\n", body.len() + 10),
        Cut::Silent => {}
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    // The other side may have hung up; that is its right.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(b"\r\n");
    let _ = stream.write_all(body);
    let _ = stream.flush();
}

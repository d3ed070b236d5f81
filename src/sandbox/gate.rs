//! A server that can break its connections, which the one for everyday use cannot.
//!
//! One request a connection, and no more of HTTP than clients of the API need.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::json;

use super::faults::{Answer, Fault, Faults, Outcome};
use super::http::{self, BODY, Reply};
use super::{Inner, Request};

/// Clients that say nothing more are let go after this.
const SILENCE: Duration = Duration::from_secs(60);

/// A head larger than this is nobody's.
const HEAD: u64 = 64 * 1024;

/// Serves until told to end.
pub(crate) fn listen(
    listener: &TcpListener,
    ending: &Arc<AtomicBool>,
    inner: &Weak<Inner>,
    faults: &Faults,
) {
    for stream in listener.incoming() {
        if ending.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let (inner, faults, ending) = (inner.clone(), faults.clone(), Arc::clone(ending));
        std::thread::Builder::new()
            .name("sandbox request".to_owned())
            .spawn(move || serve(stream, &inner, &faults, &ending))
            .ok();
    }
}

/// Has [`listen`] look whether it is to end.
pub(crate) fn wake(address: SocketAddr) {
    TcpStream::connect(address).ok();
}

fn serve(mut stream: TcpStream, inner: &Weak<Inner>, faults: &Faults, ending: &AtomicBool) {
    stream.set_read_timeout(Some(SILENCE)).ok();
    let outcome = match read(&mut stream) {
        Err(None) => return,
        Err(Some(reply)) => Outcome::Answer(reply.into()),
        Ok(asked) => match (inner.upgrade(), asked) {
            (None, _) => Outcome::Answer(Reply::refusal(503, "the sandbox is closed").into()),
            (Some(inner), Asked::Api(request)) => {
                faults.carry_out(&inner, &request, &std::thread::sleep)
            }
            (_, Asked::Calls) => Outcome::Answer(Answer::json(200, &json!(faults.calls()))),
            (_, Asked::Script(script)) => {
                faults.reset(script);
                Outcome::Answer(Answer::json(200, &json!({})))
            }
        },
    };
    match outcome {
        Outcome::Answer(answer) => {
            write(&mut stream, &answer, answer.body.len()).ok();
        }
        Outcome::Cut(answer, bytes) => {
            write(&mut stream, &answer, bytes).ok();
        }
        Outcome::Drop => {}
        Outcome::Hold => hold(&mut stream, ending),
    }
}

/// Says nothing until the other side has gone.
fn hold(stream: &mut TcpStream, ending: &AtomicBool) {
    stream
        .set_read_timeout(Some(Duration::from_millis(200)))
        .ok();
    let mut byte = [0];
    while !ending.load(Ordering::Acquire) {
        match stream.read(&mut byte) {
            Ok(0) => return,
            Err(error)
                if !matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) =>
            {
                return;
            }
            _ => {}
        }
    }
}

enum Asked {
    Api(Request),
    /// Which calls there were.
    Calls,
    /// To go on by another script.
    Script(Vec<Fault>),
}

/// Nothing to say to whoever goes away in the middle.
fn read(stream: &mut TcpStream) -> Result<Asked, Option<Reply>> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        let read = (&mut reader).take(HEAD).read_line(&mut line);
        if read.map_err(|_| None)? == 0 {
            return Err(None);
        }
        if line.trim_end().is_empty() {
            break;
        }
        head.push(line.trim_end().to_owned());
        if head.len() > 200 {
            return Err(Some(Reply::refusal(
                431,
                "the head of the request is too large",
            )));
        }
    }
    let (line, headers) = head.split_first().ok_or(None)?;
    let mut words = line.split_whitespace();
    let (method, url) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let header = |name: &str| {
        headers.iter().find_map(|header| {
            let (own, value) = header.split_once(':')?;
            own.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    let length = match header("Content-Length") {
        None => 0,
        Some(text) => text.parse().map_err(|_| {
            Some(Reply::refusal(
                400,
                "the length of the request is no number",
            ))
        })?,
    };
    if header("Transfer-Encoding").is_some() {
        return Err(Some(Reply::refusal(411, "the request must say its length")));
    }
    if length > BODY {
        return Err(Some(Reply::refusal(413, "the request is too large")));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).map_err(|_| None)?;
    match (method, url) {
        ("GET", "/faults") => http::local(&header).map(|()| Asked::Calls),
        ("POST", "/faults") => http::local(&header).and_then(|()| {
            serde_json::from_slice(&body)
                .map(Asked::Script)
                .map_err(|error| Reply::refusal(400, &format!("not a script: {error}")))
        }),
        _ => http::admit(method, url, &header)
            .and_then(|bearer| http::parse(&body, bearer))
            .map(Asked::Api),
    }
    .map_err(Some)
}

/// Announces the whole body, and sends as much of it as is said.
fn write(stream: &mut TcpStream, answer: &Answer, bytes: usize) -> std::io::Result<()> {
    let kind = if answer.html {
        "text/html"
    } else {
        "application/json"
    };
    let mut head = format!(
        "HTTP/1.1 {} Scripted\r\nConnection: close\r\nCache-Control: no-store\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n",
        answer.status,
        answer.body.len()
    );
    if let Some(seconds) = answer.retry_after {
        head.push_str(&format!("Retry-After: {seconds}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(answer.body.get(..bytes).unwrap_or(&answer.body))?;
    stream.flush()
}

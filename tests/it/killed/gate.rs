//! A sandbox in a process of its own, behind a gate that holds one request until it is let go.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::bench::Bench;
use crate::cli::serving::Serving;

/// Where a request is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the account has it.
    Before,
    /// When it has had its effect.
    After,
}

#[derive(Default)]
struct Held {
    at: Option<(usize, Moment)>,
    /// Whether the request is there and waits.
    waits: bool,
}

struct Shared {
    asked: AtomicUsize,
    held: Mutex<Held>,
    changed: Condvar,
    ending: AtomicBool,
    /// Whether changes of policies are turned down.
    refusing: AtomicBool,
}

pub struct Gate {
    serving: Option<Serving>,
    folder: tempfile::TempDir,
    port: u16,
    key: (String, String),
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    file: PathBuf,
}

impl Gate {
    pub fn new() -> Self {
        let seed = Bench::with_starter();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("account.json");
        let serving = Serving::new(&seed, &[&file.to_string_lossy(), "--seed", "."]);
        let key = (serving.id().to_string(), serving.secret().to_string());
        let behind = serving
            .endpoint()
            .strip_prefix("http://")
            .unwrap()
            .to_string();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            asked: AtomicUsize::new(0),
            held: Mutex::default(),
            changed: Condvar::new(),
            ending: AtomicBool::new(false),
            refusing: AtomicBool::new(false),
        });
        let thread = std::thread::spawn({
            let shared = shared.clone();
            move || {
                for stream in listener.incoming().flatten() {
                    if shared.ending.load(Ordering::SeqCst) {
                        return;
                    }
                    let (shared, behind) = (shared.clone(), behind.clone());
                    std::thread::spawn(move || pass(stream, &shared, &behind));
                }
            }
        });
        Self {
            serving: Some(serving),
            folder,
            port,
            key,
            shared,
            thread: Some(thread),
            file,
        }
    }

    /// Has a repository's mapping and environment lead here.
    pub fn open(&self, bench: &mut Bench) {
        let endpoint = self.endpoint();
        let account = format!("account: {{endpoint: \"{endpoint}\"}} ");
        bench.edit("access.yaml", "account: example ", &account);
        bench.set("SPACELIFT_API_KEY_ENDPOINT", &endpoint);
        bench.set("SPACELIFT_API_KEY_ID", &self.key.0);
        bench.set("SPACELIFT_API_KEY_SECRET", &self.key.1);
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn key(&self) -> &(String, String) {
        &self.key
    }

    /// Somebody edits every policy of the account.
    pub fn edit_by_hand(&self) {
        let post = |token: Option<&str>, body: Value| -> Value {
            let mut request = ureq::post(format!("{}/graphql", self.endpoint()));
            if let Some(token) = token {
                request = request.header("Authorization", format!("Bearer {token}"));
            }
            let mut answer = request.send_json(body).unwrap();
            let text = answer.body_mut().read_to_string().unwrap();
            serde_json::from_str(&text).unwrap()
        };
        let (id, secret) = &self.key;
        let query =
            "mutation($id: ID!, $secret: String!) { apiKeyUser(id: $id, secret: $secret) { jwt } }";
        let login = post(
            None,
            json!({"query": query, "variables": {"id": id, "secret": secret}}),
        );
        let token = login["data"]["apiKeyUser"]["jwt"].as_str();
        let all = post(token, json!({"query": "{ policies { id name body } }"}));
        for policy in all["data"]["policies"].as_array().unwrap() {
            let body = format!("{}\n# by hand\n", policy["body"].as_str().unwrap());
            let query = "mutation($id: ID!, $input: PolicyUpdateInput!) { policyUpdatev2(id: $id, input: $input) { id } }";
            let input = json!({"name": policy["name"], "body": body});
            let answer = post(
                token,
                json!({"query": query, "variables": {"id": policy["id"], "input": input}}),
            );
            assert!(answer["errors"].is_null(), "{answer}");
        }
    }

    /// From now on, the account turns down every change of a policy, and answers everything else.
    pub fn refuse_changes(&self) {
        self.shared.refusing.store(true, Ordering::SeqCst);
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    pub fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// Holds a request, counted from 0.
    pub fn hold(&self, request: usize, moment: Moment) {
        self.shared.held.lock().unwrap().at = Some((request, moment));
    }

    pub fn wait_for_held(&self) {
        let held = self.shared.held.lock().unwrap();
        let (held, _) = self
            .shared
            .changed
            .wait_timeout_while(held, Duration::from_secs(300), |held| !held.waits)
            .unwrap();
        assert!(held.waits, "the request never came");
    }

    pub fn let_go(&self) {
        let mut held = self.shared.held.lock().unwrap();
        held.at = None;
        self.shared.changed.notify_all();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shared.ending.store(true, Ordering::SeqCst);
        self.let_go();
        TcpStream::connect(("127.0.0.1", self.port)).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
        drop(self.serving.take());
        // Kept until the sandbox is gone.
        assert!(self.folder.path().exists());
    }
}

/// Passes one request on; a connection carries one, so that they can be counted.
fn pass(mut client: TcpStream, shared: &Shared, behind: &str) {
    let Some(request) = crate::secrets::parrot::request(&mut client) else {
        return;
    };
    let number = shared.asked.fetch_add(1, Ordering::SeqCst);
    let hold = |moment: Moment| {
        let mut held = shared.held.lock().unwrap();
        if held.at == Some((number, moment)) {
            held.waits = true;
            shared.changed.notify_all();
            while held.at == Some((number, moment)) {
                held = shared.changed.wait(held).unwrap();
            }
        }
    };
    hold(Moment::Before);
    // A client that is gone has sent nothing that anybody would still carry out here.
    if is_gone(&client) {
        return;
    }
    let (head, body) = request;
    if shared.refusing.load(Ordering::SeqCst) && body.contains("policyUpdatev2") {
        let answer = r#"{"data": null, "errors": [{"message": "denied"}]}"#;
        crate::secrets::parrot::respond(
            &mut client,
            200,
            "Content-Type: application/json\r\n",
            answer,
        );
        return;
    }
    let head = head.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let mut server = TcpStream::connect(behind).unwrap();
    server.write_all(head.as_bytes()).unwrap();
    server.write_all(body.as_bytes()).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    hold(Moment::After);
    client.write_all(&hanging_up(answer)).ok();
}

/// The answer with a head that says that nothing more comes: else a client may send its next request on a connection that is about
/// to be closed, and never knows what became of it.
fn hanging_up(answer: Vec<u8>) -> Vec<u8> {
    let Some(line) = answer.windows(2).position(|two| two == b"\r\n") else {
        return answer;
    };
    let (status, rest) = answer.split_at(line);
    [status, b"\r\nConnection: close", rest].concat()
}

fn is_gone(client: &TcpStream) -> bool {
    client.set_nonblocking(true).unwrap();
    let gone = match client.peek(&mut [0]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    };
    client.set_nonblocking(false).unwrap();
    gone
}

//! The record of pushes between runs: what a service keeps of it, and what the next run makes of that.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::merged::Merged;
use super::runner::{OUR_RUN, Service};
use super::{SERVICES, expression};
use crate::secrets::parrot;

/// By which a job may ask the service.
pub const TOKEN: &str = "token-of-the-job";

/// The same as GitLab is told it: `gitlab-ci-token:token-of-the-job`.
const BASIC: &str = "Basic Z2l0bGFiLWNpLXRva2VuOnRva2VuLW9mLXRoZS1qb2I=";

#[derive(Default)]
struct State {
    /// The record as GitLab has it.
    kept: Option<String>,
    /// Whether it turns everything down.
    closed: bool,
}

/// As much of either service as keeps a record.
pub struct Shelf {
    address: String,
    service: Service,
    /// Where GitHub has it.
    artifact: PathBuf,
    state: Arc<Mutex<State>>,
}

impl Shelf {
    pub fn new(service: Service, artifact: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(Mutex::new(State::default()));
        let (kept, folder) = (Arc::clone(&state), artifact.clone());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Some((head, body)) = parrot::request(&mut stream) else {
                    return;
                };
                let state = &mut kept.lock().unwrap();
                let (status, body) = match service {
                    Service::Github => listed(&head, folder.exists(), state),
                    Service::Gitlab => packaged(&head, body, state),
                };
                parrot::respond(&mut stream, status, "", &body);
            }
        });
        Self {
            address,
            service,
            artifact,
            state,
        }
    }

    /// What a job is told of the service.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let url = format!("http://{}/api", self.address);
        match self.service {
            Service::Github => vec![
                ("GITHUB_API_URL", url),
                ("GITHUB_REPOSITORY", "acme/access".to_owned()),
                ("github.token", TOKEN.to_owned()),
            ],
            Service::Gitlab => vec![
                ("CI_API_V4_URL", url),
                ("CI_PROJECT_ID", "42".to_owned()),
                ("CI_JOB_TOKEN", TOKEN.to_owned()),
            ],
        }
    }

    /// The record as it is kept; nothing before there is one.
    pub fn record(&self) -> Option<String> {
        match self.service {
            Service::Github => fs::read_to_string(self.artifact.join("record.jsonl")).ok(),
            Service::Gitlab => self.state.lock().unwrap().kept.clone(),
        }
    }

    /// As if a run had left this.
    fn put(&self, text: &str) {
        match self.service {
            Service::Github => fs::write(self.artifact.join("record.jsonl"), text).unwrap(),
            Service::Gitlab => self.state.lock().unwrap().kept = Some(text.to_owned()),
        }
    }

    fn close(&self) {
        self.state.lock().unwrap().closed = true;
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        // An empty request ends it.
        TcpStream::connect(&self.address).ok();
    }
}

fn is_allowed(head: &str, header: &str) -> bool {
    head.lines().any(|line| line.eq_ignore_ascii_case(header))
}

/// GitHub's list of artifacts: more of other branches than one page has, and among ours what no longer counts.
fn listed(head: &str, is_there: bool, state: &State) -> (u16, String) {
    let of = "GET /api/repos/acme/access/actions/artifacts?name=access-record&per_page=100&page=";
    let first = head.lines().next().unwrap();
    let allowed = is_allowed(head, &format!("authorization: Bearer {TOKEN}"));
    let Some(page) = first.strip_prefix(of) else {
        return (404, first.to_owned());
    };
    if !allowed || state.closed {
        return (403, "{}".to_owned());
    }
    let page: usize = page.split(' ').next().unwrap().parse().unwrap();
    let one = |run: u64, branch: &str, from: u64, expired: bool, day: u32| {
        json!({
            "expired": expired,
            "created_at": format!("2026-11-{day:02}T00:00:00Z"),
            "workflow_run": {
                "id": run, "repository_id": 1, "head_repository_id": from, "head_branch": branch,
            },
        })
    };
    let mut all: Vec<Value> = (0..120).map(|run| one(run, "mine", 1, false, 28)).collect();
    all.push(one(500, "main", 666, false, 27));
    all.push(one(501, "main", 1, true, 26));
    if is_there {
        all.push(one(OUR_RUN.parse().unwrap(), "main", 1, false, 25));
        all.push(one(502, "main", 1, false, 24));
    }
    let shown: Vec<Value> = all.into_iter().skip((page - 1) * 100).take(100).collect();
    (200, json!({"artifacts": shown}).to_string())
}

/// GitLab's registry of packages, with one file.
fn packaged(head: &str, body: String, state: &mut State) -> (u16, String) {
    let of = "/api/projects/42/packages/generic/access-record/1.0.0/record.jsonl";
    let mut first = head.lines().next().unwrap().split(' ');
    let (method, path) = (first.next().unwrap(), first.next().unwrap());
    if path != of {
        return (404, path.to_owned());
    }
    if !is_allowed(head, &format!("authorization: {BASIC}")) || state.closed {
        return (403, "{}".to_owned());
    }
    match (method, &state.kept) {
        ("GET", Some(kept)) => (200, kept.clone()),
        ("GET", None) => (404, "{}".to_owned()),
        ("PUT", _) => {
            state.kept = Some(body);
            (201, "{}".to_owned())
        }
        _ => (405, "{}".to_owned()),
    }
}

fn events(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["event"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn a_push_goes_on_with_the_record_of_the_ones_before() {
    for service in SERVICES {
        let merged = Merged::new(service);
        let first = merged.pushed();
        assert!(!first.said.contains("note:"), "{}", first.said);
        let before = merged.shelf.record().unwrap();
        assert_eq!(events(&before), ["begin", "end"], "{service:?}");
        merged.give();
        let second = merged.pushed();
        assert!(!second.said.contains("has no end"), "{}", second.said);
        let after = merged.shelf.record().unwrap();
        assert!(after.starts_with(&before), "{service:?}\n{after}");
        assert_eq!(events(&after), ["begin", "end", "begin", "end"]);
    }
}

#[test]
fn the_next_run_says_that_a_push_was_cut_off() {
    for service in SERVICES {
        let merged = Merged::new(service);
        merged.pushed();
        // As if its end had never been written.
        let text = merged.shelf.record().unwrap();
        let (begin, _) = text.split_once('\n').unwrap();
        merged.shelf.put(&format!("{begin}\n"));
        merged.give();
        let ran = merged.pushed();
        let note = "has no end in the record: it still runs, or was cut off";
        assert!(ran.said.contains(note), "{service:?}\n{}", ran.said);
    }
}

#[test]
fn a_push_that_fails_is_recorded_for_the_next_run() {
    for service in SERVICES {
        let merged = Merged::new(service);
        merged.pushed();
        let before = merged.shelf.record().unwrap();
        merged.give();
        let approval = merged.plan().unwrap();
        // The account turns the change down when the push has begun: it is the last of many requests.
        merged.refuse_changes();
        let ran = merged.push(approval);
        assert!(!ran.fine, "{}", ran.said);
        let after = merged.shelf.record().unwrap();
        assert!(after.starts_with(&before), "{service:?}\n{after}");
        assert_eq!(events(&after), ["begin", "end", "begin", "end"]);
        assert!(after.contains("\"outcome\":\"failed\""), "{after}");
    }
}

/// Otherwise the next record would begin anew, and what went before would be found by nobody.
#[test]
fn nothing_is_pushed_where_the_record_cannot_be_had() {
    for service in SERVICES {
        let merged = Merged::new(service);
        let approval = merged.plan().unwrap();
        merged.shelf.close();
        let ran = merged.push(approval);
        assert!(!ran.fine, "{service:?}\n{}", ran.said);
        assert_eq!(merged.live(), Vec::<String>::new(), "{service:?}");
    }
}

#[test]
fn nothing_of_the_record_is_in_the_text_of_a_command() {
    let name = |name: &str| format!("<{name}>");
    let text = super::runner::text(Service::Github);
    for line in text.lines().filter(|line| line.contains("run-id:")) {
        let filled = expression::filled(line, &name);
        assert!(filled.ends_with("<steps.record.outputs.run>"), "{filled}");
    }
}

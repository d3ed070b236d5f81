//! Every kind of fault, over the network and without one: what it does to the account, and what the client makes of it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use liftgate::sandbox::faults::{Change, Fault, Faults, Faulty, Kind, What, When};
use liftgate::sandbox::{Sandbox, Server};
use liftgate::spacelift::{
    self, Engine, Error, Limits, Options, PolicyDraft, PolicyType, ReadAccount, Reader, Timing,
    WriteAccount, Writer,
};

/// A clock that moves when somebody sleeps.
struct Clock(Mutex<SystemTime>);

impl Clock {
    fn new() -> Arc<Clock> {
        Arc::new(Clock(Mutex::new(SystemTime::now())))
    }

    fn passed(&self, since: SystemTime) -> Duration {
        self.now().duration_since(since).unwrap()
    }
}

impl Timing for Clock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, pause: Duration) {
        *self.0.lock().unwrap() += pause;
    }

    fn jitter(&self) -> f64 {
        1.0
    }
}

/// A client on a way on which things go wrong.
struct Way {
    sandbox: Sandbox,
    faults: Faults,
    reader: Reader,
    writer: Writer,
    clock: Arc<Clock>,
    _server: Option<Server>,
}

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(5),
    exchange: Duration::from_millis(2500),
    answer: 1 << 20,
    attempts: 3,
    patience: Duration::from_secs(120),
};

/// The same script on both ways.
fn both(script: impl Fn() -> Vec<Fault>) -> [Way; 2] {
    [true, false].map(|network| {
        let sandbox = super::sandbox(Vec::new());
        let faults = Faults::new(script());
        let clock = Clock::new();
        let server = network.then(|| sandbox.serve_with("127.0.0.1:0", faults.clone()).unwrap());
        let (id, secret) = sandbox.credentials();
        let endpoint = match &server {
            Some(server) => server.endpoint(),
            None => "http://127.0.0.1:1".to_owned(),
        };
        let mut options = Options::sandbox(&endpoint, &id, secret.into())
            .unwrap()
            .with_limits(LIMITS)
            .with_timing(clock.clone());
        if server.is_none() {
            let way = Faulty::new(sandbox.clone(), faults.clone(), clock.clone());
            options = options.over(Arc::new(way));
        }
        let (reader, writer) = spacelift::connect(options).unwrap();
        Way {
            sandbox,
            faults,
            reader,
            writer,
            clock,
            _server: server,
        }
    })
}

impl Way {
    fn operations(&self) -> Vec<String> {
        let calls = self.faults.calls();
        calls.into_iter().map(|call| call.operation).collect()
    }

    fn bodies(&self) -> Vec<String> {
        let policies = self.sandbox.state().policies;
        policies.into_values().map(|policy| policy.body).collect()
    }
}

fn draft(body: &str) -> PolicyDraft {
    PolicyDraft {
        kind: PolicyType::Login,
        name: "door".to_owned(),
        body: body.to_owned(),
        description: None,
        labels: vec![],
        space: Some("root".to_owned()),
        engine: Some(Engine::V1),
    }
}

const OPEN: &str = "package spacelift\n\nallow if input.session.member\n";
const SHUT: &str = "package spacelift\n\ndeny := true\n";

/// What one fault at the first update does: the error, if any, and whether the update arrived, of the client's only try.
fn at_an_update(what: &What) -> Vec<(Option<Error>, bool)> {
    both(|| vec![Fault::of("PolicyUpdate", 1, what.clone())])
        .into_iter()
        .map(|way| {
            let id = way.writer.create_policy(&draft(OPEN)).unwrap().id;
            let result = way.writer.update_policy(&id, &draft(SHUT));
            let calls = way.faults.calls();
            let struck: Vec<_> = calls.iter().filter(|call| !call.fault.is_empty()).collect();
            assert_eq!(struck.len(), 1);
            assert_eq!((struck[0].call, struck[0].kind), (3, Kind::Write));
            (result.err(), way.bodies() == [SHUT])
        })
        .collect()
}

/// The same, if whatever answers is cut off before a second try.
fn with_one_try(what: &What) -> Vec<(Option<Error>, bool)> {
    both(|| {
        vec![
            Fault::of("PolicyUpdate", 1, what.clone()),
            Fault::of("PolicyUpdate", 2, refuse()),
            Fault::of("PolicyUpdate", 3, refuse()),
        ]
    })
    .into_iter()
    .map(|way| {
        let id = way.writer.create_policy(&draft(OPEN)).unwrap().id;
        let result = way.writer.update_policy(&id, &draft(SHUT));
        (result.err(), way.bodies() == [SHUT])
    })
    .collect()
}

fn refuse() -> What {
    What::Refuse {
        message: "no more".to_owned(),
    }
}

fn status(status: u16, retry_after: Option<u64>, when: When) -> What {
    What::Status {
        status,
        retry_after,
        when,
    }
}

#[test]
fn what_is_surely_not_done_is_for_whoever_compares_to_send_again() {
    for when in [When::Before, When::After] {
        for (what, asked) in [
            (status(429, None, when), None),
            (status(429, Some(7), when), Some(Duration::from_secs(7))),
            (What::Expire, None),
        ] {
            for (error, arrived) in at_an_update(&what) {
                assert!(
                    matches!(&error, Some(Error::Unsent { wait, .. }) if *wait == asked),
                    "{what:?}: {error:?}"
                );
                // Whoever compares finds out where the server is wrong about it.
                let done = when == When::After && !matches!(what, What::Expire);
                assert_eq!(arrived, done, "{what:?}");
            }
        }
    }
    for (error, arrived) in at_an_update(&What::Delay { millis: 100 }) {
        assert_eq!((error, arrived), (None, true));
    }
}

/// What was answered by half may have been done, and another's update may have come by now: a second one would go over it.
#[test]
fn an_update_that_may_have_arrived_is_not_sent_again() {
    for (when, done) in [(When::Before, false), (When::After, true)] {
        for (what, done) in [
            (status(503, None, when), done),
            (What::Page { status: 502, when }, done),
            (What::Drop { when }, done),
            (What::Hold { when }, done),
            (What::Cut { bytes: 10 }, true),
        ] {
            for (error, arrived) in at_an_update(&what) {
                assert!(
                    matches!(error, Some(Error::MaybeWritten { .. })),
                    "{what:?}: {error:?}"
                );
                assert_eq!(arrived, done, "{what:?}");
            }
        }
    }
}

#[test]
fn whether_it_was_done_is_as_the_script_says() {
    let doubtful = |error: &Option<Error>| matches!(error, Some(Error::MaybeWritten { .. }));
    for (when, done) in [(When::Before, false), (When::After, true)] {
        for what in [
            status(500, None, when),
            What::Drop { when },
            What::Hold { when },
            What::Page { status: 502, when },
        ] {
            for (error, arrived) in with_one_try(&what) {
                assert!(doubtful(&error), "{what:?}: {error:?}");
                assert_eq!(arrived, done, "{what:?}");
            }
        }
        // There is nothing to try again here, and nobody knows.
        for what in [What::Garbage { when }, What::Page { status: 200, when }] {
            for (error, arrived) in at_an_update(&what) {
                assert!(doubtful(&error), "{what:?}: {error:?}");
                assert_eq!(arrived, done, "{what:?}");
            }
        }
    }
    for what in [What::Cut { bytes: 3 }, What::Delay { millis: 5_000 }] {
        for (error, arrived) in with_one_try(&what) {
            assert!(doubtful(&error), "{what:?}: {error:?}");
            assert!(arrived, "{what:?}");
        }
    }
    for (error, arrived) in at_an_update(&refuse()) {
        let said = error.unwrap().to_string();
        assert_eq!(said, "refused to update the policy: `no more`");
        assert!(!arrived);
    }
}

#[test]
fn a_server_that_asks_to_wait_is_waited_for() {
    for way in both(|| vec![Fault::at(2, status(429, Some(30), When::Before))]) {
        let start = way.clock.now();
        way.reader.viewer().unwrap();
        assert!(way.clock.passed(start) >= Duration::from_secs(30));
        assert_eq!(way.operations(), ["LoginApiKey", "Viewer", "Viewer"]);
    }
}

#[test]
fn a_token_that_has_ended_is_replaced() {
    for way in both(|| vec![Fault::of("Spaces", 1, What::Expire)]) {
        way.reader.spaces().unwrap();
        assert_eq!(
            way.operations(),
            ["LoginApiKey", "Spaces", "LoginApiKey", "Spaces"]
        );
        assert_eq!(way.sandbox.state().sessions.len(), 1);
    }
}

#[test]
fn stale_reads_show_what_was_there_before_the_last_write() {
    for way in both(|| vec![Fault::of("Policy", 1, What::Stale { reads: 2 })]) {
        let id = way.writer.create_policy(&draft(OPEN)).unwrap().id;
        way.writer.update_policy(&id, &draft(SHUT)).unwrap();
        let body = || way.reader.policy(&id).unwrap().unwrap().body;
        assert_eq!([body(), body(), body()], [OPEN, OPEN, SHUT]);
    }
    // Nothing was written: there is nothing else to show.
    for way in both(|| vec![Fault::at(1, What::Stale { reads: 5 })]) {
        assert_eq!(way.reader.spaces().unwrap().len(), 2);
    }
}

#[test]
fn somebody_else_changes_the_account_between_two_calls() {
    let patch = json!({ "policies": { "door": { "body": "package spacelift\n# theirs\n" } },
        "account": { "authorizationScheme": "MANAGED_USERS" } });
    for way in both(|| vec![Fault::of("Policies", 1, What::Patch(patch.clone()))]) {
        way.writer.create_policy(&draft(OPEN)).unwrap();
        let policies = way.reader.policies().unwrap();
        assert_eq!(policies[0].body, "package spacelift\n# theirs\n");
        assert_eq!(
            way.reader.account().unwrap().scheme,
            Some(spacelift::Scheme::ManagedUsers)
        );
    }
    let change = || {
        Change::new(|state| {
            state.policies.clear();
        })
    };
    for way in both(|| vec![Fault::always("Policy", What::Change(change()))]) {
        let id = way.writer.create_policy(&draft(OPEN)).unwrap().id;
        assert_eq!(way.reader.policy(&id).unwrap(), None);
    }
}

#[test]
fn a_change_that_cannot_be_says_so_and_is_not_made() {
    let nonsense = json!({ "spaces": { "root": null } });
    for way in both(|| vec![Fault::at(2, What::Patch(nonsense.clone()))]) {
        assert_eq!(way.reader.spaces().unwrap().len(), 2);
        let fault = &way.faults.calls()[1].fault;
        assert_eq!(fault[0], "patch");
        assert!(fault[1].contains("space `root` is missing"), "{fault:?}");
    }
}

#[test]
fn faults_that_meet_in_one_call_all_happen() {
    let gone = json!({ "policies": { "door": null } });
    for way in both(|| {
        vec![
            Fault::at(3, What::Patch(gone.clone())),
            Fault::of("Policies", 1, What::Drop { when: When::Before }),
        ]
    }) {
        way.writer.create_policy(&draft(OPEN)).unwrap();
        assert_eq!(way.reader.policies().unwrap(), []);
        assert_eq!(way.faults.calls()[2].fault, ["patch", "drop"]);
        assert_eq!(way.faults.calls().len(), 4);
    }
}

#[test]
fn a_script_can_be_written_down_and_read_back() {
    let text = r#"[
        {"call": 3, "what": {"drop": {"when": "after"}}},
        {"operation": "PolicyUpdate", "call": 1, "what": {"status": {"status": 429, "retry_after": 30, "when": "before"}}},
        {"operation": "Roles", "what": "expire"},
        {"call": 9, "what": {"patch": {"policies": {}}}}
    ]"#;
    let faults: Vec<Fault> = serde_json::from_str(text).unwrap();
    assert_eq!(faults[0], Fault::at(3, What::Drop { when: When::After }));
    assert_eq!(faults[2], Fault::always("Roles", What::Expire));
    let written = serde_json::to_string(&faults).unwrap();
    assert_eq!(
        serde_json::from_str::<Vec<Fault>>(&written).unwrap(),
        faults
    );
    for wrong in [
        r#"[{"call": 1}]"#,
        r#"[{"what": {"drop": {}}}]"#,
        r#"[{"call": 1, "what": "expire", "wen": "after"}]"#,
    ] {
        assert!(Faults::parse(wrong).is_err(), "{wrong}");
    }
}

/// One exchange with the door for tests of other processes.
fn ask(server: &Server, head: &str, body: &str) -> (String, Value) {
    let address = server.endpoint().replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.lines().next().unwrap().to_owned();
    (status, serde_json::from_str(body).unwrap())
}

#[test]
fn another_process_can_look_at_the_calls_and_change_the_script() {
    let [way, _] = both(Vec::new);
    let server = way._server.as_ref().unwrap();
    way.reader.spaces().unwrap();
    let (status, calls) = ask(server, "GET /faults", "");
    assert!(status.contains("200"), "{status}");
    assert_eq!(
        calls,
        json!([
            { "call": 1, "operation": "LoginApiKey", "kind": "login", "fault": [] },
            { "call": 2, "operation": "Spaces", "kind": "read", "fault": [] },
        ])
    );
    let script = r#"[{"call": 1, "what": {"refuse": {"message": "later"}}}]"#;
    assert!(ask(server, "POST /faults", script).0.contains("200"));
    let error = way.reader.spaces().unwrap_err();
    assert_eq!(error.to_string(), "refused to read the spaces: `later`");
    let (status, said) = ask(server, "POST /faults", "[1]");
    assert!(status.contains("400"), "{status}");
    assert!(said["error"].as_str().unwrap().contains("not a script"));
    // The rest is as strict as the server for everyday use.
    assert!(ask(server, "GET /graphql", "").0.contains("405"));
    assert!(ask(server, "POST /other", "").0.contains("404"));
}

#[test]
fn a_held_call_lets_go_when_the_server_ends() {
    let [way, _] = both(|| vec![Fault::at(1, What::Hold { when: When::Before })]);
    let before = SystemTime::now();
    let address = way
        ._server
        .as_ref()
        .unwrap()
        .endpoint()
        .replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    let body = r#"{"query":"{ viewer { id } }"}"#;
    write!(
        stream,
        "POST /graphql HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    while way.faults.calls().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(way);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty());
    assert!(before.elapsed().unwrap() < Duration::from_secs(30));
    assert!(before > UNIX_EPOCH);
}

//! An account that is asked without a network, and that goes wrong as a schedule says.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::schedule::{Fault, Kind, Schedule};
use crate::plan::POLICY_NAME;
use crate::push::Wait;
use crate::sandbox::state::{Policy, State};
use crate::sandbox::{Evaluate, Request, Sandbox, Source};
use crate::spacelift::{Answer, Broken, Exchange, Timing};

/// A clock that moves when somebody waits; for the account, the client and the push alike.
#[derive(Clone)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    /// 2027-01-15.
    pub fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_800_000_000_000)))
    }

    fn pass(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Timing for Clock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn sleep(&self, pause: Duration) {
        self.pass(pause);
    }

    fn jitter(&self) -> f64 {
        0.5
    }
}

impl Wait for Clock {
    fn wait(&self, pause: Duration) {
        self.pass(pause);
    }
}

/// Ids that nobody has seen before, the same in every run.
pub struct Ids {
    clock: Clock,
    next: AtomicU64,
}

impl Ids {
    pub fn new(clock: Clock, first: u64) -> Self {
        Self {
            clock,
            next: AtomicU64::new(first),
        }
    }
}

impl Source for Ids {
    fn millis(&self) -> i64 {
        i64::try_from(self.clock.0.load(Ordering::Relaxed)).unwrap()
    }

    fn bytes(&self) -> [u8; 16] {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (u128::from(number) << 64 | u128::from(number)).to_be_bytes()
    }
}

/// Who made a state of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// It was so before.
    Nobody,
    /// A request of ours.
    Us,
    /// The server, which stored something else than it was sent.
    Server,
    /// Somebody else.
    Other,
}

/// The account at a moment.
#[derive(Clone)]
pub struct Snapshot {
    pub by: By,
    pub state: State,
}

/// A request, as it went.
#[derive(Debug, Clone)]
pub struct Asked {
    pub operation: String,
    pub kind: Kind,
    /// The state that the answer showed, if one arrived.
    pub showed: Option<usize>,
    /// The state that it left, if it changed anything.
    pub wrote: Option<usize>,
    /// How many states there were when it came in, those of a fault included.
    pub states: usize,
    pub struck: Option<Fault>,
}

/// All that happened, in order.
#[derive(Default)]
pub struct Log {
    pub snapshots: Vec<Snapshot>,
    pub asked: Vec<Asked>,
}

/// The process is no more.
pub struct Killed;

pub struct Account {
    sandbox: Sandbox,
    pub clock: Clock,
    pub endpoint: String,
    schedule: Schedule,
    log: Mutex<Log>,
    down: Mutex<bool>,
    /// Which state readings are stuck at.
    frozen: Mutex<Option<usize>>,
    evaluator: Arc<dyn Evaluate>,
}

thread_local! {
    /// So that ids differ from one account to the next within a test.
    static NEXT: Cell<u64> = const { Cell::new(1 << 32) };
}

impl Account {
    /// `older` is what readings show that are behind.
    pub fn new(
        older: State,
        now: State,
        endpoint: &str,
        schedule: Schedule,
        clock: Clock,
        evaluator: Arc<dyn Evaluate>,
    ) -> Self {
        let first = NEXT.with(|next| next.replace(next.get() + (1 << 20)));
        let sandbox = Sandbox::holding(now.clone(), Ids::new(clock.clone(), first))
            .with_evaluator(evaluator.clone());
        let log = Log {
            snapshots: [older, now]
                .map(|state| Snapshot {
                    by: By::Nobody,
                    state,
                })
                .into(),
            asked: Vec::new(),
        };
        Self {
            sandbox,
            clock,
            endpoint: endpoint.to_string(),
            schedule,
            log: Mutex::new(log),
            down: Mutex::new(false),
            frozen: Mutex::new(None),
            evaluator,
        }
    }

    pub fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }

    pub fn credentials(&self) -> (String, String) {
        self.sandbox.credentials()
    }

    pub fn state(&self) -> State {
        self.sandbox.state()
    }

    /// Notes the state if it is another than the last one that was noted; answers its number then.
    fn note(&self, by: By) -> Option<usize> {
        let state = self.sandbox.state();
        let mut log = self.log();
        let last = &log.snapshots.last().unwrap().state;
        let same = last.policies == state.policies
            && last.attachments == state.attachments
            && last.roles == state.roles
            && last.account == state.account;
        if same {
            return None;
        }
        log.snapshots.push(Snapshot { by, state });
        Some(log.snapshots.len() - 1)
    }

    /// Somebody else's doing.
    fn meddle(&self, fault: Fault) {
        let now = i64::try_from(self.clock.0.load(Ordering::Relaxed) / 1000).unwrap();
        self.sandbox
            .edit(|state| meddle(state, fault, now))
            .unwrap();
        self.note(By::Other);
    }

    fn execute(&self, request: &Request) -> Value {
        let answer = self.sandbox.execute(request);
        self.note(By::Us);
        answer
    }

    /// What a reading sees that is behind: the state of a number, but with the sessions of now.
    fn behind(&self, request: &Request, number: usize) -> Value {
        let mut state = self.log().snapshots[number].state.clone();
        state.sessions = self.sandbox.state().sessions;
        Sandbox::holding(state, Ids::new(self.clock.clone(), 1))
            .with_evaluator(self.evaluator.clone())
            .execute(request)
    }

    fn late(&self) -> Broken {
        self.clock.pass(Duration::from_secs(60));
        Broken::Late
    }

    /// The answer to one request, and the number of the state that it shows.
    fn answer(
        &self,
        request: &Request,
        kind: Kind,
        fault: Option<Fault>,
    ) -> Result<(Answer, Option<usize>), Broken> {
        let latest = || self.log().snapshots.len() - 1;
        let intact = |answer: Value, number: usize| Ok((json_answer(&answer), Some(number)));
        let hidden = |answer: Answer| Ok((answer, None));
        if *lock(&self.down) {
            return hidden(Answer::plain(503, "gone"));
        }
        let Some(fault) = fault else {
            if let Some(number) = *lock(&self.frozen)
                && kind == Kind::Read
            {
                return intact(self.behind(request, number), number);
            }
            let answer = self.execute(request);
            return intact(answer, latest());
        };
        if fault.meddles() && fault != Fault::EditedAfter {
            self.meddle(fault);
            let answer = self.execute(request);
            return intact(answer, latest());
        }
        match fault {
            Fault::Cut => Err(Broken::Unanswered),
            Fault::CutAfter => {
                self.execute(request);
                Err(Broken::Unanswered)
            }
            Fault::Truncated => {
                self.execute(request);
                Err(Broken::Cut)
            }
            Fault::Slow => Err(self.late()),
            Fault::SlowAfter => {
                self.execute(request);
                Err(self.late())
            }
            Fault::Delayed => {
                self.clock.pass(Duration::from_secs(40));
                let answer = self.execute(request);
                intact(answer, latest())
            }
            Fault::Limited => hidden(Answer {
                retry_after: Some("7".to_string()),
                ..Answer::plain(429, "slow down")
            }),
            Fault::LimitedLong => hidden(Answer {
                retry_after: Some("3600".to_string()),
                ..Answer::plain(429, "slow down")
            }),
            Fault::Unavailable => hidden(Answer::plain(503, "busy")),
            Fault::BadGateway => {
                self.execute(request);
                hidden(Answer::plain(502, "bad gateway"))
            }
            Fault::Page => hidden(page()),
            Fault::PageAfter => {
                self.execute(request);
                hidden(page())
            }
            Fault::Garbage => {
                self.execute(request);
                hidden(Answer::plain(200, "}{"))
            }
            Fault::Shapeless => {
                let mut answer = self.execute(request);
                if let Some(data) = answer.get_mut("data").and_then(Value::as_object_mut) {
                    data.values_mut().for_each(|value| *value = json!(17));
                }
                hidden(json_answer(&answer))
            }
            Fault::Elsewhere => hidden(Answer {
                location: Some("https://elsewhere.example.org/".to_string()),
                ..Answer::plain(302, "")
            }),
            Fault::Denied => hidden(json_answer(
                &json!({"data": null, "errors": [{"message": "this cannot be done now"}]}),
            )),
            Fault::Expired => {
                // What comes back is that nobody may look.
                self.sandbox.edit(|state| state.sessions.clear()).unwrap();
                hidden(json_answer(&self.execute(request)))
            }
            Fault::Down => {
                *lock(&self.down) = true;
                hidden(Answer::plain(503, "gone"))
            }
            Fault::Killed => std::panic::resume_unwind(Box::new(Killed)),
            Fault::KilledAfter => {
                self.execute(request);
                std::panic::resume_unwind(Box::new(Killed))
            }
            Fault::Stale => {
                let number = latest() - 1;
                intact(self.behind(request, number), number)
            }
            Fault::Frozen => {
                let number = latest() - 1;
                *lock(&self.frozen) = Some(number);
                intact(self.behind(request, number), number)
            }
            Fault::Garbled => {
                let before = self.sandbox.state();
                let answer = self.sandbox.execute(request);
                self.sandbox.edit(|state| garble(&before, state)).unwrap();
                self.note(By::Server);
                intact(answer, latest())
            }
            Fault::EditedAfter => {
                let answer = self.execute(request);
                let number = latest();
                self.meddle(Fault::Edited);
                intact(answer, number)
            }
            Fault::Edited
            | Fault::Deleted
            | Fault::Another
            | Fault::RoleEdited
            | Fault::RoleDeleted
            | Fault::AccessEdited
            | Fault::AccessDetached
            | Fault::Switched => unreachable!(),
        }
    }
}

impl Exchange for Account {
    fn post(&self, body: &[u8], bearer: Option<&str>, _: Duration) -> Result<Answer, Broken> {
        let request = request(body, bearer);
        let operation = request.operation_name.clone().unwrap();
        let kind = kind(&operation);
        let (number, before) = {
            let log = self.log();
            (log.asked.len(), log.snapshots.len())
        };
        let fault = self.schedule.at(number).filter(|fault| fault.suits(kind));
        // Noted first: a process that is killed notes nothing.
        self.log().asked.push(Asked {
            operation,
            kind,
            showed: None,
            wrote: None,
            states: before,
            struck: fault,
        });
        let (answer, showed) = match self.answer(&request, kind, fault) {
            Ok((answer, showed)) => (Ok(answer), showed),
            Err(broken) => (Err(broken), None),
        };
        let mut log = self.log();
        let wrote = (before..log.snapshots.len())
            .find(|at| matches!(log.snapshots[*at].by, By::Us | By::Server));
        let asked = log.asked.last_mut().unwrap();
        asked.showed = showed.filter(|_| kind == Kind::Read);
        asked.wrote = wrote;
        answer
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A process that is killed leaves its locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The request in the bytes that are sent.
pub fn request(body: &[u8], bearer: Option<&str>) -> Request {
    let mut body: Value = serde_json::from_slice(body).unwrap();
    let variables = match body["variables"].take() {
        Value::Object(variables) => variables,
        _ => Map::new(),
    };
    Request {
        query: body["query"].as_str().unwrap().to_string(),
        variables,
        operation_name: Some(body["operationName"].as_str().unwrap().to_string()),
        bearer: bearer.map(str::to_string),
    }
}

pub fn kind(operation: &str) -> Kind {
    if operation.starts_with("Login") {
        Kind::Login
    } else if ["Create", "Update", "Delete", "Attach", "Detach"]
        .iter()
        .any(|end| operation.ends_with(end))
    {
        Kind::Write
    } else {
        Kind::Read
    }
}

fn json_answer(value: &Value) -> Answer {
    Answer::plain(200, value.to_string())
}

fn page() -> Answer {
    Answer {
        html: true,
        ..Answer::plain(200, "<html>maintenance</html>")
    }
}

/// The id of our policy.
pub fn ours(state: &State) -> Option<String> {
    state
        .policies
        .values()
        .find(|policy| policy.name == POLICY_NAME)
        .map(|policy| policy.id.clone())
}

/// A line that only somebody else writes.
pub const BY_HAND: &str = "# edited by hand";

fn meddle(state: &mut State, fault: Fault, now: i64) {
    let role = state
        .roles
        .values()
        .find(|role| !role.is_system)
        .map(|role| role.id.clone());
    match fault {
        Fault::Edited => {
            if let Some(policy) = ours(state).and_then(|id| state.policies.get_mut(&id)) {
                policy.body = format!("{}\n{BY_HAND}\n", policy.body);
                policy.updated_at = now;
            }
        }
        Fault::Deleted => {
            if let Some(id) = ours(state) {
                state.policies.remove(&id);
            }
        }
        Fault::Another => {
            let id = "somebody-elses".to_string();
            state.policies.insert(
                id.clone(),
                Policy {
                    id,
                    name: "somebody else's".to_string(),
                    body: format!("package spacelift\n\n{BY_HAND}\nallow if false\n"),
                    r#type: "LOGIN".to_string(),
                    space: "root".to_string(),
                    engine_type: "REGO_V1".to_string(),
                    labels: Vec::new(),
                    description: None,
                    created_at: now,
                    updated_at: now,
                    samples: Vec::new(),
                },
            );
        }
        Fault::RoleEdited => {
            if let Some(role) = role.and_then(|id| state.roles.get_mut(&id)) {
                role.actions.insert(0, "RUN_COMMENT".to_string());
                role.actions.sort();
                role.actions.dedup();
            }
        }
        Fault::RoleDeleted => {
            if let Some(id) = role {
                state.roles.remove(&id);
            }
        }
        Fault::AccessEdited => {
            let mut access = state.policies.values_mut();
            if let Some(policy) = access.find(|policy| policy.r#type == "ACCESS") {
                policy.body = format!("{}\n{BY_HAND}\nread := true\n", policy.body);
                policy.updated_at = now;
            }
        }
        Fault::AccessDetached => {
            let first = state.attachments.keys().next().cloned();
            if let Some(first) = first {
                state.attachments.remove(&first);
            }
        }
        Fault::Switched => state.account.authorization_scheme = "MANAGED_USERS".to_string(),
        _ => {}
    }
}

/// Stores half of what changed.
fn garble(before: &State, state: &mut State) {
    for (id, policy) in &mut state.policies {
        if before.policies.get(id) != Some(policy) {
            let half = policy.body.len() / 2;
            policy.body.truncate(half);
        }
    }
    for (id, role) in &mut state.roles {
        if before.roles.get(id) != Some(role) {
            role.actions.truncate(1);
        }
    }
}

//! Where a push starts and where it goes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::account::{Account, Clock, Ids};
use super::schedule::Schedule;
use super::watch::{Access, Decides};
use super::{Attempt, attempt};
use crate::evaluate::access::{self, AccessEvaluator};
use crate::evaluate::foreign::{Decide, InProcess};
use crate::evaluate::{Decision, EvaluateError, Evaluator};
use crate::model::Dialect;
use crate::project::{Compiled, Project};
use crate::sandbox::state::{Stack, State};
use crate::sandbox::{Engine, Evaluate, Sandbox};

/// The address of an account that is asked without a network.
pub const ENDPOINT: &str = "http://127.0.0.1:1";

const HEAD: &str = r#"
version: 1
account: {endpoint: "ENDPOINT"}
identity_provider: okta
spaces:
  app: {parent: root}
  app-dev: {parent: app, inherit: true}
  app-prod: {parent: app, inherit: true}
groups:
  platform: {sent_as: Platform}
  developers: {sent_as: Developers}
  operations: {sent_as: Operations}
login: {require: {member: true}, no_grants: refuse, admin: [platform]}
guards: {max_people_losing_access: 1000, max_admins_losing_access: 1000, min_admins: 1, min_coverage: 0%}
"#;

const BEFORE: &str = r#"
roles:
  deployer: {name: Deployer, actions: ["space:read", "run:trigger"]}
  retiring: {name: Retiring, actions: ["space:read", "run:comment"]}
grants:
  - {who: platform, roles: [space-admin], spaces: [root]}
  - {who: developers, roles: [deployer], spaces: [app-dev]}
  - {who: developers, roles: [retiring], spaces: [app-prod]}
"#;

/// A role loses one action and gains another, one is new, one goes, and the policy is another.
const AFTER: &str = r#"
roles:
  deployer: {name: Deployer, actions: ["space:read", "run:confirm"]}
  operator: {name: Operator, actions: ["space:read", "run:trigger"]}
grants:
  - {who: platform, roles: [space-admin], spaces: [root]}
  - {who: developers, roles: [deployer], spaces: [app-dev]}
  - {who: developers, roles: [space-reader], spaces: [app-prod]}
  - {who: operations, roles: [operator], spaces: [app-prod]}
"#;

/// Only the policy is another.
const LATER: &str = r#"
roles:
  deployer: {name: Deployer, actions: ["space:read", "run:confirm"]}
  operator: {name: Operator, actions: ["space:read", "run:trigger"]}
grants:
  - {who: platform, roles: [space-admin], spaces: [root]}
  - {who: developers, roles: [deployer], spaces: [app-dev, app-prod]}
  - {who: operations, roles: [operator], spaces: [app-prod]}
"#;

/// Access policies: one says otherwise and gives and takes, another moves from stack to stack, one is new, and one goes. A label
/// takes the place of an attachment.
const STACKS_BEFORE: &str = r#"
stack_access:
  - {name: apps, attach: {label: app}, read: [developers], write: [operations], deny: [{who: {login: visitor@example.com}}]}
  - {name: data, attach: {stacks: [lake, pond]}, deny: [operations]}
  - {name: old, attach: {stacks: [shop]}, write: [developers]}
"#;

const STACKS_AFTER: &str = r#"
stack_access:
  - {name: apps, attach: {label: app}, read: [operations], write: [developers], deny: [{who: {login: visitor@example.com}}]}
  - {name: data, attach: {label: data}, deny: [operations], read: [developers]}
  - {name: fresh, attach: {stacks: [shop, till]}, deny_write: [operations], read: [{who: {login: visitor@example.com}}]}
"#;

const FIXTURES: &str = r#"
identities:
  pat: {login: pat@example.com, groups: [platform]}
  dana: {login: dana@example.com, groups: [developers]}
  olga: {login: olga@example.com, groups: [operations]}
  both: {login: both@example.com, groups: [developers, operations]}
  visitor: {login: visitor@example.com, groups: []}
"#;

/// A mapping on the disk, compiled.
pub struct Made {
    pub compiled: Compiled,
    _folder: tempfile::TempDir,
}

fn made(rest: &str, endpoint: &str) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let head = HEAD.replace("ENDPOINT", endpoint);
    let path = write("access.yaml", &format!("{head}{rest}"));
    write("fixtures.yaml", FIXTURES);
    let mut project = Project::load(&path);
    let compiled = project
        .compiled
        .take()
        .unwrap_or_else(|| panic!("{:?}", project.diagnostics.sorted()));
    Made {
        compiled,
        _folder: folder,
    }
}

/// A start and a goal.
pub struct Scenario {
    pub name: &'static str,
    /// The mapping to push.
    pub goal: Made,
    /// Roles that are to be deleted.
    pub deletes: Vec<String>,
    /// Access policies that are to be deleted.
    pub deletes_access: Vec<String>,
    /// What a reading shows that is behind.
    pub older: State,
    pub start: State,
    /// What the account is like after a push without faults.
    pub end: State,
    /// How many requests that took.
    pub requests: usize,
    pub endpoint: String,
    pub memory: Arc<Memory>,
    /// Every login that is tried, by its name.
    pub logins: Vec<(String, Value)>,
    /// What a state gives, and how a push without faults ends that starts there.
    pub access: RefCell<HashMap<Decides, Rc<Access>>>,
    pub next: RefCell<HashMap<Decides, Rc<Next>>>,
}

/// How a push without faults ends, and where.
pub struct Next {
    pub ended: Attempt,
    pub state: State,
}

pub const NAMES: [&str; 5] = ["create", "update", "policy", "roles", "stacks"];

impl Scenario {
    pub fn of(name: &'static str, endpoint: &str) -> Self {
        let memory = Arc::new(Memory::default());
        let (start, goal) = match name {
            "create" => (None, AFTER),
            "update" => (Some(BEFORE), AFTER),
            "policy" => (Some(AFTER), LATER),
            "roles" => (Some(AFTER), AFTER),
            "stacks" => (Some(LATER), LATER),
            other => panic!("no scenario `{other}`"),
        };
        let goal = match name {
            // Only a role is another.
            "roles" => made(
                &goal.replace("\"run:confirm\"", "\"run:confirm\", \"run:discard\""),
                endpoint,
            ),
            "stacks" => made(&format!("{goal}{STACKS_AFTER}"), endpoint),
            _ => made(goal, endpoint),
        };
        let clock = Clock::new();
        let seed = crate::cli::sandbox::seed(&goal.compiled.model);
        let mut empty = Sandbox::in_memory(&seed, Ids::new(clock.clone(), 1))
            .unwrap()
            .state();
        for (id, label) in [
            ("lake", "data"),
            ("pond", "data"),
            ("shop", "app"),
            ("till", "app"),
        ] {
            empty.stacks.insert(id.to_string(), stack(id, label));
        }
        let mut scenario = Self {
            name,
            goal,
            deletes: Vec::new(),
            deletes_access: Vec::new(),
            older: empty.clone(),
            start: empty.clone(),
            end: empty,
            requests: 0,
            endpoint: endpoint.to_string(),
            memory,
            logins: Vec::new(),
            access: RefCell::default(),
            next: RefCell::default(),
        };
        if let Some(start) = start {
            // As it came to be, by a push.
            let start = match name {
                "stacks" => made(&format!("{start}{STACKS_BEFORE}"), endpoint),
                _ => made(start, endpoint),
            };
            let goal = std::mem::replace(&mut scenario.goal, start);
            scenario.start = scenario.without_faults().0;
            scenario.goal = goal;
        }
        if name == "stacks" {
            scenario.deletes_access = vec!["old".to_string()];
        }
        if name == "update" {
            scenario.deletes = vec!["retiring".to_string()];
        }
        let compiled = &scenario.goal.compiled;
        let probes = compiled.fixtures.probes(&compiled.model);
        scenario.logins = probes
            .into_iter()
            .map(|probe| (probe.name, probe.input))
            .collect();
        let (end, requests) = scenario.without_faults();
        (scenario.end, scenario.requests) = (end, requests);
        scenario
    }

    /// The stacks on which access policies decide.
    pub fn stacks(&self) -> impl Iterator<Item = (&str, Value)> {
        let stacks = self.start.stacks.values();
        stacks.map(|stack| {
            let thing =
                serde_json::json!({"id": stack.id, "name": stack.name, "labels": stack.labels});
            (stack.id.as_str(), thing)
        })
    }

    fn without_faults(&self) -> (State, usize) {
        let account = self.account(Schedule::new(self.name, Vec::new()));
        let ended = attempt(self, &account);
        assert!(matches!(ended, Attempt::Pushed(_)), "{ended:?}");
        let requests = account.log().asked.len();
        (account.state(), requests)
    }

    /// The account at the start of the scenario.
    pub fn account(&self, schedule: Schedule) -> Arc<Account> {
        self.account_at(self.older.clone(), self.start.clone(), schedule)
    }

    pub fn account_at(&self, older: State, now: State, schedule: Schedule) -> Arc<Account> {
        Arc::new(Account::new(
            older,
            now,
            &self.endpoint,
            schedule,
            Clock::new(),
            self.memory.clone(),
        ))
    }

    /// A push without faults from a state.
    pub fn next(&self, from: &State) -> Rc<Next> {
        let decides = Decides::of(from);
        if let Some(known) = self.next.borrow().get(&decides) {
            return known.clone();
        }
        let schedule = Schedule::new(self.name, Vec::new());
        let account = self.account_at(from.clone(), from.clone(), schedule);
        let ended = attempt(self, &account);
        let next = Rc::new(Next {
            ended,
            state: account.state(),
        });
        self.next.borrow_mut().insert(decides, next.clone());
        next
    }
}

fn stack(id: &str, label: &str) -> Stack {
    serde_json::from_value(serde_json::json!({
        "id": id, "name": id, "labels": [label], "space": "legacy", "repository": "infra", "branch": "main",
        "state": "FINISHED", "createdAt": 1,
    }))
    .unwrap()
}

type DecidedAccess = HashMap<(String, bool, String), Result<access::Access, String>>;
type Decided = HashMap<(String, bool, String), Result<Decision, String>>;

/// Decides by few texts over and over, so each of them once.
#[derive(Default)]
pub struct Memory {
    decided: Mutex<Decided>,
    on_stacks: Mutex<DecidedAccess>,
    checked: Mutex<HashMap<(String, bool), Result<(), String>>>,
}

impl Memory {
    pub fn of(&self, text: &str, dialect: Dialect, input: &Value) -> Result<Decision, String> {
        let key = (text.to_string(), dialect == Dialect::V1, input.to_string());
        let mut decided = self.decided.lock().unwrap();
        decided
            .entry(key)
            .or_insert_with(|| {
                Evaluator::of(text, dialect)
                    .and_then(|mut evaluator| evaluator.decide(input))
                    .map_err(|error| error.message)
            })
            .clone()
    }
}

impl Memory {
    pub fn on_stack(
        &self,
        text: &str,
        dialect: Dialect,
        input: &Value,
    ) -> Result<access::Access, String> {
        let key = (text.to_string(), dialect == Dialect::V1, input.to_string());
        let mut decided = self.on_stacks.lock().unwrap();
        decided
            .entry(key)
            .or_insert_with(|| {
                AccessEvaluator::of(text, dialect)
                    .and_then(|mut evaluator| evaluator.decide(input))
                    .map_err(|error| error.message)
            })
            .clone()
    }
}

impl Decide for Memory {
    fn decide(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<Decision, String>>, EvaluateError> {
        // What is no policy at all is told as the real one tells it.
        let checked = Evaluate::check(self, text, "LOGIN", engine(dialect));
        if checked.is_err() {
            return InProcess.decide(text, dialect, inputs);
        }
        Ok(inputs
            .iter()
            .map(|input| self.of(text, dialect, input))
            .collect())
    }

    fn decide_access(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<access::Access, String>>, EvaluateError> {
        InProcess.decide_access(text, dialect, inputs)
    }
}

impl Evaluate for Memory {
    fn login(&self, body: &str, engine: Engine, input: &str) -> Result<String, String> {
        let input = serde_json::from_str(input).map_err(|error| error.to_string())?;
        let decision = self.of(body, dialect(engine), &input)?;
        let none: [&str; 0] = [];
        Ok(serde_json::json!({
            "access_level": decision.login.word(),
            "deny_admin": decision.deny_admin,
            "flag": decision.flags,
            "roles": decision.roles,
            "sample": false,
            "space_admin": none,
            "space_read": none,
            "space_write": none,
            "teams": decision.teams,
        })
        .to_string())
    }

    fn access(&self, body: &str, engine: Engine, input: &str) -> Result<String, String> {
        let input = serde_json::from_str(input).map_err(|error| error.to_string())?;
        let decided = self.on_stack(body, dialect(engine), &input)?;
        let level = match access::Level::of([&decided]) {
            access::Level::None => "deny",
            level => level.word(),
        };
        Ok(serde_json::json!({ "level": level }).to_string())
    }

    fn check(&self, body: &str, policy_type: &str, engine: Engine) -> Result<(), String> {
        if policy_type == "ACCESS" {
            let nobody = serde_json::json!({});
            return self.on_stack(body, dialect(engine), &nobody).map(drop);
        }
        if policy_type != "LOGIN" {
            return Ok(());
        }
        let key = (body.to_string(), engine == Engine::V1);
        let mut checked = self.checked.lock().unwrap();
        checked
            .entry(key)
            .or_insert_with(|| {
                Evaluator::of(body, dialect(engine))
                    .map(drop)
                    .map_err(|error| error.message)
            })
            .clone()
    }
}

fn engine(dialect: Dialect) -> Engine {
    match dialect {
        Dialect::V0 => Engine::V0,
        Dialect::V1 => Engine::V1,
    }
}

fn dialect(engine: Engine) -> Dialect {
    match engine {
        Engine::V0 => Dialect::V0,
        Engine::V1 => Dialect::V1,
    }
}

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use serde_json::{Value, json};

use super::state::*;
use super::*;

mod account;
mod bindings;
mod graphql;
mod http;
mod login;
mod policies;
mod requests;
mod spaces;
mod store;

/// A clock that stands still until told otherwise, and ids that count.
#[derive(Clone, Default)]
pub(super) struct Counted {
    millis: Arc<AtomicI64>,
    count: Arc<AtomicU64>,
}

impl Counted {
    fn new() -> Counted {
        let counted = Counted::default();
        counted.pass(1_790_000_000);
        counted
    }

    fn pass(&self, seconds: i64) {
        self.millis.fetch_add(seconds * 1000, Ordering::Relaxed);
    }
}

impl Source for Counted {
    fn millis(&self) -> i64 {
        self.millis.load(Ordering::Relaxed)
    }

    fn bytes(&self) -> [u8; 16] {
        u128::from(self.count.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
    }
}

/// A sandbox with someone in it who may do everything.
pub(super) struct Desk {
    sandbox: Sandbox,
    clock: Counted,
    token: Option<String>,
}

impl Desk {
    fn new() -> Desk {
        let clock = Counted::new();
        let sandbox = Sandbox::in_memory(&seed(), clock.clone()).unwrap();
        sandbox.edit(furnish).unwrap();
        let (id, secret) = sandbox.credentials();
        let token = log_in(&sandbox, &id, &secret);
        assert!(token.is_some());
        Desk {
            sandbox,
            clock,
            token,
        }
    }

    fn with(evaluator: impl Evaluate + 'static) -> Desk {
        let desk = Desk::new();
        Desk {
            sandbox: desk.sandbox.with_evaluator(Arc::new(evaluator)),
            ..desk
        }
    }

    fn log_in(&mut self, id: &str, secret: &str) {
        self.token = log_in(&self.sandbox, id, secret);
        assert!(self.token.is_some());
    }

    fn raw(&self, query: &str, variables: Value) -> Value {
        ask(&self.sandbox, self.token.clone(), query, variables)
    }

    /// The data of an answer that has no errors.
    #[track_caller]
    fn data(&self, query: &str, variables: Value) -> Value {
        let answer = self.raw(query, variables);
        assert_eq!(answer.get("errors"), None, "{query}");
        answer["data"].clone()
    }

    /// The message of an answer that has exactly one error.
    #[track_caller]
    fn error(&self, query: &str, variables: Value) -> String {
        let answer = self.raw(query, variables);
        let errors = answer["errors"]
            .as_array()
            .unwrap_or_else(|| panic!("no errors: {answer}"))
            .clone();
        assert_eq!(errors.len(), 1, "{answer}");
        errors[0]["message"].as_str().unwrap().to_owned()
    }
}

fn ask(sandbox: &Sandbox, bearer: Option<String>, query: &str, variables: Value) -> Value {
    let variables = variables.as_object().cloned().unwrap_or_default();
    sandbox.execute(&Request {
        query: query.to_owned(),
        variables,
        operation_name: None,
        bearer,
    })
}

const EXCHANGE: &str = "mutation($id: ID!, $secret: String!) { apiKeyUser(id: $id, secret: $secret) { jwt validUntil } }";

fn log_in(sandbox: &Sandbox, id: &str, secret: &str) -> Option<String> {
    let answer = ask(
        sandbox,
        None,
        EXCHANGE,
        json!({ "id": id, "secret": secret }),
    );
    answer["data"]["apiKeyUser"]["jwt"]
        .as_str()
        .map(str::to_owned)
}

fn seed() -> Seed {
    let space = |id: &str, parent: Option<&str>, inherit| SeedSpace {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        inherit,
        labels: vec![format!("team:{id}")],
        name: id.to_uppercase(),
    };
    Seed {
        account: "acme".to_owned(),
        spaces: vec![
            space("platform", None, true),
            space("prod", Some("platform"), true),
            space("apart", Some("platform"), false),
        ],
        roles: vec![SeedRole {
            slug: "deployer".to_owned(),
            name: "Deployer".to_owned(),
            actions: vec!["SPACE_READ".to_owned(), "RUN_TRIGGER".to_owned()],
        }],
        people: Vec::new(),
        takes_access_policies: true,
        ..Seed::default()
    }
}

/// Puts in what the API alone could not make, under ids that tests can name.
fn furnish(state: &mut State) {
    for role in std::mem::take(&mut state.roles).into_values() {
        let id = format!("role-{}", role.slug);
        state.roles.insert(id.clone(), Role { id, ..role });
    }
    let json = json!({
        "policies": {
            "plan-guard": { "id": "plan-guard", "name": "Plan guard", "body": "package spacelift", "type": "PLAN",
                "description": null, "labels": ["autoattach:web"], "space": "root", "engineType": "REGO_V0",
                "createdAt": 1, "updatedAt": 2 },
            "who-may-enter": { "id": "who-may-enter", "name": "Who may enter", "body": "package spacelift\nallow { true }",
                "type": "LOGIN", "description": "the door", "labels": ["managed"], "space": "root", "engineType": "REGO_V0",
                "createdAt": 3, "updatedAt": 4, "samples": [
                    { "key": "s2", "outcome": "deny", "timestamp": 20, "input": "{\"n\":2}", "body": "package spacelift" },
                    { "key": "s1", "outcome": "allow", "timestamp": 10, "input": "{\"n\":1}", "body": "package spacelift" } ] },
            "old-access": { "id": "old-access", "name": "Old access", "body": "package spacelift", "type": "ACCESS",
                "description": null, "labels": [], "space": "legacy", "engineType": "REGO_V0", "createdAt": 5, "updatedAt": 6 }
        },
        "attachments": { "att-1": { "id": "att-1", "policy": "old-access", "stack": "site" } },
        "stacks": {
            "site": { "id": "site", "name": "Site", "labels": ["web"], "space": "legacy", "repository": "acme/site",
                "branch": "main", "state": "FINISHED", "createdAt": 7 },
            "tools": { "id": "tools", "name": "Tools", "space": "root", "repository": "acme/tools", "branch": "main",
                "state": "NONE", "createdAt": 8 }
        },
        "modules": { "net": { "id": "net", "name": "net", "space": "legacy", "repository": "acme/net", "branch": "main" } },
        "runs": { "run-1": "site" },
        "users": {
            "user-ann": { "id": "user-ann", "username": "ann", "invitationEmail": null, "loginMethod": "SAML",
                "status": "ACTIVE", "lastLoginTime": 1_789_999_000, "slackMemberID": null, "groups": ["Engineers"] },
            "user-bob": { "id": "user-bob", "username": "bob", "invitationEmail": "bob@acme.example", "loginMethod": null,
                "status": "PENDING", "lastLoginTime": null, "slackMemberID": null }
        },
        "groups": { "group-eng": { "id": "group-eng", "groupName": "Engineers", "description": "those who build",
            "status": "ACTIVE", "identityProvider": "SAML", "lastLoginTime": 9 } },
        "bindings": {
            "bind-user": { "id": "bind-user", "kind": "USER", "holder": "user-ann", "role": "role-space-writer", "space": "prod" },
            "bind-group": { "id": "bind-group", "kind": "USER_GROUP", "holder": "group-eng", "role": "role-space-reader", "space": "platform" },
            "bind-key": { "id": "bind-key", "kind": "API_KEY", "holder": "key-ci", "role": "role-space-admin", "space": "platform" },
            "bind-stack": { "id": "bind-stack", "kind": "STACK", "holder": "tools", "role": "role-space-admin", "space": "root" }
        },
        "availableUserGroups": ["Engineers", "Finance"],
        "auditTrailWebhook": { "enabled": true, "endpoint": "https://audit.acme.example", "includeRuns": false,
            "secret": "shh", "retryOnFailure": null, "headers": { "X-Old": "1" } }
    });
    let mut whole = serde_json::to_value(&*state).unwrap();
    for (field, value) in json.as_object().unwrap() {
        whole[field] = value.clone();
    }
    let key = |id: &str, secret: &str| {
        json!({ "id": id, "name": id, "description": "", "type": "SECRET", "admin": false, "creator": "ann",
            "createdAt": 11, "lastUsedAt": null, "teams": [], "isMachineUser": true, "expiresAt": null,
            "secretHash": source::hash(secret), "oidcSettings": null })
    };
    whole["apiKeys"]["key-ci"] = key("key-ci", "ci-secret");
    whole["apiKeys"]["key-new"] = key("key-new", "new-secret");
    *state = serde_json::from_value(whole).unwrap();
}

/// Whether the answer has everything that is expected; `"*"` stands for anything but null.
#[track_caller]
pub(super) fn assert_holds(expected: &Value, answer: &Value, at: &str) {
    match (expected, answer) {
        (Value::String(any), answer) if any == "*" => assert!(!answer.is_null(), "{at} is null"),
        (Value::Object(expected), Value::Object(answer)) => {
            for (key, value) in expected {
                let at = format!("{at}.{key}");
                assert_holds(
                    value,
                    answer.get(key).unwrap_or_else(|| panic!("{at} is missing")),
                    &at,
                );
            }
        }
        (Value::Array(expected), Value::Array(answer)) => {
            assert_eq!(expected.len(), answer.len(), "{at}: {answer:?}");
            for (index, (expected, answer)) in expected.iter().zip(answer).enumerate() {
                assert_holds(expected, answer, &format!("{at}[{index}]"));
            }
        }
        (expected, answer) => assert_eq!(expected, answer, "{at}"),
    }
}

//! What the sandbox does with a reader of policies.

use std::sync::Mutex;

use super::*;

/// Lets a policy's body say what it decides, and remembers what it was asked.
#[derive(Default)]
struct Scripted {
    inputs: Arc<Mutex<Vec<Value>>>,
}

impl Evaluate for Scripted {
    fn login(&self, body: &str, _: Engine, input: &str) -> Result<String, String> {
        self.inputs
            .lock()
            .unwrap()
            .push(serde_json::from_str(input).unwrap());
        body.strip_prefix("says ")
            .map(str::to_owned)
            .ok_or_else(|| "it says nothing".to_owned())
    }

    fn check(&self, body: &str, policy_type: &str, engine: Engine) -> Result<(), String> {
        if body.contains("broken") {
            Err(format!("{policy_type} {engine:?} is broken"))
        } else {
            Ok(())
        }
    }
}

fn desk_with(policies: &[&str]) -> (Desk, Arc<Mutex<Vec<Value>>>) {
    let scripted = Scripted::default();
    let inputs = Arc::clone(&scripted.inputs);
    let desk = Desk::with(scripted);
    desk.sandbox
        .edit(|state| {
            let old = state.policies.remove("who-may-enter").unwrap();
            for (number, says) in policies.iter().enumerate() {
                let id = format!("login-{number}");
                let body = format!("says {says}");
                state.policies.insert(
                    id.clone(),
                    Policy {
                        id: id.clone(),
                        name: id,
                        body,
                        samples: vec![],
                        ..old.clone()
                    },
                );
            }
        })
        .unwrap();
    (desk, inputs)
}

fn enter(desk: &Desk) -> Value {
    ask(
        &desk.sandbox,
        None,
        EXCHANGE,
        json!({ "id": "key-new", "secret": "new-secret" }),
    )
}

#[test]
fn a_policy_is_checked_when_it_is_saved() {
    let desk = Desk::with(Scripted::default());
    let create = "mutation($engine: PolicyEngineType) { policyCreatev2(input: { name: \"x\", body: \"broken\", type: LOGIN, engineType: $engine }) { id } }";
    assert_eq!(
        desk.error(create, json!({ "engine": "REGO_V1" })),
        "could not compile policy: LOGIN V1 is broken"
    );
    assert_eq!(
        desk.error(create, json!({})),
        "could not compile policy: LOGIN V0 is broken"
    );
    let update = "mutation { policyUpdatev2(id: \"plan-guard\", input: { name: \"x\", body: \"broken\" }) { id } }";
    assert_eq!(
        desk.error(update, json!({})),
        "could not compile policy: PLAN V0 is broken"
    );
    assert_eq!(
        desk.sandbox.state().policies["plan-guard"].body,
        "package spacelift"
    );
}

#[test]
fn a_simulation_answers_text_and_keeps_nothing() {
    let desk = Desk::with(Scripted::default());
    let before = desk.sandbox.state();
    let simulate = "mutation($body: String!, $input: String!, $type: PolicyType!) { policySimulatev2(input: { body: $body, input: $input, type: $type }) }";
    let with =
        |body: &str, input: &str, kind: &str| json!({ "body": body, "input": input, "type": kind });
    assert_eq!(
        desk.data(simulate, with("says {\"allow\":true}", "{}", "LOGIN"))["policySimulatev2"],
        "{\"allow\":true}"
    );
    assert_eq!(
        desk.error(simulate, with("x", "{}", "LOGIN")),
        "it says nothing"
    );
    assert!(
        desk.error(simulate, with("says x", "{", "LOGIN"))
            .starts_with("could not parse policy input: ")
    );
    assert_eq!(
        desk.error(simulate, with("says x", "{}", "PLAN")),
        "simulating policies other than LOGIN and ACCESS is not part of the sandbox"
    );
    assert_eq!(desk.sandbox.state(), before);
    let bare = Desk::new();
    assert_eq!(
        bare.error(simulate, with("says x", "{}", "LOGIN")),
        "this sandbox has no evaluator for policies"
    );
}

#[test]
fn a_key_is_a_visitor_to_the_login_policies() {
    let (desk, inputs) = desk_with(&[
        r#"{"access_level":"allow","sample":true,"roles":{"prod":["deployer"]},"space_admin":["apart"]}"#,
    ]);
    let token = enter(&desk)["data"]["apiKeyUser"]["jwt"]
        .as_str()
        .unwrap()
        .to_owned();
    let asked = inputs.lock().unwrap()[0].clone();
    assert_holds(
        &json!({ "session": { "login": "api::key-new", "machine": true, "member": true, "admin": false, "teams": [] },
            "request": { "timestamp_ns": 1_790_000_000_000_000_000_i64 },
            "spaces": [{ "id": "apart", "name": "APART", "labels": ["team:apart"] }, "*", "*", "*", "*"],
            "roles": ["*", { "id": "space-admin", "slug": "space-admin", "ulid": "role-space-admin" }, "*", "*"] }),
        &asked,
        "input",
    );
    let spaces = ask(
        &desk.sandbox,
        Some(token),
        "{ viewer { admin } spaces { id accessLevel } }",
        json!({}),
    );
    assert_eq!(
        spaces["data"],
        json!({ "viewer": { "admin": false }, "spaces": [
            { "id": "apart", "accessLevel": "ADMIN" },
            { "id": "platform", "accessLevel": "READ" },
            { "id": "prod", "accessLevel": "READ" },
            { "id": "root", "accessLevel": "READ" },
        ] })
    );
    let samples = desk.sandbox.state().policies["login-0"].samples.clone();
    assert_eq!((samples.len(), samples[0].outcome.as_str()), (1, "allow"));
}

#[test]
fn several_login_policies_are_taken_together_and_one_refusal_is_enough() {
    let allow = r#"{"access_level":"allow"}"#;
    let admin = r#"{"access_level":"admin"}"#;
    let nothing = r#"{"access_level":"deny"}"#;
    let deny = r#"{"access_level":"deny","deny":true}"#;
    let no_admin = r#"{"access_level":"allow","deny_admin":true}"#;
    let cases: [(&[&str], Option<bool>); 7] = [
        (&[], Some(false)),
        (&[nothing], None),
        (&[nothing, allow], Some(false)),
        (&[allow, admin], Some(true)),
        (&[admin, no_admin], Some(false)),
        (&[admin, deny], None),
        (&[deny, admin], None),
    ];
    for (policies, expected) in cases {
        let (desk, _) = desk_with(policies);
        let answer = enter(&desk);
        match expected {
            None => assert_eq!(answer["errors"][0]["message"], "denied", "{policies:?}"),
            Some(admin) => {
                let token = answer["data"]["apiKeyUser"]["jwt"]
                    .as_str()
                    .map(str::to_owned);
                let viewer = ask(&desk.sandbox, token, "{ viewer { admin } }", json!({}));
                assert_eq!(viewer["data"]["viewer"]["admin"], admin, "{policies:?}");
            }
        }
    }
}

#[test]
fn admins_of_root_and_accounts_with_managed_users_are_not_asked_about() {
    let (desk, inputs) = desk_with(&["{\"deny\":true}"]);
    let (id, secret) = desk.sandbox.credentials();
    assert!(log_in(&desk.sandbox, &id, &secret).is_some());
    assert_eq!(enter(&desk)["errors"][0]["message"], "denied");
    desk.sandbox
        .edit(|state| state.account.authorization_scheme = "MANAGED_USERS".to_owned())
        .unwrap();
    assert!(enter(&desk)["data"]["apiKeyUser"]["jwt"].is_string());
    assert_eq!(inputs.lock().unwrap().len(), 1);
}

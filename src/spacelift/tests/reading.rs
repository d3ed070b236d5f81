//! What a reader makes of good answers, and of an older installation's.

use serde_json::json;

use super::server::Step;
use super::{TOKEN, login, talk, viewer};
use crate::spacelift::{Engine, PolicyType, ReadAccount, Scheme};

fn policy(id: &str, kind: &str) -> serde_json::Value {
    json!({
        "id": id, "name": id.to_uppercase(), "body": "package spacelift\n", "type": kind,
        "description": null, "labels": ["b", "a"], "space": "root",
        "engineType": "REGO_V1", "createdAt": 1, "updatedAt": 2
    })
}

/// Other parts hold these as trait objects, and from more than one thread.
#[test]
fn the_traits_are_objects() {
    fn shared<T: Send + Sync + ?Sized>() {}
    shared::<crate::spacelift::Reader>();
    shared::<crate::spacelift::Writer>();
    let (_server, reader, writer, _) = talk(vec![]);
    let _: Box<dyn ReadAccount> = Box::new(reader);
    let _: Box<dyn crate::spacelift::WriteAccount> = Box::new(writer);
}

#[test]
fn a_request_says_who_sends_it() {
    let (server, reader, _, _) = talk(vec![login(), viewer()]);
    let who = reader.viewer().unwrap();
    assert_eq!((who.label(), who.admin), ("api::01KEY", true));

    let requests = server.finish();
    for request in &requests {
        assert_eq!(request.line, "POST /graphql HTTP/1.1");
        let header = |name: &str| request.headers[name].as_str();
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(header("accept-encoding"), "gzip");
        assert_eq!(header("spacelift-client-type"), "liftgate");
        assert_eq!(
            header("spacelift-client-version"),
            env!("CARGO_PKG_VERSION")
        );
        assert!(!header("spacelift-client-os").is_empty());
        assert!(header("user-agent").starts_with("liftgate/"));
    }
    assert_eq!(requests[0].bearer(), None);
    assert_eq!(requests[0].variables()["id"], "01KEY");
    assert_eq!(
        requests[1].bearer(),
        Some(format!("Bearer {TOKEN}").as_str())
    );
}

#[test]
fn lists_are_sorted() {
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::data(json!({ "policies": [policy("b", "LOGIN"), policy("a", "NEW_KIND")] })),
        Step::data(json!({ "spaces": [
            { "id": "root", "name": "root", "parentSpace": null, "inheritEntities": false, "labels": null },
            { "id": "a", "name": "z", "parentSpace": "root", "inheritEntities": true, "labels": [] },
        ] })),
        Step::data(json!({ "roles": [
            { "id": "1", "slug": "space-reader", "name": "R", "isSystem": true, "actions": ["SPACE_READ", "RUN_COMMENT"] },
            { "id": "2", "slug": "custom", "name": "C", "isSystem": false, "actions": [] },
        ] })),
        Step::data(json!({ "sessions": [
            { "id": "2", "admin": false, "current": true, "email": "a@example.org", "createdAt": 20, "expiresAt": null },
            { "id": "1", "admin": true, "current": false, "email": null, "createdAt": 10, "expiresAt": 30 },
        ] })),
    ]);
    let policies = reader.policies().unwrap();
    assert_eq!(policies[0].id, "a");
    assert_eq!(policies[0].kind, PolicyType::Other("NEW_KIND".into()));
    assert_eq!(policies[0].labels, ["a", "b"]);
    assert_eq!(policies[1].engine, Some(Engine::V1));

    let spaces = reader.spaces().unwrap();
    assert_eq!(
        (spaces[0].id.as_str(), spaces[0].parent.as_deref()),
        ("a", Some("root"))
    );
    assert_eq!(spaces[1].parent, None);

    let roles = reader.roles().unwrap().unwrap();
    assert_eq!(roles[0].slug, "custom");
    assert_eq!(roles[1].actions, ["RUN_COMMENT", "SPACE_READ"]);

    let sessions = reader.sessions().unwrap().unwrap();
    assert_eq!((sessions[0].id.as_str(), sessions[1].current), ("1", true));
    server.finish();
}

#[test]
fn one_policy_or_none() {
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::data(json!({ "policy": policy("a", "LOGIN") })),
        Step::data(json!({ "policy": null })),
        Step::errors(&["policy not found"]),
    ]);
    assert_eq!(reader.policy("a").unwrap().unwrap().id, "a");
    assert_eq!(reader.policy("b").unwrap(), None);
    assert_eq!(reader.policy("c").unwrap(), None);
    assert_eq!(server.finish()[2].variables(), &json!({ "id": "b" }));
}

#[test]
fn the_account_tells_its_strategy() {
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::data(json!({
            "name": "example", "authorizationScheme": "LOGIN_POLICIES",
            "policyRuntime": { "openPolicyAgentVersion": "1.4.2" },
            "debugInfo": { "selfHostedVersion": "" },
        })),
    ]);
    let account = reader.account().unwrap();
    assert_eq!(account.scheme, Some(Scheme::LoginPolicies));
    assert_eq!(account.opa.as_deref(), Some("1.4.2"));
    assert_eq!(account.self_hosted, None);
    server.finish();
}

#[test]
fn an_older_installation_is_asked_for_less() {
    let old_policy = {
        let mut policy = policy("a", "LOGIN");
        policy.as_object_mut().unwrap().remove("engineType");
        policy
    };
    let (server, reader, _, timing) = talk(vec![
        login(),
        Step::errors(&[r#"Cannot query field "authorizationScheme" on type "Query"."#]),
        // Some servers answer a query that does not fit with another status.
        Step::json(
            422,
            &json!({ "errors": [
                { "message": r#"Cannot query field "policyRuntime" on type "Query"."# },
                { "message": r#"Cannot query field "debugInfo" on type "Query"."# },
            ] }),
        ),
        Step::data(json!({ "name": "example" })),
        Step::errors(&[r#"Cannot query field "engineType" on type "Policy"."#]),
        Step::data(json!({ "policies": [old_policy] })),
        Step::data(json!({ "policy": old_policy })),
        Step::errors(&[r#"Cannot query field "roles" on type "Query"."#]),
        Step::errors(&[r#"Cannot query field "sessions" on type "Query"."#]),
    ]);
    let account = reader.account().unwrap();
    assert_eq!(account.name, "example");
    assert_eq!(
        (account.scheme, account.opa, account.self_hosted),
        (None, None, None)
    );
    assert_eq!(reader.policies().unwrap()[0].engine, None);
    // Remembered: no second refusal.
    assert_eq!(reader.policy("a").unwrap().unwrap().engine, None);
    assert_eq!(reader.roles().unwrap(), None);
    assert_eq!(reader.roles().unwrap(), None);
    assert_eq!(reader.sessions().unwrap(), None);
    assert!(timing.pauses().is_empty());

    let requests = server.finish();
    assert!(!requests[3].query().contains("debugInfo"));
    assert!(!requests[6].query().contains("engineType"));
}

#[test]
fn a_field_that_must_be_there_is_not_dropped() {
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::errors(&[
            r#"Cannot query field "engineType" on type "Policy"."#,
            r#"Cannot query field "body" on type "Policy"."#,
        ]),
    ]);
    let error = reader.policies().unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"refused to read the policies: `Cannot query field "engineType" on type "Policy".`, `Cannot query field "body" on type "Policy".`"#
    );
    server.finish();
}

#[test]
fn a_simulation_answers_json_in_a_text() {
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::data(json!({ "policySimulatev2": r#"{"access_level":"deny"}"# })),
        Step::data(json!({ "policySimulatev2": "<oops>" })),
    ]);
    let result = reader
        .simulate_login("package spacelift", r#"{"session":{}}"#)
        .unwrap();
    assert_eq!(result, Some(json!({ "access_level": "deny" })));
    let error = reader
        .simulate_login("package spacelift", "{}")
        .unwrap_err();
    assert!(
        error.to_string().contains("the result is not JSON"),
        "{error}"
    );
    assert_eq!(
        server.finish()[1].variables()["input"],
        json!({ "body": "package spacelift", "input": r#"{"session":{}}"#, "type": "LOGIN" })
    );
}

#[test]
fn a_simulation_falls_back_to_the_older_request() {
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::errors(&[
            r#"Cannot query field "policySimulatev2" on type "Mutation". Did you mean "policySimulate"?"#,
        ]),
        Step::data(json!({ "policySimulate": "{}" })),
        Step::data(json!({ "policySimulate": "{}" })),
    ]);
    reader.simulate_login("a", "{}").unwrap();
    reader.simulate_login("a", "{}").unwrap();
    assert_eq!(
        server.operations(),
        ["LoginApiKey", "Simulate", "SimulateFlat", "SimulateFlat"]
    );
}

#[test]
fn a_server_without_any_simulation_is_no_error() {
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::errors(&[r#"Cannot query field "policySimulatev2" on type "Mutation"."#]),
        Step::errors(&[r#"Cannot query field "policySimulate" on type "Mutation"."#]),
    ]);
    assert_eq!(reader.simulate_login("a", "{}"), Ok(None));
    assert_eq!(reader.simulate_login("a", "{}"), Ok(None));
    assert_eq!(
        server.operations(),
        ["LoginApiKey", "Simulate", "SimulateFlat"]
    );
}

#[test]
fn a_broken_policy_is_the_servers_to_explain() {
    let (_server, reader, _, _) = talk(vec![
        login(),
        Step::errors(&["1 error occurred: policy.rego:3: rego_parse_error: unexpected eof token"]),
    ]);
    let error = reader.simulate_login("a", "{}").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("refused to simulate the policy: `1 error"),
        "{error}"
    );
}

#[test]
fn compressed_answers_are_read() {
    // printf '{"data":{"viewer":{"id":"01U","admin":false}}}' | gzip -n
    const GZIP: &[u8] = include_bytes!("viewer.json.gz");
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::Answer {
            status: 200,
            headers: vec![
                ("Content-Type", "application/json".into()),
                ("Content-Encoding", "gzip".into()),
            ],
            body: GZIP.to_vec(),
            cut: super::server::Cut::No,
        },
    ]);
    assert_eq!(reader.viewer().unwrap().label(), "01U");
    server.finish();
}

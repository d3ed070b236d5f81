//! Creating and replacing, when the network breaks in the middle.

use serde_json::{Value, json};

use super::server::Step;
use super::{login, login_with, talk};
use crate::spacelift::{
    Engine, Error, PolicyDraft, PolicyType, ReadAccount, RoleDraft, RoleUpdate, WriteAccount,
};

fn draft() -> PolicyDraft {
    PolicyDraft {
        kind: PolicyType::Login,
        name: "Who may log in".into(),
        body: "package spacelift\n".into(),
        description: None,
        labels: vec!["b".into(), "a".into()],
        space: Some("root".into()),
        engine: Some(Engine::V1),
    }
}

fn made() -> Value {
    json!({
        "id": "who-may-log-in", "name": "Who may log in", "body": "package spacelift\n",
        "type": "LOGIN", "description": "", "labels": ["a", "b"], "space": "root",
        "engineType": "REGO_V1", "createdAt": 1, "updatedAt": 1
    })
}

fn created() -> Step {
    Step::data(json!({ "policyCreatev2": made() }))
}

fn updated() -> Step {
    Step::data(json!({ "policyUpdatev2": made() }))
}

fn listed(policies: &[Value]) -> Step {
    Step::data(json!({ "policies": policies }))
}

fn but(change: &[(&str, Value)]) -> Value {
    let mut policy = made();
    for (key, value) in change {
        policy[*key] = value.clone();
    }
    policy
}

#[test]
fn every_field_is_sent() {
    let (server, _, writer, _) = talk(vec![login(), created(), updated()]);
    assert_eq!(
        writer.create_policy(&draft()).unwrap().kind,
        PolicyType::Login
    );
    let plain = PolicyDraft {
        description: Some("text".into()),
        engine: None,
        labels: vec![],
        space: None,
        ..draft()
    };
    writer.update_policy("who-may-log-in", &plain).unwrap();
    let requests = server.finish();
    assert_eq!(
        requests[1].variables(),
        &json!({ "input": {
            "name": "Who may log in", "body": "package spacelift\n", "type": "LOGIN",
            "description": null, "labels": ["a", "b"], "space": "root", "engineType": "REGO_V1",
        } })
    );
    assert_eq!(
        requests[2].variables(),
        &json!({ "id": "who-may-log-in", "input": {
            "name": "Who may log in", "body": "package spacelift\n",
            "description": "text", "labels": [], "space": null,
        } })
    );
}

#[test]
fn a_create_that_was_never_heard_is_repeated() {
    let (server, _, writer, timing) = talk(vec![
        login(),
        Step::status(429, "text/plain", ""),
        Step::status(501, "text/plain", ""),
    ]);
    let error = writer.create_policy(&draft()).unwrap_err();
    assert!(!error.may_have_written(), "{error}");
    assert_eq!(timing.pauses(), [500]);
    assert_eq!(
        server.operations(),
        ["LoginApiKey", "PolicyCreate", "PolicyCreate"]
    );
}

#[test]
fn a_create_that_may_have_happened_is_looked_for() {
    for fault in [
        Step::DropRead,
        Step::status(500, "text/plain", ""),
        Step::status(504, "text/html", "<html>"),
        created().cut_off(super::server::Cut::Announced),
        created().cut_off(super::server::Cut::Silent),
    ] {
        let (server, _, writer, timing) = talk(vec![
            login(),
            fault,
            listed(&[but(&[("id", json!("z")), ("name", json!("other"))]), made()]),
        ]);
        assert_eq!(writer.create_policy(&draft()).unwrap().id, "who-may-log-in");
        assert_eq!(timing.pauses(), [500]);
        assert_eq!(
            server.operations(),
            ["LoginApiKey", "PolicyCreate", "Policies"]
        );
    }
}

#[test]
fn an_answer_that_makes_no_sense_is_looked_into() {
    for fault in [
        Step::status(200, "text/html", "<html>"),
        Step::status(200, "application/json", "!"),
        Step::data(json!({ "policyCreatev2": { "id": 1 } })),
    ] {
        let (server, _, writer, _) = talk(vec![login(), fault.clone(), listed(&[made()])]);
        writer.create_policy(&draft()).unwrap();
        server.finish();

        // Not there: nothing that another attempt would change.
        let (server, _, writer, _) = talk(vec![login(), fault, listed(&[])]);
        let error = writer.create_policy(&draft()).unwrap_err();
        assert!(error.may_have_written(), "{error}");
        server.finish();
    }
}

#[test]
fn a_create_that_did_not_happen_is_repeated() {
    let (server, _, writer, _) = talk(vec![login(), Step::DropRead, listed(&[]), created()]);
    writer.create_policy(&draft()).unwrap();
    assert_eq!(
        server.operations(),
        ["LoginApiKey", "PolicyCreate", "Policies", "PolicyCreate"]
    );
}

#[test]
fn a_create_that_lands_late_is_found() {
    let (server, _, writer, _) = talk(vec![
        login(),
        Step::DropRead,
        listed(&[]),
        Step::errors(&["policy name must be unique within one account"]),
        listed(&[made()]),
    ]);
    writer.create_policy(&draft()).unwrap();
    server.finish();
}

#[test]
fn somebody_elses_policy_is_not_taken_for_ours() {
    for other in [
        but(&[("body", json!("package spacelift\nallow := true\n"))]),
        but(&[("type", json!("PLAN"))]),
        but(&[("engineType", json!("REGO_V0"))]),
        but(&[("labels", json!(["a"]))]),
        but(&[("description", json!("mine"))]),
        but(&[("space", json!("legacy"))]),
    ] {
        let (server, _, writer, _) = talk(vec![login(), Step::DropRead, listed(&[other])]);
        let error = writer.create_policy(&draft()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the policy `Who may log in` exists already, with other content"
        );
        server.finish();
    }
}

#[test]
fn a_name_that_was_taken_before_is_the_servers_to_refuse() {
    let (server, _, writer, _) = talk(vec![
        login(),
        Step::errors(&["policy name must be unique within one account"]),
    ]);
    let error = writer.create_policy(&draft()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "refused to create the policy: `policy name must be unique within one account`"
    );
    assert!(error.hint().starts_with("another one of the account"));
    server.finish();
}

#[test]
fn a_create_whose_fate_is_unknown_says_so() {
    // The look-up fails, too.
    let (server, _, writer, _) = talk(vec![
        login(),
        Step::DropRead,
        Step::status(404, "text/plain", ""),
    ]);
    let error = writer.create_policy(&draft()).unwrap_err();
    assert!(error.may_have_written());
    assert!(
        error
            .to_string()
            .starts_with("unknown whether it was possible to create the policy: "),
        "{error}"
    );
    assert!(error.hint().starts_with("look at what is live"));
    server.finish();

    // Every attempt gets lost, and every look finds nothing.
    let mut steps = vec![login()];
    for _ in 0..5 {
        steps.extend([Step::DropRead, listed(&[])]);
    }
    let (server, _, writer, timing) = talk(steps);
    assert!(
        writer
            .create_policy(&draft())
            .unwrap_err()
            .may_have_written()
    );
    assert_eq!(timing.pauses(), [500, 1000, 2000, 4000]);
    server.finish();
}

/// Somebody else's text may have come between.
#[test]
fn an_update_that_may_have_arrived_is_not_repeated() {
    let lost = [
        Step::DropRead,
        Step::status(500, "text/plain", ""),
        Step::status(502, "text/html", "<html>"),
    ];
    for step in lost {
        let (server, _, writer, timing) = talk(vec![login(), step]);
        let error = writer
            .update_policy("who-may-log-in", &draft())
            .unwrap_err();
        assert!(error.may_have_written(), "{error}");
        assert_eq!(timing.pauses(), [0_u128; 0]);
        server.finish();
    }
    // One that certainly did not is.
    let (server, _, writer, _) = talk(vec![
        login(),
        Step::status(429, "text/plain", ""),
        updated(),
    ]);
    writer.update_policy("who-may-log-in", &draft()).unwrap();
    server.finish();
}

#[test]
fn an_update_that_is_refused_was_not_made() {
    let (server, _, writer, _) = talk(vec![login(), Step::errors(&["policy not found"])]);
    let error = writer
        .update_policy("who-may-log-in", &draft())
        .unwrap_err();
    assert!(!error.may_have_written(), "{error}");
    server.finish();
}

#[test]
fn a_write_survives_the_end_of_a_token() {
    let (server, _, writer, _) = talk(vec![
        login(),
        Step::errors(&["unauthorized"]),
        login_with("second-token", 4_000_000_000),
        created(),
    ]);
    writer.create_policy(&draft()).unwrap();
    assert_eq!(server.finish()[3].bearer(), Some("Bearer second-token"));
}

#[test]
fn an_older_installation_gets_version_0_or_nothing() {
    let old = {
        let mut policy = made();
        policy.as_object_mut().unwrap().remove("engineType");
        policy
    };
    let unknown = || Step::errors(&[r#"Cannot query field "engineType" on type "Policy"."#]);
    let v0 = PolicyDraft {
        engine: Some(Engine::V0),
        ..draft()
    };
    let (server, _, writer, _) = talk(vec![
        login(),
        unknown(),
        Step::data(json!({ "policyCreatev2": old })),
        Step::data(json!({ "policyUpdatev2": old })),
    ]);
    assert_eq!(writer.create_policy(&v0).unwrap().engine, None);
    writer.update_policy("who-may-log-in", &v0).unwrap();
    let requests = server.finish();
    assert!(requests[2].variables()["input"].get("engineType").is_none());
    assert!(!requests[2].query().contains("engineType"));

    for learn_by_reading in [false, true] {
        let mut steps = vec![login(), unknown()];
        if learn_by_reading {
            steps.push(listed(&[]));
        }
        let (server, reader, writer, _) = talk(steps);
        if learn_by_reading {
            reader.policies().unwrap();
        }
        let error = writer.create_policy(&draft()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "this installation does not know versions of Rego other than 0"
        );
        assert!(matches!(error, Error::Unsupported { .. }));
        server.finish();
    }
}

#[test]
fn an_input_field_that_is_unknown_is_dropped_too() {
    let v0 = PolicyDraft {
        engine: Some(Engine::V0),
        ..draft()
    };
    let (server, _, writer, _) = talk(vec![
        login(),
        Step::json(
            422,
            &json!({ "errors": [ { "message":
                r#"Variable "$input" got invalid value {"engineType":"REGO_V0"}. In field "engineType": Unknown field."# } ] }),
        ),
        created(),
    ]);
    writer.create_policy(&v0).unwrap();
    server.finish();
}

// ---- Roles. ----

fn role_draft() -> RoleDraft {
    RoleDraft {
        name: "Deployer".into(),
        description: Some("made here".into()),
        actions: vec!["SPACE_READ".into(), "RUN_TRIGGER".into()],
    }
}

fn role() -> Value {
    json!({
        "id": "01R", "slug": "deployer", "name": "Deployer", "isSystem": false,
        "actions": ["SPACE_READ", "RUN_TRIGGER"], "roleBindingsCount": 0
    })
}

fn roles(roles: &[Value]) -> Step {
    Step::data(json!({ "roles": roles }))
}

#[test]
fn what_changes_about_a_role_is_sent_and_no_more() {
    let (server, _, writer, _) = talk(vec![
        login(),
        Step::data(json!({ "roleCreate": role() })),
        Step::data(json!({ "roleUpdate": role() })),
        Step::data(json!({ "roleUpdate": role() })),
        Step::data(json!({ "roleDelete": { "id": "01R" } })),
    ]);
    assert_eq!(writer.create_role(&role_draft()).unwrap().slug, "deployer");
    let actions = RoleUpdate {
        name: None,
        actions: Some(vec!["SPACE_READ".into(), "RUN_CONFIRM".into()]),
    };
    let read = writer.update_role("01R", &actions).unwrap();
    assert_eq!(read.actions, ["RUN_TRIGGER", "SPACE_READ"]);
    let name = RoleUpdate {
        name: Some("Ships".into()),
        actions: None,
    };
    writer.update_role("01R", &name).unwrap();
    writer.delete_role("01R").unwrap();
    let requests = server.finish();
    let sent: Vec<&Value> = requests[1..].iter().map(|one| one.variables()).collect();
    assert_eq!(
        sent,
        [
            &json!({ "input": { "name": "Deployer", "description": "made here", "actions": ["RUN_TRIGGER", "SPACE_READ"] } }),
            &json!({ "id": "01R", "input": { "Actions": ["RUN_CONFIRM", "SPACE_READ"] } }),
            &json!({ "id": "01R", "input": { "name": "Ships" } }),
            &json!({ "id": "01R" }),
        ]
    );
}

#[test]
fn a_role_that_may_have_been_made_is_looked_for() {
    let (server, _, writer, _) = talk(vec![login(), Step::DropRead, roles(&[role()])]);
    assert_eq!(writer.create_role(&role_draft()).unwrap().id, "01R");
    assert_eq!(server.operations(), ["LoginApiKey", "RoleCreate", "Roles"]);

    // One of that name that does something else, or cannot be changed, is another's.
    for change in [("actions", json!([])), ("isSystem", json!(true))] {
        let mut other = role();
        other[change.0] = change.1;
        let (server, _, writer, _) = talk(vec![login(), Step::DropRead, roles(&[other])]);
        let error = writer.create_role(&role_draft()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the role `Deployer` exists already, with other content"
        );
        server.finish();
    }

    // It did not arrive, so it is sent again.
    let (server, _, writer, _) = talk(vec![
        login(),
        Step::DropRead,
        roles(&[]),
        Step::data(json!({ "roleCreate": role() })),
    ]);
    writer.create_role(&role_draft()).unwrap();
    server.finish();

    let (server, _, writer, _) = talk(vec![login(), Step::errors(&["denied"])]);
    let error = writer.create_role(&role_draft()).unwrap_err();
    assert!(!error.may_have_written(), "{error}");
    server.finish();
}

#[test]
fn a_role_that_is_gone_after_a_lost_answer_was_deleted() {
    let gone = || Step::errors(&["role not found"]);
    let (server, _, writer, _) = talk(vec![login(), Step::DropRead, gone()]);
    writer.delete_role("01R").unwrap();
    server.finish();

    // Without one, it was gone before, and nobody here deleted it.
    let (server, _, writer, _) = talk(vec![login(), gone()]);
    let error = writer.delete_role("01R").unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    server.finish();

    let (server, _, writer, _) = talk(vec![login(), Step::errors(&["role is still bound"])]);
    assert!(writer.delete_role("01R").is_err());
    server.finish();
}

#[test]
fn a_policy_that_is_gone_after_a_lost_answer_was_deleted() {
    let gone = || Step::errors(&["policy not found"]);
    let (server, _, writer, _) = talk(vec![login(), Step::DropRead, gone()]);
    writer.delete_policy("who-may-log-in").unwrap();
    let requests = server.finish();
    assert_eq!(requests[2].variables(), &json!({ "id": "who-may-log-in" }));

    let (server, _, writer, _) = talk(vec![login(), gone()]);
    let error = writer.delete_policy("who-may-log-in").unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    server.finish();
}

#[test]
fn an_installation_that_counts_no_bindings_takes_roles_all_the_same() {
    let (server, _, writer, _) = talk(vec![
        login(),
        Step::errors(&[r#"Cannot query field "roleBindingsCount" on type "Role"."#]),
        Step::data(json!({ "roleCreate": {
            "id": "01R", "slug": "deployer", "name": "Deployer", "isSystem": false, "actions": []
        } })),
    ]);
    assert_eq!(writer.create_role(&role_draft()).unwrap().bindings, None);
    assert!(!server.finish()[2].query().contains("roleBindingsCount"));
}

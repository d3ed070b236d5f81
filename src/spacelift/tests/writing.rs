//! Changes, when the network breaks in the middle.

use serde_json::{Value, json};

use super::server::Step;
use super::{login, login_with, talk};
use crate::spacelift::{
    Engine, Error, PolicyDraft, PolicyType, ReadAccount, RoleDraft, RoleUpdate, WriteAccount,
    Writer,
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

fn listed(policies: &[Value]) -> Step {
    Step::data(json!({ "policies": policies }))
}

/// Every change of an account but the end of a session, by the operation that it is.
fn changes() -> Vec<(&'static str, Change)> {
    vec![
        ("PolicyCreate", |writer| {
            writer.create_policy(&draft()).map(drop)
        }),
        ("PolicyUpdate", |writer| {
            writer.update_policy("who-may-log-in", &draft()).map(drop)
        }),
        ("PolicyDelete", |writer| {
            writer.delete_policy("who-may-log-in")
        }),
        ("PolicyAttach", |writer| {
            writer.attach_policy("apps", "shop").map(drop)
        }),
        ("PolicyDetach", |writer| writer.detach_policy("01A")),
        ("RoleCreate", |writer| {
            writer.create_role(&role_draft()).map(drop)
        }),
        ("RoleUpdate", |writer| {
            let update = RoleUpdate {
                name: Some("Ships".into()),
                actions: None,
            };
            writer.update_role("01R", &update).map(drop)
        }),
        ("RoleDelete", |writer| writer.delete_role("01R")),
    ]
}

type Change = fn(&Writer) -> Result<(), Error>;

/// In the pause before another attempt somebody else may come.
#[test]
fn a_change_that_was_never_heard_is_for_the_caller_to_repeat() {
    for (operation, change) in changes() {
        let limited = Step::status(429, "text/plain", "").with("Retry-After", "7");
        let (server, _, writer, timing) = talk(vec![login(), limited]);
        let error = change(&writer).unwrap_err();
        let Error::Unsent { cause, wait } = &error else {
            panic!("{operation}: {error:?}");
        };
        assert_eq!(*wait, Some(std::time::Duration::from_secs(7)));
        assert!(matches!(**cause, Error::RateLimited { attempts: 1, .. }));
        assert!(error.is_passing() && !error.may_have_written());
        assert_eq!(timing.pauses(), [0_u128; 0]);
        assert_eq!(server.operations(), ["LoginApiKey", operation]);
    }
}

#[test]
fn a_change_that_may_have_arrived_is_for_the_caller_to_look_for() {
    for (operation, change) in changes() {
        for (fault, passing) in [
            (Step::DropRead, true),
            (Step::status(500, "text/plain", ""), true),
            (Step::status(504, "text/html", "<html>"), true),
            (created().cut_off(super::server::Cut::Announced), true),
            (created().cut_off(super::server::Cut::Silent), true),
            (Step::status(200, "text/html", "<html>"), false),
            (Step::status(200, "application/json", "!"), false),
            (Step::json(200, &json!({ "data": null })), false),
        ] {
            let (server, _, writer, timing) = talk(vec![login(), fault]);
            let error = change(&writer).unwrap_err();
            assert!(error.may_have_written(), "{operation}: {error}");
            assert_eq!(error.is_passing(), passing, "{operation}: {error}");
            assert!(
                error
                    .to_string()
                    .starts_with("unknown whether it was possible to "),
                "{error}"
            );
            assert!(error.hint().starts_with("look at what is live"));
            assert_eq!(timing.pauses(), [0_u128; 0]);
            assert_eq!(server.operations(), ["LoginApiKey", operation]);
        }
    }
}

#[test]
fn a_change_that_is_refused_was_not_made() {
    for (operation, change) in changes() {
        for message in ["denied", "role not found"] {
            let (server, _, writer, _) = talk(vec![login(), Step::errors(&[message])]);
            let error = change(&writer).unwrap_err();
            assert!(
                matches!(error, Error::Refused { .. }),
                "{operation}: {error}"
            );
            server.finish();
        }
    }
}

/// A login takes its time, too.
#[test]
fn a_change_whose_token_ended_is_for_the_caller_to_repeat() {
    for (operation, change) in changes() {
        let (server, _, writer, _) = talk(vec![
            login(),
            Step::errors(&["unauthorized"]),
            Step::errors(&["unauthorized"]),
            login_with("second-token", 4_000_000_000),
            Step::errors(&["denied"]),
        ]);
        let error = change(&writer).unwrap_err();
        assert!(
            matches!(error, Error::Unsent { wait: None, .. }),
            "{error:?}"
        );
        assert!(matches!(change(&writer), Err(Error::Refused { .. })));
        let bearers: Vec<_> = server
            .finish()
            .iter()
            .map(|request| request.bearer().map(str::to_string))
            .collect();
        assert_eq!(bearers[1], bearers[2], "{operation}");
        assert_eq!(bearers[4].as_deref(), Some("Bearer second-token"));

        // And one that is not allowed is not sent again.
        let (server, _, writer, _) = talk(vec![
            login(),
            Step::errors(&["unauthorized"]),
            Step::data(json!({ "viewer": { "id": "api::01", "name": "ci", "admin": false } })),
        ]);
        let error = change(&writer).unwrap_err();
        assert!(matches!(error, Error::NotAllowed { .. }), "{error:?}");
        assert_eq!(server.operations(), ["LoginApiKey", operation, "Viewer"]);
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
    // The variables may have to change, too.
    let error = writer.create_policy(&v0).unwrap_err();
    assert!(
        matches!(error, Error::Unsent { wait: None, .. }),
        "{error:?}"
    );
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
        if !learn_by_reading {
            let error = writer.create_policy(&draft()).unwrap_err();
            assert!(matches!(error, Error::Unsent { .. }), "{error:?}");
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
    assert!(matches!(
        writer.create_policy(&v0),
        Err(Error::Unsent { .. })
    ));
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
fn an_installation_that_counts_no_bindings_takes_roles_all_the_same() {
    let (server, _, writer, _) = talk(vec![
        login(),
        Step::errors(&[r#"Cannot query field "roleBindingsCount" on type "Role"."#]),
        Step::data(json!({ "roleCreate": {
            "id": "01R", "slug": "deployer", "name": "Deployer", "isSystem": false, "actions": []
        } })),
    ]);
    let error = writer.create_role(&role_draft()).unwrap_err();
    assert!(matches!(error, Error::Unsent { .. }), "{error:?}");
    assert_eq!(writer.create_role(&role_draft()).unwrap().bindings, None);
    assert!(!server.finish()[2].query().contains("roleBindingsCount"));
}

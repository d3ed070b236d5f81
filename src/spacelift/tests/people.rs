//! Reading whom the account knows and what it remembers: pages, older installations, what is left out.

use serde_json::{Value, json};

use super::server::Step;
use super::{login, talk, viewer};
use crate::spacelift::{Error, KeyType, ReadAccount, UserStatus, WriteAccount};

fn page(field: &str, nodes: &[Value], cursor: &str, more: bool) -> Value {
    let edges: Vec<Value> = nodes.iter().map(|node| json!({ "node": node })).collect();
    json!({ field: {
        "edges": edges,
        "pageInfo": { "endCursor": cursor, "hasNextPage": more },
    } })
}

fn records(nodes: &[Value], cursor: &str, more: bool) -> Step {
    let page = page("searchEvaluationRecords", nodes, cursor, more);
    Step::data(json!({ "policy": page }))
}

fn record(key: &str, timestamp: i64) -> Value {
    json!({ "key": key, "outcome": "deny", "timestamp": timestamp })
}

fn entry(id: &str, action: &str, created_at: i64) -> Value {
    json!({
        "id": id, "action": action, "eventType": "mutation", "actor": { "username": "ann" },
        "affectedResource": { "resourceType": "X", "resourceId": null }, "body": null,
        "createdAt": created_at,
    })
}

fn trail(nodes: &[Value], cursor: &str, more: bool) -> Step {
    Step::data(page("searchAuditTrailEntries", nodes, cursor, more))
}

#[test]
fn every_page_is_asked_for_and_what_comes_twice_counts_once() {
    let (server, reader, _, _) = talk(vec![
        login(),
        records(&[record("c", 30), record("b", 20)], "1", true),
        records(&[record("b", 20), record("a", 10)], "2", true),
        records(&[], "", false),
    ]);
    let found = reader.evaluations("door").unwrap().unwrap();
    let keys: Vec<&str> = found.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(keys, ["c", "b", "a"]);
    let requests = server.finish();
    let asked = |at: usize| requests[at].variables().clone();
    assert_eq!(
        asked(1),
        json!({ "policy": "door", "input": { "first": 50 } })
    );
    assert_eq!(
        asked(3),
        json!({ "policy": "door", "input": { "first": 50, "after": "2" } })
    );
}

#[test]
fn pages_that_do_not_end_are_an_error_and_not_a_shorter_list() {
    let round = |cursor: &str| records(&[record(cursor, 1)], cursor, true);
    for script in [
        vec![login(), round("1"), round("1")],
        vec![login(), round("1"), round("2"), round("1")],
        vec![login(), round("")],
    ] {
        let (server, reader, _, _) = talk(script);
        let error = reader.evaluations("door").unwrap_err();
        assert!(matches!(error, Error::Shape { .. }), "{error}");
        assert!(
            error.to_string().contains("the pages do not end"),
            "{error}"
        );
        server.finish();
    }
}

#[test]
fn the_audit_trail_is_read_as_far_back_as_asked() {
    let (server, reader, _, _) = talk(vec![
        login(),
        trail(
            &[
                entry("5", "policy.update", 50),
                entry("4", "space.create", 40),
            ],
            "1",
            true,
        ),
        trail(
            &[
                entry("3", "Policy.delete", 30),
                entry("2", "role.create", 20),
            ],
            "2",
            true,
        ),
    ]);
    let found = reader.audit_trail(30, Some("policy")).unwrap().unwrap();
    let ids: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["5", "3"]);
    let requests = server.finish();
    assert_eq!(
        requests[1].variables()["input"]["orderBy"],
        json!({ "field": "createdAt", "direction": "DESC" })
    );
    // Two pages were enough, although there are more.
    assert_eq!(requests.len(), 3);
}

#[test]
fn older_installations_lack_most_of_this() {
    let lacks = |field: &str, kind: &str| {
        Step::errors(&[&format!(
            r#"Cannot query field "{field}" on type "{kind}"."#
        )])
    };
    let (server, reader, _, _) = talk(vec![
        login(),
        lacks("apiKeys", "Query"),
        lacks("managedUsers", "Query"),
        lacks("managedUserGroups", "Query"),
        lacks("availableUserGroups", "Query"),
        lacks("seats", "Query"),
        lacks("samlSettings", "Query"),
        lacks("oidcSettings", "Query"),
        Step::data(json!({ "name": "acme" })),
        lacks("userSessionsWithAccessToSpace", "Query"),
        lacks("searchEvaluationRecords", "Policy"),
        lacks("evaluationRecords", "Policy"),
        lacks("evaluationSample", "Policy"),
        lacks("searchAuditTrailEntries", "Query"),
        Step::data(json!({ "__type": null })),
    ]);
    assert_eq!(reader.api_keys().unwrap(), None);
    assert_eq!(reader.users().unwrap(), None);
    assert_eq!(reader.user_groups().unwrap(), None);
    assert_eq!(reader.group_names().unwrap(), None);
    assert_eq!(reader.seats().unwrap(), None);
    assert_eq!(reader.sign_on().unwrap(), None);
    assert_eq!(reader.user_sessions("root").unwrap(), None);
    assert_eq!(reader.evaluations("door").unwrap(), None);
    assert_eq!(reader.sample("door", "k").unwrap(), None);
    assert_eq!(reader.audit_trail(0, None).unwrap(), None);
    assert_eq!(reader.actions().unwrap(), None);
    server.finish();
}

#[test]
fn recorded_decisions_are_also_read_where_they_come_all_at_once() {
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::errors(&[
            r#"Cannot query field "searchEvaluationRecords" on type "Policy". Did you mean "evaluationRecords"?"#,
        ]),
        Step::data(json!({ "policy": { "evaluationRecords": [record("a", 1), record("b", 2)] } })),
        Step::data(json!({ "policy": null })),
    ]);
    assert_eq!(reader.evaluations("door").unwrap().unwrap()[0].key, "b");
    let gone = reader.evaluations("gone").unwrap_err();
    assert_eq!(gone.to_string(), "there is no policy `gone` to be seen");
    server.finish();
}

#[test]
fn one_setting_of_single_sign_on_is_enough() {
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::errors(&[r#"Cannot query field "oidcSettings" on type "Query"."#]),
        Step::data(json!({ "name": "acme", "samlSettings": { "adminLogin": "ann" } })),
        Step::data(json!({ "name": "acme", "samlSettings": { "adminLogin": "" } })),
    ]);
    let known = reader.sign_on().unwrap().unwrap();
    assert_eq!(
        (known.saml_admin.as_deref(), known.oidc_admin),
        (Some("ann"), None)
    );
    assert_eq!(reader.sign_on().unwrap().unwrap().saml_admin, None);
    server.finish();
}

#[test]
fn deleted_keys_are_left_out_and_the_rest_is_sorted() {
    let key = |id: &str, name: &str, deleted: bool, bindings: Value| {
        json!({
            "id": id, "name": name, "type": "OIDC", "admin": false, "deleted": deleted, "teams": null,
            "isMachineUser": true, "createdAt": 1, "lastUsedAt": null, "expiresAt": null,
            "apiKeyRoleBindings": bindings,
        })
    };
    let binding = |id: &str, space: &str| json!({ "id": id, "role": { "id": "R", "slug": "s", "actions": ["SPACE_ADMIN"] }, "spaceID": space });
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::data(json!({ "apiKeys": [
            key("2", "b", false, json!([binding("y", "root"), binding("x", "legacy")])),
            key("3", "c", true, json!([])),
            key("1", "a", false, Value::Null),
        ] })),
    ]);
    let keys = reader.api_keys().unwrap().unwrap();
    let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(
        (keys[0].login().as_str(), &keys[0].kind, &keys[0].bindings),
        ("api::1", &KeyType::Oidc, &None)
    );
    let spaces: Vec<&str> = (keys[1].bindings.iter().flatten())
        .map(|binding| binding.space.as_str())
        .collect();
    assert_eq!(spaces, ["legacy", "root"]);
    // By a role that somebody made: whoever is to keep its rights does not count on it, and whoever is to stay out does.
    assert!(!keys[1].administers() && keys[1].may_administer());
    assert!(!keys[0].may_administer());
    server.finish();
}

#[test]
fn a_status_of_another_spelling_is_kept() {
    let user = |login: &str, status: &str| {
        json!({ "id": login, "username": login, "invitationEmail": null, "loginMethod": null,
            "status": status, "lastLoginTime": null })
    };
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::data(json!({ "managedUsers": [user("b", "active"), user("a", "ACTIVE")] })),
    ]);
    let users = reader.users().unwrap().unwrap();
    assert_eq!(users[0].status, UserStatus::Active);
    assert_eq!(users[1].status, UserStatus::Other("active".into()));
    server.finish();
}

#[test]
fn who_may_not_look_is_told_so() {
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::errors(&["unauthorized"]),
        login(),
        Step::errors(&["unauthorized"]),
        viewer(),
    ]);
    let error = reader.audit_trail(0, None).unwrap_err();
    assert_eq!(
        error,
        Error::NotAllowed {
            action: "read the audit trail",
            viewer: "api::01KEY".into()
        }
    );
    server.finish();
}

#[test]
fn a_session_that_is_gone_has_ended() {
    let gone = || Step::errors(&["session not found"]);
    let (server, _, writer, _) = talk(vec![
        login(),
        Step::data(json!({ "sessionDelete": { "id": "s" } })),
        gone(),
        Step::status(503, "text/plain", ""),
        gone(),
        Step::errors(&["denied"]),
    ]);
    writer.delete_session("s").unwrap();
    writer.delete_session("s").unwrap();
    writer.delete_session("s").unwrap();
    assert!(matches!(
        writer.delete_session("s"),
        Err(Error::Refused { .. })
    ));
    assert_eq!(server.finish()[1].variables(), &json!({ "id": "s" }));
}

#[test]
fn a_sample_shows_nobody_in_debug_output() {
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::data(
            json!({ "policy": { "evaluationSample": { "input": "{\"session\":{\"login\":\"ann\"}}", "body": "x" } } }),
        ),
        Step::data(json!({ "policy": { "evaluationSample": null } })),
    ]);
    let sample = reader.sample("door", "k").unwrap().unwrap();
    assert!(!format!("{sample:?}").contains("ann"));
    assert_eq!(reader.sample("door", "k").unwrap(), None);
    server.finish();
}

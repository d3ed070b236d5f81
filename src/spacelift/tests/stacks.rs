//! Stacks, and what policies are attached to.

use serde_json::{Value, json};

use super::server::Step;
use super::{login, talk};
use crate::spacelift::{Attachment, Error, PolicyDraft, PolicyType, ReadAccount, WriteAccount};

fn stack(id: &str) -> Value {
    json!({
        "id": id, "name": id.to_uppercase(), "labels": ["b", "a"], "space": "legacy", "administrative": false,
        "autodeploy": true, "repository": "infra", "branch": "main", "projectRoot": null, "namespace": "acme",
        "state": "FINISHED", "lockedBy": null
    })
}

fn page(ids: &[&str], next: Option<&str>) -> Step {
    let edges: Vec<Value> = ids.iter().map(|id| json!({ "node": stack(id) })).collect();
    Step::data(json!({ "searchStacks": {
        "edges": edges, "pageInfo": { "endCursor": next.unwrap_or("end"), "hasNextPage": next.is_some() }
    } }))
}

fn unknown(field: &str, ty: &str) -> Step {
    Step::errors(&[&format!("Cannot query field \"{field}\" on type \"{ty}\".")])
}

fn attached(attachments: &[Value]) -> Step {
    Step::data(json!({ "policy": { "attachedStacks": attachments } }))
}

fn attachment(id: &str, stack: &str, automatic: bool) -> Value {
    json!({ "id": id, "stackId": stack, "isModule": false, "isAutoattached": automatic })
}

#[test]
fn stacks_come_in_pages_or_all_at_once_or_not_at_all() {
    let (server, reader, _, _) = talk(vec![
        login(),
        page(&["web", "app"], Some("1")),
        page(&["app", "data"], None),
    ]);
    let stacks = reader.stacks().unwrap().unwrap();
    let ids: Vec<&str> = stacks.iter().map(|stack| stack.id.as_str()).collect();
    assert_eq!(ids, ["app", "data", "web"]);
    assert_eq!(stacks[0].labels, ["a", "b"]);
    let requests = server.finish();
    assert_eq!(requests[2].variables()["input"]["after"], "1");

    let (server, reader, _, _) = talk(vec![
        login(),
        unknown("searchStacks", "Query"),
        Step::data(json!({ "stacks": [stack("web"), stack("app")] })),
        Step::data(json!({ "stacks": [] })),
    ]);
    assert_eq!(reader.stacks().unwrap().unwrap().len(), 2);
    assert_eq!(reader.stacks().unwrap().unwrap().len(), 0);
    assert_eq!(
        server.operations(),
        ["LoginApiKey", "Stacks", "StacksFlat", "StacksFlat"]
    );

    let (server, reader, _, _) = talk(vec![
        login(),
        unknown("searchStacks", "Query"),
        unknown("stacks", "Query"),
    ]);
    assert_eq!(reader.stacks(), Ok(None));
    server.finish();
}

#[test]
fn a_module_that_is_not_there_is_none() {
    let module = json!({
        "id": "vpc", "name": "vpc", "labels": ["net"], "space": "legacy", "administrative": false,
        "branch": "main", "repository": "modules"
    });
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::data(json!({ "module": module })),
        Step::data(json!({ "module": null })),
        Step::errors(&["module not found"]),
    ]);
    assert_eq!(reader.module("vpc").unwrap().unwrap().labels, ["net"]);
    assert_eq!(reader.module("gone"), Ok(None));
    assert_eq!(reader.module("gone"), Ok(None));
    assert_eq!(server.finish()[1].variables(), &json!({ "id": "vpc" }));
}

#[test]
fn attachments_have_ids_of_their_own() {
    let (server, reader, _, _) = talk(vec![
        login(),
        attached(&[attachment("2", "web", true), attachment("1", "app", false)]),
        Step::data(json!({ "policy": null })),
        unknown("attachedStacks", "Policy"),
    ]);
    let found = reader.attachments("p").unwrap().unwrap();
    let seen: Vec<_> = found
        .iter()
        .map(|one| (one.id.as_str(), one.stack.as_str(), one.automatic))
        .collect();
    assert_eq!(seen, [("1", "app", false), ("2", "web", true)]);
    assert!(matches!(
        reader.attachments("gone"),
        Err(Error::Missing { .. })
    ));
    assert_eq!(reader.attachments("p"), Ok(None));
    server.finish();
}

#[test]
fn an_access_policy_is_made_as_one() {
    let made = |kind: &str| {
        json!({
            "id": "liftgate-app", "name": "liftgate-app", "body": "package spacelift\n", "type": kind,
            "description": null, "labels": ["autoattach:app"], "space": "legacy", "engineType": "REGO_V1",
            "createdAt": 1, "updatedAt": 1
        })
    };
    let draft = PolicyDraft {
        kind: PolicyType::Access,
        name: "liftgate-app".into(),
        body: "package spacelift\n".into(),
        description: None,
        labels: vec!["autoattach:app".into()],
        space: Some("legacy".into()),
        engine: Some(crate::spacelift::Engine::V1),
    };
    // An older installation answers with the type's older name.
    for kind in ["ACCESS", "STACK_ACCESS"] {
        let answer = Step::data(json!({ "policyCreatev2": made(kind) }));
        let (server, _, writer, _) = talk(vec![login(), answer]);
        let policy = writer.create_policy(&draft).unwrap();
        assert!(policy.kind.is(&PolicyType::Access), "{kind}");
        assert_eq!(server.finish()[1].variables()["input"]["type"], "ACCESS");
    }
}

#[test]
fn a_policy_is_attached_by_ids_and_taken_off_by_the_attachments() {
    let made = Step::data(json!({ "policyAttach": attachment("1", "app", false) }));
    let gone = Step::data(json!({ "policyDetach": { "id": "1" } }));
    let (server, _, writer, _) = talk(vec![login(), made, gone]);
    let one = writer.attach_policy("p", "app").unwrap();
    assert_eq!(
        one,
        Attachment {
            id: "1".into(),
            stack: "app".into(),
            module: false,
            automatic: false
        }
    );
    writer.detach_policy("1").unwrap();
    let requests = server.finish();
    assert_eq!(
        requests[1].variables(),
        &json!({ "policy": "p", "stack": "app" })
    );
    assert_eq!(requests[2].variables(), &json!({ "id": "1" }));
}

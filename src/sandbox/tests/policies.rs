use super::*;

const CREATE: &str = "mutation($input: PolicyCreateInput!) { policyCreatev2(input: $input) \
    { id name body type labels space description engineType createdAt updatedAt } }";
const UPDATE: &str = "mutation($id: ID!, $input: PolicyUpdateInput!) { policyUpdatev2(id: $id, input: $input) \
    { id name body type labels space description engineType createdAt updatedAt } }";

fn input(name: &str, kind: &str) -> Value {
    json!({ "input": { "name": name, "body": "package spacelift", "type": kind } })
}

#[test]
fn a_policy_gets_the_slug_of_its_name_and_the_older_engine() {
    let data = Desk::new().data(CREATE, input("Who may: log in?", "LOGIN"));
    assert_eq!(
        data["policyCreatev2"],
        json!({ "id": "who-may-log-in", "name": "Who may: log in?", "body": "package spacelift", "type": "LOGIN",
            "labels": [], "space": "root", "description": null, "engineType": "REGO_V0",
            "createdAt": 1_790_000_000, "updatedAt": 1_790_000_000 })
    );
}

#[test]
fn names_and_slugs_are_unique() {
    let desk = Desk::new();
    assert_eq!(
        desk.error(CREATE, input("Plan guard", "PLAN")),
        "policy name must be unique within one account"
    );
    assert_eq!(
        desk.error(CREATE, input("plan GUARD", "PLAN")),
        "policy with this slug already exists for this account"
    );
    let rename = json!({ "id": "old-access", "input": { "name": "Plan guard", "body": "" } });
    assert_eq!(
        desk.error(UPDATE, rename),
        "policy name must be unique within one account"
    );
    assert_eq!(
        desk.error(CREATE, input("!?", "PLAN")),
        "policy name must not be empty"
    );
    assert_eq!(desk.sandbox.state().policies.len(), 3);
    // Only that somebody came.
    let trail = desk.sandbox.state().audit_trail;
    let told: Vec<&str> = trail.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(told, ["session.create"]);
}

#[test]
fn an_update_replaces_all_but_type_id_space_and_engine() {
    let desk = Desk::new();
    desk.clock.pass(60);
    let data = desk.data(UPDATE, json!({ "id": "who-may-enter", "input": { "name": "Door", "body": "package spacelift # 2" } }));
    assert_eq!(
        data["policyUpdatev2"],
        json!({ "id": "who-may-enter", "name": "Door", "body": "package spacelift # 2", "type": "LOGIN", "labels": [],
            "space": "root", "description": null, "engineType": "REGO_V0", "createdAt": 3, "updatedAt": 1_790_000_060 })
    );
    assert_eq!(
        desk.sandbox.state().policies["who-may-enter"].samples.len(),
        2
    );
    let kind = "mutation { policyUpdatev2(id: \"old-access\", input: { name: \"x\", body: \"\", type: LOGIN }) { id } }";
    assert!(
        desk.error(kind, json!({}))
            .contains("\"type\" is not defined by type \"PolicyUpdateInput\"")
    );
    let gone = json!({ "id": "gone", "input": { "name": "x", "body": "" } });
    assert_eq!(desk.error(UPDATE, gone), "policy not found");
}

#[test]
fn a_login_policy_lives_in_root() {
    let desk = Desk::new();
    let elsewhere =
        json!({ "input": { "name": "x", "body": "", "type": "LOGIN", "space": "platform" } });
    assert_eq!(
        desk.error(CREATE, elsewhere),
        "login policies can only be created in root space"
    );
    let away =
        json!({ "id": "who-may-enter", "input": { "name": "x", "body": "", "space": "platform" } });
    assert_eq!(
        desk.error(UPDATE, away),
        "login policies cannot be moved out of root space"
    );
    let attach = "mutation { policyAttach(id: \"who-may-enter\", stack: \"tools\") { id } }";
    assert_eq!(
        desk.error(attach, json!({})),
        "login policies cannot be attached"
    );
    let unknown =
        json!({ "input": { "name": "x", "body": "", "type": "PLAN", "space": "nowhere" } });
    assert_eq!(desk.error(CREATE, unknown), "space not found");
}

#[test]
fn old_names_of_types_are_answered_under_the_new_ones() {
    let desk = Desk::new();
    for (old, new) in [
        ("STACK_ACCESS", "ACCESS"),
        ("TERRAFORM_PLAN", "PLAN"),
        ("TASK_RUN", "TASK"),
    ] {
        assert_eq!(
            desk.data(CREATE, input(old, old))["policyCreatev2"]["type"],
            new
        );
    }
}

#[test]
fn a_written_login_policy_ends_the_sessions_of_all_others() {
    for write in [
        "mutation { policyUpdatev2(id: \"who-may-enter\", input: { name: \"x\", body: \"\" }) { id } }",
        "mutation { policyCreate(name: \"x\", body: \"\", type: LOGIN) { id } }",
        "mutation { policyDelete(id: \"who-may-enter\") { id } }",
    ] {
        let desk = Desk::new();
        let other = log_in(&desk.sandbox, "key-ci", "ci-secret");
        let viewer = |token: Option<String>| {
            ask(&desk.sandbox, token, "{ viewer { id } }", json!({}))["data"]["viewer"].clone()
        };
        desk.data(
            "mutation { policyUpdate(id: \"plan-guard\", name: \"x2\", body: \"\") { id } }",
            json!({}),
        );
        assert!(
            !viewer(other.clone()).is_null(),
            "another type of policy ends none"
        );
        desk.data(write, json!({}));
        assert!(viewer(other).is_null(), "{write}");
        assert!(!viewer(desk.token.clone()).is_null(), "{write}");
    }
}

#[test]
fn an_attachment_has_an_id_of_its_own_by_which_it_is_detached() {
    let desk = Desk::new();
    let attach = "mutation($stack: ID!) { policyAttach(id: \"plan-guard\", stack: $stack) { id stackId isAutoattached } }";
    let id = desk.data(attach, json!({ "stack": "tools" }))["policyAttach"]["id"].clone();
    assert_ne!(id, "plan-guard");
    assert_eq!(
        desk.error(attach, json!({ "stack": "tools" })),
        "policy is already attached to this stack"
    );
    assert_eq!(
        desk.error(attach, json!({ "stack": "nothing" })),
        "stack not found"
    );
    assert_eq!(
        desk.data("{ policy(id: \"plan-guard\") { attachedStacksCount attachedModulesCount attachedStacks { id stackId stackName isAutoattached } } }", json!({})),
        json!({ "policy": { "attachedStacksCount": 2, "attachedModulesCount": 0, "attachedStacks": [
            { "id": id, "stackId": "tools", "stackName": "Tools", "isAutoattached": false },
            { "id": "plan-guard:site", "stackId": "site", "stackName": "Site", "isAutoattached": true },
        ] } })
    );
    let detach = "mutation($id: ID!) { policyDetach(id: $id) { stackId } }";
    assert_eq!(
        desk.error(detach, json!({ "id": "plan-guard" })),
        "attachment not found"
    );
    assert_eq!(
        desk.data(detach, json!({ "id": id }))["policyDetach"]["stackId"],
        "tools"
    );
    assert_eq!(
        desk.error(detach, json!({ "id": id })),
        "attachment not found"
    );
}

#[test]
fn a_deleted_policy_takes_its_attachments_along() {
    let desk = Desk::new();
    desk.data(
        "mutation { policyDelete(id: \"old-access\") { id attachedStacks { id } } }",
        json!({}),
    );
    assert!(desk.sandbox.state().attachments.is_empty());
}

const SEARCH: &str = "query($input: SearchInput!) { searchPolicies(input: $input) \
    { edges { cursor node { id } } pageInfo { endCursor hasNextPage hasPreviousPage } } }";

fn found(desk: &Desk, input: Value) -> Vec<String> {
    let data = desk.data(SEARCH, json!({ "input": input }));
    let edges = data["searchPolicies"]["edges"].as_array().unwrap();
    edges
        .iter()
        .map(|edge| edge["node"]["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_search_is_walked_page_by_page() {
    let desk = Desk::new();
    let (mut after, mut seen) = (Value::Null, Vec::new());
    loop {
        let data = desk.data(SEARCH, json!({ "input": { "first": 2, "after": after } }));
        let page = &data["searchPolicies"];
        assert_eq!(page["pageInfo"]["hasPreviousPage"], !seen.is_empty());
        seen.extend(
            page["edges"]
                .as_array()
                .unwrap()
                .iter()
                .map(|edge| edge["node"]["id"].clone()),
        );
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen, ["old-access", "plan-guard", "who-may-enter"]);
    let last = desk.data(SEARCH, json!({ "input": { "after": after } }));
    assert_eq!(
        last["searchPolicies"],
        json!({ "edges": [], "pageInfo": { "endCursor": "", "hasNextPage": false, "hasPreviousPage": true } })
    );
    assert_eq!(
        desk.error(SEARCH, json!({ "input": { "after": "nonsense" } })),
        "invalid cursor"
    );
    assert_eq!(
        desk.error(SEARCH, json!({ "input": { "first": -1 } })),
        "first must not be negative"
    );
}

#[test]
fn a_page_is_never_larger_than_the_server_wants() {
    let desk = Desk::new();
    desk.sandbox
        .edit(|state| {
            for number in 0..150 {
                let id = format!("p{number:03}");
                let policy = Policy {
                    id: id.clone(),
                    name: id.clone(),
                    ..state.policies["plan-guard"].clone()
                };
                state.policies.insert(id, policy);
            }
        })
        .unwrap();
    assert_eq!(found(&desk, json!({})).len(), 50);
    assert_eq!(found(&desk, json!({ "first": 1000 })).len(), 100);
    assert_eq!(
        desk.data("{ policies { id } }", json!({}))["policies"]
            .as_array()
            .unwrap()
            .len(),
        153
    );
}

#[test]
fn text_and_predicates_narrow_a_search_together() {
    let desk = Desk::new();
    let types = |wanted: &[&str], exclude: bool| json!({ "field": "type", "constraint": { "enumEquals": wanted }, "exclude": exclude });
    let label = json!({ "field": "labels", "constraint": { "stringMatches": ["managed"] } });
    assert_eq!(
        found(&desk, json!({ "fullTextSearch": "ACCESS" })),
        ["old-access"]
    );
    assert_eq!(
        found(&desk, json!({ "fullTextSearch": "package" })),
        [""; 0]
    );
    assert_eq!(
        found(
            &desk,
            json!({ "predicates": [types(&["LOGIN", "PLAN"], false)] })
        ),
        ["plan-guard", "who-may-enter"]
    );
    assert_eq!(
        found(
            &desk,
            json!({ "predicates": [types(&["LOGIN", "PLAN"], true)] })
        ),
        ["old-access"]
    );
    assert_eq!(
        found(
            &desk,
            json!({ "predicates": [types(&["LOGIN", "PLAN"], false), label] })
        ),
        ["who-may-enter"]
    );
    assert_eq!(
        found(
            &desk,
            json!({ "orderBy": { "field": "createdAt", "direction": "DESC" } })
        ),
        ["old-access", "who-may-enter", "plan-guard"]
    );
    let unknown = json!({ "input": { "predicates": [{ "field": "colour", "constraint": { "stringMatches": ["x"] } }] } });
    assert_eq!(desk.error(SEARCH, unknown), "cannot search by \"colour\"");
}

#[test]
fn evaluations_can_be_read_back() {
    let desk = Desk::new();
    let data = desk.data(
        "{ policy(id: \"who-may-enter\") { evaluationSample(key: \"s2\") { input body } none: evaluationSample(key: \"x\") { input }
           searchEvaluationRecords(input: { first: 1 }) { edges { node { key } } pageInfo { hasNextPage } } } }",
        json!({}),
    );
    assert_eq!(
        data["policy"],
        json!({ "evaluationSample": { "input": "{\"n\":2}", "body": "package spacelift" }, "none": null,
            "searchEvaluationRecords": { "edges": [{ "node": { "key": "s2" } }], "pageInfo": { "hasNextPage": true } } })
    );
}

/// The rules of an access policy, for the engine that the product has.
const READERS: &str =
    "package spacelift\n\nread if input.session.login == \"ann\"\n\ndeny_write if true\n";

fn access() -> Value {
    json!({ "input": { "name": "who reads", "body": READERS, "type": "ACCESS", "engineType": "REGO_V1" } })
}

#[test]
fn an_account_takes_access_policies_or_has_done_with_them() {
    let words = "access policies are no longer supported: use spaces and roles instead";
    let desk = Desk::with(Rego::default());
    assert_eq!(
        desk.data(CREATE, access())["policyCreatev2"]["space"],
        "legacy"
    );
    let taken = desk.sandbox.state();
    let hosted = Desk::with(Rego::default());
    hosted
        .sandbox
        .edit(|state| state.account.takes_access_policies = false)
        .unwrap();
    assert_eq!(hosted.error(CREATE, access()), words);
    let old = json!({ "id": "old-access", "input": { "name": "x", "body": "package spacelift" } });
    assert_eq!(hosted.error(UPDATE, old), words);
    let attach = "mutation { policyAttach(id: \"old-access\", stack: \"tools\") { id } }";
    assert_eq!(hosted.error(attach, json!({})), words);
    // What is left there can go.
    let detach = "mutation { policyDetach(id: \"att-1\") { id } }";
    hosted.data(detach, json!({}));
    let delete = "mutation { policyDelete(id: \"old-access\") { id } }";
    hosted.data(delete, json!({}));
    assert!(taken.policies.contains_key("who-reads"));
}

#[test]
fn an_access_policy_that_cannot_be_read_is_not_saved() {
    let desk = Desk::with(Rego::default());
    for body in [
        "package spacelift\nread if {",
        "package spacelift\ndefault read := true",
    ] {
        let mut broken = access();
        broken["input"]["body"] = json!(body);
        let error = desk.error(CREATE, broken);
        assert!(error.starts_with("could not compile policy: "), "{error}");
    }
    assert!(!desk.sandbox.state().policies.contains_key("who-reads"));
}

#[test]
fn an_access_policy_is_tried_out_to_a_level() {
    let desk = Desk::with(Rego::default());
    let simulate = "mutation($input: PolicySimulateInput!) { policySimulatev2(input: $input) }";
    let level = |login: &str, kind: &str| {
        let input = json!({ "session": { "login": login } }).to_string();
        let answer = desk.data(
            simulate,
            json!({ "input": { "body": READERS, "input": input, "type": kind } }),
        );
        let answer: Value =
            serde_json::from_str(answer["policySimulatev2"].as_str().unwrap()).unwrap();
        answer["level"].clone()
    };
    assert_eq!(level("ann", "ACCESS"), "read");
    assert_eq!(level("bob", "STACK_ACCESS"), "deny");
    desk.sandbox
        .edit(|state| state.account.takes_access_policies = false)
        .unwrap();
    let asked = json!({ "input": { "body": READERS, "input": "{}", "type": "ACCESS" } });
    assert!(desk.error(simulate, asked).contains("no longer supported"));
}

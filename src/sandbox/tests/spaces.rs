use super::*;

const CREATE: &str = "mutation($input: SpaceInput!) { spaceCreate(input: $input) { id name parentSpace inheritEntities accessLevel } }";
const UPDATE: &str = "mutation($space: ID!, $input: SpaceInput!) { spaceUpdate(space: $space, input: $input) { id parentSpace } }";
const DELETE: &str = "mutation($space: ID!) { spaceDelete(space: $space) { id } }";

fn input(name: &str, parent: &str) -> Value {
    json!({ "name": name, "description": "", "inheritEntities": false, "parentSpace": parent, "labels": [] })
}

#[test]
fn a_space_gets_a_readable_id_that_is_its_own_even_if_its_name_is_not() {
    let desk = Desk::new();
    let make = || {
        desk.data(CREATE, json!({ "input": input("Data Team", "platform") }))["spaceCreate"].clone()
    };
    let (one, two) = (make(), make());
    assert_eq!(one["name"], two["name"]);
    assert_ne!(one["id"], two["id"]);
    assert!(
        one["id"].as_str().unwrap().starts_with("data-team-01"),
        "{one}"
    );
    assert_eq!(one["accessLevel"], "ADMIN");
    assert_eq!(
        desk.error(CREATE, json!({ "input": input("x", "nowhere") })),
        "parent space not found"
    );
}

#[test]
fn root_and_legacy_are_fixed() {
    let desk = Desk::new();
    for id in ["root", "legacy"] {
        assert_eq!(
            desk.error(UPDATE, json!({ "space": id, "input": input("x", "root") })),
            format!("{id} space cannot be changed")
        );
        assert_eq!(
            desk.error(DELETE, json!({ "space": id })),
            format!("{id} space cannot be changed")
        );
    }
}

#[test]
fn a_space_is_deleted_only_when_empty() {
    let desk = Desk::new();
    assert_eq!(
        desk.error(DELETE, json!({ "space": "platform" })),
        "space is not empty"
    );
    assert_eq!(
        desk.error(DELETE, json!({ "space": "prod" })),
        "space is not empty"
    );
    assert_eq!(
        desk.error(DELETE, json!({ "space": "gone" })),
        "space not found"
    );
    assert_eq!(
        desk.data(DELETE, json!({ "space": "apart" }))["spaceDelete"]["id"],
        "apart"
    );
    assert_eq!(
        desk.data("{ space(id: \"apart\") { id } }", json!({}))["space"],
        Value::Null
    );
}

#[test]
fn a_space_cannot_hang_below_itself() {
    let desk = Desk::new();
    let below = json!({ "space": "platform", "input": input("x", "prod") });
    assert_eq!(
        desk.error(UPDATE, below),
        "a space cannot be moved below itself"
    );
    let aside = json!({ "space": "apart", "input": input("x", "root") });
    assert_eq!(
        desk.data(UPDATE, aside)["spaceUpdate"]["parentSpace"],
        "root"
    );
}

#[test]
fn grants_reach_down_always_and_up_as_reading_while_spaces_inherit() {
    let mut desk = Desk::new();
    desk.log_in("key-ci", "ci-secret");
    let levels = desk.data("{ spaces { id accessLevel } }", json!({}))["spaces"].clone();
    // The key is an admin of `platform`: of what is below it, inheriting or not; and it reads what is above.
    assert_eq!(
        levels,
        json!([
            { "id": "apart", "accessLevel": "ADMIN" },
            { "id": "platform", "accessLevel": "ADMIN" },
            { "id": "prod", "accessLevel": "ADMIN" },
            { "id": "root", "accessLevel": "READ" },
        ])
    );
    assert_eq!(
        desk.data("{ space(id: \"legacy\") { id } }", json!({}))["space"],
        Value::Null
    );
}

#[test]
fn who_reaches_a_space_can_be_asked() {
    let desk = Desk::new();
    let query = "query($space: ID!) {
        usersWithAccessToSpace(space: $space, input: {}) { edges { node { user { username } } } }
        userGroupsWithAccessToSpace(space: $space, input: {}) { edges { node { userGroup { groupName } } } }
        apiKeysWithAccessToSpace(space: $space, input: {}) { edges { node { apiKey { name } } } }
        apiKeySessionsWithAccessToSpace(space: $space, input: {}) { edges { node { apiKey { name } sessionCount } } }
        userSessionsWithAccessToSpace(space: $space, input: {}) { edges { node { user { login } } } }
        stacksWithAccessToSpace(space: $space, input: {}, mode: ALL_WITH_ACCESS) { edges { node { stack { id } } } }
        residing: stacksWithAccessToSpace(space: $space, input: {}, mode: RESIDING) { edges { node { stack { id } } } }
        searchSpacePolicies(space: $space, input: {}) { edges { node { id } } }
    }";
    let edges = |nodes: Value| json!({ "edges": nodes.as_array().unwrap().iter().map(|node| json!({ "node": node })).collect::<Vec<_>>() });
    assert_eq!(
        desk.data(query, json!({ "space": "prod" })),
        json!({
            "usersWithAccessToSpace": edges(json!([{ "user": { "username": "ann" } }])),
            "userGroupsWithAccessToSpace": edges(json!([{ "userGroup": { "groupName": "Engineers" } }])),
            "apiKeysWithAccessToSpace": edges(json!([{ "apiKey": { "name": "sandbox" } }, { "apiKey": { "name": "key-ci" } }])),
            "apiKeySessionsWithAccessToSpace": edges(json!([{ "apiKey": { "name": "sandbox" }, "sessionCount": 1 }])),
            "userSessionsWithAccessToSpace": edges(json!([])),
            "stacksWithAccessToSpace": edges(json!([{ "stack": { "id": "tools" } }])),
            "residing": edges(json!([])),
            "searchSpacePolicies": edges(json!([{ "id": "plan-guard" }, { "id": "who-may-enter" }])),
        })
    );
    // Reading upwards counts for stacks, not for people; and a space that does not inherit is cut off from root.
    let root = desk.data(query, json!({ "space": "root" }));
    assert_eq!(root["usersWithAccessToSpace"], edges(json!([])));
    assert_eq!(
        root["stacksWithAccessToSpace"],
        edges(json!([{ "stack": { "id": "site" } }, { "stack": { "id": "tools" } }]))
    );
    let apart = desk.data(query, json!({ "space": "apart" }));
    assert_eq!(apart["searchSpacePolicies"], edges(json!([])));
    let search = "{ searchSpaces(input: { predicates: [{ field: \"name\", constraint: { stringMatches: [\"PROD\"] } }] }) { edges { node { id } } } }";
    assert_eq!(
        desk.data(search, json!({}))["searchSpaces"],
        edges(json!([{ "id": "prod" }]))
    );
}

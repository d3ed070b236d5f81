use super::*;

#[test]
fn system_roles_cannot_be_changed() {
    let desk = Desk::new();
    let update = "mutation { roleUpdate(id: \"role-space-admin\", input: { name: \"x\" }) { id } }";
    assert_eq!(
        desk.error(update, json!({})),
        "system roles cannot be changed"
    );
    let delete = "mutation { roleDelete(id: \"role-space-reader\") { id } }";
    assert_eq!(
        desk.error(delete, json!({})),
        "system roles cannot be changed"
    );
}

#[test]
fn a_role_keeps_its_slug_and_whatever_is_not_given() {
    let desk = Desk::new();
    let create = "mutation { roleCreate(input: { name: \"Night Watch\", actions: [SPACE_READ] }) { id slug isSystem } }";
    let role = desk.data(create, json!({}))["roleCreate"].clone();
    assert_eq!(
        (&role["slug"], &role["isSystem"]),
        (&json!("night-watch"), &json!(false))
    );
    assert_eq!(role["id"].as_str().unwrap().len(), 26);
    assert_eq!(
        desk.error(create, json!({})),
        "role with this slug already exists for this account"
    );
    let update = "mutation($id: ID!, $input: RoleUpdateInput!) { roleUpdate(id: $id, input: $input) { slug name actions } }";
    assert_eq!(
        desk.data(
            update,
            json!({ "id": role["id"], "input": { "name": "Day Watch" } })
        )["roleUpdate"],
        json!({ "slug": "night-watch", "name": "Day Watch", "actions": ["SPACE_READ"] })
    );
    let wrong = json!({ "id": role["id"], "input": { "Actions": ["SPACE_EVERYTHING"] } });
    assert!(
        desk.error(update, wrong)
            .contains("Expected type \"Action\"")
    );
    assert_eq!(
        desk.error(update, json!({ "id": "gone", "input": {} })),
        "role not found"
    );
}

#[test]
fn a_bound_role_is_counted_and_stays() {
    let desk = Desk::new();
    let bind = "mutation { userRoleBindingCreate(input: { userID: \"user-bob\", roleID: \"role-deployer\", spaceID: \"prod\" }) { role { roleBindingsCount } user { username } } }";
    assert_eq!(
        desk.data(bind, json!({}))["userRoleBindingCreate"],
        json!({ "role": { "roleBindingsCount": 1 }, "user": { "username": "bob" } })
    );
    assert_eq!(desk.error(bind, json!({})), "role binding already exists");
    assert_eq!(
        desk.error(
            "mutation { roleDelete(id: \"role-deployer\") { id } }",
            json!({})
        ),
        "role is still bound"
    );
}

#[test]
fn a_batch_is_answered_in_order_and_done_whole_or_not_at_all() {
    let desk = Desk::new();
    let batch = "mutation($input: UserRoleBindingBatchInput!) { userRoleBindingBatchCreate(input: $input) { spaceID roleID } }";
    let one =
        |space: &str| json!({ "userID": "user-bob", "roleID": "role-deployer", "spaceID": space });
    let before = desk.sandbox.state();
    let failing = json!({ "input": { "bindings": [one("prod"), one("nowhere")] } });
    assert_eq!(desk.error(batch, failing), "space not found");
    assert_eq!(desk.sandbox.state(), before);
    let data = desk.data(
        batch,
        json!({ "input": { "bindings": [one("prod"), one("apart"), one("platform")] } }),
    );
    let spaces: Vec<_> = data["userRoleBindingBatchCreate"]
        .as_array()
        .unwrap()
        .iter()
        .map(|binding| binding["spaceID"].clone())
        .collect();
    assert_eq!(spaces, ["prod", "apart", "platform"]);
}

#[test]
fn what_a_binding_points_to_must_be_there() {
    let desk = Desk::new();
    let bind = |holder: &str, role: &str, space: &str| {
        let input = json!({ "userGroupID": holder, "roleID": role, "spaceID": space });
        desk.error("mutation($input: UserGroupRoleBindingInput!) { userGroupRoleBindingCreate(input: $input) { id } }", json!({ "input": input }))
    };
    assert_eq!(
        bind("gone", "role-deployer", "prod"),
        "user group not found"
    );
    assert_eq!(bind("group-eng", "deployer", "prod"), "role not found");
    assert_eq!(
        bind("group-eng", "role-deployer", "gone"),
        "space not found"
    );
    // The id of one kind does not open another.
    assert_eq!(
        desk.error(
            "mutation { userRoleBindingDelete(id: \"bind-group\") { id } }",
            json!({})
        ),
        "role binding not found"
    );
    assert_eq!(
        desk.data("{ userRoleBinding(id: \"bind-group\") { id } }", json!({}))["userRoleBinding"],
        Value::Null
    );
}

#[test]
fn a_stack_is_bound_to_root_only_if_it_lives_there() {
    let desk = Desk::new();
    let bind = "mutation { stackRoleBindingCreate(input: { stackID: \"site\", roleID: \"role-space-admin\", spaceID: \"root\" }) { id } }";
    assert_eq!(
        desk.error(bind, json!({})),
        "only a stack in the root space can be bound to the root space"
    );
}

#[test]
fn bindings_of_a_key_are_listed_on_it_and_go_with_it() {
    let desk = Desk::new();
    let query =
        "{ apiKey(id: \"key-ci\") { spaceCount apiKeyRoleBindings { id spaceID role { slug } } } }";
    assert_eq!(
        desk.data(query, json!({}))["apiKey"],
        json!({ "spaceCount": 1, "apiKeyRoleBindings": [{ "id": "bind-key", "spaceID": "platform", "role": { "slug": "space-admin" } }] })
    );
    desk.data(
        "mutation { apiKeyDelete(id: \"key-ci\") { id } }",
        json!({}),
    );
    desk.data(
        "mutation { managedUserDelete(id: \"user-ann\") { id } }",
        json!({}),
    );
    desk.data(
        "mutation { managedUserGroupDelete(id: \"group-eng\") { id } }",
        json!({}),
    );
    assert_eq!(
        desk.sandbox.state().bindings.keys().collect::<Vec<_>>(),
        ["bind-stack"]
    );
}

#[test]
fn a_changed_binding_makes_the_key_log_in_again() {
    let desk = Desk::new();
    let token = log_in(&desk.sandbox, "key-ci", "ci-secret");
    desk.data("mutation { apiKeyRoleBindingDelete(id: \"bind-key\") { id apiKeyID spaceID role { id } } }", json!({}));
    assert_eq!(
        ask(&desk.sandbox, token, "{ viewer { id } }", json!({}))["data"]["viewer"],
        Value::Null
    );
}

#[test]
fn an_admin_of_a_space_binds_only_inside_it() {
    let mut desk = Desk::new();
    desk.log_in("key-ci", "ci-secret");
    let bind = |space: &str| {
        let input = json!({ "userID": "user-bob", "roleID": "role-deployer", "spaceID": space });
        desk.raw("mutation($input: UserRoleBindingInput!) { userRoleBindingCreate(input: $input) { spaceID } }", json!({ "input": input }))
    };
    assert_eq!(bind("root")["errors"][0]["message"], "unauthorized");
    assert_eq!(
        bind("apart")["data"]["userRoleBindingCreate"]["spaceID"],
        "apart"
    );
    assert_eq!(
        desk.error(
            "mutation { roleDelete(id: \"role-deployer\") { id } }",
            json!({})
        ),
        "unauthorized"
    );
    let spaces = "mutation { spaceCreate(input: { name: \"x\", description: \"\", inheritEntities: true, parentSpace: \"platform\" }) { id } }";
    assert_eq!(desk.error(spaces, json!({})), "unauthorized");
    desk.sandbox
        .edit(|state| state.account.allow_non_root_admin_space_creation = true)
        .unwrap();
    assert!(!desk.data(spaces, json!({}))["spaceCreate"].is_null());
    assert_eq!(
        desk.data("{ roles { id } }", json!({}))["roles"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
}

//! The language: what is understood, and how the rest is refused.

use super::*;
use crate::sandbox::{mutation, query, schema};

#[test]
fn every_root_field_is_answered_or_refused_by_name() {
    for name in schema::fields("Query") {
        assert!(
            query::answers(name) != query::ELSEWHERE.contains(&name),
            "{name}"
        );
    }
    for name in schema::fields("Mutation") {
        assert!(
            mutation::answers(name) != mutation::ELSEWHERE.contains(&name),
            "{name}"
        );
    }
}

#[test]
fn every_field_of_every_reachable_object_has_an_answer() {
    let desk = Desk::new();
    let schema = schema::schema().unwrap();
    let all = |ty: &str| {
        let ty = schema.get_object(ty).unwrap();
        let mut selection = String::new();
        for field in ty
            .fields
            .values()
            .filter(|field| field.arguments.is_empty())
        {
            let inner = schema.get_object(field.ty.inner_named_type());
            let below = match inner {
                Some(inner) => {
                    let plain = inner.fields.values();
                    let plain = plain.filter(|f| {
                        f.arguments.is_empty()
                            && schema.get_object(f.ty.inner_named_type()).is_none()
                    });
                    format!(
                        "{{ __typename {} }}",
                        plain.map(|f| f.name.as_str()).collect::<Vec<_>>().join(" ")
                    )
                }
                None => String::new(),
            };
            selection += &format!("{}{below} ", field.name);
        }
        selection
    };
    for (field, ty) in [
        ("policies", "Policy"),
        ("spaces", "Space"),
        ("roles", "Role"),
        ("managedUsers", "ManagedUser"),
        ("managedUserGroups", "ManagedUserGroup"),
        ("apiKeys", "APIKey"),
        ("stacks", "Stack"),
        ("sessions", "Session"),
        ("auditTrailWebhook", "AuditTrailWebhook"),
        ("viewer", "User"),
        ("module(id: \"net\")", "Module"),
        ("userRoleBinding(id: \"bind-user\")", "UserRoleBinding"),
        (
            "userGroupRoleBinding(id: \"bind-group\")",
            "UserGroupRoleBinding",
        ),
        ("apiKeyRoleBinding(id: \"bind-key\")", "APIKeyRoleBinding"),
        ("stackRoleBinding(id: \"bind-stack\")", "StackRoleBinding"),
    ] {
        let data = desk.data(
            &format!("{{ answer: {field} {{ {} }} }}", all(ty)),
            json!({}),
        );
        assert!(!data["answer"].is_null(), "{field}");
    }
}

#[test]
fn the_account_answers_its_own_fields() {
    let data = Desk::new().data(
        "{ id name type tier spaceliftAwsAccountId authorizationScheme hasSSO enforceMFA auditTrailRetentionDays \
         runLogRetentionDays allowNonRootAdminSpaceCreation apiKeysManageableByNonHumans apiKeysManagedByNonRootAdmins \
         securityEmail policyRuntime { openPolicyAgentVersion } debugInfo { commitSha selfHostedVersion } \
         seats { user { limit inUse } apiKey { limit inUse } } samlSettings { adminLogin } oidcSettings { adminLogin } \
         scimSettings { clientID } }",
        json!({}),
    );
    assert_holds(
        &json!({ "name": "acme", "authorizationScheme": "LOGIN_POLICIES", "securityEmail": null, "samlSettings": null,
            "debugInfo": { "selfHostedVersion": "" },
            "seats": { "user": { "limit": null, "inUse": 1 }, "apiKey": { "limit": null, "inUse": 1 } } }),
        &data,
        "account",
    );
}

#[test]
fn aliases_fragments_and_conditions_are_understood() {
    let desk = Desk::new();
    let query = "query($yes: Boolean!, $id: ID!) {
        first: policy(id: $id) { ...name __typename ... on Policy { type @skip(if: $yes) } }
        second: policy(id: \"old-access\") { ...name body @include(if: false) }
        gone: policy(id: \"nothing\") { id }
    } fragment name on Policy { title: name }";
    assert_eq!(
        desk.data(query, json!({ "yes": true, "id": "plan-guard" })),
        json!({
            "first": { "title": "Plan guard", "__typename": "Policy" },
            "second": { "title": "Old access" },
            "gone": null,
        })
    );
}

#[test]
fn the_named_operation_is_carried_out() {
    let desk = Desk::new();
    let ask = |name: Option<&str>| {
        desk.sandbox.execute(&Request {
            query: "query A { name } query B { tier }".to_owned(),
            operation_name: name.map(str::to_owned),
            bearer: desk.token.clone(),
            ..Request::default()
        })
    };
    assert_eq!(ask(Some("A")), json!({ "data": { "name": "acme" } }));
    assert_eq!(ask(Some("B")), json!({ "data": { "tier": "ENTERPRISE" } }));
    assert!(ask(None)["errors"][0]["message"].is_string());
    assert!(ask(Some("C"))["errors"][0]["message"].is_string());
}

#[test]
fn unknown_names_are_refused_with_the_nearest_known_one() {
    let desk = Desk::new();
    let cases = [
        (
            "mutation { policyCreateV2 }",
            "Cannot query field \"policyCreateV2\" on type \"Mutation\". Did you mean \"policyCreatev2\"",
        ),
        (
            "{ roleBySlug(slug: \"x\") { id } }",
            "Cannot query field \"roleBySlug\" on type \"Query\".",
        ),
        (
            "mutation($i: PolicyCreateInput!) { policyCreatev3(input: $i) { id } }",
            "Cannot query field \"policyCreatev3\" on type \"Mutation\". Did you mean \"policyCreatev2\"",
        ),
        (
            "{ policies { engine } }",
            "Cannot query field \"engine\" on type \"Policy\".",
        ),
        (
            "{ policy(slug: \"x\", id: \"x\") { id } }",
            "Unknown argument \"slug\" on field \"policy\" of type \"Query\".",
        ),
        (
            "query($i: PolicyInput!) { policies { id } searchPolicies(input: $i) { __typename } }",
            "Unknown type \"PolicyInput\".",
        ),
        (
            "mutation { roleUpdate(id: \"r\", input: { actions: [] }) { id } }",
            "Field \"actions\" is not defined by type \"RoleUpdateInput\". Did you mean \"Actions\"?",
        ),
        ("{ policies }", "must have a subselection set"),
        ("{ policies { id }", "syntax error"),
        ("subscription { policies { id } }", "subscription"),
    ];
    for (query, expected) in cases {
        let answer = desk.raw(query, json!({}));
        assert_eq!(answer["data"], Value::Null, "{query}");
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains(expected), "{query}: {message}");
    }
}

#[test]
fn a_refused_field_tells_where_it_stands() {
    let answer = Desk::new().raw("{\n  polices { id }\n}", json!({}));
    assert_eq!(
        answer["errors"],
        json!([{
            "message": "Cannot query field \"polices\" on type \"Query\". Did you mean \"policies\", \"policy\" or \"roles\"?",
            "locations": [{ "line": 2, "column": 3 }],
        }])
    );
}

#[test]
fn values_of_variables_are_checked_against_the_schema() {
    let desk = Desk::new();
    let create = "mutation($input: PolicyCreateInput!) { policyCreatev2(input: $input) { id } }";
    let cases = [
        (
            json!({}),
            "Variable \"$input\" of required type \"PolicyCreateInput!\" was not provided.",
        ),
        (
            json!({ "input": null }),
            "Expected \"PolicyCreateInput!\", found null.",
        ),
        (json!({ "input": "x" }), "found not an object"),
        (
            json!({ "input": { "name": "a", "body": "b", "type": "LOGON" } }),
            "In field \"type\": Expected type \"PolicyType\", found \"LOGON\".",
        ),
        (
            json!({ "input": { "name": "a", "body": "b" } }),
            "In field \"type\": Expected \"PolicyType!\", found null.",
        ),
        (
            json!({ "input": { "name": 1, "body": "b", "type": "LOGIN" } }),
            "In field \"name\": Expected type \"String\", found 1.",
        ),
        (
            json!({ "input": { "name": "a", "body": "b", "type": "LOGIN", "engine": "REGO_V1" } }),
            "In field \"engine\": Unknown field. Did you mean \"engineType\"?",
        ),
        (
            json!({ "input": { "name": "a", "body": "b", "type": "LOGIN", "labels": ["x", 2] } }),
            "In field \"labels\": In element #2: Expected type \"String\", found 2.",
        ),
    ];
    for (variables, expected) in cases {
        let message = desk.error(create, variables);
        assert!(message.contains(expected), "{message}");
    }
    assert_eq!(desk.sandbox.state().policies.len(), 3);
}

#[test]
fn introspection_lists_the_actions_of_roles_without_a_token() {
    let sandbox = Desk::new().sandbox;
    let query = "{ __type(name: \"Action\") { kind enumValues(includeDeprecated: true) { name } } \
                   __schema { queryType { name } types { name kind enumValues(includeDeprecated: true) { name } } } }";
    let answer = ask(&sandbox, None, query, json!({}));
    assert_eq!(answer.get("errors"), None);
    let values = answer["data"]["__type"]["enumValues"].as_array().unwrap();
    for name in ["SPACE_ADMIN", "SPACE_READ", "RUN_TRIGGER"] {
        assert!(values.contains(&json!({ "name": name })));
    }
    let types = answer["data"]["__schema"]["types"].as_array().unwrap();
    let action = types.iter().find(|ty| ty["name"] == "Action").unwrap();
    assert_eq!(action["kind"], "ENUM");
    assert_eq!(action["enumValues"].as_array(), Some(values));
}

#[test]
fn the_usual_whole_introspection_is_answered() {
    let query = "query IntrospectionQuery { __schema { queryType { name } mutationType { name } subscriptionType { name }
        types { ...T } directives { name description locations args { ...I } } } }
        fragment T on __Type { kind name description fields(includeDeprecated: true) { name description args { ...I }
        type { ...R } isDeprecated deprecationReason } inputFields { ...I } interfaces { ...R }
        enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...R } }
        fragment I on __InputValue { name description type { ...R } defaultValue }
        fragment R on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
        ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";
    let answer = ask(&Desk::new().sandbox, None, query, json!({}));
    assert_eq!(answer.get("errors"), None);
    let types = answer["data"]["__schema"]["types"].as_array().unwrap();
    let names: Vec<_> = types.iter().filter_map(|ty| ty["name"].as_str()).collect();
    assert!(names.contains(&"RoleUpdateInput") && names.contains(&"AuthorizationScheme"));
    assert_eq!(answer["data"]["__schema"]["subscriptionType"], Value::Null);
}

#[test]
fn what_is_elsewhere_says_so() {
    assert_eq!(
        Desk::new().error("{ metrics { hasRuns } }", json!({})),
        "metrics is not part of the sandbox"
    );
}

#[test]
fn earlier_mutations_of_a_request_stay_when_a_later_one_fails() {
    let desk = Desk::new();
    let answer = desk.raw(
        "mutation { roleDelete(id: \"role-deployer\") { id } again: roleDelete(id: \"role-deployer\") { id } }",
        json!({}),
    );
    assert_eq!(
        answer["data"],
        json!({ "roleDelete": { "id": "role-deployer" }, "again": null })
    );
    assert_eq!(answer["errors"][0]["message"], "role not found");
    assert_eq!(answer["errors"][0]["path"], json!(["again"]));
}

#[test]
fn a_request_that_goes_very_deep_is_refused_and_not_fatal() {
    let desk = Desk::new();
    let deep = 50_000;
    let fragments: String = (0..deep / 10)
        .map(|at| format!("fragment f{at} on Query {{ ...f{} }} ", at + 1))
        .collect();
    let queries = [
        format!("{}{}", "{ a ".repeat(deep), "}".repeat(deep)),
        format!(
            "{{ policy(id: {}1{}) {{ id }} }}",
            "[".repeat(deep),
            "]".repeat(deep)
        ),
        format!(
            "{{ searchPolicies(input: {}1{}) {{ edges {{ node {{ id }} }} }} }}",
            "{ a: ".repeat(deep),
            "}".repeat(deep)
        ),
        format!(
            "query($a: {}Int{}) {{ name }}",
            "[".repeat(deep),
            "]".repeat(deep)
        ),
        format!("{{ {} name {} }}", "... {".repeat(deep), "}".repeat(deep)),
        format!(
            "{{ ...f0 }} {fragments} fragment f{} on Query {{ name }}",
            deep / 10
        ),
        "fragment a on Query { ...b } fragment b on Query { ...a } { ...a }".to_owned(),
        format!(
            "{{ __schema {{ types {}name{} }} }}",
            "{ fields { type ".repeat(100),
            "} }".repeat(100)
        ),
    ];
    for query in queries {
        let answer = desk.raw(&query, json!({}));
        let start: String = query.chars().take(60).collect();
        assert!(answer["errors"][0]["message"].is_string(), "{start}");
        assert!(answer["data"].is_null(), "{start}");
    }
}

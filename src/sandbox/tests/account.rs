//! Tokens, sessions, keys, people and the trail that all of it leaves.

use super::*;

fn viewer(desk: &Desk, token: Option<&str>) -> Value {
    let answer = ask(
        &desk.sandbox,
        token.map(str::to_owned),
        "{ viewer { id login admin type name } }",
        json!({}),
    );
    assert_eq!(answer.get("errors"), None);
    answer["data"]["viewer"].clone()
}

#[test]
fn without_a_good_token_there_is_only_the_exchange() {
    let desk = Desk::new();
    for token in [None, Some("nonsense")] {
        assert_eq!(viewer(&desk, token), Value::Null);
        for query in [
            "{ spaces { id } }",
            "{ name }",
            "mutation { logout { id } }",
            "mutation { policyDelete(id: \"plan-guard\") { id } }",
            "{ metrics { hasRuns } }",
        ] {
            let answer = ask(&desk.sandbox, token.map(str::to_owned), query, json!({}));
            assert_eq!(answer["errors"][0]["message"], "unauthorized", "{query}");
        }
    }
    let both = ask(
        &desk.sandbox,
        None,
        "{ viewer { id } spaces { id } }",
        json!({}),
    );
    assert_eq!(
        (&both["data"], &both["errors"][0]["message"]),
        (&Value::Null, &json!("unauthorized"))
    );
    assert_eq!(
        ask(
            &desk.sandbox,
            None,
            "mutation { oauthUser(token: \"x\") { id } }",
            json!({})
        ),
        json!({ "data": { "oauthUser": null } })
    );
}

#[test]
fn a_token_says_when_it_ends_and_does() {
    let desk = Desk::new();
    let token = desk.token.as_deref();
    let (id, _) = desk.sandbox.credentials();
    let login = format!("api::{id}");
    assert_eq!(
        viewer(&desk, token),
        json!({ "id": login, "login": login, "admin": true, "type": "API_KEY", "name": "sandbox" })
    );
    desk.clock.pass(3599);
    assert_ne!(viewer(&desk, token), Value::Null);
    desk.clock.pass(1);
    assert_eq!(viewer(&desk, token), Value::Null);
    assert_eq!(desk.error("{ spaces { id } }", json!({})), "unauthorized");
}

#[test]
fn a_token_has_the_form_of_a_jwt_with_the_address_and_the_end() {
    let desk = Desk::new();
    let token = desk.token.clone().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    let claims = json!({ "aud": ["http://127.0.0.1"], "exp": 1_790_003_600, "iat": 1_790_000_000, "iss": "sandbox" });
    let decoded: Value = serde_json::from_slice(&decode(parts[1])).unwrap();
    assert_holds(&claims, &decoded, "claims");
    assert!(
        !desk
            .sandbox
            .state()
            .sessions
            .values()
            .any(|session| token.contains(&session.token_hash))
    );
}

/// The other direction of base 64, on its own.
fn decode(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: String = text
        .chars()
        .map(|letter| format!("{:06b}", alphabet.find(letter).unwrap()))
        .collect();
    let bytes = bits.as_bytes().chunks_exact(8);
    bytes
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect()
}

#[test]
fn base_64_is_that_of_everybody_else() {
    for (plain, coded) in [
        ("", ""),
        ("f", "Zg"),
        ("fo", "Zm8"),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg"),
        ("\u{ff}\u{fe}", "w7_Dvg"),
    ] {
        assert_eq!(source::base64(plain.as_bytes()), coded);
        assert_eq!(decode(coded), plain.as_bytes());
    }
}

#[test]
fn a_wrong_id_or_secret_or_an_expired_key_gives_no_user() {
    let desk = Desk::new();
    assert_eq!(log_in(&desk.sandbox, "key-ci", "wrong"), None);
    assert_eq!(log_in(&desk.sandbox, "key-unknown", "ci-secret"), None);
    desk.sandbox
        .edit(|state| state.api_keys.get_mut("key-ci").unwrap().expires_at = Some(1_790_000_001))
        .unwrap();
    assert!(log_in(&desk.sandbox, "key-ci", "ci-secret").is_some());
    desk.clock.pass(1);
    assert_eq!(log_in(&desk.sandbox, "key-ci", "ci-secret"), None);
}

#[test]
fn a_new_key_can_do_nothing_until_it_is_bound() {
    let mut desk = Desk::new();
    desk.log_in("key-new", "new-secret");
    assert_eq!(
        desk.data("{ spaces { id } policies { id } stacks { id } }", json!({})),
        json!({ "spaces": [], "policies": [], "stacks": [] })
    );
    for query in [
        "{ roles { id } }",
        "{ apiKeys { id } }",
        "{ managedUsers { id } }",
        "{ sessions { id } }",
        "{ searchAuditTrailEntries(input: {}) { edges { node { id } } } }",
    ] {
        assert_eq!(desk.error(query, json!({})), "unauthorized", "{query}");
    }
    let write = "mutation { policyUpdate(id: \"who-may-enter\", name: \"x\", body: \"\") { id } }";
    assert_eq!(desk.error(write, json!({})), "unauthorized");
}

#[test]
fn a_secret_is_shown_once_and_replaced_by_a_reset() {
    let desk = Desk::new();
    let create = "mutation { apiKeyCreate(input: { name: \"robot\", admin: true, teams: [] }) { id secret } }";
    let key = desk.data(create, json!({}))["apiKeyCreate"].clone();
    let (id, secret) = (key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    let read = desk.data(
        "query($id: ID!) { apiKey(id: $id) { name secret } }",
        json!({ "id": id }),
    );
    assert_eq!(read["apiKey"], json!({ "name": "robot", "secret": null }));
    let token = log_in(&desk.sandbox, id, secret);
    assert!(token.is_some());
    let fresh = desk.data(
        "mutation($id: ID!) { apiKeyReset(id: $id) { secret } }",
        json!({ "id": id }),
    )["apiKeyReset"]["secret"]
        .clone();
    assert_ne!(fresh, secret);
    assert_eq!(viewer(&desk, token.as_deref()), Value::Null);
    assert_eq!(log_in(&desk.sandbox, id, secret), None);
    assert!(log_in(&desk.sandbox, id, fresh.as_str().unwrap()).is_some());
    assert!(
        !serde_json::to_string(&desk.sandbox.state())
            .unwrap()
            .contains(fresh.as_str().unwrap())
    );
}

#[test]
fn the_owners_key_cannot_be_lost() {
    let desk = Desk::new();
    let (id, _) = desk.sandbox.credentials();
    let delete = "mutation($id: ID!) { apiKeyDelete(id: $id) { id } }";
    assert_eq!(
        desk.error(delete, json!({ "id": id })),
        "the key of the sandbox itself cannot be deleted"
    );
    let reset = desk.data(
        "mutation($id: ID!) { apiKeyReset(id: $id) { secret } }",
        json!({ "id": id }),
    );
    assert_eq!(desk.sandbox.credentials().1, reset["apiKeyReset"]["secret"]);
}

#[test]
fn sessions_can_be_listed_and_ended() {
    let desk = Desk::new();
    let other = log_in(&desk.sandbox, "key-ci", "ci-secret");
    let third = log_in(&desk.sandbox, "key-ci", "ci-secret");
    let sessions = desk.data("{ sessions { id current expiresAt } }", json!({}))["sessions"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(sessions.len(), 3);
    assert_eq!(
        sessions
            .iter()
            .filter(|session| session["current"] == true)
            .count(),
        1
    );
    let end = "mutation($id: ID!) { sessionDelete(id: $id) { id } }";
    desk.data(end, json!({ "id": sessions[1]["id"] }));
    assert_eq!(
        desk.error(end, json!({ "id": sessions[1]["id"] })),
        "session not found"
    );
    assert_eq!(viewer(&desk, other.as_deref()), Value::Null);
    assert_ne!(viewer(&desk, third.as_deref()), Value::Null);
    assert_eq!(
        desk.data("mutation { sessionDeleteAll { id } }", json!({}))["sessionDeleteAll"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(viewer(&desk, third.as_deref()), Value::Null);
    let out = desk.raw(
        "mutation { logout { login } again: logout { login } }",
        json!({}),
    );
    assert_eq!(out["errors"][0]["path"], json!(["again"]));
    assert_eq!(viewer(&desk, desk.token.as_deref()), Value::Null);
}

#[test]
fn switching_the_scheme_sends_waiting_invitations_and_ends_other_sessions() {
    let desk = Desk::new();
    let other = log_in(&desk.sandbox, "key-ci", "ci-secret");
    let invite = "mutation($mail: String) { managedUserInviteV2(input: { username: \"cy\", invitationEmail: $mail }) { status } }";
    assert_eq!(
        desk.data(invite, json!({ "mail": "cy@acme.example" }))["managedUserInviteV2"]["status"],
        "QUEUED"
    );
    let switch =
        "mutation($to: AuthorizationScheme!) { accountUpdateAuthorizationScheme(schema: $to) }";
    assert_eq!(
        desk.data(switch, json!({ "to": "MANAGED_USERS" })),
        json!({ "accountUpdateAuthorizationScheme": "MANAGED_USERS" })
    );
    assert_eq!(viewer(&desk, other.as_deref()), Value::Null);
    assert_eq!(
        desk.data("{ authorizationScheme }", json!({}))["authorizationScheme"],
        "MANAGED_USERS"
    );
    let users = desk.data("{ managedUsers { username status } }", json!({}));
    assert!(
        users["managedUsers"]
            .as_array()
            .unwrap()
            .contains(&json!({ "username": "cy", "status": "PENDING" }))
    );
    let sessions = "{ apiKeySessionsWithAccessToSpace(space: \"prod\", input: {}) { edges { node { sessionCount } } } }";
    assert_eq!(
        desk.data(sessions, json!({}))["apiKeySessionsWithAccessToSpace"]["edges"],
        json!([])
    );
}

#[test]
fn nobody_is_invited_twice() {
    let desk = Desk::new();
    let invite = |name: &str, mail: &str| {
        let input = json!({ "input": { "username": name, "invitationEmail": mail } });
        desk.error("mutation($input: ManagedUserInviteInputV2!) { managedUserInviteV2(input: $input) { id } }", input)
    };
    assert_eq!(
        invite("bob2", "bob@acme.example"),
        "user with this email has already been invited"
    );
    assert_eq!(
        invite("ann", "x@acme.example"),
        "username must be unique within one account"
    );
    assert_eq!(
        desk.error(
            "mutation { managedUserResendInvite(id: \"user-ann\") { id } }",
            json!({})
        ),
        "user has no open invitation"
    );
    let group = "mutation { managedUserGroupCreateV2(input: { groupName: \"Engineers\" }) { id } }";
    assert_eq!(
        desk.error(group, json!({})),
        "user group name must be unique within one account"
    );
    // A mapping is compared byte for byte, so this is another one, which nobody has brought yet.
    let other = "mutation { managedUserGroupCreateV2(input: { groupName: \"engineers\" }) { status memberCount } }";
    assert_eq!(
        desk.data(other, json!({}))["managedUserGroupCreateV2"],
        json!({ "status": "INACTIVE", "memberCount": 0 })
    );
}

#[test]
fn every_change_leaves_a_line_without_secrets_newest_first() {
    let desk = Desk::new();
    desk.data("mutation { spaceCreate(input: { name: \"x\", description: \"\", inheritEntities: true, parentSpace: \"root\" }) { id } }", json!({}));
    let webhook = json!({ "input": { "enabled": false, "endpoint": "https://x.example", "includeRuns": true, "secret": "very-secret",
        "customHeaders": { "entries": [{ "key": "X", "value": "very-secret" }] } } });
    desk.data("mutation($input: AuditTrailWebhookInput!) { auditTrailSetWebhook(input: $input) { secret } }", webhook);
    desk.raw("mutation { roleDelete(id: \"gone\") { id } }", json!({}));
    let data = desk.data(
        "{ searchAuditTrailEntries(input: { orderBy: { field: \"createdAt\", direction: DESC } }) { edges { node { action actor { username } affectedResource { resourceType resourceId } body createdAt } } } }",
        json!({}),
    );
    let edges = data["searchAuditTrailEntries"]["edges"].as_array().unwrap();
    assert_eq!(edges.len(), 3);
    let login = format!("api::{}", desk.sandbox.credentials().0);
    assert_holds(
        &json!({ "action": "audit_trail_webhook.set", "actor": { "username": login }, "createdAt": 1_790_000_000 }),
        &edges[0]["node"],
        "newest",
    );
    assert_holds(
        &json!({ "action": "space.create", "affectedResource": { "resourceType": "space", "resourceId": "*" } }),
        &edges[1]["node"],
        "before it",
    );
    assert_holds(
        &json!({ "action": "session.create", "actor": { "username": login }, "body": null }),
        &edges[2]["node"],
        "oldest",
    );
    assert!(
        !serde_json::to_string(&desk.sandbox.state().audit_trail)
            .unwrap()
            .contains("very-secret")
    );
    let page = "{ searchAuditTrailEntries(input: { predicates: [{ field: \"action\", constraint: { stringMatches: [\"space.create\"] } }] }) { edges { node { action } } } }";
    assert_eq!(
        desk.data(page, json!({}))["searchAuditTrailEntries"]["edges"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn headers_of_the_webhook_are_kept_and_never_shown() {
    let desk = Desk::new();
    desk.data("mutation { auditTrailWebhookSetHeaders(input: { customHeaders: { entries: [{ key: \"A\", value: \"1\" }] } }) { enabled } }", json!({}));
    desk.data("mutation { auditTrailWebhookDeleteHeaders(input: { customHeaderKeys: [\"X-Old\"] }) { enabled } }", json!({}));
    assert_eq!(
        desk.sandbox.state().audit_trail_webhook.unwrap().headers,
        [("A".to_owned(), "1".to_owned())].into()
    );
    desk.data(
        "mutation { auditTrailDeleteWebhook { enabled } }",
        json!({}),
    );
    assert_eq!(
        desk.data("{ auditTrailWebhook { enabled } }", json!({}))["auditTrailWebhook"],
        Value::Null
    );
    assert_eq!(
        desk.error(
            "mutation { auditTrailDeleteWebhook { enabled } }",
            json!({})
        ),
        "audit trail webhook not found"
    );
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let desk = Desk::new();
    let (_, secret) = desk.sandbox.credentials();
    let request = Request {
        query: EXCHANGE.to_owned(),
        variables: json!({ "secret": secret }).as_object().cloned().unwrap(),
        operation_name: None,
        bearer: desk.token.clone(),
    };
    let shown = format!(
        "{:?} {:?} {:?}",
        desk.sandbox,
        desk.sandbox.state(),
        request
    );
    assert!(!shown.contains(&secret));
    assert!(!shown.contains(desk.token.as_deref().unwrap()));
}

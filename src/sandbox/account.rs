//! The account's own fields, its audit trail and where that is sent.

use serde_json::{Map, Value, json};

use super::access::demand_root;
use super::args::Args;
use super::desk::{Act, Answer, Fail, Look, show};
use super::search;
use super::state::{AuditEntry, Webhook};

/// A field that stands in the settings under the same name.
pub(crate) fn setting(look: &Look<'_>, name: &str) -> Answer {
    let settings = show(&look.state.account)?;
    settings
        .get(name)
        .cloned()
        .ok_or_else(|| Fail(format!("{name} is not known here")))
}

pub(crate) fn policy_runtime(look: &Look<'_>, _: &Args) -> Answer {
    Ok(json!({ "openPolicyAgentVersion": look.state.account.open_policy_agent_version }))
}

pub(crate) fn debug_info(look: &Look<'_>, _: &Args) -> Answer {
    let account = &look.state.account;
    Ok(json!({ "commitSha": account.commit_sha, "selfHostedVersion": account.self_hosted_version }))
}

/// A seat is taken by whoever was seen within the month.
pub(crate) fn seats(look: &Look<'_>, _: &Args) -> Answer {
    let since = look.now - 30 * 24 * 3600;
    let seen = |time: Option<i64>| time.is_some_and(|time| time >= since);
    let users = look
        .state
        .users
        .values()
        .filter(|user| seen(user.last_login_time))
        .count();
    let keys = look
        .state
        .api_keys
        .values()
        .filter(|key| seen(key.last_used_at))
        .count();
    Ok(json!({
        "user": { "limit": look.state.account.user_seats, "inUse": users },
        "apiKey": { "limit": look.state.account.api_key_seats, "inUse": keys },
    }))
}

/// Of single sign-on, only its creator is known.
pub(crate) fn saml(look: &Look<'_>, _: &Args) -> Answer {
    demand_root(look.state, look.caller)?;
    Ok(creator(look.state.account.saml_admin.as_ref()))
}

pub(crate) fn oidc(look: &Look<'_>, _: &Args) -> Answer {
    demand_root(look.state, look.caller)?;
    Ok(creator(look.state.account.oidc_admin.as_ref()))
}

fn creator(login: Option<&String>) -> Value {
    login.map_or(Value::Null, |login| json!({ "adminLogin": login }))
}

/// Provisioning is not set up in a sandbox.
pub(crate) fn not_set_up(look: &Look<'_>, _: &Args) -> Answer {
    demand_root(look.state, look.caller)?;
    Ok(Value::Null)
}

pub(crate) fn update_scheme(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let scheme = args.text("schema");
    if act.state.account.authorization_scheme != scheme {
        if scheme == "MANAGED_USERS" {
            // The invitations that waited for this go out.
            for user in act
                .state
                .users
                .values_mut()
                .filter(|user| user.status == "QUEUED")
            {
                user.status = "PENDING".to_owned();
            }
        }
        act.state.account.authorization_scheme = scheme.clone();
        act.end_other_sessions();
    }
    Ok(json!(scheme))
}

pub(crate) fn update_security_email(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let email = args.text("securityEmail");
    act.state.account.security_email = Some(email.clone());
    Ok(json!(email))
}

pub(crate) fn enable_key_managers(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let enable = args.flag("enable").unwrap_or(false);
    act.state.account.api_keys_managed_by_non_root_admins = enable;
    Ok(json!(enable))
}

pub(crate) fn search_audit_trail(look: &Look<'_>, args: &Args) -> Answer {
    demand_root(look.state, look.caller)?;
    search::page(
        look.state.audit_trail.iter().rev().map(entry).collect(),
        &args.input(),
    )
}

fn entry(entry: &AuditEntry) -> Value {
    json!({
        "id": entry.id,
        "action": entry.action,
        "eventType": event_type(&entry.action),
        "actor": { "username": entry.actor, "run": null },
        "affectedResource": { "resourceType": entry.resource_type, "resourceId": entry.resource_id },
        "relatedResource": null,
        "body": entry.body,
        "createdAt": entry.created_at,
        "updatedAt": entry.created_at,
    })
}

fn event_type(action: &str) -> &'static str {
    match action {
        "session.create" | "session.refuse" => "login",
        _ => "mutation",
    }
}

/// Writes a mutation down; the thing it was done to is told by its answer, or else by its arguments.
pub(crate) fn record(act: &mut Act<'_>, action: &str, args: &Args, answer: &Value) {
    let named = |name: &str| args.maybe(name).or_else(|| args.input().maybe(name));
    let answered = answer.get("id").and_then(Value::as_str).map(str::to_owned);
    let entry = AuditEntry {
        id: act.id(),
        action: action.to_owned(),
        actor: if act.caller.login.is_empty() {
            answered.clone().unwrap_or_default()
        } else {
            act.caller.login.clone()
        },
        resource_type: kind(action),
        resource_id: answered.or_else(|| named("id")).or_else(|| named("space")),
        body: Some(Value::Object(without_secrets(&args.0)).to_string()),
        created_at: act.now(),
    };
    keep(act, entry);
}

/// Writes down what is no change of the account: somebody came, or was turned away.
pub(crate) fn note(act: &mut Act<'_>, action: &str, actor: &str, resource: Option<&str>) {
    let entry = AuditEntry {
        id: act.id(),
        action: action.to_owned(),
        actor: actor.to_owned(),
        resource_type: kind(action),
        resource_id: resource.map(str::to_owned),
        body: None,
        created_at: act.now(),
    };
    keep(act, entry);
}

fn kind(action: &str) -> String {
    action.split('.').next().unwrap_or_default().to_owned()
}

/// Adds a line, and lets go of those that are too old.
fn keep(act: &mut Act<'_>, entry: AuditEntry) {
    let oldest = act.now() - act.state.account.audit_trail_retention_days * 24 * 3600;
    act.state
        .audit_trail
        .retain(|entry| entry.created_at >= oldest);
    act.state.audit_trail.push(entry);
}

fn without_secrets(args: &Map<String, Value>) -> Map<String, Value> {
    let mut kept = Map::new();
    for (name, value) in args {
        let value = match value {
            _ if matches!(name.as_str(), "secret" | "token" | "customHeaders") => json!("***"),
            Value::Object(inner) => Value::Object(without_secrets(inner)),
            value => value.clone(),
        };
        kept.insert(name.clone(), value);
    }
    kept
}

pub(crate) fn webhook(look: &Look<'_>, _: &Args) -> Answer {
    demand_root(look.state, look.caller)?;
    show(&look.state.audit_trail_webhook)
}

/// The service first asks the address for an answer; the sandbox calls nobody.
pub(crate) fn set_webhook(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let input = args.input();
    let webhook = Webhook {
        enabled: input.flag("enabled").unwrap_or(false),
        endpoint: input.text("endpoint"),
        include_runs: input.flag("includeRuns").unwrap_or(false),
        secret: input.text("secret"),
        retry_on_failure: input.flag("retryOnFailure"),
        headers: headers(&input),
    };
    act.state.audit_trail_webhook = Some(webhook);
    show(&act.state.audit_trail_webhook)
}

fn headers(input: &Args) -> std::collections::BTreeMap<String, String> {
    let entries = input.object("customHeaders").objects("entries");
    entries
        .iter()
        .map(|entry| (entry.text("key"), entry.text("value")))
        .collect()
}

pub(crate) fn delete_webhook(act: &mut Act<'_>, _: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    show(
        act.state
            .audit_trail_webhook
            .take()
            .ok_or_else(|| Fail::missing("audit trail webhook"))?,
    )
}

pub(crate) fn set_headers(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let webhook = act
        .state
        .audit_trail_webhook
        .as_mut()
        .ok_or_else(|| Fail::missing("audit trail webhook"))?;
    webhook.headers.extend(headers(&args.input()));
    show(&*webhook)
}

pub(crate) fn delete_headers(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let webhook = act
        .state
        .audit_trail_webhook
        .as_mut()
        .ok_or_else(|| Fail::missing("audit trail webhook"))?;
    let gone = args.input().texts("customHeaderKeys").unwrap_or_default();
    webhook.headers.retain(|key, _| !gone.contains(key));
    show(&*webhook)
}

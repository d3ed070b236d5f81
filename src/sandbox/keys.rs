//! API keys; a secret is shown once and then known only by its hash.

use serde_json::{Value, json};

use super::access::demand_root;
use super::args::Args;
use super::desk::{Act, Answer, Fail, Look};
use super::source::{hash, secret};
use super::state::{ApiKey, Holder};

pub(crate) fn list(look: &Look<'_>, _: &Args) -> Answer {
    look.demand_some_admin()?;
    Ok(look.state.api_keys.values().map(shown).collect())
}

pub(crate) fn get(look: &Look<'_>, args: &Args) -> Answer {
    look.demand_some_admin()?;
    Ok(look
        .state
        .api_keys
        .get(&args.id())
        .map(shown)
        .unwrap_or_default())
}

fn shown(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "description": key.description,
        "type": key.r#type,
        "admin": key.admin,
        "creator": key.creator,
        "createdAt": key.created_at,
        "lastUsedAt": key.last_used_at,
        "deleted": false,
        "teams": key.teams,
        "isMachineUser": key.is_machine_user,
        "expiresAt": key.expires_at,
        "oidcSettings": key.oidc_settings,
    })
}

/// With the secret, the one time it is shown.
fn shown_with(key: &ApiKey, secret: Option<String>) -> Value {
    let mut answer = shown(key);
    if let (Some(fields), Some(secret)) = (answer.as_object_mut(), secret) {
        fields.insert("secret".to_owned(), json!(secret));
    }
    answer
}

pub(crate) fn create(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let input = args.input();
    let oidc = input.0.get("oidc").is_some_and(Value::is_object).then(|| {
        let oidc = input.object("oidc");
        json!({
            "issuer": oidc.text("issuer"),
            "clientId": oidc.text("clientId"),
            "subjectExpression": oidc.text("subjectExpression"),
            "claimMapping": claims(&oidc.object("claimMappings")),
        })
    });
    let name = input.text("name");
    if name.is_empty() {
        return Err(Fail::from("api key name must not be empty"));
    }
    // A key of the other kind is opened by its issuer's tokens, so it has no secret.
    let secret = oidc.is_none().then(|| secret(act.source));
    let key = ApiKey {
        id: act.id(),
        name,
        description: input.text("description"),
        r#type: if oidc.is_some() { "OIDC" } else { "SECRET" }.to_owned(),
        admin: input.flag("admin").unwrap_or(false),
        creator: act.caller.login.clone(),
        created_at: act.now(),
        last_used_at: None,
        teams: input.texts("teams").unwrap_or_default(),
        is_machine_user: input.flag("machine").unwrap_or(false),
        expires_at: input.number("expiresAt"),
        secret_hash: secret.as_deref().map(hash),
        oidc_settings: oidc,
    };
    let answer = shown_with(&key, secret);
    act.state.api_keys.insert(key.id.clone(), key);
    Ok(answer)
}

fn claims(mapping: &Args) -> Value {
    let entries = mapping.objects("entries");
    let entries: Vec<_> = entries
        .iter()
        .map(|entry| json!({ "name": entry.text("name"), "value": entry.text("value") }))
        .collect();
    json!({ "entries": entries })
}

pub(crate) fn update(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let input = args.input();
    let key = act
        .state
        .api_keys
        .get_mut(&args.id())
        .ok_or_else(not_found)?;
    if let Some(name) = input.maybe("name") {
        key.name = name;
    }
    if let Some(description) = input.maybe("description") {
        key.description = description;
    }
    if let Some(teams) = input.texts("teams") {
        key.teams = teams;
    }
    if input
        .0
        .get("oidcClaimMappings")
        .is_some_and(Value::is_object)
    {
        let Some(settings) = key.oidc_settings.as_mut().and_then(Value::as_object_mut) else {
            return Err(Fail::from(
                "only keys of another issuer have claim mappings",
            ));
        };
        settings.insert(
            "claimMapping".to_owned(),
            claims(&input.object("oidcClaimMappings")),
        );
    }
    Ok(shown(key))
}

pub(crate) fn delete(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let id = args.id();
    if id == act.state.credentials.id {
        return Err(Fail::from(
            "the key of the sandbox itself cannot be deleted",
        ));
    }
    let key = act.state.api_keys.remove(&id).ok_or_else(not_found)?;
    act.unbind_all(Holder::ApiKey, &id);
    act.state
        .sessions
        .retain(|_, session| session.api_key.as_ref() != Some(&id));
    Ok(shown(&key))
}

pub(crate) fn reset(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let fresh = secret(act.source);
    let key = act
        .state
        .api_keys
        .get_mut(&args.id())
        .ok_or_else(not_found)?;
    if key.r#type == "OIDC" {
        return Err(Fail::from("a key of another issuer has no secret"));
    }
    key.secret_hash = Some(hash(&fresh));
    let answer = shown_with(key, Some(fresh.clone()));
    let id = key.id.clone();
    if id == act.state.credentials.id {
        act.state.credentials.secret = fresh;
    }
    act.end_key_sessions(&id);
    Ok(answer)
}

fn not_found() -> Fail {
    Fail::from("could not find api key")
}

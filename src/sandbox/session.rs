//! Tokens: given for a key, looked up with every request, ended by what changes access.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Engine;
use super::access::{Level, demand_root, held, reach};
use super::args::Args;
use super::desk::{Act, Answer, Fail, Look};
use super::source::{base64, hash, secret};
use super::state::{ApiKey, Holder, Sample, Session, State};

/// How many evaluations of a policy are kept.
const SAMPLES: usize = 100;

pub(crate) fn viewer(look: &Look<'_>, _: &Args) -> Answer {
    Ok(if look.caller.id.is_empty() {
        Value::Null
    } else {
        user(look.caller)
    })
}

pub(crate) fn sessions(look: &Look<'_>, _: &Args) -> Answer {
    demand_root(look.state, look.caller)?;
    let live = look
        .state
        .sessions
        .values()
        .filter(|session| session.expires_at > look.now);
    Ok(live.map(|session| shown(session, look.caller)).collect())
}

/// A person as the API shows them; also keys are people there.
fn user(session: &Session) -> Value {
    json!({
        "id": session.login,
        "admin": session.admin,
        "name": session.name,
        "login": session.login,
        "type": if session.api_key.is_some() { "API_KEY" } else { "USER" },
        "email": session.email,
        "canCreatePersonalApiKey": false,
    })
}

fn shown(session: &Session, caller: &Session) -> Value {
    json!({
        "id": session.id,
        "admin": session.admin,
        "createdAt": session.created_at,
        "current": session.id == caller.id,
        "email": session.email,
        "expiresAt": session.expires_at,
    })
}

/// Null for a wrong id or secret, as for a key that has run out.
pub(crate) fn api_key_user(act: &mut Act<'_>, args: &Args) -> Answer {
    let now = act.now();
    let Some(key) = act.state.api_keys.get(&args.id()).cloned() else {
        return Ok(Value::Null);
    };
    if key.r#type == "OIDC" {
        return Err(Fail::from(
            "exchanging a token of another issuer is not part of the sandbox",
        ));
    }
    let expired = key.expires_at.is_some_and(|end| end <= now);
    if expired || key.secret_hash != Some(hash(&args.text("secret"))) {
        return Ok(Value::Null);
    }
    let granted = decide(act, &key)?;
    let id = act.id();
    let expires_at = now + act.state.account.token_lifetime;
    let login = format!("api::{}", key.id);
    let token = token(act, &login, &id, expires_at);
    let session = Session {
        id: id.clone(),
        token_hash: hash(&token),
        login,
        name: key.name.clone(),
        api_key: Some(key.id.clone()),
        email: None,
        admin: granted.admin,
        grants: granted.roles,
        created_at: now,
        expires_at,
    };
    let mut answer = user(&session);
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("jwt".to_owned(), json!(token));
        fields.insert("validUntil".to_owned(), json!(expires_at));
    }
    act.state
        .sessions
        .retain(|_, session| session.expires_at > now);
    act.state.sessions.insert(id, session);
    if let Some(key) = act.state.api_keys.get_mut(&key.id) {
        key.last_used_at = Some(now);
    }
    Ok(answer)
}

/// Has the form of a JWT, so that a client can read the address and the end from it; only its hash is believed.
fn token(act: &Act<'_>, login: &str, id: &str, expires_at: i64) -> String {
    let part = |value: Value| base64(value.to_string().as_bytes());
    let head = part(json!({ "alg": "HS256", "typ": "JWT" }));
    let claims = part(json!({
        "aud": [act.endpoint],
        "exp": expires_at,
        "iat": act.now(),
        "iss": "sandbox",
        "jti": id,
        "sub": login,
    }));
    format!("{head}.{claims}.{}", base64(secret(act.source).as_bytes()))
}

#[derive(Default)]
struct Granted {
    admin: bool,
    roles: BTreeMap<String, BTreeSet<String>>,
}

/// Asks the login policies about a key, unless nobody is asked about it.
fn decide(act: &mut Act<'_>, key: &ApiKey) -> Result<Granted, Fail> {
    let bound = reach(act.state, &held(act.state, Holder::ApiKey, &key.id), "root");
    if key.admin || bound == Some(Level::Admin) {
        return Ok(Granted {
            admin: true,
            ..Granted::default()
        });
    }
    let Some(evaluator) = act.evaluator else {
        return Ok(Granted::default());
    };
    if act.state.account.authorization_scheme != "LOGIN_POLICIES" {
        return Ok(Granted::default());
    }
    let input = login_input(act, key).to_string();
    let (now, mut allowed, mut admin, mut deny_admin) = (act.now(), true, false, false);
    let mut granted = Granted::default();
    let mut asked = false;
    let policies: Vec<_> = act
        .state
        .policies
        .values()
        .filter(|p| p.r#type == "LOGIN")
        .map(|p| (p.id.clone(), p.body.clone(), Engine::of(&p.engine_type)))
        .collect();
    for (id, body, engine) in policies {
        // The first policy takes the place of the rule that every member may come in.
        if !std::mem::replace(&mut asked, true) {
            allowed = false;
        }
        let text = evaluator
            .login(&body, engine, &input)
            .map_err(|error| Fail(format!("login policy failed: {error}")))?;
        let output: Value = serde_json::from_str(&text)
            .map_err(|error| Fail(format!("login policy failed: {error}")))?;
        let flag = |name: &str| output.get(name).and_then(Value::as_bool).unwrap_or(false);
        let level = output
            .get("access_level")
            .and_then(Value::as_str)
            .unwrap_or("deny")
            .to_owned();
        if flag("sample") {
            let sample = Sample {
                key: act.id(),
                outcome: level.clone(),
                timestamp: now,
                input: input.clone(),
                body,
            };
            if let Some(policy) = act.state.policies.get_mut(&id) {
                policy.samples.insert(0, sample);
                policy.samples.truncate(SAMPLES);
            }
        }
        if flag("deny") {
            return Err(Fail::from("denied"));
        }
        allowed |= level == "allow" || level == "admin";
        admin |= level == "admin";
        deny_admin |= flag("deny_admin");
        collect(&mut granted.roles, &output);
    }
    granted.admin = admin && !deny_admin;
    if allowed {
        Ok(granted)
    } else {
        Err(Fail::from("denied"))
    }
}

/// Adds what a policy grants; the old sets count as the system roles.
fn collect(roles: &mut BTreeMap<String, BTreeSet<String>>, output: &Value) {
    let texts = |value: &Value| -> Vec<String> {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    for (space, slugs) in output
        .get("roles")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        roles.entry(space.clone()).or_default().extend(texts(slugs));
    }
    for (set, slug) in [
        ("space_admin", "space-admin"),
        ("space_write", "space-writer"),
        ("space_read", "space-reader"),
    ] {
        for space in output.get(set).map(texts).unwrap_or_default() {
            roles.entry(space).or_default().insert(slug.to_owned());
        }
    }
}

fn login_input(act: &Act<'_>, key: &ApiKey) -> Value {
    let state: &State = act.state;
    let spaces: Vec<_> = state
        .spaces
        .values()
        .map(|s| json!({ "id": s.id, "name": s.name, "labels": s.labels }))
        .collect();
    let roles: Vec<_> = (state.roles.values())
        .map(|role| json!({ "id": role.slug, "name": role.name, "slug": role.slug, "ulid": role.id }))
        .collect();
    json!({
        "request": { "remote_ip": "127.0.0.1", "timestamp_ns": act.source.millis().saturating_mul(1_000_000) },
        "attachment": null,
        "session": {
            "account_name": state.account.name,
            "admin": false,
            "creator_ip": "127.0.0.1",
            "login": format!("api::{}", key.id),
            "machine": true,
            "member": true,
            "name": key.name,
            "stack_id": "",
            "teams": key.teams,
        },
        "spaces": spaces,
        "roles": roles,
    })
}

/// No token of another site is known here, and an unknown one is answered with null.
pub(crate) fn oauth_user(_: &mut Act<'_>, _: &Args) -> Answer {
    Ok(Value::Null)
}

pub(crate) fn logout(act: &mut Act<'_>, _: &Args) -> Answer {
    act.state.sessions.remove(&act.caller.id);
    Ok(user(&act.caller))
}

pub(crate) fn delete(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let gone = act
        .state
        .sessions
        .remove(&args.id())
        .ok_or_else(|| Fail::missing("session"))?;
    Ok(shown(&gone, &act.caller))
}

pub(crate) fn delete_all(act: &mut Act<'_>, _: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let own = act.caller.id.clone();
    let others = act
        .state
        .sessions
        .values()
        .filter(|session| session.id != own);
    let gone = others.map(|session| shown(session, &act.caller)).collect();
    act.end_other_sessions();
    Ok(gone)
}

impl Act<'_> {
    /// Ends the sessions of a key, but for the caller's own.
    pub(crate) fn end_key_sessions(&mut self, key: &str) {
        let own = self.caller.id.clone();
        self.state
            .sessions
            .retain(|id, session| *id == own || session.api_key.as_deref() != Some(key));
    }
}

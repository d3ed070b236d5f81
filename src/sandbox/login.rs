//! Signing in: an API key by its secret, a person by their login.
//!
//! Each login asks the login policies, unless nobody is asked about it, and leaves a line in the audit trail; where a
//! policy says so, also a sample.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Engine;
use super::access::{Level, held, reach};
use super::account::note;
use super::args::Args;
use super::desk::{Act, Answer, Fail};
use super::session::user;
use super::source::{base64, hash, secret};
use super::state::{Holder, Sample, Session, User};

/// How many evaluations of a policy are kept.
const SAMPLES: usize = 100;

/// Whoever stands at the door.
struct Visitor {
    login: String,
    name: String,
    email: Option<String>,
    /// The key's id; nothing for a person.
    key: Option<String>,
    /// As the identity provider sends them; nothing where it sends none.
    teams: Option<Vec<String>>,
    member: bool,
    address: String,
    /// Comes in as an admin, and no policy is asked.
    bypasses: bool,
}

#[derive(Default)]
struct Granted {
    admin: bool,
    roles: BTreeMap<String, BTreeSet<String>>,
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
    let bound = reach(act.state, &held(act.state, Holder::ApiKey, &key.id), "root");
    let visitor = Visitor {
        login: format!("api::{}", key.id),
        name: key.name.clone(),
        email: None,
        key: Some(key.id.clone()),
        teams: Some(key.teams.clone()),
        member: true,
        address: "127.0.0.1".to_owned(),
        bypasses: key.admin || bound == Some(Level::Admin),
    };
    let answer = enter(act, visitor)?;
    if !answer.is_null()
        && let Some(key) = act.state.api_keys.get_mut(&key.id)
    {
        key.last_used_at = Some(now);
    }
    Ok(answer)
}

/// The token of a person is their login; that of anybody else is answered with null.
pub(crate) fn oauth_user(act: &mut Act<'_>, args: &Args) -> Answer {
    let Some(person) = act.state.people.get(&args.text("token")).cloned() else {
        return Ok(Value::Null);
    };
    let account = &act.state.account;
    let creator = [&account.saml_admin, &account.oidc_admin]
        .into_iter()
        .any(|admin| admin.as_ref() == Some(&person.login));
    let visitor = Visitor {
        login: person.login.clone(),
        name: person.name.clone(),
        email: person.email.clone(),
        key: None,
        teams: person.teams.clone(),
        member: person.member,
        address: person.address.clone(),
        bypasses: creator,
    };
    let answer = enter(act, visitor)?;
    if !answer.is_null() {
        remember(act, &person);
    }
    Ok(answer)
}

/// What a login of a person leaves: the person, and the names of their groups.
fn remember(act: &mut Act<'_>, person: &super::state::Person) {
    let now = act.now();
    let teams = person.teams.clone().unwrap_or_default();
    act.state
        .available_user_groups
        .extend(teams.iter().cloned());
    for group in (act.state.groups.values_mut()).filter(|group| teams.contains(&group.group_name)) {
        group.status = "ACTIVE".to_owned();
        group.last_login_time = Some(now);
    }
    let known = (act.state.users.values_mut()).find(|user| user.username == person.login);
    match known {
        Some(user) => {
            user.status = "ACTIVE".to_owned();
            user.last_login_time = Some(now);
            user.groups = teams;
        }
        None => {
            let user = User {
                id: act.id(),
                username: person.login.clone(),
                invitation_email: None,
                login_method: Some("SAML".to_owned()),
                status: "ACTIVE".to_owned(),
                last_login_time: Some(now),
                slack_member_id: None,
                groups: teams,
                access_rules: Vec::new(),
            };
            act.state.users.insert(user.id.clone(), user);
        }
    }
}

/// Opens a session, or notes that there is none. A refusal leaves its sample and its line, too.
fn enter(act: &mut Act<'_>, visitor: Visitor) -> Answer {
    let now = act.now();
    let granted = match decide(act, &visitor) {
        Ok(granted) => granted,
        Err(fail) => {
            note(act, "session.refuse", &visitor.login, None);
            act.refusal = Some(fail);
            return Ok(Value::Null);
        }
    };
    let id = act.id();
    let expires_at = now + act.state.account.token_lifetime;
    let token = token(act, &visitor.login, &id, expires_at);
    let session = Session {
        id: id.clone(),
        token_hash: hash(&token),
        login: visitor.login,
        name: visitor.name,
        api_key: visitor.key,
        email: visitor.email,
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
    note(act, "session.create", &session.login, Some(&session.id));
    act.state
        .sessions
        .retain(|_, session| session.expires_at > now);
    act.state.sessions.insert(id, session);
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

/// Asks the login policies, unless nobody is asked about this visitor.
fn decide(act: &mut Act<'_>, visitor: &Visitor) -> Result<Granted, Fail> {
    if visitor.bypasses {
        return Ok(Granted {
            admin: true,
            ..Granted::default()
        });
    }
    if act.state.account.authorization_scheme != "LOGIN_POLICIES" {
        return managed(act, visitor);
    }
    let policies: Vec<_> = act
        .state
        .policies
        .values()
        .filter(|p| p.r#type == "LOGIN")
        .map(|p| (p.id.clone(), p.body.clone(), Engine::of(&p.engine_type)))
        .collect();
    // Without a policy, or without anybody who can read one, every member may come in.
    let evaluator = match act.evaluator {
        Some(evaluator) if !policies.is_empty() => evaluator,
        _ if visitor.member => return Ok(Granted::default()),
        _ => return Err(Fail::from("denied")),
    };
    let input = input(act, visitor).to_string();
    let (now, mut allowed, mut denied, mut admin, mut deny_admin) =
        (act.now(), false, false, false, false);
    let mut granted = Granted::default();
    for (id, body, engine) in policies {
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
        denied |= flag("deny");
        allowed |= level == "allow" || level == "admin";
        admin |= level == "admin";
        deny_admin |= flag("deny_admin");
        collect(&mut granted.roles, &output);
    }
    granted.admin = admin && !deny_admin;
    if allowed && !denied {
        Ok(granted)
    } else {
        Err(Fail::from("denied"))
    }
}

/// Where people are managed, whoever was invited or has a mapped group comes in; keys are bound or can do nothing.
fn managed(act: &Act<'_>, visitor: &Visitor) -> Result<Granted, Fail> {
    let invited = (act.state.users.values())
        .any(|user| user.username == visitor.login && user.status != "EXPIRED");
    let teams = visitor.teams.as_deref().unwrap_or_default();
    let mapped = (act.state.groups.values()).any(|group| teams.contains(&group.group_name));
    if visitor.key.is_some() || invited || mapped {
        Ok(Granted::default())
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

/// What a policy is asked, in the shape that the service publishes.
fn input(act: &Act<'_>, visitor: &Visitor) -> Value {
    let state = &*act.state;
    let spaces: Vec<_> = state
        .spaces
        .values()
        .map(|s| json!({ "id": s.id, "name": s.name, "labels": s.labels }))
        .collect();
    let roles: Vec<_> = (state.roles.values())
        .map(|role| json!({ "id": role.slug, "name": role.name, "slug": role.slug, "ulid": role.id }))
        .collect();
    let mut session = json!({
        "admin": false,
        "creator_ip": visitor.address,
        "login": visitor.login,
        "machine": visitor.key.is_some(),
        "member": visitor.member,
        "name": visitor.name,
        "teams": visitor.teams,
    });
    if let (Some(session), Some(_)) = (session.as_object_mut(), &visitor.key) {
        session.insert("account_name".to_owned(), json!(state.account.name));
        session.insert("stack_id".to_owned(), json!(""));
    }
    json!({
        "request": {
            "remote_ip": visitor.address,
            "timestamp_ns": act.source.millis().saturating_mul(1_000_000),
        },
        "attachment": null,
        "session": session,
        "spaces": spaces,
        "roles": roles,
    })
}

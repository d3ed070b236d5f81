//! Sessions: listed, and ended.

use serde_json::{Value, json};

use super::access::demand_root;
use super::args::Args;
use super::desk::{Act, Answer, Fail, Look};
use super::state::Session;

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
pub(crate) fn user(session: &Session) -> Value {
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

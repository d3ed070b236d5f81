//! Spaces, and who reaches them.

use serde_json::{Value, json};

use super::access::{Grants, Level, demand, demand_root, given_above, held, lent, level, reach};
use super::args::Args;
use super::desk::{Act, Answer, Fail, Look, show};
use super::search;
use super::source::slug;
use super::state::{Holder, Space, Stack};

pub(crate) fn list(look: &Look<'_>, _: &Args) -> Answer {
    visible(look).map(Value::Array)
}

pub(crate) fn get(look: &Look<'_>, args: &Args) -> Answer {
    show(
        look.state
            .spaces
            .get(&args.id())
            .filter(|space| look.sees(&space.id)),
    )
}

pub(crate) fn find(look: &Look<'_>, args: &Args) -> Answer {
    search::page(visible(look)?, &args.input())
}

fn visible(look: &Look<'_>) -> Result<Vec<Value>, Fail> {
    look.state
        .spaces
        .values()
        .filter(|space| look.sees(&space.id))
        .map(show)
        .collect()
}

pub(crate) fn create(act: &mut Act<'_>, args: &Args) -> Answer {
    let input = args.input();
    let parent = parent(act, &input)?;
    if act.state.account.allow_non_root_admin_space_creation {
        demand(act.state, &act.caller, &parent, Level::Admin)?;
    } else {
        demand_root(act.state, &act.caller)?;
    }
    let name = name(&input)?;
    let space = Space {
        id: format!("{}-{}", slug(&name), act.id()),
        name,
        description: input.text("description"),
        parent_space: Some(parent),
        inherit_entities: input.flag("inheritEntities").unwrap_or(false),
        labels: input.texts("labels").unwrap_or_default(),
    };
    let answer = show(&space);
    act.state.spaces.insert(space.id.clone(), space);
    answer
}

pub(crate) fn update(act: &mut Act<'_>, args: &Args) -> Answer {
    let input = args.input();
    let old = own(act, &args.text("space"))?;
    demand(act.state, &act.caller, &old.id, Level::Admin)?;
    let parent = parent(act, &input)?;
    if act.state.line(&parent).any(|above| above.id == old.id) {
        return Err(Fail::from("a space cannot be moved below itself"));
    }
    if old.parent_space.as_ref() != Some(&parent) {
        demand(act.state, &act.caller, &parent, Level::Admin)?;
    }
    let space = Space {
        name: name(&input)?,
        description: input.text("description"),
        parent_space: Some(parent),
        inherit_entities: input.flag("inheritEntities").unwrap_or(false),
        labels: input.texts("labels").unwrap_or_default(),
        ..old
    };
    let answer = show(&space);
    act.state.spaces.insert(space.id.clone(), space);
    answer
}

pub(crate) fn delete(act: &mut Act<'_>, args: &Args) -> Answer {
    let space = own(act, &args.text("space"))?;
    if act.state.account.allow_non_root_admin_space_creation {
        demand(act.state, &act.caller, &space.id, Level::Admin)?;
    } else {
        demand_root(act.state, &act.caller)?;
    }
    let state = &*act.state;
    let used = state
        .spaces
        .values()
        .any(|below| below.parent_space.as_ref() == Some(&space.id))
        || state
            .policies
            .values()
            .any(|policy| policy.space == space.id)
        || state.stacks.values().any(|stack| stack.space == space.id)
        || state
            .modules
            .values()
            .any(|module| module.space == space.id)
        || state
            .bindings
            .values()
            .any(|binding| binding.space == space.id);
    if used {
        return Err(Fail::from("space is not empty"));
    }
    act.state.spaces.remove(&space.id);
    show(space)
}

/// A space that can be changed at all.
fn own(act: &Act<'_>, id: &str) -> Result<Space, Fail> {
    if matches!(id, "root" | "legacy") {
        return Err(Fail(format!("{id} space cannot be changed")));
    }
    act.state
        .spaces
        .get(id)
        .cloned()
        .ok_or_else(|| Fail::missing("space"))
}

fn parent(act: &Act<'_>, input: &Args) -> Result<String, Fail> {
    let parent = input.text("parentSpace");
    if act.state.spaces.contains_key(&parent) {
        Ok(parent)
    } else {
        Err(Fail::missing("parent space"))
    }
}

fn name(input: &Args) -> Result<String, Fail> {
    let name = input.text("name");
    if slug(&name).is_empty() {
        Err(Fail::from("space name must not be empty"))
    } else {
        Ok(name)
    }
}

/// Who only reads a space because of what lies below it is not listed.
fn reaches(look: &Look<'_>, grants: Grants, space: &str) -> bool {
    given_above(look.state, &grants, space).is_some()
}

fn with_access(look: &Look<'_>, args: &Args, nodes: impl FnOnce(&str) -> Vec<Value>) -> Answer {
    let space = args.text("space");
    if !look.state.spaces.contains_key(&space) {
        return Err(Fail::missing("space"));
    }
    demand(look.state, look.caller, &space, Level::Admin)?;
    search::page(nodes(&space), &args.input())
}

pub(crate) fn users(look: &Look<'_>, args: &Args) -> Answer {
    with_access(look, args, |space| {
        let reaching = look.state.users.values().filter(|user| {
            reaches(look, held(look.state, Holder::User, &user.id), space)
                || reaches(look, lent(look.state, &user.groups), space)
        });
        reaching.map(|user| json!({ "user": user })).collect()
    })
}

pub(crate) fn groups(look: &Look<'_>, args: &Args) -> Answer {
    with_access(look, args, |space| {
        let groups = look.state.groups.values();
        let reaching = groups
            .filter(|group| reaches(look, held(look.state, Holder::UserGroup, &group.id), space));
        reaching
            .map(|group| json!({ "userGroup": group }))
            .collect()
    })
}

pub(crate) fn keys(look: &Look<'_>, args: &Args) -> Answer {
    with_access(look, args, |space| {
        let keys = look.state.api_keys.values();
        let reaching = keys.filter(|key| {
            key.admin || reaches(look, held(look.state, Holder::ApiKey, &key.id), space)
        });
        reaching.map(|key| json!({ "apiKey": key })).collect()
    })
}

/// Both kinds of sessions are listed only while login policies decide.
fn sessions<'l>(look: &'l Look<'_>, space: &str) -> Vec<&'l super::state::Session> {
    if look.state.account.authorization_scheme != "LOGIN_POLICIES" {
        return Vec::new();
    }
    let live = look
        .state
        .sessions
        .values()
        .filter(|session| session.expires_at > look.now);
    live.filter(|session| level(look.state, session, space).is_some())
        .collect()
}

pub(crate) fn user_sessions(look: &Look<'_>, args: &Args) -> Answer {
    with_access(look, args, |space| {
        let mut nodes: Vec<Value> = Vec::new();
        let people: Vec<_> = sessions(look, space)
            .into_iter()
            .filter(|session| session.api_key.is_none())
            .collect();
        let mut logins: Vec<&str> = people
            .iter()
            .map(|session| session.login.as_str())
            .collect();
        logins.sort_unstable();
        logins.dedup();
        for login in logins {
            let own: Vec<_> = people
                .iter()
                .filter(|session| session.login == login)
                .collect();
            nodes.push(json!({ "user": {
                "login": login,
                "name": own.first().map(|session| &session.name),
                "email": own.first().and_then(|session| session.email.as_ref()),
                "sessionCount": own.len(),
                "lastLoginAt": own.iter().map(|session| session.created_at).max(),
            } }));
        }
        nodes
    })
}

pub(crate) fn key_sessions(look: &Look<'_>, args: &Args) -> Answer {
    with_access(look, args, |space| {
        let live = sessions(look, space);
        let count = |id: &str| {
            live.iter()
                .filter(|session| session.api_key.as_deref() == Some(id))
                .count()
        };
        let keys = look
            .state
            .api_keys
            .values()
            .map(|key| (key, count(&key.id)))
            .filter(|(_, count)| *count > 0);
        keys.map(|(key, count)| json!({ "apiKey": key, "sessionCount": count }))
            .collect()
    })
}

/// A stack reads its own space without being bound to it, and what it reads from below counts here.
pub(crate) fn stacks(look: &Look<'_>, args: &Args) -> Answer {
    let residing = args.text("mode") == "RESIDING";
    with_access(look, args, |space| {
        let acts = |stack: &Stack| {
            let mut grants = held(look.state, Holder::Stack, &stack.id);
            grants.entry(stack.space.clone()).or_insert(Level::Read);
            reach(look.state, &grants, space).is_some()
        };
        let stacks = look.state.stacks.values();
        let reaching = stacks.filter(|stack| stack.space == space || (!residing && acts(stack)));
        reaching.map(|stack| json!({ "stack": stack })).collect()
    })
}

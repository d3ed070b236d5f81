//! Who may do what where.

use std::collections::BTreeMap;

use super::desk::{Fail, Look};
use super::state::{AccessRule, Holder, Role, Session, State};

/// What someone may do in a space, as one of three steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Look.
    Read,
    /// Also trigger and configure.
    Write,
    /// Everything.
    Admin,
}

impl Level {
    /// As the API spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Level::Read => "READ",
            Level::Write => "WRITE",
            Level::Admin => "ADMIN",
        }
    }

    fn parse(name: &str) -> Option<Level> {
        [Level::Read, Level::Write, Level::Admin]
            .into_iter()
            .find(|level| level.name() == name)
    }

    /// The step that a role amounts to; none if it does not even let one look.
    pub(crate) fn of(role: &Role) -> Option<Level> {
        let has = |action: &str| role.actions.iter().any(|own| own == action);
        [
            ("SPACE_ADMIN", Level::Admin),
            ("SPACE_WRITE", Level::Write),
            ("SPACE_READ", Level::Read),
        ]
        .into_iter()
        .find_map(|(action, level)| has(action).then_some(level))
    }
}

/// Steps by the space in which they were given.
pub(crate) type Grants = BTreeMap<String, Level>;

fn give(grants: &mut Grants, space: &str, level: Level) {
    let held = grants.entry(space.to_owned()).or_insert(level);
    *held = level.max(*held);
}

fn by_rules(grants: &mut Grants, rules: &[AccessRule]) {
    for rule in rules {
        if let Some(level) = Level::parse(&rule.space_access_level) {
            give(grants, &rule.space, level);
        }
    }
}

/// What bindings and old rules give to a holder, not counting groups.
pub(crate) fn held(state: &State, kind: Holder, id: &str) -> Grants {
    let mut grants = Grants::new();
    for binding in state
        .bindings
        .values()
        .filter(|binding| binding.kind == kind && binding.holder == id)
    {
        if let Some(level) = state.roles.get(&binding.role).and_then(Level::of) {
            give(&mut grants, &binding.space, level);
        }
    }
    match kind {
        Holder::User => by_rules(
            &mut grants,
            state.users.get(id).map_or(&[], |user| &user.access_rules),
        ),
        Holder::UserGroup => by_rules(
            &mut grants,
            state
                .groups
                .get(id)
                .map_or(&[], |group| &group.access_rules),
        ),
        Holder::ApiKey | Holder::Stack => {}
    }
    grants
}

/// What the groups of these names give.
pub(crate) fn lent(state: &State, names: &[String]) -> Grants {
    let mut grants = Grants::new();
    for group in state
        .groups
        .values()
        .filter(|group| names.contains(&group.group_name))
    {
        for (space, level) in held(state, Holder::UserGroup, &group.id) {
            give(&mut grants, &space, level);
        }
    }
    grants
}

/// Everything a session was given.
fn given(state: &State, session: &Session) -> Grants {
    let mut grants = Grants::new();
    if session.admin {
        give(&mut grants, "root", Level::Admin);
    }
    for (space, slugs) in &session.grants {
        for role in state
            .roles
            .values()
            .filter(|role| slugs.contains(&role.slug))
        {
            if let Some(level) = Level::of(role) {
                give(&mut grants, space, level);
            }
        }
    }
    let (own, names) = match &session.api_key {
        Some(key) => {
            let names = state
                .api_keys
                .get(key)
                .map(|key| key.teams.clone())
                .unwrap_or_default();
            (held(state, Holder::ApiKey, key), names)
        }
        None => match state
            .users
            .values()
            .find(|user| user.username == session.login)
        {
            Some(user) => (held(state, Holder::User, &user.id), user.groups.clone()),
            None => Default::default(),
        },
    };
    for (space, level) in own.into_iter().chain(lent(state, &names)) {
        give(&mut grants, &space, level);
    }
    grants
}

/// The most that was given in a space or above it.
pub(crate) fn given_above(state: &State, grants: &Grants, space: &str) -> Option<Level> {
    state
        .line(space)
        .filter_map(|above| grants.get(&above.id).copied())
        .max()
}

/// What such grants amount to in a space: they reach down always, and up as reading while spaces inherit.
pub(crate) fn reach(state: &State, grants: &Grants, space: &str) -> Option<Level> {
    let down = given_above(state, grants, space);
    let up = grants
        .keys()
        .any(|below| state.usable(space, below))
        .then_some(Level::Read);
    down.max(up)
}

/// What a session may do in a space.
pub(crate) fn level(state: &State, session: &Session, space: &str) -> Option<Level> {
    reach(state, &given(state, session), space)
}

/// Refuses those who may not do this in the space.
pub(crate) fn demand(
    state: &State,
    session: &Session,
    space: &str,
    least: Level,
) -> Result<(), Fail> {
    if level(state, session, space) >= Some(least) {
        Ok(())
    } else {
        Err(Fail::unauthorized())
    }
}

/// Refuses all but admins of the account.
pub(crate) fn demand_root(state: &State, session: &Session) -> Result<(), Fail> {
    demand(state, session, "root", Level::Admin)
}

impl Look<'_> {
    /// Whether the caller sees the space.
    pub(crate) fn sees(&self, space: &str) -> bool {
        level(self.state, self.caller, space).is_some()
    }

    /// Refuses those who are admins nowhere: only admins see who has access.
    pub(crate) fn demand_some_admin(&self) -> Result<(), Fail> {
        let admin = given(self.state, self.caller)
            .values()
            .any(|level| *level == Level::Admin);
        if admin {
            Ok(())
        } else {
            Err(Fail::unauthorized())
        }
    }
}

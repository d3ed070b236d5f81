//! Effective access: what a role on a space amounts to, and by which ways somebody can do something somewhere.
//!
//! A role on a space is a role on every space below it, and one on root is held everywhere. Whoever holds any role on a space
//! that inherits may read the space above, and so on upwards. An account admin may do everything everywhere. Source:
//! Spacelift's documentation, spaces and authorization.
//!
//! Everything is asked of a [`Model`], whose tree and roles are those of the mapping; [`in_account`] makes one with those of
//! the account.

mod barrier;
mod people;
#[cfg(test)]
mod tests;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use self::barrier::{Barrier, BarrierKind};
pub use self::people::{Asking, Further, People, Person, access_of_groups};
pub use self::ways::{Bound, By, Question, Reached, Way, What, Whom, ways};

use crate::fixture::EVERY;
use crate::model::{FIXED_SPACES, Model, Role, RoleKind, Space};
use crate::resolve::actions::{ACTIONS, from_api};
use crate::spacelift;

/// What anybody may do who sees a space at all.
pub const READ: &str = "space:read";

/// How a role on one space serves on another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach<'m> {
    /// It is bound there.
    Itself,
    /// It is bound on a space above, or on root.
    Below,
    /// Reading only: it is bound on a space below, from which every space inherits up to there. The spaces on the way, from
    /// the one it is bound on, without the one that is read.
    Above(Vec<&'m str>),
}

/// Whether a role that is bound on one space lets somebody act on another, or on any but root and legacy for `*`.
#[must_use]
pub fn serves(model: &Model, slug: &str, action: &str, bound_on: &str, space: &str) -> bool {
    if model.may(slug, action) && model.role_reaches(bound_on, space) {
        return true;
    }
    let open = |above: &&str| space == *above || (space == EVERY && !FIXED_SPACES.contains(above));
    action == READ && read_above(model, bound_on).iter().any(open)
}

/// The spaces above one that are open to be read by whoever holds a role on it, the nearest first.
#[must_use]
pub fn read_above<'m>(model: &'m Model, space: &str) -> Vec<&'m str> {
    let mut above: Vec<&str> = Vec::new();
    let mut at = model.spaces.get(space);
    while let Some(parent) = at
        .filter(|space| space.inherit)
        .and_then(|space| space.parent.as_deref())
        && above.len() <= model.spaces.len()
    {
        above.push(parent);
        at = model.spaces.get(parent);
    }
    above
}

/// The actions that a role holds of those that are known; none where it may hold any.
#[must_use]
pub fn actions_of(model: &Model, slug: &str) -> Option<BTreeSet<String>> {
    match model.roles.get(slug).map(|role| &role.kind) {
        Some(RoleKind::Declared(actions)) => Some(actions.clone()),
        Some(kind @ RoleKind::BuiltIn) => Some(
            ACTIONS
                .iter()
                .filter(|action| kind.may(slug, action))
                .map(ToString::to_string)
                .collect(),
        ),
        Some(RoleKind::External) | None => None,
    }
}

/// The mapping with the tree and the roles of an account in place of its own. Where the installation does not list roles, the
/// mapping's stay.
#[must_use]
pub fn in_account(
    model: &Model,
    spaces: &[spacelift::Space],
    roles: Option<&[spacelift::Role]>,
) -> Model {
    let mut model = model.clone();
    let declared = std::mem::take(&mut model.spaces);
    model.spaces = spaces
        .iter()
        .map(|space| {
            let made = Space {
                parent: space.parent.clone(),
                inherit: space.inherit,
                labels: space.labels.iter().cloned().collect(),
                span: declared.get(&space.id).and_then(|space| space.span),
            };
            (space.id.clone(), made)
        })
        .collect();
    for role in roles.into_iter().flatten() {
        let actions = role.actions.iter();
        let actions = actions.map(|action| from_api(action).unwrap_or(action).to_owned());
        let span = model.roles.get(&role.slug).and_then(|role| role.span);
        model.roles.insert(
            role.slug.clone(),
            Role {
                name: Some(role.name.clone()),
                kind: RoleKind::Declared(actions.collect()),
                span,
            },
        );
    }
    model
}

/// A tree of spaces, from above to below.
struct Tree<'m> {
    model: &'m Model,
    below: BTreeMap<&'m str, Vec<&'m str>>,
}

impl<'m> Tree<'m> {
    fn of(model: &'m Model) -> Self {
        let mut below: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, space) in &model.spaces {
            if let Some(parent) = &space.parent {
                below.entry(parent).or_default().push(id);
            }
        }
        Self { model, below }
    }

    /// Every space on which a role that is bound on one is in effect, and how.
    fn reached(&self, bound_on: &'m str) -> Vec<(&'m str, Reach<'m>)> {
        if bound_on == "root" {
            let others = self.model.spaces.keys().filter(|id| *id != "root");
            return std::iter::once(("root", Reach::Itself))
                .chain(others.map(|id| (id.as_str(), Reach::Below)))
                .collect();
        }
        let mut reached = vec![(bound_on, Reach::Itself)];
        let mut seen = BTreeSet::from([bound_on]);
        let mut at = 0;
        while let Some((space, _)) = reached.get(at) {
            for below in self.below.get(space).into_iter().flatten() {
                // A tree that an account told could be anything.
                if seen.insert(*below) {
                    reached.push((*below, Reach::Below));
                }
            }
            at += 1;
        }
        let mut way = vec![bound_on];
        for above in read_above(self.model, bound_on) {
            if seen.insert(above) {
                reached.push((above, Reach::Above(way.clone())));
            }
            way.push(above);
        }
        reached
    }
}

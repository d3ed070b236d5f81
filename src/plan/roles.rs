//! The steps from the account's roles to the mapping's, and what stands in their way.
//!
//! A role's actions hold at once for whoever holds the role, and a policy decides who that is, so their order matters: no
//! state on the way may give anybody more than the account gave before or the mapping gives. What is not held yet is made
//! first, then roles lose what they lose, then the policy changes, then roles gain what they gain, and what nothing names any
//! more goes last.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::nearest;
use crate::model::{Model, RoleKind};
use crate::policy::Policy;
use crate::render::string_literal;
use crate::resolve::actions::to_api;
use crate::spacelift::{Role, RoleUpdate};

use super::guards::{quoted, refusal};
use super::live::Live;
use super::{Change, Desired, Guard, Refusal, RoleState, escaped};

/// What administers a space, as the API spells it.
pub(super) const ADMIN: &str = "SPACE_ADMIN";

/// What becomes of the roles.
#[derive(Default)]
pub(super) struct Roles {
    /// Steps before the policy.
    pub early: Vec<Change>,
    /// Steps after the policy.
    pub late: Vec<Change>,
    pub refusals: Vec<Refusal>,
    /// The actions of every role by its slug, now.
    pub before: Actions,
    /// And when all is done.
    pub after: Actions,
}

impl Roles {
    /// The roles that two mappings declare.
    pub(super) fn declared(old: &Model, new: &Model) -> Self {
        let actions = |model: &Model| -> Actions {
            let declared = model
                .roles
                .iter()
                .filter_map(|(slug, role)| match &role.kind {
                    RoleKind::Declared(actions) => Some((
                        slug.clone(),
                        actions.iter().map(|action| to_api(action)).collect(),
                    )),
                    _ => None,
                });
            declared.collect()
        };
        Self {
            before: actions(old),
            after: actions(new),
            ..Self::default()
        }
    }

    /// Roles of which nothing becomes anything else.
    pub(super) fn as_they_are(live: &Live) -> Self {
        let mut actions = Actions::new();
        for role in live.roles.iter().flatten() {
            let held = actions.entry(role.slug.clone()).or_default();
            held.extend(role.actions.iter().cloned());
        }
        Self {
            after: actions.clone(),
            before: actions,
            ..Self::default()
        }
    }
}

/// Actions by the slug of their role.
pub(super) type Actions = BTreeMap<String, BTreeSet<String>>;

/// Compares the roles. `policy_changes` is whether a step of the policy stands between the early and the late ones.
pub(super) fn of(
    desired: &Desired,
    live: &Live,
    policy_changes: bool,
    notes: &mut BTreeSet<String>,
) -> Roles {
    let mut found = Roles::default();
    let Some(roles) = &live.roles else {
        unlisted(desired, &mut found, notes);
        return found;
    };
    let mut by_slug: BTreeMap<&str, Vec<&Role>> = BTreeMap::new();
    for role in roles {
        by_slug.entry(&role.slug).or_default().push(role);
        let actions = found.before.entry(role.slug.clone()).or_default();
        actions.extend(role.actions.iter().cloned());
    }
    found.after.clone_from(&found.before);
    let mut steps = Steps {
        desired,
        live,
        policy_changes,
        found,
    };
    steps.missing(&by_slug);
    for (slug, role) in &desired.model.roles {
        let RoleKind::Declared(actions) = &role.kind else {
            continue;
        };
        let wanted = Wanted {
            slug,
            name: role.name.as_deref(),
            actions: actions.iter().map(|action| to_api(action)).collect(),
        };
        match by_slug.get(slug.as_str()).map(Vec::as_slice) {
            None => steps.create(&wanted, roles, notes),
            Some([one]) => steps.update(&wanted, one, notes),
            Some(several) => steps.refuse(
                Guard::RoleDiffers,
                format!("the account has {} roles {}", several.len(), quoted(slug)),
                "which of them a policy means is not known; delete all but one in Spacelift",
            ),
        }
        steps.shared(slug, notes);
        steps.found.after.insert(slug.clone(), wanted.actions);
    }
    for slug in &desired.delete_roles {
        steps.delete(slug, &by_slug, notes);
    }
    steps.found
}

/// The slugs that a policy gives.
pub(super) fn named(policy: &Policy) -> BTreeSet<&str> {
    let granted = policy
        .grants
        .values()
        .chain(policy.guarded_grants.values())
        .flatten()
        .flat_map(|row| &row.roles);
    let in_slack = policy.slack.values().flat_map(BTreeMap::values).flatten();
    granted.chain(in_slack).map(String::as_str).collect()
}

/// Whether a policy's text, which may be anybody's, says a slug.
pub(crate) fn says(body: &str, slug: &str) -> bool {
    let mut literal = String::new();
    string_literal(&mut literal, slug);
    body.contains(&literal) || body.contains(&format!("`{slug}`"))
}

/// An installation without roles in its API.
fn unlisted(desired: &Desired, found: &mut Roles, notes: &mut BTreeSet<String>) {
    notes.insert(
        "the installation does not list roles, so the mapping's could not be checked".to_string(),
    );
    let declared = desired
        .model
        .roles
        .iter()
        .filter(|(_, role)| matches!(role.kind, RoleKind::Declared(_)))
        .map(|(slug, _)| slug);
    for slug in declared.chain(&desired.delete_roles) {
        found.refusals.push(refusal(
            Guard::RolesUnsupported,
            format!(
                "the installation does not list roles, so {} cannot be managed",
                quoted(slug)
            ),
            "update the installation to 3.5.0 or later, or declare the role with `external: true`",
        ));
    }
}

/// A declared role.
struct Wanted<'a> {
    slug: &'a str,
    name: Option<&'a str>,
    actions: BTreeSet<String>,
}

struct Steps<'a> {
    desired: &'a Desired<'a>,
    live: &'a Live,
    policy_changes: bool,
    found: Roles,
}

impl Steps<'_> {
    fn refuse(&mut self, code: Guard, message: impl Into<String>, help: impl Into<String>) {
        self.found.refusals.push(refusal(code, message, help));
    }

    /// Roles that the policy gives and that others make.
    fn missing(&mut self, live: &BTreeMap<&str, Vec<&Role>>) {
        let managed = |slug: &str| {
            let role = self.desired.model.roles.get(slug);
            role.is_some_and(|role| matches!(role.kind, RoleKind::Declared(_)))
        };
        let missing: Vec<&str> = named(self.desired.policy)
            .into_iter()
            .filter(|slug| !live.contains_key(slug) && !managed(slug))
            .collect();
        for slug in missing {
            self.refuse(
                Guard::RoleMissing,
                format!("the account has no role {}", quoted(slug)),
                "create it in Spacelift, declare it with its actions, or correct the mapping, which names roles by slug",
            );
        }
    }

    /// Other login policies give a role too, and what becomes of it holds there at once.
    fn shared(&self, slug: &str, notes: &mut BTreeSet<String>) {
        let changes = |change: &Change| match change {
            Change::RoleCreate { role, .. } => role.slug == slug,
            Change::RoleUpdate { after, .. } => after.slug == slug,
            _ => false,
        };
        let steps = self.found.early.iter().chain(&self.found.late);
        if !steps.clone().any(changes) {
            return;
        }
        let others = self.live.others.iter().chain(&self.live.accepted);
        for policy in others.filter(|policy| says(&policy.body, slug)) {
            notes.insert(format!(
                "the login policy {} names the role {} too; what it becomes holds there at once, for people that no fixture shows",
                quoted(&policy.name),
                quoted(slug)
            ));
        }
    }

    fn create(&mut self, wanted: &Wanted<'_>, live: &[Role], notes: &mut BTreeSet<String>) {
        let role = RoleState {
            slug: wanted.slug.to_string(),
            name: wanted.name.unwrap_or(wanted.slug).to_string(),
            actions: wanted.actions.iter().cloned().collect(),
        };
        if let Some(namesake) = live.iter().find(|one| one.name == role.name) {
            self.refuse(
                Guard::RoleSlug,
                format!(
                    "the account's role that is named {} has the slug {}, and the mapping declares {}",
                    quoted(&role.name),
                    quoted(&namesake.slug),
                    quoted(wanted.slug)
                ),
                format!(
                    "declare it as {}, give it another `name`, or delete that one with `--delete-role {}`",
                    quoted(&namesake.slug),
                    escaped(&namesake.slug)
                ),
            );
        }
        match slug_of(&role.name) {
            Some(slug) if slug == wanted.slug => {}
            Some(slug) => self.refuse(
                Guard::RoleSlug,
                format!(
                    "a role that is named {} gets the slug {}, and the mapping declares {}",
                    quoted(&role.name),
                    quoted(&slug),
                    quoted(wanted.slug)
                ),
                format!(
                    "give the role a `name` that becomes its slug, or declare it as {}",
                    quoted(&slug)
                ),
            ),
            None => {
                notes.insert(format!(
                    "whether a role that is named {} gets the slug {} shows when it is made; if it does not, the push stops before the policy",
                    quoted(&role.name),
                    quoted(wanted.slug)
                ));
            }
        }
        // A live policy that gives it already would give it to its own people the moment it is made.
        let given = self
            .live
            .ours
            .as_ref()
            .is_some_and(|(policy, _)| says(&policy.body, wanted.slug));
        let change = Change::RoleCreate {
            role,
            description: format!(
                "Managed by liftgate from {}: change the mapping, not this role.",
                escaped(&self.desired.policy.mapping)
            ),
        };
        if given && self.policy_changes {
            self.found.late.push(change);
        } else {
            self.found.early.push(change);
        }
    }

    fn update(&mut self, wanted: &Wanted<'_>, live: &Role, notes: &mut BTreeSet<String>) {
        let has: BTreeSet<String> = live.actions.iter().cloned().collect();
        let gains = wanted.actions.difference(&has).count() > 0;
        let loses = has.difference(&wanted.actions).count() > 0;
        let renamed = wanted.name.is_some_and(|name| name != live.name);
        if !gains && !loses && !renamed {
            return;
        }
        if live.system {
            return self.refuse(
                Guard::RoleDiffers,
                format!(
                    "the role {} is Spacelift's own, which nobody can change, and is not as declared: {}",
                    quoted(wanted.slug),
                    differences(&has, &wanted.actions)
                ),
                "declare it with `external: true`",
            );
        }
        if renamed && slug_of(wanted.name.unwrap_or_default()).as_deref() != Some(wanted.slug) {
            notes.insert(format!(
                "whether the role {} keeps its slug under another name is not documented; if it does not, the push stops there",
                quoted(wanted.slug)
            ));
        }
        if live.bindings.is_some_and(|count| count > 0) {
            notes.insert(format!(
                "the role {} is also bound in the account itself, to people, keys or stacks that no fixture shows",
                quoted(wanted.slug)
            ));
        }
        if wanted.actions.contains(ADMIN)
            && !has.contains(ADMIN)
            && !self
                .desired
                .admin_roles
                .iter()
                .any(|slug| slug == wanted.slug)
        {
            self.refuse(
                Guard::RoleBecomesAdmin,
                format!(
                    "the role {} would gain `space:admin`, at once for whoever holds it",
                    quoted(wanted.slug)
                ),
                format!(
                    "if that is meant, say so with `--allow-admin-role {}`",
                    escaped(wanted.slug)
                ),
            );
        }
        let state = |actions: &BTreeSet<String>| RoleState {
            slug: wanted.slug.to_string(),
            name: wanted.name.unwrap_or(&live.name).to_string(),
            actions: actions.iter().cloned().collect(),
        };
        let step = |before: RoleState, after: RoleState| Change::RoleUpdate {
            id: live.id.clone(),
            before,
            after,
        };
        let (before, after) = (RoleState::from(live), state(&wanted.actions));
        if !(gains && self.policy_changes) {
            return self.found.early.push(step(before, after));
        }
        if !loses {
            return self.found.late.push(step(before, after));
        }
        let kept: BTreeSet<String> = has.intersection(&wanted.actions).cloned().collect();
        if kept.is_empty() {
            self.refuse(
                Guard::RoleReplaced,
                format!("the role {} keeps none of its actions, and the policy changes too", quoted(wanted.slug)),
                "there is no order of the two in which nobody holds more than before or after; declare the role under another slug, or push one of them first",
            );
            return self.found.early.push(step(before, after));
        }
        let narrow = state(&kept);
        self.found.early.push(step(before, narrow.clone()));
        self.found.late.push(step(narrow, after));
    }

    /// A role that was asked to go.
    fn delete(
        &mut self,
        slug: &str,
        live: &BTreeMap<&str, Vec<&Role>>,
        notes: &mut BTreeSet<String>,
    ) {
        let name = quoted(slug);
        let declared = self.desired.model.roles.get(slug);
        let role = match live.get(slug).map(Vec::as_slice) {
            Some([one]) => *one,
            Some(_) => {
                return self.refuse(
                    Guard::RoleUnknown,
                    format!("the account has several roles {name}"),
                    "which of them is meant is not known; delete it in Spacelift",
                );
            }
            None => {
                // A push that was cut short after it, or the same one again, finds it gone: that is what was wanted. What
                // looks like a slip for a role that could be deleted is none of that.
                let could_go = live
                    .iter()
                    .filter(|(slug, roles)| {
                        !self.desired.model.roles.contains_key(**slug)
                            && roles.iter().all(|role| !role.system)
                    })
                    .map(|(slug, _)| *slug);
                let Some(near) = nearest(slug, could_go) else {
                    notes.insert(format!(
                        "the account has no role {name}, so there is none to delete"
                    ));
                    return;
                };
                return self.refuse(
                    Guard::RoleUnknown,
                    format!("the account has no role {name} to delete"),
                    format!("did you mean {}?", quoted(near)),
                );
            }
        };
        if role.system || declared.is_some_and(|role| role.kind == RoleKind::BuiltIn) {
            return self.refuse(
                Guard::RoleBuiltIn,
                format!("the role {name} is Spacelift's own, which nobody can delete"),
                "leave `--delete-role` out for it",
            );
        }
        if declared.is_some() {
            return self.refuse(
                Guard::RoleNeeded,
                format!("the role {name} is to be deleted, and the mapping declares it"),
                "take it out of the mapping first, or leave `--delete-role` out for it",
            );
        }
        if named(self.desired.policy).contains(slug) {
            let message = format!("the role {name} is to be deleted, and the policy gives it");
            return self.refuse(
                Guard::RoleNeeded,
                message,
                "take it out of the mapping first",
            );
        }
        let mut others = self.live.others.iter().chain(&self.live.accepted);
        if let Some(policy) = others.find(|policy| says(&policy.body, slug)) {
            let message = format!(
                "the login policy {} names the role {name}",
                quoted(&policy.name)
            );
            return self.refuse(Guard::RoleNeeded, message, "change that policy first");
        }
        match role.bindings {
            Some(0) => {}
            Some(count) => {
                return self.refuse(
                    Guard::RoleBound,
                    format!("the role {name} is still bound {count} times"),
                    "take it from the people, groups, keys and stacks that hold it in Spacelift first",
                );
            }
            None => {
                notes.insert(format!(
                    "the installation does not say whether the role {name} is still bound"
                ));
            }
        }
        self.found.after.remove(slug);
        self.found.late.push(Change::RoleDelete {
            id: role.id.clone(),
            role: RoleState::from(role),
        });
    }
}

/// The slug that a name becomes, where that is beyond doubt: the rule is not documented, and what it makes of other
/// characters is not known. Source: Spacelift's Terraform provider, `spacelift_role`, and the slugs of Spacelift's own roles.
fn slug_of(name: &str) -> Option<String> {
    let plain = name
        .split([' ', '-'])
        .all(|word| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric()));
    plain.then(|| name.to_ascii_lowercase().replace(' ', "-"))
}

fn differences(has: &BTreeSet<String>, wanted: &BTreeSet<String>) -> String {
    let list = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        let names: Vec<String> = one.difference(other).map(|action| quoted(action)).collect();
        if names.is_empty() {
            "nothing".to_string()
        } else {
            names.join(", ")
        }
    };
    format!(
        "it has {} too many, and lacks {}",
        list(has, wanted),
        list(wanted, has)
    )
}

impl From<&Role> for RoleState {
    fn from(role: &Role) -> Self {
        let actions: BTreeSet<String> = role.actions.iter().cloned().collect();
        Self {
            slug: role.slug.clone(),
            name: role.name.clone(),
            actions: actions.into_iter().collect(),
        }
    }
}

impl RoleState {
    /// What to send to make this of `before`.
    #[must_use]
    pub fn update(&self, before: &Self) -> RoleUpdate {
        RoleUpdate {
            name: (self.name != before.name).then(|| self.name.clone()),
            actions: (self.actions != before.actions).then(|| self.actions.clone()),
        }
    }
}

#[cfg(test)]
mod tests;

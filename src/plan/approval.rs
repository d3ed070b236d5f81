//! What of a plan somebody else should agree to before it is pushed: whatever takes something away, whatever changes an
//! administrator, and whatever was let through that is refused as a rule. The rest gives people what a reviewer of the mapping
//! has seen.
//!
//! Three things tell: who is known, what the texts say, and what the guards would say. None of them is enough by itself. Who is
//! known is said by files that lie beside the mapping; and a text does not say how many it is about.

use std::collections::BTreeSet;

use crate::evaluate::Login;
use crate::model::Guards;

use super::effects::Effects;
use super::guards::{Losses, looser_than, newly_outside, under_limits};
use super::live::Live;
use super::roles::ADMIN;
use super::taken::Taken;
use super::{
    Change, Desired, Effect, GroupLoss, Guard, Override, People, PersonChange, escaped, quoted,
};

/// As much is named of what the texts take and of administration; the rest is counted.
const NAMED: usize = 5;

/// What a plan found.
pub(super) struct Found<'a> {
    pub changes: &'a [Change],
    pub effects: &'a Effects,
    pub losses: Losses<'a>,
    pub overrides: &'a [Override],
}

/// The reasons, each in a few words; none where nobody has to be asked.
pub(super) fn reasons(desired: &Desired, live: &Live, found: &Found<'_>) -> Vec<String> {
    if found.changes.is_empty() {
        return Vec::new();
    }
    let taken = found.losses.taken;
    let unknown = [found.effects.unknown.as_ref(), taken.unknown.as_ref()];
    let unknown: BTreeSet<&String> = unknown.into_iter().flatten().collect();
    let mut reasons: Vec<String> = unknown
        .into_iter()
        .map(|why| format!("what is taken away cannot be told: {}", escaped(why)))
        .collect();
    let people = &found.losses.counted.people;
    reasons.extend(of_people(&found.effects.effects, people, taken));
    reasons.extend(of_changes(found.changes));
    for (lines, what) in [
        (&taken.lines, "the change takes away"),
        (&taken.administration, "who administers the account changes"),
    ] {
        if !lines.is_empty() {
            reasons.push(format!("{what}: {}", some(lines)));
        }
    }
    let set_aside = found.overrides.iter();
    let set_aside = set_aside.filter(|one| !one.refusals.is_empty());
    reasons
        .extend(set_aside.map(|one| format!("the guard {} is set aside: {}", one.guard, one.why)));
    let outside = newly_outside(desired, live, found.losses.counted);
    if !outside.is_empty() {
        reasons.push(format!("said not to be asked about: {}", some(&outside)));
    }
    reasons.extend(of_limits(desired, live, found));
    reasons
}

/// The first of many.
fn some(lines: &[String]) -> String {
    let mut named: Vec<&str> = lines.iter().take(NAMED).map(String::as_str).collect();
    let more = format!("and {} more", lines.len().saturating_sub(NAMED));
    if lines.len() > NAMED {
        named.push(&more);
    }
    named.join("; ")
}

/// How many people lose what. They are counted by login, and logins of the fixtures by identity, since some are no person's.
fn of_people(effects: &[Effect], people: &People, taken: &Taken) -> Vec<String> {
    type Of<T> = fn(&T) -> bool;
    let kinds: [(Of<Effect>, Of<PersonChange>, &str); 5] = [
        (
            |effect| !effect.losses.is_empty(),
            |person| !person.losses.is_empty(),
            "losing roles",
        ),
        (
            |effect| effect.role_changes.iter().any(|one| !one.losses.is_empty()),
            |person| person.role_changes.iter().any(|one| !one.losses.is_empty()),
            "losing actions of a role",
        ),
        (
            |effect| effect.login_change.is_some_and(is_lower),
            |person| person.login_change.is_some_and(is_lower),
            "let in no longer, or no longer as an administrator",
        ),
        (
            |effect| !effect.stacks.losses.is_empty(),
            |person| !person.stacks.losses.is_empty(),
            "losing access to stacks",
        ),
        (
            |effect| effect.admin_change.is_some(),
            |person| person.admin_change.is_some(),
            "beginning or ceasing to administer the account",
        ),
    ];
    let mut reasons = Vec::new();
    for (of_effect, of_person, what) in kinds {
        let logins = effects.iter().filter(|one| of_effect(one));
        let identities: BTreeSet<&str> = logins.map(|one| one.identity.as_str()).collect();
        let persons = people.changes.iter().filter(|one| of_person(one)).count();
        let count = persons.max(identities.len());
        if count > 0 {
            reasons.push(format!("{count} {what}"));
        }
    }
    let offboarded = taken.offboarded.len();
    if offboarded > 0 {
        reasons.push(format!("{offboarded} newly offboarded"));
    }
    if !people.groups.is_empty() {
        let groups: Vec<String> = people.groups.iter().map(GroupLoss::words).collect();
        let groups = some(&groups);
        reasons.push(format!("members of groups lose something: {groups}"));
    }
    reasons
}

fn is_lower((before, after): (Login, Login)) -> bool {
    after < before
}

/// Roles and access policies that give less, and a role that gives the administration of its space.
fn of_changes(changes: &[Change]) -> Vec<String> {
    let mut found = Vec::new();
    for change in changes {
        match change {
            Change::RoleDelete { role, .. } => {
                found.push(format!("the role {} goes", quoted(&role.slug)));
            }
            Change::RoleUpdate { before, after, .. } => {
                let lost = before
                    .actions
                    .iter()
                    .filter(|action| !after.actions.contains(action));
                let lost: Vec<&str> = lost.map(String::as_str).collect();
                if !lost.is_empty() {
                    let lost = escaped(&lost.join(", "));
                    found.push(format!("the role {} loses {lost}", quoted(&after.slug)));
                }
                let has = |actions: &[String]| actions.iter().any(|action| action == ADMIN);
                if has(&after.actions) && !has(&before.actions) {
                    found.push(format!("the role {} gains {ADMIN}", quoted(&after.slug)));
                }
            }
            Change::AccessDelete { policy, .. } => {
                found.push(format!("the access policy {} goes", quoted(&policy.name)));
            }
            Change::PolicyCreate { .. }
            | Change::PolicyUpdate { .. }
            | Change::RoleCreate { .. }
            | Change::AccessCreate { .. }
            | Change::AccessUpdate { .. }
            | Change::AccessAttach { .. }
            | Change::AccessDetach { .. } => {}
        }
    }
    found
}

/// What the limits let through only since the mapping loosens them: against what was pushed last, where that is known, so that
/// who lives with such limits is asked once; and whatever the usual ones refuse, since they can be loosened ahead of their use.
fn of_limits(desired: &Desired, live: &Live, found: &Found<'_>) -> Vec<String> {
    let guards = &desired.model.guards;
    let usual = Guards::default();
    let known = found.losses.counted.people.known;
    let mut reasons = Vec::new();
    if !looser_than(guards, &usual, known).is_empty() {
        let last = live.pushed_from(desired);
        let last = last.as_ref().map_or(&usual, |model| &model.guards);
        let looser = looser_than(guards, last, known);
        if !looser.is_empty() {
            reasons.push(format!("limits are loosened: {}", looser.join(", ")));
        }
    }
    let codes = |guards: &Guards| -> BTreeSet<Guard> {
        let all = under_limits(desired, &found.losses, guards).into_iter();
        all.map(|refusal| refusal.code).collect()
    };
    let kept = codes(guards);
    let let_through = codes(&usual).into_iter().filter(|one| !kept.contains(one));
    reasons.extend(
        let_through.map(|guard| format!("{guard} would refuse it, but for the mapping's limits")),
    );
    reasons
}

#[cfg(test)]
mod tests;

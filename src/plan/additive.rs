//! Whether a policy gives everybody at least what another gives.
//!
//! Told by what the two say, row by row, not by asking for some logins: whatever a row of the old policy gives, one row of the
//! new one must give to everybody whom the old row means, and whatever the new one refuses, one row of the old one must refuse.
//! Where that cannot be told of a row, it counts as taken away. So the answer may be no where nothing is taken from anybody, and
//! is never yes where something is.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{FIXED_SPACES, NoGrants, NoGroups};
use crate::policy::{Policy, Rewriting, Row, Rows};

use super::access::{Access, Way};
use super::effects::Effects;
use super::guards::{quoted, refusal};
use super::live::Live;
use super::{Change, Desired, Guard, Refusal, spelt};

mod said;

use said::{Asked, Said};
pub(crate) use said::{Given, Place, grants_by_id};

/// What a policy takes away from what another gives, a line each; nothing where it gives everybody at least as much.
#[must_use]
pub fn taken(old: &Policy, new: &Policy) -> Vec<String> {
    let rules = rules_taken(old, new).into_iter();
    let mut all: BTreeSet<String> = rules.map(|rule| rule.told(true)).collect();
    all.extend(grants_taken(old, new));
    all.into_iter().collect()
}

/// [`taken`], of grants and added teams alone.
#[must_use]
pub(crate) fn grants_taken(old: &Policy, new: &Policy) -> BTreeSet<String> {
    let mut taken = BTreeSet::new();
    grants(&Said::of(old), &Said::of(new), &mut taken);
    taken
}

/// A rule that takes something, seen from the policy that it takes it from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rule {
    /// What kind it is.
    pub kind: RuleKind,
    /// Whom or what it is about; empty where its kind says all.
    pub about: String,
}

macro_rules! rule_kinds {
    ($($variant:ident $takes:literal $gives:literal;)+) => {
        /// A kind of rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum RuleKind { $($variant,)+ }

        impl RuleKind {
            /// How it is put: where it takes, and where the same is given.
            fn words(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($takes, $gives),)+ }
            }
        }
    };
}

rule_kinds! {
    Admin "no longer an account admin" "newly an account admin";
    AdminDenial "newly without administrative rights" "no longer without administrative rights";
    AdminRole "newly an administrative role, which may be denied" "no longer an administrative role";
    Gate "no longer passes the gate" "newly passes the gate";
    Denial "newly refused" "no longer refused";
    Offboarded "newly offboarded" "no longer offboarded";
    BreakGlass "no longer beyond denials" "newly beyond denials";
    Slack "no longer given in Slack" "newly given in Slack";
    NoGrants "may no longer sign in without a role" "may newly sign in without a role";
    NoGroups "a session without a list of teams is no longer in no group" "a session without a list of teams is newly in no group";
    Teams "how a session's teams are rewritten changes" "how a session's teams are rewritten changes";
}

impl Rule {
    /// In words, as what takes something or as what gives it.
    pub(crate) fn told(&self, takes: bool) -> String {
        let (taking, giving) = self.kind.words();
        let words = if takes { taking } else { giving };
        if self.about.is_empty() {
            words.to_string()
        } else {
            format!("{words}: {}", self.about)
        }
    }

    /// Whether it is about the administration of the account.
    pub(crate) fn is_admin(&self) -> bool {
        matches!(
            self.kind,
            RuleKind::Admin | RuleKind::AdminDenial | RuleKind::AdminRole
        )
    }
}

/// [`taken`], but for grants and added teams.
#[must_use]
pub(crate) fn rules_taken(old: &Policy, new: &Policy) -> BTreeSet<Rule> {
    let mut taken = BTreeSet::new();
    let mut put = |kind, about: String| {
        taken.insert(Rule { kind, about });
    };
    let (was, is) = (Said::of(old), Said::of(new));
    settings(old, new, &mut put);
    for (kind, before, after) in [
        (RuleKind::Gate, &was.gate, &is.gate),
        (RuleKind::Admin, &was.admins, &is.admins),
    ] {
        for asked in before.iter().filter(|asked| !implied(asked, after)) {
            put(kind, asked.to_string());
        }
    }
    for (kind, before, after) in [
        (RuleKind::Denial, &was.denials, &is.denials),
        (RuleKind::AdminDenial, &was.admin_denials, &is.admin_denials),
    ] {
        // A denial is no more than it was where an old one covers it.
        for asked in after.iter().filter(|asked| !implied(asked, before)) {
            put(kind, asked.to_string());
        }
    }
    for login in new.offboarded.keys() {
        if !old.offboarded.contains_key(login) {
            put(RuleKind::Offboarded, quoted(login));
        }
    }
    for login in old.break_glass.difference(&new.break_glass) {
        put(RuleKind::BreakGlass, quoted(login));
    }
    if !is.admin_denials.is_empty() {
        // What a denial of administrative rights takes, on root and legacy.
        for role in new.admin_roles.difference(&old.admin_roles) {
            let given = was.grants.iter().any(|given| {
                given.role == *role
                    && matches!(given.place, Place::Space(id) if FIXED_SPACES.contains(&id))
            });
            if given {
                put(RuleKind::AdminRole, quoted(role));
            }
        }
    }
    for (channel, space, role) in was.slack.difference(&is.slack) {
        put(
            RuleKind::Slack,
            format!(
                "{} on {} for {}",
                quoted(role),
                quoted(space),
                quoted(channel)
            ),
        );
    }
    taken
}

/// Whether the mapping's policy gives or takes, compared with what decides now. What it says of teams, and of roles on the space
/// of access policies or above it, does both: either changes whom access policies let do what.
pub(super) fn way(desired: &Desired, live: &Live) -> Way {
    let new = desired.policy;
    let none = without_policy(new);
    let old = match live.policy() {
        Ok(old) => old.unwrap_or(&none),
        Err(_) => return Way::MIXED,
    };
    let there = |policy: &Policy| -> BTreeSet<(String, String)> {
        let rows = policy.grants.iter().chain(&policy.guarded_grants);
        let rows = rows.flat_map(|(fact, rows)| rows.iter().map(move |row| (fact, row)));
        let there = rows.filter(|(_, row)| {
            let spaces = row.spaces.iter();
            !row.labels.is_empty()
                || spaces
                    .clone()
                    .any(|space| FIXED_SPACES.contains(&space.as_str()))
        });
        there
            .map(|(fact, row)| (fact.clone(), serde_json::to_string(row).unwrap_or_default()))
            .collect()
    };
    if there(old) != there(new) {
        return Way::MIXED;
    }
    Way {
        wider: !taken(new, old).is_empty(),
        narrower: !taken(old, new).is_empty(),
    }
}

/// How many of what is taken are named; the others are counted.
const NAMED: usize = 5;

/// Why a plan that is to add only is refused.
pub(super) fn refusals(
    desired: &Desired,
    live: &Live,
    changes: &[Change],
    access: &Access,
    effects: &Effects,
) -> Vec<Refusal> {
    let changes_policy = changes.iter().any(|change| {
        matches!(
            change,
            Change::PolicyCreate { .. } | Change::PolicyUpdate { .. }
        )
    });
    let lost = if changes_policy {
        of_policy(desired, live)
    } else {
        Ok(Vec::new())
    };
    let help = "leave out `--add-only` to take it away, or keep in the mapping what is to stay";
    match lost {
        Err(why) => vec![refusal(
            Guard::TakesAway,
            format!("whether anything is taken away cannot be told: {why}"),
            "leave out `--add-only`, and look at the plan",
        )],
        Ok(mut lost) => {
            lost.extend(of_roles(changes));
            let access = access.takes.iter();
            lost.extend(
                access.map(|name| format!("what the access policy {} gives", quoted(name))),
            );
            // What the rows say is proof enough; should a fixture ever see otherwise, it is believed.
            if lost.is_empty() {
                let losing = effects.effects.iter().filter(|effect| effect.takes_away());
                lost.extend(losing.map(|effect| quoted(&effect.probe)));
                lost.extend(effects.unknown.iter().cloned());
            }
            if lost.is_empty() {
                return Vec::new();
            }
            let mut told: Vec<String> = lost.iter().take(NAMED).cloned().collect();
            if lost.len() > NAMED {
                told.push(format!("and {} more", lost.len() - NAMED));
            }
            vec![refusal(
                Guard::TakesAway,
                format!("it would take away: {}", told.join("; ")),
                help,
            )]
        }
    }
}

/// What the mapping's policy takes away from what decides now; or why that cannot be told.
fn of_policy(desired: &Desired, live: &Live) -> Result<Vec<String>, &'static str> {
    let new = desired.policy;
    Ok(match live.policy()? {
        None => taken(&without_policy(new), new),
        Some(old) => taken(old, new),
    })
}

/// Actions that roles lose, and roles that go.
fn of_roles(changes: &[Change]) -> Vec<String> {
    let gone = changes.iter().filter_map(|change| match change {
        Change::RoleDelete { role, .. } => Some(format!("the role {}", quoted(&role.slug))),
        _ => None,
    });
    gone.chain(actions_lost(changes)).collect()
}

/// Actions that roles lose between their first and their last step.
pub(super) fn actions_lost(changes: &[Change]) -> Vec<String> {
    let mut first: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
    let mut last: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
    let mut lost = Vec::new();
    for change in changes {
        if let Change::RoleUpdate { before, after, .. } = change {
            first
                .entry(&before.slug)
                .or_insert_with(|| before.actions.iter().collect());
            last.insert(&before.slug, after.actions.iter().collect());
        }
    }
    for (slug, before) in first {
        let after = last.remove(slug).unwrap_or_default();
        for action in before.difference(&after) {
            lost.push(format!("{} from the role {}", spelt(action), quoted(slug)));
        }
    }
    lost
}

/// What decides an account that has no login policy: members sign in, and hold nothing. Source: documentation, login policy.
#[must_use]
pub fn without_policy(like: &Policy) -> Policy {
    let mut policy = Policy {
        groups: BTreeMap::new(),
        api_keys: BTreeMap::new(),
        patterns: BTreeMap::new(),
        conditions: BTreeMap::new(),
        break_glass: BTreeSet::new(),
        offboarded: BTreeMap::new(),
        gate: Rows::new(),
        admins: Rows::new(),
        denials: Rows::new(),
        admin_denials: Rows::new(),
        grants: BTreeMap::new(),
        guarded_grants: BTreeMap::new(),
        slack: BTreeMap::new(),
        own_teams: BTreeSet::new(),
        additions: Rows::new(),
        ..like.clone()
    };
    policy.settings.no_grants = NoGrants::Admit;
    policy.settings.teams = Rewriting::None;
    let members = Row {
        all: Vec::new(),
        anyone: false,
        id: "gate".to_string(),
        none: Vec::new(),
    };
    policy.gate.insert("member".to_string(), vec![members]);
    policy
}

fn settings(old: &Policy, new: &Policy, put: &mut impl FnMut(RuleKind, String)) {
    let (was, is) = (&old.settings, &new.settings);
    if was.no_grants == NoGrants::Admit && is.no_grants != NoGrants::Admit {
        put(RuleKind::NoGrants, String::new());
    }
    if was.no_groups == NoGroups::Known && is.no_groups != NoGroups::Known {
        put(RuleKind::NoGroups, String::new());
    }
    // Other policies of the account may hang on a session's teams, either way.
    if was.teams != is.teams || old.own_teams != new.own_teams {
        put(RuleKind::Teams, String::new());
    }
}

fn grants(was: &Said<'_>, is: &Said<'_>, taken: &mut BTreeSet<String>) {
    let mut by_role: BTreeMap<&str, Vec<&Given<'_>>> = BTreeMap::new();
    for given in &is.grants {
        by_role.entry(given.role).or_default().push(given);
    }
    for given in was.grants.difference(&is.grants) {
        let candidates = by_role.get(given.role).into_iter().flatten();
        if !candidates.into_iter().any(|one| one.covers(given)) {
            taken.insert(given.to_string());
        }
    }
    for team in was.additions.difference(&is.additions) {
        let covered = is.additions.iter().any(|one| {
            one.team == team.team
                && one
                    .asked
                    .is_implied_by(&team.asked, one.anyone, team.anyone)
        });
        if !covered {
            taken.insert(format!("the team {}: {}", quoted(team.team), team.asked));
        }
    }
}

/// Whether one of the rows asks no more than a row does.
fn implied(row: &Asked<'_>, rows: &BTreeSet<Asked<'_>>) -> bool {
    rows.contains(row) || rows.iter().any(|one| one.is_implied_by(row, true, true))
}

#[cfg(test)]
mod tests;

//! What would change: the mapping's policy beside the account as it is, as plain serialisable data.
//!
//! Nothing here can write. What a plan finds in the way of a push is a [`Refusal`] in it; [`crate::push`] turns down any plan
//! that has one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::directory::Directory;
use crate::evaluate::foreign::Decide;
use crate::history::LastPushed;
use crate::lock::Lock;
use crate::model::Model;
use crate::policy::Policy;
use crate::project::CompiledAccess;
use crate::spacelift::ReadAccount;

pub(crate) mod access;
pub(crate) mod additive;
mod approval;
mod canonical;
mod change;
mod diff;
mod edit;
mod effect;
mod effects;
mod error;
mod evidence;
#[cfg(test)]
pub(crate) mod fake;
mod guard;
mod guards;
mod live;
mod login;
mod overrides;
mod people;
mod replay;
mod roles;
pub mod sealed;
mod simulation;
mod summary;
mod taken;

pub use access::{StackChange, StackList, StackLists};
pub use additive::{taken, without_policy};
pub use canonical::{same_access_decisions, same_decisions};
pub use change::{Change, PolicyState, RoleState};
pub use diff::diff;
pub use edit::{AcceptedBy, Base, Edit};
pub use effect::{Access, Effect, RoleChange};
pub use error::PlanError;
pub use evidence::{Evidence, Moved, Part, digest};
pub use guard::{Guard, Refusal};
pub use guards::TESTED_OPA;
pub use overrides::{Override, OverrideError};
pub use people::{Coverage, GroupLoss, People, PersonChange, Source};
pub use replay::{Replayed, Samples, recorded};
pub use sealed::Sealed;
pub use simulation::Simulated;
pub use summary::{Summary, summary};

pub(crate) use diff::{escaped, spelt};
pub(crate) use effects::between_mappings;
pub(crate) use evidence::{login_moved, moved, roles_moved};
pub(crate) use guards::{
    is_other_login_policy, is_tested, other_account, quoted, space_differences,
};
pub(crate) use live::{Live, engine_of, has_engines};
pub(crate) use login::engine_for;
pub(crate) use roles::says;

/// The number of the layout of a serialised plan.
pub const FORMAT: u32 = 1;

/// The name of the login policy that liftgate manages; every other one is somebody else's.
pub const POLICY_NAME: &str = "liftgate";

/// The space that login policies live in (documentation: login policy).
pub const POLICY_SPACE: &str = "root";

/// The space in which access policies work (documentation: access policies).
pub const ACCESS_SPACE: &str = "legacy";

/// What the mapping asks for.
#[derive(Clone)]
pub struct Desired<'a> {
    /// The checked mapping.
    pub model: &'a Model,
    /// The policy that it compiles to.
    pub policy: &'a Policy,
    /// The policy, rendered.
    pub text: &'a str,
    /// The access policies that its entries compile to.
    pub access: &'a [CompiledAccess],
    /// Logins to compare the live policy with the new one by.
    pub probes: Vec<Probe>,
    /// Slugs of roles that are to go.
    pub delete_roles: Vec<String>,
    /// Access policies that are to go, by their names or their entries'.
    pub delete_access: Vec<String>,
    /// Slugs of roles that may gain `space:admin`.
    pub admin_roles: Vec<String>,
    /// Where to look for what was pushed last.
    pub history: &'a dyn LastPushed,
    /// The lock beside the mapping.
    pub lock: Option<&'a Lock>,
    /// The digests of live texts that may be replaced though liftgate did not write them.
    pub overwrite: Vec<String>,
    /// Whether the plan is refused if it takes anything from anybody.
    pub add_only: bool,
    /// The snapshot of the directory, if there is one.
    pub directory: Option<&'a Directory>,
    /// Recorded inputs to compare by as well, if there is an archive.
    pub samples: Option<Samples<'a>>,
    /// Told how far long work is.
    pub progress: &'a dyn Progress,
    /// The time, in nanoseconds since 1970 UTC: grants start and end, and a snapshot gets old. Nothing where nobody knows.
    pub now: Option<i64>,
    /// Guards that are set aside.
    pub overrides: Vec<Override>,
}

/// Is told how far long work is.
pub trait Progress {
    /// `done` of `of` things are `what`, such as `simulated`.
    fn at(&self, what: &str, done: usize, of: usize);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn at(&self, _: &str, _: usize, _: usize) {}
}

/// A login to decide by both policies: a fixture identity with a request, a recorded input, or one that is made up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probe {
    /// Where it is from.
    pub source: Source,
    /// What to call it: a test's name, or the identity's with `no request`.
    pub name: String,
    /// Whose login it is.
    pub identity: String,
    /// The login that somebody is counted by, where that is not the input's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The policy's input.
    pub input: Value,
}

/// What a push would do to an account, and what stands in its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The number of this layout.
    pub format: u32,
    /// The account's address.
    pub endpoint: String,
    /// The account's name.
    pub account: String,
    /// What to change, in order; nothing where the account gives what the mapping does.
    pub changes: Vec<Change>,
    /// The probes that gain or lose anything, or all of them where the live policy's decisions are unknown.
    pub effects: Vec<Effect>,
    /// Why decisions of the live policy are unknown, if they are.
    pub unknown_effects: Option<String>,
    /// Whom it touches, each person once.
    pub people: People,
    /// Which recorded inputs were decided by both; nothing without an archive, or where nothing changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Replayed>,
    /// What a push refuses this plan for.
    pub refusals: Vec<Refusal>,
    /// What it would be refused for, and somebody answers for, with the reason.
    pub overrides: Vec<Override>,
    /// What to know beside.
    pub notes: Vec<String>,
    /// Why somebody should agree before it is pushed, if anybody should: something is taken away, or an administrator changes.
    #[serde(default)]
    pub approval: Vec<String>,
    /// How many open sessions a push would end, if known.
    pub sessions: Option<usize>,
    /// Other login policies that decide too, as the mapping accepts.
    pub accepted: Vec<Accepted>,
    /// What was changed by hand in the live login policy, if it was.
    pub edit: Option<Edit>,
    /// What was changed by hand in live access policies, if anything was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_edits: Vec<Edit>,
    /// What the account's own engine was asked about the new policy; nothing where it stays, or could not be asked.
    pub simulated: Option<Simulated>,
    /// The same of new access policies: requests for stacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulated_access: Option<Simulated>,
    /// What it was made of. A file says it beside the plan, and a report leaves it out.
    #[serde(skip)]
    pub evidence: Evidence,
}

/// A login policy of somebody else's that may stay, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Unix seconds.
    pub updated_at: i64,
}

/// Compares what the mapping asks for with an account. `decide` is asked about the live policy's text, which may be anybody's.
///
/// # Errors
/// When the account cannot be read, or our own text cannot be evaluated.
pub fn plan(
    desired: &Desired,
    account: &dyn ReadAccount,
    decide: &dyn Decide,
) -> Result<Plan, PlanError> {
    compare(desired, &read(desired, account)?, account, decide)
}

/// Reads what a plan looks at.
pub(crate) fn read(desired: &Desired, account: &dyn ReadAccount) -> Result<Live, PlanError> {
    let entries = desired.model.stack_access.values();
    let asked = access::Asked {
        has_entries: !desired.access.is_empty(),
        modules: entries
            .flat_map(|entry| &entry.attach.modules)
            .map(String::as_str)
            .collect(),
    };
    Ok(live::read(
        account,
        &desired.model.accepted_policies,
        &asked,
    )?)
}

/// [`plan`], of what was read.
pub(crate) fn compare(
    desired: &Desired,
    live: &Live,
    account: &dyn ReadAccount,
    decide: &dyn Decide,
) -> Result<Plan, PlanError> {
    let mut notes = BTreeSet::new();
    let policy = login::of(desired, live, &mut notes);
    let roles = roles::of(desired, live, policy.is_some(), &mut notes);
    let edit = edit::of(desired, live, decide);
    let access_edits = edit::of_access(desired, live);
    notes.extend(edit::stale(desired, live));
    let mut refusals = guards::refusals(desired, live, account.endpoint(), &mut notes);
    refusals.extend(roles.refusals.iter().cloned());
    let way = policy.as_ref().map(|_| additive::way(desired, live));
    let access = access::of(desired, live, account.endpoint(), way, &mut notes);
    refusals.extend(access.refusals.iter().cloned());
    // A login policy that only takes comes before what gives and takes at once, and one that gives after it.
    let takes = way.is_some_and(|way| !way.wider);
    let (first, last) = if takes {
        (&policy, &None)
    } else {
        (&None, &policy)
    };
    let changes: Vec<Change> = roles
        .early
        .iter()
        .chain(&access.narrow)
        .chain(first)
        .chain(&access.mixed)
        .chain(last)
        .chain(&access.widen)
        .chain(&roles.late)
        .cloned()
        .collect();
    let (roll, replay) = if changes.is_empty() {
        (people::Roll::default(), replay::Replay::default())
    } else {
        let roll = people::Roll::read(account, live, desired)?;
        let replay = replay::of(desired, live, &roll);
        (roll, replay)
    };
    notes.extend(replay.notes.iter().cloned());
    // What was recorded is compared by as fixtures are, and is a part of its own of what a plan is made of.
    let evidence = evidence::of(desired, live);
    let mut whole = desired.clone();
    whole.probes.extend(replay.probes.iter().cloned());
    let desired = &whole;
    let sides = effects::Sides {
        desired,
        live,
        policy_changes: policy.is_some(),
        roles: &roles,
        ready: std::cell::RefCell::default(),
        stacks: if changes.is_empty() {
            None
        } else {
            access::Stacks::of(desired, live, &roles)
        },
    };
    // Without a change there is no effect to look for.
    let effects = if changes.is_empty() {
        effects::Effects::default()
    } else {
        sides.effects(decide, &mut notes)?
    };
    let taken = taken::of(desired, live, &changes, &access);
    let counted = if changes.is_empty() {
        people::Counted::default()
    } else {
        people::of(&sides, &effects, &roll, &taken, decide)
    };
    let already = refusals.clone();
    let losses = guards::Losses {
        counted: &counted,
        taken: &taken,
        already: &already,
    };
    if !changes.is_empty() {
        if let Some(stacks) = &sides.stacks {
            stacks.notes(&mut notes);
        }
        refusals.extend(guards::of_people(desired, &losses, live, &mut notes));
    }
    if desired.add_only {
        refusals.extend(additive::refusals(
            desired, live, &changes, &access, &effects,
        ));
    }
    // Only a change of a policy ends them.
    let sessions = if policy.is_none() {
        Some(0)
    } else {
        live::sessions(account, &mut notes)?
    };
    let differs = effects.differs();
    let replayed = desired.samples.filter(|_| !changes.is_empty());
    let replayed = replayed.map(|samples| replay.replayed(samples, &differs));
    let simulation = match policy {
        Some(_) => {
            let admins = &counted.people.admins;
            simulation::of(desired, account, &differs, admins, &mut notes)?
        }
        None => simulation::Simulation::default(),
    };
    let mut repeated: BTreeSet<(Guard, String)> = BTreeSet::new();
    let on_stacks = match &sides.stacks {
        Some(stacks) => {
            let outcomes = &effects.outcomes;
            access::simulated(desired, account, stacks, &changes, outcomes, &mut notes)?
        }
        None => Default::default(),
    };
    let all = simulation.refusals.into_iter().chain(on_stacks.refusals);
    // Where neither can be asked about, once is enough.
    refusals.extend(all.filter(|one| repeated.insert((one.code, one.message.clone()))));
    let (refusals, overrides) = overrides::apply(refusals, &desired.overrides, &mut notes);
    let found = approval::Found {
        changes: &changes,
        effects: &effects,
        losses,
        overrides: &overrides,
    };
    let approval = approval::reasons(desired, live, &found);
    Ok(Plan {
        format: FORMAT,
        endpoint: account.endpoint().to_string(),
        account: live.account.name.clone(),
        changes,
        effects: effects.effects,
        unknown_effects: effects.unknown,
        people: counted.people,
        replayed,
        refusals,
        overrides,
        notes: notes.into_iter().collect(),
        approval,
        sessions,
        accepted: live.accepted.iter().map(Accepted::from).collect(),
        edit,
        access_edits,
        simulated: simulation.simulated,
        simulated_access: on_stacks.simulated,
        evidence,
    })
}

#[cfg(test)]
mod tests;

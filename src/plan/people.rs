//! What a plan means for people: everybody who is known, counted once, however many sources know them.
//!
//! A fixture is a test's idea of somebody, a sample is what somebody really sent, a directory says who there is, and a policy
//! names some. They are one list, by ASCII-lowered login. A fixture and a sample say when and from where they sign in; for
//! the others each condition is met in turn, so that a role that is held at some hour from some place counts as held.

mod alike;
mod coverage;
mod groups;
mod named;
mod requests;
mod touched;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::evaluate::Login;
use crate::evaluate::foreign::Decide;
use crate::fixture::spaces;
use crate::model::Because;
use crate::policy::access::AccessPolicy;
use crate::render::Reading;

use super::access::Stacks;
use super::effects::{AT_A_TIME, Difference, Effects, Outcome, Sides};
use super::live::Live;
use super::roles::Roles;
use super::taken::Taken;
use super::{Access, Desired, RoleChange, StackChange};

use alike::Alike;
use touched::Touched;

pub use coverage::Coverage;
pub(super) use coverage::Roll;
pub use groups::GroupLoss;

/// A live policy that may tell anybody from anybody is asked no more questions than these: some minutes.
const MOST_APART: usize = 50_000;

/// Where somebody is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// An identity of the fixtures, or a test's input.
    Fixture,
    /// The directory snapshot.
    Directory,
    /// An input that Spacelift recorded.
    Sample,
    /// A login that the mapping names, or the live policy of ours; or what is made up from what two policies name.
    Policy,
}

impl Source {
    /// The words for what comes from it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Fixture => "in fixtures",
            Self::Directory => "in the directory",
            Self::Sample => "in samples",
            Self::Policy => "named by a policy",
        }
    }
}

/// Whom a plan counts, and what it does to them. API keys that are named count too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// How many are known.
    pub known: usize,
    /// How many each source knows; one person may be in several.
    pub sources: BTreeMap<Source, usize>,
    /// How many of the account's active logins these are; nothing where the account does not say who is active.
    pub coverage: Option<Coverage>,
    /// Who would administer the account: people by their logins, with those whom Spacelift never asks a policy about.
    pub admins: BTreeSet<String>,
    /// Whoever gains or loses anything.
    pub changes: Vec<PersonChange>,
    /// What members of groups lose on spaces, where too few of the active logins are known to count by person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupLoss>,
    /// Whoever is newly offboarded and loses nothing else that is known, by the login of the mapping's entry: they count as
    /// losing access, whatever they held.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub offboarded: BTreeSet<String>,
    /// Why what somebody holds now is unknown, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// What somebody gains and loses, under whatever conditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonChange {
    /// The login, as the best source writes it.
    pub login: String,
    /// The name to show, if a directory knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where they are known from.
    pub sources: BTreeSet<Source>,
    /// Why Spacelift does not ask the policy about them, where the mapping says so and the account confirms it; then nothing here
    /// comes to pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside_policy: Option<Because>,
    /// Roles that they do not have now.
    pub gains: BTreeSet<Access>,
    /// Roles that they would no longer have.
    pub losses: BTreeSet<Access>,
    /// Roles that they hold and that become others.
    pub role_changes: BTreeSet<RoleChange>,
    /// Refused, let in or admin: now and then, where the two differ.
    pub login_change: Option<(Login, Login)>,
    /// Whether they administer the account: now and then, where the two differ.
    pub admin_change: Option<(bool, bool)>,
    /// What they gain and lose on stacks and modules, by access policies.
    #[serde(default, skip_serializing_if = "StackChange::is_none")]
    pub stacks: StackChange,
    /// Whether anything is taken from them that a policy gave. Without a login policy every member signs in, to no role on any
    /// space; not to be let in any more is no loss then.
    pub loses: bool,
}

impl PersonChange {
    fn is_lowered(&self) -> bool {
        self.login_change
            .is_some_and(|(before, after)| after < before)
    }

    fn has_losses(&self, by_policy: bool) -> bool {
        self.outside_policy.is_none()
            && (!self.losses.is_empty()
                || !self.stacks.losses.is_empty()
                || self.role_changes.iter().any(|role| !role.losses.is_empty())
                || (by_policy && self.is_lowered())
                || self.loses_admin())
    }

    /// Whether anything is given that the policy decides about.
    #[must_use]
    pub fn gains(&self) -> bool {
        self.outside_policy.is_none()
            && (!self.gains.is_empty()
                || !self.stacks.gains.is_empty()
                || self.role_changes.iter().any(|role| !role.gains.is_empty())
                || self
                    .login_change
                    .is_some_and(|(before, after)| after > before)
                || self.admin_change == Some((false, true)))
    }

    /// Whether they stop administering the account.
    #[must_use]
    pub fn loses_admin(&self) -> bool {
        self.outside_policy.is_none() && self.admin_change == Some((true, false))
    }

    /// Whether they can sign in and could not.
    #[must_use]
    pub fn is_let_in(&self) -> bool {
        self.outside_policy.is_none()
            && self
                .login_change
                .is_some_and(|(before, _)| before == Login::Deny)
    }
}

/// What was counted, with what guards look at beside.
#[derive(Default)]
pub(super) struct Counted {
    pub people: People,
    /// How the one who asks stands.
    pub viewer: Viewer,
    /// Break-glass identities of the mapping and of the live policy that lose anything: what they lose by their login.
    pub break_glass: Vec<PersonChange>,
    /// Logins that the mapping says Spacelift never asks the policy about, and the account does not confirm it: by what the API
    /// tells, nobody can say who owns an account or administers its organization. They count like anybody.
    pub unconfirmed: BTreeSet<String>,
    /// Seats of people that are left, where there is a limit.
    pub seats_left: Option<i64>,
}

/// Whether the one who asks could push again.
#[derive(Default, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Viewer {
    /// Yes, or no less than now.
    #[default]
    Keeps,
    /// They can because of the policy, and could no longer.
    Loses,
    /// What they can now may come from groups, and nobody knows theirs.
    Unknown,
}

/// Somebody, while they are being counted.
struct Person {
    login: String,
    name: Option<String>,
    sources: BTreeSet<Source>,
    /// Whether they count; whoever is only looked at does not.
    counts: bool,
    machine: bool,
    found: Difference,
    /// Under some condition.
    administers: bool,
    administered: bool,
    unknown: bool,
}

/// Counts people. `effects` are those of the probes.
pub(super) fn of(
    sides: &Sides<'_>,
    effects: &Effects,
    roll: &Roll,
    taken: &Taken,
    decide: &dyn Decide,
) -> Counted {
    let (desired, live) = (sides.desired, sides.live);
    let mut counter = Counter {
        desired,
        live,
        roles: sides.roles,
        people: BTreeMap::new(),
        unknown: effects.unknown.clone(),
    };
    counter.probes(&effects.outcomes);
    let mut waiting = counter.of_directory();
    waiting.extend(named::of(desired, live, roll, &counter.people, &waiting));
    counter.decide(waiting, sides, decide);
    counter.finish(roll, taken, sides, decide)
}

/// Somebody of whom a source says who they are, and not when they sign in.
struct Waiting {
    login: String,
    name: Option<String>,
    sources: BTreeSet<Source>,
    counts: bool,
    machine: Option<bool>,
    groups: Option<Vec<String>>,
}

struct Counter<'a> {
    desired: &'a Desired<'a>,
    live: &'a Live,
    roles: &'a Roles,
    people: BTreeMap<String, Person>,
    unknown: Option<String>,
}

impl Counter<'_> {
    fn person(&mut self, login: &str) -> &mut Person {
        let folded = login.to_ascii_lowercase();
        let machine = folded.starts_with("api::");
        self.people.entry(folded).or_insert_with(|| Person {
            login: login.to_string(),
            name: None,
            sources: BTreeSet::new(),
            counts: false,
            machine,
            found: Difference::default(),
            administers: false,
            administered: false,
            unknown: false,
        })
    }

    fn take(&mut self, login: &str, outcome: &Outcome) {
        let unknown = outcome.before.is_none();
        let administers = super::effects::administers(&outcome.after, &self.roles.after);
        let administered = outcome
            .before
            .as_ref()
            .is_some_and(|before| super::effects::administers(before, &self.roles.before));
        let person = self.person(login);
        person.administers |= administers;
        person.administered |= administered;
        person.unknown |= unknown;
        person.found.merge(&outcome.difference);
    }

    /// Whoever the directory says may not sign in is nobody to count: the provider does not let them come this far.
    fn is_inactive(&self, login: &str) -> bool {
        let person = self.desired.directory.and_then(|all| all.person(login));
        person.is_some_and(|person| !person.active)
    }

    fn probes(&mut self, outcomes: &[Outcome]) {
        for (probe, outcome) in self.desired.probes.iter().zip(outcomes) {
            let session = |key: &str| probe.input.get("session")?.get(key);
            let of_input = session("login").and_then(Value::as_str).unwrap_or_default();
            let login = probe.person.as_deref().unwrap_or(of_input);
            if login.is_empty() || self.is_inactive(login) {
                continue;
            }
            let machine = session("machine") == Some(&Value::Bool(true));
            self.take(login, outcome);
            let person = self.person(login);
            person.sources.insert(probe.source);
            person.counts = true;
            person.machine |= machine;
        }
    }

    fn of_directory(&self) -> Vec<Waiting> {
        let people = self.desired.directory.into_iter();
        people
            .flat_map(|directory| directory.active())
            .map(|person| Waiting {
                login: person.login.clone(),
                name: person.name.clone(),
                sources: BTreeSet::from([Source::Directory]),
                counts: true,
                machine: None,
                groups: person.groups.clone(),
            })
            .collect()
    }

    /// Decides for whoever waits: once for all who cannot be told apart by either policy.
    fn decide(&mut self, waiting: Vec<Waiting>, sides: &Sides<'_>, decide: &dyn Decide) {
        let access = sides.stacks.as_ref().map(Stacks::policies);
        let access = access.unwrap_or_default();
        let requests = self.requests(&access);
        let alike = Alike::of(self.desired.policy, self.live, &access);
        let mut classes: BTreeMap<alike::Key, Vec<Waiting>> = BTreeMap::new();
        for one in waiting {
            let key = alike.key(&one.login, one.machine, one.groups.as_deref());
            classes.entry(key).or_default().push(one);
        }
        let touched = self.touched(sides);
        let (classes, same): (Vec<Vec<Waiting>>, Vec<Vec<Waiting>>) =
            classes.into_values().partition(|members| {
                let mut each = members.iter();
                each.any(|one| touched.has(&one.login, one.groups.as_deref()))
            });
        let at_a_time = (AT_A_TIME / requests.len().max(1)).max(1);
        for part in same.chunks(at_a_time) {
            let first = part.iter().filter_map(|members| members.first());
            let inputs: Vec<Value> = first.flat_map(|one| self.inputs(one, &requests)).collect();
            self.add_all(part, &sides.same(&inputs), requests.len());
        }
        let (mut done, all) = (0, classes.len());
        let one_by_one = classes.len().saturating_mul(requests.len());
        let too_many = alike.foreign() && one_by_one > MOST_APART;
        // Each part by itself: the inputs of everybody at once would fill the memory.
        for part in classes.chunks(at_a_time) {
            self.desired
                .progress
                .at("kinds of people decided", done, all);
            done += part.len();
            let first = part.iter().filter_map(|members| members.first());
            let inputs: Vec<Value> = first.flat_map(|one| self.inputs(one, &requests)).collect();
            let (outcomes, unknown) = if too_many {
                let why = format!(
                    "the live policy is not liftgate's, so it is asked about each login by itself, and {one_by_one} questions are too many"
                );
                (sides.unknown(&inputs), Some(why))
            } else {
                sides.outcomes(&inputs, decide)
            };
            self.unknown = self.unknown.take().or(unknown);
            self.add_all(part, &outcomes, requests.len());
        }
    }

    /// Whom the change of the policy can touch.
    fn touched<'p>(&self, sides: &Sides<'p>) -> Touched<'p> {
        match named::ours(sides.live) {
            Some(before) if sides.live.others.is_empty() => {
                Touched::of(before, sides.desired.policy)
            }
            _ => Touched::Everybody,
        }
    }

    fn add_all(&mut self, classes: &[Vec<Waiting>], outcomes: &[Outcome], requests: usize) {
        for (members, of_class) in classes.iter().zip(outcomes.chunks(requests.max(1))) {
            for one in members {
                self.add(one, of_class);
            }
        }
    }

    fn add(&mut self, one: &Waiting, outcomes: &[Outcome]) {
        for outcome in outcomes {
            self.take(&one.login, outcome);
        }
        let person = self.person(&one.login);
        // The directory writes a login as the provider sends it.
        if one.sources.contains(&Source::Directory) {
            person.login.clone_from(&one.login);
            person.name.clone_from(&one.name);
        }
        person.sources.extend(&one.sources);
        person.counts |= one.counts;
        person.machine |= one.machine == Some(true);
    }

    /// When and from where somebody may sign in, as far as the two policies tell that apart.
    fn requests(&self, access: &[AccessPolicy]) -> Vec<Value> {
        let ours = self.live.ours.as_ref();
        let before = ours.and_then(|(_, reading)| match reading {
            Reading::Ours(policy) => Some(policy.as_ref()),
            _ => None,
        });
        let login = std::iter::once(self.desired.policy).chain(before);
        let login = login.flat_map(|policy| policy.conditions.values());
        let access = access.iter().flat_map(|policy| policy.conditions.values());
        requests::of(login.chain(access).flatten(), self.desired.now)
    }

    fn inputs(&self, one: &Waiting, requests: &[Value]) -> Vec<Value> {
        let mut session = json!({"login": one.login, "member": true});
        if let Some(session) = session.as_object_mut() {
            if let Some(groups) = &one.groups {
                session.insert("teams".into(), json!(groups));
            }
            if let Some(machine) = one.machine {
                session.insert("machine".into(), json!(machine));
            }
        }
        let spaces = spaces(self.desired.model);
        requests
            .iter()
            .map(|request| json!({"request": request, "session": session, "spaces": spaces}))
            .collect()
    }

    fn finish(self, roll: &Roll, taken: &Taken, sides: &Sides<'_>, decide: &dyn Decide) -> Counted {
        let counting = self.people.iter().filter(|(_, person)| person.counts);
        let known: BTreeSet<&str> = counting.clone().map(|(login, _)| login.as_str()).collect();
        let mut sources: BTreeMap<Source, usize> = BTreeMap::new();
        for source in counting.clone().flat_map(|(_, person)| &person.sources) {
            *sources.entry(*source).or_default() += 1;
        }
        let coverage = coverage::of(&known, self.desired, roll);
        let known = self.surely(counting.clone().map(|(_, person)| person));
        let mut admins: BTreeSet<String> = counting
            .clone()
            .filter(|(_, person)| person.administers && !person.machine)
            .map(|(_, person)| person.login.clone())
            .collect();
        let (confirmed, unconfirmed): (Vec<_>, Vec<_>) = self
            .desired
            .model
            .outside_policy
            .iter()
            .partition(|(login, _)| roll.bypasses(login));
        admins.extend(
            confirmed
                .into_iter()
                .filter(|(_, entry)| entry.because != Because::RootKey)
                .map(|(login, _)| login.clone()),
        );
        let unconfirmed = unconfirmed.into_iter();
        let unconfirmed = unconfirmed.map(|(login, _)| login.clone()).collect();
        // What nobody gave cannot be lost.
        let by_policy = self.live.decides();
        let change = |person: &Person| {
            let found = self.change(person, roll);
            let found = PersonChange {
                stacks: sides.on_stacks(&person.found),
                ..found
            };
            PersonChange {
                loses: found.has_losses(by_policy),
                ..found
            }
        };
        let changes: Vec<PersonChange> = counting
            .filter(|(_, person)| person.found.is_access())
            .map(|(_, person)| change(person))
            .collect();
        let offboarded = self.offboarded(taken, &changes, roll);
        let break_glass = named::break_glass(self.desired, self.live)
            .iter()
            .filter_map(|login| self.people.get(&login.to_ascii_lowercase()))
            .map(change)
            .filter(|change| change.loses)
            .collect();
        let covered = coverage
            .as_ref()
            .is_some_and(|coverage| coverage.percent() >= self.desired.model.guards.min_coverage);
        let groups = if covered {
            Vec::new()
        } else {
            let access = sides.stacks.as_ref().map(Stacks::policies);
            let access = access.unwrap_or_default();
            let requests = self.requests(&access);
            groups::of(self.desired, self.live, &requests, &access, sides, decide)
        };
        let mut people = People {
            known,
            sources,
            coverage,
            admins,
            changes,
            groups,
            offboarded,
            unknown: None,
        };
        let viewer = self.viewer(roll);
        let stacks = sides.stacks.as_ref();
        let on_stacks = || stacks.and_then(Stacks::unknown);
        people.unknown = self.unknown.or_else(on_stacks);
        Counted {
            people,
            viewer,
            break_glass,
            unconfirmed,
            seats_left: roll.seats_left,
        }
    }

    /// Whoever is newly offboarded and is not seen to lose anything. Whom the directory calls inactive the provider lets in no
    /// more, unless the account has seen them lately.
    fn offboarded(&self, taken: &Taken, changes: &[PersonChange], roll: &Roll) -> BTreeSet<String> {
        let losing = changes.iter().filter(|one| one.loses);
        let losing: BTreeSet<String> = losing.map(|one| one.login.to_ascii_lowercase()).collect();
        let active: BTreeSet<String> = roll.logins().map(str::to_ascii_lowercase).collect();
        let is_gone = |logins: &BTreeSet<String>| {
            logins.iter().any(|login| self.is_inactive(login)) && logins.is_disjoint(&active)
        };
        let people = taken.offboarded.iter();
        people
            .filter(|(_, logins)| logins.is_disjoint(&losing) && !is_gone(logins))
            .map(|(head, _)| head.clone())
            .collect()
    }

    /// How many people these are at least. Who is in samples is not told from others without the key.
    fn surely<'p>(&self, counting: impl Iterator<Item = &'p Person>) -> usize {
        let (sampled, others): (Vec<_>, Vec<_>) =
            counting.partition(|one| one.sources.iter().all(|one| *one == Source::Sample));
        match self.desired.samples {
            Some(samples) if samples.key.is_none() => sampled.len().max(others.len()),
            _ => sampled.len() + others.len(),
        }
    }

    fn change(&self, person: &Person, roll: &Roll) -> PersonChange {
        let outside = self.desired.model.outside_policy.get(&person.login);
        let outside = outside.filter(|_| roll.bypasses(&person.login));
        PersonChange {
            login: person.login.clone(),
            name: person.name.clone(),
            sources: person.sources.clone(),
            outside_policy: outside.map(|entry| entry.because),
            gains: person.found.gains.clone(),
            losses: person.found.losses.clone(),
            role_changes: person.found.role_changes.clone(),
            login_change: person.found.login_change,
            admin_change: person.found.admin_change,
            stacks: StackChange::default(),
            loses: false,
        }
    }

    /// Whether whoever asks could push again, by the right to change a login policy that the policy gives them.
    fn viewer(&self, roll: &Roll) -> Viewer {
        let Some(login) = &roll.viewer else {
            return Viewer::Keeps;
        };
        if roll.bypasses(login) {
            return Viewer::Keeps;
        }
        let Some(person) = self.people.get(&login.to_ascii_lowercase()) else {
            return Viewer::Keeps;
        };
        if person.administers {
            return Viewer::Keeps;
        }
        if person.administered {
            return Viewer::Loses;
        }
        // What the policy does not give them now comes from elsewhere, unless it comes from groups that nobody knows.
        let is_person = !login.contains("::");
        let groups_unknown = is_person && !person.counts;
        if person.unknown || groups_unknown {
            return Viewer::Unknown;
        }
        Viewer::Keeps
    }
}

#[cfg(test)]
pub(super) mod tests;

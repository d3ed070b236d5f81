//! What a push is refused for because of people: losses, admins, and whoever could no longer undo it.

use std::collections::BTreeSet;

use crate::directory::Directory;
use crate::model::Guards;
use crate::report::counts::{number, people};

use super::super::live::Live;
use super::super::people::{Counted, People, PersonChange, Viewer};
use super::super::taken::Taken;
use super::super::{Desired, GroupLoss, Guard, Refusal, StackLists};
use super::{quoted, refusal};

/// As many names are in a message; the plan has all.
const SHOWN: usize = 10;

const NANOSECONDS_A_DAY: i64 = 86_400_000_000_000;

/// What is taken from whom.
pub(in super::super) struct Losses<'a> {
    /// By person.
    pub counted: &'a Counted,
    /// By what the texts say.
    pub taken: &'a Taken,
    /// What the push is refused for anyway.
    pub already: &'a [Refusal],
}

/// What the counting of people comes to.
pub(in super::super) fn of(
    desired: &Desired,
    losses: &Losses<'_>,
    live: &Live,
    notes: &mut BTreeSet<String>,
) -> Vec<Refusal> {
    let counted = losses.counted;
    looser(&desired.model.guards, counted.people.known, notes);
    seats(counted, notes);
    outside(desired, live, counted, notes);
    let mut found = under(desired, losses, &desired.model.guards);
    found.extend(lock_out(counted.viewer, live.viewer.label()));
    found
}

/// What limits refuse, be they the mapping's or the usual ones.
pub(in super::super) fn under(
    desired: &Desired,
    losses: &Losses<'_>,
    guards: &Guards,
) -> Vec<Refusal> {
    let counted = losses.counted;
    let people = &counted.people;
    let losing: Vec<&PersonChange> = people.changes.iter().filter(|one| one.loses).collect();
    let mut found = Vec::new();
    found.extend(unknown(losses));
    found.extend(too_many(&losing, people, guards));
    found.extend(admins(&losing, guards));
    found.extend(too_few(counted, guards));
    let uncounted = losses.uncounted(&losing);
    if uncounted {
        found.extend(uncovered(losses, guards));
    }
    if uncounted || !losing.is_empty() || !people.offboarded.is_empty() {
        found.extend(old(desired.directory, desired.now, guards));
    }
    found.extend(counted.break_glass.iter().map(|change| {
        refusal(
            Guard::BreakGlassLosesAccess,
            format!(
                "the break-glass identity {} would lose access: {}",
                quoted(&change.login),
                lost_by(change)
            ),
            "it is for the day on which everything else is broken; give it back what it holds, or say with `--override break-glass-loses-access=WHY` what takes its place",
        )
    }));
    found
}

impl Losses<'_> {
    /// Whether anything is taken from anybody but those who are newly offboarded: these are named, one by one, and counted by
    /// that. Of a live policy that cannot be read, something may be.
    fn uncounted(&self, losing: &[&PersonChange]) -> bool {
        let others = |one: &&PersonChange| !self.taken.offboards(&one.login);
        losing.iter().any(others)
            || !self.counted.people.groups.is_empty()
            || !self.taken.lines.is_empty()
            || (self.taken.unknown.is_some() && !self.is_to_be_settled())
    }

    /// A live policy that is refused as it is has to be settled first, and then more may be known.
    fn is_to_be_settled(&self) -> bool {
        let settled = [
            Guard::OtherLoginPolicy,
            Guard::ForeignPolicy,
            Guard::EditedByHand,
            Guard::NewerFormat,
            Guard::EngineUnsupported,
        ];
        let mut already = self.already.iter();
        already.any(|refusal| settled.contains(&refusal.code))
    }
}

fn unknown(losses: &Losses<'_>) -> Option<Refusal> {
    let why = losses.counted.people.unknown.as_ref()?;
    if losses.is_to_be_settled() {
        return None;
    }
    Some(refusal(
        Guard::LossesUnknown,
        format!("what people hold now is unknown, and so is what they would lose: {why}"),
        "look at what each would hold; if that is right, push with `--override losses-unknown=WHY`",
    ))
}

fn too_many(losing: &[&PersonChange], all: &People, guards: &Guards) -> Option<Refusal> {
    let (known, left) = (all.known, all.offboarded.len());
    let most = guards.max_people_losing_access.of(known);
    let count = losing.len() + left;
    let logins = losing.iter().map(|change| change.login.as_str());
    let logins: Vec<&str> = logins
        .chain(all.offboarded.iter().map(String::as_str))
        .collect();
    (count > most).then(|| {
        let of = match left {
            0 => format!(" of {known} known"),
            1 => ", 1 of them newly offboarded and not known to hold anything,".to_string(),
            left => format!(", {left} of them newly offboarded and not known to hold anything,"),
        };
        refusal(
            Guard::PeopleLoseAccess,
            format!(
                "{}{of} would lose access, and at most {most} may at once: {}",
                people(count),
                names(logins.into_iter())
            ),
            "the plan says who loses what; if it is meant, push with `--override people-lose-access=WHY`, or raise `guards.max_people_losing_access` in the mapping",
        )
    })
}

/// One line for each: an administrator who goes must not hide among others.
fn admins(losing: &[&PersonChange], guards: &Guards) -> Vec<Refusal> {
    let admins: Vec<&&PersonChange> = losing.iter().filter(|one| one.loses_admin()).collect();
    if admins.len() <= guards.max_admins_losing_access {
        return Vec::new();
    }
    admins
        .iter()
        .map(|change| {
            refusal(
                Guard::AdminsLoseAccess,
                format!(
                    "{} would no longer administer the account",
                    quoted(&change.login)
                ),
                "if it is meant, push with `--override admins-lose-access=WHY`, or raise `guards.max_admins_losing_access` in the mapping",
            )
        })
        .collect()
}

fn too_few(counted: &Counted, guards: &Guards) -> Option<Refusal> {
    let admins = &counted.people.admins;
    (admins.len() < guards.min_admins).then(|| {
        let who = if admins.is_empty() {
            "nobody who is known".to_string()
        } else {
            names(admins.iter().map(String::as_str))
        };
        refusal(
            Guard::TooFewAdmins,
            format!(
                "{} by name would administer the account, and at least {} must: {who}",
                people(admins.len()),
                guards.min_admins
            ),
            "make more people admins, or say who they are: in the directory snapshot, in the fixtures, or by login; else push with `--override too-few-admins=WHY`, or lower `guards.min_admins` in the mapping",
        )
    })
}

fn uncovered(losses: &Losses<'_>, guards: &Guards) -> Option<Refusal> {
    let people = &losses.counted.people;
    let known = match &people.coverage {
        Some(coverage) if coverage.percent() >= guards.min_coverage => return None,
        Some(coverage) if coverage.active == 0 => {
            "nobody is active in the account now, as after a push, so nothing tells whether everybody is known here"
                .to_string()
        }
        Some(coverage) => format!(
            "{} of the account's {} are known here, which is {} % and not {} %",
            coverage.known,
            number(coverage.active, "active login"),
            coverage.percent(),
            guards.min_coverage
        ),
        None => "the account does not say who is active in it".to_string(),
    };
    let groups = &people.groups;
    let mut lost: Vec<String> = groups.iter().map(GroupLoss::words).collect();
    // What no member of a group loses is told as the texts tell it.
    if lost.is_empty() {
        lost.clone_from(&losses.taken.lines);
    }
    let more = lost.len().saturating_sub(SHOWN);
    lost.truncate(SHOWN);
    let lost = match (lost.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!(": {}", lost.join("; ")),
        (false, more) => format!(": {}; and {more} more", lost.join("; ")),
    };
    let what = match &losses.taken.unknown {
        Some(why) => format!(
            "what the change takes away is not told by its text ({why}), and those who lose something cannot be counted"
        ),
        None => "those who lose something cannot be counted".to_string(),
    };
    Some(refusal(
        Guard::LossesUncounted,
        format!("{known}; {what}{lost}"),
        "write a directory snapshot, and plan while people are signed in; or, if it is meant, push with `--override losses-uncounted=WHY`",
    ))
}

/// How far a snapshot's time may lie ahead: clocks differ.
const AHEAD: i64 = NANOSECONDS_A_DAY;

fn old(directory: Option<&Directory>, now: Option<i64>, guards: &Guards) -> Option<Refusal> {
    let directory = directory?;
    let found = match (directory.taken_at, now) {
        (None, _) => "does not say when it was taken".to_string(),
        (Some(taken), Some(now)) if taken.saturating_sub(now) > AHEAD => {
            "says that it was taken at a time to come".to_string()
        }
        (Some(taken), Some(now)) if now.saturating_sub(taken) > guards.max_directory_age => {
            format!("is {} old", days(now.saturating_sub(taken)))
        }
        _ => return None,
    };
    Some(refusal(
        Guard::DirectoryOld,
        format!("the directory snapshot {found}, and those who lose something are counted by it"),
        "write a new one, with its `taken_at`; or, if nothing changed since, push with `--override directory-old=WHY`, or raise `guards.max_directory_age` in the mapping",
    ))
}

fn days(age: i64) -> String {
    match age / NANOSECONDS_A_DAY {
        0 => number(
            usize::try_from(age / (NANOSECONDS_A_DAY / 24)).unwrap_or_default(),
            "hour",
        ),
        days => number(usize::try_from(days).unwrap_or_default(), "day"),
    }
}

fn lock_out(viewer: Viewer, name: &str) -> Option<Refusal> {
    let name = quoted(name);
    match viewer {
        Viewer::Keeps => None,
        Viewer::Loses => Some(refusal(
            Guard::PusherLockedOut,
            format!(
                "{name}, who pushes this, could no longer change the login policy, and so not undo it"
            ),
            "push with a key that administers the account by itself; or, if somebody else can undo it, with `--override pusher-locked-out=WHY`",
        )),
        Viewer::Unknown => Some(refusal(
            Guard::PusherLockedOut,
            format!(
                "whether {name}, who pushes this, could still change the login policy is unknown: nobody here knows their groups"
            ),
            "put them into the directory snapshot or the fixtures, or push with a key that administers the account by itself; else with `--override pusher-locked-out=WHY`",
        )),
    }
}

/// Somebody who loosens the guards and takes things away does so before everybody's eyes.
fn looser(guards: &Guards, known: usize, notes: &mut BTreeSet<String>) {
    let looser = looser_than(guards, &Guards::default(), known);
    if !looser.is_empty() {
        notes.insert(format!(
            "the mapping's guards are looser than usual: {}",
            looser.join(", ")
        ));
    }
}

/// In which limits guards are looser than others are, where so many people are known.
pub(in super::super) fn looser_than(guards: &Guards, others: &Guards, known: usize) -> Vec<String> {
    let mut looser = Vec::new();
    let most = guards.max_people_losing_access.of(known);
    if most > others.max_people_losing_access.of(known) {
        looser.push(format!("{} may lose access", people(most)));
    }
    if guards.max_admins_losing_access > others.max_admins_losing_access {
        looser.push(format!(
            "{} may go",
            number(guards.max_admins_losing_access, "admin")
        ));
    }
    if guards.min_admins < others.min_admins {
        looser.push(format!("{} must stay", number(guards.min_admins, "admin")));
    }
    if guards.min_coverage < others.min_coverage {
        looser.push(format!(
            "{} % of the active logins must be known",
            guards.min_coverage
        ));
    }
    if guards.max_directory_age > others.max_directory_age {
        looser.push(format!(
            "the directory snapshot may be {} old",
            days(guards.max_directory_age)
        ));
    }
    looser
}

/// What a mapping says of whom Spacelift asks is believed where the account confirms it, and is said where it does not.
fn outside(desired: &Desired, live: &Live, counted: &Counted, notes: &mut BTreeSet<String>) {
    let unconfirmed = &counted.unconfirmed;
    if !unconfirmed.is_empty() {
        notes.insert(format!(
            "the account does not confirm what `outside_policy` says of {}; they count like anybody whom the policy is asked about",
            names(unconfirmed.iter().map(String::as_str))
        ));
    }
    let new = newly_outside(desired, live, counted);
    if !new.is_empty() {
        notes.insert(format!(
            "`outside_policy` newly says that Spacelift never asks the policy about {}",
            new.join(", ")
        ));
    }
}

/// Entries of `outside_policy` that were not there when the live policy was pushed; where that is not known, those that the
/// account does not confirm.
pub(in super::super) fn newly_outside(
    desired: &Desired,
    live: &Live,
    counted: &Counted,
) -> Vec<String> {
    let all = &desired.model.outside_policy;
    if all.is_empty() {
        return Vec::new();
    }
    let last = live.pushed_from(desired);
    let is_new = |login: &str, because| match &last {
        Some(last) => last.outside_policy.get(login).map(|one| one.because) != Some(because),
        None => counted.unconfirmed.contains(login),
    };
    all.iter()
        .filter(|(login, entry)| is_new(login, entry.because))
        .map(|(login, entry)| format!("{} ({})", quoted(login), entry.because.word()))
        .collect()
}

/// What the account does with a login beyond its seats is not documented, so this is no reason to refuse.
fn seats(counted: &Counted, notes: &mut BTreeSet<String>) {
    let changes = counted.people.changes.iter();
    let new = changes.filter(|change| change.is_let_in()).count();
    let Some(left) = counted
        .seats_left
        .and_then(|left| usize::try_from(left).ok())
    else {
        return;
    };
    if new > left {
        notes.insert(format!(
            "{} would be let in who are not now, and {} left in this month; whoever signs in takes one",
            people(new),
            match left {
                1 => "1 seat is".to_string(),
                left => format!("{left} seats are"),
            }
        ));
    }
}

/// What somebody loses, in a few words.
fn lost_by(change: &PersonChange) -> String {
    let mut words = Vec::new();
    if let Some((before, after)) = change.login_change
        && after < before
    {
        words.push(format!(
            "login {} instead of {}",
            after.word(),
            before.word()
        ));
    }
    let roles = change.losses.iter().take(SHOWN);
    words.extend(
        roles.map(|access| format!("{} on {}", quoted(&access.role), quoted(&access.space))),
    );
    let weaker = change
        .role_changes
        .iter()
        .filter(|role| !role.losses.is_empty());
    words.extend(weaker.take(SHOWN).map(|role| {
        format!(
            "a part of {} on {}",
            quoted(&role.role),
            quoted(&role.space)
        )
    }));
    words.extend(stacks_lost(&change.stacks.losses));
    if change.loses_admin() {
        words.push("the administration of the account".to_string());
    }
    words.join(", ")
}

/// What is lost on stacks, in a few words.
fn stacks_lost(losses: &StackLists) -> Vec<String> {
    let mut words = Vec::new();
    for (list, what) in [(&losses.read, "all access"), (&losses.write, "writing")] {
        if list.is_empty() {
            continue;
        }
        let mut ids: Vec<String> = list.some.iter().take(SHOWN).map(|id| quoted(id)).collect();
        if list.count > ids.len() {
            ids.push(format!("{} more", list.count - ids.len()));
        }
        words.push(format!("{what} to {}", ids.join(", ")));
    }
    words
}

fn names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(SHOWN);
    let mut shown: Vec<String> = names.take(SHOWN).map(quoted).collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

impl GroupLoss {
    /// Who loses what, in a few words.
    #[must_use]
    pub fn words(&self) -> String {
        let groups: Vec<String> = self.groups.iter().map(|group| quoted(group)).collect();
        let who = if groups.is_empty() {
            "members".to_string()
        } else {
            format!("members of {}", groups.join(" and "))
        };
        let roles: Vec<String> = self.roles.iter().map(|role| quoted(role)).collect();
        let stacks = stacks_lost(&self.stacks);
        if !stacks.is_empty() {
            format!("{who} {}", stacks.join(", "))
        } else if roles.is_empty() {
            format!("{who} the sign-in or the administration")
        } else {
            format!("{who} {} on {}", roles.join(", "), quoted(&self.space))
        }
    }
}

//! What a push is refused for because of people: losses, admins, and whoever could no longer undo it.

use std::collections::BTreeSet;

use crate::directory::Directory;
use crate::model::{Guards, MostPeople};
use crate::report::counts::{number, people};

use super::super::people::{Counted, PersonChange, Viewer};
use super::super::{Desired, GroupLoss, Guard, Refusal, StackLists};
use super::{quoted, refusal};

/// As many names are in a message; the plan has all.
const SHOWN: usize = 10;

const NANOSECONDS_A_DAY: i64 = 86_400_000_000_000;

/// What the counting of people comes to. `already` is what the push is refused for anyway.
pub(in super::super) fn of(
    desired: &Desired,
    counted: &Counted,
    viewer: &str,
    already: &[Refusal],
    notes: &mut BTreeSet<String>,
) -> Vec<Refusal> {
    let guards = &desired.model.guards;
    let known = counted.people.known;
    looser(guards, known, notes);
    seats(counted, notes);
    let changes = counted.people.changes.iter();
    let losing: Vec<&PersonChange> = changes.filter(|change| change.loses).collect();
    let takes_away = !losing.is_empty() || !counted.people.groups.is_empty();
    let mut found = Vec::new();
    found.extend(unknown(counted, already));
    found.extend(too_many(&losing, guards, known));
    found.extend(admins(&losing, guards));
    found.extend(too_few(counted, guards));
    if takes_away {
        found.extend(uncovered(counted, guards));
        found.extend(old(desired.directory, desired.now, guards, notes));
    }
    found.extend(counted.break_glass.iter().map(|change| {
        refusal(
            Guard::BreakGlassLosesAccess,
            format!(
                "the break-glass identity {} would lose access: {}",
                quoted(&change.login),
                losses(change)
            ),
            "it is for the day on which everything else is broken; give it back what it holds, or say with `--override break-glass-loses-access=WHY` what takes its place",
        )
    }));
    found.extend(lock_out(counted.viewer, viewer));
    found
}

/// A policy that is refused as it is has to be settled first, and then this may be known.
fn unknown(counted: &Counted, already: &[Refusal]) -> Option<Refusal> {
    let why = counted.people.unknown.as_ref()?;
    let settled = [
        Guard::OtherLoginPolicy,
        Guard::ForeignPolicy,
        Guard::EditedByHand,
        Guard::NewerFormat,
        Guard::EngineUnsupported,
    ];
    if already
        .iter()
        .any(|refusal| settled.contains(&refusal.code))
    {
        return None;
    }
    Some(refusal(
        Guard::LossesUnknown,
        format!("what people hold now is unknown, and so is what they would lose: {why}"),
        "look at what each would hold; if that is right, push with `--override losses-unknown=WHY`",
    ))
}

fn too_many(losing: &[&PersonChange], guards: &Guards, known: usize) -> Option<Refusal> {
    let most = guards.max_people_losing_access.of(known);
    (losing.len() > most).then(|| {
        refusal(
            Guard::PeopleLoseAccess,
            format!(
                "{} of {known} known would lose access, and at most {most} may at once: {}",
                people(losing.len()),
                names(losing.iter().map(|change| change.login.as_str()))
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

fn uncovered(counted: &Counted, guards: &Guards) -> Option<Refusal> {
    let known = match &counted.people.coverage {
        Some(coverage) if coverage.percent() >= guards.min_coverage => return None,
        Some(coverage) => format!(
            "{} of the account's {} are known here, which is {} % and not {} %",
            coverage.known,
            number(coverage.active, "active login"),
            coverage.percent(),
            guards.min_coverage
        ),
        None => "the account does not say who is active in it".to_string(),
    };
    let groups = &counted.people.groups;
    let lost: Vec<String> = groups.iter().take(SHOWN).map(GroupLoss::words).collect();
    let more = groups.len().saturating_sub(SHOWN);
    let lost = match (lost.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!(": {}", lost.join("; ")),
        (false, more) => format!(": {}; and {more} more", lost.join("; ")),
    };
    Some(refusal(
        Guard::LossesUncounted,
        format!("{known}, so those who lose something cannot be counted{lost}"),
        "write a directory snapshot; or, if it is meant, push with `--override losses-uncounted=WHY`",
    ))
}

fn old(
    directory: Option<&Directory>,
    now: Option<i64>,
    guards: &Guards,
    notes: &mut BTreeSet<String>,
) -> Option<Refusal> {
    let directory = directory?;
    let Some(taken) = directory.taken_at else {
        notes.insert("the directory snapshot does not say when it was taken".to_string());
        return None;
    };
    let age = now?.saturating_sub(taken);
    (age > guards.max_directory_age).then(|| {
        refusal(
            Guard::DirectoryOld,
            format!(
                "the directory snapshot is {} old, and those who lose something are counted by it",
                days(age)
            ),
            "write a new one; or, if nothing changed since, push with `--override directory-old=WHY`, or raise `guards.max_directory_age` in the mapping",
        )
    })
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
    let usual = Guards::default();
    let mut looser = Vec::new();
    let most = guards.max_people_losing_access.of(known);
    if most > MostPeople::Usual.of(known) {
        looser.push(format!("{} may lose access", people(most)));
    }
    if guards.max_admins_losing_access > usual.max_admins_losing_access {
        looser.push(format!(
            "{} may go",
            number(guards.max_admins_losing_access, "admin")
        ));
    }
    if guards.min_admins < usual.min_admins {
        looser.push(format!("{} must stay", number(guards.min_admins, "admin")));
    }
    if guards.min_coverage < usual.min_coverage {
        looser.push(format!(
            "{} % of the active logins must be known",
            guards.min_coverage
        ));
    }
    if guards.max_directory_age > usual.max_directory_age {
        looser.push(format!(
            "the directory snapshot may be {} old",
            days(guards.max_directory_age)
        ));
    }
    if !looser.is_empty() {
        notes.insert(format!(
            "the mapping's guards are looser than usual: {}",
            looser.join(", ")
        ));
    }
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
fn losses(change: &PersonChange) -> String {
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

//! Cases, as subjects and conditions of a mapping.

use std::collections::{BTreeMap, BTreeSet};

use super::body::Unknown;
use super::logic::{Atom, Case};
use crate::import::names::is_group;
use crate::import::{Condition, Entry, Test, Who};
use crate::model::Day;

/// What a case is for, which decides what can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Who may come in at all: no conditions.
    Gate,
    /// Admins, roles, teams: conditions that hold.
    Granted,
    /// As that, of account admins.
    Admin,
    /// Denials: conditions that do not hold.
    Denial,
}

/// The conditions so far, by what they are.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    known: BTreeMap<Condition, String>,
    /// Whether somebody who is no member may pass the gate.
    pub outsiders: bool,
    /// Whether anybody passes the gate.
    pub is_open: bool,
}

/// A case without where and when.
pub(super) fn without_conditions(case: &Case) -> Case {
    let is_of_session =
        |atom: &Atom| !matches!(atom, Atom::Net(_) | Atom::Days(..) | Atom::Hours(..));
    case.iter()
        .filter(|(_, atom)| is_of_session(atom))
        .cloned()
        .collect()
}

/// Any of several; one alone is itself.
pub(super) fn any(mut parts: Vec<Who>) -> Who {
    parts.sort();
    parts.dedup();
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            parts.push(last);
            Who::Any(parts)
        }
        (None, _) => Who::Everyone,
    }
}

impl Conditions {
    /// What was named, by name.
    pub fn taken(&mut self) -> BTreeMap<String, Condition> {
        let known = std::mem::take(&mut self.known);
        known
            .into_iter()
            .map(|(condition, name)| (name, condition))
            .collect()
    }

    /// Whether the language has words for a case.
    pub fn can_say(&self, case: &Case, side: Side) -> Result<(), Unknown> {
        for (holds, atom) in case {
            match (atom, side, holds) {
                (Atom::Group(group), ..) if !is_group(group) => {
                    return Err("the name of a group cannot be written in a mapping".to_string());
                }
                (Atom::Net(_) | Atom::Days(..) | Atom::Hours(..), Side::Gate, _) => {
                    return Err("whether somebody may sign in without a role cannot depend on where and when, but by a denial".to_string());
                }
                (Atom::Net(_), Side::Granted | Side::Admin, false) => {
                    return Err(
                        "what is given everywhere but from some network cannot be said".to_string(),
                    );
                }
                (Atom::Net(_), Side::Denial, true) => {
                    return Err("a denial from some network alone cannot be said".to_string());
                }
                (Atom::Net(nets), ..) if !nets.iter().all(|net| is_network(net)) => {
                    return Err("a network of it cannot be written in a mapping".to_string());
                }
                (Atom::Days(zone, _) | Atom::Hours(zone, _), ..) if !is_zone(zone) => {
                    return Err("its time zone is not known".to_string());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The subject of a case, as it is.
    pub fn who(&self, case: &Case) -> Who {
        let (mut parts, mut none) = (Vec::new(), Vec::new());
        for (holds, atom) in case {
            let part = match atom {
                Atom::Group(group) => Who::Group(group.clone()),
                Atom::Login(login) | Atom::Like(login) => Who::Login(login.clone()),
                Atom::Member => {
                    parts.push(Who::Member(*holds));
                    continue;
                }
                Atom::Machine => {
                    parts.push(Who::Machine(*holds));
                    continue;
                }
                Atom::Net(_) | Atom::Days(..) | Atom::Hours(..) => continue,
            };
            if *holds {
                parts.push(part);
            } else {
                none.push(part);
            }
        }
        if !none.is_empty() {
            parts.push(Who::None(none));
        }
        Who::all(parts)
    }

    /// The subject of a grant: people who are members, and whoever else the case means.
    pub fn holders(&self, case: &Case) -> Option<Who> {
        let sign = |wanted: &Atom| {
            case.iter()
                .find_map(|(holds, atom)| (atom == wanted).then_some(*holds))
        };
        let is_key = case.iter().any(|(holds, atom)| {
            *holds && matches!(atom, Atom::Login(login) | Atom::Like(login) if login.starts_with("api::"))
        });
        let machine = sign(&Atom::Machine).or(is_key.then_some(true));
        let member = sign(&Atom::Member);
        let rest: Case = case
            .iter()
            .filter(|(_, atom)| !matches!(atom, Atom::Member | Atom::Machine))
            .cloned()
            .collect();
        let mut kinds = Vec::new();
        for outsider in [false, true] {
            for is_machine in [false, true] {
                let fits = member != Some(outsider)
                    && machine != Some(!is_machine)
                    && (!outsider || self.outsiders);
                if !fits {
                    continue;
                }
                let mut parts = match self.who(&rest) {
                    Who::All(parts) => parts,
                    Who::Everyone => Vec::new(),
                    one => vec![one],
                };
                if is_machine {
                    parts.push(Who::Machine(true));
                }
                if outsider {
                    parts.push(Who::Member(false));
                }
                kinds.push(Who::all(parts));
            }
        }
        (!kinds.is_empty()).then(|| any(kinds))
    }

    /// An entry of admins, and whether the case means more than it: machines, and people who are no members.
    pub fn admin(&mut self, case: &Case) -> (Option<Entry>, bool) {
        let is_meant =
            !case.contains(&(true, Atom::Machine)) && !case.contains(&(false, Atom::Member));
        let rest: Case = case
            .iter()
            .filter(|(_, atom)| !matches!(atom, Atom::Member | Atom::Machine))
            .cloned()
            .collect();
        let narrowed = !case.contains(&(false, Atom::Machine)) || self.outsiders;
        let entry = is_meant.then(|| Entry {
            who: self.who(&rest),
            test: self.when(case),
        });
        (entry, narrowed)
    }

    /// An entry of denials.
    pub fn denial(&mut self, case: &Case) -> Entry {
        let mut lifts = Vec::new();
        for (holds, atom) in case {
            let condition = match (holds, atom) {
                (false, Atom::Net(nets)) => network(nets),
                (true, Atom::Days(zone, days)) => {
                    let others: BTreeSet<Day> = Day::ALL
                        .into_iter()
                        .filter(|day| !days.contains(day))
                        .collect();
                    let Some(condition) = on_days(zone, &others) else {
                        continue;
                    };
                    condition
                }
                (true, Atom::Hours(zone, hours)) => {
                    let others: BTreeSet<u8> =
                        (0..24).filter(|hour| !hours.contains(hour)).collect();
                    let Some(condition) = at_hours(zone, &others) else {
                        continue;
                    };
                    condition
                }
                _ => continue,
            };
            lifts.push(Test::Is(self.named(condition)));
        }
        Entry {
            who: self.who(&without_conditions(case)),
            test: Test::any(lifts),
        }
    }

    /// Where and when a case holds.
    pub fn when(&mut self, case: &Case) -> Option<Test> {
        let mut tests = Vec::new();
        for (holds, atom) in case {
            let condition = match (holds, atom) {
                (true, Atom::Net(nets)) => Some(network(nets)),
                (true, Atom::Days(zone, days)) => on_days(zone, days),
                (true, Atom::Hours(zone, hours)) => at_hours(zone, hours),
                _ => None,
            };
            tests.extend(condition.map(|condition| Test::Is(self.named(condition))));
        }
        Test::all(tests)
    }

    fn named(&mut self, condition: Condition) -> String {
        if let Some(name) = self.known.get(&condition) {
            return name.clone();
        }
        let plain = if !condition.networks.is_empty() {
            "network"
        } else if condition.days.is_empty() {
            "hours"
        } else {
            "days"
        };
        let mut name = plain.to_string();
        let mut number = 2;
        while self.known.values().any(|known| *known == name) {
            name = format!("{plain}-{number}");
            number += 1;
        }
        self.known.insert(condition, name.clone());
        name
    }
}

fn network(nets: &BTreeSet<String>) -> Condition {
    Condition {
        networks: nets.iter().cloned().collect(),
        ..Condition::default()
    }
}

fn on_days(zone: &str, days: &BTreeSet<Day>) -> Option<Condition> {
    if days.len() == Day::ALL.len() {
        return at_hours(zone, &(0..24).collect());
    }
    (!days.is_empty()).then(|| Condition {
        days: days.clone(),
        zone: Some(zone.to_string()),
        ..Condition::default()
    })
}

/// Full hours, as ranges from the first on and up to the end of the last.
fn at_hours(zone: &str, hours: &BTreeSet<u8>) -> Option<Condition> {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for hour in hours {
        let (from, until) = (u16::from(*hour) * 60, (u16::from(*hour) + 1) * 60);
        match ranges.last_mut() {
            Some(last) if last.1 == from => last.1 = until,
            _ => ranges.push((from, until)),
        }
    }
    (!ranges.is_empty()).then(|| Condition {
        hours: ranges,
        zone: Some(zone.to_string()),
        ..Condition::default()
    })
}

/// Whether a mapping takes it as it is: with nothing set behind its prefix.
fn is_network(text: &str) -> bool {
    let Some((address, prefix)) = text.split_once('/') else {
        return text
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| is_plain(&address));
    };
    let (Ok(address), Ok(prefix)) = (address.parse::<std::net::IpAddr>(), prefix.parse::<u32>())
    else {
        return false;
    };
    is_plain(&address)
        && match address {
            std::net::IpAddr::V4(address) => {
                prefix <= 32 && u32::from(address).checked_shl(prefix).unwrap_or(0) == 0
            }
            std::net::IpAddr::V6(address) => {
                prefix <= 128 && u128::from(address).checked_shl(prefix).unwrap_or(0) == 0
            }
        }
}

/// Addresses in `::/80` cannot be named, nor can IPv4 in the form of the newer ones.
fn is_plain(address: &std::net::IpAddr) -> bool {
    match address {
        std::net::IpAddr::V4(_) => true,
        std::net::IpAddr::V6(address) => address.segments().iter().take(5).any(|part| *part != 0),
    }
}

fn is_zone(zone: &str) -> bool {
    zone.contains('/') && jiff::tz::TimeZone::get(zone).is_ok()
}

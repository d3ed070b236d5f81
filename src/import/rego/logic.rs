//! Conditions as sets of cases, each a set of facts that hold or do not.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Day;

/// More cases of one rule than this are left.
const MOST: usize = 200;

/// What a session or a request may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Atom {
    Group(String),
    Login(String),
    /// A pattern.
    Like(String),
    Member,
    Machine,
    /// The address lies in one of these.
    Net(BTreeSet<String>),
    /// It is one of these days in the zone.
    Days(String, BTreeSet<Day>),
    /// It is one of these full hours in the zone.
    Hours(String, BTreeSet<u8>),
}

/// Facts, and whether each must hold or must not.
pub(super) type Case = BTreeSet<(bool, Atom)>;

/// One of these cases. None at all never holds; an empty case always does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cases(pub Vec<Case>);

/// It falls into too many cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

impl Cases {
    pub fn always() -> Self {
        Self(vec![Case::new()])
    }

    #[cfg(test)]
    pub fn never() -> Self {
        Self(Vec::new())
    }

    pub fn one(atom: Atom) -> Self {
        Self(vec![Case::from([(true, atom)])])
    }

    pub fn any(all: impl IntoIterator<Item = Cases>) -> Result<Self, TooMany> {
        let mut cases = Vec::new();
        for one in all {
            cases.extend(one.0);
            if cases.len() > MOST * 4 {
                return Err(TooMany);
            }
        }
        Self(cases).tidy()
    }

    pub fn and(&self, other: &Self) -> Result<Self, TooMany> {
        if self.0.len() * other.0.len() > MOST * 16 {
            return Err(TooMany);
        }
        let mut cases = Vec::new();
        for one in &self.0 {
            for two in &other.0 {
                cases.extend(joined(one.union(two).cloned()));
            }
        }
        Self(cases).tidy()
    }

    pub fn not(&self) -> Result<Self, TooMany> {
        let mut result = Self::always();
        for case in &self.0 {
            let parts = case.iter().map(|(holds, atom)| match (holds, atom) {
                // Another day and another hour are days and hours.
                (true, Atom::Days(zone, days)) => {
                    let others = Day::ALL.into_iter().filter(|day| !days.contains(day));
                    Case::from([(true, Atom::Days(zone.clone(), others.collect()))])
                }
                (true, Atom::Hours(zone, hours)) => {
                    let others = (0..24).filter(|hour| !hours.contains(hour));
                    Case::from([(true, Atom::Hours(zone.clone(), others.collect()))])
                }
                (holds, atom) => Case::from([(!holds, atom.clone())]),
            });
            result = result.and(&Self(parts.collect()))?;
        }
        Ok(result)
    }

    /// Without what another case says already, and with addresses of cases that differ in nothing else put together.
    fn tidy(self) -> Result<Self, TooMany> {
        let mut by_rest: BTreeMap<Case, BTreeSet<String>> = BTreeMap::new();
        let mut cases: Vec<Case> = Vec::new();
        for case in self.0 {
            let nets: Vec<&BTreeSet<String>> = case
                .iter()
                .filter_map(|(holds, atom)| match atom {
                    Atom::Net(nets) if *holds => Some(nets),
                    _ => None,
                })
                .collect();
            if let [nets] = nets.as_slice() {
                let rest = case
                    .iter()
                    .filter(|(holds, atom)| !(*holds && matches!(atom, Atom::Net(_))));
                let all = by_rest.entry(rest.cloned().collect()).or_default();
                all.extend((*nets).iter().cloned());
            } else if !cases.contains(&case) {
                cases.push(case);
            }
        }
        for (mut case, nets) in by_rest {
            case.insert((true, Atom::Net(nets)));
            cases.push(case);
        }
        let all = cases.clone();
        cases.retain(|case| {
            !all.iter()
                .any(|other| other != case && other.is_subset(case))
        });
        if cases.len() > MOST {
            return Err(TooMany);
        }
        Ok(Self(cases))
    }
}

/// The case of all these, or nothing where it can never be.
fn joined(facts: impl Iterator<Item = (bool, Atom)>) -> Option<Case> {
    let mut case = Case::new();
    let mut days: BTreeMap<String, BTreeSet<Day>> = BTreeMap::new();
    let mut hours: BTreeMap<String, BTreeSet<u8>> = BTreeMap::new();
    for (holds, atom) in facts {
        match atom {
            Atom::Days(zone, on) if holds => match days.get_mut(&zone) {
                Some(known) => known.retain(|day| on.contains(day)),
                None => drop(days.insert(zone, on)),
            },
            Atom::Hours(zone, at) if holds => match hours.get_mut(&zone) {
                Some(known) => known.retain(|hour| at.contains(hour)),
                None => drop(hours.insert(zone, at)),
            },
            atom => drop(case.insert((holds, atom))),
        }
    }
    let is_hollow = days.values().any(BTreeSet::is_empty) || hours.values().any(BTreeSet::is_empty);
    let logins = case
        .iter()
        .filter(|(holds, atom)| *holds && matches!(atom, Atom::Login(_)));
    let is_torn = case
        .iter()
        .any(|(holds, atom)| case.contains(&(!holds, atom.clone())));
    if is_hollow || is_torn || logins.count() > 1 {
        return None;
    }
    case.extend(
        days.into_iter()
            .map(|(zone, on)| (true, Atom::Days(zone, on))),
    );
    case.extend(
        hours
            .into_iter()
            .map(|(zone, at)| (true, Atom::Hours(zone, at))),
    );
    Some(case)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn group(name: &str) -> Cases {
        Cases::one(Atom::Group(name.into()))
    }

    #[test]
    fn nothing_is_always_or_never_but_what_is() {
        let a = group("a");
        assert_eq!(a.and(&a.not().unwrap()).unwrap(), Cases::never());
        assert_eq!(Cases::never().not().unwrap(), Cases::always());
        assert_eq!(Cases::always().not().unwrap(), Cases::never());
        assert_eq!(a.not().unwrap().not().unwrap(), a);
        let either = Cases::any([a.clone(), Cases::always()]).unwrap();
        assert_eq!(either, Cases::always());
        let neither = Cases::any([a.clone(), group("b")]).unwrap().not().unwrap();
        let both = a.not().unwrap().and(&group("b").not().unwrap()).unwrap();
        assert_eq!(neither, both);
    }

    #[test]
    fn days_and_hours_are_cut_and_turned_around() {
        let hours = |of: std::ops::Range<u8>| Cases::one(Atom::Hours("UTC".into(), of.collect()));
        assert_eq!(hours(9..20).and(&hours(0..18)).unwrap(), hours(9..18));
        assert_eq!(hours(0..9).and(&hours(9..24)).unwrap(), Cases::never());
        assert_eq!(hours(0..9).not().unwrap(), hours(9..24));
    }
}

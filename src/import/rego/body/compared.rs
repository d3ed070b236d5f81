//! What it means that two values are the same, or that one is within another.

use std::collections::BTreeSet;

use super::unknown::unknown_term;
use super::{Unknown, Value, Way};
use crate::import::names::is_login;
use crate::import::rego::logic::{Atom, Cases};
use crate::import::rego::tree::Term;
use crate::model::Day;

/// The ways in which two values are the same.
pub(super) fn equal(
    way: Way,
    one: &Value,
    other: &Value,
    term: &Term,
) -> Result<Vec<Way>, Unknown> {
    let list = Value::List(vec![other.clone()]);
    match (one, other) {
        _ if is_constant(one) && is_constant(other) => {
            Ok(if one == other { vec![way] } else { Vec::new() })
        }
        _ if is_constant(one) => equal(way, other, one, term),
        (Value::Member, Value::Flag(flag)) => flagged(way, Atom::Member, *flag),
        (Value::Machine, Value::Flag(flag)) => flagged(way, Atom::Machine, *flag),
        (Value::Hour(zone), Value::Number(hour)) => {
            let hour = u8::try_from(*hour).map_err(|_| unknown_term(term))?;
            let hours = BTreeSet::from([hour]).into_iter().filter(|hour| *hour < 24);
            Ok(vec![way.with(Cases::one(Atom::Hours(
                zone.clone(),
                hours.collect(),
            )))?])
        }
        (_, Value::Text(_)) => within(way, one, &list, term),
        _ => Err(unknown_term(term)),
    }
}

fn is_constant(value: &Value) -> bool {
    matches!(value, Value::Text(_) | Value::Flag(_) | Value::Number(_))
}

fn flagged(way: Way, atom: Atom, flag: bool) -> Result<Vec<Way>, Unknown> {
    let cases = Cases::one(atom);
    let cases = if flag { cases } else { cases.not()? };
    Ok(vec![way.with(cases)?])
}

/// The ways in which a value is in a list.
pub(super) fn within(
    mut way: Way,
    one: &Value,
    list: &Value,
    term: &Term,
) -> Result<Vec<Way>, Unknown> {
    match (one, list) {
        (Value::Text(text), Value::Teams) => {
            Ok(vec![way.with(Cases::one(Atom::Group(text.clone())))?])
        }
        (Value::Text(text), Value::SpaceLabels) => {
            if let Some(space) = &mut way.space {
                space.labels.insert(text.clone());
            }
            Ok(vec![way])
        }
        (value, Value::List(items)) => {
            let texts: Option<BTreeSet<String>> = items
                .iter()
                .map(|item| match item {
                    Value::Text(text) => Some(text.clone()),
                    _ => None,
                })
                .collect();
            let texts = texts.ok_or_else(|| unknown_term(term))?;
            among(way, value, texts, term)
        }
        _ => Err(unknown_term(term)),
    }
}

fn among(
    mut way: Way,
    value: &Value,
    texts: BTreeSet<String>,
    term: &Term,
) -> Result<Vec<Way>, Unknown> {
    match value {
        Value::Text(text) => Ok(if texts.contains(text) {
            vec![way]
        } else {
            Vec::new()
        }),
        Value::Login => {
            if !texts.iter().all(|text| is_login(text)) {
                return Err(format!(
                    "{}: the login cannot be written in a mapping",
                    unknown_term(term)
                ));
            }
            let logins = texts.into_iter().map(|text| Cases::one(Atom::Login(text)));
            let logins = Cases::any(logins)?;
            Ok(vec![way.with(logins)?])
        }
        Value::Team(at) => {
            if let Some(team) = way.teams.get_mut(*at) {
                team.among = Some(match &team.among {
                    Some(known) => known.intersection(&texts).cloned().collect(),
                    None => texts,
                });
            }
            Ok(vec![way])
        }
        Value::Weekday(zone) => {
            let day = |text: &String| Day::ALL.into_iter().find(|day| day.name() == text);
            let days: Option<BTreeSet<Day>> = texts.iter().map(day).collect();
            let days = days.ok_or_else(|| unknown_term(term))?;
            Ok(vec![way.with(Cases::one(Atom::Days(zone.clone(), days)))?])
        }
        // Of several labels any would do, which no grant says.
        Value::SpaceLabel if texts.len() == 1 => {
            let space = way.space.as_mut().ok_or_else(|| unknown_term(term))?;
            space.labels.extend(texts);
            Ok(vec![way])
        }
        Value::SpaceId | Value::SpaceName => {
            let space = way.space.as_mut().ok_or_else(|| unknown_term(term))?;
            let known = match value {
                Value::SpaceId => &mut space.ids,
                _ => &mut space.names,
            };
            if !known.is_empty() {
                return Err("it asks two things of the space's name or id".to_string());
            }
            known.extend(texts);
            Ok(vec![way])
        }
        _ => Err(unknown_term(term)),
    }
}

/// Hours below a number, or above it.
pub(super) fn hours(left: &Value, right: &Value, or_equal: bool) -> Option<Cases> {
    let (zone, fits): (&String, Box<dyn Fn(i64) -> bool>) = match (left, right) {
        (Value::Hour(zone), Value::Number(most)) => {
            let most = *most;
            (
                zone,
                Box::new(move |hour| hour < most || (or_equal && hour == most)),
            )
        }
        (Value::Number(least), Value::Hour(zone)) => {
            let least = *least;
            (
                zone,
                Box::new(move |hour| hour > least || (or_equal && hour == least)),
            )
        }
        _ => return None,
    };
    let hours: BTreeSet<u8> = (0..24).filter(|hour| fits(i64::from(*hour))).collect();
    Some(Cases::one(Atom::Hours(zone.clone(), hours)))
}

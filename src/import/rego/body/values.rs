//! What a term may be: of the input, of the policy's own lists, or a value that is written out.

use std::collections::BTreeMap;

use super::unknown::{unknown, unknown_term};
use super::{Asked, Cases, DEEPEST, Rules, Team, UTC, Unknown, Value, Way};
use crate::import::rego::tree::Term;

impl Rules<'_> {
    /// Whether a term is a list that is written out.
    pub(super) fn constant(&self, term: &Term, depth: usize) -> bool {
        let Term::Name(name) = term else {
            return false;
        };
        matches!(self.constants(name, depth), Some(Ok(Value::List(_))))
    }

    /// The value of a rule that is one.
    fn constants(&self, name: &str, depth: usize) -> Option<Result<Value, Unknown>> {
        let rules = self.by_name.get(name)?;
        let [rule] = rules.as_slice() else {
            return None;
        };
        let value = rule.value.as_ref()?;
        let is_plain = rule.path.is_empty()
            && !rule.is_odd
            && rule.member.is_none()
            && rule.bodies.iter().all(Vec::is_empty)
            && depth <= DEEPEST;
        if !is_plain {
            return Some(Err(format!("the value of `{name}` is not known")));
        }
        let mut nowhere = Way {
            names: BTreeMap::new(),
            teams: Vec::new(),
            cases: Cases::always(),
            space: None,
        };
        let values = self.values(value, &mut nowhere, depth + 1);
        Some(values.and_then(|values| match values.as_slice() {
            [one] if nowhere.teams.is_empty() => Ok(one.clone()),
            _ => Err(format!("the value of `{name}` is not known")),
        }))
    }

    /// What a term may be; more than one where it goes through a list.
    pub(super) fn values(
        &self,
        term: &Term,
        way: &mut Way,
        depth: usize,
    ) -> Result<Vec<Value>, Unknown> {
        if depth > DEEPEST {
            return Err("rules use each other too deep".to_string());
        }
        let one = |value: Value| Ok(vec![value]);
        match term {
            Term::Text(text) => one(Value::Text(text.clone())),
            Term::Number(number) => one(Value::Number(*number)),
            Term::Flag(flag) => one(Value::Flag(*flag)),
            Term::List(items) => {
                let mut list = Vec::new();
                for item in items {
                    match self.values(item, way, depth)?.as_slice() {
                        [value] => list.push(value.clone()),
                        _ => return Err(unknown_term(term)),
                    }
                }
                one(Value::List(list))
            }
            Term::Name(name) => {
                if let Some(value) = way.names.get(name) {
                    return one(value.clone());
                }
                if name == "input" {
                    return one(Value::Input);
                }
                self.constants(name, depth)
                    .unwrap_or_else(|| Err(unknown(name)))
                    .map(|value| vec![value])
            }
            Term::At(inner, index) => {
                let inner = self.values(inner, way, depth)?;
                let [inner] = inner.as_slice() else {
                    return Err(unknown_term(term));
                };
                if let Term::Text(key) = index.as_ref() {
                    return field(inner, key)
                        .map(|value| vec![value])
                        .ok_or_else(|| unknown_term(term));
                }
                if let (Value::Clock(zone), Term::Number(0)) = (inner, index.as_ref()) {
                    return one(Value::Hour(zone.clone()));
                }
                match index.as_ref() {
                    // Any element, whichever.
                    Term::Name(name) if name == "_" || self.is_free(name, way) => {
                        // A place in one list is not to be taken for the same place in another.
                        if name != "_" {
                            way.names.insert(name.clone(), Value::Ignored);
                        }
                        elements(inner, way)
                    }
                    _ => Err(unknown_term(term)),
                }
            }
            Term::Call(name, arguments) => {
                let mut values = Vec::new();
                for argument in arguments {
                    values.push(self.values(argument, way, depth)?);
                }
                let zoned = match values.as_slice() {
                    [time] => match time.as_slice() {
                        [Value::Time] => Some(UTC.to_string()),
                        [Value::List(parts)] => match parts.as_slice() {
                            [Value::Time, Value::Text(zone)] => Some(match zone.as_str() {
                                "UTC" | "" => UTC.to_string(),
                                zone => zone.to_string(),
                            }),
                            _ => None,
                        },
                        _ => None,
                    },
                    _ => None,
                };
                match (name.as_str(), zoned) {
                    ("time.weekday", Some(zone)) => one(Value::Weekday(zone)),
                    ("time.clock", Some(zone)) => one(Value::Clock(zone)),
                    _ => Err(unknown_term(term)),
                }
            }
            _ => Err(unknown_term(term)),
        }
    }

    fn is_free(&self, name: &str, way: &Way) -> bool {
        !way.names.contains_key(name) && !self.by_name.contains_key(name) && name != "input"
    }
}

/// What a list may hold: each value that is written out, or one that stands for any.
pub(super) fn elements(list: &Value, way: &mut Way) -> Result<Vec<Value>, Unknown> {
    match list {
        Value::List(values) => Ok(values.clone()),
        Value::Teams => {
            way.teams.push(Team::default());
            Ok(vec![Value::Team(way.teams.len() - 1)])
        }
        Value::SpaceLabels => Ok(vec![Value::SpaceLabel]),
        Value::Spaces if way.space.is_none() => {
            way.space = Some(Asked::default());
            Ok(vec![Value::Space])
        }
        _ => Err("it goes through a list that is not known".to_string()),
    }
}

fn field(of: &Value, key: &str) -> Option<Value> {
    Some(match (of, key) {
        (Value::Input, "session") => Value::Session,
        (Value::Input, "request") => Value::Request,
        (Value::Input, "spaces") => Value::Spaces,
        (Value::Session, "login") => Value::Login,
        (Value::Session, "teams") => Value::Teams,
        (Value::Session, "member") => Value::Member,
        (Value::Session, "machine") => Value::Machine,
        (Value::Request, "remote_ip") => Value::Address,
        (Value::Request, "timestamp_ns") => Value::Time,
        (Value::Space, "id") => Value::SpaceId,
        (Value::Space, "name") => Value::SpaceName,
        (Value::Space, "labels") => Value::SpaceLabels,
        _ => return None,
    })
}

//! What a body asks of a session, where it asks it in a way that is known.

use std::collections::{BTreeMap, BTreeSet};

use super::logic::{Atom, Cases, TooMany};
use super::tree::{Literal, Rule, Term};
use crate::import::names::is_login;
use crate::model::Day;

/// Rules that use each other deeper than this are left.
const DEEPEST: usize = 12;
/// A body falls into no more ways than this.
const WAYS: usize = 256;

/// The zone of clocks that are asked without one, as a mapping spells it.
const UTC: &str = "Etc/UTC";

/// Why a rule is left.
pub(super) type Unknown = String;

impl From<TooMany> for Unknown {
    fn from(_: TooMany) -> Self {
        "it falls into too many cases".to_string()
    }
}

/// What a term is, as far as it matters.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    Number(i64),
    Flag(bool),
    List(Vec<Value>),
    Input,
    Session,
    Request,
    Login,
    Teams,
    Member,
    Machine,
    Address,
    Time,
    /// The name of the day, in a zone.
    Weekday(String),
    /// Hour, minute and second, in a zone.
    Clock(String),
    Hour(String),
    Spaces,
    /// A space of the account.
    Space,
    SpaceId,
    SpaceName,
    SpaceLabels,
    /// A label of the space, whichever.
    SpaceLabel,
    /// A team of the session, by its number.
    Team(usize),
    /// Nobody looks at it.
    Ignored,
}

/// The spaces that a rule is about, where it goes through those of the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Ids that they must have.
    pub ids: BTreeSet<String>,
    /// Names that they must have.
    pub names: BTreeSet<String>,
    /// Labels that they must have.
    pub labels: BTreeSet<String>,
}

/// What is known of a team that a body goes through.
#[derive(Debug, Clone, Default)]
struct Team {
    /// It is one of these.
    among: Option<BTreeSet<String>>,
    /// It is none of these.
    without: BTreeSet<String>,
}

/// A way in which a body holds.
#[derive(Debug, Clone)]
pub(super) struct Way {
    names: BTreeMap<String, Value>,
    teams: Vec<Team>,
    /// Of the session and of the request.
    pub cases: Cases,
    /// Of the space, if it goes through them.
    pub space: Option<Asked>,
}

/// What a head says in a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Text(String),
    /// The id of the space that is gone through.
    Space,
    /// A team of the session, whichever.
    Team,
}

/// The rules of a policy, by name.
pub(super) struct Rules<'r> {
    by_name: BTreeMap<&'r str, Vec<&'r Rule>>,
}

impl<'r> Rules<'r> {
    pub fn of(rules: &'r [Rule]) -> Self {
        let mut by_name: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
        for rule in rules.iter().filter(|rule| !rule.is_default) {
            by_name.entry(&rule.name).or_default().push(rule);
        }
        Self { by_name }
    }

    /// The cases in which any of the rules of a name holds.
    pub fn holds(&self, name: &str, depth: usize) -> Result<Cases, Unknown> {
        if depth > DEEPEST {
            return Err("rules use each other too deep".to_string());
        }
        let rules = self.by_name.get(name);
        let mut all = Vec::new();
        for rule in rules.into_iter().flatten() {
            all.push(self.rule(rule, depth)?);
        }
        Ok(Cases::any(all)?)
    }

    /// The cases in which a rule that is one value holds.
    pub fn rule(&self, rule: &Rule, depth: usize) -> Result<Cases, Unknown> {
        let is_true = rule
            .value
            .as_ref()
            .is_none_or(|value| *value == Term::Flag(true));
        if rule.is_odd || rule.member.is_some() || !rule.path.is_empty() || !is_true {
            return Err(format!("`{}` is more than true or undefined", rule.name));
        }
        let mut all = Vec::new();
        for way in self.ways(rule, depth)? {
            if way.space.is_some() {
                return Err("it goes through the spaces of the account".to_string());
            }
            all.push(way.whole()?);
        }
        Ok(Cases::any(all)?)
    }

    /// Every way in which a rule holds.
    pub fn ways(&self, rule: &Rule, depth: usize) -> Result<Vec<Way>, Unknown> {
        if rule.is_odd {
            return Err("it is a default, a function, or has an `else`".to_string());
        }
        let mut ways = Vec::new();
        let empty = vec![Vec::new()];
        let bodies = if rule.bodies.is_empty() {
            &empty
        } else {
            &rule.bodies
        };
        for body in bodies {
            let start = Way {
                names: BTreeMap::new(),
                teams: Vec::new(),
                cases: Cases::always(),
                space: None,
            };
            ways.extend(self.body(body, start, depth)?);
        }
        Ok(ways)
    }

    /// What a head's term says in a way that was found for its body.
    pub fn said(&self, term: &Term, way: &Way, depth: usize) -> Result<Said, Unknown> {
        match self.values(term, &mut way.clone(), depth)?.as_slice() {
            [Value::Text(text)] => Ok(Said::Text(text.clone())),
            [Value::SpaceId] => Ok(Said::Space),
            [Value::Team(_)] => Ok(Said::Team),
            _ => Err("what it gives is not written out".to_string()),
        }
    }

    /// Whether a way asks nothing of its only team.
    pub fn copies_teams(&self, term: &Term, way: &Way) -> bool {
        let any = |team: &Team| team.among.is_none() && team.without.is_empty();
        matches!(self.said(term, way, 0), Ok(Said::Team))
            && way.teams.len() == 1
            && way.teams.iter().all(any)
            && way.cases == Cases::always()
    }

    fn body(&self, literals: &[Literal], start: Way, depth: usize) -> Result<Vec<Way>, Unknown> {
        let mut ways = vec![start];
        // Names may be bound below their use: what binds comes first.
        let binds = |literal: &&Literal| {
            matches!(
                literal,
                Literal::SomeIn(..) | Literal::Is(Term::Bind(..)) | Literal::Some
            )
        };
        let (first, then): (Vec<&Literal>, Vec<&Literal>) = literals.iter().partition(binds);
        for literal in first.into_iter().chain(then) {
            let mut next = Vec::new();
            for way in ways {
                next.extend(self.literal(literal, way, depth)?);
                if next.len() > WAYS {
                    return Err("it falls into too many cases".to_string());
                }
            }
            ways = next;
        }
        Ok(ways)
    }

    fn literal(&self, literal: &Literal, mut way: Way, depth: usize) -> Result<Vec<Way>, Unknown> {
        match literal {
            Literal::Some => Ok(vec![way]),
            Literal::Other(text) => Err(unknown(text)),
            Literal::SomeIn(Term::Name(name), collection) => {
                let values = self.values(collection, &mut way, depth)?;
                let [collection] = values.as_slice() else {
                    return Err("it goes through several lists at once".to_string());
                };
                let elements = elements(collection, &mut way)?;
                Ok(bound(&way, name, elements))
            }
            Literal::SomeIn(..) => Err("it takes values apart".to_string()),
            Literal::Is(Term::Bind(left, right)) => self.bind(left, right, way, depth),
            Literal::Is(term) => self.asked(term, way, depth),
            Literal::Not(term) => {
                // Of a team that is gone through outside, it is excluded; anything else is turned around as a whole.
                let teams = way.teams.len();
                let mut inner = way.clone();
                inner.cases = Cases::always();
                let inside = self.asked(term, inner, depth)?;
                if let [one] = inside.as_slice()
                    && one.cases == Cases::always()
                    && one.space == way.space
                {
                    let changed: Vec<usize> = (0..teams)
                        .filter(|at| narrowed(&way.teams, &one.teams, *at))
                        .collect();
                    if let ([at], true) = (changed.as_slice(), one.teams.len() == teams) {
                        let among = one.teams.get(*at).and_then(|team| team.among.clone());
                        let before = way.teams.get(*at).and_then(|team| team.among.clone());
                        if let (Some(among), Some(team)) = (among, way.teams.get_mut(*at)) {
                            // What it could not be before, it need not be kept from.
                            let inside: BTreeSet<String> = match before {
                                Some(before) => before.intersection(&among).cloned().collect(),
                                None => among,
                            };
                            team.without.extend(inside);
                            return Ok(vec![way]);
                        }
                    }
                }
                let mut all = Vec::new();
                for one in inside {
                    if one.space != way.space
                        || (0..teams).any(|at| narrowed(&way.teams, &one.teams, at))
                    {
                        return Err("it turns around what it asks of a list's element".to_string());
                    }
                    let own = one.teams.get(teams..).unwrap_or_default();
                    all.push(one.cases.and(&resolved(own)?)?);
                }
                way.cases = way.cases.and(&Cases::any(all)?.not()?)?;
                Ok(vec![way])
            }
        }
    }

    fn bind(
        &self,
        left: &Term,
        right: &Term,
        mut way: Way,
        depth: usize,
    ) -> Result<Vec<Way>, Unknown> {
        let values = self.values(right, &mut way, depth)?;
        match left {
            Term::Name(name) => Ok(bound(&way, name, values)),
            // Hour, minute and second of a clock.
            Term::List(parts) => {
                let [Value::Clock(zone)] = values.as_slice() else {
                    return Err("it takes values apart".to_string());
                };
                for (at, part) in parts.iter().enumerate() {
                    let Term::Name(name) = part else {
                        return Err("it takes values apart".to_string());
                    };
                    let value = if at == 0 {
                        Value::Hour(zone.clone())
                    } else {
                        Value::Ignored
                    };
                    if name != "_" {
                        way.names.insert(name.clone(), value);
                    }
                }
                Ok(vec![way])
            }
            _ => Err("it takes values apart".to_string()),
        }
    }

    /// The ways in which a term is true.
    fn asked(&self, term: &Term, way: Way, depth: usize) -> Result<Vec<Way>, Unknown> {
        let pairs = |left: &Term, right: &Term| -> Result<Vec<(Way, Value, Value)>, Unknown> {
            let mut start = way.clone();
            let lefts = self.values(left, &mut start, depth)?;
            let rights = self.values(right, &mut start, depth)?;
            let found = lefts.iter().flat_map(|one| {
                let start = &start;
                let others = rights.iter();
                others.map(move |other| (start.clone(), one.clone(), other.clone()))
            });
            Ok(found.collect())
        };
        let mut ways = Vec::new();
        match term {
            Term::Equal(left, right) => {
                for (way, one, other) in pairs(left, right)? {
                    ways.extend(equal(way, &one, &other, term)?);
                }
            }
            Term::NotEqual(left, right) => {
                for (way, one, other) in pairs(left, right)? {
                    let before = way.cases.clone();
                    let mut plain = way.clone();
                    plain.cases = Cases::always();
                    let mut same = Vec::new();
                    for one in equal(plain, &one, &other, term)? {
                        if one.space != way.space || one.teams.len() != way.teams.len() {
                            return Err(unknown_term(term));
                        }
                        same.push(one.cases);
                    }
                    let is_of_team =
                        matches!(one, Value::Team(_)) || matches!(other, Value::Team(_));
                    if is_of_team {
                        return Err(unknown_term(term));
                    }
                    ways.push(Way {
                        cases: before.and(&Cases::any(same)?.not()?)?,
                        ..way
                    });
                }
            }
            Term::In(left, right) => {
                for (way, one, other) in pairs(left, right)? {
                    ways.extend(within(way, &one, &other, term)?);
                }
            }
            Term::Less(left, right, or_equal) => {
                for (way, one, other) in pairs(left, right)? {
                    let hour = hours(&one, &other, *or_equal).ok_or_else(|| unknown_term(term))?;
                    ways.push(way.with(hour)?);
                }
            }
            Term::Call(name, arguments) => return self.call(name, arguments, way, depth, term),
            // A set, and whether something is in it.
            Term::At(set, index) if self.constant(set, depth) => {
                for (way, one, other) in pairs(index, set)? {
                    ways.extend(within(way, &one, &other, term)?);
                }
            }
            Term::Name(name)
                if !way.names.contains_key(name) && self.by_name.contains_key(name.as_str()) =>
            {
                let cases = self.holds(name, depth + 1)?;
                ways.push(way.with(cases)?);
            }
            Term::Flag(true) => ways.push(way),
            Term::Flag(false) => {}
            other => {
                let mut way = way;
                for value in self.values(other, &mut way, depth)? {
                    let atom = match value {
                        Value::Member => Atom::Member,
                        Value::Machine => Atom::Machine,
                        _ => return Err(unknown_term(term)),
                    };
                    ways.push(way.clone().with(Cases::one(atom))?);
                }
            }
        }
        Ok(ways)
    }

    fn call(
        &self,
        name: &str,
        arguments: &[Term],
        way: Way,
        depth: usize,
        term: &Term,
    ) -> Result<Vec<Way>, Unknown> {
        let [first, second] = arguments else {
            return Err(unknown_term(term));
        };
        let mut ways = Vec::new();
        let mut start = way;
        let firsts = self.values(first, &mut start, depth)?;
        let seconds = self.values(second, &mut start, depth)?;
        for one in &firsts {
            for other in &seconds {
                let cases = match (name, one, other) {
                    ("net.cidr_contains", Value::Text(network), Value::Address) => {
                        Cases::one(Atom::Net(BTreeSet::from([network.clone()])))
                    }
                    ("startswith", Value::Login, Value::Text(part)) if is_login(part) => {
                        Cases::one(Atom::Like(format!("{part}*")))
                    }
                    ("endswith", Value::Login, Value::Text(part)) if is_login(part) => {
                        Cases::one(Atom::Like(format!("*{part}")))
                    }
                    _ => return Err(unknown_term(term)),
                };
                ways.push(start.clone().with(cases)?);
            }
        }
        Ok(ways)
    }

    /// Whether a term is a list that is written out.
    fn constant(&self, term: &Term, depth: usize) -> bool {
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
    fn values(&self, term: &Term, way: &mut Way, depth: usize) -> Result<Vec<Value>, Unknown> {
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

impl Way {
    fn with(mut self, cases: Cases) -> Result<Self, Unknown> {
        self.cases = self.cases.and(&cases)?;
        Ok(self)
    }

    /// The cases with what is asked of teams in them; an element of which nothing is asked but that it is there is not known.
    pub fn whole(&self) -> Result<Cases, Unknown> {
        Ok(self.cases.and(&resolved(&self.teams)?)?)
    }
}

fn resolved(teams: &[Team]) -> Result<Cases, Unknown> {
    let mut cases = Cases::always();
    for team in teams {
        let Some(among) = &team.among else {
            return Err("it asks for any team at all".to_string());
        };
        let groups = among.difference(&team.without);
        let groups = groups.map(|group| Cases::one(Atom::Group(group.clone())));
        cases = cases.and(&Cases::any(groups)?)?;
    }
    Ok(cases)
}

fn narrowed(before: &[Team], after: &[Team], at: usize) -> bool {
    match (before.get(at), after.get(at)) {
        (Some(one), Some(other)) => one.among != other.among || one.without != other.without,
        _ => false,
    }
}

fn bound(way: &Way, name: &str, values: Vec<Value>) -> Vec<Way> {
    values
        .into_iter()
        .map(|value| {
            let mut way = way.clone();
            if name != "_" {
                way.names.insert(name.to_string(), value);
            }
            way
        })
        .collect()
}

/// What a list may hold: each value that is written out, or one that stands for any.
fn elements(list: &Value, way: &mut Way) -> Result<Vec<Value>, Unknown> {
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

/// The ways in which two values are the same.
fn equal(way: Way, one: &Value, other: &Value, term: &Term) -> Result<Vec<Way>, Unknown> {
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
fn within(mut way: Way, one: &Value, list: &Value, term: &Term) -> Result<Vec<Way>, Unknown> {
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
fn hours(left: &Value, right: &Value, or_equal: bool) -> Option<Cases> {
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

fn unknown(text: &str) -> Unknown {
    let short: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = short.chars().take(80).collect();
    format!(
        "`{}` is not known here",
        crate::report::visible::visible(&short)
    )
}

fn unknown_term(term: &Term) -> Unknown {
    match term {
        Term::Other(text) => unknown(text),
        Term::Name(name) => unknown(name),
        Term::At(inner, index) => match (inner.as_ref(), index.as_ref()) {
            (_, Term::Text(key)) => unknown(&format!("{}.{key}", spelt(inner))),
            _ => unknown(&spelt(term)),
        },
        Term::Call(name, _) => unknown(&format!("{name}(…)")),
        other => unknown(&spelt(other)),
    }
}

fn spelt(term: &Term) -> String {
    match term {
        Term::Text(text) => format!("\"{text}\""),
        Term::Number(number) => number.to_string(),
        Term::Flag(flag) => flag.to_string(),
        Term::Name(name) => name.clone(),
        Term::List(_) => "[…]".to_string(),
        Term::At(inner, index) => match index.as_ref() {
            Term::Text(key) => format!("{}.{key}", spelt(inner)),
            other => format!("{}[{}]", spelt(inner), spelt(other)),
        },
        Term::Call(name, _) => format!("{name}(…)"),
        Term::Equal(one, other) => format!("{} == {}", spelt(one), spelt(other)),
        Term::NotEqual(one, other) => format!("{} != {}", spelt(one), spelt(other)),
        Term::Less(one, other, _) => format!("{} < {}", spelt(one), spelt(other)),
        Term::In(one, other) => format!("{} in {}", spelt(one), spelt(other)),
        Term::Bind(one, other) => format!("{} := {}", spelt(one), spelt(other)),
        Term::Other(text) => text.clone(),
    }
}

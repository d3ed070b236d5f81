//! Who can do what, and what somebody can do: for people and for scripts, each answer with the way that leads to it.

mod human;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::show::{ShownCondition, condition};
use super::words::{moment, subject, test};
use crate::effective::{
    Asking, Barrier, BarrierKind, Bound, By, Further, People, Person, Reach, Reached, Way, Whom,
    actions_of,
};
use crate::model::{BUILT_IN_ROLES, Because, Model, RoleKind, Test};
use crate::source::{Place, Sources};

/// What an answer is made from.
pub struct Asked<'a> {
    /// The mapping, with the tree that was asked about.
    pub model: &'a Model,
    /// Its files.
    pub sources: &'a Sources,
    /// Every way that was found.
    pub ways: &'a [Way<'a>],
}

/// An answer.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// What was asked, in words.
    question: String,
    /// The ways, in the order that their numbers say.
    ways: Vec<ShownWay>,
    /// What somebody can do on each space, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    spaces: Option<Vec<ShownSpace>>,
    /// People to whom a way is open, or about whom was asked.
    people: Vec<ShownPerson>,
    /// How many people were looked at.
    looked_at: usize,
    /// The conditions that the ways name.
    conditions: Vec<ShownCondition>,
    /// The roles that the ways name.
    roles: Vec<ShownRole>,
}

#[derive(Debug, Serialize)]
struct ShownWay {
    number: usize,
    /// `grant`, `include`, `naming`, `elevation`, `admin`, `slack` or `outside_policy`.
    kind: &'static str,
    id: Option<String>,
    place: Place,
    /// As the mapping would write it.
    who: String,
    /// What somebody who was asked about meets of that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    met_by: Vec<String>,
    /// What must hold beside what was asked about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    further: Vec<String>,
    /// The slug; nothing for an account admin.
    role: Option<String>,
    spaces: Vec<ShownReach>,
    when: Option<String>,
    starts: Option<String>,
    ends: Option<String>,
    barriers: Vec<ShownBarrier>,
    /// Why Spacelift does not ask the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    outside_policy: Option<Because>,
    reason: Option<String>,
    owner: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct ShownReach {
    space: String,
    /// The space that the role is bound on; nothing for an account admin.
    bound_on: Option<String>,
    /// What chose that space: nothing where the mapping names it, `*`, or a label at login.
    chosen_by: Option<String>,
    /// `itself`, `below` or `above`.
    how: &'static str,
    /// For `above`: the spaces on the way up, each of which inherits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    through: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ShownBarrier {
    /// `gate`, `denial` or `admin_denial`.
    kind: &'static str,
    id: String,
    place: Option<Place>,
    who: String,
    unless: Option<String>,
}

#[derive(Debug, Serialize)]
struct ShownSpace {
    space: String,
    /// Slugs of the roles in effect there; `account admin` for that.
    roles: BTreeSet<String>,
    /// Whether it can be read without any role there.
    read_only_from_below: bool,
    /// Known actions; nothing where it may be any.
    actions: Option<BTreeSet<String>>,
    /// Numbers of ways.
    ways: Vec<usize>,
}

#[derive(Debug, Serialize)]
struct ShownPerson {
    name: String,
    login: String,
    /// Numbers of ways.
    ways: Vec<usize>,
    /// Whether nothing of it can ever be used.
    kept_out: bool,
    offboarded: Option<Place>,
    break_glass: bool,
    outside_policy: Option<Because>,
    barriers: Vec<ShownBarrier>,
}

#[derive(Debug, Serialize)]
struct ShownRole {
    slug: String,
    /// `system`, `custom` or `external`.
    kind: &'static str,
    /// Known actions; nothing where it may hold any.
    actions: Option<Vec<String>>,
}

/// Answers who can do something.
#[must_use]
pub fn who(asked: &Asked<'_>, question: &str, people: &[Person]) -> Answer {
    let asking = People::of(asked.model).ask(asked.ways, people);
    let able = people.iter().zip(&asking);
    let able = able.filter(|(_, asking)| !asking.open.is_empty());
    let ways = asked.ways.iter().enumerate();
    Answer {
        question: question.to_owned(),
        ways: ways.map(|(at, way)| asked.way(at + 1, way)).collect(),
        spaces: None,
        people: able
            .map(|(person, asking)| asked.person(person, asking, &|at| at + 1))
            .collect(),
        looked_at: people.len(),
        conditions: asked.conditions(asked.ways.iter()),
        roles: asked.roles(asked.ways.iter()),
    }
}

/// Answers what one person can do.
#[must_use]
pub fn access(asked: &Asked<'_>, person: &Person) -> Answer {
    let people = People::of(asked.model);
    let asking = people.ask(asked.ways, [person]);
    let open: Vec<usize> = asking.iter().flat_map(|one| one.open.clone()).collect();
    let numbers: BTreeMap<usize, usize> = open
        .iter()
        .enumerate()
        .map(|(number, at)| (*at, number + 1))
        .collect();
    let chosen: Vec<(usize, &Way<'_>)> = open
        .iter()
        .filter_map(|at| Some((*numbers.get(at)?, asked.ways.get(*at)?)))
        .collect();
    let ways = chosen.iter().map(|(number, way)| {
        let met_by = match way.who {
            Whom::Subject(who) => people.met(who, person),
            Whom::Login(login) => vec![format!("login {login}")],
            Whom::Channel(_) => Vec::new(),
        };
        ShownWay {
            met_by,
            // What stands in this person's way is said of the person.
            barriers: Vec::new(),
            ..asked.way(*number, way)
        }
    });
    let number = |at| numbers.get(&at).copied().unwrap_or_default();
    Answer {
        question: format!("what {} can do", person.name),
        ways: ways.collect(),
        spaces: Some(asked.spaces(&chosen)),
        people: asking
            .iter()
            .map(|asking| asked.person(person, asking, &number))
            .collect(),
        looked_at: 1,
        conditions: asked.conditions(chosen.iter().map(|(_, way)| *way)),
        roles: asked.roles(chosen.iter().map(|(_, way)| *way)),
    }
}

/// Answers what whoever holds some groups can do.
#[must_use]
pub fn access_of_groups(
    asked: &Asked<'_>,
    groups: &BTreeSet<String>,
    further: &[Further],
) -> Answer {
    let numbered: Vec<(usize, &Way<'_>, &Further)> = further
        .iter()
        .filter_map(|further| Some((asked.ways.get(further.way)?, further)))
        .enumerate()
        .map(|(at, (way, further))| (at + 1, way, further))
        .collect();
    let ways = numbered.iter().map(|(number, way, further)| {
        let none = further.none.iter().map(|fact| format!("not {fact}"));
        ShownWay {
            further: further.all.iter().cloned().chain(none).collect(),
            ..asked.way(*number, way)
        }
    });
    let alone: Vec<(usize, &Way<'_>)> = numbered
        .iter()
        .filter(|(_, _, further)| further.all.is_empty())
        .map(|(number, way, _)| (*number, *way))
        .collect();
    let names: Vec<&str> = groups.iter().map(String::as_str).collect();
    Answer {
        question: format!("what whoever is in {} can do", names.join(" and ")),
        ways: ways.collect(),
        spaces: Some(asked.spaces(&alone)),
        people: Vec::new(),
        looked_at: 0,
        conditions: asked.conditions(numbered.iter().map(|(_, way, _)| *way)),
        roles: asked.roles(numbered.iter().map(|(_, way, _)| *way)),
    }
}

impl Asked<'_> {
    fn way(&self, number: usize, way: &Way<'_>) -> ShownWay {
        let (kind, id) = match way.by {
            By::Grant(id, origin) => (origin.word(), Some(id)),
            By::Admin(id) => ("admin", Some(id)),
            By::Slack => ("slack", None),
            By::Outside(_) => ("outside_policy", None),
        };
        let grant = match way.by {
            By::Grant(id, _) => self.model.grants.get(id),
            By::Admin(_) | By::Slack | By::Outside(_) => None,
        };
        ShownWay {
            number,
            kind,
            id: id.map(str::to_owned),
            place: self.sources.place(way.span),
            who: match way.who {
                Whom::Subject(who) => subject(who),
                Whom::Channel(at) => {
                    format!("channel {} of workspace {}", at.channel, at.workspace)
                }
                Whom::Login(login) => login.to_owned(),
            },
            met_by: Vec::new(),
            further: Vec::new(),
            role: way.role.map(str::to_owned),
            spaces: way.spaces.iter().map(shown_reach).collect(),
            when: way.when.map(test),
            starts: way.starts.map(moment),
            ends: way.ends.map(moment),
            barriers: way.barriers.iter().map(|one| self.barrier(one)).collect(),
            outside_policy: match way.by {
                By::Outside(because) => Some(because),
                By::Grant(..) | By::Admin(_) | By::Slack => None,
            },
            reason: grant.and_then(|grant| grant.reason.clone()),
            owner: grant.and_then(|grant| grant.owner.clone()),
        }
    }

    fn barrier(&self, barrier: &Barrier<'_>) -> ShownBarrier {
        ShownBarrier {
            kind: match barrier.kind {
                BarrierKind::Gate => "gate",
                BarrierKind::Denial => "denial",
                BarrierKind::AdminDenial => "admin_denial",
            },
            id: barrier.id.to_owned(),
            place: barrier.span.map(|span| self.sources.place(span)),
            who: subject(barrier.who),
            unless: barrier.unless.map(test),
        }
    }

    fn person(
        &self,
        person: &Person,
        asking: &Asking<'_>,
        number: &dyn Fn(usize) -> usize,
    ) -> ShownPerson {
        let login = person
            .input
            .pointer("/session/login")
            .and_then(|login| login.as_str());
        ShownPerson {
            name: person.name.clone(),
            login: login.unwrap_or_default().to_owned(),
            ways: asking.open.iter().map(|at| number(*at)).collect(),
            kept_out: asking.is_kept_out(),
            offboarded: asking.offboarded.map(|span| self.sources.place(span)),
            break_glass: asking.break_glass,
            outside_policy: asking.outside.map(|outside| outside.because),
            barriers: asking
                .barriers
                .iter()
                .map(|one| self.barrier(one))
                .collect(),
        }
    }

    /// What some ways amount to on each space.
    fn spaces(&self, ways: &[(usize, &Way<'_>)]) -> Vec<ShownSpace> {
        let mut spaces: BTreeMap<&str, ShownSpace> = BTreeMap::new();
        for (number, way) in ways {
            for reached in &way.spaces {
                let nothing = || ShownSpace {
                    space: reached.space.to_owned(),
                    roles: BTreeSet::new(),
                    read_only_from_below: true,
                    actions: Some(BTreeSet::new()),
                    ways: Vec::new(),
                };
                let space = spaces.entry(reached.space).or_insert_with(nothing);
                if !matches!(reached.reach, Reach::Above(_)) {
                    space.read_only_from_below = false;
                    let role = way.role.unwrap_or("account admin");
                    space.roles.insert(role.to_owned());
                }
                let more = way.actions(self.model, &reached.reach);
                space.actions = space.actions.take().zip(more).map(|(mut known, more)| {
                    known.extend(more);
                    known
                });
                space.ways.push(*number);
            }
        }
        spaces.into_values().collect()
    }

    fn conditions<'w>(&self, ways: impl Iterator<Item = &'w Way<'w>>) -> Vec<ShownCondition> {
        let mut names = BTreeSet::new();
        for way in ways {
            let tests = way.barriers.iter().filter_map(|barrier| barrier.unless);
            for test in tests.chain(way.when) {
                named(test, &mut names);
            }
        }
        names
            .into_iter()
            .filter_map(|name| {
                let found = self.model.conditions.get(name)?;
                Some(condition(name, found, self.sources))
            })
            .collect()
    }

    fn roles<'w>(&self, ways: impl Iterator<Item = &'w Way<'w>>) -> Vec<ShownRole> {
        let slugs: BTreeSet<&str> = ways.filter_map(|way| way.role).collect();
        slugs
            .into_iter()
            .map(|slug| ShownRole {
                slug: slug.to_owned(),
                kind: match self.model.roles.get(slug).map(|role| &role.kind) {
                    _ if BUILT_IN_ROLES.contains(&slug) => "system",
                    Some(RoleKind::BuiltIn) => "system",
                    Some(RoleKind::Declared(_)) => "custom",
                    Some(RoleKind::External) | None => "external",
                },
                actions: actions_of(self.model, slug).map(|all| all.into_iter().collect()),
            })
            .collect()
    }
}

fn shown_reach(reached: &Reached<'_>) -> ShownReach {
    let (bound_on, chosen_by) = match reached.on {
        Bound::Account => (None, None),
        Bound::Space(space) => (Some(space), None),
        Bound::Every(space) => (Some(space), Some("*")),
        Bound::Label(space, label) => (Some(space), Some(label)),
    };
    let (how, through) = match &reached.reach {
        Reach::Itself => ("itself", Vec::new()),
        Reach::Below => ("below", Vec::new()),
        Reach::Above(through) => ("above", through.iter().map(ToString::to_string).collect()),
    };
    ShownReach {
        space: reached.space.to_owned(),
        bound_on: bound_on.map(str::to_owned),
        chosen_by: chosen_by.map(str::to_owned),
        how,
        through,
    }
}

fn named<'t>(test: &'t Test, names: &mut BTreeSet<&'t str>) {
    match test {
        Test::Condition(name) => {
            names.insert(name);
        }
        Test::All(parts) | Test::Any(parts) => parts.iter().for_each(|part| named(part, names)),
    }
}

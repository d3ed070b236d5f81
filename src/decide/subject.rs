//! Whether a subject holds for a session.

use super::facts::Facts;
use super::truth::Truth;
use crate::model::{ApiKey, Group, Model, Subject};

/// A model, asked about one input.
pub(super) struct Asked<'a> {
    pub(super) model: &'a Model,
    pub(super) facts: Facts<'a>,
}

/// Whether a subject holds, told apart by what it asks for: a grant speaks of people who are members, but for the ways of
/// meeting it that ask for a machine or for somebody who is no member.
#[derive(Clone, Copy)]
struct Spoken {
    people: Truth,
    machines: Truth,
    outsiders: Truth,
    outside_machines: Truth,
}

impl Asked<'_> {
    /// Whether a subject holds. Logins that are equal but for case, and patterns that fit but for what `*` stands for, are
    /// neither sure to be meant nor sure not to be: they help nobody, and evade nothing.
    pub(super) fn holds(&self, subject: &Subject) -> Truth {
        match subject {
            Subject::Everyone => Truth::Yes,
            Subject::Group(name) => match self.model.groups.get(name) {
                Some(group) => self.in_group(group),
                // Where access to stacks is decided, a team that the login policy gives is a group.
                None if self.model.adds_team(name) => self.in_team(name),
                // No checked model names a group that it does not have.
                None => Truth::Unknown,
            },
            Subject::Login(login) => self.has_login(login),
            Subject::Like(pattern) => self.has_login_like(pattern),
            Subject::ApiKey(name) => match self.model.api_keys.get(name) {
                Some(key) => self.is_key(name, key),
                // Nor a key.
                None => Truth::Unknown,
            },
            Subject::Member => self.facts.member,
            Subject::Machine => self.facts.machine,
            Subject::All(parts) => Truth::all(parts.iter().map(|part| self.holds(part))),
            Subject::Any(parts) => Truth::any(parts.iter().map(|part| self.holds(part))),
            Subject::Not(part) => !self.holds(part),
        }
    }

    /// Whether a grant's subject holds: it speaks of people who are members unless it says otherwise.
    pub(super) fn holds_for_a_grant(&self, subject: &Subject) -> Truth {
        let spoken = self.spoken(subject, true);
        let (member, person) = (self.facts.member, self.is_person());
        Truth::any([
            spoken.people & member & person,
            spoken.machines & member,
            spoken.outsiders & person,
            spoken.outside_machines,
        ])
    }

    /// Whether an admin's subject holds: nothing makes it speak of others than people who are members.
    pub(super) fn holds_for_an_admin(&self, subject: &Subject) -> Truth {
        self.holds(subject) & self.facts.member & self.is_person()
    }

    /// Whether the session is a person's: it has a login, and is no machine's.
    fn is_person(&self) -> Truth {
        Truth::from(self.facts.login.is_some()) & !self.facts.machine
    }

    fn spoken(&self, subject: &Subject, affirmed: bool) -> Spoken {
        let join = |parts: &[Subject], all: bool| {
            let parts = parts.iter().map(|part| self.spoken(part, affirmed));
            if all {
                parts.fold(Spoken::people(Truth::Yes), Spoken::and)
            } else {
                parts.fold(Spoken::people(Truth::No), Spoken::or)
            }
        };
        match subject {
            Subject::Not(part) => self.spoken(part, !affirmed),
            // That not all hold is that one does not.
            Subject::All(parts) => join(parts, affirmed),
            Subject::Any(parts) => join(parts, !affirmed),
            Subject::Machine | Subject::ApiKey(_) if affirmed => Spoken {
                machines: self.holds(subject),
                ..Spoken::people(Truth::No)
            },
            Subject::Member if !affirmed => Spoken {
                outsiders: !self.facts.member,
                ..Spoken::people(Truth::No)
            },
            _ if affirmed => Spoken::people(self.holds(subject)),
            _ => Spoken::people(!self.holds(subject)),
        }
    }

    fn in_group(&self, group: &Group) -> Truth {
        let teams = &self.facts.teams;
        let listed = Truth::any(teams.listed.iter().filter_map(|team| {
            let ends = group.values.get(*team)?;
            Some(match (ends, self.facts.now) {
                (None, _) => Truth::Yes,
                (Some(ends), Some(now)) => (now < *ends).into(),
                (Some(_), None) => Truth::Unknown,
            })
        }));
        if teams.complete {
            listed
        } else {
            listed | Truth::Unknown
        }
    }

    fn in_team(&self, team: &str) -> Truth {
        let teams = &self.facts.teams;
        let listed = Truth::from(teams.listed.contains(&team));
        if teams.complete {
            listed
        } else {
            listed | Truth::Unknown
        }
    }

    fn has_login(&self, asked: &str) -> Truth {
        match self.facts.login {
            None if self.facts.is_nameless => Truth::Unknown,
            // Who has no login has none of these; nor does anybody sign in without one.
            None => Truth::No,
            Some(login) if login == asked => Truth::Yes,
            Some(login) if login.eq_ignore_ascii_case(asked) => Truth::Unknown,
            Some(_) => Truth::No,
        }
    }

    /// Whether the session is a key's: it has the login of the key's id, or is a machine called as the mapping calls the key.
    fn is_key(&self, name: &str, key: &ApiKey) -> Truth {
        self.has_login(&format!("api::{}", key.id)) | (self.has_login(name) & self.facts.machine)
    }

    fn has_login_like(&self, pattern: &str) -> Truth {
        match self.facts.login {
            None if self.facts.is_nameless => Truth::Unknown,
            None => Truth::No,
            Some(login) => fit_of(pattern, login),
        }
    }
}

/// Whether a login fits a pattern. One that fits but for case, or for what `*` stands for, is neither sure to be meant nor
/// sure not to be.
pub(super) fn fit_of(pattern: &str, login: &str) -> Truth {
    let wide = |_: char| true;
    if fits(pattern, login, |sign| sign != '@' && sign != ':') {
        Truth::Yes
    } else if fits(
        &pattern.to_ascii_lowercase(),
        &login.to_ascii_lowercase(),
        wide,
    ) {
        Truth::Unknown
    } else {
        Truth::No
    }
}

impl Spoken {
    fn people(people: Truth) -> Self {
        Self {
            people,
            machines: Truth::No,
            outsiders: Truth::No,
            outside_machines: Truth::No,
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            people: self.people | other.people,
            machines: self.machines | other.machines,
            outsiders: self.outsiders | other.outsiders,
            outside_machines: self.outside_machines | other.outside_machines,
        }
    }

    /// Each way of meeting the one beside each of meeting the other: together they ask for what either asks for.
    fn and(self, other: Self) -> Self {
        Self {
            people: self.people & other.people,
            machines: (self.machines & (other.people | other.machines))
                | (self.people & other.machines),
            outsiders: (self.outsiders & (other.people | other.outsiders))
                | (self.people & other.outsiders),
            outside_machines: (self.outside_machines & other.in_any_way())
                | (self.in_any_way() & other.outside_machines)
                | (self.machines & other.outsiders)
                | (self.outsiders & other.machines),
        }
    }

    fn in_any_way(self) -> Truth {
        self.people | self.machines | self.outsiders | self.outside_machines
    }
}

/// Whether a text fits a pattern in which `*` stands for any number of characters of some kind.
pub(super) fn fits(pattern: &str, text: &str, may_fill: impl Fn(char) -> bool) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Where in the text the pattern so far can end.
    let mut ends = vec![false; text.len() + 1];
    if let Some(start) = ends.first_mut() {
        *start = true;
    }
    for sign in pattern.chars() {
        let mut next = vec![false; text.len() + 1];
        let mut filling = false;
        let reached = ends.iter().zip(next.iter_mut());
        let mut before = None;
        for (at, (reached, next)) in reached.enumerate() {
            let read = at.checked_sub(1).and_then(|at| text.get(at)).copied();
            if sign == '*' {
                filling = *reached || (filling && read.is_some_and(&may_fill));
                *next = filling;
            } else {
                *next = before == Some(true) && read == Some(sign);
            }
            before = Some(*reached);
        }
        ends = next;
    }
    ends.last() == Some(&true)
}

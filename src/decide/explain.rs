//! Why: every entry of a mapping beside what an input says to it.
//!
//! Each line of an explanation is the answer of the same reading that decides, part by part, with what was seen.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::facts::Facts;
use super::subject::Asked;
use super::truth::Truth;
use super::{Decision, seen, seen::code};
use crate::model::{Condition, Denial, Grant, Model, SlackChannel, Subject, Test};
use crate::source::Span;

/// What keeps nothing from being held.
static NOBODY: BTreeSet<String> = BTreeSet::new();

/// What kind of entry a line of the mapping is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// That there is somebody to decide about.
    Session,
    /// `login.require`.
    Gate,
    /// `login.offboarded`.
    Offboarded,
    /// `break_glass`.
    BreakGlass,
    /// `login.deny`.
    Denial,
    /// `login.deny_admin`.
    AdminDenial,
    /// `login.admin`.
    Admin,
    /// `grants`.
    Grant,
    /// `teams`.
    Team,
    /// `login.slack`.
    Slack,
}

/// One entry, and whether it has a say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its id, as in [`crate::evaluate::Because`].
    pub id: String,
    /// Where it is written, where it is written in one place.
    #[serde(skip)]
    pub span: Option<Span>,
    /// Whether what it asks for holds.
    pub holds: Truth,
    /// Whether it has a say: what helps must hold, what is against somebody applies unless it surely does not.
    pub applies: bool,
    /// What it asks for.
    pub reasons: Vec<Reason>,
    /// Whether whom it speaks of may be this session at all, whatever else it asks for.
    pub concerns: bool,
    /// Of a grant in force: what it gives, and what becomes of that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gives: Vec<Given>,
}

/// A role on a space that a grant in force gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Given {
    /// The space's id.
    pub space: String,
    /// The role's slug.
    pub role: String,
    /// What becomes of it.
    pub fate: Fate,
    /// The ids of the entries that keep it from being held.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
}

/// What becomes of a role that a grant gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is held.
    Held,
    /// The login is refused, and this with it.
    Refused,
    /// It administers root or legacy, and that is taken away.
    TakenAway,
}

/// Something that is asked for, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Whether it holds.
    pub holds: Truth,
    /// What is asked for.
    pub asked: String,
    /// What was seen; empty where the parts say it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub seen: String,
    /// The parts of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Reason>,
}

impl Reason {
    pub(super) fn leaf(holds: Truth, asked: impl Into<String>, seen: impl Into<String>) -> Self {
        Self {
            holds,
            asked: asked.into(),
            seen: seen.into(),
            parts: Vec::new(),
        }
    }

    fn of(holds: Truth, asked: impl Into<String>, parts: Vec<Self>) -> Self {
        Self {
            holds,
            asked: asked.into(),
            seen: String::new(),
            parts,
        }
    }
}

impl Model {
    /// Every entry that could have a say about an input, and whether it has: the gate first, grants last.
    #[must_use]
    pub fn explain(&self, input: &Value) -> Vec<Entry> {
        Asked {
            model: self,
            facts: Facts::read(input, self.login.no_groups),
        }
        .entries()
    }
}

impl Asked<'_> {
    fn entries(&self) -> Vec<Entry> {
        if let Some(channel) = &self.facts.channel {
            return vec![self.slack(channel)];
        }
        let identified = Truth::from(self.facts.login.is_some());
        let mut entries = vec![Entry {
            kind: Kind::Session,
            id: "unidentified".to_string(),
            span: None,
            holds: identified,
            applies: !identified.is_sure(),
            reasons: vec![Reason::leaf(identified, "a login", self.login_seen())],
            concerns: true,
            gives: Vec::new(),
        }];
        if !self.facts.has_session {
            return entries;
        }
        let decided = self.decide();
        let login = &self.model.login;
        let open = self.holds(&login.require);
        entries.push(Entry {
            kind: Kind::Gate,
            id: "gate".to_string(),
            span: login.require_span,
            holds: open,
            applies: !open.is_sure(),
            reasons: vec![self.subject(&login.require)],
            concerns: true,
            gives: Vec::new(),
        });
        entries.extend(self.lists());
        entries.extend(self.denials(Kind::Denial, &login.deny));
        entries.extend(self.denials(Kind::AdminDenial, &login.deny_admin));
        for (id, entry) in &login.admin {
            let mut reasons = vec![self.subject(&entry.who)];
            self.spoken_of(&mut reasons, self.holds_for_an_admin(&entry.who));
            reasons.extend(entry.when.as_ref().map(|when| self.test(when)));
            let holds = self.administers(entry);
            entries.push(Entry {
                kind: Kind::Admin,
                id: id.clone(),
                span: Some(entry.span),
                holds,
                applies: holds.is_sure(),
                reasons,
                concerns: self.holds(&entry.who).is_possible(),
                gives: Vec::new(),
            });
        }
        for (id, grant) in &self.model.grants {
            let mut reasons = vec![self.subject(&grant.who)];
            self.spoken_of(&mut reasons, self.holds_for_a_grant(&grant.who));
            reasons.extend(grant.when.as_ref().map(|when| self.test(when)));
            let now = || seen::now(&self.facts);
            reasons.extend(grant.starts.map(|at| {
                let asked = format!("from {} on", seen::time(at));
                Reason::leaf(self.has_started(grant), asked, now())
            }));
            reasons.extend(grant.ends.map(|at| {
                let asked = format!("before {}", seen::time(at));
                Reason::leaf(self.has_not_ended(grant), asked, now())
            }));
            let holds = self.gives(grant);
            entries.push(Entry {
                kind: Kind::Grant,
                id: id.clone(),
                span: Some(grant.span),
                holds,
                applies: holds.is_sure(),
                reasons,
                concerns: self.holds(&grant.who).is_possible(),
                gives: if holds.is_sure() {
                    self.fates(grant, &decided)
                } else {
                    Vec::new()
                },
            });
        }
        for (team, entry) in self.model.teams.iter().flat_map(|teams| &teams.add) {
            let mut reasons = vec![self.subject(&entry.who)];
            self.spoken_of(&mut reasons, self.holds_for_a_grant(&entry.who));
            reasons.extend(entry.when.as_ref().map(|when| self.test(when)));
            let holds = self.adds(entry);
            entries.push(Entry {
                kind: Kind::Team,
                id: team.clone(),
                span: Some(entry.span),
                holds,
                applies: holds.is_sure(),
                reasons,
                concerns: self.holds(&entry.who).is_possible(),
                gives: Vec::new(),
            });
        }
        entries.sort_by_key(|entry| (entry.kind, entry.span.map(|span| (span.file, span.start))));
        entries
    }

    /// What a grant in force gives, and what becomes of it.
    fn fates(&self, grant: &Grant, decided: &Decision) -> Vec<Given> {
        let because = &decided.because;
        let fate = |space: &str, role: &str| {
            if !because.refusals.is_empty() {
                (Fate::Refused, &because.refusals)
            } else if decided.deny_admin && self.may_administer(space, role) {
                (Fate::TakenAway, &because.admin_refusals)
            } else {
                (Fate::Held, &NOBODY)
            }
        };
        let given: BTreeSet<(&str, &str)> = self.given(grant).collect();
        given
            .into_iter()
            .map(|(space, role)| {
                let (fate, by) = fate(space, role);
                Given {
                    space: space.to_string(),
                    role: role.to_string(),
                    fate,
                    by: by.iter().cloned().collect(),
                }
            })
            .collect()
    }

    /// A request from Slack, about which nothing else has a say.
    fn slack(&self, channel: &SlackChannel) -> Entry {
        let entry = self.slack_entry();
        let holds = Truth::from(entry.is_some());
        let seen = format!(
            "the request comes from channel {} of workspace {}",
            code(&channel.channel),
            code(&channel.workspace)
        );
        Entry {
            kind: Kind::Slack,
            id: "slack".to_string(),
            span: entry.map(|entry| entry.span),
            holds,
            applies: holds.is_sure(),
            reasons: vec![Reason::leaf(holds, "a channel with an entry", seen)],
            concerns: true,
            gives: Vec::new(),
        }
    }

    /// What two lists of logins say: who has left, and whom no denial touches.
    fn lists(&self) -> impl Iterator<Item = Entry> {
        let login = self.facts.login.unwrap_or_default();
        let left = self
            .model
            .login
            .offboarded
            .get(&login.to_ascii_lowercase())
            .map(|person| Entry {
                kind: Kind::Offboarded,
                id: "offboarded".to_string(),
                span: Some(person.span),
                holds: Truth::Yes,
                applies: !self.is_break_glass(),
                reasons: vec![Reason::leaf(
                    Truth::Yes,
                    format!("login {}, in upper or lower case", code(&person.value)),
                    self.login_seen(),
                )],
                concerns: true,
                gives: Vec::new(),
            });
        let spared = self.model.break_glass.get(login).map(|entry| Entry {
            kind: Kind::BreakGlass,
            id: "break-glass".to_string(),
            span: Some(entry.span),
            holds: Truth::Yes,
            applies: true,
            reasons: vec![Reason::leaf(
                Truth::Yes,
                format!("login {}", code(login)),
                self.login_seen(),
            )],
            concerns: true,
            gives: Vec::new(),
        });
        left.into_iter().chain(spared)
    }

    fn denials(
        &self,
        kind: Kind,
        denials: &BTreeMap<String, Denial>,
    ) -> impl Iterator<Item = Entry> {
        denials.iter().map(move |(id, denial)| {
            let mut reasons = vec![self.subject(&denial.who)];
            reasons.extend(denial.unless.as_ref().map(|unless| {
                Reason::of(!self.passes(unless), "none of", vec![self.test(unless)])
            }));
            let holds = self.denies(denial);
            let spared = self.is_break_glass();
            if spared {
                let seen = "the login is a break-glass identity's";
                reasons.push(Reason::leaf(Truth::No, "a login that denials touch", seen));
            }
            Entry {
                kind,
                id: id.clone(),
                span: Some(denial.span),
                holds,
                applies: holds.is_possible() && !spared,
                reasons,
                concerns: self.holds(&denial.who).is_possible(),
                gives: Vec::new(),
            }
        })
    }

    /// Whom the entry speaks of, where that keeps out somebody who is otherwise meant.
    fn spoken_of(&self, reasons: &mut Vec<Reason>, spoken: Truth) {
        if reasons.iter().any(|reason| reason.holds != spoken) {
            let asked = "a person who is a member, where the entry does not say otherwise";
            let seen = format!("{}; {}", self.machine_seen(), self.member_seen());
            reasons.push(Reason::leaf(spoken, asked, seen));
        }
    }

    fn subject(&self, subject: &Subject) -> Reason {
        let parts = |parts: &[Subject]| parts.iter().map(|part| self.subject(part)).collect();
        let holds = self.holds(subject);
        let leaf = |asked: String, seen: String| Reason::leaf(holds, asked, seen);
        match subject {
            Subject::Everyone => leaf("everyone".to_string(), String::new()),
            Subject::Group(name) => leaf(format!("group {}", code(name)), self.groups_seen()),
            Subject::Login(login) => leaf(format!("login {}", code(login)), self.login_seen()),
            Subject::Like(like) => leaf(format!("login like {}", code(like)), self.login_seen()),
            Subject::ApiKey(name) => leaf(format!("API key {}", code(name)), self.key_seen(name)),
            Subject::Member => leaf("a member".to_string(), self.member_seen()),
            Subject::Machine => leaf("a machine".to_string(), self.machine_seen()),
            Subject::All(all) => Reason::of(holds, "all of", parts(all)),
            Subject::Any(any) => Reason::of(holds, "any of", parts(any)),
            Subject::Not(part) => Reason::of(holds, "none of", vec![self.subject(part)]),
        }
    }

    fn test(&self, test: &Test) -> Reason {
        let parts = |parts: &[Test]| parts.iter().map(|part| self.test(part)).collect();
        let holds = self.passes(test);
        match test {
            Test::Condition(name) => {
                let condition = self.model.conditions.get(name);
                let parts = condition.map(|condition| self.condition(condition));
                let asked = format!("condition {}", code(name));
                Reason::of(holds, asked, parts.unwrap_or_default())
            }
            Test::All(all) => Reason::of(holds, "all of", parts(all)),
            Test::Any(any) => Reason::of(holds, "any of", parts(any)),
        }
    }

    fn condition(&self, condition: &Condition) -> Vec<Reason> {
        let place = condition.networks.as_ref().map(|networks| {
            let asked = format!("an address in {}", seen::list(networks));
            Reason::leaf(self.is_in(networks), asked, self.address_seen())
        });
        let time = condition.hours.as_ref().map(|hours| {
            let seen = match self.wall(&hours.zone) {
                Some(wall) => format!("it is {} there", seen::wall(wall)),
                None => seen::now(&self.facts),
            };
            Reason::leaf(self.is_open(hours), seen::hours(hours), seen)
        });
        place.into_iter().chain(time).collect()
    }
}

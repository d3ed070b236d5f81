//! What stands in the way of somebody whom a grant means: denials, and what takes administrative rights away.

use regex::Regex;

use super::ways::{By, Way, Whom};
use crate::compile::cases::{self, Case, Side};
use crate::model::{Denial, Model, Subject, Test};
use crate::source::Span;

/// What kind of entry it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BarrierKind {
    /// `login.require`: who does not pass gets nothing.
    Gate,
    /// `login.deny`: who is meant gets nothing.
    Denial,
    /// `login.deny_admin`: who is meant administers nothing.
    AdminDenial,
}

/// An entry that may keep out some of those whom a way is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barrier<'m> {
    /// What it is.
    pub kind: BarrierKind,
    /// Its id; `gate` for the gate.
    pub id: &'m str,
    /// Where it is written.
    pub span: Option<Span>,
    /// Whom it keeps out; the gate, whom it lets through.
    pub who: &'m Subject,
    /// Except when.
    pub unless: Option<&'m Test>,
}

/// Every barrier of a mapping, taken apart to be compared.
pub(super) struct Barriers<'m> {
    model: &'m Model,
    gate: Option<Barrier<'m>>,
    denials: Vec<(Barrier<'m>, Option<Vec<Denied>>)>,
}

/// A case of a denial, with its patterns ready to be asked.
struct Denied {
    case: Case,
    likes: Vec<Regex>,
}

impl<'m> Barriers<'m> {
    pub(super) fn of(model: &'m Model) -> Self {
        let login = &model.login;
        // Whom the gate lets through where it asks for membership alone is whom a grant speaks of anyway.
        let asks_more = !matches!(login.require, Subject::Member | Subject::Everyone);
        let gate = asks_more.then_some(Barrier {
            kind: BarrierKind::Gate,
            id: "gate",
            span: login.require_span,
            who: &login.require,
            unless: None,
        });
        let denials = [
            (BarrierKind::Denial, &login.deny),
            (BarrierKind::AdminDenial, &login.deny_admin),
        ];
        let denials = denials.into_iter().flat_map(|(kind, all)| {
            all.iter()
                .map(move |(id, denial)| (barrier(kind, id, denial), taken_apart(denial)))
        });
        Self {
            model,
            gate,
            denials: denials.collect(),
        }
    }

    /// Those that may keep out somebody whom a way is for.
    pub(super) fn before(&self, way: &Way<'m>) -> Vec<Barrier<'m>> {
        let Whom::Subject(who) = way.who else {
            return Vec::new();
        };
        let cases = cases::of(who, None, Side::Granted).ok();
        let administrative = way.is_administrative(self.model);
        let spared = cases.as_ref().is_some_and(|cases| {
            cases.iter().all(|case| {
                let login = asked(case).find_map(|fact| fact.strip_prefix("login "));
                login.is_some_and(|login| self.model.break_glass.contains_key(login))
            })
        });
        let people_only = matches!(way.by, By::Admin(_));
        let denials = self.denials.iter().filter(|(barrier, denied)| {
            let counts = barrier.kind == BarrierKind::Denial || administrative;
            counts
                && !spared
                && match (&cases, denied) {
                    (Some(cases), Some(denied)) => cases.iter().any(|case| {
                        denied
                            .iter()
                            .any(|denied| self.may_meet(case, denied, people_only))
                    }),
                    _ => true,
                }
        });
        let denials = denials.map(|(barrier, _)| barrier.clone());
        self.gate.iter().cloned().chain(denials).collect()
    }

    /// Whether somebody could be meant by a case of a grant and by one of a denial. In doubt, yes.
    fn may_meet(&self, granted: &Case, denied: &Denied, people_only: bool) -> bool {
        let denial = &denied.case;
        let is_machine = |fact: &str| fact == "machine" || fact.starts_with("key ");
        // What the one asks for and the other excludes. Logins are spelt as they count against whoever signs in.
        let lower = |fact: &str| match fact.strip_prefix("login ") {
            Some(login) => format!("login {}", login.to_ascii_lowercase()),
            None => fact.to_owned(),
        };
        if asked(denial).any(|fact| granted.none.iter().any(|none| none == fact))
            || denial
                .none
                .iter()
                .any(|none| asked(granted).any(|fact| fact == none))
        {
            return false;
        }
        let machine = asked(granted).any(is_machine);
        let person = people_only || !granted.anyone || asked(granted).any(|fact| fact == "person");
        if (person && asked(denial).any(is_machine))
            || (machine && denial.none.iter().any(|none| none == "machine"))
        {
            return false;
        }
        let member = !granted.anyone || asked(granted).any(|fact| fact == "member");
        if member && denial.none.iter().any(|none| none == "member") {
            return false;
        }
        let logins: Vec<String> = asked(granted)
            .filter(|fact| fact.starts_with("login "))
            .map(lower)
            .collect();
        for login in &logins {
            let bare = login.strip_prefix("login ").unwrap_or_default();
            let other = asked(denial).any(|fact| fact.starts_with("login ") && fact != login);
            if other || !denied.likes.iter().all(|like| like.is_match(bare)) {
                return false;
            }
        }
        let groups = |case: &Case| {
            let groups = asked(case).filter_map(|fact| fact.strip_prefix("group "));
            groups.map(str::to_owned).collect::<Vec<_>>()
        };
        let (held, barred) = (groups(granted), groups(denial));
        !self.model.exclusive.iter().any(|set| {
            let apart = |one: &String| {
                barred
                    .iter()
                    .any(|other| one != other && set.contains(other))
            };
            held.iter().any(|group| set.contains(group) && apart(group))
        })
    }
}

fn barrier<'m>(kind: BarrierKind, id: &'m str, denial: &'m Denial) -> Barrier<'m> {
    Barrier {
        kind,
        id,
        span: Some(denial.span),
        who: &denial.who,
        unless: denial.unless.as_ref(),
    }
}

fn taken_apart(denial: &Denial) -> Option<Vec<Denied>> {
    let cases = cases::of(&denial.who, None, Side::Perhaps).ok()?;
    let with_patterns = |case: Case| {
        let likes = asked(&case).filter_map(|fact| fact.strip_prefix("like "));
        let likes = likes.filter_map(|like| Regex::new(&cases::expression(like)).ok());
        Denied {
            likes: likes.collect(),
            case,
        }
    };
    Some(cases.into_iter().map(with_patterns).collect())
}

/// The facts that a case asks for.
pub(super) fn asked(case: &Case) -> impl Iterator<Item = &str> {
    std::iter::once(case.under.as_str())
        .chain(case.all.iter().map(String::as_str))
        .filter(|fact| *fact != "everyone")
}

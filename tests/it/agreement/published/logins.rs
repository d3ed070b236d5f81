//! Logins: who is let in as what, with which roles and in which teams.

use std::collections::BTreeSet;

use liftgate::evaluate::{Evaluator, Login};
use liftgate::model::NO_TEAM;

use super::*;

/// Where our own engine reads the published text otherwise than OPA: it finds something to deny where an address is missing, and
/// fails where groups that are none are looked through.
pub const DECIDED_BY_OPA_ALONE: [&str; 5] = [
    "added-team",
    "office-hours",
    "readers-writers-admins",
    "several-teams",
    "team-and-seniority",
];

/// What comes of an input: as what, with which roles and in which teams.
#[derive(PartialEq, Eq, Clone, Default)]
struct Effect {
    login: u8,
    roles: BTreeSet<(String, String)>,
    teams: BTreeSet<String>,
}

impl Effect {
    fn new(
        login: Login,
        roles: impl IntoIterator<Item = (String, BTreeSet<String>)>,
        teams: &BTreeSet<String>,
        input: &Value,
    ) -> Self {
        if login == Login::Deny {
            return Self::default();
        }
        let roles = roles.into_iter();
        // No teams at all are the provider's.
        let sent = || {
            let sent = input.pointer("/session/teams").and_then(Value::as_array);
            let sent = sent.into_iter().flatten().filter_map(Value::as_str);
            sent.map(String::from).collect()
        };
        let teams = if teams.is_empty() {
            sent()
        } else {
            teams.clone()
        };
        Self {
            login: if login == Login::Admin { 2 } else { 1 },
            roles: roles
                .flat_map(|(space, slugs)| slugs.into_iter().map(move |slug| (space.clone(), slug)))
                .collect(),
            teams: teams.into_iter().filter(|team| team != NO_TEAM).collect(),
        }
    }
}

impl super::Effect for Effect {
    fn within(&self, other: &Self) -> bool {
        self.login <= other.login
            && self.roles.is_subset(&other.roles)
            && self.teams.is_subset(&other.teams)
    }

    fn told(&self) -> String {
        let mut told = ["refused", "let in", "admin"][usize::from(self.login)].to_string();
        for (space, role) in &self.roles {
            write!(told, " {space}={role}").unwrap();
        }
        if !self.teams.is_empty() {
            let teams: Vec<&str> = self.teams.iter().map(String::as_str).collect();
            write!(told, " in {}", teams.join(",")).unwrap();
        }
        told
    }
}

fn of_opa(outcome: &Outcome, input: &Value) -> Effect {
    let mut roles = outcome.roles.clone();
    let older = [
        ("space-admin", &outcome.space_admin),
        ("space-writer", &outcome.space_write),
        ("space-reader", &outcome.space_read),
    ];
    for (role, spaces) in older {
        for space in spaces {
            let held = roles.entry(space.clone()).or_default();
            held.insert(role.to_string());
        }
    }
    Effect::new(outcome.login(), roles, &outcome.team, input)
}

struct Logins;

impl Kind for Logins {
    type Effect = Effect;
    const POLICY: &'static str = "login";
    const DECIDED_BY_OPA_ALONE: &'static [&'static str] = &DECIDED_BY_OPA_ALONE;

    fn has(name: &str) -> bool {
        !name.starts_with(stacks::PREFIX)
    }

    fn places(_: &str, model: &Model) -> Vec<Place> {
        grid::of(model)
    }

    fn meant(_: &str, model: &Model, input: &Value) -> Effect {
        let meant = model.decide(input);
        Effect::new(meant.login, meant.roles, &meant.teams, input)
    }

    fn of_opa(outcome: &Outcome, input: &Value) -> Effect {
        of_opa(outcome, input)
    }

    fn evaluator(text: &str) -> impl FnMut(&Value) -> Option<Effect> {
        let mut evaluator = Evaluator::new(text).unwrap();
        move |input| {
            let decided = evaluator.decide(input).ok()?;
            let (roles, teams) = (decided.roles, &decided.teams);
            Some(Effect::new(decided.login, roles, teams, input))
        }
    }
}

/// Asks real OPA. `BLESS=1 tests/agree` writes what it finds.
#[test]
#[ignore = "asks real OPA: `tests/agree` runs it"]
fn published_logins_differ_from_ours_where_it_is_said() {
    ask_opa::<Logins>();
}

/// The same without OPA, where our own engine reads the published texts as it does.
#[test]
fn published_logins_differ_from_ours_as_opa_has_found() {
    ask_our_own_engine::<Logins>();
}

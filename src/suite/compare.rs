//! One decision beside what a case says of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Difference, What};
use crate::evaluate::access::Level;
use crate::evaluate::{Decision, Login};
use crate::fixture::{Case, EVERY, Expect, FixtureSet, Forbid, Levels, space_ids};
use crate::model::{FIXED_SPACES, Model};
use crate::source::{Span, Spanned};
use crate::stacks::{By, Standing};
use crate::trace::{Cause, cause, grants_of};

/// A decision and the input that it is about.
pub(super) struct Asked<'a> {
    pub(super) model: &'a Model,
    pub(super) decision: &'a Decision,
    pub(super) input: &'a Value,
    /// What may be done with the stacks and modules that the case speaks of.
    pub(super) standings: &'a BTreeMap<&'a str, Standing>,
}

/// The stacks and modules that a case speaks of: all of them where it says what may be done with any.
pub(super) fn stacks_of<'f>(case: &Case, fixtures: &'f FixtureSet) -> Vec<&'f str> {
    let expects = case
        .expect
        .as_ref()
        .is_some_and(|expect| expect.stacks.is_some());
    let forbids = |id: &str| {
        let forbid = case.forbid.as_ref();
        forbid.is_some_and(|forbid| forbid.stacks.contains_key(id))
    };
    let all = fixtures.things.keys().map(String::as_str);
    all.filter(|id| expects || forbids(id)).collect()
}

impl Asked<'_> {
    /// Every difference: the login first, then teams, then roles by space and slug; what is expected before what is forbidden.
    pub(super) fn differences(&self, case: &Case) -> Vec<Difference> {
        let mut found = Vec::new();
        if let Some(expect) = &case.expect {
            self.expected(expect, &mut found);
        }
        if let Some(forbid) = &case.forbid {
            self.forbidden(forbid, &mut found);
        }
        found
    }

    fn expected(&self, expect: &Expect, found: &mut Vec<Difference>) {
        let got = self.decision.login;
        if got != expect.login.value {
            found.push(Difference {
                what: What::Login {
                    expected: expect.login.value,
                    got,
                },
                span: expect.login.span,
                because: self.login_because(),
            });
        }
        if let Some(teams) = &expect.teams {
            self.expected_teams(teams, found);
        }
        if let Some(stacks) = &expect.stacks {
            self.expected_stacks(stacks, found);
        }
        let listed: BTreeSet<&str> = space_ids(self.input).collect();
        let mut spaces = listed.clone();
        spaces.extend(self.decision.roles.keys().map(String::as_str));
        spaces.extend(expect.roles.keys().map(String::as_str));
        spaces.remove(EVERY);
        let none = BTreeSet::new();
        for space in spaces {
            let other = || {
                let covered = listed.contains(space) && !FIXED_SPACES.contains(&space);
                expect.roles.get(EVERY).filter(|_| covered)
            };
            let stated = expect.roles.get(space).or_else(other);
            let wanted = stated.map_or(&none, |roles| &roles.value);
            let bound = self.decision.roles.get(space).unwrap_or(&none);
            let span = stated.map_or(expect.span, |roles| roles.span);
            for role in wanted.union(bound) {
                let (space, slug) = (space.to_owned(), role.clone());
                // Roles of a refused login are gone with it, which one difference says once.
                let implied = got == Login::Deny && expect.login.value != Login::Deny;
                if !bound.contains(role) && !implied {
                    found.push(Difference {
                        because: self.missing_because(&space, role),
                        what: What::Missing { space, role: slug },
                        span,
                    });
                } else if !wanted.contains(role) {
                    found.push(Difference {
                        because: self.given_by(&space, role),
                        what: What::Unexpected { space, role: slug },
                        span,
                    });
                }
            }
        }
    }

    /// The teams that replace those of the session; none where they are left alone.
    fn expected_teams(&self, teams: &Spanned<BTreeSet<String>>, found: &mut Vec<Difference>) {
        let got = &self.decision.teams;
        let mut add = |what| {
            found.push(Difference {
                what,
                span: teams.span,
                because: Vec::new(),
            });
        };
        for team in teams.value.difference(got) {
            add(What::MissingTeam(team.clone()));
        }
        for team in got.difference(&teams.value) {
            add(What::UnexpectedTeam(team.clone()));
        }
    }

    /// What may be done with every stack and module of the fixtures; nothing where it is not said.
    fn expected_stacks(&self, stacks: &Spanned<Levels>, found: &mut Vec<Difference>) {
        for (id, standing) in self.standings {
            let stated = stacks.value.get(*id);
            let expected = stated.map_or(Level::None, |level| level.value);
            if standing.level != expected {
                found.push(Difference {
                    what: What::Stack {
                        stack: (*id).to_owned(),
                        expected,
                        got: standing.level,
                    },
                    span: stated.map_or(stacks.span, |level| level.span),
                    because: self.stack_because(standing),
                });
            }
        }
    }

    fn forbidden_stacks(&self, forbid: &Forbid, found: &mut Vec<Difference>) {
        for (id, forbidden) in &forbid.stacks {
            let Some(standing) = self.standings.get(id.as_str()) else {
                continue;
            };
            if standing.level >= forbidden.value {
                found.push(Difference {
                    what: What::ForbiddenStack {
                        stack: id.clone(),
                        forbidden: forbidden.value,
                        got: standing.level,
                    },
                    span: forbidden.span,
                    because: self.stack_because(standing),
                });
            }
        }
    }

    /// What led to what may be done: denials where nothing may, else what gives it.
    fn stack_because(&self, standing: &Standing) -> Vec<Cause> {
        if standing.by != By::Policies {
            return self.login_because();
        }
        let all = standing.policies.values().map(|access| &access.because);
        let ids: Vec<&String> = match standing.level {
            Level::None => all.flat_map(|because| &because.deny).collect(),
            Level::Read => all
                .flat_map(|because| because.read.iter().chain(&because.deny_write))
                .collect(),
            Level::Write => all.flat_map(|because| &because.write).collect(),
        };
        self.causes(ids)
    }

    fn forbidden(&self, forbid: &Forbid, found: &mut Vec<Difference>) {
        if let Some(login) = &forbid.login
            && login.value == self.decision.login
        {
            found.push(Difference {
                what: What::ForbiddenLogin(login.value),
                span: login.span,
                because: self.login_because(),
            });
        }
        for team in forbid.teams.iter().flat_map(|teams| &teams.value) {
            if self.decision.teams.contains(team) {
                found.push(Difference {
                    what: What::ForbiddenTeam(team.clone()),
                    span: forbid
                        .teams
                        .as_ref()
                        .map_or(forbid.span, |teams| teams.span),
                    because: Vec::new(),
                });
            }
        }
        self.forbidden_stacks(forbid, found);
        for (space, roles) in &forbid.roles {
            for role in &roles.value {
                self.forbidden_role(space, role, roles.span, found);
            }
        }
    }

    fn forbidden_role(&self, space: &str, role: &str, span: Span, found: &mut Vec<Difference>) {
        for (bound_on, bound) in &self.decision.roles {
            if bound.contains(role) && self.model.role_reaches(bound_on, space) {
                found.push(Difference {
                    what: What::ForbiddenRole {
                        space: space.to_owned(),
                        role: role.to_owned(),
                        bound_on: bound_on.clone(),
                    },
                    span,
                    because: self.given_by(bound_on, role),
                });
            }
        }
        if self.decision.login == Login::Admin {
            found.push(Difference {
                what: What::ForbiddenToAdmin {
                    space: space.to_owned(),
                    role: role.to_owned(),
                },
                span,
                because: self.login_because(),
            });
        }
    }

    /// What led to the login as it came out: denials, entries of admins, or grants; of a login that is let in where an admin
    /// would be, the denials of administrative rights too.
    fn login_because(&self) -> Vec<Cause> {
        let because = &self.decision.because;
        match self.decision.login {
            Login::Deny => self.causes(&because.refusals),
            Login::Admin => self.causes(&because.admins),
            Login::Allow if because.admins.is_empty() => self.causes(&because.grants),
            Login::Allow => self.causes(because.grants.iter().chain(&because.admin_refusals)),
        }
    }

    fn missing_because(&self, space: &str, role: &str) -> Vec<Cause> {
        let because = &self.decision.because;
        // Of what a live grant gives to somebody let in, only a denial of administrative rights takes anything away.
        let stripped =
            !grants_of(self.model, self.input, &self.decision.because, space, role).is_empty();
        if self.decision.login == Login::Deny {
            self.causes(&because.refusals)
        } else if stripped {
            self.causes(&because.admin_refusals)
        } else {
            Vec::new()
        }
    }

    fn given_by(&self, space: &str, role: &str) -> Vec<Cause> {
        self.causes(&grants_of(
            self.model,
            self.input,
            &self.decision.because,
            space,
            role,
        ))
    }

    fn causes<'i>(&self, ids: impl IntoIterator<Item = &'i String>) -> Vec<Cause> {
        ids.into_iter()
            .map(|id| cause(self.model, id, self.input))
            .collect()
    }
}

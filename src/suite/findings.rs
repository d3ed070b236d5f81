//! What the tests leave untested.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, shown};
use crate::evaluate::{Decision, Login};
use crate::fixture::{Case, EVERY, Forbid};
use crate::model::{FIXED_SPACES, Model, NoGrants};
use crate::policy::Policy;
use crate::trace::slack_entry;

/// What a policy could give to anybody at all, whoever they are and whenever they sign in.
pub(super) struct Reach<'a> {
    model: &'a Model,
    /// Slug -> the spaces on which some row binds it.
    roles: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Grants that have a row, by id.
    grants: BTreeSet<&'a str>,
    admin: bool,
    allow: bool,
    teams: BTreeSet<&'a str>,
}

impl<'a> Reach<'a> {
    pub(super) fn of(model: &'a Model, policy: &'a Policy) -> Self {
        let mut roles: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut grants = BTreeSet::new();
        let tables = policy.grants.values().chain(policy.guarded_grants.values());
        for row in tables.flatten() {
            grants.insert(row.id.as_str());
            for role in &row.roles {
                let spaces = roles.entry(role).or_default();
                spaces.extend(row.spaces.iter().map(String::as_str));
                // Any space but root and legacy may have the label.
                spaces.extend(row.labels.first().map(|_| EVERY));
            }
        }
        for entry in model.login.slack.values() {
            for (space, slugs) in &entry.roles {
                for slug in slugs {
                    roles.entry(slug).or_default().insert(space);
                }
            }
        }
        let admin = policy.admins.values().any(|rows| !rows.is_empty());
        Self {
            model,
            allow: admin
                || !grants.is_empty()
                || !policy.slack.is_empty()
                || policy.settings.no_grants == NoGrants::Admit,
            teams: policy.own_teams.iter().map(String::as_str).collect(),
            admin,
            roles,
            grants,
        }
    }

    /// A warning for each grant that gave something in no case. One that can never give anything is reported as such
    /// where it is compiled.
    pub(super) fn untested(&self, exercised: &BTreeSet<String>) -> Vec<Diagnostic> {
        let untested = |id: &str| self.grants.contains(id) && !exercised.contains(id);
        let grants = self.model.grants.iter();
        grants
            .filter(|(id, _)| untested(id))
            .map(|(_, grant)| {
                Diagnostic::warning(
                    Code::UntestedGrant,
                    grant.span,
                    "no test signs anybody in to whom this grant gives something",
                )
                .help("add a test as somebody who holds it, at an address and a time at which it counts")
            })
            .collect()
    }

    /// A warning for a case that would pass whatever the mapping said.
    pub(super) fn cannot_fail(
        &self,
        case: &Case,
        decision: &Decision,
        input: &Value,
    ) -> Option<Diagnostic> {
        let forbid = case.forbid.as_ref()?;
        // What access policies give is not reckoned with here.
        if case.expect.is_some() || !forbid.stacks.is_empty() {
            return None;
        }
        let refuses = forbid
            .login
            .as_ref()
            .is_some_and(|l| l.value == Login::Deny);
        let nobody = slack_entry(self.model, input).is_none()
            && !input.get("session").is_some_and(Value::is_object)
            || decision.because.refusals.contains("unidentified");
        let name = shown(&case.name);
        let (message, help) = if nobody && !refuses {
            (
                format!(
                    "the input of the test `{name}` has no session with a login, so every mapping refuses it"
                ),
                "write `session.login` into the input, or expect `deny`",
            )
        } else if !self.could_come_out(forbid) {
            (
                format!("nothing in the mapping gives anybody what the test `{name}` forbids"),
                "forbid something that the mapping gives to others, or expect all that is held",
            )
        } else {
            return None;
        };
        Some(Diagnostic::warning(Code::TestCannotFail, forbid.span, message).help(help))
    }

    fn could_come_out(&self, forbid: &Forbid) -> bool {
        let login = forbid
            .login
            .as_ref()
            .is_some_and(|login| match login.value {
                Login::Deny => true,
                Login::Allow => self.allow,
                Login::Admin => self.admin,
            });
        let kept = self.model.teams.as_ref().is_some_and(|teams| teams.keep);
        let teams = forbid.teams.iter().flat_map(|teams| &teams.value);
        login
            || teams
                .into_iter()
                .any(|team| kept || self.teams.contains(team.as_str()))
            || forbid.roles.iter().any(|(space, roles)| {
                roles
                    .value
                    .iter()
                    .any(|role| self.could_be_held(space, role))
            })
    }

    /// Whether some row binds the role on the space or above it.
    fn could_be_held(&self, space: &str, role: &str) -> bool {
        let bound = self.roles.get(role).into_iter().flatten();
        let mut bound = bound.copied();
        bound.any(|bound_on| {
            if bound_on == EVERY {
                !FIXED_SPACES.contains(&space)
            } else {
                self.model.role_reaches(bound_on, space)
            }
        })
    }
}

#[cfg(test)]
mod tests;

//! A decision with the lines of the mapping behind it.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::visible::visible;
use crate::evaluate::Decision;
use crate::model::{Because, Model};
use crate::source::{Place, Sources};
use crate::trace;

/// A decision and why.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// Where Spacelift does not ask the policy about this login: why, and where that is written.
    outside_policy: Option<NotAsked>,
    /// deny, allow or admin.
    login: &'static str,
    /// Each role that is bound, with the grants that give it.
    roles: Vec<Role>,
    /// Entries that make an account admin.
    admin_because: Vec<Cause>,
    /// What refuses the login.
    refused_because: Vec<Cause>,
    /// What takes administrative rights away.
    deny_admin_because: Vec<Cause>,
    /// Teams that replace the session's.
    teams: Vec<String>,
    /// Tags of the sample.
    flags: Vec<String>,
    /// Whether Spacelift records the decision.
    sample: bool,
}

/// Why Spacelift does not ask.
#[derive(Debug, Serialize)]
struct NotAsked {
    because: Because,
    place: Place,
}

#[derive(Debug, Serialize)]
struct Role {
    space: String,
    role: String,
    because: Vec<Cause>,
}

#[derive(Debug, Serialize)]
struct Cause {
    id: String,
    place: Option<Place>,
}

/// Explains a decision of a model's own policy on an input.
#[must_use]
pub fn explain(model: &Model, sources: &Sources, input: &Value, decision: &Decision) -> Explained {
    let cause = |id: &String| {
        let cause = trace::cause(model, id, input);
        Cause {
            place: cause.span.map(|span| sources.place(span)),
            id: cause.id,
        }
    };
    Explained {
        outside_policy: trace::outside(model, input).map(|outside| NotAsked {
            because: outside.because,
            place: sources.place(outside.span),
        }),
        login: decision.login.word(),
        roles: trace::roles_because(model, input, decision)
            .into_iter()
            .map(|held| Role {
                because: held.grants.iter().map(cause).collect(),
                space: held.space,
                role: held.role,
            })
            .collect(),
        admin_because: decision.because.admins.iter().map(cause).collect(),
        refused_because: decision.because.refusals.iter().map(cause).collect(),
        deny_admin_because: decision.because.admin_refusals.iter().map(cause).collect(),
        teams: decision.teams.iter().cloned().collect(),
        flags: decision.flags.iter().cloned().collect(),
        sample: decision.sample,
    }
}

impl Explained {
    /// For people.
    #[must_use]
    pub fn human(&self, who: &str) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "{}: {}", visible(who), self.login);
        if let Some(outside) = &self.outside_policy {
            let _ = writeln!(out, "  {} ({})", outside.because.sentence(), outside.place);
        }
        for cause in &self.refused_because {
            let _ = writeln!(out, "  refused by {}", cause.words());
        }
        if self.login == "deny" && self.refused_because.is_empty() {
            let _ = writeln!(out, "  nothing lets this login in");
        }
        if self.login != "deny" {
            for cause in &self.admin_because {
                let _ = writeln!(out, "  admin by {}", cause.words());
            }
        }
        for cause in &self.deny_admin_because {
            let _ = writeln!(
                out,
                "  administrative rights taken away by {}",
                cause.words()
            );
        }
        let width = |of: fn(&Role) -> &str| {
            self.roles
                .iter()
                .map(|role| visible(of(role)).chars().count())
                .max()
                .unwrap_or(0)
        };
        let (spaces, slugs) = (width(|role| &role.space), width(|role| &role.role));
        for role in &self.roles {
            let because: Vec<String> = role.because.iter().map(Cause::words).collect();
            let _ = writeln!(
                out,
                "  {:spaces$}  {:slugs$}  {}",
                visible(&role.space),
                visible(&role.role),
                because.join(", "),
            );
        }
        if !self.teams.is_empty() {
            let teams: Vec<_> = self.teams.iter().map(|team| visible(team)).collect();
            let _ = writeln!(out, "  teams become: {}", teams.join(", "));
        }
        out.trim_end().to_string()
    }
}

impl Cause {
    fn words(&self) -> String {
        match (&self.place, self.id.as_str()) {
            (Some(place), "gate") => format!("{place}: the gate is not open"),
            (Some(place), "slack") => format!("{place} (the channel)"),
            (Some(place), "offboarded") => format!("{place}: offboarded"),
            (Some(place), id) => format!("{place} ({})", visible(id)),
            (None, "gate") => "the gate: the session is not surely one of a member".to_string(),
            (None, "unidentified") => "the session having no login".to_string(),
            (None, id) => format!("`{}`", visible(id)),
        }
    }
}

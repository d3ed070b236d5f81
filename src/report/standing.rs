//! What may be done with a stack or module, with the lines of the mapping behind it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::visible::visible;
use crate::evaluate::access::{Because, Level};
use crate::model::Model;
use crate::source::{Place, Sources};
use crate::stacks::{By, Standing, Thing};
use crate::trace;

/// What may be done with a stack or module, and why.
#[derive(Debug, Serialize)]
pub struct ExplainedStanding {
    /// The stack's or module's id.
    stack: String,
    /// none, read or write.
    level: Level,
    /// refused, admin, roles or policies.
    by: By,
    /// What each access policy that is attached to it says.
    policies: Vec<Said>,
}

#[derive(Debug, Serialize)]
struct Said {
    /// The entry of `stack_access`.
    name: String,
    /// Entries that let somebody read.
    read: Vec<Entry>,
    /// Entries that let somebody write.
    write: Vec<Entry>,
    /// Denials of everything.
    deny: Vec<Entry>,
    /// Denials of writing.
    deny_write: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    id: String,
    place: Option<Place>,
}

impl ExplainedStanding {
    /// Explains what the policies of a model say.
    #[must_use]
    pub fn of(model: &Model, sources: &Sources, thing: &Thing, standing: &Standing) -> Self {
        let entries = |ids: &BTreeSet<String>| {
            let each = ids.iter().map(|id| Entry {
                id: id.clone(),
                place: trace::trace(model, id).map(|span| sources.place(span)),
            });
            each.collect()
        };
        let said = |(name, because): (&String, &Because)| Said {
            name: name.clone(),
            read: entries(&because.read),
            write: entries(&because.write),
            deny: entries(&because.deny),
            deny_write: entries(&because.deny_write),
        };
        let policies = standing.policies.iter();
        Self {
            stack: thing.id.clone(),
            level: standing.level,
            by: standing.by,
            policies: policies
                .map(|(name, access)| said((name, &access.because)))
                .collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn human(&self) -> String {
        let mut out = format!("{}: {}", visible(&self.stack), self.level.word());
        out.push_str(match self.by {
            By::Refused => ", because the login is refused",
            By::Admin => ", because an account admin may do everything",
            By::Roles => ", by roles on its space",
            By::Policies if self.policies.is_empty() => {
                ", because no access policy is attached to it"
            }
            By::Policies => "",
        });
        for said in &self.policies {
            let rules = [
                ("read", &said.read),
                ("write", &said.write),
                ("deny_write", &said.deny_write),
                ("deny", &said.deny),
            ];
            for (rule, entries) in rules {
                for entry in entries {
                    let place = entry
                        .place
                        .as_ref()
                        .map_or_else(String::new, |place| format!("{place} "));
                    out.push_str(&format!(
                        "\n    {}: `{rule}` by {place}({})",
                        visible(&said.name),
                        visible(&entry.id)
                    ));
                }
            }
        }
        out
    }
}

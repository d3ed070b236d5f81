//! Somebody who leaves, for people and for scripts.

use std::fmt::Write as _;

use serde::Serialize;

use super::visible::visible;
use crate::model::Model;
use crate::offboard::{Held, Leaver, Losses};
use crate::source::{Place, Sources};
use crate::trace;

/// Somebody who leaves, as it is shown.
#[derive(Debug, Serialize)]
pub struct Shown {
    login: String,
    aliases: Vec<String>,
    /// Whether mapping, fixtures or directory know the login, and the nearest they know where they do not.
    known: bool,
    nearest: Option<String>,
    /// Whether every login of theirs was refused before.
    was_refused: bool,
    refused: Vec<Named>,
    perhaps: Vec<Perhaps>,
    /// What they hold without the change, and with it: the most, at any time and place that the mapping speaks of.
    before: Access,
    after: Access,
    /// Whether anything is known of their groups, without which only what is given to the login itself shows.
    groups_known: bool,
    mentions: Vec<Mention>,
    exempt: Vec<Named>,
    outside_policy: Vec<Outside>,
}

#[derive(Debug, Serialize)]
struct Named {
    login: String,
    place: Place,
}

#[derive(Debug, Serialize)]
struct Perhaps {
    login: String,
    /// None where only the directory knows it.
    place: Option<Place>,
}

#[derive(Debug, Serialize)]
struct Mention {
    place: Place,
    section: String,
    key: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct Outside {
    login: String,
    because: crate::model::Because,
    place: Place,
}

#[derive(Debug, Serialize)]
struct Access {
    let_in: bool,
    admin: Option<Why>,
    roles: Vec<Role>,
}

#[derive(Debug, Serialize)]
struct Role {
    space: String,
    role: String,
    #[serde(flatten)]
    why: Why,
}

#[derive(Debug, Serialize)]
struct Why {
    /// Whether it is held at every time and place.
    always: bool,
    because: Vec<Cause>,
}

#[derive(Debug, Serialize)]
struct Cause {
    id: String,
    place: Option<Place>,
}

impl Shown {
    /// With places of the files as they are.
    #[must_use]
    pub fn of(
        leaver: &Leaver,
        (before, after): (&Losses, &Losses),
        groups_known: bool,
        model: &Model,
        sources: &Sources,
    ) -> Self {
        let named = |(login, span): (&String, &crate::source::Span)| Named {
            login: login.clone(),
            place: sources.place(*span),
        };
        Self {
            login: leaver.login.clone(),
            aliases: leaver.aliases.clone(),
            known: leaver.known,
            nearest: leaver.nearest.clone(),
            was_refused: leaver.is_refused(),
            refused: leaver.refused.iter().map(named).collect(),
            perhaps: leaver
                .perhaps
                .iter()
                .map(|(login, span)| Perhaps {
                    login: login.clone(),
                    place: span.map(|span| sources.place(span)),
                })
                .collect(),
            before: access(before, model, sources),
            after: access(after, model, sources),
            groups_known,
            mentions: leaver
                .mentions
                .iter()
                .map(|mention| Mention {
                    place: sources.place(mention.span),
                    section: mention.section.clone(),
                    key: mention.key.clone(),
                    text: mention.text.clone(),
                })
                .collect(),
            exempt: leaver
                .exempt
                .iter()
                .map(|(login, span)| named((login, span)))
                .collect(),
            outside_policy: leaver
                .outside
                .iter()
                .map(|(login, outside)| Outside {
                    login: login.clone(),
                    because: outside.because,
                    place: sources.place(outside.span),
                })
                .collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn human(&self) -> String {
        let mut out = String::new();
        let _ = write!(out, "{}", visible(&self.login));
        for alias in &self.aliases {
            let _ = write!(out, ", {}", visible(alias));
        }
        out.push('\n');
        for named in &self.refused {
            let (login, place) = (visible(&named.login), &named.place);
            let _ = writeln!(out, "  {login} is offboarded already ({place})");
        }
        self.known(&mut out);
        self.held(&mut out);
        self.left(&mut out);
        out.trim_end().to_owned()
    }

    fn known(&self, out: &mut String) {
        if !self.known {
            let _ = writeln!(
                out,
                "  nothing here speaks of this login; it is refused all the same, since the provider may know it"
            );
        }
        if let Some(near) = &self.nearest {
            let _ = writeln!(out, "  did you mean `{}`?", visible(near));
        }
        for other in &self.perhaps {
            let place = match &other.place {
                Some(place) => place.to_string(),
                None => "the directory".to_owned(),
            };
            let login = visible(&other.login);
            let _ = writeln!(
                out,
                "  perhaps the same person: {login} ({place}); if so, add `--alias {login}`"
            );
        }
    }

    fn held(&self, out: &mut String) {
        if !self.before.let_in {
            let _ = writeln!(out, "  is not let in now");
        } else {
            let _ = writeln!(out, "  loses:");
            if let Some(why) = &self.before.admin {
                let _ = writeln!(out, "    admin of the account  {}", why.words());
            }
            let width = |of: fn(&Role) -> &str| {
                let roles = self.before.roles.iter();
                roles
                    .map(|role| visible(of(role)).chars().count())
                    .max()
                    .unwrap_or(0)
            };
            let (spaces, slugs) = (width(|role| &role.space), width(|role| &role.role));
            for role in &self.before.roles {
                let _ = writeln!(
                    out,
                    "    {:spaces$}  {:slugs$}  {}",
                    visible(&role.space),
                    visible(&role.role),
                    role.why.words()
                );
            }
            if self.before.roles.is_empty() && self.before.admin.is_none() {
                let _ = writeln!(out, "    the right to sign in; no role");
            }
        }
        if !self.groups_known && !self.was_refused {
            let _ = writeln!(
                out,
                "  their groups are not known here: what these give is lost, too, and is not shown"
            );
        }
        if self.after.let_in {
            let _ = writeln!(out, "  is STILL let in afterwards: see below");
        } else if self.outside_policy.is_empty() {
            let _ = writeln!(out, "  is refused afterwards, whatever their groups say");
        } else {
            let _ = writeln!(
                out,
                "  is refused by the policy afterwards, which is not asked: see below"
            );
        }
    }

    fn left(&self, out: &mut String) {
        for exempt in &self.exempt {
            let (login, place) = (visible(&exempt.login), &exempt.place);
            let _ = writeln!(
                out,
                "  CANNOT BE REFUSED: {login} is a break-glass identity ({place}), which no denial touches; take it out of `break_glass` and give that to somebody else"
            );
        }
        for outside in &self.outside_policy {
            let (login, place) = (visible(&outside.login), &outside.place);
            let _ = writeln!(
                out,
                "  CANNOT BE REFUSED: {login}: {} ({place}); this has to be taken from them where it was given",
                outside.because.sentence()
            );
        }
        if !self.mentions.is_empty() {
            let _ = writeln!(out, "  is named here, and may have to be replaced:");
        }
        for mention in &self.mentions {
            let _ = writeln!(
                out,
                "    {}: {} as `{}` under `{}`",
                mention.place,
                visible(&mention.text),
                visible(&mention.key),
                visible(&mention.section)
            );
        }
    }
}

fn access(losses: &Losses, model: &Model, sources: &Sources) -> Access {
    let why = |held: &Held| Why {
        always: held.always,
        because: held
            .because
            .iter()
            .map(|id| Cause {
                id: id.clone(),
                place: trace::trace(model, id).map(|span| sources.place(span)),
            })
            .collect(),
    };
    Access {
        let_in: losses.is_let_in,
        admin: losses.admin.as_ref().map(why),
        roles: losses
            .roles
            .iter()
            .map(|((space, role), held)| Role {
                space: space.clone(),
                role: role.clone(),
                why: why(held),
            })
            .collect(),
    }
}

impl Why {
    fn words(&self) -> String {
        let because: Vec<String> = self
            .because
            .iter()
            .map(|cause| match &cause.place {
                Some(place) => format!("{place} ({})", visible(&cause.id)),
                None => format!("`{}`", visible(&cause.id)),
            })
            .collect();
        let sometimes = if self.always {
            ""
        } else {
            ", at some times or places"
        };
        format!("{}{sometimes}", because.join(", "))
    }
}

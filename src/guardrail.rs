//! Guardrails and groups kept apart, checked for the identities of the fixtures, and for no others.
//!
//! What somebody could do is asked of the mapping itself, made generous: every condition is taken as met, every date as right,
//! and a denial that a condition can lift as lifted. Whom a guardrail is about is asked in the same way, of a mapping in which
//! each guardrail is a denial: a denial holds unless it surely does not, and so does a guardrail.
//!
//! Effective access counts: a role on a space is a role on every space below it, one on root is held everywhere, and an
//! account admin may do everything. A role of which the actions are not known may do everything, too.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use crate::decide::Decision;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileFindings, shown};
use crate::effective::serves;
use crate::evaluate::Login;
use crate::fixture::{EVERY, FixtureSet, Identity, Request};
use crate::model::{Denial, Forbids, Guardrail, Model, Subject};
use crate::source::{Sources, Span};
use crate::trace::{grants_of, trace};

/// What was checked, and for whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// How many guardrails there are.
    pub guardrails: usize,
    /// How many identities of the fixtures they were checked for.
    pub identities: usize,
    /// Identities of the fixtures that guardrails do not speak of.
    pub excepted: Vec<Excepted>,
}

/// An identity that guardrails do not speak of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excepted {
    /// Its name in the fixtures.
    pub identity: String,
    /// `break_glass` or `outside_policy`.
    pub because: &'static str,
}

/// A space that no mapping can declare, last in order, with every label that is asked for at login: it stands for all those that
/// an account may have beside.
const UNDECLARED: &str = "\u{10ffff}";

/// Checks a mapping's guardrails, and that nobody is in two groups that are kept apart. Every violation is an error.
pub fn check(
    model: &Model,
    fixtures: &FixtureSet,
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Checked {
    let mut found = Vec::new();
    kept_apart(model, fixtures, &mut found);
    let mut checked = Checked {
        guardrails: model.guardrails.len(),
        ..Checked::default()
    };
    let mut asked: Vec<(&String, &Identity)> = Vec::new();
    for (name, identity) in &fixtures.identities {
        let because = if model.break_glass.contains_key(&identity.login) {
            "break_glass"
        } else if model.outside_policy.contains_key(&identity.login) {
            "outside_policy"
        } else {
            asked.push((name, identity));
            continue;
        };
        checked.excepted.push(Excepted {
            identity: name.clone(),
            because,
        });
    }
    checked.identities = asked.len();
    if let Some(first) = model
        .guardrails
        .values()
        .map(|guardrail| guardrail.span)
        .next()
    {
        if asked.is_empty() {
            diagnostics.push(
                Diagnostic::warning(
                    Code::GuardrailUnchecked,
                    first,
                    "no identity of the fixtures is there to check guardrails for",
                )
                .help("describe people in the fixtures; guardrails are checked for those and for no others"),
            );
        }
        let told = Told {
            sources,
            identities: checked.identities,
        };
        for values in Values::of(model) {
            let asked_of = Asked {
                model,
                generous: generous(model, *values),
                concerning: concerning(model, *values),
            };
            for (name, identity) in &asked {
                for (rail, breach) in asked_of.breaches_of(identity) {
                    found.push(told.broken(rail, (name, identity), &breach));
                }
            }
        }
    }
    let mut findings = FileFindings::new(diagnostics);
    for finding in found {
        findings.push(finding);
    }
    checked
}

/// Reports identities that are in two groups of one set.
fn kept_apart(model: &Model, fixtures: &FixtureSet, found: &mut Vec<Diagnostic>) {
    if model.exclusive.is_empty() {
        return;
    }
    let mut by_value: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, group) in &model.groups {
        by_value.extend(
            group
                .values
                .keys()
                .map(|value| (value.as_str(), name.as_str())),
        );
    }
    for (name, identity) in &fixtures.identities {
        let raw = identity.teams.iter().flatten();
        let held: BTreeSet<&str> = identity
            .groups
            .iter()
            .flatten()
            .map(String::as_str)
            .chain(raw.filter_map(|value| by_value.get(value.as_str()).copied()))
            .collect();
        for set in &model.exclusive {
            let both: Vec<&str> = set
                .iter()
                .map(String::as_str)
                .filter(|group| held.contains(group))
                .collect();
            let [first, second, ..] = both.as_slice() else {
                continue;
            };
            found.push(
                Diagnostic::error(
                    Code::ExclusiveGroups,
                    identity.span,
                    format!(
                        "`{}` is in the groups `{}` and `{}`, which are kept apart",
                        shown(name),
                        shown(first),
                        shown(second)
                    ),
                )
                .related(set.span, "kept apart here")
                .help("describe somebody who can exist, or take the groups out of `exclusive`"),
            );
        }
    }
}

/// What becomes of values that stand for a group until a date: both must be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    Lasting,
    Gone,
}

impl Values {
    fn of(model: &Model) -> &'static [Self] {
        let mut ends = model
            .groups
            .values()
            .flat_map(|group| group.values.values());
        if ends.any(Option::is_some) {
            &[Self::Lasting, Self::Gone]
        } else {
            &[Self::Lasting]
        }
    }

    fn apply(self, model: &mut Model) {
        for group in model.groups.values_mut() {
            match self {
                Self::Lasting => group.values.values_mut().for_each(|ends| *ends = None),
                Self::Gone => group.values.retain(|_, ends| ends.is_none()),
            }
        }
    }
}

/// The mapping with every condition met, every date right, and every denial lifted that can be.
fn generous(model: &Model, values: Values) -> Model {
    let mut model = model.clone();
    for grant in model.grants.values_mut() {
        (grant.when, grant.starts, grant.ends) = (None, None, None);
    }
    for admin in model.login.admin.values_mut() {
        admin.when = None;
    }
    model.login.deny.retain(|_, denial| denial.unless.is_none());
    model
        .login
        .deny_admin
        .retain(|_, denial| denial.unless.is_none());
    model.teams = None;
    values.apply(&mut model);
    model
}

/// The mapping with nothing in it but each guardrail as a denial of those whom it forbids something.
fn concerning(model: &Model, values: Values) -> Model {
    let mut asking = model.clone();
    asking.grants.clear();
    asking.break_glass.clear();
    asking.login.require = Subject::Everyone;
    asking.login.admin.clear();
    asking.login.deny_admin.clear();
    asking.login.offboarded.clear();
    asking.teams = None;
    asking.login.deny = model
        .guardrails
        .iter()
        .map(|(name, guardrail)| {
            let who = match &guardrail.forbids {
                Forbids::These(who) => who.clone(),
                Forbids::AllBut(who) => Subject::Not(Box::new(who.clone())),
            };
            let denial = Denial {
                who,
                unless: None,
                span: guardrail.span,
            };
            (name.clone(), denial)
        })
        .collect();
    values.apply(&mut asking);
    asking
}

/// A mapping, and what is asked of it.
struct Asked<'a> {
    model: &'a Model,
    generous: Model,
    concerning: Model,
}

impl<'a> Asked<'a> {
    /// Everything that an identity can do against guardrails.
    fn breaches_of(&self, identity: &Identity) -> Vec<((&'a str, &'a Guardrail), Breach)> {
        let model = self.model;
        let mut input = identity.input(model, &Request::default());
        if let Some(spaces) = input.get_mut("spaces").and_then(Value::as_array_mut) {
            let grants = model.grants.values();
            let labels: BTreeSet<&String> = grants.flat_map(|grant| &grant.labels).collect();
            spaces.push(json!({"id": UNDECLARED, "name": UNDECLARED, "labels": labels}));
        }
        let held = self.generous.decide(&input);
        if held.login == Login::Deny {
            return Vec::new();
        }
        let concerned = self.concerning.decide(&input).because.refusals;
        let rails = model.guardrails.iter();
        rails
            .filter(|(name, _)| concerned.contains(*name))
            .flat_map(|(name, guardrail)| {
                let found = breaches(model, guardrail, &input, &held);
                found
                    .into_iter()
                    .map(move |breach| ((name.as_str(), guardrail), breach))
            })
            .collect()
    }
}

/// A way in which somebody can do what a guardrail forbids.
struct Breach {
    action: String,
    space: String,
    /// Where it is granted, if that is written in one place, and in what words.
    by: Option<(Span, String)>,
}

/// Every entry of the mapping by which somebody can do what a guardrail forbids, each with one action and one space.
fn breaches(model: &Model, guardrail: &Guardrail, input: &Value, held: &Decision) -> Vec<Breach> {
    let mut found: BTreeMap<String, Breach> = BTreeMap::new();
    if held.login == Login::Admin
        && let (Some(action), Some(space)) = (guardrail.actions.first(), guardrail.spaces.first())
    {
        for id in &held.because.admins {
            found.entry(id.clone()).or_insert_with(|| Breach {
                action: action.clone(),
                space: space.clone(),
                by: trace(model, id).map(|span| {
                    (
                        span,
                        "an account admin may do everything everywhere".to_owned(),
                    )
                }),
            });
        }
    }
    for (bound_on, slugs) in &held.roles {
        for slug in slugs {
            for action in &guardrail.actions {
                let can = |space: &&String| serves(model, slug, action, bound_on, space);
                // The space itself, if that is meant, says it best.
                let itself = guardrail.spaces.get(bound_on).filter(can);
                let Some(space) = itself.or_else(|| guardrail.spaces.iter().find(can)) else {
                    continue;
                };
                for id in grants_of(model, input, &held.because, bound_on, slug) {
                    let on = match bound_on.as_str() {
                        UNDECLARED => "spaces that are not declared".to_owned(),
                        space => format!("`{}`", shown(space)),
                    };
                    let by = trace(model, &id)
                        .map(|span| (span, format!("gives `{}` on {on}", shown(slug))));
                    found.entry(id).or_insert_with(|| Breach {
                        action: action.clone(),
                        space: space.clone(),
                        by,
                    });
                }
            }
        }
    }
    found.into_values().collect()
}

/// What a finding names beside the guardrail.
struct Told<'a> {
    sources: &'a Sources,
    identities: usize,
}

impl Told<'_> {
    fn broken(
        &self,
        (rail, guardrail): (&str, &Guardrail),
        (name, identity): (&str, &Identity),
        breach: &Breach,
    ) -> Diagnostic {
        let place = |span| self.sources.place(span);
        let by = breach.by.as_ref().map_or_else(String::new, |(span, _)| {
            let at = place(*span);
            format!(", by {}:{}", at.path, at.line)
        });
        let on = match breach.space.as_str() {
            EVERY => "a space".to_owned(),
            space => format!("`{}`", shown(space)),
        };
        let count = crate::report::counts::identities(self.identities);
        let mut diagnostic = Diagnostic::error(
        Code::GuardrailBroken,
        guardrail.span,
        format!(
            "against the guardrail `{}`, `{}` can `{}` on {on}{by}",
            shown(rail),
            shown(name),
            breach.action
        ),
    )
    .help(format!(
        "change who gets that, or what must hold; guardrails are checked for the {count} of the fixtures only, with conditions and dates taken as met"
    ));
        if let Some((span, words)) = &breach.by {
            diagnostic = diagnostic.related(*span, words.clone());
        }
        diagnostic.related(identity.span, "this identity")
    }
}

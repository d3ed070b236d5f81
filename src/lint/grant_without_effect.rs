//! Grants that nobody can ever use: whom they are for is refused, or cannot exist.

use super::Asked;
use crate::compile::cases::{self, Case, Side};
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::model::Model;
use crate::source::Span;

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let model = asked.model;
    let denials: Vec<(Vec<Case>, Span)> = model
        .login
        .deny
        .values()
        .filter(|denial| denial.unless.is_none())
        .filter_map(|denial| {
            let cases = cases::of(&denial.who, None, Side::Perhaps).ok()?;
            Some((cases, denial.span))
        })
        .collect();
    for grant in model.grants.values() {
        let Ok(cases) = cases::of(&grant.who, None, Side::Granted) else {
            continue;
        };
        // That a subject excludes itself is found where it is compiled.
        if cases.is_empty() {
            continue;
        }
        if let Some(group) = cases
            .iter()
            .map(|case| apart(model, case))
            .collect::<Option<Vec<_>>>()
        {
            let (one, other, span) = group.first().copied().unwrap_or_default();
            found.push(
                Diagnostic::warning(
                    Code::GrantWithoutEffect,
                    grant.span,
                    format!(
                        "this can never give anything: nobody is in `{}` and in `{}`",
                        shown(one),
                        shown(other)
                    ),
                )
                .related(span, "kept apart here"),
            );
            continue;
        }
        let refused = |case: &Case| {
            let is_break_glass = asks_for(case).any(|fact| {
                let login = fact.strip_prefix("login ");
                login.is_some_and(|login| model.break_glass.contains_key(login))
            });
            let denial = denials
                .iter()
                .find(|(denied, _)| denied.iter().any(|one| meets(case, one)));
            denial.filter(|_| !is_break_glass).map(|(_, span)| *span)
        };
        if let Some(by) = cases.iter().map(refused).collect::<Option<Vec<_>>>() {
            found.push(
                Diagnostic::warning(
                    Code::GrantWithoutEffect,
                    grant.span,
                    "this can never give anything: whoever it is for is refused",
                )
                .related(
                    by.first().copied().unwrap_or_default(),
                    "refused here, whatever else holds",
                ),
            );
        }
    }
}

fn asks_for(case: &Case) -> impl Iterator<Item = &String> {
    std::iter::once(&case.under).chain(&case.all)
}

/// Two groups that a case asks for and that are kept apart.
fn apart<'m>(model: &'m Model, case: &Case) -> Option<(&'m str, &'m str, Span)> {
    model.exclusive.iter().find_map(|set| {
        let mut held = set.iter().filter(|name| {
            let fact = format!("group {name}");
            asks_for(case).any(|asked| *asked == fact)
        });
        Some((held.next()?.as_str(), held.next()?.as_str(), set.span))
    })
}

/// Whether a denial surely means whoever a case of a grant does.
fn meets(case: &Case, denied: &Case) -> bool {
    let spelt = |fact: &String| match fact.strip_prefix("login ") {
        Some(login) => format!("login {}", login.to_ascii_lowercase()),
        None => fact.clone(),
    };
    let held: Vec<String> = asks_for(case).map(spelt).collect();
    denied.none.is_empty() && asks_for(denied).all(|fact| fact == "everyone" || held.contains(fact))
}

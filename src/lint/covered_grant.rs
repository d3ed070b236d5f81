//! A grant that gives nothing which another does not give to the same people anyway.

use std::collections::{BTreeMap, BTreeSet};

use super::Asked;
use crate::compile::cases::{self, Case, Side};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{FIXED_SPACES, Grant, Model};

struct Split<'m> {
    id: &'m str,
    grant: &'m Grant,
    cases: Vec<Case>,
}

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let model = asked.model;
    let all: Vec<Split<'_>> = model
        .grants
        .iter()
        .filter_map(|(id, grant)| {
            let cases = cases::of(&grant.who, None, Side::Granted).ok()?;
            Some(Split { id, grant, cases })
        })
        .collect();
    // What covers a grant is found under a fact that each case of the grant asks for.
    let mut under: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (at, split) in all.iter().enumerate() {
        for case in &split.cases {
            under.entry(&case.under).or_default().insert(at);
        }
    }
    for narrow in &all {
        let Some(first) = narrow.cases.first() else {
            continue;
        };
        let facts = first.all.iter().map(String::as_str);
        let facts = facts.chain([first.under.as_str(), "everyone"]);
        let wide = facts
            .filter_map(|fact| under.get(fact))
            .flatten()
            .filter_map(|at| all.get(*at))
            .find(|wide| covers(model, wide, narrow));
        if let Some(wide) = wide {
            found.push(
                Diagnostic::warning(
                    Code::CoveredGrant,
                    narrow.grant.span,
                    "another grant gives all of this to the same people, at the same times",
                )
                .related(wide.grant.span, "this one does")
                .help("take one of the two out, or say what is different"),
            );
        }
    }
}

fn covers(model: &Model, wide: &Split<'_>, narrow: &Split<'_>) -> bool {
    if wide.id == narrow.id || !gives_all(model, wide.grant, narrow.grant) {
        return false;
    }
    let everyone = narrow.cases.iter().all(|case| {
        let covers = |wide: &Case| is_wider(wide, case);
        wide.cases.iter().any(covers)
    });
    if !everyone {
        return false;
    }
    // Where each covers the other, only the one that stands later is too much.
    let later = (wide.grant.span.file, wide.grant.span.start)
        < (narrow.grant.span.file, narrow.grant.span.start);
    let mutual = gives_all(model, narrow.grant, wide.grant)
        && wide
            .cases
            .iter()
            .all(|case| narrow.cases.iter().any(|other| is_wider(other, case)));
    later || !mutual
}

/// Whether whoever is meant by one case is meant by the other.
fn is_wider(wide: &Case, narrow: &Case) -> bool {
    let asked = |case: &Case| -> BTreeSet<String> {
        let all = std::iter::once(&case.under).chain(&case.all);
        all.filter(|fact| *fact != "everyone").cloned().collect()
    };
    (wide.anyone == narrow.anyone)
        && asked(wide).is_subset(&asked(narrow))
        && wide.none.iter().all(|fact| narrow.none.contains(fact))
}

fn gives_all(model: &Model, wide: &Grant, narrow: &Grant) -> bool {
    let roles = narrow.roles.is_subset(&wide.roles);
    let when = wide.when.is_none() || wide.when == narrow.when;
    let starts = wide
        .starts
        .is_none_or(|wide| narrow.starts.is_some_and(|narrow| wide <= narrow));
    let ends = wide
        .ends
        .is_none_or(|wide| narrow.ends.is_some_and(|narrow| narrow <= wide));
    // What takes rights on root and legacy away leaves those elsewhere.
    let taken = |space: &str| {
        !model.login.deny_admin.is_empty()
            && FIXED_SPACES.contains(&space)
            && wide.roles.iter().any(|slug| model.is_administrative(slug))
    };
    let reaches = |space: &String| {
        wide.spaces.contains(space)
            || wide.spaces.iter().any(|on| match on.as_str() {
                "*" => !FIXED_SPACES.contains(&space.as_str()),
                on => space != "*" && !taken(on) && model.is_within(space, on),
            })
            || (wide.spaces.contains("root") && !taken("root"))
    };
    let labels = wide.spaces.contains("*") || narrow.labels.is_subset(&wide.labels);
    roles && when && starts && ends && labels && narrow.spaces.iter().all(reaches)
}

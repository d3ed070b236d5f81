//! What a run of the tests found, for people and for scripts.

use std::fmt::Write as _;

use serde::Serialize;

use super::counts::number;
use super::diagnostics::{data, property};
use super::visible::visible;
use crate::model::Because;
use crate::source::{Place, Sources};
use crate::suite::{Outcome, Report};

/// Failures by identity, expected against got, with lines; then how many there are.
#[must_use]
pub fn human(report: &Report, sources: &Sources) -> String {
    let mut out = String::new();
    for (identity, outcomes) in report.failures_by_identity() {
        let _ = writeln!(out, "{}", visible(identity.unwrap_or("(a raw input)")));
        for outcome in outcomes {
            let place = sources.place(outcome.span);
            let _ = writeln!(out, "  FAILED {} ({place})", visible(&outcome.case));
            if let Some(outside) = &outcome.outside_policy {
                let _ = writeln!(out, "    {}", outside.because.sentence());
            }
            for difference in &outcome.differences {
                let place = sources.place(difference.span);
                let what = difference.what.to_string();
                let _ = writeln!(out, "    {} (stated at {place})", visible(&what));
                for cause in &difference.because {
                    match cause.span {
                        Some(span) => {
                            let _ = writeln!(out, "      because of {}", sources.place(span));
                        }
                        None => {
                            let _ = writeln!(out, "      because of `{}`", visible(&cause.id));
                        }
                    }
                }
            }
        }
    }
    let summary = report.summary();
    let _ = write!(
        out,
        "{} passed, {} failed",
        number(summary.passed, "test"),
        summary.failed
    );
    for outcome in &report.outcomes {
        if let Some(outside) = &outcome.outside_policy {
            let place = sources.place(outside.span);
            let _ = write!(
                out,
                "\nnote: {}, so nothing follows from the test `{}` ({place})",
                outside.because.sentence(),
                visible(&outcome.case)
            );
        }
    }
    out
}

/// Each failed test as a workflow command that GitHub turns into an annotation on the test's line.
#[must_use]
pub fn github(report: &Report, sources: &Sources) -> String {
    let mut out = String::new();
    for (_, outcomes) in report.failures_by_identity() {
        for outcome in outcomes {
            let place = sources.place(outcome.span);
            let _ = write!(
                out,
                "::error file={},line={},col={},title=test failed::{}",
                property(&place.path),
                place.line,
                place.column,
                data(&outcome.case)
            );
            for difference in &outcome.differences {
                let _ = write!(out, "%0A{}", data(&difference.what.to_string()));
            }
            out.push('\n');
        }
    }
    out
}

/// A run for scripts.
#[derive(Debug, Serialize)]
pub struct Json {
    passed: usize,
    failed: usize,
    tests: Vec<Test>,
}

#[derive(Debug, Serialize)]
struct Test {
    name: String,
    identity: Option<String>,
    place: Place,
    passed: bool,
    outside_policy: Option<Because>,
    login: &'static str,
    differences: Vec<Difference>,
}

#[derive(Debug, Serialize)]
struct Difference {
    message: String,
    place: Place,
    because: Vec<Cause>,
}

#[derive(Debug, Serialize)]
struct Cause {
    id: String,
    place: Option<Place>,
}

/// A run as JSON.
#[must_use]
pub fn json(report: &Report, sources: &Sources) -> Json {
    let summary = report.summary();
    let test = |outcome: &Outcome| Test {
        name: outcome.case.clone(),
        identity: outcome.identity.clone(),
        place: sources.place(outcome.span),
        passed: outcome.passed(),
        outside_policy: outcome
            .outside_policy
            .as_ref()
            .map(|outside| outside.because),
        login: outcome.login.word(),
        differences: outcome
            .differences
            .iter()
            .map(|difference| Difference {
                message: difference.what.to_string(),
                place: sources.place(difference.span),
                because: difference
                    .because
                    .iter()
                    .map(|cause| Cause {
                        id: cause.id.clone(),
                        place: cause.span.map(|span| sources.place(span)),
                    })
                    .collect(),
            })
            .collect(),
    };
    Json {
        passed: summary.passed,
        failed: summary.failed,
        tests: report.outcomes.iter().map(test).collect(),
    }
}

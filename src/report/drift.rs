//! Drift, for people: who changed what.

use std::fmt::Write as _;

use super::counts::number;
use super::plan::{alike, described};
use super::visible::visible;
use crate::drift::{By, Drift, Finding};
use crate::plan::Base;

/// How many lines of one finding are shown unless all are asked for.
const FIRST_LINES: usize = 40;

/// What is not as it was left, and what is not as the mapping says.
#[must_use]
pub fn human(drift: &Drift, label: &str, whole: bool) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "Drift of account {} at {}",
        visible(&drift.account),
        visible(label)
    );
    match &drift.base {
        Some(Base::Mapping) => {
            let _ = writeln!(out, "  pushed last: this mapping");
        }
        Some(Base::Commit(commit)) => {
            let _ = writeln!(out, "  pushed last: {}", described(commit));
        }
        Some(Base::Unknown { why }) => {
            let _ = writeln!(out, "  pushed last: not known; {}", visible(why));
            let _ = writeln!(
                out,
                "  so this compares two, and who changed what can be told of some of it only"
            );
        }
        None => {}
    }
    for note in &drift.notes {
        let _ = writeln!(out, "  note: {}", visible(note));
    }
    if drift.findings.is_empty() {
        let _ = writeln!(
            out,
            "\nNo drift: the account is as it was pushed, and as the mapping says."
        );
    }
    for (by, head) in [
        (By::Account, "Changed in the account:"),
        (By::Mapping, "Changed in the mapping, and not pushed:"),
        (
            By::Unknown,
            "Changed in one of the two; where is not known:",
        ),
    ] {
        let mut found = drift.findings.iter().filter(|one| one.by == by).peekable();
        if found.peek().is_some() {
            let _ = writeln!(out, "\n{head}");
        }
        for finding in found {
            one(&mut out, finding, whole);
        }
    }
    out.trim_end().to_string()
}

fn one(out: &mut String, finding: &Finding, whole: bool) {
    let _ = writeln!(
        out,
        "  {}: {}",
        finding.code.code(),
        visible(&finding.message)
    );
    let _ = writeln!(out, "    help: {}", visible(&finding.help));
    alike(out, &finding.effects, "    ");
    let shown = if whole {
        finding.lines.len()
    } else {
        FIRST_LINES.min(finding.lines.len())
    };
    for line in finding.lines.iter().take(shown) {
        let _ = writeln!(out, "    {line}");
    }
    if shown < finding.lines.len() {
        let _ = writeln!(
            out,
            "    … {}; `--full` shows them",
            number(finding.lines.len() - shown, "more line")
        );
    }
}

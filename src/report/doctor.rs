//! An account's examination, to be pasted into an issue: Markdown, one row a claim, nobody named.

use std::fmt::Write as _;

use super::counts::number;
use super::visible::visible;
use crate::doctor::agree::Agreement;
use crate::doctor::{Report, Row, Verdict};
use crate::model::Dialect;

/// The report. What liftgate relies on and is not so comes first.
#[must_use]
pub fn human(report: &Report, agreement: Option<&Agreement>) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "# liftgate {} on {}\n",
        env!("CARGO_PKG_VERSION"),
        report.endpoint
    );
    let said = |text: &Option<String>| match text {
        Some(text) => visible(text).into_owned(),
        None => "not said".to_owned(),
    };
    let _ = writeln!(
        out,
        "Strategy: {}. Open Policy Agent: {}. Self-hosted release: {}.\n",
        said(&report.strategy),
        said(&report.opa),
        said(&report.self_hosted)
    );
    let alarming = report.alarming().count();
    let not_reached = report.count(Verdict::NotReached);
    let _ = writeln!(
        out,
        "{}: {} confirmed, {} refuted, {} could not be seen.",
        number(report.rows.len() - not_reached, "claim"),
        report.count(Verdict::Confirmed),
        report.count(Verdict::Refuted),
        report.count(Verdict::NotSeen)
    );
    if not_reached > 0 {
        let _ = writeln!(
            out,
            "No time was left for {}: the account answers slowly. What was not reached may be so or not; try again.",
            number(not_reached, "more claim")
        );
    }
    if alarming > 0 {
        let _ = writeln!(
            out,
            "{} that liftgate relies on: do not push to this account before that is understood.",
            match alarming {
                1 => "One is refuted".to_owned(),
                count => format!("{count} are refuted"),
            }
        );
    }
    if let Some(agreement) = agreement {
        out.push('\n');
        agreed(&mut out, agreement);
    }
    let _ = writeln!(
        out,
        "\n| fact | verdict | claim | seen |\n|---|---|---|---|"
    );
    let order = |row: &&Row| match (row.verdict, row.relied_on) {
        (Verdict::Refuted, true) => 0,
        (Verdict::Refuted, false) => 1,
        (Verdict::Confirmed, _) => 2,
        (Verdict::NotSeen, _) => 3,
        (Verdict::NotReached, _) => 4,
    };
    let mut rows: Vec<&Row> = report.rows.iter().collect();
    rows.sort_by_key(order);
    for row in rows {
        let verdict = match (row.verdict, row.relied_on) {
            (Verdict::Refuted, true) => "**refuted**",
            (verdict, _) => verdict.words(),
        };
        let _ = writeln!(
            out,
            "| `{}` | {verdict} | {} | {} |",
            row.fact,
            cell(&row.claim),
            cell(&row.seen)
        );
    }
    out.truncate(out.trim_end().len());
    out
}

fn agreed(out: &mut String, agreement: &Agreement) {
    let _ = writeln!(
        out,
        "{} of the mapping simulated in Rego {}: {} as it means, {} otherwise.",
        number(agreement.asked, "input"),
        match agreement.dialect {
            Dialect::V0 => "v0",
            Dialect::V1 => "v1",
        },
        agreement.agreed,
        agreement.differences.len()
    );
    for difference in agreement.differences.iter().take(20) {
        let _ = writeln!(
            out,
            "- input {}: {}",
            difference.number,
            visible(&difference.what.join("; "))
        );
    }
    if agreement.differences.len() > 20 {
        let _ = writeln!(out, "- and {} more", agreement.differences.len() - 20);
    }
}

/// Text of a cell of a table; nothing in it is taken for Markdown's own.
fn cell(text: &str) -> String {
    /// Longer texts are cut; a compiler's errors can be pages.
    const LONGEST: usize = 300;
    let text = visible(text);
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    let mut out = String::with_capacity(short.len());
    for letter in short.chars() {
        match letter {
            '|' => out.push_str("\\|"),
            '<' => out.push_str("&lt;"),
            '@' => out.push_str("&#64;"),
            letter => out.push(letter),
        }
    }
    out
}

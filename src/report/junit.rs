//! A run of the tests as JUnit XML, which continuous integration shows test by test.

use std::fmt::Write as _;

use super::visible::visible;
use crate::source::Sources;
use crate::suite::{Outcome, Report};

/// The run of one mapping's tests; `name` says which mapping. Times are left out, so that the same tests give the same bytes.
#[must_use]
pub fn junit(report: &Report, sources: &Sources, name: &str) -> String {
    let summary = report.summary();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"0\"",
        summary.cases, summary.failed
    );
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"liftgate\" {counts}>");
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" {counts} skipped=\"0\">",
        text(name)
    );
    for outcome in &report.outcomes {
        one(&mut out, outcome, sources);
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn one(out: &mut String, outcome: &Outcome, sources: &Sources) {
    let place = sources.place(outcome.span);
    let of = outcome.identity.as_deref().unwrap_or("(a raw input)");
    let _ = write!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\"",
        text(&outcome.case),
        text(of),
        text(&place.path),
        place.line
    );
    if outcome.passed() {
        out.push_str("/>\n");
        return;
    }
    let first = outcome.differences.first().map(|one| one.what.to_string());
    let _ = writeln!(
        out,
        ">\n      <failure type=\"difference\" message=\"{}\">",
        text(&first.unwrap_or_default())
    );
    for difference in &outcome.differences {
        let stated = sources.place(difference.span);
        let _ = writeln!(
            out,
            "{} (stated at {})",
            text(&difference.what.to_string()),
            text(&stated.to_string())
        );
        for cause in &difference.because {
            let by = cause
                .span
                .map_or_else(|| cause.id.clone(), |span| sources.place(span).to_string());
            let _ = writeln!(out, "  because of {}", text(&by));
        }
    }
    out.push_str("      </failure>\n    </testcase>\n");
}

/// Text in XML. What XML cannot hold is a control or a mark that cannot be seen, and is written out.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // No characters to XML 1.0.
            '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_where_it_stands() {
        assert_eq!(
            text("a\"/><b>&'\u{1b}\n\u{ffff}"),
            "a&quot;/&gt;&lt;b&gt;&amp;&apos;\\u{1b}\\n\\u{ffff}"
        );
        assert_eq!(text("日本 é"), "日本 é");
    }
}

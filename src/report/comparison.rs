//! Two policies beside each other, for people.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::counts::number;
use super::visible::visible;
use crate::compare::{Absence, Comparison};
use crate::evaluate::Decision;
use crate::plan::{Probe, Source};

/// At most `shown` ways of differing are shown; `old` is what to call the other policy.
#[must_use]
pub fn human(comparison: &Comparison, old: &str, shown: usize) -> String {
    let mut out = String::new();
    // Where one of the two has no decision, there is nothing to compare.
    let compared = comparison.asked.saturating_sub(comparison.undecided.len());
    let inputs = number(compared, "input");
    let _ = match comparison.different() {
        _ if compared == 0 => writeln!(out, "There is no input that both decide."),
        0 => writeln!(out, "Nothing differs in {inputs}."),
        different => writeln!(
            out,
            "{different} of {inputs} are decided in two ways by {old} and the mapping."
        ),
    };
    if !comparison.unlike.is_empty() {
        let _ = writeln!(out, "\nNot comparable here, so not said to be equal:");
        for one in &comparison.unlike {
            let _ = writeln!(
                out,
                "  line {}: `{}`: {}",
                one.line,
                visible(&one.what),
                one.why
            );
        }
    }
    if comparison.left_out > 0 {
        let count = number(comparison.left_out, "input");
        let _ = writeln!(
            out,
            "\n{count} in which something is absent: not compared, for that."
        );
    }
    if !comparison.undecided.is_empty() {
        let count = comparison.undecided.len();
        let _ = writeln!(out, "\nNo decision for {}:", number(count, "input"));
        for (name, why) in comparison.undecided.iter().take(shown) {
            let _ = writeln!(out, "  {}: {}", visible(name), visible(why));
        }
    }
    if comparison.differing.is_empty() {
        return out.trim_end().to_string();
    }
    let matters = comparison
        .unlike
        .iter()
        .any(|one| one.of_absence == Absence::No);
    let but = if matters {
        ", where nothing hangs on the lines above"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "\nAs tests that hold of {old}{but}, for the fixtures:\n\ntests:"
    );
    for one in comparison.differing.iter().take(shown) {
        let more = match one.alike {
            1 => String::new(),
            more => format!("; {} more differ like this", more - 1),
        };
        let _ = writeln!(out, "  # the mapping decides {}{more}", expected(&one.new));
        let _ = writeln!(
            out,
            "  - {{name: {}, input: {}, expect: {}}}",
            line(&json!(called(&one.probe))),
            line(&one.probe.input),
            expected(&one.old)
        );
    }
    if comparison.differing.len() > shown {
        let more = comparison.differing.len() - shown;
        let _ = writeln!(out, "  # {}: `--all` shows them", number(more, "other way"));
    }
    out.trim_end().to_string()
}

/// What to call its test: of the directory, everybody is asked once.
fn called(probe: &Probe) -> &str {
    match probe.source {
        Source::Directory => &probe.identity,
        Source::Fixture | Source::Sample | Source::Policy => &probe.name,
    }
}

/// What a test of the fixtures would expect. What is JSON is YAML, too.
fn expected(decision: &Decision) -> String {
    let mut expect = json!({"login": decision.login.word(), "roles": decision.roles});
    if let (false, Some(expect)) = (decision.teams.is_empty(), expect.as_object_mut()) {
        expect.insert("teams".to_string(), json!(decision.teams));
    }
    line(&expect)
}

/// JSON on a line; what could command a terminal or reverse the text is escaped in it.
fn line(value: &Value) -> String {
    value
        .to_string()
        .chars()
        .map(|character| {
            if character.is_ascii_graphic() || character == ' ' || character.is_alphanumeric() {
                return character.to_string();
            }
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units);
            units.iter().fold(String::new(), |mut out, unit| {
                let _ = write!(out, "\\u{unit:04x}");
                out
            })
        })
        .collect()
}

//! What the commands that edit a mapping share: making the change, and saying why there is none.

use anyhow::anyhow;
use serde_json::json;

use super::output::{Failure, Output};
use super::{Exit, test};
use crate::edit::{Edited, Edits, NotEdited};
use crate::model::Model;
use crate::project::{Choices, Project};
use crate::report::visible::visible;

/// Makes a change, but writes nothing. Answers nothing where the mapping would have errors, which are reported then.
pub fn apply(
    edits: &Edits,
    project: &Project,
    wanted: &Model,
    choices: &Choices,
    output: &Output,
) -> anyhow::Result<Option<Edited>> {
    match edits.apply(project, wanted, choices) {
        Ok(edited) => Ok(Some(edited)),
        Err(NotEdited::Findings(with_errors)) => {
            output.findings(&with_errors.sources, &with_errors.diagnostics);
            let message = "with this change the mapping would have errors, so nothing was changed";
            output.tell(&format!(
                "error: {message}\n  help: the lines above are those of the mapping as it would be"
            ));
            let findings = Output::finding_values(&with_errors.sources, &with_errors.diagnostics);
            output.json(
                Exit::Findings,
                json!({"findings": findings, "error": {"message": message}}),
            );
            Ok(None)
        }
        Err(NotEdited::Layout { place, message }) => Err(anyhow!(Failure {
            message: format!("{place}: {message}"),
            help: "nothing was changed; change it by hand, or lay this part out more simply"
                .to_string(),
        })),
        Err(NotEdited::OtherMeaning) => Err(anyhow!(Failure {
            message: "the change would not mean what was asked for".to_string(),
            help: "nothing was changed; please report this with the mapping".to_string(),
        })),
    }
}

/// A test that no longer holds.
#[derive(Debug, serde::Serialize)]
pub struct FailingTest {
    /// Its name.
    name: String,
    /// Where it stands.
    place: crate::source::Place,
}

/// The tests that held, and do not with the change.
pub fn failing_tests(edited: &Edited) -> anyhow::Result<Vec<FailingTest>> {
    let report = test::run_suite(&edited.compiled)?;
    Ok(report
        .outcomes
        .iter()
        .filter(|outcome| !outcome.differences.is_empty())
        .map(|outcome| FailingTest {
            name: outcome.case.clone(),
            place: edited.project.sources.place(outcome.span),
        })
        .collect())
}

/// Says which tests no longer hold.
pub fn tell_failing(tests: &[FailingTest], output: &Output) {
    if tests.is_empty() {
        return;
    }
    let mut text = format!(
        "warning: {} with this change\n  help: change what they expect, or remove them, in the same pull request",
        match tests.len() {
            1 => "one test fails".to_string(),
            many => format!("{many} tests fail"),
        }
    );
    for test in tests {
        text.push_str(&format!("\n  {}: {}", test.place, visible(&test.name)));
    }
    output.tell(&text);
}

/// Writes a change, and says so.
pub fn write(edited: &Edited, output: &Output) -> anyhow::Result<()> {
    edited.write()?;
    for path in edited.paths() {
        output.say(&format!("wrote {}", visible(path)));
    }
    Ok(())
}

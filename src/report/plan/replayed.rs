//! Which recorded inputs would be decided otherwise, for people.

use std::fmt::Write as _;

use super::super::counts::{number, people};
use super::super::visible::visible;
use super::{by_identity, said};
use crate::plan::{Effect, Plan, Source};

/// As many people of recorded inputs are listed.
const MOST: usize = 100;

/// What is about fixtures, and what is about recorded inputs.
pub(super) fn apart(plan: &Plan) -> (Vec<Effect>, Vec<Effect>) {
    let all = plan.effects.iter().cloned();
    all.partition(|one| one.source != Source::Sample)
}

/// Every recorded input that would be decided otherwise.
pub(super) fn replayed(out: &mut String, plan: &Plan, effects: &[Effect]) {
    let Some(replayed) = &plan.replayed else {
        return;
    };
    let inputs = number(replayed.inputs, "recorded input");
    let people = people(replayed.people);
    if plan.unknown_effects.is_some() {
        let _ = writeln!(
            out,
            "\n{inputs} of {people}: what is decided now is unknown."
        );
        return;
    }
    if replayed.flips == 0 {
        let _ = writeln!(
            out,
            "\nNone of {inputs} of {people} would be decided otherwise."
        );
        return;
    }
    let _ = writeln!(
        out,
        "\n{} of {inputs} of {people} would be decided otherwise:",
        replayed.flips
    );
    let all = by_identity(effects);
    let more = all.len().saturating_sub(MOST);
    for ((identity, lines), probes) in all.into_iter().take(MOST) {
        let _ = writeln!(out, "  {} ({})", visible(identity), said(&probes));
        for line in lines {
            let _ = writeln!(out, "    {line}");
        }
    }
    if more > 0 {
        let _ = writeln!(out, "  and {more} more; `--format json` has all");
    }
}

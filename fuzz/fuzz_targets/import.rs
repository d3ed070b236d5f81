//! What others wrote, to be imported. The first byte says which of two things the rest is: what Terraform shows, or a login policy.
//! Whatever is found, the mapping that is written of it is sound.
#![no_main]

use std::path::Path;

use liftgate::evaluate::access::Access;
use liftgate::evaluate::foreign::{Decide, InProcess};
use liftgate::evaluate::{Decision, EvaluateError};
use liftgate::import::rego::Known;
use liftgate::import::{self, Found};
use liftgate::model::Dialect;
use liftgate::project::{Choices, MAPPING, Project};
use liftgate::source::Alone;
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match kind % 3 {
        0 => drop(import::terraform::read(text, &Shallow).map(|imported| sound(&imported.found))),
        1 => policy(text, Dialect::V1),
        _ => policy(text, Dialect::V0),
    }
});

/// As the command does it: what the engine does not take is not read.
fn policy(text: &str, dialect: Dialect) {
    if Shallow.decide(text, dialect, &[]).is_err() {
        return;
    }
    let mut found = Found::default();
    if import::rego::read(text, dialect, &Known::default(), &mut found).is_ok() {
        sound(&found);
    }
}

/// As the process of its own does it: a text whose brackets are too deep is not decided.
struct Shallow;

impl Decide for Shallow {
    fn decide(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<Decision, String>>, EvaluateError> {
        shallow(text)?;
        InProcess.decide(text, dialect, inputs)
    }

    fn decide_access(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<Access, String>>, EvaluateError> {
        shallow(text)?;
        InProcess.decide_access(text, dialect, inputs)
    }
}

fn shallow(text: &str) -> Result<(), EvaluateError> {
    let message = "too deep".to_string();
    if depth(text) > 12 { Err(EvaluateError { message }) } else { Ok(()) }
}

/// The time of the engine's parser doubles with every level.
fn depth(text: &str) -> usize {
    let (mut at, mut deepest) = (0_usize, 0);
    for character in text.chars() {
        match character {
            '[' | '{' | '(' => at += 1,
            ']' | '}' | ')' => at = at.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(at);
    }
    deepest
}

fn sound(found: &Found) {
    let alone = Alone { name: MAPPING, text: import::text(found) };
    let project = Project::load_from(&alone, Path::new(""), &Choices::default());
    assert!(project.compiled.is_some(), "{}", alone.text);
}

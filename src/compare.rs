//! A login policy that somebody wrote beside the one that a mapping compiles to: on which inputs they decide differently.
//!
//! Both are asked the same inputs, each by its text. Nothing here says that two policies are the same: only that nothing was found,
//! in so many inputs, and that of some constructs the engine at hand is known to answer otherwise than Spacelift's.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::evaluate::foreign::Decide;
use crate::evaluate::{Decision, EvaluateError};
use crate::model::Dialect;
use crate::plan::{Probe, Source};

pub mod edges;
mod unlike;

pub use unlike::{Absence, Unlike, unlike};

/// An input that is decided in two ways.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Differing {
    /// The input, and where it is from.
    #[serde(flatten)]
    pub probe: Probe,
    /// What the old policy decides.
    pub old: Decision,
    /// What the mapping decides.
    pub new: Decision,
    /// How many inputs differ in the same way; this is the smallest of them.
    pub alike: usize,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// How many inputs both were asked.
    pub asked: usize,
    /// How many more there were that the old text may decide otherwise in Spacelift than here: something is absent in them.
    pub left_out: usize,
    /// How many are decided alike.
    pub same: usize,
    /// One for each way in which decisions differ, the smallest input first.
    pub differing: Vec<Differing>,
    /// Inputs that one of the two has no decision for: name, and why.
    pub undecided: Vec<(String, String)>,
    /// What in the old text is answered otherwise by Spacelift's engine than by the one at hand, or may be.
    pub unlike: Vec<Unlike>,
}

impl Comparison {
    /// Whether nothing differs, and everything could be compared.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.differing.is_empty() && self.undecided.is_empty() && self.unlike.is_empty()
    }

    /// How many inputs are decided in two ways.
    #[must_use]
    pub fn different(&self) -> usize {
        self.differing.iter().map(|one| one.alike).sum()
    }
}

/// A policy's text, and how it is read.
#[derive(Debug, Clone, Copy)]
pub struct Text<'t> {
    /// Rego.
    pub text: &'t str,
    /// Its version.
    pub dialect: Dialect,
}

/// What a text is read as: the newer version, unless it is no text of that.
///
/// # Errors
/// When it is neither.
pub fn dialect_of(text: &str, decide: &dyn Decide) -> Result<Dialect, EvaluateError> {
    let Err(first) = decide.decide(text, Dialect::V1, &[]) else {
        return Ok(Dialect::V1);
    };
    match decide.decide(text, Dialect::V0, &[]) {
        Ok(_) => Ok(Dialect::V0),
        Err(_) => Err(first),
    }
}

/// Asks both policies everything. Logins, roles and teams are compared; flags, and whether a sample is recorded, are not.
///
/// # Errors
/// When one of the two cannot be evaluated at all.
pub fn compare(
    old: Text<'_>,
    new: Text<'_>,
    probes: Vec<Probe>,
    decide: &dyn Decide,
) -> Result<Comparison, EvaluateError> {
    let unlike = unlike(old.text);
    let paths = unlike::asked_for(old.text);
    let all = probes.len();
    let worst = unlike.iter().map(|one| one.of_absence).min();
    let probes: Vec<Probe> = probes
        .into_iter()
        .filter(|one| match worst {
            Some(Absence::Any) => false,
            Some(Absence::Known) => unlike::has(&one.input, &paths),
            _ => true,
        })
        .collect();
    let inputs: Vec<Value> = probes.iter().map(|one| one.input.clone()).collect();
    let of_old = decide.decide(old.text, old.dialect, &inputs)?;
    let of_new = decide.decide(new.text, new.dialect, &inputs)?;
    let asked = probes.len();
    let (mut same, mut undecided) = (0, Vec::new());
    let mut ways: BTreeMap<String, Differing> = BTreeMap::new();
    for (probe, (old, new)) in probes.into_iter().zip(of_old.into_iter().zip(of_new)) {
        match (old, new) {
            (Ok(old), Ok(new)) if are_same(&old, &new) => same += 1,
            (Ok(old), Ok(new)) => {
                let way = format!("{:?}", (seen(&old), seen(&new)));
                let found = Differing {
                    probe,
                    old,
                    new,
                    alike: 1,
                };
                match ways.get_mut(&way) {
                    None => drop(ways.insert(way, found)),
                    Some(known) => {
                        let alike = known.alike + 1;
                        if size(&found.probe) < size(&known.probe) {
                            *known = found;
                        }
                        known.alike = alike;
                    }
                }
            }
            (Err(why), _) => undecided.push((probe.name, format!("the old policy: {why}"))),
            (_, Err(why)) => undecided.push((probe.name, format!("the mapping: {why}"))),
        }
    }
    let mut differing: Vec<Differing> = ways.into_values().collect();
    differing.sort_by_key(|one| size(&one.probe));
    Ok(Comparison {
        asked,
        left_out: all - asked,
        same,
        differing,
        undecided,
        unlike,
    })
}

/// What counts of a decision.
fn seen(decision: &Decision) -> (crate::evaluate::Login, String, String) {
    let roles = format!("{:?}", decision.roles);
    (decision.login, roles, format!("{:?}", decision.teams))
}

fn are_same(one: &Decision, other: &Decision) -> bool {
    one.login == other.login && one.roles == other.roles && one.teams == other.teams
}

/// What somebody wrote comes before what was made up, and the shorter before the longer.
fn size(probe: &Probe) -> (usize, Source, String) {
    let mut input = probe.input.clone();
    if let Some(input) = input.as_object_mut() {
        input.remove("spaces");
    }
    let text = input.to_string();
    (text.len(), probe.source, text)
}

#[cfg(test)]
mod tests;

//! What OPA decided, in the short form that is committed, and how a decision of ours is held against it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use liftgate::evaluate::access::Access;
use liftgate::evaluate::{Decision, Login};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sample::{Decider, Decision as Ours, Sample};

/// OPA's answers for one sample: a line of `tests/opa/verdicts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    pub id: String,
    /// The digest of the policy's text that OPA was given.
    pub text: String,
    /// The digest of the inputs.
    pub inputs: String,
    pub decisions: Vec<Outcome>,
}

/// The outputs of a policy; what is false or empty is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outcome {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub admin: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deny: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deny_admin: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub write: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deny_write: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, BTreeSet<String>>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub space_admin: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub space_write: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub space_read: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub team: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub flag: BTreeSet<String>,
}

impl Outcome {
    /// What Spacelift makes of it: a denial beats everything, `deny_admin` beats `admin`.
    pub fn login(&self) -> Login {
        match self {
            Self { deny: true, .. } => Login::Deny,
            Self {
                admin: true,
                deny_admin: false,
                ..
            } => Login::Admin,
            Self {
                allow: false,
                admin: false,
                ..
            } => Login::Deny,
            _ => Login::Allow,
        }
    }

    /// How a decision of ours differs, if it does.
    fn differs_from(&self, ours: &Ours) -> Option<String> {
        match ours {
            Ours::Login(ours) => self.differs_from_login(ours),
            Ours::Access(ours) => self.differs_from_access(ours),
        }
    }

    fn differs_from_access(&self, ours: &Access) -> Option<String> {
        let because = &ours.because;
        let same = self.read == ours.read
            && self.write == ours.write
            && self.deny == ours.deny
            && self.deny_write == ours.deny_write
            && self.sample == ours.sample
            // Our texts give and take nothing without an entry that does.
            && self.write != because.write.is_empty()
            && self.read != (because.write.is_empty() && because.read.is_empty())
            && self.deny != because.deny.is_empty()
            && self.deny_write != because.deny_write.is_empty();
        (!same).then(|| format!("OPA:  {}\nhere: {}", shown(self), shown(ours)))
    }

    fn differs_from_login(&self, ours: &Decision) -> Option<String> {
        let login = self.login();
        let mut roles = self.roles.clone();
        roles.retain(|_, slugs| !slugs.is_empty());
        let nobody = BTreeMap::new();
        // What is bound to somebody who is refused is bound to nobody.
        let roles = if login == Login::Deny {
            &nobody
        } else {
            &roles
        };
        let same = login == ours.login
            && *roles == ours.roles
            && self.team == ours.teams
            && self.flag == ours.flags
            && self.sample == ours.sample
            && self.deny_admin == ours.deny_admin
            // Our texts say why they refuse, in the flags and nowhere else.
            && self.deny != ours.because.refusals.is_empty()
            && self.flag == ours.because.refusals
            && self.deny_admin != ours.because.admin_refusals.is_empty()
            && !(self.admin && ours.because.admins.is_empty());
        (!same).then(|| format!("OPA:  {}\nhere: {}", shown(self), shown(ours)))
    }

    /// What no text of ours may answer, whatever the input.
    pub fn impossible(&self, is_access: bool) -> bool {
        if is_access {
            return self.write && !self.read;
        }
        let old = [&self.space_admin, &self.space_write, &self.space_read];
        (!self.team.is_empty() && !self.allow)
            || old.iter().any(|set| !set.is_empty())
            || (self.deny && (self.allow || self.admin || !self.roles.is_empty()))
            || (self.admin && (self.deny_admin || !self.allow))
            || (!self.roles.is_empty() && !self.allow)
            || self.deny == self.flag.is_empty()
    }
}

fn shown(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// The committed verdicts of one set of samples.
pub fn committed(set: &str) -> Vec<Verdict> {
    let text = fs::read_to_string(path(set)).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub fn path(set: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/opa/verdicts/{set}.jsonl"))
}

/// Decides every input here, and lists where OPA decided otherwise. Decisions are compared whether or not a digest is still
/// the same, so that a change of the text alone can be told from one of what it decides.
pub fn differences(samples: &[Sample], verdicts: &[Verdict]) -> Vec<String> {
    let by_id: BTreeMap<&str, &Verdict> = verdicts
        .iter()
        .map(|verdict| (verdict.id.as_str(), verdict))
        .collect();
    let halves = samples.split_at(samples.len() / 2);
    let differences = |samples: &[Sample]| -> Vec<String> {
        samples
            .iter()
            .flat_map(|sample| match by_id.get(sample.id.as_str()) {
                Some(verdict) => of_one(sample, verdict),
                None => vec![format!("{}: OPA has not been asked", sample.id)],
            })
            .collect()
    };
    let (mut first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| differences(halves.1));
        (differences(halves.0), second.join().unwrap())
    });
    first.extend(second);
    let known = |id: &str| samples.iter().any(|sample| sample.id == id);
    first.extend(
        verdicts
            .iter()
            .filter(|v| !known(&v.id))
            .map(|v| format!("{}: there is no such sample", v.id)),
    );
    first
}

fn of_one(sample: &Sample, verdict: &Verdict) -> Vec<String> {
    let mut found = Vec::new();
    if verdict.inputs != sample.inputs_digest() {
        // Answers to other questions say nothing.
        return vec![format!("{}: the inputs have changed", sample.id)];
    }
    assert_eq!(
        sample.inputs.len(),
        verdict.decisions.len(),
        "{}",
        sample.id
    );
    let mut decider = sample.decider();
    for (at, (input, opa)) in sample.inputs.iter().zip(&verdict.decisions).enumerate() {
        if let Some(difference) = difference(sample, &mut decider, input, opa) {
            found.push(format!(
                "{}, input {at}:\n{input}\n{difference}\nthe mapping:\n{}",
                sample.id,
                super::pipeline::shown(&sample.files)
            ));
        }
    }
    if found.is_empty() && verdict.text != sample.text_digest() {
        found.push(format!(
            "{}: the text has changed, though no decision has",
            sample.id
        ));
    }
    found
}

fn difference(
    sample: &Sample,
    decider: &mut Decider,
    input: &Value,
    opa: &Outcome,
) -> Option<String> {
    if opa.impossible(sample.entry.is_some()) {
        return Some(format!("OPA answers what cannot be: {}", shown(opa)));
    }
    let ours = match decider.evaluate(input) {
        Ok(ours) => ours,
        Err(error) => return Some(format!("OPA:  {}\nhere: {error}", shown(opa))),
    };
    let told = |disagreement| format!("OPA:  {}\nbut {disagreement}", shown(opa));
    opa.differs_from(&ours)
        .or_else(|| decider.decide(input).1.err().map(told))
}

/// Fails with the first few of what was found, decisions before all else, and with what to do.
pub fn complain(found: &[String]) {
    const SHOWN: usize = 6;
    let (decided, other): (Vec<_>, Vec<_>) = found.iter().partition(|what| what.contains("\nOPA:"));
    let first: Vec<&str> = decided
        .iter()
        .chain(&other)
        .take(SHOWN)
        .map(|what| what.as_str())
        .collect();
    assert!(
        found.is_empty(),
        "OPA decides {} inputs otherwise, and {} other things have changed; the first:\n\n{}\n\nIf the change is meant, ask OPA again \
         with `BLESS=1 tests/opa/agree` and read what changes under tests/opa/verdicts.",
        decided.len(),
        other.len(),
        first.join("\n\n")
    );
}

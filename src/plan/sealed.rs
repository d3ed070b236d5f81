//! A plan in a file, with a digest over all of it: what was reviewed is what is applied.
//!
//! The file is JSON. Its digest is made of every other value in it, whatever the spaces and the order of the fields, so a
//! changed byte that means anything is noticed. It protects against mistakes and against a plan that was made for something
//! else; whoever can write the file can write its digest too, and a push compares every part with what it finds itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::evidence::{Evidence, digest};
use super::{FORMAT, Guard, Override, Plan, Refusal, quoted};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 256 << 20;

/// The fields of a file that are there in every format.
const DIGEST: &str = "digest";
const NUMBER: &str = "format";

/// A plan, as it stands in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// The number of the layout, of the plan in it too.
    pub format: u32,
    /// The release that made it.
    pub liftgate: String,
    /// The mapping's path, as it was given.
    pub mapping: String,
    /// What was asked for beside the mapping; it takes the same part again when the file is pushed.
    pub asked: Value,
    /// The plan.
    pub plan: Plan,
    /// What the plan was made of.
    pub evidence: Evidence,
}

impl Sealed {
    /// Seals a plan. `place` is the account's address, or what stands for a sandbox whose address is another each time.
    #[must_use]
    pub fn of(plan: &Plan, place: &str, mapping: &str, asked: Value) -> Self {
        Self {
            format: FORMAT,
            liftgate: env!("CARGO_PKG_VERSION").to_string(),
            mapping: mapping.to_string(),
            asked,
            evidence: plan.whole_evidence(),
            plan: Plan {
                endpoint: place.to_string(),
                ..plan.clone()
            },
        }
    }

    /// The file's text.
    ///
    /// # Errors
    /// Never for a plan that was made here.
    pub fn text(&self) -> serde_json::Result<String> {
        let mut fields = fields(serde_json::to_value(self)?);
        fields.insert(DIGEST.to_string(), of(&fields)?.into());
        Ok(serde_json::to_string_pretty(&fields)? + "\n")
    }

    /// The digest that the file carries.
    ///
    /// # Errors
    /// Never for a plan that was made or read here.
    pub fn digest(&self) -> serde_json::Result<String> {
        of(&fields(serde_json::to_value(self)?))
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// A refusal for what is no plan, is not whole, was changed since it was written, or has another layout.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        let damaged = |message: String| Refusal {
            code: Guard::PlanDamaged,
            message,
            help: "make it again with `liftgate plan --out`, and take care that it is kept whole"
                .to_string(),
        };
        let value: Value = serde_json::from_str(text).map_err(|error| {
            let what = if error.is_eof() {
                "the plan's file ends before its end"
            } else {
                "the plan's file is not JSON"
            };
            damaged(format!(
                "{what}, at line {} column {}",
                error.line(),
                error.column()
            ))
        })?;
        let mut fields = fields(value);
        let Some(format) = fields.get(NUMBER).and_then(Value::as_u64) else {
            return Err(damaged("the file is not a plan: it has no format".into()));
        };
        if format != u64::from(FORMAT) {
            return Err(other_format(format));
        }
        let Some(Value::String(told)) = fields.remove(DIGEST) else {
            return Err(damaged("the plan's file has no digest".into()));
        };
        let is = of(&fields).map_err(|error| damaged(error.to_string()))?;
        if told != is {
            return Err(damaged(format!(
                "the plan's file was changed since it was written: it says that it is {}, and it is {}",
                quoted(&shortened(&told)),
                shortened(&is)
            )));
        }
        serde_json::from_value(Value::Object(fields))
            .map_err(|error| damaged(format!("the file is not a plan of this release: {error}")))
    }

    /// Whatever is not as it was when the plan was sealed, as reasons to refuse it.
    #[must_use]
    pub fn moved(&self, now: &Plan) -> Vec<Refusal> {
        let moved = self.evidence.moved(&now.whole_evidence());
        let moved = moved.iter().map(|moved| moved.refusal());
        let overrides = now.overrides.iter().filter(|one| !self.knew(one));
        moved.chain(overrides.map(set_aside_anew)).collect()
    }

    /// Whether what an override sets aside was in the plan when somebody looked at it.
    fn knew(&self, now: &Override) -> bool {
        let then = self
            .plan
            .overrides
            .iter()
            .find(|one| one.guard == now.guard);
        let then = then.map_or(&[][..], |one| one.refusals.as_slice());
        if now.guard.counts_what_passes() {
            return now.refusals.is_empty() || !then.is_empty();
        }
        now.refusals.iter().all(|one| then.contains(one))
    }
}

/// An override is for what was reviewed, and not for whatever its guard finds later.
fn set_aside_anew(one: &Override) -> Refusal {
    let found = one.refusals.first().map_or("", |first| &first.message);
    Refusal {
        code: Guard::Moved,
        message: format!(
            "`{}` was set aside for something else when the plan was made; now {found}",
            one.guard
        ),
        help: "plan again, and look at what it says".to_string(),
    }
}

/// A plan of a layout that this release does not read.
pub(crate) fn other_format(format: u64) -> Refusal {
    Refusal {
        code: Guard::PlanFormat,
        message: format!("the plan has format {format}, and this release reads format {FORMAT}"),
        help: "plan again with the release that pushes".to_string(),
    }
}

/// Another plan than the one that was named.
pub(crate) fn other_plan(named: &str, is: &str) -> Refusal {
    Refusal {
        code: Guard::OtherPlan,
        message: format!("the plan is {is}, and {named} was named"),
        help: "push the file that was written when the digest was; one that differs was made or changed since"
            .to_string(),
    }
}

/// A plan that somebody has to agree to, for these reasons, where nobody has.
pub(crate) fn unapproved(reasons: &[String]) -> Refusal {
    Refusal {
        code: Guard::Unapproved,
        message: format!("somebody has to agree first: {}", reasons.join("; ")),
        help: "have the plan approved, and push it without `--unapproved`".to_string(),
    }
}

/// A plan for another account than the one that is reached.
pub(crate) fn other_endpoint(of: &str, here: &str) -> Refusal {
    Refusal {
        code: Guard::OtherEndpoint,
        message: format!(
            "the plan was made for {}, and this is {}",
            quoted(of),
            quoted(here)
        ),
        help: "check the credentials, or plan again".to_string(),
    }
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// The digest of all fields.
fn of(fields: &Map<String, Value>) -> serde_json::Result<String> {
    Ok(digest(&serde_json::to_vec(&sorted(&Value::Object(
        fields.clone(),
    )))?))
}

/// The same value with the fields of every map in the order of their names, so that the same values make the same bytes.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let by_name: BTreeMap<&String, &Value> = fields.iter().collect();
            let fields = by_name.into_iter();
            Value::Object(
                fields
                    .map(|(name, value)| (name.clone(), sorted(value)))
                    .collect(),
            )
        }
        Value::Array(values) => Value::Array(values.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

fn shortened(digest: &str) -> String {
    let mut short: String = digest.chars().take("sha256:".len() + 12).collect();
    if short.len() < digest.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;

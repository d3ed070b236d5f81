//! The documents: which resources there are, with their values.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{MAX_BYTES, Unreadable};

/// Modules within modules; Terraform's own code is rarely four deep.
const DEEPEST: usize = 60;

/// A state or a plan.
#[derive(Debug)]
pub(super) struct Document {
    /// Every resource and data source, in order.
    pub resources: Vec<Resource>,
    /// The code that a plan was made from.
    pub code: Option<Module>,
    is_plan: bool,
    is_complete: bool,
}

/// A resource as it is or as it will be.
#[derive(Debug, Deserialize)]
pub(super) struct Resource {
    /// With its module and its key.
    pub address: String,
    #[serde(default)]
    mode: String,
    /// Such as `spacelift_space`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Without module and key.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub values: Map<String, Value>,
    #[serde(default)]
    sensitive_values: Value,
    /// The address of its module; nothing at the root.
    #[serde(skip)]
    pub module: Option<String>,
    /// Whether Terraform makes it.
    #[serde(skip)]
    pub is_managed: bool,
    /// What is only known after an apply.
    #[serde(skip)]
    unknown: Value,
}

impl Resource {
    /// Whether a value, or any of it, is marked sensitive.
    pub fn is_sensitive(&self, key: &str) -> bool {
        marks(&self.sensitive_values, key)
    }

    /// Whether a value, or any of it, is only known after an apply.
    pub fn has_unknown(&self, key: &str) -> bool {
        marks(&self.unknown, key)
    }
}

/// Marks are `true`, or laid out as the value that they are about.
fn marks(marks: &Value, key: &str) -> bool {
    fn any(value: &Value) -> bool {
        match value {
            Value::Bool(flag) => *flag,
            Value::Array(items) => items.iter().any(any),
            Value::Object(entries) => entries.values().any(any),
            _ => false,
        }
    }
    match marks {
        Value::Bool(flag) => *flag,
        other => other.get(key).is_some_and(any),
    }
}

/// A module of a plan's code.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Module {
    #[serde(default)]
    pub resources: Vec<CodeOfResource>,
    #[serde(default)]
    pub module_calls: std::collections::BTreeMap<String, Call>,
}

/// A resource in the code.
#[derive(Debug, Deserialize)]
pub(super) struct CodeOfResource {
    /// Within its module, without a key.
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub expressions: Map<String, Value>,
}

/// A call of a module.
#[derive(Debug, Deserialize)]
pub(super) struct Call {
    #[serde(default)]
    pub module: Module,
}

#[derive(Deserialize)]
struct Top {
    format_version: Option<String>,
    #[serde(default)]
    values: Option<Values>,
    #[serde(default)]
    planned_values: Option<Values>,
    #[serde(default)]
    prior_state: Option<Box<Top>>,
    #[serde(default)]
    resource_changes: Vec<Changed>,
    #[serde(default)]
    configuration: Option<Configuration>,
    #[serde(default)]
    complete: Option<bool>,
    #[serde(default)]
    errored: Option<bool>,
    // What a state file itself has, which is not for others to read.
    #[serde(default)]
    lineage: Option<Value>,
}

#[derive(Deserialize, Default)]
struct Values {
    #[serde(default)]
    root_module: Made,
}

#[derive(Deserialize, Default)]
struct Made {
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    resources: Vec<Resource>,
    #[serde(default)]
    child_modules: Vec<Made>,
}

#[derive(Deserialize)]
struct Changed {
    address: String,
    #[serde(default)]
    change: Change,
}

#[derive(Deserialize, Default)]
struct Change {
    #[serde(default)]
    after_unknown: Value,
}

#[derive(Deserialize)]
struct Configuration {
    #[serde(default)]
    root_module: Module,
}

fn unreadable(message: impl Into<String>) -> Unreadable {
    Unreadable {
        message: message.into(),
        help: "write it with `terraform show -json > FILE` for the state, or `terraform show -json PLAN > FILE` for a plan; `tofu show -json` does the same"
            .to_string(),
    }
}

impl Document {
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        if text.len() > MAX_BYTES {
            return Err(Unreadable {
                message: format!("it is larger than {} MiB", MAX_BYTES >> 20),
                help: "show the part of the code that is about Spacelift".to_string(),
            });
        }
        let top: Top = serde_json::from_str(text)
            .map_err(|error| unreadable(format!("it is not what Terraform shows: {error}")))?;
        if top.lineage.is_some() && top.format_version.is_none() {
            return Err(unreadable(
                "it is a state file, whose layout is Terraform's own",
            ));
        }
        match top
            .format_version
            .as_deref()
            .and_then(|version| version.split('.').next())
        {
            Some("0" | "1") => {}
            Some(_) => {
                return Err(unreadable("its format is newer than this release knows"));
            }
            None => return Err(unreadable("it has no `format_version`")),
        }
        let is_plan = top.planned_values.is_some();
        let mut resources = Vec::new();
        // What a plan reads is in the state before it.
        let prior = top
            .prior_state
            .and_then(|prior| prior.values)
            .unwrap_or_default();
        let made = top.planned_values.or(top.values).unwrap_or_default();
        collect(made.root_module, 0, &mut resources)?;
        if is_plan {
            let mut before = Vec::new();
            collect(prior.root_module, 0, &mut before)?;
            resources.extend(before.into_iter().filter(|one| one.mode == "data"));
        }
        let mut unknown: std::collections::BTreeMap<String, Value> = top
            .resource_changes
            .into_iter()
            .map(|changed| (changed.address, changed.change.after_unknown))
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        resources.retain(|resource| seen.insert(resource.address.clone()));
        for resource in &mut resources {
            resource.unknown = unknown.remove(&resource.address).unwrap_or_default();
            resource.is_managed = resource.mode != "data";
        }
        Ok(Self {
            resources,
            code: top.configuration.map(|code| code.root_module),
            is_plan,
            is_complete: top.complete != Some(false) && top.errored != Some(true),
        })
    }

    pub fn kind(&self) -> &'static str {
        if self.is_plan { "plan" } else { "state" }
    }

    pub fn is_unfinished(&self) -> bool {
        !self.is_complete
    }
}

fn collect(module: Made, depth: usize, into: &mut Vec<Resource>) -> Result<(), Unreadable> {
    if depth > DEEPEST {
        return Err(unreadable("its modules lie too deep within each other"));
    }
    let address = module.address;
    into.extend(module.resources.into_iter().map(|resource| Resource {
        module: address.clone(),
        ..resource
    }));
    for child in module.child_modules {
        collect(child, depth + 1, into)?;
    }
    Ok(())
}

//! Stacks and modules, and which policies are attached to them: plain data.

use serde::{Deserialize, Serialize};

use super::account::sorted;

/// A stack, as far as an access policy is told of it and the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stack {
    /// A slug; never changes.
    pub id: String,
    /// For people.
    pub name: String,
    /// Sorted.
    #[serde(default, deserialize_with = "sorted")]
    pub labels: Vec<String>,
    /// The id of its space.
    pub space: String,
    /// Whether its runs may change the account; always false since 2026-06-01
    /// (documentation: stack settings).
    pub administrative: bool,
    /// Whether changes are applied without asking.
    pub autodeploy: bool,
    /// The repository's name.
    pub repository: String,
    /// The branch that it follows.
    pub branch: String,
    /// The folder within the repository.
    #[serde(default)]
    pub project_root: Option<String>,
    /// The repository's owner.
    #[serde(default)]
    pub namespace: Option<String>,
    /// What it is doing, such as `FINISHED`.
    pub state: String,
    /// Who locked it.
    #[serde(default)]
    pub locked_by: Option<String>,
}

/// A module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// Never changes.
    pub id: String,
    /// For people.
    pub name: String,
    /// Sorted.
    #[serde(default, deserialize_with = "sorted")]
    pub labels: Vec<String>,
    /// The id of its space.
    pub space: String,
    /// As of a stack.
    pub administrative: bool,
    /// The branch that it follows.
    pub branch: String,
    /// The repository's name.
    pub repository: String,
}

/// A policy on a stack or a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attachment {
    /// Its own id, by which it is taken off (Spacelift's Terraform provider).
    pub id: String,
    /// The id of the stack or module.
    #[serde(rename = "stackId")]
    pub stack: String,
    /// Whether it is a module.
    #[serde(rename = "isModule")]
    pub module: bool,
    /// Whether a label of the policy attached it, and would attach it again.
    #[serde(rename = "isAutoattached")]
    pub automatic: bool,
}

//! The steps of a plan, and what they leave.

use serde::{Deserialize, Serialize};

use crate::spacelift::Engine;

/// A step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// The login policy does not exist yet.
    PolicyCreate {
        /// What to create.
        policy: PolicyState,
    },
    /// The login policy becomes another.
    PolicyUpdate {
        /// Its id.
        id: String,
        /// As it was read.
        before: PolicyState,
        /// As it is to be.
        after: PolicyState,
    },
    /// A role does not exist yet.
    RoleCreate {
        /// What to create.
        role: RoleState,
        /// What the account is told about it.
        description: String,
    },
    /// A role becomes another, at once for whoever holds it.
    RoleUpdate {
        /// Its id.
        id: String,
        /// As it was read, or as an earlier step leaves it.
        before: RoleState,
        /// As it is to be.
        after: RoleState,
    },
    /// A role goes.
    RoleDelete {
        /// Its id.
        id: String,
        /// As it was read.
        role: RoleState,
    },
    /// An access policy does not exist yet.
    AccessCreate {
        /// What to create.
        policy: PolicyState,
    },
    /// An access policy becomes another, at once for every request.
    AccessUpdate {
        /// Its id; nothing where an earlier step makes it.
        id: Option<String>,
        /// As it was read, or as an earlier step leaves it.
        before: PolicyState,
        /// As it is to be.
        after: PolicyState,
    },
    /// An access policy goes, with whatever attached it.
    AccessDelete {
        /// Its id.
        id: String,
        /// As it was read, or as an earlier step leaves it.
        policy: PolicyState,
    },
    /// An access policy is attached to a stack or a module.
    AccessAttach {
        /// The policy's name.
        policy: String,
        /// The digest of its text at that time: it is attached for what it says.
        text: String,
        /// The id of the stack or module.
        stack: String,
        /// Whether it is a module.
        module: bool,
    },
    /// An access policy is taken off a stack or a module.
    AccessDetach {
        /// The policy's name.
        policy: String,
        /// The attachment's own id.
        id: String,
        /// The id of the stack or module.
        stack: String,
        /// Whether it is a module.
        module: bool,
    },
}

/// A role, as it is or as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleState {
    /// What policies name it by.
    pub slug: String,
    /// For people.
    pub name: String,
    /// What it allows, as the API spells it; sorted.
    pub actions: Vec<String>,
}

/// A login policy, as it is or as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyState {
    /// Its name.
    pub name: String,
    /// The Rego text.
    pub body: String,
    /// The version of Rego; nothing where the installation has no choice.
    pub engine: Option<Engine>,
    /// Sorted.
    pub labels: Vec<String>,
    /// Free text.
    pub description: Option<String>,
    /// The id of its space.
    pub space: Option<String>,
    /// Unix seconds; nothing for what is to be.
    pub updated_at: Option<i64>,
}

//! What the account remembers: decisions of policies, and changes.

use serde::{Deserialize, Serialize};

/// A recorded decision of a policy. The last hundred are kept, for seven days (documentation: policies).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// By which its [`Sample`] is asked for.
    pub key: String,
    /// For a login policy `deny`, `allow` or `admin` (Spacelift's CLI client).
    pub outcome: String,
    /// Unix seconds.
    pub timestamp: i64,
}

/// What a recorded decision was made from. It names people.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// JSON text, as the policy saw it.
    pub input: String,
    /// The policy as it was then.
    pub body: String,
}

impl std::fmt::Debug for Sample {
    /// Says nothing of the people in it.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Sample")
            .field("input", &self.input.len())
            .field("body", &self.body.len())
            .finish()
    }
}

/// A line of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its id.
    pub id: String,
    /// `resource.verb`, such as `policy.update`; most names are not documented.
    pub action: String,
    /// What kind of line it is, as the API spells it.
    pub event_type: String,
    /// Who did it.
    pub actor: AuditActor,
    /// What it was done to.
    pub affected_resource: AuditResource,
    /// JSON text, cleaned by the server; nothing for some lines.
    #[serde(default)]
    pub body: Option<String>,
    /// Unix seconds.
    pub created_at: i64,
}

impl AuditEntry {
    /// Whether it is about this kind of thing, such as `policy`, in whatever case.
    pub fn is_about(&self, resource: &str) -> bool {
        let of_action = self.action.split('.').next().unwrap_or_default();
        of_action.eq_ignore_ascii_case(resource)
            || self
                .affected_resource
                .resource_type
                .eq_ignore_ascii_case(resource)
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditActor {
    /// The login, possibly behind the way they came: `github::name`, `api::id`.
    pub username: String,
}

/// What something was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditResource {
    /// The kind of thing.
    pub resource_type: String,
    /// Which one.
    #[serde(default)]
    pub resource_id: Option<String>,
}

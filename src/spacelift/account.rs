//! The account as Spacelift describes it: plain data.
//!
//! Field names follow the API when serialised. Every list is sorted, so that
//! two readings of an unchanged account are equal.

use serde::{Deserialize, Deserializer, Serialize};

/// An enumeration of the API that keeps a value it does not know.
macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A value this program does not know, as the API spells it.
            Other(String),
        }

        impl $name {
            /// The value as the API spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $text,)+
                    $name::Other(text) => text,
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => $name::$variant,)+
                    _ => $name::Other(text),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(from).map($name::from)
            }
        }
    };
}
pub(super) use wire_enum;

wire_enum! {
    /// What a policy decides about (documentation: policies).
    PolicyType {
        /// Who may log in, with which roles.
        Login = "LOGIN",
        /// Who may see and change a stack; announced to end.
        Access = "ACCESS",
        /// Whether a run may go on.
        Approval = "APPROVAL",
        /// What a push to the repository does.
        GitPush = "GIT_PUSH",
        /// Whether a run may start; deprecated.
        Initialization = "INITIALIZATION",
        /// What an intent project may do.
        Intent = "INTENT",
        /// Where notifications go.
        Notification = "NOTIFICATION",
        /// Whether a plan is acceptable.
        Plan = "PLAN",
        /// Whether a task may run; deprecated.
        Task = "TASK",
        /// What to run next.
        Trigger = "TRIGGER",
    }
}

impl PolicyType {
    /// Whether two are the same: a deprecated name means what a modern one does (Spacelift's Terraform provider).
    pub fn is(&self, other: &Self) -> bool {
        self.modern() == other.modern()
    }

    fn modern(&self) -> &str {
        match self.as_str() {
            "STACK_ACCESS" => "ACCESS",
            "TASK_RUN" => "TASK",
            "TERRAFORM_PLAN" => "PLAN",
            modern => modern,
        }
    }
}

wire_enum! {
    /// The version of Rego a policy is written in (Spacelift's Terraform
    /// provider; version 0 is the default).
    Engine {
        /// Rego version 0.
        V0 = "REGO_V0",
        /// Rego version 1; self-hosted since 4.1.0.
        V1 = "REGO_V1",
    }
}

wire_enum! {
    /// Which of the two strategies decides about access (documentation: user
    /// management). The rules of the other one have no effect.
    Scheme {
        /// Login policies.
        LoginPolicies = "LOGIN_POLICIES",
        /// User management.
        ManagedUsers = "MANAGED_USERS",
    }
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// A slug of the first name; never changes.
    pub id: String,
    /// Unique in the account.
    pub name: String,
    /// The Rego text.
    pub body: String,
    /// Never changes.
    #[serde(rename = "type")]
    pub kind: PolicyType,
    /// Free text.
    #[serde(default)]
    pub description: Option<String>,
    /// Sorted.
    #[serde(default, deserialize_with = "sorted")]
    pub labels: Vec<String>,
    /// The id of the space it lives in; `root` for a login policy.
    #[serde(default)]
    pub space: Option<String>,
    /// Nothing where the installation is too old to say; it is version 0 then.
    #[serde(rename = "engineType", default)]
    pub engine: Option<Engine>,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub updated_at: i64,
}

/// A space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// What login policies grant roles on; never changes.
    pub id: String,
    /// For people; not unique.
    pub name: String,
    /// The id of the space above; nothing for `root`.
    #[serde(rename = "parentSpace", default)]
    pub parent: Option<String>,
    /// Whether a role here also gives sight of the space above
    /// (documentation: spaces, inheritance).
    #[serde(rename = "inheritEntities")]
    pub inherit: bool,
    /// Sorted.
    #[serde(default, deserialize_with = "sorted")]
    pub labels: Vec<String>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// A ULID.
    pub id: String,
    /// What login policies name it by (documentation: login policy).
    pub slug: String,
    /// For people.
    pub name: String,
    /// Made by Spacelift, and not to be changed.
    #[serde(rename = "isSystem")]
    pub system: bool,
    /// What it allows, such as `SPACE_READ`; sorted.
    #[serde(default, deserialize_with = "sorted")]
    pub actions: Vec<String>,
    /// How often it is bound to a person, group, key or stack; what a login
    /// policy gives is not counted. Nothing where the installation does not say.
    #[serde(rename = "roleBindingsCount", default)]
    pub bindings: Option<u64>,
}

/// The account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its name, which is also the first part of its address.
    pub name: String,
    /// The active strategy; nothing where the installation is too old to say.
    pub scheme: Option<Scheme>,
    /// The version of Open Policy Agent that evaluates policies, if known.
    pub opa: Option<String>,
    /// The release of a self-hosted installation; nothing for Spacelift's own
    /// (which answers with an empty text) and where it is not known.
    pub self_hosted: Option<String>,
}

/// Whom the token belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Its id.
    pub id: String,
    /// The login, `api::<key>` for an API key.
    #[serde(default)]
    pub login: Option<String>,
    /// For people.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it administers the whole account.
    pub admin: bool,
}

impl Viewer {
    /// The most telling of login, name and id.
    pub fn label(&self) -> &str {
        [&self.login, &self.name]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .find(|text| !text.is_empty())
            .unwrap_or(&self.id)
    }
}

/// An open session. Changing any login policy ends all of them except the one
/// that made the change (documentation: login policy).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Whether it has account-wide admin rights.
    pub admin: bool,
    /// Whether it is the one that asks.
    pub current: bool,
    /// Whose it is, if known.
    #[serde(default)]
    pub email: Option<String>,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    #[serde(default)]
    pub expires_at: Option<i64>,
}

/// A policy to be: everything that can be chosen about it. Name, body
/// and the rest replace whatever is there, as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyDraft {
    /// Login or access; never changes.
    pub kind: PolicyType,
    /// Unique in the account.
    pub name: String,
    /// The Rego text.
    pub body: String,
    /// Free text.
    pub description: Option<String>,
    /// In any order.
    pub labels: Vec<String>,
    /// `root`, for a login policy; `legacy`, for an access policy. What the server chooses when nothing is
    /// said is not documented, so say it.
    pub space: Option<String>,
    /// Nothing leaves it to the server, which documents version 0 for a new
    /// policy and nothing for an existing one.
    pub engine: Option<Engine>,
}

/// A role to be. Its slug is made of its name by the server (Spacelift's
/// Terraform provider), so it is for whoever creates it to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleDraft {
    /// For people.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// What it is to allow, such as `SPACE_READ`; at least one.
    pub actions: Vec<String>,
}

/// What to change about a role. The rest stays (Spacelift's Terraform provider
/// sends no more than what changes).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RoleUpdate {
    /// Another name.
    pub name: Option<String>,
    /// Other actions, all of them.
    pub actions: Option<Vec<String>>,
}

/// A list, sorted; `null` reads as empty.
pub(super) fn sorted<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let mut list = Option::<Vec<String>>::deserialize(from)?.unwrap_or_default();
    list.sort();
    Ok(list)
}

//! Whom the account knows, as Spacelift describes them: keys, people, groups, and how they come in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::account::{Space, sorted, wire_enum};
use super::{Error, ReadAccount};

wire_enum! {
    /// How an API key proves itself (Spacelift's Terraform provider).
    KeyType {
        /// By a secret.
        Secret = "SECRET",
        /// By a token of another issuer.
        Oidc = "OIDC",
    }
}

wire_enum! {
    /// How far a person has come (documentation: user management; the spelling is inferred).
    UserStatus {
        /// Invited, once the account manages users.
        Queued = "QUEUED",
        /// Invited, and the invitation is good for a day.
        Pending = "PENDING",
        /// Invited, and the invitation has run out.
        Expired = "EXPIRED",
        /// Has signed in.
        Active = "ACTIVE",
        /// Was active before the identity provider changed.
        Inactive = "INACTIVE",
    }
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// A ULID. Its login is `api::<id>` (documentation: module registry).
    pub id: String,
    /// For people; another page of the documentation takes it for the login.
    pub name: String,
    /// How it proves itself.
    #[serde(rename = "type")]
    pub kind: KeyType,
    /// Whether it administers the account by itself: no login policy is asked about it then.
    pub admin: bool,
    /// Whether it was deleted; a reader leaves such keys out.
    pub deleted: bool,
    /// Names of groups lent to it, as login policies see them; sorted.
    #[serde(default, deserialize_with = "sorted")]
    pub teams: Vec<String>,
    /// Whether it counts as a machine.
    pub is_machine_user: bool,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds; nothing if it was never used.
    #[serde(default)]
    pub last_used_at: Option<i64>,
    /// Unix seconds; nothing if it does not end.
    #[serde(default)]
    pub expires_at: Option<i64>,
    /// The roles bound to it. Nothing where the installation has none in its API.
    #[serde(rename = "apiKeyRoleBindings", default)]
    pub bindings: Option<Vec<KeyBinding>>,
}

impl ApiKey {
    /// The login that its sessions have.
    pub fn login(&self) -> String {
        format!("api::{}", self.id)
    }

    /// Whether it administers the account, by itself or because it is bound to: no login policy takes that from it. Whoever
    /// needs such a key to stay asks this.
    pub fn administers(&self) -> bool {
        self.admin || self.is_bound_to_administer()
    }

    /// Whether it administers the account, or has the rights of whoever does by a role that somebody made. Nothing says whether
    /// Spacelift asks the login policy about the latter, so whoever needs nobody to get in asks this.
    pub fn may_administer(&self) -> bool {
        let mut bindings = self.bindings.iter().flatten();
        self.administers()
            || bindings.any(|binding| {
                let actions = binding.role.actions.as_deref().unwrap_or_default();
                binding.space == "root" && actions.iter().any(|action| action == "SPACE_ADMIN")
            })
    }

    /// Whether it is bound to `space-admin` on `root`, which administers the account (documentation: spaces).
    pub fn is_bound_to_administer(&self) -> bool {
        let mut bindings = self.bindings.iter().flatten();
        bindings.any(|binding| binding.space == "root" && binding.role.slug == "space-admin")
    }
}

/// A role bound to a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyBinding {
    /// The binding's own id.
    pub id: String,
    /// The role.
    pub role: BoundRole,
    /// The id of the space.
    #[serde(rename = "spaceID")]
    pub space: String,
}

/// The role of a binding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundRole {
    /// A ULID.
    pub id: String,
    /// What login policies name it by.
    pub slug: String,
    /// What it allows, as the API spells it. Nothing where the installation does not say it.
    #[serde(default)]
    pub actions: Option<Vec<String>>,
}

/// A level on a space, which is what came before roles (documentation: user management).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessRule {
    /// The id of the space.
    pub space: String,
    /// `READ`, `WRITE` or `ADMIN`.
    #[serde(rename = "spaceAccessLevel")]
    pub level: String,
}

/// A person, known by an invitation or by having signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// A ULID.
    pub id: String,
    /// The login.
    #[serde(rename = "username")]
    pub login: String,
    /// Where the invitation went; nothing, or empty, for who came through single sign-on.
    #[serde(default)]
    pub invitation_email: Option<String>,
    /// How they sign in, such as `SAML`.
    #[serde(default)]
    pub login_method: Option<String>,
    /// How far they have come.
    pub status: UserStatus,
    /// What user management gave to them, in the form that came before roles. Nothing where the installation does not show it.
    #[serde(rename = "accessRules", default)]
    pub rules: Option<Vec<AccessRule>>,
    /// Unix seconds; nothing if they never signed in.
    #[serde(default)]
    pub last_login_time: Option<i64>,
}

/// A group of the identity provider that has a mapping in the account. Login policies do not need one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserGroup {
    /// A ULID.
    pub id: String,
    /// As the identity provider sends it, byte for byte.
    #[serde(rename = "groupName")]
    pub name: String,
    /// Whether anybody brought it, as the API spells it.
    pub status: String,
    /// How many people brought it.
    pub member_count: i64,
    /// Who sent it.
    #[serde(default)]
    pub identity_provider: Option<String>,
    /// What user management gave to it, in the form that came before roles. Nothing where the installation does not show it.
    #[serde(rename = "accessRules", default)]
    pub rules: Option<Vec<AccessRule>>,
    /// Unix seconds; nothing if nobody brought it yet.
    #[serde(default)]
    pub last_login_time: Option<i64>,
}

/// Seats of the account: one for each login that was seen in the billing month (documentation: user management).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seats {
    /// Of people.
    pub user: SeatUsage,
    /// Of API keys.
    pub api_key: SeatUsage,
}

/// Seats of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeatUsage {
    /// How many there are; nothing if there is no limit.
    #[serde(default)]
    pub limit: Option<i64>,
    /// How many are taken.
    pub in_use: i64,
}

impl SeatUsage {
    /// How many are free; nothing if there is no limit.
    pub fn left(&self) -> Option<i64> {
        self.limit
            .map(|limit| limit.saturating_sub(self.in_use).max(0))
    }
}

/// Single sign-on: its creator comes in whatever a login policy says (documentation: login policy).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SignOn {
    /// The login of whoever set SAML up.
    pub saml_admin: Option<String>,
    /// The login of whoever set OIDC up.
    pub oidc_admin: Option<String>,
}

/// A person's open sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserSessions {
    /// Whose they are.
    pub login: String,
    /// For people.
    #[serde(default)]
    pub name: Option<String>,
    /// Which sessions of [`Session`](super::Session) are theirs can only be told by this.
    #[serde(default)]
    pub email: Option<String>,
    /// How many are open.
    pub session_count: i64,
    /// Unix seconds.
    #[serde(default)]
    pub last_login_at: Option<i64>,
}

/// Everybody who has sessions open, by login. A session that reaches a space reaches all below it, so whoever reaches any
/// reaches one that has none below; whoever sees no space at all is not listed. `progress` is told how many spaces of how many
/// were asked about.
///
/// # Errors
///
/// As of [`ReadAccount::user_sessions`].
pub fn people_signed_in(
    account: &dyn ReadAccount,
    spaces: &[Space],
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Option<Vec<UserSessions>>, Error> {
    let parents: BTreeSet<&str> = spaces
        .iter()
        .filter_map(|space| space.parent.as_deref())
        .collect();
    let lowest: Vec<&Space> = spaces
        .iter()
        .filter(|space| !parents.contains(space.id.as_str()))
        .collect();
    let mut all: BTreeMap<String, UserSessions> = BTreeMap::new();
    for (at, space) in lowest.iter().enumerate() {
        progress(at, lowest.len());
        let Some(found) = account.user_sessions(&space.id)? else {
            return Ok(None);
        };
        for one in found {
            match all.get_mut(&one.login) {
                Some(known) => known.session_count = known.session_count.max(one.session_count),
                None => drop(all.insert(one.login.clone(), one)),
            }
        }
    }
    Ok(Some(all.into_values().collect()))
}

//! Everything an account of the sandbox holds, as it is written to its file.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The layout of the file; a file with another number is refused.
pub const VERSION: u32 = 1;

/// A whole account.
///
/// Fields are spelt as the API spells them, so that most answers are a part of this, read out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State {
    /// The layout of this file: [`VERSION`].
    pub sandbox: u32,
    /// The key that the sandbox made for its owner.
    pub credentials: Credentials,
    /// Settings of the account.
    pub account: Account,
    /// Spaces by id.
    pub spaces: BTreeMap<String, Space>,
    /// Roles by id.
    pub roles: BTreeMap<String, Role>,
    /// Policies by id.
    pub policies: BTreeMap<String, Policy>,
    /// Attachments of policies by id.
    pub attachments: BTreeMap<String, Attachment>,
    /// Role bindings of all four kinds by id.
    pub bindings: BTreeMap<String, Binding>,
    /// People who could sign in, by login, whether or not the account has seen them.
    #[serde(default)]
    pub people: BTreeMap<String, Person>,
    /// People whom the account knows, by id.
    pub users: BTreeMap<String, User>,
    /// Mapped groups by id.
    pub groups: BTreeMap<String, Group>,
    /// Group names that logins have brought.
    pub available_user_groups: BTreeSet<String>,
    /// API keys by id.
    pub api_keys: BTreeMap<String, ApiKey>,
    /// Stacks by id; the API cannot change them here.
    pub stacks: BTreeMap<String, Stack>,
    /// Modules by id; the API cannot change them here.
    pub modules: BTreeMap<String, Module>,
    /// The stack of each known run.
    pub runs: BTreeMap<String, String>,
    /// Live sessions by id.
    pub sessions: BTreeMap<String, Session>,
    /// What was changed, oldest first.
    pub audit_trail: Vec<AuditEntry>,
    /// Where the audit trail is sent; the sandbox itself sends nothing.
    pub audit_trail_webhook: Option<Webhook>,
}

/// An id and a secret that can be exchanged for a token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credentials {
    /// The key's id.
    pub id: String,
    /// The key's secret, readable: it opens nothing but this file.
    pub secret: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Settings of the account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// The account's id.
    pub id: String,
    /// The account's name.
    pub name: String,
    /// The kind of owner.
    pub r#type: String,
    /// The plan.
    pub tier: String,
    /// The AWS account from which runs assume roles.
    pub spacelift_aws_account_id: String,
    /// `LOGIN_POLICIES` or `MANAGED_USERS`.
    pub authorization_scheme: String,
    /// Whether people come through single sign-on.
    #[serde(rename = "hasSSO")]
    pub has_sso: bool,
    /// The login of whoever set SAML up; no policy is asked about them.
    #[serde(default)]
    pub saml_admin: Option<String>,
    /// The login of whoever set OIDC up; no policy is asked about them.
    #[serde(default)]
    pub oidc_admin: Option<String>,
    /// Whether a second factor is demanded.
    #[serde(rename = "enforceMFA")]
    pub enforce_mfa: bool,
    /// How long the audit trail is kept.
    pub audit_trail_retention_days: i64,
    /// How long logs of runs are kept.
    pub run_log_retention_days: i64,
    /// Whether admins of other spaces may make spaces.
    pub allow_non_root_admin_space_creation: bool,
    /// Whether keys may manage keys.
    pub api_keys_manageable_by_non_humans: bool,
    /// Whether admins of other spaces may manage keys.
    pub api_keys_managed_by_non_root_admins: bool,
    /// Where security notices go.
    pub security_email: Option<String>,
    /// The version of OPA that is claimed.
    pub open_policy_agent_version: String,
    /// The revision that is claimed.
    pub commit_sha: String,
    /// Empty, as on the hosted service.
    pub self_hosted_version: String,
    /// Whether access policies are still taken, as by an installation of one's own; the hosted service takes none since 2026-05-30.
    #[serde(default)]
    pub takes_access_policies: bool,
    /// Seats for people; none is unlimited.
    pub user_seats: Option<i64>,
    /// Seats for keys; none is unlimited.
    pub api_key_seats: Option<i64>,
    /// How many seconds a token lives.
    pub token_lifetime: i64,
}

/// A space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Space {
    /// The key in the map.
    pub id: String,
    /// The name people see; not unique.
    pub name: String,
    /// Free text.
    pub description: String,
    /// None only for `root`.
    pub parent_space: Option<String>,
    /// Whether the parent's things are usable here, and roles here read there.
    pub inherit_entities: bool,
    /// Labels.
    pub labels: Vec<String>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Role {
    /// The key in the map.
    pub id: String,
    /// The name in policies.
    pub slug: String,
    /// The name people see.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Whether the role belongs to the product.
    pub is_system: bool,
    /// What it allows, in upper case.
    pub actions: Vec<String>,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// The key in the map: the slug of the first name.
    pub id: String,
    /// Unique in the account.
    pub name: String,
    /// Rego.
    pub body: String,
    /// What it decides about.
    pub r#type: String,
    /// Free text.
    pub description: Option<String>,
    /// Labels.
    pub labels: Vec<String>,
    /// The space it lives in.
    pub space: String,
    /// `REGO_V0` or `REGO_V1`.
    pub engine_type: String,
    /// When it was made.
    pub created_at: i64,
    /// When it was last written.
    pub updated_at: i64,
    /// Recorded evaluations, newest first.
    #[serde(default)]
    pub samples: Vec<Sample>,
}

/// A recorded evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sample {
    /// By which it is asked for.
    pub key: String,
    /// What came out.
    pub outcome: String,
    /// When.
    pub timestamp: i64,
    /// JSON text.
    pub input: String,
    /// The body as it was then.
    pub body: String,
}

/// A policy on a stack or module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attachment {
    /// The key in the map.
    pub id: String,
    /// The policy.
    pub policy: String,
    /// The stack or module.
    pub stack: String,
}

/// Whom a role is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Holder {
    /// A person.
    User,
    /// A mapped group.
    UserGroup,
    /// A key.
    ApiKey,
    /// A stack.
    Stack,
}

/// A role for someone in a space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Binding {
    /// The key in the map.
    pub id: String,
    /// The kind of holder.
    pub kind: Holder,
    /// The holder's id.
    pub holder: String,
    /// The role's id.
    pub role: String,
    /// The space's id.
    pub space: String,
}

/// A grant in the form that came before roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessRule {
    /// The space's id.
    pub space: String,
    /// `READ`, `WRITE` or `ADMIN`.
    pub space_access_level: String,
}

/// Somebody at the identity provider. The token by which they sign in is their login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Person {
    /// The key in the map.
    pub login: String,
    /// The name people see.
    pub name: String,
    /// Their address.
    #[serde(default)]
    pub email: Option<String>,
    /// Groups as the provider sends them; none where it sends no list at all.
    #[serde(default)]
    pub teams: Option<Vec<String>>,
    /// Whether they are a member of the organisation.
    pub member: bool,
    /// The address they come from.
    pub address: String,
}

/// A person whom the account knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// The key in the map.
    pub id: String,
    /// The login.
    pub username: String,
    /// Where the invitation went.
    pub invitation_email: Option<String>,
    /// How they came.
    pub login_method: Option<String>,
    /// `QUEUED`, `PENDING`, `EXPIRED`, `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// When they were last seen.
    pub last_login_time: Option<i64>,
    /// Their id in Slack.
    #[serde(rename = "slackMemberID")]
    pub slack_member_id: Option<String>,
    /// Names of the groups that their last login brought.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Grants in the old form.
    #[serde(default)]
    pub access_rules: Vec<AccessRule>,
}

/// A mapped group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// The key in the map.
    pub id: String,
    /// As the identity provider sends it.
    pub group_name: String,
    /// Free text.
    pub description: Option<String>,
    /// `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// Which provider sent it.
    pub identity_provider: Option<String>,
    /// When a member was last seen.
    pub last_login_time: Option<i64>,
    /// Grants in the old form.
    #[serde(default)]
    pub access_rules: Vec<AccessRule>,
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiKey {
    /// The key in the map.
    pub id: String,
    /// The name people see.
    pub name: String,
    /// Free text.
    pub description: String,
    /// `SECRET` or `OIDC`.
    pub r#type: String,
    /// Whether it is an admin of the account, whom no login policy decides about.
    pub admin: bool,
    /// Who made it.
    pub creator: String,
    /// When it was made.
    pub created_at: i64,
    /// When it was last exchanged.
    pub last_used_at: Option<i64>,
    /// Group names lent to it.
    pub teams: Vec<String>,
    /// Whether it counts as a machine.
    pub is_machine_user: bool,
    /// When it stops working.
    pub expires_at: Option<i64>,
    /// SHA-256 of the secret.
    pub secret_hash: Option<String>,
    /// How tokens of another issuer are accepted.
    pub oidc_settings: Option<serde_json::Value>,
}

/// A stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stack {
    /// The key in the map.
    pub id: String,
    /// The name people see.
    pub name: String,
    /// Free text.
    #[serde(default)]
    pub description: Option<String>,
    /// Labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The space it lives in.
    pub space: String,
    /// Whether its runs may change the account; shown by an account that takes access policies, and false in any other.
    #[serde(default)]
    pub administrative: bool,
    /// Whether changes are applied without asking.
    #[serde(default)]
    pub autodeploy: bool,
    /// The repository.
    pub repository: String,
    /// The branch.
    pub branch: String,
    /// The directory.
    #[serde(default)]
    pub project_root: Option<String>,
    /// The repository's owner.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Where the repository is.
    #[serde(default)]
    pub provider: Option<String>,
    /// What it is doing.
    pub state: String,
    /// Who locked it.
    #[serde(default)]
    pub locked_by: Option<String>,
    /// When it was made.
    pub created_at: i64,
    /// Whether it is switched off.
    #[serde(default)]
    pub is_disabled: bool,
    /// Whether the viewer marked it.
    #[serde(default)]
    pub starred: bool,
}

/// A module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Module {
    /// The key in the map.
    pub id: String,
    /// The name people see.
    pub name: String,
    /// Labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The space it lives in.
    pub space: String,
    /// The branch.
    pub branch: String,
    /// The repository.
    pub repository: String,
}

/// A session, whose token is known only by its hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Session {
    /// The key in the map.
    pub id: String,
    /// SHA-256 of the token.
    pub token_hash: String,
    /// Who it is.
    pub login: String,
    /// The name people see.
    pub name: String,
    /// The key behind it, unless it is a person.
    pub api_key: Option<String>,
    /// A person's address.
    pub email: Option<String>,
    /// Whether it is an admin of the account.
    pub admin: bool,
    /// Roles by space that a login policy gave, fixed at login.
    #[serde(default)]
    pub grants: BTreeMap<String, BTreeSet<String>>,
    /// When it began.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: i64,
}

/// One line of the audit trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuditEntry {
    /// Its id.
    pub id: String,
    /// `resource.verb`.
    pub action: String,
    /// Who did it.
    pub actor: String,
    /// The kind of thing.
    pub resource_type: String,
    /// The thing.
    pub resource_id: Option<String>,
    /// JSON text of the arguments, secrets left out.
    pub body: Option<String>,
    /// When.
    pub created_at: i64,
}

/// Where the audit trail is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Webhook {
    /// Whether anything is sent.
    pub enabled: bool,
    /// Where to.
    pub endpoint: String,
    /// Whether runs are included.
    pub include_runs: bool,
    /// What signs the deliveries.
    pub secret: String,
    /// Whether a failed delivery is tried again.
    pub retry_on_failure: Option<bool>,
    /// Headers to send; the API never shows them.
    pub headers: BTreeMap<String, String>,
}

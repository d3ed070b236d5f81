//! The mapping, checked: every name resolved, sorted, valid by construction.
//!
//! Only [`crate::resolve`] makes a model. Spans are kept so that a decision can be traced to a line; they take no part in
//! equality.

mod guards;
mod network;
pub mod stacks;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

pub use guards::{Guards, MostPeople};
pub use network::Network;
pub use stacks::{Attach, StackAccess};

use crate::resolve::actions::built_in_may;
use crate::source::{Span, Spanned};

/// The two spaces that every account has and no mapping declares.
pub const FIXED_SPACES: [&str; 2] = ["root", "legacy"];

/// Slugs of the roles that every account has. Source: Spacelift's documentation, authorization and RBAC.
pub const BUILT_IN_ROLES: [&str; 3] = ["space-admin", "space-reader", "space-writer"];

/// A checked mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The name of the file it was read from, without its folder.
    pub file_name: String,
    /// The account.
    pub account: Account,
    /// The identity provider.
    pub provider: Provider,
    /// The dialect to render.
    pub dialect: Dialect,
    /// Declared spaces with root and legacy, by id.
    pub spaces: BTreeMap<String, Space>,
    /// Declared and built-in roles, by slug.
    pub roles: BTreeMap<String, Role>,
    /// Groups by the mapping's name for them.
    pub groups: BTreeMap<String, Group>,
    /// Conditions by name.
    pub conditions: BTreeMap<String, Condition>,
    /// The rules of signing in.
    pub login: Login,
    /// Break-glass identities by login.
    pub break_glass: BTreeMap<String, BreakGlass>,
    /// Logins that Spacelift never asks the policy about.
    pub outside_policy: BTreeMap<String, Outside>,
    /// Grants by id; each decides something else.
    pub grants: BTreeMap<String, Grant>,
    /// Sets of groups of which nobody holds two, in order.
    pub exclusive: Vec<Spanned<BTreeSet<String>>>,
    /// Guardrails by name.
    pub guardrails: BTreeMap<String, Guardrail>,
    /// API keys by the mapping's name for them.
    pub api_keys: BTreeMap<String, ApiKey>,
    /// How a session's teams are rewritten; none where they are left alone.
    pub teams: Option<Teams>,
    /// Which decisions Spacelift records.
    pub sample: Sample,
    /// Names or ids of other login policies of the account that may stay.
    pub accepted_policies: BTreeSet<String>,
    /// How often grants are to be looked at, if that is stated; no part of the decision.
    pub review: Option<Review>,
    /// What is stated of lints, by name; no part of the decision.
    pub lints: BTreeMap<String, LintSetting>,
    /// How much one push may take away; no part of the decision.
    pub guards: Guards,
    /// Access to single stacks, by the entry's name; each is a policy of its own.
    pub stack_access: BTreeMap<String, StackAccess>,
}

/// How often grants are to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// How often, in nanoseconds.
    pub every: i64,
    /// When all of them were last looked at, in nanoseconds since 1970 UTC.
    pub reviewed: Option<i64>,
    /// Where it is written.
    pub span: Span,
}

/// What becomes of a lint's findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Nothing is said.
    Allow,
    /// They are warnings.
    Warn,
    /// They are errors.
    Deny,
}

impl Level {
    /// Every level, by the mapping's word for it.
    pub const WORDS: [(&'static str, Self); 3] = [
        ("allow", Self::Allow),
        ("warn", Self::Warn),
        ("deny", Self::Deny),
    ];
}

/// What a mapping states of a lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LintSetting {
    /// Its level.
    pub level: Level,
    /// How long before its time it speaks, in nanoseconds.
    pub within: Option<i64>,
}

/// Which Spacelift account a mapping is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// The name in `https://<name>.app.spacelift.io`.
    Name(String),
    /// A self-hosted installation's address, without a path.
    Endpoint(String),
}

impl Account {
    /// The address of the account's API server, without `/graphql`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        match self {
            Self::Name(name) => format!("https://{name}.app.spacelift.io"),
            Self::Endpoint(endpoint) => endpoint.clone(),
        }
    }
}

impl Account {
    /// Whether it is on Spacelift's own servers.
    #[must_use]
    pub fn is_hosted(&self) -> bool {
        match self {
            Self::Name(_) => true,
            Self::Endpoint(endpoint) => {
                let host = endpoint.trim_start_matches("https://");
                let host = host.split([':', '/']).next().unwrap_or(host);
                host.to_ascii_lowercase().ends_with(".spacelift.io")
            }
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) | Self::Endpoint(name) => f.write_str(name),
        }
    }
}

/// Whose groups the account's sessions carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Okta: sends group names.
    Okta,
    /// Microsoft Entra ID: sends object ids unless set otherwise.
    Entra,
    /// Google Workspace.
    Google,
    /// OneLogin.
    Onelogin,
    /// GitHub: sends team names.
    Github,
    /// GitLab: sends full group paths.
    Gitlab,
    /// Any other over SAML.
    Saml,
    /// Any other over OIDC.
    Oidc,
}

/// The dialect of Rego that is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Rego v0 with future keywords, for installations without v1.
    V0,
    /// Rego v1.
    V1,
}

impl Dialect {
    /// As people call it: `v0` or `v1`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::V0 => "v0",
            Self::V1 => "v1",
        }
    }
}

/// A space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Its parent; none for root and legacy.
    pub parent: Option<String>,
    /// Whether it inherits what can be attached from its parent.
    pub inherit: bool,
    /// Labels, as declared.
    pub labels: BTreeSet<String>,
    /// Its declaration; none for root and legacy.
    pub span: Option<Span>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// What Spacelift calls it, where the mapping says so.
    pub name: Option<String>,
    /// What it may do.
    pub kind: RoleKind,
    /// Its declaration; none for a built-in.
    pub span: Option<Span>,
}

/// Where a role comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleKind {
    /// Every account has it.
    BuiltIn,
    /// Declared with its actions, spelt `space:read`.
    Declared(BTreeSet<String>),
    /// Exists in the account; may do anything as far as this mapping knows.
    External,
}

impl RoleKind {
    /// Whether a role of this kind may do something: in doubt it may.
    #[must_use]
    pub fn may(&self, slug: &str, action: &str) -> bool {
        match self {
            Self::BuiltIn => built_in_may(slug, action),
            Self::Declared(actions) => actions.contains(action),
            Self::External => true,
        }
    }
}

/// Whether a role of these holds `space:admin`, or may: of an external or unknown role nothing is known.
#[must_use]
pub fn is_administrative(roles: &BTreeMap<String, Role>, slug: &str) -> bool {
    roles
        .get(slug)
        .is_none_or(|role| role.kind.may(slug, "space:admin"))
}

impl Model {
    /// Whether a role holds `space:admin`, or may: of an external role nothing is known.
    #[must_use]
    pub fn is_administrative(&self, slug: &str) -> bool {
        is_administrative(&self.roles, slug)
    }

    /// Whether the login policy may give somebody a team of this name.
    #[must_use]
    pub fn adds_team(&self, team: &str) -> bool {
        self.teams
            .as_ref()
            .is_some_and(|teams| teams.add.contains_key(team))
    }

    /// Whether a role may do something, as far as this mapping knows: in doubt it may.
    #[must_use]
    pub fn may(&self, slug: &str, action: &str) -> bool {
        self.roles
            .get(slug)
            .is_none_or(|role| role.kind.may(slug, action))
    }

    /// Whether a role that is bound on a space is held on another, or on any but root and legacy for `*`. What is bound on root
    /// is held everywhere.
    #[must_use]
    pub fn role_reaches(&self, bound_on: &str, space: &str) -> bool {
        if bound_on == "root" {
            return true;
        }
        if space == "*" {
            return !FIXED_SPACES.contains(&bound_on)
                || self.spaces.keys().any(|id| {
                    !FIXED_SPACES.contains(&id.as_str()) && self.is_within(id, bound_on)
                });
        }
        self.is_within(space, bound_on)
    }

    /// Whether `space` is `ancestor` or lies below it.
    #[must_use]
    pub fn is_within(&self, space: &str, ancestor: &str) -> bool {
        let mut at = Some(space);
        // A checked model has no cycle; the bound keeps a mistake elsewhere from hanging.
        for _ in 0..=self.spaces.len() {
            match at {
                Some(id) if id == ancestor => return true,
                Some(id) => at = self.spaces.get(id).and_then(|s| s.parent.as_deref()),
                None => return false,
            }
        }
        false
    }
}

/// A group: the values that stand for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Value as the provider sends it -> when it stops standing for the group, in nanoseconds since 1970 UTC.
    pub values: BTreeMap<String, Option<i64>>,
    /// The name to show, if the mapping gives one.
    pub title: Option<String>,
    /// Whether every grant naming it must end.
    pub external: bool,
    /// Whether it is a result of `naming`, and declared nowhere.
    pub made: bool,
    /// Its declaration.
    pub span: Span,
}

/// Who, over what a session says. Names of `people` are already replaced by what they stand for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Every session.
    Everyone,
    /// Holds a group, by the mapping's name for it.
    Group(String),
    /// Has this login.
    Login(String),
    /// Has a login that fits a pattern: `*` stands for any characters but `@` and `:`.
    Like(String),
    /// Is an API key, by the mapping's name for it.
    ApiKey(String),
    /// Is a member of the account.
    Member,
    /// Is a machine: says so, or has a login that begins with `api::`.
    Machine,
    /// All hold.
    All(Vec<Subject>),
    /// One holds.
    Any(Vec<Subject>),
    /// Does not hold.
    Not(Box<Subject>),
}

/// `when` or `unless`, over conditions' names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// A condition holds.
    Condition(String),
    /// All hold.
    All(Vec<Test>),
    /// One holds.
    Any(Vec<Test>),
}

/// A condition; what is given must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The address lies in one of these.
    pub networks: Option<Vec<Network>>,
    /// The time lies in this.
    pub hours: Option<Hours>,
    /// Its declaration.
    pub span: Span,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    /// Monday first.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The day after.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Monday => Self::Tuesday,
            Self::Tuesday => Self::Wednesday,
            Self::Wednesday => Self::Thursday,
            Self::Thursday => Self::Friday,
            Self::Friday => Self::Saturday,
            Self::Saturday => Self::Sunday,
            Self::Sunday => Self::Monday,
        }
    }

    /// The English name, as Rego's `time.weekday` says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Monday => "Monday",
            Self::Tuesday => "Tuesday",
            Self::Wednesday => "Wednesday",
            Self::Thursday => "Thursday",
            Self::Friday => "Friday",
            Self::Saturday => "Saturday",
            Self::Sunday => "Sunday",
        }
    }
}

/// Wall-clock time on days of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// The days on which a window starts.
    pub days: BTreeSet<Day>,
    /// Half-open ranges of minutes of a day, `(from, until)`: 0..=1439 and 1..=1440; one that ends before it starts goes over
    /// midnight.
    pub ranges: Vec<(u16, u16)>,
    /// IANA name.
    pub zone: String,
}

/// Whether somebody without a role may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoGrants {
    /// No.
    Refuse,
    /// Yes, if the gate is open.
    Admit,
}

/// What absent or empty teams of a person mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoGroups {
    /// Nothing is known of the person's groups.
    Unknown,
    /// The person has none.
    Known,
}

/// The rules of signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The gate for everyone.
    pub require: Subject,
    /// Where the gate is written; none where the mapping leaves it to membership.
    pub require_span: Option<Span>,
    /// What happens to somebody without a role.
    pub no_grants: NoGrants,
    /// Where that is written, if it is.
    pub no_grants_span: Option<Span>,
    /// What absent or empty teams mean.
    pub no_groups: NoGroups,
    /// Account admins, by id.
    pub admin: BTreeMap<String, Admin>,
    /// Denials of the login, by id.
    pub deny: BTreeMap<String, Denial>,
    /// Denials of administrative rights, by id.
    pub deny_admin: BTreeMap<String, Denial>,
    /// ASCII-lowered login -> the ASCII-lowered login of the person who left.
    pub offboarded: BTreeMap<String, Spanned<String>>,
    /// What Slack channels may do.
    pub slack: BTreeMap<SlackChannel, SlackEntry>,
}

/// A channel of Slack, by Slack's ids: letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SlackChannel {
    /// The workspace.
    pub workspace: String,
    /// The channel.
    pub channel: String,
}

/// What a request from a channel is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackEntry {
    /// Space id -> slugs.
    pub roles: BTreeMap<String, BTreeSet<String>>,
    /// Where it is written.
    pub span: Span,
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id: ASCII letters and digits. The login of its sessions is `api::` and this. Source: documentation, module registry.
    pub id: String,
    /// Who answers for it; no part of the decision.
    pub owner: Option<String>,
    /// When it should have been replaced, in nanoseconds since 1970 UTC; no part of the decision.
    pub rotate_by: Option<i64>,
    /// Where it is written.
    pub span: Span,
}

/// The team that stands for "no team", so that the set is never empty where Spacelift would leave the session's own.
pub const NO_TEAM: &str = "liftgate:none";

/// How a session's teams are rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Teams {
    /// Whether the provider's own teams stay.
    pub keep: bool,
    /// Team -> who is given it.
    pub add: BTreeMap<String, TeamEntry>,
    /// Where it is written.
    pub span: Span,
}

/// Who is given a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamEntry {
    /// Who.
    pub who: Subject,
    /// Under which conditions.
    pub when: Option<Test>,
    /// Where it is written.
    pub span: Span,
}

/// Which decisions Spacelift records, as samples for its policy workbench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sample {
    /// None.
    #[default]
    None,
    /// Those that let nobody in.
    Denied,
    /// All.
    All,
}

/// An entry of `login.admin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// Who.
    pub who: Subject,
    /// Under which conditions.
    pub when: Option<Test>,
    /// Where it is written.
    pub span: Span,
}

/// An entry of `login.deny` or `login.deny_admin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Who.
    pub who: Subject,
    /// Except under which conditions.
    pub unless: Option<Test>,
    /// Where it is written.
    pub span: Span,
}

/// A break-glass identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    /// Who answers for it.
    pub owner: Option<String>,
    /// What for.
    pub why: Option<String>,
    /// Where it is written.
    pub span: Span,
}

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who.
    pub who: Subject,
    /// Under which conditions.
    pub when: Option<Test>,
    /// Slugs.
    pub roles: BTreeSet<String>,
    /// Space ids; `*` is every space of the account at login but root and legacy. Empty where labels choose them.
    pub spaces: BTreeSet<String>,
    /// Labels: every space of the account at login but root and legacy that has one of them.
    pub labels: BTreeSet<String>,
    /// First instant, in nanoseconds since 1970 UTC.
    pub starts: Option<i64>,
    /// One past the last instant, in nanoseconds since 1970 UTC.
    pub ends: Option<i64>,
    /// Why; no part of the decision.
    pub reason: Option<String>,
    /// Who answers for it; no part of the decision.
    pub owner: Option<String>,
    /// When somebody last looked at it, in nanoseconds since 1970 UTC; no part of the decision.
    pub reviewed: Option<i64>,
    /// What made it a grant; no part of the decision.
    pub origin: Origin,
    /// Where it is written.
    pub span: Span,
}

/// What made a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It stands under `grants` of the mapping.
    Grant,
    /// It stands under `grants` of an included file.
    Include {
        /// The entry of `include`.
        entry: Span,
    },
    /// A convention of names.
    Naming,
    /// It is temporary access that somebody approved.
    Elevation {
        /// By whom.
        approved_by: Vec<String>,
    },
}

impl Origin {
    /// The word for it: what it stands under.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Include { .. } => "include",
            Self::Naming => "naming",
            Self::Elevation { .. } => "elevation",
        }
    }
}

/// Why Spacelift does not ask the policy about somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// Set up single sign-on.
    SsoAdmin,
    /// Administers the organization at the identity provider.
    OrganizationAdmin,
    /// Owns the account.
    AccountOwner,
    /// An API key with admin rights on root.
    RootKey,
}

impl Because {
    /// Every reason, by the mapping's word for it.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("sso_admin", Self::SsoAdmin),
        ("organization_admin", Self::OrganizationAdmin),
        ("account_owner", Self::AccountOwner),
        ("root_key", Self::RootKey),
    ];

    /// Why a decision about somebody is nothing but what the policy would say.
    #[must_use]
    pub fn sentence(self) -> String {
        format!(
            "Spacelift does not ask the policy about this login, which {}",
            self.words()
        )
    }

    fn words(self) -> &'static str {
        match self {
            Self::SsoAdmin => "set up single sign-on",
            Self::OrganizationAdmin => "administers the organization",
            Self::AccountOwner => "owns the account",
            Self::RootKey => "is an API key that administers root",
        }
    }
}

/// An entry of `outside_policy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// Why.
    pub because: Because,
    /// Where it is written.
    pub span: Span,
}

/// A statement about effective access that must hold for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guardrail {
    /// Whom it forbids the actions.
    pub forbids: Forbids,
    /// The actions.
    pub actions: BTreeSet<String>,
    /// The spaces, or `*` alone for every space but root and legacy.
    pub spaces: BTreeSet<String>,
    /// Where it is written.
    pub span: Span,
}

/// Whom a guardrail forbids its actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forbids {
    /// Everybody but these.
    AllBut(Subject),
    /// These.
    These(Subject),
}

//! The mapping, checked: every name resolved, sorted, valid by construction.
//!
//! Only [`crate::resolve`] makes a model. Spans are kept so that a decision can be traced to a line; they take no part in
//! equality.

mod account;
mod conditions;
mod guards;
mod login;
mod network;
mod roles;
pub mod stacks;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use account::{Account, Dialect, Provider};
pub use conditions::{Condition, Day, Hours, Test};
pub use guards::{Guards, MostPeople};
pub use login::{
    Admin, Because, BreakGlass, Denial, Login, NO_TEAM, NoGrants, NoGroups, Outside, Sample,
    SlackChannel, SlackEntry, TeamEntry, Teams,
};
pub use network::Network;
pub use roles::{BUILT_IN_ROLES, Role, RoleKind, is_administrative};
pub use stacks::{Attach, StackAccess};

use crate::source::{Span, Spanned};

/// The two spaces that every account has and no mapping declares.
pub const FIXED_SPACES: [&str; 2] = ["root", "legacy"];

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

//! The rules of signing in: who is let in as what, in which teams, and who is never asked about.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Subject, Test};
use crate::source::{Span, Spanned};

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

    /// The mapping's word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        let mut all = Self::WORDS.into_iter();
        all.find(|(_, one)| *one == self)
            .map_or("", |(word, _)| word)
    }

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

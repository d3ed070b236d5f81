//! The policy as data: what the mapping decides, in the tables that the rendered Rego carries.
//!
//! A decision reads *facts* of a session and looks them up. A fact is a string of a kind and a value, such as
//! `group payments`. Two sets of facts exist at once: those that surely hold, and those that cannot be ruled out; a grant needs
//! the first kind for what it asks and the absence of the second for what it excludes, a denial the other way round. So what
//! is unknown never helps the caller.

pub mod access;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Dialect, NoGrants, NoGroups, Sample};

/// The number of the layout of the rendered text; raised when [`crate::render`] would write the same policy differently.
pub const FORMAT: u32 = 1;

/// What a session may hold or say, as a string: `everyone`, `person`, `machine`, `member`, or a kind and a value.
pub type Fact = String;

/// A compiled login policy. Equal policies decide equally and render to equal text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The account it is for, as the mapping names it.
    pub account: String,
    /// The name of the mapping's file, without its folder.
    pub mapping: String,
    /// The dialect of Rego.
    pub dialect: Dialect,
    /// The switches.
    pub settings: Settings,
    /// Slugs of the roles that hold, or may hold, `space:admin`.
    pub admin_roles: BTreeSet<String>,
    /// Value sent by the provider -> the group it stands for.
    pub groups: BTreeMap<String, Membership>,
    /// API key -> the login of its sessions.
    pub api_keys: BTreeMap<String, String>,
    /// Login pattern -> the anchored regular expression it means.
    pub patterns: BTreeMap<String, String>,
    /// Condition -> its cases; it holds where one of them does.
    pub conditions: BTreeMap<String, Vec<ConditionCase>>,
    /// Logins that no denial touches.
    pub break_glass: BTreeSet<String>,
    /// ASCII-lowered login -> the ASCII-lowered login of the person who left.
    pub offboarded: BTreeMap<String, String>,
    /// The gate; it is open where a row surely holds.
    pub gate: Rows,
    /// Account admins.
    pub admins: Rows,
    /// Denials of the login.
    pub denials: Rows,
    /// Denials of administrative rights.
    pub admin_denials: Rows,
    /// Grants that ask for one fact only.
    pub grants: GrantRows,
    /// Grants that ask for more.
    pub guarded_grants: GrantRows,
    /// Workspace and channel of Slack, with `/` between -> space id -> slugs.
    pub slack: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Teams that only this policy may give.
    pub own_teams: BTreeSet<String>,
    /// Who is given which team; a row's id is the team.
    pub additions: Rows,
}

/// Rows by the fact that they are found under.
pub type Rows = BTreeMap<Fact, Vec<Row>>;
/// Grant rows by the fact that they are found under.
pub type GrantRows = BTreeMap<Fact, Vec<GrantRow>>;

/// The switches of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whether somebody without a role may sign in.
    pub no_grants: NoGrants,
    /// Whether absent or empty teams mean no groups, or an unknown set of them.
    pub no_groups: NoGroups,
    /// Which decisions are recorded.
    pub sample: Sample,
    /// What becomes of a session's teams.
    pub teams: Rewriting,
}

/// What becomes of a session's teams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rewriting {
    /// They are left alone.
    None,
    /// Teams are added to the provider's.
    Keep,
    /// They are replaced.
    Replace,
}

/// What a value of the provider stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// From this instant on it stands for nothing; nanoseconds since 1970 UTC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ends: Option<i64>,
    /// The group's name in the mapping.
    pub group: String,
}

/// A way for a condition to hold: the address and the time both fit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionCase {
    /// Networks, any of them; `None` asks nothing of the address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub networks: Option<Vec<String>>,
    /// A window of wall-clock time; `None` asks nothing of the time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub window: Option<Window>,
}

/// Minutes of a day on some days of the week, in a zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// English names of days, Monday first, as Rego's `time.weekday` says them.
    pub days: Vec<String>,
    /// First minute, 0 to 1439.
    pub from: u16,
    /// One past the last minute, 1 to 1440.
    pub until: u16,
    /// IANA name.
    pub zone: String,
}

/// What a row asks beside the fact that it is found under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Facts that must hold too.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub all: Vec<Fact>,
    /// Of an admin or a team: it speaks of machines or of people outside the account, and says all that it asks.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub anyone: bool,
    /// The entry of the mapping that it comes from.
    pub id: String,
    /// Facts that must not hold.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub none: Vec<Fact>,
}

/// A grant: what is asked, and the roles on spaces that it gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantRow {
    /// Facts that must hold too.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub all: Vec<Fact>,
    /// It speaks of machines or of people outside the account, and says all that it asks.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub anyone: bool,
    /// From this instant on it gives nothing; nanoseconds since 1970 UTC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ends: Option<i64>,
    /// The grant of the mapping that it comes from.
    pub id: String,
    /// Labels of the spaces that it is about, as the account says them at login.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub labels: Vec<String>,
    /// Facts that must not hold.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub none: Vec<Fact>,
    /// Slugs.
    pub roles: Vec<String>,
    /// Space ids; `*` is every space of the account at login but root and legacy.
    pub spaces: Vec<String>,
    /// Before this instant it gives nothing; nanoseconds since 1970 UTC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub starts: Option<i64>,
}

impl GrantRow {
    /// Whether it asks for nothing beside the fact it is found under.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.all.is_empty()
            && self.none.is_empty()
            && self.starts.is_none()
            && self.ends.is_none()
            && !self.anyone
    }
}

impl Policy {
    /// `sha256:` and the digest, in hexadecimal, of everything that the policy decides and is labelled with.
    #[must_use]
    pub fn digest(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        digest(&json)
    }

    /// Every fact that the policy looks up, as often as rows name it.
    pub fn facts(&self) -> impl Iterator<Item = &str> {
        let rows = [
            &self.gate,
            &self.admins,
            &self.denials,
            &self.admin_denials,
            &self.additions,
        ];
        let rows = rows.into_iter().flatten().flat_map(|(under, rows)| {
            let beside = rows.iter().flat_map(|row| row.all.iter().chain(&row.none));
            std::iter::once(under).chain(beside)
        });
        let grants = self.grants.iter().chain(&self.guarded_grants);
        let grants = grants.flat_map(|(under, rows)| {
            let beside = rows.iter().flat_map(|row| row.all.iter().chain(&row.none));
            std::iter::once(under).chain(beside)
        });
        rows.chain(grants).map(String::as_str)
    }

    /// Every moment at which something of it starts or ends, in nanoseconds since 1970 UTC.
    pub fn moments(&self) -> impl Iterator<Item = i64> {
        let rows = self.grants.values().chain(self.guarded_grants.values());
        let bounds = rows.flatten().flat_map(|row| [row.starts, row.ends]);
        let ends = self.groups.values().map(|membership| membership.ends);
        bounds.chain(ends).flatten()
    }

    /// Every login that is named, as the policy spells it: those of keys too, and the ASCII-lowered ones of whoever left.
    pub fn logins(&self) -> impl Iterator<Item = &str> {
        let named = self.facts().filter_map(|fact| fact.strip_prefix("login "));
        let others = self.break_glass.iter().chain(self.offboarded.keys());
        let others = others.chain(self.api_keys.values());
        named.chain(others.map(String::as_str))
    }

    /// The number of grant rows.
    #[must_use]
    pub fn grant_rows(&self) -> usize {
        self.grants
            .values()
            .chain(self.guarded_grants.values())
            .map(Vec::len)
            .sum()
    }
}

/// `sha256:` and the digest of some bytes, in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        use std::fmt::Write as _;
        let _ = write!(out, "{byte:02x}");
        out
    })
}

//! An access policy as data: what an entry of `stack_access` decides, in the tables that the rendered Rego carries.
//!
//! It decides as a login policy does: facts of the session and of the stack are looked up in tables of rows. What a stack says
//! makes facts of its own: `stack branch main` of what it says exactly, `stack-like branch release/*` of a pattern,
//! `stack-given tracked_commit.tag`, `stack-from` and `stack-until` of times; `slack` and a workspace and channel with `/`
//! between of a request from there.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ConditionCase, Fact, Membership, Row, Rows, digest};
use crate::model::stacks::Kind;
use crate::model::{Dialect, NoGroups, Sample};

/// The number of the layout of the rendered text; raised when [`crate::render`] would write the same policy differently.
pub const FORMAT: u32 = 1;

/// The start of the names that access policies of liftgate's have in an account; the entry's name follows.
pub const NAME_PREFIX: &str = "liftgate-";

/// A compiled access policy. Equal policies decide equally and render to equal text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessPolicy {
    /// The account it is for, as the mapping names it.
    pub account: String,
    /// The name of the mapping's file, without its folder.
    pub mapping: String,
    /// The entry's name.
    pub entry: String,
    /// The dialect of Rego.
    pub dialect: Dialect,
    /// The switches.
    pub settings: Settings,
    /// Value in the session's teams -> the group or added team it stands for.
    pub groups: BTreeMap<String, Membership>,
    /// API key -> the login of its sessions.
    pub api_keys: BTreeMap<String, String>,
    /// Login pattern -> the anchored regular expression it means.
    pub patterns: BTreeMap<String, String>,
    /// Every fact about a login or a key that rows name: none of them can be ruled out where a session does not say its login.
    pub logins: BTreeSet<Fact>,
    /// Condition -> its cases; it holds where one of them does.
    pub conditions: BTreeMap<String, Vec<ConditionCase>>,
    /// Attribute of a stack or module -> what is asked of it.
    pub attributes: BTreeMap<String, Asked>,
    /// Who may read.
    pub readers: Rows,
    /// Who may write, and so read.
    pub writers: Rows,
    /// Denials of everything.
    pub denials: Rows,
    /// Denials of writing.
    pub write_denials: Rows,
}

/// The switches of an access policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whether absent or empty teams mean no groups, or an unknown set of them.
    pub no_groups: NoGroups,
    /// Which decisions are recorded.
    pub sample: Sample,
}

/// Where an attribute stands, and what rows ask of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// What it holds.
    pub kind: Kind,
    /// Patterns -> the anchored regular expressions they mean.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub like: BTreeMap<String, String>,
    /// Its name in the input.
    pub name: String,
    /// What has it: `module`, `stack`, or both.
    pub of: BTreeSet<String>,
    /// Whether it may be left out, null or empty, and is known then.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub optional: bool,
    /// Moments that a time is compared with, in nanoseconds since 1970 UTC.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub times: BTreeSet<i64>,
    /// Every fact that rows name of it: none of them can be ruled out where it is unknown.
    pub facts: BTreeSet<Fact>,
    /// The object of the input that it lies within, if it lies within one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub within: Option<String>,
    /// Whether that object may be null, so that the attribute is known not to be there.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub within_optional: bool,
}

impl AccessPolicy {
    /// The policy's name in an account.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{NAME_PREFIX}{}", self.entry)
    }

    /// `sha256:` and the digest, in hexadecimal, of everything that the policy decides and is labelled with.
    #[must_use]
    pub fn digest(&self) -> String {
        digest(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Every fact that the policy looks up, as often as rows name it.
    pub fn facts(&self) -> impl Iterator<Item = &str> {
        let tables = [
            &self.readers,
            &self.writers,
            &self.denials,
            &self.write_denials,
        ];
        let rows = tables.into_iter().flatten();
        rows.flat_map(|(under, rows)| {
            let beside = rows
                .iter()
                .flat_map(|row: &Row| row.all.iter().chain(&row.none));
            std::iter::once(under).chain(beside)
        })
        .map(String::as_str)
    }
}

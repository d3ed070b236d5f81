//! Ids of entries, made from what they decide: an edit of a reason, of an owner, of a comment or of the order of a list
//! changes none of them, and so does not change the policy.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Resolver;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Subject, Test};
use crate::policy::hex;
use crate::source::Span;

/// What a grant decides.
#[derive(Serialize)]
pub(super) struct Decides<'a> {
    pub(super) who: &'a Subject,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) when: Option<&'a Test>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unless: Option<&'a Test>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) roles: Option<&'a BTreeSet<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) spaces: Option<&'a BTreeSet<String>>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) labels: BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) starts: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ends: Option<i64>,
}

impl<'a> Decides<'a> {
    pub(super) fn of(who: &'a Subject) -> Self {
        Self {
            who,
            when: None,
            unless: None,
            roles: None,
            spaces: None,
            labels: BTreeSet::new(),
            starts: None,
            ends: None,
        }
    }

    pub(super) fn id(&self, kind: &str) -> Option<String> {
        id_of(kind, self)
    }
}

/// The kind, and the first twelve digits of a digest of what is decided: its fields are written in one order, and every list in
/// them is sorted.
pub(super) fn id_of(kind: &str, decides: &impl Serialize) -> Option<String> {
    let json = serde_json::to_vec(decides).ok()?;
    let digest = hex(&Sha256::digest(json));
    Some(format!("{kind}-{}", digest.get(..12)?))
}

/// An entry that has an id.
pub(super) trait Identified {
    /// Where it is written.
    fn place(&self) -> Span;
    /// Whether it decides the same as another.
    fn decides_like(&self, other: &Self) -> bool;
}

impl Resolver<'_, '_> {
    /// Adds an entry under its id, warning of one that decides the same as an earlier one.
    pub(super) fn add<T: Identified>(
        &mut self,
        all: &mut BTreeMap<String, T>,
        id: String,
        entry: T,
        what: &str,
    ) {
        let Some(first) = all.get(&id) else {
            all.insert(id, entry);
            return;
        };
        let (span, place, same) = (entry.place(), first.place(), first.decides_like(&entry));
        if same {
            self.found.warning(
                Diagnostic::warning(
                    Code::DuplicateGrant,
                    span,
                    format!("{what} decides the same as another"),
                )
                .related(place, "the first one")
                .help("remove one of them"),
            );
        } else {
            // Two entries of one id cannot both be kept, and neither may be lost.
            self.error(
                Diagnostic::error(
                    Code::DuplicateGrant,
                    span,
                    format!("{what} has the same id as another by chance"),
                )
                .related(place, "the other one")
                .help("write it in another way, for instance as two"),
            );
        }
    }
}

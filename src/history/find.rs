//! Which commit a live policy was pushed from: the newest whose mapping compiles to the digest that the policy's seal names.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Commit, HistoryError, Repository};
use crate::policy::access::AccessPolicy;
use crate::project::{Policies, Project};

/// How many commits that touch the mapping's folder are looked at unless told otherwise.
pub const LIMIT: usize = 2_000;

/// Knows what a live policy was pushed from.
pub trait LastPushed {
    /// The mapping that compiles to the digest that a seal names, that of a login policy or of an access policy.
    ///
    /// # Errors
    /// When it is not known, with the reason.
    fn last_pushed(&self, digest: &str) -> Search;
}

/// What a search came to.
pub type Search = Result<Box<Found>, NotFound>;

/// The mapping that a policy was pushed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The newest commit that says it.
    pub commit: Commit,
    /// The mapping of that commit, and what it compiles to.
    pub policies: Policies,
}

impl Found {
    /// The access policy of a digest.
    #[must_use]
    pub fn access(&self, digest: &str) -> Option<&AccessPolicy> {
        let mut access = self.policies.access.iter();
        access.find(|policy| policy.digest() == digest)
    }
}

/// No commit has the mapping, as far as could be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound {
    /// Why, in a sentence.
    pub why: String,
}

impl Repository {
    /// Walks back from `from` through the commits that touch the mapping's folder, newest first and no more than `limit`, for
    /// one whose mapping at `path` compiles to the digest, that of its login policy or of one of its access policies. Folders that were seen are not read twice, and of the others those
    /// whose mappings are equal are compiled once. `progress` is told how many commits have been looked at, and of how many.
    ///
    /// # Errors
    /// When history cannot be read.
    pub fn find(
        &self,
        from: &Commit,
        path: &Path,
        digest: &str,
        limit: usize,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Search, HistoryError> {
        let most = format!("--max-count={}", limit.saturating_add(1));
        let mut arguments = vec!["rev-list", "--full-history", &most, &from.id];
        // Without a folder it is the whole repository.
        if !self.prefix.is_empty() {
            arguments.extend(["--", "."]);
        }
        let listed = self.git.text(&arguments)?;
        let all: Vec<&str> = listed.lines().collect();
        let commits: Vec<&str> = all.iter().copied().take(limit).collect();
        let mut folders = BTreeSet::new();
        let mut mappings = BTreeSet::new();
        for (at, commit) in commits.iter().enumerate() {
            progress(at + 1, commits.len());
            let Some(id) = self.tree_id(commit)? else {
                continue;
            };
            if !folders.insert(id.clone()) {
                continue;
            }
            let tree = self.tree(&id, commit)?;
            if !mappings.insert(tree.fingerprint()) {
                continue;
            }
            let Some(policies) = Project::policies_from(&tree, path) else {
                continue;
            };
            let mut access = policies.access.iter();
            if policies.login.digest() == digest || access.any(|one| one.digest() == digest) {
                return Ok(Ok(Box::new(Found {
                    commit: self.described(commit)?,
                    policies,
                })));
            }
        }
        let looked = match commits.len() {
            1 => "the one commit that touches".to_string(),
            count => format!("{count} commits that touch"),
        };
        let more = if all.len() > limit {
            "; there are more, which were not looked at"
        } else if self.is_shallow() {
            "; this clone is shallow, and lacks the others: fetch all of its history, as with `fetch-depth: 0` in a workflow"
        } else {
            ""
        };
        Ok(Err(NotFound {
            why: format!(
                "of {looked} the mapping's folder, none compiles to what the live policy was made from{more}"
            ),
        }))
    }
}

//! `stack_access`: who may read and write which stacks and modules, decided when somebody asks for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{SlackChannel, Subject, Test};
use crate::source::Span;

/// The longest name of an entry, in bytes.
pub const LONGEST_NAME: usize = 64;

/// An entry of `stack_access`; one access policy of Spacelift's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackAccess {
    /// What it is attached to.
    pub attach: Attach,
    /// Who may read, by id.
    pub read: BTreeMap<String, StackGrant>,
    /// Who may write, and so read, by id.
    pub write: BTreeMap<String, StackGrant>,
    /// Who may do nothing at all, whatever else is said, by id.
    pub deny: BTreeMap<String, StackDenial>,
    /// Who may not write, whatever else is said, by id.
    pub deny_write: BTreeMap<String, StackDenial>,
    /// Labels of a stack that say who may do what on it.
    pub by_label: BTreeMap<String, Labelled>,
    /// Where it is written.
    pub span: Span,
}

impl StackAccess {
    /// Where the entry with an id is written, if it is one of these.
    #[must_use]
    pub fn place_of(&self, id: &str) -> Option<Span> {
        let grants = [&self.read, &self.write].into_iter();
        let denials = [&self.deny, &self.deny_write].into_iter();
        let labelled = id
            .strip_prefix("label ")
            .filter(|label| self.by_label.contains_key(*label));
        grants
            .filter_map(|entries| entries.get(id).map(|entry| entry.span))
            .chain(denials.filter_map(|entries| entries.get(id).map(|entry| entry.span)))
            .next()
            .or(labelled.map(|_| self.span))
    }
}

/// Which stacks and modules a policy is asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attach {
    /// All of them.
    pub all: bool,
    /// Those that carry one of these labels. Spacelift attaches a policy by its own labels: `autoattach:` and the label.
    pub labels: BTreeSet<String>,
    /// Ids of stacks.
    pub stacks: BTreeSet<String>,
    /// Ids of modules.
    pub modules: BTreeSet<String>,
}

impl Attach {
    /// The labels of the policy that attach it, as Spacelift reads them. Source: documentation, policies.
    #[must_use]
    pub fn policy_labels(&self) -> BTreeSet<String> {
        let labels = self.labels.iter().map(String::as_str);
        let all = self.all.then_some("*");
        let attached = labels.chain(all).map(|label| format!("autoattach:{label}"));
        attached.collect()
    }

    /// The ids of the stacks and modules that it is attached to one by one.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.stacks.iter().chain(&self.modules).map(String::as_str)
    }
}

/// What somebody may do with a stack or a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// See it.
    Read,
    /// Change it, and so see it.
    Write,
    /// Nothing.
    Deny,
    /// Not change it.
    DenyWrite,
}

impl Rule {
    /// Every rule, in the order of the mapping's page.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::DenyWrite, Self::Deny];

    /// The mapping's word for it, which is Spacelift's.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Deny => "deny",
            Self::DenyWrite => "deny_write",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a label of a stack says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labelled {
    /// What.
    pub rule: Rule,
    /// Of whom: a group, or a team that the mapping adds.
    pub group: String,
}

/// An entry of `read` or `write`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackGrant {
    /// Who.
    pub who: StackSubject,
    /// Under which conditions.
    pub when: Option<Test>,
    /// On which stacks.
    pub stack: Option<StackTest>,
    /// Where it is written.
    pub span: Span,
}

/// An entry of `deny` or `deny_write`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackDenial {
    /// Who.
    pub who: StackSubject,
    /// Except under which conditions.
    pub unless: Option<Test>,
    /// On which stacks.
    pub stack: Option<StackTest>,
    /// Where it is written.
    pub span: Span,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StackSubject {
    /// A session. Groups are those of the session's teams after [`super::Teams`] rewrote them; a team that the mapping adds is a
    /// group there.
    Session(Subject),
    /// A request from a channel of Slack.
    Slack(SlackChannel),
}

/// Which stacks and modules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StackTest {
    /// An attribute says this.
    Is(Attribute, Value),
    /// All hold.
    All(Vec<StackTest>),
    /// One holds.
    Any(Vec<StackTest>),
    /// Does not hold.
    Not(Box<StackTest>),
}

/// What an attribute is to say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Exactly this text; of a list, that it holds this text.
    Text(String),
    /// A text in which `*` stands for any characters; of a list, that it holds such a text.
    Like(String),
    /// This flag.
    Flag(bool),
    /// This number.
    Number(i64),
    /// Anything at all.
    Given,
    /// A time from this on, in nanoseconds since 1970 UTC.
    From(i64),
    /// A time before this, in nanoseconds since 1970 UTC.
    Until(i64),
}

/// What an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// True or false.
    Flag,
    /// A whole number.
    Number,
    /// A time, in nanoseconds since 1970 UTC.
    Time,
    /// Whether it is a stack or a module: `stack` or `module`.
    Thing,
    /// Who holds the lock: `nobody`, `caller` or `other`.
    Lock,
}

macro_rules! attributes {
    ($($variant:ident $path:literal $kind:ident $of:ident $optional:literal;)*) => {
        /// An attribute of a stack or a module, as Spacelift's input has it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)] // the words are Spacelift's
        pub enum Attribute {
            $($variant,)*
        }

        impl Attribute {
            /// Every attribute, by the mapping's word for it.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The mapping's word for it; a dot stands before what is within another.
            #[must_use]
            pub fn path(self) -> &'static str {
                match self { $(Self::$variant => $path,)* }
            }

            /// What it holds.
            #[must_use]
            pub fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)* }
            }

            /// Whether a stack, a module, or both have it.
            #[must_use]
            pub fn of(self) -> Of {
                match self { $(Self::$variant => Of::$of,)* }
            }

            /// Whether a stack or module may be without it: then it is left out, null or empty.
            #[must_use]
            pub fn is_optional(self) -> bool {
                match self { $(Self::$variant => $optional,)* }
            }
        }
    };
}

/// What has an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Stacks alone.
    Stacks,
    /// Modules alone.
    Modules,
    /// Both.
    Both,
}

// Source: Spacelift's policy contract for access policies and its documentation of their input.
attributes! {
    AdditionalProjectGlobs "additional_project_globs" Texts Stacks false;
    Administrative "administrative" Flag Both false;
    Autodeploy "autodeploy" Flag Stacks false;
    Branch "branch" Text Both false;
    Contexts "contexts" Texts Stacks false;
    Id "id" Text Both false;
    Kind "kind" Thing Both false;
    Labels "labels" Texts Both false;
    Lock "lock" Lock Stacks true;
    LockedBy "locked_by" Text Stacks true;
    Name "name" Text Stacks false;
    Namespace "namespace" Text Both true;
    ProjectRoot "project_root" Text Stacks true;
    Repository "repository" Text Both false;
    SpaceId "space.id" Text Stacks false;
    SpaceLabels "space.labels" Texts Stacks false;
    SpaceName "space.name" Text Stacks false;
    State "state" Text Stacks false;
    TerraformProvider "terraform_provider" Text Modules false;
    TerraformVersion "terraform_version" Text Stacks true;
    TerraformWorkflowTool "terraform_workflow_tool" Text Stacks false;
    TrackedCommitAuthor "tracked_commit.author" Text Stacks false;
    TrackedCommitBranch "tracked_commit.branch" Text Stacks false;
    TrackedCommitCreatedAt "tracked_commit.created_at" Time Stacks false;
    TrackedCommitExistOnTrackedBranch "tracked_commit.exist_on_tracked_branch" Flag Stacks false;
    TrackedCommitHash "tracked_commit.hash" Text Stacks false;
    TrackedCommitMessage "tracked_commit.message" Text Stacks false;
    TrackedCommitPullRequestId "tracked_commit.pull_request_id" Number Stacks true;
    TrackedCommitTag "tracked_commit.tag" Text Stacks true;
    TrackedCommitUrl "tracked_commit.url" Text Stacks false;
    WorkerPoolId "worker_pool.id" Text Stacks true;
    WorkerPoolLabels "worker_pool.labels" Texts Stacks true;
    WorkerPoolName "worker_pool.name" Text Stacks true;
    WorkerPoolPublic "worker_pool.public" Flag Stacks false;
}

impl Attribute {
    /// The attribute of a name.
    #[must_use]
    pub fn named(path: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.path() == path)
    }

    /// The object that it lies within, if it lies within one, and its name there.
    #[must_use]
    pub fn place(self) -> (Option<&'static str>, &'static str) {
        match self.path().split_once('.') {
            Some((within, name)) => (Some(within), name),
            // What is asked of the lock is told by who holds it.
            None if self == Self::Lock => (None, "locked_by"),
            None => (None, self.path()),
        }
    }

    /// Whether what it lies within may be null: a stack without commits has no tracked one.
    #[must_use]
    pub fn is_within_optional(self) -> bool {
        matches!(self.place().0, Some("tracked_commit"))
    }

    /// Whether `*` stands for any characters in what it is compared with; where it does not, a star is a star.
    #[must_use]
    pub fn takes_patterns(self) -> bool {
        matches!(self.kind(), Kind::Text | Kind::Texts) && self != Self::AdditionalProjectGlobs
    }
}

impl Serialize for Attribute {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_by_name_and_stand_in_order() {
        for one in Attribute::ALL {
            assert_eq!(Attribute::named(one.path()), Some(*one));
        }
        let paths: Vec<&str> = Attribute::ALL.iter().map(|one| one.path()).collect();
        assert!(paths.is_sorted(), "{paths:?}");
        assert_eq!(Attribute::named("locked"), None);
    }

    #[test]
    fn a_policy_attaches_itself_by_labels() {
        let attach = Attach {
            all: true,
            labels: BTreeSet::from(["payments".to_string()]),
            ..Attach::default()
        };
        let labels: Vec<String> = attach.policy_labels().into_iter().collect();
        assert_eq!(labels, ["autoattach:*", "autoattach:payments"]);
        assert!(Attach::default().policy_labels().is_empty());
    }
}

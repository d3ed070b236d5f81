//! A mapping as of a revision of its git repository.
//!
//! `git` itself is asked: by its plumbing, without a shell, without the network, and without the files of the work tree. What a
//! revision's mapping includes comes from that revision.

mod find;
mod git;
mod tree;

use std::cell::RefCell;
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

pub use find::{Found, LIMIT, LastPushed, NotFound, Search};
pub use tree::Tree;

use git::{Git, Objects};

/// The repository that a mapping lies in.
pub struct Repository {
    git: Git,
    /// The folder that was given, as it was given.
    folder: PathBuf,
    /// The folder within the repository: empty, or ending in `/`.
    prefix: String,
    objects: Rc<RefCell<Objects>>,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its id, in full.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// When it was committed: Unix seconds.
    pub time: i64,
    /// The first line of its message.
    pub subject: String,
}

impl Commit {
    /// As much of the id as people compare.
    #[must_use]
    pub fn short(&self) -> &str {
        self.id.get(..10).unwrap_or(&self.id)
    }
}

/// Why history could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryError {
    /// There is no `git` to run.
    NoGit(String),
    /// The folder is in no repository.
    NoRepository {
        /// The folder.
        folder: PathBuf,
        /// Git's words.
        why: String,
    },
    /// There is no such revision.
    NoRevision {
        /// As it was given.
        name: String,
        /// Whether the repository lacks history.
        shallow: bool,
    },
    /// The folder is not there at a revision.
    NoFolder {
        /// The folder.
        folder: PathBuf,
        /// The revision.
        revision: String,
    },
    /// `git` failed otherwise.
    Git(String),
}

impl HistoryError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoGit(_) => "install git, and let it be found by the name `git`",
            Self::NoRepository { .. } => "give a mapping that lies in a git repository",
            Self::NoRevision { shallow: true, .. } => {
                "this clone is shallow: fetch all of its history, with `git fetch --unshallow` or `fetch-depth: 0` in a workflow"
            }
            Self::NoRevision { .. } => {
                "give a commit, a branch or a tag that this clone has, as in `main` or `HEAD~1`"
            }
            Self::NoFolder { .. } => "give a revision in which the mapping is at the same path",
            Self::Git(_) => "the words are git's",
        }
    }
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = |path: &PathBuf| {
            if path.as_os_str().is_empty() {
                ".".to_string()
            } else {
                path.to_string_lossy().into_owned()
            }
        };
        match self {
            Self::NoGit(why) => write!(f, "git cannot be run: {why}"),
            Self::NoRepository { folder, why } => {
                write!(f, "`{}` is in no git repository: {why}", path(folder))
            }
            Self::NoRevision { name, .. } => write!(f, "there is no revision `{name}`"),
            Self::NoFolder { folder, revision } => {
                write!(f, "`{}` is not there at `{revision}`", path(folder))
            }
            Self::Git(why) => write!(f, "git failed: {why}"),
        }
    }
}

impl std::error::Error for HistoryError {}

impl Repository {
    /// The repository that a folder lies in; the folder must be there.
    ///
    /// # Errors
    /// When there is no git, or no repository.
    pub fn holding(folder: &Path) -> Result<Self, HistoryError> {
        let folder = folder.strip_prefix(".").unwrap_or(folder).to_path_buf();
        let git = Git::within(&folder);
        let prefix = git
            .text(&["rev-parse", "--show-prefix"])
            .map_err(|error| match error {
                HistoryError::Git(why) => HistoryError::NoRepository {
                    folder: folder.clone(),
                    why,
                },
                other => other,
            })?;
        let prefix = prefix.strip_suffix('\n').unwrap_or(&prefix).to_string();
        if prefix.contains('\n') {
            return Err(HistoryError::Git(
                "a folder with a line break in its name cannot be looked up".to_string(),
            ));
        }
        let objects = Rc::new(RefCell::new(Objects::new(&git)));
        Ok(Self {
            prefix,
            git,
            folder,
            objects,
        })
    }

    /// Whether the clone lacks history.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.git
            .text(&["rev-parse", "--is-shallow-repository"])
            .is_ok_and(|said| said.trim() == "true")
    }

    /// The commit that a name stands for.
    ///
    /// # Errors
    /// When it stands for none.
    pub fn commit(&self, name: &str) -> Result<Commit, HistoryError> {
        let unknown = || HistoryError::NoRevision {
            name: name.to_string(),
            shallow: self.is_shallow(),
        };
        // A name is never an option, nor several arguments.
        if name.is_empty() || name.starts_with('-') || name.contains(['\0', '\n']) {
            return Err(unknown());
        }
        let peeled = format!("{name}^{{commit}}");
        let said = match self
            .git
            .text(&["rev-parse", "--verify", "--quiet", &peeled])
        {
            Ok(said) => said,
            Err(HistoryError::Git(_)) => return Err(unknown()),
            Err(other) => return Err(other),
        };
        self.described(said.trim())
    }

    fn described(&self, id: &str) -> Result<Commit, HistoryError> {
        let bytes = self.objects.borrow_mut().read(id, git::ALL)?;
        let text = bytes
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .ok_or_else(|| HistoryError::Git(format!("the commit {id} is missing")))?;
        let (head, message) = text.split_once("\n\n").unwrap_or((&text, ""));
        let line = |key: &str| head.lines().find_map(|line| line.strip_prefix(key));
        let author = line("author ")
            .and_then(|line| line.rsplit_once(" <"))
            .map_or("", |(name, _)| name);
        let time = line("committer ").and_then(|line| line.rsplit(' ').nth(1));
        Ok(Commit {
            id: id.to_string(),
            author: author.to_string(),
            time: time.and_then(|time| time.parse().ok()).unwrap_or(0),
            subject: message.lines().next().unwrap_or_default().to_string(),
        })
    }

    /// The files of the folder as of a commit. `label` is what stands for the revision before every path that is shown.
    ///
    /// # Errors
    /// When the folder is not there.
    pub fn files(&self, commit: &Commit, label: &str) -> Result<Tree, HistoryError> {
        let missing = || HistoryError::NoFolder {
            folder: self.folder.clone(),
            revision: label.to_string(),
        };
        let id = self.tree_id(&commit.id)?.ok_or_else(missing)?;
        self.tree(&id, label)
    }

    /// The id of the folder's tree as of a commit.
    fn tree_id(&self, commit: &str) -> Result<Option<String>, HistoryError> {
        let path = format!("{commit}:{}", self.prefix.trim_end_matches('/'));
        self.objects.borrow_mut().id(&path)
    }

    fn tree(&self, id: &str, label: &str) -> Result<Tree, HistoryError> {
        let listed = self
            .git
            .bytes(&["ls-tree", "-r", "-z", "--full-tree", id])?;
        Ok(Tree::new(
            &listed,
            self.folder.clone(),
            format!("{label}:"),
            Rc::clone(&self.objects),
        ))
    }
}

#[cfg(test)]
mod tests;

//! The record of pushes: who changed what, when, from which commit and with which plan, and how it ended.
//!
//! A file of JSON lines that is only ever appended to. A push writes a line before its first request that changes anything,
//! and another when it has ended, so one that was cut off shows as a beginning without an end. Each line goes in whole under a
//! lock of the file, so two pushes do not write into each other's.

mod windows;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::plan::{Change, Override, Plan, PolicyState, RoleState, digest};
use crate::push::{Applied, Outcome, PushError, Stopped};
use crate::spacelift::{AuditEntry, Error, ReadAccount, Viewer};

pub use windows::{Overdue, overdue};

/// The number of the layout of the lines.
pub const FORMAT: u32 = 1;

/// The longest text that a line holds, in bytes; of a longer one the line has the digest only.
pub const LONGEST_TEXT: usize = 256 << 10;

/// How much of the end of a file is looked at, in bytes: the last pushes, not all there ever were.
const TAIL: u64 = 4 << 20;

/// How far the account's clock may be behind this machine's, in seconds.
const SKEW: i64 = 300;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Line {
    /// Before the first change.
    Begin(Box<Begin>),
    /// After the last one, or where it stopped.
    End(Box<End>),
    /// Sessions of some people are to be ended, or were, while the policy stays as it is.
    Sessions(Box<Sessions>),
}

/// Sessions that are ended one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    /// The number of the layout.
    pub format: u32,
    /// When; RFC 3339, UTC.
    pub at: String,
    /// The release that did it.
    pub liftgate: String,
    /// The account's address, or the file of a sandbox.
    pub place: String,
    /// Who did it, as the account says.
    pub who: Who,
    /// The mapping's path.
    pub mapping: String,
    /// `offboard` or `expire`.
    pub command: String,
    /// When the policy is to follow; RFC 3339, UTC. Nothing where it refuses them already.
    pub window: Option<String>,
    /// Login -> how many sessions; before, those to be ended, and afterwards those that were.
    pub people: BTreeMap<String, usize>,
    /// Whether it is over.
    pub done: bool,
}

impl Sessions {
    /// The line before anything is ended.
    #[must_use]
    pub fn of(
        command: &str,
        place: &str,
        viewer: &Viewer,
        mapping: &Path,
        people: BTreeMap<String, usize>,
    ) -> Self {
        Self {
            format: FORMAT,
            at: now(),
            liftgate: env!("CARGO_PKG_VERSION").to_string(),
            place: place.to_string(),
            who: Who {
                id: viewer.id.clone(),
                name: viewer.label().to_string(),
            },
            mapping: mapping.to_string_lossy().into_owned(),
            command: command.to_string(),
            window: None,
            people,
            done: false,
        }
    }

    /// The line afterwards.
    #[must_use]
    pub fn over(self, people: BTreeMap<String, usize>) -> Self {
        Self {
            at: now(),
            people,
            done: true,
            ..self
        }
    }
}

/// What is about to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// The number of the layout.
    pub format: u32,
    /// What both lines of one push have in common.
    pub push: String,
    /// When; RFC 3339, UTC.
    pub at: String,
    /// The release that pushed.
    pub liftgate: String,
    /// The account's name.
    pub account: String,
    /// Its address, or the file of a sandbox.
    pub place: String,
    /// Who pushed, as the account says.
    pub who: Who,
    /// The mapping's path.
    pub mapping: String,
    /// The commit that the mapping is in; nothing outside of a repository.
    pub commit: Option<Commit>,
    /// The plan's digest.
    pub plan: String,
    /// The plan's file, if it came from one.
    pub file: Option<String>,
    /// The guards that were set aside, and why.
    pub overrides: Vec<Override>,
    /// What is to change, in order.
    pub changes: Vec<Changed>,
}

/// Who pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The account's id of them.
    pub id: String,
    /// Login, or whatever else tells most.
    pub name: String,
}

/// The commit that a mapping is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its id, in full.
    pub id: String,
    /// Whether a file that was read is not as it is there.
    pub dirty: bool,
}

/// A thing that is to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// `policy`, `role`, `access policy` or `attachment`.
    pub kind: String,
    /// The policy's name, or the role's slug.
    pub name: String,
    /// As it was; nothing for what is made.
    pub before: Option<Version>,
    /// As it is to be; nothing for what goes.
    pub after: Option<Version>,
}

/// A text, or what stands for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// `sha256:` and the digest of the text.
    pub digest: String,
    /// The text, unless it is long. A role's is JSON, an access policy's begins with its labels, and an attachment's is the id of
    /// the stack or module.
    pub text: Option<String>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The number of the layout.
    pub format: u32,
    /// What both lines of one push have in common.
    pub push: String,
    /// When; RFC 3339, UTC.
    pub at: String,
    /// In a word.
    pub outcome: Ended,
    /// What was made and seen.
    pub applied: Vec<Applied>,
    /// Why it went no further.
    pub error: Option<String>,
    /// The account's own entries about it.
    pub audit: Vec<AuditEntry>,
    /// Why there are none, where that is known.
    pub audit_note: Option<String>,
}

/// How a push ended, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// All of it is live.
    Done,
    /// A guard refused, or somebody else's change is live.
    Refused,
    /// It failed.
    Failed,
    /// It failed, and what was there before is live again.
    TakenBack,
    /// It failed, and what is live is broken.
    Broken,
}

impl Begin {
    /// The line before a push.
    #[must_use]
    pub fn of(plan: &Plan, place: &str, viewer: &Viewer, sealed: &str) -> Self {
        let at = now();
        let push = digest(format!("{at} {} {sealed}", std::process::id()).as_bytes());
        Self {
            format: FORMAT,
            push: push.chars().skip("sha256:".len()).take(16).collect(),
            at,
            liftgate: env!("CARGO_PKG_VERSION").to_string(),
            account: plan.account.clone(),
            place: place.to_string(),
            who: Who {
                id: viewer.id.clone(),
                name: viewer.label().to_string(),
            },
            mapping: String::new(),
            commit: None,
            plan: sealed.to_string(),
            file: None,
            overrides: plan.overrides.clone(),
            changes: plan.changes.iter().map(Changed::of).collect(),
        }
    }
}

impl Changed {
    fn of(change: &Change) -> Self {
        let policy = |name: &str, before: Option<&PolicyState>, after: &PolicyState| Self {
            kind: "policy".to_string(),
            name: name.to_string(),
            before: before.map(|state| Version::of(&state.body)),
            after: Some(Version::of(&after.body)),
        };
        let role = |name: &str, before: Option<&RoleState>, after: Option<&RoleState>| Self {
            kind: "role".to_string(),
            name: name.to_string(),
            before: before.map(Version::of_role),
            after: after.map(Version::of_role),
        };
        // The labels attach it, so they are a part of what was there.
        let whole = |state: &PolicyState| {
            let labels = state.labels.join(", ");
            Version::of(&format!("# labels: {labels}\n{}", state.body))
        };
        let access = |name: &str, before: Option<&PolicyState>, after: Option<&PolicyState>| Self {
            kind: "access policy".to_string(),
            name: name.to_string(),
            before: before.map(whole),
            after: after.map(whole),
        };
        let attached = |name: &str, before: Option<&String>, after: Option<&String>| Self {
            kind: "attachment".to_string(),
            name: name.to_string(),
            before: before.map(|stack| Version::of(stack)),
            after: after.map(|stack| Version::of(stack)),
        };
        match change {
            Change::PolicyCreate { policy: after } => policy(&after.name, None, after),
            Change::PolicyUpdate { before, after, .. } => policy(&after.name, Some(before), after),
            Change::RoleCreate { role: after, .. } => role(&after.slug, None, Some(after)),
            Change::RoleUpdate { before, after, .. } => {
                role(&after.slug, Some(before), Some(after))
            }
            Change::RoleDelete { role: before, .. } => role(&before.slug, Some(before), None),
            Change::AccessCreate { policy } => access(&policy.name, None, Some(policy)),
            Change::AccessUpdate { before, after, .. } => {
                access(&after.name, Some(before), Some(after))
            }
            Change::AccessDelete { policy, .. } => access(&policy.name, Some(policy), None),
            Change::AccessAttach { policy, stack, .. } => attached(policy, None, Some(stack)),
            Change::AccessDetach { policy, stack, .. } => attached(policy, Some(stack), None),
        }
    }
}

impl Version {
    fn of(text: &str) -> Self {
        Self {
            digest: digest(text.as_bytes()),
            text: (text.len() <= LONGEST_TEXT).then(|| text.to_string()),
        }
    }

    fn of_role(role: &RoleState) -> Self {
        Self::of(&serde_json::to_string(role).unwrap_or_default())
    }
}

impl End {
    /// The line after a push.
    #[must_use]
    pub fn of(begin: &Begin, result: &Result<Outcome, Stopped>, reader: &dyn ReadAccount) -> Self {
        let (outcome, applied, error) = match result {
            Ok(outcome) => (Ended::Done, &outcome.applied, None),
            Err(Stopped { applied, error }) => (ended(error), applied, Some(error.to_string())),
        };
        let (audit, audit_note) = match audit(begin, applied, reader) {
            Ok(entries) if entries.is_empty() && !applied.is_empty() => (
                entries,
                Some("the account shows no entry for it".to_string()),
            ),
            Ok(entries) => (entries, None),
            Err(note) => (Vec::new(), Some(note)),
        };
        Self {
            format: FORMAT,
            push: begin.push.clone(),
            at: now(),
            outcome,
            applied: applied.clone(),
            error,
            audit,
            audit_note,
        }
    }
}

fn ended(error: &PushError) -> Ended {
    match error {
        PushError::TakenBack { .. } => Ended::TakenBack,
        PushError::NotTakenBack { .. } => Ended::Broken,
        error if error.is_refusal() => Ended::Refused,
        _ => Ended::Failed,
    }
}

/// The account's own entries about what was made: of the same kind and id, since shortly before the push began. A trail that
/// cannot be read is no failure of a push.
fn audit(
    begin: &Begin,
    applied: &[Applied],
    reader: &dyn ReadAccount,
) -> Result<Vec<AuditEntry>, String> {
    if applied.is_empty() {
        return Ok(Vec::new());
    }
    let began: jiff::Timestamp = begin
        .at
        .parse()
        .map_err(|error: jiff::Error| error.to_string())?;
    let trail = match reader.audit_trail(began.as_second() - SKEW, None) {
        Ok(Some(trail)) => trail,
        Ok(None) => return Err("the installation has no audit trail".to_string()),
        Err(error @ (Error::NotAllowed { .. } | Error::Refused { .. })) => {
            return Err(error.to_string());
        }
        Err(error) => return Err(format!("the audit trail could not be read: {error}")),
    };
    let is_ours = |entry: &AuditEntry| {
        applied.iter().any(|one| {
            let kind = match one.what.strip_prefix("access ") {
                Some(_) => "policy",
                None => one.what.split(' ').next().unwrap_or_default(),
            };
            entry.is_about(kind) && entry.affected_resource.resource_id.as_ref() == Some(&one.id)
        })
    };
    // A body repeats the text, which stands in the first line.
    Ok(trail
        .into_iter()
        .filter(is_ours)
        .map(|entry| AuditEntry {
            body: None,
            ..entry
        })
        .collect())
}

/// A record that can be written.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
    file: File,
}

impl Record {
    /// Opens a record to append to it; a new one is made, with the folders above it.
    ///
    /// # Errors
    /// When it is not a file, or cannot be written.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Opening a pipe would wait for somebody to read it.
        if std::fs::metadata(path).is_ok_and(|about| !about.is_file()) {
            return Err(io::Error::other("it is not a file"));
        }
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line, and has the system put it on the disk.
    ///
    /// # Errors
    /// When it cannot be written whole.
    pub fn append(&mut self, line: &Line) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        match self.file.lock() {
            // A file system without locks still appends whole writes.
            Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(error),
            _ => {}
        }
        let written = self.append_locked(&mut bytes);
        let unlocked = self.file.unlock();
        written?;
        match unlocked {
            Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error),
            _ => Ok(()),
        }
    }

    fn append_locked(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        // What an earlier writer was kept from finishing stays a line of its own.
        if self.file.seek(SeekFrom::End(0))? > 0 {
            let mut last = [0];
            self.file.seek(SeekFrom::End(-1))?;
            self.file.read_exact(&mut last)?;
            if last != *b"\n" {
                bytes.insert(0, b'\n');
            }
        }
        self.file.write_all(bytes)?;
        self.file.sync_data()
    }
}

/// What the newest lines of a record say of a push that did not do all that it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfinished {
    /// It has no end: it still runs, or was cut off.
    Open(Box<Begin>),
    /// It ended early.
    Stopped(Box<Begin>, Box<End>),
}

/// The newest push of an account in a record, if it is not known to have done all that it should. A record that is not there has
/// none, and lines that are none are passed over.
///
/// # Errors
/// When the file cannot be read.
pub fn unfinished(path: &Path, place: &str) -> io::Result<Option<Unfinished>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let mut last: Option<Box<Begin>> = None;
    let mut ends: BTreeMap<String, Box<End>> = BTreeMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        match serde_json::from_slice(line) {
            Ok(Line::Begin(begin)) if begin.place == place => last = Some(begin),
            Ok(Line::End(end)) => drop(ends.insert(end.push.clone(), end)),
            _ => {}
        }
    }
    let Some(begin) = last else {
        return Ok(None);
    };
    Ok(match ends.remove(&begin.push) {
        None => Some(Unfinished::Open(begin)),
        Some(end) if end.outcome == Ended::Done => None,
        Some(end) => Some(Unfinished::Stopped(begin, end)),
    })
}

impl std::fmt::Display for Unfinished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open(begin) => write!(
                f,
                "the push that {} began at {} has no end in the record: it still runs, or was cut off",
                begin.who.name, begin.at
            ),
            Self::Stopped(begin, end) => write!(
                f,
                "the push that {} began at {} ended after {} of {}: {}",
                begin.who.name,
                begin.at,
                end.applied.len(),
                crate::report::counts::number(begin.changes.len(), "change"),
                end.error.as_deref().unwrap_or("nothing was said")
            ),
        }
    }
}

/// Now, to the millisecond.
fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

#[cfg(test)]
mod tests;

//! The file: read with its faults named, written whole or not at all, held by one process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Error;
use super::state::State;

/// The file of a sandbox, locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    _lock: File,
}

impl Store {
    /// Takes the lock beside the file.
    ///
    /// The lock is a file of its own, because the state's file is replaced by every write.
    pub(crate) fn open(path: &Path) -> Result<Store, Error> {
        let beside = with_suffix(path, ".lock");
        let io = |what: &'static str| {
            move |source| Error::Io {
                what,
                path: path.to_owned(),
                source,
            }
        };
        // Looked at before anything is made beside it: opening a pipe would wait for ever.
        if let Ok(found) = std::fs::metadata(path)
            && !found.is_file()
        {
            return Err(io("cannot use")(std::io::Error::other("it is not a file")));
        }
        let lock = private()
            .create(true)
            .truncate(false)
            .open(&beside)
            .map_err(io("cannot lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Store {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked {
                path: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(io("cannot lock")(source)),
        }
    }

    /// The state, or none if there is no file yet.
    pub(crate) fn load(&self) -> Result<Option<State>, Error> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(Error::Io {
                    what: "cannot read",
                    path: self.path.clone(),
                    source,
                });
            }
        };
        let corrupt = |line, column, message: String| Error::Corrupt {
            path: self.path.clone(),
            line,
            column,
            message,
        };
        let value: serde_json::Value = serde_json::from_str(&text)
            .map_err(|error| corrupt(error.line(), error.column(), error_text(&error)))?;
        if value.get("sandbox").is_none() {
            return Err(corrupt(
                1,
                1,
                "expected the state of a sandbox, with a field `sandbox`".to_owned(),
            ));
        }
        let state: State = serde_json::from_str(&text)
            .map_err(|error| corrupt(error.line(), error.column(), error_text(&error)))?;
        match state.fault() {
            Some(fault) => Err(corrupt(1, 1, fault)),
            None => Ok(Some(state)),
        }
    }

    /// Replaces the file in one step.
    pub(crate) fn save(&self, state: &State) -> Result<(), Error> {
        let fail = |source| Error::Io {
            what: "cannot write",
            path: self.path.clone(),
            source,
        };
        let mut text = serde_json::to_string_pretty(state).map_err(|error| fail(error.into()))?;
        text.push('\n');
        let fresh = with_suffix(&self.path, ".new");
        let mut file = private()
            .create(true)
            .truncate(true)
            .open(&fresh)
            .map_err(fail)?;
        file.write_all(text.as_bytes()).map_err(fail)?;
        file.sync_all().map_err(fail)?;
        std::fs::rename(&fresh, &self.path).map_err(fail)?;
        // The rename itself survives a crash only once the folder is on the disk; not every system can do this.
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        if let Ok(folder) = File::open(folder) {
            folder.sync_all().ok();
        }
        Ok(())
    }
}

/// For writing, and where the system knows it, for the owner's eyes only.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// What the JSON reader says, without its own note of the place.
fn error_text(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.clone(), |(message, _)| message.to_owned())
}

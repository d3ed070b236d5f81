//! The key that pseudonyms are made with. Whoever has it can tell whether a name is behind a pseudonym; so it is readable by
//! its owner alone, and never becomes part of a repository.

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::policy::hex;
use crate::report::visible;

/// How long a key is, in bytes.
const LENGTH: usize = 32;

/// What a key's file begins with, so that no other file is taken for one.
const HEAD: &str = "liftgate samples key ";

/// A key. It cannot be shown.
pub struct Key(hmac::Key);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// Why there is no key.
#[derive(Debug)]
pub enum KeyError {
    /// The file could not be read or written.
    File(PathBuf, io::Error),
    /// The file is not a key's.
    NotAKey(PathBuf),
    /// Others may read the file.
    Readable(PathBuf),
    /// The file is, or would become, part of a repository.
    InRepository(PathBuf),
    /// Whether it would could not be found out.
    Unsure(PathBuf, String),
    /// There is none to read.
    None(PathBuf),
    /// No random numbers could be had.
    NoChance,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |path: &Path| visible::path(path);
        match self {
            Self::File(path, error) => write!(f, "the key `{}`: {error}", name(path)),
            Self::NotAKey(path) => write!(f, "`{}` is not a key of samples", name(path)),
            Self::Readable(path) => write!(f, "others may read the key `{}`", name(path)),
            Self::InRepository(path) => write!(
                f,
                "the key `{}` lies in a repository that does not ignore it",
                name(path)
            ),
            Self::Unsure(path, why) => write!(
                f,
                "whether git ignores the key `{}` could not be found out: {why}",
                name(path)
            ),
            Self::None(path) => write!(f, "there is no key at `{}`", name(path)),
            Self::NoChance => f.write_str("the system gives no random numbers"),
        }
    }
}

impl std::error::Error for KeyError {}

impl KeyError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::File(..) => "the folder and the file must be yours to read and write",
            Self::NotAKey(_) => {
                "name another file with `--key`, or remove it to have a new key made; samples of another key cannot be joined with"
            }
            Self::Readable(_) => "let only yourself read it: `chmod 600`",
            Self::InRepository(_) => {
                "add it to `.gitignore`, or keep it outside with `--key`; a key that was committed is no secret any more"
            }
            Self::Unsure(..) => "keep the key outside of the repository with `--key`",
            Self::None(_) => {
                "the key is made by the first `liftgate samples pull`, and stays on the machine that made it"
            }
            Self::NoChance => "this is the system's matter",
        }
    }
}

impl Key {
    /// A key of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// Reads a key, or makes one where there is none.
    ///
    /// # Errors
    /// When the file cannot be used, or could become part of a repository.
    pub fn open_or_make(path: &Path) -> Result<Self, KeyError> {
        kept_out(path)?;
        match Self::read(path) {
            Err(KeyError::None(_)) => Self::make(path),
            other => other,
        }
    }

    /// Reads a key.
    ///
    /// # Errors
    /// [`KeyError::None`] where there is no file; others as above.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        if !path.exists() {
            return Err(KeyError::None(path.to_owned()));
        }
        kept_out(path)?;
        Self::read(path)
    }

    fn read(path: &Path) -> Result<Self, KeyError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeyError::None(path.to_owned()));
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(KeyError::NotAKey(path.to_owned()));
            }
            Err(error) => return Err(KeyError::File(path.to_owned(), error)),
        };
        if is_readable_by_others(path) {
            return Err(KeyError::Readable(path.to_owned()));
        }
        let digits = text.trim_end().strip_prefix(HEAD);
        let bytes = digits.and_then(unhex).filter(|bytes| bytes.len() == LENGTH);
        bytes
            .map(|bytes| Self::of(&bytes))
            .ok_or_else(|| KeyError::NotAKey(path.to_owned()))
    }

    fn make(path: &Path) -> Result<Self, KeyError> {
        let mut bytes = [0_u8; LENGTH];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| KeyError::NoChance)?;
        let text = format!("{HEAD}{}\n", hex(&bytes));
        write_private(path, &text).map_err(|error| KeyError::File(path.to_owned(), error))?;
        Ok(Self::of(&bytes))
    }

    /// The pseudonym of a text of some kind: 64 bits, in hexadecimal.
    #[must_use]
    pub fn token(&self, kind: &str, text: &str) -> String {
        let mut token = hex(&self.bytes(kind, text));
        token.truncate(16);
        token
    }

    /// 32 bytes that nobody can tell without the key.
    pub(super) fn bytes(&self, kind: &str, text: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(kind.as_bytes());
        // No kind has a zero byte in it, so that no two pairs come to the same.
        context.update(&[0]);
        context.update(text.as_bytes());
        context.sign().as_ref().to_vec()
    }

    /// What tells this key from others, and nothing else.
    #[must_use]
    pub fn name(&self) -> String {
        let mut name = self.token("name of the key", "");
        name.truncate(8);
        name
    }
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(unix)]
fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &Path) -> bool {
    // Files are private to their owner where their folder is.
    false
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Refuses a key that git has, or would take.
fn kept_out(path: &Path) -> Result<(), KeyError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // The nearest folder that is there: the others are yet to be made.
    let there = folder
        .ancestors()
        .find(|folder| folder.is_dir())
        .unwrap_or(Path::new("."));
    let unsure = |why: String| KeyError::Unsure(path.to_owned(), why);
    let there = there
        .canonicalize()
        .map_err(|error| unsure(error.to_string()))?;
    if !there.ancestors().any(|folder| folder.join(".git").exists()) {
        return Ok(());
    }
    let absolute = std::path::absolute(path).map_err(|error| unsure(error.to_string()))?;
    let git = |arguments: &[&str]| {
        Command::new("git")
            .arg("-C")
            .arg(&there)
            .args(arguments)
            .arg("--")
            .arg(&absolute)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map_err(|error| unsure(format!("git could not be run: {error}")))
    };
    let is_tracked = git(&["ls-files", "--error-unmatch"])?;
    if is_tracked.success() {
        return Err(KeyError::InRepository(path.to_owned()));
    }
    match git(&["check-ignore", "--quiet"])?.code() {
        Some(0) => Ok(()),
        Some(1) => Err(KeyError::InRepository(path.to_owned())),
        _ => Err(unsure("git does not say".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_private_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/key");
        let made = Key::open_or_make(&path).unwrap();
        let again = Key::open_or_make(&path).unwrap();
        assert_eq!(made.token("x", "y"), again.token("x", "y"));
        assert_eq!(made.name(), Key::open(&path).unwrap().name());
        assert_ne!(made.token("x", "y"), made.token("xy", ""));
        assert_ne!(
            made.name(),
            Key::open_or_make(&folder.path().join("other"))
                .unwrap()
                .name()
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            assert!(matches!(Key::open(&path), Err(KeyError::Readable(_))));
        }
    }

    #[test]
    fn another_file_is_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(matches!(Key::open(&path), Err(KeyError::None(_))));
        for text in ["", "x", "liftgate samples key 00", "\u{fe}"] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(
                Key::read(&path),
                Err(KeyError::NotAKey(_) | KeyError::Readable(_))
            ));
        }
    }

    #[test]
    fn a_key_shows_nothing() {
        assert_eq!(format!("{:?}", Key::of(b"secret")), "Key");
    }

    #[test]
    fn a_repository_does_not_take_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let done = Command::new("git")
                .arg("-C")
                .arg(folder.path())
                .args(arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap();
            assert!(done.success(), "{arguments:?}");
        };
        git(&["init"]);
        let path = folder.path().join("samples/key");
        assert!(matches!(
            Key::open_or_make(&path),
            Err(KeyError::InRepository(_))
        ));
        assert!(!path.exists());
        std::fs::create_dir(folder.path().join("samples")).unwrap();
        std::fs::write(folder.path().join("samples/.gitignore"), "/key\n").unwrap();
        Key::open_or_make(&path).unwrap();
        // Ignoring what is tracked already does not help.
        git(&["add", "--force", "samples/key"]);
        assert!(matches!(Key::open(&path), Err(KeyError::InRepository(_))));
    }
}

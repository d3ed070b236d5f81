//! Where files come from: the disk, or anything that is laid out like one.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::read::{MAX_FILE, Refusal, bytes};

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file, or something else that is no folder.
    File,
    /// A folder.
    Folder,
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name in the folder.
    pub name: OsString,
    /// Whether it is a folder itself; a link to one is not.
    pub is_folder: bool,
}

/// Files by their paths.
pub trait Files {
    /// What a path leads to, through links; nothing where nothing is.
    fn kind(&self, path: &Path) -> Option<Kind>;

    /// Whether a path names anything, and be it a link that leads nowhere.
    fn is_named(&self, path: &Path) -> bool;

    /// What a folder holds, by name.
    ///
    /// # Errors
    /// When it is no folder, or cannot be read.
    fn entries(&self, folder: &Path) -> io::Result<Vec<Entry>>;

    /// The path of what a path leads to, without links.
    ///
    /// # Errors
    /// When it leads nowhere.
    fn real(&self, path: &Path) -> io::Result<PathBuf>;

    /// The whole of a file of no more than `limit` bytes.
    ///
    /// # Errors
    /// When it is no such file, or cannot be read.
    fn bytes(&self, path: &Path, limit: usize) -> Result<Vec<u8>, Refusal>;

    /// What stands before every path that is shown, where these are not the files of the disk.
    fn label(&self) -> Option<String> {
        None
    }

    /// The text of a file that a mapping or a fixture names: a regular file, no larger than the others, in UTF-8.
    ///
    /// # Errors
    /// When it is not, or cannot be read.
    fn text(&self, path: &Path) -> io::Result<String> {
        let bytes = self.bytes(path, MAX_FILE).map_err(|refusal| {
            let kind = if self.kind(path).is_some() {
                io::ErrorKind::Other
            } else {
                io::ErrorKind::NotFound
            };
            io::Error::new(kind, refusal.message)
        })?;
        String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
    }
}

/// The files of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn kind(&self, path: &Path) -> Option<Kind> {
        let about = std::fs::metadata(here(path)).ok()?;
        Some(if about.is_dir() {
            Kind::Folder
        } else {
            Kind::File
        })
    }

    fn is_named(&self, path: &Path) -> bool {
        path.symlink_metadata().is_ok()
    }

    fn entries(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = std::fs::read_dir(here(folder))?
            .map(|entry| {
                let entry = entry?;
                Ok(Entry {
                    name: entry.file_name(),
                    is_folder: entry.file_type()?.is_dir(),
                })
            })
            .collect::<io::Result<Vec<Entry>>>()?;
        entries.sort();
        Ok(entries)
    }

    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        here(path).canonicalize()
    }

    fn bytes(&self, path: &Path, limit: usize) -> Result<Vec<u8>, Refusal> {
        bytes(path, limit)
    }
}

/// The empty path is this folder.
fn here(path: &Path) -> &Path {
    if path == Path::new("") {
        Path::new(".")
    } else {
        path
    }
}

/// A file that is in no folder of the disk, alone in one.
#[derive(Debug, Clone)]
pub struct Alone {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

impl Files for Alone {
    fn kind(&self, path: &Path) -> Option<Kind> {
        if path == Path::new("") {
            Some(Kind::Folder)
        } else {
            (path == Path::new(self.name)).then_some(Kind::File)
        }
    }

    fn is_named(&self, path: &Path) -> bool {
        self.kind(path).is_some()
    }

    fn entries(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        match self.kind(folder) {
            Some(Kind::Folder) => Ok(vec![Entry {
                name: self.name.into(),
                is_folder: false,
            }]),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        match self.kind(path) {
            Some(_) => Ok(path.to_path_buf()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn bytes(&self, path: &Path, limit: usize) -> Result<Vec<u8>, Refusal> {
        if self.kind(path) != Some(Kind::File) {
            return Err(Refusal::unreadable("there is no such file"));
        }
        if self.text.len() > limit {
            return Err(Refusal::too_large(limit));
        }
        Ok(self.text.clone().into_bytes())
    }
}

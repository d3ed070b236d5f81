//! Writing files whole or not at all.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The mark that some editors put before UTF-8.
pub const MARK: &[u8] = b"\xef\xbb\xbf";

/// Writes a file so that a reader sees the old text or the new one, never half of it. Missing folders are made.
///
/// # Errors
/// When a folder or the file cannot be written.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let written = (|| {
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// When it exists, or cannot be written.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?
        .write_all(text.as_bytes())
}

/// Replaces files that exist, each whole: path, the bytes that it has, and those that it is to have. Links are followed and
/// permissions kept. Where one cannot be replaced, those before it are put back.
///
/// # Errors
/// When a file cannot be replaced.
pub fn replace_all(files: &[(PathBuf, Vec<u8>, Vec<u8>)]) -> io::Result<()> {
    let mut done: Vec<(PathBuf, &[u8])> = Vec::with_capacity(files.len());
    for (path, before, after) in files {
        let real = path.canonicalize();
        match real.and_then(|real| replace(&real, after).map(|()| real)) {
            Ok(real) => done.push((real, before)),
            Err(error) => {
                for (path, before) in done {
                    let _ = replace(&path, before);
                }
                let name = crate::report::visible::path(path);
                return Err(io::Error::new(error.kind(), format!("`{name}`: {error}")));
            }
        }
    }
    Ok(())
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let permissions = std::fs::metadata(path)?.permissions();
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let replaced = (|| {
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(bytes)?;
        file.set_permissions(permissions)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    })();
    if replaced.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    replaced
}

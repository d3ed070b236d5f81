//! Files from disk.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{Disk, Files, SourceId, Sources, Span};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::file::MARK;

/// How large a file that people write may be, in bytes.
pub const MAX_FILE: usize = 4 * 1024 * 1024;

impl Sources {
    /// Reads a file of the disk; as [`Sources::read_from`].
    pub fn read(&mut self, path: &Path, diagnostics: &mut Diagnostics) -> Option<SourceId> {
        self.read_from(&Disk, path, MAX_FILE, diagnostics)
    }

    /// Reads a file of no more than `limit` bytes. If that fails, a finding says why, and the answer is `None`; the file is among the sources all the same,
    /// with whatever of its text can be shown.
    pub fn read_from(
        &mut self,
        files: &dyn Files,
        path: &Path,
        limit: usize,
        diagnostics: &mut Diagnostics,
    ) -> Option<SourceId> {
        let name = shown_path(path);
        if let Some(text) = self.instead.get(&name) {
            let text = text.clone();
            return Some(self.add(name, text));
        }
        match files.bytes(path, limit) {
            Ok(bytes) => self.take(name, &bytes, diagnostics),
            Err(Refusal {
                code,
                message,
                help,
            }) => {
                let file = self.add(name, "");
                let diagnostic = Diagnostic::error(code, whole(file), message);
                diagnostics.push(match help {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                });
                None
            }
        }
    }

    /// Takes a file's bytes that come from elsewhere, with the same findings.
    pub fn read_bytes(
        &mut self,
        path: impl Into<String>,
        bytes: &[u8],
        diagnostics: &mut Diagnostics,
    ) -> Option<SourceId> {
        if bytes.len() > MAX_FILE {
            let file = self.add(path, "");
            diagnostics.push(
                Diagnostic::error(Code::YamlLimit, whole(file), too_large(MAX_FILE))
                    .help("split it"),
            );
            return None;
        }
        self.take(path, bytes, diagnostics)
    }

    fn take(
        &mut self,
        path: impl Into<String>,
        bytes: &[u8],
        diagnostics: &mut Diagnostics,
    ) -> Option<SourceId> {
        let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
        let wrong = match std::str::from_utf8(bytes) {
            Ok(text) => return Some(self.add(path, text)),
            Err(wrong) => wrong,
        };
        let at = wrong.valid_up_to();
        let byte = bytes.get(at).copied().unwrap_or_default();
        let wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        // What stands before the byte is the same in the text with replacements, so the place is right in it.
        let file = self.add(path, String::from_utf8_lossy(bytes));
        let start = u32::try_from(at).unwrap_or(u32::MAX);
        let width = u32::try_from(char::REPLACEMENT_CHARACTER.len_utf8()).unwrap_or(1);
        let span = Span {
            file,
            start,
            end: start.saturating_add(width),
        };
        let message = if wide {
            "the file is UTF-16, not UTF-8".to_owned()
        } else {
            format!("the byte 0x{byte:02x} does not belong in UTF-8")
        };
        diagnostics
            .push(Diagnostic::error(Code::NotUtf8, span, message).help("save the file as UTF-8"));
        None
    }
}

/// A path with `/` between its parts, on every system.
fn shown_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' {
        text.into_owned()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    }
}

fn whole(file: SourceId) -> Span {
    Span {
        file,
        start: 0,
        end: 0,
    }
}

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which finding that is.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<&'static str>,
}

impl Refusal {
    /// A file that has more bytes than it may have.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        Self {
            code: Code::YamlLimit,
            message: too_large(limit),
            help: Some("split it"),
        }
    }

    /// A file that cannot be read.
    #[must_use]
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self {
            code: Code::FileUnreadable,
            message: message.into(),
            help: None,
        }
    }
}

fn too_large(limit: usize) -> String {
    format!("the file is larger than {} MiB", limit / (1024 * 1024))
}

pub(super) fn bytes(path: &Path, limit: usize) -> Result<Vec<u8>, Refusal> {
    let unreadable = |error: &std::io::Error| {
        Refusal::unreadable(match error.kind() {
            std::io::ErrorKind::NotFound => "the file does not exist".to_owned(),
            std::io::ErrorKind::PermissionDenied => "the file may not be read".to_owned(),
            _ => format!("the file cannot be read: {error}"),
        })
    };
    // Asked before it is opened: opening a pipe would wait for somebody to write into it.
    let about = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    if !about.is_file() {
        return Err(Refusal {
            code: Code::FileUnreadable,
            message: if about.is_dir() {
                "this is a folder, not a file"
            } else {
                "this is not a regular file"
            }
            .to_owned(),
            help: Some("name a file"),
        });
    }
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    if about.len() > most {
        return Err(Refusal::too_large(limit));
    }
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0));
    // It may have grown since.
    file.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    if bytes.len() > limit {
        return Err(Refusal::too_large(limit));
    }
    Ok(bytes)
}

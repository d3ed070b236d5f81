//! Included files: from an entry of `include` to what the files that it names say.
//!
//! Nothing outside of the mapping's folder is read, however it is written: not by `..`, not by an absolute path, and not
//! through a link.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, shown};
use crate::document::{self, Document, Fixtures, Text};
use crate::report::visible;
use crate::source::{Files, Kind, MAX_FILE, Sources, Span};

/// Reads what a mapping includes into it; answers the fixtures of those files.
pub(super) fn read(
    files: &dyn Files,
    document: &mut Document,
    folder: &Path,
    mapping: &Path,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Vec<Fixtures> {
    let written: Vec<Text> = document
        .include
        .iter()
        .map(|entry| entry.file.clone().unwrap_or_default())
        .collect();
    let mut reader = Reader {
        from: files,
        folder,
        taken: BTreeMap::new(),
    };
    if let Ok(real) = files.real(mapping) {
        reader.taken.insert(real, None);
    }
    let mut fixtures = Vec::new();
    for (entry, file) in written.iter().enumerate() {
        // One that names no file lacks a field, which is said where fields are looked at.
        if document.include.get(entry).is_none_or(|e| e.file.is_none()) {
            continue;
        }
        let paths = match reader.files(file) {
            Ok(paths) => paths,
            Err(wrong) => {
                diagnostics.push(*wrong);
                document.miss_a_file();
                continue;
            }
        };
        for path in paths {
            let Some(id) = sources.read_from(files, &path, MAX_FILE, diagnostics) else {
                document.miss_a_file();
                continue;
            };
            let included = document::read_included(sources, id, diagnostics);
            fixtures.push(document.take_in(entry, included));
        }
    }
    fixtures
}

struct Reader<'p> {
    from: &'p dyn Files,
    folder: &'p Path,
    /// Every file that is spoken for, by its real path, and the entry that includes it; the mapping itself has none.
    taken: BTreeMap<PathBuf, Option<Span>>,
}

impl Reader<'_> {
    /// The files that an entry names, sorted, each of them there, below the folder, and named by no other entry.
    fn files(&mut self, file: &Text) -> Result<Vec<PathBuf>, Box<Diagnostic>> {
        let bad = |message: String, help: &str| {
            Box::new(Diagnostic::error(Code::BadInclude, file.span, message).help(help))
        };
        let segments = segments(file)
            .map_err(|help| bad(format!("`{}` cannot be included", shown(file)), help))?;
        let unreadable = |path: &Path, error: &io::Error| {
            bad(
                format!("`{}` cannot be read: {error}", visible::path(path)),
                "every folder on the way, and every file, must be readable",
            )
        };
        let here = self.folder;
        let root = self.from.real(here).map_err(|error| {
            let shown = if here == Path::new("") {
                Path::new(".")
            } else {
                here
            };
            unreadable(shown, &error)
        })?;
        let mut found = vec![PathBuf::new()];
        for segment in &segments {
            let mut next = Vec::new();
            for path in &found {
                next.extend(
                    step(self.from, here, path, segment)
                        .map_err(|(at, error)| unreadable(&at, &error))?,
                );
            }
            found = next;
        }
        if found.is_empty() {
            return Err(bad(
                format!("no file is called `{}`", shown(file)),
                "write a path, or a pattern such as `teams/*.yaml`, from the folder of the mapping; a star stands for no name that begins with a dot",
            ));
        }
        found.sort();
        let mut files = Vec::with_capacity(found.len());
        for path in found {
            let real = self
                .from
                .real(&here.join(&path))
                .map_err(|error| unreadable(&path, &error))?;
            let name = visible::path(&path);
            if !real.starts_with(&root) {
                return Err(bad(
                    format!("`{name}` leads out of the folder of the mapping"),
                    "include files of that folder only: whoever may change the others would change who may do what",
                ));
            }
            match self.taken.get(&real) {
                None => {}
                Some(None) => {
                    return Err(bad(
                        format!("`{name}` is the mapping itself"),
                        "name the files of others here",
                    ));
                }
                Some(Some(first)) => {
                    return Err(Box::new(
                        bad(
                            format!("`{name}` is included already"),
                            "let one entry include it, so that it has one set of bounds",
                        )
                        .related(*first, "first included here"),
                    ));
                }
            }
            self.taken.insert(real, Some(file.span));
            files.push(self.folder.join(path));
        }
        Ok(files)
    }
}

/// The parts of a path or a pattern; or what would have been right.
fn segments(file: &str) -> Result<Vec<&str>, &'static str> {
    if file.is_empty() {
        return Err("write a path from the folder of the mapping, as in `teams/payments.yaml`");
    }
    if file.contains('\\') || file.starts_with('/') || Path::new(file).is_absolute() {
        return Err("write a path from the folder of the mapping, with `/` between its parts");
    }
    if file.contains(['?', '[', ']', '{', '}']) || file.contains("**") {
        return Err(
            "a pattern has no other sign than `*`, which stands for any characters but `/`",
        );
    }
    if !file.ends_with(".yaml") && !file.ends_with(".yml") {
        return Err("name files that end in `.yaml` or `.yml`");
    }
    let segments: Vec<&str> = file.split('/').filter(|part| *part != ".").collect();
    if segments.iter().any(|part| part.is_empty() || *part == "..") {
        return Err("include files below the folder of the mapping, without `..` in their paths");
    }
    Ok(segments)
}

/// What a segment stands for within a folder that has been reached.
fn step(
    files: &dyn Files,
    here: &Path,
    path: &Path,
    segment: &str,
) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let folder = here.join(path);
    if !segment.contains('*') {
        let next = path.join(segment);
        // A link that leads nowhere is there as well, and is a mistake to tell of.
        let there = files.is_named(&here.join(&next));
        return Ok(there.then_some(next).into_iter().collect());
    }
    if files.kind(&folder) != Some(Kind::Folder) {
        return Ok(Vec::new());
    }
    let entries = files.entries(&folder).map_err(|error| (folder, error))?;
    Ok(entries
        .into_iter()
        .map(|entry| entry.name)
        .filter(|name| {
            let shown = name.to_string_lossy();
            !shown.starts_with('.') && fits(segment, &shown)
        })
        .map(|name| path.join(name))
        .collect())
}

/// Whether a name fits a pattern in which `*` is any number of characters.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters_of_a_name() {
        for (pattern, name) in [
            ("*.yaml", "a.yaml"),
            ("*.yaml", ".yaml"),
            ("a*.yaml", "a.yaml"),
            ("a*b*c.yaml", "axxbyyc.yaml"),
            ("a*b*b.yaml", "abb.yaml"),
            ("a.yaml", "a.yaml"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("*.yaml", "a.yml"),
            ("a*a.yaml", "a.yaml"),
            ("a*b*b.yaml", "ab.yaml"),
            ("a.yaml", "a.yaml~"),
            ("a.yaml", "b.yaml"),
        ] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_path_goes_down_only() {
        assert_eq!(segments("teams/a.yaml"), Ok(vec!["teams", "a.yaml"]));
        assert_eq!(segments("./a.yml"), Ok(vec!["a.yml"]));
        for path in [
            "",
            "/etc/a.yaml",
            "../a.yaml",
            "teams/../../a.yaml",
            "teams//a.yaml",
            "teams\\a.yaml",
            "**/a.yaml",
            "a?.yaml",
            "[ab].yaml",
            "{a,b}.yaml",
            "teams",
            "teams/",
            "a.json",
        ] {
            assert!(segments(path).is_err(), "{path}");
        }
    }
}

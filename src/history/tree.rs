//! The files of a folder as of a revision. Nothing is written to the disk; a link is followed within the folder.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use super::git::Objects;
use crate::source::{Entry, Files, Kind, MAX_FILE, Refusal};

/// Links that are followed on the way to one file; as many as Linux does.
const MOST_LINKS: usize = 40;

/// A folder as of a revision.
pub struct Tree {
    /// What paths begin with.
    folder: PathBuf,
    label: String,
    blobs: BTreeMap<Vec<String>, Blob>,
    objects: Rc<RefCell<Objects>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Blob {
    id: String,
    is_link: bool,
}

impl Tree {
    /// Of what `git ls-tree -r -z` lists: `MODE TYPE ID TAB PATH NUL`.
    pub(super) fn new(
        listed: &[u8],
        folder: PathBuf,
        label: String,
        objects: Rc<RefCell<Objects>>,
    ) -> Self {
        let listed = String::from_utf8_lossy(listed);
        let blobs = listed
            .split('\0')
            .filter_map(|line| {
                let (about, path) = line.split_once('\t')?;
                let mut about = about.split(' ');
                let (mode, kind, id) = (about.next()?, about.next()?, about.next()?);
                let blob = Blob {
                    id: id.to_string(),
                    is_link: mode == "120000",
                };
                (kind == "blob").then(|| (path.split('/').map(str::to_string).collect(), blob))
            })
            .collect();
        Self {
            folder,
            label,
            blobs,
            objects,
        }
    }

    /// What every file that a mapping can be made of says, by path, without reading any: equal for revisions that say the
    /// same. Fixtures have no part in a policy, and a file that is one of them cannot be included: it has other fields.
    pub(super) fn fingerprint(&self) -> BTreeSet<(Vec<String>, String)> {
        let is_yaml = |name: &String| name.ends_with(".yaml") || name.ends_with(".yml");
        self.blobs
            .iter()
            .filter(|(path, blob)| blob.is_link || path.last().is_some_and(is_yaml))
            .filter(|(path, _)| {
                let first = path.first().map(String::as_str);
                !matches!(first, Some("fixtures" | "fixtures.yaml" | "fixtures.yml"))
            })
            .map(|(path, blob)| (path.clone(), blob.id.clone()))
            .collect()
    }

    /// The names of a path within the folder.
    fn names(&self, path: &Path) -> Option<Vec<String>> {
        let within = path.strip_prefix(&self.folder).ok()?;
        within
            .components()
            .filter(|part| *part != Component::CurDir)
            .map(|part| match part {
                Component::Normal(name) => name.to_str().map(str::to_string),
                _ => None,
            })
            .collect()
    }

    fn is_folder(&self, names: &[String]) -> bool {
        names.is_empty()
            || self
                .blobs
                .range(names.to_vec()..)
                .find(|(path, _)| path.len() > names.len() || !path.starts_with(names))
                .is_some_and(|(path, _)| path.starts_with(names))
    }

    /// Where a path leads, through links, as long as they stay within the folder.
    fn resolve(&self, path: &Path) -> Option<Vec<String>> {
        let mut ahead = self.names(path)?;
        ahead.reverse();
        let mut reached: Vec<String> = Vec::new();
        let mut links = 0;
        while let Some(name) = ahead.pop() {
            reached.push(name);
            match self.blobs.get(&reached) {
                Some(blob) if blob.is_link => {
                    links += 1;
                    if links > MOST_LINKS {
                        return None;
                    }
                    let target = self.read(&blob.id, MAX_FILE).ok()?;
                    let target = String::from_utf8(target).ok()?;
                    reached.pop();
                    for part in Path::new(&target).components().rev() {
                        match part {
                            Component::Normal(name) => ahead.push(name.to_str()?.to_string()),
                            Component::CurDir => {}
                            Component::ParentDir => ahead.push("..".to_string()),
                            // What lies elsewhere is no part of the revision.
                            Component::RootDir | Component::Prefix(_) => return None,
                        }
                    }
                }
                Some(_) => {}
                None if reached.last().is_some_and(|name| name == "..") => {
                    reached.pop();
                    reached.pop()?;
                }
                None if self.is_folder(&reached) => {}
                None => return None,
            }
        }
        Some(reached)
    }

    fn read(&self, id: &str, limit: usize) -> Result<Vec<u8>, Refusal> {
        match self.objects.borrow_mut().read(id, limit) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(Refusal::too_large(limit)),
            Err(error) => Err(Refusal::unreadable(error.to_string())),
        }
    }
}

impl Files for Tree {
    fn kind(&self, path: &Path) -> Option<Kind> {
        let names = self.resolve(path)?;
        if self.blobs.contains_key(&names) {
            Some(Kind::File)
        } else {
            self.is_folder(&names).then_some(Kind::Folder)
        }
    }

    fn is_named(&self, path: &Path) -> bool {
        // The folder on the way may be a link; the last name is not followed.
        let folder = path.parent().unwrap_or(path);
        let (Some(mut names), Some(last)) = (
            self.resolve(folder),
            path.file_name().and_then(|name| name.to_str()),
        ) else {
            return false;
        };
        names.push(last.to_string());
        self.blobs.contains_key(&names) || self.is_folder(&names)
    }

    fn entries(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let names = self.resolve(folder).ok_or_else(missing)?;
        if !self.is_folder(&names) {
            return Err(io::Error::from(io::ErrorKind::NotADirectory));
        }
        let entries: BTreeSet<Entry> = self
            .blobs
            .range(names.clone()..)
            .map(|(path, _)| path)
            .take_while(|path| path.starts_with(&names))
            .filter_map(|path| {
                Some(Entry {
                    name: OsString::from(path.get(names.len())?),
                    is_folder: path.len() > names.len() + 1,
                })
            })
            .collect();
        Ok(entries.into_iter().collect())
    }

    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        let names = self
            .resolve(path)
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(self.folder.join(names.iter().collect::<PathBuf>()))
    }

    fn bytes(&self, path: &Path, limit: usize) -> Result<Vec<u8>, Refusal> {
        let missing = || Refusal::unreadable("the file does not exist in that revision");
        let names = self.resolve(path).ok_or_else(missing)?;
        match self.blobs.get(&names) {
            Some(blob) => self.read(&blob.id, limit),
            None if self.is_folder(&names) => {
                Err(Refusal::unreadable("this is a folder, not a file"))
            }
            None => Err(missing()),
        }
    }

    fn label(&self) -> Option<String> {
        Some(self.label.clone())
    }
}

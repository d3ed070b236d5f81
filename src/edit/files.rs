//! Changes of a project's files, which are made together or not at all.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use similar::TextDiff;

use super::{Change, edit};
use crate::file;
use crate::model::Model;
use crate::plan::escaped;
use crate::project::{Choices, Compiled, Project};
use crate::report::visible::visible;
use crate::source::{Place, SourceId, Span};

/// Lines around a change.
const CONTEXT: usize = 3;

/// What to change, by file.
#[derive(Debug, Clone, Default)]
pub struct Edits {
    files: BTreeMap<SourceId, Vec<Change>>,
}

/// Files as they would be, and what they mean.
pub struct Edited {
    files: Vec<Changed>,
    /// The project with the changes made.
    pub project: Project,
    /// What it compiles to.
    pub compiled: Compiled,
}

struct Changed {
    path: String,
    before: String,
    after: String,
}

/// Why nothing was changed.
pub enum NotEdited {
    /// The layout of a file.
    Layout {
        /// Where.
        place: Place,
        /// Why.
        message: String,
    },
    /// What the files would say has errors, which are among its findings.
    Findings(Box<Project>),
    /// What the files would mean is not what was meant.
    OtherMeaning,
}

impl Edits {
    /// Adds a change of a file.
    pub fn push(&mut self, file: SourceId, change: Change) {
        self.files.entry(file).or_default().push(change);
    }

    /// Whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Changes the texts of a project and reads them again: they must come to the model that is wanted, and to nothing else.
    ///
    /// # Errors
    /// When a file cannot be changed so, or the result is not what was meant. Nothing is written either way.
    pub fn apply(
        &self,
        project: &Project,
        wanted: &Model,
        choices: &Choices,
    ) -> Result<Edited, NotEdited> {
        let mut files = Vec::new();
        for (file, changes) in &self.files {
            let Some(source) = project.sources.get(*file) else {
                return Err(NotEdited::OtherMeaning);
            };
            let after = edit(&source.text, changes).map_err(|cannot| {
                let start = u32::try_from(cannot.at).unwrap_or(u32::MAX);
                NotEdited::Layout {
                    place: project.sources.place(Span {
                        file: *file,
                        start,
                        end: start,
                    }),
                    message: cannot.to_string(),
                }
            })?;
            files.push(Changed {
                path: source.path.clone(),
                before: source.text.clone(),
                after,
            });
        }
        let texts = files
            .iter()
            .map(|file| (file.path.clone(), file.after.clone()))
            .collect();
        let choices = Choices {
            texts,
            ..choices.clone()
        };
        let mut edited = Project::load_with(&project.mapping, &choices);
        match edited.compiled.take() {
            None => Err(NotEdited::Findings(Box::new(edited))),
            Some(compiled) if compiled.model != *wanted => Err(NotEdited::OtherMeaning),
            Some(compiled) => Ok(Edited {
                files,
                project: edited,
                compiled,
            }),
        }
    }
}

impl Edited {
    /// The paths of the files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str())
    }

    /// What changes, as a unified diff in which everything can be seen.
    #[must_use]
    pub fn diff(&self) -> String {
        let mut out = String::new();
        for file in &self.files {
            let name = visible(&file.path).into_owned();
            let diff = TextDiff::from_lines(&file.before, &file.after)
                .unified_diff()
                .context_radius(CONTEXT)
                .header(&name, &name)
                .to_string();
            out.push_str(&escaped(&diff.replace("\r\n", "\n")));
        }
        out
    }

    /// Writes the files: all of them or none, each whole.
    ///
    /// # Errors
    /// When one has changed since it was read, or cannot be written.
    pub fn write(&self) -> io::Result<()> {
        let mut all = Vec::with_capacity(self.files.len());
        for changed in &self.files {
            let path = PathBuf::from(&changed.path);
            let named = |error: io::Error| {
                io::Error::new(
                    error.kind(),
                    format!("`{}`: {error}", visible(&changed.path)),
                )
            };
            let bytes = std::fs::read(&path).map_err(named)?;
            let mark = bytes.len().saturating_sub(changed.before.len());
            let (mark, text) = bytes.split_at_checked(mark).unwrap_or_default();
            if text != changed.before.as_bytes() || !(mark.is_empty() || mark == file::MARK) {
                return Err(io::Error::other(format!(
                    "`{}` was changed meanwhile",
                    visible(&changed.path)
                )));
            }
            let after = [mark, changed.after.as_bytes()].concat();
            all.push((path, bytes.clone(), after));
        }
        file::replace_all(&all)
    }
}

//! A folder with a mapping, its fixtures and its rendered policy: from paths to a checked, compiled, evaluated policy.

mod included;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::compile::{compile, compile_access};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, Severity, nearest};
use crate::directory::{self, Directory};
use crate::document;
use crate::evaluate::Evaluator;
use crate::evaluate::access::AccessEvaluator;
use crate::fixture::{self, FixtureSet};
use crate::guardrail::{self, Checked};
use crate::lint;
use crate::lock::{self, Lock};
use crate::model::Model;
use crate::policy::Policy;
use crate::policy::access::AccessPolicy;
use crate::render;
use crate::resolve::resolve;
use crate::source::{Disk, Files, Kind, MAX_FILE, SourceId, Sources};

/// The mapping's name within its folder.
pub const MAPPING: &str = "access.yaml";

/// Where the policy is rendered, within the mapping's folder. The folder is named after the package, as Rego's linter asks.
pub const RENDERED: &str = "spacelift/login.rego";

/// Where access policies are rendered, within the mapping's folder.
pub const RENDERED_ACCESS: &str = "access";

/// What was read from a path, with every finding.
pub struct Project {
    /// The folder that the mapping lies in.
    pub folder: PathBuf,
    /// The mapping's path.
    pub mapping: PathBuf,
    /// Every file that was read.
    pub sources: Sources,
    /// Every finding.
    pub diagnostics: Diagnostics,
    /// What was made of it; `None` where there are errors.
    pub compiled: Option<Compiled>,
    /// The lock beside the mapping, if there is one.
    pub lock: Option<Lock>,
}

/// A mapping without errors, all the way to a text that was parsed and evaluated.
pub struct Compiled {
    /// The checked mapping.
    pub model: Model,
    /// The policy as data.
    pub policy: Policy,
    /// The policy as Rego.
    pub text: String,
    /// The checked fixtures.
    pub fixtures: FixtureSet,
    /// The snapshot of who there is, where one was found.
    pub directory: Option<Directory>,
    /// What guardrails were checked for.
    pub guardrails: Checked,
    /// The access policies, in the order of their names.
    pub access: Vec<CompiledAccess>,
}

/// A mapping without errors, and the policies that it compiles to.
#[derive(Debug, Clone, PartialEq)]
pub struct Policies {
    /// The checked mapping.
    pub model: Model,
    /// The login policy.
    pub login: Policy,
    /// The access policies, in the order of their names.
    pub access: Vec<AccessPolicy>,
}

/// An entry of `stack_access`, all the way to a text that was parsed and evaluated. What it is attached to is said by the
/// entry of its name in [`Model::stack_access`].
pub struct CompiledAccess {
    /// The policy as data.
    pub policy: AccessPolicy,
    /// The policy as Rego.
    pub text: String,
}

impl Compiled {
    /// What lints look at; what depends on the day only where one is given, in nanoseconds since 1970 UTC.
    #[must_use]
    pub fn asked(&self, at: Option<i64>) -> lint::Asked<'_> {
        lint::Asked {
            model: &self.model,
            fixtures: &self.fixtures,
            directory: self.directory.as_ref(),
            at,
        }
    }
}

/// The largest policy that is rendered unless told otherwise, in bytes: some 30,000 grants. Spacelift publishes no limit of a
/// policy's size, but gives a login five seconds, and OPA reads about ten times as much in that time.
pub const MAX_POLICY_BYTES: usize = 4 << 20;

/// What a reading may cost, and what lies elsewhere than usual.
#[derive(Debug, Clone)]
pub struct Choices {
    /// The largest policy that is rendered, in bytes.
    pub max_policy_bytes: usize,
    /// The directory snapshot; nothing for `directory.json` beside the mapping, if that is there.
    pub directory: Option<PathBuf>,
    /// Texts that are read instead of the files of these paths, as shown in [`Sources`]. The files themselves must be there.
    pub texts: BTreeMap<String, String>,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            max_policy_bytes: MAX_POLICY_BYTES,
            directory: None,
            texts: BTreeMap::new(),
        }
    }
}

impl Project {
    /// [`Project::load_within`] the usual limit of the policy's size.
    #[must_use]
    pub fn load(path: &Path) -> Self {
        Self::load_with(path, &Choices::default())
    }

    /// [`Project::load_with`] another limit of the policy's size, in bytes.
    #[must_use]
    pub fn load_within(path: &Path, max_policy_bytes: usize) -> Self {
        Self::load_with(
            path,
            &Choices {
                max_policy_bytes,
                ..Choices::default()
            },
        )
    }

    /// Reads a mapping with what it includes and its fixtures, checks and compiles them. `path` is a folder that holds
    /// `access.yaml`, or a mapping's file; fixtures are `fixtures.yaml` and every `.yaml` or `.yml` file in `fixtures/`
    /// beside it, and what included files say of them. The snapshot of the directory is `directory.json` beside it.
    /// A policy of more than the bytes that are allowed is an error.
    #[must_use]
    pub fn load_with(path: &Path, choices: &Choices) -> Self {
        Self::load_from(&Disk, path, choices)
    }

    /// [`Project::load_with`], from files that need not be those of the disk.
    #[must_use]
    pub fn load_from(files: &dyn Files, path: &Path, choices: &Choices) -> Self {
        let mut project = Self::at(files, path);
        project.sources = Sources::with(choices.texts.clone()).labelled(files.label());
        if files.kind(&project.mapping).is_none() {
            let finding = nothing_to_read(files, &project.mapping);
            project.diagnostics.push(finding);
            return project;
        }
        let compiled = project.compile(files, choices);
        // Last, so that nothing of the mapping is taken for a consequence of what is wrong here.
        let directory = project.directory(files, choices);
        project.lock = project.lock(files);
        let sound = !project.diagnostics.has_errors();
        project.compiled = compiled.filter(|_| sound).map(|compiled| Compiled {
            directory,
            ..compiled
        });
        project
    }

    /// The policies that a mapping compiles to, whatever its fixtures say; nothing where it has errors.
    #[must_use]
    pub fn policies_from(files: &dyn Files, path: &Path) -> Option<Policies> {
        let mut project = Self::at(files, path);
        files.kind(&project.mapping)?;
        let (document, _) = project.read(files);
        let document = document.filter(|document| !document.incomplete)?;
        let model = resolve(&document, &project.sources, &mut project.diagnostics)?;
        let login = compile(&model, &mut project.diagnostics)?;
        let entries = model.stack_access.iter();
        let access: Option<Vec<AccessPolicy>> = entries
            .map(|(name, entry)| compile_access(&model, name, entry, &mut project.diagnostics))
            .collect();
        let access = access.filter(|_| !project.diagnostics.has_errors())?;
        Some(Policies {
            model,
            login,
            access,
        })
    }

    /// Where things are, with nothing read.
    fn at(files: &dyn Files, path: &Path) -> Self {
        // `.` adds nothing to a path that is shown.
        let is_folder = files.kind(path) == Some(Kind::Folder);
        let path = path.strip_prefix(".").unwrap_or(path);
        let (folder, mapping) = if is_folder {
            (path.to_path_buf(), path.join(MAPPING))
        } else {
            let folder = path.parent().unwrap_or_else(|| Path::new(""));
            (folder.to_path_buf(), path.to_path_buf())
        };
        Self {
            folder,
            mapping,
            sources: Sources::default().labelled(files.label()),
            diagnostics: Diagnostics::default(),
            compiled: None,
            lock: None,
        }
    }

    /// The mapping with what it includes, and the fixtures of those files.
    fn read(&mut self, files: &dyn Files) -> (Option<document::Document>, Vec<document::Fixtures>) {
        let mapping = self
            .sources
            .read_from(files, &self.mapping, MAX_FILE, &mut self.diagnostics);
        let mut document =
            mapping.map(|file| document::read_mapping(&self.sources, file, &mut self.diagnostics));
        let fixtures = document.as_mut().map_or_else(Vec::new, |document| {
            included::read(
                files,
                document,
                &self.folder,
                &self.mapping,
                &mut self.sources,
                &mut self.diagnostics,
            )
        });
        (document, fixtures)
    }

    fn compile(&mut self, files: &dyn Files, choices: &Choices) -> Option<Compiled> {
        let (document, mut fixtures) = self.read(files);
        for path in fixture_paths(files, &self.folder, &mut self.diagnostics) {
            if let Some(file) =
                self.sources
                    .read_from(files, &path, MAX_FILE, &mut self.diagnostics)
            {
                let read = document::read_fixtures(&self.sources, file, &mut self.diagnostics);
                fixtures.push(read);
            }
        }
        // What could not be read to its end would only be a source of unknown names.
        let document = document.filter(|document| !document.incomplete)?;
        let model = resolve(&document, &self.sources, &mut self.diagnostics)?;
        let fixtures = fixture::resolve(
            &fixtures,
            &model,
            &self.sources,
            &|path| files.text(path),
            &mut self.diagnostics,
        );
        let policy = compile(&model, &mut self.diagnostics)?;
        let text = match render_checked(&policy, choices.max_policy_bytes) {
            Ok(text) => text,
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                return None;
            }
        };
        let access = self.access(&model, choices.max_policy_bytes)?;
        let fixtures = fixtures?;
        let guardrails = guardrail::check(&model, &fixtures, &self.sources, &mut self.diagnostics);
        lint::relevel(&model.lints, &mut self.diagnostics);
        if self.diagnostics.has_errors() {
            return None;
        }
        Some(Compiled {
            model,
            policy,
            text,
            fixtures,
            directory: None,
            guardrails,
            access,
        })
    }

    /// The access policies, or nothing if one of them cannot be made; each is looked at.
    fn access(&mut self, model: &Model, max_bytes: usize) -> Option<Vec<CompiledAccess>> {
        let each = model.stack_access.iter().map(|(name, entry)| {
            let policy = compile_access(model, name, entry, &mut self.diagnostics)?;
            match access_checked(&policy, max_bytes) {
                Ok(text) => Some(CompiledAccess { policy, text }),
                Err(diagnostic) => {
                    let mut diagnostic = *diagnostic;
                    diagnostic.primary = Some(Label {
                        span: entry.span,
                        text: String::new(),
                    });
                    self.diagnostics.push(diagnostic);
                    None
                }
            }
        });
        let all: Vec<Option<CompiledAccess>> = each.collect();
        all.into_iter().collect()
    }

    fn directory(&mut self, files: &dyn Files, choices: &Choices) -> Option<Directory> {
        let beside = self.folder.join(directory::FILE);
        let (from, path): (&dyn Files, &Path) = match &choices.directory {
            // Wherever the mapping comes from, a file that is named is one of the disk.
            Some(path) => (&Disk, path),
            None if files.kind(&beside).is_some() => (files, &beside),
            None => return None,
        };
        let file =
            self.sources
                .read_from(from, path, directory::MAX_BYTES, &mut self.diagnostics)?;
        directory::read(&self.sources, file, &mut self.diagnostics)
    }

    fn lock(&mut self, files: &dyn Files) -> Option<Lock> {
        let path = self.folder.join(lock::FILE);
        files.kind(&path)?;
        let file = self
            .sources
            .read_from(files, &path, MAX_FILE, &mut self.diagnostics)?;
        lock::read(&self.sources, file, &mut self.diagnostics)
    }

    /// The mapping's own file, which is read before any other.
    #[must_use]
    pub fn file(&self) -> Option<SourceId> {
        self.sources.iter().map(|(file, _)| file).next()
    }

    /// Looks for what is likely a mistake. What depends on the day is looked for where a day is given, in nanoseconds since 1970
    /// UTC. Where the mapping denies what is found, nothing may be made of it any more.
    pub fn lint(&mut self, at: Option<i64>) {
        let Some(compiled) = &self.compiled else {
            return;
        };
        lint::run(&compiled.asked(at), &mut self.diagnostics);
        if self.diagnostics.has_errors() {
            self.compiled = None;
        }
    }

    /// Where the rendered policy belongs.
    #[must_use]
    pub fn rendered_path(&self) -> PathBuf {
        self.folder.join(RENDERED)
    }

    /// Where the access policy of an entry belongs. Each has a folder of its own: they are of one package, and no two stand
    /// beside each other.
    #[must_use]
    pub fn rendered_access_path(&self, entry: &str) -> PathBuf {
        self.folder
            .join(RENDERED_ACCESS)
            .join(entry)
            .join("spacelift/access.rego")
    }
}

/// Renders a policy, and reads, parses and evaluates the text before anybody else sees it.
fn render_checked(policy: &Policy, max_bytes: usize) -> Result<String, Box<Diagnostic>> {
    let nowhere = |code, message| {
        Box::new(Diagnostic {
            primary: None,
            ..Diagnostic::error(code, Default::default(), message)
        })
    };
    let text =
        render::render(policy).map_err(|error| nowhere(Code::NotEvaluated, error.to_string()))?;
    if text.len() > max_bytes {
        let message = format!(
            "the policy has {} bytes for {} rows of grants, and the limit is {max_bytes}",
            text.len(),
            policy.grant_rows()
        );
        return Err(Box::new(nowhere(Code::PolicyTooLarge, message).help(
            "let the identity provider keep a group for those who hold the same, give several roles and spaces in one grant, \
             use `{under: …}` for whole subtrees, or raise `--max-policy-size`: every sign-in reads the whole of it within five seconds",
        )));
    }
    evaluated(policy, &text).map_err(|message| nowhere(Code::NotEvaluated, message))?;
    Ok(text)
}

/// Reads a rendered text back, and parses and evaluates it.
fn evaluated(policy: &Policy, text: &str) -> Result<(), String> {
    match render::read(text) {
        render::Reading::Ours(again) if *again == *policy => {}
        _ => return Err("the rendered policy does not read back as itself".to_string()),
    }
    let mut evaluator = Evaluator::of(text, policy.dialect)
        .map_err(|error| format!("the rendered policy does not parse: {error}"))?;
    // Nobody at all must get nothing at all.
    let nobody = evaluator
        .decide(&serde_json::json!({}))
        .map_err(|error| format!("the rendered policy cannot be evaluated: {error}"))?;
    if nobody.login != crate::evaluate::Login::Deny || !nobody.roles.is_empty() {
        return Err("the rendered policy lets in an input that says nothing".to_string());
    }
    Ok(())
}

/// Renders an access policy, and reads, parses and evaluates the text before anybody else sees it.
fn access_checked(policy: &AccessPolicy, max_bytes: usize) -> Result<String, Box<Diagnostic>> {
    let wrong = |code, message: String| {
        Box::new(Diagnostic {
            primary: None,
            ..Diagnostic::error(code, Default::default(), message)
        })
    };
    let text =
        render::render(policy).map_err(|error| wrong(Code::NotEvaluated, error.to_string()))?;
    if text.len() > max_bytes {
        let message = format!(
            "the policy of `{}` has {} bytes, and the limit is {max_bytes}",
            policy.entry,
            text.len()
        );
        return Err(Box::new(wrong(Code::PolicyTooLarge, message).help(
            "let the identity provider keep a group for those who hold the same, or raise `--max-policy-size`: every request reads the whole of it within half a second",
        )));
    }
    match render::read_as::<AccessPolicy>(&text) {
        render::Reading::Ours(again) if *again == *policy => {}
        _ => {
            let message = "the rendered access policy does not read back as itself";
            return Err(wrong(Code::NotEvaluated, message.to_string()));
        }
    }
    let evaluated = AccessEvaluator::of(&text, policy.dialect)
        .and_then(|mut evaluator| evaluator.decide(&serde_json::json!({})));
    match evaluated {
        // Nobody at all must get nothing at all.
        Ok(nobody) if nobody.read || nobody.write => {
            let message =
                "the rendered access policy gives something to an input that says nothing";
            Err(wrong(Code::NotEvaluated, message.to_string()))
        }
        Ok(_) => Ok(text),
        Err(error) => Err(wrong(
            Code::NotEvaluated,
            format!("the rendered access policy cannot be evaluated: {error}"),
        )),
    }
}

/// Every file of fixtures beside a mapping. A folder that cannot be read is an error: its tests must not fall away unseen.
fn fixture_paths(files: &dyn Files, folder: &Path, diagnostics: &mut Diagnostics) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let under = folder.join("fixtures");
    if files.kind(&under).is_some()
        && let Err(error) = yaml_files(files, &under, &mut paths)
    {
        diagnostics.push(Diagnostic {
            code: Code::FileUnreadable,
            severity: Severity::Error,
            message: format!(
                "`{}` cannot be read: {error}",
                crate::report::visible::path(&under)
            ),
            primary: None,
            related: Vec::new(),
            help: Some("fixtures are `fixtures.yaml`, and every file under `fixtures`".to_string()),
        });
    }
    paths.sort();
    let single = ["fixtures.yaml", "fixtures.yml"].map(|name| folder.join(name));
    single
        .into_iter()
        .filter(|path| files.kind(path).is_some())
        .chain(paths)
        .collect()
}

fn yaml_files(files: &dyn Files, folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in files.entries(folder)? {
        let path = folder.join(&entry.name);
        // A link to a folder is not followed, since it may lead in a circle.
        if entry.is_folder {
            yaml_files(files, &path, paths)?;
        } else if is_yaml(&path) {
            paths.push(path);
        }
    }
    Ok(())
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn nothing_to_read(files: &dyn Files, mapping: &Path) -> Diagnostic {
    let help = match meant(files, mapping) {
        Some(near) => format!("did you mean `{}`?", crate::report::visible::path(&near)),
        None => format!(
            "give a folder that holds `{MAPPING}`, or write a first one with `liftgate init`"
        ),
    };
    Diagnostic {
        code: Code::NothingToRead,
        severity: Severity::Error,
        message: format!(
            "there is no mapping at `{}`",
            crate::report::visible::path(mapping)
        ),
        primary: None,
        related: Vec::new(),
        help: Some(help),
    }
}

/// What is beside a path that holds no mapping: a folder in it that holds one, or a name that is near.
fn meant(files: &dyn Files, mapping: &Path) -> Option<PathBuf> {
    let wrong = mapping.file_name()?.to_str()?;
    let folder = mapping.parent().unwrap_or_else(|| Path::new(""));
    let beside: BTreeSet<PathBuf> = files
        .entries(folder)
        .ok()?
        .into_iter()
        .map(|entry| folder.join(entry.name))
        .filter(|path| {
            files.kind(&path.join(MAPPING)).is_some()
                || (is_yaml(path) && files.kind(path) == Some(Kind::File))
        })
        .collect();
    let names = beside.iter().filter_map(|path| path.file_name()?.to_str());
    let mut holders = beside
        .iter()
        .filter(|path| files.kind(path) == Some(Kind::Folder));
    let name = match nearest(wrong, names) {
        Some(name) => name,
        None if wrong == MAPPING => holders.next()?.file_name()?.to_str()?,
        None => return None,
    };
    Some(folder.join(name))
}

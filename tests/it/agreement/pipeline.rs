//! A mapping's text -> policy and Rego, the way the program goes.

use std::collections::BTreeMap;

use liftgate::compile::{compile, compile_access};
use liftgate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use liftgate::document::{read_included, read_mapping};
use liftgate::model::{Dialect, Model};
use liftgate::policy::Policy;
use liftgate::policy::access::AccessPolicy;
use liftgate::render::{Reading, read, read_as, render};
use liftgate::report::diagnostics::{Look, human};
use liftgate::resolve::resolve;
use liftgate::source::Sources;

/// How often each construct has come up.
pub type Seen = BTreeMap<&'static str, usize>;

/// A mapping's files by path.
pub type Files = BTreeMap<String, String>;

/// The mapping itself among its files.
pub const MAIN: &str = "access.yaml";

/// The files one after the other, to be looked at.
pub fn shown(files: &Files) -> String {
    let mut text = files.get(MAIN).cloned().unwrap_or_default();
    for (name, beside) in files.iter().filter(|(name, _)| *name != MAIN) {
        text.push_str(&format!("# ---- {name}\n{beside}"));
    }
    text
}

/// A mapping, all the way.
pub struct Compiled {
    pub model: Model,
    pub policy: Policy,
    pub text: String,
    /// The access policies by the names of their entries, and their texts.
    pub access: BTreeMap<String, (AccessPolicy, String)>,
}

impl Compiled {
    /// The same policy for installations without Rego v1.
    pub fn as_v0(&self) -> String {
        let mut policy = self.policy.clone();
        policy.dialect = Dialect::V0;
        render(&policy).unwrap()
    }

    /// The same of an access policy.
    pub fn access_as_v0(&self, entry: &str) -> String {
        let mut policy = self.access[entry].0.clone();
        policy.dialect = Dialect::V0;
        render(&policy).unwrap()
    }
}

/// Compiles a mapping that has no error; panics with what is wrong with one that has.
pub fn compiled(yaml: &str) -> Compiled {
    match tried(yaml) {
        Ok(compiled) => compiled,
        Err((_, told)) => panic!("{told}\nin the mapping\n{yaml}"),
    }
}

/// Compiles a mapping, or answers the errors' codes and how they are put.
pub fn tried(yaml: &str) -> Result<Compiled, (Vec<Code>, String)> {
    tried_files(&Files::from([(MAIN.to_string(), yaml.to_string())]))
}

/// The same of a mapping that may include other files, each by its path.
pub fn tried_files(files: &Files) -> Result<Compiled, (Vec<Code>, String)> {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let main = sources.add(MAIN, files.get(MAIN).map_or("", String::as_str));
    let mut document = read_mapping(&sources, main, &mut diagnostics);
    let named: Vec<Option<String>> = document
        .include
        .iter()
        .map(|entry| entry.file.as_ref().map(|file| file.value.clone()))
        .collect();
    for (entry, name) in named.iter().enumerate() {
        // A file that is not there, or that two entries name, is for the reader of folders to find.
        let again = named.iter().take(entry).any(|other| other == name);
        let text = name
            .as_ref()
            .filter(|_| !again)
            .and_then(|name| files.get(name));
        let Some(text) = text else {
            let span = document.include[entry].span;
            diagnostics.push(Diagnostic::error(
                Code::BadInclude,
                span,
                "no such file, or once more",
            ));
            document.miss_a_file();
            continue;
        };
        let file = sources.add(name.clone().unwrap(), text.clone());
        let included = read_included(&sources, file, &mut diagnostics);
        document.take_in(entry, included);
    }
    let model = resolve(&document, &sources, &mut diagnostics);
    let policy = model
        .as_ref()
        .and_then(|model| compile(model, &mut diagnostics));
    let access = model
        .as_ref()
        .and_then(|model| access(model, &mut diagnostics));
    let (Some(model), Some(policy), Some(access)) = (model, policy, access) else {
        let errors = diagnostics
            .sorted()
            .into_iter()
            .filter(|found| found.severity == Severity::Error);
        let codes = errors.map(|found| found.code).collect();
        let mut told = String::new();
        human(&mut told, &sources, &diagnostics, Look::default()).unwrap();
        return Err((codes, told));
    };
    let text = render(&policy).unwrap();
    assert_eq!(
        read(&text),
        Reading::Ours(Box::new(policy.clone())),
        "a text of ours reads back as the policy"
    );
    Ok(Compiled {
        model,
        policy,
        text,
        access,
    })
}

/// Every entry of `stack_access`, or nothing if one of them cannot be compiled.
fn access(
    model: &Model,
    diagnostics: &mut Diagnostics,
) -> Option<BTreeMap<String, (AccessPolicy, String)>> {
    let each = model.stack_access.iter().map(|(name, entry)| {
        let policy = compile_access(model, name, entry, diagnostics)?;
        let text = render(&policy).unwrap();
        assert_eq!(
            read_as(&text),
            Reading::Ours(Box::new(policy.clone())),
            "a text of ours reads back as the policy"
        );
        Some((name.clone(), (policy, text)))
    });
    let all: Vec<Option<_>> = each.collect();
    all.into_iter().collect()
}

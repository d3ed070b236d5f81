//! A mapping's text -> policy and Rego, the way the program goes.

use std::collections::BTreeMap;

use liftgate::compile::compile;
use liftgate::diagnostic::{Code, Diagnostics, Severity};
use liftgate::document::read_mapping;
use liftgate::model::{Dialect, Model};
use liftgate::policy::Policy;
use liftgate::render::{Reading, read, render};
use liftgate::report::diagnostics::{Look, human};
use liftgate::resolve::resolve;
use liftgate::source::Sources;

/// How often each construct has come up.
pub type Seen = BTreeMap<&'static str, usize>;

/// A mapping, all the way.
pub struct Compiled {
    pub model: Model,
    pub policy: Policy,
    pub text: String,
}

impl Compiled {
    /// The same policy for installations without Rego v1.
    pub fn as_v0(&self) -> String {
        let mut policy = self.policy.clone();
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
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let file = sources.add("access.yaml", yaml);
    let document = read_mapping(&sources, file, &mut diagnostics);
    let model = resolve(&document, &sources, &mut diagnostics);
    let policy = model
        .as_ref()
        .and_then(|model| compile(model, &mut diagnostics));
    let (Some(model), Some(policy)) = (model, policy) else {
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
    })
}

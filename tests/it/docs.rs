//! What the documents say is what the program does: every example is read, and every table is compared with its source.

mod codes;
mod directory;
mod examples;
mod guides;
mod tables;
mod threats;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use liftgate::compile::compile;
use liftgate::diagnostic::{Code, Diagnostics, Severity};
use liftgate::document::{self, read_fixtures, read_included, read_mapping};
use liftgate::model::Model;
use liftgate::policy::Policy;
use liftgate::report::diagnostics::{Look, human};
use liftgate::source::Sources;
use liftgate::{fixture, render, resolve::resolve, suite};

/// How a code was given, and how bad it was said to be.
type Found = BTreeSet<(Code, Severity)>;

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn reference() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| text("docs/mapping.md"))
}

/// Everything that was said of a mapping and its fixtures, in codes and in words.
#[derive(Default)]
struct Run {
    sources: Sources,
    diagnostics: Diagnostics,
}

impl Run {
    fn mapping(&mut self, yaml: &str) -> Option<(Model, Policy)> {
        let file = self.sources.add("access.yaml", yaml);
        let document = read_mapping(&self.sources, file, &mut self.diagnostics);
        let model = resolve(&document, &self.sources, &mut self.diagnostics)?;
        let policy = compile(&model, &mut self.diagnostics)?;
        Some((model, policy))
    }

    /// Checks a mapping with a file in it that its first `include` names.
    fn included(&mut self, yaml: &str, included: &str) {
        let file = self.sources.add("access.yaml", yaml);
        let mut document = read_mapping(&self.sources, file, &mut self.diagnostics);
        assert!(!document.include.is_empty());
        let file = self.sources.add("teams/payments.yaml", included);
        let included = read_included(&self.sources, file, &mut self.diagnostics);
        document.take_in(0, included);
        if let Some(model) = resolve(&document, &self.sources, &mut self.diagnostics) {
            compile(&model, &mut self.diagnostics);
        }
    }

    /// Checks fixtures and runs them; answers what failed.
    fn fixtures(&mut self, yaml: &str, model: &Model, policy: &Policy) -> Vec<String> {
        let file = self.sources.add("fixtures.yaml", yaml);
        let written: Vec<document::Fixtures> =
            vec![read_fixtures(&self.sources, file, &mut self.diagnostics)];
        let no_file = |_: &Path| Err(io::Error::from(io::ErrorKind::NotFound));
        let Some(set) = fixture::resolve(
            &written,
            model,
            &self.sources,
            &no_file,
            &mut self.diagnostics,
        ) else {
            return Vec::new();
        };
        let rego = render::render(policy).unwrap();
        let report = suite::run(model, policy, &rego, &[], &set).unwrap();
        let failures = report.failures().flat_map(|outcome| {
            let differences = outcome.differences.iter();
            differences.map(|difference| format!("{}: {}", outcome.case, difference.what))
        });
        let failures = failures.collect();
        for finding in report.findings {
            self.diagnostics.push(finding);
        }
        failures
    }

    fn found(&self) -> Found {
        let all = self.diagnostics.sorted();
        all.iter().map(|d| (d.code, d.severity)).collect()
    }

    fn told(&self) -> String {
        let mut out = String::new();
        human(&mut out, &self.sources, &self.diagnostics, Look::default()).unwrap();
        out
    }
}

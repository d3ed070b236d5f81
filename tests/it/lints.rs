//! Every lint has a case that fails by it and passes without, and is in the reference.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use liftgate::diagnostic::{Code, Diagnostics, Severity};
use liftgate::lint::{self, Brought, LINTS, Lint};
use liftgate::project::Project;

/// The day of the cases: 1 December 2026, UTC.
pub const DAY: i64 = 1_796_083_200_000_000_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// The case of a lint.
pub fn case(code: Code) -> PathBuf {
    root().join(format!("lint-{}", code.name()))
}

/// What logins brought to the account of the cases, one of them in letters and marks apart.
const BROUGHT: [&str; 3] = ["Platform", "SRE Team", "E\u{301}quipe"];

/// What the mapping of a case is found to be, beside the account where the lint needs one.
pub fn found(code: Code) -> Vec<(Code, Severity)> {
    let mut project = Project::load(&case(code));
    let brought = Brought {
        names: BROUGHT.map(str::to_owned).into(),
    };
    let mut beside = Diagnostics::default();
    if let Some(compiled) = &project.compiled {
        lint::run_beside(&compiled.asked(None), &brought, &mut beside);
    }
    project.lint(Some(DAY));
    if named(code).is_beside() {
        let alone = project.diagnostics.sorted();
        assert!(alone.is_empty(), "{}", code.name());
        project.diagnostics = beside;
    }
    let all = project.diagnostics.sorted();
    all.iter()
        .map(|found| (found.code, found.severity))
        .collect()
}

fn named(code: Code) -> &'static Lint {
    lint::named(code.name()).unwrap()
}

#[test]
fn every_lint_has_a_case_that_fails_by_it_alone_and_passes_without() {
    for lint in LINTS {
        let name = lint.code.name();
        let folder = case(lint.code);
        let read = |file: &str| {
            fs::read_to_string(folder.join(file))
                .unwrap_or_else(|_| panic!("the lint {name} has no case"))
        };
        assert_eq!(read("exit"), "3\n0\n", "{name}");
        let found: BTreeSet<_> = found(lint.code).into_iter().collect();
        assert_eq!(found, [(lint.code, Severity::Warning)].into(), "{name}");
        // And so says the command, of nothing else.
        let told = read("stderr");
        let warnings = told.matches("warning[").count();
        assert!(warnings > 0, "{name}");
        assert_eq!(warnings, told.matches(&format!("warning[{name}]")).count());
    }
}

#[test]
fn every_lint_stands_once() {
    let names: BTreeSet<&str> = LINTS.iter().map(|lint| lint.code.name()).collect();
    assert_eq!(names.len(), LINTS.len());
}

#[test]
fn no_case_is_of_a_lint_that_is_gone() {
    let names: BTreeMap<String, ()> = LINTS
        .iter()
        .map(|lint| (lint.code.name().to_owned(), ()))
        .collect();
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(lint) = name.strip_prefix("lint-") {
            assert!(lint == "levels" || names.contains_key(lint), "{name}");
        }
    }
}

/// The worked examples are held to the lints, too.
#[test]
fn the_worked_examples_are_clean() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut count = 0;
    for entry in fs::read_dir(policies).unwrap() {
        let path = entry.unwrap().path();
        if !path.join("access.yaml").exists() {
            continue;
        }
        let mut project = Project::load(&path);
        project.lint(Some(DAY));
        let told: Vec<String> = project
            .diagnostics
            .sorted()
            .iter()
            .map(|found| format!("{}: {}", found.code.name(), found.message))
            .collect();
        assert_eq!(told, Vec::<String>::new(), "{path:?}");
        count += 1;
    }
    assert!(count > 40);
}

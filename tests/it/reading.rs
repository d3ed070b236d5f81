//! Each folder of `tests/cases-reading` is a file that is wrong in some way, with what is said of it.
//! `BLESS=1 cargo test` writes what is said now; read the difference before committing it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use liftgate::diagnostic::{Code, Diagnostics};
use liftgate::document;
use liftgate::report::diagnostics::{Look, human};
use liftgate::source::Sources;

pub(super) fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases-reading");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    cases
}

/// Reads a case's file; answers what was found, and how it was put.
pub(super) fn read(case: &Path) -> (Vec<Code>, String) {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let mut found = false;
    for name in ["access.yaml", "fixtures.yaml", "included.yaml"] {
        let Ok(bytes) = fs::read(case.join(name)) else {
            continue;
        };
        found = true;
        if let Some(file) = sources.read_bytes(name, &bytes, &mut diagnostics) {
            match name {
                "access.yaml" => drop(document::read_mapping(&sources, file, &mut diagnostics)),
                "fixtures.yaml" => drop(document::read_fixtures(&sources, file, &mut diagnostics)),
                _ => drop(document::read_included(&sources, file, &mut diagnostics)),
            }
        }
    }
    assert!(found, "{} holds nothing to read", case.display());
    let mut out = String::new();
    human(&mut out, &sources, &diagnostics, Look::default()).unwrap();
    (diagnostics.sorted().iter().map(|d| d.code).collect(), out)
}

#[test]
fn each_case_is_told_as_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let (_, told) = read(&case);
        let path = case.join("expected.txt");
        if bless {
            fs::write(&path, told).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != told {
            wrong.push(format!("{}:\n{told}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_case_named_after_a_code_shows_that_code() {
    for case in cases() {
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        let (codes, _) = read(&case);
        if let Some(code) = Code::ALL.iter().find(|code| name == code.name()) {
            assert!(codes.contains(code), "{name}: {codes:?}");
        }
        assert_eq!(
            codes.is_empty(),
            name.starts_with("fine-"),
            "{name}: {codes:?}"
        );
    }
}

#[test]
fn every_code_of_reading_has_a_case() {
    let owned = [
        Code::NotUtf8,
        Code::YamlSyntax,
        Code::YamlTab,
        Code::YamlDocuments,
        Code::YamlLimit,
        Code::YamlTag,
        Code::YamlMerge,
        Code::DuplicateKey,
        Code::UnknownField,
        Code::MissingField,
        Code::WrongType,
        Code::UnquotedValue,
        Code::EmptyValue,
    ];
    let names: BTreeSet<String> = cases()
        .iter()
        .map(|case| case.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    for code in owned {
        assert!(names.contains(code.name()), "no folder `{}`", code.name());
    }
}

#[test]
fn ten_different_errors_are_told_in_one_run() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases-reading/ten-at-once");
    let (codes, _) = read(&case);
    assert!(
        codes.iter().collect::<BTreeSet<_>>().len() >= 10,
        "{codes:?}"
    );
}

/// What the fuzzer has found worth keeping is read again, and must end.
#[test]
fn what_the_fuzzer_kept_is_read() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    if !fuzz.exists() {
        // The published package leaves fuzzing out.
        return;
    }
    let folder = fuzz.join("corpus/read_mapping");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let mut sources = Sources::default();
        let mut diagnostics = Diagnostics::default();
        if let Some(file) = sources.read_bytes("access.yaml", &bytes, &mut diagnostics) {
            let mapping = document::read_mapping(&sources, file, &mut diagnostics);
            document::read_fixtures(&sources, file, &mut diagnostics);
            document::read_included(&sources, file, &mut diagnostics);
            assert!(!mapping.incomplete || diagnostics.has_errors());
        }
        let mut out = String::new();
        human(&mut out, &sources, &diagnostics, Look::default()).unwrap();
        assert!(
            out.chars()
                .all(|c| c == '\n' || !liftgate::report::visible::is_hidden(c))
        );
        count += 1;
    }
    assert!(count > 20, "only {count}");
}

/// And so is what it has found of what lies beside a mapping: what is read is the same when it was written and read again.
#[test]
fn what_the_fuzzer_kept_of_what_lies_beside_is_read() {
    use liftgate::plan::Sealed;
    use liftgate::samples::Archive;
    use liftgate::{directory, lock};

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/beside");
    if !folder.exists() {
        // The published package leaves fuzzing out.
        return;
    }
    let (mut whole, mut refused) = ([0; 3], [0; 4]);
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let (kind, rest) = bytes.split_first().unwrap();
        let kind = usize::from(kind % 4);
        let text = String::from_utf8_lossy(rest);
        let is_whole = match kind {
            0 => beside(rest, directory::read).is_some(),
            1 => beside(rest, lock::read).is_some_and(|lock| {
                let again = beside(lock.rendered().as_bytes(), lock::read).unwrap();
                assert_eq!(again.rendered(), lock.rendered());
                true
            }),
            2 => Archive::read(&text).is_ok_and(|archive| {
                assert_eq!(
                    Archive::read(&archive.text()).unwrap().text(),
                    archive.text()
                );
                true
            }),
            _ => Sealed::read(&text).is_ok(),
        };
        if is_whole {
            whole[kind] += 1;
        } else {
            refused[kind] += 1;
        }
    }
    assert!(whole.iter().all(|count| *count > 0), "{whole:?}");
    assert!(refused.iter().all(|count| *count > 5), "{refused:?}");
}

/// What is not read is told of.
fn beside<T>(
    bytes: &[u8],
    reader: fn(&Sources, liftgate::source::SourceId, &mut Diagnostics) -> Option<T>,
) -> Option<T> {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let file = sources.read_bytes("beside", bytes, &mut diagnostics);
    let found = file.and_then(|file| reader(&sources, file, &mut diagnostics));
    assert_eq!(found.is_none(), diagnostics.has_errors());
    found
}

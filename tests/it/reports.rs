//! Schemas: what liftgate writes keeps to those of others, and what editors are told is what the reader says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use jsonschema::Validator;
use liftgate::diagnostic::{Code, Diagnostics};
use liftgate::document::{read_fixtures, read_included, read_mapping};
use liftgate::project::Project;
use liftgate::report::diagnostics::findings;
use liftgate::report::sarif::sarif;
use liftgate::schema::{Of, schema};
use liftgate::source::Sources;
use serde_json::{Value, json};

use crate::agreement::sample;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn validator(schema: &Value) -> Validator {
    jsonschema::validator_for(schema).unwrap()
}

fn complaints(validator: &Validator, value: &Value) -> Vec<String> {
    let all = validator.iter_errors(value);
    all.map(|error| format!("{} at {}", error, error.instance_path()))
        .collect()
}

// ---- SARIF ----

/// The standard's schema as it is published, but for its descriptions, and for one expression (of a language) that is none.
#[test]
fn findings_in_sarif_keep_to_the_standard() {
    let text = fs::read_to_string(root().join("tests/data/sarif-2.1.0.json")).unwrap();
    let standard = validator(&serde_json::from_str(&text).unwrap());
    // It can find something: a level that the standard does not know, and a message that is missing.
    for wrong in [
        json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "a"}}, "results": [{"message": {"text": "a"}, "level": "bad"}]}]}),
        json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "a"}}, "results": [{}]}]}),
        json!({"version": "2.1.0"}),
    ] {
        assert!(!standard.is_valid(&wrong), "{wrong}");
    }
    let mut count = 0;
    for folder in folders("tests/cases")
        .into_iter()
        .chain(folders("policies"))
    {
        let mut project = Project::load(&folder);
        project.lint(Some(crate::lints::DAY));
        let found = findings(&project.sources, &project.diagnostics);
        let log = serde_json::to_value(sarif(&found)).unwrap();
        assert_eq!(complaints(&standard, &log), [] as [&str; 0], "{folder:?}");
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), found.len());
        for (result, finding) in results.iter().zip(&found) {
            let at = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(
                result["ruleId"],
                log["runs"][0]["tool"]["driver"]["rules"][at]["id"]
            );
            let place = finding.place.as_ref();
            let region = &result["locations"][0]["physicalLocation"]["region"];
            assert_eq!(
                region["startLine"].as_u64(),
                place.map(|place| place.line as u64)
            );
        }
        count += results.len();
    }
    assert!(count > 100, "only {count} findings were looked at");
}

fn folders(under: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(root().join(under)).unwrap();
    let mut folders: Vec<PathBuf> = all
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

// ---- The editor's schema ----

/// What the reader alone says of a file: no name is looked up.
fn read(of: Of, text: &str) -> BTreeSet<Code> {
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    let file = sources.add("a.yaml", text);
    match of {
        Of::Mapping => drop(read_mapping(&sources, file, &mut found)),
        Of::Included => drop(read_included(&sources, file, &mut found)),
        Of::Fixtures => drop(read_fixtures(&sources, file, &mut found)),
    }
    found.sorted().iter().map(|found| found.code).collect()
}

/// What a schema can see of what the reader refuses. Of a value that is not quoted, readers of YAML differ in what it is.
const SHAPES: [Code; 2] = [Code::UnknownField, Code::WrongType];

#[derive(Default)]
struct Seen {
    taken: usize,
    refused: usize,
}

struct Schemas(BTreeMap<&'static str, Validator>);

impl Schemas {
    fn new() -> Self {
        let of = |name, of| (name, validator(&schema(of)));
        Self(BTreeMap::from([
            of("mapping", Of::Mapping),
            of("included", Of::Included),
            of("fixtures", Of::Fixtures),
        ]))
    }

    /// Compares the schema with the reader on a file that is known to be right as a whole, or of which only the reader knows.
    fn compare(&self, of: Of, text: &str, is_right: bool, place: &str, seen: &mut Seen) {
        let name = match of {
            Of::Mapping => "mapping",
            Of::Included => "included",
            Of::Fixtures => "fixtures",
        };
        let Ok(value) = serde_saphyr::from_str::<Value>(text) else {
            assert!(!is_right, "{place}: no YAML to another reader");
            return;
        };
        let codes = read(of, text);
        let complaints = complaints(&self.0[name], &value);
        if is_right {
            assert_eq!(complaints, [] as [&str; 0], "{place}\n{text}");
            seen.taken += 1;
        } else if codes.iter().any(|code| SHAPES.contains(code)) && !value.is_null() {
            assert!(
                !complaints.is_empty(),
                "{place}: {codes:?} is no matter to the schema\n{text}"
            );
            seen.refused += 1;
        }
    }
}

/// Every mapping of the worked examples and of the golden cases, with its fixtures and what it includes.
#[test]
fn the_schema_takes_and_refuses_what_the_reader_does() {
    let schemas = Schemas::new();
    let mut seen = Seen::default();
    for folder in folders("policies")
        .into_iter()
        .chain(folders("tests/cases"))
    {
        if !folder.join("access.yaml").exists() {
            continue;
        }
        let is_right = Project::load(&folder).compiled.is_some();
        for (name, of) in [
            ("access.yaml", Of::Mapping),
            ("fixtures.yaml", Of::Fixtures),
        ] {
            if let Ok(text) = fs::read_to_string(folder.join(name)) {
                schemas.compare(
                    of,
                    &text,
                    is_right,
                    &format!("{folder:?} {name}"),
                    &mut seen,
                );
            }
        }
        for entry in fs::read_dir(folder.join("teams")).into_iter().flatten() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap_or_default();
            schemas.compare(
                Of::Included,
                &text,
                is_right,
                &format!("{path:?}"),
                &mut seen,
            );
        }
    }
    for case in crate::reading::cases() {
        for (name, of) in [
            ("access.yaml", Of::Mapping),
            ("fixtures.yaml", Of::Fixtures),
        ] {
            if let Ok(text) = fs::read_to_string(case.join(name)) {
                schemas.compare(of, &text, false, &format!("{case:?} {name}"), &mut seen);
            }
        }
    }
    assert!(
        seen.taken > 100 && seen.refused > 5,
        "{} taken, {} refused",
        seen.taken,
        seen.refused
    );
}

#[test]
fn the_schema_takes_every_random_mapping() {
    let schemas = Schemas::new();
    let mut seen = Seen::default();
    let (samples, _) = sample::random(sample::About::Login, 20_261_125, 150, 1);
    for sample in &samples {
        for (name, text) in &sample.files {
            let of = if name == "access.yaml" {
                Of::Mapping
            } else {
                Of::Included
            };
            schemas.compare(of, text, true, &format!("{} {name}", sample.id), &mut seen);
        }
    }
    assert!(seen.taken >= 150);
}

/// Each field in turn is misspelt, and each value made one of another type: neither passes the reader nor the schema.
#[test]
fn what_is_spoilt_field_by_field_is_refused_by_both() {
    let text = fs::read_to_string(root().join("policies/acme/access.yaml")).unwrap();
    let whole: Value = serde_saphyr::from_str(&text).unwrap();
    let validator = validator(&schema(Of::Mapping));
    let mut count = 0;
    let mut spoil = |value: Value, what: &str| {
        let text = serde_json::to_string_pretty(&value).unwrap();
        let codes = read(Of::Mapping, &text);
        let by_reader = codes
            .iter()
            .any(|code| SHAPES.contains(code) || *code == Code::UnquotedValue);
        let by_schema = !validator.is_valid(&value);
        assert!(
            by_schema || !by_reader,
            "{what}: {codes:?} is no matter to the schema"
        );
        if by_schema && !by_reader {
            // A word that is none of those known: the shape is right, and the mapping is not.
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("access.yaml"), &text).unwrap();
            assert!(
                Project::load(folder.path()).compiled.is_none(),
                "{what}: only the schema refuses this"
            );
        }
        count += usize::from(by_reader);
    };
    for pointer in pointers(&whole, String::new()) {
        let mut nested = whole.clone();
        *nested.pointer_mut(&pointer).unwrap() = json!([[["x"]], {"y": 1}]);
        spoil(nested, &pointer);
        let mut number = whole.clone();
        *number.pointer_mut(&pointer).unwrap() = json!(17);
        spoil(number, &pointer);
        let mut more = whole.clone();
        if let Some(map) = more.pointer_mut(&pointer).unwrap().as_object_mut() {
            map.insert("made_up".to_owned(), json!({"made_up": [1]}));
            spoil(more, &pointer);
        }
    }
    assert!(count > 300, "only {count} were refused");
}

/// The place of every value in a document.
fn pointers(value: &Value, at: String) -> Vec<String> {
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            let escaped = |key: &String| key.replace('~', "~0").replace('/', "~1");
            map.iter()
                .map(|(key, value)| (escaped(key), value))
                .collect()
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(n, value)| (n.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    let mut found = vec![at.clone()];
    for (key, value) in parts {
        found.extend(pointers(value, format!("{at}/{key}")));
    }
    found
}

/// The schemas are themselves right.
#[test]
fn the_schemas_keep_to_the_draft() {
    for of in [Of::Mapping, Of::Included, Of::Fixtures] {
        assert!(jsonschema::meta::is_valid(&schema(of)));
    }
}

//! The questions for real OPA, and the judgement of its answers; `tests/opa/agree` runs both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use super::pipeline::shown;
use super::sample::{MAPPINGS, Sample};
use super::verdict::{Outcome, Verdict, committed, complain, differences, path};
use super::{names, sets};

/// What the linter may say: our tables have long lines and there may be many of them.
const LINT_ALLOWED: [&str; 2] = ["line-length", "file-length"];
/// In v0, it wants v1.
const LINT_ALLOWED_V0: &str = "use-rego-v1";

/// The files of questions: each with its dialect and the checks that it asks for.
const FILES: [(&str, &str, &[&str]); 5] = [
    ("v1-newest", "v1", &["strict", "format"]),
    ("v1-linter", "v1", &["lint"]),
    ("v0-newest", "v0", &["strict"]),
    ("v0-oldest", "v0", &["strict", "format"]),
    ("v0-linter", "v0", &["lint"]),
];

#[derive(Deserialize)]
struct Answer {
    id: String,
    #[serde(default)]
    error: String,
    compile_errors: Option<Vec<String>>,
    strict: Option<Vec<String>>,
    formatted: Option<bool>,
    #[serde(default)]
    format_diff: String,
    lint: Option<Vec<Finding>>,
    decisions: Option<Vec<Decided>>,
}

#[derive(Deserialize)]
struct Finding {
    rule: String,
    row: usize,
    text: String,
}

#[derive(Deserialize)]
struct Decided {
    document: Option<Outcome>,
    #[serde(default)]
    error: String,
}

fn folder(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

/// Writes the questions into the folder that `LIFTGATE_OPA_JOBS` names; without it, does nothing.
#[test]
fn write_jobs() {
    let Some(folder) = folder("LIFTGATE_OPA_JOBS") else {
        return;
    };
    fs::create_dir_all(&folder).unwrap();
    let sets = sets();
    for (file, dialect, checks) in FILES {
        let mut lines = String::new();
        // The linter takes its time, and a template has only so many shapes.
        let most = if checks == ["lint"] {
            MAPPINGS
        } else {
            usize::MAX
        };
        for sample in sets
            .iter()
            .flat_map(|(_, samples)| samples.iter().take(most))
        {
            writeln!(lines, "{}", job(sample, dialect, checks)).unwrap();
        }
        fs::write(folder.join(format!("{file}.jsonl")), lines).unwrap();
    }
}

fn job(sample: &Sample, dialect: &str, checks: &[&str]) -> Value {
    let text = sample.text(dialect);
    // The old formatter writes letters outside ASCII and escapes in its own way, which is not always Rego.
    let checks: Vec<&str> = checks
        .iter()
        .copied()
        .filter(|check| {
            dialect == "v1" || *check != "format" || (text.is_ascii() && !text.contains("\\u"))
        })
        .collect();
    let inputs = if checks == ["lint"] {
        &[][..]
    } else {
        &sample.inputs
    };
    sample.job(dialect, &checks, inputs)
}

/// Judges the answers in the folder that `LIFTGATE_OPA_ANSWERS` names; without it, does nothing. With `BLESS=1` the verdicts
/// are written rather than compared.
#[test]
fn judge() {
    let Some(folder) = folder("LIFTGATE_OPA_ANSWERS") else {
        return;
    };
    let mut wrong = Vec::new();
    let mut told = String::new();
    let mut decided: BTreeMap<&str, BTreeMap<String, Vec<Outcome>>> = BTreeMap::new();
    for (file, dialect, _) in FILES {
        let mut tally = (0, 0, BTreeMap::new());
        let of_file = decided.entry(file).or_default();
        for answer in answers(&folder.join(format!("{file}.jsonl"))) {
            tally.0 += 1;
            findings(file, dialect, &answer, &mut wrong, &mut tally.2);
            let outcomes = outcomes(file, &answer, &mut wrong);
            tally.1 += outcomes.len();
            of_file.insert(answer.id, outcomes);
        }
        writeln!(
            told,
            "{file}: {} policies, {} decisions; lint allowed: {:?}",
            tally.0, tally.1, tally.2
        )
        .unwrap();
    }
    complain(&wrong);
    for (set, samples) in sets() {
        for sample in &samples {
            for older in ["v0-newest", "v0-oldest"] {
                if decided[older].get(&sample.id) != decided["v1-newest"].get(&sample.id) {
                    wrong.push(format!(
                        "{}: {older} decides other than v1\nthe mapping:\n{}",
                        sample.id,
                        shown(&sample.files)
                    ));
                }
            }
        }
        let verdicts: Vec<Verdict> = samples
            .iter()
            .map(|sample| Verdict {
                id: sample.id.clone(),
                text: sample.text_digest(),
                inputs: sample.inputs_digest(),
                decisions: decided["v1-newest"]
                    .get(&sample.id)
                    .cloned()
                    .unwrap_or_default(),
            })
            .collect();
        wrong.extend(differences(&samples, &verdicts));
        if std::env::var_os("LIFTGATE_PAIRS").is_none() || !matches!(set, "random" | "stacks") {
            settle(set, &verdicts, &mut wrong);
        }
        let count: usize = verdicts.iter().map(|verdict| verdict.decisions.len()).sum();
        writeln!(
            told,
            "{set}: {} policies, {count} decisions of OPA and ours compared",
            verdicts.len()
        )
        .unwrap();
    }
    complain(&wrong);
    report(&told);
}

#[allow(clippy::print_stdout)] // what the script prints at its end
fn report(told: &str) {
    println!("\n{told}");
}

fn answers(file: &Path) -> Vec<Answer> {
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Everything but the decisions that OPA or the linter has against a text.
fn findings(
    file: &str,
    dialect: &str,
    answer: &Answer,
    wrong: &mut Vec<String>,
    allowed: &mut BTreeMap<String, usize>,
) {
    let mut say = |what: String| wrong.push(format!("{file}, {}: {what}", answer.id));
    if !answer.error.is_empty() {
        say(answer.error.clone());
    }
    for error in answer.compile_errors.iter().chain(&answer.strict).flatten() {
        say(error.clone());
    }
    if answer.formatted == Some(false) {
        say(format!("not formatted: {}", answer.format_diff));
    }
    let asked: BTreeSet<&str> = FILES
        .iter()
        .filter(|(name, ..)| *name == file)
        .flat_map(|(.., checks)| checks.iter().copied())
        .collect();
    if (asked.contains("strict") && answer.strict.is_none())
        || (asked.contains("lint") && answer.lint.is_none())
        || (file == "v1-newest" && answer.formatted.is_none())
    {
        say("a check was asked for and not made".to_string());
    }
    for finding in answer.lint.iter().flatten() {
        let rule = finding.rule.as_str();
        if LINT_ALLOWED.contains(&rule) || (dialect == "v0" && rule == LINT_ALLOWED_V0) {
            *allowed.entry(finding.rule.clone()).or_default() += 1;
        } else {
            say(format!(
                "line {}: {}: {}",
                finding.row, finding.rule, finding.text
            ));
        }
    }
}

fn outcomes(file: &str, answer: &Answer, wrong: &mut Vec<String>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for (at, decided) in answer.decisions.iter().flatten().enumerate() {
        match &decided.document {
            Some(outcome) => outcomes.push(outcome.clone()),
            None => {
                wrong.push(format!(
                    "{file}, {}, input {at}: no decision: {}",
                    answer.id, decided.error
                ));
                outcomes.push(Outcome::default());
            }
        }
    }
    outcomes
}

/// Compares with the committed verdicts, or writes them.
fn settle(set: &str, verdicts: &[Verdict], wrong: &mut Vec<String>) {
    if std::env::var_os("BLESS").is_some() {
        if verdicts.is_empty() {
            return;
        }
        let lines: Vec<String> = verdicts
            .iter()
            .map(|verdict| serde_json::to_string(verdict).unwrap() + "\n")
            .collect();
        fs::create_dir_all(path(set).parent().unwrap()).unwrap();
        fs::write(path(set), lines.concat()).unwrap();
        return;
    }
    let before: BTreeMap<String, Verdict> = committed(set)
        .into_iter()
        .map(|v| (v.id.clone(), v))
        .collect();
    for verdict in verdicts {
        match before.get(&verdict.id) {
            Some(same) if same == verdict => {}
            None => wrong.push(format!("{}: OPA had not been asked", verdict.id)),
            Some(other) => {
                let changed = other
                    .decisions
                    .iter()
                    .zip(&verdict.decisions)
                    .enumerate()
                    .filter(|(_, (a, b))| a != b);
                let changed: Vec<String> = changed
                    .map(|(at, (a, b))| format!("  input {at}\n  - {}\n  + {}", json!(a), json!(b)))
                    .collect();
                wrong.push(format!(
                    "{}: the verdict is no longer the committed one\n{}",
                    verdict.id,
                    changed.join("\n")
                ));
            }
        }
    }
}

#[test]
fn the_fixed_sample_of_names_is_large_enough() {
    let samples = names::samples();
    let names: usize = samples
        .iter()
        .map(|sample| sample.compiled.model.groups.len())
        .sum();
    assert_eq!(names, 300);
}

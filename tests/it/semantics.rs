//! The rows of the language's semantics, each as a mapping, inputs, and the decisions that are right: written by hand, so
//! that a compiler and an engine that are wrong together are found out. The model decides them too, and the
//! agreement suite asks OPA and the second reading.
//!
//! A decision is told in a line: `deny`, or `allow` or `admin` with `space=role,role` for each space; `-admin` where
//! administrative rights were taken away, `teams` with the teams that replace the session's, `sampled` where it is recorded. Of
//! stacks it is what may be done (`read`, `write`) and may not (`deny`, `deny_write`), or `nothing`.

mod conventions;
mod files;
mod guardrails;
mod keys_slack_and_teams;
mod login;
mod mistakes;
mod place_and_time;
mod spaces;
mod stacks;
mod subjects;
mod unknown;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use liftgate::evaluate::access::{Access, AccessEvaluator};
use liftgate::evaluate::{Decision, Evaluator};
use liftgate::model::Dialect;
use serde_json::{Value, json};

use crate::agreement::pipeline::{Compiled, Files, MAIN, compiled};
use crate::agreement::sample::Sample;

/// A row: a fragment of a mapping, and pairs of what an input changes and the decision.
pub struct Row {
    pub name: &'static str,
    pub mapping: &'static str,
    pub cases: &'static [(&'static str, &'static str)],
}

macro_rules! rows {
    ($($(#[$meta:meta])* $name:ident: $mapping:literal { $($change:literal => $decision:literal,)* })*) => {
        pub const ROWS: &[crate::semantics::Row] = &[$(crate::semantics::Row {
            name: stringify!($name),
            mapping: $mapping,
            cases: &[$(($change, $decision)),*],
        }),*];
        $($(#[$meta])* #[test] fn $name() { crate::semantics::check(ROWS, stringify!($name)); })*
    };
}
pub(crate) use rows;

/// What every row's mapping has unless it writes a section of that name itself.
const SECTIONS: [(&str, &str); 4] = [
    (
        "spaces",
        r#"  payments: {parent: root, labels: ["team:payments"]}
  payments-dev: {parent: payments, labels: ["env:dev", "team:payments"]}
  payments-prod: {parent: payments, labels: ["env:prod"]}
  payments-prod-eu: {parent: payments-prod, labels: ["env:prod"]}
  platform-space: {parent: root}
  old: {parent: legacy, labels: ["env:dev"]}
"#,
    ),
    (
        "roles",
        "  deployer: {actions: [run:trigger]}\n  owner: {actions: [space:admin]}\n  auditor: {external: true}\n",
    ),
    (
        "groups",
        "  platform: Platform\n  payments: {sent_as: [Payments, payments-eu]}\n  senior: Senior\n  contractors: Contractors\n",
    ),
    (
        "conditions",
        r#"  office: {ip: [203.0.113.0/24, "2001:db8::/32"]}
  business_hours: {days: [mon, tue, wed, thu, fri], hours: "09:00-17:00", timezone: America/Los_Angeles}
"#,
    ),
];

/// The whole mapping of a row's fragment.
pub fn mapping(fragment: &str) -> String {
    // Spacelift's own servers evaluate no access policies.
    let account = if fragment.contains("stack_access:") {
        "{endpoint: \"https://spacelift.acme.example\"}"
    } else {
        "acme"
    };
    let mut yaml = format!("version: 1\naccount: {account}\nidentity_provider: okta\n");
    for (section, body) in SECTIONS {
        if !format!("\n{fragment}").contains(&format!("\n{section}:")) {
            write!(yaml, "{section}:\n{body}").unwrap();
        }
    }
    yaml + fragment + "\n"
}

/// Alice of Payments, from the office at ten in the morning of Thursday, 3 December 2026, in Los Angeles, but for what is
/// changed: short keys for what changes often, `without` for what is left out, `input` for the whole.
fn input(change: &str) -> Value {
    let change: Value = serde_json::from_str(change).unwrap();
    let spaces = [
        "root",
        "legacy",
        "payments",
        "payments-dev",
        "payments-prod",
    ]
    .map(|id| json!({"id": id}));
    let mut input = json!({
        "session": {"login": "alice@acme.example", "member": true, "teams": ["Payments"]},
        "request": {"remote_ip": "203.0.113.9", "timestamp_ns": nanoseconds("2026-12-03T10:00:00-08:00")},
        "spaces": spaces,
    });
    for (key, value) in change.as_object().unwrap() {
        let place = |name: &str| match name {
            "login" | "member" | "machine" | "teams" => ("session", name.to_string()),
            "ip" => ("request", "remote_ip".to_string()),
            "at" | "timestamp_ns" => ("request", "timestamp_ns".to_string()),
            other => panic!("{other} is not part of an input"),
        };
        match (key.as_str(), value) {
            ("input", whole) => input = whole.clone(),
            ("session" | "request" | "spaces", value) => input[key] = value.clone(),
            ("stack" | "module" | "slack", _) => {}
            ("without", names) => {
                for name in names.as_array().unwrap() {
                    let name = name.as_str().unwrap();
                    if ["session", "request", "spaces"].contains(&name) {
                        input.as_object_mut().unwrap().remove(name);
                        continue;
                    }
                    if name.starts_with("stack") {
                        continue;
                    }
                    let (part, name) = place(name);
                    input[part].as_object_mut().unwrap().remove(&name);
                }
            }
            ("at", time) => {
                // A `+1` or `-1` at the end is a nanosecond.
                let time = time.as_str().unwrap();
                let (time, more) = match time.split_once(' ') {
                    Some((time, more)) => (time, more.parse::<i64>().unwrap()),
                    None => (time, 0),
                };
                input["request"]["timestamp_ns"] = (nanoseconds(time) + more).into();
            }
            (name, value) => {
                let (part, name) = place(name);
                input[part][name] = value.clone();
            }
        }
    }
    input
}

/// The same about a stack: what is changed of it is merged into an ordinary one, a module stands in place of it unless both are
/// changed, and a channel of Slack in place of the session.
fn input_about_stacks(change: &str) -> Value {
    let mut input = input(change);
    let change: Value = serde_json::from_str(change).unwrap();
    if change.get("input").is_some() {
        return input;
    }
    input.as_object_mut().unwrap().remove("spaces");
    if let Some(channel) = change.get("slack") {
        let session = input.as_object_mut().unwrap().remove("session");
        assert!(session.is_some());
        input["slack"] = json!({"team": {"id": channel[0]}, "channel": {"id": channel[1]}});
        if change.get("ip").is_none() {
            input["request"] = json!({});
        }
    }
    let mut stack = json!({
        "id": "payments-1", "name": "Payments", "labels": [], "administrative": false, "autodeploy": false, "branch": "main",
        "namespace": "acme", "repository": "infra", "state": "FINISHED", "contexts": [], "locked_by": null,
        "space": {"id": "legacy", "name": "legacy", "labels": []},
        "tracked_commit": {"tag": null, "pull_request_id": 1, "created_at": 1_764_000_000_000_000_000_i64},
        "worker_pool": {"id": null, "name": null, "labels": [], "public": true},
    });
    match change.get("stack") {
        Some(Value::Object(changed)) => merge(&mut stack, changed),
        Some(other) => stack = other.clone(),
        None => {}
    }
    let without = change.get("without").and_then(Value::as_array);
    for name in without.into_iter().flatten().filter_map(Value::as_str) {
        if let Some(attribute) = name.strip_prefix("stack.") {
            stack.as_object_mut().unwrap().remove(attribute);
        }
    }
    if let Some(module) = change.get("module") {
        input["module"] = module.clone();
    }
    let is_left_out = without.is_some_and(|names| names.contains(&json!("stack")));
    if !is_left_out && (change.get("module").is_none() || change.get("stack").is_some()) {
        input["stack"] = stack;
    }
    input
}

fn merge(into: &mut Value, changed: &serde_json::Map<String, Value>) {
    for (name, value) in changed {
        match (into.get_mut(name), value) {
            (Some(part @ Value::Object(_)), Value::Object(changed)) => merge(part, changed),
            _ => into[name] = value.clone(),
        }
    }
}

fn nanoseconds(time: &str) -> i64 {
    i64::try_from(time.parse::<jiff::Timestamp>().unwrap().as_nanosecond()).unwrap()
}

fn told(decision: &Decision) -> String {
    let mut told = decision.login.word().to_string();
    if decision.deny_admin {
        told.push_str(" -admin");
    }
    for (space, slugs) in &decision.roles {
        let slugs: Vec<&str> = slugs.iter().map(String::as_str).collect();
        write!(told, " {space}={}", slugs.join(",")).unwrap();
    }
    if !decision.teams.is_empty() {
        let teams: Vec<&str> = decision.teams.iter().map(String::as_str).collect();
        write!(told, " teams={}", teams.join(",")).unwrap();
    }
    if decision.sample {
        told.push_str(" sampled");
    }
    told
}

fn told_of_stacks(access: &Access) -> String {
    let said = [
        ("read", access.read),
        ("write", access.write),
        ("deny", access.deny),
        ("deny_write", access.deny_write),
        ("sampled", access.sample),
    ];
    let said = said.iter().filter(|(_, is)| *is).map(|(word, _)| *word);
    let said: Vec<&str> = said.collect();
    if said.is_empty() {
        "nothing".to_string()
    } else {
        said.join(" ")
    }
}

impl Row {
    fn is_about_stacks(&self) -> bool {
        self.mapping.contains("stack_access:")
    }

    fn sample(&self) -> Sample {
        let mapping = mapping(self.mapping);
        let changes = self.cases.iter().map(|(change, _)| change);
        if self.is_about_stacks() {
            let inputs = changes.map(|change| input_about_stacks(change)).collect();
            let files = Files::from([(MAIN.to_string(), mapping)]);
            return Sample::of_entry(self.name.to_string(), files, None, inputs);
        }
        let inputs = changes.map(|change| input(change)).collect();
        Sample::of(self.name.to_string(), mapping, inputs)
    }
}

/// Decides the inputs of a row about stacks, by the model and by the texts of both dialects.
fn check_about_stacks(row: &Row) {
    let sample = row.sample();
    let Compiled { model, .. } = &sample.compiled;
    let entry = model.stack_access.values().next().unwrap();
    for (dialect, word) in [(Dialect::V1, "v1"), (Dialect::V0, "v0")] {
        let text = sample.text(word);
        let mut evaluator = AccessEvaluator::of(&text, dialect).unwrap();
        for ((change, right), input) in row.cases.iter().zip(&sample.inputs) {
            let decision = evaluator.decide(input).unwrap();
            let meant = model.access(entry, input);
            assert_eq!(
                meant.agrees_with(&decision),
                Ok(()),
                "{change} in\n{}",
                row.mapping
            );
            assert_eq!(
                told_of_stacks(&decision),
                *right,
                "{change}, because of {:?}, in\n{}",
                decision.because,
                row.mapping
            );
        }
    }
}

/// Decides a row's inputs and compares.
pub fn check(rows: &[Row], name: &str) {
    let row = rows.iter().find(|row| row.name == name).unwrap();
    if row.is_about_stacks() {
        return check_about_stacks(row);
    }
    let mapping = mapping(row.mapping);
    let compiled = compiled(&mapping);
    let mut evaluator = Evaluator::new(&compiled.text).unwrap();
    assert!(
        row.cases.len() >= 2,
        "a row that decides one thing only cannot show a difference"
    );
    for (change, right) in row.cases {
        let decision = evaluator.decide(&input(change)).unwrap();
        let meant = compiled.model.decide(&input(change));
        assert_eq!(
            meant.agrees_with(&decision),
            Ok(()),
            "{change} in\n{mapping}"
        );
        assert_eq!(
            told(&decision),
            *right,
            "{change}, because of {:?}, in\n{mapping}",
            decision.because
        );
    }
}

fn all() -> impl Iterator<Item = &'static Row> {
    let rows = [
        unknown::ROWS,
        subjects::ROWS,
        login::ROWS,
        keys_slack_and_teams::ROWS,
        spaces::ROWS,
        place_and_time::ROWS,
        conventions::ROWS,
        stacks::ROWS,
    ];
    rows.into_iter().flatten()
}

/// The same for OPA.
pub fn samples() -> Vec<Sample> {
    all().map(Row::sample).collect()
}

/// Rows that decide nothing: what is an error, what a plan or a fixture does, what a policy is attached to, what a guardrail is
/// checked over, and what changes no text.
const DECIDE_NOTHING: [usize; 13] = [18, 32, 33, 62, 63, 64, 65, 67, 68, 69, 70, 71, 72];

/// The numbers in names such as `row_07_…` and `row_44_46_…`.
fn numbers(text: &str) -> BTreeSet<usize> {
    let name = regex::Regex::new(r"row_(\d\d_(?:and_)?)+").unwrap();
    let number = regex::Regex::new(r"\d\d").unwrap();
    name.find_iter(text)
        .flat_map(|found| number.find_iter(found.as_str()))
        .map(|found| found.as_str().parse().unwrap())
        .collect()
}

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            // Of a name that only something else mentions, nothing follows.
            let whole = fs::read_to_string(&path).unwrap();
            let named = whole.lines().map(str::trim_start);
            for line in named.filter(|line| line.starts_with("row_") || line.starts_with("fn row_"))
            {
                writeln!(text, "{line}").unwrap();
            }
        }
    }
}

#[test]
fn every_row_has_a_test_of_its_name_and_every_decision_is_asked_of_all_engines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    sources(&root.join("tests/it"), &mut text);
    sources(&root.join("src"), &mut text);
    let rows: BTreeSet<usize> = (1..=72).collect();
    assert_eq!(numbers(&text), rows);
    let decided: String = all().map(|row| format!("{} ", row.name)).collect();
    let deciding = rows.into_iter().filter(|row| !DECIDE_NOTHING.contains(row));
    assert_eq!(numbers(&decided), deciding.collect());
}

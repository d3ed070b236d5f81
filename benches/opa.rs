//! What a decision costs in OPA: the rendered policy beside a rule for each grant, in one run. Needs Go.
//!
//! `cold` is parsing, compiling and deciding once, which is what a login pays; `prepared` is deciding again. Both are the time of
//! processors, so that who else works on the machine does not count. Last comes what OPA's own profiler says of where it goes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    missing_docs
)]

#[path = "workload/by_hand.rs"]
mod by_hand;
mod workload;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use by_hand::{Asking, rule_per_grant};
use serde::Deserialize;
use serde_json::{Value, json};

const SIZES: [usize; 3] = [10, 1_000, 10_000];

#[derive(Deserialize)]
struct Cost {
    cold_us: f64,
    prepared_us: f64,
}

#[derive(Deserialize)]
struct Spent {
    rule: String,
    us: f64,
    evals: usize,
}

fn main() {
    // `cargo test --benches` only asks whether it runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let Some(opa) = build() else {
        eprintln!("there is no Go here, so OPA's cost is not measured");
        return;
    };
    println!(
        "microseconds of a processor, medians; ratios against the rendered policy of the same size and run\n"
    );
    println!(
        "{:>7} {:<28} {:>12} {:>7} {:>12} {:>7}",
        "grants", "policy", "cold", "ratio", "prepared", "ratio"
    );
    let mut ours = BTreeMap::new();
    for grants in SIZES {
        let input = workload::input(grants);
        let rendered = rendered(grants);
        let texts = [
            ("rendered", rendered),
            ("a rule each, `in`", rule_per_grant(grants, Asking::In)),
            (
                "a rule each, `[_] ==`",
                rule_per_grant(grants, Asking::Index),
            ),
            (
                "a rule each, `some … in`",
                rule_per_grant(grants, Asking::Some),
            ),
        ];
        let roles: Vec<Value> = texts
            .iter()
            .map(|(_, text)| {
                ask(&opa, &[], text, &input)["decisions"][0]["document"]["roles"].clone()
            })
            .collect();
        for (at, held) in roles.iter().enumerate() {
            assert!(held.is_object(), "{} answers nothing", texts[at].0);
            assert_eq!(*held, roles[0], "{} decides otherwise", texts[at].0);
        }
        let held: usize = roles[0].as_object().map_or(0, |spaces| {
            spaces
                .values()
                .filter_map(Value::as_array)
                .map(Vec::len)
                .sum()
        });
        println!("{grants:>7} grants, of which the session holds {held}");
        let mut base: Option<Cost> = None;
        for (name, text) in &texts {
            let cost: Cost =
                serde_json::from_value(ask(&opa, &["-measure", "-n", "15"], text, &input)).unwrap();
            let base = base.get_or_insert(Cost { ..cost });
            println!(
                "{grants:>7} {name:<28} {:>12.0} {:>7.2} {:>12.0} {:>7.2}",
                cost.cold_us,
                cost.cold_us / base.cold_us,
                cost.prepared_us,
                cost.prepared_us / base.prepared_us,
            );
        }
        ours.extend(base.map(|cost| (grants, cost)));
    }
    let floor: Cost = serde_json::from_value(ask(
        &opa,
        &["-measure", "-n", "41"],
        "package spacelift\n\nallow := true\n",
        &workload::input(SIZES[2]),
    ))
    .unwrap();
    println!(
        "\nthe floor, `allow := true` for the same input: cold {:.0}, prepared {:.0}",
        floor.cold_us, floor.prepared_us
    );
    for grants in [SIZES[0], SIZES[2]] {
        profiled(&opa, "rendered", grants, &rendered(grants));
    }
    profiled(
        &opa,
        "a rule each, `in`",
        SIZES[2],
        &rule_per_grant(SIZES[2], Asking::In),
    );
    println!(
        "\nrendered, prepared, {} grants against {}: {:.2}",
        SIZES[2],
        SIZES[0],
        ours[&SIZES[2]].prepared_us / ours[&SIZES[0]].prepared_us
    );
    stacks(&opa);
}

/// Spacelift answers a list of stacks only if all access policies on all of them are decided within this time, in microseconds.
/// Source: documentation, access policies.
const BUDGET_US: f64 = 500_000.0;

/// What one decision about a stack costs, and how many fit into the time that Spacelift gives a list of them.
fn stacks(opa: &Path) {
    println!(
        "\naccess policies: microseconds of a processor for a stack, and stacks in half a second\n"
    );
    println!(
        "{:<44} {:>9} {:>12} {:>10} {:>9}",
        "entry", "bytes", "cold", "prepared", "stacks"
    );
    for (name, entry) in workload::stack_entries() {
        let text = rendered_access(&entry);
        let input = workload::stack_input();
        let answer = ask_of(opa, &[], "access", &text, &input);
        assert!(
            answer["decisions"][0]["document"]["read"].is_boolean(),
            "{answer}"
        );
        let arguments = ["-measure", "-n", "41"];
        let cost: Cost =
            serde_json::from_value(ask_of(opa, &arguments, "access", &text, &input)).unwrap();
        // Each policy is prepared once for a list, and decides for every stack on it.
        let fit = (BUDGET_US - cost.cold_us) / cost.prepared_us;
        println!(
            "{name:<44} {:>9} {:>12.0} {:>10.0} {fit:>9.0}",
            text.len(),
            cost.cold_us,
            cost.prepared_us,
        );
        assert!(
            fit > 100.0,
            "{name}: no hundred stacks within half a second"
        );
    }
}

fn rendered_access(entry: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mapping = workload::stack_mapping(entry);
    std::fs::write(folder.path().join("access.yaml"), mapping).unwrap();
    let project = liftgate::project::Project::load(folder.path());
    let compiled = project.compiled.expect("the workload compiles");
    compiled.access[0].text.clone()
}

/// Where a decision's time goes, by rule: what is below a twentieth of it is one line.
fn profiled(opa: &Path, name: &str, grants: usize, text: &str) {
    let answer = ask(
        opa,
        &["-profile", "-n", "31"],
        text,
        &workload::input(grants),
    );
    let rules: Vec<Spent> = serde_json::from_value(answer["rules"].clone()).unwrap();
    let total: f64 = rules.iter().map(|rule| rule.us).sum();
    let evals: usize = rules.iter().map(|rule| rule.evals).sum();
    assert!(evals > 0, "{answer}");
    println!(
        "\n{grants} grants, {name}: {evals} expressions evaluated, {total:.0} microseconds under the profiler"
    );
    let (most, rest): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| rule.us > total / 20.0);
    for rule in &most {
        println!(
            "{:>4.0} % {:>5}  {}",
            100.0 * rule.us / total,
            rule.evals,
            rule.rule
        );
    }
    println!(
        "{:>4.0} % {:>5}  {} other rules",
        100.0 * rest.iter().map(|rule| rule.us).sum::<f64>() / total,
        rest.iter().map(|rule| rule.evals).sum::<usize>(),
        rest.len(),
    );
}

fn rendered(grants: usize) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("access.yaml"), workload::mapping(grants)).unwrap();
    let project = liftgate::project::Project::load(folder.path());
    project.compiled.expect("the workload compiles").text
}

fn ask(opa: &Path, arguments: &[&str], text: &str, input: &Value) -> Value {
    ask_of(opa, arguments, "login", text, input)
}

fn ask_of(opa: &Path, arguments: &[&str], kind: &str, text: &str, input: &Value) -> Value {
    let file = format!("spacelift/{kind}.rego");
    let job = json!({
        "id": "cost", "rego": "v1", "files": {file: text}, "preamble": kind,
        "query": "data.spacelift.result", "inputs": [input],
    });
    let mut child = Command::new(opa)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(format!("{job}\n").as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        answer.get("error").is_none()
            && answer["compile_errors"]
                .as_array()
                .is_none_or(Vec::is_empty),
        "{answer}"
    );
    answer
}

fn build() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let opa = root.join("target/opa/newest");
    std::fs::create_dir_all(opa.parent()?).ok()?;
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&opa)
        .arg(".")
        .current_dir(root.join("tests/opa/newest"))
        .status()
        .ok()?;
    built.success().then_some(opa)
}

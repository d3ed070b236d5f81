//! The guides: each is a mapping with its fixtures, and whatever else stands in a block is run beside them. `BLESS=1` writes what
//! commands say as it is now.

use liftgate::evaluate::Evaluator;
use liftgate::project::Project;

use super::*;
use crate::cli::bench::Bench;
use crate::tour::{arguments, matches, rewritten};

/// A block of any language: the words after the fence, and what is in it.
struct Block {
    info: String,
    text: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut all: Vec<Block> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            if !is_open {
                all.push(Block {
                    info: info.to_owned(),
                    text: String::new(),
                });
            }
            is_open = !is_open;
        } else if is_open {
            let last = &mut all.last_mut().unwrap().text;
            last.push_str(line);
            last.push('\n');
        }
    }
    assert!(!is_open);
    all
}

fn guides() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides");
    let mut all: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    all.sort();
    all
}

/// The files of a guide, in a folder.
fn bench(name: &str, text: &str) -> Bench {
    let bench = Bench::new();
    for block in blocks(text) {
        let file = match block.info.as_str() {
            "yaml mapping" => "access.yaml",
            "yaml fixtures" => "fixtures.yaml",
            "rego" => "old.rego",
            "console" => continue,
            other => panic!("{name}: a block of `{other}`, which nothing runs"),
        };
        assert!(!bench.path(file).exists(), "{name}: two of {file}");
        bench.write(file, &block.text);
    }
    bench
}

#[test]
fn every_guide_is_a_sound_mapping_whose_tests_pass() {
    let guides = guides();
    let mut count = 0;
    for (name, text) in &guides {
        if name == "README.md" {
            assert!(blocks(text).is_empty());
            continue;
        }
        let bench = bench(name, text);
        bench.fine("check --deny-warnings");
        let told = bench.run("test");
        assert_eq!(told.exit, 0, "{name}\n{}", told.stdout);
        // Every grant of a guide is exercised by it.
        assert_eq!(told.stderr, "", "{name}");
        count += 1;
    }
    assert_eq!(count, 7);
}

#[test]
fn every_command_of_a_guide_says_what_is_shown() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut count = 0;
    for (name, text) in guides() {
        if name == "README.md" {
            continue;
        }
        let bench = bench(&name, &text);
        let mut wrong = Vec::new();
        let new = rewritten(&text, |shown| {
            count += 1;
            let ran = bench.run_with(&arguments(&shown.command), "");
            assert_eq!(ran.exit, 0, "{name}: {}\n{}", shown.command, ran.stderr);
            let said = format!("{}{}", ran.stderr, ran.stdout);
            let got: Vec<String> = said.trim_end().lines().map(str::to_owned).collect();
            if matches(&shown.output, &got) {
                return shown.output.clone();
            }
            wrong.push(format!("$ {}\n{}", shown.command, got.join("\n")));
            got
        });
        if bless {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides");
            fs::write(path.join(&name), new).unwrap();
        } else {
            assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n\n"));
        }
    }
    assert!(count >= 8, "{count}");
}

/// What is said to decide alike does, for everybody in the guide whom the old policy knows.
#[test]
fn the_old_policy_of_a_guide_decides_as_the_mapping() {
    let mut count = 0;
    for (name, text) in guides() {
        if !blocks(&text).iter().any(|block| block.info == "rego") {
            continue;
        }
        let bench = bench(&name, &text);
        let project = Project::load(bench.folder());
        let compiled = project.compiled.unwrap();
        let old = bench.read("old.rego");
        let mut old = Evaluator::of(&old, compiled.model.dialect).unwrap();
        let mut new = Evaluator::of(&compiled.text, compiled.model.dialect).unwrap();
        for probe in compiled.fixtures.probes(&compiled.model) {
            if probe.input.pointer("/session/login").unwrap() == "break-glass@acme.example" {
                continue;
            }
            let (was, is) = (
                old.decide(&probe.input).unwrap(),
                new.decide(&probe.input).unwrap(),
            );
            assert_eq!(
                (was.login, was.roles),
                (is.login, is.roles),
                "{name}: {}",
                probe.name
            );
            count += 1;
        }
    }
    assert!(count >= 8, "{count}");
}

#[test]
fn the_list_of_guides_is_whole() {
    let list = text("docs/guides/README.md");
    for (name, _) in guides() {
        assert!(
            name == "README.md" || list.contains(&format!("({name})")),
            "{name}"
        );
    }
}

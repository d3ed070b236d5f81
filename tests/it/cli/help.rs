//! The examples of every command's help, run.

use std::fs;
use std::path::Path;

use super::bench::{Bench, words};

pub const COMMANDS: [&str; 24] = [
    "check",
    "render",
    "test",
    "eval",
    "show",
    "who",
    "access",
    "plan",
    "push",
    "doctor",
    "offboard",
    "expire",
    "samples",
    "samples pull",
    "import",
    "init",
    "sandbox",
    "completions",
    "diff",
    "compare",
    "drift",
    "adopt",
    "schema",
    "man",
];

/// The command lines under `Examples:` of a help, without the words beside them.
fn examples(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Examples:")
        .filter_map(|line| line.strip_prefix("  liftgate "))
        .map(|line| line.split("  ").next().unwrap().trim().to_string())
        .collect()
}

/// The repository's worked example, in a folder of its own.
pub fn with_acme() -> Bench {
    let bench = Bench::new();
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/acme");
    for name in ["access.yaml", "fixtures.yaml", "spacelift/login.rego"] {
        let text = fs::read_to_string(acme.join(name)).unwrap();
        bench.write(&format!("policies/acme/{name}"), &text);
    }
    fs::create_dir(bench.path("target")).unwrap();
    bench
}

/// How an example ends. What needs an account, or never ends, is not run.
fn expected_exit(example: &str) -> Option<i32> {
    let words = words(example);
    let has = |word: &str| words.iter().any(|w| w == word);
    match words[0].as_str() {
        "sandbox" => None,
        // The account of the examples is one without access policies.
        "eval" if has("--stack") => None,
        // What needs a repository has tests of its own.
        "diff" if words.len() < 3 || has("--since") || has("--first") => None,
        "drift" | "adopt" if !has("--sandbox") => None,
        // Nothing was pushed yet.
        "drift" | "compare" => Some(5),
        "plan" | "push" | "doctor" if !has("--sandbox") && !has("plan.json") => None,
        "plan" => Some(5),
        // Nobody is there to be asked; a plan in a file has been agreed to.
        "push" if !has("--yes") && !has("plan.json") => Some(2),
        // A state and a policy have cases of their own.
        "import" if !has("--sandbox") => None,
        "offboard" if has("--check") => Some(3),
        "offboard" if has("--verify") => Some(5),
        "samples" if !has("--sandbox") => None,
        // Whether something is over is a matter of the day.
        "expire" => None,
        _ => Some(0),
    }
}

#[test]
fn the_examples_do_what_they_say() {
    let help = Bench::new().fine("--help");
    let mut all: Vec<(String, String)> = examples(&help)
        .into_iter()
        .map(|example| ("liftgate".to_string(), example))
        .collect();
    for command in COMMANDS {
        let help = Bench::new().fine(&format!("{command} --help"));
        let found = examples(&help);
        assert!(!found.is_empty(), "{command} has no example:\n{help}");
        all.extend(found.into_iter().map(|e| (command.to_string(), e)));
    }
    let mut ran = 0;
    for (of, example) in all {
        let Some(exit) = expected_exit(&example) else {
            continue;
        };
        // Examples speak of the worked example, or of a mapping in this folder.
        let bench = with_acme();
        if !example.starts_with("init") {
            bench.fine("init");
        }
        bench.write("sample.json", "{}");
        bench.write(
            "old.rego",
            "package spacelift\nallow { input.session.member }\n",
        );
        if example.starts_with("push plan.json") {
            let line = "plan policies/acme --sandbox target/acme.json --out plan.json";
            bench.ends(5, line);
        }
        if example.starts_with("import") {
            bench.ends(5, "plan policies/acme --sandbox target/acme.json");
        }
        let line = example
            .split(" > ")
            .next()
            .unwrap()
            .replace("policies/*/", "policies/acme/");
        let got = bench.run(&line);
        assert_eq!(
            got.exit, exit,
            "`{example}` of the help of {of}:\n{}{}",
            got.stdout, got.stderr
        );
        ran += 1;
    }
    assert!(ran >= 15, "only {ran} examples were run");
}

#[test]
fn no_line_of_the_examples_is_broken() {
    for command in COMMANDS {
        let help = Bench::new().fine(&format!("{command} --help"));
        for line in help.lines().skip_while(|line| *line != "Examples:").skip(1) {
            assert!(line.starts_with("  liftgate "), "{command}: `{line}`");
        }
    }
}

/// A paragraph is filled to the width, and not broken where its source was.
#[test]
fn no_paragraph_is_broken_before_its_lines_are_full() {
    let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
    let mut paragraphs = 0;
    for command in COMMANDS {
        let help = Bench::new().fine(&format!("{command} --help"));
        let lines: Vec<&str> = help.lines().collect();
        for pair in lines.windows(2) {
            let ([line, next], true) = (pair, pair.iter().all(|line| is_prose(line))) else {
                continue;
            };
            let word = next.split(' ').next().unwrap_or_default();
            let length = line.chars().count() + 1 + word.chars().count();
            assert!(length > 100, "{command}: `{line}`");
            paragraphs += 1;
        }
    }
    assert!(paragraphs > 40, "{paragraphs}");
}

#[test]
fn every_argument_is_explained() {
    for command in COMMANDS {
        let help = Bench::new().fine(&format!("{command} -h"));
        let mut lines = help.lines().peekable();
        while let Some(line) = lines.next() {
            let text = line.trim_start();
            let is_argument = text.starts_with("--") || text.starts_with("-h");
            if !is_argument || !line.starts_with(' ') {
                continue;
            }
            let beside = text.split_once("  ").is_some();
            let below = lines.peek().is_some_and(|next| next.starts_with("     "));
            assert!(beside || below, "{command}: `{text}` is not explained");
        }
    }
}

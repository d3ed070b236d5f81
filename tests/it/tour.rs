//! The tours of README.md and of documents, run in a copy of the repository's examples: what they show is what happens.
//! A line `...` stands for any lines. `BLESS=1 cargo test` writes the output as it is now; read the difference.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::bench::words;
use crate::cli::help::with_acme;

const BEGIN: &str = "<!-- tour -->";
const END: &str = "<!-- /tour -->";

/// A command of a block, with the output below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub command: String,
    pub output: Vec<String>,
}

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn readme() -> PathBuf {
    document("README.md")
}

/// The tour, with what stands before and after it.
fn parts(text: &str) -> (&str, &str, &str) {
    let missing = "the document needs a tour between `<!-- tour -->` and `<!-- /tour -->`";
    let (before, rest) = text.split_once(BEGIN).expect(missing);
    let (tour, after) = rest.split_once(END).expect(missing);
    (before, tour, after)
}

/// Gives each command of the tour to a function; answers the tour with the output that it answers.
pub fn rewritten(tour: &str, mut run: impl FnMut(&Shown) -> Vec<String>) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut shown: Option<Shown> = None;
    let mut inside = false;
    let mut finish = |shown: &mut Option<Shown>, lines: &mut Vec<String>| {
        if let Some(shown) = shown.take() {
            lines.push(format!("$ {}", shown.command));
            lines.extend(run(&shown));
        }
    };
    for line in tour.lines() {
        let fence = line.starts_with("```");
        if inside && fence {
            finish(&mut shown, &mut lines);
            inside = false;
        } else if !inside && line == "```console" {
            inside = true;
        } else if inside && let Some(command) = line.strip_prefix("$ ") {
            finish(&mut shown, &mut lines);
            shown = Some(Shown {
                command: command.to_string(),
                output: Vec::new(),
            });
            continue;
        } else if let Some(shown) = &mut shown {
            shown.output.push(line.to_string());
            continue;
        }
        lines.push(line.to_string());
    }
    assert!(!inside, "a block of the tour does not end");
    lines.join("\n") + "\n"
}

/// Whether the lines are as the pattern shows them.
pub fn matches(pattern: &[String], lines: &[String]) -> bool {
    match pattern {
        [] => lines.is_empty(),
        [dots, rest @ ..] if dots == "..." => {
            (0..=lines.len()).any(|skipped| matches(rest, &lines[skipped..]))
        }
        [first, rest @ ..] => {
            lines.first().is_some_and(|line| line == first) && matches(rest, &lines[1..])
        }
    }
}

/// The command's arguments, whether it is called by its name or through cargo.
pub fn arguments(command: &str) -> Vec<String> {
    let words = words(command);
    let program = ["liftgate", "cargo run --locked --"];
    let called = program
        .iter()
        .find(|program| command.starts_with(&format!("{program} ")))
        .unwrap_or_else(|| panic!("`{command}` of the tour is not a call of liftgate"));
    words[called.split(' ').count()..].to_vec()
}

#[test]
fn the_tour_of_the_readme_happens() {
    happens("README.md", 3);
}

#[test]
fn the_tour_of_pushing_happens() {
    happens("docs/pushing.md", 3);
}

#[test]
fn the_tour_of_importing_happens() {
    happens("docs/import.md", 3);
}

/// Runs the commands of a document's tour, of which it has so many at least.
fn happens(name: &str, least: usize) {
    let path = document(name);
    let text = fs::read_to_string(&path).expect("the document cannot be read");
    let (before, tour, after) = parts(&text);
    let bless = std::env::var_os("BLESS").is_some();
    let bench = with_acme();
    // A policy that is shown is there.
    let policies = tour.split("```rego\n").skip(1);
    for (policy, _) in policies.filter_map(|rest| rest.split_once("```")) {
        bench.write("old.rego", policy);
    }
    let mut wrong = Vec::new();
    let mut count = 0;
    let new = rewritten(tour, |shown| {
        count += 1;
        let ran = bench.run_with(&arguments(&shown.command), "");
        // As a terminal shows it; findings are on standard error.
        let got: Vec<String> = format!("{}{}", ran.stderr, ran.stdout)
            .trim_end()
            .lines()
            .map(|line| line.trim_end().to_string())
            .collect();
        let mut wanted = shown.output.clone();
        while wanted.last().is_some_and(String::is_empty) {
            wanted.pop();
        }
        if matches(&wanted, &got) {
            return shown.output.clone();
        }
        wrong.push(format!("$ {}\n{}", shown.command, got.join("\n")));
        got
    });
    assert!(count >= least, "the tour shows {count} commands");
    if bless {
        fs::write(&path, format!("{before}{BEGIN}{new}{END}{after}")).unwrap();
    } else {
        assert!(
            wrong.is_empty(),
            "{name} shows something else (`BLESS=1` writes it):\n{}",
            wrong.join("\n\n")
        );
    }
}

#[test]
fn the_first_command_of_the_readme_works() {
    let text = fs::read_to_string(readme()).expect("README.md cannot be read");
    let first = text
        .lines()
        .find_map(|line| line.strip_prefix("$ "))
        .expect("README.md shows no command");
    let bench = with_acme();
    let first_time = bench.run_with(&arguments(first), "");
    assert_eq!(first_time.exit, 0, "{}", first_time.stderr);
    assert!(first_time.stdout.contains("read back as sent"));
    let second = bench.run_with(&arguments(first), "");
    assert_eq!(second.exit, 0);
    assert!(second.stdout.contains("Nothing to do"), "{}", second.stdout);
}

#[test]
fn dots_stand_for_any_lines() {
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_string).collect() };
    assert!(matches(&lines("a\n...\nd"), &lines("a\nb\nc\nd")));
    assert!(matches(&lines("..."), &lines("")));
    assert!(!matches(&lines("a\n...\nd"), &lines("a\nb")));
    assert!(!matches(&lines("a"), &lines("a\nb")));
    assert!(!matches(&lines(""), &lines("b")));
}

#[test]
fn a_rewritten_tour_keeps_what_is_not_output() {
    let tour = "\ntext\n\n```console\n$ liftgate a\nold\n$ liftgate b\n```\n\n```sh\n$ no\n```\n";
    let new = rewritten(tour, |shown| vec![format!("did {}", shown.command)]);
    assert_eq!(
        new,
        "\ntext\n\n```console\n$ liftgate a\ndid liftgate a\n$ liftgate b\ndid liftgate b\n```\n\n```sh\n$ no\n```\n"
    );
}

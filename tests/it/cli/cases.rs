//! Each folder of `tests/cases` is run as its file `cmd` says, and compared with its files `stdout`, `stderr` and `exit`.
//! `BLESS=1 cargo test` writes them as they are now; read the difference before committing it.
//!
//! Lines of `cmd`: `liftgate …`, which may end in `< file`; `given liftgate …`, which must succeed and is not shown;
//! `show FILE`, which is compared, too; `edit FILE OLD NEW`; `copy FROM TO`; `remove FILE`; `set NAME VALUE`; `by-hand OLD NEW` in
//! the live policy. Where several commands are shown, each is headed by its line.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use snapbox::assert::Action;
use snapbox::{Assert, Data};

use super::bench::{Bench, words};

const OURS: [&str; 4] = ["cmd", "stdout", "stderr", "exit"];

fn folders() -> Vec<PathBuf> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut folders: Vec<PathBuf> = fs::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    folders
}

#[test]
fn every_case_does_what_it_says() {
    let queue = std::sync::Mutex::new(folders().into_iter());
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(folder) = next else { break };
                    let found = case(&folder);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_exit_code_has_a_case() {
    let seen: String = folders()
        .iter()
        .map(|folder| fs::read_to_string(folder.join("exit")).unwrap_or_default())
        .collect();
    for code in 0..=6 {
        assert!(
            seen.lines().any(|line| line == code.to_string()),
            "no case ends in {code}"
        );
    }
}

/// What of a case is not as it was written down.
fn case(folder: &Path) -> Vec<String> {
    let bench = Bench::new();
    copy_inputs(folder, bench.folder());
    let (mut stdout, mut stderr, mut exits) = (String::new(), String::new(), String::new());
    let cmd = fs::read_to_string(folder.join("cmd")).unwrap_or_default();
    let several = cmd.lines().filter(|l| l.starts_with("liftgate")).count() > 1;
    let mut bench = bench;
    for line in cmd.lines().filter(|line| !line.trim().is_empty()) {
        let Some(ran) = step(&mut bench, line) else {
            continue;
        };
        for (out, text) in [(&mut stdout, ran.stdout), (&mut stderr, ran.stderr)] {
            if several {
                let _ = writeln!(out, "$ {line}");
            }
            out.push_str(&text);
        }
        let _ = writeln!(exits, "{}", ran.exit);
    }
    assert!(!exits.is_empty(), "{} runs nothing", folder.display());
    let bless = std::env::var_os("BLESS").is_some();
    [("stdout", stdout), ("stderr", stderr), ("exit", exits)]
        .into_iter()
        .filter_map(|(name, actual)| {
            let path = folder.join(name);
            if bless {
                // An empty file says nothing that a missing one does not.
                if actual.is_empty() {
                    fs::remove_file(path).ok();
                } else {
                    fs::write(path, actual).unwrap();
                }
                return None;
            }
            let expected = Data::text(fs::read_to_string(&path).unwrap_or_default());
            let title = format!("{}/{name}", folder.display());
            Assert::new()
                .action(Action::Verify)
                .try_eq(Some(&title), Data::text(actual), expected.raw())
                .err()
                .map(|error| error.to_string())
        })
        .collect()
}

/// Does a line; answers what is to be compared.
fn step(bench: &mut Bench, line: &str) -> Option<super::bench::Ran> {
    let (command, input) = match line.split_once(" < ") {
        Some((command, file)) => (command, bench.read(file.trim())),
        None => (line, String::new()),
    };
    let words = words(command);
    let rest = &words[1..];
    match (words[0].as_str(), rest) {
        ("liftgate", _) => return Some(bench.run_with(rest, &input)),
        ("given", [program, arguments @ ..]) if program == "liftgate" => {
            let ran = bench.run_with(arguments, &input);
            assert_eq!(ran.exit, 0, "{line}\n{}{}", ran.stdout, ran.stderr);
        }
        ("show", [file]) => {
            return Some(super::bench::Ran {
                stdout: bench.masked(bench.read(file).as_bytes()),
                stderr: String::new(),
                exit: 0,
            });
        }
        ("edit", [file, old, new]) => bench.edit(file, old, new),
        ("copy", [from, to]) => bench.write(to, &bench.read(from)),
        ("remove", [file]) => fs::remove_file(bench.path(file)).unwrap(),
        ("by-hand", [old, new]) => by_hand(bench, "liftgate", old, new),
        ("by-hand", [policy, old, new]) => by_hand(bench, policy, old, new),
        ("set", [name, value]) => bench.set(name, value),
        _ => panic!("`{line}` is not a step"),
    }
    None
}

/// Edits a live policy of the account in `account.json`, as somebody might in Spacelift.
fn by_hand(bench: &Bench, policy: &str, old: &str, new: &str) {
    let mut account: Value = serde_json::from_str(&bench.read("account.json")).unwrap();
    let body = &mut account["policies"][policy]["body"];
    let text = body.as_str().unwrap();
    assert!(
        text.contains(old),
        "`{old}` is not in the live policy {policy}"
    );
    *body = text.replace(old, new).into();
    bench.write("account.json", &account.to_string());
}

fn copy_inputs(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_inputs(&entry.path(), &target);
        } else if !OURS.contains(&&*entry.file_name().to_string_lossy()) {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

//! Editing, over random mappings in random layouts: what changes is what was meant, and every other byte stays.

mod layout;

use std::collections::{BTreeMap, BTreeSet};

use liftgate::diagnostic::Diagnostics;
use liftgate::document::{Document, read_mapping};
use liftgate::edit::{Change, Step, Value, Way, edit};
use liftgate::model::{Grant, Model};
use liftgate::source::{Sources, Spanned};

use crate::agreement::pipeline::{Files, MAIN, tried_files};
use crate::agreement::random::Random;
use crate::agreement::sample::{About, Drawn};

const SEED: u64 = 20_261_125;
const MAPPINGS: usize = 120;

const LOGINS: [&str; 9] = [
    "new@acme.example",
    "on",
    "1e3",
    "it's \"quoted\"",
    "a: b, c # d",
    "caf\u{e9} \u{1f680}",
    "{x}",
    "- y",
    "api::01HZX00000000000000000EDIT",
];

const OFFBOARDED: [Way; 2] = [
    Way {
        key: "login",
        order: &["account", "conditions", "login", "grants"],
    },
    Way {
        key: "offboarded",
        order: &["require", "deny", "deny_admin", "offboarded", "slack"],
    },
];

fn model(files: &Files) -> Option<Model> {
    tried_files(files).ok().map(|compiled| compiled.model)
}

fn document(text: &str) -> Document {
    let mut sources = Sources::default();
    let file = sources.add(MAIN, text);
    read_mapping(&sources, file, &mut Diagnostics::default())
}

/// A mapping of every construct in turn, laid out anew, and what it means.
fn drawn(number: usize) -> (Files, Model, Random) {
    let files = Drawn::new(About::Login, SEED, number, 0).sample.files;
    let meant = model(&files).unwrap();
    let mut random = Random::new(SEED, 7_000_000 + u64::try_from(number).unwrap());
    let mut laid_out = files.clone();
    laid_out.insert(MAIN.into(), layout::of(&files[MAIN], &mut random));
    let again = model(&laid_out).unwrap_or_else(|| panic!("{}", laid_out[MAIN]));
    assert_eq!(again, meant, "{}", laid_out[MAIN]);
    (laid_out, again, random)
}

/// Whether `less` is `more` with some of it left out.
fn is_within(less: &str, more: &str) -> bool {
    let mut rest = more.bytes();
    less.bytes().all(|byte| rest.any(|other| other == byte))
}

#[test]
fn people_are_offboarded_and_nothing_else_changes() {
    let mut refused = 0;
    for number in 0..MAPPINGS {
        let (mut files, mut wanted, mut random) = drawn(number);
        let before = files[MAIN].clone();
        let mut items = Vec::new();
        for login in random.some(&LOGINS, 3) {
            let lower = login.to_ascii_lowercase();
            let mut person = vec![lower.clone()];
            if random.percent(30) {
                person.push(format!("{lower}-alias"));
                items.push(Value::Map(vec![
                    ("login", Value::Text((*login).to_string())),
                    (
                        "aliases",
                        Value::List(vec![Value::Text(format!("{login}-alias"))]),
                    ),
                ]));
            } else {
                items.push(Value::Text((*login).to_string()));
            }
            for login in person {
                wanted
                    .login
                    .offboarded
                    .insert(login, Spanned::new(lower.clone(), Default::default()));
            }
        }
        let change = Change::Append {
            list: OFFBOARDED.to_vec(),
            items,
        };
        let Ok(after) = edit(&before, &[change]) else {
            refused += 1;
            continue;
        };
        assert!(is_within(&before, &after), "{before}\n--->\n{after}");
        files.insert(MAIN.into(), after);
        let read = model(&files).unwrap_or_else(|| panic!("{before}\n--->\n{}", files[MAIN]));
        assert_eq!(read, wanted, "{before}\n--->\n{}", files[MAIN]);
    }
    assert_eq!(refused, 0);
}

#[test]
fn grants_are_removed_and_nothing_else_changes() {
    let (mut refused, mut compared, mut comments) = (0, 0, 0);
    for number in 0..MAPPINGS {
        let (mut files, mut wanted, mut random) = drawn(number);
        let before = files[MAIN].clone();
        let document = document(&before);
        let share = if random.percent(20) { 100 } else { 30 };
        let mut gone = BTreeSet::new();
        let mut changes = Vec::new();
        let lists = [
            (
                "grants",
                document.grants.iter().map(|g| g.span).collect::<Vec<_>>(),
            ),
            (
                "elevations",
                document.elevations.iter().map(|e| e.grant.span).collect(),
            ),
        ];
        let mut lines_gone = BTreeSet::new();
        for (list, spans) in lists {
            let items: BTreeSet<usize> =
                (0..spans.len()).filter(|_| random.percent(share)).collect();
            for at in &items {
                gone.insert(spans[*at].start);
                lines_gone.extend(spans[*at].start..spans[*at].end);
            }
            if !items.is_empty() {
                changes.push(Change::Remove {
                    list: vec![Step::Key(list.into())],
                    items,
                });
            }
        }
        let main = document.file;
        let of_main = |grant: &Grant| grant.span.file == main && gone.contains(&grant.span.start);
        wanted.grants.retain(|_, grant| !of_main(grant));
        let after = match edit(&before, &changes) {
            Ok(after) => after,
            Err(_) if changes.is_empty() => continue,
            Err(_) => {
                refused += 1;
                continue;
            }
        };
        let without = after
            .replace("grants: []", "grants:")
            .replace("elevations: []", "elevations:");
        assert!(is_within(&without, &before), "{before}\n--->\n{after}");
        comments += kept_comments(&before, &after, &lines_gone);
        files.insert(MAIN.into(), after);
        // A break-glass identity needs its grant, and two entries may decide the same.
        if let Some(read) = model(&files)
            && document.grants.len() + document.elevations.len()
                == made_by_main(&wanted, &gone, main)
        {
            assert_eq!(read, wanted, "{before}\n--->\n{}", files[MAIN]);
            compared += 1;
        }
    }
    assert_eq!(refused, 0);
    assert!(compared > MAPPINGS / 2, "{compared}");
    assert!(comments > MAPPINGS, "{comments}");
}

/// How many entries of the mapping's file there are: those that are gone, and those that stay.
fn made_by_main(wanted: &Model, gone: &BTreeSet<u32>, main: liftgate::source::SourceId) -> usize {
    use liftgate::model::Origin;
    let stay = wanted
        .grants
        .values()
        .filter(|grant| grant.span.file == main && grant.origin != Origin::Naming);
    stay.count() + gone.len()
}

/// Comments that stay; each that does not stands in an entry that is gone, or in the lines of comment around it.
fn kept_comments(before: &str, after: &str, gone: &BTreeSet<u32>) -> usize {
    let mut lines: BTreeMap<usize, (bool, bool)> = BTreeMap::new();
    let mut at = 0;
    for (number, line) in before.split('\n').enumerate() {
        let span = at..at + line.len();
        let touched = span
            .clone()
            .any(|byte| gone.contains(&u32::try_from(byte).unwrap()));
        lines.insert(number, (touched, line.trim_start().starts_with('#')));
        at += line.len() + 1;
    }
    let belongs = |number: usize| {
        let reaches = |step: &dyn Fn(usize) -> Option<usize>| {
            let mut at = Some(number);
            while let Some((touched, comment)) = at.and_then(|at| lines.get(&at)) {
                if *touched {
                    return true;
                }
                if !comment {
                    return false;
                }
                at = at.and_then(step);
            }
            false
        };
        reaches(&|at| at.checked_sub(1)) || reaches(&|at| Some(at + 1))
    };
    let mut kept = 0;
    for (number, line) in before.split('\n').enumerate() {
        for word in line
            .split_whitespace()
            .filter(|word| word.starts_with("#c"))
        {
            if after.contains(&format!("{word} ")) {
                kept += 1;
            } else {
                assert!(belongs(number), "{word} is lost\n{before}\n--->\n{after}");
            }
        }
    }
    kept
}

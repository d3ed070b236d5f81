//! Constructs of which the engine at hand is known to give another answer than Spacelift's.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::evaluate::scan::{Kind, Piece, pieces};

/// Something in a text that cannot be compared here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unlike {
    /// Line of the text, from 1.
    pub line: usize,
    /// What stands there.
    pub what: String,
    /// Why it is not compared.
    pub why: &'static str,
    /// Whether it matters only for inputs in which something is absent.
    pub of_absence: Absence,
}

/// Which inputs a construct matters for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// Those without something that the text asks for: an address, a time, a login, teams, whether it is a member or a machine.
    Known,
    /// Any: it asks for something that no input here has.
    Any,
    /// It has nothing to do with what is absent.
    No,
}

/// What every input here can have.
const KNOWN: [&str; 7] = [
    "request.remote_ip",
    "request.timestamp_ns",
    "session.login",
    "session.machine",
    "session.member",
    "session.teams",
    "spaces",
];

/// What a text asks of the input, of all that every input can have.
pub(super) fn asked_for(text: &str) -> Vec<&'static str> {
    let masked = masked(text);
    let asks = |path: &&str| masked.contains(&format!("input.{path}"));
    KNOWN.into_iter().filter(asks).collect()
}

/// Whether an input has all of these.
pub(super) fn has(input: &serde_json::Value, paths: &[&str]) -> bool {
    paths.iter().all(|path| {
        let pointer = format!("/{}", path.replace('.', "/"));
        input
            .pointer(&pointer)
            .is_some_and(|value| !value.is_null())
    })
}

/// Whether a text asks for something else of the input.
fn asks_more(text: &str) -> bool {
    text.match_indices("input.").any(|(at, word)| {
        let path = text.get(at + word.len()..).unwrap_or_default();
        !KNOWN.iter().any(|known| {
            path.strip_prefix(known)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        })
    })
}

const ABSENT: &str = "where what it asks about is absent, Spacelift's engine does not fire this, and the one here does";

/// Names of functions and the start of names, with why.
const FUNCTIONS: [(&str, &str); 8] = [
    ("glob.match", "the two engines split a glob at other places"),
    ("sprintf", "the two engines fill a width differently"),
    ("time.add_date", "the two engines add months differently"),
    (
        "time.parse_",
        "the two engines are not equally strict about a time's form",
    ),
    ("io.jwt", "the engine here has no such function"),
    ("crypto.", "the engine here may not have this function"),
    ("net.cidr_merge", "the engine here has no such function"),
    (
        "http.send",
        "Spacelift turns this off, and the engine here has no such function",
    ),
];

/// Everything in a text that cannot be compared, by line. A text without any may still be read differently: what is known is listed.
#[must_use]
pub fn unlike(text: &str) -> Vec<Unlike> {
    let mut found = Vec::new();
    let masked = masked(text);
    let rules = rules(&masked);
    // What is negated may be a name for it.
    let missing = match asks_more(&masked) {
        true => Absence::Any,
        false => Absence::Known,
    };
    for (at, (line, written)) in masked.lines().zip(text.lines()).enumerate() {
        let mut put = |why: &'static str, of_absence| {
            found.push(Unlike {
                line: at + 1,
                what: written.trim().to_string(),
                why,
                of_absence,
            });
        };
        for negated in negations(line) {
            if !is_safe(negated) && !is_bound(negated, &rules) {
                put(ABSENT, missing);
            }
        }
        for (name, why) in FUNCTIONS {
            if line.contains(name) {
                put(why, Absence::No);
            }
        }
    }
    for (at, line) in text.lines().enumerate() {
        if line.contains("regex")
            && ["\\d", "\\w", "\\D", "\\W"]
                .iter()
                .any(|c| line.contains(c))
        {
            found.push(Unlike {
                line: at + 1,
                what: "a class of letters or digits in a regular expression".to_string(),
                why: "the engine here takes letters and digits of every script for it",
                of_absence: Absence::No,
            });
        }
    }
    found.sort();
    found
}

/// What follows each `not` of a line, up to the end of its expression.
fn negations(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find("not ") {
        let begins = rest
            .get(..at)
            .and_then(|before| before.chars().next_back())
            .is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '.');
        let after = rest.get(at + 4..).unwrap_or_default();
        if begins {
            let end = after.find([';', '}']).unwrap_or(after.len());
            found.push(after.get(..end).unwrap_or(after).trim());
        }
        rest = after;
    }
    found
}

/// Whether both engines answer alike: a name, a path in the input, or one of them compared with a constant.
fn is_safe(negated: &str) -> bool {
    let is_path = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || "_.".contains(c))
    };
    let compared = negated
        .split_once("==")
        .or_else(|| negated.split_once("!="));
    match compared {
        Some((left, right)) => is_path(left.trim()) && !right.contains(['(', '[', '.']),
        None => is_path(negated),
    }
}

/// Names at the beginning of lines, but for sets, which are there even where they are empty.
fn rules(masked: &str) -> BTreeSet<&str> {
    let heads = masked.lines().filter(|line| !line.contains(" contains "));
    heads
        .filter_map(|line| pieces(line).next())
        .filter(|piece| piece.kind == Kind::Name)
        .map(|piece| piece.text)
        .collect()
}

/// Whether everything that is asked is there wherever this is reached: variables of the rule's own, sets and constants, and what
/// functions make of them.
fn is_bound(negated: &str, rules: &BTreeSet<&str>) -> bool {
    let mut names = pieces(negated)
        .filter(|piece| piece.kind == Kind::Name)
        .peekable();
    while let Some(name) = names.next() {
        let mut rest = name.rest;
        // A path is a function's name, or may lead nowhere.
        while let Some(path) = rest.strip_prefix('.') {
            let Some(next) = names.next() else {
                return false;
            };
            if !path.starts_with(next.text) {
                return false;
            }
            rest = next.rest;
        }
        let is_function = rest.starts_with('(');
        let is_path = rest.starts_with('[') || rest != name.rest;
        if !is_function && (is_path || rules.contains(name.text) || name.text == "input") {
            return false;
        }
    }
    true
}

/// The text without its comments, and with nothing in its strings. Lines stay lines.
fn masked(text: &str) -> String {
    let shown = |piece: Piece<'_>| match piece.kind {
        Kind::Comment => String::new(),
        Kind::Quoted => "\"\"".to_string(),
        Kind::Raw => format!("`{}`", "\n".repeat(piece.text.matches('\n').count())),
        Kind::Name | Kind::Other => piece.text.to_string(),
    };
    pieces(text).map(shown).collect()
}

/// Every string of a text, as it is meant.
pub(super) fn strings(text: &str) -> impl Iterator<Item = String> {
    pieces(text).filter_map(|piece| match piece.kind {
        Kind::Quoted => serde_json::from_str(piece.text).ok(),
        Kind::Raw => Some(piece.text.trim_matches('`').to_string()),
        Kind::Comment | Kind::Name | Kind::Other => None,
    })
}

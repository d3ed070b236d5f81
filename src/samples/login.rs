//! Pseudonyms of logins. A pattern of the mapping that a login fits, does not fit, or fits but for case, is met in the same way
//! by its pseudonym.

use super::key::Key;
use super::names::Names;
use crate::decide::{Truth, fit_of};

/// As many times chance is tried before a login is left as it is.
const TRIES: u32 = 16;

/// A login's pseudonym; nothing where the login stays as it is: because the mapping speaks of it, because there is none, or
/// because nothing else was found that the mapping reads alike.
pub(super) fn pseudonym(names: &Names<'_>, key: &Key, login: &str) -> Option<String> {
    if login.is_empty() || names.has_login(login) {
        return None;
    }
    let reading = names.reading(login);
    let (head, tail) = ends(names, login);
    let middle = login.get(head..login.len() - tail).unwrap_or_default();
    let inside = inside(names, login);
    // One person is one pseudonym, in whatever case they write themselves.
    let who = login.to_ascii_lowercase();
    let mut shapes = vec![Vec::new()];
    if !inside.is_empty() {
        shapes.push(inside);
    }
    (0..TRIES)
        .flat_map(|attempt| shapes.iter().map(move |inside| (attempt, inside)))
        .map(|(attempt, inside)| {
            let token = key.token(&format!("login {attempt}"), &who);
            let filling = filling(middle, &token, inside);
            format!(
                "{}{filling}{}",
                login.get(..head).unwrap_or_default(),
                login.get(login.len() - tail..).unwrap_or_default()
            )
        })
        .find(|new| names.reading(new) == reading)
}

/// How many bytes at the start and at the end of a login are the mapping's own words: those of patterns that it fits, a
/// domain that the mapping speaks of, and the mark of a key.
fn ends(names: &Names<'_>, login: &str) -> (usize, usize) {
    let fitting = names
        .patterns
        .iter()
        .filter(|pattern| fit_of(pattern, login) != Truth::No);
    let (mut head, mut tail) = (0, 0);
    for pattern in fitting {
        let start = pattern.split('*').next().unwrap_or_default();
        let end = pattern.rsplit('*').next().unwrap_or_default();
        head = head.max(start.len());
        tail = tail.max(end.len());
    }
    if login.to_ascii_lowercase().starts_with("api::") {
        head = head.max("api::".len());
    }
    if let Some((_, domain)) = login.rsplit_once('@')
        && names.has_domain(domain)
    {
        tail = tail.max(domain.len() + 1);
    }
    if head + tail > login.len()
        || !login.is_char_boundary(head)
        || !login.is_char_boundary(login.len() - tail)
    {
        // They overlap, or a pattern of other letters reached into a letter: keep the end alone.
        return (0, tail.min(login.len()));
    }
    (head, tail)
}

/// What patterns that a login fits ask for between their stars, in order.
fn inside<'n>(names: &Names<'n>, login: &str) -> Vec<&'n str> {
    let mut found = Vec::new();
    for pattern in &names.patterns {
        if fit_of(pattern, login) == Truth::No {
            continue;
        }
        let parts: Vec<&str> = pattern.split('*').collect();
        let between = parts.get(1..parts.len().saturating_sub(1));
        found.extend(
            between
                .into_iter()
                .flatten()
                .filter(|part| !part.is_empty()),
        );
    }
    found
}

/// What stands for the middle of a login: signs that no star crosses stay where they are, and words of patterns are put in.
fn filling(middle: &str, token: &str, inside: &[&str]) -> String {
    let mut out = format!("u{token}");
    for word in inside {
        out.push_str(word);
        out.push_str(token.get(..4).unwrap_or_default());
    }
    for (at, sign) in middle.match_indices(['@', ':']).enumerate() {
        out.push_str(sign.1);
        let from = (at * 2) % 12;
        out.push_str(token.get(from..from + 4).unwrap_or_default());
    }
    out
}

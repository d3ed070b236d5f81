//! Names for what a mapping has to call something, and whether the language can say what others call it.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::visible::is_hidden;
use crate::resolve::names::{LONGEST, RESERVED, is_graphic};

/// Longer names are cut; they are for people.
const LONGEST_ALIAS: usize = 60;

/// Whether a text can be the name of something.
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && text != "*" && text.chars().all(is_graphic)
}

/// Whether a text can be a login in the mapping; one with `*` would be a pattern.
#[must_use]
pub fn is_login(text: &str) -> bool {
    let hidden = |c: char| (c.is_whitespace() && c != ' ') || is_hidden(c);
    !text.is_empty()
        && text.len() <= LONGEST
        && text.trim() == text
        && !text.contains(hidden)
        && !text.contains('*')
}

/// Whether a text can be what a provider sends for a group.
#[must_use]
pub fn is_group(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST
}

/// Whether a text can be the id of an API key.
#[must_use]
pub fn is_key(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(fits)
}

/// Whether a text can be a label of a space.
#[must_use]
pub fn is_label(text: &str) -> bool {
    !text.is_empty()
}

/// A name for each text: its letters and digits in lower case, with `-` for what stands between them. Where two would be
/// called the same, even but for upper and lower case, or as something that has its name already, the later one gets a number.
#[must_use]
pub fn aliases<'t, 'n>(
    texts: impl IntoIterator<Item = &'t str>,
    otherwise: &str,
    taken: impl IntoIterator<Item = &'n String>,
) -> BTreeMap<&'t str, String> {
    let taken = taken.into_iter().map(|name| name.to_lowercase());
    let mut taken: BTreeSet<String> = taken.chain(RESERVED.map(String::from)).collect();
    let texts: BTreeSet<&str> = texts.into_iter().collect();
    texts
        .into_iter()
        .map(|text| {
            let plain = alias(text, otherwise);
            (text, unique(plain, &mut taken))
        })
        .collect()
}

/// The name itself where it can be one and nothing else has it, or one with a number.
pub(super) fn unique(plain: String, taken: &mut BTreeSet<String>) -> String {
    let mut name = plain.clone();
    let mut number = 2;
    while !taken.insert(name.to_lowercase()) {
        name = format!("{plain}-{number}");
        number += 1;
    }
    name
}

fn alias(text: &str, otherwise: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if out.len() >= LONGEST_ALIAS {
            break;
        }
        if (c.is_alphanumeric() && is_graphic(c)) || c == '_' || c == '.' {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let out = out.trim_matches(['-', '.']);
    if out.is_empty() { otherwise } else { out }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_gets_a_name_of_its_own() {
        let texts = [
            "Platform Engineering",
            "platform-engineering",
            "PLATFORM  engineering!",
            "yes",
            "null",
            "everyone",
            "1.0",
            "R&D",
            "\u{202e}",
            " ",
            "日本 チーム",
            "7C0F2C1E-6D1B-4C55-9A3F-2B7D0D1C9E11",
        ];
        let long = "x".repeat(600);
        let found = aliases(texts.into_iter().chain([long.as_str()]), "group", []);
        assert_eq!(found.len(), texts.len() + 1);
        let names: BTreeSet<String> = found.values().map(|name| name.to_lowercase()).collect();
        assert_eq!(names.len(), found.len());
        for name in found.values() {
            assert!(is_name(name), "{name}");
            assert!(!RESERVED.contains(&name.as_str()), "{name}");
        }
        assert_eq!(found["Platform Engineering"], "platform-engineering-2");
        assert_eq!(found["everyone"], "everyone-2");
        assert_eq!(found["R&D"], "r-d");
        assert_eq!(found["日本 チーム"], "日本-チーム");
    }
}

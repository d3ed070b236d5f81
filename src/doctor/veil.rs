//! Names of the account, taken out of texts.

use std::collections::BTreeSet;

use crate::spacelift::{Account, Policy, ReadAccount as _, Reader, Viewer};

/// Words that are in every account, and say nothing of this one.
const COMMON: [&str; 4] = ["root", "legacy", "admin", "sandbox"];

/// Everything that would name the account or somebody in it.
pub(super) struct Veil {
    /// The longest first, so that no part of a longer one is left standing.
    words: Vec<String>,
}

impl Veil {
    /// Made from whatever the account lists; what cannot be read cannot come back in an answer either.
    pub(super) fn over(
        reader: &Reader,
        viewer: &Viewer,
        account: &Account,
        policies: &[Policy],
    ) -> Veil {
        let mut words = BTreeSet::new();
        let host = reader.endpoint().split("://").nth(1).unwrap_or_default();
        words.insert(host.trim_end_matches('/').to_owned());
        words.extend([account.name.clone(), viewer.id.clone()]);
        words.extend([&viewer.login, &viewer.name].into_iter().flatten().cloned());
        for policy in policies {
            words.extend([policy.id.clone(), policy.name.clone()]);
        }
        for space in reader.spaces().into_iter().flatten() {
            words.extend([space.id, space.name]);
            words.extend(space.labels);
        }
        for role in
            (reader.roles().ok().flatten().into_iter().flatten()).filter(|role| !role.system)
        {
            words.extend([role.id, role.slug, role.name]);
        }
        for key in reader.api_keys().ok().flatten().into_iter().flatten() {
            words.extend([key.id, key.name]);
            words.extend(key.teams);
        }
        for user in reader.users().ok().flatten().into_iter().flatten() {
            words.extend([user.id, user.login]);
            words.extend(user.invitation_email);
        }
        words.extend(reader.group_names().ok().flatten().into_iter().flatten());
        let mut words: Vec<String> = words
            .into_iter()
            .filter(|word| word.chars().count() > 2 && !COMMON.contains(&word.as_str()))
            .collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Veil { words }
    }

    /// Without the names.
    pub(super) fn over_text(&self, text: &str) -> String {
        self.words
            .iter()
            .filter(|word| text.contains(word.as_str()))
            .fold(text.to_owned(), |text, word| replaced(&text, word))
    }
}

/// Only where the word stands alone: a name may be a part of an ordinary word.
fn replaced(text: &str, word: &str) -> String {
    let is_part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(word) {
        let alone = !is_part(before.chars().next_back()) && !is_part(after.chars().next());
        out.push_str(before);
        out.push_str(if alone { "…" } else { word });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_and_ordinary_words_stay() {
        let veil = Veil {
            words: vec!["ann@acme.example".into(), "acme".into(), "ann".into()],
        };
        assert_eq!(
            veil.over_text("ann@acme.example of acme, announced by (ann)"),
            "… of …, announced by (…)"
        );
    }
}

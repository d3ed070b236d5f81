//! Names of the account, taken out of texts.

use std::collections::BTreeSet;

use crate::spacelift::{Account, Error, Policy, ReadAccount as _, Reader, Viewer};

/// Words that are in every account, and say nothing of this one.
const COMMON: [&str; 4] = ["root", "legacy", "admin", "sandbox"];

/// Everything that would name the account or somebody in it.
pub(super) struct Veil {
    /// The longest first, so that no part of a longer one is left standing.
    words: Vec<String>,
    /// Whether all of them are known, as far as the token may see them.
    whole: bool,
}

impl Veil {
    /// Made from whatever the account lists. What the token may not see cannot come back in an answer either; what could not
    /// be read for another reason could.
    pub(super) fn over(
        reader: &Reader,
        viewer: &Viewer,
        account: &Account,
        policies: &Result<Vec<Policy>, Error>,
    ) -> Veil {
        let mut words = BTreeSet::new();
        let mut whole = policies.is_ok();
        let host = reader.endpoint().split("://").nth(1).unwrap_or_default();
        words.insert(host.trim_end_matches('/').to_owned());
        words.extend([account.name.clone(), viewer.id.clone()]);
        words.extend([&viewer.login, &viewer.name].into_iter().flatten().cloned());
        for policy in policies.iter().flatten() {
            words.extend([policy.id.clone(), policy.name.clone()]);
        }
        for space in listed(reader.spaces().map(Some), &mut whole) {
            words.extend([space.id, space.name]);
            words.extend(space.labels);
        }
        for role in listed(reader.roles(), &mut whole) {
            if role.system {
                continue;
            }
            words.extend([role.id, role.slug, role.name]);
        }
        for key in listed(reader.api_keys(), &mut whole) {
            words.extend([key.id, key.name]);
            words.extend(key.teams);
        }
        for user in listed(reader.users(), &mut whole) {
            words.extend([user.id, user.login]);
            words.extend(user.invitation_email);
        }
        words.extend(listed(reader.group_names(), &mut whole));
        let mut words: Vec<String> = words
            .into_iter()
            .filter(|word| word.chars().count() > 2 && !COMMON.contains(&word.as_str()))
            .collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Veil { words, whole }
    }

    /// What a server said, without the names; nothing of it where not all names are known.
    pub(super) fn over_words(&self, said: &[String]) -> String {
        if self.whole {
            self.over_text(&said.join(", "))
        } else {
            "in words that could name somebody, since the account's names could not all be read"
                .to_owned()
        }
    }

    /// Without the names.
    pub(super) fn over_text(&self, text: &str) -> String {
        self.words
            .iter()
            .filter(|word| text.contains(word.as_str()))
            .fold(text.to_owned(), |text, word| replaced(&text, word))
    }
}

/// A list, as far as the token may see it.
fn listed<T>(answer: Result<Option<Vec<T>>, Error>, whole: &mut bool) -> Vec<T> {
    match answer {
        Ok(list) => list.unwrap_or_default(),
        Err(Error::NotAllowed { .. }) => Vec::new(),
        Err(_) => {
            *whole = false;
            Vec::new()
        }
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
            whole: true,
        };
        assert_eq!(
            veil.over_text("ann@acme.example of acme, announced by (ann)"),
            "… of …, announced by (…)"
        );
    }

    #[test]
    fn nothing_that_was_said_is_shown_where_a_name_may_not_be_known() {
        let said = ["no policy of ann's".to_owned(), "acme".to_owned()];
        for whole in [true, false] {
            let words = vec!["acme".into()];
            let shown = Veil { words, whole }.over_words(&said);
            assert_eq!(shown == "no policy of ann's, …", whole, "{shown}");
            assert_eq!(shown.contains("ann's"), whole, "{shown}");
        }
    }
}

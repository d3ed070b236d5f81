//! `liftgate.lock`: the texts of the account's that a mapping may replace, though liftgate did not write them.
//!
//! It lies beside the mapping and is reviewed with it. It names each text by its digest, so it speaks of no other; the account
//! never learns of it.

use jiff::Timestamp;
use serde::Serialize;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, shown};
use crate::document;
use crate::policy::digest;
use crate::render;
use crate::source::{SourceId, Sources, Span};

/// The file's name, beside the mapping.
pub const FILE: &str = "liftgate.lock";

/// The number of the layout.
pub const VERSION: i64 = 1;

/// Texts that were adopted, and the account that they were adopted from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lock {
    /// The account's name.
    pub account: String,
    /// One of a policy at most.
    pub adopted: Vec<Adopted>,
}

/// A text that was adopted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adopted {
    /// The policy's id.
    pub policy: String,
    /// The digest of the policy's text, as [`digest_of`] makes it.
    pub text: String,
    /// When it was adopted.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// Where it is written.
    #[serde(skip)]
    pub span: Span,
}

fn as_text<S: serde::Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(at)
}

/// `sha256:` and the digest of a live text. Whether it ends in a line break makes no difference, as Spacelift may take that off.
#[must_use]
pub fn digest_of(text: &str) -> String {
    digest(text.trim_end_matches('\n').as_bytes())
}

/// Whether somebody wrote a digest of this kind.
#[must_use]
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hexadecimal| {
        hexadecimal.len() == 64
            && hexadecimal
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

impl Lock {
    /// The entry that adopts the text of an account's policy, if there is one.
    #[must_use]
    pub fn adopts(&self, account: &str, policy: &str, body: &str) -> Option<&Adopted> {
        let mut adopted = self.adopted.iter();
        adopted
            .find(|one| one.policy == policy && one.text == digest_of(body))
            .filter(|_| self.account == account)
    }

    /// The file's text. The same lock gives the same bytes.
    #[must_use]
    pub fn rendered(&self) -> String {
        let quoted = |text: &str| {
            let mut out = String::new();
            render::string_literal(&mut out, text);
            out
        };
        let mut out = format!(
            "# Written by `liftgate adopt`: these texts of the account's policies, and no others, may be replaced though liftgate did\n\
             # not push them. Once one has been replaced, its entry has no effect and can go.\n\
             version: {VERSION}\n\
             account: {}\n\
             adopted:\n",
            quoted(&self.account),
        );
        for one in &self.adopted {
            out.push_str(&format!(
                "  - policy: {}\n    text: {}\n    at: {}\n",
                quoted(&one.policy),
                quoted(&one.text),
                quoted(&one.at.to_string()),
            ));
        }
        out
    }
}

/// Reads a lock, reporting everything that is wrong with it; nothing where anything is.
#[must_use]
pub fn read(sources: &Sources, file: SourceId, diagnostics: &mut Diagnostics) -> Option<Lock> {
    let before = diagnostics.count(crate::diagnostic::Severity::Error);
    let written = document::read_lock(sources, file, diagnostics);
    let lock = checked(&written, diagnostics);
    let after = diagnostics.count(crate::diagnostic::Severity::Error);
    lock.filter(|_| before == after)
}

fn checked(written: &document::Lock, diagnostics: &mut Diagnostics) -> Option<Lock> {
    match &written.version {
        Some(version) if version.value != VERSION => diagnostics.push(
            Diagnostic::error(
                Code::BadValue,
                version.span,
                format!("version {} of the lock is not known", version.value),
            )
            .help("delete it, and let `liftgate adopt` of this release write it again"),
        ),
        _ => {}
    }
    let mut adopted: Vec<Adopted> = Vec::new();
    for one in &written.adopted {
        let Some(found) = entry(one, diagnostics) else {
            continue;
        };
        let again = adopted.iter().find(|other| other.policy == found.policy);
        if let (Some(_), Some(policy)) = (again, &one.policy) {
            diagnostics.push(
                Diagnostic::error(
                    Code::BadValue,
                    policy.span,
                    format!("`{}` is adopted twice", shown(policy)),
                )
                .help("one text of a policy is live; delete the file and let `liftgate adopt` write it"),
            );
        }
        adopted.push(found);
    }
    Some(Lock {
        account: written.account.as_ref()?.value.clone(),
        adopted,
    })
}

fn entry(written: &document::Adopted, diagnostics: &mut Diagnostics) -> Option<Adopted> {
    if let Some(text) = &written.text
        && !is_digest(text)
    {
        diagnostics.push(
            Diagnostic::error(
                Code::BadValue,
                text.span,
                format!("`{}` is not a digest", shown(text)),
            )
            .help("a digest is `sha256:` and 64 hexadecimal digits; delete the file and let `liftgate adopt` write it"),
        );
    }
    let at = written.at.as_ref()?;
    let parsed = at.parse::<Timestamp>();
    if parsed.is_err() {
        diagnostics.push(
            Diagnostic::error(
                Code::BadTime,
                at.span,
                format!("`{}` is not a time", shown(at)),
            )
            .help("write a time as in `\"2026-12-03T18:00:00Z\"`; delete the file and let `liftgate adopt` write it"),
        );
    }
    Some(Adopted {
        policy: written.policy.as_ref()?.value.clone(),
        text: written.text.as_ref()?.value.clone(),
        at: parsed.ok()?,
        span: written.span,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let adopted = |policy: &str, text: &str| Adopted {
            policy: policy.into(),
            text: digest_of(text),
            at: "2026-12-03T18:00:00Z".parse().unwrap(),
            span: Span::default(),
        };
        Lock {
            account: "acme".into(),
            adopted: vec![
                adopted("a \"b\"\n\u{202e}", "package spacelift\n"),
                adopted("access-apps", "package spacelift\n"),
            ],
        }
    }

    #[test]
    fn one_text_of_one_policy_of_one_account_is_adopted() {
        let lock = lock();
        let found = lock.adopts("acme", "access-apps", "package spacelift");
        assert_eq!(found, lock.adopted.last());
        for (account, policy, body) in [
            ("globex", "access-apps", "package spacelift"),
            ("acme", "access-data", "package spacelift"),
            ("acme", "access-apps", "package spacelift "),
        ] {
            assert_eq!(
                lock.adopts(account, policy, body),
                None,
                "{account} {policy}"
            );
        }
    }

    fn told(text: &str) -> (Option<Lock>, Vec<String>) {
        let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
        let file = sources.add(FILE, text);
        let lock = read(&sources, file, &mut diagnostics);
        let said = diagnostics
            .sorted()
            .iter()
            .map(|found| {
                let span = found.primary.as_ref().unwrap().span;
                format!("{}: {}", sources.place(span), found.message)
            })
            .collect();
        (lock, said)
    }

    #[test]
    fn what_is_written_reads_back() {
        let text = lock().rendered();
        assert_eq!(told(&text), (Some(lock()), vec![]));
        assert_eq!(text, lock().rendered());
    }

    #[test]
    fn the_last_line_break_makes_no_difference() {
        assert_eq!(digest_of("a\nb"), digest_of("a\nb\n"));
        assert_ne!(digest_of("a\nb"), digest_of("a\nb "));
        assert!(is_digest(&digest_of("")));
        assert!(!is_digest("sha256:00") && !is_digest(&digest_of("").to_uppercase()));
    }

    #[test]
    fn mistakes_are_told_at_their_places() {
        let text = lock().rendered();
        let changed = |old: &str, new: &str| {
            assert!(text.contains(old), "{old}");
            let (lock, said) = told(&text.replacen(old, new, 1));
            assert_eq!(lock, None, "{new}");
            said.join("\n")
        };
        for (old, new, wanted) in [
            ("version: 1\n", "", "3:1: the lock needs `version`"),
            (
                "version: 1",
                "version: 2",
                "3:10: version 2 of the lock is not known",
            ),
            (
                "    at: \"2026-12-03T18:00:00Z\"\n",
                "",
                "6:5: an entry of `adopted` needs `at`",
            ),
            (
                "2026-12-03T18:00:00Z",
                "yesterday",
                "8:9: `yesterday` is not a time",
            ),
            ("sha256:", "sha1:", "7:11: `sha1:"),
            (
                "account: \"acme\"",
                "accuont: \"acme\"",
                "4:1: the lock has no field `accuont`",
            ),
            ("account: \"acme\"", "account: 1", "4:10: `1` is not quoted"),
            (
                text.lines().nth(5).unwrap(),
                "  - policy: \"access-apps\"",
                "9:13: `access-apps` is adopted twice",
            ),
        ] {
            let said = changed(old, new);
            assert!(said.contains(wanted), "{new:?}: {said}");
        }
        assert_eq!(
            told("").1,
            vec![
                "liftgate.lock:1:1: the lock needs `version`, `account` and `adopted`".to_string()
            ]
        );
        let (lock, said) = told("version: 1\naccount: \"acme\"\nadopted: []\n");
        assert_eq!(lock, None);
        assert!(
            said.concat().contains("3:10: `adopted` is an empty list"),
            "{said:?}"
        );
        assert_eq!(told("[").0, None);
    }
}

//! What the mapping as a whole is about: the version of the language, the account, the provider, the dialect.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use super::Resolver;
use super::time::Edge;
use crate::diagnostic::{Code, Diagnostic, nearest, shown};
use crate::document::{Account as Written, Text};
use crate::lint;
use crate::model::{Account, Dialect, Level, LintSetting, Provider, Review};

const PROVIDERS: [(&str, Provider); 8] = [
    ("okta", Provider::Okta),
    ("entra", Provider::Entra),
    ("google", Provider::Google),
    ("onelogin", Provider::Onelogin),
    ("github", Provider::Github),
    ("gitlab", Provider::Gitlab),
    ("saml", Provider::Saml),
    ("oidc", Provider::Oidc),
];

impl<'d> Resolver<'d, '_> {
    pub(super) fn version(&mut self) {
        match &self.document.version {
            None => self.lacks("version", "write `version: 1`"),
            Some(version) if version.value == 1 => {}
            Some(version) => self.error(
                Diagnostic::error(
                    Code::BadValue,
                    version.span,
                    format!("version {} of the mapping is not known", version.value),
                )
                .help("write `version: 1`"),
            ),
        }
    }

    pub(super) fn account(&mut self) -> Option<Account> {
        match &self.document.account {
            None => {
                self.lacks(
                    "account",
                    "write `account: acme` for https://acme.app.spacelift.io, or `account: {endpoint: https://…}`",
                );
                None
            }
            Some(Written::Name(name)) => {
                let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                let sound = !name.is_empty()
                    && name.len() <= 63
                    && name.chars().all(fits)
                    && !name.starts_with('-')
                    && !name.ends_with('-');
                if sound {
                    return Some(Account::Name(name.value.clone()));
                }
                let help = if name.contains(['.', ':', '/']) {
                    "write the name alone, as `acme` for https://acme.app.spacelift.io, or an address as `{endpoint: https://…}`"
                } else {
                    "write the name in the account's address: lower-case letters, digits and `-`"
                };
                self.error(
                    Diagnostic::error(
                        Code::BadValue,
                        name.span,
                        format!("`{}` is not the name of an account", shown(name)),
                    )
                    .help(help),
                );
                None
            }
            Some(Written::Endpoint(address)) => match endpoint(address) {
                Ok(()) => Some(Account::Endpoint(address.value.clone())),
                Err(help) => {
                    self.error(
                        Diagnostic::error(
                            Code::BadValue,
                            address.span,
                            format!("`{}` is not the address of an account", shown(address)),
                        )
                        .help(help),
                    );
                    None
                }
            },
        }
    }

    pub(super) fn provider(&mut self) -> Option<Provider> {
        let Some(written) = &self.document.identity_provider else {
            self.lacks(
                "identity_provider",
                "write one of `okta`, `entra`, `google`, `onelogin`, `github`, `gitlab`, `saml`, `oidc`",
            );
            return None;
        };
        self.choice(written, &PROVIDERS)
    }

    pub(super) fn dialect(&mut self) -> Option<Dialect> {
        let Some(written) = &self.document.rego else {
            return Some(Dialect::V1);
        };
        self.choice(written, &[("v1", Dialect::V1), ("v0", Dialect::V0)])
    }

    /// Policies of the account, which only a plan can look for.
    pub(super) fn accepted_policies(&mut self) -> BTreeSet<String> {
        let mut accepted = BTreeSet::new();
        for name in &self.document.accepted_policies {
            if name.trim().is_empty() {
                self.error(
                    Diagnostic::error(
                        Code::BadName,
                        name.span,
                        "a policy without a name cannot be accepted",
                    )
                    .help("write the policy's name, or its id"),
                );
            } else if !accepted.insert(name.value.clone()) {
                self.error(
                    Diagnostic::error(
                        Code::DuplicateValue,
                        name.span,
                        format!("the policy `{}` is accepted twice", shown(name)),
                    )
                    .help("name it once"),
                );
            }
        }
        accepted
    }

    /// What `defaults` says of reviews; what it says of elevations is read with those.
    pub(super) fn review(&mut self) -> Option<Review> {
        let defaults = &self.document.defaults;
        let every = defaults.review_every.as_ref();
        let length = every.and_then(|written| self.length(written, "180d"));
        let reviewed = defaults.reviewed.as_ref();
        if let (Some(written), None) = (reviewed, every) {
            self.error(
                Diagnostic::error(
                    Code::MissingField,
                    written.span,
                    "`reviewed` says when, and nothing says how often",
                )
                .help("write `review_every: 180d` beside it, or leave it out"),
            );
        }
        let reviewed = reviewed.and_then(|written| self.instant(written, Edge::Starts));
        Some(Review {
            every: length?,
            reviewed,
            span: every?.span,
        })
    }

    /// What the mapping states of lints.
    pub(super) fn lints(&mut self) -> BTreeMap<String, LintSetting> {
        let mut settings = BTreeMap::new();
        for (name, written) in &self.document.lints {
            let Some(lint) = lint::named(name) else {
                let names = lint::LINTS.iter().map(|lint| lint.code.name());
                let help = self
                    .found
                    .suggestion(name, names)
                    .unwrap_or_else(|| "the page of the language lists them all".to_owned());
                self.error(
                    Diagnostic::error(
                        Code::UnknownName,
                        name.span,
                        format!("there is no lint `{}`", shown(name)),
                    )
                    .help(help),
                );
                continue;
            };
            let level = match &written.level {
                Some(level) => self.choice(level, &Level::WORDS),
                None => Some(lint.level),
            };
            let within = written.within.as_ref().map(|text| {
                if lint.within.is_none() {
                    self.error(
                        Diagnostic::error(
                            Code::UnknownField,
                            text.span,
                            format!("the lint `{}` has no `within`", shown(name)),
                        )
                        .help("only `expiring-soon` looks ahead"),
                    );
                    return None;
                }
                self.length(text, "14d")
            });
            if let (Some(level), None | Some(Some(_))) = (level, within) {
                let setting = LintSetting {
                    level,
                    within: within.flatten(),
                };
                settings.insert(name.value.clone(), setting);
            }
        }
        settings
    }

    /// Checks which fields `defaults` requires.
    pub(super) fn requirements(&mut self) {
        let defaults = &self.document.defaults;
        for field in &defaults.require {
            if !matches!(field.as_str(), "reason" | "owner") {
                let near = self.found.suggestion(field, ["reason", "owner"]);
                let expected = "a grant can be made to have a `reason` and an `owner`";
                self.error(
                    Diagnostic::error(
                        Code::BadValue,
                        field.span,
                        format!("`{}` cannot be required of a grant", shown(field)),
                    )
                    .help(
                        near.map_or_else(
                            || expected.to_owned(),
                            |near| format!("{near} {expected}"),
                        ),
                    ),
                );
            }
        }
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&mut self, written: &Text, all: &[(&str, T)]) -> Option<T> {
        if let Some((_, value)) = all.iter().find(|(word, _)| *word == written.as_str()) {
            return Some(*value);
        }
        let words: Vec<String> = all.iter().map(|(word, _)| format!("`{word}`")).collect();
        let near = nearest(written, all.iter().map(|(word, _)| *word))
            .map(|word| format!("did you mean `{word}`? "))
            .unwrap_or_default();
        self.error(
            Diagnostic::error(
                Code::BadValue,
                written.span,
                format!("`{}` is not known here", shown(written)),
            )
            .help(format!("{near}write one of {}", words.join(", "))),
        );
        None
    }

    /// Reports a field that the mapping as a whole lacks, unless the reader found one that was meant to be it.
    fn lacks(&mut self, field: &str, help: &str) {
        let tried =
            self.found.was_tried(field) || (field == "account" && self.found.was_tried("endpoint"));
        if self.document.incomplete || tried {
            return;
        }
        let top = self.top();
        self.error(
            Diagnostic::error(
                Code::MissingField,
                top,
                format!("the mapping needs `{field}`"),
            )
            .help(help),
        );
    }
}

/// Checks an address. A token is sent there, so it is encrypted on the way unless it never leaves the machine.
fn endpoint(address: &str) -> Result<(), &'static str> {
    const SHAPE: &str = "write an address such as `https://spacelift.corp.example`, without a path";
    let (secure, rest) = match address.split_once("://") {
        Some(("https", rest)) => (true, rest),
        Some(("http", rest)) => (false, rest),
        _ => return Err(SHAPE),
    };
    if rest.contains(['/', '?', '#', '\\']) {
        return Err("leave out everything after the host");
    }
    if rest.contains('@') {
        return Err("leave out the user: credentials do not belong in the mapping");
    }
    let (host, port) = match rest.strip_prefix('[') {
        Some(inner) => {
            let (host, after) = inner.split_once(']').ok_or(SHAPE)?;
            host.parse::<Ipv6Addr>().map_err(|_| SHAPE)?;
            (host, after)
        }
        None => {
            let at = rest.find(':').unwrap_or(rest.len());
            rest.split_at_checked(at).ok_or(SHAPE)?
        }
    };
    if let Some(port) = port.strip_prefix(':') {
        let digits = port.bytes().all(|b| b.is_ascii_digit()) && !port.starts_with('0');
        if !digits || port.parse::<u16>().is_err() {
            return Err("write the port as a number from 1 to 65535");
        }
    } else if !port.is_empty() {
        return Err(SHAPE);
    }
    let named = host.split('.').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    });
    if host.parse::<Ipv6Addr>().is_err() && !named {
        return Err(SHAPE);
    }
    let loopback = host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok_and(|a| a.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|a| a.is_loopback());
    if !secure && !loopback {
        return Err("write `https`: `http` is for an address of this machine only");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_https_without_a_path() {
        for good in [
            "https://spacelift.corp.example",
            "https://spacelift.corp.example:8443",
            "http://localhost:3000",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
            "https://[2001:db8::1]",
        ] {
            assert_eq!(endpoint(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "spacelift.corp.example",
            "https://",
            "https://a/",
            "https://a/graphql",
            "https://a?x",
            "https://u:p@a",
            "https://a:0",
            "https://a:99999",
            "https://a:",
            "https://a b",
            "https://[::1",
            "https://[::1]x",
            "http://example.com",
            "ftp://localhost",
            "https://a..b",
            "http://localhost.example",
        ] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }
}

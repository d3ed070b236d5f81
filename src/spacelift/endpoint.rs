//! The address of an account's API.

use std::fmt;
use std::net::IpAddr;

use ureq::http::Uri;

/// The address of one account, such as `https://example.app.spacelift.io`.
///
/// Plain `http` is accepted for this machine only (the sandbox); tokens never
/// cross a network in the clear.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    base: String,
    host: String,
    secure: bool,
    loopback: bool,
}

impl Endpoint {
    /// Reads an address. A trailing `/` or `/graphql` is forgiven.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as the end of a sentence ("… has no host"). The
    /// text itself is not repeated: people do paste secrets into the wrong
    /// variable.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim().trim_end_matches('/');
        let text = text.strip_suffix("/graphql").unwrap_or(text);
        let base = text.trim_end_matches('/');
        if base.contains(['#', '?']) {
            return Err("has a query or a fragment");
        }
        let uri: Uri = base.parse().map_err(|_| "is not a web address")?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) => return Err("is neither `https` nor `http`"),
            None => return Err("does not start with `https://`"),
        };
        let authority = uri.authority().ok_or("has no host")?;
        if authority.as_str().contains('@') {
            return Err("contains a user name or password");
        }
        let host = authority.host().to_ascii_lowercase();
        if host.is_empty() {
            return Err("has no host");
        }
        let loopback = is_loopback(&host);
        if !secure && !loopback {
            return Err("uses plain `http`, which is accepted for this machine only");
        }
        Ok(Endpoint {
            base: base.to_owned(),
            host,
            secure,
            loopback,
        })
    }

    /// The address without a path of the API and without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.base
    }

    /// Whether it is this machine.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    pub(super) fn is_secure(&self) -> bool {
        self.secure
    }

    /// Lower case; an IPv6 address is in brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Where queries go (documentation: GraphQL API).
    pub(super) fn graphql(&self) -> String {
        format!("{}/graphql", self.base)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.base)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Endpoint({})", self.base)
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => bare == "localhost",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn forgives_what_people_paste() {
        for text in [
            "https://example.app.spacelift.io",
            " https://example.app.spacelift.io/ ",
            "https://example.app.spacelift.io/graphql",
            "https://example.app.spacelift.io/graphql/",
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(endpoint.as_str(), "https://example.app.spacelift.io");
            assert_eq!(
                endpoint.graphql(),
                "https://example.app.spacelift.io/graphql"
            );
            assert!(endpoint.is_secure() && !endpoint.is_loopback());
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for text in [
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:8080/",
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert!(endpoint.is_loopback() && !endpoint.is_secure(), "{text}");
        }
        for text in [
            "http://example.app.spacelift.io",
            "http://127.0.0.1.example.org",
            "http://localhost.example.org",
            "http://0.0.0.0:80",
        ] {
            assert!(
                Endpoint::parse(text).unwrap_err().contains("plain `http`"),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "example.app.spacelift.io",
            "https://",
            "ftp://example.org",
            "https://user:secret@example.org",
            "https://example.org?a=b",
            "https://example.org#a",
            "https://exa mple.org",
            "https://example.org\r\nX: y",
        ] {
            assert!(Endpoint::parse(text).is_err(), "{text:?}");
        }
    }
}

//! Who we are to Spacelift, taken from where Spacelift's CLI client takes it.
//!
//! Order: `SPACELIFT_API_TOKEN`, then `SPACELIFT_API_GITHUB_TOKEN`, then
//! `SPACELIFT_API_KEY_ID` with `SPACELIFT_API_KEY_SECRET`, then the current
//! profile; `SPACELIFT_API_PREFERRED_METHOD` picks one of the first three.
//! Beyond what that client takes, each variable that holds a secret may have
//! `_FILE` added, and then holds the path of a file with the secret in it.
//!
//! One difference, on purpose: where variables are set by half, the CLI client
//! goes on to the profile, which may belong to another account. Here that is
//! an error.

mod profile;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::endpoint::Endpoint;
use super::environment::{Environment, Found, filled, secret};
use super::error::Error;
use super::jwt;
use super::untrusted::SHORTEST_SECRET;

const TOKEN: &str = "SPACELIFT_API_TOKEN";
const GITHUB_TOKEN: &str = "SPACELIFT_API_GITHUB_TOKEN";
const KEY_ID: &str = "SPACELIFT_API_KEY_ID";
const KEY_SECRET: &str = "SPACELIFT_API_KEY_SECRET";
const ENDPOINT: &str = "SPACELIFT_API_KEY_ENDPOINT";
const OLD_ENDPOINT: &str = "SPACELIFT_API_ENDPOINT";
const PREFERRED: &str = "SPACELIFT_API_PREFERRED_METHOD";

const HOW: &str = "set `SPACELIFT_API_KEY_ENDPOINT`, `SPACELIFT_API_KEY_ID` and `SPACELIFT_API_KEY_SECRET` (an API key), or `SPACELIFT_API_TOKEN`, or log in with Spacelift's CLI client";

/// Proof of who we are, and to which account.
#[derive(Clone)]
pub struct Credentials {
    pub(super) endpoint: Endpoint,
    pub(super) login: Login,
    source: String,
}

/// What is offered to the server.
#[derive(Clone)]
pub(super) enum Login {
    /// A token that is used as it is.
    Token {
        token: SecretString,
        /// Unix seconds.
        expires: Option<i64>,
    },
    /// A GitHub access token, exchanged for a token.
    GitHub { token: SecretString },
    /// An API key, exchanged for a token. The secret of an OIDC key is the
    /// identity provider's token.
    ApiKey { id: String, secret: SecretString },
}

impl Login {
    /// Whether a new token can be had when the old one ends.
    pub(super) fn is_exchangeable(&self) -> bool {
        !matches!(self, Login::Token { .. })
    }

    pub(super) fn secret(&self) -> &SecretString {
        match self {
            Login::Token { token, .. } | Login::GitHub { token } => token,
            Login::ApiKey { secret, .. } => secret,
        }
    }

    /// For messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Login::Token { .. } => "API token".into(),
            Login::GitHub { .. } => "GitHub token".into(),
            Login::ApiKey { id, .. } if is_id(id) => format!("API key `{id}`"),
            // What is in its place may be the secret.
            Login::ApiKey { .. } => "API key, whose id is not like one,".into(),
        }
    }
}

/// Whether a text looks like the id of a key: Spacelift's ids are ULIDs.
fn is_id(text: &str) -> bool {
    (1..=26).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

impl Credentials {
    /// Credentials as the environment gives them.
    ///
    /// # Errors
    ///
    /// [`Error::Credentials`] with the variables to set, [`Error::File`] for a
    /// profile that cannot be read.
    pub fn from_environment(environment: &dyn Environment) -> Result<Self, Error> {
        apart(environment)?;
        let preferred = filled(environment, PREFERRED).map(|text| text.trim().to_lowercase());
        match preferred.as_deref() {
            None => {}
            Some("token") => {
                return from_token(environment)?
                    .ok_or_else(|| missing(&[TOKEN], "the preferred method is `token`"));
            }
            Some("github") => {
                return from_github(environment)?
                    .ok_or_else(|| missing(&[GITHUB_TOKEN], "the preferred method is `github`"));
            }
            Some("apikey") => {
                return from_api_key(environment)?.ok_or_else(|| {
                    missing(&[KEY_ID, KEY_SECRET], "the preferred method is `apikey`")
                });
            }
            Some(_) => {
                return Err(Error::Credentials {
                    problem: format!("`{PREFERRED}` names no method of logging in"),
                    hint: "use `token`, `github` or `apikey`, or leave it unset".into(),
                });
            }
        }
        for source in [from_token, from_github, from_api_key] {
            if let Some(found) = source(environment)? {
                return Ok(found);
            }
        }
        from_profile(environment)
    }

    /// An API key, given directly.
    ///
    /// # Errors
    ///
    /// [`Error::Credentials`] if the endpoint is not an address.
    pub fn api_key(endpoint: &str, id: &str, secret: SecretString) -> Result<Self, Error> {
        Ok(Credentials {
            endpoint: address(endpoint, "the endpoint")?,
            login: Login::ApiKey {
                id: id.to_owned(),
                secret,
            },
            source: "as given".into(),
        })
    }

    /// The account's address.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What is used and where it came from, without any secret: "API key
    /// `…` from `SPACELIFT_API_KEY_ID`".
    pub fn describe(&self) -> String {
        format!("{} {}", self.login.describe(), self.source)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Credentials")
            .field("endpoint", &self.endpoint)
            .field("login", &self.describe())
            .finish()
    }
}

fn from_token(environment: &dyn Environment) -> Result<Option<Credentials>, Error> {
    let Some((token, origin)) = secret(environment, TOKEN)? else {
        return Ok(None);
    };
    // The endpoint variables are not looked at: a token belongs to one account,
    // and sending it elsewhere would give it away.
    bare_token(token, None, &origin).map(Some)
}

/// A token used as it is; its address is `endpoint`, or what it says itself.
fn bare_token(
    token: SecretString,
    endpoint: Option<Endpoint>,
    origin: &str,
) -> Result<Credentials, Error> {
    let broken = |problem: String| Error::Credentials {
        problem,
        hint: "a token is three texts with dots in between; copy it again, in one piece".into(),
    };
    let claims = jwt::claims(token.expose_secret().trim())
        .ok_or_else(|| broken(format!("`{origin}` is not a token of Spacelift's")))?;
    let endpoint = match (endpoint, claims.audience.as_slice()) {
        (Some(endpoint), _) => endpoint,
        (None, [one]) => address(one, &format!("the address inside `{origin}`"))?,
        (None, _) => {
            return Err(broken(format!(
                "`{origin}` does not say which account it belongs to"
            )));
        }
    };
    let token = SecretString::from(token.expose_secret().trim().to_owned());
    Ok(Credentials {
        endpoint,
        login: Login::Token {
            token,
            expires: claims.expires,
        },
        source: format!("from `{origin}`"),
    })
}

fn from_github(environment: &dyn Environment) -> Result<Option<Credentials>, Error> {
    let Some((token, origin)) = secret(environment, GITHUB_TOKEN)? else {
        return Ok(None);
    };
    let endpoint = endpoint(environment)?
        .ok_or_else(|| missing(&[ENDPOINT], &format!("`{origin}` is set")))?;
    Ok(Some(Credentials {
        endpoint,
        login: Login::GitHub { token },
        source: format!("from `{origin}`"),
    }))
}

fn from_api_key(environment: &dyn Environment) -> Result<Option<Credentials>, Error> {
    let id = filled(environment, KEY_ID);
    let (id, secret) = match (id, secret(environment, KEY_SECRET)?) {
        (Some(id), Some((secret, _))) => (id, secret),
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(half(environment, KEY_ID, KEY_SECRET)),
        (None, Some((_, origin))) => return Err(half(environment, &origin, KEY_ID)),
    };
    let endpoint = endpoint(environment)?
        .ok_or_else(|| missing(&[ENDPOINT], &format!("`{KEY_ID}` is set")))?;
    Ok(Some(Credentials {
        endpoint,
        login: Login::ApiKey {
            id: id.trim().to_owned(),
            secret,
        },
        source: format!("from `{KEY_ID}`"),
    }))
}

/// A key of which only `set` is there.
fn half(environment: &dyn Environment, set: &str, unset: &'static str) -> Error {
    let mut unset = vec![unset];
    if endpoint_text(environment).is_none() {
        unset.push(ENDPOINT);
    }
    missing(&unset, &format!("`{set}` is set"))
}

/// Refuses a variable that may be shown and that repeats a secret.
fn apart(environment: &dyn Environment) -> Result<(), Error> {
    let secrets: Vec<Found> = [TOKEN, GITHUB_TOKEN, KEY_SECRET]
        .into_iter()
        .filter_map(|name| secret(environment, name).transpose())
        .collect::<Result<_, _>>()?;
    for name in [KEY_ID, ENDPOINT, OLD_ENDPOINT] {
        let Some(value) = filled(environment, name) else {
            continue;
        };
        for (secret, origin) in &secrets {
            let secret = secret.expose_secret().trim();
            if secret.len() >= SHORTEST_SECRET && value.contains(secret) {
                return Err(Error::Credentials {
                    problem: format!("`{name}` holds what `{origin}` holds, too"),
                    hint: format!(
                        "keep the secret out of `{name}`; if it stood in a log, replace it"
                    ),
                });
            }
        }
    }
    Ok(())
}

fn from_profile(environment: &dyn Environment) -> Result<Credentials, Error> {
    let wanted = endpoint(environment)?;
    let Some(found) = profile::current(environment)? else {
        return Err(match wanted {
            Some(_) => missing(&[KEY_ID, KEY_SECRET], &format!("`{ENDPOINT}` is set")),
            None => Error::Credentials {
                problem: "no credentials for Spacelift".into(),
                hint: HOW.into(),
            },
        });
    };
    if let Some(wanted) = wanted.filter(|wanted| *wanted != found.endpoint) {
        return Err(Error::Credentials {
            problem: format!(
                "`{ENDPOINT}` is `{wanted}`, but the profile {} belongs to `{}`",
                found.source, found.endpoint
            ),
            hint: format!(
                "set `{KEY_ID}` and `{KEY_SECRET}` too, or unset `{ENDPOINT}`, or select another profile"
            ),
        });
    }
    Ok(found)
}

fn endpoint_text(environment: &dyn Environment) -> Option<(&'static str, String)> {
    [ENDPOINT, OLD_ENDPOINT]
        .into_iter()
        .find_map(|name| filled(environment, name).map(|value| (name, value)))
}

fn endpoint(environment: &dyn Environment) -> Result<Option<Endpoint>, Error> {
    endpoint_text(environment)
        .map(|(name, text)| address(&text, &format!("`{name}`")))
        .transpose()
}

fn address(text: &str, what: &str) -> Result<Endpoint, Error> {
    Endpoint::parse(text).map_err(|reason| Error::Credentials {
        problem: format!("{what} {reason}"),
        hint: "write `https://<account>.app.spacelift.io`, or the address of your own installation"
            .into(),
    })
}

fn missing(unset: &[&str], because: &str) -> Error {
    let list: Vec<String> = unset.iter().map(|name| format!("`{name}`")).collect();
    let (list, verb) = (
        list.join(" and "),
        if unset.len() == 1 { "is" } else { "are" },
    );
    Error::Credentials {
        problem: format!("{because}, but {list} {verb} not"),
        hint: format!("set {list}"),
    }
}

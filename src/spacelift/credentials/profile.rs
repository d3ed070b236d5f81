//! The profile that Spacelift's CLI client keeps in `~/.spacelift/config.json`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use super::{Credentials, Login, address, bare_token};
use crate::spacelift::environment::{Environment, filled};
use crate::spacelift::error::Error;
use crate::spacelift::untrusted::shown;

const DIRECTORY: &str = "SPACELIFT_CONFIG_DIR";
const ROLE: &str = "profile of Spacelift's CLI client";
/// Far above any list of profiles, in bytes.
const LARGEST: u64 = 1 << 20;

#[derive(Deserialize)]
struct Configuration {
    #[serde(rename = "currentProfileAlias", default)]
    current: String,
    #[serde(default)]
    profiles: Option<BTreeMap<String, Option<Profile>>>,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    credentials: Option<Stored>,
}

#[derive(Deserialize)]
struct Stored {
    /// 1 an API key, 2 a GitHub token, 3 a bare token.
    #[serde(rename = "type", default)]
    kind: u8,
    #[serde(default)]
    endpoint: String,
    #[serde(default, deserialize_with = "secret")]
    access_token: Option<SecretString>,
    #[serde(default)]
    key_id: String,
    #[serde(default, deserialize_with = "secret")]
    key_secret: Option<SecretString>,
}

/// The selected profile, or nothing if there is none.
pub(super) fn current(environment: &dyn Environment) -> Result<Option<Credentials>, Error> {
    let Some(path) = file(environment) else {
        return Ok(None);
    };
    let Some(text) = read(&path)? else {
        return Ok(None);
    };
    let unusable = |reason: String| Error::File {
        role: ROLE,
        path: path.clone(),
        reason,
    };
    let configuration: Configuration = serde_json::from_slice(&text).map_err(|error| {
        // The error's own text may repeat a value, which may be a secret.
        unusable(format!(
            "it is not what the client writes (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    let alias = configuration.current;
    if alias.is_empty() {
        return Ok(None);
    }
    let stored = configuration
        .profiles
        .unwrap_or_default()
        .remove(&alias)
        .flatten()
        .and_then(|profile| profile.credentials);
    let alias = shown(&alias);
    let Some(stored) = stored else {
        return Err(unusable(format!("it has no profile `{alias}`")));
    };
    let incomplete = |what: &str| unusable(format!("the profile `{alias}` has no {what}"));
    let origin = format!("profile {alias}");
    let endpoint = address(
        &stored.endpoint,
        &format!("the endpoint of the profile `{alias}`"),
    );
    let login = match stored.kind {
        1 if stored.key_id.is_empty() => return Err(incomplete("key")),
        1 => Login::ApiKey {
            id: stored.key_id,
            secret: stored.key_secret.ok_or_else(|| incomplete("secret"))?,
        },
        2 => Login::GitHub {
            token: stored.access_token.ok_or_else(|| incomplete("token"))?,
        },
        3 => {
            let token = stored.access_token.ok_or_else(|| incomplete("token"))?;
            let endpoint = if stored.endpoint.is_empty() {
                None
            } else {
                Some(endpoint?)
            };
            return bare_token(token, endpoint, &origin).map(Some);
        }
        _ => {
            return Err(unusable(format!(
                "the profile `{alias}` is of an unknown type"
            )));
        }
    };
    Ok(Some(Credentials {
        endpoint: endpoint?,
        login,
        source: format!("from `{origin}`"),
    }))
}

fn file(environment: &dyn Environment) -> Option<PathBuf> {
    let directory = match filled(environment, DIRECTORY) {
        Some(directory) => PathBuf::from(directory),
        None => {
            let home =
                filled(environment, "HOME").or_else(|| filled(environment, "USERPROFILE"))?;
            Path::new(&home).join(".spacelift")
        }
    };
    Some(directory.join("config.json"))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let unusable = |reason: String| Error::File {
        role: ROLE,
        path: path.to_owned(),
        reason,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(error.to_string())),
    };
    let mut text = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut text)
        .map_err(|error| unusable(error.to_string()))?;
    if text.len() as u64 > LARGEST {
        return Err(unusable(format!("it is larger than {LARGEST} bytes")));
    }
    Ok(Some(text))
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.filter(|text| !text.is_empty()).map(SecretString::from))
}

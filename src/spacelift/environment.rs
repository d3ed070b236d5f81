//! The environment as a value, so that nothing here reads the process's own.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::error::Error;

/// Added to the name of a variable that holds a secret: the variable of that
/// name holds the path of a file with the secret in it.
const IN_FILE: &str = "_FILE";

/// The largest secret that is read from a file, in bytes; tokens have a few
/// thousand.
const LARGEST_SECRET: u64 = 64 << 10;

/// Where variables come from. `|name: &str| std::env::var(name).ok()` is the
/// process's environment; a map is a test's.
pub trait Environment {
    /// The value of a variable, if it is set.
    fn variable(&self, name: &str) -> Option<String>;
}

impl Environment for BTreeMap<String, String> {
    fn variable(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }
}

impl<F: Fn(&str) -> Option<String>> Environment for F {
    fn variable(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// A variable that is set to something: Spacelift's CLI client treats an empty
/// variable like an absent one.
pub(super) fn filled(environment: &dyn Environment, name: &str) -> Option<String> {
    environment
        .variable(name)
        .filter(|value| !value.trim().is_empty())
}

/// A path. Its value is repeated in messages only if there is a file of that
/// name: people do paste secrets into the wrong variable.
pub(super) fn path(environment: &dyn Environment, name: &str) -> Result<Option<PathBuf>, Error> {
    let Some(value) = filled(environment, name) else {
        return Ok(None);
    };
    let wrong = |what: &str, hint: &str| {
        Err(Error::Setting {
            problem: format!("`{name}` {what}"),
            hint: hint.to_owned(),
        })
    };
    if value.trim().contains('\n') {
        return wrong(
            "holds a text of several lines, where the path of a file belongs",
            "write the text to a file, and the file's path into the variable",
        );
    }
    if !Path::new(&value).exists() {
        return wrong(
            "names no file",
            "check the path; its value is not shown, because it may be a secret",
        );
    }
    Ok(Some(PathBuf::from(value)))
}

/// A secret and the variable that it came from.
pub(super) type Found = (SecretString, String);

/// A secret: the value of the variable, or of the file that the variable of the
/// same name with `_FILE` added gives the path of.
pub(super) fn secret(environment: &dyn Environment, name: &str) -> Result<Option<Found>, Error> {
    let in_file = format!("{name}{IN_FILE}");
    let file = path(environment, &in_file)?;
    match (filled(environment, name), file) {
        (None, None) => Ok(None),
        (Some(value), None) => Ok(Some((SecretString::from(value), name.to_owned()))),
        (None, Some(file)) => {
            let value = read(&file).map_err(|reason| Error::File {
                role: "secret's file",
                path: file,
                reason,
            })?;
            Ok(Some((value, in_file)))
        }
        (Some(_), Some(_)) => Err(Error::Credentials {
            problem: format!("`{name}` and `{in_file}` are both set"),
            hint: format!(
                "unset one of the two; `{in_file}` keeps the secret out of the environment"
            ),
        }),
    }
}

fn read(path: &Path) -> Result<SecretString, String> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST_SECRET + 1).read_to_string(&mut text))
        .map_err(|error| error.to_string())?;
    let text = SecretString::from(text);
    if text.expose_secret().len() as u64 > LARGEST_SECRET {
        return Err(format!("it is larger than {LARGEST_SECRET} bytes"));
    }
    // Editors and `echo` end a file with a line break.
    let secret = text.expose_secret().trim_end_matches(['\n', '\r']);
    if secret.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(SecretString::from(secret.to_owned()))
}

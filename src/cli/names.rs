//! Names that somebody typed.

use anyhow::anyhow;

use super::output::Failure;
use crate::diagnostic::nearest;

/// There is nothing of this name: what was meant, or what there is.
pub fn unknown<'a>(
    kind: &str,
    name: &str,
    known: impl Iterator<Item = &'a String> + Clone,
) -> anyhow::Error {
    let help = match nearest(name, known.clone().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "known: {}",
            known.map(String::as_str).collect::<Vec<_>>().join(", ")
        ),
    };
    anyhow!(Failure {
        message: format!("there is no {kind} `{name}`"),
        help
    })
}

/// Every name is known; else the first that is not, and how many more.
pub fn all_known<'a>(
    kind: &str,
    names: &[String],
    known: impl Iterator<Item = &'a String> + Clone,
) -> anyhow::Result<()> {
    let wrong = |name: &&String| !known.clone().any(|one| one == *name);
    let wrong: Vec<&String> = names.iter().filter(wrong).collect();
    match wrong.as_slice() {
        [] => Ok(()),
        [name] => Err(unknown(kind, name, known)),
        several => {
            let help: Vec<String> = several
                .iter()
                .filter_map(|name| {
                    let near = nearest(name, known.clone().map(String::as_str))?;
                    Some(format!("for `{name}`, did you mean `{near}`?"))
                })
                .collect();
            let several: Vec<String> = several.iter().map(|name| format!("`{name}`")).collect();
            Err(anyhow!(Failure {
                message: format!("there is no {kind} of the names {}", several.join(", ")),
                help: help.join(" "),
            }))
        }
    }
}

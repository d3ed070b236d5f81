//! Values of groups that the account knows otherwise spelt. They are compared byte for byte, so that nobody is in such a group.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use super::{Asked, Brought};
use crate::diagnostic::{Code, Diagnostic, shown};

pub(super) fn check(asked: &Asked<'_>, brought: &Brought, found: &mut Vec<Diagnostic>) {
    for (name, group) in &asked.model.groups {
        for value in group.values.keys() {
            let Some(sent) = alike(value, &brought.names) else {
                continue;
            };
            found.push(
                Diagnostic::warning(
                    Code::GroupSpelling,
                    group.span,
                    format!(
                        "`{}` of the group `{}` was never sent, and `{}` was, which {}",
                        shown(value),
                        shown(name),
                        shown(sent),
                        difference(value, sent)
                    ),
                )
                .help("values are compared byte for byte; copy the one that was sent, or rename the group at the identity provider"),
            );
        }
    }
}

/// What was sent in place of a value that never was, and differs from it as little as a reader would overlook.
pub(super) fn alike<'b>(value: &str, sent: &'b BTreeSet<String>) -> Option<&'b str> {
    if sent.contains(value) {
        return None;
    }
    let folded = folded(value);
    let mut sent = sent.iter().map(String::as_str);
    sent.find(|sent| self::folded(sent) == folded)
}

/// Without case, spaces and forms of Unicode.
fn folded(value: &str) -> String {
    let plain = value.nfkc().filter(|c| !c.is_whitespace());
    let lower: String = plain.flat_map(char::to_lowercase).collect();
    lower.nfkc().collect()
}

fn difference(value: &str, sent: &str) -> &'static str {
    let normal = |text: &str| text.nfkc().collect::<String>();
    let packed = |text: &str| text.split_whitespace().collect::<String>();
    if packed(value) == packed(sent) {
        "has other spaces"
    } else if normal(value) == normal(sent) {
        "is in another form of Unicode"
    } else {
        "is in other case"
    }
}

//! What an import found, for people.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::counts::number;
use super::visible::{self, visible};
use crate::import::{Found, Kind};

/// What was written, what it holds, and what it does not.
#[must_use]
pub fn human(found: &Found, wrote: &[PathBuf]) -> String {
    let mut out = String::new();
    for path in wrote {
        let _ = writeln!(out, "wrote {}", visible::path(path));
    }
    let counts = [
        number(found.spaces.len(), "space"),
        number(found.roles.len(), "role"),
        number(found.groups.len(), "group"),
        number(found.keys.len(), "API key"),
        number(found.grants(), "grant"),
    ];
    let _ = writeln!(
        out,
        "From {}: {}.",
        visible(&found.source),
        counts.join(", ")
    );
    for (kind, title) in [
        (Kind::Unseen, "Could not be seen:"),
        (Kind::Left, "Left, and not part of the mapping:"),
    ] {
        let mut remarks = found.remarks(kind).peekable();
        if remarks.peek().is_some() {
            let _ = writeln!(out, "\n{title}");
        }
        for remark in remarks {
            let _ = writeln!(out, "  - {}", visible(&remark.text));
            for (number, line) in &remark.lines {
                let _ = writeln!(out, "      {number:>4}: {}", visible(line));
            }
        }
    }
    out.trim_end().to_string()
}

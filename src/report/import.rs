//! What an import found, for people.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::counts::number;
use super::visible::{self, visible};
use crate::import::proof::Proof;
use crate::import::{Found, Kind};

/// How many ways of differing are shown; `compare` shows all.
const SHOWN: usize = 5;

/// What was written, what it holds, and what it does not; with the proof, what the mapping was held against.
#[must_use]
pub fn human(found: &Found, wrote: &[PathBuf], proof: Option<(&str, &Proof)>) -> String {
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
    if let Some((name, proof)) = proof {
        let _ = writeln!(out, "\nBoth {name} and the mapping were asked the same:");
        let told = super::comparison::human(&proof.known.comparison, "the policy", SHOWN);
        let _ = writeln!(out, "{told}");
        for (counted, what) in [
            (&proof.known, ""),
            (
                &proof.unknown,
                " in which something is unknown, which never helps whoever signs in",
            ),
        ] {
            let different = counted.less + counted.more;
            if different > 0 {
                let _ = writeln!(
                    out,
                    "\nOf {}{what}, the mapping gives less than the policy on {}, and something else or more on {}.",
                    number(counted.comparison.asked, "input"),
                    counted.less,
                    counted.more
                );
            }
        }
    }
    out.trim_end().to_string()
}

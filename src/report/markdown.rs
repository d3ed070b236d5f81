//! A plan, or what a change of a mapping means, as one comment of a pull request: the verdict and the counts first, what is about administrators next, the rest
//! folded. A comment of GitHub's holds 65,536 characters; what does not fit is cut with a word of where the whole is.

mod difference;
mod plan;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::plan::{by_identity, said};
use super::visible::visible;
use crate::plan::Effect;

pub use difference::difference;
pub use plan::plan;

/// By which the comment is found again, to be edited in place.
pub const MARK: &str = "<!-- liftgate -->";

/// As many bytes, and so no more characters, as a comment is given. GitHub takes 65,536 characters.
pub const MOST: usize = 60_000;

/// A comment in the making: what stands open, and what is folded below it.
struct Comment {
    out: String,
    folded: Vec<(String, String)>,
}

impl Comment {
    fn new(verdict: &str) -> Self {
        Self {
            out: format!("{MARK}\n## {verdict}\n\n"),
            folded: Vec::new(),
        }
    }

    /// Lines that are lists already, under a title. What stands open leaves half of the room to what is folded.
    fn section(&mut self, title: &str, lines: Vec<String>) {
        if lines.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "\n### {title}\n");
        let all = lines.len();
        for (at, line) in lines.into_iter().enumerate() {
            if self.out.len() + line.len() > MOST / 2 {
                let _ = writeln!(self.out, "- and {} more", all - at);
                return;
            }
            self.out.push_str(&line);
        }
    }

    fn fold(&mut self, title: String, lines: &[String]) {
        if !lines.is_empty() {
            self.folded.push((title, lines.concat()));
        }
    }

    /// With as much of what is folded as there is room for, and a word of the rest. `whole` says where everything is.
    fn finish(mut self, whole: &str) -> String {
        // A cut part keeps its end, and a word of the rest is said after all of them.
        const ROOM: usize = 2_000;
        let mut left_out = Vec::new();
        for (title, body) in std::mem::take(&mut self.folded) {
            let part = format!("\n<details><summary>{title}</summary>\n\n{body}\n</details>\n");
            if self.out.len() + part.len() > MOST - ROOM {
                left_out.push(title);
            } else {
                self.out.push_str(&part);
            }
        }
        if !left_out.is_empty() {
            let _ = writeln!(
                self.out,
                "\nLeft out, as it does not fit: {}. The whole is {}.",
                left_out.join("; "),
                escaped(whole)
            );
        }
        cut(self.out, whole)
    }
}

/// What becomes of logins: those of which administration is the matter, and the others.
fn logins(effects: &[Effect]) -> (Vec<String>, Vec<String>) {
    let administration: BTreeSet<(&str, &str)> = effects
        .iter()
        .filter(|effect| effect.admin_change.is_some())
        .map(|effect| (effect.identity.as_str(), effect.probe.as_str()))
        .collect();
    let (mut admins, mut others) = (Vec::new(), Vec::new());
    for ((identity, lines), probes) in by_identity(effects) {
        let text = listed(&format!("{identity} ({})", said(&probes)), &lines);
        if probes
            .iter()
            .any(|probe| administration.contains(&(identity, *probe)))
        {
            admins.push(text);
        } else {
            others.push(text);
        }
    }
    (admins, others)
}

/// A list of lines, which begin with a sign, under whom they are about.
fn listed(whom: &str, lines: &[String]) -> String {
    let mut text = format!("- {}\n", escaped(whom));
    for line in lines {
        let mut rest = line.trim_start().chars();
        let line = match rest.next() {
            Some(sign @ ('+' | '-' | '~')) => format!("{}{}", signed(sign), escaped(rest.as_str())),
            _ => escaped(line.trim_start()),
        };
        let _ = writeln!(text, "  - {line}");
    }
    text
}

/// A sign that stays one where a list begins.
fn signed(sign: char) -> String {
    format!("`{sign}`")
}

/// A text that means nothing to Markdown, HTML or to mentions: each character that could is written as a number.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        if c.is_ascii_punctuation()
            && !matches!(
                c,
                '.' | ',' | '-' | '+' | '/' | '(' | ')' | ':' | ';' | '\''
            )
        {
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    // A sign at the beginning would make a list or a heading of it; a name with dots and `www` or a scheme a link.
    let first = out.chars().next();
    if first.is_some_and(|c| matches!(c, '-' | '+')) {
        let rest: String = out.chars().skip(1).collect();
        out = format!("&#{};{rest}", u32::from(first.unwrap_or_default()));
    }
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// A text as it is, in a fence that is longer than any in it.
fn fenced(text: &str) -> String {
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}diff\n{}\n{fence}\n", text.trim_end())
}

/// Cuts what is longer than anything should be here, at the end of a line.
fn cut(mut out: String, whole: &str) -> String {
    if out.len() <= MOST {
        return out;
    }
    let mut end = MOST;
    while !out.is_char_boundary(end) {
        end -= 1;
    }
    let end = out
        .get(..end)
        .and_then(|text| text.rfind('\n'))
        .unwrap_or(end);
    out.truncate(end);
    let _ = writeln!(out, "\n\nThis is cut. The whole is {}.", escaped(whole));
    out
}

#[cfg(test)]
mod tests;

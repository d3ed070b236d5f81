//! A plan as one comment of a pull request: the verdict and the counts first, what is about administrators next, the rest
//! folded. A comment of GitHub's holds 65,536 characters; what does not fit is cut with a word of where the whole is.

use std::fmt::Write as _;

use super::counts::number;
use super::plan::{by_identity, counted};
use super::visible::visible;
use crate::plan::{Plan, diff, summary};

/// By which the comment is found again, to be edited in place.
pub const MARK: &str = "<!-- liftgate -->";

/// As many bytes, and so no more characters, as a comment is given. GitHub takes 65,536 characters.
pub const MOST: usize = 60_000;

/// Writes a plan. `whole` says where everything is to be found, in case not everything fits.
#[must_use]
pub fn plan(plan: &Plan, whole: &str) -> String {
    let mut out = format!("{MARK}\n## {}\n\n", verdict(plan));
    let counts = counted(&summary(plan));
    let account = escaped(&plan.account);
    let _ = writeln!(
        out,
        "Account {account}: {}.",
        if counts.is_empty() {
            "nobody who is known gains or loses anything".to_owned()
        } else {
            counts.join(", ")
        }
    );
    if let Some(why) = &plan.unknown_effects {
        let _ = writeln!(
            out,
            "\nWhat the live policy decides is unknown: {}.",
            escaped(why)
        );
    }
    let refusals = plan.refusals.iter().map(|refusal| {
        format!(
            "- **{}**: {}<br>{}\n",
            refusal.code,
            escaped(&refusal.message),
            escaped(&refusal.help)
        )
    });
    section(&mut out, "A push would be refused", refusals.collect());
    let (admins, others) = people(plan);
    section(&mut out, "Administrators", admins);
    if let Some(count) = plan
        .sessions
        .filter(|count| *count > 0 && !plan.changes.is_empty())
    {
        let _ = writeln!(out, "\nA push ends {}.", number(count, "open session"));
    }
    let mut folded: Vec<(String, String)> = Vec::new();
    if !others.is_empty() {
        let title = format!("Who gains or loses what ({})", others.len());
        folded.push((title, others.concat()));
    }
    if !plan.notes.is_empty() {
        let notes = plan
            .notes
            .iter()
            .map(|note| format!("- {}\n", escaped(note)));
        folded.push(("Notes".to_owned(), notes.collect()));
    }
    for change in &plan.changes {
        let text = diff(change);
        let title = super::plan::title(change);
        folded.push((escaped(&title), fenced(&text)));
    }
    let mut left_out = Vec::new();
    for (title, body) in folded {
        let part = format!("\n<details><summary>{title}</summary>\n\n{body}\n</details>\n");
        if out.len() + part.len() > MOST {
            left_out.push(title);
        } else {
            out.push_str(&part);
        }
    }
    if !left_out.is_empty() {
        let _ = writeln!(
            out,
            "\nLeft out, as it does not fit: {}. The whole is {}.",
            left_out.join("; "),
            escaped(whole)
        );
    }
    cut(out, whole)
}

/// The first line, by which a reviewer knows what this is about.
fn verdict(plan: &Plan) -> String {
    let summary = summary(plan);
    if !plan.refusals.is_empty() {
        "Access: a push would be refused".to_owned()
    } else if plan.changes.is_empty() {
        "Access: nothing changes".to_owned()
    } else if !summary.admins_gained.is_empty() || !summary.admins_lost.is_empty() {
        "Access: administrators change".to_owned()
    } else if plan.unknown_effects.is_some() {
        "Access: changes, and what they take away is unknown".to_owned()
    } else if plan.effects.is_empty() {
        "Access: the policy changes, and nobody who is known gains or loses anything".to_owned()
    } else {
        "Access: somebody gains or loses something".to_owned()
    }
}

/// What becomes of people: those of whom administration is the matter, and the others.
fn people(plan: &Plan) -> (Vec<String>, Vec<String>) {
    let (mut admins, mut others) = (Vec::new(), Vec::new());
    for ((identity, lines), probes) in by_identity(&plan.effects) {
        let mut text = format!("- {} ({})\n", escaped(identity), probes.len());
        for line in &lines {
            let _ = writeln!(text, "  - {}", escaped(line));
        }
        let administers = plan.effects.iter().any(|effect| {
            effect.identity == identity
                && probes.contains(&effect.probe.as_str())
                && effect.admin_change.is_some()
        });
        if administers {
            admins.push(text)
        } else {
            others.push(text)
        }
    }
    (admins, others)
}

fn section(out: &mut String, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n### {title}\n");
    let all = lines.len();
    for (at, line) in lines.into_iter().enumerate() {
        // The sections before the folded ones leave half of the room to those.
        if out.len() + line.len() > MOST / 2 {
            let _ = writeln!(out, "- and {} more", all - at);
            return;
        }
        out.push_str(&line);
    }
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
mod tests {
    use super::*;

    #[test]
    fn names_mean_nothing_to_whoever_shows_them() {
        for (name, shown) in [
            ("@acme/admins", "&#64;acme/admins"),
            ("<b>x</b>", "&#60;b&#62;x&#60;/b&#62;"),
            ("[a](http://b)", "&#91;a&#93;(http&#58;//b)"),
            (
                "*a* _b_ `c` #1 ~~d~~ |",
                "&#42;a&#42; &#95;b&#95; &#96;c&#96; &#35;1 &#126;&#126;d&#126;&#126; &#124;",
            ),
            ("- a", "&#45; a"),
            ("a\nb\u{202e}", "a&#92;nb&#92;u&#123;202e&#125;"),
            ("www.example.com", "www&#46;example.com"),
        ] {
            assert_eq!(escaped(name), shown);
        }
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert!(fenced("a ```` b").starts_with("`````diff\n"));
        assert!(fenced("a").starts_with("```diff\n"));
    }
}

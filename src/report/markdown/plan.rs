//! A plan as a comment.

use std::fmt::Write as _;

use super::super::counts::number;
use super::super::diagnostics::Finding;
use super::super::plan::{people, shown, title};
use super::{Comment, escaped, fenced, listed, logins, signed};
use crate::difference::{Difference, LABEL};
use crate::plan::Plan;

/// Writes a plan, what the change of its policy means where that can be told, and the warnings of its mapping. `whole` says where
/// everything is to be found, in case not everything fits.
#[must_use]
pub fn plan(
    plan: &Plan,
    meaning: Option<&Difference>,
    findings: &[Finding],
    whole: &str,
) -> String {
    let mut comment = Comment::new(verdict(plan));
    let counts = people::counts(plan);
    let _ = writeln!(
        comment.out,
        "Account {}: {}.",
        escaped(&plan.account),
        match counts.as_str() {
            "" => "nobody who is known gains or loses anything",
            counts => counts,
        }
    );
    if !plan.changes.is_empty() {
        let known = people::known(plan);
        let known = known.split('\n').map(|line| escaped(line.trim()));
        let _ = writeln!(comment.out, "{}.", known.collect::<Vec<_>>().join("; "));
    }
    if let Some(why) = &plan.unknown_effects {
        let _ = writeln!(
            comment.out,
            "\nWhat the live policy decides is unknown: {}.",
            escaped(why)
        );
    }
    if let Some(count) = plan
        .sessions
        .filter(|count| *count > 0 && !plan.changes.is_empty())
    {
        let sessions = number(count, "open session");
        let _ = writeln!(comment.out, "\nA push ends {sessions}.");
    }
    let (admin_logins, logins) = logins(&plan.effects);
    let labels = [LABEL.to_owned()];
    if let Some(meaning) = meaning {
        super::difference::open(&mut comment, meaning, &labels);
    }
    let admins = people::admins(plan).into_iter();
    let admins = admins.map(|(sign, who)| format!("- {} {}\n", signed(sign), escaped(&who)));
    comment.section("Administrators", admins.chain(admin_logins).collect());
    let refusals = plan.refusals.iter().map(|refusal| {
        format!(
            "- **{}**: {}<br>{}\n",
            refusal.code,
            escaped(&refusal.message),
            escaped(&refusal.help)
        )
    });
    comment.section("A push would be refused", refusals.collect());
    let needed = plan.overrides.iter().filter(|one| !one.refusals.is_empty());
    let set_aside = needed.map(|one| {
        let refusals = one.refusals.iter();
        let refusals = refusals.map(|one| format!("<br>{}", escaped(&one.message)));
        format!(
            "- **{}**, because: {}{}\n",
            one.guard,
            escaped(&one.why),
            refusals.collect::<String>()
        )
    });
    comment.section("Set aside", set_aside.collect());

    let alike = people::alike(plan);
    let count: usize = alike.iter().map(|one| one.count).sum();
    let alike: Vec<String> = alike
        .into_iter()
        .map(|one| listed(&one.names, &one.lines))
        .collect();
    comment.fold(
        format!("People who gain or lose something ({count})"),
        &alike,
    );
    comment.fold(
        format!("Logins of the fixtures ({})", logins.len()),
        &logins,
    );
    if let Some(meaning) = meaning {
        super::difference::fold(&mut comment, meaning);
    }
    let warnings: Vec<String> = findings.iter().map(finding).collect();
    comment.fold(format!("Warnings ({})", warnings.len()), &warnings);
    let notes = plan.notes.iter();
    let notes: Vec<String> = notes.map(|note| format!("- {}\n", escaped(note))).collect();
    comment.fold(format!("Notes ({})", notes.len()), &notes);
    for change in &plan.changes {
        comment.fold(escaped(&title(change)), &[fenced(&shown(change, false))]);
    }
    comment.finish(whole)
}

/// The first line, by which a reviewer knows what this is about.
fn verdict(plan: &Plan) -> &'static str {
    let changes = &plan.people.changes;
    if !plan.refusals.is_empty() {
        "Access: a push would be refused"
    } else if plan.changes.is_empty() {
        "Access: nothing changes"
    } else if plan.unknown_effects.is_some() {
        "Access: changes, and what they take away is unknown"
    } else if !people::admins(plan).is_empty() {
        "Access: administrators change"
    } else if changes.iter().any(|one| one.loses) || !plan.people.offboarded.is_empty() {
        "Access: somebody loses something"
    } else if !changes.is_empty() || !plan.effects.is_empty() {
        "Access: somebody gains something"
    } else {
        "Access: the policy changes, and nobody who is known gains or loses anything"
    }
}

fn finding(finding: &Finding) -> String {
    let place = finding.place.as_ref();
    let place = place.map_or_else(String::new, |place| {
        format!(" ({}:{})", escaped(&place.path), place.line)
    });
    format!(
        "- **{}**: {}{place}\n",
        finding.code,
        escaped(&finding.message)
    )
}

//! What a change of a mapping means, as a comment.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::counts::number;
use super::super::difference::{grant_line, is_first, rule_line};
use super::{Comment, escaped, logins, signed};
use crate::difference::{Change, Difference, GrantChange};

/// Writes a difference. `labels` are those that new access to spaces was marked by, and `whole` says where everything is to be
/// found, in case not everything fits.
#[must_use]
pub fn difference(difference: &Difference, labels: &[String], whole: &str) -> String {
    let mut comment = Comment::new(verdict(difference));
    let counts = counts(difference);
    if !counts.is_empty() {
        let _ = writeln!(comment.out, "{counts}.");
    }
    if difference.same {
        comment.out.push_str("Both decide every login alike.\n");
    } else if difference.people.is_empty() {
        let nobody = "Nobody of the fixtures and the directory gains or loses anything.\n";
        comment.out.push_str(nobody);
    }
    let (admins, people) = logins(&difference.people);
    open(&mut comment, difference, labels);
    comment.section("Administrators", admins);
    comment.fold(
        format!("Who gains or loses what, of those known ({})", people.len()),
        &people,
    );
    fold(&mut comment, difference);
    comment.finish(whole)
}

/// What comes first: administration, and new access to spaces with a label.
pub(super) fn open(comment: &mut Comment, difference: &Difference, labels: &[String]) {
    let rules = difference.rules.iter().filter(|rule| rule.admin);
    let rules = rules.map(|rule| listed_as(&rule_line(rule), &[], &[]));
    let grants = difference.grants.iter().filter(|grant| is_first(grant));
    let labels: Vec<String> = labels.iter().map(|label| escaped(label)).collect();
    let title = format!(
        "Administration, and new access to spaces labelled {}",
        labels.join(", ")
    );
    comment.section(&title, rules.chain(grants.map(told)).collect());
}

/// The rest of what the policies say otherwise.
pub(super) fn fold(comment: &mut Comment, difference: &Difference) {
    let is_other = |grant: &&GrantChange| !is_first(grant) && grant.change != Change::Reworded;
    let grants = difference.grants.iter().filter(is_other);
    let grants: Vec<String> = grants.map(told).collect();
    comment.fold(format!("Other grants ({})", grants.len()), &grants);
    let rules = difference.rules.iter().filter(|rule| !rule.admin);
    let rules: Vec<String> = rules
        .map(|rule| listed_as(&rule_line(rule), &[], &[]))
        .collect();
    comment.fold(format!("Rules of the login ({})", rules.len()), &rules);
    let groups = difference.groups.iter();
    let groups: Vec<String> = groups
        .map(|one| listed_as(&(None, one.group.clone()), &one.gains, &one.losses))
        .collect();
    comment.fold(format!("By group ({})", groups.len()), &groups);
}

/// The first line, by which a reviewer knows what this is about.
fn verdict(difference: &Difference) -> &'static str {
    let grants = || difference.grants.iter().filter(|grant| !grant.no_effect);
    let takes = grants().any(|grant| !grant.takes.is_empty())
        || difference.rules.iter().any(|rule| rule.takes);
    if difference.same {
        "Access: nothing changes"
    } else if grants().any(|grant| grant.admin && grant.change != Change::Reworded)
        || difference.rules.iter().any(|rule| rule.admin)
        || difference
            .people
            .iter()
            .any(|one| one.admin_change.is_some())
    {
        "Access: administration changes"
    } else if takes {
        "Access: something is taken away"
    } else {
        "Access: something is given"
    }
}

fn counts(difference: &Difference) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (change, word) in [
        (Change::Added, "added"),
        (Change::Removed, "removed"),
        (Change::Widened, "widened"),
        (Change::Narrowed, "narrowed"),
        (Change::Changed, "changed"),
        (Change::Reworded, "only moved or reworded"),
    ] {
        let count = difference
            .grants
            .iter()
            .filter(|one| one.change == change)
            .count();
        if count > 0 {
            parts.push(format!("{} {word}", number(count, "grant")));
        }
    }
    if !difference.rules.is_empty() {
        parts.push(number(
            difference.rules.len(),
            "rule of the login otherwise",
        ));
    }
    let logins: BTreeSet<&str> = difference
        .people
        .iter()
        .map(|one| one.identity.as_str())
        .collect();
    if !logins.is_empty() {
        let logins = number(logins.len(), "known login");
        parts.push(format!("{logins} gaining or losing something"));
    }
    parts.join("; ")
}

fn told(grant: &GrantChange) -> String {
    listed_as(&grant_line(grant), &grant.gives, &grant.takes)
}

/// An entry with what it gives and takes. Here the lines have no signs of their own.
fn listed_as((sign, what): &(Option<char>, String), gives: &[String], takes: &[String]) -> String {
    let sign = sign.map_or_else(String::new, |sign| format!("{} ", signed(sign)));
    let mut text = format!("- {sign}{}\n", escaped(what));
    for (sign, lines) in [('+', gives), ('-', takes)] {
        for line in lines {
            let _ = writeln!(text, "  - {} {}", signed(sign), escaped(line));
        }
    }
    text
}

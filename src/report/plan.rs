//! A plan, for people: what it means first, then what it changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::counts::number;
use super::visible::visible;
use crate::evaluate::Login;
use crate::plan::{Access, Change, Effect, Plan, diff};

/// How many lines of a new policy's text are shown unless all are asked for.
const FIRST_LINES: usize = 30;

/// What a plan does, to whom, and what stands in its way.
#[must_use]
pub fn human(plan: &Plan, label: &str, whole: bool) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "Plan for account {} at {}",
        visible(&plan.account),
        visible(label)
    );
    for note in &plan.notes {
        let _ = writeln!(out, "  note: {}", visible(note));
    }
    if plan.changes.is_empty() {
        let _ = writeln!(
            out,
            "\nNothing to do: the account decides as the mapping says."
        );
    } else {
        effects(&mut out, plan);
        for change in &plan.changes {
            changes(&mut out, change, whole);
        }
        match plan.sessions {
            Some(0) | None => {}
            Some(count) => {
                let _ = writeln!(
                    out,
                    "\nA push ends {}: whoever is signed in signs in again.",
                    number(count, "open session")
                );
            }
        }
    }
    if !plan.refusals.is_empty() {
        let _ = writeln!(out, "\nA push would be refused:");
        for refusal in &plan.refusals {
            let _ = writeln!(out, "  {}: {}", refusal.code, visible(&refusal.message));
            let _ = writeln!(out, "    help: {}", visible(&refusal.help));
        }
    }
    out.trim_end().to_string()
}

fn effects(out: &mut String, plan: &Plan) {
    if let Some(why) = &plan.unknown_effects {
        let _ = writeln!(
            out,
            "\nWhat the live policy decides is unknown: {}",
            visible(why)
        );
        let _ = writeln!(out, "What each fixture would hold:");
    } else if plan.effects.is_empty() {
        let _ = writeln!(out, "\nNo fixture's login gains or loses anything.");
        return;
    } else {
        let _ = writeln!(out, "\nWho gains or loses what:");
    }
    // Several requests of one identity often differ alike; they are said once.
    let mut alike: BTreeMap<(&str, Vec<String>), Vec<&str>> = BTreeMap::new();
    for effect in &plan.effects {
        let key = (effect.identity.as_str(), lines(effect));
        alike.entry(key).or_default().push(&effect.probe);
    }
    for ((identity, lines), probes) in alike {
        let _ = writeln!(out, "  {} ({})", visible(identity), said(&probes));
        for line in lines {
            let _ = writeln!(out, "    {line}");
        }
    }
    let summary = crate::plan::summary(plan);
    let mut parts = Vec::new();
    for (who, what) in [
        (&summary.newly_let_in, "newly let in"),
        (&summary.newly_refused, "newly refused"),
        (&summary.gaining, "gaining roles"),
        (&summary.losing, "losing roles"),
        (&summary.admins_gained, "newly administering"),
        (&summary.admins_lost, "no longer administering"),
    ] {
        if !who.is_empty() {
            parts.push(format!("{} {what}", who.len()));
        }
    }
    if !parts.is_empty() {
        let _ = writeln!(out, "  in all: {}", parts.join(", "));
    }
}

fn said(probes: &[&str]) -> String {
    match probes {
        [] => String::new(),
        [one] => visible(one).into_owned(),
        [first, rest @ ..] => format!("{}, and {} more", visible(first), rest.len()),
    }
}

fn lines(effect: &Effect) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(because) = effect.outside_policy {
        lines.push(because.sentence());
    }
    if let Some((before, after)) = effect.login_change {
        let sign = if after > before { '+' } else { '-' };
        lines.push(format!(
            "{sign} login: {} -> {}",
            before.word(),
            after.word()
        ));
    } else if effect.before.is_none() {
        lines.push(format!("  login: {}", effect.after.login.word()));
    }
    if effect.before.is_none() && effect.after.login == Login::Deny {
        return lines;
    }
    for (sign, accesses) in [('+', &effect.gains), ('-', &effect.losses)] {
        for (space, roles) in by_space(accesses) {
            lines.push(format!("{sign} {}: {}", visible(space), roles.join(", ")));
        }
    }
    lines
}

fn by_space(accesses: &[Access]) -> BTreeMap<&str, Vec<String>> {
    let mut spaces: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for access in accesses {
        spaces
            .entry(&access.space)
            .or_default()
            .push(visible(&access.role).into_owned());
    }
    spaces
}

fn changes(out: &mut String, change: &Change, whole: bool) {
    let (what, name) = match change {
        Change::PolicyCreate { policy } => ("create", &policy.name),
        Change::PolicyUpdate { after, .. } => ("update", &after.name),
    };
    let _ = writeln!(out, "\nChange: {what} the login policy `{}`", visible(name));
    let text = diff(change);
    let all: Vec<&str> = text.lines().collect();
    let is_new = matches!(change, Change::PolicyCreate { .. });
    let shown = if whole || !is_new {
        all.len()
    } else {
        FIRST_LINES.min(all.len())
    };
    for line in all.iter().take(shown) {
        let _ = writeln!(out, "  {line}");
    }
    if shown < all.len() {
        let _ = writeln!(
            out,
            "  … {} more lines of a new text; `--full` shows them",
            all.len() - shown
        );
    }
}

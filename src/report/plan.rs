//! A plan, for people: what it means first, then what it changes.

pub(super) mod people;
mod replayed;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::counts::number;
use super::visible::visible;
use crate::evaluate::Login;
use crate::history::Commit;
use crate::model::Because;
use crate::plan::{
    AcceptedBy, Access, Base, Change, Edit, Effect, Guard, POLICY_SPACE, PersonChange, Plan,
    RoleChange, StackChange, Summary, diff, spelt,
};

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
    let _ = writeln!(out, "  {}", verdict(plan));
    for (sign, who) in people::admins(plan) {
        let _ = writeln!(out, "  {sign} {who}");
    }
    if !plan.changes.is_empty() {
        let _ = writeln!(out, "  {}", people::known(plan));
    }
    for note in &plan.notes {
        let _ = writeln!(out, "  note: {}", visible(note));
    }
    if let Some(edit) = &plan.edit {
        let _ = writeln!(out, "\n{}", edited(edit));
    }
    for edit in &plan.access_edits {
        let _ = writeln!(out, "\n{}", access_edited(edit));
    }
    overrides(&mut out, plan);
    if !plan.changes.is_empty() {
        people::changes(&mut out, plan);
        let (fixtures, recorded) = replayed::apart(plan);
        effects(&mut out, plan, &fixtures);
        replayed::replayed(&mut out, plan, &recorded);
        for (at, change) in plan.changes.iter().enumerate() {
            let place = match plan.changes.len() {
                1 => String::new(),
                count => format!(" {} of {count}", at + 1),
            };
            changes(&mut out, change, &place, whole);
        }
        for (simulated, what, more_of) in [
            (&plan.simulated, "login", "recorded input"),
            (&plan.simulated_access, "request for a stack", "request"),
        ] {
            let Some(simulated) = simulated else { continue };
            let otherwise = plan
                .refusals
                .iter()
                .any(|refusal| refusal.code == Guard::ServerDisagrees);
            let left_out = match simulated.left_out {
                0 => String::new(),
                more => format!(
                    "; {} left out, as too many for one plan",
                    number(more, &format!("more {more_of}"))
                ),
            };
            let _ = writeln!(
                out,
                "\nSimulated on the account as Rego {}: {}, {}{left_out}.",
                simulated.dialect.word(),
                requests(simulated.logins, what),
                if otherwise {
                    "not all decided as here"
                } else {
                    "decided as here"
                }
            );
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

fn requests(count: usize, what: &str) -> String {
    match (count, what.split_once(' ')) {
        (1, _) | (_, None) => number(count, what),
        (_, Some((first, rest))) => format!("{count} {first}s {rest}"),
    }
}

/// What was changed by hand in the live login policy, and what that changed.
#[must_use]
pub fn edited(edit: &Edit) -> String {
    let mut out = since(edit, "The live policy");
    if matches!(edit.base, Base::Unknown { .. }) {
        return out.trim_end().to_string();
    }
    if let Some(why) = &edit.unknown_effects {
        let _ = writeln!(out, "  what it decides is unknown: {}", visible(why));
    } else if edit.effects.is_empty() {
        let _ = writeln!(out, "  it changes no fixture's login");
    } else {
        let _ = writeln!(out, "  whom the edit gave or took what:");
        alike(&mut out, &edit.effects, "    ");
    }
    for line in edit.diff.lines() {
        let _ = writeln!(out, "  {line}");
    }
    out.trim_end().to_string()
}

/// What was changed by hand in a live access policy.
#[must_use]
pub fn access_edited(edit: &Edit) -> String {
    let name = visible(&edit.name);
    let mut out = since(edit, &format!("The live access policy `{name}`"));
    for line in edit.diff.lines() {
        let _ = writeln!(out, "  {line}");
    }
    out.trim_end().to_string()
}

/// Since when, and whether the text may be replaced.
fn since(edit: &Edit, what: &str) -> String {
    let mut out = String::new();
    let since = match &edit.base {
        Base::Mapping => "since it was pushed from this mapping".to_string(),
        Base::Commit(commit) => format!("since it was pushed from {}", described(commit)),
        Base::Unknown { why } => format!(
            "or never made by liftgate; what was pushed last is not known: {}",
            visible(why)
        ),
    };
    let _ = writeln!(out, "{what} was edited by hand {since}");
    let _ = writeln!(out, "  text {}", edit.text);
    match &edit.accepted {
        Some(AcceptedBy::Lock { at }) => {
            let _ = writeln!(
                out,
                "  `{}` adopts this text since {at}: it may be replaced",
                crate::lock::FILE
            );
        }
        Some(AcceptedBy::Named) => {
            let _ = writeln!(
                out,
                "  it was named with `--overwrite-manual-edits`: it may be replaced"
            );
        }
        None => {}
    }
    if matches!(edit.base, Base::Unknown { .. }) {
        let _ = writeln!(
            out,
            "  what the edit was cannot be told from what the mapping changes; the changes below are both"
        );
    }
    out
}

/// A commit, on one line.
#[must_use]
pub fn described(commit: &Commit) -> String {
    let day = jiff::Timestamp::from_second(commit.time).map_or_else(
        |_| String::new(),
        |time| format!(" of {}", time.strftime("%Y-%m-%d")),
    );
    format!(
        "commit {}{day} by {}, `{}`",
        commit.short(),
        visible(&commit.author),
        visible(&commit.subject)
    )
}

/// What becomes of whom: several requests of one identity often differ alike, and are said once, each with its probes.
pub(super) fn by_identity(effects: &[Effect]) -> BTreeMap<(&str, Vec<String>), Vec<&str>> {
    let mut alike: BTreeMap<(&str, Vec<String>), Vec<&str>> = BTreeMap::new();
    for effect in effects {
        let key = (effect.identity.as_str(), lines(effect));
        alike.entry(key).or_default().push(&effect.probe);
    }
    alike
}

pub(super) fn alike(out: &mut String, effects: &[Effect], indent: &str) {
    for ((identity, lines), probes) in by_identity(effects) {
        let _ = writeln!(out, "{indent}{} ({})", visible(identity), said(&probes));
        for line in lines {
            let _ = writeln!(out, "{indent}  {line}");
        }
    }
}

/// What would come of a push, in one line.
fn verdict(plan: &Plan) -> String {
    if plan.changes.is_empty() && plan.refusals.is_empty() {
        return "Nothing to do: the account decides as the mapping says.".to_string();
    }
    let mut line = if plan.refusals.is_empty() {
        number(plan.changes.len(), "change")
    } else {
        let mut codes: Vec<&str> = plan.refusals.iter().map(|one| one.code.code()).collect();
        codes.dedup();
        format!(
            "Refused ({}): {}",
            codes.join(", "),
            number(plan.changes.len(), "change")
        )
    };
    let counts = people::counts(plan);
    if !counts.is_empty() {
        let _ = write!(line, "; {counts}");
    }
    if let Some(count) = plan.sessions.filter(|count| *count > 0) {
        let sessions = number(count, "open session");
        let _ = write!(
            line,
            "; a push ends {sessions}, and whoever is signed in signs in again"
        );
    }
    line
}

/// What was set aside, by what right.
fn overrides(out: &mut String, plan: &Plan) {
    for one in plan.overrides.iter().filter(|one| !one.refusals.is_empty()) {
        let _ = writeln!(
            out,
            "  set aside: {}, because: {}",
            one.guard,
            visible(&one.why)
        );
        for refusal in &one.refusals {
            let _ = writeln!(out, "    {}", visible(&refusal.message));
        }
    }
}

fn effects(out: &mut String, plan: &Plan, effects: &[Effect]) {
    if let Some(why) = &plan.unknown_effects {
        let _ = writeln!(
            out,
            "\nWhat the live policy decides is unknown: {}",
            visible(why)
        );
        let _ = writeln!(out, "What each fixture would hold:");
    } else if effects.is_empty() {
        let _ = writeln!(out, "\nNo fixture's login gains or loses anything.");
        return;
    } else {
        let _ = writeln!(out, "\nWhich logins of the fixtures gain or lose what:");
    }
    alike(out, effects, "  ");
    let parts = counted(&crate::plan::summary(plan));
    if !parts.is_empty() {
        let _ = writeln!(out, "  in all: {}", parts.join(", "));
    }
    if plan
        .effects
        .iter()
        .any(|effect| !effect.role_changes.is_empty())
    {
        let _ = writeln!(
            out,
            "  what a changed role may do changes at once, without a sign-in"
        );
    }
}

/// How many gain and lose what, in words.
pub(super) fn counted(summary: &Summary) -> Vec<String> {
    let mut parts = Vec::new();
    for (who, what) in [
        (&summary.newly_let_in, "newly let in"),
        (&summary.newly_refused, "newly refused"),
        (&summary.gaining, "gaining roles"),
        (&summary.losing, "losing roles"),
        (
            &summary.gaining_actions,
            "gaining actions by a changed role",
        ),
        (&summary.losing_actions, "losing actions by a changed role"),
        (&summary.gaining_stacks, "gaining access to stacks"),
        (&summary.losing_stacks, "losing access to stacks"),
        (&summary.admins_gained, "newly administering"),
        (&summary.admins_lost, "no longer administering"),
    ] {
        if !who.is_empty() {
            parts.push(format!("{} {what}", who.len()));
        }
    }
    parts
}

pub(super) fn said(probes: &[&str]) -> String {
    match probes {
        [] => String::new(),
        [one] => visible(one).into_owned(),
        [first, rest @ ..] => format!("{}, and {} more", visible(first), rest.len()),
    }
}

/// What is gained and lost, by a login or by a person.
struct Changed<'a> {
    outside_policy: Option<Because>,
    login_change: Option<(Login, Login)>,
    gains: Vec<&'a Access>,
    losses: Vec<&'a Access>,
    role_changes: Vec<&'a RoleChange>,
    admin_change: Option<(bool, bool)>,
    stacks: &'a StackChange,
}

impl<'a> Changed<'a> {
    fn of(change: &'a PersonChange) -> Self {
        Self {
            outside_policy: change.outside_policy,
            login_change: change.login_change,
            gains: change.gains.iter().collect(),
            losses: change.losses.iter().collect(),
            role_changes: change.role_changes.iter().collect(),
            admin_change: change.admin_change,
            stacks: &change.stacks,
        }
    }
}

fn lines(effect: &Effect) -> Vec<String> {
    let changed = Changed {
        outside_policy: effect.outside_policy,
        login_change: effect.login_change,
        gains: effect.gains.iter().collect(),
        losses: effect.losses.iter().collect(),
        role_changes: effect.role_changes.iter().collect(),
        admin_change: effect.admin_change,
        stacks: &effect.stacks,
    };
    if effect.before.is_some() {
        return lines_of(&changed);
    }
    // What is held now is unknown, so all that would be held is said.
    let mut lines: Vec<String> = changed
        .outside_policy
        .map(Because::sentence)
        .into_iter()
        .collect();
    lines.push(format!("  login: {}", effect.after.login.word()));
    if effect.after.login != Login::Deny {
        for (space, roles) in &effect.after.roles {
            let roles: Vec<String> = roles
                .iter()
                .map(|role| visible(role).into_owned())
                .collect();
            lines.push(format!("  {}: {}", visible(space), roles.join(", ")));
        }
        lines.extend(role_lines(&changed.role_changes));
    }
    lines
}

fn lines_of(changed: &Changed<'_>) -> Vec<String> {
    let mut lines: Vec<String> = changed
        .outside_policy
        .map(Because::sentence)
        .into_iter()
        .collect();
    if let Some((before, after)) = changed.login_change {
        let sign = if after > before { '+' } else { '-' };
        lines.push(format!(
            "{sign} login: {} -> {}",
            before.word(),
            after.word()
        ));
    }
    for (sign, accesses) in [('+', &changed.gains), ('-', &changed.losses)] {
        for (space, roles) in by_space(accesses) {
            lines.push(format!("{sign} {}: {}", visible(space), roles.join(", ")));
        }
    }
    lines.extend(role_lines(&changed.role_changes));
    lines.extend(stack_lines(changed.stacks));
    let is_said = |access: &&Access| access.role == "space-admin" && access.space == POLICY_SPACE;
    match changed.admin_change {
        // Said above in other words.
        _ if changed
            .login_change
            .is_some_and(|(before, after)| before.max(after) == Login::Admin) => {}
        _ if changed.gains.iter().chain(&changed.losses).any(is_said) => {}
        Some((false, true)) => lines.push("+ administers the account".to_string()),
        Some((true, false)) => lines.push("- administers the account".to_string()),
        _ => {}
    }
    lines
}

fn role_lines(changes: &[&RoleChange]) -> Vec<String> {
    let mut lines = Vec::new();
    for change in changes {
        for (sign, actions) in [('+', &change.gains), ('-', &change.losses)] {
            if !actions.is_empty() {
                let names: Vec<String> = actions.iter().map(|action| spelt(action)).collect();
                lines.push(format!(
                    "{sign} {}: {} ({})",
                    visible(&change.space),
                    names.join(", "),
                    visible(&change.role)
                ));
            }
        }
    }
    lines
}

/// What access policies give and take, with as many ids as a plan names.
fn stack_lines(change: &StackChange) -> Vec<String> {
    let lists = [
        ('+', "writes", &change.gains.write),
        ('+', "reads", &change.gains.read),
        ('-', "no longer sees", &change.losses.read),
        ('-', "no longer writes, still reads", &change.losses.write),
    ];
    let told = lists.into_iter().filter(|(.., list)| !list.is_empty());
    told.map(|(sign, what, list)| {
        let mut ids: Vec<String> = list
            .some
            .iter()
            .map(|id| visible(id).into_owned())
            .collect();
        if list.count > ids.len() {
            ids.push(format!("and {} more", list.count - ids.len()));
        }
        let things = if list.count == 1 { "stack" } else { "stacks" };
        format!("{sign} {what} {things}: {}", ids.join(", "))
    })
    .collect()
}

fn by_space<'a>(accesses: &[&'a Access]) -> BTreeMap<&'a str, Vec<String>> {
    let mut spaces: BTreeMap<&'a str, Vec<String>> = BTreeMap::new();
    for access in accesses {
        spaces
            .entry(&access.space)
            .or_default()
            .push(visible(&access.role).into_owned());
    }
    spaces
}

/// What a change does, to what.
pub(super) fn title(change: &Change) -> String {
    let (what, name) = match change {
        Change::PolicyCreate { policy } => ("create the login policy", &policy.name),
        Change::PolicyUpdate { after, .. } => ("update the login policy", &after.name),
        Change::RoleCreate { role, .. } => ("create the role", &role.slug),
        Change::RoleUpdate { after, .. } => ("update the role", &after.slug),
        Change::RoleDelete { role, .. } => ("delete the role", &role.slug),
        Change::AccessCreate { policy } => ("create the access policy", &policy.name),
        Change::AccessUpdate { after, .. } => ("update the access policy", &after.name),
        Change::AccessDelete { policy, .. } => ("delete the access policy", &policy.name),
        Change::AccessAttach {
            policy,
            stack,
            module,
            ..
        } => {
            return format!(
                "attach the access policy `{}` to the {} `{}`",
                visible(policy),
                thing(*module),
                visible(stack)
            );
        }
        Change::AccessDetach {
            policy,
            stack,
            module,
            ..
        } => {
            return format!(
                "take the access policy `{}` off the {} `{}`",
                visible(policy),
                thing(*module),
                visible(stack)
            );
        }
    };
    format!("{what} `{}`", visible(name))
}

fn thing(module: bool) -> &'static str {
    if module { "module" } else { "stack" }
}

fn changes(out: &mut String, change: &Change, place: &str, whole: bool) {
    let _ = writeln!(out, "\nChange{place}: {}", title(change));
    for line in shown(change, whole).lines() {
        let _ = writeln!(out, "  {line}");
    }
}

/// The change of a text, of which one that is new or goes is cut unless the whole is asked for.
pub(super) fn shown(change: &Change, whole: bool) -> String {
    let text = diff(change);
    let all: Vec<&str> = text.lines().collect();
    let what = match change {
        Change::PolicyCreate { .. } | Change::AccessCreate { .. } => "a new text",
        Change::AccessDelete { .. } => "a text that goes",
        _ => return all.join("\n"),
    };
    if whole || all.len() <= FIRST_LINES {
        return all.join("\n");
    }
    let first = all.iter().take(FIRST_LINES).copied();
    let more = format!(
        "… {} more lines of {what}; `--full` shows them",
        all.len() - FIRST_LINES
    );
    first.chain([more.as_str()]).collect::<Vec<_>>().join("\n")
}

//! Lints: what is right and yet likely a mistake, each in a file of its own and one row of [`LINTS`].
//!
//! A mapping sets their levels in `lints`. What depends on the day is looked for only where a day is given, so that nothing
//! that worked yesterday stops working today by itself.

mod access_policies;
mod admit_without_grants;
mod covered_grant;
mod expired;
mod expiring_soon;
mod external_without_end;
mod google_groups;
mod grant_without_effect;
mod group_never_sent;
mod group_spelling;
mod group_value;
mod individual_grant;
mod no_break_glass;
mod review_overdue;
mod role_without_read;
#[cfg(test)]
mod tests;
mod too_many_groups;
mod transient_login;
mod unguarded_admin;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileFindings, Severity};
use crate::directory::Directory;
use crate::fixture::FixtureSet;
use crate::model::{Level, LintSetting, Model};

/// What lints look at.
pub struct Asked<'a> {
    /// The mapping.
    pub model: &'a Model,
    /// Its fixtures.
    pub fixtures: &'a FixtureSet,
    /// The directory snapshot, if there is one.
    pub directory: Option<&'a Directory>,
    /// When, in nanoseconds since 1970 UTC; nothing leaves out what depends on the day.
    pub at: Option<i64>,
}

/// What an account says of the groups of its logins.
pub struct Brought {
    /// Every name of a group that a login ever brought, as it was sent. None is no account to compare with: nobody signed in yet.
    pub names: BTreeSet<String>,
}

type Check = fn(&Asked<'_>, &mut Vec<Diagnostic>);
type CheckBeside = fn(&Asked<'_>, &Brought, &mut Vec<Diagnostic>);

/// What looks for what a lint knows.
enum Looks {
    /// The stages on the way from a file to a policy, to tests or to guardrails.
    OnTheWay,
    /// A look at the mapping alone.
    Alone(Check),
    /// A look at the mapping beside an account, by commands that have one.
    Beside(CheckBeside),
}

/// A lint.
pub struct Lint {
    /// Its name, as findings and `lints` have it.
    pub code: Code,
    /// Its level, unless the mapping sets another.
    pub level: Level,
    /// Whether `within` can be set, and what it is in nanoseconds where it is not.
    pub within: Option<i64>,
    /// What looks for it.
    looks: Looks,
}

const DAY: i64 = 86_400_000_000_000;

const fn of(code: Code, looks: Looks) -> Lint {
    Lint {
        code,
        level: Level::Warn,
        within: None,
        looks,
    }
}

const fn lint(code: Code, check: Check) -> Lint {
    of(code, Looks::Alone(check))
}

const fn beside(code: Code, check: CheckBeside) -> Lint {
    of(code, Looks::Beside(check))
}

const fn on_the_way(code: Code) -> Lint {
    of(code, Looks::OnTheWay)
}

/// Every lint.
pub const LINTS: &[Lint] = &[
    on_the_way(Code::UnusedName),
    lint(Code::AccessPolicies, access_policies::check),
    on_the_way(Code::DuplicateGrant),
    lint(Code::CoveredGrant, covered_grant::check),
    lint(Code::GrantWithoutEffect, grant_without_effect::check),
    lint(Code::Expired, expired::check),
    Lint {
        within: Some(14 * DAY),
        ..lint(Code::ExpiringSoon, expiring_soon::check)
    },
    lint(Code::ExternalWithoutEnd, external_without_end::check),
    lint(Code::IndividualGrant, individual_grant::check),
    lint(Code::UnguardedAdmin, unguarded_admin::check),
    lint(Code::AdmitWithoutGrants, admit_without_grants::check),
    lint(Code::GroupValue, group_value::check),
    beside(Code::GroupNeverSent, group_never_sent::check),
    beside(Code::GroupSpelling, group_spelling::check),
    on_the_way(Code::NamesNotSent),
    lint(Code::TooManyGroups, too_many_groups::check),
    lint(Code::GoogleGroups, google_groups::check),
    lint(Code::TransientLogin, transient_login::check),
    lint(Code::RoleWithoutRead, role_without_read::check),
    lint(Code::NoBreakGlass, no_break_glass::check),
    on_the_way(Code::OffboardedBreakGlass),
    lint(Code::ReviewOverdue, review_overdue::check),
    on_the_way(Code::GuardrailUnchecked),
];

impl Lint {
    /// Whether it needs an account beside the mapping.
    #[must_use]
    pub fn is_beside(&self) -> bool {
        matches!(self.looks, Looks::Beside(_))
    }
}

/// What a mapping says of each lint that it speaks of, by name.
pub type Settings = BTreeMap<String, LintSetting>;

/// The lint of a name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.code.name() == name)
}

/// Looks for everything that lints know of a mapping alone, at the levels that it sets.
pub fn run(asked: &Asked<'_>, diagnostics: &mut Diagnostics) {
    look(asked, diagnostics, |lint, found| {
        if let Looks::Alone(check) = lint.looks {
            check(asked, found);
        }
    });
}

/// Looks for what lints know of a mapping beside an account, at the levels that the mapping sets.
pub fn run_beside(asked: &Asked<'_>, brought: &Brought, diagnostics: &mut Diagnostics) {
    if brought.names.is_empty() {
        return;
    }
    look(asked, diagnostics, |lint, found| {
        if let Looks::Beside(check) = lint.looks {
            check(asked, brought, found);
        }
    });
}

fn look(
    asked: &Asked<'_>,
    diagnostics: &mut Diagnostics,
    with: impl Fn(&Lint, &mut Vec<Diagnostic>),
) {
    let mut findings = FileFindings::new(diagnostics);
    for lint in LINTS {
        let Some(severity) = severity(lint, &asked.model.lints) else {
            continue;
        };
        let mut found = Vec::new();
        with(lint, &mut found);
        for finding in found {
            findings.push(Diagnostic {
                severity,
                ..finding
            });
        }
    }
}

/// Gives what was found on the way the levels that the mapping sets.
pub fn relevel(settings: &Settings, diagnostics: &mut Diagnostics) {
    diagnostics.relevel(|finding| match named(finding.code.name()) {
        Some(lint) if finding.severity == Severity::Warning => severity(lint, settings),
        _ => Some(finding.severity),
    });
}

fn severity(lint: &Lint, settings: &Settings) -> Option<Severity> {
    let level = settings
        .get(lint.code.name())
        .map_or(lint.level, |setting| setting.level);
    match level {
        Level::Allow => None,
        Level::Warn => Some(Severity::Warning),
        Level::Deny => Some(Severity::Error),
    }
}

impl Asked<'_> {
    /// How long before its time a lint speaks, in nanoseconds.
    fn within(&self, code: Code) -> i64 {
        let setting = self.model.lints.get(code.name());
        let usual = || named(code.name()).and_then(|lint| lint.within);
        setting
            .and_then(|setting| setting.within)
            .or_else(usual)
            .unwrap_or_default()
    }
}

/// The day of an instant in UTC.
fn day(nanoseconds: i64) -> String {
    jiff::Timestamp::from_nanosecond(nanoseconds.into()).map_or_else(
        |_| nanoseconds.to_string(),
        |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

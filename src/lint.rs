//! Lints: what is right and yet likely a mistake, each in a file of its own and one row of [`LINTS`].
//!
//! A mapping sets their levels in `lints`. What depends on the day is looked for only where a day is given, so that nothing
//! that worked yesterday stops working today by itself.

mod admit_without_grants;
mod covered_grant;
mod expired;
mod expiring_soon;
mod external_without_end;
mod google_groups;
mod grant_without_effect;
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

use std::collections::BTreeMap;

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

type Check = fn(&Asked<'_>, &mut Vec<Diagnostic>);

/// A lint.
pub struct Lint {
    /// Its name, as findings and `lints` have it.
    pub code: Code,
    /// Its level, unless the mapping sets another.
    pub level: Level,
    /// Whether `within` can be set, and what it is in nanoseconds where it is not.
    pub within: Option<i64>,
    /// What looks for it, beside the stages on the way from a file to a policy.
    check: Option<Check>,
}

const DAY: i64 = 86_400_000_000_000;

const fn lint(code: Code, check: Check) -> Lint {
    Lint {
        code,
        level: Level::Warn,
        within: None,
        check: Some(check),
    }
}

/// One that is found on the way from a file to a policy, to tests or to guardrails.
const fn on_the_way(code: Code) -> Lint {
    Lint {
        code,
        level: Level::Warn,
        within: None,
        check: None,
    }
}

/// Every lint.
pub const LINTS: &[Lint] = &[
    on_the_way(Code::UnusedName),
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

/// What a mapping says of each lint that it speaks of, by name.
pub type Settings = BTreeMap<String, LintSetting>;

/// The lint of a name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.code.name() == name)
}

/// Looks for everything that lints know, at the levels that the mapping sets.
pub fn run(asked: &Asked<'_>, diagnostics: &mut Diagnostics) {
    let mut findings = FileFindings::new(diagnostics);
    for lint in LINTS {
        let Some(check) = lint.check else { continue };
        let Some(severity) = severity(lint, &asked.model.lints) else {
            continue;
        };
        let mut found = Vec::new();
        check(asked, &mut found);
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

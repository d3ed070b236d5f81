//! Model -> policy: every rule of the mapping becomes rows of tables.
//!
//! Subjects and tests are boolean expressions. They are brought into a disjunction of cases, each a conjunction of facts
//! that must hold and facts that must not; each case is a row. A row is found under one fact that it asks for, so that a
//! decision looks only at the rows of the groups it has.

mod access;
pub(crate) mod cases;
mod conditions;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::model::{Model, NO_TEAM, Subject, Test};
use crate::policy::{
    ConditionCase, Fact, GrantRow, GrantRows, Membership, Policy, Rewriting, Row, Rows, Settings,
};
use crate::source::Span;
use cases::{Case, Side, TooMany};

pub use access::compile as compile_access;

/// Compiles a model. Every entry that cannot be compiled is reported; then there is no policy.
pub fn compile(model: &Model, diagnostics: &mut Diagnostics) -> Option<Policy> {
    let mut compiler = Compiler {
        diagnostics,
        failed: false,
    };
    let login = &model.login;
    let gate = compiler.gate(&login.require, login.require_span);
    let mut admins = Rows::new();
    for (id, entry) in &login.admin {
        let cases = compiler.people(&entry.who, entry.when.as_ref(), entry.span);
        let cases: Vec<Case> = cases.into_iter().filter(|case| !case.anyone).collect();
        if cases.iter().all(Case::is_machine_among_people) {
            compiler.without_effect(
                entry.span,
                "this makes nobody an admin: only people who are members can be",
            );
        }
        add_rows(&mut admins, id, cases);
    }
    let denials = compiler.denials(&login.deny);
    let admin_denials = compiler.denials(&login.deny_admin);
    let mut grants = GrantRows::new();
    let mut guarded_grants = GrantRows::new();
    for (id, grant) in &model.grants {
        let cases = compiler.people(&grant.who, grant.when.as_ref(), grant.span);
        if cases.is_empty() {
            compiler.without_effect(
                grant.span,
                "this can never give anything: what it asks for excludes itself",
            );
        } else if cases.iter().all(Case::is_machine_among_people) {
            compiler.without_effect(
                grant.span,
                "this can never give anything: an API key is a machine, and the grant does not say `machine: true`",
            );
        }
        for case in cases {
            let row = GrantRow {
                all: case.all,
                anyone: case.anyone,
                ends: grant.ends,
                id: id.clone(),
                none: case.none,
                roles: grant.roles.iter().cloned().collect(),
                spaces: grant.spaces.iter().cloned().collect(),
                labels: grant.labels.iter().cloned().collect(),
                starts: grant.starts,
            };
            let table = if row.is_plain() {
                &mut grants
            } else {
                &mut guarded_grants
            };
            table.entry(case.under).or_default().push(row);
        }
    }
    let mut additions = Rows::new();
    for (team, entry) in model.teams.iter().flat_map(|teams| &teams.add) {
        let cases = compiler.people(&entry.who, entry.when.as_ref(), entry.span);
        if cases.iter().all(Case::is_machine_among_people) {
            compiler.without_effect(entry.span, "nobody can ever be given this team");
        }
        add_rows(&mut additions, team, cases);
    }
    for rows in grants.values_mut().chain(guarded_grants.values_mut()) {
        rows.sort_by(|a, b| (&a.id, a).cmp(&(&b.id, b)));
        rows.dedup();
    }
    if compiler.failed {
        return None;
    }
    let mut policy = Policy {
        account: model.account.to_string(),
        mapping: model.file_name.clone(),
        dialect: model.dialect,
        settings: Settings {
            no_grants: login.no_grants,
            no_groups: login.no_groups,
            sample: model.sample,
            teams: match &model.teams {
                None => Rewriting::None,
                Some(teams) if teams.keep => Rewriting::Keep,
                Some(_) => Rewriting::Replace,
            },
        },
        admin_roles: model
            .grants
            .values()
            .flat_map(|grant| &grant.roles)
            .filter(|slug| model.is_administrative(slug))
            .cloned()
            .collect(),
        groups: BTreeMap::new(),
        api_keys: BTreeMap::new(),
        patterns: BTreeMap::new(),
        conditions: BTreeMap::new(),
        break_glass: model.break_glass.keys().cloned().collect(),
        offboarded: login
            .offboarded
            .iter()
            .map(|(login, person)| (login.clone(), person.value.clone()))
            .collect(),
        gate,
        admins,
        denials,
        admin_denials,
        grants,
        guarded_grants,
        slack: login
            .slack
            .iter()
            .map(|(at, entry)| {
                let roles = entry
                    .roles
                    .iter()
                    .map(|(space, slugs)| (space.clone(), slugs.iter().cloned().collect()));
                (
                    format!("{}/{}", at.workspace, at.channel),
                    roles.collect::<BTreeMap<_, _>>(),
                )
            })
            .collect(),
        own_teams: model
            .teams
            .iter()
            .flat_map(|teams| teams.add.keys().map(String::as_str).chain([NO_TEAM]))
            .map(str::to_owned)
            .collect(),
        additions,
    };
    let facts = policy.facts().map(str::to_owned).collect();
    let declared = Declared::of(&facts, model);
    policy.groups = declared.groups;
    policy.api_keys = declared.api_keys;
    policy.patterns = declared.patterns;
    policy.conditions = declared.conditions;
    Some(policy)
}

struct Compiler<'a> {
    diagnostics: &'a mut Diagnostics,
    failed: bool,
}

impl Compiler<'_> {
    fn gate(&mut self, require: &Subject, span: Option<Span>) -> Rows {
        let mut gate = Rows::new();
        let cases = cases::of(require, None, Side::Sure);
        let cases = self.taken(cases, span);
        if cases.is_empty() && !self.failed {
            self.failed = true;
            self.diagnostics.push(
                Diagnostic::error(
                    Code::GateClosed,
                    span.unwrap_or_default(),
                    "`login.require` lets nobody through: what it asks for excludes itself",
                )
                .help("a gate that is never open locks the whole account out"),
            );
        }
        add_rows(&mut gate, "gate", cases);
        gate
    }

    fn denials(&mut self, entries: &BTreeMap<String, crate::model::Denial>) -> Rows {
        let mut rows = Rows::new();
        for (id, entry) in entries {
            let unless = entry.unless.as_ref().map(cases::negated);
            let cases = cases::of(&entry.who, unless.as_ref(), Side::Perhaps);
            let cases = self.taken(cases, Some(entry.span));
            add_rows(&mut rows, id, cases);
        }
        rows
    }

    /// Cases that speak of people who are members, unless they say otherwise.
    fn people(&mut self, who: &Subject, when: Option<&Test>, span: Span) -> Vec<Case> {
        let when = when.map(cases::plain);
        let cases = cases::of(who, when.as_ref(), Side::Granted);
        self.taken(cases, Some(span))
    }

    fn taken(&mut self, cases: Result<Vec<Case>, TooMany>, span: Option<Span>) -> Vec<Case> {
        cases.unwrap_or_else(|TooMany| {
            self.failed = true;
            let message = format!(
                "this falls into more than {} separate cases",
                cases::MAX_CASES
            );
            self.diagnostics.push(Diagnostic {
                primary: span.map(|span| crate::diagnostic::Label {
                    span,
                    text: String::new(),
                }),
                ..Diagnostic::error(Code::TooManyCases, span.unwrap_or_default(), message)
                    .help("split it, or let the identity provider keep a group for it")
            });
            Vec::new()
        })
    }

    fn without_effect(&mut self, span: Span, message: &str) {
        if !self.failed {
            self.diagnostics
                .push(Diagnostic::warning(Code::GrantWithoutEffect, span, message));
        }
    }
}

fn add_rows(rows: &mut Rows, id: &str, cases: Vec<Case>) {
    for case in cases {
        let under = rows.entry(case.under).or_default();
        under.push(Row {
            all: case.all,
            id: id.to_string(),
            none: case.none,
            anyone: case.anyone,
        });
        under.sort_by(|a, b| (&a.id, a).cmp(&(&b.id, b)));
        under.dedup();
    }
}

/// What rows name, declared.
struct Declared {
    groups: BTreeMap<String, Membership>,
    api_keys: BTreeMap<String, String>,
    patterns: BTreeMap<String, String>,
    conditions: BTreeMap<String, Vec<ConditionCase>>,
}

impl Declared {
    /// Declares the groups, patterns and conditions that facts name, and no others: a name that nothing uses must not change the
    /// text.
    fn of(facts: &BTreeSet<Fact>, model: &Model) -> Self {
        let of_kind = |kind: &str| -> BTreeSet<&str> {
            facts
                .iter()
                .filter_map(|fact| fact.strip_prefix(kind)?.strip_prefix(' '))
                .collect()
        };
        let groups = of_kind("group");
        let names = of_kind("condition");
        let keys = of_kind("key");
        Self {
            groups: model
                .groups
                .iter()
                .filter(|(name, _)| groups.contains(name.as_str()))
                .flat_map(|(name, group)| {
                    group.values.iter().map(|(value, ends)| {
                        (
                            value.clone(),
                            Membership {
                                ends: *ends,
                                group: name.clone(),
                            },
                        )
                    })
                })
                .collect(),
            conditions: model
                .conditions
                .iter()
                .filter(|(name, _)| names.contains(name.as_str()))
                .map(|(name, condition)| (name.clone(), conditions::cases(condition)))
                .collect(),
            api_keys: model
                .api_keys
                .iter()
                .filter(|(name, _)| keys.contains(name.as_str()))
                .map(|(name, key)| (name.clone(), format!("api::{}", key.id)))
                .collect(),
            patterns: of_kind("like")
                .into_iter()
                .map(|pattern| (pattern.to_string(), cases::expression(pattern)))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;

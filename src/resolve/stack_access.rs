//! `stack_access`: who may read and write which stacks, each entry a policy of its own.

mod attach;
mod by_label;
mod tests_of_stacks;
pub(crate) mod way_out;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Resolver;
use super::ids::{Identified, id_of};
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{self, StackEntry, Text};
use crate::model::stacks::{
    LONGEST_NAME, Rule, StackAccess, StackDenial, StackGrant, StackSubject, StackTest,
};
use crate::model::{Account, Group, SlackChannel, Subject, Teams, Test};
use crate::source::Span;

impl Identified for StackGrant {
    fn place(&self) -> Span {
        self.span
    }
    fn decides_like(&self, other: &Self) -> bool {
        self == other
    }
}

impl Identified for StackDenial {
    fn place(&self) -> Span {
        self.span
    }
    fn decides_like(&self, other: &Self) -> bool {
        self == other
    }
}

/// What an entry decides, as [`super::ids::Decides`] of a stack or module: who may be a channel, and there are no roles.
#[derive(Serialize)]
struct Decides<'a> {
    who: &'a StackSubject,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<&'a Test>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unless: Option<&'a Test>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack: Option<&'a StackTest>,
}

impl Decides<'_> {
    fn id(&self, rule: Rule) -> Option<String> {
        id_of(&rule.word().replace('_', "-"), self)
    }
}

/// What every entry is read beside.
pub(super) struct Beside<'a> {
    pub(super) account: Option<&'a Account>,
    pub(super) groups: &'a BTreeMap<String, Group>,
    pub(super) teams: Option<&'a Teams>,
}

impl<'d> Resolver<'d, '_> {
    pub(super) fn stack_access(
        &mut self,
        beside: &Beside,
    ) -> Option<BTreeMap<String, StackAccess>> {
        let document = self.document;
        if document.stack_access.is_empty() {
            return Some(BTreeMap::new());
        }
        self.in_stacks = true;
        let mut entries = BTreeMap::new();
        let mut sound = true;
        for written in &document.stack_access {
            let name = self.stack_access_name(written);
            let access = self.stack_access_entry(written, beside);
            let (Some(name), Some(access)) = (name, access) else {
                sound = false;
                continue;
            };
            sound &= self.is_first_of_its_name(name, &access, &mut entries);
        }
        self.in_stacks = false;
        let entries = sound.then_some(entries)?;
        self.is_still_evaluated(beside, &entries).then_some(entries)
    }

    fn is_first_of_its_name(
        &mut self,
        name: &'d Text,
        access: &StackAccess,
        entries: &mut BTreeMap<String, StackAccess>,
    ) -> bool {
        let Some(first) = entries.get(name.as_str()) else {
            entries.insert(name.value.clone(), access.clone());
            return true;
        };
        let place = first.span;
        self.error(
            Diagnostic::error(
                Code::DuplicateName,
                name.span,
                format!(
                    "an entry of `stack_access` is called `{}` already",
                    shown(name)
                ),
            )
            .related(place, "the first one")
            .help("each entry is a policy of its own, and needs a name of its own"),
        );
        false
    }

    /// Spacelift evaluates access policies on its own servers no longer; an installation of one's own may, and a lint says so.
    fn is_still_evaluated(
        &mut self,
        beside: &Beside,
        entries: &BTreeMap<String, StackAccess>,
    ) -> bool {
        let document = self.document;
        let (Some(account), Some(first)) = (beside.account, document.stack_access.first()) else {
            return true;
        };
        if !account.is_hosted() {
            return true;
        }
        self.error(
            Diagnostic::error(
                Code::AccessPoliciesGone,
                first.span,
                "Spacelift evaluates access policies on its own servers no longer, since 2026-05-30",
            )
            .help(way_out::of(entries)),
        );
        false
    }

    fn stack_access_name(&mut self, written: &'d document::StackAccess) -> Option<&'d Text> {
        let Some(name) = &written.name else {
            self.found.lacks(
                written.span,
                "name",
                Diagnostic::error(
                    Code::MissingField,
                    written.span,
                    "an entry of `stack_access` needs `name`",
                )
                .help("its policy is called `liftgate-` and the name"),
            );
            return None;
        };
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let sound = (1..=LONGEST_NAME).contains(&name.len())
            && name.chars().all(fits)
            && !name.starts_with('-')
            && !name.ends_with('-')
            && !name.contains("--");
        if !sound {
            self.found.missing(
                name.span,
                Diagnostic::error(
                    Code::BadName,
                    name.span,
                    format!("`{}` cannot be the name of an entry of `stack_access`", shown(name)),
                )
                .help(format!(
                    "write lower-case letters, digits and single `-` between them, up to {LONGEST_NAME}: Spacelift makes the policy's id of it"
                )),
            );
            return None;
        }
        Some(name)
    }

    fn stack_access_entry(
        &mut self,
        written: &'d document::StackAccess,
        beside: &Beside,
    ) -> Option<StackAccess> {
        let attach = self.attach(written);
        let read = self.stack_grants(&written.read, Rule::Read, beside);
        let write = self.stack_grants(&written.write, Rule::Write, beside);
        let deny = self.stack_denials(&written.deny, Rule::Deny, beside);
        let deny_write = self.stack_denials(&written.deny_write, Rule::DenyWrite, beside);
        let by_label = match &written.by_label {
            None => Some(BTreeMap::new()),
            Some(template) => self.by_label(template, beside),
        };
        let says_something = !written.read.is_empty()
            || !written.write.is_empty()
            || !written.deny.is_empty()
            || !written.deny_write.is_empty()
            || written.by_label.is_some();
        if !says_something {
            self.found.missing(
                written.span,
                Diagnostic::error(
                    Code::MissingField,
                    written.span,
                    "an entry of `stack_access` needs one of `read`, `write`, `deny`, `deny_write` and `by_label`",
                ),
            );
            return None;
        }
        Some(StackAccess {
            attach: attach?,
            read: read?,
            write: write?,
            deny: deny?,
            deny_write: deny_write?,
            by_label: by_label?,
            span: written.span,
        })
    }

    fn stack_grants(
        &mut self,
        entries: &'d [StackEntry],
        rule: Rule,
        beside: &Beside,
    ) -> Option<BTreeMap<String, StackGrant>> {
        let what = format!("an entry of `{rule}`");
        let mut grants = BTreeMap::new();
        let mut sound = true;
        for written in entries {
            let entry = &written.entry;
            let right = self.no_unless(entry.unless.as_ref(), &what);
            let who = self.stack_subject(written, &what, false, beside);
            let when = entry.when.as_ref().map(|test| self.test(test));
            let stack = written.stack.as_ref().map(|test| self.stack_test(test));
            if let Some(StackSubject::Session(who)) = &who {
                sound &= self.no_external_reader(who, entry, &what);
            }
            let (Some(who), true, false, false) = (
                who,
                right,
                matches!(when, Some(None)),
                matches!(stack, Some(None)),
            ) else {
                sound = false;
                continue;
            };
            let grant = StackGrant {
                who,
                when: when.flatten(),
                stack: stack.flatten(),
                span: entry.span,
            };
            let decides = Decides {
                who: &grant.who,
                when: grant.when.as_ref(),
                unless: None,
                stack: grant.stack.as_ref(),
            };
            let Some(id) = decides.id(rule) else {
                sound = false;
                continue;
            };
            self.add(&mut grants, id, grant, &what);
        }
        sound.then_some(grants)
    }

    fn stack_denials(
        &mut self,
        entries: &'d [StackEntry],
        rule: Rule,
        beside: &Beside,
    ) -> Option<BTreeMap<String, StackDenial>> {
        let what = format!("an entry of `{rule}`");
        let mut denials = BTreeMap::new();
        let mut sound = true;
        for written in entries {
            let entry = &written.entry;
            let right = self.no_when(entry.when.as_ref(), &what);
            let limited = entry.unless.is_some() || written.stack.is_some() || !right;
            let who = self.stack_subject(written, &what, limited, beside);
            let unless = entry.unless.as_ref().map(|test| self.test(test));
            let stack = written.stack.as_ref().map(|test| self.stack_test(test));
            let (Some(who), true, false, false) = (
                who,
                right,
                matches!(unless, Some(None)),
                matches!(stack, Some(None)),
            ) else {
                sound = false;
                continue;
            };
            let denial = StackDenial {
                who,
                unless: unless.flatten(),
                stack: stack.flatten(),
                span: entry.span,
            };
            let decides = Decides {
                who: &denial.who,
                when: None,
                unless: denial.unless.as_ref(),
                stack: denial.stack.as_ref(),
            };
            let Some(id) = decides.id(rule) else {
                sound = false;
                continue;
            };
            self.add(&mut denials, id, denial, &what);
        }
        sound.then_some(denials)
    }

    /// Whom an entry speaks of; everyone where it does not say and `limited` says that something else limits it.
    fn stack_subject(
        &mut self,
        written: &'d StackEntry,
        what: &str,
        limited: bool,
        beside: &Beside,
    ) -> Option<StackSubject> {
        let entry = &written.entry;
        match (&entry.who, &written.slack) {
            (Some(_), Some(slack)) => {
                self.error(
                    Diagnostic::error(
                        Code::BadValue,
                        slack.span,
                        format!("{what} speaks of `who` or of `slack`, not of both"),
                    )
                    .help("a request from Slack is nobody's: write two entries"),
                );
                None
            }
            (None, Some(slack)) => {
                let workspace = self.slack_id(slack, "workspace", slack.workspace.as_ref());
                let channel = self.slack_id(slack, "channel", slack.channel.as_ref());
                Some(StackSubject::Slack(SlackChannel {
                    workspace: workspace?,
                    channel: channel?,
                }))
            }
            (Some(who), None) => {
                let subject = self.subject(who)?;
                self.groups_are_sent(&subject, who.span, beside)
                    .then_some(StackSubject::Session(subject))
            }
            (None, None) if limited => Some(StackSubject::Session(Subject::Everyone)),
            (None, None) => {
                self.found.lacks(
                    entry.span,
                    "who",
                    Diagnostic::error(
                        Code::MissingField,
                        entry.span,
                        format!("{what} needs `who` or `slack`"),
                    )
                    .help("write `who: everyone` if that is meant"),
                );
                None
            }
        }
    }

    /// Row 56: where the provider's teams are replaced, a session has no others than those that the mapping adds.
    fn groups_are_sent(&mut self, who: &Subject, span: Span, beside: &Beside) -> bool {
        let Some(teams) = beside.teams.filter(|teams| !teams.keep) else {
            return true;
        };
        let mut named = BTreeSet::new();
        groups_of(who, &mut named);
        let lost: Vec<&str> = named
            .into_iter()
            .filter(|group| !teams.add.contains_key(*group))
            .collect();
        for group in &lost {
            let near = self
                .found
                .suggestion(group, teams.add.keys().map(String::as_str));
            let help = "a session has the teams that `teams` adds, and no others: name one of them, or write `keep: true`";
            self.error(
                Diagnostic::error(
                    Code::UnknownName,
                    span,
                    format!(
                        "the group `{}` is not among the teams of a session",
                        shown(group)
                    ),
                )
                .related(teams.span, "the provider's teams are replaced here")
                .help(near.map_or_else(|| help.to_owned(), |near| format!("{near} {help}"))),
            );
        }
        lost.is_empty()
    }

    /// An entry has no end, so it cannot speak of a group whose every grant must have one.
    fn no_external_reader(&mut self, who: &Subject, entry: &document::Entry, what: &str) -> bool {
        let Some(group) = self.external_group(who) else {
            return true;
        };
        self.error(
            Diagnostic::error(
                Code::MissingField,
                entry.who.as_ref().map_or(entry.span, |who| who.span),
                format!(
                    "the group `{}` is external, and {what} has no `ends`",
                    shown(group)
                ),
            )
            .help("give it a role in a grant that ends"),
        );
        false
    }
}

/// Every group that a subject names.
fn groups_of<'s>(subject: &'s Subject, found: &mut BTreeSet<&'s str>) {
    match subject {
        Subject::Group(name) => {
            found.insert(name);
        }
        Subject::All(parts) | Subject::Any(parts) => {
            for part in parts {
                groups_of(part, found);
            }
        }
        Subject::Not(part) => groups_of(part, found),
        _ => {}
    }
}

//! `guardrails`, `exclusive` and `outside_policy`: what must hold of everybody, what the identity provider keeps apart, and who
//! is never asked about. None of them changes the policy.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolver;
use super::names::Kind;
use super::targets::Reach;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{self, Text};
use crate::model::{Because, Forbids, Guardrail, Outside, Subject};
use crate::source::{Span, Spanned};

const WHAT: &str = "a guardrail";

impl<'d> Resolver<'d, '_> {
    pub(super) fn guardrails(&mut self) -> BTreeMap<String, Guardrail> {
        let document = self.document;
        let mut places: BTreeMap<&'d str, Span> = BTreeMap::new();
        let mut all = BTreeMap::new();
        for written in &document.guardrails {
            let named = self.guardrail_name(written, &mut places);
            let forbids = self.forbids(written);
            let spaces = match &written.spaces {
                Some(target) => self.target_of(target, Reach::Every),
                None => self.guardrail_lacks(
                    written,
                    "in",
                    "choose spaces; `\"*\"` is every space but root and legacy",
                ),
            };
            if let (Some(name), Some((forbids, actions)), Some(spaces)) = (named, forbids, spaces) {
                all.insert(
                    name.to_owned(),
                    Guardrail {
                        forbids,
                        actions,
                        spaces,
                        span: written.span,
                    },
                );
            }
        }
        all
    }

    fn guardrail_lacks<T>(
        &mut self,
        written: &document::Guardrail,
        field: &str,
        help: &str,
    ) -> Option<T> {
        self.found.lacks(
            written.span,
            field,
            Diagnostic::error(
                Code::MissingField,
                written.span,
                format!("{WHAT} needs `{field}`"),
            )
            .help(help),
        );
        None
    }

    fn guardrail_name(
        &mut self,
        written: &'d document::Guardrail,
        places: &mut BTreeMap<&'d str, Span>,
    ) -> Option<&'d str> {
        let Some(name) = written.name.as_ref().filter(|name| !name.trim().is_empty()) else {
            return self.guardrail_lacks(written, "name", "say in a few words what must hold");
        };
        if let Some(first) = places.get(name.as_str()) {
            let first = *first;
            self.error(
                Diagnostic::error(
                    Code::DuplicateName,
                    name.span,
                    format!("the guardrail `{}` is declared twice", shown(name)),
                )
                .related(first, "first declared here")
                .help("give one of them another name"),
            );
            return None;
        }
        places.insert(name, name.span);
        Some(name)
    }

    /// One of the two forms: `can` with `only`, or `who` with `never_can`.
    fn forbids(&mut self, written: &'d document::Guardrail) -> Option<(Forbids, BTreeSet<String>)> {
        let only = written.only.as_ref().map(|who| self.subject(who));
        let who = written.who.as_ref().map(|who| self.subject(who));
        let can = written
            .can
            .as_ref()
            .map(|list| self.guarded_actions(list, "`can`"));
        let never = written
            .never_can
            .as_ref()
            .map(|list| self.guarded_actions(list, "`never_can`"));
        let is_only = can.is_some() || only.is_some();
        let is_never = who.is_some() || never.is_some();
        if is_only && is_never {
            let place = [
                written.who.as_ref().map(|who| who.span),
                written.never_can.as_ref().map(|list| list.span),
            ];
            self.error(
                Diagnostic::error(
                    Code::BadValue,
                    place.into_iter().flatten().next().unwrap_or(written.span),
                    "a guardrail is of one form, and this one has parts of both",
                )
                .help("write `can` and `only`, or `who` and `never_can`"),
            );
            return None;
        }
        if !is_only && !is_never {
            return self.guardrail_lacks(
                written,
                "can",
                "write `can` and `only`, or `who` and `never_can`",
            );
        }
        let pair = |this: &mut Self,
                    subject: Option<Option<Subject>>,
                    actions: Option<Option<BTreeSet<String>>>,
                    fields: [&str; 2]| {
            if subject.is_none() {
                this.guardrail_lacks::<()>(written, fields[0], "say who is meant");
            }
            if actions.is_none() {
                this.guardrail_lacks::<()>(
                    written,
                    fields[1],
                    "name actions, such as `run:confirm`",
                );
            }
            Some((subject??, actions??))
        };
        if is_only {
            let (subject, actions) = pair(self, only, can, ["only", "can"])?;
            Some((Forbids::AllBut(subject), actions))
        } else {
            let (subject, actions) = pair(self, who, never, ["who", "never_can"])?;
            Some((Forbids::These(subject), actions))
        }
    }

    fn guarded_actions(
        &mut self,
        list: &'d Spanned<Vec<Text>>,
        what: &str,
    ) -> Option<BTreeSet<String>> {
        let known = self.known_actions(list, what);
        (!known.is_empty() && known.len() == list.iter().collect::<BTreeSet<_>>().len())
            .then_some(known)
    }

    /// Sets of groups of which nobody holds two, in order.
    pub(super) fn exclusive(&mut self) -> Vec<Spanned<BTreeSet<String>>> {
        let document = self.document;
        let mut all = Vec::new();
        for written in &document.exclusive {
            let mut set: BTreeMap<&'d str, Span> = BTreeMap::new();
            for name in &written.value {
                let known = self.made.contains(&name.value)
                    || self.name(&[Kind::Group], &name.value, name.span).is_some();
                if !known {
                    continue;
                }
                if let Some(first) = set.insert(name, name.span) {
                    self.error(
                        Diagnostic::error(
                            Code::DuplicateValue,
                            name.span,
                            format!("the group `{}` stands twice in this set", shown(name)),
                        )
                        .related(first, "first written here")
                        .help("remove one of them"),
                    );
                }
            }
            if written.value.len() == 1 {
                self.found.missing(
                    written.span,
                    Diagnostic::error(
                        Code::EmptyValue,
                        written.span,
                        "a set of `exclusive` keeps two groups apart, or more",
                    )
                    .help("write `exclusive: [[platform, contractors]]`"),
                );
            }
            let set = set.into_keys().map(str::to_owned).collect();
            all.push(Spanned::new(set, written.span));
        }
        all.sort();
        all
    }

    pub(super) fn outside_policy(&mut self) -> BTreeMap<String, Outside> {
        let document = self.document;
        let mut all: BTreeMap<String, Outside> = BTreeMap::new();
        for written in &document.outside_policy {
            let because = written
                .because
                .as_ref()
                .and_then(|word| self.choice(word, &Because::WORDS));
            for (field, stated, help) in [
                (
                    "login",
                    written.login.is_some(),
                    "write the login exactly as Spacelift shows it",
                ),
                (
                    "because",
                    written.because.is_some(),
                    "write one of `sso_admin`, `organization_admin`, `account_owner`, `root_key`",
                ),
            ] {
                if !stated {
                    self.found.lacks(
                        written.span,
                        field,
                        Diagnostic::error(
                            Code::MissingField,
                            written.span,
                            format!("an entry of `outside_policy` needs `{field}`"),
                        )
                        .help(help),
                    );
                }
            }
            let Some(login) = &written.login else {
                continue;
            };
            if !self.exact_login(login) {
                continue;
            }
            if let Some(first) = all.get(&login.value) {
                let first = first.span;
                self.error(
                    Diagnostic::error(
                        Code::DuplicateValue,
                        login.span,
                        format!("`{}` is outside of the policy already", shown(login)),
                    )
                    .related(first, "first written here")
                    .help("remove one of them"),
                );
                continue;
            }
            if let Some(because) = because {
                let span = written.span;
                all.insert(login.value.clone(), Outside { because, span });
            }
        }
        all
    }
}

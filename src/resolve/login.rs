//! `login`: the gate, account admins, denials, and who has left.

use std::collections::BTreeMap;

use super::Resolver;
use super::ids::{Decides, Identified};
use super::subjects::asked_groups;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{Entry, Text};
use crate::model::{Admin, Denial, Login, NoGrants, NoGroups, Subject};
use crate::source::{Span, Spanned};

impl Identified for Admin {
    fn place(&self) -> Span {
        self.span
    }
    fn decides_like(&self, other: &Self) -> bool {
        self == other
    }
}

impl Identified for Denial {
    fn place(&self) -> Span {
        self.span
    }
    fn decides_like(&self, other: &Self) -> bool {
        self == other
    }
}

impl<'d> Resolver<'d, '_> {
    pub(super) fn login(&mut self) -> Option<Login> {
        let document = self.document;
        let written = &document.login;
        let require = match &written.require {
            None => Some(Subject::Member),
            Some(subject) => self.subject(subject),
        };
        let no_grants = written
            .no_grants
            .as_ref()
            .map_or(Some(NoGrants::Refuse), |text| {
                self.choice(
                    text,
                    &[("refuse", NoGrants::Refuse), ("admit", NoGrants::Admit)],
                )
            });
        let no_groups = written
            .no_groups
            .as_ref()
            .map_or(Some(NoGroups::Unknown), |text| {
                self.choice(
                    text,
                    &[("unknown", NoGroups::Unknown), ("known", NoGroups::Known)],
                )
            });
        let admin = self.admins(&written.admin);
        let deny = self.denials(&written.deny, "deny", "an entry of `deny`");
        let deny_admin = self.denials(
            &written.deny_admin,
            "deny-admin",
            "an entry of `deny_admin`",
        );
        let offboarded = self.offboarded();
        let slack = self.slack();
        Some(Login {
            require: require?,
            require_span: written.require.as_ref().map(|subject| subject.span),
            no_grants: no_grants?,
            no_grants_span: written.no_grants.as_ref().map(|text| text.span),
            no_groups: no_groups?,
            admin: admin?,
            deny: deny?,
            deny_admin: deny_admin?,
            offboarded,
            slack: slack?,
        })
    }

    fn admins(&mut self, entries: &'d [Entry]) -> Option<BTreeMap<String, Admin>> {
        const WHAT: &str = "an entry of `admin`";
        let mut admins = BTreeMap::new();
        let mut sound = true;
        for entry in entries {
            let who = match &entry.who {
                Some(who) => self.subject(who),
                None => {
                    self.found.lacks(
                        entry.span,
                        "who",
                        Diagnostic::error(
                            Code::MissingField,
                            entry.span,
                            format!("{WHAT} needs `who`"),
                        )
                        .help("say who is an account admin"),
                    );
                    None
                }
            };
            let when = entry.when.as_ref().map(|test| self.test(test));
            let right = self.no_unless(entry.unless.as_ref(), WHAT);
            if let Some(who) = &who {
                sound &= self.no_external_admin(who, entry);
            }
            let (Some(who), true, false) = (who, right, matches!(when, Some(None))) else {
                sound = false;
                continue;
            };
            let when = when.flatten();
            let decides = Decides {
                when: when.as_ref(),
                ..Decides::of(&who)
            };
            let Some(id) = decides.id("admin") else {
                sound = false;
                continue;
            };
            let span = entry.span;
            self.add(&mut admins, id, Admin { who, when, span }, WHAT);
        }
        sound.then_some(admins)
    }

    /// An entry of `admin` has no end, so it cannot speak of a group whose every grant must have one.
    fn no_external_admin(&mut self, who: &Subject, entry: &Entry) -> bool {
        let Some(group) = self.external_group(who) else {
            return true;
        };
        self.error(
            Diagnostic::error(
                Code::MissingField,
                entry.who.as_ref().map_or(entry.span, |who| who.span),
                format!(
                    "the group `{}` is external, and account admins have no `ends`",
                    shown(group)
                ),
            )
            .help("give it a role in a grant that ends"),
        );
        false
    }

    /// The first external group that a subject asks for.
    pub(super) fn external_group(&self, who: &Subject) -> Option<&'d str> {
        let mut asked = Vec::new();
        asked_groups(who, &mut asked);
        asked
            .into_iter()
            .filter_map(|name| self.external.get(name).copied())
            .min()
    }

    fn denials(
        &mut self,
        entries: &'d [Entry],
        kind: &str,
        what: &str,
    ) -> Option<BTreeMap<String, Denial>> {
        let mut denials = BTreeMap::new();
        let mut sound = true;
        for entry in entries {
            let right = self.no_when(entry.when.as_ref(), what);
            let who = match &entry.who {
                Some(who) => self.subject(who),
                None => {
                    if entry.unless.is_none() && right {
                        sound = false;
                        self.found.missing(
                            entry.span,
                            Diagnostic::error(
                                Code::EmptyValue,
                                entry.span,
                                format!("{what} says neither `who` nor `unless`, and would refuse everyone"),
                            )
                            .help("write `who: everyone` if that is meant"),
                        );
                    }
                    Some(Subject::Everyone)
                }
            };
            let unless = entry.unless.as_ref().map(|test| self.test(test));
            let (Some(who), true, false) = (who, right, matches!(unless, Some(None))) else {
                sound = false;
                continue;
            };
            let unless = unless.flatten();
            let decides = Decides {
                unless: unless.as_ref(),
                ..Decides::of(&who)
            };
            let Some(id) = decides.id(kind) else {
                sound = false;
                continue;
            };
            let span = entry.span;
            self.add(&mut denials, id, Denial { who, unless, span }, what);
        }
        sound.then_some(denials)
    }

    fn offboarded(&mut self) -> BTreeMap<String, Spanned<String>> {
        let document = self.document;
        let mut gone: BTreeMap<String, Spanned<String>> = BTreeMap::new();
        for person in &document.login.offboarded {
            let main = person.login.to_ascii_lowercase();
            for login in std::iter::once(&person.login).chain(&person.aliases) {
                self.off(login, &main, &mut gone);
            }
        }
        gone
    }

    fn off(&mut self, login: &'d Text, main: &str, gone: &mut BTreeMap<String, Spanned<String>>) {
        if !self.exact_login(login) {
            return;
        }
        let lower = login.to_ascii_lowercase();
        if let Some(first) = gone.get(&lower) {
            let place = first.span;
            self.error(
                Diagnostic::error(
                    Code::DuplicateValue,
                    login.span,
                    format!("`{}` has been offboarded already", shown(login)),
                )
                .related(place, "first written here")
                .help("remove one of them; upper and lower case make no difference here"),
            );
            return;
        }
        gone.insert(lower, Spanned::new(main.to_owned(), login.span));
    }
}

//! Who: subjects in a normal form, so that two ways of writing one thing are one thing.

use super::Resolver;
use super::names::{Kind, LONGEST};
use super::normal::{all_of, any_of};
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{self, SubjectKind, SubjectMap, Text};
use crate::model::Subject;
use crate::report::visible::is_hidden;
use crate::source::Span;

/// How many parts a subject may have once the names of `people` in it are written out, and how deep they may nest. People
/// write dozens; names that stand for names that stand for names reach millions in a few lines.
const MOST_PARTS: usize = 10_000;
const DEEPEST: usize = 64;

impl<'d> Resolver<'d, '_> {
    /// A subject, or nothing if any part of it is wrong; every part is looked at.
    pub(super) fn subject(&mut self, written: &'d document::Subject) -> Option<Subject> {
        let subject = self.part(written)?;
        let (parts, depth) = measure(&subject);
        if parts > MOST_PARTS || depth > DEEPEST {
            self.error(
                Diagnostic::error(
                    Code::TooManyCases,
                    written.span,
                    format!(
                        "with the names of `people` written out, this has more than {MOST_PARTS} parts or nests deeper than {DEEPEST}"
                    ),
                )
                .help("let the identity provider keep a group for it"),
            );
            return None;
        }
        Some(subject)
    }

    fn part(&mut self, written: &'d document::Subject) -> Option<Subject> {
        match &written.kind {
            SubjectKind::Name(name) => self.named_subject(name, written.span),
            SubjectKind::AnyOf(list) => self.parts(list, written.span, "a list of who").map(any_of),
            SubjectKind::Every(map) => self.subject_map(map, written.span),
        }
    }

    fn parts(
        &mut self,
        list: &'d [document::Subject],
        span: Span,
        what: &str,
    ) -> Option<Vec<Subject>> {
        if list.is_empty() {
            self.found.empty(span, what);
            return None;
        }
        let all: Vec<Option<Subject>> = list.iter().map(|each| self.part(each)).collect();
        all.into_iter().collect()
    }

    fn named_subject(&mut self, name: &'d str, span: Span) -> Option<Subject> {
        if self.in_stacks && self.is_added_team(name) {
            if name == "everyone" {
                self.error(
                    Diagnostic::error(
                        Code::DuplicateName,
                        span,
                        "`everyone` is a team that the mapping adds, and everyone as well",
                    )
                    .help("write `{group: everyone}` for the team"),
                );
                return None;
            }
            return self.as_team(name, span);
        }
        match self.names.find(&[Kind::Group, Kind::Person], name) {
            Some(Kind::Group) => return Some(Subject::Group(name.to_owned())),
            Some(_) => {
                // What is wrong with its declaration has been said there.
                return self.people.get(name).cloned().flatten();
            }
            None => {}
        }
        match name {
            "everyone" => Some(Subject::Everyone),
            "any" | "all" | "none" | "*" => {
                self.error(
                    Diagnostic::error(
                        Code::UnknownName,
                        span,
                        format!("`{name}` is not a name of `groups` or `people`"),
                    )
                    .help("write `everyone` if that is meant"),
                );
                None
            }
            _ if self.made.contains(name) => Some(Subject::Group(name.to_owned())),
            _ => {
                if let Some(alias) = self.alias_of(name) {
                    self.error(
                        Diagnostic::error(
                            Code::UnknownName,
                            span,
                            format!("no group or name of `people` is called `{}`", shown(name)),
                        )
                        .help(format!(
                            "the identity provider sends it for the group `{}`: write that name",
                            shown(alias)
                        )),
                    );
                } else {
                    self.unknown(&[Kind::Group, Kind::Person], name, span);
                }
                None
            }
        }
    }

    fn is_added_team(&self, name: &str) -> bool {
        let teams = self.document.teams.iter();
        teams
            .flat_map(|teams| &teams.add)
            .any(|(team, _)| team.as_str() == name)
    }

    /// Row 56: where access to stacks is decided, an added team is a name like a group's.
    fn as_team(&mut self, name: &'d str, span: Span) -> Option<Subject> {
        if self
            .names
            .find(&[Kind::Group, Kind::Person], name)
            .is_none()
        {
            return Some(Subject::Group(name.to_owned()));
        }
        self.error(
            Diagnostic::error(
                Code::DuplicateName,
                span,
                format!("`{}` is a team that the mapping adds, and a name of `groups` or `people` as well", shown(name)),
            )
            .help("call one of them otherwise: here it could be either"),
        );
        None
    }

    /// The group that a value of the identity provider stands for.
    fn alias_of(&self, value: &str) -> Option<&'d str> {
        let document = self.document;
        document
            .groups
            .iter()
            .find(|(_, group)| group.sent_as.iter().any(|sent| sent.as_str() == value))
            .map(|(name, _)| name.as_str())
    }

    fn subject_map(&mut self, map: &'d SubjectMap, span: Span) -> Option<Subject> {
        let mut all: Vec<Option<Subject>> = Vec::new();
        if let Some(names) = &map.group {
            let groups = self.each(names, span, "`group`", Self::group_name);
            all.push(groups.map(any_of));
        }
        if let Some(logins) = &map.login {
            let logins = self.each(logins, span, "`login`", Self::login_or_pattern);
            all.push(logins.map(any_of));
        }
        if let Some(keys) = &map.api_key {
            let keys = self.each(keys, span, "`api_key`", |this, name| {
                this.name(&[Kind::ApiKey], name, name.span)
                    .map(|_| Subject::ApiKey(name.value.clone()))
            });
            all.push(keys.map(any_of));
        }
        for (flag, subject) in [
            (&map.member, Subject::Member),
            (&map.machine, Subject::Machine),
        ] {
            if let Some(flag) = flag {
                all.push(Some(if flag.value { subject } else { not(subject) }));
            }
        }
        if let Some(list) = &map.any {
            all.push(self.parts(list, list.span, "`any`").map(any_of));
        }
        if let Some(list) = &map.all {
            all.push(self.parts(list, list.span, "`all`").map(all_of));
        }
        if let Some(list) = &map.none {
            let none = self.parts(list, list.span, "`none`");
            all.push(none.map(|list| all_of(list.into_iter().map(not).collect())));
        }
        if all.is_empty() {
            self.found.empty(span, "a map of who");
            return None;
        }
        all.into_iter().collect::<Option<_>>().map(all_of)
    }

    fn each(
        &mut self,
        texts: &'d [Text],
        span: Span,
        what: &str,
        one: fn(&mut Self, &'d Text) -> Option<Subject>,
    ) -> Option<Vec<Subject>> {
        if texts.is_empty() {
            self.found.empty(span, what);
            return None;
        }
        let all: Vec<Option<Subject>> = texts.iter().map(|text| one(self, text)).collect();
        all.into_iter().collect()
    }

    fn group_name(&mut self, name: &'d Text) -> Option<Subject> {
        if self.in_stacks && self.is_added_team(name) {
            return self.as_team(name, name.span);
        }
        if self.names.is(Kind::Group, name) || self.made.contains(&name.value) {
            return self.named_subject(name, name.span);
        }
        if let Some(alias) = self.alias_of(name) {
            self.error(
                Diagnostic::error(
                    Code::UnknownName,
                    name.span,
                    format!("no group is called `{}`", shown(name)),
                )
                .help(format!(
                    "the identity provider sends it for the group `{}`: write that name",
                    shown(alias)
                )),
            );
            return None;
        }
        self.unknown(&[Kind::Group], name, name.span);
        None
    }

    fn login_or_pattern(&mut self, login: &'d Text) -> Option<Subject> {
        if !self.is_login(login) {
            return None;
        }
        if !login.contains('*') {
            return Some(Subject::Login(login.value.clone()));
        }
        if login.bytes().all(|b| b == b'*') {
            self.error(
                Diagnostic::error(
                    Code::BadValue,
                    login.span,
                    format!("the pattern `{}` says nothing about a login", shown(login)),
                )
                .help("write `everyone` if that is meant, or a pattern such as `*@acme.example`"),
            );
            return None;
        }
        Some(Subject::Like(login.value.clone()))
    }

    /// Checks what every login must be; a pattern is one, too.
    fn is_login(&mut self, login: &Text) -> bool {
        let wrong = if login.is_empty() {
            "a login cannot be empty".to_owned()
        } else if login.len() > LONGEST {
            format!(
                "the login `{}` is longer than {LONGEST} bytes",
                shown(login)
            )
        } else if login.trim() != login.as_str()
            || login.contains(|c: char| (c.is_whitespace() && c != ' ') || is_hidden(c))
        {
            // It would match nobody, and somebody who has left would stay in.
            format!(
                "the login `{}` has a space at an end, or a character in it that cannot be seen",
                shown(login)
            )
        } else {
            return true;
        };
        self.found.missing(
            login.span,
            Diagnostic::error(Code::BadValue, login.span, wrong)
                .help("write the login exactly as Spacelift shows it"),
        );
        false
    }

    /// A login of one person, where a pattern could be anybody.
    pub(super) fn exact_login(&mut self, login: &Text) -> bool {
        if !self.is_login(login) {
            return false;
        }
        if login.contains('*') {
            self.error(
                Diagnostic::error(
                    Code::BadValue,
                    login.span,
                    format!(
                        "`{}` is a pattern, and here belongs one login",
                        shown(login)
                    ),
                )
                .help("write each login in full"),
            );
            return false;
        }
        true
    }
}

fn not(subject: Subject) -> Subject {
    Subject::Not(Box::new(subject))
}

/// How many parts a subject has, and how deep it is.
fn measure(subject: &Subject) -> (usize, usize) {
    match subject {
        Subject::All(parts) | Subject::Any(parts) => {
            let (count, depth) = parts
                .iter()
                .map(measure)
                .fold((0, 0), |sum, part| (sum.0 + part.0, sum.1.max(part.1)));
            (count + 1, depth + 1)
        }
        Subject::Not(part) => {
            let (count, depth) = measure(part);
            (count + 1, depth + 1)
        }
        _ => (1, 1),
    }
}

/// The groups that a subject asks for, rather than excludes.
pub(super) fn asked_groups<'s>(subject: &'s Subject, found: &mut Vec<&'s str>) {
    fn walk<'s>(subject: &'s Subject, asked: bool, found: &mut Vec<&'s str>) {
        match subject {
            Subject::Group(name) if asked => found.push(name),
            Subject::All(parts) | Subject::Any(parts) => {
                for part in parts {
                    walk(part, asked, found);
                }
            }
            Subject::Not(part) => walk(part, !asked, found),
            _ => {}
        }
    }
    walk(subject, true, found);
}

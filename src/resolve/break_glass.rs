//! `break_glass`: identities that must be able to sign in when everything else is broken.

use std::collections::BTreeMap;

use super::Resolver;
use super::lengths::length;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{self, Text};
use crate::model::{ApiKey, BreakGlass, Grant, Login, NoGrants, NoGroups, Subject};

impl Resolver<'_, '_> {
    /// Whether an identity could get in is only asked where the rest could be read.
    pub(super) fn break_glass(
        &mut self,
        login: Option<&Login>,
        grants: Option<&BTreeMap<String, Grant>>,
        api_keys: &BTreeMap<String, ApiKey>,
    ) -> BTreeMap<String, BreakGlass> {
        let document = self.document;
        let mut all: BTreeMap<String, BreakGlass> = BTreeMap::new();
        for written in &document.break_glass {
            self.break_glass_words(written);
            let Some(name) = &written.login else { continue };
            if !self.exact_login(name) {
                continue;
            }
            if let Some(first) = all.get(&name.value) {
                let place = first.span;
                self.error(
                    Diagnostic::error(
                        Code::DuplicateValue,
                        name.span,
                        format!("`{}` is a break-glass identity already", shown(name)),
                    )
                    .related(place, "first written here")
                    .help("remove one of them"),
                );
                continue;
            }
            if let Some(gone) = login
                .and_then(|login| login.offboarded.get(&name.to_ascii_lowercase()))
                .map(|person| person.span)
            {
                self.found.warning(
                    Diagnostic::warning(
                        Code::OffboardedBreakGlass,
                        name.span,
                        format!(
                            "`{}` is offboarded, and no denial touches a break-glass identity",
                            shown(name)
                        ),
                    )
                    .related(gone, "offboarded here")
                    .help("take it out of `break_glass`, or out of `offboarded`"),
                );
            }
            if let (Some(login), Some(grants)) = (login, grants) {
                self.check_way_in(name, login, grants, api_keys);
            }
            let words = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
            all.insert(
                name.value.clone(),
                BreakGlass {
                    owner: words(&written.owner),
                    why: words(&written.why),
                    span: written.span,
                },
            );
        }
        all
    }

    fn break_glass_words(&mut self, written: &document::BreakGlass) {
        for (field, value, help) in [
            (
                "login",
                &written.login,
                "write its login exactly as Spacelift shows it",
            ),
            ("owner", &written.owner, "say who answers for it"),
            (
                "why",
                &written.why,
                "say what it is for, or where that is written down",
            ),
        ] {
            let blank = value.as_ref().is_none_or(|text| {
                // An empty login is reported as a login.
                field != "login" && text.trim().is_empty()
            });
            if blank {
                self.found.lacks(
                    written.span,
                    field,
                    Diagnostic::error(
                        Code::MissingField,
                        written.span,
                        format!("a break-glass identity needs `{field}`"),
                    )
                    .help(help),
                );
            }
        }
        if let Some(every) = &written.test_every
            && (length(every).is_none() || every.ends_with('h'))
        {
            self.found.missing(
                every.span,
                Diagnostic::error(
                    Code::BadTime,
                    every.span,
                    format!("`{}` is not a number of days", shown(every)),
                )
                .help("write days, as in `90d`"),
            );
        }
    }

    /// Row 29: the gate and `no_grants` apply to a break-glass identity as well. What it needs must not hang on a group, a
    /// condition or a date, since those are what breaks.
    fn check_way_in(
        &mut self,
        name: &Text,
        login: &Login,
        grants: &BTreeMap<String, Grant>,
        api_keys: &BTreeMap<String, ApiKey>,
    ) {
        let who = Lone {
            login: name,
            api_keys,
            no_groups: login.no_groups,
        };
        // The gate may ask for a group that the identity could be put into.
        if who.surely_not(&login.require) {
            self.error(
                Diagnostic::error(
                    Code::BreakGlassLocked,
                    name.span,
                    format!(
                        "the break-glass identity `{}` could not sign in: `login.require` refuses it",
                        shown(name)
                    ),
                )
                .help("let `require` hold for it, as `{any: [{login: …}, …]}` does"),
            );
            return;
        }
        let by_grant = grants.values().any(|grant| {
            grant.when.is_none()
                && grant.starts.is_none()
                && grant.ends.is_none()
                && who.gets(&grant.who)
        });
        let by_admin = login
            .admin
            .values()
            .any(|admin| admin.when.is_none() && who.is_person() && who.surely(&admin.who));
        if by_grant || by_admin || login.no_grants == NoGrants::Admit {
            return;
        }
        self.error(
            Diagnostic::error(
                Code::BreakGlassLocked,
                name.span,
                format!(
                    "the break-glass identity `{}` could not sign in: nothing is granted to that login alone",
                    shown(name)
                ),
            )
            .help(format!(
                "add a grant with `who: {{login: {}}}` that depends on no group, condition or date",
                shown(name)
            )),
        );
    }
}

/// A member of the account of whom nothing is known but the login.
struct Lone<'a> {
    login: &'a str,
    api_keys: &'a BTreeMap<String, ApiKey>,
    no_groups: NoGroups,
}

impl Lone<'_> {
    fn is_person(&self) -> bool {
        !self.login.to_ascii_lowercase().starts_with("api::")
    }

    fn surely(&self, subject: &Subject) -> bool {
        self.holds(subject, false, self.no_groups == NoGroups::Known) == Some(true)
    }

    fn surely_not(&self, subject: &Subject) -> bool {
        self.holds(subject, false, false) == Some(false)
    }

    /// Whether a grant reaches it: those that do not speak of machines are for people.
    fn gets(&self, subject: &Subject) -> bool {
        self.surely(subject) && (self.is_person() || asks_for_machine(subject))
    }

    /// True, false, or nothing where it hangs on groups, of which none is known to be held or, if `groupless`, none is held.
    fn holds(&self, subject: &Subject, excluded: bool, groupless: bool) -> Option<bool> {
        match subject {
            Subject::Everyone | Subject::Member => Some(true),
            // In other letters it is neither a person's login nor surely a key's.
            Subject::Machine if self.login.starts_with("api::") => Some(true),
            Subject::Machine => self.is_person().then_some(false),
            Subject::ApiKey(name) => self.is_key(name, excluded),
            Subject::Group(_) => groupless.then_some(false),
            // Row 15: exact in what is asked, without regard to case in what is excluded.
            Subject::Login(login) if excluded => Some(login.eq_ignore_ascii_case(self.login)),
            Subject::Login(login) => Some(login == self.login),
            Subject::Like(pattern) if excluded => Some(fits(
                &pattern.to_ascii_lowercase(),
                &self.login.to_ascii_lowercase(),
                true,
            )),
            Subject::Like(pattern) => Some(fits(pattern, self.login, false)),
            Subject::All(parts) => self.decided_by(parts, false, excluded, groupless),
            Subject::Any(parts) => self.decided_by(parts, true, excluded, groupless),
            Subject::Not(part) => self.holds(part, !excluded, groupless).map(|holds| !holds),
        }
    }

    /// By its id; by its name only a session that says that it is a machine's could be a key, which no break-glass login says.
    fn is_key(&self, name: &str, excluded: bool) -> Option<bool> {
        let login = format!("api::{}", self.api_keys.get(name)?.id);
        Some(if excluded {
            login.eq_ignore_ascii_case(self.login)
        } else {
            login == self.login
        })
    }

    /// One part that is `decisive` decides; otherwise all must be known.
    fn decided_by(
        &self,
        parts: &[Subject],
        decisive: bool,
        excluded: bool,
        groupless: bool,
    ) -> Option<bool> {
        let mut known = true;
        for part in parts {
            match self.holds(part, excluded, groupless) {
                Some(value) if value == decisive => return Some(decisive),
                Some(_) => {}
                None => known = false,
            }
        }
        known.then_some(!decisive)
    }
}

fn asks_for_machine(subject: &Subject) -> bool {
    match subject {
        Subject::Machine | Subject::ApiKey(_) => true,
        Subject::All(parts) | Subject::Any(parts) => parts.iter().any(asks_for_machine),
        _ => false,
    }
}

/// Whether a login fits a pattern: `*` is any number of characters, where it is not `wide` none of them `@` or `:`.
fn fits(pattern: &str, login: &str, wide: bool) -> bool {
    let (pattern, login): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), login.chars().collect());
    // Where in the pattern a match of the login so far can have got to.
    let mut at = vec![false; pattern.len() + 1];
    if let Some(first) = at.first_mut() {
        *first = true;
    }
    let skip_stars = |at: &mut Vec<bool>| {
        for (position, c) in pattern.iter().enumerate() {
            if *c == '*'
                && at.get(position) == Some(&true)
                && let Some(next) = at.get_mut(position + 1)
            {
                *next = true;
            }
        }
    };
    skip_stars(&mut at);
    for c in login {
        let mut next = vec![false; pattern.len() + 1];
        for (position, wanted) in pattern.iter().enumerate() {
            if at.get(position) != Some(&true) {
                continue;
            }
            let reached = match *wanted {
                '*' if wide || (c != '@' && c != ':') => position,
                '*' => continue,
                wanted if wanted == c => position + 1,
                _ => continue,
            };
            if let Some(reached) = next.get_mut(reached) {
                *reached = true;
            }
        }
        skip_stars(&mut next);
        at = next;
    }
    at.last() == Some(&true)
}

#[cfg(test)]
mod pattern_tests {
    use super::fits;

    #[test]
    fn row_14_a_star_stops_at_signs_that_divide_a_login() {
        for (pattern, login) in [
            ("*@acme.example", "bob@acme.example"),
            ("*@acme.example", "@acme.example"),
            ("b*b@acme.example", "bb@acme.example"),
            ("b**b@acme.example", "bxb@acme.example"),
            ("api::*", "api::x"),
            ("a*", "a"),
            ("*a*a*", "xaya"),
        ] {
            assert!(fits(pattern, login, false), "{pattern} {login}");
        }
        for (pattern, login) in [
            ("*", "a@b"),
            ("*@acme.example", "bob@evil@acme.example"),
            ("*", "api::x"),
            ("bg.1@a", "bgx1@a"),
            ("a*b", "a"),
            ("?@a", "b@a"),
        ] {
            assert!(!fits(pattern, login, false), "{pattern} {login}");
        }
    }
}

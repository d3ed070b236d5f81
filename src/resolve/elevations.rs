//! `elevations`: temporary access of people by name, for a reason, that somebody approved.

use std::collections::BTreeMap;

use super::Resolver;
use super::lengths::length;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{Elevation, Text};
use crate::model::{Grant, Origin, Subject};

const WHAT: &str = "an elevation";

/// How long an elevation may be where the mapping does not say.
const LONGEST: &str = "12h";

impl<'d> Resolver<'d, '_> {
    /// Adds a grant for each elevation; answers whether all of them are right.
    pub(super) fn elevations(&mut self, grants: &mut BTreeMap<String, Grant>) -> bool {
        let document = self.document;
        // It is looked at also where nothing is limited by it.
        let stated = document.defaults.max_elevation.as_ref();
        let limit = match stated {
            Some(text) => self.length(text, LONGEST),
            None => length(LONGEST),
        };
        let mut sound = true;
        for written in &document.elevations {
            let grant = self.grant(&written.grant, WHAT);
            let approved_by = self.approvers(written);
            let mut complete = self.elevation_words(written);
            if let Some((_, grant)) = &grant {
                complete &= self.names_people(written, &grant.who);
                complete &= self.is_short(written, grant, limit, stated);
            }
            let (Some((id, grant)), Some(approved_by), true) = (grant, approved_by, complete)
            else {
                sound = false;
                continue;
            };
            let grant = Grant {
                origin: Origin::Elevation { approved_by },
                ..grant
            };
            self.add(grants, id, grant, WHAT);
        }
        sound
    }

    fn elevation_words(&mut self, written: &'d Elevation) -> bool {
        let grant = &written.grant;
        let mut complete = true;
        for (field, stated, help) in [
            (
                "starts",
                grant.starts.is_some(),
                "write when it begins, as in `starts: \"2026-12-03T10:00Z\"`",
            ),
            (
                "ends",
                grant.ends.is_some(),
                "write when it ends, as in `ends: \"2026-12-03T14:00Z\"`",
            ),
            (
                "reason",
                grant
                    .reason
                    .as_ref()
                    .is_some_and(|text| !text.trim().is_empty()),
                "write what it is for, as in `reason: INC-42`",
            ),
        ] {
            if !stated {
                complete = false;
                self.grant_lacks::<()>(grant, WHAT, field, help);
            }
        }
        complete
    }

    fn approvers(&mut self, written: &'d Elevation) -> Option<Vec<String>> {
        let help = "name who approved it, as in `approved_by: [\"@acme/carol\"]`";
        let Some(list) = &written.approved_by else {
            return self.grant_lacks(&written.grant, WHAT, "approved_by", help);
        };
        if list.is_empty() {
            self.found.empty(list.span, "`approved_by`");
            return None;
        }
        let blank: Vec<&Text> = list.iter().filter(|name| name.trim().is_empty()).collect();
        for name in &blank {
            self.found.missing(
                name.span,
                Diagnostic::error(Code::EmptyValue, name.span, "this names nobody").help(help),
            );
        }
        let names = list.iter().map(|name| name.value.clone()).collect();
        blank.is_empty().then_some(names)
    }

    /// A group is not somebody who asked for it, nor is a key.
    fn names_people(&mut self, written: &'d Elevation, who: &Subject) -> bool {
        if names_people(who) {
            return true;
        }
        let place = written
            .grant
            .who
            .as_ref()
            .map_or(written.grant.span, |who| who.span);
        self.error(
            Diagnostic::error(
                Code::BadValue,
                place,
                "an elevation is for people by name, and this can be met without one's login",
            )
            .help("write `{login: alice@acme.example}`, and beside it what else must hold"),
        );
        false
    }

    fn is_short(
        &mut self,
        written: &'d Elevation,
        grant: &Grant,
        limit: Option<i64>,
        stated: Option<&'d Text>,
    ) -> bool {
        let (Some(starts), Some(ends), Some(limit)) = (grant.starts, grant.ends, limit) else {
            return true;
        };
        if ends.saturating_sub(starts) <= limit {
            return true;
        }
        let place = written
            .grant
            .ends
            .as_ref()
            .map_or(grant.span, |ends| ends.span);
        let text = stated.map_or(LONGEST, |text| text.as_str());
        let mut diagnostic = Diagnostic::error(
            Code::OutsideBounds,
            place,
            format!("this elevation lasts longer than `{}`", shown(text)),
        )
        .help("let it end earlier; a date alone ends with its day");
        if let Some(stated) = stated {
            diagnostic = diagnostic.related(stated.span, "said here");
        }
        self.error(diagnostic);
        false
    }
}

/// Whether a person's login stands in every way of meeting a subject.
fn names_people(who: &Subject) -> bool {
    match who {
        Subject::Login(login) => !login
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("api::")),
        Subject::All(parts) => {
            let machine = |part: &Subject| matches!(part, Subject::Machine | Subject::ApiKey(_));
            parts.iter().any(names_people) && !parts.iter().any(machine)
        }
        Subject::Any(parts) => !parts.is_empty() && parts.iter().all(names_people),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_must_stand_in_every_way() {
        let login = |text: &str| Subject::Login(text.to_owned());
        let group = || Subject::Group("g".to_owned());
        let not = |subject| Subject::Not(Box::new(subject));
        for who in [
            login("a@b"),
            Subject::All(vec![login("a@b"), not(group())]),
            Subject::Any(vec![login("a@b"), login("c@d")]),
            Subject::All(vec![Subject::Any(vec![login("a"), login("b")]), group()]),
        ] {
            assert!(names_people(&who), "{who:?}");
        }
        for who in [
            Subject::Everyone,
            group(),
            Subject::Like("*@b".to_owned()),
            login("api::01HZ"),
            login("API::01HZ"),
            not(login("a@b")),
            Subject::All(vec![login("a@b"), Subject::Machine]),
            Subject::All(vec![login("a@b"), Subject::ApiKey("k".to_owned())]),
            Subject::ApiKey("k".to_owned()),
            Subject::All(vec![group(), Subject::Member]),
            Subject::Any(vec![login("a@b"), group()]),
            Subject::Any(Vec::new()),
        ] {
            assert!(!names_people(&who), "{who:?}");
        }
    }
}

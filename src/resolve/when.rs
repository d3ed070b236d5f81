//! `when` and `unless`: conditions by name, under `all` and `any`.

use super::Resolver;
use super::names::Kind;
use super::normal::{all_of, any_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{self, TestKind};
use crate::model::Test;
use crate::source::Span;

impl<'d> Resolver<'d, '_> {
    /// What must hold, or nothing if any part of it is wrong.
    pub(super) fn test(&mut self, written: &'d document::Test) -> Option<Test> {
        match &written.kind {
            TestKind::Name(name) => self
                .name(&[Kind::Condition], name, written.span)
                .map(|_| Test::Condition(name.clone())),
            TestKind::All(list) => self.tests(list, written.span, "`all`").map(all_of),
            TestKind::Any(list) => self.tests(list, written.span, "`any`").map(any_of),
            TestKind::List(list) => {
                let mut tests = self.tests(list, written.span, "a list of conditions");
                if list.len() > 1 {
                    self.error(
                        Diagnostic::error(
                            Code::AmbiguousList,
                            written.span,
                            "this list does not say whether all of it must hold or any",
                        )
                        .help("write `{all: […]}` or `{any: […]}`"),
                    );
                    return None;
                }
                tests.as_mut().and_then(Vec::pop)
            }
        }
    }

    fn tests(&mut self, list: &'d [document::Test], span: Span, what: &str) -> Option<Vec<Test>> {
        if list.is_empty() {
            self.found.empty(span, what);
            return None;
        }
        let all: Vec<Option<Test>> = list.iter().map(|each| self.test(each)).collect();
        all.into_iter().collect()
    }

    /// Reports a test of the kind that does not belong: row 24.
    pub(super) fn no_unless(&mut self, unless: Option<&'d document::Test>, what: &str) -> bool {
        let Some(unless) = unless else { return true };
        let _ = self.test(unless);
        self.error(
            Diagnostic::error(
                Code::WrongTest,
                unless.span,
                format!("{what} takes `when`, not `unless`"),
            )
            .help("write the condition under which it holds as `when`"),
        );
        false
    }

    /// Likewise, on a denial.
    pub(super) fn no_when(&mut self, when: Option<&'d document::Test>, what: &str) -> bool {
        let Some(when) = when else { return true };
        let _ = self.test(when);
        self.error(
            Diagnostic::error(
                Code::WrongTest,
                when.span,
                format!("{what} takes `unless`, not `when`"),
            )
            .help("write the condition that lifts the denial as `unless`: where it cannot be known, the denial holds"),
        );
        false
    }
}

//! `groups`: names of this file for what the provider sends.

use std::collections::BTreeMap;

use super::Resolver;
use super::names::LONGEST;
use super::time::Edge;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::Text;
use crate::model::Group;
use crate::source::Span;

impl<'d> Resolver<'d, '_> {
    pub(super) fn groups(&mut self) -> BTreeMap<String, Group> {
        let document = self.document;
        let mut taken: BTreeMap<&'d str, Span> = BTreeMap::new();
        let mut groups = BTreeMap::new();
        for (name, written) in &document.groups {
            let span = name.span.to(written.span);
            let mut values = BTreeMap::new();
            if written.sent_as.is_empty() {
                self.found.lacks(
                    written.span,
                    "sent_as",
                    Diagnostic::error(
                        Code::MissingField,
                        name.span,
                        format!("the group `{}` needs `sent_as`", shown(name)),
                    )
                    .help("write what the identity provider sends for it"),
                );
            }
            for value in &written.sent_as {
                self.group_value(value, None, &mut taken, &mut values);
            }
            for former in &written.formerly {
                if former.sent_as.is_empty() {
                    self.found.lacks(
                        former.span,
                        "sent_as",
                        Diagnostic::error(
                            Code::MissingField,
                            former.span,
                            "an entry of `formerly` needs `sent_as`",
                        )
                        .help("write what the identity provider used to send"),
                    );
                }
                let ends = match &former.ends {
                    Some(ends) => self.instant(ends, Edge::Ends),
                    None => {
                        self.found.lacks(
                            former.span,
                            "ends",
                            Diagnostic::error(
                                Code::MissingField,
                                former.span,
                                "an entry of `formerly` needs `ends`",
                            )
                            .help("write the last day on which the old value still counts, as in `ends: \"2027-01-31\"`"),
                        );
                        None
                    }
                };
                for value in &former.sent_as {
                    self.group_value(value, ends, &mut taken, &mut values);
                }
            }
            groups.entry(name.value.clone()).or_insert(Group {
                values,
                title: written.name.as_ref().map(|title| title.value.clone()),
                external: written.external.as_ref().is_some_and(|flag| flag.value),
                made: false,
                span,
            });
        }
        groups
    }

    fn group_value(
        &mut self,
        value: &'d Text,
        ends: Option<i64>,
        taken: &mut BTreeMap<&'d str, Span>,
        values: &mut BTreeMap<String, Option<i64>>,
    ) {
        if value.is_empty() || value.len() > LONGEST {
            // A hole in quotes is a mistake of its own; one without has been reported as such.
            self.found.missing(
                value.span,
                Diagnostic::error(
                    Code::BadValue,
                    value.span,
                    if value.is_empty() {
                        "what the identity provider sends cannot be empty".to_owned()
                    } else {
                        format!("`{}` is longer than {LONGEST} bytes", shown(value))
                    },
                )
                .help("write the group exactly as the identity provider sends it"),
            );
            return;
        }
        if let Some(first) = taken.insert(value, value.span) {
            taken.insert(value, first);
            self.error(
                Diagnostic::error(
                    Code::DuplicateValue,
                    value.span,
                    format!("`{}` already stands for a group", shown(value)),
                )
                .related(first, "first used here")
                .help("let each value stand for one group, once; `people` can give a second name to it"),
            );
            return;
        }
        values.insert(value.value.clone(), ends);
    }
}

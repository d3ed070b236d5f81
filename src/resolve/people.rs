//! `people`: named subjects, which may use each other but not themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolver;
use super::cycles::{cycles, in_words};
use super::names::Kind;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Subject, SubjectKind};
use crate::source::Span;

impl<'d> Resolver<'d, '_> {
    /// Works out what each name stands for, those that others use first.
    pub(super) fn resolve_people(&mut self) {
        let document = self.document;
        let mut written: BTreeMap<&'d str, (&'d Subject, Span)> = BTreeMap::new();
        for (name, subject) in &document.people {
            if self.names.is(Kind::Person, name) {
                written.entry(name.as_str()).or_insert((subject, name.span));
            }
        }
        let uses: BTreeMap<&'d str, Vec<&'d str>> = written
            .iter()
            .map(|(name, (subject, _))| {
                let mut names = Vec::new();
                names_in(subject, &mut names);
                names
                    .retain(|name| written.contains_key(name) && !self.names.is(Kind::Group, name));
                (*name, names)
            })
            .collect();
        let mut circular: BTreeSet<&'d str> = BTreeSet::new();
        for circle in cycles(&uses) {
            let place = |name: &str| written.get(name).map(|(_, span)| *span).unwrap_or_default();
            let Some((first, others)) = circle.split_first() else {
                continue;
            };
            let mut diagnostic = Diagnostic::error(
                Code::NestedName,
                place(first),
                format!(
                    "a name of `people` uses itself: {}",
                    in_words(&circle, " uses ")
                ),
            )
            .help("say who is meant without going round");
            for name in others {
                diagnostic = diagnostic.related(place(name), "and this");
            }
            self.error(diagnostic);
            circular.extend(circle);
        }
        for name in in_order(&uses) {
            let Some((subject, _)) = written.get(name) else {
                continue;
            };
            // Whoever is in a circle may hold other mistakes, too; the names that cannot be known yet are no mistake.
            let subject = self.subject(subject);
            let known = subject.filter(|_| !circular.contains(name));
            self.people.insert(name, known);
        }
    }
}

/// Every name after those that it uses; those in a circle anywhere. Without recursion: a chain of names may be long.
fn in_order<'a>(uses: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<&'a str> {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut order = Vec::with_capacity(uses.len());
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for root in uses.keys().copied() {
        let mut stack = vec![(root, false)];
        while let Some((name, finished)) = stack.pop() {
            if finished {
                if done.insert(name) {
                    order.push(name);
                }
                continue;
            }
            if done.contains(name) || !open.insert(name) {
                continue;
            }
            stack.push((name, true));
            for next in uses.get(name).into_iter().flatten() {
                stack.push((next, false));
            }
        }
    }
    order
}

/// The bare names in a subject.
fn names_in<'d>(subject: &'d Subject, found: &mut Vec<&'d str>) {
    match &subject.kind {
        SubjectKind::Name(name) => found.push(name),
        SubjectKind::AnyOf(list) => {
            for each in list {
                names_in(each, found);
            }
        }
        SubjectKind::Every(map) => {
            for list in [&map.any, &map.all, &map.none].into_iter().flatten() {
                for each in &list.value {
                    names_in(each, found);
                }
            }
        }
    }
}

//! What is over: grants, elevations and former values of groups whose `ends` has passed, to be removed from the files.
//!
//! What is over decides nothing any more, so removing it changes nobody's access; [`same_decisions`] looks whether that is so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::diagnostic::Diagnostics;
use crate::edit::{Change, Edits, Step};
use crate::model::Model;
use crate::project::{Compiled, Project};
use crate::resolve::time::{Edge, instant};
use crate::source::{SourceId, Span};
use crate::yaml::{self, Kind, Node};

/// Something that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// Where it is written.
    pub span: Span,
    /// `grant`, `elevation`, or `former value`.
    pub what: &'static str,
    /// When it ended, in nanoseconds since 1970 UTC.
    pub ended: i64,
    /// What it was for, if it says so; of a former value, the group.
    pub about: Option<String>,
    /// Who answers for it, if it says so.
    pub owner: Option<String>,
}

/// What of a project is over at a time, in nanoseconds since 1970 UTC, in the order of its files; and the change that removes
/// it.
#[must_use]
pub fn over(project: &Project, at: i64) -> (Vec<Over>, Edits) {
    let mut found = Found {
        at,
        over: Vec::new(),
        gone: BTreeMap::new(),
    };
    for (file, source) in project.sources.iter() {
        let is_yaml = [".yaml", ".yml"]
            .iter()
            .any(|end| source.path.ends_with(end));
        if !is_yaml {
            continue;
        }
        let tree = yaml::read(file, &source.text, &mut Diagnostics::default());
        if let Some(root) = &tree.root {
            found.file(file, root);
        }
    }
    found
        .over
        .sort_by_key(|over| (over.span.file, over.span.start));
    let mut edits = Edits::default();
    for ((file, list), items) in found.gone {
        edits.push(file, Change::Remove { list, items });
    }
    (found.over, edits)
}

struct Found {
    at: i64,
    over: Vec<Over>,
    gone: BTreeMap<(SourceId, Vec<Step>), BTreeSet<usize>>,
}

impl Found {
    fn file(&mut self, file: SourceId, root: &Node) {
        for (list, what) in [("grants", "grant"), ("elevations", "elevation")] {
            if let Some(node) = value(root, list) {
                let way = vec![Step::Key(list.to_owned())];
                self.list(file, &way, node, what, None);
            }
        }
        let Some(Node {
            kind: Kind::Map(groups),
            ..
        }) = value(root, "groups")
        else {
            return;
        };
        for (name, group) in groups {
            if let Some(node) = value(group, "formerly") {
                let name = &name.scalar.text;
                let way = ["groups", name, "formerly"].map(|key| Step::Key(key.to_owned()));
                self.list(file, &way, node, "former value", Some(name));
            }
        }
    }

    fn list(
        &mut self,
        file: SourceId,
        way: &[Step],
        node: &Node,
        what: &'static str,
        of: Option<&str>,
    ) {
        let Kind::Sequence(items) = &node.kind else {
            return;
        };
        for (at, item) in items.iter().enumerate() {
            let ended = text(item, "ends").and_then(|ends| instant(ends, Edge::Ends).ok());
            let Some(ended) = ended.filter(|ended| *ended <= self.at) else {
                continue;
            };
            self.over.push(Over {
                span: item.span,
                what,
                ended,
                about: of.or_else(|| text(item, "reason")).map(str::to_owned),
                owner: text(item, "owner").map(str::to_owned),
            });
            let list = (file, way.to_vec());
            self.gone.entry(list).or_default().insert(at);
        }
    }
}

fn value<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Kind::Map(entries) = &node.kind else {
        return None;
    };
    entries
        .iter()
        .find(|(name, _)| name.scalar.text == key)
        .map(|(_, value)| value)
}

fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    match &value(node, key)?.kind {
        Kind::Scalar(scalar) => Some(&scalar.text),
        _ => None,
    }
}

/// The model without what is over at a time.
#[must_use]
pub fn wanted(model: &Model, at: i64) -> Model {
    let is_over = |ends: Option<i64>| ends.is_some_and(|ends| ends <= at);
    let mut wanted = model.clone();
    wanted.grants.retain(|_, grant| !is_over(grant.ends));
    for group in wanted.groups.values_mut() {
        group.values.retain(|_, ends| !is_over(*ends));
    }
    wanted
}

/// Somebody whose access would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Whose decision.
    pub login: String,
    /// At which time, in nanoseconds since 1970 UTC.
    pub at: i64,
}

/// As many moments are looked at: the time itself, and the next ones at which something starts or ends.
const MOST_MOMENTS: usize = 16;
/// As many grants are read, over all decisions; a thousand decisions of a mapping of ten thousand grants.
const MOST_WORK: usize = 10_000_000;

/// Decides people who are known by both readings, at a time and whenever something starts or ends after it; answers how many
/// decisions were compared, and the first one that differs. Of very many people not all are asked about.
#[must_use]
pub fn same_decisions(before: &Compiled, after: &Model, at: i64) -> (usize, Option<Changed>) {
    let model = &before.model;
    let grants = model.grants.values();
    let values = model
        .groups
        .values()
        .flat_map(|group| group.values.values());
    let later: BTreeSet<i64> = grants
        .flat_map(|grant| [grant.starts, grant.ends])
        .chain(values.copied())
        .flatten()
        .filter(|moment| *moment > at)
        .collect();
    let moments: Vec<i64> = std::iter::once(at)
        .chain(later)
        .take(MOST_MOMENTS)
        .collect();
    let people = before.directory.iter().flat_map(|all| all.people.values());
    let mut seen = BTreeSet::new();
    let inputs = before
        .fixtures
        .probes(model)
        .into_iter()
        .map(|probe| probe.input)
        .chain(somebody_of_each_group(model))
        .chain(
            // Of those who are in the same groups, one will do, unless the mapping speaks of them by name.
            people
                .filter(|person| seen.insert(&person.groups))
                .map(|person| person.input(model, json!({}))),
        );
    let most = (MOST_WORK / (model.grants.len() + 1)).max(moments.len());
    let mut compared = 0;
    for mut input in inputs.take(most / moments.len()) {
        for moment in &moments {
            set_time(&mut input, *moment);
            compared += 1;
            if model.decide(&input) != after.decide(&input) {
                let login = input.pointer("/session/login").and_then(Value::as_str);
                let changed = Changed {
                    login: login.unwrap_or_default().to_owned(),
                    at: *moment,
                };
                return (compared, Some(changed));
            }
        }
    }
    (compared, None)
}

/// Somebody for each value that stands, or stood, for a group, and somebody without any.
fn somebody_of_each_group(model: &Model) -> impl Iterator<Item = Value> {
    let spaces = json!(crate::fixture::spaces(model));
    let values = model
        .groups
        .values()
        .flat_map(|group| group.values.keys())
        .map(|value| vec![value.clone()]);
    std::iter::once(Vec::new()).chain(values).map(move |teams| {
        json!({"request": {}, "session": {"login": "somebody", "member": true, "teams": teams}, "spaces": spaces})
    })
}

fn set_time(input: &mut Value, at: i64) {
    if let Value::Object(input) = input {
        let request = input.entry("request").or_insert_with(|| json!({}));
        if let Value::Object(request) = request {
            request.insert("timestamp_ns".to_owned(), json!(at));
        }
    }
}

pub mod sessions;

#[cfg(test)]
mod tests;

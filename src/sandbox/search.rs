//! Searching: text, predicates, order and pages, over any list of answers.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::args::Args;
use super::desk::{Answer, Fail};
use super::source::base64;

/// How many come on a page if the client does not say.
const PAGE: usize = 50;
/// The most that come on a page, whatever the client says.
const MOST: usize = 100;

/// One page of what was asked for.
///
/// The text is looked for in all texts of a node but bodies and inputs; a predicate may name any field of a node.
pub(crate) fn page(mut nodes: Vec<Value>, input: &Args) -> Answer {
    if let Some(text) = input
        .maybe("fullTextSearch")
        .filter(|text| !text.is_empty())
    {
        let text = text.to_lowercase();
        nodes.retain(|node| says(node, &text));
    }
    for predicate in input.objects("predicates") {
        let field = predicate.text("field");
        let constraint = predicate.object("constraint");
        let exclude = predicate.flag("exclude").unwrap_or(false);
        if let Some(node) = nodes.first()
            && find(node, &field).is_none()
        {
            return Err(Fail(format!("cannot search by \"{field}\"")));
        }
        nodes.retain(|node| {
            find(node, &field).is_some_and(|value| meets(value, &constraint)) != exclude
        });
    }
    order(&mut nodes, &input.object("orderBy"));
    cut(nodes, input)
}

/// Whether any text of the node has this in it, whatever the case.
fn says(node: &Value, text: &str) -> bool {
    match node {
        Value::String(own) => own.to_lowercase().contains(text),
        Value::Array(items) => items.iter().any(|item| says(item, text)),
        Value::Object(fields) => (fields.iter()).any(|(name, value)| {
            !matches!(name.as_str(), "body" | "input" | "samples") && says(value, text)
        }),
        _ => false,
    }
}

/// A field of a node, dots leading into objects.
fn find<'v>(node: &'v Value, field: &str) -> Option<&'v Value> {
    field.split('.').try_fold(node, |node, part| node.get(part))
}

fn meets(value: &Value, constraint: &Args) -> bool {
    let booleans = constraint.0.get("booleanEquals").and_then(Value::as_array);
    let boolean = booleans.is_none_or(|wanted| wanted.contains(value));
    let texts = ["enumEquals", "stringMatches"].into_iter().all(|name| {
        constraint.texts(name).is_none_or(|wanted| match value {
            Value::Array(items) => items
                .iter()
                .any(|item| item.as_str().is_some_and(|item| one_of(item, &wanted))),
            value => value.as_str().is_some_and(|value| one_of(value, &wanted)),
        })
    });
    boolean && texts
}

fn one_of(value: &str, wanted: &[String]) -> bool {
    wanted.iter().any(|wanted| wanted == value)
}

fn order(nodes: &mut [Value], by: &Args) {
    let field = by.text("field");
    if field.is_empty() {
        return;
    }
    let key = |node: &Value| match find(node, &field) {
        Some(Value::Number(number)) => (number.as_i64().unwrap_or_default(), String::new()),
        Some(Value::String(text)) => (0, text.clone()),
        _ => Default::default(),
    };
    // What is equal stays in the order of the list, in both directions.
    if by.text("direction") == "DESC" {
        nodes.sort_by_cached_key(|node| Reverse(key(node)));
    } else {
        nodes.sort_by_cached_key(key);
    }
}

fn cut(nodes: Vec<Value>, input: &Args) -> Answer {
    let first = match input.number("first") {
        None => PAGE,
        Some(number) => usize::try_from(number)
            .map_err(|_| Fail::from("first must not be negative"))?
            .min(MOST),
    };
    let cursors: Vec<String> = nodes
        .iter()
        .enumerate()
        .map(|(at, node)| cursor(at, node))
        .collect();
    let start = match input.maybe("after").filter(|after| !after.is_empty()) {
        None => 0,
        Some(after) => {
            cursors
                .iter()
                .position(|own| *own == after)
                .ok_or(Fail::from("invalid cursor"))?
                + 1
        }
    };
    let total = nodes.len();
    let edges: Vec<Value> = nodes
        .into_iter()
        .zip(cursors)
        .skip(start)
        .take(first)
        .map(|(node, cursor)| json!({ "cursor": cursor, "node": node }))
        .collect();
    let end = edges
        .last()
        .and_then(|edge| edge.get("cursor"))
        .cloned()
        .unwrap_or_else(|| json!(""));
    let more = start + edges.len() < total;
    Ok(json!({
        "edges": edges,
        "pageInfo": { "endCursor": end, "hasNextPage": more, "hasPreviousPage": start > 0 },
    }))
}

/// Something that says where a page ended, and nothing to the client.
fn cursor(at: usize, node: &Value) -> String {
    let inner = node
        .as_object()
        .and_then(|fields| fields.values().find(|value| value.get("id").is_some()));
    let id = [Some(node), inner].into_iter().flatten().find_map(|node| {
        ["id", "key", "login"]
            .iter()
            .find_map(|name| node.get(name))
            .and_then(Value::as_str)
    });
    match id {
        Some(id) => base64(id.as_bytes()),
        None => base64(at.to_string().as_bytes()),
    }
}

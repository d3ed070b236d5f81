//! Adding items to a list, and the list where there is none.

use super::lines::{Lines, Part};
use super::remove::start_of;
use super::spell::{Quotes, quotes, spelt};
use super::{CannotEdit, Patch, Step, Value, Way, block, flow, refuse};
use crate::yaml::{Kind, Node};

/// How far people indent, where a file does not show it.
const STEP: usize = 2;

pub(super) fn append(
    text: &str,
    root: &Node,
    list: &[Way],
    items: &[Value],
) -> Result<Vec<Patch>, CannotEdit> {
    let lines = Lines(text);
    let mut node = root;
    for (depth, way) in list.iter().enumerate() {
        let Kind::Map(entries) = &node.kind else {
            return Err(refuse(node.span.start as usize, "this is no map"));
        };
        match entries.iter().find(|(key, _)| key.scalar.text == way.key) {
            Some((_, value)) => node = value,
            None => {
                let missing = list.get(depth..).unwrap_or_default();
                return make(lines, root, node, missing, items);
            }
        }
    }
    let way: Vec<Step> = list
        .iter()
        .map(|way| Step::Key(way.key.to_owned()))
        .collect();
    let start = start_of(lines, root, &way).unwrap_or(node.span.start as usize);
    to_list(lines, node, start, items)
}

fn to_list(
    lines: Lines<'_>,
    node: &Node,
    start: usize,
    items: &[Value],
) -> Result<Vec<Patch>, CannotEdit> {
    let Kind::Sequence(_) = &node.kind else {
        return Err(refuse(start, "this is no list"));
    };
    let how = quotes(lines.0, node);
    let spelt: Vec<String> = items.iter().map(|item| spelt(item, how)).collect();
    let parts = lines.parts(node);
    match lines.byte(start) {
        Some(b'[') => flow::append(lines, start, &parts, &spelt),
        Some(b'-') => {
            let dashes = block::dashes(lines, start, &parts)?;
            let (Some(dash), Some(last)) = (dashes.last().copied(), parts.last().copied()) else {
                return Err(refuse(start, "this list has no items"));
            };
            let indent = lines.before(dash);
            if !indent.trim().is_empty() {
                return Err(refuse(
                    dash,
                    "something else stands before this on its line",
                ));
            }
            // As far behind the dash as the one before, unless that begins on a line of its own.
            let between = lines.slice(dash + 1, last.start);
            let gap = if between.is_empty() || !between.chars().all(|c| c == ' ') {
                " "
            } else {
                between
            };
            let new: Vec<String> = spelt
                .iter()
                .map(|item| format!("{indent}-{gap}{item}"))
                .collect();
            let last = Part {
                end: last.end.max(dash + 1),
                ..last
            };
            Ok(vec![block::put_below(lines, last, indent.len(), &new)])
        }
        _ => Err(refuse(
            start,
            "the list is an alias, or has an anchor or a tag",
        )),
    }
}

/// Makes what is missing of the way to a list, with the list's items.
fn make(
    lines: Lines<'_>,
    root: &Node,
    map: &Node,
    missing: &[Way],
    items: &[Value],
) -> Result<Vec<Patch>, CannotEdit> {
    let start = map.span.start as usize;
    let parts = lines.parts(map);
    if lines.byte(start) == Some(b'{') {
        return flow::append(lines, start, &parts, &[in_flow(missing, items)]);
    }
    if matches!(lines.byte(start), Some(b'*' | b'&' | b'!')) {
        return Err(refuse(
            start,
            "the map is an alias, or has an anchor or a tag",
        ));
    }
    let Some(way) = missing.first() else {
        return Err(refuse(start, "there is nothing to add"));
    };
    let (Kind::Map(entries), Some(top)) = (&map.kind, parts.first().copied()) else {
        return Err(refuse(start, "this map has no entries"));
    };
    // After the last of those that are usually written before it, else at the end.
    let rank = |key: &str| way.order.iter().position(|known| *known == key);
    let mine = rank(way.key);
    let before = entries
        .iter()
        .rposition(|(key, _)| rank(&key.scalar.text).is_some_and(|at| Some(at) < mine))
        .unwrap_or(entries.len().saturating_sub(1));
    let Some(after) = parts.get(before).copied() else {
        return Err(refuse(start, "this map has no entries"));
    };
    let column = lines.column(top.start);
    let prefix = lines.before(top.start);
    let indent = if prefix.trim().is_empty() {
        prefix.to_owned()
    } else {
        // Its first key stands behind a dash.
        " ".repeat(prefix.chars().count())
    };
    let mut new = in_block(missing, items, &indent, Layout::of(lines, root));
    let is_top = std::ptr::eq(root, map);
    let blank_below = {
        let at = lines.below(after, column);
        at >= lines.0.len() || lines.is_blank(at)
    };
    if is_top && is_airy(lines, &parts) {
        new.insert(0, String::new());
        if !blank_below {
            new.push(String::new());
        }
    }
    Ok(vec![block::put_below(lines, after, column, &new)])
}

/// Whether blank lines stand between the entries of a map.
fn is_airy(lines: Lines<'_>, parts: &[Part]) -> bool {
    parts.windows(2).any(|pair| match pair {
        [one, next] => {
            let mut at = lines.after(one.end);
            let mut found = false;
            while at < next.start {
                found |= lines.is_blank(at);
                at = lines.after(at);
            }
            found
        }
        _ => false,
    })
}

fn in_flow(missing: &[Way], items: &[Value]) -> String {
    let mut text = String::new();
    for (depth, way) in missing.iter().enumerate() {
        text.push_str(way.key);
        text.push_str(": ");
        text.push_str(if depth + 1 < missing.len() { "{" } else { "" });
    }
    text.push_str(&spelt(&Value::List(items.to_vec()), Quotes::Needed));
    text.push_str(&"}".repeat(missing.len().saturating_sub(1)));
    text
}

fn in_block(missing: &[Way], items: &[Value], indent: &str, layout: Layout) -> Vec<String> {
    let mut new = Vec::new();
    let mut at = indent.to_owned();
    for (depth, way) in missing.iter().enumerate() {
        new.push(format!("{at}{}:", way.key));
        let step = if depth + 1 < missing.len() {
            layout.map
        } else {
            layout.list
        };
        at.push_str(&" ".repeat(step));
    }
    new.extend(
        items
            .iter()
            .map(|item| format!("{at}- {}", spelt(item, Quotes::Needed))),
    );
    new
}

/// How far a file indents what stands under a key.
#[derive(Debug, Clone, Copy)]
struct Layout {
    map: usize,
    list: usize,
}

impl Layout {
    fn of(lines: Lines<'_>, root: &Node) -> Self {
        let (mut map, mut list) = (None, None);
        let mut waiting = vec![root];
        while let Some(node) = waiting.pop() {
            match &node.kind {
                Kind::Map(entries) => {
                    for (key, value) in entries.iter().rev() {
                        let colon = lines.skip(key.span.end as usize);
                        let to = lines.skip(colon + 1);
                        let indent = lines.before(to);
                        if lines.byte(colon) == Some(b':') && indent.trim().is_empty() {
                            let from = lines.column(key.span.start as usize);
                            let step = indent.len().checked_sub(from);
                            match (&value.kind, lines.byte(to)) {
                                (Kind::Map(_), found) if found != Some(b'{') => map = step.or(map),
                                (Kind::Sequence(_), Some(b'-')) => list = step.or(list),
                                _ => {}
                            }
                        }
                        waiting.push(value);
                    }
                }
                Kind::Sequence(items) => waiting.extend(items),
                _ => {}
            }
        }
        Self {
            map: map.filter(|step| *step > 0).unwrap_or(STEP),
            list: list.unwrap_or(STEP),
        }
    }
}

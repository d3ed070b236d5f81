//! Removing items of a list.

use std::collections::BTreeSet;

use super::lines::Lines;
use super::{CannotEdit, Patch, Step, block, find, flow, refuse};
use crate::yaml::{Kind, Node};

pub(super) fn remove(
    text: &str,
    root: &Node,
    list: &[Step],
    gone: &BTreeSet<usize>,
) -> Result<Vec<Patch>, CannotEdit> {
    let lines = Lines(text);
    let node = find(root, list).ok_or_else(|| refuse(0, "there is no such list"))?;
    let start = start_of(lines, root, list).ok_or_else(|| refuse(0, "there is no such list"))?;
    let parts = lines.parts(node);
    if gone.iter().any(|at| *at >= parts.len()) || gone.is_empty() {
        return Err(refuse(start, "there is no such item"));
    }
    let empties = gone.len() == parts.len();
    // Within an entry, a list without items is only in the way; at the top of the file it is where the next one goes.
    if empties
        && list.len() > 1
        && let Some(patches) = remove_key(lines, root, list)?
    {
        return Ok(patches);
    }
    match lines.byte(start) {
        Some(b'[') => flow::remove(lines, start, &parts, gone),
        Some(b'-') => {
            let dashes = block::dashes(lines, start, &parts)?;
            let mut stretches = Vec::with_capacity(gone.len());
            for (at, (dash, part)) in dashes.iter().zip(&parts).enumerate() {
                if gone.contains(&at) {
                    stretches.push(block::own_lines(lines, *dash, part.end.max(*dash + 1))?);
                }
            }
            let mut patches = block::remove(lines, &stretches);
            if empties {
                let colon = past_colon(lines, root, list);
                let colon = colon.ok_or_else(|| refuse(start, "the list has no key"))?;
                patches.push(Patch::insert(colon, " []"));
            }
            Ok(patches)
        }
        _ => Err(refuse(
            start,
            "the list is an alias, or has an anchor or a tag",
        )),
    }
}

/// Removes a list together with its key, if there are other keys beside it.
fn remove_key(
    lines: Lines<'_>,
    root: &Node,
    list: &[Step],
) -> Result<Option<Vec<Patch>>, CannotEdit> {
    let Some((parent, at)) = entry(root, list) else {
        return Ok(None);
    };
    let parts = lines.parts(parent);
    let Some(part) = parts.get(at).copied().filter(|_| parts.len() > 1) else {
        return Ok(None);
    };
    let open = parent.span.start as usize;
    if lines.byte(open) == Some(b'{') {
        return flow::remove(lines, open, &parts, &BTreeSet::from([at])).map(Some);
    }
    if !lines.before(part.start).trim().is_empty() {
        return Ok(None);
    }
    let stretch = block::own_lines(lines, part.start, part.end)?;
    Ok(Some(block::remove(lines, &[stretch])))
}

/// The map that holds a list, and the number of the entry.
fn entry<'n>(root: &'n Node, list: &[Step]) -> Option<(&'n Node, usize)> {
    let (Step::Key(key), way) = list.split_last()? else {
        return None;
    };
    let parent = find(root, way)?;
    let Kind::Map(entries) = &parent.kind else {
        return None;
    };
    let at = entries
        .iter()
        .position(|(name, _)| name.scalar.text == *key)?;
    Some((parent, at))
}

/// Where a list begins: at its bracket or its first dash.
pub(super) fn start_of(lines: Lines<'_>, root: &Node, list: &[Step]) -> Option<usize> {
    match past_colon(lines, root, list) {
        Some(colon) => Some(lines.skip(colon)),
        None => find(root, list).map(|node| node.span.start as usize),
    }
}

/// Past the colon behind the key of a list.
fn past_colon(lines: Lines<'_>, root: &Node, list: &[Step]) -> Option<usize> {
    let (parent, at) = entry(root, list)?;
    let Kind::Map(entries) = &parent.kind else {
        return None;
    };
    let (key, _) = entries.get(at)?;
    let colon = lines.skip(key.span.end as usize);
    (lines.byte(colon) == Some(b':')).then_some(colon + 1)
}

//! Definitions that come back to themselves.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::shown;

/// How many circles are worth finding; somebody who has more has made one mistake many times.
const MOST: usize = 100;

/// Finds what goes round in circles: each circle once, from its least name on, with nothing in two of them.
pub(super) fn cycles<'a>(edges: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<Vec<&'a str>> {
    let mut left: BTreeSet<&str> = edges.keys().copied().collect();
    let mut found = Vec::new();
    loop {
        trim(edges, &mut left);
        let Some(start) = left.first().copied().filter(|_| found.len() < MOST) else {
            return found;
        };
        // Everything left leads to something left, so a walk along the least names must come back to where it was.
        let mut path = vec![start];
        let mut at = start;
        let circle = loop {
            let next = edges
                .get(at)
                .into_iter()
                .flatten()
                .copied()
                .filter(|next| left.contains(next))
                .min();
            let Some(next) = next else { break Vec::new() };
            if let Some(position) = path.iter().position(|seen| *seen == next) {
                break path.split_off(position);
            }
            path.push(next);
            at = next;
        };
        if circle.is_empty() {
            return found;
        }
        for name in &circle {
            left.remove(name);
        }
        let least = circle
            .iter()
            .enumerate()
            .min_by_key(|(_, name)| **name)
            .map_or(0, |(at, _)| at);
        let mut circle = circle;
        circle.rotate_left(least);
        found.push(circle);
    }
}

/// A circle in words: `a` below `b` below `a`.
pub(super) fn in_words(circle: &[&str], between: &str) -> String {
    const SHOWN: usize = 8;
    let mut names: Vec<String> = circle
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{}`", shown(name)))
        .collect();
    if circle.len() > SHOWN {
        names.push(format!("{} more", circle.len() - SHOWN));
    }
    names.extend(names.first().cloned());
    names.join(between)
}

/// Removes whatever leads to nothing that is left, until everything left leads on.
fn trim(edges: &BTreeMap<&str, Vec<&str>>, left: &mut BTreeSet<&str>) {
    let mut sources: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut onward: BTreeMap<&str, usize> = BTreeMap::new();
    for name in left.iter() {
        let targets: BTreeSet<&str> = edges
            .get(name)
            .into_iter()
            .flatten()
            .copied()
            .filter(|target| left.contains(target))
            .collect();
        onward.insert(name, targets.len());
        for target in targets {
            sources.entry(target).or_default().push(name);
        }
    }
    let mut ends: Vec<&str> = onward
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(name, _)| *name)
        .collect();
    let ended: BTreeSet<&str> = {
        let mut ended = BTreeSet::new();
        while let Some(end) = ends.pop() {
            if !ended.insert(end) {
                continue;
            }
            for source in sources.get(end).into_iter().flatten() {
                if let Some(count) = onward.get_mut(source) {
                    *count -= 1;
                    if *count == 0 {
                        ends.push(source);
                    }
                }
            }
        }
        ended
    };
    left.retain(|name| !ended.contains(name));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(edges: &[(&'static str, &[&'static str])]) -> Vec<Vec<&'static str>> {
        cycles(
            &edges
                .iter()
                .map(|(from, to)| (*from, to.to_vec()))
                .collect(),
        )
    }

    #[test]
    fn each_circle_is_found_once() {
        assert!(of(&[("a", &["b"]), ("b", &["c"]), ("c", &[])]).is_empty());
        assert_eq!(of(&[("a", &["a"])]), [["a"]]);
        assert_eq!(
            of(&[("c", &["a"]), ("a", &["b"]), ("b", &["c"]), ("d", &["a"])]),
            [["a", "b", "c"]]
        );
        assert_eq!(
            of(&[
                ("a", &["b"]),
                ("b", &["a", "x"]),
                ("x", &["y"]),
                ("y", &["x"])
            ]),
            [["a", "b"], ["x", "y"]]
        );
        assert_eq!(of(&[("a", &["z"]), ("z", &["z"])]), [["z"]]);
    }
}

//! The order of the steps.

use super::super::guards::{quoted, refusal};
use super::super::{Change, Guard};
use super::Access;
use super::item::{Item, Way};

/// Lays the steps out so that none of them gives in passing.
pub(super) fn of(items: Vec<Item<'_>>, login: Option<Way>, found: &mut Access) {
    let is_mixed = |item: &Item<'_>| item.way().is_mixed();
    let crossing = usize::from(login.is_some_and(Way::is_mixed));
    let mixed = items.iter().filter(|item| is_mixed(item)).count();
    let several = mixed + crossing > 1;
    let mut whole: Vec<(String, Vec<Change>)> = Vec::new();
    // What liftgate did not write cannot be taken apart, whatever the mapping says.
    let mut opaque = false;
    for item in items {
        let way = item.way();
        if way.narrower {
            found.takes.push(item.name().to_string());
        }
        match (way.wider, way.narrower) {
            (false, _) => found.narrow.extend(item.direct()),
            (true, false) => found.widen.extend(item.direct()),
            (true, true) => match item.halves().filter(|_| several) {
                Some((early, late)) => {
                    found.narrow.extend(early);
                    found.widen.extend(late);
                }
                None => {
                    opaque |= item
                        .before
                        .as_ref()
                        .is_some_and(|side| side.policy.is_none());
                    whole.push((item.name().to_string(), item.direct()));
                }
            },
        }
    }
    if whole.len() + crossing > 1 {
        let names: Vec<String> = whole.iter().map(|(name, _)| quoted(name)).collect();
        let beside = if crossing > 0 {
            " beside the login policy"
        } else {
            ""
        };
        found.refusals.push(refusal(
            Guard::AccessOrder,
            format!(
                "there is no order in which {} can change{beside} and nobody holds more in between than before or after",
                names.join(" and ")
            ),
            if opaque {
                "a text that liftgate did not write may give and take at once; take all such texts back in Spacelift but one, and push then"
            } else {
                "each of them gives and takes at once, on stacks that it comes to or leaves; push them one after the other: change one entry of the mapping, push, then the next"
            },
        ));
    }
    found.mixed = whole.into_iter().flat_map(|(_, steps)| steps).collect();
}

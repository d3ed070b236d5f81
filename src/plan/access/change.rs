//! What somebody gains and loses on stacks and modules.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// As many stacks are named of those on which the same happens to somebody.
const NAMED: usize = 10;

/// What somebody may newly do with stacks and modules, and what no longer.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StackChange {
    /// What they may do then and not now.
    pub gains: StackLists,
    /// What they may do now and not then.
    pub losses: StackLists,
}

/// Stacks and modules by what is gained or lost there.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StackLists {
    /// Gained: seeing them, and no more. Lost: seeing them, and whatever else.
    #[serde(default, skip_serializing_if = "StackList::is_empty")]
    pub read: StackList,
    /// Gained: changing them, seen before or not. Lost: changing them, while they are still seen.
    #[serde(default, skip_serializing_if = "StackList::is_empty")]
    pub write: StackList,
}

/// Some stacks and modules, which may be many.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StackList {
    /// How many.
    pub count: usize,
    /// The ids of the first of them.
    pub some: Vec<String>,
}

impl StackChange {
    /// Whether there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.gains.is_empty() && self.losses.is_empty()
    }
}

impl StackLists {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read.is_empty() && self.write.is_empty()
    }
}

impl StackList {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn of(ids: &BTreeSet<&str>) -> Self {
        Self {
            count: ids.len(),
            some: ids.iter().take(NAMED).map(|id| (*id).to_string()).collect(),
        }
    }
}

//! What an entry asks of stacks: the values on which its decisions turn.

use std::collections::BTreeMap;

use liftgate::model::stacks::{Attribute, StackAccess, StackTest, Value};

/// What is asked of each attribute.
pub struct Pools {
    pub asked: BTreeMap<Attribute, Vec<Value>>,
    /// Labels that speak of groups.
    pub labels: Vec<String>,
}

impl Pools {
    pub fn of(entry: &StackAccess) -> Self {
        let grants = entry.read.values().chain(entry.write.values());
        let denials = entry.deny.values().chain(entry.deny_write.values());
        let tests = grants
            .filter_map(|one| one.stack.as_ref())
            .chain(denials.filter_map(|one| one.stack.as_ref()));
        let mut asked = BTreeMap::new();
        for test in tests {
            collect(test, &mut asked);
        }
        let labels: Vec<String> = entry.by_label.keys().cloned().collect();
        Self { asked, labels }
    }
}

fn collect(test: &StackTest, found: &mut BTreeMap<Attribute, Vec<Value>>) {
    match test {
        StackTest::Is(attribute, value) => {
            // Who holds the lock is told by its login.
            let of = match attribute {
                Attribute::Lock => Attribute::LockedBy,
                other => *other,
            };
            let values = found.entry(of).or_default();
            if *attribute != Attribute::Lock {
                values.push(value.clone());
            }
        }
        StackTest::All(parts) | StackTest::Any(parts) => {
            parts.iter().for_each(|part| collect(part, found));
        }
        StackTest::Not(part) => collect(part, found),
    }
}

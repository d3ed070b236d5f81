//! What policies are attached to in the account in memory.

use std::collections::BTreeMap;

use crate::spacelift::{Attachment, Policy};

/// Attachment -> policy and stack.
pub type ByHand = BTreeMap<String, (String, String)>;

/// What a policy is attached to. `targets` are ids and labels, and whether each is a module.
pub fn of(
    policy: Option<&Policy>,
    by_hand: &ByHand,
    targets: &[(&str, &[String], bool)],
) -> Vec<Attachment> {
    let Some(policy) = policy else {
        return Vec::new();
    };
    let wanted: Vec<&str> = policy
        .labels
        .iter()
        .filter_map(|label| label.strip_prefix("autoattach:"))
        .collect();
    let mut found = Vec::new();
    for (target, labels, module) in targets {
        let own = by_hand
            .iter()
            .find(|(_, (of, stack))| *of == policy.id && stack == target);
        let by_label = wanted
            .iter()
            .any(|label| *label == "*" || labels.iter().any(|own| own == label));
        if own.is_none() && !by_label {
            continue;
        }
        found.push(Attachment {
            id: own.map_or_else(|| format!("{}:{target}", policy.id), |(id, _)| id.clone()),
            stack: (*target).to_string(),
            module: *module,
            automatic: own.is_none(),
        });
    }
    found
}

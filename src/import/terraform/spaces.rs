//! Spaces, from the top.

use serde_json::Value;

use super::modules::Resource;
use super::{left, text, texts};
use crate::import::names::{is_label, is_name};
use crate::import::{Found, Space};
use crate::model::FIXED_SPACES;
use crate::report::visible::visible;

pub(super) fn read(resources: &[Resource], found: &mut Found) {
    let mut waiting: Vec<(&Resource, String, Space)> = Vec::new();
    for resource in resources {
        if !matches!(
            resource.kind.as_str(),
            "spacelift_space" | "spacelift_space_by_path"
        ) {
            continue;
        }
        let id = match text(resource, "id") {
            Ok(id) => id,
            Err(why) => {
                left(resource, &format!("the id of the space {why}"), found);
                continue;
            }
        };
        if FIXED_SPACES.contains(&id) {
            continue;
        }
        let parent = text(resource, "parent_space_id")
            .ok()
            .filter(|id| !id.is_empty());
        if parent.is_none() && resource.has_unknown("parent_space_id") {
            left(resource, "the space above it is not known", found);
            continue;
        }
        let labels = texts(resource, "labels");
        let inherit = resource
            .values
            .get("inherit_entities")
            .and_then(Value::as_bool);
        let space = Space {
            name: text(resource, "name").unwrap_or_default().to_string(),
            // Source: the provider's documentation, which gives `root` as the default.
            parent: parent.unwrap_or("root").to_string(),
            inherit: inherit.unwrap_or(false),
            labels: labels.into_iter().filter(|label| is_label(label)).collect(),
        };
        waiting.push((resource, id.to_string(), space));
    }
    loop {
        let before = waiting.len();
        waiting.retain(|(_, id, space)| {
            let parent = space.parent.as_str();
            let hangs = FIXED_SPACES.contains(&parent) || found.spaces.contains_key(parent);
            if !hangs || !is_name(id) {
                return true;
            }
            found
                .spaces
                .entry(id.clone())
                .or_insert_with(|| space.clone());
            false
        });
        if waiting.len() == before {
            break;
        }
    }
    for (resource, id, space) in waiting {
        let why = format!(
            "the space `{}` lies below `{}`, which is not in the file, or its id cannot be a name",
            visible(&id),
            visible(&space.parent)
        );
        left(resource, &why, found);
    }
}

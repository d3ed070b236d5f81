//! Login policies.

use super::modules::Resource;
use super::{left, text};
use crate::import::{Found, Policy};
use crate::model::Dialect;

/// Every login policy whose text is in the file.
pub(super) fn read(resources: &[Resource], found: &mut Found) {
    for resource in resources
        .iter()
        .filter(|one| one.kind == "spacelift_policy")
    {
        if text(resource, "type").ok() != Some("LOGIN") {
            continue;
        }
        let (name, body) = (text(resource, "name"), text(resource, "body"));
        let (Ok(name), Ok(body)) = (name, body) else {
            left(
                resource,
                "the name or the text of the login policy is not known, or marked sensitive",
                found,
            );
            continue;
        };
        found.policies.push(Policy {
            id: text(resource, "id").unwrap_or(name).to_string(),
            name: name.to_string(),
            text: body.to_string(),
            dialect: match text(resource, "engine_type") {
                Ok("REGO_V1") => Some(Dialect::V1),
                Ok("REGO_V0") => Some(Dialect::V0),
                _ => None,
            },
            is_part: false,
        });
    }
}

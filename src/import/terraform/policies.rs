//! Policies: what a login policy says may be part of the mapping, what an access policy says is not.

use super::modules::Resource;
use super::{left, text};
use crate::import::{Found, Policy, Type};
use crate::model::Dialect;
use crate::report::visible::visible;
use crate::spacelift::PolicyType;

/// Every login policy and access policy whose text is in the file.
pub(super) fn read(resources: &[Resource], found: &mut Found) {
    for resource in resources
        .iter()
        .filter(|one| one.kind == "spacelift_policy")
    {
        let Ok(word) = text(resource, "type") else {
            left(resource, "the type of the policy is not known", found);
            continue;
        };
        let kind = PolicyType::from(word.to_string());
        let (kind, what) = if kind.is(&PolicyType::Login) {
            (Type::Login, "login policy")
        } else if kind.is(&PolicyType::Access) {
            (Type::Access, "access policy")
        } else {
            continue;
        };
        let (name, body) = (text(resource, "name"), text(resource, "body"));
        let (Ok(name), Ok(body)) = (name, body) else {
            let why =
                format!("the name or the text of the {what} is not known, or marked sensitive");
            left(resource, &why, found);
            continue;
        };
        if kind == Type::Access {
            let why = format!(
                "the access policy `{}`, of which nothing is part of this mapping: its text lies beside it, and what it is attached to is not read",
                visible(name)
            );
            left(resource, &why, found);
        }
        found.policies.push(Policy {
            kind,
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

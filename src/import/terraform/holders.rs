//! Who holds what: mapped groups, people, and what roles are attached to.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::modules::Resource;
use super::{Held, Named, Reading, left, text};
use crate::import::names::{is_group, is_key, is_login};
use crate::import::{Found, Grant, Key, Who};
use crate::report::counts::number;
use crate::report::visible::visible;

impl Reading<'_> {
    /// What is sent for each mapped group. The levels of a mapping are what came before roles.
    pub(super) fn groups(&self, found: &mut Found, held: &mut Held) -> BTreeMap<String, String> {
        let mut names = BTreeMap::new();
        for resource in self.of("spacelift_idp_group_mapping") {
            let name = match text(resource, "name") {
                Ok(name) if is_group(name) => name.to_string(),
                Ok(_) => {
                    left(
                        resource,
                        "the name of the group cannot be written in a mapping",
                        found,
                    );
                    continue;
                }
                Err(why) => {
                    left(resource, &format!("the name of the group {why}"), found);
                    continue;
                }
            };
            for key in [text(resource, "id").ok(), Some(resource.address.as_str())] {
                names.extend(key.map(|key| (key.to_string(), name.clone())));
            }
            found.groups.insert(name.clone());
            let who = Who::Group(name);
            held.groups.extend(levels(resource, &who, found));
        }
        names
    }

    pub(super) fn users(&self, found: &mut Found, held: &mut Held) -> BTreeMap<String, String> {
        let mut names = BTreeMap::new();
        for resource in self.of("spacelift_user") {
            let login = match text(resource, "username") {
                Ok(login) if is_login(login) => login.to_string(),
                Ok(_) => {
                    left(resource, "the login cannot be written in a mapping", found);
                    continue;
                }
                Err(why) => {
                    left(resource, &format!("the login {why}"), found);
                    continue;
                }
            };
            for key in [text(resource, "id").ok(), Some(resource.address.as_str())] {
                names.extend(key.map(|key| (key.to_string(), login.clone())));
            }
            let who = Who::Login(login);
            held.users.extend(levels(resource, &who, found));
        }
        names
    }

    pub(super) fn attachments(&self, named: &Named, found: &mut Found, held: &mut Held) {
        let mut stacks = 0;
        for resource in self.of("spacelift_role_attachment") {
            let is_of = |key: &str| text(resource, key).is_ok_and(|id| !id.is_empty());
            if is_of("stack_id") || self.names(resource, "stack_id") {
                stacks += 1;
                continue;
            }
            match self.attachment(resource, named, found, held) {
                Ok(()) => {}
                Err(why) => left(resource, &why, found),
            }
        }
        if stacks > 0 {
            found.left(format!(
                "{} of roles to stacks, which are no logins",
                number(stacks, "attachment")
            ));
        }
    }

    fn attachment(
        &self,
        resource: &Resource,
        named: &Named,
        found: &mut Found,
        held: &mut Held,
    ) -> Result<(), String> {
        let role = self
            .key(resource, "role_id")
            .ok_or("its role is not known")?;
        let slug = named.roles.get(&role).ok_or_else(|| {
            format!(
                "the role `{}` is not in the file, or its slug is not known",
                visible(&role)
            )
        })?;
        let space = text(resource, "space_id").map_err(|why| format!("its space {why}"))?;
        let to = |who: Who| Grant::new(who, slug, space);
        if let Some(id) = self.key(resource, "idp_group_mapping_id") {
            let name = named.groups.get(&id);
            let name = name.ok_or_else(|| {
                format!(
                    "the mapping of a group `{}` is not in the file",
                    visible(&id)
                )
            })?;
            held.groups.push(to(Who::Group(name.clone())));
        } else if let Some(id) = self.key(resource, "user_id") {
            let login = named.users.get(&id);
            let login =
                login.ok_or_else(|| format!("the user `{}` is not in the file", visible(&id)))?;
            held.users.push(to(Who::Login(login.clone())));
        } else if let Some(id) = text(resource, "api_key_id")
            .ok()
            .filter(|id| !id.is_empty())
        {
            if !is_key(id) {
                return Err("the id of its API key cannot be written in a mapping".to_string());
            }
            found.keys.entry(id.to_string()).or_insert_with(|| Key {
                name: id.to_string(),
                remark: Some("its name is not in the file".to_string()),
            });
            held.keys.push(to(Who::Key(id.to_string())));
        } else {
            return Err("whom it is for is not known".to_string());
        }
        Ok(())
    }
}

/// The blocks `policy` of a mapping of a group or of a user.
fn levels(resource: &Resource, who: &Who, found: &mut Found) -> Vec<Grant> {
    let blocks = resource.values.get("policy").and_then(Value::as_array);
    let mut grants = Vec::new();
    for block in blocks.into_iter().flatten().filter_map(Value::as_object) {
        let said = |key: &str| -> Option<&str> { Map::get(block, key)?.as_str() };
        let role = match said("role") {
            Some("READ") => "space-reader",
            Some("WRITE") => "space-writer",
            Some("ADMIN") => "space-admin",
            _ => {
                left(resource, "a level of it is not known", found);
                continue;
            }
        };
        match said("space_id") {
            Some(space) if !resource.is_sensitive("policy") => {
                grants.push(Grant::new(who.clone(), role, space));
            }
            _ => left(resource, "a space of it is not known", found),
        }
    }
    if resource.has_unknown("policy") && grants.is_empty() {
        left(resource, "its levels are not known", found);
    }
    grants
}

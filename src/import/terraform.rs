//! What Terraform's code makes of an account: the JSON that `terraform show -json` prints of a state or of a plan. OpenTofu's is
//! the same.
//!
//! What an apply would only then know (an id of a new space, a slug of a new role), what is marked sensitive, and what the file
//! does not hold, is left and told, each by its address.

mod links;
mod modules;
mod policies;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::names::{is_group, is_key, is_label, is_login, is_name};
use super::policy::{Imported, join};
use super::rego::Known;
use super::{Found, Grant, Key, Role, Section, Space, Who, merged};
use crate::evaluate::foreign::Decide;
use crate::model::{BUILT_IN_ROLES, FIXED_SPACES};
use crate::report::counts::number;
use crate::report::visible::visible;
use crate::resolve::actions::from_api;
use modules::Resource;

/// No larger file is read.
pub const MAX_BYTES: usize = 64 << 20;

/// Why a text is no state and no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// Reads a state or a plan. `decide` asks its login policy.
///
/// # Errors
/// When the text is neither.
pub fn read(text: &str, decide: &dyn Decide) -> Result<Imported, Unreadable> {
    let document = modules::Document::read(text)?;
    let mut found = Found {
        source: format!("a Terraform {}", document.kind()),
        ..Found::default()
    };
    if document.is_unfinished() {
        found.unseen("what a later plan would add: this one says that it is not complete");
    }
    let reading = Reading {
        document: &document,
    };
    spaces(&document.resources, &mut found);
    let roles = reading.roles(&mut found);
    let lent = keys(&document.resources, &mut found);
    let mut held = Held::default();
    let groups = reading.groups(&mut found, &mut held);
    let users = reading.users(&mut found, &mut held);
    reading.attachments(
        &Named {
            roles,
            groups,
            users,
        },
        &mut found,
        &mut held,
    );
    policies::read(&document.resources, &mut found);
    held.lend(&lent);
    found.unseen("everything that Terraform does not manage: read the account itself with `liftgate import` for that, and which strategy decides in it");
    let known = Known::default();
    Ok(join(found, &known, decide, |found, is_part| {
        sections(held.clone(), is_part, found);
    }))
}

/// What attachments name: each by its id and by its address, since an id may not be known yet.
struct Named {
    /// Slugs.
    roles: BTreeMap<String, String>,
    /// What is sent for a group.
    groups: BTreeMap<String, String>,
    /// Logins.
    users: BTreeMap<String, String>,
}

/// Who holds what.
#[derive(Clone, Default)]
struct Held {
    groups: Vec<Grant>,
    users: Vec<Grant>,
    keys: Vec<Grant>,
    lent: Vec<Grant>,
}

impl Held {
    /// Where groups are mapped, a key holds what its groups give; a grant to the group would speak of people only.
    fn lend(&mut self, lent: &BTreeMap<String, BTreeSet<String>>) {
        for (id, groups) in lent {
            let given = self
                .groups
                .iter()
                .filter(|one| matches!(&one.who, Who::Group(group) if groups.contains(group)));
            let given: Vec<Grant> = given
                .map(|one| Grant {
                    who: Who::Key(id.clone()),
                    ..one.clone()
                })
                .collect();
            self.lent.extend(given);
        }
    }
}

/// A text of a resource, or why it is none.
fn text<'v>(resource: &'v Resource, key: &str) -> Result<&'v str, &'static str> {
    if resource.is_sensitive(key) {
        return Err("is marked sensitive, so that it is not written down");
    }
    match resource.values.get(key) {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Null) | None => Err("is not known"),
        Some(_) => Err("is no text"),
    }
}

fn texts(resource: &Resource, key: &str) -> BTreeSet<String> {
    let list = resource.values.get(key).and_then(Value::as_array);
    let items = list.into_iter().flatten().filter_map(Value::as_str);
    items.map(str::to_string).collect()
}

fn left(resource: &Resource, why: &str, found: &mut Found) {
    found.left(format!("`{}`: {why}", visible(&resource.address)));
}

fn spaces(resources: &[Resource], found: &mut Found) {
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

/// Answers which groups are lent to which key.
fn keys(resources: &[Resource], found: &mut Found) -> BTreeMap<String, BTreeSet<String>> {
    let mut lent = BTreeMap::new();
    for resource in resources
        .iter()
        .filter(|one| one.kind == "spacelift_api_key")
    {
        let id = match text(resource, "id") {
            Ok(id) if is_key(id) => id,
            Ok(_) => {
                left(resource, "its id cannot be written in a mapping", found);
                continue;
            }
            Err(why) => {
                left(resource, &format!("the id of the API key {why}"), found);
                continue;
            }
        };
        let groups = texts(resource, "idp_groups");
        let said: Vec<String> = groups.iter().map(|group| format!("`{group}`")).collect();
        let key = Key {
            name: text(resource, "name").unwrap_or_default().to_string(),
            remark: (!said.is_empty()).then(|| format!("with the groups {}", said.join(", "))),
        };
        found.keys.insert(id.to_string(), key);
        let groups: BTreeSet<String> = groups.into_iter().filter(|one| is_group(one)).collect();
        found.groups.extend(groups.iter().cloned());
        lent.insert(id.to_string(), groups);
    }
    lent
}

struct Reading<'d> {
    document: &'d modules::Document,
}

impl Reading<'_> {
    fn of<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Resource> {
        self.document
            .resources
            .iter()
            .filter(move |one| one.kind == kind)
    }

    fn roles(&self, found: &mut Found) -> BTreeMap<String, String> {
        let mut slugs = BTreeMap::new();
        for resource in self.of("spacelift_role") {
            let slug = match text(resource, "slug") {
                Ok(slug) => slug.to_string(),
                Err(why) => match system_slug(resource) {
                    Some(slug) => slug.to_string(),
                    None => {
                        left(resource, &format!("the slug of the role {why}"), found);
                        continue;
                    }
                },
            };
            for name in [text(resource, "id").ok(), Some(resource.address.as_str())] {
                slugs.extend(name.map(|name| (name.to_string(), slug.clone())));
            }
            if BUILT_IN_ROLES.contains(&slug.as_str()) || found.roles.contains_key(&slug) {
                continue;
            }
            if !is_name(&slug) {
                left(resource, "its slug cannot be a name", found);
                continue;
            }
            let actions = texts(resource, "actions");
            let known: Option<BTreeSet<String>> = actions
                .iter()
                .map(|action| from_api(action).map(str::to_string))
                .collect();
            let known = known.filter(|known| !known.is_empty() && resource.is_managed);
            if known.is_none() {
                left(
                    resource,
                    "what the role may do is not known here, or it is made elsewhere, so that it is external",
                    found,
                );
            }
            let name = text(resource, "name").unwrap_or_default().to_string();
            found.roles.insert(
                slug,
                Role {
                    name,
                    actions: known,
                },
            );
        }
        slugs
    }

    /// What is sent for each mapped group. The levels of a mapping are what came before roles.
    fn groups(&self, found: &mut Found, held: &mut Held) -> BTreeMap<String, String> {
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

    fn users(&self, found: &mut Found, held: &mut Held) -> BTreeMap<String, String> {
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

    fn attachments(&self, named: &Named, found: &mut Found, held: &mut Held) {
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

/// Spacelift's own roles, by the names that it gives them (source: the provider's documentation).
fn system_slug(resource: &Resource) -> Option<&'static str> {
    let is_system = resource.values.get("is_system").and_then(Value::as_bool);
    if is_system != Some(true) {
        return None;
    }
    match text(resource, "name").ok()? {
        "Space admin" => Some("space-admin"),
        "Space writer" => Some("space-writer"),
        "Space reader" => Some("space-reader"),
        _ => None,
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

/// What is in force where user management decides. A login policy in the file says that it does not. Where that is part of the
/// mapping, what keys hold beside it is not: it stays whatever is pushed.
fn sections(held: Held, is_part: bool, found: &mut Found) {
    let has_policy = !found.policies.is_empty();
    let effect = if has_policy {
        "which has no effect where login policies decide, and there is one in the file. Take in what should hold."
    } else {
        "which has an effect where user management decides, and not where login policies do."
    };
    for (whom, grants, is_offer) in [
        ("API keys", held.keys, is_part),
        ("API keys by their groups", held.lent, has_policy),
        ("mapped groups", held.groups, has_policy),
        ("people", held.users, has_policy),
    ] {
        let (sound, other): (Vec<Grant>, Vec<Grant>) =
            grants.into_iter().partition(|grant| found.declares(grant));
        for grant in other {
            let list = |names: &BTreeSet<String>| -> String {
                let names = names.iter().map(|name| format!("`{}`", visible(name)));
                names.collect::<Vec<_>>().join(", ")
            };
            found.left(format!(
                "a role {} on the space {} of {whom}: not both are in the file",
                list(&grant.roles),
                list(&grant.spaces)
            ));
        }
        let remark = if whom == "API keys" && is_part {
            "What Terraform gives API keys by bindings, beside what the policy gives.".to_string()
        } else if whom == "API keys" {
            "What Terraform gives API keys.".to_string()
        } else {
            format!("What Terraform gives {whom}, {effect}")
        };
        found.grants.push(Section {
            remark,
            is_offer,
            grants: merged(sound),
        });
    }
}

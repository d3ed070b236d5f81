//! Spaces, each below the one that it lies in, and roles.

use std::collections::{BTreeMap, BTreeSet};

use super::grants::held;
use crate::import::layout::{Page, Yaml};
use crate::import::{Found, Role, Space};

pub(super) fn spaces(found: &Found, page: &mut Page) {
    if found.spaces.is_empty() {
        return;
    }
    page.gap();
    page.key(0, "spaces");
    // Each below the one that it lies in, as people think of them.
    let mut children: BTreeMap<&str, Vec<(&str, &Space)>> = BTreeMap::new();
    for (id, space) in &found.spaces {
        let below = children.entry(space.parent.as_str()).or_default();
        below.push((id, space));
    }
    let mut open: Vec<(&str, &Space)> = Vec::new();
    for top in ["legacy", "root"] {
        open.extend(children.remove(top).into_iter().flatten().rev());
    }
    while let Some((id, space)) = open.pop() {
        let mut entries = vec![("parent".to_string(), Yaml::text(&space.parent))];
        if space.inherit {
            entries.push(("inherit".to_string(), Yaml::flag(true)));
        }
        if !space.labels.is_empty() {
            let labels = space.labels.iter().map(Yaml::text).collect();
            entries.push(("labels".to_string(), Yaml::List(labels)));
        }
        let remark = Some(space.name.as_str()).filter(|name| *name != id && !name.is_empty());
        page.field(2, id, &Yaml::Map(entries), remark);
        open.extend(children.remove(id).into_iter().flatten().rev());
    }
}

pub(super) fn roles(found: &Found, page: &mut Page) {
    if found.roles.is_empty() {
        return;
    }
    page.gap();
    let used: BTreeSet<&String> = held(found).flat_map(|grant| &grant.roles).collect();
    // One that is made elsewhere and given to nobody would be a name that nothing uses.
    let (here, idle): (Vec<_>, Vec<_>) = found
        .roles
        .iter()
        .partition(|(slug, role)| role.actions.is_some() || used.contains(slug));
    if here.is_empty() {
        page.comment(0, "roles:");
    } else {
        page.key(0, "roles");
    }
    for (slug, role) in here {
        page.field(2, slug, &role_yaml(slug, role), None);
    }
    for (slug, role) in idle {
        page.field_offered(2, slug, &role_yaml(slug, role), None);
    }
}

fn role_yaml(slug: &String, role: &Role) -> Yaml {
    let Role { name, actions } = role;
    let mut entries = Vec::new();
    if name != slug && !name.is_empty() {
        entries.push(("name".to_string(), Yaml::text(name)));
    }
    match actions {
        Some(actions) => {
            let actions = actions.iter().map(Yaml::text).collect();
            entries.push(("actions".to_string(), Yaml::List(actions)));
        }
        None => entries.push(("external".to_string(), Yaml::flag(true))),
    }
    Yaml::Map(entries)
}

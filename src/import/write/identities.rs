//! Groups and keys by name, and logins that the policy does not decide about.

use super::instant;
use super::names::{Names, logins};
use crate::import::layout::{Page, Yaml};
use crate::import::{Found, Key, Named};
use crate::model::Because;

/// More seen groups than this are counted only.
const SHOWN_GROUPS: usize = 2_000;

pub(super) fn groups(found: &Found, names: &Names, page: &mut Page) {
    let (used, seen): (Vec<_>, Vec<_>) = names
        .groups
        .iter()
        .partition(|(value, _)| names.used.contains(*value));
    if used.is_empty() && seen.is_empty() && found.named.is_empty() {
        return;
    }
    page.gap();
    if used.is_empty() && found.named.is_empty() {
        page.comment(0, "groups:");
    } else {
        page.key(0, "groups");
    }
    for (name, values) in &found.named {
        page.field(2, name, &group_yaml(values), None);
    }
    for (value, alias) in used {
        page.field(2, alias, &Yaml::text(*value), None);
    }
    if !seen.is_empty() {
        page.comment(2, "Seen, and nothing above or below is granted to them:");
    }
    for (value, alias) in seen.iter().take(SHOWN_GROUPS) {
        page.field_offered(2, alias, &Yaml::text(**value), None);
    }
    if let Some(more) = seen
        .len()
        .checked_sub(SHOWN_GROUPS)
        .filter(|more| *more > 0)
    {
        page.comment(2, &format!("and {more} more"));
    }
}

fn group_yaml(values: &Named) -> Yaml {
    let now: Vec<&String> = values
        .iter()
        .filter(|(_, ends)| ends.is_none())
        .map(|(value, _)| value)
        .collect();
    let former = values.iter().filter_map(|(value, ends)| {
        let entry = vec![
            ("sent_as".to_string(), Yaml::text(value)),
            ("ends".to_string(), Yaml::text(instant((*ends)?))),
        ];
        Some(Yaml::Map(entry))
    });
    let former: Vec<Yaml> = former.collect();
    let now = Yaml::texts(now);
    if former.is_empty() {
        return match now {
            Yaml::Text(_) => now,
            several => Yaml::Map(vec![("sent_as".to_string(), several)]),
        };
    }
    Yaml::Map(vec![
        ("sent_as".to_string(), now),
        ("formerly".to_string(), Yaml::List(former)),
    ])
}

pub(super) fn keys(found: &Found, names: &Names, page: &mut Page) {
    // One that is never asked about stands elsewhere.
    let is_asked = |id: &str| !found.outside.contains_key(&format!("api::{id}"));
    let (used, other): (Vec<_>, Vec<_>) = found
        .keys
        .iter()
        .filter(|(id, _)| is_asked(id))
        .partition(|(id, _)| names.used.contains(id.as_str()));
    let logins = logins(found);
    let (by_login, seen): (Vec<_>, Vec<_>) = other
        .into_iter()
        .partition(|(id, _)| logins.contains(format!("api::{id}").as_str()));
    if used.is_empty() && by_login.is_empty() && seen.is_empty() {
        return;
    }
    page.gap();
    if used.is_empty() {
        page.comment(0, "api_keys:");
    } else {
        page.key(0, "api_keys");
    }
    let entry = |id: &String| {
        let name = names.keys.get(id.as_str()).cloned().unwrap_or_default();
        (name, Yaml::Map(vec![("id".to_string(), Yaml::text(id))]))
    };
    let remark = |id: &str, key: &Key| {
        let is_called_so = names.keys.get(id).is_some_and(|name| *name == key.name);
        let called = (!is_called_so).then(|| format!("called `{}`", key.name));
        let parts: Vec<String> = called.into_iter().chain(key.remark.clone()).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    };
    for (id, key) in used {
        let (name, value) = entry(id);
        page.field(2, &name, &value, remark(id, key).as_deref());
    }
    for (keys, what) in [
        (
            by_login,
            "Named below by their logins, as the old policy has it:",
        ),
        (seen, "Seen, and nothing is granted to them:"),
    ] {
        if !keys.is_empty() {
            page.comment(2, what);
        }
        for (id, key) in keys {
            let (name, value) = entry(id);
            page.field_offered(2, &name, &value, remark(id, key).as_deref());
        }
    }
}

pub(super) fn break_glass(found: &Found, page: &mut Page) {
    if found.break_glass.is_empty() {
        return;
    }
    page.gap();
    page.comment(
        0,
        "Who answers for these, and what for, is in no policy: write it.",
    );
    page.key(0, "break_glass");
    for login in &found.break_glass {
        let entry = Yaml::Map(vec![
            ("login".to_string(), Yaml::text(login)),
            ("owner".to_string(), Yaml::text("unknown")),
            ("why".to_string(), Yaml::text("unknown")),
        ]);
        page.item(2, &entry, None);
    }
}

pub(super) fn outside(found: &Found, page: &mut Page) {
    if found.outside.is_empty() {
        return;
    }
    page.gap();
    page.comment(0, "Spacelift lets these in without asking the policy.");
    page.key(0, "outside_policy");
    for (login, because) in &found.outside {
        let key = login.strip_prefix("api::");
        let name = key.and_then(|id| found.keys.get(id));
        let remark = name.map(|key| key.name.as_str());
        let entry = Yaml::Map(vec![
            ("login".to_string(), Yaml::text(login)),
            ("because".to_string(), Yaml::text(word(*because))),
        ]);
        page.item(2, &entry, remark);
    }
}

fn word(because: Because) -> &'static str {
    match because {
        Because::SsoAdmin => "sso_admin",
        Because::OrganizationAdmin => "organization_admin",
        Because::AccountOwner => "account_owner",
        Because::RootKey => "root_key",
    }
}

//! `login` and `teams`.

use super::names::Names;
use crate::import::layout::{Page, Yaml};
use crate::import::{Entry, Found, Test, Who};

pub(super) fn write(found: &Found, names: &Names, page: &mut Page) {
    let login = &found.login;
    let says = login.require.is_some()
        || login.admit
        || login.no_groups_known
        || !login.admin.is_empty()
        || !login.deny.is_empty()
        || !login.deny_admin.is_empty()
        || !login.offboarded.is_empty()
        || !login.slack.is_empty();
    if !says && login.remark.is_none() {
        return;
    }
    page.gap();
    if let Some(remark) = &login.remark {
        page.comment(0, remark);
    }
    if !says {
        return;
    }
    page.key(0, "login");
    if let Some(require) = &login.require {
        page.field(2, "require", &names.who(require), None);
    }
    if login.admit {
        page.field(2, "no_grants", &Yaml::text("admit"), None);
    }
    if login.no_groups_known {
        page.field(2, "no_groups", &Yaml::text("known"), None);
    }
    entries("admin", "when", &login.admin, names, page);
    entries("deny", "unless", &login.deny, names, page);
    entries("deny_admin", "unless", &login.deny_admin, names, page);
    if !login.offboarded.is_empty() {
        page.key(2, "offboarded");
    }
    for (who, aliases) in &login.offboarded {
        let value = if aliases.is_empty() {
            Yaml::text(who)
        } else {
            let aliases = aliases.iter().map(Yaml::text).collect();
            Yaml::Map(vec![
                ("login".to_string(), Yaml::text(who)),
                ("aliases".to_string(), Yaml::List(aliases)),
            ])
        };
        page.item(4, &value, None);
    }
    if !login.slack.is_empty() {
        page.key(2, "slack");
    }
    for ((workspace, channel), roles) in &login.slack {
        let roles = roles
            .iter()
            .map(|(space, slugs)| (space.clone(), Yaml::texts(slugs)));
        let value = Yaml::Map(vec![
            ("workspace".to_string(), Yaml::text(workspace)),
            ("channel".to_string(), Yaml::text(channel)),
            ("space_roles".to_string(), Yaml::Map(roles.collect())),
        ]);
        page.item(4, &value, None);
    }
}

fn entries(key: &str, test_key: &str, entries: &[Entry], names: &Names, page: &mut Page) {
    if entries.is_empty() {
        return;
    }
    page.key(2, key);
    for entry in entries {
        page.item(
            4,
            &entry_yaml(&entry.who, entry.test.as_ref(), test_key, names),
            None,
        );
    }
}

/// A subject alone where that is all, and it is a name.
fn entry_yaml(who: &Who, under: Option<&Test>, test_key: &str, names: &Names) -> Yaml {
    let Some(under) = under else {
        return match names.who(who) {
            name @ Yaml::Text(_) => name,
            map => Yaml::Map(vec![("who".to_string(), map)]),
        };
    };
    let mut entries = Vec::new();
    if !(*who == Who::Everyone && test_key == "unless") {
        entries.push(("who".to_string(), names.who(who)));
    }
    entries.push((test_key.to_string(), test(under)));
    Yaml::Map(entries)
}

/// `when` or `unless`.
pub(super) fn test(written: &Test) -> Yaml {
    let list = |tests: &[Test]| Yaml::List(tests.iter().map(test).collect());
    match written {
        Test::Is(name) => Yaml::text(name),
        Test::All(tests) => Yaml::Map(vec![("all".to_string(), list(tests))]),
        Test::Any(tests) => Yaml::Map(vec![("any".to_string(), list(tests))]),
    }
}

pub(super) fn teams(found: &Found, names: &Names, page: &mut Page) {
    let Some(teams) = &found.teams else {
        return;
    };
    page.gap();
    page.key(0, "teams");
    page.field(2, "keep", &Yaml::flag(teams.keep), None);
    if !teams.add.is_empty() {
        page.key(2, "add");
    }
    for (team, (who, when)) in &teams.add {
        let value = match when {
            None => names.who(who),
            Some(when) => Yaml::Map(vec![
                ("who".to_string(), names.who(who)),
                ("when".to_string(), test(when)),
            ]),
        };
        page.field(4, team, &value, None);
    }
}

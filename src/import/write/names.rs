//! What the mapping calls groups and keys, and which of them anything asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::grants::held;
use crate::import::layout::Yaml;
use crate::import::names::{aliases, is_name, unique};
use crate::import::{Found, Key, StackWho, Who};

/// What the mapping calls groups and keys.
pub(super) struct Names<'f> {
    pub(super) groups: BTreeMap<&'f str, String>,
    /// Groups that have a name already.
    pub(super) named: BTreeMap<&'f str, &'f String>,
    pub(super) keys: BTreeMap<&'f str, String>,
    /// What grants that hold ask for.
    pub(super) used: BTreeSet<&'f str>,
}

impl<'f> Names<'f> {
    pub(super) fn of(found: &'f Found) -> Self {
        let (mut asked, mut used) = (BTreeSet::new(), BTreeSet::new());
        for who in subjects(found) {
            named(who, &mut used);
            named(who, &mut asked);
        }
        for section in &found.grants {
            for grant in &section.grants {
                named(&grant.who, &mut asked);
                if !section.is_offer {
                    named(&grant.who, &mut used);
                }
            }
        }
        let seen = found.groups.iter().map(String::as_str);
        let groups = asked.iter().copied().filter_map(|name| name.group());
        let used: BTreeSet<Name> = used;
        // What has a name alone is called by it.
        let named: BTreeMap<&str, &String> = found
            .named
            .iter()
            .filter(|(_, values)| values.len() == 1)
            .flat_map(|(name, values)| values.iter().map(move |(value, ends)| (value, ends, name)))
            .filter(|(_, ends, _)| ends.is_none())
            .map(|(value, _, name)| (value.as_str(), name))
            .collect();
        let unnamed = groups
            .chain(seen)
            .filter(|value| !named.contains_key(value));
        Self {
            groups: aliases(unnamed, "group", found.named.keys()),
            named,
            keys: key_names(&found.keys),
            used: used.into_iter().map(Name::text).collect(),
        }
    }

    pub(super) fn who(&self, who: &Who) -> Yaml {
        match who {
            Who::Everyone => Yaml::text("everyone"),
            Who::Group(value) => Yaml::text(self.group(value)),
            Who::Named(name) => Yaml::text(name),
            Who::All(parts) => Yaml::Map(self.entries(parts)),
            other => Yaml::Map(self.entries(std::slice::from_ref(other))),
        }
    }

    fn group(&self, value: &str) -> &str {
        let named = self.named.get(value).copied();
        let name = named.or_else(|| self.groups.get(value));
        name.map_or("", String::as_str)
    }

    /// The keys of a map, all of which must hold. What would be a second value of a key goes under `all`.
    fn entries(&self, parts: &[Who]) -> Vec<(String, Yaml)> {
        let parts: Vec<(&'static str, Yaml, &Who)> = parts
            .iter()
            .filter_map(|part| {
                let (key, value) = match part {
                    Who::Everyone => return None,
                    Who::Group(value) => ("group", Yaml::text(self.group(value))),
                    Who::Named(name) => ("group", Yaml::text(name)),
                    Who::Login(login) => ("login", Yaml::text(login)),
                    Who::Key(id) => {
                        let name = self.keys.get(id.as_str()).map_or("", String::as_str);
                        ("api_key", Yaml::text(name))
                    }
                    Who::Member(flag) => ("member", Yaml::flag(*flag)),
                    Who::Machine(flag) => ("machine", Yaml::flag(*flag)),
                    Who::Any(parts) => self.any("any", parts),
                    Who::None(parts) => ("none", self.list(parts)),
                    Who::All(parts) => ("all", self.list(parts)),
                };
                Some((key, value, part))
            })
            .collect();
        let (mut entries, mut more): (Vec<(String, Yaml)>, Vec<Yaml>) = (Vec::new(), Vec::new());
        for (key, value, part) in &parts {
            let is_alone = parts.iter().filter(|(other, ..)| other == key).count() == 1;
            if is_alone && *key != "all" {
                entries.push(((*key).to_string(), value.clone()));
            } else if let (Who::All(inner), true) = (part, is_alone) {
                more.extend(inner.iter().map(|part| self.who(part)));
            } else {
                more.push(self.who(part));
            }
        }
        if !more.is_empty() {
            entries.insert(0, ("all".to_string(), Yaml::List(more)));
        }
        entries
    }

    fn list(&self, parts: &[Who]) -> Yaml {
        Yaml::List(parts.iter().map(|part| self.who(part)).collect())
    }

    /// Any of several logins is a list of them.
    fn any(&self, key: &'static str, parts: &[Who]) -> (&'static str, Yaml) {
        let logins = parts.iter().map(|part| match part {
            Who::Login(login) => Some(Yaml::text(login)),
            _ => None,
        });
        match logins.collect::<Option<Vec<Yaml>>>() {
            Some(logins) => ("login", Yaml::List(logins)),
            None => (key, self.list(parts)),
        }
    }
}

/// Every subject beside those of grants.
fn subjects(found: &Found) -> impl Iterator<Item = &Who> {
    let login = &found.login;
    let entries = login
        .admin
        .iter()
        .chain(&login.deny)
        .chain(&login.deny_admin);
    let added = found.teams.iter().flat_map(|teams| teams.add.values());
    let of_stacks = found.stacks.values().flat_map(|one| {
        let given = one.read.iter().chain(&one.write);
        given.chain(&one.deny).chain(&one.deny_write)
    });
    let of_stacks = of_stacks.filter_map(|entry| match &entry.who {
        StackWho::Session(who) => Some(who),
        StackWho::Slack { .. } => None,
    });
    login
        .require
        .iter()
        .chain(entries.map(|entry| &entry.who))
        .chain(added.map(|(who, _)| who))
        .chain(of_stacks)
}

/// The groups that anything asks for, by what is sent for them.
pub(in crate::import) fn groups_asked_for(found: &Found) -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    let grants = found.grants.iter().flat_map(|section| &section.grants);
    for who in subjects(found).chain(grants.map(|grant| &grant.who)) {
        named(who, &mut asked);
    }
    let groups = asked.into_iter().filter_map(Name::group);
    groups.map(str::to_string).collect()
}

/// What a subject calls by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name<'f> {
    Group(&'f str),
    Key(&'f str),
}

impl<'f> Name<'f> {
    fn group(self) -> Option<&'f str> {
        match self {
            Self::Group(value) => Some(value),
            Self::Key(_) => None,
        }
    }

    fn text(self) -> &'f str {
        match self {
            Self::Group(text) | Self::Key(text) => text,
        }
    }
}

fn named<'f>(who: &'f Who, found: &mut BTreeSet<Name<'f>>) {
    match who {
        Who::Group(value) => drop(found.insert(Name::Group(value))),
        Who::Key(id) => drop(found.insert(Name::Key(id))),
        Who::All(parts) | Who::Any(parts) | Who::None(parts) => {
            for part in parts {
                named(part, found);
            }
        }
        Who::Everyone | Who::Named(_) | Who::Login(_) | Who::Member(_) | Who::Machine(_) => {}
    }
}

/// Keys are called as the account calls them, since Spacelift may send that, wherever a mapping can.
fn key_names(keys: &BTreeMap<String, Key>) -> BTreeMap<&str, String> {
    let mut taken = BTreeSet::new();
    let plain = aliases(keys.values().map(|key| key.name.as_str()), "key", []);
    keys.iter()
        .map(|(id, key)| {
            let name = match is_name(&key.name) {
                true => key.name.clone(),
                false => plain.get(key.name.as_str()).cloned().unwrap_or_default(),
            };
            (id.as_str(), unique(name, &mut taken))
        })
        .collect()
}

/// The logins that anything which holds asks for.
pub(super) fn logins(found: &Found) -> BTreeSet<&str> {
    fn of<'f>(who: &'f Who, into: &mut BTreeSet<&'f str>) {
        match who {
            Who::Login(login) => drop(into.insert(login)),
            Who::All(parts) | Who::Any(parts) | Who::None(parts) => {
                for part in parts {
                    of(part, into);
                }
            }
            _ => {}
        }
    }
    let mut logins = BTreeSet::new();
    for who in subjects(found).chain(held(found).map(|grant| &grant.who)) {
        of(who, &mut logins);
    }
    logins
}

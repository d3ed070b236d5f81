//! What was found, as the text of a mapping.

mod login;
mod stacks;

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{Page, Yaml};
use super::names::{aliases, is_name, unique};
use super::{Found, Grant, Key, Kind, Named, Role, Space, StackWho, Type, Who};
use crate::model::{Account, Because, Day, Dialect};

/// More seen groups than this are counted only.
const SHOWN_GROUPS: usize = 2_000;

/// The mapping as a person would write it, in the order of the language's page. Equal findings give equal bytes.
#[must_use]
pub fn text(found: &Found) -> String {
    let names = Names::of(found);
    let mut page = Page::default();
    head(found, &mut page);
    spaces(found, &mut page);
    roles(found, &mut page);
    groups(found, &names, &mut page);
    keys(found, &names, &mut page);
    conditions(found, &mut page);
    login::write(found, &names, &mut page);
    break_glass(found, &mut page);
    outside(found, &mut page);
    grants(found, &names, &mut page);
    login::teams(found, &names, &mut page);
    stacks::write(found, &names, &mut page);
    if let Some(sample) = found.sample {
        page.gap();
        page.field(0, "sample", &Yaml::text(sample), None);
    }
    policies(found, &mut page);
    remarks(found, &mut page);
    page.text()
}

/// What the mapping calls groups and keys.
struct Names<'f> {
    groups: BTreeMap<&'f str, String>,
    /// Groups that have a name already.
    named: BTreeMap<&'f str, &'f String>,
    keys: BTreeMap<&'f str, String>,
    /// What grants that hold ask for.
    used: BTreeSet<&'f str>,
}

impl<'f> Names<'f> {
    fn of(found: &'f Found) -> Self {
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

    fn who(&self, who: &Who) -> Yaml {
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
pub(super) fn groups_asked_for(found: &Found) -> BTreeSet<String> {
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

fn head(found: &Found, page: &mut Page) {
    page.comment(0, &format!("A first mapping, made from {}.", found.source));
    page.comment(
        0,
        "Read it through before it is pushed: what could not be seen, and what is left, stands at its end. Names of groups and comments are yours to change; they decide nothing.",
    );
    page.field(0, "version", &Yaml::Plain("1".to_string()), None);
    match &found.account {
        Some(Account::Name(name)) => page.field(0, "account", &Yaml::text(name), None),
        Some(Account::Endpoint(endpoint)) => {
            let endpoint = Yaml::Map(vec![("endpoint".to_string(), Yaml::text(endpoint))]);
            page.field(0, "account", &endpoint, None);
        }
        None => page.field(
            0,
            "account",
            &Yaml::text("example"),
            Some("write the account's name"),
        ),
    }
    let (provider, remark) = match found.provider {
        Some(word @ ("saml" | "oidc")) => (
            word,
            "or whose it is: okta, entra, google, onelogin, gitlab",
        ),
        Some(word) => (word, ""),
        None => (
            "saml",
            "write yours: okta, entra, google, onelogin, github, gitlab, saml, oidc",
        ),
    };
    let remark = Some(remark).filter(|remark| !remark.is_empty());
    page.field(0, "identity_provider", &Yaml::text(provider), remark);
    if found.dialect == Some(Dialect::V0) {
        page.field(
            0,
            "rego",
            &Yaml::text("v0"),
            Some("the account knows no other"),
        );
    }
}

fn spaces(found: &Found, page: &mut Page) {
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

fn roles(found: &Found, page: &mut Page) {
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

/// The grants that hold.
fn held(found: &Found) -> impl Iterator<Item = &Grant> {
    let sections = found.grants.iter().filter(|section| !section.is_offer);
    sections.flat_map(|section| &section.grants)
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

fn groups(found: &Found, names: &Names, page: &mut Page) {
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

/// A time in UTC, to the nanosecond where it has to be.
fn instant(nanoseconds: i64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(nanoseconds))
        .map_or_else(|_| String::new(), |instant| instant.to_string())
}

fn keys(found: &Found, names: &Names, page: &mut Page) {
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

/// The logins that anything which holds asks for.
fn logins(found: &Found) -> BTreeSet<&str> {
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

fn conditions(found: &Found, page: &mut Page) {
    if found.conditions.is_empty() {
        return;
    }
    page.gap();
    page.key(0, "conditions");
    for (name, condition) in &found.conditions {
        let mut entries = Vec::new();
        if !condition.networks.is_empty() {
            entries.push(("ip".to_string(), Yaml::texts(&condition.networks)));
        }
        if !condition.days.is_empty() && condition.days.len() < Day::ALL.len() {
            let days = condition.days.iter().map(|day| Yaml::text(short(*day)));
            entries.push(("days".to_string(), Yaml::List(days.collect())));
        }
        if !condition.hours.is_empty() {
            let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
            let hours = condition.hours.iter();
            let hours: Vec<String> = hours
                .map(|(from, until)| format!("{}-{}", clock(*from), clock(*until)))
                .collect();
            entries.push(("hours".to_string(), Yaml::texts(&hours)));
        }
        if let Some(zone) = &condition.zone {
            entries.push(("timezone".to_string(), Yaml::text(zone)));
        }
        page.field(2, name, &Yaml::Map(entries), None);
    }
}

/// The mapping's word for a day.
fn short(day: Day) -> String {
    day.name().to_lowercase().chars().take(3).collect()
}

fn break_glass(found: &Found, page: &mut Page) {
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

fn outside(found: &Found, page: &mut Page) {
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

fn grants(found: &Found, names: &Names, page: &mut Page) {
    let sections = || found.grants.iter().filter(|one| !one.grants.is_empty());
    if sections().next().is_none() {
        return;
    }
    page.gap();
    if sections().all(|section| section.is_offer) {
        page.comment(0, "grants:");
    } else {
        page.key(0, "grants");
    }
    let mut is_first = true;
    // What holds stands before what is only offered.
    for offered in [false, true] {
        for section in sections().filter(|section| section.is_offer == offered) {
            if !is_first {
                page.gap();
            }
            is_first = false;
            if !section.remark.is_empty() {
                page.comment(2, &section.remark);
            }
            for grant in &section.grants {
                let value = grant_yaml(grant, names);
                if offered {
                    page.item_offered(2, &value, None);
                } else {
                    page.item(2, &value, None);
                }
            }
        }
    }
}

fn grant_yaml(grant: &Grant, names: &Names) -> Yaml {
    let spaces = if grant.labels.is_empty() {
        Yaml::texts(&grant.spaces)
    } else {
        Yaml::Map(vec![
            ("label".to_string(), Yaml::texts(&grant.labels)),
            ("at_login".to_string(), Yaml::flag(true)),
        ])
    };
    let mut entries = vec![
        ("who".to_string(), names.who(&grant.who)),
        ("roles".to_string(), Yaml::texts(&grant.roles)),
        ("spaces".to_string(), spaces),
    ];
    if let Some(when) = &grant.when {
        entries.push(("when".to_string(), login::test(when)));
    }
    for (key, at) in [("starts", grant.starts), ("ends", grant.ends)] {
        if let Some(at) = at {
            entries.push((key.to_string(), Yaml::text(instant(at))));
        }
    }
    Yaml::Map(entries)
}

fn policies(found: &Found, page: &mut Page) {
    let login = || {
        let policies = found.policies.iter();
        policies.filter(|policy| policy.kind == Type::Login)
    };
    if login().next().is_none() {
        return;
    }
    page.gap();
    let is_part = login().all(|policy| policy.is_part);
    page.comment(
        0,
        if is_part {
            "The login policy that this mapping was made of decides beside it, and a plan is refused until it is gone or named here: name it for the first push, then delete it."
        } else {
            "Other login policies decide beside this mapping, and a plan is refused until they are gone or named here. Name one only when you know what it lets in and refuses."
        },
    );
    page.comment(0, "accepted_policies:");
    for policy in login() {
        page.item_offered(0, &Yaml::text(&policy.name), None);
    }
}

fn remarks(found: &Found, page: &mut Page) {
    for (kind, title) in [
        (Kind::Unseen, "Could not be seen:"),
        (Kind::Left, "Left, and not part of this mapping:"),
    ] {
        let mut remarks = found.remarks(kind).peekable();
        if remarks.peek().is_none() {
            continue;
        }
        page.gap();
        page.comment(0, title);
        for remark in remarks {
            page.bullet(&remark.text);
            for (number, line) in &remark.lines {
                page.quote(0, &format!("    {number:>4}: {line}"));
            }
        }
    }
}

//! Logins that are made up to ask the account's own engine about, so that a mapping without fixtures is tried out as well.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::fixture::spaces;

use super::super::{Desired, Probe, Source};

/// As many are asked about in one plan; each is a request.
const MOST: usize = 200;

/// Somebody in no group that anybody names, each break-glass identity, each of `admins` whom the directory knows, and a member
/// of each group; but for whom fixtures and tests speak of.
pub(super) fn of(
    desired: &Desired,
    admins: &BTreeSet<String>,
    notes: &mut BTreeSet<String>,
) -> Vec<Probe> {
    let (logins, teams) = asked(&desired.probes);
    let is_asked = |login: &str| logins.contains(&login.to_ascii_lowercase());
    let mut found = vec![Somebody {
        login: "liftgate:stranger",
        name: "a stranger, made up".to_string(),
        groups: Some(vec!["liftgate:other"]),
    }];
    let directory = desired.directory;
    let known = |login: &str| {
        directory
            .and_then(|all| all.person(login))
            .filter(|one| one.active)
    };
    let named = desired.model.break_glass.keys();
    let admins = admins.iter().filter(|login| known(login).is_some());
    let named: BTreeSet<&String> = named.chain(admins).collect();
    for login in named.into_iter().filter(|login| !is_asked(login)) {
        let groups = known(login).and_then(|person| person.groups.as_ref());
        found.push(Somebody {
            login,
            name: format!("{login}, made up"),
            groups: groups.map(|groups| groups.iter().map(String::as_str).collect()),
        });
    }
    for (group, value) in values(desired, &teams) {
        found.push(Somebody {
            login: "liftgate:member",
            name: format!("a member of {group}, made up"),
            groups: Some(vec![value]),
        });
    }
    if found.len() > MOST {
        notes.insert(format!(
            "of {} logins that are made up to ask the server about, the first {MOST} were asked about",
            found.len()
        ));
        found.truncate(MOST);
    }
    found.into_iter().map(|one| one.probe(desired)).collect()
}

/// The logins, in ASCII lower case, and the values of groups that fixtures and tests have.
fn asked(probes: &[Probe]) -> (BTreeSet<String>, BTreeSet<&str>) {
    let (mut logins, mut teams) = (BTreeSet::new(), BTreeSet::new());
    for probe in probes.iter().filter(|one| one.source != Source::Sample) {
        let session = |key: &str| probe.input.get("session")?.get(key);
        let login = session("login").and_then(Value::as_str);
        logins.extend(login.map(str::to_ascii_lowercase));
        let sent = session("teams").and_then(Value::as_array);
        teams.extend(sent.into_iter().flatten().filter_map(Value::as_str));
    }
    (logins, teams)
}

/// A value of each group of which none is among those asked about; one that does not end before one that does.
fn values<'p>(desired: &Desired<'p>, teams: &BTreeSet<&str>) -> BTreeMap<&'p str, &'p str> {
    let mut all: BTreeMap<&str, Vec<(bool, &str)>> = BTreeMap::new();
    for (value, membership) in &desired.policy.groups {
        let of = all.entry(&membership.group).or_default();
        of.push((membership.ends.is_some(), value));
    }
    let is_asked = |values: &[(bool, &str)]| values.iter().any(|(_, one)| teams.contains(one));
    all.retain(|_, values| !is_asked(values));
    let first = all.into_iter();
    first
        .filter_map(|(group, values)| Some((group, values.into_iter().min()?.1)))
        .collect()
}

struct Somebody<'a> {
    login: &'a str,
    name: String,
    /// Nothing where they are not known.
    groups: Option<Vec<&'a str>>,
}

impl Somebody<'_> {
    fn probe(self, desired: &Desired) -> Probe {
        let mut request = Map::new();
        if let Some(now) = desired.now {
            request.insert("timestamp_ns".into(), json!(now));
        }
        let mut session = Map::new();
        session.insert("login".into(), json!(self.login));
        session.insert("member".into(), json!(true));
        let machine = self.login.to_ascii_lowercase().starts_with("api::");
        session.insert("machine".into(), json!(machine));
        if let Some(groups) = &self.groups {
            session.insert("teams".into(), json!(groups));
        }
        Probe {
            source: Source::Policy,
            name: self.name,
            identity: self.login.to_string(),
            person: None,
            input: json!({"request": request, "session": session, "spaces": spaces(desired.model)}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fake::Mapping;
    use super::super::super::people::tests::person;
    use super::*;
    use crate::directory::Directory;

    const MAPPING: &str = "\
version: 1
account: acme
identity_provider: okta
spaces: {payments: {parent: root}}
groups: {payments: {sent_as: P, formerly: [{sent_as: A, ends: \"2027-06-30\"}]}, platform: ADM, data: D}
login: {admin: [platform]}
break_glass: [{login: bg@acme.example, owner: o, why: w}, {login: bg2@acme.example, owner: o, why: w}]
grants:
  - {who: payments, roles: [space-reader], spaces: [payments]}
  - {who: data, roles: [space-reader], spaces: [payments]}
  - {who: {login: bg@acme.example}, roles: space-admin, spaces: root}
  - {who: {login: bg2@acme.example}, roles: space-admin, spaces: root}
";

    fn names(mapping: &Mapping, notes: &mut BTreeSet<String>) -> Vec<String> {
        let admins = ["Ada@acme.example", "bg@acme.example", "zoe@acme.example"];
        let admins = admins.into_iter().map(str::to_string).collect();
        let made_up = of(&mapping.desired(), &admins, notes).into_iter();
        made_up
            .map(|one| format!("{}: {}", one.name, one.input["session"]["teams"]))
            .collect()
    }

    #[test]
    fn each_group_and_whoever_can_do_most_is_asked_about_and_somebody_else() {
        let mut mapping = Mapping::read(MAPPING);
        let ada = person("Ada@acme.example", &["ADM", "x"]);
        mapping.directory = Some(Directory {
            people: [("ada@acme.example".to_string(), ada)].into(),
            ..Directory::default()
        });
        let mut notes = BTreeSet::new();
        let found = names(&mapping, &mut notes);
        assert_eq!(
            found,
            [
                "a stranger, made up: [\"liftgate:other\"]",
                "Ada@acme.example, made up: [\"ADM\",\"x\"]",
                "bg2@acme.example, made up: null",
                "bg@acme.example, made up: null",
                "a member of data, made up: [\"D\"]",
                "a member of payments, made up: [\"P\"]",
                "a member of platform, made up: [\"ADM\"]",
            ]
        );
        assert_eq!(notes, BTreeSet::new());
        // Whom the fixtures speak of is not made up as well.
        let mut one = of(&mapping.desired(), &BTreeSet::new(), &mut notes).remove(0);
        one.source = Source::Fixture;
        one.input["session"]["login"] = json!("BG@acme.example");
        one.input["session"]["teams"] = json!(["A", "ADM"]);
        mapping.probes = vec![one];
        assert_eq!(
            names(&mapping, &mut notes),
            [
                "a stranger, made up: [\"liftgate:other\"]",
                "Ada@acme.example, made up: [\"ADM\",\"x\"]",
                "bg2@acme.example, made up: null",
                "a member of data, made up: [\"D\"]",
            ]
        );
        // What somebody sent once says nothing of what is tried out now.
        mapping.probes[0].source = Source::Sample;
        assert_eq!(names(&mapping, &mut notes).len(), 7);
    }

    #[test]
    fn of_very_many_groups_some_are_asked_about_and_that_is_said() {
        let mut mapping = Mapping::read(MAPPING);
        mapping.policy.groups = (0..500)
            .map(|n| {
                (
                    format!("v{n}"),
                    super::super::super::fake::membership(&format!("g{n:03}")),
                )
            })
            .collect();
        let mut notes = BTreeSet::new();
        assert_eq!(names(&mapping, &mut notes).len(), 200);
        assert_eq!(
            notes.first().map(String::as_str),
            Some(
                "of 503 logins that are made up to ask the server about, the first 200 were asked about"
            )
        );
    }
}

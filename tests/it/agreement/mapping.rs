//! Random mappings as YAML: every construct of the language, each mapping free of errors by construction.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::pipeline::Seen;
use super::random::Random;
use super::words::{self, LOGINS, NAMES, VALUES};

/// A space as it will be declared; `parent` is an earlier one, or none for root and legacy.
#[derive(Clone)]
pub struct SpaceDraft {
    pub id: String,
    pub parent: Option<usize>,
    pub labels: Vec<String>,
}

/// Writes one mapping.
pub struct Author {
    pub random: Random,
    pub seen: Seen,
    pub spaces: Vec<SpaceDraft>,
    pub sets: Vec<String>,
    pub roles: Vec<String>,
    /// Names, and whether grants to them must end.
    pub groups: Vec<(String, bool)>,
    pub people: Vec<(String, bool)>,
    pub conditions: Vec<String>,
    /// Names taken, by the family of kinds that may not share them.
    names: BTreeSet<(&'static str, String)>,
    values: BTreeSet<String>,
    pub out: String,
}

/// Days and times in order, with what is special about neighbours: a day's end is its next day's start, and two times are a
/// nanosecond apart.
pub const INSTANTS: [&str; 10] = [
    "1970-01-01",
    "2026-03-08T10:00Z",
    "2026-06-01",
    "2026-12-01",
    "2026-12-03T02:00:00-08:00",
    "2026-12-03T10:00:00.000000001Z",
    "2026-12-03T18:00+05:30",
    "2026-12-31",
    "2027-01-31",
    "2099-12-31",
];

const NETWORKS: [&str; 8] = [
    "203.0.113.0/24",
    "203.0.113.128/25",
    "10.0.0.0/8",
    "192.0.2.4/31",
    "0.0.0.0/1",
    "0.0.0.0/0",
    "198.51.100.0/30",
    "255.255.255.252/30",
];
const NETWORKS_V6: [&str; 6] = [
    "2001:db8::/32",
    "2001:DB8:AB::/48",
    "2001:db8::8/125",
    "8000::/1",
    "::/0",
    "fd00::/8",
];
const HOSTS: [&str; 5] = [
    "203.0.113.9",
    "2001:db8::9",
    "255.255.255.255",
    "2001:0db8:0:0:1::0009",
    "192.0.2.5",
];

/// Zones whose rules are settled, with clock changes north and south, of half an hour, and offsets of odd minutes.
pub const ZONES: [&str; 7] = [
    "America/Los_Angeles",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Pacific/Kiritimati",
    "Etc/UTC",
];

/// A mapping and the constructs in it.
pub fn mapping(random: Random) -> (String, Seen) {
    let mut author = Author {
        random,
        seen: Seen::new(),
        spaces: Vec::new(),
        sets: Vec::new(),
        roles: ["space-reader", "space-writer", "space-admin"]
            .map(String::from)
            .to_vec(),
        groups: Vec::new(),
        people: Vec::new(),
        conditions: Vec::new(),
        names: BTreeSet::new(),
        values: BTreeSet::new(),
        out: "version: 1\naccount: acme\nidentity_provider: okta\n".to_string(),
    };
    author.write();
    (author.out, author.seen)
}

impl Author {
    pub fn note(&mut self, construct: &'static str) {
        *self.seen.entry(construct).or_default() += 1;
    }

    pub fn spelt(&mut self, text: &str) -> String {
        words::spelt(&mut self.random, text)
    }

    /// A name that nothing of its family has yet; things of other kinds may well share it.
    fn name(&mut self, family: &'static str) -> String {
        loop {
            let mut name = (*self.random.pick(NAMES)).to_string();
            if self.random.percent(30) {
                write!(name, "{}", self.random.below(10)).unwrap();
            }
            if self.names.insert((family, name.clone())) {
                return name;
            }
        }
    }

    fn value(&mut self) -> String {
        loop {
            let mut value = (*self.random.pick(VALUES)).to_string();
            match self.random.below(10) {
                0 => value.push(' '),
                1 => value.push_str(VALUES[self.random.below(VALUES.len())]),
                2 => value = value.repeat(512 / value.len()),
                _ => {}
            }
            if value.len() <= 512 && self.values.insert(value.clone()) {
                return self.spelt(&value);
            }
        }
    }

    pub fn upward(&self, space: usize) -> Vec<usize> {
        std::iter::successors(Some(space), |at| self.spaces[*at].parent).collect()
    }

    pub fn is_within(&self, space: usize, ancestor: usize) -> bool {
        self.upward(space).contains(&ancestor)
    }

    fn write(&mut self) {
        self.write_spaces();
        self.write_roles();
        self.write_groups();
        self.write_conditions();
        self.write_people();
        let break_glass = self
            .random
            .percent(30)
            .then(|| (*self.random.pick(LOGINS)).to_string())
            // Neither a person's login nor a key's.
            .filter(|login| login != "API::shouting");
        self.write_login(break_glass.as_deref());
        self.write_grants(break_glass.as_deref());
    }

    fn write_spaces(&mut self) {
        self.out.push_str("spaces:\n");
        for at in 0..self.random.between(3, 7) {
            let parent = (at > 0 && self.random.percent(70)).then(|| self.random.below(at));
            let id = self.name("space");
            let labels: Vec<String> = if self.random.percent(50) {
                self.random
                    .some(&["env:dev", "team x", "quo\"te", "\u{202e}"], 2)
                    .into_iter()
                    .map(ToString::to_string)
                    .collect()
            } else {
                Vec::new()
            };
            let above = match parent {
                Some(parent) => self.spaces[parent].id.clone(),
                None => (*self.random.pick(&["root", "root", "legacy"])).to_string(),
            };
            let (key, above) = (self.spelt(&id), self.spelt(&above));
            let written: Vec<String> = labels.iter().map(|label| self.spelt(label)).collect();
            writeln!(
                self.out,
                "  {key}: {{parent: {above}, labels: [{}]}}",
                written.join(", ")
            )
            .unwrap();
            self.spaces.push(SpaceDraft { id, parent, labels });
        }
        self.out.push_str("space_sets:\n");
        for _ in 0..self.random.between(1, 2) {
            let name = self.name("space");
            let ids: Vec<String> = self
                .random
                .some(&self.spaces.clone(), 3)
                .into_iter()
                .map(|s| s.id.clone())
                .collect();
            let key = self.spelt(&name);
            let ids: Vec<String> = ids.iter().map(|id| self.spelt(id)).collect();
            writeln!(self.out, "  {key}: [{}]", ids.join(", ")).unwrap();
            self.sets.push(name);
        }
    }

    fn write_roles(&mut self) {
        self.out.push_str("roles:\n");
        for _ in 0..self.random.between(1, 3) {
            let slug = self.name("role");
            let (note, body) = *self.random.pick(&[
                (
                    "role: declared",
                    "{name: Deployer, actions: [run:trigger, run:confirm]}",
                ),
                ("role: declared admin", "{actions: [space:admin]}"),
                ("role: external", "{external: true}"),
            ]);
            self.note(note);
            let key = self.spelt(&slug);
            writeln!(self.out, "  {key}: {body}").unwrap();
            self.roles.push(slug);
        }
    }

    fn write_groups(&mut self) {
        self.out.push_str("groups:\n");
        for at in 0..self.random.between(3, 7) {
            let name = self.name("who");
            let key = self.spelt(&name);
            // The first stays plain, so that there is one that admins may name.
            let external = at > 0 && self.random.percent(15);
            let mut body = match self.random.below(4) {
                0 => {
                    self.note("group: several values");
                    format!("sent_as: [{}, {}]", self.value(), self.value())
                }
                _ => format!("sent_as: {}", self.value()),
            };
            if self.random.percent(30) {
                self.note("group: formerly");
                let (value, ends) = (self.value(), *self.random.pick(&INSTANTS[2..9]));
                write!(body, ", formerly: [{{sent_as: {value}, ends: \"{ends}\"}}]").unwrap();
            }
            if external {
                self.note("group: external");
                body.push_str(", external: true");
            } else if self.random.percent(10) {
                self.note("group: short form");
                body = self.value();
                writeln!(self.out, "  {key}: {body}").unwrap();
                self.groups.push((name, false));
                continue;
            }
            writeln!(self.out, "  {key}: {{{body}}}").unwrap();
            self.groups.push((name, external));
        }
    }

    fn write_people(&mut self) {
        let count = self.random.below(4);
        if count > 0 {
            self.out.push_str("people:\n");
        }
        for _ in 0..count {
            let name = self.name("who");
            let (key, who) = (self.spelt(&name), self.who(1, true));
            writeln!(self.out, "  {key}: {}", who.yaml).unwrap();
            self.people.push((name, who.external));
        }
    }

    fn write_conditions(&mut self) {
        self.out.push_str("conditions:\n");
        for _ in 0..self.random.between(1, 3) {
            let name = self.name("condition");
            let mut parts = Vec::new();
            let shape = self.random.below(10);
            if shape < 6 {
                parts.push(self.networks());
            }
            if shape > 3 {
                parts.push(self.window());
            }
            if shape == 4 || shape == 5 {
                self.note("condition: place and time");
            }
            let key = self.spelt(&name);
            writeln!(self.out, "  {key}: {{{}}}", parts.join(", ")).unwrap();
            self.conditions.push(name);
        }
    }

    fn networks(&mut self) -> String {
        let (note, network) = match self.random.below(4) {
            0 | 1 => ("condition: v4", *self.random.pick(&NETWORKS)),
            2 => ("condition: v6", *self.random.pick(&NETWORKS_V6)),
            _ => ("condition: host", *self.random.pick(&HOSTS)),
        };
        self.note(note);
        if self.random.percent(60) {
            return format!("ip: \"{network}\"");
        }
        self.note("condition: several networks");
        format!(
            "ip: [\"{network}\", \"{}\"]",
            self.random.pick(&NETWORKS_V6)
        )
    }

    fn window(&mut self) -> String {
        let zone = *self.random.pick(&ZONES);
        let days = *self.random.pick(&[
            "mon, tue, wed, thu, fri",
            "sat, sun",
            "thu",
            "sun, tue, wed",
        ]);
        let (note, hours) = *self.random.pick(&[
            ("condition: hours", "\"09:00-17:00\""),
            ("condition: hours", "[\"01:30-02:30\"]"),
            ("condition: to the end of the day", "\"18:00-24:00\""),
            ("condition: over midnight", "\"22:00-06:00\""),
            ("condition: over midnight", "\"23:59-00:01\""),
            (
                "condition: several hours",
                "[\"00:00-02:00\", \"12:00-12:01\", \"23:00-01:00\"]",
            ),
        ]);
        match self.random.below(4) {
            0 => {
                self.note("condition: days alone");
                format!("days: [{days}], timezone: {zone}")
            }
            1 => {
                self.note(note);
                format!("hours: {hours}, timezone: {zone}")
            }
            _ => {
                self.note(note);
                self.note("condition: days and hours");
                format!("days: [{days}], hours: {hours}, timezone: {zone}")
            }
        }
    }
}

//! Random mappings as YAML: every construct of the language, each mapping free of errors by construction.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::chance::Chance;
use super::pipeline::{Files, MAIN, Seen};
use super::random::Random;
use super::words::{self, NAMES, VALUES};

/// A space as it will be declared; `parent` is an earlier one, or none for root and legacy.
#[derive(Clone)]
pub struct SpaceDraft {
    pub id: String,
    pub parent: Option<usize>,
    pub labels: Vec<String>,
}

/// A name that subjects can use.
#[derive(Clone)]
pub struct Named {
    pub name: String,
    /// Whether grants to it must end.
    pub external: bool,
}

/// Writes one mapping.
pub struct Author {
    pub chance: Chance,
    pub spaces: Vec<SpaceDraft>,
    pub sets: Vec<String>,
    /// Slugs, and whether they hold `space:admin`, or may.
    pub roles: Vec<(String, bool)>,
    pub groups: Vec<Named>,
    pub people: Vec<Named>,
    pub keys: Vec<String>,
    pub conditions: Vec<String>,
    /// Teams that are added.
    pub teams: Vec<String>,
    /// Whether one of them is called like a group or a name of `people`, or is no name that a subject could be.
    pub has_clash: bool,
    /// Names taken, by the family of kinds that may not share them.
    names: BTreeSet<(&'static str, String)>,
    pub values: BTreeSet<String>,
    pub out: String,
    /// Other files, by path.
    pub beside: Files,
    /// What conventions make, until it is taken for a group.
    pub results: Vec<String>,
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

pub const LABELS: [&str; 4] = ["env:dev", "team x", "quo\"te", "\u{202e}"];

/// A mapping in which something is wished for, and the constructs in it.
pub fn mapping(random: Random, wish: Option<&'static str>) -> (Files, Seen) {
    let mut author = Author::new(random, wish, "acme");
    author.write();
    let mut files = author.beside;
    files.insert(MAIN.to_string(), author.out);
    (files, author.chance.seen)
}

impl Author {
    /// A mapping of an account, of which nothing is written yet.
    pub fn new(random: Random, wish: Option<&'static str>, account: &str) -> Self {
        Self {
            chance: Chance::new(random, wish),
            spaces: Vec::new(),
            sets: Vec::new(),
            roles: [
                ("space-reader", false),
                ("space-writer", false),
                ("space-admin", true),
            ]
            .map(|(slug, admin)| (slug.to_string(), admin))
            .to_vec(),
            groups: Vec::new(),
            people: Vec::new(),
            keys: Vec::new(),
            conditions: Vec::new(),
            teams: Vec::new(),
            has_clash: false,
            names: BTreeSet::new(),
            values: BTreeSet::new(),
            out: format!("version: 1\naccount: {account}\nidentity_provider: okta\n"),
            beside: Files::new(),
            results: Vec::new(),
        }
    }

    pub fn spelt(&mut self, text: &str) -> String {
        words::spelt(&mut self.chance.random, text)
    }

    pub fn all_spelt<T: AsRef<str>>(&mut self, texts: &[T]) -> String {
        let spelt: Vec<String> = texts.iter().map(|text| self.spelt(text.as_ref())).collect();
        spelt.join(", ")
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.chance.random.below(end)
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        self.chance.random.pick(from).clone()
    }

    /// A name that nothing of its family has yet; things of other kinds may well share it.
    pub fn name(&mut self, family: &'static str) -> String {
        loop {
            let mut name = self.pick(NAMES).to_string();
            if self.chance.random.percent(30) {
                write!(name, "{}", self.below(10)).unwrap();
            }
            let taken = match family {
                // No two keys may differ in ASCII case alone.
                "key" => name.to_ascii_lowercase(),
                _ => name.clone(),
            };
            if self.names.insert((family, taken)) {
                return name;
            }
        }
    }

    /// A value that stands for no group yet, as it is spelt.
    pub fn value(&mut self) -> String {
        loop {
            let mut value = self.pick(VALUES).to_string();
            match self.below(14) {
                0 => value.push(' '),
                1 => value.push_str(self.pick(VALUES)),
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
        self.write_naming();
        self.write_groups();
        self.name_results();
        self.write_keys();
        self.write_conditions();
        self.write_include();
        self.write_people(1);
        let break_glass = self.write_break_glass();
        self.write_login(break_glass.as_deref());
        self.write_teams();
        self.write_sample();
        self.write_grants(break_glass.as_deref());
        self.write_elevations();
        self.write_what_decides_nothing();
    }

    fn write_spaces(&mut self) {
        self.out.push_str("spaces:\n");
        for at in 0..self.chance.random.between(3, 7) {
            let parent = (at > 0 && self.chance.random.percent(70)).then(|| self.below(at));
            let id = self.name("space");
            let labels: Vec<String> = if self.chance.random.percent(60) {
                let labels = self.chance.random.some(&LABELS, 2).into_iter();
                labels.map(ToString::to_string).collect()
            } else {
                Vec::new()
            };
            let above = match parent {
                Some(parent) => self.spaces[parent].id.clone(),
                None => self.pick(&["root", "root", "legacy"]).to_string(),
            };
            let (key, above) = (self.spelt(&id), self.spelt(&above));
            let written = self.all_spelt(&labels);
            writeln!(
                self.out,
                "  {key}: {{parent: {above}, labels: [{written}]}}"
            )
            .unwrap();
            self.spaces.push(SpaceDraft { id, parent, labels });
        }
        self.out.push_str("space_sets:\n");
        for _ in 0..self.chance.random.between(1, 2) {
            let name = self.name("space");
            let spaces = self.chance.random.some(&self.spaces, 3);
            let ids: Vec<String> = spaces.into_iter().map(|space| space.id.clone()).collect();
            let (key, ids) = (self.spelt(&name), self.all_spelt(&ids));
            writeln!(self.out, "  {key}: [{ids}]").unwrap();
            self.sets.push(name);
        }
    }

    fn write_roles(&mut self) {
        self.out.push_str("roles:\n");
        for _ in 0..self.chance.random.between(1, 3) {
            let slug = self.name("role");
            let kind = self.chance.any(&[
                ("role: declared", 1),
                ("role: declared admin", 1),
                ("role: external", 1),
            ]);
            let (body, admin) = match kind {
                "role: declared" => (
                    "{name: Deployer, actions: [run:trigger, run:confirm]}",
                    false,
                ),
                "role: declared admin" => ("{actions: [space:admin]}", true),
                _ => ("{external: true}", true),
            };
            let key = self.spelt(&slug);
            writeln!(self.out, "  {key}: {body}").unwrap();
            self.roles.push((slug, admin));
        }
    }

    /// One or two slugs; none that may administer where that is asked.
    pub fn some_roles(&mut self, harmless: bool) -> String {
        let fitting: Vec<String> = self
            .roles
            .iter()
            .filter(|(_, admin)| !(harmless && *admin))
            .map(|(slug, _)| slug.clone())
            .collect();
        let count = if self.chance.flip("grant: several roles", 30) {
            2
        } else {
            1
        };
        let slugs: Vec<String> = self
            .chance
            .random
            .some(&fitting, count)
            .into_iter()
            .cloned()
            .collect();
        match slugs.as_slice() {
            [one] => self.spelt(one),
            several => format!("[{}]", self.all_spelt(several)),
        }
    }
}

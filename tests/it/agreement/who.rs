//! Random subjects and tests of conditions, as YAML.

use super::mapping::{Author, Named};
use super::words::{LOGINS, PATTERNS};

/// A subject, and whether it speaks of an external group anywhere.
pub struct Who {
    pub yaml: String,
    pub external: bool,
}

impl Who {
    fn plain(yaml: impl Into<String>) -> Self {
        Self {
            yaml: yaml.into(),
            external: false,
        }
    }
}

/// Subjects that hold no others, with weights.
const SIMPLE: [(&str, usize); 24] = [
    ("who: group", 25),
    ("who: people", 8),
    ("who: everyone", 3),
    ("who: group key", 3),
    ("who: group list", 3),
    ("who: login", 4),
    ("who: login list", 2),
    ("who: login pattern", 3),
    ("who: login and pattern", 2),
    ("who: member", 1),
    ("who: not member", 2),
    ("who: machine", 1),
    ("who: not machine", 1),
    ("who: api key", 4),
    ("who: api key list", 2),
    ("who: api key and group", 2),
    ("who: api key of outsiders", 1),
    ("who: group and machine", 2),
    ("who: login and machine", 2),
    ("who: group and not member", 2),
    ("who: group but none", 5),
    ("who: api key kept out", 2),
    ("who: login and group", 3),
    ("who: excludes itself", 1),
];
const NESTED: [(&str, usize); 5] = [
    ("who: any", 9),
    ("who: all", 10),
    ("who: none", 5),
    ("who: bare list", 6),
    ("who: none of all", 4),
];

impl Author {
    /// Whoever a grant or a denial may speak of.
    pub fn who(&mut self, depth: usize, external: bool) -> Who {
        let has_keys = !self.keys.is_empty();
        let has_people = self.people.iter().any(|p| external || !p.external);
        let mut kinds: Vec<(&str, usize)> = SIMPLE
            .into_iter()
            .filter(|(kind, _)| has_keys || !kind.starts_with("who: api key"))
            .filter(|(kind, _)| has_people || *kind != "who: people")
            .collect();
        if depth > 0 {
            kinds.extend(NESTED);
        }
        let kind = self.chance.any(&kinds);
        let group = |this: &mut Self| this.named(false, external);
        match kind {
            "who: group" => group(self),
            "who: people" => self.named(true, external),
            "who: everyone" => Who::plain("everyone"),
            "who: group key" => group(self).in_words(|group| format!("{{group: {group}}}")),
            "who: group list" => {
                let (one, other) = (group(self), group(self));
                one.and(other, |one, other| format!("{{group: [{one}, {other}]}}"))
            }
            "who: login" | "who: login list" | "who: login pattern" | "who: login and pattern" => {
                Who::plain(format!("{{{}}}", self.login_key(kind)))
            }
            "who: member" => Who::plain("{member: true}"),
            "who: not member" => Who::plain("{member: false}"),
            "who: machine" => Who::plain("{machine: true}"),
            "who: not machine" => Who::plain("{machine: false}"),
            "who: api key" => Who::plain(format!("{{api_key: {}}}", self.key())),
            "who: api key list" => {
                Who::plain(format!("{{api_key: [{}, {}]}}", self.key(), self.key()))
            }
            "who: api key and group" => {
                let key = self.key();
                group(self).in_words(|group| format!("{{api_key: {key}, group: {group}}}"))
            }
            "who: api key of outsiders" => {
                Who::plain(format!("{{api_key: {}, member: false}}", self.key()))
            }
            "who: group and machine" => {
                group(self).in_words(|group| format!("{{group: {group}, machine: true}}"))
            }
            "who: login and machine" => Who::plain(format!(
                "{{{}, machine: true}}",
                self.login_key("who: login")
            )),
            "who: group and not member" => {
                group(self).in_words(|group| format!("{{member: false, group: {group}}}"))
            }
            "who: group but none" => {
                let (asked, excluded) = (group(self), self.who(0, external));
                asked.and(excluded, |asked, excluded| {
                    format!("{{group: {asked}, none: [{excluded}]}}")
                })
            }
            "who: api key kept out" => {
                let key = self.key();
                group(self)
                    .in_words(|group| format!("{{group: {group}, none: [{{api_key: {key}}}]}}"))
            }
            "who: login and group" => {
                let login = self.login_key("who: login pattern");
                group(self).in_words(|group| format!("{{{login}, group: {group}}}"))
            }
            "who: excludes itself" => {
                group(self).in_words(|group| format!("{{group: {group}, none: [{group}]}}"))
            }
            "who: any" => self
                .parts(depth, external)
                .in_words(|parts| format!("{{any: {parts}}}")),
            "who: all" => self
                .parts(depth, external)
                .in_words(|parts| format!("{{all: {parts}}}")),
            "who: none" => self
                .parts(depth, external)
                .in_words(|parts| format!("{{none: {parts}}}")),
            "who: none of all" => self
                .parts(depth, external)
                .in_words(|parts| format!("{{none: [{{all: {parts}}}]}}")),
            "who: bare list" => self.parts(depth, external),
            other => panic!("{other} is written nowhere"),
        }
    }

    /// A name of `groups` or of `people`.
    fn named(&mut self, people: bool, external: bool) -> Who {
        let from = if people { &self.people } else { &self.groups };
        let fitting: Vec<Named> = from
            .iter()
            .filter(|named| external || !named.external)
            .cloned()
            .collect();
        let Named { name, external } = self.pick(&fitting);
        Who {
            yaml: self.spelt(&name),
            external,
        }
    }

    fn key(&mut self) -> String {
        let name = self.pick(&self.keys.clone());
        self.spelt(&name)
    }

    fn login_key(&mut self, kind: &str) -> String {
        let exact = |this: &mut Self| {
            let login = this.pick(LOGINS);
            this.spelt(login)
        };
        let pattern = |this: &mut Self| {
            let login = this.pick(PATTERNS);
            this.spelt(login)
        };
        match kind {
            "who: login" => format!("login: {}", exact(self)),
            "who: login list" => format!("login: [{}, {}]", exact(self), exact(self)),
            "who: login pattern" => format!("login: {}", pattern(self)),
            _ => format!("login: [{}, {}]", exact(self), pattern(self)),
        }
    }

    fn parts(&mut self, depth: usize, external: bool) -> Who {
        if depth == 1 {
            self.chance.note("who: nested");
        }
        let parts: Vec<Who> = (0..self.chance.random.between(1, 3))
            .map(|_| self.who(depth - 1, external))
            .collect();
        let list: Vec<&str> = parts.iter().map(|part| part.yaml.as_str()).collect();
        Who {
            yaml: format!("[{}]", list.join(", ")),
            external: parts.iter().any(|part| part.external),
        }
    }

    /// `when` or `unless`.
    pub fn test(&mut self) -> String {
        let kind = self.chance.any(&[
            ("test: name", 3),
            ("test: list of one", 1),
            ("test: all", 1),
            ("test: any", 1),
            ("test: both keys", 1),
            ("test: nested", 1),
        ]);
        let mut names = (0..3).map(|_| {
            let name = self.pick(&self.conditions.clone());
            self.spelt(&name)
        });
        let [one, two, three] = [(); 3].map(|()| names.next().unwrap());
        match kind {
            "test: name" => one,
            "test: list of one" => format!("[{one}]"),
            "test: all" => format!("{{all: [{one}, {two}]}}"),
            "test: any" => format!("{{any: [{one}, {two}]}}"),
            "test: both keys" => format!("{{any: [{one}, {two}], all: [{three}]}}"),
            _ => format!("{{all: [{one}, {{any: [{two}, {three}]}}]}}"),
        }
    }
}

impl Who {
    fn in_words(self, words: impl Fn(&str) -> String) -> Self {
        Self {
            yaml: words(&self.yaml),
            external: self.external,
        }
    }

    fn and(self, other: Self, words: impl Fn(&str, &str) -> String) -> Self {
        Self {
            yaml: words(&self.yaml, &other.yaml),
            external: self.external || other.external,
        }
    }
}

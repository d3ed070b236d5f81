//! Random subjects, tests of conditions and targets, as YAML.

use super::mapping::Author;
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

impl Author {
    /// Whoever a grant or a denial may speak of.
    pub fn who(&mut self, depth: usize, external: bool) -> Who {
        let nested = if depth == 0 { 0 } else { 30 };
        match self.random.below(70 + nested) {
            0..25 => {
                self.note("who: group");
                self.group(external)
            }
            25..33 => self.person(external),
            33..35 => {
                self.note("who: everyone");
                Who::plain("everyone")
            }
            35..41 => self.groups(external),
            41..53 => Who::plain(format!("{{{}}}", self.login_key())),
            53..57 => {
                let (name, value) = *self.random.pick(&[
                    ("who: member", "{member: true}"),
                    ("who: not member", "{member: false}"),
                    ("who: machine", "{machine: true}"),
                    ("who: not machine", "{machine: false}"),
                ]);
                self.note(name);
                Who::plain(value)
            }
            57..70 => self.several_keys(external),
            70..78 => self.list("who: any", "any", depth, external),
            78..88 => self.list("who: all", "all", depth, external),
            88..92 => self.list("who: none", "none", depth, external),
            _ => {
                self.note("who: bare list");
                let (yaml, external) = self.parts(depth, external);
                Who { yaml, external }
            }
        }
    }

    fn group(&mut self, external: bool) -> Who {
        let fitting: Vec<(String, bool)> = self
            .groups
            .iter()
            .filter(|(_, e)| external || !e)
            .cloned()
            .collect();
        let (name, external) = self.random.pick(&fitting).clone();
        Who {
            yaml: self.spelt(&name),
            external,
        }
    }

    fn person(&mut self, external: bool) -> Who {
        let fitting: Vec<(String, bool)> = self
            .people
            .iter()
            .filter(|(_, e)| external || !e)
            .cloned()
            .collect();
        if fitting.is_empty() {
            return self.group(external);
        }
        self.note("who: people");
        let (name, external) = self.random.pick(&fitting).clone();
        Who {
            yaml: self.spelt(&name),
            external,
        }
    }

    fn groups(&mut self, external: bool) -> Who {
        let first = self.group(external);
        if self.random.percent(50) {
            self.note("who: group key");
            return Who {
                yaml: format!("{{group: {}}}", first.yaml),
                ..first
            };
        }
        self.note("who: group list");
        let second = self.group(external);
        Who {
            yaml: format!("{{group: [{}, {}]}}", first.yaml, second.yaml),
            external: first.external || second.external,
        }
    }

    fn login_key(&mut self) -> String {
        let exact = |this: &mut Self| {
            let login = (*this.random.pick(LOGINS)).to_string();
            this.spelt(&login)
        };
        let pattern = |this: &mut Self| {
            let login = (*this.random.pick(PATTERNS)).to_string();
            this.spelt(&login)
        };
        match self.random.below(5) {
            0 | 1 => {
                self.note("who: login");
                format!("login: {}", exact(self))
            }
            2 => {
                self.note("who: login list");
                format!("login: [{}, {}]", exact(self), exact(self))
            }
            3 => {
                self.note("who: login pattern");
                format!("login: {}", pattern(self))
            }
            _ => {
                self.note("who: login and pattern");
                format!("login: [{}, {}]", exact(self), pattern(self))
            }
        }
    }

    /// Several keys of one map, all of which must hold.
    fn several_keys(&mut self, external: bool) -> Who {
        match self.random.below(6) {
            0 => {
                self.note("who: group and machine");
                let group = self.group(external);
                Who {
                    yaml: format!("{{group: {}, machine: true}}", group.yaml),
                    ..group
                }
            }
            1 => {
                self.note("who: login and machine");
                let login = self.login_key();
                Who::plain(format!("{{{login}, machine: true}}"))
            }
            2 => {
                self.note("who: group and not member");
                let group = self.group(external);
                Who {
                    yaml: format!("{{member: false, group: {}}}", group.yaml),
                    ..group
                }
            }
            3 | 4 => {
                self.note("who: group but none");
                let (asked, excluded) = (self.group(external), self.who(0, external));
                let external = asked.external || excluded.external;
                Who {
                    yaml: format!("{{group: {}, none: [{}]}}", asked.yaml, excluded.yaml),
                    external,
                }
            }
            _ => {
                self.note("who: login and group");
                let (login, group) = (self.login_key(), self.group(external));
                Who {
                    yaml: format!("{{{login}, group: {}}}", group.yaml),
                    ..group
                }
            }
        }
    }

    fn list(&mut self, note: &'static str, key: &str, depth: usize, external: bool) -> Who {
        self.note(note);
        if depth == 1 {
            self.note("who: nested");
        }
        let (parts, external) = self.parts(depth, external);
        Who {
            yaml: format!("{{{key}: {parts}}}"),
            external,
        }
    }

    fn parts(&mut self, depth: usize, external: bool) -> (String, bool) {
        let parts: Vec<Who> = (0..self.random.between(1, 3))
            .map(|_| self.who(depth - 1, external))
            .collect();
        let list: Vec<&str> = parts.iter().map(|part| part.yaml.as_str()).collect();
        (
            format!("[{}]", list.join(", ")),
            parts.iter().any(|part| part.external),
        )
    }

    /// `when` or `unless`.
    pub fn test(&mut self) -> String {
        let name = |this: &mut Self| {
            let name = this.random.pick(&this.conditions.clone()).clone();
            this.spelt(&name)
        };
        match self.random.below(8) {
            0..3 => {
                self.note("test: name");
                name(self)
            }
            3 => {
                self.note("test: list of one");
                format!("[{}]", name(self))
            }
            4 => {
                self.note("test: all");
                format!("{{all: [{}, {}]}}", name(self), name(self))
            }
            5 => {
                self.note("test: any");
                format!("{{any: [{}, {}]}}", name(self), name(self))
            }
            6 => {
                self.note("test: both keys");
                format!(
                    "{{any: [{}, {}], all: [{}]}}",
                    name(self),
                    name(self),
                    name(self)
                )
            }
            _ => {
                self.note("test: nested");
                format!(
                    "{{all: [{}, {{any: [{}, {}]}}]}}",
                    name(self),
                    name(self),
                    name(self)
                )
            }
        }
    }

    /// The spaces of a grant.
    pub fn target(&mut self) -> String {
        for _ in 0..8 {
            if let Some(target) = self.chosen_spaces() {
                return target;
            }
        }
        self.a_space()
    }

    fn a_space(&mut self) -> String {
        self.note("spaces: one");
        let id = self.random.pick(&self.spaces.clone()).id.clone();
        self.spelt(&id)
    }

    /// A choice of one kind or another, unless nothing would be left of it.
    fn chosen_spaces(&mut self) -> Option<String> {
        let spaces = self.spaces.clone();
        let place = self.random.below(spaces.len());
        let label = spaces[place].labels.first().cloned();
        let below: Vec<usize> = (0..spaces.len())
            .filter(|at| *at != place && self.is_within(*at, place))
            .collect();
        Some(match self.random.below(16) {
            0..3 => self.a_space(),
            3 => {
                let (note, id) = *self
                    .random
                    .pick(&[("spaces: root", "root"), ("spaces: legacy", "legacy")]);
                self.note(note);
                id.to_string()
            }
            4 => {
                let set = self.random.pick(&self.sets.clone()).clone();
                self.note("spaces: set");
                self.spelt(&set)
            }
            5 => {
                self.note("spaces: list");
                let set = self.random.pick(&self.sets.clone()).clone();
                let (one, set) = (self.a_space(), self.spelt(&set));
                format!("[{one}, root, {set}]")
            }
            6 | 7 => {
                self.note("spaces: every");
                "\"*\"".to_string()
            }
            8 => {
                let label = label?;
                self.note("spaces: label");
                format!("{{label: {}}}", self.spelt(&label))
            }
            9 => {
                let label = label?;
                self.note("spaces: label list");
                format!("{{label: [{}, \"nobody has it\"]}}", self.spelt(&label))
            }
            10 => {
                let label = label?;
                let above = *self.random.pick(&self.upward(place));
                self.note("spaces: label and under");
                let above = spaces[above].id.clone();
                format!(
                    "{{label: {}, under: {}}}",
                    self.spelt(&label),
                    self.spelt(&above)
                )
            }
            11 => {
                self.note("spaces: under");
                format!("{{under: {}}}", self.spelt(&spaces[place].id))
            }
            12..15 => {
                let except = *self.random.pick(if below.is_empty() {
                    return None;
                } else {
                    &below
                });
                below
                    .iter()
                    .find(|at| !self.is_within(**at, except) && !self.is_within(except, **at))?;
                self.note("spaces: under but");
                format!(
                    "{{under: {}, except: [{}]}}",
                    self.spelt(&spaces[place].id),
                    self.spelt(&spaces[except].id)
                )
            }
            _ => {
                let label = label?;
                let except = self.random.below(spaces.len());
                if self.is_within(place, except) || self.is_within(except, place) {
                    return None;
                }
                self.note("spaces: label but");
                format!(
                    "{{label: {}, except: [{}]}}",
                    self.spelt(&label),
                    self.spelt(&spaces[except].id)
                )
            }
        })
    }
}

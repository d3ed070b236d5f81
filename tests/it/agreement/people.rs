//! Random groups, keys and named subjects of a mapping.

use std::fmt::Write as _;

use super::mapping::{Author, INSTANTS, Named};
use super::words::{KEY_IDS, LOGINS};

impl Author {
    pub fn write_groups(&mut self) {
        self.out.push_str("groups:\n");
        for at in 0..self.chance.random.between(3, 6) {
            let name = self.name("who");
            let key = self.spelt(&name);
            let shape = self.chance.any(&[
                ("group: one value", 60),
                ("group: several values", 25),
                ("group: short form", 15),
            ]);
            // The first stays plain, so that there is one that admins may name.
            let may_be_external = at > 0 && shape != "group: short form";
            let external = may_be_external && self.chance.flip("group: external", 12);
            let body = match shape {
                "group: short form" => self.value(),
                "group: one value" => {
                    // What a convention grants has no end.
                    let made = if external { None } else { self.aliased() };
                    let value = made.unwrap_or_else(|| self.value());
                    format!("{{sent_as: {value}{}}}", self.rest_of_group(external))
                }
                _ => {
                    let values = format!("{}, {}", self.value(), self.value());
                    format!("{{sent_as: [{values}]{}}}", self.rest_of_group(external))
                }
            };
            writeln!(self.out, "  {key}: {body}").unwrap();
            self.groups.push(Named { name, external });
        }
    }

    fn rest_of_group(&mut self, external: bool) -> String {
        let mut rest = String::new();
        if self.chance.flip("group: formerly", 35) {
            let (value, ends) = (self.value(), self.pick(&INSTANTS[2..9]));
            write!(rest, ", formerly: [{{sent_as: {value}, ends: \"{ends}\"}}]").unwrap();
        }
        if external {
            rest.push_str(", external: true");
        }
        rest
    }

    pub fn write_keys(&mut self) {
        if !self.chance.flip_for("api_keys", 50, "who: api key") {
            return;
        }
        self.out.push_str("api_keys:\n");
        let ids = self.chance.random.some(KEY_IDS, 2);
        for id in ids {
            let name = self.name("key");
            let key = self.spelt(&name);
            writeln!(
                self.out,
                "  {key}: {{id: \"{id}\", owner: \"@acme/keys\", rotate_by: \"2027-03-01\"}}"
            )
            .unwrap();
            self.keys.push(name);
        }
    }

    /// Each with so many levels of others in it.
    pub fn write_people(&mut self, depth: usize) {
        let count = self
            .below(4)
            .max(usize::from(self.chance.wishes("who: people")));
        if count > 0 {
            self.out.push_str("people:\n");
        }
        for _ in 0..count {
            let name = self.name("who");
            let (key, who) = (self.spelt(&name), self.who(depth, true));
            writeln!(self.out, "  {key}: {}", who.yaml).unwrap();
            self.people.push(Named {
                name,
                external: who.external,
            });
        }
    }

    /// The login of a break-glass identity, if there is one.
    pub fn write_break_glass(&mut self) -> Option<String> {
        if !self.chance.flip("break_glass", 30) {
            return None;
        }
        // Neither a person's login nor a key's does not do.
        let logins: Vec<&str> = LOGINS
            .iter()
            .copied()
            .filter(|login| *login != "API::shouting")
            .collect();
        let login = self.pick(&logins).to_string();
        let spelt = self.spelt(&login);
        writeln!(
            self.out,
            "break_glass:\n  - {{login: {spelt}, owner: sec, why: runbook, test_every: 90d}}"
        )
        .unwrap();
        Some(login)
    }
}

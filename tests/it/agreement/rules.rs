//! Random rules of a mapping: signing in, and grants.

use std::fmt::Write as _;

use super::mapping::{Author, INSTANTS};
use super::words::LOGINS;

impl Author {
    pub fn write_login(&mut self, break_glass: Option<&str>) {
        self.out.push_str("login:\n");
        let group = self.groups[0].0.clone();
        let group = self.spelt(&group);
        let (note, require) = match self.random.below(12) {
            0..5 => ("require: left out", String::new()),
            5..7 => ("require: member", "{member: true}".to_string()),
            7 => (
                "require: member but none",
                format!("{{member: true, none: [{group}]}}"),
            ),
            8 => (
                "require: pattern",
                "{login: \"*@acme.example\"}".to_string(),
            ),
            9 => (
                "require: any",
                format!("{{any: [{{member: true}}, {{login: \"api::*\"}}, {group}]}}"),
            ),
            10 => (
                "require: not machine",
                "{machine: false, member: true}".to_string(),
            ),
            _ => ("require: everyone", "everyone".to_string()),
        };
        self.note(note);
        if !require.is_empty() {
            // A break-glass identity must get through.
            let require = match break_glass {
                Some(login) => format!("{{any: [{require}, {{login: {}}}]}}", self.spelt(login)),
                None => require,
            };
            writeln!(self.out, "  require: {require}").unwrap();
        }
        let (note, line) = *self.random.pick(&[
            ("no_grants: refuse", "  no_grants: refuse\n"),
            ("no_grants: refuse", "  no_grants: refuse\n"),
            ("no_grants: refuse", "  no_grants: refuse\n"),
            ("no_grants: admit", "  no_grants: admit\n"),
        ]);
        self.note(note);
        self.out.push_str(line);
        if self.random.percent(30) {
            self.note("no_groups: known");
            self.out.push_str("  no_groups: known\n");
        }
        self.write_admins();
        self.write_denials("deny", 28);
        self.write_denials("deny_admin", 45);
        if self.random.percent(25) {
            self.write_offboarded(break_glass);
        }
    }

    fn write_admins(&mut self) {
        if self.random.percent(85) {
            self.out.push_str("  admin:\n");
            for _ in 0..self.random.between(1, 2) {
                let who = self.who(2, false).yaml;
                if self.random.percent(40) {
                    self.note("admin: when");
                    let when = self.test();
                    writeln!(self.out, "    - {{who: {who}, when: {when}}}").unwrap();
                } else {
                    self.note("admin: bare");
                    writeln!(self.out, "    - {who}").unwrap();
                }
            }
        }
    }

    fn write_denials(&mut self, key: &str, share: usize) {
        if !self.random.percent(share) {
            return;
        }
        writeln!(self.out, "  {key}:").unwrap();
        for _ in 0..self.random.between(1, 2) {
            let admin = key == "deny_admin";
            let who = self.who(2, true).yaml;
            let (note, entry) = match self.random.below(5) {
                0 => (
                    ["deny: unless", "deny_admin: unless"],
                    format!("{{unless: {}}}", self.test()),
                ),
                1 | 2 => (["deny: who", "deny_admin: who"], who),
                _ => (
                    ["deny: who and unless", "deny_admin: who and unless"],
                    format!("{{who: {who}, unless: {}}}", self.test()),
                ),
            };
            self.note(note[usize::from(admin)]);
            writeln!(self.out, "    - {entry}").unwrap();
        }
    }

    fn write_offboarded(&mut self, break_glass: Option<&str>) {
        // Nobody is offboarded twice, nor with the login of a break-glass identity.
        let mut logins: Vec<&str> = Vec::new();
        for login in self.random.some(LOGINS, 4) {
            let mut taken = logins.iter().copied().chain(break_glass);
            if !taken.any(|other| other.eq_ignore_ascii_case(login)) {
                logins.push(login);
            }
        }
        if logins.is_empty() {
            logins.push("left@acme.example");
        }
        let logins: Vec<String> = logins.into_iter().map(|login| self.spelt(login)).collect();
        self.out.push_str("  offboarded:\n");
        self.note("offboarded: login");
        writeln!(self.out, "    - {}", logins[0]).unwrap();
        if let Some((login, aliases)) = logins[1..].split_first()
            && !aliases.is_empty()
        {
            self.note("offboarded: aliases");
            writeln!(
                self.out,
                "    - {{login: {login}, aliases: [{}]}}",
                aliases.join(", ")
            )
            .unwrap();
        }
    }

    pub fn write_grants(&mut self, break_glass: Option<&str>) {
        if let Some(login) = break_glass {
            self.note("break_glass");
            let login = self.spelt(login);
            writeln!(
                self.out,
                "break_glass:\n  - {{login: {login}, owner: sec, why: runbook, test_every: 90d}}"
            )
            .unwrap();
        }
        self.out.push_str("grants:\n");
        if let Some(login) = break_glass {
            let machine = if login.starts_with("api::") {
                ", machine: true"
            } else {
                ""
            };
            let login = self.spelt(login);
            writeln!(
                self.out,
                "  - {{who: {{login: {login}{machine}}}, roles: space-admin, spaces: root}}"
            )
            .unwrap();
        }
        for _ in 0..self.random.between(3, 8) {
            self.write_grant();
        }
    }

    fn write_grant(&mut self) {
        let (who, target) = (self.who(2, true), self.target());
        let roles: Vec<String> = self
            .random
            .some(&self.roles.clone(), 2)
            .into_iter()
            .cloned()
            .collect();
        let roles: Vec<String> = roles.iter().map(|slug| self.spelt(slug)).collect();
        let roles = match roles.as_slice() {
            [one] => one.clone(),
            several => {
                self.note("grant: several roles");
                format!("[{}]", several.join(", "))
            }
        };
        let mut extra = String::new();
        if self.random.percent(40) {
            self.note("grant: when");
            extra = format!(", when: {}", self.test());
        }
        let first = self.random.below(INSTANTS.len() - 1);
        if self.random.percent(20) {
            self.note("grant: starts");
            write!(extra, ", starts: \"{}\"", INSTANTS[first]).unwrap();
        }
        if who.external || self.random.percent(20) {
            self.note("grant: ends");
            let last = self.random.between(first + 1, INSTANTS.len() - 1);
            write!(extra, ", ends: \"{}\"", INSTANTS[last]).unwrap();
        }
        if self.random.percent(10) {
            extra.push_str(", reason: SEC-1423, owner: \"@acme/leads\"");
        }
        writeln!(
            self.out,
            "  - {{who: {}, roles: {roles}, spaces: {target}{extra}}}",
            who.yaml
        )
        .unwrap();
    }
}

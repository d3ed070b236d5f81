//! Random rules of a mapping: signing in, teams, and grants.

use std::fmt::Write as _;

use super::mapping::{Author, INSTANTS};
use super::words::{CHANNELS, LOGINS, VALUES};

impl Author {
    pub fn write_login(&mut self, break_glass: Option<&str>) {
        self.out.push_str("login:\n");
        self.write_gate(break_glass);
        let word = self
            .chance
            .one(&[("no_grants: refuse", 7), ("no_grants: admit", 3)]);
        writeln!(self.out, "  {word}").unwrap();
        if self.chance.flip("no_groups: known", 30) {
            self.out.push_str("  no_groups: known\n");
        }
        self.write_admins();
        self.write_denials("deny", 35);
        self.write_denials("deny_admin", 45);
        if self.chance.flip("offboarded", 30) {
            self.write_offboarded();
        }
        if self.chance.flip("channels", 40) {
            self.write_slack();
        }
    }

    fn write_gate(&mut self, break_glass: Option<&str>) {
        let kind = self.chance.one(&[
            ("require: left out", 5),
            ("require: member", 2),
            ("require: member but none", 1),
            ("require: pattern", 1),
            ("require: any", 1),
            ("require: not machine", 1),
            ("require: everyone", 2),
        ]);
        let group = self.groups[0].name.clone();
        let group = self.spelt(&group);
        let require = match kind {
            "require: left out" => return,
            "require: member" => "{member: true}".to_string(),
            "require: member but none" => format!("{{member: true, none: [{group}]}}"),
            "require: pattern" => "{login: \"*@acme.example\"}".to_string(),
            "require: any" => {
                format!("{{any: [{{member: true}}, {{login: \"api::*\"}}, {group}]}}")
            }
            "require: not machine" => "{machine: false, member: true}".to_string(),
            _ => "everyone".to_string(),
        };
        // A break-glass identity must get through.
        let require = match break_glass {
            Some(login) => format!("{{any: [{require}, {{login: {}}}]}}", self.spelt(login)),
            None => require,
        };
        writeln!(self.out, "  require: {require}").unwrap();
    }

    fn write_admins(&mut self) {
        if !self.chance.flip("admin", 70) {
            return;
        }
        self.out.push_str("  admin:\n");
        for _ in 0..self.chance.random.between(1, 2) {
            let who = self.who(2, false).yaml;
            let kind = self.chance.any(&[("admin: when", 4), ("admin: bare", 6)]);
            if kind == "admin: when" {
                let when = self.test();
                writeln!(self.out, "    - {{who: {who}, when: {when}}}").unwrap();
            } else {
                writeln!(self.out, "    - {who}").unwrap();
            }
        }
    }

    fn write_denials(&mut self, key: &'static str, share: usize) {
        if !self.chance.flip(key, share) {
            return;
        }
        writeln!(self.out, "  {key}:").unwrap();
        for _ in 0..self.chance.random.between(1, 2) {
            let kinds: [(&str, usize); 3] = match key {
                "deny" => [
                    ("deny: unless", 1),
                    ("deny: who", 2),
                    ("deny: who and unless", 2),
                ],
                _ => [
                    ("deny_admin: unless", 1),
                    ("deny_admin: who", 2),
                    ("deny_admin: who and unless", 2),
                ],
            };
            let kind = self.chance.any(&kinds);
            let who = self.who(2, true).yaml;
            let entry = match kind.split_once(": ").unwrap().1 {
                "unless" => format!("{{unless: {}}}", self.test()),
                "who" => who,
                _ => format!("{{who: {who}, unless: {}}}", self.test()),
            };
            writeln!(self.out, "    - {entry}").unwrap();
        }
    }

    fn write_offboarded(&mut self) {
        // Nobody is offboarded twice.
        let mut logins: Vec<&str> = Vec::new();
        for login in self.chance.random.some(LOGINS, 4) {
            if !logins.iter().any(|other| other.eq_ignore_ascii_case(login)) {
                logins.push(login);
            }
        }
        self.out.push_str("  offboarded:\n");
        let first = self.spelt(logins[0]);
        writeln!(self.out, "    - {first}").unwrap();
        if let Some((login, aliases)) = logins[1..].split_first()
            && !aliases.is_empty()
        {
            self.chance.note("offboarded: aliases");
            let (login, aliases) = (self.spelt(login), self.all_spelt(aliases));
            writeln!(self.out, "    - {{login: {login}, aliases: [{aliases}]}}").unwrap();
        }
    }

    fn write_slack(&mut self) {
        self.out.push_str("  slack:\n");
        for (workspace, channel) in self.chance.random.some(&CHANNELS, 2) {
            let mut roles = Vec::new();
            let space = self.pick(&self.spaces.clone()).id;
            roles.push(format!(
                "{}: {}",
                self.spelt(&space),
                self.some_roles_listed(false)
            ));
            if self.chance.flip("channels: root", 30) {
                roles.push(format!("root: {}", self.some_roles_listed(true)));
            }
            writeln!(
                self.out,
                "    - {{workspace: {workspace}, channel: {channel}, space_roles: {{{}}}}}",
                roles.join(", ")
            )
            .unwrap();
        }
    }

    fn some_roles_listed(&mut self, harmless: bool) -> String {
        let roles = self.some_roles(harmless);
        if roles.starts_with('[') {
            roles
        } else {
            format!("[{roles}]")
        }
    }

    /// Writes how teams are rewritten, if they are, and says whether all of a session's are replaced.
    pub fn write_teams(&mut self) -> bool {
        if !self.chance.flip("rewriting", 35) {
            return false;
        }
        let keep = self
            .chance
            .one(&[("rewriting: keep", 1), ("rewriting: replace", 1)])
            == "rewriting: keep";
        writeln!(self.out, "teams:\n  keep: {keep}").unwrap();
        if !keep && !self.chance.flip("rewriting: add", 75) {
            return true;
        }
        self.out.push_str("  add:\n");
        for _ in 0..self.chance.random.between(1, 2) {
            // What the provider sends for a group is no name for a team of ours.
            let Some(team) = (0..20).find_map(|_| {
                let team = self.pick(VALUES).to_string();
                self.values.insert(team.clone()).then_some(team)
            }) else {
                panic!("every value is taken");
            };
            self.teams.push(team.clone());
            let (team, who) = (self.spelt(&team), self.who(1, true).yaml);
            if self.chance.flip("rewriting: when", 30) {
                let when = self.test();
                writeln!(self.out, "    {team}: {{who: {who}, when: {when}}}").unwrap();
            } else {
                writeln!(self.out, "    {team}: {{who: {who}}}").unwrap();
            }
        }
        !keep
    }

    pub fn write_sample(&mut self) {
        let word = self.chance.one(&[
            ("sample: left out", 6),
            ("sample: none", 1),
            ("sample: denied", 2),
            ("sample: all", 1),
        ]);
        if word != "sample: left out" {
            writeln!(self.out, "{word}").unwrap();
        }
    }

    pub fn write_grants(&mut self, break_glass: Option<&str>) {
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
        for _ in 0..self.chance.random.between(3, 7) {
            self.write_grant();
        }
    }

    fn write_grant(&mut self) {
        let who = self.who(2, true);
        let (target, harmless) = self.target();
        let roles = self.some_roles(harmless);
        let mut extra = String::new();
        if self.chance.flip_for("grant: when", 40, "test:") {
            extra = format!(", when: {}", self.test());
        }
        let first = self.below(INSTANTS.len() - 1);
        if self.chance.flip("grant: starts", 25) {
            write!(extra, ", starts: \"{}\"", INSTANTS[first]).unwrap();
        }
        if who.external {
            self.chance.note("grant: ends");
        }
        if who.external || self.chance.flip("grant: ends", 25) {
            let last = self.chance.random.between(first + 1, INSTANTS.len() - 1);
            write!(extra, ", ends: \"{}\"", INSTANTS[last]).unwrap();
        }
        if self.chance.random.percent(10) {
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

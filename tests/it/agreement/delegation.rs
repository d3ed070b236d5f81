//! Random conventions, elevations and included files, and what decides nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::mapping::{Author, Named};
use super::words::LOGINS;

/// Where the included file is.
pub const TEAM: &str = "teams/team.yaml";

impl Author {
    /// A convention, whose results subjects may name.
    pub fn write_naming(&mut self) {
        if !self.chance.flip("naming", 30) {
            return;
        }
        let kind = self.chance.any(&[
            ("naming: one", 1),
            ("naming: set", 1),
            ("naming: under", 2),
            ("naming: under but", 2),
            ("naming: label", 1),
        ]);
        let place = self.below(self.spaces.len());
        let all = 0..self.spaces.len();
        let here = self.spelt(&self.spaces[place].id.clone());
        let (spaces, target): (Vec<usize>, String) = match kind {
            "naming: under" => (
                all.filter(|at| self.is_within(*at, place)).collect(),
                format!("{{under: {here}}}"),
            ),
            "naming: under but" => {
                let but = self.below(self.spaces.len());
                let except = self.spelt(&self.spaces[but].id.clone());
                let left = |at: &usize| {
                    self.is_within(*at, place)
                        && !self.is_within(*at, but)
                        && !self.is_within(but, *at)
                };
                match all.filter(left).collect::<Vec<_>>() {
                    left if !left.is_empty() && self.is_within(but, place) => {
                        (left, format!("{{under: {here}, except: [{except}]}}"))
                    }
                    _ => (vec![place], here),
                }
            }
            "naming: label" if !self.spaces[place].labels.is_empty() => {
                let label = self.spaces[place].labels[0].clone();
                let spelt = self.spelt(&label);
                let has = |at: &usize| self.spaces[*at].labels.contains(&label);
                (all.filter(has).collect(), format!("{{label: {spelt}}}"))
            }
            "naming: set" => {
                let other = self.below(self.spaces.len());
                let there = self.spelt(&self.spaces[other].id.clone());
                (vec![place, other], format!("[{here}, {there}]"))
            }
            _ => (vec![place], here),
        };
        let (pattern, between) =
            self.pick(&[("SL-{space}-{suffix}", "-"), ("SL-{space}|{suffix}", "|")]);
        let (ro, rw) = (self.some_roles(false), self.some_roles(false));
        let results = spaces.iter().flat_map(|at| {
            ["ro", "rw"].map(|suffix| format!("SL-{}{between}{suffix}", self.spaces[*at].id))
        });
        let distinct: BTreeSet<String> = results.collect();
        self.results = distinct.into_iter().collect();
        writeln!(
            self.out,
            "naming:\n  - {{group: \"{pattern}\", suffix: {{ro: {ro}, rw: {rw}}}, spaces: {target}}}"
        )
        .unwrap();
    }

    /// A value of a group that a convention makes too, so that the result is the group.
    pub fn aliased(&mut self) -> Option<String> {
        if self.results.is_empty() || !self.chance.flip("naming: has an alias", 12) {
            return None;
        }
        let at = self.below(self.results.len());
        let result = self.results.remove(at);
        let fresh = self.values.insert(result.clone());
        fresh.then(|| self.spelt(&result))
    }

    /// Lets subjects name what conventions make.
    pub fn name_results(&mut self) {
        for name in std::mem::take(&mut self.results) {
            self.values.insert(name.clone());
            self.groups.push(Named {
                name,
                external: false,
            });
        }
    }

    pub fn write_elevations(&mut self) {
        if !self.chance.flip("elevation", 25) {
            return;
        }
        let people: Vec<&str> = LOGINS
            .iter()
            .copied()
            .filter(|login| !login.to_ascii_lowercase().starts_with("api::"))
            .collect();
        let login = self.pick(&people);
        let login = self.spelt(login);
        let who = if self.chance.flip("elevation: but none", 40) {
            let group = self.group_name();
            format!("{{login: {login}, none: [{group}]}}")
        } else {
            format!("{{login: {login}}}")
        };
        let (starts, ends) = self.pick(&[
            ("2026-12-03T02:00:00-08:00", "2026-12-03T18:00Z"),
            ("2026-12-03T10:00:00.000000001Z", "2026-12-03T18:00+05:30"),
            ("2026-12-03T00:00Z", "2026-12-03T12:00Z"),
        ]);
        let (target, harmless) = self.target();
        let roles = self.some_roles(harmless);
        let when = if self.chance.random.percent(30) {
            format!(", when: {}", self.test())
        } else {
            String::new()
        };
        writeln!(
            self.out,
            "elevations:\n  - {{who: {who}, roles: {roles}, spaces: {target}, starts: \"{starts}\", ends: \"{ends}\", reason: INC-42, \
             approved_by: [\"@acme/carol\"]{when}}}"
        )
        .unwrap();
    }

    /// A group whose grants need no end, as it is spelt.
    fn group_name(&mut self) -> String {
        let lasting: Vec<Named> = self
            .groups
            .iter()
            .filter(|group| !group.external)
            .cloned()
            .collect();
        let name = self.pick(&lasting).name;
        self.spelt(&name)
    }

    /// A file of somebody else's, with groups, people and grants within bounds.
    pub fn write_include(&mut self) {
        if !self.chance.flip("include", 30) {
            return;
        }
        let mut team = "groups:\n".to_string();
        let (group, value) = (self.name("who"), self.value());
        writeln!(team, "  {}: {value}", self.spelt(&group)).unwrap();
        self.groups.push(Named {
            name: group,
            external: false,
        });
        if self.chance.flip("include: people", 40) {
            let (name, who) = (self.name("who"), self.who(1, false));
            writeln!(team, "people:\n  {}: {}", self.spelt(&name), who.yaml).unwrap();
            self.people.push(Named {
                name,
                external: false,
            });
        }
        let place = self.below(self.spaces.len());
        let here = self.spelt(&self.spaces[place].id.clone());
        let mut bounds = String::new();
        let within = self.chance.flip("include: within spaces", 50);
        if within {
            write!(bounds, ", spaces: {{under: {here}}}").unwrap();
        }
        let harmless = self.chance.flip("include: never_can", 40);
        if harmless {
            bounds.push_str(", never_can: [\"space:admin\"]");
        }
        let ends = self.chance.flip("include: must end", 40);
        if ends {
            bounds.push_str(", must_end_within: 90d");
        }
        writeln!(
            self.out,
            "include:\n  - {{file: {TEAM}, owner: \"@acme/team\"{bounds}}}"
        )
        .unwrap();
        team.push_str("grants:\n");
        for _ in 0..self.chance.random.between(1, 3) {
            let (who, roles) = (self.who(1, false).yaml, self.some_roles(harmless));
            let target = if within {
                let inside: Vec<usize> = (0..self.spaces.len())
                    .filter(|at| self.is_within(*at, place))
                    .collect();
                let at = self.pick(&inside);
                self.spelt(&self.spaces[at].id.clone())
            } else {
                format!("{{under: {here}}}")
            };
            let stretch = if ends {
                ", starts: \"2026-11-15\", ends: \"2026-12-31\""
            } else {
                ""
            };
            let when = if self.chance.random.percent(30) {
                format!(", when: {}", self.test())
            } else {
                String::new()
            };
            writeln!(
                team,
                "  - {{who: {who}, roles: {roles}, spaces: {target}{stretch}{when}}}"
            )
            .unwrap();
        }
        self.beside.insert(TEAM.to_string(), team);
    }

    /// What is checked and reported, and decides nothing.
    pub fn write_what_decides_nothing(&mut self) {
        if self.chance.flip("exclusive", 10) {
            let [one, other] = [0, 1].map(|at| self.groups[at].name.clone());
            let names = self.all_spelt(&[one, other]);
            writeln!(self.out, "exclusive: [[{names}]]").unwrap();
        }
        if self.chance.flip("guardrail", 10) {
            let only = self.groups[0].name.clone();
            let only = self.spelt(&only);
            writeln!(self.out, "guardrails:\n  - {{name: x, can: \"space:admin\", in: [root, legacy], only: {only}}}").unwrap();
        }
        if self.chance.flip("outside_policy", 10) {
            let login = self.pick(LOGINS);
            let login = self.spelt(login);
            writeln!(
                self.out,
                "outside_policy:\n  - {{login: {login}, because: sso_admin}}"
            )
            .unwrap();
        }
    }
}

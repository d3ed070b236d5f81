//! Random entries of `stack_access`, as YAML.

use std::fmt::Write as _;

use liftgate::model::stacks::{Attribute, Kind};

use super::super::chance::NEVER;
use super::super::mapping::{Author, INSTANTS, Named};
use super::super::pipeline::{Files, MAIN, Seen};
use super::super::random::Random;
use super::super::words::{CHANNELS, LOGINS, VALUES};
use super::construct;

/// What a stack may say, beside what any text may be.
const TEXTS: [&str; 12] = [
    "main",
    "Main",
    "release/1.0",
    "prod",
    "prod\n",
    "access:read:platform",
    "acme/infra",
    "FINISHED",
    "1.5.7",
    "path/to.it",
    "(a|b)+[c]{d}^$.\\e?",
    "alice@acme.example",
];
const PATTERNS: [&str; 10] = [
    "release/*",
    "*-prod",
    "p*d",
    "a**b*",
    "caf\u{e9}*",
    "*\n*",
    "(a|b)+*^$.\\e?",
    "[*]",
    "**main",
    "*\u{1f680}",
];
const GLOBS: [&str; 3] = ["**/*.tf", "*", "shared/[a-z]*"];
const NUMBERS: [&str; 4] = ["0", "7", "42", "9223372036854775807"];
/// The rules, with what each may begin with.
const RULES: [(&str, &str); 4] = [
    ("rule: read", "read"),
    ("rule: write", "write"),
    ("rule: deny", "deny"),
    ("rule: deny_write", "deny_write"),
];

/// A mapping with `stack_access` in which something is wished for, and the constructs in it.
pub fn mapping(random: Random, wish: Option<&'static str>) -> (Files, Seen) {
    let account = "{endpoint: \"https://spacelift.acme.example\"}";
    let mut author = Author::new(random, wish, account);
    author.write_about_stacks();
    let files = Files::from([(MAIN.to_string(), author.out)]);
    (files, author.chance.seen)
}

impl Author {
    fn write_about_stacks(&mut self) {
        self.write_groups();
        self.write_keys();
        self.write_conditions();
        // Those of a definition that names others would be too many beside conditions and stacks.
        self.write_people(0);
        if self.chance.flip("no_groups: known", 30) {
            self.out.push_str("login: {no_groups: known}\n");
        }
        let is_replaced = self.write_teams();
        self.write_sample();
        self.name_teams(is_replaced);
        let count = if self.chance.flip("entries: several", 30) {
            2
        } else {
            1
        };
        self.out.push_str("stack_access:\n");
        for at in 0..count {
            self.write_entry(at);
        }
    }

    /// Lets subjects name the teams that are added, and where all teams are replaced no others. `everyone` is a word.
    fn name_teams(&mut self, is_replaced: bool) {
        let named = |name: &String| {
            let mut all = self.groups.iter().chain(&self.people);
            all.any(|one| one.name == *name)
        };
        let teams = self.teams.iter();
        let teams: Vec<Named> = teams
            .filter(|team| !named(team) && *team != "everyone")
            .map(|team| Named {
                name: team.clone(),
                external: false,
            })
            .collect();
        self.has_clash = teams.len() < self.teams.len();
        if is_replaced {
            self.groups.clear();
            self.people.clear();
        }
        self.groups.extend(teams);
    }

    fn write_entry(&mut self, at: usize) {
        let attach = self.attach();
        writeln!(self.out, "  - name: entry-{at}\n    attach: {attach}").unwrap();
        let mut is_empty = true;
        for (construct, rule) in RULES {
            if self.chance.flip(construct, 60) {
                is_empty = false;
                self.write_rule(rule);
            }
        }
        let may_label = !self.has_clash;
        if may_label && (self.chance.flip("by_label", 35) || is_empty) {
            let template = self.pick(&[
                "\"access:{level}:{group}\"",
                "'{group}/{level}'",
                "\"caf\u{e9} {level} \\\"{group}\\\"\"",
            ]);
            writeln!(self.out, "    by_label: {template}").unwrap();
        } else if is_empty {
            self.write_rule("read");
        }
    }

    fn attach(&mut self) -> String {
        let kind = self.chance.any(&[
            ("attach: all", 2),
            ("attach: label", 3),
            ("attach: labels", 2),
            ("attach: ids", 2),
            ("attach: modules", 1),
        ]);
        let text = match kind {
            "attach: all" => self.pick(&["all", "{label: \"*\"}"]),
            "attach: label" => "{label: \"team:payments\"}",
            "attach: labels" => "{label: [payments, \"*\", \"caf\u{e9} x\"]}",
            "attach: ids" => "{stacks: [payments-1, Pay_2], label: x}",
            _ => "{modules: [terraform-aws-vpc]}",
        };
        text.to_string()
    }

    fn write_rule(&mut self, rule: &str) {
        writeln!(self.out, "    {rule}:").unwrap();
        for _ in 0..self.chance.random.between(1, 2) {
            let entry = self.rule(rule);
            writeln!(self.out, "      - {entry}").unwrap();
        }
    }

    fn rule(&mut self, rule: &str) -> String {
        let gives = rule == "read" || rule == "write";
        let word = if gives { "when" } else { "unless" };
        let of_denials = |weight| if gives { NEVER } else { weight };
        let kind = self.chance.any(&[
            ("rule: of somebody", 3),
            ("rule: of a person on stacks", 5),
            ("rule: under a condition", 2),
            ("rule: stacks and a condition", 2),
            ("rule: of everybody on stacks", of_denials(2)),
            ("rule: of whoever unless", of_denials(1)),
            ("rule: of stacks unless", of_denials(1)),
            ("rule: of Slack", 2),
        ]);
        let mut parts = Vec::new();
        match kind {
            "rule: of somebody" => return self.stack_who(!gives),
            "rule: of everybody on stacks"
            | "rule: of whoever unless"
            | "rule: of stacks unless" => {}
            "rule: of Slack" => {
                let (workspace, channel) = self.pick(&CHANNELS);
                parts.push(format!(
                    "slack: {{workspace: {workspace}, channel: {channel}}}"
                ));
            }
            _ => parts.push(format!("who: {}", self.stack_who(!gives))),
        }
        let is_under = kind.contains("condition") || kind.contains("unless");
        if is_under || (kind == "rule: of Slack" && self.chance.random.percent(30)) {
            parts.push(format!("{word}: {}", self.test()));
        }
        let is_on = kind.contains("stacks");
        if is_on || (kind == "rule: of Slack" && self.chance.random.percent(60)) {
            parts.push(format!("stack: {}", self.stack_test()));
        }
        format!("{{{}}}", parts.join(", "))
    }

    fn stack_who(&mut self, external: bool) -> String {
        let is_sent = self.groups.iter().any(|group| external || !group.external);
        if is_sent {
            return self.who(1, external).yaml;
        }
        let whoever = ["everyone", "{member: true}", "{machine: true}"];
        self.pick(&whoever).to_string()
    }

    fn stack_test(&mut self) -> String {
        let kind = self.chance.any(&[
            ("stack: one", 6),
            ("stack: several", 2),
            ("stack: all", 1),
            ("stack: any", 1),
            ("stack: none", 2),
            ("stack: nested", 1),
        ]);
        let [one, two, three] = [(); 3].map(|()| self.attribute());
        match kind {
            "stack: one" => format!("{{{}}}", one.1),
            "stack: several" if one.0.split('.').next() != two.0.split('.').next() => {
                format!("{{{}, {}}}", one.1, two.1)
            }
            "stack: several" => format!("{{{}, none: [{{{}}}]}}", one.1, two.1),
            "stack: all" => format!("{{all: [{{{}}}, {{{}}}]}}", one.1, two.1),
            "stack: any" => format!("{{any: [{{{}}}, {{{}}}, {{{}}}]}}", one.1, two.1, three.1),
            "stack: none" => format!("{{none: [{{{}}}, {{{}}}]}}", one.1, two.1),
            _ => format!(
                "{{all: [{{any: [{{{}}}, {{{}}}]}}, {{none: [{{{}}}]}}]}}",
                one.1, two.1, three.1
            ),
        }
    }

    /// An attribute's name, and what is asked of it as a field of a map.
    fn attribute(&mut self) -> (&'static str, String) {
        let all: Vec<(&str, usize)> = Attribute::ALL
            .iter()
            .map(|one| {
                (
                    construct(*one),
                    if *one == Attribute::Labels { 8 } else { 2 },
                )
            })
            .collect();
        let name = self.chance.any(&all);
        let mut all = Attribute::ALL.iter().copied();
        let attribute = all.find(|one| construct(*one) == name).unwrap();
        let value = self.asked_of(attribute);
        let path = attribute.path();
        let field = match path.split_once('.') {
            Some((within, name)) => format!("{within}: {{{name}: {value}}}"),
            None => format!("{path}: {value}"),
        };
        (path, field)
    }

    fn asked_of(&mut self, attribute: Attribute) -> String {
        let is_text = attribute.kind() == Kind::Text;
        match attribute.kind() {
            Kind::Flag => {
                self.chance.note("stack: true or false");
                self.pick(&["true", "false"]).to_string()
            }
            Kind::Thing => self.one_or_two(&["stack", "module"]),
            Kind::Lock => self.one_or_two(&["nobody", "caller", "other"]),
            Kind::Time => self.between(),
            Kind::Text | Kind::Number
                if attribute.is_optional() && self.chance.random.percent(40) =>
            {
                match self
                    .chance
                    .any(&[("stack: given", 1), ("stack: not given", 1)])
                {
                    "stack: given" => "true".to_string(),
                    _ => "false".to_string(),
                }
            }
            Kind::Number => {
                self.chance.note("stack: whole number");
                let (one, other) = (self.pick(&NUMBERS), self.pick(&NUMBERS));
                if self.chance.random.percent(30) {
                    format!("[{one}, {other}]")
                } else {
                    one.to_string()
                }
            }
            Kind::Text | Kind::Texts => {
                let pattern = if is_text {
                    "stack: pattern"
                } else {
                    "stack: pattern among texts"
                };
                let weight = if attribute.takes_patterns() { 3 } else { NEVER };
                match self
                    .chance
                    .any(&[("stack: text", 4), (pattern, weight), ("stack: list", 2)])
                {
                    "stack: text" => self.text_of(attribute, false),
                    "stack: list" => {
                        let is_pattern =
                            attribute.takes_patterns() && self.chance.random.percent(50);
                        let one = self.text_of(attribute, false);
                        format!("[{one}, {}]", self.text_of(attribute, is_pattern))
                    }
                    _ => self.text_of(attribute, true),
                }
            }
        }
    }

    fn text_of(&mut self, attribute: Attribute, is_pattern: bool) -> String {
        let text = match attribute {
            _ if is_pattern => self.pick(&PATTERNS),
            Attribute::AdditionalProjectGlobs => self.pick(&GLOBS),
            Attribute::LockedBy | Attribute::TrackedCommitAuthor => self.pick(LOGINS),
            _ if self.chance.random.percent(40) => self.pick(VALUES),
            _ => self.pick(&TEXTS),
        };
        // Stars alone would say nothing.
        let text = if text == "*" && attribute.takes_patterns() {
            "main"
        } else {
            text
        };
        self.spelt(text)
    }

    fn one_or_two(&mut self, words: &[&str]) -> String {
        let one = self.pick(words);
        if self.chance.flip("stack: list", 25) {
            format!("[{one}, {}]", self.pick(words))
        } else {
            one.to_string()
        }
    }

    fn between(&mut self) -> String {
        let first = self.below(INSTANTS.len() - 1);
        let last = self.chance.random.between(first + 1, INSTANTS.len() - 1);
        match self.chance.any(&[
            ("stack: from a time", 1),
            ("stack: until a time", 1),
            ("stack: between times", 1),
        ]) {
            "stack: from a time" => format!("{{from: \"{}\"}}", INSTANTS[first]),
            "stack: until a time" => format!("{{until: \"{}\"}}", INSTANTS[last]),
            _ => format!(
                "{{from: \"{}\", until: \"{}\"}}",
                INSTANTS[first], INSTANTS[last]
            ),
        }
    }
}

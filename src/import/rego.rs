//! A login policy that somebody wrote, as far as its rules have shapes that are known.
//!
//! ```text
//! text -> tree -> cases of each rule -> Found
//! ```
//!
//! A rule with one condition that is not known is left as a whole, with its lines. What is made of the others is asked the same
//! inputs as the old text, by whoever writes the mapping: nothing is taken to be equal because it looks so.

mod body;
mod grants;
mod logic;
mod subjects;
mod tree;

use std::collections::BTreeMap;

use super::{Entry, Found, Space, Who};
use crate::model::Dialect;
use body::{Rules, Unknown};
use logic::{Case, Cases};
use subjects::{Conditions, Side};
use tree::{Rule, Term};

/// Of a rule that is left, no more lines are shown than this, and no more of each.
const SHOWN_LINES: usize = 40;
const SHOWN_CHARACTERS: usize = 160;

/// What Spacelift asks a login policy for. Source: documentation, login policy.
const OUTPUTS: [&str; 11] = [
    "admin",
    "allow",
    "deny",
    "deny_admin",
    "flag",
    "roles",
    "sample",
    "space_admin",
    "space_read",
    "space_write",
    "team",
];

/// What Spacelift asks an access policy for, and no login policy.
const OF_ACCESS: [&str; 3] = ["deny_write", "read", "write"];

/// Whether a text that can be read decides about stacks, and not about logins. Rules may have any name beside those that are asked for.
#[must_use]
pub fn is_access(text: &str, dialect: Dialect) -> bool {
    let has = |rules: &[Rule], names: &[&str]| {
        rules.iter().any(|rule| names.contains(&rule.name.as_str()))
    };
    let of_login = OUTPUTS.map(|name| match name {
        // Access policies are asked for these, too.
        "deny" | "flag" | "sample" => "allow",
        name => name,
    });
    tree::read(text, dialect).is_ok_and(|rules| has(&rules, &OF_ACCESS) && !has(&rules, &of_login))
}

/// What is known of the account that a policy is from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Whether every space that it has is among what was found.
    pub spaces: bool,
    /// Whether every role is.
    pub roles: bool,
    /// The spaces that every account has, by id.
    pub fixed: BTreeMap<String, Space>,
}

/// Adds what a policy says. The text must have been parsed before, under limits: see [`crate::evaluate::foreign`].
///
/// # Errors
/// When the text cannot be read.
pub fn read(text: &str, dialect: Dialect, known: &Known, found: &mut Found) -> Result<(), String> {
    let rules = tree::read(text, dialect)?;
    let lines: Vec<&str> = text.lines().collect();
    let mut reading = Reading {
        rules: Rules::of(&rules),
        lines: &lines,
        conditions: Conditions::default(),
        known,
        found,
    };
    reading.login(&rules);
    for rule in &rules {
        reading.rest(rule);
    }
    reading.own_teams(&rules);
    if reading.found.login.no_groups_known {
        let remark = "The old policy takes groups that are missing for none, and so does this; without `no_groups` a session that lists no groups is refused where groups are excluded, which is safer.";
        reading
            .found
            .login
            .remark
            .get_or_insert_with(|| remark.to_string());
    }
    let conditions = reading.conditions.taken();
    found.conditions.extend(conditions);
    for section in &mut found.grants {
        section.grants = super::merged(std::mem::take(&mut section.grants));
    }
    Ok(())
}

struct Reading<'r> {
    rules: Rules<'r>,
    lines: &'r [&'r str],
    conditions: Conditions,
    known: &'r Known,
    found: &'r mut Found,
}

impl Reading<'_> {
    /// A rule is no part of the mapping.
    fn leave(&mut self, rule: &Rule, why: &str) {
        let (first, last) = rule.lines;
        let lines = (first..=last).take(SHOWN_LINES).filter_map(|number| {
            let line = self.lines.get(number - 1)?.replace('\t', "    ");
            let mut shown: String = line.chars().take(SHOWN_CHARACTERS).collect();
            if shown.len() < line.len() {
                shown.push('…');
            }
            Some((number, shown))
        });
        let mut lines: Vec<(usize, String)> = lines.collect();
        if last - first >= SHOWN_LINES {
            lines.push((last, "…".to_string()));
        }
        self.found
            .left_lines(format!("`{}`: {why}", rule.name), lines);
    }

    /// The cases of every rule of a name that is known; the others are left.
    fn cases(&mut self, rules: &[Rule], name: &str) -> Vec<Case> {
        let mut all = Vec::new();
        for rule in rules
            .iter()
            .filter(|rule| rule.name == name && !rule.is_default)
        {
            match self.rules.rule(rule, 0) {
                Ok(cases) => all.push((rule, cases)),
                Err(why) => self.leave(rule, &why),
            }
        }
        let mut cases = Vec::new();
        for (rule, one) in all {
            // What cannot be said leaves the whole rule.
            let side = match name {
                "allow" => Side::Gate,
                "admin" => Side::Admin,
                _ => Side::Denial,
            };
            let mut said = Ok(());
            for case in &one.0 {
                said = said.and_then(|()| self.conditions.can_say(case, side));
            }
            match said {
                Ok(()) => cases.extend(one.0),
                Err(why) => self.leave(rule, &why),
            }
        }
        cases
    }

    fn login(&mut self, rules: &[Rule]) {
        let allow = self.cases(rules, "allow");
        let admin = self.cases(rules, "admin");
        let deny = self.cases(rules, "deny");
        let deny_admin = self.cases(rules, "deny_admin");
        // Who is let in without a role, or as an admin, is who passes the gate; nobody else is let in by a role either.
        let plain = |case: &Case| subjects::without_conditions(case);
        let gate = Cases::any(
            allow
                .iter()
                .chain(&admin)
                .map(|case| Cases(vec![plain(case)])),
        )
        .unwrap_or_else(|_| Cases(allow.clone()));
        if gate.0.is_empty() {
            self.found.login.remark = Some(
                "No rule that was understood lets anybody in, so nobody is let in here."
                    .to_string(),
            );
        } else {
            self.found.login.admit = true;
        }
        let is_member =
            |case: &Case| case.len() == 1 && case.contains(&(true, logic::Atom::Member));
        if !gate.0.is_empty() && !gate.0.iter().all(is_member) {
            let parts = gate.0.iter().map(|case| self.conditions.who(case));
            self.found.login.require = Some(subjects::any(parts.collect()));
        }
        self.conditions.outsiders = gate
            .0
            .iter()
            .any(|case| !case.contains(&(true, logic::Atom::Member)))
            && !deny
                .iter()
                .any(|case| *case == Case::from([(false, logic::Atom::Member)]));
        let mut narrowed = false;
        for case in &admin {
            let (entry, is_narrowed) = self.conditions.admin(case);
            narrowed |= is_narrowed;
            self.found.login.admin.extend(entry);
        }
        if narrowed {
            self.found.left("account admins who are machines, or no members of the account: here only people who are members can be");
        }
        let open = |case: &Case| {
            let both = Cases(vec![case.clone()]).and(&gate);
            !both.is_ok_and(|both| both.0.is_empty())
        };
        // Whom the gate refuses need not be denied as well.
        let denials: Vec<Entry> = deny
            .iter()
            .filter(|case| open(case))
            .map(|case| self.conditions.denial(case))
            .collect();
        self.found.login.deny.extend(denials);
        let denials: Vec<Entry> = deny_admin
            .iter()
            .map(|case| self.conditions.denial(case))
            .collect();
        self.found.login.deny_admin.extend(denials);
        // To the old policy somebody without groups is in none: not one that is excluded, and not one that is refused.
        let asks = |cases: &[Case], sign: Option<bool>| {
            cases.iter().flatten().any(|(holds, atom)| {
                matches!(atom, logic::Atom::Group(_)) && sign.is_none_or(|sign| sign == *holds)
            })
        };
        self.found.login.no_groups_known |= asks(&allow, Some(false))
            || asks(&admin, Some(false))
            || asks(&deny, None)
            || asks(&deny_admin, None);
        self.conditions.is_open = !gate.0.is_empty();
    }

    /// Rules that give something, and those of which the language has nothing.
    fn rest(&mut self, rule: &Rule) {
        if !OUTPUTS.contains(&rule.name.as_str()) {
            return;
        }
        if rule.is_default {
            if rule.value != Some(Term::Flag(false)) {
                self.leave(
                    rule,
                    "a default other than `false` has no words in the language",
                );
            }
            return;
        }
        let said: Result<(), Unknown> = match rule.name.as_str() {
            "roles" | "space_admin" | "space_read" | "space_write" => self.grant(rule),
            "team" => self.team(rule),
            "sample" => self.sample(rule),
            "flag" => Err("tags of recorded decisions have no words in the language".to_string()),
            _ => Ok(()),
        };
        if let Err(why) = said {
            self.leave(rule, &why);
        }
    }

    /// A team that is given and asked for would be two things in a mapping.
    fn own_teams(&mut self, rules: &[Rule]) {
        let asked = super::write::groups_asked_for(self.found);
        let Some(teams) = &mut self.found.teams else {
            return;
        };
        // Whoever keeps everything and adds nothing rewrites nothing.
        if teams.add.is_empty() {
            self.found.teams = None;
            return;
        }
        if teams.add.keys().any(|team| asked.contains(team)) {
            self.found.teams = None;
            for rule in rules.iter().filter(|rule| rule.name == "team") {
                self.leave(rule, "a team that it gives is asked for as well, and here that is one that the provider sends");
            }
        }
    }

    fn sample(&mut self, rule: &Rule) -> Result<(), Unknown> {
        if self.rules.rule(rule, 0)? != Cases::always() {
            return Err("which decisions are recorded cannot depend on who signs in".to_string());
        }
        self.found.sample = Some("all");
        Ok(())
    }
}

/// Who passes, by name.
type ByTeam = BTreeMap<String, (Who, Option<super::Test>)>;

#[cfg(test)]
mod tests;

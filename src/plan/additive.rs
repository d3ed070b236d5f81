//! Whether a policy gives everybody at least what another gives.
//!
//! Told by what the two say, row by row, not by asking for some logins: whatever a row of the old policy gives, one row of the
//! new one must give to everybody whom the old row means, and whatever the new one refuses, one row of the old one must refuse.
//! Where that cannot be told of a row, it counts as taken away. So the answer may be no where nothing is taken from anybody, and
//! is never yes where something is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::model::{FIXED_SPACES, NoGrants, NoGroups};
use crate::policy::{ConditionCase, Fact, GrantRow, Policy, Rewriting, Row, Rows, Window};

use crate::render::Reading;

use super::changes::engine_for;
use super::effects::Effects;
use super::guards::{quoted, refusal};
use super::live::{Live, engine_of};
use super::{Change, Desired, Guard, Refusal, spelt};

/// What a policy takes away from what another gives, a line each; nothing where it gives everybody at least as much.
#[must_use]
pub fn taken(old: &Policy, new: &Policy) -> Vec<String> {
    let rules = rules_taken(old, new).into_iter();
    let mut all: BTreeSet<String> = rules.map(|rule| rule.told(true)).collect();
    grants(&Said::of(old), &Said::of(new), &mut all);
    all.into_iter().collect()
}

/// A rule that takes something, seen from the policy that it takes it from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rule {
    /// What kind it is.
    pub kind: RuleKind,
    /// Whom or what it is about; empty where its kind says all.
    pub about: String,
}

macro_rules! rule_kinds {
    ($($variant:ident $takes:literal $gives:literal;)+) => {
        /// A kind of rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum RuleKind { $($variant,)+ }

        impl RuleKind {
            /// How it is put: where it takes, and where the same is given.
            fn words(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($takes, $gives),)+ }
            }
        }
    };
}

rule_kinds! {
    Admin "no longer an account admin" "newly an account admin";
    AdminDenial "newly without administrative rights" "no longer without administrative rights";
    AdminRole "newly an administrative role, which may be denied" "no longer an administrative role";
    Gate "no longer passes the gate" "newly passes the gate";
    Denial "newly refused" "no longer refused";
    Offboarded "newly offboarded" "no longer offboarded";
    BreakGlass "no longer beyond denials" "newly beyond denials";
    Slack "no longer given in Slack" "newly given in Slack";
    NoGrants "may no longer sign in without a role" "may newly sign in without a role";
    NoGroups "a session without a list of teams is no longer in no group" "a session without a list of teams is newly in no group";
    Teams "how a session's teams are rewritten changes" "how a session's teams are rewritten changes";
}

impl Rule {
    /// In words, as what takes something or as what gives it.
    pub(crate) fn told(&self, takes: bool) -> String {
        let (taking, giving) = self.kind.words();
        let words = if takes { taking } else { giving };
        if self.about.is_empty() {
            words.to_string()
        } else {
            format!("{words}: {}", self.about)
        }
    }

    /// Whether it is about the administration of the account.
    pub(crate) fn is_admin(&self) -> bool {
        matches!(
            self.kind,
            RuleKind::Admin | RuleKind::AdminDenial | RuleKind::AdminRole
        )
    }
}

/// [`taken`], but for grants and added teams.
#[must_use]
pub(crate) fn rules_taken(old: &Policy, new: &Policy) -> BTreeSet<Rule> {
    let mut taken = BTreeSet::new();
    let mut put = |kind, about: String| {
        taken.insert(Rule { kind, about });
    };
    let (was, is) = (Said::of(old), Said::of(new));
    settings(old, new, &mut put);
    for (kind, before, after) in [
        (RuleKind::Gate, &was.gate, &is.gate),
        (RuleKind::Admin, &was.admins, &is.admins),
    ] {
        for asked in before.iter().filter(|asked| !implied(asked, after)) {
            put(kind, asked.to_string());
        }
    }
    for (kind, before, after) in [
        (RuleKind::Denial, &was.denials, &is.denials),
        (RuleKind::AdminDenial, &was.admin_denials, &is.admin_denials),
    ] {
        // A denial is no more than it was where an old one covers it.
        for asked in after.iter().filter(|asked| !implied(asked, before)) {
            put(kind, asked.to_string());
        }
    }
    for login in new.offboarded.keys() {
        if !old.offboarded.contains_key(login) {
            put(RuleKind::Offboarded, quoted(login));
        }
    }
    for login in old.break_glass.difference(&new.break_glass) {
        put(RuleKind::BreakGlass, quoted(login));
    }
    if !is.admin_denials.is_empty() {
        // What a denial of administrative rights takes, on root and legacy.
        for role in new.admin_roles.difference(&old.admin_roles) {
            let given = was.grants.iter().any(|given| {
                given.role == *role
                    && matches!(given.place, Place::Space(id) if FIXED_SPACES.contains(&id))
            });
            if given {
                put(RuleKind::AdminRole, quoted(role));
            }
        }
    }
    for (channel, space, role) in was.slack.difference(&is.slack) {
        put(
            RuleKind::Slack,
            format!(
                "{} on {} for {}",
                quoted(role),
                quoted(space),
                quoted(channel)
            ),
        );
    }
    taken
}

/// How many of what is taken are named; the others are counted.
const NAMED: usize = 5;

/// Why a plan that is to add only is refused.
pub(super) fn refusals(
    desired: &Desired,
    live: &Live,
    changes: &[Change],
    effects: &Effects,
) -> Vec<Refusal> {
    let changes_policy = changes.iter().any(|change| {
        matches!(
            change,
            Change::PolicyCreate { .. } | Change::PolicyUpdate { .. }
        )
    });
    let lost = if changes_policy {
        of_policy(desired, live)
    } else {
        Ok(Vec::new())
    };
    let help = "leave out `--add-only` to take it away, or keep in the mapping what is to stay";
    match lost {
        Err(why) => vec![refusal(
            Guard::TakesAway,
            format!("whether anything is taken away cannot be told: {why}"),
            "leave out `--add-only`, and look at the plan",
        )],
        Ok(mut lost) => {
            lost.extend(of_roles(changes));
            // What the rows say is proof enough; should a fixture ever see otherwise, it is believed.
            if lost.is_empty() {
                let losing = effects.effects.iter().filter(|effect| effect.takes_away());
                lost.extend(losing.map(|effect| quoted(&effect.probe)));
                lost.extend(effects.unknown.iter().cloned());
            }
            if lost.is_empty() {
                return Vec::new();
            }
            let mut told: Vec<String> = lost.iter().take(NAMED).cloned().collect();
            if lost.len() > NAMED {
                told.push(format!("and {} more", lost.len() - NAMED));
            }
            vec![refusal(
                Guard::TakesAway,
                format!("it would take away: {}", told.join("; ")),
                help,
            )]
        }
    }
}

/// What the mapping's policy takes away from what decides now; or why that cannot be told.
fn of_policy(desired: &Desired, live: &Live) -> Result<Vec<String>, String> {
    let new = desired.policy;
    let Some((policy, reading)) = &live.ours else {
        if !live.others.is_empty() || !live.accepted.is_empty() {
            return Err("another login policy decides now".to_string());
        }
        return Ok(taken(&without_policy(new), new));
    };
    match reading {
        Reading::Ours(old) if engine_of(policy) == engine_for(old.dialect) => Ok(taken(old, new)),
        Reading::Ours(_) => Err("the live policy is evaluated as what it is not".to_string()),
        Reading::Edited(_) | Reading::Foreign | Reading::OtherFormat(_) => {
            Err("this release did not write what is live".to_string())
        }
    }
}

/// Actions that roles lose between their first and their last step, and roles that go.
fn of_roles(changes: &[Change]) -> Vec<String> {
    let mut first: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
    let mut last: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
    let mut lost = Vec::new();
    for change in changes {
        match change {
            Change::RoleUpdate { before, after, .. } => {
                first
                    .entry(&before.slug)
                    .or_insert_with(|| before.actions.iter().collect());
                last.insert(&before.slug, after.actions.iter().collect());
            }
            Change::RoleDelete { role, .. } => {
                lost.push(format!("the role {}", quoted(&role.slug)))
            }
            Change::PolicyCreate { .. }
            | Change::PolicyUpdate { .. }
            | Change::RoleCreate { .. } => {}
        }
    }
    for (slug, before) in first {
        let after = last.remove(slug).unwrap_or_default();
        for action in before.difference(&after) {
            lost.push(format!("{} from the role {}", spelt(action), quoted(slug)));
        }
    }
    lost
}

/// What decides an account that has no login policy: members sign in, and hold nothing. Source: documentation, login policy.
#[must_use]
pub fn without_policy(like: &Policy) -> Policy {
    let mut policy = Policy {
        groups: BTreeMap::new(),
        api_keys: BTreeMap::new(),
        patterns: BTreeMap::new(),
        conditions: BTreeMap::new(),
        break_glass: BTreeSet::new(),
        offboarded: BTreeMap::new(),
        gate: Rows::new(),
        admins: Rows::new(),
        denials: Rows::new(),
        admin_denials: Rows::new(),
        grants: BTreeMap::new(),
        guarded_grants: BTreeMap::new(),
        slack: BTreeMap::new(),
        own_teams: BTreeSet::new(),
        additions: Rows::new(),
        ..like.clone()
    };
    policy.settings.no_grants = NoGrants::Admit;
    policy.settings.teams = Rewriting::None;
    let members = Row {
        all: Vec::new(),
        anyone: false,
        id: "gate".to_string(),
        none: Vec::new(),
    };
    policy.gate.insert("member".to_string(), vec![members]);
    policy
}

fn settings(old: &Policy, new: &Policy, put: &mut impl FnMut(RuleKind, String)) {
    let (was, is) = (&old.settings, &new.settings);
    if was.no_grants == NoGrants::Admit && is.no_grants != NoGrants::Admit {
        put(RuleKind::NoGrants, String::new());
    }
    if was.no_groups == NoGroups::Known && is.no_groups != NoGroups::Known {
        put(RuleKind::NoGroups, String::new());
    }
    // Other policies of the account may hang on a session's teams, either way.
    if was.teams != is.teams || old.own_teams != new.own_teams {
        put(RuleKind::Teams, String::new());
    }
}

fn grants(was: &Said<'_>, is: &Said<'_>, taken: &mut BTreeSet<String>) {
    let mut by_role: BTreeMap<&str, Vec<&Given<'_>>> = BTreeMap::new();
    for given in &is.grants {
        by_role.entry(given.role).or_default().push(given);
    }
    for given in was.grants.difference(&is.grants) {
        let candidates = by_role.get(given.role).into_iter().flatten();
        if !candidates.into_iter().any(|one| one.covers(given)) {
            taken.insert(given.to_string());
        }
    }
    for team in was.additions.difference(&is.additions) {
        let covered = is.additions.iter().any(|one| {
            one.team == team.team
                && one
                    .asked
                    .is_implied_by(&team.asked, one.anyone, team.anyone)
        });
        if !covered {
            taken.insert(format!("the team {}: {}", quoted(team.team), team.asked));
        }
    }
}

/// Whether one of the rows asks no more than a row does.
fn implied(row: &Asked<'_>, rows: &BTreeSet<Asked<'_>>) -> bool {
    rows.contains(row) || rows.iter().any(|one| one.is_implied_by(row, true, true))
}

/// What a policy says, with what its names stand for in their place.
struct Said<'p> {
    gate: BTreeSet<Asked<'p>>,
    admins: BTreeSet<Asked<'p>>,
    denials: BTreeSet<Asked<'p>>,
    admin_denials: BTreeSet<Asked<'p>>,
    grants: BTreeSet<Given<'p>>,
    additions: BTreeSet<Added<'p>>,
    slack: BTreeSet<(&'p str, &'p str, &'p str)>,
}

/// What a fact stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Meaning<'p> {
    /// One of these values is sent, each of them until its end.
    Group(BTreeMap<&'p str, Option<i64>>),
    /// One of these cases holds.
    Condition(BTreeSet<&'p ConditionCase>),
    /// A login that is a key's, by its name or by its id.
    Key(&'p str, &'p str),
    /// A login that fits an expression.
    Like(&'p str),
    /// Nothing fits.
    Never,
    /// As it is written.
    Plain(&'p str),
}

impl Meaning<'_> {
    /// Whether whatever fits this fits the other.
    fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Never, _) => true,
            (Self::Group(one), Self::Group(other)) => one.iter().all(|(value, ends)| {
                other.get(value).is_some_and(|later| {
                    later.is_none_or(|later| ends.is_some_and(|ends| ends <= later))
                })
            }),
            (Self::Condition(one), Self::Condition(other)) => one
                .iter()
                .all(|case| other.iter().any(|wider| fits_within(case, wider))),
            _ => self == other,
        }
    }
}

/// Whether a condition's case holds only where another does.
fn fits_within(case: &ConditionCase, wider: &ConditionCase) -> bool {
    let networks = match (&case.networks, &wider.networks) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(one), Some(other)) => one.iter().all(|network| other.contains(network)),
    };
    let window = |one: &Window, other: &Window| {
        one.zone == other.zone
            && other.from <= one.from
            && one.until <= other.until
            && one.days.iter().all(|day| other.days.contains(day))
    };
    networks
        && match (&case.window, &wider.window) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(one), Some(other)) => window(one, other),
        }
}

/// What a row asks.
#[derive(Debug, Clone)]
pub(crate) struct Asked<'p> {
    all: BTreeSet<Meaning<'p>>,
    none: BTreeSet<Meaning<'p>>,
    /// Names of groups that it asks for.
    pub(crate) groups: BTreeSet<&'p str>,
    /// As the policy spells it, for people.
    told: String,
}

impl PartialEq for Asked<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Asked<'_> {}
impl PartialOrd for Asked<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Asked<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (&self.all, &self.none).cmp(&(&other.all, &other.none))
    }
}

impl std::fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.told)
    }
}

impl Asked<'_> {
    /// Whether this fits wherever the other does. A row that is not for anyone is for people who are members, beside what it
    /// asks.
    fn is_implied_by(&self, other: &Self, anyone: bool, other_anyone: bool) -> bool {
        let has = |fact: &str| other.all.contains(&Meaning::Plain(fact));
        let ordinary = !other_anyone || (has("person") && has("member"));
        // Whatever is not about the request is about a session, and everyone has one.
        let about_session =
            |fact: &Meaning<'_>| !matches!(fact, Meaning::Condition(_) | Meaning::Never);
        let implied = |fact: &Meaning<'_>| match fact {
            Meaning::Plain("person" | "member") if !other_anyone => true,
            Meaning::Plain("everyone") if other.all.iter().any(about_session) => true,
            _ => other.all.iter().any(|one| one.is_within(fact)),
        };
        (anyone || ordinary)
            && self.all.iter().all(implied)
            && self
                .none
                .iter()
                .all(|fact| other.none.iter().any(|wider| fact.is_within(wider)))
    }
}

/// A role on a space, for whoever fits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Given<'p> {
    pub(crate) role: &'p str,
    pub(crate) place: Place<'p>,
    anyone: bool,
    starts: Option<i64>,
    ends: Option<i64>,
    pub(crate) asked: Asked<'p>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place<'p> {
    Space(&'p str),
    Label(&'p str),
}

impl Place<'_> {
    fn told(self) -> String {
        match self {
            Self::Space(id) => quoted(id),
            Self::Label(label) => format!("every space labelled {}", quoted(label)),
        }
    }
}

impl Given<'_> {
    /// Whether whoever is given the other is given this.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        // `*` is the spaces that the account lists at login, which a space that is named need not be among.
        let there = self.place == other.place
            || (self.place == Place::Space("*") && matches!(other.place, Place::Label(_)));
        let starts = self
            .starts
            .is_none_or(|mine| other.starts.is_some_and(|theirs| mine <= theirs));
        let ends = self
            .ends
            .is_none_or(|mine| other.ends.is_some_and(|theirs| theirs <= mine));
        self.role == other.role
            && there
            && starts
            && ends
            && self
                .asked
                .is_implied_by(&other.asked, self.anyone, other.anyone)
    }
}

/// A team, for whoever fits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Added<'p> {
    team: &'p str,
    anyone: bool,
    asked: Asked<'p>,
}

impl<'p> Said<'p> {
    fn of(policy: &'p Policy) -> Self {
        let names = Names::of(policy);
        let rows = |rows: &'p Rows| -> BTreeSet<Asked<'p>> {
            each(rows)
                .map(|(under, row)| names.asked(under, &row.all, &row.none))
                .collect()
        };
        let slack = policy.slack.iter().flat_map(|(channel, spaces)| {
            spaces.iter().flat_map(move |(space, slugs)| {
                slugs
                    .iter()
                    .map(move |slug| (channel.as_str(), space.as_str(), slug.as_str()))
            })
        });
        Self {
            gate: rows(&policy.gate),
            admins: rows(&policy.admins),
            denials: rows(&policy.denials),
            admin_denials: rows(&policy.admin_denials),
            grants: names.grants(policy).into_values().flatten().collect(),
            additions: each(&policy.additions)
                .map(|(under, row)| Added {
                    team: &row.id,
                    anyone: row.anyone,
                    asked: names.asked(under, &row.all, &row.none),
                })
                .collect(),
            slack: slack.collect(),
        }
    }
}

fn each(rows: &Rows) -> impl Iterator<Item = (&Fact, &Row)> {
    rows.iter()
        .flat_map(|(under, rows)| rows.iter().map(move |row| (under, row)))
}

/// What the names of a policy stand for.
struct Names<'p> {
    groups: BTreeMap<&'p str, BTreeMap<&'p str, Option<i64>>>,
    policy: &'p Policy,
}

impl<'p> Names<'p> {
    fn of(policy: &'p Policy) -> Self {
        let mut groups: BTreeMap<&str, BTreeMap<&str, Option<i64>>> = BTreeMap::new();
        for (value, membership) in &policy.groups {
            groups
                .entry(&membership.group)
                .or_default()
                .insert(value, membership.ends);
        }
        Self { groups, policy }
    }

    fn meaning(&self, fact: &'p str) -> Meaning<'p> {
        let Some((kind, name)) = fact.split_once(' ') else {
            return Meaning::Plain(fact);
        };
        let policy = self.policy;
        match kind {
            "group" => match self.groups.get(name) {
                Some(values) => Meaning::Group(values.clone()),
                None => Meaning::Never,
            },
            "condition" => match policy.conditions.get(name) {
                Some(cases) => Meaning::Condition(cases.iter().collect()),
                None => Meaning::Never,
            },
            "key" => match policy.api_keys.get_key_value(name) {
                Some((name, login)) => Meaning::Key(name, login),
                None => Meaning::Never,
            },
            "like" => match policy.patterns.get(name) {
                Some(expression) => Meaning::Like(expression),
                None => Meaning::Never,
            },
            _ => Meaning::Plain(fact),
        }
    }

    fn asked(&self, under: &'p str, all: &'p [Fact], none: &'p [Fact]) -> Asked<'p> {
        let meanings = |facts: &'p [Fact]| facts.iter().map(|fact| self.meaning(fact)).collect();
        let mut told = quoted(under);
        for fact in all.iter().filter(|fact| fact.as_str() != under) {
            let _ = write!(told, " and {}", quoted(fact));
        }
        for fact in none {
            let _ = write!(told, " and not {}", quoted(fact));
        }
        let facts = all.iter().map(String::as_str).chain([under]);
        let groups = facts
            .filter_map(|fact| fact.strip_prefix("group "))
            .collect();
        let mut all: BTreeSet<Meaning<'p>> = meanings(all);
        all.insert(self.meaning(under));
        Asked {
            all,
            none: meanings(none),
            groups,
            told,
        }
    }

    /// What every grant gives, by its id.
    fn grants(&self, policy: &'p Policy) -> BTreeMap<&'p str, BTreeSet<Given<'p>>> {
        let mut by_id: BTreeMap<&str, BTreeSet<Given<'p>>> = BTreeMap::new();
        let tables = policy.grants.iter().chain(&policy.guarded_grants);
        for (under, row) in
            tables.flat_map(|(under, rows)| rows.iter().map(move |row| (under, row)))
        {
            let GrantRow {
                all,
                anyone,
                ends,
                id,
                labels,
                none,
                roles,
                spaces,
                starts,
            } = row;
            let places: Vec<Place<'p>> = spaces
                .iter()
                .map(|id| Place::Space(id))
                .chain(labels.iter().map(|label| Place::Label(label)))
                .collect();
            let asked = self.asked(under, all, none);
            let given = by_id.entry(id).or_default();
            for role in roles {
                given.extend(places.iter().map(|place| Given {
                    role,
                    place: *place,
                    anyone: *anyone,
                    starts: *starts,
                    ends: *ends,
                    asked: asked.clone(),
                }));
            }
        }
        by_id
    }
}

/// What every grant of a policy gives, by its id.
pub(crate) fn grants_by_id(policy: &Policy) -> BTreeMap<&str, BTreeSet<Given<'_>>> {
    Names::of(policy).grants(policy)
}

impl std::fmt::Display for Given<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} on {}: {}",
            quoted(self.role),
            self.place.told(),
            self.asked
        )?;
        for (word, at) in [("from", self.starts), ("until", self.ends)] {
            if let Some(at) = at {
                match jiff::Timestamp::from_nanosecond(i128::from(at)) {
                    Ok(at) => write!(f, ", {word} {at}")?,
                    Err(_) => write!(f, ", {word} {at} ns")?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! Somebody who leaves: what the mapping gives them and says of them, and what no login policy can take from them.
//!
//! Whom to write down is decided here; writing is [`crate::edit`]'s. Nothing here guesses that two logins are one person's: a
//! directory may say so, and what only looks like it is asked about.

pub mod account;
pub mod gate;
mod losses;
mod mentions;
pub mod sessions;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::nearest;
use crate::directory::Directory;
use crate::edit::{Change, Edits, Value, Way};
use crate::model::{BreakGlass, Model, Outside};
use crate::project::{Compiled, Project};
use crate::render::Reading;
use crate::source::{Span, Spanned};

pub use losses::{Held, LossError, Losses, Sights};
pub use mentions::{Mention, Mentions};

/// Somebody who leaves.
#[derive(Debug, Clone)]
pub struct Leaver {
    /// The login, as it was asked for.
    pub login: String,
    /// Other logins of theirs that are to be refused, too: told, or known to the directory.
    pub aliases: Vec<String>,
    /// Where the mapping refuses each of these logins already, by the login in ASCII lower case.
    pub refused: BTreeMap<String, Span>,
    /// Whether the mapping, the fixtures or the directory speak of the login.
    pub known: bool,
    /// The nearest login that they do speak of, where it is not known.
    pub nearest: Option<String>,
    /// Logins that could be the same person's, and where they are written, if that is a file of the mapping.
    pub perhaps: Vec<(String, Option<Span>)>,
    /// Where the mapping and the fixtures name them.
    pub mentions: Vec<Mention>,
    /// Logins of theirs that nothing in the mapping can refuse, since it exempts them, and where.
    pub exempt: Vec<(String, Span)>,
    /// Logins of theirs that Spacelift does not ask the policy about.
    pub outside: Vec<(String, Outside)>,
}

impl Leaver {
    /// Of whom nothing is known yet.
    fn new(login: &str, aliases: Vec<String>) -> Self {
        Self {
            login: login.to_owned(),
            aliases,
            refused: BTreeMap::new(),
            known: true,
            nearest: None,
            perhaps: Vec::new(),
            mentions: Vec::new(),
            exempt: Vec::new(),
            outside: Vec::new(),
        }
    }

    /// Every login of theirs, in ASCII lower case.
    #[must_use]
    pub fn lower(&self) -> BTreeSet<String> {
        std::iter::once(&self.login)
            .chain(&self.aliases)
            .map(|login| login.to_ascii_lowercase())
            .collect()
    }

    /// Whether the mapping refuses all of their logins already.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.lower()
            .iter()
            .all(|login| self.refused.contains_key(login))
    }

    /// The logins that are to be added, as they are to be written.
    fn new_logins(&self) -> Vec<&String> {
        std::iter::once(&self.login)
            .chain(&self.aliases)
            .filter(|login| !self.refused.contains_key(&login.to_ascii_lowercase()))
            .collect()
    }
}

/// Looks at everybody who is asked for, each once. `aliases` are other logins of the first.
#[must_use]
pub fn leavers(
    project: &Project,
    compiled: &Compiled,
    logins: &[String],
    aliases: &[String],
) -> Vec<Leaver> {
    let mentions = Mentions::of(&project.sources);
    let directory = compiled.directory.as_ref();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut leavers = Vec::new();
    for (at, login) in logins.iter().enumerate() {
        if !taken.insert(login.to_ascii_lowercase()) {
            continue;
        }
        let told = if at == 0 { aliases } else { &[] };
        let known_to_be = directory.map_or_else(Vec::new, |directory| aliases_in(directory, login));
        let aliases: Vec<String> = told
            .iter()
            .cloned()
            .chain(known_to_be)
            .filter(|alias| taken.insert(alias.to_ascii_lowercase()))
            .collect();
        leavers.push(leaver(
            &compiled.model,
            directory,
            &mentions,
            login,
            aliases,
        ));
    }
    leavers
}

fn leaver(
    model: &Model,
    directory: Option<&Directory>,
    mentions: &Mentions,
    login: &str,
    aliases: Vec<String>,
) -> Leaver {
    let mut leaver = Leaver::new(login, aliases);
    let lower = leaver.lower();
    for login in &lower {
        if let Some(entry) = model.login.offboarded.get(login) {
            leaver.refused.insert(login.clone(), entry.span);
        }
    }
    let is_theirs = |other: &String| lower.contains(&other.to_ascii_lowercase());
    leaver.exempt = those(&model.break_glass, is_theirs, |entry: &BreakGlass| {
        entry.span
    });
    leaver.outside = those(&model.outside_policy, is_theirs, Clone::clone);
    leaver.mentions = mentions.of_person(&lower);
    leaver.known = mentions.knows(&login.to_ascii_lowercase())
        || directory.is_some_and(|directory| directory.person(login).is_some());
    let written = mentions.logins();
    let in_directory = directory
        .into_iter()
        .flat_map(|directory| directory.people.values())
        .map(|person| person.login.as_str());
    if !leaver.known {
        let all = written.iter().map(|(login, _)| *login);
        leaver.nearest = nearest(login, all.chain(in_directory.clone())).map(str::to_owned);
    }
    let mut perhaps: BTreeMap<String, (String, Option<Span>)> = BTreeMap::new();
    let places = written.iter().map(|(login, span)| (*login, Some(*span)));
    for (other, span) in places.chain(in_directory.map(|login| (login, None))) {
        let key = other.to_ascii_lowercase();
        if !lower.contains(&key)
            && !model.login.offboarded.contains_key(&key)
            && lower.iter().any(|login| looks_alike(login, &key))
        {
            perhaps.entry(key).or_insert((other.to_owned(), span));
        }
    }
    leaver.perhaps = perhaps.into_values().collect();
    leaver
}

fn those<T, U>(
    all: &BTreeMap<String, T>,
    is_theirs: impl Fn(&String) -> bool,
    of: impl Fn(&T) -> U,
) -> Vec<(String, U)> {
    all.iter()
        .filter(|(login, _)| is_theirs(login))
        .map(|(login, entry)| (login.clone(), of(entry)))
        .collect()
}

/// Attributes of a directory that hold further logins of the same person. What is not here may be somebody else's, as a
/// manager's address is.
const OWN: [&str; 12] = [
    "alias",
    "aliases",
    "email",
    "emails",
    "login",
    "logins",
    "mail",
    "other_emails",
    "proxy_addresses",
    "upn",
    "user_name",
    "username",
];

/// What a directory says that the person of a login is also called.
fn aliases_in(directory: &Directory, login: &str) -> Vec<String> {
    let lower = login.to_ascii_lowercase();
    let all_of = |person: &crate::directory::Person| -> Vec<String> {
        let own = person
            .attributes
            .iter()
            .filter(|(name, _)| OWN.contains(&attribute(name).as_str()))
            .flat_map(|(_, values)| values.iter().cloned());
        std::iter::once(person.login.clone())
            .chain(own)
            .filter(|other| !other.trim().is_empty())
            .collect()
    };
    let is_theirs = |person: &&crate::directory::Person| {
        all_of(person)
            .iter()
            .any(|other| other.to_ascii_lowercase() == lower)
    };
    let mut found = BTreeSet::new();
    directory
        .people
        .values()
        .filter(is_theirs)
        .flat_map(all_of)
        .filter(|other| {
            let other = other.to_ascii_lowercase();
            other != lower && found.insert(other)
        })
        .collect()
}

/// An attribute's name in one spelling: `userName`, `user-name` and `user_name` are one.
fn attribute(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    let mut small = false;
    for c in name.chars() {
        if c.is_uppercase() && small {
            out.push('_');
        }
        small = c.is_lowercase() || c.is_ascii_digit();
        match c {
            '-' | ' ' | '.' => out.push('_'),
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// Whether two logins look like one person's: what stands before `@` is the same, or begins with the other's and a sign.
fn looks_alike(one: &str, other: &str) -> bool {
    let name = |login: &str| login.split('@').next().unwrap_or_default().to_owned();
    let (one, other) = (name(one), name(other));
    if one.len() < 2 || other.len() < 2 {
        return false;
    }
    let longer = |short: &str, long: &str| {
        long.strip_prefix(short)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_', '+']))
    };
    longer(&one, &other) || longer(&other, &one)
}

/// The model in which they are refused.
#[must_use]
pub fn wanted(model: &Model, leavers: &[Leaver]) -> Model {
    let mut wanted = model.clone();
    for leaver in leavers {
        for (main, login) in entries(leaver) {
            let entry = Spanned::new(main.to_ascii_lowercase(), Span::default());
            wanted
                .login
                .offboarded
                .insert(login.to_ascii_lowercase(), entry);
        }
    }
    wanted
}

/// Each login that is to be added, with the one that its entry is headed by.
fn entries(leaver: &Leaver) -> Vec<(&String, &String)> {
    let new = leaver.new_logins();
    let Some(main) = new.first().copied() else {
        return Vec::new();
    };
    new.iter().map(|login| (main, *login)).collect()
}

/// The change of the mapping's file that makes it so; nothing where everybody is refused already.
#[must_use]
pub fn edits(project: &Project, leavers: &[Leaver]) -> Edits {
    let items: Vec<Value> = leavers
        .iter()
        .filter_map(|leaver| {
            let new = leaver.new_logins();
            let text = |login: &&String| Value::Text((*login).clone());
            let (main, others) = new.split_first()?;
            Some(if others.is_empty() {
                text(main)
            } else {
                let aliases = others.iter().map(text).collect();
                Value::Map(vec![
                    ("login", text(main)),
                    ("aliases", Value::List(aliases)),
                ])
            })
        })
        .collect();
    let mut edits = Edits::default();
    if let (false, Some(file)) = (items.is_empty(), project.file()) {
        let list = vec![
            Way {
                key: "login",
                order: crate::document::SECTIONS,
            },
            Way {
                key: "offboarded",
                order: crate::document::LOGIN_FIELDS,
            },
        ];
        edits.push(file, Change::Append { list, items });
    }
    edits
}

/// Whether a live policy, as far as it can be read, refuses every one of these logins, in ASCII lower case.
#[must_use]
pub fn is_refused_by(live: &Reading, lower: &BTreeSet<String>) -> bool {
    let Reading::Ours(policy) = live else {
        return false;
    };
    let is_exempt = |login: &String| lower.contains(&login.to_ascii_lowercase());
    lower
        .iter()
        .all(|login| policy.offboarded.contains_key(login))
        && !policy.break_glass.iter().any(is_exempt)
}

#[cfg(test)]
mod tests;

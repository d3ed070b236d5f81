//! The directory snapshot: who there is, and which groups the identity provider sends for them, at one moment.
//!
//! A mapping speaks of groups; a snapshot says who is in them. Nothing in it is part of the policy: it is what a change is
//! measured by, person by person. It says what the provider *sends*, which is not always what a directory knows: names or
//! ids, nested groups flattened or not.

mod json;
mod read;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::fixture::spaces;
use crate::model::Model;
use crate::source::Span;

pub use read::read;

/// The snapshot's name, beside the mapping.
pub const FILE: &str = "directory.json";

/// The number of the layout that is read.
pub const VERSION: i64 = 1;

/// How large a snapshot may be, in bytes: some 500,000 people.
pub const MAX_BYTES: usize = 256 << 20;

/// A checked snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// When it was taken, in nanoseconds since 1970 UTC, if it says so.
    pub taken_at: Option<i64>,
    /// People by their ASCII-lowered login.
    pub people: BTreeMap<String, Person>,
    /// Groups by what the provider sends; none where the snapshot lists no groups apart from those of people.
    pub groups: Option<BTreeMap<String, Group>>,
    /// `sha256:` and the digest, in hexadecimal, of the file's bytes.
    pub digest: String,
}

/// Somebody the directory knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The login, as the session would say it.
    pub login: String,
    /// The name to show.
    pub name: Option<String>,
    /// Whether the provider lets them sign in.
    pub active: bool,
    /// What the provider sends for their groups, each once; none where nothing is known of their groups.
    pub groups: Option<Vec<String>>,
    /// Whatever else is known, such as `email`, `manager` or `department`: each with one value or several.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Where it stands.
    pub span: Span,
}

/// A group of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The name to show, where what is sent is an id.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Where it stands.
    pub span: Span,
}

impl Directory {
    /// Somebody by their login, in whatever case it is written.
    #[must_use]
    pub fn person(&self, login: &str) -> Option<&Person> {
        self.people.get(&login.to_ascii_lowercase())
    }

    /// Everybody whom the provider lets sign in.
    pub fn active(&self) -> impl Iterator<Item = &Person> {
        self.people.values().filter(|person| person.active)
    }

    /// Every value that the snapshot knows: of groups that it lists, and of people's.
    #[must_use]
    pub fn values(&self) -> std::collections::BTreeSet<&str> {
        let listed = self.groups.iter().flat_map(BTreeMap::keys);
        let held = self.people.values().flat_map(|person| &person.groups);
        let held = held.flatten();
        listed.chain(held).map(String::as_str).collect()
    }
}

impl Person {
    /// The input that Spacelift would make for a login policy, with this as its `request`.
    #[must_use]
    pub fn input(&self, model: &Model, request: Value) -> Value {
        let mut session = json!({"login": self.login, "member": true});
        if let (Some(groups), Some(session)) = (&self.groups, session.as_object_mut()) {
            session.insert("teams".to_owned(), json!(groups));
        }
        json!({"request": request, "session": session, "spaces": spaces(model)})
    }
}

#[cfg(test)]
mod tests;

//! What somebody leaves in the account: keys, invitations, sessions; and what of it no login policy can stop.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::sessions::{self, Open};
use crate::model::Model;
use crate::spacelift::{ApiKey, Error, ReadAccount, UserStatus};

/// As far back the audit trail is asked who made a key, in seconds; most accounts keep less.
const BACK: i64 = 365 * 24 * 3600;

/// What somebody leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Keys that have to do with them.
    pub keys: Vec<Key>,
    /// How the account lists them: login, and how far they have come.
    pub users: Vec<Listed>,
    /// Logins of theirs that set single sign-on up.
    pub sign_on_admins: Vec<String>,
    /// Names of all keys that administer the account, by themselves or by a binding, or may. Whoever has kept the secret of one comes in with it.
    pub root_keys: Vec<String>,
    /// Their sessions; none where the installation lists none.
    pub sessions: Option<Open>,
    /// What could not be found out.
    pub notes: Vec<String>,
}

/// A key that has to do with somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it administers the account, by itself or by a binding, or may: no login policy takes that from it.
    pub admin: bool,
    /// What it has to do with them.
    pub why: Why,
    /// The roles bound to it: slug and space.
    pub bindings: Vec<(String, String)>,
}

/// What a key has to do with somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It is the login itself.
    Itself,
    /// The mapping says that they own it.
    Owned,
    /// The audit trail says that they made it.
    Made,
    /// Its name has theirs in it.
    Named,
}

impl Why {
    /// In words, after the key's name.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Itself => "is the login",
            Self::Owned => "is theirs, as the mapping says",
            Self::Made => "was made by them, as the audit trail says",
            Self::Named => "has their name in its own",
        }
    }
}

/// How the account lists somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The login, or the address of an invitation.
    pub login: String,
    /// As the API spells it.
    pub status: String,
    /// Whether it is an invitation that can still be taken up, or sent again.
    pub invited: bool,
}

/// Looks at an account for somebody with these logins, in ASCII lower case. `now` is in Unix seconds.
///
/// # Errors
/// When the account cannot be read. What the token may not see becomes a note.
pub fn look(
    account: &dyn ReadAccount,
    lower: &BTreeSet<String>,
    model: &Model,
    now: i64,
) -> Result<Left, Error> {
    let mut left = Left::default();
    let keys = allowed(account.api_keys(), "API keys", &mut left.notes)?;
    let made = allowed(
        account.audit_trail(now - BACK, Some("api_key")),
        "the audit trail",
        &mut left.notes,
    )?;
    let mut made_by_them = BTreeSet::new();
    for entry in made.iter().flatten() {
        let actor = entry.actor.username.to_ascii_lowercase();
        let is_theirs = lower
            .iter()
            .any(|login| actor == *login || actor.ends_with(&format!("::{login}")));
        if is_theirs && entry.action.to_ascii_lowercase().contains("create") {
            made_by_them.extend(entry.affected_resource.resource_id.clone());
        }
    }
    let owned: BTreeMap<&str, &str> = model
        .api_keys
        .values()
        .filter_map(|key| Some((key.id.as_str(), key.owner.as_deref()?)))
        .collect();
    for key in keys.iter().flatten() {
        if key.may_administer() {
            left.root_keys.push(key.name.clone());
        }
        let owner = owned.get(key.id.as_str());
        let why = if lower.contains(&key.login().to_ascii_lowercase()) {
            Why::Itself
        } else if owner.is_some_and(|owner| is_handle(owner, lower)) {
            Why::Owned
        } else if made_by_them.contains(&key.id) {
            Why::Made
        } else if has_name(&key.name, lower) {
            Why::Named
        } else {
            continue;
        };
        left.keys.push(shown(key, why));
    }
    let users = allowed(account.users(), "people", &mut left.notes)?;
    for user in users.iter().flatten() {
        let email = user.invitation_email.clone().unwrap_or_default();
        let is_theirs = |text: &str| !text.is_empty() && lower.contains(&text.to_ascii_lowercase());
        if !is_theirs(&user.login) && !is_theirs(&email) {
            continue;
        }
        let login = if user.login.is_empty() {
            email
        } else {
            user.login.clone()
        };
        left.users.push(Listed {
            login,
            status: user.status.as_str().to_owned(),
            invited: matches!(
                user.status,
                UserStatus::Queued | UserStatus::Pending | UserStatus::Expired
            ),
        });
    }
    let sign_on = allowed(account.sign_on(), "single sign-on", &mut left.notes)?;
    let admins = sign_on
        .into_iter()
        .flat_map(|sign_on| [sign_on.saml_admin, sign_on.oidc_admin]);
    let theirs = admins
        .flatten()
        .filter(|login| lower.contains(&login.to_ascii_lowercase()));
    left.sign_on_admins = theirs.collect::<BTreeSet<_>>().into_iter().collect();
    left.sessions = match sessions::open(account, lower) {
        Ok(open) => open,
        Err(Error::NotAllowed { .. }) => {
            left.notes
                .push("the token may not see the open sessions".to_owned());
            None
        }
        Err(error) => return Err(error),
    };
    Ok(left)
}

/// What an account says, or a note that it says nothing.
fn allowed<T>(
    answer: Result<Option<T>, Error>,
    what: &str,
    notes: &mut Vec<String>,
) -> Result<Option<T>, Error> {
    match answer {
        Ok(Some(found)) => Ok(Some(found)),
        Ok(None) => {
            notes.push(format!("the installation does not list {what}"));
            Ok(None)
        }
        Err(Error::NotAllowed { .. }) => {
            notes.push(format!("the token may not see {what}"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn shown(key: &ApiKey, why: Why) -> Key {
    let bindings = key.bindings.iter().flatten();
    Key {
        id: key.id.clone(),
        name: key.name.clone(),
        admin: key.may_administer(),
        why,
        bindings: bindings
            .map(|binding| (binding.role.slug.clone(), binding.space.clone()))
            .collect(),
    }
}

/// Whether a handle such as `@acme/bob`, or a login, is somebody's.
pub(super) fn is_handle(owner: &str, lower: &BTreeSet<String>) -> bool {
    let owner = owner.to_ascii_lowercase();
    if lower.contains(&owner) {
        return true;
    }
    let name = owner
        .strip_prefix('@')
        .and_then(|name| name.rsplit('/').next());
    name.is_some_and(|name| {
        lower
            .iter()
            .any(|login| login.split('@').next() == Some(name))
    })
}

/// Whether a name has somebody's in it, as a word of its own.
fn has_name(name: &str, lower: &BTreeSet<String>) -> bool {
    let name = name.to_ascii_lowercase();
    lower.iter().any(|login| {
        let own = login.split('@').next().unwrap_or_default();
        own.len() > 2
            && name.match_indices(own).any(|(at, _)| {
                let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
                let before = name.get(..at).unwrap_or_default().chars().next_back();
                let after = name.get(at + own.len()..).unwrap_or_default();
                ends(before) && ends(after.chars().next())
            })
    })
}

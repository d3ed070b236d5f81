//! Whose sessions are open, and ending somebody's.
//!
//! A session says an address of mail and no login; another list says how many sessions a login has, and its address. What
//! cannot be told apart by these is not touched.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::spacelift::{
    Error, ReadAccount, Scheme, Session, UserSessions, WriteAccount, people_signed_in,
};

/// Somebody's open sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Open {
    /// Surely theirs.
    pub theirs: Vec<Session>,
    /// Whether the session that asks has their address; it is not among them.
    pub asking: bool,
    /// Login -> how many more of its sessions there are than could be told by their address.
    pub untold: BTreeMap<String, usize>,
    /// Address -> other logins that have it, too; sessions with it could be theirs.
    pub shared: BTreeMap<String, BTreeSet<String>>,
    /// What could not be asked, so that there may be more.
    pub notes: Vec<String>,
}

impl Open {
    /// Whether nothing is open, and nothing is in doubt. What could not be asked is in doubt.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.is_none_known() && self.notes.is_empty()
    }

    /// Whether nothing is known to be open, or to be somebody's whose it cannot be told.
    #[must_use]
    pub fn is_none_known(&self) -> bool {
        self.theirs.is_empty() && !self.asking && self.untold.is_empty() && self.shared.is_empty()
    }
}

/// The open sessions of somebody with these logins, in ASCII lower case. Nothing where the installation lists no sessions.
///
/// # Errors
/// [`Error::NotAllowed`] unless the token administers the account; others as [`ReadAccount`] says.
pub fn open(account: &dyn ReadAccount, lower: &BTreeSet<String>) -> Result<Option<Open>, Error> {
    let Some(sessions) = account.sessions()? else {
        return Ok(None);
    };
    let mut open = Open::default();
    let counted = people_signed_in(account, &account.spaces()?, &mut |_, _| ())?;
    // Where nobody else is signed in, there is nothing to tell apart.
    if sessions.iter().any(|session| !session.current) {
        open.notes.extend(untold(account, counted.as_deref())?);
    }
    let counted = counted.unwrap_or_default();
    let is_theirs = |login: &str| lower.contains(&login.to_ascii_lowercase());
    let address = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default().to_ascii_lowercase();
        (!text.is_empty()).then_some(text)
    };
    let mut addresses: BTreeSet<String> = lower.clone();
    let theirs = counted.iter().filter(|row| is_theirs(&row.login));
    addresses.extend(theirs.clone().filter_map(|row| address(&row.email)));
    let invited = account.users()?.unwrap_or_default();
    let invited = invited.iter().filter(|user| is_theirs(&user.login));
    addresses.extend(invited.filter_map(|user| address(&user.invitation_email)));
    for row in counted.iter().filter(|row| !is_theirs(&row.login)) {
        if let Some(email) = address(&row.email).filter(|email| addresses.contains(email)) {
            let others = open.shared.entry(email).or_default();
            others.insert(row.login.clone());
        }
    }
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for session in sessions {
        let Some(email) = address(&session.email).filter(|email| addresses.contains(email)) else {
            continue;
        };
        if open.shared.contains_key(&email) {
            continue;
        }
        *found.entry(email).or_default() += 1;
        if session.current {
            open.asking = true;
        } else {
            open.theirs.push(session);
        }
    }
    // Only an address with sessions in doubt is one to speak of.
    for row in theirs {
        let by_email = address(&row.email).or_else(|| Some(row.login.to_ascii_lowercase()));
        let known = by_email.and_then(|email| found.get(&email)).copied();
        let count = usize::try_from(row.session_count).unwrap_or(0);
        if let Some(more) = count
            .checked_sub(known.unwrap_or(0))
            .filter(|more| *more > 0)
        {
            open.untold.insert(row.login.clone(), more);
        }
    }
    Ok(Some(open))
}

/// Why the sessions of a login are not all told by their address, if that is so.
fn untold(
    account: &dyn ReadAccount,
    counted: Option<&[UserSessions]>,
) -> Result<Option<String>, Error> {
    let why = match counted {
        None => "the installation does not say how many sessions a login has",
        // Nobody is listed while the account manages users.
        Some([]) if account.account()?.scheme == Some(Scheme::ManagedUsers) => {
            "an account that manages users does not say how many sessions a login has"
        }
        Some(_) => return Ok(None),
    };
    Ok(Some(format!(
        "{why}, so sessions with another address than the login, or with none, cannot be told"
    )))
}

/// What became of somebody's sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// How many were ended.
    pub ended: usize,
    /// What could not be ended, and why.
    pub failed: Vec<String>,
    /// What is still open, by a second look; nothing where that could not be seen.
    pub left: Option<Open>,
    /// Why it could not be seen, if it could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unseen: Option<String>,
}

impl Ended {
    /// Whether nothing is left open, and that was seen.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.left.as_ref().is_some_and(Open::is_none)
    }
}

/// Ends the sessions that are surely somebody's, and looks again. What could not be ended or seen is among what is answered:
/// there may be others whose turn comes.
pub fn end(
    account: &dyn ReadAccount,
    writer: &dyn WriteAccount,
    open: &Open,
    lower: &BTreeSet<String>,
) -> Ended {
    let mut ended = Ended::default();
    for session in &open.theirs {
        match writer.delete_session(&session.id) {
            Ok(()) => ended.ended += 1,
            Err(error) => ended.failed.push(error.to_string()),
        }
    }
    match self::open(account, lower) {
        Ok(Some(left)) => ended.left = Some(left),
        Ok(None) => ended.unseen = Some("the installation does not list sessions".to_owned()),
        Err(error) => ended.unseen = Some(error.to_string()),
    }
    ended
}

#[cfg(test)]
mod tests;

//! Whom the account knows, and how many of those whom it saw lately are known here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::samples;
use crate::spacelift::{Error, ReadAccount, UserStatus, people_signed_in};

use super::super::Desired;
use super::super::live::Live;

/// Whoever signed in within so many seconds is active: a month, as seats are counted (documentation: user management).
const LATELY: i64 = 30 * 86_400;

/// How many of the account's active logins are known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// People with open sessions, and whoever signed in within thirty days.
    pub active: usize,
    /// Of those, how many are known.
    pub known: usize,
    /// Some of those who are not, at most ten.
    pub strangers: Vec<String>,
}

impl Coverage {
    /// In whole percent, rounded down. Where nobody is active, as after a push that ended every session, none: then nothing
    /// says whom the sources miss.
    #[must_use]
    pub fn percent(&self) -> u8 {
        let percent = self.known.saturating_mul(100).checked_div(self.active);
        percent
            .and_then(|percent| u8::try_from(percent).ok())
            .unwrap_or(0)
    }
}

/// What the account says of people and keys, as far as guards ask.
#[derive(Default)]
pub(in super::super) struct Roll {
    /// The login of whoever asks.
    pub viewer: Option<String>,
    /// Login -> the address that the account has for it, of everybody who is active. Nothing where it does not say.
    active: Option<BTreeMap<String, Option<String>>>,
    /// Login of a key -> its groups, and whether it administers the account by itself.
    keys: BTreeMap<String, (Vec<String>, bool)>,
    /// Logins that set single sign-on up.
    creators: BTreeSet<String>,
    /// Seats of people that are left, where there is a limit.
    pub seats_left: Option<i64>,
}

impl Roll {
    /// Whether Spacelift lets a login in as an administrator without asking a policy, as far as the account says.
    /// Source: documentation, login policy.
    pub(super) fn bypasses(&self, login: &str) -> bool {
        self.creators.contains(login) || self.keys.get(login).is_some_and(|(_, admin)| *admin)
    }

    /// Whoever was active lately, as far as the account says.
    pub(in super::super) fn logins(&self) -> impl Iterator<Item = &str> {
        self.active
            .iter()
            .flat_map(BTreeMap::keys)
            .map(String::as_str)
    }

    /// The groups that are lent to a key.
    pub(super) fn groups_of(&self, login: &str) -> Option<Vec<String>> {
        self.keys.get(login).map(|(groups, _)| groups.clone())
    }

    /// Reads what the account says; what it may not tell, it does not say.
    pub(in super::super) fn read(
        account: &dyn ReadAccount,
        live: &Live,
        desired: &Desired,
    ) -> Result<Self, Error> {
        let (viewer, now) = (&live.viewer, desired.now);
        let mut progress = |at, of| desired.progress.at("spaces asked for sessions", at, of);
        let signed_in = people_signed_in(account, &live.spaces, &mut progress);
        let login = viewer.login.clone().filter(|login| !login.is_empty());
        let mut roll = Self {
            viewer: Some(login.unwrap_or_else(|| viewer.id.clone())),
            ..Self::default()
        };
        if let Some(sessions) = told(signed_in)? {
            let active = roll.active.get_or_insert_default();
            active.extend(sessions.into_iter().map(|one| (one.login, one.email)));
        }
        if let Some(users) = told(account.users())? {
            let active = roll.active.get_or_insert_default();
            let since = now.map(|now| now / 1_000_000_000 - LATELY);
            for user in users {
                let lately = match (user.last_login_time, since) {
                    (Some(last), Some(since)) => last >= since,
                    (last, _) => last.is_some(),
                };
                if user.status == UserStatus::Active && lately {
                    active.entry(user.login).or_insert(user.invitation_email);
                }
            }
        }
        for key in told(account.api_keys())?.unwrap_or_default() {
            let admin = key.administers();
            roll.keys.insert(key.login(), (key.teams, admin));
        }
        if let Some(sign_on) = told(account.sign_on())? {
            roll.creators.extend(sign_on.saml_admin);
            roll.creators.extend(sign_on.oidc_admin);
        }
        roll.seats_left = told(account.seats())?.and_then(|seats| seats.user.left());
        Ok(roll)
    }
}

/// Nothing where the token may not ask.
fn told<T>(answer: Result<Option<T>, Error>) -> Result<Option<T>, Error> {
    match answer {
        Err(Error::NotAllowed { .. }) => Ok(None),
        answer => answer,
    }
}

/// How many of the active logins are among those known, who are named by ASCII-lowered logins. An account that knows somebody
/// by another login than the directory is matched by the address.
pub(super) fn of(known: &BTreeSet<&str>, desired: &Desired, roll: &Roll) -> Option<Coverage> {
    let active = roll.active.as_ref()?;
    let directory = desired.directory;
    let sampled = sampled(desired);
    let addresses: BTreeSet<String> = directory
        .into_iter()
        .flat_map(|directory| directory.active())
        .filter_map(|person| person.attributes.get("email"))
        .flatten()
        .map(|address| address.to_ascii_lowercase())
        .collect();
    let is_known = |(login, address): &(&String, &Option<String>)| {
        let folded = login.to_ascii_lowercase();
        let address = address.as_ref().map(|address| address.to_ascii_lowercase());
        known.contains(folded.as_str())
            || sampled(login)
            || addresses.contains(&folded)
            || address.is_some_and(|address| {
                addresses.contains(&address) || known.contains(address.as_str())
            })
    };
    let strangers: Vec<String> = active
        .iter()
        .filter(|one| !is_known(one))
        .map(|(login, _)| login.clone())
        .collect();
    Some(Coverage {
        active: active.len(),
        known: active.len() - strangers.len(),
        strangers: strangers.into_iter().take(10).collect(),
    })
}

/// Whether somebody signed in while inputs were recorded, which only the key can tell.
fn sampled(desired: &Desired) -> impl Fn(&str) -> bool {
    let samples = desired.samples;
    let key = samples.and_then(|samples| samples.key);
    let archive = samples
        .map(|samples| samples.archive)
        .filter(|_| key.is_some());
    let all = archive.into_iter().flat_map(|archive| archive.samples());
    let all: BTreeSet<&str> = all.filter_map(|one| one.who.as_deref()).collect();
    move |login| key.is_some_and(|key| all.contains(samples::mask::who(key, login).as_str()))
}

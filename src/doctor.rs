//! What liftgate takes a Spacelift account to be like, held against one. Nothing is changed.
//!
//! Much of what is known about Spacelift is inferred from how public clients use it, and its pages contradict each other in
//! places. Each [`Row`] is one such claim: confirmed, refuted, or not to be seen in this account. A report names nobody: it
//! can be given to strangers.
//!
//! | module | where it looks |
//! |---|---|
//! | `simulated` | tiny policies, through the account's own simulation |
//! | `standing` | what the account lists: itself, keys, roles, people, sessions, the audit trail |
//! | `recorded` | inputs of real logins, where the account keeps samples |
//! | `schema` | the account's description of its API |
//! | `beyond` | nowhere: what is inferred, and nobody who only reads can see |
//! | `agree` | whole policies of a mapping, simulated and compared with what the mapping means |

pub mod agree;
mod beyond;
mod recorded;
mod schema;
mod simulated;
mod standing;
mod veil;

use std::time::Duration;

use serde::Serialize;

use crate::model::Dialect;
use crate::spacelift::{Account, Error, Policy, ReadAccount as _, Reader, Viewer};

use veil::Veil;

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is so.
    Confirmed,
    /// It is not so.
    Refuted,
    /// The account does not show it, or does not show it to this token.
    NotSeen,
    /// It was to be asked, and no time was left.
    NotReached,
}

impl Verdict {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Refuted => "refuted",
            Self::NotSeen => "could not be seen",
            Self::NotReached => "was not reached",
        }
    }

    fn of(is_so: bool) -> Self {
        if is_so {
            Self::Confirmed
        } else {
            Self::Refuted
        }
    }
}

/// A claim about Spacelift, and what one account has to say to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it is called; stable.
    pub fact: String,
    /// What is claimed.
    pub claim: String,
    /// Whether liftgate decides or writes something wrong where it is not so. It is prepared for both where this is false.
    pub relied_on: bool,
    /// What became of it.
    pub verdict: Verdict,
    /// What was seen, without names.
    pub seen: String,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The address, as far as it is to be shown.
    pub endpoint: String,
    /// The active strategy, as the API spells it.
    pub strategy: Option<String>,
    /// The account's version of Open Policy Agent.
    pub opa: Option<String>,
    /// The release of a self-hosted installation.
    pub self_hosted: Option<String>,
    /// The claims, in a fixed order.
    pub rows: Vec<Row>,
    /// The dialect in which the account simulates policies, if it does at all.
    pub simulates: Option<Dialect>,
}

impl Report {
    /// How many claims came to a verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows
            .iter()
            .filter(|row| row.verdict == verdict)
            .count()
    }

    /// Claims that are not so although liftgate relies on them.
    pub fn alarming(&self) -> impl Iterator<Item = &Row> {
        self.rows
            .iter()
            .filter(|row| row.relied_on && row.verdict == Verdict::Refuted)
    }
}

/// How much of an address a report shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// Only whose installation it is.
    Shortened,
    /// All of it.
    Whole,
}

/// An examination under way.
struct Examination<'a> {
    /// Asks only as long as there is time.
    reader: Reader,
    viewer: Viewer,
    account: Account,
    policies: Result<Vec<Policy>, Why>,
    veil: Veil,
    rows: Vec<Row>,
    say: &'a mut dyn FnMut(&str),
}

/// Examines an account, for no longer than `limit`, however slowly it answers; `say` is told what is being looked at.
///
/// # Errors
/// When the token is not accepted, or the account itself cannot be read in that time. Everything else is a row.
pub fn examine(
    reader: &Reader,
    address: Address,
    limit: Duration,
    say: &mut dyn FnMut(&str),
) -> Result<Report, Error> {
    let reader = reader.within(limit);
    say("the account");
    let viewer = reader.viewer()?;
    let account = reader.account()?;
    let policies = reader.policies();
    let veil = Veil::over(&reader, &viewer, &account, &policies);
    let mut examination = Examination {
        policies: policies.map_err(|error| why(&error, &reader, &veil)),
        veil,
        reader,
        viewer,
        account,
        rows: Vec::new(),
        say,
    };
    let simulates = simulated::look(&mut examination);
    standing::look(&mut examination);
    recorded::look(&mut examination);
    schema::look(&mut examination);
    beyond::look(&mut examination);
    let Examination {
        account,
        reader,
        rows,
        ..
    } = examination;
    Ok(Report {
        endpoint: shown(reader.endpoint(), address),
        strategy: account.scheme.map(|scheme| scheme.as_str().to_owned()),
        opa: account.opa,
        self_hosted: account.self_hosted,
        rows,
        simulates,
    })
}

/// Whose installation it is, or the address.
fn shown(endpoint: &str, address: Address) -> String {
    if address == Address::Whole {
        return endpoint.to_owned();
    }
    let host = endpoint.split("://").nth(1).unwrap_or(endpoint);
    let host = host.split('/').next().unwrap_or(host);
    let ours = host.strip_suffix(".app.spacelift.io");
    match ours {
        Some(_) => "https://….app.spacelift.io".to_owned(),
        None if host.starts_with("127.") || host.starts_with("localhost") => {
            "a server on this machine".to_owned()
        }
        None => "an installation of its own".to_owned(),
    }
}

impl Examination<'_> {
    fn row(
        &mut self,
        fact: &str,
        claim: &str,
        relied_on: bool,
        (verdict, seen): (Verdict, String),
    ) {
        let seen = self.veil.over_text(&seen);
        self.rows.push(Row {
            fact: fact.to_owned(),
            claim: claim.to_owned(),
            relied_on,
            verdict,
            seen,
        });
    }

    /// An answer, or why there is none.
    fn ask<T>(&self, question: impl FnOnce(&Reader) -> Result<T, Error>) -> Result<T, Why> {
        question(&self.reader).map_err(|error| why(&error, &self.reader, &self.veil))
    }

    /// The same, of what older installations lack.
    fn ask_for<T>(
        &self,
        question: impl FnOnce(&Reader) -> Result<Option<T>, Error>,
    ) -> Result<T, Why> {
        self.ask(question)?
            .ok_or_else(|| "this installation does not say".into())
    }
}

/// Why something is not there to be seen, in words that name nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Why {
    /// No time was left.
    NoTime,
    /// The server said no, in these words.
    Refused(String),
    /// Anything else.
    Unseen(String),
}

impl<T: Into<String>> From<T> for Why {
    fn from(words: T) -> Self {
        Self::Unseen(words.into())
    }
}

fn why(error: &Error, reader: &Reader, veil: &Veil) -> Why {
    match error {
        Error::Timeout { .. } | Error::Unavailable { .. } | Error::RateLimited { .. }
            if !reader.has_time() =>
        {
            Why::NoTime
        }
        Error::NotAllowed { .. } => "this token may not look".into(),
        Error::Refused { messages, .. } => Why::Refused(veil.over_words(messages)),
        Error::Timeout { .. } | Error::Unavailable { .. } | Error::RateLimited { .. } => {
            "the server did not answer".into()
        }
        error => veil.over_words(&[error.to_string()]).into(),
    }
}

/// What is not there to be seen.
fn unseen(why: impl Into<Why>) -> (Verdict, String) {
    match why.into() {
        Why::NoTime => (Verdict::NotReached, "no time was left".to_owned()),
        Why::Refused(words) => (Verdict::NotSeen, format!("refused: {words}")),
        Why::Unseen(words) => (Verdict::NotSeen, words),
    }
}

//! Where a push ends before its end, and what is live then.

use std::fmt;

use super::{Applied, Beside};
use crate::plan::{Refusal, escaped, quoted};
use crate::spacelift::Error;

/// Why a push did not do all that it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushError {
    /// A guard refused; the change was not sent.
    Refused(Vec<Refusal>),
    /// The account could not be read; the change was not sent.
    Read(Error),
    /// The account refused the change.
    Write(Error),
    /// A role was written, and its slug is another than the mapping declares.
    Slug {
        /// Its name.
        name: String,
        /// What the mapping declares.
        wanted: String,
        /// What the account says.
        got: String,
        /// Whether its old name is live again, and its old slug with it; nothing for a role that is new.
        back: Option<bool>,
    },
    /// What was sent was stored otherwise; what was there before is live again.
    TakenBack {
        /// What was to change.
        target: Target,
        /// What was wrong with it.
        how: Broken,
    },
    /// What was sent was stored otherwise, and what was there before could not be put back.
    NotTakenBack {
        /// What was to change.
        target: Target,
        /// What is wrong with it.
        how: Broken,
        /// What went wrong on the way back, if anything was said.
        cause: Option<Box<Error>>,
    },
    /// Everything was made, and something that it rests on and that was left alone is not as it was.
    Beside {
        /// What that is.
        what: Beside,
        /// What went wrong while it was looked at, where whether it changed is unknown.
        unknown: Option<Box<Error>>,
    },
    /// The change was sent, and what is live is not what was sent.
    NotLive {
        /// What was to change.
        target: Target,
        /// What is live instead.
        live: Live,
        /// What went wrong while it was sent or looked for, if anything did.
        cause: Option<Box<Error>>,
    },
}

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `policy` or `role`.
    pub kind: &'static str,
    /// The policy's name, or the role's slug.
    pub name: String,
    /// Whether it is to go.
    pub goes: bool,
}

/// What a reading after a change shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Live {
    /// What was sent.
    Sent,
    /// Nothing of that name.
    Nothing,
    /// Nothing any more: somebody else deleted it.
    Gone,
    /// What was there before.
    Before,
    /// What was sent, but not as it was sent: it cannot be anybody else's.
    Broken(Broken),
    /// A role of this slug, which is not the one that was meant.
    OtherSlug(String),
    /// Something else; when it was last changed in Unix seconds, where that is known.
    Other(Option<i64>),
    /// It could not be read.
    Unknown,
}

/// How a text of ours is live otherwise than it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Only its beginning, or nothing of it.
    Half,
    /// With other spaces or line ends.
    Spaces,
    /// Under another version of Rego.
    Engine,
    /// Under another name, or in another space.
    Elsewhere,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Half => "the account stored only a part of it",
            Self::Spaces => "the account stored it with other spaces or line ends",
            Self::Engine => "the account stored it under another version of Rego",
            Self::Elsewhere => "the account stored it under another name or in another space",
        })
    }
}

/// Where a push ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// What was made and seen before that.
    pub applied: Vec<Applied>,
    /// Why it went no further.
    pub error: PushError,
}

impl PushError {
    /// Whether a guard stopped it, or what is live is another's doing: exit code 6.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::Slug {
                    back: None | Some(true),
                    ..
                }
                | Self::NotLive {
                    live: Live::Other(_) | Live::Gone,
                    ..
                }
                | Self::Beside { unknown: None, .. }
        )
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Refused(refusals) => refusals
                .first()
                .map(|refusal| refusal.help.clone())
                .unwrap_or_default(),
            Self::Read(error) | Self::Write(error) => error.hint(),
            Self::Slug { back: Some(false), .. } => {
                "give it its old name by hand at once: whoever holds it by its slug does not hold it any more".to_string()
            }
            Self::Slug { wanted, got, back: Some(true), .. } => format!(
                "keep the name, since a role gets a slug that is made of it; or make a role {} instead, and delete {}",
                quoted(got),
                quoted(wanted)
            ),
            Self::Slug { wanted, got, .. } => format!(
                "declare the role as {} in the mapping, or give it a name that becomes {}; a role that nothing names any more goes with `--delete-role {}`",
                quoted(got),
                quoted(wanted),
                escaped(got)
            ),
            Self::NotLive { live: Live::Gone, .. } => {
                "somebody else deleted it at the same time; look at the account, then plan again".to_string()
            }
            Self::NotLive {
                live: Live::Other(_),
                ..
            } => "somebody else changed it at the same time, or the server stores something else than it is sent; nothing was put back, so look at it, then plan again".to_string(),
            Self::TakenBack { .. } => {
                "everybody signs in again, by the policy that was there before; plan again, and report this if it happens twice".to_string()
            }
            Self::NotTakenBack { .. } => {
                "look at the account at once: what is live is nobody's policy; the record of the push holds what was there before"
                    .to_string()
            }
            Self::Beside { .. } => {
                "somebody else changed the account at the same time; plan again, and push what is missing".to_string()
            }
            Self::NotLive { .. } => {
                "the change may still arrive; look at what is there, then plan again".to_string()
            }
        }
    }
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusals) => match refusals.as_slice() {
                [] => f.write_str("the push was refused"),
                [one] => write!(f, "{one}"),
                [first, rest @ ..] => write!(f, "{first}, and {} more", rest.len()),
            },
            Self::Read(error) | Self::Write(error) => error.fmt(f),
            Self::Slug {
                name,
                wanted,
                got,
                back,
            } => {
                let back = match back {
                    None => "nothing after it was changed",
                    Some(true) => "its old name was put back, and nothing after it was changed",
                    Some(false) => "its old name could not be put back",
                };
                write!(
                    f,
                    "the role that is named {} has the slug {}, and the mapping declares {}; {back}",
                    quoted(name),
                    quoted(got),
                    quoted(wanted)
                )
            }
            Self::TakenBack { target, how } => write!(
                f,
                "the {} {} was sent, and {how}; what was there before is live again",
                target.kind,
                quoted(&target.name)
            ),
            Self::NotTakenBack { target, how, cause } => {
                write!(
                    f,
                    "the {} {} was sent, and {how}; what was there before could not be put back",
                    target.kind,
                    quoted(&target.name)
                )?;
                match cause {
                    Some(cause) => write!(f, ": {cause}"),
                    None => Ok(()),
                }
            }
            Self::Beside { what, unknown } => {
                f.write_str("everything was changed as planned, but ")?;
                match unknown {
                    None => write!(f, "{what} was changed or deleted meanwhile"),
                    Some(cause) => write!(f, "whether {what} is as it was is unknown: {cause}"),
                }
            }
            Self::NotLive {
                target,
                live,
                cause,
            } => {
                let deletion = if target.goes { "deletion of the " } else { "" };
                write!(
                    f,
                    "the {deletion}{} {} was sent, and ",
                    target.kind,
                    quoted(&target.name)
                )?;
                f.write_str(match (live, target.goes) {
                    (Live::Nothing, false) => "is not there",
                    (Live::Gone, _) => "was deleted since",
                    (Live::Before, false) => "what was there before is still live",
                    (Live::Before, true) => "it is still there",
                    (Live::Other(_) | Live::OtherSlug(_) | Live::Broken(_), _) => {
                        "something else is live"
                    }
                    (Live::Sent | Live::Nothing | Live::Unknown, _) => "what is live is unknown",
                })?;
                match cause {
                    Some(cause) => write!(f, ": {cause}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for PushError {}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Stopped {}

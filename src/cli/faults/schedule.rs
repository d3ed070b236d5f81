//! What goes wrong, and at which request; written as one line, so that it can be repeated.

use std::fmt;
use std::str::FromStr;

/// The kinds of requests that faults tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Exchanges the key for a token.
    Login,
    /// Looks.
    Read,
    /// Changes something.
    Write,
}

macro_rules! faults {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal on $on:ident;)+) => {
        /// What goes wrong with one request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault {
            $($(#[doc = $doc])* $variant,)+
        }

        impl Fault {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Whether it makes a difference to a request of this kind.
            pub fn suits(self, kind: Kind) -> bool {
                match self { $(Self::$variant => on::$on(kind),)+ }
            }
        }
    };
}

mod on {
    use super::Kind;

    pub fn any(_: Kind) -> bool {
        true
    }

    pub fn reads(kind: Kind) -> bool {
        kind == Kind::Read
    }

    pub fn writes(kind: Kind) -> bool {
        kind == Kind::Write
    }

    pub fn after_login(kind: Kind) -> bool {
        kind != Kind::Login
    }
}

faults! {
    /// The connection is cut before the request has had its effect.
    Cut = "cut" on any;
    /// And after it; nothing of the answer arrives.
    CutAfter = "cut-after" on writes;
    /// Half of the answer arrives, after the effect.
    Truncated = "truncated" on any;
    /// No answer in time, and no effect.
    Slow = "slow" on any;
    /// No answer in time, but the effect.
    SlowAfter = "slow-after" on writes;
    /// The answer comes late, but it comes.
    Delayed = "delayed" on any;
    /// Too many requests, for a moment.
    Limited = "limited" on any;
    /// Too many requests, for an hour.
    LimitedLong = "limited-long" on any;
    /// The server fails before it does anything.
    Unavailable = "unavailable" on any;
    /// The server did it, and what stands before it fails.
    BadGateway = "bad-gateway" on writes;
    /// A web page, and no effect.
    Page = "page" on any;
    /// A web page instead of the answer, and the effect.
    PageAfter = "page-after" on writes;
    /// What is no JSON, after the effect.
    Garbage = "garbage" on any;
    /// JSON of another shape, after the effect.
    Shapeless = "shapeless" on any;
    /// A redirect.
    Elsewhere = "elsewhere" on any;
    /// An error of the API, and no effect.
    Denied = "denied" on any;
    /// The token is not good any more; a new one is.
    Expired = "expired" on after_login;
    /// From here on nothing answers.
    Down = "down" on any;
    /// The process is killed before the request is sent.
    Killed = "killed" on any;
    /// The process is killed when the request has had its effect.
    KilledAfter = "killed-after" on writes;
    /// This reading shows what was there before the last change.
    Stale = "stale" on reads;
    /// From here on, readings show what was there before the last change that was made by then.
    Frozen = "frozen" on reads;
    /// What is stored is half of what was sent.
    Garbled = "garbled" on writes;
    /// Somebody edits our policy first.
    Edited = "edited" on any;
    /// Somebody deletes our policy first.
    Deleted = "deleted" on any;
    /// Somebody makes another login policy first.
    Another = "another" on any;
    /// Somebody gives a role of ours another action first.
    RoleEdited = "role-edited" on any;
    /// Somebody deletes a role of ours first.
    RoleDeleted = "role-deleted" on any;
    /// Somebody edits an access policy first, so that everybody may read.
    AccessEdited = "access-edited" on any;
    /// Somebody takes an access policy off a stack first.
    AccessDetached = "access-detached" on any;
    /// Somebody switches the account to the other strategy first.
    Switched = "switched" on any;
    /// Somebody edits our policy right after.
    EditedAfter = "edited-after" on writes;
}

impl Fault {
    /// Whether somebody else changes the account.
    pub fn meddles(self) -> bool {
        matches!(
            self,
            Self::Edited
                | Self::Deleted
                | Self::Another
                | Self::RoleEdited
                | Self::RoleDeleted
                | Self::AccessEdited
                | Self::AccessDetached
                | Self::Switched
                | Self::EditedAfter
        )
    }
}

/// Faults by the number of the request that they strike, from 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Schedule {
    /// The scenario's name.
    pub scenario: String,
    pub faults: Vec<(usize, Fault)>,
}

impl Schedule {
    pub fn new(scenario: &str, mut faults: Vec<(usize, Fault)>) -> Self {
        faults.sort_unstable();
        faults.dedup_by_key(|(at, _)| *at);
        Self {
            scenario: scenario.to_string(),
            faults,
        }
    }

    pub fn at(&self, request: usize) -> Option<Fault> {
        self.faults
            .iter()
            .find(|(at, _)| *at == request)
            .map(|(_, fault)| *fault)
    }

    /// Every schedule with one fault less.
    pub fn smaller(&self) -> impl Iterator<Item = Self> {
        (0..self.faults.len()).map(|gone| {
            let mut smaller = self.clone();
            smaller.faults.remove(gone);
            smaller
        })
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scenario)?;
        for (at, fault) in &self.faults {
            write!(f, " {at}:{}", fault.name())?;
        }
        Ok(())
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut words = line.split_whitespace();
        let scenario = words.next().ok_or("no scenario")?;
        let fault = |word: &str| {
            let (at, name) = word.split_once(':').ok_or("no `:`")?;
            let fault = Fault::ALL.iter().find(|fault| fault.name() == name);
            let at = at.parse().map_err(|_| format!("`{at}` is no number"))?;
            Ok((at, *fault.ok_or(format!("no fault `{name}`"))?))
        };
        let faults = words.map(fault).collect::<Result<_, String>>()?;
        Ok(Self::new(scenario, faults))
    }
}

/// Chance that is the same for the same seed (SplitMix64).
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }
}

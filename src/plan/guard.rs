//! What a push is refused for, and the names of it; [`guards`](super::guards) finds it.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! guards {
    ($(#[doc = $about:literal] $variant:ident = $code:literal,)+) => {
        /// A guard: a reason for which a push is refused. The codes are part of the interface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Guard {
            $(#[doc = $about] #[serde(rename = $code)] $variant,)+
        }

        impl Guard {
            /// Every guard.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// What it refuses, in a sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => $about.trim_ascii(),)+
                }
            }
        }
    };
}

guards! {
    /// The mapping is for another account.
    OtherAccount = "other-account",
    /// Another login policy takes part in decisions.
    OtherLoginPolicy = "other-login-policy",
    /// The live policy was changed by hand since it was pushed.
    EditedByHand = "edited-by-hand",
    /// The live policy of our name was never ours.
    ForeignPolicy = "foreign-policy",
    /// The live text is not the one that was named to be overwritten.
    OtherText = "other-text",
    /// The live policy was written by a newer release.
    NewerFormat = "newer-format",
    /// A policy of another type has our name or id.
    NameTaken = "name-taken",
    /// The installation does not know the version of Rego.
    EngineUnsupported = "engine-unsupported",
    /// The account does not decide by login policies.
    Strategy = "strategy",
    /// A space of the mapping is not in the account.
    SpaceMissing = "space-missing",
    /// A space is not as declared.
    SpaceDiffers = "space-differs",
    /// A granted role is not in the account.
    RoleMissing = "role-missing",
    /// A role is not as declared, and cannot be made so.
    RoleDiffers = "role-differs",
    /// The name of a role would give it another slug than declared.
    RoleSlug = "role-slug",
    /// Something would be taken away, and only additions were asked for.
    TakesAway = "takes-away",
    /// A role would gain `space:admin`.
    RoleBecomesAdmin = "role-becomes-admin",
    /// A role keeps none of its actions while the policy changes.
    RoleReplaced = "role-replaced",
    /// A role to be deleted is not there.
    RoleUnknown = "role-unknown",
    /// A role to be deleted is Spacelift's own.
    RoleBuiltIn = "role-built-in",
    /// A role to be deleted is declared, or named by a policy.
    RoleNeeded = "role-needed",
    /// A role to be deleted is bound.
    RoleBound = "role-bound",
    /// The installation does not list roles.
    RolesUnsupported = "roles-unsupported",
    /// The account takes no access policies, or does not say what they are attached to.
    AccessUnsupported = "access-unsupported",
    /// An access policy to be deleted is not there, or is not ours.
    AccessUnknown = "access-unknown",
    /// An access policy to be deleted is an entry of the mapping.
    AccessNeeded = "access-needed",
    /// Access policies cannot change in an order in which nobody holds more in between.
    AccessOrder = "access-order",
    /// A stack or module that the mapping names is not in the account.
    StackMissing = "stack-missing",
    /// A stack or module that the mapping names is where access policies do not work.
    StackElsewhere = "stack-elsewhere",
    /// Whoever asks may not change login policies.
    NotRootAdmin = "not-root-admin",
    /// The account moved since the plan was made.
    Moved = "moved",
    /// The plan is of a layout that this release does not read.
    PlanFormat = "plan-format",
    /// The plan was made for another endpoint.
    OtherEndpoint = "other-endpoint",
    /// The file of a plan is not whole, or was changed.
    PlanDamaged = "plan-damaged",
    /// The file of a plan holds another plan than the one that was named.
    OtherPlan = "other-plan",
    /// Somebody has to agree to the plan, and nobody has.
    Unapproved = "unapproved",
    /// The account's own engine decides otherwise than ours.
    ServerDisagrees = "server-disagrees",
    /// The installation cannot be asked what it makes of the policy.
    NotSimulated = "not-simulated",
    /// The account's own engine does not evaluate the policy, or does not let the key ask.
    SimulationRefused = "simulation-refused",
    /// More people would lose something than may at once.
    PeopleLoseAccess = "people-lose-access",
    /// Somebody would no longer administer the account.
    AdminsLoseAccess = "admins-lose-access",
    /// Too few people who are known would administer the account.
    TooFewAdmins = "too-few-admins",
    /// Something is taken away, and too few of the active logins are known to count by person.
    LossesUncounted = "losses-uncounted",
    /// What people hold now is unknown.
    LossesUnknown = "losses-unknown",
    /// Something is taken away, and the directory snapshot is too old to count by.
    DirectoryOld = "directory-old",
    /// A break-glass identity would lose something.
    BreakGlassLosesAccess = "break-glass-loses-access",
    /// Whoever pushes could not push again.
    PusherLockedOut = "pusher-locked-out",
}

impl Guard {
    /// Whether somebody may set it aside with `--override`. Those of losses can be meant; the others say that the push would
    /// not do what the mapping says, or would not do it to the account that it is about.
    #[must_use]
    pub fn is_overridable(self) -> bool {
        matches!(
            self,
            Self::PeopleLoseAccess
                | Self::AdminsLoseAccess
                | Self::TooFewAdmins
                | Self::LossesUncounted
                | Self::LossesUnknown
                | Self::NotSimulated
                | Self::DirectoryOld
                | Self::BreakGlassLosesAccess
                | Self::PusherLockedOut
        )
    }

    /// Whether what it says changes by itself from hour to hour: who is active, how old a snapshot is, what a server answers.
    pub(super) fn counts_what_passes(self) -> bool {
        matches!(
            self,
            Self::LossesUncounted | Self::LossesUnknown | Self::DirectoryOld | Self::NotSimulated
        )
    }

    /// What to do about one that cannot be set aside.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::OtherLoginPolicy => {
                "a policy that may stay is named in `accepted_policies` of the mapping"
            }
            Self::RoleBecomesAdmin => "a role that is meant is named with `--allow-admin-role`",
            Self::Moved | Self::PlanFormat => "make a new plan",
            _ => "the push would not come to what the mapping says; the refusal says what to do",
        }
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why a push would be refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which guard.
    pub code: Guard,
    /// What it found.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

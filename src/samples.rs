//! Recorded inputs of the account's login policies, kept without saying who they are about.
//!
//! Spacelift keeps the last hundred inputs of a policy, for a week. Kept for longer they are what a change is measured by: real
//! people with real groups at real times. An archive lies in the repository, so logins, names, addresses and groups are
//! replaced before anything is written, with a key that stays on the machine. Whatever the mapping speaks of stays as it is,
//! and whatever it decides by is replaced by something that it decides alike: see [`mask`].
//!
//! ```text
//! account -> pull -> Recorded -> mask -> Archive -> file -> Archive -> unmask -> probes of a plan
//! ```

mod address;
mod archive;
pub mod key;
mod login;
pub mod mask;
mod names;
pub mod pull;

pub use archive::{Archive, ArchiveError, MAX_BYTES, Recorded};
pub use key::{Key, KeyError};
pub use mask::{Mask, Unmask};

/// The folder of the archive, beside the mapping.
pub const FOLDER: &str = "samples";

/// The archive's name in its folder.
pub const FILE: &str = "login.jsonl";

/// The key's name in the archive's folder, unless it lies elsewhere.
pub const KEY: &str = "key";

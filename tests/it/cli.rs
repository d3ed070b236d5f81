//! The real command, run in folders of its own without anything of the caller's environment.

mod approving;
pub mod bench;
mod cases;
mod comparing;
mod completing;
mod drifting;
mod faults;
pub mod help;
mod look;
mod offboarding;
mod pushing;
mod recorded;
mod recording;
mod sealed;
#[cfg(feature = "sandbox")]
pub mod serving;
#[cfg(feature = "sandbox")]
mod simulating;

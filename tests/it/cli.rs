//! The real command, run in folders of its own without anything of the caller's environment.

pub mod bench;
mod cases;
mod faults;
pub mod help;
mod look;
mod pushing;
mod recorded;

//! Tests from outside: through the library's doors and through the command line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[cfg(feature = "sandbox")]
mod account;
mod agreement;
mod cli;
mod docs;
mod editing;
mod policies;
mod reading;
mod samples;
mod semantics;
mod tour;

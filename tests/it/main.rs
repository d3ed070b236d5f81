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
#[cfg(unix)]
mod ci;
mod cli;
mod docs;
mod editing;
#[cfg(feature = "sandbox")]
mod importing;
#[cfg(unix)]
mod killed;
mod lints;
mod offers;
mod pairs;
mod policies;
mod reading;
mod reports;
mod samples;
mod secrets;
mod semantics;
#[cfg(unix)]
mod tls;
mod tour;

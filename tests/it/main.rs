//! Tests from outside: through the library's doors and through the command line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod agreement;
mod cli;
mod docs;
mod policies;
mod reading;
mod secrets;
mod semantics;
mod tour;

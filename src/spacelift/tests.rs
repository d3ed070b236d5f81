//! Tests against a scripted server, and of what is sent to it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod credentials;
mod deadlines;
mod faults;
mod messages;
mod operations;
mod people;
mod reading;
mod server;
mod stacks;
mod timing;
mod tls;
mod token;
mod writing;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::{Limits, Options, Reader, Writer, connect};
use server::{Server, Step};
use timing::FakeTiming;

const KEY_SECRET: &str = "key-secret-0123456789";
/// A token is a text without structure here; only a bare one is looked into.
const TOKEN: &str = "token-abcdefghij";

/// Connects to a script with an API key. Nothing sleeps.
fn talk(steps: Vec<Step>) -> (Server, Reader, Writer, Arc<FakeTiming>) {
    talk_within(steps, Limits::default())
}

fn talk_within(steps: Vec<Step>, limits: Limits) -> (Server, Reader, Writer, Arc<FakeTiming>) {
    let server = Server::start(steps);
    let timing = Arc::new(FakeTiming::new());
    let options = Options::sandbox(
        server.url(),
        "01KEY",
        SecretString::from(KEY_SECRET.to_owned()),
    )
    .unwrap()
    .with_limits(limits)
    .with_timing(timing.clone());
    let (reader, writer) = connect(options).unwrap();
    (server, reader, writer, timing)
}

/// Limits for tests in which real time passes.
fn impatient() -> Limits {
    Limits {
        connect: Duration::from_millis(2000),
        exchange: Duration::from_millis(150),
        attempts: 2,
        ..Limits::default()
    }
}

/// The answer to a login, good for a long time.
fn login() -> Step {
    login_with(TOKEN, 4_000_000_000)
}

fn login_with(token: &str, until: i64) -> Step {
    Step::data(serde_json::json!({
        "apiKeyUser": { "jwt": token, "validUntil": until }
    }))
}

fn viewer() -> Step {
    Step::data(serde_json::json!({
        "viewer": { "id": "01U", "login": "api::01KEY", "name": "ci", "admin": true }
    }))
}

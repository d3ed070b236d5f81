//! Logging in, staying logged in, and telling why not.

use std::time::Duration;

use serde_json::json;

use super::server::Step;
use super::timing::FakeTiming;
use super::{login, login_with, talk, viewer};
use crate::spacelift::{Error, ReadAccount};

fn unauthorised() -> Step {
    Step::errors(&["unauthorized"])
}

fn spaces() -> Step {
    Step::data(json!({ "spaces": [] }))
}

const START: i64 = FakeTiming::START as i64;

#[test]
fn nothing_is_sent_before_the_first_question() {
    let (server, reader, _, _) = talk(vec![]);
    assert_eq!(reader.endpoint(), server.url());
    assert!(server.finish().is_empty());
}

#[test]
fn a_token_serves_until_shortly_before_its_end() {
    let (server, reader, _, timing) = talk(vec![
        login_with("first-token", START + 3600),
        spaces(),
        spaces(),
        login_with("second-token", START + 7200),
        spaces(),
    ]);
    reader.spaces().unwrap();
    timing.pass(Duration::from_secs(3600 - 61));
    reader.spaces().unwrap();
    timing.pass(Duration::from_secs(1));
    reader.spaces().unwrap();
    let requests = server.finish();
    assert_eq!(requests[2].bearer(), Some("Bearer first-token"));
    assert_eq!(requests[4].bearer(), Some("Bearer second-token"));
}

#[test]
fn a_clock_that_is_wrong_does_not_stop_us() {
    // By our clock each token has ended when it arrives.
    let (server, reader, _, _) = talk(vec![
        login_with("first-token", START - 10),
        spaces(),
        login_with("second-token", START - 10),
        spaces(),
    ]);
    reader.spaces().unwrap();
    reader.spaces().unwrap();
    server.finish();
}

#[test]
fn a_token_without_an_end_serves_until_it_is_refused() {
    let (server, reader, _, timing) = talk(vec![
        Step::data(json!({ "apiKeyUser": { "jwt": "first-token", "validUntil": null } })),
        spaces(),
        Step::json(401, &json!({ "message": "no" })),
        login_with("second-token", START + 3600),
        spaces(),
    ]);
    reader.spaces().unwrap();
    timing.pass(Duration::from_secs(1_000_000));
    reader.spaces().unwrap();
    assert_eq!(server.finish()[4].bearer(), Some("Bearer second-token"));
}

#[test]
fn a_missing_right_is_told_from_a_bad_token() {
    let (server, reader, _, _) = talk(vec![
        login(),
        unauthorised(),
        login_with("second-token", START + 3600),
        unauthorised(),
        viewer(),
    ]);
    let error = reader.sessions().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`api::01KEY` is logged in, but not allowed to read the sessions, or there is no such object"
    );
    assert_eq!(
        server.operations(),
        [
            "LoginApiKey",
            "Sessions",
            "LoginApiKey",
            "Sessions",
            "Viewer"
        ]
    );

    let (server, reader, _, _) = talk(vec![
        login(),
        unauthorised(),
        login_with("second-token", START + 3600),
        unauthorised(),
        Step::data(json!({ "viewer": null })),
    ]);
    let error = reader.sessions().unwrap_err();
    assert_eq!(error, Error::TokenRefused { expired: false });
    server.finish();
}

#[test]
fn nobody_is_a_refused_token() {
    let nobody = || Step::data(json!({ "viewer": null }));
    let (server, reader, _, _) = talk(vec![
        login(),
        nobody(),
        login_with("second-token", START + 3600),
        nobody(),
    ]);
    assert_eq!(
        reader.viewer().unwrap_err(),
        Error::TokenRefused { expired: false }
    );
    server.finish();
}

#[test]
fn a_refused_key_is_named_without_its_secret() {
    let cases = [
        (Step::data(json!({ "apiKeyUser": null })), ""),
        (
            Step::data(json!({ "apiKeyUser": { "jwt": "", "validUntil": 1 } })),
            "",
        ),
        (
            Step::data(json!({ "apiKeyUser": { "jwt": null, "validUntil": null } })),
            "",
        ),
        (unauthorised(), ": `unauthorized`"),
        (Step::json(401, &json!({})), ""),
        (
            Step::errors(&["could not find api key"]),
            ": `could not find api key`",
        ),
    ];
    for (step, end) in cases {
        let (server, reader, _, _) = talk(vec![step]);
        let error = reader.viewer().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the API key `01KEY` was not accepted{end}")
        );
        server.finish();
    }
}

#[test]
fn logging_in_is_tried_again() {
    let (server, reader, _, timing) = talk(vec![
        Step::DropRead,
        Step::status(429, "text/plain", "").with("Retry-After", "3"),
        login(),
        viewer(),
    ]);
    reader.viewer().unwrap();
    assert_eq!(timing.pauses(), [500, 3000]);
    server.finish();
}

#[test]
fn threads_share_one_login() {
    let (server, reader, _, _) = talk(vec![login(), spaces(), spaces(), spaces(), spaces()]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| reader.spaces().unwrap());
        }
    });
    let logins = server.operations();
    assert_eq!(
        logins.iter().filter(|name| *name == "LoginApiKey").count(),
        1
    );
}

//! Networks and servers that misbehave.

use std::net::TcpListener;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;

use super::server::{Cut, Step};
use super::timing::FakeTiming;
use super::{KEY_SECRET, impatient, login, talk, talk_within, viewer};
use crate::spacelift::{Error, Limits, Options, ReadAccount, connect_read_only};

#[test]
fn whatever_may_pass_is_tried_again() {
    let (server, reader, _, timing) = talk(vec![
        login(),
        Step::DropUnread,
        Step::DropRead,
        Step::status(503, "text/html", "<h1>busy</h1>"),
        viewer().cut_off(Cut::Announced),
        viewer(),
    ]);
    reader.viewer().unwrap();
    assert_eq!(timing.pauses(), [500, 1000, 2000, 4000]);
    server.finish();
}

#[test]
fn an_answer_that_just_ends_is_tried_again() {
    let (server, reader, _, timing) = talk(vec![login(), viewer().cut_off(Cut::Silent), viewer()]);
    reader.viewer().unwrap();
    assert_eq!(timing.pauses(), [500]);
    server.finish();
}

#[test]
fn a_server_that_is_gone_is_given_up() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let timing = std::sync::Arc::new(FakeTiming::new());
    let options = Options::sandbox(
        &format!("http://{address}"),
        "01KEY",
        SecretString::from(KEY_SECRET.to_owned()),
    )
    .unwrap()
    .with_timing(timing.clone());
    let error = connect_read_only(options).unwrap().viewer().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("no usable connection to `http://{address}`: connection refused")
    );
    assert_eq!(timing.pauses(), [500, 1000, 2000, 4000]);
}

#[test]
fn a_host_that_cannot_be_found_is_named() {
    // A label may have 63 characters; no resolver is asked about this one.
    let host = format!("{}.invalid", "a".repeat(70));
    let timing = std::sync::Arc::new(FakeTiming::new());
    let environment = |name: &str| {
        let value = match name {
            "SPACELIFT_API_KEY_ENDPOINT" => format!("https://{host}"),
            "SPACELIFT_API_KEY_ID" => "01KEY".into(),
            "SPACELIFT_API_KEY_SECRET" => KEY_SECRET.into(),
            _ => return None,
        };
        Some(value)
    };
    let options = Options::from_environment(&environment, None)
        .unwrap()
        .with_timing(timing.clone());
    let error = connect_read_only(options).unwrap().viewer().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the host of `https://{host}` cannot be found")
    );
    assert_eq!(timing.pauses().len(), 4);
}

#[test]
fn a_slow_server_is_not_waited_for() {
    let (server, reader, _, timing) = talk_within(
        vec![login(), Step::Stall(Duration::from_millis(400))],
        Limits {
            attempts: 1,
            ..impatient()
        },
    );
    let error = reader.viewer().unwrap_err();
    assert!(matches!(&error, Error::Timeout { step: "answer", .. }));
    assert_eq!(
        error.to_string(),
        format!("`{}` took too long to answer", server.url())
    );
    assert!(timing.pauses().is_empty());
}

#[test]
fn the_server_says_how_long_to_wait() {
    let busy = || Step::status(429, "text/plain", "slow down");
    let (server, reader, _, timing) = talk(vec![
        login(),
        busy().with("Retry-After", "7"),
        // Ten seconds later than it is then.
        busy().with("X-Rate-Limit-Reset", (FakeTiming::START + 17).to_string()),
        // 2027-01-15 08:00:00 is the start of the fake clock.
        busy().with("Retry-After", "Fri, 15 Jan 2027 08:00:47 GMT"),
        busy().with("Retry-After", "0"),
        viewer(),
    ]);
    reader.viewer().unwrap();
    assert_eq!(timing.pauses(), [7000, 10_000, 30_000, 4000]);
    server.finish();
}

#[test]
fn patience_ends() {
    let busy = || Step::status(429, "text/plain", "").with("Retry-After", "90");
    let (server, reader, _, timing) = talk(vec![login(), busy(), busy()]);
    let error = reader.viewer().unwrap_err();
    assert_eq!(
        error.to_string(),
        "too many requests: still refused after 2 attempts"
    );
    assert_eq!(error.hint(), "try again in 90 seconds");
    assert_eq!(timing.pauses(), [90_000]);
    server.finish();

    // Longer than anybody's patience: not even begun.
    let (server, reader, _, timing) = talk(vec![
        login(),
        Step::status(429, "text/plain", "").with("Retry-After", "3600"),
    ]);
    let error = reader.viewer().unwrap_err();
    assert_eq!(error.hint(), "try again in 3600 seconds");
    assert!(timing.pauses().is_empty());
    server.finish();
}

#[test]
fn attempts_end() {
    let down = || Step::status(502, "text/html", "<html>");
    let mut steps = vec![login()];
    steps.extend(std::iter::repeat_with(down).take(5));
    let (server, reader, _, timing) = talk(steps);
    let error = reader.viewer().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the server failed with status 502, 5 attempts in a row"
    );
    assert_eq!(timing.pauses().len(), 4);
    server.finish();
}

/// Answers that another attempt would not change: the error, in full.
#[test]
fn hopeless_answers_are_not_repeated() {
    let cases: Vec<(Step, &str)> = vec![
        (
            Step::status(501, "text/plain", ""),
            "the server failed with status 501, 1 attempt in a row",
        ),
        (
            Step::status(200, "text/html; charset=utf-8", "Sign in"),
            "`URL` answered with a web page instead of the API's JSON (status 200)",
        ),
        (
            Step::status(200, "application/json", "\u{feff} <!doctype html>"),
            "`URL` answered with a web page instead of the API's JSON (status 200)",
        ),
        (
            Step::status(403, "text/html", "<h1>Forbidden</h1>"),
            "`URL` answered with a web page instead of the API's JSON (status 403)",
        ),
        (
            Step::status(404, "text/plain", "not here"),
            "`URL` answered with status 404, which the API does not use",
        ),
        (
            Step::status(407, "text/plain", ""),
            "the proxy of the environment does not work: it asks for a user name and password",
        ),
        (
            Step::status(302, "text/plain", "")
                .with("Location", "https://elsewhere.example.org/\u{202e}"),
            "`URL` redirects elsewhere: the endpoint moved to `https://elsewhere.example.org/\\u{202e}`",
        ),
        (
            Step::status(308, "text/plain", ""),
            "`URL` redirects elsewhere",
        ),
        (
            Step::status(200, "application/json", "what?"),
            "cannot ask who is logged in: the answer is not JSON (expected value at line 1 column 1)",
        ),
        (
            Step::json(200, &json!({ "hello": 1 })),
            "cannot ask who is logged in: the answer has neither data nor errors",
        ),
        (
            Step::json(200, &json!([])),
            "cannot ask who is logged in: the answer has neither data nor errors",
        ),
        (
            Step::data(json!({ "viewer": { "id": "01U" } })),
            "cannot ask who is logged in: the answer has another shape (missing field 'admin')",
        ),
        (
            Step::errors(&["denied", "\u{202e}second\nline"]),
            "refused to ask who is logged in: `denied`, `\\u{202e}second line`",
        ),
        (
            Step::status(200, "application/json", &"[".repeat(100_000)),
            "cannot ask who is logged in: the answer is not JSON (recursion limit exceeded at line 1 column 128)",
        ),
    ];
    for (step, expected) in cases {
        let (server, reader, _, timing) = talk(vec![login(), step]);
        let error = reader.viewer().unwrap_err();
        assert_eq!(
            error.to_string(),
            expected.replace("URL", server.url()),
            "{error:?}"
        );
        assert!(timing.pauses().is_empty(), "{error}");
        server.finish();
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let (elsewhere, _, _, _) = talk(vec![]);
    let (server, reader, _, _) = talk(vec![
        login(),
        Step::status(307, "text/plain", "").with("Location", elsewhere.url()),
    ]);
    let error = reader.viewer().unwrap_err();
    assert!(error.hint().contains(elsewhere.url()));
    assert!(elsewhere.finish().is_empty());
    server.finish();
}

#[test]
fn a_huge_answer_is_cut_short() {
    let limits = Limits {
        answer: 10_000,
        ..Limits::default()
    };
    let (_server, reader, _, timing) = talk_within(
        vec![
            login(),
            Step::status(200, "application/json", &" ".repeat(10_001)),
        ],
        limits.clone(),
    );
    let error = reader.viewer().unwrap_err();
    assert_eq!(error.to_string(), "the answer is larger than 10000 bytes");
    assert!(timing.pauses().is_empty());

    // A megabyte of blanks, compressed to a kilobyte: what counts is the size
    // after decompression.
    let bomb = Step::Answer {
        status: 200,
        headers: vec![("Content-Encoding", "gzip".into())],
        body: include_bytes!("blanks.gz").to_vec(),
        cut: Cut::No,
    };
    let (_server, reader, _, _) = talk_within(vec![login(), bomb], limits);
    assert_eq!(
        reader.viewer().unwrap_err(),
        Error::TooLarge { limit: 10_000 }
    );
}

#[test]
fn damaged_compression_is_tried_again() {
    let damaged = Step::Answer {
        status: 200,
        headers: vec![("Content-Encoding", "gzip".into())],
        body: b"not gzip at all".to_vec(),
        cut: Cut::No,
    };
    let (server, reader, _, timing) = talk(vec![login(), damaged, viewer()]);
    reader.viewer().unwrap();
    assert_eq!(timing.pauses(), [500]);
    server.finish();
}

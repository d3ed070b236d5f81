//! Messages: their form, and that no secret gets into one.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::server::Step;
use super::{KEY_SECRET, TOKEN, login, talk};
use crate::spacelift::untrusted::shown;
use crate::spacelift::{Error, PolicyDraft, PolicyType, ReadAccount, WriteAccount};

/// One of each variant.
fn all() -> Vec<Error> {
    let endpoint = || "https://example.app.spacelift.io".to_owned();
    let text = || "some reason".to_owned();
    let action = "read the policies";
    vec![
        Error::Credentials {
            problem: "no credentials for Spacelift".into(),
            hint: "set `A`".into(),
        },
        Error::Setting {
            problem: "`A` is set, but `B` is not".into(),
            hint: "set `B`".into(),
        },
        Error::File {
            role: "CA bundle",
            path: PathBuf::from("ca.pem"),
            reason: text(),
        },
        Error::HostNotFound {
            endpoint: endpoint(),
        },
        Error::Connection {
            endpoint: endpoint(),
            reason: text(),
        },
        Error::Timeout {
            endpoint: endpoint(),
            step: "answer",
        },
        Error::Tls {
            endpoint: endpoint(),
            reason: text(),
        },
        Error::Proxy { reason: text() },
        Error::WebPage {
            endpoint: endpoint(),
            status: 200,
        },
        Error::Status {
            endpoint: endpoint(),
            status: 403,
        },
        Error::Status {
            endpoint: endpoint(),
            status: 404,
        },
        Error::Moved {
            endpoint: endpoint(),
            to: None,
        },
        Error::Moved {
            endpoint: endpoint(),
            to: Some(endpoint()),
        },
        Error::LoginRefused {
            what: "GitHub token".into(),
            message: None,
        },
        Error::LoginRefused {
            what: "GitHub token".into(),
            message: Some(text()),
        },
        Error::TokenRefused { expired: true },
        Error::TokenRefused { expired: false },
        Error::NotAllowed {
            action,
            viewer: "ci".into(),
        },
        Error::RateLimited {
            attempts: 1,
            wait: None,
        },
        Error::RateLimited {
            attempts: 5,
            wait: Some(Duration::from_secs(5)),
        },
        Error::Unavailable {
            status: 502,
            attempts: 5,
        },
        Error::Refused {
            action,
            messages: vec![text(), text()],
        },
        Error::NotJson {
            action,
            reason: text(),
        },
        Error::NoData { action },
        Error::Shape {
            action,
            reason: text(),
        },
        Error::TooLarge { limit: 1000 },
        Error::Unsupported {
            what: "versions of Rego other than 0",
            since: "4.1.0",
        },
        Error::Unsent {
            cause: Box::new(Error::TokenRefused { expired: true }),
            wait: None,
        },
        Error::MaybeWritten {
            action: "update the policy",
            cause: Box::new(Error::TokenRefused { expired: false }),
        },
    ]
}

#[test]
fn messages_and_hints_have_one_form() {
    for error in all() {
        for text in [error.to_string(), error.hint()] {
            let first = text.chars().next().unwrap();
            assert!(first.is_lowercase() || first == '`', "{text}");
            assert!(!text.ends_with('.'), "{text}");
            assert!(!text.contains('\n'), "{text}");
            assert_eq!(text.matches('`').count() % 2, 0, "{text}");
        }
    }
}

#[test]
fn foreign_text_is_escaped_and_shortened() {
    assert_eq!(shown(" a\u{1b}[31mb "), "a\\u{1b}[31mb");
    assert_eq!(shown("a\u{202e}b\u{200b}c"), "a\\u{202e}b\\u{200b}c");
    assert_eq!(shown("a\r\nb\tc `d`"), "a  b c 'd'");
    assert_eq!(shown("Zoë 東京"), "Zoë 東京");
    let long = shown(&"ü".repeat(1000));
    assert_eq!(long.chars().count(), 301);
    assert!(long.ends_with('…'));
}

/// A server that repeats what it was told, in every place it can, and cut in
/// the middle of a long message.
#[test]
fn no_error_holds_a_secret() {
    let parrot = format!("{KEY_SECRET} {TOKEN}");
    let long = format!("{}{parrot}", "x".repeat(290));
    let answers = || {
        vec![
            Step::errors(&[&parrot]),
            Step::errors(&[&long]),
            Step::errors(&["unauthorized", &parrot]),
            Step::json(401, &json!({ "errors": [{ "message": parrot }] })),
            Step::json(403, &json!({ "errors": [{ "message": parrot }] })),
            Step::status(200, "text/html", &parrot),
            Step::status(200, "application/json", &parrot),
            Step::status(404, "text/plain", &parrot),
            Step::status(501, "text/plain", &parrot),
            Step::status(302, "text/plain", "").with("Location", format!("https://{parrot}/")),
            Step::data(json!({ "viewer": parrot })),
            Step::data(json!({ "viewer": { "id": parrot, "admin": parrot } })),
            Step::data(json!({ "apiKeyUser": parrot })),
            Step::data(json!({ "apiKeyUser": { "jwt": [parrot], "validUntil": parrot } })),
            Step::data(json!({ "apiKeyUser": { "jwt": parrot, "validUntil": parrot } })),
        ]
    };
    let draft = PolicyDraft {
        kind: PolicyType::Login,
        name: "a".into(),
        body: "b".into(),
        description: None,
        labels: vec![],
        space: None,
        engine: None,
    };
    for (index, answer) in answers().into_iter().enumerate() {
        let refused = talk(vec![answer.clone()]);
        let read = talk(vec![
            login(),
            answer.clone(),
            answer.clone(),
            answer.clone(),
        ]);
        let written = talk(vec![login(), answer.clone(), answer.clone(), answer]);
        // Before a login there is no token yet that could be known.
        let refusal = refused.1.spaces().unwrap_err();
        assert!(!format!("{refusal} {refusal:?}").contains(&KEY_SECRET[..10]));
        let errors = [
            read.1.viewer().unwrap_err(),
            written.2.update_policy("a", &draft).unwrap_err(),
            written.2.create_policy(&draft).unwrap_err(),
        ];
        for error in errors {
            let text = format!("{error} {error:?} {error:#?} {}", error.hint());
            // Half a secret is one, too.
            for secret in [&KEY_SECRET[..10], &TOKEN[..10]] {
                assert!(!text.contains(secret), "answer {index}: {text}");
            }
        }
        let things = format!("{:?} {:?}", refused.1, refused.2);
        assert!(!things.contains(KEY_SECRET), "{things}");
    }
}

/// Not only errors: what an answer says finds its way into plans, records and reports.
#[test]
fn no_answer_brings_a_secret_in() {
    let (_server, reader, _, _) = talk(vec![
        login(),
        Step::data(json!({ "viewer": {
            "id": "01U", "login": format!("<{KEY_SECRET}>"), "name": TOKEN, "admin": true
        } })),
        Step::data(json!({ "policies": [{
            "id": KEY_SECRET, "name": format!("a {TOKEN} b"), "type": "LOGIN",
            "body": format!("# {KEY_SECRET}\n# {TOKEN} {KEY_SECRET}"),
            "labels": [TOKEN], "space": "root", "createdAt": 1, "updatedAt": 1
        }] })),
    ]);
    let viewer = reader.viewer().unwrap();
    let policies = reader.policies().unwrap();
    assert_eq!(viewer.login.as_deref(), Some("<[hidden]>"));
    assert_eq!(policies[0].body, "# [hidden]\n# [hidden] [hidden]");
    let all = format!("{viewer:?} {policies:?}");
    assert!(!all.contains(KEY_SECRET) && !all.contains(TOKEN), "{all}");
}

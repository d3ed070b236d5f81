//! Which credentials the environment gives.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::server::{Server, Step};
use super::{TOKEN, viewer};
use crate::spacelift::credentials::Login;
use crate::spacelift::{Credentials, Error, Options, ReadAccount, connect_read_only};

const HOST: &str = "https://example.app.spacelift.io";
const SECRET: &str = "hunter2-hunter2";

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A token with these claims and no signature to speak of.
fn token(claims: &Value) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut payload = String::new();
    for chunk in claims.to_string().as_bytes().chunks(3) {
        let mut bits = 0_u32;
        for index in 0..3 {
            bits = bits << 8 | u32::from(*chunk.get(index).unwrap_or(&0));
        }
        for index in 0..=chunk.len() {
            let value = bits >> (18 - 6 * index) & 63;
            payload.push(char::from(ALPHABET[value as usize]));
        }
    }
    format!("e30.{payload}.c2ln")
}

fn take(pairs: &[(&str, &str)]) -> Result<Credentials, Error> {
    Credentials::from_environment(&environment(pairs))
}

/// The method, the endpoint, and the secret.
fn facts(credentials: &Credentials) -> (&'static str, String, String) {
    let method = match &credentials.login {
        Login::Token { .. } => "token",
        Login::GitHub { .. } => "github",
        Login::ApiKey { .. } => "apikey",
    };
    (
        method,
        credentials.endpoint().to_string(),
        credentials.login.secret().expose_secret().to_owned(),
    )
}

#[test]
fn the_order_is_token_then_github_then_key() {
    let jwt = token(&json!({ "aud": ["https://token.example.org"] }));
    let all = [
        ("SPACELIFT_API_TOKEN", jwt.as_str()),
        ("SPACELIFT_API_GITHUB_TOKEN", "gh-secret"),
        ("SPACELIFT_API_KEY_ID", "01KEY"),
        ("SPACELIFT_API_KEY_SECRET", SECRET),
        ("SPACELIFT_API_KEY_ENDPOINT", HOST),
    ];
    let (method, endpoint, secret) = facts(&take(&all).unwrap());
    // The endpoint variable is not for tokens: it is the token that knows.
    assert_eq!(
        (method, endpoint.as_str(), secret),
        ("token", "https://token.example.org", jwt.clone())
    );
    let (method, endpoint, secret) = facts(&take(&all[1..]).unwrap());
    assert_eq!(
        (method, endpoint.as_str(), secret.as_str()),
        ("github", HOST, "gh-secret")
    );
    let found = take(&all[2..]).unwrap();
    assert_eq!(
        facts(&found),
        ("apikey", HOST.to_owned(), SECRET.to_owned())
    );
    assert_eq!(
        found.describe(),
        "API key `01KEY` from `SPACELIFT_API_KEY_ID`"
    );

    for preferred in ["token", "github", " ApiKey "] {
        let mut pairs = all.to_vec();
        pairs.push(("SPACELIFT_API_PREFERRED_METHOD", preferred));
        let method = facts(&take(&pairs).unwrap()).0;
        assert_eq!(method, preferred.trim().to_lowercase());
    }
}

#[test]
fn the_old_name_of_the_endpoint_still_works() {
    let key = [
        ("SPACELIFT_API_KEY_ID", "01KEY"),
        ("SPACELIFT_API_KEY_SECRET", SECRET),
        ("SPACELIFT_API_ENDPOINT", "https://old.example.org/"),
    ];
    assert_eq!(facts(&take(&key).unwrap()).1, "https://old.example.org");
    let mut both = key.to_vec();
    both.push(("SPACELIFT_API_KEY_ENDPOINT", HOST));
    assert_eq!(facts(&take(&both).unwrap()).1, HOST);
}

/// Environment, problem, what to set.
type Case<'a> = (Vec<(&'a str, &'a str)>, &'a str, &'a str);

#[test]
fn what_is_missing_is_named() {
    let cases: Vec<Case<'_>> = vec![
        (
            vec![("SPACELIFT_API_KEY_ID", "01KEY")],
            "`SPACELIFT_API_KEY_ID` is set, but `SPACELIFT_API_KEY_SECRET` and `SPACELIFT_API_KEY_ENDPOINT` are not",
            "set `SPACELIFT_API_KEY_SECRET` and `SPACELIFT_API_KEY_ENDPOINT`",
        ),
        (
            vec![
                ("SPACELIFT_API_KEY_SECRET", SECRET),
                ("SPACELIFT_API_ENDPOINT", HOST),
            ],
            "`SPACELIFT_API_KEY_SECRET` is set, but `SPACELIFT_API_KEY_ID` is not",
            "set `SPACELIFT_API_KEY_ID`",
        ),
        (
            vec![
                ("SPACELIFT_API_KEY_SECRET", SECRET),
                ("SPACELIFT_API_KEY_ID", "01KEY"),
                ("SPACELIFT_API_KEY_ENDPOINT", ""),
            ],
            "`SPACELIFT_API_KEY_ID` is set, but `SPACELIFT_API_KEY_ENDPOINT` is not",
            "set `SPACELIFT_API_KEY_ENDPOINT`",
        ),
        (
            vec![("SPACELIFT_API_GITHUB_TOKEN", SECRET)],
            "`SPACELIFT_API_GITHUB_TOKEN` is set, but `SPACELIFT_API_KEY_ENDPOINT` is not",
            "set `SPACELIFT_API_KEY_ENDPOINT`",
        ),
        (
            vec![("SPACELIFT_API_KEY_ENDPOINT", HOST)],
            "`SPACELIFT_API_KEY_ENDPOINT` is set, but `SPACELIFT_API_KEY_ID` and `SPACELIFT_API_KEY_SECRET` are not",
            "set `SPACELIFT_API_KEY_ID` and `SPACELIFT_API_KEY_SECRET`",
        ),
        (
            vec![
                ("SPACELIFT_API_PREFERRED_METHOD", "github"),
                ("SPACELIFT_API_KEY_ID", "01KEY"),
            ],
            "the preferred method is `github`, but `SPACELIFT_API_GITHUB_TOKEN` is not",
            "set `SPACELIFT_API_GITHUB_TOKEN`",
        ),
        (
            vec![("SPACELIFT_API_PREFERRED_METHOD", SECRET)],
            "`SPACELIFT_API_PREFERRED_METHOD` names no method of logging in",
            "use `token`, `github` or `apikey`, or leave it unset",
        ),
    ];
    for (pairs, problem, hint) in cases {
        let error = take(&pairs).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.hint().as_str()),
            (problem, hint)
        );
    }
    let error = take(&[]).unwrap_err();
    assert_eq!(error.to_string(), "no credentials for Spacelift");
    for name in [
        "SPACELIFT_API_KEY_ENDPOINT",
        "SPACELIFT_API_KEY_ID",
        "SPACELIFT_API_KEY_SECRET",
        "SPACELIFT_API_TOKEN",
    ] {
        assert!(error.hint().contains(name));
    }
}

#[test]
fn a_bare_token_says_where_it_belongs() {
    let one = token(&json!({ "aud": HOST, "exp": 5 }));
    let found = take(&[("SPACELIFT_API_TOKEN", &format!("{one}\n"))]).unwrap();
    assert_eq!(facts(&found), ("token", HOST.to_owned(), one));

    for broken in [
        "hunter2".to_owned(),
        "a.b.c".to_owned(),
        token(&json!({})),
        token(&json!({ "aud": [] })),
        token(&json!({ "aud": [HOST, "https://other.example.org"] })),
        token(&json!({ "aud": "http://example.app.spacelift.io" })),
        token(&json!({ "aud": "example" })),
    ] {
        let error = take(&[("SPACELIFT_API_TOKEN", &broken)]).unwrap_err();
        assert!(matches!(error, Error::Credentials { .. }), "{error:?}");
        let text = format!("{error:?} {error} {}", error.hint());
        assert!(text.contains("SPACELIFT_API_TOKEN"), "{text}");
        assert!(!text.contains(&broken), "{text}");
    }
}

#[test]
fn an_endpoint_that_is_none_is_not_repeated() {
    // A secret in the wrong variable.
    let error = take(&[
        ("SPACELIFT_API_KEY_ID", "01KEY"),
        ("SPACELIFT_API_KEY_SECRET", "of-another-key"),
        ("SPACELIFT_API_KEY_ENDPOINT", SECRET),
    ])
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`SPACELIFT_API_KEY_ENDPOINT` does not start with `https://`"
    );
    assert!(!format!("{error:?} {}", error.hint()).contains(SECRET));
}

#[test]
fn a_secret_may_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let secret = file("secret", &format!("{SECRET}\n"));
    let key = [
        ("SPACELIFT_API_KEY_ID", "01KEY"),
        ("SPACELIFT_API_KEY_ENDPOINT", HOST),
        ("SPACELIFT_API_KEY_SECRET_FILE", &secret),
    ];
    let found = take(&key).unwrap();
    assert_eq!(
        facts(&found),
        ("apikey", HOST.to_owned(), SECRET.to_owned())
    );
    let github = [
        ("SPACELIFT_API_KEY_ENDPOINT", HOST),
        ("SPACELIFT_API_GITHUB_TOKEN_FILE", &secret),
    ];
    let found = take(&github).unwrap();
    assert_eq!(facts(&found).2, SECRET);
    assert_eq!(
        found.describe(),
        "GitHub token from `SPACELIFT_API_GITHUB_TOKEN_FILE`"
    );
    let jwt = token(&json!({ "aud": HOST }));
    let in_file = file("token", &jwt);
    let found = take(&[("SPACELIFT_API_TOKEN_FILE", &in_file)]).unwrap();
    assert_eq!(facts(&found), ("token", HOST.to_owned(), jwt));

    let empty = file("empty", "\n");
    let large = file("large", &"x".repeat(70_000));
    let cases = [
        (empty.as_str(), "it is empty"),
        (&large, "it is larger than 65536 bytes"),
        (
            folder.path().to_str().unwrap(),
            "cannot use the secret's file",
        ),
        (SECRET, "`SPACELIFT_API_KEY_SECRET_FILE` names no file"),
        (
            "two\nlines",
            "`SPACELIFT_API_KEY_SECRET_FILE` holds a text of several lines",
        ),
    ];
    for (value, expected) in cases {
        let mut pairs = key[..2].to_vec();
        pairs.push(("SPACELIFT_API_KEY_SECRET_FILE", value));
        let error = take(&pairs).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        let text = format!("{error:?} {}", error.hint());
        assert!(!text.contains(SECRET), "{text}");
    }
    let mut both = key.to_vec();
    both.push(("SPACELIFT_API_KEY_SECRET", "other"));
    assert_eq!(
        take(&both).unwrap_err().to_string(),
        "`SPACELIFT_API_KEY_SECRET` and `SPACELIFT_API_KEY_SECRET_FILE` are both set"
    );
    assert_eq!(
        take(&key[1..]).unwrap_err().to_string(),
        "`SPACELIFT_API_KEY_SECRET_FILE` is set, but `SPACELIFT_API_KEY_ID` is not"
    );
}

#[test]
fn a_secret_in_a_variable_that_is_shown_is_not_shown() {
    // The two of a key, swapped.
    let swapped = [
        ("SPACELIFT_API_KEY_ID", SECRET),
        ("SPACELIFT_API_KEY_SECRET", "01KEYKEY"),
        ("SPACELIFT_API_KEY_ENDPOINT", HOST),
    ];
    let found = take(&swapped).unwrap();
    let text = format!("{found:?} {}", found.describe());
    assert!(!text.contains(SECRET), "{text}");
    assert!(text.contains("`SPACELIFT_API_KEY_ID`"), "{text}");

    let behind = format!("{HOST}/{SECRET}");
    for (id, endpoint, name) in [
        (SECRET, HOST, "SPACELIFT_API_KEY_ID"),
        ("01KEY", behind.as_str(), "SPACELIFT_API_KEY_ENDPOINT"),
    ] {
        let error = take(&[
            ("SPACELIFT_API_KEY_ID", id),
            ("SPACELIFT_API_KEY_SECRET", SECRET),
            ("SPACELIFT_API_KEY_ENDPOINT", endpoint),
        ])
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{name}` holds what `SPACELIFT_API_KEY_SECRET` holds, too")
        );
        assert!(!format!("{error:?} {}", error.hint()).contains(SECRET));
    }
}

fn with_profile(config: &str, more: &[(&str, &str)]) -> Result<Credentials, Error> {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".spacelift");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("config.json"), config).unwrap();
    let mut pairs = more.to_vec();
    pairs.push(("HOME", home.path().to_str().unwrap()));
    let by_home = take(&pairs);
    // The same from the other variable, which goes first.
    let mut pairs = more.to_vec();
    pairs.push(("HOME", "/nonexistent"));
    pairs.push(("SPACELIFT_CONFIG_DIR", folder.to_str().unwrap()));
    let by_folder = take(&pairs);
    assert_eq!(by_home.is_ok(), by_folder.is_ok());
    by_home
}

fn config(profile: Value) -> String {
    json!({
        "currentProfileAlias": "work",
        "profiles": { "work": { "alias": "work", "credentials": profile }, "home": null },
    })
    .to_string()
}

#[test]
fn the_selected_profile_comes_last() {
    let key = config(json!({
        "type": 1, "endpoint": HOST, "key_id": "01KEY", "key_secret": SECRET
    }));
    let found = with_profile(&key, &[]).unwrap();
    assert_eq!(
        facts(&found),
        ("apikey", HOST.to_owned(), SECRET.to_owned())
    );
    assert_eq!(found.describe(), "API key `01KEY` from `profile work`");

    let github = config(json!({ "type": 2, "endpoint": HOST, "access_token": "gh-secret" }));
    assert_eq!(facts(&with_profile(&github, &[]).unwrap()).0, "github");

    let jwt = token(&json!({ "aud": "https://token.example.org" }));
    let bare = config(json!({ "type": 3, "endpoint": HOST, "access_token": jwt }));
    assert_eq!(
        facts(&with_profile(&bare, &[]).unwrap()),
        ("token", HOST.to_owned(), jwt.clone())
    );
    let bare = config(json!({ "type": 3, "access_token": jwt }));
    assert_eq!(
        facts(&with_profile(&bare, &[]).unwrap()).1,
        "https://token.example.org"
    );

    // Variables that are complete go first; by half they are an error, not a
    // way to another account.
    let variables = [
        ("SPACELIFT_API_KEY_ID", "02KEY"),
        ("SPACELIFT_API_KEY_SECRET", "other-secret"),
        ("SPACELIFT_API_KEY_ENDPOINT", "https://other.example.org"),
    ];
    let found = with_profile(&key, &variables).unwrap();
    assert_eq!(facts(&found).1, "https://other.example.org");
    for half in [&variables[..1], &variables[1..2], &variables[..2]] {
        with_profile(&key, half).unwrap_err();
    }
    let error = with_profile(&key, &variables[2..]).unwrap_err();
    assert!(
        error.to_string().contains(
            "but the profile from `profile work` belongs to `https://example.app.spacelift.io`"
        ),
        "{error}"
    );
    with_profile(&key, &[("SPACELIFT_API_KEY_ENDPOINT", &format!("{HOST}/"))]).unwrap();
}

#[test]
fn a_profile_that_cannot_be_used_is_explained_without_its_secrets() {
    let full = |change: Value| {
        let mut profile = json!({
            "type": 1, "endpoint": HOST, "key_id": "01KEY", "key_secret": SECRET
        });
        for (key, value) in change.as_object().unwrap() {
            profile[key] = value.clone();
        }
        config(profile)
    };
    for (text, expected) in [
        (
            full(json!({ "type": 9 })),
            "the profile `work` is of an unknown type",
        ),
        (
            full(json!({ "type": 0 })),
            "the profile `work` is of an unknown type",
        ),
        (
            full(json!({ "key_id": "" })),
            "the profile `work` has no key",
        ),
        (
            full(json!({ "key_secret": "" })),
            "the profile `work` has no secret",
        ),
        (
            full(json!({ "type": 2 })),
            "the profile `work` has no token",
        ),
        (
            full(json!({ "type": 3 })),
            "the profile `work` has no token",
        ),
        (
            full(json!({ "endpoint": "" })),
            "the endpoint of the profile `work` is not a web address",
        ),
        (
            full(json!({ "type": SECRET })),
            "it is not what the client writes (line 1, ",
        ),
        (
            full(json!({ "key_id": { "a": SECRET } })),
            "it is not what the client writes",
        ),
        (
            format!("{SECRET} {{"),
            "it is not what the client writes (line 1, column 1)",
        ),
        (
            json!({ "currentProfileAlias": "gone", "profiles": {} }).to_string(),
            "it has no profile `gone`",
        ),
        (
            json!({ "currentProfileAlias": "gone", "profiles": null }).to_string(),
            "it has no profile `gone`",
        ),
    ] {
        let error = with_profile(&text, &[]).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
    }
    for empty in ["{}", r#"{"profiles":{}}"#] {
        assert_eq!(
            with_profile(empty, &[]).unwrap_err().to_string(),
            "no credentials for Spacelift"
        );
    }
}

#[test]
fn nothing_shows_a_secret() {
    let found = take(&[
        ("SPACELIFT_API_KEY_ID", "01KEY"),
        ("SPACELIFT_API_KEY_SECRET", SECRET),
        ("SPACELIFT_API_KEY_ENDPOINT", HOST),
        ("HTTPS_PROXY", "http://me:proxy-password@proxy.example.org"),
    ]);
    assert!(!format!("{found:?}").contains(SECRET));
    let options = Options::from_environment(
        &environment(&[
            ("SPACELIFT_API_KEY_ID", "01KEY"),
            ("SPACELIFT_API_KEY_SECRET", SECRET),
            ("SPACELIFT_API_KEY_ENDPOINT", HOST),
            ("HTTPS_PROXY", "http://me:proxy-password@proxy.example.org"),
        ]),
        None,
    )
    .unwrap();
    let text = format!("{options:?} {options:#?}");
    assert!(
        !text.contains(SECRET) && !text.contains("proxy-password"),
        "{text}"
    );
}

#[test]
fn a_github_token_is_exchanged() {
    let server = Server::start(vec![
        Step::data(json!({ "oauthUser": { "jwt": TOKEN, "validUntil": 4_000_000_000_i64 } })),
        viewer(),
    ]);
    let options = Options::from_environment(
        &environment(&[
            ("SPACELIFT_API_GITHUB_TOKEN", "gh-secret"),
            ("SPACELIFT_API_KEY_ENDPOINT", server.url()),
        ]),
        None,
    )
    .unwrap();
    connect_read_only(options).unwrap().viewer().unwrap();
    let requests = server.finish();
    assert_eq!(requests[0].operation(), "LoginGithub");
    assert_eq!(requests[0].variables(), &json!({ "token": "gh-secret" }));
    assert_eq!(
        requests[1].bearer(),
        Some(format!("Bearer {TOKEN}").as_str())
    );
}

#[test]
fn a_bare_token_is_used_as_it_is_and_not_exchanged() {
    for (expires, expired) in [(1_000_000_000, true), (4_000_000_000_i64, false)] {
        let server = Server::start(vec![
            Step::errors(&["unauthorized"]),
            Step::data(json!({ "viewer": null })),
        ]);
        let jwt = token(&json!({ "aud": [server.url()], "exp": expires }));
        let options =
            Options::from_environment(&environment(&[("SPACELIFT_API_TOKEN", &jwt)]), None)
                .unwrap();
        let error = connect_read_only(options).unwrap().spaces().unwrap_err();
        assert_eq!(error, Error::TokenRefused { expired });
        let requests = server.finish();
        assert_eq!(requests[0].bearer(), Some(format!("Bearer {jwt}").as_str()));
        assert_eq!(requests.len(), 2);
    }
}

#[test]
fn a_token_with_a_line_break_inside_is_refused_before_it_is_sent() {
    let server = Server::start(vec![]);
    let jwt = token(&json!({ "aud": [server.url()] }));
    let broken = format!("{jwt}\r\nX-Other: 1");
    let options =
        Options::from_environment(&environment(&[("SPACELIFT_API_TOKEN", &broken)]), None).unwrap();
    let error = connect_read_only(options).unwrap().spaces().unwrap_err();
    assert!(matches!(error, Error::Credentials { .. }));
    assert!(server.finish().is_empty());
}

#[test]
fn a_sandbox_is_on_this_machine() {
    let secret = || secrecy::SecretString::from(SECRET.to_owned());
    Options::sandbox("http://127.0.0.1:1", "a", secret()).unwrap();
    Options::sandbox("http://[::1]:1", "a", secret()).unwrap();
    for far in [HOST, "http://example.org", "nonsense"] {
        Options::sandbox(far, "a", secret()).unwrap_err();
    }
}

//! Questions that must have ended at some time, whatever a server does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::timing::FakeTiming;
use super::{Step, login, talk};
use crate::spacelift::{
    Answer, Broken, Error, Exchange, Options, ReadAccount as _, Reader, Timing as _, connect,
};

/// A server for each of whose answers a time passes, if the client waits so long.
struct Slow {
    timing: Arc<FakeTiming>,
    takes: Duration,
    /// Operations, and how long each was waited for at most.
    asked: Mutex<Vec<(String, Duration)>>,
    /// What it says to everything but a login.
    says: Answer,
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer::plain(status, body.to_string())
}

impl Exchange for Slow {
    fn post(&self, body: &[u8], _: Option<&str>, within: Duration) -> Result<Answer, Broken> {
        let body: Value = serde_json::from_slice(body).unwrap();
        let operation = body["operationName"].as_str().unwrap().to_owned();
        let is_login = operation == "LoginApiKey";
        self.asked.lock().unwrap().push((operation, within));
        self.timing.pass(self.takes.min(within));
        if self.takes >= within {
            return Err(Broken::Late);
        }
        let jwt = json!({ "data": { "apiKeyUser": { "jwt": "a-token", "validUntil": 4_000_000_000_i64 } } });
        Ok(match is_login {
            true => answer(200, &jwt),
            false => self.says.clone(),
        })
    }
}

fn slow(takes: u64, says: Answer) -> (Arc<Slow>, Reader) {
    let timing = Arc::new(FakeTiming::new());
    let server = Arc::new(Slow {
        timing: timing.clone(),
        takes: Duration::from_secs(takes),
        asked: Mutex::default(),
        says,
    });
    let options = Options::sandbox("http://127.0.0.1:1", "01KEY", "secret".to_owned().into())
        .unwrap()
        .with_timing(timing)
        .over(server.clone());
    let (reader, _) = connect(options).unwrap();
    (server, reader)
}

fn who() -> Answer {
    answer(
        200,
        &json!({ "data": { "viewer": { "id": "01U", "login": "api::01KEY", "name": "ci", "admin": true } } }),
    )
}

impl Slow {
    fn asked(&self) -> Vec<(String, u64)> {
        let asked = self.asked.lock().unwrap();
        let asked = asked.iter();
        asked
            .map(|(operation, within)| (operation.clone(), within.as_secs()))
            .collect()
    }

    fn passed(&self) -> u64 {
        let now = self.timing.now();
        let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
        since.as_secs() - FakeTiming::START
    }
}

fn asked(list: &[(&str, u64)]) -> Vec<(String, u64)> {
    list.iter()
        .map(|(operation, within)| ((*operation).to_owned(), *within))
        .collect()
}

#[test]
fn an_exchange_is_waited_for_no_longer_than_there_is_time() {
    let (server, reader) = slow(20, who());
    let within = reader.within(Duration::from_secs(50));
    assert_eq!(within.viewer().unwrap().id, "01U");
    assert!(within.has_time());
    // The login has had 20 seconds, the first question as many, and ten are left.
    let error = within.viewer().unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert_eq!(server.passed(), 50);
    assert!(!within.has_time());
    assert_eq!(
        server.asked(),
        asked(&[("LoginApiKey", 50), ("Viewer", 30), ("Viewer", 10)])
    );
    // Nothing is sent any more.
    let error = within.viewer().unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert_eq!(server.asked().len(), 3);
    // The same account without a limit is asked as ever.
    assert!(reader.has_time());
    assert_eq!(reader.viewer().unwrap().id, "01U");
    assert_eq!(server.asked().last().unwrap().1, 60);
}

#[test]
fn a_login_on_the_way_to_a_question_has_no_more_time_than_the_question() {
    let (server, reader) = slow(55, who());
    let within = reader.within(Duration::from_secs(50));
    let error = within.viewer().unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert_eq!(server.asked(), asked(&[("LoginApiKey", 50)]));
    assert_eq!(server.passed(), 50);
}

#[test]
fn a_question_that_is_not_allowed_is_explained_in_the_same_time() {
    let says = answer(
        200,
        &json!({ "data": null, "errors": [{ "message": "unauthorized" }] }),
    );
    let (server, reader) = slow(10, says);
    let within = reader.within(Duration::from_secs(45));
    within.policies().unwrap_err();
    // A login, the question, another login since the token may be the reason, the question, and whose the token is.
    let waited = server.asked();
    assert_eq!(waited.first().unwrap().1, 45);
    assert_eq!(waited.last().unwrap().1, 5, "{waited:?}");
    assert_eq!(server.passed(), 45);
}

#[test]
fn nobody_pauses_for_longer_than_there_is_time() {
    let busy = Answer {
        retry_after: Some("30".to_owned()),
        ..answer(429, &json!({}))
    };
    let (server, reader) = slow(1, busy);
    let within = reader.within(Duration::from_secs(50));
    let error = within.viewer().unwrap_err();
    assert!(matches!(error, Error::RateLimited { .. }), "{error:?}");
    // One pause of thirty seconds was short enough, a second one was not.
    assert_eq!(server.asked().len(), 3);
    assert_eq!(server.passed(), 33);
    assert!(within.has_time());
}

#[test]
fn over_the_network_an_exchange_is_cut_off_too() {
    let stalls = vec![login(), Step::Stall(Duration::from_secs(2))];
    let (_server, reader, ..) = talk(stalls);
    let error = reader.within(Duration::from_millis(300)).viewer();
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
}

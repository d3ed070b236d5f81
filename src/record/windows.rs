//! Windows that were declared when sessions were ended, and that have passed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use super::{Ended, Line, Sessions};

/// Somebody whom the policy was to refuse by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// The login, as it was asked for.
    pub login: String,
    /// When the policy was to follow.
    pub window: jiff::Timestamp,
    /// Who said so.
    pub who: String,
}

/// Everybody whose sessions were ended on an account with a window for the policy that has passed, and whom no push since then
/// refused, as far as the record tells. `refuses` says whether a policy's text refuses a login. A record that is not there has
/// nobody, and lines that are none are passed over. All of the record is looked at: a window may be old.
///
/// # Errors
/// When the file cannot be read.
pub fn overdue(
    path: &Path,
    place: &str,
    now: jiff::Timestamp,
    refuses: impl Fn(&str, &str) -> bool,
) -> io::Result<Vec<Overdue>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut waiting: BTreeMap<String, Overdue> = BTreeMap::new();
    // The policy's text that a push is about to make, by the push.
    let mut begun: BTreeMap<String, String> = BTreeMap::new();
    for line in BufReader::new(file).split(b'\n') {
        let line = line?;
        // Texts are long, and of no concern as long as nobody waits.
        if waiting.is_empty() && !line.starts_with(b"{\"event\":\"sessions\"") {
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(Line::Sessions(sessions)) if sessions.place == place => {
                declared(&sessions, &mut waiting);
            }
            Ok(Line::Begin(begin)) if begin.place == place => {
                let policy = begin.changes.iter().find(|one| one.kind == "policy");
                let text = policy.and_then(|policy| policy.after.as_ref()?.text.clone());
                begun.extend(text.map(|text| (begin.push.clone(), text)));
            }
            Ok(Line::End(end)) => {
                let text = begun.remove(&end.push);
                if let (Some(text), Ended::Done) = (text, end.outcome) {
                    waiting.retain(|_, one| !refuses(&text, &one.login));
                }
            }
            _ => {}
        }
    }
    let passed = waiting.into_values().filter(|one| one.window <= now);
    Ok(passed.collect())
}

/// Takes down who waits for the policy; whom it refuses already waits for nothing.
fn declared(sessions: &Sessions, waiting: &mut BTreeMap<String, Overdue>) {
    if sessions.command != "offboard" {
        return;
    }
    let window = sessions.window.as_deref();
    let window = window.and_then(|window| window.parse::<jiff::Timestamp>().ok());
    for login in sessions.people.keys() {
        let key = login.to_ascii_lowercase();
        match window {
            None => drop(waiting.remove(&key)),
            Some(window) => {
                let one = Overdue {
                    login: login.clone(),
                    window,
                    who: sessions.who.name.clone(),
                };
                waiting.insert(key, one);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::{Begin, Changed, End, FORMAT, Record, Version, Who};
    use super::*;

    fn who() -> Who {
        Who {
            id: "api::01".into(),
            name: "ci".into(),
        }
    }

    fn sessions(place: &str, logins: &[&str], window: Option<&str>) -> Line {
        Line::Sessions(Box::new(Sessions {
            format: FORMAT,
            at: "2026-11-01T10:00:00.000Z".into(),
            liftgate: "0".into(),
            place: place.into(),
            who: who(),
            mapping: "access.yaml".into(),
            command: "offboard".into(),
            window: window.map(str::to_owned),
            people: logins.iter().map(|login| ((*login).into(), 1)).collect(),
            done: true,
        }))
    }

    fn pushed(text: Option<&str>, outcome: Ended) -> [Line; 2] {
        let begin = Begin {
            format: FORMAT,
            push: "one".into(),
            at: "2026-11-02T10:00:00.000Z".into(),
            liftgate: "0".into(),
            account: "acme".into(),
            place: "here".into(),
            who: who(),
            mapping: "access.yaml".into(),
            commit: None,
            plan: "sha256:0".into(),
            file: None,
            overrides: Vec::new(),
            changes: vec![Changed {
                kind: "policy".into(),
                name: "liftgate".into(),
                before: None,
                after: Some(Version {
                    digest: "sha256:0".into(),
                    text: text.map(str::to_owned),
                }),
            }],
        };
        let end = End {
            format: FORMAT,
            push: "one".into(),
            at: "2026-11-02T10:00:01.000Z".into(),
            outcome,
            applied: Vec::new(),
            error: None,
            audit: Vec::new(),
            audit_note: None,
        };
        [Line::Begin(Box::new(begin)), Line::End(Box::new(end))]
    }

    fn found(lines: impl IntoIterator<Item = Line>, now: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.jsonl");
        let mut record = Record::open(&path).unwrap();
        for line in lines {
            record.append(&line).unwrap();
        }
        // A text refuses whom it names.
        let refuses = |text: &str, login: &str| text.contains(login);
        let found = overdue(&path, "here", now.parse().unwrap(), refuses).unwrap();
        found.into_iter().map(|one| one.login).collect()
    }

    const WINDOW: Option<&str> = Some("2026-11-03T22:00:00Z");
    const LATER: &str = "2026-11-04T00:00:00Z";

    #[test]
    fn a_window_is_overdue_once_it_has_passed_and_nothing_was_pushed() {
        let ended = || [sessions("here", &["Bob@x", "eve@x"], WINDOW)];
        assert_eq!(found(ended(), "2026-11-03T21:59:59Z"), [""; 0]);
        assert_eq!(found(ended(), LATER), ["Bob@x", "eve@x"]);
        // Another account's is no concern of this one.
        assert_eq!(
            found([sessions("there", &["bob@x"], WINDOW)], LATER),
            [""; 0]
        );
        // A later window counts, and so does the word that the policy has followed.
        let again = sessions("here", &["bob@x"], Some("2026-11-09T22:00:00Z"));
        assert_eq!(found(ended().into_iter().chain([again]), LATER), ["eve@x"]);
        let refused = sessions("here", &["eve@X"], None);
        assert_eq!(
            found(ended().into_iter().chain([refused]), LATER),
            ["Bob@x"]
        );
    }

    #[test]
    fn a_push_that_refuses_them_settles_it_and_no_other_does() {
        let after = |text, outcome| {
            let ended = sessions("here", &["bob@x"], WINDOW);
            found([ended].into_iter().chain(pushed(text, outcome)), LATER)
        };
        assert_eq!(after(Some("deny bob@x"), Ended::Done), [""; 0]);
        assert_eq!(after(Some("deny bob@x"), Ended::Failed), ["bob@x"]);
        assert_eq!(after(Some("deny eve@x"), Ended::Done), ["bob@x"]);
        // Of a long text only the digest is there.
        assert_eq!(after(None, Ended::Done), ["bob@x"]);
        // A push from before says nothing of what is declared after it.
        let ended = sessions("here", &["bob@x"], WINDOW);
        let before = pushed(Some("deny bob@x"), Ended::Done);
        assert_eq!(found(before.into_iter().chain([ended]), LATER), ["bob@x"]);
    }

    #[test]
    fn without_a_record_nobody_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none");
        let now = LATER.parse().unwrap();
        assert_eq!(overdue(&path, "here", now, |_, _| false).unwrap(), []);
        assert!(overdue(folder.path(), "here", now, |_, _| false).is_err());
    }
}

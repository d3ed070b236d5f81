//! Subjects, tests and times as a mapping would write them.

use crate::model::{Subject, Test};

/// A minute of a day.
pub(super) fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A moment in UTC, from nanoseconds since 1970.
pub(super) fn moment(nanoseconds: i64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(nanoseconds))
        .map_or_else(|_| nanoseconds.to_string(), |time| time.to_string())
}

/// A text as the mapping would write it in a flow of others.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@');
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

/// A subject as the mapping would write it.
pub(crate) fn subject(who: &Subject) -> String {
    let keys = |parts: &[(&str, String)]| {
        let parts: Vec<String> = parts.iter().map(|(k, v)| format!("{k}: {v}")).collect();
        format!("{{{}}}", parts.join(", "))
    };
    match who {
        Subject::Everyone => "everyone".to_owned(),
        Subject::Group(name) => scalar(name),
        Subject::Login(login) => keys(&[("login", scalar(login))]),
        // A star needs quotes only where it begins.
        Subject::Like(pattern) => keys(&[(
            "login",
            serde_json::Value::from(pattern.as_str()).to_string(),
        )]),
        Subject::ApiKey(name) => keys(&[("api_key", scalar(name))]),
        Subject::Member => keys(&[("member", "true".to_owned())]),
        Subject::Machine => keys(&[("machine", "true".to_owned())]),
        Subject::Any(parts) => keys(&[("any", subjects(parts.iter()))]),
        Subject::All(parts) => {
            let none: Vec<&Subject> = parts.iter().filter_map(excluded).collect();
            let all: Vec<&Subject> = parts.iter().filter(|p| excluded(p).is_none()).collect();
            let mut both = Vec::new();
            if !all.is_empty() {
                both.push(("all", subjects(all.into_iter())));
            }
            if !none.is_empty() {
                both.push(("none", subjects(none.into_iter())));
            }
            keys(&both)
        }
        Subject::Not(part) => match part.as_ref() {
            Subject::Member => keys(&[("member", "false".to_owned())]),
            Subject::Machine => keys(&[("machine", "false".to_owned())]),
            part => keys(&[("none", subjects(std::iter::once(part)))]),
        },
    }
}

/// What a part excludes, unless it is better said otherwise.
fn excluded(part: &Subject) -> Option<&Subject> {
    match part {
        Subject::Not(part) if !matches!(**part, Subject::Member | Subject::Machine) => Some(part),
        _ => None,
    }
}

fn subjects<'s>(parts: impl Iterator<Item = &'s Subject>) -> String {
    format!("[{}]", parts.map(subject).collect::<Vec<_>>().join(", "))
}

/// A test as the mapping would write it.
pub(crate) fn test(when: &Test) -> String {
    let list = |parts: &[Test]| parts.iter().map(test).collect::<Vec<_>>().join(", ");
    match when {
        Test::Condition(name) => scalar(name),
        Test::All(parts) => format!("{{all: [{}]}}", list(parts)),
        Test::Any(parts) => format!("{{any: [{}]}}", list(parts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_written_as_in_a_mapping() {
        let group = |name: &str| Subject::Group(name.to_owned());
        let not = |part| Subject::Not(Box::new(part));
        for (who, written) in [
            (Subject::Everyone, "everyone"),
            (group("SL a"), "\"SL a\""),
            (Subject::Like("*@b".to_owned()), "{login: \"*@b\"}"),
            (not(Subject::Member), "{member: false}"),
            (not(group("a")), "{none: [a]}"),
            (
                Subject::All(vec![
                    group("a"),
                    Subject::Any(vec![group("b"), Subject::Login("c@d".to_owned())]),
                    Subject::Machine,
                    not(group("e")),
                    not(Subject::Member),
                ]),
                "{all: [a, {any: [b, {login: c@d}]}, {machine: true}, {member: false}], none: [e]}",
            ),
            (Subject::ApiKey("ci".to_owned()), "{api_key: ci}"),
        ] {
            assert_eq!(subject(&who), written);
        }
        let both = Test::All(vec![
            Test::Condition("a".to_owned()),
            Test::Any(vec![
                Test::Condition("b".to_owned()),
                Test::Condition("c".to_owned()),
            ]),
        ]);
        assert_eq!(test(&both), "{all: [a, {any: [b, c]}]}");
    }
}

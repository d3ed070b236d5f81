//! A mapping in full: every name looked up, every convention written out, every file in its place.

use std::fmt::Write as _;

use serde::Serialize;

use super::visible::visible;
use crate::model::{Condition, Grant, Group, Model, Origin, Subject, Test};
use crate::source::{Place, Sources};

/// A mapping as it is compiled.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Declared groups and those that conventions make, by name.
    groups: Vec<ShownGroup>,
    /// Conditions, by name.
    conditions: Vec<ShownCondition>,
    /// Grants, by place.
    grants: Vec<ShownGrant>,
}

#[derive(Debug, Serialize)]
struct ShownGroup {
    name: String,
    values: Vec<ShownValue>,
    external: bool,
    /// `groups` or `naming`.
    origin: &'static str,
    place: Place,
}

#[derive(Debug, Serialize)]
struct ShownValue {
    value: String,
    /// The first moment at which it stands for the group no more.
    ends: Option<String>,
}

#[derive(Debug, Serialize)]
struct ShownCondition {
    name: String,
    networks: Option<Vec<String>>,
    days: Option<Vec<&'static str>>,
    hours: Option<Vec<String>>,
    timezone: Option<String>,
    place: Place,
}

#[derive(Debug, Serialize)]
struct ShownGrant {
    id: String,
    /// `grant`, `include`, `naming` or `elevation`.
    origin: &'static str,
    place: Place,
    /// Where the file is included that it stands in.
    included: Option<Place>,
    /// As the mapping would write it, with names of `people` replaced by what they stand for.
    who: String,
    roles: Vec<String>,
    spaces: Vec<String>,
    labels: Vec<String>,
    when: Option<String>,
    /// The first moment.
    starts: Option<String>,
    /// One past the last moment.
    ends: Option<String>,
    reason: Option<String>,
    owner: Option<String>,
    approved_by: Vec<String>,
}

/// Shows a model.
#[must_use]
pub fn show(model: &Model, sources: &Sources) -> Shown {
    let mut grants: Vec<ShownGrant> = model
        .grants
        .iter()
        .map(|(id, one)| grant(id, one, sources))
        .collect();
    grants.sort_by(|a, b| (&a.place, &a.id).cmp(&(&b.place, &b.id)));
    Shown {
        groups: model
            .groups
            .iter()
            .map(|(name, one)| group(name, one, sources))
            .collect(),
        conditions: model
            .conditions
            .iter()
            .map(|(name, one)| condition(name, one, sources))
            .collect(),
        grants,
    }
}

fn group(name: &str, group: &Group, sources: &Sources) -> ShownGroup {
    ShownGroup {
        name: name.to_owned(),
        values: group
            .values
            .iter()
            .map(|(value, ends)| ShownValue {
                value: value.clone(),
                ends: ends.map(moment),
            })
            .collect(),
        external: group.external,
        origin: if group.made { "naming" } else { "groups" },
        place: sources.place(group.span),
    }
}

fn condition(name: &str, condition: &Condition, sources: &Sources) -> ShownCondition {
    let hours = condition.hours.as_ref();
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    ShownCondition {
        name: name.to_owned(),
        networks: condition
            .networks
            .as_ref()
            .map(|list| list.iter().map(ToString::to_string).collect()),
        days: hours.map(|hours| hours.days.iter().map(|day| day.name()).collect()),
        hours: hours.map(|hours| {
            let ranges = hours.ranges.iter();
            ranges
                .map(|(from, until)| format!("{}-{}", clock(*from), clock(*until)))
                .collect()
        }),
        timezone: hours.map(|hours| hours.zone.clone()),
        place: sources.place(condition.span),
    }
}

fn grant(id: &str, grant: &Grant, sources: &Sources) -> ShownGrant {
    let (included, approved_by) = match &grant.origin {
        Origin::Include { entry } => (Some(sources.place(*entry)), Vec::new()),
        Origin::Elevation { approved_by } => (None, approved_by.clone()),
        Origin::Grant | Origin::Naming => (None, Vec::new()),
    };
    ShownGrant {
        id: id.to_owned(),
        origin: grant.origin.word(),
        place: sources.place(grant.span),
        included,
        who: subject(&grant.who),
        roles: grant.roles.iter().cloned().collect(),
        spaces: grant.spaces.iter().cloned().collect(),
        labels: grant.labels.iter().cloned().collect(),
        when: grant.when.as_ref().map(test),
        starts: grant.starts.map(moment),
        ends: grant.ends.map(moment),
        reason: grant.reason.clone(),
        owner: grant.owner.clone(),
        approved_by,
    }
}

/// A moment in UTC, from nanoseconds since 1970.
fn moment(nanoseconds: i64) -> String {
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
fn subject(who: &Subject) -> String {
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
fn test(when: &Test) -> String {
    let list = |parts: &[Test]| parts.iter().map(test).collect::<Vec<_>>().join(", ");
    match when {
        Test::Condition(name) => scalar(name),
        Test::All(parts) => format!("{{all: [{}]}}", list(parts)),
        Test::Any(parts) => format!("{{any: [{}]}}", list(parts)),
    }
}

impl Shown {
    /// For people.
    #[must_use]
    pub fn human(&self) -> String {
        let mut out = String::new();
        if !self.groups.is_empty() {
            out.push_str("groups\n");
        }
        for group in &self.groups {
            let mut marks = Vec::new();
            if group.origin == "naming" {
                marks.push("naming");
            }
            if group.external {
                marks.push("external");
            }
            head(&mut out, &group.name, &group.place, &marks);
            for value in &group.values {
                let _ = write!(out, "    {}", visible(&value.value));
                if let Some(ends) = &value.ends {
                    let _ = write!(out, " until {ends}");
                }
                out.push('\n');
            }
        }
        if !self.conditions.is_empty() {
            out.push_str("conditions\n");
        }
        for condition in &self.conditions {
            head(&mut out, &condition.name, &condition.place, &[]);
            line(
                &mut out,
                "ip",
                &condition.networks.clone().unwrap_or_default(),
            );
            let days = condition.days.iter().flatten();
            line(
                &mut out,
                "days",
                &days.map(ToString::to_string).collect::<Vec<_>>(),
            );
            line(
                &mut out,
                "hours",
                &condition.hours.clone().unwrap_or_default(),
            );
            line(&mut out, "timezone", condition.timezone.as_slice());
        }
        if !self.grants.is_empty() {
            out.push_str("grants\n");
        }
        for grant in &self.grants {
            head(&mut out, &grant.id, &grant.place, &[grant.origin]);
            let included = grant.included.iter().map(ToString::to_string);
            line(&mut out, "included by", &included.collect::<Vec<_>>());
            line(&mut out, "who", std::slice::from_ref(&grant.who));
            line(&mut out, "roles", &grant.roles);
            line(&mut out, "spaces", &grant.spaces);
            line(&mut out, "spaces with a label at login", &grant.labels);
            line(&mut out, "when", grant.when.as_slice());
            line(&mut out, "starts", grant.starts.as_slice());
            line(&mut out, "ends", grant.ends.as_slice());
            line(&mut out, "reason", grant.reason.as_slice());
            line(&mut out, "owner", grant.owner.as_slice());
            line(&mut out, "approved by", &grant.approved_by);
        }
        out.trim_end().to_owned()
    }
}

fn head(out: &mut String, name: &str, place: &Place, marks: &[&str]) {
    let _ = write!(out, "  {}  {place}", visible(name));
    if !marks.is_empty() {
        let _ = write!(out, " ({})", marks.join(", "));
    }
    out.push('\n');
}

/// A field, left out where there is nothing in it.
fn line(out: &mut String, field: &str, values: &[String]) {
    if values.is_empty() {
        return;
    }
    let values: Vec<_> = values.iter().map(|value| visible(value)).collect();
    let _ = writeln!(out, "    {field}: {}", values.join(", "));
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

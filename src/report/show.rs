//! A mapping in full: every name looked up, every convention written out, every file in its place.

use std::fmt::Write as _;

use serde::Serialize;

use super::visible::visible;
use super::words::{clock, moment, subject, test};
use crate::model::{Condition, Grant, Group, Model, Origin};
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
pub(super) struct ShownCondition {
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

pub(super) fn condition(name: &str, condition: &Condition, sources: &Sources) -> ShownCondition {
    let hours = condition.hours.as_ref();
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

impl ShownCondition {
    /// In one line.
    pub(super) fn words(&self) -> String {
        let mut parts = Vec::new();
        if let Some(networks) = &self.networks {
            parts.push(format!("from {}", networks.join(", ")));
        }
        if let (Some(days), Some(hours), Some(zone)) = (&self.days, &self.hours, &self.timezone) {
            let (days, hours) = (days.join(", "), hours.join(", "));
            parts.push(format!("{days} {hours} in {zone}"));
        }
        format!("{}: {}", self.name, parts.join("; "))
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

//! What was found, as the text of a mapping.

mod grants;
mod identities;
mod login;
mod names;
mod places;
mod stacks;

use super::layout::{Page, Yaml};
use super::{Found, Kind, Type};
use crate::model::{Account, Day, Dialect};
use names::Names;

pub(super) use names::groups_asked_for;

/// The mapping as a person would write it, in the order of the language's page. Equal findings give equal bytes.
#[must_use]
pub fn text(found: &Found) -> String {
    let names = Names::of(found);
    let mut page = Page::default();
    head(found, &mut page);
    places::spaces(found, &mut page);
    places::roles(found, &mut page);
    identities::groups(found, &names, &mut page);
    identities::keys(found, &names, &mut page);
    conditions(found, &mut page);
    login::write(found, &names, &mut page);
    identities::break_glass(found, &mut page);
    identities::outside(found, &mut page);
    grants::write(found, &names, &mut page);
    login::teams(found, &names, &mut page);
    stacks::write(found, &names, &mut page);
    if let Some(sample) = found.sample {
        page.gap();
        page.field(0, "sample", &Yaml::text(sample), None);
    }
    policies(found, &mut page);
    remarks(found, &mut page);
    page.text()
}

fn head(found: &Found, page: &mut Page) {
    page.comment(0, &format!("A first mapping, made from {}.", found.source));
    page.comment(
        0,
        "Read it through before it is pushed: what could not be seen, and what is left, stands at its end. Names of groups and comments are yours to change; they decide nothing.",
    );
    page.field(0, "version", &Yaml::Plain("1".to_string()), None);
    match &found.account {
        Some(Account::Name(name)) => page.field(0, "account", &Yaml::text(name), None),
        Some(Account::Endpoint(endpoint)) => {
            let endpoint = Yaml::Map(vec![("endpoint".to_string(), Yaml::text(endpoint))]);
            page.field(0, "account", &endpoint, None);
        }
        None => page.field(
            0,
            "account",
            &Yaml::text("example"),
            Some("write the account's name"),
        ),
    }
    let (provider, remark) = match found.provider {
        Some(word @ ("saml" | "oidc")) => (
            word,
            "or whose it is: okta, entra, google, onelogin, gitlab",
        ),
        Some(word) => (word, ""),
        None => (
            "saml",
            "write yours: okta, entra, google, onelogin, github, gitlab, saml, oidc",
        ),
    };
    let remark = Some(remark).filter(|remark| !remark.is_empty());
    page.field(0, "identity_provider", &Yaml::text(provider), remark);
    if found.dialect == Some(Dialect::V0) {
        page.field(
            0,
            "rego",
            &Yaml::text("v0"),
            Some("the account knows no other"),
        );
    }
}

/// A time in UTC, to the nanosecond where it has to be.
fn instant(nanoseconds: i64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(nanoseconds))
        .map_or_else(|_| String::new(), |instant| instant.to_string())
}

fn conditions(found: &Found, page: &mut Page) {
    if found.conditions.is_empty() {
        return;
    }
    page.gap();
    page.key(0, "conditions");
    for (name, condition) in &found.conditions {
        let mut entries = Vec::new();
        if !condition.networks.is_empty() {
            entries.push(("ip".to_string(), Yaml::texts(&condition.networks)));
        }
        if !condition.days.is_empty() && condition.days.len() < Day::ALL.len() {
            let days = condition.days.iter().map(|day| Yaml::text(short(*day)));
            entries.push(("days".to_string(), Yaml::List(days.collect())));
        }
        if !condition.hours.is_empty() {
            let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
            let hours = condition.hours.iter();
            let hours: Vec<String> = hours
                .map(|(from, until)| format!("{}-{}", clock(*from), clock(*until)))
                .collect();
            entries.push(("hours".to_string(), Yaml::texts(&hours)));
        }
        if let Some(zone) = &condition.zone {
            entries.push(("timezone".to_string(), Yaml::text(zone)));
        }
        page.field(2, name, &Yaml::Map(entries), None);
    }
}

/// The mapping's word for a day.
fn short(day: Day) -> String {
    day.name().to_lowercase().chars().take(3).collect()
}

fn policies(found: &Found, page: &mut Page) {
    let login = || {
        let policies = found.policies.iter();
        policies.filter(|policy| policy.kind == Type::Login)
    };
    if login().next().is_none() {
        return;
    }
    page.gap();
    let is_part = login().all(|policy| policy.is_part);
    page.comment(
        0,
        if is_part {
            "The login policy that this mapping was made of decides beside it, and a plan is refused until it is gone or named here: name it for the first push, then delete it."
        } else {
            "Other login policies decide beside this mapping, and a plan is refused until they are gone or named here. Name one only when you know what it lets in and refuses."
        },
    );
    page.comment(0, "accepted_policies:");
    for policy in login() {
        page.item_offered(0, &Yaml::text(&policy.name), None);
    }
}

fn remarks(found: &Found, page: &mut Page) {
    for (kind, title) in [
        (Kind::Unseen, "Could not be seen:"),
        (Kind::Left, "Left, and not part of this mapping:"),
    ] {
        let mut remarks = found.remarks(kind).peekable();
        if remarks.peek().is_none() {
            continue;
        }
        page.gap();
        page.comment(0, title);
        for remark in remarks {
            page.bullet(&remark.text);
            for (number, line) in &remark.lines {
                page.quote(0, &format!("    {number:>4}: {line}"));
            }
        }
    }
}

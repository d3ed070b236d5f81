//! Row 19 and what conventions make; elevations.

use liftgate::diagnostic::Code;
use liftgate::model::Origin;

use super::mapping;
use crate::agreement::pipeline::{compiled, tried};

super::rows! {
    row_19_a_result_of_a_convention_is_a_group: r#"
naming:
  - {group: "SL-{space}-{suffix}", suffix: {ro: space-reader, rw: [space-writer, deployer]}, spaces: {under: payments, except: [payments-prod-eu]}}
grants: [{who: SL-payments-dev-ro, roles: deployer, spaces: old}]"# {
        r#"{"teams": ["SL-payments-dev-ro"]}"# => "allow old=deployer payments-dev=space-reader",
        r#"{"teams": ["SL-payments-dev-rw"]}"# => "allow payments-dev=deployer,space-writer",
        r#"{"teams": ["SL-payments-prod-ro"]}"# => "deny",
        r#"{"teams": ["SL-payments-ro"]}"# => "deny",
        r#"{"teams": ["sl-payments-dev-ro"]}"# => "deny",
        r#"{"teams": ["SL-old-ro", "SL-root-ro", "SL-payments-dev-"]}"# => "deny",
    }

    row_19_every_space_of_a_subtree_is_meant: r#"
naming: [{group: "{suffix} of {space}", suffix: {readers: space-reader}, spaces: {under: payments}}]"# {
        r#"{"teams": ["readers of payments"]}"# => "allow payments=space-reader",
        r#"{"teams": ["readers of payments-prod-eu"]}"# => "allow payments-prod-eu=space-reader",
        r#"{"teams": ["readers of old"]}"# => "deny",
    }

    row_19_an_alias_stands_for_the_result_with_all_its_values: r#"
groups: {dev: {sent_as: [SL-payments-dev-ro, dev-eu]}, payments: Payments}
naming: [{group: "SL-{space}-{suffix}", suffix: {ro: space-reader}, spaces: [payments-dev, old]}]
login: {deny: [{who: {all: [dev, payments]}}]}"# {
        r#"{"teams": ["SL-payments-dev-ro"]}"# => "allow payments-dev=space-reader",
        r#"{"teams": ["dev-eu"]}"# => "allow payments-dev=space-reader",
        r#"{"teams": ["dev-eu", "Payments"]}"# => "deny",
        r#"{"teams": ["SL-old-ro"]}"# => "allow old=space-reader",
    }

    an_elevation_is_a_grant_of_people_by_name: r#"
elevations:
  - {who: {login: alice@acme.example, none: [contractors]}, roles: space-admin, spaces: payments-prod, starts: "2026-12-03T17:00Z", ends: "2026-12-03T21:00Z", reason: INC-42, approved_by: ["@acme/carol"]}"# {
        r#"{"at": "2026-12-03T18:00Z"}"# => "allow payments-prod=space-admin",
        r#"{"at": "2026-12-03T21:00Z"}"# => "deny",
        r#"{"at": "2026-12-03T21:00Z -1"}"# => "allow payments-prod=space-admin",
        r#"{"without": ["at"]}"# => "deny",
        r#"{"login": "bob@acme.example"}"# => "deny",
        r#"{"teams": ["Contractors"]}"# => "deny",
        r#"{"teams": []}"# => "deny",
    }
}

/// Each fragment is refused for this one reason.
fn refused(cases: &[(&str, Code)]) {
    for (fragment, code) in cases {
        match tried(&mapping(fragment)) {
            Ok(_) => panic!("this compiles:\n{fragment}"),
            Err((codes, told)) => assert_eq!(codes, [*code], "{fragment}\n{told}"),
        }
    }
}

#[test]
fn row_19_conventions_that_cannot_be_meant() {
    let entry = |rest: &str| format!("naming: [{{{rest}}}]");
    let whole = |group: &str, suffix: &str, spaces: &str| {
        entry(&format!(
            "group: \"{group}\", suffix: {suffix}, spaces: {spaces}"
        ))
    };
    const GROUP: &str = "SL-{space}-{suffix}";
    const RO: &str = "{ro: space-reader}";
    let cases = [
        (whole("SL-{space}", RO, "old"), Code::BadValue),
        (whole("SL-{suffix}", RO, "old"), Code::BadValue),
        (whole("{space}-{space}-{suffix}", RO, "old"), Code::BadValue),
        (whole("{space}-{suffix}-{team}", RO, "old"), Code::BadValue),
        (whole(" {space}-{suffix}", RO, "old"), Code::BadValue),
        (whole(GROUP, "{}", "old"), Code::EmptyValue),
        (whole(GROUP, "{ro: []}", "old"), Code::EmptyValue),
        (whole(GROUP, "{ro: space-raeder}", "old"), Code::UnknownName),
        (whole(GROUP, "{\"\": space-reader}", "old"), Code::BadValue),
        (whole(GROUP, RO, "\"*\""), Code::BadValue),
        (
            whole(GROUP, RO, "{label: \"env:nowhere\"}"),
            Code::EmptyTarget,
        ),
        (whole(GROUP, RO, "odl"), Code::UnknownName),
        (
            whole(GROUP, RO, "{label: \"env:dev\", at_login: true}"),
            Code::BadValue,
        ),
        // Teams that are added, and names that are made.
        (
            format!(
                "teams: {{keep: true, add: {{SL-old-ro: {{who: platform}}}}}}\n{}",
                whole(GROUP, RO, "old")
            ),
            Code::DuplicateValue,
        ),
        (
            entry(&format!("suffix: {RO}, spaces: old")),
            Code::MissingField,
        ),
        (
            entry(&format!("group: \"{GROUP}\", spaces: old")),
            Code::MissingField,
        ),
        (
            entry(&format!("group: \"{GROUP}\", suffix: {RO}")),
            Code::MissingField,
        ),
        // One value twice: within a convention, and of two.
        (
            format!(
                "spaces: {{a: {{parent: root}}, a-b: {{parent: root}}}}\n{}",
                whole(
                    "{space}-{suffix}",
                    "{c: space-reader, b-c: space-reader}",
                    "[a, a-b]"
                )
            ),
            Code::DuplicateValue,
        ),
        (
            format!(
                "naming: [{{group: \"{GROUP}\", suffix: {RO}, spaces: old}}, {{group: \"{GROUP}\", suffix: {RO}, spaces: old}}]"
            ),
            Code::DuplicateValue,
        ),
        // A name that is something else already, and one that was a group's value.
        (
            format!(
                "people: {{SL-old-ro: everyone}}\n{}",
                whole(GROUP, RO, "old")
            ),
            Code::DuplicateName,
        ),
        (
            format!("groups: {{SL-old-ro: Other}}\n{}", whole(GROUP, RO, "old")),
            Code::DuplicateName,
        ),
        (
            whole("{space}{suffix}", "{\"y\": space-reader}", "an")
                .replace("naming", "spaces: {an: {parent: root}}\nnaming"),
            Code::DuplicateName,
        ),
        (
            format!(
                "groups: {{a: {{sent_as: New, formerly: [{{sent_as: SL-old-ro, ends: \"2027-01-31\"}}]}}}}\n{}",
                whole(GROUP, RO, "old")
            ),
            Code::DuplicateValue,
        ),
        // What a convention grants has no end.
        (
            format!(
                "groups: {{a: {{sent_as: SL-old-ro, external: true}}}}\n{}",
                whole(GROUP, RO, "old")
            ),
            Code::MissingField,
        ),
        (
            format!(
                "defaults: {{require: [reason]}}\n{}",
                whole(GROUP, RO, "old")
            ),
            Code::MissingField,
        ),
        (
            format!(
                "spaces: {{{}: {{parent: root}}}}\n{}",
                "s".repeat(508),
                whole(GROUP, RO, &"s".repeat(508))
            ),
            Code::BadValue,
        ),
    ];
    for (fragment, code) in &cases {
        refused(&[(fragment, *code)]);
    }
    let fine = whole(GROUP, RO, "old");
    compiled(&mapping(&format!(
        "defaults: {{require: [reason, owner]}}\n{}",
        fine.replace("spaces", "reason: x, owner: us, spaces")
    )));
}

#[test]
fn elevations_that_cannot_be_meant() {
    let with = |old: &str, new: &str| {
        let whole = "elevations: [{who: {login: a@acme.example}, roles: space-admin, spaces: old, starts: \"2026-12-03T10:00Z\", ends: \"2026-12-03T22:00Z\", reason: INC-42, approved_by: [carol]}]";
        assert!(whole.contains(old), "{old}");
        whole.replacen(old, new, 1)
    };
    compiled(&mapping(&with("x", "x")));
    for (fragment, code) in [
        (
            with(", starts: \"2026-12-03T10:00Z\"", ""),
            Code::MissingField,
        ),
        (
            with(", ends: \"2026-12-03T22:00Z\"", ""),
            Code::MissingField,
        ),
        (with(", reason: INC-42", ""), Code::MissingField),
        (with("INC-42", "\" \""), Code::MissingField),
        (with(", approved_by: [carol]", ""), Code::MissingField),
        (with("[carol]", "[]"), Code::EmptyValue),
        (with("[carol]", "[\" \"]"), Code::EmptyValue),
        // Twelve hours, where nothing else is said.
        (with("22:00Z", "22:00:00.000000001Z"), Code::OutsideBounds),
        (with("T22:00Z", ""), Code::OutsideBounds),
        (
            with("elev", "defaults: {max_elevation: 11h}\nelev"),
            Code::OutsideBounds,
        ),
        (
            with("elev", "defaults: {max_elevation: long}\nelev"),
            Code::BadTime,
        ),
        (
            with("elev", "defaults: {require: [owner]}\nelev"),
            Code::MissingField,
        ),
        // Somebody by name, in every way of meeting it.
        (with("{login: a@acme.example}", "platform"), Code::BadValue),
        (with("{login: a@acme.example}", "everyone"), Code::BadValue),
        (with("a@acme.example", "\"*@acme.example\""), Code::BadValue),
        (
            with("{login: a@acme.example}", "[{login: a}, platform]"),
            Code::BadValue,
        ),
        (
            with("{login: a@acme.example}", "{none: [{login: a}]}"),
            Code::BadValue,
        ),
        (
            with(
                "{login: a@acme.example}",
                "{login: \"api::x\", machine: true}",
            ),
            Code::BadValue,
        ),
        (with("old", "odl"), Code::UnknownName),
        (with("reason", "unless: office, reason"), Code::WrongTest),
    ] {
        refused(&[(&fragment, code)]);
    }
    compiled(&mapping(
        &with("elev", "defaults: {max_elevation: 1d}\nelev")
            .replace("2026-12-03T22:00Z", "2026-12-04T10:00Z"),
    ));
}

#[test]
fn a_grant_tells_what_made_it() {
    let fragment = "grants: [{who: payments, roles: space-reader, spaces: old}]\n\
        naming: [{group: \"{space} {suffix}\", suffix: {ro: space-reader}, spaces: old}]\n\
        elevations: [{who: {login: a}, roles: space-reader, spaces: old, starts: \"2026-12-03T10:00Z\", ends: \"2026-12-03T11:00Z\", reason: x, approved_by: [b, c]}]";
    let mut origins: Vec<Origin> = compiled(&mapping(fragment))
        .model
        .grants
        .into_values()
        .map(|grant| grant.origin)
        .collect();
    origins.sort_by_key(Origin::word);
    let approved_by = vec!["b".to_owned(), "c".to_owned()];
    assert_eq!(
        origins,
        [
            Origin::Elevation { approved_by },
            Origin::Grant,
            Origin::Naming
        ]
    );
    // What made it decides nothing.
    let same = |section: &str| {
        compiled(&mapping(&format!(
            "{section}: [{{who: {{login: a}}, roles: space-reader, spaces: old, starts: \"2026-12-03T10:00Z\", ends: \"2026-12-03T11:00Z\", reason: x{}}}]",
            if section == "grants" { "" } else { ", approved_by: [b]" }
        )))
        .text
    };
    assert_eq!(same("grants"), same("elevations"));
}

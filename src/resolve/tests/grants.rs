//! Grants.

use super::*;

fn grants(list: &str) -> std::collections::BTreeMap<String, crate::model::Grant> {
    model(&[GROUPS, SPACES, OFFICE, &format!("grants: [{list}]")]).grants
}

fn wrong(list: &str) -> Vec<String> {
    errors(&[GROUPS, SPACES, OFFICE, &format!("grants: [{list}]")])
}

fn id(list: &str) -> String {
    grants(list).into_keys().next().unwrap()
}

const OFFICE: &str = "conditions: {office: {ip: 203.0.113.0/24}, vpn: {ip: 10.0.0.0/8}}";

#[test]
fn a_grant_says_who_what_and_where() {
    assert_eq!(
        wrong("{}"),
        ["5 missing-field", "5 missing-field", "5 missing-field"]
    );
    assert_eq!(
        wrong("{who: payments, roles: [], spaces: dev}"),
        ["5 empty-value"]
    );
    assert_eq!(
        wrong("{who: nobody, roles: [space-raeder, deployer], spaces: devv, when: offic, starts: soon, ends: later}").len(),
        7
    );
    assert_eq!(
        help(&["grants: [{who: everyone, roles: space-raeder, spaces: root}]"]),
        "did you mean `space-reader`?"
    );
    assert!(
        help(&[
            GROUPS,
            "grants: [{who: everyone, roles: senior, spaces: root}]"
        ])
        .starts_with("`senior` is a group")
    );
}

#[test]
fn row_43_roles_are_one_or_a_list() {
    let grants =
        grants("{who: payments, roles: [space-writer, space-reader, space-writer], spaces: dev}");
    let roles: Vec<_> = grants.values().next().unwrap().roles.iter().collect();
    assert_eq!(roles, ["space-reader", "space-writer"]);
}

#[test]
fn row_49_a_grant_starts_and_ends() {
    let day = 86_400_000_000_000;
    let grants = grants(
        "{who: payments, roles: space-reader, spaces: dev, starts: '1970-01-02', ends: '1970-01-02'}",
    );
    let grant = grants.values().next().unwrap();
    assert_eq!((grant.starts, grant.ends), (Some(day), Some(2 * day)));
    for (starts, ends) in [
        ("2026-12-02", "2026-12-01"),
        ("2026-12-01T10:00Z", "2026-12-01T10:00Z"),
        ("2026-12-01T10:00Z", "2026-12-01T11:00+02:00"),
    ] {
        let list = format!(
            "{{who: payments, roles: space-reader, spaces: dev, starts: '{starts}', ends: '{ends}'}}"
        );
        assert_eq!(wrong(&list), ["5 bad-time"], "{list}");
    }
    assert!(
        help(&[
            GROUPS,
            "grants: [{who: payments, roles: space-reader, spaces: root, ends: '2026-12-03T10:00'}]"
        ])
        .contains("offset")
    );
    // An unquoted date is one mistake, the reader's.
    assert_eq!(
        wrong("{who: payments, roles: space-reader, spaces: dev, ends: 2026-12-01}"),
        ["5 unquoted-value"]
    );
}

#[test]
fn row_71_only_what_is_decided_makes_the_id() {
    let plain = id(
        "{who: [payments, senior], roles: [space-reader, space-writer], spaces: [dev, prod], when: {any: [office, vpn]}}",
    );
    for same in [
        "{spaces: [prod, dev], when: {any: [vpn, office]}, roles: [space-writer, space-reader], who: {any: [senior, payments]}}",
        "{who: [payments, senior], roles: [space-reader, space-writer], spaces: [dev, prod], when: {any: [office, vpn]}, reason: R, owner: O}",
    ] {
        assert_eq!(id(same), plain, "{same}");
    }
    for other in [
        "{who: [payments], roles: [space-reader, space-writer], spaces: [dev, prod], when: {any: [office, vpn]}}",
        "{who: [payments, senior], roles: [space-reader], spaces: [dev, prod], when: {any: [office, vpn]}}",
        "{who: [payments, senior], roles: [space-reader, space-writer], spaces: [dev], when: {any: [office, vpn]}}",
        "{who: [payments, senior], roles: [space-reader, space-writer], spaces: [dev, prod], when: {all: [office, vpn]}}",
        "{who: [payments, senior], roles: [space-reader, space-writer], spaces: [dev, prod], when: {any: [office, vpn]}, ends: '2027-01-01'}",
        "{who: [payments, senior], roles: [space-reader, space-writer], spaces: [dev, prod], when: {any: [office, vpn]}, starts: '2027-01-01'}",
        "{who: [payments, senior], roles: [space-reader, space-writer], spaces: [dev, prod]}",
    ] {
        assert_ne!(id(other), plain, "{other}");
    }
    // Written down once: a change of it would log everybody out.
    assert_eq!(
        id("{who: payments, roles: space-reader, spaces: '*'}"),
        "grant-552f40d30680"
    );
}

#[test]
fn a_second_grant_of_the_same_is_pointed_out() {
    let text = with_head(&[
        "groups: {payments: x}",
        "grants: [{who: payments, roles: space-reader, spaces: root, reason: first},\n    {who: [payments], roles: [space-reader], spaces: [root], reason: second}]",
    ]);
    let (model, found) = run(&text);
    assert_eq!(found, ["4 duplicate-grant"]);
    let grants = model.unwrap().grants;
    assert_eq!(grants.len(), 1);
    assert_eq!(
        grants.values().next().unwrap().reason.as_deref(),
        Some("first")
    );
}

#[test]
fn grants_to_external_groups_end() {
    let rest = "roles: space-reader, spaces: dev";
    assert_eq!(
        wrong(&format!("{{who: contractors, {rest}}}")),
        ["5 missing-field"]
    );
    assert_eq!(
        wrong(&format!(
            "{{who: {{any: [payments, {{all: [contractors]}}]}}, {rest}}}"
        )),
        ["5 missing-field"]
    );
    assert_eq!(
        wrong(&format!(
            "{{who: {{none: [{{none: [contractors]}}]}}, {rest}}}"
        )),
        ["5 missing-field"]
    );
    let nothing: Vec<String> = Vec::new();
    assert_eq!(
        wrong(&format!("{{who: contractors, {rest}, ends: '2027-01-01'}}")),
        nothing
    );
    assert_eq!(
        wrong(&format!(
            "{{who: {{all: [payments], none: [contractors]}}, {rest}}}"
        )),
        nothing
    );
}

#[test]
fn defaults_can_make_a_reason_and_an_owner_mandatory() {
    let grants = "grants: [{who: everyone, roles: space-reader, spaces: root, reason: x},\n\
                  {who: everyone, roles: space-writer, spaces: root, reason: ' ', owner: me}]";
    assert_eq!(
        errors(&["defaults: {require: [reason, owner]}", grants]),
        ["3 missing-field", "4 missing-field"]
    );
    assert_eq!(
        help(&["defaults: {require: [reasons]}"]).split('?').next(),
        Some("did you mean `reason`")
    );
    assert_eq!(
        errors(&["defaults: {review_every: 6months, max_elevation: '12'}"]),
        ["2 bad-time", "2 bad-time"]
    );
}

//! `api_keys`, `login.slack`, `teams` and `sample`.

use super::*;
use crate::model::{Sample, SlackChannel};

const KEYS: &str = "api_keys: {ci: {id: 01HZX, owner: '@acme/platform', rotate_by: '2027-03-01'}}";

#[test]
fn row_13_a_key_is_declared_with_its_id() {
    let model = model(&[
        KEYS,
        SPACES,
        "grants: [{who: {api_key: ci}, roles: space-reader, spaces: dev}]",
    ]);
    let key = &model.api_keys["ci"];
    assert_eq!(key.id, "01HZX");
    assert_eq!(key.owner.as_deref(), Some("@acme/platform"));
    // The whole of the day belongs to it.
    assert_eq!(key.rotate_by, Some(1_803_945_600_000_000_000));
    assert_eq!(
        model.grants.values().next().unwrap().who,
        Subject::ApiKey("ci".into())
    );
    for (keys, right) in [
        ("{ci: {}}", "missing-field"),
        ("{ci: {id: ''}}", "bad-value"),
        ("{ci: {id: 'api::01HZX'}}", "bad-value"),
        ("{ci: {id: 'x y'}}", "bad-value"),
        ("{ci: {id: A, rotate_by: soon}}", "bad-time"),
        ("{ci: {id: A}, cd: {id: a}}", "duplicate-value"),
        ("{ci: {id: A}, CI: {id: B}}", "duplicate-value"),
        ("{ci: {id: A, key: B}}", "unknown-field"),
        ("{'c i': {id: A}}", "bad-name"),
    ] {
        let section = format!("api_keys: {keys}");
        assert_eq!(errors(&[&section]), [format!("2 {right}")], "{keys}");
    }
    assert_eq!(
        help(&[
            KEYS,
            SPACES,
            "grants: [{who: {api_key: cj}, roles: space-reader, spaces: dev}]"
        ]),
        "did you mean `ci`?"
    );
}

#[test]
fn a_key_that_nothing_uses_is_a_warning() {
    let (_, found) = run(&with_head(&[KEYS]));
    assert_eq!(found, ["2 unused-name"]);
}

fn slack(entries: &str) -> String {
    format!("login: {{slack: {entries}}}")
}

#[test]
fn row_31_a_channel_is_given_roles_space_by_space() {
    let roles = "roles: {auditor: {external: true}}";
    let model = model(&[
        SPACES,
        roles,
        &slack(
            "[{workspace: T01, channel: C01, space_roles: {dev: [space-reader, space-writer], root: space-reader, prod: auditor}}]",
        ),
    ]);
    let entry = &model.login.slack[&SlackChannel {
        workspace: "T01".into(),
        channel: "C01".into(),
    }];
    assert_eq!(entry.roles["dev"].len(), 2);
    assert_eq!(
        entry.roles.keys().collect::<Vec<_>>(),
        ["dev", "prod", "root"]
    );
    let one = |workspace: &str, channel: &str, space_roles: &str| {
        slack(&format!(
            "[{{workspace: {workspace}, channel: {channel}, space_roles: {space_roles}}}]"
        ))
    };
    for (text, right) in [
        (one("T01", "C01", "{}"), "empty-value"),
        (one("T01", "C01", "{dev: []}"), "empty-value"),
        (one("T01", "C01", "{'*': space-reader}"), "bad-value"),
        (one("T01", "C01", "{envs: space-reader}"), "bad-value"),
        (one("T01", "C01", "{devs: space-reader}"), "unknown-name"),
        (one("T01", "C01", "{dev: space-raeder}"), "unknown-name"),
        (one("T01", "C01", "{root: space-admin}"), "bad-value"),
        (one("T01", "C01", "{legacy: auditor}"), "bad-value"),
        (one("T01", "'#general'", "{dev: space-reader}"), "bad-value"),
        (one("T/1", "C01", "{dev: space-reader}"), "bad-value"),
        (
            slack("[{workspace: T01, space_roles: {dev: space-reader}}]"),
            "missing-field",
        ),
        (slack("[{workspace: T01, channel: C01}]"), "missing-field"),
        (
            slack(
                "[{workspace: T01, channel: C01, space_roles: {dev: space-reader}}, {workspace: T01, channel: C01, space_roles: {prod: space-reader}}]",
            ),
            "duplicate-value",
        ),
    ] {
        let sections = [
            SPACES,
            "space_sets: {envs: [dev, prod]}",
            roles,
            text.as_str(),
        ];
        assert_eq!(errors(&sections), [format!("5 {right}")], "{text}");
    }
}

fn teams(text: &str) -> Vec<String> {
    errors(&[GROUPS, &format!("teams: {text}")])
}

#[test]
fn row_58_an_added_team_is_no_group_of_the_provider_s() {
    let whole = model(&[
        GROUPS,
        "teams: {keep: false, add: {Superwriter: {who: {all: [platform]}}, Everyone: everyone}}",
    ]);
    let rewriting = whole.teams.unwrap();
    assert!(!rewriting.keep);
    assert_eq!(
        rewriting.add["Superwriter"].who,
        Subject::Group("platform".into())
    );
    assert_eq!(rewriting.add["Everyone"].who, Subject::Everyone);
    assert!(model(&[]).teams.is_none());
    for (text, right) in [
        ("{keep: true, add: {p-1: platform}}", "duplicate-value"),
        ("{keep: true, add: {'liftgate:none': platform}}", "bad-name"),
        ("{keep: true, add: {'': platform}}", "bad-name"),
        (
            "{keep: true, add: {A: {when: x}}}",
            "missing-field unknown-name",
        ),
        (
            "{keep: true, add: {A: {who: platform, unless: x}}}",
            "unknown-name wrong-test",
        ),
        ("{keep: true, add: {A: nobody}}", "unknown-name"),
        ("{keep: true}", "empty-value"),
        ("{add: {A: platform}}", "missing-field"),
        ("{}", "empty-value"),
    ] {
        let mut found: Vec<_> = teams(text).iter().map(|e| e.replace("3 ", "")).collect();
        found.sort();
        assert_eq!(found.join(" "), right, "{text}");
    }
    assert_eq!(
        errors(&[
            "groups: {none-of-ours: 'liftgate:none'}",
            "teams: {keep: true, add: {A: none-of-ours}}"
        ]),
        ["2 bad-value"]
    );
}

#[test]
fn samples_are_none_unless_the_mapping_says_so() {
    assert_eq!(model(&[]).sample, Sample::None);
    for (word, sample) in [
        ("none", Sample::None),
        ("denied", Sample::Denied),
        ("all", Sample::All),
    ] {
        assert_eq!(model(&[&format!("sample: {word}")]).sample, sample);
    }
    assert_eq!(errors(&["sample: deny"]), ["2 bad-value"]);
}

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::{Dialect, NoGrants, NoGroups};
use crate::policy::{ConditionCase, GrantRow, Membership, Row, Settings, Window};

pub fn bare() -> Policy {
    Policy {
        account: "acme".into(),
        mapping: "access.yaml".into(),
        dialect: Dialect::V1,
        settings: Settings {
            no_grants: NoGrants::Refuse,
            no_groups: NoGroups::Unknown,
            sample: crate::model::Sample::None,
            teams: crate::policy::Rewriting::None,
        },
        admin_roles: BTreeSet::from(["space-admin".into()]),
        groups: BTreeMap::new(),
        api_keys: BTreeMap::new(),
        patterns: BTreeMap::new(),
        conditions: BTreeMap::new(),
        break_glass: BTreeSet::new(),
        offboarded: BTreeMap::new(),
        gate: BTreeMap::from([(
            "member".into(),
            vec![Row {
                all: vec![],
                anyone: false,
                id: "gate".into(),
                none: vec![],
            }],
        )]),
        admins: BTreeMap::new(),
        denials: BTreeMap::new(),
        admin_denials: BTreeMap::new(),
        grants: BTreeMap::new(),
        guarded_grants: BTreeMap::new(),
        slack: BTreeMap::new(),
        own_teams: BTreeSet::new(),
        additions: BTreeMap::new(),
    }
}

pub fn full() -> Policy {
    let mut policy = bare();
    policy.groups = BTreeMap::from([
        (
            "0aaa".into(),
            Membership {
                ends: Some(1_801_440_000_000_000_000),
                group: "payments".into(),
            },
        ),
        (
            "Zoë \u{202e}\u{feff}\u{1f600}\"\\\n".into(),
            Membership {
                ends: None,
                group: "zoë".into(),
            },
        ),
    ]);
    policy.patterns = BTreeMap::from([("*@acme.example".into(), "^[^@:]*@acme\\.example$".into())]);
    policy.conditions = BTreeMap::from([(
        "office".into(),
        vec![ConditionCase {
            networks: Some(vec!["203.0.113.0/24".into(), "2001:db8::/32".into()]),
            window: Some(Window {
                days: vec!["Monday".into()],
                from: 540,
                until: 1020,
                zone: "America/Los_Angeles".into(),
            }),
        }],
    )]);
    policy.break_glass = BTreeSet::from(["bg-1@acme.example".into()]);
    policy.offboarded = BTreeMap::from([("bob@acme.example".into(), "bob@acme.example".into())]);
    let row = Row {
        all: vec![],
        anyone: false,
        id: "deny-1".into(),
        none: vec!["condition office".into()],
    };
    policy.denials = BTreeMap::from([("group zoë".into(), vec![row.clone()])]);
    policy.admin_denials = BTreeMap::from([("everyone".into(), vec![row.clone()])]);
    policy.admins = BTreeMap::from([("group payments".into(), vec![row])]);
    let plain = GrantRow {
        all: vec![],
        anyone: false,
        ends: None,
        id: "grant-1".into(),
        labels: vec![],
        none: vec![],
        roles: vec!["space-reader".into()],
        spaces: vec!["*".into(), "root".into()],
        starts: None,
    };
    policy.guarded_grants = BTreeMap::from([(
        "machine".into(),
        vec![GrantRow {
            anyone: true,
            all: vec!["condition office".into(), "like *@acme.example".into()],
            starts: Some(0),
            ends: Some(9_223_372_036_854_775_806),
            id: "grant-2".into(),
            ..plain.clone()
        }],
    )]);
    policy.grants = BTreeMap::from([("group payments".into(), vec![plain])]);
    policy
}

#[test]
fn a_rendered_text_reads_back_to_the_policy() {
    for dialect in [Dialect::V1, Dialect::V0] {
        for mut policy in [bare(), full()] {
            policy.dialect = dialect;
            let text = render(&policy).unwrap();
            assert_eq!(read(&text), Reading::Ours(Box::new(policy)), "{text}");
        }
    }
}

#[test]
fn every_byte_that_is_changed_is_noticed() {
    let text = render(&full()).unwrap();
    for at in (0..text.len()).step_by(7) {
        if !text.is_char_boundary(at) || !text.is_char_boundary(at + 1) {
            continue;
        }
        let mut edited = text.clone();
        let other = if text.as_bytes()[at] == b'x' {
            "y"
        } else {
            "x"
        };
        edited.replace_range(at..=at, other);
        assert!(!matches!(read(&edited), Reading::Ours(_)), "byte {at}");
    }
    assert!(matches!(
        read(&text.replacen("member", "everyone", 1)),
        Reading::Edited(_)
    ));
    assert_eq!(read("package spacelift\n"), Reading::Foreign);
    assert_eq!(read(""), Reading::Foreign);
}

#[test]
fn a_text_with_a_made_up_seal_is_not_ours() {
    let text = render(&bare()).unwrap();
    let forged = text.replace("deny if some refusal in refusals\n", "");
    let (before, after) = split_at_seal(&forged).unwrap();
    let seal = Seal {
        format: FORMAT,
        policy: bare().digest(),
        text: digest_of(before, after),
    };
    let forged = format!("{before}{seal}\n{after}");
    assert_eq!(read(&forged), Reading::Edited(seal));
}

#[test]
fn a_layout_of_another_release_is_named_as_such() {
    let text = "# seal: format=99 policy=sha256:aa text=";
    let rest = "package spacelift\n";
    let sealed = format!("{text}{}\n{rest}", digest_of("", rest));
    assert!(matches!(read(&sealed), Reading::OtherFormat(seal) if seal.format == 99));
}

#[test]
fn what_is_not_graphic_is_escaped() {
    let mut out = String::new();
    string_literal(
        &mut out,
        "a\u{0}\u{7f}\u{a0}\u{202e}\u{feff}\u{2028}\u{1f600}é\u{e000}\u{10ffff}",
    );
    assert_eq!(
        out,
        "\"a\\u0000\\u007f\\u00a0\\u202e\\ufeff\\u2028\u{1f600}é\\ue000\\udbff\\udfff\""
    );
    let back: String = serde_json::from_str(&out).unwrap();
    assert!(back.starts_with("a\0"));
}

#[test]
fn no_value_bypasses_the_formatter() {
    for (name, template) in TEMPLATES {
        assert!(!template.contains("safe"), "{name}");
        assert!(!template.contains("{% autoescape"), "{name}");
    }
}

#[test]
fn the_text_names_its_mapping_and_no_time_or_release() {
    let text = render(&full()).unwrap();
    assert!(text.contains("# account: \"acme\"\n# mapping: \"access.yaml\"\n"));
    assert!(!text.contains(env!("CARGO_PKG_VERSION")));
    assert_eq!(text, render(&full()).unwrap());
}

#[test]
fn a_seal_of_a_layout_that_no_release_wrote_is_nobodys() {
    let rest = "package spacelift\n";
    let sealed = format!(
        "# seal: format=0 policy=x text={}\n{rest}",
        digest_of("", rest)
    );
    assert_eq!(read(&sealed), Reading::Foreign);
}

#[test]
fn the_last_line_end_is_no_difference() {
    let text = render(&full()).unwrap();
    assert!(matches!(read(text.trim_end()), Reading::Ours(_)));
}

#[test]
fn a_template_that_does_not_render_says_why() {
    let error = RenderError("no such filter".to_string());
    assert_eq!(
        error.to_string(),
        "the policy could not be rendered: no such filter"
    );
}

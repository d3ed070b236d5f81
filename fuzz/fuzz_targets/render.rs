//! Rendering. The first byte says which of three things the rest is: a mapping, taken all the way to a policy that decides;
//! names for the tables of a policy; or the text of a policy, as a server might answer it.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use liftgate::compile::compile;
use liftgate::diagnostic::Diagnostics;
use liftgate::document::read_mapping;
use liftgate::evaluate::{Evaluator, Login};
use liftgate::model::{Dialect, NoGrants, NoGroups, Sample};
use liftgate::policy::{GrantRow, Membership, Policy, Rewriting, Row, Settings};
use liftgate::render::{Reading, read, render};
use liftgate::resolve::resolve;
use liftgate::source::Sources;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    match kind % 3 {
        0 => mapping(rest),
        1 => names(rest),
        _ => drop(String::from_utf8(rest.to_vec()).map(|text| text_of_a_server(&text))),
    }
});

fn mapping(bytes: &[u8]) {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let Some(file) = sources.read_bytes("access.yaml", bytes, &mut diagnostics) else { return };
    let document = read_mapping(&sources, file, &mut diagnostics);
    let Some(model) = resolve(&document, &sources, &mut diagnostics) else { return };
    let Some(policy) = compile(&model, &mut diagnostics) else { return };
    let text = render(&policy).expect("the template renders");
    assert_eq!(read(&text), Reading::Ours(Box::new(policy)));
    let mut evaluator = Evaluator::new(&text).expect("what is rendered parses");
    let nobody = evaluator.decide(&serde_json::json!({})).expect("what is rendered decides");
    assert_eq!(nobody.login, Login::Deny);
    assert!(nobody.roles.is_empty());
}

/// A policy that gives a role to whoever has the first name among the teams, and to nobody else.
fn names(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut names = text.split('\u{0}');
    let (Some(value), Some(other)) = (names.next(), names.next()) else { return };
    let group = names.next().unwrap_or("group");
    let fact = format!("group {group}");
    let policy = Policy {
        account: other.to_string(),
        mapping: value.to_string(),
        dialect: Dialect::V1,
        settings: Settings {
            no_grants: NoGrants::Refuse,
            no_groups: NoGroups::Unknown,
            sample: Sample::None,
            teams: Rewriting::None,
        },
        admin_roles: BTreeSet::new(),
        groups: BTreeMap::from([(value.to_string(), Membership { ends: None, group: group.to_string() })]),
        patterns: BTreeMap::new(),
        conditions: BTreeMap::new(),
        break_glass: names.map(str::to_string).collect(),
        offboarded: BTreeMap::new(),
        gate: BTreeMap::from([("member".to_string(), vec![Row { all: vec![], anyone: false, id: "gate".to_string(), none: vec![] }])]),
        admins: BTreeMap::new(),
        denials: BTreeMap::new(),
        admin_denials: BTreeMap::new(),
        grants: BTreeMap::from([(
            fact,
            vec![GrantRow {
                all: vec![],
                anyone: false,
                ends: None,
                id: "grant".to_string(),
                labels: vec![],
                none: vec![],
                roles: vec![other.to_string()],
                spaces: vec!["space".to_string()],
                starts: None,
            }],
        )]),
        guarded_grants: BTreeMap::new(),
        api_keys: BTreeMap::new(),
        slack: BTreeMap::new(),
        own_teams: BTreeSet::new(),
        additions: BTreeMap::new(),
    };
    let text = render(&policy).expect("the template renders");
    assert_eq!(read(&text), Reading::Ours(Box::new(policy)));
    let mut evaluator = Evaluator::new(&text).expect("what is rendered parses");
    let mut held = |team: &str| {
        let input = serde_json::json!({"session": {"login": "x", "member": true, "teams": [team]}});
        evaluator.decide(&input).expect("what is rendered decides").roles
    };
    let roles = BTreeMap::from([("space".to_string(), BTreeSet::from([other.to_string()]))]);
    assert_eq!(held(value), roles);
    if other != value {
        assert!(held(other).is_empty());
    }
    assert!(held(&format!("{value} ")).is_empty());
}

fn text_of_a_server(text: &str) {
    if let Reading::Ours(policy) = read(text) {
        assert_eq!(render(policy.as_ref()).expect("the template renders").trim_end(), text.trim_end());
    }
}

//! Pseudonyms, over random mappings and inputs: what is left is decided as the original, and says nothing of anybody.

use std::collections::BTreeSet;

use liftgate::decide::Decision;
use liftgate::evaluate::Evaluator;
use liftgate::model::{Model, Subject};
use liftgate::samples::{Key, Mask, Unmask};
use serde_json::{Value, json};

use crate::agreement::sample::{About, Drawn};

const SEED: u64 = 20_261_126;
const MAPPINGS: usize = 250;
const INPUTS: usize = 12;

/// A decision, with the session's own teams as the mask makes them.
fn masked(decision: &Decision, mask: &Mask<'_>) -> Decision {
    Decision {
        teams: decision.teams.iter().map(|team| mask.team(team)).collect(),
        ..decision.clone()
    }
}

#[test]
fn every_mapping_decides_a_pseudonym_as_the_original() {
    let key = Key::of(b"a key of the tests");
    let (mut compared, mut moved, mut kept) = (0, 0, 0);
    for number in 0..MAPPINGS {
        let drawn = Drawn::new(About::Login, SEED, number, INPUTS);
        let compiled = &drawn.sample.compiled;
        let model = &compiled.model;
        let mask = Mask::new(model, &key);
        let mut text =
            (number % 10 == 0).then(|| Evaluator::of(&compiled.text, model.dialect).unwrap());
        for input in &drawn.sample.inputs {
            let new = mask.input(input);
            assert_eq!(new, mask.input(input));
            assert_eq!(
                model.decide(&new),
                masked(&model.decide(input), &mask),
                "{input}\n{new}\n{}",
                drawn.sample.files["access.yaml"]
            );
            if let Some(text) = &mut text {
                let (one, other) = (text.decide(input).unwrap(), text.decide(&new).unwrap());
                assert_eq!(
                    (one.login, one.roles),
                    (other.login, other.roles),
                    "{input}\n{new}"
                );
            }
            compared += 1;
            let login = input.pointer("/session/login").and_then(Value::as_str);
            if let Some(login) = login.filter(|login| !login.is_empty()) {
                moved += usize::from(mask.login(login) != login);
                kept += usize::from(mask.is_kept(login));
            }
        }
    }
    assert_eq!(compared, MAPPINGS * INPUTS);
    assert!(moved > compared / 10, "{moved} of {compared}");
    // A login is left as it is only where nothing else is read alike.
    assert!(kept * 50 < moved, "{kept} kept, {moved} moved");
}

#[test]
fn nobody_is_left_in_it() {
    let key = Key::of(b"a key of the tests");
    let mut looked_at = 0;
    for number in 0..MAPPINGS / 5 {
        let drawn = Drawn::new(About::Login, SEED, number, 1);
        let model = &drawn.sample.compiled.model;
        let mask = Mask::new(model, &key);
        let input = json!({
            "request": {"remote_ip": "192.0.2.77", "timestamp_ns": 1_796_292_000_000_000_000_i64, "headers": ["secret-1"]},
            "session": {"login": "Zoe.Quist@private.example", "name": "Zoe Secret-2", "member": true,
                "teams": ["Secret-3", 5, {"a": "secret-4"}], "creator_ip": "192.0.2.78", "idp_subject": "secret-5", "claims": {"k": "secret-6"}},
            "slack": {"user": {"id": "SECRET-7", "real_name": "secret-8", "profile": {"email": "secret-9"}}, "command": "secret-10"},
            "spaces": [{"id": "root", "labels": ["x"]}],
            "more": "secret-11",
        });
        if mask.is_kept("Zoe.Quist@private.example") {
            continue;
        }
        looked_at += 1;
        let text = mask.input(&input).to_string().to_lowercase();
        for gone in ["secret", "zoe", "quist", "192.0.2.7", "private"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
    }
    assert!(looked_at > MAPPINGS / 6, "{looked_at}");
}

fn names(subject: &Subject, found: &mut BTreeSet<String>) {
    match subject {
        Subject::Login(login) => {
            found.insert(login.clone());
        }
        Subject::All(parts) | Subject::Any(parts) => {
            parts.iter().for_each(|part| names(part, found))
        }
        Subject::Not(part) => names(part, found),
        _ => {}
    }
}

/// Whoever has the key can put back what the mapping speaks of by now, and nothing else.
#[test]
fn what_a_later_mapping_names_is_put_back() {
    let key = Key::of(b"a key of the tests");
    let empty: Model = crate::agreement::pipeline::compiled(
        "version: 1\naccount: acme\nidentity_provider: okta\nspaces: {a: {parent: root}}\n",
    )
    .model;
    let mut put_back = 0;
    for number in 0..MAPPINGS / 5 {
        let drawn = Drawn::new(About::Login, SEED, number, 0);
        let model = &drawn.sample.compiled.model;
        let mut logins = BTreeSet::new();
        for grant in model.grants.values() {
            names(&grant.who, &mut logins);
        }
        let values: Vec<&String> = model
            .groups
            .values()
            .flat_map(|group| group.values.keys())
            .collect();
        let unmask = Unmask::new(
            model,
            &key,
            std::iter::once("dora@directory.example"),
            std::iter::empty(),
        );
        let other = Unmask::new(
            model,
            &Key::of(b"another"),
            std::iter::once("dora@directory.example"),
            std::iter::empty(),
        );
        for login in logins
            .iter()
            .map(String::as_str)
            .chain(["dora@directory.example", "nobody@else.example"])
        {
            let input =
                json!({"session": {"login": login, "member": true, "teams": values}, "spaces": []});
            let mask = Mask::new(&empty, &key);
            let archived = mask.input(&input);
            let who = mask.who(&input);
            assert_ne!(archived, input);
            let back = unmask.input(&archived, who.as_deref());
            if login == "nobody@else.example" {
                assert_ne!(
                    back.pointer("/session/login"),
                    input.pointer("/session/login")
                );
            } else if logins
                .iter()
                .filter(|other| other.eq_ignore_ascii_case(login))
                .count()
                < 2
            {
                assert_eq!(model.decide(&back), model.decide(&input), "{login}");
                put_back += 1;
            }
            assert_eq!(other.input(&archived, who.as_deref()), archived);
        }
    }
    assert!(put_back > MAPPINGS / 5, "{put_back}");
}

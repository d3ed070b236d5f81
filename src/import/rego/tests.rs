#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::*;
use crate::compare::Text;
use crate::evaluate::foreign::InProcess;
use crate::import::proof::{Proof, edges, prove};
use crate::import::{Kind, text};
use crate::project::{Choices, MAPPING, Project};
use crate::source::Alone;

/// The mapping of a policy, held against it; and the names of the rules that are left.
fn imported(policy: &str, dialect: Dialect) -> (String, Proof, Vec<String>) {
    let mut found = Found::default();
    read(policy, dialect, &Known::default(), &mut found).unwrap();
    let alone = Alone {
        name: MAPPING,
        text: text(&found),
    };
    let project = Project::load_from(&alone, Path::new(""), &Choices::default());
    let compiled = project.compiled.unwrap_or_else(|| panic!("{}", alone.text));
    let old = Text {
        text: policy,
        dialect,
    };
    // Each session at each moment is more than a test of so many rules has time for.
    let asked = edges(policy, &compiled, &found).into_iter().step_by(7).collect();
    let proof = prove(old, &compiled, asked, &InProcess).unwrap();
    let left = found
        .remarks(Kind::Left)
        .filter(|one| !one.lines.is_empty());
    let left = left.map(|one| one.text.clone()).collect();
    (alone.text, proof, left)
}

const MEMBERS: &str = "package spacelift\nallow if input.session.member\n";

#[test]
fn rules_of_known_shapes_decide_alike_where_everything_is_known() {
    for rule in [
        "roles[\"a\"] contains \"space-reader\" if \"x\" in input.session.teams",
        "roles[\"a\"] contains \"space-reader\" if {\n\tsome sent in input.session.teams\n\tsent in {\"x\", \"y\", \"z\"}\n\tnot sent in {\"y\"}\n}",
        "roles[\"a\"] contains \"space-reader\" if {\n\t\"x\" in input.session.teams\n\tnot \"y\" in input.session.teams\n}",
        "roles[\"a\"] contains \"space-reader\" if {\n\tinput.session.teams[_] == \"x\"\n\tnot other\n}\nother if input.session.teams[_] == \"y\"\nother if input.session.login == \"eve\"",
        "roles[\"a\"] contains \"space-reader\" if {\n\tinput.session.login != \"eve\"\n\t\"x\" in input.session.teams\n}",
        "deny if {\n\tinput.session.teams[_] == \"x\"\n\tnot net.cidr_contains(\"203.0.113.0/24\", input.request.remote_ip)\n}",
        "deny if not ok\nok if \"x\" in input.session.teams\nok if input.session.machine",
        "space_read contains place.id if {\n\tsome place in input.spaces\n\t\"x\" in input.session.teams\n}",
        "roles[\"a\"] contains \"space-reader\" if {\n\t\"x\" in input.session.teams\n\t[hour, _, _] := time.clock([input.request.timestamp_ns, \"Europe/Berlin\"])\n\thour >= 9\n\thour < 17\n}",
        "people := {\"ann\", \"bo\"}\nroles[\"a\"] contains \"space-writer\" if people[input.session.login]",
    ] {
        let (text, proof, left) = imported(&format!("{MEMBERS}{rule}\n"), Dialect::V1);
        assert!(left.is_empty(), "{rule}\n{left:?}");
        let known = &proof.known;
        assert!(known.comparison.asked > 20, "{rule}");
        assert_eq!((known.less, known.more), (0, 0), "{rule}\n{text}");
        assert_eq!(proof.unknown.more, 0, "{rule}\n{text}");
    }
}

#[test]
fn one_condition_that_is_not_known_leaves_the_rule() {
    for rule in [
        "roles[\"a\"] contains \"space-reader\" if {\n\t\"x\" in input.session.teams\n\tcount(input.session.teams) > 2\n}",
        "roles[\"a\"] contains \"space-reader\" if input.session.name == \"x\"",
        "roles[\"a\"] contains \"space-reader\" if regex.match(\"^x\", input.session.login)",
        "roles[\"a\"] contains \"space-reader\" if net.cidr_contains(\"203.0.113.0/24\", input.session.creator_ip)",
        "roles[\"a\"] contains \"space-reader\" if every sent in input.session.teams { sent == \"x\" }",
        "roles[\"a\"] contains \"space-reader\" if {\n\tsome sent in input.session.teams\n\tstartswith(sent, \"x\")\n}",
        "roles[\"a\"] contains \"space-reader\" if {\n\tsome sent in input.session.teams\n\tnot sent in {\"x\"}\n}",
        "roles[sent] contains \"space-reader\" if some sent in input.session.teams",
        "roles[\"a\"] contains \"space-reader\" if odd(\"x\")\nodd(team) if team in input.session.teams",
        "roles[\"a\"] contains \"space-reader\" if \"x\" in input.session.teams with input.session.member as true",
        "roles[\"a\"] contains \"space-reader\" if {\n\tsome place in input.spaces\n\tplace.name == \"x\"\n\t\"x\" in input.session.teams\n}",
        "allow if {\n\t\"x\" in input.session.teams\n\tnet.cidr_contains(\"203.0.113.0/24\", input.request.remote_ip)\n}",
        "deny if net.cidr_contains(\"203.0.113.0/24\", input.request.remote_ip)",
        "flag contains \"x\" if input.session.member",
    ] {
        let (text, proof, left) = imported(&format!("{MEMBERS}{rule}\n"), Dialect::V1);
        assert_eq!(left.len(), 1, "{rule}\n{left:?}\n{text}");
        // A denial that is left is the one thing by which a mapping gives more, and that is counted.
        let is_denial = rule.starts_with("deny");
        assert_eq!(proof.known.more > 0, is_denial, "{rule}\n{text}");
        assert!(text.contains("#        3: "), "{text}");
    }
}

#[test]
fn the_older_version_is_read_as_such() {
    let policy = "package spacelift\nwriters := {\"x\", \"y\"}\nallow { input.session.member }\nroles[\"a\"][\"space-writer\"] {\n  team := input.session.teams[_]\n  writers[team]\n}\nspace_read[\"b\"] { input.session.teams[_] == \"z\" }\n";
    let (text, proof, left) = imported(policy, Dialect::V0);
    assert!(left.is_empty(), "{left:?}");
    assert!(text.contains("roles: space-writer, spaces: a"), "{text}");
    assert_eq!((proof.known.less, proof.known.more), (0, 0), "{text}");
}

#[test]
fn a_mistake_is_found_by_asking() {
    // As if a rule had been misunderstood: the mapping of one policy beside another.
    let old = format!(
        "{MEMBERS}roles[\"a\"] contains \"space-reader\" if \"x\" in input.session.teams\n"
    );
    let other = old.replace("\"x\"", "\"y\"");
    let mut found = Found::default();
    read(&other, Dialect::V1, &Known::default(), &mut found).unwrap();
    let alone = Alone {
        name: MAPPING,
        text: text(&found),
    };
    let compiled = Project::load_from(&alone, Path::new(""), &Choices::default())
        .compiled
        .unwrap();
    let text = Text {
        text: &old,
        dialect: Dialect::V1,
    };
    let proof = prove(text, &compiled, edges(&old, &compiled, &found), &InProcess).unwrap();
    assert!(proof.known.less > 0 && proof.known.more > 0);
    assert!(!proof.holds());
}

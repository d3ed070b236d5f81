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
    let asked = edges(policy, &compiled, &found)
        .into_iter()
        .step_by(7)
        .collect();
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

/// An account's spaces and roles make more of a policy than the text alone.
#[test]
fn what_is_known_of_the_account_is_used_and_what_it_does_not_have_is_left() {
    let space = |name: &str, labels: &[&str]| Space {
        name: name.to_string(),
        parent: "root".to_string(),
        inherit: false,
        labels: labels.iter().map(ToString::to_string).collect(),
    };
    let role = |action: &str| crate::import::Role {
        name: String::new(),
        actions: Some([action.to_string(), "space:read".to_string()].into()),
    };
    let account = Found {
        spaces: BTreeMap::from([
            ("app-01J".to_string(), space("App", &["env:prod"])),
            ("web-01K".to_string(), space("Web", &["env:prod"])),
        ]),
        roles: BTreeMap::from([
            ("deployer".to_string(), role("run:trigger")),
            ("owner".to_string(), role("space:admin")),
        ]),
        ..Found::default()
    };
    let known = Known {
        spaces: true,
        roles: true,
        fixed: BTreeMap::from([
            ("root".to_string(), space("root", &[])),
            ("legacy".to_string(), space("legacy", &["old"])),
        ]),
    };
    let team = "input.session.teams[_] == \"x\"";
    let of = |asks: &str| format!("{{\n\tplace := input.spaces[_]\n\t{asks}\n\t{team}\n}}\n");
    for (rule, gives) in [
        (
            format!(
                "roles[place.id] contains \"deployer\" if {}",
                of("place.name == \"App\"")
            ),
            Ok("roles: deployer, spaces: app-01J"),
        ),
        (
            format!(
                "space_read contains place.id if {}",
                of("place.name == \"legacy\"")
            ),
            Ok("roles: space-reader, spaces: legacy"),
        ),
        (
            format!(
                "roles[place.id] contains \"deployer\" if {}",
                of("place.labels[_] == \"env:prod\"")
            ),
            Ok("roles: deployer, spaces: {label: \"env:prod\", at_login: true}"),
        ),
        (
            format!(
                "roles[place.id] contains \"owner\" if {}",
                of("place.labels[_] == \"env:prod\"")
            ),
            Err(
                "a role that may administer, or that is not known here, cannot be given by a label",
            ),
        ),
        (
            format!(
                "space_read contains place.id if {}",
                of("place.name == \"Elsewhere\"")
            ),
            Err("the account has no space that is called `Elsewhere`"),
        ),
        (
            format!("roles[\"app\"] contains \"deployer\" if {team}\n"),
            Err("the account has no space `app`, or it was not seen"),
        ),
        (
            format!("roles[\"root\"] contains \"nobody\" if {team}\n"),
            Err("the account has no role `nobody`, or it was not seen"),
        ),
    ] {
        let policy = format!("{MEMBERS}{rule}");
        let mut found = account.clone();
        read(&policy, Dialect::V1, &known, &mut found).unwrap();
        let alone = Alone {
            name: MAPPING,
            text: text(&found),
        };
        let left: Vec<&str> = found
            .remarks(Kind::Left)
            .map(|one| one.text.as_str())
            .collect();
        let project = Project::load_from(&alone, Path::new(""), &Choices::default());
        let compiled = project.compiled.unwrap_or_else(|| panic!("{}", alone.text));
        match gives {
            Ok(gives) => {
                assert!(alone.text.contains(gives), "{rule}\n{}", alone.text);
                assert!(left.is_empty(), "{rule}\n{left:?}");
                let old = Text {
                    text: &policy,
                    dialect: Dialect::V1,
                };
                let asked = edges(&policy, &compiled, &found).into_iter().step_by(7);
                let proof = prove(old, &compiled, asked.collect(), &InProcess).unwrap();
                assert_eq!((proof.known.less, proof.known.more), (0, 0), "{rule}");
            }
            Err(why) => {
                assert_eq!(found.grants(), 0, "{rule}\n{}", alone.text);
                assert!(left.iter().any(|left| left.ends_with(why)), "{left:?}");
            }
        }
    }
    // The spaces that every account has carry the label, and here they are never asked for.
    let mut found = account;
    let rule = format!(
        "space_read contains place.id if {}",
        of("place.labels[_] == \"old\"")
    );
    read(&format!("{MEMBERS}{rule}"), Dialect::V1, &known, &mut found).unwrap();
    let told = found.remarks(Kind::Left).map(|one| one.text.as_str());
    assert_eq!(
        told.collect::<Vec<_>>(),
        ["labels of `root` and `legacy`: here they are never asked for"]
    );
}

/// Teams that are kept as they are, and teams that no rule can give, are no rewriting.
#[test]
fn what_rewrites_nothing_is_no_part() {
    for rule in [
        "team contains sent if some sent in input.session.teams",
        "team contains \"x\" if {\n\tinput.session.member\n\tnot input.session.member\n}",
    ] {
        let (text, proof, left) = imported(&format!("{MEMBERS}{rule}\n"), Dialect::V1);
        assert!(left.is_empty(), "{left:?}");
        assert!(!text.contains("teams:"), "{text}");
        assert_eq!(
            (proof.known.less, proof.known.more),
            (0, 0),
            "{rule}\n{text}"
        );
    }
}

#[test]
fn an_access_policy_is_told_from_a_login_policy() {
    for (text, is) in [
        ("read if \"x\" in input.session.teams", true),
        ("deny if input.stack.administrative\nwrite if true", true),
        ("deny_write if input.stack.administrative", true),
        ("deny if not input.session.member", false),
        ("read if input.session.member\nallow if read", false),
        (
            "write := {\"x\"}\nspace_write contains \"a\" if input.session.login in write",
            false,
        ),
    ] {
        assert_eq!(
            is_access(&format!("package spacelift\n{text}\n"), Dialect::V1),
            is,
            "{text}"
        );
    }
    assert!(is_access("package spacelift\nread { true }\n", Dialect::V0));
}

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::json;

use super::edges::{Values, inputs};
use super::*;
use crate::evaluate::Login;
use crate::evaluate::foreign::InProcess;

fn text(text: &str) -> Text<'_> {
    Text {
        text,
        dialect: Dialect::V1,
    }
}

fn edges_of(texts: &[&str]) -> Vec<Probe> {
    let values = texts.iter().map(|text| Values::of_text(text));
    let values = values.fold(Values::default(), Values::and);
    inputs(
        &values,
        &json!([{"id": "app", "name": "app", "labels": []}]),
    )
}

fn compared(old: &str, new: &str) -> Comparison {
    compare(text(old), text(new), edges_of(&[old, new]), &InProcess).unwrap()
}

const DEVS: &str = "package spacelift\nallow if \"devs\" in input.session.teams\n";

#[test]
fn the_same_in_other_words_is_not_different() {
    let other = "package spacelift\nallow if input.session.teams[_] == \"devs\"\n";
    let found = compared(DEVS, other);
    assert_eq!(found.differing, []);
    assert_eq!(found.same, found.asked);
    assert!(found.asked > 100 && found.is_clean());
}

#[test]
fn what_differs_is_found_by_the_smallest_input_that_shows_it() {
    for (new, finds) in [
        // Another team, an outsider, another case, a login, an address, a moment.
        (
            "allow if \"ops\" in input.session.teams",
            json!({"teams": ["ops"]}),
        ),
        (
            "allow if {\n\"devs\" in input.session.teams\ninput.session.member\n}",
            json!({"member": false, "teams": ["devs"]}),
        ),
        (
            "allow if lower(input.session.teams[_]) == \"devs\"",
            json!({"teams": ["DEVS"]}),
        ),
        (
            "allow if \"devs\" in input.session.teams\nallow if input.session.login == \"eve@example.com\"",
            json!({"login": "eve@example.com"}),
        ),
    ] {
        let new = format!("package spacelift\n{new}\n");
        let found = compared(DEVS, &new);
        let shows = found.differing.iter().any(|one| {
            let session = one.probe.input["session"].as_object().unwrap();
            finds
                .as_object()
                .unwrap()
                .iter()
                .all(|(key, value)| session[key] == *value)
        });
        assert!(shows, "{new}\n{:#?}", found.differing);
        assert!(!found.is_clean());
    }
}

#[test]
fn edges_of_networks_and_of_time_are_asked() {
    let within = "package spacelift\nallow if {\n\"devs\" in input.session.teams\nnet.cidr_contains(\"203.0.113.0/24\", input.request.remote_ip)\n}\n";
    let wider = within.replace("/24", "/23");
    let found = compared(within, &wider);
    let addresses: Vec<_> = found
        .differing
        .iter()
        .map(|one| &one.probe.input["request"]["remote_ip"])
        .collect();
    assert_eq!(addresses, [&json!("203.0.112.0")]);
    let hours = "package spacelift\nallow if {\n\"devs\" in input.session.teams\n[hour, _, _] := time.clock([input.request.timestamp_ns, \"UTC\"])\nhour < 17\n}\n";
    let found = compared(hours, &hours.replace("< 17", "<= 17"));
    assert_eq!(found.differing.len(), 1);
    let dated = "package spacelift\nallow if {\n\"devs\" in input.session.teams\ninput.request.timestamp_ns < time.parse_rfc3339_ns(\"2027-01-01T00:00:00Z\")\n}\n";
    let found = compared(dated, &dated.replace("ns <", "ns <="));
    assert_eq!(found.differing.len(), 1);
    assert_eq!(found.differing[0].old.login, Login::Deny);
}

#[test]
fn an_input_that_one_has_no_decision_for_is_not_alike() {
    // The engine takes no list out of what is none.
    let old = "package spacelift\nallow if {\n\tsome sent in input.session.teams\n\tsent == \"devs\"\n}\n";
    let found = compared(old, DEVS);
    assert!(!found.undecided.is_empty() && !found.is_clean());
}

#[test]
fn what_engines_answer_differently_is_listed_by_its_line() {
    let lines = |text: &str| {
        unlike(text)
            .into_iter()
            .map(|one| one.line)
            .collect::<Vec<_>>()
    };
    for unsafe_one in [
        "not net.cidr_contains(\"10.0.0.0/8\", input.request.remote_ip)",
        "not \"devs\" in input.session.teams",
        "not allowed[input.session.login]",
        "not input.n < 5",
        "not startswith(allow, \"x\")",
        "not entry.id in [1]",
        "not f(row[0])",
        "glob.match(\"a*\", [], input.session.login)",
        "sprintf(\"%5d\", [1])",
        "regex.match(`^\\d+$`, input.session.login)",
    ] {
        assert_eq!(
            lines(&format!("package spacelift\nallow if {{\n{unsafe_one}\n}}")),
            [3],
            "{unsafe_one}"
        );
    }
    for safe in [
        "not helper",
        "not input.session.member",
        "not input.session.login == \"x\"",
        "x := \"not f(input.x)\" # not f(input.x)",
        "cannot := true",
        "not startswith(login, \"x\")",
        "not net.cidr_contains(\"10.0.0.0/8\", ip)",
        "not login in owners",
    ] {
        assert_eq!(
            lines(&format!("package spacelift\nallow if {{\n{safe}\n}}")),
            [0; 0],
            "{safe}"
        );
    }
}

#[test]
fn what_is_absent_is_not_compared_where_engines_differ_in_it() {
    let denies = |what: &str| format!("{DEVS}deny if not {what}\n");
    // Spacelift's engine lets in whoever has no address; the one here does not, and must not say so.
    let found = compared(
        &denies("net.cidr_contains(\"10.0.0.0/8\", input.request.remote_ip)"),
        DEVS,
    );
    assert!(found.left_out > 0 && found.asked > 100, "{found:#?}");
    assert!(!found.differing.is_empty() && !found.is_clean());
    for one in &found.differing {
        assert!(
            one.probe.input["request"]["remote_ip"].is_string(),
            "{one:#?}"
        );
    }
    // Something that no input here has.
    let found = compared(&denies("startswith(input.session.creator, \"x\")"), DEVS);
    assert_eq!((found.asked, found.same), (0, 0));
    assert!(!found.is_clean());
}

#[test]
fn strings_are_read_in_each_of_their_forms() {
    let values = Values::of_text(
        "a := \"one\\u00e9\" # \"no\"\nb := `raw \"x\"`\nc := \"10.0.0.0/30\"\nd := \"2027-01-01\"\n",
    );
    let teams: Vec<_> = values.teams.iter().map(String::as_str).collect();
    assert_eq!(teams, ["one\u{e9}", "raw \"x\""]);
    let addresses: Vec<_> = values.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(
        addresses,
        ["9.255.255.255", "10.0.0.0", "10.0.0.3", "10.0.0.4"]
    );
    assert_eq!(values.moments.len(), 3);
}

#[test]
fn networks_end_where_addresses_do() {
    for (network, around) in [
        ("0.0.0.0/0", "0.0.0.0 255.255.255.255"),
        ("::/0", ":: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        (
            "2001:db8::/127",
            "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8:: 2001:db8::1 2001:db8::2",
        ),
        ("192.0.2.7", "192.0.2.6 192.0.2.7 192.0.2.8"),
    ] {
        let values = Values::of_text(&format!("\"{network}\""));
        let found: Vec<_> = values.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(found.join(" "), around, "{network}");
    }
    for nonsense in ["10.0.0.0/33", "10.0.0.0/x", "::/129"] {
        let values = Values::of_text(&format!("\"{nonsense}\""));
        assert!(values.addresses.is_empty() && values.teams.contains(nonsense));
    }
}

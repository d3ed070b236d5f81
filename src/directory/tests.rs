use super::*;
use crate::diagnostic::Diagnostics;
use crate::source::Sources;

/// What a text says, and every finding with its place.
fn read_text(text: &str) -> (Option<Directory>, Vec<String>) {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let file = sources.add("directory.json", text);
    let directory = read(&sources, file, &mut diagnostics);
    let told = diagnostics.sorted().into_iter().map(|found| {
        let place = sources.place(found.primary.as_ref().unwrap().span);
        format!(
            "{}:{} {}: {}{}",
            place.line,
            place.column,
            found.code.name(),
            found.message,
            found
                .help
                .as_deref()
                .map(|help| format!(" ({help})"))
                .unwrap_or_default()
        )
    });
    (directory, told.collect())
}

fn sound(text: &str) -> Directory {
    let (directory, told) = read_text(text);
    assert_eq!(told, Vec::<String>::new());
    directory.unwrap()
}

#[test]
fn a_snapshot_says_who_there_is() {
    let directory = sound(
        r#"{
  "version": 1,
  "taken_at": "2026-11-25T06:00:00Z",
  "groups": [{"sent_as": "7c0f", "name": "Platform"}, {"sent_as": "1b9e"}],
  "people": [
    {"login": "Alice@acme.example", "name": "Alice \u00c5", "groups": ["7c0f", "1b9e", "7c0f"],
     "attributes": {"email": "alice@acme.example", "sites": ["Oslo", "Rome"], "manager": null}},
    {"login": "bob@acme.example", "active": false, "groups": []},
    {"login": "carol@acme.example", "groups": null}
  ]
}"#,
    );
    let alice = directory.person("aLICE@acme.example").unwrap();
    assert_eq!(alice.login, "Alice@acme.example");
    assert_eq!(alice.name.as_deref(), Some("Alice Å"));
    assert_eq!(alice.groups.as_deref().unwrap(), ["7c0f", "1b9e"]);
    assert_eq!(alice.attributes["sites"], ["Oslo", "Rome"]);
    assert!(!alice.attributes.contains_key("manager"));
    let bob = directory.person("bob@acme.example").unwrap();
    assert!(!bob.active);
    assert_eq!(bob.groups, Some(vec![]));
    assert_eq!(directory.person("carol@acme.example").unwrap().groups, None);
    assert_eq!(directory.active().count(), 2);
    assert_eq!(directory.taken_at, Some(1_795_586_400_000_000_000));
    assert_eq!(
        directory.groups.as_ref().unwrap()["7c0f"].name.as_deref(),
        Some("Platform")
    );
    assert_eq!(
        directory.values().into_iter().collect::<Vec<_>>(),
        ["1b9e", "7c0f"]
    );
}

#[test]
fn what_is_unknown_of_somebody_is_absent_from_the_input() {
    let directory = sound(
        r#"{"version": 1, "people": [{"login": "a", "groups": ["g"]}, {"login": "b", "groups": []}, {"login": "c"}]}"#,
    );
    let model = crate::plan::fake::model();
    let session = |login: &str| {
        let person = directory.person(login).unwrap();
        let input = person.input(&model, json!({"remote_ip": "203.0.113.9"}));
        assert_eq!(input["request"]["remote_ip"], "203.0.113.9");
        assert_eq!(input["spaces"].as_array().unwrap().len(), 3);
        input["session"].clone()
    };
    assert_eq!(
        session("a"),
        json!({"login": "a", "member": true, "teams": ["g"]})
    );
    assert_eq!(
        session("b"),
        json!({"login": "b", "member": true, "teams": []})
    );
    assert_eq!(session("c"), json!({"login": "c", "member": true}));
}

#[test]
fn every_error_of_a_file_is_told_in_one_run() {
    let (directory, told) = read_text(
        r#"{
  "version": 2,
  "taken_at": "yesterday",
  "poeple": [],
  "groups": [{"sent_as": "payments"}, {"sent_as": "payments"}, {"name": "Nameless"}, 7],
  "people": [
    {"login": "alice", "groups": ["paymnets", 7], "active": "yes"},
    {"login": "ALICE"},
    {"name": "Nobody"},
    {"login": "", "login": "x"},
    {"login": "dora", "attributes": {"a": 1, "b": "", "b": "", "c": [1]}},
    "eve"
  ]
}"#,
    );
    assert_eq!(directory, None);
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    assert_eq!(
        told,
        [
            "2:14 bad-value: `version` is 2, and this program reads 1 (update the program, or have the snapshot written in the layout that it reads)",
            "3:15 bad-time: `yesterday` is not a moment (write a moment with an offset, as in `\"2026-11-25T06:00:00Z\"`)",
            "4:3 unknown-field: the snapshot has no field `poeple` (did you mean `people`? the fields of the snapshot are `version`, `taken_at`, `people`, `groups`)",
            "5:51 duplicate-value: the group that is sent as `payments` is here twice",
            "5:64 missing-field: a group needs `sent_as` (write exactly what the identity provider sends for it)",
            "5:86 wrong-type: a group must be an object, not a number",
            "7:35 unknown-name: no group of the snapshot is sent as `paymnets` (did you mean `payments`?)",
            "7:47 wrong-type: each of `groups` must be a string, not a number",
            "7:61 wrong-type: `active` must be `true` or `false`, not a string",
            "8:15 duplicate-name: the login `ALICE` is here twice (logins that differ in case only are one person's)",
            "9:5 missing-field: a person needs `login` (write it as the identity provider sends it)",
            "10:15 bad-name: `login` is empty",
            "10:19 duplicate-key: the key `login` stands twice in one object",
            "11:43 wrong-type: the attribute `a` must be a string, a list of strings or `null`, not a number",
            "11:55 duplicate-key: the key `b` stands twice in one object",
            "11:70 wrong-type: each value of the attribute `c` must be a string, not a number",
            "12:5 wrong-type: a person must be an object, not a string",
        ]
    );
}

#[test]
fn what_is_no_json_is_told_where_it_ends() {
    for (text, told) in [
        ("", "1:1 json-syntax"),
        ("{\n  \"version\": 1,\n}", "3:1 json-syntax"),
        ("{\"version\": 1} x", "1:16 json-syntax"),
        ("{\"é\": \"ü\" x}", "1:11 json-syntax"),
        (
            "{\"version\": 1, \"people\": [{\"login\": \"\\ud800\"}]}",
            "1:37 json-syntax",
        ),
        ("[]", "1:1 wrong-type"),
        ("{}", "1:1 missing-field"),
    ] {
        let (directory, found) = read_text(text);
        assert_eq!(directory, None, "{text}");
        assert!(found[0].starts_with(told), "{text}: {found:?}");
    }
    let deep = "[".repeat(1_000_000);
    let (_, found) = read_text(&deep);
    assert!(found[0].contains("json-syntax"), "{found:?}");
    let closed = format!("{deep}{}", "]".repeat(1_000_000));
    let (_, found) = read_text(&format!("{{\"version\": 1, \"people\": {closed}}}"));
    assert!(found[0].contains("wrong-type"), "{found:?}");
}

#[test]
fn a_file_of_nothing_but_mistakes_ends() {
    let groups: Vec<String> = (0..1_200)
        .map(|n| format!("{{\"sent_as\": \"group-{n}\"}}"))
        .collect();
    let people: Vec<String> = (0..1_200)
        .map(|n| format!("{{\"login\": \"p{n}\", \"groups\": [\"gruop-{n}\"]}}"))
        .collect();
    let (_, told) = read_text(&format!(
        "{{\"version\": 1, \"groups\": [{}], \"people\": [{}]}}",
        groups.join(","),
        people.join(",")
    ));
    assert!(told.len() > 1_000 && told.len() < 1_010, "{}", told.len());
    assert!(told[0].contains("did you mean `group-0`?"), "{}", told[0]);
}

#[test]
fn a_large_snapshot_on_one_line_is_read() {
    let people: Vec<String> = (0..20_000)
        .map(|n| {
            format!(
                "{{\"login\":\"person{n}@acme.example\",\"name\":\"Person {n}\",\"active\":{},\"groups\":[\"g{}\",\"g{}\",\"everyone\"],\"attributes\":{{\"department\":\"D{}\"}}}}",
                n % 10 != 0,
                n % 300,
                n % 7,
                n % 50
            )
        })
        .collect();
    let directory = sound(&format!(
        "{{\"version\":1,\"people\":[{}]}}",
        people.join(",")
    ));
    assert_eq!(directory.people.len(), 20_000);
    assert_eq!(directory.active().count(), 18_000);
    assert_eq!(
        directory.person("PERSON19999@acme.example").unwrap().groups,
        Some(vec!["g199".into(), "g0".into(), "everyone".into()])
    );
}

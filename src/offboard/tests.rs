use super::*;
use crate::directory::Person;

#[test]
fn logins_that_look_alike() {
    for (one, other) in [
        ("bob@a", "bob@b"),
        ("bob@a", "bob.admin@a"),
        ("bob-adm", "bob"),
        ("bob+x@a", "bob@a"),
    ] {
        assert!(
            looks_alike(one, other) && looks_alike(other, one),
            "{one} {other}"
        );
    }
    for (one, other) in [
        ("bob@a", "bobby@a"),
        ("b@a", "b.c@a"),
        ("@a", "@b"),
        ("bob@a", "rob@a"),
    ] {
        assert!(!looks_alike(one, other), "{one} {other}");
    }
}

#[test]
fn only_what_is_somebodys_own_is_an_alias() {
    let person = |login: &str, attributes: &[(&str, &str)]| {
        (
            login.to_ascii_lowercase(),
            Person {
                login: login.to_owned(),
                name: Some("Bob".into()),
                active: true,
                groups: None,
                attributes: attributes
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]))
                    .collect(),
                span: Span::default(),
            },
        )
    };
    let directory = Directory {
        people: [
            person(
                "Bob@acme",
                &[
                    ("userName", "bob.b"),
                    ("manager", "carol@acme"),
                    ("E-Mail", "b@x"),
                    ("mail", "BOB@acme"),
                ],
            ),
            person(
                "carol@acme",
                &[("email", "carol@acme"), ("assistant", "bob@acme")],
            ),
        ]
        .into(),
        ..Directory::default()
    };
    assert_eq!(aliases_in(&directory, "bob@ACME"), ["bob.b"]);
    // From the other side, too.
    assert_eq!(aliases_in(&directory, "BOB.B"), ["Bob@acme"]);
    assert!(aliases_in(&directory, "carol@acme").is_empty());
    assert!(aliases_in(&directory, "nobody").is_empty());
}

#[test]
fn an_attribute_has_one_name_however_it_is_spelt() {
    for name in ["userName", "user_name", "user-name", "User Name"] {
        assert_eq!(attribute(name), "user_name");
    }
    assert_eq!(attribute("UPN"), "upn");
}

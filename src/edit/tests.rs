use super::*;

const MAPPING: &[&str] = &["version", "spaces", "login", "grants", "elevations"];
const LOGIN: &[&str] = &["require", "deny", "offboarded", "slack"];

const OFFBOARDED: [Way; 2] = [
    Way {
        key: "login",
        order: MAPPING,
    },
    Way {
        key: "offboarded",
        order: LOGIN,
    },
];

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn appended(before: &str, items: &[Value]) -> Result<String, CannotEdit> {
    edit(
        before,
        &[Change::Append {
            list: OFFBOARDED.to_vec(),
            items: items.to_vec(),
        }],
    )
}

fn way(way: &str) -> Vec<Step> {
    way.split('.')
        .map(|step| match step.parse() {
            Ok(at) => Step::Item(at),
            Err(_) => Step::Key(step.to_owned()),
        })
        .collect()
}

fn removed(before: &str, list: &str, items: &[usize]) -> Result<String, CannotEdit> {
    edit(
        before,
        &[Change::Remove {
            list: way(list),
            items: items.iter().copied().collect(),
        }],
    )
}

#[track_caller]
fn becomes(before: &str, after: &str) {
    let new = appended(before, &[text("new@x")]);
    assert_eq!(new.as_deref(), Ok(after), "\n{before}");
}

#[test]
fn an_item_joins_a_list_in_brackets() {
    becomes(
        "login: {offboarded: [a@x, b@x]} # c\n",
        "login: {offboarded: [a@x, b@x, new@x]} # c\n",
    );
    becomes(
        "login:\n  offboarded: [ 'a@x' ]\n",
        "login:\n  offboarded: [ 'a@x', 'new@x' ]\n",
    );
    becomes(
        "login:\n  offboarded: [\"a@x\",]\n",
        "login:\n  offboarded: [\"a@x\", \"new@x\",]\n",
    );
    becomes(
        "login: {offboarded: []}\n",
        "login: {offboarded: [new@x]}\n",
    );
    becomes(
        "login: {offboarded: [ ]}\n",
        "login: {offboarded: [new@x]}\n",
    );
    becomes(
        "login:\n  offboarded: [\n    a@x, # one\n    b@x # two\n  ]\n",
        "login:\n  offboarded: [\n    a@x, # one\n    b@x, # two\n    new@x\n  ]\n",
    );
    becomes(
        "login:\n  offboarded: [\n    a@x,\n    b@x, # two\n    # the end\n  ]\n",
        "login:\n  offboarded: [\n    a@x,\n    b@x, # two\n    new@x,\n    # the end\n  ]\n",
    );
    becomes(
        "login:\n  offboarded: [a@x,\n    b@x] # two\n",
        "login:\n  offboarded: [a@x,\n    b@x, new@x] # two\n",
    );
    becomes(
        "login:\n  offboarded: [\n    # nobody yet\n  ]\n",
        "login:\n  offboarded: [new@x\n    # nobody yet\n  ]\n",
    );
}

#[test]
fn an_item_joins_a_list_with_dashes() {
    becomes(
        "login:\n  offboarded:\n    - a@x # left in May\n    - {login: b@x}\n  slack: []\n",
        "login:\n  offboarded:\n    - a@x # left in May\n    - {login: b@x}\n    - new@x\n  slack: []\n",
    );
    // Dashes under the key, further gaps, its own comment behind the last item, and another's further left.
    becomes(
        "login:\n  offboarded:\n  -   a@x\n      # said the manager\n  # of slack\n  slack: []\n",
        "login:\n  offboarded:\n  -   a@x\n      # said the manager\n  -   new@x\n  # of slack\n  slack: []\n",
    );
    becomes(
        "login:\n  offboarded:\n    - a@x",
        "login:\n  offboarded:\n    - a@x\n    - new@x",
    );
    becomes(
        "login:\n  offboarded:\n    - login: a@x\n      aliases:\n        - \"b@x\"\n\ngrants: []\n",
        "login:\n  offboarded:\n    - login: a@x\n      aliases:\n        - \"b@x\"\n    - new@x\n\ngrants: []\n",
    );
    becomes(
        "login:\n  offboarded:\n    - |-\n      a@x\n    - >-\n      b@x\n\n\n# end\n",
        "login:\n  offboarded:\n    - |-\n      a@x\n    - >-\n      b@x\n    - new@x\n\n\n# end\n",
    );
}

#[test]
fn the_ends_of_lines_are_as_before() {
    becomes(
        "login:\r\n  offboarded:\r\n    - a@x\r\n",
        "login:\r\n  offboarded:\r\n    - a@x\r\n    - new@x\r\n",
    );
    becomes(
        "version: 1\r\n\r\nlogin: {require: a}\r\n\r\ngrants: []\r\n",
        "version: 1\r\n\r\nlogin: {require: a, offboarded: [new@x]}\r\n\r\ngrants: []\r\n",
    );
    becomes(
        "version: 1\r\n\r\ngrants: []",
        "version: 1\r\n\r\nlogin:\r\n  offboarded:\r\n    - new@x\r\n\r\ngrants: []",
    );
}

#[test]
fn what_is_missing_is_made_in_its_place() {
    becomes(
        "version: 1\nlogin:\n    require: a # b\n    # of slack\n    slack: []\ngrants: []\n",
        "version: 1\nlogin:\n    require: a # b\n    offboarded:\n      - new@x\n    # of slack\n    slack: []\ngrants: []\n",
    );
    becomes(
        "version: 1\nlogin:\n  slack:\n  - {a: b}\n",
        "version: 1\nlogin:\n  slack:\n  - {a: b}\n  offboarded:\n  - new@x\n",
    );
    becomes(
        "version: 1\nspaces:\n    a: {b: c}\n    d:\n        e: f\n\ngrants: []\n",
        "version: 1\nspaces:\n    a: {b: c}\n    d:\n        e: f\n\nlogin:\n    offboarded:\n      - new@x\n\ngrants: []\n",
    );
    becomes(
        "version: 1\ngrants: []\n",
        "version: 1\nlogin:\n  offboarded:\n    - new@x\ngrants: []\n",
    );
    becomes(
        "{version: 1}\n",
        "{version: 1, login: {offboarded: [new@x]}}\n",
    );
    becomes(
        "version: 1\nlogin: {}\n",
        "version: 1\nlogin: {offboarded: [new@x]}\n",
    );
}

#[test]
fn what_an_item_says_is_quoted_where_it_must_be() {
    let before = "login: {offboarded: [a]}\n";
    for (value, spelt) in [
        ("b@x", "b@x"),
        ("on", "\"on\""),
        ("1e3", "\"1e3\""),
        ("2026-01-01", "\"2026-01-01\""),
        ("@b", "\"@b\""),
        ("a, b", "\"a, b\""),
        ("a: b", "\"a: b\""),
        ("a\"\\b", "\"a\\\"\\\\b\""),
        ("caf\u{e9}", "\"caf\u{e9}\""),
        ("a\u{200b}\u{e0100}b\n", "\"a\\u200b\\U000e0100b\\u000a\""),
        ("", "\"\""),
    ] {
        let after = appended(before, &[text(value)]).unwrap();
        assert_eq!(after, format!("login: {{offboarded: [a, {spelt}]}}\n"));
    }
    let person = Value::Map(vec![
        ("login", text("b@x")),
        ("aliases", Value::List(vec![text("c@x"), text("it's")])),
    ]);
    assert_eq!(
        appended("login: {offboarded: ['a']}\n", &[person, text("d")]).unwrap(),
        "login: {offboarded: ['a', {login: 'b@x', aliases: ['c@x', 'it''s']}, 'd']}\n"
    );
}

#[test]
fn an_item_goes_with_its_own_comments() {
    let before = "grants:\n  # ---- One ----\n\n  # about a\n  # more\n  - {a: 1} # beside\n\n  # about b\n  - b: 2\n    # in b\n    c: [3,\n      4]\n    # behind b\n  - d\n\n  # about e\n  - e\n\nnext: 1\n";
    assert_eq!(
        removed(before, "grants", &[0]).unwrap(),
        "grants:\n  # ---- One ----\n\n  # about b\n  - b: 2\n    # in b\n    c: [3,\n      4]\n    # behind b\n  - d\n\n  # about e\n  - e\n\nnext: 1\n"
    );
    assert_eq!(
        removed(before, "grants", &[1]).unwrap(),
        "grants:\n  # ---- One ----\n\n  # about a\n  # more\n  - {a: 1} # beside\n\n  - d\n\n  # about e\n  - e\n\nnext: 1\n"
    );
    assert_eq!(
        removed(before, "grants", &[2, 3]).unwrap(),
        "grants:\n  # ---- One ----\n\n  # about a\n  # more\n  - {a: 1} # beside\n\n  # about b\n  - b: 2\n    # in b\n    c: [3,\n      4]\n    # behind b\n\nnext: 1\n"
    );
    assert_eq!(
        removed(before, "grants", &[0, 1, 2, 3]).unwrap(),
        "grants: []\n  # ---- One ----\n\nnext: 1\n"
    );
}

#[test]
fn an_item_leaves_brackets() {
    for (items, after) in [
        (&[0][..], "a: [b, c] # d\n"),
        (&[1], "a: [a, c] # d\n"),
        (&[2], "a: [a, b] # d\n"),
        (&[0, 2], "a: [b] # d\n"),
        (&[1, 2], "a: [a] # d\n"),
        (&[0, 1, 2], "a: [] # d\n"),
    ] {
        assert_eq!(removed("a: [a, b, c] # d\n", "a", items).unwrap(), after);
    }
    for (items, after) in [
        (&[0][..], "a: [\n  # of b\n  b, c,\n  d # last\n]\n"),
        (
            &[1],
            "a: [\n  # of a\n  a, # one\n  # of b\n  c,\n  d # last\n]\n",
        ),
        (
            &[2],
            "a: [\n  # of a\n  a, # one\n  # of b\n  b,\n  d # last\n]\n",
        ),
        (&[3], "a: [\n  # of a\n  a, # one\n  # of b\n  b, c\n]\n"),
    ] {
        let before = "a: [\n  # of a\n  a, # one\n  # of b\n  b, c,\n  d # last\n]\n";
        assert_eq!(removed(before, "a", items).unwrap(), after);
    }
    assert_eq!(removed("a: [b, c,]\n", "a", &[1]).unwrap(), "a: [b,]\n");
    assert_eq!(
        removed("a: [b, # of b\n  c]\n", "a", &[1]).unwrap(),
        "a: [b # of b\n  ]\n"
    );
}

#[test]
fn a_list_within_an_entry_goes_with_its_key() {
    assert_eq!(
        removed("g: {a: {s: 1, f: [{s: 2}], o: 3}}\n", "g.a.f", &[0]).unwrap(),
        "g: {a: {s: 1, o: 3}}\n"
    );
    assert_eq!(
        removed("g: {a: {s: 1, f: [{s: 2}]}}\n", "g.a.f", &[0]).unwrap(),
        "g: {a: {s: 1}}\n"
    );
    assert_eq!(
        removed(
            "g:\n  a:\n    s: 1\n    # why\n    f:\n      - s: 2\n      # x\n  # of b\n  b: 2\n",
            "g.a.f",
            &[0]
        )
        .unwrap(),
        "g:\n  a:\n    s: 1\n  # of b\n  b: 2\n"
    );
    assert_eq!(
        removed(
            "g:\n  a:\n    f: [{s: 2}, {s: 3}]\n    s: 1\n",
            "g.a.f",
            &[0]
        )
        .unwrap(),
        "g:\n  a:\n    f: [{s: 3}]\n    s: 1\n"
    );
    assert_eq!(
        removed("- f: [{s: 2}]\n  s: 1\n", "0.f", &[0]).unwrap(),
        "- f: []\n  s: 1\n"
    );
}

#[test]
fn several_changes_are_made_at_once() {
    let before = "login: {require: a}\ngrants:\n  - a\n  - b\nelevations: [c, d]\n";
    let remove = |list: &str, at| Change::Remove {
        list: way(list),
        items: BTreeSet::from([at]),
    };
    let append = Change::Append {
        list: OFFBOARDED.to_vec(),
        items: vec![text("new@x")],
    };
    assert_eq!(
        edit(
            before,
            &[remove("grants", 0), append, remove("elevations", 1)]
        )
        .unwrap(),
        "login: {require: a, offboarded: [new@x]}\ngrants:\n  - b\nelevations: [c]\n"
    );
}

#[test]
fn what_would_change_more_than_is_meant_is_refused() {
    for before in [
        // An alias, and what an alias stands for.
        "x: &a [a]\nlogin: {offboarded: *a}\n",
        "login: &l {offboarded: [a]}\nx: *l\n",
        "login:\n  offboarded: &a [a]\nx: *a\n",
        // Blank lines at the end of a text that keeps them.
        "login:\n  offboarded:\n    - |+\n      a\n\n\n",
        // No map, no list, nothing at all.
        "- login\n",
        "login: x\n",
        "login: {offboarded: a}\n",
        "",
        "login: {offboarded: [a}\n",
        "a: 1\n---\nb: 2\n",
    ] {
        assert!(appended(before, &[text("new")]).is_err(), "{before}");
    }
    // An anchor that is needed elsewhere, and what is not there.
    assert!(removed("a:\n  - &x b\n  - *x\n", "a", &[0]).is_err());
    assert!(removed("a: [b]\n", "a", &[1]).is_err());
    assert!(removed("a: [b]\n", "b", &[0]).is_err());
    assert!(removed("a: [b]\n", "a", &[]).is_err());
}

#[test]
fn a_refusal_says_where() {
    let cannot = appended("x: 1\nlogin: {offboarded: a}\n", &[text("new")]).unwrap_err();
    assert_eq!((cannot.at, cannot.message), (25, "this is no list"));
}

mod on_disk {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::offboard;
    use crate::project::{Choices, Project};

    const MAPPING: &str = "version: 1\r\naccount: acme\r\nidentity_provider: okta\r\nspaces: {a: {parent: root}}\r\ngroups: {g: G}\r\ngrants: [{who: g, roles: space-reader, spaces: a}] # all\r\n";

    fn edited(folder: &Path) -> Edited {
        let project = Project::load(folder);
        let compiled = project.compiled.as_ref().unwrap();
        let leavers = offboard::leavers(&project, compiled, &["bob@x".to_owned()], &[]);
        let wanted = offboard::wanted(&compiled.model, &leavers);
        let edits = offboard::edits(&project, &leavers);
        let Ok(edited) = edits.apply(&project, &wanted, &Choices::default()) else {
            panic!("the change was refused")
        };
        edited
    }

    #[test]
    fn the_mark_before_the_text_the_permissions_and_a_link_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.yaml");
        let real = folder.path().join("real.yaml");
        fs::write(&real, format!("\u{feff}{MAPPING}")).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
            std::os::unix::fs::symlink("real.yaml", &path).unwrap();
        }
        #[cfg(not(unix))]
        fs::rename(&real, &path).unwrap();
        edited(folder.path()).write().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let new = "groups: {g: G}\r\nlogin:\r\n  offboarded:\r\n    - bob@x\r\ngrants:";
        let expected = format!(
            "\u{feff}{}",
            MAPPING.replace("groups: {g: G}\r\ngrants:", new)
        );
        assert_eq!(text, expected);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert!(path.is_symlink());
            let mode = fs::metadata(&real).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o640);
        }
        // Nothing lies beside it.
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert!(left.len() <= 2, "{left:?}");
    }

    #[test]
    fn a_file_that_was_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.yaml");
        fs::write(&path, MAPPING).unwrap();
        let edited = edited(folder.path());
        for other in [
            format!("# more\n{MAPPING}"),
            MAPPING.replace("all", "ALL"),
            String::new(),
        ] {
            fs::write(&path, &other).unwrap();
            let error = edited.write().unwrap_err().to_string();
            assert!(error.contains("was changed meanwhile"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), other);
        }
    }

    #[test]
    fn a_change_that_comes_to_another_model_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("access.yaml"), MAPPING).unwrap();
        let project = Project::load(folder.path());
        let compiled = project.compiled.as_ref().unwrap();
        let leavers = offboard::leavers(&project, compiled, &["bob@x".to_owned()], &[]);
        let edits = offboard::edits(&project, &leavers);
        let other = edits.apply(&project, &compiled.model, &Choices::default());
        assert!(matches!(other, Err(NotEdited::OtherMeaning)));
    }

    #[test]
    fn where_one_file_cannot_be_written_none_is() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("gone/other"));
        fs::write(&one, "old").unwrap();
        let files = [
            (one.clone(), b"old".to_vec(), b"new".to_vec()),
            (other, b"old".to_vec(), b"new".to_vec()),
        ];
        assert!(crate::file::replace_all(&files).is_err());
        assert_eq!(fs::read_to_string(&one).unwrap(), "old");
    }
}

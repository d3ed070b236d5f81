use proptest::prelude::*;

use super::plain::{Core, core, other_reading};
use super::*;
use crate::diagnostic::Code;
use crate::source::Sources;

fn read_text(text: &str) -> (Tree, Vec<(Code, usize, usize)>) {
    let mut sources = Sources::default();
    let file = sources.add("x.yaml", text);
    let mut diagnostics = Diagnostics::default();
    let tree = read(file, text, &mut diagnostics);
    let codes = diagnostics
        .sorted()
        .iter()
        .map(|d| {
            let at = sources.place(d.primary.as_ref().unwrap().span);
            (d.code, at.line, at.column)
        })
        .collect();
    (tree, codes)
}

/// A tree as text, places left out.
fn sketch(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(scalar) => format!("{:?}", scalar.text),
        Kind::Sequence(items) => format!(
            "[{}]",
            items.iter().map(sketch).collect::<Vec<_>>().join(", ")
        ),
        Kind::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{:?}: {}", key.scalar.text, sketch(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Kind::Broken => "!".to_owned(),
    }
}

fn fine(text: &str) -> String {
    let (tree, codes) = read_text(text);
    assert_eq!(codes, [], "{text}");
    assert!(tree.complete);
    tree.root.as_ref().map(sketch).unwrap_or_default()
}

fn places(node: &Node, text: &str, out: &mut Vec<String>) {
    let at = |span: Span| text[span.start as usize..span.end as usize].to_owned();
    out.push(at(node.span));
    match &node.kind {
        Kind::Sequence(items) => items.iter().for_each(|item| places(item, text, out)),
        Kind::Map(entries) => entries.iter().for_each(|(key, value)| {
            out.push(at(key.span));
            places(value, text, out);
        }),
        Kind::Scalar(_) | Kind::Broken => {}
    }
}

#[test]
fn every_part_knows_its_place() {
    let text =
        "é: [ü, 'q w' ]   # c\nmap:\n  - a: b   \n    c: |\n      x\n\n  - {}\nlast: \"\\n\"\n";
    let (tree, codes) = read_text(text);
    assert_eq!(codes, []);
    let mut out = Vec::new();
    places(&tree.root.unwrap(), text, &mut out);
    for expected in [
        "é",
        "[ü, 'q w' ]",
        "ü",
        "'q w'",
        "map",
        "a",
        "b",
        "c",
        "{}",
        "last",
        "\"\\n\"",
    ] {
        assert!(
            out.iter().any(|part| part == expected),
            "{expected}: {out:#?}"
        );
    }
}

#[test]
fn a_byte_order_mark_moves_nothing() {
    let text = "\u{feff}a: b\n";
    let (tree, codes) = read_text(text);
    assert_eq!(codes, []);
    let mut out = Vec::new();
    places(&tree.root.unwrap(), text, &mut out);
    assert_eq!(out, ["a: b", "a", "b"]);
}

#[test]
fn aliases_stand_for_what_they_name() {
    assert_eq!(
        fine("a: &x [1, {b: &y c}]\nd: *x\ne: *y\n"),
        r#"{"a": ["1", {"b": "c"}], "d": ["1", {"b": "c"}], "e": "c"}"#
    );
    let (tree, codes) = read_text("a: &x [b, *x]\n");
    assert_eq!(codes, [(Code::YamlSyntax, 1, 11)]);
    assert_eq!(sketch(&tree.root.unwrap()), r#"{"a": ["b", !]}"#);
    let text = "a: &x b\nc: *x\n";
    let mut out = Vec::new();
    places(&read_text(text).0.root.unwrap(), text, &mut out);
    assert!(out.contains(&"*x".to_owned()), "{out:?}");
}

#[test]
fn empty_files_are_fine() {
    for text in ["", "\n", "# c\n", "---\n", "---\n...\n"] {
        assert!(matches!(fine(text).as_str(), "" | "\"\""), "{text:?}");
    }
}

#[test]
fn aliases_are_charged_at_what_they_stand_for() {
    let mut lists = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut texts = format!("a0: &a0 {}\n", "x".repeat(1000));
    for level in 1..30 {
        let before = level - 1;
        let aliases = vec![format!("*a{before}"); 10].join(", ");
        lists.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    texts.push_str(&format!("b: [{}]\n", vec!["*a0"; 100_000].join(", ")));
    // Every anchor keeps what stands under it.
    let nested = format!(
        "{}{}{}\n",
        "&a [".repeat(60),
        "x, ".repeat(100_000),
        "]".repeat(60)
    )
    .replace("&a ", "&a ");
    for text in [lists, texts, nested] {
        let (tree, codes) = read_text(&text);
        assert_eq!(codes.len(), 1);
        assert_eq!(codes[0].0, Code::YamlLimit);
        assert!(!tree.complete);
    }
}

#[test]
fn nesting_of_any_depth_ends_in_an_error() {
    let deep = 100_000;
    let block: String = (0..2000)
        .map(|level| format!("{}a:\n", " ".repeat(level)))
        .collect();
    let cases = [
        "[".repeat(deep),
        "{a: ".repeat(deep),
        "- ".repeat(deep),
        "? ".repeat(deep),
        "[{a: ".repeat(deep),
        "&a [".repeat(deep),
        "{? ".repeat(deep),
        "!!seq [".repeat(deep),
        "- - - [".repeat(deep),
        "- a: ".repeat(deep),
        format!("{}{}", "[".repeat(deep), "]".repeat(deep)),
        "]".repeat(deep),
        block,
    ];
    for text in cases {
        let (tree, codes) = read_text(&text);
        assert_eq!(codes.len(), 1, "{}", &text[..20]);
        assert!(
            matches!(codes[0].0, Code::YamlLimit | Code::YamlSyntax),
            "{}: {codes:?}",
            &text[..20]
        );
        assert!(!tree.complete);
    }
}

#[test]
fn aliases_count_towards_the_depth() {
    let text = format!(
        "a: &a {}x{}\nb: {}*a{}\n",
        "[".repeat(40),
        "]".repeat(40),
        "[".repeat(40),
        "]".repeat(40)
    );
    let (_, codes) = read_text(&text);
    assert_eq!(codes, [(Code::YamlLimit, 2, 44)]);
    let text = format!(
        "a: {}x{}\n",
        "[".repeat(MAX_DEPTH - 1),
        "]".repeat(MAX_DEPTH - 1)
    );
    fine(&text);
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let (tree, codes) = read_text(&"a: b\n".repeat(MAX_BYTES / 5 + 1));
    assert_eq!(codes, [(Code::YamlLimit, 1, 1)]);
    assert_eq!(tree.root, None);
}

#[test]
fn duplicates_are_found_before_an_error_and_after_many() {
    let (_, codes) = read_text("a: 1\nb: {c: 1, c: 2}\na: 3\nd: [\n");
    let kinds: Vec<Code> = codes.iter().map(|(code, ..)| *code).collect();
    assert_eq!(
        kinds
            .iter()
            .filter(|code| **code == Code::DuplicateKey)
            .count(),
        2
    );
    assert!(kinds.contains(&Code::YamlSyntax));
    let (_, codes) = read_text(&"a: b\n".repeat(200_000));
    assert!(codes.len() <= 1001 && codes.len() > 900, "{}", codes.len());
    assert!(codes.iter().any(|(code, ..)| *code == Code::YamlLimit));
}

#[test]
fn control_characters_are_found() {
    for (text, at) in [
        ("a: b\0c", 5),
        ("a: \"\u{7f}\"", 5),
        ("a: \u{9b}", 4),
        ("a: \u{ffff}", 4),
    ] {
        let (tree, codes) = read_text(text);
        assert_eq!(codes, [(Code::YamlSyntax, 1, at)], "{text:?}");
        assert!(!tree.complete);
    }
    assert_eq!(
        fine("a: \"\\0\\e\u{85}\""),
        "{\"a\": \"\\0\\u{1b}\\u{85}\"}"
    );
}

#[test]
fn what_any_reader_takes_for_something_else_must_be_quoted() {
    let others = [
        "",
        "~",
        "null",
        "Null",
        "NULL",
        "nUll",
        "true",
        "True",
        "TRUE",
        "false",
        "yes",
        "Yes",
        "YES",
        "no",
        "No",
        "NO",
        "on",
        "ON",
        "off",
        "y",
        "Y",
        "n",
        "N",
        "=",
        "<<",
        "0",
        "1",
        "-1",
        "+1",
        "0123",
        "08",
        "0o17",
        "0x1f",
        "0X1F",
        "0b11",
        "1_000",
        "-0x_ff",
        "1:30",
        "190:20:30",
        "-1:30",
        "1:30.5",
        "1.",
        ".5",
        "1.5",
        "-.5",
        "1e9",
        "1E9",
        "1e+9",
        "1.5e-3",
        "1_0.5_0",
        ".inf",
        "-.Inf",
        "+.INF",
        ".nan",
        ".NaN",
        "2026-01-01",
        "2026-1-1",
        "2026-01-01T10:00:00Z",
        "2026-01-01 10:00:00 +1",
        "2026-12-03T10:00Z",
        "999999999999999999999999999999",
        "09:00",
        "685.230_15e+03",
        "0.",
    ];
    for text in others {
        assert!(
            other_reading(text).is_some(),
            "{text:?} is not safe without quotes"
        );
    }
    let strings = [
        "a",
        "no way",
        "nope",
        "yess",
        "truely",
        "v1",
        "1.2.3",
        "203.0.113.9",
        "203.0.113.0/24",
        "09:00-17:00",
        "payments-dev",
        "90d",
        "12h",
        "1:60",
        "1:300",
        "01HZX0000000000000000000AB",
        "7c0f2c1e-6d1b-4c55-9a3f-2b7d0d1c9e11",
        "2026-01",
        "2026-01-01-x",
        "-",
        "+",
        ".",
        "..",
        "0x",
        "0xg",
        "1e",
        "e9",
        "1e9x",
        "nan",
        "inf",
        "*",
        "_1",
        "alice@acme.example",
        "space:read",
        "1 2",
        "a=b",
        "20260101a",
    ];
    for text in strings {
        assert_eq!(other_reading(text), None, "{text:?}");
    }
}

#[test]
fn plain_values_are_what_json_would_have_said() {
    let number = |text: &str| Core::Number(serde_json::from_str(text).unwrap());
    for (text, expected) in [
        ("", Core::Null),
        ("~", Core::Null),
        ("null", Core::Null),
        ("true", Core::Bool(true)),
        ("False", Core::Bool(false)),
        ("no", Core::Text),
        ("0", number("0")),
        ("-12", number("-12")),
        ("+12", number("12")),
        ("0123", number("123")),
        ("0o17", number("15")),
        ("0x1F", number("31")),
        ("1_000", Core::Text),
        ("1:30", Core::Text),
        ("1.5", number("1.5")),
        ("1e3", number("1000.0")),
        (".5", number("0.5")),
        ("18446744073709551615", number("18446744073709551615")),
        (".inf", Core::NoNumber),
        (".nan", Core::NoNumber),
        ("1e999", Core::NoNumber),
        ("2026-01-01", Core::Text),
        (".", Core::Text),
        ("-", Core::Text),
        ("e3", Core::Text),
    ] {
        assert_eq!(core(text), expected, "{text:?}");
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c if u32::from(c) < 0x100 => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// A string in one of YAML's styles that can hold it, as the value of a key.
fn styled(text: &str, style: u8) -> String {
    let printable = text
        .chars()
        .all(|c| matches!(c, ' '..='~' | '\u{a1}'..='\u{24f}' | '\u{3040}'..='\u{30ff}'));
    match style % 4 {
        0 if printable && !text.is_empty() => format!("'{}'", text.replace('\'', "''")),
        1 if printable && text.trim() == text && !text.is_empty() => format!("|-\n  {text}"),
        2 if text.chars().all(|c| c.is_ascii_alphabetic()) && !text.is_empty() => text.to_owned(),
        _ => quoted(text),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Another reader of YAML, with another way from events to values, must read the same strings.
    #[test]
    fn strings_of_all_styles_are_read_as_another_reader_does(
        values in proptest::collection::vec((".{0,20}|[ -~]{0,20}|[a-z]{1,8}", any::<u8>()), 1..8)
    ) {
        let mut text = String::new();
        for (index, (value, style)) in values.iter().enumerate() {
            text.push_str(&format!("k{index}: {}\n", styled(value, *style)));
        }
        let theirs: std::collections::BTreeMap<String, String> = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        let (tree, codes) = read_text(&text);
        prop_assert_eq!(&codes, &[], "{}", text);
        let Kind::Map(entries) = tree.root.unwrap().kind else { panic!("{text}") };
        prop_assert_eq!(entries.len(), values.len());
        for ((key, node), (value, _)) in entries.iter().zip(&values) {
            let Kind::Scalar(scalar) = &node.kind else { panic!("{text}") };
            prop_assert_eq!(&scalar.text, value, "{}", text);
            prop_assert_eq!(Some(&scalar.text), theirs.get(&key.scalar.text), "{}", text);
        }
    }

    /// Whatever another reader takes for a string without quotes, or not, is never more than what is taken for one here.
    #[test]
    fn what_is_a_string_here_is_one_elsewhere(text in "[-+]?[0-9._:eEoxTZ-]{1,12}|[a-zA-Z~=.<]{1,5}") {
        if other_reading(&text).is_none() && !text.starts_with("- ") && !text.ends_with(':') && !text.starts_with("---") && text != "..." && text != "-" {
            let value: serde_json::Value = serde_saphyr::from_str(&format!("k: {text}\n")).unwrap_or_else(|error| panic!("{text}: {error}"));
            prop_assert_eq!(value, serde_json::json!({"k": text}));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[\\[\\]{}:,&*a-c \n\t\"'|>!?#-]{0,60}") {
        let (tree, codes) = read_text(&text);
        prop_assert!(tree.complete || !codes.is_empty());
        if let Some(root) = &tree.root {
            places(root, &text, &mut Vec::new());
        }
    }
}

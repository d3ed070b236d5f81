//! Names and values that a careless quotation, comparison or conversion would get wrong, and how YAML spells them.

use std::fmt::Write as _;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

use super::random::Random;

/// Values that an identity provider might send; no two are equal, many nearly so.
pub const VALUES: &[&str] = &[
    "Platform",
    "platform",
    "PLATFORM",
    "Platform ",
    " Platform",
    "Platform\u{a0}",
    "Plat\u{200b}form",
    "7c0f2c1e-6d1b-4c55-9a3f-2b7d0d1c9e11",
    "caf\u{e9}",
    "cafe\u{301}",
    "CAF\u{c9}",
    "quo\"te",
    "back\\slash",
    "back\\u0041slash",
    "single'quote",
    "line\nbreak",
    "carriage\rreturn",
    "tab\tstop",
    "nul\u{0}byte",
    "bell\u{7}",
    "delete\u{7f}",
    "next\u{85}line",
    "line\u{2028}separator",
    "paragraph\u{2029}separator",
    "\u{202e}right to left",
    "isolate\u{2066}x\u{2069}",
    "\u{feff}mark",
    "astral \u{1f680}\u{1f9d1}\u{200d}\u{1f4bb}",
    "tag \u{e0041}",
    "private \u{e000}\u{10fffd}",
    "last \u{10ffff}",
    "not a character \u{fffe}",
    "replacement \u{fffd}",
    "stra\u{df}e",
    "STRASSE",
    "\u{130}stanbul",
    "\u{131}stanbul",
    "\u{212a}elvin",
    "Kelvin",
    "\u{fb00}",
    "ff",
    "\u{d55c}\u{ae00}",
    "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}",
    "{{ policy.account }}",
    "{% if x %}",
    "{# note #}",
    "# seal: x",
    "`raw`",
    "%s %d",
    "$(x)",
    "a/b:c,d[e]{f}",
    "group platform",
    "everyone",
    "*",
    "null",
    "true",
    "no",
    "0123",
    "1e9",
    "2026-01-01",
    "~",
    "<<",
    "-",
    "[]",
    "{}",
    " ",
];

/// Names for the mapping's own things, which may not hold spaces or what cannot be seen.
pub const NAMES: &[&str] = &[
    "platform",
    "payments",
    "Payments",
    "senior",
    "contractors",
    "caf\u{e9}",
    "cafe\u{301}",
    "quo\"te",
    "back\\slash",
    "\u{1f680}",
    "\u{d55c}\u{ae00}",
    "a:b",
    "a#b",
    "it's",
    "{{x}}",
    "[x]",
    "null",
    "true",
    "0123",
    "\u{df}",
    "\u{130}",
    "env-dev",
    "x,y",
    "%s",
    "`tick`",
    "group",
    "person",
    "root2",
    "\u{5d0}\u{5d1}",
    "stra\u{df}e",
];

/// Logins, people's and keys'.
pub const LOGINS: &[&str] = &[
    "alice@acme.example",
    "Alice@acme.example",
    "bob@acme.example",
    "carol.o'hara@acme.example",
    "ops-1@acme.example",
    "Ops-2@Acme.example",
    "api::01HZX0000000000000000000AB",
    "api::ci-prod",
    "API::shouting",
    "\u{c9}lodie@acme.example",
    "E\u{301}lodie@acme.example",
    "\u{212a}ay@acme.example",
    "\u{17f}am@acme.example",
    "\u{130}lker@acme.example",
    "quo\"te@acme.example",
    "back\\slash@acme.example",
    "\u{1f680}@acme.example",
    "line-@acme.example",
    "tab.t@acme.example",
    "trailing@acme.example",
    "a+b(c)[d]{e}^$|?.@acme.example",
    "octocat",
];

/// Ids of API keys; no two differ in case alone.
pub const KEY_IDS: &[&str] = &["01HZX0000000000000000000AB", "01hzx-key_2", "K", "9"];

/// Slack's workspaces and channels.
pub const CHANNELS: [(&str, &str); 3] = [
    ("T012AB3CD", "C0FFEE"),
    ("T012AB3CD", "CAFE"),
    ("T9", "C0FFEE"),
];

/// Patterns of logins.
pub const PATTERNS: &[&str] = &[
    "*@acme.example",
    "*@Acme.Example",
    "ops-*@acme.example",
    "OPS-*@acme.example",
    "api::*",
    "*o*a*",
    "a+b(*)[d]{e}^$|?.@acme.example",
    "*\u{301}lodie@acme.example",
    "*\\slash@acme.example",
    "\u{c9}*@acme.example",
    "*@other.example",
];

/// What looks the same in another normal form of Unicode; of most texts there is none.
pub fn other_form(text: &str) -> String {
    const FORMS: [(&str, &str); 5] = [
        ("\u{e9}", "e\u{301}"),
        ("\u{c9}", "E\u{301}"),
        ("\u{130}", "I\u{307}"),
        (
            "\u{d55c}\u{ae00}",
            "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}",
        ),
        ("\u{212a}", "K"),
    ];
    for (composed, other) in FORMS {
        if text.contains(composed) {
            return text.replace(composed, other);
        }
        if text.contains(other) {
            return text.replace(other, composed);
        }
    }
    format!("{text}\u{301}")
}

/// A scalar as YAML has it, quoted in one way or another unless it can be read in one way only.
pub fn spelt(random: &mut Random, text: &str) -> String {
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let plain = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !WORDS.contains(&text);
    match random.below(3) {
        0 if plain => text.to_string(),
        1 if text.chars().all(|c| c == ' ' || c.is_ascii_graphic()) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        2 => double_quoted(text, |c| !c.is_ascii_alphanumeric()),
        _ => double_quoted(text, |_| false),
    }
}

/// A scalar in double quotes; escaped is what must be and what else is asked for.
pub fn double_quoted(text: &str, also: impl Fn(char) -> bool) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        let graphic = !matches!(
            c.general_category_group(),
            GeneralCategoryGroup::Separator | GeneralCategoryGroup::Other
        );
        match u32::from(c) {
            _ if c == '"' || c == '\\' => {
                out.push('\\');
                out.push(c);
            }
            _ if (graphic || c == ' ') && !also(c) => out.push(c),
            code @ ..=0xff => write!(out, "\\x{code:02x}").unwrap(),
            code @ ..=0xffff => write!(out, "\\u{code:04X}").unwrap(),
            code => write!(out, "\\U{code:08x}").unwrap(),
        }
    }
    out.push('"');
    out
}

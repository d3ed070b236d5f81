//! Any string at all can be what a provider sends: the policy matches exactly that string and none like it.

use liftgate::evaluate::{Evaluator, Login};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::pipeline::compiled;
use super::random::Random;
use super::sample::{SEED, Sample};
use super::words::{VALUES, double_quoted};

/// Pairs that look alike or are each other's normal form.
const ALIKE: [(&str, &str); 8] = [
    ("\u{e9}", "e\u{301}"),
    ("\u{c5}", "A\u{30a}"),
    ("\u{212b}", "\u{c5}"),
    ("\u{d55c}", "\u{1112}\u{1161}\u{11ab}"),
    ("\u{212a}", "K"),
    ("\u{fb00}", "ff"),
    ("\u{1e9e}", "\u{df}"),
    ("\u{17f}", "s"),
];

/// A string and others that must not be taken for it.
#[derive(Debug, Clone)]
struct Name {
    text: String,
    near: Vec<String>,
}

impl Name {
    fn new(before: &str, alike: Option<(&str, &str)>, after: &str) -> Self {
        let (one, other) = alike.unwrap_or(("", ""));
        let text = cut(&format!("{before}{one}{after}"));
        let mut near = vec![
            text.to_uppercase(),
            text.to_lowercase(),
            text.to_ascii_uppercase(),
            text.to_ascii_lowercase(),
            cut(&format!("{before}{other}{after}")),
            format!("{text} "),
            format!(" {text}"),
            format!("{text}\0"),
            format!("{text}\n"),
            text.trim().to_string(),
            text.chars().skip(1).collect(),
            text.chars().take(text.chars().count() - 1).collect(),
            format!("{text}{text}"),
            text.escape_default().to_string(),
            serde_json::to_string(&text).unwrap(),
        ];
        near.retain(|other| *other != text);
        near.sort();
        near.dedup();
        Self { text, near }
    }
}

/// The longest beginning that a value may be.
fn cut(text: &str) -> String {
    let mut end = text.len().min(512);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    if text.is_empty() {
        "x".to_string()
    } else {
        text.to_string()
    }
}

/// A mapping that gives each name a role on a space of its own.
fn mapping(names: &[Name], raw: bool) -> String {
    let mut yaml = "version: 1\naccount: acme\nidentity_provider: oidc\n".to_string();
    for (section, line) in [
        ("spaces", ": {parent: root}"),
        ("groups", ""),
        ("grants", ""),
    ] {
        yaml.push_str(&format!("{section}:\n"));
        for (at, name) in names.iter().enumerate() {
            yaml.push_str(&match section {
                "spaces" => format!("  s{at}{line}\n"),
                "groups" => format!(
                    "  g{at}: {}\n",
                    double_quoted(&name.text, |c| !raw && !c.is_ascii_alphanumeric())
                ),
                _ => format!("  - {{who: g{at}, roles: space-reader, spaces: s{at}}}\n"),
            });
        }
    }
    yaml
}

fn session(team: &str) -> Value {
    json!({"session": {"login": "alice@acme.example", "member": true, "teams": [team]}})
}

fn any_name() -> impl Strategy<Value = Name> {
    let letter = prop_oneof![
        4 => any::<char>(),
        2 => prop::char::range(' ', '~'),
        1 => prop::char::range('\0', '\u{ff}'),
        1 => prop::sample::select(vec!['"', '\\', '\n', '\u{2028}', '\u{202e}', '\u{feff}', '{', '}', '%', '#', '\u{10ffff}']),
    ];
    let text = prop::collection::vec(letter, 0..40)
        .prop_map(|letters| letters.into_iter().collect::<String>());
    let long = (text.clone(), 1_usize..40).prop_map(|(text, times)| text.repeat(times));
    (
        prop_oneof![3 => text.clone(), 1 => long],
        prop::option::of(prop::sample::select(ALIKE.to_vec())),
        text,
    )
        .prop_map(|(before, alike, after)| Name::new(&before, alike, &after))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_of_a_group_is_matched_exactly(name in any_name(), raw in any::<bool>()) {
        let compiled = compiled(&mapping(std::slice::from_ref(&name), raw));
        prop_assert_eq!(compiled.model.groups["g0"].values.keys().collect::<Vec<_>>(), [&name.text]);
        let mut evaluator = Evaluator::new(&compiled.text).unwrap();
        let held = evaluator.decide(&session(&name.text)).unwrap();
        prop_assert_eq!(held.login, Login::Allow);
        for other in &name.near {
            let decision = evaluator.decide(&session(other)).unwrap();
            prop_assert_eq!(decision.login, Login::Deny, "{:?} was taken for {:?}", other, name.text);
        }
    }
}

/// Three hundred names, ten to a mapping, each asked for exactly and nearly.
pub fn samples() -> Vec<Sample> {
    let mut random = Random::new(SEED, u64::MAX);
    let mut names: Vec<Name> = Vec::new();
    while names.len() < 300 {
        let before = *random.pick(VALUES);
        let after = (0..random.below(6))
            .map(|_| letter(&mut random))
            .collect::<String>();
        let alike = random.percent(50).then(|| *random.pick(&ALIKE));
        let long = if random.percent(5) {
            before.repeat(60)
        } else {
            before.to_string()
        };
        let name = Name::new(&long, alike, &after);
        if names.iter().all(|other| other.text != name.text) {
            names.push(name);
        }
    }
    names
        .chunks(10)
        .enumerate()
        .map(|(at, names)| {
            let inputs = names
                .iter()
                .flat_map(|name| {
                    // A few of the near ones: which, is for chance to say.
                    let near = random
                        .some(&name.near, 3)
                        .into_iter()
                        .cloned()
                        .collect::<Vec<_>>();
                    std::iter::once(name.text.clone()).chain(near)
                })
                .map(|text| session(&text))
                .collect();
            Sample::of(
                format!("names-{at:02}"),
                mapping(names, at % 2 == 0),
                inputs,
            )
        })
        .collect()
}

fn letter(random: &mut Random) -> char {
    let limit = *random.pick(&[0x80, 0x100, 0x3000, 0x1_0000, 0x11_0000]);
    loop {
        let code = u32::try_from(random.below(limit)).unwrap();
        if let Some(c) = char::from_u32(code) {
            return c;
        }
    }
}

#[test]
fn each_name_of_the_sample_gives_its_own_role_and_no_near_one_does() {
    for sample in samples() {
        let verdicts: Vec<_> = super::verdict::committed("names");
        let verdict = verdicts
            .iter()
            .find(|verdict| verdict.id == sample.id)
            .unwrap();
        let groups = &sample.compiled.model.groups;
        for (input, decided) in sample.inputs.iter().zip(&verdict.decisions) {
            let team = input["session"]["teams"][0].as_str().unwrap();
            let meant: Vec<String> = groups
                .iter()
                .filter(|(_, group)| group.values.contains_key(team))
                .map(|(name, _)| name.replace('g', "s"))
                .collect();
            assert_eq!(
                decided.roles.keys().cloned().collect::<Vec<_>>(),
                meant,
                "{team:?}"
            );
        }
    }
}

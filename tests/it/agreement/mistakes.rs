//! Mappings with something changed that may be a mistake.

use serde_json::{Value, json};

use super::pipeline::Files;
use super::random::Random;

/// A changed mapping.
pub struct Mistake {
    pub kind: &'static str,
    pub files: Files,
}

/// Words of the language that a mapping might have in a wrong place, and near ones.
const WORDS: [&str; 22] = [
    "who", "when", "unless", "all", "any", "none", "group", "login", "member", "machine",
    "api_key", "everyone", "roles", "spaces", "starts", "ends", "label", "under", "except",
    "at_login", "to", "Group",
];
/// Values that something else could be written as.
const TEXTS: [&str; 26] = [
    "everyone",
    "*",
    "root",
    "legacy",
    "nobody",
    "",
    " ",
    "no",
    "2026-13-01",
    "2026-12-03T10:00",
    "2026-12-03T10:00Z",
    "2026-12-31",
    "10.0.0.1/8",
    "203.0.113.0/24",
    "::/0",
    "::ffff:10.0.0.1",
    "25:00-26:00",
    "09:00-09:00",
    "22:00-06:00",
    "Europe/Nowhere",
    "UTC",
    "*@acme.example",
    "API::X",
    "liftgate:none",
    "space-admin",
    "alice@acme.example ",
];

/// The same where access to stacks is decided.
const OF_STACKS: [&str; 26] = [
    "who",
    "slack",
    "when",
    "unless",
    "stack",
    "read",
    "write",
    "deny",
    "deny_write",
    "by_label",
    "attach",
    "label",
    "stacks",
    "labels",
    "lock",
    "branch",
    "space",
    "tracked_commit",
    "created_at",
    "tag",
    "from",
    "until",
    "any",
    "none",
    "public",
    "name",
];
const TEXTS_OF_STACKS: [&str; 20] = [
    "all",
    "*",
    "**",
    "a*",
    "autoattach:x",
    "{level}:{group}",
    "{level}{group}",
    "caller",
    "nobody",
    "module",
    "everyone",
    "",
    " x",
    "x--y",
    "X",
    "2026-01-01",
    "2027-01-31",
    "true",
    "7",
    "T012AB3CD",
];

/// Some changes of a mapping's text and of what it holds.
pub fn of(files: &Files, mut random: Random) -> Vec<Mistake> {
    let names: Vec<&String> = files.keys().collect();
    let random = &mut random;
    (0..6)
        .map(|at| {
            // The included file is as often wrong as the rest of the mapping.
            let name = *random.pick(&names);
            let parsed = serde_saphyr::from_str::<Value>(&files[name]);
            let (kind, text) = match parsed {
                Ok(value) if at > 1 => of_value(value, random),
                _ => of_text(&files[name], random),
            };
            let mut files = files.clone();
            files.insert(name.clone(), text);
            Mistake { kind, files }
        })
        .collect()
}

fn of_text(yaml: &str, random: &mut Random) -> (&'static str, String) {
    let mut lines: Vec<String> = yaml.lines().map(String::from).collect();
    let at = random.below(lines.len());
    let kind = match random.below(4) {
        0 => {
            lines.remove(at);
            "a line is left out"
        }
        1 => {
            let line = lines[at].clone();
            lines.insert(at, line);
            "a line stands twice"
        }
        2 => {
            let line = lines[at].trim_start().to_string();
            let depth = 2 * random.below(4);
            lines[at] = format!("{}{line}", " ".repeat(depth));
            "a line stands deeper or less deep"
        }
        _ => {
            let (from, to) = *random.pick(&[
                ("\"", ""),
                ("'", ""),
                ("[", ""),
                ("}", ""),
                (":", ""),
                (",", ""),
                (": ", ":\t"),
                ("{", "{{"),
            ]);
            lines[at] = lines[at].replacen(from, to, 1);
            "a sign is lost"
        }
    };
    (kind, lines.join("\n") + "\n")
}

fn of_value(mut mapping: Value, random: &mut Random) -> (&'static str, String) {
    let (words, texts) = match mapping.get("stack_access") {
        Some(_) => (&OF_STACKS[..], &TEXTS_OF_STACKS[..]),
        None => (&WORDS[..], &TEXTS[..]),
    };
    let mut paths = Vec::new();
    places(&mapping, &mut Vec::new(), &mut paths);
    let path = random.pick(&paths).clone();
    let others: Vec<Value> = paths
        .iter()
        .filter_map(|path| at(&mut mapping, path).cloned())
        .collect();
    let other = random.pick(&others).clone();
    let place = at(&mut mapping, &path).unwrap();
    let kind = match (random.below(6), &mut *place) {
        (0, Value::Object(map)) if !map.is_empty() => {
            let keys: Vec<String> = map.keys().cloned().collect();
            map.remove(random.pick(&keys));
            "a key is left out"
        }
        (1, Value::Object(map)) if !map.is_empty() => {
            let keys: Vec<String> = map.keys().cloned().collect();
            let value = map.remove(random.pick(&keys)).unwrap();
            map.insert((*random.pick(words)).to_string(), value);
            "a key is another word"
        }
        (2, Value::Object(map)) => {
            map.insert((*random.pick(words)).to_string(), other);
            "a key too many"
        }
        (0, Value::Array(list)) if !list.is_empty() => {
            list.remove(random.below(list.len()));
            "an element is left out"
        }
        (1, Value::Array(list)) => {
            list.push(other);
            "an element too many"
        }
        (2, Value::Array(list)) if !list.is_empty() => {
            let again = random.pick(list).clone();
            list.push(again);
            "an element stands twice"
        }
        (0..=2, Value::String(text)) => {
            *text = match random.below(5) {
                0 => text.to_uppercase(),
                1 => format!("{text} "),
                2 => text.chars().skip(1).collect(),
                3 => format!("{text}x"),
                _ => text.replace(['0', '2'], "9"),
            };
            "a text is a little other"
        }
        (3, place) => {
            *place = (*random.pick(texts)).into();
            "a text instead"
        }
        (4, place) => {
            *place = random
                .pick(&[
                    json!(null),
                    json!([]),
                    json!({}),
                    json!(5),
                    json!(true),
                    json!([[]]),
                    json!({"a": 1}),
                    json!(1.5),
                ])
                .clone();
            "a value of another type"
        }
        (_, place) => {
            *place = other;
            "a value from another place"
        }
    };
    let yaml = match &mapping {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| format!("{}: {value}\n", json!(key)))
            .collect(),
        other => other.to_string(),
    };
    (kind, yaml)
}

#[derive(Clone)]
enum Step {
    Key(String),
    At(usize),
}

fn places(value: &Value, here: &mut Vec<Step>, all: &mut Vec<Vec<Step>>) {
    if !here.is_empty() {
        all.push(here.clone());
    }
    let mut inside = |step: Step, part: &Value| {
        here.push(step);
        places(part, here, all);
        here.pop();
    };
    match value {
        // Which actions there are stands on no page of the language.
        Value::Object(map) => map
            .iter()
            .filter(|(key, _)| !["actions", "can", "never_can"].contains(&key.as_str()))
            .for_each(|(key, part)| inside(Step::Key(key.clone()), part)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(at, part)| inside(Step::At(at), part)),
        _ => {}
    }
}

fn at<'v>(value: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::At(at) => value.get_mut(*at),
    })
}

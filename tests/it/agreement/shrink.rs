//! A disagreement, made as small as it gets.

use std::fmt;

use serde_json::{Map, Value};

use super::engines::{Answer, Engines};
use super::pipeline::{Files, shown, tried_files};
use super::run::{differently, meant, same_effect};

/// As many smaller ones are tried.
const TRIES: usize = 4_000;

/// A mapping and an input on which two readings differ; the input is null where they differ on the mapping alone.
#[derive(Debug, Clone)]
pub struct Found {
    pub engine: &'static str,
    pub files: Files,
    /// The entry of `stack_access` that was asked, if one was.
    pub entry: Option<String>,
    pub input: Value,
    pub told: String,
}

impl Found {
    /// What kind of disagreement it is, so that one of each can be looked at: what was said without what it was said of, or
    /// the fields in which decisions differ.
    pub fn kind(&self) -> String {
        let told: Vec<&str> = self.told.lines().take(2).collect();
        let kind = match told.as_slice() {
            [here, there] if here.starts_with("here:") => {
                let read = |line: &str| -> Map<String, Value> {
                    serde_json::from_str(line.split_once(": ").unwrap().1.trim()).unwrap()
                };
                let (here, there) = (read(here), read(there));
                let fields = here
                    .iter()
                    .filter(|(field, value)| there.get(*field) != Some(value));
                let fields: Vec<&str> = fields.map(|(field, _)| field.as_str()).collect();
                format!("decided otherwise in {}", fields.join(", "))
            }
            [first, ..] => {
                let quoted = regex::Regex::new(r"`[^`]*`|\d+").unwrap();
                let first = first.split(';').next().unwrap();
                quoted.replace_all(first, "_").into_owned()
            }
            [] => String::new(),
        };
        format!("{}: {kind}", self.engine)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "== {} differs{}\n{}\ninput: {}\nmapping:\n{}",
            self.engine,
            self.entry
                .as_ref()
                .map_or_else(String::new, |entry| format!(" on `{entry}`")),
            self.told,
            self.input,
            shown(&self.files)
        )
    }
}

/// The same disagreement without what it does not need; nothing where the mapping is lost with its spelling.
pub fn shrunk(found: &Found, mut engines: Option<&mut Engines>) -> Option<Found> {
    let mut files = Map::new();
    for (name, text) in &found.files {
        files.insert(name.clone(), serde_saphyr::from_str(text).ok()?);
    }
    let mapping = Value::Object(files);
    let kind = found.kind();
    let mut tries = TRIES;
    let mut differs = |mapping: &Value, input: &Value| {
        tries = tries.checked_sub(1)?;
        let entry = found.entry.as_deref();
        let told = difference(
            found.engine,
            &written(mapping),
            entry,
            input,
            engines.as_deref_mut(),
        )?;
        let less = Found {
            engine: found.engine,
            files: written(mapping),
            entry: found.entry.clone(),
            input: input.clone(),
            told,
        };
        // What is smaller and differs for another reason is another disagreement.
        (less.kind() == kind).then_some(less)
    };
    let (mut mapping, mut input) = (mapping, found.input.clone());
    let mut smallest = differs(&mapping, &input)?;
    loop {
        let less = smaller(&mapping)
            .into_iter()
            .find_map(|less| Some((differs(&less, &input)?, less, input.clone())));
        let less = less.or_else(|| {
            let inputs = smaller(&input).into_iter();
            inputs
                .filter(|less| !less.is_null())
                .find_map(|less| Some((differs(&mapping, &less)?, mapping.clone(), less)))
        });
        match less {
            Some((found, less, of_input)) => (smallest, mapping, input) = (found, less, of_input),
            None => return Some(smallest),
        }
    }
}

/// Files as JSON, an entry a line: YAML reads it, and nothing of it can be read in two ways.
fn written(files: &Value) -> Files {
    let files = files.as_object().into_iter().flatten();
    files
        .map(|(name, mapping)| {
            let text = match mapping {
                Value::Object(map) => map
                    .iter()
                    .map(|(key, value)| format!("{key}: {value}\n"))
                    .collect(),
                other => other.to_string(),
            };
            (name.clone(), text)
        })
        .collect()
}

/// How an engine differs on a mapping and an input, if it does.
fn difference(
    engine: &str,
    files: &Files,
    entry: Option<&str>,
    input: &Value,
    engines: Option<&mut Engines>,
) -> Option<String> {
    let taken = tried_files(files);
    if let (Ok(compiled), Some(entry)) = (&taken, entry)
        && !compiled.access.contains_key(entry)
    {
        return None;
    }
    let inputs = [input.clone()];
    let inputs = if input.is_null() { &[][..] } else { &inputs };
    if engine == "Python" {
        let answer = engines?.python(&[(files, entry, inputs)]).pop()?;
        return match (taken, answer) {
            (Err((codes, told)), Answer::Decided(_)) if input.is_null() => Some(format!(
                "refused as {codes:?}, and not by the other reading\n{told}"
            )),
            (Ok(_), Answer::Refused(why)) if input.is_null() => {
                Some(format!("refused: {}", why.join("; ")))
            }
            (Ok(compiled), Answer::Decided(theirs)) => {
                let ours = meant(&compiled, entry, input);
                let theirs = theirs.first()?;
                (!same_effect(&ours, theirs, input)).then(|| differently(&ours, theirs))
            }
            _ => None,
        };
    }
    let sample = super::sample::Sample {
        id: String::new(),
        files: files.clone(),
        compiled: taken.ok()?,
        entry: entry.map(str::to_string),
        inputs: inputs.to_vec(),
    };
    let (ours, agrees) = sample.decider().decide(input);
    if engine == "regorus" {
        return agrees.err();
    }
    let answers = engines?.opa(&[&sample]);
    let (_, answers) = answers.into_iter().find(|(name, _)| *name == engine)?;
    match answers.into_iter().next()? {
        Answer::Refused(why) => input.is_null().then(|| why.join("; ")),
        Answer::Decided(theirs) => {
            let theirs = theirs.first()?;
            (!same_effect(&ours, theirs, input)).then(|| differently(&ours, theirs))
        }
    }
}

/// The same value with one part less, the larger parts first: without a key or an element, or one of its parts in its place.
fn smaller(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Object(map) => {
            for key in map.keys() {
                let mut less = map.clone();
                less.remove(key);
                all.push(Value::Object(less));
            }
            for (key, part) in map {
                // Of a subject in one word, what the word is about may be enough.
                if map.len() == 1 && ["any", "all", "none", "group"].contains(&key.as_str()) {
                    all.push(part.clone());
                }
                for less in smaller(part) {
                    let mut changed: Map<String, Value> = map.clone();
                    changed.insert(key.clone(), less);
                    all.push(Value::Object(changed));
                }
            }
        }
        Value::Array(list) => {
            if list.len() > 3 {
                let (first, second) = list.split_at(list.len() / 2);
                all.extend([first, second].map(|half| Value::Array(half.to_vec())));
            }
            for at in 0..list.len() {
                let mut less = list.clone();
                less.remove(at);
                all.push(Value::Array(less));
            }
            if let [one] = list.as_slice() {
                all.push(one.clone());
            }
            for (at, part) in list.iter().enumerate() {
                for less in smaller(part) {
                    let mut changed = list.clone();
                    changed[at] = less;
                    all.push(Value::Array(changed));
                }
            }
        }
        _ => {}
    }
    all
}

#[test]
fn a_disagreement_is_made_small() {
    let mapping = serde_json::json!({"a": [1, {"b": 2, "c": [3, 4, 5, 6]}], "d": {"any": [7]}});
    let needs = |value: &Value| value.to_string().contains('5');
    let mut value = mapping;
    while let Some(less) = smaller(&value).into_iter().find(needs) {
        value = less;
    }
    assert_eq!(value, serde_json::json!({"a": {"c": 5}}));
}

//! Random inputs of an access policy: a session or a request from Slack, and a stack or a module with what is special about it.

use liftgate::model::stacks::{Attribute, Kind, Of, Value as Wanted};
use serde_json::{Map, Value, json};

use super::super::chance::NEVER;
use super::super::inputs::Writer;
use super::super::pipeline::Seen;
use super::super::pools::Pools as OfMapping;
use super::super::random::Random;
use super::super::timestamps::THURSDAY;
use super::{Pools, edges_of};

/// One input in which something is wished for, and what is special about it.
pub fn input(
    random: Random,
    wish: Option<&'static str>,
    pools: &OfMapping,
    asked: &Pools,
) -> (Value, Seen) {
    let mut writer = Writer::new(random, wish, pools);
    let mut input = writer.input(false);
    let login = input
        .pointer("/session/login")
        .and_then(Value::as_str)
        .map(str::to_string);
    if let Value::Object(input) = &mut input {
        writer.thing(asked, login.as_deref(), input);
    }
    (input, writer.chance.seen)
}

impl Writer<'_> {
    /// Adds the stack, the module, both or neither.
    fn thing(&mut self, asked: &Pools, login: Option<&str>, input: &mut Map<String, Value>) {
        // What only modules say is met in one of them.
        let of_modules = self.chance.wishes_for("stack: terraform_provider");
        let stack = if of_modules { NEVER } else { 24 };
        let odd = if of_modules { NEVER } else { self.odd };
        let kind = self.chance.one(&[
            ("stack: a stack", stack),
            ("stack: a module", 5),
            ("stack: beside a module", if of_modules { NEVER } else { 1 }),
            ("stack: null beside a module", 1),
            ("stack: no object beside a module", odd),
            ("stack: neither stack nor module", odd),
            ("stack: no object", odd),
            ("stack: empty", odd),
        ]);
        let of_stack = kind == "stack: a stack" || kind == "stack: beside a module";
        let of_stack = of_stack || (!of_modules && self.chance.random.percent(20));
        let mut thing = self.attributes(asked, login, of_stack);
        if self.chance.flip("stack: with more than is known", 5) {
            thing.insert("is_public".into(), true.into());
        }
        let module =
            json!({"id": "m", "branch": "main", "labels": ["prod"], "administrative": true});
        let (stack, module) = match kind {
            "stack: a stack" => (Some(thing.into()), None),
            "stack: a module" => (None, Some(thing.into())),
            "stack: beside a module" => (Some(thing.into()), Some(module)),
            "stack: null beside a module" => (Some(Value::Null), Some(thing.into())),
            "stack: no object beside a module" => (Some(json!(["main"])), Some(thing.into())),
            "stack: neither stack nor module" => (None, None),
            "stack: no object" => (Some(json!("payments-1")), None),
            _ => (Some(json!({})), None),
        };
        let of_module = module.map(|module| ("module".to_string(), module));
        let of_stack = stack.map(|stack| ("stack".to_string(), stack));
        input.extend(of_module.into_iter().chain(of_stack));
    }

    fn attributes(
        &mut self,
        asked: &Pools,
        login: Option<&str>,
        of_stack: bool,
    ) -> Map<String, Value> {
        let mut thing = Map::new();
        for attribute in Attribute::ALL.iter().copied() {
            if matches!(attribute, Attribute::Kind | Attribute::Lock)
                || (attribute.of() == Of::Stacks && !of_stack)
                || (attribute.of() == Of::Modules && of_stack)
            {
                continue;
            }
            let value = self.said(attribute, asked);
            let (within, name) = attribute.place();
            let holder = match within {
                None => &mut thing,
                Some(within) => {
                    let part = thing.entry(within).or_insert_with(|| json!({}));
                    part.as_object_mut().unwrap()
                }
            };
            if let Some(value) = value {
                holder.insert(name.to_string(), value);
            }
        }
        if !asked.labels.is_empty() && self.chance.flip("stack: a label of a group", 45) {
            let label = self.chance.random.pick(&asked.labels).clone();
            match thing.get_mut("labels") {
                Some(Value::Array(labels)) => labels.push(label.into()),
                _ => {
                    thing.insert("labels".into(), json!([label]));
                }
            }
        }
        if of_stack {
            self.lock(asked, login, &mut thing);
            self.odd_part(&mut thing);
        }
        thing
    }

    /// What an attribute says; what nothing asks about says something ordinary.
    fn said(&mut self, attribute: Attribute, asked: &Pools) -> Option<Value> {
        let names = edges_of(attribute);
        let values = asked.asked.get(&attribute);
        let is_wished = names.iter().any(|name| self.chance.wishes(name));
        if values.is_none() && !is_wished {
            return Some(ordinary(attribute, &mut self.chance.random));
        }
        let weights = [10, 3, 1 + self.odd, 2 * self.odd];
        let ways: Vec<(&str, usize)> = names.into_iter().zip(weights).collect();
        let way = self.chance.one(&ways);
        let random = &mut self.chance.random;
        let wanted =
            values.and_then(|values| (!values.is_empty()).then(|| random.pick(values).clone()));
        if way == names[0] {
            if let Some(Wanted::From(_) | Wanted::Until(_)) = wanted {
                self.chance.note("stack: created when asked");
            }
            Some(as_asked(
                attribute,
                wanted.as_ref(),
                &mut self.chance.random,
            ))
        } else if way == names[1] {
            if let Some(Wanted::From(_) | Wanted::Until(_)) = wanted {
                self.chance.note("stack: created a nanosecond before");
            }
            Some(near(attribute, wanted.as_ref(), &mut self.chance.random))
        } else if way == names[2] {
            match random.below(3) {
                0 => None,
                1 => Some(Value::Null),
                _ => match attribute.kind() {
                    Kind::Text => Some("".into()),
                    Kind::Texts => Some(json!([])),
                    _ => None,
                },
            }
        } else {
            Some(malformed(attribute, wanted.as_ref(), random))
        }
    }

    fn lock(&mut self, asked: &Pools, login: Option<&str>, thing: &mut Map<String, Value>) {
        let kinds = [
            ("stack: locked by nobody", 2),
            ("stack: locked by the caller", 4),
            ("stack: locked by the caller in other case", 2),
            ("stack: locked by somebody else", 2),
        ];
        let is_asked = asked.asked.contains_key(&Attribute::LockedBy);
        let is_wished = kinds.iter().any(|(name, _)| self.chance.wishes(name));
        let is_said = is_wished || (is_asked && self.chance.random.percent(60));
        if !is_said {
            return;
        }
        let login = login.unwrap_or("alice@acme.example");
        let holder = match self.chance.one(&kinds) {
            "stack: locked by nobody" => self.chance.random.pick(&[json!(null), json!("")]).clone(),
            "stack: locked by the caller" => json!(login),
            "stack: locked by the caller in other case" => {
                let upper = login.to_ascii_uppercase();
                json!(if upper == login {
                    login.to_ascii_lowercase()
                } else {
                    upper
                })
            }
            _ => json!("somebody.else@acme.example"),
        };
        thing.insert("locked_by".into(), holder);
    }

    /// One of the parts that hold others is itself odd.
    fn odd_part(&mut self, thing: &mut Map<String, Value>) {
        let kinds = [
            "stack: a part is null",
            "stack: a part is text",
            "stack: a part is missing",
        ];
        let is_wished = kinds.iter().any(|name| self.chance.wishes(name));
        if !is_wished && !self.chance.random.percent(4 * self.odd) {
            return;
        }
        let kind = self.chance.one(&kinds.map(|kind| (kind, 1)));
        let part = *self
            .chance
            .random
            .pick(&["space", "tracked_commit", "worker_pool"]);
        match kind {
            "stack: a part is null" => thing.insert(part.into(), Value::Null),
            "stack: a part is text" => thing.insert(part.into(), "main".into()),
            _ => thing.remove(part),
        };
    }
}

fn ordinary(attribute: Attribute, random: &mut Random) -> Value {
    match attribute.kind() {
        Kind::Flag => (*random.pick(&[true, false])).into(),
        Kind::Number => 7.into(),
        Kind::Time => THURSDAY.into(),
        Kind::Texts => json!(["prod", "team:payments"]),
        Kind::Text | Kind::Thing | Kind::Lock => {
            (*random.pick(&["main", "prod", "acme/infra"])).into()
        }
    }
}

/// What is asked, or what fills its pattern.
fn as_asked(attribute: Attribute, wanted: Option<&Wanted>, random: &mut Random) -> Value {
    let text = match wanted {
        Some(Wanted::Text(text)) => text.clone(),
        Some(Wanted::Like(pattern)) => {
            let filling = *random.pick(&["", "x", "a\nb", "\u{301}", "x@y:z"]);
            pattern.replace('*', filling)
        }
        Some(Wanted::Flag(flag)) => return (*flag).into(),
        Some(Wanted::Number(number)) => return (*number).into(),
        Some(Wanted::From(moment) | Wanted::Until(moment)) => return (*moment).into(),
        Some(Wanted::Given) | None => return ordinary(attribute, random),
    };
    match attribute.kind() {
        Kind::Texts => random
            .pick(&[
                json!([text]),
                json!(["other", text]),
                json!([text, text, "zz"]),
            ])
            .clone(),
        _ => text.into(),
    }
}

/// What is nearly that.
fn near(attribute: Attribute, wanted: Option<&Wanted>, random: &mut Random) -> Value {
    let text = match wanted {
        Some(Wanted::Text(text)) => text.clone(),
        Some(Wanted::Like(pattern)) => pattern.replace('*', "x"),
        Some(Wanted::Flag(flag)) => return (!*flag).into(),
        Some(Wanted::Number(number)) => return number.saturating_sub(1).into(),
        Some(Wanted::From(moment) | Wanted::Until(moment)) => return (*moment - 1).into(),
        Some(Wanted::Given) | None => match attribute.kind() {
            Kind::Flag => return true.into(),
            Kind::Number => return 0.into(),
            Kind::Time => return (-1).into(),
            _ => " ".to_string(),
        },
    };
    let near = match random.below(5) {
        0 => text.to_uppercase(),
        1 => format!("{text} "),
        2 => format!("{text}\n"),
        3 => format!("x{text}"),
        _ => text.chars().skip(1).collect(),
    };
    match attribute.kind() {
        Kind::Texts => json!([near]),
        _ => near.into(),
    }
}

/// What cannot be read, or not wholly.
fn malformed(attribute: Attribute, wanted: Option<&Wanted>, random: &mut Random) -> Value {
    let asked = as_asked(attribute, wanted, random);
    let odd = match attribute.kind() {
        Kind::Text | Kind::Lock | Kind::Thing => {
            vec![json!(5), json!([asked]), json!({"id": asked}), json!(true)]
        }
        Kind::Texts => {
            let first = asked.get(0).cloned().unwrap_or(Value::Null);
            vec![
                json!([first, 5]),
                json!([null, "other"]),
                json!([[first]]),
                json!(first),
                json!({"0": first}),
                json!([null]),
            ]
        }
        Kind::Flag => vec![json!(asked.to_string()), json!(1), json!(0), json!([asked])],
        Kind::Number | Kind::Time => vec![
            json!(asked.to_string()),
            json!(asked.as_f64().unwrap_or(1.5)),
            json!(1e30),
            json!(0.5),
            json!([asked]),
            json!(true),
            json!(u64::MAX),
            json!(-1),
        ],
    };
    random.pick(&odd).clone()
}

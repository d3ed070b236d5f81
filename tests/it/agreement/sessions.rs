//! Random logins and teams of a session.

use serde_json::{Value, json};

use super::chance::NEVER;
use super::inputs::{Field, Writer};
use super::words::{VALUES, other_form};

impl Writer<'_> {
    pub fn login(&mut self) -> Field {
        let odd = self.odd;
        let pools = self.pools;
        let there = |pool: &[String], weight| if pool.is_empty() { NEVER } else { weight };
        let keys = |weight| if pools.keys.is_empty() { NEVER } else { weight };
        let kind = self.chance.one(&[
            ("login: of the mapping", there(&pools.logins, 12)),
            ("login: nobody of the mapping", 12),
            ("login: upper case", there(&pools.logins, 2)),
            ("login: lower case of all letters", there(&pools.logins, 1)),
            ("login: a space after it", there(&pools.logins, 1)),
            ("login: a space before it", there(&pools.logins, 1)),
            ("login: a line break after it", there(&pools.logins, 1)),
            ("login: other normal form", there(&pools.logins, 1)),
            ("login: another @", there(&pools.logins, 1)),
            ("login: with what cannot be seen", there(&pools.logins, 1)),
            ("login: as of a key", there(&pools.logins, 1)),
            ("login: nearly as of a key", there(&pools.logins, 1)),
            ("login: fits a pattern", there(&pools.patterns, 5)),
            (
                "login: fits a pattern but for case",
                there(&pools.patterns, 2),
            ),
            ("login: fits a pattern but for @", there(&pools.patterns, 2)),
            (
                "login: fits a pattern but for a colon",
                there(&pools.patterns, 1),
            ),
            (
                "login: a pattern filled with nothing",
                there(&pools.patterns, 1),
            ),
            (
                "login: a pattern filled with line breaks",
                there(&pools.patterns, 1),
            ),
            ("login: offboarded", there(&pools.offboarded, 2)),
            ("login: offboarded, upper case", there(&pools.offboarded, 1)),
            ("login: break-glass", there(&pools.break_glass, 3)),
            (
                "login: break-glass, upper case",
                there(&pools.break_glass, 1),
            ),
            ("login: a key's", keys(4)),
            ("login: a key's in other case", keys(2)),
            ("login: a key's name", keys(3)),
            ("login: a key's name in other case", keys(1)),
            ("login: a key's name as an id", keys(1)),
            ("login: missing", odd),
            ("login: null", odd),
            ("login: empty", odd),
            ("login: number", odd),
        ]);
        Some(match kind {
            "login: missing" => return None,
            "login: null" => Value::Null,
            "login: empty" => "".into(),
            "login: number" => 5.into(),
            "login: nobody of the mapping" => {
                format!("person-{}@acme.example", self.chance.random.below(100)).into()
            }
            kind => self
                .login_text(kind)
                .unwrap_or_else(|| "person@acme.example".to_string())
                .into(),
        })
    }

    /// A login that is made from one of the mapping's; none where a mapping has none.
    fn login_text(&mut self, kind: &str) -> Option<String> {
        let from = match kind {
            _ if kind.contains("pattern") => &self.pools.patterns,
            _ if kind.contains("offboarded") => &self.pools.offboarded,
            _ if kind.contains("break-glass") => &self.pools.break_glass,
            _ => &self.pools.logins,
        };
        let random = &mut self.chance.random;
        let one = (!from.is_empty()).then(|| random.pick(from).clone());
        let key = (!self.pools.keys.is_empty()).then(|| random.pick(&self.pools.keys).clone());
        let fill = |with: &str| one.as_ref().map(|pattern| pattern.replace('*', with));
        Some(match kind {
            "login: upper case"
            | "login: offboarded, upper case"
            | "login: break-glass, upper case" => one?.to_ascii_uppercase(),
            "login: lower case of all letters" => one?.to_lowercase(),
            "login: a space after it" => one? + " ",
            "login: a space before it" => format!(" {}", one?),
            "login: a line break after it" => one? + "\n",
            "login: other normal form" => {
                let one = one?;
                other_form(&one)
            }
            "login: another @" => format!("x@{}", one?),
            "login: with what cannot be seen" => {
                let odd = *random.pick(&["\t", "\u{2028}", "\u{200b}", "\u{0}"]);
                format!("{odd}{}", one?)
            }
            "login: as of a key" => format!("api::{}", one?),
            "login: nearly as of a key" => {
                let start = *random.pick(&["Api::", "api:", "api"]);
                format!("{start}{}", one?)
            }
            "login: fits a pattern" => {
                let filling = *random.pick(&["x", "o'hara", "\u{301}"]);
                fill(filling)?
            }
            "login: fits a pattern but for case" => fill("x")?.to_ascii_uppercase(),
            "login: fits a pattern but for @" => fill("a@b")?,
            "login: fits a pattern but for a colon" => fill("a:b")?,
            "login: a pattern filled with nothing" => fill("")?,
            "login: a pattern filled with line breaks" => fill("a\n\u{2028}b")?,
            "login: a key's" => format!("api::{}", key?.1),
            "login: a key's in other case" => {
                let id = format!("api::{}", key?.1);
                let (upper, lower) = (id.to_ascii_uppercase(), id.to_ascii_lowercase());
                random.pick(&[upper, lower]).clone()
            }
            "login: a key's name" => key?.0,
            "login: a key's name in other case" => {
                let name = key?.0;
                let upper = name.to_ascii_uppercase();
                if upper == name {
                    name.to_ascii_lowercase()
                } else {
                    upper
                }
            }
            "login: a key's name as an id" => format!("api::{}", key?.0),
            _ => one?,
        })
    }

    pub fn teams(&mut self) -> Field {
        let odd = self.odd;
        let pools = self.pools;
        let kind = self.chance.one(&[
            ("teams: of the mapping", 14),
            ("teams: all of the mapping", 2),
            (
                "teams: former",
                if pools.former.is_empty() { NEVER } else { 3 },
            ),
            ("teams: other case", 1),
            ("teams: a space after one", 1),
            ("teams: other normal form", 1),
            ("teams: cut short", 1),
            ("teams: unheard of", 2),
            ("teams: one twice", 1),
            ("teams: two hundred", 1),
            (
                "teams: an added one",
                if pools.teams.is_empty() { NEVER } else { 2 },
            ),
            (
                "teams: only an added one",
                if pools.teams.is_empty() { NEVER } else { 1 },
            ),
            ("teams: only the marker", 1),
            ("teams: missing", odd),
            ("teams: null", odd),
            ("teams: empty", odd + 1),
            ("teams: text", odd),
            ("teams: object", odd),
            ("teams: number", odd),
            ("teams: holds null", odd),
            ("teams: holds a number", odd),
            ("teams: holds a list", odd),
            ("teams: only odd ones", odd),
        ]);
        let random = &mut self.chance.random;
        let mut some = vec!["Nobody's".to_string()];
        if !pools.values.is_empty() {
            some = random.some(&pools.values, 3).into_iter().cloned().collect();
        }
        let first = some[0].clone();
        let with = |more: Value| {
            let mut list: Vec<Value> = some.iter().cloned().map(Value::from).collect();
            list.push(more);
            Some(Value::Array(list))
        };
        match kind {
            "teams: of the mapping" => Some(json!(some)),
            "teams: all of the mapping" => Some(json!(pools.values)),
            "teams: former" => {
                let former = random.pick(&pools.former).clone();
                if random.percent(60) {
                    Some(json!([former]))
                } else {
                    with(former.into())
                }
            }
            "teams: other case" => {
                let upper = first.to_uppercase();
                let other = if upper == first {
                    first.to_lowercase()
                } else {
                    upper
                };
                Some(json!([other]))
            }
            "teams: a space after one" => Some(json!([first + " "])),
            "teams: other normal form" => Some(json!([other_form(&first)])),
            "teams: cut short" => {
                let mut letters: Vec<char> = first.chars().collect();
                letters.pop();
                Some(json!([letters.into_iter().collect::<String>()]))
            }
            "teams: unheard of" => with((*random.pick(VALUES)).into()),
            "teams: one twice" => with(first.into()),
            "teams: two hundred" => {
                let mut all: Vec<String> = (0..200).map(|at| format!("team-{at}")).collect();
                if random.percent(60) {
                    all[150] = first;
                }
                Some(json!(all))
            }
            "teams: an added one" => with(random.pick(&pools.teams).clone().into()),
            "teams: only an added one" => Some(json!([random.pick(&pools.teams)])),
            "teams: only the marker" => Some(json!(["liftgate:none"])),
            "teams: missing" => None,
            "teams: null" => Some(Value::Null),
            "teams: empty" => Some(json!([])),
            "teams: text" => Some(first.into()),
            "teams: object" => Some(json!({"a": first})),
            "teams: number" => Some(5.into()),
            "teams: holds null" => with(Value::Null),
            "teams: holds a number" => with(5.into()),
            "teams: holds a list" => with(json!([first])),
            _ => Some(json!([null])),
        }
    }
}

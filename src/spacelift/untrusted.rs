//! Making text from the other side fit to be shown.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// Longest text from the other side that a message repeats, in characters.
const SHOWN: usize = 300;

/// Shortest secret that is looked for: blotting out every `a` would hide
/// nothing and destroy the message.
pub(super) const SHORTEST_SECRET: usize = 6;

/// The secrets of this session, so that an answer which repeats one of them
/// can be shown without it.
#[derive(Default)]
pub(super) struct Veil {
    secrets: Vec<SecretString>,
}

impl Veil {
    /// Adds a secret to hide from now on.
    pub(super) fn hide(&mut self, secret: &SecretString) {
        // Without the line break that a shell or an editor left at its end: an
        // answer may come back without it.
        let secret = secret.expose_secret().trim();
        let known = self
            .secrets
            .iter()
            .any(|other| other.expose_secret() == secret);
        if !known && secret.len() >= SHORTEST_SECRET {
            self.secrets.push(SecretString::from(secret.to_owned()));
        }
    }

    /// `text` without any known secret, escaped and shortened.
    pub(super) fn shown(&self, text: &str) -> String {
        // Before the text is cut short: half a secret would be missed.
        shown(self.covered(text).as_deref().unwrap_or(text))
    }

    /// Takes every known secret out of an answer, so that nothing which is made
    /// of it later can hold one: no plan, no record, no report.
    pub(super) fn cover(&self, answer: &mut Value) {
        match answer {
            Value::String(text) => {
                if let Some(clean) = self.covered(text) {
                    *text = clean;
                }
            }
            Value::Array(list) => list.iter_mut().for_each(|value| self.cover(value)),
            Value::Object(fields) => {
                let bad: Vec<String> = fields
                    .keys()
                    .filter(|key| self.covered(key).is_some())
                    .cloned()
                    .collect();
                for key in bad {
                    if let (Some(clean), Some(value)) = (self.covered(&key), fields.remove(&key)) {
                        fields.insert(clean, value);
                    }
                }
                fields.values_mut().for_each(|value| self.cover(value));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// `text` without any known secret, if it holds one.
    fn covered(&self, text: &str) -> Option<String> {
        let mut clean = None;
        for secret in &self.secrets {
            let secret = secret.expose_secret();
            let now = clean.as_deref().unwrap_or(text);
            if now.contains(secret) {
                clean = Some(now.replace(secret, "[hidden]"));
            }
        }
        clean
    }
}

/// `text` with control, direction and invisible characters escaped, and cut at
/// [`SHOWN`] characters.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::new();
    for (index, character) in text.trim().chars().enumerate() {
        if index == SHOWN {
            out.push('…');
            break;
        }
        match character {
            '\n' | '\r' | '\t' => out.push(' '),
            '`' => out.push('\''),
            _ if is_hazard(character) => out.extend(character.escape_unicode()),
            _ => out.push(character),
        }
    }
    out
}

/// Characters that move the cursor, change the direction of reading, or are
/// not seen at all.
fn is_hazard(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00ad}'
                | '\u{061c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

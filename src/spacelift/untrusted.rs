//! Making text from the other side fit to be shown.

use secrecy::{ExposeSecret, SecretString};

/// Longest text from the other side that a message repeats, in characters.
const SHOWN: usize = 300;

/// Shortest secret that is looked for: blotting out every `a` would hide
/// nothing and destroy the message.
const SHORTEST_SECRET: usize = 6;

/// The secrets of this session, so that an answer which repeats one of them
/// can be shown without it.
#[derive(Default)]
pub(super) struct Veil {
    secrets: Vec<SecretString>,
}

impl Veil {
    /// Adds a secret to hide from now on.
    pub(super) fn hide(&mut self, secret: &SecretString) {
        let known = self
            .secrets
            .iter()
            .any(|other| other.expose_secret() == secret.expose_secret());
        if !known && secret.expose_secret().len() >= SHORTEST_SECRET {
            self.secrets.push(secret.clone());
        }
    }

    /// `text` without any known secret, escaped and shortened.
    pub(super) fn shown(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for secret in &self.secrets {
            // Before the text is cut short: half a secret would be missed.
            clean = clean.replace(secret.expose_secret(), "[hidden]");
        }
        shown(&clean)
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

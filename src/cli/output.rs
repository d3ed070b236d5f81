//! Where a command writes: the answer to standard output, findings and failures to standard error; or all of it as one JSON
//! object on standard output.

use std::io::{IsTerminal as _, Write as _};

use anstream::AutoStream;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Colour, Exit, Format};
use crate::decide::Disagreement;
use crate::diagnostic::Diagnostics;
use crate::report::diagnostics::{Look, findings, github, human};
use crate::report::visible::visible;
use crate::source::Sources;

/// The number of the JSON shapes.
const VERSION: u32 = 1;

/// A command's way out.
pub struct Output {
    command: &'static str,
    format: Format,
    colour: anstream::ColorChoice,
}

/// A failure whose help stands apart from its message.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// What somebody is asked before something is changed.
pub struct Question<'a> {
    /// The question.
    pub text: &'a str,
    /// What is said where nobody sits there.
    pub nobody: &'a str,
    /// What to do then.
    pub help: &'a str,
    /// What is said where the answer is no.
    pub left: &'a str,
}

impl Output {
    /// For a command of this name.
    pub fn new(command: &'static str, format: Format, colour: Colour) -> Self {
        Self {
            command,
            format,
            colour: match colour {
                Colour::Auto => anstream::ColorChoice::Auto,
                Colour::Always => anstream::ColorChoice::Always,
                Colour::Never => anstream::ColorChoice::Never,
            },
        }
    }

    /// Whether the report is one JSON object.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether somebody can be asked.
    pub fn is_interactive(&self) -> bool {
        !self.is_json() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Whether whoever sits there says yes. Where nobody does, that is a mistake of usage, and told.
    pub fn agrees(&self, question: &Question<'_>) -> anyhow::Result<bool> {
        if !self.is_interactive() {
            self.usage(question.nobody, question.help);
            return Ok(false);
        }
        let mut terminal = std::io::stderr();
        write!(terminal, "\n{} Type `yes`: ", question.text)?;
        terminal.flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        let agrees = answer.trim() == "yes";
        if !agrees {
            self.tell(question.left);
        }
        Ok(agrees)
    }

    /// Text for people, to standard output. A reader that has gone away is not an error.
    pub fn say(&self, text: &str) {
        if !self.is_json() {
            let _ = writeln!(AutoStream::new(std::io::stdout(), self.colour), "{text}");
        }
    }

    /// Text exactly as it is, to standard output.
    pub fn raw(&self, text: &str) {
        let _ = std::io::stdout().write_all(text.as_bytes());
    }

    /// Text for people, to standard error.
    pub fn tell(&self, text: &str) {
        if !self.is_json() {
            let _ = writeln!(AutoStream::new(std::io::stderr(), self.colour), "{text}");
        }
    }

    /// How far long work is, on one line of a terminal that is written over; nothing clears it.
    pub fn progress(&self, text: &str) {
        if !self.is_json() && std::io::stderr().is_terminal() {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K{text}");
        }
    }

    /// A report in a file of its own, beside what is written here.
    pub fn file(&self, path: &std::path::Path, text: &str) -> anyhow::Result<()> {
        use anyhow::Context as _;
        let name = crate::report::visible::path(path);
        crate::file::write(path, text).with_context(|| format!("`{name}` could not be written"))
    }

    /// Annotations, where they are asked for.
    pub fn annotate(&self, commands: &str) {
        if self.format == Format::Github {
            self.raw(commands);
        }
    }

    /// Findings, unless they are part of a JSON object.
    pub fn findings(&self, sources: &Sources, diagnostics: &Diagnostics) {
        let mut text = String::new();
        match self.format {
            Format::Json => {}
            Format::Github => {
                if github(&mut text, sources, diagnostics).is_ok() {
                    self.raw(&text);
                }
            }
            Format::Human => {
                // Colours are written always and taken out where they do not belong.
                let look = Look {
                    colour: true,
                    width: width(),
                };
                if human(&mut text, sources, diagnostics, look).is_ok() && !text.is_empty() {
                    self.tell(text.trim_end());
                }
            }
        }
    }

    /// The one JSON object of a command, with how it ended.
    pub fn json(&self, exit: Exit, body: impl Serialize) {
        if !self.is_json() {
            return;
        }
        let mut whole = json!({"liftgate": self.command, "version": VERSION, "exit": exit as u8});
        if let (Value::Object(whole), Ok(Value::Object(body))) =
            (&mut whole, serde_json::to_value(body))
        {
            whole.extend(body);
        }
        if let Ok(text) = serde_json::to_string_pretty(&whole) {
            self.raw(&format!("{text}\n"));
        }
    }

    /// Findings as they stand in a JSON object.
    pub fn finding_values(sources: &Sources, diagnostics: &Diagnostics) -> Value {
        serde_json::to_value(findings(sources, diagnostics)).unwrap_or_default()
    }

    /// The end of a command whose arguments do not go together.
    pub fn usage(&self, message: &str, help: &str) -> Exit {
        self.tell(&format!("error: {message}\n  help: {help}"));
        self.json(
            Exit::Usage,
            json!({"error": {"message": message, "help": help}}),
        );
        Exit::Usage
    }

    /// The end of a command that could not do its work.
    pub fn failure(&self, error: &anyhow::Error) -> Exit {
        let help = error
            .downcast_ref::<Failure>()
            .map(|failure| failure.help.clone())
            .filter(|help| !help.is_empty());
        let disagrees = error.is::<Disagreement>();
        let (exit, help) = if disagrees {
            let help = "neither is relied on; please report this with the mapping and the input";
            (Exit::Disagrees, Some(help.to_string()))
        } else {
            (Exit::Failed, help)
        };
        let message = chain(error);
        if self.is_json() {
            self.json(exit, json!({"error": {"message": message, "help": help}}));
            return exit;
        }
        self.tell(&format!("error: {}", visible(&message)));
        if let Some(help) = help {
            self.tell(&format!("  help: {}", visible(&help)));
        }
        exit
    }
}

/// The message with its causes, each of them once: some errors say their cause themselves.
fn chain(error: &anyhow::Error) -> String {
    let mut message = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !message.ends_with(&cause) {
            message.push_str(": ");
            message.push_str(&cause);
        }
    }
    message
}

fn width() -> usize {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .unwrap_or(120)
}

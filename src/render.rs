//! Policy -> Rego text, and back; the only user of minijinja.
//!
//! Every value enters the text through one formatter, as a JSON literal in which every character that is not graphic is
//! escaped. Nothing else can be interpolated, so no name can become code.

use std::fmt::Write as _;
use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{Environment, ErrorKind, UndefinedBehavior, context};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Map;
use sha2::{Digest, Sha256};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::policy::access::AccessPolicy;
use crate::policy::{FORMAT, Policy, hex};

/// The templates, by the name that they are included by.
const TEMPLATES: [(&str, &str); 3] = [
    ("login.rego", include_str!("../templates/login.rego.j2")),
    ("access.rego", include_str!("../templates/access.rego.j2")),
    ("session.rego", include_str!("../templates/session.rego.j2")),
];

/// The first layout that a release has written.
const OLDEST: u32 = 1;

/// The mark at the start of a seal line.
const SEAL: &str = "# seal: ";

/// A policy that has a text.
pub trait Rendered: Serialize + DeserializeOwned + PartialEq {
    /// The name of its template.
    const TEMPLATE: &'static str;
    /// What is said in lines of its heading.
    const LABELS: &'static [&'static str];
    /// Its tables, in the order in which they stand.
    const TABLES: &'static [&'static str];
    /// The number of the layout of its text.
    const FORMAT: u32;

    /// `sha256:` and the digest, in hexadecimal, of everything that the policy decides and is labelled with.
    fn digest(&self) -> String;
}

impl Rendered for Policy {
    const TEMPLATE: &'static str = "login.rego";
    const LABELS: &'static [&'static str] = &["account", "mapping"];
    const TABLES: &'static [&'static str] = &[
        "settings",
        "admin_roles",
        "groups",
        "api_keys",
        "patterns",
        "conditions",
        "gate",
        "break_glass",
        "offboarded",
        "denials",
        "admin_denials",
        "admins",
        "grants",
        "guarded_grants",
        "slack",
        "own_teams",
        "additions",
    ];
    const FORMAT: u32 = FORMAT;

    fn digest(&self) -> String {
        Self::digest(self)
    }
}

impl Rendered for AccessPolicy {
    const TEMPLATE: &'static str = "access.rego";
    const LABELS: &'static [&'static str] = &["account", "mapping", "entry"];
    const TABLES: &'static [&'static str] = &[
        "settings",
        "groups",
        "api_keys",
        "patterns",
        "logins",
        "conditions",
        "attributes",
        "readers",
        "writers",
        "denials",
        "write_denials",
    ];
    const FORMAT: u32 = crate::policy::access::FORMAT;

    fn digest(&self) -> String {
        Self::digest(self)
    }
}

/// Renders a policy as Rego. The text says which mapping it came from and carries a seal: the number of the format, the
/// digest of the policy, and the digest of every other byte of the text.
///
/// # Errors
/// Only if the template is broken, which a test of this crate would have found.
pub fn render<P: Rendered>(policy: &P) -> Result<String, RenderError> {
    let template = environment()?
        .get_template(P::TEMPLATE)
        .map_err(|error| RenderError(error.to_string()))?;
    // The seal is written last, over a text that holds a placeholder line, so that the digest covers every other byte.
    let text = template
        .render(context! { policy => Value::from(Serde(policy)), seal => Value::from_safe_string(SEAL.trim_start_matches("# ").to_string()) })
        .map_err(|error| RenderError(error.to_string()))?;
    let (before, after) = split_at_seal(&text)
        .ok_or_else(|| RenderError("the template has no line for the seal".to_string()))?;
    let seal = Seal {
        format: P::FORMAT,
        policy: policy.digest(),
        text: digest_of(before, after),
    };
    Ok(format!("{before}{seal}\n{after}"))
}

/// A template that does not render.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderError(String);

impl std::fmt::Display for RenderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the policy could not be rendered: {}", self.0)
    }
}

impl std::error::Error for RenderError {}

/// What a sealed text says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// The number of the layout of the text.
    pub format: u32,
    /// The digest of the policy.
    pub policy: String,
    /// The digest of every byte of the text but the seal's line.
    pub text: String,
}

impl std::fmt::Display for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{SEAL}format={} policy={} text={}",
            self.format, self.policy, self.text
        )
    }
}

/// What a policy's text is to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading<P = Policy> {
    /// Ours, untouched.
    Ours(Box<P>),
    /// Ours and untouched, in a layout that this release does not read.
    OtherFormat(Seal),
    /// It carries our seal, and was changed since.
    Edited(Seal),
    /// It carries no seal of ours.
    Foreign,
}

/// Reads the text of a login policy back; see [`read_as`].
#[must_use]
pub fn read(text: &str) -> Reading {
    read_as(text)
}

/// Reads a text back. Only a text that renders to itself again is read as a policy.
#[must_use]
pub fn read_as<P: Rendered>(text: &str) -> Reading<P> {
    // Whether Spacelift keeps the line end after the last line is not known; nothing hangs on it.
    let text = &format!("{}\n", text.trim_end_matches('\n'));
    let Some((before, after)) = split_at_seal(text) else {
        return Reading::Foreign;
    };
    let line_end = text.len() - after.len();
    let Some(seal) = text.get(before.len()..line_end).and_then(read_seal) else {
        return Reading::Foreign;
    };
    if digest_of(before, after) != seal.text {
        return Reading::Edited(seal);
    }
    match seal.format {
        ours if ours == P::FORMAT => {}
        // No release has written such a layout: whoever made this seal is not us.
        unwritten if unwritten < OLDEST => return Reading::Foreign,
        _ => return Reading::OtherFormat(seal),
    }
    match read_tables::<P>(before, after) {
        Some(policy) if render(&policy).is_ok_and(|again| again == *text) => {
            Reading::Ours(Box::new(policy))
        }
        // The seal's digests can be made by anybody; a text that we would not have written is not ours.
        _ => Reading::Edited(seal),
    }
}

fn split_at_seal(text: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with(SEAL.trim_end()) {
            return Some((text.get(..at)?, text.get(at + line.len()..)?));
        }
        if !line.starts_with('#') {
            return None;
        }
        at += line.len();
    }
    None
}

fn read_seal(line: &str) -> Option<Seal> {
    let mut parts = line.trim_end().strip_prefix(SEAL)?.split(' ');
    let seal = Seal {
        format: parts.next()?.strip_prefix("format=")?.parse().ok()?,
        policy: parts.next()?.strip_prefix("policy=")?.to_string(),
        text: parts.next()?.strip_prefix("text=")?.to_string(),
    };
    parts.next().is_none().then_some(seal)
}

fn digest_of(before: &str, after: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(before.as_bytes());
    hasher.update(after.as_bytes());
    format!("sha256:{}", hex(&hasher.finalize()))
}

fn read_tables<P: Rendered>(before: &str, after: &str) -> Option<P> {
    let mut fields = Map::new();
    for label in P::LABELS {
        let prefix = format!("# {label}: ");
        let line = before.lines().find_map(|line| line.strip_prefix(&prefix))?;
        fields.insert(label.to_string(), serde_json::from_str(line).ok()?);
    }
    let dialect = if after.contains("\nimport future.keywords.if\n") {
        "v0"
    } else {
        "v1"
    };
    fields.insert("dialect".to_string(), dialect.into());
    for name in P::TABLES {
        fields.insert((*name).to_string(), read_table(after, name)?);
    }
    serde_json::from_value(fields.into()).ok()
}

/// A table's text is JSON but for a comma after the last element of what stands on lines of its own.
fn read_table(text: &str, name: &str) -> Option<serde_json::Value> {
    let start = text.find(&format!("\n{name} := "))? + name.len() + 5;
    let mut json = String::new();
    let mut lines = text.get(start..)?.lines().peekable();
    while let Some(line) = lines.next() {
        let bare = line.trim_start_matches('\t');
        if bare.starts_with(['}', ']']) && json.ends_with(',') {
            json.pop();
        }
        json.push_str(bare);
        // A table ends where the text goes on with an empty line.
        if lines.peek().is_none_or(|next| next.is_empty()) {
            return serde_json::from_str(&json).ok();
        }
    }
    None
}

fn environment() -> Result<&'static Environment<'static>, RenderError> {
    static ENVIRONMENT: OnceLock<Result<Environment<'static>, RenderError>> = OnceLock::new();
    ENVIRONMENT
        .get_or_init(|| {
            let mut environment = Environment::new();
            environment.set_undefined_behavior(UndefinedBehavior::Strict);
            let syntax = SyntaxConfig::builder()
                .trim_blocks(true)
                .keep_trailing_newline(true)
                .build()
                .map_err(|error| RenderError(error.to_string()))?;
            environment.set_syntax(syntax);
            environment.set_formatter(|out, _, value| {
                // Laid-out tables and the seal's mark come from the functions below, which write literals themselves.
                if value.is_safe() {
                    out.write_str(value.as_str().unwrap_or_default())?;
                    return Ok(());
                }
                let mut text = String::new();
                literal(&mut text, value)?;
                out.write_str(&text)?;
                Ok(())
            });
            environment.add_function("table", |value: Value| lay_out(&value, 1));
            environment.add_function("list", |value: Value| lay_out(&value, 1));
            environment.add_function("rows", |value: Value| lay_out(&value, 2));
            for (name, text) in TEMPLATES {
                environment
                    .add_template(name, text)
                    .map_err(|error| RenderError(error.to_string()))?;
            }
            Ok(environment)
        })
        .as_ref()
        .map_err(Clone::clone)
}

/// Lays a map or list out with an element a line, `depth` levels deep, as Rego's formatter would. A single element stays on
/// the line of its brackets: older formatters put it there, and newer ones leave it.
fn lay_out(value: &Value, depth: usize) -> Result<Value, minijinja::Error> {
    let mut text = String::new();
    lines(&mut text, value, depth, 0)?;
    Ok(Value::from_safe_string(text))
}

fn lines(
    out: &mut String,
    value: &Value,
    depth: usize,
    indent: usize,
) -> Result<(), minijinja::Error> {
    let is_map = value.kind() == ValueKind::Map;
    if depth == 0 || value.len() == Some(0) || !(is_map || value.kind() == ValueKind::Seq) {
        return literal(out, value);
    }
    let single = value.len() == Some(1);
    let inner = if single { indent } else { indent + 1 };
    out.push(if is_map { '{' } else { '[' });
    for item in value.try_iter()? {
        if !single {
            out.push('\n');
            push_tabs(out, inner);
        }
        if is_map {
            literal(out, &item)?;
            out.push_str(": ");
            lines(out, &value.get_item(&item)?, depth - 1, inner)?;
        } else {
            lines(out, &item, depth - 1, inner)?;
        }
        if !single {
            out.push(',');
        }
    }
    if !single {
        out.push('\n');
        push_tabs(out, indent);
    }
    out.push(if is_map { '}' } else { ']' });
    Ok(())
}

fn push_tabs(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n('\t', count));
}

/// Writes a value as a JSON literal on one line.
fn literal(out: &mut String, value: &Value) -> Result<(), minijinja::Error> {
    match value.kind() {
        ValueKind::String => string_literal(out, value.as_str().unwrap_or_default()),
        ValueKind::Number => {
            let number = i64::try_from(value.clone())?;
            let _ = write!(out, "{number}");
        }
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Seq | ValueKind::Iterable => {
            out.push('[');
            for (at, item) in value.try_iter()?.enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                literal(out, &item)?;
            }
            out.push(']');
        }
        ValueKind::Map => {
            out.push('{');
            for (at, key) in value.try_iter()?.enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                literal(out, &key)?;
                out.push_str(": ");
                literal(out, &value.get_item(&key)?)?;
            }
            out.push('}');
        }
        other => {
            return Err(minijinja::Error::new(
                ErrorKind::InvalidOperation,
                format!("a value of kind {other} has no literal"),
            ));
        }
    }
    Ok(())
}

/// Writes a string as a JSON literal that means exactly that string, with every character that is not graphic escaped:
/// engines differ in what they take raw, and a reader of the text must see what is there.
pub fn string_literal(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' ' => out.push(' '),
            graphic if is_graphic(graphic) => out.push(graphic),
            other => {
                let mut units = [0; 2];
                for unit in other.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// Letters, marks, numbers, punctuation and symbols; not spaces of other kinds, controls, formats, private use or what is not
/// assigned.
fn is_graphic(character: char) -> bool {
    matches!(
        character.general_category_group(),
        GeneralCategoryGroup::Letter
            | GeneralCategoryGroup::Mark
            | GeneralCategoryGroup::Number
            | GeneralCategoryGroup::Punctuation
            | GeneralCategoryGroup::Symbol
    )
}

#[cfg(test)]
pub(crate) mod tests;

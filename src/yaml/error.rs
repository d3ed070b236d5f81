//! What can be wrong with a file as YAML, in words for the person who wrote it.

use granit_parser::{ErrorKind, ScanError};

use super::{Key, Kind, MAX_DEPTH, MAX_NODES, MAX_TEXT, Node, Style};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span};

pub(super) fn span(file: SourceId, start: usize, end: usize) -> Span {
    Span {
        file,
        start: u32::try_from(start).unwrap_or(u32::MAX),
        end: u32::try_from(end.max(start)).unwrap_or(u32::MAX),
    }
}

pub(super) fn too_deep(at: Span) -> Diagnostic {
    Diagnostic::error(
        Code::YamlLimit,
        at,
        format!("more than {MAX_DEPTH} lists and maps stand in each other"),
    )
    .help("nothing in the language is that deep; check the brackets and the indentation")
}

pub(super) fn too_much(at: Span) -> Diagnostic {
    Diagnostic::error(
        Code::YamlLimit,
        at,
        format!(
            "the file holds more than {MAX_NODES} values or {} MiB of text, each alias counted as what it stands for",
            MAX_TEXT / (1024 * 1024)
        ),
    )
    .help("use fewer aliases, or split the file")
}

/// The first character that may not stand in YAML at all, with where it is.
pub(super) fn unprintable(file: SourceId, text: &str) -> Option<(usize, Diagnostic)> {
    let (at, found) = text.char_indices().find(|(_, c)| {
        matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}')
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    })?;
    let number = u32::from(found);
    let diagnostic = Diagnostic::error(
        Code::YamlSyntax,
        span(file, at, at + found.len_utf8()),
        format!("the control character U+{number:04X} may not stand in a YAML file"),
    )
    .help(if found == '\0' {
        "save the file as UTF-8 text".to_owned()
    } else {
        format!("remove it, or write it as `\\u{number:04x}` in double quotes")
    });
    Some((at, diagnostic))
}

/// A value as the key of a map, or why it cannot be one (nothing, if that has been said).
pub(super) fn key(node: Node) -> Result<Key, Option<Box<Diagnostic>>> {
    let span = node.span;
    let wrong = |code, message: &str, help: &str| {
        Err(Some(Box::new(
            Diagnostic::error(code, span, message).help(help),
        )))
    };
    match node.kind {
        Kind::Scalar(scalar) if scalar.style == Style::Plain && scalar.text == "<<" => wrong(
            Code::YamlMerge,
            "merge keys (`<<`) are not read, since YAML 1.2 has none",
            "write the entries out, or quote the key if it is a name",
        ),
        Kind::Scalar(scalar) => Ok(Key { span, scalar }),
        Kind::Broken => Err(None),
        Kind::Sequence(_) => wrong(
            Code::WrongType,
            "a list cannot be a key",
            "a key is a single name",
        ),
        Kind::Map(_) => wrong(
            Code::WrongType,
            "a map cannot be a key",
            "a key is a single name; quote it if it begins with `{`",
        ),
    }
}

/// What the parser found wrong.
pub(super) fn syntax(
    file: SourceId,
    text: &str,
    error: &ScanError,
    inside: Option<Span>,
) -> Diagnostic {
    let at = error
        .marker()
        .byte_offset()
        .unwrap_or(text.len())
        .min(text.len());
    let at = (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return too_deep(span(file, at, at));
    }
    if let Some(tab) = tab(text, at, error.kind(), inside.is_some()) {
        return Diagnostic::error(
            Code::YamlTab,
            span(file, tab, tab + 1),
            "a tab stands where YAML takes only spaces",
        )
        .help("indent with spaces");
    }
    let (message, help) = words(error.kind());
    let width = text
        .get(at..)
        .and_then(|rest| rest.chars().next())
        .filter(|c| *c != '\n')
        .map_or(0, char::len_utf8);
    let diagnostic = Diagnostic::error(Code::YamlSyntax, span(file, at, at + width), message);
    let diagnostic = match inside {
        Some(start) if (start.start as usize) < at => {
            diagnostic.related(start, "inside what begins here")
        }
        _ => diagnostic,
    };
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// The tab that an error is about: in the indentation of its line, or at the error itself.
fn tab(text: &str, at: usize, kind: &ErrorKind, in_brackets: bool) -> Option<usize> {
    let line_start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(line_start..)?.lines().next().unwrap_or_default();
    let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
    // Between brackets indentation means nothing, and a tab is a space like another.
    if !in_brackets && let Some(tab) = line.get(..indentation).and_then(|blank| blank.find('\t')) {
        return Some(line_start + tab);
    }
    let about_tabs = matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
            | ErrorKind::InvalidBlockEntryWhitespace
            | ErrorKind::InvalidMappingValueWhitespace
    );
    let after = text.get(at..)?.find('\t').map(|offset| at + offset);
    let before = text.get(..at)?.rfind('\t');
    about_tabs
        .then_some(match (before, after) {
            (Some(before), _) if before >= line_start => Some(before),
            (_, after) => after,
        })
        .flatten()
}

/// The parser's findings that people meet, in this project's words; the rest in its own.
fn words(kind: &ErrorKind) -> (String, Option<&'static str>) {
    let (message, help): (&str, Option<&'static str>) = match kind {
        ErrorKind::UnclosedFlowCollection { open }
        | ErrorKind::MismatchedFlowCollectionEnd { open, .. } => {
            return (
                format!("`{open}` is not closed"),
                Some(
                    "each `[` needs a `]`, each `{` a `}`; quote a value that begins with a bracket",
                ),
            );
        }
        ErrorKind::UnexpectedEofFlowSequence => {
            ("the file ends inside a list", Some("close it with `]`"))
        }
        ErrorKind::UnexpectedEofFlowMapping | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            ("the file ends inside a map", Some("close it with `}`"))
        }
        ErrorKind::UnclosedQuotedScalar => (
            "a quote is not closed",
            Some("close it, or quote the whole value"),
        ),
        ErrorKind::MisplacedFlowCollectionEnd => (
            "a bracket is closed that was not opened",
            Some("quote a value that holds brackets"),
        ),
        ErrorKind::ExpectedFlowMappingSeparator => (
            "expected `,` or `}` in a map",
            Some(
                "separate the entries with `,`, write `key: value` with a space, and quote values that hold `,` or brackets",
            ),
        ),
        ErrorKind::ExpectedFlowSequenceSeparator => (
            "expected `,` or `]` in a list",
            Some("separate the entries with `,`, and quote values that hold `,` or brackets"),
        ),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::SimpleKeyExpected => (
            "expected `key: value` here",
            Some("check the indentation, and the space after the `:`"),
        ),
        ErrorKind::ExpectedBlockSequenceEntry => (
            "expected an entry that begins with `- `",
            Some("check the indentation: the entries of a list begin in one column"),
        ),
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::InvalidColonPlacement => (
            "a `key: value` may not stand here",
            Some("check the indentation; quote a value that holds `: `"),
        ),
        ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::BlockEntryInFlowCollection => (
            "an entry of a list (`- `) may not stand here",
            Some("begin the list on a line of its own, and use no `- ` inside brackets"),
        ),
        ErrorKind::InvalidIndentation
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::InvalidQuotedScalarIndent => (
            "the indentation does not fit what stands above",
            Some("indent the parts of one list or map by the same number of spaces"),
        ),
        ErrorKind::UnexpectedCharacter { character } => {
            return (
                format!(
                    "a value may not begin with `{}`",
                    character.escape_default()
                ),
                Some("quote the value"),
            );
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => (
            "no such escape in double quotes",
            Some("write `\\\\` for a backslash, or use single quotes"),
        ),
        ErrorKind::MissingAnchorOrAliasName => (
            "`*` and `&` begin the name of an alias or an anchor, and none follows",
            Some("quote the value: `\"*\"`"),
        ),
        ErrorKind::BomInsideDocument => (
            "a byte order mark stands inside the file",
            Some("remove it"),
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "something stands after the closing quote",
            Some("quote the whole value"),
        ),
        other => return (lower_first(&other.to_string()), None),
    };
    (message.to_owned(), help)
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first
            .to_lowercase()
            .chain(chars)
            .collect::<String>()
            .trim_end_matches('.')
            .to_owned(),
        None => String::new(),
    }
}

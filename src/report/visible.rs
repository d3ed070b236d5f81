//! Text from elsewhere, made safe to look at: what a terminal would obey, hide or reorder is written out.

use std::borrow::Cow;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Whether a character is shown as its number: controls, marks that reorder or hide text, and line ends of other scripts.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    !(' '..='~').contains(&c)
        && (matches!(
            c.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
                | GeneralCategory::PrivateUse
        ) || is_blank(c))
}

/// Letters, marks and symbols that show as nothing.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'
            ..='\u{180f}' | '\u{2800}' | '\u{3164}'
    ) || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}')
}

/// How a hidden character is written out.
pub fn push(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ if is_hidden(c) => out.extend(c.escape_unicode()),
        _ => out.push(c),
    }
}

/// A text of one line in which everything can be seen.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        push(c, &mut out);
    }
    Cow::Owned(out)
}

/// A path with everything that cannot be seen, or would act on a terminal, written out.
#[must_use]
pub fn path(path: &std::path::Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        assert_eq!(visible("a\u{1b}[31m"), "a\\u{1b}[31m");
        assert_eq!(
            visible("a\u{202e}b\u{200b}\u{feff}\u{9b}"),
            "a\\u{202e}b\\u{200b}\\u{feff}\\u{9b}"
        );
        assert_eq!(visible("a\nb\t"), "a\\nb\\t");
        assert_eq!(visible("café 日本 é"), "café 日本 é");
        assert!(matches!(visible("plain"), Cow::Borrowed(_)));
    }
}

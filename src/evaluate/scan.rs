//! The pieces that a text in Rego falls into, as far as it takes to tell code from strings and comments.

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// From `#` to the end of the line, without it.
    Comment,
    /// A string in double quotes, to its end or that of its line.
    Quoted,
    /// A string in backticks, which may have lines.
    Raw,
    /// A name, a keyword or a number.
    Name,
    /// One character of anything else.
    Other,
}

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'t> {
    pub kind: Kind,
    /// As it is written, with its quotes.
    pub text: &'t str,
    /// The line that it begins on, from 1.
    pub line: usize,
    /// What follows it.
    pub rest: &'t str,
}

/// All of a text, piece by piece.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let (mut rest, mut line) = (text, 1);
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (kind, length) = match first {
            '#' => (Kind::Comment, rest.find('\n')),
            '`' => {
                let end = rest.char_indices().skip(1).find(|(_, c)| *c == '`');
                (Kind::Raw, end.map(|(at, _)| at + 1))
            }
            '"' => (Kind::Quoted, quoted(rest)),
            name if is_name(name) => (Kind::Name, rest.find(|c| !is_name(c))),
            other => (Kind::Other, Some(other.len_utf8())),
        };
        let (text, after) = rest.split_at_checked(length.unwrap_or(rest.len()))?;
        let piece = Piece {
            kind,
            text,
            line,
            rest: after,
        };
        line += text.matches('\n').count();
        rest = after;
        Some(piece)
    })
}

/// How long the string is that a text begins with, where it does not go on to the end of the text.
fn quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '\n' => return Some(at),
            '"' if !escaped => return Some(at + 1),
            _ => escaped = character == '\\' && !escaped,
        }
    }
    None
}

fn is_name(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_all_of_its_pieces() {
        let text = "a := \"b\\\"#`\" # \"c`\n`d\n#\" e` \"open\n\u{e9}1 \"last";
        let found: Vec<_> = pieces(text).collect();
        let all: String = found.iter().map(|piece| piece.text).collect();
        assert_eq!(all, text);
        let of = |kind: Kind| -> Vec<(&str, usize)> {
            let those = found.iter().filter(|piece| piece.kind == kind);
            those.map(|piece| (piece.text, piece.line)).collect()
        };
        assert_eq!(of(Kind::Name), [("a", 1), ("\u{e9}1", 4)]);
        assert_eq!(of(Kind::Comment), [("# \"c`", 1)]);
        assert_eq!(of(Kind::Raw), [("`d\n#\" e`", 2)]);
        assert_eq!(
            of(Kind::Quoted),
            [("\"b\\\"#`\"", 1), ("\"open", 3), ("\"last", 4)]
        );
    }
}

//! GitHub's expressions, as far as the workflow has them: `!`, `==`, `&&`, `||`, brackets, texts, and what an event or an earlier
//! step gave. A name that nothing stands for is empty, and what is empty does not hold.

use std::iter::Peekable;
use std::vec::IntoIter;

use regex::Regex;

/// What an expression comes to. `of` says what a name stands for.
pub fn value(expression: &str, of: &dyn Fn(&str) -> String) -> String {
    let token = Regex::new(r"'[^']*'|&&|\|\||==|!|[()]|[\w.-]+|\S").unwrap();
    let tokens: Vec<String> = token
        .find_iter(expression)
        .map(|found| found.as_str().to_owned())
        .collect();
    let mut reader = Reader {
        tokens: tokens.into_iter().peekable(),
        of,
    };
    let value = reader.either();
    assert_eq!(reader.tokens.next(), None, "{expression}");
    value
}

/// Whether a condition holds, with or without the brackets of an expression.
pub fn holds(condition: &str, of: &dyn Fn(&str) -> String) -> bool {
    let bare = condition.trim();
    let bare = bare
        .strip_prefix("${{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .unwrap_or(bare);
    is_true(&value(bare, of))
}

/// A text with the values of the expressions in it.
pub fn filled(text: &str, of: &dyn Fn(&str) -> String) -> String {
    let hole = Regex::new(r"\$\{\{(.*?)\}\}").unwrap();
    hole.replace_all(text, |found: &regex::Captures<'_>| value(&found[1], of))
        .into_owned()
}

fn is_true(value: &str) -> bool {
    !value.is_empty() && value != "false"
}

struct Reader<'a> {
    tokens: Peekable<IntoIter<String>>,
    of: &'a dyn Fn(&str) -> String,
}

impl Reader<'_> {
    fn takes(&mut self, token: &str) -> bool {
        self.tokens.next_if(|next| next == token).is_some()
    }

    fn either(&mut self) -> String {
        let mut value = self.both();
        while self.takes("||") {
            let other = self.both();
            if !is_true(&value) {
                value = other;
            }
        }
        value
    }

    fn both(&mut self) -> String {
        let mut value = self.equal();
        while self.takes("&&") {
            let other = self.equal();
            if is_true(&value) {
                value = other;
            }
        }
        value
    }

    fn equal(&mut self) -> String {
        let value = self.one();
        if self.takes("==") {
            // Letters of either case are equal to GitHub.
            let other = self.one();
            return value.eq_ignore_ascii_case(&other).to_string();
        }
        value
    }

    fn one(&mut self) -> String {
        if self.takes("!") {
            let value = self.one();
            return (!is_true(&value)).to_string();
        }
        if self.takes("(") {
            let value = self.either();
            assert!(self.takes(")"), "a bracket does not end");
            return value;
        }
        let token = self.tokens.next().expect("an expression ends too early");
        if let Some(text) = token.strip_prefix('\'') {
            return text.trim_end_matches('\'').to_owned();
        }
        let is_name = |c: char| c.is_alphanumeric() || "._-".contains(c);
        assert!(token.chars().all(is_name), "not read here: {token}");
        if self.takes("(") {
            assert!(self.takes(")"), "{token} takes nothing");
            return match token.as_str() {
                "always" => "true".to_owned(),
                "cancelled" => "false".to_owned(),
                other => panic!("not read here: {other}"),
            };
        }
        (self.of)(&token)
    }
}

#[test]
fn expressions_mean_what_they_mean_to_github() {
    let of = |name: &str| match name {
        "a" => "x".to_owned(),
        "yes" => "true".to_owned(),
        _ => String::new(),
    };
    for (expression, expected) in [
        ("a", "x"),
        ("nothing", ""),
        ("a == 'X'", "true"),
        ("nothing == 'x'", "false"),
        ("nothing == 'x' && 'one' || 'two'", "two"),
        ("a == 'x' && 'one' || 'two'", "one"),
        ("yes && (nothing || a == 'y')", "false"),
        ("yes || nothing && nothing", "true"),
        ("!cancelled() && a", "x"),
        ("always()", "true"),
    ] {
        assert_eq!(value(expression, &of), expected, "{expression}");
    }
    assert!(holds("${{ !nothing }}", &of));
    assert!(!holds("nothing == 'x'", &of));
    assert_eq!(filled("b-${{ a }}-${{ nothing || 'c' }}", &of), "b-x-c");
}

//! Texts that regorus takes and reads otherwise than OPA does. Each is an error here: no answer is better than a wrong one.

use std::collections::BTreeSet;

use super::EvaluateError;
use super::scan::{Kind, pieces};

/// What the module before every policy defines.
const OUTPUTS: [&str; 12] = [
    "admin",
    "allow",
    "deny",
    "deny_admin",
    "flag",
    "result",
    "roles",
    "sample",
    "space_admin",
    "space_read",
    "space_write",
    "team",
];

/// A name in a text, outside of strings and comments.
struct Word<'a> {
    text: &'a str,
    line: usize,
    /// Whether it begins its line.
    first: bool,
    /// What stands before it and after it, without spaces.
    before: Option<char>,
    after: Option<char>,
}

/// Refuses a text in v0 that uses a keyword of v1 without importing it. OPA refuses it too; regorus takes the keyword for a
/// name, and reads `allow if { … }` as `allow` with no condition.
pub(super) fn imported(text: &str) -> Result<(), EvaluateError> {
    let imports = imports(text);
    let has = |keyword: &str| {
        ["future.keywords", "rego.v1"].iter().any(|all| imports.contains(*all))
            || imports.contains(&*format!("future.keywords.{keyword}"))
            // Whoever imports `every` has `in` with it.
            || (keyword == "in" && imports.contains("future.keywords.every"))
    };
    for word in words(text) {
        let keyword = match word.text {
            "if" | "in" | "every" => word.before != Some('.'),
            // There is a function of that name.
            "contains" => word.before != Some('.') && word.after != Some('('),
            _ => false,
        };
        let imports_it = word.text == "in" && has("in");
        if keyword && !imports_it && !has(word.text) {
            return Err(EvaluateError {
                message: format!(
                    "line {} uses the keyword `{}` without importing it, which Rego v0 does not read",
                    word.line, word.text
                ),
            });
        }
    }
    Ok(())
}

/// Refuses a text in which `some` names what is also a rule: regorus then asks the rule.
pub(super) fn distinct(text: &str) -> Result<(), EvaluateError> {
    let words: Vec<Word<'_>> = words(text).collect();
    let rules: BTreeSet<&str> = words
        .iter()
        .filter(|word| word.first)
        .map(|word| word.text)
        .chain(OUTPUTS)
        .collect();
    let mut named = words.iter();
    while let Some(word) = named.next() {
        if word.text != "some" || word.before == Some('.') {
            continue;
        }
        for variable in named.by_ref() {
            if variable.text == "in" {
                break;
            }
            if rules.contains(variable.text) {
                return Err(EvaluateError {
                    message: format!(
                        "line {} declares a variable `{}`, which is a rule as well, and engines differ in which of them they mean",
                        variable.line, variable.text
                    ),
                });
            }
            if variable.after != Some(',') {
                break;
            }
        }
    }
    Ok(())
}

fn imports(text: &str) -> BTreeSet<&str> {
    text.lines()
        .filter_map(|line| {
            let mut parts = line.split_whitespace();
            (parts.next() == Some("import")).then_some(())?;
            parts.next()
        })
        .collect()
}

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut first = true;
    let mut before = None;
    pieces(text).filter_map(move |piece| {
        let is_first = std::mem::replace(&mut first, piece.text.ends_with('\n'));
        let stood = before;
        if piece.kind != Kind::Comment && !piece.text.trim().is_empty() {
            before = piece.text.chars().next();
        }
        (piece.kind == Kind::Name).then(|| Word {
            text: piece.text,
            line: piece.line,
            first: is_first,
            before: stood,
            after: piece.rest.trim_start().chars().next(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_needs_its_import() {
        for text in [
            "allow if { input.x }",
            "allow if\n{ input.x }",
            "allow { \"if\"; true } # if\nadmin if true",
            "allow { some t in input.x }",
            "allow { every t in input.x { t } }",
            "team contains \"x\"",
            "import future.keywords.in\nallow if { \"a\" in input.x }",
            "import future.keywords.if\nallow if { \"a\" in input.x }",
            "# import future.keywords.if\nallow if { input.x }",
        ] {
            let text = format!("package spacelift\n{text}\n");
            assert!(imported(&text).is_err(), "{text}");
        }
        for text in [
            "allow { contains(input.x, \"if\") }",
            "allow { input.if.in.contains == `\nallow if {` }",
            "allow { iffy := \"\\\" if \"; iffy } # if in every",
            "import future.keywords\nallow if { every t in input.x { t } }",
            "import rego.v1\nteam contains \"x\" if { some t in input.x }",
            "import future.keywords.every\nallow { some t in input.x }",
            "import future.keywords.if\nimport future.keywords.contains\nteam contains \"x\" if true",
        ] {
            let text = format!("package spacelift\n{text}\n");
            assert_eq!(imported(&text), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_line_is_said() {
        let error =
            imported("package spacelift\n# \"\nx := `\n`\nallow if { true }\n").unwrap_err();
        assert_eq!(
            error.message,
            "line 5 uses the keyword `if` without importing it, which Rego v0 does not read"
        );
    }

    #[test]
    fn a_variable_is_no_rule() {
        for text in [
            "flag[team] { some team; input.x[_] == team }",
            "flag contains t if { some i, team in input.x; t := team }",
            "mine { true }\nallow { some mine; input.x[mine] }",
        ] {
            assert!(distinct(text).is_err(), "{text}");
        }
        for text in [
            "flag[t] { some t; input.x[_] == t; team }",
            "allow { some i, t in input.teams; t == \"team\" }",
            "allow { some t in team }",
            "allow { x.some == team }",
        ] {
            assert_eq!(distinct(text), Ok(()), "{text}");
        }
    }
}

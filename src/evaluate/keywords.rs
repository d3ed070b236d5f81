//! Texts that regorus takes and reads otherwise than OPA does. Each is an error here: no answer is better than a wrong one.

use std::collections::BTreeSet;

use super::EvaluateError;
use super::scan::{Kind, pieces};

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

/// What of the module before a policy must be left out, so that both engines mean the same.
///
/// Where `some` names what is also a rule, OPA means the variable, and regorus asks the rule. A text that has such a rule of its own
/// is refused. Where only the module before it has one, of `outputs`, the rule is left out; then an output that the text does not
/// have is undefined, which is its default. That is no longer the same where the text means the rule elsewhere, so it is refused
/// unless each use of the name surely is the variable.
pub(super) fn hidden<'o>(
    text: &str,
    outputs: &[&'o str],
) -> Result<BTreeSet<&'o str>, EvaluateError> {
    let words: Vec<Word<'_>> = words(text).collect();
    let rules: BTreeSet<&str> = words
        .iter()
        .filter(|word| word.first)
        .map(|word| word.text)
        .collect();
    let mut hidden = BTreeSet::new();
    let mut named = words.iter();
    while let Some(word) = named.next() {
        if word.text != "some" || word.before == Some('.') {
            continue;
        }
        for variable in named.by_ref() {
            if variable.text == "in" {
                break;
            }
            let output = outputs.iter().find(|output| **output == variable.text);
            if let Some(output) = output
                && !rules.contains(output)
                && Uses::of(output).are_variables(text)
            {
                hidden.insert(*output);
            } else if output.is_some() || rules.contains(variable.text) {
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
    Ok(hidden)
}

/// The uses of a name, followed through a text: whether `some` declared it for each of them.
struct Uses<'n> {
    name: &'n str,
    /// How many brackets are open.
    depth: usize,
    /// Where it was declared: how many brackets were open.
    declared: Vec<usize>,
    /// Uses that a later declaration must stand for: how many brackets are open where that has to be.
    waiting: Vec<usize>,
    /// Whether the head of a rule still goes on.
    head: bool,
    /// Whether the head used it.
    head_uses: bool,
    /// How many brackets are open in the body itself.
    body: usize,
}

impl<'n> Uses<'n> {
    fn of(name: &'n str) -> Self {
        Self {
            name,
            depth: 0,
            declared: Vec::new(),
            waiting: Vec::new(),
            head: true,
            head_uses: false,
            body: 0,
        }
    }

    fn are_variables(mut self, text: &str) -> bool {
        let mut declares = false;
        let mut first = true;
        let mut before = None;
        for piece in pieces(text) {
            let begins = std::mem::replace(&mut first, piece.text.ends_with('\n'));
            let stood = before;
            if piece.kind == Kind::Comment || piece.text.trim().is_empty() {
                continue;
            }
            before = piece.text.chars().next();
            let after = piece.rest.trim_start().chars().next();
            let holds = match (piece.kind, piece.text) {
                (Kind::Other, bracket) => self.bracket(bracket),
                (Kind::Name, word) => {
                    if begins && self.depth == 0 && !self.rule() {
                        return false;
                    }
                    let is_field = stood == Some('.');
                    match word {
                        "some" if !is_field => declares = true,
                        "in" => declares = false,
                        "if" if self.head && self.depth == 0 => {
                            self.head = false;
                            self.body = usize::from(after == Some('{'));
                        }
                        _ if declares => {
                            if word == self.name {
                                self.declare();
                            }
                            declares = after == Some(',');
                        }
                        _ => {}
                    }
                    let is_use = word == self.name && !is_field && self.declared.is_empty();
                    !is_use || self.used(stood, after)
                }
                _ => true,
            };
            if !holds {
                return false;
            }
        }
        self.rule()
    }

    /// A rule ends, and another begins.
    fn rule(&mut self) -> bool {
        let whole = !self.head_uses && self.waiting.is_empty();
        *self = Self::of(self.name);
        whole
    }

    fn bracket(&mut self, bracket: &str) -> bool {
        match bracket {
            "[" | "{" | "(" => {
                if self.head && self.depth == 0 && bracket == "{" {
                    self.head = false;
                    self.body = 1;
                }
                self.depth += 1;
            }
            "]" | "}" | ")" => {
                // What was to be declared within these was not.
                if self.waiting.contains(&self.depth) {
                    return false;
                }
                self.depth = self.depth.saturating_sub(1);
                let depth = self.depth;
                self.declared.retain(|declared| *declared <= depth);
            }
            _ => {}
        }
        true
    }

    fn declare(&mut self) {
        let depth = self.depth;
        self.declared.push(depth);
        self.waiting.retain(|waiting| *waiting != depth);
        if !self.head && depth == self.body {
            self.head_uses = false;
        }
    }

    /// A use before any declaration: the head of a rule and that of a comprehension come before what declares their names.
    fn used(&mut self, before: Option<char>, after: Option<char>) -> bool {
        if self.head {
            self.head_uses = true;
        } else if matches!(before, Some('[' | '{')) && after == Some('|') {
            self.waiting.push(self.depth);
        } else {
            return false;
        }
        true
    }
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

    const OUTPUTS: [&str; 3] = ["allow", "flag", "team"];

    #[test]
    fn a_variable_is_no_rule_of_the_text() {
        for text in [
            "mine { true }\nallow { some mine; input.x[mine] }",
            "team contains \"x\" if true\nflag contains team if { some team in input.x }",
            "flag[t] { some flag; t := input.x[flag] }",
        ] {
            assert!(hidden(text, &OUTPUTS).is_err(), "{text}");
        }
        for text in [
            "flag[t] { some t; input.x[_] == t; team }",
            "allow { some i, t in input.teams; t == \"team\" }",
            "allow { some t in team }",
            "allow { x.some == team }",
        ] {
            assert_eq!(hidden(text, &OUTPUTS), Ok(BTreeSet::new()), "{text}");
        }
    }

    #[test]
    fn an_output_is_hidden_where_each_use_of_its_name_is_the_variable() {
        for text in [
            "flag[team] { some team; input.x[_] == team }",
            "flag contains t if { some i, team in input.x; t := team }",
            "allow if some team in input.session.teams\nadmin if \"x\" in input.session.team",
            "allow if {\n\tsome team in input.session.teams\n\tstartswith(team, \"a\")\n}",
            "allow if \"a\" in {team | some team in input.session.teams}",
            "roles[space] contains \"r\" if {\n\tsome space, team in input.x\n\tcount([1 | team == \"a\"]) > 0\n}",
            "roles[team] contains team if {\n\tsome team in input.x\n}\nallow if { some team in input.y; team }",
        ] {
            let found = hidden(text, &OUTPUTS);
            assert_eq!(found, Ok(["team"].into()), "{text}");
        }
        for text in [
            // Before the declaration, after its brackets, and in a rule without one.
            "allow if { team == \"x\"; some team in input.x }",
            "allow if { count({1 | some team in input.x}) > 0; count(team) > 0 }",
            "allow if { some team in input.x }\nadmin if { count(team) > 0 }",
            "allow if { some team in input.x } else := team if { true }",
            // What the head uses is declared for less than the body.
            "flag contains team if { count({1 | some team in input.x}) > 0 }",
            "flag contains team if x := {1 | some team in input.x}",
            "allow if x := [team | y := {1 | some team in input.x}]",
            "allow if { x := {team: 1 | some team in input.x} }",
            "default team := set()\nallow if { some team in input.x }",
        ] {
            assert!(hidden(text, &OUTPUTS).is_err(), "{text}");
        }
    }
}

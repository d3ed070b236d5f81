use super::*;
use crate::diagnostic::Code;
use crate::source::SourceId;

fn span(file: SourceId, start: usize, end: usize) -> Span {
    Span {
        file,
        start: u32::try_from(start).unwrap(),
        end: u32::try_from(end).unwrap(),
    }
}

fn plain(sources: &Sources, diagnostics: &Diagnostics) -> String {
    let mut out = String::new();
    human(&mut out, sources, diagnostics, Look::default()).unwrap();
    out
}

fn one_finding() -> (Sources, Diagnostics) {
    let mut sources = Sources::default();
    let lines = "# a line\n".repeat(20);
    let text = format!("version: 1\n{lines}grants:\n  - {{whom: platform}}\n");
    let at = text.find("whom").unwrap();
    let file = sources.add("access.yaml", text);
    let mut diagnostics = Diagnostics::default();
    diagnostics.push(
        Diagnostic::error(
            Code::UnknownField,
            span(file, at, at + 4),
            "a grant has no field `whom`",
        )
        .labelled("not a field")
        .related(span(file, 0, 7), "the version")
        .help("did you mean `who`?"),
    );
    (sources, diagnostics)
}

#[test]
fn a_finding_quotes_its_source() {
    let (sources, diagnostics) = one_finding();
    let expected = "\
error[unknown-field]: a grant has no field `whom`
  --> access.yaml:23:6
   |
23 |   - {whom: platform}
   |      ^^^^ not a field
   |
  ::: access.yaml:1:1
   |
 1 | version: 1
   | ------- the version
   |
   = help: did you mean `who`?

1 error
";
    assert_eq!(plain(&sources, &diagnostics), expected);
}

#[test]
fn colour_changes_nothing_but_colour() {
    let (sources, diagnostics) = one_finding();
    let mut coloured = String::new();
    human(
        &mut coloured,
        &sources,
        &diagnostics,
        Look {
            colour: true,
            width: 120,
        },
    )
    .unwrap();
    assert!(coloured.contains('\u{1b}'));
    let stripped = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(stripped, plain(&sources, &diagnostics));
}

#[test]
fn everything_that_is_shown_can_be_seen() {
    let mut sources = Sources::default();
    let text = "a\u{202e}: \u{1b}[31mx\u{e000} # \u{200b}\tend\r\nb: c\n";
    let file = sources.add("a\u{1b}.yaml", text);
    let mut diagnostics = Diagnostics::default();
    let at = text.find('x').unwrap();
    diagnostics.push(
        Diagnostic::error(
            Code::BadName,
            span(file, at, at + 1),
            "bad `\u{1b}]0;title\u{7}`\n::error::x",
        )
        .labelled("\u{2066}here")
        .help("\u{9b}31m"),
    );
    let out = plain(&sources, &diagnostics);
    assert!(
        out.chars()
            .all(|c| c == '\n' || !crate::report::visible::is_hidden(c)),
        "{out:?}"
    );
    assert!(out.contains("a\\u{1b}.yaml:1:10"), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    let quoted = lines.iter().find(|line| line.starts_with("1 |")).unwrap();
    let marked = lines.iter().find(|line| line.contains('^')).unwrap();
    // The mark is under the character, although what stands before it became longer.
    assert_eq!(quoted.find("mx").map(|at| at + 1), marked.find('^'));
}

#[test]
fn places_outside_the_text_do_no_harm() {
    let mut sources = Sources::default();
    for text in ["", "é", "a\n", "\n\n", "日本\r\n", "\u{301}\u{301}"] {
        let file = sources.add("x.yaml", text);
        for start in 0..8 {
            for end in [0, start, start + 1, 4000] {
                let mut diagnostics = Diagnostics::default();
                diagnostics.push(
                    Diagnostic::error(Code::BadName, span(file, start, end), "m")
                        .related(span(file, end, start), "r"),
                );
                let out = plain(&sources, &diagnostics);
                assert!(out.starts_with("error[bad-name]: m\n"), "{out}");
                assert_eq!(findings(&sources, &diagnostics).len(), 1);
            }
        }
    }
    let mut diagnostics = Diagnostics::default();
    diagnostics.push(Diagnostic::error(
        Code::BadName,
        span(SourceId(99), 3, 4),
        "m",
    ));
    assert!(plain(&sources, &diagnostics).contains("bad-name"));
}

#[test]
fn a_long_line_is_cut_around_its_mark() {
    let mut sources = Sources::default();
    let text = format!(
        "a: [{}bad, {}]\n",
        "x, ".repeat(300_000),
        "y, ".repeat(300_000)
    );
    let at = text.find("bad").unwrap();
    let file = sources.add("x.yaml", text);
    let mut diagnostics = Diagnostics::default();
    diagnostics.push(Diagnostic::error(
        Code::BadName,
        span(file, at, at + 3),
        "m",
    ));
    let out = plain(&sources, &diagnostics);
    assert!(out.contains(&format!("x.yaml:1:{}", at + 1)), "{out}");
    assert!(out.lines().all(|line| line.chars().count() < 200), "{out}");
    assert!(out.contains("bad") && out.contains("^^^"), "{out}");
}

#[test]
fn scripts_get_places_and_related_places() {
    let (sources, diagnostics) = one_finding();
    let json = serde_json::to_value(findings(&sources, &diagnostics)).unwrap();
    let expected = serde_json::json!([{
        "code": "unknown-field", "severity": "error", "message": "a grant has no field `whom`",
        "place": {"path": "access.yaml", "line": 23, "column": 6, "end_line": 23, "end_column": 10},
        "related": [{"message": "the version",
            "place": {"path": "access.yaml", "line": 1, "column": 1, "end_line": 1, "end_column": 8}}],
        "help": "did you mean `who`?",
    }]);
    assert_eq!(json, expected);
}

#[test]
fn an_annotation_cannot_begin_another_command() {
    let mut sources = Sources::default();
    let file = sources.add("a,b:c%\n.yaml", "x: y\n");
    let mut diagnostics = Diagnostics::default();
    diagnostics.push(
        Diagnostic::warning(
            Code::BadName,
            span(file, 0, 1),
            "100%\r\n::stop-commands::x",
        )
        .help("h"),
    );
    diagnostics.push(Diagnostic::error(
        Code::BadName,
        span(file, 0, 5),
        "two lines",
    ));
    let mut out = String::new();
    github(&mut out, &sources, &diagnostics).unwrap();
    assert_eq!(
        out,
        "::warning file=a%2Cb%3Ac%25\\n.yaml,line=1,col=1,endColumn=2,title=bad-name::100%25\\r\\n::stop-commands::x%0Ah\n\
         ::error file=a%2Cb%3Ac%25\\n.yaml,line=1,endLine=2,title=bad-name::two lines\n"
    );
}

#[test]
fn findings_are_counted() {
    let mut diagnostics = Diagnostics::default();
    let sources = Sources::default();
    assert_eq!(plain(&sources, &diagnostics), "");
    for at in 0..3 {
        diagnostics.push(Diagnostic::error(
            Code::BadName,
            Span::default(),
            format!("m{at}"),
        ));
    }
    diagnostics.push(Diagnostic::warning(Code::UnusedName, Span::default(), "w"));
    assert!(plain(&sources, &diagnostics).ends_with("\n3 errors, 1 warning\n"));
}

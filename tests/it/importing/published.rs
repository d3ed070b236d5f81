//! Every login policy that Spacelift publishes, as far as there is a text that stands for it: what of it becomes a mapping, and how
//! the two decide. `BLESS=1` writes the table of `docs/import.md`.

use std::fmt::Write as _;
use std::path::Path;

use liftgate::compare::Text;
use liftgate::evaluate::foreign::InProcess;
use liftgate::import::proof::{Counted, edges, prove};
use liftgate::import::rego::Known;
use liftgate::import::{self, Found, Kind};
use liftgate::model::Dialect;
use liftgate::project::{Choices, MAPPING, Project};
use liftgate::source::Alone;

const BEGIN: &str = "<!-- published -->\n";
const END: &str = "<!-- /published -->";

fn row(name: &str, text: &str) -> (String, bool) {
    let mut found = Found::default();
    import::rego::read(text, Dialect::V1, &Known::default(), &mut found).unwrap();
    let alone = Alone {
        name: MAPPING,
        text: import::text(&found),
    };
    let project = Project::load_from(&alone, Path::new(""), &Choices::default());
    let Some(compiled) = &project.compiled else {
        panic!("{name}\n{}\n{:?}", alone.text, project.diagnostics.sorted());
    };
    let old = Text {
        text,
        dialect: Dialect::V1,
    };
    // The command asks all of them, which is more than a test of so many policies has time for.
    let asked = edges(text, compiled, &found)
        .into_iter()
        .step_by(13)
        .collect();
    let proof = prove(old, compiled, asked, &InProcess).unwrap();
    let rules = found
        .remarks(Kind::Left)
        .filter(|one| !one.lines.is_empty())
        .count();
    let told = if rules > 0 {
        format!("{rules} left")
    } else {
        "all".to_string()
    };
    let of = |counted: &Counted| {
        let compared = &counted.comparison;
        format!("{} | {} | {}", compared.asked, counted.less, counted.more)
    };
    let row = format!(
        "| {name} | {told} | {} | {} |",
        of(&proof.known),
        of(&proof.unknown)
    );
    (row, rules == 0)
}

#[test]
fn the_page_says_what_becomes_of_each_published_policy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = std::fs::read_dir(root.join("tests/published"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "rego"))
        .collect();
    // What is about stacks is no login policy.
    paths.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        !name.starts_with("stacks-")
    });
    paths.sort();
    let rows = std::sync::Mutex::new(Vec::new());
    let queue = std::sync::Mutex::new(paths.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(path) = next else { break };
                    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                    let text = std::fs::read_to_string(&path).unwrap();
                    let row = row(&name, &text);
                    rows.lock().unwrap().push(row);
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap();
    rows.sort();
    let whole = rows.iter().filter(|(_, whole)| *whole).count();
    let mut table = format!(
        "Of {} policies, {whole} become a mapping in full.\n\n| policy | rules | inputs | less | more | inputs with something unknown | less | more |\n|---|---|---|---|---|---|---|---|\n",
        rows.len()
    );
    for (row, _) in &rows {
        writeln!(table, "{row}").unwrap();
    }
    let path = root.join("docs/import.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (told, after) = rest.split_once(END).unwrap();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(told, table, "`BLESS=1` writes it");
    }
    assert!(whole > 30, "{whole} of {}", rows.len());
}

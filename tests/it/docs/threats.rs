//! The threat model names tests, and they are there.

use super::tables::table;
use super::*;

const SECTIONS: [&str; 5] = [
    "### From the mapping to the policy",
    "### From the policy to the account",
    "### Access to single stacks",
    "### From what a team has to a mapping",
    "### Secrets and what is shown",
];

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_defence_is_shown_by_a_test() {
    let document = text("docs/threat-model.md");
    let mut count = 0;
    for section in SECTIONS {
        for row in table(&document, section) {
            let [_, defence, shown] = row.as_slice() else {
                panic!("{row:?}");
            };
            if shown == "nothing: planned" {
                continue;
            }
            let words = quoted(shown);
            assert!(
                !words.is_empty() && words.len().is_multiple_of(2),
                "{defence}: {shown}"
            );
            for pair in words.chunks(2) {
                let (path, name) = (pair[0], pair[1]);
                // A row of the semantics is a test by its name.
                let test = format!(r##"#\[test\]\n\s*(pub )?fn {name}\(|\n    {name}: r#""##);
                let marked = regex::Regex::new(&test).unwrap();
                // Some tests are for some systems only.
                let source = text(path).replace("#[cfg(unix)]\n", "");
                assert!(marked.is_match(&source), "{path} has no test `{name}`");
                count += 1;
            }
        }
    }
    assert!(count > 90, "{count}");
    // No table of the page is left out.
    let tables = document.matches("| threat | defence | shown by |").count();
    assert_eq!(tables, SECTIONS.len());
}

#[test]
fn every_dependency_has_a_digest() {
    let lock = text("Cargo.lock");
    let packages: Vec<&str> = lock.split("[[package]]").skip(1).collect();
    assert!(packages.len() > 50, "{}", packages.len());
    for package in packages {
        let ours = package.contains("name = \"liftgate\"\n");
        assert!(ours || package.contains("\nchecksum = \""), "{package}");
    }
}

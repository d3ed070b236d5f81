//! The page about the directory snapshot: its example is read, and its tables are what the reader knows.

use liftgate::directory;

use super::tables::{bare, table};
use super::*;

const PAGE: &str = "docs/directory.md";

fn told(json: &str) -> (Option<directory::Directory>, Vec<String>) {
    let mut run = Run::default();
    let file = run.sources.add("directory.json", json);
    let read = directory::read(&run.sources, file, &mut run.diagnostics);
    let helps = run.diagnostics.sorted().into_iter();
    (read, helps.filter_map(|found| found.help.clone()).collect())
}

#[test]
fn the_example_of_a_directory_is_read() {
    let page = text(PAGE);
    let example = page
        .split("```json\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let (read, told) = told(example);
    let read = read.unwrap_or_else(|| panic!("{told:?}"));
    assert!(read.people.len() > 1 && read.groups.is_some() && read.taken_at.is_some());
    assert!(read.people.values().any(|person| !person.active));
    assert!(read.people.values().any(|person| person.groups.is_none()));
}

#[test]
fn the_page_lists_every_field_of_a_directory() {
    let page = text(PAGE);
    for (heading, json) in [
        (
            "## The snapshot",
            "{\"version\": 1, \"people\": [], \"made_up\": 1}",
        ),
        (
            "### People",
            "{\"version\": 1, \"people\": [{\"login\": \"a\", \"made_up\": 1}]}",
        ),
        (
            "### Groups",
            "{\"version\": 1, \"people\": [], \"groups\": [{\"sent_as\": \"a\", \"made_up\": 1}]}",
        ),
    ] {
        let (_, told) = told(json);
        let (_, list) = told[0].split_once(" are ").unwrap();
        let known: Vec<String> = list.split(", ").map(bare).collect();
        let listed: Vec<String> = table(&page, heading)
            .iter()
            .map(|row| bare(&row[0]))
            .collect();
        assert_eq!(listed, known, "{heading}");
    }
    let limit = format!("{} MiB", directory::MAX_BYTES >> 20);
    assert!(page.contains(&limit), "{limit}");
}

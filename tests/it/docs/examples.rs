//! Examples. One of `docs/mapping.md` or of the README is a block of YAML whose first line says what it is: `mapping` and `fixtures`
//! are whole files, and `included` is one that the first example of `include` names; names of sections are parts, which are put
//! into the first whole file of their kind; `error:` and `warning:` name the code that it must give. Everything else must give
//! nothing.

use super::*;

/// A block of YAML in a document.
pub(super) struct Block {
    pub(super) place: String,
    pub(super) words: Vec<String>,
    pub(super) yaml: String,
}

impl Block {
    /// What it must give: a code, and how bad.
    fn wanted(&self) -> Option<(Code, Severity)> {
        let of = |prefix: &str, severity| {
            let mut names = self
                .words
                .iter()
                .filter_map(|word| word.strip_prefix(prefix));
            let name = names.next()?;
            assert!(names.next().is_none(), "{}: two codes", self.place);
            let code = Code::ALL.iter().find(|code| code.name() == name);
            Some((
                *code.unwrap_or_else(|| panic!("{}: no code `{name}`", self.place)),
                severity,
            ))
        };
        of("error:", Severity::Error).or_else(|| of("warning:", Severity::Warning))
    }

    fn sections(&self) -> Vec<&str> {
        let words = self.words.iter().map(String::as_str);
        words.filter(|word| !word.contains(':')).collect()
    }

    pub(super) fn is_whole(&self, kind: &str) -> bool {
        self.words == [kind]
    }

    fn is_about_fixtures(&self) -> bool {
        self.sections().iter().any(|word| {
            matches!(
                *word,
                "fixtures" | "identities" | "stacks" | "modules" | "tests"
            )
        })
    }
}

pub(super) fn blocks(path: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut in_other = false;
    for (at, line) in text(path).lines().enumerate() {
        let Some(info) = line.trim_start().strip_prefix("```") else {
            if let Some(block) = &mut open {
                block.yaml.push_str(line);
                block.yaml.push('\n');
            }
            continue;
        };
        if let Some(block) = open.take() {
            blocks.push(block);
        } else if in_other {
            in_other = false;
        } else if let Some(words) = info.strip_prefix("yaml").or(info.strip_prefix("yml")) {
            let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
            let place = format!("{path}:{}", at + 1);
            assert!(!words.is_empty(), "{place}: an example says what it is");
            open = Some(Block {
                place,
                words,
                yaml: String::new(),
            });
        } else {
            in_other = true;
        }
    }
    assert!(open.is_none() && !in_other, "{path}: a block has no end");
    blocks
}

/// A section of a file: its name, what stands beside it, and its entries with the names that they have.
struct Section {
    name: String,
    beside: String,
    entries: Vec<(Option<String>, String)>,
}

fn sections(yaml: &str, place: &str) -> Vec<Section> {
    let mut all: Vec<Section> = Vec::new();
    for line in yaml
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
    {
        if !line.starts_with([' ', '#', '-']) {
            let (name, beside) = line
                .split_once(':')
                .unwrap_or_else(|| panic!("{place}: {line}"));
            all.push(Section {
                name: name.to_owned(),
                beside: beside.to_owned(),
                entries: Vec::new(),
            });
            continue;
        }
        let section = all.last_mut().unwrap_or_else(|| panic!("{place}: {line}"));
        let inner = line
            .strip_prefix("  ")
            .unwrap_or_else(|| panic!("{place}: {line}"));
        if inner.starts_with([' ', '#']) {
            let (_, entry) = section.entries.last_mut().unwrap();
            entry.push_str(line);
            entry.push('\n');
        } else {
            let name = (!inner.starts_with('-')).then(|| {
                inner
                    .split_once(':')
                    .unwrap()
                    .0
                    .trim_matches('"')
                    .to_owned()
            });
            section.entries.push((name, format!("{line}\n")));
        }
    }
    all
}

/// A whole file with parts in it: an entry takes the place of the one of its name, and others stand beside those there.
pub(super) fn spliced(base: &Block, part: &Block) -> String {
    let mut whole = sections(&base.yaml, &base.place);
    let parts = sections(&part.yaml, &part.place);
    let given: Vec<&str> = parts.iter().map(|section| section.name.as_str()).collect();
    let mut said = part.sections();
    said.sort_unstable();
    let mut sorted = given.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, said, "{}: these sections it has", part.place);
    for new in parts {
        let Some(old) = whole.iter_mut().find(|old| old.name == new.name) else {
            whole.push(new);
            continue;
        };
        if !new.beside.trim().is_empty() {
            *old = new;
            continue;
        }
        for (name, entry) in new.entries {
            match old
                .entries
                .iter_mut()
                .find(|(other, _)| name.is_some() && *other == name)
            {
                Some(place) => place.1 = entry,
                None => old.entries.push((name, entry)),
            }
        }
    }
    whole
        .iter()
        .map(|section| {
            let entries: String = section
                .entries
                .iter()
                .map(|(_, entry)| entry.as_str())
                .collect();
            format!("{}:{}\n{entries}", section.name, section.beside)
        })
        .collect()
}

/// The examples of a document, read; answers what each gave.
pub(super) fn run_examples(path: &str) -> Vec<Found> {
    let examples = blocks(path);
    // The README may show parts, too; they are put into the reference's mapping.
    let reference = blocks("docs/mapping.md");
    let whole = |kind: &str| reference.iter().find(|block| block.is_whole(kind)).unwrap();
    let (base, base_fixtures) = (whole("mapping"), whole("fixtures"));
    let (model, policy) = Run::default().mapping(&base.yaml).unwrap();
    let mut all = Vec::new();
    for block in &examples {
        let mut run = Run::default();
        let is_whole = block.is_whole("mapping") || block.is_whole("fixtures");
        let failures = if block.sections() == ["included"] {
            let include = reference.iter().find(|other| other.is_whole("include"));
            run.included(&spliced(base, include.unwrap()), &block.yaml);
            Vec::new()
        } else if block.is_about_fixtures() {
            let yaml = match is_whole {
                true => block.yaml.clone(),
                false => spliced(base_fixtures, block),
            };
            run.fixtures(&yaml, &model, &policy)
        } else {
            let yaml = match is_whole {
                true => block.yaml.clone(),
                false => spliced(base, block),
            };
            run.mapping(&yaml);
            Vec::new()
        };
        assert!(failures.is_empty(), "{}: {failures:?}", block.place);
        // A part may declare what nothing uses, and tests that few run leave grants untested; that is not what it shows.
        let beside = |code: &Code| {
            !block.is_whole("mapping") && matches!(code, Code::UnusedName | Code::UntestedGrant)
        };
        // The words after the fence are not shown, so the first line says what a reader is to see.
        if let Some((code, severity)) = block.wanted() {
            let level = match severity {
                Severity::Warning => "warning",
                _ => "error",
            };
            let remark = format!("# {level}: {}\n", code.name());
            assert!(block.yaml.starts_with(&remark), "{}", block.place);
        }
        let found: Found = run
            .found()
            .into_iter()
            .filter(|(code, _)| !beside(code))
            .collect();
        let wanted: Found = block.wanted().into_iter().collect();
        assert_eq!(found, wanted, "{}:\n{}", block.place, run.told());
        all.push(found);
    }
    all
}

#[test]
fn every_example_of_the_reference_is_read() {
    let found = run_examples("docs/mapping.md");
    let wrong = found.iter().filter(|found| !found.is_empty()).count();
    assert!(wrong >= 15, "only {wrong} examples show a finding");
    assert!(
        found.len() - wrong >= 12,
        "only {} are right",
        found.len() - wrong
    );
}

#[test]
fn every_example_of_the_readme_is_read() {
    run_examples("README.md");
}

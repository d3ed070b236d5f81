//! What the documents say is what the program does: every example is read, and every table is compared with its source.
//!
//! An example of `docs/mapping.md` or of the README is a block of YAML whose first line says what it is: `mapping` and `fixtures`
//! are whole files; names of sections are parts, which are put into the first whole file of their kind; `error:` and
//! `warning:` name the code that it must give. Everything else must give nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use liftgate::cli::Exit;
use liftgate::compile::compile;
use liftgate::diagnostic::{Code, Diagnostics, Severity};
use liftgate::document::{self, read_fixtures, read_mapping};
use liftgate::model::Model;
use liftgate::policy::Policy;
use liftgate::project::Project;
use liftgate::report::diagnostics::{Look, human};
use liftgate::source::Sources;
use liftgate::{fixture, render, resolve::resolve, suite};

/// How a code was given, and how bad it was said to be.
type Found = BTreeSet<(Code, Severity)>;

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn reference() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| text("docs/mapping.md"))
}

// ---- Reading ----

/// Everything that was said of a mapping and its fixtures, in codes and in words.
#[derive(Default)]
struct Run {
    sources: Sources,
    diagnostics: Diagnostics,
}

impl Run {
    fn mapping(&mut self, yaml: &str) -> Option<(Model, Policy)> {
        let file = self.sources.add("access.yaml", yaml);
        let document = read_mapping(&self.sources, file, &mut self.diagnostics);
        let model = resolve(&document, &self.sources, &mut self.diagnostics)?;
        let policy = compile(&model, &mut self.diagnostics)?;
        Some((model, policy))
    }

    /// Checks fixtures and runs them; answers what failed.
    fn fixtures(&mut self, yaml: &str, model: &Model, policy: &Policy) -> Vec<String> {
        let file = self.sources.add("fixtures.yaml", yaml);
        let written: Vec<document::Fixtures> =
            vec![read_fixtures(&self.sources, file, &mut self.diagnostics)];
        let no_file = |_: &Path| Err(io::Error::from(io::ErrorKind::NotFound));
        let Some(set) = fixture::resolve(
            &written,
            model,
            &self.sources,
            &no_file,
            &mut self.diagnostics,
        ) else {
            return Vec::new();
        };
        let rego = render::render(policy).unwrap();
        let report = suite::run(model, policy, &rego, &set).unwrap();
        let failures = report.failures().flat_map(|outcome| {
            let differences = outcome.differences.iter();
            differences.map(|difference| format!("{}: {}", outcome.case, difference.what))
        });
        let failures = failures.collect();
        for finding in report.findings {
            self.diagnostics.push(finding);
        }
        failures
    }

    fn found(&self) -> Found {
        let all = self.diagnostics.sorted();
        all.iter().map(|d| (d.code, d.severity)).collect()
    }

    fn told(&self) -> String {
        let mut out = String::new();
        human(&mut out, &self.sources, &self.diagnostics, Look::default()).unwrap();
        out
    }
}

// ---- Examples ----

/// A block of YAML in a document.
struct Block {
    place: String,
    words: Vec<String>,
    yaml: String,
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

    fn is_whole(&self, kind: &str) -> bool {
        self.words == [kind]
    }

    fn is_about_fixtures(&self) -> bool {
        self.sections()
            .iter()
            .any(|word| matches!(*word, "fixtures" | "identities" | "tests"))
    }
}

fn blocks(path: &str) -> Vec<Block> {
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
    for line in yaml.lines().filter(|line| !line.trim().is_empty()) {
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
fn spliced(base: &Block, part: &Block) -> String {
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
fn run_examples(path: &str) -> Vec<Found> {
    let blocks = blocks(path);
    // The README may show parts, too; they are put into the reference's mapping.
    let reference = self::blocks("docs/mapping.md");
    let whole = |kind: &str| reference.iter().find(|block| block.is_whole(kind)).unwrap();
    let (base, base_fixtures) = (whole("mapping"), whole("fixtures"));
    let (model, policy) = Run::default().mapping(&base.yaml).unwrap();
    let mut all = Vec::new();
    for block in &blocks {
        let mut run = Run::default();
        let is_whole = block.is_whole("mapping") || block.is_whole("fixtures");
        let failures = if block.is_about_fixtures() {
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

// ---- Tables ----

/// The rows below a heading, up to the next heading of any depth; cells without their backticks.
fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let mut lines = document
        .lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .peekable();
    assert!(lines.peek().is_some(), "no heading `{heading}`");
    let rows = lines
        .take_while(|line| !line.starts_with('#'))
        .filter(|line| line.starts_with('|'))
        .skip(2);
    rows.map(|row| {
        let cells = row.trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().to_owned()).collect()
    })
    .collect()
}

fn bare(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}

#[test]
fn the_reference_lists_every_code_as_the_program_knows_it() {
    let told: Vec<(String, String)> = table(reference(), "## Findings")
        .iter()
        .map(|row| (bare(&row[0]), row[2].clone()))
        .collect();
    let known: Vec<(String, String)> = Code::ALL
        .iter()
        .map(|code| (code.name().to_owned(), code.about().to_owned()))
        .collect();
    assert_eq!(told, known);
}

#[test]
fn the_readme_lists_every_exit_code() {
    let told = table(&text("README.md"), "## Exit codes");
    let known: Vec<Vec<String>> = Exit::ALL
        .iter()
        .map(|exit| vec![(*exit as u8).to_string(), exit.about().to_owned()])
        .collect();
    assert_eq!(told, known);
}

#[test]
fn the_changelog_has_a_place_for_what_is_new() {
    let changelog = text("CHANGELOG.md");
    let first = changelog.lines().find(|line| line.starts_with("## "));
    assert_eq!(first, Some("## [Unreleased]"));
}

#[test]
fn what_the_documents_link_to_is_there() {
    for path in [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "docs/mapping.md",
        "docs/threat-model.md",
        "policies/README.md",
    ] {
        let document = text(path);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let folder = folder.parent().unwrap();
        for (target, _) in document
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
        {
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let there = match file {
                "" => document.clone(),
                file => {
                    assert!(folder.join(file).exists(), "{path} links to {target}");
                    fs::read_to_string(folder.join(file)).unwrap_or_default()
                }
            };
            let anchors = there.lines().filter_map(|line| {
                let title = line
                    .strip_prefix('#')?
                    .trim_start_matches('#')
                    .strip_prefix(' ')?;
                let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
                let anchor: String = title.to_lowercase().chars().filter(kept).collect();
                Some(anchor.replace(' ', "-"))
            });
            assert!(
                anchor.is_empty() || anchors.into_iter().any(|known| known == anchor),
                "{path} links to {target}"
            );
        }
    }
}

// ---- Fields ----

/// The fields of the map in which a made-up field stands, as the reader's help names them.
fn fields(yaml: &str, is_mapping: bool) -> Vec<String> {
    let mut run = Run::default();
    let file = run.sources.add("a.yaml", yaml);
    if is_mapping {
        read_mapping(&run.sources, file, &mut run.diagnostics);
    } else {
        read_fixtures(&run.sources, file, &mut run.diagnostics);
    }
    let all = run.diagnostics.sorted();
    let unknown = all.iter().find(|d| d.code == Code::UnknownField);
    let help = unknown
        .and_then(|d| d.help.as_deref())
        .unwrap_or_else(|| panic!("{yaml}"));
    let (_, list) = help.split_once(" are ").unwrap();
    list.split(", ").map(bare).collect()
}

#[test]
fn the_reference_lists_every_field_of_every_map() {
    let maps = [
        ("## The mapping", true, "made_up: 1"),
        ("### Account", true, "account: {made_up: 1}"),
        ("### Spaces", true, "spaces: {a: {made_up: 1}}"),
        ("### Roles", true, "roles: {a: {made_up: 1}}"),
        ("### Groups", true, "groups: {a: {made_up: 1}}"),
        (
            "#### Earlier values",
            true,
            "groups: {a: {formerly: [{made_up: 1}]}}",
        ),
        ("### Who", true, "people: {a: {made_up: 1}}"),
        ("### Conditions", true, "conditions: {a: {made_up: 1}}"),
        (
            "### When and unless",
            true,
            "grants: [{when: {made_up: 1}}]",
        ),
        ("### Login", true, "login: {made_up: 1}"),
        (
            "#### Entries",
            true,
            "login: {deny: [{who: a, made_up: 1}]}",
        ),
        (
            "#### Offboarded",
            true,
            "login: {offboarded: [{made_up: 1}]}",
        ),
        ("### `break_glass`", true, "break_glass: [{made_up: 1}]"),
        ("### Grants", true, "grants: [{made_up: 1}]"),
        ("### Which spaces", true, "grants: [{spaces: {made_up: 1}}]"),
        ("### Defaults", true, "defaults: {made_up: 1}"),
        ("## Fixtures", false, "made_up: 1"),
        ("### Identities", false, "identities: {a: {made_up: 1}}"),
        ("### Tests", false, "tests: [{made_up: 1}]"),
        ("#### Requests", false, "tests: [{request: {made_up: 1}}]"),
        (
            "#### Expectations",
            false,
            "tests: [{expect: {made_up: 1}}]",
        ),
    ];
    for (heading, is_mapping, yaml) in maps {
        let told: Vec<String> = table(reference(), heading)
            .iter()
            .map(|row| bare(&row[0]))
            .collect();
        assert_eq!(told, fields(yaml, is_mapping), "{heading}");
    }
    let tables = reference()
        .lines()
        .filter(|line| line.starts_with("| field |"))
        .count();
    assert_eq!(
        tables,
        maps.len() + 1,
        "a table of fields that nothing compares"
    );
}

/// Every part that is not there yet is refused as such, and the worked example of the whole language holds no other.
#[test]
fn the_reference_lists_what_is_not_there_yet() {
    let mut later = BTreeSet::new();
    for row in table(reference(), "## Not there yet") {
        let field = bare(&row[0]);
        let place = row[1].as_str();
        let yaml = match place {
            "the mapping" => format!("{field}: x\n"),
            "`login`" => format!("login: {{{field}: x}}\n"),
            "`spaces` of a grant" => format!("grants: [{{spaces: {{label: a, {field}: true}}}}]\n"),
            "who, identities" => format!("people: {{a: {{{field}: x}}}}\n"),
            other => panic!("{other}"),
        };
        let mut run = Run::default();
        run.mapping(&yaml);
        let named = run.diagnostics.sorted().into_iter().any(|d| {
            d.code == Code::NotYet && d.message.starts_with(&format!("`{field}` is part of"))
        });
        assert!(named, "{yaml}{}", run.told());
        later.insert(field);
    }
    let example = crate::reading::cases()
        .into_iter()
        .find(|case| case.ends_with("worked-example"))
        .unwrap();
    let mut run = Run::default();
    run.mapping(&fs::read_to_string(example.join("access.yaml")).unwrap());
    let mut count = 0;
    for found in run.diagnostics.sorted() {
        if found.code == Code::NotYet {
            let field = found.message.split('`').nth(1).unwrap();
            assert!(later.contains(field), "`{field}` is not listed");
            count += 1;
        }
    }
    assert!(count >= 10, "only {count}");
}

#[test]
fn the_limits_are_as_told() {
    let told: BTreeMap<String, String> = table(reference(), "## Limits")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    let mib = |bytes: usize| format!("{} MiB", bytes >> 20);
    assert_eq!(told["a file"], mib(liftgate::yaml::MAX_BYTES));
    assert_eq!(
        told["lists and maps within each other"],
        liftgate::yaml::MAX_DEPTH.to_string()
    );
    assert_eq!(
        told["values in a file, with aliases written out"].replace(',', ""),
        liftgate::yaml::MAX_NODES.to_string()
    );
    assert_eq!(
        told["text in a file, with aliases written out"],
        mib(liftgate::yaml::MAX_TEXT)
    );
    assert_eq!(
        told["errors told of one file"].replace(',', ""),
        liftgate::diagnostic::FileFindings::MOST.to_string()
    );
    // The others are no part of the interface: the last that is taken, and the first that is not.
    let code = |yaml: &str| {
        let mut run = Run::default();
        run.mapping(&format!(
            "version: 1\naccount: acme\nidentity_provider: okta\n{yaml}"
        ));
        run.found()
            .into_iter()
            .map(|(code, _)| code)
            .collect::<Vec<_>>()
    };
    let named = |length: usize| format!("groups: {{{}: x}}\n", "a".repeat(length));
    assert_eq!(told["a name, a login, a value of a group"], "512 bytes");
    assert_eq!(code(&named(512)), [Code::UnusedName]);
    assert_eq!(code(&named(513)), [Code::BadName]);
    let cases = |count: usize| {
        let logins: Vec<String> = (0..count).map(|n| format!("p{n}@acme.example")).collect();
        format!(
            "grants: [{{who: {{login: [{}]}}, roles: space-reader, spaces: root}}]\n",
            logins.join(", ")
        )
    };
    assert_eq!(
        told["cases that a subject and its conditions fall into"],
        "256"
    );
    assert_eq!(code(&cases(256)), []);
    assert_eq!(code(&cases(257)), [Code::TooManyCases]);
}

// ---- Codes ----

/// What the whole program says of files in a folder.
fn loaded(files: &[(&str, &[u8])]) -> Found {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let project = Project::load(folder.path());
    assert_eq!(project.compiled.is_none(), project.diagnostics.has_errors());
    let all = project.diagnostics.sorted();
    all.iter().map(|d| (d.code, d.severity)).collect()
}

/// A grant of which the row in the policy is longer than a line that can be evaluated.
fn too_long_a_row() -> String {
    let mut yaml = String::from("version: 1\naccount: acme\nidentity_provider: okta\nspaces:\n");
    for number in 0..2_200 {
        yaml.push_str(&format!(
            "  {}{number}: {{parent: root, labels: [a]}}\n",
            "s".repeat(500)
        ));
    }
    yaml.push_str("grants:\n  - {who: everyone, roles: space-reader, spaces: {label: a}}\n");
    yaml
}

/// Every finding that an example, a golden case or one of the files here gives.
fn witnesses() -> Found {
    let mut all = Found::new();
    for case in crate::reading::cases() {
        let (codes, _) = crate::reading::read(&case);
        // Reading knows no warnings; its own tests say so.
        all.extend(codes.into_iter().map(|code| (code, Severity::Error)));
    }
    for found in run_examples("docs/mapping.md") {
        all.extend(found);
    }

    let blocks = blocks("docs/mapping.md");
    let base = &blocks
        .iter()
        .find(|block| block.is_whole("mapping"))
        .unwrap()
        .yaml;
    let more = [
        // bad-name, duplicate-name, unused-name
        "space_sets:\n  a b: [root]\n  payments: [root]\n",
        "grants:\n  - {who: {all: [payments], none: [payments]}, roles: space-reader, spaces: payments}\n",
        "conditions:\n  nowhere: {ip: 192.0.2.1}\n",
    ];
    for part in more {
        let block = Block {
            place: part.to_owned(),
            words: vec![part.split_once(':').unwrap().0.to_owned()],
            yaml: part.to_owned(),
        };
        let base = Block {
            place: "the base".to_owned(),
            words: vec!["mapping".to_owned()],
            yaml: base.clone(),
        };
        let mut run = Run::default();
        run.mapping(&spliced(&base, &block));
        assert!(!run.found().is_empty(), "{part}");
        all.extend(run.found());
    }
    let logins: Vec<String> = (0..300).map(|number| format!("p{number}")).collect();
    let mut run = Run::default();
    run.mapping(&format!(
        "version: 1\naccount: acme\nidentity_provider: okta\ngrants: [{{who: {{login: [{}]}}, roles: space-reader, spaces: root}}]\n",
        logins.join(", ")
    ));
    all.extend(run.found());

    let (model, policy) = Run::default().mapping(base).unwrap();
    let mut run = Run::default();
    run.fixtures(
        "tests: [{name: a, input: {}, forbid: {roles: {root: [space-admin]}}}]\n",
        &model,
        &policy,
    );
    all.extend(run.found());

    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("access.yaml")).unwrap();
    let project = Project::load(folder.path());
    all.extend(
        project
            .diagnostics
            .sorted()
            .iter()
            .map(|d| (d.code, d.severity)),
    );
    all.extend(loaded(&[]));
    all.extend(loaded(&[("access.yaml", too_long_a_row().as_bytes())]));
    all
}

#[test]
fn every_code_is_given_by_something_and_at_the_level_told() {
    let found = witnesses();
    let levels: BTreeMap<String, String> = table(reference(), "## Findings")
        .into_iter()
        .map(|row| (bare(&row[0]), row[1].clone()))
        .collect();
    let mut missing = Vec::new();
    for code in Code::ALL {
        let given: BTreeSet<&str> = found
            .iter()
            .filter(|(other, _)| other == code)
            .map(|(_, severity)| match severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            })
            .collect();
        if given.is_empty() {
            missing.push(code.name());
        } else {
            let told = BTreeSet::from([levels[code.name()].as_str()]);
            assert_eq!(given, told, "{}", code.name());
        }
    }
    assert!(missing.is_empty(), "nothing gives {missing:?}");
}

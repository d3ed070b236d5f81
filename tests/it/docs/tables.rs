//! Tables: codes, exit codes, fields, limits; and links.

use liftgate::cli::Exit;
use liftgate::plan::Guard;

use super::*;

/// The rows below a heading, up to the next heading of any depth; cells without their backticks.
pub(super) fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
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

pub(super) fn bare(cell: &str) -> String {
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
fn the_page_of_plans_lists_every_guard() {
    let told = table(&text("docs/plan.md"), "## Guards");
    let known: Vec<Vec<String>> = Guard::ALL
        .iter()
        .map(|guard| {
            let set_aside = if guard.is_overridable() { "yes" } else { "no" };
            vec![
                format!("`{guard}`"),
                set_aside.to_owned(),
                guard.about().to_owned(),
            ]
        })
        .collect();
    assert_eq!(told, known);
}

#[test]
fn what_a_plan_is_compared_by_is_listed() {
    let told: Vec<String> = table(&text("docs/pushing.md"), "## A plan that was reviewed")
        .iter()
        .map(|row| bare(&row[0]))
        .collect();
    let known: Vec<&str> = liftgate::plan::Part::ALL
        .iter()
        .map(|part| part.code())
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
        "docs/directory.md",
        "docs/mapping.md",
        "docs/plan.md",
        "docs/pushing.md",
        "docs/offboarding.md",
        "docs/samples.md",
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
    run.fields_told()
}

impl Run {
    fn fields_told(&self) -> Vec<String> {
        let all = self.diagnostics.sorted();
        let unknown = all.iter().find(|d| d.code == Code::UnknownField);
        let help = unknown
            .and_then(|d| d.help.as_deref())
            .unwrap_or_else(|| panic!("{}", self.told()));
        let (_, list) = help.split_once(" are ").unwrap();
        list.split(", ").map(bare).collect()
    }
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
        ("### API keys", true, "api_keys: {a: {made_up: 1}}"),
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
        ("#### Slack", true, "login: {slack: [{made_up: 1}]}"),
        ("### Teams", true, "teams: {made_up: 1}"),
        ("### `break_glass`", true, "break_glass: [{made_up: 1}]"),
        (
            "### `outside_policy`",
            true,
            "outside_policy: [{made_up: 1}]",
        ),
        ("### Grants", true, "grants: [{made_up: 1}]"),
        ("### Naming", true, "naming: [{made_up: 1}]"),
        ("### Included files", true, "include: [{made_up: 1}]"),
        ("### Elevations", true, "elevations: [{made_up: 1}]"),
        ("### Guardrails", true, "guardrails: [{made_up: 1}]"),
        ("### Which spaces", true, "grants: [{spaces: {made_up: 1}}]"),
        ("### Access to stacks", true, "stack_access: [{made_up: 1}]"),
        (
            "#### What it is attached to",
            true,
            "stack_access: [{attach: {made_up: 1}}]",
        ),
        (
            "#### Entries about stacks",
            true,
            "stack_access: [{deny: [{who: a, made_up: 1}]}]",
        ),
        (
            "#### Which stacks",
            true,
            "stack_access: [{deny: [{stack: {made_up: 1}}]}]",
        ),
        (
            "#### Its space",
            true,
            "stack_access: [{deny: [{stack: {space: {made_up: 1}}}]}]",
        ),
        (
            "#### Its tracked commit",
            true,
            "stack_access: [{deny: [{stack: {tracked_commit: {made_up: 1}}}]}]",
        ),
        (
            "#### When it was made",
            true,
            "stack_access: [{deny: [{stack: {tracked_commit: {created_at: {made_up: 1}}}}]}]",
        ),
        (
            "#### Its worker pool",
            true,
            "stack_access: [{deny: [{stack: {worker_pool: {made_up: 1}}}]}]",
        ),
        ("### Defaults", true, "defaults: {made_up: 1}"),
        ("### Guards", true, "guards: {made_up: 1}"),
        ("### Lints", true, "lints: {expired: {made_up: 1}}"),
        ("## Fixtures", false, "made_up: 1"),
        ("### Identities", false, "identities: {a: {made_up: 1}}"),
        ("### Tests", false, "tests: [{made_up: 1}]"),
        (
            "#### Slack requests",
            false,
            "tests: [{slack: {made_up: 1}}]",
        ),
        ("#### Requests", false, "tests: [{request: {made_up: 1}}]"),
        (
            "#### Expectations",
            false,
            "tests: [{expect: {made_up: 1}}]",
        ),
    ];
    for (heading, is_mapping, yaml) in maps {
        // A second table of a section is about something else.
        let told: Vec<String> = table(reference(), heading)
            .iter()
            .map(|row| bare(&row[0]))
            .take_while(|field| field != "lint")
            .collect();
        assert_eq!(told, fields(yaml, is_mapping), "{heading}");
    }
    let heading = "#### What an included file holds";
    let told: Vec<String> = table(reference(), heading)
        .iter()
        .map(|row| bare(&row[0]))
        .collect();
    let mut run = Run::default();
    let file = run.sources.add("a.yaml", "made_up: 1");
    read_included(&run.sources, file, &mut run.diagnostics);
    assert_eq!(told, run.fields_told(), "{heading}");
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

/// The last table of a section: lints and their levels.
#[test]
fn the_reference_lists_every_lint_and_its_level() {
    use liftgate::model::Level;
    let told: Vec<(String, String)> = table(reference(), "### Lints")
        .iter()
        .skip_while(|row| row[0] != "lint")
        .skip(2)
        .map(|row| (bare(&row[0]), row[1].clone()))
        .collect();
    let word = |level: Level| {
        Level::WORDS
            .iter()
            .find(|(_, one)| *one == level)
            .unwrap()
            .0
    };
    let known: Vec<(String, String)> = liftgate::lint::LINTS
        .iter()
        .map(|lint| (lint.code.name().to_owned(), word(lint.level).to_owned()))
        .collect();
    assert_eq!(told, known);
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
    let made = |count: usize| {
        let suffixes: Vec<String> = (0..count).map(|n| format!("s{n}: space-reader")).collect();
        format!(
            "naming: [{{group: \"{{space}}-{{suffix}}\", suffix: {{{}}}, spaces: root}}]\n",
            suffixes.join(", ")
        )
    };
    let results = told["groups that conventions stand for, all together"].replace(',', "");
    let results: usize = results.parse().unwrap();
    assert_eq!(code(&made(results)), []);
    assert_eq!(code(&made(results + 1)), [Code::TooManyCases]);
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

/// The names of variables that a part of the sources holds.
fn variables(path: &str) -> BTreeSet<String> {
    let name = regex::Regex::new(r#""(SPACELIFT_[A-Z_]+)""#).unwrap();
    let text = text(path);
    name.captures_iter(&text).map(|m| m[1].to_owned()).collect()
}

#[test]
fn every_variable_of_the_credentials_is_explained() {
    let document = text("docs/credentials.md");
    let mut known = BTreeSet::new();
    for path in [
        "src/spacelift/credentials.rs",
        "src/spacelift/credentials/profile.rs",
        "src/spacelift/network.rs",
    ] {
        known.extend(variables(path));
    }
    for secret in ["KEY_SECRET", "TOKEN", "GITHUB_TOKEN"] {
        known.insert(format!("SPACELIFT_API_{secret}_FILE"));
    }
    let name = regex::Regex::new("`(SPACELIFT_[A-Z_]+)`").unwrap();
    let told: BTreeSet<String> = name
        .captures_iter(&document)
        .map(|m| m[1].to_owned())
        .collect();
    assert_eq!(told, known);
}

//! The worked examples beside the logins that Spacelift publishes, over a grid of inputs.
//!
//! `tests/published` holds a text for each example of which a policy is published: what that policy decides, written down anew
//! with the example's names, and beside it where the two decide differently. `policies/README.md` says the same in words.
//! The texts are others' in kind, and do what ours must not: OPA has to decide them, since our own engine reads some of it
//! otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use liftgate::evaluate::{Evaluator, Login};
use liftgate::model::NO_TEAM;
use liftgate::project::Project;
use regex::Regex;
use serde_json::Value;

use super::engines::Engines;
use super::grid::{self, Place};
use super::verdict::Outcome;

/// Where our own engine reads the published text otherwise than OPA: it finds something to deny where an address is missing, and
/// fails where groups that are none are looked through.
const DECIDED_BY_OPA_ALONE: [&str; 5] = [
    "added-team",
    "office-hours",
    "readers-writers-admins",
    "several-teams",
    "team-and-seniority",
];

/// What comes of an input: as what, with which roles and in which teams.
#[derive(PartialEq, Eq, Clone, Default)]
struct Effect {
    login: u8,
    roles: BTreeSet<(String, String)>,
    teams: BTreeSet<String>,
}

impl Effect {
    fn new(
        login: Login,
        roles: impl IntoIterator<Item = (String, BTreeSet<String>)>,
        teams: &BTreeSet<String>,
        input: &Value,
    ) -> Self {
        if login == Login::Deny {
            return Self::default();
        }
        let roles = roles.into_iter();
        // No teams at all are the provider's.
        let sent = || {
            let sent = input.pointer("/session/teams").and_then(Value::as_array);
            let sent = sent.into_iter().flatten().filter_map(Value::as_str);
            sent.map(String::from).collect()
        };
        let teams = if teams.is_empty() {
            sent()
        } else {
            teams.clone()
        };
        Self {
            login: if login == Login::Admin { 2 } else { 1 },
            roles: roles
                .flat_map(|(space, slugs)| slugs.into_iter().map(move |slug| (space.clone(), slug)))
                .collect(),
            teams: teams.into_iter().filter(|team| team != NO_TEAM).collect(),
        }
    }

    fn within(&self, other: &Self) -> bool {
        self.login <= other.login
            && self.roles.is_subset(&other.roles)
            && self.teams.is_subset(&other.teams)
    }

    fn told(&self) -> String {
        let mut told = ["refused", "let in", "admin"][usize::from(self.login)].to_string();
        for (space, role) in &self.roles {
            write!(told, " {space}={role}").unwrap();
        }
        if !self.teams.is_empty() {
            let teams: Vec<&str> = self.teams.iter().map(String::as_str).collect();
            write!(told, " in {}", teams.join(",")).unwrap();
        }
        told
    }
}

fn of_opa(outcome: &Outcome, input: &Value) -> Effect {
    let mut roles = outcome.roles.clone();
    let older = [
        ("space-admin", &outcome.space_admin),
        ("space-writer", &outcome.space_write),
        ("space-reader", &outcome.space_read),
    ];
    for (role, spaces) in older {
        for space in spaces {
            let held = roles.entry(space.clone()).or_default();
            held.insert(role.to_string());
        }
    }
    Effect::new(outcome.login(), roles, &outcome.team, input)
}

struct Example {
    project: Project,
    /// The text that stands for the published policy.
    text: String,
    places: Vec<Place>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published")
}

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies")
}

fn names(folder: &Path, keeps: impl Fn(&Path) -> bool) -> BTreeSet<String> {
    let paths = fs::read_dir(folder).unwrap();
    paths
        .map(|entry| entry.unwrap().path())
        .filter(|path| keeps(path))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect()
}

fn published() -> BTreeSet<String> {
    names(&folder(), |path| {
        path.extension().is_some_and(|ext| ext == "rego")
    })
}

fn example(name: &str) -> Example {
    let project = Project::load(&policies().join(name));
    let places = grid::of(&project.compiled.as_ref().unwrap().model);
    Example {
        project,
        text: fs::read_to_string(folder().join(format!("{name}.rego"))).unwrap(),
        places,
    }
}

impl Example {
    fn ours(&self) -> Vec<Effect> {
        let model = &self.project.compiled.as_ref().unwrap().model;
        let decide = |place: &Place| {
            let meant = model.decide(&place.input);
            Effect::new(meant.login, meant.roles, &meant.teams, &place.input)
        };
        self.places.iter().map(decide).collect()
    }

    /// Where the published policy decides otherwise: for whom, in which direction, at which places of the grid, and how for the
    /// first.
    fn differences(&self, theirs: &[Effect]) -> String {
        let mut kinds: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        let ours = self.ours();
        for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            if ours == theirs {
                continue;
            }
            let way = match (ours.within(theirs), theirs.within(ours)) {
                (true, _) => "the published policy gives more",
                (_, true) => "ours gives more",
                _ => "each gives something else",
            };
            kinds
                .entry((self.places[at].whom(), way))
                .or_default()
                .push(at);
        }
        let all = axes(self.places.iter());
        let mut told = format!("{} inputs\n", self.places.len());
        for ((whom, way), at) in kinds {
            write!(told, "\n{whom}: {way}, at {}\n", at.len()).unwrap();
            // What is the same everywhere on the grid, and what makes no difference, is left out.
            for (axis, values) in axes(at.iter().map(|at| &self.places[*at])) {
                if values != all[axis] {
                    let values: Vec<&str> = values.into_iter().collect();
                    writeln!(told, "  {axis}: {}", values.join(" | ")).unwrap();
                }
            }
            let first = &self.places[at[0]];
            let first: Vec<String> = first
                .axes
                .iter()
                .filter(|(axis, _)| all[axis].len() > 1)
                .map(|(axis, value)| format!("{axis} {value}"))
                .collect();
            let (ours, theirs) = (ours[at[0]].told(), theirs[at[0]].told());
            writeln!(
                told,
                "  such as {}\n    published: {theirs}\n    ours: {ours}",
                first.join(", ")
            )
            .unwrap();
        }
        told
    }
}

/// The values that places have on each axis.
fn axes<'p>(places: impl Iterator<Item = &'p Place>) -> BTreeMap<&'static str, BTreeSet<&'p str>> {
    let mut axes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for place in places {
        for (axis, value) in &place.axes {
            axes.entry(axis).or_default().insert(value);
        }
    }
    axes
}

fn committed(name: &str) -> String {
    fs::read_to_string(folder().join(format!("{name}.txt"))).unwrap_or_default()
}

/// Asks real OPA. `BLESS=1 tests/agree` writes what it finds.
#[test]
#[ignore = "asks real OPA: `tests/agree` runs it"]
fn published_policies_differ_from_ours_where_it_is_said() {
    let mut engines = Engines::start().expect("`tests/agree` starts this");
    let mut wrong = Vec::new();
    for name in published() {
        let example = example(&name);
        let inputs: Vec<&Value> = example.places.iter().map(|place| &place.input).collect();
        let outcomes = engines.foreign(&example.text, &inputs);
        let theirs: Vec<Effect> = outcomes
            .iter()
            .zip(&inputs)
            .map(|(outcome, input)| of_opa(outcome, input))
            .collect();
        let found = example.differences(&theirs);
        if std::env::var_os("BLESS").is_some() {
            fs::write(folder().join(format!("{name}.txt")), &found).unwrap();
        } else if found != committed(&name) {
            wrong.push(format!("{name}: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The same without OPA, where our own engine reads the published texts as it does.
#[test]
fn published_policies_differ_from_ours_as_opa_has_found() {
    let mut otherwise = BTreeSet::new();
    for name in published() {
        let example = example(&name);
        let mut evaluator = Evaluator::new(&example.text).unwrap();
        let decide = |place: &Place| {
            let decided = evaluator.decide(&place.input).ok()?;
            let (roles, teams) = (decided.roles, &decided.teams);
            Some(Effect::new(decided.login, roles, teams, &place.input))
        };
        let theirs: Option<Vec<Effect>> = example.places.iter().map(decide).collect();
        let found = theirs.map(|theirs| example.differences(&theirs));
        if DECIDED_BY_OPA_ALONE.contains(&name.as_str()) {
            if found != Some(committed(&name)) {
                otherwise.insert(name);
            }
        } else {
            // `BLESS=1 tests/agree` writes it anew.
            assert_eq!(found, Some(committed(&name)), "{name}");
        }
    }
    assert_eq!(otherwise, DECIDED_BY_OPA_ALONE.map(String::from).into());
}

/// The tables of `policies/README.md` name every example, and are right about whether there is a policy, whether it decides
/// differently for people, and whether it fails open.
#[test]
fn the_readme_says_where_published_policies_differ() {
    let readme = fs::read_to_string(policies().join("README.md")).unwrap();
    let row = Regex::new(r"(?m)^\| \[([a-z0-9-]+)\]\(([a-z0-9-]+)\) \|.*\|([^|]*)\|$").unwrap();
    let rows: BTreeMap<&str, &str> = row
        .captures_iter(&readme)
        .map(|found| {
            let [name, link, said] = found.extract().1;
            assert_eq!(name, link);
            (name, said.trim())
        })
        .collect();
    let mut examples = names(&policies(), |path| path.join("access.yaml").exists());
    assert!(examples.remove("acme"));
    // Access policies have a table of their own: what they decide is no sign-in, and is compared elsewhere.
    let of_stacks = Regex::new(r"(?m)^\| `(stacks-[a-z0-9-]+)` \|").unwrap();
    let of_stacks: BTreeSet<String> = of_stacks
        .captures_iter(&readme)
        .map(|found| found[1].to_string())
        .collect();
    let (about_stacks, examples): (BTreeSet<_>, BTreeSet<_>) = examples
        .into_iter()
        .partition(|name| name.starts_with("stacks-"));
    assert_eq!(about_stacks, of_stacks);
    assert_eq!(
        rows.keys()
            .map(|name| (*name).to_string())
            .collect::<BTreeSet<_>>(),
        examples
    );
    let published = published();
    assert!(published.is_subset(&examples));
    for (name, said) in &rows {
        let committed = committed(name);
        assert_eq!(
            published.contains(*name),
            !said.starts_with("Described in words only"),
            "{name}: {said}"
        );
        if !published.contains(*name) {
            continue;
        }
        assert!(committed.contains(" inputs\n"), "{name}");
        let for_people = ["\nmembers: ", "\noutsiders: "]
            .iter()
            .any(|whom| committed.contains(whom));
        let open = committed.split("\n\n").any(|part| {
            part.contains("the published policy gives more") && part.starts_with("members")
        });
        if said.starts_with("Nothing for people") {
            assert!(!for_people, "{name} is said to differ in nothing");
        }
        if said.contains("**Fails open.**") {
            assert!(open, "{name} is said to fail open");
        }
    }
}

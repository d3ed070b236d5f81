//! The worked examples beside the policies that Spacelift publishes, over a grid of inputs.
//!
//! `tests/published` holds a text for each example of which a policy is published: what that policy decides, written down anew
//! with the example's names, and beside it where the two decide differently. `policies/README.md` says the same in words.
//! The texts are others' in kind, and do what ours must not: OPA has to decide them, since our own engine reads some of it
//! otherwise.

mod logins;
mod stacks;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use liftgate::model::Model;
use liftgate::project::Project;
use regex::Regex;
use serde_json::Value;

use super::engines::Engines;
use super::grid::{self, Place};
use super::verdict::Outcome;

/// What comes of an input.
trait Effect: PartialEq + Sized {
    /// Whether the other gives all of this.
    fn within(&self, other: &Self) -> bool;

    fn told(&self) -> String;
}

/// Policies of one kind. Examples are known by the names of their folders.
trait Kind {
    type Effect: Effect;
    /// OPA's word for it.
    const POLICY: &'static str;
    /// Where our own engine reads the published text otherwise than OPA.
    const DECIDED_BY_OPA_ALONE: &'static [&'static str];

    /// Whether an example is of this kind.
    fn has(name: &str) -> bool;

    fn places(name: &str, model: &Model) -> Vec<Place>;

    fn meant(name: &str, model: &Model, input: &Value) -> Self::Effect;

    fn of_opa(outcome: &Outcome, input: &Value) -> Self::Effect;

    /// Our own engine with a published text. It answers nothing where it fails.
    fn evaluator(text: &str) -> impl FnMut(&Value) -> Option<Self::Effect>;
}

struct Example {
    name: String,
    model: Model,
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

fn examples<K: Kind>() -> impl Iterator<Item = Example> {
    published()
        .into_iter()
        .filter(|name| K::has(name))
        .map(|name| {
            let project = Project::load(&policies().join(&name));
            let model = project.compiled.unwrap().model;
            Example {
                places: K::places(&name, &model),
                text: fs::read_to_string(folder().join(format!("{name}.rego"))).unwrap(),
                model,
                name,
            }
        })
}

impl Example {
    /// Where the published policy decides otherwise: for whom, in which direction, at which places of the grid, and how for the
    /// first.
    fn differences<K: Kind>(&self, theirs: &[K::Effect]) -> String {
        let mut kinds: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        let ours = self.places.iter();
        let ours: Vec<K::Effect> = ours
            .map(|place| K::meant(&self.name, &self.model, &place.input))
            .collect();
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

fn ask_opa<K: Kind>() {
    let mut engines = Engines::start().expect("`tests/agree` starts this");
    let mut wrong = Vec::new();
    for example in examples::<K>() {
        let inputs: Vec<&Value> = example.places.iter().map(|place| &place.input).collect();
        let outcomes = engines.foreign(K::POLICY, &example.text, &inputs);
        let outcomes = outcomes.iter().zip(&inputs);
        let theirs: Vec<K::Effect> = outcomes
            .map(|(outcome, input)| K::of_opa(outcome, input))
            .collect();
        let found = example.differences::<K>(&theirs);
        if std::env::var_os("BLESS").is_some() {
            fs::write(folder().join(format!("{}.txt", example.name)), &found).unwrap();
        } else if found != committed(&example.name) {
            wrong.push(format!("{}: {found}", example.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn ask_our_own_engine<K: Kind>() {
    let (mut otherwise, mut asked) = (BTreeSet::new(), 0);
    for example in examples::<K>() {
        let mut decide = K::evaluator(&example.text);
        let theirs = example.places.iter().map(|place| decide(&place.input));
        let theirs: Option<Vec<K::Effect>> = theirs.collect();
        let found = theirs.map(|theirs| example.differences::<K>(&theirs));
        let committed = Some(committed(&example.name));
        if !K::DECIDED_BY_OPA_ALONE.contains(&example.name.as_str()) {
            // `BLESS=1 tests/agree` writes it anew.
            assert_eq!(found, committed, "{}", example.name);
        } else if found != committed {
            otherwise.insert(example.name);
        }
        asked += 1;
    }
    let expected: BTreeSet<String> = K::DECIDED_BY_OPA_ALONE
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(otherwise, expected);
    assert!(asked > 10, "{asked}");
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
    let told: BTreeSet<String> = rows.keys().map(ToString::to_string).collect();
    assert_eq!(told, examples);
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
        let parts = || committed.split("\n\n").skip(1);
        let about = |whom: &str| parts().any(|part| part.starts_with(whom));
        let open = |is: &dyn Fn(&str) -> bool| {
            parts().any(|part| {
                part.starts_with("members: the published policy gives more") && is(part)
            })
        };
        let nothing = said.starts_with("Nothing for people");
        let says_open = said.contains("**Fails open.**");
        if name.starts_with(stacks::PREFIX) {
            // That outsiders are given something is the same everywhere.
            assert_eq!(nothing, !about("members") && !about("Slack"), "{name}");
            // What is missing is the difference, or part of it. That a session does not say it is a machine's is no news.
            let is_missing = |part: &str| {
                let part = part.replace("machine: left out", "");
                part.replace("machine left out", "").contains("left out")
            };
            assert_eq!(says_open, open(&is_missing), "{name}");
        } else {
            assert!(
                !nothing || !(about("members") || about("outsiders")),
                "{name}"
            );
            assert!(!says_open || open(&|_| true), "{name}");
        }
    }
    // In the text around the tables too, links lead somewhere.
    let used = Regex::new(r"\]\[([a-z0-9-]+)\]").unwrap();
    for found in used.captures_iter(&readme) {
        let link = format!("\n[{}]: https://", &found[1]);
        assert!(readme.contains(&link), "{}", &found[1]);
    }
}

/// The page about engines counts those of which ours reads the text otherwise.
#[test]
fn the_page_counts_what_our_own_engine_reads_otherwise() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/agreement.md")).unwrap();
    let told = format!(
        "Of {} policies that Spacelift publishes, regorus reads {} otherwise",
        published().len(),
        logins::DECIDED_BY_OPA_ALONE.len() + stacks::DECIDED_BY_OPA_ALONE.len(),
    );
    assert!(page.contains(&told), "{told}");
}

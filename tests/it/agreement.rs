//! Agreement with real OPA, which is what Spacelift decides by.
//!
//! The samples (every mapping under `policies`, random mappings, strange names, the rows of the language's semantics) have
//! been decided by OPA; its verdicts are committed under `tests/opa/verdicts`. A run of the tests makes the same samples
//! again, from the same seed, decides them with our own engine, and compares. `tests/opa/agree` asks OPA itself.
//!
//! `LIFTGATE_SEED` and `LIFTGATE_PAIRS` make it ask about other and more random mappings than the committed ones.

mod cells;
mod chance;
mod conditions;
mod constructs;
mod delegation;
mod engines;
mod grid;
mod inputs;
mod mapping;
mod mistakes;
mod names;
mod oracle;
mod people;
mod pieces;
pub mod pipeline;
mod pools;
mod published;
pub mod random;
mod rules;
mod run;
pub mod sample;
mod sessions;
mod shrink;
pub mod stacks;
mod targets;
mod times;
mod timestamps;
mod told;
mod verdict;
mod who;
mod words;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use liftgate::evaluate::{Login, PREAMBLE, access};

use pipeline::Seen;
use sample::{About, Sample};
use verdict::Outcome;

/// Every set of samples by name.
fn sets() -> Vec<(&'static str, Vec<Sample>)> {
    vec![
        ("policies", sample::policies()),
        ("random", asked_for(About::Login).0),
        ("stacks", asked_for(About::Stacks).0),
        ("names", names::samples()),
        ("semantics", crate::semantics::samples()),
    ]
}

/// The random samples: the committed ones, or what the environment asks for.
fn asked_for(about: About) -> (Vec<Sample>, Seen) {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let seed = number("LIFTGATE_SEED").unwrap_or(sample::SEED);
    let mappings = number("LIFTGATE_PAIRS").map_or(sample::MAPPINGS, |pairs| {
        usize::try_from(pairs).unwrap() / sample::INPUTS
    });
    sample::random(about, seed, mappings, sample::INPUTS)
}

fn replay(set: &str, samples: &[Sample]) {
    verdict::complain(&verdict::differences(samples, &verdict::committed(set)));
}

#[test]
fn the_policies_are_decided_as_opa_decides() {
    replay("policies", &sample::policies());
}

#[test]
fn random_mappings_are_decided_as_opa_decides() {
    replay(
        "random",
        &sample::random(About::Login, sample::SEED, sample::MAPPINGS, sample::INPUTS).0,
    );
}

#[test]
fn random_access_to_stacks_is_decided_as_opa_decides() {
    replay(
        "stacks",
        &sample::random(
            About::Stacks,
            sample::SEED,
            sample::MAPPINGS,
            sample::INPUTS,
        )
        .0,
    );
}

#[test]
fn strange_names_are_decided_as_opa_decides() {
    replay("names", &names::samples());
}

#[test]
fn the_rows_of_the_semantics_are_decided_as_opa_decides() {
    replay("semantics", &crate::semantics::samples());
}

/// What an outcome is called, whether one is that, and how many in a hundred have to be.
type Least<'a> = (&'a str, &'a dyn Fn(&Outcome) -> bool, usize);

/// Agreement on what never comes up is none: every construct and edge has to be there, and every outcome often enough.
fn exercises(about: About, least: &[Least]) {
    const AT_LEAST: usize = 3;
    let (samples, seen) = sample::random(about, sample::SEED, sample::MAPPINGS, sample::INPUTS);
    let table = about.table();
    let listed = table.constructs.iter().chain(&table.edges);
    let listed: BTreeSet<&str> = listed.copied().collect();
    let unlisted: Vec<_> = seen.keys().filter(|name| !listed.contains(*name)).collect();
    assert!(unlisted.is_empty(), "not in the list: {unlisted:?}");
    let times = |name: &str| seen.get(name).copied().unwrap_or_default();
    let rare: Vec<_> = listed
        .iter()
        .map(|name| (name, times(name)))
        .filter(|(_, times)| *times < AT_LEAST)
        .collect();
    assert!(rare.is_empty(), "hardly exercised: {rare:?}");

    let verdicts = verdict::committed(about.word());
    let outcomes: Vec<_> = verdicts
        .iter()
        .flat_map(|verdict| &verdict.decisions)
        .collect();
    let pairs: usize = samples.iter().map(|sample| sample.inputs.len()).sum();
    assert_eq!(outcomes.len(), pairs);
    let share = |what: &dyn Fn(&Outcome) -> bool| {
        outcomes.iter().filter(|outcome| what(outcome)).count() * 100 / pairs
    };
    let shares: Vec<_> = least
        .iter()
        .map(|(what, is, least)| (*what, share(*is), *least))
        .collect();
    let told: Vec<String> = shares
        .iter()
        .map(|(what, share, _)| format!("{share} % {what}"))
        .collect();
    print(&format!(
        "{} constructs in {} mappings; {}",
        listed.len(),
        samples.len(),
        told.join(", ")
    ));
    assert!(
        shares.iter().all(|(_, share, least)| share >= least),
        "{told:?}"
    );
}

#[test]
fn the_committed_sample_exercises_every_construct() {
    let flagged = |name: &'static str| {
        move |outcome: &Outcome| outcome.flag.iter().any(|flag| flag.starts_with(name))
    };
    exercises(
        About::Login,
        &[
            ("refused", &|o| o.login() == Login::Deny, 30),
            ("let in", &|o| o.login() == Login::Allow, 25),
            ("admin", &|o| o.login() == Login::Admin, 4),
            ("without administrative rights", &|o| o.deny_admin, 8),
            (
                "let in without administrative rights",
                &|o| o.deny_admin && o.allow,
                2,
            ),
            ("with roles", &|o| !o.roles.is_empty(), 20),
            ("refused by the gate", &flagged("gate"), 5),
            ("refused by a denial", &flagged("deny-"), 8),
            ("refused as offboarded", &flagged("offboarded"), 1),
            ("refused as unidentified", &flagged("unidentified"), 1),
        ],
    );
}

#[test]
fn the_committed_sample_of_stacks_exercises_every_construct() {
    exercises(
        About::Stacks,
        &[
            ("readers", &|o| o.read && !o.write, 5),
            ("writers", &|o| o.write, 5),
            ("denied", &|o| o.deny, 15),
            ("denied what they may read", &|o| o.deny && o.read, 3),
            ("not to write", &|o| o.deny_write, 15),
            (
                "not to write what they may write",
                &|o| o.deny_write && o.write,
                1,
            ),
            (
                "given and denied nothing",
                &|o| !o.read && !o.deny && !o.deny_write,
                10,
            ),
            ("recorded", &|o| o.sample, 5),
        ],
    );
}

#[allow(clippy::print_stdout)] // shown with `--nocapture`
fn print(text: &str) {
    println!("{text}");
}

/// The modules that OPA gets beside a policy are those that our own engine gets.
#[test]
fn both_engines_get_the_same_preamble() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/opa/preamble");
    for (kind, ours) in [("login", PREAMBLE), ("access", access::PREAMBLE)] {
        let text = fs::read_to_string(folder.join(format!("{kind}.v1.rego"))).unwrap();
        assert_eq!(text, ours, "{kind}");
    }
}

/// The page about all this counts what there is.
#[test]
fn the_page_tells_how_much_is_compared() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/agreement.md")).unwrap();
    for (about, what) in [
        (About::Login, "of the language"),
        (About::Stacks, "about stacks"),
    ] {
        let table = about.table();
        let (constructs, edges) = (table.constructs.len(), table.edges.len());
        let told = format!("{constructs} constructs {what} by {edges} edges of an");
        assert!(page.contains(&told), "{told}");
    }
    let Ok(planted) = fs::read_to_string(root.join("tests/seeded/bugs.py")) else {
        // The published package leaves them out.
        return;
    };
    let planted = planted
        .lines()
        .filter(|line| line.starts_with("    (\""))
        .count();
    assert!(page.contains(&format!("{planted} of them, one at a time")));
}

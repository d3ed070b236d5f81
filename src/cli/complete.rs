//! What a shell offers: commands, arguments, and names that the mapping at hand declares.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use super::Cli;
use crate::diagnostic::Diagnostics;
use crate::document::{self, Document};
use crate::model::{BUILT_IN_ROLES, FIXED_SPACES};
use crate::plan::Guard;
use crate::project::MAPPING;
use crate::resolve::actions::ACTIONS;
use crate::source::Sources;

/// The variable by which a shell's script asks this program what to offer.
pub const VARIABLE: &str = "LIFTGATE_COMPLETE";

/// Answers a shell that asks, and ends; or does nothing.
pub fn answer() {
    CompleteEnv::with_factory(Cli::command)
        .var(VARIABLE)
        .complete();
}

/// Names of groups.
pub fn groups() -> ArgValueCandidates {
    candidates(|found| names(&found.document.groups))
}

/// Ids of spaces.
pub fn spaces() -> ArgValueCandidates {
    candidates(|found| {
        let fixed = FIXED_SPACES.iter().map(ToString::to_string);
        names(&found.document.spaces)
            .into_iter()
            .chain(fixed)
            .collect()
    })
}

/// Labels of spaces.
pub fn labels() -> ArgValueCandidates {
    candidates(|found| {
        let spaces = found.document.spaces.iter();
        spaces
            .flat_map(|(_, space)| space.labels.iter().map(|label| label.value.clone()))
            .collect()
    })
}

/// Slugs of roles.
pub fn roles() -> ArgValueCandidates {
    candidates(|found| {
        let fixed = BUILT_IN_ROLES.iter().map(ToString::to_string);
        names(&found.document.roles)
            .into_iter()
            .chain(fixed)
            .collect()
    })
}

/// Names of API keys.
pub fn api_keys() -> ArgValueCandidates {
    candidates(|found| names(&found.document.api_keys))
}

/// Names of identities of the fixtures.
pub fn identities() -> ArgValueCandidates {
    candidates(|found| found.identities.clone())
}

/// Actions, which every account knows.
pub fn actions() -> ArgValueCandidates {
    ArgValueCandidates::new(|| offered(ACTIONS.iter().map(ToString::to_string)))
}

/// Guards that can be set aside, before the reason.
pub fn guards() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let guards = Guard::ALL.iter().filter(|guard| guard.is_overridable());
        offered(guards.map(|guard| format!("{guard}=")))
    })
}

/// What is at hand.
struct Found {
    document: Document,
    identities: BTreeSet<String>,
}

fn candidates(of: fn(&Found) -> BTreeSet<String>) -> ArgValueCandidates {
    ArgValueCandidates::new(move || {
        let found = read(&mapping(std::env::args_os().map(PathBuf::from)));
        offered(found.map(|found| of(&found)).into_iter().flatten())
    })
}

fn offered(names: impl Iterator<Item = String>) -> Vec<CompletionCandidate> {
    names.map(CompletionCandidate::new).collect()
}

fn names<T>(entries: &[(document::Text, T)]) -> BTreeSet<String> {
    entries.iter().map(|(name, _)| name.value.clone()).collect()
}

/// The mapping that is being typed about: a word so far that names one, else the one of this folder.
fn mapping(words: impl Iterator<Item = PathBuf>) -> PathBuf {
    let named = words.skip(1).find_map(|word| {
        let within = word.join(MAPPING);
        if within.is_file() {
            return Some(within);
        }
        let is_yaml = word
            .extension()
            .is_some_and(|end| end == "yaml" || end == "yml");
        (is_yaml && word.is_file()).then_some(word)
    });
    named.unwrap_or_else(|| PathBuf::from(MAPPING))
}

/// Reads what is there and sound. Whatever is wrong with it is not for a shell to tell.
fn read(mapping: &Path) -> Option<Found> {
    let (mut sources, mut ignored) = (Sources::default(), Diagnostics::default());
    let file = sources.read(mapping, &mut ignored)?;
    let document = document::read_mapping(&sources, file, &mut ignored);
    let fixtures = mapping.with_file_name("fixtures.yaml");
    let mut identities = BTreeSet::new();
    if fixtures.is_file()
        && let Some(file) = sources.read(&fixtures, &mut ignored)
    {
        identities = names(&document::read_fixtures(&sources, file, &mut ignored).identities);
    }
    Some(Found {
        document,
        identities,
    })
}

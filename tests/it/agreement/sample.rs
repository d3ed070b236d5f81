//! What is asked of both engines: a policy and inputs for it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use liftgate::policy::hex;
use liftgate::project::Project;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::constructs::{CONSTRUCTS, EDGES};
use super::inputs;
use super::mapping;
use super::pipeline::{Compiled, Files, MAIN, Seen, shown, tried_files};
use super::pools::Pools;
use super::random::Random;

/// The seed of the committed sample.
pub const SEED: u64 = 20_261_203;
/// Its size.
pub const MAPPINGS: usize = 200;
/// Inputs for each of its mappings.
pub const INPUTS: usize = 10;

/// A policy and inputs for it.
pub struct Sample {
    pub id: String,
    pub files: Files,
    pub compiled: Compiled,
    pub inputs: Vec<Value>,
}

impl Sample {
    pub fn of(id: String, yaml: String, inputs: Vec<Value>) -> Self {
        Self::of_files(id, Files::from([(MAIN.to_string(), yaml)]), inputs)
    }

    pub fn of_files(id: String, files: Files, inputs: Vec<Value>) -> Self {
        let compiled = match tried_files(&files) {
            Ok(compiled) => compiled,
            Err((_, told)) => panic!("{told}\nin the mapping\n{}", shown(&files)),
        };
        Self {
            id,
            files,
            compiled,
            inputs,
        }
    }

    /// The digest of the policy's text.
    pub fn text_digest(&self) -> String {
        hex(&Sha256::digest(&self.compiled.text))
    }

    /// The digest of the inputs.
    pub fn inputs_digest(&self) -> String {
        hex(&Sha256::digest(
            Value::from(self.inputs.clone()).to_string(),
        ))
    }
}

/// So many mappings with so many inputs each, the same for every run with one seed.
pub fn random(seed: u64, mappings: usize, inputs_each: usize) -> (Vec<Sample>, Seen) {
    let mut all = Seen::new();
    let samples = (0..mappings)
        .map(|at| {
            let mut drawn = Drawn::new(seed, at, inputs_each);
            let mut of_inputs = drawn.edges.iter().flatten();
            for construct in drawn.constructs.iter().chain(&mut of_inputs) {
                *all.entry(construct).or_default() += 1;
            }
            drawn.sample.id = format!("random-{at:04}");
            drawn.sample
        })
        .collect();
    (samples, all)
}

/// A random mapping with inputs.
pub struct Drawn {
    pub number: usize,
    pub sample: Sample,
    /// What the mapping uses.
    pub constructs: BTreeSet<&'static str>,
    /// What is special about each input.
    pub edges: Vec<BTreeSet<&'static str>>,
}

impl Drawn {
    /// The mapping of one seed that has a number, and its inputs. Every construct has its turn, and beside each of them every
    /// edge.
    pub fn new(seed: u64, number: usize, inputs: usize) -> Self {
        let part = u64::try_from(number).unwrap() * 1_000;
        let wish = CONSTRUCTS[number % CONSTRUCTS.len()];
        let (files, seen) = mapping::mapping(Random::new(seed, part), Some(wish));
        let mut sample = Sample::of_files(format!("{seed}-{number}"), files, Vec::new());
        let (inputs, edges) = inputs_for(&sample.compiled, seed, part + 1, number * inputs, inputs);
        sample.inputs = inputs;
        Self {
            number,
            sample,
            constructs: seen.into_keys().collect(),
            edges,
        }
    }
}

/// Inputs for a mapping, from one number of edges on: of three, two are wished for.
fn inputs_for(
    compiled: &Compiled,
    seed: u64,
    part: u64,
    from: usize,
    count: usize,
) -> (Vec<Value>, Vec<BTreeSet<&'static str>>) {
    let pools = Pools::of(&compiled.model);
    (0..count)
        .map(|at| {
            let random = Random::new(seed, part + u64::try_from(at).unwrap());
            let wish = (at % 3 != 0).then(|| EDGES[(from + at) % EDGES.len()]);
            let (input, seen) = inputs::input(random, wish, &pools);
            (input, seen.into_keys().collect())
        })
        .unzip()
}

/// Every mapping under `policies`, with the inputs of its fixtures and with random ones.
pub fn policies() -> Vec<Sample> {
    let Ok(folders) = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("policies")) else {
        return Vec::new();
    };
    let mut folders: Vec<_> = folders.map(|folder| folder.unwrap().path()).collect();
    folders.sort();
    folders
        .into_iter()
        .filter(|folder| folder.join("access.yaml").exists())
        .map(|folder| {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            let project = Project::load(&folder).compiled.unwrap();
            let yaml = fs::read_to_string(folder.join("access.yaml")).unwrap();
            let mut sample = Sample::of(format!("policies/{name}"), yaml, Vec::new());
            assert_eq!(sample.compiled.text, project.text);
            let probes = project.fixtures.probes(&project.model).into_iter();
            sample.inputs = probes.map(|probe| probe.input).collect();
            assert!(!sample.inputs.is_empty(), "{name} has fixtures");
            // The largest has its share of random ones; the others are for what their fixtures say.
            let random = if name == "acme" { 200 } else { 15 };
            let (inputs, _) = inputs_for(&sample.compiled, SEED, 0, 0, random);
            sample.inputs.extend(inputs);
            sample
        })
        .collect()
}

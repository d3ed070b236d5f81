//! What is asked of both engines: a policy and inputs for it.

use std::fs;
use std::path::Path;

use liftgate::policy::hex;
use liftgate::project::Project;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::inputs;
use super::mapping;
use super::pipeline::{Compiled, Seen, compiled};
use super::pools::Pools;
use super::random::Random;

/// The seed of the committed sample.
pub const SEED: u64 = 20_261_203;
/// Its size.
pub const MAPPINGS: usize = 100;
/// Inputs for each of its mappings.
pub const INPUTS: usize = 10;

/// A policy and inputs for it.
pub struct Sample {
    pub id: String,
    pub yaml: String,
    pub compiled: Compiled,
    pub inputs: Vec<Value>,
}

impl Sample {
    pub fn of(id: String, yaml: String, inputs: Vec<Value>) -> Self {
        let compiled = compiled(&yaml);
        Self {
            id,
            yaml,
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
            let part = u64::try_from(at).unwrap() * 2;
            let (yaml, seen) = mapping::mapping(Random::new(seed, part));
            for (construct, count) in seen {
                *all.entry(construct).or_default() += count;
            }
            let mut sample = Sample::of(format!("random-{at:04}"), yaml, Vec::new());
            sample.inputs = inputs_for(
                &sample.compiled,
                Random::new(seed, part + 1),
                inputs_each,
                &mut all,
            );
            sample
        })
        .collect();
    (samples, all)
}

fn inputs_for(
    compiled: &Compiled,
    mut random: Random,
    count: usize,
    seen: &mut Seen,
) -> Vec<Value> {
    let pools = Pools::of(&compiled.model);
    (0..count)
        .map(|_| inputs::input(&mut random, &pools, seen))
        .collect()
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
            sample.inputs.extend(inputs_for(
                &sample.compiled,
                Random::new(SEED, 0),
                200,
                &mut Seen::new(),
            ));
            sample
        })
        .collect()
}

//! What is asked of both engines: a policy and inputs for it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use liftgate::evaluate::access::{Access, AccessEvaluator};
use liftgate::evaluate::{self, Evaluator};
use liftgate::model::{Dialect, Model, StackAccess};
use liftgate::policy::hex;
use liftgate::project::Project;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::cells::Table;
use super::inputs;
use super::mapping;
use super::pipeline::{Compiled, Files, MAIN, Seen, shown, tried_files};
use super::pools::Pools;
use super::random::Random;
use super::stacks;
use super::told::Told;

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
    /// The entry of `stack_access` whose policy is asked; the login policy where there is none.
    pub entry: Option<String>,
    pub inputs: Vec<Value>,
}

/// What a policy's text decided.
pub enum Decision {
    Login(Box<evaluate::Decision>),
    Access(Access),
}

/// The model and our own engine, ready for a sample's policy.
pub enum Decider<'s> {
    Login(&'s Model, Box<Evaluator>),
    Access(&'s Model, &'s StackAccess, Box<AccessEvaluator>),
}

impl Decider<'_> {
    /// What the text decides.
    pub fn evaluate(&mut self, input: &Value) -> Result<Decision, String> {
        let decided = match self {
            Self::Login(_, evaluator) => evaluator
                .decide(input)
                .map(|decided| Decision::Login(Box::new(decided))),
            Self::Access(_, _, evaluator) => evaluator.decide(input).map(Decision::Access),
        };
        decided.map_err(|error| error.to_string())
    }

    /// What the model says, and what of the text says otherwise.
    pub fn decide(&mut self, input: &Value) -> (Told, Result<(), String>) {
        match self {
            Self::Login(model, evaluator) => {
                let meant = model.decide(input);
                let agrees = evaluator
                    .decide(input)
                    .map_err(|error| error.to_string())
                    .and_then(|decided| {
                        meant
                            .agrees_with(&decided)
                            .map_err(|error| error.to_string())
                    });
                (Told::from(&meant), agrees)
            }
            Self::Access(model, entry, evaluator) => {
                let meant = model.access(entry, input);
                let agrees = evaluator
                    .decide(input)
                    .map_err(|error| error.to_string())
                    .and_then(|decided| {
                        meant
                            .agrees_with(&decided)
                            .map_err(|error| error.to_string())
                    });
                (Told::from(&meant), agrees)
            }
        }
    }
}

impl Sample {
    /// The policy's text in a dialect, `v0` or `v1`.
    pub fn text(&self, dialect: &str) -> String {
        match (&self.entry, dialect) {
            (None, "v0") => self.compiled.as_v0(),
            (None, _) => self.compiled.text.clone(),
            (Some(entry), "v0") => self.compiled.access_as_v0(entry),
            (Some(entry), _) => self.compiled.access[entry].1.clone(),
        }
    }

    /// A question for a program of real OPA.
    pub fn job(&self, dialect: &str, checks: &[&str], inputs: &[Value]) -> Value {
        let kind = if self.entry.is_some() {
            "access"
        } else {
            "login"
        };
        json!({
            "id": self.id,
            "rego": dialect,
            "files": {format!("spacelift/{kind}.rego"): self.text(dialect)},
            "preamble": kind,
            "query": "data.spacelift.result",
            "checks": checks,
            "inputs": inputs,
        })
    }

    pub fn decider(&self) -> Decider<'_> {
        let Compiled { model, .. } = &self.compiled;
        let text = self.text("v1");
        match &self.entry {
            None => Decider::Login(model, Box::new(Evaluator::new(&text).unwrap())),
            Some(entry) => {
                let evaluator = AccessEvaluator::of(&text, Dialect::V1).unwrap();
                Decider::Access(model, &model.stack_access[entry], Box::new(evaluator))
            }
        }
    }

    /// A sample of an entry of `stack_access`.
    pub fn of_entry(id: String, files: Files, entry: Option<&str>, inputs: Vec<Value>) -> Self {
        let mut sample = Self::of_files(id, files, inputs);
        let mut names = sample.compiled.model.stack_access.keys();
        let entry = match entry {
            None => names.next().cloned(),
            Some(entry) => names.find(|name| *name == entry).cloned(),
        };
        assert!(entry.is_some(), "{}", shown(&sample.files));
        sample.entry = entry;
        sample
    }

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
            entry: None,
            inputs,
        }
    }

    /// The digest of the policy's text.
    pub fn text_digest(&self) -> String {
        hex(&Sha256::digest(self.text("v1")))
    }

    /// The digest of the inputs.
    pub fn inputs_digest(&self) -> String {
        hex(&Sha256::digest(
            Value::from(self.inputs.clone()).to_string(),
        ))
    }
}

/// What random mappings are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Signing in.
    Login,
    /// Access to stacks.
    Stacks,
}

impl About {
    /// The name of its samples.
    pub fn word(self) -> &'static str {
        match self {
            Self::Login => "random",
            Self::Stacks => "stacks",
        }
    }

    /// What a mapping may use, and what may be special about an input.
    pub fn table(self) -> &'static Table {
        match self {
            Self::Login => &super::cells::LOGIN,
            Self::Stacks => &super::cells::STACKS,
        }
    }

    /// Whether a construct or an edge is counted: all are but those that are of signing in alone.
    fn counts(self, name: &str) -> bool {
        let lists = |about: Self| {
            let Table {
                constructs, edges, ..
            } = about.table();
            constructs.contains(&name) || edges.contains(&name)
        };
        lists(self) || !lists(Self::Login)
    }
}

/// So many mappings with so many inputs each, the same for every run with one seed.
pub fn random(about: About, seed: u64, mappings: usize, inputs_each: usize) -> (Vec<Sample>, Seen) {
    let mut all = Seen::new();
    let samples = (0..mappings)
        .map(|at| {
            let mut drawn = Drawn::new(about, seed, at, inputs_each);
            let mut of_inputs = drawn.edges.iter().flatten();
            for construct in drawn.constructs.iter().chain(&mut of_inputs) {
                *all.entry(construct).or_default() += 1;
            }
            drawn.sample.id = format!("{}-{at:04}", about.word());
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
    pub fn new(about: About, seed: u64, number: usize, inputs: usize) -> Self {
        let part = u64::try_from(number).unwrap() * 1_000;
        let Table { constructs, .. } = about.table();
        let random = Random::new(seed, part);
        let wish = Some(constructs[number % constructs.len()]);
        let id = format!("{seed}-{number}");
        let (sample, seen) = match about {
            About::Login => {
                let (files, seen) = mapping::mapping(random, wish);
                (Sample::of_files(id, files, Vec::new()), seen)
            }
            About::Stacks => {
                let (files, seen) = stacks::mapping(random, wish);
                (Sample::of_entry(id, files, None, Vec::new()), seen)
            }
        };
        let mut sample = sample;
        let (inputs, edges) = inputs_for(&sample, seed, part + 1, number * inputs, inputs);
        sample.inputs = inputs;
        Self {
            number,
            sample,
            constructs: seen.into_keys().filter(|name| about.counts(name)).collect(),
            edges,
        }
    }
}

/// Inputs for a mapping, from one number of edges on: of three, two are wished for.
fn inputs_for(
    sample: &Sample,
    seed: u64,
    part: u64,
    from: usize,
    count: usize,
) -> (Vec<Value>, Vec<BTreeSet<&'static str>>) {
    let model = &sample.compiled.model;
    let pools = Pools::of(model);
    let asked = sample
        .entry
        .as_ref()
        .map(|entry| stacks::Pools::of(&model.stack_access[entry]));
    let about = match asked {
        None => About::Login,
        Some(_) => About::Stacks,
    };
    let Table { edges, .. } = about.table();
    (0..count)
        .map(|at| {
            let random = Random::new(seed, part + u64::try_from(at).unwrap());
            let wish = (at % 3 != 0).then(|| edges[(from + at) % edges.len()]);
            let (input, seen) = match &asked {
                None => inputs::input(random, wish, &pools),
                Some(asked) => stacks::input(random, wish, &pools, asked),
            };
            let seen = seen.into_keys();
            (input, seen.filter(|edge| about.counts(edge)).collect())
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
        .flat_map(|folder| {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            let project = Project::load(&folder).compiled.unwrap();
            let yaml = fs::read_to_string(folder.join("access.yaml")).unwrap();
            let files = Files::from([(MAIN.to_string(), yaml)]);
            let id = format!("policies/{name}");
            let mut sample = Sample::of_files(id.clone(), files.clone(), Vec::new());
            assert_eq!(sample.compiled.text, project.text);
            let probes = project.fixtures.probes(&project.model).into_iter();
            sample.inputs = probes.map(|probe| probe.input).collect();
            assert!(!sample.inputs.is_empty(), "{name} has fixtures");
            // The largest has its share of random ones; the others are for what their fixtures say.
            let random = if name == "acme" { 200 } else { 15 };
            let (inputs, _) = inputs_for(&sample, SEED, 0, 0, random);
            sample.inputs.extend(inputs);
            let entries = sample.compiled.model.stack_access.keys().cloned();
            let of_stacks: Vec<Sample> = entries
                .map(|entry| {
                    let id = format!("{id}/{entry}");
                    let mut sample = Sample::of_entry(id, files.clone(), Some(&entry), Vec::new());
                    let (inputs, _) = inputs_for(&sample, SEED, 0, 0, 40);
                    sample.inputs = inputs;
                    sample
                })
                .collect();
            std::iter::once(sample).chain(of_stacks)
        })
        .collect()
}

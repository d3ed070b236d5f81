//! Many random mappings and inputs, decided by every engine that is there.
//!
//! `tests/agree` builds the engines and starts this. A disagreement is made as small as it gets and shown; a run that finds
//! none writes how often each construct met each edge.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cells::Cells;
use super::engines::{Answer, Engines, Question};
use super::mistakes::{self, Mistake};
use super::pieces::Pieces;
use super::pipeline::{Compiled, Files, tried_files};
use super::random::Random;
use super::sample::{About, Drawn, SEED, Sample};
use super::shrink::{Found, shrunk};
use super::told::Told;

/// Mappings that the programs are asked about at once.
const BATCH: usize = 16;

/// What to compare.
struct Run {
    about: About,
    seed: u64,
    mappings: usize,
    /// The first of them, to go on where another run ended.
    first: usize,
    inputs: usize,
    /// Of a hundred mappings, so many are asked of OPA and of Python.
    opa: usize,
    python: usize,
}

/// What has come out so far.
#[derive(Default, Serialize, Deserialize)]
pub struct Tally {
    /// What the model and our own engine were asked.
    cells: Cells,
    /// What OPA was asked of it, and what Python.
    of_opa: Cells,
    of_python: Cells,
    /// Decisions compared with the model's, by engine.
    compared: BTreeMap<String, usize>,
    /// Mappings with a mistake by kind: how many there were, and how many of them the reader took all the same.
    mistakes: BTreeMap<String, (usize, usize)>,
    pub seconds: f64,
    #[serde(skip)]
    pub found: Vec<Found>,
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// A run stops after so many disagreements.
fn enough() -> usize {
    number("LIFTGATE_ENOUGH", 100)
}

#[test]
#[ignore = "many decisions, also of real OPA and of Python: `tests/agree` runs it"]
fn every_engine_agrees() {
    agrees(About::Login);
}

#[test]
#[ignore = "many decisions, also of real OPA and of Python: `tests/agree` runs it"]
fn every_engine_agrees_about_stacks() {
    agrees(About::Stacks);
}

/// Of all pairs, one in four is about stacks.
fn agrees(about: About) {
    let inputs = number("LIFTGATE_INPUTS", 100);
    let pairs = number("LIFTGATE_PAIRS", 20_000);
    let pairs = match about {
        About::Login => pairs - pairs / 4,
        About::Stacks => pairs / 4,
    };
    let run = Run {
        about,
        seed: number("LIFTGATE_SEED", usize::try_from(SEED).unwrap())
            .try_into()
            .unwrap(),
        mappings: pairs.div_ceil(inputs),
        first: number("LIFTGATE_FIRST", 0),
        inputs,
        opa: number("LIFTGATE_OPA_SHARE", 100),
        python: number("LIFTGATE_PYTHON_SHARE", 100),
    };
    let pieces = Pieces::of(&run.asked(), run.first..run.first + run.mappings);
    let mut tally = Tally::default();
    for piece in pieces.ranges() {
        if tally.found.len() >= enough() {
            break;
        }
        let of_piece = pieces.kept(&piece).unwrap_or_else(|| {
            let of_piece = run.piece(piece.clone());
            pieces.keep(&piece, &of_piece);
            of_piece
        });
        tally.add(of_piece);
    }
    print(&run.told(&tally));
    let mut engines = Engines::start();
    let mut kinds: BTreeMap<String, Vec<&Found>> = BTreeMap::new();
    for found in &tally.found {
        kinds.entry(found.kind()).or_default().push(found);
    }
    let told: Vec<String> = kinds
        .iter()
        .map(|(kind, found)| {
            let first = found[0];
            let small = shrunk(first, engines.as_mut());
            let small = small.as_ref().unwrap_or(first);
            format!("{} x {kind}\n{small}", found.len())
        })
        .collect();
    assert!(
        told.is_empty(),
        "{} disagreements, one of each kind:\n\n{}",
        tally.found.len(),
        told.join("\n\n")
    );
}

/// The same of every row of the semantics, every mapping under `policies` and every strange name.
#[test]
#[ignore = "asks real OPA and Python: `tests/agree` runs it"]
fn every_engine_agrees_on_what_is_written_by_hand() {
    let samples: Vec<Sample> = super::sets()
        .into_iter()
        .filter(|(set, _)| *set != "random")
        .flat_map(|(_, samples)| samples)
        .collect();
    let mut tally = Tally::default();
    let ours: Vec<Vec<Told>> = samples
        .iter()
        .map(|sample| ours(sample, &mut tally))
        .collect();
    let mut engines = Engines::start().expect("`tests/agree` starts this");
    let all: Vec<&Sample> = samples.iter().collect();
    for (engine, answers) in engines.opa(&all) {
        for ((sample, ours), answer) in samples.iter().zip(&ours).zip(answers) {
            tally.against(engine, sample, &sample.inputs, ours, &answer);
        }
    }
    let questions: Vec<Question> = samples.iter().map(question).collect();
    for ((sample, ours), answer) in samples.iter().zip(&ours).zip(engines.python(&questions)) {
        tally.against("Python", sample, &sample.inputs, ours, &answer);
    }
    let mut told = String::new();
    for (engine, count) in &tally.compared {
        writeln!(told, "  {engine}: {count} decisions as ours").unwrap();
    }
    print(&format!("\n{} mappings by hand\n{told}", samples.len()));
    let found: Vec<String> = tally
        .found
        .iter()
        .take(5)
        .map(ToString::to_string)
        .collect();
    assert!(
        found.is_empty(),
        "{} disagreements:\n\n{}",
        tally.found.len(),
        found.join("\n\n")
    );
    let counts: Vec<usize> = tally.compared.values().copied().collect();
    assert!(
        counts.len() == 5 && counts.windows(2).all(|pair| pair[0] == pair[1]),
        "{told}"
    );
}

impl Run {
    /// Everything that a result hangs on, but for the numbers of the mappings.
    fn asked(&self) -> String {
        let Self {
            about,
            seed,
            inputs,
            opa,
            python,
            ..
        } = self;
        let about = about.word();
        format!("{about}-{seed}-x{inputs}-opa{opa}-python{python}")
    }

    /// So many mappings, several at once.
    fn piece(&self, numbers: Range<usize>) -> Tally {
        let began = Instant::now();
        let next = AtomicUsize::new(numbers.start);
        let tally = Mutex::new(Tally::default());
        std::thread::scope(|scope| {
            for _ in 0..number("LIFTGATE_THREADS", 2) {
                scope.spawn(|| {
                    let mut engines = Engines::start();
                    loop {
                        let from = next.fetch_add(BATCH, Ordering::Relaxed);
                        let to = (from + BATCH).min(numbers.end);
                        if from >= to || tally.lock().unwrap().found.len() >= enough() {
                            return;
                        }
                        let of_batch = self.batch(from..to, engines.as_mut());
                        tally.lock().unwrap().add(of_batch);
                    }
                });
            }
        });
        let mut tally = tally.into_inner().unwrap();
        tally.seconds = began.elapsed().as_secs_f64();
        tally
    }

    fn batch(&self, numbers: Range<usize>, engines: Option<&mut Engines>) -> Tally {
        let mut tally = Tally::default();
        let drawn: Vec<Drawn> = numbers
            .map(|number| Drawn::new(self.about, self.seed, number, self.inputs))
            .collect();
        let ours: Vec<Vec<Told>> = drawn
            .iter()
            .map(|drawn| ours(&drawn.sample, &mut tally))
            .collect();
        let table = self.about.table();
        for drawn in &drawn {
            tally.cells.add(table, &drawn.constructs, &drawn.edges);
        }
        let Some(engines) = engines else {
            return tally;
        };
        // Every so manieth, so that a share is one of every kind of mapping.
        let asked = |share: usize| -> Vec<usize> {
            let round = |drawn: &Drawn| {
                (drawn.number + drawn.number / table.constructs.len()) * share % 100 < share
            };
            (0..drawn.len()).filter(|at| round(&drawn[*at])).collect()
        };
        let of_opa = asked(self.opa);
        for at in &of_opa {
            let drawn = &drawn[*at];
            tally.of_opa.add(table, &drawn.constructs, &drawn.edges);
        }
        let samples: Vec<_> = of_opa.iter().map(|at| &drawn[*at].sample).collect();
        for (engine, answers) in engines.opa(&samples) {
            for (at, answer) in of_opa.iter().zip(answers) {
                tally.compare(engine, &drawn[*at], &ours[*at], &answer);
            }
        }
        let of_python = asked(self.python);
        for at in &of_python {
            let drawn = &drawn[*at];
            tally.of_python.add(table, &drawn.constructs, &drawn.edges);
        }
        let questions: Vec<Question> = of_python
            .iter()
            .map(|at| question(&drawn[*at].sample))
            .collect();
        for (at, answer) in of_python.iter().zip(engines.python(&questions)) {
            tally.compare("Python", &drawn[*at], &ours[*at], &answer);
        }
        let wrong: Vec<Tried> = of_python
            .iter()
            .flat_map(|at| {
                let Drawn { number, sample, .. } = &drawn[*at];
                let part = u64::try_from(*number).unwrap() * 1_000 + 999;
                let mistakes = mistakes::of(&sample.files, Random::new(self.seed, part));
                let inputs = &sample.inputs[..10.min(self.inputs)];
                let about = self.about;
                mistakes
                    .into_iter()
                    .map(move |mistake| Tried::of(about, mistake, inputs))
            })
            .collect();
        let questions: Vec<Question> = wrong.iter().map(Tried::question).collect();
        let answers = engines.python(&questions);
        for (tried, answer) in wrong.iter().zip(answers) {
            tally.judge(tried, &answer);
        }
        tally
    }

    fn told(&self, tally: &Tally) -> String {
        let pairs = self.mappings * self.inputs;
        let mut told = format!(
            "\nseed {}, {} mappings x {} inputs = {pairs} pairs in {:.0} s\n",
            self.seed, self.mappings, self.inputs, tally.seconds
        );
        for (engine, count) in &tally.compared {
            writeln!(told, "  {engine}: {count} decisions as ours").unwrap();
        }
        let (all, taken) = tally
            .mistakes
            .values()
            .fold((0, 0), |(all, taken), (a, t)| (all + a, taken + t));
        writeln!(
            told,
            "  {all} changed mappings, {taken} of them still right; both readings say so of each:"
        )
        .unwrap();
        for (kind, (all, taken)) in &tally.mistakes {
            writeln!(told, "    {kind}: {all}, {taken} right").unwrap();
        }
        for (engines, cells) in [("OPA", &tally.of_opa), ("Python", &tally.of_python)] {
            writeln!(
                told,
                "  pairs of a cell, asked of {engines}: {}",
                cells.spread()
            )
            .unwrap();
        }
        told + &tally.cells.told(self.about.table())
    }
}

/// What Python is asked of a sample.
fn question(sample: &Sample) -> Question<'_> {
    (&sample.files, sample.entry.as_deref(), &sample.inputs)
}

/// A mapping that may be wrong, and what our reader makes of it.
struct Tried<'i> {
    kind: &'static str,
    files: Files,
    taken: Result<Compiled, String>,
    /// The entry of `stack_access` that is asked, where it is about stacks and there still is one.
    entry: Option<String>,
    inputs: &'i [Value],
}

impl<'i> Tried<'i> {
    fn of(about: About, mistake: Mistake, inputs: &'i [Value]) -> Self {
        let Mistake { kind, files } = mistake;
        let taken = tried_files(&files).map_err(|(codes, told)| {
            format!("refused as {codes:?}, and not by the other reading\n{told}")
        });
        let mut entry = None;
        if let (About::Stacks, Ok(compiled)) = (about, &taken) {
            entry = compiled.model.stack_access.keys().next().cloned();
        }
        // Of a mapping without an entry there is nothing to ask but whether it is one.
        let is_asked = about == About::Login || entry.is_some();
        Self {
            kind,
            files,
            taken,
            entry,
            inputs: if is_asked { inputs } else { &[] },
        }
    }

    fn question(&self) -> Question<'_> {
        (&self.files, self.entry.as_deref(), self.inputs)
    }
}

/// What the model says of every input, where our own engine says the same of the policy's text.
fn ours(sample: &Sample, tally: &mut Tally) -> Vec<Told> {
    let mut decider = sample.decider();
    let decide = |input: &Value| {
        let (told, agrees) = decider.decide(input);
        if let Err(disagreement) = agrees {
            tally.found.push(Found {
                engine: "regorus",
                files: sample.files.clone(),
                entry: sample.entry.clone(),
                input: input.clone(),
                told: disagreement,
            });
        } else {
            *tally.compared.entry("regorus".to_string()).or_default() += 1;
        }
        told
    };
    sample.inputs.iter().map(decide).collect()
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.cells.extend(&other.cells);
        self.of_opa.extend(&other.of_opa);
        self.of_python.extend(&other.of_python);
        self.seconds += other.seconds;
        self.found.extend(other.found);
        for (engine, count) in other.compared {
            *self.compared.entry(engine).or_default() += count;
        }
        for (kind, (all, taken)) in other.mistakes {
            let sum = self.mistakes.entry(kind).or_default();
            *sum = (sum.0 + all, sum.1 + taken);
        }
    }

    fn compare(&mut self, engine: &'static str, drawn: &Drawn, ours: &[Told], answer: &Answer) {
        let sample = &drawn.sample;
        self.against(engine, sample, &sample.inputs, ours, answer);
    }

    fn against(
        &mut self,
        engine: &'static str,
        of: &impl Of,
        inputs: &[Value],
        ours: &[Told],
        answer: &Answer,
    ) {
        let mut differs = |input: &Value, told: String| {
            self.found.push(Found {
                engine,
                files: of.files().clone(),
                entry: of.entry().cloned(),
                input: input.clone(),
                told,
            });
        };
        match answer {
            Answer::Refused(why) => differs(&Value::Null, format!("refused: {}", why.join("; "))),
            Answer::Decided(theirs) => {
                assert_eq!(theirs.len(), inputs.len(), "{engine} leaves inputs out");
                let mut same = 0;
                for ((input, ours), theirs) in inputs.iter().zip(ours).zip(theirs) {
                    if same_effect(ours, theirs, input) {
                        same += 1;
                    } else {
                        differs(input, differently(ours, theirs));
                    }
                }
                *self.compared.entry(engine.to_string()).or_default() += same;
            }
        }
    }

    /// A mapping that may be wrong: both readings say whether it is, and decide alike where it is not.
    fn judge(&mut self, tried: &Tried, answer: &Answer) {
        let sum = self.mistakes.entry(tried.kind.to_string()).or_default();
        *sum = (sum.0 + 1, sum.1 + usize::from(tried.taken.is_ok()));
        match (&tried.taken, answer) {
            (Err(_), Answer::Refused(_)) => {}
            (Err(told), Answer::Decided(_)) => self.found.push(Found {
                engine: "Python",
                files: tried.files.clone(),
                entry: None,
                input: Value::Null,
                told: told.clone(),
            }),
            (Ok(compiled), answer) => {
                let inputs = tried.inputs.iter();
                let decide = |input| meant(compiled, tried.entry.as_deref(), input);
                let ours: Vec<Told> = inputs.map(decide).collect();
                self.against("Python", tried, tried.inputs, &ours, answer);
            }
        }
    }
}

/// Whatever was asked about.
trait Of {
    fn files(&self) -> &Files;
    fn entry(&self) -> Option<&String>;
}

impl Of for Sample {
    fn files(&self) -> &Files {
        &self.files
    }
    fn entry(&self) -> Option<&String> {
        self.entry.as_ref()
    }
}

impl Of for Tried<'_> {
    fn files(&self) -> &Files {
        &self.files
    }
    fn entry(&self) -> Option<&String> {
        self.entry.as_ref()
    }
}

/// What the model says.
pub fn meant(compiled: &Compiled, entry: Option<&str>, input: &Value) -> Told {
    let model = &compiled.model;
    match entry {
        None => Told::from(&model.decide(input)),
        Some(entry) => Told::from(&model.access(&model.stack_access[entry], input)),
    }
}

/// Whether two decisions come to the same. Nobody without a login is let in, so whether they could administer is nothing to
/// agree on.
pub fn same_effect(ours: &Told, theirs: &Told, input: &Value) -> bool {
    let login = input.pointer("/session/login").and_then(Value::as_str);
    let mut theirs = theirs.clone();
    if let (Told::Login(ours), Told::Login(theirs)) = (ours, &mut theirs)
        && login.is_none_or(str::is_empty)
    {
        theirs.deny_admin = ours.deny_admin;
    }
    *ours == theirs
}

pub fn differently(ours: &Told, theirs: &Told) -> String {
    let json = |told: &Told| serde_json::to_string(told).unwrap();
    format!("here:  {}\nthere: {}", json(ours), json(theirs))
}

#[allow(clippy::print_stdout)] // what the script shows at its end
fn print(text: &str) {
    println!("{text}");
}

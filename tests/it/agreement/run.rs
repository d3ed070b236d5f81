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

use liftgate::evaluate::Evaluator;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cells::Cells;
use super::constructs::CONSTRUCTS;
use super::engines::{Answer, Engines};
use super::mistakes::{self, Mistake};
use super::pieces::Pieces;
use super::pipeline::{Files, shown, tried_files};
use super::random::Random;
use super::sample::{Drawn, SEED, Sample};
use super::shrink::{Found, shrunk};
use super::told::Told;

/// Mappings that the programs are asked about at once.
const BATCH: usize = 16;

/// What to compare.
struct Run {
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
    let inputs = number("LIFTGATE_INPUTS", 100);
    let run = Run {
        seed: number("LIFTGATE_SEED", usize::try_from(SEED).unwrap())
            .try_into()
            .unwrap(),
        mappings: number("LIFTGATE_PAIRS", 20_000).div_ceil(inputs),
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
            tally.against(engine, &sample.files, &sample.inputs, ours, &answer);
        }
    }
    let questions: Vec<(&Files, &[Value])> = samples
        .iter()
        .map(|sample| (&sample.files, sample.inputs.as_slice()))
        .collect();
    for ((sample, ours), answer) in samples.iter().zip(&ours).zip(engines.python(&questions)) {
        tally.against("Python", &sample.files, &sample.inputs, ours, &answer);
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
            seed,
            inputs,
            opa,
            python,
            ..
        } = self;
        format!("{seed}-x{inputs}-opa{opa}-python{python}")
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
            .map(|number| Drawn::new(self.seed, number, self.inputs))
            .collect();
        let ours: Vec<Vec<Told>> = drawn
            .iter()
            .map(|drawn| ours(&drawn.sample, &mut tally))
            .collect();
        for drawn in &drawn {
            tally.cells.add(&drawn.constructs, &drawn.edges);
        }
        let Some(engines) = engines else {
            return tally;
        };
        // Every so manieth, so that a share is one of every kind of mapping.
        let asked = |share: usize| -> Vec<usize> {
            let round = |drawn: &Drawn| {
                (drawn.number + drawn.number / CONSTRUCTS.len()) * share % 100 < share
            };
            (0..drawn.len()).filter(|at| round(&drawn[*at])).collect()
        };
        let of_opa = asked(self.opa);
        for at in &of_opa {
            let drawn = &drawn[*at];
            tally.of_opa.add(&drawn.constructs, &drawn.edges);
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
            tally.of_python.add(&drawn.constructs, &drawn.edges);
        }
        let questions: Vec<(&Files, &[Value])> = of_python
            .iter()
            .map(|at| {
                (
                    &drawn[*at].sample.files,
                    drawn[*at].sample.inputs.as_slice(),
                )
            })
            .collect();
        for (at, answer) in of_python.iter().zip(engines.python(&questions)) {
            tally.compare("Python", &drawn[*at], &ours[*at], &answer);
        }
        let wrong: Vec<(usize, Mistake)> = of_python
            .iter()
            .flat_map(|at| {
                let random = Random::new(
                    self.seed,
                    u64::try_from(drawn[*at].number).unwrap() * 1_000 + 999,
                );
                let mistakes = mistakes::of(&drawn[*at].sample.files, random);
                mistakes.into_iter().map(|mistake| (*at, mistake))
            })
            .collect();
        let questions: Vec<(&Files, &[Value])> = wrong
            .iter()
            .map(|(at, mistake)| {
                (
                    &mistake.files,
                    &drawn[*at].sample.inputs[..10.min(self.inputs)],
                )
            })
            .collect();
        for ((at, mistake), answer) in wrong.iter().zip(engines.python(&questions)) {
            tally.judge(
                mistake,
                &drawn[*at].sample.inputs[..10.min(self.inputs)],
                &answer,
            );
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
        told + &tally.cells.told()
    }
}

/// What the model says of every input, where our own engine says the same of the policy's text.
fn ours(sample: &Sample, tally: &mut Tally) -> Vec<Told> {
    let mut evaluator = Evaluator::new(&sample.compiled.text).unwrap();
    let decide = |input: &Value| {
        let meant = sample.compiled.model.decide(input);
        let told = Told::from(&meant);
        let decided = match evaluator.decide(input) {
            Ok(decided) => decided,
            Err(error) => panic!("{error}\n{input}\n{}", shown(&sample.files)),
        };
        if let Err(disagreement) = meant.agrees_with(&decided) {
            tally.found.push(Found {
                engine: "regorus",
                files: sample.files.clone(),
                input: input.clone(),
                told: disagreement.to_string(),
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
        self.against(engine, &sample.files, &sample.inputs, ours, answer);
    }

    fn against(
        &mut self,
        engine: &'static str,
        files: &Files,
        inputs: &[Value],
        ours: &[Told],
        answer: &Answer,
    ) {
        let mut differs = |input: &Value, told: String| {
            self.found.push(Found {
                engine,
                files: files.clone(),
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
    fn judge(&mut self, mistake: &Mistake, inputs: &[Value], answer: &Answer) {
        let taken = tried_files(&mistake.files);
        let sum = self.mistakes.entry(mistake.kind.to_string()).or_default();
        *sum = (sum.0 + 1, sum.1 + usize::from(taken.is_ok()));
        match (taken, answer) {
            (Err(_), Answer::Refused(_)) => {}
            (Err((codes, told)), Answer::Decided(_)) => self.found.push(Found {
                engine: "Python",
                files: mistake.files.clone(),
                input: Value::Null,
                told: format!("refused as {codes:?}, and not by the other reading\n{told}"),
            }),
            (Ok(compiled), answer) => {
                let ours: Vec<Told> = inputs
                    .iter()
                    .map(|input| Told::from(&compiled.model.decide(input)))
                    .collect();
                self.against("Python", &mistake.files, inputs, &ours, answer);
            }
        }
    }
}

/// Whether two decisions come to the same. Nobody without a login is let in, so whether they could administer is nothing to
/// agree on.
pub fn same_effect(ours: &Told, theirs: &Told, input: &Value) -> bool {
    let login = input.pointer("/session/login").and_then(Value::as_str);
    let nobody = login.is_none_or(str::is_empty);
    let theirs = Told {
        deny_admin: if nobody {
            ours.deny_admin
        } else {
            theirs.deny_admin
        },
        ..theirs.clone()
    };
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

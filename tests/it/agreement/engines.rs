//! The engines that are programs: real OPA, new and old, and the second reading of the language in Python.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};

use super::pipeline::{Files, MAIN};
use super::sample::Sample;
use super::told::Told;
use super::verdict::Outcome;

/// A program that answers each line with a line, in order.
pub struct Program {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Program {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self {
            questions: child.stdin.take(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// The answers to several questions. They are written beside the reading, or both sides would wait for each other.
    fn ask(&mut self, questions: &[String]) -> Vec<String> {
        let (to, answers) = (self.questions.as_mut().unwrap(), &mut self.answers);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for question in questions {
                    writeln!(to, "{question}").unwrap();
                }
                to.flush().unwrap();
            });
            let read = questions.iter().map(|_| {
                let mut line = String::new();
                assert_ne!(
                    answers.read_line(&mut line).unwrap(),
                    0,
                    "a program has ended"
                );
                line
            });
            read.collect()
        })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Without more to read, it ends.
        self.questions = None;
        let _ = self.child.wait();
    }
}

/// What an engine made of one mapping.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A decision for each input.
    Decided(Vec<Told>),
    /// The mapping, or the policy, is refused.
    Refused(Vec<String>),
}

/// What Python is asked: a mapping, an entry of its `stack_access` or nothing where its login policy is meant, and inputs.
pub type Question<'a> = (&'a Files, Option<&'a str>, &'a [Value]);

/// The engines that are there.
pub struct Engines {
    newest: Program,
    oldest: Program,
    python: Program,
}

#[derive(Deserialize)]
struct OfOpa {
    #[serde(default)]
    error: String,
    compile_errors: Option<Vec<String>>,
    decisions: Option<Vec<OfOpaOne>>,
}

#[derive(Deserialize)]
struct OfOpaOne {
    document: Option<Outcome>,
    #[serde(default)]
    error: String,
}

#[derive(Deserialize)]
struct OfPython {
    refused: Vec<String>,
    decisions: Vec<Told>,
}

impl Engines {
    /// Starts them from the folder that `LIFTGATE_ENGINES` names; there are none without it.
    pub fn start() -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os("LIFTGATE_ENGINES")?);
        let reading = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/oracle.py");
        let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_string());
        Some(Self {
            newest: Program::start(&mut Command::new(folder.join("newest"))),
            oldest: Program::start(&mut Command::new(folder.join("oldest"))),
            python: Program::start(Command::new(python).arg("-B").arg(reading)),
        })
    }

    /// What OPA makes of policies, by engine and dialect.
    pub fn opa(&mut self, samples: &[&Sample]) -> Vec<(&'static str, Vec<Answer>)> {
        let jobs = |dialect: &str| -> Vec<String> {
            let jobs = samples
                .iter()
                .map(|sample| sample.job(dialect, &[], &sample.inputs).to_string());
            jobs.collect()
        };
        let (v0, v1) = (jobs("v0"), jobs("v1"));
        let read = |answers: Vec<String>| {
            let each = samples.iter().zip(&answers);
            each.map(|(sample, line)| of_opa(line, sample.entry.is_some()))
                .collect()
        };
        vec![
            ("OPA, newest, v1", read(self.newest.ask(&v1))),
            ("OPA, newest, v0", read(self.newest.ask(&v0))),
            ("OPA, oldest, v0", read(self.oldest.ask(&v0))),
        ]
    }

    /// What the newest OPA decides by a text that is not ours, of a kind, `login` or `access`.
    pub fn foreign(&mut self, kind: &str, text: &str, inputs: &[&Value]) -> Vec<Outcome> {
        let job = json!({
            "id": "", "rego": "v1", "files": {format!("spacelift/{kind}.rego"): text}, "preamble": kind,
            "query": "data.spacelift.result", "inputs": inputs,
        });
        let answers = self.newest.ask(&[job.to_string()]);
        let answer: OfOpa = serde_json::from_str(&answers[0]).unwrap();
        assert_eq!(answer.error, "");
        assert_eq!(answer.compile_errors.unwrap_or_default(), [""; 0]);
        let decisions = answer.decisions.unwrap();
        assert_eq!(decisions.len(), inputs.len());
        let outcome = |one: OfOpaOne| one.document.unwrap_or_else(|| panic!("{}", one.error));
        decisions.into_iter().map(outcome).collect()
    }

    /// What the second reading makes of mappings and inputs.
    pub fn python(&mut self, questions: &[Question]) -> Vec<Answer> {
        let jobs: Vec<String> = questions
            .iter()
            .map(|(files, entry, inputs)| {
                json!({"id": "", "files": files, "main": MAIN, "entry": entry, "inputs": inputs})
                    .to_string()
            })
            .collect();
        let answers = self.python.ask(&jobs);
        answers.iter().map(|line| of_python(line)).collect()
    }
}

fn of_opa(line: &str, is_access: bool) -> Answer {
    let answer: OfOpa =
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let mut wrong: Vec<String> = answer.compile_errors.unwrap_or_default();
    if !answer.error.is_empty() {
        wrong.push(answer.error);
    }
    let mut told = Vec::new();
    for decided in answer.decisions.unwrap_or_default() {
        match decided.document {
            Some(outcome) if outcome.impossible(is_access) => {
                wrong.push(format!("what cannot be: {outcome:?}"))
            }
            Some(outcome) => told.push(Told::of(&outcome, is_access)),
            None => wrong.push(decided.error),
        }
    }
    if wrong.is_empty() {
        Answer::Decided(told)
    } else {
        Answer::Refused(wrong)
    }
}

fn of_python(line: &str) -> Answer {
    let answer: OfPython =
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    if answer.refused.is_empty() {
        Answer::Decided(answer.decisions)
    } else {
        Answer::Refused(answer.refused)
    }
}

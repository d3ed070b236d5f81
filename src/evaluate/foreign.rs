//! Policies that we did not write, such as the one that an account holds, evaluated in a process of their own.
//!
//! A policy can recurse or nest until the engine runs out of stack, or loop until somebody stops it. So it is looked at
//! first, and then decided by a child process under limits of time and memory.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::access::{Access, AccessEvaluator};
use super::scan::{Kind, pieces};
use super::{Decision, EvaluateError, Evaluator, limit};
use crate::model::Dialect;

/// The hidden subcommand that the child process runs.
pub const SUBCOMMAND: &str = "evaluate-foreign";

/// Deeper brackets than this are not handed to the parser, whose time doubles with every level.
const MAX_DEPTH: usize = 12;

/// On a machine that is busy with other things, a process gets a small part of the time that goes by.
pub const WAITED: u32 = 10;

/// Decides inputs by a policy.
pub trait Decide {
    /// One decision, or why there is none, for each input in turn. The text is read as the dialect says.
    ///
    /// # Errors
    /// When the policy cannot be evaluated at all, or not as OPA would.
    fn decide(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<Decision, String>>, EvaluateError>;

    /// The same of an access policy: its inputs say who asks, and about which stack or module.
    ///
    /// # Errors
    /// As [`Decide::decide`].
    fn decide_access(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<Access, String>>, EvaluateError>;
}

/// Decides in a child process.
pub struct ChildProcess {
    /// This program.
    pub program: PathBuf,
    /// How much of the processor's time the child may take over all inputs. Of that on the clock it may take [`WAITED`] times as
    /// much, so that it ends even where it waits, or where a system has no limit of the former.
    pub limit: Duration,
}

/// Decides in this process; for texts of our own, and for the child.
pub struct InProcess;

#[derive(Serialize, Deserialize)]
struct Job {
    text: String,
    dialect: Dialect,
    inputs: Vec<Value>,
    /// Whether it is an access policy.
    #[serde(default)]
    access: bool,
    /// How much of the processor's time it may take.
    #[serde(default)]
    limit: Option<Duration>,
}

impl Decide for InProcess {
    fn decide(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<Decision, String>>, EvaluateError> {
        let mut evaluator = Evaluator::foreign(text, dialect)?;
        Ok(inputs
            .iter()
            .map(|input| evaluator.decide(input).map_err(|error| error.message))
            .collect())
    }

    fn decide_access(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<Access, String>>, EvaluateError> {
        let mut evaluator = AccessEvaluator::foreign(text, dialect)?;
        Ok(inputs
            .iter()
            .map(|input| evaluator.decide(input).map_err(|error| error.message))
            .collect())
    }
}

impl Decide for ChildProcess {
    fn decide(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<Decision, String>>, EvaluateError> {
        self.job(&Job {
            text: text.to_string(),
            dialect,
            inputs: inputs.to_vec(),
            access: false,
            limit: Some(self.limit),
        })
    }

    fn decide_access(
        &self,
        text: &str,
        dialect: Dialect,
        inputs: &[Value],
    ) -> Result<Vec<Result<Access, String>>, EvaluateError> {
        self.job(&Job {
            text: text.to_string(),
            dialect,
            inputs: inputs.to_vec(),
            access: true,
            limit: Some(self.limit),
        })
    }
}

impl ChildProcess {
    fn job<T: DeserializeOwned>(&self, job: &Job) -> Result<Vec<Result<T, String>>, EvaluateError> {
        let depth = bracket_depth(&job.text);
        if depth > MAX_DEPTH {
            return Err(refused(format!(
                "its brackets nest {depth} deep; more than {MAX_DEPTH} are not evaluated here"
            )));
        }
        let job = serde_json::to_vec(job).map_err(|error| refused(error.to_string()))?;
        let answer = self.run(job)?;
        serde_json::from_slice::<Result<Vec<Result<T, String>>, String>>(&answer)
            .map_err(|_| refused(too_much()))?
            .map_err(refused)
    }

    fn run(&self, job: Vec<u8>) -> Result<Vec<u8>, EvaluateError> {
        let mut child = Command::new(&self.program)
            .arg(SUBCOMMAND)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| refused(format!("no process could be started for it: {error}")))?;
        let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(refused("the process for it has no pipes".to_string()));
        };
        // Both ends on threads of their own: the child may stop reading or never write.
        std::thread::spawn(move || {
            let _ = stdin.write_all(&job);
        });
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut answer = Vec::new();
            let _ = stdout.read_to_end(&mut answer);
            let _ = sender.send(answer);
        });
        let answer = receiver.recv_timeout(self.limit * WAITED);
        if answer.is_err() {
            let _ = child.kill();
        }
        let ended = child.wait();
        let seconds = self.limit.as_secs();
        if ended.is_ok_and(limit::ran_out) {
            return Err(refused(format!(
                "it took more than {} of the processor's time",
                spelt(seconds)
            )));
        }
        answer.map_err(|_| {
            refused(format!(
                "it took longer than {}",
                spelt(seconds * u64::from(WAITED))
            ))
        })
    }
}

/// The child's side: reads a job, writes the answer.
///
/// # Errors
/// When the job cannot be read or the answer not written.
pub fn serve(
    mut input: impl std::io::Read,
    mut output: impl std::io::Write,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    let job: Job = serde_json::from_slice(&bytes)?;
    if let Some(most) = job.limit {
        limit::time(most);
    }
    if job.access {
        let answer = InProcess
            .decide_access(&job.text, job.dialect, &job.inputs)
            .map_err(|error| error.message);
        serde_json::to_writer(&mut output, &answer)?;
    } else {
        let answer = InProcess
            .decide(&job.text, job.dialect, &job.inputs)
            .map_err(|error| error.message);
        serde_json::to_writer(&mut output, &answer)?;
    }
    output.flush()
}

fn spelt(seconds: u64) -> String {
    match seconds {
        1 => "1 second".to_string(),
        many => format!("{many} seconds"),
    }
}

fn too_much() -> String {
    format!(
        "the engine broke down on it, or needs more than {} MiB of memory for it",
        limit::MOST >> 20
    )
}

fn refused(message: String) -> EvaluateError {
    EvaluateError { message }
}

/// The deepest nesting of brackets outside strings and comments.
fn bracket_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for piece in pieces(text).filter(|piece| piece.kind == Kind::Other) {
        match piece.text {
            "[" | "{" | "(" => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            "]" | "}" | ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        assert_eq!(bracket_depth("a := [{\"[[[\": (1)}] # [[[["), 3);
        assert_eq!(bracket_depth("x := `[[[`\ny := \"\\\"[[\""), 0);
    }

    #[test]
    fn a_job_is_answered_as_json() {
        let job = serde_json::json!({"text": "package spacelift\nallow if input.yes", "dialect": "v1", "inputs": [{"yes": true}, {}]});
        let mut out = Vec::new();
        serve(job.to_string().as_bytes(), &mut out).unwrap();
        let answer: Result<Vec<Result<Decision, String>>, String> =
            serde_json::from_slice(&out).unwrap();
        let logins: Vec<_> = answer
            .unwrap()
            .into_iter()
            .map(|decision| decision.unwrap().login)
            .collect();
        assert_eq!(
            logins,
            [super::super::Login::Allow, super::super::Login::Deny]
        );
    }

    #[test]
    fn a_broken_policy_is_said_to_be_broken() {
        let job = serde_json::json!({"text": "package spacelift\nallow if {", "dialect": "v1", "inputs": []});
        let mut out = Vec::new();
        serve(job.to_string().as_bytes(), &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("login.rego:"));
    }

    #[test]
    fn a_text_that_engines_read_differently_is_not_decided() {
        let text = "package spacelift\nmine { true }\nflag[mine] { some mine; input.x[_] == mine }";
        let error = InProcess.decide(text, Dialect::V0, &[]).unwrap_err();
        assert!(error.message.contains("line 3 declares"), "{error}");
        let error = InProcess.decide_access(text, Dialect::V0, &[]).unwrap_err();
        assert!(error.message.contains("line 3 declares"), "{error}");
    }
}

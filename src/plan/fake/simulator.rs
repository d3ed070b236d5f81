//! The account's own engine, for tests of what it is asked and answers.

use std::cell::RefCell;

use serde_json::{Value, json};

use crate::evaluate::Evaluator;
use crate::evaluate::access::{AccessEvaluator, Level};
use crate::model::Dialect;
use crate::spacelift::{Error, PolicyType};

/// What the account's own engine makes of a policy.
#[derive(Default)]
pub struct Simulator {
    /// The dialects that it reads; both, if none is said.
    pub reads: Option<Dialect>,
    /// Changes what it answers.
    pub twist: Option<fn(&str, &mut Value)>,
    /// What it answers to everything.
    pub always: Option<Result<Option<Value>, Error>>,
    /// The texts and the inputs that it was asked about.
    pub asked: RefCell<Vec<(String, String)>>,
    ready: RefCell<Option<(String, Evaluator)>>,
}

impl Simulator {
    pub(super) fn simulate(
        &self,
        kind: &PolicyType,
        body: &str,
        input: &str,
    ) -> Result<Option<Value>, Error> {
        let asked = (body.to_string(), input.to_string());
        self.asked.borrow_mut().push(asked);
        if let Some(always) = &self.always {
            return always.clone();
        }
        let is = match body.contains("import future.keywords") {
            true => Dialect::V0,
            false => Dialect::V1,
        };
        if self.reads.is_some_and(|reads| reads != is) {
            return Err(Error::Refused {
                action: "simulate the policy",
                messages: vec!["rego_parse_error".into()],
            });
        }
        if *kind == PolicyType::Access {
            let mut evaluator = AccessEvaluator::of(body, is).unwrap();
            let access = evaluator
                .decide(&serde_json::from_str(input).unwrap())
                .unwrap();
            let mut answer = json!({"level": Level::of([&access]).word().replace("none", "deny")});
            if let Some(twist) = self.twist {
                twist(input, &mut answer);
            }
            return Ok(Some(answer));
        }
        let mut ready = self.ready.borrow_mut();
        if ready.as_ref().is_none_or(|(text, _)| text != body) {
            *ready = Some((body.to_string(), Evaluator::of(body, is).unwrap()));
        }
        let (_, evaluator) = ready.as_mut().unwrap();
        let decision = evaluator
            .decide(&serde_json::from_str(input).unwrap())
            .unwrap();
        let mut answer = json!({
            "access_level": decision.login.word(), "roles": decision.roles, "teams": decision.teams,
            "space_admin": [], "space_write": [], "space_read": [], "flag": [], "sample": false,
        });
        if let Some(twist) = self.twist {
            twist(input, &mut answer);
        }
        Ok(Some(answer))
    }
}

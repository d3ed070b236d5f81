//! The tests of a mapping, run: every case is asked of the policy's text itself.
//!
//! `expect` is exhaustive over what is *bound*: the login comes out as stated, and on every space exactly the stated roles are
//! bound, no more and no fewer. `forbid` is partial and speaks of *effective access*: a role counts as held on a space where
//! it is bound there or above, a role bound on root everywhere, and an account admin counts as holding every role.
//!
//! A failed expectation is data, not an error. Nor are the two warnings of a run:
//!
//! - `untested-grant`: a grant that gives something to nobody in any case. A case exercises a grant also where the login is
//!   refused, since the grant is then one denial away.
//! - `test-cannot-fail`: a case without `expect` that provably tests nothing. Either the input has no session or no login, so
//!   that every mapping refuses it; or no grant gives anybody any of the forbidden roles on those spaces or above, and no
//!   entry can lead to the forbidden login. Nothing weaker is reported: not that this identity does not reach the grants, nor
//!   that the gate is shut for it. Account admins, who count as holding every role, are left out of this reckoning.

mod compare;
mod findings;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::decide::Disagreement;
use crate::diagnostic::Diagnostic;
use crate::evaluate::access::Level;
use crate::evaluate::{EvaluateError, Evaluator, Login};
use crate::fixture::FixtureSet;
use crate::model::{Model, Outside};
use crate::policy::Policy;
use crate::project::CompiledAccess;
use crate::source::Span;
use crate::stacks::{Policies, StackError};
use crate::trace::{Cause, outside};

/// What a run of the tests found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What became of each case, in the order of the fixtures.
    pub outcomes: Vec<Outcome>,
    /// Warnings: grants that no case exercises, and cases that cannot fail.
    pub findings: Vec<Diagnostic>,
}

/// What became of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The case's name.
    pub case: String,
    /// The identity's name; none for a raw input.
    pub identity: Option<String>,
    /// The case's declaration.
    pub span: Span,
    /// Why Spacelift does not ask the policy about this login, if it does not.
    pub outside_policy: Option<Outside>,
    /// What the policy makes of the login.
    pub login: Login,
    /// Where the decision is not as stated; a case without any has passed.
    pub differences: Vec<Difference>,
}

/// One way in which a decision is not as stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What is different.
    pub what: What,
    /// The statement in the fixtures.
    pub span: Span,
    /// The entries of the mapping behind it: for a role that is held, the grants that give it; for a refused login what
    /// refuses it; for a missing role the denial that took it away, if one did.
    pub because: Vec<Cause>,
}

/// What is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The login comes out otherwise.
    Login {
        /// As stated.
        expected: Login,
        /// As decided.
        got: Login,
    },
    /// An expected role is not bound.
    Missing {
        /// The space's id.
        space: String,
        /// The role's slug.
        role: String,
    },
    /// A role is bound that is not expected.
    Unexpected {
        /// The space's id.
        space: String,
        /// The role's slug.
        role: String,
    },
    /// The login comes out in a forbidden way.
    ForbiddenLogin(Login),
    /// An expected team is not among those that the session is given.
    MissingTeam(String),
    /// The session is given a team that is not expected.
    UnexpectedTeam(String),
    /// The session is given a forbidden team.
    ForbiddenTeam(String),
    /// More or less may be done with a stack or module than is expected.
    Stack {
        /// Its id.
        stack: String,
        /// As stated.
        expected: Level,
        /// As decided.
        got: Level,
    },
    /// What is forbidden may be done with a stack or module, or more.
    ForbiddenStack {
        /// Its id.
        stack: String,
        /// As forbidden.
        forbidden: Level,
        /// As decided.
        got: Level,
    },
    /// A forbidden role is held.
    ForbiddenRole {
        /// The space, or `*`, as the fixtures name it.
        space: String,
        /// The role's slug.
        role: String,
        /// The space on which the role is bound.
        bound_on: String,
    },
    /// A forbidden role is held in effect by an admin of the account, who may do everything.
    ForbiddenToAdmin {
        /// The space, or `*`, as the fixtures name it.
        space: String,
        /// The role's slug.
        role: String,
    },
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login { expected, got } => {
                write!(
                    f,
                    "the login comes out as `{}`, expected `{}`",
                    got.word(),
                    expected.word()
                )
            }
            Self::Missing { space, role } => write!(f, "`{role}` on `{space}` is missing"),
            Self::Unexpected { space, role } => write!(f, "`{role}` on `{space}` is not expected"),
            Self::MissingTeam(team) => write!(f, "the team `{team}` is missing"),
            Self::UnexpectedTeam(team) => write!(f, "the team `{team}` is not expected"),
            Self::ForbiddenTeam(team) => {
                write!(f, "the team `{team}` is given, which is forbidden")
            }
            Self::Stack {
                stack,
                expected,
                got,
            } => write!(
                f,
                "on `{stack}` it comes to `{}`, expected `{}`",
                got.word(),
                expected.word()
            ),
            Self::ForbiddenStack {
                stack,
                forbidden,
                got,
            } if forbidden == got => {
                write!(
                    f,
                    "`{}` of `{stack}` is possible, which is forbidden",
                    got.word()
                )
            }
            Self::ForbiddenStack {
                stack,
                forbidden,
                got,
            } => write!(
                f,
                "`{}` of `{stack}` is possible, and `{}` is forbidden",
                got.word(),
                forbidden.word()
            ),
            Self::ForbiddenLogin(login) => {
                write!(
                    f,
                    "the login comes out as `{}`, which is forbidden",
                    login.word()
                )
            }
            Self::ForbiddenRole {
                space,
                role,
                bound_on,
            } if space == bound_on => {
                write!(f, "`{role}` on `{space}` is held, which is forbidden")
            }
            Self::ForbiddenRole {
                space,
                role,
                bound_on,
            } => write!(
                f,
                "`{role}` on `{space}` is held, which is forbidden: it is bound on `{bound_on}`"
            ),
            Self::ForbiddenToAdmin { space, role } => write!(
                f,
                "`{role}` on `{space}` is forbidden, and an account admin may do everything everywhere"
            ),
        }
    }
}

/// How many cases there are, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// All of them.
    pub cases: usize,
    /// Those that passed.
    pub passed: usize,
    /// Those that failed.
    pub failed: usize,
}

impl Outcome {
    /// Whether the decision is as stated.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

impl Report {
    /// How many cases passed and failed.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let failed = self.failures().count();
        Summary {
            cases: self.outcomes.len(),
            passed: self.outcomes.len() - failed,
            failed,
        }
    }

    /// The cases that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| !outcome.passed())
    }

    /// The cases that failed by the identity's name; those with a raw input come first, under none.
    #[must_use]
    pub fn failures_by_identity(&self) -> BTreeMap<Option<&str>, Vec<&Outcome>> {
        let mut groups: BTreeMap<_, Vec<&Outcome>> = BTreeMap::new();
        for outcome in self.failures() {
            let identity = outcome.identity.as_deref();
            groups.entry(identity).or_default().push(outcome);
        }
        groups
    }
}

/// Why there are no answers. Neither is ever the mapping's fault, since the text is our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SuiteError {
    /// The text does not parse, or fails on an input.
    Evaluate(EvaluateError),
    /// The text decides other than the model says.
    Disagreement(Disagreement),
}

impl fmt::Display for SuiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evaluate(error) => error.fmt(f),
            Self::Disagreement(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SuiteError {}

impl From<EvaluateError> for SuiteError {
    fn from(error: EvaluateError) -> Self {
        Self::Evaluate(error)
    }
}

impl From<StackError> for SuiteError {
    fn from(error: StackError) -> Self {
        match error {
            StackError::Evaluate(error) => Self::Evaluate(error),
            StackError::Disagreement(error) => Self::Disagreement(error),
        }
    }
}

impl From<Disagreement> for SuiteError {
    fn from(error: Disagreement) -> Self {
        Self::Disagreement(error)
    }
}

/// Runs every case against the text of a policy. `policy` is what the text was rendered from.
///
/// # Errors
/// When the text does not parse, fails on an input, or decides one other than the model reads.
pub fn run(
    model: &Model,
    policy: &Policy,
    text: &str,
    access: &[CompiledAccess],
    fixtures: &FixtureSet,
) -> Result<Report, SuiteError> {
    let mut evaluator = Evaluator::of(text, policy.dialect)?;
    let mut policies = Policies::of(model, access)?;
    let reach = findings::Reach::of(model, policy);
    let mut exercised = BTreeSet::new();
    let mut report = Report {
        outcomes: Vec::with_capacity(fixtures.cases.len()),
        findings: Vec::new(),
    };
    for case in &fixtures.cases {
        let input = fixtures.input(case, model);
        let decision = evaluator.decide(&input)?;
        model.decide(&input).agrees_with(&decision)?;
        exercised.extend(decision.because.grants.iter().cloned());
        let mut standings = BTreeMap::new();
        for id in compare::stacks_of(case, fixtures) {
            if let Some(thing) = fixtures.things.get(id) {
                standings.insert(id, policies.standing(&input, &decision, thing)?);
            }
        }
        report
            .findings
            .extend(reach.cannot_fail(case, &decision, &input));
        report.outcomes.push(Outcome {
            case: case.name.clone(),
            identity: case.identity().map(str::to_owned),
            span: case.span,
            outside_policy: outside(model, &input).cloned(),
            login: decision.login,
            differences: compare::Asked {
                model,
                decision: &decision,
                input: &input,
                standings: &standings,
            }
            .differences(case),
        });
    }
    report.findings.extend(reach.untested(&exercised));
    Ok(report)
}

/// Holds what the texts decide for every test, every identity and every stack against what their model says.
///
/// # Errors
/// As [`run`] has.
pub fn cross_check(
    model: &Model,
    text: &str,
    access: &[CompiledAccess],
    fixtures: &FixtureSet,
) -> Result<(), SuiteError> {
    let mut evaluator = Evaluator::of(text, model.dialect)?;
    let mut policies = Policies::of(model, access)?;
    for probe in fixtures.probes(model) {
        let decision = evaluator.decide(&probe.input)?;
        model.decide(&probe.input).agrees_with(&decision)?;
        for thing in fixtures.things.values() {
            policies.standing(&probe.input, &decision, thing)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

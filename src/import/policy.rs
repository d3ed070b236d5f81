//! The login policy that an account has, or Terraform makes, as part of the mapping that says the rest.
//!
//! One policy becomes part of it. How several decide together is documented of denials alone (how their roles, teams and admins
//! meet is not), so that what any mapping made of them decides could not be said to be the same: they lie beside it.

use super::rego::{self, Known};
use super::{Found, Policy, Type};
use crate::compare::dialect_of;
use crate::evaluate::EvaluateError;
use crate::evaluate::foreign::Decide;
use crate::model::Dialect;
use crate::report::counts::number;
use crate::report::visible::visible;

/// What was found, and the login policy that is part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// Everything.
    pub found: Found,
    /// The policy, if one became part of it.
    pub policy: Option<Part>,
}

/// A login policy that a mapping was made of, which is to be held against the mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The Rego text.
    pub text: String,
    /// The version of Rego that it is in.
    pub dialect: Dialect,
    /// What was found without it, for when the two cannot be asked the same.
    without: Found,
}

impl Part {
    /// What was found, with nothing of the policy.
    #[must_use]
    pub fn without(self, why: &EvaluateError) -> Found {
        let mut found = self.without;
        let name = visible(&self.name);
        found.left(format!(
            "the login policy `{name}`, of which nothing is part of this mapping: what would be made of it cannot be proved, since {}",
            visible(&why.message)
        ));
        found
    }
}

/// Makes the one login policy of [`Found::policies`] part of what was found, if login policies decide and there is one.
/// `finish` adds what depends on whether there is one.
pub(super) fn join(
    found: Found,
    known: &Known,
    decide: &dyn Decide,
    finish: impl Fn(&mut Found, bool),
) -> Imported {
    let mut without = found.clone();
    finish(&mut without, false);
    let login: Vec<Policy> = found
        .policies
        .iter()
        .filter(|one| one.kind == Type::Login)
        .cloned()
        .collect();
    let plain = |mut found: Found, why: &str| {
        for policy in &login {
            found.left(format!(
                "the login policy `{}`, of which nothing is part of this mapping: {why}",
                visible(&policy.name)
            ));
        }
        Imported {
            found,
            policy: None,
        }
    };
    let policy = match login.as_slice() {
        [] => {
            return Imported {
                found: without,
                policy: None,
            };
        }
        [policy] => policy.clone(),
        several => {
            let why = format!(
                "{} decide together, and how they do is documented of denials alone",
                number(several.len(), "login policy").replace("policys", "policies")
            );
            return plain(without, &why);
        }
    };
    match read(found, &policy, known, decide) {
        Err(why) => plain(without, &why),
        Ok((mut found, dialect)) => {
            finish(&mut found, true);
            Imported {
                found,
                policy: Some(Part {
                    name: policy.name,
                    text: policy.text,
                    dialect,
                    without,
                }),
            }
        }
    }
}

/// Another process reads the text first, under limits of time and memory: what that cannot read is not read here.
fn read(
    mut found: Found,
    policy: &Policy,
    known: &Known,
    decide: &dyn Decide,
) -> Result<(Found, Dialect), String> {
    let broken = |error: EvaluateError| format!("it cannot be evaluated here: {}", error.message);
    let dialect = match policy.dialect {
        Some(dialect) => decide
            .decide(&policy.text, dialect, &[])
            .map(|_| dialect)
            .map_err(broken)?,
        None => dialect_of(&policy.text, decide).map_err(broken)?,
    };
    rego::read(&policy.text, dialect, known, &mut found)
        .map_err(|error| format!("it cannot be read: {error}"))?;
    found.source = format!(
        "{} and its login policy `{}`",
        found.source,
        visible(&policy.name)
    );
    for one in &mut found.policies {
        one.is_part |= one.id == policy.id && one.kind == Type::Login;
    }
    Ok((found, dialect))
}

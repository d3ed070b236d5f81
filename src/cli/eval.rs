//! `liftgate eval`.

use std::io::Read as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{ArgGroup, Args};
use serde_json::{Value, json};

use super::complete;
use super::names::unknown;
use super::output::Output;
use super::{Exit, MappingArg, check};
use crate::evaluate::access::Level;
use crate::evaluate::{Decision, Evaluator};
use crate::fixture::{Identity, Request};
use crate::model::Model;
use crate::project::Compiled;
use crate::report::{self, explanation::Explanation, standing::ExplainedStanding};
use crate::source::{Sources, Span};
use crate::stacks::{By, Policies, StackError, Standing, Thing};

const AFTER_HELP: &str = "\
Examples:
  liftgate eval policies/acme --as alice
  liftgate eval policies/acme --as alice --ip 203.0.113.9 --at 2026-12-03T10:00:00-08:00
  liftgate eval policies/acme --login carol@acme.example --group payments --group seniors
  liftgate eval policies/acme --as alice --explain   what every entry says to it
  liftgate eval policies/acme --input sample.json    an input as Spacelift recorded it; - for stdin
  liftgate eval policies/stacks-teams --as alice --stack app   a stack of the fixtures, too";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
#[command(group = ArgGroup::new("who").args(["identity", "login", "input"]).required(true))]
pub struct EvalArgs {
    #[command(flatten)]
    mapping: MappingArg,
    /// An identity of the fixtures.
    #[arg(long = "as", value_name = "NAME", add = complete::identities())]
    identity: Option<String>,
    /// A login.
    #[arg(long, value_name = "LOGIN")]
    login: Option<String>,
    /// A group, by the mapping's name for it; may be repeated.
    #[arg(long = "group", value_name = "NAME", add = complete::groups(), requires = "login")]
    groups: Vec<String>,
    /// A value exactly as the provider sends it; may be repeated.
    #[arg(long = "team", value_name = "VALUE", requires = "login")]
    teams: Vec<String>,
    /// Not a member of the account.
    #[arg(long, requires = "login")]
    outsider: bool,
    /// A machine.
    #[arg(long, requires = "login")]
    machine: bool,
    /// The address of the request.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "input")]
    ip: Option<IpAddr>,
    /// The time of the request, RFC 3339.
    #[arg(long, value_name = "TIME", conflicts_with = "input", value_parser = time)]
    at: Option<jiff::Timestamp>,
    /// Say of every entry of the mapping whether it has a part in this, and what was seen.
    #[arg(long)]
    explain: bool,
    /// A whole input as JSON, as Spacelift records it; one with a stack or a module is of an access policy.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// A stack or module of the fixtures: what may be done with it; may be repeated.
    #[arg(long = "stack", value_name = "ID")]
    stacks: Vec<String>,
}

pub fn run(args: &EvalArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    let input = input(args, &compiled)?;
    if let Some(thing) = asked_for(&input) {
        return access(&compiled, &project.sources, &input, &thing, output);
    }
    let decision = decided(&compiled.model, &compiled.text, &input)?;
    let stacks = stacks(args, &compiled, &project.sources, &input, &decision)?;
    let who = input
        .pointer("/session/login")
        .and_then(Value::as_str)
        .unwrap_or("(no login)");
    let who = match &args.identity {
        Some(name) => format!("{name} ({who})"),
        None => who.to_string(),
    };
    let explained = report::decision::explain(&compiled.model, &project.sources, &input, &decision);
    let explanation = Explanation::of(&compiled.model, &project.sources, &input);
    output.say(&explained.human(&who));
    for stack in &stacks {
        output.say(&format!("  {}", stack.human()));
    }
    if args.explain {
        output.say(&format!("\n{}", explanation.human()));
    }
    output.json(
        Exit::Fine,
        json!({"input": input, "decision": explained, "explanation": explanation, "stacks": stacks}),
    );
    Ok(Exit::Fine)
}

/// What may be done with the stacks and modules that are named.
fn stacks(
    args: &EvalArgs,
    compiled: &Compiled,
    sources: &Sources,
    input: &Value,
    decision: &Decision,
) -> anyhow::Result<Vec<ExplainedStanding>> {
    let things = &compiled.fixtures.things;
    let mut policies = Policies::of(&compiled.model, &compiled.access)?;
    let each = args.stacks.iter().map(|id| {
        let thing = things
            .get(id)
            .ok_or_else(|| unknown("stack or module", id, things.keys()))?;
        let standing = policies
            .standing(input, decision, thing)
            .map_err(stack_failure)?;
        Ok(ExplainedStanding::of(
            &compiled.model,
            sources,
            thing,
            &standing,
        ))
    });
    each.collect()
}

/// The stack or module that an input of an access policy is about.
fn asked_for(input: &Value) -> Option<Thing> {
    let thing = |key: &str| Some((key == "module", input.get(key)?.as_object()?));
    let (is_module, says) = thing("stack").or_else(|| thing("module"))?;
    let id = says.get("id").and_then(Value::as_str).unwrap_or_default();
    Some(Thing {
        id: id.to_string(),
        is_module,
        says: says.clone(),
    })
}

/// What every access policy that is attached to it says of an input of theirs.
fn access(
    compiled: &Compiled,
    sources: &Sources,
    input: &Value,
    thing: &Thing,
    output: &Output,
) -> anyhow::Result<Exit> {
    let mut policies = Policies::of(&compiled.model, &compiled.access)?;
    let said = policies.asked(input, thing).map_err(stack_failure)?;
    let standing = Standing {
        level: Level::of(said.values()),
        by: By::Policies,
        policies: said,
    };
    let explained = ExplainedStanding::of(&compiled.model, sources, thing, &standing);
    output.say(&explained.human());
    output.json(Exit::Fine, json!({"input": input, "stacks": [explained]}));
    Ok(Exit::Fine)
}

fn stack_failure(error: StackError) -> anyhow::Error {
    match error {
        StackError::Evaluate(error) => error.into(),
        StackError::Disagreement(error) => error.into(),
    }
}

/// What the policy's text decides, which is what counts; unless that is not what the mapping says.
fn decided(model: &Model, text: &str, input: &Value) -> anyhow::Result<Decision> {
    let decision = Evaluator::of(text, model.dialect)?.decide(input)?;
    model.decide(input).agrees_with(&decision)?;
    Ok(decision)
}

fn input(args: &EvalArgs, compiled: &Compiled) -> anyhow::Result<Value> {
    if let Some(path) = &args.input {
        return read_input(path);
    }
    let request = Request {
        ip: args.ip.map(|ip| ip.to_string()),
        at: match args.at {
            None => None,
            Some(at) => Some(
                i64::try_from(at.as_nanosecond())
                    .context("the time is too far away for Spacelift's clock")?,
            ),
        },
    };
    let identities = &compiled.fixtures.identities;
    let identity = match (&args.identity, &args.login) {
        (Some(name), _) => identities
            .get(name)
            .cloned()
            .ok_or_else(|| unknown("identity", name, identities.keys()))?,
        (None, Some(login)) => described(args, login, &compiled.model)?,
        (None, None) => bail!("somebody to decide about is missing"),
    };
    Ok(identity.input(&compiled.model, &request))
}

pub(super) fn time(text: &str) -> Result<jiff::Timestamp, String> {
    text.parse().map_err(|_| {
        "write a time with an offset, as in 2026-12-03T10:00:00-08:00 or 2026-12-03T18:00Z"
            .to_string()
    })
}

fn described(args: &EvalArgs, login: &str, model: &Model) -> anyhow::Result<Identity> {
    for group in &args.groups {
        if !model.groups.contains_key(group) {
            return Err(unknown("group", group, model.groups.keys()));
        }
    }
    Ok(Identity {
        login: login.to_string(),
        groups: Some(args.groups.clone()).filter(|groups| !groups.is_empty()),
        teams: Some(args.teams.clone()).filter(|teams| !teams.is_empty()),
        member: !args.outsider,
        machine: args.machine.then_some(true),
        span: Span::default(),
    })
}

fn read_input(path: &Path) -> anyhow::Result<Value> {
    let is_stdin = path == Path::new("-");
    let shown = if is_stdin {
        "standard input".to_string()
    } else {
        format!("`{}`", crate::report::visible::path(path))
    };
    let text = if is_stdin {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .with_context(|| format!("{shown} could not be read"))?;
        text
    } else {
        std::fs::read_to_string(path).with_context(|| format!("{shown} could not be read"))?
    };
    let input: Value =
        serde_json::from_str(&text).with_context(|| format!("{shown} is not JSON"))?;
    if !input.is_object() {
        bail!(
            "{shown} is not an input: an object with `session`, `request` and `spaces` is expected"
        );
    }
    Ok(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Colour, Format};
    use crate::fixture::tests::{MAPPING, model};
    use crate::render::render;

    #[test]
    fn a_decision_that_comes_out_in_two_ways_is_none() {
        let (model, policy) = model(MAPPING);
        let text = render(&policy).unwrap();
        let input = json!({"session": {"login": "pat@acme.example", "member": true, "teams": ["aaa"]}, "spaces": []});
        assert!(decided(&model, &text, &input).is_ok());
        let other = text.replace("\"refuse\"", "\"admit\"");
        assert_ne!(other, text);
        let error = decided(&model, &other, &input).unwrap_err();
        let output = Output::new("eval", Format::Github, Colour::Never);
        assert_eq!(output.failure(&error) as u8, Exit::Disagrees as u8);
        let error = decided(&model, "nonsense", &input).unwrap_err();
        assert_eq!(output.failure(&error) as u8, Exit::Failed as u8);
    }
}

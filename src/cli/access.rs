//! `liftgate access`.

use std::collections::BTreeSet;

use clap::{ArgGroup, Args};
use serde_json::json;

use super::complete;
use super::names::{all_known, unknown};
use super::output::Output;
use super::tree::{Tree, TreeArgs};
use super::who::{instant, of_directory};
use super::{Exit, MappingArg, check, eval};
use crate::effective::{Person, Question, What, access_of_groups, ways};
use crate::fixture::{Identity, Request};
use crate::model::Model;
use crate::project::Compiled;
use crate::report::effective::{self, Asked};
use crate::source::Span;

const AFTER_HELP: &str = "\
Each answer comes with its way: who it is that the grant means, the grant and its line, the role and the space, and what that \
reaches. Conditions and dates are told, not decided; `eval` decides one login at one place and time.

Examples:
  liftgate access policies/acme --identity alice
  liftgate access policies/acme --login carol@acme.example --group payments --group seniors
  liftgate access policies/acme --group contractors   whoever is in it
  liftgate access policies/acme --identity alice --in payments-prod --format json";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
#[command(group = ArgGroup::new("somebody").args(["identity", "login", "groups", "api_key"]).multiple(true).required(true))]
pub struct AccessArgs {
    #[command(flatten)]
    mapping: MappingArg,
    /// An identity of the fixtures.
    #[arg(long, value_name = "NAME", add = complete::identities(), conflicts_with_all = ["login", "groups", "api_key"])]
    identity: Option<String>,
    /// A login. Without groups, those that the directory's snapshot knows of it.
    #[arg(long, value_name = "LOGIN", conflicts_with = "api_key")]
    login: Option<String>,
    /// A group, by the mapping's name for it; may be repeated. Without a login: whoever is in all of them.
    #[arg(long = "group", value_name = "NAME", add = complete::groups(), conflicts_with = "api_key")]
    groups: Vec<String>,
    /// An API key, by the mapping's name for it.
    #[arg(long, value_name = "NAME", add = complete::api_keys())]
    api_key: Option<String>,
    /// Only this space; may be repeated.
    #[arg(long = "in", value_name = "SPACE", add = complete::spaces())]
    spaces: Vec<String>,
    /// Leave out what is not in force at this time, RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = eval::time)]
    at: Option<jiff::Timestamp>,
    #[command(flatten)]
    tree: TreeArgs,
}

pub fn run(args: &AccessArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    let Tree { model, .. } = args.tree.of(&compiled.model)?;
    all_known("space", &args.spaces, model.spaces.keys())?;
    all_known("group", &args.groups, model.groups.keys())?;
    let spaces: BTreeSet<String> = args.spaces.iter().cloned().collect();
    let question = Question {
        what: What::Anything,
        spaces: (!spaces.is_empty()).then_some(spaces),
        at: instant(args.at)?,
    };
    let ways = ways(&model, &question);
    let asked = Asked {
        model: &model,
        sources: &project.sources,
        ways: &ways,
    };
    let answer = match person(args, &compiled, &model)? {
        Some(person) => effective::access(&asked, &person),
        None => {
            let groups = args.groups.iter().cloned().collect();
            let further = access_of_groups(&ways, &groups);
            effective::access_of_groups(&asked, &groups, &further)
        }
    };
    output.say(&answer.human());
    output.json(Exit::Fine, json!({ "answer": answer }));
    Ok(Exit::Fine)
}

/// Who was asked about; nobody where it was only groups.
fn person(args: &AccessArgs, compiled: &Compiled, model: &Model) -> anyhow::Result<Option<Person>> {
    let of = |name: &str, identity: &Identity| Person {
        name: name.to_owned(),
        input: identity.input(&compiled.model, &Request::default()),
    };
    if let Some(name) = &args.identity {
        let identities = &compiled.fixtures.identities;
        let identity = identities.get(name);
        let identity = identity.ok_or_else(|| unknown("identity", name, identities.keys()))?;
        return Ok(Some(of(name, identity)));
    }
    if let (Some(login), []) = (&args.login, args.groups.as_slice())
        && let Some(person) = compiled
            .directory
            .as_ref()
            .and_then(|all| all.person(login))
    {
        return Ok(Some(of_directory(person)));
    }
    let described = |login: String, machine: Option<bool>| Identity {
        login,
        groups: Some(args.groups.clone()),
        teams: None,
        member: true,
        machine,
        span: Span::default(),
    };
    if let Some(name) = &args.api_key {
        let key = model.api_keys.get(name);
        let key = key.ok_or_else(|| unknown("API key", name, model.api_keys.keys()))?;
        let identity = described(format!("api::{}", key.id), Some(true));
        return Ok(Some(of(name, &identity)));
    }
    Ok(args
        .login
        .as_ref()
        .map(|login| of(login, &described(login.clone(), None))))
}

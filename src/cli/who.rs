//! `liftgate who`.

use std::collections::BTreeSet;

use clap::{ArgGroup, Args};
use serde_json::json;

use super::complete;
use super::names::all_known;
use super::output::Output;
use super::tree::{Tree, TreeArgs};
use super::{Exit, MappingArg, check, eval};
use crate::directory::{self, Directory};
use crate::effective::{Person, Question, What, ways};
use crate::fixture::Request;
use crate::model::{FIXED_SPACES, Model};
use crate::project::Compiled;
use crate::report::effective::{Asked, who};
use crate::resolve::actions::ACTIONS;

const AFTER_HELP: &str = "\
The answer is over groups, logins and API keys of the mapping, whether or not anybody is known to be in them; then it names the \
people it is true of, as far as fixtures and the directory's snapshot know them. Effective access counts: roles reach the spaces below, account admins may do \
everything, and whoever holds a role on a space that inherits may read the one above. Conditions and dates are told, not \
decided; `--at` leaves out what is not in force at a time.

Examples:
  liftgate who policies/acme --can run:confirm --in payments-prod
  liftgate who policies/acme --can run:confirm --can space:admin --label env:prod
  liftgate who policies/acme --role space-admin --in root --in legacy
  liftgate who policies/acme --can space:read --in security --at 2027-03-03T10:00Z
  liftgate who policies/acme --can run:confirm --sandbox target/acme.json   the account's tree";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
#[command(group = ArgGroup::new("what").args(["can", "role"]).required(true))]
pub struct WhoArgs {
    #[command(flatten)]
    mapping: MappingArg,
    /// An action, such as run:confirm; of several, any.
    #[arg(long, value_name = "ACTION", add = complete::actions())]
    can: Vec<String>,
    /// A role, by its slug; of several, any.
    #[arg(long, value_name = "SLUG", add = complete::roles())]
    role: Vec<String>,
    /// A space, by its id, or * for every space but root and legacy; of several, any. Without this or a label, anywhere.
    #[arg(long = "in", value_name = "SPACE", add = complete::spaces())]
    spaces: Vec<String>,
    /// Every space with this label; may be given several times.
    #[arg(long, value_name = "LABEL", add = complete::labels())]
    label: Vec<String>,
    /// Leave out what is not in force at this time, RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = eval::time)]
    at: Option<jiff::Timestamp>,
    #[command(flatten)]
    tree: TreeArgs,
}

pub fn run(args: &WhoArgs, output: &Output) -> anyhow::Result<Exit> {
    let Some((project, compiled)) = check::load(&args.mapping, output) else {
        return Ok(Exit::Findings);
    };
    let Tree { model, whose } = args.tree.of(&compiled.model)?;
    let question = question(args, &model)?;
    let ways = ways(&model, &question);
    let asked = Asked {
        model: &model,
        sources: &project.sources,
        ways: &ways,
    };
    let answer = who(&asked, &words(args, whose.as_deref()), &people(&compiled));
    output.say(&answer.human());
    output.json(Exit::Fine, json!({ "answer": answer }));
    Ok(Exit::Fine)
}

/// Everybody who is known: the identities of the fixtures, and whoever of the directory may sign in and is none of them.
fn people(compiled: &Compiled) -> Vec<Person> {
    let identities = compiled.fixtures.identities.iter();
    let described: BTreeSet<String> = identities
        .clone()
        .map(|(_, identity)| identity.login.to_ascii_lowercase())
        .collect();
    let of_fixtures = identities.map(|(name, identity)| Person {
        name: name.clone(),
        input: identity.input(&compiled.model, &Request::default()),
    });
    let directory = compiled.directory.iter().flat_map(Directory::active);
    let others = directory.filter(|person| !described.contains(&person.login.to_ascii_lowercase()));
    of_fixtures.chain(others.map(of_directory)).collect()
}

/// Somebody of the directory. Nothing of a question about people depends on the spaces that an input lists.
pub fn of_directory(person: &directory::Person) -> Person {
    let mut session = json!({"login": person.login, "member": true});
    if let (Some(groups), Some(session)) = (&person.groups, session.as_object_mut()) {
        session.insert("teams".to_owned(), json!(groups));
    }
    let name = person.name.clone().unwrap_or_else(|| person.login.clone());
    Person {
        name: if person.active {
            name
        } else {
            format!("{name}, whom the provider lets in no more,")
        },
        input: json!({ "session": session }),
    }
}

fn question(args: &WhoArgs, model: &Model) -> anyhow::Result<Question> {
    let actions: Vec<String> = ACTIONS.iter().map(ToString::to_string).collect();
    all_known("action", &args.can, actions.iter())?;
    all_known("role", &args.role, model.roles.keys())?;
    let named: Vec<String> = args
        .spaces
        .iter()
        .filter(|id| *id != "*")
        .cloned()
        .collect();
    all_known("space", &named, model.spaces.keys())?;
    let labels: BTreeSet<&String> = model
        .spaces
        .values()
        .flat_map(|space| &space.labels)
        .collect();
    all_known("label of a space", &args.label, labels.iter().copied())?;
    let mut spaces: BTreeSet<String> = named.into_iter().collect();
    for (id, space) in &model.spaces {
        let every = args.spaces.iter().any(|id| id == "*") && !FIXED_SPACES.contains(&id.as_str());
        if every || args.label.iter().any(|label| space.labels.contains(label)) {
            spaces.insert(id.clone());
        }
    }
    let anywhere = args.spaces.is_empty() && args.label.is_empty();
    Ok(Question {
        what: if args.can.is_empty() {
            What::Roles(args.role.iter().cloned().collect())
        } else {
            What::Actions(args.can.iter().cloned().collect())
        },
        spaces: (!anywhere).then_some(spaces),
        at: instant(args.at)?,
    })
}

/// Nanoseconds since 1970 UTC.
pub fn instant(at: Option<jiff::Timestamp>) -> anyhow::Result<Option<i64>> {
    use anyhow::Context as _;
    at.map(|at| {
        i64::try_from(at.as_nanosecond()).context("the time is too far away for Spacelift's clock")
    })
    .transpose()
}

/// The question, as it was asked.
fn words(args: &WhoArgs, whose: Option<&str>) -> String {
    let or = |words: &[String]| words.join(" or ");
    let what = if args.can.is_empty() {
        format!("who holds {}", or(&args.role))
    } else {
        format!("who can {}", or(&args.can))
    };
    let spaces = args.spaces.iter().map(|id| match id.as_str() {
        "*" => "a space".to_owned(),
        id => id.to_owned(),
    });
    let labels = args
        .label
        .iter()
        .map(|label| format!("a space labelled {label}"));
    let places: Vec<String> = spaces.chain(labels).collect();
    let place = match places.as_slice() {
        [] => " anywhere".to_owned(),
        places => format!(" on {}", or(places)),
    };
    let at = args.at.map(|at| format!(" at {at}")).unwrap_or_default();
    let tree = whose
        .map(|whose| format!(", by the spaces of {whose}"))
        .unwrap_or_default();
    format!("{what}{place}{at}{tree}")
}

//! `liftgate sandbox`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::Exit;
use super::output::Output;

const AFTER_HELP: &str = "\
The account has root, legacy and the built-in roles; with --seed, also the spaces of a mapping, and \
its roles that are external. Those that it declares with actions are made by a push. \
With --seed, the people of the fixtures can sign in: SPACELIFT_API_GITHUB_TOKEN is their login. \
The server answers on this machine only. Stop it with Ctrl-C; the file keeps the account.

Examples:
  liftgate sandbox account.json                           on a free port
  liftgate sandbox account.json --seed policies/acme      with acme's spaces and external roles
  liftgate sandbox account.json --listen 127.0.0.1:8088   on this port";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct SandboxArgs {
    /// The file that holds the account; it is made if it does not exist.
    file: PathBuf,
    /// Make a new account with the spaces and external roles of this mapping.
    #[arg(long, value_name = "PATH")]
    seed: Option<PathBuf>,
    /// The address to serve on; a loopback one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Let things go wrong by this script: a list of faults as JSON, for tests of other programs.
    #[arg(long, value_name = "SCRIPT", hide = true)]
    faults: Option<PathBuf>,
}

#[cfg(not(feature = "sandbox"))]
pub fn run(_: &SandboxArgs, _: &Output) -> anyhow::Result<Exit> {
    anyhow::bail!("this build has no sandbox")
}

#[cfg(feature = "sandbox")]
pub use served::{open, run, seed};

#[cfg(feature = "sandbox")]
mod served {
    use std::collections::{BTreeMap, BTreeSet};
    use std::io::ErrorKind;
    use std::path::Path;
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::{Exit, Output, SandboxArgs};
    use crate::cli::output::Failure;
    use crate::cli::{LimitArgs, MappingArg, check};
    use crate::fixture::Request;
    use crate::model::stacks::Attach;
    use crate::model::{Account, FIXED_SPACES, Model, RoleKind};
    use crate::project::Compiled;
    use crate::sandbox::faults::Faults;
    use crate::sandbox::state::Person;
    use crate::sandbox::{Error, Rego, Sandbox, Seed, SeedRole, SeedSpace};

    pub fn run(args: &SandboxArgs, output: &Output) -> anyhow::Result<Exit> {
        let seed = match &args.seed {
            None => Seed {
                account: "sandbox".to_string(),
                ..Seed::default()
            },
            Some(path) => {
                let mapping = MappingArg {
                    path: path.clone(),
                    directory: Default::default(),
                    limits: LimitArgs::default(),
                };
                let Some((_, compiled)) = check::load(&mapping, output) else {
                    return Ok(Exit::Findings);
                };
                Seed {
                    people: people(&compiled),
                    ..seed(&compiled.model)
                }
            }
        };
        let sandbox = open(&args.file, &seed)?;
        let address = args.listen.to_string();
        let server = match &args.faults {
            Some(script) => sandbox.serve_with(&address, faults(script)?)?,
            None => sandbox.serve(&address)?,
        };
        let (id, secret) = server.credentials();
        let endpoint = server.endpoint();
        output.say(&format!("# serving the account in {} until Ctrl-C; for other programs:\nexport SPACELIFT_API_KEY_ENDPOINT={endpoint}\nexport SPACELIFT_API_KEY_ID={id}\nexport SPACELIFT_API_KEY_SECRET={secret}", crate::report::visible::path(&args.file)));
        output.json(
            Exit::Fine,
            json!({"endpoint": endpoint, "key": {"id": id, "secret": secret}}),
        );
        server.join();
        Ok(Exit::Fine)
    }

    fn faults(script: &Path) -> anyhow::Result<Faults> {
        let shown = crate::report::visible::path(script);
        let text = std::fs::read_to_string(script).map_err(|error| Failure {
            message: format!("{shown}: {error}"),
            help: "name a file that holds a list of faults".to_string(),
        })?;
        Faults::parse(&text).map_err(|error| {
            Failure {
                message: format!("{shown}: {error}"),
                help: r#"a script is a list, as in [{"call": 3, "what": {"drop": {"when": "after"}}}]"#.to_string(),
            }
            .into()
        })
    }

    /// Opens a sandbox that checks and decides policies as liftgate does.
    pub fn open(file: &Path, seed: &Seed) -> anyhow::Result<Sandbox> {
        Sandbox::open(file, seed)
            .map(|sandbox| sandbox.with_evaluator(Arc::new(Rego::default())))
            .map_err(|error| {
                Failure {
                    help: help(&error).to_string(),
                    message: error.to_string(),
                }
                .into()
            })
    }

    fn help(error: &Error) -> &'static str {
        match error {
            Error::Io { source, .. } if source.kind() == ErrorKind::NotFound => {
                "make the file's folder first; the file itself is made if it does not exist"
            }
            Error::Locked { .. } => {
                "another `liftgate` works on it or serves it; end that one, or give another file"
            }
            Error::Corrupt { .. } => {
                "the file is left as it is; give another one, or remove it for an account that is new"
            }
            _ => "",
        }
    }

    /// An account that has the spaces of a mapping, and the roles that it leaves to others. Its own are a push's to make.
    pub fn seed(model: &Model) -> Seed {
        let spaces = model
            .spaces
            .iter()
            .filter(|(id, _)| !FIXED_SPACES.contains(&id.as_str()))
            .map(|(id, space)| SeedSpace {
                id: id.clone(),
                parent: space.parent.clone(),
                inherit: space.inherit,
                labels: space.labels.iter().cloned().collect(),
                name: id.clone(),
            })
            .collect();
        let roles = model
            .roles
            .iter()
            .filter(|(_, role)| role.kind == RoleKind::External)
            .map(|(slug, role)| SeedRole {
                slug: slug.clone(),
                name: role.name.clone().unwrap_or_else(|| slug.clone()),
                // What it may do is not the mapping's to say; it must do something to be a role.
                actions: vec!["SPACE_READ".to_string()],
            })
            .collect();
        Seed {
            account: model.account.to_string(),
            spaces,
            roles,
            people: Vec::new(),
            // A mapping may name an installation of one's own by its address, and one on spacelift.io by its name only.
            takes_access_policies: matches!(model.account, Account::Endpoint(_)),
            stacks: named(model, |attach| &attach.stacks),
            modules: named(model, |attach| &attach.modules),
        }
    }

    /// Ids that entries of `stack_access` are attached to.
    fn named(model: &Model, ids: impl Fn(&Attach) -> &BTreeSet<String>) -> Vec<String> {
        let entries = model.stack_access.values();
        let all: BTreeSet<&String> = entries.flat_map(|entry| ids(&entry.attach)).collect();
        all.into_iter().cloned().collect()
    }

    /// The identities of fixtures that are people, as they would sign in; one login once.
    fn people(compiled: &Compiled) -> Vec<Person> {
        let mut people: BTreeMap<String, Person> = BTreeMap::new();
        for (name, identity) in &compiled.fixtures.identities {
            if identity.machine == Some(true) || identity.login.starts_with("api::") {
                continue;
            }
            let input = identity.input(&compiled.model, &Request::default());
            let teams = input.pointer("/session/teams").and_then(Value::as_array);
            let teams = teams.map(|teams| {
                let texts = teams.iter().filter_map(Value::as_str);
                texts.map(str::to_string).collect()
            });
            let person = Person {
                login: identity.login.clone(),
                name: name.clone(),
                email: identity.login.contains('@').then(|| identity.login.clone()),
                teams,
                member: identity.member,
                // Of a network that is kept for documentation (RFC 5737).
                address: "203.0.113.10".to_string(),
            };
            people.entry(identity.login.clone()).or_insert(person);
        }
        people.into_values().collect()
    }
}

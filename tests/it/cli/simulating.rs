//! Servers whose own engine reads a policy otherwise, over the network, with the real process.

use std::path::Path;
use std::sync::Arc;

use liftgate::evaluate::Evaluator;
use liftgate::model::Dialect;
use liftgate::project::Project;
use liftgate::sandbox::{Engine, Evaluate, Sandbox, Seed, SeedSpace, Server, System};
use serde_json::{Value, json};

use super::bench::Bench;

/// What is wrong with a server.
#[derive(Clone, Copy)]
enum Wrong {
    Nothing,
    /// It lets everybody in.
    LetsIn,
    /// It loses a role.
    LosesRoles,
    /// It reads Rego v0 only.
    Older,
    /// It reads neither.
    Broken,
}

struct Contrary(Wrong);

impl Evaluate for Contrary {
    fn login(&self, body: &str, _: Engine, input: &str) -> Result<String, String> {
        let is_v0 = body.contains("import future.keywords");
        match (self.0, is_v0) {
            (Wrong::Broken, _) => return Err("no engine".to_string()),
            (Wrong::Older, false) => return Err("rego_parse_error: unexpected `if`".to_string()),
            _ => {}
        }
        let dialect = if is_v0 { Dialect::V0 } else { Dialect::V1 };
        let input: Value = serde_json::from_str(input).map_err(|error| error.to_string())?;
        let decision = Evaluator::of(body, dialect)
            .and_then(|mut evaluator| evaluator.decide(&input))
            .map_err(|error| error.message)?;
        let mut answer = json!({
            "access_level": decision.login.word(),
            "deny_admin": decision.deny_admin,
            "roles": decision.roles,
            "sample": false,
            "teams": decision.teams,
        });
        match self.0 {
            Wrong::LetsIn if decision.login.word() == "deny" => {
                answer["access_level"] = "allow".into();
            }
            Wrong::LosesRoles => answer["roles"] = json!({}),
            _ => {}
        }
        Ok(answer.to_string())
    }

    fn check(&self, _: &str, _: &str, _: Engine) -> Result<(), String> {
        Ok(())
    }
}

/// A server for the starter's mapping, and a bench whose credentials lead there.
fn served(wrong: Wrong) -> (Bench, Server) {
    let mut bench = Bench::with_starter();
    let server = sandbox(bench.folder())
        .with_evaluator(Arc::new(Contrary(wrong)))
        .serve("127.0.0.1:0")
        .unwrap();
    let (id, secret) = server.credentials();
    bench.set("SPACELIFT_API_KEY_ENDPOINT", &server.endpoint());
    bench.set("SPACELIFT_API_KEY_ID", &id);
    bench.set("SPACELIFT_API_KEY_SECRET", &secret);
    (bench, server)
}

fn sandbox(folder: &Path) -> Sandbox {
    let compiled = Project::load(folder).compiled.unwrap();
    let spaces = compiled.model.spaces.iter();
    let seed = Seed {
        account: compiled.model.account.to_string(),
        spaces: spaces
            .filter(|(id, _)| !["root", "legacy"].contains(&id.as_str()))
            .map(|(id, space)| SeedSpace {
                id: id.clone(),
                name: id.clone(),
                parent: space.parent.clone(),
                inherit: space.inherit,
                labels: space.labels.iter().cloned().collect(),
            })
            .collect(),
        roles: Vec::new(),
        ..Seed::default()
    };
    Sandbox::in_memory(&seed, System::default()).unwrap()
}

#[test]
fn a_server_that_agrees_is_said_to() {
    let (bench, _server) = served(Wrong::Nothing);
    let said = bench.ends(5, "plan").stdout;
    let asked = "Simulated on the account as Rego v1: 7 logins, decided as here.";
    assert!(said.contains(asked), "{said}");
}

#[test]
fn a_server_that_decides_otherwise_refuses() {
    for (wrong, words) in [
        (
            Wrong::LetsIn,
            "`nobody gets in without a group`: allow there, deny here",
        ),
        (Wrong::LosesRoles, "here and not there"),
    ] {
        let (bench, _server) = served(wrong);
        let said = bench.ends(6, "plan").stdout;
        assert!(said.contains("server-disagrees: "), "{said}");
        assert!(said.contains("7 logins, not all decided as here"), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn an_older_server_is_asked_in_the_older_dialect() {
    let (bench, _server) = served(Wrong::Older);
    let said = bench.ends(5, "plan").stdout;
    assert!(
        said.contains("as Rego v0: 7 logins, decided as here"),
        "{said}"
    );
    assert!(
        said.contains("the same policy was simulated as Rego v0"),
        "{said}"
    );
}

#[test]
fn a_server_that_cannot_be_asked_refuses() {
    let (bench, _server) = served(Wrong::Broken);
    let said = bench.ends(6, "plan").stdout;
    assert!(said.contains("simulation-refused: "), "{said}");
    assert!(
        said.contains("as Rego v1, ") && said.contains("as Rego v0, "),
        "{said}"
    );
}

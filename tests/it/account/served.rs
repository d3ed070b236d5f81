//! A sandbox that serves, and the client's two halves.

use liftgate::sandbox::state::{Person, State};
use liftgate::sandbox::{Sandbox, Server};
use liftgate::spacelift::{self, Options, Reader, Writer};

pub struct Served {
    pub sandbox: Sandbox,
    pub reader: Reader,
    pub writer: Writer,
    pub server: Server,
}

pub fn person(login: &str, teams: &[&str]) -> Person {
    Person {
        login: login.to_owned(),
        name: login.to_uppercase(),
        email: Some(format!("{login}@acme.example")),
        teams: Some(teams.iter().map(|team| (*team).to_owned()).collect()),
        member: true,
        address: "203.0.113.7".to_owned(),
    }
}

impl Served {
    /// With people who could sign in.
    pub fn with(people: Vec<Person>) -> Served {
        let sandbox = super::sandbox(people);
        let server = sandbox.serve("127.0.0.1:0").unwrap();
        let (id, secret) = server.credentials();
        let options = Options::sandbox(&server.endpoint(), &id, secret.into()).unwrap();
        let (reader, writer) = spacelift::connect(options).unwrap();
        Served {
            sandbox,
            reader,
            writer,
            server,
        }
    }

    /// The client of a person; nothing is sent yet.
    pub fn as_person(&self, login: &str) -> Reader {
        let endpoint = self.server.endpoint();
        let environment = |name: &str| match name {
            "SPACELIFT_API_KEY_ENDPOINT" => Some(endpoint.clone()),
            "SPACELIFT_API_GITHUB_TOKEN" => Some(login.to_owned()),
            _ => None,
        };
        let options = Options::from_environment(&environment, None).unwrap();
        spacelift::connect_read_only(options).unwrap()
    }

    pub fn edit(&self, change: impl FnOnce(&mut State)) {
        self.sandbox.edit(change).unwrap();
    }
}

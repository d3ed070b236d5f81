//! The client against the sandbox, each through its own door.

mod doctor;
mod faults;
mod reading;
mod served;

use std::sync::Arc;

use liftgate::sandbox::state::Person;
use liftgate::sandbox::{Rego, Sandbox, Seed, System};

/// An account with what every account has, in which these could sign in, and which evaluates its policies.
fn sandbox(people: Vec<Person>) -> Sandbox {
    let seed = Seed {
        account: "acme".to_owned(),
        people,
        ..Seed::default()
    };
    Sandbox::in_memory(&seed, System::default())
        .unwrap()
        .with_evaluator(Arc::new(Rego::default()))
}

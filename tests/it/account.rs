//! The client against the sandbox, each through its own door.

mod reading;
mod served;

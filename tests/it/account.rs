//! The client against the sandbox, each through its own door.

mod faults;
mod reading;
mod served;

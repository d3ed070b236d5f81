//! The client against the sandbox, each through its own door.

mod doctor;
mod faults;
mod reading;
mod served;

//! How much a process may take that evaluates somebody else's policy: memory, and time of the processor.
//!
//! Not time on the wall: on a machine that is busy with other things the same policy would be decided today and not tomorrow.

use std::time::Duration;

/// The most memory, in bytes: the engine needs some hundred times the size of a policy of ours of the largest kind.
pub const MOST: u64 = 2 << 30;

/// Limits the address space of this process, from here on. Where the system has no such limit, the time is the only one.
#[cfg(unix)]
pub fn memory() {
    set(rustix::process::Resource::As, MOST, MOST);
}

/// There is no such limit here; the time is the only one.
#[cfg(not(unix))]
pub fn memory() {}

/// Limits the processor's time that this process may take in all, in whole seconds. It is told so by a signal, and a second later
/// it is killed. Where the system has no such limit, whoever waits for the process looks at the clock.
#[cfg(unix)]
pub fn time(most: Duration) {
    let seconds = most.as_secs().max(1);
    set(rustix::process::Resource::Cpu, seconds, seconds + 1);
}

/// There is no such limit here.
#[cfg(not(unix))]
pub fn time(_: Duration) {}

#[cfg(unix)]
fn set(resource: rustix::process::Resource, current: u64, maximum: u64) {
    use rustix::process::{Rlimit, getrlimit, setrlimit};
    let before = getrlimit(resource);
    let within = |wanted: u64| before.maximum.map_or(wanted, |most| most.min(wanted));
    let limit = Rlimit {
        current: Some(within(current)),
        maximum: Some(within(maximum)),
    };
    // A system that does not know it goes on without.
    let _ = setrlimit(resource, limit);
}

/// Whether a process ended because it took its time.
#[cfg(unix)]
pub fn ran_out(status: std::process::ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal() == Some(rustix::process::Signal::XCPU.as_raw())
}

/// No process does, here.
#[cfg(not(unix))]
pub fn ran_out(_: std::process::ExitStatus) -> bool {
    false
}

//! How much memory a process may take that evaluates somebody else's policy.

/// The most, in bytes: the engine needs some hundred times the size of a policy of ours of the largest kind.
pub const MOST: u64 = 2 << 30;

/// Limits the address space of this process, from here on. Where the system has no such limit, the time is the only one.
#[cfg(unix)]
pub fn memory() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let before = getrlimit(Resource::As);
    let most = before.maximum.map_or(MOST, |maximum| maximum.min(MOST));
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    // A system that does not know it goes on without.
    let _ = setrlimit(Resource::As, limit);
}

/// There is no such limit here; the time is the only one.
#[cfg(not(unix))]
pub fn memory() {}

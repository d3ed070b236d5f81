//! What a mistake of liftgate's own looks like from outside: where it is, and nothing of what it held.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

use super::Exit;

/// Runs a command so that a panic in it is an error like others. Its message may repeat a secret, so it is left out, and so is the
/// trace.
pub fn guarded(run: impl FnOnce() -> Exit) -> Exit {
    set_hook(Box::new(|info| {
        let place = info.location().map_or(String::new(), |place| {
            format!(" at {}:{}:{}", place.file(), place.line(), place.column())
        });
        // Nobody is left to be told that this cannot be told.
        let _ = writeln!(
            std::io::stderr(),
            "error: liftgate is mistaken{place} and stops\n  help: this is worth a bug report; what was pushed until then is in the record"
        );
    }));
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Exit::Failed)
}

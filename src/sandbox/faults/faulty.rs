//! A script of faults without a network.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{Faults, Outcome};
use crate::sandbox::{Request, Sandbox, http};
use crate::spacelift::{Answer, Broken, Exchange, Timing};

/// A way to a sandbox of the same process on which things go wrong, for
/// [`Options::over`](crate::spacelift::Options::over).
pub struct Faulty {
    sandbox: Sandbox,
    faults: Faults,
    timing: Arc<dyn Timing>,
}

impl Faulty {
    /// To this sandbox, by this script. Delays pass on `timing`, which should be that of the client.
    #[must_use]
    pub fn new(sandbox: Sandbox, faults: Faults, timing: Arc<dyn Timing>) -> Faulty {
        Faulty {
            sandbox,
            faults,
            timing,
        }
    }
}

impl std::fmt::Debug for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faulty")
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl Exchange for Faulty {
    fn post(&self, body: &[u8], bearer: Option<&str>, within: Duration) -> Result<Answer, Broken> {
        let request: Request = match http::parse(body, bearer.map(str::to_owned)) {
            Ok(request) => request,
            Err(reply) => return Ok(answer(&reply.into())),
        };
        let waited = AtomicU64::new(0);
        let sleep = |pause: Duration| {
            let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
            waited.fetch_add(millis, Ordering::Relaxed);
        };
        let outcome = self.faults.carry_out(&self.sandbox.inner, &request, &sleep);
        let waited = match outcome {
            Outcome::Hold => within,
            _ => Duration::from_millis(waited.into_inner()).min(within),
        };
        if !waited.is_zero() {
            self.timing.sleep(waited);
        }
        if waited >= within {
            return Err(Broken::Late);
        }
        match outcome {
            Outcome::Answer(whole) => Ok(answer(&whole)),
            // Where the head has come, the status alone says enough of a failure.
            Outcome::Cut(whole, bytes) if bytes >= whole.body.len() => Ok(answer(&whole)),
            Outcome::Cut(..) => Err(Broken::Cut),
            Outcome::Drop | Outcome::Hold => Err(Broken::Unanswered),
        }
    }
}

fn answer(whole: &super::Answer) -> Answer {
    Answer {
        status: whole.status,
        html: whole.html,
        location: None,
        retry_after: whole.retry_after.map(|seconds| seconds.to_string()),
        rate_limit_reset: None,
        body: whole.body.clone(),
    }
}

//! A clock that moves when somebody sleeps.

use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::spacelift::Timing;

pub(super) struct FakeTiming {
    now: Mutex<SystemTime>,
    pauses: Mutex<Vec<Duration>>,
}

impl FakeTiming {
    /// 2027-01-15, so that dates in answers can be in the future.
    pub(super) const START: u64 = 1_800_000_000;

    pub(super) fn new() -> Self {
        FakeTiming {
            now: Mutex::new(UNIX_EPOCH + Duration::from_secs(Self::START)),
            pauses: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn pass(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
    }

    /// What was slept, in milliseconds.
    pub(super) fn pauses(&self) -> Vec<u128> {
        let pauses = self.pauses.lock().unwrap();
        pauses.iter().map(Duration::as_millis).collect()
    }
}

impl Timing for FakeTiming {
    fn now(&self) -> SystemTime {
        *self.now.lock().unwrap()
    }

    fn sleep(&self, pause: Duration) {
        self.pauses.lock().unwrap().push(pause);
        self.pass(pause);
    }

    fn jitter(&self) -> f64 {
        1.0
    }
}

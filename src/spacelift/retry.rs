//! When to try again, and how long to wait before.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The first pause is at most this long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// No pause of our own choosing is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// A number above this is a date, not a duration: nobody asks to wait for 30
/// years.
const DATES_BEGIN: u64 = 1_000_000_000;

/// Clock, sleep and chance, so that tests need none of them.
pub trait Timing: Send + Sync {
    /// The time of day.
    fn now(&self) -> SystemTime;
    /// Waits.
    fn sleep(&self, pause: Duration);
    /// A number from 0 to 1 that differs from caller to caller.
    fn jitter(&self) -> f64;
}

/// The real ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTiming;

impl Timing for SystemTiming {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, pause: Duration) {
        std::thread::sleep(pause);
    }

    fn jitter(&self) -> f64 {
        // The standard library seeds each of these anew: chance enough to
        // spread clients out, without a crate for random numbers.
        let chance = RandomState::new().build_hasher().finish();
        chance as f64 / u64::MAX as f64
    }
}

/// How long and how often a request may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// For finding the host, and again for connecting, TLS included.
    pub connect: Duration,
    /// For one whole exchange, from the first byte to the last.
    pub exchange: Duration,
    /// Largest answer, in bytes after decompression.
    pub answer: u64,
    /// Most attempts for one request, at least one.
    pub attempts: u32,
    /// No further attempt starts when this much has passed since the first.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connect: Duration::from_secs(10),
            exchange: Duration::from_secs(60),
            answer: 32 << 20,
            attempts: 5,
            patience: Duration::from_secs(120),
        }
    }
}

/// What is left for one request.
pub(super) struct Budget<'a> {
    timing: &'a dyn Timing,
    limits: &'a Limits,
    started: SystemTime,
    /// When all of it must have ended, whatever the limits say.
    deadline: Option<SystemTime>,
    attempts: u32,
    /// Whether a request that failed may have had its effect all the same.
    pub(super) in_doubt: bool,
}

impl<'a> Budget<'a> {
    pub(super) fn new(
        timing: &'a dyn Timing,
        limits: &'a Limits,
        deadline: Option<SystemTime>,
    ) -> Self {
        Budget {
            timing,
            limits,
            started: timing.now(),
            deadline,
            attempts: 0,
            in_doubt: false,
        }
    }

    /// How many attempts have been paid for so far.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// When all of it must have ended.
    pub(super) fn deadline(&self) -> Option<SystemTime> {
        self.deadline
    }

    /// How long the next exchange may take; nothing when there is no time for one.
    pub(super) fn exchange(&self) -> Option<Duration> {
        let Some(deadline) = self.deadline else {
            return Some(self.limits.exchange);
        };
        let left = left(deadline, self.timing.now())?;
        Some(left.min(self.limits.exchange))
    }

    /// Counts an attempt that is about to be made.
    pub(super) fn spend(&mut self) {
        self.attempts += 1;
    }

    /// Waits before the next attempt, for `asked` at least if the server asked
    /// for a pause. False, without waiting, if there is to be none.
    pub(super) fn pause(&mut self, asked: Option<Duration>) -> bool {
        if self.attempts >= self.limits.attempts {
            return false;
        }
        let own = back_off(self.attempts, self.timing.jitter());
        let pause = asked.map_or(own, |asked| asked.max(own));
        let now = self.timing.now();
        let passed = now.duration_since(self.started).unwrap_or_default();
        if passed.saturating_add(pause) > self.limits.patience {
            return false;
        }
        let is_too_long = |deadline| left(deadline, now).is_none_or(|left| left <= pause);
        if self.deadline.is_some_and(is_too_long) {
            return false;
        }
        self.timing.sleep(pause);
        true
    }
}

/// How long it is until then; nothing when it has come.
pub(super) fn left(deadline: SystemTime, now: SystemTime) -> Option<Duration> {
    let left = deadline.duration_since(now).ok()?;
    (!left.is_zero()).then_some(left)
}

/// Exponential, with full jitter: anything from nothing to the bound.
fn back_off(attempts: u32, jitter: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    let bound = FIRST_PAUSE
        .saturating_mul(1 << doublings)
        .min(LONGEST_PAUSE);
    let share = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        1.0
    };
    bound.mul_f64(share)
}

/// How long the server asks to wait: `Retry-After` (seconds or a date), or
/// else `X-Rate-Limit-Reset` (seconds, or seconds since 1970; services differ,
/// and Spacelift documents neither).
pub(super) fn asked_to_wait(
    retry_after: Option<&str>,
    reset: Option<&str>,
    now: SystemTime,
) -> Option<Duration> {
    retry_after
        .and_then(|text| seconds(text, now).or_else(|| date(text, now)))
        .or_else(|| reset.and_then(|text| seconds(text, now)))
}

fn seconds(text: &str, now: SystemTime) -> Option<Duration> {
    let number: f64 = text.trim().parse().ok()?;
    if !number.is_finite() || number < 0.0 {
        return None;
    }
    // Rounded up: a moment too early is refused again.
    let number = number.ceil().min(u64::MAX as f64) as u64;
    Some(if number > DATES_BEGIN {
        until(Duration::from_secs(number), now)
    } else {
        Duration::from_secs(number)
    })
}

fn date(text: &str, now: SystemTime) -> Option<Duration> {
    let moment = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    let since_epoch = u64::try_from(moment.timestamp().as_second()).ok()?;
    Some(until(Duration::from_secs(since_epoch), now))
}

fn until(since_epoch: Duration, now: SystemTime) -> Duration {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    since_epoch.saturating_sub(now)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound() {
        let pauses: Vec<u128> = (1..=8).map(|n| back_off(n, 1.0).as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16000, 20000, 20000]);
        assert_eq!(back_off(3, 0.0), Duration::ZERO);
        assert_eq!(back_off(3, 0.5), Duration::from_secs(1));
        assert_eq!(back_off(u32::MAX, 7.0), LONGEST_PAUSE);
        assert_eq!(back_off(1, f64::NAN), FIRST_PAUSE);
    }

    #[test]
    fn chance_stays_in_range() {
        for _ in 0..100 {
            let chance = SystemTiming.jitter();
            assert!((0.0..=1.0).contains(&chance));
        }
    }

    #[test]
    fn reads_what_servers_ask_for() {
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let asked = |retry: Option<&str>, reset: Option<&str>| {
            asked_to_wait(retry, reset, now).map(|wait| wait.as_secs())
        };
        assert_eq!(asked(Some("7"), None), Some(7));
        assert_eq!(asked(Some(" 0.2 "), None), Some(1));
        assert_eq!(
            asked(Some("Sun, 06 Nov 1994 08:50:07 GMT"), Some("3")),
            Some(30)
        );
        assert_eq!(asked(Some("Sun, 06 Nov 1994 08:00:00 GMT"), None), Some(0));
        assert_eq!(asked(None, Some("5")), Some(5));
        let later = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        assert_eq!(
            asked_to_wait(None, Some("1700000060"), later),
            Some(Duration::from_secs(60))
        );
        for nonsense in ["", "soon", "-1", "NaN", "inf"] {
            assert_eq!(asked(Some(nonsense), None), None, "{nonsense}");
        }
        assert!(asked(Some("1e300"), None).unwrap() > 1_000_000_000);
    }
}

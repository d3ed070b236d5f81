//! Times on which decisions turn: where windows open and close, and where clocks change.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use liftgate::model::Hours;

use super::random::Random;

/// Days around which the clocks of some zone change, and others of every weekday.
const DAYS: [Date; 12] = [
    date(2026, 3, 8),
    date(2026, 3, 29),
    date(2026, 4, 5),
    date(2026, 10, 4),
    date(2026, 10, 25),
    date(2026, 11, 1),
    date(2026, 11, 30),
    date(2026, 12, 1),
    date(2026, 12, 3),
    date(2026, 12, 4),
    date(2026, 12, 5),
    date(2026, 12, 6),
];

/// When the clocks on the walls of a zone show a minute of some day. An hour that comes twice has two such times, of one
/// that never comes it is one beside the gap.
pub fn at_minute(hours: &Hours, minute: u16, random: &mut Random) -> i64 {
    let zone = TimeZone::get(&hours.zone).unwrap();
    let midnight = random.pick(&DAYS).at(0, 0, 0, 0);
    let wall = midnight.saturating_add(jiff::SignedDuration::from_mins(i64::from(minute)));
    let instant = zone.to_ambiguous_timestamp(wall);
    let instant = if random.percent(50) {
        instant.earlier()
    } else {
        instant.later()
    };
    nanoseconds(instant.unwrap())
}

/// When the clocks of a zone change in 2026, if they do: the first nanosecond of the new time.
pub fn change(hours: &Hours, forward: bool) -> Option<i64> {
    let zone = TimeZone::get(&hours.zone).unwrap();
    let start: jiff::Timestamp = "2026-01-01T00:00Z".parse().unwrap();
    let mut changes = zone.following(start);
    let change = changes.find(|change| {
        let before = change.timestamp() - jiff::SignedDuration::from_nanos(1);
        let (old, new) = (zone.to_offset(before), change.offset());
        if forward { new > old } else { new < old }
    })?;
    Some(nanoseconds(change.timestamp()))
}

fn nanoseconds(time: jiff::Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap()
}

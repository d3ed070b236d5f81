//! Whether conditions hold: where a request comes from and when it is made.

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::subject::Asked;
use super::truth::Truth;
use crate::model::{Condition, Day, Hours, Network, Test};

/// What a clock on a wall shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wall {
    pub(super) day: Day,
    /// Minutes since midnight.
    pub(super) minute: u16,
}

impl Asked<'_> {
    /// Whether the conditions of `when` or `unless` hold.
    pub(super) fn passes(&self, test: &Test) -> Truth {
        match test {
            Test::Condition(name) => match self.model.conditions.get(name) {
                Some(condition) => self.meets(condition),
                // No checked model names a condition that it does not have.
                None => Truth::Unknown,
            },
            Test::All(parts) => Truth::all(parts.iter().map(|part| self.passes(part))),
            Test::Any(parts) => Truth::any(parts.iter().map(|part| self.passes(part))),
        }
    }

    fn meets(&self, condition: &Condition) -> Truth {
        let place = condition.networks.as_ref().map(|within| self.is_in(within));
        let time = condition.hours.as_ref().map(|hours| self.is_open(hours));
        Truth::all(place.into_iter().chain(time))
    }

    /// Whether the request comes from one of the networks.
    pub(super) fn is_in(&self, networks: &[Network]) -> Truth {
        match self.facts.address {
            Some(address) => networks.iter().any(|network| address.is_in(network)).into(),
            None => Truth::Unknown,
        }
    }

    /// Whether a window is open. One that goes over midnight belongs to the day on which it starts.
    pub(super) fn is_open(&self, hours: &Hours) -> Truth {
        let Some(wall) = self.wall(&hours.zone) else {
            return Truth::Unknown;
        };
        let today = hours.days.contains(&wall.day);
        let yesterday = hours.days.iter().any(|day| day.next() == wall.day);
        let open = hours.ranges.iter().any(|(from, until)| {
            let (started, ended) = (*from <= wall.minute, *until <= wall.minute);
            if from < until {
                today && started && !ended
            } else {
                (today && started) || (yesterday && !ended)
            }
        });
        open.into()
    }

    /// What the clocks of a zone show at the time of the request.
    pub(super) fn wall(&self, zone: &str) -> Option<Wall> {
        let now = jiff::Timestamp::from_nanosecond(self.facts.now?.into()).ok()?;
        let shown = time_zone(zone)?.to_datetime(now);
        let minute = u16::try_from(shown.hour()).ok()? * 60 + u16::try_from(shown.minute()).ok()?;
        let since_monday = usize::try_from(shown.weekday().to_monday_zero_offset()).ok()?;
        let day = *Day::ALL.get(since_monday)?;
        Some(Wall { day, minute })
    }
}

/// A zone as this program carries it, so that a decision does not hang on the machine on which it is made.
fn time_zone(name: &str) -> Option<TimeZone> {
    static CARRIED: std::sync::LazyLock<TimeZoneDatabase> =
        std::sync::LazyLock::new(TimeZoneDatabase::bundled);
    CARRIED.get(name).ok()
}

//! Dates and instants: `"2026-12-01"` and `"2026-12-03T10:00Z"`.

use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use super::Resolver;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::Text;

/// Which end of a stretch of time a date stands for: with a date alone, the whole day belongs to the stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// The start of the day, UTC.
    Starts,
    /// The start of the next day, UTC.
    Ends,
}

/// A stretch of time, either end of which may be open.
pub(super) type Stretch = (Option<i64>, Option<i64>);

impl Resolver<'_, '_> {
    pub(super) fn instant(&mut self, written: &Text, edge: Edge) -> Option<i64> {
        match instant(written, edge) {
            Ok(nanoseconds) => Some(nanoseconds),
            Err(help) => {
                self.found.missing(
                    written.span,
                    Diagnostic::error(
                        Code::BadTime,
                        written.span,
                        format!("`{}` is not a date or a time", shown(written)),
                    )
                    .help(help),
                );
                None
            }
        }
    }

    /// Both ends of a stretch; `None` if either cannot be read or nothing lies between them.
    pub(super) fn stretch(
        &mut self,
        starts: Option<&Text>,
        ends: Option<&Text>,
    ) -> Option<Stretch> {
        let from = starts.map(|text| self.instant(text, Edge::Starts));
        let until = ends.map(|text| self.instant(text, Edge::Ends));
        let (from, until) = match (from, until) {
            (Some(None), _) | (_, Some(None)) => return None,
            (from, until) => (from.flatten(), until.flatten()),
        };
        if let (Some(from), Some(until), Some(starts), Some(ends)) = (from, until, starts, ends)
            && from >= until
        {
            self.error(
                Diagnostic::error(
                    Code::BadTime,
                    ends.span,
                    format!("it ends at `{}`, which is not after its start", shown(ends)),
                )
                .related(starts.span, "it starts here")
                .help("a day that is its end belongs to it; a time that is its end does not"),
            );
            return None;
        }
        Some((from, until))
    }
}

const SHAPE: &str = "write a day as in `\"2026-12-31\"`, or a time with an offset as in `\"2026-12-03T10:00Z\"` or `\"2026-12-03T10:00:00-08:00\"`";
const OFFSET: &str = "say in which offset: `Z` for UTC, or one such as `-08:00`";
const YEARS: &str = "write a year from 1970 to 2099; later times are unknown to the policy";
const NO_SUCH_DAY: &str = "the calendar has no such day";
const NO_SUCH_TIME: &str =
    "a time goes from `00:00:00` to `23:59:59`, an offset from `-23:59` to `+23:59`";

/// Reads a date or a time, in nanoseconds since 1970 UTC; or answers what would have been right.
pub(crate) fn instant(text: &str, edge: Edge) -> Result<i64, &'static str> {
    let (day, rest) = match text.split_once(['T', 't', ' ']) {
        Some((day, rest)) => (day, Some(rest)),
        None => (text, None),
    };
    let date = date(day)?;
    let Some(rest) = rest else {
        let date = match edge {
            Edge::Starts => date,
            Edge::Ends => date.tomorrow().map_err(|_| YEARS)?,
        };
        return nanoseconds(date, Time::midnight(), Offset::UTC);
    };
    if text.as_bytes().get(day.len()) != Some(&b'T') {
        return Err(SHAPE);
    }
    let at = rest
        .find(['Z', '+', '-'])
        .ok_or_else(|| if time(rest).is_ok() { OFFSET } else { SHAPE })?;
    let (clock, offset_text) = rest.split_at_checked(at).ok_or(SHAPE)?;
    nanoseconds(date, time(clock)?, offset(offset_text)?)
}

fn nanoseconds(date: Date, time: Time, offset: Offset) -> Result<i64, &'static str> {
    let instant = offset
        .to_timestamp(date.to_datetime(time))
        .map_err(|_| YEARS)?;
    let number = i64::try_from(instant.as_nanosecond()).map_err(|_| YEARS)?;
    if number < 0 { Err(YEARS) } else { Ok(number) }
}

fn date(text: &str) -> Result<Date, &'static str> {
    let mut parts = text.split('-');
    let year = digits(parts.next(), 4).ok_or(SHAPE)?;
    let month = digits(parts.next(), 2).ok_or(SHAPE)?;
    let day = digits(parts.next(), 2).ok_or(SHAPE)?;
    if parts.next().is_some() {
        return Err(SHAPE);
    }
    if !(1970..=2099).contains(&year) {
        return Err(YEARS);
    }
    let year = i16::try_from(year).map_err(|_| YEARS)?;
    let month = i8::try_from(month).map_err(|_| NO_SUCH_DAY)?;
    let day = i8::try_from(day).map_err(|_| NO_SUCH_DAY)?;
    Date::new(year, month, day).map_err(|_| NO_SUCH_DAY)
}

fn time(text: &str) -> Result<Time, &'static str> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let mut parts = clock.split(':');
    let hour = digits(parts.next(), 2).ok_or(SHAPE)?;
    let minute = digits(parts.next(), 2).ok_or(SHAPE)?;
    let second = match parts.next() {
        Some(second) => Some(digits(Some(second), 2).ok_or(SHAPE)?),
        None => None,
    };
    if parts.next().is_some() || (fraction.is_some() && second.is_none()) {
        return Err(SHAPE);
    }
    let fraction = match fraction {
        None => 0,
        Some(fraction) if (1..=9).contains(&fraction.len()) => {
            digits(Some(&format!("{fraction:0<9}")), 9).ok_or(SHAPE)?
        }
        Some(_) => return Err(SHAPE),
    };
    let small = |number: u32| i8::try_from(number).map_err(|_| NO_SUCH_TIME);
    let fraction = i32::try_from(fraction).map_err(|_| SHAPE)?;
    Time::new(
        small(hour)?,
        small(minute)?,
        small(second.unwrap_or(0))?,
        fraction,
    )
    .map_err(|_| NO_SUCH_TIME)
}

fn offset(text: &str) -> Result<Offset, &'static str> {
    if text == "Z" {
        return Ok(Offset::UTC);
    }
    let (sign, text) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (_, Some(rest)) => (-1, rest),
        _ => return Err(SHAPE),
    };
    let (hours, minutes) = text.split_once(':').ok_or(SHAPE)?;
    let hours = digits(Some(hours), 2).ok_or(SHAPE)?;
    let minutes = digits(Some(minutes), 2).ok_or(SHAPE)?;
    if hours > 23 || minutes > 59 {
        return Err(NO_SUCH_TIME);
    }
    let seconds = i32::try_from(hours * 3600 + minutes * 60).map_err(|_| NO_SUCH_TIME)?;
    Offset::from_seconds(sign * seconds).map_err(|_| NO_SUCH_TIME)
}

/// A number of exactly so many digits.
pub(super) fn digits(text: Option<&str>, count: usize) -> Option<u32> {
    let text = text?;
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn row_49_a_date_is_a_whole_day_in_utc() {
        let day = 24 * 3600 * SECOND;
        assert_eq!(instant("1970-01-01", Edge::Starts), Ok(0));
        assert_eq!(instant("1970-01-01", Edge::Ends), Ok(day));
        assert_eq!(
            instant("2026-12-31", Edge::Ends),
            instant("2027-01-01", Edge::Starts)
        );
        assert!(instant("2099-12-31", Edge::Ends).is_ok());
    }

    #[test]
    fn row_49_a_time_needs_an_offset_and_is_an_instant() {
        let ten = Ok(1_796_292_000 * SECOND);
        for text in [
            "2026-12-03T10:00Z",
            "2026-12-03T10:00:00Z",
            "2026-12-03T10:00:00.000Z",
            "2026-12-03T02:00:00-08:00",
            "2026-12-03T15:30+05:30",
        ] {
            assert_eq!(instant(text, Edge::Starts), ten, "{text}");
            assert_eq!(instant(text, Edge::Ends), ten, "{text}");
        }
        assert_eq!(instant("2026-12-03T10:00:00", Edge::Starts), Err(OFFSET));
        assert_eq!(instant("2026-12-03T10:00", Edge::Starts), Err(OFFSET));
    }

    #[test]
    fn row_49_anything_else_is_an_error() {
        for text in [
            "",
            "today",
            "2026-12-3",
            "2026-13-01",
            "2026-02-29",
            "2026-12-03 10:00Z",
            "2026-12-03t10:00Z",
            "2026-12-03T10:00z",
            "2026-12-03T10Z",
            "2026-12-03T24:00Z",
            "2026-12-03T23:59:60Z",
            "2026-12-03T10:00.5Z",
            "2026-12-03T10:00:00.Z",
            "2026-12-03T10:00:00.0000000001Z",
            "2026-12-03T10:00+0800",
            "2026-12-03T10:00+24:00",
            "2026-12-03T10:00Z ",
            "1969-12-31",
            "1970-01-01T00:00+01:00",
            "2100-01-01",
            "+2026-12-03",
            "２０２６-12-03",
        ] {
            assert!(instant(text, Edge::Starts).is_err(), "{text}");
        }
    }
}

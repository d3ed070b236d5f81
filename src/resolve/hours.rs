//! Days, hours and zones of conditions.

use std::collections::BTreeSet;

use jiff::tz::TimeZoneDatabase;

use super::Resolver;
use super::time::digits;
use crate::diagnostic::{Code, Diagnostic, nearest, shown};
use crate::document::{self, Text};
use crate::model::{Day, Hours};

const DAYS: [(&str, Day); 7] = [
    ("mon", Day::Monday),
    ("tue", Day::Tuesday),
    ("wed", Day::Wednesday),
    ("thu", Day::Thursday),
    ("fri", Day::Friday),
    ("sat", Day::Saturday),
    ("sun", Day::Sunday),
];

impl Resolver<'_, '_> {
    /// The window, if one is asked for; `None` if it is wrong.
    #[allow(clippy::option_option)] // absent, wrong and present are three things
    pub(super) fn hours(
        &mut self,
        written: &document::Condition,
        name: &Text,
    ) -> Option<Option<Hours>> {
        let days = written.days.as_ref().map(|list| self.days(list, name));
        let ranges = written.hours.as_ref().map(|list| self.ranges(list, name));
        let zone = written.timezone.as_ref().map(|zone| self.zone(zone));
        match (&days, &ranges, &written.timezone) {
            (None, None, None) => return Some(None),
            (None, None, Some(zone)) => {
                self.found.missing(
                    name.span.to(written.span),
                    Diagnostic::error(
                        Code::MissingField,
                        zone.span,
                        format!(
                            "the condition `{}` has a `timezone` but neither `hours` nor `days`",
                            shown(name)
                        ),
                    )
                    .help("say which hours or days are meant, or leave `timezone` out"),
                );
                return None;
            }
            (_, _, None) => {
                self.found.lacks(
                    written.span,
                    "timezone",
                    Diagnostic::error(
                        Code::MissingField,
                        name.span,
                        format!("the condition `{}` needs a `timezone`", shown(name)),
                    )
                    .help("say in which zone the hours or days are meant, as in `timezone: America/Los_Angeles` or `Etc/UTC`"),
                );
                return None;
            }
            (_, _, Some(_)) => {}
        }
        Some(Some(Hours {
            days: days.unwrap_or_else(|| Some(Day::ALL.into_iter().collect()))?,
            ranges: ranges.unwrap_or_else(|| Some(vec![(0, 1440)]))?,
            zone: zone??,
        }))
    }

    fn days(&mut self, list: &[Text], name: &Text) -> Option<BTreeSet<Day>> {
        if list.is_empty() {
            self.found.empty(name.span, "`days`");
            return None;
        }
        let days: Vec<Option<Day>> = list.iter().map(|day| self.day(day)).collect();
        days.into_iter().collect()
    }

    fn day(&mut self, written: &Text) -> Option<Day> {
        if let Some((_, day)) = DAYS.iter().find(|(word, _)| *word == written.as_str()) {
            return Some(*day);
        }
        let lower = written.to_lowercase();
        let meant = DAYS
            .iter()
            .map(|(word, _)| *word)
            .find(|word| lower.starts_with(word))
            .or_else(|| nearest(&lower, DAYS.iter().map(|(word, _)| *word)));
        let near = meant
            .map(|word| format!("did you mean `{word}`? "))
            .unwrap_or_default();
        self.found.missing(
            written.span,
            Diagnostic::error(
                Code::BadTime,
                written.span,
                format!("`{}` is not a day", shown(written)),
            )
            .help(format!(
                "{near}days are `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`"
            )),
        );
        None
    }

    fn ranges(&mut self, list: &[Text], name: &Text) -> Option<Vec<(u16, u16)>> {
        if list.is_empty() {
            self.found.empty(name.span, "`hours`");
            return None;
        }
        let mut all = BTreeSet::new();
        let mut sound = true;
        for text in list {
            match range(text) {
                Ok(range) => {
                    all.insert(range);
                }
                Err(help) => {
                    sound = false;
                    self.found.missing(
                        text.span,
                        Diagnostic::error(
                            Code::BadTime,
                            text.span,
                            format!("`{}` is not a stretch of hours", shown(text)),
                        )
                        .help(help),
                    );
                }
            }
        }
        sound.then(|| all.into_iter().collect())
    }

    fn zone(&mut self, written: &Text) -> Option<String> {
        let zones = TimeZoneDatabase::bundled();
        let known = zones
            .get(written)
            .ok()
            .and_then(|zone| zone.iana_name().map(str::to_owned));
        if known.as_deref() == Some(written.as_str()) && written.contains('/') {
            return known;
        }
        let help = match known {
            Some(name) if name.contains('/') => format!("did you mean `{name}`?"),
            _ if matches!(
                written.to_ascii_uppercase().as_str(),
                "UTC" | "GMT" | "Z" | "ZULU"
            ) =>
            {
                "write `Etc/UTC`".to_owned()
            }
            _ => {
                let names: Vec<String> = zones.available().map(|zone| zone.to_string()).collect();
                // People write the city alone, or with a space.
                let spaced = written.replace(' ', "_");
                let city = names.iter().find(|name| {
                    name.split_once('/').is_some_and(|(_, below)| {
                        name.eq_ignore_ascii_case(&spaced)
                            || below.eq_ignore_ascii_case(&spaced)
                            || below
                                .rsplit('/')
                                .next()
                                .is_some_and(|city| city.eq_ignore_ascii_case(&spaced))
                    })
                });
                city.map(String::as_str)
                    .or_else(|| {
                        nearest(
                            &spaced,
                            names.iter().map(String::as_str).filter(|n| n.contains('/')),
                        )
                    })
                    .map_or_else(
                        || "write Area/City as the IANA database has it, such as `Europe/Berlin` or `Etc/UTC`".to_owned(),
                        |name| format!("did you mean `{name}`?"),
                    )
            }
        };
        self.found.missing(
            written.span,
            Diagnostic::error(
                Code::BadTime,
                written.span,
                format!("`{}` is not the name of a time zone", shown(written)),
            )
            .help(help),
        );
        None
    }
}

/// `09:00-17:00`, as minutes of a day.
fn range(text: &str) -> Result<(u16, u16), &'static str> {
    const SHAPE: &str = "write two times of a day, as in `09:00-17:00`; `24:00` can be the end";
    let (from, until) = text.split_once('-').ok_or(SHAPE)?;
    let from = minute(from).filter(|minute| *minute < 1440).ok_or(SHAPE)?;
    let until = minute(until).ok_or(SHAPE)?;
    if from == until {
        return Err("it ends when it starts: write `00:00-24:00` for the whole day");
    }
    if until == 0 {
        return Err("write `24:00` for the end of the day");
    }
    Ok((from, until))
}

/// A time of a day in minutes; `24:00` is its end.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let hour = digits(Some(hour), 2)?;
    let minute = digits(Some(minute), 2)?;
    let sound = (hour < 24 && minute < 60) || (hour == 24 && minute == 0);
    sound
        .then(|| u16::try_from(hour * 60 + minute).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_44_46_hours_are_half_open_and_not_empty() {
        assert_eq!(range("09:00-17:00"), Ok((540, 1020)));
        assert_eq!(range("22:00-06:00"), Ok((1320, 360)));
        assert_eq!(range("00:00-24:00"), Ok((0, 1440)));
        for text in [
            "9:00-17:00",
            "09:00 - 17:00",
            "09:00-09:00",
            "24:00-06:00",
            "09:00-24:01",
            "09:60-10:00",
            "09-17",
            "09:00",
            "22:00-00:00",
            "",
            "09:00-17:00-18:00",
            "09:00:00-17:00:00",
        ] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}

//! `conditions`: where a request comes from, and when.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::tz::TimeZoneDatabase;

use super::Resolver;
use super::time::digits;
use crate::diagnostic::{Code, Diagnostic, nearest, shown};
use crate::document::{self, Text};
use crate::model::{Condition, Day, Hours, Network};

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
    pub(super) fn conditions(&mut self) -> Option<BTreeMap<String, Condition>> {
        let document = self.document;
        let mut conditions = BTreeMap::new();
        let mut sound = true;
        for (name, written) in &document.conditions {
            let span = name.span.to(written.span);
            let given = written.ip.is_some()
                || written.days.is_some()
                || written.hours.is_some()
                || written.timezone.is_some();
            if !given {
                self.found.missing(
                    span,
                    Diagnostic::error(
                        Code::EmptyValue,
                        name.span,
                        format!("the condition `{}` asks for nothing", shown(name)),
                    )
                    .help("give it `ip`, or `hours` or `days` with a `timezone`"),
                );
            }
            let networks = written.ip.as_ref().map(|list| self.networks(list, name));
            let hours = self.hours(written, name);
            match (networks, hours, given) {
                (Some(None), _, _) | (_, None, _) | (_, _, false) => sound = false,
                (networks, Some(hours), true) => {
                    conditions.entry(name.value.clone()).or_insert(Condition {
                        networks: networks.flatten(),
                        hours,
                        span,
                    });
                }
            }
        }
        sound.then_some(conditions)
    }

    fn networks(&mut self, list: &[Text], name: &Text) -> Option<Vec<Network>> {
        if list.is_empty() {
            self.found.empty(name.span, "`ip`");
            return None;
        }
        let mut all = BTreeSet::new();
        let mut sound = true;
        for text in list {
            match network(text) {
                Ok(network) => {
                    all.insert(network);
                }
                Err(wrong) => {
                    sound = false;
                    self.found.missing(
                        text.span,
                        Diagnostic::error(
                            Code::BadNetwork,
                            text.span,
                            format!("`{}` {}", shown(text), wrong.message),
                        )
                        .help(wrong.help),
                    );
                }
            }
        }
        sound.then(|| all.into_iter().collect())
    }

    /// The window, if one is asked for; `None` if it is wrong.
    #[allow(clippy::option_option)] // absent, wrong and present are three things
    fn hours(&mut self, written: &document::Condition, name: &Text) -> Option<Option<Hours>> {
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
                self.found.missing(
                    name.span.to(written.span),
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
                    name.rsplit('/')
                        .next()
                        .is_some_and(|city| city.eq_ignore_ascii_case(&spaced))
                        && name.contains('/')
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

/// Why a network cannot be matched as written.
#[derive(Debug, PartialEq, Eq)]
struct Wrong {
    message: &'static str,
    help: String,
}

fn wrong(message: &'static str, help: impl Into<String>) -> Wrong {
    Wrong {
        message,
        help: help.into(),
    }
}

fn network(text: &str) -> Result<Network, Wrong> {
    let (host, prefix) = match text.split_once('/') {
        Some((host, prefix)) => (host, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = host.parse().map_err(|_| not_an_address(text, host))?;
    let longest: u8 = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => longest,
        Some(digits) => Some(digits)
            .filter(|digits| {
                (1..=3).contains(&digits.len())
                    && digits.bytes().all(|b| b.is_ascii_digit())
                    && (*digits == "0" || !digits.starts_with('0'))
            })
            .and_then(|digits| digits.parse().ok())
            .filter(|prefix| *prefix <= longest)
            .ok_or_else(|| {
                wrong(
                    "has no prefix length that fits",
                    format!("write a number from 0 to {longest} after the `/`"),
                )
            })?,
    };
    if let IpAddr::V6(v6) = address {
        let bits = u128::from(v6);
        if prefix >= 96 && bits >> 32 == 0xffff {
            let v4 = Ipv4Addr::from(u32::try_from(bits & 0xffff_ffff).unwrap_or_default());
            let v4_prefix = prefix - 96;
            return Err(wrong(
                "is an IPv4 address written as IPv6",
                match v4_prefix {
                    32 => format!("write `{v4}`"),
                    _ => format!("write `{v4}/{v4_prefix}`"),
                },
            ));
        }
        if prefix >= 80 && bits >> 48 == 0 {
            return Err(wrong(
                "lies where no client comes from",
                "write the addresses that requests come from; IPv4 ones as IPv4",
            ));
        }
    }
    let clean = masked(address, prefix);
    if clean != address {
        return Err(wrong(
            "has bits set after its prefix",
            format!("write `{clean}/{prefix}` for the network, or `{address}` for the one address"),
        ));
    }
    Ok(Network { address, prefix })
}

fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX
                .checked_shl(32 - u32::from(prefix))
                .unwrap_or_default();
            Ipv4Addr::from(u32::from(v4) & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX
                .checked_shl(128 - u32::from(prefix))
                .unwrap_or_default();
            Ipv6Addr::from(u128::from(v6) & mask).into()
        }
    }
}

fn not_an_address(text: &str, host: &str) -> Wrong {
    const MESSAGE: &str = "is not an address or a network";
    let octets: Vec<&str> = host.split('.').collect();
    let padded = octets.len() == 4
        && octets
            .iter()
            .all(|o| !o.is_empty() && o.bytes().all(|b| b.is_ascii_digit()))
        && octets.iter().any(|o| o.len() > 1 && o.starts_with('0'));
    let help = if padded {
        "write it without leading zeros: some read them as octal"
    } else if host.contains('%') {
        "leave out the zone after the `%`"
    } else if host.starts_with('[')
        || host
            .rsplit_once(':')
            .is_some_and(|(a, _)| a.parse::<Ipv4Addr>().is_ok())
    {
        "leave out the port"
    } else if text.contains('-') {
        "write a range as networks, such as `203.0.113.0/24`"
    } else {
        "write an address or a network, such as `203.0.113.0/24` or `2001:db8::/32`"
    };
    wrong(MESSAGE, help)
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
    fn row_53_host_bits_are_an_error_and_a_bare_address_is_one_host() {
        assert_eq!(
            network("203.0.113.0/24").unwrap().to_string(),
            "203.0.113.0/24"
        );
        assert_eq!(
            network("203.0.113.9").unwrap().to_string(),
            "203.0.113.9/32"
        );
        assert_eq!(network("2001:db8::").unwrap().to_string(), "2001:db8::/128");
        assert_eq!(
            network("2001:DB8::/32").unwrap().to_string(),
            "2001:db8::/32"
        );
        assert_eq!(network("0.0.0.0/0").unwrap().to_string(), "0.0.0.0/0");
        assert_eq!(network("::/0").unwrap().to_string(), "::/0");
        assert!(
            network("203.0.113.9/24")
                .unwrap_err()
                .help
                .contains("`203.0.113.0/24`")
        );
        assert!(
            network("2001:db8::1/32")
                .unwrap_err()
                .help
                .contains("`2001:db8::/32`")
        );
    }

    #[test]
    fn row_52_ipv4_is_written_as_ipv4() {
        assert!(
            network("::ffff:203.0.113.9")
                .unwrap_err()
                .help
                .contains("`203.0.113.9`")
        );
        assert!(
            network("::ffff:203.0.113.0/120")
                .unwrap_err()
                .help
                .contains("`203.0.113.0/24`")
        );
        assert!(
            network("::ffff:0:0/96")
                .unwrap_err()
                .help
                .contains("`0.0.0.0/0`")
        );
        for text in [
            "::1",
            "::",
            "::/80",
            "::1.2.3.4",
            "::1.2.3.0/120",
            "::fffe:0:0/96",
        ] {
            assert!(network(text).is_err(), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_network() {
        for text in [
            "",
            "office",
            "10.0.0",
            "010.0.0.1",
            "10.0.0.1:443",
            "[::1]:443",
            "fe80::1%eth0",
            "10.0.0.1-10.0.0.9",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "2001:db8::/129",
            "10.0.0.0/255.0.0.0",
            " 10.0.0.1",
            "10.0.0.0/8/8",
        ] {
            assert!(network(text).is_err(), "{text}");
        }
    }

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

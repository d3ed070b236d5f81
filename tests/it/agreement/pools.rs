//! What of a mapping an input should touch: the values, logins, addresses and instants on which its decisions turn.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use liftgate::model::{Hours, Model, Network, Subject};

use super::random::Random;

/// The turning points of one mapping.
pub struct Pools {
    pub values: Vec<String>,
    pub logins: Vec<String>,
    pub addresses: Vec<String>,
    /// Instants at which a grant or a former value starts or ends.
    pub instants: Vec<i64>,
    pub hours: Vec<Hours>,
    pub spaces: Vec<String>,
}

impl Pools {
    pub fn of(model: &Model) -> Self {
        let mut values = Vec::new();
        let mut instants = BTreeSet::new();
        for group in model.groups.values() {
            for (value, ends) in &group.values {
                values.push(value.clone());
                instants.extend(*ends);
            }
        }
        let mut logins = BTreeSet::new();
        let login = &model.login;
        let denials = login.deny.values().chain(login.deny_admin.values());
        let subjects = denials
            .map(|denial| &denial.who)
            .chain(login.admin.values().map(|admin| &admin.who))
            .chain(model.grants.values().map(|grant| &grant.who))
            .chain([&login.require]);
        for subject in subjects {
            logins_in(subject, &mut logins);
        }
        logins.extend(login.offboarded.keys().cloned());
        logins.extend(model.break_glass.keys().cloned());
        for grant in model.grants.values() {
            instants.extend(grant.starts);
            instants.extend(grant.ends);
        }
        let networks = model
            .conditions
            .values()
            .filter_map(|condition| condition.networks.as_ref())
            .flatten();
        Self {
            values,
            logins: logins.into_iter().collect(),
            addresses: networks.flat_map(edges).collect(),
            instants: instants.into_iter().collect(),
            hours: model
                .conditions
                .values()
                .filter_map(|condition| condition.hours.clone())
                .collect(),
            spaces: model.spaces.keys().cloned().collect(),
        }
    }
}

fn logins_in(subject: &Subject, found: &mut BTreeSet<String>) {
    match subject {
        Subject::Login(login) => {
            found.insert(login.clone());
        }
        Subject::Like(pattern) => {
            // What fits, and what does not: a `*` stands for no `@` and no `:`.
            for filling in ["", "x", "o'hara", "\u{301}", "a@b", "a:b", "a\n\u{2028}b"] {
                found.insert(pattern.replace('*', filling));
            }
        }
        Subject::All(parts) | Subject::Any(parts) => {
            parts.iter().for_each(|part| logins_in(part, found))
        }
        Subject::Not(part) => logins_in(part, found),
        _ => {}
    }
}

/// The first and last address of a network, those just outside, and other spellings of IPv4.
fn edges(network: &Network) -> Vec<String> {
    match network.address {
        IpAddr::V4(address) => {
            let first = u32::from(address);
            let last = first | u32::MAX.checked_shr(u32::from(network.prefix)).unwrap_or(0);
            let around =
                [first.wrapping_sub(1), first, last, last.wrapping_add(1)].map(Ipv4Addr::from);
            let spellings = [
                format!("::ffff:{address}"),
                format!("::FFFF:{address}"),
                format!("::{address}"),
                Ipv6Addr::from((0xffff_u128 << 32) | u128::from(first))
                    .segments()
                    .map(|s| format!("{s:x}"))
                    .join(":"),
                format!("{address}:443"),
                format!("{address}/32"),
                format!("{address} "),
                format!("0{address}"),
            ];
            around
                .repeat(2)
                .into_iter()
                .map(|address| address.to_string())
                .chain(spellings)
                .collect()
        }
        IpAddr::V6(address) => {
            let first = u128::from(address);
            let last = first
                | u128::MAX
                    .checked_shr(u32::from(network.prefix))
                    .unwrap_or(0);
            let around =
                [first.wrapping_sub(1), first, last, last.wrapping_add(1)].map(Ipv6Addr::from);
            let long = address
                .segments()
                .map(|segment| format!("{segment:04X}"))
                .join(":");
            let spellings = [
                long,
                format!("{address}%eth0"),
                format!("[{address}]"),
                format!("{address}/128"),
            ];
            around
                .repeat(2)
                .into_iter()
                .map(|address| address.to_string())
                .chain(spellings)
                .collect()
        }
    }
}

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

/// An instant on the edge of a window, or of a day, in the window's zone.
pub fn edge_of(hours: &Hours, random: &mut Random) -> i64 {
    let zone = TimeZone::get(&hours.zone).unwrap();
    let (from, until) = *random.pick(&hours.ranges);
    let minute = *random.pick(&[from, until, 0, 1439, from.saturating_sub(1), 90, 120, 150]);
    let day = *random.pick(&DAYS);
    let midnight = day.at(0, 0, 0, 0);
    let wall = midnight.saturating_add(jiff::SignedDuration::from_mins(i64::from(minute)));
    let instant = zone.to_ambiguous_timestamp(wall);
    // A repeated hour has two instants, a skipped one is moved.
    let instant = if random.percent(50) {
        instant.earlier()
    } else {
        instant.later()
    }
    .unwrap();
    let nanoseconds = i64::try_from(instant.as_nanosecond()).unwrap();
    nanoseconds + [-1, 0, 0, 1][random.below(4)]
}

//! Random times and addresses of a request.

use serde_json::{Value, json};

use super::chance::NEVER;
use super::inputs::{Field, Writer};
use super::pools::Edges;
use super::times::{at_minute, change};

/// Thursday, 3 December 2026, 10:00 UTC.
pub const THURSDAY: i64 = 1_796_292_000_000_000_000;
const HOUR: i64 = 3_600_000_000_000;

/// What looks like an address, and what some parser takes for one.
const MALFORMED: [&str; 15] = [
    "",
    "203.0.113",
    "203.0.113.9.1",
    "203.0.113.256",
    "3405803785",
    "0xcb.0.0x71.9",
    "\u{ff12}03.0.113.9",
    "2001:db8:::1",
    "2001:db8::00001",
    "1:2:3:4:5:6:7:8:9",
    "::ffff:::ffff:203.0.113.9",
    "203.0.113.9, 10.0.0.1",
    "203.0.113.9 ",
    "[2001:db8::9]",
    "localhost",
];

impl Writer<'_> {
    pub fn address(&mut self) -> Field {
        let (v4, v6) = (&self.pools.v4, &self.pools.v6);
        let of = |pool: &[Edges], weight| if pool.is_empty() { NEVER } else { weight };
        let odd = self.odd;
        let kind = self.chance.one(&[
            ("address: of nowhere special", 8),
            ("address: first of v4", of(v4, 5)),
            ("address: last of v4", of(v4, 5)),
            ("address: before v4", of(v4, 3)),
            ("address: after v4", of(v4, 3)),
            ("address: first of v6", of(v6, 4)),
            ("address: last of v6", of(v6, 4)),
            ("address: before v6", of(v6, 2)),
            ("address: after v6", of(v6, 2)),
            ("address: v4 in v6", 1),
            ("address: v4 in v6, upper case", 1),
            ("address: v4 in v6, other spellings", 1),
            ("address: v6 written long", 1),
            ("address: with a port", odd),
            ("address: with a zone", odd),
            ("address: with a prefix", odd),
            ("address: leading zeros", odd),
            ("address: malformed", odd),
            ("address: unspecified", odd),
            ("address: missing", odd),
            ("address: null", odd),
            ("address: number", odd),
            ("address: list", odd),
        ]);
        let random = &mut self.chance.random;
        let four = if v4.is_empty() {
            None
        } else {
            Some(random.pick(v4).clone())
        };
        let six = if v6.is_empty() {
            None
        } else {
            Some(random.pick(v6).clone())
        };
        let host = four
            .as_ref()
            .map_or("203.0.113.9", |edges| &edges.first)
            .to_string();
        let host_v6 = six
            .as_ref()
            .map_or("2001:db8::9", |edges| &edges.last)
            .to_string();
        let edges = if kind.ends_with("v4") { four } else { six };
        let edge = |of: fn(Edges) -> String| edges.clone().map_or_else(|| host.clone(), of);
        let text = match kind {
            "address: missing" => return None,
            "address: null" => return Some(Value::Null),
            "address: number" => return Some(5.into()),
            "address: list" => return Some(json!([host])),
            "address: first of v4" | "address: first of v6" => edge(|edges| edges.first),
            "address: last of v4" | "address: last of v6" => edge(|edges| edges.last),
            "address: before v4" | "address: before v6" => edge(|edges| edges.before),
            "address: after v4" | "address: after v6" => edge(|edges| edges.after),
            "address: v4 in v6" => format!("::ffff:{host}"),
            "address: v4 in v6, upper case" => format!("::FFFF:{host}"),
            "address: v4 in v6, other spellings" => {
                let hex = host.split('.').map(|part| part.parse::<u8>().unwrap());
                let hex: Vec<u8> = hex.collect();
                let groups = format!("{:02x}{:02x}:{:02x}{:02x}", hex[0], hex[1], hex[2], hex[3]);
                random
                    .pick(&[
                        format!("::ffff:{groups}"),
                        format!("0:0:0:0:0:ffff:{host}"),
                        format!("::0:ffff:{host}"),
                        format!("64:ff9b::{host}"),
                        format!("::{host}"),
                        format!("2001:db8::{host}"),
                    ])
                    .clone()
            }
            "address: v6 written long" => {
                let address: std::net::Ipv6Addr = host_v6.parse().unwrap();
                address
                    .segments()
                    .map(|segment| format!("{segment:04X}"))
                    .join(":")
            }
            "address: with a port" => random
                .pick(&[format!("{host}:443"), format!("[{host_v6}]:443")])
                .clone(),
            "address: with a zone" => random
                .pick(&[
                    format!("{host_v6}%eth0"),
                    format!("::ffff:{host}%1"),
                    format!("{host}%eth0"),
                ])
                .clone(),
            "address: with a prefix" => random
                .pick(&[format!("{host}/32"), format!("{host_v6}/128")])
                .clone(),
            "address: leading zeros" => {
                let (before, after) = host.rsplit_once('.').unwrap();
                random
                    .pick(&[
                        format!("0{host}"),
                        format!("{before}.0{after}"),
                        format!("::ffff:{before}.00{after}"),
                    ])
                    .clone()
            }
            "address: malformed" => (*random.pick(&MALFORMED)).to_string(),
            "address: unspecified" => {
                (*random.pick(&["::", "0.0.0.0", "::1", "127.0.0.1"])).to_string()
            }
            _ => (*random.pick(&["203.0.113.9", "198.51.100.7", "2001:db8::1", "2a00::1"]))
                .to_string(),
        };
        Some(text.into())
    }

    pub fn timestamp(&mut self) -> Field {
        let pools = self.pools;
        let of = |times: &[i64], weight| if times.is_empty() { NEVER } else { weight };
        let (windows, odd) = (if pools.hours.is_empty() { NEVER } else { 2 }, self.odd);
        let kind = self.chance.one(&[
            ("time: some day", 10),
            ("time: of a start", of(&pools.starts, 2)),
            ("time: before a start", of(&pools.starts, 2)),
            ("time: before an end", of(&pools.ends, 2)),
            ("time: of an end", of(&pools.ends, 2)),
            (
                "time: before a former value's end",
                of(&pools.former_ends, 2),
            ),
            ("time: of a former value's end", of(&pools.former_ends, 2)),
            ("time: a window opens", windows),
            ("time: before a window opens", windows),
            ("time: before a window closes", windows),
            ("time: a window closes", windows),
            ("time: inside a window", windows.saturating_mul(2)),
            ("time: 00:00 there", windows),
            ("time: before 00:00 there", windows),
            ("time: clocks go forward", windows),
            ("time: before clocks go forward", windows),
            ("time: clocks go back", windows),
            ("time: before clocks go back", windows),
            ("time: in an hour that comes twice", windows),
            ("time: missing", odd),
            ("time: null", odd),
            ("time: text", odd),
            ("time: float", odd),
            ("time: negative", odd),
            ("time: zero", odd),
            ("time: before 2020", odd),
            ("time: first of 2020", odd),
            ("time: last of 2099", odd),
            ("time: 2100", odd),
            ("time: huge", odd),
            ("time: flag", odd),
            ("time: list", odd),
        ]);
        Some(match kind {
            "time: missing" => return None,
            "time: null" => Value::Null,
            "time: text" => self
                .chance
                .random
                .pick(&[THURSDAY.to_string(), "2026-12-03T10:00:00Z".to_string()])
                .clone()
                .into(),
            "time: float" => self
                .chance
                .random
                .pick(&[json!(1.796_292e18), json!(1.5), json!(-0.0)])
                .clone(),
            "time: negative" => (-1).into(),
            "time: zero" => 0.into(),
            "time: before 2020" => 1_577_836_799_999_999_999_i64.into(),
            "time: first of 2020" => 1_577_836_800_000_000_000_i64.into(),
            "time: last of 2099" => 4_102_444_799_999_999_999_i64.into(),
            "time: 2100" => 4_102_444_800_000_000_000_i64.into(),
            "time: huge" => {
                let huge = [
                    json!(i64::MAX),
                    json!(i64::MAX.unsigned_abs() + 1),
                    json!(u64::MAX),
                    json!(1e30),
                ];
                self.chance.random.pick(&huge).clone()
            }
            "time: flag" => true.into(),
            "time: list" => json!([THURSDAY]),
            kind => self.instant(kind).into(),
        })
    }

    /// A time on an edge of the mapping's; any other where the mapping has no such edge.
    fn instant(&mut self, kind: &str) -> i64 {
        let pools = self.pools;
        let random = &mut self.chance.random;
        let some_day = THURSDAY + i64::try_from(random.below(240)).unwrap() * HOUR;
        let mut of = |times: &[i64]| {
            if times.is_empty() {
                some_day
            } else {
                *random.pick(times)
            }
        };
        match kind {
            "time: of a start" => return of(&pools.starts),
            "time: before a start" => return of(&pools.starts) - 1,
            "time: of an end" => return of(&pools.ends),
            "time: before an end" => return of(&pools.ends) - 1,
            "time: of a former value's end" => return of(&pools.former_ends),
            "time: before a former value's end" => return of(&pools.former_ends) - 1,
            "time: some day" => return some_day,
            _ if pools.hours.is_empty() => return some_day,
            _ => {}
        }
        let hours = random.pick(&pools.hours).clone();
        let (from, until) = *random.pick(&hours.ranges);
        let forward = change(&hours, true).unwrap_or(some_day);
        let back = change(&hours, false).unwrap_or(some_day);
        match kind {
            "time: a window opens" => at_minute(&hours, from, random),
            "time: before a window opens" => at_minute(&hours, from, random) - 1,
            "time: a window closes" => at_minute(&hours, until, random),
            "time: before a window closes" => at_minute(&hours, until, random) - 1,
            "time: inside a window" => {
                let end = if until > from { until } else { until + 1440 };
                let minute = from + u16::try_from(random.below(usize::from(end - from))).unwrap();
                at_minute(&hours, minute, random)
            }
            "time: 00:00 there" => at_minute(&hours, 0, random),
            "time: before 00:00 there" => at_minute(&hours, 0, random) - 1,
            "time: clocks go forward" => forward,
            "time: before clocks go forward" => forward - 1,
            "time: clocks go back" => back,
            "time: before clocks go back" => back - 1,
            // Half an hour before it is put back, and half an hour after.
            _ => back + [-HOUR / 2, HOUR / 2][random.below(2)],
        }
    }
}

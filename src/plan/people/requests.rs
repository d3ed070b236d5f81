//! When and from where somebody may come, so that each condition of a policy is met by some of it.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZoneDatabase;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Map, Value, json};

use crate::policy::{ConditionCase, Window};

/// More than these are not asked: every one is a decision for everybody.
const MOST: usize = 64;

/// The `request` of inputs: from nowhere in particular and from each network, now and within each window.
pub(super) fn of<'p>(
    cases: impl Iterator<Item = &'p ConditionCase>,
    now: Option<i64>,
) -> Vec<Value> {
    let mut addresses: BTreeSet<Option<&str>> = BTreeSet::from([None]);
    let mut times: BTreeSet<Option<i64>> = BTreeSet::from([now]);
    for case in cases {
        let networks = case.networks.iter().flatten();
        // Of two networks that overlap one lies in the other, and the smaller one's own address is in both.
        addresses.extend(networks.filter_map(|network| Some(Some(network.split('/').next()?))));
        let window = case.window.as_ref();
        times.extend(window.and_then(|window| Some(within(window, now?))));
    }
    let all = addresses
        .iter()
        .flat_map(|address| times.iter().map(move |time| (*address, *time)));
    let mut chosen: BTreeSet<(Option<&str>, Option<i64>)> = BTreeSet::new();
    // Where there are too many, each address and each time is still asked about once.
    chosen.extend(addresses.iter().zip(times.iter().cycle()).map(pair));
    chosen.extend(
        times
            .iter()
            .zip(addresses.iter().cycle())
            .map(|(time, address)| (*address, *time)),
    );
    for one in all {
        if chosen.len() >= MOST {
            break;
        }
        chosen.insert(one);
    }
    chosen
        .into_iter()
        .map(|(address, time)| {
            let mut request = Map::new();
            if let Some(address) = address {
                request.insert("remote_ip".into(), json!(address));
            }
            if let Some(time) = time {
                request.insert("timestamp_ns".into(), json!(time));
            }
            Value::Object(request)
        })
        .collect()
}

fn pair<'a>((address, time): (&Option<&'a str>, &Option<i64>)) -> (Option<&'a str>, Option<i64>) {
    (*address, *time)
}

/// The first moment from now on at which a window opens; now, where the zone is not known here.
fn within(window: &Window, now: i64) -> Option<i64> {
    let zone = TimeZoneDatabase::bundled().get(&window.zone).ok()?;
    let start = Timestamp::from_nanosecond(now.into()).ok()?;
    let today = zone.to_datetime(start).date();
    let opens = |date: Date| {
        let name = format!("{:?}", date.weekday());
        if !window.days.contains(&name) {
            return None;
        }
        let hour = i8::try_from(window.from / 60).ok()?;
        let minute = i8::try_from(window.from % 60).ok()?;
        let at = zone.to_timestamp(date.at(hour, minute, 0, 0)).ok()?;
        (at >= start).then_some(at)
    };
    // A week and a day: today's may have opened already.
    let opens = (0..=8).find_map(|days| opens(today.checked_add(days.days()).ok()?))?;
    i64::try_from(opens.as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::render::tests::full;

    /// Wednesday, 25 November 2026, 17:00 UTC.
    const NOW: i64 = 1_795_626_000_000_000_000;

    fn asked(policy: &Policy, now: Option<i64>) -> Vec<Value> {
        of(policy.conditions.values().flatten(), now)
    }

    fn policy(cases: Vec<ConditionCase>) -> Policy {
        let mut policy = full();
        policy.conditions = [("c".to_string(), cases)].into();
        policy
    }

    fn network(network: &str) -> ConditionCase {
        ConditionCase {
            networks: Some(vec![network.into()]),
            window: None,
        }
    }

    fn window(days: &[&str], from: u16, zone: &str) -> ConditionCase {
        ConditionCase {
            networks: None,
            window: Some(Window {
                days: days.iter().map(|day| (*day).to_string()).collect(),
                from,
                until: from + 60,
                zone: zone.into(),
            }),
        }
    }

    #[test]
    fn each_network_and_each_window_is_met_by_some_request() {
        let policy = policy(vec![
            network("203.0.113.0/24"),
            network("2001:db8::/32"),
            window(&["Monday"], 540, "America/Los_Angeles"),
        ]);
        let asked = asked(&policy, Some(NOW));
        assert_eq!(asked.len(), 6);
        // Monday, 30 November 2026, 09:00 in Los Angeles.
        let monday = 1_796_058_000_000_000_000_i64;
        for address in [None, Some("203.0.113.0"), Some("2001:db8::")] {
            for time in [NOW, monday] {
                let mut request = json!({"timestamp_ns": time});
                if let Some(address) = address {
                    request["remote_ip"] = json!(address);
                }
                assert!(asked.contains(&request), "{request} in {asked:?}");
            }
        }
    }

    #[test]
    fn without_conditions_there_is_one_request() {
        let policy = policy(vec![]);
        assert_eq!(asked(&policy, Some(NOW)), [json!({"timestamp_ns": NOW})]);
        assert_eq!(asked(&policy, None), [json!({})]);
    }

    #[test]
    fn a_window_that_opened_today_opens_again_in_a_week() {
        let at = |days: &[&str], from| {
            let case = window(days, from, "UTC");
            within(case.window.as_ref().unwrap(), NOW).unwrap()
        };
        let day = 86_400_000_000_000_i64;
        assert_eq!(at(&["Wednesday"], 1020), NOW);
        assert_eq!(at(&["Wednesday"], 1019), NOW + 7 * day - 60_000_000_000);
        assert_eq!(at(&["Thursday", "Friday"], 1020), NOW + day);
    }

    #[test]
    fn too_many_conditions_are_each_still_asked_about() {
        let mut cases: Vec<ConditionCase> = (0..200)
            .map(|n| network(&format!("10.0.{n}.0/24")))
            .collect();
        cases.extend((0..20).map(|n| window(&["Friday"], n * 60, "UTC")));
        let policy = policy(cases);
        let asked = asked(&policy, Some(NOW));
        assert!(asked.len() <= 250, "{}", asked.len());
        for n in 0..200 {
            let address = json!(format!("10.0.{n}.0"));
            assert!(asked.iter().any(|one| one["remote_ip"] == address), "{n}");
        }
        let times: BTreeSet<i64> = asked
            .iter()
            .filter_map(|one| one["timestamp_ns"].as_i64())
            .collect();
        assert_eq!(times.len(), 21);
    }
}

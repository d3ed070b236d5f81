//! A condition -> the cases in which it holds.

use crate::model::{Condition, Day, Hours};
use crate::policy::{ConditionCase, Window};

/// The cases of a condition: one for each window of time, each with all of its networks.
pub(super) fn cases(condition: &Condition) -> Vec<ConditionCase> {
    let networks = condition
        .networks
        .as_ref()
        .map(|networks| networks.iter().map(ToString::to_string).collect::<Vec<_>>());
    match &condition.hours {
        None => vec![ConditionCase {
            networks,
            window: None,
        }],
        Some(hours) => windows(hours)
            .into_iter()
            .map(|window| ConditionCase {
                networks: networks.clone(),
                window: Some(window),
            })
            .collect(),
    }
}

/// Windows within one day each: one that goes over midnight becomes its evening and, a day later, its morning.
fn windows(hours: &Hours) -> Vec<Window> {
    let window = |days: Vec<Day>, from: u16, until: u16| Window {
        days: Day::ALL
            .into_iter()
            .filter(|day| days.contains(day))
            .map(|day| day.name().to_string())
            .collect(),
        from,
        until,
        zone: hours.zone.clone(),
    };
    let days: Vec<Day> = hours.days.iter().copied().collect();
    let next: Vec<Day> = days.iter().map(|day| day.next()).collect();
    let mut windows = Vec::new();
    for &(from, until) in &hours.ranges {
        if from < until {
            windows.push(window(days.clone(), from, until));
        } else {
            windows.push(window(days.clone(), from, 1440));
            if until > 0 {
                windows.push(window(next.clone(), 0, until));
            }
        }
    }
    windows
}

//! What of a mapping an input should touch: the values, logins, addresses and instants on which its decisions turn.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use liftgate::model::stacks::StackSubject;
use liftgate::model::{Hours, Model, Network, SlackChannel, StackAccess, Subject};

/// The turning points of one mapping.
pub struct Pools {
    /// Values that stand for groups, and those that only do until a time.
    pub values: Vec<String>,
    pub former: Vec<String>,
    /// Names of teams that are added.
    pub teams: Vec<String>,
    pub logins: Vec<String>,
    pub patterns: Vec<String>,
    pub offboarded: Vec<String>,
    pub break_glass: Vec<String>,
    /// Names and ids.
    pub keys: Vec<(String, String)>,
    pub v4: Vec<Edges>,
    pub v6: Vec<Edges>,
    /// Instants at which a grant starts or ends, or a former value ends.
    pub starts: Vec<i64>,
    pub ends: Vec<i64>,
    pub former_ends: Vec<i64>,
    pub hours: Vec<Hours>,
    pub spaces: Vec<String>,
    pub channels: Vec<SlackChannel>,
}

/// A network's first and last address, and those just outside.
#[derive(Clone)]
pub struct Edges {
    pub before: String,
    pub first: String,
    pub last: String,
    pub after: String,
}

impl Pools {
    pub fn of(model: &Model) -> Self {
        let login = &model.login;
        let entries = || model.stack_access.values();
        let subjects = login
            .deny
            .values()
            .chain(login.deny_admin.values())
            .map(|denial| &denial.who)
            .chain(login.admin.values().map(|admin| &admin.who))
            .chain(model.grants.values().map(|grant| &grant.who))
            .chain(
                model
                    .teams
                    .iter()
                    .flat_map(|teams| teams.add.values().map(|entry| &entry.who)),
            )
            .chain([&login.require])
            .chain(entries().flat_map(sessions_in));
        let (mut logins, mut patterns) = (BTreeSet::new(), BTreeSet::new());
        for subject in subjects {
            logins_in(subject, &mut logins, &mut patterns);
        }
        let networks: Vec<Network> = model
            .conditions
            .values()
            .flat_map(|condition| condition.networks.iter().flatten().copied())
            .collect();
        let of_family = |v4: bool| {
            let networks = networks
                .iter()
                .filter(|network| network.address.is_ipv4() == v4);
            networks.map(edges).collect()
        };
        let values = || model.groups.values().flat_map(|group| &group.values);
        let distinct = |times: &mut dyn Iterator<Item = i64>| {
            let times: BTreeSet<i64> = times.collect();
            times.into_iter().collect()
        };
        let mut lasting: Vec<String> = values()
            .filter(|(_, ends)| ends.is_none())
            .map(|(value, _)| value.clone())
            .collect();
        if lasting.is_empty() {
            // Not every mapping has groups, and every session may have some.
            lasting.push("Somebody else's".to_string());
        }
        Self {
            values: lasting,
            former: values()
                .filter(|(_, ends)| ends.is_some())
                .map(|(value, _)| value.clone())
                .collect(),
            teams: model
                .teams
                .iter()
                .flat_map(|teams| teams.add.keys().cloned())
                .collect(),
            logins: logins.into_iter().collect(),
            patterns: patterns.into_iter().collect(),
            offboarded: login.offboarded.keys().cloned().collect(),
            break_glass: model.break_glass.keys().cloned().collect(),
            keys: model
                .api_keys
                .iter()
                .map(|(name, key)| (name.clone(), key.id.clone()))
                .collect(),
            v4: of_family(true),
            v6: of_family(false),
            starts: distinct(&mut model.grants.values().filter_map(|grant| grant.starts)),
            ends: distinct(&mut model.grants.values().filter_map(|grant| grant.ends)),
            former_ends: distinct(&mut values().filter_map(|(_, ends)| *ends)),
            hours: model
                .conditions
                .values()
                .filter_map(|condition| condition.hours.clone())
                .collect(),
            spaces: model.spaces.keys().cloned().collect(),
            channels: login
                .slack
                .keys()
                .cloned()
                .chain(entries().flat_map(channels_in))
                .collect(),
        }
    }
}

/// Whom the rules of an entry of `stack_access` speak of.
fn asked_in(entry: &StackAccess) -> impl Iterator<Item = &StackSubject> {
    let grants = entry.read.values().chain(entry.write.values());
    let denials = entry.deny.values().chain(entry.deny_write.values());
    let grants = grants.map(|one| &one.who);
    grants.chain(denials.map(|one| &one.who))
}

fn sessions_in(entry: &StackAccess) -> impl Iterator<Item = &Subject> {
    asked_in(entry).filter_map(|who| match who {
        StackSubject::Session(subject) => Some(subject),
        StackSubject::Slack(_) => None,
    })
}

fn channels_in(entry: &StackAccess) -> impl Iterator<Item = SlackChannel> {
    asked_in(entry).filter_map(|who| match who {
        StackSubject::Session(_) => None,
        StackSubject::Slack(channel) => Some(channel.clone()),
    })
}

fn logins_in(subject: &Subject, logins: &mut BTreeSet<String>, patterns: &mut BTreeSet<String>) {
    match subject {
        Subject::Login(login) => {
            logins.insert(login.clone());
        }
        Subject::Like(pattern) => {
            patterns.insert(pattern.clone());
        }
        Subject::All(parts) | Subject::Any(parts) => {
            parts
                .iter()
                .for_each(|part| logins_in(part, logins, patterns));
        }
        Subject::Not(part) => logins_in(part, logins, patterns),
        _ => {}
    }
}

fn edges(network: &Network) -> Edges {
    let prefix = u32::from(network.prefix);
    let around = |before: IpAddr, last: IpAddr, after: IpAddr| Edges {
        before: before.to_string(),
        first: network.address.to_string(),
        last: last.to_string(),
        after: after.to_string(),
    };
    match network.address {
        IpAddr::V4(address) => {
            let first = u32::from(address);
            let last = first | u32::MAX.checked_shr(prefix).unwrap_or(0);
            let [before, last, after] = [first.wrapping_sub(1), last, last.wrapping_add(1)]
                .map(|bits| Ipv4Addr::from(bits).into());
            around(before, last, after)
        }
        IpAddr::V6(address) => {
            let first = u128::from(address);
            let last = first | u128::MAX.checked_shr(prefix).unwrap_or(0);
            let [before, last, after] = [first.wrapping_sub(1), last, last.wrapping_add(1)]
                .map(|bits| Ipv6Addr::from(bits).into());
            around(before, last, after)
        }
    }
}

//! Recorded inputs, run through the live policy and the mapping's: each is a probe like those of the fixtures.
//!
//! An archive holds pseudonyms. Without its key they are decided as they stand. With the key, the names that the two policies
//! or another source of people speak of are put back before anything is decided; what is shown stays as it is in the archive,
//! unless whoever has the key asks for names.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::Model;
use crate::policy::Policy;
use crate::render::Reading;
use crate::report::counts::number;
use crate::samples::{self, Archive, Key, Recorded, Unmask};

use super::live::Live;
use super::people::Roll;
use super::{Desired, Probe, Source};

/// Nanoseconds in a week.
const WEEK: i64 = 7 * 86_400_000_000_000;

/// From as many places somebody is thought to come whose place is not known.
const PLACES: usize = 64;

/// The archive of recorded inputs, and how far its people may be known.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    /// The archive.
    pub archive: &'a Archive,
    /// The key of its pseudonyms, where whoever plans has it.
    pub key: Option<&'a Key>,
    /// Whether names are shown that the key can tell.
    pub reveal: bool,
}

/// What was replayed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// Recorded inputs.
    pub inputs: usize,
    /// Different people, and keys, among them.
    pub people: usize,
    /// Of the inputs, how many would be decided otherwise.
    pub flips: usize,
    /// Whether the key of the pseudonyms was there.
    pub with_key: bool,
}

/// Recorded inputs as probes.
#[derive(Default)]
pub(super) struct Replay {
    pub probes: Vec<Probe>,
    /// Which probes each input became: from where somebody came may not be known.
    inputs: Vec<usize>,
    pub people: usize,
    pub notes: Vec<String>,
}

pub(super) fn of(desired: &Desired, live: &Live, roll: &Roll) -> Replay {
    let Some(samples) = desired.samples else {
        return Replay::default();
    };
    let policies = Policies::of(desired, live);
    let known = known(desired, &policies, roll);
    let unmask = samples.key.map(|key| {
        let lately = roll.logins().filter(|_| samples.reveal);
        let all = known.values().map(String::as_str).chain(lately);
        Unmask::new(desired.model, key, all, policies.teams())
    });
    let places = Places::of(desired, &policies);
    let names = shown(samples.archive);
    let mut replay = Replay::default();
    let (mut elsewhere, mut people) = (0, BTreeSet::new());
    for recorded in samples.archive.samples() {
        let input = match &unmask {
            Some(unmask) => unmask.input(&recorded.input, recorded.who.as_deref()),
            None => recorded.input.clone(),
        };
        let who = recorded.who.as_deref();
        let archived = who.and_then(|who| names.get(who).copied());
        let decided = login(&input).unwrap_or_default();
        let identity = match (samples.reveal, archived) {
            (true, Some(_)) => decided.to_owned(),
            (false, Some(archived)) => archived.to_owned(),
            (_, None) => "(nobody signed in)".to_owned(),
        };
        // Somebody of whom the plan speaks anyway is counted as one with them.
        let person = match known.get(&decided.to_ascii_lowercase()) {
            Some(login) => Some(login.clone()),
            None => archived.map(|_| identity.clone()),
        };
        people.extend(who);
        let variants = places.variants(recorded, moved(input, desired.now));
        elsewhere += usize::from(variants.len() > 1);
        replay.inputs.push(variants.len());
        for (place, input) in variants {
            replay.probes.push(Probe {
                source: Source::Sample,
                name: name(recorded, place.as_deref()),
                identity: identity.clone(),
                person: person.clone(),
                input,
            });
        }
    }
    replay.people = people.len();
    replay.notes = notes(samples, &policies, elsewhere);
    replay
}

/// Every recorded input as it is, with the names that the mapping itself says where the key tells them, and no others.
#[must_use]
pub fn recorded(samples: Samples<'_>, model: &Model, policy: &Policy) -> Vec<Probe> {
    let own = policy.own_teams.iter();
    let teams = policy.groups.keys().chain(own).map(String::as_str);
    let unmask = samples
        .key
        .map(|key| Unmask::new(model, key, policy.logins(), teams));
    let names = shown(samples.archive);
    let all = samples.archive.samples();
    all.map(|recorded| {
        let who = recorded.who.as_deref();
        let archived = who.and_then(|who| names.get(who).copied());
        Probe {
            source: Source::Sample,
            name: name(recorded, None),
            identity: archived.unwrap_or("(nobody signed in)").to_owned(),
            person: None,
            input: match &unmask {
                Some(unmask) => unmask.input(&recorded.input, who),
                None => recorded.input.clone(),
            },
        }
    })
    .collect()
}

impl Replay {
    /// What was replayed, by which probes differ: those of samples come last.
    pub(super) fn replayed(&self, samples: Samples<'_>, differs: &[bool]) -> Replayed {
        let first = differs.len().saturating_sub(self.probes.len());
        let mut differs = differs.iter().skip(first);
        let flips = self.inputs.iter().filter(|probes| {
            let mut flips = false;
            for differs in differs.by_ref().take(**probes) {
                flips |= differs;
            }
            flips
        });
        Replayed {
            flips: flips.count(),
            inputs: self.inputs.len(),
            people: self.people,
            with_key: samples.key.is_some(),
        }
    }
}

/// The policies that decide, as far as they are ours.
struct Policies<'a> {
    desired: &'a Policy,
    live: Option<&'a Policy>,
    /// Whether somebody else's policy decides now.
    foreign: bool,
}

impl<'a> Policies<'a> {
    fn of(desired: &Desired<'a>, live: &'a Live) -> Self {
        let ours = live.ours.as_ref().map(|(_, reading)| reading);
        let policy = match ours {
            Some(Reading::Ours(policy)) => Some(policy.as_ref()),
            _ => None,
        };
        Self {
            desired: desired.policy,
            live: policy,
            foreign: !live.others.is_empty() || ours.is_some() && policy.is_none(),
        }
    }

    fn each(&self) -> impl Iterator<Item = &'a Policy> {
        std::iter::once(self.desired).chain(self.live)
    }

    fn teams(&self) -> impl Iterator<Item = &'a str> {
        self.each().flat_map(|policy| {
            let own = policy.own_teams.iter();
            policy.groups.keys().chain(own).map(String::as_str)
        })
    }

    fn logins(&self) -> impl Iterator<Item = &'a str> {
        self.each().flat_map(|policy| {
            let listed = policy
                .break_glass
                .iter()
                .chain(policy.offboarded.keys())
                .chain(policy.api_keys.values());
            let named = policy
                .facts()
                .filter_map(|fact| fact.strip_prefix("login "));
            named.chain(listed.map(String::as_str))
        })
    }

    fn networks(&self) -> BTreeSet<&'a str> {
        let cases = self
            .each()
            .flat_map(|one| one.conditions.values().flatten());
        let networks = cases.flat_map(|case| case.networks.iter().flatten());
        networks.map(String::as_str).collect()
    }
}

/// Logins that the plan speaks of whether or not somebody has recorded anything: by themselves in ASCII lower case.
fn known(desired: &Desired, policies: &Policies<'_>, roll: &Roll) -> BTreeMap<String, String> {
    let directory = desired.directory.into_iter();
    let directory = directory.flat_map(|all| all.people.values().map(|one| one.login.as_str()));
    let fixtures = desired.probes.iter().filter_map(|one| login(&one.input));
    let asking = roll.viewer.as_deref();
    let all = policies
        .logins()
        .chain(fixtures)
        .chain(directory)
        .chain(asking);
    all.filter(|login| !login.is_empty())
        .map(|login| (login.to_ascii_lowercase(), login.to_owned()))
        .collect()
}

/// What to call everybody: the login of their latest sample, since another mapping may have made another pseudonym of it.
fn shown(archive: &Archive) -> BTreeMap<&str, &str> {
    let each = archive.samples();
    each.filter_map(|one| Some((one.who.as_deref()?, login(&one.input)?)))
        .collect()
}

fn login(input: &Value) -> Option<&str> {
    input.pointer("/session/login")?.as_str()
}

fn name(recorded: &Recorded, place: Option<&str>) -> String {
    let at = jiff::Timestamp::from_second(recorded.at)
        .map_or_else(|_| recorded.at.to_string(), |at| at.to_string());
    match place {
        None => format!("recorded {at}"),
        Some("") => format!("recorded {at}, if from elsewhere"),
        Some(place) => format!("recorded {at}, if from {place}"),
    }
}

/// An input in the coming week: at the same hour of the same weekday, so that windows of time hold as they held, while grants
/// that have ended since give nothing.
fn moved(mut input: Value, now: Option<i64>) -> Value {
    let at = input.pointer_mut("/request/timestamp_ns");
    if let (Some(at), Some(now)) = (at, now)
        && let Some(then) = at.as_i64()
    {
        *at = json!(
            now.saturating_add((then.rem_euclid(WEEK) - now.rem_euclid(WEEK)).rem_euclid(WEEK))
        );
    }
    input
}

/// From where somebody came, as far as an archive still says it.
struct Places {
    /// What an archive calls networks that are those of the mapping; nothing where the live policy has others.
    known: Option<String>,
    /// The first address of each network, and its name.
    networks: Vec<(String, String)>,
}

impl Places {
    fn of(desired: &Desired, policies: &Policies<'_>) -> Self {
        let (mapping, places) = samples::mask::places(desired.model);
        let all = policies.networks();
        let networks = all.iter().filter_map(|network| {
            let (first, _) = network.split_once('/')?;
            Some((first.to_owned(), (*network).to_owned()))
        });
        Self {
            known: all
                .iter()
                .all(|network| mapping.contains(*network))
                .then_some(places),
            networks: networks.take(PLACES).collect(),
        }
    }

    /// The input as it is, or from each place that the policies tell apart.
    fn variants(&self, recorded: &Recorded, input: Value) -> Vec<(Option<String>, Value)> {
        let is_known = self.known.as_ref() == Some(&recorded.networks);
        let has_place = input.pointer("/request/remote_ip").is_some();
        if is_known || !has_place || self.networks.is_empty() {
            return vec![(None, input)];
        }
        let mut elsewhere = input.clone();
        if let Some(Value::Object(request)) = elsewhere.get_mut("request") {
            // An address that nobody knows is in no network for sure.
            request.remove("remote_ip");
        }
        let elsewhere = (Some(String::new()), elsewhere);
        let from = self.networks.iter().map(|(first, network)| {
            let mut input = input.clone();
            if let Some(address) = input.pointer_mut("/request/remote_ip") {
                *address = json!(first);
            }
            (Some(network.clone()), input)
        });
        std::iter::once(elsewhere).chain(from).collect()
    }
}

fn notes(samples: Samples<'_>, policies: &Policies<'_>, elsewhere: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if samples.archive.is_empty() {
        return notes;
    }
    if samples.key.is_none() {
        notes.push("recorded inputs were replayed without their key: whoever is in them is not told from others who are known, and names that a policy speaks of only since they were pulled are not recognised".to_owned());
    }
    if elsewhere > 0 {
        notes.push(format!(
            "from where {} came is not known, since the networks of the policies are others than when it was pulled; each was replayed from every network",
            number(elsewhere, "recorded input")
        ));
    }
    if policies.foreign {
        notes.push("recorded inputs hold pseudonyms, and what a policy that is not liftgate's decides by may be what they replaced".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests;

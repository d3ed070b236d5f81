//! What becomes of an account when anything goes wrong at any moment of a push.
//!
//! An account is asked without a network, and a schedule says which request goes wrong and how. After each schedule: nobody
//! could do more on the way than before or after, there was one policy wherever there had been one, success was reported only
//! for what is live, what somebody else wrote stands, the words fit, and the next run finishes.
//!
//! A schedule is one line, `update 12:cut-after 17:stale`. `LIFTGATE_FAULTS='…' cargo test --lib faults::one -- --ignored --nocapture`
//! repeats it and shows every request. `LIFTGATE_SCHEDULES=100000` makes that many instead of two thousand, and `LIFTGATE_TRIED=50000`
//! leaves out those that came first, where an earlier run has tried them; those with one fault are always tried.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout
)]

mod account;
mod scenario;
mod schedule;
mod watch;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use account::{Account, Clock, Killed};
use scenario::{ENDPOINT, NAMES, Scenario};
use schedule::{Chance, Fault, Kind, Schedule};

use crate::plan::fake::Pushed;
use crate::plan::{Desired, Plan, Probe, Silent, Source};
use crate::push::{Beside, Outcome, PushError, Stopped, push};
use crate::spacelift::{self, Options, Reader, Writer};

/// How many schedules a test run tries.
const SCHEDULES: usize = 2_000;

/// How an attempt to push ended.
#[derive(Debug)]
pub enum Attempt {
    /// The process was killed.
    Killed,
    /// The account could not be read, and nothing was sent.
    Failed { message: String, help: String },
    /// A guard refused, before anything was sent.
    Refused { codes: Vec<String> },
    /// There was nothing to do.
    Nothing,
    /// It was done.
    Pushed(Outcome),
    /// It began, or was about to.
    Stopped(Stopped),
}

fn connect(account: &Arc<Account>) -> (Reader, Writer) {
    let (id, secret) = account.credentials();
    let options = Options::sandbox(&account.endpoint, &id, secret.into()).unwrap();
    let timing = Arc::new(account.clock.clone());
    let options = options.with_timing(timing).over(account.clone());
    spacelift::connect(options).unwrap()
}

/// Plans and pushes once.
pub fn attempt(scenario: &Scenario, account: &Arc<Account>) -> Attempt {
    let (reader, writer) = connect(account);
    match catch_unwind(AssertUnwindSafe(|| {
        attempt_with(scenario, &reader, &writer, &account.clock)
    })) {
        Ok(ended) => ended,
        Err(payload) if payload.is::<Killed>() => Attempt::Killed,
        Err(payload) => resume_unwind(payload),
    }
}

fn attempt_with(scenario: &Scenario, reader: &Reader, writer: &Writer, clock: &Clock) -> Attempt {
    let plan = match planned(scenario, reader) {
        Ok(plan) => plan,
        Err(ended) => return ended,
    };
    if !plan.refusals.is_empty() {
        let codes = plan.refusals.iter().map(|one| one.code.code().to_string());
        return Attempt::Refused {
            codes: codes.collect(),
        };
    }
    if plan.changes.is_empty() {
        return Attempt::Nothing;
    }
    match push(&plan, reader, writer, clock) {
        Ok(outcome) => Attempt::Pushed(outcome),
        Err(stopped) => Attempt::Stopped(stopped),
    }
}

fn planned(scenario: &Scenario, reader: &Reader) -> Result<Plan, Attempt> {
    let compiled = &scenario.goal.compiled;
    let probes = compiled
        .fixtures
        .probes(&compiled.model)
        .into_iter()
        .map(|probe| Probe {
            source: Source::Fixture,
            identity: probe.identity.unwrap_or_default(),
            person: None,
            name: probe.name,
            input: probe.input,
        })
        .collect();
    let desired = Desired {
        model: &compiled.model,
        policy: &compiled.policy,
        text: &compiled.text,
        access: &compiled.access,
        delete_access: scenario.deletes_access.clone(),
        probes,
        delete_roles: scenario.deletes.clone(),
        admin_roles: Vec::new(),
        history: &Pushed::default(),
        lock: None,
        overwrite: Vec::new(),
        add_only: false,
        directory: None,
        samples: None,
        progress: &Silent,
        now: Some(1_800_000_000_000_000_000),
        overrides: Vec::new(),
    };
    crate::plan::plan(&desired, reader, &*scenario.memory).map_err(|error| Attempt::Failed {
        message: error.to_string(),
        help: error.hint(),
    })
}

/// How a schedule went.
struct Ran {
    wrong: Vec<String>,
    /// How many of its faults struck.
    struck: usize,
    /// What kind each request was.
    kinds: Vec<Kind>,
    /// Every request, for people.
    story: String,
}

fn run(scenario: &Scenario, schedule: &Schedule) -> Ran {
    let account = scenario.account(schedule.clone());
    let ended = attempt(scenario, &account);
    let mut wrong = watch::faults(scenario, &account.log(), &ended);
    let before = account.state();
    // Where it stands, and on from there.
    let next = scenario.next(&before);
    wrong.extend(watch::next_run(scenario, &account.log(), &before, &next));
    let log = account.log();
    let mut story = String::new();
    for (number, asked) in log.asked.iter().enumerate() {
        let fault = asked.struck.map_or("", Fault::name);
        let showed = asked
            .showed
            .map_or(String::new(), |at| format!(" shows state {at}"));
        let wrote = asked
            .wrote
            .map_or(String::new(), |at| format!(" makes state {at}"));
        let _ = writeln!(
            story,
            "{number:3} {} {fault}{showed}{wrote}",
            asked.operation
        );
    }
    let _ = write!(story, "ended: {ended:?}\nnext: {:?}", next.ended);
    Ran {
        wrong,
        struck: log
            .asked
            .iter()
            .filter(|asked| asked.struck.is_some())
            .count(),
        kinds: log.asked.iter().map(|asked| asked.kind).collect(),
        story,
    }
}

/// The smallest part of a schedule that still goes wrong.
fn shrink(scenario: &Scenario, schedule: Schedule) -> Schedule {
    for smaller in schedule.smaller() {
        if !run(scenario, &smaller).wrong.is_empty() {
            return shrink(scenario, smaller);
        }
    }
    schedule
}

/// What kind each request of a scenario is, and a few more in case that something is sent again.
fn kinds(scenario: &Scenario) -> Vec<Kind> {
    let account = scenario.account(Schedule::new(scenario.name, Vec::new()));
    attempt(scenario, &account);
    let log = account.log();
    log.asked.iter().map(|asked| asked.kind).collect()
}

/// Every schedule with one fault.
fn singles(scenario: &Scenario) -> Vec<Schedule> {
    let mut found = Vec::new();
    for (at, kind) in kinds(scenario).into_iter().enumerate() {
        for fault in Fault::ALL.iter().filter(|fault| fault.suits(kind)) {
            found.push(Schedule::new(scenario.name, vec![(at, *fault)]));
        }
    }
    found
}

/// A schedule with one fault that held, and what was asked with it, which may be other requests than those without.
type First = (Schedule, Vec<Kind>);

/// Every schedule with two faults that both strike, by the two requests that they are of.
fn pairs(firsts: &[First]) -> impl Iterator<Item = Vec<Schedule>> + '_ {
    let of_one_request =
        firsts.chunk_by(|(one, _), (other, _)| one.faults[0].0 == other.faults[0].0);
    of_one_request.flat_map(|same| {
        let at = same[0].0.faults[0].0;
        let asked = same.iter().map(|(_, kinds)| kinds.len()).max();
        let later = at + 1..asked.unwrap_or_default();
        later.map(move |later| {
            same.iter()
                .flat_map(|first| seconds(first, later))
                .collect()
        })
    })
}

/// Every schedule with this fault and then another, of this request.
fn seconds((first, kinds): &First, later: usize) -> Vec<Schedule> {
    let (at, fault) = first.faults[0];
    let kind = kinds.get(later).copied();
    let faults = Fault::ALL
        .iter()
        .filter(|second| kind.is_some_and(|kind| second.suits(kind)));
    faults
        .map(|second| Schedule::new(&first.scenario, vec![(at, fault), (later, *second)]))
        .collect()
}

/// So many of them, from one end to the other; others each turn.
fn spread(all: Vec<Schedule>, wanted: usize, turn: usize) -> impl Iterator<Item = Schedule> {
    let step = some(all.len(), wanted).min(all.len()).max(1);
    all.into_iter().skip(turn % step).step_by(step)
}

/// Several faults, wherever.
fn random(scenario: &Scenario, chance: &mut Chance) -> Schedule {
    let count = 2 + chance.below(4);
    let faults = (0..count).map(|_| {
        let at = chance.below(scenario.requests + 8);
        (at, Fault::ALL[chance.below(Fault::ALL.len())])
    });
    Schedule::new(scenario.name, faults.collect())
}

/// Runs schedules; answers how many there were, and how many of their faults struck.
fn all_hold(scenario: &Scenario, schedules: impl Iterator<Item = Schedule>) -> (usize, usize) {
    each_holds(scenario, schedules, &mut |_, _| {})
}

/// Runs schedules and shows how each went. What goes wrong is made small first, and told of up to a few times.
fn each_holds(
    scenario: &Scenario,
    schedules: impl Iterator<Item = Schedule>,
    each: &mut dyn FnMut(&Schedule, Vec<Kind>),
) -> (usize, usize) {
    const TOLD: usize = 8;
    let (mut count, mut struck) = (0, 0);
    let mut small = BTreeSet::new();
    for schedule in schedules {
        let ran = run(scenario, &schedule);
        count += 1;
        struck += ran.struck;
        if ran.wrong.is_empty() {
            each(&schedule, ran.kinds);
        } else {
            small.insert(shrink(scenario, schedule));
        }
        if small.len() >= TOLD {
            break;
        }
    }
    let mut told = String::new();
    for schedule in &small {
        let ran = run(scenario, schedule);
        let wrong = ran.wrong.join("\n");
        let _ = write!(
            told,
            "LIFTGATE_FAULTS='{schedule}'\n{wrong}\n{}\n\n",
            ran.story
        );
    }
    assert!(small.is_empty(), "{told}");
    (count, struck)
}

fn number(variable: &str) -> Option<usize> {
    let said = std::env::var(variable).ok();
    said.map(|number| number.parse().unwrap())
}

/// Every so manieth, so that about `wanted` of them are left.
fn some(all: usize, wanted: usize) -> usize {
    let step = (all / wanted.max(1)).max(1);
    // Not always the same fault: the step has no factor of two in common with how many of them there are.
    if step > 1 { step | 1 } else { 1 }
}

#[test]
fn whatever_goes_wrong_a_push_hurts_nobody() {
    let started = std::time::Instant::now();
    let wanted = number("LIFTGATE_SCHEDULES").unwrap_or(SCHEDULES);
    // Those with one fault are tried again: they say what can go wrong after it.
    let tried = number("LIFTGATE_TRIED").unwrap_or(0);
    let scenarios = NAMES.map(|name| Scenario::of(name, ENDPOINT));
    let singles = scenarios.each_ref().map(singles);
    let all_singles: usize = singles.iter().map(Vec::len).sum();
    // Half of them with one fault, a quarter with two, and the rest wherever; all with one, and every two requests, where that
    // leaves room.
    let step = some(all_singles, wanted / 2);
    let (mut counts, mut struck) = ([0; 3], 0);
    let mut firsts: [Vec<First>; NAMES.len()] = Default::default();
    for (at, scenario) in scenarios.iter().enumerate() {
        let chosen = singles[at].iter().step_by(step).cloned();
        let (count, hits) = each_holds(scenario, chosen, &mut |schedule, kinds| {
            firsts[at].push((schedule.clone(), kinds));
        });
        counts[0] += count;
        struck += hits;
    }
    let sizes = firsts
        .iter()
        .flat_map(|firsts| pairs(firsts).map(|two| two.len()));
    let sizes: Vec<usize> = sizes.collect();
    let (all_pairs, requests): (usize, usize) = (sizes.iter().sum(), sizes.len());
    let wanted_pairs = wanted.saturating_sub(counts[0]) / 2;
    let (request_step, of_each) = (some(requests, wanted_pairs), wanted_pairs / requests);
    let mut left_out = tried.saturating_sub(counts[0]);
    let mut of_requests = 0;
    for (at, scenario) in scenarios.iter().enumerate() {
        let twos = pairs(&firsts[at]).step_by(request_step).enumerate();
        let mut chosen = twos.flat_map(|(turn, two)| {
            of_requests += 1;
            spread(two, of_each, turn)
        });
        let before = chosen.by_ref().take(left_out).count();
        left_out -= before;
        let (count, hits) = all_hold(scenario, chosen);
        assert_eq!(hits, 2 * count, "a fault of a pair did not strike");
        counts[1] += before + count;
        struck += hits;
    }
    println!(
        "{} single and {} paired schedules hold",
        counts[0], counts[1]
    );
    let mut chance = Chance(0x6c69_6674_6761_7465);
    while counts.iter().sum::<usize>() < wanted {
        let scenario = &scenarios[chance.below(scenarios.len())];
        let schedules: Vec<_> = (0..100).map(|_| random(scenario, &mut chance)).collect();
        let before = schedules.len().min(left_out);
        left_out -= before;
        let (count, hits) = all_hold(scenario, schedules.into_iter().skip(before));
        counts[2] += before + count;
        struck += hits;
    }
    let [single, paired, anywhere] = counts;
    println!(
        "{single} of {all_singles} single, {paired} of {all_pairs} paired, of {of_requests} of {requests} pairs of requests, and {anywhere} random schedules; {struck} faults struck; {:?}",
        started.elapsed()
    );
    assert!(counts.iter().all(|count| *count > 0) && struck >= single);
    assert!(of_requests == requests || wanted_pairs < requests);
}

/// Once, success was reported for what somebody had edited or deleted meanwhile: the last reading was of a copy that did not know
/// it, though those before had shown it.
#[test]
fn what_came_after_a_write_is_not_hidden_by_a_reading_that_lags() {
    let scenario = Scenario::of("policy", ENDPOINT);
    let all = (0..scenario.requests).flat_map(|at| {
        [Fault::EditedAfter, Fault::Deleted]
            .into_iter()
            .flat_map(move |fault| {
                (1..6).map(move |later| vec![(at, fault), (at + later, Fault::Frozen)])
            })
    });
    let schedules = all.map(|faults| Schedule::new("policy", faults));
    let (count, struck) = all_hold(&scenario, schedules);
    assert!(count > 200 && struck > 50, "{count}, {struck}");
}

/// What long runs have found, each mended since.
#[test]
fn what_was_found_stays_mended() {
    const FOUND: [&str; 10] = [
        // An edit that the list of policies showed, and a lagging copy of the policy did not.
        "policy 4:edited 21:frozen",
        // A role that the policy gives, deleted while the policy was written.
        "policy 0:role-deleted 29:role-deleted",
        "policy 2:role-deleted 33:role-deleted",
        "policy 5:role-deleted 33:role-deleted",
        // A role that one reading of them had no more, and a later one of a copy that lags had.
        "policy 6:unavailable 22:role-deleted 28:stale",
        // A login policy that went, or was edited, after a push of access policies had begun to be shown what is past.
        "stacks 85:frozen 87:deleted",
        "stacks 86:edited 87:frozen",
        // An edit of an access policy, made while something else was asked, and hidden from then on.
        "stacks 6:access-edited 9:frozen",
        // An edit of an access policy that a list showed, which was read for another policy's sake.
        "stacks 12:access-edited 28:frozen 31:delayed",
        // An edited role that a reading with an ended token did not show.
        "roles 7:another 9:frozen 16:role-edited 19:expired",
    ];
    for line in FOUND {
        let schedule: Schedule = line.parse().unwrap();
        let name = NAMES.into_iter().find(|name| *name == schedule.scenario);
        let scenario = Scenario::of(name.unwrap(), ENDPOINT);
        let ran = run(&scenario, &schedule);
        assert!(
            ran.wrong.is_empty(),
            "{line}\n{:?}\n{}",
            ran.wrong,
            ran.story
        );
        assert!(ran.struck > 0, "{line}");
    }
}

/// Access policies are asked about whom the login policy lets in, though a push of them alone leaves it as it is.
#[test]
fn a_login_policy_that_goes_while_others_are_pushed_is_told() {
    let scenario = Scenario::of("stacks", ENDPOINT);
    let kinds = kinds(&scenario);
    let first = kinds.iter().position(|kind| *kind == Kind::Write).unwrap();
    let mut told = 0;
    for at in (first + 1)..(scenario.requests - 1) {
        let account = scenario.account(Schedule::new("stacks", vec![(at, Fault::Deleted)]));
        match attempt(&scenario, &account) {
            Attempt::Pushed(outcome) => panic!("{at}: {outcome:?}"),
            Attempt::Stopped(stopped) => {
                let what = Beside::Login;
                told += usize::from(
                    stopped.error
                        == PushError::Beside {
                            what,
                            unknown: None,
                        },
                );
            }
            _ => {}
        }
    }
    assert!(told > 10, "{told}");
}

/// Shows one schedule.
#[test]
#[ignore = "shows the schedule in LIFTGATE_FAULTS"]
fn one() {
    let line = std::env::var("LIFTGATE_FAULTS").expect("LIFTGATE_FAULTS has a schedule");
    let schedule: Schedule = line.parse().unwrap();
    let name = NAMES.into_iter().find(|name| *name == schedule.scenario);
    let scenario = Scenario::of(name.unwrap(), ENDPOINT);
    let ran = run(&scenario, &schedule);
    println!("{}\n{}", ran.story, ran.wrong.join("\n"));
    assert!(ran.wrong.is_empty());
}

#[test]
fn a_schedule_is_a_line() {
    for name in NAMES {
        let mut chance = Chance(7);
        let scenario = Scenario::of(name, ENDPOINT);
        for _ in 0..100 {
            let schedule = random(&scenario, &mut chance);
            assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }
    }
}

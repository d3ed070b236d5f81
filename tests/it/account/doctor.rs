//! The doctor's claims, held against the sandbox and against sandboxes that are otherwise.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use liftgate::doctor::agree;
use liftgate::doctor::{self, Address, Report, Row, Verdict};
use liftgate::model::Dialect;
use liftgate::project::Project;
use liftgate::report;
use liftgate::sandbox::faults::{Fault, Faults, Faulty, What};
use liftgate::sandbox::{Engine as Read, Evaluate, Rego, Sandbox};
use liftgate::spacelift::{
    self, Engine, Options, PolicyDraft, PolicyType, ReadAccount, Reader, Timing, WriteAccount,
};

use super::served::{Served, person};

fn examine(reader: &Reader) -> Report {
    let limit = Duration::from_secs(50);
    doctor::examine(reader, Address::Shortened, limit, &mut |_| {}).unwrap()
}

fn row<'a>(report: &'a Report, fact: &str) -> &'a Row {
    let mut rows = report.rows.iter().filter(|row| row.fact == fact);
    rows.next().unwrap_or_else(|| panic!("no row `{fact}`"))
}

fn refuted(report: &Report) -> Vec<&str> {
    let rows = report.rows.iter();
    rows.filter(|row| row.verdict == Verdict::Refuted)
        .map(|row| row.fact.as_str())
        .collect()
}

/// Lets everybody with a team in, and records every login.
const DOOR: &str = "package spacelift

allow if count(input.session.teams) > 0
roles[\"root\"] contains \"space-reader\" if allow
sample := true
";

fn door() -> PolicyDraft {
    PolicyDraft {
        kind: PolicyType::Login,
        name: "the-front-door".to_owned(),
        body: DOOR.to_owned(),
        description: None,
        labels: vec![],
        space: Some("root".to_owned()),
        engine: Some(Engine::V1),
    }
}

/// A sandbox in which something has happened.
fn lived_in() -> Served {
    let served = Served::with(vec![
        person("ann.other", &["night-shift"]),
        person("bob.builder", &[]),
    ]);
    served.writer.create_policy(&door()).unwrap();
    served.as_person("ann.other").viewer().unwrap();
    served.as_person("bob.builder").viewer().unwrap_err();
    served
}

#[test]
fn the_sandbox_is_as_claimed_and_nothing_of_it_changes() {
    let served = lived_in();
    served.reader.viewer().unwrap();
    let before = served.sandbox.state();
    let report = examine(&served.reader);
    assert_eq!(served.sandbox.state(), before);
    // The sandbox reads simulations in the newer dialect only.
    let known = [
        "simulate.v0",
        // Spacelift's own servers take none, and the account is as if there.
        "access.taken",
        "input.idp-subject",
        // One of the two has no teams, and logins of the sandbox are names.
        "input.person-groups",
        "input.person-login",
    ];
    assert_eq!(
        refuted(&report)
            .into_iter()
            .filter(|fact| !known.contains(fact))
            .collect::<Vec<_>>(),
        Vec::<&str>::new(),
        "{report:#?}"
    );
    assert_eq!(report.alarming().count(), 0);
    for fact in [
        "login.admin-without-allow",
        "rego.time-zones",
        "rego.no-clock",
        "preamble.defaults",
        "roles.actions",
        "roles.by-slug",
        "policies.last-line-break",
        "input.person-teams",
        "samples.outcome",
        "errors.unknown-field",
        "simulate.engine-field",
        "simulate.stores-nothing",
        "sessions.whose",
        "audit.actions",
        "token.life",
        "schema.Query.runStack",
        "schema.APIKey.teams",
        "schema.ManagedUser.roleBindings",
    ] {
        assert_eq!(
            row(&report, fact).verdict,
            Verdict::Confirmed,
            "{:?}",
            row(&report, fact)
        );
    }
    assert_eq!(report.simulates, Some(Dialect::V1));
    let mut facts: Vec<&str> = report.rows.iter().map(|row| row.fact.as_str()).collect();
    let all = facts.len();
    facts.sort_unstable();
    facts.dedup();
    // The field for the dialect is looked for twice, by asking and by the schema, under two names.
    assert_eq!(facts.len(), all);
}

#[test]
fn a_report_names_nobody() {
    let served = lived_in();
    let report = examine(&served.reader);
    let text = report::doctor::human(&report, None);
    let json = serde_json::to_string(&report).unwrap();
    let (id, secret) = served.server.credentials();
    for name in [
        "ann.other",
        "bob.builder",
        "night-shift",
        "front-door",
        "acme",
        "127.0.0.1",
        &id,
        &secret,
    ] {
        assert!(!text.contains(name), "{name}: {text}");
        assert!(!json.contains(name), "{name}: {json}");
    }
    assert!(text.contains("a server on this machine"), "{text}");
    let whole = doctor::examine(
        &served.reader,
        Address::Whole,
        Duration::from_secs(50),
        &mut |_| {},
    );
    assert_eq!(whole.unwrap().endpoint, served.server.endpoint());
}

/// An engine that behaves otherwise in one respect.
struct Odd(fn(&str, &str) -> Option<Result<String, String>>);

impl Evaluate for Odd {
    fn login(&self, body: &str, engine: Read, input: &str) -> Result<String, String> {
        match (self.0)(body, input) {
            Some(answer) => answer,
            None => Rego::default().login(body, engine, input),
        }
    }

    fn check(&self, _: &str, _: &str, _: Read) -> Result<(), String> {
        Ok(())
    }
}

fn odd(behaves: fn(&str, &str) -> Option<Result<String, String>>) -> (Sandbox, Report) {
    let sandbox = super::sandbox(Vec::new()).with_evaluator(Arc::new(Odd(behaves)));
    let server = sandbox.serve("127.0.0.1:0").unwrap();
    let (id, secret) = server.credentials();
    let options = Options::sandbox(&server.endpoint(), &id, secret.into()).unwrap();
    let (reader, _) = spacelift::connect(options).unwrap();
    let report = examine(&reader);
    (sandbox, report)
}

fn says(value: Value) -> Option<Result<String, String>> {
    Some(Ok(value.to_string()))
}

#[test]
fn an_account_that_is_otherwise_is_seen_to_be() {
    type Otherwise = fn(&str, &str) -> Option<Result<String, String>>;
    let cases: [(&str, Otherwise, bool); 10] = [
        (
            "roles.known-by-slug",
            |body, _| {
                // Only what comes after the second quotation is kept: the id.
                let id = body.split("contains \"").nth(2)?.split('"').next()?;
                body.contains("no-such-role")
                    .then(|| says(json!({ "access_level": "allow", "roles": { "root": [id] } })))
                    .flatten()
            },
            true,
        ),
        (
            "login.admin-without-allow",
            |body, _| {
                (body.contains("admin := true") && !body.contains("allow"))
                    .then(|| Ok(r#"{"access_level":"deny"}"#.to_owned()))
            },
            false,
        ),
        (
            "login.deny-wins",
            |body, _| {
                body.contains("\ndeny := true")
                    .then(|| Ok(r#"{"access_level":"admin"}"#.to_owned()))
            },
            true,
        ),
        (
            "roles.by-slug",
            |body, _| {
                body.contains("roles[\"root\"]").then(|| {
                    Ok(r#"{"access_level":"allow","roles":{"root":["01ROLE"]}}"#.to_owned())
                })
            },
            true,
        ),
        (
            "rego.whole-numbers",
            |body, _| {
                body.contains("stamp").then(|| {
                    Ok(r#"{"access_level":"deny","flag":["1.790000000123457e+18"]}"#.to_owned())
                })
            },
            true,
        ),
        (
            "rego.time-zones",
            |body, _| {
                body.contains("Europe/Berlin")
                    .then(|| Err("unknown time zone".to_owned()))
            },
            true,
        ),
        (
            "rego.no-clock",
            |body, _| {
                body.contains("now_ns")
                    .then(|| Ok(r#"{"access_level":"allow"}"#.to_owned()))
            },
            false,
        ),
        (
            "preamble.defaults",
            |body, _| {
                body.contains("default allow")
                    .then(|| Ok(r#"{"access_level":"allow"}"#.to_owned()))
            },
            false,
        ),
        (
            "teams.rewritten",
            |body, _| {
                body.contains("another")
                    .then(|| Ok(r#"{"access_level":"allow","teams":[]}"#.to_owned()))
            },
            true,
        ),
        (
            "simulate.v1",
            |body, _| {
                body.contains(" if ")
                    .then(|| Err("rego_parse_error: unexpected if keyword".to_owned()))
            },
            false,
        ),
    ];
    for (fact, behaves, relied_on) in cases {
        let (_, report) = odd(behaves);
        let row = row(&report, fact);
        assert_eq!(
            (row.verdict, row.relied_on),
            (Verdict::Refuted, relied_on),
            "{row:?}"
        );
        let text = report::doctor::human(&report, None);
        assert_eq!(
            text.contains("do not push to this account"),
            report.alarming().next().is_some(),
            "{fact}"
        );
    }
}

#[test]
fn an_account_that_reads_the_older_dialect_only_is_asked_in_it() {
    let (_, report) = odd(|body, input| {
        Some(if body.contains(" if ") || body.contains(" contains ") {
            Err("rego_parse_error: unexpected if keyword".to_owned())
        } else {
            Rego::default().login(body, Read::V0, input)
        })
    });
    assert_eq!(report.simulates, Some(Dialect::V0));
    assert_eq!(row(&report, "simulate.v0").verdict, Verdict::Confirmed);
    assert_eq!(row(&report, "roles.by-slug").verdict, Verdict::Confirmed);
    assert_eq!(report.alarming().count(), 0, "{report:#?}");
}

#[test]
fn an_account_that_simulates_nothing_is_told_from_one_that_is_otherwise() {
    let (_, report) = odd(|_, _| Some(Err("out of order".to_owned())));
    assert_eq!(report.simulates, None);
    assert_eq!(row(&report, "login.deny-wins").verdict, Verdict::NotSeen);
    assert_eq!(report.alarming().count(), 0);
}

#[test]
fn what_a_token_may_not_see_is_not_seen() {
    let served = lived_in();
    let report = examine(&served.as_person("ann.other"));
    for fact in [
        "keys.listed",
        "audit.actions",
        "sessions.current",
        "people.status",
    ] {
        let row = row(&report, fact);
        assert_eq!(row.verdict, Verdict::NotSeen);
        assert_eq!(row.seen, "this token may not look");
    }
}

/// A clock that moves when somebody sleeps.
struct Clock(Mutex<SystemTime>);

impl Timing for Clock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, pause: Duration) {
        *self.0.lock().unwrap() += pause;
    }

    fn jitter(&self) -> f64 {
        1.0
    }
}

/// Examines a sandbox that takes so long for each of its answers. With how long that took, by the client's clock.
fn examine_slow(millis: u64) -> (Result<Report, spacelift::Error>, Duration) {
    let sandbox = super::sandbox(Vec::new());
    let start = SystemTime::now();
    let clock = Arc::new(Clock(Mutex::new(start)));
    let faults = Faults::new(vec![Fault {
        call: None,
        operation: None,
        what: What::Delay { millis },
    }]);
    let (id, secret) = sandbox.credentials();
    let options = Options::sandbox("http://127.0.0.1:1", &id, secret.into())
        .unwrap()
        .with_timing(clock.clone())
        .over(Arc::new(Faulty::new(sandbox, faults, clock.clone())));
    let (reader, _) = spacelift::connect(options).unwrap();
    let limit = Duration::from_secs(50);
    let report = doctor::examine(&reader, Address::Shortened, limit, &mut |_| {});
    (report, clock.now().duration_since(start).unwrap())
}

#[test]
fn an_account_that_is_slow_is_left_in_time_and_what_was_not_reached_is_said() {
    for (millis, last) in [(0, true), (2_000, true), (16_000, false)] {
        let (report, took) = examine_slow(millis);
        let report = report.unwrap();
        assert!(took <= Duration::from_secs(50), "{millis}: {took:?}");
        let unreached = report.count(Verdict::NotReached);
        assert_eq!(unreached == 0, millis == 0, "{millis}: {unreached}");
        // The same claims are there, in every case.
        let row = row(&report, "schema.Query.runStack");
        assert_eq!(
            row.verdict == Verdict::Confirmed,
            millis == 0,
            "{millis}: {row:?}"
        );
        let first = self::row(&report, "login.nothing-matches");
        assert_eq!(
            first.verdict == Verdict::Confirmed,
            last,
            "{millis}: {first:?}"
        );
        let text = report::doctor::human(&report, None);
        let said = format!("No time was left for {unreached} more claims");
        assert_eq!(text.contains(&said), millis > 0, "{text}");
        assert_eq!(text.contains("| was not reached |"), millis > 0, "{text}");
    }
    // Where even the account itself does not answer in time, there is nothing to report on.
    let (report, took) = examine_slow(60_000);
    assert!(matches!(report, Err(spacelift::Error::Timeout { .. })));
    assert_eq!(took, Duration::from_secs(50));
}

#[test]
fn every_mark_of_what_is_known_has_a_row() {
    // What is marked as inferred, in conflict, or remembered, and the rows that hold it against an account or say why not.
    let marks: [(&str, &[&str]); 20] = [
        ("admin without allow", &["login.admin-without-allow"]),
        ("how several login policies merge", &["login.several"]),
        (
            "role slugs or ids",
            &["roles.by-slug", "roles.known-by-slug", "roles.slug-and-id"],
        ),
        ("the slug for worker pools", &["roles.worker-pools"]),
        (
            "placeholders of sets and objects",
            &["preamble.placeholders", "preamble.types"],
        ),
        ("two defaults", &["preamble.defaults"]),
        ("a module of its own", &["preamble.apart"]),
        ("a key's login", &["keys.viewer-login", "input.key-login"]),
        (
            "a key as a machine and a member",
            &["input.key-machine", "input.key-member"],
        ),
        ("the end of access policies", &["access.taken"]),
        ("a token's life", &["token.life"]),
        ("words for an unknown field", &["errors.unknown-field"]),
        ("a create that runs twice", &["writes.twice"]),
        ("GitHub's teams", &["input.github-teams"]),
        ("the login of OIDC", &["input.person-login"]),
        (
            "too many groups, nested groups",
            &["input.person-groups", "provider.entra-nested"],
        ),
        ("empty lists of Google's", &["provider.google-empty"]),
        ("changes of what is not there", &["writes.not-found"]),
        ("predicates", &["search.predicates"]),
        ("bindings in their order", &["writes.batches"]),
    ];
    let report = examine(&lived_in().reader);
    for (mark, facts) in marks {
        for fact in facts {
            let row = row(&report, fact);
            assert!(!row.seen.is_empty(), "{mark}: {row:?}");
        }
    }
    for fact in ["preamble.placeholders", "search.predicates"] {
        assert_eq!(
            row(&report, fact).verdict,
            Verdict::Confirmed,
            "{report:#?}"
        );
    }
    for fact in ["login.several", "writes.twice", "provider.entra-nested"] {
        assert_eq!(row(&report, fact).verdict, Verdict::NotSeen);
    }
}

#[test]
fn teams_that_cannot_be_slugs_are_names() {
    let teams = |teams: &[&str]| {
        let served = Served::with(vec![person("ann.other", teams)]);
        served.writer.create_policy(&door()).unwrap();
        served.as_person("ann.other").viewer().unwrap();
        row(&examine(&served.reader), "input.github-teams").clone()
    };
    let names = teams(&["Night Shift", "ops"]);
    assert_eq!(names.verdict, Verdict::Confirmed);
    assert_eq!(names.seen, "1 of 2 teams cannot be slugs");
    let either = teams(&["night-shift", "ops"]);
    assert_eq!(either.verdict, Verdict::NotSeen);
    assert_eq!(either.seen, "each of 2 teams could be a slug");
}

#[test]
fn any_version_between_those_that_are_tested_is_one() {
    for (version, verdict) in [
        ("0.57.0", Verdict::Confirmed),
        ("1.4.2", Verdict::Confirmed),
        ("1.22.2", Verdict::Confirmed),
        ("1.22.3", Verdict::Refuted),
        ("0.56.9", Verdict::Refuted),
    ] {
        let served = Served::with(vec![]);
        served.edit(|state| state.account.open_policy_agent_version = version.to_owned());
        let report = examine(&served.reader);
        assert_eq!(row(&report, "account.opa").verdict, verdict, "{version}");
    }
}

fn mapping() -> liftgate::project::Compiled {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/acme");
    Project::load(&path).compiled.unwrap()
}

#[test]
fn a_mappings_policy_is_decided_by_the_account_as_it_means() {
    let (served, compiled) = (Served::with(vec![]), mapping());
    let first: Vec<Value> = compiled
        .fixtures
        .probes(&compiled.model)
        .into_iter()
        .map(|probe| probe.input)
        .collect();
    let inputs = agree::inputs(&compiled.model, &compiled.policy, &first, 60);
    assert_eq!(inputs.len(), 60);
    assert_eq!(
        inputs,
        agree::inputs(&compiled.model, &compiled.policy, &first, 60)
    );
    let agreement = agree::compare(
        &served.reader,
        &compiled.model,
        &compiled.policy,
        Dialect::V1,
        &inputs,
        &mut |_| {},
    )
    .unwrap();
    assert_eq!(
        (agreement.asked, agreement.agreed),
        (60, 60),
        "{agreement:#?}"
    );
    // Not all of them are turned away, or the comparison would be worth little.
    let came_in = inputs
        .iter()
        .filter(|input| compiled.model.decide(input).login != liftgate::evaluate::Login::Deny);
    assert!(came_in.count() > 10);
}

#[test]
fn an_account_that_decides_otherwise_is_found_out() {
    let compiled = mapping();
    let (sandbox, _) = odd(|body, input| {
        // Machines are let in as everybody's guest.
        let is_machine = input.contains("\"machine\":true") && body.contains("# The login policy");
        is_machine
            .then(|| {
                says(json!({ "access_level": "allow", "roles": {}, "teams": [], "sample": false }))
            })
            .flatten()
    });
    let server = sandbox.serve("127.0.0.1:0").unwrap();
    let (id, secret) = server.credentials();
    let options = Options::sandbox(&server.endpoint(), &id, secret.into()).unwrap();
    let (reader, _) = spacelift::connect(options).unwrap();
    let inputs = agree::inputs(&compiled.model, &compiled.policy, &[], 80);
    let agreement = agree::compare(
        &reader,
        &compiled.model,
        &compiled.policy,
        Dialect::V1,
        &inputs,
        &mut |_| {},
    )
    .unwrap();
    assert!(!agreement.differences.is_empty());
    assert_eq!(
        agreement.agreed + agreement.differences.len(),
        agreement.asked
    );
    let report = examine(&reader);
    let text = report::doctor::human(&report, Some(&agreement));
    assert!(text.contains("login: meant deny, said allow"), "{text}");
    for difference in &agreement.differences {
        let login = difference
            .input
            .pointer("/session/login")
            .and_then(Value::as_str);
        assert!(login.is_none_or(|login| login.is_empty() || !text.contains(login)));
    }
}

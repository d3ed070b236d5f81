use serde_json::json;

use super::super::fake::{Fake, Mapping, live, unavailable};
use super::super::{Plan, plan};
use super::*;

fn planned(fake: &Fake) -> Plan {
    plan(&Mapping::new().desired(), fake, &InProcess).unwrap()
}

fn refusal_of(plan: &Plan) -> (Guard, &str) {
    let [refusal] = plan.refusals.as_slice() else {
        panic!("{:?}", plan.refusals);
    };
    (refusal.code, &refusal.message)
}

#[test]
fn the_server_is_asked_about_every_login_with_the_very_text() {
    let fake = Fake::new();
    let mapping = Mapping::new();
    let plan = planned(&fake);
    assert_eq!(plan.refusals, vec![]);
    assert_eq!(
        plan.simulated,
        Some(Simulated {
            left_out: 0,
            logins: 5,
            dialect: Dialect::V1
        })
    );
    let asked = fake.simulator.asked.borrow();
    let inputs: Vec<String> = mapping.probes.iter().map(|p| p.input.to_string()).collect();
    let (stranger, asked) = asked.split_last().unwrap();
    assert!(stranger.1.contains("liftgate:stranger"));
    assert_eq!(
        asked,
        inputs
            .into_iter()
            .map(|input| (mapping.text.clone(), input))
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_policy_that_stays_is_not_simulated_and_the_same_login_is_asked_once() {
    let fake = Fake::new().with_body(&Mapping::new().text);
    assert_eq!(planned(&fake).simulated, None);
    assert!(fake.simulator.asked.borrow().is_empty());

    let mut mapping = Mapping::new();
    let again = Probe {
        name: "again".into(),
        ..mapping.probes[0].clone()
    };
    mapping.probes.push(again);
    let plan = plan(&mapping.desired(), &Fake::new(), &InProcess).unwrap();
    assert_eq!(plan.simulated.unwrap().logins, 5);

    mapping.probes.clear();
    let fake = Fake::new();
    let plan = super::super::plan(&mapping.desired(), &fake, &InProcess).unwrap();
    // Without a fixture, a member of the one group that there is and somebody in none.
    assert_eq!(plan.simulated.unwrap().logins, 2);
    assert!(fake.simulator.asked.borrow()[1].1.contains("0aaa"));
}

#[test]
fn without_a_fixture_a_server_that_cannot_read_the_text_refuses_the_push() {
    let mut mapping = Mapping::new();
    mapping.probes.clear();
    let refused = |always| {
        let mut fake = Fake::new();
        fake.simulator.always = Some(always);
        let plan = plan(&mapping.desired(), &fake, &InProcess).unwrap();
        let codes = plan.refusals.iter().map(|one| one.code);
        codes.collect::<Vec<Guard>>()
    };
    let unread = Error::Refused {
        action: "simulate the policy",
        messages: vec!["rego_parse_error".into()],
    };
    assert_eq!(refused(Err(unread)), [Guard::SimulationRefused]);
    assert_eq!(refused(Ok(None)), [Guard::NotSimulated]);
    let open = json!({"access_level": "admin"});
    assert_eq!(refused(Ok(Some(open))), [Guard::ServerDisagrees]);
}

/// Of each thing that is compared, a server that decides it otherwise.
#[test]
fn a_server_that_decides_otherwise_refuses_the_push() {
    type Twist = fn(&str, &mut Value);
    let twists: [(Twist, &str); 8] = [
        (
            |input, answer| {
                if input.contains("eve@") {
                    answer["access_level"] = json!("allow");
                }
            },
            "1 of 5 logins otherwise than liftgate: `eve, no request`: allow there, deny here",
        ),
        (
            |_, answer| answer["access_level"] = json!("deny"),
            "2 of 5 logins otherwise than liftgate: `alice, no request`: deny there, allow here; `ada",
        ),
        (
            |input, answer| {
                if input.contains("ada@") {
                    answer["access_level"] = json!("allow");
                }
            },
            "`ada, no request`: allow there, admin here",
        ),
        (
            |input, answer| {
                if input.contains("alice@") {
                    answer["roles"]["root"] = json!(["space-admin"]);
                }
            },
            "`space-admin` on `root` there and not here",
        ),
        (
            |input, answer| {
                if input.contains("alice@") {
                    answer["roles"] = json!({"payments": ["deployer"]});
                }
            },
            "`space-reader` on `payments` here and not there",
        ),
        (
            |input, answer| {
                if input.contains("alice@") {
                    answer.as_object_mut().unwrap().remove("roles");
                }
            },
            "`deployer` on `payments` here and not there",
        ),
        (
            |input, answer| {
                if input.contains("alice@") {
                    answer["space_write"] = json!(["legacy"]);
                }
            },
            "`space-writer` on `legacy` there and not here",
        ),
        (
            |input, answer| {
                if input.contains("alice@") {
                    answer["teams"] = json!(["0aaa", "more"]);
                }
            },
            "the team `0aaa` there and not here",
        ),
    ];
    for (twist, words) in twists {
        let mut fake = Fake::new();
        fake.simulator.twist = Some(twist);
        let plan = planned(&fake);
        let (code, message) = refusal_of(&plan);
        assert_eq!(code, Guard::ServerDisagrees, "{words}");
        assert!(message.contains(words), "{message}");
        // What was asked is said all the same.
        assert_eq!(plan.simulated.unwrap().logins, 5);
    }
}

#[test]
fn what_makes_no_session_and_teams_left_alone_are_no_difference() {
    let mut fake = Fake::new();
    fake.simulator.twist = Some(|input, answer| {
        if answer["access_level"] == "deny" {
            answer["roles"] = json!({"root": ["space-admin"]});
            answer["teams"] = json!(["x"]);
        } else if input.contains("alice@") {
            // As the session came with.
            answer["teams"] = json!(["0aaa"]);
        } else {
            answer["teams"] = Value::Null;
        }
    });
    assert_eq!(planned(&fake).refusals, vec![]);
}

#[test]
fn teams_that_the_policy_gives_are_compared() {
    let mut mapping = Mapping::new();
    mapping.policy.settings.teams = crate::policy::Rewriting::Replace;
    mapping.text = render::render(&mapping.policy).unwrap();
    let mut fake = Fake::new();
    let all = plan(&mapping.desired(), &fake, &InProcess).unwrap();
    assert_eq!(all.refusals, vec![]);
    fake.simulator.twist = Some(|_, answer| answer["teams"] = json!([]));
    let all = plan(&mapping.desired(), &fake, &InProcess).unwrap();
    assert!(
        refusal_of(&all)
            .1
            .contains("the team `liftgate:none` here and not there")
    );
}

#[test]
fn the_other_dialect_is_tried_where_the_server_cannot_read_ours() {
    let (v0, v1) = (Dialect::V0, Dialect::V1);
    for (ours, reads) in [(v1, v0), (v0, v1), (v0, v0)] {
        let policy = Policy {
            dialect: ours,
            ..super::super::fake::policy()
        };
        let mapping = Mapping::of(policy);
        let mut fake = Fake::new();
        fake.simulator.reads = Some(reads);
        let plan = plan(&mapping.desired(), &fake, &InProcess).unwrap();
        assert_eq!(plan.refusals, vec![]);
        assert_eq!(plan.simulated.unwrap().dialect, reads);
        let notes: Vec<&String> = plan
            .notes
            .iter()
            .filter(|note| note.contains("was simulated as Rego"))
            .collect();
        assert_eq!(notes.len(), usize::from(ours != reads), "{notes:?}");
        // And it still refuses what is decided otherwise.
        fake.simulator.twist = Some(|_, answer| answer["access_level"] = json!("admin"));
        let plan = super::super::plan(&mapping.desired(), &fake, &InProcess).unwrap();
        assert_eq!(refusal_of(&plan).0, Guard::ServerDisagrees);
    }
}

#[test]
fn a_server_that_cannot_be_asked_refuses_the_push() {
    let refused = |messages: &str| Error::Refused {
        action: "simulate the policy",
        messages: vec![messages.into()],
    };
    for (always, words, expected) in [
        (
            Ok(None),
            "the installation has no simulation",
            Guard::NotSimulated,
        ),
        (
            Err(Error::NotAllowed {
                action: "simulate the policy",
                viewer: "api::01".into(),
            }),
            "api::01",
            Guard::SimulationRefused,
        ),
        (
            Err(refused("a\u{202e}b\nc")),
            "as Rego v0, ",
            Guard::SimulationRefused,
        ),
        (
            Ok(Some(json!({"allow": true}))),
            "access_level",
            Guard::SimulationRefused,
        ),
        (
            Ok(Some(json!({"access_level": "maybe"}))),
            "maybe",
            Guard::SimulationRefused,
        ),
    ] {
        let mut fake = Fake::new();
        fake.simulator.always = Some(always);
        let plan = planned(&fake);
        let (code, message) = refusal_of(&plan);
        assert_eq!(code, expected);
        assert_eq!(code.is_overridable(), expected == Guard::NotSimulated);
        assert!(message.contains(words), "{message}");
        assert!(!message.contains(['\u{202e}', '\n']), "{message}");
        assert_eq!(plan.simulated, None);
    }
}

#[test]
fn a_failure_on_the_way_is_no_answer() {
    let mut fake = Fake::new().with_policy(live("liftgate", "package spacelift\n"));
    fake.simulator.always = Some(Err(unavailable()));
    assert_eq!(
        plan(&Mapping::new().desired(), &fake, &InProcess),
        Err(PlanError::Account(unavailable()))
    );
}

#[test]
fn of_very_many_recorded_inputs_some_are_simulated() {
    let mut mapping = Mapping::new();
    let fixtures = mapping.probes.len();
    let recorded = |at: usize| Probe {
        source: Source::Sample,
        name: format!("recorded {at}"),
        identity: String::new(),
        person: None,
        input: json!({"request": {}, "session": {"login": format!("s-{at}"), "member": true, "teams": []}, "spaces": [], "at": at}),
    };
    mapping.probes.extend((0..500).map(recorded));
    // The first of those recorded is decided otherwise than now, and the last is the latest.
    let mut differs = vec![false; mapping.probes.len()];
    differs[fixtures] = true;
    let (asked, left_out) = distinct(&mapping.probes, &differs);
    assert_eq!((asked.len(), left_out), (fixtures + MOST_SAMPLES, 300));
    assert_eq!(asked[fixtures].name, "recorded 0");
    assert_eq!(asked[fixtures + 1].name, "recorded 499");
    assert_eq!(asked.last().unwrap().name, "recorded 301");
    let fake = Fake::new();
    let plan = plan(&mapping.desired(), &fake, &InProcess).unwrap();
    let simulated = plan.simulated.unwrap();
    assert_eq!(simulated.logins, fixtures + MOST_SAMPLES + 1);
    assert_eq!(simulated.logins, fake.simulator.asked.borrow().len());
    assert_eq!(simulated.left_out, 300);
}

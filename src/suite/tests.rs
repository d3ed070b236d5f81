use serde_json::json;

use super::*;
use crate::fixture::tests::{MAPPING, fixtures, model};
use crate::render::render;
use crate::trace::{Held, roles_because, trace};

/// Everybody who matters, at the office.
pub(super) const PEOPLE: &str = "
identities:
  pat: {login: pat@x, groups: [payments]}
  sam: {login: sam@x, groups: [payments, senior]}
  root: {login: root@x, groups: [platform]}
  new: {login: new@x, groups: [], teams: [other]}
  bob: {login: Bob@acme.example, groups: [payments]}
  out: {login: out@x, groups: [payments], member: false}
tests:
";

pub(super) fn run_on(mapping: &str, tests: &str) -> Report {
    let (model, policy) = model(mapping);
    let text = render(&policy).unwrap();
    run(
        &model,
        &policy,
        &text,
        &[],
        &fixtures(&format!("{PEOPLE}{tests}")),
    )
    .unwrap()
}

/// Runs one test of somebody, at the office unless the test says otherwise, and answers how it fails.
fn fails(who: &str, rest: &str) -> Vec<String> {
    said(&outcome(who, "request: {ip: 203.0.113.9}", rest))
}

fn fails_at_home(who: &str, rest: &str) -> Vec<String> {
    said(&outcome(who, "request: {ip: 192.0.2.1}", rest))
}

fn outcome(who: &str, request: &str, rest: &str) -> Outcome {
    let report = run_on(
        MAPPING,
        &format!("  - {{name: it, as: {who}, {request}, {rest}}}"),
    );
    report.outcomes[0].clone()
}

fn said(outcome: &Outcome) -> Vec<String> {
    let differences = outcome.differences.iter();
    differences.map(|d| d.what.to_string()).collect()
}

const PAT: &str = "payments: [space-reader, deployer]";

#[test]
fn row_66_expectations_are_of_bound_roles_and_exhaustive() {
    assert!(
        fails(
            "pat",
            &format!("expect: {{login: allow, roles: {{{PAT}, '*': [space-reader]}}}}")
        )
        .is_empty()
    );
    // Deployer is effective on payments-prod too, and bound only above it.
    assert_eq!(
        fails(
            "pat",
            &format!(
                "expect: {{login: allow, roles: {{{PAT}, payments-prod: [deployer, space-reader], '*': [space-reader]}}}}"
            )
        ),
        ["`deployer` on `payments-prod` is missing"]
    );
    assert_eq!(
        fails(
            "pat",
            "expect: {login: allow, roles: {'*': [space-reader]}}"
        ),
        ["`deployer` on `payments` is not expected"]
    );
    assert_eq!(
        fails(
            "pat",
            &format!("expect: {{login: allow, roles: {{{PAT}, data: [], '*': [space-reader]}}}}")
        ),
        ["`space-reader` on `data` is not expected"]
    );
    assert_eq!(
        fails(
            "pat",
            &format!("expect: {{login: allow, roles: {{{PAT}}}}}")
        ),
        [
            "`space-reader` on `data` is not expected",
            "`space-reader` on `payments-dev` is not expected",
            "`space-reader` on `payments-prod` is not expected",
        ]
    );
    assert_eq!(
        fails(
            "pat",
            &format!("expect: {{login: allow, roles: {{{PAT}, '*': [space-reader, auditor]}}}}")
        ),
        [
            "`auditor` on `data` is missing",
            "`auditor` on `payments-dev` is missing",
            "`auditor` on `payments-prod` is missing",
        ]
    );
}

#[test]
fn row_66_every_other_space_is_not_root_or_legacy() {
    let rest = "expect: {login: admin, roles: {'*': [space-reader]}}";
    assert_eq!(
        fails("root", rest),
        [
            "`space-reader` on `data` is missing",
            "`space-reader` on `payments` is missing",
            "`space-reader` on `payments-dev` is missing",
            "`space-reader` on `payments-prod` is missing",
            "`space-admin` on `root` is not expected",
            "`space-reader` on `root` is not expected",
        ]
    );
    assert!(
        fails(
            "root",
            "expect: {login: admin, roles: {root: [space-admin, space-reader]}}"
        )
        .is_empty()
    );
}

#[test]
fn spaces_are_those_of_the_input_and_roles_elsewhere_count_too() {
    let tests = "  - name: it
    input: {session: {login: p, member: true, teams: [aaa]}, request: {remote_ip: 203.0.113.9}, spaces: [{id: new}, {id: 5}, {id: root}]}
    expect: {login: allow, roles: {'*': [space-reader, deployer]}}";
    // `payments` is not in the input, so `*` does not speak of it; the grant binds there all the same.
    assert_eq!(
        said(&run_on(MAPPING, tests).outcomes[0]),
        [
            "`deployer` on `new` is missing",
            "`deployer` on `payments` is not expected"
        ]
    );
}

#[test]
fn a_space_that_is_neither_in_the_input_nor_bound_can_be_expected_or_forbidden() {
    let tests = "  - name: it
    input: {session: {login: p, member: true, teams: [aaa]}, spaces: [{id: new}]}
    expect: {login: allow, roles: {'*': [space-reader], data: [auditor]}}
    forbid: {roles: {'*': [space-reader]}}";
    assert_eq!(
        said(&run_on(MAPPING, tests).outcomes[0]),
        [
            "`auditor` on `data` is missing",
            "`space-reader` on `*` is held, which is forbidden: it is bound on `new`"
        ]
    );
}

#[test]
fn the_login_must_be_as_expected_and_a_refusal_is_said_once() {
    let roles = format!("roles: {{{PAT}, '*': [space-reader]}}");
    assert_eq!(
        fails_at_home("sam", &format!("expect: {{login: allow, {roles}}}")),
        ["the login comes out as `deny`, expected `allow`"]
    );
    assert_eq!(
        fails("pat", &format!("expect: {{login: admin, {roles}}}")),
        ["the login comes out as `allow`, expected `admin`"]
    );
    assert!(fails_at_home("sam", "expect: {login: deny, roles: {}}").is_empty());
    assert_eq!(
        fails_at_home(
            "sam",
            "expect: {login: deny, roles: {data: [space-reader]}}"
        ),
        ["`space-reader` on `data` is missing"]
    );
}

#[test]
fn what_is_forbidden_may_not_come_out() {
    assert_eq!(
        fails("pat", "forbid: {login: allow}"),
        ["the login comes out as `allow`, which is forbidden"]
    );
    assert!(fails("pat", "forbid: {login: admin}").is_empty());
    assert_eq!(
        fails("pat", "forbid: {roles: {payments: [deployer, auditor]}}"),
        ["`deployer` on `payments` is held, which is forbidden"]
    );
    assert!(
        fails(
            "pat",
            "forbid: {roles: {data: [deployer], root: [space-reader]}}"
        )
        .is_empty()
    );
    assert!(fails_at_home("pat", "forbid: {roles: {payments: [deployer]}}").is_empty());
}

#[test]
fn row_36_what_is_forbidden_is_effective_access() {
    assert_eq!(
        fails("pat", "forbid: {roles: {payments-prod: [deployer]}}"),
        ["`deployer` on `payments-prod` is held, which is forbidden: it is bound on `payments`"]
    );
    assert_eq!(
        fails("pat", "forbid: {roles: {'*': [deployer]}}"),
        ["`deployer` on `*` is held, which is forbidden: it is bound on `payments`"]
    );
    // At home root is stripped of what is administrative, and so nobody is an admin there.
    for space in ["legacy", "data", "'*'"] {
        let found = fails_at_home(
            "root",
            &format!("forbid: {{roles: {{{space}: [space-reader]}}}}"),
        );
        assert_eq!(found.len(), 1, "{space}: {found:?}");
        assert!(found[0].ends_with("it is bound on `root`"), "{found:?}");
    }
    assert!(fails_at_home("root", "forbid: {roles: {'*': [space-admin]}}").is_empty());
}

#[test]
fn a_role_on_legacy_is_not_one_on_every_other_space() {
    let mapping = MAPPING.replace("spaces: root}", "spaces: legacy}");
    let report = run_on(
        &mapping,
        "  - {name: it, as: root, forbid: {roles: {'*': [space-reader], root: [space-reader], data: [space-reader]}}}",
    );
    assert_eq!(said(&report.outcomes[0]), Vec::<String>::new());
    let mapping = mapping.replace("data: {parent: root}", "data: {parent: legacy}");
    let report = run_on(
        &mapping,
        "  - {name: it, as: root, forbid: {roles: {'*': [space-reader]}}}",
    );
    assert_eq!(
        said(&report.outcomes[0]),
        ["`space-reader` on `*` is held, which is forbidden: it is bound on `legacy`"]
    );
}

#[test]
fn an_account_admin_holds_whatever_is_forbidden() {
    assert_eq!(
        fails("root", "forbid: {roles: {data: [deployer]}}"),
        ["`deployer` on `data` is forbidden, and an account admin may do everything everywhere"]
    );
}

#[test]
fn a_difference_names_the_entries_behind_it() {
    let (model, _) = model(MAPPING);
    let line = |cause: &Cause| {
        cause
            .span
            .map(|span| MAPPING[span.start as usize..span.end as usize].to_owned())
    };
    let because = |outcome: &Outcome, at: usize| -> Vec<(String, Option<String>)> {
        let causes = outcome.differences[at].because.iter();
        causes
            .map(|cause| (cause.id.clone(), line(cause)))
            .collect()
    };
    let office = "request: {ip: 203.0.113.9}";
    let home = "request: {ip: 192.0.2.1}";

    let found = outcome(
        "pat",
        office,
        "expect: {login: allow, roles: {'*': [space-reader]}}",
    );
    let causes = because(&found, 0);
    assert_eq!(causes.len(), 1);
    assert!(model.grants.contains_key(&causes[0].0));
    assert!(causes[0].1.as_ref().unwrap().contains("roles: deployer"));

    let found = outcome(
        "pat",
        office,
        "forbid: {roles: {payments-prod: [deployer]}}",
    );
    assert_eq!(because(&found, 0), causes);

    let found = outcome("sam", home, "expect: {login: allow, roles: {}}");
    let denial = because(&found, 0);
    assert_eq!(denial.len(), 1);
    assert!(denial[0].1.as_ref().unwrap().contains("unless: office"));
    assert!(model.login.deny.contains_key(&denial[0].0));

    let found = outcome("bob", office, "expect: {login: allow, roles: {}}");
    assert_eq!(
        because(&found, 0),
        [("offboarded".to_owned(), Some("bob@acme.example".to_owned()))]
    );
    let found = outcome("out", office, "expect: {login: allow, roles: {}}");
    assert_eq!(
        because(&found, 0),
        [("gate".to_owned(), Some("{member: true}".to_owned()))]
    );

    let found = outcome("root", office, "forbid: {login: admin}");
    assert!(model.login.admin.contains_key(&because(&found, 0)[0].0));

    let found = outcome(
        "root",
        home,
        "expect: {login: admin, roles: {root: [space-admin, space-reader]}}",
    );
    assert_eq!(
        said(&found),
        [
            "the login comes out as `allow`, expected `admin`",
            "`space-admin` on `root` is missing"
        ]
    );
    let stripped = because(&found, 1);
    assert_eq!(stripped.len(), 1);
    assert!(model.login.deny_admin.contains_key(&stripped[0].0));
    assert!(because(&found, 0).contains(&stripped[0]));

    // Nobody gave this one, so nothing took it away.
    let found = outcome(
        "pat",
        home,
        "expect: {login: allow, roles: {root: [space-admin], '*': [space-reader]}}",
    );
    assert_eq!(said(&found), ["`space-admin` on `root` is missing"]);
    assert_eq!(because(&found, 0), []);
}

#[test]
fn an_id_leads_to_its_line_and_a_role_to_its_grants() {
    let (model, policy) = model(MAPPING);
    let mut evaluator = Evaluator::new(&render(&policy).unwrap()).unwrap();
    let decision = evaluator
        .decide(&json!({
            "session": {"login": "p", "member": true, "teams": ["aaa", "777"]},
            "request": {"remote_ip": "203.0.113.9"},
            "spaces": [{"id": "data"}, {"id": "root"}],
        }))
        .unwrap();
    let grant = |role: &str| {
        let found = model
            .grants
            .iter()
            .find(|(_, grant)| grant.roles.contains(role));
        found.unwrap().0.clone()
    };
    let everywhere = model
        .grants
        .iter()
        .find(|(_, g)| g.spaces.contains("*"))
        .unwrap()
        .0
        .clone();
    let held = |space: &str, role: &str, grants: Vec<String>| Held {
        space: space.into(),
        role: role.into(),
        grants,
    };
    assert_eq!(
        roles_because(&model, &serde_json::json!({}), &decision),
        [
            held("data", "space-reader", vec![everywhere]),
            held("payments", "deployer", vec![grant("deployer")]),
            held("root", "space-admin", vec![grant("space-admin")]),
            held("root", "space-reader", vec![grant("space-admin")]),
        ]
    );
    let span = trace(&model, &grant("deployer")).unwrap();
    assert!(MAPPING[span.start as usize..span.end as usize].contains("roles: deployer"));
    for id in ["gate", "offboarded", "unidentified", "grant-000000000000"] {
        assert!(trace(&model, id).is_none());
    }
}

#[test]
fn a_report_counts_and_groups_what_failed() {
    let report = run_on(
        MAPPING,
        "  - {name: t1, as: pat, forbid: {login: allow}}
  - {name: t2, as: pat, forbid: {login: admin}}
  - {name: t3, input: {}, forbid: {login: deny}}
  - {name: t4, as: new, forbid: {login: deny}}
  - {name: t5, as: pat, forbid: {roles: {data: [space-reader]}}}",
    );
    assert_eq!(
        report.summary(),
        Summary {
            cases: 5,
            passed: 1,
            failed: 4
        }
    );
    let groups: Vec<(Option<&str>, Vec<&str>)> = report
        .failures_by_identity()
        .into_iter()
        .map(|(who, all)| (who, all.iter().map(|o| o.case.as_str()).collect()))
        .collect();
    assert_eq!(
        groups,
        [
            (None, vec!["t3"]),
            (Some("new"), vec!["t4"]),
            (Some("pat"), vec!["t1", "t5"])
        ]
    );
    assert_eq!(report.outcomes[3].login, Login::Deny);
}

#[test]
fn a_policy_that_does_not_parse_is_an_error() {
    let (model, policy) = model(MAPPING);
    assert!(run(&model, &policy, "nonsense", &[], &fixtures("tests: []")).is_err());
}

#[test]
fn a_text_that_decides_other_than_the_mapping_says_is_no_answer() {
    let (model, policy) = model(MAPPING);
    let text = render(&policy)
        .unwrap()
        .replace("203.0.113.0/24", "192.0.2.0/24");
    let set = fixtures(&format!(
        "{PEOPLE}  - {{name: it, as: pat, request: {{ip: 203.0.113.9}}, forbid: {{roles: {{payments: [deployer]}}}}}}"
    ));
    let found = run(&model, &policy, &text, &[], &set).unwrap_err();
    assert!(matches!(found, SuiteError::Disagreement(_)), "{found}");
    let found = cross_check(&model, &text, &[], &set).unwrap_err();
    assert!(matches!(found, SuiteError::Disagreement(_)), "{found}");
    let right = render(&policy).unwrap();
    assert_eq!(cross_check(&model, &right, &[], &set), Ok(()));
}

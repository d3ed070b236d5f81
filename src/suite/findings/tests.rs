use super::*;
use crate::diagnostic::Severity;
use crate::fixture::tests::MAPPING;
use crate::suite::tests::{PEOPLE, run_on};

/// The text that each warning of a code points at.
fn warned(mapping: &str, code: Code, tests: &str) -> Vec<String> {
    let source = if code == Code::UntestedGrant {
        mapping.to_owned()
    } else {
        format!("{PEOPLE}{tests}")
    };
    let report = run_on(mapping, tests);
    report
        .findings
        .iter()
        .filter(|found| found.code == code)
        .map(|found| {
            assert_eq!(found.severity, Severity::Warning);
            let span = found.primary.as_ref().unwrap().span;
            source[span.start as usize..span.end as usize].to_owned()
        })
        .collect()
}

#[test]
fn a_grant_that_no_case_exercises_is_named() {
    let untested = |tests: &str| warned(MAPPING, Code::UntestedGrant, tests);
    assert_eq!(untested("  []").len(), 3);
    // At home the deployers' condition does not hold.
    let home = untested("  - {name: t1, as: pat, request: {ip: 192.0.2.1}, forbid: {login: deny}}");
    assert_eq!(home.len(), 2);
    assert!(home.iter().any(|text| text.contains("roles: deployer")));
    assert!(home.iter().any(|text| text.contains("who: platform")));
    let office = "  - {name: t1, as: pat, request: {ip: 203.0.113.9}, forbid: {login: deny}}\n";
    assert_eq!(untested(office).len(), 1);
    let both = format!("{office}  - {{name: t2, as: root, expect: {{login: deny, roles: {{}}}}}}");
    assert_eq!(untested(&both), Vec::<String>::new());
}

#[test]
fn a_grant_that_can_give_nothing_is_reported_elsewhere() {
    let mapping = MAPPING.replace(
        "grants:\n",
        "grants:\n  - {who: {all: [senior], none: [senior]}, roles: auditor, spaces: data}\n",
    );
    assert_eq!(warned(&mapping, Code::UntestedGrant, "  []").len(), 3);
}

#[test]
fn a_test_that_cannot_fail_is_named() {
    let idle = |who: &str, forbid: &str| {
        let tests = format!("  - {{name: it, {who}, forbid: {forbid}}}");
        !warned(MAPPING, Code::TestCannotFail, &tests).is_empty()
    };
    // Nobody has these, on these spaces or above.
    for forbid in [
        "{roles: {data: [auditor]}}",
        "{roles: {data: [deployer]}}",
        "{roles: {data: [deployer], '*': [auditor]}}",
        "{roles: {legacy: [deployer]}}",
    ] {
        assert!(idle("as: pat", forbid), "{forbid}");
    }
    // Somebody has, though not the one who is asked about.
    for forbid in [
        "{roles: {payments-dev: [deployer]}}",
        "{roles: {'*': [deployer]}}",
        "{roles: {data: [deployer, space-reader]}}",
        "{roles: {data: [space-admin]}}",
        "{roles: {legacy: [space-admin]}}",
        "{login: admin}",
        "{login: allow}",
        "{login: deny}",
        "{login: deny, roles: {data: [auditor]}}",
    ] {
        assert!(!idle("as: new", forbid), "{forbid}");
    }
    for input in [
        "{}",
        "{session: {}}",
        "{session: {login: ''}}",
        "{session: 5}",
        "{slack: {}}",
    ] {
        assert!(
            idle(
                &format!("input: {input}"),
                "{roles: {payments: [deployer]}}"
            ),
            "{input}"
        );
        assert!(
            !idle(&format!("input: {input}"), "{login: deny}"),
            "{input}"
        );
    }
}

#[test]
fn every_space_of_the_account_is_neither_root_nor_legacy() {
    let mapping = MAPPING.replace(
        "  - {who: platform, roles: [space-admin, space-reader], spaces: root}\n",
        "",
    );
    let idle = |space: &str| {
        let tests =
            format!("  - {{name: it, as: pat, forbid: {{roles: {{{space}: [space-reader]}}}}}}");
        !warned(&mapping, Code::TestCannotFail, &tests).is_empty()
    };
    assert!(idle("root") && idle("legacy"));
    assert!(!idle("data") && !idle("'*'"));
}

#[test]
fn a_login_that_nothing_leads_to_is_forbidden_for_nothing() {
    let (start, rest) = MAPPING.split_once("grants:\n").unwrap();
    let bare = start.replace("  admin: [platform]\n", "");
    let idle = |mapping: &str, login: &str| {
        let tests = format!("  - {{name: it, as: pat, forbid: {{login: {login}}}}}");
        !warned(mapping, Code::TestCannotFail, &tests).is_empty()
    };
    assert!(idle(&bare, "admin") && idle(&bare, "allow") && !idle(&bare, "deny"));
    assert!(!idle(start, "admin") && !idle(start, "allow"));
    let granting = format!("{bare}grants:\n{rest}");
    assert!(idle(&granting, "admin") && !idle(&granting, "allow"));
    let admitting = bare.replace("login:\n", "login:\n  no_grants: admit\n");
    assert!(idle(&admitting, "admin") && !idle(&admitting, "allow"));
}

#[test]
fn an_expectation_beside_it_makes_a_test_able_to_fail() {
    let tests = "  - {name: it, as: pat, forbid: {roles: {data: [auditor]}}, expect: {login: deny, roles: {}}}";
    assert_eq!(
        warned(MAPPING, Code::TestCannotFail, tests),
        Vec::<String>::new()
    );
}

//! Which spaces.

use super::*;

fn grant(target: &str) -> String {
    format!("grants: [{{who: everyone, roles: space-reader, spaces: {target}}}]")
}

const SETS: &str = "space_sets: {envs: [dev, prod], both: [payments, root]}";

fn spaces(target: &str) -> Vec<String> {
    let model = model(&[SPACES, SETS, &grant(target)]);
    model
        .grants
        .values()
        .next()
        .unwrap()
        .spaces
        .iter()
        .cloned()
        .collect()
}

fn wrong(target: &str) -> Vec<String> {
    errors(&[SPACES, SETS, &grant(target)])
}

#[test]
fn row_35_a_star_stays_a_star() {
    assert_eq!(spaces("'*'"), ["*"]);
    assert_eq!(wrong("['*']"), ["4 bad-value"]);
    assert_eq!(
        wrong("[dev, '*', nowhere]"),
        ["4 bad-value", "4 unknown-name"]
    );
}

#[test]
fn row_36_a_space_is_itself_alone() {
    assert_eq!(spaces("payments"), ["payments"]);
    assert_eq!(spaces("[root, legacy]"), ["legacy", "root"]);
    assert_eq!(spaces("both"), ["payments", "root"]);
    assert_eq!(spaces("[envs, eu, dev]"), ["dev", "eu", "prod"]);
    assert_eq!(wrong("[]"), ["4 empty-value"]);
}

#[test]
fn row_37_under_alone_is_the_space_itself() {
    assert_eq!(spaces("{under: payments}"), ["payments"]);
}

#[test]
fn row_37_under_with_except_takes_the_highest_clean_spaces() {
    assert_eq!(spaces("{under: payments, except: [dev]}"), ["prod"]);
    assert_eq!(spaces("{under: payments, except: [prod]}"), ["dev"]);
    // What lies above an excepted space would reach it, so it is no highest space either.
    assert_eq!(spaces("{under: payments, except: [eu]}"), ["dev"]);
    assert_eq!(
        wrong("{under: payments, except: [payments]}"),
        ["4 empty-target"]
    );
    assert_eq!(
        wrong("{under: payments, except: [envs]}"),
        ["4 empty-target"]
    );
    assert_eq!(wrong("{under: prod, except: [eu]}"), ["4 empty-target"]);
}

#[test]
fn an_exception_without_effect_is_an_error() {
    assert_eq!(
        wrong("{under: payments, except: [platform]}"),
        ["4 bad-value"]
    );
    assert_eq!(wrong("{under: prod, except: [envs]}"), ["4 bad-value"]);
    assert_eq!(wrong("{except: [dev]}"), ["4 missing-field"]);
}

#[test]
fn row_38_labels_are_those_declared() {
    assert_eq!(spaces("{label: 'env:prod'}"), ["eu", "prod"]);
    assert_eq!(
        spaces("{label: 'env:prod', at_login: false}"),
        ["eu", "prod"]
    );
    let grant = |target: &str, role: &str| {
        [
            SPACES.to_string(),
            GROUPS.to_string(),
            format!(
                "roles: {{auditor: {{external: true}}, lead: {{actions: ['space:admin']}}}}, grants: [{{who: platform, roles: {role}, spaces: {target}}}]"
            ),
        ]
    };
    let model_of = |target: &str| {
        let sections = grant(target, "space-reader");
        let sections: Vec<&str> = sections.iter().map(String::as_str).collect();
        model(&sections)
    };
    let wrong_of = |target: &str, role: &str| {
        let sections = grant(target, role);
        let sections: Vec<&str> = sections.iter().map(String::as_str).collect();
        errors(&sections)
    };
    let model = model_of("{label: ['env:none', 'env:prod'], at_login: true}");
    let found = model.grants.values().next().unwrap();
    assert!(found.spaces.is_empty());
    assert_eq!(
        found.labels.iter().collect::<Vec<_>>(),
        ["env:none", "env:prod"]
    );
    for (target, role, right) in [
        ("{label: x, at_login: true}", "space-admin", "bad-value"),
        ("{label: x, at_login: true}", "auditor", "bad-value"),
        (
            "{label: x, at_login: true}",
            "[space-reader, lead]",
            "bad-value",
        ),
        (
            "{label: x, under: prod, at_login: true}",
            "space-reader",
            "bad-value",
        ),
        (
            "{label: x, except: [prod], at_login: true}",
            "space-reader",
            "bad-value",
        ),
        ("{at_login: true}", "space-reader", "missing-field"),
        ("{label: '', at_login: true}", "space-reader", "bad-value"),
    ] {
        assert_eq!(
            wrong_of(target, role),
            [format!("4 {right}")],
            "{target} {role}"
        );
    }
}

#[test]
fn row_39_a_list_of_labels_is_any_of_it_and_exact() {
    assert_eq!(
        spaces("{label: ['env:dev', 'env:shared', 'env:none']}"),
        ["dev", "platform"]
    );
    assert_eq!(wrong("{label: 'env:*'}"), ["4 empty-target"]);
    assert_eq!(wrong("{label: 'ENV:dev'}"), ["4 empty-target"]);
    assert_eq!(
        help(&[SPACES, &grant("{label: 'env:dve'}")]),
        "did you mean `env:dev`?"
    );
}

#[test]
fn row_40_a_label_and_a_place_must_both_fit() {
    assert_eq!(
        spaces("{label: ['env:shared', 'env:dev'], under: payments}"),
        ["dev"]
    );
    assert_eq!(
        spaces("{label: 'team:payments', under: payments}"),
        ["payments"]
    );
    assert_eq!(
        wrong("{label: 'env:shared', under: payments}"),
        ["4 empty-target"]
    );
}

#[test]
fn a_label_with_except_keeps_off_what_reaches_the_excepted() {
    assert_eq!(
        spaces("{label: ['env:prod', 'env:dev'], except: [eu]}"),
        ["dev"]
    );
    assert_eq!(
        spaces("{label: ['env:prod', 'env:dev'], except: [prod]}"),
        ["dev"]
    );
    assert_eq!(
        spaces("{label: ['env:prod', 'env:dev'], under: payments, except: [dev]}"),
        ["eu", "prod"]
    );
    assert_eq!(
        wrong("{label: 'env:prod', except: [prod]}"),
        ["4 empty-target"]
    );
}

#[test]
fn row_41_under_root_or_legacy_is_an_error() {
    assert_eq!(wrong("{under: root}"), ["4 bad-value"]);
    assert_eq!(wrong("{under: legacy, label: 'env:dev'}"), ["4 bad-value"]);
    assert_eq!(wrong("{under: '*'}"), ["4 bad-value"]);
    assert_eq!(wrong("{under: envs}"), ["4 bad-value"]);
    assert_eq!(
        wrong("{under: paymnets, except: [nowhere]}"),
        ["4 unknown-name", "4 unknown-name"]
    );
}

//! Access policies: those that were pushed come back, the others are left beside the mapping.

use liftgate::model::stacks::Attach;
use liftgate::project::Project;
use serde_json::{Value, json};

use super::accounts::{self, random};
use super::{IMPORT, exactly};
use crate::cli::bench::Bench;

/// Everything that an entry can say.
const EVERYTHING: &str = r#"version: 1
account: {endpoint: "https://spacelift.acme.example"}
identity_provider: okta
groups:
  payments: Payments
  seniors: {sent_as: [Seniors, Principals]}
  contractors: {sent_as: Contractors, formerly: [{sent_as: Externals, ends: "2027-01-01T00:00:00Z"}]}
api_keys:
  ci: {id: 01KEYCI}
conditions:
  office: {ip: [203.0.113.0/24, "2001:db8::/32"]}
  nights: {days: [mon, tue], hours: "22:00-06:00", timezone: Europe/Berlin}
login: {no_grants: admit}
teams: {keep: true, add: {on-call: {login: ann@acme.example}}}
stack_access:
  - name: payments-stacks
    attach: {label: [payments, shared], stacks: [app]}
    read: [payments, {slack: {workspace: T012AB3CD, channel: C0FFEE}}, on-call, {who: {api_key: ci}}, {who: {member: false, group: seniors}}]
    write:
      - {who: {all: [payments, seniors], none: [contractors]}, when: {any: [office, nights]}}
      - {who: payments, stack: {branch: [develop, "feature/*"], none: [{labels: prod}, {namespace: true}], tracked_commit: {tag: false, created_at: {from: "2026-01-01T00:00:00Z", until: "2027-01-01T00:00:00Z"}}}}
      - {who: {login: "*@acme.example"}, stack: {kind: module, terraform_provider: aws, all: [{labels: a}, {labels: "b*"}]}}
    deny_write: [{unless: {all: [office, nights]}}, {stack: {administrative: true}}, {stack: {lock: other}}, {who: {machine: true}, stack: {worker_pool: {public: false, name: true}, tracked_commit: {pull_request_id: 7}}}]
    deny: [contractors, {who: {none: [payments]}, stack: {space: {labels: secret}}}, {who: {login: "Eve@*"}}]
    by_label: "access:{level}:{group}"
  - {name: all-of-it, attach: all, read: [{who: everyone, stack: {state: [FINISHED, FAILED]}}]}
lints: {access-policies: allow, no-break-glass: allow}
"#;

#[test]
fn access_policies_that_were_pushed_come_back() {
    for text in [
        EVERYTHING.to_string(),
        EVERYTHING.replace("identity_provider", "rego: v0\nidentity_provider"),
        // Labels of which no one text is the source.
        EVERYTHING.replace("access:{level}:{group}", "{group}-{level}"),
    ] {
        let bench = Bench::new();
        bench.write("own/access.yaml", &text);
        let project = Project::load(&bench.path("own"));
        assert!(
            project.compiled.is_some(),
            "{:?}",
            project.diagnostics.sorted()
        );
        accounts::pushed(&project).save(&bench.path("account.json"));
        let ran = bench.run(IMPORT);
        let written = bench.read("new/access.yaml");
        assert_eq!(ran.exit, 0, "{}{}\n{written}", ran.stdout, ran.stderr);
        for said in [
            "name: payments-stacks",
            "by_label: ",
            "slack: {workspace: T012AB3CD",
        ] {
            assert!(written.contains(said), "{said}\n{written}");
        }
        let plan = exactly(&bench, "plan new --sandbox account.json --format json");
        let plan: Value = serde_json::from_str(&plan).unwrap();
        assert_eq!(plan["plan"]["changes"], json!([]), "{written}");
        let drift = bench.run("drift new --sandbox account.json");
        assert_eq!(drift.exit, 0, "{}{}", drift.stdout, drift.stderr);
    }
}

/// One that was edited, or that somebody else wrote, or that no login policy stands beside in the same words.
#[test]
fn other_access_policies_lie_beside_the_mapping() {
    let bench = Bench::new();
    bench.write("own/access.yaml", EVERYTHING);
    let mut account = accounts::pushed(&Project::load(&bench.path("own")));
    let all = Attach {
        all: true,
        ..Attach::default()
    };
    account.access_policy("by-hand", "package spacelift\nread { true }\n", &all);
    let edited = account.state.policies.get_mut("liftgate-all-of-it");
    edited.unwrap().body.push_str("\nwrite := true\n");
    account.save(&bench.path("account.json"));
    let ran = bench.ends(5, IMPORT);
    for said in [
        "wrote new/old-by-hand.rego",
        "the access policy `by-hand`, of which nothing is part of this mapping: no shape of access policies is understood",
        "the access policy `liftgate-all-of-it`, of which nothing is part of this mapping: its text is not what liftgate pushed",
    ] {
        assert!(ran.stdout.contains(said), "{said}\n{}", ran.stdout);
    }
    let written = bench.read("new/access.yaml");
    assert!(written.contains("name: payments-stacks"), "{written}");
    assert!(!written.contains("accepted_policies"), "{written}");
    assert!(bench.read("new/old-by-hand.rego").contains("read { true }"));
    assert!(bench.path("new/old-liftgate-all-of-it.rego").exists());
}

/// On Spacelift's own servers they have no effect.
#[test]
fn where_nothing_evaluates_them_they_are_left() {
    let mut account = random(1);
    account.access_policy(
        "by-hand",
        "package spacelift\nread { true }\n",
        &Attach::default(),
    );
    let bench = Bench::new();
    account.save(&bench.path("account.json"));
    let ran = bench.ends(5, IMPORT);
    assert!(
        ran.stdout
            .contains("Spacelift evaluates none on its own servers since 2026-05-30"),
        "{}",
        ran.stdout
    );
    bench.fine("check new");
}

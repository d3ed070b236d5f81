use serde_json::json;

use super::*;
use crate::evaluate::Evaluator;
use crate::project::{Compiled, Project};

const MAPPING: &str = r#"
version: 1
account: {endpoint: "https://spacelift.acme.example"}
identity_provider: okta
spaces: {app: {parent: root}}
groups:
  payments: {sent_as: [Payments]}
  seniors: {sent_as: [Seniors]}
  contractors: {sent_as: [Contractors]}
  platform: {sent_as: [Platform]}
conditions:
  office: {ip: [203.0.113.0/24]}
login:
  no_grants: admit
  admin: [platform]
  deny: [{who: {login: gone@acme.example}}]
teams: {keep: true, add: {leads: {who: {login: lee@acme.example}}}}
grants:
  - {who: {login: role@acme.example}, roles: [space-reader], spaces: [legacy]}
  - {who: {login: writer@acme.example}, roles: [space-writer], spaces: [app]}
stack_access:
  - name: by-label
    attach: {label: app}
    read: [payments, leads, {slack: {workspace: T1, channel: C1}}]
    write: [seniors, {who: payments, stack: {branch: ["dev*"]}}]
    deny_write: [{unless: office}, {stack: {administrative: true}}, {stack: {lock: other}}]
    deny: [contractors]
    by_label: "access:{level}:{group}"
  - name: by-id
    attach: {stacks: [one], modules: [net]}
    read: [{who: everyone, stack: {kind: module}}]
    deny: [{stack: {state: DESTROYING}}]
"#;

fn compiled(dialect: &str) -> Compiled {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.yaml");
    std::fs::write(&path, format!("{MAPPING}rego: {dialect}\n")).unwrap();
    let project = Project::load(&path);
    let found = project.diagnostics.sorted();
    assert!(!project.diagnostics.has_errors(), "{found:?}");
    project.compiled.unwrap()
}

fn thing(id: &str, is_module: bool, says: Value) -> Thing {
    let mut whole =
        json!({"id": id, "labels": [], "administrative": false, "state": "NONE", "branch": "main"});
    if !is_module {
        whole["locked_by"] = Value::Null;
    }
    whole
        .as_object_mut()
        .unwrap()
        .extend(says.as_object().unwrap().clone());
    Thing {
        id: id.to_owned(),
        is_module,
        says: whole.as_object().unwrap().clone(),
    }
}

fn session(login: &str, teams: &[&str], ip: &str) -> Value {
    json!({
        "request": {"remote_ip": ip, "timestamp_ns": 1_780_000_000_000_000_000_i64},
        "session": {"login": login, "member": true, "machine": false, "teams": teams},
        "spaces": [{"id": "app", "labels": []}, {"id": "legacy", "labels": []}],
    })
}

/// What comes out, by both dialects and the model.
fn standing(input: &Value, thing: &Thing) -> (Level, By) {
    let found = ["v1", "v0"].map(|dialect| {
        let compiled = compiled(dialect);
        let mut evaluator = Evaluator::of(&compiled.text, compiled.model.dialect).unwrap();
        let login = evaluator.decide(input).unwrap();
        let mut policies = Policies::of(&compiled.model, &compiled.access).unwrap();
        let standing = policies.standing(input, &login, thing).unwrap();
        (standing.level, standing.by)
    });
    assert_eq!(found[0], found[1]);
    found[0]
}

const OFFICE: &str = "203.0.113.9";
const HOME: &str = "198.51.100.7";

#[test]
fn what_decides_is_told() {
    let app = |says: Value| {
        let mut says = says;
        says["labels"] = json!(["app"]);
        thing("two", false, says)
    };
    let plain = app(json!({}));
    let payments = session("ann@acme.example", &["Payments"], OFFICE);
    assert_eq!(standing(&payments, &plain), (Level::Read, By::Policies));
    let gone = session("gone@acme.example", &["Payments"], OFFICE);
    assert_eq!(standing(&gone, &plain), (Level::None, By::Refused));
    let admin = session("root@acme.example", &["Platform", "Contractors"], OFFICE);
    assert_eq!(standing(&admin, &plain), (Level::Write, By::Admin));
    // A role in `legacy` decides, and no policy.
    let role = session("role@acme.example", &["Seniors"], OFFICE);
    assert_eq!(standing(&role, &plain), (Level::Read, By::Roles));
    // Elsewhere than in `legacy` no policy counts.
    let elsewhere = app(json!({"space": {"id": "app"}}));
    assert_eq!(standing(&payments, &elsewhere), (Level::None, By::Roles));
    let writer = session("writer@acme.example", &[], OFFICE);
    assert_eq!(standing(&writer, &elsewhere), (Level::Write, By::Roles));
    assert_eq!(standing(&writer, &plain), (Level::None, By::Policies));
}

#[test]
fn rules_go_before_each_other_as_they_should() {
    let app = |says: Value| {
        let mut says = says;
        says["labels"] = json!(["app"]);
        thing("two", false, says)
    };
    let level = |input: &Value, thing: &Thing| standing(input, thing).0;
    let senior = session("sue@acme.example", &["Seniors"], OFFICE);
    assert_eq!(level(&senior, &app(json!({}))), Level::Write);
    // Who may not write may still read.
    let home = session("sue@acme.example", &["Seniors"], HOME);
    assert_eq!(level(&home, &app(json!({}))), Level::Read);
    assert_eq!(
        level(&senior, &app(json!({"administrative": true}))),
        Level::Read
    );
    // What is not known may be so.
    assert_eq!(
        level(&senior, &app(json!({"administrative": null}))),
        Level::Read
    );
    let locked = |by: &str| app(json!({"locked_by": by}));
    assert_eq!(level(&senior, &locked("sue@acme.example")), Level::Write);
    assert_eq!(level(&senior, &locked("ann@acme.example")), Level::Read);
    assert_eq!(level(&senior, &locked("")), Level::Write);
    let both = session("sue@acme.example", &["Seniors", "Contractors"], OFFICE);
    assert_eq!(level(&both, &app(json!({}))), Level::None);
    // Nobody's groups are known: they may be those of a contractor.
    let unknown = session("sue@acme.example", &[], OFFICE);
    assert_eq!(level(&unknown, &app(json!({}))), Level::None);
    let payments = session("ann@acme.example", &["Payments"], OFFICE);
    assert_eq!(
        level(&payments, &app(json!({"branch": "develop"}))),
        Level::Write
    );
    assert_eq!(
        level(&payments, &app(json!({"branch": "main"}))),
        Level::Read
    );
    assert_eq!(level(&payments, &app(json!({"branch": 7}))), Level::Read);
}

/// What one attribute lacks is nothing to the others.
#[test]
fn an_attribute_that_is_not_there_hides_no_other() {
    let compiled = compiled("v1");
    let entry = &compiled.model.stack_access["by-id"];
    let senior = session("sue@acme.example", &["Seniors"], OFFICE);
    for without in ["administrative", "branch", "labels", "locked_by", "state"] {
        let mut one = thing("one", false, json!({"labels": ["app"]}));
        one.says.remove(without);
        standing(&senior, &one);
        let mut input = senior.clone();
        input["stack"] = Value::Object(one.says);
        // The state is asked of by a denial, which holds where nothing is said.
        let access = compiled.model.access(entry, &input);
        assert_eq!(access.deny, without == "state", "{without}");
    }
}

#[test]
fn labels_and_added_teams_count() {
    let level = |input: &Value, labels: Value| {
        standing(input, &thing("two", false, json!({"labels": labels}))).0
    };
    let seniors = session("sue@acme.example", &["Seniors"], OFFICE);
    let payments = session("ann@acme.example", &["Payments"], OFFICE);
    assert_eq!(
        level(&payments, json!(["app", "access:write:payments"])),
        Level::Write
    );
    assert_eq!(
        level(&payments, json!(["app", "access:write:seniors"])),
        Level::Read
    );
    assert_eq!(
        level(&payments, json!(["app", "access:deny:payments"])),
        Level::None
    );
    assert_eq!(
        level(&seniors, json!(["app", "access:deny_write:seniors"])),
        Level::Read
    );
    // Not attached, so not asked.
    assert_eq!(
        level(&payments, json!(["access:write:payments"])),
        Level::None
    );
    // A team that the login policy adds is a group here; one that the provider sends under its name is not copied.
    let lee = session("lee@acme.example", &["Other"], OFFICE);
    assert_eq!(level(&lee, json!(["app"])), Level::Read);
    let liar = session("liar@acme.example", &["leads"], OFFICE);
    assert_eq!(level(&liar, json!(["app"])), Level::None);
}

#[test]
fn modules_and_requests_from_slack_are_asked_about() {
    let ann = session("ann@acme.example", &["Other"], OFFICE);
    assert_eq!(
        standing(&ann, &thing("net", true, json!({}))).0,
        Level::Read
    );
    assert_eq!(
        standing(&ann, &thing("net", false, json!({}))).0,
        Level::None
    );
    assert_eq!(
        standing(&ann, &thing("one", false, json!({}))).0,
        Level::None
    );
    let slack = |channel: &str| {
        json!({
            "request": {"timestamp_ns": 1_780_000_000_000_000_000_i64},
            "slack": {"team": {"id": "T1"}, "channel": {"id": channel}},
        })
    };
    let app = thing("two", false, json!({"labels": ["app"]}));
    assert_eq!(standing(&slack("C1"), &app), (Level::Read, By::Policies));
    assert_eq!(standing(&slack("C2"), &app).0, Level::None);
    let module = thing("net", true, json!({}));
    assert_eq!(standing(&slack("C1"), &module).0, Level::None);
}

#[test]
fn a_text_that_decides_other_than_the_mapping_is_no_answer() {
    let mut compiled = compiled("v1");
    let text = compiled.access[1]
        .text
        .replace("203.0.113.0/24", "0.0.0.0/0");
    assert_ne!(text, compiled.access[1].text);
    compiled.access[1].text = text;
    let input = session("sue@acme.example", &["Seniors"], HOME);
    let login = Evaluator::new(&compiled.text)
        .unwrap()
        .decide(&input)
        .unwrap();
    let mut policies = Policies::of(&compiled.model, &compiled.access).unwrap();
    let app = thing("two", false, json!({"labels": ["app"]}));
    let found = policies.standing(&input, &login, &app);
    assert!(
        matches!(found, Err(StackError::Disagreement(_))),
        "{found:?}"
    );
}

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod edits;
mod effects;
mod order;

use serde_json::json;

use super::super::fake::signed_in;
use super::super::fake::{Fake, Mapping, Pushed};
use super::super::people::tests::{directory, person};
use super::super::{AcceptedBy, Base, Plan, Probe, Source, plan};
use super::*;
use crate::evaluate::foreign::InProcess;
use crate::lock::{Adopted, Lock, digest_of};
use crate::project::Policies;
use crate::source::Span;
use crate::spacelift::{Module, PolicyType, Stack};

/// A login policy that lets people in, and nothing about stacks.
pub(crate) const HEAD: &str = "\
version: 1
account: {endpoint: \"https://spacelift.acme.example\"}
identity_provider: okta
spaces: {payments: {parent: root, inherit: true, labels: [prod]}}
groups: {payments: P, platform: ADM, seniors: S, contractors: C}
login: {admin: [platform], no_grants: admit}
grants:
  - {who: payments, roles: [space-reader], spaces: [payments]}
guards: {max_people_losing_access: 100%, min_coverage: 0%}
";

pub(crate) const APPS: &str = "\
stack_access:
  - name: apps
    attach: {label: app}
    read: [payments]
    write: [seniors]
    deny: [contractors]
";

const ENDPOINT: &str = "https://spacelift.acme.example";

pub(crate) fn stack(id: &str, labels: &[&str]) -> Stack {
    Stack {
        id: id.into(),
        name: id.to_uppercase(),
        labels: labels.iter().map(|label| (*label).to_string()).collect(),
        space: "legacy".into(),
        administrative: false,
        autodeploy: false,
        repository: "infra".into(),
        branch: "main".into(),
        project_root: None,
        namespace: None,
        state: "FINISHED".into(),
        locked_by: None,
    }
}

pub(crate) fn read(rest: &str) -> Mapping {
    let mut mapping = Mapping::read(&format!("{HEAD}{rest}"));
    mapping.directory = Some(directory());
    mapping
}

/// An account that a mapping was pushed to, with two stacks of apps and one of data.
pub(crate) fn account(pushed: &Mapping) -> Fake {
    let mut fake = Fake::new().with_body(&pushed.text);
    fake.endpoint = ENDPOINT.into();
    fake.known.stacks = Some(vec![
        stack("data", &["data"]),
        stack("shop", &["app"]),
        stack("till", &["app", "till"]),
        Stack {
            space: "payments".into(),
            ..stack("vault", &["app"])
        },
    ]);
    fake.known.modules = vec![Module {
        id: "vpc".into(),
        name: "vpc".into(),
        labels: vec![],
        space: "legacy".into(),
        administrative: false,
        branch: "main".into(),
        repository: "modules".into(),
    }];
    for compiled in &pushed.access {
        let attach = &pushed.model.stack_access[&compiled.policy.entry].attach;
        let name = compiled.policy.name();
        let policy = Policy {
            kind: PolicyType::Access,
            labels: attach.policy_labels().into_iter().collect(),
            space: Some("legacy".into()),
            ..super::super::fake::live(&name, &compiled.text)
        };
        let mut attachments = fake.attachments.borrow_mut();
        for id in attach.ids() {
            let by_hand = attachments.as_mut().unwrap();
            by_hand.insert(format!("{name}@{id}"), (name.clone(), id.to_string()));
        }
        fake.policies.borrow_mut().push(policy);
    }
    fake
}

fn planned(mapping: &Mapping, fake: &Fake) -> Plan {
    plan(&mapping.desired(), fake, &InProcess).unwrap()
}

fn between(before: &str, after: &str) -> Plan {
    planned(&read(after), &account(&read(before)))
}

fn codes(plan: &Plan) -> Vec<Guard> {
    plan.refusals.iter().map(|one| one.code).collect()
}

/// Each step in a few words.
fn steps(plan: &Plan) -> Vec<String> {
    let denials = |policy: &PolicyState| match crate::render::read_as::<
        crate::policy::access::AccessPolicy,
    >(&policy.body)
    {
        Reading::Ours(policy) => {
            let rows = |rows: &crate::policy::Rows| rows.values().map(Vec::len).sum::<usize>();
            format!(
                "{}r{}w{}d",
                rows(&policy.readers),
                rows(&policy.writers),
                rows(&policy.denials) + rows(&policy.write_denials)
            )
        }
        _ => "?".to_string(),
    };
    let step = |change: &Change| match change {
        Change::PolicyCreate { .. } | Change::PolicyUpdate { .. } => "login".to_string(),
        Change::AccessCreate { policy } => format!("create {} {}", policy.name, denials(policy)),
        Change::AccessUpdate { before, after, .. } => format!(
            "update {} {} -> {}",
            after.name,
            denials(before),
            denials(after)
        ),
        Change::AccessDelete { policy, .. } => format!("delete {}", policy.name),
        Change::AccessAttach { policy, stack, .. } => format!("attach {policy} {stack}"),
        Change::AccessDetach { policy, id, .. } => format!("detach {policy} {id}"),
        other => panic!("{other:?}"),
    };
    plan.changes.iter().map(step).collect()
}

fn probe(login: &str, groups: &[&str]) -> Probe {
    Probe {
        source: Source::Fixture,
        name: login.into(),
        identity: login.into(),
        person: None,
        input: json!({
            "request": {"remote_ip": "203.0.113.9", "timestamp_ns": 1_700_000_000_000_000_000_i64},
            "session": {"login": login, "member": true, "machine": false, "teams": groups},
            "spaces": [],
        }),
    }
}

#[test]
fn an_account_that_was_pushed_to_has_nothing_to_change() {
    for rest in ["", APPS] {
        let plan = between(rest, rest);
        assert_eq!(steps(&plan), [""; 0], "{rest}");
        assert_eq!(plan.refusals, vec![]);
        assert!(plan.evidence.part(super::super::Part::Access).is_some() != rest.is_empty());
    }
}

#[test]
fn an_entry_becomes_a_policy_in_legacy_with_labels_that_attach_it() {
    let plan = between("", APPS);
    assert_eq!(plan.refusals, vec![]);
    assert_eq!(steps(&plan), ["create liftgate-apps 1r1w1d"]);
    let Change::AccessCreate { policy } = &plan.changes[0] else {
        panic!()
    };
    assert_eq!(policy.labels, ["autoattach:app"]);
    assert_eq!(policy.space.as_deref(), Some("legacy"));
    assert_eq!(plan.sessions, Some(0));
    let said = plan
        .notes
        .iter()
        .any(|note| note.contains("end no session"));
    assert!(said, "{:?}", plan.notes);
}

#[test]
fn ids_are_attached_and_taken_off_and_labels_left_alone() {
    let by_id = APPS.replace("{label: app}", "{stacks: [shop, data], modules: [vpc]}");
    let plan = between("", &by_id);
    assert_eq!(
        steps(&plan),
        [
            "create liftgate-apps 1r1w1d",
            "attach liftgate-apps data",
            "attach liftgate-apps shop",
            "attach liftgate-apps vpc",
        ]
    );
    let fewer = APPS.replace("{label: app}", "{stacks: [till, data]}");
    let plan = between(&by_id, &fewer);
    // What leaves is taken off, what comes is put on.
    assert_eq!(
        steps(&plan),
        [
            "detach liftgate-apps liftgate-apps@shop",
            "detach liftgate-apps liftgate-apps@vpc",
            "attach liftgate-apps till",
        ]
    );
    // An attachment that a label made is nobody's to take off.
    let fake = account(&read(APPS));
    let plan = planned(&read(APPS), &fake);
    assert_eq!(steps(&plan), [""; 0]);
    let by_hand = ("liftgate-apps".to_string(), "data".to_string());
    let attachments = fake.attachments.borrow_mut().as_mut().map(|all| {
        all.insert("by-hand".into(), by_hand);
    });
    attachments.unwrap();
    let plan = planned(&read(APPS), &fake);
    assert_eq!(steps(&plan), ["detach liftgate-apps by-hand"]);
}

/// Between a label and an attachment that take each other's place, a policy that denies must not let go.
#[test]
fn a_label_and_an_attachment_overlap_where_one_takes_the_others_place() {
    let by_id = APPS.replace("{label: app}", "{stacks: [shop, till]}");
    assert_eq!(
        steps(&between(APPS, &by_id)),
        [
            "attach liftgate-apps shop",
            "attach liftgate-apps till",
            "update liftgate-apps 1r1w1d -> 1r1w1d",
        ]
    );
    assert_eq!(
        steps(&between(&by_id, APPS)),
        [
            "update liftgate-apps 1r1w1d -> 1r1w1d",
            "detach liftgate-apps liftgate-apps@shop",
            "detach liftgate-apps liftgate-apps@till",
        ]
    );
    // A stack that is left for good is left before the text changes, one that comes is there after it.
    let other = by_id
        .replace("[shop, till]", "[till, data]")
        .replace("write: [seniors]", "write: [payments]");
    assert_eq!(
        steps(&between(&by_id, &other)),
        [
            "detach liftgate-apps liftgate-apps@shop",
            "update liftgate-apps 1r1w1d -> 1r1w1d",
            "attach liftgate-apps data",
        ]
    );
}

#[test]
fn only_what_is_ours_goes_and_only_when_asked() {
    let fake = account(&read(APPS));
    let mut mapping = read("");
    let plan = planned(&mapping, &fake);
    assert_eq!(steps(&plan), [""; 0]);
    let told = "the access policy `liftgate-apps` is liftgate's, and the mapping has no such entry any more; it still decides about 2 stacks or modules, and goes with `--delete-access apps`";
    assert!(plan.notes.contains(&told.to_string()), "{:?}", plan.notes);
    for name in ["apps", "liftgate-apps"] {
        mapping.delete_access = vec![name.into()];
        let plan = planned(&mapping, &fake);
        assert_eq!(steps(&plan), ["delete liftgate-apps"]);
        assert_eq!(codes(&plan), []);
        assert!(
            plan.approval
                .iter()
                .any(|why| why.contains("liftgate-apps")),
            "{:?}",
            plan.approval
        );
    }
    mapping.delete_access = vec!["aps".into()];
    let plan = planned(&mapping, &fake);
    assert_eq!(codes(&plan), [Guard::AccessUnknown]);
    assert_eq!(plan.refusals[0].help, "did you mean `liftgate-apps`?");
    mapping.delete_access = vec!["zebra".into()];
    assert_eq!(codes(&planned(&mapping, &fake)), []);

    let mut mapping = read(APPS);
    mapping.delete_access = vec!["apps".into()];
    assert_eq!(codes(&planned(&mapping, &fake)), [Guard::AccessNeeded]);
}

#[test]
fn policies_of_others_are_left_alone_and_named() {
    let fake = account(&read(APPS));
    let body = "package spacelift\n\nread if true\n";
    let other = |name: &str| Policy {
        kind: PolicyType::Other("STACK_ACCESS".into()),
        labels: vec!["autoattach:*".into()],
        space: Some("legacy".into()),
        ..super::super::fake::live(name, body)
    };
    let fake = fake
        .with_policy(other("theirs"))
        .with_policy(other("liftgate-by-hand"));
    let mut mapping = read(&APPS.replace("write: [seniors]", "write: [payments]"));
    let plan = planned(&mapping, &fake);
    assert_eq!(steps(&plan).len(), 1);
    assert_eq!(codes(&plan), []);
    let told = "access policies of others are left alone, and decide beside the mapping's where they are attached: `liftgate-by-hand`, `theirs`";
    assert!(plan.notes.contains(&told.to_string()), "{:?}", plan.notes);
    mapping.delete_access = vec!["by-hand".into()];
    assert_eq!(codes(&planned(&mapping, &fake)), [Guard::AccessUnknown]);
}

#[test]
fn ids_must_be_there_and_in_legacy() {
    let plan_of = |stacks: &str| between("", &APPS.replace("{label: app}", stacks));
    let plan = plan_of("{stacks: [shpo]}");
    assert_eq!(codes(&plan), [Guard::StackMissing]);
    assert_eq!(plan.refusals[0].help, "did you mean `shop`?");
    let plan = plan_of("{stacks: [SHOP]}");
    assert_eq!(plan.refusals[0].help, "did you mean `shop`?");
    let plan = plan_of("{stacks: [vault]}");
    assert_eq!(codes(&plan), [Guard::StackElsewhere]);
    let plan = plan_of("{modules: [net]}");
    assert_eq!(codes(&plan), [Guard::StackMissing]);
    // All of them at once.
    let plan = plan_of("{stacks: [shpo, vault], modules: [net]}");
    assert_eq!(plan.refusals.len(), 3);
}

#[test]
fn an_installation_that_does_not_say_is_taken_no_further_than_it_says() {
    let mapping = read(&APPS.replace("{label: app}", "{stacks: [shop]}"));
    let mut fake = account(&mapping);
    *fake.attachments.borrow_mut() = None;
    let plan = planned(&mapping, &fake);
    assert!(codes(&plan).contains(&Guard::AccessUnsupported));
    fake = account(&read(""));
    fake.known.stacks = None;
    let plan = planned(&mapping, &fake);
    assert!(
        plan.notes
            .iter()
            .any(|note| note.contains("could not be checked"))
    );
    assert_eq!(codes(&plan), [Guard::LossesUnknown]);
}

#[test]
fn spacelifts_own_service_takes_none() {
    let mut fake = account(&read(""));
    fake.endpoint = "https://acme.app.spacelift.io".into();
    let codes = codes(&planned(&read(APPS), &fake));
    assert!(codes.contains(&Guard::AccessUnsupported), "{codes:?}");
}

#[test]
fn a_policy_of_another_type_has_the_name() {
    let fake = account(&read("")).with_policy(Policy {
        kind: PolicyType::Plan,
        ..super::super::fake::live("liftgate-apps", "package spacelift\n")
    });
    assert_eq!(codes(&planned(&read(APPS), &fake)), [Guard::NameTaken]);
}

#[test]
fn what_moves_in_between_is_found() {
    use super::super::evidence::moved;
    let mapping = read(&APPS.replace("write: [seniors]", "write: [payments]"));
    let plan = planned(&mapping, &account(&read(APPS)));
    let moved_by = |change: &dyn Fn(&mut Fake)| -> Vec<String> {
        let mut fake = account(&read(APPS));
        change(&mut fake);
        let found = moved(&plan, &fake).unwrap();
        found.into_iter().map(|one| one.message).collect()
    };
    assert_eq!(moved_by(&|_| {}), [""; 0]);
    let stacks = |fake: &mut Fake, change: &dyn Fn(&mut Stack)| {
        change(&mut fake.known.stacks.as_mut().unwrap()[0]);
    };
    // What it is doing is none of a plan's business.
    assert_eq!(
        moved_by(&|fake| stacks(fake, &|stack| {
            stack.state = "APPLYING".into();
            stack.locked_by = Some("x".into());
        })),
        [""; 0]
    );
    for change in [
        (&|fake: &mut Fake| stacks(fake, &|stack| stack.labels.push("app".into())))
            as &dyn Fn(&mut Fake),
        &|fake| stacks(fake, &|stack| stack.space = "payments".into()),
    ] {
        let found = moved_by(change);
        // A label attaches the policy to more, too.
        assert!(
            found.iter().any(|one| one.contains("the stacks moved")),
            "{found:?}"
        );
    }
    let attached = moved_by(&|fake| {
        let by_hand = ("liftgate-apps".to_string(), "data".to_string());
        let mut attachments = fake.attachments.borrow_mut();
        attachments.as_mut().unwrap().insert("new".into(), by_hand);
    });
    assert!(
        attached[0].contains("the access policies moved"),
        "{attached:?}"
    );
}
